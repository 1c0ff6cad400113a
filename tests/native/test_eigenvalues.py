"""Eigenvalues of general matrices in programs: those of NumPy, its warning and its errors; when Python is called."""

from __future__ import annotations

import ctypes
import warnings
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.native.test_linalg import library_function
from theano.backend.interpreter import Interpreter
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.externs.lapack import failure, name_of
from theano.native.linalg import loading
from theano.native.linalg.code import ROUTINES
from theano.native.products import blas
from theano.runtime import jit
from theano.tensor import nlinalg
from theano.tensor.linalg import factors

RNG = np.random.default_rng(8)
WORDS = "Casting complex values to real discards the imaginary part"
DIGITS = {"float64": 1e-12, "float32": 1e-6}


def with_pairs(n: int) -> np.ndarray:
    return RNG.normal(size=(n, n))


def without_pairs(n: int) -> np.ndarray:
    """Similar to a diagonal matrix."""
    x = RNG.normal(size=(n, n)) + 3 * np.eye(n) * n**0.5
    return x @ np.diag(np.arange(n) - 2.0) @ np.linalg.inv(x)


TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])
MATRICES: dict[str, np.ndarray] = {
    **{f"with pairs, {n}": with_pairs(n) for n in (2, 3, 9, 40, 100)},
    **{f"without pairs, {n}": without_pairs(n) for n in (2, 3, 9, 40, 100)},
    "nothing": np.empty((0, 0)),
    "one": np.array([[-3.0]]),
    "symmetric": (lambda x: x + x.T)(RNG.normal(size=(12, 12))),
    "triangle": np.triu(RNG.normal(size=(7, 7))),
    "lower triangle": np.tril(RNG.normal(size=(7, 7))),
    "defective": np.array([[2.0, 1, 0], [0, 2, 1], [0, 0, 2]]),
    "pairs beside real ones": np.block([[TURN, np.zeros((2, 3))], [np.ones((3, 2)), np.diag([5.0, 6, 7])]]),
    "equal pairs": np.kron(np.eye(3), TURN),
    "zeros": np.zeros((4, 4)),
    "out of balance": np.array([[1.0, 1e9, 0], [1e-9, 2.0, 1e12], [1e-12, 1e-8, 3.0]]),
    "huge": 1e300 * RNG.normal(size=(3, 3)),
    "a circle": np.roll(np.eye(6), 1, axis=0),
}  # fmt: skip


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What programs call Python for, from now on."""
    calls: list[str] = []
    for op in (factors.Eig, factors.LostParts):

        def perform(*args: Any, before: Any = op.perform, name: str = op.__name__) -> None:
            calls.append(name)
            before(*args)

        monkeypatch.setattr(op, "perform", perform)
    return calls


def run(f: Any, *args: Any) -> tuple[Any, list[str]]:
    """Results, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = f(*args)
    assert all(issubclass(w.category, np.exceptions.ComplexWarning) for w in caught)
    return found, [str(w.message) for w in caught]


def parts(a: np.ndarray) -> list[np.ndarray]:
    """Real parts of NumPy's factors."""
    return [f.real for f in np.linalg.eig(a)]


def same(found: Any, expected: Any, dtype: str) -> None:
    for x, y in zip(found, expected, strict=True):
        assert x.dtype == y.dtype == dtype and x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=DIGITS[dtype], atol=DIGITS[dtype] * np.abs(y).max(initial=0))


@pytest.mark.parametrize("dtype", DIGITS)
def test_as_perform_and_python_is_called_for_pairs_only(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of views: transposed, every other row and column, backwards."""
    calls = counted(monkeypatch)
    x = T.matrix("x", dtype=dtype)
    slow = theano.function([x], nlinalg.eig(x), mode="FAST_COMPILE")
    looks = (x, x.T, x[::2, ::2], x[::-1, ::-1], x.T[::-1, ::-1])
    fast = [theano.function([x], nlinalg.eig(look)) for look in looks]
    for name, matrix in MATRICES.items():
        if name == "huge" and dtype == "float32":
            continue
        given = matrix.astype(dtype)
        spaced = np.full([2 * n for n in given.shape], np.nan, dtype)
        spaced[::2, ::2] = given
        turned = given[::-1, ::-1]
        expected, said = run(slow, given)
        assert calls == ["Eig"]
        calls.clear()
        pairs = bool(np.any(np.linalg.eigvals(given.astype("f8")).imag))
        assert said == [WORDS] * pairs, name
        for f, base in zip(fast, (given, given.T, spaced, turned, turned.T), strict=True):
            for argument in (base, base.copy()):
                found, said = run(f, argument)
                same(found, expected, dtype)
                assert said == [WORDS] * pairs and calls == ["LostParts"] * pairs, name
                calls.clear()


def test_vectors_belong_to_values() -> None:
    x = T.dmatrix("x")
    f = theano.function([x], nlinalg.eig(x))
    assert "\n        callback" in theano.printing.loop_program(f)  # of nothing, for nothing
    for name, a in MATRICES.items():
        if np.any(np.linalg.eigvals(a).imag):
            continue
        w, v = f(a)
        np.testing.assert_allclose(a @ v, v * w, atol=1e-9 * abs(a).max(initial=0), err_msg=name)
        np.testing.assert_allclose((v**2).sum(axis=0), 1)


def test_arguments_with_strides() -> None:
    x = T.dmatrix("x")
    f = theano.function([x], nlinalg.eig(x))
    a = without_pairs(6)
    wide = np.zeros((12, 18))
    for view in (wide[::2, ::3], wide[::-2, ::-3], wide.T[:12:2, ::2], wide[5::-1, 5::-1]):
        view[...] = a
        before = wide.copy()
        same(f(view), parts(a.copy()), "float64")
        assert np.array_equal(wide, before)


@pytest.mark.parametrize("dtype", DIGITS)
def test_stacks(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    x = T.tensor4("x", dtype=dtype)
    fast = theano.function([x], nlinalg.eig(x))
    slow = theano.function([x], nlinalg.eig(x), mode="FAST_COMPILE")
    turned = theano.function([x], nlinalg.eig(x.dimshuffle(1, 0, 3, 2)))
    real = np.array([[without_pairs(5) for _ in range(3)] for _ in range(2)]).astype(dtype)
    mixed = real.copy()
    mixed[1, 1] = with_pairs(5) - 9 * np.eye(5)
    mixed[1, 1, :2, :2] += 50 * TURN
    for given, pairs in ((real, False), (mixed, True), (real[:0], False), (real[..., :0, :0], False)):
        expected, said = run(slow, given)
        calls.clear()
        assert said == [WORDS] * pairs
        found, said = run(fast, given)
        same(found, expected, dtype)
        assert said == [WORDS] * pairs and calls == ["LostParts"] * pairs
        found, said = run(turned, given.transpose(1, 0, 3, 2))
        same(found, expected, dtype)
        assert said == [WORDS] * pairs


def test_whole_numbers() -> None:
    x = T.imatrix("x")
    a = np.array([[2, 1], [0, 3]], "i4")
    same(theano.function([x], nlinalg.eig(x))(a), parts(a), "float64")


def test_complex_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    x = T.zmatrix("x")
    w, v = theano.function([x], nlinalg.eig(x))(TURN + 0j)
    assert not calls
    np.testing.assert_allclose(w, np.linalg.eig(TURN + 0j)[0])
    np.testing.assert_allclose((TURN + 0j) @ v, v * w, atol=1e-12)


BAD: dict[str, tuple[np.ndarray, str]] = {
    "nan": (np.array([[1.0, 0.0], [np.nan, 1.0]]), "Array must not contain infs or NaNs"),
    "infinite": (np.diag([1.0, -np.inf, 2.0]), "Array must not contain infs or NaNs"),
    "not square": (np.ones((2, 3)), "must be square"),
    "in a stack": (np.array([TURN, np.full((2, 2), np.inf)]), "Array must not contain infs or NaNs"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_errors_are_those_of_numpy_and_nothing_has_changed(name: str) -> None:
    given, words = BAD[name]
    x = T.TensorType("float64", (False,) * given.ndim)("x")
    n = theano.shared(0, "n")
    w, v = nlinalg.eig(x)
    f = theano.function([x], [w, v], updates={n: n + 1})
    slow = theano.function([x], [w, v], mode="FAST_COMPILE")
    for g in (f, slow):
        with warnings.catch_warnings(), pytest.raises(np.linalg.LinAlgError, match=words) as caught:
            warnings.simplefilter("error")  # the warning of another matrix does not come before
            g(given)
        assert "test_eigenvalues.py" in str(caught.value) and "Eig(x)" in str(caught.value)
    assert n.get_value() == 0
    with pytest.raises(np.linalg.LinAlgError, match=words):
        np.linalg.eig(given)


def test_no_convergence() -> None:
    """What LAPACK says of the second matrix, by a routine in its place, becomes the status, and that an error."""
    symbol = blas.symbol("dgeev")
    assert symbol is not None
    integer = ctypes.c_int64 if symbol.int_bits == 64 else ctypes.c_int32
    calls: list[int] = []

    def geev(*args: Any) -> None:
        calls.append(1)
        ctypes.cast(args[13], ctypes.POINTER(integer))[0] = 3 * (len(calls) == 2)

    fake = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 14)(geev)
    library = loading._library.__wrapped__("f64", jit.isa(), False)
    addresses = [ctypes.cast(fake, ctypes.c_void_p).value if name == "geev" else 0 for name in ROUTINES]
    words = [ctypes.c_void_p] * (1 + len(addresses))
    ctypes.CFUNCTYPE(None, *words)(library.code.symbols["init"])(None, *addresses)
    memory, told = np.zeros(1000), np.zeros(2, "i8")
    w, z, h, wi, work = (memory[100 * k :].ctypes.data for k in range(5))
    call = library_function("d_general", library.code.symbols)
    call(3, 2, np.tile(TURN, (3, 1)).ctypes.data, 4, 2, 1, w, z, h, wi, work, 300, told.ctypes.data,
         told[1:].ctypes.data)  # fmt: skip
    assert len(calls) == 3 and told.tolist() == [0, failure(3, 1, 3)]
    x = T.dmatrix("x")
    records = theano.function([x], nlinalg.eig(x)).executor.lowered.records
    errors = {r.message: r.error for r in records if r.node is not None and "converge" in r.message}
    assert errors == {"Eigenvalues did not converge": np.linalg.LinAlgError}


def test_a_warning_that_is_an_error_has_the_line_and_changes_nothing() -> None:
    x = T.dmatrix("x")
    n = theano.shared(0, "n")
    f = theano.function([x], nlinalg.eig(x)[0], updates={n: n + 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(np.eye(2))
        with pytest.raises(np.exceptions.ComplexWarning, match=WORDS) as caught:
            f(TURN)
    assert "test_eigenvalues.py" in str(caught.value)
    assert n.get_value() == 1
    assert run(f, TURN)[1] == [WORDS] and n.get_value() == 2


def test_in_a_training_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression whose step width is that of the largest eigenvalue: no Python in between."""
    calls = counted(monkeypatch)
    features, y = T.dmatrix("features"), T.dvector("y")
    weights = theano.shared(np.zeros(3), "weights")
    cost = ((T.dot(features, weights) - y) ** 2).sum()
    width = 1 / (2 * nlinalg.eig(T.dot(features.T, features))[0].max())
    train = theano.function([features, y], cost, updates=[(weights, weights - width * T.grad(cost, weights))])
    given, wanted = RNG.normal(size=(20, 3)), np.array([1.0, -2.0, 0.5])
    costs = [float(train(given, given @ wanted)) for _ in range(200)]
    assert costs[-1] < 1e-6 * costs[0] and not calls
    np.testing.assert_allclose(weights.get_value(), wanted, atol=1e-3)


def test_in_loops_and_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning comes in the step, and on the side, where there is a reason."""
    calls = counted(monkeypatch)
    x, c = T.dmatrix("x"), T.iscalar("c")
    rows = theano.scan(lambda s: nlinalg.eig(s)[1] + s, outputs_info=x, n_steps=3)[0][-1]
    fast, slow = (theano.function([x], rows, mode=m) for m in ("FAST_RUN", "FAST_COMPILE"))
    for a in (np.diag([1.0, 2, 3]), np.kron(np.eye(2), TURN)):
        expected, _ = run(slow, a)
        calls.clear()
        found, said = run(fast, a)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
        assert calls == ["LostParts"] * len(said) and bool(said) == (a[0, 0] == 0)
    side = theano.function([x, c], theano.ifelse.ifelse(c, nlinalg.eig(x)[1], x))
    assert run(side, TURN, 0)[1] == []
    assert run(side, TURN, 1)[1] == [WORDS]
    with pytest.raises(np.linalg.LinAlgError, match="infs or NaNs"):
        side(np.full((2, 2), np.nan), 1)


def test_interpreted_it_gives_the_same() -> None:
    """The meaning in the loop language, which calls a warning where there is one."""
    x = T.dtensor3("x")
    low = theano.function([x], nlinalg.eig(x)).executor.lowered
    real, mixed = np.array([without_pairs(4)] * 2), np.array([without_pairs(2), TURN])
    calls: list[tuple[Any, ...]] = []

    def warn(*given: Any) -> tuple[()]:
        calls.append(given)
        return ()

    (word,) = (s.word for s in st.walk(low.program.main) if isinstance(s, hs.CallBack))
    for given, pairs in ((real, 0), (mixed, 1)):
        interpreter = Interpreter(low.program, low.layout, {word: warn})
        interpreter.run([given], [])
        same([interpreter.slots[k] for k in range(2)], parts(given), "float64")
        assert calls == [()] * pairs


@pytest.mark.parametrize("type_", ["f32", "f64"])
def test_nothing_beside_results_is_written(type_: str) -> None:
    dtype = {"f32": "f4", "f64": "f8"}[type_]
    call = library_function(name_of("general", type_))
    for n in (0, 1, 2, 5, 33):
        a = np.array([without_pairs(n), with_pairs(n)]).astype(dtype)
        a[1, :2, :2] += 90 * TURN[:n, :n]
        size = 134 * n + 1
        needed = [(2 * n, dtype), (2 * n * n, dtype), (n * n, dtype), (n, dtype), (size, dtype), (1, "i8"), (1, "i8")]
        spaces = [np.full(count + 32, 7, kind) for count, kind in needed]
        w, z, h, wi, work, pairs, status = (s[16:].ctypes.data for s in spaces)
        call(2, n, a.ctypes.data, n * n, n, 1, w, z, h, wi, work, size, pairs, status)
        assert all((s[:16] == 7).all() and (s[-16:] == 7).all() for s in spaces)
        assert spaces[-1][16] == 0 and spaces[-2][16] == (n > 1)
        values, vectors = np.linalg.eig(a.astype("f8"))
        close = {"rtol": 1e-3, "atol": 1e-3} if type_ == "f32" else {"rtol": 1e-9, "atol": 1e-9}
        found = spaces[0][16:-16].reshape(2, n)
        np.testing.assert_allclose(np.sort(found), np.sort(values.real), **close)
        if type_ == "f64":
            np.testing.assert_allclose(spaces[1][16:-16].reshape(2, n, n), vectors.real.swapaxes(1, 2), **close)
