"""`Rop`, `Lop`, `subgraph_grad`, Jacobians, Hessians, and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.gradients import Custom, value
from theano.gradient import (
    DisconnectedInputError,
    GradientError,
    Lop,
    Rop,
    disconnected_grad,
    hessian,
    hessian_times_vector,
    jacobian,
    numeric_grad,
    subgraph_grad,
    verify_grad,
)
from theano.graph import io_toposort
from theano.scan import Scan


def test_rop():
    x, v = T.dvector("x"), T.dvector("v")
    a = np.arange(6.0).reshape(2, 3)
    out = T.dot(T.constant(a), x)
    np.testing.assert_allclose(value(Rop(out, x, v), x=[1, 2, 3], v=[1, 0, 2]), a @ [1, 0, 2])
    assert isinstance(Rop([out], x, v), list)
    with pytest.raises(ValueError, match="dimensionality"):
        Rop(out, x, T.dmatrix())
    with pytest.raises(DisconnectedInputError):
        Rop(T.dscalar() * 2, x, v)
    assert Rop(T.dscalar() * 2, x, v, disconnected_outputs="ignore", return_disconnected="None") is None
    y = x**2
    assert value(Rop(y.sum(), y, v), v=[1, 2]) == 3


def test_inputs_that_a_derivative_does_without_are_used():
    """The example of Theano's tutorial: the derivative of a product with `W` has no `W`."""
    W, V, x = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x")
    f = theano.function([W, V, x], 2 * T.Rop(T.dot(x, W), W, V))
    assert f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]).tolist() == [4, 4]
    y = T.dvector("y")
    f = theano.function([W, V, y], T.Rop(T.dot(x, W), W, V), givens={x: 2 * y})
    assert f([[1, 1], [1, 1]], [[2, 2], [2, 2]], [0, 1]).tolist() == [4, 4]
    with pytest.raises(theano.compile.UnusedInputError, match="index 3"):
        theano.function([W, V, x, y], T.Rop(T.dot(x, W), W, V))
    assert not hasattr(T.Rop(W + 1, W, V).tag, "named")  # V itself: it is no derivative elsewhere


def test_rop_of_the_gradient_of_a_linear_cost_is_zero():
    """The gradient reads the shape of what it is of, and nothing else."""
    w, x, v = T.dvector("w"), T.dvector("x"), T.dvector("v")
    for cost in (T.dot(w, x), (w * x).sum(), w.sum(), w[0] * x[1]):
        change = Rop(T.grad(cost, w), w, v)
        assert change.type == w.type
        f = theano.function([w, x, v], change, on_unused_input="ignore")
        assert f([1, 2], [3, 4], [5, 6]).tolist() == [0, 0]
    mixed = Rop([T.grad(T.dot(w, x), w), w**2], w, v)
    assert [value(m, w=[1, 2], x=[3, 4], v=[5, 6]).tolist() for m in mixed] == [[0, 0], [10, 24]]
    with pytest.raises(DisconnectedInputError):
        Rop(x * 2, w, v)
    drawn = theano.tensor.shared_randomstreams.RandomStreams(1).normal(size=(2,), avg=w)
    with pytest.raises(DisconnectedInputError):  # no derivative is known; it is not zero
        Rop(drawn, w, v)


def test_lop():
    x, u = T.dvector("x"), T.dvector("u")
    a = np.arange(6.0).reshape(2, 3)
    out = T.dot(T.constant(a), x)
    np.testing.assert_allclose(value(Lop(out, x, u), x=[1, 2, 3], u=[1, 2]), [1, 2] @ a)
    assert isinstance(Lop(out, (x,), u), tuple)


def test_subgraph_grad():
    x, t = T.dvector("x"), T.dvector("t")
    w1, w2 = theano.shared(np.ones((3, 4)) / 2, "w1"), theano.shared(np.ones((4, 2)) / 3, "w2")
    a1 = T.tanh(T.dot(x, w1))
    a2 = T.tanh(T.dot(a1, w2))
    cost = T.sqr(a2 - t).sum() + T.sqr(w2).sum() + T.sqr(w1).sum()
    whole = T.grad(cost, [w2, w1])
    top = T.sqr(a2 - t).sum() + T.sqr(w2).sum()
    (g2,), (ga1,) = subgraph_grad([w2], [a1], cost=top)
    (g1,), _ = subgraph_grad([w1], [x], start={a1: ga1}, cost=T.sqr(w1).sum())
    given = {"x": [1, 2, 3], "t": [0.5, 1]}
    for expected, found in zip(value(whole, **given), value([g2, g1], **given), strict=True):
        np.testing.assert_allclose(expected, found)
    with pytest.raises(ValueError, match="must be specified"):
        subgraph_grad([w1], [x])


def test_jacobian_and_hessian():
    x = T.dvector("x")
    three = T.stack([x[0] * x[1], x[0] ** 2, x.sum()])
    j = jacobian(three, x)
    np.testing.assert_allclose(value(j, x=[2, 3]), [[3, 2], [4, 0], [1, 1]])
    assert isinstance(jacobian(three, [x]), list)
    np.testing.assert_allclose(value(jacobian((x**2).sum(), x), x=[2, 3]), [4, 6])
    y = T.TensorType("float64", shape=(3,))("y")
    h = hessian((y**3).sum() + y[0] * y[1], y)
    np.testing.assert_allclose(value(h, y=[1, 2, 3]), [[6, 1, 0], [1, 12, 0], [0, 0, 18]])
    np.testing.assert_allclose(value(jacobian(x**2, x), x=[2, 3]), [[4, 0], [0, 6]])
    np.testing.assert_allclose(value(hessian((x**2).sum(), x), x=[2, 3]), [[2, 0], [0, 2]])
    for call in (
        lambda: jacobian(T.dmatrix(), x),
        lambda: hessian(x, x),
        lambda: hessian(x.sum(), T.dmatrix()),
    ):
        with pytest.raises(AssertionError):
            call()


def test_hessian_times_vector():
    x, v = T.dvector("x"), T.dvector("v")
    hv = hessian_times_vector(T.grad((x**3).sum(), x), x, v)
    np.testing.assert_allclose(value(hv, x=[1, 2], v=[1, -1]), [6, -12])


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
class TestOptions:
    """Every function takes the options of `grad`, and lists."""

    x, y, unused = T.dvector("x"), T.dvector("y"), T.dvector("unused")
    values = (np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0]))

    def run(self, outputs, mode):
        single = not isinstance(outputs, list | tuple)
        outs = [outputs] if single else list(outputs)
        f = theano.function([self.x, self.y, self.unused], outs, mode=mode, on_unused_input="ignore")
        got = f(*self.values, np.zeros(2))
        return got[0] if single else got

    def test_jacobian(self, mode):
        x, y = self.x, self.y
        constant = x**2
        e = constant * y
        for wrt, kind in (([x, y], list), ((x, y), tuple)):
            found = jacobian(e, wrt)
            assert isinstance(found, kind)
            jx, jy = self.run(found, mode)
            np.testing.assert_allclose(jx, np.diag(2 * self.values[0] * self.values[1]))
            np.testing.assert_allclose(jy, np.diag(self.values[0] ** 2))
        with pytest.raises(DisconnectedInputError):
            jacobian(e, self.unused)
        zeros = self.run(jacobian(e, self.unused, disconnected_inputs="ignore"), mode)
        np.testing.assert_array_equal(zeros, np.zeros((3, 2)))
        j = self.run(jacobian(e + x, x, consider_constant=[constant]), mode)
        np.testing.assert_allclose(j, np.eye(3))

    def test_hessian(self, mode):
        x, y = self.x, self.y
        constant = (y**2).sum()
        cost = (x**3).sum() * constant + (y**3).sum()
        hx, hy = self.run(hessian(cost, [x, y], consider_constant=[constant]), mode)
        np.testing.assert_allclose(hx, np.diag(6 * self.values[0]) * (self.values[1] ** 2).sum())
        np.testing.assert_allclose(hy, np.diag(6 * self.values[1]))
        assert isinstance(hessian(cost, (x, y)), tuple)
        with pytest.raises(DisconnectedInputError):
            hessian(cost, self.unused)
        zeros = self.run(hessian(cost, self.unused, disconnected_inputs="ignore"), mode)
        np.testing.assert_array_equal(zeros, np.zeros((2, 2)))

    def test_products_with_vectors(self, mode):
        x, y = self.x, self.y
        cost = (x**3 * y).sum()
        gx, gy = T.grad(cost, [x, y])
        hx, hy = self.run(hessian_times_vector([gx, gy], [x, y], [y, x]), mode)
        a, b = self.values
        np.testing.assert_allclose(hx, 6 * a * b * b + 3 * a**2 * a)
        np.testing.assert_allclose(hy, 3 * a**2 * b)
        left = self.run(Lop([x * y, x.sum()], [x, y], [y, T.constant(2.0)], consider_constant=[]), mode)
        np.testing.assert_allclose(left, [b * b + 2, a * b])
        right = self.run(Rop([x * y, x.sum()], [x, y], [y, x]), mode)
        np.testing.assert_allclose(right[0], b * b + a * a)
        np.testing.assert_allclose(right[1], b.sum())
        with pytest.raises(DisconnectedInputError):
            Lop(x * y, self.unused, y)
        assert self.run(Lop(x * y, self.unused, y, disconnected_inputs="ignore"), mode).tolist() == [0, 0]

    def test_subgraph_grad_tells_contributions(self, mode):
        x, y = self.x, self.y
        h = x * y
        known = {h: y}
        wrt, end, of_start, of_cost = subgraph_grad([x], [y], start=known, cost=(x**2).sum() * y.sum(), details=True)
        a, b = self.values
        np.testing.assert_allclose(self.run(wrt[0], mode), b * b + 2 * a * b.sum())
        np.testing.assert_allclose(self.run(of_start, mode)[-1], b * b)
        np.testing.assert_allclose(self.run(of_cost, mode)[-1], 2 * a * b.sum())
        assert len(end) == 1


# ---------------------------------------------------------------------------- numeric_grad, verify_grad


def test_numeric_grad():
    g = numeric_grad(lambda a, b: (a * a).sum() + 3 * b, [np.array([1.0, 2.0]), np.array(1.0)]).gf
    np.testing.assert_allclose(g[0], [2, 4], rtol=1e-5)
    np.testing.assert_allclose(g[1], 3, rtol=1e-5)
    with pytest.raises(TypeError):
        numeric_grad(lambda a: a, np.array(1))


def test_numeric_grad_of_arrays_in_other_orders():
    point = np.arange(6.0).reshape(2, 3)
    for p in (point.T, point[:, ::-1], np.asfortranarray(point)):
        np.testing.assert_allclose(numeric_grad(lambda x: (x**2).sum(), p).gf, 2 * p, atol=1e-5)


def test_verify_grad_finds_mistakes():
    rng = np.random.RandomState(0)
    wrong = Custom(lambda inputs, gs: [gs[0] * 1.1])
    with pytest.raises(GradientError) as caught:
        verify_grad(wrong, [np.ones(3)], rng=rng)
    error = caught.value
    assert error.arg == 0
    assert error.shape == (3,)
    assert error.abs_err > error.abs_tol == 1e-4
    assert error.rel_err > error.rel_tol == 1e-4
    assert "argument 0" in str(error)
    # An error below one of the two tolerances is none.
    verify_grad(wrong, [np.ones(3)], rng=rng, abs_tol=1.0)
    verify_grad(wrong, [np.ones(3)], rng=rng, rel_tol=1.0)


def test_verify_grad_checks_arguments():
    with pytest.raises(TypeError, match="floating point"):
        verify_grad(T.exp, [np.ones(3, dtype="int64")], rng=np.random.RandomState(0))
    with pytest.raises(TypeError, match="rng"):
        verify_grad(T.exp, [np.ones(3)])


def test_rows_of_a_vector_of_known_length_need_no_loop():
    """Where every element costs a loop's step, one expression for each of a few is cheaper."""
    x = T.dvector("x")
    for elements in ([x[0] * x[1]], [x[0] ** 2, x[1]]):
        rows = jacobian(T.stack(elements), x)
        assert not any(isinstance(node.op, Scan) for node in theano.gof.graph.io_toposort([x], [rows]))
        assert value(rows, x=[3.0, 5.0]).tolist() in ([[5, 3]], [[6, 0], [0, 1]])


def test_verify_grad_wants_one_output():
    with pytest.raises(NotImplementedError, match="functions of one output: let `fun` choose or sum them"):
        verify_grad(lambda x: [x, x * 2], [np.ones(2)], rng=np.random.RandomState(1))


def test_views_of_what_is_no_array():
    """The identities of gradients take variables of any type."""
    g = theano.gof.generic("g")
    view = disconnected_grad(g)
    assert view.type == g.type and theano.function([g], view)("a text") == "a text"


def test_the_step_of_finite_differences_can_be_chosen():
    """The difference quotient of a square is off by the step."""
    for eps in (0.5, 0.125):
        (slope,) = numeric_grad(lambda x: x**2, [np.array(3.0)], eps=eps).gf
        assert slope == 6 + eps


def nodes(*variables):
    return len(list(io_toposort([], variables)))


def test_jacobians_of_jacobians_stay_small():
    """The curvature of a sphere of radius 1 and its derivative: Jacobians four deep, of vectors of known lengths."""
    q = T.dvector("q")
    place = T.stack([T.sin(q[0]) * T.cos(q[1]), T.sin(q[0]) * T.sin(q[1]), T.cos(q[0])])
    tangents = jacobian(place, q)
    metric = T.dot(tangents.T, tangents)
    slopes = jacobian(metric.flatten(), q).reshape((2, 2, 2))  # [i, j, l]: d g[i, j] / d q[l]
    lowered = slopes.dimshuffle(0, 2, 1) + slopes - slopes.dimshuffle(2, 0, 1)
    symbols = T.tensordot(T.nlinalg.matrix_inverse(metric), lowered, (1, 0)) / 2
    moved = jacobian(symbols.flatten(), q).reshape((2, 2, 2, 2))  # [l, j, k, i]
    products = T.tensordot(symbols, symbols, (2, 0))  # [l, i, j, k]
    half = moved.dimshuffle(0, 2, 3, 1) + products.dimshuffle(0, 3, 1, 2)
    curvature = half - half.dimshuffle(0, 1, 3, 2)  # [l, k, i, j]
    ricci = sum(curvature[i, :, i, :] for i in range(2))
    change = jacobian(ricci.flatten(), q).reshape((2, 2, 2))
    assert nodes(metric) < 150 and nodes(symbols) < 1000 and nodes(ricci) < 1500 and nodes(change) < 4000
    f = theano.function([q], [metric, ricci, slopes, change])
    found = f([0.7, 0.3])
    np.testing.assert_allclose(found[1], found[0], atol=1e-12)  # the metric itself, of curvature 1
    np.testing.assert_allclose(found[3], found[2], atol=1e-12)
    np.testing.assert_allclose(found[0], np.diag([1, np.sin(0.7) ** 2]), atol=1e-12)


@pytest.mark.parametrize("terms", [2, 40])
def test_rows_are_unrolled_if_they_are_few_and_small(terms):
    """Both forms give the same numbers."""
    x = T.dvector("x")
    v = T.stack([x[0], x[1], x[2]])
    cost = sum(T.exp(v[k % 3]) * T.sin(v[(k + 1) % 3] + 0.1 * k) for k in range(terms))
    matrix = hessian(cost, v)
    loops = [n for n in io_toposort([], [matrix]) if isinstance(n.op, Scan)]
    assert len(loops) == (terms > 2)
    columns = [T.grad(T.grad(cost, v)[k], v) for k in range(3)]
    values = theano.function([x], [matrix, T.stack(columns)])([0.1, 0.2, 0.3])
    np.testing.assert_allclose(values[0], values[1], rtol=1e-12)
