"""The named types (`dmatrix`, ...), and functions that make variables of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.configdefaults import config
from theano.tensor.type import TensorType

PREFIXES = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64",
    "z": "complex128",
}  # fmt: skip
PATTERNS: dict[str, tuple[bool, ...]] = {
    "scalar": (),
    "vector": (False,),
    "matrix": (False, False),
    "row": (True, False),
    "col": (False, True),
    **{f"tensor{n}": (False,) * n for n in range(3, 8)},
}
_PLURALS = {"matrix": "matrices"}


def _of_float_x(shape: str, pattern: tuple[bool, ...]) -> Callable[..., Any]:
    def make(name: str | None = None, dtype: Any = None) -> Any:
        return TensorType(config.floatX if dtype is None else dtype, pattern)(name)

    make.__name__ = make.__qualname__ = shape
    make.__doc__ = f"A {shape} variable of `dtype` (default: floatX)."
    return make


def _several(make: Callable[..., Any], name: str) -> Callable[..., Any]:
    def makes(*names: Any, **kwargs: Any) -> Any:
        if len(names) == 1 and isinstance(names[0], int):
            return [make(**kwargs) for _ in range(names[0])]
        if len(names) == 1 and isinstance(names[0], str | list | tuple):
            names = tuple(names[0])  # a string is a row of names of one letter
        if len(names) == 1:
            return make(names[0], **kwargs)
        return [make(n, **kwargs) for n in names]

    makes.__name__ = makes.__qualname__ = name
    makes.__doc__ = (
        f"Variables: ``{name}(2)`` two without names, ``{name}('a', 'b')`` or ``{name}('ab')`` with names; "
        f"``{name}('a')`` is one variable, not a list."
    )
    return makes


def _all() -> dict[str, Callable[..., Any]]:
    table: dict[str, Callable[..., Any]] = {}
    for shape, pattern in PATTERNS.items():
        table[shape] = _of_float_x(shape, pattern)
        for prefix, dtype in PREFIXES.items():
            table[prefix + shape] = TensorType(dtype, pattern)
    for name in list(table):
        stem = name if name in PATTERNS else name[1:]
        plural = name.removesuffix(stem) + _PLURALS.get(stem, stem + "s")
        table[plural] = _several(table[name], plural)
    return table


CONSTRUCTORS = _all()
"""``name -> constructor`` of everything `theano.tensor` offers under such names."""


def tensor(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
    """A variable of type ``TensorType(*args, **kwargs)``.

    >>> tensor("float64", (False, True)).type
    TensorType(float64, col)
    """
    return TensorType(*args, **kwargs)(name)
