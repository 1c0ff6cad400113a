# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.signal.pool_ops import AveragePoolGrad as AveragePoolGrad
from theano.tensor.signal.pool_ops import DownsampleFactorMaxGradGrad as DownsampleFactorMaxGradGrad
from theano.tensor.signal.pool_ops import MaxPoolGrad as MaxPoolGrad
from theano.tensor.signal.pool_ops import MaxPoolRop as MaxPoolRop
from theano.tensor.signal.pool_ops import Pool as Pool
from theano.tensor.signal.pool_ops import PoolGrad as PoolGrad
from theano.tensor.variable import TensorVariable

def max_pool_2d_same_size(input: _ty.Any, patch_size: _Sequence[int]) -> TensorVariable: ...
def out_length(image: _ty.Any, window: _ty.Any, stride: _ty.Any, pad: _ty.Any, ignore_border: bool) -> _ty.Any: ...
def pool_2d(input: _ty.Any, ws: _ty.Any = None, ignore_border: bool | None = None, stride: _ty.Any = None, pad: _ty.Any = ..., mode: str = 'max', ds: _ty.Any = None, st: _ty.Any = None, padding: _ty.Any = None) -> TensorVariable: ...
def pool_3d(input: _ty.Any, ws: _ty.Any = None, ignore_border: bool | None = None, stride: _ty.Any = None, pad: _ty.Any = ..., mode: str = 'max', ds: _ty.Any = None, st: _ty.Any = None, padding: _ty.Any = None) -> TensorVariable: ...
