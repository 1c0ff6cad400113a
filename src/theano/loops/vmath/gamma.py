"""The gamma function, its logarithm, and the first two derivatives of that, psi and tri_gamma.

Large arguments take the asymptotic series of Stirling with a fitted remainder, small ones a polynomial over an
interval of length one and the recurrence gamma(x + 1) = x gamma(x), negative ones the reflection
gamma(x) gamma(1 - x) = pi / sin(pi x), which is behind a branch (NIST DLMF 5.5, 5.11, 5.15).
"""

from __future__ import annotations

from math import inf, log, nan, pi

from theano.loops.expr import (
    MAGIC,
    Expr,
    abs_,
    cast,
    const,
    copysign,
    eq,
    fma,
    ge,
    gt,
    le,
    lt,
    rare,
    rint,
    scale,
    select,
)
from theano.loops.vmath.core import constant, fast_two_sum, head, polynomial, remainder, round_to_int, two_sum
from theano.loops.vmath.log import log_parts
from theano.loops.vmath.pow import log2_parts

# Stirling's series serves from these on
LARGE_LGAMMA, LARGE_PSI = 4.4, 4.0
STIRLING_CONSTANT = (log(2 * pi) - 1) / 2
# gamma(-a) is -1/a to all digits below
TINY = {"f64": 2.0**-60, "f32": 2.0**-30}


def _sinpi(r: Expr) -> Expr:
    """sin(pi r)/pi for |r| <= 1/2."""
    z = r * r
    return fma(polynomial("SINPI", z) * z, r, r)


def _sinpi_parts(r: Expr) -> tuple[Expr, Expr]:
    """The same and what its last rounding took away."""
    z = r * r
    return fast_two_sum(r, polynomial("SINPI", z) * z * r)


def _fraction(a: Expr) -> Expr:
    """`a` less the nearest integer, exactly."""
    return a - rint(a)


def _straight(name: str, x: Expr) -> tuple[Expr, Expr]:
    """A constant times `x`, rounded, and what that lacks."""
    slope, slope_rest = constant(name, x)
    product = x * slope
    return product, fma(x, slope, -product) + x * slope_rest


# -- log(gamma(x)) -----------------------------------------------------------------------------------


def _unit_interval(a: Expr, large: Expr) -> tuple[Expr, Expr]:
    """(n, p): n = 0, ..., 4 with 1.5 <= a - n + 2 <= 2.5; gamma(a) is gamma(a - n + 2) times p, for n < 2 over p.

    The logarithm of gamma has zeros at 1 and 2: from 1.5 to 2.5 nothing is added that could cancel.
    """
    _, n = round_to_int(select(large, 2.0, a))
    up = a * (a + 1.0)
    down = (a - 1.0) * select(gt(n, 3.5), a - 2.0, 1.0)
    return n, select(lt(n, 1.5), select(lt(n, 0.5), up, a), select(gt(n, 2.5), down, 1.0))


def _lgamma_positive(a: Expr) -> Expr:
    """log(gamma(a)) for a >= 0, with one logarithm: of `a` itself or of the product of the recurrence."""
    large = gt(a, LARGE_LGAMMA)
    n, product = _unit_interval(a, large)
    log_high, log_low = log_parts(select(large, a, product))
    u = a - n
    linear, linear_rest = _straight("LGAMMA_SLOPE", u)
    rest = fma(u * u, polynomial("LGAMMA", u), linear_rest)
    sign = select(lt(n, 1.5), const(-1.0, a.type), const(1.0, a.type))
    total, error = two_sum(sign * log_high, linear)
    small = total + (error + fma(sign, log_low, rest))
    # (a - 1/2)(log(a) - 1) + ..., the first factor's product with what the logarithm is rounded to exactly
    inverse = 1.0 / a
    factor, less = a - 0.5, log_high - 1.0
    main = factor * less
    rest = fma(polynomial("STIRLING", inverse * inverse), inverse, STIRLING_CONSTANT)
    stirling = main + (fma(factor, less, -main) + fma(factor, log_low, rest))
    result = select(large, select(lt(main, inf), stirling, main), small)
    return select(eq(a, 0.0), inf, select(lt(a, inf), result, a))


def gammaln(x: Expr) -> Expr:
    """log(abs(gamma(x))); infinite at the poles 0, -1, -2, ..., and minus infinity at minus infinity, as SciPy's."""
    a = abs_(x)
    positive = _lgamma_positive(a)
    r = _fraction(a)
    # gamma(-a) gamma(a) a = -pi / sin(pi a)
    log_high, log_low = log_parts(a * abs_(_sinpi(r)))
    reflected = select(lt(a, TINY[x.type]), positive, -((log_high + positive) + log_low))
    reflected = select(eq(r, 0.0), inf, select(lt(a, inf), reflected, x))
    return rare(lt(x, 0.0), reflected, positive)


# -- gamma(x) ----------------------------------------------------------------------------------------


def _power(a: Expr) -> tuple[Expr, Expr]:
    """(v, t): a**(a - 1/2) exp(-a) = 2**n (1 + v), n in the bits of t."""
    log_head, log_rest = log2_parts(a)
    (slope, slope_rest), factor = constant("LOG2_E_HEAD", a), a - 0.5
    factor_head, a_head = head(factor), head(a)
    total, error = two_sum(factor_head * log_head, -a_head * slope)
    low = fma(factor - factor_head, log_head, factor * log_rest) - fma(a - a_head, slope, a * slope_rest)
    t, n = round_to_int(total)
    r, rest = fast_two_sum(total - n, error + low)
    ln2, ln2_rest = constant("LN2_SHORT", a)
    return fma(r, ln2, fma(polynomial("EXP2", r), r * r, fma(r, ln2_rest, rest * ln2))), t


def _minus_inverse(x: Expr, y: Expr, z: Expr) -> Expr:
    """-1/(x y z), rounded little more than once."""
    front = x * y
    product = front * z
    lost = fma(front, z, -product) + fma(x, y, -front) * z
    inverse = -1.0 / product
    return fma(inverse, fma(product, inverse, 1.0) + inverse * lost, inverse)


def gamma(x: Expr) -> Expr:
    """Gamma function; NaN at -1, -2, ... and at minus infinity, infinite at the zeros. f32 computes in f64."""
    if x.type == "f32":
        return cast(gamma(cast(x, "f64")), "f32")
    a = abs_(x)
    large = gt(a, LARGE_LGAMMA)
    n, product = _unit_interval(a, large)
    u = a - n
    base = fma(u, polynomial("GAMMA", u), 1.0)
    small = select(lt(n, 1.5), base / product, base * product)
    # beyond 200 the result is infinite, and 0 below -200
    bounded = select(gt(a, 200.0), 200.0, a)
    power, t = _power(select(large, bounded, LARGE_LGAMMA))
    inverse = 1.0 / bounded
    root, root_rest = constant("SQRT_2PI", x)
    series = fma(polynomial("GAMMA_LARGE", inverse), inverse, root_rest)
    value = select(large, root + fma(power, root, fma(power, series, series)), small)
    none = const(MAGIC[x.type], x.type)
    t = select(large, t, none)
    # gamma(-a) gamma(a) a = -pi / sin(pi a)
    nearest = rint(a)
    sine = _sinpi(a - nearest)
    below = scale(_minus_inverse(bounded, value, sine), (none + none) - t)
    half = nearest * 0.5
    below = select(eq(rint(half), half), below, -below)
    below = select(lt(a, TINY[x.type]), 1.0 / x, below)
    below = select(eq(a, nearest), nan, select(lt(a, inf), below, nan))
    return rare(le(x, 0.0), select(eq(x, 0.0), 1.0 / x, below), scale(value, t))


# -- psi -----------------------------------------------------------------------------------------------


def _psi_positive(a: Expr) -> tuple[Expr, Expr]:
    """(psi(a), psi(1 + a) where a < 1) for a >= 0."""
    large = ge(a, LARGE_PSI)
    below, from2, from3 = lt(a, 1.0), gt(a, 2.0), gt(a, 3.0)
    # a + 1, a, a - 1 or a - 2 is in [1, 2]; t is its distance from the root of psi
    root, root_rest = constant("PSI_ROOT", a)
    shift = select(below, const(root - 1.0, a.type), const(root, a.type))
    shift = select(from2, select(from3, const(root + 2.0, a.type), const(root + 1.0, a.type)), shift)
    distance = a - shift
    t = distance - root_rest
    linear, linear_rest = _straight("PSI_SLOPE", distance)
    rest = fma(t * t, polynomial("PSI", t), linear_rest - root_rest * constant("PSI_SLOPE", a)[0])
    # what the recurrence adds is a fraction
    first, second = a - 1.0, a - 2.0
    over = select(from3, first + second, select(from2, const(1.0, a.type), const(0.0, a.type)))
    over = select(below, -1.0, over)
    under = select(below, a, select(from2, select(from3, first * second, first), 1.0))
    under = select(large, a, under)
    inverse = 1.0 / under
    fraction = over * inverse
    total, error = two_sum(fraction, linear)
    small = total + (fma(fma(-under, fraction, over), inverse, error) + rest)
    small = select(lt(a, TINY[a.type]), fraction, small)
    z = inverse * inverse
    log_high, log_low = log_parts(a)
    stirling = log_high + (log_low - fma(polynomial("PSI_TAIL", z), z, inverse * 0.5))
    return select(large, select(lt(a, inf), stirling, a), small), linear + rest


def _cotangent(r: Expr) -> tuple[Expr, Expr]:
    """pi cot(pi r) for 0 < r <= 1/2 as a rounded number and what it lacks."""
    if r.type == "f32":
        wide = cast(r, "f64")
        product = _sinpi(0.5 - wide) / _sinpi(wide) * pi
        short = cast(product, "f32")
        return short, cast(product - cast(short, "f64"), "f32")
    half, half_rest = constant("PI_2", r)
    sine, sine_rest = _sinpi_parts(r)
    cosine, cosine_rest = _sinpi_parts(0.5 - r)
    ratio = cosine / sine
    lost = (remainder(cosine, sine, ratio) + (cosine_rest - ratio * sine_rest)) / sine
    product = ratio * (2 * half)
    return product, fma(ratio, 2 * half, -product) + fma(ratio, 2 * half_rest, lost * (2 * half))


def psi(x: Expr) -> Expr:
    """Derivative of log(gamma(x)); NaN at -1, -2, ... and at minus infinity, infinite at the zeros."""
    a = abs_(x)
    positive, next_below_one = _psi_positive(a)
    following = select(lt(a, 1.0), next_below_one, positive + 1.0 / a)
    r = _fraction(a)
    high, low = _cotangent(abs_(r))
    total, error = two_sum(following, copysign(high, r))
    reflected = total + (error + select(lt(r, 0.0), -low, low))
    reflected = select(eq(r, 0.0), nan, select(lt(a, TINY[x.type]), 1.0 / a, reflected))
    result = rare(lt(x, 0.0), reflected, positive)
    return select(eq(x, 0.0), copysign(const(inf, x.type), -x), result)


# -- tri_gamma -------------------------------------------------------------------------------------------


def tri_gamma(x: Expr) -> Expr:
    """Second derivative of log(gamma(x)); infinite at 0, -1, -2, ... and at minus infinity, as SciPy's."""
    a = abs_(x)
    large = ge(a, LARGE_PSI)
    # 1/(a + 1)^2 + 1/(a + 2)^2 + 1/(a + 3)^2, all a sum over p = (a + 1)(a + 3)
    p = fma(a, a + 4.0, 3.0)
    over, under = fma(p, fma(p, 3.0, 6.0), 4.0), p * p * (p + 1.0)
    inverse = 1.0 / select(large, a, a + 4.0)
    tail = fma(inverse, fma(polynomial("TRIGAMMA_TAIL", inverse * inverse), inverse, 0.5), 1.0) * inverse
    pole = 1.0 / a
    square = pole * pole
    following = select(large, tail - square, tail + over / under)
    positive = select(large, tail, square + (tail + over / under))
    s = _sinpi(cast(_fraction(a), "f64"))
    reflected = select(lt(a, inf), cast(1.0 / (s * s), x.type) - following, inf)
    return rare(lt(x, 0.0), reflected, positive)
