"""A `FunctionGraph` in the form that the engine wants: its features hear of each change, and may object to it.

Rules of a phase run on a `RewriteGraph`, which merges equal nodes and knows nothing of features. Rewrites that programs
run themselves (`TopoOptimizer`, `EquilibriumOptimizer`) work on the function graph as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heappush
from typing import Any

from theano.graph import Apply, FunctionGraph, InconsistencyError
from theano.graph.features import Feature, ReplacementDidntRemovedError, ReplaceValidate


class WatchedGraph(Feature):
    """The work list of one run over a function graph; a feature of the graph while it runs.

    Parameters
    ----------
    fgraph
        The graph. It gets a `ReplaceValidate`, if it has none.
    outputs_first
        Whether nodes are taken from the outputs to the inputs.
    once
        Whether each node is looked at once only; else again when its inputs change, until nothing fires.
    newcomers
        Whether nodes that come into the graph are looked at.
    start_from
        The nodes to begin with; None: all.
    refused
        ``refused(error, rule, node, replacements)`` is called where a feature objects; None: the error is raised.
    """

    def __init__(
        self,
        fgraph: FunctionGraph,
        outputs_first: bool = False,
        once: bool = False,
        newcomers: bool = True,
        start_from: Iterable[Apply] | None = None,
        refused: Callable[[Exception, str, Apply, Any], None] | None = None,
    ) -> None:
        self.fgraph: Any = fgraph
        self.outputs_first, self.once, self.newcomers = outputs_first, once, newcomers
        self.refused = refused
        self.begin = None if start_from is None else set(start_from)
        self.heap: list[tuple[int, int, Apply]] = []
        self.queued: set[Apply] = set()
        self.changed: set[Apply] = set()
        self.rank: dict[Apply, int] = {}
        self.serial = 0
        self.phase: Any = None  # the `PhaseRun` of the engine
        self._at: Apply | None = None  # the node that is being rewritten
        # While replacements are tried, which may be undone: the ranks of nodes that went, and nodes to look at.
        self._gone: dict[Apply, int] = {}
        self._news: list[Apply] | None = None
        fgraph.attach_feature(ReplaceValidate())
        self.queue_all()

    # -- what the engine asks ---------------------------------------------------------------------

    def has_op(self, wanted: Callable[[Any], Any]) -> bool:
        """Whether `wanted` is true of some op in the graph."""
        return any(wanted(node.op) for node in self.rank)

    def op_classes(self) -> set[type]:
        """The classes of the ops in the graph."""
        return {type(node.op) for node in self.rank}

    def find(self, var: Any) -> Any:
        """The variable itself: here none stands for another."""
        return var

    def queue(self, node: Apply) -> None:
        """Look at `node` again, unless each node is to be looked at once."""
        if not self.once:
            self._push(node)

    def _push(self, node: Apply) -> None:
        if self._news is not None:
            self._news.append(node)
        elif node not in self.queued and node in self.rank:
            self.queued.add(node)
            self.serial += 1
            heappush(self.heap, (self.rank[node], self.serial, node))

    def queue_all(self, wanted: Callable[[Any], Any] | None = None) -> None:
        """Begin with all nodes; of these, with those whose op is `wanted`."""
        order = self.fgraph.toposort()
        if self.outputs_first:
            order.reverse()
        self.rank = {node: k for k, node in enumerate(order)}
        begin = self.begin
        order = [n for n in order if (begin is None or n in begin) and (wanted is None or wanted(n.op))]
        self.queued = set(order)
        self.heap = [(self.rank[node], k, node) for k, node in enumerate(order)]
        self.serial = len(order)
        self.changed.clear()

    def replace_together(
        self, node: Apply, pairs: Sequence[tuple[Any, Any]], remove: Iterable[Apply] | None, reason: str
    ) -> bool:
        """All replacements for a node, or none where a feature objects; whether they were made."""
        self._at, self._news = node, []
        news: list[Apply] = []
        try:
            if remove is None:
                self.fgraph.replace_all_validate(pairs, reason)
            else:
                self.fgraph.replace_all_validate_remove(pairs, remove, reason)
            news = self._news
        except (InconsistencyError, ReplacementDidntRemovedError) as error:
            if self.refused is None:
                raise
            self.refused(error, reason, node, pairs)
            return False
        finally:
            self._at, self._news = None, None
            self._gone.clear()
        for changed in news:
            self._push(changed)
        return True

    # -- what the graph tells ---------------------------------------------------------------------

    def on_import(self, fgraph: Any, node: Apply, reason: Any) -> None:
        if node in self.rank:
            return
        if node in self._gone:  # it comes back
            self.rank[node] = self._gone.pop(node)
            return
        like = self._at
        self.rank[node] = 0 if like is None else self.rank.get(like, self._gone.get(like, 0))
        if like is not None and not node.origin:
            node.origin = like.origin
        if self.newcomers:
            self._push(node)

    def on_prune(self, fgraph: Any, node: Apply, reason: Any) -> None:
        rank = self.rank.pop(node, None)
        if rank is not None and self._news is not None:
            self._gone[node] = rank

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if node in self.rank:
            self.queue(node)

    def __enter__(self) -> WatchedGraph:
        self.fgraph.attach_feature(self)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.fgraph.remove_feature(self)
