"""What a compiled function is planned to do and to hold: its loops, the bytes they move, the memory of a call.

All of it is read off the loop program; nothing is measured. Numbers need example arguments (or shapes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from theano.backend.interpreter import evaluate
from theano.compile.inspect import executor_of, written
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import defined_names
from theano.loops.text import operation_text
from theano.lower.items import Reduce, Special
from theano.lower.plan.groups import Group
from theano.lower.plan.plan_text import plan_lines
from theano.lower.program import Lowered
from theano.lower.values import Item, Tensor
from theano.record import Record, field

__all__ = ["MemoryPlan", "PlannedBytes", "memory_plan", "planned_bytes", "schedule"]

# What is read again is taken to come from the cache if no more than this was read in between.
CACHE = 1 << 18


class PlannedBytes(Record):
    """Bytes that the loops of a call move between memory and the caches.

    Attributes
    ----------
    moved
        By all loops; data read again from the cache count once.
    least
        Every input that is needed read once, every result written once.
    """

    moved: int
    least: int


class MemoryPlan(Record):
    """Bytes of memory of a call, for given sizes.

    Attributes
    ----------
    inputs, shared
        Arrays that are there before the call.
    outputs
        Arrays that are returned.
    arrays
        Other arrays that the call makes (new values of shared variables, operands of Python code).
    workspace
        Temporaries, from the stack or the pool of the process; values whose lives do not overlap share a place.
    unknown
        How many arrays have sizes that are known only during the call.
    """

    inputs: int
    shared: int
    outputs: int
    arrays: int
    workspace: int
    unknown: int = 0

    @property
    def peak(self) -> int:
        """What the call needs beside its inputs and shared variables."""
        return self.outputs + self.arrays + self.workspace

    def __str__(self) -> str:
        names = ("inputs", "shared", "outputs", "arrays", "workspace", "peak")
        rows = [f"{name:<10}{getattr(self, name):>18,}" for name in names]
        return "\n".join(rows + ([f"and {self.unknown} arrays of unknown size"] if self.unknown else []))


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
    sizes = _Sizes(executor_of(f), args, shapes)
    low = sizes.low
    inputs, shared = (sum(a.nbytes for a in group) for group in sizes.given())
    plan = MemoryPlan(inputs, shared, 0, 0, 0)
    for stmt in st.walk(low.program.main):
        if isinstance(stmt, hs.Workspace):
            plan.workspace += sizes.number(stmt.size) or 0
        elif isinstance(stmt, hs.NewArray):
            count = sizes.product(stmt.dims)
            if count is None:
                plan.unknown += 1
            elif stmt.slot < low.n_outputs:
                plan.outputs += count * ex.ITEMSIZE[stmt.type]
            else:
                plan.arrays += count * ex.ITEMSIZE[stmt.type]
    return plan


def planned_bytes(f: Any, *args: Any, shapes: Sequence[Sequence[int]] | None = None) -> PlannedBytes:
    """The bytes that the loops of a compiled function move, and the least that any program must.

    Parameters are those of `memory_plan`. Calls of BLAS and of Python code count as reading each operand and writing
    each result once.

    Examples
    --------
    >>> x = T.fmatrix("x")
    >>> plan = theano.printing.planned_bytes(theano.function([x], x.var(axis=1)), shapes=[(4000, 1000)])
    >>> plan.moved, plan.least
    (16016000, 16016000)
    """
    executor = executor_of(f)
    sizes = _Sizes(executor, args, shapes)
    traffic = _Traffic(sizes)
    touched: dict[tuple[str, bool], int] = {}
    moved = 0
    for group in sizes.low.schedule:
        for name, store, number in traffic.of(group):
            moved += number
            if name in sizes.outside:
                size = traffic.size(name)
                once = number if size is None else min(number, size)
                touched[name, store] = max(touched.get((name, store), 0), once)
    return PlannedBytes(moved, sum(touched.values()))


class _Sizes:
    """Lengths and numbers of a function for example arguments."""

    def __init__(self, executor: Any, args: Sequence[Any], shapes: Sequence[Sequence[int]] | None) -> None:
        self.low: Lowered = executor.lowered
        inputs = executor.plan.fgraph.inputs[: executor.plan.n_inputs]
        if shapes is not None:
            args = [np.broadcast_to(np.zeros((), _dtype(v)), tuple(s)) for v, s in zip(inputs, shapes, strict=True)]
        if len(args) != len(inputs):
            raise TypeError(f"sizes need {len(inputs)} example arguments or shapes, got {len(args)}")
        self.arrays = [np.asarray(a, dtype=_dtype(v)) for a, v in zip(args, inputs, strict=True)]
        self.stored = [np.asarray(s[0]) for s in executor.plan.storages]
        self.env: dict[str, Any] = {}
        for name, (role, k, axis) in self.low.dim_words.items():
            array = (self.arrays if role == "input" else self.stored)[k]
            if axis < array.ndim:
                self.env[name] = np.int64(array.shape[axis])
        for prefix, arrays in (("vx", self.arrays), ("vs", self.stored)):
            for k, array in enumerate(arrays):
                if array.size == 1 and array.dtype.kind in "biuf":
                    self.env[f"{prefix}{k}"] = array.reshape(())[()]
        self.outside = {f"x{k}" for k in range(len(self.arrays))} | {f"s{k}" for k in range(len(self.stored))}
        self.outside |= {
            s.name for s in st.walk(self.low.program.main)
            if isinstance(s, hs.NewArray) and s.slot < self.low.n_outputs
        }  # fmt: skip

    def given(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Inputs and shared arrays."""
        return self.arrays, [a for a in self.stored if a.dtype.kind != "O"]

    def number(self, size: Expr, env: dict[str, Any] | None = None) -> int | None:
        """A length as a number, or None where it depends on data."""
        known = self.env if env is None else env
        if any(name not in known for name in ex.names(size)):
            return None
        return int(evaluate(size, known))

    def product(self, dims: Iterable[Expr]) -> int | None:
        total = 1
        for d in dims:
            length = self.number(d)
            if length is None:
                return None
            total *= length
        return total


def _dtype(v: Any) -> Any:
    return getattr(v.type, "dtype", object)


class _Access(Record):
    """A load or store of a kernel: how many elements it reaches, and the loops around it."""

    base: str
    size: int
    store: bool
    loops: tuple[int, ...]
    count: int
    beyond: dict[int, int] = field(default_factory=dict)  # elements reached inside each of the loops around it


class _Traffic:
    """Counts what kernels move."""

    def __init__(self, sizes: _Sizes) -> None:
        self.sizes = sizes
        self.calls: dict[str, list[hs.CallKernel]] = {}
        for stmt in st.walk(sizes.low.program.main):
            if isinstance(stmt, hs.CallKernel):
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
        if call is None:
            yield from self._whole(group)
            return
        env = {
            name: evaluate(arg, self.sizes.env)
            for (name, _), arg in zip(call.kernel.params, call.args, strict=False)
            if isinstance(arg, Expr) and self.sizes.number(ex.cast(arg, "f64")) is not None
        }
        if call.ranges is not None:
            env |= {st.LO: np.int64(0), st.HI: np.int64(self.sizes.number(call.ranges.extent) or 0)}
        names = _pointers(call)
        found: dict[tuple[str, bool], list[_Access]] = {}
        for access in self._accesses(call.kernel.body, env, ()):
            if access.base in names:
                found.setdefault((names[access.base], access.store), []).append(access)
        for (name, store), accesses in found.items():
            yield name, store, self._moved(name, accesses)

    def _call(self, group: Group) -> hs.CallKernel | None:
        for tensor in written(group):
            calls = self.calls.get(tensor.storage().name)
            if calls:
                return calls.pop(0) if len(calls) > 1 else calls[0]
        return None

    def _whole(self, group: Group) -> Iterator[tuple[str, bool, int]]:
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
    """For each distinct access in a loop (as `_Traffic._accesses` lists them) whether its address moves."""
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


# -- schedule ----------------------------------------------------------------------------------------------
def schedule(f: Any, *args: Any, shapes: Sequence[Sequence[int]] | None = None) -> str:
    """Which nodes of a compiled function share a loop, what form it has, and what goes through memory.

    Sizes are in bytes, in terms of the lengths of the inputs; with example arguments (or `shapes`, see
    `memory_plan`) also as numbers. Where a loop reads what another one has written, the text says why they are two.

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
    sizes = _Sizes(executor, args, shapes) if args or shapes is not None else None
    lines = list(_Schedule(executor.lowered, executor.plan.fgraph.inputs, sizes).lines())
    if sizes is not None:
        total = planned_bytes(f, *args, shapes=shapes)
        lines.append(f"moves {total.moved:,} bytes; the least possible is {total.least:,}")
    return "\n".join(lines)


class _Schedule:
    """Writes the groups of a function."""

    def __init__(self, low: Lowered, leaves: list[Any], sizes: _Sizes | None) -> None:
        self.low = low
        self.traffic = None if sizes is None else _Traffic(sizes)
        n = len(low.inputs)
        names = [v.name or f"input {k}" for k, v in enumerate(leaves)]
        self.dims = {
            name: f"{names[k if role == 'input' else n + k]}.shape[{axis}]"
            for name, (role, k, axis) in low.dim_words.items()
        }
        self.memory = {name for stmt in st.walk(low.program.main) for name in defined_names(stmt)}
        self.names = {f"x{k}": name for k, name in enumerate(names[:n])}
        self.names |= {f"s{k}": name for k, name in enumerate(names[n:])}
        for v, value in low.values.items():
            if v.name and value.tensor is not None and value.is_whole():
                self.names.setdefault(value.tensor.name, v.name)
        for stmt in st.walk(low.program.main):
            if isinstance(stmt, hs.NewArray) and stmt.slot < low.n_outputs:
                self.names[stmt.name] = f"output {stmt.slot}"
        self.numbers = {g: k for k, g in enumerate((g for g in low.schedule if not g.special), 1)}

    def lines(self) -> Iterator[str]:
        for group in self.low.schedule:
            if group.special:
                yield from self._special(group)
                continue
            yield f"loop {self.numbers[group]} over {self._space(group)}"
            yield from self._items(group)
            yield from self._apart(group)
            yield from self._form(group)
            yield from self._moved(group)

    def _space(self, group: Group) -> str:
        return " × ".join(self.length(d) for d in group.axes) or "one element"

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
                lines = [f"loop over {self._space(group)}", *self._items(group), *self._form(group)]
                yield from (f"    {line}" for line in lines)

    def _form(self, group: Group) -> Iterator[str]:
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

    def _apart(self, group: Group) -> Iterator[str]:
        reasons: dict[str, str] = {}
        for source, why in group.apart:
            other = source.now()
            if other is not group and other in self.numbers:
                reasons[f"loop {self.numbers[other]}"] = why
        for name, why in reasons.items():
            yield f"    apart from {name}: {why}"

    def _special(self, group: Group) -> Iterator[str]:
        item = group.items[0]
        what = "check" if isinstance(item, Special) and item.what == "check" else "step"
        yield f"{what} {item.node}" if item.node is not None else what
        for region in item.blocks if isinstance(item, Special) else ():
            yield from self._block(region)
        yield from self._moved(group)

    def _item(self, group: Group, item: Item) -> str:
        node = str(item.node) if item.node is not None else "copy"
        if isinstance(item, Reduce):
            along = " × ".join(self.length(item.dims[k]) for k in sorted(item.red))
            return f"{node}    ({item.op} along {along}, in {ex.DTYPE_OF[item.acc]})"
        return node + ("    (once for each row)" if group.is_prefix(item) else "")

    def _moved(self, group: Group) -> Iterator[str]:
        made = {t.storage(): t for t in written(group)}
        read: dict[Tensor, Tensor] = {}
        for item in group.items:
            for value in (*item.reads, *item.indirect):
                tensor = value.tensor
                if tensor is not None and (
                    tensor.storage() not in made or tensor.role in ("input", "storage")
                ):
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
            shown = "" if number is None else f" = {number:,}"
            yield f"    {word} {self._name(tensor)}: {self._bytes(tensor)}{shown}"

    def _bytes(self, tensor: Tensor) -> str:
        known, factors = ex.ITEMSIZE[tensor.type], []
        for d in tensor.dims:
            if d.op == "const":
                known *= int(d.value)
            else:
                factors.append(self.length(d))
        return " * ".join([str(known), *factors])

    def length(self, root: Expr) -> str:
        """A length in terms of the inputs' shapes."""
        done: dict[int, str] = {}
        for node in ex.postorder((root,)):
            if node.op == "const":
                done[id(node)] = str(node.value)
            elif node.op == "name":
                done[id(node)] = self.dims.get(str(node.value), str(node.value))
            else:
                text = operation_text(node, [done[id(a)] for a in node.args])
                done[id(node)] = text if len(text) < 120 else "…"
        return done[id(root)]
