# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import WrapLinkerMany as WrapLinkerMany
from theano import as_op as as_op
from theano import function as function
from theano import function_dump as function_dump
from theano import shared as shared
from theano.check.debugmode import DebugMode as DebugMode
from theano.check.monitormode import MonitorMode as MonitorMode
from theano.check.nanguardmode import NanGuardMode as NanGuardMode
from theano.compile import builders as builders
from theano.compile import duplicate as duplicate
from theano.compile import errors as errors
from theano.compile import evaluate as evaluate
from theano.compile import executable as executable
from theano.compile import function_module as function_module
from theano.compile import io as io
from theano.compile import linked as linked
from theano.compile import linkers as linkers
from theano.compile import maker as maker
from theano.compile import mode as mode
from theano.compile import native as native
from theano.compile import ops as ops
from theano.compile import overwritten as overwritten
from theano.compile import perform_vm as perform_vm
from theano.compile import plan as plan
from theano.compile import rebuild as rebuild
from theano.compile import several as several
from theano.compile import shared_variables as shared_variables
from theano.compile import steps as steps
from theano.compile import times as times
from theano.compile.builders import OpFromGraph as OpFromGraph
from theano.compile.errors import AliasedMemoryError as AliasedMemoryError
from theano.compile.errors import UnusedInputError as UnusedInputError
from theano.compile.executable import Function as Function
from theano.compile.io import In as In
from theano.compile.io import Param as Param
from theano.compile.io import SymbolicInput as SymbolicInput
from theano.compile.io import SymbolicOutput as SymbolicOutput
from theano.compile.io import SymbolicOutput as _Out
from theano.compile.linkers import CLinker as CLinker
from theano.compile.linkers import Linker as Linker
from theano.compile.linkers import LocalLinker as LocalLinker
from theano.compile.linkers import OpWiseCLinker as OpWiseCLinker
from theano.compile.linkers import PerformLinker as PerformLinker
from theano.compile.linkers import VM_Linker as VM_Linker
from theano.compile.maker import FunctionMaker as FunctionMaker
from theano.compile.mode import Mode as Mode
from theano.compile.mode import Mode as _Mode
from theano.compile.ops import DeepCopyOp as DeepCopyOp
from theano.compile.ops import DeepCopyOp as _DeepCopyOp
from theano.compile.ops import FromFunctionOp as FromFunctionOp
from theano.compile.ops import OutputGuard as OutputGuard
from theano.compile.shared_variables.tensors import TensorSharedVariable as TensorSharedVariable
from theano.compile.shared_variables.updates import OrderedUpdates as OrderedUpdates
from theano.compile.shared_variables.variables import Container as Container
from theano.compile.shared_variables.variables import SharedVariable as SharedVariable
from theano.compile.times.profile_mode import ProfileMode as ProfileMode
from theano.compile.times.profiling import ProfileStats as ProfileStats
from theano.compile.times.profiling import ScanProfileStats as ScanProfileStats
from theano.compile.wrap_linkers import DualLinker as DualLinker
from theano.compile.wrap_linkers import WrapLinker as WrapLinker
from theano.gradient.identity import ViewOp as ViewOp
from theano.gradient.identity import ViewOp as _ViewOp
from theano.graph.nodes import Apply
from theano.graph.nodes import Variable as Variable
from theano.rewrite.engine.database import Database as _Database
from theano.rewrite.engine.query import Query as _Query
from theano.tensor import shape as shape
from theano.tensor import specify_shape as specify_shape
from theano.tensor.checks.declared_shapes import Rebroadcast as Rebroadcast
from theano.tensor.checks.declared_shapes import SpecifyShape as SpecifyShape
from theano.tensor.shaping.shape import Shape as Shape
from theano.tensor.shaping.shape import Shape_i as Shape_i
import theano.check.debugmode as _debugmode
import theano.check.monitormode as _monitormode
import theano.check.nanguardmode as _nanguardmode
import theano.compile.native.executor as _executor
import theano.compile.shared_variables.tensors as _tensorshared
import theano.compile.shared_variables.variables as _sharedvalue
import theano.compile.times.profile_mode as _profile_mode
import theano.compile.times.profiling as _profiling

FAST_COMPILE: _Mode
FAST_RUN: _Mode
OPT_FAST_COMPILE: _Query
OPT_FAST_RUN: _Query
OPT_FAST_RUN_STABLE: _Query
OPT_MERGE: _Query
OPT_NONE: _Query
OPT_O2: _Query
OPT_O3: _Query
OPT_STABILIZE: _Query
OPT_UNSAFE: _Query
Out = _Out
def add_clear_storage(f: _ty.Any, computed: _ty.Any, storage_map: dict[_ty.Any, list[_ty.Any]]) -> None: ...
def alias_root(v: _ty.Any) -> _ty.Any: ...
def convert_function_input(input: _ty.Any) -> _ty.Any: ...
debugmode = _debugmode
deep_copy_op: _DeepCopyOp
executor = _executor
def gc_helper(node_list: _Sequence[Apply]) -> _ty.Any: ...
def get_default_mode() -> Mode: ...
def get_mode(orig_string: str | Mode | None) -> Mode: ...
def io_connection_pattern(inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any]) -> list[list[bool]]: ...
def iter_over_pairs(pairs: _ty.Any) -> _ty.Any: ...
def map_storage(fgraph: _ty.Any, order: _Sequence[Apply], input_storage: _Sequence[_ty.Any] | None, output_storage: _Sequence[_ty.Any] | None, storage_map: dict[_ty.Any, list[_ty.Any]] | None = None) -> tuple[list[list[_ty.Any]], list[list[_ty.Any]], dict[_ty.Any, list[_ty.Any]]]: ...
monitormode = _monitormode
nanguardmode = _nanguardmode
optdb: _Database
def orig_function(inputs: _Sequence[_ty.Any], outputs: _ty.Any, mode: _ty.Any = None, accept_inplace: bool = False, name: str | None = None, profile: _ty.Any = None, on_unused_input: str | None = None, output_keys: list[str] | None = None) -> Function: ...
def pfunc(params: _Sequence[_ty.Any], outputs: _ty.Any = None, mode: _ty.Any = None, updates: _ty.Any = None, givens: _ty.Any = None, no_default_updates: bool | list[_ty.Any] = False, accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None, profile: _ty.Any = None, on_unused_input: str | None = None, output_keys: list[str] | None = None) -> Function: ...
predefined_linkers: _ty.Any
predefined_modes: _ty.Any
predefined_optimizers: _ty.Any
profile_mode = _profile_mode
profiling = _profiling
def raise_with_op(node: Apply, exc: _ty.Any, inputs: _Sequence[_ty.Any] | None = None, fgraph: _ty.Any = None, toposort_index: int | None = None) -> _ty.Any: ...
def rebuild_collect_shared(outputs: _ty.Any, inputs: _Sequence[_ty.Any] | None = None, replace: _ty.Any = None, updates: _ty.Any = None, rebuild_strict: bool = True, copy_inputs_over: bool = True, no_default_updates: bool | _Sequence[_ty.Any] = False) -> tuple[list[Variable], _ty.Any, list[_ty.Any]]: ...
def register_deep_copy_op_c_code(*args: _ty.Any, **kwargs: _ty.Any) -> None: ...
def register_linker(name: str, linker: _ty.Any) -> None: ...
def register_mode(name: str, mode: Mode) -> None: ...
def register_optimizer(name: str, opt: _ty.Any) -> None: ...
register_rebroadcast_c_code = register_deep_copy_op_c_code
register_shape_c_code = register_deep_copy_op_c_code
register_shape_i_c_code = register_deep_copy_op_c_code
register_specify_shape_c_code = register_deep_copy_op_c_code
register_view_op_c_code = register_deep_copy_op_c_code
def shared_constructor(ctor: _ty.Any, remove: bool = False) -> _ty.Any: ...
sharedvalue = _sharedvalue
def streamline(fgraph: _ty.Any, thunks: _Sequence[_Callable[[], _ty.Any]], order: _Sequence[Apply], post_thunk_old_storage: _Sequence[_Sequence[list[_ty.Any]]] | None = None, no_recycling: _ty.Any = None, nice_errors: bool = True) -> _Callable[[], None]: ...
tensorshared = _tensorshared
view_op: _ViewOp
