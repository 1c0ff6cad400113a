"""Convolutions under the name of the first ones that Theano had."""

from __future__ import annotations

from typing import Any

from theano.tensor.nnet.abstract_conv import conv2d as of_today
from theano.tensor.nnet.convolution import AbstractConv2d
from theano.tensor.nnet.geometry import get_conv_output_shape, get_conv_shape_1axis

__all__ = ["ConvOp", "conv2d", "get_conv_output_shape", "get_conv_shape_1axis"]

ConvOp = AbstractConv2d


def conv2d(
    input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), **kargs: Any,
) -> Any:  # fmt: skip
    """`theano.tensor.nnet.conv2d`, with an old name for `input_shape`.

    Examples
    --------
    >>> from theano.tensor.nnet.conv import conv2d
    >>> conv2d(T.tensor4(), T.tensor4(), image_shape=(None, 1, 28, 28)).ndim
    4
    """
    return of_today(input, filters, image_shape, filter_shape, border_mode, subsample, **kargs)
