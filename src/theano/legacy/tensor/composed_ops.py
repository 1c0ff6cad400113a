"""Operations that Theano has as classes, where functions here make expressions: each class is a name for one of those.

Programs ask for them by name, and apply them. The functions themselves (``T.diff(x)``) give the expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Variable
from theano.graph.common_text import fill
from theano.tensor.checks.static_value import known_int
from theano.tensor.indexing.positions import as_index_like, ravel_multi_index, unravel_index
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.linalg.dot import Dot, dot
from theano.tensor.linalg.matrices import Composed, as_matrix
from theano.tensor.making.alloc import zeros
from theano.tensor.making.ranges import arange
from theano.tensor.pointwise.extra_ops import bartlett
from theano.tensor.pointwise.math import cast, switch
from theano.tensor.reductions.cumulative import CumOp, diff
from theano.tensor.reductions.statistics import mean
from theano.tensor.shaping.arranging import moveaxis
from theano.tensor.shaping.diagonal import fill_diagonal, fill_diagonal_offset
from theano.tensor.shaping.join import concatenate, tile
from theano.tensor.shaping.permutation import permute_row_elements
from theano.tensor.shaping.reshaping import flatten
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AllocDiag", "Bartlett", "CumprodOp", "CumsumOp", "DiffOp", "Dot22", "Dot22Scalar", "DotModulo", "FillDiagonal",
    "FillDiagonalOffset", "Flatten", "Mean", "PermuteRowElements", "RavelMultiIndex", "ScalarFromTensor",
    "TensorFromScalar", "Tile", "UnravelIndex", "bartlett_", "fill_diagonal_", "fill_diagonal_offset_",
    "scalar_from_tensor", "tensor_from_scalar",
]  # fmt: skip


class AllocDiag(Composed):
    """Zeros with `x` along a diagonal: the inverse of `diagonal`, whose axes are `axis1` and `axis2` of the result.

    Parameters
    ----------
    offset : int
        Which diagonal: 0 is the main one, positive ones are above it.
    axis1, axis2 : int
        The axes of the result that the diagonal lies in.

    Examples
    --------
    >>> T.AllocDiag(offset=1)(T.constant([1, 2])).eval()
    array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]])
    """

    __props__ = ("offset", "axis1", "axis2")

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset = int(offset)
        self.axis1 = int(axis1)
        self.axis2 = int(axis2)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        last = x.type.ndim - 1
        if last < 0 or self.axis1 == self.axis2:
            raise ValueError(f"{self}: a tensor with axes, and two different axes for the result are needed, got {x}")
        length = shape_i(x, last)
        side = length + abs(self.offset)
        made = zeros([*[shape_i(x, i) for i in range(last)], side, side], x.type.dtype)
        rows, columns = arange(length) + max(-self.offset, 0), arange(length) + max(self.offset, 0)
        made = set_subtensor(made[(*[slice(None)] * last, rows, columns)], x)
        return [moveaxis(made, (last, last + 1), (self.axis1, self.axis2))]


class Bartlett(Composed):
    """`bartlett` as an op.

    Parameters
    ----------
    M : 0-d integer
        What the op is called with: how many points.

    Returns
    -------
    TensorVariable
        A vector of `M` floats.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> Bartlett()(3).eval()
    array([0., 1., 0.])
    """

    __props__ = ()

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [bartlett(inputs[0])]


class CumsumOp(CumOp):
    """``CumsumOp(axis)`` is ``CumOp(axis, "add")``.

    Parameters
    ----------
    axis : int, optional
        Along which the sums are; None: of the flattened tensor.

    Returns
    -------
    CumOp
        The op.

    Examples
    --------
    >>> CumsumOp(0)(T.constant([1, 2, 3])).eval()
    array([1, 3, 6])
    """

    def __new__(cls, axis: int | None = None) -> Any:
        return CumOp(axis, "add")


class CumprodOp(CumOp):
    """``CumprodOp(axis)`` is ``CumOp(axis, "mul")``.

    Parameters
    ----------
    axis : int, optional
        Along which the products are; None: of the flattened tensor.

    Returns
    -------
    CumOp
        The op.

    Examples
    --------
    >>> CumprodOp(0)(T.constant([1, 2, 3])).eval()
    array([1, 2, 6])
    """

    def __new__(cls, axis: int | None = None) -> Any:
        return CumOp(axis, "mul")


class DiffOp(Composed):
    """`diff` as an op.

    Parameters
    ----------
    n : int
        How often.
    axis : int
        Along which axis.

    Examples
    --------
    >>> T.extra_ops.DiffOp()(T.constant([1, 4, 9])).eval()
    array([3, 5])
    """

    __props__ = ("n", "axis")

    def __init__(self, n: int = 1, axis: int = -1) -> None:
        self.n = int(n)
        self.axis = int(axis)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [diff(inputs[0], self.n, self.axis)]


class Dot22(Composed):
    """The product of two matrices of floats or of complex numbers, of equal dtypes."""

    __props__ = ()

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_matrix(x, "Dot22"), as_matrix(y, "Dot22")
        if x.type.dtype != y.type.dtype or x.type.dtype[0] not in "fc":
            raise TypeError(f"Dot22 takes floats or complex numbers of one dtype, got {x.type} and {y.type}")
        return super().make_node(x, y)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [Dot()(*inputs)]


class Dot22Scalar(Dot22):
    """The product of two matrices and a number, of equal dtypes."""

    def make_node(self, x: Any, y: Any, a: Any) -> Apply:  # type: ignore[override]
        x, y, a = *Dot22().make_node(x, y).inputs, as_tensor_variable(a)
        if a.type.ndim != 0 or a.type.dtype != x.type.dtype:
            raise TypeError(f"Dot22Scalar takes a number of the dtype of the matrices, got {a.type}")
        return Composed.make_node(self, x, y, a)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, y, a = inputs
        return [a * Dot()(x, y)]


dot22, dot22scalar = Dot22(), Dot22Scalar()


class DotModulo(Composed):
    """``[dot(A, s) % m, dot(A2, s2) % m2]`` as one vector, in int64, as MRG generators skip ahead."""

    __props__ = ()

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        A, s, m, A2, s2, m2 = (cast(v, "int64") for v in inputs)
        return [cast(concatenate([dot(A, s) % m, dot(A2, s2) % m2]), inputs[1].type.dtype)]


class FillDiagonal(Composed):
    """`fill_diagonal` as an op.

    Parameters
    ----------
    a, val : tensor-like
        What the op is called with: a tensor with two axes or more, and a 0-d value.

    Returns
    -------
    TensorVariable
        Of the type of `a`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> FillDiagonal()(T.zeros((2, 2)), 1).eval()
    array([[1., 0.],
           [0., 1.]])
    """

    __props__ = ()

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [fill_diagonal(*inputs)]


class FillDiagonalOffset(Composed):
    """`fill_diagonal_offset` as an op.

    Parameters
    ----------
    a, val, offset : tensor-like
        What the op is called with: a matrix, a 0-d value, and a 0-d integer.

    Returns
    -------
    TensorVariable
        Of the type of `a`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> FillDiagonalOffset()(T.zeros((2, 2)), 1, 1).eval()
    array([[0., 1.],
           [0., 0.]])
    """

    __props__ = ()

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [fill_diagonal_offset(*inputs)]


class Flatten(Composed):
    """`flatten` as an op: the first ``outdim - 1`` axes stay, the others become one.

    Parameters
    ----------
    outdim : int
        How many axes the result has.

    Examples
    --------
    >>> T.Flatten(2)(T.zeros((2, 3, 4))).eval().shape
    (2, 12)
    """

    __props__ = ("outdim",)
    view_map = {0: [0]}

    def __init__(self, outdim: int = 1) -> None:
        self.outdim = int(outdim)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [flatten(inputs[0], self.outdim)]


class Mean(Composed):
    """`mean` as an op, over all axes or one.

    Parameters
    ----------
    axis : int or None
        Over which axis; None: all.

    Examples
    --------
    >>> T.Mean(0)(T.constant([[1.0, 2.0], [3.0, 5.0]])).eval()
    array([2. , 3.5])
    """

    __props__ = ("axis",)

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [mean(inputs[0], axis=self.axis)]


class PermuteRowElements(Composed):
    """`permute_row_elements` as an op, whose third input tells whether permutations are inverted.

    Examples
    --------
    >>> T.PermuteRowElements()(T.constant([[10, 11], [20, 21]]), T.constant([[1, 0], [0, 1]]), 0).eval()
    array([[11, 10],
           [20, 21]])
    """

    __props__ = ()

    def make_node(self, x: Any, y: Any, inverse: Any) -> Apply:
        inverse = as_tensor_variable(int(inverse) if isinstance(inverse, bool) else inverse)
        if inverse.type.ndim != 0 or inverse.type.dtype[:3] not in ("int", "uin", "boo"):
            raise TypeError(f"PermuteRowElements: whether to invert is an integer, got {inverse.type}")
        return super().make_node(x, y, inverse)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, y, inverse = inputs
        known = known_int(inverse)
        if known is not None:
            return [permute_row_elements(x, y, bool(known))]
        return [switch(inverse, permute_row_elements(x, y, True), permute_row_elements(x, y))]


class RavelMultiIndex(Composed):
    """`ravel_multi_index` as an op: its inputs are the coordinates, then the lengths of all axes as one vector.

    Parameters
    ----------
    mode : {'raise', 'wrap', 'clip'}
        What becomes of coordinates outside.
    order : {'C', 'F'}
        Whether the last or the first axis is the fastest.

    Returns
    -------
    TensorVariable
        Integers: the places in the flattened array.

    Examples
    --------
    >>> RavelMultiIndex()([1], [2], [3, 4]).eval()
    array([6])
    """

    __props__ = ("mode", "order")

    def __init__(self, mode: str = "raise", order: str = "C") -> None:
        if mode not in ("raise", "wrap", "clip") or order not in ("C", "F"):
            raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', order 'C' or 'F', not {mode!r} and {order!r}")
        self.mode = mode
        self.order = order

    def make_node(self, *inputs: Any) -> Apply:
        return super().make_node(*[as_index_like(v) for v in inputs])

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        *coordinates, dims = inputs
        lengths = [dims[i] for i in range(len(coordinates))]
        return [ravel_multi_index(coordinates, lengths, self.mode, self.order)]


class ScalarFromTensor(Composed):
    """A 0-d tensor as a number; numbers are 0-d tensors here, so it stays as it is.

    Parameters
    ----------
    t : tensor-like
        0-d, of any dtype.

    Returns
    -------
    TensorVariable
        `t`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.ScalarFromTensor()(T.constant(3)).eval()
    array(3, dtype=int8)
    """

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, t: Any) -> Apply:
        t = as_tensor_variable(t)
        if t.type.ndim != 0:
            raise TypeError(f"{type(self).__name__} takes a tensor without axes, got {t}, {t.type}")
        return super().make_node(t)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return list(inputs)


class TensorFromScalar(ScalarFromTensor):
    """A number as a 0-d tensor, which it is here.

    Parameters
    ----------
    t : tensor-like
        0-d, of any dtype.

    Returns
    -------
    TensorVariable
        `t`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.TensorFromScalar()(T.constant(3)).eval()
    array(3, dtype=int8)
    """


class Tile(Composed):
    """`tile` as an op, whose second input is the vector of repetitions.

    Parameters
    ----------
    ndim : int
        How many axes the result has.

    Examples
    --------
    >>> T.Tile(1)(T.constant([1, 2]), [2]).eval()
    array([1, 2, 1, 2])
    """

    __props__ = ("ndim",)

    def __init__(self, ndim: int) -> None:
        self.ndim = int(ndim)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [tile(inputs[0], inputs[1], self.ndim)]


class UnravelIndex(Composed):
    """`unravel_index` as an op, for lengths of `ndim` axes as one vector.

    Parameters
    ----------
    ndim : int
        How many axes there are.
    order : {'C', 'F'}
        Whether the last or the first axis is the fastest.

    Returns
    -------
    TensorVariable
        For each axis the coordinates, integers.

    Examples
    --------
    >>> [c.eval() for c in UnravelIndex(2)([6], [3, 4])]
    [array([1]), array([2])]
    """

    __props__ = ("ndim", "order")

    def __init__(self, ndim: int, order: str = "C") -> None:
        if order not in ("C", "F"):
            raise ValueError(f"order must be 'C' or 'F', not {order!r}")
        self.ndim = int(ndim)
        self.order = order

    def make_node(self, indices: Any, dims: Any) -> Apply:
        return super().make_node(as_index_like(indices), as_index_like(dims))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        indices, dims = inputs
        found = unravel_index(indices, [dims[i] for i in range(self.ndim)], self.order)
        return [found] if isinstance(found, Variable) else list(found)


bartlett_ = Bartlett()
fill_diagonal_ = FillDiagonal()
fill_diagonal_offset_ = FillDiagonalOffset()
scalar_from_tensor = ScalarFromTensor()
tensor_from_scalar = TensorFromScalar()


fill(globals())
