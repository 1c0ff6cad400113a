"""The sum of the contributions that meet in one variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Constant, Variable
from theano.tensor.advanced_subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1
from theano.tensor.alloc import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.math import add
from theano.tensor.subtensor import IncSubtensor

__all__ = ["is_zero", "total"]

_INCREMENTS = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor)


def is_zero(x: Variable) -> bool:
    """Whether `x` is written as zeros: a constant 0, or one spread by `fill`, `alloc` or `dimshuffle`."""
    while True:
        if isinstance(x, Constant):
            data: Any = x.data
            # One element: a look at large constants would cost time at every node.
            return getattr(data, "size", 0) == 1 and not data.any()
        node = x.owner
        if node is None:
            return False
        op = node.op
        if isinstance(op, Elemwise) and op.scalar_op.name == "second":
            x = node.inputs[1]
        elif isinstance(op, Alloc | DimShuffle):
            x = node.inputs[0]
        else:
            return False


def total(terms: Sequence[Any]) -> Any:
    """The sum of `terms`, which are not empty: one n-ary addition.

    Contributions `inc_subtensor(zeros, …)` – what a read of a part of an array sends back – become a chain of
    increments into one buffer. A loop over n rows of a matrix then costs n rows, not n matrices.

    Examples
    --------
    >>> g, h = T.dvector("g"), T.dvector("h")
    >>> total([g]), total([g, h, g]).owner
    (g, Elemwise{add,no_inplace}(g, h, g))
    >>> total([g, T.inc_subtensor(T.zeros_like(g)[0], 1.0)]).owner.inputs[0]
    g
    """
    if len(terms) == 1:
        return terms[0]
    nonzero = [t for t in terms if not is_zero(t)]
    if not nonzero:
        return terms[0]
    plain: list[Any] = []
    increments: list[Any] = []
    for t in nonzero:
        (increments if _increments_of_zeros(t) else plain).append(t)
    buffer = None
    if plain:
        buffer = plain[0] if len(plain) == 1 else add(*plain)
    left_over = []
    for t in increments:
        if buffer is None:
            buffer = t
        elif buffer.type == t.type:
            # Same type, and both are gradients of one variable, so `buffer` can stand where the zeros stood.
            for node in _increments_of_zeros(t):
                buffer = node.op(buffer, *node.inputs[1:])
        else:
            left_over.append(t)
    assert buffer is not None
    return add(buffer, *left_over) if left_over else buffer


def _increments_of_zeros(t: Variable) -> list[Any]:
    """The increments, first to last, that make `t` of zeros; none if it is something else."""
    found: list[Any] = []
    v: Any = t
    while not is_zero(v):
        node = v.owner
        if node is None or not isinstance(node.op, _INCREMENTS) or node.op.set_instead_of_inc:
            return []
        found.append(node)
        v = node.inputs[0]
    return found[::-1]
