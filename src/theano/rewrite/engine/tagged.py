"""Databases of rewrites: things under names, with tags by which a `Query` chooses among them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from theano.base.flag_table import config
from theano.base.record import Record
from theano.rewrite.engine.optimizer import SeqOptimizer
from theano.rewrite.engine.query import Query


class Entry(Record):
    """A rewrite, or a database of rewrites, in a database."""

    name: str
    thing: Any
    tags: frozenset[str]
    position: float = 0.0


class DB:
    """Rewrites by name and tags. What a query makes of those that it selects is said by the classes derived of it."""

    name: str | None = None

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def register(self, name: str, obj: Any, *tags: str, **kwargs: Any) -> None:
        """Add a rewrite, or a database of rewrites.

        Parameters
        ----------
        name
            Not taken yet; a tag of the rewrite.
        obj
            The rewrite. The name of its class is a tag, too.
        tags
            More tags.
        use_db_name_as_tag
            By its name: whether the name of the database is a tag (it is).

        Raises
        ------
        ValueError
            The name is taken.
        TypeError
            A tag is no text.
        """
        self._add(name, obj, tags, 0.0, **kwargs)

    def _add(
        self, name: str, obj: Any, tags: Iterable[Any], position: float, use_db_name_as_tag: bool = True, **kwargs: Any
    ) -> Entry:
        if kwargs:
            raise TypeError(f"{type(self).__name__}.register has no parameter {', '.join(kwargs)}")
        names = list(tags)
        wrong = [tag for tag in names if not isinstance(tag, str)]
        if wrong:
            raise TypeError(f"tags are texts such as 'fast_run', not {wrong[0]!r}")
        if name in self.entries:
            raise ValueError(f"The name {name!r} of the database object is already taken")
        if self.name is not None and use_db_name_as_tag:
            names.append(self.name)
        if getattr(obj, "name", "") is None:
            obj.name = name
        entry = self.entries[name] = Entry(name, obj, frozenset({name, type(obj).__name__, *names}), position)
        self.changed()
        return entry

    def changed(self) -> None:
        """Called when something was added, or taken out, or got other tags."""

    def remove(self, name: str) -> None:
        """Take out what was registered under `name`."""
        del self.entries[name]
        self.changed()

    def add_tags(self, name: str, *tags: str) -> None:
        """Give more tags to what was registered under `name`."""
        entry = self._entry(name)
        entry.tags |= set(tags)
        self.changed()

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from what was registered under `name`."""
        entry = self._entry(name)
        entry.tags -= set(tags)
        self.changed()

    def _entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise KeyError(f"nothing is registered as {name!r} here; there is {', '.join(self.entries) or 'nothing'}")
        return self.entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.entries or any(name in entry.tags for entry in self.entries.values())

    def __getitem__(self, name: str) -> Any:
        """What was registered under `name`, or what alone has it as a tag."""
        found = [e.thing for e in self.entries.values() if name in e.tags]
        if len(found) == 1 and name not in self.entries:
            return found[0]
        return self._entry(name).thing

    def selected(self, query: Query) -> list[Entry]:
        """What a query selects, in the order of registration; databases inside have answered it."""
        found = []
        for e in self.entries.values():
            if query.selects(e.tags):
                found.append(Entry(e.name, asked(e.thing, query.of(e.name)), e.tags, e.position))
        return found

    def query(self, *tags: Any, **kwtags: Any) -> Any:
        """A rewrite made of those that are selected.

        Parameters
        ----------
        tags
            One `Query`; or tags, ``"+fast_run"`` to include, ``"&stable"`` to demand and ``"-inplace"`` to leave out.
        kwtags
            Queries for databases inside, by their names.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what a query makes of its rewrites")

    def print_summary(self, stream: TextIO | None = None) -> None:
        """Print the names and tags of what is here."""
        out = stream or sys.stdout
        print(f"{type(self).__name__} {self.name or ''}".rstrip(), file=out)
        for entry in self.entries.values():
            print(f"  {entry.name}: {' '.join(sorted(entry.tags))}", file=out)


def asked(thing: Any, query: Query) -> Any:
    """What a rewrite, or a database of rewrites, gives for a query: a rewrite."""
    if not isinstance(thing, DB):
        return thing
    made = thing.query(query)
    if thing.name is not None and getattr(made, "name", "") is None:
        made.name = thing.name
    return made


def query_of(tags: tuple[Any, ...], kwtags: dict[str, Any]) -> Query:
    """What the arguments of `DB.query` say.

    Raises
    ------
    TypeError
        Something is neither a `Query` nor a tag.
    """
    if len(tags) == 1 and isinstance(tags[0], Query):
        if kwtags:
            raise TypeError("queries of databases inside are said by the Query: Query(..., subquery={name: query})")
        return tags[0]
    signs: dict[str, list[str]] = {"+": [], "&": [], "-": []}
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(f"query takes a Query, or tags such as '+fast_run', '&stable', '-inplace'; not {tag!r}")
        signs[tag[0] if tag[0] in signs else "+"].append(tag.lstrip("+&-"))
    return Query(signs["+"], signs["&"], signs["-"], subquery=kwtags)


class SequenceDB(DB):
    """Rewrites of whole graphs that run one after the other, each at its position.

    Parameters
    ----------
    failure_callback
        ``failure_callback(error, sequence, rewrite)`` is called where one raises; None: the error is raised.

    Examples
    --------
    >>> from theano.gof import MergeOptimizer, SequenceDB
    >>> db = SequenceDB()
    >>> db.register("merge", MergeOptimizer(), 1, "fast_run")
    >>> [rewrite.name for rewrite in db.query("+fast_run")]
    ['merge']
    """

    seq_opt: Any = SeqOptimizer  # makes the sequence of what a query selects

    def __init__(self, failure_callback: Any = SeqOptimizer.warn) -> None:
        super().__init__()
        self.failure_callback = failure_callback

    def register(self, name: str, obj: Any, position: Any, *tags: str, **kwargs: Any) -> None:  # type: ignore[override]
        """Add a rewrite that runs at `position`: a number, or ``'last'``.

        Raises
        ------
        TypeError
            The position is no number; or `obj` is a rewrite of nodes.
        """
        if position == "last":
            position = max((entry.position for entry in self.entries.values()), default=0.0) + 1.0
        if isinstance(position, bool) or not isinstance(position, (int, float)):
            raise TypeError(f"position must be a number or 'last' (register(name, rewrite, 2.1, *tags)): {position!r}")
        if hasattr(obj, "transform"):
            raise TypeError(
                f"{name} is a rewrite of nodes, and runs in no sequence: register in2out(rewrite), or register it in a "
                "database of such rewrites, optdb['specialize'].register(name, rewrite, 'fast_run')"
            )
        self._add(name, obj, tags, float(position), **kwargs)

    @property
    def __position__(self) -> dict[str, float]:
        """The positions by name."""
        return {entry.name: entry.position for entry in self.entries.values()}

    def query(self, *tags: Any, **kwtags: Any) -> SeqOptimizer:
        """The selected rewrites in a sequence; with ``position_cutoff`` among `kwtags`, only those before it."""
        cutoff = kwtags.pop("position_cutoff", config.optdb.position_cutoff)
        query = query_of(tags, kwtags)
        chosen = [(e.position, e.thing) for e in self.selected(query)]
        chosen += [(position, asked(thing, query)) for thing, position in query.extra_optimizations]
        chosen.sort(key=lambda pair: pair[0])
        limit = min(cutoff, query.position_cutoff)
        rewrites = [opt for at, opt in chosen if at < limit]
        made: SeqOptimizer = self.seq_opt(rewrites, failure_callback=self.failure_callback)
        made.name = self.name
        return made

    def print_summary(self, stream: TextIO | None = None) -> None:
        out = stream or sys.stdout
        print(f"{type(self).__name__} {self.name or ''}".rstrip(), file=out)
        for entry in sorted(self.entries.values(), key=lambda e: e.position):
            print(f"  {entry.position} {entry.name}: {' '.join(sorted(entry.tags))}", file=out)
