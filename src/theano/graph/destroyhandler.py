"""`DestroyHandler`: what operations in place overwrite, and which nodes must therefore run before them.

An operation with ``destroy_map = {0: [1]}`` writes its output 0 into the memory of its input 1. That memory may be that
of other variables too: the *root* of a variable is what it is a view of (``view_map``), and the variables with one root
stand or fall together. A graph is consistent if

- nothing is overwritten twice, and neither constants nor outputs of the graph are overwritten;
- a node does not read what it overwrites through another input, unless its op allows it
  (``destroyhandler_tolerate_same``, ``destroyhandler_tolerate_aliased``: pairs of the input that is overwritten and one
  that may be the same variable, or share its memory);
- all other readers of what a node overwrites can run before the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from theano.graph.errors import InconsistencyError
from theano.graph.features import AlreadyThere, Bookkeeper, Supervisor
from theano.graph.levels import Levels
from theano.graph.nodes import Constant
from theano.graph.walk import io_toposort

__all__ = ["DestroyHandler", "ProtocolError", "fast_inplace_check", "infer_reuse_pattern"]


class ProtocolError(Exception):
    """A `destroy_map` or `view_map` that makes no sense."""


class DestroyHandler(Bookkeeper):
    """Lends ``fgraph.destroyers(r)`` and ``fgraph.has_destroyers(variables)``, and orders nodes.

    Only what has changed since the graph was last found consistent is looked at, and what that touches: a graph of
    thousands of nodes may be changed and validated node by node.

    Parameters
    ----------
    do_imports_on_attach, algo
        Accepted for older programs.

    Examples
    --------
    >>> from theano.typed_list import TypedListType, Append
    >>> from theano.graph.features import ReplaceValidate
    >>> l, x = TypedListType(T.dvector)("l"), T.dvector("x")
    >>> made = Append(inplace=True)(l, x)
    >>> fgraph = theano.FunctionGraph([l, x], [made], clone=False, features=[ReplaceValidate(), DestroyHandler()])
    >>> [node.op for node in fgraph.destroyers(l)] == [made.owner.op]
    True
    >>> fgraph.validate()
    """

    lends: ClassVar[dict[str, str]] = {"destroyers": "destroyers_of", "has_destroyers": "_has_destroyers"}

    def __init__(self, do_imports_on_attach: bool = True, algo: str | None = None) -> None:
        self.do_imports_on_attach, self.algo = do_imports_on_attach, algo
        self.fgraph: Any = None
        self._begin()

    def _begin(self) -> None:
        # The roots that each node in place overwrites, and who overwrites a root; as far as they are not in `_moved`.
        self._roots: dict[Any, list[Any]] = {}
        self._writers: dict[Any, dict[Any, None]] = {}
        # Nodes in place that came, and nodes in place and views that read something else now: their roots may differ.
        self._moved: dict[Any, None] = {}
        # What nobody has looked at since it changed: nodes in place, and places of outputs; and nodes whose order is
        # not known, with the places of the inputs that are new (None: all are).
        self._unchecked: dict[Any, None] = {}
        self._outputs: dict[int, None] = {}
        self._unordered: dict[Any, set[int] | None] = {}
        self._levels: Levels | None = None

    def on_attach(self, fgraph: Any) -> None:
        if hasattr(fgraph, "destroy_handler"):
            raise AlreadyThere("the graph has a DestroyHandler, or another feature lends a method of its names")
        if self.fgraph is not None:
            raise ValueError("a DestroyHandler serves one graph only: make another, DestroyHandler()")
        super().on_attach(fgraph)
        fgraph.destroy_handler = self
        self.fgraph = fgraph

    def on_detach(self, fgraph: Any) -> None:
        super().on_detach(fgraph)
        del fgraph.destroy_handler
        self.fgraph = None
        self._begin()

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        self._unordered[node] = None
        if node.op.destroy_map:
            _check_maps(node)
            self._roots[node] = []
            self._moved[node] = None

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        self._moved.pop(node, None)
        self._unchecked.pop(node, None)
        self._unordered.pop(node, None)
        self._forget_roots(node)
        self._roots.pop(node, None)
        if self._levels is not None:
            self._levels.discard(node)

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if isinstance(node, str):
            self._outputs[i] = None
            return
        places = self._unordered.setdefault(node, set())
        if places is not None:
            places.add(i)
        if node.op.destroy_map or node.op.view_map:
            self._moved[node] = None

    # -- what overwrites what --------------------------------------------------------------------------

    def _forget_roots(self, node: Any) -> None:
        for root in self._roots.get(node, ()):
            writers = self._writers.get(root, {})
            writers.pop(node, None)
            if not writers:
                self._writers.pop(root, None)

    def _refresh(self, fgraph: Any) -> None:
        """Bring the roots up to date. Who reads a view that has another root now is looked at again."""
        stale = {node: None for node in self._moved if node.op.destroy_map}
        for node in self._moved:
            for out in node.op.view_map:
                readers, outputs = _readers(fgraph, node.outputs[out])
                self._unordered.update(dict.fromkeys(readers))
                self._outputs.update(outputs)
                stale.update((reader, None) for reader in readers if reader.op.destroy_map)
        self._moved.clear()
        self._unchecked.update(stale)
        for node in stale:
            self._forget_roots(node)
            self._roots[node] = [_root(node.inputs[k]) for (k,) in node.op.destroy_map.values()]
            for root in self._roots[node]:
                self._writers.setdefault(root, {})[node] = None

    def _writers_of(self, node: Any, inputs: Iterable[Any]) -> list[Any]:
        """The other nodes that overwrite some inputs of `node`."""
        return [w for root in map(_root, inputs) for w in self._writers.get(root, ()) if w is not node]

    def _before(self, node: Any) -> list[Any]:
        makers = [v.owner for v in node.inputs if v.owner is not None]
        return [*makers, *(reader for root in self._roots.get(node, ()) for reader in self._others(node, root))]

    def _after(self, node: Any) -> list[Any]:
        users = [user for v in node.outputs for user, _ in self.fgraph.clients(v) if not isinstance(user, str)]
        return [*users, *self._writers_of(node, node.inputs)]

    def _others(self, node: Any, root: Any) -> list[Any]:
        """The readers of what `node` overwrites."""
        readers, _ = _readers(self.fgraph, root)
        return [reader for reader in readers if reader is not node]

    # -- what graphs ask -------------------------------------------------------------------------------

    def validate(self, fgraph: Any) -> None:
        """Raise InconsistencyError where something is overwritten that is still needed."""
        if not self._roots:
            return
        self._refresh(fgraph)
        for node in list(self._unchecked):
            self._check(fgraph, node)
            del self._unchecked[node]
        for k in list(self._outputs):
            v = fgraph.outputs[k]
            for node in self._writers.get(_root(v), ()):
                raise InconsistencyError(f"{node} overwrites {v}, which is an output of the graph")
            del self._outputs[k]
        try:
            self._order(fgraph)
        except ValueError as error:
            raise InconsistencyError(
                f"something would be read after it was overwritten: {error}. Leave the operation as it is there, "
                "or let it overwrite another input"
            ) from error

    def _order(self, fgraph: Any) -> None:
        """ValueError if the nodes have no order."""
        others = (f for f in fgraph._features if f is not self and hasattr(f, "orderings"))
        if any(f.orderings(fgraph) for f in others):
            io_toposort(fgraph.inputs, fgraph.outputs, fgraph.orderings())
        levels = self._levels
        if levels is None:
            levels = Levels(self._before, self._after)
            levels.describe(io_toposort(fgraph.inputs, fgraph.outputs))
            self._levels = levels
        for node in self._unordered:
            if node not in levels:
                levels.add(node)
        for node, places in list(self._unordered.items()):
            inputs = node.inputs if places is None else [node.inputs[i] for i in places]
            makers = [v.owner for v in inputs if v.owner is not None]
            for first in self._before(node) if node in self._roots else makers:
                levels.require(first, node)
            for second in self._writers_of(node, inputs):
                levels.require(node, second)
            del self._unordered[node]

    def orderings(self, fgraph: Any, ordered: bool = True) -> dict[Any, Sequence[Any]]:
        """For each node that overwrites something, the other readers of that."""
        self._refresh(fgraph)
        before: dict[Any, Sequence[Any]] = {}
        for node, roots in self._roots.items():
            self._check(fgraph, node)
            before[node] = list(dict.fromkeys(reader for root in roots for reader in self._others(node, root)))
        return before

    def _check(self, fgraph: Any, node: Any) -> None:
        """That a node may overwrite what it does, whatever the order."""
        positions = [position for (position,) in node.op.destroy_map.values()]
        for position, root in zip(positions, self._roots[node], strict=True):
            writers = list(self._writers[root])
            if len(writers) > 1 or self._roots[node].count(root) > 1:
                raise InconsistencyError(f"{writers[0]} and {writers[-1]} both overwrite {root}")
            if isinstance(root, Constant) or getattr(root.tag, "indestructible", False):
                raise InconsistencyError(f"{node} overwrites {root}, which is a constant or marked as indestructible")
            _, outputs = _readers(fgraph, root)
            for k in outputs:
                raise InconsistencyError(f"{node} overwrites {fgraph.outputs[k]}, which is an output of the graph")
            same = getattr(node.op, "destroyhandler_tolerate_same", ())
            aliased = getattr(node.op, "destroyhandler_tolerate_aliased", ())
            for other, v in enumerate(node.inputs):
                if other == position or _root(v) is not root:
                    continue
                allowed = (position, other) in map(tuple, aliased)
                if v is node.inputs[position]:
                    allowed = allowed or (position, other) in map(tuple, same)
                if not allowed:
                    raise InconsistencyError(f"{node} overwrites input {position}, of which input {other} is a view")

    def destroyers_of(self, fgraph: Any, r: Any) -> list[Any]:
        """The nodes that overwrite the memory of `r`."""
        self._refresh(fgraph)
        return list(self._writers.get(_root(r), ()))

    def _has_destroyers(self, fgraph: Any, protected_list: Iterable[Any]) -> bool:
        return any(self.destroyers_of(fgraph, v) for v in protected_list)


def _root(variable: Any) -> Any:
    """What a variable is a view of, after all."""
    while variable.owner is not None:
        viewed = variable.owner.op.view_map.get(variable.index)
        if not viewed:
            break
        variable = variable.owner.inputs[viewed[0]]
    return variable


def _readers(fgraph: Any, variable: Any) -> tuple[dict[Any, None], dict[int, None]]:
    """The nodes that read `variable` or a view of it, and the places among the outputs where these stand."""
    nodes: dict[Any, None] = {}
    outputs: dict[int, None] = {}
    todo = [variable]
    while todo:
        for user, place in fgraph.clients(todo.pop()):
            if isinstance(user, str):
                outputs[place] = None
                continue
            nodes[user] = None
            todo += [user.outputs[out] for out, viewed in user.op.view_map.items() if viewed[:1] == [place]]
    return nodes, outputs


def _check_maps(node: Any) -> None:
    """That each output overwrites, or is a view of, one input, and these exist."""
    for name, links in (("destroy_map", node.op.destroy_map), ("view_map", node.op.view_map)):
        for out, positions in links.items():
            if len(positions) != 1:
                raise NotImplementedError(f"{name} of {node.op}: output {out} may have one input only, not {positions}")
            if not (0 <= out < len(node.outputs) and 0 <= positions[0] < len(node.inputs)):
                raise ProtocolError(
                    f"{name} of {node.op} names output {out} and input {positions[0]}; it has {len(node.outputs)} "
                    f"outputs and {len(node.inputs)} inputs"
                )


def infer_reuse_pattern(fgraph: Any, outputs_to_disown: Iterable[Any]) -> set[Any]:
    """The variables of a graph that may share memory with some of its variables: by views, or by operations in place.

    Examples
    --------
    >>> from theano.compile.debugmode import infer_reuse_pattern
    >>> x = T.dvector("x")
    >>> y = theano.compile.view_op(x)
    >>> fgraph = theano.FunctionGraph([x], [y, T.exp(x)], clone=False)
    >>> infer_reuse_pattern(fgraph, [y]) == {x, y}
    True
    """
    beside: dict[Any, list[Any]] = {}
    for node in fgraph.apply_nodes:
        for links in (node.op.view_map, node.op.destroy_map):
            for out, positions in links.items():
                for position in positions:
                    a, b = node.outputs[out], node.inputs[position]
                    beside.setdefault(a, []).append(b)
                    beside.setdefault(b, []).append(a)
    found = set(outputs_to_disown)
    todo = list(found)
    while todo:
        new = [v for v in beside.get(todo.pop(), ()) if v not in found]
        found.update(new)
        todo += new
    return found


def fast_inplace_check(inputs: Sequence[Any]) -> list[Any]:
    """Those of `inputs`, variables of one graph under rewriting, that an operation may try to overwrite.

    Constants, outputs of the graph, protected inputs and what is overwritten already are left out.
    """
    if not inputs:
        return []
    fgraph = inputs[0].fgraph
    kept = set(fgraph.outputs)
    for feature in getattr(fgraph, "_features", ()):
        if isinstance(feature, Supervisor):
            kept.update(feature.protected)
    destroyers = getattr(fgraph, "destroyers", lambda v: ())
    return [v for v in inputs if not isinstance(v, Constant) and v not in kept and not destroyers(v)]
