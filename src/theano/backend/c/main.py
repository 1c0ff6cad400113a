"""C of a whole function: one file with the kernels and a function that takes plain arguments.

The signature, in this order:

- for each input an array, ``const T *x, int64_t x_dim0, …`` (C order), or ``void *x`` for another object;
- for each shared variable the same, without ``const``; ``theano_array *new_x`` follows one whose array is
  replaced;
- ``const T *constant_k`` for each constant that is too large to be written into the file;
- ``theano_array *outputs`` (if there are any), filled in; their data is the caller's to ``free``;
- ``theano_callback *callback`` and ``void *const *objects`` if nodes run in Python:
  ``callback(k, inputs, n, outputs, m)`` computes node k of the list in the file's head, allocates the data of
  its outputs by ``malloc`` and returns 0;
- ``int64_t *error``: four numbers that belong to the check that has failed.

It returns 0, the number of the check that failed, or -1 (no memory, or a call-back has failed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from theano.backend.c import spelling as ops
from theano.backend.c.kernel import PAD, CPrinter, element_types, identifier, kernel_lines, kernel_printer
from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.visitor import ALL
from theano.runtime import abi

__all__ = ["Unit", "c_parts", "print_c"]

# Constants of more elements are parameters.
WRITTEN_OUT = 1024

PRELUDE = """\
#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { void *data; void *object; int64_t dims[32]; } theano_array;
typedef int theano_callback(int k, theano_array **inputs, int n, theano_array **outputs, int m);
"""
SUPPORT = {
    "new_array": """\
/* Memory for an array of elements of `size` bytes; NULL if there is none. */
static void *new_array(theano_array *slot, int64_t size, int n, const int64_t *dims)
{
    for (int k = 0; k < n; k++)
        size *= slot->dims[k] = dims[k];
    return slot->data = malloc(size > 0 ? (size_t)size : 1);
}
""",
    "take": """\
/* Scratch memory, freed when the function is left; NULL if there is none. */
static void *take(void **blocks, int64_t size)
{
    char *block = malloc((size_t)size + 64);
    if (!block)
        return NULL;
    *(void **)block = *blocks;
    *blocks = block;
    return block + 64;
}
""",
    "grain": f"""\
/* Positions of one range of a loop of so many positions of this weight. */
static int64_t grain(int64_t extent, int64_t weight)
{{
    const int64_t most = {abi.GRAIN} / (weight > 1 ? weight : 1);
    const int64_t few = extent / {abi.RANGES} > most / 4 ? extent / {abi.RANGES} : most / 4;
    const int64_t count = most < few ? most : few;
    return count > 64 ? count & -64 : count > 1 ? count : 1;
}}
""",
}


class Unit(Record):
    """What a C file is printed from; `names` and `comments` make it readable.

    `inputs` and `storages` are (C name, specification); `words` the function's context words (kind, payload);
    `messages` one for each check; `names` C names for names of main; `comments` by ``id`` of a
    statement of main or of a kernel; `nodes` a text for each call-back word.
    """

    program: hs.Program
    layout: abi.FrameLayout
    inputs: Sequence[tuple[str, abi.InputSpec]]
    storages: Sequence[tuple[str, abi.InputSpec]]
    words: Sequence[tuple[str, Any]]
    n_outputs: int
    messages: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[int, str] = field(default_factory=dict)
    nodes: Mapping[int, str] = field(default_factory=dict)
    function: str = "theano_function"
    fma: bool = True


class MainPrinter(CPrinter):
    """Writes the function itself; there are no first form and no profile in C."""

    handles = tuple(cls for cls in ALL if cls not in (hs.Spend, hs.NoteSizes, hs.StartClock, hs.StopClock))

    def __init__(self, unit: Unit, helpers: set[str]) -> None:
        super().__init__(unit.program.main, helpers, unit.fma, unit.names)
        self.unit = unit
        self.params: list[str] = []
        self.frame: dict[int, str] = {}  # word -> parameter
        self.constants: dict[int, str] = {}
        self.arrays: list[str] = []  # constants written into the file
        self.replaced: dict[int, str] = {}
        self.callbacks: dict[int, int] = {}
        self.objects: dict[int, int] = {}
        self.support: set[str] = set()
        self.needs_slots = unit.layout.n_slots > 0
        self.kernel_params = {id(k): kernel_printer(k, {}, set(), unit.fma)[0] for k in unit.program.kernels}
        self._parameters()

    # -- signature ---------------------------------------------------------------------------------
    def parameter(self, wanted: str, declaration: str) -> str:
        """A parameter; `declaration` has a place for its name."""
        name = self.name(f"%{len(self.params)}", wanted)
        self.params.append(declaration.format(name))
        return name

    def _parameters(self) -> None:
        unit, layout = self.unit, self.unit.layout
        swapped = {s.word for s in st.walk(unit.program.main) if isinstance(s, hs.SetStorage)}
        for k, (name, spec) in enumerate(unit.inputs):
            self._array(name, spec, layout.input_data(k), "const ")
        words = [w for w, (kind, _) in enumerate(unit.words, abi.FIRST_FREE) if kind == "storage"]
        for k, (name, spec) in enumerate(unit.storages):
            self._array(name, spec, layout.storage_data(k), "")
            if words[k] in swapped:
                self.replaced[words[k]] = self.parameter(f"new_{name}", "theano_array *{}")
        used = {s.word for s in st.walk(unit.program.main) if isinstance(s, hs.ContextWord)}
        for word, (kind, payload) in enumerate(unit.words, abi.FIRST_FREE):
            if kind == "constant" and word in used:
                self._constant(word, payload)
            elif kind == "callback":
                self.callbacks[word] = len(self.callbacks)
            elif kind == "object":
                self.objects[word] = len(self.objects)
        fixed = ["theano_array *outputs"] if unit.n_outputs else []
        fixed += ["theano_callback *callback"] if self.callbacks else []
        fixed += ["void *const *objects"] if self.objects else []
        self.params += [*fixed, "int64_t *error"]

    def _array(self, name: str, spec: abi.InputSpec, word: int, const: str) -> None:
        if not isinstance(spec, abi.ArraySpec):
            self.frame[word] = self.parameter(name, "void *{}")
            return
        self.frame[word] = self.parameter(name, f"{const}{ops.MEMORY[ex.TYPE_OF[spec.dtype]]} *{{}}")
        for axis in range(spec.ndim):
            self.frame[word + 1 + axis] = self.parameter(f"{name}_dim{axis}", "int64_t {}")

    def _constant(self, word: int, data: Any) -> None:
        type_ = ex.TYPE_OF[data.dtype.name]
        if data.size > WRITTEN_OUT or type_ in ex.STORAGE_ONLY:
            name = f"constant_{len(self.constants)}"
            self.constants[word] = self.parameter(name, f"const {ops.MEMORY[type_]} *{{}}")
            return
        name = self.constants[word] = self.name(f"%c{word}", f"constant_{len(self.constants)}")
        numbers = ", ".join(ops.literal(Expr("const", type_, (), x.item())) for x in data.reshape(-1))
        self.arrays.append(
            f"static const {ops.MEMORY[type_]} {name}[{max(data.size, 1)}] = {{{numbers or 0}}};\n"
        )

    # -- helpers -----------------------------------------------------------------------------------
    def fail_unless(self, cond: str, status: str, operands: Sequence[str] = ()) -> None:
        actions = [f"error[{k}] = {text};" for k, text in enumerate(operands)]
        actions += [f"status = {status};", "goto leave;"]
        for text in (f"if (!{ops.tight(cond)}) {{", *(PAD + a for a in actions), "}"):
            self.line(text)

    def pointer(self, name: str, text: str) -> None:
        """Define a pointer variable, typed as it is used."""
        type_ = self.declared(name)
        self.line(f"{type_} *{self.name(name)} = ({type_} *){text};")

    def argument(self, arg: Expr | tuple[str, Expr, str], cast: str) -> str:
        if isinstance(arg, Expr):
            return self.length(arg)
        base, offset, type_ = arg
        place = self.typed(base, type_)
        if offset.op != "const" or offset.value != 0:
            place = f"{place} + {ops.tight(self.length(offset))}"
        return f"({cast}){ops.tight(place)}" if cast and cast != f"{ops.MEMORY[type_]} *" else place

    def slots(self, slots: Sequence[int]) -> str:
        return f"(theano_array *[]){{{', '.join(f'&slot[{k}]' for k in slots) or 'NULL'}}}"

    # -- statements --------------------------------------------------------------------------------
    def statement(self, stmt: st.Stmt) -> None:
        comment = self.unit.comments.get(id(stmt))
        if comment:
            self.line(f"/* {comment} */", stmt)
        super().statement(stmt)

    def local(self, stmt: st.Local) -> None:
        if self.element(stmt.name) is not None:
            super().local(stmt)
            return
        self.take(stmt.name, str(stmt.size), -1)

    def take(self, name: str, size: str, code: int) -> None:
        self.support.add("take")
        self.pointer(name, f"take(&blocks, {size})")
        self.fail_unless(self.cnames[name], str(code))

    def frame_word(self, stmt: hs.FrameWord) -> None:
        self.define(stmt.name)
        self.cnames[stmt.name] = self.frame[stmt.word]

    def context_word(self, stmt: hs.ContextWord) -> None:
        self.define(stmt.name)
        self.cnames[stmt.name] = self.constants[stmt.word]

    def call_kernel(self, stmt: hs.CallKernel) -> None:
        kernel = self.kernel_params[id(stmt.kernel)]
        args = []
        for arg, (name, type_) in zip(stmt.args, stmt.kernel.params, strict=stmt.ranges is None):
            args.append(self.argument(arg, f"{kernel.declared(name)} *" if type_ == "ptr" else ""))
        if stmt.ranges is None:
            self.line(f"{stmt.kernel.name}({', '.join(args)});")
        else:
            self.ranges(f"{stmt.kernel.name}({', '.join(args)}{', ' if args else ''}", stmt.ranges)

    def ranges(self, call: str, ranges: hs.Ranges) -> None:
        """Call a ranged kernel for all positions, one range after the other. There are no signals to serve."""
        extent = self.length(ranges.extent)
        if not ranges.least or ranges.alone:
            self.line(f"{call}{self.length(ranges.start)}, {extent});")
            return
        self.support.add("grain")
        end, weight, step, lo = (self.fresh() for _ in range(4))
        self.line(f"const int64_t {end} = {extent}, {weight} = {self.length(ranges.weight)};")
        self.line(f"const int64_t {step} = {end} * {weight} >= {ranges.least} ? grain({end}, {weight}) : {end};")
        self.line(f"if ({step} >= {end})")
        self.line(f"{PAD}{call}0, {end});")
        self.line(f"else for (int64_t {lo} = 0; {lo} < {end}; {lo} += {step})")
        self.line(f"{PAD}{call}{lo}, {lo} + {step} < {end} ? {lo} + {step} : {end});")
        if ranges.finish:
            self.line(f"if ({step} < {end})")
            self.line(f"{PAD}{call}{end}, {end});")

    def slices(self, stmt: hs.Slices) -> None:
        """One slice of all rows."""
        extent = self.length(stmt.extent)
        self.open(branch=True)
        lo, hi = self.name(stmt.lo), self.name(stmt.hi)
        self.line(f"const int64_t {lo} = 0, {hi} = {extent};")
        self.block(stmt.body)
        body = self.close()
        self.levels[-1].lines += ["{", *(PAD + line for line in body), "}"]

    def check(self, stmt: hs.Check) -> None:
        if stmt.code <= len(self.unit.messages):
            self.line(f"/* check {stmt.code}: {self.unit.messages[stmt.code - 1]} */")
        cond = self.length(stmt.cond)
        operands = [
            f"(int64_t){ops.tight(self.length(o))}" if o.type != "i64" else self.length(o)
            for o in stmt.operands
        ]
        self.fail_unless(cond, str(stmt.code), operands)

    def workspace(self, stmt: hs.Workspace) -> None:
        self.take(stmt.name, self.length(stmt.size), stmt.code)

    def carve(self, stmt: hs.Carve) -> None:
        offset = self.length(stmt.offset)
        place = f"(char *){self.cnames[stmt.base]}" if self.element(stmt.base) else self.cnames[stmt.base]
        self.pointer(stmt.name, place if offset == "0" else f"({place} + {ops.tight(offset)})")

    def new_array(self, stmt: hs.NewArray) -> None:
        self.support.add("new_array")
        dims = ", ".join(self.length(d) for d in stmt.dims)
        listed = f"(int64_t[]){{{dims}}}" if dims else "NULL"
        size = f"sizeof({ops.MEMORY[stmt.type]})"
        self.pointer(stmt.name, f"new_array(&slot[{stmt.slot}], {size}, {len(stmt.dims)}, {listed})")
        self.fail_unless(self.cnames[stmt.name], str(stmt.code))

    def call_back(self, stmt: hs.CallBack) -> None:
        sides = ", ".join(f"{self.slots(s)}, {len(s)}" for s in (stmt.inputs, stmt.outputs))
        self.fail_unless(f"callback({self.callbacks[stmt.word]}, {sides}) == 0", "-1")

    def array_header(self, stmt: hs.ArrayHeader) -> None:
        self.pointer(stmt.data, f"slot[{stmt.slot}].data")
        for axis, name in enumerate(stmt.dims):
            self.line(f"const int64_t {self.name(name)} = slot[{stmt.slot}].dims[{axis}];")

    def hold_object(self, stmt: hs.HoldObject) -> None:
        if stmt.kind == "context":
            source = f"objects[{self.objects[stmt.word]}]"
        else:
            source = f"slot[{stmt.word}].object" if stmt.kind == "slot" else self.frame[stmt.word]
        self.line(f"slot[{stmt.slot}].object = {source};")

    def release(self, stmt: hs.Release) -> None:
        self.line(f"slot[{stmt.slot}] = (theano_array){{0}};")

    def move(self, stmt: hs.Move) -> None:
        self.line(f"slot[{stmt.target}] = slot[{stmt.source}];")
        self.line(f"slot[{stmt.source}] = (theano_array){{0}};")

    def set_storage(self, stmt: hs.SetStorage) -> None:
        self.line(f"*{self.replaced[stmt.word]} = slot[{stmt.slot}];")
        self.line(f"slot[{stmt.slot}].data = NULL;")

    def call(self, stmt: hs.Call) -> None:
        call = f"{stmt.symbol}_({', '.join(self.argument(a, '') for a in stmt.args)})"
        if EXTERNS[stmt.symbol].may_fail:
            self.fail_unless(f"{call} == 0", "-1")
        else:
            self.line(f"{call};")

    def copy(self, stmt: hs.Copy) -> None:
        size = self.length(stmt.size)
        self.line(
            f"memcpy({self.cnames[stmt.target]}, {self.cnames[stmt.source]}, (size_t){ops.tight(size)});"
        )

    def if_(self, stmt: st.If) -> None:
        if not all(isinstance(s, hs.Poll) for s in (*stmt.then, *stmt.orelse)):
            super().if_(stmt)

    def poll(self, stmt: hs.Poll | hs.ReleaseGil | hs.TakeGil | hs.Work) -> None:
        """Signals and threads are the caller's business, and there is one form."""

    release_gil = take_gil = work = poll

    def commit(self, stmt: hs.Commit) -> None:
        self.line("/* from here on shared variables are written, and nothing fails */")

    # -- the function ------------------------------------------------------------------------------
    def lines(self) -> list[str]:
        unit = self.unit
        self.block(unit.program.main)
        slots = f"theano_array slot[{unit.layout.n_slots}] = {{{{0}}}};"
        opening = ["int32_t status = 0;", *([slots] if self.needs_slots else [])]
        closing = ["leave:;"]
        if "take" in self.support:
            opening.append("void *blocks = NULL;")
            closing += [
                "while (blocks) {", PAD + "void *next_block = *(void **)blocks;", PAD + "free(blocks);",
                PAD + "blocks = next_block;", "}",
            ]  # fmt: skip
        if unit.n_outputs:
            closing += [
                f"for (int k = 0; status == 0 && k < {unit.n_outputs}; k++) {{",
                PAD + "outputs[k] = slot[k];",
                PAD + "slot[k].data = NULL;", "}",
            ]  # fmt: skip
        if self.needs_slots:
            closing += [f"for (int k = 0; k < {unit.layout.n_slots}; k++)", PAD + "free(slot[k].data);"]
        closing.append("return status;")
        lines = [PAD + line for line in [*opening, *self.levels[0].lines, *closing]]
        params = f",\n{PAD}".join(self.params)
        return [f"int32_t {unit.function}(", *f"{PAD}{params})".split("\n"), "{", *lines, "}"]


def kernel_names(unit: Unit) -> dict[int, dict[str, str]]:
    """Readable names for the pointer parameters of kernels that always get the same value."""
    found: dict[int, dict[str, str]] = {}
    for stmt in st.walk(unit.program.main):
        if not isinstance(stmt, hs.CallKernel):
            continue
        own = {
            name: unit.names.get(arg[0], "")
            for arg, (name, _) in zip(stmt.args, stmt.kernel.params, strict=stmt.ranges is None)
            if isinstance(arg, tuple)
        }
        before = found.setdefault(id(stmt.kernel), own)
        found[id(stmt.kernel)] = {name: text for name, text in before.items() if own[name] == text}
    return found


def prototype(symbol: str) -> str:
    """The declaration of an external function; strides count elements."""
    extern, listed = EXTERNS[symbol], []
    for p in extern.parameters:
        const = "" if p.is_written else "const "
        type_ = f"{const}{ops.MEMORY[p.element]} *" if p.type == "ptr" else f"{ops.MEMORY[p.type]} "
        listed.append(f"{type_}{p.name}")
    return f"extern {'int' if extern.may_fail else 'void'} {symbol}_({', '.join(listed)});\n"


def print_c(unit: Unit) -> str:
    """The C file of a function; see the head of this module for its signature."""
    above, functions = c_parts(unit)
    return "\n".join([*above, *("\n".join([*lines, ""]) for lines in functions.values())])


def c_parts(unit: Unit) -> tuple[list[str], dict[str, list[str]]]:
    """What stands above functions in the file, and the lines of each kernel and of ``main``."""
    helpers: set[str] = set()
    names = kernel_names(unit)
    functions = {
        k.name: kernel_lines(k, names.get(id(k), {}), unit.comments.get(id(k), ""), helpers, unit.fma)
        for k in unit.program.kernels
    }
    printer = MainPrinter(unit, helpers)
    functions["main"] = printer.lines()
    symbols = sorted({s.symbol for s in st.walk(unit.program.main) if isinstance(s, hs.Call)})
    parts = [PRELUDE]
    if printer.callbacks:
        listed = "".join(f"\n   {k}: {unit.nodes.get(w, '')}" for w, k in printer.callbacks.items())
        parts.append(f"/* Nodes that run by call-back:{listed} */\n")
    parts += [prototype(s) for s in symbols]
    parts += ["".join(f"{ops.helper_text(h)}\n" for h in sorted(helpers))] if helpers else []
    parts += ["".join(printer.arrays)] if printer.arrays else []
    parts += [text for name, text in SUPPORT.items() if name in printer.support]
    return parts, functions


__all__ += ["element_types", "identifier"]
