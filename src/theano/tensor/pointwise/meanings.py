"""What the point-wise functions are about: one line for each scalar operation that users call.

`theano.tensor.pointwise.described` makes the texts of `help` of them. Numbers of equations are those of the Digital
Library of Mathematical Functions, https://dlmf.nist.gov.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MEANINGS", "Meaning"]


class Meaning(NamedTuple):
    """What a function is about.

    Parameters
    ----------
    summary : what it computes, as a sentence.
    formula : the same as an equation.
    at : arguments of the example, as Python.
    numpy : the function of NumPy or SciPy that is the same, if there is one.
    source : where the formula is from, if it is not a definition everybody knows.
    """

    summary: str
    formula: str
    at: str = "[0.25, 0.5]"
    numpy: str = ""
    source: str = ""


_M = Meaning
_INTEGERS, _TWO_INTEGERS = "[1, 6]", "[5, 6], [3, 3]"
_TWO, _TRUTHS = "[1.0, 5.0], [2.0, 3.0]", "[True, True], [True, False]"
_KNUTH = "D. Knuth, The art of computer programming 1, section 1.2.4"
_IEEE, _THEANO = "IEEE 754-2019, section 4.3", "The documentation of Theano 1.0"
MEANINGS: dict[str, Meaning] = {
    # -- arithmetic ------------------------------------------------------------------------------------------
    "add": _M("The sum of its arguments.", "x + y", _TWO, "numpy.add"),
    "sub": _M("The difference of two arguments.", "x - y", _TWO, "numpy.subtract"),
    "mul": _M("The product of its arguments, element by element.", "x y", _TWO, "numpy.multiply"),
    "true_div": _M("The quotient; integers become floats.", "x / y", _TWO, "numpy.true_divide"),
    "int_div": _M("The quotient, rounded down.", "floor(x / y)", "[7, -7], [2, 2]", "numpy.floor_divide",
                  source=_KNUTH),
    "mod": _M("The remainder, of the sign of y.", "x - y floor(x / y)", "[7, -7], [3, 3]", "numpy.mod", source=_KNUTH),
    "pow": _M("x to the power of y.", "x^y", _TWO, "numpy.power", source="DLMF 4.2(iv)"),
    "neg": _M("The negative.", "-x", numpy="numpy.negative"),
    "abs_": _M("The absolute value; of a complex number its length.", "|x|", "[-1.5, 2.0]", "numpy.absolute",
               source="DLMF 1.9(i)"),
    "sgn": _M("The sign: -1, 0 or 1.", "x / |x|, and 0 where x = 0", "[-2.5, 0.0, 3.0]", "numpy.sign"),
    "inv": _M("The reciprocal; not the inverse of a matrix.", "1 / x", "[0.5, 4.0]", "numpy.reciprocal"),
    "sqr": _M("The square.", "x^2", "[0.5, 3.0]", "numpy.square"),
    "sqrt": _M("The square root; NaN for negative real numbers.", "y >= 0 with y^2 = x", "[0.25, 9.0]", "numpy.sqrt",
               source="DLMF 4.2(iv)"),
    "maximum": _M("The larger argument; NaN where one is NaN.", "max(x, y)", _TWO, "numpy.maximum"),
    "minimum": _M("The smaller argument; NaN where one is NaN.", "min(x, y)", _TWO, "numpy.minimum"),
    "second": _M(
        "The second argument, in the shape that both broadcast to: y, as often as x has elements.",
        "y", "[1.0, 2.0], [7.0]", source=_THEANO),
    "identity": _M("The argument, as a new variable.", "x", source=_THEANO),
    "clip": _M(
        "x, or the bound it passes. Arguments: x, the lower and the upper bound.",
        "x below min -> min, above max -> max", "[-2.0, 0.5, 3.0], 0.0, 1.0", "numpy.clip",
    ),
    # -- comparison, choice, bits ------------------------------------------------------------------------------
    "lt": _M("Whether x is below y, as bool.", "x < y", _TWO, "numpy.less"),
    "gt": _M("Whether x is above y, as bool.", "x > y", _TWO, "numpy.greater"),
    "le": _M("Whether x is y or below, as bool.", "x <= y", _TWO, "numpy.less_equal"),
    "ge": _M("Whether x is y or above, as bool.", "x >= y", _TWO, "numpy.greater_equal"),
    "eq": _M("Whether x and y are equal, as bool; `==` of variables compares objects.", "x = y", _TWO, "numpy.equal"),
    "neq": _M("Whether x and y differ, as bool.", "x != y", _TWO, "numpy.not_equal"),
    "isnan": _M("Whether an element is not a number, as bool.", "x != x", "[1.0, np.nan]", "numpy.isnan"),
    "isinf": _M("Whether an element is infinite, as bool.", "|x| = inf", "[1.0, -np.inf]", "numpy.isinf"),
    "switch": _M(
        "An element of the second argument where the first is true, of the third elsewhere.",
        "x ? y : z", "[True, False], [1.0, 2.0], [3.0, 4.0]", "numpy.where",
    ),
    "and_": _M("Bits that are set in all arguments; of bools, whether all are true.", "x & y", _TWO_INTEGERS,
               "numpy.bitwise_and"),
    "or_": _M("Bits that are set in an argument; of bools, whether one is true.", "x | y", _TWO_INTEGERS,
              "numpy.bitwise_or"),
    "xor": _M("Bits that are set in an odd number of arguments.", "x ^ y", _TWO_INTEGERS, "numpy.bitwise_xor"),
    "left_shift": _M("The bits of x moved by y places to the left, with zeros behind; 0 for y below 0 or too large.",
                     "x << y", "[5, 6], [1, 3]", "numpy.left_shift"),
    "right_shift": _M(
        "The bits of x moved by y places to the right, with the sign in front; all of them for y below 0 or too large.",
        "x >> y", "[5, -6], [1, 3]", "numpy.right_shift",
    ),
    "invert": _M("All bits turned around; of bools, what is not true.", "~x", _INTEGERS, "numpy.invert"),
    # -- rounding -------------------------------------------------------------------------------------------
    "ceil": _M("The smallest integer that is not below x, as a float.", "the least integer n >= x", "[-1.5, 1.5]",
               "numpy.ceil", source=_KNUTH),
    "floor": _M("The largest integer that is not above x, as a float.", "the greatest integer n <= x", "[-1.5, 1.5]",
                "numpy.floor", source=_KNUTH),
    "trunc": _M("The integer part, as a float.", "sgn(x) floor(|x|)", "[-1.5, 1.5]", "numpy.trunc",
                source=f"{_IEEE}.2: toward zero"),
    "round_half_to_even": _M("The nearest integer, as a float; of two equally near ones the even one.", "round(x)",
                             "[0.5, 1.5, 2.5]", "numpy.round", source=f"{_IEEE}.1: ties to even"),
    "round_half_away_from_zero": _M(
        "The nearest integer, as a float; of two equally near ones the one farther from zero.",
        "sgn(x) floor(|x| + 1/2)", "[0.5, 1.5, 2.5]", source=f"{_IEEE}.1: ties to away"),
    # -- exponential functions -------------------------------------------------------------------------------
    "exp": _M("The exponential function.", "e^x", numpy="numpy.exp", source="DLMF 4.2.19"),
    "exp2": _M("Two to the power of x.", "2^x", numpy="numpy.exp2", source="DLMF 4.2(iv)"),
    "expm1": _M("The exponential function less one, exact near zero.", "e^x - 1", "[1e-10, 0.5]", "numpy.expm1",
                source="DLMF 4.2.19"),
    "log": _M("The natural logarithm; -inf at 0, NaN for negative real numbers.", "y with e^y = x", numpy="numpy.log",
              source="DLMF 4.2.2"),
    "log2": _M("The logarithm to base 2.", "log(x) / log(2)", numpy="numpy.log2", source="DLMF 4.2(ii)"),
    "log10": _M("The logarithm to base 10.", "log(x) / log(10)", numpy="numpy.log10", source="DLMF 4.2(ii)"),
    "log1p": _M("The logarithm of one more, exact near zero.", "log(1 + x)", "[1e-10, 0.5]", "numpy.log1p",
                source="DLMF 4.2.2"),
    "logaddexp": _M("The logarithm of a sum of exponentials, without overflow.", "log(e^x + e^y)",
                    "[1.0, 1000.0], [2.0, 1000.0]", "numpy.logaddexp", source="DLMF 4.2.19"),
    "xlogy0": _M("x times the logarithm of y; 0 where x is 0.", "x log(y)", "[0.0, 2.0], [0.0, 3.0]",
                 "scipy.special.xlogy"),
    "sigmoid": _M("The logistic function.", "1 / (1 + e^-x)", "[-2.0, 0.0, 2.0]", "scipy.special.expit"),
    "ultra_fast_sigmoid": _M(
        "The logistic function, approximated by pieces of rational functions with an error of at most 0.03.",
        "about 1 / (1 + e^-x)", "[-2.0, 0.0, 2.0]", source="As in Theano 1.0, by its values"),
    "softplus": _M("A smooth form of max(x, 0), without overflow.", "log(1 + e^x)", "[-2.0, 0.0, 2.0]",
                   source="C. Dugas and others, Incorporating second-order functional knowledge for better option "
                          "pricing, 2000"),
    "softsign": _M("A sigmoid between -1 and 1 with slow tails.", "x / (1 + |x|)", "[-2.0, 0.0, 2.0]",
                   source="J. Bergstra and others, Quadratic polynomials learn better image features, 2009"),
    # -- trigonometric and hyperbolic functions --------------------------------------------------------------
    "sin": _M("The sine of an angle in radians.", "(e^(ix) - e^(-ix)) / (2i)", numpy="numpy.sin", source="DLMF 4.14.1"),
    "cos": _M("The cosine of an angle in radians.", "(e^(ix) + e^(-ix)) / 2", numpy="numpy.cos", source="DLMF 4.14.2"),
    "tan": _M("The tangent of an angle in radians.", "sin(x) / cos(x)", numpy="numpy.tan", source="DLMF 4.14.4"),
    "arcsin": _M("The angle in [-pi/2, pi/2] whose sine is x.", "y with sin(y) = x", numpy="numpy.arcsin",
                 source="DLMF 4.23(ii)"),
    "arccos": _M("The angle in [0, pi] whose cosine is x.", "y with cos(y) = x", numpy="numpy.arccos",
                 source="DLMF 4.23(ii)"),
    "arctan": _M("The angle in (-pi/2, pi/2) whose tangent is x.", "y with tan(y) = x", numpy="numpy.arctan",
                 source="DLMF 4.23(ii)"),
    "arctan2": _M("The angle in [-pi, pi] of a point: x, the first argument, is how far up it lies, y how far right.",
                  "angle(y + i x); its tangent is x / y",
                  "[1.0, -1.0], [1.0, -1.0]", "numpy.arctan2", source="DLMF 1.9(i)"),
    "sinh": _M("The hyperbolic sine.", "(e^x - e^-x) / 2", numpy="numpy.sinh", source="DLMF 4.28.1"),
    "cosh": _M("The hyperbolic cosine.", "(e^x + e^-x) / 2", numpy="numpy.cosh", source="DLMF 4.28.2"),
    "tanh": _M("The hyperbolic tangent.", "(e^x - e^-x) / (e^x + e^-x)", numpy="numpy.tanh", source="DLMF 4.28.4"),
    "arcsinh": _M("The inverse of sinh.", "log(x + sqrt(x^2 + 1))", numpy="numpy.arcsinh", source="DLMF 4.37.16"),
    "arccosh": _M("The inverse of cosh, for x >= 1.", "log(x + sqrt(x^2 - 1))", "[1.5, 2.0]", "numpy.arccosh",
                  source="DLMF 4.37.19"),
    "arctanh": _M("The inverse of tanh.", "log((1 + x) / (1 - x)) / 2", numpy="numpy.arctanh", source="DLMF 4.37.24"),
    "deg2rad": _M("Degrees in radians.", "x pi / 180", "[90.0, 180.0]", "numpy.deg2rad"),
    "rad2deg": _M("Radians in degrees.", "x 180 / pi", "[0.5, 1.0]", "numpy.rad2deg"),
    # -- complex numbers ---------------------------------------------------------------------------------------
    "real": _M("The real part.", "a, where x = a + ib", "[1 + 2j, 3 - 4j]", "numpy.real", source="DLMF 1.9(i)"),
    "imag": _M("The imaginary part; 0 of a real number.", "b, where x = a + ib", "[1 + 2j, 3 - 4j]", "numpy.imag",
               source="DLMF 1.9(i)"),
    "conj": _M("The complex conjugate.", "re(x) - i im(x)", "[1 + 2j, 3 - 4j]", "numpy.conj", source="DLMF 1.9(i)"),
    "angle": _M("The angle of a complex number, in radians.", "atan2(im(x), re(x))", "[1 + 1j, -1j]", "numpy.angle",
                source="DLMF 1.9(i)"),
    "complex": _M("The complex number with these two parts.", "x + i y", _TWO, source="DLMF 1.9(i)"),
    "complex_from_polar": _M("The complex number of this length and angle.", "x e^(i y)", "[1.0, 2.0], [0.0, 0.5]",
                             source="DLMF 1.9(i)"),
    # -- special functions -------------------------------------------------------------------------------------
    "erf": _M("The error function.", "2/sqrt(pi) integral of e^(-t^2) from 0 to x", numpy="scipy.special.erf",
              source="DLMF 7.2.1"),
    "erfc": _M("One less the error function, exact where it is small.", "1 - erf(x)", "[0.5, 5.0]",
               "scipy.special.erfc", "DLMF 7.2.2"),
    "erfcx": _M("The error function's complement, scaled against underflow.", "e^(x^2) erfc(x)", "[0.5, 30.0]",
                "scipy.special.erfcx", "DLMF 7.2.3"),
    "erfinv": _M("The inverse of the error function.", "y with erf(y) = x", numpy="scipy.special.erfinv",
                 source="DLMF 7.17"),
    "erfcinv": _M("The inverse of erfc.", "y with erfc(y) = x", numpy="scipy.special.erfcinv", source="DLMF 7.17"),
    "gamma": _M("The gamma function; (n - 1)! for an integer n.", "integral of t^(x-1) e^-t from 0 to inf",
                "[0.5, 5.0]", "scipy.special.gamma", "DLMF 5.2.1"),
    "gammaln": _M("The logarithm of the absolute value of the gamma function.", "log |gamma(x)|", "[0.5, 5.0]",
                  "scipy.special.gammaln", "DLMF 5.2.1"),
    "psi": _M("The digamma function, the derivative of gammaln.", "gamma'(x) / gamma(x)", numpy="scipy.special.psi",
              source="DLMF 5.2.2"),
    "tri_gamma": _M("The trigamma function, the derivative of psi.", "psi'(x)", source="DLMF 5.15.1"),
    "polygamma": _M("The derivative of psi of the order given first.", "psi^(x)(y)", "[1, 2], [0.5, 0.5]",
                    "scipy.special.polygamma", "DLMF 5.15"),
    "gammainc": _M("The lower incomplete gamma function, divided by the complete one.",
                   "1/gamma(x) integral of t^(x-1) e^-t from 0 to y", "[2.0, 2.0], [1.0, 3.0]",
                   "scipy.special.gammainc", "DLMF 8.2.4"),
    "gammaincc": _M("The upper incomplete gamma function, divided by the complete one.",
                    "1/gamma(x) integral of t^(x-1) e^-t from y to inf", "[2.0, 2.0], [1.0, 3.0]",
                    "scipy.special.gammaincc", "DLMF 8.2.4"),
    "gammal": _M("The lower incomplete gamma function.", "integral of t^(x-1) e^-t from 0 to y",
                 "[2.0, 2.0], [1.0, 3.0]", source="DLMF 8.2.1"),
    "gammau": _M("The upper incomplete gamma function.", "integral of t^(x-1) e^-t from y to inf",
                 "[2.0, 2.0], [1.0, 3.0]", source="DLMF 8.2.2"),
    "chi2sf": _M("The probability that a chi-squared number of y degrees of freedom is above x.",
                 "gammaincc(y / 2, x / 2)", "[1.0, 5.0], [2.0, 2.0]", "scipy.stats.chi2.sf", "DLMF 8.2.4"),
    "j0": _M("The Bessel function of the first kind of order 0.", "J_0(x)", numpy="scipy.special.j0",
             source="DLMF 10.2.2"),
    "j1": _M("The Bessel function of the first kind of order 1.", "J_1(x)", numpy="scipy.special.j1",
             source="DLMF 10.2.2"),
    "jv": _M("The Bessel function of the first kind; the order comes first.", "J_x(y)", "[0.5, 2.0], [1.0, 3.0]",
             "scipy.special.jv", "DLMF 10.2.2"),
    "i0": _M("The modified Bessel function of the first kind of order 0.", "I_0(x)", numpy="scipy.special.i0",
             source="DLMF 10.25.2"),
    "i1": _M("The modified Bessel function of the first kind of order 1.", "I_1(x)", numpy="scipy.special.i1",
             source="DLMF 10.25.2"),
    "iv": _M("The modified Bessel function of the first kind; the order comes first.", "I_x(y)",
             "[0.5, 2.0], [1.0, 3.0]", "scipy.special.iv", "DLMF 10.25.2"),
}  # fmt: skip
