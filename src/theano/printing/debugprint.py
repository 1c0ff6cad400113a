"""`debugprint`: a graph as an indented listing, one line a node."""

from __future__ import annotations

import sys
from io import StringIO
from typing import Any

from theano.base.record import Record, field
from theano.graph import Apply, FunctionGraph, Variable
from theano.graph.shown import told

__all__ = ["debugprint"]


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: dict[Any, str] | None = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: dict[Any, str] | None = None,
) -> Any:
    """Print a graph as a listing in which each line is a node, indented under its user.

    Parameters
    ----------
    obj
        Variable, node, compiled function, function graph, or a list of such.
    depth
        How many levels to print; -1 for all.
    print_type
        Print the types of variables.
    file
        None for the standard output, ``'str'`` to return the text, or something with `write`.
    ids : {'CHAR', 'int', 'id', 'auto', ''}
        What identifies a node: letters, numbers, addresses, or nothing.
    stop_on_name
        Do not print what a named variable is computed from.
    done, used_ids
        Nodes printed already, and identifiers given already: pass the same dictionaries to go on with them.
    print_storage
        Print for the inputs of a compiled function the one-item lists that hold their values, as far as there are any.
    print_clients
        Print after a result that has several uses in a compiled function what uses it: pairs of an op and its index
        in the order of execution, or of ``'output'`` and the number of the function's output.

    Returns
    -------
    The text for ``file='str'``, else `file`.

    Raises
    ------
    TypeError
        `obj` has no graph, or `depth` is no int.
    ValueError
        Another value of `ids`.

    Examples
    --------
    >>> debugprint(T.dscalar("x") + T.dscalar("y"))
    Elemwise{add,no_inplace} [id A] ''
     |x [id B]
     |y [id C]
    """
    if not isinstance(depth, int):
        raise TypeError("depth parameter must be an int")
    if ids not in ("CHAR", "int", "id", "auto", ""):
        raise ValueError(f"debugprint: ids must be 'CHAR', 'int', 'id', 'auto' or '', found {ids!r}")
    to_text = isinstance(file, str) and file == "str"
    out = StringIO() if file is None or to_text else file
    listing = _Listing(out, depth, print_type, ids, stop_on_name, print_clients, done, used_ids)
    for root, known in _roots(obj, print_storage):
        listing.print_root(root, known)
    listing.print_inner_graphs()
    if to_text:
        return out.getvalue()
    if file is None:
        sys.stdout.write(out.getvalue())
        sys.stdout.flush()
        return None
    return file


class _Known(Record):
    """What is known of a variable's graph: the order of execution, places of values, the function graph itself."""

    order: dict[Apply, int] = field(default_factory=dict)
    storage: dict[Variable, list[Any]] = field(default_factory=dict)
    fgraph: FunctionGraph | None = None

    def clients(self, v: Variable) -> list[tuple[str, int]]:
        """Who uses `v`: ops with their places in the order, and outputs of the function."""
        if self.fgraph is None:
            return []
        uses = self.fgraph.clients(v)
        return [(u, i) if isinstance(u, str) else (told(u.op), self.order[u]) for u, i in uses]


_NOTHING = _Known()


def _roots(obj: Any, print_storage: bool) -> list[tuple[Variable, _Known]]:
    """What to print: variables, each with what is known of its graph."""
    roots: list[tuple[Variable, _Known]] = []
    for item in obj if isinstance(obj, list | tuple | set) else [obj]:
        if isinstance(item, Variable):
            roots.append((item, _NOTHING))
        elif isinstance(item, Apply):
            roots.extend((out, _NOTHING) for out in item.outputs[:1])
        else:
            fgraph = (
                item
                if isinstance(item, FunctionGraph)
                else getattr(getattr(item, "maker", None), "fgraph", None)
            )
            if fgraph is None:
                raise TypeError(f"debugprint cannot print an object of type {type(item).__name__}: {item!r}")
            order = {node: i for i, node in enumerate(fgraph.toposort())}
            known = _Known(order, _storage_of(item, fgraph) if print_storage else {}, fgraph)
            roots.extend((out, known) for out in fgraph.outputs)
    return roots


def _storage_of(function: Any, fgraph: FunctionGraph) -> dict[Variable, list[Any]]:
    containers = getattr(function, "input_storage", None) or ()
    return {v: container.storage for v, container in zip(fgraph.inputs, containers, strict=False)}


class _Listing:
    """Prints lines, and remembers which nodes it has printed and how it called them."""

    def __init__(
        self,
        out: Any,
        depth: int,
        print_type: bool,
        ids: str,
        stop_on_name: bool,
        print_clients: bool,
        done: dict[Any, str] | None,
        used_ids: dict[Any, str] | None,
    ) -> None:
        self.write = out.write
        self.depth = depth
        self.print_type = print_type
        self.ids = ids
        self.stop_on_name = stop_on_name
        self.print_clients = print_clients
        self.done = {} if done is None else done
        self.used_ids = {} if used_ids is None else used_ids
        self.with_clients: set[Variable] = set()  # whose clients have been printed
        self.loops: list[Apply] = []  # nodes that have a graph inside, in the order met

    def print_inner_graphs(self) -> None:
        """The graphs inside of the nodes printed, and inside of those in turn."""
        if self.loops:
            self.write("\nInner graphs of the scan ops:\n\n")
        for position, node in enumerate(self.loops):  # grows while it is walked
            if position:
                self.write("\n")
            op: Any = node.op
            self.write(self.node_text(node.outputs[0], node, _NOTHING) + "\n")
            outer = dict(zip(op.inner_inputs, op.outer_of_inner(node.inputs), strict=True))
            for root in op.inner_outputs:
                self.print_root(root, _NOTHING, " >", outer)

    def print_root(
        self, root: Variable, known: _Known, prefix: str = "", outer: dict[Variable, Any] | None = None
    ) -> None:
        """The listing of one variable; `outer` tells which variables the leaves stand for."""
        # (variable, prefix of its own line, prefix of the lines below it, levels left)
        stack: list[tuple[Variable, str, str, int]] = [(root, prefix, prefix, self.depth)]
        while stack:
            v, prefix, below, depth = stack.pop()
            if depth == 0:
                continue
            node = v.owner
            if node is None:
                self.write(prefix + self.leaf_text(v, known) + self.outer_text(v, outer) + "\n")
                continue
            seen = node in self.done
            self.write(prefix + self.node_text(v, node, known) + "\n")
            self.done[node] = ""
            if not seen and hasattr(node.op, "inner_inputs"):
                self.loops.append(node)
            if seen or (self.stop_on_name and v.name is not None):
                continue
            last = len(node.inputs) - 1
            for i in range(last, -1, -1):
                stack.append((node.inputs[i], below + " |", below + ("  " if i == last else " |"), depth - 1))

    def outer_text(self, v: Variable, outer: dict[Variable, Any] | None) -> str:
        """`` -> [id A]`` after a leaf of an inner graph: what it stands for."""
        if outer is None or v not in outer:
            return ""
        stands_for = outer[v]
        return f" ->{self.identifier(stands_for if stands_for.owner is None else stands_for.owner)}"

    def identifier(self, thing: Any) -> str:
        """`` [id A]``, or nothing if no identifiers are wanted."""
        if not self.ids:
            return ""
        name = self.used_ids.get(thing)
        if name is None:
            number = len(self.used_ids)
            if self.ids == "CHAR":
                name = char_from_number(number)
            elif self.ids == "int":
                name = str(number)
            else:
                name = str(id(thing))
            self.used_ids[thing] = name
        return f" [id {name}]"

    def leaf_text(self, v: Variable, known: _Known) -> str:
        text = str(v) + self.identifier(v)
        if self.print_type:
            text += f" <{v.type}>"
        if v in known.storage:
            text += f" {known.storage[v]}"
        return text

    def node_text(self, v: Variable, node: Apply, known: _Known) -> str:
        op = told(node.op) if len(node.outputs) == 1 else f"{told(node.op)}.{v.index}"
        kind = f" <{v.type}>" if self.print_type else ""
        number = known.order.get(node, "")
        clients = ""
        if self.print_clients and v not in self.with_clients:  # once: the text stays linear in the graph
            self.with_clients.add(v)
            uses = known.clients(v)
            clients = f" clients:{uses}" if len(uses) > 1 else ""
        return f"{op}{self.identifier(node)}{kind} '{v.name or ''}'   {number}{clients}"


def char_from_number(number: int) -> str:
    """0, 1, … as A … Z, BA, BB, …: digits in base 26."""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = chr(ord("A") + digit) + text
        if number == 0:
            return text
