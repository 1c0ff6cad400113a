"""Lowering of `Scan`: a loop of main whose steps are a block of their own.

A step reads the rows of sequences and of states where they lie: the offset depends on the number `t` of the step.
States and outputs of which all rows are wanted are written straight into the result. Of the others only the last
rows are there: in names of main if they are numbers, else in a ring of rows whose length is a power of two. A loop
that may end early makes room for its rows as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import clone_get_equiv
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.branch import inside, needs_of
from theano.lower.ops.callback import object_tensor
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder, as_parts
from theano.lower.state.dims import ONE, ZERO, escaped, is_const, length
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Pointwise, Special
from theano.lower.state.step_loop import Carry, RowMemory, StepLoop
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Item, Tensor, Value
from theano.scan.count import NO_STEP, REFUSAL, StepCount
from theano.scan.op import Scan
from theano.scan.parts import Loop, OutputArg, SequenceArg, SharedArg, StateArg

# More steps than any loop makes.
MANY = 1 << 62


@lowers(Scan)
def lower_scan(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    return _ScanLowering(b, node, inputs).run()


@lowers(StepCount)
def lower_step_count(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    n = b.scalar(inputs[0], "i64")
    b.check(ex.ge(n, 0), IndexError, REFUSAL, (n,))
    if node.op.needed_by:
        b.check(ex.gt(n, 0), NotImplementedError, f"{escaped(node.op.needed_by)} {NO_STEP}", (n,))
    return [Value("i64", (), uniform=n)]


class _ScanLowering:
    def __init__(self, b: Builder, node: Any, inputs: list[Value]) -> None:
        self.b = b
        self.node = node
        self.op: Scan = node.op
        self.loop = Loop.of(node.op, node.inputs)
        self.values = dict(zip(node.inputs, inputs, strict=True))
        self.outer_region = b.region
        self.step = b.fresh("step")
        self.t = ex.name(self.step, "i64")
        self.count = None if self.loop.condition is None else b.fresh_length()  # steps until the condition holds
        self.before = len(b.entry_checks), len(b.items), set(b.checked), b.dims.equalities()

    def run(self) -> list[Value] | None:
        b, loop = self.b, self.loop
        n = self.n = b.named(self._bounded(b.scalar(self.values[loop.n_steps], "i64")))
        self.made = n if self.count is None else self.count
        self._check()
        self.region = b.new_region()
        b.sides[self.node] = (self.region,)
        b.runs[self.region] = ex.gt(n, 0)
        self.own = b.own_names[self.region] = {self.step}
        self.item = StepLoop(
            self.outer_region, self.node, what="loop", blocks=(self.region,), step=self.step, n=n,
            count="" if self.count is None else str(self.count.value),
            objects=bool(loop.shared),
        )  # fmt: skip
        inner: dict[Any, Value] = {}
        for s in loop.sequences:
            inner.update(zip(s.inner, self._sequence(s), strict=True))
        states = [self._state(s, inner) for s in loop.states]
        shared = [self._shared(s, inner) for s in loop.shared]
        inner.update((s.inner, self.values[s.outer]) for s in loop.non_sequences)
        b.region = self.region
        results = iter(self._step(inner))
        for state, form in zip(loop.states, states, strict=True):
            self._end_state(state, form, next(results))
        outputs = [self._output(o, next(results)) for o in loop.outputs]
        known = [o for o in outputs if o is not None]
        if len(known) < len(outputs):
            self._undo()
            return None
        self._end_shared([(form, next(results)) for form in shared])
        if loop.condition is not None:
            test = b.scalar(next(results))
            self.item.until = test if test.type == "bool" else ex.ne(test, 0)
        self._end()
        b.region = self.outer_region
        item = self._item()
        return [
            *(self._state_result(s, form) for s, form in zip(loop.states, states, strict=True)),
            *(self._rows_result(rows, o.keep) for o, rows in zip(loop.outputs, known, strict=True)),
            *(self._shared_result(slot, item) for slot, _ in shared),
        ]

    def _bounded(self, n: Expr) -> Expr:
        """The number of steps, small enough to add to: nobody sees the end of `MANY`, unless a condition ends it."""
        if self.b.names.lengths.issuperset(ex.names(n)) and not (n.op == "const" and n.value > MANY):
            return n
        if self.count is not None:
            return ex.minimum(n, length(MANY))
        self.b.check(ex.le(n, length(MANY)), MemoryError, "{0} steps are more than can be made", (n,))
        return n

    def _undo(self) -> None:
        """Forget the loop: the node will run its `perform`."""
        b = self.b
        b.region = self.outer_region
        n_checks, n_items, b.checked, equalities = self.before  # what only this loop has checked is not checked
        b.dims.restore(equalities)
        del b.entry_checks[n_checks:]
        gone = set(b.items[n_items:])
        b.settled = {key: check for key, check in b.settled.items() if check not in gone}
        for item in gone:
            for value in (*item.reads, *item.indirect):
                if value.tensor is not None:
                    value.tensor.readers = [r for r in value.tensor.readers if r not in gone]
        del b.items[n_items:]

    # -- before the loop -----------------------------------------------------------------------------------
    def _check(self) -> None:
        b, loop, n, op = self.b, self.loop, self.n, escaped(str(self.op))
        b.check(ex.ge(n, 0), IndexError, REFUSAL, (n,))
        if any(s.keep is None for s in loop.states):
            b.check(ex.gt(n, 0), NotImplementedError, f"{op} {NO_STEP}", (n,))
        for k, s in enumerate(loop.sequences):
            rows, last = self.values[s.outer].dims[0], b.dims.normal(ex.add(n, length(max(s.offsets))))
            if not b.dims.equal(rows, last):
                message = f"sequence {k} of {op} has {{0}} rows; {{1}} steps read {{2}}"
                b.check(ex.ge(rows, last), ValueError, message, (rows, n, last))
        for k, state in enumerate(loop.states):
            rows = b.dims.normal(self.values[state.initial].dims[0])
            if not is_const(rows, state.rows):
                label = escaped(self.op.state_label(k))
                message = f"{label} needs {state.rows} initial rows, for the taps {state.taps}, but has {{0}}"
                enough = ex.ge if state.buffer else ex.eq
                b.check(enough(rows, length(state.rows)), ValueError, message, (rows,))

    def _sequence(self, s: SequenceArg) -> list[Value]:
        """The rows of a sequence that step `t` reads."""
        value = self.values[s.outer]
        return [self._seen(self._row(value, ex.add(self.t, length(o)) if o else self.t)) for o in s.offsets]

    def _seen(self, row: Value) -> Value:
        """A row as a step sees it: numbers are read where main can use them."""
        b = self.b
        if row.uniform is not None or not all(is_const(d, 1) for d in row.dims) or not b.native(row.type):
            return row
        around, b.region = b.region, self.region
        number = b.scalar(row)
        b.region = around
        return Value(row.type, row.dims, uniform=number)

    def _row(self, value: Value, number: Expr) -> Value:
        """One row of an array, as a view."""
        if value.uniform is not None:
            return Value(value.type, value.dims[1:], uniform=value.uniform)
        if value.counts and len(value.dims) == 1:
            return Value(value.type, (), uniform=ex.cast(number, value.type))
        full = self.b.strided(value)
        assert full.strides is not None and full.offset is not None
        offset = ex.add(full.offset, ex.mul(number, full.strides[0]))
        return Value(full.type, full.dims[1:], tensor=full.tensor, offset=offset, strides=full.strides[1:])

    # -- states ----------------------------------------------------------------------------------------------
    def _state(self, s: StateArg, inner: dict[Any, Value]) -> tuple[list[Carry], RowMemory | None]:
        """What holds a state; tells the steps where they find it."""
        b = self.b
        initial = self._initial(s)
        dims = initial.dims[1:]
        number = all(is_const(d, 1) for d in dims) and b.native(initial.type) and initial.type != "f16"
        carries: list[Carry] = []
        rows = None
        if number and s.rows <= self.b.machine.state_names and s.keep in (None, 1):
            carries = [self._carry(initial, dims, s.rows - k) for k in range(1, s.rows + 1)]
            for tap, v in zip(s.taps, s.inner, strict=True):
                carry = carries[-tap - 1]
                inner[v] = Value(initial.type, dims, uniform=ex.name(carry.name, carry.type))
        if not carries or s.keep is None:
            rows = self._rows(initial.type, dims, s.rows, s.keep)
            self._fill_rows(rows, initial)
        if not carries:
            assert rows is not None
            rows.taps = tuple(s.taps)
            for tap, v in zip(s.taps, s.inner, strict=True):
                inner[v] = self._seen(rows.row(b.dims, ex.add(self.t, length(s.rows + tap)), dims))
        return carries, rows

    def _initial(self, s: StateArg) -> Value:
        """Return the initial rows of a state: its input, or the first rows of that if it is a buffer for all steps."""
        value = self.values[s.initial]
        if not s.buffer:
            return value
        dims = (length(s.rows), *value.dims[1:])
        if value.uniform is not None:
            return Value(value.type, dims, uniform=value.uniform)
        full = self.b.strided(value)
        assert full.strides is not None
        strides = (ZERO, *full.strides[1:]) if s.rows == 1 else full.strides
        return Value(full.type, dims, tensor=full.tensor, offset=full.offset, strides=strides)

    def _carry(self, initial: Value, dims: tuple[Expr, ...], row: int) -> Carry:
        first = self._row(initial, length(row))
        init = first.uniform if first.uniform is not None else self.b.scalar(first)
        carry = Carry(st.load_type(initial.type), init, self.b.fresh("c"), self.b.fresh("v"))
        self.own.add(carry.name)
        self.item.carries.append(carry)
        return carry

    def _rows(self, type_: str, dims: Sequence[Expr], first: int, keep: int | None) -> RowMemory:
        b = self.b
        if keep is not None:
            # one row more than are read: a step must not overwrite what it still looks at
            ring = 1 << (max(keep, first + 1 if first else keep) - 1).bit_length()
            tensor = b.tensor(type_, (length(ring), *dims))
            rows = RowMemory(tensor, tensor, first, ring, keep=keep)
        elif self.count is None:
            tensor = b.tensor(type_, (ex.add(self.n, length(first)), *dims))
            rows = RowMemory(tensor, tensor, first)
        else:
            rows = self._growing(type_, tuple(dims), first)
        self.item.rows.append(rows)
        return rows

    def _growing(self, type_: str, dims: tuple[Expr, ...], first: int) -> RowMemory:
        b = self.b
        slot, spare = b.new_slot(), b.new_slot()
        room = ex.add(ex.minimum(self.n, length(self.b.machine.first_rows)), length(first))
        outer = b.tensor(type_, (room, *dims), "object")
        inner = b.tensor(type_, outer.dims, "object")
        outer.slot = inner.slot = slot
        message = f"no memory for more rows of {ex.DTYPE_OF[type_]} numbers of a loop that a condition ends"
        row = ex.mul(b.dims.product(dims), length(ex.ITEMSIZE[type_]))
        t, step = self.t, length(first)

        def front(asm: Emitter) -> None:
            """Make room for the row of this step, twice as much as there was, and find out where the rows are now."""
            old, new, capacity = b.fresh("g"), b.fresh("g"), b.fresh("u")
            there = ex.name(capacity, "i64")
            asm.statement(hs.ArrayHeader(slot, old, (capacity, *(b.fresh("u") for _ in dims))))
            lengths = (ex.maximum(ex.mul(there, length(2)), ONE), *dims)
            more: list[st.Stmt] = [
                hs.NewArray(new, spare, type_, lengths, b.no_memory(b.node, message)),
                hs.Copy(new, old, ex.mul(there, row)), hs.Move(slot, spare),
            ]  # fmt: skip
            asm.statement(st.If(ex.ge(ex.add(t, step), there), more, []))
            asm.located(inner)
            asm.statement(hs.ArrayHeader(slot, inner.name, tuple(b.fresh("u") for _ in outer.dims)))

        around, b.region = b.region, self.region
        item = Special(
            self.region, b.node, what="room for a row", writes=[inner], emit=front, delivers=True, fallible=True,
            python=True,
        )  # fmt: skip
        b.add(item)
        b.region = around
        inner.writers.append(item)
        return RowMemory(outer, inner, first, grows=True)

    def _fill_rows(self, rows: RowMemory, initial: Value) -> None:
        b, outer = self.b, rows.outer
        strides = c_strides(b.dims, (length(2), *outer.dims[1:]))
        dims = (length(rows.first), *outer.dims[1:])
        if is_const(dims[0], 1):
            strides = (ZERO, *strides[1:])
        self._copy(outer, Value(outer.type, dims, tensor=outer, offset=ZERO, strides=strides), initial)

    def _copy(self, out: Tensor, target: Value, source: Value) -> Item:
        b = self.b
        if not b.native(out.type):
            part = as_parts(b, source)
            b.write(out, as_parts(b, target), [part], bd.element(0, part))
        else:
            b.write(out, target, [source], bd.element(0, source))
        return b.items[-1]

    def _end_state(self, s: StateArg, form: tuple[list[Carry], RowMemory | None], value: Value) -> None:
        """Hand the new value of a state on."""
        carries, rows = form
        if carries:
            number = ex.cast(self.b.scalar(value), carries[0].type)
            carries[0].next = number
            for newer, older in zip(carries, carries[1:], strict=False):
                older.next = ex.name(newer.name, newer.type)
        if rows is not None:
            label = escaped(self.op.state_label(self.loop.states.index(s)))
            self._unify(value, self.values[s.initial].dims[1:], label)
            self._append(rows, value)

    def _unify(self, value: Value, dims: Sequence[Expr], label: str) -> None:
        for axis, (own, first) in enumerate(zip(value.dims, dims, strict=True)):
            message = f"{label} must have the same shape in all steps: along axis {axis} a step gave {{0}}, before it"
            self.b.unify(own, first, f"{message} was {{1}}")

    def _append(self, rows: RowMemory, value: Value) -> None:
        """Write the row of this step."""
        b, out = self.b, rows.inner
        if self._made_in_place(rows, value):
            return
        target = rows.row(b.dims, ex.add(self.t, length(rows.first)), tuple(out.dims[1:]))
        if not (value.uniform is not None and all(is_const(d, 1) for d in target.dims) and b.native(out.type)):
            self.item.ends.append(self._copy(out, target, value))
            return
        number = ex.cast(value.uniform, st.load_type(out.type))

        def emit(asm: Emitter) -> None:
            assert target.offset is not None
            view = st.View(out.storage().name, out.type, b.dims.normal(target.offset), ())
            asm.statement(st.Store(view, (), number))

        item = Special(b.region, b.node, what="store", scalars=[number], emit=emit)
        item.deps.extend(out.writers)
        b.add(item)
        out.writers.append(item)
        self.item.ends.append(item)

    def _made_in_place(self, rows: RowMemory, value: Value) -> bool:
        """Let a value that is no plain loop nest (those store into the row anyway) be made in its row."""
        b, out, tensor = self.b, rows.inner, value.tensor
        if rows.grows or tensor is None or not value.is_whole() or tensor.role != "temp" or tensor.alias is not None:
            return False
        if tensor.type != out.type or not b.native(out.type) or any(w.region != b.region for w in tensor.writers):
            return False
        if len(tensor.writers) == 1 and isinstance(tensor.writers[0], Pointwise):
            return False
        if not all(b.dims.equal(a, c) for a, c in zip(tensor.dims, out.dims[1:], strict=True)):
            return False
        row = rows.row(b.dims, ex.add(self.t, length(rows.first)), tensor.dims)
        tensor.alias, tensor.shift = out, row.offset
        for first in tensor.unordered_writers or tensor.writers[:1]:
            first.deps.extend(out.writers)
        out.writers += tensor.writers
        self.item.ends += tensor.latest()
        return True

    # -- outputs and objects -----------------------------------------------------------------------------------
    def _output(self, o: OutputArg, value: Value) -> RowMemory | None:
        b = self.b
        dims = tuple(b.dims.normal(d) for d in value.dims)
        if not b.known_outside(self.region, *dims):
            return None  # the shape of a row is known only when it is there
        b.region = self.outer_region
        rows = self._rows(value.type, dims, 0, o.keep)
        b.region = self.region
        self._append(rows, value)
        return rows

    def _shared(self, s: SharedArg, inner: dict[Any, Value]) -> tuple[int, Tensor]:
        """An object of its own slot, which each step replaces."""
        b, slot = self.b, self.b.new_slot()
        tensor = self._held(object_tensor(b, self.values[s.outer]), slot)
        inner[s.inner] = Value("object", (), tensor=tensor, axes=(), handle=slot)
        return slot, tensor

    def _held(self, source: Tensor, slot: int) -> Tensor:
        b = self.b
        tensor = Tensor(b.fresh("o"), "object", (), "object", slot=slot)
        item = Special(
            b.region, b.node, what="hold", reads=[whole(source)], writes=[tensor], delivers=True, python=True,
            emit=lambda asm: asm.statement(hs.HoldObject(slot, "slot", source.slot)),
        )  # fmt: skip
        b.add(item)
        tensor.writers.append(item)
        return tensor

    def _end_shared(self, pairs: list[tuple[tuple[int, Tensor], Value]]) -> None:
        """All new objects are taken before the first takes the place of an old one."""
        if not pairs:
            return
        b = self.b
        held = [self._held(object_tensor(b, value), b.new_slot()) for _, value in pairs]
        moves = [(slot, new.slot) for ((slot, _), _), new in zip(pairs, held, strict=True)]

        def emit(asm: Emitter) -> None:
            for target, source in moves:
                asm.statement(hs.Move(target, source))

        item = Special(b.region, b.node, what="move", reads=[whole(t) for t in held], emit=emit, python=True)
        item.deps.extend(r for (_, tensor), _ in pairs for r in tensor.readers if r is not item)
        b.add(item)
        self.item.ends.append(item)

    def _shared_result(self, slot: int, loop: Item) -> Value:
        tensor = Tensor(self.b.fresh("o"), "object", (), "object", slot=slot)
        self._deliver(tensor, loop, None)
        return Value("object", (), tensor=tensor, axes=(), handle=slot)

    # -- the loop ------------------------------------------------------------------------------------------------
    def _step(self, inner: dict[Any, Value]) -> list[Value]:
        """Lower the graph of a step."""
        b, loop = self.b, self.loop
        inputs, outputs = loop.inner_inputs(), loop.inner_outputs()
        if any(v in b.values for v in inputs):  # another node has the same op
            copies = clone_get_equiv(inputs, outputs, copy_orphans=False)
            inner = {copies[v]: value for v, value in inner.items()}
            inputs, outputs = [copies[v] for v in inputs], [copies[v] for v in outputs]
        b.values.update(inner)
        assert b.lower_graph is not None
        found = b.lower_graph(inputs, outputs)
        b.node = self.node
        return found

    def _end(self) -> None:
        """An item that keeps alive what the next step gets through names."""
        numbers = [c.next for c in self.item.carries if c.next is not None]
        if self.item.until is not None:
            numbers.append(self.item.until)
        if numbers:
            item = Special(self.region, self.node, what="hand on", scalars=list(numbers), emit=lambda asm: None)
            self.b.add(item)
            self.item.ends.append(item)

    def _item(self) -> Item:
        b, item = self.b, self.item
        item.writes += [r.outer for r in item.rows]
        item.fallible = item.python = item.polls = True
        item.scalars += [self.n, *(c.init for c in item.carries)]
        item.defines += [*(c.result for c in item.carries), *([item.count] if item.count else [])]
        b.owners[self.region] = item
        item.deps.extend(item.ends)
        item.deps.extend(needs_of(b, inside(b, self.node)))
        b.add(item)
        for rows in item.rows:
            item.deps.extend(rows.outer.writers)
            rows.outer.writers.append(item)
        return item

    # -- results -----------------------------------------------------------------------------------------------
    def _state_result(self, s: StateArg, form: tuple[list[Carry], RowMemory | None]) -> Value:
        carries, rows = form
        if rows is not None:
            return self._rows_result(rows, s.keep)
        initial = self.values[s.initial]
        last = ex.name(carries[0].result, carries[0].type)
        return Value(initial.type, (ONE, *initial.dims[1:]), uniform=last)

    def _rows_result(self, rows: RowMemory, keep: int | None) -> Value:
        """The rows that the node gives, after the loop."""
        b, tensor = self.b, rows.outer
        dims = tuple(tensor.dims[1:])
        total = ex.add(self.made, length(rows.first))
        if keep is None and not rows.grows:
            return whole(tensor)
        if keep is None:
            lengths = tuple(ONE if is_const(d, 1) else b.fresh_length() for d in dims)
            capacity = b.fresh_length()
            grown = Tensor(b.fresh("t"), tensor.type, (capacity, *lengths), "object", slot=tensor.slot)
            self._deliver(grown, self.item, whole(grown))
            strides = c_strides(b.dims, grown.dims)
            return Value(tensor.type, (total, *dims), tensor=grown, offset=ZERO, strides=strides)
        if keep == 1 and rows.first:
            last = rows.row(b.dims, ex.sub(total, ONE), dims)
            assert last.strides is not None
            return Value(last.type, (ONE, *dims), tensor=tensor, offset=last.offset, strides=(ZERO, *last.strides))
        kept = length(keep) if keep <= rows.first else ex.minimum(total, length(keep))
        source = whole(tensor) if b.native(tensor.type) else as_parts(b, whole(tensor))
        space = (kept, *source.dims[1:])
        row = rows.position(ex.add(ex.sub(total, kept), bd.index(0)))
        body = bd.look(0, source, [row, *(bd.index(k) for k in range(1, len(space)))])
        out = b.tensor(tensor.type, (kept, *dims))
        target = None if b.native(tensor.type) else as_parts(b, whole(out))
        b.write(out, target, [], body, indirect=[source], dims=space)
        return whole(out)

    def _deliver(self, tensor: Tensor, loop: Item, value: Value | None) -> None:
        """What the loop has left in a slot."""
        b = self.b
        emit = (lambda asm: None) if value is None else (lambda asm: asm.receive(tensor, value))
        names = [str(d.value) for d in tensor.dims if d.op == "name"]
        item = Special(b.region, b.node, what="receive", writes=[tensor], emit=emit, delivers=True, defines=names)
        item.deps.append(loop)
        b.add(item)
        tensor.writers.append(item)
