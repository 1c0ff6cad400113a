"""A graph as one line of text: what ``str(fgraph)`` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

from theano.graph.nodes import Apply, Variable
from theano.graph.walk import io_toposort


def as_string(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[str]:
    """The expressions of `outputs` in terms of `inputs` and other leaves, one text for each.

    A node that is used several times is written once, as ``*1 -> op(...)``, and ``*1`` stands for it from then on, also
    in later texts. So the length is proportional to the size of the graph. Output ``k`` of a node that has several is
    written ``op(...)::k``.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> e = T.exp(x)
    >>> as_string([x], [e * e, -e])
    ['Elemwise{mul,no_inplace}(*1 -> Elemwise{exp,no_inplace}(x), *1)', 'Elemwise{neg,no_inplace}(*1)']
    >>> as_string([e], [-e])
    ['Elemwise{neg,no_inplace}(Elemwise{exp,no_inplace}.0)']
    """
    given = set(inputs)
    inner = io_toposort(given, outputs)
    uses = Counter(
        v.owner for v in chain(outputs, *(node.inputs for node in inner)) if v.owner is not None and v not in given
    )
    numbers: dict[Apply, int] = {}

    def text(output: Variable) -> str:
        parts: list[str] = []
        todo: list[Any] = [output]  # variables, and texts that come between them; the next one is the last
        while todo:
            item = todo.pop()
            if isinstance(item, str):
                parts.append(item)
                continue
            node = item.owner
            if node is None or item in given:
                parts.append(str(item))
                continue
            which = f"::{item.index}" if node.nout > 1 else ""
            if node in numbers:
                parts.append(f"*{numbers[node]}{which}")
                continue
            if uses[node] > 1:
                numbers[node] = len(numbers) + 1
                parts.append(f"*{numbers[node]} -> ")
            parts.append(f"{node.op}(")
            todo.append(f"){which}")
            for k in range(node.nin - 1, -1, -1):
                todo.append(node.inputs[k])
                if k:
                    todo.append(", ")
        return "".join(parts)

    return [text(output) for output in outputs]
