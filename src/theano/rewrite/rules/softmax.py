"""Softmax, its logarithm and its cross-entropy, recognised in what users write; ``log(sum(exp))`` shifted."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.arithmetic import build_power, build_product, build_sum, ring, times
from theano.rewrite.engine.build import (
    Number,
    broadcast_to,
    cast_of,
    constant,
    dims,
    dimshuffle,
    elemwise,
    is_filled_with_zeros,
    number,
    peel,
    scalar_name,
)
from theano.rewrite.engine.forms import axes_of, shuffled, summation, supremum_of, with_axes
from theano.rewrite.engine.pattern import parameter, variable
from theano.rewrite.engine.registry import rule, stabilize
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.scalar import exp, isinf, log, switch
from theano.tensor.elemwise import DimShuffle
from theano.tensor.indexing.advanced_subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
)
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor
from theano.tensor.making.alloc import Alloc
from theano.tensor.making.ranges import ARange
from theano.tensor.nnet.losses.crossentropy import CrossentropyCategorical1Hot, CrossentropySoftmaxArgmax1HotWithBias
from theano.tensor.nnet.softmax import LogSoftmax, Softmax
from theano.tensor.nnet.softmax_along import LogSoftmaxAlong, SoftmaxAlong
from theano.tensor.reductions.extremes import Max, MaxAndArgmax
from theano.tensor.reductions.reduction import Sum

_softmax, _logsoftmax = Softmax(), LogSoftmax()

x = variable("x")
K, A, Q = map(parameter, "KAQ")


def keepdims_order(ndim: int, axes: tuple[int, ...]) -> tuple[int | str, ...]:
    """The axes of a reduced tensor with ``keepdims=True``."""
    kept = iter(range(ndim))
    return tuple("x" if i in axes else next(kept) for i in range(ndim))


def _is_shift(var: Tensor) -> bool:
    """Whether `var` is a maximum (or made finite from one): what stable code subtracts before `exp`."""
    var, _ = peel(var, None)
    node = var.owner
    if node is None:
        return False
    if isinstance(node.op, Max | MaxAndArgmax):
        return True
    return scalar_name(var) == "switch" and any(_is_shift(v) for v in node.inputs[1:])


def unshifted(graph: RewriteGraph, x: Tensor, axes: tuple[int, ...]) -> Tensor | None:
    """`x` without the maximum along `axes` that is subtracted from it; None if there is none."""
    if scalar_name(x) not in algebra.SUM_OPS:
        return None
    view = algebra.sum_of(graph, x)
    terms = list(view.terms.values())
    for shift in terms:
        v = shift.var
        if shift.coef == -shift.var_coef == -1 and _is_shift(v) and all(v.type.broadcastable[a] for a in axes):
            pairs = [(t.coef, t.pure()) for t in terms if t is not shift]
            return build_sum(view.const, pairs, x.type.dtype, x.type.ndim)
    return None


def _unshifted_axes(graph: RewriteGraph, K: Any, x: Tensor, A: tuple[int, ...]) -> dict[str, Any] | None:
    return {"Q": keepdims_order(x.type.ndim, A)} if unshifted(graph, x, A) is None else None


# The maximum m is subtracted, or 0 where it is infinite: ``inf - inf`` would be nan.
_top = supremum_of(x, A)
_m = switch(isinf(_top), 0, _top)
stabilize(
    log(summation(K, exp(x), A)), _m + log(summation(K, exp(x - shuffled(_m, Q)), A)),
    name="log_sum_exp", where=_unshifted_axes, one_dtype=True, domain={"x": (-80, 80)},
)  # fmt: skip


@rule("true_div", "mul", "neg", phase="stabilize", view="product", parts=frozenset({"exp", Sum}))
def softmax_from_exp(graph: RewriteGraph, node: Node) -> Result:
    """``exp(x) / sum(exp(x), axis) -> softmax(x, axis)``: it can't overflow."""
    out = node.outputs[0]
    view = algebra.root_product(graph, node) if out.type.dtype.startswith("float") else None
    if view is None:
        return None
    made = _with_softmax(view.coef, view.factors, out)
    if made is None:
        wide = algebra.opened(graph, view, out)
        made = None if wide is None else _with_softmax(wide.coef, wide.factors, out)
    return None if made is None else broadcast_to(graph, made, out)


def _with_softmax(coef: Number, factors: dict[Tensor, int], out: Tensor) -> Tensor | None:
    """The product with a numerator and a denominator of a softmax replaced by it."""
    for bottom, below in factors.items():
        pair = softmax_of(bottom, factors) if below < 0 else None
        if pair is None:
            continue
        top, made = pair
        return build_product(coef, times(factors, (top, -1), (bottom, 1), (made, 1)), out.type.dtype, out.type.ndim)
    return None


@rule("true_div", "mul", "neg", phase="stabilize", view="product", parts=frozenset({Sum}))
def average_by_softmax(graph: RewriteGraph, node: Node) -> Result:
    """``sum(t * exp(x), axis) / sum(exp(x), axis) -> sum(t * softmax(x), axis)``: it can't overflow."""
    out = node.outputs[0]
    view = algebra.root_product(graph, node) if out.type.dtype.startswith("float") else None
    if view is None:
        return None
    for bottom, below in view.factors.items():
        denominator = _sum_of_exp(bottom) if below < 0 else None
        if denominator is None:
            continue
        total, order, x = denominator
        axes = axes_of(total)
        for top, above in view.factors.items():
            summed, top_order = peel(top, None)
            owner = summed.owner
            if above <= 0 or owner is None or type(owner.op) is not Sum or axes_of(owner) != axes:
                continue
            if order != (tuple(range(summed.type.ndim)) if top_order is None else top_order):
                continue
            body = owner.inputs[0]
            inner = algebra.product_of(graph, body)
            e = total.inputs[0]
            if owner is total or inner.factors.get(e, 0) <= 0 or body.type.dtype != summed.type.dtype:
                continue
            softmax = _softmax_along(x, axes)
            if softmax is None:
                continue
            weighted = times(inner.factors, (softmax, 1), (e, -1))
            product = build_product(inner.coef, weighted, body.type.dtype, body.type.ndim)
            if product is None:
                continue
            made = dimshuffle(with_axes(owner.op, axes, product), order)
            factors = times(view.factors, (top, -1), (bottom, 1), (made, 1))
            built = build_product(view.coef, factors, out.type.dtype, out.type.ndim)
            return None if built is None else broadcast_to(graph, built, out)
    return None


def softmax_of(bottom: Tensor, factors: dict[Tensor, int]) -> tuple[Tensor, Tensor] | None:
    """The factor that is the numerator over the denominator `bottom`, and the softmax of the two."""
    denominator = _sum_of_exp(bottom)
    if denominator is None:
        return None
    total, order, x = denominator
    axes = axes_of(total)
    wanted = keepdims_order(x.type.ndim, axes)
    for top, exponent in factors.items():
        if exponent <= 0:
            continue
        e, shuffle = peel(top, None)
        if e is not total.inputs[0]:
            continue
        if order != (wanted if shuffle is None else tuple(o if o == "x" else wanted[o] for o in shuffle)):
            continue
        made = _softmax_along(x, axes)
        if made is not None:
            return top, made if shuffle is None else dimshuffle(made, shuffle)
    return None


def _sum_of_exp(bottom: Tensor) -> tuple[Node, tuple[Any, ...], Tensor] | None:
    """The `Sum` node, the axes of its result, and `x`, of a denominator ``sum(exp(x), axis)``."""
    total, order = peel(bottom, None)
    owner = total.owner
    if owner is None or type(owner.op) is not Sum or scalar_name(owner.inputs[0]) != "exp":
        return None
    e: Tensor = owner.inputs[0]
    if e.type.dtype != bottom.type.dtype:
        return None
    return owner, tuple(range(total.type.ndim)) if order is None else order, e.owner.inputs[0]


def _softmax_along(x: Tensor, axes: tuple[int, ...]) -> Tensor | None:
    ndim = x.type.ndim
    if ndim == 1:
        return dimshuffle(_softmax(dimshuffle(x, ("x", 0))), (1,)) if not x.type.broadcastable[0] else None
    if ndim == 2 and len(axes) == 1:
        if axes == (1,):
            made: Tensor = _softmax(x)
            return made
        return dimshuffle(_softmax(dimshuffle(x, (1, 0))), (1, 0))
    along: Tensor = SoftmaxAlong(axes)(x)
    return along


def log_of(p: Tensor) -> Tensor | None:
    """The logarithm of `p`, if that is a softmax (also transposed)."""
    p, order = peel(p, None)
    kind = None if p.owner is None else type(p.owner.op)
    if kind is Softmax:
        made = _logsoftmax(p.owner.inputs[0])
    elif kind is SoftmaxAlong:
        made = LogSoftmaxAlong(p.owner.op.axis)(p.owner.inputs[0])
    else:
        return None
    return made if order is None else dimshuffle(made, order)


@rule(Softmax, LogSoftmax, SoftmaxAlong, phase="stabilize")
def softmax_of_shifted(graph: RewriteGraph, node: Node) -> Result:
    """``softmax(x - max(x, 1)) -> softmax(x)``: a softmax does not change when each row is shifted."""
    x = node.inputs[0]
    axes = node.op.axis if isinstance(node.op, SoftmaxAlong) else (1,)
    plain = unshifted(graph, x, axes)
    return node.op(plain) if plain is not None and plain.type == x.type else None


@rule("log", phase="stabilize")
def log_of_softmax(graph: RewriteGraph, node: Node) -> Result:
    """``log(softmax(x)) -> logsoftmax(x)``, also transposed."""
    return log_of(node.inputs[0])


@rule("log", phase="stabilize")
def log_of_exponential(graph: RewriteGraph, node: Node) -> Result:
    """``log(exp(x) * y) -> x + log(y)``: a softmax of more axes, or one that was shifted by hand."""
    x, order = peel(node.inputs[0], None)
    out = node.outputs[0]
    if scalar_name(x) not in ("mul", "true_div") or x.type.dtype != out.type.dtype:
        return None
    view = algebra.product_of(graph, x)
    exponents = [(k, v) for v, k in view.factors.items() if scalar_name(v) == "exp"]
    if not exponents or not out.type.dtype.startswith("float"):
        return None
    rest = {v: k for v, k in view.factors.items() if scalar_name(v) != "exp"}
    terms: list[tuple[Number, Tensor]] = [(k, v.owner.inputs[0]) for k, v in exponents]
    if rest and view.coef == 1 and all(k < 0 for k in rest.values()):
        below = build_product(1, {v: -k for v, k in rest.items()}, x.type.dtype, x.type.ndim)
        terms.append((-1, elemwise(scalar.log, below)))
    elif rest or view.coef != 1:
        above = build_product(view.coef, rest, x.type.dtype, x.type.ndim)
        if above is None:
            return None
        terms.append((1, elemwise(scalar.log, above)))
    made = build_sum(0, terms, x.type.dtype, x.type.ndim)
    if made is None:
        return None
    made = broadcast_to(graph, made, x)
    return made if order is None or made is None else dimshuffle(made, order)


@rule("log", phase="stabilize")
def log_of_picked(graph: RewriteGraph, node: Node) -> Result:
    """``log(softmax(x)[index]) -> logsoftmax(x)[index]``, basic and advanced."""
    x, order = peel(node.inputs[0], None)
    owner = x.owner
    if owner is None or type(owner.op) not in (Subtensor, AdvancedSubtensor, AdvancedSubtensor1):
        return None
    made = log_of(owner.inputs[0])
    if made is None:
        return None
    picked = owner.op(made, *owner.inputs[1:])
    return picked if order is None else dimshuffle(picked, order)


# -- gradients ------------------------------------------------------------------------------------

_WRITERS = frozenset({AdvancedIncSubtensor, AdvancedIncSubtensor1, IncSubtensor})


def sparse(var: Tensor) -> Node | None:
    """The node that writes into zeros, if `var` is ``inc_subtensor(zeros[...], …)``."""
    node = var.owner
    if node is None or type(node.op) not in _WRITERS:
        return None
    return node if is_filled_with_zeros(node.inputs[0]) else None


@rule("mul", "true_div", "neg", phase="stabilize", view="product", some=_WRITERS)
def sparse_times(graph: RewriteGraph, node: Node) -> Result:
    """``inc(0[i], v) * x -> inc(0[i], v * x[i])``: what divides `v` by ``x[i]`` cancels."""
    out = node.outputs[0]
    view = algebra.root_product(graph, node) if ring(out.type.dtype) == "field" else None
    if view is None:
        return None
    for base, exponent in view.factors.items():
        inc = sparse(base) if exponent == 1 else None
        if inc is None or len(view.factors) < 2 or base.type.broadcastable != out.type.broadcastable:
            continue
        others = {v: e for v, e in view.factors.items() if v is not base}
        whole = {
            v: e
            for v, e in others.items()
            if v.type.broadcastable == base.type.broadcastable
            and e > 0
            and not _is_numerator(graph, v)
            and scalar.upcast(base.type.dtype, v.type.dtype) == base.type.dtype  # else `base` cannot hold the product
        }
        if not whole:
            continue
        reader = inc.op._reader()
        moved = {reader(v, *inc.inputs[2:]): e for v, e in whole.items()}
        value = inc.inputs[1]
        if any(v.type.ndim < value.type.ndim for v in moved):
            continue
        product = elemwise(scalar.mul, value, *(build_power(v, e) for v, e in moved.items()))
        made = inc.op(inc.inputs[0], product, *inc.inputs[2:])
        rest = {v: e for v, e in others.items() if v not in whole}
        built = build_product(view.coef, {made: 1, **rest}, out.type.dtype, out.type.ndim)
        return None if built is None else broadcast_to(graph, built, out)
    return None


def _is_numerator(graph: RewriteGraph, var: Tensor) -> bool:
    """Whether `var` is an exponential that is summed: it waits for that sum to become a softmax with it."""
    return scalar_name(var) == "exp" and any(type(user.op) is Sum for user in graph.users.get(var, ()))


@rule("mul", "true_div", "neg", phase="stabilize", view="product", some=frozenset({"add", "sub"}))
def distribute_softmax(graph: RewriteGraph, node: Node) -> Result:
    """``(g - r) * softmax(x) -> g * softmax(x) - r * softmax(x)``: multiplied out, for `g` with few elements.

    A sparse `g` holds what a logarithm divided by: it cancels only term by term.
    """
    out = node.outputs[0]
    view = algebra.root_product(graph, node) if ring(out.type.dtype) == "field" else None
    if view is None:
        return None
    for base, exponent in view.factors.items():
        if exponent != 1 or scalar_name(base) not in ("add", "sub") or graph.only_user(base) is None:
            continue
        total = algebra.sum_of(graph, base)
        if total.const != 0:
            continue
        terms = list(total.terms.values())
        for partner, power in view.factors.items():
            if partner is base or power < 1 or not _belongs(partner, terms):
                continue
            pairs: list[tuple[Any, Tensor]] = []
            for t in terms:
                built = build_product(1, times(t.factors, (partner, 1)), out.type.dtype, out.type.ndim)
                if built is None:
                    return None
                pairs.append((t.coef, built))
            summed = build_sum(0, pairs, out.type.dtype, out.type.ndim)
            if summed is None:
                return None
            rest = {v: e - (v is partner) for v, e in view.factors.items() if v is not base}
            made = build_product(view.coef, {summed: 1, **rest}, out.type.dtype, out.type.ndim)
            return None if made is None else broadcast_to(graph, made, out)
    return None


def _belongs(partner: Tensor, terms: list[algebra.Term]) -> bool:
    """Whether some term becomes simpler when multiplied by `partner`."""
    inner, _ = peel(partner, None)
    if inner.owner is not None and type(inner.owner.op) in (Softmax, SoftmaxAlong):
        return any(sparse(v) is not None for t in terms for v in t.factors)
    if scalar_name(inner) == "exp":
        return any(e < 0 and softmax_of(v, {partner: 1}) is not None for t in terms for v, e in t.factors.items())
    return False


@rule(AdvancedSubtensor, AdvancedSubtensor1, phase="stabilize")
def read_of_ratio(graph: RewriteGraph, node: Node) -> Result:
    """``(a / x)[i] -> a[i] / x[i]``: the ratio is computed at the places read only."""
    x = node.inputs[0]
    name = scalar_name(x)
    if name not in ("true_div", "neg", "mul", "log", "exp") or graph.only_user(x) is None:
        return None
    if any(v.type.broadcastable != x.type.broadcastable and number(v) is None for v in x.owner.inputs):
        return None
    picked = []
    for v in x.owner.inputs:
        value = number(v)
        picked.append(
            node.op(v, *node.inputs[1:]) if value is None else constant(value, v.type.dtype, node.outputs[0].type.ndim)
        )
    return x.owner.op(*picked)


# -- cross-entropy --------------------------------------------------------------------------------

# It takes the place of index expressions, in which negative classes count from the end.
_crossentropy = CrossentropySoftmaxArgmax1HotWithBias(from_end=True)


def _row_numbers(graph: RewriteGraph, var: Tensor, rows: Tensor) -> bool:
    """Whether `var` is ``arange(rows)``."""
    node = var.owner
    if node is None:
        data = getattr(var, "data", None)
        n = number(rows)
        return data is not None and n is not None and np.array_equal(data, np.arange(int(n)))
    if type(node.op) is not ARange or number(node.inputs[0]) != 0 or number(node.inputs[2]) != 1:
        return False
    stop = node.inputs[1]
    return (cast_of(stop) or stop) is rows


def _with_bias(graph: RewriteGraph, x: Tensor) -> tuple[Tensor, Tensor]:
    """`x` as a matrix and a bias added to its rows (zeros if there is none)."""
    if scalar_name(x) == "add" and len(x.owner.inputs) == 2:
        for a, b in (x.owner.inputs, x.owner.inputs[::-1]):
            inner = b.owner
            if (
                inner is not None
                and type(inner.op) is DimShuffle
                and inner.op.new_order == ("x", 0)
                and a.type.broadcastable == x.type.broadcastable
                and a.type.dtype == x.type.dtype
                and inner.inputs[0].type.dtype == x.type.dtype
            ):
                return a, inner.inputs[0]
    zero = constant(0, x.type.dtype)
    return x, Alloc()(zero, dims(graph, x)[1])


@rule(AdvancedSubtensor, phase="specialize")
def crossentropy_of_logsoftmax(graph: RewriteGraph, node: Node) -> Result:
    """``logsoftmax(x)[arange(n), y] -> -crossentropy_softmax_1hot(x, y)``: one pass over `x` computes it."""
    x = node.inputs[0]
    if (
        x.owner is None
        or type(x.owner.op) is not LogSoftmax
        or len(node.inputs) != 3
        or tuple(node.op.idx_list) != ("a", "a")
    ):
        return None
    rows, classes = node.inputs[1:]
    if classes.type.ndim != 1 or rows.type.ndim != 1:
        return None
    source = x.owner.inputs[0]
    lengths = [graph.intern(dims(graph, v)[0], node) for v in (source, classes)]
    if not any(_row_numbers(graph, rows, n) for n in lengths):
        return None
    if source.type.broadcastable != (False, False) or classes.type.broadcastable[0]:
        return None
    nll = _crossentropy(*_with_bias(graph, source), classes)[0]
    return elemwise(scalar.neg, nll)


@rule(CrossentropyCategorical1Hot, phase="stabilize")
def crossentropy_of_softmax(graph: RewriteGraph, node: Node) -> Result:
    """``crossentropy(softmax(x), y) -> crossentropy_softmax_1hot(x, y)``: exact where a probability is tiny."""
    p, y = node.inputs
    if p.owner is None or type(p.owner.op) is not Softmax:
        return None
    return _crossentropy(*_with_bias(graph, p.owner.inputs[0]), y)[0]


@rule(Softmax, phase="specialize")
def softmax_of_crossentropy(graph: RewriteGraph, node: Node) -> Result:
    """``softmax(x) -> crossentropy_softmax(x, y)[1]``: a cross-entropy of the same rows computes the softmax anyway."""
    x = node.inputs[0]
    matrix, bias = _with_bias(graph, x)
    for user in graph.users.get(matrix, ()):
        if type(user.op) is CrossentropySoftmaxArgmax1HotWithBias and user.inputs[0] is matrix:
            if user.inputs[1] is bias or (matrix is x and is_filled_with_zeros(user.inputs[1])):
                return user.outputs[1]
    return None
