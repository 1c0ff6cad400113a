"""Products with matrices of blocks of which each row of a batch uses a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.graph.own_text import CalledText as _CalledText
from theano.scalar.dtypes import FLOAT, INTEGER, upcast
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import Argument, all_fitting, fitting
from theano.tensor.indexing.indexing import getitem, take
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import Shapes, disconnected, single
from theano.tensor.pointwise.math import cast
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle, shape_padleft
from theano.tensor.variable import as_tensor_variable, constant

__all__ = [
    "SparseBlockGemv",
    "SparseBlockOuter",
    "sparse_block_dot",
    "sparse_block_gemv",
    "sparse_block_gemv_inplace",
    "sparse_block_outer",
    "sparse_block_outer_inplace",
]

_TURNED = (1, 0, 3, 2)


class _Blocks(Op):
    """What both operations have in common: which operands they take, and whether they may overwrite the first."""

    __props__ = ("inplace",)
    inplace = False
    registered_opts: Sequence[Any] = ()  # rewrites for other devices, of which there are none

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def _checked(self, floats: dict[str, tuple[Any, int]], indices: dict[str, Any]) -> list[Any]:
        """The operands as variables: of as many dimensions as given, and matrices of integers."""
        found = []
        for name, (value, ndim) in floats.items():
            v: Any = as_tensor_variable(value)
            if v.type.ndim != ndim or v.type.dtype not in FLOAT:
                raise TypeError(f"{type(self).__name__}: {name} must be a {ndim}-d tensor of floats, got {v.type}")
            found.append(v)
        for name, value in indices.items():
            v = as_tensor_variable(value)
            if v.type.ndim != 2 or v.type.dtype not in INTEGER:
                raise TypeError(f"{type(self).__name__}: {name} must be a matrix of integers, got {v.type}")
            found.append(v)
        return found

    @staticmethod
    def _sides(inputs: Sequence[Any]) -> dict[str, Argument]:
        """The operands by name, with letters for their axes, as `fitting` compares them."""
        raise NotImplementedError

    def _fitting_gradient(self, g: Any, inputs: Sequence[Any]) -> Any:
        """The gradient of the result, which is that of `o`, too, once it is certain that all operands fit."""
        sides, name = self._sides(inputs), "the gradient of o"
        return fitting(type(self).__name__, name, {name: (g, sides["o"][1]), **sides})

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]


class SparseBlockGemv(_Blocks):
    """``o[b, j] + sum(h[b, i] @ W[inputIdx[b, i], outputIdx[b, j]] for i)`` for every row `b` and place `j`.

    The blocks are read where they are: none is copied.

    Parameters
    ----------
    inplace
        Whether the result may take the place of `o`.

    Returns
    -------
    3-d tensor
        Of the shape of the first argument.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> W = T.constant(np.arange(12.0).reshape(3, 2, 2, 1))            # 3 by 2 blocks of 2 by 1
    >>> SparseBlockGemv()(np.zeros((1, 1, 1)), W, [[[1.0, 10.0]]], [[2]], [[0]]).eval()
    array([[[98.]]])
    """

    def make_node(self, o: Any, W: Any, h: Any, inputIdx: Any, outputIdx: Any) -> Apply:
        """The node.

        Parameters
        ----------
        o
            (row, place, element of an output block).
        W
            (input block, output block, element of an input block, element of an output block).
        h
            (row, place, element of an input block).
        inputIdx, outputIdx
            (row, place): the numbers of blocks.
        """
        floats = {"o": (o, 3), "W": (W, 4), "h": (h, 3)}
        inputs = self._checked(floats, {"inputIdx": inputIdx, "outputIdx": outputIdx})
        return single(self, inputs, upcast(*(v.type.dtype for v in inputs[:3])), inputs[0].type.shape)

    @staticmethod
    def _sides(inputs: Sequence[Any]) -> dict[str, Argument]:
        names, letters = ("o", "W", "h", "inputIdx", "outputIdx"), ("bje", "IJfe", "bif", "bi", "bj")
        return dict(zip(names, zip(inputs, letters, strict=True), strict=True))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        o, W, h, _, to_write = inputs
        to_read = fitting("SparseBlockGemv", "inputIdx", self._sides(inputs))
        blocks = getitem(W, (dimshuffle(to_read, (0, 1, "x")), dimshuffle(to_write, (0, "x", 1))))
        made = o + sum_(dimshuffle(h, (0, 1, "x", 2, "x")) * blocks, axis=(1, 3))
        return [_as(made, self.make_node(*inputs).outputs[0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        _, W, h, to_read, to_write = inputs
        g = self._fitting_gradient(gs[0], inputs)
        dW = sparse_block_outer(zeros_like(W), h, g, to_read, to_write)
        dh = sparse_block_gemv(zeros_like(h), dimshuffle(W, _TURNED), g, to_write, to_read)
        return [g, _as(dW, W), _as(dh, h), disconnected(), disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [True], [False], [False]]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        o, W, h, *places = inputs
        eo, eW, eh = eval_points[:3]
        found = eo
        for moved in ((eW, h), (W, eh)):
            if all(v is not None for v in moved):
                found = sparse_block_gemv(zeros_like(o) if found is None else found, *moved, *places)
        return [found]


class SparseBlockOuter(_Blocks):
    """`o`, to whose blocks ``o[xIdx[b, i], yIdx[b, j]]`` ``alpha * outer(x[b, i], y[b, j])`` is added, for all b, i, j.

    Parameters
    ----------
    inplace
        Whether the result may take the place of `o`.

    Returns
    -------
    4-d tensor
        Of the shape of the first argument.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x, y = T.constant([[[1.0, 10.0]]]), T.constant([[[2.0, 3.0]]])
    >>> SparseBlockOuter()(np.zeros((1, 2, 2, 2)), x, y, [[0]], [[1]]).eval()[0, 1]
    array([[ 2.,  3.],
           [20., 30.]])
    """

    def make_node(self, o: Any, x: Any, y: Any, xIdx: Any, yIdx: Any, alpha: Any = None) -> Apply:
        """The node.

        Parameters
        ----------
        o
            (block along x, block along y, element of x, element of y).
        x, y
            (row, place, element).
        xIdx, yIdx
            (row, place): the numbers of blocks.
        alpha
            A number; default: 1.
        """
        inputs = self._checked({"o": (o, 4), "x": (x, 3), "y": (y, 3)}, {"xIdx": xIdx, "yIdx": yIdx})
        factor = constant(np.asarray(1, inputs[0].type.dtype)) if alpha is None else as_tensor_variable(alpha)
        if factor.type.ndim != 0:
            raise TypeError(f"SparseBlockOuter: alpha must be a number, got {factor.type}")
        dtype = upcast(*(v.type.dtype for v in (*inputs[:3], factor)))
        return single(self, [*inputs, factor], dtype, inputs[0].type.shape)

    @staticmethod
    def _sides(inputs: Sequence[Any]) -> dict[str, Argument]:
        names, letters = ("o", "x", "y", "xIdx", "yIdx", "alpha"), ("XYef", "bie", "bjf", "bi", "bj", "")
        return dict(zip(names, zip(inputs, letters, strict=True), strict=True))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        o, x, y, _, of_y, alpha = inputs
        output = self.make_node(*inputs).outputs[0]
        of_x = fitting("SparseBlockOuter", "xIdx", self._sides(inputs))
        blocks = getitem(cast(o, output.type.dtype), (dimshuffle(of_x, (0, 1, "x")), dimshuffle(of_y, (0, "x", 1))))
        products = dimshuffle(x, (0, 1, "x", 2, "x")) * dimshuffle(y, (0, "x", 1, "x", 2)) * alpha
        return [_as(inc_subtensor(blocks, cast(products, output.type.dtype)), output)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        _, x, y, of_x, of_y, alpha = inputs
        g = self._fitting_gradient(gs[0], inputs)
        dx = sparse_block_gemv(zeros_like(x), dimshuffle(g, _TURNED), y, of_y, of_x)
        dy = sparse_block_gemv(zeros_like(y), g, x, of_x, of_y)
        slope = sum_(dx * x)
        return [g, _as(alpha * dx, x), _as(alpha * dy, y), disconnected(), disconnected(), _as(slope, alpha)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [True], [False], [False], [True]]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        o, x, y, of_x, of_y, alpha = inputs
        eo, ex, ey, _, _, e_alpha = eval_points
        found = eo
        for moved in ((ex, y, alpha), (x, ey, alpha), (x, y, e_alpha)):
            if all(v is not None for v in moved):
                to = zeros_like(o) if found is None else found
                found = sparse_block_outer(to, *moved[:2], of_x, of_y, moved[2])
        return [found]


def _as(made: Any, like: Any) -> Any:
    """`made` with the type of `like`."""
    return patternbroadcast(cast(made, like.type.dtype), like.type.broadcastable)


sparse_block_gemv = SparseBlockGemv()
sparse_block_gemv_inplace = SparseBlockGemv(inplace=True)
sparse_block_outer = SparseBlockOuter()
sparse_block_outer_inplace = SparseBlockOuter(inplace=True)


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> Any:
    """``b[outputIdx[r, j]] + sum(h[r, i] @ W[inputIdx[r, i], outputIdx[r, j]] for i)`` for every row and place.

    Parameters
    ----------
    W
        (input block, output block, element of an input block, element of an output block).
    h
        (row, place, element of an input block); without its first axis it is one row.
    inputIdx
        (row, place): the input blocks that the parts of `h` are; of one axis less than `h`.
    b
        (output block, element): biases.
    outputIdx
        (row, place): which output blocks are wanted.

    Returns
    -------
    3-d tensor
        (row, place, element of an output block).

    Raises
    ------
    <tensor errors>
    ValueError
        `h`, `inputIdx` and `outputIdx` have not 3, 2 and 2 dimensions, or 2, 1 and 1.

    Examples
    --------
    >>> from theano.tensor.nnet.blocksparse import sparse_block_dot
    >>> W, b = np.arange(24.0).reshape(3, 2, 2, 2), np.array([[0.5, 0.5], [0.0, 0.0]])
    >>> sparse_block_dot(W, [[1.0, 0.0], [0.0, 1.0]], [0, 2], b, [0]).eval()
    array([[[18.5, 20.5]]])

    References
    ----------
    Y. Bengio, N. Léonard, A. Courville, "Estimating or propagating gradients through stochastic neurons for
    conditional computation", 2013.
    """
    h, inputIdx, outputIdx = (as_tensor_variable(v) for v in (h, inputIdx, outputIdx))
    found = (h.type.ndim, inputIdx.type.ndim, outputIdx.type.ndim)
    if found not in ((3, 2, 2), (2, 1, 1)):
        raise ValueError(
            f"sparse_block_dot: h, inputIdx and outputIdx must have 3, 2 and 2 dimensions, or 2, 1 and 1; got {found}"
        )
    W, b = as_tensor_variable(W), as_tensor_variable(b)
    if W.type.ndim == 4 and b.type.ndim == 2:  # else there is an error below
        row = "r" * (h.type.ndim == 3)
        sides: dict[str, Argument] = {
            "W": (W, ["", "o", "f", "e"]), "h": (h, f"{row}if"), "inputIdx": (inputIdx, f"{row}i"), "b": (b, "oe"),
            "outputIdx": (outputIdx, f"{row}j"),
        }  # fmt: skip
        W, h, inputIdx, b, outputIdx = all_fitting("sparse_block_dot", sides)
    if h.type.ndim == 2:
        h, inputIdx, outputIdx = (shape_padleft(v) for v in (h, inputIdx, outputIdx))
    return sparse_block_gemv(take(b, outputIdx, axis=0), W, h, inputIdx, outputIdx)


fill(globals())
SparseBlockGemv.__doc__ = _CalledText(  # type: ignore[assignment]
    SparseBlockGemv.__doc__,
    "o : tensor-like\n    (row, place, element of an output block).\n"
    "W, h, inputIdx, outputIdx : tensor-like\n    As those of `sparse_block_dot`, with the axis of rows.",
)
SparseBlockOuter.__doc__ = _CalledText(  # type: ignore[assignment]
    SparseBlockOuter.__doc__,
    "o : tensor-like\n    (input block, output block, element of an input block, element of an output block).\n"
    "x, y : tensor-like\n    (row, place, element of a block).\n"
    "xIdx, yIdx : tensor-like\n    (row, place): which blocks these are, integers.\n"
    "alpha : tensor-like, optional\n    A number, by default 1.",
)
