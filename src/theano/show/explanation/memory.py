"""The memory of a call: what it needs at most, and which array lives from which step to which."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from theano.compile.counts.memory import memory_of
from theano.compile.times.lengths import names_of_main
from theano.compile.times.loop_times import LoopTime
from theano.compile.times.sizes import Sizes
from theano.graph.origin import Origin, origin_of
from theano.graph.shown import told
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.schema import used_memory
from theano.lower.program import Lowered
from theano.lower.state.values import Tensor
from theano.show.explanation.source import Source


def memory_data(
    low: Lowered, leaves: list[Any], loops: list[LoopTime], sizes: Sizes | None, source: Source
) -> dict[str, Any]:
    """Steps (the loops and calls of main, in order) and arrays, each with its bytes and the first and last step.

    The peak is that of `memory_plan`: results and workspace are there before and after they are used, too.
    """
    main = low.program.main
    own = [k for k, loop in enumerate(loops) if loop.inside == 0]
    at = {id(loops[k].stmt): n for n, k in enumerate(own)}
    when: list[int] = []  # of each statement of main the step it belongs to
    step = 0
    for stmt in main:
        inner = [at[id(s)] for s in st.walk([stmt]) if id(s) in at]
        when.append(min(max(inner), len(own)) if inner else step)
        step = max(inner) + 1 if inner else step
    made_at = origins_of_memory(low)
    arrays = [
        {**array, **source.places(*made_at.get(name, ()))}
        for name, array in _arrays(low, leaves, main, when, max(len(own) - 1, 0), sizes)
    ]
    steps = [{"name": loops[k].name, "loop": k} for k in own]
    plan = None if sizes is None else memory_of(sizes)
    changes = [0] * (max(len(own), 1) + 1)
    for array in arrays:
        changes[array["first"]] += array["bytes"] or 0
        changes[array["last"] + 1] -= array["bytes"] or 0
    living = list(itertools.accumulate(changes[:-1]))
    return {
        "steps": steps, "arrays": arrays, "living": living,
        "peak": None if plan is None else plan.peak, "unknown": None if plan is None else plan.unknown,
    }  # fmt: skip


def origins_of_memory(low: Lowered) -> dict[str, list[Origin]]:
    """By the name of memory in main where the variable that it is for was made, and what is written into it."""
    found: dict[str, list[Origin]] = {}
    for v, value in low.values.items():  # of several that share memory the first is that of which others are views
        if value.tensor is not None and (origin := origin_of(v)):
            found.setdefault(value.tensor.storage().name, [origin])
    for block in low.blocks.values():
        for item in (item for group in block for item in group.items):
            for tensor in item.made():
                if item.node is not None:
                    found.setdefault(tensor.storage().name, []).append(origin_of(item.node))
    return found


def _arrays(
    low: Lowered, leaves: list[Any], main: list[st.Stmt], when: list[int], end: int, sizes: Sizes | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name in main of each array, and what is known of it."""
    tensors: dict[str, Tensor] = {}
    names = names_of_main(low, leaves)
    for v, value in low.values.items():
        if value.tensor is not None:
            tensors.setdefault(value.tensor.storage().name, value.tensor.storage())
            if v.name:
                names.setdefault(value.tensor.storage().name, v.name)
    for block in low.blocks.values():
        for item in (item for group in block for item in group.items):
            for tensor in item.made():
                tensors.setdefault(tensor.storage().name, tensor.storage())
                if item.node is not None:
                    names.setdefault(tensor.storage().name, told(getattr(item.node, "op", item.node)))
    used: dict[str, list[int]] = {}
    for stmt, step in zip(main, when, strict=True):
        for inner in st.walk([stmt]):
            for name in used_memory(inner):
                used.setdefault(name, []).append(min(step, end))
    for stmt, step in zip(main, when, strict=True):
        first = min(step, end)
        for inner in st.walk([stmt]):
            if isinstance(inner, hs.FrameWord) and inner.type == "ptr" and inner.name in tensors:
                kind = "input" if inner.name.startswith("x") else "shared"
                yield inner.name, _array(inner.name, kind, tensors[inner.name].dims, tensors, names, sizes, 0, end)
            elif isinstance(inner, hs.NewArray):
                kind = "result" if inner.slot < low.n_outputs else "array"
                last = end if kind == "result" else max(used.get(inner.name, [first]))
                begin = min(used.get(inner.name, [first]))
                array = _array(inner.name, kind, inner.dims, tensors, names, sizes, begin, last, inner.type)
                yield inner.name, array
            elif isinstance(inner, hs.Carve) and inner.name in tensors:
                steps = used.get(inner.name, [first])
                dims = tensors[inner.name].dims
                array = _array(inner.name, "workspace", dims, tensors, names, sizes, min(steps), max(steps))
                yield inner.name, array


def _array(
    name: str, kind: str, dims: tuple[ex.Expr, ...], tensors: dict[str, Tensor], names: dict[str, str],
    sizes: Sizes | None, first: int, last: int, type_: str = "",
) -> dict[str, Any]:  # fmt: skip
    shape = None if sizes is None else [sizes.number(d) for d in dims]
    known = None if shape is None or any(n is None for n in shape) else [int(n) for n in shape if n is not None]
    size = ex.ITEMSIZE.get(type_ or tensors[name].type, 8)
    count = None if known is None else math.prod(known)
    if sizes is not None and name in tensors and (room := tensors[name].room) is not None:
        count = sizes.number(room)
    return {
        "name": names.get(name, name), "kind": kind, "shape": known,
        "bytes": None if count is None else count * size, "first": first, "last": last,
    }  # fmt: skip
