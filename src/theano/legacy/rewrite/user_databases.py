"""Databases of rewrites of nodes: what a query makes of those that it selects."""

from __future__ import annotations

from typing import Any

from theano.legacy.rewrite.navigators import EquilibriumOptimizer, TopoOptimizer
from theano.legacy.rewrite.node_rewrites import LocalOptGroup
from theano.rewrite.engine.tagged import DB, query_of


class EquilibriumDB(DB):
    """Rewrites that run until none of them changes anything: a query gives an `EquilibriumOptimizer`.

    Parameters
    ----------
    ignore_newtrees, tracks_on_change_inputs
        Of the `EquilibriumOptimizer`.

    Examples
    --------
    >>> from theano.gof import EquilibriumDB, OpSub
    >>> db = EquilibriumDB()
    >>> db.register("exp_to_sin", OpSub(T.exp, T.sin), "fast_run")
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [T.exp(x)], clone=False)
    >>> _ = db.query("+fast_run").optimize(fgraph)
    >>> theano.pp(fgraph.outputs[0])
    'sin(x)'
    """

    def __init__(self, ignore_newtrees: bool = True, tracks_on_change_inputs: bool = False) -> None:
        super().__init__()
        self.ignore_newtrees, self.tracks_on_change_inputs = ignore_newtrees, tracks_on_change_inputs
        self._last: dict[str, str] = {}

    def register(self, name: str, obj: Any, *tags: str, **kwtags: Any) -> None:
        """Add a rewrite; see `DB.register`.

        Parameters
        ----------
        name, obj, tags
            As for `DB.register`.
        final_opt, cleanup
            By their names: whether it runs at the end of each round (it is a rewrite of whole graphs then).

        Raises
        ------
        ValueError
            The name is taken; it is both final and for cleaning up.
        """
        final, cleanup = kwtags.pop("final_opt", False), kwtags.pop("cleanup", False)
        if final and cleanup:
            raise ValueError(f"{name}: give one of final_opt and cleanup, not both")
        self._add(name, obj, tags, 0.0, **kwtags)
        if final or cleanup:
            self._last[name] = "final" if final else "cleanup"

    def query(self, *tags: Any, **kwtags: Any) -> EquilibriumOptimizer:
        """The selected rewrites in an `EquilibriumOptimizer`."""
        parts: dict[str, list[Any]] = {"each": [], "final": [], "cleanup": []}
        for entry in self.selected(query_of(tags, kwtags)):
            parts[self._last.get(entry.name, "each")].append(entry.thing)
        return EquilibriumOptimizer(
            parts["each"],
            failure_callback=EquilibriumOptimizer.warn_inplace,
            ignore_newtrees=self.ignore_newtrees,
            tracks_on_change_inputs=self.tracks_on_change_inputs,
            final_optimizers=parts["final"],
            cleanup_optimizers=parts["cleanup"],
        )


class LocalGroupDB(DB):
    """Rewrites of nodes in a group: a query gives a `LocalOptGroup`, by position, then in the order of registration.

    Parameters
    ----------
    apply_all_opts, profile
        Of the `LocalOptGroup`.
    local_opt
        What makes the group: a class that is called as `LocalOptGroup` is.
    """

    failure_callback = None

    def __init__(self, apply_all_opts: bool = False, profile: bool = False, local_opt: Any = LocalOptGroup) -> None:
        super().__init__()
        self.apply_all_opts, self.profile, self.local_opt = apply_all_opts, profile, local_opt

    def register(self, name: str, obj: Any, *tags: str, **kwargs: Any) -> None:
        """Add a rewrite of nodes.

        Parameters
        ----------
        name, obj, tags
            As for `DB.register`.
        position
            By its name: a number, "last", or None, the same.

        Raises
        ------
        ValueError
            The name is taken.
        TypeError
            The position is no number.
        """
        position = kwargs.pop("position", "last")
        if position is None or position == "last":
            position = max((entry.position for entry in self.entries.values()), default=0.0)
        if isinstance(position, bool) or not isinstance(position, (int, float)):
            raise TypeError(f"position must be a number or 'last', not {position!r}")
        self._add(name, obj, tags, float(position), **kwargs)

    def query(self, *tags: Any, **kwtags: Any) -> LocalOptGroup:
        """The selected rewrites in a group."""
        entries = sorted(self.selected(query_of(tags, kwtags)), key=lambda entry: entry.position)
        made: LocalOptGroup = self.local_opt(
            *(entry.thing for entry in entries), apply_all_opts=self.apply_all_opts, profile=self.profile
        )
        return made


class TopoDB(DB):
    """What a query of another database gives, as a `TopoOptimizer`.

    Parameters
    ----------
    db
        A database whose queries give rewrites of nodes, as `LocalGroupDB`.
    order, ignore_newtrees, failure_callback
        Of the `TopoOptimizer`.
    """

    def __init__(
        self, db: DB, order: str = "in_to_out", ignore_newtrees: bool = False, failure_callback: Any = None
    ) -> None:
        super().__init__()
        self.db, self.order = db, order
        self.ignore_newtrees, self.failure_callback = ignore_newtrees, failure_callback

    def query(self, *tags: Any, **kwtags: Any) -> TopoOptimizer:
        """A `TopoOptimizer` of what the database gives."""
        return TopoOptimizer(
            self.db.query(*tags, **kwtags), self.order, self.ignore_newtrees, self.failure_callback
        )


class ProxyDB(DB):
    """Another database, under a name of its own among those of a third."""

    def __init__(self, db: DB) -> None:
        if not isinstance(db, DB):
            raise TypeError(f"ProxyDB stands for a database of rewrites, not for {db!r}")
        super().__init__()
        self.db = db

    def query(self, *tags: Any, **kwtags: Any) -> Any:
        """What the database gives."""
        return self.db.query(*tags, **kwtags)
