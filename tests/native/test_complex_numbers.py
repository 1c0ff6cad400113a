"""Complex numbers in programs: no call-backs, NumPy's results, and nothing is overwritten that is still read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import calls_back
from theano import scalar
from theano.ifelse import ifelse
from theano.tensor.elemwise import Elemwise

RNG = np.random.default_rng(12)
# Of the operations that are said in pairs, arithmetic; for the others see tests/scalar/test_pairs.py.
ARITHMETIC = (
    "Cast{complex64}", "Cast{complex128}", "abs_", "add", "complex", "complex_from_polar", "conj", "eq", "identity",
    "imag", "inv", "isinf", "isnan", "mul", "neg", "neq", "real", "second", "sqr", "sub", "switch", "true_div",
)  # fmt: skip
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-310, 1e300, -3e-200])


def complex_numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def agree(inputs: list[Any], outputs: Any, *given: np.ndarray) -> None:
    """Compiled code, which calls nobody back, and the NumPy definitions."""
    f = theano.function(inputs, outputs, on_unused_input="ignore")
    assert not calls_back(f)
    reference = theano.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    found, wanted = f(*given), reference(*given)
    many = isinstance(found, list)
    for a, b in zip(found if many else [found], wanted if many else [wanted], strict=True):
        assert a.dtype == b.dtype
        digits = 1e-5 if b.dtype in ("float32", "complex64") else 1e-13
        np.testing.assert_allclose(a, b, rtol=digits, atol=digits)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic(name: str, dtype: str) -> None:
    op = scalar.TABLE[name]
    count = 3 if op.nin < 0 else op.nin
    dtypes = [dtype] * count
    if name == "switch":
        dtypes[0] = "bool"
    if name in ("complex", "complex_from_polar"):
        dtypes = ["float32" if dtype == "complex64" else "float64"] * 2
    inputs = [T.TensorType(d, (False, False))() for d in dtypes]
    with np.errstate(all="ignore"):
        given = [np.real(x).astype(d) if d[0] != "c" else x.astype(d)
                 for x, d in zip((complex_numbers(5, 7) for _ in dtypes), dtypes, strict=True)]  # fmt: skip
    agree(inputs, Elemwise(op)(*inputs), *given)
    if count > 1 and dtypes[-1] == dtype:  # a real operand among complex ones
        inputs[-1] = T.dmatrix()
        agree(inputs, Elemwise(op)(*inputs), *given[:-1], RNG.normal(size=(5, 7)))


@pytest.mark.parametrize("name", "add sub neg conj eq neq abs_ true_div inv isnan isinf".split())
def test_special_values(name: str) -> None:
    """Multiplication is not here: NumPy's own rounds products apart on some machines only."""
    op = scalar.TABLE[name]
    z = np.empty((10, 10), complex)
    z.real, z.imag = SPECIAL[:, None], SPECIAL
    pairs = np.broadcast_arrays(z.reshape(-1, 1), z.reshape(1, -1))[: 1 if op.nin == 1 else 2]
    inputs = [T.zmatrix() for _ in pairs]
    out = Elemwise(op)(*inputs)
    found, wanted = (theano.function(inputs, out, mode=mode)(*pairs) for mode in ("FAST_RUN", "FAST_COMPILE"))
    for part in (np.real, np.imag):
        np.testing.assert_allclose(part(found), part(wanted), rtol=1e-14, atol=0)


def test_parts_fuse_and_nothing_is_written_between() -> None:
    x, y = T.zmatrices("x", "y")
    f = theano.function([x, y], abs(x * T.conj(y) + 2 * x))
    assert str(theano.printing.loop_program(f)).count("kernel") == 1
    a, b = complex_numbers(2, 30, 20)
    np.testing.assert_allclose(f(a, b), abs(a * b.conj() + 2 * a))


def test_arrays() -> None:
    z, v = T.zmatrix("z"), T.zvector("v")
    outputs = [
        z[::-1, ::2] * z[:, ::2], z.T + z, z[None] * z[:, None], z.reshape((2, 8)) * 2, z.mean(), z.sum(axis=0),
        T.concatenate([z, z.real, T.ones((2, 4))]), T.stack([z[0, 0], z[1, 1]]), T.zeros_like(z) + 1,
        T.dot(z, v), T.dot(v, z), T.dot(v, v), T.dot(z, z.real), T.outer(v, v), T.tril(z), T.eye(4, dtype="complex64"),
        T.batched_dot(z[None], z[None]), z[[0, 0, 2]], z[[0, 1], [2, 2]], T.alloc(v, 3, 4) * 1j, T.diag(z) + 1,
    ]  # fmt: skip
    agree([z, v], outputs, complex_numbers(4, 4), complex_numbers(4))
    agree([z], [z * 2, z.sum(axis=0), z.sum()], np.zeros((0, 3), complex))
    row, column = T.TensorType("complex64", (True, False))(), T.TensorType("complex64", (False, True))()
    given = complex_numbers(1, 3).astype("c8"), complex_numbers(3, 1).astype("c8")
    agree([row, column], [row * column, (row + column).sum(axis=0), T.dot(row, column), T.dot(column, row)], *given)


def test_numbers() -> None:
    y = T.zscalar("y")
    agree([y], [y * y, abs(y), T.real(y), 1 / y, y + 1, T.imag(T.conj(y))], np.array(3 + 4j))


def test_what_is_still_read_is_not_overwritten() -> None:
    a, b, z = T.dmatrix("a"), T.dmatrix("b"), T.zmatrix("z")
    c, d = T.complex(a * 2, b + 1), T.conj(z * 2)
    given = RNG.normal(size=(2, 4, 4))
    agree([a, b], [T.inc_subtensor(c[1], 3), c, a * 2, T.set_subtensor(c[:, 0], 1j)], *given)
    agree([a, b], [T.set_subtensor(c[1], 3).sum(), T.real(c).sum(), (a * 2).sum(axis=0)], *given)
    agree([a, b], [T.inc_subtensor(T.real(c)[1], 3), T.real(c), T.imag(c)], *given)
    outputs = [T.inc_subtensor(d[1], 3), d, T.real(d) + 1, T.inc_subtensor(d[[0, 0, 1]], 1j)]
    agree([z], [*outputs, T.set_subtensor(d[[1]], 2)], complex_numbers(4, 4))


@pytest.mark.parametrize("case", [
    (lambda s: T.set_subtensor(s[0], T.conj(s[1])), lambda q: np.vstack([q[1:2].conj(), q[1:]])),
    (lambda s: s + 1j * s.T, lambda q: q + 1j * q.T),
    (lambda s: s * s, lambda q: q * q),
    (lambda s: T.inc_subtensor(s[1:], s[:-1]), lambda q: np.vstack([q[:1], q[1:] + q[:-1]])),
])  # fmt: skip
def test_updates(case: Any) -> None:
    make, expect = case
    before = complex_numbers(4, 4)
    shared = theano.shared(before.copy())
    f = theano.function([], T.real(shared), updates=[(shared, make(shared))])
    np.testing.assert_array_equal(f(), before.real)
    np.testing.assert_allclose(shared.get_value(), expect(before))


def test_loops_and_branches() -> None:
    v, a, z = T.zvector("v"), T.dmatrix("a"), T.zmatrix("z")
    start = T.zeros((), "complex128")
    states, _ = theano.scan(lambda x, last: last * x + T.conj(x), sequences=[v], outputs_info=[start])
    outputs = [states[-1], T.grad(abs(states[-1]), v)]
    agree([v], outputs, complex_numbers(6))
    f = theano.function([z, a], [ifelse(T.gt(a.sum(), 0), z * 2, T.conj(z)), T.switch(T.gt(a, 0), z, 1j)])
    given, of = complex_numbers(3, 3), RNG.normal(size=(3, 3))
    first, second = f(given, of)
    np.testing.assert_allclose(first, given * 2 if of.sum() > 0 else given.conj())
    np.testing.assert_array_equal(second, np.where(of > 0, given, 1j))
