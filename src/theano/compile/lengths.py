"""Lengths as a reader knows them: by the arguments that have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs import EXTERNS
from theano.loops.text import operand_text, operation_text, product_text
from theano.lower.dims import ZERO, is_const
from theano.lower.plan.groups import Group
from theano.lower.program import Lowered
from theano.lower.values import Tensor

__all__ = ["Spaces", "extents_text", "length_text", "names_of_main", "space_text", "written"]

# Longer lengths are known by the names that the loop program gives them.
BRIEF = 60


def names_of_main(low: Lowered, leaves: Sequence[Any]) -> dict[str, str]:
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
            if len(text) <= BRIEF and "…" not in text:
                names[stmt.name] = text
    return names


def length_text(root: Expr, names: Mapping[str, str]) -> str:
    """A length in terms of the inputs' shapes."""
    done: dict[int, str] = {}
    for node in ex.postorder((root,)):
        if node.op == "const":
            done[id(node)] = str(node.value)
        elif node.op == "name":
            done[id(node)] = names.get(str(node.value), str(node.value))
        else:
            text = operation_text(node, [done[id(a)] for a in node.args])
            done[id(node)] = text if len(text) < 120 else "…"
    return done[id(root)]


def space_text(group: Group, names: Mapping[str, str]) -> str:
    """The lengths that the loops of a group go over."""
    return extents_text(group.axes, names)


def extents_text(extents: Sequence[Expr], names: Mapping[str, str]) -> str:
    """Lengths that something goes over."""
    return product_text(extents, [length_text(d, names) for d in extents], "×") or "one element"


class Spaces:
    """The lengths that statements of main go over: of kernels, of calls of the library, of steps."""

    def __init__(self, low: Lowered, leaves: Sequence[Any]) -> None:
        self.names = names_of_main(low, leaves)
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
