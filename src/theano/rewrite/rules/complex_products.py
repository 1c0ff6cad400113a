"""Running products of complex numbers, and recurrences: loops over pairs of real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.rewrite.engine.forms import axes_of
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph
from theano.scalar.dtypes import COMPLEX
from theano.scan import scan
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import ones_like, zeros_like
from theano.tensor.pointwise.math import cast, complex, imag, real
from theano.tensor.reductions.cumulative import CumOp
from theano.tensor.reductions.products import ProductOfOthers
from theano.tensor.reductions.recurrence import LinearRecurrence, delayed
from theano.tensor.reductions.reduction import Prod, ProdWithoutZeros
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle, shape_padleft
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import product, shape_i

__all__ = [
    "complex_recurrence", "complex_running_product", "product_of_complex", "products_like_those_of_complex",
]  # fmt: skip


@rule(Prod, phase="specialize", name="product_of_complex")
def product_of_complex(graph: RewriteGraph, node: Node) -> Result:
    """``prod(x) -> cumprod(x)[-1]``: it takes both parts at once, which no reduction of one number has."""
    x, out = node.inputs[0], node.outputs[0]
    axes = axes_of(node)
    if out.type.dtype not in COMPLEX or not axes:
        return None
    others = [k for k in range(x.type.ndim) if k not in axes]
    rows = dimshuffle(cast(x, node.op.acc_dtype or out.type.dtype), [*axes, *others])
    if len(axes) > 1:
        count = product([shape_i(x, k) for k in axes])
        rows = reshape(rows, [count, *(shape_i(x, k) for k in others)], ndim=1 + len(others))
    parts, one = _parts_and_one(rows)
    # a row of 1 in front makes that there is one
    made = _steps([_in_front(first, part) for first, part in zip(one, parts, strict=True)], one)
    last = complex(*(part[-1] for part in made))
    return patternbroadcast(cast(last, out.type.dtype), out.type.broadcastable)


@rule(ProductOfOthers, ProdWithoutZeros, phase="specialize", name="products_like_those_of_complex")
def products_like_those_of_complex(graph: RewriteGraph, node: Node) -> Result:
    """What they stand for has such a product."""
    x, out, op = node.inputs[0], node.outputs[0], node.op
    if out.type.dtype not in COMPLEX:
        return None
    if isinstance(op, ProductOfOthers):
        found = op.decompose([x])[0]
    else:
        found = Prod(op.axis, op.dtype, op.acc_dtype)(op.prepared(x))
    return patternbroadcast(found, out.type.broadcastable)


@rule(CumOp, phase="specialize", name="complex_running_product")
def complex_running_product(graph: RewriteGraph, node: Node) -> Result:
    """One row after the other is multiplied with what there is, as NumPy does."""
    x, out, op = node.inputs[0], node.outputs[0], node.op
    if out.type.dtype not in COMPLEX or op.mode != "mul":
        return None
    x, axis = (flatten(x, 1), 0) if op.axis is None else (x, op.axis % x.type.ndim)
    parts, one = _parts_and_one(_turned(x, axis))
    # The first row is what it is: not even 1 times an infinite number is. A row of 1 behind makes that there is one.
    first = [_behind(last, part)[0] for part, last in zip(parts, one, strict=True)]
    made = _steps([_behind(last, part[1:]) for part, last in zip(parts, one, strict=True)], first)
    found = complex(*(concatenate([part[:1], more[:-1]]) for part, more in zip(parts, made, strict=True)))
    return patternbroadcast(_turned(found, axis), out.type.broadcastable)


@rule(LinearRecurrence, phase="specialize", name="complex_recurrence")
def complex_recurrence(graph: RewriteGraph, node: Node) -> Result:
    """What the gradients of running products are made of."""
    out, op = node.outputs[0], node.op
    if out.type.dtype not in COMPLEX:
        return None
    a, b = (_turned(cast(v, out.type.dtype), op.axis) for v in node.inputs)
    # nothing stands in front of the first, whatever its factor is
    a = delayed(a, 0, 0) if op.shifted else set_subtensor(a[:1], 0)
    none = zeros_like(sum_(real(b), 0))
    rows = [_in_front(none, part(v)) for v in (a, b) for part in (real, imag)]  # so that there is one
    found = complex(*(part[1:] for part in _steps(rows, [none] * 2)))
    return patternbroadcast(_turned(found, op.axis), out.type.broadcastable)


def _turned(x: Any, axis: int) -> Any:
    """`x` with this axis exchanged with the first one."""
    order = list(range(x.type.ndim))
    order[0], order[axis] = axis, 0
    return dimshuffle(x, order)


def _parts_and_one(rows: Any) -> tuple[list[Any], list[Any]]:
    """The parts of all rows, and those of 1 for each column."""
    like = sum_(real(rows), 0)
    return [real(rows), imag(rows)], [ones_like(like), zeros_like(like)]


def _in_front(first: Any, rows: Any) -> Any:
    """The rows after another one."""
    return concatenate([shape_padleft(first), rows])


def _behind(last: Any, rows: Any) -> Any:
    """The rows before another one."""
    return concatenate([rows, shape_padleft(last)])


def _steps(rows: Sequence[Any], start: Sequence[Any]) -> Sequence[Any]:
    """All ``(p, q) <- (a + ib) (p + iq) (+ c + id)``, for rows of a and b (and of c and d), of which there is one."""

    def step(a: Any, b: Any, *more: Any) -> list[Any]:
        *added, p, q = more
        found = [p * a - q * b, p * b + q * a]
        return [v + c for v, c in zip(found, added, strict=True)] if added else found

    made, _ = scan(step, list(rows), list(start), return_list=True)
    return list(made)
