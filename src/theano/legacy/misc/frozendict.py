"""A dict that does not change, and so can be a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["frozendict"]


class frozendict(Mapping[Any, Any]):
    """A mapping that can't be changed and has a hash.

    Examples
    --------
    >>> from theano.misc.frozendict import frozendict
    >>> frozendict(a=1)["a"], frozendict(a=1) == {"a": 1}, frozendict(a=1).copy(b=2)
    (1, True, <frozendict {'a': 1, 'b': 2}>)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._items = dict(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def copy(self, **add_or_replace: Any) -> frozendict:
        """One with other items, too."""
        return frozendict(self._items, **add_or_replace)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._items!r}>"
