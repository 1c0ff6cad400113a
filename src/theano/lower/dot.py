"""Lowering of products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower import product
from theano.lower.builder import Builder
from theano.lower.items import Element
from theano.lower.registry import lowers
from theano.lower.values import Value
from theano.tensor.blas import Gemm, Gemv, Ger
from theano.tensor.dot import BatchedDot, Dot

NATIVE = ("f32", "f64", *ex.INTS)


def multiply_add(at: Element, type_: str) -> Expr:
    return ex.mul(ex.cast(at.read(0), type_), ex.cast(at.read(1), type_))


def contraction(b: Builder, type_: str, x: Value, y: Value, node: Any) -> Value:
    """Sum of products over the last axis of `x` and the first axis of `y`."""
    inner = b.unify(x.dims[-1], y.dims[0], _message(x, y))
    if x.ndim == 2 and y.ndim == 2:
        return product.product(b, type_, x, y)
    # x (i, k) or (k,); y (k, j) or (k,): the space is (i, k), (k, j) or (k,)
    if x.ndim == 2:
        dims: tuple[Expr, ...] = (x.dims[0], inner)
        red, maps = frozenset({1}), [(0, 1), (1,)]
    elif y.ndim == 2:
        dims, red, maps = (inner, y.dims[1]), frozenset({0}), [(0,), (0, 1)]
    else:
        dims, red, maps = (inner,), frozenset({0}), [(0,), (0,)]
    aligned = [
        tuple(None if _broadcasts(v.dims[k], dims[a]) else a for k, a in enumerate(m))
        for v, m in zip((x, y), maps, strict=True)
    ]
    return b.reduce(type_, dims, [x, y], red, False, "add", type_, lambda at: multiply_add(at, type_), 2, aligned)


def _broadcasts(own: Expr, space: Expr) -> bool:
    return own.op == "const" and own.value == 1 and not (space.op == "const" and space.value == 1)


def _message(x: Value, y: Value) -> str:
    return f"shapes do not match in dot: x.shape[{x.ndim - 1}] = {{0}} but y.shape[0] = {{1}}"


@lowers(Dot)
def lower_dot(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in NATIVE or any(v.type not in (*NATIVE, "bool") for v in inputs):
        return None
    return [contraction(b, type_, inputs[0], inputs[1], node)]


@lowers(Gemv)
def lower_gemv(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    y, alpha, a, x, beta = inputs
    return _scaled(b, node, y, alpha, beta, a, x)


@lowers(Gemm)
def lower_gemm(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    z, alpha, x, y, beta = inputs
    return _scaled(b, node, z, alpha, beta, x, y)


def _scaled(b: Builder, node: Any, z: Value, alpha: Value, beta: Value, x: Value, y: Value) -> list[Value] | None:
    """beta * z + alpha * dot(x, y)."""
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in NATIVE:
        return None
    product = contraction(b, type_, x, y, node)
    dims = []
    for axis, (d, w) in enumerate(zip(product.dims, z.dims, strict=True)):
        dims.append(b.unify(d, w, f"shapes do not match: the product's axis {axis} has length {{0}}, the sum's {{1}}"))
    scale, weight = b.scalar(alpha, type_), b.scalar(beta, type_)
    reads = [product, z, Value(type_, (), uniform=scale), Value(type_, (), uniform=weight)]

    def body(at: Element) -> Expr:
        scaled = at.read(0) if _is_one(scale) else ex.mul(at.read(0), at.read(2))
        added = at.read(1) if _is_one(weight) else ex.mul(at.read(1), at.read(3))
        return ex.add(added, scaled)

    if weight.op == "const" and weight.value == 0:
        return [b.pointwise(type_, dims, [product, reads[2]], lambda at: ex.mul(at.read(0), at.read(1)))]
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
    from theano.lower.elemwise import shuffled

    reads = [a, Value(type_, (), uniform=b.scalar(alpha, type_)), shuffled(b, x, (0, "x")), shuffled(b, y, ("x", 0))]
    return [
        b.pointwise(
            type_, (rows, columns), reads,
            lambda at: ex.add(at.read(0), ex.mul(ex.mul(at.read(1), at.read(2)), at.read(3))), cost=3,
        )
    ]  # fmt: skip


@lowers(BatchedDot)
def lower_batched_dot(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    x, y = inputs
    if type_ not in NATIVE or any(v.type not in NATIVE for v in inputs):
        return None
    batch = b.unify(x.dims[0], y.dims[0], "batched_dot: x.shape[0] = {0} but y.shape[0] = {1}")
    inner = b.unify(x.dims[-1], y.dims[1], "batched_dot: x's last axis has length {0}, y's axis 1 has {1}")
    if x.ndim == 3 and y.ndim == 3:
        dims: tuple[Expr, ...] = (batch, x.dims[1], inner, y.dims[2])
        red = frozenset({2})
        maps: list[tuple[int | None, ...]] = [(0, 1, 2), (0, 2, 3)]
    elif x.ndim == 3:
        dims, red, maps = (batch, x.dims[1], inner), frozenset({2}), [(0, 1, 2), (0, 2)]
    elif y.ndim == 3:
        dims, red, maps = (batch, inner, y.dims[2]), frozenset({1}), [(0, 1), (0, 1, 2)]
    else:
        dims, red, maps = (batch, inner), frozenset({1}), [(0, 1), (0, 1)]
    maps = [
        tuple(None if _broadcasts(v.dims[k], dims[a]) else a for k, a in enumerate(m))  # type: ignore[index]
        for v, m in zip((x, y), maps, strict=True)
    ]
    return [b.reduce(type_, dims, [x, y], red, False, "add", type_, lambda at: multiply_add(at, type_), 2, maps)]
