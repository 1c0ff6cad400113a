"""Lowering of branches: which nodes run in which block, and the values that leave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from theano.graph import Variable
from theano.ifelse import IfElse
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.callback import copy_to_slot, held_again, object_tensor
from theano.lower.ops.registry import lowers
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor, Value


def assign_regions(b: Builder, order: Sequence[Any], roots: Sequence[Variable]) -> dict[Any, int]:
    """The block of each node: the innermost one that contains all its users.

    All lie in the current block (at first 0, main); each `IfElse` owns two more, inside its own. A value that only
    one side of one branch needs is computed in that side.
    """
    base = b.region
    branches = {node for node in order if _is_branch(b, node)}
    if not branches:
        return {}
    wanted: dict[Variable, int] = dict.fromkeys(roots, base)
    regions: dict[Any, int] = {}
    for node in reversed(order):
        region = -1
        for v in node.outputs:
            if v in wanted:
                region = wanted[v] if region < 0 else common(b, region, wanted[v])
        region = max(region, base)
        regions[node] = region
        sides = (region,) * 2
        if node in branches:
            b.region = region
            sides = (b.new_region(), b.new_region())
            b.region = base
            b.sides[node] = sides
        for k, v in enumerate(node.inputs):
            where = region
            if node in branches and k:
                where = sides[0] if k <= node.op.n_outs else sides[1]
            wanted[v] = where if v not in wanted else common(b, wanted[v], where)
    return regions


def _is_branch(b: Builder, node: Any) -> bool:
    """Whether a node becomes a branch of the program."""
    if not isinstance(node.op, IfElse) or node.inputs[0].type.dtype.startswith("complex"):
        return False
    return b.has_types_of(node)


def common(b: Builder, first: int, second: int) -> int:
    """The innermost block around two blocks."""
    around = set()
    while first >= 0:
        around.add(first)
        first = b.parents[first]
    while second not in around:
        second = b.parents[second]
    return second


class _Leaving:
    """How the values of a branch leave its sides: numbers in cells on the stack, arrays and objects in slots."""

    def __init__(self, b: Builder, node: Any) -> None:
        self.b = b
        self.sides = b.sides[node]
        self.ends: list[Item] = []  # items of the sides that must run
        self.cells: list[tuple[str, str, str]] = []  # cell, its type, and main's name for what is in it
        self.arrays: list[Tensor] = []
        self.defines: list[str] = []

    def _sides(self, then: Value, orelse: Value) -> Iterator[Value]:
        """The values of both sides, each while the block of its side is being filled."""
        for region, value in zip(self.sides, (then, orelse), strict=True):
            self.b.region = region
            yield value

    def object(self, then: Value, orelse: Value) -> Value:
        b, slot = self.b, self.b.new_slot()
        held = Tensor(b.fresh("o"), "object", (), "object", slot=slot)
        self.arrays.append(held)
        for value in self._sides(then, orelse):
            self.ends += held_again(b, object_tensor(b, value), slot).writers
        return Value("object", (), tensor=held, axes=(), handle=slot)

    def number(self, then: Value, orelse: Value, ndim: int) -> Value:
        b, type_ = self.b, then.type
        cell, name = b.fresh("cell"), b.fresh("v")
        self.cells.append((cell, type_, name))
        self.defines.append(name)
        for value in self._sides(then, orelse):
            self.ends.append(_into_cell(b, value, cell, type_))
        return Value(type_, (ONE,) * ndim, uniform=ex.name(name, st.load_type(type_)))

    def array(self, then: Value, orelse: Value, ones: Sequence[bool]) -> Value:
        b, slot = self.b, self.b.new_slot()
        dims = tuple(ONE if one else b.fresh_length() for one in ones)
        self.defines += [str(d.value) for d in dims if d.op == "name"]
        out = Tensor(b.fresh("t"), then.type, dims, "object", slot=slot)
        self.arrays.append(out)
        for value in self._sides(then, orelse):
            self.ends += copy_to_slot(b, value, slot).writers
        return whole(out)


@lowers(IfElse)
def lower_ifelse(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    if node not in b.sides:
        return None
    n = node.op.n_outs
    test = b.scalar(inputs[0])
    taken = ex.ne(test, 0) if test.type != "bool" else test
    region, leaving = b.region, _Leaving(b, node)
    results: list[Value] = []
    for then, orelse, variable in zip(inputs[1 : 1 + n], inputs[1 + n :], node.outputs, strict=True):
        if then.type == "object":
            results.append(leaving.object(then, orelse))
        elif all(ones := variable.type.broadcastable) and b.native(then.type):
            results.append(leaving.number(then, orelse, len(ones)))
        else:
            results.append(leaving.array(then, orelse, ones))
    b.region = region
    _add_branch(b, node, taken, leaving)
    return results


def _add_branch(b: Builder, node: Any, taken: Expr, leaving: _Leaving) -> None:
    """The item of a branch, behind those of its sides."""

    def emit(asm: Emitter) -> None:
        for cell, _, _ in leaving.cells:
            asm.stack_memory(cell, 8)
        then, orelse = (asm.region_block(r) for r in leaving.sides)
        asm.statement(st.If(taken, then, orelse))
        for cell, type_, name in leaving.cells:
            asm.statement(st.Load(name, st.View(cell, type_, ZERO, ()), ()))
        for out in leaving.arrays:
            asm.receive(out, whole(out))

    item = Special(
        b.region, node, what="branch", writes=leaving.arrays, emit=emit, scalars=[taken], defines=leaving.defines,
        delivers=True, blocks=leaving.sides,
    )  # fmt: skip
    item.deps.extend(leaving.ends)
    b.owners.update(dict.fromkeys(leaving.sides, item))
    items = inside(b, node)
    item.deps.extend(needs_of(b, items))
    specials = [i for i in items if isinstance(i, Special)]
    item.fallible = any(i.fallible for i in specials)
    item.python = bool(leaving.arrays) or any(i.python for i in specials)
    item.polls = any(i.polls for i in specials)
    b.add(item)
    for out in leaving.arrays:
        out.writers.append(item)


def _into_cell(b: Builder, value: Value, cell: str, type_: str) -> Item:
    number: Expr = b.scalar(value)
    item = Special(
        b.region, b.node, what="store", scalars=[number],
        emit=lambda asm: asm.statement(st.Store(st.View(cell, type_, ZERO, ()), (), number)),
    )  # fmt: skip
    b.add(item)
    return item


def inside(b: Builder, node: Any) -> list[Item]:
    """The items of the blocks of a branch or loop, and of the blocks in them."""
    blocks = set(b.sides[node])
    for region in range(min(blocks), len(b.parents)):  # blocks have higher numbers than those around them
        if b.parents[region] in blocks:
            blocks.add(region)
    return [i for i in b.items if i.region in blocks]


def needs_of(b: Builder, items: list[Item]) -> list[Item]:
    """What items, those of some blocks, need from the blocks around them, each once."""
    own = set(items)
    found: list[Item] = []
    for item in items:
        found += [other for other in b.needed_by(item) if other not in own]
    return list(dict.fromkeys(found))
