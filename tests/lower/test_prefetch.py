"""What loops ask for before they need it, and the order in which sums read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.llvm.main import print_module
from theano.printing import loop_program
from theano.runtime.target import select_isa


def hints(inputs: list[Any], *outputs: Any) -> list[str]:
    text = loop_program(theano.function(inputs, list(outputs), mode="FAST_RUN"))
    return [line.strip().removeprefix("prefetch ") for line in text.splitlines() if "prefetch" in line]


def test_points_ask_for_what_lies_ahead_of_all_operands() -> None:
    x, y = T.fvector("x"), T.fvector("y")
    assert hints([x, y], x * y + x) == [
        "p0.f32[i1] + 2048 bytes", "p1.f32[i1] + 2048 bytes", "p2.f32[i1] + 2048 bytes to write",
    ]  # fmt: skip


def test_one_vector_for_all_rows_is_not_asked_for() -> None:
    x, v = T.matrix("x"), T.vector("v")
    assert [line.split("[")[0] for line in hints([x, v], x + v)] == ["p0.f64", "p2.f64"]


def test_rows_that_a_loop_has_kept_are_asked_for_where_they_are_copied() -> None:
    m, w = T.matrices("m", "w")
    (_, outs), _ = theano.scan(lambda s: (T.dot(s, w), T.tanh(T.dot(s, w))), outputs_info=[m, None], n_steps=3)
    # one kernel, for the first rows and for the last ones
    assert hints([m, w], outs[-1]) == ["p0.f64[i1] + 2048 bytes", "p1.f64[i1] + 2048 bytes to write"]


def test_jumps_are_not_asked_for() -> None:
    x = T.matrix("x")
    assert hints([x], x[:, :3].sum(axis=1)) == []
    assert [line.split("[")[0] for line in hints([x], x[::2] * 2)] == ["p1.f64"]


def test_rows_that_an_index_array_names_are_not_asked_for() -> None:
    """Where they lie is known only once their number has been read."""
    x, rows = T.tensor3("x", dtype="int16"), np.array([-1, 3, 0])
    value = np.arange(120, dtype="int16").reshape(5, 4, 6)
    for axis in (0, 1, 2, None):
        f = theano.function([x], x[rows].sum(axis=axis), mode="FAST_RUN")
        np.testing.assert_array_equal(f(value), value[rows].sum(axis=axis))
    matrix = T.matrix("m")
    f = theano.function([matrix], [T.nnet.softmax(matrix[rows]), matrix[rows].var(axis=0), matrix[:, rows].sum(axis=1)])
    data = np.arange(20.0).reshape(4, 5)
    picked = data[rows]
    wanted = np.exp(picked - picked.max(axis=1, keepdims=True))
    np.testing.assert_allclose(f(data)[0], wanted / wanted.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(f(data)[1], picked.var(axis=0))
    np.testing.assert_allclose(f(data)[2], data[:, rows].sum(axis=1))


@pytest.mark.parametrize("size, some", [(2048, False), (2049, True)])
def test_few_numbers_are_in_a_cache(size: int, some: bool) -> None:
    x = T.TensorType("float64", shape=(size,))("x")
    assert bool(hints([x], x + 1)) == some


def test_steps_of_a_loop_find_what_the_step_before_has_left() -> None:
    x, w = T.vector("x"), T.matrix("w")
    rows, _ = theano.scan(lambda s, w: T.tanh(T.dot(s, w)), outputs_info=x, non_sequences=w, n_steps=3)
    kernels = loop_program(theano.function([x, w], rows)).split("kernel ")
    step = next(part for part in kernels if "copysign" in part)
    assert "prefetch" not in step and "vector" in step
    kernels = loop_program(theano.function([x], T.tanh(x))).split("kernel ")
    assert "prefetch" in next(part for part in kernels if "copysign" in part)


def test_the_longest_sweep_of_a_row_asks_for_the_next_row_and_for_the_result() -> None:
    x = T.fmatrix("x")
    read, written = hints([x], T.nnet.softmax(x))
    assert read == "p0.f32[select(n0 <= 65536, n0, 0) + i1*n0 + i2] + 0 bytes"
    assert written == "p2.f32[i1*n0 + i2] + 0 bytes to write"


def test_columns_ask_for_as_many_rows_as_they_take() -> None:
    x = T.fmatrix("x")
    text = loop_program(theano.function([x], x.sum(axis=0)))
    eight = re.search(r"(e\d+) = n0 \* 8$", text, re.MULTILINE)
    assert eight and text.count(f"prefetch p0.f32[{eight[1]} + ") == 8, text


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 19])
def test_sweeps_with_little_to_do_with_one_array_take_eight_rows(rows: int) -> None:
    x, y = T.fmatrix("x"), T.fmatrix("y")
    outputs, counts = [x.var(axis=0), (x * x).sum(axis=0), (x * y).sum(axis=0)], [8, 8, 8]
    data = np.random.default_rng(rows).standard_normal((2, rows, 21)).astype("float32")
    wide = data.astype("float64")
    wanted = [wide[0].var(axis=0) if rows else None, (wide[0] ** 2).sum(axis=0), wide.prod(axis=0).sum(axis=0)]
    for output, count, value in zip(outputs, counts, wanted, strict=True):
        f = theano.function([x, y], output, on_unused_input="ignore")
        assert loop_program(f).count("bytes into L2") == count
        if value is not None:
            np.testing.assert_allclose(f(*data), value, rtol=2e-6, atol=1e-6)


def test_hints_reach_the_processor_once_a_line() -> None:
    x = T.fvector("x")
    f = theano.function([x], x.sum())
    target = select_isa("baseline")._replace(vector_bytes=32, foresees=False)
    text = print_module(f.executor.lowered.program, f.executor.lowered.layout, target).text()
    loop = next(part for part in text.split("\nb") if "<8 x float>" in part)
    assert loop.count("load <8 x float>") == 4 and loop.count("call void @llvm.prefetch") == 2


def test_processors_that_foresee_what_comes_in_order_are_asked_for_rows_only() -> None:
    x = T.fmatrix("x")
    for value, ahead, rows, place in ((2 * x + 1, 2, 0, 3), (x.sum(axis=0), 0, 8, 2), (T.nnet.softmax(x), 0, 4, 3)):
        lowered = theano.function([x], value).executor.lowered
        for foresees in (False, True):
            target = select_isa("baseline")._replace(foresees=foresees)
            text = print_module(lowered.program, lowered.layout, target).text()
            calls = [line for line in text.splitlines() if "call void @llvm.prefetch" in line]
            assert len(calls) == rows + (0 if foresees else ahead)
            assert all(f", i32 {place}, i32 1)" in call for call in calls)


def test_sums_read_upwards() -> None:
    """A block of vectors read from its end misleads the hardware that foresees what comes: 6.2 instead of 4.1 ms."""
    x = T.fvector("x")
    f = theano.function([x], x.sum())
    text = print_module(f.executor.lowered.program, f.executor.lowered.layout, select_isa("baseline")).text()
    loop = next(part for part in text.split("\nb") if part.count("load <4 x float>") == 4)
    order = [int(k) for k in re.findall(r"add nuw nsw i64 %\S+, (\d+)", loop)]
    assert order == [4, 8, 12, 16]  # the last is the step of the loop


@pytest.mark.parametrize("size", [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 1000])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int8"])
def test_sums_of_several_accumulators(dtype: str, size: int) -> None:
    x = T.vector("x", dtype=dtype)
    f = theano.function([x], [x.sum(), (x * x).sum(), T.any(x > 50), T.all(x < 50)])
    data = np.random.default_rng(size).integers(-60, 60, size).astype(dtype)
    wide = data.astype("float64" if dtype.startswith("float") else "int64")
    squares = (data * data).astype(wide.dtype)
    for found, wanted in zip(f(data), [wide.sum(), squares.sum(), (data > 50).any(), (data < 50).all()], strict=True):
        assert found == wanted
    if size:
        largest = theano.function([x], [x.max(), x.min()])
        assert largest(data) == [data.max(), data.min()]
        if dtype.startswith("float"):
            data[size // 2] = np.nan
            assert np.isnan(largest(data)).all()
