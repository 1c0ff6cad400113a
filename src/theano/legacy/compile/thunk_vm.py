"""Theano's machines that run the thunks of a graph: in order (`Loop`, `LoopGC`), or what is needed only (`Stack`).

Functions are no such machines: they are one native program, or run by an executor. A program may run thunks by them
that a linker's `make_all` gives, or its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from theano.compile.errors import raise_with_op
from theano.graph import Apply, Constant, FunctionGraph

__all__ = ["Loop", "LoopGC", "Stack", "VM"]

Place = list[Any]


class VM:
    """Runs thunks when it is called.

    Parameters
    ----------
    nodes, thunks
        Nodes in an order, and what runs each.
    pre_call_clear
        Places that are emptied before.

    Attributes
    ----------
    time_thunks
        Whether `call_counts` and `call_times`, by position of the node, are kept.
    need_update_inputs
        Whether the caller stores the new values of variables.
    """

    need_update_inputs = True

    def __init__(
        self, nodes: Sequence[Apply], thunks: Sequence[Callable[[], Any]], pre_call_clear: Iterable[Place]
    ) -> None:
        if len(nodes) != len(thunks):
            raise ValueError(f"{len(thunks)} thunks for {len(nodes)} nodes")
        self.nodes, self.thunks, self.pre_call_clear = nodes, thunks, list(pre_call_clear)
        self.call_counts = [0] * len(nodes)
        self.call_times = [0.0] * len(nodes)
        self.time_thunks = False

    def __call__(self) -> Any:
        """Run them."""
        raise NotImplementedError(f"{type(self).__name__} does not say in which order it runs thunks")

    def clear_storage(self) -> None:
        """Empty the places of what was computed."""
        for thunk in self.thunks:
            for place in getattr(thunk, "outputs", ()):
                place[0] = None

    def update_profile(self, profile: Any) -> None:
        """Add the times of the nodes to a `ProfileStats`, and begin anew."""
        for k, node in enumerate(self.nodes):
            for _ in range(self.call_counts[k]):
                seconds = self.call_times[k] / self.call_counts[k]
                profile.add_node(node, seconds, list(getattr(self.thunks[k], "outputs", ())))
        self.call_counts = [0] * len(self.nodes)
        self.call_times = [0.0] * len(self.nodes)

    def _begin(self) -> None:
        for place in self.pre_call_clear:
            place[0] = None

    def _run(self, k: int) -> Any:
        """Run one thunk; errors tell of its node."""
        started = time.perf_counter()
        try:
            result = self.thunks[k]()
        except Exception as error:
            raise_with_op(self.nodes[k], error, [place[0] for place in getattr(self.thunks[k], "inputs", ())])
        if self.time_thunks:
            self.call_counts[k] += 1
            self.call_times[k] += time.perf_counter() - started
        return result


class Loop(VM):
    """Runs all thunks in their order.

    Examples
    --------
    >>> from theano.gof.vm import Loop
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [T.exp(x) + 1], clone=False)
    >>> _, inputs, outputs, thunks, nodes = theano.gof.PerformLinker().accept(fgraph).make_all()
    >>> inputs[0].value = 0
    >>> Loop(nodes, thunks, [])()
    >>> outputs[0].value
    array(2.)
    """

    allow_gc = False

    def __call__(self) -> None:
        self._begin()
        for k in range(len(self.thunks)):
            self._run(k)


class LoopGC(VM):
    """`Loop` that empties places as soon as nobody needs them.

    Parameters
    ----------
    nodes, thunks, pre_call_clear
        See `VM`.
    post_thunk_clear
        For each thunk the places that are emptied after it.

    Examples
    --------
    >>> from theano.gof.vm import LoopGC
    >>> place = [1.0]
    >>> LoopGC([abs(T.dscalar()).owner], [lambda: print("runs")], [], [[place]])()
    runs
    >>> place
    [None]
    """

    allow_gc = True

    def __init__(
        self,
        nodes: Sequence[Apply],
        thunks: Sequence[Callable[[], Any]],
        pre_call_clear: Iterable[Place],
        post_thunk_clear: Sequence[Iterable[Place]],
    ) -> None:
        super().__init__(nodes, thunks, pre_call_clear)
        if len(post_thunk_clear) != len(nodes):
            raise ValueError(f"{len(post_thunk_clear)} lists of places to empty for {len(nodes)} nodes")
        self.post_thunk_clear = post_thunk_clear

    def __call__(self) -> None:
        self._begin()
        for k, places in enumerate(self.post_thunk_clear):
            self._run(k)
            for place in places:
                place[0] = None


class Stack(VM):
    """Runs what the outputs need only.

    A thunk whose attribute `lazy` is true is called before its inputs are there, and returns the positions of those
    that it needs, until it returns nothing: then its outputs are computed.

    Parameters
    ----------
    nodes, thunks, pre_call_clear
        See `VM`; the nodes of `fgraph`.
    storage_map, compute_map
        By variable: the place of its value, and a list with whether it is computed.
    fgraph
        The graph.
    allow_gc
        Whether places are emptied as soon as nobody needs them.
    n_updates
        How many of the outputs are new values of variables: they are computed with any subset.
    dependencies
        By variable: the variables that must be computed before its place may be emptied.
    callback, callback_input
        See `VM_Linker`.
    """

    def __init__(
        self,
        nodes: Sequence[Apply],
        thunks: Sequence[Callable[[], Any]],
        pre_call_clear: Iterable[Place],
        storage_map: Mapping[Any, Place],
        compute_map: Mapping[Any, list[bool]],
        fgraph: FunctionGraph,
        allow_gc: bool,
        n_updates: int,
        dependencies: Mapping[Any, Sequence[Any]] | None = None,
        callback: Any = None,
        callback_input: Any = None,
    ) -> None:
        super().__init__(nodes, thunks, pre_call_clear)
        self.storage_map, self.compute_map, self.fgraph = storage_map, compute_map, fgraph
        self.allow_gc, self.n_updates = allow_gc, n_updates
        self.dependencies = gc_dependencies(fgraph) if dependencies is None else dependencies
        self.callback, self.callback_input = callback, callback_input
        self.outputs = list(fgraph.outputs)
        self.node_idx = {node: k for k, node in enumerate(nodes)}
        self.base_apply_stack = [v.owner for v in self.outputs if v.owner is not None]

    def run_thunk_of_node(self, node: Apply) -> Any:
        """Run the thunk of a node, and tell `callback`; what the thunk returned."""
        k = self.node_idx[node]
        result = self._run(k)
        if self.callback is not None:
            self.callback(
                node=node, thunk=self.thunks[k], storage_map=self.storage_map, compute_map=self.compute_map
            )
        return result

    def __call__(self, output_subset: Sequence[int] | None = None) -> None:
        """Compute the outputs; with `output_subset` those at these positions, and the new values of variables."""
        self._begin()
        for node in self.nodes:
            for v in node.outputs:
                self.compute_map[v][0] = False
        for v in self.storage_map:
            if v.owner is None:
                self.compute_map[v][0] = True
                if self.callback_input is not None:
                    self.callback_input(var=v, value=self.storage_map[v][0])
        count = len(self.outputs) - self.n_updates
        chosen = range(count) if output_subset is None else output_subset
        wanted = [self.outputs[k] for k in (*chosen, *range(count, len(self.outputs)))]
        stack = [v.owner for v in reversed(wanted) if v.owner is not None]
        while stack:
            node = stack[-1]
            if all(self.compute_map[v][0] for v in node.outputs):
                stack.pop()
                continue
            missing = self._missing(node)
            if missing:
                stack += [v.owner for v in reversed(missing)]
                continue
            stack.pop()
            self._empty(node)

    def _missing(self, node: Apply) -> list[Any]:
        """What must be computed before `node`; nothing once it has run."""
        lazy = getattr(self.thunks[self.node_idx[node]], "lazy", False)
        if not lazy:
            missing = [v for v in node.inputs if not self.compute_map[v][0]]
            if missing:
                return missing
        needed = self.run_thunk_of_node(node)
        if lazy and needed:
            missing = [node.inputs[k] for k in needed if not self.compute_map[node.inputs[k]][0]]
            if not missing:
                raise ValueError(f"the lazy thunk of {node} asks for the inputs {list(needed)}, which are computed")
            return missing
        for v in node.outputs:
            self.compute_map[v][0] = True
        return []

    def _empty(self, node: Apply) -> None:
        """Empty the places of what nobody needs after `node`."""
        if not self.allow_gc:
            return
        for v in node.inputs:
            users = self.dependencies.get(v, ())
            if v.owner is not None and users and all(self.compute_map[user][0] for user in users):
                self.storage_map[v][0] = None


def gc_dependencies(fgraph: FunctionGraph) -> dict[Any, list[Any]]:
    """By variable: an output of each of its readers, after which its place may be emptied.

    None for what stays: outputs, and what no node computes.
    """
    found: dict[Any, list[Any]] = {}
    for v in fgraph.variables:
        users = [node for node, _ in fgraph.clients(v)]
        keep = v.owner is None or isinstance(v, Constant) or "output" in users
        found[v] = [] if keep else [out for node in users for out in node.outputs[:1]]  # type: ignore[union-attr]
    return found
