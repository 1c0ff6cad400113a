"""The builder of IR: golden texts of small functions, and what they compute."""

from __future__ import annotations

import ctypes

import pytest

from theano.native.ir.builder import BOOL, INT, INT32, PTR, Field, FunctionText
from theano.runtime import jit
from theano.runtime.module import Module


def answers(f: FunctionText, *args: int) -> int:
    code = jit.compile_module(Module([], [f.function()]), exports=(f.name,))
    return int(ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(args))(code.symbols[f.name])(*args))


def total() -> FunctionText:
    """The sum of numbers in memory, up to the first negative one."""
    f = FunctionText("total", "numbers:p n:i", INT, exported=True)
    end = f.block(INT)
    with f.fold(0, f.n, [f.constant(0)]) as (k, state):
        number = f.numbers.element(INT, k).load(INT)
        f.jump(end, state[0], when=number < 0)
        state[0] = state[0] + number
    (found,) = f.begin(end, state[0])
    f.leave(found)
    return f


TOTAL = """define i64 @total(ptr %numbers, i64 %n) noinline nounwind {
entry:
br label %b3
b3:
%v4 = phi i64 [0, %entry], [%v14, %b12]
%v5 = phi i64 [0, %entry], [%v13, %b12]
%v7 = icmp slt i64 %v4, %n
br i1 %v7, label %b8, label %b6
b8:
%v9 = getelementptr i64, ptr %numbers, i64 %v4
%v10 = load i64, ptr %v9
%v11 = icmp slt i64 %v10, 0
br i1 %v11, label %b1, label %b12
b12:
%v13 = add i64 %v5, %v10
%v14 = add i64 %v4, 1
br label %b3
b6:
br label %b1
b1:
%v2 = phi i64 [%v5, %b8], [%v5, %b6]
ret i64 %v2
}"""


def test_loops_hand_values_on() -> None:
    assert total().function().text() == TOTAL
    data = (ctypes.c_int64 * 5)(3, 4, 5, -1, 100)
    assert [answers(total(), ctypes.addressof(data), n) for n in range(6)] == [0, 3, 7, 12, 12, 12]


def pick() -> FunctionText:
    f = FunctionText("pick", "x:i at:p", INT, exported=True, quick=True)
    one, two, other = f.block(), f.block(), f.block()
    f.switch(f.x, {1: one, 2: two}, other)
    f.begin(one)
    f.leave(10)
    f.begin(two)
    f.leave(f.select(f.at.is_null(), f.x, 20))
    f.begin(other)
    with f.unless(f.at.is_null()):
        f.at.set(Field(8, INT32), 7)
        f.leave(f.at.get(Field(0, INT)))
    f.leave(-1)
    return f


PICK = """define i64 @pick(i64 %x, ptr %at) noinline optnone nounwind {
entry:
switch i64 %x, label %b3 [i64 1, label %b1 i64 2, label %b2]
b1:
ret i64 10
b2:
%v4 = icmp eq ptr %at, null
%v5 = select i1 %v4, i64 %x, i64 20
ret i64 %v5
b3:
%v6 = icmp eq ptr %at, null
br i1 %v6, label %b7, label %b8
b8:
%v9 = getelementptr i8, ptr %at, i64 8
store i32 7, ptr %v9
%v10 = load i64, ptr %at
ret i64 %v10
b7:
ret i64 -1
}"""


def test_branches_and_fields() -> None:
    function = pick().function()
    assert function.text() == PICK and function.is_quick
    words = (ctypes.c_int64 * 2)(123, 0)
    at = ctypes.addressof(words)
    assert [answers(pick(), x, at) for x in range(3)] == [123, 10, 20] and words[1] == 7
    assert [answers(pick(), x, 0) for x in range(3)] == [-1, 10, 2]


def test_atomic_accesses() -> None:
    f = FunctionText("count", "at:p", INT, exported=True)
    before = f.at.change("add", f.constant(3))
    with f.when(f.at.replace(INT, 8, 9)):
        f.at.store_atomic(f.at.load_atomic(INT) * 10)
    f.leave(before)
    word = (ctypes.c_int64 * 1)(2)
    found = [(answers(f, ctypes.addressof(word)), word[0]) for _ in range(3)]
    assert found == [(2, 5), (5, 90), (90, 93)]




def test_functions_say_what_they_use() -> None:
    f = FunctionText("f", "x:i")
    f.call("g", f.address("table"), True, f.x)
    f.call(f.address("h").load(PTR), f.constant(0, BOOL), last=True)
    function = f.function()
    assert function.uses == {"g", "table", "h"} and "call void @g(ptr @table, i1 true, i64 %x)" in function.body
    assert function.text().startswith("define internal void @f(i64 %x)")
    assert function.text(shown=True).startswith("define hidden void @f(i64 %x)")
    assert function.declaration() == "declare hidden void @f(i64 %x)"


def test_nothing_is_written_where_nobody_comes() -> None:
    f = FunctionText("f", "", INT)
    with pytest.raises(AssertionError, match="a value is to be returned"):
        f.function()
    f.leave(1)
    with pytest.raises(AssertionError, match="nobody comes here"):
        f.leave(2)
