"""`PhiloxUniform`: uniform numbers of which each is a function of its position alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import INTEGER, as_dtype
from theano.tensor.opsupport import Shapes, new_tensor, undefined
from theano.tensor.random import philox4x32
from theano.tensor.type import StaticShape
from theano.tensor.variable import as_tensor_variable


class PhiloxUniform(Op):
    """``(state, size) -> (next state, sample, …)``: `draws` independent samples of uniform numbers of (0, 1).

    `state` is an int64 vector (key, stream, position). Element e of the samples, in C order, comes from block
    ``position + e`` of Philox4x32-10; two samples of float64, or four of float32, share the blocks. The next
    position is behind the last element.

    Parameters
    ----------
    dtype
        ``float64`` or ``float32``.
    static
        The static shape of the samples.
    draws
        1 or 2.

    Examples
    --------
    >>> new, sample = PhiloxUniform("float64", (None,))(np.zeros(3, "int64"), [2])
    >>> sample.eval()
    array([0.8805202 , 0.36209112])
    >>> new.eval()
    array([0, 0, 2])
    """

    __props__ = ("dtype", "static", "draws")

    def __init__(self, dtype: Any, static: StaticShape, draws: int = 1) -> None:
        dtype = as_dtype(dtype)
        if dtype not in ("float32", "float64"):
            raise TypeError(f"Philox streams make float32 and float64, not {dtype}")
        self.dtype = dtype
        self.static = tuple(static)
        self.draws = draws

    def __str__(self) -> str:
        return f"PhiloxUniform{{{self.dtype}}}"

    def make_node(self, state: Any, size: Any) -> Apply:
        words: Any = as_tensor_variable(state)
        shape: Any = as_tensor_variable(size)
        if words.type.dtype != "int64" or words.type.ndim != 1:
            raise TypeError(f"{self}: the state must be an int64 vector, got {words.type}")
        if shape.type.ndim != 1 or shape.type.dtype not in INTEGER:
            raise TypeError(f"{self}: the size must be an integer vector, got {shape.type}")
        samples = [new_tensor(self.dtype, self.static) for _ in range(self.draws)]
        return Apply(self, [words, shape], [words.type(), *samples])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        state, size = inputs
        if len(size) != len(self.static) or (size < 0).any():
            raise ValueError(f"{self}: the size must have {len(self.static)} elements >= 0, got {list(size)}")
        if len(state) != 3:
            raise ValueError(f"{self}: the state has 3 words, got {len(state)}")
        count = int(np.prod(size, dtype="int64"))
        words = philox4x32.blocks(state, count)
        out[0][0] = np.array([state[0], state[1], state[2] + count], dtype="int64")
        for k in range(self.draws):
            sample = philox4x32.fractions(words[2 * k], words[2 * k + 1], self.dtype)
            out[1 + k][0] = sample.reshape(size)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        size = node.inputs[1]
        shape = tuple(size[k] for k in range(len(self.static)))
        return [shapes[0], *(shape for _ in range(self.draws))]

    def grad(self, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        return undefined(self, inputs, [0, 1], "a state and lengths are made of integers")

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None] * (1 + self.draws)

    def do_constant_folding(self, node: Apply) -> bool:
        return False
