"""Programs that break a rule are rejected with a message that names the statement."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops import verify as rules
from theano.loops.expr import Expr
from theano.loops.verify import Facts, VerifyError, verify
from theano.runtime import abi

N = ex.name("n", "i64")
N_OF_KERNEL = ex.name("m", "i64")
ZERO, ONE = ex.const(0, "i64"), ex.const(1, "i64")
TRUE = ex.const(True, "bool")
WORDS = ["storage", "constant", "callback", "symbol", "object", "counter", "profile"]
STORAGE, CONSTANT, CALLBACK, SYMBOL, OBJECT, COUNTER, PROFILE = (abi.FIRST_FREE + k for k in range(7))
VECTOR = abi.ArraySpec("float64", (False,))
LAYOUT = abi.FrameLayout([VECTOR], [VECTOR], 3)
INPUT_PTR = hs.FrameWord("x", LAYOUT.input_data(0), "ptr")
INPUT_DIM = hs.FrameWord("n", LAYOUT.input_dim(0, 0), "i64")
STORAGE_PTR = hs.FrameWord("s", LAYOUT.storage_data(0), "ptr")
CONSTANT_PTR = hs.ContextWord("c", CONSTANT)
OUTPUT = hs.NewArray("y", 0, "f64", (N,), 1)
HEAD = [INPUT_PTR, INPUT_DIM, STORAGE_PTR, CONSTANT_PTR, OUTPUT]
Arg = tuple[str, Expr, str]
X: Arg = ("x", ZERO, "f64")
Y: Arg = ("y", ZERO, "f64")


def at(base: str) -> st.View:
    return st.View(base, "f64", ZERO, (ONE,))


def f64(name: str) -> Expr:
    return ex.name(name, "f64")


def adding(kind: str = "vector") -> st.Kernel:
    """q = p + 1, and the sum of p."""
    i = ex.name("i", "i64")
    body: list[st.Stmt] = [
        st.Load("a", at("p"), (i,)),
        st.Store(at("q"), (i,), ex.add(f64("a"), ex.const(1, "f64"))),
    ]
    carried = st.Carried("t", "add", "f64", ex.const(0, "f64"), ex.add(f64("t"), f64("a")), "r")
    loop = st.For("i", ex.name("m", "i64"), kind, body, [carried])
    return st.Kernel(
        "k0", [("p", "ptr"), ("q", "ptr"), ("m", "i64")], [loop, st.Store(at("q"), (ZERO,), f64("r"))]
    )


def call(kernel: st.Kernel, *bases: str) -> hs.CallKernel:
    return hs.CallKernel(kernel, [*((b, ZERO, "f64") for b in bases), N])


def check(program: hs.Program) -> None:
    verify(program, LAYOUT, Facts(WORDS, abi.FIRST_FREE, n_checks=1, n_outputs=1, updated=frozenset([0])))


def rejected(main: list[st.Stmt], message: str, kernels: list[st.Kernel] | None = None) -> None:
    """Main after the usual head, or instead of it."""
    kernels = [adding()] if kernels is None else kernels
    with pytest.raises(VerifyError, match=message):
        check(hs.Program(kernels, [*HEAD, *main]))


def test_good_program() -> None:
    kernel = adding()
    main = [
        *HEAD, hs.Check(ex.gt(N, 0), 1, (N,)), call(kernel, "x", "y"), hs.Commit(), call(kernel, "x", "s"),
        hs.HoldObject(1, "frame", LAYOUT.storage_data(0)), hs.SetStorage(STORAGE, 0),
    ]  # fmt: skip
    check(hs.Program([kernel], main))


KERNEL_FAULTS: dict[str, tuple[Callable[[st.Kernel, st.For], object], str]] = {
    "undefined": (lambda k, f: f.body.pop(0), r"kernel k0: `p?q.f64\[i\] = a \+ 1.0`: a is not known here"),
    "twice": (lambda k, f: f.body.append(f.body[0]), "a is defined twice"),
    "escapes": (lambda k, f: k.body.append(st.Let("z", f64("a"))), "`z = a`: a is not known here"),
    "type of value": (lambda k, f: f.body.append(st.Store(at("q"), (ZERO,), ONE)), "i64 where f64 is needed"),
    "type of name": (lambda k, f: f.body.append(st.Let("z", ex.name("a", "f32"))), "a is f64, used as f32"),
    "index": (lambda k, f: f.body.append(st.Load("z", at("p"), ())), "as many indices as strides"),
    "stride": (
        lambda k, f: f.body.append(st.Load("z", st.View("p", "f64", ZERO, (ex.const(1, "i32"),)), (ZERO,))),
        "i32 where i64 is needed",
    ),
    "complex": (
        lambda k, f: f.body.append(st.Load("z", st.View("p", "c64", ZERO, ()), ())),
        "no elements of type c64",
    ),
    "base": (lambda k, f: f.body.append(st.Load("z", at("m"), (ZERO,))), "m is no pointer"),
    "carried type": (lambda k, f: setattr(f.carried[0], "init", ZERO), "for i < m vector.*i64 where f64"),
    "carried op": (lambda k, f: setattr(f.carried[0], "op", "xor"), "carried by xor"),
    "state": (lambda k, f: setattr(f.carried[0], "op", "state"), "carried by state in a vector loop"),
    "extent": (lambda k, f: setattr(f, "extent", f64("m")), "f64 where i64"),
    "kind": (lambda k, f: setattr(f, "kind", "parallel"), "loops are serial or vector"),
    "unroll": (lambda k, f: setattr(f, "unroll", 3), "power of two"),
    "apart": (
        lambda k, f: (setattr(f, "separate_copies", True), f.body.append(st.For("j", ONE, "serial", []))),
        "all its lanes together",
    ),
    "prefetch": (lambda k, f: f.body.append(st.Prefetch(at("p"), (), 64, False)), "as many indices as strides"),
    "loop in vector": (
        lambda k, f: f.body.append(st.For("j", ONE, "vector", [])),
        "only plain serial loops inside vector loops",
    ),
    "loop of lanes": (
        lambda k, f: f.body.append(st.For("j", ex.name("i", "i64"), "serial", [])),
        "differs between the lanes",
    ),
    "branch in vector": (lambda k, f: f.body.append(st.If(TRUE, [], [])), "branch inside a vector loop"),
    "not in kernels": (lambda k, f: k.body.append(hs.Poll()), "Poll does not belong here"),
    "primitive": (lambda k, f: k.body.append(st.Let("z", Expr("sqrt", "i64", (ONE,)))), "sqrt of i64"),
    "no primitive": (
        lambda k, f: k.body.append(st.Let("z", Expr("exp", "i64", (ONE,)))),
        "exp is no primitive",
    ),
    "select": (
        lambda k, f: k.body.append(st.Let("z", Expr("select", "i64", (TRUE, ONE, TRUE)))),
        "select of bool, i64, bool",
    ),
    "bitcast": (
        lambda k, f: k.body.append(st.Let("z", Expr("bitcast", "f32", (ONE,)))),
        "bitcast of i64 to f32",
    ),
    "parameter": (lambda k, f: k.params.append(("z", "f16")), "parameter z has type f16"),
    "one place": (
        lambda k, f: f.body.append(st.Store(at("q"), (ZERO,), f64("a"))),
        r"q.f64\[0\] = a`: all lanes of a vector loop store to the same place",
    ),
    "place of an inner loop": (
        lambda k, f: f.body.append(
            st.For("j", N_OF_KERNEL, "serial", [st.Store(at("q"), (ex.name("j", "i64"),), f64("a"))])
        ),
        r"q.f64\[j\] = a`: all lanes of a vector loop store to the same place",
    ),
    "ends early": (lambda k, f: setattr(f, "until", TRUE), "a vector loop does not end early"),
    "counts": (lambda k, f: setattr(f, "count", "n"), "a vector loop does not count"),
    "serial unrolled": (
        lambda k, f: k.body.append(st.For("j", ONE, "serial", [], unroll=2)),
        "only vector loops are unrolled",
    ),
    "unrolled not at all": (lambda k, f: setattr(f, "unroll", 0), "power of two"),
    "lanes that end early": (
        lambda k, f: f.body.append(st.For("j", ONE, "serial", [], until=TRUE)),
        "only plain serial loops inside vector loops",
    ),
    "carried in memory only": (lambda k, f: setattr(f.carried[0], "type", "f16"), "f64 where f16 is needed"),
    "carried next": (lambda k, f: setattr(f.carried[0], "next", ONE), "i64 where f64 is needed"),
    "carried as a choice": (
        lambda k, f: f.carried.append(st.Carried("b", "add", "bool", ONE, ONE, "e")),
        "i64 where bool is needed",
    ),
    "lanes of bits": (
        lambda k, f: f.carried.append(st.Carried("b", "and", "f64", ex.const(0, "f64"), f64("a"), "e")),
        "carried by and in a vector loop",
    ),
    "start": (lambda k, f: setattr(f, "start", TRUE), "bool where i64 is needed"),
    "end": (lambda k, f: k.body.append(st.For("j", ONE, "serial", [], until=ONE)), "i64 where bool is needed"),
    "result inside": (lambda k, f: f.body.append(st.Let("z", f64("r"))), "r is not known here"),
    "index outside": (lambda k, f: k.body.append(st.Let("z", ex.name("i", "i64"))), "i is not known here"),
    "size": (lambda k, f: k.body.append(st.Local("z", -1)), "a negative size"),
    "base of a store": (lambda k, f: f.body.append(st.Store(at("m"), (ZERO,), f64("a"))), "m is no pointer"),
    "offset": (
        lambda k, f: f.body.append(st.Load("z", st.View("p", "f64", TRUE, (ONE,)), (ZERO,))),
        "bool where i64 is needed",
    ),
    "index of another type": (lambda k, f: f.body.append(st.Load("z", at("p"), (f64("a"),))), "f64 where i64"),
    "condition": (lambda k, f: k.body.append(st.If(ONE, [], [])), "i64 where bool is needed"),
    "side of a branch": (
        lambda k, f: k.body.append(st.If(TRUE, [st.Let("z", ONE)], [st.Let("w", ex.name("z", "i64"))])),
        "z is not known here",
    ),
    "unknown in a part": (
        lambda k, f: k.body.append(st.Let("z", ex.add(ONE, ex.mul(ONE, ex.name("nobody", "i64"))))),
        "nobody is not known here",
    ),
    "half in register": (
        lambda k, f: k.body.append(st.Let("z", Expr("cast", "f16", (ONE,)))),
        "lives in memory only",
    ),
}


@pytest.mark.parametrize("fault", KERNEL_FAULTS)
def test_kernels(fault: str) -> None:
    damage, message = KERNEL_FAULTS[fault]
    rejected([], message, [damaged(fault)])


def damaged(fault: str) -> st.Kernel:
    kernel = adding()
    KERNEL_FAULTS[fault][0](kernel, kernel.body[0])  # type: ignore[arg-type]
    return kernel


F32 = ex.name("h", "f32")
EXPRESSIONS: dict[str, tuple[str, str, tuple[Expr, ...], str]] = {
    "choice of one": ("rare", "i64", (TRUE, ONE), "rare of bool, i64"),
    "choice by a number": ("select", "i64", (ONE, ONE, ONE), "select of i64, i64, i64"),
    "cast of two": ("cast", "i64", (ONE, ONE), "cast of i64, i64 to i64"),
    "cast to itself": ("cast", "i64", (ONE,), "cast of i64 to i64"),
    "cast to bool": ("cast", "bool", (ONE,), "cast of i64 to bool"),
    "bits of two": ("bitcast", "f64", (ONE, ONE), "bitcast of i64, i64 to f64"),
    "too many": ("neg", "i64", (ONE, ONE), "neg of i64, i64"),
    "types that differ": ("add", "i64", (ONE, TRUE), "add of i64, bool"),
    "result of another type": ("add", "f64", (ONE, ONE), "add of i64 giving f64"),
    "comparison that is a number": ("lt", "i64", (ONE, ONE), "lt of i64 giving i64"),
    "bits of floats": ("and", "f64", (ex.const(1, "f64"),) * 2, "and of f64 giving f64"),
    "sum of choices": ("add", "bool", (TRUE, TRUE), "add of bool giving bool"),
    "float16 of doubles": ("half", "f64", (ex.const(1, "f64"),), "half of f64 giving f64"),
}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_expressions(case: str) -> None:
    op, type_, args, message = EXPRESSIONS[case]
    rejected([st.Let("z", Expr(op, type_, args))], message)


def test_constants() -> None:
    constant = ex.const(1, "f64")
    bad = Expr("const", "f64", (), "one")
    assert constant.value == 1
    rejected([st.Let("z", bad)], "constant 'one'")


def ranged_faults() -> Iterator[tuple[st.Kernel, str]]:
    """Kernels whose ranges could not be computed at once."""
    kernel = by_rows()
    kernel.params.reverse()
    yield kernel, "a ranged kernel ends with lo, hi"
    kernel = by_rows()
    kernel.params[-1] = (st.HI, "i32")
    yield kernel, "a ranged kernel ends with lo, hi"
    kernel = by_rows()
    kernel.body[0].extent = ONE  # type: ignore[union-attr]
    yield kernel, "one loop from lo to hi"
    kernel = by_rows()
    kernel.body[0].start = ZERO  # type: ignore[union-attr]
    yield kernel, "one loop from lo to hi"
    kernel = by_rows()
    kernel.body.append(st.For("j", ex.name(st.HI, "i64"), "vector", [], start=ex.name(st.LO, "i64")))
    yield kernel, "one loop from lo to hi"
    for change in (
        {"carried": [st.Carried("t", "add", "f64", ex.const(0, "f64"), f64("t"), "r")]},
        {"kind": "serial", "until": TRUE},
    ):
        kernel = by_rows()
        for name, value in change.items():
            setattr(kernel.body[0], name, value)
        yield kernel, "nothing is carried from range to range"
    one = ex.const(1, "f64")
    inner = st.For("j", ONE, "serial", [st.Store(at("q"), (ex.name("j", "i64"),), one)])
    for fixed in (st.Store(at("q"), (ZERO,), one), st.Store(at("q"), (ZERO,), f64("a")), inner):
        kernel = by_rows()
        kernel.body[0].body.append(fixed)  # type: ignore[union-attr]
        yield kernel, "`p?q.*: ranges write to the same place"


def test_ranged_kernels() -> None:
    for kernel, message in ranged_faults():
        rejected([], message, [kernel])


def test_ranges_may_write_where_they_are() -> None:
    """To their own rows, by way of names too, and to memory of their own."""
    one, i = ex.const(1, "f64"), ex.name("i", "i64")
    j = st.For("j", ex.add(i, ONE), "serial", [st.Store(at("q"), (ex.name("j", "i64"),), one)], start=i)
    named = [st.Let("k", ex.mul(i, N7)), st.Store(at("q"), (ex.name("k", "i64"),), one)]
    offset = st.Store(st.View("q", "f64", i, (ONE,)), (ZERO,), one)
    for body in ([j], named, [offset], [st.Store(at("o"), (ZERO,), one)]):
        kernel = by_rows()
        kernel.body[0].kind = "serial"  # type: ignore[union-attr]
        kernel.body[0].body += body  # type: ignore[union-attr]
        kernel.body.insert(0, st.Local("o", 8))
        check(hs.Program([kernel], [*HEAD]))


def test_loops_around_ranges_do_nothing_else() -> None:
    """As where the ranges are of columns, and each goes to all rows."""
    kernel = by_rows()
    kernel.body = [st.For("j", N7, "serial", kernel.body)]
    check(hs.Program([kernel], [*HEAD]))
    kernel.body[0].body.append(st.Store(at("q"), (ZERO,), ex.const(1, "f64")))  # type: ignore[union-attr]
    kernel.body[0].body[0].extent = ONE  # type: ignore[union-attr]
    rejected([], "one loop from lo to hi", [kernel])


N7 = ex.const(7, "i64")


def by_rows() -> st.Kernel:
    """A ranged kernel: q = p + 1."""
    i = ex.name("i", "i64")
    body: list[st.Stmt] = [
        st.Load("a", at("p"), (i,)),
        st.Store(at("q"), (i,), ex.add(f64("a"), ex.const(1, "f64"))),
    ]
    loop = st.For("i", ex.name(st.HI, "i64"), "vector", body, start=ex.name(st.LO, "i64"))
    return st.Kernel("k1", [("p", "ptr"), ("q", "ptr"), (st.LO, "i64"), (st.HI, "i64")], [loop], ranged=True)


LO, HI = ex.name("first", "i64"), ex.name("last", "i64")
RANGED = by_rows()


def rows_of(lo: Expr, hi: Expr, least: int = 0) -> hs.CallKernel:
    return hs.CallKernel(RANGED, [("x", ZERO, "f64"), ("y", ZERO, "f64")], hs.Ranges(hi, ONE, least, start=lo))


def product_of(offset: Expr) -> list[Expr | Arg]:
    x, y = ("x", ZERO, "f64"), ("y", offset, "f64")
    return [ex.sub(HI, LO), N, N, x, N, x, N, ONE, x, y, N]


def pieces_of(first: Expr, last: Expr) -> hs.Call:
    y, integers = ("y", ZERO, "f64"), ("y", ZERO, "i64")
    return hs.Call(SYMBOL, [first, last, y, integers, integers], "pieces_f64")


def sliced(body: list[st.Stmt]) -> hs.Slices:
    return hs.Slices("first", "last", N, ONE, 4, 100, body)


def test_good_slices() -> None:
    loop = st.For("t", N, "serial", [rows_of(LO, HI), hs.Call(SYMBOL, product_of(LO), "dslice"), pieces_of(LO, HI)])
    check(hs.Program([RANGED], [*HEAD, sliced([loop])]))


K = adding()
# fmt: off
FAILING: list[tuple[str, list[st.Stmt], str]] = [
    ("input", [call(K, "y", "x")], r"main: `k0\(.*\)`: x is written, which is input 0"),
    ("constant", [call(K, "x", "c")], "c is written, which is constant"),
    ("store to input", [st.Store(at("x"), (ZERO,), ex.const(0, "f64"))], "x is written, which is input"),
    ("copy to constant", [hs.Copy("c", "x", N)], "c is written"),
    (
        "held",
        [hs.HoldObject(1, "context", OBJECT), hs.ArrayHeader(1, "h", ()), call(K, "x", "h")],
        "h is written",
    ),
    ("before commit", [call(K, "x", "s")], "storage 0 is written before the commit point"),
    ("replaced before commit", [hs.SetStorage(STORAGE, 0)], "replaced before the commit point"),
    ("check after commit", [hs.Commit(), hs.Check(TRUE, 1)], "may fail after the commit point"),
    ("array after commit", [hs.Commit(), hs.NewArray("z", 1, "f64", (), 1)], "may fail after the commit point"),
    ("call-back after commit", [hs.Commit(), hs.CallBack(CALLBACK, (0,), (1,))], "may fail after"),
    ("poll after commit", [hs.Commit(), hs.Poll()], "may fail after"),
    ("leaving after commit", [hs.Commit(), hs.Spend(COUNTER, N, N)], "may fail after"),
    ("leaving a branch", [st.If(TRUE, [hs.Spend(COUNTER, N, N)], [])], "work is first told in no block"),
    (
        "leaving a loop",
        [hs.Spend(COUNTER, N, N), st.For("i", N, "serial", [hs.Spend(COUNTER, N, N)])],
        "work is first told in no block",
    ),
    ("no counter", [hs.Work(STORAGE, N, N)], "is no counter"),
    ("commit in a branch", [st.If(TRUE, [hs.Commit()], [])], "commits in one branch"),
    ("aliases", [call(K, "y", "y")], "p and q are the same memory"),
    (
        "one piece",
        [hs.Workspace("w", N, 1), hs.Carve("a", "w", N), hs.Carve("b", "w", N), call(K, "a", "b")],
        "same memory",
    ),
    ("arity", [hs.CallKernel(K, [N])], "3 arguments are needed"),
    ("number for pointer", [hs.CallKernel(K, [N, N, N])], "a number where a pointer is needed"),
    ("symbol", [hs.Call(SYMBOL, [], "system")], "system is not on the list"),
    ("symbol writes", [hs.Call(SYMBOL, [N, N, N, X, N, X, N, ONE, X, X, N], "dslice")], "x is written"),
    ("slices", [sliced([call(K, "x", "y")])], "a slice calls for its own rows, itself"),
    ("rows of others", [sliced([rows_of(LO, N)])], "a slice writes what is not its own"),
    ("rows before", [sliced([rows_of(ZERO, HI)])], "a slice writes what is not its own"),
    ("place of others", [sliced([hs.Call(SYMBOL, product_of(N), "dslice")])], "a slice writes what is not its own"),
    ("pieces of others", [sliced([pieces_of(LO, N)])], "a slice writes what is not its own"),
    ("in a slice", [sliced([hs.Poll()])], "does not belong into a slice"),
    ("slices in a slice", [sliced([sliced([])])], "does not belong into a slice"),
    ("ranges of rows", [rows_of(ONE, N, least=1)], "ranges start at zero"),
    ("check", [hs.Check(TRUE, 2)], "check 2 has no record"),
    ("check code", [hs.Check(TRUE, 0)], "check 0 has no record"),
    ("operands", [hs.Check(TRUE, 1, (N,) * 5)], "at most 4 operands"),
    ("condition", [hs.Check(N, 1)], "i64 where bool is needed"),
    ("slot twice", [hs.NewArray("z", 0, "f64", (), 1)], "slot 0 is filled already"),
    ("empty slot", [hs.ArrayHeader(2, "z", ())], "slot 2 is empty"),
    (
        "half filled",
        [st.If(TRUE, [hs.NewArray("z", 1, "f64", (), 1)], []), hs.ArrayHeader(1, "h", ())],
        "slot 1 is empty",
    ),
    ("no slot", [hs.NewArray("z", 7, "f64", (), 1)], "there is no slot 7"),
    ("word", [hs.ContextWord("z", SYMBOL)], "is no constant"),
    ("frame", [hs.FrameWord("z", LAYOUT.input_dim(0, 0), "ptr")], "holds no data"),
    ("commit in a loop", [st.For("t", N, "serial", [hs.Commit()])], "commits in a loop"),
    (
        "array of a step",
        [st.For("t", N, "serial", [hs.NewArray("z", 1, "f64", (), 1)])],
        r"objects of one step are left for the next in slots \[1\]",
    ),
    (
        "object of a step",
        [st.For("t", N, "serial", [hs.HoldObject(1, "context", OBJECT)])],
        r"left for the next in slots \[1\]",
    ),
    ("result of a step", [st.For("t", N, "serial", [hs.CallBack(CALLBACK, (0,), (2,))])], r"in slots \[2\]"),
    (
        "object of a loop",
        [st.For("t", N, "serial", [hs.NewArray("z", 1, "f64", (), 1), hs.Move(2, 1)]), hs.ArrayHeader(2, "h", ())],
        "slot 2 is empty",
    ),
    (
        "dropped in a loop",
        [st.For("t", N, "serial", [hs.Release(0)]), hs.ArrayHeader(0, "h", ("d",))],
        "slot 0 is empty",
    ),
    (
        "kind of a branch",
        [
            st.If(TRUE, [hs.NewArray("z", 1, "f64", (), 1)], [hs.HoldObject(1, "context", OBJECT)]),
            hs.ArrayHeader(1, "h", ()),
            call(K, "x", "h"),
        ],
        "h is written, which is object 1",
    ),
    ("no frame word", [hs.FrameWord("z", LAYOUT.words, "i64")], "no such word of the frame"),
    ("frame word before the first", [hs.FrameWord("z", -1, "i64")], "no such word of the frame"),
    ("type of a frame word", [hs.FrameWord("z", LAYOUT.input_dim(0, 0), "f64")], "no such word of the frame"),
    ("pointer as a number", [hs.FrameWord("z", LAYOUT.input_data(0), "i64")], "the word holds a pointer"),
    ("context word before ours", [hs.ContextWord("z", abi.FIRST_FREE - 1)], "is no constant"),
    ("context word behind ours", [hs.ContextWord("z", abi.FIRST_FREE + len(WORDS))], "is no constant"),
    ("workspace without a record", [hs.Workspace("w", N, 2)], "check 2 has no record"),
    ("size of a workspace", [hs.Workspace("w", TRUE, 1)], "bool where i64 is needed"),
    ("carved of a number", [hs.Carve("a", "n", N)], "n is no pointer"),
    ("place of a piece", [hs.Workspace("w", N, 1), hs.Carve("a", "w", TRUE)], "bool where i64 is needed"),
    ("piece of an input", [hs.Carve("a", "x", N), call(K, "y", "a")], "a is written, which is input"),
    ("array of no type", [hs.NewArray("z", 1, "object", (), 1)], "no array of type object"),
    ("array without a record", [hs.NewArray("z", 1, "f64", (), 0)], "check 0 has no record"),
    ("length of an array", [hs.NewArray("z", 1, "f64", (TRUE,), 1)], "bool where i64 is needed"),
    ("slot before the first", [hs.NewArray("z", -1, "f64", (), 1)], "there is no slot -1"),
    ("slot behind the last", [hs.NewArray("z", 3, "f64", (), 1)], "there is no slot 3"),
    ("call-back of nothing", [hs.CallBack(CALLBACK, (1,), (2,))], "slot 1 is empty"),
    ("call-back to what is full", [hs.CallBack(CALLBACK, (0,), (0,))], "slot 0 is filled already"),
    ("no call-back", [hs.CallBack(OBJECT, (0,), (1,))], "is no callback"),
    ("held of a symbol", [hs.HoldObject(1, "context", SYMBOL)], "is no object or constant or storage"),
    ("held of nothing", [hs.HoldObject(1, "slot", 2)], "slot 2 is empty"),
    ("held of a length", [hs.HoldObject(1, "frame", LAYOUT.input_dim(0, 0))], "no object at frame"),
    ("held of nowhere", [hs.HoldObject(1, "stack", LAYOUT.input_data(0))], "no object at stack"),
    ("held twice", [hs.HoldObject(0, "slot", 0)], "slot 0 is filled already"),
    ("released", [hs.Release(0), hs.ArrayHeader(0, "h", ())], "slot 0 is empty"),
    ("no slot to release", [hs.Release(3)], "there is no slot 3"),
    ("no slot before to release", [hs.Release(-1)], "there is no slot -1"),
    ("moved from nowhere", [hs.Move(0, 1)], "slot 1 is empty"),
    ("moved to nowhere", [hs.Move(3, 0)], "there is no slot 3"),
    ("moved before the first", [hs.Move(-1, 0)], "there is no slot -1"),
    ("moved and read", [hs.Move(1, 0), hs.ArrayHeader(0, "h", ())], "slot 0 is empty"),
    ("no storage", [hs.Commit(), hs.SetStorage(OBJECT, 0)], "is no storage"),
    ("storage of nothing", [hs.Commit(), hs.SetStorage(STORAGE, 1)], "slot 1 is empty"),
    ("pointer for number", [hs.CallKernel(K, [("x", ZERO, "f64"), ("y", ZERO, "f64"), ("x", ZERO, "f64")])],
     "a pointer where a number is needed"),
    ("argument of no type", [hs.CallKernel(K, [("x", ZERO, "f64"), ("y", ZERO, "str"), N])],
     "no elements of type str"),
    ("place of an argument", [hs.CallKernel(K, [("x", TRUE, "f64"), ("y", ZERO, "f64"), N])],
     "bool where i64 is needed"),
    ("base of an argument", [call(K, "n", "y")], "n is no pointer"),
    ("argument of another type", [hs.CallKernel(K, [("x", ZERO, "f64"), ("y", ZERO, "f64"), TRUE])],
     "bool where i64 is needed"),
    ("ranges for no ranged kernel", [hs.CallKernel(K, [N, N, N], hs.Ranges(N, ONE))],
     "ranged kernels get ranges, and no others"),
    ("no ranges", [hs.CallKernel(RANGED, [("x", ZERO, "f64"), ("y", ZERO, "f64")])],
     "ranged kernels get ranges, and no others"),
    ("extent of ranges", [rows_of(ZERO, TRUE)], "bool where i64 is needed"),
    ("start of ranges", [rows_of(TRUE, N)], "bool where i64 is needed"),
    ("number that is written", [hs.Call(SYMBOL, [N] * 11, "dslice")],
     "a number where a pointer is needed"),
    ("pointer to others", [hs.Call(SYMBOL, [N, N, N, ("x", ZERO, "f32"), N, X, N, ONE, X, Y, N], "dslice")],
     "a is to elements of f64"),
    ("too few", [hs.Call(SYMBOL, [N] * 10, "dslice")], "11 arguments are needed"),
    ("team in the team", [sliced([hs.Call(SYMBOL, product_of(LO), "dpacked")])], "not called by many threads"),
    ("no symbol", [hs.Call(OBJECT, [], "dproduct")], "is no symbol"),
    ("slice of no rows", [hs.Slices("first", "last", N, ONE, 0, 100, [])], "a slice has rows"),
    ("slice of less", [hs.Slices("first", "last", N, ONE, 1, -1, [])], "a slice has rows"),
    ("extent of slices", [hs.Slices("first", "last", TRUE, ONE, 1, 1, [])], "bool where i64 is needed"),
    ("weight of slices", [hs.Slices("first", "last", N, TRUE, 1, 1, [])], "bool where i64 is needed"),
    ("slice behind", [sliced([]), st.Let("z", LO)], "first is not known here"),
    ("ranges in a slice", [sliced([hs.CallKernel(RANGED, rows_of(LO, HI).args, hs.Ranges(HI, ONE, 1, start=LO))])],
     "a slice calls for its own rows, itself"),
    ("copied to itself", [hs.Copy("y", "y", N)], "copies a buffer to itself"),
    ("copied to a number", [hs.Copy("n", "x", N)], "n is no pointer"),
    ("copied from a number", [hs.Copy("y", "n", N)], "n is no pointer"),
    ("size of a copy", [hs.Copy("y", "x", TRUE)], "bool where i64 is needed"),
    ("operand", [hs.Check(TRUE, 1, (ex.name("nobody", "i64"),))], "nobody is not known here"),
    ("without the GIL", [hs.ReleaseGil(TRUE), hs.NewArray("z", 1, "f64", (), 1)], "needs the GIL"),
    ("released twice", [hs.ReleaseGil(TRUE), hs.ReleaseGil(TRUE)], "the GIL is let go once"),
    ("released in a block", [st.If(TRUE, [hs.ReleaseGil(TRUE)], [])], "the GIL is let go once, and not in a block"),
    ("released if a number", [hs.ReleaseGil(N)], "i64 where bool is needed"),
    ("never taken", [hs.ReleaseGil(TRUE)], "the GIL is let go and never taken again"),
    ("taken without need", [hs.TakeGil()], "the GIL is taken where it was let go"),
    ("taken in a block", [hs.ReleaseGil(TRUE), st.If(TRUE, [hs.TakeGil()], [])], "taken where it was let go"),
    ("work of a block", [st.If(TRUE, [hs.Work(COUNTER, N, N)], [])], "work is first told in no block"),
    ("work", [hs.Work(COUNTER, TRUE, N)], "bool where i64 is needed"),
    ("sizes of a block", [st.If(TRUE, [hs.NoteSizes(PROFILE, 0, 4, (N,))], [])], "sizes are noted in no block"),
    ("sizes", [hs.NoteSizes(PROFILE, 0, 4, (TRUE,))], "bool where i64 is needed"),
    ("no profile", [hs.NoteSizes(COUNTER, 0, 4, (N,))], "is no profile"),
    ("two clocks", [hs.StartClock(PROFILE, 8), hs.StartClock(PROFILE, 8)], "this clock runs"),
    ("no clock", [hs.StopClock(PROFILE, 8)], "this clock was not started in this block"),
    (
        "clock of a block",
        [hs.StartClock(PROFILE, 8), st.If(TRUE, [hs.StopClock(PROFILE, 8)], [])],
        "this clock was not started in this block",
    ),
    (
        "escapes a branch",
        [st.If(TRUE, [st.Let("z", N)], []), st.Let("q", ex.name("z", "i64"))],
        "z is not known here",
    ),
]


# fmt: on


@pytest.mark.parametrize("main, message", [f[1:] for f in FAILING], ids=[f[0] for f in FAILING])
def test_main(main: list[st.Stmt], message: str) -> None:
    rejected(main, message, [K, RANGED])


def whole_programs() -> Iterator[tuple[hs.Program, Facts, str]]:
    facts = Facts(WORDS, abi.FIRST_FREE, n_checks=1, n_outputs=1, updated=frozenset([0]))
    yield hs.Program([adding()], [*HEAD, call(adding(), "x", "y")]), facts, "kernel is not in the program"
    yield hs.Program([adding(), adding()], HEAD), facts, "two kernels have this name"
    yield hs.Program([], [INPUT_DIM]), facts, "output 0 is never made"
    updating = hs.Program([K], [*HEAD, hs.Commit(), call(K, "x", "s")])
    yield updating, Facts(WORDS, abi.FIRST_FREE, n_checks=1, n_outputs=1), "not declared updated"


def test_whole_programs() -> None:
    for program, facts, message in whole_programs():
        with pytest.raises(VerifyError, match=message):
            verify(program, LAYOUT, facts)


def broken_rule(program: hs.Program, facts: Facts) -> int:
    """The line of the verifier that rejects a program."""
    with pytest.raises(VerifyError) as caught:
        verify(program, LAYOUT, facts)
    frames = [f for f in caught.traceback if f.frame.code.name not in ("require", "fail")]
    return frames[-1].lineno + 1


def test_every_rule_rejects_some_program() -> None:
    """Of those in this file: a rule that rejects nothing could be lost unseen."""
    facts = Facts(WORDS, abi.FIRST_FREE, n_checks=1, n_outputs=1, updated=frozenset([0]))
    programs = [(hs.Program([damaged(fault)], HEAD), facts) for fault in KERNEL_FAULTS]
    programs += [(hs.Program([kernel], HEAD), facts) for kernel, _ in ranged_faults()]
    programs += [(hs.Program([K, RANGED], [*HEAD, *main]), facts) for _, main, _ in FAILING]
    programs += [(program, facts) for program, facts, _ in whole_programs()]
    broken = {broken_rule(program, facts) for program, facts in programs}
    unbroken = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(Path(rules.__file__).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("require", "fail")
        if broken.isdisjoint(range(node.lineno, node.end_lineno + 1)) and ast.unparse(node) != FORWARDS
    ]
    assert not unbroken


# what `require` itself does
FORWARDS = "self.fail(self.stmt, problem)"
