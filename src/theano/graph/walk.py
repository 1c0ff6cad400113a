"""Walks over graphs. All are iterative and give the same order every time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

from theano.graph.nodes import Apply, Constant, Variable

T = TypeVar("T")


def stack_search(
    start: Iterable[T], expand: Callable[[T], Iterable[T] | None], mode: Literal["bfs", "dfs"] = "bfs"
) -> list[T]:
    """All that can be reached from `start` by `expand`, in the order in which it is found.

    Examples
    --------
    >>> stack_search([8], lambda n: [n // 2, n - 1] if n > 6 else [])
    [8, 4, 7, 3, 6]
    """
    if mode not in ("bfs", "dfs"):
        raise ValueError(f"mode must be 'bfs' or 'dfs', not {mode!r}")
    todo = deque(start)
    take = todo.popleft if mode == "bfs" else todo.pop
    seen: dict[T, None] = {}
    while todo:
        found = take()
        if found not in seen:
            seen[found] = None
            todo.extend(expand(found) or ())
    return list(seen)


def ancestors(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None) -> list[Any]:
    """`variable_list` and the variables they are computed from; inputs come before what uses them.

    The walk does not go beyond `blockers` (which are included).

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> ancestors([-x])
    [x, Elemwise{neg,no_inplace}.0]
    """
    stop = frozenset(blockers or ())
    found: dict[Any, None] = {}
    done: set[Any] = set()
    todo: list[Any] = list(variable_list)
    todo.reverse()
    while todo:
        variable = todo[-1]
        if variable in found:
            todo.pop()
        elif variable in done or variable.owner is None or variable in stop:
            found[todo.pop()] = None
        else:
            done.add(variable)
            todo.extend(v for v in reversed(variable.owner.inputs) if v not in done and v not in found)
    return list(found)


def graph_inputs(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None) -> list[Any]:
    """The leaves (constants and shared variables too) that `variable_list` is computed from.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> graph_inputs([x * y - x])
    [x, y]
    """
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def io_toposort(
    inputs: Iterable[Variable],
    outputs: Iterable[Variable],
    orderings: dict[Apply, Sequence[Apply]] | None = None,
) -> list[Apply]:
    """The nodes between `inputs` and `outputs`, each after those that make its inputs.

    Parameters
    ----------
    orderings
        Further nodes that must come before a node.
    """
    given = set(inputs)
    order: dict[Apply, None] = {}
    opened: set[Apply] = set()
    for output in outputs:
        if output.owner is None or output in given or output.owner in order:
            continue
        todo = [output.owner]
        while todo:
            node = todo[-1]
            if node in order:
                todo.pop()
                continue
            wanted = [n for v in node.inputs if (n := v.owner) is not None and n not in order and v not in given]
            if orderings is not None:
                wanted.extend(n for n in orderings.get(node, ()) if n not in order)
            if not wanted or (node in opened and orderings is None):
                order[todo.pop()] = None
            elif node in opened:
                raise ValueError(f"the graph contains a cycle through {node}")
            else:
                opened.add(node)
                wanted.reverse()
                todo.extend(wanted)
    return list(order)


def toposort_of(outputs: Iterable[Variable]) -> list[Apply]:
    """All nodes that `outputs` are computed by, each after those that make its inputs."""
    return io_toposort((), outputs)


def general_toposort(outputs: Iterable[T], deps: Callable[[T], Iterable[T] | None]) -> list[T]:
    """`outputs` and all that `deps` reaches from them, each after its own `deps`; ValueError on a cycle.

    Examples
    --------
    >>> general_toposort([3], lambda n: range(n))
    [0, 1, 2, 3]
    """
    order: dict[T, None] = {}
    opened: set[T] = set()
    todo = list(outputs)
    todo.reverse()
    while todo:
        thing = todo[-1]
        if thing in order:
            todo.pop()
            continue
        wanted = [d for d in deps(thing) or () if d not in order]
        if not wanted:
            order[todo.pop()] = None
        elif thing in opened:
            raise ValueError("the graph contains a cycle")
        else:
            opened.add(thing)
            wanted.reverse()
            todo.extend(wanted)
    return list(order)


def variables_and_orphans(
    inputs: Iterable[Variable], outputs: Iterable[Variable]
) -> tuple[list[Any], list[Any]]:
    """The variables between `inputs` and `outputs` (both included), and the leaves not in `inputs`.

    Outputs of the nodes on the way that nobody uses are included too.
    """
    given = list(inputs)
    inside = set(given)
    found = dict.fromkeys(ancestors(outputs, given))
    for node in io_toposort(given, outputs):
        found.update(dict.fromkeys(node.outputs))
    return list(found), [v for v in found if v.owner is None and v not in inside]


def variables(inputs: Iterable[Variable], outputs: Iterable[Variable]) -> list[Any]:
    """The variables between `inputs` and `outputs`, both included."""
    return variables_and_orphans(inputs, outputs)[0]


def orphans(inputs: Iterable[Variable], outputs: Iterable[Variable]) -> list[Any]:
    """The leaves that `outputs` depend on and that are not in `inputs`."""
    return variables_and_orphans(inputs, outputs)[1]


def list_of_nodes(inputs: Iterable[Variable], outputs: Iterable[Variable]) -> list[Apply]:
    """The nodes between `inputs` and `outputs`."""
    return io_toposort(inputs, outputs)


def is_in_ancestors(l_node: Apply, f_node: Apply) -> bool:
    """Whether `f_node` is `l_node` or among the nodes it is computed from.

    Examples
    --------
    >>> import theano.tensor as T
    >>> y = -T.dscalar("x"); z = abs(y)
    >>> is_in_ancestors(z.owner, y.owner), is_in_ancestors(y.owner, z.owner)
    (True, False)
    """
    seen: set[Apply] = set()
    todo = [l_node]
    while todo:
        node = todo.pop()
        if node is f_node:
            return True
        if node not in seen:
            seen.add(node)
            todo.extend(v.owner for v in node.inputs if v.owner is not None)
    return False


def view_roots(variable: Any) -> list[Any]:
    """The variables whose memory `variable` may be a view of, going through ``view_map``."""
    while variable.owner is not None:
        viewed = variable.owner.op.view_map.get(variable.index)
        if not viewed:
            break
        if len(viewed) > 1:
            return [root for i in viewed for root in view_roots(variable.owner.inputs[i])]
        variable = variable.owner.inputs[viewed[0]]
    return [variable]


def explicit_inputs(variable_list: Iterable[Variable]) -> list[Any]:
    """The leaves that need a value from outside: neither constants nor shared variables."""
    return [
        v for v in graph_inputs(variable_list) if not isinstance(v, Constant) and not hasattr(v, "container")
    ]
