"""`SparseType`: format and dtype of sparse matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np

from theano.graph import Type, Variable
from theano.graph.own_text import CalledText
from theano.graph.shown import shown
from theano.graph.type import Parts
from theano.scalar import dtypes
from theano.scalar.dtypes import ALL, COMPLEX, as_dtype, promote
from theano.sparse.values import (
    FORMATS,
    as_format,
    check_structure,
    has_plain_arrays,
    is_sparse,
    matrix_class,
    normalised,
)
from theano.tensor.type import TensorType

__all__ = [
    "SparseType",
    "all_dtypes",
    "complex_dtypes",
    "continuous_dtypes",
    "discrete_dtypes",
    "float_dtypes",
    "imported_scipy",
    "int_dtypes",
    "integer_dtypes",
    "uint_dtypes",
]

#: Whether there is SciPy, without which there are no values of these types.
imported_scipy = find_spec("scipy") is not None


class _Classes:
    """The classes of SciPy by format; SciPy is loaded when one is asked for."""

    def __getitem__(self, format: str) -> Any:
        if format not in FORMATS:
            raise KeyError(format)
        return matrix_class(format)

    def __contains__(self, format: object) -> bool:
        return format in FORMATS

    def keys(self) -> tuple[str, ...]:
        return FORMATS


class SparseType(Type):
    """The type of sparse matrices of one format and dtype.

    Values are matrices of SciPy (``scipy.sparse.csr_matrix``, …) whose structure has 32 bits.

    Parameters
    ----------
    format : {'csr', 'csc', 'bsr'}
        How elements are stored. Nearly all operations are those of 'csr' and 'csc'.
    dtype
        A dtype by its name, ``'floatX'``, or NumPy's dtype object; not float16.

    Returns
    -------
    SparseVariable
        Called with a name, or without: one of this type.

    Raises
    ------
    ValueError
        There is no such format.
    TypeError, NotImplementedError
        There are no sparse matrices of this dtype.

    Examples
    --------
    >>> from theano.sparse import SparseType
    >>> SparseType("csr", "float32")
    Sparse[float32, csr]
    """

    __props__ = ("format", "dtype")
    ndim = 2
    format_cls: ClassVar[Any] = _Classes()
    compressed: ClassVar[Parts | None] = None  # set by `theano.sparse.parts`
    #: The sum of the gradients of a variable of this type, given that variable and a list of them.
    gradient_sum: ClassVar[Callable[[Any, Sequence[Any]], Any]]  # set by `theano.sparse.gradients`
    dtype_set: ClassVar[frozenset[str]] = ALL - {"float16"}

    def __init__(self, format: str, dtype: Any) -> None:
        if format not in FORMATS:
            raise ValueError(f"there is no sparse format {shown(format)}: it is one of {', '.join(FORMATS)}")
        self.format = str(format)
        self.dtype = as_dtype(dtype)
        if self.dtype not in self.dtype_set:
            raise NotImplementedError(f"there are no sparse matrices of dtype {self.dtype}: SciPy has none")

    @property
    def parts(self) -> Parts | None:  # type: ignore[override]
        """What the arrays of a value are, for compiled functions."""
        return None if self.format == "bsr" else self.compressed

    def filter_outside(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """Like `filter`, but whether indices are in range and `indptr` rises is left to who looks at them."""
        if type(value) is matrix_class(self.format) and value.dtype == self.dtype and has_plain_arrays(value):
            return value
        return self.filter(value, strict=strict, allow_downcast=allow_downcast)

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """`value` as a matrix of this type, with sound structure.

        Sparse matrices and arrays of SciPy in any format, and dense matrices, are converted; the dtype if it fits into
        this one, or if `allow_downcast` is true. Nothing is copied where nothing must be converted. int64 structure
        becomes int32.

        Raises
        ------
        TypeError
            `value` is no matrix, or its dtype does not fit; or, if `strict`, it has another format or dtype.
        ValueError
            The structure is not sound: an index out of range, `indptr` falling, arrays of wrong lengths.
        """
        if not is_sparse(value):
            value = self._from_dense(value, strict)
        if value.ndim != 2:
            raise TypeError(f"{self} is a matrix: a sparse array of {value.ndim} axes is none")
        if strict and (value.format, value.dtype) != (self.format, self.dtype):
            raise TypeError(
                f"{self} expected a matrix of just this format and dtype (strict=True), got {value.format} of dtype "
                f"{value.dtype}"
            )
        check_structure(value)
        if value.dtype != self.dtype:
            self._check_dtype(value, allow_downcast)
        if (value.format, value.dtype) != (self.format, self.dtype) or self.format == "bsr":
            value = as_format(value, self.format, self.dtype)
        return value if self.format == "bsr" else normalised(value)

    def _from_dense(self, value: Any, strict: bool) -> Any:
        if isinstance(value, Variable):
            raise TypeError(f"{self} expected a sparse matrix, not the variable {value}: pass a value of it")
        if strict or not isinstance(value, np.ndarray):
            raise TypeError(
                f"{self} expected a sparse matrix, e.g. scipy.sparse.{self.format}_matrix(...), not {shown(value)} of "
                f"type {type(value).__name__}"
            )
        if value.ndim != 2:
            raise TypeError(f"{self} is a matrix: an array of {value.ndim} axes is none")
        return matrix_class(self.format)(value)

    def _check_dtype(self, value: Any, allow_downcast: bool | None) -> None:
        name = np.dtype(value.dtype).name
        if name not in self.dtype_set or (name in COMPLEX and self.dtype not in COMPLEX):
            raise TypeError(f"{self} cannot store a matrix of dtype {name}: convert it first, e.g. with astype")
        if not allow_downcast and promote(self.dtype, name) != self.dtype:
            raise TypeError(
                f"{self} cannot store a matrix of dtype {name} without risking loss of precision. If you do not mind, "
                f"use value.astype({self.dtype!r}), or allow_input_downcast=True in theano.function."
            )

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two matrices have the same elements; how they are stored does not matter. NaN equals NaN."""
        return self._compare(a, b, TensorType(self.dtype, (False,)).values_eq)

    def values_eq_approx(self, a: Any, b: Any, eps: float = 1e-6) -> bool:
        """Whether two matrices have the same elements but for rounding: they differ by `eps` at most, or relatively."""

        def close(x: np.ndarray, y: np.ndarray) -> bool:
            if TensorType(self.dtype, (False,)).values_eq_approx(x, y):
                return True
            return bool(np.allclose(x, y, rtol=0, atol=eps, equal_nan=True))

        return self._compare(a, b, close)

    def _compare(self, a: Any, b: Any, compare: Any) -> bool:
        if not (is_sparse(a) and is_sparse(b)):
            return False
        if (a.format, a.dtype, a.shape) != (b.format, b.dtype, b.shape):
            return False
        (a_places, a_values), (b_places, b_values) = _elements(a), _elements(b)
        places = np.union1d(a_places, b_places)
        sides = []
        for own, values in ((a_places, a_values), (b_places, b_values)):
            side = np.zeros(len(places), values.dtype)
            side[np.searchsorted(places, own)] = values
            sides.append(side)
        return bool(compare(*sides))

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether changing one of two matrices, or of a matrix and an array, may change the other."""
        if not (is_sparse(a) or is_sparse(b)):
            return False
        return any(np.may_share_memory(x, y) for x in _arrays(a) for y in _arrays(b))

    def get_shape_info(self, obj: Any) -> tuple[Any, ...]:
        """What `get_size` needs to know of a matrix: its shape, and how many bytes each of its arrays has."""
        return obj.shape, obj.data.nbytes, obj.indices.nbytes, obj.indptr.nbytes, obj.nnz

    def get_size(self, shape_info: tuple[Any, ...]) -> int:
        """How many bytes a matrix of this shape takes, without the objects that hold them."""
        return int(shape_info[1] + shape_info[2] + shape_info[3])

    def __str__(self) -> str:
        return f"Sparse[{self.dtype}, {self.format}]"

    def __repr__(self) -> str:
        return str(self)


int_dtypes, uint_dtypes, integer_dtypes = dtypes.int_dtypes, dtypes.uint_dtypes, dtypes.integer_dtypes
discrete_dtypes, complex_dtypes = dtypes.discrete_dtypes, dtypes.complex_dtypes
float_dtypes = tuple(d for d in dtypes.float_dtypes if d in SparseType.dtype_set)
continuous_dtypes = float_dtypes + complex_dtypes
all_dtypes = discrete_dtypes + continuous_dtypes


def _arrays(x: Any) -> list[np.ndarray]:
    """The arrays that a matrix of SciPy consists of; an array itself; of anything else none."""
    if isinstance(x, np.ndarray):
        return [x]
    return [getattr(x, n) for n in ("data", "indices", "indptr") if hasattr(x, n)] if is_sparse(x) else []


def _elements(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where the elements of a matrix are, as numbers in row order, and what they are; each place once."""
    x = x.tocoo(copy=True)
    x.sum_duplicates()
    places = x.row.astype("int64") * max(x.shape[1], 1) + x.col
    order = np.argsort(places)
    return places[order], x.data[order]


SparseType.__doc__ = CalledText(  # type: ignore[assignment]
    SparseType.__doc__,
    "name : str, optional\n"
    "    What the variable is called in printed graphs, in errors, and as an argument of functions.",
)
