"""`Query`: which rewrites are wanted, by tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from theano.base.record import Slotted


class Query(Slotted):
    """Selects rules by tags (a rule's name is one of its tags).

    A rule is selected if it has some tag of `include`, all of `require` and none of `exclude`.

    Parameters
    ----------
    include, require, exclude
        Tags.
    subquery
        For names of databases inside (``"canonicalize"``), the query that these are asked in place of this one.
    position_cutoff
        Nothing behind this position runs.
    extra_optimizations
        Pairs of a rewrite of whole graphs and its position, which run too; see `register`.

    Examples
    --------
    >>> Query(include=["fast_run"]).excluding("blas")
    Query(include=['fast_run'], require=[], exclude=['blas'])
    """

    __slots__ = ("include", "require", "exclude", "position_cutoff", "extra_optimizations", "subquery")

    def __init__(
        self,
        include: Iterable[str],
        require: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        subquery: Any = None,
        position_cutoff: float = float("inf"),
        extra_optimizations: Iterable[Any] | None = None,
    ) -> None:
        if isinstance(include, str):
            raise TypeError(f"include is a list of tags: write [{include!r}]")
        self.include = frozenset(include)
        self.require = frozenset(require or ())
        self.exclude = frozenset(exclude or ())
        self.subquery: dict[str, Query] = dict(subquery or {})
        self.position_cutoff = position_cutoff
        self.extra_optimizations = tuple(extra_optimizations or ())

    def _with(self, **changes: Any) -> Query:
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return Query(**{**fields, **changes})

    def including(self, *tags: str) -> Query:
        """The same query with more tags to include."""
        return self._with(include=self.include | set(tags))

    def excluding(self, *tags: str) -> Query:
        """The same query without rules that have one of `tags`."""
        return self._with(exclude=self.exclude | set(tags))

    def requiring(self, *tags: str) -> Query:
        """The same query with only rules that have all of `tags`."""
        return self._with(require=self.require | set(tags))

    def register(self, *optimizations: Any) -> Query:
        """The same query with more rewrites of whole graphs.

        Parameters
        ----------
        optimizations
            Pairs of a rewrite and the position at which it runs.

        Raises
        ------
        TypeError
            Something is no such pair.

        Examples
        --------
        >>> from theano.gof import MergeOptimizer
        >>> len(Query(include=["fast_run"]).register((MergeOptimizer(), 1.7)).extra_optimizations)
        1
        """
        for pair in optimizations:
            if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], (int, float))):
                raise TypeError(f"register takes pairs of a rewrite and its position, (rewrite, 1.7), not {pair!r}")
        return self._with(extra_optimizations=(*self.extra_optimizations, *map(tuple, optimizations)))

    def of(self, name: str) -> Query:
        """What a database called `name`, inside of the one that is asked, is asked."""
        return self.subquery.get(name, self)

    def selects(self, tags: frozenset[str]) -> bool:
        """Whether a rule with these tags is selected."""
        return bool(tags & self.include) and self.require <= tags and not tags & self.exclude

    def key(self) -> tuple[Any, ...]:
        """Equal for queries that select the same rules."""
        inside = frozenset((name, query.key()) for name, query in self.subquery.items())
        return (self.include, self.require, self.exclude, self.position_cutoff, inside, self.extra_optimizations)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Pickles of Theano 1.0.5 have the fields, as ordered sets."""
        Query.__init__(self, **{name: state[name] for name in self.__slots__})

    def __reduce__(self) -> tuple[Any, ...]:
        return Query, (
            sorted(self.include),
            sorted(self.require),
            sorted(self.exclude),
            self.subquery,
            self.position_cutoff,
            self.extra_optimizations,
        )

    def __repr__(self) -> str:
        return f"Query(include={sorted(self.include)}, require={sorted(self.require)}, exclude={sorted(self.exclude)})"
