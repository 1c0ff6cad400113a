"""Every operation on sparse matrices against its meaning on dense arrays."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from tests.sparse.cases import CASES, Case, as_array, disordered, operands, variable
from theano import sparse as S
from theano.sparse.type import SparseType

DTYPES = {"f": ("float64", "float32"), "i": ("int32", "int8", "uint16"), "c": ("complex128", "complex64")}
NATIVE = ("csr", "float32")  # the others by `perform`, without compiling hundreds of programs
WITH_DTYPE = [(case, dtype) for case in CASES for k in case.kinds_of_numbers for dtype in DTYPES[k]]


def compare(case, values, mode=None):
    """Run a case on its values; the function, and what it gave."""
    variables = [variable(v) for v in values]
    out = case.symbolic(*variables)
    f = theano.function(variables, out, mode=mode)
    if mode is None:
        assert "callback" not in theano.printing.loop_program(f)
    given = [as_array(v) for v in values]
    with np.errstate(all="ignore"):
        expected = np.asarray(case.dense(*given))
    found = f(*values)
    assert as_array(found).shape == expected.shape
    assert np.dtype(found.dtype).name == out.type.dtype
    tolerance = 1e-4 if out.type.dtype in ("float32", "complex64") or expected.dtype == "float32" else 1e-9
    np.testing.assert_allclose(as_array(found), expected.astype(out.type.dtype), rtol=tolerance, atol=tolerance)
    if isinstance(out.type, SparseType):
        assert out.type.is_valid_value(found) and found.indices.dtype == found.indptr.dtype == "int32"
        found.data[...] = 1  # its own, as everything a function returns
        found.indices[...] = 0
    return f, found


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize(("case", "dtype"), WITH_DTYPE, ids=[f"{c.name}-{d}" for c, d in WITH_DTYPE])
def test_values(case: Case, dtype: str, format: str) -> None:
    values = operands(case, format, dtype)
    kept = [v.copy() for v in values]
    compare(case, values, mode=None if (format, dtype) == NATIVE else "FAST_COMPILE")
    for value, before in zip(values, kept, strict=True):
        assert (as_array(value) == as_array(before)).all()


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_structure_of_any_kind(case: Case, format: str) -> None:
    """Unsorted and duplicate indices, int64 structure, arrays and matrices of SciPy."""
    values = operands(case, format, "float64", seed=1, disorder=True)
    f, _ = compare(case, values, mode=None if format == "csc" else "FAST_COMPILE")
    expected = as_array(f(*values))
    wide = [_as_int64(v) if sp.issparse(v) else v for v in values]
    assert any(v.indices.dtype == "int64" for v in wide if sp.issparse(v)) or "s" not in case.kinds
    np.testing.assert_array_equal(as_array(f(*wide)), expected)
    arrays = [getattr(sp, f"{v.format}_array")(v) if sp.issparse(v) else v for v in values]
    np.testing.assert_array_equal(as_array(f(*arrays)), expected)


def _as_int64(x):
    made = x.copy()
    made.indices, made.indptr = x.indices.astype("int64"), x.indptr.astype("int64")
    return made


MET = [c for c in CASES if c.kinds == "st" and "stack" not in c.name]


@pytest.mark.parametrize("case", MET, ids=[c.name for c in MET])
def test_elements_that_meet(case: Case) -> None:
    """What the program makes of two structures is what SciPy makes, element by element, in order; without it."""
    numbers = [("float64", "float64"), ("float32", "int32"), ("int8", "uint16"), ("bool", "bool")]
    kinds = [(("csr", "csc")[k % 2], *pair) for k, pair in enumerate(numbers)]
    for format, one, other in kinds[: 3 if case.name == "sub_s_s" else 4]:  # bools can't be negated
        x, y = S.matrix(format, dtype=one), S.matrix(format, dtype=other)
        f = theano.function([x, y], case.symbolic(x, y))
        assert "callback" not in theano.printing.loop_program(f)
        reference = theano.function([x, y], case.symbolic(x, y), mode="FAST_COMPILE")
        for shape in [(5, 7), (0, 4), (4, 0), (0, 0), (1, 1), (30, 3)]:
            rng = np.random.RandomState(shape[0])
            X, Y = (_with_opposites(sp.random(*shape, 0.5, format, random_state=rng), d) for d in (one, other))
            none = type(X)(X.shape, dtype=one)
            for values in [(X, Y), (_mixed_up(X), Y), (_mixed_up(X), _mixed_up(Y)), (none, Y), (Y.astype(one), Y)]:
                found, expected = f(*values), reference(*values)
                assert found.dtype == expected.dtype and found.shape == expected.shape
                np.testing.assert_array_equal(found.indptr, expected.indptr)
                np.testing.assert_array_equal(found.indices, expected.indices)
                np.testing.assert_allclose(found.data, expected.data, rtol=1e-6)
        with pytest.raises(ValueError, match="shapes .* differ"):
            f(sp.eye(2, 3, dtype=one), sp.eye(3, 2, dtype=other))


def _with_opposites(x, dtype):
    """Numbers of both signs, such that sums of two are 0 here and there; of floats, NaN and infinity too."""
    x.data = np.round(x.data * 4 - (2 if np.dtype(dtype).kind in "fi" else 0))
    x = x.astype(dtype)
    if dtype == "float64" and x.nnz > 6:
        x.data[[0, 3, 6]] = np.nan, np.inf, -0.0
    return x


def _mixed_up(x):
    with np.errstate(invalid="ignore"):
        return disordered(x, x.dtype != bool)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_complex_matrices_are_compared_in_the_order_of_numpy(mode: str) -> None:
    x, y, d = S.csr_matrix("x", "complex128"), S.csr_matrix("y", "complex128"), T.zmatrix("d")
    a, b = np.random.default_rng(0).choice([0, 0, 0, 1, -1, 1j, -1j, 1 + 1j, -1 + 1j], size=(2, 6, 5))
    for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        symbol = {"not_equal": "neq", "equal": "eq"}.get(name, name[0] + ("e" if "equal" in name else "t"))
        made = [getattr(S, symbol)(x, y), getattr(S, symbol)(x, d)]
        for found in theano.function([x, y, d], made, mode=mode)(sp.csr_matrix(a), sp.csr_matrix(b), b):
            np.testing.assert_array_equal(found.toarray() if sp.issparse(found) else found, getattr(np, name)(a, b))


EMPTY = [c for c in CASES if "get_item_scalar" not in c.name and "list" not in c.name]


@pytest.mark.parametrize("empty", ["m", "n", "mn"])
@pytest.mark.parametrize("case", EMPTY, ids=[c.name for c in EMPTY])
def test_empty_matrices(case: Case, empty: str) -> None:
    for format in ("csr", "csc"):
        compare(case, operands(case, format, "float64", empty=empty), mode=None if empty == "n" else "FAST_COMPILE")


def test_without_elements() -> None:
    for case in CASES:
        values = [0 * v if sp.issparse(v) else v for v in operands(case, "csr", "float64")]
        for value in values:
            if sp.issparse(value):
                value.eliminate_zeros()
        if case.name not in ("structured_pow",):
            compare(case, values, mode="FAST_COMPILE")


def test_every_operation_is_in_the_table() -> None:
    from theano.graph.walk import list_of_nodes

    met = set()
    for case in CASES:
        variables = [variable(v) for v in operands(case, "csr", "float64")]
        met |= {type(n.op) for n in list_of_nodes(variables, [case.symbolic(*variables)])}
        variables = [variable(v) for v in operands(case, "csc", "float64")]
        met |= {type(n.op) for n in list_of_nodes(variables, [case.symbolic(*variables)])}
    missing = {n for n in dir(S) if isinstance(getattr(S, n), type) and issubclass(getattr(S, n), theano.Op)}
    missing -= {op.__name__ for op in met}
    assert missing == {
        # gradients: in test_gradients.py
        "CSMGrad", "GetItem2ListsGrad", "GetItemListGrad", "StructuredDotGradCSC", "StructuredDotGradCSR", "csm_grad",
        "CSM",  # in test_shared.py
    }  # fmt: skip
