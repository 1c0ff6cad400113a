"""Going through blocks with a method for each kind of statement: the base of printers, interpreter and verifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.schema import SCHEMA

__all__ = ["ALL", "KERNEL", "Visitor"]

ALL = tuple(cls for cls in SCHEMA if issubclass(cls, st.Stmt))
# A target needs methods for these only.
KERNEL = tuple(cls for cls in ALL if not issubclass(cls, hs.HostStmt))


class Visitor:
    """Has a method for each class in `handles`, named like it: ``let`` for `Let`, ``for_`` for `For`."""

    handles: ClassVar[tuple[type[st.Stmt], ...]] = KERNEL
    methods: ClassVar[dict[type[st.Stmt], Callable[[Any, Any], None]]]

    def __init_subclass__(cls) -> None:
        """Find the methods, once a class."""
        missing = [s.__name__ for s in cls.handles if not hasattr(cls, SCHEMA[s].method)]
        if missing:
            raise TypeError(f"{cls.__name__} says nothing of {', '.join(missing)}")
        cls.methods = {s: getattr(cls, SCHEMA[s].method) for s in cls.handles}

    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            self.statement(stmt)

    def statement(self, stmt: st.Stmt) -> None:
        method = self.methods.get(type(stmt))
        if method is None:
            raise TypeError(f"{type(self).__name__} has no statement {type(stmt).__name__}")
        method(self, stmt)
