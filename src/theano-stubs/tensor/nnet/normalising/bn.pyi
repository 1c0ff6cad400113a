# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.legacy.compat.older_graphs import BNComposite as BNComposite
from theano.legacy.nnet.bn_ops import AbstractBatchNormInference as AbstractBatchNormInference
from theano.legacy.nnet.bn_ops import AbstractBatchNormTrain as AbstractBatchNormTrain
from theano.legacy.nnet.bn_ops import AbstractBatchNormTrainGrad as AbstractBatchNormTrainGrad
from theano.legacy.scalar.classes import Mul as _Mul
from theano.tensor.nnet import batch_normalization as batch_normalization
from theano.tensor.nnet import batch_normalization_test as batch_normalization_test
from theano.tensor.nnet import batch_normalization_train as batch_normalization_train
from theano.tensor.variable import Binary as Binary
from theano.tensor.variable import TensorVariable
from theano.tensor.variable import Unary as Unary

FLOAT: _ty.Any
LEAST: float
def alone(given: _Mapping[str, _ty.Any], axes: _Sequence[int]) -> TensorVariable: ...
def count(x: _ty.Any, axes: tuple[int, ...]) -> TensorVariable: ...
eq: Binary
def in_float32(x: _ty.Any) -> TensorVariable: ...
mul: _Mul
sqrt: Unary
tensor_copy: Unary
def tested(x: _ty.Any, scale: _ty.Any, shift: _ty.Any, center: _ty.Any, spread: _ty.Any, epsilon: _ty.Any) -> TensorVariable: ...
def trained(x: _ty.Any, scale: _ty.Any, shift: _ty.Any, axes: tuple[int, ...], epsilon: _ty.Any, factor: _ty.Any, running_mean: _ty.Any, running_var: _ty.Any) -> list[_ty.Any]: ...
