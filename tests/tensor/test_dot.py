from __future__ import annotations

import itertools

import numpy as np
import pytest
from theano.tensor.blas import Gemm, Gemv, Ger

import theano
import theano.tensor as T
from tests.tensor.oracle import check, check_nodes, run
from theano.tensor.linalg.dot import dot_op

R = np.random.RandomState(0)
S = np.float64(2.5)
V, W = R.normal(size=4), R.normal(size=3)
M, N = R.normal(size=(3, 4)), R.normal(size=(4, 2))
B, C = R.normal(size=(5, 3, 4)), R.normal(size=(5, 4, 2))
Q = R.normal(size=(2, 3, 4, 5))

EXPRESSIONS = {
    "0-d": (T.dot, np.dot, S, M),
    "vector vector": (T.dot, np.dot, V, V * 2),
    "matrix vector": (T.dot, np.dot, M, V),
    "vector matrix": (T.dot, np.dot, W, M),
    "matrix matrix": (T.dot, np.dot, M, N),
    "row": (T.dot, np.dot, M[:1], N),
    "col": (T.dot, np.dot, M[:, :1], N[:1]),
    "length 1": (T.dot, np.dot, V[:1], V[:1]),
    "3-d 2-d": (T.dot, np.dot, B, N),
    "3-d 3-d": (T.dot, np.dot, B, C[:2]),
    "1-d 3-d": (T.dot, np.dot, V, C),
    "empty inner": (T.dot, np.dot, M[:, :0], N[:0]),
    "operator": (lambda x, y: x @ y, np.matmul, M, N),
    "method": (lambda x, y: x.dot(y), np.dot, M, N),
    "int": (T.dot, np.dot, M, np.arange(4, dtype="int32")),
    "outer": (T.outer, np.outer, V, W),
    "outer flattens": (T.outer, np.outer, M, V),
    "batched 3 3": (T.batched_dot, np.matmul, B, C),
    "batched 3 2": (T.batched_dot, lambda a, b: np.einsum("nij,nj->ni", a, b), B, C[:, :, 0]),
    "batched 2 3": (T.batched_dot, lambda a, b: np.einsum("nj,njk->nk", a, b), B[:, 0], C),
    "batched 2 2": (T.batched_dot, lambda a, b: np.einsum("nj,nj->n", a, b), B[:, 0], C[:, :, 0]),
    "batched 1": (T.batched_dot, lambda a, b: a[:, None] * b, V, N),
    "batched 1 right": (T.batched_dot, lambda a, b: a * b[:, None], N, V),
    "batched 4": (
        lambda x, y: T.batched_dot(x, y),
        lambda a, b: np.einsum("nijk,nkl->nijl", a, b),
        Q,
        R.normal(size=(2, 5, 3)),
    ),
    "tensordot 2": (T.tensordot, np.tensordot, B, R.normal(size=(3, 4, 2))),
    "tensordot 0": (lambda x, y: T.tensordot(x, y, 0), lambda a, b: np.tensordot(a, b, 0), V, W),
    "tensordot 1": (lambda x, y: T.tensordot(x, y, 1), lambda a, b: np.tensordot(a, b, 1), B, N),
    "tensordot axes": (
        lambda x, y: T.tensordot(x, y, [[1, 2], [1, 0]]),
        lambda a, b: np.tensordot(a, b, [[1, 2], [1, 0]]),
        B,
        R.normal(size=(4, 3, 2)),
    ),
    "tensordot negative": (
        lambda x, y: T.tensordot(x, y, [[-1], [-2]]),
        lambda a, b: np.tensordot(a, b, [[-1], [-2]]),
        B,
        N,
    ),
    "batched_tensordot": (
        lambda x, y: T.batched_tensordot(x, y, [[1, 3], [2, 1]]),
        lambda a, b: np.einsum("nijk,nkil->njl", a, b),
        Q,
        R.normal(size=(2, 5, 3, 2)),
    ),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=reference)


@pytest.mark.parametrize(
    ("a", "b"), list(itertools.product(["int8", "int32", "float32", "float64", "complex64"], repeat=2))
)
def test_dtypes(a: str, b: str) -> None:
    build = T.dot(T.matrix(dtype=a), T.vector(dtype=b))
    assert build.dtype == np.promote_types(a, b).name
    check(T.dot, M.astype(a), V.astype(b), expect=lambda p, q: np.dot(p, q), smooth=False)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.dot(T.constant(np.ones((2, 3))), np.ones(4)), ValueError),
        (lambda: T.batched_dot(T.scalar(), T.tensor3()), TypeError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), 3), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[0, 1], [0]]), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[0, 0], [0, 1]]), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[2], [0]]), ValueError),
        (lambda: T.tensordot(T.constant(np.ones((2, 3))), np.ones((2, 3)), 1), ValueError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_errors_at_run_time() -> None:
    for a, b in ((M, M), (M, W), (V, W)):
        with pytest.raises(ValueError):
            check(T.dot, a, b)
    with pytest.raises(ValueError):
        check(T.batched_dot, B, C[:3])


BLAS = {
    "Gemv": (Gemv(), (W, S, M, V, np.float64(0.5)), lambda y, a, A, x, b: b * y + a * A @ x),
    "Gemm": (Gemm(), (M @ N, S, M, N, np.float64(0.5)), lambda z, a, x, y, b: b * z + a * x @ y),
    "Ger": (Ger(), (M, S, W, V), lambda A, a, x, y: A + a * np.outer(x, y)),
}


@pytest.mark.parametrize("name", BLAS)
def test_blas(name: str) -> None:
    op, arrays, reference = BLAS[name]
    check(op, *arrays, expect=reference)
    inputs = [T.TensorType("float64", [False] * a.ndim)() for a in arrays]
    (other,) = run(op.decompose(inputs), inputs, arrays)
    np.testing.assert_allclose(other, reference(*arrays))
    assert str(op) == f"{name}{{no_inplace}}"
    assert str(type(op)(True)) == f"{name}{{inplace}}"
    assert type(op)(True).destroy_map == {0: [0]}
    assert type(op)(True) != op == type(op)(False)
    with pytest.raises(TypeError):
        op(*inputs[:-1])
    with pytest.raises(TypeError):
        op(T.fmatrix(), *inputs[1:])


@pytest.mark.parametrize("name", ["Gemv", "Gemm"])
def test_beta_zero_reads_nothing(name: str) -> None:
    op, (z, *others, _), _ = BLAS[name]
    arrays = [np.asarray(a) for a in (z * np.nan, *others, 0.0)]
    inputs = [T.TensorType("float64", [False] * a.ndim)() for a in arrays]
    out = op(*inputs)
    for got in run([out, *op.decompose(inputs)], inputs, arrays):
        np.testing.assert_allclose(got, S * others[1] @ others[2])
    check_nodes(inputs, [np.ones_like(a) for a in arrays], [out])


# -- matmul ------------------------------------------------------------------------------------------------

MATMUL = {
    "vectors": (V, W4 := R.normal(size=4)), "matrix vector": (M, V), "vector matrix": (W, M), "matrices": (M, N),
    "stacks": (B, C), "stack matrix": (B, N), "matrix stack": (M, C), "stack vector": (B, V), "vector stack": (V, C),
    "4-d 3-d": (Q, R.normal(size=(3, 5, 2))), "3-d 4-d": (R.normal(size=(3, 2, 4)), Q), "vector 4-d": (V, Q),
    "4-d vector": (Q, R.normal(size=5)), "one of many": (Q[:, :1], R.normal(size=(3, 5, 2))),
    "each its own": (Q[:, :1], R.normal(size=(1, 6, 5, 2))), "one stack": (B[:1], C), "one on the right": (B, C[:1]),
    "one with more axes": (B, C[None, :1]), "ones": (B[:1], C[None, :1]), "row": (B[:, :1], C), "col": (B, C[:, :, :1]),
    "inner 1": (B[:, :, :1], C[:, :1]), "empty inner": (B[:, :, :0], C[:, :0]), "empty stack": (B[:0], C[:0]),
    "empty stack and matrix": (B[:0], N), "matrix and empty stack": (M, C[:0]), "no rows": (B[:, :0], C),
    "empty inner of one": (M[:, :0], C[:, :0]), "transposed": (C.transpose(0, 2, 1), B.transpose(0, 2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", MATMUL)
def test_matmul(name: str) -> None:
    a, b = MATMUL[name]
    for build in (T.matmul, np.matmul, lambda x, y: x @ y):
        check(build, a, b, expect=np.matmul)
    x, y = (T.TensorType(v.dtype.name, [n == 1 for n in v.shape])() for v in (a, b))
    np.testing.assert_allclose((x @ b).eval({x: a}), a @ b)
    np.testing.assert_allclose((a @ y).eval({y: b}), a @ b)


@pytest.mark.parametrize(
    "shapes", [((3, 2, 4), (3, 4, 2)), ((3, 2, 4), (4, 2)), ((2, 4), (3, 4, 2)), ((4,), (3, 4, 2))]
)
@pytest.mark.parametrize(
    "dtypes", list(itertools.product(["bool", "int8", "int64", "uint16", "float16", "float32", "complex64"], repeat=2))
)
def test_matmul_of_dtypes(shapes: tuple[tuple[int, ...], ...], dtypes: tuple[str, str]) -> None:
    a, b = ((3 * R.normal(size=shape)).astype(dtype) for shape, dtype in zip(shapes, dtypes, strict=True))
    kind = np.promote_types(*dtypes).name
    got = check(T.matmul, a, b, smooth=False)
    assert got.dtype == kind
    near = {"float16": 2e-2, "float32": 1e-5, "complex64": 1e-5}.get(kind, 0)
    np.testing.assert_allclose(got, np.matmul(a, b), rtol=near, atol=near)


def test_complex_gradients_of_matmul() -> None:
    a, b = B + 1j * B[::-1], N + 2j
    x, y = T.TensorType("complex128", (False,) * 3)(), T.TensorType("complex128", (False,) * 2)()
    gx, gy = theano.function([x, y], T.grad(abs(x @ y).sum(), [x, y]))(a, b)
    g = (a @ b) / abs(a @ b)
    np.testing.assert_allclose(gx, g @ b.conj().T)
    np.testing.assert_allclose(gy, (a.conj().transpose(0, 2, 1) @ g).sum(axis=0))


@pytest.mark.parametrize("of", list(itertools.product("vm", repeat=2)))
def test_vectors_and_matrices_have_the_program_of_dot(of: tuple[str, str]) -> None:
    x, y = (T.fvector("x") if of[0] == "v" else T.fmatrix("x")), (T.fvector("y") if of[1] == "v" else T.fmatrix("y"))
    programs = []
    for made in (T.dot(x, y), x @ y, T.matmul(x, y)):
        assert made.owner.op == dot_op and made.owner.inputs == [x, y]
        f = theano.function([x, y], [made + 1, *T.grad((made**2).sum(), [x, y])])
        programs.append(str(theano.printing.loop_program(f)))
    assert programs[0] == programs[1] == programs[2]


def test_products_of_stacks_are_native_and_one_where_they_can_be() -> None:
    x, y, w = T.ftensor4("x"), T.ftensor3("y"), T.fmatrix("w")
    for made, batched in ((x @ w, 0), (x @ y, 1), (w @ x, 1), (x @ w[None, None], 0)):
        slopes = T.grad((made**2).sum(), [x, w], disconnected_inputs="ignore")
        f = theano.function([x, y, w], slopes, on_unused_input="ignore")
        assert f.is_native and "call_back" not in str(theano.printing.loop_program(f))
        assert any(type(n.op) is T.BatchedDot for n in f.maker.fgraph.toposort()) == bool(batched)


def test_matmul_tells_what_does_not_fit() -> None:
    x, y = T.dtensor3("x"), T.dtensor3("y")
    for build in (lambda: x @ T.dscalar(), lambda: T.matmul(2.0, x), lambda: 2 @ x, lambda: x @ np.float64(2)):
        with pytest.raises(ValueError, match=r"one dimension at least.*a number multiplies by \*"):
            build()
    with pytest.raises(ValueError, match=r"matmul: .*x.shape\[2\] = 4 but y.shape\[0\] = 3"):
        T.zeros((2, 3, 4)) @ T.zeros((3, 4))
    with pytest.raises(ValueError, match=r"matmul: .*x.shape\[2\] = 4 but y.shape\[1\] = 3"):
        T.zeros((2, 3, 4)) @ T.zeros((2, 3, 4))
    with pytest.raises(ValueError, match=r"x.shape\[0\] = 2 but y.shape\[0\] = 5"):
        T.zeros((2, 3, 4)) @ T.zeros((5, 4, 3))
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        product = x @ y  # the line of the product
        f = theano.function([x, y], product, mode=mode)
        for shape in ((3, 4, 2), (2, 3, 2)):
            with pytest.raises(ValueError) as caught:
                f(np.ones((2, 3, 4)), np.ones(shape))
            assert "# the line of the product" in str(caught.value) and f"[(2, 3, 4), {shape}]" in str(caught.value)


def test_a_class_that_tensors_do_not_know_has_its_turn_in_matmul() -> None:
    class Own:
        def __rmatmul__(self, other: object) -> str:
            return "mine"

    assert T.dtensor3() @ Own() == "mine"


def test_texts() -> None:
    assert str(T.dot(T.matrix(), T.matrix()).owner.op) == "dot"
    assert str(T.batched_dot(T.tensor3(), T.tensor3()).owner.op) == "BatchedDot"
