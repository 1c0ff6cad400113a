"""Operations on complex numbers in loops, as pairs of real ones, against what they mean to NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scalar.op import TABLE
from theano.scalar.pairs import PAIRS
from theano.tensor.elemwise import Elemwise

OF_REAL = ("complex", "complex_from_polar")
# Relative errors of each part by itself; those of the operations that are sums of products are relative to the number's
# size, as the sums may cancel (and NumPy's with them), and a power's grow with its logarithm.
TOLERANCE = {"complex128": 1e-15, "complex64": 6e-7}
OF_SIZE = ("expm1", "mul", "pow", "sqr", "true_div", "xlogx", "xlogy0")
OF_POWER = 100
ROUGH = ("exp2", "log1p")  # NumPy rounds the argument first: only in `test_pair_values`


def _takes_complex(name: str) -> bool:
    op = TABLE[name]
    try:
        op.dtype(*(["complex128"] * (op.nin if op.nin > 0 else 2)))
    except (TypeError, ValueError, NotImplementedError):
        return False
    return True


def test_each_operation_has_a_formula() -> None:
    of_complex = {name for name in TABLE if _takes_complex(name) and "{" not in name}
    assert of_complex | {"Cast{complex64}", "Cast{complex128}", "complex", "complex_from_polar", "switch"} == set(PAIRS)


def _points(dtype: str) -> np.ndarray:
    rng = np.random.RandomState(0)
    plain = rng.randn(40) * 3 + 3j * rng.randn(40)
    axes = [
        0,
        1,
        -1,
        1j,
        -1j,
        2,
        -3,
        0.5j,
        1e-8,
        1e-8j,
        1 + 1e-8j,
        -1 + 1e-8j,
        1e-5 - 1e-5j,
        0.6 + 0.8j,
        20 + 1j,
        1 + 20j,
    ]
    return np.array([*plain, *axes, 100 + 3j, -100 + 3j, 5 - 100j, -5 + 100j], dtype)


def _compiled(name: str, *dtypes: str) -> tuple[Any, Any]:
    variables = [T.TensorType(d, (False,))() for d in dtypes]
    out = Elemwise(TABLE[name])(*variables)
    f, plain = (theano.function(variables, out, mode=mode) for mode in (None, "FAST_COMPILE"))
    assert not [1 for kind, _ in f.executor.lowered.words if kind == "callback"]
    return f, plain


def _compare(found: Any, expected: Any, tolerance: float, of_size: bool = False) -> None:
    """Equal but for rounding: each part by itself, or `of_size` by the size of the number."""
    assert found.dtype == expected.dtype
    if found.dtype == bool:
        np.testing.assert_array_equal(found, expected)
        return
    if of_size:
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
        found, expected = (v[np.isfinite(expected)] for v in (found, expected))
    for part in ("real", "imag"):
        g, w = getattr(found, part), getattr(expected, part)
        fine = np.isfinite(w)
        np.testing.assert_array_equal(g[~fine], w[~fine])
        wrong = abs(g[fine] - w[fine]) > tolerance * abs(expected if of_size else w)[fine]
        assert not wrong.any(), (part, found[fine][wrong], expected[fine][wrong])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", sorted(n for n in PAIRS if TABLE[n].nin == 1 and n not in ROUGH))
def test_of_one(name: str, dtype: str) -> None:
    """At plain numbers; others in `test_pair_values`."""
    f, plain = _compiled(name, dtype)
    points = _points(dtype)
    _compare(f(points), plain(points), TOLERANCE[dtype], name in OF_SIZE)


@pytest.mark.parametrize("name", sorted(n for n in PAIRS if TABLE[n].nin in (2, -1)))
def test_of_two(name: str) -> None:
    points = _points("complex128")[:50]
    for dtypes in [("complex128", "complex128"), ("complex128", "float64"), ("int8", "complex64"), ("complex64",) * 2]:
        if name in OF_REAL:
            dtypes = tuple(theano.scalar.dtypes.real_of(d) for d in dtypes)
        f, plain = _compiled(name, *dtypes)
        x, y = points[::-1], np.roll(points, 7)
        given = [(v if d.startswith("c") else v.real).astype(d) for v, d in zip((x, y), dtypes, strict=True)]
        single = any(d in ("complex64", "float32") for d in dtypes)
        tolerance = TOLERANCE["complex64" if single else "complex128"] * (OF_POWER if name == "pow" else 1)
        _compare(f(*given), plain(*given), tolerance, name in OF_SIZE)


def test_choices() -> None:
    points = _points("complex128")
    for condition in ("bool", "int8"):
        f, plain = _compiled("switch", condition, "complex128", "float64")
        for cond in (points.real > 0, points.imag != 1):
            given = cond.astype(condition), points, points.real
            _compare(f(*given), plain(*given), 0)


def test_nothing_overflows_on_the_way() -> None:
    f, plain = _compiled("abs_", "complex128")
    points = np.array(
        [3e200 + 4e200j, 3e-200 + 4e-200j, 5e-324, np.inf + 1j, complex(np.nan, np.inf), complex(1, np.nan)]
    )
    np.testing.assert_allclose(f(points), plain(points), rtol=1e-15)
    f, plain = _compiled("true_div", "complex128", "complex128")
    big = np.array([1e300 + 1e300j, 1e-300 + 1e-300j])
    np.testing.assert_allclose(f(big, big * 2), plain(big, big * 2), rtol=1e-15)
    f, plain = _compiled("sqrt", "complex128")
    large = np.array([1e300 + 1e300j, -1e300 + 1e-300j, 1e-310 + 1e-310j, complex(-4, -0.0), complex(-4, 0.0)])
    np.testing.assert_allclose(f(large), plain(large), rtol=1e-14)
    f, plain = _compiled("exp", "complex128")
    for point in (710 + 0.78j, -745 + 1j, -np.inf + 1j, np.inf + 0j, 5 + 0j):
        np.testing.assert_allclose(f([point]), plain([point]), rtol=1e-12)
    f, plain = _compiled("log", "complex128")
    near = np.array([1 + 1e-10j, 0.6 + 0.8j, 1e-200 + 1e-200j, 1e200 + 1e200j, -1.0, complex(-1, -0.0), 0])
    np.testing.assert_allclose(f(near), plain(near), rtol=1e-13, atol=1e-17)
    f, plain = _compiled("tanh", "complex128")
    far = np.array([400 + 1j, -400 + 1j, 1e-10 + 1e-10j, 0.5 + np.pi / 2 * 1j, 21 + 2j, 30 - 2j])
    np.testing.assert_allclose(f(far), plain(far), rtol=1e-12, atol=1e-17)


def test_layouts() -> None:
    """Views of complex arrays, empty ones, numbers, and arrays whose parts are then looked at by other operations."""
    z, w = T.zmatrix("z"), T.zmatrix("w")
    y = (z.T * w[::-1])[1:, ::2]
    outs = [
        y, y.sum(axis=0), T.dot(y, y.T), T.concatenate([y, w[:, :1]]), T.inc_subtensor(y[0], w[0, :1]),
        y.reshape((-1,)), T.set_subtensor(y[:, 0], 3.0), y[[0, 0]], T.zeros_like(y) + y.sum(), T.cumsum(y, axis=1),
        y.real + y.imag,
    ]  # fmt: skip
    f, plain = (theano.function([z, w], outs, mode=mode) for mode in (None, "FAST_COMPILE"))
    assert not [1 for kind, _ in f.executor.lowered.words if kind == "callback"]
    rng = np.random.RandomState(0)
    for m in (2, 5):
        a, b = (rng.randn(*s) + 1j * rng.randn(*s) for s in ((2, m), (m, 2)))
        for x in (a, np.asfortranarray(a), a[:, ::-1]):
            for found, expected in zip(f(x, b), plain(x, b), strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


def test_shared_variables_are_updated() -> None:
    v = theano.shared(np.arange(4) + 1j)
    g = T.zvector("g")
    step = theano.function([g], abs(v).sum(), updates=[(v, v * 2 - g)])
    assert not [1 for kind, _ in step.executor.lowered.words if kind == "callback"]
    before = v.get_value()
    assert step(np.ones(4) * 1j) == pytest.approx(abs(before).sum())
    np.testing.assert_array_equal(v.get_value(), 2 * before - 1j)
    row = theano.function([g], [], updates=[(v, T.inc_subtensor(v[1:3], g[:2] * v[0]))])
    before = v.get_value()
    row(np.full(4, 1 + 2j))
    before[1:3] += (1 + 2j) * before[0]
    np.testing.assert_allclose(v.get_value(), before)


def test_loops_and_branches() -> None:
    z, n = T.zvector("z"), T.iscalar("n")
    last = theano.scan(lambda s: s * s + z, outputs_info=[z * 0], n_steps=3)[0][-1]
    picked = theano.ifelse.ifelse(T.gt(n, 0), last * 1j, T.exp(z))
    f, plain = (theano.function([z, n], picked, mode=mode) for mode in (None, "FAST_COMPILE"))
    value = np.array([0.1 + 0.2j, -0.5j, 0.3])
    for number in (-1, 1):
        np.testing.assert_allclose(f(value, number), plain(value, number), rtol=1e-13)


def test_constants() -> None:
    """Parts of several constants, some of which have no imaginary part, are each their own."""
    z = T.zvector("z")
    out = z
    for k in range(8):
        real = np.arange(3.0) + k
        out = out * (real + 0j) + (1j * real if k % 2 else real + 2j)
    f, plain = (theano.function([z], out, mode=mode) for mode in (None, "FAST_COMPILE"))
    np.testing.assert_allclose(f(np.ones(3) * 1j), plain(np.ones(3) * 1j), rtol=1e-14)


@pytest.mark.parametrize("length", [1, 5, 3000])
def test_updates_that_mix_the_parts_of_a_shared_variable(length: int) -> None:
    """No part is overwritten before the other one has been computed of it."""
    rng = np.random.RandomState(0)
    start = [rng.randn(*s) + 1j * rng.randn(*s) for s in ((length,), (length, 3))]
    v, m = (theano.shared(x.copy()) for x in start)
    g, rows = T.zvector("g"), T.lvector("rows")
    turned = v * (1 + 2j) - T.conj(v) * g
    step = theano.function([g], T.exp(v).sum(), updates=[(v, turned), (m, m * v.dimshuffle(0, "x") + m[::-1])])
    h = rng.randn(length) + 1j * rng.randn(length)
    found = step(h)
    np.testing.assert_allclose(found, np.exp(start[0]).sum())
    np.testing.assert_allclose(v.get_value(), start[0] * (1 + 2j) - start[0].conj() * h)
    np.testing.assert_allclose(m.get_value(), start[1] * start[0][:, None] + start[1][::-1])
    v.set_value(start[0])
    part = theano.function([g, rows], [], updates=[(v, T.inc_subtensor(v[rows], v[rows[::-1]] * g[rows] * 1j))])
    at = rng.permutation(length)[: length // 2 + 1]
    part(h, at)
    expected = start[0].copy()
    expected[at] += start[0][at[::-1]] * h[at] * 1j
    np.testing.assert_allclose(v.get_value(), expected)
    row = theano.function([g], [], updates=[(v, T.set_subtensor(v[1:], v[:-1] * g[1:]))])
    v.set_value(start[0])
    row(h)
    np.testing.assert_allclose(v.get_value()[1:], start[0][:-1] * h[1:])
