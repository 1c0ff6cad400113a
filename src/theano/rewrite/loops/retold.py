"""Equal steps are rewritten once: what became of one is told again for another, with its names and lines.

    h, _ = theano.scan(step, sequences=x)      # line 1
    y, _ = theano.scan(step, sequences=h)      # line 2: an equal `Scan`, whose nodes come from another line

Layers that are alike, and the stages of an integrator, make such loops: nested ones with hundreds of nodes each.
"""

from __future__ import annotations

from typing import Any

from theano.graph import io_toposort
from theano.graph.origin import Origin
from theano.scan.op import Scan


class _Telling:
    """What the nodes of one step are called, and where they come from, in terms of those of an equal one."""

    def __init__(self) -> None:
        self.lines: dict[tuple[type, Origin], Origin] = {}
        self.names: dict[str, str | None] = {}

    def learn(self, old: Scan, new: Scan) -> bool:
        """Whether what is told of `new` follows from what is told of `old`, whose steps are equal."""
        if (old.name, old.allow_gc) != (new.name, new.allow_gc):
            return False
        if old.mode is not new.mode or old.profile is not new.profile:
            return False
        orders = [io_toposort(op.inner_inputs, op.inner_outputs) for op in (old, new)]
        return len(orders[0]) == len(orders[1]) and all(map(self._learn_node, *orders))

    def _learn_node(self, old: Any, new: Any) -> bool:
        if type(old.op) is not type(new.op):  # what one step computes once, the other computes twice
            return False
        if isinstance(old.op, Scan) and old.op is not new.op and not self.learn(old.op, new.op):
            return False
        told = self.lines.setdefault((type(old.origin), old.origin), new.origin)
        if (type(told), told) != (type(new.origin), new.origin):
            return False
        for a, b in zip(old.outputs, new.outputs, strict=True):
            if a.name is None:
                if b.name is not None:
                    return False
            elif self.names.setdefault(a.name, b.name) != b.name:
                return False
        return True

    def changes_nothing(self) -> bool:
        """Whether the two are told of alike."""
        return all(key == (type(to), to) for key, to in self.lines.items()) and all(
            old == new for old, new in self.names.items()
        )

    def tell(self, op: Scan, names: list[str | None]) -> Scan:
        """A copy of `op`, which became of the one step, as what becomes of the other."""
        made = Scan(op.spec, op.inner_inputs, op.inner_outputs, names, op.name, op.mode, op.profile, op.allow_gc)
        for node in io_toposort(made.inner_inputs, made.inner_outputs):
            node.origin = self.lines.get((type(node.origin), node.origin), node.origin)
            for v in node.outputs:
                v.name = self.names.get(v.name, v.name)
            if isinstance(node.op, Scan):
                inner: Scan = node.op
                node.op = self.tell(inner, [self.names.get(v.name, v.name) for v in inner.inner_inputs])
                node.op.settled = inner.settled
        return made


def lengths_told(op: Scan) -> tuple[Any, ...]:
    """The lengths that types of a step's inputs tell, in loops inside of it, too.

    Types, and so `Scan`s, are equal without them, but rules put them into the step.
    """
    inner = (node.op for node in io_toposort(op.inner_inputs, op.inner_outputs) if isinstance(node.op, Scan))
    own = tuple([getattr(v.type, "shape", None) for v in op.inner_inputs])
    return own, *map(lengths_told, inner)


def retold(old: Scan, became: Scan, new: Scan) -> Scan | None:
    """What becomes of `new`, if `became` is what became of the equal `old`; None if it has to be rewritten itself.

    The nodes of `became` have names and lines that those of `old` had. If one name (or line) there stands for two of
    `new`, nobody knows which of these a node would have got.
    """
    if became is old:
        return new
    told = _Telling()
    if not told.learn(old, new):
        return None
    names = [v.name for v in new.inner_inputs]
    if told.changes_nothing() and names == [v.name for v in old.inner_inputs]:
        return became
    return told.tell(became, names)
