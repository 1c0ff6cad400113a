"""`OrderedUpdates`: updates of shared variables, in order, that can be merged."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from theano.compile.shared_variables.variables import SharedVariable
from theano.graph.shown import shown


class OrderedUpdates(OrderedDict[Any, Any]):
    """A dict from shared variables to their new values.

    Values are converted to the type of their key. Merging two that disagree is an error.

    Parameters
    ----------
    *key, **kwargs
        As for a dict; keys are shared variables.

    Examples
    --------
    >>> s = theano.shared(0.0)
    >>> updates = theano.OrderedUpdates({s: s + 1})
    >>> updates + {theano.shared(1.0): s}          # doctest: +SKIP
    """

    def __init__(self, *key: Any, **kwargs: Any) -> None:
        super().__init__(*key, **kwargs)
        for k in self:
            _check_key(k)

    def __setitem__(self, key: Any, value: Any) -> None:
        _check_key(key)
        super().__setitem__(key, key.type.filter_variable(value))

    def update(self, other: Any = None, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the updates of `other`; KeyError if one of its keys is here with another value."""
        if other is None:
            return
        for key, value in other.items() if hasattr(other, "items") else other:
            if key in self:
                if self[key] is value:
                    continue
                raise KeyError(f"Collision: {key} has two different new values, {self[key]} and {value}")
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        merged = OrderedUpdates()
        merged.update(self)
        merged.update(other)
        return merged

    def __radd__(self, other: Any) -> OrderedUpdates:
        merged = OrderedUpdates()
        merged.update(other)
        merged.update(self)
        return merged


def _check_key(key: Any) -> None:
    if not isinstance(key, SharedVariable):
        raise TypeError(
            f"OrderedUpdates keys must inherit from SharedVariable, not {shown(key)} of type {type(key).__name__}. A "
            "value that functions change is made by theano.shared(value)."
        )
