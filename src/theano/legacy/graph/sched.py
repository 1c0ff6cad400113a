"""Orders of nodes by comparison functions: ``cmp(a, b)`` is negative if `a` comes first, positive if `b` does."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache, wraps
from graphlib import TopologicalSorter
from typing import Any, TypeVar

from theano.graph.nodes import Apply
from theano.graph.walk import io_toposort, list_of_nodes

__all__ = [
    "cmp",
    "key_to_cmp",
    "make_dependence_cmp",
    "make_depends",
    "memodict",
    "posort",
    "reverse_dict",
    "sort_apply_nodes",
    "sort_schedule_fn",
]

Cmp = Callable[[Any, Any], int]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def cmp(x: Any, y: Any) -> int:
    """-1, 0 or 1: whether `x` is less than, equal to or greater than `y`."""
    return int(x > y) - int(x < y)


def key_to_cmp(key: Callable[[Any], Any]) -> Cmp:
    """A comparison function of a key function.

    Examples
    --------
    >>> from theano.gof.sched import key_to_cmp
    >>> key_to_cmp(len)("abc", "z")
    1
    """
    return lambda a, b: cmp(key(a), key(b))


def memodict(f: Callable[[K], V]) -> Callable[[K], V]:
    """`f`, a function of one argument, which remembers what it has returned."""
    return wraps(f)(lru_cache(None)(f))


def make_depends() -> Callable[[tuple[Apply, Apply]], bool]:
    """A function of pairs of nodes: whether the first needs the second, through however many others."""
    needs: dict[Apply, frozenset[Apply]] = {}

    def above(node: Apply) -> frozenset[Apply]:
        for n in io_toposort([], node.outputs):
            if n not in needs:
                makers = [v.owner for v in n.inputs if v.owner is not None]
                needs[n] = frozenset(makers).union(*(needs[m] for m in makers))
        return needs[node]

    def depends(pair: tuple[Apply, Apply]) -> bool:
        a, b = pair
        return b in above(a)

    return depends


def make_dependence_cmp() -> Cmp:
    """A comparison function by which a node comes after those that it needs."""
    depends = make_depends()

    def dependence(a: Apply, b: Apply) -> int:
        if depends((a, b)):
            return 1
        return -1 if depends((b, a)) else 0

    return dependence


def reverse_dict(d: Mapping[Any, Iterable[Any]]) -> dict[Any, tuple[Any, ...]]:
    """From things to the keys of `d` whose values have them.

    Examples
    --------
    >>> from theano.gof.sched import reverse_dict
    >>> reverse_dict({"a": (1, 2), "b": (2, 3)})
    {1: ('a',), 2: ('a', 'b'), 3: ('b',)}
    """
    found: dict[Any, tuple[Any, ...]] = {}
    for key, values in d.items():
        for value in values:
            found[value] = (*found.get(value, ()), key)
    return found


def _toposort(edges: Mapping[Any, Iterable[Any]]) -> list[Any]:
    """The things of a graph in an order in which each comes before those that `edges` leads to from it.

    Raises
    ------
    ValueError
        There is a cycle.

    Examples
    --------
    >>> from theano.gof.sched import _toposort
    >>> _toposort({"a": {"c"}, "b": {"a"}})
    ['b', 'a', 'c']
    """
    before: dict[Any, Iterable[Any]] = dict.fromkeys(edges, ())
    before.update(reverse_dict(edges))
    return list(TopologicalSorter(before).static_order())


def posort(l: Sequence[Any], *cmps: Cmp) -> list[Any]:  # noqa: E741 (its name in Theano)
    """A list in an order that contradicts no comparison function, the first of them having the say where they disagree.

    Where none decides the things stay in their order. Takes time in the square of the length.

    Parameters
    ----------
    l
        Things.
    cmps
        Comparison functions of a partial order: 0 for things that either may come first of.

    Raises
    ------
    ValueError
        A comparison function is no order: its answers go round in a circle.

    Examples
    --------
    >>> from theano.gof.sched import posort
    >>> posort(range(10), lambda a, b: a % 2 - b % 2, lambda a, b: a % 3 - b % 3)
    [0, 6, 4, 2, 8, 3, 9, 1, 7, 5]
    """
    things = list(l)
    order = range(len(things))
    after: list[set[int]] = [set() for _ in order]  # what comes after each, also by way of others
    before: list[set[int]] = [set() for _ in order]
    for which, compare in enumerate(cmps):
        for i in order:
            for j in range(i + 1, len(things)):
                sign = compare(things[i], things[j])
                if sign == 0:
                    continue
                first, second = (i, j) if sign < 0 else (j, i)
                if first in after[second]:
                    if which == 0:
                        raise ValueError("the comparison function is no order: its answers go round in a circle")
                    continue
                if second not in after[first]:
                    _put_before(first, second, after, before)
    left = [len(b) for b in before]
    ready = [k for k in order if not left[k]]
    found = []
    while ready:
        k = min(ready)
        ready.remove(k)
        found.append(things[k])
        for other in after[k]:
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    return found


def _put_before(first: int, second: int, after: list[set[int]], before: list[set[int]]) -> None:
    """Note that `first`, and all before it, come before `second` and all after that."""
    earlier, later = {first, *before[first]}, {second, *after[second]}
    for k in earlier:
        after[k] |= later
    for k in later:
        before[k] |= earlier


def sort_apply_nodes(inputs: Sequence[Any], outputs: Sequence[Any], cmps: Sequence[Cmp]) -> list[Apply]:
    """The nodes between some variables, each after those that it needs, and else as comparison functions say.

    Examples
    --------
    >>> from theano.gof.sched import sort_apply_nodes
    >>> x = T.dscalar("x")
    >>> y = T.exp(x) + T.log(x)
    >>> by_name = lambda a, b: (str(a) > str(b)) - (str(a) < str(b))
    >>> [str(node.op) for node in sort_apply_nodes([x], [y], [lambda a, b: -by_name(a, b)])]
    ['Elemwise{log,no_inplace}', 'Elemwise{exp,no_inplace}', 'Elemwise{add,no_inplace}']
    """
    return posort(list_of_nodes(inputs, outputs), make_dependence_cmp(), *cmps)


def sort_schedule_fn(*cmps: Cmp) -> Callable[[Any], list[Apply]]:
    """A `schedule` for linkers: the nodes of a function graph by comparison functions.

    Examples
    --------
    >>> from theano.gof.sched import key_to_cmp, sort_schedule_fn
    >>> linker = theano.gof.PerformLinker(schedule=sort_schedule_fn(key_to_cmp(str)))
    """

    def schedule(fgraph: Any) -> list[Apply]:
        return sort_apply_nodes(fgraph.inputs, fgraph.outputs, cmps)

    return schedule
