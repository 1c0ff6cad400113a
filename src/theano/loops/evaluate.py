"""What expressions mean: their values as NumPy scalars.

An integer division by zero raises `Undefined`. A shift by the width or more and a cast to an integer type that
cannot hold the value are not defined (`UNDEFINED`), and neither is what is computed from them; a `select` may
still leave them aside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops.expr import Expr

__all__ = ["DTYPE", "UNDEFINED", "Undefined", "evaluate", "fused"]

DTYPE = {type_: np.dtype(dtype) for type_, dtype in ex.DTYPE_OF.items()}
UNDEFINED: Any = type("UndefinedValue", (), {"__repr__": lambda self: "an undefined value"})()


class Undefined(Exception):
    """A program did what has no meaning."""


def fused(x: Any, y: Any, z: Any) -> Any:
    """x * y + z, rounded once."""
    if not (np.isfinite(x) and np.isfinite(y) and np.isfinite(z)):
        return x * y + z
    exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
    if not exact:
        return x * y + z  # the sign of zero
    try:
        near = float(exact)
    except OverflowError:
        return type(x)(np.inf if exact > 0 else -np.inf)
    if type(x) is np.float32 and Fraction(near) != exact and not int(np.float64(near).view(np.int64)) & 1:
        # round to odd first, or it would be rounded twice
        near = float(np.nextafter(near, np.inf if exact > Fraction(near) else -np.inf))
    return type(x)(near)


def _divide(x: Any, y: Any) -> Any:
    a, b = int(x), int(y)
    if b == 0:
        raise Undefined("integer division by zero")
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    info = np.iinfo(type(x))
    if not info.min <= quotient <= info.max:
        raise Undefined("the most negative integer divided by -1")
    return type(x)(quotient)


def _remainder(x: Any, y: Any) -> Any:
    return type(x)(int(x) - int(_divide(x, y)) * int(y))


def _shift(way: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def shift(x: Any, y: Any) -> Any:
        return way(x, y) if 0 <= y < 8 * x.dtype.itemsize else UNDEFINED

    return shift


def _viewed(kind: str, way: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A shift of the bits as the signed or unsigned type of the same size."""

    def shift(x: Any, y: Any) -> Any:
        seen = np.dtype(f"{kind}{x.dtype.itemsize}")
        return way(x.view(seen), y.astype(seen)).view(x.dtype)

    return _shift(shift)


def _scaled(x: Any, t: Any) -> Any:
    n = t - type(x)(ex.MAGIC["f64" if x.dtype.itemsize == 8 else "f32"])
    return x + n if np.isnan(n) else np.ldexp(x, int(n))


PRIMITIVES: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y, "neg": np.negative, "fma": fused, "abs": np.abs, "sqrt": np.sqrt,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint, "copysign": np.copysign, "frem": np.fmod,
    "scale": _scaled, "half": lambda x: np.float32(np.float16(x)),
    "idiv": _divide, "irem": _remainder,
    "shl": _shift(np.left_shift), "lshr": _viewed("u", np.right_shift), "ashr": _viewed("i", np.right_shift),
    "and": lambda x, y: x & y, "or": lambda x, y: x | y, "xor": lambda x, y: x ^ y, "not": lambda x: ~x,
    "eq": lambda x, y: x == y, "ne": lambda x, y: x != y, "lt": lambda x, y: x < y, "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y, "ge": lambda x, y: x >= y,
}  # fmt: skip


def _cast(x: Any, type_: str) -> Any:
    dtype = DTYPE[type_]
    if type_ in ex.INTS and x.dtype.kind == "f":
        info = np.iinfo(dtype)
        if not np.isfinite(x) or not info.min <= int(x) <= info.max:
            return UNDEFINED
        return dtype.type(int(x))
    return x.astype(dtype)


def _operate(node: Expr, args: list[Any], fma: bool) -> Any:
    if node.op in ("select", "rare"):
        return UNDEFINED if args[0] is UNDEFINED else args[1] if args[0] else args[2]
    if node.op == "with_fma":
        return args[0 if fma else 1]
    if any(a is UNDEFINED for a in args):
        return UNDEFINED
    if node.op == "cast":
        return _cast(args[0], node.type)
    if node.op == "bitcast":
        return args[0].view(DTYPE[node.type])
    if node.op == "fma" and not fma:
        return args[0] * args[1] + args[2]
    return PRIMITIVES[node.op](*args)


def _constant(node: Expr) -> Any:
    if node.type == "f32":  # its bits, not those of a double rounded again
        return np.uint32(ex.float_bits(node.value, "f32")).view(np.float32)
    return DTYPE[node.type].type(node.value)


def evaluate(root: Expr, env: Mapping[str, Any], fma: bool = True) -> Any:
    """The value of an expression, a NumPy scalar of its type, under the values of names in `env`.

    Examples
    --------
    >>> x = ex.name("x", "i8")
    >>> int(evaluate(ex.add(x, x), {"x": np.int8(100)}))
    -56
    """
    done: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in ex.postorder((root,)):
            if node.op == "const":
                done[id(node)] = _constant(node)
            elif node.op == "name":
                done[id(node)] = env[str(node.value)]
            else:
                done[id(node)] = _operate(node, [done[id(a)] for a in node.args], fma)
    return done[id(root)]
