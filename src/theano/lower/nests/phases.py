"""When each item of a group with reductions runs: before, in and between the sweeps over the reduced axes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from theano.loops import expr as ex
from theano.lower.fusion.groups import Group, picked
from theano.lower.state.builder import Builder
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.values import Tensor


class Phases:
    """The sweep of each full item and reduction; the level (sweeps before it) of each prefix item; how many `sweeps`.

    `producer` tells who makes a value of the group.
    """

    def __init__(self, b: Builder, group: Group, producer: Mapping[Tensor | None, Item]) -> None:
        self.b = b
        self.group = group
        self.producer = producer
        self.of: dict[Item, int] = {}
        last = 0
        for item in group.items:
            level = 0
            for dep, prefix_result in self._inner_deps(item):
                phase = self.of[dep]
                level = max(level, phase + 1 if isinstance(dep, Reduce) and prefix_result else phase)
            self.of[item] = level
            if not group.is_prefix(item):
                last = max(last, level)
        self.sweeps = last + 1

    def sweep(self, phase: int) -> list[Item]:
        return [i for i in self.group.items if self.of[i] == phase and not self.group.is_prefix(i)]

    def prefix(self, level: int) -> list[Item]:
        return [i for i in self.group.items if self.of[i] == level and self.group.is_prefix(i)]

    def _inner_deps(self, item: Item) -> list[tuple[Item, bool]]:
        found: list[tuple[Item, bool]] = []
        for value in (*item.reads, *picked(item)):
            producer = self.producer.get(value.tensor) if value.tensor is not None else None
            if producer is not None:
                found.append((producer, isinstance(producer, Reduce)))
        for name in ex.names(*item.scalars):
            definer = self.b.definer.get(name)
            if definer is not item and definer in self.group.places:
                found.append((definer, True))
        return found

    def _recompute_cost(self, item: Item) -> int:
        """What computing a full item again in a later sweep costs."""
        total, stack, seen = 0, [item], {item}
        while stack:
            current = stack.pop()
            total += current.cost  # type: ignore[attr-defined]
            total += sum(1 for v in current.reads if v.tensor is not None and v.tensor not in self.producer)
            for dep, _ in self._inner_deps(current):
                if isinstance(dep, Pointwise) and dep not in seen and not self.group.is_prefix(dep):
                    seen.add(dep)
                    stack.append(dep)
        return total

    def later_columns(self) -> list[Tensor]:
        """Results of reductions and prefix work that are read outside the loop over columns that makes them."""
        found: dict[Tensor, None] = {}
        picks = {self.of[i] for i in self.group.items if picked(i)}  # they run in loops of their own
        for item in self.group.items:
            for dep, _ in self._inner_deps(item):
                made = self.of[dep] + 1 if isinstance(dep, Reduce) else self.of[dep]
                if isinstance(dep, Reduce) or self.group.is_prefix(dep):
                    if made in picks or not self.group.is_prefix(item) or self.of[item] != made:
                        found[dep.out] = None  # type: ignore[attr-defined]
        return list(found)

    def kept_rows(self, stored: Collection[Tensor]) -> list[Pointwise]:
        """Full items whose value a later sweep reads back: those that are stored, and what is dear to compute again."""
        found: list[Pointwise] = []
        for item in self.group.items:
            for dep, _ in self._inner_deps(item):
                if isinstance(dep, Reduce) or self.group.is_prefix(dep) or self.group.is_prefix(item):
                    continue
                if self.of[item] > self.of[dep] and dep not in found:
                    assert isinstance(dep, Pointwise)
                    if dep.out in stored or self._recompute_cost(dep) > self.b.machine.recompute:
                        found.append(dep)
        return found
