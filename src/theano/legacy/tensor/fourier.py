"""Theano's first Fourier transform: `Fourier`, along one axis, by NumPy. `theano.tensor.fft` is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.checks.static_value import known_int
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import as_index, disconnected, first_connected, single
from theano.tensor.pointwise.math import conj, minimum
from theano.tensor.variable import as_tensor_variable

__all__ = ["Fourier", "fft"]


class Fourier(Op):
    """The transform of `a` along an axis: cut or filled with zeros to `n` elements first, as `numpy.fft.fft` does.

    Its inputs are `a`, the length and the axis, whole numbers. For gradients the axis must be known.

    Examples
    --------
    >>> from theano.tensor.fourier import fft
    >>> fft(T.constant([1.0, 2.0]), 2, 0).eval()
    array([ 3.+0.j, -1.+0.j])
    """

    __props__ = ()

    def make_node(self, a: Any, n: Any, axis: Any) -> Apply:
        a = as_tensor_variable(a)
        if a.type.ndim == 0:
            raise TypeError(f"Fourier: a tensor with axes is needed, got {a}, {a.type}")
        return single(self, [a, as_index(n), as_index(axis)], "complex128", [None] * a.type.ndim)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        a, n, axis = inputs
        out[0][0] = np.ascontiguousarray(np.fft.fft(a, int(n), int(axis)), dtype="complex128")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        axis = getattr(node.inputs[2], "data", None)
        if axis is None:
            return [tuple(node.outputs[0].shape)]
        lengths = list(shapes[0])
        lengths[int(axis)] = node.inputs[1]
        return [tuple(lengths)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        a, n, axis = inputs
        known = known_int(axis)
        if known is None:
            raise NotImplementedError(f"{self}: the axis must be known for a gradient, got {axis}")
        # The transform is symmetric: its adjoint is the conjugate of the transform of the conjugate.
        g = conj(self(conj(gs[0]), n, axis))
        count = minimum(n, a.shape[known])
        part = (*[slice(None)] * (known % a.type.ndim), slice(None, count))
        whole = set_subtensor(zeros_like(a, dtype="complex128")[part], g[part])  # what was cut off plays no part
        return [whole if a.type.dtype.startswith("complex") else whole.real, disconnected(), disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(3)


fft = Fourier()
