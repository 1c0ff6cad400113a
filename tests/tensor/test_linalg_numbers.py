"""Linear algebra where numbers are difficult: against exact values, as near as the condition of the matrix allows."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import nlinalg, slinalg

mpmath.mp.dps = 60
MODES = ["FAST_RUN", "FAST_COMPILE"]
SLACK = 40  # times the number of rows, in units of the last place


def hilbert(n):
    """The worst known matrix: its condition grows as ``exp(3.5 * n)``; it is positive definite."""
    return np.array([[1.0 / (i + j + 1) for j in range(n)] for i in range(n)])


def graded(n):
    """Rows and columns of very different sizes."""
    scale = 10.0 ** -np.arange(n)
    return (np.eye(n) + 0.3 * hilbert(n)) * scale[:, None] * scale


def rotated(n):
    """A rotation times powers of ten: no small numbers, and yet nearly singular."""
    q, _ = np.linalg.qr(np.random.RandomState(n).randn(n, n))
    return q @ np.diag(10.0 ** -np.arange(n)) @ q.T


MATRICES = {
    "one": np.array([[3.0]]),
    "hilbert 3": hilbert(3),
    "hilbert 6": hilbert(6),
    "hilbert 10": hilbert(10),
    "graded 5": graded(5),
    "rotated 7": rotated(7),
    "large 12": np.eye(12) * 1e150 + hilbert(12) * 1e149,
    "tiny 4": 1e-200 * hilbert(4),
}
DTYPES = ["float64", "float32", "complex128", "complex64"]


def cases():
    for name, matrix in MATRICES.items():
        for dtype in DTYPES:
            if dtype in ("float32", "complex64") and not 1e-30 < np.abs(matrix).max() < 1e30:
                continue
            a = matrix.astype(dtype)
            if dtype[0] == "c":
                twist = np.exp(1j * np.arange(len(a)))
                a = a * twist[:, None] * twist.conj()
                a = ((a + a.conj().T) / 2).astype(dtype)
            yield pytest.param(a, id=f"{name}-{dtype}")


def exact(a):
    return mpmath.matrix(a.tolist())


def nearly(got, wanted, allowed):
    """Whether an error is at most `allowed`, relative to the largest number."""
    got, wanted = np.asarray(got), np.array(wanted.tolist(), dtype=object)
    error = max((abs(mpmath.mpmathify(complex(g)) - w) for g, w in zip(got.ravel(), wanted.ravel())), default=0)
    size = max((abs(w) for w in wanted.ravel()), default=1)
    assert error <= size * allowed, (float(error / size), float(allowed))


def compiled(build, a, mode, *more):
    given = [a, *more]
    inputs = [T.TensorType(v.dtype.name, (False,) * v.ndim)() for v in given]
    return theano.function(inputs, build(*inputs), mode=mode)(*given)


def unit(a):
    return SLACK * len(a) * float(np.finfo(a.dtype).eps)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("a", list(cases()))
def test_systems_inverses_determinants(a, mode):
    n = len(a)
    true = exact(a)
    inverse = true**-1
    allowed = unit(a) * mpmath.mnorm(true, 1) * mpmath.mnorm(inverse, 1)
    if allowed > 0.1:
        pytest.skip("nothing is left of the digits")
    b = np.random.RandomState(0).randn(n).astype(a.dtype)
    solution, inverted, in_product, d, (sign, size) = compiled(
        lambda x, v: [
            slinalg.solve(x, v), nlinalg.matrix_inverse(x), T.dot(nlinalg.matrix_inverse(2 * x), v), nlinalg.det(x),
            T.stack([T.abs_(nlinalg.slogdet(x)[0]), nlinalg.slogdet(x)[1]]),
        ],
        a, mode, b,
    )  # fmt: skip
    x = inverse * mpmath.matrix(b.tolist())
    nearly(solution, x, allowed)
    nearly(in_product, x / 2, allowed)
    nearly(inverted, inverse, allowed)
    det = mpmath.det(true)
    smallest, largest = np.finfo(a.dtype).tiny, np.finfo(a.dtype).max
    if smallest < abs(det) < largest:
        nearly([d], mpmath.matrix([det]), allowed)
    elif abs(det) > largest:
        assert np.isinf(d)
    assert abs(sign - 1) < 1e-5
    assert abs(size - mpmath.log(abs(det))) <= allowed + abs(mpmath.log(abs(det))) * unit(a)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("a", list(cases()))
def test_factors(a, mode):
    """Factors of a matrix that differs in the last places, whatever its condition is."""
    (w, v), (q, r), (u, s, vt) = (
        compiled(build, a, mode)
        for build in (nlinalg.eigh, nlinalg.qr, lambda x: nlinalg.svd(x, full_matrices=False))
    )
    size, allowed = np.abs(a).max(), unit(a)
    scaled, root = a / size, np.sqrt(size).astype(np.finfo(a.dtype).dtype)
    if np.linalg.cond(a) * allowed < 1:  # else it need not seem positive definite
        low = compiled(slinalg.cholesky, a, mode)
        assert np.abs((low / root) @ (low / root).conj().T - scaled).max() <= allowed
        assert np.array_equal(low, np.tril(low))
    assert np.abs((v * (w / size)) @ v.conj().T - scaled).max() <= allowed
    assert np.abs(q @ (r / size) - scaled).max() <= allowed and np.array_equal(r, np.triu(r))
    assert np.abs((u * (s / size)) @ vt - scaled).max() <= allowed
    for vectors in (v, q, u, vt.conj().T):
        assert np.abs(vectors.conj().T @ vectors - np.eye(len(a))).max() <= allowed
    assert (np.diff(w) >= 0).all() and (np.diff(s) <= 0).all() and (s >= 0).all()
    if a.dtype == np.float64 and 1e-100 < size < 1e100:
        nearly(w, mpmath.eigsy(exact(a), eigvals_only=True), allowed)
        nearly(s, mpmath.svd_r(exact(a), compute_uv=False), allowed)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("a", list(cases()))
def test_schur_forms_equations_and_roots(a, mode):
    """Residuals of a few units in the last place, relative to all that takes part, whatever the condition is."""
    size, allowed = np.abs(a).max(), unit(a)
    t, z = compiled(lambda x: list(slinalg.schur(x)), a, mode)
    assert np.abs(z @ (t / size) @ z.conj().T - a / size).max() <= allowed
    assert np.abs(z.conj().T @ z - np.eye(len(a))).max() <= allowed
    assert np.array_equal(t, np.triu(t))  # eigenvalues are real
    if np.linalg.cond(a) * allowed > 0.1 or not 1e-100 < size < 1e100:
        return
    scaled = a / size
    c = np.random.RandomState(1).randn(*a.shape).astype(a.dtype)
    x = compiled(lambda v, w: slinalg.solve_sylvester(v, v, w), scaled, mode, c)
    assert np.abs(scaled @ x + x @ scaled - c).max() <= allowed * (np.abs(x).max() + np.abs(c).max())
    root = compiled(slinalg.sqrtm, scaled, mode)
    assert np.abs(root @ root - scaled).max() <= allowed
    if len(a) <= 6:
        nearly(root, mpmath.sqrtm(exact(scaled)), allowed * np.linalg.cond(a))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equations_against_exact_solutions(dtype, mode):
    rng = np.random.RandomState(4)
    a, b, c = (rng.randn(*shape) for shape in ((4, 4), (3, 3), (4, 3)))
    if dtype[0] == "c":
        a, b, c = a + 1j * rng.randn(4, 4), b - 1j * rng.randn(3, 3), c + 1j * rng.randn(4, 3)
    a, b, c = (a + 4 * np.eye(4)).astype(dtype), (b + 4 * np.eye(3)).astype(dtype), c.astype(dtype)
    system = exact(np.kron(a.astype("c16"), np.eye(3)) + np.kron(np.eye(4), b.astype("c16").T))
    wanted = mpmath.lu_solve(system, mpmath.matrix(c.ravel().tolist()))
    nearly(compiled(slinalg.solve_sylvester, a, mode, b, c).ravel(), wanted, unit(a) * 10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_exponentials(dtype, mode):
    rng = np.random.RandomState(3)
    for size in (1e-9, 1, 20):
        a = size * rng.randn(4, 4)
        a = (a + 1j * size * rng.randn(4, 4) if dtype[0] == "c" else a).astype(dtype)
        nearly(compiled(slinalg.expm, a, mode), mpmath.expm(exact(a)), unit(a) * max(1, size))
    nilpotent = np.array([[0, 1e8], [0, 0]], dtype)
    np.testing.assert_allclose(compiled(slinalg.expm, nilpotent, mode), np.eye(2) + nilpotent, rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [3, 6])
def test_gradients_of_ill_conditioned_matrices(n, mode):
    """The gradient of the logarithm of the determinant is the inverse; by the factor it is, too."""
    a = hilbert(n)
    inverse = exact(a) ** -1
    allowed = unit(a) * mpmath.mnorm(exact(a), 1) * mpmath.mnorm(inverse, 1)
    by_det, by_factor, by_values = compiled(
        lambda x: [
            T.grad(T.log(nlinalg.det(x)), x),
            T.grad(2 * T.log(T.diag(slinalg.cholesky(x))).sum(), x),
            T.grad(T.log(nlinalg.eigh(x)[0]).sum(), x),
        ],
        a, mode,
    )  # fmt: skip
    nearly(by_det, inverse, allowed)
    for of_triangle in (by_factor, by_values):
        nearly((of_triangle + of_triangle.T) / 2, inverse, 10 * allowed)


@pytest.mark.parametrize("mode", MODES)
def test_singular_matrices(mode):
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    zero = np.zeros((3, 3))
    for a in (singular, zero):
        for build in (nlinalg.matrix_inverse, lambda x: slinalg.solve(x, x), lambda x: slinalg.cholesky(x - 1)):
            with pytest.raises(np.linalg.LinAlgError):
                compiled(build, a, mode)
        assert compiled(nlinalg.det, a, mode) == 0
        assert [float(v) for v in compiled(nlinalg.slogdet, a, mode)] == [0, -np.inf]
        np.testing.assert_allclose(compiled(nlinalg.pinv, a, mode), np.linalg.pinv(a), atol=1e-15)
        assert compiled(lambda x: nlinalg.svd(x, compute_uv=False), a, mode)[-1] <= 1e-15
        assert compiled(lambda x: nlinalg.lstsq()(x, x, -1)[2], a, mode) == np.linalg.matrix_rank(a)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        compiled(lambda x: slinalg.solve_lower_triangular(x, x), np.tri(3, k=-1), mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_matrix_without_rows(mode):
    a = np.zeros((0, 0))
    for build, wanted in (
        (nlinalg.matrix_inverse, a), (lambda x: slinalg.solve(x, x), a), (slinalg.cholesky, a), (nlinalg.det, 1.0),
        (lambda x: nlinalg.slogdet(x)[1], 0.0), (lambda x: nlinalg.eigh(x)[1], a), (lambda x: nlinalg.qr(x)[1], a),
        (lambda x: nlinalg.svd(x)[1], np.zeros(0)), (slinalg.expm, a),
        (lambda x: slinalg.eigvalsh(x, None), np.zeros(0)), (nlinalg.pinv, a),
    ):  # fmt: skip
        got = compiled(build, a, mode)
        assert got.shape == np.shape(wanted)
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("mode", MODES)
def test_values_that_coincide(mode):
    """A cost of the values alone has a gradient; vectors have none, and that of a cost of them is not finite."""
    one = np.eye(3)
    for build in (
        lambda x: nlinalg.eigh(x)[0].sum(),
        lambda x: slinalg.eigvalsh(x, None).sum(),
        lambda x: nlinalg.svd(x, compute_uv=False).sum(),
        lambda x: nlinalg.svd(x, full_matrices=False)[1].sum(),
    ):
        np.testing.assert_allclose(compiled(lambda x, f=build: T.grad(f(x), x), one, mode), one, atol=1e-12)
    for build in (
        lambda x: (nlinalg.eigh(x)[1] * T.arange(9.0).reshape((3, 3))).sum(),
        lambda x: (nlinalg.svd(x)[0] * T.arange(9.0).reshape((3, 3))).sum(),
    ):
        assert not np.isfinite(compiled(lambda x, f=build: T.grad(f(x), x), one, mode)).all()


@pytest.mark.parametrize("structure", slinalg.MATRIX_STRUCTURES)
def test_gradients_for_every_structure(structure):
    """Those of what is read of the matrix."""
    rng = np.random.RandomState(1)
    a, b = rng.randn(3, 3) + 3 * np.eye(3), rng.randn(3, 2)
    op = slinalg.Solve(structure)
    T.verify_grad(op, [a, b], rng=rng)
    T.verify_grad(lambda x: T.grad((op(x, b) ** 2).sum(), x), [a], rng=rng)
    read = {"lower_triangular": np.tril, "upper_triangular": np.triu}.get(structure, lambda m: m)
    np.testing.assert_allclose(compiled(op, a, None, b), np.linalg.solve(read(a), b))


def test_second_derivatives_of_pairs():
    rng = np.random.RandomState(1)
    a, b = rng.randn(3, 3), rng.randn(3, 3)
    a, b = a + a.T, b @ b.T + np.eye(3)
    for lower in (True, False):
        for k in range(2):

            def gradient(*pair, lower=lower, k=k):
                values = slinalg.eigvalsh(*pair, lower) * T.arange(1.0, 4.0)
                return T.grad(values.sum() ** 2, pair[k])

            T.verify_grad(gradient, [a, b], rng=rng)
