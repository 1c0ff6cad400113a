"""Fourier transforms of real tensors; complex numbers are a last axis of length 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.linalg.matrices import computed, float_dtype, in_pattern_of, values_of
from theano.tensor.opsupport import Shapes, disconnected, first_connected, single
from theano.tensor.pointwise.math import cast, sqrt
from theano.tensor.reductions.reduction import prod
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = ["IRFFTOp", "RFFTOp", "irfft", "irfft_op", "rfft", "rfft_op"]


def _axes(lengths: np.ndarray) -> list[int]:
    return list(range(1, len(lengths) + 1))


class _Transform(Op):
    """What both transforms share: the tensor, and the lengths of the transformed axes of the real side."""

    __props__ = ()
    linear_in = (0,)
    change = 0  # dimensions of the result more than of the argument

    def argument(self, a: Any) -> Any:
        """`a` as a tensor with enough dimensions; else TypeError."""
        a = as_tensor_variable(a)
        if a.type.ndim < 2 + (self.change < 0):
            raise TypeError(
                f"{type(self).__name__}: {a} has {a.type.ndim} dimensions; the first is the batch, the others "
                "are transformed" + (", the last holds real and imaginary parts" if self.change < 0 else "")
            )
        if a.type.dtype in COMPLEX:
            raise TypeError(
                f"{type(self).__name__} takes real numbers, {a} has dtype {a.type.dtype}: complex ones are a last axis "
                "of length 2, T.stack([T.real(a), T.imag(a)], axis=-1)"
            )
        return a

    def make_node(self, a: Any, s: Any = None) -> Apply:
        a = self.argument(a)
        s = as_tensor_variable(self._lengths(a) if s is None else s)
        if s.type.dtype not in ("int8", "int16", "int32", "int64") or s.type.ndim != 1:
            raise TypeError("the lengths of the transformed axes must be a vector of integers")
        return single(self, [a, s], float_dtype(a), [None] * (a.type.ndim + self.change))

    def _lengths(self, a: Any) -> Any:
        raise NotImplementedError

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


def _scale_inner(x: Any, s: Any, factor: float) -> Any:
    """Multiply the frequencies that stand for themselves and their conjugates, along the last transformed axis."""
    n = s[-1]
    inner = (slice(None),) * (x.type.ndim - 2) + (slice(1, n // 2 + n % 2),)
    return set_subtensor(x[inner], x[inner] * factor)


class RFFTOp(_Transform):
    """The transform of real numbers, not normalised: the last transformed axis has ``n // 2 + 1`` frequencies.

    Parameters
    ----------
    a : tensor_like
        Real numbers (m, ..., n).
    s : vector of integers, optional
        The lengths of the transformed axes, all but the first: `a` is cut, or continued by zeros.

    Returns
    -------
    tensor
        (m, ..., n // 2 + 1, 2), of the dtype of `a` (float64 for integers).

    Raises
    ------
    TypeError
        `a` has less than two dimensions or is complex, or `s` is no vector of integers.

    Examples
    --------
    >>> rfft_op(T.constant([[1.0, 0.0, 2.0, 1.0]])).eval()
    array([[[ 4.,  0.],
            [-1.,  1.],
            [ 2.,  0.]]])
    """

    change = 1

    def output_type(self, inp: Any) -> TensorType:
        """The type of the transform of `inp`: an axis more, for the two parts."""
        return TensorType(inp.dtype, (False,) * (inp.type.ndim + 1))

    def _lengths(self, a: Any) -> Any:
        return a.shape[1:]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        a, s = inputs
        found = np.fft.rfftn(values_of(a)[0], s=[int(n) for n in s], axes=_axes(s))
        out[0][0] = computed(np.stack([found.real, found.imag], axis=-1), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        s, count = node.inputs[1], node.inputs[0].type.ndim - 1
        lengths = [cast(s[k], "int64") for k in range(count)]
        return [(shapes[0][0], *lengths[:-1], lengths[-1] // 2 + 1, as_tensor_variable(np.int64(2)))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        a, s = inputs
        return [in_pattern_of(a, irfft_op(_scale_inner(gs[0], s, 0.5), s)), disconnected()]


class IRFFTOp(_Transform):
    """The inverse of `RFFTOp` times the number of elements.

    Parameters
    ----------
    a : tensor_like
        (m, ..., n // 2 + 1, 2): real and imaginary parts.
    s : vector of integers, optional
        The lengths of the transformed axes of the result; by default the last one is even.

    Returns
    -------
    tensor
        (m, ..., n), of the dtype of `a` (float64 for integers).

    Raises
    ------
    TypeError
        `a` has less than three dimensions or is complex, or `s` is no vector of integers.

    Examples
    --------
    >>> irfft_op(T.constant([[[4.0, 0.0], [-1.0, 1.0], [2.0, 0.0]]])).eval()
    array([[4., 0., 8., 4.]])
    """

    change = -1

    def output_type(self, inp: Any) -> TensorType:
        """The type of the transform of `inp`: an axis less."""
        return TensorType(inp.dtype, (False,) * (inp.type.ndim - 1))

    def _lengths(self, a: Any) -> Any:
        s = a.shape[1:-1]
        return set_subtensor(s[-1], (s[-1] - 1) * 2)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        a, s = values_of(inputs[0])[0], inputs[1]
        lengths = [int(n) for n in s]
        found = np.fft.irfftn(a[..., 0] + 1j * a[..., 1], s=lengths, axes=_axes(s))
        out[0][0] = computed(found * found.dtype.type(np.prod(lengths)), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        s, count = node.inputs[1], node.inputs[0].type.ndim - 2
        return [(shapes[0][0], *(cast(s[k], "int64") for k in range(count)))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        a, s = inputs
        return [in_pattern_of(a, _scale_inner(rfft_op(gs[0], s), s, 2)), disconnected()]


rfft_op = RFFTOp()
irfft_op = IRFFTOp()


def _checked(norm: Any) -> str | None:
    if norm not in (None, "ortho", "no_norm"):
        raise ValueError(f"Invalid value {norm!r} for norm, must be None, 'ortho' or 'no_norm'")
    return None if norm is None else str(norm)


def _size(lengths: Any, dtype: str) -> Any:
    return cast(prod(lengths), dtype)


def rfft(inp: Any, norm: str | None = None) -> Any:
    """The transform of each real array of a batch over all axes but the first.

    Parameters
    ----------
    inp
        Real tensor ``(m, ..., n)`` of at least two dimensions.
    norm
        None or "no_norm" for none, "ortho" for division by the square root of the number of elements.

    Returns
    -------
    Tensor ``(m, ..., n // 2 + 1, 2)``: real and imaginary parts of the frequencies that are not negative.

    Raises
    ------
    ValueError
        Another `norm`.
    TypeError
        `inp` has less than two dimensions or is complex.

    Notes
    -----
    ``sum over j of x[j] * exp(-2j * pi * j * k / n)`` along each axis.

    Examples
    --------
    >>> rfft(T.constant([[1.0, 0.0, 2.0, 1.0]])).eval()
    array([[[ 4.,  0.],
            [-1.,  1.],
            [ 2.,  0.]]])

    References
    ----------
    ``y[k] = sum over n of x[n] * exp(-2 * pi * i * k * n / N)`` along each axis, as `numpy.fft.rfftn`.
    """
    norm = _checked(norm)
    inp = as_tensor_variable(inp)
    result = rfft_op(inp)
    return result if norm != "ortho" else result / sqrt(_size(inp.shape[1:], result.type.dtype))


def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Any:
    """The inverse of `rfft`.

    Parameters
    ----------
    inp
        Tensor ``(m, ..., n // 2 + 1, 2)``.
    norm
        None for division by the number of elements, "ortho" by its square root, "no_norm" for none.
    is_odd
        Whether n, the length of the last axis of the result, is odd.

    Returns
    -------
    tensor
        (m, ..., n), of the dtype of `inp`.

    Raises
    ------
    ValueError
        Another `norm`, or `is_odd` is no bool.
    TypeError
        `inp` has less than three dimensions or is complex.

    Examples
    --------
    >>> irfft(rfft(T.constant([[1.0, 0.0, 2.0, 1.0]]))).eval()
    array([[1., 0., 2., 1.]])

    References
    ----------
    ``x[n] = sum over k of y[k] * exp(2 * pi * i * k * n / N) / N`` along each axis, as `numpy.fft.irfftn`.
    """
    norm = _checked(norm)
    if is_odd not in (True, False):
        raise ValueError(f"Invalid value {is_odd!r} for is_odd, must be True or False")
    inp = irfft_op.argument(inp)
    lengths = inp.shape[1:-1]
    lengths = set_subtensor(lengths[-1], (lengths[-1] - 1) * 2 + int(is_odd))
    result = irfft_op(inp, lengths)
    if norm == "no_norm":
        return result
    size = _size(lengths, result.type.dtype)
    return result / (size if norm is None else sqrt(size))
