"""The form of loops follows from items, lengths and the machine alone. (Its text: `test_stages`.)"""

from __future__ import annotations

import functools
from typing import Any

import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.lower.fusion.groups import Group
from theano.lower.nests.accesses import Reach
from theano.lower.nests.axis_order import axis_order
from theano.lower.nests.planner import plan_nest
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, length
from theano.lower.state.items import Pointwise, Reduce
from theano.lower.state.machine import Machine
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value


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
    w, v = tensor("w", N), tensor("v", N)
    beside_vectors = group_of(pointwise(out, (x, (0, 1)), (w, (0,)), (v, (0,))))
    assert axis_order(Reach(b, beside_vectors, set())) == [0, 1]


@pytest.mark.parametrize(
    "sum_of",
    [
        lambda x, i, w: (x * w[:, None] * T.sqr(w)[:, None]).sum(),
        lambda x, i, w: (x[i] ** 2).sum(),
        lambda x, i, w: (x[i] * T.sqr(w)[:, None]).sum(),
    ],
)
def test_rows_are_gone_along(sum_of) -> None:
    """Vectors beside a matrix, or indices of its rows, do not decide that the loops go down its columns."""
    x, i, w = T.matrix("x"), T.lvector("i"), T.vector("w")
    text = theano.printing.schedule(theano.function([x, i, w], sum_of(x, i, w), on_unused_input="ignore"))
    assert any("sweeps over" in line and line.endswith("x.shape[1], the last in vectors") for line in text.splitlines())


def test_what_is_added_to_channels_does_not_decide_the_order() -> None:
    """A number for each channel, seen as an array of as many axes as the images have, says nothing of these."""
    x, b = T.tensor4("x"), T.vector("b")
    f = theano.function([x, b], T.nnet.relu(x + b.dimshuffle("x", 0, "x", "x")))
    assert "loops over x.shape[0], x.shape[1], x.shape[2] * x.shape[3]" in theano.printing.schedule(f)


def laid(lengths: str, *of_operands: str) -> list[Any]:
    """Operands with some axes of a space, in an order of their own, as seen in that space.

    >>> [v.ndim for v in laid("2a 30b", "ba", "b")]
    [2, 2]
    """
    known = {text[-1]: int(text[:-1]) for text in lengths.split()}
    made = []
    for axes in of_operands:
        x = T.TensorType("float64", shape=[known[a] for a in axes])()
        made.append(x.dimshuffle([axes.index(a) if a in axes else "x" for a in known]))
    return made


@pytest.mark.parametrize(
    ("lengths", "operands", "summed", "words"),
    [
        ("400a 64b", ("b", "ba"), 0, "loops over 64; rows: sweeps over 400, the last in vectors"),
        ("18a 32b 25c 37d", ("ca", "bcd"), 0, "loops over 32, 25; columns: blocks of 4096 of 37 in vectors"),
        ("64a 2b 75c 100d", ("abcd", "dbca", "da"), None, "loops over 75, 2, 100, 64, the last in vectors"),
        ("30a 8b 50c 2d", ("acbd", "bcd", "bac"), (0, 2, 3), "sweeps over 30, 2, 50, the last in vectors"),
    ],
)
def test_the_largest_array_decides_and_no_short_row(lengths: str, operands: Any, summed: Any, words: str) -> None:
    """Axes that the largest array has not, and rows of a few elements, are not gone along."""
    views = laid(lengths, *operands)
    y = functools.reduce(T.maximum, views)
    if summed is None:
        y = T.exp(y).dimshuffle(2, 0, 3, 1) * 2
    else:
        y = y.sum(axis=summed)
    f = theano.function([v.owner.inputs[0] if v.owner else v for v in views], y)
    text = str(theano.printing.schedule(f))
    assert words in text and " 2, the last in vectors" not in text, text


def test_shapes_of_points() -> None:
    x, y, out = tensor("x", N, M), tensor("y", M, N), tensor("o", N, M)
    one = plan_nest(Builder(), group_of(pointwise(out, (x, (0, 1)))), {out})
    assert (one.shape, one.order, one.unroll) == ("flat", (0,), 1)
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
        assert plan.levels == (() if axis else ((), ((total,),)))  # a loop of its own for results of columns
        assert plan.outermost is not None and plan.outermost.axis == (0 if axis else None)
