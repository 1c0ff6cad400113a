"""Linear algebra of all dtypes of LAPACK: nobody is called back, also for gradients; one factorization for several."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.configdefaults import config

import theano
import theano.tensor as T
from tests.call_backs import calls_back
from tests.native import test_linalg
from tests.native.test_linalg import definite, general
from theano.native.linalg import loading
from theano.native.linalg.code import ROUTINES
from theano.native.products import blas
from theano.native.support import loading as support
from theano.runtime import abi, jit
from theano.tensor import nlinalg, slinalg

RNG = np.random.default_rng(8)


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Each test has its own: which of two blocks of a Schur form is the standard one, rounding decides."""
    for rng, seed in ((RNG, 8), (test_linalg.RNG, 5)):  # `general` and `definite` draw from the latter
        rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state


DTYPES = ("float32", "float64", "complex64", "complex128")


def weights(v: Any) -> Any:
    """What makes of a result a cost that depends on all of it."""
    numbers = np.random.RandomState(3).uniform(0.5, 1.5, (4,) * v.ndim).astype("f4")
    return T.constant(numbers)[tuple(slice(0, v.shape[k]) for k in range(v.ndim))]


def cost(outputs: Any) -> Any:
    """A real number that all results change."""
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    total: Any = 0
    for v in outputs:
        if v.dtype[:3] == "int":
            continue
        total = total + (weights(v) * (T.real(v) if v.dtype[0] == "c" else v)).sum()
        if v.dtype[0] == "c":
            total = total + (0.3 * weights(v) * T.imag(v)).sum()
    return total


def projections(vectors: Any, values: Any) -> Any:
    return T.dot(vectors * values[None, :], T.conj(vectors.T))


def hermitian(a: Any) -> Any:
    return a + T.conj(a.T)


def positive(a: Any) -> Any:
    """Positive definite, whatever it is made of."""
    return T.dot(a, T.conj(a.T)) + np.float32(1) * T.eye(3, dtype=a.dtype)


# Of a matrix of three rows; where there is a gradient, a function of the results that is determined.
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "cholesky": lambda a: slinalg.cholesky(positive(a)),
    "upper cholesky": lambda a: slinalg.Cholesky(lower=False)(positive(a)),
    "solve": lambda a: slinalg.solve(a, a[:, :2]),
    "solve a vector": lambda a: slinalg.solve(a, a[:, 0]),
    "lower": lambda a: slinalg.solve_lower_triangular(a, a[:, :2]),
    "upper": lambda a: slinalg.solve_upper_triangular(a, a[:, 0]),
    "cho_solve": lambda a: slinalg.cho_solve((slinalg.cholesky(positive(a)), True), a[:, 0]),
    "inverse": nlinalg.matrix_inverse,
    "power": lambda a: nlinalg.matrix_power(a, -3),
    "determinant": nlinalg.det,
    "slogdet": nlinalg.slogdet,
    "pinv": lambda a: nlinalg.pinv(a[:, :2]),
    "lstsq": lambda a: [v for k, v in enumerate(nlinalg.lstsq()(a[:, :2], a[:, 2])) if k != 2],
    "eigh": lambda a: [nlinalg.eigh(hermitian(a))[0], projections(*reversed(nlinalg.eigh(hermitian(a))))],
    "eigvalsh": lambda a: slinalg.eigvalsh(hermitian(a), None),
    "eigvalsh of a pair": lambda a: slinalg.eigvalsh(hermitian(a), positive(a)),
    "svd": lambda a: [
        nlinalg.svd(a)[1], T.dot(nlinalg.svd(a)[0] * nlinalg.svd(a)[1][None, :] ** 2, nlinalg.svd(a)[2])
    ],
    "singular values": lambda a: nlinalg.svd(a, compute_uv=False),
    "qr": lambda a: list(nlinalg.qr(a)),
    "complete qr": lambda a: nlinalg.qr(a[:, :2], "complete")[1],
    "r": lambda a: nlinalg.qr(a, "r"),
    "expm": slinalg.expm,
    "kron": lambda a: slinalg.kron(a, a)[:3, :3],
    "norm": lambda a: nlinalg.norm(a, "fro"),
    "trace": lambda a: nlinalg.trace(a),
    "sylvester": lambda a: slinalg.solve_sylvester(a, a[:2, :2], a[:, :2]),
    "continuous lyapunov": lambda a: slinalg.solve_continuous_lyapunov(a, a + 1),
    "discrete lyapunov": lambda a: slinalg.solve_discrete_lyapunov(a / 9, a),
    "discrete lyapunov, directly": lambda a: slinalg.solve_discrete_lyapunov(a / 9, a, "direct"),
    "sqrtm": slinalg.sqrtm,
}


def sizes(t: Any, z: Any, *count: Any) -> list[Any]:
    """What of a Schur form does not depend on the phases of vectors."""
    return [abs(t), T.dot(z, T.dot(t, T.conj(z.T))), *count]


WITHOUT_GRADIENT: dict[str, Callable[[Any], Any]] = {
    "raw qr": lambda a: list(nlinalg.qr(a, "raw")),
    "schur": lambda a: sizes(*slinalg.schur(a)),
    "complex schur": lambda a: sizes(*slinalg.schur(a, "complex")),
    "sorted schur": lambda a: sizes(*slinalg.schur(a - T.eye(3, dtype=a.dtype) * 2, sort="iuc")),
}


def matrix(dtype: str) -> np.ndarray:
    x = RNG.normal(size=(3, 3)) * 0.4 + np.diag([2.0, 3.0, 4.0])
    return (x + 1j * RNG.normal(size=(3, 3)) * 0.4 if dtype[0] == "c" else x).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*FUNCTIONS, *WITHOUT_GRADIENT])
def test_nobody_is_called_back(name: str, dtype: str) -> None:
    """Neither for values nor for gradients, which are those of the NumPy definitions."""
    make = (FUNCTIONS | WITHOUT_GRADIENT)[name]
    x = T.TensorType(dtype, (False, False))("x")
    made = make(x)
    outputs = list(made) if isinstance(made, list | tuple) else [made]
    if name in FUNCTIONS:
        outputs.append(T.grad(cost(made), x))
    f, reference = (theano.function([x], outputs, mode=mode) for mode in ("FAST_RUN", "FAST_COMPILE"))
    assert not calls_back(f)
    given = matrix(dtype)
    digits = 2e-3 if dtype in ("float32", "complex64") else 1e-9
    for got, wanted in zip(f(given), reference(given), strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=digits, atol=digits * abs(wanted).max(initial=1))


def test_eigenvalues_of_real_matrices_call_for_the_warning_only() -> None:
    """See tests/native/test_eigenvalues.py for when that is; of complex ones there is nothing to warn of."""
    for dtype in DTYPES:
        x = T.TensorType(dtype, (False, False))("x")
        assert calls_back(theano.function([x], list(nlinalg.eig(x)))) == (dtype[0] == "f")


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_by_differences(name: str, dtype: str) -> None:
    """The gradient g with respect to a + ib is dC/da + i dC/db: a step d changes C by the real part of conj(g) d."""
    x = T.TensorType(dtype, (False, False))("x")
    c = cost(FUNCTIONS[name](x))
    value, gradient = theano.function([x], c), theano.function([x], T.grad(c, x))
    at = matrix(dtype)
    found = gradient(at)
    for _ in range(3):
        direction = RNG.normal(size=(3, 3)) + (1j * RNG.normal(size=(3, 3)) if dtype[0] == "c" else 0)
        step = 1e-5
        change = (value(at + step * direction) - value(at - step * direction)) / (2 * step)
        np.testing.assert_allclose(np.sum(found.conj() * direction).real, change, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("name", ["sylvester", "continuous lyapunov", "discrete lyapunov", "sqrtm", "solve", "slogdet"])
def test_second_derivatives_by_differences(name: str, dtype: str) -> None:
    x = T.TensorType(dtype, (False, False))("x")
    first = T.grad(cost(FUNCTIONS[name](x)), x)
    c = cost(first * first)
    value, gradient = theano.function([x], c), theano.function([x], T.grad(c, x))
    assert not calls_back(gradient)
    at = matrix(dtype)
    direction = RNG.normal(size=(3, 3)) + (1j * RNG.normal(size=(3, 3)) if dtype[0] == "c" else 0)
    change = (value(at + 1e-5 * direction) - value(at - 1e-5 * direction)) / 2e-5
    np.testing.assert_allclose(np.sum(gradient(at).conj() * direction).real, change, rtol=1e-5, atol=1e-5)


def test_real_and_complex_operands() -> None:
    """A real matrix becomes a complex one where the other operand is; gradients of real operands are real."""
    a, b = T.fmatrix("a"), T.zmatrix("b")
    x = slinalg.solve(a, b)
    c = (T.real(x) * 2 + T.imag(x)).sum()
    f = theano.function([a, b], [x, *T.grad(c, [a, b])])
    assert not calls_back(f)
    real, sides = general(5).astype("f4"), RNG.normal(size=(5, 2)) + 1j
    got, ga, gb = f(real, sides)
    np.testing.assert_allclose(got, np.linalg.solve(real.astype("f8"), sides), rtol=1e-10)
    assert ga.dtype.kind == "f" and gb.dtype == "complex128"


class Counted:
    """A routine of the library that counts how often it is called."""

    def __init__(self, name: str) -> None:
        self.calls = 0
        self.library = loading._library("f64", jit.isa(), config.openmp)
        found = [blas.symbol(f"d{routine}") for routine in ROUTINES]
        self.addresses: list[int | None] = [s.address for s in found if s is not None]
        given = [ctypes.c_void_p] * 15  # more than any of them takes
        original = ctypes.CFUNCTYPE(None, *given)(self.addresses[ROUTINES.index(name)])

        def call(*args: Any) -> None:
            self.calls += 1
            original(*args)

        self.inserted = ctypes.CFUNCTYPE(None, *given)(call)
        self.addresses[ROUTINES.index(name)] = ctypes.cast(self.inserted, ctypes.c_void_p).value

    def __enter__(self) -> Counted:
        parallel = support.fixed_words()[abi.CTX["parallel"]] if config.openmp else None
        form = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * (1 + len(self.addresses)))
        form(self.library.code.symbols["init"])(parallel, *self.addresses)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.library._start is not None
        self.library._start(self.library.code)


def test_one_factorization() -> None:
    """Determinant, inverse, systems, and their gradients call `getrf` once."""
    A, b = T.dmatrix("A"), T.dvector("b")
    x = slinalg.solve(A, b)
    value = T.log(abs(nlinalg.det(A))) + T.dot(b, x) + nlinalg.matrix_inverse(A).sum()
    outputs = [value, nlinalg.slogdet(A)[0], x, *T.grad(value, [A, b])]
    shared = theano.function([A, b], outputs)
    apart = theano.function([A, b], outputs, mode=theano.compile.mode.get_default_mode().excluding("one_factorization"))
    given = general(60), RNG.normal(size=60)
    counts = []
    for f in (shared, apart):
        with Counted("getrf") as counted:
            f(*given)
        counts.append(counted.calls)
    assert counts[0] == 1 < counts[1]
    for n in (1, 3, 8, 32, 33, 60):
        given = general(n), RNG.normal(size=n)
        for got, wanted in zip(shared(*given), apart(*given), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("routine", ["getrf", "potrf", "trsm", "trsv"])
def test_small_matrices_are_left_to_nobody(routine: str) -> None:
    """Of up to 8 rows and more, real matrices are worked on in loops of our own, alone and in stacks."""
    a = T.dtensor3("a")
    definite_ = T.batched_dot(a, a.dimshuffle(0, 2, 1))
    outputs = [
        slinalg.cholesky(definite_), slinalg.solve(a, a), nlinalg.matrix_inverse(a + 1), nlinalg.det(a + 2),
        nlinalg.slogdet(a + 3)[1], slinalg.solve_lower_triangular(a, a), nlinalg.det(a),
        slinalg.solve_lower_triangular(a[0], a[0][:, 0]), T.grad(slinalg.cholesky(definite_).sum(), a),
    ]  # fmt: skip
    f = theano.function([a], outputs)
    with Counted(routine) as counted:
        for n in (1, 2, 5, 8):
            f(np.stack([general(n)[::-1]] * 2))
        assert counted.calls == 0
        f(np.stack([general(300)] * 2))
    assert counted.calls > 0


FAILURES: dict[str, tuple[Callable[[Any], Any], Any, str]] = {
    "solve": (lambda a: slinalg.solve(a, 1 + a[:, 0]), np.ones((3, 3)), "Singular matrix"),
    "factors": (lambda a: slinalg.solve(a, 1 + a[:, 0]).sum() + nlinalg.det(a), np.zeros((3, 3)), "Singular matrix"),
    "inverse": (nlinalg.matrix_inverse, np.zeros((3, 3)), "Singular matrix"),
    "cholesky": (slinalg.cholesky, -np.eye(3), "not positive definite"),
    "sylvester": (lambda a: slinalg.solve_sylvester(a, a.T, a), np.zeros((3, 3)), "eigenvalue"),
    "continuous lyapunov": (lambda a: slinalg.solve_continuous_lyapunov(a, a), np.zeros((3, 3)), "eigenvalue"),
    "discrete lyapunov": (lambda a: slinalg.solve_discrete_lyapunov(a, a), np.eye(3), "eigenvalue"),
    "discrete lyapunov, -1": (lambda a: slinalg.solve_discrete_lyapunov(a, a), -np.eye(3), "Singular matrix"),
    "sqrtm": (slinalg.sqrtm, np.eye(3, k=1), "singular and has no square root"),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FAILURES)
def test_a_singular_matrix_changes_nothing_and_the_line_is_named(name: str, dtype: str) -> None:
    make, bad, message = FAILURES[name]
    x, shared = T.TensorType(dtype, (False, False))("x"), theano.shared(np.zeros((3, 3), dtype))
    result = make(x)
    c = T.real(result).sum() if result.dtype[0] == "c" else result.sum()
    f = theano.function([x], c, updates={shared: shared + T.grad(c, x)})
    f(matrix(dtype))
    before = shared.get_value()
    assert before.any()
    with pytest.raises(np.linalg.LinAlgError, match=message) as caught:
        f(bad.astype(dtype))
    assert "test_complex_linalg.py" in str(caught.value)
    np.testing.assert_array_equal(shared.get_value(), before)


def test_a_real_root_of_a_negative_number() -> None:
    x, z = T.dmatrix("x"), T.zmatrix("z")
    f, g = theano.function([x], slinalg.sqrtm(x)), theano.function([z], slinalg.sqrtm(z))
    with pytest.raises(np.linalg.LinAlgError, match="cast it to complex128"):
        f(-np.eye(2))
    np.testing.assert_allclose(g(-np.eye(2) + 0j), 1j * np.eye(2), atol=1e-15)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(f(turn) @ f(turn), turn, atol=1e-15)


def test_the_schur_form_has_no_gradient() -> None:
    x = T.dmatrix("x")
    with pytest.raises(NotImplementedError, match="gradient of schur: use"):
        T.grad(slinalg.schur(x)[0].sum(), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_matrices_without_rows_and_stacks_without_matrices(dtype: str) -> None:
    x = T.TensorType(dtype, (False, False, False))("x")
    made = [
        slinalg.cholesky(x), slinalg.solve(x, x), nlinalg.det(x), nlinalg.matrix_inverse(x), slinalg.expm(x),
        *slinalg.schur(x), slinalg.solve_sylvester(x, x, x), slinalg.sqrtm(x), *nlinalg.qr(x), *nlinalg.eigh(x),
    ]  # fmt: skip
    f = theano.function([x], made)
    for shape in ((2, 0, 0), (0, 0, 0), (0, 3, 3)):
        results = f(np.zeros(shape, dtype))
        assert [r.shape[0] for r in results] == [shape[0]] * len(made)
    np.testing.assert_array_equal(f(np.zeros((2, 0, 0), dtype))[2], [1, 1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_equations_of_stacks(dtype: str) -> None:
    """One matrix for all, too; against one after the other."""
    a, b, q = (T.TensorType(dtype, (False,) * n)() for n in (3, 2, 3))
    x, y = slinalg.solve_sylvester(a, b, q), slinalg.sqrtm(a)
    f = theano.function([a, b, q], [x, y])
    assert not calls_back(f)
    stack = np.stack([definite(4) for _ in range(3)]).astype(dtype)
    given = stack, definite(2).astype(dtype), RNG.normal(size=(3, 4, 2))
    found, roots = f(given[0], given[1], given[2].astype(dtype))
    digits = 2e-3 if dtype in ("float32", "complex64") else 1e-9
    for k in range(3):
        left = given[0][k] @ found[k] + found[k] @ given[1]
        np.testing.assert_allclose(left, given[2][k], atol=digits * 10)
        np.testing.assert_allclose(roots[k] @ roots[k], given[0][k], atol=digits)
