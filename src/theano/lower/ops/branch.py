"""Lowering of branches: which nodes run in which block, and the values that leave it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Variable
from theano.ifelse import IfElse
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, whole
from theano.lower.dims import ONE, ZERO
from theano.lower.emitter import Emitter
from theano.lower.items import Special
from theano.lower.ops.callback import copy_to_slot, held_again, object_tensor
from theano.lower.ops.registry import lowers
from theano.lower.values import Item, Tensor, Value


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


@lowers(IfElse)
def lower_ifelse(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    n = node.op.n_outs
    cond, sides = inputs[0], (inputs[1 : 1 + n], inputs[1 + n :])
    if node not in b.sides:
        return None
    test = b.scalar(cond)
    taken = ex.ne(test, 0) if test.type != "bool" else test
    region = b.region
    results: list[Value] = []
    leave: list[list[Any]] = [[], []]
    cells: list[tuple[str, str]] = []
    arrays: list[Tensor] = []
    defines: list[str] = []
    for k in range(n):
        type_ = inputs[1 + k].type
        if type_ == "object":
            slot = b.new_slot()
            held = Tensor(b.fresh("o"), type_, (), "object", slot=slot)
            arrays.append(held)
            results.append(Value(type_, (), tensor=held, axes=(), handle=slot))
            for side in (0, 1):
                b.region = b.sides[node][side]
                leave[side] += held_again(b, object_tensor(b, sides[side][k]), slot).writers
            continue
        ones = node.outputs[k].type.broadcastable
        if all(ones) and b.native(type_):
            cell, name = b.fresh("cell"), b.fresh("v")
            cells.append((cell, type_))
            defines.append(name)
            results.append(Value(type_, (ONE,) * len(ones), uniform=ex.name(name, st.load_type(type_))))
            for side in (0, 1):
                b.region = b.sides[node][side]
                leave[side].append(_into_cell(b, sides[side][k], cell, type_))
        else:
            slot = b.new_slot()
            dims = tuple(ONE if one else ex.name(b.fresh("d"), "i64") for one in ones)
            defines += [str(d.value) for d in dims if d.op == "name"]
            out = Tensor(b.fresh("t"), type_, dims, "object", slot=slot)
            arrays.append(out)
            results.append(whole(out))
            for side in (0, 1):
                b.region = b.sides[node][side]
                copied = copy_to_slot(b, sides[side][k], slot)
                leave[side] += copied.writers
    b.region = region
    names = iter(d for d in defines if d.startswith("v"))
    loads = [(next(names), cell, type_) for cell, type_ in cells]

    def emit(asm: Emitter) -> None:
        for cell, _ in cells:
            asm.stack_memory(cell, 8)
        then, orelse = (asm.region_block(r) for r in b.sides[node])
        asm.statement(st.If(taken, then, orelse))
        for name, cell, type_ in loads:
            asm.statement(st.Load(name, st.View(cell, type_, ZERO, ()), ()))
        for out in arrays:
            asm.receive(out, whole(out))

    item = Special(
        region, node, what="branch", writes=arrays, emit=emit, scalars=[taken], defines=defines, delivers=True,
        blocks=b.sides[node],
    )
    item.deps.extend(x for side in leave for x in side)
    b.owners.update(dict.fromkeys(b.sides[node], item))
    items = inside(b, node)
    item.deps.extend(needs_of(b, items))
    specials = [i for i in items if isinstance(i, Special)]
    item.fallible = any(i.fallible for i in specials)
    item.python = bool(arrays) or any(i.python for i in specials)
    item.polls = any(i.polls for i in specials)
    b.add(item)
    for out in arrays:
        out.writers.append(item)
    return results


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
    """What items, those of some blocks, need from the blocks around them."""
    own = set(items)
    found: list[Item] = []
    for item in items:
        found += [d for d in item.deps if d not in own]
        definers = [b.definer[name] for name in ex.names(*item.scalars) if name in b.definer]
        found += [definer for definer in definers if definer not in own]
    return found
