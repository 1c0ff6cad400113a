"""200,000 calls through each way in and out leave memory and reference counts as they were."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.runtime.programs import (
    MAIN,
    Program,
    SlowPathError,
    identity,
    new_array,
    scalar_product,
    storage_spec,
    word,
)
from tests.runtime.test_entry import failing, outputs_main, updating
from theano.runtime import abi
from theano.runtime.abi import ArraySpec
from theano.runtime.entry import EntrySpec


def raises(error, f, *args):
    def run():
        try:
            f(*args)
        except error:
            return
        raise AssertionError("nothing was raised")

    return run


def cases():
    f = scalar_product()
    yield "numbers", lambda: f(2.0, 3)
    x = np.array(2.0)
    yield "arrays", lambda: f(x, x)
    matrix = identity(ArraySpec("float64", (False, False)))
    small, large = [[1, 2.0]] * 4, [[1, 2.0, True] * 20] * 5
    yield "lists", lambda: matrix(small)
    yield "lists on the heap", lambda: matrix(large)
    yield "heap, then slow path", raises(SlowPathError, matrix, [*large, None])
    yield "slow path", raises(SlowPathError, f, "a", 2.0)
    helped = scalar_product()
    helped.convert = True
    yield "slow path that calls again", lambda: helped(np.float32(2), 3.0)
    check = failing(2)
    token = object()
    yield "failed check", raises(ArithmeticError, check, large[0], token)
    box = [np.zeros(3)]
    update = updating(box, inputs=[ArraySpec("float64", (False,))])
    yield "storage", lambda: update([1.0])
    yield "storage, then slow path", raises(SlowPathError, update, box[0])
    many = EntrySpec([], [], n_slots=5, n_outputs=3, result="list")
    listed = Program(many, outputs_main(many.layout, 5))
    yield "lists of results", lambda: listed()
    wrapped = EntrySpec([], [], n_slots=2, n_outputs=2, result="list", wrap=abi.FIRST_FREE)
    bad = Program(wrapped, outputs_main(wrapped.layout, 2), [lambda out: out.missing])
    yield "failing wrap", raises(AttributeError, bad)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case[0])
def test_calls_leave_nothing_behind(case, no_growth):
    run = case[1]
    slow = "slow" in case[0] or "fail" in case[0]
    descr = sys.getrefcount(np.dtype("f8"))
    no_growth(run, calls=50_000 if slow else 200_000)
    assert abs(sys.getrefcount(np.dtype("f8")) - descr) < 10


def test_arguments_keep_their_counts():
    f, check, token, x = scalar_product(), failing(1), object(), np.array(2.0)
    before = sys.getrefcount(token), sys.getrefcount(x)
    for _ in range(100):
        f(x, x)
        raises(ArithmeticError, check, [1.0], token)()
        raises(SlowPathError, f, x, token)()
    assert (sys.getrefcount(token), sys.getrefcount(x)) == before


def test_large_results_return_their_memory(no_growth):
    spec = EntrySpec([], [], n_slots=1, n_outputs=1)
    dims = "%dims = alloca i64\nstore i64 500000, ptr %dims\n"
    f = Program(spec, MAIN + dims + new_array(spec.layout.slot(0), "float64", 1, "%dims") + "ret i32 0\n}\n")
    first = f()
    at = first.ctypes.data
    view = first[10:]
    del first
    view[:] = 1  # the view keeps the memory
    assert f().ctypes.data != at
    del view
    no_growth(f, calls=5000, allowed=16 << 20)
    assert f().base is not None and f().flags.writeable and at % 64 == 0
    kept = [f() for _ in range(40)]
    assert len({x.ctypes.data for x in kept}) == 40


def test_new_storage_is_set(no_growth):
    vector = ArraySpec("float64", (False,))
    spec = storage_spec([], [vector], n_slots=1, n_outputs=0, result="none")
    layout = spec.layout
    dims = "%dims = alloca i64\nstore i64 2, ptr %dims\n"
    text = MAIN + dims + new_array(layout.slot(0), "float64", 1, "%dims") + "store double 5.0, ptr %out\n"
    text += "%second = getelementptr double, ptr %out, i64 1\nstore double 6.0, ptr %second\n"
    text += word("ctx", abi.CTX["list_set_item"], "set") + word("ctx", abi.FIRST_FREE, "box")
    text += word("ctx", abi.CTX["inc_ref"], "hold") + word("frame", layout.slot(0), "object")
    text += "call void %hold(ptr %object)\ncall i32 %set(ptr %box, i64 0, ptr %object)\nret i32 0\n}\n"
    box = [np.zeros(3)]
    f = Program(spec, text, [box])
    assert f() == [] and box[0].tolist() == [5, 6]
    no_growth(f)
