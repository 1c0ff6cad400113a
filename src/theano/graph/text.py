"""A graph as one line of text: what ``str(fgraph)`` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from theano.graph.nodes import Apply, Variable
from theano.graph.shown import told
from theano.graph.walk import io_toposort


def default_leaf_formatter(leaf: Variable) -> str:
    """The text of a leaf."""
    return str(leaf)


def default_node_formatter(op: Apply, argstrings: Sequence[str]) -> str:
    """The text of a node, from those of its inputs."""
    return f"{told(op.op)}({', '.join(argstrings)})"


class _Call:
    """A node, while the texts of its inputs are being written: they will be replaced by its own."""

    def __init__(self, node: Apply, which: str, place: int) -> None:
        self.node = node
        self.which = which
        self.begins = [place]  # where the texts of the inputs begin in the list of all texts

    def end_of_input(self, parts: list[str], formatter: Callable[[Any, Any], str]) -> None:
        """`parts` has got the text of one more input."""
        if len(self.begins) < self.node.nin:
            self.begins.append(len(parts))
            return
        inputs = ["".join(parts[a:b]) for a, b in zip(self.begins, [*self.begins[1:], len(parts)], strict=True)]
        parts[self.begins[0] :] = [f"{formatter(self.node, inputs[: self.node.nin])}{self.which}"]


def as_string(
    i: Sequence[Variable],
    o: Sequence[Variable],
    leaf_formatter: Callable[[Any], str] = default_leaf_formatter,
    node_formatter: Callable[[Any, Any], str] = default_node_formatter,
) -> list[str]:
    """The expressions of `o` in terms of the inputs `i` and other leaves, one text for each.

    A node that is used several times is written once, as ``*1 -> op(...)``, and ``*1`` stands for it from then on, also
    in later texts. So the length is proportional to the size of the graph. Output ``k`` of a node that has several is
    written ``op(...)::k``.

    Parameters
    ----------
    i, o
        Inputs and outputs.
    leaf_formatter
        Makes the text of an input or a leaf.
    node_formatter
        Makes the text of a node from the node and the list of its inputs' texts.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> e = T.exp(x)
    >>> as_string([x], [e * e, -e])
    ['Elemwise{mul,no_inplace}(*1 -> Elemwise{exp,no_inplace}(x), *1)', 'Elemwise{neg,no_inplace}(*1)']
    >>> as_string([e], [-e])
    ['Elemwise{neg,no_inplace}(Elemwise{exp,no_inplace}.0)']
    >>> as_string([x], [e], leaf_formatter=lambda leaf: f"<{leaf}>", node_formatter=lambda node, args: f"f({args[0]})")
    ['f(<x>)']
    """
    given = set(i)
    inner = io_toposort(given, o)
    uses = Counter(
        v.owner for v in chain(o, *(node.inputs for node in inner)) if v.owner is not None and v not in given
    )
    numbers: dict[Apply, int] = {}

    def text(output: Variable) -> str:
        parts: list[str] = []
        todo: list[Any] = [output]  # variables, and what comes behind the text of one; the next one is the last
        while todo:
            item = todo.pop()
            if isinstance(item, str):
                parts.append(item)
                continue
            if isinstance(item, _Call):
                item.end_of_input(parts, node_formatter)
                continue
            node = item.owner
            if node is None or item in given:
                parts.append(leaf_formatter(item))
                continue
            which = f"::{item.index}" if node.nout > 1 else ""
            if node in numbers:
                parts.append(f"*{numbers[node]}{which}")
                continue
            if uses[node] > 1:
                numbers[node] = len(numbers) + 1
                parts.append(f"*{numbers[node]} -> ")
            behind: list[Any]
            if node_formatter is default_node_formatter and node.nin:  # without putting long texts together again
                parts.append(f"{told(node.op)}(")
                behind = [", "] * (node.nin - 1) + [f"){which}"]
            else:
                behind = [_Call(node, which, len(parts))] * max(node.nin, 1)
                if not node.nin:
                    todo.append(behind[0])
            for v, then in zip(reversed(node.inputs), reversed(behind)):
                todo += [then, v]
        return "".join(parts)

    return [text(output) for output in o]


def op_as_string(
    i: Sequence[Variable],
    op: Apply,
    leaf_formatter: Callable[[Any], str] = default_leaf_formatter,
    node_formatter: Callable[[Any, Any], str] = default_node_formatter,
) -> str:
    """The text of the node `op` in terms of the inputs `i`: see `as_string`.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> op_as_string([x], T.exp(x).owner)
    'Elemwise{exp,no_inplace}(x)'
    """
    return node_formatter(op, as_string(i, op.inputs, leaf_formatter, node_formatter))
