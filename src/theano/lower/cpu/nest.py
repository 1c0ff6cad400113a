"""The loop nest of a group, as a kernel and its arguments; its form has been decided (see `lower.plan.nest_plan`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import expressions
from theano.lower.cpu.edges import Edges
from theano.lower.cpu.provenance import Work
from theano.lower.fusion.groups import Group, out_place, picked
from theano.lower.nests.accesses import producers
from theano.lower.nests.coalesced_axes import joined_group
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.state import body as bd
from theano.lower.state.builder import OF_KERNELS, Builder, moving
from theano.lower.state.dims import ONE, ZERO, is_const
from theano.lower.state.emitter import Argument
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Tensor, Value


class Nest(Record):
    """A kernel under construction: its parameters and what they stand for in main."""

    params: list[tuple[str, str]] = field(default_factory=list)
    args: list[Argument] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    body: list[st.Stmt] = field(default_factory=list)


class NestBuilder:
    """Emits one group as it is planned.

    `stored` are the tensors of the group that must be in memory afterwards; `row_buffer` makes workspace for values
    that are kept between sweeps. Numbers that are `handed` to the kernel are known by those names.
    """

    def __init__(
        self, b: Builder, group: Group, plan: NestPlan, stored: Collection[Tensor],
        row_buffer: Callable[[str, tuple[Expr, ...]], Tensor], handed: Mapping[Expr, Expr] | None = None,
    ) -> None:  # fmt: skip
        self.b = b
        self.handed = handed or {}
        self.row_buffer = row_buffer
        # where row buffers are needed: the number of the part, rows of a part, parts
        self.part: tuple[Expr, Expr, Expr] | None = None
        self.group = group = joined_group(group, plan.joined)
        self.plan = plan
        self.stored = stored
        self.nest = Nest()
        self.count = 0
        self.pointers: dict[Tensor, str] = {}
        self.outer: dict[Expr, Expr] = {}
        self.index_of: dict[int, Expr] = {}
        self.env: dict[Tensor, Expr] = {}  # values in registers, in the current sweep
        self.prefix_env: dict[Tensor, Expr] = {}  # values in registers, for the current parallel point
        self.scalars: dict[str, Expr] = {}  # 0-d results of this group, by the name main gives them
        self.loads: dict[object, Expr] = {}
        self.block: list[st.Stmt] = self.nest.body
        self.stores: list[st.Stmt] = []
        self.kept: dict[Tensor, Value] = {}  # values that a later sweep reads back, and where from
        self.rows: dict[Tensor, Value] = {}  # those of them that are there already
        self.later: Collection[Tensor] = plan.later  # per-column values that a later sweep needs
        self.before: dict[Item, Expr] = {}  # what running items got from the position before
        self.spilled: dict[Tensor, tuple[st.View, Expr]] = {}
        self.producer = producers(group)
        self.own: set[str] = set()
        self.inside: dict[Expr, bool] = {}
        self.vector_axis: int | None = None  # of a column nest
        self.edges: Edges | None = None  # of the innermost loop, where places in it are known to be inside
        self.row: tuple[Expr, Expr] | None = None  # where the ragged axis begins and ends
        self.work: Work = {}  # whose work the expressions are, if somebody will read it
        self.results: set[Expr] = set()  # what items have computed

    # -- names and parameters --------------------------------------------------------------------------
    def pointer(self, tensor: Tensor) -> str:
        """The parameter for a tensor's memory."""
        memory = tensor.storage()
        name = self.pointers.get(memory)
        if name is None:
            name = self.pointers[memory] = f"p{len(self.pointers)}"
            self.nest.params.append((name, "ptr"))
            self.nest.args.append((memory.name, ZERO, memory.type))
            self.nest.tensors.append(memory)
        return name

    def define(self, prefix: str, type_: str) -> tuple[str, Expr]:
        """A new name of the kernel."""
        assert prefix in OF_KERNELS, prefix
        self.count += 1
        name = f"{prefix}{self.count}"
        self.own.add(name)
        return name, ex.name(name, type_)

    def bounds(self, axis: int) -> tuple[Expr, Expr]:
        """Where the loop over an axis begins and ends."""
        ragged = self.group.ragged
        if ragged is not None and axis == ragged.axis:
            assert self.row is not None, "its row is opened first"
            return self.row
        return ZERO, self.local(self.group.axes[axis])

    def open_row(self) -> list[st.Stmt]:
        """Read where the row at hand begins and ends along the ragged axis, for the block that loops over it."""
        ragged = self.group.ragged
        if ragged is None:
            return []
        around, self.block = self.block, list[st.Stmt]()
        self.loads = {}
        row, count = self.index_of[ragged.rows], self.local(self.group.axes[ragged.axis])
        found = [ex.cast(self.load(ragged.starts, [at]), "i64") for at in (row, ex.add(row, ONE))]
        # they have been checked; memory that changes meanwhile must not lead out of the arrays
        self.row = ex.maximum(found[0], ZERO), ex.minimum(found[1], count)
        opened, self.block, self.loads = self.block, around, {}
        return opened

    def local_or_nothing(self, axis: int, inside: Sequence[int]) -> Expr:
        """The length of an axis as the kernel knows it, or 0 if one of those that loops inside go over is 0."""
        extent = self.local(self.group.axes[axis])
        for other in inside:
            if self.group.axes[other].op != "const":
                extent = ex.select(ex.eq(self.local(self.group.axes[other]), 0), ZERO, extent)
        return extent

    def local(self, root: Expr) -> Expr:
        """An expression of main (or of main's and the kernel's names) as the kernel sees it.

        Parts that main can compute become parameters; 0-d results of this group are replaced by their registers.
        """
        if root.op == "const":
            return root
        found = self.outer.get(root)
        if found is not None:
            return found
        if not self._is_inside(root):
            return self._parameter(root)
        done: dict[Expr, Expr] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            if node.op == "name":
                done[node] = self.scalars.get(node.value, node)
                stack.pop()
                continue
            missing = [a for a in node.args if a not in done and self._is_inside(a)]
            if missing:
                stack += missing
                continue
            args = [done[a] if a in done else self.local(a) for a in node.args]
            same = all(x is y for x, y in zip(args, node.args, strict=True))
            done[node] = node if same else ex.rebuilt(node, tuple(args))
            stack.pop()
        return done[root]

    def _is_inside(self, root: Expr) -> bool:
        """Whether an expression needs something that only the kernel knows."""
        inside, stack = self.inside, [root]
        while stack:
            node = stack[-1]
            if node in inside:
                stack.pop()
            elif node.op == "name":
                inside[node] = node.value in self.own or node.value in self.scalars
                stack.pop()
            else:
                missing = [a for a in node.args if a not in inside]
                if missing:
                    stack += missing
                else:
                    inside[node] = any(inside[a] for a in node.args)
                    stack.pop()
        return inside[root]

    def _parameter(self, root: Expr) -> Expr:
        name = f"n{len(self.outer)}"
        self.own.add(name)
        self.nest.params.append((name, root.type))
        self.nest.args.append(root)
        found = self.outer[root] = ex.name(name, root.type)
        return found

    def outermost(self, loop: st.For) -> st.For:
        """The loop whose positions the caller may ask for in ranges."""
        if self.plan.sharing is not None:
            loop.start, loop.extent = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
        return loop

    def axes_of_plan(self) -> tuple[list[int], list[int]]:
        """The parallel axes and the reduced ones, outermost first."""
        order, red = self.plan.order, self.group.red
        return [k for k in order if k not in red], [k for k in order if k in red]

    def position(self, axes: Sequence[int | None]) -> list[Expr | None]:
        return [None if k is None else self.index_of[k] for k in axes]

    def number_strides(self) -> None:
        """Let the strides of the nest's own order be the next parameters, whatever the form of its loops.

        Those that nothing uses are left out in the end.
        """
        for stride in c_strides(self.b.dims, [self.group.axes[k] for k in self.plan.order]):
            self.local(stride)

    # -- memory ------------------------------------------------------------------------------------------
    def place(self, value: Value, position: Sequence[Expr | None]) -> tuple[st.View, tuple[Expr, ...]]:
        """Where the element of `value` at a position (None: broadcast) lies."""
        tensor = value.tensor
        assert tensor is not None
        base = self.pointer(tensor)
        offset: Expr = ZERO
        if value.strides is not None:
            strides: Sequence[Expr] = value.strides
            offset = self.b.dims.normal(value.offset)  # type: ignore[arg-type]
            # a number is given by main: kernels that differ in it only are one
            number = offset.op == "const" and offset.value
            offset = (self.outer.get(offset) or self._parameter(offset)) if number else self.local(offset)
        else:
            own = c_strides(self.b.dims, tensor.dims)
            strides = [ZERO if a is None else own[a] for a in value.axes or ()]
        if tensor.shift is not None:
            offset = ex.add(offset, self.local(self.b.dims.normal(tensor.shift)))
        terms = [
            (at, self.local(self._stride(s)))
            for at, s in zip(position, strides, strict=True)
            if at is not None and at is not ZERO and not is_const(s, 0)
        ]
        return st.View(base, value.type, offset, tuple(s for _, s in terms)), tuple(at for at, _ in terms)

    def _stride(self, stride: Expr) -> Expr:
        """A stride in normal form; one that is 0 because nothing is there stays: loops must move where they write."""
        normal = self.b.dims.normal(stride)
        return stride if is_const(normal, 0) else normal

    def load(self, value: Value, position: Sequence[Expr | None], inside: Expr | None = None) -> Expr:
        view, index = self.place(value, position)
        key = (view.base, view.type, view.offset, view.strides, index, inside)
        found = self.loads.get(key)
        if found is None:
            name, found = self.define("x", st.load_type(view.type))
            self.block.append(st.Load(name, view, index, inside))
            self.loads[key] = found
        return found

    def picked(self, item: Item, k: int, index: Sequence[Expr | None]) -> Expr:
        """A picked operand of an item, read from memory or computed at that place."""
        assert isinstance(item, Pointwise)
        value = item.indirect[k]
        if self.vector_axis is not None:  # a loop over the columns, which is not run if there is nothing
            return self._picked_element(item, k, index)
        extent: Expr = ONE
        for d, at in zip(value.dims, index, strict=True):
            if at is not None:
                extent = ex.minimum(self.local(self.b.dims.normal(d)), extent)
        around, self.block = self.block, []
        found = self._picked_element(item, k, index)
        around_loop, self.block = self.block, around
        if is_const(extent, 1):
            self.block += around_loop
            return found
        kept, result = self.define("a", found.type), self.define("a", found.type)
        carried = st.Carried(kept[0], "state", found.type, ex.const(0, found.type), found, result[0])
        self.block.append(st.For(self.define("i", "i64")[0], extent, "serial", around_loop, [carried]))
        return result[1]

    def _picked_element(self, item: Pointwise, k: int, index: Sequence[Expr | None]) -> Expr:
        value, place = item.indirect[k], self.group.places[item]
        assert value.tensor is not None
        producer = self.producer.get(value.tensor)
        if producer is None or value.axes is None:
            own = [None if p is None or place[p] is None else self.index_of[place[p]] for p in item.picks[k]]  # type: ignore[index]
            return self.load(value, [o if i is None else i for o, i in zip(own, index, strict=True)])
        made_at = out_place(self.group, producer)
        before = self.env, self.loads, self.prefix_env, self.index_of
        self.env, self.loads, self.prefix_env, self.index_of = {}, {}, dict(self.prefix_env), dict(self.index_of)
        for axis, at in zip(value.axes, index, strict=True):
            if axis is not None and at is not None and made_at[axis] is not None:
                self.index_of[made_at[axis]] = at  # type: ignore[index]
        result = self.computed(value.tensor, producer)
        self.env, self.loads, self.prefix_env, self.index_of = before
        return result

    # -- elements ----------------------------------------------------------------------------------------
    def value_of(self, item: Item, k: int) -> Expr:
        """Operand k of an item at the current point."""
        assert isinstance(item, Pointwise | Reduce)
        value = item.reads[k]
        if value.uniform is not None:
            return self.local(self.handed.get(value.uniform, value.uniform))
        tensor = value.tensor
        assert tensor is not None
        producer = self.producer.get(tensor)
        if producer is not None and value.axes is not None:
            return self.computed(tensor, producer)
        place = self.group.places[item]
        position = [None if a is None or place[a] is None else self.index_of[place[a]] for a in item.maps[k]]  # type: ignore[index]
        return self.load(value, position)

    def computed(self, tensor: Tensor, producer: Item) -> Expr:
        """A value of this group: from a register, from memory, or computed again."""
        for env in (self.env, self.prefix_env):
            if tensor in env:
                return env[tensor]
        if tensor in self.rows:
            return self.load(self.rows[tensor], self.row_position(producer))
        if tensor in self.spilled:
            view, lane = self.spilled[tensor]
            name, found = self.define("x", view.type)
            self.block.append(st.Load(name, view, (lane,)))
            self.env[tensor] = found
            return found
        assert isinstance(producer, Pointwise), "results of a sweep are known after it"
        return self.compute(producer)

    def row_position(self, item: Item) -> list[Expr | None]:
        """The position of a full item in the memory that keeps it: its own, or a row buffer."""
        place = self.group.places[item]
        if self.kept[item.out].tensor is item.out:  # type: ignore[attr-defined]
            return [None if p is None else self.index_of[p] for p in out_place(self.group, item)]
        own: list[Expr | None] = [self.index_of[p] for p in place if p in self.group.red]
        return own if self.part is None else [self.part[0], *own]

    def operands(self, item: Item) -> list[Expr]:
        """The operands of an item at the current point, which are read in order."""
        return [self.value_of(item, k) for k in range(len(item.reads))]

    def evaluated(self, item: Item, root: Expr) -> Expr:
        """An expression of an item's form at the current point."""
        body = bd.facts(root)
        result = body.at(self.operands(item), _Point(self, item))
        return self.local(result) if body.mixed else result

    def compute(self, item: Item) -> Expr:
        assert isinstance(item, Pointwise | Reduce)
        result = self.evaluated(item, item.body)
        self.note(item, result)
        self.results.add(result)
        if isinstance(item, Pointwise) and item.out is not None and not item.is_window():
            env = self.prefix_env if self.group.is_prefix(item) else self.env
            env[item.out] = result
        return result

    def note(self, item: Item, root: Expr) -> None:
        """Write down that an expression is the work of an item, down to what other items have computed."""
        if not self.b.notes_work:
            return
        seen, stack = {root}, [root]
        while stack and item.node is not None:
            expr = stack.pop()
            if expr in self.results or expr.op == "const":
                continue
            nodes = self.work.setdefault(expr, [])
            if item.node not in nodes:
                nodes.append(item.node)
            stack += (part for part in expr.args if part not in seen)
            seen.update(expr.args)

    def store(self, item: Item, view: st.View, index: tuple[Expr, ...], value: Expr) -> None:
        """Write something of an item into memory, at the end of the sweep's body."""
        self.note(item, value)
        self.stores.append(st.Store(view, index, value))
        if self.b.notes_work and item.node is not None:
            self.work[self.stores[-1]] = [item.node]

    def combined(self, item: Reduce, so_far: Expr, element: Expr) -> Expr:
        """What a reduction has accumulated after one more element."""
        result = st.combine(item.op, so_far, element)
        self.results.add(element)
        self.note(item, result)
        return result

    def store_result(self, item: Pointwise, result: Expr) -> None:
        """Write an element of a result that is needed in memory, at the end of the sweep's body."""
        axes = out_place(self.group, item)
        position = [None if axis is None else self.index_of[axis] for axis in axes]
        if item.scatter is not None:
            assert item.out is not None
            operands, point = self.operands(item), _Point(self, item)
            where = [self.local(bd.facts(w).at(operands, point)) for w in item.scatter]
            if item.parts is not None:
                where.insert(0, point.part())
            looped = [any(e.op == "index" for e in ex.postorder((w,))) for w in item.scatter]
            looped[:0] = [False] * (len(where) - len(looped))
            view, index = self.place(moving(self.b, whole(item.out), looped), where)
        elif item.target is not None:
            view, index = self.place(item.target, position)
        else:
            assert item.out is not None
            ragged = self.group.ragged  # no length of a row is known, that of the axis may be
            looped = [ragged is not None and axis == ragged.axis for axis in axes]
            view, index = self.place(moving(self.b, whole(item.out), looped), position)
        self.store(item, view, index, ex.cast(result, st.load_type(view.type)))

    def store_reduced(self, item: Reduce, result: Expr) -> None:
        """Write the result of a reduction that is needed in memory."""
        place = self.group.places[item]
        assert item.out is not None
        axes = [None if k is None else place[k] for k in item.out_axes]
        position = [None if a is None else self.index_of[a] for a in axes]
        view, index = self.place(whole(item.out), position)
        self.store(item, view, index, result)

    def wants_store(self, item: Item) -> bool:
        return isinstance(item, Pointwise) and (item.is_window() or item.out in self.stored)


class _Point:
    """The current point of the loop nest, in the space of an item."""

    __slots__ = ("builder", "item")

    def __init__(self, builder: NestBuilder, item: Item) -> None:
        self.builder = builder
        self.item = item

    def look(self, k: int, at: list[Expr | None], inside: Expr | None) -> Expr:
        builder, item = self.builder, self.item
        here = [None if i is None else builder.local(i) for i in at]
        if k < len(picked(item)):
            assert inside is None, "what is picked is there"
            return builder.picked(item, k, here)
        inside = None if inside is None else builder.local(inside)
        if inside is not None and inside.op == "const":
            if not inside.value:
                return ex.const(0, st.load_type(item.indirect[k].type))
            inside = None
        return builder.load(item.indirect[k], here, inside)

    def within(self, place: Expr, count: Expr, low: bool, high: bool) -> Expr:
        builder = self.builder
        place, count = builder.local(place), builder.local(count)
        if builder.edges is not None and builder.edges.keep_inside(place, count, low, high):
            return bd.TRUE
        return bd.is_within(place, count, low, high)

    def in_vectors(self, x: Expr) -> bool:
        order, index_of = self.builder.plan.order, self.builder.index_of
        return bool(order) and not set(ex.names(x)).isdisjoint(ex.names(index_of[order[-1]]))

    def part(self) -> Expr:
        assert self.builder.part is not None, "the nest is cut into parts"
        return self.builder.part[0]

    def before(self) -> Expr:
        return self.builder.before[self.item]

    def index(self, axis: int) -> Expr:
        place = self.builder.group.places[self.item][axis]
        return ZERO if place is None else self.builder.index_of[place]


def looks(nb: NestBuilder, item: Item) -> Iterator[tuple[Value, list[Expr | None]]]:
    """What an item reads at places that are computed, and these places at the current point."""
    if not isinstance(item, Pointwise) or not item.indirect:
        return
    operands, point = nb.operands(item), _Point(nb, item)
    for node in bd.facts(item.body).order:
        if node.op == "look" and node.value[0] >= len(item.picks):
            k, given = node.value
            places = iter(node.args)
            at = [bd.facts(next(places)).at(operands, point) if g else None for g in given]
            yield item.indirect[k], [None if i is None else nb.local(i) for i in at]


def index_name(index: Expr) -> str:
    """The name of a loop's index."""
    return str(index.value)


def kernel_of(nb: NestBuilder) -> st.Kernel:
    """What has been emitted; `nb.nest.args` is what it is called with."""
    nest, ranged = pruned(nb.nest), nb.plan.sharing is not None
    if ranged:
        nest.params += [(st.LO, "i64"), (st.HI, "i64")]
    return st.Kernel("", nest.params, nest.body, ranged=ranged)


def pruned(nest: Nest) -> Nest:
    """The nest without parameters that its body does not use."""
    used: set[str] = set()
    seen: set[Expr] = set()
    stack: list[Expr] = []
    for stmt in st.walk(nest.body):
        if isinstance(stmt, st.Load | st.Store):
            used.add(stmt.view.base)
        stack += expressions(stmt)
    while stack:  # not by `ex.names`, which would remember the names of every part of a long body
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if node.op == "name":
                used.add(node.value)
            stack += node.args
    keep = [k for k, (name, _) in enumerate(nest.params) if name in used]
    nest.params = [nest.params[k] for k in keep]
    nest.args = [nest.args[k] for k in keep]
    return nest
