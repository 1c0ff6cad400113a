"""Expressions that rules replaced, as one writes them: ``exp(x) / (1 + exp(x))``."""

from __future__ import annotations

from typing import Any

from theano.rewrite.engine.trace import Snapshot
from theano.tensor.elemwise import Elemwise

__all__ = ["infix"]

# operation -> (sign, how tightly it binds)
SIGNS = {
    "add": (" + ", 1), "sub": (" - ", 1), "mul": (" * ", 2), "true_div": (" / ", 2), "int_div": (" // ", 2),
    "mod": (" % ", 2), "pow": (" ** ", 4), "eq": (" == ", 0), "neq": (" != ", 0), "lt": (" < ", 0), "le": (" <= ", 0),
    "gt": (" > ", 0), "ge": (" >= ", 0), "and_": (" & ", 0), "or_": (" | ", 0),
}  # fmt: skip
NEGATION, TIGHT = 3, 5


def infix(shot: Snapshot, binds: int = 0) -> str:
    """A snapshot of an expression as text, in parentheses if it binds less than what is around it.

    Examples
    --------
    >>> from theano.rewrite.engine.trace import snapshot
    >>> a, b = T.dvectors("a", "b")
    >>> infix(snapshot(a / (1 + T.exp(-b)) ** 2, depth=5))
    'a / (1 + exp(-b)) ** 2'
    """
    if shot is None:
        return "…"
    if not isinstance(shot, tuple):
        return _leaf(shot)
    op = shot[0]
    if len(shot) == 1:
        cut = _name(op)
        return "…" if cut.startswith("DimShuffle") else "-…" if cut == "neg" else f"{cut}(…)"
    name, args = _name(op), shot[1]
    if type(op) is Elemwise and name in SIGNS and len(args) > 1:
        sign, own = SIGNS[name]
        first = own + 1 if name == "pow" else own
        later = own + (name not in ("add", "mul", "pow"))  # x - (y - z)
        text = sign.join(infix(a, later if k else first) for k, a in enumerate(args))
        return f"({text})" if own < binds else text
    if name == "neg" and len(args) == 1:
        text = f"-{infix(args[0], NEGATION)}"
        return f"({text})" if NEGATION < binds else text
    if name == "sqr" and len(args) == 1:
        return f"{infix(args[0], TIGHT)}²"
    if name == "dot" and len(args) == 2:
        text = f"{infix(args[0], 3)} @ {infix(args[1], 3)}"
        return f"({text})" if binds > 2 else text
    if name.startswith("DimShuffle{") and len(args) == 1:
        order = name[len("DimShuffle{") : -1].split(",")
        if order in (["1", "0"],):
            return f"{infix(args[0], TIGHT)}.T"
        if "x" in order and [k for k in order if k != "x"] == sorted(k for k in order if k != "x"):
            return infix(args[0], binds)  # what is only seen with axes of length 1
    return f"{name}({', '.join(infix(a) for a in args)})"


def _name(op: Any) -> str:
    if type(op) is Elemwise:
        return str(op.scalar_op.name)
    text = str(op).replace("InplaceDimShuffle", "DimShuffle").replace(", acc_dtype=float64", "")
    return text.replace("{acc_dtype=float64}", "").replace("{no_inplace}", "").replace("{inplace}", "")


def _leaf(variable: Any) -> str:
    data = getattr(variable, "data", None)
    if data is None:
        return str(variable)
    if getattr(data, "size", 0) == 1:
        return f"{data.item():g}" if isinstance(data.item(), float) else str(data.item())
    return f"constant{list(data.shape)}" if hasattr(data, "shape") else str(data)
