"""Products of stacks of matrices are computed the way round, and with the axes, with which nothing is copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from theano.rewrite.engine.build import dims, dimshuffle, number, same_number, scalar_name
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.linalg.facts import is_transposed
from theano.rewrite.rules.shaping import elements_of
from theano.tensor.elemwise import DimShuffle
from theano.tensor.linalg.dot import BatchedDot
from theano.tensor.linalg.matrices import transposed
from theano.tensor.shaping.reshaping import Reshape
from theano.tensor.shaping.shape import MakeVector


@rule(DimShuffle, name="transpose_of_stack_product", children=frozenset({BatchedDot}))
def transpose_of_stack_product(graph: RewriteGraph, node: Node) -> Result:
    """``batched_dot(x, y).transpose(0, 2, 1) -> batched_dot(y.transpose(0, 2, 1), x.transpose(0, 2, 1))``."""
    made, order = node.inputs[0], node.op.new_order
    row, column = made.type.ndim - 2, made.type.ndim - 1
    if made.owner is None or type(made.owner.op) is not BatchedDot or graph.only_user(made) is None:
        return None
    if row not in order or column not in order or order.index(row) < order.index(column):
        return None
    x, y = (transposed(v) for v in made.owner.inputs)
    return dimshuffle(made.owner.op(y, x), [{row: column, column: row}.get(o, o) for o in order])


@rule(BatchedDot, phase="specialize", name="stack_product_of_reshaped")
def stack_product_of_reshaped(graph: RewriteGraph, node: Node) -> Result:
    """``batched_dot(x.reshape((a * b, i, j)), y) -> batched_dot(x, y.reshape((a, b, j, k))).reshape((a * b, i, k))``.

    Where the axes of `x` were exchanged before, its reshape is a copy; the product takes the matrices where they lie.
    """
    if node.outputs[0].type.ndim != 3:
        return None
    wholes = [_counted_by_more(graph, node, v) for v in node.inputs]
    first = next((v for v in wholes if v is not None), None)
    if first is None:
        return None
    front = _lengths(graph, node, first)[:-2]
    operands = []
    for v, whole in zip(node.inputs, wholes, strict=True):
        if whole is not None and all(map(same_number, _lengths(graph, node, whole)[:-2], front)):
            operands.append(whole)
            continue
        count, *matrix = _lengths(graph, node, v)
        if not _is_product(count, front):
            return None
        operands.append(_apart(v, [*front, *matrix]))
    made: Tensor = Reshape(3)(node.op(*operands), MakeVector("int64")(*_lengths(graph, node, node.outputs[0])))
    return made


def _lengths(graph: RewriteGraph, node: Node, v: Tensor) -> list[Tensor]:
    return [graph.intern(n, node) for n in dims(graph, v)]


def _counted_by_more(graph: RewriteGraph, node: Node, v: Tensor) -> Tensor | None:
    """The matrices of `v`, which was reshaped to count them along one axis, with more axes; None if it wasn't."""
    turned = is_transposed(v)
    made = v.owner.inputs[0] if turned else v
    if made.owner is None or type(made.owner.op) is not Reshape:
        return None
    whole, shape = made.owner.inputs
    lengths = elements_of(shape)
    if whole.type.ndim < 4 or whole.owner is None or type(whole.owner.op) is not DimShuffle or lengths is None:
        return None
    *front, rows, columns = _lengths(graph, node, whole)
    if not (same_number(lengths[1], rows) and same_number(lengths[2], columns) and _is_product(lengths[0], front)):
        return None
    found: Tensor = transposed(whole) if turned else whole
    return found


def _apart(v: Tensor, lengths: Sequence[Tensor]) -> Tensor:
    """`v` with these lengths; of transposed matrices those that are there are reshaped."""
    made: Tensor
    if is_transposed(v):
        made = transposed(_apart(v.owner.inputs[0], [*lengths[:-2], lengths[-1], lengths[-2]]))
    else:
        made = Reshape(len(lengths))(v, MakeVector("int64")(*lengths))
    return made


def _is_product(n: Tensor, factors: Sequence[Tensor]) -> bool:
    """Whether a length is visibly the product of others."""
    return _factors([n]) == _factors(factors)


def _factors(lengths: Sequence[Tensor]) -> tuple[int, Counter[Tensor]]:
    """The product of these: a number, and how often each variable."""
    coefficient, found, waiting = 1, Counter[Tensor](), list(lengths)
    while waiting:
        n = waiting.pop()
        value = number(n)
        if value is not None:
            coefficient *= int(value)
        elif scalar_name(n) == "mul":
            waiting += n.owner.inputs
        else:
            found[n] += 1
    return coefficient, found


