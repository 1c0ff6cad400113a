"""Canonical forms of reductions and of dot products."""

from __future__ import annotations

from typing import Any

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.build import dimshuffle, elemwise, has_lengths, is_tensor, number, peel, scalar_name
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.shaping import nonnegative
from theano.tensor.alloc import Alloc
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.reduction import All, Argmax, Max, MaxAndArgmax, Min, Prod, Sum
from theano.tensor.reduction import Any as AnyTrue


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


@rule(Sum, Prod, Max, Min, All, AnyTrue, name="reduction_of_unit_axes")
def reduction_of_unit_axes(graph: RewriteGraph, node: Node) -> Result:
    """Axes of length 1 (or none) need no reduction."""
    x, out = node.inputs[0], node.outputs[0]
    axes = axes_of(node)
    unit = [a for a in axes if x.type.broadcastable[a]]
    if axes and not unit:
        return None
    if type(node.op) in (All, AnyTrue) and x.type.dtype != "bool":
        return None
    dropped = dimshuffle(x, [i for i in range(x.type.ndim) if i not in unit])
    left = [a for a in axes if a not in unit]
    if left:
        shifted = tuple(a - sum(u < a for u in unit) for a in left)
        return with_axes(node.op, shifted, dropped)
    return dropped if dropped.type.dtype == out.type.dtype else elemwise(scalar.convert_to(out.type.dtype), dropped)


@rule(Sum, name="sum_of_scaled")
def sum_of_scaled(graph: RewriteGraph, node: Node) -> Result:
    """``sum(c * x) -> c * sum(x)`` for factors (signs, divisors) that do not vary along the summed axes."""
    x, out = node.inputs[0], node.outputs[0]
    if (
        x.type.dtype != out.type.dtype
        or algebra.ring(x.type.dtype) is None
        or x.type.dtype == "float16"  # whose sums overflow soon
        or scalar_name(x) not in algebra.PRODUCT_OPS
        or graph.only_user(x) is None
    ):
        return None
    axes = axes_of(node)
    view = algebra.product_of(graph, x)
    outside = {v: e for v, e in view.factors.items() if all(v.type.broadcastable[a] for a in axes)}
    if len(outside) == len(view.factors) or not (outside or view.coef != 1):
        return None
    inside = {v: e for v, e in view.factors.items() if v not in outside}
    body = algebra.build_product(1, inside, x.type.dtype, x.type.ndim)
    # the factors left inside must carry the lengths of all summed axes
    if body is None or any(body.type.broadcastable[a] and not x.type.broadcastable[a] for a in axes):
        return None
    total = with_axes(node.op, axes, body)
    keep = [i for i in range(x.type.ndim) if i not in axes]
    factors: dict[Tensor, int] = {}
    for v, e in outside.items():
        moved = dimshuffle(v, keep)
        factors[moved] = factors.get(moved, 0) + e
    factors[total] = factors.get(total, 0) + 1
    made = algebra.build_product(view.coef, factors, out.type.dtype, out.type.ndim)
    return made


@rule(Sum, Prod, Max, Min, name="reduction_of_fill")
def reduction_of_fill(graph: RewriteGraph, node: Node) -> Result:
    """Reductions of a repeated value: ``sum(alloc(v, n)) -> v * n``, if `n` can't be negative (that is an error)."""
    x, out = node.inputs[0], node.outputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Alloc:
        return None
    value, *sizes = owner.inputs
    pad = x.type.ndim - value.type.ndim
    if pad:
        value = dimshuffle(value, ("x",) * pad + tuple(range(value.type.ndim)))
    axes = [a for a in axes_of(node) if value.type.broadcastable[a] and not x.type.broadcastable[a]]
    if not axes or not all(nonnegative(sizes[a]) for a in axes):
        return None
    if type(node.op) in (Max, Min) and not all((number(sizes[a]) or 0) > 0 for a in axes):
        return None  # of nothing: an error that must stay
    keep = [i for i in range(x.type.ndim) if i not in axes]
    dropped = dimshuffle(value, keep)
    rest = tuple(a - sum(u < a for u in axes) for a in axes_of(node) if a not in axes)
    lengths = [sizes[i] for i in keep]
    pattern = tuple(x.type.broadcastable[i] for i in keep)
    if dropped.type.broadcastable != pattern or not has_lengths(graph, dropped, lengths):
        dropped = owner.op(dropped, *lengths)
    if dropped.type.dtype != out.type.dtype:
        dropped = elemwise(scalar.convert_to(out.type.dtype), dropped)
    result = with_axes(node.op, rest, dropped) if rest else dropped
    if type(node.op) in (Max, Min):
        return result
    count = sizes[axes[0]]
    for a in axes[1:]:
        count = elemwise(scalar.mul, count, sizes[a])
    count = elemwise(scalar.convert_to(out.type.dtype), count)
    if out.type.ndim:
        count = dimshuffle(count, ("x",) * out.type.ndim)
    return elemwise(scalar.mul if type(node.op) is Sum else scalar.pow, result, count)


@rule(Sum, Prod, Max, Min, name="reduction_of_reduction")
def reduction_of_reduction(graph: RewriteGraph, node: Node) -> Result:
    """``sum(sum(x, 0), 0) -> sum(x, (0, 1))``."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not type(node.op) or graph.only_user(x) is None:
        return None
    if x.type.dtype != owner.inputs[0].type.dtype or node.outputs[0].type.dtype != x.type.dtype:
        return None
    inner = owner.inputs[0]
    first = axes_of(owner)
    left = [i for i in range(inner.type.ndim) if i not in first]
    return with_axes(node.op, tuple(sorted({*first, *(left[a] for a in axes_of(node))})), inner)


@rule(Sum, Prod, Max, Min, All, AnyTrue, name="reduction_of_dimshuffle")
def reduction_of_dimshuffle(graph: RewriteGraph, node: Node) -> Result:
    """A reduction of transposed axes is one of the axes they come from, if the rest keeps its order."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not DimShuffle or not is_tensor(x):
        return None
    order, axes = owner.op.new_order, axes_of(node)
    if any(order[a] == "x" for a in axes):
        return None
    inner = owner.inputs[0]
    kept = [o for a, o in enumerate(order) if a not in axes]
    reduced = tuple(sorted(int(order[a]) for a in axes))
    if len([o for o in order if o != "x"]) != inner.type.ndim:
        return None
    left = [i for i in range(inner.type.ndim) if i not in reduced]
    total = with_axes(node.op, reduced, inner)
    return dimshuffle(total, [o if o == "x" else left.index(int(o)) for o in kept])


@rule(Sum, Prod, Max, Min, name="reduction_of_transposed")
def reduction_of_transposed(graph: RewriteGraph, node: Node) -> Result:
    """``sum(x.T * y.T, 0) -> sum(x * y, 1)``: a transposition of all that is reduced is none."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Elemwise or graph.only_user(x) is None:
        return None
    orders = {_permutation(v) for v in owner.inputs if number(v) is None}
    order = orders.pop() if len(orders) == 1 else None
    if order is None:
        return None
    inner = owner.op(*(v if number(v) is not None else v.owner.inputs[0] for v in owner.inputs))
    axes = axes_of(node)
    reduced = tuple(sorted(order[a] for a in axes))
    left = [i for i in range(len(order)) if i not in reduced]
    total = with_axes(node.op, reduced, inner)
    return dimshuffle(total, [left.index(o) for a, o in enumerate(order) if a not in axes])


@rule("log", phase="stabilize", name="log_of_product")
def log_of_product(graph: RewriteGraph, node: Node) -> Result:
    """``log(prod(x)) -> sum(log(x))``: the product of many may leave the range of numbers.

    For positive `x`; where an even number of them is negative the sum is nan.
    """
    product, order = peel(node.inputs[0], None)
    owner = product.owner
    if owner is None or type(owner.op) is not Prod or graph.only_user(product) is None:
        return None
    x = owner.inputs[0]
    if not x.type.dtype.startswith("float") or product.type.dtype != x.type.dtype:
        return None
    total = Sum(axis=owner.op.axis)(elemwise(scalar.log, x))
    return total if order is None else dimshuffle(total, order)


def _permutation(var: Tensor) -> tuple[int, ...] | None:
    """The order of the axes if `var` is a transposed tensor with no axis added or dropped."""
    owner = var.owner
    if owner is None or type(owner.op) is not DimShuffle:
        return None
    order: Any = owner.op.new_order
    return order if "x" not in order and len(order) == owner.inputs[0].type.ndim else None


@rule(DimShuffle, name="transpose_of_dot")
def transpose_of_dot(graph: RewriteGraph, node: Node) -> Result:
    """``dot(x, y).T -> dot(y.T, x.T)``."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Dot or node.op.new_order != (1, 0):
        return None
    if graph.only_user(x) is None:
        return None
    a, b = owner.inputs
    return owner.op(dimshuffle(b, (1, 0)), dimshuffle(a, (1, 0)))


@rule(MaxAndArgmax, phase="specialize", name="max_without_argmax")
def max_without_argmax(graph: RewriteGraph, node: Node) -> Result:
    """Only the maximum is read: `Max`; only its position: `Argmax`."""
    top, where = node.outputs
    if not graph.use_count(where):
        return [Max(axis=node.op.axis)(node.inputs[0]), None]
    if not graph.use_count(top):
        return [None, Argmax(axis=node.op.axis)(node.inputs[0])]
    return None


@rule("neg", phase="specialize", name="min_from_max")
def min_from_max(graph: RewriteGraph, node: Node) -> Result:
    """``-max(-x) -> min(x)`` (floats: integers wrap)."""
    x = node.inputs[0]
    if x.owner is None or type(x.owner.op) is not Max or graph.only_user(x) is None:
        return None
    inner = x.owner.inputs[0]
    if scalar_name(inner) != "neg" or not inner.type.dtype.startswith("float"):
        return None
    return Min(axis=x.owner.op.axis)(inner.owner.inputs[0])
