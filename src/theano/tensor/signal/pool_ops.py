"""The operations of pooling, and those of its gradients."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from theano.base.user_warnings import warn_user
from theano.graph import Apply, Op, Variable
from theano.scalar.dtypes import COMPLEX, DISCRETE
from theano.tensor.checks.shape_agreement import as_directions, as_long_as
from theano.tensor.checks.static_value import known_ints
from theano.tensor.nnet.convolution.geometry import truth
from theano.tensor.opsupport import Shapes, as_index, disconnected, single, zero_gradient
from theano.tensor.pointwise.math import maximum
from theano.tensor.shaping.shape import as_shape_vector
from theano.tensor.variable import as_tensor_variable

__all__ = ["AveragePoolGrad", "DownsampleFactorMaxGradGrad", "MaxPoolGrad", "MaxPoolRop", "Pool", "PoolGrad"]

_MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")
Lengths = Sequence[int]


def out_length(image: Any, window: Any, stride: Any, pad: Any, ignore_border: bool) -> Any:
    """How many windows there are along an axis; the lengths may be expressions.

    Parameters
    ----------
    image, window, stride, pad : int or 0-d integer tensor
        Lengths of the image and of a window, the steps between windows, and zeros put on both sides.
    ignore_border : bool
        Whether windows that are not wholly inside are left out.

    Returns
    -------
    int or TensorVariable
        ``(image + 2 * pad - window) // stride + 1`` without windows at the border.

    References
    ----------
    V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016, section 3.

    Examples
    --------
    >>> out_length(5, 2, 2, 0, True), out_length(5, 2, 2, 0, False)
    (2, 3)
    """
    most = max if all(isinstance(v, int) for v in (image, window, stride, pad)) else maximum
    if ignore_border:
        return most((image + 2 * pad - window) // stride + 1, 0)
    # A window begins at every stride that leaves it an element; those that only end beyond the last one are enough.
    if isinstance(stride, int) and isinstance(window, int):
        beyond = (image - 1) // stride if stride >= window else most((image - 1 - window + stride) // stride, 0)
        return beyond + 1
    wide = (image - 1) // stride
    narrow = most((image - 1 - window + stride) // stride, 0)
    return as_tensor_variable(stride >= window) * (wide - narrow) + narrow + 1


class _Windows:
    """Windows over the last axes of an array of a shape: where they lie, and what their elements are."""

    def __init__(self, shape: Lengths, window: Lengths, stride: Lengths, pad: Lengths, ignore_border: bool) -> None:
        n = len(window)
        self.window, self.stride, self.pad, self.image = window, stride, pad, tuple(shape[-n:])
        self.out = tuple(
            out_length(int(i), int(w), int(s), int(p), ignore_border)
            for i, w, s, p in zip(self.image, window, stride, pad, strict=True)
        )
        self.result = (*shape[:-n], *self.out)

    def taps(self) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """For each place in a window: which elements of an array it is, in which results."""
        axes = []
        for i, w, s, p, o in zip(self.image, self.window, self.stride, self.pad, self.out, strict=True):
            axis = []
            for r in range(min(w, i + p)):  # none of an array is farther from where a window begins
                first = max(-((r - p) // s), 0)  # the first window whose element r is none of the padding
                last = min((i - 1 - r + p) // s, o - 1)
                if last >= first:
                    start = first * s + r - p
                    axis.append((slice(start, (last - first) * s + start + 1, s), slice(first, last + 1)))
            axes.append(axis)
        for places in itertools.product(*axes):
            yield (..., *(place for place, _ in places)), (..., *(result for _, result in places))

    def counts(self, with_padding: bool) -> np.ndarray:
        """How many elements each window has, by which a mean is divided."""
        total: Any = np.ones((), dtype="int64")
        for i, w, s, p, o in zip(self.image, self.window, self.stride, self.pad, self.out, strict=True):
            starts = np.arange(o) * s - p
            low, high = (-p, i + p) if with_padding else (0, i)
            length = np.minimum(starts + w, high) - np.maximum(starts, low)
            total = np.multiply.outer(total, np.maximum(length, 1))
        return np.asarray(total)


class _Pooling(Op):
    """What the operations have in common.

    Parameters
    ----------
    ignore_border
        Whether windows that would end beyond the last element are left out.
    mode
        'max', 'sum', 'average_inc_pad' (padding counts) or 'average_exc_pad' (it does not).
    ndim
        The number of axes, the last ones, along which windows move.
    openmp
        Of old programs, without effect.

    Raises
    ------
    ValueError
        Another `mode`.
    TypeError
        `ignore_border` is neither True nor False.
    """

    __props__ = ("ignore_border", "mode", "ndim")
    #: The number of inputs of numbers, before the window, the stride and the padding.
    operands = 1

    def __init__(
        self, ignore_border: bool = False, mode: str = "max", ndim: int = 2, openmp: bool | None = None
    ) -> None:
        if mode not in _MODES:
            raise ValueError(f"Pool mode parameter only support {', '.join(_MODES)}; got {mode!r}")
        self.ignore_border, self.mode, self.ndim = truth(ignore_border, "ignore_border"), mode, int(ndim)

    def _lengths(self, value: Any, what: str) -> Any:
        """The window, a stride or a padding as a vector of int64."""
        if isinstance(value, (int, np.integer)):
            value = (value,) * self.ndim
        if isinstance(value, Variable) and value.type.ndim == 0:
            value = [value] * self.ndim
        if isinstance(value, (tuple, list)):
            if len(value) != self.ndim:
                raise ValueError(f"{self}: {what} must be {self.ndim} lengths, not {value!r}")
            value = [as_index(v, what) for v in value]
        return as_shape_vector(value, self.ndim)

    def _parameters(self, ws: Any, stride: Any, pad: Any) -> list[Any]:
        """The three vectors; ValueError or NotImplementedError for what can't be."""
        window = self._lengths(ws, "the window")
        steps = window if stride is None else self._lengths(stride, "the stride")
        padding = self._lengths(0 if pad is None else pad, "the padding")
        self.check(*(known_ints(v) or [None] * self.ndim for v in (window, steps, padding)))
        return [window, steps, padding]

    def check(self, window: Sequence[Any], stride: Sequence[Any], pad: Sequence[Any]) -> None:
        """Refuse lengths, as far as they are known, that make no sense."""
        for what, values, least in (("window", window, 1), ("stride", stride, 1), ("padding", pad, 0)):
            if any(v is not None and v < least for v in values):
                raise ValueError(f"{self}: the {what} must be {least} at least, not {tuple(values)}")
        if any(pad) and not self.ignore_border:
            raise NotImplementedError("padding works only with ignore_border=True")
        if any(p is not None and w is not None and p >= w for p, w in zip(pad, window, strict=True)):
            raise NotImplementedError(f"padding {tuple(pad)} must be smaller than the window {tuple(window)}")

    def windows(self, shape: Lengths, parameters: Sequence[Any]) -> _Windows:
        """Windows for arrays of a shape."""
        window, stride, pad = ([int(v) for v in p] for p in parameters)
        self.check(window, stride, pad)
        return _Windows(shape, window, stride, pad, self.ignore_border)

    def _like(self, x: Any, lengths: Sequence[int], what: str) -> Any:
        """An array that must have these lengths: NumPy would repeat one of a single element."""
        for axis, (own, wanted) in enumerate(zip(x.shape, lengths, strict=True)):
            if own != wanted:
                raise ValueError(f"pooling: {what} has {own} elements along axis {axis}, not {wanted}")
        return x

    def _operand(self, x: Any) -> Any:
        x = as_tensor_variable(x)
        if x.type.ndim < self.ndim:
            raise TypeError(f"{self}: {x} has {x.type.ndim} dimensions, windows move along {self.ndim}")
        return x

    def _out_lengths(self, lengths: Sequence[Any], parameters: Sequence[Any]) -> list[Any]:
        made = list(lengths[: len(lengths) - self.ndim])
        for k, n in enumerate(lengths[len(lengths) - self.ndim :]):
            window, stride, pad = (p[k] for p in parameters)
            made.append(out_length(n, window, stride, pad, self.ignore_border))
        return made

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any], ws: Any = None, ignore_border: bool = False, stride: Any = None, pad: Any = None,
        ndim: int = 2, ds: Any = None, st: Any = None, padding: Any = None,
    ) -> list[Any]:  # fmt: skip
        """The shape of the result for images of a shape; `ds`, `st` and `padding` are old names.

        Raises
        ------
        ValueError
            `imgshape` has fewer than `ndim` lengths, or a parameter another number of them.

        Examples
        --------
        >>> Pool.out_shape((8, 5, 6), (2, 2))
        [8, 3, 3]
        """
        ws, stride, pad = new_names(ws, stride, pad, ds, st, padding)
        stride = ws if stride is None else stride
        pad = (0,) * ndim if pad is None else pad
        if len(imgshape) < ndim or any(len(given) != ndim for given in (ws, stride, pad)):
            given = f"imgshape={imgshape}, ws={ws}, stride={stride}, pad={pad}"
            raise ValueError(f"out_shape: {ndim} numbers are needed, and as many axes at least: {given}")
        lengths = zip(imgshape[-ndim:], ws, stride, pad, strict=True)
        return [*imgshape[:-ndim], *(out_length(i, w, s, p, ignore_border) for i, w, s, p in lengths)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True]] * self.operands + [[False]] * 3

    def _with(self, cls: Any) -> Any:
        return cls(self.ignore_border, self.mode, self.ndim)


def _rest() -> list[Any]:
    return [disconnected() for _ in range(3)]


class Pool(_Pooling):
    """The largest elements, the sums or the means of windows; see `pool_2d`.

    Parameters
    ----------
    ignore_border, mode, ndim, openmp
        As for all of these operations: see `pool_2d`; `ndim` is the number of axes.

    Returns
    -------
    tensor
        Called with a tensor, the window, the stride and the padding: of its dtype.

    Examples
    --------
    >>> Pool(ignore_border=True)(T.matrix(), (2, 2)).ndim
    2
    """

    def make_node(self, x: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        x = self._operand(x)
        if x.type.dtype in COMPLEX and self.mode == "max":
            raise TypeError("complex numbers have no largest")
        static = [*x.type.shape[: x.type.ndim - self.ndim], *[None] * self.ndim]
        return single(self, [x, *self._parameters(ws, stride, pad)], x.type.dtype, static)

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, *parameters = inp
        w = self.windows(x.shape, parameters)
        shape = (*x.shape[: x.ndim - self.ndim], *w.out)
        if self.mode == "max":
            result = np.full(shape, _least(x.dtype))
            for place, at in w.taps():
                np.maximum(result[at], x[place], out=result[at])
        else:
            of_whole = self.mode != "sum" and x.dtype.name in DISCRETE
            # The sum of a window may be too large for the dtype that its mean has: two pixels of 255 are 254 in uint8.
            wide = "float64" if of_whole else "float32" if x.dtype == np.float16 else x.dtype
            result = np.zeros(shape, wide)
            for place, at in w.taps():
                result[at] += x[place]
            if self.mode != "sum":
                result = result / w.counts(self.mode == "average_inc_pad")
            result = np.trunc(result) if of_whole else result
        out[0][0] = np.asarray(result, dtype=x.dtype)

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        return [tuple(self._out_lengths(in_shapes[0], node.inputs[1:]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], grads: Sequence[Any]) -> list[Any]:
        x, *parameters = inputs
        if self.mode == "max":
            return [MaxPoolGrad(self.ignore_border, self.ndim)(x, outputs[0], grads[0], *parameters), *_rest()]
        return [AveragePoolGrad(self.ignore_border, self.mode, self.ndim)(x, grads[0], *parameters), *_rest()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        x, *parameters = inputs
        (direction, *_) = as_directions(self, inputs, eval_points)
        if direction is None:
            return [None]
        if self.mode == "max":
            return [MaxPoolRop(self.ignore_border, self.mode, self.ndim)(x, direction, *parameters)]
        return [self(direction, *parameters)]


def _of_third(op: Op, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Any:
    """The R-operator of an op that is linear in its third input, and whose first two only tell places."""
    x, largest, _, *parameters = inputs
    direction = as_directions(op, inputs, eval_points)[2]
    return None if direction is None else op(x, largest, direction, *parameters)


def _least(dtype: np.dtype) -> Any:
    """What is below all others."""
    if dtype.kind == "b":
        return np.False_
    return dtype.type(-np.inf) if dtype.kind == "f" else np.iinfo(dtype).min


class PoolGrad(_Pooling):
    """The base of gradients: their result is like their first input.

    Parameters
    ----------
    ignore_border, mode, ndim, openmp
        See `Pool`.

    Examples
    --------
    >>> issubclass(MaxPoolGrad, PoolGrad)
    True
    """

    def _node(self, operands: Sequence[Any], ws: Any, stride: Any, pad: Any) -> Apply:
        tensors = [self._operand(x) for x in operands]
        x = tensors[0]
        if any(t.type.ndim != x.type.ndim for t in tensors):
            raise TypeError(f"{self}: tensors of {[t.type.ndim for t in tensors]} dimensions")
        return Apply(self, [*tensors, *self._parameters(ws, stride, pad)], [x.type()])

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        return [in_shapes[0]]


class MaxPoolGrad(PoolGrad):
    """The gradient of the largest elements: each element that is as large as its window's gets that of the result.

    Parameters
    ----------
    ignore_border, ndim, openmp
        See `Pool`.

    Returns
    -------
    tensor
        Called with a tensor, its `Pool`, the gradient of that, and the window: of the shape of the first.

    Examples
    --------
    >>> x = T.constant([[1.0, 3.0]])
    >>> MaxPoolGrad(True)(x, Pool(True)(x, (1, 2)), T.constant([[5.0]]), (1, 2)).eval()
    array([[0., 5.]])
    """

    __props__ = ("ignore_border", "mode", "ndim")
    operands = 3

    def __init__(self, ignore_border: bool, ndim: int = 2, openmp: bool | None = None) -> None:
        super().__init__(ignore_border, "max", ndim)

    def make_node(self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        return self._node([x, maxout, gz], ws, stride, pad)

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, largest, g, *parameters = inp
        result, windows = np.zeros_like(x, order="C"), self.windows(x.shape, parameters)
        for value, what in ((largest, "the maximum"), (g, "its gradient")):
            self._like(value, windows.result, what)
        for place, at in windows.taps():
            result[place] += np.where(x[place] == largest[at], g[at], 0).astype(x.dtype)
        out[0][0] = result

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, largest, g, *parameters = inputs
        again = DownsampleFactorMaxGradGrad(self.ignore_border, self.mode, self.ndim)(x, largest, gs[0], *parameters)
        return [zero_gradient(x), zero_gradient(largest), as_long_as(self, "gz", g, again, x=x), *_rest()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [_of_third(self, inputs, eval_points)]


class AveragePoolGrad(PoolGrad):
    """The gradient of sums and means: each element gets its part of that of its windows.

    Parameters
    ----------
    ignore_border, mode, ndim, openmp
        See `Pool`.

    Returns
    -------
    tensor
        Called with a tensor, the gradient of its `Pool`, and the window: of the shape of the first.

    Examples
    --------
    >>> AveragePoolGrad(True, "average_inc_pad")(T.constant([[1.0, 3.0]]), T.constant([[5.0]]), (1, 2)).eval()
    array([[2.5, 2.5]])
    """

    operands = 2

    def __init__(self, ignore_border: bool, mode: str = "average_inc_pad", ndim: int = 2) -> None:
        super().__init__(ignore_border, mode, ndim)

    def make_node(
        self, x: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None, dummy: Any = None
    ) -> Apply:
        return self._node([x, gz], ws, stride, pad)

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, g, *parameters = inp
        w = self.windows(x.shape, parameters)
        g = self._like(g, w.result, "the gradient")
        share = g if self.mode == "sum" else g / w.counts(self.mode == "average_inc_pad")
        result = np.zeros_like(x, order="C")
        for place, at in w.taps():
            result[place] += share[at].astype(x.dtype)
        out[0][0] = result

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, g, *parameters = inputs
        return [zero_gradient(x), as_long_as(self, "gz", g, self._with(Pool)(gs[0], *parameters), x=x), *_rest()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        x, _, *parameters = inputs
        direction = as_directions(self, inputs, eval_points)[1]
        return [None if direction is None else self(x, direction, *parameters)]


class DownsampleFactorMaxGradGrad(_Pooling):
    """The sum, in each window, of what stands at the places of the largest elements: the gradient of `MaxPoolGrad`.

    Parameters
    ----------
    ignore_border, mode, ndim, openmp
        See `Pool`.

    Returns
    -------
    tensor
        Called with a tensor, its `Pool`, a tensor like the first, and the window: of the shape of the second.

    Examples
    --------
    >>> x = T.constant([[1.0, 3.0]])
    >>> DownsampleFactorMaxGradGrad(True)(x, Pool(True)(x, (1, 2)), T.constant([[5.0, 7.0]]), (1, 2)).eval()
    array([[7.]])
    """

    operands = 3

    def make_node(self, x: Any, maxout: Any, gz: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        x, largest, g = (self._operand(v) for v in (x, maxout, gz))
        return Apply(self, [x, largest, g, *self._parameters(ws, stride, pad)], [largest.type()])

    def perform(self, node: Apply, inp: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, largest, g, *parameters = inp
        result, windows = np.zeros_like(largest, order="C"), self.windows(x.shape, parameters)
        self._like(largest, windows.result, "the maximum")
        self._like(g, x.shape, "what is summed")
        for place, at in windows.taps():
            result[at] += np.where(x[place] == largest[at], g[place], 0).astype(largest.dtype)
        out[0][0] = result

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        return [in_shapes[1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, largest, g, *parameters = inputs
        back = MaxPoolGrad(self.ignore_border, self.ndim)(x, largest, gs[0], *parameters)
        return [zero_gradient(x), zero_gradient(largest), as_long_as(self, "ggx", g, back, x=x), *_rest()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [_of_third(self, inputs, eval_points)]


class MaxPoolRop(_Pooling):
    """The derivative of the largest elements in a direction.

    Parameters
    ----------
    ignore_border, mode, ndim, openmp
        See `Pool`.

    Returns
    -------
    tensor
        Called with a tensor, the direction, and the window: of the shape of the `Pool`.

    Examples
    --------
    >>> MaxPoolRop(True)(T.constant([[1.0, 3.0]]), T.constant([[5.0, 7.0]]), (1, 2)).eval()
    array([[7.]])
    """

    operands = 2

    def make_node(self, x: Any, eval_point: Any, ws: Any, stride: Any = None, pad: Any = None) -> Apply:
        x, direction = self._operand(x), self._operand(eval_point)
        static = [*x.type.shape[: x.type.ndim - self.ndim], *[None] * self.ndim]
        return single(self, [x, direction, *self._parameters(ws, stride, pad)], x.type.dtype, static)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, direction, *parameters = inputs
        largest = self._with(Pool)(x, *parameters)
        return [self._with(DownsampleFactorMaxGradGrad)(x, largest, direction, *parameters)]

    def infer_shape(self, node: Apply, in_shapes: Sequence[Any]) -> Shapes:
        return [tuple(self._out_lengths(in_shapes[0], node.inputs[2:]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, _, *parameters = inputs
        largest = self._with(Pool)(x, *parameters)
        return [zero_gradient(x), MaxPoolGrad(self.ignore_border, self.ndim)(x, largest, gs[0], *parameters), *_rest()]


def new_names(ws: Any, stride: Any, pad: Any, ds: Any, st: Any, padding: Any) -> tuple[Any, Any, Any]:
    found = []
    pairs = {"ws": ("ds", ws, ds), "stride": ("st", stride, st), "pad": ("padding", pad, padding)}
    for name, (old_name, new, old) in pairs.items():
        if old is not None:
            if new is not None:
                raise ValueError(f"{old_name!r} is the old name of {name!r}: give one of them")
            warn_user(f"{old_name!r} of pooling has become {name!r}")
        found.append(new if old is None else old)
    return found[0], found[1], found[2]
