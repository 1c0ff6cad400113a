"""LLVM IR of `main`: the statements that only a program's main block has, and the whole module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.backend.llvm import spelling as ops
from theano.backend.llvm.clock import KEEP_SIZES, NOTE_RAISED, NOTE_TIME, Clock, clock_functions, clock_of
from theano.backend.llvm.kernel import glue, has_vectors, print_kernel, team_call
from theano.backend.llvm.loops import FunctionPrinter, collect_stored
from theano.base.progress import still_here
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.schema import defined_names, used_names
from theano.loops.visitor import ALL
from theano.runtime import abi
from theano.runtime.module import Function, Global, Module, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

# Main is mere glue if of so many lines at most one computes with floats (a few always may).
GLUE_LINES, GLUE_OPS = 12, 16
CLOCK = intrinsic("llvm.readcyclecounter", "i64")
MEMCPY = intrinsic("llvm.memcpy.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
# The first form may compute for as long as it takes to make the fast one, by the lines of its kernels (some 60 µs each,
# and at least so many lines), and no call for more than a quarter of what is left, by what it is expected to take: a
# tick for every 2 ** SLOWER picoseconds of the fast form.
TICKS, LINES, SLOWER = 150_000, 100, 3
# Workspaces up to this size live on the C stack.
STACK_BYTES = 8192


class MainPrinter(FunctionPrinter):
    """Prints `main(ctx, frame)`."""

    handles = ALL

    def __init__(self, isa: Isa, layout: abi.FrameLayout, n_lines: int = 0) -> None:
        super().__init__(isa)
        self.layout = layout
        self.n_lines = n_lines  # of the kernels
        self.failures: list[str] = []
        self.team_calls: dict[str, list[Function]] = {}
        self.outlined: list[Function] = []
        self.n_float_ops = 0
        self.releases = False  # the GIL, and has not committed yet
        self.may_leave = True  # with an exception: nothing has been committed
        # code, and which clocks run -> the exit that stores nothing else
        self.exits: dict[tuple[int, tuple[int, ...]], str] = {}
        self.clock: tuple[str, str, str] | None = None
        self.clocks: list[Clock] = []  # of a profiled program, those that run
        self.define("ctx", "%ctx", depth=0)
        self.define("frame", "%frame", depth=0)

    def _print(self, node: Expr, depth: int) -> tuple[str, int]:
        self.n_float_ops += node.type in ex.FLOATS and node.op != "name"
        return super()._print(node, depth)

    def load(self, stmt: st.Load) -> None:
        """Kernels write through pointers that main cannot see: nothing moves."""
        self._load_here(stmt)

    # -- words -----------------------------------------------------------------------------------------
    def word(self, base: str, index: int) -> str:
        """Address of a 64-bit word of the frame or the context."""
        return self.address(base, "i64", ex.const(index, "i64"))

    def context(self, name_or_word: str | int) -> str:
        """A pointer read from the context table (once a level)."""
        index = abi.CTX[name_or_word] if isinstance(name_or_word, str) else name_or_word
        key = ("ctx", index)
        memo = self.levels[0].memo if len(self.levels) == 1 else self.top.memo
        if key not in memo:
            memo[key] = self.emit(f"load ptr, ptr {self.word('ctx', index)}"), 1
        return memo[key][0]

    def slot(self, slot: int) -> str:
        return self.word("frame", self.layout.slot(slot))

    def fail_unless(self, cond: str, code: int, operands: tuple[Expr, ...] = ()) -> None:
        """Branch to an exit that returns `code`."""
        texts = [self.operand(ex.cast(o, "i64")) for o in operands]
        addresses = [self.word("frame", self.layout.error + k) for k in range(len(texts))]
        stores = [f"store i64 {t}, ptr {a}" for t, a in zip(texts, addresses, strict=True)]
        key = code, tuple(clock.place for clock in self.clocks)
        ok, fail = self.label(), "" if stores else self.exits.get(key, "")
        if not fail:
            fail = self.label()
            self.failures += [f"{fail}:", *stores, *self.interrupted(), f"ret i32 {code}"]
            if not stores:
                self.exits[key] = fail
        self.do(f"br i1 {cond}, label %{ok}, label %{fail}")
        self.start(ok)

    def interrupted(self) -> list[str]:
        """What an exit with an error does with the clocks that run: that of the whole call is the first one."""
        if not self.clocks:
            return []
        self.uses.add(NOTE_RAISED)
        return [*(clock.ends() for clock in reversed(self.clocks)), self.clocks[0].raises()]

    def store_dims(self, dims: tuple[Expr, ...]) -> str:
        """A stack array with the given lengths."""
        if not dims:
            return "null"
        name = self.fresh()
        self.levels[0].lines.insert(0, f"{name} = alloca [{len(dims)} x i64], align 8")
        for k, dim in enumerate(dims):
            text = self.operand(dim)
            at = self.emit(f"getelementptr i64, ptr {name}, i64 {k}")
            self.do(f"store i64 {text}, ptr {at}")
        return name

    # -- statements ------------------------------------------------------------------------------------
    def frame_word(self, stmt: hs.FrameWord) -> None:
        address = self.word("frame", stmt.word)
        self.define(stmt.name, self.emit(f"load {ops.REGISTER[stmt.type]}, ptr {address}"))

    def context_word(self, stmt: hs.ContextWord) -> None:
        self.define(stmt.name, self.context(stmt.word))

    def check(self, stmt: hs.Check) -> None:
        self.fail_unless(self.operand(stmt.cond), stmt.code, stmt.operands)

    def call_kernel(self, stmt: hs.CallKernel) -> None:
        if stmt.ranges is None:
            super().call_kernel(stmt)
            return
        args = [self.argument(arg, type_) for arg, (_, type_) in zip(stmt.args, stmt.kernel.params, strict=False)]
        self.ranges(stmt.kernel, args, stmt.ranges)

    def ranges(self, kernel: st.Kernel, args: list[str], ranges: hs.Ranges) -> None:
        """Call a ranged kernel for all positions, through `team_call` where it is worth it that threads share it.

        As long as main may leave, a signal handler may end it there.
        """
        start, extent = self.operand(ranges.start), self.operand(ranges.extent)
        alone = f"call void @{kernel.name}({', '.join([*args, f'i64 {start}', f'i64 {extent}'])})"
        self.uses.add(kernel.name)
        if not ranges.least:
            self.do(alone)
            return
        clock = self.clocks[-1] if self.clocks else None
        name = f"{kernel.name}_{ranges.least}{'_finish' if ranges.finish else ''}{clock.suffix if clock else ''}"
        if name not in self.team_calls:
            self.team_calls[name] = team_call(name, kernel, ranges, clock)
        self.uses.add(name)
        weight = self.operand(ranges.weight)
        work = self.emit(f"mul i64 {extent}, {weight}")
        shared, own, end = self.label(), self.label(), self.label()
        node = self.word("frame", self.layout.gil) if self.may_leave else "null"
        self.do(f"br i1 {self.emit(f'icmp sge i64 {work}, {ranges.least}')}, label %{shared}, label %{own}")
        self.start(shared)
        given = ", ".join([*args, f"i64 {extent}", f"i64 {weight}", "ptr %ctx", f"ptr {node}"])
        status = self.emit(f"call i32 @{name}({given})")
        if self.may_leave:
            self.fail_unless(self.emit(f"icmp eq i32 {status}, 0"), abi.RAISED)
        self.do(f"br label %{end}")
        self.start(own)
        self.do(alone)
        if clock is not None:
            self.do(clock.range_ends(clock.buffer, clock.start))
        self.do(f"br label %{end}")
        self.start(end)

    def slices(self, stmt: hs.Slices) -> None:
        """The body is a function of its own, which the team calls; main hands it what it uses, a word each."""
        name = f"slices{len(self.outlined)}"
        captured = [(self.names[n][0], type_) for n, type_ in _captures(stmt)]
        self.outlined.append(self._outlined(name, stmt))
        self.uses.add(name)
        args = self.fresh()
        self.levels[0].lines.insert(0, f"{args} = alloca [{len(captured) + 1} x i64], align 8")
        for k, (ssa, type_) in enumerate([("%ctx", "ptr"), *captured]):
            at = self.emit(f"getelementptr i64, ptr {args}, i64 {k}")
            self.do(f"store {ops.REGISTER[type_]} {ssa}, ptr {at}")
        extent = self.operand(stmt.extent)
        team, alone, end = self.label(), self.label(), self.label()
        worth = "false"
        if stmt.least:
            total = self.emit(f"mul i64 {extent}, {self.operand(stmt.weight)}")
            worth = self.emit(f"icmp sge i64 {total}, {stmt.least}")
        parallel = self.context("parallel")
        self.do(f"br i1 {worth}, label %{team}, label %{alone}")
        self.start(team)
        given = f"ptr @{name}, ptr {args}, i64 {extent}, i64 {stmt.fewest}, i32 {abi.SLICES}"
        self.emit(f"call i32 {parallel}({given}, ptr null, ptr null, ptr null)")
        self.do(f"br label %{end}")
        self.start(alone)
        self.do(f"call void @{name}(ptr {args}, i64 0, i64 {extent})")
        self.do(f"br label %{end}")
        self.start(end)

    def _outlined(self, name: str, stmt: hs.Slices) -> Function:
        """The function ``name(args, lo, hi)``."""
        inner = MainPrinter(self.isa, self.layout)
        inner.team_calls = self.team_calls
        clock = self.clocks[-1] if self.clocks else None
        loads = []
        for k, (captured, type_) in enumerate([("ctx", "ptr"), *_captures(stmt)]):
            loads += [f"%at{k} = getelementptr i64, ptr %args, i64 {k}"]
            loads += [f"%in{k} = load {ops.REGISTER[type_]}, ptr %at{k}"]
            inner.define(captured, f"%in{k}", depth=0)
        inner.define(stmt.lo, "%lo", depth=0)
        inner.define(stmt.hi, "%hi", depth=0)
        own = inner.clock_at(clock.word, clock.place) if clock is not None else None
        inner.block(stmt.body)
        if own is not None:
            inner.do(own.range_ends(own.buffer, own.start))
        self.intrinsics |= inner.intrinsics
        lines = ["entry:", *loads, *inner.top.lines, "ret void"]
        head = f"void @{name}(ptr %args, i64 %lo, i64 %hi)"
        return glue(name, head, lines, inner.uses, is_quick=not has_vectors(stmt.body))

    def workspace(self, stmt: hs.Workspace) -> None:
        size = self.operand(stmt.size)
        stack = self.fresh()
        if stmt.size.op == "const" and stmt.size.value <= STACK_BYTES:
            self.levels[0].lines.insert(0, f"{stack} = alloca [{max(int(size), 1)} x i8], align 64")
            self.define(stmt.name, stack)
            return
        self.levels[0].lines.insert(0, f"{stack} = alloca [{STACK_BYTES} x i8], align 64")
        small = self.emit(f"icmp ule i64 {size}, {STACK_BYTES}")
        before, take, end = self.top.label, self.label(), self.label()
        self.do(f"br i1 {small}, label %{end}, label %{take}")
        self.start(take)
        function = self.emit(f"load ptr, ptr {self.word('ctx', abi.CTX['pool_take'])}")
        work = self.word("frame", self.layout.work)
        block = self.emit(f"call ptr {function}(ptr %ctx, ptr {work}, i64 {size})")
        self.fail_unless(self.emit(f"icmp ne ptr {block}, null"), stmt.code)
        last = self.top.label
        self.do(f"br label %{end}")
        self.start(end)
        self.define(stmt.name, self.emit(f"phi ptr [{stack}, %{before}], [{block}, %{last}]"))

    def carve(self, stmt: hs.Carve) -> None:
        self.define(stmt.name, self.address(stmt.base, "i8", stmt.offset))

    def new_array(self, stmt: hs.NewArray) -> None:
        dims = self.store_dims(stmt.dims)
        function, slot = self.context("new_array"), self.slot(stmt.slot)
        index = abi.descr_index(ex.DTYPE_OF[stmt.type])
        data = self.emit(f"call ptr {function}(ptr %ctx, ptr {slot}, i64 {index}, i64 {len(stmt.dims)}, ptr {dims})")
        self.fail_unless(self.emit(f"icmp ne ptr {data}, null"), stmt.code)
        self.define(stmt.name, data)

    def call_back(self, stmt: hs.CallBack) -> None:
        arrays = []
        for slots in (stmt.inputs, stmt.outputs):
            name = self.fresh()
            self.levels[0].lines.insert(0, f"{name} = alloca [{max(len(slots), 1)} x ptr], align 8")
            arrays.append(name)
        for k, slot in enumerate(stmt.inputs):
            obj = self.emit(f"load ptr, ptr {self.slot(slot)}")
            at = self.emit(f"getelementptr ptr, ptr {arrays[0]}, i64 {k}")
            self.do(f"store ptr {obj}, ptr {at}")
        function, target = self.context("callback"), self.context(stmt.word)
        code = self.emit(
            f"call i32 {function}(ptr {target}, ptr {arrays[0]}, i64 {len(stmt.inputs)}, "
            f"ptr {arrays[1]}, i64 {len(stmt.outputs)})"
        )
        self.fail_unless(self.emit(f"icmp eq i32 {code}, 0"), abi.RAISED)
        for k, slot in enumerate(stmt.outputs):
            at = self.emit(f"getelementptr ptr, ptr {arrays[1]}, i64 {k}")
            obj = self.emit(f"load ptr, ptr {at}")
            self.do(f"store ptr {obj}, ptr {self.slot(slot)}")

    def array_header(self, stmt: hs.ArrayHeader) -> None:
        obj = self.emit(f"load ptr, ptr {self.slot(stmt.slot)}")
        at = self.emit(f"getelementptr i8, ptr {obj}, i64 {abi.ARRAY_DATA}")
        self.define(stmt.data, self.emit(f"load ptr, ptr {at}"))
        if stmt.dims:
            at = self.emit(f"getelementptr i8, ptr {obj}, i64 {abi.ARRAY_DIMS}")
            dims = self.emit(f"load ptr, ptr {at}")
            for k, name in enumerate(stmt.dims):
                at = self.emit(f"getelementptr i64, ptr {dims}, i64 {k}")
                self.define(name, self.emit(f"load i64, ptr {at}"))

    def hold_object(self, stmt: hs.HoldObject) -> None:
        if stmt.kind == "context":
            obj = self.context(stmt.word)
        elif stmt.kind == "slot":
            obj = self.emit(f"load ptr, ptr {self.slot(stmt.word)}")
        else:
            obj = self.emit(f"load ptr, ptr {self.word('frame', stmt.word)}")
        self.do(f"call void {self.context('inc_ref')}(ptr {obj})")
        self.do(f"store ptr {obj}, ptr {self.slot(stmt.slot)}")

    def release(self, stmt: hs.Release) -> None:
        slot = self.slot(stmt.slot)
        obj = self.emit(f"load ptr, ptr {slot}")
        self.do(f"store ptr null, ptr {slot}")
        self._drop(obj)

    def _drop(self, obj: str) -> None:
        """Give up a reference that may be null."""
        some, end = self.label(), self.label()
        there = self.emit(f"icmp ne ptr {obj}, null")
        self.do(f"br i1 {there}, label %{some}, label %{end}")
        self.start(some)
        function = self.emit(f"load ptr, ptr {self.word('ctx', abi.CTX['dec_ref'])}")
        self.do(f"call void {function}(ptr {obj})")
        self.do(f"br label %{end}")
        self.start(end)

    def move(self, stmt: hs.Move) -> None:
        target, source = self.slot(stmt.target), self.slot(stmt.source)
        old = self.emit(f"load ptr, ptr {target}")
        new = self.emit(f"load ptr, ptr {source}")
        self.do(f"store ptr {new}, ptr {target}")
        self.do(f"store ptr null, ptr {source}")
        self._drop(old)

    def set_storage(self, stmt: hs.SetStorage) -> None:
        obj = self.emit(f"load ptr, ptr {self.slot(stmt.slot)}")
        self.do(f"call void {self.context('inc_ref')}(ptr {obj})")
        item = self.context("list_set_item")
        self.emit(f"call i32 {item}(ptr {self.context(stmt.word)}, i64 0, ptr {obj})")

    def call(self, stmt: hs.Call) -> None:
        args = [self.argument(a, "ptr" if isinstance(a, tuple) else a.type) for a in stmt.args]
        # its address does not tell a reader what it is
        call = f"{self.context(stmt.word)}({', '.join(args)}) ; {stmt.symbol}"
        if EXTERNS[stmt.symbol].may_fail:
            status = self.emit(f"call i32 {call}")
            self.fail_unless(self.emit(f"icmp eq i32 {status}, 0"), abi.RAISED)
        else:
            self.do(f"call void {call}")

    def copy(self, stmt: hs.Copy) -> None:
        target, source = self.names[stmt.target][0], self.names[stmt.source][0]
        self.use(MEMCPY)
        size = self.operand(stmt.size)
        self.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {source}, i64 {size}, i1 false)")

    def poll(self, stmt: hs.Poll) -> None:
        node = self.word("frame", self.layout.gil)
        self.uses.add("storages")
        code = self.emit(f"call i32 {self.context('gil_poll')}(ptr %ctx, ptr {node}, ptr @storages)")
        self.fail_unless(self.emit(f"icmp eq i32 {code}, 0"), abi.RAISED)

    def release_gil(self, stmt: hs.ReleaseGil) -> None:
        cond, node = self.operand(stmt.cond), self.word("frame", self.layout.gil)
        word = self.word("ctx", abi.CTX["gil_release"])
        go, end = self.label(), self.label()
        self.do(f"br i1 {cond}, label %{go}, label %{end}")
        self.start(go)
        function = self.emit(f"load ptr, ptr {word}")
        self.uses.add("storages")
        self.do(f"call void {function}(ptr %ctx, ptr {node}, ptr @storages)")
        self.do(f"br label %{end}")
        self.start(end)

    def take_gil(self, stmt: hs.TakeGil) -> None:
        node, word = self.word("frame", self.layout.gil), self.word("ctx", abi.CTX["gil_take"])
        go, end = self.label(), self.label()
        held = self.emit(f"icmp eq ptr {self.emit(f'load ptr, ptr {node}')}, null")
        self.do(f"br i1 {held}, label %{end}, label %{go}")
        self.start(go)
        function = self.emit(f"load ptr, ptr {word}")
        self.do(f"call void {function}(ptr {node})")
        self.do(f"br label %{end}")
        self.start(end)

    def commit(self, stmt: hs.Commit) -> None:
        """A mark for readers and the verifier, once; and for a process that forks, if others may run from here on."""
        self.may_leave = False
        if not self.releases:
            return
        self.releases = False
        node, go, end = self.word("frame", self.layout.gil), self.label(), self.label()
        self.do(f"store i64 1, ptr {self.word('frame', self.layout.gil + abi.COMMITTED)}")
        state = self.emit(f"load i64, ptr {node}")
        forks = self.emit(f"getelementptr i8, ptr {self.context('active')}, i64 {abi.ACTIVE_FORKS}")
        either = self.emit(f"or i64 {state}, {self.emit(f'load i64, ptr {forks}')}")
        self.do(f"br i1 {self.emit(f'icmp eq i64 {either}, 0')}, label %{end}, label %{go}")
        self.start(go)
        self.uses.add("storages")
        self.do(f"call void {self.context('gil_commit')}(ptr %ctx, ptr {node}, ptr @storages)")
        self.do(f"br label %{end}")
        self.start(end)

    def work(self, stmt: hs.Work) -> None:
        """A mark for `first_form`."""

    def spend(self, stmt: hs.Spend) -> None:
        """The clock starts with the first of them; `end` reads it again."""
        counter = self.context(stmt.word)
        estimate = self.operand(ex.lshr(stmt.picoseconds, SLOWER))
        spent = self.emit(f"load i64, ptr {counter}")
        left = self.emit(f"sub i64 {TICKS * max(self.n_lines, LINES)}, {spent}")
        most = self.emit(f"ashr i64 {left}, 2")
        is_long = self.emit(f"icmp sgt i64 {self.operand(ex.add(stmt.picoseconds, stmt.of_calls))}, {abi.LONG}")
        worn = self.emit(f"select i1 {is_long}, i64 {abi.ENDLESS + 1}, i64 {abi.ENDLESS}")
        stay, leave = self.label(), self.label()
        self.do(f"br i1 {self.emit(f'icmp sle i64 {estimate}, {most}')}, label %{stay}, label %{leave}")
        self.failures += [f"{leave}:", f"store i64 {worn}, ptr {counter}", f"ret i32 {abi.DEFERRED}"]
        self.start(stay)
        if self.clock is None:
            self.use(CLOCK)
            self.clock = self.emit("call i64 @llvm.readcyclecounter()"), estimate, counter

    def clock_at(self, word: int, place: int) -> Clock:
        """A clock that starts now. Where it notes its time is read here: what follows may be in branches."""
        clock, buffer = clock_of(self.isa), self.context(word)
        self.use(clock)
        self.uses.add(NOTE_TIME)
        return Clock(word, place, buffer, self.emit(f"call i64 @{clock.name}()"), clock)

    def start_clock(self, stmt: hs.StartClock) -> None:
        self.clocks.append(self.clock_at(stmt.word, stmt.place))

    def stop_clock(self, stmt: hs.StopClock) -> None:
        self.do(self.clocks.pop().ends())

    def note_sizes(self, stmt: hs.NoteSizes) -> None:
        buffer = self.context(stmt.word)
        at = [self.emit(f"getelementptr i64, ptr {buffer}, i64 {stmt.place + k}") for k in range(len(stmt.sizes))]
        sizes = [self.operand(size) for size in stmt.sizes]
        differs = "false"
        for address, size in zip(at, sizes, strict=True):
            known = self.emit(f"load i64, ptr {address}")
            differs = self.emit(f"or i1 {differs}, {self.emit(f'icmp ne i64 {known}, {size}')}")
        other, end = self.label(), self.label()
        self.do(f"br i1 {differs}, label %{other}, label %{end}")
        self.start(other)
        self.do(f"call void @{KEEP_SIZES}(ptr {buffer}, i64 {stmt.place}, i64 {stmt.row})")
        self.uses.add(KEEP_SIZES)
        for address, size in zip(at, sizes, strict=True):
            self.do(f"store i64 {size}, ptr {address}")
        self.do(f"br label %{end}")
        self.start(end)

    def end(self) -> None:
        """Return, all being well; some processors have no clock for everybody: it shows 0."""
        if self.clock is not None:
            start, estimate, counter = self.clock
            passed = self.emit(f"sub i64 {self.emit('call i64 @llvm.readcyclecounter()')}, {start}")
            none = self.emit(f"icmp eq i64 {passed}, 0")
            ticks = self.emit(f"select i1 {none}, i64 {estimate}, i64 {passed}")
            spent = self.emit(f"load i64, ptr {counter}")
            self.do(f"store i64 {self.emit(f'add i64 {spent}, {ticks}')}, ptr {counter}")
        self.do("ret i32 0")


def _captures(stmt: hs.Slices) -> list[tuple[str, str]]:
    """The names of main (and their types) that slices use, in order of their first use."""
    found: dict[str, str] = {}
    own = {stmt.lo, stmt.hi}
    for inner in st.walk(stmt.body):
        own.update(defined_names(inner))
        for name, type_ in used_names(inner):
            found.setdefault(name, type_)
    return [(name, type_) for name, type_ in found.items() if name not in own]


def _computes(loop: st.For) -> bool:
    """Whether the loop does more itself than call others."""
    return loop.kind == "vector" or any(isinstance(s, st.Load | st.Store) for s in st.walk(loop.body))


def print_module(program: hs.Program, layout: abi.FrameLayout, isa: Isa) -> Module:
    """A program: kernels, then ``@main``; the native entry is printed by `runtime.entry`."""
    functions: list[Function] = []
    intrinsics: dict[str, Global] = {}
    for kernel in program.kernels:
        still_here()
        printed, used = print_kernel(kernel, isa)
        functions += printed
        intrinsics |= used
    printer = MainPrinter(isa, layout, sum(f.lines + 1 for f in functions))
    printer.releases = any(isinstance(s, hs.ReleaseGil) for s in program.main)
    printer.stored = collect_stored(program.main) | {"frame"}
    printer.block(program.main)
    printer.end()
    body = "\n".join(["entry:", *printer.top.lines, *printer.failures])
    is_quick = printer.n_float_ops <= max(GLUE_OPS, len(printer.top.lines) // GLUE_LINES)
    is_quick = is_quick and not any(isinstance(s, st.For) and _computes(s) for s in st.walk(program.main))
    for called in printer.team_calls.values():
        functions += called
    functions += printer.outlined
    if NOTE_TIME in printer.uses:
        added, needed = clock_functions(isa)
        functions += added
        intrinsics |= needed
    how = f"{abi.QUICKLY if is_quick else ''}nounwind"
    main = Function(
        "main", "i32 @main(ptr %ctx, ptr %frame)", body, frozenset(printer.uses), how, is_quick=is_quick
    )
    declared = intrinsics | printer.intrinsics
    return Module([declared[name] for name in sorted(declared)], [*functions, main])
