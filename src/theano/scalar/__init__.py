"""Scalars: dtypes with their promotion, and the table of scalar operations."""

from theano.scalar import operators
from theano.scalar.arithmetic import (
    abs_,
    add,
    identity,
    int_div,
    inv,
    maximum,
    minimum,
    mod,
    mul,
    neg,
    sgn,
    sub,
    true_div,
)
from theano.scalar.bits import and_, invert, left_shift, or_, right_shift, xor
from theano.scalar.cast import cast, convert_to
from theano.scalar.choice import clip, second, switch
from theano.scalar.compare import eq, ge, gt, inclosedrange, inopenrange, isinf, isnan, le, lt, neq
from theano.scalar.complexes import angle, complex, complex_from_polar, conj, imag, real
from theano.scalar.dtypes import (
    all_dtypes,
    autocast,
    autocast_float,
    autocast_int,
    complex_dtypes,
    continuous_dtypes,
    discrete_dtypes,
    float_dtypes,
    int_dtypes,
    integer_dtypes,
    uint_dtypes,
    upcast,
)
from theano.scalar.exponential import exp, exp2, expm1, log, log1p, log2, log10, xlogx, xlogy0
from theano.scalar.op import TABLE, UNDEFINED, binary, lookup, unary, variadic
from theano.scalar.power import pow, sqr, sqrt
from theano.scalar.rounding import ceil, floor, round_half_away_from_zero, round_half_to_even, trunc
from theano.scalar.rules import ComplexError
from theano.scalar.sigmoids import logaddexp, sigmoid, softplus, softsign, ultra_fast_sigmoid
from theano.scalar.special import (
    chi2sf,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    gamma,
    gammainc,
    gammaincc,
    gammal,
    gammaln,
    gammau,
    i0,
    i1,
    iv,
    j0,
    j1,
    jv,
    polygamma,
    psi,
    tri_gamma,
)
from theano.scalar.trigonometric import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinh,
    tan,
    tanh,
)
from theano.scalar.user import (
    SCALAR_TYPES,
    BinaryScalarOp,
    Scalar,
    ScalarOp,
    UnaryScalarOp,
    all_types,
    complex_types,
    continuous_types,
    discrete_types,
    float_types,
    get_scalar_type,
    int_types,
    integer_types,
    same_out,
    same_out_nocomplex,
    uint_types,
    upcast_out,
    upgrade_to_float,
    upgrade_to_float64,
    upgrade_to_float_no_complex,
)

# float32, int8, ...: the types of numbers.
globals().update({name: kind for name, kind in SCALAR_TYPES.items() if name not in globals()})

globals().update({f"convert_to_{dtype}": convert_to(dtype) for dtype in all_dtypes})

bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert
floor_div = int_div
ScalarOperators = operators.ScalarOperators
