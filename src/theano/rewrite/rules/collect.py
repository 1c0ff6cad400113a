"""Collecting terms and factors, and cancelling what would make a finite product infinite on the way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from theano import scalar
from theano.rewrite.engine.algebra import Product, Sum, Term, opened, product_of, root_product, root_sum, sum_of
from theano.rewrite.engine.arithmetic import MUL, build_product, build_sum, plain, product_cost, ring, times
from theano.rewrite.engine.build import Number, broadcast_to, constant, elemwise, scalar_name, wrap
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor


def collect_terms(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``a*x + b*x -> (a + b)*x``: equal terms of a sum are collected, if that makes it cheaper."""
    view = root_sum(graph, node)
    made = None if view is None else _collected_sum(node, view)
    return None if made is None else broadcast_to(graph, made, node.outputs[0])


def collect_factors(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``x*y/x -> y``, ``x*x -> x**2``: equal factors of a product are collected, if that makes it cheaper."""
    view = root_product(graph, node)
    made = None if view is None else _collected_product(node, view)
    return None if made is None else broadcast_to(graph, made, node.outputs[0])


def _collected_sum(node: Node, view: Sum) -> Tensor | None:
    out = node.outputs[0]
    dtype, ndim = out.type.dtype, out.type.ndim
    if ring(dtype) == "integers":
        kind = np.dtype(dtype)
        for term in view.terms.values():
            term.coef = wrap(int(term.coef), kind) if isinstance(term.coef, int) else term.coef
        if isinstance(view.const, int):
            view.const = wrap(view.const, kind)
    terms = [t for t in view.terms.values() if t.coef != 0]
    merged = len(terms) < view.leaves or view.constants != (view.const != 0)
    negative = view.const == 0 and bool(terms) and all(t.coef < 0 for t in terms)
    cost = MUL * (max(len(terms) + (view.const != 0) - 1, 0) + _scaled(terms) + negative)
    # A sum of negative terms is the negative of a sum, so that -a - b and -(a + b) meet.
    if not merged and cost >= view.cost and not (negative and cost == view.cost and node.op.scalar_op.name != "neg"):
        return None
    pairs: list[tuple[Number, Tensor]] = []
    for t in terms:
        if t.coef in (1, -1):
            pairs.append((t.coef, t.var if t.var_coef == 1 else t.pure()))
        elif t.coef in (t.var_coef, -t.var_coef):
            pairs.append((1 if t.coef == t.var_coef else -1, t.var))
        else:
            pairs.append((t.coef, t.pure()))
    return build_sum(view.const, pairs, dtype, ndim)


def _scaled(terms: list[Term]) -> int:
    return sum(t.coef not in (1, -1) for t in terms)


def _collected_product(node: Node, view: Product) -> Tensor | None:
    out = node.outputs[0]
    dtype, ndim = out.type.dtype, out.type.ndim
    coef = view.coef
    if view.leaves == len(view.factors) == len(node.inputs) and node.op.scalar_op.name in ("mul", "true_div"):
        return None  # as it stands
    if ring(dtype) == "integers" and isinstance(coef, int):
        coef = wrap(coef, np.dtype(dtype))
    if coef == 0:
        return constant(0, dtype, ndim) if view.leaves > 1 else None
    factors = {v: e for v, e in view.factors.items() if e != 0}
    if product_cost(coef, factors, dtype) >= view.cost - 1e-9:
        return None
    return build_product(coef, factors, dtype, ndim)


def distribute(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``(s/a + t/b) * a*b -> s*b + t*a``: a product is multiplied out where that removes divisions.

    Gradients of losses have this form: ``(-t/s(z) + (1-t)/s(-z)) * s(z) * s(-z)``; a zero in a
    denominator would make them nan.
    """
    out = node.outputs[0]
    dtype, ndim = out.type.dtype, out.type.ndim
    view = root_product(graph, node) if ring(dtype) == "field" else None
    if view is None or len(view.factors) < 2:
        return None
    for base, exponent in view.factors.items():
        if (
            exponent != 1
            or scalar_name(base) not in ("add", "sub")
            or graph.only_user(base) is None
            or base.type.dtype != dtype
        ):
            continue
        terms = list(sum_of(graph, base).terms.values())
        const = sum_of(graph, base).const
        inside = _cancelling(terms, {b: e for b, e in view.factors.items() if b is not base and e > 0})
        if not inside:
            continue
        pairs: list[tuple[Number, Tensor]] = []
        for t in terms:
            built = build_product(1, times(t.factors, *inside.items()), dtype, ndim)
            if built is None:
                return None
            pairs.append((t.coef, built))
        if const != 0:
            built = build_product(1, inside, dtype, ndim)
            if built is None:
                return None
            pairs.append((const, built))
        total = build_sum(0, pairs, dtype, ndim)
        if total is None:
            return None
        rest = {b: e - inside.get(b, 0) for b, e in view.factors.items() if b is not base}
        made = build_product(view.coef, {total: 1, **rest}, dtype, ndim)
        return None if made is None else broadcast_to(graph, made, out)
    return None


def _cancelling(terms: list[Term], outer: dict[Tensor, int]) -> dict[Tensor, int]:
    """The factors of `outer` that occur in denominators of terms, with the exponents to move inside."""
    inside: dict[Tensor, int] = {}
    for base, exponent in outer.items():
        most = max((-t.factors.get(base, 0) for t in terms), default=0)
        if most > 0:
            inside[base] = min(most, exponent)
    return inside


def cancel_shared(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``(g / p) * p -> g`` although others read ``g / p`` too: what cancels need not be finite.

    The gradient of ``log(p)`` is such a quotient, and the derivative of `p` has `p` as a factor.
    """
    out = node.outputs[0]
    view = root_product(graph, node) if ring(out.type.dtype) == "field" else None
    if view is None or len(view.factors) < 2:
        return None
    for var, exponent in view.factors.items():
        one = Product()
        one.factors = {var: exponent}
        inner = opened(graph, one, out)
        if inner is None or not any(e * view.factors.get(b, 0) < 0 for b, e in inner.factors.items()):
            continue
        factors = times({b: e for b, e in view.factors.items() if b is not var}, *inner.factors.items())
        made = build_product(plain(view.coef * inner.coef), factors, out.type.dtype, out.type.ndim)
        return None if made is None else broadcast_to(graph, made, out)
    return None


def sign_of_quotient(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``4*x / abs(2*x) -> 2 * sgn(x)``, which is 0 at 0 and finite where `x` is infinite."""
    out = node.outputs[0]
    dtype, ndim = out.type.dtype, out.type.ndim
    view = root_product(graph, node) if dtype.startswith("float") else None
    if view is None:
        return None
    for size, exponent in view.factors.items():
        if exponent != -1 or scalar_name(size) != "abs_":
            continue
        inside = size.owner.inputs[0]
        if any(scalar_name(v) == "sgn" and v.owner.inputs[0] is inside for v in view.factors):
            continue  # sgn(x) * x is abs(x), and the quotient 1
        inner = product_of(graph, inside)
        factors = {inside: 1} if inside in view.factors else inner.factors
        coef = 1 if inside in view.factors else _size(inner.coef)
        if coef == 0 or not all(_holds(view.factors.get(v, 0), e) for v, e in factors.items()):
            continue
        bare = build_product(1, factors, dtype, ndim)
        if bare is None or bare.type.dtype != dtype:
            return None
        left = times(view.factors, (size, 1), (elemwise(scalar.sgn, bare), 1), *((v, -e) for v, e in factors.items()))
        made = build_product(plain(Fraction(view.coef) / Fraction(coef)), left, dtype, ndim)
        return None if made is None else broadcast_to(graph, made, out)
    return None


def _size(coef: Number) -> Number:
    return -coef if coef < 0 else coef


def _holds(have: int, wanted: int) -> bool:
    """Whether a power has another one as a factor."""
    return have >= wanted if wanted > 0 else have <= wanted


def size_of_multiple(graph: RewriteGraph, node: Node) -> Tensor | None:
    """``abs(-2*x) -> 2 * abs(x)``, so that sizes of multiples are multiples of one size."""
    inside, out = node.inputs[0], node.outputs[0]
    if scalar_name(inside) not in ("mul", "true_div") or not out.type.dtype.startswith("float"):
        return None
    view = product_of(graph, inside)
    coef = _size(view.coef)
    if inside.type.dtype != out.type.dtype or coef in (0, 1) or graph.only_user(inside) is None:
        return None
    bare = build_product(1, view.factors, out.type.dtype, out.type.ndim)
    if bare is None or bare.type.dtype != out.type.dtype:
        return None
    made = build_product(coef, {elemwise(scalar.abs_, bare): 1}, out.type.dtype, out.type.ndim)
    return None if made is None else broadcast_to(graph, made, out)
