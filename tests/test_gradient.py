"""`grad`: options, errors, what ops may answer, and the form of what is built."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from theano.tensor.subtensor import IncSubtensor

import theano
import theano.tensor as T
from tests.gradients import Custom, value
from theano.gradient import (
    DisconnectedInputError,
    DisconnectedType,
    NullType,
    NullTypeGradError,
    Rop,
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_scale,
    grad_undefined,
    undefined_grad,
    zero_grad,
)
from theano.graph import Apply, Op, ancestors
from theano.random import RandomStreams
from theano.random.mrg import MRG_RandomStreams
from theano.tensor.variable import LATE


def test_kind_of_result_follows_wrt():
    x, y = T.dscalar("x"), T.dscalar("y")
    cost = x * y
    assert isinstance(T.grad(cost, [x]), list)
    assert isinstance(T.grad(cost, (x, y)), tuple)
    assert isinstance(T.grad(cost, x), theano.Variable)
    first, again = T.grad(cost, [x, x])
    assert value([first, again], x=2, y=3) == [3, 3]
    for bad in ({x}, "x", [x, 1], None):
        with pytest.raises(TypeError):
            T.grad(cost, bad)


def test_cost_is_checked():
    v = T.dvector("v")
    with pytest.raises(TypeError, match=r"^cost must be a scalar\."):
        T.grad(v, v)
    with pytest.raises(TypeError):
        T.grad(3.0, v)
    with pytest.raises(ValueError, match="both"):
        T.grad(None, v)


def test_intermediate_and_constant_wrt():
    x = T.dscalar("x")
    y = x * 2
    two = T.constant(2.0)
    gy, gx, g2 = T.grad(y**2 + two, [y, x, two])
    assert value([gy, gx, g2], x=3) == [12, 24, 1]
    assert value(T.grad(x, x), x=7) == 1
    cost = x**2
    assert value(T.grad(cost, cost), x=7) == 1


def test_disconnected():
    x, y = T.dscalar("x"), T.dvector("y")
    cost = x**2 + y.shape[0]
    with pytest.raises(DisconnectedInputError):
        T.grad(cost, y)
    with pytest.raises(ValueError, match="not part of the computational graph"):
        T.grad(cost, y)
    with pytest.warns(UserWarning, match="not part of the computational graph"):
        g = T.grad(cost, y, disconnected_inputs="warn")
    assert value(g, y=[1, 2]).tolist() == [0, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert value(T.grad(cost, y, disconnected_inputs="ignore"), y=[1, 2]).tolist() == [0, 0]
        assert T.grad(cost, y, disconnected_inputs="ignore", return_disconnected="None") is None
        g = T.grad(cost, y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    assert isinstance(g.type, DisconnectedType)
    for options in ({"disconnected_inputs": "no"}, {"return_disconnected": "no"}, {"null_gradients": "no"}):
        with pytest.raises(ValueError, match="Invalid value"):
            T.grad(cost, x, **options)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x.shape[0].astype("float64"),
        lambda x: T.arange(x.shape[0]).sum().astype("float64"),
        lambda x: T.alloc(1.0, x.shape[0]).sum(),
        lambda x: T.arange(0.0, x[0]).sum(),
        lambda x: disconnected_grad(x).sum(),
    ],
)
def test_paths_that_do_not_connect(expression):
    x = T.dvector("x")
    with pytest.raises(DisconnectedInputError):
        T.grad(expression(x), x)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: T.gt(x, 0),
        T.sgn,
        T.floor,
        T.ceil,
        T.trunc,
        T.round,
        lambda x: x // 2,
        T.isnan,
        lambda x: x.astype("int32").astype("float64"),
        lambda x: T.argmax(x),
        lambda x: T.switch(x, 1.0, 2.0),
        zero_grad,
        consider_constant,
    ],
)
def test_zero_but_connected(expression):
    x = T.dvector("x")
    g = T.grad(expression(x).sum(), x)
    assert g.dtype == "float64"
    assert value(g, x=[1.5, 2.5]).tolist() == [0, 0]


def test_integers():
    i, x = T.iscalar("i"), T.dscalar("x")
    g = T.grad(i * x, i)
    assert g.dtype == "float64"
    assert value(g, i=2, x=3) == 3
    # Nothing comes back through an integer result.
    assert value(T.grad((i + 1) * x, i), i=2, x=3) == 0
    # Integer costs have gradient zero.
    assert value(T.grad(i * i, i), i=3) == 0
    assert value(T.grad(T.gt(x, 0), x), x=3) == 0


def test_integers_do_not_wrap_in_derivatives():
    i = T.bvector("i")
    given = np.array([12, 100], dtype="int8")
    np.testing.assert_allclose(
        value(T.grad(T.arctan(i).sum(), i), i=given), 1 / (1 + given.astype(float) ** 2), 1e-6
    )
    x = T.dvector("x")
    np.testing.assert_allclose(
        value(T.grad((x / i).sum(), i), i=given, x=[1, 2]), [-1 / 144, -2 / 10_000], 1e-6
    )


def test_names():
    x, cost = T.dscalar("x"), T.dscalar("y") ** 2
    cost = x**2
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost, x, add_names=False).name is None
    assert T.grad(x**2, x).name is None
    # The gradient of a cost that is a linear form is the user's own variable: its name stays.
    y = T.dscalar("y")
    (y_again,) = T.grad(Custom(lambda inputs, gs: [y])(x), [x])
    assert y_again is y
    assert y.name == "y"


def test_names_of_expressions_stay():
    """A gradient that is the user's own expression keeps the name that it has, and so do all others."""
    x, w = T.dscalar("x"), T.dscalar("w")
    mine = T.exp(w)
    mine.name = "mine"
    hidden = T.tanh(x)
    hidden.name = "hidden"
    cost = Custom(lambda inputs, gs: [mine])(hidden)
    cost.name = "cost"
    of_hidden, of_x = T.grad(cost, [hidden, x])
    assert of_hidden is mine and mine.name == "mine"
    assert of_x.name == "(dcost/dx)" and hidden.name == "hidden" and cost.name == "cost" and x.name == "x"
    (again,) = T.grad(None, [hidden], known_grads={cost: T.constant(1.0)})
    assert again is mine and mine.name == "mine"
    # named in its turn: not renamed by the gradient of another cost
    other = cost * 2
    other.name = "other"
    assert T.grad(other, x) is not of_x and of_x.name == "(dcost/dx)"
    T.grad(other, hidden)
    assert mine.name == "mine"


def test_choices_between_rows_are_gathered_in_one_buffer():
    """Reads of n rows, each behind a condition of its own, cost n increments, not n matrices."""
    n = 6
    m, c = T.dmatrix("m"), T.dvector("c")
    state = m[0] * 0
    for k in range(n):
        state = T.switch(c[k] > 0, T.sqrt(m[k]) + state, state)
    g = T.grad(state.sum(), m)
    f = theano.function([m, c], g, mode=theano.Mode(linker="py", optimizer=None))
    whole = [v for v in ancestors([g]) if v.owner is not None and v.type.ndim == 2]
    assert sum(isinstance(v.owner.op, IncSubtensor) for v in whole) >= n
    assert not [v for v in whole if getattr(v.owner.op, "scalar_op", None) is theano.scalar.add]
    values = np.zeros((n, 2))
    values[::2] = 4
    assert f(values, [1, 0] * 3).tolist() == [[0.25, 0.25], [0, 0]] * 3


def test_consider_constant():
    x = T.dscalar("x")
    y = x**2
    g = T.grad(x * y, x, consider_constant=[y])
    assert value(g, x=3) == 9
    gx, gy = T.grad(x * y, [x, y], consider_constant=[y])
    assert value([gx, gy], x=3) == [9, 3]
    with pytest.raises(DisconnectedInputError):
        T.grad(y, x, consider_constant=[y])
    with pytest.raises(TypeError):
        T.grad(y, x, consider_constant=y)


def test_known_grads():
    x = T.dvector("x")
    y = x**2
    ky = T.dvector("ky")
    assert value(T.grad(None, x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [2, 40]
    # A known gradient takes the place of the computed one.
    cost = (y**3).sum()
    assert value(T.grad(cost, x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [2, 40]
    assert value(T.grad(cost + x.sum(), x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [3, 41]
    assert T.grad(None, y, known_grads={y: ky}) is ky
    with pytest.raises(TypeError):
        T.grad(None, x, known_grads={y: T.lvector()})
    with pytest.raises(ValueError, match="dimensions"):
        T.grad(None, x, known_grads={y: T.dscalar()})


def test_undefined():
    x, y = T.dscalar("x"), T.dscalar("y")
    cost = T.exp(undefined_grad(x)) + y
    with pytest.raises(NullTypeGradError):
        T.grad(cost, x)
    with pytest.raises(TypeError):
        T.grad(undefined_grad(x**2), x)
    assert isinstance(T.grad(cost, x, null_gradients="return").type, NullType)
    assert value(T.grad(cost, y), x=1, y=2) == 1
    # It stays undefined through what stands before, and beside what is defined.
    assert isinstance(T.grad(undefined_grad(x**2) + x, x, null_gradients="return").type, NullType)


STREAMS, MRG = RandomStreams(1), MRG_RandomStreams(1)
u, n, ns = T.dvector("u"), T.lscalar("n"), T.lvector("ns")
a, b = T.dmatrix("a"), T.dmatrix("b")


class TestUndefinedAsInTheano:
    """What Theano 1.0.5 refuses with `NullTypeGradError` when it is asked for the gradient, not later."""

    @pytest.mark.parametrize(
        ("expression", "x"),
        [
            (STREAMS.binomial((3,), p=u), u),
            (STREAMS.poisson((3,), lam=u), u),
            (STREAMS.multinomial((3,), n=1, pvals=u), u),
            (STREAMS.choice((3,), a=3, p=u), u),
            (STREAMS.random_integers((3,), low=n), n),
            (STREAMS.permutation((3,), n=n), n),
            (STREAMS.normal((n,)), n),
            (MRG.uniform((n,)), n),
            (MRG.choice(size=1, a=None, p=a, replace=False), a),
            (MRG.multinomial_wo_replacement(pvals=a, n=1), a),
            (T.nonzero(u)[0], u),
            (T.flatnonzero(a), a),
            (T.eye(n), n),
            (T.eye(3, 3, n), n),
            (T.tri(3, n), n),
            (T.tril(a, n), n),
            (T.join(n, a, b), n),
            (T.split(a, [1, 2], 2, axis=n)[0], n),
            (T.split(u, ns, 2)[0], ns),
            (T.split(u, [n, 2], 2)[0], n),
            (T.argsort(a, axis=n), n),
            (T.topk(u, n, sorted=False), n),
            (T.ProdWithoutZeros()(u), u),
        ],
        ids=str,
    )
    def test_undefined(self, expression, x):
        cost = T.cast(expression, "float64").sum()
        with pytest.raises(NullTypeGradError):
            T.grad(cost, x)
        assert isinstance(T.grad(cost, x, null_gradients="return").type, NullType)
        assert isinstance(T.grad(cost + x.sum(), x, null_gradients="return").type, NullType)  # no path makes it defined

    def test_others_stay_defined(self):
        assert value(T.grad(T.split(u, ns, 2)[0].sum(), u), u=[1, 2, 3], ns=[1, 2]).tolist() == [1, 0, 0]
        assert value(T.grad(T.join(n, a, b).sum(), a), n=1, a=[[1]], b=[[1, 2]]).tolist() == [[1]]
        assert value(T.grad(u[T.nonzero(u > 1)].sum(), u), u=[1, 2, 3]).tolist() == [0, 1, 1]

    @pytest.mark.parametrize(
        ("answer", "error"), [(lambda op, x: grad_undefined(op, 0, x), NullTypeGradError),
                              (lambda op, x: DisconnectedType()(), DisconnectedInputError)]
    )  # fmt: skip
    def test_of_ops_on_whole_numbers(self, answer, error):
        """The answer of the op counts though nothing but zero can come back through a whole number."""
        x = T.dscalar("x")
        op = Custom(lambda inputs, gs: [answer(op, inputs[0])], T.iscalar)
        with pytest.raises(error):
            T.grad(T.cast(op(T.cast(x, "int32")), "float64"), x)


def test_gradient_modifiers():
    x = T.dscalar("x")
    assert value(T.grad(x * zero_grad(x), x), x=3) == 3
    assert value(T.grad(x * consider_constant(x), x), x=3) == 3
    assert value(T.grad(x * disconnected_grad(x), x), x=3) == 3
    assert value(T.grad(grad_clip(x, -1, 1) ** 2, x), x=3) == 1
    assert value(T.grad(grad_clip(x, -1, 1) ** 2, x), x=-0.25) == -0.5
    assert value(T.grad(grad_scale(x, -2) ** 2, x), x=3) == -12
    f = T.fscalar("f")
    assert T.grad(grad_clip(f, -1, 1) ** 2, f).dtype == "float32"
    assert T.grad(grad_scale(f, 0.1) ** 2, f).dtype == "float32"
    for modify in (zero_grad, consider_constant, disconnected_grad, undefined_grad):
        assert value(modify(x), x=3) == 3
    with pytest.raises(ValueError, match="order"):
        grad_clip(x, 1, -1)


def test_dtypes_follow_the_chain():
    f, d = T.fscalar("f"), T.dscalar("d")
    assert T.grad(f * d, f).dtype == "float64"
    assert T.grad(T.tanh(f) * d, f).dtype == "float32"
    # What reaches an inner float32 variable is float32; nobody rounds what a cast hands to a leaf.
    assert T.grad(T.tanh(f).astype("float64") * d, f).dtype == "float32"
    assert T.grad(f.astype("float64") * d, f).dtype == "float64"


# ---------------------------------------------------------------------------- what ops may return


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (lambda inputs, gs: [gs[0], gs[0]], ValueError),
        (lambda inputs, gs: [None], TypeError),
        (lambda inputs, gs: [T.zeros_like(inputs[0], dtype="int64")], TypeError),
        (lambda inputs, gs: [T.dvector()], ValueError),
        (lambda inputs, gs: [3.0], TypeError),
        (lambda inputs, gs: gs[0], TypeError),
    ],
)
def test_answers_of_ops_are_checked(rule, error):
    x = T.dscalar("x")
    with pytest.raises(error):
        T.grad(Custom(rule)(x), x)


def test_op_may_answer_disconnected_or_undefined():
    x = T.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        T.grad(Custom(lambda inputs, gs: [DisconnectedType()()])(x), x)
    op = Custom(lambda inputs, gs: [grad_undefined(op, 0, inputs[0], "because")])
    with pytest.raises(NullTypeGradError, match="because"):
        T.grad(op(x), x)


def test_no_gradient_method():
    class NoGrad(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

    x = T.dscalar("x")
    with pytest.raises(AttributeError):
        T.grad(NoGrad()(x), x)
    # Not asked when nobody wants the gradient.
    T.grad(NoGrad()(T.dscalar()) * x, x)
    with pytest.raises(NotImplementedError):
        Rop(NoGrad()(x), x, x)


# ---------------------------------------------------------------------------- the form of the graph


def test_contributions_meet_in_one_addition():
    x = T.dscalar("x")
    cost = sum((x * (i + 2.0) for i in range(5)), x * 1.5)
    g = T.grad(cost, x)
    assert len(g.owner.inputs) == 6
    assert g.owner.op.scalar_op.name == "add"


def test_rows_are_sent_back_into_one_buffer():
    m = T.dmatrix("m")
    g = T.grad(sum(m[i].sum() * i for i in range(1, 5)), m)
    names = [str(v.owner.op) for v in ancestors([g]) if v.owner is not None]
    assert sum(name.startswith("IncSubtensor") for name in names) == 4
    assert g.owner.op.__class__.__name__ == "IncSubtensor"
    expected = np.arange(5.0)[:, None] * np.ones(3)
    np.testing.assert_array_equal(value(g, m=np.ones((5, 3))), expected)
    # What comes from elsewhere is the buffer that the rows are added to.
    g = T.grad(m[0].sum() + m[1].sum() + (m**2).sum(), m)
    assert g.owner.op.__class__.__name__ == "IncSubtensor"
    np.testing.assert_array_equal(value(g, m=np.ones((3, 2))), [[3, 3], [3, 3], [2, 2]])


def test_deep_chain_is_linear():
    x = y = T.dscalar("x")
    for _ in range(10_000):
        y = y * 1.0001
    g = T.grad(y, x)
    assert len([v for v in ancestors([g]) if v.owner is not None]) < 25_000


def test_origin_is_inherited():
    x = T.dscalar("x")
    y = T.exp(x)
    z = T.sin(y)
    g = T.grad(z, x)
    origins = {y.owner.origin, z.owner.origin}
    made = [v.owner for v in ancestors([g]) if v.owner is not None and v not in (y, z)]
    assert g.owner.origin == y.owner.origin
    assert sum(node.origin in origins for node in made) >= len(made) - 1  # all but fill(cost, 1)


def unrolled(n):
    """The gradient of a Python loop over n rows of a matrix, by the matrix."""
    w, x = T.dmatrix("w"), T.dvector("x")
    h = x
    for i in range(n):
        h = h * w[i] + x
    return [w, x], T.grad(h.sum(), w)


def test_rows_of_an_unrolled_loop_stay_linear():
    """A thousand reads of one matrix: one buffer, and nodes in proportion to the reads."""
    sizes = {}
    for n in (1000, 2000):
        inputs, g = unrolled(n)
        f = theano.function(inputs, g, mode=theano.Mode(linker="py"))
        nodes = f.maker.fgraph.toposort()
        names = [type(node.op).__name__ for node in nodes]
        assert names.count("IncSubtensor") == n and names.count("Alloc") == 1
        assert not [node for node in nodes if type(node.op).__name__ == "Elemwise" and node.outputs[0].ndim == 2]
        sizes[n] = len(nodes)
    assert sizes[2000] < 2.05 * sizes[1000]


def test_rows_of_an_unrolled_loop_share_one_buffer():
    n = 100
    inputs, g = unrolled(n)
    f = theano.function(inputs, g)
    w, x = np.random.default_rng(0).uniform(0.5, 1.5, (n, 3)), np.ones(3)
    peak = theano.printing.memory_plan(f, shapes=[w.shape, x.shape]).peak
    assert peak < 5 * w.nbytes
    reference = theano.function(inputs, g, mode="FAST_COMPILE")
    np.testing.assert_allclose(f(w, x), reference(w, x))


def test_what_nobody_wants_is_not_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients of constants would have to be, along the axes on which these are broadcast."""
    summed = []
    keeping = LATE["sum_keeping"]
    monkeypatch.setitem(LATE, "sum_keeping", lambda v, axes: summed.append(v) or keeping(v, axes))
    x, c = T.dvector("x"), T.dscalar("c")
    T.grad((T.tanh(x * 1.5 + 2) * c).sum(), x)
    assert not summed
    constant = T.constant(1.5)
    g = T.grad((T.tanh(x * constant + 2) * c).sum(), constant)
    assert len(summed) == 1
    np.testing.assert_allclose(value(g, x=[1.0, -1.0], c=2.0), 2 * (np.tanh(0.5) ** 2 - np.tanh(3.5) ** 2))
