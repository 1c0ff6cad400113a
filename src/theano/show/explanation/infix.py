"""Expressions that rules replaced, as one writes them: ``exp(x) / (1 + exp(x))``."""

from __future__ import annotations

import re
from typing import Any

from theano.graph import io_toposort
from theano.graph.shown import told
from theano.rewrite.engine.trace import Snapshot
from theano.tensor.elemwise import Elemwise
from theano.tensor.linalg.dot import Dot

__all__ = ["detailed", "infix"]

# operation -> (sign, how tightly it binds), as in Python
SIGNS = {
    "eq": (" == ", 0), "neq": (" != ", 0), "lt": (" < ", 0), "le": (" <= ", 0), "gt": (" > ", 0), "ge": (" >= ", 0),
    "or_": (" | ", 1), "xor": (" ^ ", 2), "and_": (" & ", 3),
    "left_shift": (" << ", 4), "right_shift": (" >> ", 4), "add": (" + ", 5), "sub": (" - ", 5),
    "mul": (" * ", 6), "true_div": (" / ", 6), "int_div": (" // ", 6), "mod": (" % ", 6), "dot": (" @ ", 6),
}  # fmt: skip
NEGATION, POWER, TIGHT = 7, 8, 9
# Those of convolutions and the like, which would hide what they are applied to.
_LONG_PARAMETERS = re.compile(r"\{[^{}]*=[^{}]{40,}\}")
ASSOCIATIVE = ("add", "mul", "and_", "or_", "xor")


def infix(shot: Snapshot, binds: int = 0) -> str:
    """A snapshot of an expression as text, in parentheses if it binds less than what is around it.

    Examples
    --------
    >>> from theano.rewrite.engine.trace import snapshot
    >>> a, b = T.dvectors("a", "b")
    >>> infix(snapshot(a / (1 + T.exp(-b)) ** 2, depth=5))
    'a / (1 + exp(-b)) ** 2'
    """
    text, own = _text(shot, binds)
    return f"({text})" if own < binds else text


class _Said:
    """An operation or a variable with a text of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def detailed(shot: Snapshot) -> Snapshot:
    """The same, in whose text numbers have their dtypes, and loops say how much they do in a step."""
    if shot is None:
        return None
    if not isinstance(shot, tuple):
        data: Any = getattr(shot, "data", None)
        return _Said(f"{_leaf(shot)}:{data.dtype}") if getattr(data, "size", 0) == 1 else shot
    op, *inputs = shot
    inner = getattr(op, "inner_outputs", None)
    if inner is not None:
        count = len(io_toposort(op.inner_inputs, inner))
        op = _Said(f"{op}[a step: {count} operations, {len(inner)} results]")
    return (op, *([detailed(a) for a in given] for given in inputs))


def _text(shot: Snapshot, binds: int) -> tuple[str, int]:
    """The text without parentheses around it, and how tightly it binds."""
    if shot is None:
        return "…", TIGHT
    if not isinstance(shot, tuple):
        leaf = _leaf(shot)
        return leaf, NEGATION if leaf.startswith("-") else TIGHT
    name = _name(shot[0])
    if len(shot) == 1:
        cut = "…" if name.startswith("DimShuffle") else f"{name}(…)"
        return ("-…", NEGATION) if name == "neg" else (cut, TIGHT)
    args = shot[1]
    if type(shot[0]) in (Elemwise, Dot) and name in SIGNS and len(args) > 1:
        sign, own = SIGNS[name]
        first, *others = _operands(shot, name) if name in ASSOCIATIVE else args
        left = own if own else own + 1  # a comparison of comparisons would be a chain
        return sign.join([infix(first, left), *(infix(a, own + 1) for a in others)]), own
    if name == "pow" and len(args) == 2:
        return f"{infix(args[0], TIGHT)} ** {infix(args[1], NEGATION)}", POWER
    if name == "neg" and len(args) == 1:
        return f"-{infix(args[0], NEGATION)}", NEGATION
    if name == "sqr" and len(args) == 1:
        return f"{infix(args[0], TIGHT)}²", POWER
    if name.startswith("DimShuffle{") and len(args) == 1:
        order = name[len("DimShuffle{") : -1].split(",")
        if order == ["1", "0"]:
            return f"{infix(args[0], TIGHT)}.T", TIGHT
        if "x" in order and [k for k in order if k != "x"] == sorted(k for k in order if k != "x"):
            return _text(args[0], binds)  # what is only seen with axes of length 1
    return f"{name}({', '.join(infix(a) for a in args)})", TIGHT


def _operands(shot: Snapshot, name: str) -> list[Snapshot]:
    """Those of an operation and of the same inside of it: the order of ``a + (b + c)`` doesn't matter."""
    found = []
    for a in shot[1]:
        inner = isinstance(a, tuple) and len(a) == 2 and type(a[0]) is Elemwise and _name(a[0]) == name
        found += _operands(a, name) if inner else [a]
    return found


def _name(op: Any) -> str:
    if type(op) is Elemwise:
        return str(op.scalar_op.name)
    text = told(op).replace("InplaceDimShuffle", "DimShuffle").replace(", acc_dtype=float64", "")
    text = text.replace("{acc_dtype=float64}", "").replace("{no_inplace}", "").replace("{inplace}", "")
    return _LONG_PARAMETERS.sub("", text)


def _leaf(variable: Any) -> str:
    data = getattr(variable, "data", None)
    if data is None:
        return str(variable)
    if getattr(data, "size", 0) == 1:
        return f"{data.item():g}" if isinstance(data.item(), float) else str(data.item())
    return f"constant{list(data.shape)}" if hasattr(data, "shape") else str(data)
