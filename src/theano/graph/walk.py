"""Walks over graphs. All are iterative and give the same order every time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, Literal, TypeVar

from theano.graph.nodes import Apply, Constant, Variable

T = TypeVar("T")


def stack_search(
    start: Iterable[T], expand: Callable[[T], Iterable[T] | None], mode: Literal["bfs", "dfs"] = "bfs",
    build_inv: bool = False,
) -> Any:  # fmt: skip
    """All that can be reached from `start` by `expand`, in the order in which it is found.

    With `build_inv` also a dict that tells for each thing what expanded to it.

    Raises
    ------
    ValueError
        Another `mode`.

    Examples
    --------
    >>> stack_search([8], lambda n: [n // 2, n - 1] if n > 6 else [])
    [8, 4, 7, 3, 6]
    >>> stack_search([2], lambda n: range(n), build_inv=True)
    ([2, 0, 1], {0: [2, 1], 1: [2]})
    """
    if mode not in ("bfs", "dfs"):
        raise ValueError(f"mode must be 'bfs' or 'dfs', not {mode!r}")
    order: list[T] = []
    inverse: dict[T, list[T]] = {}
    for found, reached in walk(start, expand, mode == "bfs", return_children=True, hash_fn=_itself):
        order.append(found)
        for thing in (reached or ()) if build_inv else ():
            inverse.setdefault(thing, []).append(found)
    return (order, inverse) if build_inv else order


def _itself(thing: Any) -> Any:
    return thing


def walk(
    nodes: Iterable[T], expand: Callable[[T], Iterable[T] | None], bfs: bool = True, return_children: bool = False,
    hash_fn: Callable[[T], Any] = id,
) -> Iterator[Any]:  # fmt: skip
    """Each thing that can be reached from `nodes` by `expand`, once, when it is asked for.

    Parameters
    ----------
    nodes
        Where it begins.
    expand
        A function of a thing that returns others, or None.
    bfs
        Whether all of one distance come before those of the next; else each is followed as far as it goes, the last of
        several first.
    return_children
        Give pairs, of a thing and the list of what `expand` has returned, or None.
    hash_fn
        What is equal for things that are the same; default: only the very object is.

    Examples
    --------
    >>> from theano.graph.basic import walk
    >>> y = T.exp(T.dscalar("x")) + 1
    >>> [v.name for v in walk([y], lambda v: v.owner and v.owner.inputs, bfs=False) if v.name]
    ['x']
    """
    todo = deque(nodes)
    seen: dict[Any, T] = {}  # it holds what was found: a new thing could get the identity of one that is gone
    while todo:
        found = todo.popleft() if bfs else todo.pop()
        key = hash_fn(found)
        if key in seen:
            continue
        seen[key] = found
        reached = expand(found)
        if reached is not None:
            reached = list(reached)
            todo.extend(reached)
        yield (found, reached) if return_children else found


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
            if variable.owner not in done:  # else its inputs are there already
                done.add(variable.owner)
                todo.extend(v for v in reversed(variable.owner.inputs) if v not in done and v not in found)
    return list(found)


def graph_inputs(variable_list: Iterable[Variable], blockers: Iterable[Variable] | None = None) -> list[Any]:
    """The leaves (constants and shared variables too) that `variable_list` is computed from.

    As in Theano, those of the last variable come first; libraries have their order of parameters from it.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y, z = T.dscalars("x", "y", "z")
    >>> graph_inputs([x * y - x])
    [x, y]
    >>> graph_inputs([x * y, z])
    [z, x, y]
    """
    return [v for v in ancestors(reversed(list(variable_list)), blockers) if v.owner is None]


def io_toposort(
    inputs: Iterable[Variable],
    outputs: Iterable[Variable],
    orderings: dict[Apply, Sequence[Apply]] | None = None,
    clients: dict[Any, list[Any]] | None = None,
) -> list[Apply]:
    """The nodes between `inputs` and `outputs`, each after those that make its inputs.

    Parameters
    ----------
    inputs : iterable of Variable
        Where to stop: what makes them is left out.
    outputs : iterable of Variable
        What the nodes make in the end.
    orderings
        Further nodes that must come before a node.
    clients
        A dict that is filled: the nodes that use a variable.

    Returns
    -------
    list of Apply
        Empty if all outputs are inputs, or have no owner.

    Raises
    ------
    ValueError
        The graph has a cycle.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> [str(node.op) for node in io_toposort([x], [T.exp(-x).sum()])]
    ['Elemwise{neg,no_inplace}', 'Elemwise{exp,no_inplace}', 'Sum{acc_dtype=float64}']
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
    if clients is not None:
        for node in order:
            for v in dict.fromkeys(node.inputs):
                clients.setdefault(v, []).append(node)
    return list(order)


def in_turns(
    order: Sequence[Apply], inputs: Iterable[Variable] = (), orderings: dict[Apply, Sequence[Apply]] | None = None
) -> list[Apply]:
    """Nodes of a topological order from `inputs`, in the order of the turns of their ops (`Op.turn`).

    Each comes after those that make its inputs, whatever its turn. Where all turns are equal the order stays.
    """
    if not any(node.op.turn != (0, 0) for node in order):
        return list(order)
    given, place = set(inputs), {node: k for k, node in enumerate(order)}
    users: dict[Apply, list[Apply]] = {node: [] for node in order}
    missing = dict.fromkeys(order, 0)
    for node in order:
        makers = [v.owner for v in node.inputs if v.owner in place and v not in given]
        makers += [other for other in (orderings or {}).get(node, ()) if other in place]
        for maker in dict.fromkeys(makers):
            users[maker].append(node)
            missing[node] += 1
    ready = [(node.op.turn, place[node]) for node in order if not missing[node]]
    heapify(ready)
    found = []
    while ready:
        node = order[heappop(ready)[1]]
        found.append(node)
        for user in users[node]:
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, (user.op.turn, place[user]))
    return found


def toposort_of(outputs: Iterable[Variable]) -> list[Apply]:
    """All nodes that `outputs` are computed by, each after those that make its inputs."""
    return io_toposort((), outputs)


def general_toposort(
    outputs: Iterable[T], deps: Callable[[T], Iterable[T] | None], debug_print: bool = False,
    compute_deps_cache: Callable[[T], Iterable[T] | None] | None = None, deps_cache: dict[T, Any] | None = None,
    clients: dict[T, list[T]] | None = None,
) -> list[T]:  # fmt: skip
    """`outputs` and all that `deps` reaches from them, each after its own `deps`; ValueError on a cycle.

    Parameters
    ----------
    outputs, deps
        Where to begin, and what must come before a thing.
    debug_print
        Accepted for older programs, without effect.
    compute_deps_cache, deps_cache
        A function that takes the place of `deps`, and a dict which that function looks after.
    clients
        A dict that is filled: what comes after a thing because of `deps`.

    Examples
    --------
    >>> general_toposort([3], lambda n: range(n))
    [0, 1, 2, 3]
    """
    before = deps if compute_deps_cache is None else compute_deps_cache
    order: dict[T, None] = {}
    opened: set[T] = set()
    todo = list(outputs)
    todo.reverse()
    while todo:
        thing = todo[-1]
        if thing in order:
            todo.pop()
            continue
        needed = list(before(thing) or ())
        wanted = [d for d in needed if d not in order]
        if not wanted:
            order[todo.pop()] = None
            if clients is not None:
                for d in needed:
                    clients.setdefault(d, []).append(thing)
        elif thing in opened:
            raise ValueError("the graph contains a cycle")
        else:
            opened.add(thing)
            wanted.reverse()
            todo.extend(wanted)
    return list(order)


def variables_and_orphans(i: Iterable[Variable], o: Iterable[Variable]) -> tuple[list[Any], list[Any]]:
    """The variables between the inputs `i` and the outputs `o` (both included), and the leaves not in `i`.

    Outputs of the nodes on the way that nobody uses are included too.
    """
    given = list(i)
    inside = set(given)
    wanted = list(o)
    found = dict.fromkeys(ancestors(wanted, given))
    for node in io_toposort(given, wanted):
        found.update(dict.fromkeys(node.outputs))
    return list(found), [v for v in found if v.owner is None and v not in inside]


def variables(i: Iterable[Variable], o: Iterable[Variable]) -> list[Any]:
    """The variables between the inputs `i` and the outputs `o`, both included."""
    return variables_and_orphans(i, o)[0]


def orphans(i: Iterable[Variable], o: Iterable[Variable]) -> list[Any]:
    """The leaves that the outputs `o` depend on and that are not in `i`."""
    return variables_and_orphans(i, o)[1]


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


def view_roots(r: Any) -> list[Any]:
    """The variables whose memory `r` may be a view of, going through ``view_map``."""
    while r.owner is not None:
        viewed = r.owner.op.view_map.get(r.index)
        if not viewed:
            break
        if len(viewed) > 1:
            return [root for i in viewed for root in view_roots(r.owner.inputs[i])]
        r = r.owner.inputs[viewed[0]]
    return [r]


def alias_root(v: Any) -> Any:
    """The variable whose memory `v` has, going through views and what is computed in place.

    Parameters
    ----------
    v : Variable
        Of a graph.

    Returns
    -------
    Variable

    Raises
    ------
    NotImplementedError
        It has that of several variables.

    Examples
    --------
    >>> from theano.compile.function_module import alias_root
    >>> x = T.dmatrix("x")
    >>> alias_root(x.T[0]), alias_root(T.exp(x).T)
    (x, Elemwise{exp,no_inplace}.0)
    """
    while v.owner is not None:
        op = v.owner.op
        sources = op.view_map.get(v.index, []) or op.destroy_map.get(v.index, [])
        if len(sources) > 1:
            raise NotImplementedError(f"{v} is a view of several variables: {sources}")
        if not sources:
            break
        v = v.owner.inputs[sources[0]]
    return v


def explicit_inputs(variable_list: Iterable[Variable]) -> list[Any]:
    """The leaves that need a value from outside: neither constants nor shared variables."""
    return [
        v for v in graph_inputs(variable_list) if not isinstance(v, Constant) and not hasattr(v, "container")
    ]
