"""Rules as data, and the index that finds the few rules that may fire at a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.base.record import Record
from theano.graph import Apply
from theano.rewrite.engine.build import Maker
from theano.rewrite.engine.table import RewriteGraph, Tensor
from theano.tensor.elemwise import Elemwise

# What a rule returns: nothing, the replacement of the only output, one (or None) per output, or a dict of
# replacements for variables made by any nodes.
Result = Tensor | Sequence[Tensor | None] | dict[Tensor, Tensor] | None | bool
RuleFunction = Callable[[RewriteGraph, Apply], Result]


class Rule(Record):
    """One rule.

    Attributes
    ----------
    name
        Printed in traces; also a tag by which a query excludes the rule.
    roots
        What the root may be: names of scalar operations (of an `Elemwise`; ``'cast'`` for all casts), op classes, or
        single ops; empty: any node.
    function
        ``function(graph, node) -> Result``.
    tags
        Phase names and other tags.
    children
        Makers one of which must have made what the root reads, directly or through a `DimShuffle`, for the rule to
        have a chance (empty: no condition).
    view, parts
        For a rule about sums or products: ``'sum'`` or ``'product'``, and what must be among the makers of the terms
        or factors. Nodes that are no root of such a view are passed over.
    some
        Makers of which one must be among those of the terms or factors (empty: no condition).
    beside
        Op classes of which the graph must hold one (empty: no condition). Only whether a phase is skipped depends on
        it.
    equation
        The `Equation` that this rule was made from, if any (for tests and printing).
    user
        The rewrite of a user's that this rule was made from, if any.
    """

    name: str
    roots: tuple[Any, ...]
    function: RuleFunction
    tags: frozenset[str]
    equation: Any = None
    children: frozenset[Maker] = frozenset()
    view: str | None = None
    parts: frozenset[Maker] = frozenset()
    some: frozenset[Maker] = frozenset()
    beside: frozenset[type] = frozenset()
    doc: str = ""
    user: Any = None

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"


class RuleIndex:
    """Rules by what may stand at their root.

    Parameters
    ----------
    rules
        In their order of registration.
    among
        An index of more rules, which has done the work already.
    """

    __slots__ = ("rules", "previous", "_among", "_members", "_rank", "_by_root", "_by_op", "_cache")

    def __init__(self, rules: Iterable[Rule], among: RuleIndex | None = None) -> None:
        self.rules = tuple(rules)
        self.previous: RuleIndex | None = None  # the rules of the phase before
        self._among = among
        self._members = frozenset(self.rules)
        self._rank = {} if among else {rule: k for k, rule in enumerate(self.rules)}
        # by name of a scalar operation, and by class; under None those without roots
        self._by_root: dict[Any, list[Rule]] = {}
        self._by_op: dict[Any, list[Rule]] = among._by_op if among else {}
        self._cache: dict[Any, tuple[Rule, ...]] = {}
        for rule in () if among else self.rules:
            for root in rule.roots or (None,):
                table = self._by_root if root is None or isinstance(root, str | type) else self._by_op
                table.setdefault(root, []).append(rule)

    def lookup(self, op: Any) -> tuple[Rule, ...]:
        """The rules that may fire at a node of `op`, in their order of registration."""
        cls = type(op)
        key = op.scalar_op.name if cls is Elemwise else cls  # its maker, without a call
        found = self._cache.get(key)
        if found is None:
            found = self._of_key(op, key)
        if self._by_op and op in self._by_op:
            mine = [r for r in self._by_op[op] if r in self._members]
            return self._ordered({*found, *mine})
        return found

    def _of_key(self, op: Any, key: Any) -> tuple[Rule, ...]:
        found = self._cache.get(key)
        if found is None:
            if self._among is None:
                found = self._find(op, key)
            else:
                found = tuple([r for r in self._among._of_key(op, key) if r in self._members])
            self._cache[key] = found
        return found

    def _find(self, op: Any, key: Any) -> tuple[Rule, ...]:
        wanted = set(self._by_root.get(None, ()))
        if isinstance(key, str):
            wanted.update(self._by_root.get("cast" if op.scalar_op.target is not None else key, ()))
        for base in type(op).__mro__:
            wanted.update(self._by_root.get(base, ()))
        return self._ordered(wanted)

    def _ordered(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        rank = (self._among or self)._rank
        return tuple(sorted(rules, key=rank.__getitem__))
