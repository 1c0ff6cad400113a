# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import function as function
from theano import function_dump as function_dump
from theano.compile import pfunc as pfunc
from theano.compile.errors import UnusedInputError as UnusedInputError
from theano.compile.executable import Function as Function
from theano.compile.function import types as types
from theano.compile.io import In as In
from theano.compile.sharedvalue import SharedVariable as SharedVariable
from theano.graph.nodes import Variable as Variable

def line_of_caller() -> str: ...
