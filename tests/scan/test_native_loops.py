"""Compiled loops: equal to the reference and to the interpreter, bounded in memory, and they end as they should."""

from __future__ import annotations

import copy
import os
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.backend.functions import Compiled, assert_equal
from tests.native.test_differential import check_equal
from tests.scan.random_loops import Program, RandomLoop
from tests.scan.random_recurrences import Recurrence
from theano.backend.interpreter import CheckFailed, Interpreter
from theano.compile import Mode
from theano.legacy.scan.utils import until
from theano.runtime.jit import isa

# THEANO_NIGHTLY=1 looks for much longer.
EXAMPLES = 5_000 if os.environ.get("THEANO_NIGHTLY") else 8
MODES = {
    "perform": Mode(linker="py", optimizer=None),
    "native": Mode(linker="cvm", optimizer=None),
    "FAST_RUN": Mode(linker="cvm", optimizer="fast_run"),
}


def results_of(program: Program, mode: Any) -> list[Any]:
    """Results of two calls and the shared values after them, or the kind of the exception."""
    states = [*program.shared, *(s for s in program.updates if s not in program.shared)]
    before = [s.get_value() for s in states]
    f = theano.function(
        program.inputs, program.outputs, updates=program.updates, mode=mode, on_unused_input="ignore"
    )
    found: list[Any] = []
    try:
        for _ in range(2):
            try:
                found += f(*program.values)
            except (NotImplementedError, IndexError, ValueError) as error:
                found += [type(error)] * len(program.outputs)
            found += [s.get_value() for s in program.shared]
    finally:
        for s, value in zip(states, before, strict=True):
            s.set_value(value)
    return found


def compare(program: Program) -> None:
    with np.errstate(all="ignore"):
        with theano.config.change_flags(quick_start=True):  # before: then the cache has no fast form
            first = results_of(program, MODES["FAST_RUN"])
        results = {name: results_of(program, mode) for name, mode in MODES.items()}
    for k, (a, b) in enumerate(zip(first, results["FAST_RUN"], strict=True)):
        assert a is b or np.array_equal(a, b, equal_nan=True), f"first form, result {k}: " + "\n".join(program.text)
    wanted = results.pop("perform")
    # of single precision is also what is only made of such
    rough = 2e-5 if any("float32" in line for line in program.text) else 1e-9
    for name, found in results.items():
        for k, (a, b) in enumerate(zip(wanted, found, strict=True)):
            about = f"{name}, result {k}: " + "\n".join(program.text)
            if isinstance(a, type):
                # rewriting may remove what fails
                assert a is b or name == "FAST_RUN", about
            else:
                assert not isinstance(b, type), about
                check_equal(np.asarray(a), np.asarray(b), rough, about)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 1000)
@given(seed=st.integers(0, 10**6))
@example(seed=1341)  # what main carries had the name of a shared variable
@example(seed=100350)  # what a kernel carries had the name of a total in main
@example(seed=677)  # no steps, and an op that does not tell its shape
@example(seed=770005)  # rows without elements, of a step that could be cut into slices
def test_random_loops(seed: int) -> None:
    """Native = `Scan.perform`, over all types, taps, ways to read the rows, and things that steps do."""
    compare(RandomLoop(random.Random(seed)).build())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES < 1000)
@given(seed=st.integers(0, 10**6))
@example(seed=144)
def test_interpreted_loops(seed: int) -> None:
    """Native = interpreter of the loop program."""
    program = RandomLoop(random.Random(seed)).build()
    f = theano.function(
        program.inputs, program.outputs, updates=program.updates, mode="FAST_RUN", on_unused_input="ignore"
    )
    compiled = Compiled(f, f.executor)
    storages = copy.deepcopy(compiled.storages)
    low = compiled.lowered
    machine = Interpreter(low.program, low.layout, compiled.words(storages), isa().has_fma)
    refusals = (NotImplementedError, IndexError, ValueError)
    try:
        machine.run([np.array(v, order="C") for v in program.values], storages)
    except (CheckFailed, *refusals):  # a check's, or that of a `perform` which is called back
        with pytest.raises(refusals):
            f(*program.values)
        return
    for a, b in zip(machine.slots[: low.n_outputs], f(*program.values), strict=True):
        assert_equal(a, b, 16)


@pytest.mark.parametrize("seed", range(6 if EXAMPLES < 1000 else 2_000))
def test_random_gradients(seed: int) -> None:
    """Rewritten and compiled = the graph as it was built, for values, gradients, and gradients of gradients."""
    made = Recurrence(random.Random(seed))
    run = [
        theano.function(made.inputs, made.results, mode=mode, on_unused_input="ignore")
        for mode in ("FAST_COMPILE", "FAST_RUN")
    ]
    wanted, found = (f(*made.values) for f in run)
    for k, (a, b) in enumerate(zip(wanted, found, strict=True)):
        scale = max(1.0, float(np.abs(a).max(initial=0)))
        about = f"result {k}: {made.text}"
        np.testing.assert_allclose(b, a, rtol=1e-7, atol=1e-9 * scale, err_msg=about)


@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 5)], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "bool", "complex64", "float16"])
def test_loops_that_a_condition_ends_make_room_without_python(dtype: str, shape: tuple[int, ...]) -> None:
    x, n, last = T.TensorType(dtype, (False,) * len(shape))("x"), T.lscalar("n"), T.lscalar("last")

    def step(k: Any, before: Any) -> Any:
        return [~before if dtype == "bool" else T.cast(before + 1, dtype), T.neq(x, before)], until(k >= last)

    rows, others = theano.scan(step, sequences=T.arange(n), outputs_info=[x, None])[0]
    outputs = [rows, others[::-1], rows[-1]]
    f = theano.function([x, n, last], outputs)
    assert not [1 for kind, _ in f.executor.lowered.words if kind == "callback"]
    assert " callback(" not in theano.printing.ccode(f)
    plain = theano.function([x, n, last], outputs, mode="FAST_COMPILE")
    value = np.ones(shape, dtype)
    for numbers in [(1, 0), (300, 14), (300, 15), (300, 16), (300, 70), (40, 1000)]:
        for got, wanted in zip(f(value, *numbers), plain(value, *numbers), strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert got.dtype == wanted.dtype and got.shape == wanted.shape
