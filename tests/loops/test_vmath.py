"""Vector math against wider arithmetic: error in ulps, special values, limits of the range, size."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import is_native
from theano import scalar
from theano.loops import expr, vmath
from theano.runtime.jit import isa
from tools import ulp_table

NAMES = sorted(vmath.__all__)
EXTENDED = np.finfo(np.longdouble).nmant >= 63


@pytest.mark.parametrize("has_fma", [True, False], ids=["fma", "baseline"])
@pytest.mark.parametrize("name", NAMES)
def test_error_f32(name: str, has_fma: bool) -> None:
    found = ulp_table.worst(name, "f32", has_fma, 50_000)
    assert found.error <= ulp_table.limit(name, has_fma), found


@pytest.mark.skipif(not EXTENDED, reason="needs an 80-bit long double")
@pytest.mark.parametrize("has_fma", [True, False], ids=["fma", "baseline"])
@pytest.mark.parametrize("name", NAMES)
def test_error_f64(name: str, has_fma: bool) -> None:
    found = ulp_table.worst(name, "f64", has_fma, 500 if name in ulp_table.SLOW_REFERENCES else 20_000)
    assert found.error <= ulp_table.limit(name, has_fma), found


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("pow", "atan2")])
def test_all_exponents_f32(name: str) -> None:
    """Both signs, every exponent, its ends and a stride through the mantissas."""
    mantissas = np.unique(
        np.concatenate([np.arange(4), np.arange(0, 1 << 23, 16411), (1 << 23) - 1 - np.arange(4)])
    )
    bits = (np.arange(512, dtype="u4")[:, None] << 23) + mantissas.astype("u4")
    x = bits.ravel().view("f4")
    exact, scale = ulp_table.exact_values(name, (x,)), ulp_table.scale_of(name, (x,))
    error = ulp_table.ulps(ulp_table.native(name, "f32")(x), exact, scale)
    i = int(np.argmax(error))
    assert error[i] <= ulp_table.limit(name, True), (x[i], error[i])


@pytest.mark.parametrize("has_fma", [True, False], ids=["fma", "baseline"])
@pytest.mark.parametrize(
    ("name", "type_", "arguments"),
    [
        ("log10", "f32", [1.33141028881073]),
        ("log2", "f64", [1.3971693700390662, 1.4087840703709205]),
        ("erfc", "f32", [0.4818529188632965, 0.48504534363746643, 0.4854244291782379]),
        ("erfc", "f64", [0.4817432927861369, 1.5704706758964069, 5.923520323252395]),
    ],
)
def test_arguments_that_need_the_error_of_a_product(
    name: str, type_: str, arguments: list[float], has_fma: bool
) -> None:
    exact = {"log10": mp.log10, "log2": lambda v: mp.log(v, 2), "erfc": mp.erfc}[name]
    x = np.array(arguments, expr.DTYPE_OF[type_])
    error = ulp_table.ulps(ulp_table.native(name, type_, has_fma)(x), ulp_table.by_mpmath(exact)(x))
    assert error.max() <= 1.6, error


def hard_angles(count: int) -> list[float]:
    """Doubles of all sizes very near to multiples of pi/2."""
    rng = np.random.default_rng(1)
    found = [6381956970095103.0 * 2.0**797, 5319372648326541.0 * 2.0**-41, 1.7976931348623157e308, 1e22]
    with mp.workprec(1400):
        for exponent in rng.uniform(0, 1000, count).tolist():
            n = mp.floor(mp.mpf(2) ** exponent)
            found.append(float(n * mp.pi / 2))
    return found


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_huge_angles(name: str) -> None:
    x = np.array(hard_angles(400))
    got = ulp_table.native(name, "f64")(x)
    with mp.workprec(1400):
        exact = [getattr(mp, name)(mp.mpf(v)) for v in x.tolist()]
        errors = [
            abs((mp.mpf(g) - e) / mp.mpf(float(np.spacing(abs(float(e))))))
            for g, e in zip(got.tolist(), exact)
        ]
    assert max(errors) <= 2.0


@pytest.mark.parametrize(
    ("name", "type_", "last", "beyond"),
    [
        ("exp", "f64", 709.782712893384, np.inf),
        ("exp", "f32", 88.72283, np.inf),
        ("exp2", "f64", 1023.9999999999999, np.inf),
        ("exp2", "f32", 127.99999, np.inf),
        ("expm1", "f64", 709.782712893384, np.inf),
        ("sinh", "f64", 710.4758600739439, np.inf),
        ("cosh", "f64", 710.4758600739439, np.inf),
        ("cosh", "f32", 89.415985, np.inf),
    ],
)
def test_overflow_begins_at_the_right_argument(name: str, type_: str, last: float, beyond: float) -> None:
    x = np.array([last, 0], expr.DTYPE_OF[type_])
    x[1] = np.nextafter(x[0], x.dtype.type(np.inf))
    got = ulp_table.native(name, type_)(x)
    assert np.isfinite(got[0]) and got[1] == beyond


def test_underflow_is_gradual() -> None:
    x = np.linspace(-746, -700, 3000)
    with np.errstate(all="ignore"):
        wanted = np.exp(x.astype("g")).astype("f8") if EXTENDED else np.exp(x)
    for name in ("exp", "sigmoid", "softplus"):
        got = ulp_table.native(name, "f64")(x)
        assert np.all(np.abs(got - wanted) <= 2 * np.spacing(wanted)), name
    assert ulp_table.native("sigmoid", "f64")(np.array([-745.0, -1000.0, 1000.0])).tolist() == [
        5e-324,
        0.0,
        1.0,
    ]


@pytest.mark.parametrize("type_", ["f32", "f64"])
def test_powers_of_special_values(type_: str) -> None:
    values = [0.0, 1, 2, 3, 0.5, 1.5, np.inf, np.nan, 2.0**23 + 1, 2.0**53, 2.0**53 - 1, 1e30, 1e-30]
    values = np.array(values + [-v for v in values], expr.DTYPE_OF[type_])
    x, y = (a.ravel() for a in np.meshgrid(values, values))
    got = ulp_table.native("pow", type_)(x, y)
    with np.errstate(all="ignore"):
        wanted = np.power(x, y)
        difference = np.abs(got - wanted)
    same = (got == wanted) & (np.signbit(got) == np.signbit(wanted)) | np.isnan(got) & np.isnan(wanted)
    same |= np.isfinite(got) & (difference <= 2 * np.spacing(np.abs(wanted)))
    assert not [(a, b, c, d) for a, b, c, d, ok in zip(x, y, got, wanted, same) if not ok]


@pytest.mark.parametrize(
    ("name", "f64", "f32"),
    [("exp", 27, 21), ("log", 76, 68), ("tanh", 35, 30), ("sigmoid", 36, 30), ("softplus", 49, 35)],
)
def test_expansions_stay_short(name: str, f64: int, f32: int) -> None:
    """Each operation costs compile time and run time."""
    assert ulp_table.operations(name, "f64") <= f64
    assert ulp_table.operations(name, "f32") <= f32


def test_functions_are_names_of_expressions() -> None:
    for name in NAMES:
        for type_ in ("f32", "f64"):
            function = getattr(vmath, name)
            args = [expr.name(n, type_) for n in "xy"[: function.__code__.co_argcount]]
            assert function(*args).type == type_


@pytest.mark.parametrize("name", ["erfinv", "erfcinv", "gammaln", "psi"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradients_stay_in_one_loop(name: str, dtype: str) -> None:
    x = T.vector("x", dtype=dtype)
    y = getattr(T, name)(x)
    f = theano.function([x], [y, theano.grad(y.sum(), x)])
    assert is_native(f)
    if dtype != "float16" or isa().has_f16c:
        assert len(f.executor.lowered.program.kernels) == 1
    at = np.linspace(0.1, 0.9, 37).astype(dtype)
    value, slope = f(at)
    wide = at.astype("f8")
    step = 1e-6
    wanted = (scalar.TABLE[name](wide + step) - scalar.TABLE[name](wide - step)) / (2 * step)
    rough = {"float16": 1e-3, "float32": 1e-6, "float64": 1e-14}[dtype]
    np.testing.assert_allclose(value, scalar.TABLE[name](wide), rtol=rough, atol=rough)
    np.testing.assert_allclose(slope, wanted, rtol=max(20 * rough, 1e-6))


def test_the_table_is_of_these_expansions() -> None:
    """`docs/vmath.md` is measured (tools/ulp_table.py); what can be checked at once is checked here."""
    lines = [line.strip("|\n ").split(" | ") for line in ulp_table.TARGET.read_text().splitlines() if "|" in line]
    rows = {cells[0]: cells[1:] for cells in lines[2:]}
    assert sorted(rows) == NAMES
    for name, (f64, f64_plain, f32, f32_plain, *counts) in rows.items():
        assert [int(c) for c in counts] == [ulp_table.operations(name, t) for t in ("f64", "f32")], name
        assert max(float(f64), float(f32)) <= ulp_table.limit(name, True), name
        assert max(float(f64_plain), float(f32_plain)) <= ulp_table.limit(name, False), name
