"""Random graphs: compiled functions, rewritten or not, against the ops' NumPy implementations."""

from __future__ import annotations

import copy
import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from theano.configdefaults import config

from tests.backend.functions import Compiled
from tests.native.random_graphs import Graph, build
from theano.backend.interpreter import CheckFailed, Interpreter
from theano.compile import Mode, function
from theano.graph import ancestors
from theano.runtime.jit import isa

# THEANO_NIGHTLY=1 looks for much longer.
EXAMPLES = 30_000 if os.environ.get("THEANO_NIGHTLY") else 300

MODES = {
    "perform": Mode(linker="py", optimizer=None),
    "native": Mode(linker="cvm", optimizer=None),
    "FAST_RUN": Mode(linker="cvm", optimizer="fast_run"),
}
TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "complex64": 2e-5}

VERBOSE = False
FAILED = np.zeros(0, dtype="S1")  # stands for the results of a call that raises

small = st.integers(0, 9999)


def compiled(graph: Graph, mode: Any) -> Any:
    return function(
        graph.inputs, [e.variable for e in graph.outputs], updates=[(s, e.variable) for s, e in graph.updates],
        mode=mode, on_unused_input="ignore",
    )  # fmt: skip


def interpreted(graph: Graph) -> list[np.ndarray]:
    """Results of one call of the loop program in the interpreter, then the shared values after it."""
    f = compiled(graph, MODES["FAST_RUN"])
    low, made = f.executor.lowered, Compiled(f, f.executor)
    storages = copy.deepcopy(made.storages)
    machine = Interpreter(low.program, low.layout, made.words(storages), isa().has_fma)
    values = [np.array(a() if callable(a) else a, order="C") for a in graph.values]
    machine.run(values, storages)
    after = {id(mine): copied[0] for mine, copied in zip(made.storages, storages, strict=True)}
    found = machine.slots[: low.n_outputs] + [after.get(id(s.container.storage), s.get_value()) for s in graph.shared]
    found = [np.array(v) for v in found]
    machine = Interpreter(low.program, low.layout, made.words(storages), isa().has_fma)
    try:  # an update may have changed a shape: then this fails, but not in memory
        machine.run(values, storages)
    except (CheckFailed, ValueError, IndexError):
        pass
    return found


def calls(graph: Graph, mode: Any) -> list[np.ndarray]:
    """Results of two calls, each followed by the shared values."""
    before = [s.get_value() for s in graph.shared]
    f = compiled(graph, mode)
    found: list[np.ndarray] = []
    try:
        for _ in range(2):
            try:
                found += f(*[a() if callable(a) else a for a in graph.values])
            except (ValueError, IndexError) as error:  # an update has changed a shape
                found += [FAILED] * len(graph.outputs)
                if VERBOSE:
                    print(mode, repr(error)[:1500])
            found += [s.get_value() for s in graph.shared]
    finally:
        for s, value in zip(graph.shared, before):
            s.set_value(value)
    return found


def roughness(graph: Graph) -> list[float]:
    """For each result of a call, then each shared value after it: the error of the coarsest value it is made of."""
    coarse = {e.variable: TOLERANCE.get(e.dtype, 0.0) for e in graph.pool if not e.exact}

    def of(v: Any) -> float:
        return max((coarse.get(a, 0.0) for a in ancestors([v])), default=0.0)

    updates = max((of(e.variable) for _, e in graph.updates), default=0.0)
    found = []
    for e in graph.outputs:  # the second call sees what the first has left
        shared = any(s in ancestors([e.variable]) for s, _ in graph.updates)
        found.append(max(of(e.variable), updates if shared else 0.0))
    updated = [s for s, _ in graph.updates]
    return found + [updates if s in updated else 0.0 for s in graph.shared]


def check_equal(wanted: np.ndarray, got: np.ndarray, rough: float, about: str) -> None:
    assert got.dtype == wanted.dtype and got.shape == wanted.shape, (about, got.dtype, got.shape, wanted.shape)
    if got.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, wanted, err_msg=about)
        return
    tolerance = max(rough, TOLERANCE.get(got.dtype.name, 1e-11))
    scale = max(1.0, float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0)))
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=about)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True,
    derandomize=EXAMPLES < 1000,
)  # fmt: skip
@given(
    leaves=st.lists(st.tuples(*[small] * 6), min_size=1, max_size=4),
    steps=st.lists(st.tuples(*[small] * 5), max_size=14),
    wanted=st.lists(st.integers(0, 7), min_size=1, max_size=4),
)
def test_random_graphs(leaves: Any, steps: Any, wanted: Any) -> None:
    graph = build(leaves, steps, wanted)
    with np.errstate(all="ignore"):
        with config.change_flags(quick_start=True):  # before: then the cache has no fast form
            first = calls(graph, MODES["FAST_RUN"])
        results = {name: calls(graph, mode) for name, mode in MODES.items()}
    for k, (a, b) in enumerate(zip(first, results["FAST_RUN"], strict=True)):
        np.testing.assert_array_equal(a, b, err_msg=f"first form, result {k}", strict=True)
    rough = roughness(graph)
    fails = any(value is FAILED for value in results["perform"])
    for name in ("native", "FAST_RUN")[: 1 if fails else 2]:  # rewriting may remove what fails
        assert len(results[name]) == len(results["perform"])
        for k, (wanted_value, got) in enumerate(zip(results["perform"], results[name])):
            again = k >= len(rough)  # of the second call
            if name == "FAST_RUN" and again and got.shape == wanted_value.shape and wanted_value.dtype.kind in "fc":
                # ``0 / 0``: rewriting makes a number of ``n / n``, and an update may have left nothing to count
                got = np.where(np.isnan(wanted_value), wanted_value, got)
            check_equal(wanted_value, got, rough[k % len(rough)], f"{name}, result {k}")
    if wanted[0] % 4 == 0 and not any(value is FAILED for value in results["perform"][: len(graph.outputs)]):
        for k, got in enumerate(interpreted(graph)):
            check_equal(results["perform"][k], np.asarray(got), rough[k], f"interpreter, result {k}")
