"""Sparse variables and constants, and how matrices of SciPy become them.

Operators and methods are attached by `theano.sparse.methods`, once the ops they need exist.
"""

from __future__ import annotations

from typing import Any

from theano.base.digest import blake2b
from theano.base.other_words import advised
from theano.graph import Apply, Constant, Variable
from theano.graph.origin import made_here
from theano.graph.shown import shown
from theano.sparse.type import SparseType
from theano.sparse.values import is_sparse
from theano.tensor.variable import _tensor_py_operators, as_tensor_variable

__all__ = [
    "SparseConstant",
    "SparseConstantSignature",
    "SparseVariable",
    "as_sparse",
    "as_sparse_or_tensor_variable",
    "as_sparse_variable",
    "constant",
    "hash_from_sparse",
    "is_sparse_variable",
]


@advised("sparse")
class _sparse_py_operators:
    """Operators and methods of all variables that stand for sparse matrices: the mix-in of their classes."""

    __array_priority__ = 1000  # NumPy's operators give way to ours
    type: Any
    ndim = 2
    broadcastable = (False, False)

    @property
    def dtype(self) -> str:
        """Name of the dtype."""
        return self.type.dtype

    @property
    def format(self) -> str:
        """How elements are stored: 'csr' or 'csc'."""
        return self.type.format

    __len__ = _tensor_py_operators.__len__

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        raise TypeError(
            f"Python can't iterate over {self}: how many rows it has is known only when a function runs. Use "
            "x[i:i + 1], the matrix of one row, with theano.scan over i." + made_here(self)
        )


class SparseVariable(_sparse_py_operators, Variable):
    """A symbolic sparse matrix: an input, or the result of an operation.

    Parameters
    ----------
    type, owner, index, name
        As for any variable; they are made by `SparseType`.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_matrix("x", dtype="float64")
    >>> x.format, x.dtype, x.type
    ('csr', 'float64', Sparse[float64, csr])
    """

    def __str__(self) -> str:
        return super().__str__()

    def __repr__(self) -> str:
        return super().__repr__()


class SparseConstantSignature(tuple[Any, Any]):
    """What identifies a sparse constant: its type, shape, structure and the bytes of its elements.

    Parameters
    ----------
    iterable : pair
        The type and the matrix; they are made by `SparseConstant.signature`.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x, y = (sparse.constant(scipy.sparse.csr_matrix(np.eye(2))) for _ in range(2))
    >>> x.signature() == y.signature()
    True
    """

    def _key(self) -> tuple[Any, ...]:
        kind, data = self
        return kind, data.shape, *((part.dtype.str, part.tobytes()) for part in _parts(data))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SparseConstantSignature):
            return False
        return self[1] is other[1] and self[0] == other[0] or self._key() == other._key()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self[0], self[1].shape, hash_from_sparse(self[1])))

    def theano_hash(self) -> str:
        """A digest of the matrix, the same in every process."""
        return hash_from_sparse(self[1])


class SparseConstant(_sparse_py_operators, Constant):
    """A sparse matrix whose value is known.

    Parameters
    ----------
    type, data, name
        As for any constant; they are made by `constant`.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.as_sparse_variable(scipy.sparse.csr_matrix(np.eye(2)))
    SparseConstant{csr,float64,shape=(2, 2),nnz=2}
    """

    # The matrix: this stands before the symbolic `data` that other sparse variables have.
    data = property(lambda self: self.__dict__["data"], lambda self, value: self.__dict__.update(data=value))

    def signature(self) -> Any:
        return SparseConstantSignature((self.type, self.data))

    def __str__(self) -> str:
        data = self.data
        return f"SparseConstant{{{self.type.format},{self.type.dtype},shape={data.shape},nnz={data.nnz}}}"

    def __repr__(self) -> str:
        return str(self)


SparseType.variable_type = SparseVariable
SparseType.constant_type = SparseConstant


def _parts(data: Any) -> list[Any]:
    return [data.data, data.indices, data.indptr]


def hash_from_sparse(data: Any) -> str:
    """A digest of a matrix of SciPy, which two matrices share only if they are stored alike.

    Parameters
    ----------
    data : sparse matrix of SciPy
        csr or csc.

    Returns
    -------
    str
        The digest.

    Examples
    --------
    >>> import scipy.sparse
    >>> x = scipy.sparse.csr_matrix(np.eye(2))
    >>> hash_from_sparse(x) == hash_from_sparse(x.copy()), hash_from_sparse(x) == hash_from_sparse(x.T)
    (True, False)
    """
    head = repr((type(data).__name__, data.format, data.shape, [part.dtype.str for part in _parts(data)]))
    whole = blake2b(head.encode())
    for part in _parts(data):
        whole.update(part.tobytes())
    return whole.hexdigest()


def is_sparse_variable(x: Any) -> bool:
    """Whether `x` is a variable of sparse type.

    Parameters
    ----------
    x
        Anything.

    Returns
    -------
    bool
        Whether it is one.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.is_sparse_variable(sparse.csr_matrix()), sparse.is_sparse_variable(T.matrix())
    (True, False)
    """
    return isinstance(x, Variable) and isinstance(x.type, SparseType)


def constant(x: Any, name: str | None = None) -> Any:
    """A sparse constant.

    Parameters
    ----------
    name : str, optional
        Its name.
    x
        A matrix or array of SciPy, in format csr, csc or bsr.

    Returns
    -------
    SparseConstant
        Of the format, shape and dtype of `x`.

    Raises
    ------
    TypeError
        `x` is no sparse matrix of such a format.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.constant(scipy.sparse.csr_matrix(np.eye(2)))
    SparseConstant{csr,float64,shape=(2, 2),nnz=2}
    """
    if not is_sparse(x):
        raise TypeError(f"sparse.constant takes a sparse matrix of SciPy, not {shown(x)} of type {type(x).__name__}")
    if x.format not in SparseType.format_cls:
        raise TypeError(
            f"there are no variables of sparse format {x.format}: convert it, e.g. with x.tocsr() or x.tocsc()"
        )
    return SparseConstant(SparseType(x.format, x.dtype), x, name=name)


def as_sparse_variable(x: Any, name: str | None = None) -> Any:
    """`x` as a sparse variable: itself, or a constant.

    Parameters
    ----------
    x
        A sparse variable, a node whose default output is one, or a sparse matrix of SciPy.
    name
        Name for a new constant.

    Returns
    -------
    SparseVariable
        Of the format and dtype of `x`.

    Raises
    ------
    TypeError
        It is none of these.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.as_sparse_variable(scipy.sparse.csc_matrix(np.eye(2))).format
    'csc'
    """
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, Variable):
        if not isinstance(x.type, SparseType):
            raise TypeError(
                f"a sparse matrix is wanted, {x} is of type {x.type}. csr_from_dense and csc_from_dense make one of a "
                "dense matrix" + made_here(x)
            )
        return x
    return constant(x, name=name)


as_sparse = as_sparse_variable


def one_at_least(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    """Two operands of `sparse.name` as variables; TypeError if none is sparse."""
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not is_sparse_variable(x) and not is_sparse_variable(y):
        raise TypeError(f"sparse.{name} takes a sparse matrix, {x} and {y} are dense{made_here(x)}")
    return x, y


def as_sparse_or_tensor_variable(x: Any, name: str | None = None) -> Any:
    """`x` as a sparse variable if it is a sparse matrix or variable, else as a tensor variable.

    Parameters
    ----------
    x
        A variable, a matrix of SciPy, or what becomes a tensor.
    name : str, optional
        For a new constant.

    Returns
    -------
    SparseVariable or TensorVariable
        `x`, or a constant.

    Raises
    ------
    TypeError
        `x` can be neither.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.as_sparse_or_tensor_variable(np.eye(2)).type
    TensorType(float64, matrix)
    """
    if isinstance(x, Apply):
        x = x.default_output()
    if is_sparse_variable(x) or (not isinstance(x, Variable) and is_sparse(x)):
        return as_sparse_variable(x, name)
    return as_tensor_variable(x, name)
