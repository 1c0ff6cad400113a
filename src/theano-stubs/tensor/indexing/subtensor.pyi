# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.graph.nodes import Apply as Apply
from theano.graph.nodes import Constant as Constant
from theano.graph.op import Op as Op
from theano.graph.op import Op as _Op
from theano.scalar.user import Scalar as Scalar
from theano.scalar.user import Scalar as _Scalar
from theano.tensor import adv_index_broadcastable_pattern as adv_index_broadcastable_pattern
from theano.tensor import advanced_inc_subtensor as _advanced_boolean_inc_subtensor
from theano.tensor import advanced_inc_subtensor as advanced_inc_subtensor
from theano.tensor import advanced_set_subtensor as _advanced_boolean_set_subtensor
from theano.tensor import advanced_set_subtensor as advanced_set_subtensor
from theano.tensor import advanced_subtensor as _advanced_boolean_subtensor
from theano.tensor import advanced_subtensor as advanced_subtensor
from theano.tensor import as_index_variable as as_index_variable
from theano.tensor import check_advanced_indexing_dimensions as check_advanced_indexing_dimensions
from theano.tensor import check_and_reject_bool as check_and_reject_bool
from theano.tensor import get_idx_list as get_idx_list
from theano.tensor import inc_subtensor as inc_subtensor
from theano.tensor import make_constant as make_constant
from theano.tensor import set_subtensor as set_subtensor
from theano.tensor import take as take
from theano.tensor.checks.static_value import NotScalarConstantError as NotScalarConstantError
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor as AdvancedIncSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor as _AdvancedBooleanIncSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor as _BaseAdvancedIncSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor1 as AdvancedIncSubtensor1
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor1 as _AdvancedIncSubtensor1
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor as AdvancedSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor as _AdvancedBooleanSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor as _BaseAdvancedSubtensor
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor1 as AdvancedSubtensor1
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor1 as _AdvancedSubtensor1
from theano.tensor.making.alloc import Alloc as _Alloc
from theano.tensor.shaping.reshaping import Reshape as Reshape
from theano.tensor.shaping.shape import Shape as _Shape
from theano.tensor.variable import Binary as Binary
from theano.tensor.variable import Nary as Nary
from theano.tensor.variable import TensorVariable
from theano.tensor.variable import Ternary as Ternary

AdvancedBooleanIncSubtensor = _AdvancedBooleanIncSubtensor
class AdvancedBooleanIndexingError(TypeError):
    ...
AdvancedBooleanSubtensor = _AdvancedBooleanSubtensor
class AdvancedIndexingError(TypeError):
    ...
BaseAdvancedIncSubtensor = _BaseAdvancedIncSubtensor
BaseAdvancedSubtensor = _BaseAdvancedSubtensor
DISCRETE: _ty.Any
FULL: _ty.Any
INDEX: _Scalar
class IncSubtensor(Written):
    def __init__(self, idx_list: _Sequence[_ty.Any], inplace: bool = False, set_instead_of_inc: bool = False, destroyhandler_tolerate_aliased: _ty.Any = None) -> None: ...
    def make_node(self, x: _ty.Any, y: _ty.Any, *indices: _ty.Any) -> Apply: ...
    def out_of_place(self) -> _ty.Any: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
class Indexed(_Op):
    idx_list: tuple[_ty.Any, ...]
LONGEST: int
class Subtensor(Indexed):
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def __init__(self, idx_list: _Sequence[_ty.Any]) -> None: ...
    @staticmethod
    def collapse(idxs: _Sequence[_ty.Any], cond: _Callable[[_ty.Any], bool]) -> list[_ty.Any]: ...
    def connection_pattern(self, node: Apply) -> list[list[bool]]: ...
    def get_constant_idx(self, inputs: _Sequence[_ty.Any], allow_partial: bool = False, only_process_constants: bool = False, elemwise: bool = True) -> list[_ty.Any]: ...
    def infer_shape(self, node: Apply, shapes: _Sequence[_ty.Any]) -> _ty.Any: ...
    def known_scalar(self, node: Apply, depth: int) -> _np.ndarray | None: ...
    def known_vector(self, node: Apply, depth: int) -> tuple[_ty.Any, ...] | None: ...
    def make_node(self, x: _ty.Any, *indices: _ty.Any) -> Apply: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
    def written_back(self, node: Apply, new: _ty.Any) -> _ty.Any: ...
class Written(Indexed):
    set_instead_of_inc: bool
    inplace: bool = ...
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def R_op(self, inputs: _Sequence[_ty.Any], eval_points: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def connection_pattern(self, node: Apply) -> list[list[bool]]: ...
    def infer_shape(self, node: Apply, shapes: _Sequence[_ty.Any]) -> _ty.Any: ...
    def out_of_place(self) -> _ty.Any: ...
advanced_boolean_inc_subtensor = _advanced_boolean_inc_subtensor
advanced_boolean_set_subtensor = _advanced_boolean_set_subtensor
advanced_boolean_subtensor = _advanced_boolean_subtensor
advanced_inc_subtensor1: _AdvancedIncSubtensor1
advanced_set_subtensor1: _AdvancedIncSubtensor1
advanced_subtensor1: _AdvancedSubtensor1
alloc: _Alloc
def as_numpy_index(entry: _ty.Any) -> TensorVariable: ...
def as_written(x: _ty.Any, y: _ty.Any, target: _ty.Any) -> TensorVariable: ...
def fill_in(idx_list: _Sequence[_ty.Any], inputs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
def get_canonical_form_slice(theslice: _ty.Any, length: _ty.Any) -> tuple[_ty.Any, _ty.Any]: ...
def index_text(idx_list: _Sequence[_ty.Any]) -> str: ...
lt: Binary
def marks(idx_list: _Sequence[_ty.Any]) -> tuple[_ty.Any, ...]: ...
maximum: Nary
minimum: Nary
second: Binary
shape: _Shape
def slice_length(entry: _ty.Any, length: _ty.Any) -> TensorVariable: ...
def slice_static(entry: _ty.Any, length: int | None) -> int | None: ...
switch: Ternary
def take_apart(entries: _Sequence[_ty.Any]) -> tuple[tuple[_ty.Any, ...], list[_ty.Any]]: ...
