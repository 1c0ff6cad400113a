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
from theano.graph.nodes import Constant
from theano.graph.walk import io_toposort

__all__ = ["DestroyHandler", "ProtocolError", "fast_inplace_check", "infer_reuse_pattern"]


class ProtocolError(Exception):
    """A `destroy_map` or `view_map` that makes no sense."""


class DestroyHandler(Bookkeeper):
    """Lends ``fgraph.destroyers(r)`` and ``fgraph.has_destroyers(variables)``, and orders nodes.

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

    lends: ClassVar[dict[str, str]] = {"destroyers": "_destroyers", "has_destroyers": "_has_destroyers"}

    def __init__(self, do_imports_on_attach: bool = True, algo: str | None = None) -> None:
        self.do_imports_on_attach, self.algo = do_imports_on_attach, algo
        self.fgraph: Any = None
        self._destructive: dict[Any, None] = {}

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

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        if node.op.destroy_map:
            _check_maps(node)
            self._destructive[node] = None

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        self._destructive.pop(node, None)

    def validate(self, fgraph: Any) -> None:
        """Raise InconsistencyError where something is overwritten that is still needed."""
        if self._destructive:
            before = self.orderings(fgraph)
            others = (f for f in fgraph._features if f is not self and hasattr(f, "orderings"))
            for feature in others:
                for node, nodes in feature.orderings(fgraph).items():
                    before[node] = [*before.get(node, ()), *nodes]
            try:
                io_toposort(fgraph.inputs, fgraph.outputs, before)
            except ValueError as error:
                raise InconsistencyError(
                    f"something would be read after it was overwritten: {error}. Leave the operation as it is there, "
                    "or let it overwrite another input"
                ) from error

    def orderings(self, fgraph: Any, ordered: bool = True) -> dict[Any, Sequence[Any]]:
        """For each node that overwrites something, the other readers of that."""
        if not self._destructive:
            return {}
        users = _by_root(fgraph)
        overwritten: dict[Any, Any] = {}
        before: dict[Any, Sequence[Any]] = {}
        for node in self._destructive:
            for (position,) in node.op.destroy_map.values():
                root = _root(node.inputs[position])
                if root in overwritten:
                    raise InconsistencyError(f"{overwritten[root]} and {node} both overwrite {root}")
                overwritten[root] = node
                self._check(fgraph, node, position, root, users)
                readers = dict.fromkeys(user for v in users[root] for user, _ in fgraph.clients(v) if user is not node)
                before[node] = [*before.get(node, ()), *readers]
        return before

    @staticmethod
    def _check(fgraph: Any, node: Any, position: int, root: Any, users: dict[Any, list[Any]]) -> None:
        """That a node may overwrite what has the given root."""
        if isinstance(root, Constant) or getattr(root.tag, "indestructible", False):
            raise InconsistencyError(f"{node} overwrites {root}, which is a constant or marked as indestructible")
        for v in users[root]:
            if any(user == "output" for user, _ in fgraph.clients(v)):
                raise InconsistencyError(f"{node} overwrites {v}, which is an output of the graph")
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

    def _destroyers(self, fgraph: Any, r: Any) -> list[Any]:
        """The nodes that overwrite the memory of `r`."""
        root = _root(r)
        return [n for n in self._destructive for (k,) in n.op.destroy_map.values() if _root(n.inputs[k]) is root]

    def _has_destroyers(self, fgraph: Any, protected_list: Iterable[Any]) -> bool:
        return any(self._destroyers(fgraph, v) for v in protected_list)


def _root(variable: Any) -> Any:
    """What a variable is a view of, after all."""
    while variable.owner is not None:
        viewed = variable.owner.op.view_map.get(variable.index)
        if not viewed:
            break
        variable = variable.owner.inputs[viewed[0]]
    return variable


def _by_root(fgraph: Any) -> dict[Any, list[Any]]:
    """The variables of a graph by their root."""
    found: dict[Any, list[Any]] = {}
    for variable in fgraph.variables:
        found.setdefault(_root(variable), []).append(variable)
    return found


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
