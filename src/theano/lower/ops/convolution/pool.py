"""Lowering of pooling: `lower.windows` with maxima, sums and means, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.indexing import take
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.convert import convert
from theano.lower.state.dims import LIMIT, ONE, ZERO, escaped, is_const, length
from theano.lower.state.inlining import Sources
from theano.lower.state.values import Value
from theano.lower.state.windows import WRITTEN_OUT, Axis, Windows, over_taps
from theano.tensor.signal.pool_ops import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool

RANGE = "{op}: {what} must be {least} at least, not {{0}}"
LONG = "{op}: {what} is beyond what arrays can have: {{0}}"
PADDED = "padding works only with ignore_border=True"
WIDE = "padding {0} must be smaller than the window {1}"
UNLIKE = "pooling: {what} has {{0}} elements along axis {axis}, not {{1}}"


def windows_of(b: Builder, op: Any, image: Sequence[Expr], parameters: Sequence[Value]) -> Windows:
    """The windows of a pooling over an array of these lengths."""
    message = f"pooling along {op.ndim} axes, but {{0}} lengths are given"
    found = [numbers_of(b, p, op.ndim, message) for p in parameters]
    lead = len(image) - op.ndim
    axes = []
    for k in range(op.ndim):
        window, stride, pad = (b.dims.normal(f[k]) for f in found)
        for what, value, least in (("the window", window, 1), ("the stride", stride, 1), ("the padding", pad, 0)):
            few = RANGE.format(op=escaped(str(op)), what=what, least=least)
            b.check(ex.ge(value, length(least)), ValueError, few, (value,))
            b.check(ex.le(value, length(int(LIMIT))), ValueError, LONG.format(op=escaped(str(op)), what=what), (value,))
        if not op.ignore_border:
            b.check(ex.eq(pad, ZERO), NotImplementedError, PADDED)
        b.check(ex.lt(pad, window), NotImplementedError, WIDE, (pad, window))
        count = out_length(b, image[lead + k], window, stride, pad, op.ignore_border)
        if not op.ignore_border and not (is_const(window) and window.value <= WRITTEN_OUT):
            # It begins in the array and may end far behind: 1000 of 7 elements, to have the largest of all.
            window = b.dims.minimum(window, b.dims.maximum(image[lead + k], ONE))
        axes.append(Axis(image[lead + k], window, stride, pad, count, covered=op.ignore_border))
    return Windows(tuple(image[:lead]), tuple(axes))


def numbers_of(b: Builder, value: Value, count: int, message: str) -> tuple[Expr, ...]:
    """The elements of a vector that must have so many; the `message` has a place for how many it has."""
    b.unify(value.dims[0], length(count), message)
    known = elements_of(b, value)
    if known is not None:
        return known if len(known) == count else (ONE,) * count  # then the check has failed
    return tuple(b.scalar(take(b, value, [length(k)]), "i64") for k in range(count))


def out_length(b: Builder, image: Expr, window: Expr, stride: Expr, pad: Expr, ignore_border: bool) -> Expr:
    """How many windows there are along an axis: `theano.tensor.signal.pool_ops.out_length` of main's lengths."""
    wide = ex.sub(ex.add(image, stride), ONE)  # windows begin at every stride that leaves them an element
    narrow = ex.sub(ex.add(ex.add(image, stride), ex.add(pad, pad)), window)  # those that end inside
    if ignore_border:
        return steps_in(b, narrow, stride)
    closed = ex.add(steps_in(b, ex.sub(narrow, ONE), stride), ONE)
    return b.dims.normal(ex.select(ex.ge(stride, window), steps_in(b, wide, stride), closed))


def steps_in(b: Builder, span: Expr, stride: Expr) -> Expr:
    """How many strides a span has room for, 0 at least."""
    span = b.dims.maximum(b.dims.normal(span), ZERO)
    if is_const(span) and is_const(stride) and stride.value:
        return length(span.value // stride.value)
    return span if is_const(stride, 1) else ex.idiv(span, ex.maximum(stride, ONE))  # what is below 1 has been refused


def _require(b: Builder, value: Value, lengths: Sequence[Expr], what: str) -> None:
    for axis, (own, wanted) in enumerate(zip(value.dims, lengths, strict=True)):
        b.unify(own, wanted, UNLIKE.format(what=what, axis=axis))


def _is_native(b: Builder, op: Any, *values: Value) -> bool:
    """Whether there are loops for numbers of these types; a mean of truth values has none."""
    alike = len({v.type for v in values}) == 1 and b.native(values[0].type)
    return alike and (values[0].type != "bool" or (op.mode == "max" and len(values) == 1))


@lowers(Pool)
def lower_pool(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, (x, *parameters) = node.op, inputs
    if not _is_native(b, op, x):
        return None
    windows = windows_of(b, op, x.dims, parameters)
    sources, how, mean = Sources(b), "max" if op.mode == "max" else "add", _mean(windows, op.mode, x.type)

    def tap(places: Sequence[Expr]) -> tuple[Expr, Expr]:
        element, inside = windows.element(sources, x, places)
        # The sum of a window of integers may be too large for their type, in which its mean is given back.
        return (ex.cast(element, "f64") if mean is not None and element.type in ex.INTS else element), inside

    return [over_taps(sources, x.type, windows.out, windows.places(), tap, how, mean)]


def _mean(windows: Windows, mode: str, type_: str) -> Callable[[Expr], Expr] | None:
    """What makes sums means: divided by the number of elements; those of integers are truncated."""
    if mode in ("max", "sum"):
        return None

    def finish(total: Expr) -> Expr:
        real = total if total.type in ex.FLOATS else ex.cast(total, "f64")
        axes = zip(windows.axes, windows.here(), strict=True)
        counts = [axis.elements(o, mode == "average_inc_pad") for axis, o in axes]
        count = ex.cast(length(math.prod(n.value for n in counts if is_const(n))), real.type)
        for n in counts:
            count = count if is_const(n) else ex.mul(count, ex.cast(n, real.type))
        return convert(ex.div(real, count), type_ if type_ in ex.INTS else total.type)

    return finish


@lowers(MaxPoolGrad)
def lower_max_pool_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """For each element the sum over the windows that hold it, from the last one on."""
    x, largest, g = inputs[:3]
    if not _is_native(b, node.op, x, largest, g):
        return None
    windows = windows_of(b, node.op, x.dims, inputs[3:])
    for value, what in ((largest, "the maximum"), (g, "its gradient")):
        _require(b, value, windows.out, what)
    sources = Sources(b, [x])

    def tap(places: Sequence[Expr]) -> tuple[Expr, Expr]:
        top, inside = windows.covering(sources, largest, places)
        gradient, _ = windows.covering(sources, g, places)
        return gradient, ex.and_(inside, ex.eq(bd.element(0, x), top))

    return [over_taps(sources, x.type, x.dims, windows.reach(), tap, "add")]


@lowers(AveragePoolGrad)
def lower_average_pool_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, (x, g) = node.op, inputs[:2]
    if not _is_native(b, op, x, g):
        return None
    windows = windows_of(b, op, x.dims, inputs[2:])
    _require(b, g, windows.out, "the gradient")
    mean = _mean(windows, op.mode, x.type)
    if mean is not None:
        g = b.pointwise(x.type, windows.out, [g], mean(bd.element(0, g)), cost=4)
    sources = Sources(b)
    return [
        over_taps(
            sources, x.type, x.dims, windows.reach(), lambda places: windows.covering(sources, g, places), "add"
        )
    ]


@lowers(DownsampleFactorMaxGradGrad)
def lower_max_pool_grad_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, largest, g = inputs[:3]
    if not _is_native(b, node.op, x, largest, g):
        return None
    windows = windows_of(b, node.op, x.dims, inputs[3:])
    _require(b, largest, windows.out, "the maximum")
    _require(b, g, x.dims, "what is summed")
    sources = Sources(b, [largest])

    def tap(places: Sequence[Expr]) -> tuple[Expr, Expr]:
        element, inside = windows.element(sources, x, places)
        gradient, _ = windows.element(sources, g, places)
        return gradient, ex.and_(inside, ex.eq(element, bd.element(0, largest)))

    return [over_taps(sources, largest.type, windows.out, windows.places(), tap, "add")]
