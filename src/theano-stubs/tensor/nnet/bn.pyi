# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compat.older_graphs import BNComposite as BNComposite
from theano.scalar.classes import Mul as _Mul
from theano.tensor import eq as eq
from theano.tensor import sqrt as sqrt
from theano.tensor.nnet import batch_normalization as batch_normalization
from theano.tensor.nnet import batch_normalization_test as batch_normalization_test
from theano.tensor.nnet import batch_normalization_train as batch_normalization_train
from theano.tensor.nnet.bn_ops import AbstractBatchNormInference as AbstractBatchNormInference
from theano.tensor.nnet.bn_ops import AbstractBatchNormTrain as AbstractBatchNormTrain
from theano.tensor.nnet.bn_ops import AbstractBatchNormTrainGrad as AbstractBatchNormTrainGrad
from theano.tensor.variable import TensorVariable

FLOAT: _ty.Any
LEAST: float
def alone(given: _Mapping[str, _ty.Any], axes: _Sequence[int]) -> TensorVariable: ...
def count(x: _ty.Any, axes: tuple[int, ...]) -> TensorVariable: ...
mul: _Mul
def tested(x: _ty.Any, scale: _ty.Any, shift: _ty.Any, center: _ty.Any, spread: _ty.Any, epsilon: _ty.Any) -> TensorVariable: ...
def trained(x: _ty.Any, scale: _ty.Any, shift: _ty.Any, axes: tuple[int, ...], epsilon: _ty.Any, factor: _ty.Any, running_mean: _ty.Any, running_var: _ty.Any) -> list[_ty.Any]: ...
