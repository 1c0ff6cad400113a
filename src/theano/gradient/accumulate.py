"""The sum of the contributions that meet in one variable."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

from theano.graph import Variable
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1
from theano.tensor.indexing.subtensor import IncSubtensor
from theano.tensor.masks import is_zero, unions, unmasked
from theano.tensor.pointwise.math import add
from theano.tensor.type import TensorType

__all__ = ["total"]

_INCREMENTS = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor)
# The op, by what it increments, and where.
_Increment = tuple[Any, Any, Sequence[Any]]


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
    if not all(isinstance(t.type, TensorType) for t in terms):
        return functools.reduce(operator.add, terms)  # sparse matrices, which know what their sums are
    nonzero = [t for t in terms if not is_zero(t)]
    if len(nonzero) < 2:
        return nonzero[0] if nonzero else terms[0]
    behind = [unmasked(t) for t in nonzero]
    first = behind[0][1]
    if first is not None and all(m is not None and m.key() == first.key() for _, m in behind):
        return first.around(total([v for v, _ in behind]))  # no need for it within the sum
    made = _sum(nonzero)
    for mask in unions(nonzero):
        made = mask.around(made)
    return made


def _sum(terms: Sequence[Any]) -> Any:
    """The sum of two terms or more."""
    plain: list[Any] = []
    increments: list[tuple[Any, list[_Increment]]] = []
    for t in terms:
        found = _increments_of_zeros(t)
        if found:
            increments.append((t, found))
        else:
            plain.append(t)
    buffer = None
    if plain:
        buffer = plain[0] if len(plain) == 1 else add(*plain)
    left_over = []
    for t, found in increments:
        if buffer is None:
            buffer = t
        elif buffer.type == t.type:
            # Same type, and both are gradients of one variable, so `buffer` can stand where the zeros stood.
            for op, value, places in found:
                buffer = op(buffer, value, *places)
        else:
            left_over.append(t)
    assert buffer is not None
    return add(buffer, *left_over) if left_over else buffer


def _increments_of_zeros(t: Variable) -> list[_Increment]:
    """The increments, first to last, that make `t` of zeros; none if it is something else.

    Of a choice between increments and nothing, the increments by what is chosen.
    """
    found: list[_Increment] = []
    v: Any
    v, mask = unmasked(t)
    if mask is not None and not mask.of_all:
        return []
    while not is_zero(v):
        node = v.owner
        if node is None or not isinstance(node.op, _INCREMENTS) or node.op.set_instead_of_inc:
            return []
        y = node.inputs[1]
        found.append((node.op, y if mask is None else mask.around(y), node.inputs[2:]))
        v = node.inputs[0]
    return found[::-1]
