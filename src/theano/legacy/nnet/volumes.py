"""Convolutions of volumes under their oldest names: channels come last, kernels are not turned around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.common_text import fill
from theano.tensor.checks.shape_agreement import Condition, all_fitting
from theano.tensor.nnet.convolution.functions import conv3d, conv3d_grad_wrt_inputs, conv3d_grad_wrt_weights
from theano.tensor.nnet.convolution.geometry import get_conv_output_shape
from theano.tensor.nnet.convolution.shape_checks import has_room
from theano.tensor.pointwise.math import eq
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = ["Conv3D", "ConvGrad3D", "ConvTransp3D", "conv3D", "convGrad3D", "convTransp3D"]

_CHANNELS_FIRST, _CHANNELS_LAST = (0, 4, 1, 2, 3), (0, 2, 3, 4, 1)


def _first(x: Any) -> Any:
    return dimshuffle(as_tensor_variable(x), _CHANNELS_FIRST)


def _strides(d: Any, what: str) -> tuple[int, int, int]:
    if not isinstance(d, Sequence) or len(d) != 3 or not all(isinstance(n, int) for n in d):
        text = "the distances must be known, three Python integers like (1, 1, 1)"
        raise NotImplementedError(f"{what}: {text}; got {d!r}")
    return (d[0], d[1], d[2])


def _ranks(what: str, **given: tuple[Any, int]) -> None:
    """TypeError unless each argument has as many dimensions as it must."""
    if any(v.type.ndim != ndim for v, ndim in given.values()):
        wanted = ", ".join(f"{name} {ndim}" for name, (_, ndim) in given.items())
        got = ", ".join(f"{name} has {v.type.ndim}" for name, (v, _) in given.items())
        raise TypeError(f"{what}: these dimensions are needed: {wanted}; {got}")


def _seen(H: Any, of_volumes: Sequence[Any], of_kernels: Sequence[Any], strides: Sequence[int], why: str) -> Any:
    """That `H` has the rows, columns and times that kernels make of volumes."""
    made = get_conv_output_shape((None, None, *of_volumes), (None, None, *of_kernels), "valid", strides)[2:]
    return [(eq(shape_i(H, k), n), why, ValueError) for k, n in enumerate(made, 1)]


class Conv3D:
    """``H[n, r, c, t, j] = b[j] + sum(W[j, k, l, m, z] * V[n, d[0] r + k, d[1] c + l, d[2] t + m, z])``.

    Parameters
    ----------
    V, W, b, d
        What it is called with: volumes (volume, row, column, time, channel), kernels (kernel, row, column, time,
        channel), a vector with a number for each kernel, and three Python integers.

    Returns
    -------
    5-d tensor
        H: (volume, row, column, time, kernel).

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    NotImplementedError
        `d` is no sequence of three Python integers.
    ValueError
        When it runs: shapes don't fit.

    Examples
    --------
    >>> from theano.legacy.nnet.volumes import conv3D
    >>> V, W = np.arange(8.0).reshape(1, 2, 2, 2, 1), np.ones((1, 2, 2, 2, 1))
    >>> conv3D(V, W, [0.5], (1, 1, 1)).eval()
    array([[[[[28.5]]]]])
    """

    def __call__(self, V: Any, W: Any, b: Any, d: Any) -> Any:
        """Volumes seen through kernels.

        Parameters
        ----------
        V
            (volume, row, column, time, channel).
        W
            (kernel, row, column, time, channel).
        b
            A number for each kernel, which is added.
        d
            How far to go between results, for rows, columns and times: three Python integers.

        Raises
        ------
        NotImplementedError
            `d` is no sequence of three Python integers.
        """
        V, W, b = (as_tensor_variable(v) for v in (V, W, b))
        strides = _strides(d, "conv3D")
        _ranks("conv3D", V=(V, 5), W=(W, 5), b=(b, 1))
        required = has_room(shape_tuple(V)[1:4], shape_tuple(W)[1:4], "valid", strides)
        sides = {"V": (V, ["", "", "", "", "z"]), "W": (W, ["j", "", "", "", "z"]), "b": (b, ["j"])}
        V, W, b = all_fitting("conv3D", sides, required)
        made = conv3d(_first(V), _first(W), subsample=strides, filter_flip=False)
        return dimshuffle(made, _CHANNELS_LAST) + b


class ConvGrad3D:
    """The gradient of `Conv3D` with respect to its kernels.

    Parameters
    ----------
    V, d, WShape, dCdH
        What it is called with: volumes and distances as for `Conv3D`, the shape of kernels, and the gradient of the
        result.

    Returns
    -------
    5-d tensor
        Of `WShape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        When it runs: shapes don't fit.
    NotImplementedError
        `d` is no sequence of three Python integers.

    Examples
    --------
    >>> from theano.legacy.nnet.volumes import convGrad3D
    >>> V, g = np.ones((1, 3, 3, 3, 2)), np.ones((1, 2, 2, 2, 4))
    >>> convGrad3D(V, (1, 1, 1), (4, 2, 2, 2, 2), g).eval().shape
    (4, 2, 2, 2, 2)
    """

    def __call__(self, V: Any, d: Any, WShape: Any, dCdH: Any) -> Any:
        """The gradient of a cost with respect to `W`.

        Parameters
        ----------
        V, d
            See `Conv3D`.
        WShape
            The shape of `W`.
        dCdH
            The gradient of the cost with respect to the results.

        Raises
        ------
        NotImplementedError
            `d` is no sequence of three Python integers.
        """
        V, dCdH = as_tensor_variable(V), as_tensor_variable(dCdH)
        strides = _strides(d, "convGrad3D")
        _ranks("convGrad3D", V=(V, 5), dCdH=(dCdH, 5))
        shape = [WShape[k] for k in _CHANNELS_FIRST]
        required: list[Condition] = [
            (eq(shape_i(dCdH, 4), shape[0]), "dCdH has a channel for each of WShape[0]", ValueError),
            (eq(shape_i(V, 4), shape[1]), "V has WShape[4] channels", ValueError),
        ]
        required += has_room(shape_tuple(V)[1:4], shape[2:], "valid", strides)
        wrong = "dCdH has not the lengths that kernels of WShape make of V"
        required += _seen(dCdH, shape_tuple(V)[1:4], shape[2:], strides, wrong)
        sides = {"V": (V, ["n", "", "", "", ""]), "dCdH": (dCdH, ["n", "", "", "", ""])}
        V, dCdH = all_fitting("convGrad3D", sides, required)
        made = conv3d_grad_wrt_weights(_first(V), _first(dCdH), shape, subsample=strides, filter_flip=False)
        return dimshuffle(made, _CHANNELS_LAST)


class ConvTransp3D:
    """What `Conv3D` is when it is transposed: its gradient with respect to volumes, and `b`.

    Parameters
    ----------
    W, b, d, H, RShape
        What it is called with: kernels and distances as for `Conv3D`, a vector with a number for each channel, what was
        seen, and three lengths.

    Returns
    -------
    5-d tensor
        (volume, row, column, time, channel).

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    NotImplementedError
        `d` is no sequence of three Python integers.
    ValueError
        When it runs: shapes don't fit.

    Examples
    --------
    >>> from theano.legacy.nnet.volumes import convTransp3D
    >>> W, H = np.ones((4, 2, 2, 2, 2)), np.ones((1, 2, 2, 2, 4))
    >>> convTransp3D(W, np.zeros(2), (1, 1, 1), H).eval().shape
    (1, 3, 3, 3, 2)
    """

    def __call__(self, W: Any, b: Any, d: Any, H: Any, RShape: Any = None) -> Any:
        """Volumes of which `H` is seen through `W`.

        Parameters
        ----------
        W, d
            See `Conv3D`.
        b
            A number for each channel, which is added.
        H
            (volume, row, column, time, kernel).
        RShape
            Three lengths, of rows, columns and times of the result; default: the least that there may be.

        Raises
        ------
        NotImplementedError
            `d` is no sequence of three Python integers.
        """
        W, b, H = (as_tensor_variable(v) for v in (W, b, H))
        strides = _strides(d, "convTransp3D")
        _ranks("convTransp3D", W=(W, 5), b=(b, 1), H=(H, 5))
        sides = {"W": (W, ["j", "", "", "", "z"]), "b": (b, ["z"]), "H": (H, ["", "", "", "", "j"])}
        least = [(shape_i(H, k + 1) - 1) * strides[k] + shape_i(W, k + 1) for k in range(3)]
        lengths = least if RShape is None else [RShape[k] for k in range(3)]
        required: list[Condition] = []
        if RShape is not None:
            required = _seen(H, lengths, shape_tuple(W)[1:4], strides, "H has not the lengths that W makes of RShape")
        W, b, H = all_fitting("convTransp3D", sides, required)
        kernels, seen = _first(W), _first(H)
        shape = [seen.shape[0], kernels.shape[1], *lengths]
        made = conv3d_grad_wrt_inputs(seen, kernels, shape, subsample=strides, filter_flip=False)
        return dimshuffle(made, _CHANNELS_LAST) + b


conv3D = Conv3D()
convGrad3D = ConvGrad3D()
convTransp3D = ConvTransp3D()


fill(globals())
