"""Canonical forms of reductions and of dot products."""

from __future__ import annotations

from typing import Any

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.arithmetic import build_product, ring
from theano.rewrite.engine.build import dimshuffle, elemwise, has_lengths, number, scalar_name
from theano.rewrite.engine.forms import (
    any_reduction,
    axes_of,
    max_of,
    min_of,
    prod_of,
    product,
    reduction,
    shuffled,
    sum_of,
    with_axes,
)
from theano.rewrite.engine.pattern import parameter, variable
from theano.rewrite.engine.registry import canonicalize, rule, specialize, stabilize
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.shaping import nonnegative
from theano.scalar import log
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.making.alloc import Alloc
from theano.tensor.reductions.extremes import Argmax, Max, MaxAndArgmax, Min
from theano.tensor.reductions.reduction import All, Prod, Sum
from theano.tensor.reductions.reduction import Any as AnyTrue

x, y, z = variable("x", "any"), variable("y", "any"), variable("z")
K, A, B, C, P, Q = map(parameter, "KABCPQ")


@rule(Sum, Prod, Max, Min, All, AnyTrue, name="reduction_of_unit_axes")
def reduction_of_unit_axes(graph: RewriteGraph, node: Node) -> Result:
    """``sum(row, axis=0) -> row.dimshuffle(1)``: axes of length 1 need no reduction."""
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
        or ring(x.type.dtype) is None
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
    body = build_product(1, inside, x.type.dtype, x.type.ndim)
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
    made = build_product(view.coef, factors, out.type.dtype, out.type.ndim)
    return made


@rule(Sum, Prod, Max, Min, name="reduction_of_fill")
def reduction_of_fill(graph: RewriteGraph, node: Node) -> Result:
    """``sum(alloc(v, n)) -> v * n``, and others of a repeated value, if `n` can't be negative (that is an error)."""
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
    if isinstance(node.op, Max | Min) and not all((number(sizes[a]) or 0) > 0 for a in axes):
        return None  # of nothing: an error that must stay, or of floats -inf
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
    if isinstance(node.op, Max | Min):
        return result
    count = sizes[axes[0]]
    for a in axes[1:]:
        count = elemwise(scalar.mul, count, sizes[a])
    count = elemwise(scalar.convert_to(out.type.dtype), count)
    if out.type.ndim:
        count = dimshuffle(count, ("x",) * out.type.ndim)
    return elemwise(scalar.mul if type(node.op) is Sum else scalar.pow, result, count)


def _both(graph: RewriteGraph, K: Any, x: Tensor, A: tuple[int, ...], B: tuple[int, ...]) -> dict[str, Any]:
    """The axes `A` of `x`, and those that are the axes `B` of the rest."""
    left = [i for i in range(x.type.ndim) if i not in A]
    return {"C": tuple(sorted({*A, *(left[b] for b in B)}))}


canonicalize(
    reduction(K, reduction(K, x, A), B), reduction(K, x, C),
    name="reduction_of_reduction", where=_both, alone=True, one_dtype=True,
)  # fmt: skip


def _before_shuffle(
    graph: RewriteGraph, K: Any, x: Tensor, P: tuple[Any, ...], A: tuple[int, ...]
) -> dict[str, Any] | None:
    """The axes of `x` that are the axes `A` in the order `P`, and the order of the rest."""
    if any(P[a] == "x" for a in A) or sum(o != "x" for o in P) != x.type.ndim:
        return None
    reduced = tuple(sorted(P[a] for a in A))
    left = [i for i in range(x.type.ndim) if i not in reduced]
    return {"B": reduced, "Q": [o if o == "x" else left.index(o) for a, o in enumerate(P) if a not in A]}


canonicalize(
    any_reduction(K, shuffled(x, P), A), shuffled(any_reduction(K, x, B), Q),
    name="reduction_of_dimshuffle", where=_before_shuffle,
)  # fmt: skip


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


# The product of many may leave the range of numbers. For positive x; where an even number is negative the sum is nan.
stabilize(
    log(prod_of(z, A)), sum_of(log(z), A), name="log_of_product", alone=True, one_dtype=True, domain={"z": (0.01, 10)}
)


def _permutation(var: Tensor) -> tuple[int, ...] | None:
    """The order of the axes if `var` is a transposed tensor with no axis added or dropped."""
    owner = var.owner
    if owner is None or type(owner.op) is not DimShuffle:
        return None
    order: Any = owner.op.new_order
    return order if "x" not in order and len(order) == owner.inputs[0].type.ndim else None


canonicalize(
    shuffled(product(x, y), (1, 0)), product(shuffled(y, (1, 0)), shuffled(x, (1, 0))),
    name="transpose_of_dot", alone=True, shapes={"x": "nm", "y": "mk"},
)  # fmt: skip


@rule(MaxAndArgmax, phase="specialize", name="max_without_argmax")
def max_without_argmax(graph: RewriteGraph, node: Node) -> Result:
    """``max_and_argmax(x)[0] -> max(x)`` and ``max_and_argmax(x)[1] -> argmax(x)``, if nobody reads the other one."""
    top, where = node.outputs
    if not graph.use_count(where):
        return [Max(axis=node.op.axis)(node.inputs[0]), None]
    if not graph.use_count(top):
        return [None, Argmax(axis=node.op.axis)(node.inputs[0])]
    return None


specialize(-max_of(-z, A), min_of(z, A), name="min_from_max", alone=True)  # floats: integers wrap
