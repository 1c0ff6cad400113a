# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.nnet.convolution.ops import AbstractConv2d as AbstractConv2d
from theano.tensor.nnet.convolution.ops import AbstractConv2d as _AbstractConv2d

class ConvOp(_AbstractConv2d):
    outshp: _ty.Any
    fulloutshp: _ty.Any
    def __init__(self, imshp: _ty.Any = None, kshp: _ty.Any = None, nkern: int | None = None, bsize: int | None = None, dx: int = 1, dy: int = 1, output_mode: str = 'valid', unroll_batch: _ty.Any = None, unroll_kern: _ty.Any = None, unroll_patch: _ty.Any = None, imshp_logical: _ty.Any = None, kshp_logical: _ty.Any = None, kshp_logical_top_aligned: bool = True, verbose: int = 0, version: int = -1, direction_hint: str = 'forward', openmp: bool | None = None) -> None: ...
    @staticmethod
    def getOutputShape(inshp: _Sequence[_ty.Any], kshp: _Sequence[_ty.Any], stride: _Sequence[int] = ..., mode: str = 'valid') -> tuple[_ty.Any, ...]: ...
    @staticmethod
    def has_all_shape(imshp: _Sequence[_ty.Any], kshp: _Sequence[_ty.Any], nkern: _ty.Any = 1, bsize: _ty.Any = 1) -> bool: ...
def conv2d(input: _ty.Any, filters: _ty.Any, image_shape: _ty.Any = None, filter_shape: _ty.Any = None, border_mode: _ty.Any = 'valid', subsample: _ty.Any = ..., **kargs: _ty.Any) -> _ty.Any: ...
def get_conv_output_shape(image_shape: _Sequence[_ty.Any], kernel_shape: _Sequence[_ty.Any], border_mode: _ty.Any, subsample: _Sequence[_ty.Any], filter_dilation: _Sequence[_ty.Any] | None = None) -> tuple[_ty.Any, ...]: ...
def get_conv_shape_1axis(image_shape: _ty.Any, kernel_shape: _ty.Any, border_mode: _ty.Any, subsample: _ty.Any, dilation: _ty.Any = 1) -> _ty.Any: ...
