"""Programs that break a rule are rejected with a message that names the statement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.verify import Facts, VerifyError, verify
from theano.runtime import abi

N = ex.name("n", "i64")
ZERO, ONE = ex.const(0, "i64"), ex.const(1, "i64")
TRUE = ex.const(True, "bool")
WORDS = ["storage", "constant", "callback", "symbol", "object", "counter"]
STORAGE, CONSTANT, CALLBACK, SYMBOL, OBJECT, COUNTER = (abi.FIRST_FREE + k for k in range(6))
VECTOR = abi.ArraySpec("float64", (False,))
LAYOUT = abi.FrameLayout([VECTOR], [VECTOR], 3)
INPUT_PTR = st.FrameWord("x", LAYOUT.input_data(0), "ptr")
INPUT_DIM = st.FrameWord("n", LAYOUT.input_dim(0, 0), "i64")
STORAGE_PTR = st.FrameWord("s", LAYOUT.storage_data(0), "ptr")
CONSTANT_PTR = st.ContextWord("c", CONSTANT)
OUTPUT = st.NewArray("y", 0, "f64", (N,), 1)
HEAD = [INPUT_PTR, INPUT_DIM, STORAGE_PTR, CONSTANT_PTR, OUTPUT]
Arg = tuple[str, Expr, str]


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


def call(kernel: st.Kernel, *bases: str) -> st.CallKernel:
    return st.CallKernel(kernel, [*((b, ZERO, "f64") for b in bases), N])


def check(program: st.Program) -> None:
    verify(program, LAYOUT, Facts(WORDS, n_checks=1, n_outputs=1, updated=frozenset([0])))


def rejected(main: list[st.Stmt], message: str, kernels: list[st.Kernel] | None = None) -> None:
    """Main after the usual head, or instead of it."""
    kernels = [adding()] if kernels is None else kernels
    with pytest.raises(VerifyError, match=message):
        check(st.Program(kernels, [*HEAD, *main]))


def test_good_program() -> None:
    kernel = adding()
    main = [
        *HEAD, st.Check(ex.gt(N, 0), 1, (N,)), call(kernel, "x", "y"), st.Commit(), call(kernel, "x", "s"),
        st.HoldObject(1, "frame", LAYOUT.storage_data(0)), st.SetStorage(STORAGE, 0),
    ]  # fmt: skip
    check(st.Program([kernel], main))


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
        lambda k, f: (setattr(f, "apart", True), f.body.append(st.For("j", ONE, "serial", []))),
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
    "not in kernels": (lambda k, f: k.body.append(st.Poll()), "Poll does not belong here"),
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
    "half in register": (
        lambda k, f: k.body.append(st.Let("z", Expr("cast", "f16", (ONE,)))),
        "lives in memory only",
    ),
}


@pytest.mark.parametrize("fault", KERNEL_FAULTS)
def test_kernels(fault: str) -> None:
    damage, message = KERNEL_FAULTS[fault]
    kernel = adding()
    damage(kernel, kernel.body[0])  # type: ignore[arg-type]
    rejected([call(kernel, "x", "y")], message, [kernel])


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


def rows_of(lo: Expr, hi: Expr) -> st.CallKernel:
    return st.CallKernel(RANGED, [("x", ZERO, "f64"), ("y", ZERO, "f64")], st.Ranges(hi, ONE, start=lo))


def product_of(offset: Expr) -> list[Expr | Arg]:
    x, y = ("x", ZERO, "f64"), ("y", offset, "f64")
    return [ex.sub(HI, LO), N, N, x, N, x, N, ONE, x, y, N]


def sliced(body: list[st.Stmt]) -> st.Slices:
    return st.Slices("first", "last", N, ONE, 4, 100, body)


def test_good_slices() -> None:
    loop = st.For("t", N, "serial", [rows_of(LO, HI), st.Call(SYMBOL, product_of(LO), "dslice")])
    check(st.Program([RANGED], [*HEAD, sliced([loop])]))


K = adding()
FAILING: list[tuple[str, list[st.Stmt], str]] = [
    ("input", [call(K, "y", "x")], r"main: `k0\(.*\)`: x is written, which is input 0"),
    ("constant", [call(K, "x", "c")], "c is written, which is constant"),
    ("store to input", [st.Store(at("x"), (ZERO,), ex.const(0, "f64"))], "x is written, which is input"),
    ("copy to constant", [st.Copy("c", "x", N)], "c is written"),
    (
        "held",
        [st.HoldObject(1, "context", OBJECT), st.ArrayHeader(1, "h", ()), call(K, "x", "h")],
        "h is written",
    ),
    ("before commit", [call(K, "x", "s")], "storage 0 is written before the commit point"),
    ("replaced before commit", [st.SetStorage(STORAGE, 0)], "replaced before the commit point"),
    ("check after commit", [st.Commit(), st.Check(TRUE, 1)], "may fail after the commit point"),
    ("array after commit", [st.Commit(), st.NewArray("z", 1, "f64", (), 1)], "may fail after the commit point"),
    ("call-back after commit", [st.Commit(), st.CallBack(CALLBACK, (0,), (1,))], "may fail after"),
    ("poll after commit", [st.Commit(), st.Poll()], "may fail after"),
    ("leaving after commit", [st.Commit(), st.Spend(COUNTER, N)], "may fail after"),
    ("leaving a branch", [st.If(TRUE, [st.Spend(COUNTER, N)], [])], "work is told in no block"),
    ("no counter", [st.Work(STORAGE, N)], "is no counter"),
    ("commit in a branch", [st.If(TRUE, [st.Commit()], [])], "commits in one branch"),
    ("aliases", [call(K, "y", "y")], "p and q are the same memory"),
    (
        "one piece",
        [st.Workspace("w", N, 1), st.Carve("a", "w", N), st.Carve("b", "w", N), call(K, "a", "b")],
        "same memory",
    ),
    ("arity", [st.CallKernel(K, [N])], "3 arguments are needed"),
    ("number for pointer", [st.CallKernel(K, [N, N, N])], "a number where a pointer is needed"),
    ("symbol", [st.Call(SYMBOL, [], "system")], "system is not on the list"),
    ("symbol writes", [st.Call(SYMBOL, [("x", ZERO, "f64")] * 13, "dproduct")], "x is written"),
    ("slices", [sliced([call(K, "x", "y")])], "a slice calls for its own rows, itself"),
    ("rows of others", [sliced([rows_of(LO, N)])], "a slice writes what is not its own"),
    ("rows before", [sliced([rows_of(ZERO, HI)])], "a slice writes what is not its own"),
    ("place of others", [sliced([st.Call(SYMBOL, product_of(N), "dslice")])], "a slice writes what is not its own"),
    ("in a slice", [sliced([st.Poll()])], "does not belong into a slice"),
    ("slices in a slice", [sliced([sliced([])])], "does not belong into a slice"),
    ("rows without slices", [rows_of(ONE, N)], "ranges start at zero"),
    ("check", [st.Check(TRUE, 2)], "check 2 has no record"),
    ("check code", [st.Check(TRUE, 0)], "check 0 has no record"),
    ("operands", [st.Check(TRUE, 1, (N,) * 5)], "at most 4 operands"),
    ("condition", [st.Check(N, 1)], "i64 where bool is needed"),
    ("slot twice", [st.NewArray("z", 0, "f64", (), 1)], "slot 0 is filled already"),
    ("empty slot", [st.ArrayHeader(2, "z", ())], "slot 2 is empty"),
    (
        "half filled",
        [st.If(TRUE, [st.NewArray("z", 1, "f64", (), 1)], []), st.ArrayHeader(1, "h", ())],
        "slot 1 is empty",
    ),
    ("no slot", [st.NewArray("z", 7, "f64", (), 1)], "there is no slot 7"),
    ("word", [st.ContextWord("z", SYMBOL)], "is no constant"),
    ("frame", [st.FrameWord("z", LAYOUT.input_dim(0, 0), "ptr")], "holds no data"),
    (
        "escapes a branch",
        [st.If(TRUE, [st.Let("z", N)], []), st.Let("q", ex.name("z", "i64"))],
        "z is not known here",
    ),
]


@pytest.mark.parametrize("main, message", [f[1:] for f in FAILING], ids=[f[0] for f in FAILING])
def test_main(main: list[st.Stmt], message: str) -> None:
    rejected(main, message, [K, RANGED])


def test_whole_programs() -> None:
    rejected([call(adding(), "x", "y")], "kernel is not in the program", [adding()])
    rejected([], "two kernels have this name", [adding(), adding()])
    with pytest.raises(VerifyError, match="output 0 is never made"):
        check(st.Program([], [INPUT_DIM]))
    program = st.Program([K], [*HEAD, st.Commit(), call(K, "x", "s")])
    with pytest.raises(VerifyError, match="not declared updated"):
        verify(program, LAYOUT, Facts(WORDS, n_checks=1, n_outputs=1))
