# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.base.flags import TheanoConfigParser as _TheanoConfigParser
from theano.graph.fgraph import FunctionGraph as FunctionGraph
from theano.graph.nodes import Apply as Apply
from theano.graph.nodes import Constant as Constant
from theano.graph.nodes import Variable as Variable
from theano.graph.null_type import DisconnectedType as DisconnectedType
from theano.graph.op import Op as Op
from theano.graph.type import Type as Type
from theano.legacy.scalar.classes import AND as AND
from theano.legacy.scalar.classes import AND as _AND
from theano.legacy.scalar.classes import Abs as Abs
from theano.legacy.scalar.classes import Abs as _Abs
from theano.legacy.scalar.classes import Add as Add
from theano.legacy.scalar.classes import Angle as Angle
from theano.legacy.scalar.classes import Angle as _Angle
from theano.legacy.scalar.classes import ArcCos as ArcCos
from theano.legacy.scalar.classes import ArcCos as _ArcCos
from theano.legacy.scalar.classes import ArcCosh as ArcCosh
from theano.legacy.scalar.classes import ArcCosh as _ArcCosh
from theano.legacy.scalar.classes import ArcSin as ArcSin
from theano.legacy.scalar.classes import ArcSin as _ArcSin
from theano.legacy.scalar.classes import ArcSinh as ArcSinh
from theano.legacy.scalar.classes import ArcSinh as _ArcSinh
from theano.legacy.scalar.classes import ArcTan as ArcTan
from theano.legacy.scalar.classes import ArcTan as _ArcTan
from theano.legacy.scalar.classes import ArcTan2 as ArcTan2
from theano.legacy.scalar.classes import ArcTan2 as _ArcTan2
from theano.legacy.scalar.classes import ArcTanh as ArcTanh
from theano.legacy.scalar.classes import ArcTanh as _ArcTanh
from theano.legacy.scalar.classes import BinaryBitOp as BinaryBitOp
from theano.legacy.scalar.classes import Cast as Cast
from theano.legacy.scalar.classes import Cast as _Cast
from theano.legacy.scalar.classes import Ceil as Ceil
from theano.legacy.scalar.classes import Ceil as _Ceil
from theano.legacy.scalar.classes import Chi2SF as Chi2SF
from theano.legacy.scalar.classes import Chi2SF as _Chi2SF
from theano.legacy.scalar.classes import Clip as Clip
from theano.legacy.scalar.classes import Clip as _Clip
from theano.legacy.scalar.classes import Complex as Complex
from theano.legacy.scalar.classes import Complex as _Complex
from theano.legacy.scalar.classes import ComplexFromPolar as ComplexFromPolar
from theano.legacy.scalar.classes import ComplexFromPolar as _ComplexFromPolar
from theano.legacy.scalar.classes import Conj as Conj
from theano.legacy.scalar.classes import Cos as Cos
from theano.legacy.scalar.classes import Cos as _Cos
from theano.legacy.scalar.classes import Cosh as Cosh
from theano.legacy.scalar.classes import Cosh as _Cosh
from theano.legacy.scalar.classes import Deg2Rad as Deg2Rad
from theano.legacy.scalar.classes import Deg2Rad as _Deg2Rad
from theano.legacy.scalar.classes import EQ as EQ
from theano.legacy.scalar.classes import EQ as _EQ
from theano.legacy.scalar.classes import Erf as Erf
from theano.legacy.scalar.classes import Erf as _Erf
from theano.legacy.scalar.classes import Erfc as Erfc
from theano.legacy.scalar.classes import Erfc as _Erfc
from theano.legacy.scalar.classes import Erfcinv as Erfcinv
from theano.legacy.scalar.classes import Erfcinv as _Erfcinv
from theano.legacy.scalar.classes import Erfcx as Erfcx
from theano.legacy.scalar.classes import Erfcx as _Erfcx
from theano.legacy.scalar.classes import Erfinv as Erfinv
from theano.legacy.scalar.classes import Erfinv as _Erfinv
from theano.legacy.scalar.classes import Exp as Exp
from theano.legacy.scalar.classes import Exp as _Exp
from theano.legacy.scalar.classes import Exp2 as Exp2
from theano.legacy.scalar.classes import Exp2 as _Exp2
from theano.legacy.scalar.classes import Expm1 as Expm1
from theano.legacy.scalar.classes import Expm1 as _Expm1
from theano.legacy.scalar.classes import FixedLogicalComparison as FixedLogicalComparison
from theano.legacy.scalar.classes import Floor as Floor
from theano.legacy.scalar.classes import Floor as _Floor
from theano.legacy.scalar.classes import GE as GE
from theano.legacy.scalar.classes import GE as _GE
from theano.legacy.scalar.classes import GT as GT
from theano.legacy.scalar.classes import GT as _GT
from theano.legacy.scalar.classes import Gamma as Gamma
from theano.legacy.scalar.classes import Gamma as _Gamma
from theano.legacy.scalar.classes import GammaInc as GammaInc
from theano.legacy.scalar.classes import GammaInc as _GammaInc
from theano.legacy.scalar.classes import GammaIncC as GammaIncC
from theano.legacy.scalar.classes import GammaIncC as _GammaIncC
from theano.legacy.scalar.classes import GammaL as GammaL
from theano.legacy.scalar.classes import GammaL as _GammaL
from theano.legacy.scalar.classes import GammaLn as GammaLn
from theano.legacy.scalar.classes import GammaLn as _GammaLn
from theano.legacy.scalar.classes import GammaU as GammaU
from theano.legacy.scalar.classes import GammaU as _GammaU
from theano.legacy.scalar.classes import I0 as I0
from theano.legacy.scalar.classes import I0 as _I0
from theano.legacy.scalar.classes import I1 as I1
from theano.legacy.scalar.classes import I1 as _I1
from theano.legacy.scalar.classes import Identity as Identity
from theano.legacy.scalar.classes import Identity as _Identity
from theano.legacy.scalar.classes import Imag as Imag
from theano.legacy.scalar.classes import Imag as _Imag
from theano.legacy.scalar.classes import InRange as InRange
from theano.legacy.scalar.classes import InRange as _InRange
from theano.legacy.scalar.classes import IntDiv as IntDiv
from theano.legacy.scalar.classes import IntDiv as _IntDiv
from theano.legacy.scalar.classes import Inv as Inv
from theano.legacy.scalar.classes import Inv as _Inv
from theano.legacy.scalar.classes import Invert as Invert
from theano.legacy.scalar.classes import Invert as _Invert
from theano.legacy.scalar.classes import IsInf as IsInf
from theano.legacy.scalar.classes import IsInf as _IsInf
from theano.legacy.scalar.classes import IsNan as IsNan
from theano.legacy.scalar.classes import IsNan as _IsNan
from theano.legacy.scalar.classes import Iv as Iv
from theano.legacy.scalar.classes import Iv as _Iv
from theano.legacy.scalar.classes import J0 as J0
from theano.legacy.scalar.classes import J0 as _J0
from theano.legacy.scalar.classes import J1 as J1
from theano.legacy.scalar.classes import J1 as _J1
from theano.legacy.scalar.classes import Jv as Jv
from theano.legacy.scalar.classes import Jv as _Jv
from theano.legacy.scalar.classes import LE as LE
from theano.legacy.scalar.classes import LE as _LE
from theano.legacy.scalar.classes import LT as LT
from theano.legacy.scalar.classes import LT as _LT
from theano.legacy.scalar.classes import Log as Log
from theano.legacy.scalar.classes import Log as _Log
from theano.legacy.scalar.classes import Log10 as Log10
from theano.legacy.scalar.classes import Log10 as _Log10
from theano.legacy.scalar.classes import Log1p as Log1p
from theano.legacy.scalar.classes import Log1p as _Log1p
from theano.legacy.scalar.classes import Log2 as Log2
from theano.legacy.scalar.classes import Log2 as _Log2
from theano.legacy.scalar.classes import LogicalComparison as LogicalComparison
from theano.legacy.scalar.classes import Maximum as Maximum
from theano.legacy.scalar.classes import Maximum as _Maximum
from theano.legacy.scalar.classes import Minimum as Minimum
from theano.legacy.scalar.classes import Minimum as _Minimum
from theano.legacy.scalar.classes import Mod as Mod
from theano.legacy.scalar.classes import Mod as _Mod
from theano.legacy.scalar.classes import Mul as Mul
from theano.legacy.scalar.classes import NEQ as NEQ
from theano.legacy.scalar.classes import NEQ as _NEQ
from theano.legacy.scalar.classes import Neg as Neg
from theano.legacy.scalar.classes import Neg as _Neg
from theano.legacy.scalar.classes import OR as OR
from theano.legacy.scalar.classes import OR as _OR
from theano.legacy.scalar.classes import Pow as Pow
from theano.legacy.scalar.classes import Pow as _Pow
from theano.legacy.scalar.classes import Psi as Psi
from theano.legacy.scalar.classes import Psi as _Psi
from theano.legacy.scalar.classes import Rad2Deg as Rad2Deg
from theano.legacy.scalar.classes import Rad2Deg as _Rad2Deg
from theano.legacy.scalar.classes import Real as Real
from theano.legacy.scalar.classes import RoundHalfAwayFromZero as RoundHalfAwayFromZero
from theano.legacy.scalar.classes import RoundHalfAwayFromZero as _RoundHalfAwayFromZero
from theano.legacy.scalar.classes import RoundHalfToEven as RoundHalfToEven
from theano.legacy.scalar.classes import RoundHalfToEven as _RoundHalfToEven
from theano.legacy.scalar.classes import ScalarSigmoid as ScalarSigmoid
from theano.legacy.scalar.classes import ScalarSigmoid as _ScalarSigmoid
from theano.legacy.scalar.classes import ScalarSoftplus as ScalarSoftplus
from theano.legacy.scalar.classes import ScalarSoftplus as _ScalarSoftplus
from theano.legacy.scalar.classes import ScalarSoftsign as ScalarSoftsign
from theano.legacy.scalar.classes import ScalarSoftsign as _ScalarSoftsign
from theano.legacy.scalar.classes import Second as Second
from theano.legacy.scalar.classes import Sgn as Sgn
from theano.legacy.scalar.classes import Sgn as _Sgn
from theano.legacy.scalar.classes import Sin as Sin
from theano.legacy.scalar.classes import Sin as _Sin
from theano.legacy.scalar.classes import Sinh as Sinh
from theano.legacy.scalar.classes import Sinh as _Sinh
from theano.legacy.scalar.classes import Sqr as Sqr
from theano.legacy.scalar.classes import Sqr as _Sqr
from theano.legacy.scalar.classes import Sqrt as Sqrt
from theano.legacy.scalar.classes import Sqrt as _Sqrt
from theano.legacy.scalar.classes import Sub as Sub
from theano.legacy.scalar.classes import Sub as _Sub
from theano.legacy.scalar.classes import Switch as Switch
from theano.legacy.scalar.classes import Switch as _Switch
from theano.legacy.scalar.classes import Tan as Tan
from theano.legacy.scalar.classes import Tan as _Tan
from theano.legacy.scalar.classes import Tanh as Tanh
from theano.legacy.scalar.classes import Tanh as _Tanh
from theano.legacy.scalar.classes import TriGamma as TriGamma
from theano.legacy.scalar.classes import TriGamma as _TriGamma
from theano.legacy.scalar.classes import TrueDiv as TrueDiv
from theano.legacy.scalar.classes import TrueDiv as _TrueDiv
from theano.legacy.scalar.classes import Trunc as Trunc
from theano.legacy.scalar.classes import Trunc as _Trunc
from theano.legacy.scalar.classes import UltraFastScalarSigmoid as UltraFastScalarSigmoid
from theano.legacy.scalar.classes import UltraFastScalarSigmoid as _UltraFastScalarSigmoid
from theano.legacy.scalar.classes import UnaryBitOp as UnaryBitOp
from theano.legacy.scalar.classes import XOR as XOR
from theano.legacy.scalar.classes import XOR as _XOR
from theano.legacy.scalar.classes import XlogX as XlogX
from theano.legacy.scalar.classes import XlogX as _XlogX
from theano.legacy.scalar.classes import XlogY0 as XlogY0
from theano.legacy.scalar.classes import XlogY0 as _XlogY0
from theano.legacy.scalar.preferences import specific_out as specific_out
from theano.legacy.scalar.preferences import transfer_type as transfer_type
from theano.legacy.scalar.preferences import unary_out_lookup as unary_out_lookup
from theano.legacy.tensor.scalar_variables import IntegerDivisionError as IntegerDivisionError
from theano.legacy.tensor.scalar_variables import ScalarConstant as ScalarConstant
from theano.legacy.tensor.scalar_variables import ScalarVariable as ScalarVariable
from theano.printing.printers import PPrinter as _PPrinter
from theano.scalar import arithmetic as arithmetic
from theano.scalar import basic as basic
from theano.scalar import basic_scipy as basic_scipy
from theano.scalar import bits as bits
from theano.scalar import choice as choice
from theano.scalar import compare as compare
from theano.scalar import complexes as complexes
from theano.scalar import conversion as conversion
from theano.scalar import dtypes as dtypes
from theano.scalar import exponential as exponential
from theano.scalar import op as op
from theano.scalar import operators as operators
from theano.scalar import power as power
from theano.scalar import rounding as rounding
from theano.scalar import rules as rules
from theano.scalar import sharedvar as sharedvar
from theano.scalar import sigmoids as sigmoids
from theano.scalar import special as special
from theano.scalar import trigonometric as trigonometric
from theano.scalar import user as user
from theano.scalar.composite import Composite as Composite
from theano.scalar.dtypes import NumpyAutocaster as NumpyAutocaster
from theano.scalar.dtypes import autocast_float_as as autocast_float_as
from theano.scalar.op import ScalarOp as _ScalarOp
from theano.scalar.operators import ScalarOperators as ScalarOperators
from theano.scalar.rules import ComplexError as ComplexError
from theano.scalar.user import BinaryScalarOp as BinaryScalarOp
from theano.scalar.user import Scalar as Scalar
from theano.scalar.user import Scalar as _Scalar
from theano.scalar.user import Scalar as _get_scalar_type
from theano.scalar.user import ScalarOp as ScalarOp
from theano.scalar.user import UnaryScalarOp as UnaryScalarOp
from theano.tensor import grad_not_implemented as grad_not_implemented
from theano.tensor import grad_undefined as grad_undefined
from theano.tensor.elemwise import UNDEFINED as UNDEFINED
from theano.tensor.elemwise import add as add
from theano.tensor.elemwise import conj as conj
from theano.tensor.elemwise import real as real
from theano.tensor.elemwise import second as second
from theano.tensor.indexing.subtensor import INDEX as _int64
from theano.tensor.nnet.normalising.bn import mul as mul
import builtins as _builtins
import theano as theano
import theano.gof as _gof
import theano.gof.utils as _utils
import theano.printing as _printing

SCALAR_TYPES: _ty.Any
TABLE: _ty.Any
abs_: _Abs
all_dtypes: _ty.Any
all_types: _ty.Any
and_: _AND
angle: _Angle
arccos: _ArcCos
arccosh: _ArcCosh
arcsin: _ArcSin
arcsinh: _ArcSinh
arctan: _ArcTan
arctan2: _ArcTan2
arctanh: _ArcTanh
def as_common_dtype(*vars: _ty.Any) -> tuple[_ty.Any, ...]: ...
def as_scalar(x: _ty.Any, name: str | None = None) -> _ty.Any: ...
def autocast(value: _builtins.bool | int | float | _builtins.complex) -> str: ...
def autocast_float(value: float) -> str: ...
def autocast_int(value: int) -> str: ...
def binary(name: str, **fields: _ty.Any) -> _ty.Any: ...
bitwise_and = and_
bitwise_not: _Invert
bitwise_or: _OR
bitwise_xor: _XOR
bool: _Scalar
def cast(x: _ty.Any, dtype: _ty.Any) -> _ty.Any: ...
ceil: _Ceil
chi2sf: _Chi2SF
clip: _Clip
complex: _Complex
complex128: _Scalar
complex64: _Scalar
complex_dtypes: _ty.Any
complex_from_polar: _ComplexFromPolar
complex_types: _ty.Any
def complexs(*names: _ty.Any) -> _ty.Any: ...
def complexs128(*names: _ty.Any) -> _ty.Any: ...
def complexs64(*names: _ty.Any) -> _ty.Any: ...
config: _TheanoConfigParser
def constant(x: _ty.Any, name: str | None = None, dtype: _ty.Any = None) -> _ty.Any: ...
continuous_dtypes: _ty.Any
continuous_types: _ty.Any
def convert(x: _ty.Any, dtype: _ty.Any = None) -> _ty.Any: ...
def convert_to(dtype: _ty.Any) -> _ty.Any: ...
convert_to_bool: _Cast
convert_to_complex128: _Cast
convert_to_complex64: _Cast
convert_to_float16: _Cast
convert_to_float32: _Cast
convert_to_float64: _Cast
convert_to_int16: _Cast
convert_to_int32: _Cast
convert_to_int64: _Cast
convert_to_int8: _Cast
convert_to_uint16: _Cast
convert_to_uint32: _Cast
convert_to_uint64: _Cast
convert_to_uint8: _Cast
cos: _Cos
cosh: _Cosh
deg2rad: _Deg2Rad
discrete_dtypes: _ty.Any
discrete_types: _ty.Any
def div_proxy(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
eq: _EQ
erf: _Erf
erfc: _Erfc
erfcinv: _Erfcinv
erfcx: _Erfcx
erfinv: _Erfinv
exp: _Exp
exp2: _Exp2
expm1: _Expm1
float16: _Scalar
float32: _Scalar
float64: _Scalar
float_dtypes: _ty.Any
def float_out(*types: _ty.Any) -> _ty.Any: ...
def float_out_nocomplex(*types: _ty.Any) -> _ty.Any: ...
float_types: _ty.Any
def floats(*names: _ty.Any) -> _ty.Any: ...
floor: _Floor
floor_div: _IntDiv
gamma: _Gamma
gammainc: _GammaInc
gammaincc: _GammaIncC
gammal: _GammaL
gammaln: _GammaLn
gammau: _GammaU
ge: _GE
get_scalar_type = _get_scalar_type
gof = _gof
gt: _GT
i0: _I0
i1: _I1
identity: _Identity
imag: _Imag
inclosedrange: _InRange
inopenrange: _InRange
int16: _Scalar
int32: _Scalar
int64 = _int64
int8: _Scalar
int_div = floor_div
int_dtypes: _ty.Any
def int_or_true_div(x_discrete: _builtins.bool, y_discrete: _builtins.bool) -> str: ...
def int_out(*types: _ty.Any) -> _ty.Any: ...
def int_out_nocomplex(*types: _ty.Any) -> _ty.Any: ...
int_types: _ty.Any
integer_dtypes: _ty.Any
integer_types: _ty.Any
def ints(*names: _ty.Any) -> _ty.Any: ...
inv: _Inv
invert = bitwise_not
isinf: _IsInf
isnan: _IsNan
iv: _Iv
j0: _J0
j1: _J1
jv: _Jv
le: _LE
left_shift: _ScalarOp
log: _Log
log10: _Log10
log1p: _Log1p
log2: _Log2
logaddexp: _ScalarOp
def lookup(name: str) -> _ty.Any: ...
lt: _LT
maximum: _Maximum
minimum: _Minimum
mod: _Mod
def mod_check(x: _ty.Any, y: _ty.Any) -> _ty.Any: ...
neg: _Neg
neq: _NEQ
or_ = bitwise_or
polygamma: _ScalarOp
pow: _Pow
pprint: _PPrinter
printing = _printing
psi: _Psi
rad2deg: _Rad2Deg
def real_out(*types: _ty.Any) -> _ty.Any: ...
right_shift: _ScalarOp
round_half_away_from_zero: _RoundHalfAwayFromZero
round_half_away_from_zero_ = round_half_away_from_zero_vec
def round_half_away_from_zero_vec(a: _ty.Any) -> _ty.Any: ...
round_half_to_even: _RoundHalfToEven
def same_out(*types: _ty.Any) -> _ty.Any: ...
def same_out_float_only(*types: _ty.Any) -> _ty.Any: ...
def same_out_min8(*types: _ty.Any) -> _ty.Any: ...
def same_out_nobool(*types: _ty.Any) -> _ty.Any: ...
def same_out_nocomplex(*types: _ty.Any) -> _ty.Any: ...
sgn: _Sgn
sigmoid: _ScalarSigmoid
sin: _Sin
sinh: _Sinh
softplus: _ScalarSoftplus
softsign: _ScalarSoftsign
sqr: _Sqr
sqrt: _Sqrt
sub: _Sub
switch: _Switch
tan: _Tan
tanh: _Tanh
tri_gamma: _TriGamma
true_div: _TrueDiv
trunc: _Trunc
uint16: _Scalar
uint32: _Scalar
uint64: _Scalar
uint8: _Scalar
uint_dtypes: _ty.Any
uint_types: _ty.Any
ultra_fast_sigmoid: _UltraFastScalarSigmoid
def unary(name: str, **fields: _ty.Any) -> _ty.Any: ...
def upcast(dtype: _ty.Any, *dtypes: _ty.Any) -> str: ...
def upcast_out(*types: _ty.Any) -> _ty.Any: ...
def upcast_out_min8(*types: _ty.Any) -> _ty.Any: ...
def upcast_out_no_complex(*types: _ty.Any) -> _ty.Any: ...
def upcast_out_nobool(*types: _ty.Any) -> _ty.Any: ...
def upgrade_to_float(*types: _ty.Any) -> _ty.Any: ...
def upgrade_to_float64(*types: _ty.Any) -> _ty.Any: ...
def upgrade_to_float_no_complex(*types: _ty.Any) -> _ty.Any: ...
utils = _utils
def variadic(name: str, **fields: _ty.Any) -> _ty.Any: ...
xlogx: _XlogX
xlogy0: _XlogY0
xor = bitwise_xor
