"""All operations that are declared, and which of them expressions are made of."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from theano.graph import Op, io_toposort
from theano.tensor.elemwise import Elemwise


def _defined(module: str) -> set[Any]:
    return {thing for thing in vars(sys.modules[module]).values() if isinstance(thing, type)}


def declared() -> set[type[Op]]:
    """The classes of operations of this package, but those of sparse matrices: tests/sparse/test_gradients.py."""

    def below(cls: type) -> set[type]:
        return {cls}.union(*(below(c) for c in cls.__subclasses__()))

    # those that a docstring's example defines are no part of the module that it stands in
    ours = {c for c in below(Op) - {Op} if c.__module__.startswith("theano.") and c in _defined(c.__module__)}
    return {c for c in ours if not c.__module__.startswith("theano.sparse.")}


def used(outputs: Iterable[Any]) -> tuple[set[type[Op]], set[str]]:
    """The classes of operations that expressions are made of, and the names of their operations on numbers."""
    nodes = io_toposort([], list(outputs))
    return {type(n.op) for n in nodes}, {n.op.scalar_op.name for n in nodes if isinstance(n.op, Elemwise)}
