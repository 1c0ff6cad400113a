"""Point-wise functions of tensors: one for each scalar operation, and what is composed of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano import scalar
from theano.base.flag_table import config
from theano.graph import common_text
from theano.scalar.dtypes import DISCRETE, as_dtype
from theano.tensor.elemwise import Elemwise, elemwise
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "abs_", "add", "and_", "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "cast", "ceil", "ceil_intdiv", "chi2sf",
    "clip", "complex", "complex_from_polar", "conj", "cos", "cosh", "deg2rad", "div_proxy", "divmod", "eq",
    "erf", "erfc", "erfcinv", "erfcx", "erfinv", "exp", "exp2", "expm1", "fill", "floor", "floor_div",
    "gamma", "gammainc", "gammaincc", "gammal", "gammaln", "gammau", "ge", "gt", "i0", "i1", "imag",
    "int_div", "inv", "invert", "iround", "isclose", "isinf", "isinf_", "isnan", "isnan_", "iv", "j0", "j1",
    "jv", "le", "left_shift", "log", "log10", "log1p", "log2", "logaddexp", "lt", "maximum", "minimum", "mod",
    "mod_check", "mul", "neg", "neq", "or_", "polygamma", "pow", "power", "psi", "rad2deg", "real", "right_shift",
    "round", "round_half_away_from_zero", "round_half_to_even", "second", "sgn", "sigmoid", "sin", "sinh", "softplus",
    "softsign", "sqr", "sqrt", "square", "sub", "switch", "tan", "tanh", "tensor_copy", "tri_gamma", "true_div",
    "trunc", "ultra_fast_sigmoid", "where", "xlogx", "xlogy0", "xor",
]  # fmt: skip


def _user(op: scalar.op.ScalarOp) -> Elemwise:
    """The function of user programs; the name tells it from what gradients and rewrites make."""
    return Elemwise(op, name=op.name if op.bare else f"Elemwise{{{op.name},no_inplace}}")


# -- arithmetic -------------------------------------------------------------------------------------------

add = _user(scalar.add)
sub = _user(scalar.sub)
mul = _user(scalar.mul)
true_div = _user(scalar.true_div)
int_div = floor_div = _user(scalar.int_div)
mod = _user(scalar.mod)
pow = _user(scalar.pow)
neg = _user(scalar.neg)
abs_ = _user(scalar.abs_)
sgn = _user(scalar.sgn)
inv = _user(scalar.inv)
sqr = square = _user(scalar.sqr)
sqrt = _user(scalar.sqrt)
maximum = _user(scalar.maximum)
minimum = _user(scalar.minimum)

# -- comparison, bits, choice ------------------------------------------------------------------------------

lt = _user(scalar.lt)
gt = _user(scalar.gt)
le = _user(scalar.le)
ge = _user(scalar.ge)
eq = _user(scalar.eq)
neq = _user(scalar.neq)
isnan_ = _user(scalar.isnan)
isinf_ = _user(scalar.isinf)
and_ = bitwise_and = _user(scalar.and_)
or_ = bitwise_or = _user(scalar.or_)
xor = bitwise_xor = _user(scalar.xor)
invert = bitwise_not = _user(scalar.invert)
left_shift = _user(scalar.left_shift)
right_shift = _user(scalar.right_shift)
switch = where = _user(scalar.switch)
clip = _user(scalar.clip)
second = fill = _user(scalar.second)
tensor_copy = elemwise(scalar.identity)

# -- rounding ----------------------------------------------------------------------------------------------

ceil = _user(scalar.ceil)
floor = _user(scalar.floor)
trunc = _user(scalar.trunc)
round_half_to_even = _user(scalar.round_half_to_even)
round_half_away_from_zero = _user(scalar.round_half_away_from_zero)

# -- exponentials, logarithms --------------------------------------------------------------------------------

exp = _user(scalar.exp)
exp2 = _user(scalar.exp2)
expm1 = _user(scalar.expm1)
log = _user(scalar.log)
log2 = _user(scalar.log2)
log10 = _user(scalar.log10)
log1p = _user(scalar.log1p)
sigmoid = _user(scalar.sigmoid)
softplus = _user(scalar.softplus)
logaddexp = _user(scalar.logaddexp)
ultra_fast_sigmoid = _user(scalar.ultra_fast_sigmoid)
softsign = _user(scalar.softsign)
xlogx = _user(scalar.xlogx)
xlogy0 = _user(scalar.xlogy0)

# -- circular and hyperbolic functions -----------------------------------------------------------------------

sin = _user(scalar.sin)
cos = _user(scalar.cos)
tan = _user(scalar.tan)
arcsin = _user(scalar.arcsin)
arccos = _user(scalar.arccos)
arctan = _user(scalar.arctan)
arctan2 = _user(scalar.arctan2)
sinh = _user(scalar.sinh)
cosh = _user(scalar.cosh)
tanh = _user(scalar.tanh)
arcsinh = _user(scalar.arcsinh)
arccosh = _user(scalar.arccosh)
arctanh = _user(scalar.arctanh)
deg2rad = _user(scalar.deg2rad)
rad2deg = _user(scalar.rad2deg)

# -- special functions ---------------------------------------------------------------------------------------

erf = _user(scalar.erf)
erfc = _user(scalar.erfc)
erfcx = _user(scalar.erfcx)
erfinv = _user(scalar.erfinv)
erfcinv = _user(scalar.erfcinv)
gamma = _user(scalar.gamma)
gammaln = _user(scalar.gammaln)
psi = _user(scalar.psi)
tri_gamma = _user(scalar.tri_gamma)
polygamma = _user(scalar.polygamma)
gammainc = _user(scalar.gammainc)
gammaincc = _user(scalar.gammaincc)
gammal = _user(scalar.gammal)
gammau = _user(scalar.gammau)
chi2sf = _user(scalar.chi2sf)
j0 = _user(scalar.j0)
j1 = _user(scalar.j1)
jv = _user(scalar.jv)
i0 = _user(scalar.i0)
i1 = _user(scalar.i1)
iv = _user(scalar.iv)

# -- complex numbers -----------------------------------------------------------------------------------------

real = _user(scalar.real)
imag = _user(scalar.imag)
conj = _user(scalar.conj)
angle = _user(scalar.angle)
complex = _user(scalar.complex)
complex_from_polar = _user(scalar.complex_from_polar)


# -- composed functions --------------------------------------------------------------------------------------


def isnan(a: Any) -> Any:
    """Whether each element is NaN.

    Parameters
    ----------
    a : tensor-like
        <any tensor>

    Returns
    -------
    TensorVariable
        Bools, of the shape of `a`; for complex numbers whether a part is NaN.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> isnan(T.constant([1.0, float("nan")])).eval()
    array([False,  True])

    References
    ----------
    ``a != a``, as `numpy.isnan`.
    """
    return isnan_(a)


def isinf(a: Any) -> Any:
    """Whether each element is infinite.

    Parameters
    ----------
    a : tensor-like
        <any tensor>

    Returns
    -------
    TensorVariable
        Bools, of the shape of `a`; for complex numbers whether a part is infinite.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> isinf(T.constant([1.0, float("inf")])).eval()
    array([False,  True])

    References
    ----------
    ``abs(a) == inf``, as `numpy.isinf`.
    """
    return isinf_(a)


def cast(x: Any, dtype: Any) -> Any:
    """`x` converted to `dtype`; `x` itself if it has that dtype.

    Floats are truncated and integers wrap.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    dtype : str or numpy.dtype
        Its name; 'floatX' is what the flag says.

    Returns
    -------
    TensorVariable
        Of the shape of `x`.

    Raises
    ------
    TypeError
        Complex to real, or no such dtype.

    Examples
    --------
    >>> T.cast(T.constant([300.0, -1.7]), "int16").eval()
    array([300,  -1], dtype=int16)

    References
    ----------
    ``y = dtype(x)``, as `numpy.ndarray.astype`.
    """
    wanted = as_dtype(dtype)
    x = as_tensor_variable(x)
    return x if x.type.dtype == wanted else elemwise(scalar.convert_to(wanted))(x)


def round(a: Any, mode: str | None = None) -> Any:
    """Nearest whole number.

    Parameters
    ----------
    a : tensor-like
        Floats.
    mode : {'half_to_even', 'half_away_from_zero'}
        Where halves go; default: to the even neighbour, as NumPy's.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `a`.

    Raises
    ------
    NotImplementedError
        Another mode.
    TypeError
        `a` is not of floats.

    Examples
    --------
    >>> T.round(T.constant([0.5, 1.5])).eval()
    array([0., 2.])
    >>> T.round(T.constant([0.5, 1.5]), "half_away_from_zero").eval()
    array([1., 2.])

    References
    ----------
    ``y = the integer n with the least abs(x - n)``, as `numpy.round`.
    """
    if mode in (None, "half_to_even"):
        return round_half_to_even(a)
    if mode == "half_away_from_zero":
        return round_half_away_from_zero(a)
    raise NotImplementedError(f"round mode {mode!r} is not implemented: take 'half_to_even' or 'half_away_from_zero'.")


def iround(a: Any, mode: str | None = None) -> Any:
    """`round` as int64.

    Parameters
    ----------
    a : tensor-like
        Floats.
    mode : {'half_to_even', 'half_away_from_zero'}
        Where halves go; default: to the even neighbour.

    Returns
    -------
    TensorVariable
        int64, of the shape of `a`.

    Raises
    ------
    NotImplementedError
        Another mode.
    TypeError
        `a` is not of floats.

    Examples
    --------
    >>> T.iround(T.constant([0.5, 1.6])).eval()
    array([0, 2])

    References
    ----------
    ``y = int64(round(a))``, as `numpy.round`.
    """
    return cast(round(a, mode), "int64")


def divmod(x: Any, y: Any) -> tuple[Any, Any]:
    """``(x // y, x % y)``.

    Parameters
    ----------
    x, y : tensor-like
        Of shapes that broadcast.

    Returns
    -------
    tuple of two TensorVariable
        Of the shape that both broadcast to, and of the dtype that holds theirs.

    Raises
    ------
    <tensor errors>
    ComplexError
        A number is complex.

    Examples
    --------
    >>> [v.eval().tolist() for v in T.divmod(T.constant([7, -7]), 2)]
    [[3, -4], [1, 1]]

    References
    ----------
    ``(x // y, x - y * (x // y))``, as `numpy.divmod`.
    """
    return floor_div(x, y), mod_check(x, y)


def power(x: Any, y: Any) -> Any:
    """``x ** y``.

    Parameters
    ----------
    x, y : tensor-like
        Of shapes that broadcast.

    Returns
    -------
    TensorVariable
        Of the shape that both broadcast to, and of the dtype that holds theirs.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.power(T.constant([1, 2, 3]), 2).eval()
    array([1, 4, 9])

    References
    ----------
    ``x ** y``, as `numpy.power`.
    """
    return pow(x, y)


def mod_check(x: Any, y: Any) -> Any:
    """``x % y``; `ComplexError` for complex numbers.

    Parameters
    ----------
    x, y : tensor-like
        Real, of shapes that broadcast.

    Returns
    -------
    TensorVariable
        Of the shape that both broadcast to, and of the dtype that holds theirs; the sign is that of `y`.

    Raises
    ------
    <tensor errors>
    ComplexError
        A number is complex.

    Examples
    --------
    >>> T.mod_check(T.constant([7, -7]), 3).eval()
    array([1, 2])

    References
    ----------
    ``x - y * floor(x / y)``, as `numpy.mod`.
    """
    return mod(x, y)


def div_proxy(x: Any, y: Any) -> Any:
    """`true_div`; for two discrete arguments what the flag ``int_division`` says: `int_div`, an error or floatX.

    Parameters
    ----------
    x, y : tensor-like
        Of shapes that broadcast.

    Returns
    -------
    TensorVariable
        Of the shape that both broadcast to.

    Raises
    ------
    TypeError
        The flag ``int_division`` is "raise", and both arguments are discrete.

    Examples
    --------
    >>> T.div_proxy(T.constant(7.0), 2).eval()
    array(3.5, dtype=float32)

    References
    ----------
    ``y = a / b``, as `numpy.true_divide`.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if x.type.dtype not in DISCRETE or y.type.dtype not in DISCRETE:
        return true_div(x, y)
    if config.int_division == "raise":
        raise TypeError("division of two integers: use // for the whole part, or true_div (flag int_division)")
    return int_div(x, y) if config.int_division == "int" else true_div(cast(x, "floatX"), cast(y, "floatX"))


def ceil_intdiv(a: Any, b: Any) -> Any:
    """The smallest integer not below a / b, for integers.

    Parameters
    ----------
    a, b : tensor-like
        Integers, of shapes that broadcast.

    Returns
    -------
    TensorVariable
        Of the shape that both broadcast to, and of the dtype that holds theirs.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> ceil_intdiv(T.constant(7), 2).eval()
    array(4, dtype=int8)

    References
    ----------
    ``y = -((-a) // b)``: R. Graham, D. Knuth, O. Patashnik, "Concrete mathematics", 1994, (3.4).
    """
    quotient = int_div(a, b)
    return cast(neq(mod(a, b), 0), quotient.type.dtype) + quotient


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """For each element whether ``|a - b| <= atol + rtol * |b|``; infinities equal themselves.

    Parameters
    ----------
    a, b : tensor-like
        Of shapes that broadcast.
    rtol, atol : float
        Relative and absolute tolerance.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    TensorVariable
        Bools, of the shape that both broadcast to.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.isclose(T.constant([1.0, 2.0]), T.constant([1.0 + 1e-9, 2.1])).eval()
    array([ True, False])

    References
    ----------
    ``abs(a - b) <= atol + rtol * abs(b)``, as `numpy.isclose`.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.dtype in DISCRETE:
        a = cast(a, "float64")  # the difference of unsigned numbers would wrap
    if b.type.dtype in DISCRETE:
        b = cast(b, "float64")
    both_finite = invert(or_(or_(isnan(a), isinf(a)), or_(isnan(b), isinf(b))))
    near = and_(both_finite, le(abs_(sub(a, b)), add(atol, mul(rtol, abs_(b)))))
    close = or_(near, and_(isinf(a), eq(a, b)))
    return or_(close, and_(isnan(a), isnan(b))) if equal_nan else close


def _scal_elemwise(symbol: Callable[..., Any]) -> Elemwise:
    """Makes of a function the point-wise function of the scalar operation that has its name.

    A name that ends in ``_inplace`` gives the same: memory is planned by the compiler.

    Examples
    --------
    >>> @_scal_elemwise
    ... def gammaln(a):
    ...     "The logarithm of the gamma function."
    >>> gammaln(T.dvector())
    Elemwise{gammaln,no_inplace}.0
    """
    op = getattr(scalar, symbol.__name__.removesuffix("_inplace"), None)
    if not isinstance(op, scalar.op.ScalarOp):
        raise AttributeError(f"theano.scalar has no operation called {symbol.__name__!r}")
    made = _user(op)
    made.__doc__ = symbol.__doc__
    return made


common_text.fill(globals())
