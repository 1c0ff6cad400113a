"""The external functions that sort rows, one after the other: their numbers, or where these would go.

A long row is cut for the threads: `split` copies it to `out` and moves numbers such that those before each of `bounds`
are not greater than those behind it, and `pieces` sorts what is between some of these. So does `stretches`, with one
`scratch` for all of them: they may be as many as there are rows of a sparse matrix.

Rows lie one after the other and are `n` numbers long. `sort` writes them in ascending order, `places` the positions
of the `count` least ones in this order, and `top` those of the greatest, the greatest first. Equal numbers keep their
order in both of the latter. NaNs are greater than all others. `scratch` has room for `scratch_of` keys.

`lexical` sorts the rows themselves: it writes their positions; of two rows the first numbers that differ decide. Equal
rows keep their order, also where they have NaNs at the same places. This is NumPy's order of structures, in which NaNs
of float16 are less than all others. `scratch` has room for as many positions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.externs.table import Extern, Parameter, declare, signature

__all__ = [
    "BITS", "CUTS", "CUT_TYPES", "KINDS", "LONG", "LONGEST", "MORE", "PIECES", "POSITIONS", "VALUES", "in_order",
    "key_of", "modules", "name_of", "rows_in_order", "scratch_of", "scratch_of_pieces",
]  # fmt: skip

# The types of numbers that are sorted, and how long they are.
BITS = {t: 8 * ex.ITEMSIZE[t] for t in ("bool", *ex.INTS, "f16", *ex.FLOATS)}
VALUES = "rows:i n:i x:p out:p scratch:p"
POSITIONS = "rows:i n:i count:i x:p out:p scratch:p"
KINDS = {"sort": VALUES, "places": POSITIONS, "top": POSITIONS, "lexical": VALUES}
CUTS = {
    "split": "n:i x:p out:p scratch:p bounds:w",
    **dict.fromkeys(("pieces", "stretches"), "first:i last:i out:p scratch:p bounds:w"),
}
# Rows of these types, which are compared as they are, are cut into so many pieces (a power of two) from a length on.
CUT_TYPES = ("f32", "f64", "i32", "i64")
PIECES = 8
LONG = 1 << 16
# The longest rows whose positions are found: a place and the bits of a key that have been left out are one key.
LONGEST = 1 << 29
# Keys of `scratch` beyond two rows: a network, or as many short rows as there are lanes; to begin at whole vectors.
MORE = (1 << 12) + 128


def name_of(kind: str, type_: str) -> str:
    """The name of a function, for numbers of a type."""
    return f"{kind}_{type_}"


def key_of(kind: str, type_: str) -> str:
    """The type of the integers that are sorted instead of numbers."""
    return "i64" if kind != "sort" or BITS[type_] == 64 else "i32"


def modules() -> dict[str, str]:
    """For each function what it compares: functions that compare the same are compiled together.

    Keys of positions are such that they can be compared as f64, which is faster.
    """
    numbers = {t: t if t in ex.FLOATS else key_of("sort", t) for t in BITS}
    found = {name_of(k, t): numbers[t] if k == "sort" else "f64" for k in KINDS for t in BITS}
    return found | {name_of(k, t): t for k in CUTS for t in CUT_TYPES}


def scratch_of(n: Expr) -> Expr:
    """How many keys `scratch` has for rows of `n` numbers."""
    return ex.add(ex.mul(n, ex.const(2, "i64")), ex.const(MORE, "i64"))


def in_order(x: np.ndarray[Any, Any], down: bool = False) -> np.ndarray[Any, Any]:
    """The positions along the last axis that sort `x`; equal numbers keep their order, whichever way they go.

    >>> in_order(np.array([2, 3, 2, 3]), down=True)
    array([1, 3, 0, 2])
    """
    if not down:
        return np.argsort(x, axis=-1, kind="stable")
    return x.shape[-1] - 1 - np.flip(np.argsort(np.flip(x, -1), axis=-1, kind="stable"), -1)


def scratch_of_pieces(n: Expr) -> Expr:
    """The same for a row that is cut: the scratch of each piece."""
    return ex.add(scratch_of(n), ex.const((PIECES - 1) * MORE, "i64"))


def _rows(a: dict[str, Any], type_: str) -> np.ndarray[Any, Any]:
    rows, n = a["rows"], a["n"]
    if rows * n == 0:
        return np.empty((rows, n), ex.DTYPE_OF[type_])
    data, start = a["x"].element(type_, 0)
    found = data[start : start + rows * n].reshape(rows, n)
    if found.size != rows * n:
        raise IndexError("rows beyond the end of memory")
    return found


def _sort(type_: str, a: dict[str, Any]) -> None:
    x = _rows(a, type_)
    if x.size:
        out, start = a["out"].element(type_, 0)
        out[start : start + x.size] = np.sort(x, axis=-1).ravel()


def _positions(type_: str, down: bool, a: dict[str, Any]) -> None:
    x, count = _rows(a, type_), a["count"]
    if x.shape[0] * count:
        out, start = a["out"].element("i64", 0)
        out[start : start + x.shape[0] * count] = in_order(x, down)[:, :count].ravel()


def rows_in_order(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The positions that sort the rows of a matrix; equal ones keep their order.

    >>> rows_in_order(np.array([[2, 3], [1, 9], [2, 3], [2, 1]]))
    array([1, 3, 0, 2])
    """
    if not x.size:
        return np.arange(len(x))
    whole = np.ascontiguousarray(x).view([(f"f{k}", x.dtype) for k in range(x.shape[1])])
    return np.argsort(whole.ravel(), kind="stable")


def _lexical(type_: str, a: dict[str, Any]) -> None:
    x = _rows(a, type_)
    if x.shape[0]:
        out, start = a["out"].element("i64", 0)
        out[start : start + x.shape[0]] = rows_in_order(x)


def _split(type_: str, a: dict[str, Any]) -> None:
    """All are in the first piece."""
    n = a["n"]
    out, start = a["out"].element(type_, 0)
    out[start : start + n] = _rows({**a, "rows": 1}, type_).ravel()
    bounds, start = a["bounds"].element("i64", 0)
    bounds[start : start + PIECES + 1] = [0, *[n] * PIECES]


def _pieces(type_: str, a: dict[str, Any]) -> None:
    bounds, start = a["bounds"].element("i64", 0)
    out, first = a["out"].element(type_, 0)
    for k in range(start + a["first"], start + a["last"]):
        out[first + bounds[k] : first + bounds[k + 1]].sort()


_PARAMETERS = {kind: signature(text, "", "x", "out scratch") for kind, text in KINDS.items()}
_PARAMETERS["split"] = signature(CUTS["split"], "", "x", "out scratch bounds")
for _kind in ("pieces", "stretches"):
    _PARAMETERS[_kind] = signature(CUTS[_kind], "", "out bounds", "out scratch")


def _parameters(kind: str, type_: str) -> tuple[Parameter, ...]:
    of_numbers = kind not in ("places", "top", "lexical")
    scratch = key_of("sort" if of_numbers else kind, type_)
    elements = {"x": type_, "out": type_ if of_numbers else "i64", "scratch": scratch, "bounds": "i64"}
    return tuple(p._replace(element=elements[p.name]) if p.type == "ptr" else p for p in _PARAMETERS[kind])


MEANING: dict[str, Callable[[str], Callable[[dict[str, Any]], None]]] = {
    "sort": lambda type_: partial(_sort, type_),
    "places": lambda type_: partial(_positions, type_, False),
    "top": lambda type_: partial(_positions, type_, True),
    "lexical": lambda type_: partial(_lexical, type_),
    "split": lambda type_: partial(_split, type_),
    "pieces": lambda type_: partial(_pieces, type_),
    "stretches": lambda type_: partial(_pieces, type_),
}

for _kind, _meaning in MEANING.items():
    for _type in CUT_TYPES if _kind in CUTS else BITS:
        _name, _own = name_of(_kind, _type), _kind in ("pieces", "stretches")
        declare(Extern(_name, _parameters(_kind, _type), "sorting", _meaning(_type), own_rows=_own))
