"""One entry in the table of external functions is all that another one needs."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from tests.conftest import Golden
from tests.runtime.programs import Fallback, OnError
from theano.backend.c.main import Unit, print_c
from theano.backend.interpreter import Interpreter
from theano.backend.llvm.main import print_module
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.externs.table import EXTERNS, LETTER, Extern, signature
from theano.loops.verify import Facts, VerifyError, verify
from theano.native import linking
from theano.native.support.context import make_context
from theano.runtime import abi, jit
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.function_base import FunctionBase, install
from theano.runtime.module import verbatim

ZERO, N = ex.const(0, "i64"), ex.name("n", "i64")
X, Y = ("x", ZERO, "f64"), ("y", ZERO, "f64")
VECTOR = abi.ArraySpec("float64", (False,))
SPEC = EntrySpec([VECTOR], [], n_slots=1, n_outputs=1, result="single")
WORD = abi.FIRST_FREE
CALLED = hs.Call(WORD, [N, ex.const(2.0, "f64"), X, Y], "scaled")
MAIN = [
    hs.FrameWord("x", SPEC.layout.input_data(0), "ptr"), hs.FrameWord("n", SPEC.layout.input_dim(0, 0), "i64"),
    hs.NewArray("y", 0, "f64", (N,), 1),
]  # fmt: skip


def scaled(a: dict[str, Any]) -> None:
    """y = by * x."""
    data, start = a["x"].element("f64", 0)
    out, first = a["y"].element("f64", 0)
    out[first : first + a["n"]] = a["by"] * data[start : start + a["n"]]


@ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p)
def native(n: int, by: float, x: int, y: int) -> int:
    data, out = (np.ctypeslib.as_array(ctypes.cast(p, ctypes.POINTER(ctypes.c_double)), (n,)) for p in (x, y))
    out[...] = by * data
    return 0


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Extern:
    address = ctypes.cast(native, ctypes.c_void_p).value
    assert address is not None
    made = Extern(
        "scaled", signature("n:i by:n x:p y:p", "f64", "x", "y"), "tests", scaled,
        cost=lambda a: ex.mul(a["n"], ex.const(500, "i64")), may_fail=True, needs_python=True,
    )  # fmt: skip
    monkeypatch.setitem(EXTERNS, "scaled", made)
    monkeypatch.setitem(linking.SOURCES, "tests", linking.Source(lambda name: address))
    return made


def check(*main: Any) -> None:
    verify(hs.Program([], [*MAIN, *main]), SPEC.layout, Facts(["symbol"], WORD, n_checks=1, n_outputs=1))


def test_rules(entry: Extern) -> None:
    check(CALLED)
    for main, problem in [
        ([hs.Commit(), CALLED], "may fail after the commit point"),
        ([hs.ReleaseGil(ex.gt(N, 0)), CALLED, hs.TakeGil()], "needs the GIL"),
        ([hs.Slices("lo", "hi", N, N, 1, 0, [CALLED])], "not called by many threads at once"),
        ([hs.Call(WORD, [N, N, X, Y], "scaled")], "i64 where f64 is needed"),
        ([hs.Call(WORD, [*CALLED.args[:3], X], "scaled")], "x is written, which is input 0"),
    ]:
        with pytest.raises(VerifyError, match=problem):
            check(*main)
    cost = entry.operations(CALLED.args)
    assert cost is not None and ex.to_text(cost) == "mul(n, 500)"


def test_interpreted(entry: Extern) -> None:
    run = Interpreter(hs.Program([], [*MAIN, CALLED]), SPEC.layout, {})
    run.run([np.arange(5.0)], [])
    np.testing.assert_array_equal(run.slots[0], 2 * np.arange(5.0))


def test_c(entry: Extern, golden: Golden) -> None:
    program = hs.Program([], [*MAIN, CALLED])
    golden(print_c(Unit(program, SPEC.layout, [("x", VECTOR)], [], [("symbol", "scaled")], 1)), "extern")


class Function(FunctionBase):
    def __init__(self, address: int) -> None:
        text = print_module(hs.Program([], [*MAIN, CALLED]), SPEC.layout, jit.isa()) + print_entry(SPEC)
        kept = (Fallback(self), OnError())  # type: ignore[arg-type]
        self.code = jit.compile_module(text)
        install(self, self.code, make_context([*map(id, kept), address], kept))


def test_native(entry: Extern) -> None:
    np.testing.assert_array_equal(Function(linking.address("scaled"))(np.arange(5.0)), 2 * np.arange(5.0))


def test_native_failure(entry: Extern) -> None:
    raises = ctypes.cast(ctypes.pythonapi.PyErr_NoMemory, ctypes.c_void_p).value
    text = (
        f"define i32 @refuse(i64 %n, double %by, ptr %x, ptr %y) {{\n"
        f"%null = call ptr inttoptr (i64 {raises} to ptr)()\nret i32 1\n}}\n"
    )
    refusing = jit.compile_module(verbatim(text), exports=("refuse",), use_cache=False)
    with pytest.raises(MemoryError):
        Function(refusing.symbols["refuse"])(np.arange(5.0))


def test_products_are_declared() -> None:
    """What is written, and what work is counted by."""
    m, n, k = (ex.name(x, "i64") for x in "mnk")
    for letter in LETTER.values():
        assert [p.name for p in EXTERNS[f"{letter}backward"].parameters if p.is_written] == ["w", "g"]
        number = ex.const(0, EXTERNS[f"{letter}product"].parameters[3].type)
        args = [m, n, k, number, X, k, n, Y, n, k, number, Y, n]
        cost = EXTERNS[f"{letter}product"].operations(args)
        assert cost is not None and ex.to_text(cost) == "mul(mul(mul(m, k), n), 2)"
        assert EXTERNS[f"{letter}slice"].cost is None and not EXTERNS[f"{letter}slice"].shares_threads
