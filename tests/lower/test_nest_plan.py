"""The form of loops as text, and that it follows from items, lengths and the machine alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import theano
import theano.tensor as T
from tests.conftest import Golden
from theano.loops import expr as ex
from theano.lower import body as bd
from theano.lower.builder import Builder, whole
from theano.lower.dims import ONE, length
from theano.lower.items import Pointwise, Reduce
from theano.lower.machine import Machine
from theano.lower.plan.accesses import Reach
from theano.lower.plan.groups import Group
from theano.lower.plan.nest_plan import axis_order, plan_nest
from theano.lower.values import Tensor, Value

Program = tuple[list[Any], Any]


def flat() -> Program:
    x, y = T.matrices("x", "y")
    return [x, y], T.exp(x) * y


def broadcast_rows() -> Program:
    x, v = T.matrix("x"), T.vector("v")
    return [x, v], x + v


def transposed() -> Program:
    """One memory only: the loops go through it in its own order."""
    x = T.matrix("x")
    return [x], T.sqr(x.T)


def tiles() -> Program:
    x, y = T.matrices("x", "y")
    return [x, y], x + y.T


def short_tiles() -> Program:
    """All of one operand is in the cache anyway."""
    x, y = T.TensorType("float64", (False, False), shape=(None, 8))("x"), T.matrix("y")
    return [x, y], x + y.T


def tiles_in_loops() -> Program:
    c = T.tensor3("c")
    return [c], c.dimshuffle(0, 2, 1) + 1 + c


def positions() -> Program:
    """A number that depends on where the loops are keeps them apart."""
    x = T.matrix("x")
    return [x], x * T.eye(x.shape[0], x.shape[1])


def in_order() -> Program:
    x, k = T.vector("x"), T.lvector("k")
    return [x, k], T.inc_subtensor(x[k], 1.0)


def full_sum() -> Program:
    x = T.matrix("x")
    return [x], [x.sum(), T.sqr(x).max()]


def row_sums() -> Program:
    x, w = T.fmatrices("x", "w")
    return [x, w], (x * w).sum(axis=1)


def strided_sums() -> Program:
    """Elements that are not side by side: loading takes the time, so one vector at once."""
    x = T.matrix("x")
    return [x], x[:, ::2].sum(axis=1)


def softmax() -> Program:
    x = T.matrix("x")
    return [x], T.nnet.softmax(T.tanh(x))


def stored_rows() -> Program:
    """What later sweeps read is a result as well."""
    x = T.matrix("x")
    y = T.tanh(x)
    return [x], [y, y - y.mean(axis=1, keepdims=True)]


def columns() -> Program:
    x = T.matrix("x")
    return [x], x.sum(axis=0)


def column_moments() -> Program:
    x = T.matrix("x")
    return [x], [x.mean(axis=0), x.var(axis=0)]


def columns_inside() -> Program:
    c = T.tensor3("c")
    return [c], T.tanh(c).sum(axis=1)


def labels() -> Program:
    """One number of each row is picked."""
    x, k = T.matrix("x"), T.lvector("k")
    return [x, k], T.log(T.nnet.softmax(x))[T.arange(k.shape[0]), k]


def slices() -> Program:
    x, w = T.matrix("x"), T.matrix("w")
    rows, _ = theano.scan(lambda h, w: T.tanh(h.dot(w)), outputs_info=x, non_sequences=w, n_steps=9)
    return [x, w], rows[-1]


def steps_inside() -> Program:
    x, a = T.vector("x"), T.vector("a")
    rows, _ = theano.scan(lambda s, a: T.tanh(s) * a, outputs_info=x, non_sequences=a, n_steps=9)
    return [x, a], rows[-1]


PROGRAMS = [
    flat, broadcast_rows, transposed, tiles, short_tiles, tiles_in_loops, positions, in_order, full_sum, row_sums,
    strided_sums, softmax, stored_rows, columns, column_moments, columns_inside, labels, slices, steps_inside,
]  # fmt: skip


@pytest.mark.parametrize("build", PROGRAMS, ids=lambda f: f.__name__)
def test_golden(build: Callable[[], Program], golden: Golden) -> None:
    with theano.change_flags(openmp=True):
        text = theano.printing.schedule(theano.function(*build()))
    golden(text + "\n", f"plans/{build.__name__}")


def test_what_repeats_is_said_once() -> None:
    x = T.vector("x")
    e = x
    for k in range(200):
        e = T.tanh(e * 1.1 + k)
    text = theano.printing.schedule(theano.function([x], e))
    assert "made as loop 2 is" in text
    assert text.count("at once") < text.count("loop ") / 2


# -- the function itself -------------------------------------------------------------------------------------
N, M = ex.name("dn", "i64"), ex.name("dm", "i64")


def tensor(name: str, *dims: ex.Expr, type_: str = "f64", role: str = "input") -> Tensor:
    return Tensor(name, type_, dims, role)


def group_of(*items: Pointwise | Reduce, axes: tuple[ex.Expr, ...] = (N, M)) -> Group:
    group = Group(0, list(axes), items=list(items), cost=sum(i.cost for i in items))
    group.places = {i: tuple(range(len(axes))) for i in items}
    group.red = frozenset().union(*(i.red for i in items if isinstance(i, Reduce)))
    return group


def pointwise(out: Tensor, *reads: tuple[Tensor, tuple[int, ...]], cost: int = 1) -> Pointwise:
    values = [Value(t.type, t.dims, tensor=t, axes=tuple(range(len(t.dims)))) for t, _ in reads]
    return Pointwise(
        0, None, dims=out.dims, reads=values, maps=[axes for _, axes in reads], out=out, cost=cost,
        body=bd.element(0, values[0]),
    )  # fmt: skip


def test_the_order_is_that_of_most_memory() -> None:
    x, y, out = tensor("x", N, M), tensor("y", M, N), tensor("o", N, M)
    b = Builder()
    straight = group_of(pointwise(out, (x, (0, 1))))
    assert axis_order(Reach(b, straight, {out})) == [0, 1]
    turned = group_of(pointwise(out, (y, (1, 0)), (y, (1, 0))))
    assert axis_order(Reach(b, turned, set())) == [1, 0]


def test_shapes_of_points() -> None:
    x, y, out = tensor("x", N, M), tensor("y", M, N), tensor("o", N, M)
    one = plan_nest(Builder(), group_of(pointwise(out, (x, (0, 1)))), {out})
    assert (one.shape, one.order, one.unroll) == ("flat", (0, 1), 1)
    assert one.outermost is not None and one.outermost.points is ONE
    tiled = plan_nest(Builder(), group_of(pointwise(out, (x, (0, 1)), (y, (1, 0)))), {out})
    assert (tiled.shape, tiled.across) == ("tiled", 0)
    none = plan_nest(Builder(), group_of(pointwise(out, (x, (0, 1))), axes=(N, length(0))), {out})
    assert none.shape == "nothing" and none.sharing is None


def test_plans_are_values() -> None:
    x, out = tensor("x", N, M), tensor("o", N, M)
    b, group = Builder(), group_of(pointwise(out, (x, (0, 1)), cost=20))
    plan = plan_nest(b, group, {out})
    assert plan == plan_nest(b, group, {out}) and plan.unroll == 2
    assert plan != plan_nest(Builder(dims=b.dims, machine=Machine(heavy=100)), group, {out})
    with pytest.raises(AttributeError):
        plan.unroll = 3


def test_what_is_reduced_along_the_contiguous_axis_goes_by_rows() -> None:
    x = tensor("x", N, M)
    for axis, shape in ((1, "rows"), (0, "columns")):
        out = tensor("o", (N, M)[1 - axis])
        total = Reduce(
            0, None, dims=(N, M), reads=[whole(x)], maps=[(0, 1)], red=frozenset([axis]), out=out, out_axes=(1 - axis,),
            body=bd.element(0, whole(x)),
        )  # fmt: skip
        plan = plan_nest(Builder(), group_of(total), {out})
        assert (plan.shape, plan.order[-1]) == (shape, 1)
        assert plan.sweeps[0].items == (total,)
        assert plan.outermost is not None and plan.outermost.axis == (0 if axis else None)
