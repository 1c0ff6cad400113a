# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.base.flags import TheanoConfigParser as _TheanoConfigParser
from theano.graph.nodes import Apply as Apply
from theano.graph.op import Op as Op
from theano.graph.op import Op as _Op
from theano.legacy.tensor.composed_ops import Bartlett as Bartlett
from theano.legacy.tensor.composed_ops import Bartlett as _Bartlett
from theano.legacy.tensor.composed_ops import CumprodOp as CumprodOp
from theano.legacy.tensor.composed_ops import CumsumOp as CumsumOp
from theano.legacy.tensor.composed_ops import DiffOp as DiffOp
from theano.legacy.tensor.composed_ops import FillDiagonal as FillDiagonal
from theano.legacy.tensor.composed_ops import FillDiagonal as _FillDiagonal
from theano.legacy.tensor.composed_ops import FillDiagonalOffset as FillDiagonalOffset
from theano.legacy.tensor.composed_ops import FillDiagonalOffset as _FillDiagonalOffset
from theano.legacy.tensor.composed_ops import RavelMultiIndex as RavelMultiIndex
from theano.legacy.tensor.composed_ops import UnravelIndex as UnravelIndex
from theano.tensor import bartlett as bartlett
from theano.tensor import bincount as bincount
from theano.tensor import compress as compress
from theano.tensor import cumprod as cumprod
from theano.tensor import cumsum as cumsum
from theano.tensor import diff as diff
from theano.tensor import fill_diagonal as fill_diagonal
from theano.tensor import fill_diagonal_offset as fill_diagonal_offset
from theano.tensor import ravel_multi_index as ravel_multi_index
from theano.tensor import repeat as repeat
from theano.tensor import searchsorted as searchsorted
from theano.tensor import squeeze as squeeze
from theano.tensor import to_one_hot as to_one_hot
from theano.tensor import unravel_index as unravel_index
from theano.tensor.checks.assertion import Assert as Assert
from theano.tensor.making.alloc import Alloc as _Alloc
from theano.tensor.pointwise.extra_ops import CpuContiguous as _CpuContiguous
from theano.tensor.reductions.cumulative import CumOp as CumOp
from theano.tensor.shaping.shape import Shape as _Shape
from theano.tensor.sorting.ordered import SearchsortedOp as SearchsortedOp
from theano.tensor.sorting.ordered import Unique as Unique
from theano.tensor.variable import Binary as Binary
from theano.tensor.variable import Nary as Nary

class CpuContiguous(_Op):
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def R_op(self, inputs: _Sequence[_ty.Any], eval_points: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def infer_shape(self, node: Apply, shapes: _Sequence[_ty.Any]) -> _ty.Any: ...
    def make_node(self, x: _ty.Any) -> Apply: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
INTEGER: _ty.Any
class RepeatOp(_Op):
    axis: _ty.Any
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def __init__(self, axis: int | None = None) -> None: ...
    def connection_pattern(self, node: Apply) -> list[list[bool]]: ...
    def infer_shape(self, node: Apply, shapes: _Sequence[_ty.Any]) -> _ty.Any: ...
    def make_node(self, x: _ty.Any, repeats: _ty.Any) -> Apply: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
alloc: _Alloc
bartlett_: _Bartlett
config: _TheanoConfigParser
cpu_contiguous: _CpuContiguous
fill_diagonal_: _FillDiagonal
fill_diagonal_offset_: _FillDiagonalOffset
ge: Binary
maximum: Nary
shape: _Shape
