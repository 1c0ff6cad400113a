"""Loop expressions computed with NumPy, to compare expansions with the scalar table's own NumPy functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import DTYPE_OF, Expr


def _int_div(x: Any, y: Any) -> Any:
    trapped = y == 0
    if x.dtype.kind == "i":
        trapped = trapped | ((y == -1) & (x == np.iinfo(x.dtype).min))
    assert not np.any(trapped), "a native division would trap"
    q = np.abs(x.astype(object)) // np.abs(y.astype(object))
    return np.where(np.sign(x.astype(object)) * np.sign(y.astype(object)) < 0, -q, q).astype(x.dtype)


def _shift(f: Any) -> Any:
    def shift(x: Any, y: Any) -> Any:
        assert np.all((y >= 0) & (y < 8 * x.itemsize)), "a native shift would be undefined"
        return f(x, y)

    return shift


def _logical_shift(x: Any, y: Any) -> Any:
    unsigned = x.dtype.name if x.dtype.kind == "u" else "u" + x.dtype.name
    return (x.view(unsigned) >> np.asarray(y).astype(unsigned)).view(x.dtype)


def _cast(x: Any, type_: str) -> Any:
    if x.dtype.kind == "f" and type_ in expr.INTS:
        info = np.iinfo(DTYPE_OF[type_])
        assert np.all(
            (np.trunc(x) >= float(info.min)) & (np.trunc(x) < float(info.max) + (info.max < 2**53))
        ), "a native conversion would be undefined"
    return x.astype(DTYPE_OF[type_])


_FUNCTIONS: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative,
    "abs": np.abs, "sqrt": np.sqrt, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "rint": np.rint,
    "copysign": np.copysign, "frem": np.fmod, "idiv": _int_div, "irem": lambda x, y: x - _int_div(x, y) * y,
    "shl": _shift(np.left_shift), "lshr": _shift(_logical_shift), "ashr": _shift(np.right_shift),
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert, "eq": np.equal,
    "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "select": np.where, "rare": np.where,
}  # fmt: skip


def _scale(x: Any, t: Any) -> Any:
    n = t - x.dtype.type(expr.MAGIC["f64" if x.itemsize == 8 else "f32"])
    return np.ldexp(x, np.nan_to_num(n).astype("i4")) + n * 0


def _fma(x: Any, y: Any, z: Any) -> Any:
    wide = np.longdouble
    return (x.astype(wide) * y.astype(wide) + z.astype(wide)).astype(x.dtype)


def evaluate(root: Expr, values: dict[Expr, Any]) -> Any:
    """The value of an expression for arrays of its names."""
    done: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in expr.postorder((root,)):
            args = [done[id(a)] for a in node.args]
            if node in values:
                result = values[node]
            elif node.op == "const":
                result = np.asarray(node.value).astype(DTYPE_OF[node.type])
            elif node.op == "cast":
                result = _cast(args[0], node.type)
            elif node.op == "bitcast":
                result = np.asarray(args[0]).view(DTYPE_OF[node.type])
            elif node.op == "with_fma":
                result = args[1]  # `_fma` is not exact
            elif node.op in ("fma", "scale"):
                result = (_fma if node.op == "fma" else _scale)(*args)
            else:
                result = _FUNCTIONS[node.op](*args)
            done[id(node)] = np.asarray(result)
    return done[id(root)]
