"""`mrg_uniform`: samples of MRG31k3p substreams; and the draws of outcomes that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import INTEGER, as_dtype
from theano.tensor.checks.static_value import known_ints
from theano.tensor.opsupport import Shapes, single, undefined
from theano.tensor.random import mrg31k3p
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable, get_vector_length


class mrg_uniform_base(Op):
    """What generators of uniform numbers from a matrix of states have in common."""

    __props__ = ("output_type", "inplace")

    def __init__(self, output_type: TensorType, inplace: bool = False) -> None:
        self.output_type = output_type
        self.inplace = inplace
        self.destroy_map = {0: [0]} if inplace else {}

    @property
    def ndim(self) -> int:
        """Number of axes of a sample."""
        return self.output_type.ndim

    @property
    def otypenum(self) -> int:
        """NumPy's number of the dtype of a sample."""
        return np.dtype(self.output_type.dtype).num

    @property
    def otype_is_float32(self) -> bool:
        """Whether a sample is of float32."""
        return self.output_type.dtype == "float32"

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.output_type},{'inplace' if self.inplace else 'no_inplace'}}}"

    def grad(self, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        return undefined(self, inputs, [0, 1], "a state and lengths are made of integers")

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None, None]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


class mrg_uniform(mrg_uniform_base):
    """``(states, size) -> (next states, sample)``: uniform numbers of (0, 1) from substreams of MRG31k3p.

    Row s of the int32 matrix `states` is the state of substream s. Element e of the sample, in C order, is the
    next number of substream ``e mod len(states)``.

    Examples
    --------
    >>> new, sample = mrg_uniform(T.dvector)(np.full((1, 6), 42, "int32"), [2])
    >>> sample.eval()
    array([0.08075202, 0.08033995])
    """

    @classmethod
    def new(cls, rstate: Any, ndim: int | None, dtype: str, size: Any) -> list[Any]:
        """The node for a sample with `ndim` dimensions (None: as many as `size` has elements).

        Its axes are broadcastable where `size` is the constant 1.
        """
        v_size = as_tensor_variable(size)
        if ndim is None:
            ndim = get_vector_length(v_size)
        lengths = known_ints(v_size) or (None,) * ndim
        if len(lengths) != ndim:
            raise ValueError(f"ndim should be {len(lengths)}, but it is {ndim}: size {size}")
        made: list[Any] = cls(TensorType(dtype, tuple(n == 1 for n in lengths)))(rstate, v_size)
        return made

    def make_node(self, rstate: Any, size: Any) -> Apply:
        states: Any = as_tensor_variable(rstate)
        shape: Any = as_tensor_variable(size)
        if states.type.dtype != "int32" or states.type.ndim != 2:
            raise TypeError(f"{self}: the states must be an int32 matrix, got {states.type}")
        if shape.type.ndim != 1 or shape.type.dtype not in INTEGER:
            raise TypeError(f"{self}: the size must be an integer vector, got {shape.type}")
        return Apply(self, [states, shape], [states.type(), self.output_type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        states, size = inputs
        if len(size) != self.output_type.ndim:
            raise ValueError(f"{self}: the size {list(size)} should have {self.output_type.ndim} elements")
        if states.ndim != 2 or states.shape[1] != 6 or not len(states):
            raise ValueError(f"{self}: the states must be of shape (n, 6), n > 0, got {states.shape}")
        if (size < 0).any():
            raise ValueError(f"{self}: negative dimensions are not allowed: {list(size)}")
        new, numbers = mrg31k3p.integers(states, int(np.prod(size, dtype="int64")))
        if self.inplace:
            states[...] = new
            new = states
        out[0][0] = new
        out[1][0] = mrg31k3p.fractions(numbers, self.output_type.dtype).reshape(size)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        size = node.inputs[1]
        return [shapes[0], tuple(size[k] for k in range(self.output_type.ndim))]


class MultinomialFromUniform(Op):
    """How often each outcome is drawn: ``(pvals, unis, n) -> counts``.

    `pvals` has a row of probabilities for each row of the result; draw c of row r takes the first outcome at which
    the sum of the probabilities so far exceeds ``unis[c * rows + r]``. If a row sums to less than that, the draw
    gives nothing.
    """

    __props__ = ("odtype",)

    def __init__(self, odtype: Any) -> None:
        self.odtype = odtype if odtype == "auto" else as_dtype(odtype)

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        p, u, count = (as_tensor_variable(v) for v in (pvals, unis, n))
        if p.type.ndim != 2:
            raise TypeError(f"pvals ndim should be 2, got {p.type.ndim}")
        if u.type.ndim != 1:
            raise TypeError(f"unis ndim should be 1, got {u.type.ndim}")
        if count.type.ndim or count.type.dtype not in INTEGER:
            raise TypeError(f"n must be a single integer, got {count.type}")
        odtype = p.type.dtype if self.odtype == "auto" else self.odtype
        return single(self, [p, u, count], odtype, p.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        pvals, unis, n = inputs
        counts = np.zeros(pvals.shape, dtype=node.outputs[0].type.numpy_dtype)
        for hit in _picks(pvals, unis, int(n)):
            rows = np.flatnonzero(hit < pvals.shape[1])
            counts[rows, hit[rows]] += 1
        out[0][0] = counts

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def grad(self, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        why = "what is drawn does not depend smoothly on it"
        return undefined(self, inputs, range(len(inputs)), why)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def _picks(pvals: np.ndarray, unis: np.ndarray, n: int) -> np.ndarray:
    """``[draw, row]``: the outcome drawn; the number of outcomes where nothing is drawn."""
    rows, outcomes = pvals.shape
    if len(unis) != rows * n:
        raise ValueError(f"unis.shape[0] should be pvals.shape[0] * n = {rows * n}, got {len(unis)}")
    sums = np.cumsum(pvals, axis=1, dtype="float64")
    found = np.empty((n, rows), dtype="int64")
    for draw, u in enumerate(unis.reshape(n, rows)):
        above = sums > u[:, None]
        found[draw] = np.where(above.any(axis=1), above.argmax(axis=1), outcomes) if outcomes else 0
    return found


class ChoiceFromUniform(Op):
    """Outcomes drawn without putting them back: ``(pvals, unis, n) -> indices`` of shape (rows, n).

    After each draw the outcome's probability becomes 0 and the others are scaled to sum to 1.
    """

    __props__ = ("odtype", "replace")

    def __init__(self, odtype: Any, replace: bool = False) -> None:
        self.odtype = odtype if odtype == "auto" else as_dtype(odtype)
        self.replace = replace

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        node = MultinomialFromUniform("int64" if self.odtype == "auto" else self.odtype).make_node(pvals, unis, n)
        counts = node.outputs[0].type
        return single(self, node.inputs, counts.dtype, (counts.shape[0], None))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        pvals, unis, n = inputs
        n = int(n)
        rows, outcomes = pvals.shape
        if not self.replace and n > outcomes:
            raise ValueError(f"cannot draw {n} of {outcomes} outcomes without putting them back")
        if len(unis) != rows * n:
            raise ValueError(f"unis.shape[0] should be pvals.shape[0] * n = {rows * n}, got {len(unis)}")
        left = np.array(pvals)
        picked = np.full((rows, n), -1, dtype=node.outputs[0].type.numpy_dtype)
        for draw in range(n):
            hit = _picks(left, unis[draw * rows : (draw + 1) * rows], 1)[0]
            drawn = np.flatnonzero(hit < outcomes)
            picked[drawn, draw] = hit[drawn]
            if not self.replace:
                left[drawn, hit[drawn]] = 0
                with np.errstate(invalid="ignore", divide="ignore"):
                    left /= left.sum(axis=1, keepdims=True)
        out[0][0] = picked

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[0][0], node.inputs[2])]

    def grad(self, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        why = "what is drawn does not depend smoothly on it"
        return undefined(self, inputs, range(len(inputs)), why)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]
