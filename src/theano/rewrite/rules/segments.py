"""What is read or added by the row of each element: rows spread over their elements, and sums of rows."""

from __future__ import annotations

from theano.rewrite.engine.build import number, uniform_value
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor1, AdvancedSubtensor1
from theano.tensor.indexing.segments import OfLength, SegmentSpread, segment_spread, segment_sum
from theano.tensor.making.ranges import ARange
from theano.tensor.shaping.shape import shape_i


def _rows(places: Tensor) -> Node | None:
    """The spread of the numbers of rows that `places` are; None if they are something else."""
    node: Node | None = places.owner
    if node is None or type(node.op) is not SegmentSpread:
        return None
    counted = node.inputs[0].owner
    if counted is None or type(counted.op) is not ARange or number(counted.inputs[0]) != 0:
        return None
    return node if number(counted.inputs[2]) == 1 else None


@rule(AdvancedSubtensor1, name="read_by_row")
def read_by_row(graph: RewriteGraph, node: Node) -> Result:
    """``x[row of each element] -> spread(x, starts)``: the elements of `x` spread over rows; there must be as many."""
    x, places = node.inputs
    spread = _rows(places)
    if spread is None:
        return None
    _, starts, count = spread.inputs
    return segment_spread(x, starts, count)


@rule(AdvancedIncSubtensor1, name="added_by_row")
def added_by_row(graph: RewriteGraph, node: Node) -> Result:
    """``inc_subtensor(zeros[row of each element], y) -> row_sums(y, starts)``: each row adds up its elements."""
    zeros, y, places = node.inputs
    spread = _rows(places)
    if spread is None or node.op.set_instead_of_inc or uniform_value(zeros) != 0 or y.type.dtype != zeros.type.dtype:
        return None
    if y.type.ndim != zeros.type.ndim or any(y.type.broadcastable):
        return None
    return OfLength()(segment_sum(y, spread.inputs[1]), shape_i(zeros, 0))
