# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano import backend as backend
from theano import base as base
from theano import breakpoint as breakpoint
from theano import check as check
from theano import compile as compile
from theano import gof as gof
from theano import gradient as gradient
from theano import graph as graph
from theano import ifelse as ifelse
from theano import legacy as legacy
from theano import link as link
from theano import loops as loops
from theano import lower as lower
from theano import misc as misc
from theano import native as native
from theano import printing as printing
from theano import raise_op as raise_op
from theano import random as random
from theano import rewrite as rewrite
from theano import runtime as runtime
from theano import sandbox as sandbox
from theano import scalar as scalar
from theano import scan_module as scan_module
from theano import sparse as sparse
from theano import tensor as tensor
from theano import updates as updates
from theano import utils as utils
from theano import version as version
from theano.base.flags import TheanoConfigParser as _TheanoConfigParser
from theano.base.flags import change_flags as change_flags
from theano.compile.builders import OpFromGraph as OpFromGraph
from theano.compile.executable import Function
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
from theano.compile.ops import FromFunctionOp
from theano.compile.shared_variables.tensors import TensorSharedVariable
from theano.compile.shared_variables.updates import OrderedUpdates as OrderedUpdates
from theano.compile.shared_variables.variables import Container as Container
from theano.compile.times.profile_mode import ProfileMode as ProfileMode
from theano.compile.times.profiling import ProfileStats as ProfileStats
from theano.compile.wrap_linkers import DualLinker as DualLinker
from theano.compile.wrap_linkers import WrapLinker as WrapLinker
from theano.graph import clone_replace as _clone
from theano.graph.errors import InconsistencyError as InconsistencyError
from theano.graph.fgraph import FunctionGraph as FunctionGraph
from theano.graph.nodes import Apply as Apply
from theano.graph.nodes import Constant as Constant
from theano.graph.nodes import Variable as Variable
from theano.graph.op import Op as Op
from theano.graph.type import Generic as Generic
from theano.graph.type import Generic as _Generic
from theano.graph.type import Type as Type
from theano.legacy.graph.old_helpers import object2 as object2
from theano.printing.printers import PPrinter as _PPrinter
from theano.show.explanation.explain import Explanation
from theano.tensor.variable import TensorVariable
from typing import overload
import theano as theano
import theano.base.flag_table as _configdefaults
import theano.base.flags as _configparser
import theano.base.progress as _progress
import theano.legacy.compat as _compat
import theano.legacy.tests as _tests
import theano.legacy.typed_list as _typed_list
import theano.show.explanation as _explanation
import theano.show.graphs as _d3viz
import theano.show.notebooks as _notebooks

def Lop(f: Variable | _Sequence[Variable], wrt: Variable | _Sequence[Variable], eval_points: Variable | _Sequence[Variable], consider_constant: _Sequence[Variable] | None = None, disconnected_inputs: str = 'raise') -> _ty.Any: ...
Out = _Out
def Rop(f: Variable | _Sequence[Variable], wrt: Variable | _Sequence[Variable], eval_points: Variable | _Sequence[Variable | None], disconnected_outputs: str = 'raise', return_disconnected: str = 'zero') -> _ty.Any: ...
def WrapLinkerMany(linkers: _ty.Any, wrappers: _ty.Any) -> _ty.Any: ...
__version__: str
def as_op(itypes: _ty.Any, otypes: _ty.Any, infer_shape: _ty.Any = None) -> _Callable[[_Callable[..., _ty.Any]], FromFunctionOp]: ...
clone = _clone
compat = _compat
config: _TheanoConfigParser
configdefaults = _configdefaults
configparser = _configparser
d3viz = _d3viz
def debug_assert(condition: _ty.Any, msg: str | None = None) -> None: ...
def dot(a: _ty.Any, b: _ty.Any) -> TensorVariable: ...
def dprint(obj: _ty.Any, depth: int = -1, print_type: bool = False, file: _ty.Any = None, ids: str = 'CHAR', stop_on_name: bool = False, done: dict[_ty.Any, str] | None = None, print_storage: bool = False, print_clients: bool = False, used_ids: dict[_ty.Any, str] | None = None) -> _ty.Any: ...
def explain(f: _ty.Any, *args: _ty.Any) -> Explanation: ...
explanation = _explanation
@overload
def foldl(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: TensorVariable, non_sequences: _ty.Any = None, mode: _ty.Any = None, name: str | None = None) -> tuple[TensorVariable, OrderedUpdates]: ...
@overload
def foldl(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: _ty.Any, non_sequences: _ty.Any = None, mode: _ty.Any = None, name: str | None = None) -> tuple[_ty.Any, OrderedUpdates]: ...
@overload
def foldr(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: TensorVariable, non_sequences: _ty.Any = None, mode: _ty.Any = None, name: str | None = None) -> tuple[TensorVariable, OrderedUpdates]: ...
@overload
def foldr(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: _ty.Any, non_sequences: _ty.Any = None, mode: _ty.Any = None, name: str | None = None) -> tuple[_ty.Any, OrderedUpdates]: ...
def function(inputs: _Sequence[_ty.Any], outputs: _ty.Any = None, mode: str | Mode | None = None, updates: _ty.Any = None, givens: _ty.Any = None, no_default_updates: bool | list[_ty.Any] = False, accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None, profile: _ty.Any = None, on_unused_input: str | None = None) -> Function: ...
def function_dump(filename: str, inputs: _Sequence[_ty.Any], outputs: _ty.Any = None, mode: _ty.Any = None, updates: _ty.Any = None, givens: _ty.Any = None, no_default_updates: bool | list[_ty.Any] = False, accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None, profile: _ty.Any = None, on_unused_input: str | None = None, extra_tag_to_remove: _ty.Any = None) -> None: ...
generic: _Generic
def get_scalar_constant_value(orig_v: _ty.Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10) -> _np.ndarray: ...
@overload
def grad(cost: _ty.Any, wrt: list[_ty.Any], consider_constant: _ty.Any = None, disconnected_inputs: str = 'raise', add_names: bool = True, known_grads: _ty.Any = None, return_disconnected: str = 'zero', null_gradients: str = 'raise') -> list[TensorVariable]: ...
@overload
def grad(cost: _ty.Any, wrt: tuple[_ty.Any, ...], consider_constant: _ty.Any = None, disconnected_inputs: str = 'raise', add_names: bool = True, known_grads: _ty.Any = None, return_disconnected: str = 'zero', null_gradients: str = 'raise') -> tuple[TensorVariable, ...]: ...
@overload
def grad(cost: _ty.Any, wrt: _Sequence[_ty.Any], consider_constant: _ty.Any = None, disconnected_inputs: str = 'raise', add_names: bool = True, known_grads: _ty.Any = None, return_disconnected: str = 'zero', null_gradients: str = 'raise') -> _ty.Any: ...
@overload
def grad(cost: _ty.Any, wrt: _ty.Any, consider_constant: _ty.Any = None, disconnected_inputs: str = 'raise', add_names: bool = True, known_grads: _ty.Any = None, return_disconnected: str = 'zero', null_gradients: str = 'raise') -> TensorVariable: ...
def load_ipython_extension(shell: _ty.Any) -> None: ...
def map(fn: _Callable[..., _ty.Any], sequences: _ty.Any, non_sequences: _ty.Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None) -> tuple[_ty.Any, OrderedUpdates]: ...
notebooks = _notebooks
pp: _PPrinter
pprint = pp
predefined_linkers: _ty.Any
predefined_modes: _ty.Any
predefined_optimizers: _ty.Any
progress = _progress
@overload
def reduce(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: TensorVariable, non_sequences: _ty.Any = None, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None) -> tuple[TensorVariable, OrderedUpdates]: ...
@overload
def reduce(fn: _Callable[..., _ty.Any], sequences: _ty.Any, outputs_info: _ty.Any, non_sequences: _ty.Any = None, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None) -> tuple[_ty.Any, OrderedUpdates]: ...
@overload
def scan(fn: _Callable[..., _ty.Any], sequences: _ty.Any = None, *, outputs_info: TensorVariable, non_sequences: _ty.Any = None, n_steps: _ty.Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None, profile: _ty.Any = False, allow_gc: bool | None = None, strict: bool = False, return_list: _ty.Literal[False] = False) -> tuple[TensorVariable, OrderedUpdates]: ...
@overload
def scan(fn: _Callable[..., _ty.Any], sequences: _ty.Any = None, outputs_info: _ty.Any = None, non_sequences: _ty.Any = None, n_steps: _ty.Any = None, truncate_gradient: int = -1, go_backwards: bool = False, mode: _ty.Any = None, name: str | None = None, profile: _ty.Any = False, allow_gc: bool | None = None, strict: bool = False, return_list: bool = False) -> tuple[_ty.Any, OrderedUpdates]: ...
def scan_checkpoints(fn: _Callable[..., _ty.Any], sequences: _ty.Any = ..., outputs_info: _ty.Any = None, non_sequences: _ty.Any = ..., name: str = 'checkpointscan_fn', n_steps: _ty.Any = None, save_every_N: int = 10, padding: bool = True) -> tuple[_ty.Any, _ty.Any]: ...
@overload
def shared(value: complex | _np.ndarray | _np.generic | list[_ty.Any], name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, **kwargs: _ty.Any) -> TensorSharedVariable: ...
@overload
def shared(value: _ty.Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, **kwargs: _ty.Any) -> _ty.Any: ...
def show_versions(file: _ty.Any = None) -> None: ...
def sparse_grad(var: _ty.Any) -> _ty.Any: ...
def subgraph_grad(wrt: _Sequence[Variable], end: _Sequence[Variable], start: _Mapping[Variable, Variable] | None = None, cost: Variable | None = None, details: bool = False) -> _ty.Any: ...
def test(package: str = 'theano', verbose: bool = False) -> _ty.Any: ...
tests = _tests
typed_list = _typed_list
def unload_ipython_extension(shell: _ty.Any) -> None: ...
