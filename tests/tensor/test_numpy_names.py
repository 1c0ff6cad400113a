"""Functions of NumPy under their own names: the same values, types of results, gradients."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from theano.tensor.sort import SortOp

import theano
import theano.tensor as T
from theano.legacy.names.late_names import LAZY
from theano.tensor.numpy_functions import NUMPY_NAMES

M = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 2.0], [0.5, 2.0, 6.0], [-1.0, 0.0, 3.5]])
V = np.array([3.0, -1.0, 2.0])
W = np.array([0.5, 2.0, -4.0])
S = np.random.RandomState(3).randn(2, 3, 4)
N = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [7.0, -2.0, np.inf]])

# name -> (function of a module and tensors, values of the tensors)
CASES = {
    "expand_dims": (lambda m, a: m.expand_dims(a, 1), M),
    "expand_dims several": (lambda m, a: m.expand_dims(a, (0, -1)), M),
    "moveaxis": (lambda m, a: m.moveaxis(a, 0, -1), S),
    "moveaxis several": (lambda m, a: m.moveaxis(a, [0, 1], [-1, 0]), S),
    "rollaxis": (lambda m, a: m.rollaxis(a, 2), S),
    "rollaxis to": (lambda m, a: m.rollaxis(a, 0, 2), S),
    "matrix_transpose": (lambda m, a: m.matrix_transpose(a), S),
    "atleast_1d": (lambda m, a: m.atleast_1d(a), np.float64(3)),
    "atleast_2d": (lambda m, a: m.atleast_2d(a), V),
    "atleast_3d number": (lambda m, a: m.atleast_3d(a), np.float64(3)),
    "atleast_3d vector": (lambda m, a: m.atleast_3d(a), V),
    "atleast_3d matrix": (lambda m, a: m.atleast_3d(a), M),
    "hstack": (lambda m, a, b: m.hstack([a, b]), V, W),
    "hstack matrices": (lambda m, a: m.hstack([a, a]), M),
    "vstack": (lambda m, a, b: m.vstack([a, b, b]), M, V),
    "dstack": (lambda m, a: m.dstack([a, a]), M),
    "dstack vectors": (lambda m, a, b: m.dstack([a, b]), V, W),
    "column_stack": (lambda m, a, b: m.column_stack([a, b]), V, W),
    "flip": (lambda m, a: m.flip(a), S),
    "flip axis": (lambda m, a: m.flip(a, (0, -1)), S),
    "fliplr": (lambda m, a: m.fliplr(a), M),
    "flipud": (lambda m, a: m.flipud(a), M),
    **{f"rot90 {k}": (lambda m, a, k=k: m.rot90(a, k), M) for k in (-1, 0, 1, 2, 3)},
    "rot90 axes": (lambda m, a: m.rot90(a, 1, (2, 0)), S),
    "broadcast_to": (lambda m, a: m.broadcast_to(a, (2, 3)), V),
    "meshgrid": (lambda m, a, b: m.meshgrid(a, b)[0] - m.meshgrid(a, b)[1], V, M[:, 0]),
    "meshgrid ij": (lambda m, a, b: m.meshgrid(a, b, indexing="ij")[1], V, M[:, 0]),
    "meshgrid sparse": (lambda m, a, b: m.meshgrid(a, b, sparse=True)[1], V, M[:, 0]),
    "array_split": (lambda m, a: m.array_split(a, 3)[1], M),
    "array_split at": (lambda m, a: m.array_split(a, [1, 2], axis=1)[1], M),
    "take_along_axis": (lambda m, a: m.take_along_axis(a, m.argsort(a, axis=0), axis=0), M),
    "take_along_axis flat": (lambda m, a: m.take_along_axis(a, np.array([0, -1, 3]), None), M),
    "pad": (lambda m, a: m.pad(a, 1), M),
    "pad pairs": (lambda m, a: m.pad(a, ((1, 0), (0, 2)), constant_values=3), M),
    **{f"pad {mode}": (lambda m, a, mode=mode: m.pad(a, (2, 1), mode=mode), M)
       for mode in ("edge", "wrap", "reflect", "symmetric")},
    **{f"pad {mode} far": (lambda m, a, mode=mode: m.pad(a, (7, 9), mode=mode), V)
       for mode in ("edge", "wrap", "reflect", "symmetric")},
    "pad one width": (lambda m, a: m.pad(a, (2,)), M),
    "pad a width for each": (lambda m, a: m.pad(a, ((1,), (2,))), M),
    "pad array": (lambda m, a: m.pad(a, np.array([[1, 0], [0, 2]]), mode="edge"), M),
    "full": (lambda m: m.full((2, 3), 1.5),),
    "full_like": (lambda m, a: m.full_like(a, 2), M),
    "identity": (lambda m: m.identity(3),),
    "linspace": (lambda m: m.linspace(0, 1, 7),),
    "linspace open": (lambda m: m.linspace(0, 1, 7, endpoint=False),),
    "linspace one": (lambda m: m.linspace(2, 5, 1),),
    "linspace none": (lambda m: m.linspace(2, 5, 0),),
    "linspace ends": (lambda m, a, b: m.linspace(a, b, 5, axis=-1), V, W),
    "linspace integers": (lambda m: m.linspace(0, 10, 4, dtype="int64"),),
    "logspace": (lambda m: m.logspace(-1, 2, 5, base=2.0),),
    "geomspace": (lambda m: m.geomspace(1, 1000, 4),),
    "geomspace negative": (lambda m: m.geomspace(-1, -8, 4, endpoint=False),),
    "vander": (lambda m, a: m.vander(a), V),
    "vander N": (lambda m, a: m.vander(a, 4, increasing=True), V),
    "logaddexp": (lambda m, a, b: m.logaddexp(a, b), V, 300 * W),
    "logaddexp infinite": (lambda m, a: m.logaddexp(a, a), np.array([-np.inf, np.inf, 0.0])),
    "count_nonzero": (lambda m, a: m.count_nonzero(a, axis=0), M),
    "average": (lambda m, a: m.average(a, axis=1, weights=[1, 2, 4]), M),
    "average weights": (lambda m, a: m.average(a, weights=a * a), M),
    "corrcoef": (lambda m, a: m.corrcoef(a), M),
    "corrcoef vector": (lambda m, a: m.corrcoef(a), V),
    "corrcoef number": (lambda m, a: m.corrcoef(a), np.ones(2)),
    "corrcoef complex": (lambda m, a: m.corrcoef(a), M + 1j * M[::-1]),
    "trapezoid": (lambda m, a: m.trapezoid(a, dx=0.5), M),
    "trapezoid x": (lambda m, a, b: m.trapezoid(a, b, axis=0), M, np.array([0.0, 1.0, 4.0, 5.0])),
    "interp": (lambda m, a: m.interp(a, [0.0, 1.0, 4.0], [3.0, -1.0, 2.0]), M),
    "interp sides": (lambda m, a: m.interp(a, [0.0, 1.0, 4.0], [3.0, -1.0, 2.0], left=9, right=-9), M),
    "interp period": (lambda m, a: m.interp(a, [0.5, 2.5, 1.0], [3.0, -1.0, 2.0], period=3), M),
    **{f"convolve {mode}": (lambda m, a, b, mode=mode: m.convolve(a, b, mode), M[:, 0], V[:2])
       for mode in ("full", "same", "valid")},
    "interp integers": (lambda m, a, b: m.interp([-0.5, 1.5], a, b), np.array([-100, 100], "int8"),
                        np.array([7, 2], "uint8")),
    "convolve longer": (lambda m, a, b: m.convolve(a, b, "same"), V[:2], M[:, 0]),
    **{f"correlate {mode}": (lambda m, a, b, mode=mode: m.correlate(a, b, mode), M[:, 0], V[:2])
       for mode in ("full", "same", "valid")},
    **{f"correlate longer {mode}": (lambda m, a, b, mode=mode: m.correlate(a, b, mode), V[:2], M[:, 0])
       for mode in ("full", "same", "valid")},
    "correlate complex": (lambda m, a, b: m.correlate(a, b, "same"), V[:2] + 1j, 1j * M[:, 0]),
    "cross": (lambda m, a, b: m.cross(a, b), M[:, :3], V),
    "vdot": (lambda m, a, b: m.vdot(a, b), V + 1j * W, V - 2j),
    "ediff1d": (lambda m, a: m.ediff1d(a, to_end=[9.0], to_begin=[1.0, 2.0]), M),
    "isin": (lambda m, a: m.isin(a, [1.0, 2.0]), M),
    "isin invert": (lambda m, a: m.isin(a, [1.0, 2.0], invert=True), M),
    "polyval": (lambda m, a: m.polyval([1.0, -2.0, 3.0], a), M),
    "polyval none": (lambda m, a: m.polyval([], a), M),
    "nan_to_num": (lambda m, a: m.nan_to_num(a), N),
    "nan_to_num numbers": (lambda m, a: m.nan_to_num(-a, nan=1, posinf=2, neginf=3), N),
    "nan_to_num complex": (lambda m, a: m.nan_to_num(a + 1j), N),
    **{f"{name} {axis}": (lambda m, a, name=name, axis=axis: getattr(m, name)(a, axis=axis), N)
       for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")
       for axis in (None, 0, 1)},
    **{f"{name} {axis}": (lambda m, a, name=name, axis=axis: getattr(m, name)(a, axis=axis), values)
       for name in ("nancumsum", "nancumprod") for axis, values in ((None, N), (0, N), (1, M), (-1, N))},
    "nancumsum integers": (lambda m, a: m.nancumsum(a), np.arange(40, dtype="int8")),
    "nancumprod dtype": (lambda m, a: m.nancumprod(a, 1, "float64"), np.arange(6, dtype="int8").reshape(2, 3)),
    "nanvar ddof": (lambda m, a: m.nanvar(a, axis=0, ddof=1, keepdims=True), N[:1]),
    "nanargmax": (lambda m, a: m.nanargmax(a, axis=0), N),
    "nanargmin": (lambda m, a: m.nanargmin(a), N),
    "median": (lambda m, a: m.median(a), S[0]),
    "median axis": (lambda m, a: m.median(a, axis=0, keepdims=True), M),
    "median axes": (lambda m, a: m.median(a, axis=(0, 2)), S),
    "median nan": (lambda m, a: m.median(a, axis=1), N),
    "median integers": (lambda m, a: m.median(a), np.array([3, 1, 2, 8])),
    "quantile several": (lambda m, a: m.quantile(a, [0.0, 0.3, 1.0], axis=1, keepdims=True), M),
    **{f"quantile {how}": (lambda m, a, how=how: m.quantile(a, [0.1, 0.5, 0.77], axis=0, method=how), M)
       for how in ("linear", "lower", "higher", "nearest", "midpoint", "hazen", "weibull", "median_unbiased",
                   "normal_unbiased", "interpolated_inverted_cdf")},
    "percentile several": (lambda m, a, q: m.percentile(a, q), V, np.array([0, 50, 100])),
    "percentile": (lambda m, a: m.percentile(a, 30), S[0]),
    "nanquantile": (lambda m, a: m.nanquantile(a, [0.25, 0.5], axis=1), N[:, :2]),
    "nanpercentile": (lambda m, a: m.nanpercentile(a, 40, axis=0), N),
    **{f"einsum {text}": (lambda m, *a, text=text: m.einsum(text, *a), *values) for text, values in {
        "ij->ji": [M], "ij": [M], "ji": [M], "ij->": [M], "ij->j": [M], "ii": [M[:3]], "ii->i": [M[:3]],
        "iij->j": [S[:, :2]], "ij,j": [M, V], "ij,j->ij": [M, V], "i,j": [V, W], "i,i": [V, W],
        "ij,kj->ik": [M, M], "bij,bkj->bik": [S, S], "bij,bij->b": [S, S], "bij,bij->bij": [S, S],
        "bij,bi->bj": [S, S[:, :, 0]], "...ij,...kj->...ik": [S, S], "...,...": [V, W], "i...->...": [S],
        "abc,abd->abcd": [S, S], "abc,abd->dc": [S, S], "abij,abjk->abik": [S[None], S.transpose(0, 2, 1)[None]],
        "ij,jk,kl->il": [M, M[:3], M.T], "ij,jk,kl,lm": [M, M[:3], M.T, M], "i,ij,j->": [M[:, 0], M, V],
        "a,b,c->cab": [V, W, V], "ij, jk -> ki": [M, M[:3]],
    }.items()},
}  # fmt: skip
PLACES = ["theano.scan.vectorized", *(f"theano.tensor.{name}" for name in NUMPY_NAMES)]
NO_GRADIENT = {"take_along_axis flat", "vdot", "isin", "isin invert", "count_nonzero", "nan_to_num complex",
               "nanargmax", "nanargmin", "median integers", "corrcoef vector", "corrcoef number", "interp integers",
               "polyval none", "percentile several", "logaddexp infinite", "full_like", "interp sides",
               "meshgrid sparse", "meshgrid ij"}  # fmt: skip


def _names() -> set[str]:
    return {name for place in PLACES for name in LAZY["theano.tensor"][place].split()}


@pytest.mark.filterwarnings("ignore:(All-NaN|Mean of empty|Degrees of freedom|invalid value):RuntimeWarning")
@pytest.mark.parametrize("case", CASES)
def test_values(case):
    function, *values = CASES[case]
    tensors = [T.as_tensor_variable(v).type() for v in values]
    ours = theano.function(tensors, function(T, *tensors), on_unused_input="ignore")(*values)
    theirs = function(np, *values)
    assert ours.shape == np.shape(theirs), case
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert np.asarray(theirs).dtype.kind == ours.dtype.kind


@pytest.mark.parametrize("case", CASES)
def test_they_and_their_gradients_are_compiled(case):
    """No operation of real numbers calls Python."""
    function, *values = CASES[case]
    tensors = [T.as_tensor_variable(v).type() for v in values]
    result = function(T, *tensors)
    if any(v.dtype.startswith("complex") for v in (*tensors, result)):
        pytest.skip("complex numbers are NumPy's")
    wanted = [result]
    if case not in NO_GRADIENT and tensors and all(v.dtype.startswith("float") for v in (*tensors, result)):
        wanted += T.grad(result.sum(), tensors, disconnected_inputs="ignore")
    f = theano.function(tensors, wanted, on_unused_input="ignore")
    assert "callback" not in theano.printing.loop_program(f)


def test_every_name_is_compared():
    tested = {case.split()[0] for case in CASES}
    others = {"empty", "empty_like", "logsumexp", "vectorize"}  # below
    assert _names() - tested - others == set()
    for place in PLACES:
        module = importlib.import_module(place)
        assert set(LAZY["theano.tensor"][place].split()) == set(module.__all__) - {"along"}, place


@pytest.mark.parametrize("case", sorted(set(CASES) - NO_GRADIENT))
def test_gradients(case):
    function, *values = CASES[case]
    if not values or any(np.isnan(v).any() or v.dtype.kind != "f" for v in map(np.asarray, values)):
        pytest.skip("no numbers to vary")
    T.verify_grad(lambda *x: function(T, *x), [np.array(v) for v in values], rng=np.random.RandomState(1))


def test_methods_of_numpy_itself():
    x, y = T.dmatrices("x", "y")
    results = [np.vstack([x, y]), np.moveaxis(x, 0, 1), np.median(x, axis=0), np.einsum("ij,kj", x, y)]
    f = theano.function([x, y], results)
    for ours, theirs in zip(f(M, M), [np.vstack([M, M]), M.T, np.median(M, axis=0), M @ M.T], strict=True):
        np.testing.assert_allclose(ours, theirs)
    np.testing.assert_array_equal(theano.function([x], x.mT)(M), M.T)


def test_logsumexp():
    x = T.dmatrix("x")
    f = theano.function([x], [T.logsumexp(x), T.logsumexp(x, axis=0), T.logsumexp(x, axis=1, keepdims=True)])
    for value in (M, 1000 * M, -1000 * M):
        shifted = value - value.max()
        whole, columns, rows = f(value)
        np.testing.assert_allclose(whole, np.log(np.exp(shifted).sum()) + value.max())
        np.testing.assert_allclose(columns, np.logaddexp.reduce(value, axis=0))
        np.testing.assert_allclose(rows, np.logaddexp.reduce(value, axis=1)[:, None])
    nothing = np.array([[-np.inf, -np.inf], [np.inf, 1.0]])
    np.testing.assert_array_equal(f(nothing)[2], [[-np.inf], [np.inf]])
    g = theano.function([x], T.grad(T.logsumexp(x), x))
    np.testing.assert_allclose(g(1000 * M), np.eye(1, M.size, M.argmax()).reshape(M.shape), atol=1e-15)
    T.verify_grad(lambda a: T.grad(T.logsumexp(a, axis=1).sum(), a)[:, 0].sum(), [M], rng=np.random.RandomState(0))


EMPTY = [np.zeros(shape, dtype) for shape in ((0,), (0, 3), (2, 0, 3)) for dtype in ("float64", "float32", "int8")]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("value", EMPTY, ids=lambda v: f"{v.dtype}{v.shape}")
def test_of_nothing(mode, value):
    """-inf and NaN, in the shape of a sum; SciPy's and NumPy's functions forget some axes then."""
    x = T.TensorType(value.dtype, (None,) * value.ndim)()
    results, wanted = [], []
    for axis in (None, *range(value.ndim), tuple(range(value.ndim))):
        for keepdims in (False, True):
            shape, how = value.sum(axis=axis, keepdims=keepdims).shape, {"axis": axis, "keepdims": keepdims}
            results += [T.logsumexp(x, **how), T.median(x, **how), T.nanmedian(x, **how), T.nanquantile(x, 0.3, **how)]
            results.append(T.nanpercentile(x, [30, 0.0], **how))
            wanted += [np.full(shape, -np.inf), *[np.full(shape, np.nan)] * 3, np.full((2, *shape), np.nan)]
    for ours, expected in zip(theano.function([x], results, mode=mode)(value), wanted, strict=True):
        np.testing.assert_array_equal(ours, expected)
        assert ours.shape == expected.shape and ours.dtype == ("float32" if value.dtype == "float32" else "float64")
    with pytest.raises(IndexError):
        theano.function([x], T.quantile(x, 0.5), mode=mode)(value)


def test_what_is_sorted_for_a_median_is_not_copied():
    """That there may be no elements is looked at where results are made."""
    x = T.dmatrix()
    for made in (T.median(x, 1), T.nanmedian(x, 1), T.nanquantile(x, [0.2, 0.3], 1)):
        f = theano.function([x], made)
        (sorted_,) = (n for n in f.maker.fgraph.toposort() if isinstance(n.op, SortOp))
        assert sorted_.inputs[0] in f.maker.fgraph.inputs
    assert T.nanquantile(x, [0.5], 1).type.broadcastable == (True, False)
    assert T.nanquantile(x, [0.5, 0.6], 1).type.shape == (2, None)


def test_logsumexp_of_small_integers():
    for value in (np.array([-100, 100], "int8"), np.array([1, 200], "uint8"), np.array([True, False])):
        x = T.TensorType(value.dtype, (False,))()
        np.testing.assert_allclose(theano.function([x], T.logsumexp(x))(value), np.logaddexp(*value.astype(float)))


def test_quantiles_beside_infinities():
    x = T.dvector()
    f = theano.function([x], T.quantile(x, [0.0, 0.3, 0.5, 0.9, 1.0]))
    np.testing.assert_array_equal(f([-np.inf, 1, 3, np.inf]), [-np.inf, -np.inf, 2, np.inf, np.inf])


def test_logaddexp_has_second_derivatives_where_both_are_equal():
    x, y = T.dvectors("x", "y")
    slope = T.grad(T.logaddexp(x, y).sum(), x)
    f = theano.function([x, y], [slope, T.grad(slope.sum(), x)])
    at = np.array([0.0, 0.0, np.inf, -np.inf, 3.0])
    first, second = f(at, np.array([0.0, 1.0, np.inf, -np.inf, 900.0]))
    s = 1 / (1 + np.e)
    np.testing.assert_allclose(first, [0.5, s, 0.5, 0.5, 0], atol=1e-300)
    np.testing.assert_allclose(second, [0.25, s * (1 - s), 0, 0, 0], atol=1e-300)


def test_empty():
    assert T.empty((2, 3), dtype="int8").eval().dtype == "int8"
    assert T.empty_like(T.constant(M)).eval().shape == M.shape


def test_symbolic_sizes():
    n, x = T.iscalar("n"), T.dvector("x")
    f = theano.function([n, x], [T.linspace(0.0, 1.0, n), T.pad(x, (n, 0), mode="wrap"), T.full((n, 2), x[0])])
    for k in (1, 2, 5):
        np.testing.assert_allclose(f(k, V)[0], np.linspace(0, 1, k))
        np.testing.assert_allclose(f(k, V)[1], np.pad(V, (k, 0), mode="wrap"))
        np.testing.assert_allclose(f(k, V)[2], np.full((k, 2), V[0]))


@pytest.mark.parametrize("mode", ["edge", "wrap", "reflect", "symmetric"])
def test_padding_of_nothing(mode):
    x, n = T.dmatrix(), T.lscalar()
    f = theano.function([x, n], T.pad(x, ((n, 0), (2, 1)), mode=mode))
    assert f(np.zeros((0, 3)), 0).shape == (0, 6)
    with pytest.raises(IndexError):
        f(np.zeros((0, 3)), 1)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float32", "complex64"])
def test_einsum_keeps_dtypes(dtype):
    a, b = (M * 50).astype(dtype), (M[::-1] - 1).astype(dtype)
    for text, *values in (("ij->j", a), ("ii", a[:3, :3]), ("ij,ij->", a, b), ("ij,kj->ik", a, b), ("ij,ij->ij", a, b),
                          ("bij,bkj->bik", a[None], b[None]), ("ij,kj,j->", a, b, b[0])):  # fmt: skip
        tensors = [T.as_tensor_variable(v).type() for v in values]
        ours = theano.function(tensors, T.einsum(text, *tensors))(*values)
        assert ours.dtype == dtype, text
        np.testing.assert_allclose(ours, np.einsum(text, *values), rtol=1e-4)


@pytest.mark.parametrize(
    ("call", "values", "words"),
    [
        (lambda x: T.einsum("ii->i", x), [M[:2]], "axes with one letter"),
        (lambda x, y: T.cross(x, y), [M.T, M.T[::-1]], "along axis -1 must have three numbers, not"),
        (lambda x, y: T.convolve(x, y), [V, V[:0]], "no elements"),
        (lambda x, y: T.correlate(x, y, "valid"), [V[:0], V], "no elements"),
        (lambda x, n: T.pad(x, n, mode="wrap"), [V, np.int32(-1)], "width is negative"),
        (lambda x, q: T.quantile(x, q), [V, np.float64(1.5)], "from 0 to 1"),
        (lambda x, q: T.nanpercentile(x, q), [V, np.array([3.0, -1.0])], "from 0 to 100"),
    ],
)
def test_refusals_of_values(call, values, words):
    tensors = [T.TensorType(v.dtype, (False,) * np.ndim(v))() for v in values]
    with pytest.raises(ValueError, match=words):
        theano.function(tensors, call(*tensors))(*values)


def test_products_of_matrices_are_found_in_einsum():
    x, y = T.dtensor3s("x", "y")
    f = theano.function([x, y], T.einsum("bij,bjk->bik", x, y))
    assert [type(node.op).__name__ for node in f.maker.fgraph.toposort()] == ["BatchedDot"]
    assert "CallBack" not in str(theano.printing.loop_program(f))


def test_vectorize():
    rng = np.random.RandomState(0)
    distance = T.vectorize(lambda a, b: T.sqrt(((a - b) ** 2).sum()), "(n),(n)->()")
    x, y, m = T.dtensor3("x"), T.dmatrix("y"), T.drow("m")
    a, b = rng.randn(2, 3, 4), rng.randn(3, 4)
    f = theano.function([x, y], distance(x, y))
    np.testing.assert_allclose(f(a, b), np.sqrt(((a - b) ** 2).sum(axis=-1)))
    T.verify_grad(distance, [a, b], rng=rng)
    products = T.vectorize(T.dot, "(m,n),(n)->(m)")
    np.testing.assert_allclose(theano.function([x, y], products(x, y[0]))(a, b), a @ b[0])
    both = T.vectorize(lambda u, v: (u + v, u * v))
    s, p = theano.function([x, m], both(x, m))(a, b[:1])
    np.testing.assert_allclose(s, a + b[:1])
    np.testing.assert_allclose(p, a * b[:1])
    assert both(T.dscalar(), 2)[0].ndim == 0
    with pytest.raises(ValueError, match="have different lengths"):
        f(a, b[:, :2])
    with pytest.raises(ValueError):
        f(a, b[:2])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: T.expand_dims(T.vector(), 3), ValueError, "axis 3 is out of bounds for a tensor of 2"),
        (lambda: T.moveaxis(T.matrix(), [0, 0], [0, 1]), ValueError, "named twice"),
        (lambda: T.moveaxis(T.matrix(), [0, 1], [0]), ValueError, "2 axes for 1 places"),
        (lambda: T.matrix_transpose(T.vector()), ValueError, "two at least"),
        (lambda: T.meshgrid(T.vector(), indexing="ab"), ValueError, "'xy' or 'ij'"),
        (lambda: T.take_along_axis(T.matrix(), T.ivector(), 0), ValueError, "1 dimensions of indices"),
        (lambda: T.pad(T.vector(), 1, mode="mean"), ValueError, "one of constant, edge"),
        (lambda: T.pad(T.matrix(), ((1, 2), (3, 4), (5, 6))), ValueError, "for each of 2 axes"),
        (lambda: T.pad(T.vector(), 1, constant_values=(1, 2)), ValueError, "one number"),
        (lambda: T.pad(T.vector(), (0, -1), mode="edge"), ValueError, "negative: -1"),
        (lambda: T.linspace(T.vector(), 1, 4, axis=2), ValueError, "axis 2"),
        (lambda: T.geomspace(T.vector(), 1, 4, axis=-3), ValueError, "axis -3"),
        (lambda: T.trapezoid(T.vector(), axis=1), ValueError, "axis 1"),
        (lambda: T.average(T.vector(), axis=1, weights=[1, 2]), ValueError, "axis 1"),
        (lambda: T.percentile(T.vector(), [50, 101]), ValueError, "from 0 to 100"),
        (lambda: T.quantile(T.vector(), 0.5, method="odd"), ValueError, "not 'odd'"),
        (lambda: T.median(T.zmatrix()), TypeError, "no order"),
        (lambda: T.logsumexp(T.zmatrix()), TypeError, "takes real numbers"),
        (lambda: T.cross(T.matrix(), T.matrix(), axis=5), ValueError, "cross: axis 5 is out of bounds"),
        (lambda: T.cross(T.constant([1.0, 2.0]), T.vector()), ValueError, "must have three numbers, not 2"),
        (lambda: T.einsum("ij,jk", T.matrix()), ValueError, "2 terms"),
        (lambda: T.einsum("ijk", T.matrix()), ValueError, "tensor of 2 dimensions"),
        (lambda: T.einsum("ij->k", T.matrix()), ValueError, "in no term"),
        (lambda: T.einsum("i2", T.matrix()), ValueError, "letters"),
        (lambda: T.einsum("...i->i", T.matrix()), ValueError, "must have"),
        (lambda: T.vectorize(T.exp, "(n->"), ValueError, "no signature"),
        (lambda: T.vectorize(T.dot, "(n),(n)->()")(T.vector()), ValueError, "2 tensors, not 1"),
        (lambda: T.convolve(T.matrix(), T.vector()), ValueError, "vectors"),
        (lambda: T.vander(T.matrix()), ValueError, "vector"),
        (lambda: T.geomspace(1j, 2), TypeError, "real"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_arrays_that_expressions_are_added_to_in_place_are_left_alone():
    """As in Theano: the name stands for the expression then, and who else has the array keeps its numbers."""
    x = T.dvector("x")
    for start in (np.ones(3), np.arange(3), np.float64(2.0)):
        y = kept = start
        before = np.array(start)
        y += x
        y *= 2
        z = start
        z -= x
        assert y.owner is not None and y.eval({x: [1, 2, 3]}).tolist() == (2 * (before + [1, 2, 3])).tolist()
        assert z.eval({x: [1, 2, 3]}).tolist() == (before - [1, 2, 3]).tolist()
        assert np.array_equal(kept, before)
    with pytest.raises(TypeError, match="out="):
        np.add(np.ones(3), x, out=np.zeros(3))
