"""The forms under which patterns name tensor ops: how a node is read, and how one is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.rewrite.engine.build import dimshuffle
from theano.rewrite.engine.pattern import Form
from theano.rewrite.engine.table import Node, Tensor
from theano.scan.count import StepCount
from theano.tensor.checks.declared_shapes import Rebroadcast
from theano.tensor.elemwise import DimShuffle
from theano.tensor.indexing.subtensor import INDEX, IncSubtensor, Subtensor
from theano.tensor.linalg.dot import Dot
from theano.tensor.linalg.inverses import Det, MatrixInverse, SLogDet
from theano.tensor.reductions.extremes import Max, Min, Supremum
from theano.tensor.reductions.reduction import All, Prod, Sum
from theano.tensor.reductions.reduction import Any as AnyTrue
from theano.tensor.shaping.join import Join

FULL = slice(None)


# -- reductions -----------------------------------------------------------------------------------


class Kind:
    """What a reduction does, whatever its axes."""

    __slots__ = ("op",)

    def __init__(self, op: Any) -> None:
        self.op = op

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kind) and type(self.op) is type(other.op)

    def __hash__(self) -> int:
        return hash(type(self.op))


def axes_of(node: Node) -> tuple[int, ...]:
    """The axes a reduction reduces."""
    axis = node.op.axis
    if axis is None:
        return tuple(range(node.inputs[0].type.ndim))
    return tuple(axis)


def with_axes(op: Any, axes: tuple[int, ...], var: Tensor) -> Tensor:
    """The reduction `op` over other axes of `var`, of the same dtypes."""
    cls = type(op)
    if cls in (Sum, Prod):
        made: Tensor = cls(axis=axes, dtype=op.dtype, acc_dtype=op.acc_dtype)(var)
    else:
        made = cls(axis=axes)(var)
    return made


def _reduction(name: str, *classes: type) -> Form:
    """``form(K, x, A)``: a reduction of kind `K` of `x` over the axes `A`."""
    return Form(
        name,
        classes,
        lambda node: ((Kind(node.op), axes_of(node)), node.inputs),
        lambda kind, axes, x: with_axes(kind.op, axes, x),
    )


def _reduction_by(name: str, cls: Any) -> Form:
    """``form(x, A)``: the reduction over `A`, axes or None for all."""
    return Form(name, (cls,), lambda node: ((node.op.axis,), node.inputs), lambda axis, x: cls(axis=axis)(x))


reduction = _reduction("reduction", Sum, Prod, Max, Min, Supremum)
any_reduction = _reduction("any_reduction", Sum, Prod, Max, Min, Supremum, All, AnyTrue)
summation = _reduction("summation", Sum)
sum_of, prod_of = _reduction_by("sum_of", Sum), _reduction_by("prod_of", Prod)
max_of, min_of, supremum_of = _reduction_by("max_of", Max), _reduction_by("min_of", Min), _reduction_by("sup", Supremum)


# -- axes and shapes ------------------------------------------------------------------------------

#: ``shuffled(x, P)``: the axes of `x` in the order `P`, which may add and drop some.
shuffled = Form(
    "shuffled", (DimShuffle,), lambda node: ((node.op.new_order,), node.inputs), lambda order, x: dimshuffle(x, order)
)
rebroadcast = Form("rebroadcast", (Rebroadcast,), lambda node: ((node.op.axis,), node.inputs))
counted = Form("counted", (StepCount,), lambda node: ((node.op.needed_by,), node.inputs))


# -- products, joins ------------------------------------------------------------------------------

product = Form("product", (Dot,), lambda node: ((), node.inputs), lambda x, y: Dot()(x, y))
joined = Form("joined", (Join,), lambda node: ((), node.inputs))


# -- linear algebra -------------------------------------------------------------------------------

inverse = Form("inverse", (MatrixInverse,), lambda node: ((), node.inputs), lambda x: MatrixInverse()(x))
determinant = Form("determinant", (Det,), lambda node: ((), node.inputs), lambda x: Det()(x))
#: On right sides: the outputs of `SLogDet`.
sign_of_determinant = Form("sign_of_determinant", (SLogDet,), lambda node: ((), node.inputs), lambda x: SLogDet()(x)[0])
log_size_of_determinant = Form(
    "log_size_of_determinant", (SLogDet,), lambda node: ((), node.inputs), lambda x: SLogDet()(x)[1]
)


# -- indexing -------------------------------------------------------------------------------------


def entries_of(node: Node, skip: int = 1) -> list[Any]:
    """The indices of a node with their variables filled in: variables, and slices of variables or None."""
    left = iter(node.inputs[skip:])
    filled: list[Any] = []
    for entry in node.op.idx_list:
        if isinstance(entry, slice):
            filled.append(slice(*(None if p is None else next(left) for p in (entry.start, entry.stop, entry.step))))
        else:
            filled.append(None if entry is None else next(left))
    return filled


def subtensor(x: Tensor, entries: Sequence[Any]) -> Tensor:
    """``x[entries]`` of basic indices that are variables; trailing full slices dropped."""
    kept = list(entries)
    while kept and isinstance(kept[-1], slice) and kept[-1] == FULL:
        kept.pop()
    if not kept:
        return x
    idx_list: list[Any] = []
    inputs: list[Tensor] = []
    for entry in kept:
        if isinstance(entry, slice):
            parts = (entry.start, entry.stop, entry.step)
            idx_list.append(slice(*(None if p is None else INDEX for p in parts)))
            inputs.extend(p for p in parts if p is not None)
        else:
            idx_list.append(INDEX)
            inputs.append(entry)
    made: Tensor = Subtensor(tuple(idx_list))(x, *inputs)
    return made


#: ``picked(x, I)``: ``x[I]`` with integers and slices.
picked = Form(
    "picked",
    (Subtensor,),
    lambda node: ((entries_of(node),), node.inputs[:1]),
    lambda entries, x: subtensor(x, entries),
)
#: ``written(x, y, I, S)``: `x` with `y` added at ``x[I]``, or set there if `S`.
written = Form(
    "written", (IncSubtensor,), lambda node: ((entries_of(node, 2), node.op.set_instead_of_inc), node.inputs[:2])
)
