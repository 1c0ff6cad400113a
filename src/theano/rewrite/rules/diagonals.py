"""Products with diagonal matrices: a unit vector takes a column, a diagonal scales rows or columns."""

from __future__ import annotations

from typing import Any

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.build import dims, dimshuffle, elemwise, number, same_number, scalar_name
from theano.rewrite.engine.forms import FULL, subtensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.elemwise import DimShuffle
from theano.tensor.indexing.subtensor import INDEX, IncSubtensor
from theano.tensor.linalg.dot import Dot
from theano.tensor.making.alloc import Alloc
from theano.tensor.making.triangles import Eye


@rule(Dot, name="product_with_diagonal")
def product_with_diagonal(graph: RewriteGraph, node: Node) -> Result:
    """``dot(eye(n), y) -> y``, ``dot(eye(n) * d[:, None], y) -> d[:, None] * y``, and from the right."""
    x, y = node.inputs
    out = node.outputs[0]
    if not graph.has_op(_is_eye):
        return None
    if not out.type.dtype.startswith("float") or any(v.type.dtype != out.type.dtype for v in node.inputs):
        return None
    diagonal = _diagonal(graph, x)
    if diagonal is not None:
        if not same_length(graph, x, -1, y, 0):
            return None
        for d in diagonal:
            y = elemwise(scalar.mul, y, dimshuffle(d, (0,) if y.type.ndim == 1 else (0, "x")))
        return y
    diagonal = _diagonal(graph, y)
    if diagonal is None or not same_length(graph, x, -1, y, 0):
        return None
    for d in diagonal:
        x = elemwise(scalar.mul, x, dimshuffle(d, (0,) if x.type.ndim == 1 else ("x", 0)))
    return x


def _diagonal(graph: RewriteGraph, x: Tensor) -> list[Tensor] | None:
    """The vectors whose product is the diagonal of `x`; None if `x` is no diagonal matrix.

    Whether a vector scales the rows or the columns of ``eye(n)`` is the same. Single numbers are not looked for:
    the rule about factors takes them out of products.
    """
    if x.type.ndim != 2:
        return None
    if _is_identity(x):
        return []
    if scalar_name(x) not in algebra.PRODUCT_OPS:
        return None
    view = algebra.product_of(graph, x)
    units = [v for v in view.factors if _is_identity(v)]
    if len(units) != 1 or view.factors[units[0]] != 1 or view.coef != 1:
        return None
    vectors: list[Tensor] = []
    for v, exponent in view.factors.items():
        if v is units[0]:
            continue
        vector = _broadcast_vector(v)
        if vector is None or exponent != 1:
            return None
        vectors.append(vector)
    return vectors


def _broadcast_vector(v: Tensor) -> Tensor | None:
    """The vector that `v` spreads as columns, or as rows."""
    if v.type.broadcastable in ((False, True), (True, False)):
        return dimshuffle(v, (v.type.broadcastable.index(False),))
    return None


def _is_eye(op: Any) -> bool:
    return type(op) is Eye


def _is_identity(x: Tensor) -> bool:
    """Whether `x` is a square matrix with ones on its main diagonal."""
    node = x.owner
    if node is None or type(node.op) is not Eye or number(node.inputs[2]) != 0:
        return False
    return same_number(*node.inputs[:2])


@rule(Dot, name="product_with_unit_vector")
def product_with_unit_vector(graph: RewriteGraph, node: Node) -> Result:
    """``dot(X, e) -> X[:, i] * e[i]`` for a vector `e` of zeros with one element set at `i`."""
    x, y = node.inputs
    if node.outputs[0].type.dtype != x.type.dtype or x.type.dtype != y.type.dtype:
        return None
    found = _unit(y)
    if found is not None and same_length(graph, x, -1, y, 0):
        at, value = found
        return _times(subtensor(x, [FULL, at] if x.type.ndim == 2 else [at]), value)
    found = _unit(x)
    if found is None or not same_length(graph, x, -1, y, 0):
        return None
    at, value = found
    return _times(subtensor(y, [at]), value)


@rule(Dot, phase="specialize", name="product_of_transposed_work")
def product_of_transposed_work(graph: RewriteGraph, node: Node) -> Result:
    """``dot(x.T * v, y) -> dot((x * v[:, None]).T, y)``: point-wise work goes along the rows of `x`.

    That the matrix is transposed costs a product nothing.
    """
    turned = [_turned(graph, v) if v.type.ndim == 2 and scalar_name(v) is not None else None for v in node.inputs]
    if all(t is None for t in turned):
        return None
    made: Tensor = node.op(
        *(v if t is None else dimshuffle(t, (1, 0)) for v, t in zip(node.inputs, turned, strict=True))
    )
    return made


def _turned(graph: RewriteGraph, x: Tensor) -> Tensor | None:
    """``x.T`` if `x` is point-wise work on transposed matrices, and on vectors."""
    found: dict[Tensor, Tensor] = {}
    transposed = False
    stack = [x]
    while stack:
        v = stack[-1]
        node = v.owner
        if v in found:
            stack.pop()
        elif all(v.type.broadcastable):
            found[v] = v
        elif node is not None and type(node.op) is DimShuffle:
            order = node.op.new_order
            if order == (1, 0):
                transposed = True
            elif "x" not in order:
                return None
            found[v] = dimshuffle(node.inputs[0], order[::-1])
        elif scalar_name(v) is not None and graph.only_user(v) is not None:
            missing = [i for i in node.inputs if i not in found]
            if missing:
                stack += missing
            else:
                found[v] = node.op(*(found[i] for i in node.inputs))
        else:
            return None
    return found[x] if transposed else None


def same_length(graph: RewriteGraph, x: Tensor, axis: int, y: Tensor, other: int) -> bool:
    """Whether two axes are known to have one length: a product that goes must not have been an error."""
    n, m = dims(graph, x)[axis], dims(graph, y)[other]
    return same_number(graph.known(n) or n, graph.known(m) or m)


def _unit(x: Tensor) -> tuple[Tensor, Tensor] | None:
    """Place and value of the one element that is not zero."""
    node = x.owner
    if x.type.ndim != 1 or node is None or type(node.op) is not IncSubtensor or node.op.idx_list != (INDEX,):
        return None
    zeros = node.inputs[0]
    if zeros.owner is None or type(zeros.owner.op) is not Alloc or number(zeros.owner.inputs[0]) != 0:
        return None
    value = node.inputs[1]
    return node.inputs[2], dimshuffle(value, ()) if value.type.ndim else value


def _times(x: Tensor, value: Tensor) -> Tensor:
    if number(value) == 1:
        return x
    return elemwise(scalar.mul, x, dimshuffle(value, ("x",) * x.type.ndim) if x.type.ndim else value)
