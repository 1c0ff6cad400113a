"""Prints `@entry`, the function CPython calls: it reads the arguments, runs `@main` and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from theano.base.record import Record, replace
from theano.runtime import abi
from theano.runtime.abi import FrameLayout, InputSpec, takes_numbers
from theano.runtime.module import Function, Global, Module

__all__ = ["EntrySpec", "print_entry"]


class EntrySpec(Record):
    """All that the entry point of one function depends on.

    Parameters
    ----------
    inputs : positional inputs; what is not given positionally takes the slow path.
    storages : shared variables; their `word` is the context word of the Python list whose item 0 is the value.
    n_slots : object slots of the frame, outputs first.
    n_outputs : how many of them are returned.
    result : 'single' (the array itself), 'list' (a list of n), 'none' (an empty list).
    wrap : context word of a Python callable applied to the result (dict results), or None.
    updates : the storages that get a new value.
    releases : the program lets go of the GIL.
    trust_input : the caller promises that no input overlaps an updated storage. Everything else is checked always.
    """

    inputs: Sequence[InputSpec]
    storages: Sequence[InputSpec]
    n_slots: int
    n_outputs: int
    result: Literal["single", "list", "none"] = "single"
    wrap: int | None = None
    updates: Collection[int] = ()
    releases: bool = False
    trust_input: bool = False

    @property
    def layout(self) -> FrameLayout:
        return FrameLayout(self.inputs, self.storages, self.n_slots)


# Stack memory for numbers in lists: a buffer for each such input, less where there are many.
_BUFFER_BYTES = 512
_BUFFERS_TOTAL = 8192
_HEAD_BYTES = 16  # before the numbers of a buffer: what malloc gave instead, or null
_UNROLLED = 16  # clear up to so many words one by one


class _Printer:
    """Collects the lines of one entry point."""

    def __init__(self, spec: EntrySpec) -> None:
        self.spec = spec
        self.layout = spec.layout
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.lists: list[int] = []  # inputs with a buffer for lists
        self.rows, self.n_updated = compared(spec)
        self.n_values = 0
        self.uses = {"main"}

    def do(self, *lines: str) -> None:
        self.lines.extend("  " + line for line in lines)

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")

    def let(self, text: str) -> str:
        self.n_values += 1
        name = f"%v{self.n_values}"
        self.do(f"{name} = {text}")
        return name

    def at(self, base: str, word: int) -> str:
        return self.let(f"getelementptr i64, ptr {base}, i64 {word}") if word else base

    def load(self, base: str, word: int) -> str:
        return self.let(f"load ptr, ptr {self.at(base, word)}")

    def context(self, name: str) -> str:
        return self.load("%ctx", abi.CTX[name])

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def go_on_if(self, condition: str, label: str) -> None:
        """Carry on at `label`, or leave by the slow path."""
        self.branch(condition, label, "slow")
        self.start(label)

    # -- the parts, in the order in which they run

    def prologue(self) -> None:
        spec, layout = self.spec, self.layout
        self.allocas.append(f"%frame = alloca [{layout.words} x i64], align 64")
        if spec.storages:
            self.allocas.append(f"%held = alloca [{len(spec.storages)} x ptr], align 8")
        at = self.let(f"getelementptr i8, ptr %self, i64 {abi.CALLABLE_CONTEXT}")
        self.do(f"%ctx = load ptr, ptr {at}")
        self.clear("%frame", layout.slots, layout.gil + 1 - layout.slots)
        if spec.releases:
            self.clear("%frame", layout.gil + abi.COMMITTED, 1)
        if spec.storages:
            self.clear("%held", 0, len(spec.storages))
        self.make_buffers()
        self.do("%nargs = and i64 %nargsf, 9223372036854775807")
        count = self.let(f"icmp eq i64 %nargs, {len(spec.inputs)}")
        no_keywords = self.let("icmp eq ptr %kwnames, null")
        self.go_on_if(self.let(f"and i1 {count}, {no_keywords}"), "arguments")

    def clear(self, base: str, first: int, n: int) -> None:
        if n <= _UNROLLED:
            for word in range(first, first + n):
                self.do(f"store i64 0, ptr {self.at(base, word)}")
            return
        start = self.at(base, first)
        self.uses.add("clear")
        self.do(f"call void @clear(ptr {start}, i64 {n})")

    def make_buffers(self) -> None:
        """Allocate the memory of inputs that may be given as numbers; clear the words that hold a malloc."""
        tensors = [
            (k, x) for k, x in enumerate(self.spec.inputs) if isinstance(x, abi.ArraySpec) and numbers(x)
        ]
        self.lists = [k for k, x in tensors if x.ndim]
        self.buffer_bytes = min(_BUFFER_BYTES, _BUFFERS_TOTAL // max(len(self.lists), 1)) & -16
        for k, x in tensors:
            size = _HEAD_BYTES + self.buffer_bytes if x.ndim else 8
            self.allocas.append(f"%buffer{k} = alloca [{size} x i8], align 16")
            if x.ndim:
                self.do(f"store ptr null, ptr %buffer{k}")

    def read_inputs(self) -> None:
        reader = ""
        for k, x in enumerate(self.spec.inputs):
            obj = self.load("%args", k)
            data = self.layout.input_data(k)
            out = self.at("%frame", data)
            if isinstance(x, abi.ObjectSpec):
                self.do(f"store ptr {obj}, ptr {out}")
                continue
            reader = reader or self.context("read_input")
            native = numbers(x)
            code = replace(x, numbers=native, rounds=x.rounds and x.ndim == 0, updated=False).code(
                self.buffer_bytes if native and x.ndim else 0
            )
            buffer = f"%buffer{k}" if native else "null"
            good = self.let(
                f"call i64 {reader}(ptr %ctx, ptr {obj}, ptr {out}, i64 {code}, i64 {x.ones}, ptr {buffer})"
            )
            self.go_on_if(self.let(f"icmp ne i64 {good}, 0"), f"read{k}")
            self.note_range(data, out, good)

    def wait(self) -> Global:
        """Wait while another program that has let go of the GIL uses our storages; the table of them."""
        rows = [
            x.word | (abi.STORAGE_UPDATED if k in self.spec.updates else 0) for k, x in enumerate(self.spec.storages)
        ]
        if rows:
            head = self.let(f"load ptr, ptr {self.context('active')}")
            self.branch(self.let(f"icmp eq ptr {head}, null"), "free", "wait")
            self.start("wait")
            self.uses.add("storages")
            status = self.let(f"call i32 {self.context('wait_turn')}(ptr %ctx, ptr @storages, i32 1)")
            self.branch(self.let(f"icmp eq i32 {status}, 0"), "free", "raised")
            self.start("free")
        words = ", ".join(f"i64 {row}" for row in (len(rows), *rows))
        return Global("storages", f"@storages = internal constant [{len(rows) + 1} x i64] [{words}]")

    def read_storages(self) -> None:
        for k, x in enumerate(self.spec.storages):
            container = self.load("%ctx", x.word)
            data = self.layout.storage_data(k)
            out = self.at("%frame", data)
            held = self.at("%held", k)
            if isinstance(x, abi.ObjectSpec):
                text = f"call i64 {self.context('read_object')}(ptr {container}, ptr {out}, ptr {held})"
            else:
                code = replace(x, numbers=False, rounds=False).code()
                text = (
                    f"call i64 {self.context('read_storage')}(ptr {container}, ptr {out}, i64 {code}, i64 {x.ones}, "
                    f"ptr {held})"
                )
            good = self.let(text)
            self.go_on_if(self.let(f"icmp ne i64 {good}, 0"), f"stored{k}")
            self.note_range(data, out, good)

    def note_range(self, data: int, out: str, read: str) -> None:
        """Note the memory of an array that was read (see `readers_ir`), if it is to be compared."""
        if data not in self.rows:
            return
        word = 2 * self.rows[data]
        start = self.let(f"load i64, ptr {out}")
        self.do(f"store i64 {start}, ptr {self.at('%ranges', word)}")
        self.do(f"store i64 {read}, ptr {self.at('%ranges', word + 1)}")

    def check_overlap(self) -> None:
        """Compare the memory of updated storages with that of all other arrays."""
        n = len(self.rows)
        if not n:
            return
        self.allocas.append(f"%ranges = alloca [{2 * n} x i64], align 16")
        found = self.let(f"call i32 {self.context('overlap')}(ptr %ranges, i64 {n}, i64 {self.n_updated})")
        self.go_on_if(self.let(f"icmp eq i32 {found}, 0"), "apart")

    def run(self) -> None:
        self.do("%status = call i32 @main(ptr %ctx, ptr %frame)")
        if self.spec.releases:
            node = self.at("%frame", self.layout.gil)
            state = self.let(f"load ptr, ptr {node}")
            self.branch(self.let(f"icmp eq ptr {state}, null"), "with_gil", "without_gil")
            self.start("without_gil")
            self.do(f"call void {self.context('gil_take')}(ptr {node})", "br label %with_gil")
            self.start("with_gil")
        self.do(
            "switch i32 %status, label %failed_check [i32 0, label %succeeded",
            f"  i32 {abi.RAISED}, label %raised i32 {abi.DEFERRED}, label %slow]",
        )
        self.start("failed_check")
        error = self.at("%frame", self.layout.error)
        self.do(
            f"call void {self.context('raise_check')}(ptr %ctx, i32 %status, ptr {error}, ptr %args, i64 %nargs)",
            "br label %raised",
        )
        self.start("raised")
        self.do("br label %clear")
        self.start("slow")
        self.do("br label %clear")
        self.start("succeeded")

    def result(self) -> str:
        """Take the outputs from their slots, into a list where one is wanted."""
        spec = self.spec
        if spec.result == "single":
            value = self.load("%frame", self.layout.slot(0))
        else:
            n = spec.n_outputs if spec.result == "list" else 0
            value = self.let(f"call ptr {self.context('list_new')}(i64 {n})")
            self.branch(self.let(f"icmp eq ptr {value}, null"), "raised", "listed")
            self.start("listed")
            items = ""
            if n:
                at = self.let(f"getelementptr i8, ptr {value}, i64 {abi.LIST_ITEMS}")
                items = self.let(f"load ptr, ptr {at}")
            for k in range(n):
                item = self.load("%frame", self.layout.slot(k))
                self.do(f"store ptr {item}, ptr {self.at(items, k)}")
        if spec.wrap is not None:
            self.allocas.append("%wrapped = alloca ptr, align 8")
            self.do(f"store ptr {value}, ptr %wrapped")
            wrap = self.load("%ctx", spec.wrap)
            result = self.let(
                f"call ptr {self.context('vectorcall')}(ptr {wrap}, ptr %wrapped, i64 1, ptr null)"
            )
            self.do(f"call void {self.context('dec_ref')}(ptr {value})")
            value = result
        return value

    def leave_holds(self, value: str) -> None:
        """Drop what is held: by one call each where all went well and nothing is empty, else whatever is there."""
        spec, layout = self.spec, self.layout
        returned = {"single": 1, "list": spec.n_outputs, "none": 0}[spec.result]
        release, n_held = self.context("release"), len(spec.storages)
        self.do("br label %drop")
        self.start("drop")
        if layout.n_slots > returned:
            first = self.at("%frame", layout.slots + returned)
            self.do(f"call void {release}(ptr {first}, i64 {layout.n_slots - returned})")
        for k in range(n_held):
            self.do(f"call void {self.context('dec_ref')}(ptr {self.load('%held', k)})")
        self.do("br label %leave")
        self.start("clear")
        self.do("%not_done = phi i1 [false, %raised], [true, %slow]")
        release = self.context("release")
        for base, word, n in (("%frame", layout.slots, layout.n_slots), ("%held", 0, n_held)):
            if n:
                self.do(f"call void {release}(ptr {self.at(base, word)}, i64 {n})")
        self.do("br label %leave")
        self.start("leave")
        self.do(f"%result = phi ptr [{value}, %drop], [null, %clear]")
        self.do("%is_slow = phi i1 [false, %drop], [%not_done, %clear]")

    def clean_up(self) -> None:
        """Give back memory; an exception that is set stays set (deallocation keeps it)."""
        work = self.load("%frame", self.layout.work)
        self.branch(self.let(f"icmp eq ptr {work}, null"), "no_work", "work")
        self.start("work")
        self.do(f"call void {self.context('pool_give')}(ptr {work})", "br label %no_work")
        self.start("no_work")
        for k in self.lists:
            heap = self.let(f"load ptr, ptr %buffer{k}")
            self.branch(self.let(f"icmp eq ptr {heap}, null"), f"near{k}", f"far{k}")
            self.start(f"far{k}")
            self.do(f"call void {self.context('raw_free')}(ptr {heap})", f"br label %near{k}")
            self.start(f"near{k}")
        self.branch("%is_slow", "fall_back", "return")
        self.start("return")
        self.do("ret ptr %result")
        self.start("fall_back")
        fallback = self.load("%ctx", abi.FALLBACK)
        call = self.context("vectorcall")
        # The offset bit of nargsf allows the callee to write before %args; it was granted to us, so pass it on.
        self.do(
            f"%answer = call ptr {call}(ptr {fallback}, ptr %args, i64 %nargsf, ptr %kwnames)",
            "ret ptr %answer",
        )

    def module(self) -> Module:
        self.prologue()
        self.read_inputs()
        storages = self.wait()
        self.read_storages()
        self.check_overlap()
        self.run()
        self.leave_holds(self.result())
        self.clean_up()
        entry = Function(
            "entry", "ptr @entry(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames)",
            "\n".join(["start:", *("  " + line for line in self.allocas), *self.lines]), frozenset(self.uses),
            abi.QUICKLY.rstrip(), is_exported=True, is_quick=True,
        )  # fmt: skip
        return Module([storages], [_CLEAR, entry] if "clear" in self.uses else [entry])


_CLEAR = Function(
    "clear",
    "void @clear(ptr %words, i64 %n)",
    """start:
  br label %next
next:
  %k = phi i64 [0, %start], [%k2, %next]
  %at = getelementptr i64, ptr %words, i64 %k
  store i64 0, ptr %at
  %k2 = add i64 %k, 1
  %more = icmp slt i64 %k2, %n
  br i1 %more, label %next, label %done
done:
  ret void""",
    frozenset(),
)


def compared(spec: EntrySpec) -> tuple[dict[int, int], int]:
    """The rows of the table of memory ranges by the frame word of an array's data, and how many of them are updated.

    Updated storages come first, since they are compared with all that follows; no rows: nothing is to be compared.
    """
    layout = spec.layout
    stored = [(layout.storage_data(k), x) for k, x in enumerate(spec.storages) if isinstance(x, abi.ArraySpec)]
    given = [layout.input_data(k) for k, x in enumerate(spec.inputs) if isinstance(x, abi.ArraySpec)]
    updated = [word for word, x in stored if x.updated]
    words = updated + [word for word, x in stored if not x.updated] + given
    if not updated or len(words) < 2 or spec.trust_input:
        return {}, 0
    return {word: row for row, word in enumerate(words)}, len(updated)


def numbers(x: abi.ArraySpec) -> bool:
    """Whether Python numbers or lists of them are read natively for `x`."""
    return x.numbers and x.ndim <= 2 and takes_numbers(x.dtype)


def print_entry(spec: EntrySpec) -> Module:
    """`@entry` for `spec`; the module must also define `@main`.

    Examples
    --------
    >>> spec = EntrySpec([abi.ArraySpec("float64", ())], [], n_slots=1, n_outputs=1)
    >>> "call i32 @main(ptr %ctx, ptr %frame)" in print_entry(spec).text()
    True
    """
    return _Printer(spec).module()
