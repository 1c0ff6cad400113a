"""How each op is applied to all steps of a loop at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano import scalar
from theano.rewrite.engine.build import constant, dimshuffle, elemwise, index, number, same_number
from theano.rewrite.engine.forms import FULL, axes_of, entries_of, subtensor, with_axes
from theano.rewrite.engine.table import Node, Tensor
from theano.rewrite.loops.batching import Batch, Rows, batches
from theano.rewrite.rules.shaping import elements_of
from theano.tensor.checks.assertion import AssertEqual
from theano.tensor.checks.declared_shapes import Rebroadcast, SpecifyShape, patternbroadcast
from theano.tensor.checks.shape_agreement import Fitting
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.indexing.advanced_subtensor import (
    ARRAY,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
)
from theano.tensor.indexing.subtensor import INDEX, IncSubtensor, Subtensor
from theano.tensor.linalg.dot import BatchedDot, Dot
from theano.tensor.making.alloc import Alloc
from theano.tensor.making.ranges import ARange
from theano.tensor.making.triangles import Eye
from theano.tensor.nnet.softmax import LogSoftmax, Softmax
from theano.tensor.nnet.softmax_along import LogSoftmaxAlong, SoftmaxAlong
from theano.tensor.reductions.cumulative import CumOp
from theano.tensor.reductions.extremes import Argmax, Max, MaxAndArgmax, Min, Supremum
from theano.tensor.reductions.recurrence import LinearRecurrence
from theano.tensor.reductions.reduction import All, Prod, Sum
from theano.tensor.reductions.reduction import Any as AnyTrue
from theano.tensor.shaping.join import Join, Split
from theano.tensor.shaping.reshaping import Reshape
from theano.tensor.shaping.shape import MakeVector, Shape, Shape_i

_dot, _batched_dot = Dot(), BatchedDot()


def _one(rows: Tensor) -> list[Rows]:
    return [Rows(rows, True)]


def _row_ndim(a: Rows) -> int:
    ndim: int = a.rows.type.ndim
    return ndim - 1 if a.varying else ndim


def _aligned(a: Rows, ndim: int) -> Tensor:
    """The rows with `ndim` axes below the first (of length 1 for what does not vary)."""
    missing = ("x",) * (ndim - _row_ndim(a))
    if a.varying:
        return dimshuffle(a.rows, (0, *missing, *range(1, a.rows.type.ndim)))
    return dimshuffle(a.rows, ("x", *missing, *range(a.rows.type.ndim)))


# -- point-wise, axes, reductions ------------------------------------------------------------------------


@batches(Elemwise)
def batch_elemwise(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    ndim = node.outputs[0].type.ndim
    return _one(node.op(*(_aligned(a, ndim) for a in arguments)))


@batches(DimShuffle)
def batch_dimshuffle(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    order = node.op.new_order
    return _one(dimshuffle(arguments[0].rows, (0, *(o if o == "x" else int(o) + 1 for o in order))))


@batches(Softmax, LogSoftmax)
def batch_softmax(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    along = SoftmaxAlong if type(node.op) is Softmax else LogSoftmaxAlong
    return _one(along((2,))(arguments[0].rows))


@batches(SoftmaxAlong, LogSoftmaxAlong)
def batch_softmax_along(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return _one(type(node.op)(tuple(a + 1 for a in node.op.axis))(arguments[0].rows))


@batches(Sum, Prod, Max, Min, Supremum, All, AnyTrue)
def batch_reduction(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return _one(with_axes(node.op, tuple(a + 1 for a in axes_of(node)), arguments[0].rows))


@batches(Argmax, MaxAndArgmax)
def batch_argmax(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    op = type(node.op)(axis=tuple(a + 1 for a in node.op.axis))
    return [Rows(v, True) for v in op(arguments[0].rows, return_list=True)]


@batches(CumOp)
def batch_cumulative(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    axis, ndim = node.op.axis, node.inputs[0].type.ndim
    if axis is None and ndim != 1:
        return None
    return _one(CumOp(axis=1 if axis is None else axis % ndim + 1, mode=node.op.mode)(arguments[0].rows))


@batches(LinearRecurrence)
def batch_recurrence(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return _one(LinearRecurrence(node.op.axis + 1, node.op.shifted)(*(batch.varied(a) for a in arguments)))


# -- products --------------------------------------------------------------------------------------------


@batches(Dot)
def batch_dot(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    """Of rows and what does not vary: one product of matrices."""
    a, b = arguments
    out = node.outputs[0]
    if _row_ndim(a) == 2 and node.inputs[0].type.broadcastable[1]:
        return _outer(a, b, out)
    if not b.varying:
        return _one(_rows_times(batch, a.rows, b.rows))
    if not a.varying:
        other = dimshuffle(a.rows, (1, 0)) if _row_ndim(a) == 2 else a.rows
        if _row_ndim(b) == 1:
            return _one(_dot(b.rows, other))
        made = _rows_times(batch, dimshuffle(b.rows, (0, 2, 1)), other)
        return _one(dimshuffle(made, (0, 2, 1)) if made.type.ndim == 3 else made)
    return _both_vary(a.rows, b.rows, out)


def _outer(a: Rows, b: Rows, out: Tensor) -> Sequence[Rows] | None:
    """A product over an axis of length 1: point-wise."""
    x, y = _aligned(a, 2), _aligned(b, 2)
    if out.type.ndim == 1:  # a column times a vector of one element
        y = dimshuffle(b.rows, (0, 1, "x") if b.varying else ("x", 0, "x"))
        return _one(dimshuffle(elemwise(scalar.mul, x, y), (0, 1)))
    return _one(elemwise(scalar.mul, x, y))


def _rows_times(batch: Batch, rows: Tensor, other: Tensor) -> Tensor:
    """The products of the rows (vectors or matrices) with a vector or matrix `other`."""
    made: Tensor
    if rows.type.ndim == 2:
        made = _dot(rows, other)
        return made
    n, *shape = batch.lengths(Rows(rows, False))
    flat = Reshape(2)(rows, _vector([elemwise(scalar.mul, n, shape[0]), shape[1]]))
    product = _dot(flat, other)
    lengths = [n, shape[0], *batch.lengths(Rows(other, False))[1:]]
    made = Reshape(len(lengths))(product, _vector(lengths))
    pattern = (False, rows.type.broadcastable[1], *other.type.broadcastable[1:])
    return patternbroadcast(made, pattern)


def _vector(lengths: Sequence[Tensor]) -> Tensor:
    made: Tensor = MakeVector("int64")(*lengths)
    return made


def _both_vary(x: Tensor, y: Tensor, out: Tensor) -> Sequence[Rows] | None:
    dtype = out.type.dtype
    if x.type.ndim == 2 and y.type.ndim == 2:
        if not dtype.startswith("float"):
            return None
        total = Sum(axis=(1,), dtype=dtype)(elemwise(scalar.mul, x, y))
        return _one(total)
    if x.type.ndim == 3 and y.type.ndim == 3:
        return _one(_batched_dot(x, y))
    if x.type.ndim == 3:
        return _one(dimshuffle(_batched_dot(x, dimshuffle(y, (0, 1, "x"))), (0, 1)))
    return _one(dimshuffle(_batched_dot(dimshuffle(x, (0, "x", 1)), y), (0, 2)))


@batches(BatchedDot)
def batch_batched_dot(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    return _one(_batched_dot(*(a.rows for a in arguments))) if all(a.varying for a in arguments) else None


# -- shapes ----------------------------------------------------------------------------------------------


@batches(Shape_i)
def batch_length(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return [Rows(batch.lengths(arguments[0])[node.op.i], False)]


@batches(Shape)
def batch_shape(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return [Rows(_vector(batch.lengths(arguments[0])), False)]


@batches(MakeVector)
def batch_make_vector(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    dtype = node.outputs[0].type.dtype
    columns = []
    for a in arguments:
        rows = batch.varied(a)
        rows = rows if rows.type.dtype == dtype else elemwise(scalar.convert_to(dtype), rows)
        columns.append(dimshuffle(rows, (0, "x")))
    return _one(Join()(index(1), *columns) if len(columns) > 1 else columns[0])


@batches(Reshape)
def batch_reshape(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    x, shape = arguments
    wanted = None if shape.varying else elements_of(shape.rows)
    if wanted is None:
        return None
    open_ = [k for k, n in enumerate(wanted) if number(n) == -1]
    if len(open_) > 1 or any(number(n) is None for n in wanted) and open_:
        return None
    if open_:  # with no steps at all a length of -1 could be any
        total = _product(batch.lengths(x))
        rest = _product([n for k, n in enumerate(wanted) if k not in open_])
        wanted[open_[0]] = elemwise(scalar.int_div, total, rest)
    made = Reshape(len(wanted) + 1)(x.rows, _vector([batch.n, *wanted]))
    return _one(patternbroadcast(made, (False, *node.outputs[0].type.broadcastable)))


def _product(lengths: Sequence[Tensor]) -> Tensor:
    total: Tensor = index(1)
    for n in lengths:
        total = elemwise(scalar.mul, total, n) if number(total) != 1 else n
    return total


@batches(Rebroadcast)
def batch_rebroadcast(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    return _one(patternbroadcast(arguments[0].rows, (False, *node.outputs[0].type.broadcastable)))


@batches(SpecifyShape)
def batch_specify_shape(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    lengths = None if any(a.varying for a in arguments[1:]) else elements_of(arguments[1].rows)
    if lengths is None or len(arguments) != 2:
        return None
    return _one(SpecifyShape()(arguments[0].rows, _vector([batch.n, *lengths])))


@batches(AssertEqual)
def batch_assert_equal(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    """Of integers that are the same in all steps. Where there may be no step, these are not compared then."""
    value, one, other = arguments
    if one.varying or other.varying or one.rows.type.dtype != other.rows.type.dtype:
        return None
    compared = one.rows
    if not batch.certain:
        compared = elemwise(scalar.switch, elemwise(scalar.eq, batch.n, index(0)), other.rows, one.rows)
    return _one(node.op(value.rows, compared, other.rows))


@batches(Fitting)
def batch_fitting(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    if node.op.required:
        return None
    pairs = zip(node.op.sides, arguments, strict=True)
    sides = tuple((name, ("", *letters) if a.varying else letters) for (name, letters), a in pairs)
    return [Rows(Fitting(node.op.what, sides)(*(a.rows for a in arguments)), arguments[0].varying)]


@batches(Alloc)
def batch_alloc(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    value, *sizes = arguments
    if any(s.varying for s in sizes):
        return None
    return _one(node.op(_aligned(value, len(sizes)), batch.n, *(s.rows for s in sizes)))


@batches(Join)
def batch_join(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    axis = _axis(arguments[0], node.inputs[1].type.ndim)
    return None if axis is None else _one(node.op(axis, *(batch.varied(a) for a in arguments[1:])))


@batches(Split)
def batch_split(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    x, axis_of, lengths = arguments
    axis = _axis(axis_of, node.inputs[0].type.ndim)
    if axis is None or lengths.varying:
        return None
    return [Rows(v, True) for v in node.op(batch.varied(x), axis, lengths.rows, return_list=True)]


def _axis(axis: Rows, ndim: int) -> Tensor | None:
    """The axis below that of the steps; None if it is not known."""
    value = None if axis.varying else number(axis.rows)
    return None if value is None else index(int(value) % ndim + 1)


# -- indexing --------------------------------------------------------------------------------------------


@batches(Subtensor)
def batch_subtensor(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    x, *indices = arguments
    if not any(i.varying for i in indices):
        return _one(subtensor(x.rows, [FULL, *_entries(node, [i.rows for i in indices])]))
    entries = _entries(node, indices)
    if any(isinstance(e, slice) and any(p is not None and p.varying for p in _parts(e)) for e in entries):
        return None
    # First what is the same in all steps, with the axes whose places vary left as they are.
    first = [FULL] if x.varying else []
    varying: list[Tensor] = []
    axes: list[int] = []
    axis = len(first)
    for e in entries:
        if isinstance(e, slice):
            first.append(slice(*(None if p is None else p.rows for p in _parts(e))))
        elif not e.varying:
            first.append(e.rows)
            continue
        else:
            first.append(FULL)
            varying.append(e.rows)
            axes.append(axis)
        axis += 1
    return _one(_picked(batch, x.varying, subtensor(x.rows, first), axes, varying))


def _picked(batch: Batch, stacked: bool, x: Tensor, axes: list[int], places: list[Tensor]) -> Tensor:
    """Of each row of `x` (of `x` itself if not `stacked`) the place ``places[k][t]`` on axis ``axes[k]``."""
    if stacked:
        axes, places = [0, *axes], [_steps(batch), *places]
    x = dimshuffle(x, [*axes, *(k for k in range(x.type.ndim) if k not in axes)])
    made: Tensor
    if len(axes) == 1:
        if _counts(places[0], batch.lengths(Rows(x, False))[0], batch.n):
            return x
        made = AdvancedSubtensor1()(x, places[0])
    else:
        made = AdvancedSubtensor((ARRAY,) * len(axes))(x, *places)
    return made


def _steps(batch: Batch) -> Tensor:
    """The numbers of the steps."""
    made: Tensor = ARange("int64")(index(0), batch.n, index(1))
    return made


def _counts(places: Tensor, length: Tensor, n: Tensor) -> bool:
    """Whether `places` are 0, 1, … up to `length`."""
    node = places.owner
    if node is None or type(node.op) is not ARange:
        return False
    start, stop, step = node.inputs
    return number(start) == 0 and number(step) == 1 and same_number(stop, length) and same_number(n, length)


def _parts(entry: slice) -> tuple[Any, Any, Any]:
    return entry.start, entry.stop, entry.step


def _entries(node: Node, filled: Sequence[Any]) -> list[Any]:
    """The indices of `node`, with `filled` for the variables among them."""
    skip = len(node.inputs) - len(filled)
    place = iter(filled)
    return [
        slice(*(None if p is None else next(place) for p in _parts(e))) if isinstance(e, slice) else next(place)
        for e in entries_of(node, skip)
    ]


@batches(IncSubtensor)
def batch_inc_subtensor(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    x, y, *indices = arguments
    op = node.op
    if not any(i.varying for i in indices):
        target = node.inputs[0].type.ndim - sum(not isinstance(e, slice) for e in op.idx_list)
        written = _aligned(y, target) if y.varying else y.rows
        writer = IncSubtensor((slice(None), *op.idx_list), set_instead_of_inc=op.set_instead_of_inc)
        return _one(writer(batch.varied(x), written, *(i.rows for i in indices)))
    if op.idx_list != (INDEX,):
        return None
    written = _aligned(y, node.inputs[0].type.ndim - 1) if y.varying else y.rows
    places = indices[0].rows
    one_hot = _one_hot(batch, x, written, places)
    if one_hot is not None:
        return _one(one_hot)
    made = AdvancedIncSubtensor(False, op.set_instead_of_inc, (ARRAY, ARRAY))
    return _one(made(batch.varied(x), written, _steps(batch), places))


def _one_hot(batch: Batch, x: Rows, y: Tensor, places: Tensor) -> Tensor | None:
    """``zeros[i] = y`` in step `i`, for as many steps as there are places: a diagonal matrix."""
    if x.varying or x.rows.type.ndim != 1 or not _is_zero(x.rows):
        return None
    (length,) = batch.lengths(x)
    if not _counts(places, length, batch.n):
        return None
    dtype = x.rows.type.dtype
    eye = Eye(dtype)(length, length, index(0))
    if number(y) == 1:
        return eye
    column = dimshuffle(y, (0, "x")) if y.type.ndim else dimshuffle(y, ("x", "x"))
    # chosen, not multiplied: what is written may be infinite
    return elemwise(scalar.switch, elemwise(scalar.neq, eye, constant(0, dtype, 2)), column, constant(0, dtype, 2))


def _is_zero(x: Tensor) -> bool:
    node = x.owner
    value = node.inputs[0] if node is not None and type(node.op) is Alloc else x
    return number(value) == 0


@batches(AdvancedSubtensor1)
def batch_take(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    x, places = arguments
    if not x.varying:
        return _one(AdvancedSubtensor((ARRAY,))(x.rows, places.rows))
    if not places.varying:
        return _one(AdvancedSubtensor((slice(None), ARRAY))(x.rows, places.rows))
    return _one(AdvancedSubtensor((ARRAY, ARRAY))(x.rows, dimshuffle(_steps(batch), (0, "x")), places.rows))


@batches(AdvancedIncSubtensor1)
def batch_put(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    x, y, places = arguments
    written = _aligned(y, node.inputs[0].type.ndim) if y.varying else y.rows
    rows, setting = batch.varied(x), node.op.set_instead_of_inc
    if not places.varying:
        return _one(AdvancedIncSubtensor(False, setting, (slice(None), ARRAY))(rows, written, places.rows))
    steps = dimshuffle(_steps(batch), (0, "x"))
    return _one(AdvancedIncSubtensor(False, setting, (ARRAY, ARRAY))(rows, written, steps, places.rows))


@batches(AdvancedSubtensor)
def batch_take_along(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    """At places in the first axes that are the same in all steps."""
    x, *places = arguments
    if any(p.varying for p in places) or set(node.op.idx_list) != {ARRAY}:
        return None
    return _one(AdvancedSubtensor((slice(None), *node.op.idx_list))(x.rows, *(p.rows for p in places)))


@batches(AdvancedIncSubtensor)
def batch_put_along(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
    """At places in the first axes that are the same in all steps."""
    x, y, *places = arguments
    if any(p.varying for p in places) or set(node.op.idx_list) != {ARRAY}:
        return None
    among = max(p.rows.type.ndim for p in places)
    written = _aligned(y, node.inputs[0].type.ndim - len(places) + among) if y.varying else y.rows
    writer = AdvancedIncSubtensor(False, node.op.set_instead_of_inc, (slice(None), *node.op.idx_list))
    return _one(writer(batch.varied(x), written, *(p.rows for p in places)))
