"""`Assembler`: groups and single statements become main; every tensor gets its memory."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from theano.base.progress import still_here
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.identity import kernel_key
from theano.lower.cpu.blocks import emit_in_blocks
from theano.lower.cpu.nest import NestBuilder
from theano.lower.cpu.provenance import Work, add_work
from theano.lower.cpu.steps import emit_steps
from theano.lower.cpu.sweeps import emit_group
from theano.lower.fusion.groups import Group, out_place, single_sweep
from theano.lower.main.gil import let_others_run
from theano.lower.main.outlined_kernels import Repeated, find_repeated, given_to
from theano.lower.main.shared_kernels import share_kernels
from theano.lower.main.work import mark_work
from theano.lower.memory.in_place import reused
from theano.lower.memory.row_tiles import Stretch, plan_blocks
from theano.lower.memory.workspace import Lives, carve_workspace
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.nests.planner import plan_nest
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO, Dims, is_const, length
from theano.lower.state.emitter import Argument
from theano.lower.state.items import Pointwise, Reduce, Special
from theano.lower.state.step_loop import StepLoop
from theano.lower.state.values import Item, Tensor, Update, Value, byte_size
from theano.runtime import abi

Block = list[st.Stmt]


class Assembler:
    """Writes main. Items reach it as an `Emitter`, loop nests as a `NestEmitter`."""

    def __init__(
        self, b: Builder, groups: dict[int, list[Group]], outputs: Sequence[Tensor], updates: Sequence[Update],
        inputs: Sequence[Tensor | None], storages: Sequence[Tensor | None], layout: abi.FrameLayout,
    ) -> None:  # fmt: skip
        self.b = b
        self.groups = groups
        self.outputs = outputs
        self.updates = updates
        self.inputs = inputs
        self.storages = storages
        self.layout = layout
        self.in_place: set[int] = set()
        self.dropped: set[Group] = set()  # copies that nobody needs
        self.prologue: Block = []
        self.blocks: list[Block] = []
        self.kernels: dict[tuple[object, ...], st.Kernel] = {}
        self.temps: list[Tensor] = []
        self.bound: set[Tensor] = set()
        self.order: list[Group] = []
        self.position: dict[Item, int] = {}
        self.lives = Lives()
        self.sized: dict[Tensor, bool] = {}
        self._constant_names: dict[int, list[str]] = {}
        self.repeated: dict[Group, Repeated] = {}
        self.made: dict[object, tuple[Group, Repeated, hs.CallKernel]] = {}  # for the first of those that repeat
        self.alike: dict[Group, Group] = {}  # the others, and the first
        self.plans: dict[Group, list[NestPlan]] = {}
        self.made_by: dict[st.Stmt, Group] = {}
        self.whole_of: dict[st.Stmt, st.Stmt] = {}
        self.work: dict[st.Kernel, Work] = {}
        self.stretch_of: dict[Group, Stretch] = {}  # of the groups that may go by in blocks
        self.committed: int | None = None  # where in the body updates begin
        self.group: Group | None = None  # whose statements are being made
        self.now = 0

    # -- the whole -----------------------------------------------------------------------------------------
    def run(self) -> hs.Program:
        kept = {u.value.tensor for u in self.updates if u.value.tensor is not None}
        ordered = self._ordered(self.groups.get(0, []))
        self.order, stretches = plan_blocks(self.b, ordered, self.stored_of, self._is_sized, kept)
        self.stretch_of = {g: s for s in stretches for g in s.cuts}
        self._plan_updates()
        self.order = [g for g in self.order if g not in self.dropped]
        self.position = {item: k for k, g in enumerate(self.order) for item in g.items}
        self._find_stored()
        self.repeated = find_repeated(self.b, [g for groups in self.groups.values() for g in groups])
        body: Block = []
        self.blocks.append(body)
        self._emit_main(body)
        self._store_updates()
        self.blocks.pop()
        head: Block = []
        self._entry(head)
        self._results(head)
        given = [t for t in (*self.inputs, *self.storages) if t is not None]
        carve_workspace(self.b, self.temps, self.lives, given, self.outputs, head)
        main = let_others_run(self.b, [*head, *self.prologue, *mark_work(self.b, body)])
        kernels, instead = share_kernels(self.kernels.values(), main, self.b.machine)
        for kernel, shared in instead.items() if self.b.notes_work else ():
            add_work(self.work.setdefault(shared, {}), self.work.pop(kernel, {}), kernel, shared)
        return hs.Program(kernels, main)

    def _emit_main(self, body: Block) -> None:
        commit = self._commit_position()
        while self.now < len(self.order):
            k, group = self.now, self.order[self.now]
            if k and (commit < 0 or k <= commit):
                self._poll(group)
            if k == commit:
                self.committed = len(body)
                body.append(hs.Commit())
            if group in self.stretch_of:
                self._emit_stretch(body, self.stretch_of[group])
            else:
                self._emit_group(group)
                self.now += 1

    def _emit_stretch(self, body: Block, stretch: Stretch) -> None:
        """Several groups, which may go by in blocks."""
        first, start = self.now, len(body)
        steps: list[tuple[Group, st.Stmt]] = []
        for group in stretch.cuts:
            if steps:
                self._poll(group)
            before = len(body)
            self._emit_group(group)
            steps += [(group, stmt) for stmt in body[before:]]
            self.now += 1
        plain = body[start:]
        del body[start:]
        emit_in_blocks(self, stretch, steps, plain)
        for memory in stretch.inside:
            memory.room = stretch.room(self.b, memory)
        self.lives.go_by_in_blocks(first, self.now - 1, stretch.inside)

    def _poll(self, group: Group) -> None:
        """Let Ctrl-C in before work that takes a while; not where a half-done update would be left behind."""
        work = self.b.dims.product(tuple(group.axes))
        if work.op != "const" and self.b.known_at_entry(work):
            self.statement(st.If(ex.ge(work, length(self.b.machine.poll_elements)), [hs.Poll()], []))

    def _ordered(self, groups: list[Group]) -> list[Group]:
        """Topological order in which updates of storage come as late as they can."""
        finals = {u.value.tensor for u in self.updates if u.value.tensor is not None}
        alive = set(groups)
        users: dict[Group, list[Group]] = {g: [] for g in groups}
        waiting = {}
        for g in groups:
            deps = {d for d in g.sources() if d in alive}
            waiting[g] = len(deps)
            for d in deps:
                users[d].append(g)

        def key(g: Group) -> tuple[int, int]:
            late = bool(finals) and any(i.updates and t in finals for i in g.items for t in i.made())
            return (1 if late else 0, g.position)

        ready = [(*key(g), id(g), g) for g in groups if not waiting[g]]
        heapq.heapify(ready)
        result = []
        while ready:
            *_, g = heapq.heappop(ready)
            result.append(g)
            for user in users[g]:
                waiting[user] -= 1
                if not waiting[user]:
                    heapq.heappush(ready, (*key(user), id(user), user))
        assert len(result) == len(groups), "the groups depend on each other in a circle"
        return result

    # -- updates ---------------------------------------------------------------------------------------------
    def _plan_updates(self) -> None:
        """Which updates are computed in the storage itself."""
        if self.b.last_callback:  # Python code may replace the storage's array, or call this very function
            return
        position = {item: k for k, g in enumerate(self.order) for item in g.items}
        last_fallible = max((k for k, g in enumerate(self.order) if self._may_fail(g)), default=-1)
        taken: set[Tensor] = set()
        for update in self.updates:
            storage, value = update.tensor, update.value
            if storage is None or value.tensor is None or value.tensor in taken or not self._same_shape(update):
                continue
            tensor = value.tensor
            if tensor.alias is not None:
                continue
            if tensor.copy_of is storage and self._may_write_windows(storage, tensor, position, last_fallible):
                tensor.alias = storage
                taken.add(tensor)
                self.in_place.add(update.storage)
                continue
            if tensor.role != "temp" or len(tensor.writers) != 1 or tensor.writers[0] not in position:
                continue
            writer = tensor.writers[0]
            at = position[writer]
            if at <= last_fallible or not writer.may_overwrite(storage):
                continue
            if self._reads_allow(storage, tensor, writer, self.order[at], position):
                tensor.alias = storage
                taken.add(tensor)
                self.in_place.add(update.storage)

    def _may_write_windows(
        self, storage: Tensor, tensor: Tensor, position: dict[Item, int], last_fallible: int
    ) -> bool:
        """Whether the windows of a new value that starts as a copy can go to the storage; then there is no copy."""
        copy, *windows = tensor.writers
        if tensor.role != "temp" or any(w not in position or not isinstance(w, Pointwise) for w in tensor.writers):
            return False
        first = min(position[w] for w in windows)
        group = self.order[position[copy]]
        old = [r for r in storage.readers if r is not copy]
        if (
            first <= last_fallible or len(group.items) > 1
            or any(r.region != 0 or position.get(r, -1) >= first for r in old)
        ):  # fmt: skip
            return False
        self.dropped.add(group)
        return True

    def _may_fail(self, group: Group) -> bool:
        for item in group.items:
            if isinstance(item, Special) and item.fallible:
                return True
            for tensor in item.made():
                if tensor.role in ("temp", "output", "object") and not self._is_sized(tensor):
                    return True
        return False

    def _is_sized(self, tensor: Tensor) -> bool:
        """Whether the lengths of a tensor are known at entry."""
        found = self.sized.get(tensor)
        if found is None:
            found = self.sized[tensor] = self.b.known_at_entry(*tensor.dims)
        return found

    def _same_shape(self, update: Update) -> bool:
        assert update.tensor is not None
        equal = self.b.dims.equal
        return update.value.type == update.tensor.type and all(
            equal(a, c) for a, c in zip(update.value.dims, update.tensor.dims, strict=True)
        )

    def _reads_allow(
        self, storage: Tensor, tensor: Tensor, writer: Item, group: Group, position: dict[Item, int]
    ) -> bool:
        """Whether nobody needs the old content once the group writes the new one, element by element."""
        once = not group.red or (group.is_prefix(writer) and single_sweep(group))
        for reader in map(self.b.outermost, storage.readers):
            if reader not in position:
                continue
            if position[reader] > position[writer]:
                return False
            if position[reader] < position[writer] or group.special:
                continue
            if not once or group.is_prefix(reader) != group.is_prefix(writer) or isinstance(reader, Reduce):
                return False
            if not self._same_index(storage, tensor, reader, writer, group):
                return False
        return True

    def _same_index(self, storage: Tensor, tensor: Tensor, reader: Item, writer: Item, group: Group) -> bool:
        assert isinstance(reader, Pointwise | Reduce)
        written = out_place(group, writer)
        place = group.places[reader]
        for value, axes in zip(reader.reads, reader.maps, strict=True):
            if value.tensor is not storage:
                continue
            if not value.is_whole() or any(v.tensor is storage for v in reader.indirect):
                return False
            read = tuple(None if a is None else place[a] for a in axes)
            if read != written:
                return False
        return not any(v.tensor is storage for v in reader.indirect)

    def _commit_position(self) -> int:
        for k, group in enumerate(self.order):
            if any(tensor.storage().role == "storage" for item in group.items for tensor in item.made()):
                return k
        return -1

    def _store_updates(self) -> None:
        """What has not been written in place: numbers, copies, and arrays that are swapped in."""
        swaps: list[st.Stmt] = []
        self.now = len(self.order)
        for update in self.updates:
            storage, value = update.tensor, update.value
            if value.uniform is not None:
                assert storage is not None
                self.in_place.add(update.storage)
                view = st.View(storage.name, storage.type, ZERO, ())
                swaps.append(st.Store(view, (), ex.cast(value.uniform, st.load_type(storage.type))))
            elif value.tensor is not None and (storage is None or value.tensor.alias is not storage):
                tensor = value.tensor
                if tensor.role == "object":
                    swaps.append(hs.SetStorage(update.word, tensor.slot))
                else:
                    assert storage is not None
                    self.in_place.add(update.storage)
                    self.touch(tensor)
                    swaps.append(hs.Copy(storage.name, tensor.storage().name, byte_size(self.dims, storage)))
        if swaps:
            self.blocks[-1].append(hs.Commit())
            self.blocks[-1] += swaps

    # -- memory --------------------------------------------------------------------------------------------------
    def _find_stored(self) -> None:
        """Give a role to every tensor that has to be in memory."""
        for update in self.updates:
            tensor = update.value.tensor
            if tensor is None or tensor.alias is not None or update.value.uniform is not None:
                continue
            swapped = update.tensor is not None and (bool(self.b.last_callback) or not self._same_shape(update))
            if tensor.role == "temp" and swapped:
                tensor.role, tensor.slot = "object", self.b.new_slot()
            elif tensor.role == "output" and swapped:
                raise AssertionError("an output that is also an update of another shape is copied first")

    def stored_of(self, group: Group) -> list[Tensor]:
        """The tensors a group makes that somebody reads from memory, in the same order in every process."""
        inside = set(group.items)
        finals = {u.value.tensor for u in self.updates}
        found: dict[Tensor, None] = {}
        for item in group.items:
            for tensor in item.made():
                if tensor.role in ("output", "object", "cell") or tensor.alias is not None or tensor in finals:
                    found[tensor] = None
                elif len(tensor.writers) > 1 or any(r not in inside for r in tensor.readers):
                    found[tensor] = None
                elif any(
                    v.tensor is tensor and v.axes is None for r in tensor.readers for v in (*r.reads, *r.indirect)
                ):
                    found[tensor] = None
        return list(found)

    def bind(self, tensor: Tensor) -> None:
        """Make sure that main has a pointer for a tensor that is about to be written."""
        memory = tensor.storage()
        if memory in self.bound or memory.role in ("input", "storage", "constant"):
            return
        self.bound.add(memory)
        if memory.role == "cell":
            self.prologue.append(st.Local(memory.name, 8))
        elif memory.role in ("output", "object"):
            self._make(memory)
        elif self.b.known_at_entry(*memory.dims):
            self.temps.append(memory)
        else:
            memory.role, memory.slot = "object", self.b.new_slot()
            self._make(memory)

    def _make(self, memory: Tensor) -> None:
        """An array of its own. There may be no memory for it, so it is made before anything is updated."""
        made = self._new_array(memory)
        if len(self.blocks) > 1:
            self.blocks[-1].append(made)
        elif self.b.known_at_entry(*memory.dims):
            self.prologue.append(made)
        elif self.committed is None:
            self.blocks[0].append(made)
        else:
            self.blocks[0].insert(self.committed, made)
            self.committed += 1

    def _new_array(self, tensor: Tensor) -> hs.NewArray:
        node = tensor.writers[0].node if tensor.writers else None
        message = f"no memory for an array of {ex.DTYPE_OF[tensor.type]} with the shape {{dims}}"
        code = self.b.no_memory(node, message, tensor.dims)
        return hs.NewArray(tensor.name, tensor.slot, tensor.type, tensor.dims, code)

    def row_buffer(self, type_: str, dims: tuple[Expr, ...]) -> Tensor:
        tensor = self.b.tensor(type_, dims)
        self.bind(tensor)
        self.touch(tensor)
        if self.group is not None and self.group in self.stretch_of:  # one for each row
            self.stretch_of[self.group].inside[tensor] = self.dims.product(dims[1:])
        return tensor

    def touch(self, tensor: Tensor) -> None:
        """Record that the current step uses a tensor; nested blocks count as their outermost step."""
        self.lives.touch(tensor.storage(), self.now)

    def _results(self, head: Block) -> None:
        """Outputs that no group makes (their writers are single statements) get their arrays as well."""
        for tensor in self.outputs:
            if tensor.role == "output" and tensor.storage() not in self.bound:
                self.bound.add(tensor)
                head.append(self._new_array(tensor))

    def _entry(self, head: Block) -> None:
        """Lengths, pointers and numbers of the arguments; then the checks that need nothing else."""
        layout = self.layout
        loads: Block = []
        for tensors, data, dim in (
            (self.inputs, layout.input_data, layout.input_dim),
            (self.storages, layout.storage_data, layout.storage_dim),
        ):
            for k, tensor in enumerate(tensors):
                if tensor is None:
                    continue
                head.append(hs.FrameWord(tensor.name, data(k), "ptr"))
                for axis, d in enumerate(tensor.dims):
                    if not is_const(d, 1):
                        head.append(hs.FrameWord(str(d.value), dim(k, axis), "i64"))
                number = self.b.numbers.get(tensor)
                if number is not None:
                    loads.append(st.Load(number, st.View(tensor.name, tensor.type, ZERO, ()), ()))
        for word, (kind, _) in enumerate(self.b.words, self.b.first_word):
            if kind == "constant":
                head += [hs.ContextWord(n, word) for n in self._constant_names.get(word, ())]
        head += loads
        head += self.b.entry
        head += self.b.entry_checks

    # -- groups -----------------------------------------------------------------------------------------------

    def _emit_group(self, group: Group) -> None:
        still_here()
        with self.making(group):
            self._emit(group)

    @contextmanager
    def making(self, group: Group) -> Iterator[None]:
        """Statements that are made meanwhile are those of a group (`made_by`)."""
        around, self.group = self.group, group
        yield
        self.group = around

    def _emit(self, group: Group) -> None:
        if group.special:
            item = group.items[0]
            assert isinstance(item, Special)
            self._use_operands(group)
            for tensor in item.writes:
                if not item.delivers:
                    self.bind(tensor)
                self.touch(tensor)
            if isinstance(item, StepLoop):  # how its steps run is for the processor to say
                emit_steps(self, item)
            else:
                assert item.emit is not None
                item.emit(self)
            return
        stored = self.prepare(group)
        self._call(group, set(stored))
        for item in group.items:
            if isinstance(item, Reduce) and item.scalar_name and item.out in stored:
                view = st.View(item.out.name, item.out.type, ZERO, ())
                self.statement(st.Load(item.scalar_name, view, ()))

    def prepare(self, group: Group) -> list[Tensor]:
        """See to the memory of a loop nest; what it leaves there."""
        self._use_operands(group)
        stored = self.stored_of(group)
        if len(self.blocks) == 1 and group not in self.repeated:
            finals = {u.value.tensor for u in self.updates if u.value.tensor is not None}
            inside = self.stretch_of[group].inside if group in self.stretch_of else {}
            for tensor, operand in reused(self.b, group, stored, self._is_free, finals):
                if (tensor in inside) == (operand.storage() in inside) == (group in self.stretch_of):
                    tensor.alias = operand
        for tensor in stored:
            self.bind(tensor)
            self.touch(tensor)
        return stored

    def _is_free(self, tensor: Tensor) -> bool:
        """Whether a tensor is in the workspace, and nobody reads it after the current step of main."""
        memory = tensor.storage()
        if memory.role != "temp" or memory not in self.bound or tensor.shift is not None:
            return False
        others = (self.position.get(self.b.outermost(r), -1) for r in tensor.readers)
        return not any(u.value.tensor is tensor for u in self.updates) and max(others, default=-1) <= self.now

    def _use_operands(self, group: Group) -> None:
        for item in group.items:
            for value in (*item.reads, *item.indirect):
                if value.tensor is not None:
                    self._use(value.tensor)

    def _use(self, tensor: Tensor) -> None:
        self.touch(tensor)
        if tensor.role == "constant":
            names = self._constant_names.setdefault(tensor.index, [])
            if tensor.name not in names:
                names.append(tensor.name)

    def _call(self, group: Group, stored: set[Tensor]) -> None:
        repeated = self.repeated.get(group)
        if repeated is None:
            self.statement(self._made(group, stored))
            return
        key = repeated.key(stored)
        if key not in self.made:
            self.made[key] = group, repeated, self._made(group, stored, repeated.handed)
        original, first, call = self.made[key]
        if original is not group:
            self.alike[group] = original
        self.statement(hs.CallKernel(call.kernel, given_to(call.args, first.instead(repeated)), call.ranges))

    def _made(self, group: Group, stored: set[Tensor], handed: Mapping[Expr, Expr] | None = None) -> hs.CallKernel:
        """A call of the kernel of a loop nest."""
        stretch = self.stretch_of.get(group)
        plan = (stretch and stretch.cuts[group].plan) or plan_nest(self.b, group, stored)
        self.plans.setdefault(group, []).append(plan)
        nb = NestBuilder(self.b, group, plan, stored, self.row_buffer, handed)
        made = emit_group(nb)
        kernel = self._known(made)
        if kernel is made:
            self.work[kernel] = nb.work
        elif nb.work:
            add_work(self.work.setdefault(kernel, {}), nb.work, made, kernel)
        ranges = None if plan.sharing is None else plan.sharing.ranges()
        return hs.CallKernel(kernel, list(nb.nest.args), ranges)

    # -- for items --------------------------------------------------------------------------------------
    def call_kernel(
        self, kernel: st.Kernel, args: list[Argument], ranges: hs.Ranges | None = None
    ) -> None:
        """Call a kernel; one that equals an earlier kernel is printed once."""
        self.statement(hs.CallKernel(self._known(kernel), args, ranges))

    def _known(self, kernel: st.Kernel) -> st.Kernel:
        """The kernel, or an earlier one that equals it."""
        key = kernel_key(kernel)
        known = self.kernels.get(key)
        if known is None:
            kernel.name = f"k{len(self.kernels)}"
            known = self.kernels[key] = kernel
        return known

    @property
    def dims(self) -> Dims:
        return self.b.dims

    def statement(self, stmt: st.Stmt) -> None:
        self.blocks[-1].append(stmt)
        if self.group is not None:
            for inner in st.walk([stmt]):
                self.made_by.setdefault(inner, self.group)

    def block(self, fill: Callable[[], None]) -> Block:
        """The statements that `fill` emits."""
        self.blocks.append([])
        fill()
        return self.blocks.pop()

    def region_block(self, region: int) -> Block:
        """The statements of a branch's block."""

        around, self.b.region = self.b.region, region

        def fill() -> None:
            for group in self.groups.get(region, []):
                self._emit_group(group)

        block = self.block(fill)
        self.b.region = around
        return block

    def load_scalar(self, name: str, value: Value) -> None:
        """Main's name for a value of one element."""
        base, offset, type_ = self.pointer(value)
        self.statement(st.Load(name, st.View(base, type_, offset, ()), ()))

    def stack_memory(self, name: str, size: int) -> None:
        self.prologue.append(st.Local(name, size))

    def symbol(self, name: str) -> int:
        return self.b.word("symbol", name)

    def strided(self, value: Value) -> Value:
        return self.b.strided(value)

    def pointer(self, value: Value) -> tuple[str, Expr, str]:
        full = self.b.strided(value)
        assert full.tensor is not None and full.offset is not None
        offset = full.offset if full.tensor.shift is None else ex.add(full.offset, full.tensor.shift)
        return full.tensor.storage().name, self.b.dims.normal(offset), full.type

    def located(self, tensor: Tensor) -> None:
        self.bound.add(tensor)

    def receive(self, tensor: Tensor, value: Value) -> None:
        """Name data, lengths and (0-d) content of the array that a call-back or a branch has put into a slot."""
        self.located(tensor)
        if tensor.type == "object":
            return
        names = tuple(str(d.value) if d.op == "name" else self.b.fresh("u") for d in tensor.dims)
        self.statement(hs.ArrayHeader(tensor.slot, tensor.name, names))
        if value.uniform is not None:
            view = st.View(tensor.name, tensor.type, ZERO, ())
            self.statement(st.Load(str(value.uniform.value), view, ()))
