# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import tensor as tensor
from theano.tensor.nnet import sigmoid_inplace as sigmoid_inplace
from theano.tensor.nnet import ultra_fast_sigmoid_inplace as ultra_fast_sigmoid_inplace
from theano.tensor.variable import TensorVariable

def transpose_inplace(x: _ty.Any, **kwargs: _ty.Any) -> TensorVariable: ...
