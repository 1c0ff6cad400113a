"""The named types (`dmatrix`, ...), and functions that make variables of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.base.flag_table import config
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
_NAME = ["Parameters", "----------", "name : str, optional", "    What it is called in printed graphs and errors."]
_IT = ["Returns", "-------", "TensorVariable", "    Without a value: an input.", ""]


def _of_float_x(shape: str, pattern: tuple[bool, ...]) -> Callable[..., Any]:
    def make(name: str | None = None, dtype: Any = None) -> Any:
        return TensorType(config.floatX if dtype is None else dtype, pattern)(name)

    make.__name__ = make.__qualname__ = shape
    axes = ", ".join("1" if one else "n" for one in pattern)
    make.__doc__ = "\n".join([
        f"A variable: a tensor of shape ({axes}{',' * (len(pattern) == 1)}), where n is any length."
        if pattern else "A variable: a single number, a tensor without axes.",
        "",
        *_NAME,
        "dtype : str, optional",
        "    Its dtype, default `floatX`.",
        "",
        *_IT,
        "Raises",
        "------",
        "TypeError",
        "    No such dtype.",
        "",
        "Examples",
        "--------",
        f">>> x = T.{shape}('x', dtype='int32')",
        ">>> x, x.type",
        f"(x, {TensorType('int32', pattern)!r})",
    ])  # fmt: skip
    return make


def _several(make: Callable[..., Any], name: str, one: str) -> Callable[..., Any]:
    def makes(*names: Any, **kwargs: Any) -> Any:
        if len(names) == 1 and isinstance(names[0], int):
            return [make(**kwargs) for _ in range(names[0])]
        if len(names) == 1 and isinstance(names[0], str | list | tuple):
            names = tuple(names[0])  # a string is a row of names of one letter
        if len(names) == 1:
            return make(names[0], **kwargs)
        return [make(n, **kwargs) for n in names]

    makes.__name__ = makes.__qualname__ = name
    makes.__doc__ = "\n".join([
        f"Variables: ``{name}(2)`` two without names, ``{name}('a', 'b')`` or ``{name}('ab')`` with names.",
        "",
        "Parameters",
        "----------",
        "*names : str, int, or a list or tuple of str",
        "    The names, one by one or in a list; of one text each letter. Or how many variables.",
        "**kwargs",
        f"    What ``{one}`` takes by name.",
        "",
        "Returns",
        "-------",
        "list of TensorVariable, or TensorVariable",
        f"    Of the type that ``{one}`` makes. One name, or a list of one, gives a variable, no list.",
        "",
        "Raises",
        "------",
        "TypeError",
        "    A name is no text.",
        "",
        "Examples",
        "--------",
        f">>> a, b = T.{name}('ab')",
        ">>> a.name, b.type == a.type",
        "('a', True)",
        f">>> T.{name}('first', 'second')",
        "[first, second]",
    ])  # fmt: skip
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
        table[plural] = _several(table[name], plural, name)
    return table


CONSTRUCTORS = _all()
"""``name -> constructor`` of everything `theano.tensor` offers under such names."""
globals().update(CONSTRUCTORS)  # pickles find a function in the module that it says it is of


def tensor(*args: Any, name: str | None = None, **kwargs: Any) -> Any:
    """A variable of type ``TensorType(*args, **kwargs)``.

    Parameters
    ----------
    *args, **kwargs
        What `TensorType` takes: the dtype, and a `broadcastable` for each axis or a `shape`.
    name : str, optional
        What the variable is called in printed graphs and errors.

    Returns
    -------
    TensorVariable
        Without a value: an input.

    Raises
    ------
    TypeError
        No such dtype.

    Examples
    --------
    >>> tensor("float64", (False, True)).type
    TensorType(float64, col)
    """
    return TensorType(*args, **kwargs)(name)
