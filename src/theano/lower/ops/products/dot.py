"""Lowering of products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.elemwise import shuffled
from theano.lower.ops.products import product, stacks
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.values import Value
from theano.tensor.linalg.blas import Gemm, Gemv, Ger
from theano.tensor.linalg.dot import BatchedDot, Dot

NATIVE = ("f32", "f64", *ex.INTS)
INNER = "shapes do not match in dot: x.shape[{axis}] = {{0}} but y.shape[0] = {{1}}"
SUM = "shapes do not match: the product's axis {axis} has length {{0}}, the sum's {{1}}"


def contraction(b: Builder, type_: str, x: Value, y: Value) -> Value:
    """Sum of products over the last axis of `x` and the first axis of `y`."""
    inner = b.unify(x.dims[-1], y.dims[0], INNER.format(axis=x.ndim - 1))
    if x.ndim == 2 and y.ndim == 2:
        return product.product(b, type_, x, y)
    if x.ndim == 2:
        return product.loops(b, type_, (x.dims[0], inner), x, y, ((0, 1), (1,)), 1)
    if y.ndim == 2:
        return product.loops(b, type_, (inner, y.dims[1]), x, y, ((0,), (0, 1)), 0)
    return product.loops(b, type_, (inner,), x, y, ((0,), (0,)), 0)


@lowers(Dot)
def lower_dot(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in NATIVE or any(v.type not in (*NATIVE, "bool") for v in inputs):
        return None
    return [contraction(b, type_, inputs[0], inputs[1])]


@lowers(Gemv)
def lower_gemv(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    y, alpha, a, x, beta = inputs
    return _scaled(b, node, y, alpha, beta, a, x)


@lowers(Gemm)
def lower_gemm(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    z, alpha, x, y, beta = inputs
    return _scaled(b, node, z, alpha, beta, x, y)


def _scaled(b: Builder, node: Any, z: Value, alpha: Value, beta: Value, x: Value, y: Value) -> list[Value] | None:
    """beta * z + alpha * dot(x, y).

    Where that is the new content of the shared variable `z`, the product is added in place. Elsewhere the sum is
    point-wise work like any other, so that it is fused with what comes after it.
    """
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in NATIVE:
        return None
    scale, weight = b.scalar(alpha, type_), b.scalar(beta, type_)
    if z.ndim == 2 and product.is_ours(type_, x, y) and z.is_whole() and z.tensor is b.updated.get(node.outputs[0]):
        b.unify(x.dims[1], y.dims[0], INNER.format(axis=1))
        b.unify(x.dims[0], z.dims[0], SUM.format(axis=0))
        b.unify(y.dims[1], z.dims[1], SUM.format(axis=1))
        assert z.tensor is not None
        return [product.added(b, z.tensor, weight, scale, x, y)]
    made = contraction(b, type_, x, y)
    dims = []
    for axis, (d, w) in enumerate(zip(made.dims, z.dims, strict=True)):
        dims.append(b.unify(d, w, SUM.format(axis=axis)))
    reads = [made, Value(type_, (), uniform=scale), z, Value(type_, (), uniform=weight)]
    times, by, old, share = bd.elements(reads)
    if weight.op == "const" and weight.value == 0:
        return [b.pointwise(type_, dims, reads[:2], ex.mul(times, by))]
    scaled = times if _is_one(scale) else ex.mul(times, by)
    body = ex.add(old if _is_one(weight) else ex.mul(old, share), scaled)
    if weight.op != "const":  # beta = 0 reads nothing, which may be NaN
        body = ex.select(ex.eq(share, 0.0), scaled, body)
    return [b.pointwise(type_, dims, reads, body, cost=3)]


def _is_one(x: Expr) -> bool:
    return x.op == "const" and x.value == 1


@lowers(Ger)
def lower_ger(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    a, alpha, x, y = inputs
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in NATIVE:
        return None
    rows = b.unify(a.dims[0], x.dims[0], "ger: A.shape[0] = {0} but x.shape[0] = {1}")
    columns = b.unify(a.dims[1], y.dims[0], "ger: A.shape[1] = {0} but y.shape[0] = {1}")
    reads = [a, Value(type_, (), uniform=b.scalar(alpha, type_)), shuffled(b, x, (0, "x")), shuffled(b, y, ("x", 0))]
    old, scale, left, right = bd.elements(reads)
    return [b.pointwise(type_, (rows, columns), reads, ex.add(old, ex.mul(ex.mul(scale, left), right)), cost=3)]


@lowers(BatchedDot)
def lower_batched_dot(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    x, y = inputs
    if type_ not in NATIVE or any(v.type not in NATIVE for v in inputs):
        return None
    front = [
        b.unify(n, m, f"batched_dot: x.shape[{axis}] = {{0}} but y.shape[{axis}] = {{1}}")
        for axis, (n, m) in enumerate(zip(x.dims[:-2], y.dims[:-2], strict=True))
    ]
    b.unify(x.dims[-1], y.dims[-2], f"batched_dot: x's last axis has length {{0}}, y's axis {y.ndim - 2} has {{1}}")
    return [stacks.stack(b, type_, front, x, y)]
