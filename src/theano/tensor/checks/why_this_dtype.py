"""Why an expression has a wider dtype than somebody wants: for the texts of errors."""

from __future__ import annotations

from typing import Any

from theano.graph.origin import place_of
from theano.scalar.dtypes import DISCRETE, promote
from theano.tensor.type import TensorType

# Causes named in one text.
_MOST = 3


def _is_wide(v: Any, dtype: str) -> bool:
    return isinstance(v.type, TensorType) and promote(v.type.dtype, dtype) != dtype


def widened_by(value: Any, dtype: str) -> list[Any]:
    """Where values wider than `dtype` come from in the expression `value`: leaves, or outputs of nodes that widen.

    Examples
    --------
    >>> x, rate = T.fscalar("x"), T.dscalar("rate")
    >>> widened_by(x - rate * x, "float32")
    [rate]
    """
    causes: list[Any] = []
    seen: set[Any] = set()
    todo = [value]
    while todo:
        v = todo.pop()
        if v in seen or not _is_wide(v, dtype):
            continue
        seen.add(v)
        # Integers do not widen floats by themselves: the operation that mixes them does (x / x.shape[0]).
        wide = [i for i in (v.owner.inputs if v.owner else ()) if _is_wide(i, dtype)]
        floats = [i for i in wide if i.type.dtype not in DISCRETE]
        if floats:
            todo += reversed(floats)
        else:
            causes.append(v)
    return causes


def explain_widening(value: Any, dtype: str) -> str:
    """A sentence about `widened_by`; empty where there is nothing to say.

    Examples
    --------
    >>> explain_widening(T.fscalar("x") - T.dscalar("rate"), "float32")
    " It is float64 because of rate (float64, ...). theano.tensor.cast(..., 'float32') makes it fit."
    """
    causes = widened_by(value, dtype)
    if not causes or (causes == [value] and value.owner is None):
        return ""
    named = ", ".join(map(_named, causes[:_MOST])) + (", ..." if len(causes) > _MOST else "")
    return f" It is {value.type.dtype} because of {named}. theano.tensor.cast(..., {dtype!r}) makes it fit."


def _named(v: Any) -> str:
    place = f", {where}" if (where := place_of(v)) else ""
    if v.owner is None:
        return f"{v} ({v.type.dtype}{place})"
    kinds = ", ".join(str(getattr(i.type, "dtype", i.type)) for i in v.owner.inputs)
    return f"{v.owner} ({v.type.dtype} of {kinds}{place})"
