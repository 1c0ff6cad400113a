"""The record of applied rules: what changed into what, and why."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from theano.graph import Variable

# Texts of expressions are made when a rule fires only to this depth: they must cost microseconds.
TEXT_DEPTH = 4


def describe(var: Variable, depth: int = TEXT_DEPTH) -> str:
    """A short text of an expression, cut at `depth`.

    Examples
    --------
    >>> describe(T.exp(x) + 1)                                   # doctest: +SKIP
    'add(exp(x), 1)'
    """
    node = var.owner
    if node is None:
        data = getattr(var, "data", None)
        if data is None:
            return str(var)
        if getattr(data, "size", 0) == 1:
            return str(data.item())
        return f"constant{list(data.shape)}" if hasattr(data, "shape") else str(data)
    name = getattr(getattr(node.op, "scalar_op", None), "name", None)
    if name is None or type(node.op).__name__ != "Elemwise":
        name = str(node.op)
    if depth == 0:
        return f"{name}(…)"
    return f"{name}({', '.join(describe(v, depth - 1) for v in node.inputs)})"


@dataclass(slots=True)
class Step:
    """One application of a rule.

    Attributes
    ----------
    phase, rule
        Names.
    old, new
        The variable replaced and what replaced it. Texts were taken when the rule fired
        (`keep_texts`), for later rules change the same nodes.
    """

    phase: str
    rule: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.phase}: {self.rule}: {self.old} -> {self.new}"


@dataclass(slots=True)
class Trace:
    """All applications of one rewriting, in order; iterable, printable.

    Examples
    --------
    >>> print(rewrite_graph(fgraph, query))                      # doctest: +SKIP
    stabilize: log(1 + x): log(add(1, x)) -> log1p(x)
    """

    steps: list[Step] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, phase: str, rule: str, old: Variable, new: Variable) -> None:
        """Record that `rule` turned `old` into `new`."""
        self.steps.append(Step(phase, rule, describe(old), describe(new)))

    def counts(self) -> dict[str, int]:
        """How often each rule fired."""
        return dict(Counter(step.rule for step in self.steps))

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))
