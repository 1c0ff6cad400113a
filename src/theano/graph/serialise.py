"""Pickling and copying of graphs as flat lists, so that depth does not matter.

`pickle` follows references recursively, which a graph 10,000 nodes deep would not survive. So a variable
pickles as ``(list of the records of all nodes before it, its own node's record, index)``. A record refers
only to leaves and to records that stand before it in that list and that the pickler has therefore seen
already. On loading, a record turns into its node.

Nodes and variables are made with the functions of this module, so it knows nothing of their classes.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable
from typing import Any

# Attributes that the structure of the graph gives.
_STRUCTURE = frozenset(("owner", "index"))
_APPLY_STRUCTURE = frozenset(("inputs", "outputs", "_record"))


class _NodeRecord:
    """Stands for a node in pickles. A node keeps its record: picklers recognise objects by identity."""

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node

    def __reduce__(self) -> Any:
        node = self.node
        inputs = [v if v.owner is None else (record_of(v.owner), v.index) for v in node.inputs]
        state = {k: v for k, v in node.__dict__.items() if k not in _APPLY_STRUCTURE}
        state["_origin"] = node.origin
        contents = (inputs, [_own_state(v) for v in node.outputs], state)
        # The contents come second: they may lead back to this node (the default update of a random state).
        classes = [type(v) for v in node.outputs]
        return _rebuild_node, (type(node), classes), contents, None, None, _fill_node


def record_of(node: Any) -> Any:
    """The record that stands for `node` in pickles (loads as the node)."""
    record = node.__dict__.get("_record")
    if record is None:
        record = node.__dict__["_record"] = _NodeRecord(node)
    return record


def records_before(variables: Iterable[Any]) -> list[Any]:
    """The records of all nodes that `variables` are computed by, in topological order.

    Pickle this list before the variables when there are many of them.
    """
    # The walk of `theano.graph.walk` is not at hand: this module lies below it.
    order: dict[Any, None] = {}
    opened: set[Any] = set()
    todo = [v.owner for v in variables if v.owner is not None]
    todo.reverse()
    while todo:
        node = todo[-1]
        if node in order:
            todo.pop()
        elif node in opened:
            order[todo.pop()] = None
        else:
            opened.add(node)
            todo.extend(
                v.owner for v in reversed(node.inputs) if v.owner is not None and v.owner not in opened
            )
    return [record_of(node) for node in order]


def _own_state(variable: Any) -> Any:
    """The state of a variable without its place in the graph."""
    state = variable.__getstate__()
    if type(state) is dict:
        state = {k: v for k, v in state.items() if k not in _STRUCTURE}
        if "_origin" in state:  # resolved: code objects cannot be pickled
            state["_origin"] = variable.origin
    return state


def _set_state(variable: Any, state: Any) -> None:
    if hasattr(variable, "__setstate__"):
        variable.__setstate__(state)
    elif state:
        variable.__dict__.update(state)
    variable.__dict__.setdefault("owner", None)
    variable.__dict__.setdefault("index", None)


def _rebuild_leaf(cls: Any) -> Any:
    made = object.__new__(cls)
    made.__dict__.update(owner=None, index=None)
    return made


def _rebuild_node(cls: Any, output_classes: list[Any]) -> Any:
    """A node with its outputs, as yet without contents."""
    node = object.__new__(cls)
    node.__dict__["outputs"] = []
    for index, output_class in enumerate(output_classes):
        output = object.__new__(output_class)
        output.__dict__.update(owner=node, index=index)
        node.outputs.append(output)
    return node


def _fill_node(node: Any, contents: tuple[list[Any], list[Any], dict[str, Any]]) -> None:
    inputs, output_states, state = contents
    node.__dict__.update(state)
    node.inputs = [v[0].outputs[v[1]] if type(v) is tuple else v for v in inputs]
    for index, (output, output_state) in enumerate(zip(node.outputs, output_states, strict=True)):
        _set_state(output, output_state)
        output.owner, output.index = node, index


#: What makes the op and the inputs of a node of Theano 1.0.5 those of this package: `theano.legacy.names` finds it.
read_node: Any


def fill_variable(variable: Any, state: Any) -> None:
    """``__setstate__`` of variables."""
    variable.__dict__.update(state or {})
    for node in variable.__dict__.pop("_waiting", ()):
        _this_module().read_node(node)


def fill_older_node(node: Any, state: dict[str, Any]) -> None:
    """``__setstate__`` of nodes, which only pickles of Theano 1.0.5 ask for."""
    node.__dict__.update((k, state[k]) for k in ("op", "inputs", "outputs"))
    # The graph of a compiled function is rewritten for operations that are not here; a pickle has the one before, too.
    if "fgraph" not in state:
        _this_module().read_node(node)


def _this_module() -> Any:
    return sys.modules[__name__]  # names of the tables are found as attributes


def _output_of(before: list[Any], node: Any, index: int) -> Any:
    return node.outputs[index]


def _node_of(before: list[Any], node: Any) -> Any:
    return node


def reduce_variable(variable: Any) -> Any:
    """``__reduce_ex__`` of variables."""
    if variable.owner is None:
        return _rebuild_leaf, (type(variable),), _own_state(variable)
    return _output_of, (records_before([variable]), record_of(variable.owner), variable.index)


def reduce_apply(node: Any) -> Any:
    """``__reduce_ex__`` of nodes."""
    return _node_of, (records_before(node.outputs[:1] or node.inputs), record_of(node))


def _copy_state(thing: Any, state: Any, memo: dict[int, Any]) -> Any:
    if type(state) is not dict:
        return copy.deepcopy(state, memo)
    # Types are values: nothing can be changed in them, and copies would only cost time.
    return {k: v if k == "type" else copy.deepcopy(v, memo) for k, v in state.items()}


def _copy_leaf(leaf: Any, memo: dict[int, Any]) -> Any:
    if id(leaf) in memo:
        return memo[id(leaf)]
    made = _rebuild_leaf(type(leaf))
    memo[id(leaf)] = made
    _set_state(made, _copy_state(leaf, _own_state(leaf), memo))
    return made


def _begin_copy(node: Any, memo: dict[int, Any]) -> None:
    """A copy of `node` with its outputs, as yet without contents: a leaf's update may be computed from that leaf."""
    made = _rebuild_node(type(node), [type(v) for v in node.outputs])
    memo[id(node)] = made
    memo.update(zip(map(id, node.outputs), made.outputs, strict=True))


def _finish_copy(node: Any, memo: dict[int, Any]) -> None:
    """Contents for the copy of `node`; its inputs are there unless they are leaves. Ops are shared."""
    made = memo[id(node)]
    made.op = node.op
    made.inputs = [_copy_leaf(v, memo) if v.owner is None else memo[id(v)] for v in node.inputs]
    for index, (output, copied) in enumerate(zip(node.outputs, made.outputs, strict=True)):
        _set_state(copied, _copy_state(output, _own_state(output), memo))
        copied.owner, copied.index = made, index
    made._origin = node._origin
    skip = _APPLY_STRUCTURE | {"op", "_origin"}
    made.__dict__.update({k: copy.deepcopy(v, memo) for k, v in node.__dict__.items() if k not in skip})


def deepcopy_variable(variable: Any, memo: dict[int, Any]) -> Any:
    """``__deepcopy__`` of variables."""
    if variable.owner is None:
        return _copy_leaf(variable, memo)
    deepcopy_apply(variable.owner, memo)
    return memo[id(variable)]


def deepcopy_apply(node: Any, memo: dict[int, Any]) -> Any:
    """``__deepcopy__`` of nodes."""
    if id(node) not in memo:
        deepcopy_nodes((record.node for record in records_before(node.outputs[:1])), memo)
    if id(node) not in memo:  # a node without outputs
        deepcopy_nodes((record.node for record in [*records_before(node.inputs), record_of(node)]), memo)
    return memo[id(node)]


def deepcopy_nodes(nodes: Iterable[Any], memo: dict[int, Any]) -> None:
    """Copy `nodes`, given in topological order, into `memo`."""
    missing = [node for node in nodes if id(node) not in memo]
    for node in missing:
        _begin_copy(node, memo)
    for node in missing:
        _finish_copy(node, memo)
