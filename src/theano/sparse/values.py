"""Matrices of SciPy as values: how they are made, and whether their structure is sound.

SciPy is imported by the functions here, when the first value is looked at: expressions are written without it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

FORMATS = ("csr", "csc", "bsr")
"""The formats of SciPy that are types."""

_INT32 = np.dtype("int32")
_MOST = np.iinfo(np.int32).max

# What SciPy calls the axis that a format compresses, and the other one.
_AXES = {"csr": ("row", "column"), "csc": ("column", "row"), "bsr": ("block row", "block column")}


def scipy_sparse() -> ModuleType:
    """``scipy.sparse``, loaded when first asked for."""
    import scipy.sparse

    return scipy.sparse


def is_sparse(value: Any) -> bool:
    """Whether `value` is a sparse matrix or array of SciPy; SciPy isn't loaded for the sake of an answer.

    Examples
    --------
    >>> is_sparse(np.eye(2))
    False
    """
    return type(value).__module__.partition(".")[0] == "scipy" and bool(scipy_sparse().issparse(value))


def matrix_class(format: str) -> Any:
    """The class of SciPy's matrices of a format."""
    return getattr(scipy_sparse(), f"{format}_matrix")


def compressed(format: str, data: Any, indices: Any, indptr: Any, shape: Any) -> Any:
    """The matrix of SciPy that has these components, which it shares."""
    rows, columns = (int(n) for n in shape)
    return matrix_class(format)((data, indices, indptr), shape=(rows, columns), copy=False)


def as_format(value: Any, format: str, dtype: str | None = None) -> Any:
    """A result of SciPy as a plain matrix of this format (and dtype) with int32 structure; shared where it fits."""
    if value.format != format:
        value = value.asformat(format)
    if type(value) is not matrix_class(format):
        value = matrix_class(format)(value)
    if dtype is not None and value.dtype != dtype:
        value = value.astype(dtype)
    if format != "bsr" and (value.indices.dtype != _INT32 or value.indptr.dtype != _INT32):
        value = compressed(format, value.data, *_small(value.indices, value.indptr), value.shape)
    return value


def in_order(value: Any) -> Any:
    """A matrix whose elements are put in the order of their indices, in place: SciPy leaves them as they come."""
    value.has_sorted_indices = False
    value.sort_indices()
    return value


def product_of(x: Any, y: Any, format: str, dtype: str) -> Any:
    """The product of two sparse matrices, in order, with an element wherever two elements met.

    SciPy leaves out those whose sum is 0.
    """
    ones = [compressed(v.format, np.ones(len(v.data)), v.indices, v.indptr, v.shape) for v in (x, y)]
    made = in_order(as_format(ones[0] @ ones[1], format))
    found = in_order(as_format(x @ y, format, dtype))
    data = np.zeros(len(made.data), dtype)
    data[np.searchsorted(_keys(made), _keys(found))] = found.data
    return compressed(format, data, made.indices, made.indptr, made.shape)


def _keys(x: Any) -> np.ndarray:
    """The places of elements that are in order, as ascending numbers."""
    along = np.repeat(np.arange(len(x.indptr) - 1), np.diff(x.indptr))
    return np.asarray(along * max(x.shape) + x.indices)


def _small(indices: np.ndarray, indptr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return indices.astype(_INT32, copy=False), indptr.astype(_INT32, copy=False)


def normalised(value: Any) -> Any:
    """A compressed matrix whose structure was checked, as arrays without gaps or slack at the end; int32 structure.

    The matrix itself is returned where it is like that already.
    """
    count = int(value.indptr[-1])
    parts = [value.data, value.indices, value.indptr]
    lengths = [count, count, len(value.indptr)]
    sound = type(value) is matrix_class(value.format) and all(
        part.flags.c_contiguous and part.flags.aligned and part.dtype.isnative and len(part) == length
        for part, length in zip(parts, lengths, strict=True)
    )
    if sound and value.indices.dtype == _INT32 and value.indptr.dtype == _INT32:
        return value
    data, indices, indptr = (
        np.ascontiguousarray(part[:length].astype(part.dtype.newbyteorder("="), copy=False))
        for part, length in zip(parts, lengths, strict=True)
    )
    return compressed(value.format, data, *_small(indices, indptr), value.shape)


def has_plain_arrays(value: Any) -> bool:
    """Whether a compressed matrix has arrays of the right types and lengths; what is in them may still be wrong."""
    data, indices, indptr = value.data, value.indices, value.indptr
    lines = value.shape[0 if value.format == "csr" else 1]
    return bool(
        data.ndim == indices.ndim == indptr.ndim == 1 and indices.dtype == _INT32 and indptr.dtype == _INT32
        and len(indptr) == lines + 1 and len(data) == len(indices) == indptr[-1]
    )  # fmt: skip


def check_structure(value: Any) -> None:
    """ValueError if the arrays of a matrix don't fit together: SciPy, and compiled code, would read beyond their ends.

    Examples
    --------
    >>> x = scipy_sparse().csr_matrix(np.eye(3))
    >>> x.indices[1] = 7
    >>> check_structure(x)
    Traceback (most recent call last):
        ...
    ValueError: element 1 of indices is 7: the matrix has 3 columns, numbered from 0 ...
    """
    if value.format == "coo":
        for axis, name in enumerate(("row", "column")):
            _check_indices(np.asarray((value.row, value.col)[axis]), value.shape[axis], name, name)
    if value.format not in FORMATS:
        return  # those of the other formats SciPy checks itself
    along, across = (1, 0) if value.format == "csc" else (0, 1)
    size = value.blocksize if value.format == "bsr" else (1, 1)
    lines, length = value.shape[along] // size[along], value.shape[across] // size[across]
    line, other = _AXES[value.format]
    data, indices, indptr = value.data, value.indices, value.indptr
    for name, part in (("data", data), ("indices", indices), ("indptr", indptr)):
        if part.ndim != (3 if value.format == "bsr" and part is data else 1):
            raise ValueError(f"{name} of a sparse matrix is a vector, not an array of {part.ndim} axes")
    for name, part in (("indices", indices), ("indptr", indptr)):
        if part.dtype.kind not in "iu":
            raise ValueError(f"{name} of a sparse matrix are integers, not of dtype {part.dtype}")
    if len(indptr) != lines + 1:
        raise ValueError(
            f"indptr has {len(indptr)} elements: for {lines} {line}s there must be {lines + 1}, where each {line} "
            f"begins and where the last one ends"
        )
    if len(data) != len(indices):
        raise ValueError(f"data has {len(data)} elements and indices {len(indices)}: each element of data has an index")
    if indptr[0] != 0:
        raise ValueError(f"indptr begins with {indptr[0]}: the first {line} begins at 0")
    falls = np.flatnonzero(indptr[1:] < indptr[:-1])
    if len(falls):
        at = int(falls[0])
        raise ValueError(
            f"indptr falls from {indptr[at]} to {indptr[at + 1]}: {line} {at} would end before it begins"
        )
    count = int(indptr[-1])
    if count > len(data):
        raise ValueError(f"indptr ends with {count}, but there are {len(data)} elements in data")
    if max(count, *value.shape) > _MOST:
        raise ValueError(
            f"a sparse matrix of shape {value.shape} with {count} elements is too large: indices have 32 bits here, "
            f"so neither may exceed {_MOST}"
        )
    _check_indices(indices[:count], length, "indices", other)


def _check_indices(indices: np.ndarray, length: int, name: str, other: str) -> None:
    if not len(indices) or (int(indices.min()) >= 0 and int(indices.max()) < length):
        return
    at = int(np.flatnonzero((indices < 0) | (indices >= length))[0])
    raise ValueError(
        f"element {at} of {name} is {indices[at]}: the matrix has {length} {other}s, numbered from 0 to {length - 1}"
    )
