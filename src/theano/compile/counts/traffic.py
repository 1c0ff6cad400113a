"""The bytes that the loops of a program move between memory and the caches, read off its kernels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from theano.base.record import Record, field
from theano.compile.times.lengths import written
from theano.compile.times.sizes import Sizes
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group

# What is read again is taken to come from the cache if no more than this was read in between.
CACHE = 1 << 18


class _Access(Record):
    """A load or store of a kernel: how many elements it reaches, and the loops around it."""

    base: str
    size: int
    store: bool
    loops: tuple[int, ...]
    count: int
    beyond: dict[int, int] = field(default_factory=dict)  # elements reached inside each of the loops around it


class Traffic:
    """Counts what kernels move."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.calls: dict[str, list[hs.CallKernel]] = {}
        for stmt in st.walk(sizes.low.program.main):
            if isinstance(stmt, hs.CallKernel) and stmt not in sizes.low.whole_of:
                names = _pointers(stmt)
                stores = {s.view.base for s in st.walk(stmt.kernel.body) if isinstance(s, st.Store)}
                for parameter in stores & set(names):
                    self.calls.setdefault(names[parameter], []).append(stmt)
        self.tensors = {
            t.storage().name: t.storage() for g in sizes.low.schedule for i in g.items
            for t in (*written(g), *(v.tensor for v in (*i.reads, *i.indirect) if v.tensor is not None))
        }  # fmt: skip

    def of(self, group: Group) -> Iterator[tuple[str, bool, int]]:
        """(memory, whether it is written, bytes) for each tensor of a group."""
        call = None if group.special else self._call(group)
        yield from self.whole(group) if call is None else self.of_call(call)

    def of_call(self, call: hs.CallKernel) -> Iterator[tuple[str, bool, int]]:
        """The same for the call of a kernel."""
        env = self.inside(call)
        names = _pointers(call)
        found: dict[tuple[str, bool], list[_Access]] = {}
        for access in self._accesses(call.kernel.body, env, ()):
            if access.base in names:
                found.setdefault((names[access.base], access.store), []).append(access)
        for (name, store), accesses in found.items():
            yield name, store, self._moved(name, accesses)

    def inside(self, call: hs.CallKernel) -> dict[str, Any]:
        """What names of numbers stand for in a kernel."""
        env = {
            name: value
            for (name, _), arg in zip(call.kernel.params, call.args, strict=False)
            if isinstance(arg, Expr) and (value := self.sizes.value(arg)) is not None
        }
        if call.ranges is not None:
            env |= {st.LO: np.int64(0), st.HI: np.int64(self.sizes.number(call.ranges.extent) or 0)}
        return env

    def _call(self, group: Group) -> hs.CallKernel | None:
        for tensor in written(group):
            calls = self.calls.get(tensor.storage().name)
            if calls:
                return calls.pop(0) if len(calls) > 1 else calls[0]
        return None

    def whole(self, group: Group) -> Iterator[tuple[str, bool, int]]:
        """Calls of other code: every operand and every result once."""
        reads = {v.tensor for i in group.items for v in (*i.reads, *i.indirect) if v.tensor is not None}
        for tensors, store in ((reads, False), (set(written(group)), True)):
            for tensor in sorted(tensors, key=lambda t: t.name):
                yield tensor.storage().name, store, self.size(tensor.storage().name) or 0

    def size(self, name: str) -> int | None:
        """Bytes of some memory, if they are known."""
        tensor = self.tensors.get(name)
        if tensor is None or tensor.type == "object":
            return None
        count = self.sizes.product(tensor.dims)
        return None if count is None else count * ex.ITEMSIZE[tensor.type]

    def _moved(self, name: str, accesses: list[_Access]) -> int:
        """Bytes of one tensor: all that is reached, what is reached again only if it has left the cache meanwhile."""
        total = sum(a.count * a.size for a in accesses)
        size = self.size(name)
        once = total if size is None else min(total, size)
        common = accesses[0].loops
        for a in accesses:
            common = common[: next((k for k, (x, y) in enumerate(zip(common, a.loops, strict=False)) if x != y),
                                   min(len(common), len(a.loops)))]  # fmt: skip
        if common:
            between = sum(a.beyond[common[-1]] * a.size for a in accesses)
        else:
            between = total
        return once if between <= CACHE else total

    def _accesses(self, block: list[st.Stmt], env: dict[str, Any], loops: tuple[int, ...]) -> list[_Access]:
        """The loads and stores of a block, in order, with how often each reaches another element."""
        found: list[_Access] = []
        seen: set[object] = set()
        for stmt in block:
            if isinstance(stmt, st.Load | st.Store):
                key = (stmt.view.base, stmt.view.type, stmt.view.offset, stmt.view.strides, stmt.index, type(stmt))
                if key not in seen:
                    seen.add(key)
                    size = ex.ITEMSIZE[stmt.view.type]
                    found.append(_Access(stmt.view.base, size, isinstance(stmt, st.Store), loops, 1))
            elif isinstance(stmt, st.If):
                found += self._accesses(stmt.then, env, loops) + self._accesses(stmt.orelse, env, loops)
            elif isinstance(stmt, st.For):
                found += self._loop(stmt, env, loops)
        return found

    def _loop(self, loop: st.For, env: dict[str, Any], loops: tuple[int, ...]) -> list[_Access]:
        own = (*loops, id(loop))
        start = self.sizes.number(loop.start, env) or 0
        extent = max((self.sizes.number(loop.extent, env) or 0) - start, 0)
        # the last parts may have no rows: their accesses are listed as the others', with a count of 0
        steps = range(start, start + extent) if extent and _bounds_use(loop) else range(start, start + 1)
        rounds = [self._accesses(loop.body, {**env, loop.index: np.int64(k)}, own) for k in steps]
        moving = _addresses(loop)
        merged = rounds[0]
        for k, access in enumerate(merged):
            counts = [r[k].count for r in rounds] if extent else [0]
            access.beyond[id(loop)] = max(counts)
            if moving[k]:
                access.count = sum(counts) if len(counts) > 1 else counts[0] * extent
            else:
                access.count = max(counts)
        return merged


def _pointers(call: hs.CallKernel) -> dict[str, str]:
    """Main's names of the memory that a kernel's pointers point to."""
    args = zip(call.kernel.params, call.args, strict=False)
    return {name: arg[0] for (name, _), arg in args if isinstance(arg, tuple)}


def _uses(name: str, exprs: Iterable[Expr]) -> bool:
    return name in ex.names(*exprs)


def _bounds_use(loop: st.For) -> bool:
    """Whether bounds of loops inside depend on where a loop is."""
    inner = [e for s in st.walk(loop.body) if isinstance(s, st.For) for e in (s.start, s.extent)]
    return _uses(loop.index, inner)


def _follow(loop: st.For) -> set[str]:
    """The index of a loop and those of loops inside whose first position depends on it."""
    names = {loop.index}
    for s in st.walk(loop.body):
        if isinstance(s, st.For) and any(_uses(n, [s.start]) for n in names):
            names.add(s.index)
    return names


def _addresses(loop: st.For) -> list[bool]:
    """For each distinct access in a loop (as `Traffic._accesses` lists them) whether its address moves."""
    moves: list[bool] = []
    names = _follow(loop)
    stack: list[list[Any]] = [[iter(loop.body), set()]]
    while stack:
        block, seen = stack[-1]
        stmt = next(block, None)
        if stmt is None:
            stack.pop()
        elif isinstance(stmt, st.Load | st.Store):
            key = (stmt.view.base, stmt.view.type, stmt.view.offset, stmt.view.strides, stmt.index, type(stmt))
            if key not in seen:
                seen.add(key)
                address = (stmt.view.offset, *stmt.view.strides, *stmt.index)
                moves.append(any(_uses(n, address) for n in names))
        elif isinstance(stmt, st.If):
            stack += [[iter(stmt.orelse), set()], [iter(stmt.then), set()]]
        elif isinstance(stmt, st.For):
            stack.append([iter(stmt.body), set()])
    return moves
