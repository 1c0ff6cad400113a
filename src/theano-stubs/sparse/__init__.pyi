# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.sparse.arithmetic import AddSD as AddSD
from theano.sparse.arithmetic import AddSD as _AddSD
from theano.sparse.arithmetic import AddSS as AddSS
from theano.sparse.arithmetic import AddSS as _AddSS
from theano.sparse.arithmetic import AddSSData as AddSSData
from theano.sparse.arithmetic import AddSSData as _AddSSData
from theano.sparse.arithmetic import Neg as Neg
from theano.sparse.arithmetic import Neg as _Neg
from theano.sparse.compare import EqualSD as EqualSD
from theano.sparse.compare import EqualSD as _EqualSD
from theano.sparse.compare import EqualSS as EqualSS
from theano.sparse.compare import EqualSS as _EqualSS
from theano.sparse.compare import GreaterEqualSD as GreaterEqualSD
from theano.sparse.compare import GreaterEqualSD as _GreaterEqualSD
from theano.sparse.compare import GreaterEqualSS as GreaterEqualSS
from theano.sparse.compare import GreaterEqualSS as _GreaterEqualSS
from theano.sparse.compare import GreaterThanSD as GreaterThanSD
from theano.sparse.compare import GreaterThanSD as _GreaterThanSD
from theano.sparse.compare import GreaterThanSS as GreaterThanSS
from theano.sparse.compare import GreaterThanSS as _GreaterThanSS
from theano.sparse.compare import LessEqualSD as LessEqualSD
from theano.sparse.compare import LessEqualSD as _LessEqualSD
from theano.sparse.compare import LessEqualSS as LessEqualSS
from theano.sparse.compare import LessEqualSS as _LessEqualSS
from theano.sparse.compare import LessThanSD as LessThanSD
from theano.sparse.compare import LessThanSD as _LessThanSD
from theano.sparse.compare import LessThanSS as LessThanSS
from theano.sparse.compare import LessThanSS as _LessThanSS
from theano.sparse.compare import NotEqualSD as NotEqualSD
from theano.sparse.compare import NotEqualSD as _NotEqualSD
from theano.sparse.compare import NotEqualSS as NotEqualSS
from theano.sparse.compare import NotEqualSS as _NotEqualSS
from theano.sparse.convert import Cast as Cast
from theano.sparse.convert import Cast as _Cast
from theano.sparse.convert import DenseFromSparse as DenseFromSparse
from theano.sparse.convert import DenseFromSparse as _DenseFromSparse
from theano.sparse.convert import SparseFromDense as SparseFromDense
from theano.sparse.convert import SparseFromDense as _SparseFromDense
from theano.sparse.convert import Transpose as Transpose
from theano.sparse.convert import Transpose as _Transpose
from theano.sparse.csm import CSM as CSM
from theano.sparse.csm import CSM as _CSM
from theano.sparse.csm import CSMGrad as CSMGrad
from theano.sparse.csm import CSMGrad as _csm_grad
from theano.sparse.csm import CSMProperties as CSMProperties
from theano.sparse.csm import CSMProperties as _CSMProperties
from theano.sparse.indexing import GetItem2d as GetItem2d
from theano.sparse.indexing import GetItem2d as _GetItem2d
from theano.sparse.indexing import GetItemList as GetItemList
from theano.sparse.indexing import GetItemList as _GetItemList
from theano.sparse.indexing import GetItemListGrad as GetItemListGrad
from theano.sparse.indexing import GetItemListGrad as _GetItemListGrad
from theano.sparse.multiplication import MulSD as MulSD
from theano.sparse.multiplication import MulSD as _MulSD
from theano.sparse.multiplication import MulSS as MulSS
from theano.sparse.multiplication import MulSS as _MulSS
from theano.sparse.products.dot import Dot as Dot
from theano.sparse.products.dot import StructuredDot as StructuredDot
from theano.sparse.products.dot import StructuredDotGradCSC as StructuredDotGradCSC
from theano.sparse.products.dot import StructuredDotGradCSC as _StructuredDotGradCSC
from theano.sparse.products.dot import StructuredDotGradCSR as StructuredDotGradCSR
from theano.sparse.products.dot import StructuredDotGradCSR as _StructuredDotGradCSR
from theano.sparse.products.sampled_products import SamplingDot as SamplingDot
from theano.sparse.products.sampled_products import SamplingDot as _SamplingDot
from theano.sparse.products.scaled_products import Usmm as Usmm
from theano.sparse.products.scaled_products import Usmm as _Usmm
from theano.sparse.products.true_products import TrueDot as TrueDot
from theano.sparse.scaling import ColScaleCSC as ColScaleCSC
from theano.sparse.scaling import MulSV as MulSV
from theano.sparse.scaling import MulSV as _MulSV
from theano.sparse.scaling import RowScaleCSC as RowScaleCSC
from theano.sparse.scaling import StructuredAddSV as StructuredAddSV
from theano.sparse.scaling import StructuredAddSV as _StructuredAddSV
from theano.sparse.single_elements import GetItem2Lists as GetItem2Lists
from theano.sparse.single_elements import GetItem2Lists as _GetItem2Lists
from theano.sparse.single_elements import GetItem2ListsGrad as GetItem2ListsGrad
from theano.sparse.single_elements import GetItem2ListsGrad as _GetItem2ListsGrad
from theano.sparse.single_elements import GetItemScalar as GetItemScalar
from theano.sparse.single_elements import GetItemScalar as _GetItemScalar
from theano.sparse.stacking import HStack as HStack
from theano.sparse.stacking import VStack as VStack
from theano.sparse.structure import ConstructSparseFromList as ConstructSparseFromList
from theano.sparse.structure import ConstructSparseFromList as _ConstructSparseFromList
from theano.sparse.structure import EnsureSortedIndices as EnsureSortedIndices
from theano.sparse.structure import EnsureSortedIndices as _EnsureSortedIndices
from theano.sparse.structure import Remove0 as Remove0
from theano.sparse.structure import Remove0 as _Remove0
from theano.sparse.sums import Diag as Diag
from theano.sparse.sums import Diag as _Diag
from theano.sparse.sums import SpSum as SpSum
from theano.sparse.sums import SquareDiagonal as SquareDiagonal
from theano.sparse.sums import SquareDiagonal as _SquareDiagonal
from theano.sparse.type import SparseType as SparseType
from theano.sparse.type import SparseType as _SparseType
from theano.sparse.variable import SparseConstant as SparseConstant
from theano.sparse.variable import SparseConstantSignature as SparseConstantSignature
from theano.sparse.variable import SparseVariable as SparseVariable
from theano.tensor.variable import TensorVariable

CSC: _CSM
CSR: _CSM
def add(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
add_s_d: _AddSD
add_s_s: _AddSS
add_s_s_data: _AddSSData
all_dtypes: _ty.Any
def arcsin(x: _ty.Any) -> SparseVariable: ...
def arcsinh(x: _ty.Any) -> SparseVariable: ...
def arctan(x: _ty.Any) -> SparseVariable: ...
def arctanh(x: _ty.Any) -> SparseVariable: ...
as_sparse = as_sparse_variable
def as_sparse_or_tensor_variable(x: _ty.Any, name: str | None = None) -> _ty.Any: ...
def as_sparse_variable(x: _ty.Any, name: str | None = None) -> SparseVariable: ...
bcast: _Cast
bsr_dmatrix: _SparseType
bsr_fmatrix: _SparseType
def bsr_matrix(name: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
def cast(variable: _ty.Any, dtype: _ty.Any) -> SparseVariable: ...
ccast: _Cast
def ceil(x: _ty.Any) -> SparseVariable: ...
def clean(x: _ty.Any) -> SparseVariable: ...
def col_scale(x: _ty.Any, s: _ty.Any) -> SparseVariable: ...
complex_dtypes: _ty.Any
def conj(x: _ty.Any) -> SparseVariable: ...
def constant(x: _ty.Any, name: str | None = None) -> SparseVariable: ...
construct_sparse_from_list: _ConstructSparseFromList
continuous_dtypes: _ty.Any
csc_dmatrix: _SparseType
csc_fmatrix: _SparseType
csc_from_dense: _SparseFromDense
def csc_matrix(name: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
def csm_data(csm: _ty.Any) -> TensorVariable: ...
csm_grad = _csm_grad
def csm_indices(csm: _ty.Any) -> TensorVariable: ...
def csm_indptr(csm: _ty.Any) -> TensorVariable: ...
csm_properties: _CSMProperties
def csm_shape(csm: _ty.Any) -> TensorVariable: ...
csr_dmatrix: _SparseType
csr_fmatrix: _SparseType
csr_from_dense: _SparseFromDense
def csr_matrix(name: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
dcast: _Cast
def deg2rad(x: _ty.Any) -> SparseVariable: ...
dense_from_sparse: _DenseFromSparse
diag: _Diag
discrete_dtypes: _ty.Any
def dot(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
enable_sparse: bool
ensure_sorted_indices: _EnsureSortedIndices
def eq(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
equal_s_d: _EqualSD
equal_s_s: _EqualSS
def expm1(x: _ty.Any) -> SparseVariable: ...
fcast: _Cast
float_dtypes: _ty.Any
def floor(x: _ty.Any) -> SparseVariable: ...
def ge(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
get_item_2d: _GetItem2d
get_item_2lists: _GetItem2Lists
get_item_2lists_grad: _GetItem2ListsGrad
get_item_list: _GetItemList
get_item_list_grad: _GetItemListGrad
get_item_scalar: _GetItemScalar
greater_equal_s_d: _GreaterEqualSD
greater_equal_s_s: _GreaterEqualSS
greater_than_s_d: _GreaterThanSD
greater_than_s_s: _GreaterThanSS
def gt(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
def hash_from_sparse(data: _ty.Any) -> str: ...
def hstack(blocks: _Sequence[_ty.Any], format: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
icast: _Cast
imported_scipy: bool
int_dtypes: _ty.Any
integer_dtypes: _ty.Any
def is_sparse_variable(x: _ty.Any) -> bool: ...
lcast: _Cast
def le(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
less_equal_s_d: _LessEqualSD
less_equal_s_s: _LessEqualSS
less_than_s_d: _LessThanSD
less_than_s_s: _LessThanSS
def log1p(x: _ty.Any) -> SparseVariable: ...
def lt(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
def matrix(format: str, name: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
def mul(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
mul_s_d: _MulSD
mul_s_s: _MulSS
mul_s_v: _MulSV
neg: _Neg
def neq(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
not_equal_s_d: _NotEqualSD
not_equal_s_s: _NotEqualSS
def rad2deg(x: _ty.Any) -> SparseVariable: ...
remove0: _Remove0
def rint(x: _ty.Any) -> SparseVariable: ...
def row_scale(x: _ty.Any, s: _ty.Any) -> SparseVariable: ...
sampling_dot: _SamplingDot
sdg_csc: _StructuredDotGradCSC
sdg_csr: _StructuredDotGradCSR
def sgn(x: _ty.Any) -> SparseVariable: ...
def sin(x: _ty.Any) -> SparseVariable: ...
def sinh(x: _ty.Any) -> SparseVariable: ...
def sp_ones_like(x: _ty.Any) -> SparseVariable: ...
def sp_sum(x: _ty.Any, axis: int | None = None, sparse_grad: bool = False) -> _ty.Any: ...
def sp_zeros_like(x: _ty.Any) -> SparseVariable: ...
sparse_formats: _ty.Any
def sparse_random_inputs(format: str, shape: tuple[int, int], n: int = 1, out_dtype: _ty.Any = None, p: float = 0.5, gap: _Sequence[float] | None = None, explicit_zero: bool = False, unsorted_indices: bool = False) -> tuple[list[_ty.Any], list[_ty.Any]]: ...
def sqr(x: _ty.Any) -> SparseVariable: ...
def sqrt(x: _ty.Any) -> SparseVariable: ...
square_diagonal: _SquareDiagonal
def structured_add(x: _ty.Any) -> SparseVariable: ...
structured_add_s_v: _StructuredAddSV
def structured_dot(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
def structured_dot_grad(sparse_A: _ty.Any, dense_B: _ty.Any, ga: _ty.Any) -> _ty.Any: ...
def structured_exp(x: _ty.Any) -> SparseVariable: ...
def structured_log(x: _ty.Any) -> SparseVariable: ...
def structured_maximum(x: _ty.Any, y: _ty.Any) -> SparseVariable: ...
def structured_minimum(x: _ty.Any, y: _ty.Any) -> SparseVariable: ...
def structured_monoid(tensor_op: _Callable[..., _ty.Any]) -> _Callable[[_Callable[..., _ty.Any]], _Callable[..., _ty.Any]]: ...
def structured_pow(x: _ty.Any, y: _ty.Any) -> SparseVariable: ...
def structured_sigmoid(x: _ty.Any) -> SparseVariable: ...
def sub(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
def tan(x: _ty.Any) -> SparseVariable: ...
def tanh(x: _ty.Any) -> SparseVariable: ...
transpose: _Transpose
def true_dot(x: _ty.Any, y: _ty.Any, grad_preserves_dense: bool = True) -> _ty.Any: ...
def trunc(x: _ty.Any) -> SparseVariable: ...
uint_dtypes: _ty.Any
usmm: _Usmm
def vstack(blocks: _Sequence[_ty.Any], format: str | None = None, dtype: _ty.Any = None) -> SparseVariable: ...
wcast: _Cast
zcast: _Cast
from theano.sparse import basic as basic
from theano.sparse import opt as opt
from theano.sparse import sandbox as sandbox
from theano.sparse import sharedvar as sharedvar
from theano.sparse import utils as utils
