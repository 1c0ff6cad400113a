"""Products that are added to something become one BLAS call; a phase of its own, tag ``blas``."""

from __future__ import annotations

from theano.rewrite.engine import algebra
from theano.rewrite.engine.algebra import Term
from theano.rewrite.engine.arithmetic import build_product, build_sum
from theano.rewrite.engine.build import Number, broadcast_to, constant, dimshuffle, elemwise
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.scalar import mul
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.linalg.blas import Gemm, Gemv, Ger
from theano.tensor.linalg.dot import BatchedDot, Dot
from theano.tensor.shaping.reshaping import Reshape

_gemv, _gemm, _ger = Gemv(), Gemm(), Ger()
_BLAS_DTYPES = frozenset({"float32", "float64", "complex64", "complex128"})


@rule("add", "sub", phase="blas", name="product_added", beside=frozenset({Dot}))
def product_added(graph: RewriteGraph, node: Node) -> Result:
    """``y + a * dot(A, x) -> Gemv(y, a, A, x)``: one operation for both, of matrices `Gemm`, of vectors `Ger`."""
    out = node.outputs[0]
    dtype, ndim = out.type.dtype, out.type.ndim
    view = algebra.root_sum(graph, node) if ndim in (1, 2) and dtype in _BLAS_DTYPES else None
    if view is None:
        return None
    terms = list(view.terms.values())
    for at, term in enumerate(terms):
        found = _scaled_dot(graph, term, out)
        if found is None:
            continue
        alpha, product = found
        others = terms[:at] + terms[at + 1 :]
        if not others and view.const == 0:
            return None
        target, beta, left = _target(graph, others, view.const, out)
        if target is None:
            return None
        made = _call(alpha, product, target, beta, dtype)
        if made is None:
            return None
        if not left:
            return made
        return build_sum(0, [(1, made), *[(t.coef, t.pure()) for t in left]], dtype, ndim)
    return None


def _scaled_dot(graph: RewriteGraph, term: Term, out: Tensor) -> tuple[Tensor, Node] | None:
    """The scalar factor and the `Dot` node of a term ``a * dot(x, y)`` that nobody else reads."""
    dots = [v for v in term.factors if v.owner is not None and type(v.owner.op) is Dot]
    if len(dots) != 1 or term.factors[dots[0]] != 1 or not _for_one_only(graph, dots[0], out):
        return None
    dot = dots[0]
    node = dot.owner
    dtype = out.type.dtype
    if dot.type.broadcastable != out.type.broadcastable or any(v.type.dtype != dtype for v in node.inputs):
        return None
    scale = {}
    for v, e in term.factors.items():
        if v is dot:
            continue
        if not all(v.type.broadcastable) or v.type.dtype != dtype:
            return None
        scale[dimshuffle(v, ()) if v.type.ndim else v] = e
    alpha = build_product(term.coef, scale, dtype, 0)
    return None if alpha is None or alpha.type.dtype != dtype else (alpha, node)


def _for_one_only(graph: RewriteGraph, var: Tensor, out: Tensor) -> bool:
    """Whether nothing but `out` needs a variable and what is made from it on the way; else it is computed once."""
    while var is not out:
        user = graph.only_user(var)
        if user is None:
            return False
        var = user.outputs[0]
    return True


def _target(
    graph: RewriteGraph, others: list[Term], const: Number, out: Tensor
) -> tuple[Tensor | None, Number, list[Term]]:
    """What the product is added to, its coefficient, and the terms that remain."""
    if const == 0:
        for k, t in enumerate(others):
            pure = t.pure()
            if pure.type.broadcastable == out.type.broadcastable and pure.type.dtype == out.type.dtype:
                return pure, t.coef, others[:k] + others[k + 1 :]
    rest = build_sum(const, [(t.coef, t.pure()) for t in others], out.type.dtype, out.type.ndim)
    if rest is None or rest.type.dtype != out.type.dtype:
        return None, 1, []
    return broadcast_to(graph, rest, out), 1, []


def _call(alpha: Tensor, product: Node, target: Tensor, beta: Number, dtype: str) -> Tensor | None:
    a, b = product.inputs
    factor = constant(beta, dtype)
    made: Tensor
    if target.type.ndim == 1:
        if a.type.ndim == 2 and b.type.ndim == 1:
            made = _gemv(target, alpha, a, b, factor)
        elif a.type.ndim == 1 and b.type.ndim == 2:
            made = _gemv(target, alpha, dimshuffle(b, (1, 0)), a, factor)
        else:
            return None
        return made
    if beta == 1 and _added_axis(a) == (0, "x") and _added_axis(b) == ("x", 0):
        made = _ger(target, alpha, a.owner.inputs[0], b.owner.inputs[0])
        return made
    made = _gemm(target, alpha, a, b, factor)
    return made


def _added_axis(var: Tensor) -> tuple[int | str, ...] | None:
    if var.owner is not None and type(var.owner.op) is DimShuffle and var.owner.inputs[0].type.ndim == 1:
        order: tuple[int | str, ...] = var.owner.op.new_order
        return order
    return None


@rule(Dot, phase="blas", name="scaled_operand")
def scaled_operand(graph: RewriteGraph, node: Node) -> Result:
    """``dot(a * x, y) -> a * dot(x, y)`` for a number `a`, where scaling `x` would be a pass over memory of its own.

    The scaled product becomes part of the point-wise work that follows, or of a `Gemm`.
    """
    out = node.outputs[0]
    user = graph.only_user(out)
    if user is None or type(user.op) is not Elemwise:
        return None
    dtype, ndim = out.type.dtype, out.type.ndim
    if dtype not in _BLAS_DTYPES or any(v.type.dtype != dtype for v in node.inputs):
        return None
    scale: dict[Tensor, int] = {}
    coef: Number = 1
    bare = []
    for v in node.inputs:
        found = _unscaled(graph, v)
        if found is None:
            bare.append(v)
            continue
        x, product = found
        bare.append(x)
        coef *= product.coef
        for base, e in product.factors.items():
            if all(base.type.broadcastable):
                number = dimshuffle(dimshuffle(base, ()), ("x",) * ndim)
                scale[number] = scale.get(number, 0) + e
    if all(a is b for a, b in zip(bare, node.inputs, strict=True)):
        return None
    result: Tensor = node.op(*bare)
    return build_product(coef, {**scale, result: 1}, dtype, ndim)


@rule("mul", phase="blas", name="scaled_stack_product", beside=frozenset({BatchedDot}))
def scaled_stack_product(graph: RewriteGraph, node: Node) -> Result:
    """``reshape(a * batched_dot(x, y)) -> reshape(batched_dot(a * x, y))`` for a number `a`, which the product takes.

    Elsewhere it is part of the point-wise work that follows, which a reshape keeps from being one loop with it.
    """
    user = graph.only_user(node.outputs[0])
    if user is None or type(user.op) is not Reshape or len(node.inputs) != 2:
        return None
    for number, shaped in (node.inputs, node.inputs[::-1]):
        reshape = shaped.owner if shaped.owner is not None and type(shaped.owner.op) is Reshape else None
        made = reshape.inputs[0] if reshape is not None else shaped
        if made.owner is None or type(made.owner.op) is not BatchedDot or not all(number.type.broadcastable):
            continue
        x, y = made.owner.inputs
        alone = all(graph.only_user(v) is not None for v in (made, shaped))
        if alone and {v.type.dtype for v in (number, x, y)} == {made.type.dtype} and made.type.dtype in _BLAS_DTYPES:
            factor = dimshuffle(dimshuffle(number, ()), ("x",) * made.type.ndim)
            scaled: Tensor = made.owner.op(elemwise(mul, factor, x), y)
            return scaled if reshape is None else reshape.op(scaled, reshape.inputs[1])
    return None


def _unscaled(graph: RewriteGraph, v: Tensor) -> tuple[Tensor, algebra.Product] | None:
    """What an operand of a product is a multiple of, and the product that it is; None if it is no such multiple."""
    turned = v.owner is not None and type(v.owner.op) is DimShuffle and v.owner.op.new_order == (1, 0)
    inner = v.owner.inputs[0] if turned else v
    if inner.owner is None or type(inner.owner.op) is not Elemwise:
        return None
    if inner.owner.op.scalar_op.name not in algebra.PRODUCT_OPS:
        return None
    if graph.only_user(v) is None or (turned and graph.only_user(inner) is None):
        return None
    product = algebra.product_of(graph, inner)
    wide = [b for b in product.factors if not all(b.type.broadcastable)]
    if len(wide) != 1 or product.factors[wide[0]] != 1 or wide[0].type.broadcastable != inner.type.broadcastable:
        return None
    x = wide[0]
    work = x.owner is not None and type(x.owner.op) is Elemwise  # the factor is part of its loop, and costs nothing
    if work or x is inner or any(b.type.dtype != v.type.dtype for b in product.factors):
        return None
    return (dimshuffle(x, (1, 0)) if turned else x), product
