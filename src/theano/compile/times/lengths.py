"""Lengths as a reader knows them: by the arguments that have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.text import INFIX, operand_text, operation_text, product_text
from theano.lower.fusion.groups import Group
from theano.lower.program import Lowered
from theano.lower.state.dims import ZERO, is_const, is_extreme
from theano.lower.state.values import Tensor

__all__ = ["Spaces", "extents_text", "length_text", "names_of_main", "space_text", "written"]

# Longer lengths are known by the names that the loop program gives them, if a text has many of them.
BRIEF, LONG = 48, 90
# Longer ones are left out inside of others.
LONGEST = 150
# How tight operations of numbers bind; products with divisions in them are not associative.
_SUM, _PRODUCT, _FACTORS, _ATOM = 1, 2, 3, 4


def names_of_main(low: Lowered, leaves: Sequence[Any], longest: int = BRIEF) -> dict[str, str]:
    """How a reader knows arguments and shared variables, and their lengths."""
    roles = {"input": leaves[: len(low.inputs)], "storage": leaves[len(low.inputs) :]}
    names: dict[str, str] = {}
    for role, prefix in (("input", "x"), ("storage", "s")):
        for k, v in enumerate(roles[role]):
            names[f"{prefix}{k}"] = names[f"v{prefix}{k}"] = v.name or f"{role} {k}"
    for name, (role, k, axis) in low.dim_words.items():
        names[name] = f"{roles[role][k].name or f'{role} {k}'}.shape[{axis}]"
    for stmt in low.program.main:
        # a length that is computed once, for all that ask for it
        if isinstance(stmt, st.Let) and all(name in names for name in ex.names(stmt.value)):
            text = operand_text(stmt.value, length_text(stmt.value, names))
            if len(text) <= longest and "…" not in text:
                names[stmt.name] = text
    return names


class _Text(NamedTuple):
    """An expression as text, how tight its outermost operation binds, and its negative if that is as short."""

    text: str
    binding: int = _ATOM
    negative: str | None = None

    def inside(self, binding: int) -> str:
        """As an operand of what binds so tight."""
        return self.text if self.binding >= binding else f"({self.text})"


def length_text(root: Expr, names: Mapping[str, str]) -> str:
    """A length in terms of the inputs' shapes.

    >>> x, k = (ex.name(n, "i64") for n in "xk")
    >>> length_text(ex.add(ex.add(x, ex.mul(k, ex.const(-1, "i64"))), ex.const(1, "i64")), {})
    'x - k + 1'
    """
    done: dict[int, _Text] = {}
    for node in ex.postorder((root,)):
        if node.op == "const":
            is_negative = node.type in ex.INTS and int(node.value) < 0
            done[id(node)] = _Text(str(node.value), negative=str(node.value)[1:] if is_negative else None)
        elif node.op == "name":
            done[id(node)] = _Text(names.get(str(node.value), str(node.value)))
        else:
            texts = [done[id(a)] for a in node.args]
            made = _operation(node, texts)
            done[id(node)] = made if len(made.text) < LONGEST else _Text("…")
    return done[id(root)].text


def _operation(node: Expr, args: list[_Text]) -> _Text:
    """An operation of integers as one would write it: a - b for a + b * -1, and no more parentheses than it needs."""
    if is_extreme(node):
        return _Text(f"{'min' if node.args[0].op == 'lt' else 'max'}({args[1].text}, {args[2].text})")
    if node.op in ("add", "sub") and node.type in ex.INTS:
        x, y = args
        if node.op == "add" and x.negative is not None and y.negative is None:
            x, y = y, x
        less = y.negative if node.op == "add" else y.inside(_PRODUCT)
        first = x.inside(_SUM)
        return _Text(f"{first} + {y.inside(_SUM)}" if less is None else f"{first} - {less}", _SUM)
    if node.op in ("mul", "idiv") and node.type in ex.INTS:
        x, y = args
        if node.op == "mul" and x.negative is not None:
            x, y = y, x
        left, right = x.inside(_PRODUCT), y.inside(_FACTORS if node.op == "mul" else _ATOM)
        if node.op == "idiv":
            return _Text(f"{left} // {right}", _PRODUCT)
        negative = None if y.negative is None else left if y.negative == "1" else f"{left} * {y.negative}"
        return _Text(f"{left} * {right}", _PRODUCT if x.binding == _PRODUCT else _FACTORS, negative)
    return _Text(operation_text(node, [a.text for a in args]), 0 if node.op in INFIX else _ATOM)


def space_text(group: Group, names: Mapping[str, str]) -> str:
    """The lengths that the loops of a group go over."""
    return extents_text(group.axes, names)


def extents_text(extents: Sequence[Expr], names: Mapping[str, str]) -> str:
    """Lengths that something goes over."""
    return product_text(extents, [length_text(d, names) for d in extents], "×") or "one element"


class Spaces:
    """The lengths that statements of main go over: of kernels, of calls of the library, of steps."""

    def __init__(self, low: Lowered, leaves: Sequence[Any]) -> None:
        self.names = names_of_main(low, leaves, LONG)
        self._slices: dict[str, Expr] = {}  # from where to where they go: all together from zero to the end
        for stmt in st.walk(low.program.main):
            if isinstance(stmt, hs.Slices):
                self._slices |= {stmt.lo: ZERO, stmt.hi: stmt.extent}

    def of(self, stmt: st.Stmt | None, group: Group | None) -> list[Expr] | None:
        """Those of a statement that was made for a group; None where that is not told.

        Axes along which a function of the library has one position for all arguments are left out.
        """
        if isinstance(stmt, hs.Call):
            told = EXTERNS[stmt.symbol].amounts_of(stmt.args)
            if told is not None:
                return [_replaced(d, self._slices) for d in told.extents if not is_const(d, 1)]
        if isinstance(stmt, st.For | hs.Slices):
            whole = isinstance(stmt, hs.Slices) or is_const(stmt.start, 0)
            return [stmt.extent] if whole else None  # or it is one of several pieces
        return None if group is None or group.special else group.axes

    def text(self, stmt: st.Stmt | None, group: Group | None) -> str:
        """The same in terms of the inputs' shapes; "" where it is not told."""
        found = self.of(stmt, group)
        return "" if found is None else extents_text(found, self.names)


def _replaced(root: Expr, found: Mapping[str, Expr]) -> Expr:
    """An expression with others in place of names."""
    done: dict[int, Expr] = {}
    for node in ex.postorder((root,)):
        if node.op == "name":
            done[id(node)] = found.get(str(node.value), node)
        else:
            done[id(node)] = ex.rebuilt(node, tuple([done[id(a)] for a in node.args])) if node.args else node
    return done[id(root)]


def written(group: Group) -> Iterator[Tensor]:
    """The tensors that a group makes."""
    for item in group.items:
        yield from item.made()
