"""Generate `src/theano/loops/vmath/polynomial_tables.py`: minimax polynomials and split constants, with mpmath.

    python tools/fit_vmath.py            # writes the tables and prints the error of each fit
    python tools/fit_vmath.py EXP ATAN   # prints the errors of some fits only

Each entry of `FITS` names a function, an interval, the degree for each type and a weight. The coefficients
minimise the largest `weight * |polynomial - function|` (Remez exchange on a dense Chebyshev grid); the weight
is chosen so that this number is the relative (or absolute) error of the whole function, to be compared
with 2**-53 (f64) or 2**-24 (f32), half a unit in the last place.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mpmath as mp

mp.mp.dps = 60
Real = Callable[[mp.mpf], mp.mpf]
TARGET = Path(__file__).parents[1] / "src/theano/loops/vmath/polynomial_tables.py"
LN2 = mp.log(2)


class Fit(NamedTuple):
    """What to approximate: `f` on [low, high] by a polynomial of `degrees[type]` under `weight`.

    With `below` by a quotient, whose denominator has the degree `below[type]` and begins with 1.
    """

    f: Real
    low: mp.mpf
    high: mp.mpf | dict[str, mp.mpf]  # for each type, where it differs
    degrees: dict[str, int]
    weight: Real
    below: dict[str, int] = {}


class Found(NamedTuple):
    """Coefficients (ascending) of a polynomial or of a quotient of two, and the largest weighted error."""

    above: list[mp.mpf]
    below: list[mp.mpf]
    error: mp.mpf


def minimax(fit: Fit, degree: int, type_: str) -> Found:
    """The weighted minimax approximation whose numerator has this degree."""
    low_degree = fit.below.get(type_, 0)
    n = degree + low_degree + 2
    points = 32 * n
    low, high = fit.low, fit.high[type_] if isinstance(fit.high, dict) else fit.high
    grid = [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / points)
        for i in range(points)
    ]
    values = [fit.f(x) for x in grid]
    weights = [fit.weight(x) for x in grid]
    chosen = [min(points - 1, int(points * (i + 0.5) / n)) for i in range(n)]
    for _ in range(12):
        at = [(grid[i], values[i], weights[i]) for i in chosen]
        above, below, level = _levelled(at, degree, low_degree)
        errors = [
            w * (mp.polyval(above[::-1], x) / mp.polyval(below[::-1], x) - v)
            for x, v, w in zip(grid, values, weights, strict=True)
        ]
        worst = max(abs(e) for e in errors)
        if worst <= level * mp.mpf("1.002"):
            break
        chosen = _exchange(errors, n)
    return Found(above, below, worst)


def _levelled(
    at: list[tuple[mp.mpf, mp.mpf, mp.mpf]], degree: int, below: int
) -> tuple[list[mp.mpf], list[mp.mpf], mp.mpf]:
    """Numerator, denominator and e: at the points (x, value, weight) weight * (quotient - value) is e and -e in turn.

    A quotient makes that nonlinear: the denominator beside e is the one found before, until it stays.
    """
    n = len(at)
    denominators = [mp.mpf(1)] * n
    for _ in range(50):
        system, right = mp.matrix(n, n), mp.matrix(n, 1)
        for row, (x, value, weight) in enumerate(at):
            for k in range(degree + 1):
                system[row, k] = x**k
            for k in range(1, below + 1):
                system[row, degree + k] = -value * x**k
            system[row, n - 1] = (-1) ** row * denominators[row] / weight
            right[row] = value
        solution = list(mp.lu_solve(system, right))
        found = [mp.mpf(1), *solution[degree + 1 : n - 1]]
        last, denominators = denominators, [mp.polyval(found[::-1], x) for x, _, _ in at]
        if max(abs(a - b) for a, b in zip(last, denominators, strict=True)) < mp.mpf(10) ** -30:
            break
    return solution[: degree + 1], found, abs(solution[-1])


def _exchange(errors: list[mp.mpf], n: int) -> list[int]:
    """The `n` alternating extrema of `errors` with the largest values."""
    extrema: list[int] = []
    for i, e in enumerate(errors):
        if extrema and (errors[extrema[-1]] > 0) == (e > 0):
            if abs(e) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        else:
            extrema.append(i)
    while len(extrema) > n:
        drop = 0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1
        extrema.pop(drop)
    if len(extrema) < n:
        raise ArithmeticError("the error does not alternate: raise mp.dps or change the degree")
    return extrema


# -- what is approximated --------------------------------------------------------------------------


def _series(f: Real, limit: mp.mpf) -> Real:
    """`f` continued by its limit at zero, where the formula is 0/0."""
    return lambda x: f(x) if abs(x) > mp.mpf(10) ** -18 else mp.mpf(limit)


def _root(f: Real) -> Real:
    """x -> f(sqrt(x))."""
    return lambda z: f(mp.sqrt(z))


_HALF_LN2 = LN2 / 2 * mp.mpf("1.001")
_LOG_LOW, _LOG_HIGH = mp.sqrt("0.5") - 1 - mp.mpf("1e-5"), mp.sqrt(2) - 1 + mp.mpf("1e-5")
_LOG_S2 = (_LOG_HIGH / (2 + _LOG_HIGH)) ** 2 * mp.mpf("1.0001")
# the square of pi/4, and a little more: in f32 the multiple is found with an error
_ANGLE_2 = {"f64": (mp.pi / 4) ** 2 * mp.mpf("1.0001"), "f32": (mp.pi / 4 + mp.mpf("0.005")) ** 2}


def _erfcx(x: mp.mpf) -> mp.mpf:
    """exp(x^2) erfc(x)."""
    return mp.exp(x * x) * mp.erfc(x)


def _erfc_variable(x: mp.mpf) -> mp.mpf:
    return (x - 3) / (x + 3)


def _erfinv_of_log(w: mp.mpf) -> mp.mpf:
    """y >= 0 with -log(1 - erf(y)^2) = w, by Newton's method."""
    y = mp.sqrt(w) * (mp.sqrt(mp.pi) / 2 if w < 1 else 1)
    for _ in range(60):
        c = mp.erfc(y)
        step = (-mp.log(c * (2 - c)) - w) * c * (2 - c) / ((1 - c) * mp.exp(-y * y)) * mp.sqrt(mp.pi) / 4
        y -= step
        if abs(step) < y * mp.mpf(10) ** (10 - mp.mp.dps):
            return y
    raise ArithmeticError(f"no convergence for {w}")


# where erfinv(x)/x is very near to a number of either type
_MIDDLE = mp.mpf(127) / 128


def _erfinv_near(w: mp.mpf) -> mp.mpf:
    """erfinv(x)/x."""
    return _erfinv_of_log(w) / mp.sqrt(-mp.expm1(-w)) if w > mp.mpf(10) ** -18 else mp.sqrt(mp.pi) / 2


def _erfinv_tail(centre: int) -> Real:
    def tail(v: mp.mpf) -> mp.mpf:
        s = centre * (1 + v) / (1 - v)
        return _erfinv_of_log(s * s) / s

    return tail


def _around(centre: int, s: str) -> mp.mpf:
    return (mp.mpf(s) - centre) / (mp.mpf(s) + centre)


def _log_gamma(x: mp.mpf) -> mp.mpf:
    return mp.re(mp.loggamma(x))


def _inverse_root(f: Real) -> Real:
    """z -> f(1/sqrt(z))."""
    return lambda z: f(1 / mp.sqrt(z))


LGAMMA_SLOPE = 1 - mp.euler
PSI_ROOT = mp.findroot(mp.digamma, mp.mpf("1.4616"))
PSI_SLOPE = mp.psi(1, PSI_ROOT)


_one: Real = lambda _: mp.mpf(1)  # noqa: E731

FITS: dict[str, Fit] = {
    # exp(r) = 1 + r + r^2 EXP(r)
    "EXP": Fit(
        _series(lambda r: (mp.expm1(r) - r) / r**2, mp.mpf(1) / 2), -_HALF_LN2, _HALF_LN2,
        {"f64": 9, "f32": 4}, lambda r: r**2,
    ),
    # 2**r = 1 + r log(2) + r^2 EXP2(r)
    "EXP2": Fit(
        _series(lambda r: (mp.expm1(r * LN2) - r * LN2) / r**2, LN2**2 / 2),
        mp.mpf("-0.5001"), mp.mpf("0.5001"),
        {"f64": 9, "f32": 4}, lambda r: r**2,
    ),
    # the same for powers in f32
    "EXP2_SHORT": Fit(lambda r: 2**r, mp.mpf("-0.5001"), mp.mpf("0.5001"), {"f64": 6}, lambda r: 2**-r),
    # log((1+s)/(1-s)) = 2s + s z LOG(z), z = s^2
    "LOG": Fit(
        _series(_root(lambda s: (2 * mp.atanh(s) - 2 * s) / s**3), mp.mpf(2) / 3), mp.mpf(0), _LOG_S2,
        {"f64": 6}, lambda z: z,
    ),
    # the same up to s = 1/3, that is for factors from 1 to 2
    "LOG_WIDE": Fit(
        _series(_root(lambda s: (2 * mp.atanh(s) - 2 * s) / s**3), mp.mpf(2) / 3), mp.mpf(0), mp.mpf("0.11112"),
        {"f64": 9, "f32": 3}, lambda z: z,
    ),
    # log2((1+s)/(1-s)) = s LOG2(z), for powers in f32
    "LOG2": Fit(
        _series(_root(lambda s: 2 * mp.atanh(s) / s / LN2), 2 / LN2), mp.mpf(0), _LOG_S2, {"f64": 4}, lambda z: LN2 / 2
    ),
    # atanh(s) = s (1 + z/3 + z^2 POW(z)/3)
    "POW": Fit(
        _series(_root(lambda s: 3 * (mp.atanh(s) / s - 1 - s**2 / 3) / s**4), mp.mpf(3) / 5),
        mp.mpf(0), _LOG_S2,
        {"f64": 7}, lambda z: z**2 / 3,
    ),
    # log(1 + f) = f - f^2/2 + f^3 LOG1P(f)
    "LOG1P": Fit(
        _series(lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3, mp.mpf(1) / 3), _LOG_LOW, _LOG_HIGH,
        {"f32": 8}, lambda f: f**2,
    ),
    # tanh(r) = r + r z TANH(z), z = r^2, |r| <= log(2)/4 + 0.0821
    "TANH": Fit(
        _series(_root(lambda x: (mp.tanh(x) / x - 1) / x**2), -mp.mpf(1) / 3),
        mp.mpf(0), (LN2 / 4 + mp.mpf("0.0822")) ** 2,
        {"f64": 6, "f32": 2}, lambda z: z,
    ),
    # cosh(r) = 1 + z COSH(z), sinh(r) = r + r z SINH(z), z = r^2
    "COSH": Fit(
        _series(_root(lambda x: (mp.cosh(x) - 1) / x**2), mp.mpf(1) / 2), mp.mpf(0), _HALF_LN2**2,
        {"f64": 4, "f32": 2}, lambda z: z,
    ),
    "SINH": Fit(
        _series(_root(lambda x: (mp.sinh(x) / x - 1) / x**2), mp.mpf(1) / 6), mp.mpf(0), _HALF_LN2**2,
        {"f64": 4, "f32": 1}, lambda z: z,
    ),
    # sin(r) = r + r z SIN(z), cos(r) = 1 + z COS(z), tan(r) = r + r z TAN(z), |r| <= pi/4, z = r^2
    "SIN": Fit(
        _series(_root(lambda x: (mp.sin(x) / x - 1) / x**2), -mp.mpf(1) / 6), mp.mpf(0), _ANGLE_2,
        {"f64": 5, "f32": 2}, lambda z: z,
    ),
    "COS": Fit(
        _series(_root(lambda x: (mp.cos(x) - 1) / x**2), -mp.mpf(1) / 2), mp.mpf(0), _ANGLE_2,
        {"f64": 6, "f32": 3}, lambda z: z,
    ),
    "TAN": Fit(
        _series(_root(lambda x: (mp.tan(x) / x - 1) / x**2), mp.mpf(1) / 3), mp.mpf(0), _ANGLE_2,
        {"f64": 14, "f32": 6}, lambda z: z,
    ),
    # atan(t) = t + t z ATAN(z), |t| <= 1; asin(x) = x + x z ASIN(z), |x| <= 1/2
    "ATAN": Fit(
        _series(_root(lambda x: (mp.atan(x) / x - 1) / x**2), -mp.mpf(1) / 3), mp.mpf(0), mp.mpf(1),
        {"f64": 5, "f32": 2}, lambda z: z * mp.mpf("1.2"), {"f64": 6, "f32": 3},
    ),
    "ASIN": Fit(
        _series(_root(lambda x: (mp.asin(x) / x - 1) / x**2), mp.mpf(1) / 6), mp.mpf(0), mp.mpf("0.25"),
        {"f64": 12, "f32": 4}, lambda z: z,
    ),
    # erf(x) = x + x ERF(z), |x| <= 1; erf(x) = 1 - 2**ERF_TAIL(x - 1) above: around 1, where it matters
    "ERF": Fit(
        _series(_root(lambda x: mp.erf(x) / x - 1), 2 / mp.sqrt(mp.pi) - 1), mp.mpf(0), mp.mpf("1.001"),
        {"f64": 11, "f32": 6}, _one,
    ),
    "ERF_TAIL": Fit(
        lambda u: mp.log(mp.erfc(u + 1), 2), mp.mpf("-0.001"), {"f64": mp.mpf(5), "f32": mp.mpf(3)},
        {"f64": 17, "f32": 6}, lambda u: mp.erfc(u + 1) * LN2,
    ),
    # 2**r, |r| <= 1/2, for erfc(x) <= 0.16 beside 1
    "EXP2_TAIL": Fit(
        lambda r: 2**r, mp.mpf("-0.5001"), mp.mpf("0.5001"), {"f64": 10, "f32": 5}, lambda r: mp.mpf("0.19")
    ),
    # erfc(x) = exp(-x^2) (1 + ERFC(q)) / (1 + 2x), q = (x - 3)/(x + 3), x >= 0.45
    "ERFC": Fit(
        lambda q: (1 + 6 * (1 + q) / (1 - q)) * _erfcx(3 * (1 + q) / (1 - q)) - 1,
        _erfc_variable(mp.mpf("0.45")),
        {"f64": _erfc_variable(mp.mpf("27.5")), "f32": _erfc_variable(mp.mpf("10.2"))},
        {"f64": 21, "f32": 9}, _one,
    ),
    # erfinv(x)/x = ERFINV_MIDDLE + d ERFINV(d), d = w - 127/128, w = -log(1 - x^2) <= 5.5
    "ERFINV": Fit(
        _series(lambda d: (_erfinv_near(_MIDDLE + d) - _erfinv_near(_MIDDLE)) / d, mp.diff(_erfinv_near, _MIDDLE)),
        -_MIDDLE, mp.mpf("5.5001") - _MIDDLE, {"f64": 22, "f32": 9}, lambda d: abs(d) * mp.mpf("0.9"),
    ),
    # beyond: s ERFINV_TAIL(v), s = sqrt(w), v = (s - 4)/(s + 4); ERFCINV_TAIL, 12 for 4, where 1 - |x| is tiny
    "ERFINV_TAIL": Fit(
        _erfinv_tail(4), _around(4, "2.345"), {"f64": _around(4, "6.1"), "f32": _around(4, "10.3")},
        {"f64": 24, "f32": 11}, _one,
    ),
    "ERFCINV_TAIL": Fit(_erfinv_tail(12), _around(12, "6"), _around(12, "27.4"), {"f64": 22}, _one),
    # log(gamma(2 + u)) = u LGAMMA_SLOPE + u^2 LGAMMA(u), |u| <= 1/2
    "LGAMMA": Fit(
        _series(lambda u: (_log_gamma(2 + u) / u - LGAMMA_SLOPE) / u, (mp.pi**2 / 6 - 1) / 2),
        mp.mpf("-0.5001"), mp.mpf("0.5001"), {"f64": 17, "f32": 7},
        lambda u: u**2 / abs(_log_gamma(2 + u)) if abs(u) > 1e-18 else abs(u) / LGAMMA_SLOPE,
    ),
    # log(gamma(x)) = (x - 1/2) log(x) - x + log(2 pi)/2 + STIRLING(1/x^2)/x, x >= 4.4
    "STIRLING": Fit(
        _inverse_root(lambda x: (_log_gamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2) * x), mp.mpf(0),
        1 / mp.mpf("4.39") ** 2, {"f64": 8, "f32": 2}, lambda z: mp.sqrt(z) / 2,
    ),
    # gamma(2 + u) = 1 + u GAMMA(u), |u| <= 1/2; for x >= 4.4
    # gamma(x) = x**(x - 1/2) exp(-x) (SQRT_2PI + GAMMA_LARGE(1/x)/x)
    "GAMMA": Fit(
        _series(lambda u: (mp.gamma(2 + u) - 1) / u, 1 - mp.euler), mp.mpf("-0.5001"), mp.mpf("0.5001"),
        {"f64": 19}, lambda u: u,
    ),
    "GAMMA_LARGE": Fit(
        lambda t: (mp.exp(_log_gamma(1 / t) - (1 / t - 0.5) * mp.log(1 / t) + 1 / t) - mp.sqrt(2 * mp.pi)) / t,
        mp.mpf("1e-12"), 1 / mp.mpf("4.39"), {"f64": 11}, lambda t: t / mp.sqrt(2 * mp.pi),
    ),
    # psi(PSI_ROOT + t) = t PSI_SLOPE + t^2 PSI(t) between 1 and 2;
    # psi(x) = log(x) - 1/(2x) - PSI_TAIL(1/x^2)/x^2, x >= 4
    "PSI": Fit(
        _series(lambda t: (mp.digamma(PSI_ROOT + t) / t - PSI_SLOPE) / t, mp.psi(2, PSI_ROOT) / 2),
        1 - PSI_ROOT - mp.mpf("1e-6"), 2 - PSI_ROOT + mp.mpf("1e-6"),
        {"f64": 21, "f32": 9}, lambda t: abs(t) * 1.2,
    ),
    "PSI_TAIL": Fit(
        _inverse_root(lambda x: (mp.log(x) - 1 / (2 * x) - mp.digamma(x)) * x**2),
        mp.mpf(0), mp.mpf(1) / 16, {"f64": 8, "f32": 2}, lambda z: z,
    ),
    # tri_gamma(x) = 1/x + 1/(2 x^2) + TRIGAMMA_TAIL(1/x^2)/x^3, x >= 4
    "TRIGAMMA_TAIL": Fit(
        _inverse_root(lambda x: (mp.psi(1, x) - 1 / x - 1 / (2 * x**2)) * x**3),
        mp.mpf(0), mp.mpf(1) / 16, {"f64": 9, "f32": 2}, lambda z: z,
    ),
    # sin(pi r)/pi = r + r z SINPI(z), z = r^2, |r| <= 1/2
    "SINPI": Fit(
        _series(_root(lambda r: (mp.sinpi(r) / (mp.pi * r) - 1) / r**2), -mp.pi**2 / 6), mp.mpf(0), mp.mpf("0.25"),
        {"f64": 7, "f32": 3}, lambda z: z * mp.pi / 2,
    ),
}  # fmt: skip


# -- constants -------------------------------------------------------------------------------------


def to_type(value: mp.mpf, type_: str) -> float:
    """`value` rounded to nearest in `type_`."""
    if type_ == "f64":
        return float(value)
    mantissa, exponent = mp.frexp(value)
    return float(mp.ldexp(mp.nint(mp.ldexp(mantissa, 24)), int(exponent) - 24))


def head(value: mp.mpf, bits: int) -> mp.mpf:
    """The first `bits` bits of `value`, so that a product with a (53 - bits)-bit integer is exact in f64."""
    mantissa, exponent = mp.frexp(value)
    return mp.ldexp(mp.floor(mp.ldexp(mantissa, bits)), int(exponent) - bits)


def split(value: mp.mpf, bits: tuple[int, ...], type_: str) -> tuple[float, ...]:
    """`value` as a sum: parts of so many bits, and the rest rounded to `type_`."""
    parts = []
    for n in bits:
        part = head(value, n)
        parts.append(float(part))
        value -= part
    return (*parts, to_type(value, type_))


def two_over_pi(start: int, words: int) -> tuple[int, ...]:
    """The binary digits of 2/pi from number `start` (the first is 1) as signed 64-bit words."""
    with mp.workprec(64 * words + 100):
        number = int(mp.floor(mp.ldexp(2 / mp.pi, start + 64 * words - 1)))
    parts = [(number >> 64 * (words - 1 - i)) & (2**64 - 1) for i in range(words)]
    return tuple(part - (part >> 63 << 64) for part in parts)


def constants() -> dict[str, dict[str, tuple[float, ...]]]:
    """Split constants for each type; the widths are explained where they are used."""
    log10_2, log10_e = mp.log10(2), mp.log10(mp.e)
    return {
        "LN2": {"f64": split(LN2, (42,), "f64"), "f32": split(LN2, (16,), "f32")},
        "LN2_SHORT": {"f64": split(LN2, (53,), "f64"), "f32": split(LN2, (24,), "f32")},
        "TWO_THIRDS_LOG2_E": {"f64": split(2 / (3 * LN2), (26,), "f64")},
        "PI_2": {"f64": split(mp.pi / 2, (53,), "f64"), "f32": split(mp.pi / 2, (24,), "f32")},
        # whole parts for fused multiply-add, and parts that end in zeros
        "PI_2_FUSED": {"f64": split(mp.pi / 2, (53, 53), "f64"), "f32": split(mp.pi / 2, (24, 24), "f32")},
        "PI_2_PARTS": {"f64": split(mp.pi / 2, (33, 33, 33), "f64")},
        "PI_2_HEAD": {"f64": split(mp.ldexp(mp.pi / 2, -62), (26,), "f64")},
        "LOG10_2": {"f64": split(log10_2, (42,), "f64"), "f32": split(log10_2, (16,), "f32")},
        "LOG2_E": {"f64": split(1 / LN2, (53,), "f64"), "f32": split(1 / LN2, (24,), "f32")},
        "PSI_ROOT": {"f64": split(PSI_ROOT, (52,), "f64"), "f32": split(PSI_ROOT, (23,), "f32")},
        "ERFINV_MIDDLE": {t: (to_type(_erfinv_near(_MIDDLE), t),) for t in ("f64", "f32")},
        "LGAMMA_SLOPE": {"f64": split(LGAMMA_SLOPE, (53,), "f64"), "f32": split(LGAMMA_SLOPE, (24,), "f32")},
        "PSI_SLOPE": {"f64": split(PSI_SLOPE, (53,), "f64"), "f32": split(PSI_SLOPE, (24,), "f32")},
        "SQRT_2PI": {"f64": split(mp.sqrt(2 * mp.pi), (53,), "f64")},
        "LOG2_E_HEAD": {"f64": split(1 / LN2, (26,), "f64"), "f32": split(1 / LN2, (12,), "f32")},
        "LOG10_E": {"f64": split(log10_e, (53,), "f64"), "f32": split(log10_e, (24,), "f32")},
        "LOG10_E_HEAD": {"f64": split(log10_e, (26,), "f64"), "f32": split(log10_e, (12,), "f32")},
    }


# -- output ----------------------------------------------------------------------------------------


def _line(name: str, type_: str, values: tuple[float, ...]) -> str:
    return f'    ("{name}", "{type_}"): (\n' + "".join(f"        {v!r},\n" for v in values) + "    ),\n"


def generate() -> str:
    """The text of the table module."""
    out = [
        '"""Coefficients of vector math. Generated by `tools/fit_vmath.py`: do not edit."""\n\n',
        "from __future__ import annotations\n\n# fmt: off\n",
        "# (name, type) -> coefficients, ascending\n"
        "POLYNOMIALS: dict[tuple[str, str], tuple[float, ...]] = {\n",
    ]
    for name, fit in FITS.items():
        for type_, degree in fit.degrees.items():
            found = minimax(fit, degree, type_)
            print(f"{name:12s} {type_} degree {degree:2d} error 2**{float(mp.log(found.error, 2)):.2f}", flush=True)
            out.append(f"    # error 2**{float(mp.log(found.error, 2)):.1f}\n")
            out.append(_line(name, type_, tuple(to_type(c, type_) for c in found.above)))
            if fit.below:
                out.append(_line(f"{name}_BELOW", type_, tuple(to_type(c, type_) for c in found.below)))
    out.append(
        "}\n\n# (name, type) -> parts, largest first\n"
        "CONSTANTS: dict[tuple[str, str], tuple[float, ...]] = {\n"
    )
    for name, by_type in constants().items():
        out.extend(_line(name, type_, parts) for type_, parts in by_type.items())
    out.append(
        "}\n\n# type -> digits of 2/pi, from digit -34 (f64) or -9 (f32)\n"
        "TWO_OVER_PI: dict[str, tuple[int, ...]] = {\n"
    )
    for type_, start, words in (("f64", -34, 19), ("f32", -9, 4)):
        out.append(
            f'    "{type_}": (\n' + "".join(f"        {w},\n" for w in two_over_pi(start, words)) + "    ),\n"
        )
    out.append("}\n# fmt: on\n")
    return "".join(out)


def main(names: list[str]) -> None:
    """Write the tables, or print the fits called `names`."""
    if not names:
        text = generate()
        TARGET.write_text(text)
        return
    for name in names:
        for type_, degree in FITS[name].degrees.items():
            for d in (degree - 1, degree, degree + 1):
                error = minimax(FITS[name], d, type_).error
                print(f"{name:12s} {type_} degree {d:2d} error 2**{float(mp.log(error, 2)):.2f}", flush=True)


if __name__ == "__main__":
    assert struct.calcsize("d") == 8
    main(sys.argv[1:])
