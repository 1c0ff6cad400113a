# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import foldl as foldl
from theano import foldr as foldr
from theano import map as map
from theano import reduce as reduce
from theano import scan_checkpoints as scan_checkpoints
from theano.compile.shared_variables.updates import OrderedUpdates
from theano.graph import clone_replace as _clone
from theano.scan import arguments as arguments
from theano.scan import buffer as buffer
from theano.scan import capture as capture
from theano.scan import checkpoints as checkpoints
from theano.scan import connection as connection
from theano.scan import count as count
from theano.scan import derivatives as derivatives
from theano.scan import forward as forward
from theano.scan import function as function
from theano.scan import history as history
from theano.scan import hooks as hooks
from theano.scan import identity as identity
from theano.scan import layout as layout
from theano.scan import op as op
from theano.scan import parts as parts
from theano.scan import returned as returned
from theano.scan import reverse as reverse
from theano.scan import rows as rows
from theano.scan import run as run
from theano.scan import shapes as shapes
from theano.scan import views as views
from theano.scan.op import Scan as Scan
from theano.scan.parts import Loop as Loop
from theano.scan.parts import ScanSpec as ScanSpec
from theano.scan.parts import StateSpec as StateSpec
from theano.scan.returned import until as until
from theano.tensor.variable import TensorVariable
from typing import overload

clone = _clone
@overload
def scan(fn: _Callable[..., _ty.Any], sequences: _ty.Any = None, *, outputs_info: TensorVariable, non_sequences: _ty.Any = None, n_steps: _ty.Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None, profile: _ty.Any = False, allow_gc: bool | None = None, strict: bool = False, return_list: _ty.Literal[False] = False) -> tuple[TensorVariable, OrderedUpdates]: ...
@overload
def scan(fn: _Callable[..., _ty.Any], sequences: _ty.Any = None, outputs_info: _ty.Any = None, non_sequences: _ty.Any = None, n_steps: _ty.Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None, profile: _ty.Any = False, allow_gc: bool | None = None, strict: bool = False, return_list: bool = False) -> tuple[_ty.Any, OrderedUpdates]: ...
