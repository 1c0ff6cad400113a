# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.tensor.variable import TensorVariable

def conv2d(input: _ty.Any, filters: _ty.Any, image_shape: _ty.Any = None, filter_shape: _ty.Any = None, border_mode: _ty.Any = 'valid', subsample: _ty.Any = ..., **kargs: _ty.Any) -> TensorVariable: ...
