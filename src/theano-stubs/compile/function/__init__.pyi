# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import function as function
from theano import function_dump as function_dump
from theano.compile.errors import UnusedInputError as UnusedInputError
from theano.compile.executable import Function as Function
from theano.compile.function import types as types
from theano.compile.io import In as In
from theano.compile.shared_variables.variables import SharedVariable as SharedVariable
from theano.graph.nodes import Variable as Variable

def line_of_caller() -> str: ...
def pfunc(params: _Sequence[_ty.Any], outputs: _ty.Any = None, mode: _ty.Any = None, updates: _ty.Any = None, givens: _ty.Any = None, no_default_updates: bool | list[_ty.Any] = False, accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None, profile: _ty.Any = None, on_unused_input: str | None = None, output_keys: list[str] | None = None) -> Function: ...
