"""Operations that are names for expressions: values against NumPy, in both executors, gradients, shapes."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.legacy.tensor import composed_ops as ops

RNG = np.random.default_rng(0)
V, M = RNG.normal(size=4), RNG.normal(size=(3, 4))
Q = RNG.normal(size=(4, 2))
S = RNG.normal(size=(4, 4)) + 4 * np.eye(4)


def alloc_diag(x, offset, axis1, axis2):
    side = x.shape[-1] + abs(offset)
    made = np.zeros((*x.shape[:-1], side, side), x.dtype)
    for i in range(x.shape[-1]):
        made[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(made, (-2, -1), (axis1, axis2))


def filled(a, value, offset=0):
    made = a.copy()
    for i in range(a.shape[0]):
        if 0 <= i + offset < a.shape[1]:
            made[i, i + offset] = value
    return made


def softmax(x):
    return np.exp(x) / np.exp(x).sum(1, keepdims=True)


def below_classes(g, p, t, ours):
    """`g` times the derivative of cross-entropies of the probabilities `p` with classes: of rows, or of `p` itself."""
    hot = np.eye(p.shape[1])[t]
    return g[:, None] * (p - hot) if ours == "rows" else -g[:, None] * hot / p


P, CLASSES = softmax(M), np.array([1, 0, 3])
G = np.array([0.5, -2.0, 3.0])
ORDER = np.array([[1, 0, 3, 2], [0, 1, 2, 3], [3, 1, 2, 0]])
CASES = {
    "diag": (ops.AllocDiag(), [V], alloc_diag(V, 0, 0, 1), True),
    "diag of rows": (ops.AllocDiag(-2, 2, 0), [M], alloc_diag(M, -2, 2, 0), True),
    "bartlett": (ops.Bartlett(), [np.int64(5)], np.bartlett(5), False),
    "cumsum": (ops.CumsumOp(1), [M], M.cumsum(1), True),
    "cumprod": (ops.CumprodOp(axis=0), [M], M.cumprod(0), True),
    "diff": (ops.DiffOp(2, 1), [M], np.diff(M, 2, 1), True),
    "dot": (ops.Dot22(), [M, Q], M @ Q, True),
    "dot and a number": (ops.Dot22Scalar(), [M, Q, np.float64(2)], 2 * (M @ Q), True),
    "fill": (ops.FillDiagonal(), [M, np.float64(7)], filled(M, 7), True),
    "fill offset": (ops.FillDiagonalOffset(), [M, np.float64(7), np.int64(-1)], filled(M, 7, -1), True),
    "flatten": (ops.Flatten(2), [M[None]], M[None].reshape(1, 12), True),
    "mean": (ops.Mean(1), [M], M.mean(1), True),
    "mean of all": (ops.Mean(), [M], M.mean(), True),
    "nonzero": (T.Nonzero(), [np.array([[0.0, 2.0], [3.0, 0.0]])], np.nonzero([[0, 2], [3, 0]]), False),
    "permute": (ops.PermuteRowElements(), [M, ORDER, np.int64(0)], np.take_along_axis(M, ORDER, 1), True),
    "permute back": (ops.PermuteRowElements(), [M, ORDER, np.int64(1)],
                     np.take_along_axis(M, np.argsort(ORDER, 1), 1), True),
    "ravel": (ops.RavelMultiIndex("wrap", "F"), [np.array([3, 1]), np.array([5, 0]), np.array([2, 3])],
              np.ravel_multi_index(([3, 1], [5, 0]), (2, 3), "wrap", "F"), False),
    "unravel": (ops.UnravelIndex(2), [np.array([5, 3]), np.array([2, 3])], np.unravel_index([5, 3], (2, 3)), False),
    "softmax, backwards": (T.nnet.SoftmaxGrad(), [M, P], P * (M - (M * P).sum(1, keepdims=True)), True),
    "cross-entropy of rows, backwards": (T.nnet.CrossentropySoftmax1HotWithBiasDx(), [G, P, CLASSES],
                                         below_classes(G, P, CLASSES, "rows"), True),
    "the same for one number": (T.nnet.CrossentropySoftmax1HotWithBiasDx(), [np.float64(2), P, CLASSES],
                                below_classes(np.full(3, 2.0), P, CLASSES, "rows"), True),
    "cross-entropy, backwards": (T.nnet.CrossentropyCategorical1HotGrad(), [G, P, CLASSES],
                                 below_classes(G, P, CLASSES, "p"), True),
    "a column in front": (T.nnet.Prepend_scalar_constant_to_each_row(2.5), [M], np.insert(M, 0, 2.5, axis=1), True),
    "tensorinv": (T.nlinalg.TensorInv(1), [S], np.linalg.inv(S), True),
    "tile": (ops.Tile(2), [M, np.array([2, 3])], np.tile(M, (2, 3)), True),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_values(case, linker):
    op, values, expected, differentiable = CASES[case]
    inputs = [T.TensorType(np.asarray(v).dtype, [False] * np.ndim(v))() for v in values]
    node = op.make_node(*inputs)
    results = [node.outputs[0].shape, *node.outputs]
    f = theano.function(inputs, results, mode=theano.Mode(linker=linker), on_unused_input="ignore")
    shape, *found = f(*values)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert len(found) == len(expected) and shape.tolist() == list(np.shape(found[0]))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    if differentiable and linker == "cvm":
        floats = [i for i, v in enumerate(values) if np.asarray(v).dtype.kind == "f"]

        def of_floats(*given):
            rest = [T.constant(v) for v in values]
            for i, v in zip(floats, given, strict=True):
                rest[i] = v
            return op(*rest)

        points = [values[i] for i in floats]
        theano.gradient.verify_grad(of_floats, points, rng=np.random.RandomState(1))
        given = [inputs[i] for i in floats]
        directions = [T.constant(RNG.normal(size=np.shape(v))) for v in points]
        moved = T.Rop(of_floats(*given), given, directions)
        step = [(of_floats(*[v + s * 1e-6 * d for v, d in zip(given, directions, strict=True)])) for s in (1, -1)]
        found, expected = theano.function(given, [moved, (step[0] - step[1]) / 2e-6], on_unused_input="ignore")(*points)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_equality_and_classes():
    assert ops.DiffOp(2, 0) == ops.DiffOp(2, 0) != ops.DiffOp(1, 0) and str(ops.Flatten(2)) == "Flatten{outdim=2}"
    assert isinstance(ops.CumsumOp(), T.extra_ops.CumOp) and ops.CumsumOp(1) == T.extra_ops.CumOp(1, "add")
    assert T.cumprod(T.dvector(), axis=0).owner.op == ops.CumprodOp(0)
    assert T.extra_ops.fill_diagonal_ == ops.FillDiagonal() and T.Flatten is T.basic.Flatten is ops.Flatten
    assert theano.sandbox.rng_mrg.DotModulo is ops.DotModulo


def test_one_step_of_a_generator():
    """`DotModulo` against Python's integers, with numbers that need 64 bits."""
    A, s, m = np.array([[4194304, 129, 2147483000]] * 3), np.array([2147483647, 11, 1999999999]), 2147483647
    B, t, n = A[::-1] - 1, s[::-1], 2147462579
    a, b = T.lmatrices("a", "b")
    x, y = T.ivectors("x", "y")
    p, q = T.iscalars("p", "q")
    f = theano.function([a, x, p, b, y, q], ops.DotModulo()(a, x, p, b, y, q))
    expected = [sum(int(i) * int(j) for i, j in zip(row, s)) % m for row in A]
    expected += [sum(int(i) * int(j) for i, j in zip(row, t)) % n for row in B]
    assert f(A // 4, s.astype("int32"), m, B // 4, t.astype("int32"), n).tolist() == [
        sum(int(i) // 4 * int(j) for i, j in zip(row, v)) % k for k, mat, v in ((m, A, s), (n, B, t)) for row in mat
    ]
    assert len(expected) == 6


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: ops.Dot22()(T.fmatrix(), T.dmatrix()), TypeError, "of one dtype"),
        (lambda: ops.Dot22()(T.dvector(), T.dmatrix()), TypeError, "takes matrices"),
        (lambda: ops.Dot22Scalar()(T.dmatrix(), T.dmatrix(), T.dvector()), TypeError, "a number of the dtype"),
        (lambda: ops.AllocDiag()(T.dscalar()), ValueError, "a tensor with axes"),
        (lambda: ops.AllocDiag(0, 1, 1)(T.dvector()), ValueError, "two different axes"),
        (lambda: ops.RavelMultiIndex("other"), ValueError, "mode must be"),
        (lambda: ops.UnravelIndex(2, "A"), ValueError, "order must be"),
        (lambda: ops.PermuteRowElements()(T.dmatrix(), T.lmatrix(), 0.5), TypeError, "whether to invert"),
    ],
)
def test_refusals(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_numbers_are_tensors_without_axes():
    x = T.dscalar("x")
    for op, cls in ((T.scalar_from_tensor, T.ScalarFromTensor), (T.tensor_from_scalar, T.basic.TensorFromScalar)):
        assert isinstance(op, cls) and op == cls()
        y = op(x * 2)
        assert y.type == T.dscalar and theano.function([x], y)(3) == 6 and T.grad(y**2, x).eval({x: 3.0}) == 24
        with pytest.raises(TypeError, match="takes a tensor without axes"):
            op(T.dvector())
    assert T.fmatrix.to_scalar_type() == theano.scalar.float32
    from theano.scalar.basic_scipy import Gamma
    from theano.tensor.xlogx import XlogX

    assert Gamma.st_impl(5.0) == 24 and XlogX.st_impl(0.0) == 0 and T.nnet.sigm.ScalarSoftplus.static_impl(0.0) > 0.69
