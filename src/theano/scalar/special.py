"""Error, gamma and Bessel functions. SciPy computes what has no native form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.loops import vmath
from theano.scalar import rules
from theano.scalar.exponential import exp, log
from theano.scalar.op import UNDEFINED, ScalarOp, binary, like, scipy_special, unary
from theano.scalar.power import sqr

Term = Any

_MOST_REFLECTED = 99
_SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0


def _special(name: str, grad: Any, expand: Any = None, numpy: Any = None, cost: int = 60) -> ScalarOp:
    numpy = numpy or scipy_special(name)
    return unary(name, numpy=numpy, dtype=rules.to_float_real, grad=grad, expand=expand, cost=cost)


def _special2(name: str, grad: Any, numpy: Any = None) -> ScalarOp:
    return binary(name, numpy=numpy or scipy_special(name), dtype=rules.to_float_real, grad=grad)


# -- error functions ---------------------------------------------------------------------------------------

erf = _special("erf", lambda x, y, g: g * like(g, _SLOPE) * exp(-sqr(x)), vmath.erf, cost=30)
erfc = _special("erfc", lambda x, y, g: g * like(g, -_SLOPE) * exp(-sqr(x)), vmath.erfc)
erfcx = _special("erfcx", lambda x, y, g: g * (like(g, -_SLOPE) + x * y * 2))
erfinv = _special(
    "erfinv",
    lambda x, y, g: g * like(g, 1 / _SLOPE) * exp(sqr(y)),
    vmath.erfinv,
    numpy=lambda x: np.copysign(scipy_special("erfinv")(x), x),  # SciPy's loses the sign of zero
)
erfcinv = _special(
    "erfcinv",
    lambda x, y, g: g * like(g, -1 / _SLOPE) * exp(sqr(y)),
    vmath.erfcinv,
    numpy=lambda x: scipy_special("erfcinv")(x) + x.dtype.type(0),  # SciPy's is -0 at 1
)


def _polygamma(n: Any, x: Any) -> Any:
    """SciPy's needs as many steps as a negative number has units, and loses its last bits: those are reflected.

    NaN for negative numbers and orders that are not whole or above `_MOST_REFLECTED`.
    """
    n, x = np.broadcast_arrays(n, x)
    negative = x < 0
    with np.errstate(all="ignore"):
        positive = scipy_special("polygamma")(n, np.where(negative, 1 - x, x))
        value = np.where(negative, np.nan, positive)
        cot = 1 / np.tan(np.pi * (x - np.rint(x)))
        orders = np.unique(n[negative])
        for order in orders[(orders == np.rint(orders)) & (orders >= 0) & (orders <= _MOST_REFLECTED)]:
            slope = np.array([0.0, 1.0])  # the derivatives of cot are polynomials in cot: their coefficients
            for _ in range(int(order)):
                slope = np.convolve([-1.0, 0.0, -1.0], slope[1:] * np.arange(1, len(slope)))
            reflected = (-1) ** order * positive - np.pi ** (order + 1) * np.polyval(slope[::-1], cot)
            value = np.where(negative & (n == order), reflected, value)
        return value.astype(x.dtype)


def _tri_gamma(x: Any) -> Any:
    """polygamma(1, x), in fewer roundings."""
    negative = x < 0
    positive = scipy_special("polygamma")(1, np.where(negative, 1 - x, x))
    reflected = np.square(np.pi / np.sin(np.pi * (x - np.rint(x)))) - positive
    return np.where(negative, np.where(x == np.rint(x), np.inf, reflected), positive)


# -- gamma functions ---------------------------------------------------------------------------------------



def _gamma(x: Any) -> Any:
    """SciPy's, but at its poles, where versions differ: NaN at negative whole numbers, and -inf at -0.0."""
    value = np.where(x == 0, np.copysign(x.dtype.type(np.inf), x), scipy_special("gamma")(x))
    return np.where((x < 0) & (x == np.floor(x)), x.dtype.type(np.nan), value)


gamma = _special("gamma", lambda x, y, g: g * y * psi(x), vmath.gamma, _gamma)
gammaln = _special("gammaln", lambda x, y, g: g * psi(x), vmath.gammaln)
psi: ScalarOp = _special("psi", lambda x, y, g: g * tri_gamma(x), vmath.psi)
tri_gamma: ScalarOp = _special("tri_gamma", lambda x, y, g: g * polygamma(2, x), vmath.tri_gamma, _tri_gamma)
# The n-th derivative of psi, for whole n.
polygamma: ScalarOp = _special2("polygamma", lambda n, x, y, g: (UNDEFINED, g * polygamma(n + 1, x)), _polygamma)


def _density(k: Any, x: Any) -> Any:
    """The density of a gamma distribution of shape `k`: the slope of `gammainc`."""
    return exp((k - 1) * log(x) - x - gammaln(k))


# The gradients to the shape `k` are not implemented: they have no short form.
gammainc: ScalarOp = _special2("gammainc", lambda k, x, y, g: (UNDEFINED, g * _density(k, x)))
gammaincc: ScalarOp = _special2("gammaincc", lambda k, x, y, g: (UNDEFINED, -g * _density(k, x)))
gammal: ScalarOp = _special2(
    "gammal",
    lambda k, x, y, g: (UNDEFINED, g * exp((k - 1) * log(x) - x)),
    lambda k, x: scipy_special("gammainc")(k, x) * _gamma(k),
)
gammau: ScalarOp = _special2(
    "gammau",
    lambda k, x, y, g: (UNDEFINED, -g * exp((k - 1) * log(x) - x)),
    lambda k, x: scipy_special("gammaincc")(k, x) * _gamma(k),
)
chi2sf: ScalarOp = binary(
    "chi2sf",
    numpy=lambda x, k: np.where(x < 0, 1.0, scipy_special("chdtrc")(k, x)),
    dtype=rules.to_float64,
    grad=lambda x, k, y, g: (-g * _density(k / 2, x / 2) / 2, UNDEFINED),
)

# -- Bessel functions ----------------------------------------------------------------------------------------

j0: ScalarOp = _special("j0", lambda x, y, g: -g * j1(x))
j1: ScalarOp = _special("j1", lambda x, y, g: g * (j0(x) - jv(2, x)) * like(g, 0.5))
jv: ScalarOp = _special2(
    "jv", lambda v, x, y, g: (UNDEFINED, g * (jv(v - 1, x) - jv(v + 1, x)) * like(g, 0.5))
)
i0: ScalarOp = _special("i0", lambda x, y, g: g * i1(x))
i1: ScalarOp = _special("i1", lambda x, y, g: g * (i0(x) + iv(2, x)) * like(g, 0.5))
iv: ScalarOp = _special2(
    "iv", lambda v, x, y, g: (UNDEFINED, g * (iv(v - 1, x) + iv(v + 1, x)) * like(g, 0.5))
)
