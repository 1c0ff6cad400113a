"""Functions of complex numbers in loops, each part by itself: against many digits, and NumPy at special values."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scalar.op import TABLE
from theano.tensor.elemwise import Elemwise

EXACT: dict[str, Callable[[Any], Any]] = {
    "abs_": abs, "angle": mp.arg, "arccos": mp.acos, "arccosh": mp.acosh, "arcsin": mp.asin, "arcsinh": mp.asinh,
    "arctan": mp.atan, "arctanh": mp.atanh, "cos": mp.cos, "cosh": mp.cosh, "exp": mp.exp,
    "exp2": lambda z: mp.mpf(2) ** z, "expm1": lambda z: mp.exp(z) - 1, "inv": lambda z: 1 / z, "log": mp.log,
    "log10": lambda z: mp.log(z) / mp.log(10), "log1p": lambda z: mp.log(1 + z),
    "log2": lambda z: mp.log(z) / mp.log(2), "sin": mp.sin, "sinh": mp.sinh, "sqr": lambda z: z * z, "sqrt": mp.sqrt,
    "tan": mp.tan, "tanh": mp.tanh,
}  # fmt: skip
# Errors in units of the last place of each part; of the size of the number for what is said to cancel.
ULPS, OF_SIZE = 4, {"expm1": 4, "exp2": 16}
MANY_DIGITS = ("arc", "log", "expm1")  # where 1 and a number beside it are added
DTYPES = ("complex128", "complex64")
INF, NAN = float("inf"), float("nan")


def _compiled(name: str, dtype: str, mode: str | None = None) -> Any:
    variable = T.TensorType(dtype, (False,))()
    f = theano.function([variable], Elemwise(TABLE[name])(variable), mode=mode)
    assert mode or not [1 for kind, _ in f.executor.lowered.words if kind == "callback"]
    return f


def _numbers(rng: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """Of both signs, with exponents from a range."""
    return rng.choice([-1, 1], count) * 10.0 ** rng.uniform(low, high, count)


def _points(name: str, dtype: str) -> np.ndarray:
    """Parts of all magnitudes, numbers beside branch points, of size 1, and where sine or cosine are almost 0."""
    rng, far = np.random.default_rng(5), 300 if dtype == "complex128" else 35
    ranges = [((-far, far), (-far, far)), ((-3, 3), (-3, 3)), ((-far, 3), (-3, 3)), ((-3, 3), (-far, 3))]
    found = [_numbers(rng, 20, *a) + 1j * _numbers(rng, 20, *b) for a, b in ranges]
    beside = rng.choice([1, -1, 1j, -1j], 30)
    found += [beside + (_numbers(rng, 30, -far, -1) + 1j * _numbers(rng, 30, -far, -1))]
    found += [beside.real + 1j * (beside.imag + _numbers(rng, 30, -far, -1))]
    unit = np.exp(2j * np.pi * rng.uniform(size=15)) * (1 + _numbers(rng, 15, -17, -1))
    steep = _numbers(rng, 15, 0, np.log10(far) + 0.5) + 1j * np.round(rng.uniform(-30, 30, 15)) * np.pi / 2
    # exp, cosh and sinh overflow, their products with a small sine don't
    small = _numbers(rng, 15, -far, -far // 2)
    large = rng.choice([-1, 1], 15) * rng.uniform(1, 1.4, 15) * np.log(np.finfo(dtype).max)
    found += [unit, unit - 1, steep, steep.imag + 1j * steep.real, large + 1j * small, small + 1j * large]
    z = np.concatenate(found).astype(dtype)
    return z[abs(z.imag) < 8] if name == "exp2" else z  # its angle is rounded as in NumPy


def _errors(found: np.ndarray, exact: list[Any], sizes: list[Any]) -> np.ndarray:
    facts = np.finfo(found.dtype)
    eps, tiny, most = (mp.mpf(float(v)) for v in (facts.eps, facts.tiny, facts.max))
    errors = []
    for g, w, size in zip(found, exact, sizes, strict=True):
        unit = max(size, tiny) * eps
        if abs(w) > most * (1 - ULPS * eps):  # or infinite, or still finite beside the limit
            fine = (g > 0) == (w > 0) and (np.isinf(g) or abs(mp.mpf(float(g)) - w) <= ULPS * unit)
            errors.append(0.0 if fine else INF)
        else:
            errors.append(float(abs(mp.mpf(float(g)) - w) / unit) if np.isfinite(g) else INF)
    return np.array(errors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_each_part_is_accurate(name: str, dtype: str) -> None:
    z = _points(name, dtype)
    found = _compiled(name, dtype)(z)
    with mp.workdps(700 if name.startswith(MANY_DIGITS) else 60):
        exact = [EXACT[name](mp.mpc(complex(v))) for v in z]
        parts = [("real", mp.re), ("imag", mp.im)][: 2 if np.iscomplexobj(found) else 1]
        for part, of in parts:
            wanted = [of(w) for w in exact]
            sizes = [abs(w) for w in (exact if name in OF_SIZE else wanted)]
            errors = _errors(getattr(found, part), wanted, sizes)
            worst = int(errors.argmax())
            assert errors[worst] <= OF_SIZE.get(name, ULPS), (part, z[worst], found[worst], errors[worst])


# NumPy's are no functions of C, and give NaN or lose digits: see the next test.
OF_OTHERS = ("expm1", "log1p", "sqr")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [n for n in EXACT if n not in OF_OTHERS])
def test_special_values(name: str, dtype: str) -> None:
    """As NumPy has them from C (Annex G of the standard), where this leaves no sign open."""
    far = 1e300 if dtype == "complex128" else 1e35
    parts = [s * v for v in (0.0, 0.5, 1.0, 2.0, INF, NAN, far, 1 / far) for s in (1, -1)]
    z = np.array(list(itertools.starmap(complex, itertools.product(parts, repeat=2))), dtype)
    found, expected = (_compiled(name, dtype, mode)(z) for mode in (None, "FAST_COMPILE"))
    for part in ("real", "imag"):
        g, w = getattr(found, part), getattr(expected, part)
        np.testing.assert_array_equal(np.isnan(g), np.isnan(w))
        np.testing.assert_allclose(abs(g), abs(w), rtol=8 * np.finfo(g.dtype).eps)
        # The standard leaves the sign of some zeros and infinities open where the other part of the result is NaN, or
        # both parts of the argument are infinite.
        signs = ~np.isnan(found.real) & ~np.isnan(found.imag) & ~np.isnan(z)
        signs &= np.isfinite(z.real) | np.isfinite(z.imag)
        np.testing.assert_array_equal(np.signbit(g[signs]), np.signbit(w[signs]), str(z[signs]))


def test_special_values_of_what_numpy_makes_of_others() -> None:
    """``exp(z) - 1``, ``log(1 + z)``, ``z * z``: as `exp`, `log` and products of real numbers."""
    z = np.array([complex(a, b) for a in (INF, -INF, NAN, 3.0) for b in (0.0, -0.0, INF, NAN, 2.0)])
    for name, other in (("expm1", "exp"), ("log1p", "log")):
        found = _compiled(name, "complex128")(z)
        moved = z.copy()
        moved.real += name == "log1p"
        expected = _compiled(other, "complex128")(moved)
        expected.real -= name == "expm1"
        for part in ("real", "imag"):
            np.testing.assert_allclose(getattr(found, part), getattr(expected, part), rtol=1e-15)
    square = _compiled("sqr", "complex128")
    np.testing.assert_array_equal(square([complex(INF, 1e300), 1e300 + 1e300j, 1 + 1j]).real, [INF, 0, 0])
    assert not np.signbit(square([1 + 1j, -1 - 1j, 1 - 1j, 1e-300j]).real).any()


CUTS: dict[str, tuple[complex, list[float]]] = {
    # along which axis, and where on it
    "sqrt": (1, [-1.0, -1e300]), "log": (1, [-1e-300, -1.0, -1e300]), "log1p": (1, [-1.5, -1e300]),
    "log2": (1, [-2.0]), "log10": (1, [-2.0]), "arccos": (1, [-1.5, 1.5, -1e300, 1e300]),
    "arcsin": (1, [-1.5, 1.5, -1e300, 1e300]), "arctanh": (1, [-1.5, 1.5, -1e300, 1e300]),
    "arccosh": (1, [0.5, -0.5, -1.5, -1e300]), "arctan": (1j, [-1.5, 1.5, -1e300, 1e300]),
    "arcsinh": (1j, [-1.5, 1.5, -1e300, 1e300]),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTS)
def test_branch_cuts_belong_to_the_side_of_the_sign_of_zero(name: str) -> None:
    f, (axis, places) = _compiled(name, "complex128"), CUTS[name]
    for sign in (1.0, -1.0):
        on, beside = (
            np.array([complex(p, sign * e) if axis == 1 else complex(sign * e, p) for p in places])
            for e in (0.0, 5e-324)
        )
        a, c = f(on), f(beside)
        for part in ("real", "imag"):
            x, y = getattr(a, part), getattr(c, part)
            np.testing.assert_allclose(x, y, rtol=1e-15, atol=1e-300)
            np.testing.assert_array_equal(np.signbit(x), np.signbit(y))
        other = f(on.conj() if axis == 1 else -on.conj())  # the other side: not the same number
        assert (a != other).all()
