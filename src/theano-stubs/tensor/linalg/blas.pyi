# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.graph.nodes import Apply as Apply
from theano.graph.op import Op as Op
from theano.graph.op import Op as _Op
from theano.legacy.tensor.composed_ops import Dot22 as Dot22
from theano.legacy.tensor.composed_ops import Dot22Scalar as Dot22Scalar
from theano.tensor.linalg.blas import Gemm as _Gemm
from theano.tensor.linalg.blas import Gemv as _Gemv
from theano.tensor.linalg.blas import Ger as _Ger
from theano.tensor.linalg.dot import BatchedDot as BatchedDot
from theano.tensor.linalg.dot import BatchedDot as _BatchedDot
from theano.tensor.linalg.dot import Dot as _Dot
from theano.tensor.variable import Binary as Binary
from theano.tensor.variable import Ternary as Ternary

COMPLEX: _ty.Any
FLOAT: _ty.Any
class Gemm(_ScaledProduct):
    ...
class Gemv(_ScaledProduct):
    ...
class Ger(_Blas):
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def R_op(self, inputs: _Sequence[_ty.Any], eval_points: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def __init__(self, destructive: bool = False) -> None: ...
    def decompose(self, inputs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    @property
    def destructive(self) -> bool: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
class _Blas(_Op):
    inplace: bool
    ndims: tuple[int, ...]
    target: _ty.Any
    def __init__(self, inplace: bool = False) -> None: ...
    def infer_shape(self, node: Apply, shapes: _Sequence[_ty.Any]) -> _ty.Any: ...
    def make_node(self, *operands: _ty.Any) -> Apply: ...
    def out_of_place(self) -> _ty.Any: ...
class _ScaledProduct(_Blas):
    def L_op(self, inputs: _Sequence[_ty.Any], outputs: _Sequence[_ty.Any], gs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def R_op(self, inputs: _Sequence[_ty.Any], eval_points: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def decompose(self, inputs: _Sequence[_ty.Any]) -> list[_ty.Any]: ...
    def perform(self, node: Apply, inputs: _Sequence[_ty.Any], out: _Sequence[list[_ty.Any]]) -> None: ...
batched_dot: _BatchedDot
batched_dot_op = batched_dot
dot_op: _Dot
eq: Binary
gemm: _Gemm
gemm_inplace: _Gemm
gemm_no_inplace = gemm
gemv: _Gemv
gemv_inplace: _Gemv
gemv_no_inplace = gemv
ger: _Ger
ger_destructive: _Ger
def res_is_a(node: _ty.Any, op: _ty.Any, maxclients: int | None = None) -> bool: ...
switch: Ternary
