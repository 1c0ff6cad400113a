"""Sums of squared distances from the mean (variances) in one sweep over the data.

``sum((x - mean(x))**2)`` as written needs the mean before it can begin: two sweeps. With any number ``s`` near the
data, ``sum((x - s)**2) - sum(x - s)**2 / n`` is the same, and both sums come from one sweep. What cancels is
``(mean - s)**2``; sums are in float64. Of ``m`` terms in each of the partial sums, the relative error is at most about
``3 * m * eps * (1 + (mean - s)**2 / variance)``. Here ``s`` is the median of the first element, the last one and one
in the middle: a single number that lies far from all others, whose distance is up to ``n`` variances, is not it. Equal
data give exactly 0.
"""

from __future__ import annotations

from typing import Any

from theano.graph import Constant
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.items import Pointwise
from theano.lower.state.values import Value, rearranged
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.reductions.careduce import CAReduce


def centred_square(b: Builder, node: Any) -> tuple[Any, frozenset[int]] | None:
    """(x, axes) if a sum over these axes is that of ``(x - mean(x, axes))**2``."""
    centred = _squared(node.inputs[0])
    if centred is None or not _applies(centred, "sub"):
        return None
    x, mean = centred.owner.inputs
    axes = frozenset(range(x.type.ndim) if node.op.axis is None else node.op.axis)
    if x.type.dtype not in ("float32", "float64") or node.inputs[0].type.dtype != x.type.dtype:
        return None
    return (x, axes) if _is_mean(b, mean, x, axes) else None


def _applies(v: Any, name: str) -> bool:
    return v.owner is not None and isinstance(v.owner.op, Elemwise) and v.owner.op.scalar_op.name == name


def _squared(v: Any) -> Any:
    if _applies(v, "sqr"):
        return v.owner.inputs[0]
    if _applies(v, "mul") and len(v.owner.inputs) == 2 and v.owner.inputs[0] is v.owner.inputs[1]:
        return v.owner.inputs[0]
    return None


def _unshuffled(v: Any) -> tuple[Any, list[int | None]]:
    """What a variable shows in another order, and for each of its axes the axis of that (None: a new one)."""
    order: list[int | None] = list(range(v.type.ndim))
    while v.owner is not None and isinstance(v.owner.op, DimShuffle):
        own: list[Any] = list(v.owner.op.new_order)
        order = [None if k is None or own[k] == "x" else own[k] for k in order]
        v = v.owner.inputs[0]
    return v, order


def _is_mean(b: Builder, mean: Any, x: Any, axes: frozenset[int]) -> bool:
    """Whether `mean` is the sum of `x` over `axes` divided by the number of summands, laid over the axes of `x`."""
    quotient, outer = _unshuffled(mean)
    if not _applies(quotient, "true_div") or len(outer) != x.type.ndim:
        return False
    total, inner = _unshuffled(quotient.owner.inputs[0])
    count, _ = _unshuffled(quotient.owner.inputs[1])
    op = total.owner.op if total.owner is not None else None
    if not isinstance(op, CAReduce) or op.scalar_op.name != "add" or total.owner.inputs[0] is not x:
        return False
    if frozenset(range(x.type.ndim) if op.axis is None else op.axis) != axes:
        return False
    kept = [k for k in range(x.type.ndim) if k not in axes]
    for k, axis in enumerate(outer):
        own = None if axis is None else inner[axis]
        if own is None and k not in axes and not x.type.broadcastable[k]:
            return False
        if own is not None and kept[own] != k:
            return False
    return _counts(b, count, b.values[x], axes)


def _counts(b: Builder, count: Any, x: Value, axes: frozenset[int]) -> bool:
    """Whether a number is the product of the lengths of some axes."""
    wanted = b.dims.product(tuple(x.dims[k] for k in sorted(axes)))
    if isinstance(count, Constant):
        return wanted.op == "const" and count.data.ndim == 0 and float(count.data) == wanted.value
    value = b.values.get(count)
    number = None if value is None else value.uniform
    if number is None:
        return False
    if number.op == "const":
        return wanted.op == "const" and number.value == wanted.value
    while number.op == "cast" and number.args[0].type in ("i64", "f64"):
        number = number.args[0]
    return number.type == "i64" and b.dims.equal(number, wanted)


def _cheap(x: Value, most: int) -> bool:
    """Whether an element of `x` is in memory or quickly computed: at no more than the cost `most`."""
    cost, stack = 0, [x.tensor]
    while stack:
        tensor = stack.pop()
        for item in tensor.writers if tensor is not None else ():
            if isinstance(item, Pointwise) and item.target is None and item.scatter is None:
                cost += item.cost
                if cost > most:
                    return False
                stack += [v.tensor for v in item.reads]
    return True


def _median(one: Expr, two: Expr, three: Expr) -> Expr:
    return ex.maximum(ex.minimum(one, two), ex.minimum(ex.maximum(one, two), three))


def centred_sum(b: Builder, node: Any, out: str) -> Value | None:
    """The lowering of a sum that `centred_square` knows, as a value of type `out`; None if it is not one."""
    found = centred_square(b, node)
    if found is None:
        return None
    x, axes = b.values[found[0]], found[1]
    long_axes = frozenset(k for k in axes if not is_const(x.dims[k], 1))
    if x.uniform is not None or not long_axes or not _cheap(x, b.machine.cheap_element):
        return None
    own = [x.dims[k] for k in sorted(axes)]
    last = [ex.maximum(ex.sub(n, ONE), ZERO) for n in own]
    middle = [ex.idiv(n, length(2)) for n in own]
    origin = b.pick(x, axes, [[ZERO] * len(own), middle, last], made=_median)
    kept = {k: n for n, k in enumerate(k for k in range(x.ndim) if k not in axes)}
    reads = [x, rearranged(origin, [kept.get(k) for k in range(x.ndim)])]
    element, start = (bd.converted(e, "f64") for e in bd.elements(reads))
    distance = ex.sub(element, start)
    moments = [
        b.reduce("f64", x.dims, reads, axes, False, "add", "f64", body, 2)
        for body in (distance, ex.mul(distance, distance))
    ]
    count = ex.cast(ex.maximum(b.dims.product(tuple(x.dims[k] for k in sorted(axes))), ONE), "f64")
    total, squares = bd.elements(moments)
    rest = ex.sub(squares, ex.mul(total, ex.div(total, count)))
    rest = ex.select(ex.lt(rest, 0.0), ex.const(0.0, "f64"), rest)
    # an overflow of the squares of finite numbers is infinite, not infinity minus infinity
    huge = ex.and_(ex.eq(squares, float("inf")), ex.lt(ex.abs_(total), float("inf")))
    body = bd.converted(ex.select(huge, squares, rest), out)
    return b.pointwise(out, moments[0].dims, moments, body, cost=6)
