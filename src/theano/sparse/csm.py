"""The bridge between a sparse matrix and its components: `CSM` and `CSMProperties`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.own_text import CalledText
from theano.scalar.dtypes import INTEGER
from theano.sparse.op import Components, SparseOp, sparse_output, wanted_format
from theano.sparse.values import check_structure, compressed
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.indexing.segments import OfLength, SoundRows
from theano.tensor.making.alloc import Alloc, alloc
from theano.tensor.masks import Branches
from theano.tensor.opsupport import disconnected, first_connected, is_disconnected, new_tensor
from theano.tensor.pointwise.math import cast, maximum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.sparse_rows import elements_at_places, lines
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "CSC",
    "CSM",
    "CSR",
    "CSMGrad",
    "CSMProperties",
    "csm_data",
    "csm_grad",
    "csm_indices",
    "csm_indptr",
    "csm_properties",
    "csm_shape",
]


def _no_kmap(kmap: Any) -> None:
    if kmap is not None:
        raise NotImplementedError("kmap is not supported: reorder `data` with data[kmap]")


class CSM(SparseOp):
    """A sparse matrix from its components; the inverse of `CSMProperties`.

    Parameters
    ----------
    format : {'csr', 'csc'}
        Whether `indptr` says where rows begin, or columns.

    Returns
    -------
    sparse matrix
        Called with the components: of `format` and the dtype of `data`.

    Raises
    ------
    TypeError
        A component is no vector, or not of integers where they are wanted.
    ValueError
        When it runs: an index is out of range, or `indptr` does not fit.

    Notes
    -----
    The operation takes ``data, indices, indptr, shape``: the elements, their columns (of 'csc': rows), where each row
    (column) begins among them and where the last one ends, and the two lengths. All are vectors; nothing is copied.
    The gradient of `data` is that at the places of its elements. An index out of range, or an `indptr` that does
    not fit, is an error when the function runs.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.CSR(T.constant([1.0, 2.0]), [2, 0], [0, 1, 1, 2], [3, 4])
    >>> sparse.dense_from_sparse(x).eval()
    array([[0., 0., 1., 0.],
           [0., 0., 0., 0.],
           [2., 0., 0., 0.]])
    """

    __props__ = ("format",)
    view_map = {0: [0]}
    keeps_elements = True
    spreads_first_input = True  # in that a matrix without elements, or of zeros, is zero

    def __init__(self, format: str, kmap: Any = None) -> None:
        if format not in ("csr", "csc"):
            raise ValueError(f"format must be 'csr' or 'csc', not {format!r}")
        _no_kmap(kmap)
        self.format = format

    def __str__(self) -> str:
        return f"CSM{{{self.format}}}"

    def make_node(self, data: Any, indices: Any, indptr: Any, shape: Any) -> Apply:
        data = as_tensor_variable(data)
        if data.type.ndim != 1:
            raise TypeError(f"data of a sparse matrix must be a vector, {data} has {data.type.ndim} dimensions")
        structure = [
            _integers(indices, "indices", "int32"),
            _integers(indptr, "indptr", "int32"),
            _integers(shape, "shape", "int64"),
        ]
        return Apply(self, [data, *structure], [sparse_output(self.format, data.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        data, indices, indptr, shape = inputs
        if len(shape) != 2:
            raise ValueError(f"the shape of a sparse matrix has two lengths, not {len(shape)}")
        if min(shape) < 0:
            raise ValueError(f"a sparse matrix can't have the shape {tuple(map(int, shape))}")
        check_structure(_Parts(self.format, data, indices, indptr, tuple(map(int, shape))))
        outputs[0][0] = compressed(self.format, data, indices, indptr, shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = inputs
        along, across = (shape[0], shape[1]) if self.format == "csr" else (shape[1], shape[0])
        indices, indptr, data = SoundRows()(indices, OfLength()(indptr, along + 1), across, data)
        return data, indices, indptr, shape

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(4)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(node.inputs[3][0], node.inputs[3][1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        g = before_sparse(gs[0])
        rest = [disconnected() for _ in range(3)]
        if is_of_elements(g):
            return [components_of(g)[0], *rest]
        if is_sparse_variable(g):
            if g.type.format != self.format:
                raise NotImplementedError(f"the gradient of {outputs[0]} is of format {g.type.format}")
            return [csm_grad()(*inputs, *components_of(g)), *rest]
        return [elements_at(g, *places(self.format, inputs[1], inputs[2])), *rest]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]


class _Parts:
    """What `check_structure` looks at, before there is a matrix."""

    def __init__(self, format: str, data: Any, indices: Any, indptr: Any, shape: Any) -> None:
        self.format, self.data, self.indices, self.indptr, self.shape = format, data, indices, indptr, shape


def _integers(value: Any, what: str, dtype: str) -> Any:
    if isinstance(value, list | tuple) and not value:
        value = np.zeros(0, dtype)
    vector: Any = as_tensor_variable(value)
    if vector.type.ndim != 1 or vector.type.dtype not in INTEGER:
        raise TypeError(f"{what} of a sparse matrix must be a vector of integers, not {vector} of {vector.type}")
    return vector if vector.type.dtype == dtype else cast(vector, dtype)


class SoundCSM(CSM):
    """A `CSM` of components that are known to fit together, as those of another matrix do: they are not looked at."""

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = compressed(self.format, *inputs)

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = inputs
        return data, indices, indptr, shape


class GradientOfElements(SoundCSM):
    """The derivatives of a cost with respect to the elements of a matrix, with the structure of that matrix.

    Where several elements stand for one place, each has the whole derivative of that place: as a matrix, in which they
    would be added, it is not the gradient. Every other sparse gradient is a matrix: what is at a place is what its
    elements there add up to (`theano.sparse.gradients`).
    """


def is_of_elements(g: Any) -> bool:
    """Whether a gradient is that of each element: written so, or made of such a one by what keeps elements."""
    while (node := g.owner) is not None and isinstance(node.op, SparseOp):
        if isinstance(node.op, CSM):
            return isinstance(node.op, GradientOfElements)
        if not node.op.keeps_elements:
            return False
        g = node.inputs[node.op.keeps_structure or 0]
    return False


CSM.__doc__ = CalledText(  # type: ignore[assignment]
    CSM.__doc__,
    "data, indices, indptr, shape : tensor-like\n"
    "    Vectors: the elements, their columns (of 'csc': rows), where rows (columns) begin, and the two lengths.",
)
CSR = CSM("csr")
CSC = CSM("csc")


class CSMProperties(SparseOp):
    """The components of a sparse matrix: ``data, indices, indptr, shape``.

    `data` has the dtype of the matrix, `indices` and `indptr` are int32, `shape` is int64. Nothing is copied.

    Parameters
    ----------
    kmap
        Accepted for older programs: only None.

    Returns
    -------
    data, indices, indptr, shape : vectors
        Called with a sparse matrix; as above.

    Raises
    ------
    TypeError
        It is called with what is not sparse.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x = sparse.as_sparse_variable(scipy.sparse.csr_matrix([[0, 1.5], [2.5, 0]]))
    >>> [part.eval().tolist() for part in sparse.csm_properties(x)]
    [[1.5, 2.5], [1, 0], [0, 1, 2], [2, 2]]
    """

    __props__ = ()
    view_map = {0: [0], 1: [0], 2: [0]}

    def __init__(self, kmap: Any = None) -> None:
        _no_kmap(kmap)

    def make_node(self, csm: Any) -> Apply:
        csm = as_sparse_variable(csm)
        wanted_format(csm, "csr", "csc")
        vectors = [new_tensor(dtype, (None,)) for dtype in (csm.type.dtype, "int32", "int32")]
        return Apply(self, [csm], [*vectors, new_tensor("int64", (2,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        count = x.indptr[-1]
        outputs[0][0] = x.data[:count]
        outputs[1][0] = x.indices[:count].astype("int32", copy=False)
        outputs[2][0] = x.indptr.astype("int32", copy=False)
        outputs[3][0] = np.asarray(x.shape, "int64")

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, False, False, False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        if is_disconnected(gs[0]):
            return [disconnected()]
        return [GradientOfElements(x.type.format)(gs[0], *outputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (point,) = eval_points
        if point is None:
            return [None] * 4
        if same_elements(inputs[0], point):
            return [csm_data(point), None, None, None]
        return [CSMGrad()(*csm_properties(inputs[0]), *csm_properties(point)), None, None, None]


CSMProperties.__doc__ = CalledText(  # type: ignore[assignment]
    CSMProperties.__doc__, "csm : sparse matrix\n    (m, n), in format csr or csc."
)
csm_properties = CSMProperties()


def csm_data(csm: Any) -> Any:
    """The elements of a sparse matrix, a vector.

    Parameters
    ----------
    csm : sparse matrix
        csr or csc.

    Returns
    -------
    vector
        Of the dtype of the matrix, one for each element.

    Raises
    ------
    TypeError
        `csm` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csm_data(sparse.csr_from_dense([[0.0, 2.0], [3.0, 0.0]])).eval().tolist()
    [2.0, 3.0]
    """
    return csm_properties(csm)[0]


def csm_indices(csm: Any) -> Any:
    """The columns (of 'csc': rows) of the elements of a sparse matrix, an int32 vector.

    Parameters
    ----------
    csm : sparse matrix
        csr or csc.

    Returns
    -------
    vector
        int32, one for each element.

    Raises
    ------
    TypeError
        `csm` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csm_indices(sparse.csr_from_dense([[0.0, 2.0], [3.0, 0.0]])).eval().tolist()
    [1, 0]
    """
    return csm_properties(csm)[1]


def csm_indptr(csm: Any) -> Any:
    """Where each row (of 'csc': column) of a sparse matrix begins, and the last one ends, an int32 vector.

    Parameters
    ----------
    csm : sparse matrix
        csr or csc.

    Returns
    -------
    vector
        int32, one more than rows (of csc: columns).

    Raises
    ------
    TypeError
        `csm` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csm_indptr(sparse.csr_from_dense([[0.0, 2.0], [3.0, 0.0]])).eval().tolist()
    [0, 1, 2]
    """
    return csm_properties(csm)[2]


def csm_shape(csm: Any) -> Any:
    """The two lengths of a sparse matrix, an int64 vector.

    Parameters
    ----------
    csm : sparse matrix
        csr or csc.

    Returns
    -------
    vector
        int64, two.

    Raises
    ------
    TypeError
        `csm` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csm_shape(sparse.csr_from_dense([[0.0, 2.0], [3.0, 0.0]])).eval().tolist()
    [2, 2]
    """
    return csm_properties(csm)[3]


def lengths(x: Any, shape: Any = None) -> tuple[Any, Any]:
    """The two lengths of a variable as 0-d int64 variables: `shape` if that is known, else what the matrix says."""
    if shape is not None:
        return shape[0], shape[1]
    known = csm_shape(x) if is_sparse_variable(x) else x.shape
    return known[0], known[1]


def places(format: str, indices: Any, indptr: Any) -> tuple[Any, Any]:
    """The row and the column of each element, two vectors of integers."""
    along = lines(indptr, indices.shape[0])
    return (along, indices) if format == "csr" else (indices, along)


def before_sparse(g: Any) -> Any:
    """The dense matrix that a sparse one was made of; else `g` itself."""
    return g.owner.inputs[0] if g.owner is not None and getattr(g.owner.op, "takes_all", False) else g


def elements_at(g: Any, rows: Any, columns: Any) -> Any:
    """The elements of a dense matrix at these places; what was repeated to fill a matrix is read where it came from."""
    if g.owner is not None and isinstance(g.owner.op, Alloc) and g.owner.inputs[0].type.ndim in (0, 2):
        g = g.owner.inputs[0]
    if all(g.type.broadcastable):
        return alloc(dimshuffle(g, ()) if g.type.ndim else g, rows.shape[0])
    return g[0 if g.type.broadcastable[0] else rows, 0 if g.type.broadcastable[1] else columns]


def components_of(x: Any) -> list[Any]:
    """The components of a sparse variable; what it was made of, if that is known to be sound."""
    if x.owner is not None and isinstance(x.owner.op, SoundCSM):
        return list(x.owner.inputs)
    return list(csm_properties(x))


def _source(part: Any) -> Any:
    """A component as it was before matrices were made and taken apart again; of an input, that and the number."""
    while (node := part.owner) is not None and isinstance(node.op, CSMProperties):
        x = _origin(node.inputs[0])
        if x.owner is None or not isinstance(x.owner.op, CSM):
            return x, part.index
        part = x.owner.inputs[part.index]
    return part


def _origin(x: Any) -> Any:
    """The matrix from which `x` has its structure."""
    while x.owner is not None and getattr(x.owner.op, "keeps_structure", None) is not None:
        x = x.owner.inputs[x.owner.op.keeps_structure]
    return x


def _structure(x: Any) -> list[Any]:
    x = _origin(x)
    if x.owner is not None and isinstance(x.owner.op, CSM):
        return [_source(part) for part in x.owner.inputs[1:3]]
    return [(x, 1), (x, 2)]


def same_structure(x: Any, y: Any) -> bool:
    """Whether two sparse variables are written with the same `indices` and `indptr`."""
    return x.type.format == y.type.format and _structure(x) == _structure(y)


def same_elements(x: Any, y: Any) -> bool:
    """Whether element k of `x` and element k of `y` are known to be elements of one place, for each k.

    They are if both have one structure, or the same operations have moved the elements of matrices of one structure.
    """
    if x is y or not (is_sparse_variable(x) and is_sparse_variable(y)):
        return x is y
    if same_structure(x, y) or (x.type.format == y.type.format and _is_repeated(_structure(x), _structure(y))):
        return True
    a, b = x.owner, y.owner
    if a is None or b is None:
        return False
    one, other = Branches.opened(x), Branches.opened(y)
    if one is not None and other is not None:
        return all(map(same_elements, one, other))
    if a.op != b.op or not isinstance(a.op, SparseOp) or isinstance(a.op, CSM):
        return False
    return (a.op.keeps_elements or a.op.moves_elements) and all(map(same_elements, a.inputs, b.inputs))


def _is_repeated(own: list[Any], other: list[Any]) -> bool:
    """Whether two structures are those of results of one operation on the same inputs, written twice."""
    if not all(isinstance(part, tuple) for part in (*own, *other)):
        return False
    a, b = own[0][0].owner, other[0][0].owner
    return a is not None and b is not None and a.op == b.op and a.inputs == b.inputs


class CSMGrad(SparseOp):
    """The gradient of `data` in ``CSM(data, indices, indptr, shape)``, from that of the matrix, which is sparse.

    It takes the components of both. For each element of the first it gives what the second has at that place: the sum
    of its elements there, 0 where it has none.

    Parameters
    ----------
    kmap
        Accepted for older programs: only None.

    Returns
    -------
    vector
        Called with the components of the matrix and of its gradient: that of `data`.

    Examples
    --------
    >>> from theano import sparse
    >>> parts = sparse.csm_properties(sparse.csr_from_dense([[0.0, 2.0]]))
    >>> grads = sparse.csm_properties(sparse.csr_from_dense([[5.0, 7.0]]))
    >>> CSMGrad()(*parts, *grads).eval()
    array([7.])
    """

    __props__ = ()

    def __init__(self, kmap: Any = None) -> None:
        _no_kmap(kmap)

    def make_node(self, x_data: Any, x_indices: Any, x_indptr: Any, x_shape: Any,
                  g_data: Any, g_indices: Any, g_indptr: Any, g_shape: Any) -> Apply:  # fmt: skip
        given = (x_data, x_indices, x_indptr, x_shape, g_data, g_indices, g_indptr, g_shape)
        inputs = [as_tensor_variable(v) for v in given]
        return Apply(self, inputs, [new_tensor(inputs[4].type.dtype, (None,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x_data, x_indices, x_indptr, x_shape, g_data, g_indices, g_indptr, g_shape = inputs
        rows = np.repeat(np.arange(len(x_indptr) - 1), np.diff(x_indptr))
        g = compressed("csr", g_data, g_indices, g_indptr, (len(g_indptr) - 1, _width(x_indices, g_indices)))
        taken = np.asarray(g[rows, x_indices]).reshape(-1) if len(rows) else np.zeros(0)
        outputs[0][0] = taken.astype(node.outputs[0].type.dtype, copy=False)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        _, x_indices, x_indptr, shape, g_data, g_indices, g_indptr, _ = inputs
        width = maximum(shape[0], shape[1])  # the format, which tells whether these are rows or columns, is not known
        return [elements_at_places(g_data, g_indices, g_indptr, x_indices, x_indptr, width)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(8, (4,))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (_, *x), g = inputs[:4], inputs[4:]
        rest = [disconnected() for _ in range(4)]
        return [*rest, self(*g, gs[0], *x), *rest[:3]]


def _width(*indices: np.ndarray) -> int:
    return max(int(i.max(initial=-1)) for i in indices) + 1


csm_grad = CSMGrad
