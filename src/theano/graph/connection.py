"""Which outputs of a graph depend differentiably on which inputs, by the patterns of the ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.walk import io_toposort


def io_connection_pattern(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[list[bool]]:
    """``[input][output]``: whether the output depends on the input's elements, by the patterns of the ops.

    Parameters
    ----------
    inputs, outputs : sequences of Variable
        The ends of a graph.

    Returns
    -------
    list of lists of bool

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y = T.dvectors("x", "y")
    >>> io_connection_pattern([x, y], [x * y.shape[0]])
    [[True], [False]]
    """
    reached: dict[Any, set[int]] = {v: {k} for k, v in enumerate(inputs)}
    for node in io_toposort(inputs, outputs):
        found = [reached.get(v) for v in node.inputs]
        if not any(found):
            continue
        if not node.op.defines("connection_pattern"):
            union = set().union(*(f for f in found if f))
            for output in node.outputs:
                reached.setdefault(output, union)
            continue
        pattern = node.op.connection_pattern(node)
        for o, output in enumerate(node.outputs):
            union = set().union(*(f for f, row in zip(found, pattern, strict=True) if f and row[o]))
            if union:
                reached.setdefault(output, union)
    return [[k in reached.get(v, ()) for v in outputs] for k in range(len(inputs))]
