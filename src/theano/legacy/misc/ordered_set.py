"""A set that keeps the order in which its elements came."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, MutableSet
from typing import Any

__all__ = ["OrderedSet"]


class Link:
    """What Theano 1.0.5 pickled of each element of a set beside it."""

    def __setstate__(self, state: Any) -> None:
        """The set knows its elements without."""


class OrderedSet(MutableSet[Any]):
    """A set in the order in which its elements were first added.

    Examples
    --------
    >>> from theano.misc.ordered_set import OrderedSet
    >>> OrderedSet([3, 1, 3, 2])
    OrderedSet([3, 1, 2])
    """

    def __init__(self, iterable: Iterable[Hashable] | None = None) -> None:
        self._items: dict[Any, None] = dict.fromkeys(iterable or ())

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A pickle of Theano 1.0.5 has a chain of `Link`, and a dict that leads to them.
        self._items = dict.fromkeys(state.get("_OrderedSet__map", state.get("_items", ())))

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, value: Hashable) -> None:
        """Add an element; one that is there stays where it is."""
        self._items[value] = None

    def discard(self, value: Hashable) -> None:
        """Remove an element, if it is there."""
        self._items.pop(value, None)

    def pop(self, last: bool = True) -> Any:
        """Remove the last element, or the first, and return it.

        Raises
        ------
        KeyError
            There is none.
        """
        if not self._items:
            raise KeyError("set is empty")
        found = next(reversed(self._items) if last else iter(self._items))
        del self._items[found]
        return found

    def update(self, iterable: Iterable[Hashable]) -> None:
        """Add elements."""
        for value in iterable:
            self.add(value)

    def union(self, s: Iterable[Hashable]) -> OrderedSet:
        """A new set of these elements and others behind them."""
        return OrderedSet([*self, *s])

    def difference_update(self, s: Iterable[Hashable]) -> OrderedSet:
        """Remove elements; returns the set."""
        for value in s:
            self.discard(value)
        return self

    def copy(self) -> OrderedSet:
        """A set with these elements."""
        return OrderedSet(self)

    def __eq__(self, other: object) -> bool:
        """Another ordered set is equal with the same order, a set with the same elements.

        Raises
        ------
        TypeError
            `other` is no set: the order of a list would be left open.
        """
        if isinstance(other, OrderedSet):
            return list(self) == list(other)
        if isinstance(other, set | frozenset):
            return set(self) == other
        raise TypeError("an OrderedSet is compared with a set; write list(s) == other")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OrderedSet({list(self) or ''})"
