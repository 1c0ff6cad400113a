"""Inverses, determinants, norms, and the factors of matrices, against NumPy; derivatives by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from theano.tensor.nlinalg import Det, Eigh, MatrixInverse, qr, svd

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run
from theano.tensor import nlinalg, slinalg

R = np.random.RandomState(0)
A = R.randn(4, 4) + 4 * np.eye(4)
TALL = R.randn(5, 3)
WIDE = R.randn(3, 5)
V = R.randn(5)
S = A + A.T
ONE = np.array([[2.0]])

EXPRESSIONS = {
    "inverse": (nlinalg.matrix_inverse, np.linalg.inv, A),
    "inverse of one": (nlinalg.matrix_inverse, np.linalg.inv, ONE),
    "inverse of integers": (nlinalg.matrix_inverse, np.linalg.inv, np.array([[2, 1], [1, 1]])),
    "inverse float32": (nlinalg.matrix_inverse, np.linalg.inv, A.astype("float32")),
    "in a graph": (lambda x: T.exp(nlinalg.matrix_inverse(x.T) / 9), lambda a: np.exp(np.linalg.inv(a.T) / 9), A),
    "pinv tall": (nlinalg.pinv, np.linalg.pinv, TALL),
    "pinv wide": (nlinalg.pinv, np.linalg.pinv, WIDE),
    "det": (nlinalg.det, np.linalg.det, A),
    "det of one": (nlinalg.det, np.linalg.det, ONE),
    "log det": (lambda x: T.log(nlinalg.det(T.dot(x.T, x))), lambda a: np.log(np.linalg.det(a.T @ a)), TALL),
    "diag of a vector": (nlinalg.diag, np.diag, V),
    "diag of a matrix": (nlinalg.diag, np.diag, WIDE),
    "trace": (nlinalg.trace, np.trace, A),
    "dots": (lambda x, y: nlinalg.matrix_dot(x, y, x), lambda a, b: a @ b @ a, TALL, WIDE),
    "power 0": (lambda x: nlinalg.matrix_power(x, 0) + x, lambda a: np.eye(4) + a, A),
    "power 1": (lambda x: nlinalg.matrix_power(x, 1), np.copy, A),
    "power 5": (lambda x: nlinalg.matrix_power(x, 5), lambda a: np.linalg.matrix_power(a, 5), A),
    "power -2": (lambda x: nlinalg.matrix_power(x, -2), lambda a: np.linalg.matrix_power(a, -2), A),
    "norm": (nlinalg.norm, np.linalg.norm, R.randn(2, 3, 4)),
    "tensorinv": (lambda x: nlinalg.tensorinv(x, 1), lambda a: np.linalg.tensorinv(a, 1), R.randn(6, 2, 3)),
    "tensorinv 2": (nlinalg.tensorinv, np.linalg.tensorinv, R.randn(2, 3, 6)),
    "tensorsolve": (nlinalg.tensorsolve, np.linalg.tensorsolve, R.randn(2, 3, 6), R.randn(2, 3)),
    "tensorsolve axes": (
        lambda x, y: nlinalg.tensorsolve(x, y, [0, 2]),
        lambda a, b: np.linalg.tensorsolve(a, b, [0, 2]),
        R.randn(2, 6, 3),
        R.randn(6),
    ),
    "least squares": (
        lambda x, y: nlinalg.lstsq()(x, y, -1)[0], lambda a, b: np.linalg.lstsq(a, b, -1)[0], TALL, R.randn(5, 2)
    ),
    "residuals": (
        lambda x, y: nlinalg.lstsq()(x, y, -1)[1], lambda a, b: np.linalg.lstsq(a, b, -1)[1], TALL, R.randn(5, 2)
    ),
    "least squares, wide": (
        lambda x, y: nlinalg.lstsq()(x, y, -1)[0], lambda a, b: np.linalg.lstsq(a, b, -1)[0], WIDE, V[:3]
    ),
    "eigenvalues": (lambda x: nlinalg.eigh(x)[0], lambda a: np.linalg.eigh(a)[0], S),
    "eigenvalues U": (lambda x: nlinalg.eigh(x, "U")[0], lambda a: np.linalg.eigh(a, "U")[0], A),
    "eigenvectors": (lambda x: nlinalg.eigh(x)[1] ** 2, lambda a: np.linalg.eigh(a)[1] ** 2, A),
    "eigenvectors U": (lambda x: nlinalg.eigh(x, "U")[1] ** 2, lambda a: np.linalg.eigh(a, "U")[1] ** 2, A),
    "both": (
        lambda x: T.dot(nlinalg.eigh(x)[1] * T.exp(nlinalg.eigh(x)[0] / 9), nlinalg.eigh(x)[1].T),
        lambda a: (np.linalg.eigh(a)[1] * np.exp(np.linalg.eigh(a)[0] / 9)) @ np.linalg.eigh(a)[1].T,
        S,
    ),
    "singular values": (lambda x: svd(x, compute_uv=False), lambda a: np.linalg.svd(a)[1], WIDE),
}  # fmt: skip
ORDERS = [None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf, "inf", "-inf"]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf, "inf", "-inf"]


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_expressions(case):
    build, expect, *arrays = EXPRESSIONS[case]
    check(build, *arrays, expect=expect)


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_compiled(case):
    build, expect, *arrays = EXPRESSIONS[case]
    inputs = [T.TensorType(a.dtype.name, [False] * a.ndim)() for a in arrays]
    out = build(*inputs)
    outputs = [out, T.grad((out**2).sum(), inputs[0])]
    got = theano.function(inputs, outputs)(*arrays)
    for g, w in zip(got, run(outputs, inputs, arrays)):
        np.testing.assert_allclose(g, w, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_norms_of_vectors(order):
    number = float(order) if isinstance(order, str) else order
    check(lambda x: nlinalg.norm(x, order), V, expect=np.linalg.norm(V, number), smooth=order != 0)


@pytest.mark.parametrize("order", MATRIX_ORDERS, ids=str)
def test_norms_of_matrices(order):
    number = float(order) if order in ("inf", "-inf") else order
    check(lambda x: nlinalg.norm(x, order), TALL, expect=np.linalg.norm(TALL, number))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_powers_of_matrices_that_are_not_square(mode):
    stack, x = np.ones((4, 2, 3)), T.dmatrix("x")
    for n in (0, 1, 2, -1):
        for value in (stack, stack[0], stack[:0]):
            given = T.TensorType("float64", (None,) * value.ndim)()
            with pytest.raises((ValueError, np.linalg.LinAlgError)) as error:
                theano.function([given], nlinalg.matrix_power(given, n), mode=mode)(value)
            assert n not in (0, 1) or "matrix_power: M must be square, not of 2 rows and 3 columns" in str(error.value)
        with pytest.raises((ValueError, np.linalg.LinAlgError)):
            nlinalg.matrix_power(T.constant(stack), n).eval()
    for n in (0, 1):
        value = theano.function([x], nlinalg.matrix_power(x, n) + x, mode=mode)(A)
        np.testing.assert_array_equal(value, np.linalg.matrix_power(A, n) + A)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_tensors_whose_equations_do_not_fit(mode):
    def solve(a, b, **how):
        x, y = (T.TensorType("float64", (None,) * len(shape))() for shape in (a, b))
        return theano.function([x, y], nlinalg.tensorsolve(x, y, **how), mode=mode)(np.ones(a), np.ones(b))

    with pytest.raises(np.linalg.LinAlgError, match="a and b have 6 equations with 5 unknowns"):
        solve((2, 3, 5), (2, 3))
    with pytest.raises(ValueError, match="a has 4 equations, b 3 right sides"):
        solve((4, 2, 2), (3,))
    with pytest.raises(ValueError, match="it needs 3 at least, not 2"):
        solve((4, 4), (4, 1, 1))
    with pytest.raises(ValueError, match="axis 7 is out of bounds"):
        solve((4, 4), (4,), axes=(7,))
    with pytest.raises(ValueError, match="name one twice"):
        solve((4, 4), (4,), axes=(1, -1))
    a, b = R.randn(2, 6, 3), R.randn(2, 3)
    x, y = T.dtensor3("x"), T.dmatrix("y")
    for axes in ((1,), (-2,)):
        found = theano.function([x, y], nlinalg.tensorsolve(x, y, axes=axes), mode=mode)(a, b)
        np.testing.assert_allclose(found, np.linalg.tensorsolve(a, b, axes=(1,)))


EQUATIONS = {
    "sylvester": lambda a, q: slinalg.solve_sylvester(a, a, q),
    "continuous": slinalg.solve_continuous_lyapunov,
    "discrete": slinalg.solve_discrete_lyapunov,
    "directly": lambda a, q: slinalg.solve_discrete_lyapunov(a, q, "direct"),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", EQUATIONS)
def test_equations_of_matrices_that_do_not_fit(name, mode):
    a, q = T.dmatrices("a", "q")
    f = theano.function([a, q], EQUATIONS[name](a, q), mode=mode)
    for of_a, of_q, words in [
        ((2, 3), (2, 3), "A must be square, not of 2 rows and 3 columns|expected square matrix"),
        ((2, 2), (3, 2), "Q must have as many rows as A, it has 3, and A has 2"),
        ((2, 2), (2, 5), "Q must have as many columns as A, it has 5, and A has 2"),
    ]:
        with pytest.raises(ValueError, match=words):
            f(np.ones(of_a), np.ones(of_q))
        known = EQUATIONS[name](T.constant(np.ones(of_a)), q) if of_a == (2, 2) else None
        if known is not None:
            with pytest.raises(ValueError, match=words):
                theano.function([q], known, mode=mode)(np.ones(of_q))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_equations_of_two_matrices_and_stacks_that_do_not_fit(mode):
    a, b, q = T.dtensor3s("a", "b", "q")
    f = theano.function([a, b, q], slinalg.solve_sylvester(a, b, q), mode=mode)
    for shapes, words in [
        (((4, 2, 2), (4, 3, 2), (4, 2, 2)), r"expected square matrix[\s\S]*SolveSylvester"),
        (((4, 2, 2), (4, 3, 3), (4, 2, 2)), "Q must have as many columns as B, it has 2, and B has 3"),
        (((4, 2, 2), (5, 3, 3), (4, 2, 3)), "4 matrices Q for 5 matrices B"),
        (((0, 2, 2), (0, 3, 3), (4, 2, 3)), "4 matrices Q for 0 matrices A"),
    ]:
        with pytest.raises(ValueError, match=words):
            f(*map(np.ones, shapes))


def test_wrong_norms():
    x = T.dmatrix()
    with pytest.raises(ValueError, match="Invalid norm order"):
        nlinalg.norm(x, 3)
    with pytest.raises(ValueError, match="Invalid norm order"):
        nlinalg.norm(T.dvector(), "fro")
    for order in ("x", [1], "-fro"):
        with pytest.raises(ValueError, match="it must be None, 'fro', 'nuc', 1, -1, 2, -2, 'inf' or '-inf'"):
            nlinalg.norm(x, order)
    with pytest.raises(ValueError, match="out of bounds"):
        nlinalg.norm(T.dscalar())
    with pytest.raises(NotImplementedError):
        nlinalg.norm(T.dtensor3(), 2)


def slope(f, inputs, outputs, weights, x, step=1e-6):
    """The change of the weighted outputs of `f` along a direction, numerically and by the gradient."""
    cost = sum((T.constant(w) * o).sum() for w, o in zip(weights, outputs))
    direction = np.random.RandomState(5).randn(*x.shape)
    value = theano.function(inputs, cost)
    numeric = (value(x + step * direction) - value(x - step * direction)) / (2 * step)
    return numeric, (theano.function(inputs, T.grad(cost, inputs[0]))(x) * direction).sum()


@pytest.mark.parametrize("matrix", [TALL, WIDE, A], ids=["tall", "wide", "square"])
def test_svd(matrix):
    x = T.dmatrix("x")
    for full in (True, False):
        u, s, vt = theano.function([x], svd(x, full_matrices=full))(matrix)
        wanted = np.linalg.svd(matrix, full)
        for got, w in zip((u, s, vt), wanted):
            np.testing.assert_allclose(got, w)
    u, s, vt = svd(x, full_matrices=False)
    rng = np.random.RandomState(1)
    # Products that do not change with the signs of the vectors.
    outputs = [T.dot(u * T.exp(-s), vt), s, T.dot(u * s**2, u.T), T.dot(vt.T / s, vt)]
    weights = [rng.randn(*o.eval({x: matrix}).shape) for o in outputs]
    for some in ([0], [1], [2], [3], [0, 1, 2, 3]):
        numeric, exact = slope(svd, [x], [outputs[k] for k in some], [weights[k] for k in some], matrix)
        np.testing.assert_allclose(exact, numeric, rtol=1e-5)


@pytest.mark.parametrize("matrix", [R.randn(6, 3), R.randn(3, 6), A], ids=["tall", "wide", "square"])
def test_full_svd(matrix):
    """The vectors beyond the singular values can be chosen: only what they span has a gradient."""
    x = T.dmatrix("x")
    u, s, vt = svd(x)
    k = s.shape[0]
    outputs = [T.dot(u[:, k:], u[:, k:].T), T.dot(vt[k:].T, vt[k:]), T.dot(u[:, :k] * s**2, u[:, :k].T)]
    rng = np.random.RandomState(1)
    weights = [rng.randn(*o.eval({x: matrix}).shape) for o in outputs]
    for some in ([0], [1], [2], [0, 1, 2]):
        chosen, w = [outputs[k] for k in some], [weights[k] for k in some]
        numeric, exact = slope(svd, [x], chosen, w, matrix)
        np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-8)
        direction = np.random.RandomState(5).randn(*matrix.shape)
        forward = sum((T.Rop(o, x, T.constant(direction)) * v).sum() for o, v in zip(chosen, w))
        np.testing.assert_allclose(forward.eval({x: matrix}), numeric, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("matrix", [TALL, WIDE, A], ids=["tall", "wide", "square"])
def test_qr(matrix):
    x = T.dmatrix("x")
    q, r = theano.function([x], qr(x))(matrix)
    for got, w in zip((q, r), np.linalg.qr(matrix)):
        np.testing.assert_allclose(got, w)
    np.testing.assert_allclose(qr(x, "r").eval({x: matrix}), np.linalg.qr(matrix, "r"))
    complete = theano.function([x], qr(x, "complete"))(matrix)
    assert complete[0].shape == (len(matrix), len(matrix))
    q, r = qr(x, "complete")
    k = T.minimum(*x.shape)
    outputs = [*qr(x), qr(x, "r"), q[:, :k], T.dot(q[:, k:], q[:, k:].T), r]
    weights = [np.random.RandomState(1).randn(*o.eval({x: matrix}).shape) for o in outputs]
    direction = np.random.RandomState(5).randn(*matrix.shape)
    for some in ([0], [1], [2], [0, 1], [3], [4], [5]):
        chosen, w = [outputs[k] for k in some], [weights[k] for k in some]
        numeric, exact = slope(qr, [x], chosen, w, matrix)
        np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-8)
        forward = sum((T.Rop(o, x, T.constant(direction)) * v).sum() for o, v in zip(chosen, w))
        np.testing.assert_allclose(forward.eval({x: matrix}), numeric, rtol=1e-5, atol=1e-8)


def test_eig():
    matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    x = T.dmatrix()
    w, v = theano.function([x], nlinalg.eig(x))(matrix)
    np.testing.assert_allclose(matrix @ v, v * w)


def test_lstsq():
    x, y = T.dmatrices("x", "y")
    outputs = nlinalg.lstsq()(x, y, -1)
    right = R.randn(5, 2)
    got = theano.function([x, y], outputs)(TALL, right)
    for g, w in zip(got, np.linalg.lstsq(TALL, right, -1)):
        np.testing.assert_allclose(g, w)
    flat = nlinalg.lstsq()(x, T.dvector(), -1)
    assert flat[0].ndim == 1


def test_second_derivatives():
    x = T.dmatrix("x")
    for build in (
        nlinalg.matrix_inverse,
        nlinalg.det,
        nlinalg.pinv,
        lambda m: nlinalg.slogdet(m)[1],
        lambda m: nlinalg.eigh(m)[0],
        lambda m: abs(nlinalg.eigh(m)[1]),
        lambda m: svd(m, compute_uv=False),
        lambda m: abs(svd(m)[0]),
        lambda m: abs(svd(m)[2]),
        lambda m: qr(m)[0],
        lambda m: nlinalg.lstsq()(m[:, :2], m[:, 3])[0],
    ):
        first = T.grad((build(x) ** 4).sum(), x)
        np.testing.assert_allclose(*slope(build, [x], [first], [R.randn(4, 4)], S), rtol=1e-4)


def test_in_a_loop():
    xs = T.dtensor3()
    dets, _ = theano.scan(nlinalg.det, sequences=xs)
    stack = R.randn(3, 2, 2)
    f = theano.function([xs], [dets, T.grad(dets.sum(), xs)])
    values, grads = f(stack)
    np.testing.assert_allclose(values, np.linalg.det(stack))
    np.testing.assert_allclose(grads, values[:, None, None] * np.linalg.inv(stack).transpose(0, 2, 1))


def test_errors_name_the_node_and_the_next_call_works():
    x = T.dmatrix("x")
    f = theano.function([x], nlinalg.matrix_inverse(x))
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix") as caught:
        f(np.zeros((2, 2)))
    assert "MatrixInverse(x)" in str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        f(np.zeros((2, 3)))
    np.testing.assert_allclose(f(np.eye(2)), np.eye(2))
    with pytest.raises(TypeError, match="MatrixInverse takes matrices"):
        nlinalg.matrix_inverse(T.dvector())
    with pytest.raises(TypeError, match="exponent"):
        nlinalg.matrix_power(x, 0.5)


def test_printed():
    x = T.dmatrix("x")
    assert [str(op) for op in (MatrixInverse(), Det(), Eigh())] == ["MatrixInverse", "Det", "Eigh{UPLO='L'}"]
    assert theano.pp(nlinalg.det(x)) == "Det(x)"


def test_functions_and_gradients_as_ops():
    """Theano's names for them; values are those of the expressions."""
    x, g, y = T.dmatrix("x"), T.dmatrix("g"), T.dtensor3("y")
    w, v = nlinalg.eigh(x)
    ops = [
        nlinalg.EighGrad()(x, w, v, T.ones_like(w), g),
        slinalg.EigvalshGrad()(x, T.arange(4.0)),
        slinalg.ExpmGrad()(x, g),
        nlinalg.TensorInv(1)(y),
        nlinalg.TensorSolve()(y, x[:2, :3]),
    ]
    cost = (g * v).sum() + w.sum()
    wanted = [
        T.grad(cost, x, consider_constant=[g]),
        T.grad((slinalg.eigvalsh(x, None) * T.arange(4.0)).sum(), x),
        T.grad((g * slinalg.expm(x)).sum(), x),
        nlinalg.tensorinv(y, 1),
        nlinalg.tensorsolve(y, x[:2, :3]),
    ]
    given = (S, R.randn(4, 4), R.randn(6, 2, 3).reshape(2, 3, 6))
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        inverse = theano.function([y], [ops[3], wanted[3]], mode=mode)(R.randn(6, 2, 3))
        np.testing.assert_allclose(inverse[0], inverse[1])
        rest = [k for k in range(5) if k != 3]
        f = theano.function([x, g, y], [*(ops[k] for k in rest), *(wanted[k] for k in rest)], mode=mode)
        found = f(*given)
        for got, value in zip(found[:4], found[4:], strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-9, atol=1e-12)


def test_a_bound_of_the_eigenvalues():
    matrix = TALL.T @ TALL
    largest = np.linalg.eigvalsh(matrix)[-1]
    x = T.dmatrix("x")
    for exponent in (1, 3, 5):
        bound = nlinalg.spectral_radius_bound(x, exponent).eval({x: matrix})
        assert largest * (1 - 1e-12) <= bound <= largest * 3 ** 2.0**-exponent * (1 + 1e-12)
    for wrong, error in ((0, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="log2_exponent"):
            nlinalg.spectral_radius_bound(x, wrong)


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_slopes_of_eigenvectors_of_short_floats(triangle):
    """Off by what rounding is, times the size of the matrix by the smallest gap between eigenvalues.

    Only a triangle of the matrix is read, so it need not be symmetric. Finite differences in float32 are less exact.
    """
    slopes = []
    for dtype in ("float32", "float64"):
        x, weights = T.TensorType(dtype, (False, False))("x"), T.TensorType(dtype, (False, False))("weights")
        w, v = nlinalg.eigh(x, triangle)
        # the signs of vectors are free: a cost that they do not change
        slopes.append(theano.function([x, weights], [T.grad((w * weights[0] + (v**2 * weights).sum(0)).sum(), x), w]))
    rng = np.random.RandomState(5)
    for k in range(100):
        matrix = rng.randn(5, 5) if k % 2 else (lambda x: x @ x.T)(rng.rand(5, 5))
        given = matrix.astype("float32"), rng.randn(5, 5).astype("float32")
        got, _ = slopes[0](*given)
        exact, w = slopes[1](*given)
        assert got.dtype == np.float32
        allowed = 30 * 1.2e-7 * abs(w).max() / np.diff(w).min()
        np.testing.assert_allclose(got, exact, rtol=0, atol=allowed * max(1, abs(exact).max()))
        assert not (np.triu(got, 1) if triangle == "L" else np.tril(got, -1)).any()
