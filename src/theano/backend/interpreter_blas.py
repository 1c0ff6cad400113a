"""What the external symbols of a program do, for the interpreter: arguments as `native.product` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.native.product import NAMES, parameters

__all__ = ["SYMBOLS"]


def _matrix(pointer: Any, type_: str, shape: tuple[int, int], steps: tuple[int, int]) -> np.ndarray[Any, Any]:
    """A matrix in memory: strides count elements, and nothing lies outside."""
    if 0 in shape:
        return np.empty(shape, _DTYPE[type_])
    data, start = pointer.element(type_, 0)
    reach = [(n - 1) * s for n, s in zip(shape, steps, strict=True)]
    low, high = (start + sum(f(r, 0) for r in reach) for f in (min, max))
    if low < 0 or high >= data.size:
        raise IndexError("a matrix beyond the end of memory")
    size = data.itemsize
    return np.lib.stride_tricks.as_strided(data[start:], shape, tuple(s * size for s in steps))


def _product(t: str, a: dict[str, Any]) -> None:
    """c = beta c + alpha a b; c is not read where beta is 0."""
    x = _matrix(a["a"], t, (a["m"], a["k"]), (a["ar"], a["ac"]))
    y = _matrix(a["b"], t, (a["k"], a["n"]), (a["br"], a["bc"]))
    out = _matrix(a["c"], t, (a["m"], a["n"]), (a["cr"], 1))
    product = a["alpha"] * (x @ y)
    out[...] = product if a["beta"] == 0 else product + a["beta"] * out


def _stack(t: str, a: dict[str, Any]) -> None:
    """Products of matrices that lie `as`, `bs` and `cs` elements apart."""
    size = _DTYPE[t].itemsize
    for k in range(a["count"]):
        moved = {n: a[n].moved(k * a[f"{n}s"] * size) for n in "abc"}
        _product(t, {**a, **moved})


def _backward(t: str, a: dict[str, Any]) -> None:
    """g = d w' and w = beta w + alpha x' d."""
    x = _matrix(a["x"], t, (a["m"], a["p"]), (a["xr"], a["xc"]))
    d = _matrix(a["d"], t, (a["m"], a["q"]), (a["dr"], a["dc"]))
    w = _matrix(a["w"], t, (a["p"], a["q"]), (a["wr"], 1))
    g = _matrix(a["g"], t, (a["m"], a["p"]), (a["gr"], 1))
    g[...] = d @ w.T
    w[...] = (a["beta"] * w if a["beta"] else 0) + a["alpha"] * (x.T @ d)


def _panels(t: str, a: dict[str, Any]) -> None:
    """Nothing: `packed` reads the matrix itself."""


def _packed(t: str, a: dict[str, Any]) -> None:
    """c = a b."""
    _product(t, {**a, "alpha": 1, "beta": 0, "ac": 1})


_DTYPE: dict[str, np.dtype[Any]] = {"f32": np.dtype("float32"), "f64": np.dtype("float64")}
_KINDS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "product": _product, "tiles": _product, "stack": _stack, "backward": _backward,
    "panels": _panels, "packed": _packed, "slice": _packed,
}  # fmt: skip


def _named(name: str) -> Callable[..., None]:
    type_, kind = NAMES[name]
    params = parameters(name)

    def run(*values: Any) -> None:
        given = {p.name: int(v) if p.type == "i64" else v for p, v in zip(params, values, strict=True)}
        with np.errstate(all="ignore"):
            _KINDS[kind](type_, given)

    return run


SYMBOLS: dict[str, Callable[..., None]] = {name: _named(name) for name in NAMES}
