"""Elements picked from several tensors by their number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import DISCRETE, INTEGER, upcast
from theano.tensor.elemwise import dimshuffle, summed_like
from theano.tensor.making.ranges import arange
from theano.tensor.methods import attach
from theano.tensor.opsupport import Shapes, disconnected, first_connected, index_constant, zero_gradient
from theano.tensor.pointwise.math import clip, eq, mod, switch
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.shape import shape_i
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = ["Choose", "choose"]

_MODES = ("raise", "wrap", "clip")


class Choose(Op):
    """Elements of several tensors, each from the tensor whose number is in the first input (see `choose`).

    Parameters
    ----------
    mode
        What becomes of numbers that are out of range: 'raise', 'wrap' or 'clip'.
    stacked
        Whether there is one input of choices, stacked along its first axis; else each is an input.

    Examples
    --------
    >>> Choose(stacked=False)(T.constant([1, 0]), T.constant([1, 2]), T.constant([3, 4])).eval()
    array([3, 2])
    """

    __props__ = ("mode", "stacked")

    def __init__(self, mode: str = "raise", stacked: bool = True) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {_MODES}, not {mode!r}")
        self.mode = mode
        self.stacked = stacked

    def make_node(self, a: Any, *choices: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (a, *choices)]
        kinds = [v.type for v in inputs]
        if kinds[0].dtype not in INTEGER:
            raise TypeError(f"choose: the numbers of the choices must be integers, not {kinds[0]}")
        if self.stacked and (len(inputs) != 2 or kinds[1].ndim == 0):
            raise TypeError("choose takes a list of tensors, or a tensor of at least one dimension")
        if len(inputs) < 2:
            raise ValueError("choose: there are no choices")
        patterns = [kinds[0].broadcastable]
        patterns += [k.broadcastable[1:] if self.stacked else k.broadcastable for k in kinds[1:]]
        ndim = max(len(p) for p in patterns)
        if not self.stacked:
            inputs = [shape_padleft(v, ndim - v.type.ndim) for v in inputs]
        padded = [(True,) * (ndim - len(p)) + p for p in patterns]
        pattern = [all(axis) for axis in zip(*padded, strict=True)]
        return Apply(self, inputs, [TensorType(upcast(*(k.dtype for k in kinds[1:])), pattern)()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        number, choices = inputs[0], list(inputs[1]) if self.stacked else inputs[1:]
        if self.mode == "wrap":
            number = number % len(choices)
        elif self.mode == "clip":
            number = number.clip(0, len(choices) - 1)
        elif number.size and not 0 <= number.min() <= number.max() < len(choices):
            raise ValueError(f"choose: {number} has numbers that are not those of {len(choices)} choices")
        # numpy.choose takes no more than 31 or 63 choices.
        number, *arrays = np.broadcast_arrays(number, *choices)
        picked = np.take_along_axis(np.stack(arrays), number[None], axis=0)[0]
        out[0][0] = np.asarray(picked, dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        """Lengths as NumPy broadcasts them, when it runs, too."""
        (pattern,) = (v.type.broadcastable for v in node.outputs)
        operands = [shapes[0], *(s[1:] if self.stacked else s for s in shapes[1:])]
        lengths: list[Any] = []
        for axis, one in enumerate(pattern, -len(pattern)):
            found = [s[axis] for s in operands if -axis <= len(s)]
            lengths.append(index_constant(1) if one else reduce(lambda a, b: switch(eq(a, 1), b, a), found))
        return [tuple(lengths)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), range(1, len(node.inputs)))

    def _number(self, a: Any, count: Any) -> Any:
        if self.mode == "wrap":
            return mod(a, count)
        return clip(a, 0, count - 1) if self.mode == "clip" else a

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (a, *choices), out, g = inputs, outputs[0], gs[0]
        if self.stacked:
            x = choices[0]
            if x.type.dtype in DISCRETE:
                return [disconnected(), zero_gradient(x)]
            count = shape_i(x, 0)
            ndim = out.type.ndim
            which = dimshuffle(arange(count), [0, *["x"] * ndim])
            number = shape_padleft(self._number(a, count), ndim + 1 - a.type.ndim)
            share = switch(eq(number, which), shape_padleft(g), 0)
            # Axes that the choices lack stand behind the first one.
            lacking = tuple(range(1, ndim + 2 - x.type.ndim))
            share = share.sum(axis=lacking, dtype=g.type.dtype) if lacking else share
            return [disconnected(), summed_like(x, share, share)]
        number = self._number(a, len(choices))
        grads = [
            zero_gradient(x) if x.type.dtype in DISCRETE else summed_like(x, out, switch(eq(number, k), g, 0))
            for k, x in enumerate(choices)
        ]
        return [disconnected(), *grads]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (a, *choices), directions = inputs, eval_points[1:]
        if all(v is None for v in directions):
            return [None]
        known = [zero_gradient(x) if v is None else v for x, v in zip(choices, directions, strict=True)]
        return [self(a, *known)]


def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """For each element of `a` that of the choice with this number; all are broadcast against each other.

    Parameters
    ----------
    a : tensor-like
        Integers: the numbers of the choices.
    choices : list of tensor-like, or a tensor
        A list, or a tensor whose first axis counts the choices.
    out : None
        There for the likeness to NumPy.
    mode : {'raise', 'wrap', 'clip'}
        What becomes of numbers that are out of range: an error, their remainder, or the nearest choice.

    Returns
    -------
    TensorVariable
        Of the shape that `a` and the choices broadcast to, and of the dtype that holds those of all choices.

    Raises
    ------
    TypeError
        `a` is not of integers, or `out` is given.
    ValueError
        When it runs with ``mode="raise"``: a number is none of the choices.

    Examples
    --------
    >>> T.choose([1, 0, 1], [T.constant([1, 2, 3]), 9]).eval()
    array([9, 2, 9])
    """
    if out is not None:
        raise TypeError("choose: out must be None")
    if isinstance(choices, (list, tuple)):
        return Choose(mode, stacked=False)(a, *choices)
    return Choose(mode)(a, choices)


def _choose(self: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    return choose(self, choices, out, mode)


attach({"choose": _choose}, [choose])
