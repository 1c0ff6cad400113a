"""The texts that `help` shows of point-wise functions and of named types.

They are made from `theano.tensor.pointwise.meanings` and the table of scalar operations.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from textwrap import wrap
from typing import Any

import numpy as np

from theano.scalar.dtypes import COMPLEX, FLOAT, INTEGER
from theano.tensor.pointwise.meanings import MEANINGS, Meaning

__all__ = ["function", "named_type"]

_LETTERS = ("x", "y", "z")
_INDENT: dict[str, Any] = {"width": 100, "initial_indent": "    ", "subsequent_indent": "    "}
_KINDS = {
    "scalar": "numbers",
    "vector": "vectors",
    "matrix": "matrices",
    "row": "matrices of one row, which broadcasts,",
    "col": "matrices of one column, which broadcasts,",
}


def function(op: Any, otherwise: str) -> str:
    """The text for a function of `theano.tensor`; `otherwise` for what users don't call.

    Examples
    --------
    >>> print(function(T.sqrt, "").splitlines()[0])
    The square root; NaN for negative real numbers.
    """
    scalar_op = op.scalar_op
    meaning = MEANINGS.get(scalar_op.name)
    name = _name(op)
    if meaning is None or name is None:
        return otherwise
    count = scalar_op.nin
    letters = _LETTERS[: 2 if count < 0 else count]
    real, complex_ = _dtypes(scalar_op.dtype, len(letters), FLOAT), _dtypes(scalar_op.dtype, len(letters), COMPLEX)
    numbers = "real or complex numbers" if complex_ else "real numbers" if real else "integers or bools"
    shape = "of `x`" if count == 1 else "that the arguments broadcast to"
    more = ["*more : as x", "    Any number of arguments."] if count < 0 else []
    return "\n".join([
        meaning.summary,
        "",
        f"    {name}({', '.join(letters)}) = {meaning.formula}",
        "",
        "Parameters",
        "----------",
        f"{', '.join(letters)} : tensor-like",
        f"    A variable, number, array or list of {numbers}, of any shape."
        if count == 1 else f"    Variables, numbers, arrays or lists of {numbers}, of shapes that broadcast.",
        *more,
        "",
        "Returns",
        "-------",
        "TensorVariable",
        *wrap(f"Of the shape {shape}. {_of_dtypes(scalar_op.dtype, len(letters))}", **_INDENT),
        "",
        *_refusals(real, complex_),
        "Examples",
        "--------",
        *_example(op, name, meaning),
        *_references(meaning),
    ])  # fmt: skip


def named_type(type_: Any, otherwise: str) -> str:
    """The text for a type that has a name in `theano.tensor`; `otherwise` for others.

    Examples
    --------
    >>> print(named_type(T.dmatrix, "").splitlines()[0])
    The type of matrices of float64; called, it makes a variable.
    """
    name = _name(type_)
    if name is None:
        return otherwise
    kind = _KINDS.get(name[1:], f"tensors with {type_.ndim} axes")
    return "\n".join([
        f"The type of {kind} of {type_.dtype}; called, it makes a variable.",
        "",
        "Parameters",
        "----------",
        "name : str, optional",
        "    What the variable is called in printed graphs, in errors, and as an argument of compiled functions.",
        "",
        "Returns",
        "-------",
        "TensorVariable",
        f"    With {type_.ndim} ax{'i' if type_.ndim == 1 else 'e'}s.",
        "",
        "Raises",
        "------",
        "TypeError",
        "    `name` is no text.",
        "",
        "Examples",
        "--------",
        f">>> x = T.{name}('x')",
        ">>> x.type",
        repr(type_),
    ])  # fmt: skip


def _name(thing: Any) -> str | None:
    """What users know a function or type as."""
    known = vars(sys.modules["theano.tensor"])
    names = [name for name, value in known.items() if type(value) is type(thing) and value == thing]
    own = getattr(getattr(thing, "scalar_op", None), "name", None)
    return own if own in names else names[0] if names else None


def _dtypes(rule: Callable[..., str], count: int, dtypes: Any) -> dict[str, str]:
    """Which dtype comes of which, where all arguments have the same."""
    found = {}
    for dtype in sorted(dtypes):
        try:
            found[dtype] = rule(*[dtype] * count)
        except (TypeError, NotImplementedError):
            continue
    return found


def _of_dtypes(rule: Callable[..., str], count: int) -> str:
    """A sentence on the dtype of the result."""
    found = _dtypes(rule, count, ["bool", *INTEGER, *FLOAT, *COMPLEX])
    if len(results := set(found.values())) == 1:
        return f"Its dtype is {results.pop()}."
    if all(dtype == result for dtype, result in found.items()):
        several = " (the smallest that holds all of them)" if count > 1 else ""
        return f"Its dtype is that of {_given(count)}{several}."
    changed: dict[str, list[str]] = {}
    for dtype, result in found.items():
        if dtype != result:
            changed.setdefault(result, []).append(dtype)
    told = "; ".join(f"{', '.join(dtypes)} become {result}" for result, dtypes in sorted(changed.items()))
    return f"Its dtype is that of {_given(count)}, but {told}."


def _given(count: int) -> str:
    return "the arguments" if count > 1 else "`x`"


def _refusals(real: dict[str, str], complex_: dict[str, str]) -> list[str]:
    which = "" if complex_ else ", or has complex numbers" if real else ", or has floats or complex numbers"
    return ["Raises", "------", "TypeError", f"    An argument is no tensor and can't become one{which}.", ""]


def _example(op: Any, name: str, meaning: Meaning) -> list[str]:
    """Code, and what it shows."""
    arguments = eval(f"({meaning.at},)", {"np": np, "inf": np.inf, "nan": np.nan})
    scalar_op = op.scalar_op
    arrays = [np.asarray(a) for a in arguments]
    dtype = scalar_op.dtype(*(str(a.dtype) for a in arrays))
    wanted = scalar_op.arg_dtypes(tuple(str(a.dtype) for a in arrays), dtype)
    with np.errstate(all="ignore"):
        value = np.asarray(scalar_op.numpy(*(a.astype(d) for a, d in zip(arrays, wanted))), dtype)
    value = np.broadcast_to(value, np.broadcast_shapes(*(a.shape for a in arrays)))
    rounded = value.dtype.kind in "fc"
    return [f">>> T.{name}({meaning.at}).eval()" + ".round(6)" * rounded, repr(value.round(6) if rounded else value)]


def _references(meaning: Meaning) -> list[str]:
    """Where the formula is from, and whose function is the same."""
    found = [meaning.source + _address(meaning.source) + "."] if meaning.source else []
    found += [f"As `{meaning.numpy}`."] if meaning.numpy else []
    return ["", "References", "----------", *wrap(" ".join(found), 100)]


def _address(source: str) -> str:
    """Where an equation or section of the Digital Library of Mathematical Functions can be read.

    Examples
    --------
    >>> _address("DLMF 7.2.1"), _address("DLMF 5.15"), _address("DLMF 4.2(ii)"), _address("a book")
    (', https://dlmf.nist.gov/7.2.E1', ', https://dlmf.nist.gov/5.15', ', https://dlmf.nist.gov/4.2.ii', '')
    """
    found = re.fullmatch(r"DLMF (\d+\.\d+)(?:\.(\d+)|\((\w+)\))?", source)
    if found is None:
        return ""
    section, equation, part = found.groups()
    return f", https://dlmf.nist.gov/{section}" + (f".E{equation}" if equation else f".{part}" if part else "")
