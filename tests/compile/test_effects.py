"""Operations that do something besides computing (`Op.has_effects`): each application runs, equal ones too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.gof.opt import MergeOptimizer

import theano
import theano.tensor as T
from theano.graph import Apply, Op
from theano.scan.op import Scan
from theano.tensor.checks.shape_feature import ShapeFeature

x = T.dscalar("x")
MODES = ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", None), theano.Mode("vm")]


class Ticket(Op):
    """The number of the call."""

    __props__ = ()
    has_effects = True

    def __init__(self) -> None:
        self.calls = 0

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, [T.as_tensor_variable(v) for v in inputs], [T.dscalar()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        self.calls += 1
        outputs[0][0] = np.asarray(float(self.calls))


@pytest.fixture
def ticket() -> Ticket:
    return Ticket()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_equal_applications_are_two(ticket: Ticket, mode: Any) -> None:
    f = theano.function([x], [ticket(x), ticket(x), ticket(), ticket(), ticket(3.0), ticket(3.0)], mode=mode)
    for k in range(2):
        assert sorted(map(float, f(1))) == [6 * k + n for n in range(1, 7)]


def test_equal_operations_without_effects_are_one(ticket: Ticket) -> None:
    ticket.has_effects = False
    f = theano.function([x], [ticket(x), ticket(x)])
    assert f(1) == [1, 1] and ticket.calls == 1


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_in_a_loop(ticket: Ticket, mode: Any) -> None:
    """States that begin alike and are computed alike stay two: of what has effects."""
    (a, b), _ = theano.scan(lambda a, b: [a + ticket(a), b + ticket(b)], outputs_info=[0.0, 0.0], n_steps=3)
    given = theano.function([], [a, b], mode=mode)()
    assert ticket.calls == 6 and given[0][-1] + given[1][-1] == 1 + 2 + 3 + 4 + 5 + 6


w = theano.shared(2.0)
SAME_IN_ALL_STEPS = {
    "of nothing": lambda o: o(),
    "of a constant": lambda o: o(3.0),
    "of a shared variable": lambda o: o(w),
    "of an argument": lambda o: o(x),
    "used with a shared variable": lambda o: o() * w * 0.5,
    "of a computed value": lambda o: o(T.exp(w)),
}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("case", SAME_IN_ALL_STEPS)
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_in_each_step(ticket: Ticket, mode: Any, case: str, known: bool, wrapped: bool) -> None:
    """Also what is the same in all steps: it was done once, before the loop, even where there are no steps."""
    graph = theano.OpFromGraph([x], [ticket(x)])
    op: Any = (lambda v=0.0: graph(T.cast(v, "float64"))) if wrapped else ticket
    n = T.iscalar("n")
    steps, _ = theano.scan(lambda: SAME_IN_ALL_STEPS[case](op), n_steps=4 if known else n)
    f = theano.function([n, x], steps, mode=mode, on_unused_input="ignore")
    assert f(4, 1.0).tolist() == [1, 2, 3, 4]
    if not known:
        assert f(0, 1.0).tolist() == [] and ticket.calls == 4


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_given_to_the_steps(ticket: Ticket, mode: Any) -> None:
    """What steps are given is done once."""
    steps, _ = theano.scan(lambda t: t * 2, non_sequences=[ticket(w)], n_steps=3)
    assert theano.function([], steps, mode=mode)().tolist() == [2, 2, 2] and ticket.calls == 1


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_in_loops_in_steps(ticket: Ticket, mode: Any) -> None:
    inner = lambda: theano.scan(lambda: ticket(w), n_steps=2)[0].sum()  # noqa: E731
    steps, _ = theano.scan(inner, n_steps=3)
    assert theano.function([], steps, mode=mode)().tolist() == [3, 7, 11]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_equal_loops_are_two(ticket: Ticket, mode: Any) -> None:
    loops = [theano.scan(lambda a: a + ticket(a), outputs_info=0.0, n_steps=3)[0] for _ in range(2)]
    f = theano.function([], [a[-1] for a in loops], mode=mode)
    assert sum(f()) == 1 + 2 + 3 + 4 + 5 + 6 and ticket.calls == 6
    assert [n.op.has_effects for n in f.maker.fgraph.apply_nodes if isinstance(n.op, Scan)] == [True, True]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_in_an_op_from_a_graph(ticket: Ticket, mode: Any) -> None:
    op = theano.OpFromGraph([x], [ticket(x) * 2])
    assert op.has_effects and not theano.OpFromGraph([x], [x * 2]).has_effects
    assert sorted(map(float, theano.function([x], [op(x), op(x)], mode=mode)(1))) == [2, 4]


def test_merging_by_users(ticket: Ticket) -> None:
    fgraph = theano.FunctionGraph([x], [ticket(T.exp(x)), ticket(T.exp(x))], clone=False)
    MergeOptimizer().optimize(fgraph)
    assert sorted(str(n.op) for n in fgraph.apply_nodes) == ["Elemwise{exp,no_inplace}", "Ticket", "Ticket"]


def test_lengths() -> None:
    """Two answers of one that counts its calls are no equal lengths."""

    class Length(Ticket):
        def make_node(self, *inputs: Any) -> Apply:
            return Apply(self, [], [T.lscalar()])

    length = Length()
    a, b = (T.alloc(0.0, length()) for _ in range(2))
    feature = theano.FunctionGraph([], [a, b], clone=False, features=[ShapeFeature()]).shape_feature
    assert feature.same_shape(a, a) and not feature.same_shape(a, b)


def test_a_branch_not_taken_has_no_effects(ticket: Ticket) -> None:
    f = theano.function([x], [theano.ifelse.ifelse(x > 0, ticket(x), x), theano.ifelse.ifelse(x > 0, x, ticket(x))])
    f(1)
    f(-1)
    assert ticket.calls == 2
