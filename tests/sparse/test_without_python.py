"""Nothing of `theano.sparse` calls Python back: every operation, every dtype, both formats, values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from tests.sparse.cases import CASES, Case, as_array, disordered, operands, variable
from theano import sparse as S
from theano.ifelse import ifelse
from theano.sparse.type import SparseType

DTYPES = {"f": ("float64", "float32"), "i": ("int8", "int64", "uint16"), "c": ("complex128", "complex64")}
FORMATS = ("csr", "csc")


def called_back(f: Any) -> list[str]:
    """The nodes that a compiled function calls Python for."""
    return [str(node) for kind, node in f.executor.lowered.words if kind == "callback"]


def _dense(x: Any) -> Any:
    return S.dense_from_sparse(x) if isinstance(x.type, SparseType) else x


def agree(f: Any, variables: list[Any], outputs: list[Any], values: list[Any], tolerance: float) -> None:
    """What compiled code gives is what the NumPy definitions give."""
    plain = theano.function(variables, outputs, mode="FAST_COMPILE")
    for found, expected in zip(f(*values), plain(*values), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(as_array(found), as_array(expected), rtol=tolerance, atol=tolerance)


def _program(case: Case, format: str, dtype: str, gradients: bool) -> tuple[list[Any], list[Any], Any]:
    values = operands(case, format, dtype, seed=7)
    variables = [variable(v) for v in values]
    out = case.symbolic(*variables)
    if not gradients:
        return values, variables, out
    cost = (abs(_dense(out)) ** 2).sum()
    return values, variables, T.grad(cost, variables, disconnected_inputs="ignore")


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_values(case: Case) -> None:
    for format in FORMATS:
        for dtype in (d for kind in case.kinds_of_numbers for d in DTYPES[kind]):
            values, variables, out = _program(case, format, dtype, False)
            f = theano.function(variables, [out])
            assert not called_back(f), (format, dtype)
            with np.errstate(all="ignore"):
                agree(f, variables, [out], values, 1e-12 if dtype in ("float64", "complex128") else 2e-5)


# One of the dtypes for each format: the formulas of the other are the same.
GRADIENTS = [c for c in CASES if c.grad != "none"]


@pytest.mark.parametrize("case", GRADIENTS, ids=[c.name for c in GRADIENTS])
def test_gradients(case: Case) -> None:
    for format, *dtypes in (("csr", "float64", "complex64"), ("csc", "float32", "complex128")):
        for dtype in dtypes[: 2 if "c" in case.kinds_of_numbers else 1]:
            values, variables, grads = _program(case, format, dtype, True)
            f = theano.function(variables, grads)
            assert not called_back(f), (format, dtype)
            if format == "csr":
                agree(f, variables, grads, values, 1e-9 if dtype in ("float64", "complex128") else 2e-4)


COMPLEX = [c for c in CASES if "c" in c.kinds_of_numbers]


@pytest.mark.parametrize("case", COMPLEX, ids=[c.name for c in COMPLEX])
def test_complex_numbers(case: Case) -> None:
    """In loops complex numbers are what SciPy and NumPy make of them."""
    for format, dtype, tolerance in (("csr", "complex128", 1e-12), ("csc", "complex64", 2e-5)):
        _, variables, out = _program(case, format, dtype, False)
        f = theano.function(variables, out)
        for seed, disorder in ((0, False), (1, True)):
            values = operands(case, format, dtype, seed=seed, disorder=disorder)
            found, expected = f(*values), np.asarray(case.dense(*map(as_array, values)))
            assert found.dtype == out.type.dtype
            np.testing.assert_allclose(as_array(found), expected.astype(found.dtype), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_casts_to_complex_numbers(dtype: str) -> None:
    for source in ("float32", "float64", "int8", "uint16", "bool", "complex64"):
        for format in FORMATS:
            x = S.matrix(format, dtype=source)
            f = theano.function([x], S.cast(x, dtype))
            X = sp.random(5, 4, 0.5, format, random_state=0)
            X = (X * 10).astype(source)
            assert not called_back(f)
            for value in (X, *((disordered(X, True), 0 * X) if source != "bool" else ())):
                found = f(value)
                assert found.dtype == dtype and found.format == format
                np.testing.assert_array_equal(found.toarray(), value.toarray().astype(dtype))


def _sides(format: str, dtype: str) -> tuple[Any, Any, Any]:
    return T.dscalar("c"), S.matrix(format, "x", dtype), S.matrix(format, "y", dtype)


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex64"])
@pytest.mark.parametrize("format", FORMATS)
def test_branches(format: str, dtype: str) -> None:
    c, x, y = _sides(format, dtype)
    f = theano.function([c, x, y], [ifelse(T.lt(c, 0), x + x, S.mul(x, y)), *ifelse(T.gt(c, 2), [x, c], [y, -c])])
    assert not called_back(f)
    X, Y = (sp.random(*shape, 0.5, format, random_state=k).astype(dtype) for k, shape in enumerate([(5, 4), (5, 4)]))
    X.data[:], Y.data[:] = 3, 5
    for number in (-1.0, 1.0, 3.0):
        first, second, third = f(number, X, Y)
        expected = X + X if number < 0 else X.multiply(Y)
        np.testing.assert_array_equal(first.toarray(), expected.toarray())
        np.testing.assert_array_equal(second.toarray(), (X if number > 2 else Y).toarray())
        assert third == (number if number > 2 else -number) and first.dtype == second.dtype == dtype
        second.data[:] = 9
        assert X.data[0] == 3 and Y.data[0] == 5  # results are their own


def test_gradients_and_updates_of_branches() -> None:
    c, x, y = _sides("csr", "float64")
    picked = ifelse(T.gt(c, 0), S.sqr(x), y * 3.0)
    grads = T.grad(S.sp_sum(S.sqr(picked), sparse_grad=True), [x, y])
    f, plain = (theano.function([c, x, y], grads, mode=mode) for mode in (None, "FAST_COMPILE"))
    assert not called_back(f)
    X, Y = (sp.random(5, 4, 0.5, "csr", random_state=k) for k in range(2))
    for number in (-1.0, 1.0):
        for found, expected in zip(f(number, X, Y), plain(number, X, Y), strict=True):
            np.testing.assert_allclose(found.toarray(), expected.toarray())
    kept = theano.shared(X.copy())
    step = theano.function([c, y], [], updates=[(kept, ifelse(T.gt(c, 0), kept * 2.0, y))])
    assert not called_back(step)
    step(1.0, Y)
    np.testing.assert_array_equal(kept.get_value().toarray(), 2 * X.toarray())
    step(-1.0, Y)
    np.testing.assert_array_equal(kept.get_value().toarray(), Y.toarray())


def test_only_the_side_that_is_taken_is_computed() -> None:
    c, x, y = _sides("csr", "float64")
    f = theano.function([c, x, y], ifelse(T.gt(c, 0), x, x + y))
    X, Y = sp.eye(3, format="csr"), sp.eye(4, format="csr")  # whose sum is an error
    assert (f(1.0, X, Y).toarray() == np.eye(3)).all()
    with pytest.raises(ValueError, match="shapes"):
        f(-1.0, X, Y)


def test_a_branch_of_which_some_parts_are_equal_constants() -> None:
    """Rewriting put outputs of the branch in place of constants that stood for them already: the graph was a circle."""
    c = T.dvector("c")
    x = S.as_sparse_variable(sp.csc_matrix((2, 0), dtype="int32")) * T.constant(np.zeros((2, 0)))
    picked = ifelse(T.gt(c[0], 0), S.row_scale(x, T.constant([0.0, -2.0])), x * 2.0)
    for mode in (None, "FAST_COMPILE"):
        assert theano.function([c], picked, mode=mode)([1.0]).shape == (2, 0)
