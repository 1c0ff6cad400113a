# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile.shared_variables.variables import SharedVariable as SharedVariable
from theano.tensor.type import TensorType as TensorType
from theano.tensor.variable import TensorVariable
from theano.tensor.variable import _tensor_py_operators as _tensor_py_operators

class ScalarSharedVariable(TensorVariable, SharedVariable):
    ...
class TensorSharedVariable(TensorVariable, SharedVariable):
    ...
def scalar_constructor(value: _ty.Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, borrow: bool = False, target: str = 'cpu', broadcastable: _Sequence[bool] | None = None) -> _ty.Any: ...
def tensor_constructor(value: _ty.Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, borrow: bool = False, broadcastable: _Sequence[bool] | None = None, target: str = 'cpu') -> TensorSharedVariable: ...
