# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.compile.shared_variables.variables import SharedVariable as SharedVariable
from theano.compile.shared_variables.variables import SharedVariable as _SharedVariable
from theano.tensor.random.base import RandomStreamsBase as RandomStreamsBase
from theano.tensor.random.base import RandomStreamsBase as _RandomStreamsBase
from theano.tensor.random.state import RandomStateType as _RandomStateType
from theano.tensor.variable import TensorVariable

class RandomStateSharedVariable(_SharedVariable):
    ...
class RandomStreams(_RandomStreamsBase):
    state_updates: _ty.Any
    default_instance_seed: _ty.Any
    gen_seedgen: _ty.Any
    def __getitem__(self, item: _ty.Any) -> _ty.Any: ...
    def __init__(self, seed: int | None = None) -> None: ...
    def gen(self, op: _ty.Any, *args: _ty.Any, **kwargs: _ty.Any) -> TensorVariable: ...
    def seed(self, seed: int | None = None) -> None: ...
    def updates(self) -> list[tuple[_ty.Any, _ty.Any]]: ...
TYPE_CHECKING: bool
random_state_type: _RandomStateType
def randomstate_constructor(value: _ty.Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, borrow: bool = False) -> _ty.Any: ...
