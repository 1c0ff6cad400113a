"""What a compiled function is planned to do and to hold: its loops, the bytes they move, the memory of a call.

All of it is read off the loop program; nothing is measured. Numbers need example arguments (or shapes).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from theano.base.record import Record
from theano.compile.counts.memory import MemoryPlan, memory_of
from theano.compile.counts.traffic import Traffic
from theano.compile.executable import Function
from theano.compile.times.lengths import length_text, names_of_main, space_text, written
from theano.compile.times.sizes import Sizes
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import defined_names
from theano.loops.text import product_text
from theano.lower.fusion.groups import Group
from theano.lower.fusion.horizontal import why_unrelated
from theano.lower.memory.row_tiles import Stretch
from theano.lower.nests.plan_text import plan_lines
from theano.lower.program import Lowered
from theano.lower.state.dims import length
from theano.lower.state.items import Reduce, Special
from theano.lower.state.values import Item, Tensor
from theano.show.plans.inspect import executor_of
from theano.tensor.type import TensorType

__all__ = [
    "GroupTexts", "MemoryPlan", "PlannedBytes", "example_sizes", "memory_plan", "planned_bytes", "schedule",
]  # fmt: skip


class PlannedBytes(Record):
    """Bytes that the loops of a call move between memory and the caches.

    Attributes
    ----------
    moved
        By all loops; data read again from the cache count once.
    least
        Every input that is needed read once, every result written once.

    Examples
    --------
    >>> x = T.dvector()
    >>> theano.printing.planned_bytes(theano.function([x], x * 2), [1.0, 2.0])
    PlannedBytes(moved=32, least=32)
    """

    moved: int
    least: int


def memory_plan(f: Any, *args: Any, shapes: Sequence[Sequence[int]] | None = None) -> MemoryPlan:
    """The memory that a call of a compiled function needs.

    Parameters
    ----------
    f
        What `theano.function` has returned, in a mode that compiles.
    *args
        Example arguments; of arrays only the shape counts.
    shapes
        Instead of arguments: their shapes.

    Returns
    -------
    MemoryPlan
        Bytes: of inputs, shared variables, outputs, arrays made on the way, workspace; and the most at a time, `peak`.

    Raises
    ------
    TypeError
        `f` is no function of a mode that compiles, or there are not as many arguments as inputs.

    Examples
    --------
    >>> x = T.matrix("x")
    >>> print(theano.printing.memory_plan(theano.function([x], T.nnet.softmax(x)), shapes=[(1000, 100)]))
    inputs               800,000
    shared                     0
    outputs              800,000
    arrays                     0
    workspace                832
    peak                 800,832
    """
    return memory_of(example_sizes(f, args, shapes))


def planned_bytes(f: Any, *args: Any, shapes: Sequence[Sequence[int]] | None = None) -> PlannedBytes:
    """The bytes that the loops of a compiled function move, and the least that any program must.

    Parameters are those of `memory_plan`. Calls of BLAS and of Python code count as reading each operand and writing
    each result once.

    Parameters
    ----------
    f, *args, shapes
        See `memory_plan`.

    Returns
    -------
    PlannedBytes
        `moved` and `least`.

    Raises
    ------
    TypeError
        See `memory_plan`.

    Examples
    --------
    >>> x = T.fmatrix("x")
    >>> plan = theano.printing.planned_bytes(theano.function([x], x.var(axis=1)), shapes=[(4000, 1000)])
    >>> plan.moved, plan.least
    (16016000, 16016000)
    """
    sizes = example_sizes(f, args, shapes)
    low = sizes.low
    traffic = Traffic(sizes)
    outside = {t.name for t in traffic.tensors.values() if t.role in ("input", "storage")}
    outside |= {s.name for s in st.walk(low.program.main) if isinstance(s, hs.NewArray) and s.slot < low.n_outputs}
    touched: dict[tuple[str, bool], int] = {}
    moved = 0
    for group in low.schedule:
        for name, store, number in traffic.of(group):
            moved += number
            if name in outside:
                size = traffic.size(name)
                once = number if size is None else min(number, size)
                touched[name, store] = max(touched.get((name, store), 0), once)
    return PlannedBytes(moved, sum(touched.values()))


def example_sizes(f: Function, args: Sequence[Any], shapes: Sequence[Sequence[int]] | None) -> Sizes:
    """The lengths of a function for example arguments, or for their shapes; what is missing has its default value."""
    executor = executor_of(f)
    stored = [s[0] for s in executor.plan.storages]
    if shapes is None:
        count = len(f.maker.plan.inputs)
        args = [*args, *_defaults(f, len(args), count)]
        _check_count(len(args), count)
    if executor.border is not None and shapes is None:
        args, stored, _ = executor.border.open(args)
    leaves = executor.plan.fgraph.inputs
    inputs = leaves[: executor.plan.n_inputs]
    if shapes is not None:
        _check_count(len(shapes), len(inputs))
        args = [np.broadcast_to(np.zeros((), _dtype(v)), tuple(s)) for v, s in zip(inputs, shapes, strict=True)]
    return Sizes(executor.lowered, leaves, [_array_of(v, a) for v, a in zip(leaves, [*args, *stored], strict=True)])


def _defaults(f: Function, start: int, end: int) -> Iterator[Any]:
    """The values of inputs from number `start` on, as long as they have some."""
    for (required, _, _), container in zip(f.defaults[start:end], f.input_storage[start:end], strict=True):
        if required:
            return
        yield container.storage[0]


def _check_count(given: int, needed: int) -> None:
    if given != needed:
        raise TypeError(f"sizes need {needed} example arguments or shapes, got {given}")


def _array_of(v: Any, value: Any) -> np.ndarray | None:
    """A value as an array; None for what is none, such as a list."""
    return np.asarray(value, dtype=_dtype(v)) if isinstance(v.type, TensorType) else None


def _dtype(v: Any) -> Any:
    return getattr(v.type, "dtype", object)


# -- schedule ----------------------------------------------------------------------------------------------
def schedule(f: Any, *args: Any, shapes: Sequence[Sequence[int]] | None = None) -> str:
    """Which nodes of a compiled function share a loop, what form it has, and what goes through memory.

    Sizes are in bytes, in terms of the lengths of the inputs; with example arguments (or `shapes`, see
    `memory_plan`) also as numbers. Where a loop reads what another one has written, the text says why they are two.

    Parameters
    ----------
    f, *args, shapes
        See `memory_plan`; arguments or shapes may be missing.

    Returns
    -------
    str
        The text.

    Raises
    ------
    TypeError
        See `memory_plan`.

    Examples
    --------
    >>> x = T.vector("x")
    >>> print(theano.printing.schedule(theano.function([x], T.exp(x) + x), shapes=[(1000,)]))
    loop 1 over x.shape[0]
        Elemwise{exp,no_inplace}(x)
        Elemwise{add,no_inplace}(Elemwise{exp,no_inplace}.0, x)
        loops over x.shape[0], the last in vectors, 2 at once
        asks early for x, output 0
        goes by in ranges of x.shape[0], of 864 ps each
        reads  x: 8 * x.shape[0] = 8,000
        writes output 0: 8 * x.shape[0] = 8,000
    moves 16,000 bytes; the least possible is 16,000
    """
    executor = executor_of(f)
    sizes = example_sizes(f, args, shapes) if args or shapes is not None else None
    lines = list(GroupTexts(executor.lowered, executor.plan.fgraph.inputs, sizes).lines())
    if sizes is not None:
        total = planned_bytes(f, *args, shapes=shapes)
        lines.append(f"moves {total.moved:,} bytes; the least possible is {total.least:,}")
    return "\n".join(lines)


class GroupTexts:
    """Writes the groups of a function.

    Parameters
    ----------
    low, leaves
        The lowered function, and the inputs of its graph.
    sizes
        Lengths for example arguments, or None.
    """

    def __init__(self, low: Lowered, leaves: list[Any], sizes: Sizes | None) -> None:
        self.low = low
        self.traffic = None if sizes is None else Traffic(sizes)
        self.names = names_of_main(low, leaves)
        self.memory = {name for stmt in st.walk(low.program.main) for name in defined_names(stmt)}
        for v, value in low.values.items():
            if v.name and value.tensor is not None and value.is_whole():
                self.names.setdefault(value.tensor.name, v.name)
        for stmt in st.walk(low.program.main):
            if isinstance(stmt, hs.NewArray) and stmt.slot < low.n_outputs:
                self.names[stmt.name] = f"output {stmt.slot}"
        self.numbers = {g: k for k, g in enumerate((g for g in low.schedule if not g.special), 1)}
        self.before: dict[Group, tuple[Group, list[Group]]] = {}  # the loop before each, and what is between them
        for block in (low.schedule, *(groups for region, groups in low.blocks.items() if region)):
            places = [k for k, group in enumerate(block) if not group.special]
            self.before |= {block[k]: (block[j], block[j + 1 : k]) for j, k in pairwise(places)}

    def lines(self) -> Iterator[str]:
        for group in self.low.schedule:
            stretch = self.low.stretch_of.get(group)
            if stretch is not None and group is next(iter(stretch.cuts)):
                yield self._stretch(stretch)
            if group.special:
                yield from self._special(group)
                continue
            yield f"loop {self.numbers[group]} over {self._space(group)}"
            yield from self._items(group)
            yield from self.apart(group)
            yield from self.form(group)
            yield from self.moved(group)

    def _stretch(self, stretch: Stretch) -> str:
        size, few = self.low.machine.block_bytes, max(stretch.slots, 2)
        return (
            f"the next {len(stretch.cuts)} go by in blocks of {self.length(stretch.rows)}, "
            f"of {size >> 10:,} KiB each or one row, where there are {few} blocks"
        )

    def _space(self, group: Group) -> str:
        return space_text(group, self.names)

    def _items(self, group: Group) -> Iterator[str]:
        for item in group.items:
            yield f"    {self._item(group, item)}"

    def _block(self, region: int) -> Iterator[str]:
        """The loops of a branch, or of the steps of a loop."""
        for group in self.low.blocks.get(region, []):
            item = group.items[0]
            if isinstance(item, Special):
                yield f"    {item.what}"
                for inner in item.blocks:
                    yield from (f"    {line}" for line in self._block(inner))
            else:
                lines = [f"loop over {self._space(group)}", *self._items(group), *self.apart(group), *self.form(group)]
                yield from (f"    {line}" for line in lines)

    def form(self, group: Group) -> Iterator[str]:
        """The form of the loop."""
        original = self.low.alike.get(group)
        if original is not None:
            other = f"loop {self.numbers[original]}" if original in self.numbers else "another loop"
            yield f"    made as {other} is"
        for plan in self.low.plans.get(group, []):
            lines = plan_lines(plan, group, self.low.machine, self.length, self._name)
            yield from (f"    {line}" for line in lines)

    def _name(self, tensor: Tensor) -> str:
        role = {"constant": "constant", "temp": "workspace", "cell": "stack"}.get(tensor.role, "array")
        return self.names.get(tensor.name) or f"{role} {tensor.name}"

    def apart(self, group: Group) -> Iterator[str]:
        """Why it is not one with others."""
        reasons: dict[str, str] = {}
        before, between = self.before.get(group, (None, []))
        for source, why in group.not_merged:
            other = source.now()
            if other is not group and (other in self.numbers or other is before):
                reasons[self._number(other)] = why
        if before is not None and self._number(before) not in reasons:
            reasons[self._number(before)] = why_unrelated(before, group, between, self.low.machine)
        for name, why in reasons.items():
            yield f"    apart from {name}: {why}"

    def _number(self, group: Group) -> str:
        return f"loop {self.numbers[group]}" if group in self.numbers else "the loop before"

    def _special(self, group: Group) -> Iterator[str]:
        item = group.items[0]
        what = "check" if isinstance(item, Special) and item.what == "check" else "step"
        yield f"{what} {item.node}" if item.node is not None else what
        for region in item.blocks if isinstance(item, Special) else ():
            yield from self._block(region)
        yield from self.moved(group)

    def _item(self, group: Group, item: Item) -> str:
        node = str(item.node) if item.node is not None else "copy"
        if isinstance(item, Reduce):
            reduced = [item.dims[k] for k in sorted(item.red)]
            along = product_text(reduced, map(self.length, reduced), "×")
            return f"{node}    ({item.op} along {along}, in {ex.DTYPE_OF[item.acc]})"
        return node + ("    (once for each row)" if group.is_prefix(item) else "")

    def moved(self, group: Group) -> Iterator[str]:
        """What it reads and writes; both, of memory whose numbers it replaces by others."""
        made = {t.storage(): t for t in written(group)}
        items = set(group.items)
        read: dict[Tensor, Tensor] = {}
        for item in group.items:
            for value in (*item.reads, *item.indirect):
                tensor = value.tensor
                if tensor is not None and not _is_made_by(items, tensor):
                    read[tensor.storage()] = tensor
        numbers: dict[tuple[str, bool], int] = {}
        if self.traffic is not None:
            numbers = {(name, store): n for name, store, n in self.traffic.of(group)}
        stored = [t for t in made if t.name in self.memory and t.type != "object"]
        yield from self._list("reads ", (t for t in read if t.type != "object"), numbers)
        yield from self._list("writes", stored, numbers)

    def _list(self, word: str, tensors: Iterable[Tensor], numbers: dict[tuple[str, bool], int]) -> Iterator[str]:
        for tensor in tensors:
            number = numbers.get((tensor.storage().name, word == "writes"))
            is_known = self.traffic is not None and self.traffic.size(tensor.storage().name) is not None
            shown = f" = {number:,}" if number is not None and is_known else ""
            yield f"    {word} {self._name(tensor)}: {self._bytes(tensor)}{shown}"

    def _bytes(self, tensor: Tensor) -> str:
        known = math.prod(int(d.value) for d in tensor.dims if d.op == "const")
        factors = [length(ex.ITEMSIZE[tensor.type] * known), *(d for d in tensor.dims if d.op != "const")]
        return product_text(factors, map(self.length, factors))

    def length(self, root: Expr) -> str:
        """A length in terms of the inputs' shapes."""
        return length_text(root, self.names)


def _is_made_by(items: set[Item], tensor: Tensor) -> bool:
    """Whether all numbers of a tensor come from these items."""
    writers = tensor.writers
    return tensor.role not in ("input", "storage") and bool(writers) and items.issuperset(writers)
