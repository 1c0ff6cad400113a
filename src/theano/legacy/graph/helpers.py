"""Small functions on sequences and hashes that older programs import from ``theano.gof.utils``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np


def uniq(seq: Iterable[Any]) -> list[Any]:
    """The items of `seq`, each once, in the order of their first appearance (compared with ``==``).

    >>> uniq([3, 1, 3])
    [3, 1]
    """
    found: list[Any] = []
    for item in seq:
        if not any(item is other or item == other for other in found):
            found.append(item)
    return found


def unique(x: Sequence[Any]) -> bool:
    """Whether all items of `x`, which can be hashed, are different.

    >>> unique([3, 1, 3])
    False
    """
    return len(set(x)) == len(x)


def difference(seq1: Iterable[Any], seq2: Iterable[Any]) -> list[Any]:
    """The items of `seq1` that are not in `seq2`, in order.

    >>> difference([1, 2, 3], [2])
    [1, 3]
    """
    others = list(seq2)
    return [item for item in seq1 if item not in others]


def flatten(a: Any) -> list[Any]:
    """The items of nested lists, tuples and sets; anything else is an item itself.

    >>> flatten([1, (2, [3])])
    [1, 2, 3]
    """
    if isinstance(a, (list, tuple, set)):
        return [item for part in a for item in flatten(part)]
    return [a]


def hist(coll: Iterable[Any]) -> dict[Any, int]:
    """How often each item appears.

    >>> hist("aab")
    {'a': 2, 'b': 1}
    """
    counts: dict[Any, int] = {}
    for item in coll:
        counts[item] = counts.get(item, 0) + 1
    return counts


def remove(predicate: Callable[[Any], Any], coll: Iterable[Any]) -> list[Any]:
    """The items for which `predicate` does not hold.

    >>> remove(str.isdigit, "a1b")
    ['a', 'b']
    """
    return [item for item in coll if not predicate(item)]


def memoize(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` with its results remembered by its arguments, which must be hashable."""
    return functools.wraps(f)(functools.cache(f))


def from_return_values(values: Any) -> list[Any]:
    """`values` as a list: a list or tuple has several, anything else is one.

    >>> from_return_values(1), from_return_values((1, 2))
    ([1], [1, 2])
    """
    return list(values) if isinstance(values, (list, tuple)) else [values]


def to_return_values(values: Sequence[Any]) -> Any:
    """The only item of `values`, or `values` if there are more or none.

    >>> to_return_values([1]), to_return_values([1, 2])
    (1, [1, 2])
    """
    return values[0] if len(values) == 1 else values


def toposort(prereqs_d: Mapping[Any, Iterable[Any]]) -> list[Any]:
    """The keys, and what they need, so that everything stands behind what it needs.

    Parameters
    ----------
    prereqs_d
        From each item to those that it needs.

    Raises
    ------
    ValueError
        If some items need each other.

    Examples
    --------
    >>> toposort({"c": ["b"], "b": ["a"]})
    ['a', 'b', 'c']
    """
    needs = {item: set(before) for item, before in prereqs_d.items()}
    users: dict[Any, list[Any]] = {}
    for item, before in prereqs_d.items():
        for other in uniq(before):
            needs.setdefault(other, set())
            users.setdefault(other, []).append(item)
    ready = [item for item, before in needs.items() if not before]
    order: list[Any] = []
    for item in ready:  # grows while it is read
        order.append(item)
        for user in users.get(item, ()):
            needs[user].discard(item)
            if not needs[user]:
                ready.append(user)
    if len(order) != len(needs):
        raise ValueError(f"not all items can be sorted: {[i for i in needs if i not in order]} form a cycle")
    return order


def give_variables_names(variables: Sequence[Any]) -> Sequence[Any]:
    """Give variables without a name, or with that of an earlier one, names of their own; returns them.

    >>> from theano.graph import generic
    >>> [v.name for v in give_variables_names([generic("a"), generic(), generic("a")])]
    ['a', 'anon_1', 'a_2']
    """
    taken = {v.name for v in variables}
    seen: set[str | None] = set()
    for i, variable in enumerate(variables):
        if variable.name is None or variable.name in seen:
            base = variable.name or "anon"
            name = f"{base}_{i}"
            while name in taken:
                name += "_"
            variable.name = name
            taken.add(name)
        seen.add(variable.name)
    return variables


def hashtype(self: Any) -> int:
    """A hash that all instances of a class share."""
    kind = type(self)
    return hash(kind.__name__) ^ hash(kind.__module__)


def hash_from_code(msg: str | bytes | np.ndarray) -> str:
    """The SHA-256 of a text, of bytes, or of the memory of an array, as hexadecimal digits.

    >>> hash_from_code("x")[:8]
    '2d711642'
    """
    import hashlib  # loads OpenSSL (see `theano.base.digest`)

    data = (
        msg.encode() if isinstance(msg, str) else np.ascontiguousarray(msg).data if isinstance(msg, np.ndarray) else msg
    )
    return hashlib.sha256(data).hexdigest()


def hash_from_ndarray(data: np.ndarray) -> str:
    """The SHA-256 of an array: of its elements, shape, strides and dtype.

    >>> from theano.tensor.utils import hash_from_ndarray
    >>> hash_from_ndarray(np.ones(2)) == hash_from_ndarray(np.ones((2, 1)))
    False
    """
    return hash_from_code(hash_from_code(data) + f"{data.shape}{data.strides}{data.dtype}")


def hash_from_file(file_path: str) -> str:
    """The SHA-256 of the content of a file."""
    with open(file_path, "rb") as file:
        return hash_from_code(file.read())
