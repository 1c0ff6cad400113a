"""The operators of Python as scalar operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.scalar.arithmetic import abs_, add, int_div, mod, mul, neg, sub, true_div
from theano.scalar.bits import and_, invert, left_shift, or_, right_shift, xor
from theano.scalar.compare import ge, gt, le, lt
from theano.scalar.op import ScalarOp
from theano.scalar.power import pow

BINARY: dict[str, ScalarOp] = {
    "add": add, "sub": sub, "mul": mul, "truediv": true_div, "floordiv": int_div, "mod": mod, "pow": pow,
    "and": and_, "or": or_, "xor": xor, "lshift": left_shift, "rshift": right_shift,
}  # fmt: skip
COMPARISON: dict[str, ScalarOp] = {"lt": lt, "le": le, "gt": gt, "ge": ge}
UNARY: dict[str, ScalarOp] = {"neg": neg, "abs": abs_, "invert": invert}


def define_operators(cls: type, apply: Callable[[ScalarOp], Callable[..., Any]]) -> None:
    """Give `cls` the operators of Python; ``apply(op)`` is what computes ``op`` of operands."""
    for name, op in (BINARY | COMPARISON).items():
        compute = apply(op)
        _define(cls, name, lambda self, other, compute=compute: compute(self, other))
        if name in BINARY:
            _define(cls, "r" + name, lambda self, other, compute=compute: compute(other, self))
    for name, op in UNARY.items():
        compute = apply(op)
        _define(cls, name, lambda self, compute=compute: compute(self))


def _define(cls: type, name: str, method: Callable[..., Any]) -> None:
    method.__name__ = f"__{name}__"
    method.__qualname__ = f"{cls.__qualname__}.__{name}__"
    setattr(cls, method.__name__, method)


class ScalarOperators:
    """Mix-in: ``x + y`` is ``add(x, y)``, and so on. `__apply_scalar__` says what that builds."""

    __slots__ = ()


define_operators(ScalarOperators, lambda op: op)
