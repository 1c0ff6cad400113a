"""Rules as data, and the index that finds the few rules that may fire at a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph import Apply
from theano.record import Record
from theano.rewrite.table import RewriteGraph, Tensor
from theano.tensor.elemwise import Elemwise

# What a rule returns: nothing, the replacement of the only output, or one (or None) per output.
Result = Tensor | Sequence[Tensor | None] | None | bool
RuleFunction = Callable[[RewriteGraph, Apply], Result]


class Rule(Record):
    """One rule.

    Attributes
    ----------
    name
        Printed in traces; also a tag by which a query excludes the rule.
    roots
        What the root may be: names of scalar operations (of an `Elemwise`; lower case), names of op classes
        (upper case) or the classes themselves, or single ops; empty: any node.
    function
        ``function(graph, node) -> Result``.
    tags
        Phase names and other tags.
    children
        Names of scalar operations one of which the root must read, directly or through a `DimShuffle`,
        for the rule to have a chance (empty: no condition).
    view, parts
        For a rule about sums or products: ``'sum'`` or ``'product'``, and names of the scalar operations that
        must be among the terms or factors. Nodes that are no root of such a view are passed over.
    some
        Names of which one must be among the terms or factors (empty: no condition).
    equation
        The `Equation` that this rule was made from, if any (for tests and printing).
    """

    name: str
    roots: tuple[Any, ...]
    function: RuleFunction
    tags: frozenset[str]
    equation: Any = None
    children: frozenset[str] = frozenset()
    view: str | None = None
    parts: frozenset[str | None] = frozenset()
    some: frozenset[str] = frozenset()
    doc: str = ""

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"


class RuleIndex:
    """Rules of one phase by what may stand at their root."""

    __slots__ = (
        "rules",
        "previous",
        "_by_scalar",
        "_by_class",
        "_by_class_name",
        "_by_op",
        "_any",
        "_scalar_cache",
        "_class_cache",
    )

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.previous: RuleIndex | None = None  # the rules of the phase before
        self._by_scalar: dict[str, list[Rule]] = {}
        self._by_class: dict[type, list[Rule]] = {}
        self._by_class_name: dict[str, list[Rule]] = {}
        self._by_op: dict[Any, list[Rule]] = {}
        self._any: list[Rule] = []
        for rule in self.rules:
            if not rule.roots:
                self._any.append(rule)
            for root in rule.roots:
                if isinstance(root, str) and root[0].isupper():
                    self._by_class_name.setdefault(root, []).append(rule)
                elif isinstance(root, str):
                    self._by_scalar.setdefault(root, []).append(rule)
                elif isinstance(root, type):
                    self._by_class.setdefault(root, []).append(rule)
                else:
                    self._by_op.setdefault(root, []).append(rule)
        self._scalar_cache: dict[str, tuple[Rule, ...]] = {}
        self._class_cache: dict[type, tuple[Rule, ...]] = {}

    def lookup(self, op: Any) -> tuple[Rule, ...]:
        """The rules that may fire at a node of `op`, in their order of registration."""
        cls = type(op)
        if cls is Elemwise:
            name = op.scalar_op.name
            found = self._scalar_cache.get(name)
            if found is None:
                key = "cast" if name.startswith("Cast{") else name
                found = self._ordered(cls, self._by_scalar.get(key, []))
                self._scalar_cache[name] = found
        else:
            found = self._class_cache.get(cls)
            if found is None:
                found = self._class_cache[cls] = self._ordered(cls, [])
        if self._by_op and op in self._by_op:
            mine = self._by_op[op]
            found = tuple(r for r in self.rules if r in mine or r in found)
        return found

    def _ordered(self, cls: type, more: list[Rule]) -> tuple[Rule, ...]:
        wanted = set(more) | set(self._any)
        for base in cls.__mro__:
            wanted.update(self._by_class.get(base, ()))
            wanted.update(self._by_class_name.get(base.__name__, ()))
        return tuple(r for r in self.rules if r in wanted)
