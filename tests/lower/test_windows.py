"""Windows in the loop program: what is written out, divided, asked, and computed where it is looked at."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.llvm.main import print_module
from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.loops.text import program_text
from theano.lower import lower
from theano.lower.program import InputForm
from theano.lower.state import body as bd
from theano.lower.state.machine import Machine
from theano.printing import schedule
from theano.runtime.target import select_isa
from theano.tensor.signal.pool import pool_2d

x, g = T.tensor3("x"), T.tensor3("g")


def program(*outputs: Any, **change: Any) -> str:
    machine = replace(Machine(), **change)
    return program_text(lower([x, g], [], list(outputs), [], [InputForm()] * 2, machine).program)


def vector_loops(text: str) -> str:
    """What stands in loops over vectors; places that a loop knows are named before it."""
    found, deep = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if deep is not None and indent <= deep:
            deep = None
        if deep is not None:
            found.append(line)
        elif line.endswith(" vector"):
            deep = indent
    return "\n".join(found)


def back(window: int, step: int, pad: int = 0) -> Any:
    y = pool_2d(x, (window, window), True, stride=(step, step), pad=(pad, pad))
    return T.Lop(y, x, g)


@pytest.mark.parametrize(("window", "step"), [(2, 2), (3, 2), (3, 3), (2, 3), (4, 4)])
def test_no_division_is_left_in_vectors(window: int, step: int) -> None:
    text = program(back(window, step))
    assert "//" in text and "//" not in vector_loops(text) and "%" not in vector_loops(text)


def test_far_apart_they_are_divided() -> None:
    """As many positions would have to be written out; floats do it, as no processor divides integers in vectors."""
    usual, longer = (vector_loops(program(back(2, 5), longest_turn=n)) for n in (4, 5))
    assert "//" not in usual and "cast.f64" in usual and "cast.f64" not in longer


@pytest.mark.parametrize("by_constant", [True, False])
def test_floats_divide_places(by_constant: bool) -> None:
    rng = np.random.default_rng(0)
    sizes = [2, 3, 5, 7, 49, 127, 1000, 65537, 2**31 - 1, 2**40 + 1, *rng.integers(2, 2**47, 20).tolist()]
    name = ex.name("x", "i64")
    for size in sizes:
        divisor = ex.const(size, "i64") if by_constant else ex.name("y", "i64")
        whole, rest = bd.divided(name, divisor)
        most = 2**48 - 1
        near = [most // size * size + k for k in (-1, 0, 1)] + [size * k + d for k in (1, 2, 3) for d in (-1, 0, 1)]
        for number in [0, 1, most, *near, *rng.integers(0, most, 50).tolist()]:
            if 0 <= number <= most:
                env = {"x": np.int64(number), "y": np.int64(size)}
                found = evaluate(whole, env), evaluate(rest, env)
                assert tuple(map(int, found)) == divmod(number, size)


def test_multiples_are_known() -> None:
    i = ex.name("i", "i64")
    four, three = ex.const(4, "i64"), ex.const(3, "i64")
    place = ex.add(ex.mul(i, four), three)
    assert bd.divided(place, ex.const(2, "i64")) == (ex.add(ex.mul(i, ex.const(2, "i64")), bd.ONE), bd.ONE)


def test_without_masks_only_the_ends_ask() -> None:
    y = pool_2d(x, (3, 3), True, stride=(2, 2), pad=(1, 1))
    for output in (y, back(3, 2)):
        asks = re.compile(r" (>= 0|< n\d+)")
        with_masks, without = vector_loops(program(output)), vector_loops(program(output, has_masks=False))
        assert asks.search(with_masks) and not asks.search(without)
    assert re.search(r"for i\d+ < 2\n", program(y, has_masks=False))  # the two ends of a row


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_masks_half_vectors_take_what_is_left(dtype: str) -> None:
    """Of single precision, where a half is four numbers; cheap loops do without."""
    images, kernels = (T.TensorType(dtype, (False,) * 4)() for _ in "ab")
    y = T.nnet.conv2d(images, kernels, border_mode=1, num_groups=4, filter_shape=(4, 1, 3, 3))
    outputs = [y, *T.grad((y**2).sum(), [images, kernels])]
    numbers = np.random.default_rng(0)
    with theano.change_flags(isa="avx2"):
        f = theano.function([images, kernels], outputs)
        cheap = theano.function([images], images * 2 + 1)
    slow = theano.function([images, kernels], outputs, mode="FAST_COMPILE")
    assert ("<4 x float>" in f.executor.text()) == (dtype == "float32") and "<4 x float>" not in cheap.executor.text()
    exact = {"rtol": 2e-5, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    for length in (1, 3, 5, 6, 8, 13, 14, 15, 16, 21):
        given = [numbers.normal(size=s).astype(dtype) for s in ((2, 4, 3, length), (4, 1, 3, 3))]
        for ours, right in zip(f(*given), slow(*given), strict=True):
            np.testing.assert_allclose(ours, right, **exact)


def test_large_windows_are_reduced() -> None:
    small, large = (program(pool_2d(x, (n, n), True, mode="sum")) for n in (5, 6))
    assert "carry" not in small and large != small
    assert len(large) < len(small)


# -- what is looked at ---------------------------------------------------------------------------------------
def loops(inputs: list[Any], outputs: Any) -> int:
    return len(re.findall(r"^loop ", str(schedule(theano.function(inputs, outputs))), re.MULTILINE))


def test_cheap_work_is_done_where_it_is_looked_at() -> None:
    v = T.vector("v")
    relu, dear = T.nnet.relu(x + v), T.tanh(x)
    assert loops([x, v], pool_2d(relu, (2, 2), True)) == 1
    assert loops([x], pool_2d(dear, (2, 2), True)) == 2
    assert loops([x, v], pool_2d(relu, (3, 3), True, stride=(1, 1))) == 2  # nine times for each
    assert loops([x, v], T.grad((pool_2d(relu, (2, 2), True) ** 2).sum(), x)) == 2  # there and back


def test_what_changes_meanwhile_is_read_before() -> None:
    """A shared array is written in place after the last look at it."""
    start = np.arange(24.0).reshape(1, 4, 6)
    s = theano.shared(start.copy())
    y = pool_2d(T.maximum(s - 3, 0) * 2, (2, 2), True)
    f = theano.function([x], y, updates=[(s, s + x)])
    np.testing.assert_array_equal(f(np.ones((1, 4, 6))), 2 * np.maximum(start - 3, 0)[:, 1::2, 1::2])
    np.testing.assert_array_equal(s.get_value(), start + 1)


def test_parts_that_are_set_are_seen() -> None:
    t = T.set_subtensor((x * 2)[:, 0], 100.0)
    f = theano.function([x], pool_2d(T.set_subtensor((t + 1)[:, :, 1], -5.0), (2, 2), True))
    v = np.arange(24.0).reshape(1, 4, 6)
    u = v * 2
    u[:, 0] = 100
    u += 1
    u[:, :, 1] = -5
    np.testing.assert_array_equal(f(v), u.reshape(1, 2, 2, 3, 2).max((2, 4)))


# -- how they are printed ------------------------------------------------------------------------------------
def printed(outputs: Any, isa: str) -> str:
    try:
        target = select_isa(isa)
    except ValueError as missing:
        pytest.skip(str(missing))
    low = lower([x, g], [], outputs, [], [InputForm()] * 2, Machine.of(target))
    return print_module(low.program, low.layout, target).text()


def test_strides_are_shuffled() -> None:
    y = pool_2d(x, (2, 2), True)
    for isa in ("baseline", "avx2"):
        text = printed([y], isa)
        lanes = 2 if isa == "baseline" else 4
        even = ", ".join(f"i32 {2 * k if k < lanes // 2 else 2 * k + 1}" for k in range(lanes))
        assert f"<{lanes} x i32> <{even}>" in text and "insertelement <" not in text.partition("ret void")[0]
    stores = re.findall(r"store <(\d) x double>", printed([T.Lop(y, x, g)], "avx2"))
    assert set(stores) == {"4"}


def test_zeros_stand_for_what_is_not_there() -> None:
    text = printed([back(2, 2)], "avx2")
    assert "@zeros = internal constant" in text and re.search(r"select i1 %\w+, ptr %\w+, ptr @zeros", text)
