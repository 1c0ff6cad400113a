"""Lowering of neighbourhoods of pixels: windows (`lower.windows`) that are copied, and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.convolution.pool import numbers_of, steps_in
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import reshaped
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import LIMIT, ONE, ZERO, escaped, is_const, length
from theano.lower.state.inlining import Sources
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.lower.state.windows import Axis, Windows, over_taps
from theano.tensor.nnet.neighbours import WHOLE, Images2Neibs, SumOfNeibs

# So many numbers of a neighbourhood are written by themselves, each along a line of neighbourhoods: together they are
# whole vectors. Of more, what is side by side in a line of one neighbourhood is.
FEW = 4

SMALL = "{op}: sizes and steps must be 1 at least, and no more than arrays can have, not {{0}} and {{1}}"
ENDS = (
    "{op}: neighbourhoods of {{0}}, {{1}} apart, do not end where axis {axis} of length {{2}} does; "
    "mode='ignore_borders' leaves out what is behind the last one"
)
UNLIKE = "{op}: neighbourhoods of images of these lengths have {{1}} along axis {axis}, not {{0}}"


def _windows(b: Builder, op: Any, image: Sequence[Expr], parameters: Sequence[Value]) -> Windows:
    sizes, steps = (numbers_of(b, p, 2, f"{escaped(str(op))}: two lengths are needed, not {{0}}") for p in parameters)
    axes = []
    for k, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        least = ex.and_(ex.ge(size, ONE), ex.ge(step, ONE))
        most = ex.and_(ex.le(size, length(int(LIMIT))), ex.le(step, length(int(LIMIT))))
        b.check(ex.and_(least, most), ValueError, SMALL.format(op=escaped(str(op))), (size, step))
        around = ex.sub(size, ONE) if op.mode == "full" else ex.idiv(size, length(2)) if op.mode == "half" else ZERO
        pad, whole = b.dims.normal(around), image[2 + k]
        if size.op == "const":
            pad = length({"full": size.value - 1, "half": size.value // 2}.get(op.mode, 0))
        room = b.dims.normal(ex.sub(ex.add(whole, ex.add(pad, pad)), size))
        if op.mode in WHOLE:
            ends = ex.and_(ex.ge(room, ZERO), ex.eq(ex.irem(room, ex.maximum(step, ONE)), ZERO))
            b.check(ends, TypeError, ENDS.format(op=escaped(str(op)), axis=2 + k), (size, step, whole))
        axes.append(Axis(whole, size, step, pad, steps_in(b, ex.add(room, step), step)))
    return Windows(tuple(image[:2]), tuple(axes))


@lowers(Images2Neibs)
def lower_images2neibs(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, *parameters = inputs
    if not b.native(x.type):
        return None
    windows = _windows(b, node.op, x.dims, parameters)
    dims = (*windows.out, *windows.places())
    out = b.tensor(x.type, dims)

    def write(target: Value | None, places: Sequence[Expr]) -> None:
        sources = Sources(b)
        found, inside = windows.element(sources, x, places)
        body = ex.select(inside, found, ex.const(0, found.type))
        space = dims if target is None else target.dims
        b.write(out, target, sources.reads, body, 2, sources.indirect, space, unordered=target is not None)

    places = windows.places()
    if all(map(is_const, places)) and math.prod(n.value for n in places) <= FEW:
        grid = b.strided(whole(out))
        assert grid.strides is not None
        for k, (r, q) in enumerate(itertools.product(*(range(n.value) for n in places))):
            target = Value(x.type, dims[:4], tensor=out, offset=length(k), strides=grid.strides[:4])
            write(target, [length(r), length(q)])
    else:
        write(None, [bd.index(4), bd.index(5)])
    return [reshaped(b, whole(out), (b.dims.product(dims[:4]), b.dims.product(dims[4:])))]


@lowers(SumOfNeibs)
def lower_sum_of_neibs(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    y, image, *parameters = inputs
    if not b.native(y.type) or y.type == "bool":
        return None
    lengths = numbers_of(b, image, 4, f"{escaped(str(node.op))}: images have four lengths, not {{0}}")
    for n in lengths:
        b.check(ex.ge(n, ZERO), ValueError, f"{escaped(str(node.op))}: an image cannot have a length of {{0}}", (n,))
    windows = _windows(b, node.op, lengths, parameters)
    dims = (*windows.out, *windows.places())
    for axis, part in enumerate((dims[:4], dims[4:])):
        b.unify(y.dims[axis], b.dims.product(part), UNLIKE.format(op=escaped(str(node.op)), axis=axis))
    sources, grid = Sources(b), b.strided(reshaped(b, y, dims))
    return [
        over_taps(
            sources, y.type, windows.image, windows.reach(), lambda at: windows.covering(sources, grid, at), "add"
        )
    ]
