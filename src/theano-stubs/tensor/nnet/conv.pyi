# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.nnet.convolution import AbstractConv2d as AbstractConv2d
from theano.tensor.nnet.convolution import AbstractConv2d as ConvOp
from theano.tensor.variable import TensorVariable as TensorVariable

def conv2d(input: _ty.Any, filters: _ty.Any, image_shape: _ty.Any = None, filter_shape: _ty.Any = None, border_mode: _ty.Any = 'valid', subsample: _ty.Any = ..., **kargs: _ty.Any) -> TensorVariable: ...
def get_conv_output_shape(image_shape: _Sequence[_ty.Any], kernel_shape: _Sequence[_ty.Any], border_mode: _ty.Any, subsample: _Sequence[_ty.Any], filter_dilation: _Sequence[_ty.Any] | None = None) -> tuple[_ty.Any, ...]: ...
def get_conv_shape_1axis(image_shape: _ty.Any, kernel_shape: _ty.Any, border_mode: _ty.Any, subsample: _ty.Any, dilation: _ty.Any = 1) -> _ty.Any: ...
