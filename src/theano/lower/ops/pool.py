"""Lowering of pooling: `lower.windows` with maxima, sums and means, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower import body as bd
from theano.lower.builder import Builder
from theano.lower.convert import convert
from theano.lower.dims import ONE, ZERO, length
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of
from theano.lower.values import Value
from theano.lower.windows import Axis, Windows, over_taps
from theano.tensor.signal.pool import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool

LENGTHS = "{what} must be {least} at least, not {{0}}"
PADDED = "padding works only with ignore_border=True"
WIDE = "padding {0} must be smaller than the window {1}"
UNLIKE = "pooling: {what} has {{0}} elements along axis {axis}, not {{1}}"


def windows_of(b: Builder, op: Any, image: Sequence[Expr], parameters: Sequence[Value]) -> Windows | None:
    """The windows of a pooling over an array of these lengths; None if the parameters' number is not known."""
    found = [elements_of(b, p) for p in parameters]
    lead = len(image) - op.ndim
    axes = []
    for k in range(op.ndim):
        if any(f is None or len(f) != op.ndim for f in found):
            return None
        window, stride, pad = (b.dims.normal(f[k]) for f in found if f is not None)
        for what, value, least in (("the window", window, 1), ("the stride", stride, 1), ("the padding", pad, 0)):
            message = f"{op}: " + LENGTHS.format(what=what, least=least)
            b.check(ex.ge(value, length(least)), ValueError, message, (value,))
        if not op.ignore_border:
            b.check(ex.eq(pad, ZERO), NotImplementedError, PADDED)
        b.check(ex.lt(pad, window), NotImplementedError, WIDE, (pad, window))
        count = out_length(b, image[lead + k], window, stride, pad, op.ignore_border)
        axes.append(Axis(image[lead + k], window, stride, pad, count, covered=op.ignore_border))
    return Windows(tuple(image[:lead]), tuple(axes))


def out_length(b: Builder, image: Expr, window: Expr, stride: Expr, pad: Expr, ignore_border: bool) -> Expr:
    """How many windows there are along an axis: `theano.tensor.signal.pool.out_length` of main's lengths."""
    step = ex.maximum(stride, ONE)  # what is below has been refused

    def steps(room: Expr) -> Expr:
        """Windows after the first one, or -1 where there is not even room for that."""
        room = b.dims.normal(room)
        return ex.select(ex.lt(room, ZERO), length(-1), ex.idiv(room, step))

    if ignore_border:
        room = ex.sub(ex.add(image, ex.add(pad, pad)), window)
        return b.dims.normal(ex.add(steps(room), ONE))
    apart = ex.add(steps(ex.sub(image, ONE)), ONE)
    close = ex.add(ex.maximum(steps(ex.sub(ex.add(ex.sub(image, ONE), stride), window)), ZERO), ONE)
    return b.dims.normal(ex.select(ex.ge(stride, window), apart, close))


def _elements_like(b: Builder, value: Value, lengths: Sequence[Expr], what: str) -> None:
    for axis, (own, wanted) in enumerate(zip(value.dims, lengths, strict=True)):
        b.unify(own, wanted, UNLIKE.format(what=what, axis=axis))


@lowers(Pool)
def lower_pool(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, (x, *parameters) = node.op, inputs
    if not b.native(x.type) or (x.type == "bool" and op.mode.startswith("average")):
        return None
    windows = windows_of(b, op, x.dims, parameters)
    if windows is None:
        return None
    source = b.strided(x)
    largest = op.mode == "max"
    outside = st.identity("max" if largest else "add", st.load_type(x.type))

    def tap(places: Sequence[Expr]) -> Expr:
        element, inside = windows.element(0, source, places)
        return ex.select(inside, element, outside) if largest else element

    finish = None if op.mode in ("max", "sum") else _mean(windows, op.mode == "average_inc_pad", x.type)
    taps = [axis.window for axis in windows.axes]
    return [over_taps(b, x.type, windows.out, taps, tap, "max" if largest else "add", [source], finish=finish)]


def _mean(windows: Windows, with_padding: bool, type_: str) -> Callable[[Expr], Expr]:
    """Sums by the number of elements; of integers truncated."""

    def finish(total: Expr) -> Expr:
        count = ONE
        for axis, o in zip(windows.axes, windows.here(), strict=True):
            count = ex.mul(count, axis.elements(o, with_padding))
        real = total if total.type in ex.FLOATS else ex.cast(total, "f64")
        return convert(ex.div(real, ex.cast(count, real.type)), type_ if type_ in ex.INTS else total.type)

    return finish


@lowers(MaxPoolGrad)
def lower_max_pool_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """For each element the sum over the windows that hold it, in the order of its place in them."""
    x, largest, g = inputs[:3]
    windows = windows_of(b, node.op, x.dims, inputs[3:])
    if windows is None or not _alike(b, x, largest, g):
        return None
    for value, what in ((largest, "the maximum"), (g, "its gradient")):
        _elements_like(b, value, windows.out, what)
    sources = [b.strided(largest), b.strided(g)]

    def tap(places: Sequence[Expr]) -> Expr:
        top, _ = windows.covering(0, sources[0], places)
        gradient, _ = windows.covering(1, sources[1], places)  # 0 outside
        return ex.select(ex.eq(bd.element(0, x), top), gradient, ex.const(0, gradient.type))

    return [over_taps(b, x.type, x.dims, windows.reach(), tap, "add", sources, [x])]


def _alike(b: Builder, *values: Value) -> bool:
    return b.native(values[0].type) and len({v.type for v in values}) == 1


@lowers(AveragePoolGrad)
def lower_average_pool_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, (x, g) = node.op, inputs[:2]
    windows = windows_of(b, op, x.dims, inputs[2:])
    if windows is None or not _alike(b, x, g) or x.type == "bool":
        return None
    _elements_like(b, g, windows.out, "the gradient")
    if op.mode != "sum":
        share = _mean(windows, op.mode == "average_inc_pad", x.type)(bd.element(0, g))
        g = b.pointwise(x.type, windows.out, [g], share, cost=4)
    source = b.strided(g)
    return [
        over_taps(b, x.type, x.dims, windows.reach(), lambda at: windows.covering(0, source, at)[0], "add", [source])
    ]


@lowers(DownsampleFactorMaxGradGrad)
def lower_max_pool_grad_grad(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, largest, g = inputs[:3]
    windows = windows_of(b, node.op, x.dims, inputs[3:])
    if windows is None or not _alike(b, x, largest, g):
        return None
    _elements_like(b, largest, windows.out, "the maximum")
    _elements_like(b, g, x.dims, "what is summed")
    sources = [b.strided(x), b.strided(g)]

    def tap(places: Sequence[Expr]) -> Expr:
        element, _ = windows.element(0, sources[0], places)
        gradient, _ = windows.element(1, sources[1], places)  # 0 outside
        return ex.select(ex.eq(element, bd.element(0, largest)), gradient, ex.const(0, gradient.type))

    taps = [axis.window for axis in windows.axes]
    return [over_taps(b, largest.type, windows.out, taps, tap, "add", sources, [largest])]
