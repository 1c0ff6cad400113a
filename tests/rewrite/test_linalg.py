"""What linear algebra becomes: which operations are left, that values and errors stay, what is known of matrices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from graphs import perform, rewritten
from theano.tensor.nlinalg import AllocDiag, det, diag, matrix_inverse, trace
from theano.tensor.slinalg import Cholesky, cholesky, eigvalsh, solve, solve_lower_triangular

import theano
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.ifelse import ifelse
from theano.rewrite import Query
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.hints import psd
from theano.rewrite.rules.linalg.facts import LOWER, NONE, POSITIVE, POSITIVE_DIAGONAL, SYMMETRIC, UPPER, facts_of
from theano.tensor.checks.assertion import AssertEqual
from theano.tensor.linalg.eigen import eigh
from theano.tensor.linalg.matrices import transposed

A, B, X = T.dmatrices("A", "B", "X")
v, w = T.dvectors("v", "w")
s = T.dscalar("s")
S = T.dtensor3("S")
R = np.random.RandomState(2)
VALUES = {
    A: R.randn(4, 4) + 3 * np.eye(4), B: R.randn(4, 2), X: R.randn(4, 3), v: R.randn(4), w: R.rand(4) + 1,
    s: np.array(0.7), S: R.randn(2, 3, 3) + 3 * np.eye(3),
}  # fmt: skip
ALGEBRA = (
    "Cholesky", "CholeskyGrad", "MatrixInverse", "Det", "SLogDet", "Eigh", "Eigvalsh", "Dot", "BatchedDot", "Tri",
    "ExtractDiag", "LUFactor", "LUSolve", "LUDet", "LUSLogDet",
)  # fmt: skip


def operations(outputs: list[Any]) -> dict[str, int]:
    """Which operations of linear algebra are left, and how many of each."""
    found: Counter[str] = Counter()
    for node in outputs_of(outputs)[0].toposort():
        name = type(node.op).__name__
        if name in ("Solve", "InverseProduct"):
            found[node.op.A_structure.removesuffix("_triangular")] += 1
        elif name in ("Gemm", "Gemv", "Ger"):
            found["Dot"] += 1
        elif name in ALGEBRA:
            found[name] += 1
    return dict(found)


def outputs_of(outputs: list[Any]) -> tuple[Any, list[np.ndarray]]:
    """The rewritten graph, whose values are those of the expressions as they are."""
    inputs = [x for x in theano.gof.graph.inputs(outputs) if x in VALUES]
    given = [VALUES[x] for x in inputs]
    f = theano.function(inputs, outputs, mode=theano.Mode(linker="py", optimizer="fast_run"))
    wanted = perform(FunctionGraph(inputs, outputs, clone=True), given)
    for got, value in zip(f(*given), wanted, strict=True):
        np.testing.assert_allclose(got, value, rtol=1e-9, atol=1e-11)
    return f.maker.fgraph, wanted


def kernel(p: Any) -> Any:
    """A covariance as programs write it."""
    return T.exp(-0.5 * (p[:, None] - p[None, :]) ** 2) + T.exp(s) * T.eye(p.shape[0])


def distances(x: Any) -> Any:
    squares = (x**2).sum(axis=1)
    return squares[:, None] + squares[None, :] - 2 * T.dot(x, x.T)


def lower(x: Any) -> Any:
    return T.tril(x)


L = cholesky(kernel(v))
SQUARE = lower(T.outer(v, v) + T.eye(v.shape[0]))
FORMS: dict[str, tuple[list[Any], dict[str, int]]] = {
    # inverses in products
    "inverse times vector": ([T.dot(matrix_inverse(A), v)], {"general": 1}),
    "inverse times matrix": ([T.dot(matrix_inverse(A), B)], {"general": 1}),
    "vector times inverse": ([T.dot(v, matrix_inverse(A))], {"general": 1}),
    "matrix times inverse": ([T.dot(B.T, matrix_inverse(A))], {"general": 1}),
    "transposed inverse": ([T.dot(matrix_inverse(A).T, v)], {"general": 1}),
    "inverse of the transposed": ([T.dot(matrix_inverse(A.T), v)], {"general": 1}),
    "stacks": ([T.batched_dot(matrix_inverse(S), S)], {"general": 1}),
    "inverse for itself, too": ([T.dot(matrix_inverse(A), v), matrix_inverse(A)], {"MatrixInverse": 1, "Dot": 1}),
    "inverse for many": ([T.dot(matrix_inverse(A), v + k) for k in range(4)], {"MatrixInverse": 1, "Dot": 4}),
    "quadratic form and gradient": (
        [T.grad(T.dot(v, T.dot(matrix_inverse(A), v)), A)], {"LUFactor": 1, "LUSolve": 2, "Dot": 1}
    ),
    "one column": ([solve(A, v[:, None]), solve(A, v)], {"general": 1}),
    "a multiple": ([solve(A, 3 * v), solve(A, v)], {"general": 1}),
    "a multiple by a variable": ([solve(A, s * v), solve(A, v)], {"LUFactor": 1, "LUSolve": 2}),
    "triangular, a multiple by a variable": (
        [solve_lower_triangular(A, s * v), solve_lower_triangular(A, v), solve_lower_triangular(A, v / 3)], {"lower": 1}
    ),
    "twice inverted": ([matrix_inverse(matrix_inverse(A)) * 2], {"SLogDet": 1}),
    "both transposed": ([matrix_inverse(A.T), matrix_inverse(A)], {"MatrixInverse": 1}),
    "symmetric, transposed": ([matrix_inverse(A + A.T).T, matrix_inverse(A + A.T)], {"MatrixInverse": 1}),
    # triangles (what is not read must be finite, too)
    "lower system": ([solve(lower(A), v)], {"lower": 1, "Tri": 1}),
    "upper system": ([solve(T.triu(A), B)], {"upper": 1, "Tri": 1}),
    "transposed lower system": ([solve(lower(A).T, v)], {"upper": 1, "Tri": 1}),
    "triangle that is not read": ([solve_lower_triangular(lower(A), v)], {"lower": 1}),
    "product of triangles": ([solve(T.dot(lower(A), lower(A)), v)], {"lower": 1, "Dot": 1, "Tri": 1}),
    "inverse of a triangle": ([matrix_inverse(lower(A))], {"lower": 1}),
    "inverse of a triangle in a product": ([T.dot(matrix_inverse(lower(A)), v)], {"lower": 1}),
    "determinant of a triangle": ([det(lower(A))], {"ExtractDiag": 1, "Tri": 1}),
    "stack of triangles": ([solve(lower(S), S), det(T.triu(S))], {"lower": 1, "ExtractDiag": 1, "Tri": 2}),
    "diagonal": ([solve(AllocDiag()(w), v)], {"lower": 1}),
    "checked triangle": (
        [solve(AssertEqual("{0} {1}")(lower(A), A.shape[0], v.shape[0]), v)], {"lower": 1, "Tri": 1}
    ),
    # factors that are there
    "system beside the factor": ([L, solve(kernel(v), w)], {"Cholesky": 1, "lower": 1, "upper": 1}),
    "transposed system": ([L, solve(kernel(v).T, w)], {"Cholesky": 1, "lower": 1, "upper": 1}),
    "upper factor": (
        [Cholesky(lower=False)(kernel(v)), solve(kernel(v), w)], {"Cholesky": 1, "lower": 1, "upper": 1}
    ),
    "determinant beside the factor": ([L, det(kernel(v))], {"Cholesky": 1, "ExtractDiag": 1}),
    "logarithm beside the factor": ([L, T.log(det(kernel(v)))], {"Cholesky": 1, "ExtractDiag": 1}),
    "inverse beside the factor": ([L, matrix_inverse(kernel(v))], {"Cholesky": 1, "lower": 1, "upper": 1}),
    "product with its transposed": ([solve(T.dot(L, L.T), w)], {"Cholesky": 1, "lower": 1, "upper": 1}),
    "triangle and its transposed": (
        [solve(T.dot(SQUARE, SQUARE.T), w)], {"lower": 1, "upper": 1, "Dot": 1, "Tri": 1}
    ),
    "a triangle that need not be square": (
        [solve(T.dot(lower(A), lower(A).T), w)], {"general": 1, "Dot": 1, "Tri": 1}
    ),
    "factor of that": ([cholesky(T.dot(L, L.T))], {"Cholesky": 1}),
    "upper factor of a product": ([Cholesky(lower=False)(T.dot(A, A.T))], {"Cholesky": 1, "Dot": 1}),
    "both factors of a product": (
        [Cholesky(lower=False)(T.dot(A, A.T)), cholesky(T.dot(A, A.T))], {"Cholesky": 1, "Dot": 1}
    ),
    "marked": ([solve(psd(T.dot(A, A.T)), v)], {"Cholesky": 1, "lower": 1, "upper": 1, "Dot": 1}),
    "symmetric only": ([solve(T.dot(A, A.T), v)], {"general": 1, "Dot": 1}),
    "not symmetric": ([cholesky(A + 9 * T.eye(4)), solve(A + 9 * T.eye(4), v)], {"Cholesky": 1, "general": 1}),
    "may fail alone": ([ifelse(s > 1, L, kernel(v)), solve(kernel(v), w)], {"Cholesky": 1, "general": 1}),
    # determinants
    "logarithm": ([T.log(det(A))], {"SLogDet": 1}),
    "logarithm of the size": ([T.log(abs(det(A)))], {"SLogDet": 1}),
    "its gradient": ([T.grad(T.log(det(A)), A)], {"MatrixInverse": 1}),
    "gradient of that of the size": ([T.grad(T.log(abs(det(A))), A)], {"MatrixInverse": 1}),
    "of the transposed": ([det(A.T), det(A)], {"Det": 1}),
    "of the inverse": ([det(matrix_inverse(A))], {"LUFactor": 1, "LUDet": 1, "LUSLogDet": 1}),
    # one factorization for several operations
    "system and determinant": ([solve(A, v), det(A)], {"LUFactor": 1, "LUSolve": 1, "LUDet": 1}),
    "systems of a matrix and of its transposed": ([solve(A, v), solve(A.T, w)], {"LUFactor": 1, "LUSolve": 2}),
    # an inverse alone has its own: see the rule
    "inverse and logarithm": ([matrix_inverse(A), T.log(abs(det(A)))], {"MatrixInverse": 1, "SLogDet": 1}),
    "inverse, determinant and systems of stacks": (
        [matrix_inverse(S), det(S), solve(S, v[:3]), solve(S, S)], {"LUFactor": 1, "LUSolve": 3, "LUDet": 1}
    ),
    "determinant and its gradient": ([det(A), T.grad(det(A), A)], {"MatrixInverse": 1, "Det": 1}),
    "system and its gradients": (
        [solve(A, v), *T.grad(T.dot(w, solve(A, v)), [A, v])], {"LUFactor": 1, "LUSolve": 2, "Dot": 1}
    ),
    "of different matrices": ([solve(A, v), det(A + 1)], {"general": 1, "Det": 1}),
    # diagonals
    "trace of a product": ([trace(T.dot(A, A))], {}),
    "trace of a product that is not square": ([trace(T.dot(B.T, X))], {}),
    "diagonal of a product": ([T.diag(T.dot(B, X[:2]))], {}),
    "diagonal of a diagonal": ([diag(diag(v)), T.diag(T.diag(v))], {}),
    "outer product": ([T.dot(A, T.outer(v, w))], {"Dot": 2}),
    "product with an outer one": ([T.dot(T.outer(v, w), A)], {"Dot": 2}),
    # eigenvalues
    "values beside vectors": ([*eigh(A), eigvalsh(A, None)], {"Eigh": 1}),
    "values alone": ([eigvalsh(A, None)], {"Eigvalsh": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    outputs, wanted = FORMS[name]
    assert operations(outputs) == wanted


def log_likelihood(K: Any, y: Any, how: str) -> Any:
    """But for a constant: of a Gaussian process, in the ways in which programs write it."""
    if how == "factor":
        factor = cholesky(K)
        z = solve_lower_triangular(factor, y)
        return 0.5 * T.dot(z, z) + T.log(T.diag(factor)).sum()
    if how == "factor and system":
        return 0.5 * T.dot(y, solve(K, y)) + T.log(T.diag(cholesky(K))).sum()
    if how == "factor and inverse":
        return 0.5 * T.dot(y, T.dot(matrix_inverse(K), y)) + T.log(T.diag(cholesky(K))).sum()
    if how == "marked":
        return 0.5 * T.dot(y, solve(psd(K), y)) + 0.5 * T.log(det(psd(K)))
    return 0.5 * T.dot(y, T.dot(matrix_inverse(K), y)) + 0.5 * T.log(det(K))


ONE_FACTOR = {"Cholesky": 1, "CholeskyGrad": 1, "lower": 1, "upper": 1}
PROCESS = {
    "factor": ONE_FACTOR,
    "factor and system": ONE_FACTOR,
    "factor and inverse": ONE_FACTOR,
    "marked": {"Cholesky": 1, "lower": 2, "upper": 2},  # the gradient of the determinant is the inverse
    "inverse and determinant": {"MatrixInverse": 1, "SLogDet": 1},
}


@pytest.mark.parametrize("how", PROCESS)
def test_a_gaussian_process(how: str) -> None:
    """Value and gradient take one factor, and systems with it."""
    cost = log_likelihood(kernel(v), w, how)
    outputs = [cost, *T.grad(cost, [v, s])]
    found = operations(outputs)
    assert {k: n for k, n in found.items() if k not in ("Dot", "Tri", "ExtractDiag")} == PROCESS[how]
    reference = log_likelihood(kernel(v), w, "factor")
    got, wanted = (outputs_of([c, *T.grad(c, [v, s])])[1] for c in (cost, reference))
    for g, value in zip(got, wanted, strict=True):
        np.testing.assert_allclose(g, value, rtol=1e-8)


def run(outputs: Any, *values: Any) -> Any:
    inputs = theano.gof.graph.inputs(outputs if isinstance(outputs, list) else [outputs])
    return theano.function([x for x in inputs if x in VALUES], outputs)(*values)


ERRORS: dict[str, tuple[Any, list[np.ndarray], str]] = {
    "inverse in a product": (T.dot(matrix_inverse(A), A), [np.ones((2, 2))], "Singular matrix"),
    "not square": (T.dot(matrix_inverse(A), A), [np.ones((2, 3))], "square"),
    "twice inverted": (matrix_inverse(matrix_inverse(A)), [np.ones((2, 2))], "Singular matrix"),
    "determinant of the inverse": (det(matrix_inverse(A)), [np.ones((2, 2))], "Singular matrix"),
    "triangle": (solve(lower(A), A), [np.zeros((2, 2))], "singular"),
    "inverse of a triangle": (matrix_inverse(lower(A)), [np.zeros((2, 2))], "singular"),
    "inverse of a triangle that is not square": (matrix_inverse(lower(A)), [np.ones((3, 2))], "square"),
    "determinant of a triangle that is not square": (det(lower(A)), [np.ones((3, 2))], "square"),
    "its logarithm": (T.log(det(T.triu(A))), [np.ones((3, 2))], "square"),
    "beside the factor": (cholesky(A + A.T) + solve(A + A.T, A), [-np.eye(2)], "positive definite"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_stay(name: str) -> None:
    out, values, message = ERRORS[name]
    shared = theano.shared(0.0)
    f = theano.function([A], out, updates={shared: shared + 1})
    with pytest.raises(np.linalg.LinAlgError, match=message):
        f(*values)
    assert shared.get_value() == 0


def test_not_a_number_stays_one() -> None:
    """An inverse of NaN is NaN, also in a product; a system with NaN is refused."""
    broken = np.array([[1.0, np.nan], [0.0, 1.0]])
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        f = theano.function([A, v], T.dot(matrix_inverse(A), v), mode=mode)
        assert np.isnan(f(broken, [1, 2])).any() and np.isnan(f(np.eye(2), [1, np.nan])).any()
        with pytest.raises(ValueError, match="array must not contain infs or NaNs"):
            theano.function([A, v], solve(A, v), mode=mode)(broken, [1, 2])


REFUSED: dict[str, Any] = {
    "triangle": lower(A),
    "turned triangle": T.triu(A).T,
    "factor": T.dot(A, A.T) + T.eye(A.shape[0]),
    "product": T.dot(cholesky(A), cholesky(A).T),
    "marked": psd(T.dot(A, A.T)),
}


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", REFUSED)
def test_a_system_of_known_structure_is_refused_as_any(name: str, value: float) -> None:
    """NaN or infinity on either side."""
    matrix = REFUSED[name]
    extra = [cholesky(matrix)] if name == "factor" else []
    f = theano.function([A, v], [solve(matrix, v), *extra])
    assert np.isfinite(f(np.eye(2), [1, 2])[0]).all()
    with pytest.raises(ValueError, match="array must not contain infs or NaNs"):
        f(np.eye(2), [1, value])
    with pytest.raises(ValueError):
        f(np.array([[1.0, 0.0], [value, 1.0]]) if name != "turned triangle" else [[1, value], [0, 1]], [1, 2])


def test_shapes_that_do_not_fit_stay_errors() -> None:
    for out in (trace(T.dot(A, B)), T.diag(T.dot(A, B))):
        with pytest.raises(ValueError):
            run(out, np.ones((2, 3)), np.ones((4, 2)))


def test_determinants_that_overflow() -> None:
    big = R.randn(300, 300) * 50
    sign, size = np.linalg.slogdet(big)
    big = big if sign > 0 else big[[1, 0, *range(2, 300)]]
    assert np.isinf(np.linalg.det(big))
    np.testing.assert_allclose(run([T.log(det(A)), T.log(abs(det(A)))], big), [size, size])
    np.testing.assert_allclose(run(T.grad(T.log(det(A)), A), big), np.linalg.inv(big).T)
    assert np.isnan(run(T.log(det(A)), -np.eye(3))) and run(T.log(det(A)), np.zeros((3, 3))) == -np.inf
    np.testing.assert_allclose(run(det(lower(A)), big), np.prod(np.diag(big)))


@pytest.mark.parametrize("name", ["value", "gradient"])
def test_logarithm_of_the_size_of_a_negative_determinant(name: str) -> None:
    flipped = np.diag([1.0, -2.0, 3.0])
    out = T.log(abs(det(A)))
    if name == "value":
        np.testing.assert_allclose(run(out, flipped), np.log(6))
    else:
        np.testing.assert_allclose(run(T.grad(out, A), flipped), np.linalg.inv(flipped))


# -- facts ------------------------------------------------------------------------------------------------

SYMMETRICAL = {
    "sum with the transposed": A + A.T,
    "product with the transposed": T.dot(A, A.T),
    "longer product": T.dot(X.T, T.dot(A + A.T, X)),
    "product of three": T.dot(T.dot(X.T, T.dot(A, A.T)), X),
    "covariance": kernel(v),
    "its inverse": matrix_inverse(kernel(v)),
    "distances": distances(X),
    "powers of distances": T.exp(-abs(v[:, None] - v[None, :])) * T.cos(v[:, None] - v[None, :]),
    "outer product": T.outer(v, v),
    "product of differences": (v[:, None] - v[None, :]) * T.tanh(v[:, None] - v[None, :]),
    "scaled": w[:, None] * kernel(v) * w[None, :],
    "larger one": T.maximum(A, A.T),
    "choice": T.switch(T.eye(v.shape[0]), T.outer(v, v), 2.0 + T.outer(w, w)),
    "identity": T.eye(v.shape[0]),
    "diagonal": diag(v),
    "stack": S + transposed(S),
    "all the same": T.alloc(s, v.shape[0], v.shape[0]),
    "constant": T.constant(np.array([[1.0, 2.0], [2.0, 3.0]])),
}
NOT_SYMMETRICAL = {
    "matrix": A,
    "product": T.dot(A, A),
    "differences": v[:, None] - v[None, :],
    "half scaled": w[:, None] * kernel(v),
    "other transposed": A + w[:, None] * A.T,
    "powers of differences": (v[:, None] - v[None, :]) ** 3,
    "sums": T.exp(v)[:, None] + v[None, :],
    "odd and even": (v[:, None] - v[None, :]) * T.cos(v[:, None] - v[None, :]),
    "exponential of differences": T.exp(v[:, None] - v[None, :]),
    "larger difference": T.maximum(v[:, None] - v[None, :], w[:, None] - w[None, :]),
    "quotient": (v[:, None] - v[None, :]) / (1 + v[:, None] ** 2),
    "eye of another diagonal": T.eye(v.shape[0], v.shape[0], 1),
    "lower": lower(A),
    "constant": T.constant(np.array([[1.0, 2.0], [3.0, 3.0]])),
}
TRIANGLES = {
    "tril": (lower(A), LOWER),
    "tril below": (T.tril(A, -1), LOWER),
    "tril above": (T.tril(A, 1), NONE),
    "triu": (T.triu(A), UPPER),
    "triu above": (T.triu(A, 1), UPPER),
    "triu below": (T.triu(A, -1), NONE),
    "turned": (lower(A).T, UPPER),
    "stack": (lower(S), LOWER),
    "turned stack": (transposed(lower(S)), UPPER),
    "factor": (cholesky(A), LOWER | POSITIVE_DIAGONAL),
    "upper factor": (Cholesky(lower=False)(A), UPPER | POSITIVE_DIAGONAL),
    "scaled": (s * lower(A) * w[:, None] / 3, LOWER),
    "sum": (lower(A) - T.diag(v), LOWER),
    "sum of others": (lower(A) + T.triu(A), NONE),
    "shifted": (lower(A) + 1, NONE),
    "product": (T.dot(lower(A), lower(A)), LOWER),
    "product of others": (T.dot(lower(A), T.triu(A)), NONE),
    "inverse": (matrix_inverse(T.triu(A)), UPPER),
    "solution": (solve_lower_triangular(A, lower(A)), LOWER),
    "general solution": (solve(A, lower(A)), NONE),
    "choice": (T.switch(s > 0, lower(A), T.eye(4)), LOWER),
    "squares": (T.tanh(lower(A)) ** 2, LOWER),
    "exponential": (T.exp(lower(A)), NONE),
    "constant": (T.constant(np.tri(3)), LOWER),
    "matrix": (A, NONE),
}


def known(out: Any) -> Any:
    """What is known of an expression when it has its canonical form; it is true of its value."""
    inputs = [x for x in theano.gof.graph.inputs([out]) if x in VALUES]
    graph = rewritten(inputs, out, Query(include=["canonicalize", "stabilize"]))[0]
    (value,) = perform(FunctionGraph(inputs, [out], clone=True), [VALUES[x] for x in inputs])
    facts = facts_of(RewriteGraph(graph.inputs, graph.outputs), graph.outputs[0])
    if LOWER in facts:
        np.testing.assert_allclose(np.triu(value, 1), 0, atol=1e-12)
    if UPPER in facts:
        np.testing.assert_allclose(np.tril(value, -1), 0, atol=1e-12)
    if SYMMETRIC in facts:
        np.testing.assert_allclose(value, np.swapaxes(value, -1, -2), atol=1e-12)
    if POSITIVE_DIAGONAL in facts:
        assert (np.diagonal(value, 0, -2, -1) > 0).all()
    return facts


@pytest.mark.parametrize("name", SYMMETRICAL)
def test_symmetric(name: str) -> None:
    assert SYMMETRIC in known(SYMMETRICAL[name])


@pytest.mark.parametrize("name", NOT_SYMMETRICAL)
def test_not_symmetric(name: str) -> None:
    assert SYMMETRIC not in known(NOT_SYMMETRICAL[name])


@pytest.mark.parametrize("name", TRIANGLES)
def test_triangles(name: str) -> None:
    out, wanted = TRIANGLES[name]
    VALUES_OF_FACTOR = {A: VALUES[A] @ VALUES[A].T}
    saved = VALUES[A]
    try:
        VALUES.update(VALUES_OF_FACTOR)
        assert known(out) & ~SYMMETRIC == wanted
    finally:
        VALUES[A] = saved


def test_positive_definite_is_what_the_program_says() -> None:
    for said in (psd(T.dot(A, A.T)), T.dot(L, L.T), T.eye(v.shape[0])):
        assert POSITIVE in known(said)
    for other in (T.dot(A, A.T), kernel(v)):
        assert POSITIVE not in known(other)


def test_deep_expressions_are_given_up() -> None:
    """The search for a symmetry is bounded, also where parts can be paired in many ways."""
    x = sum(T.exp(A * k) + T.exp(A.T * k) for k in range(1, 60))
    assert known(x) in (NONE, SYMMETRIC)
    y = A + A.T
    for _ in range(200):
        y = T.tanh(y) + y
    assert known(T.dot(y, y)) is not None
    assert operations([solve(y / 1e40, v)]) == {"general": 1}
