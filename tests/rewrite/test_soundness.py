"""Random graphs have the same values, dtypes, shapes and patterns before and after rewriting."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from graphs import rewritten
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_graphs import LIMIT, Builder

import theano
import theano.tensor as T
from theano.gradient import grad
from theano.graph import evaluate
from theano.rewrite import Query

LEVELS = [Query(include=["fast_run"]), Query(include=["fast_compile"])]


def agree(a: np.ndarray, b: np.ndarray, tolerance: float) -> None:
    """Equal up to `tolerance`, for sums relative to values inside of up to 100."""
    assert a.dtype == b.dtype and a.shape == b.shape
    if a.dtype.kind in "fc":
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=100 * tolerance)
    else:
        np.testing.assert_array_equal(b, a)


def check(random: Random, query: Query, gradients: bool) -> None:
    builder = Builder(random)
    for _ in range(random.randint(2, 12)):
        builder.step()
    made = builder.pool[len(builder.leaves) :]
    if not made:
        return
    outputs = [*random.sample(made, min(len(made), random.randint(1, 3)))]
    if gradients:
        outputs += slopes(builder, random, outputs[0])
    values = {v: builder.values[v] for v in builder.leaves}
    with np.errstate(all="ignore"):
        try:
            before = evaluate(outputs, values)
        except ValueError:  # a gradient of what was broadcast at run time
            assert gradients
            return
        kept = [np.asarray(a).dtype.kind not in "fc" or bool(np.all(np.abs(a) < LIMIT)) for a in before]
        fgraph, _ = rewritten(builder.leaves, outputs, query)
        after = evaluate(fgraph.outputs, dict(zip(fgraph.inputs, values.values(), strict=True)))
    single = any(v.type.dtype == "float32" for v in builder.pool)
    for a, b, safe in zip(before, after, kept, strict=True):
        if safe:
            agree(np.asarray(a), np.asarray(b), 2e-4 if single else 1e-8)


def slopes(builder: Builder, random: Random, output: Any) -> list[Any]:
    leaves = [v for v in builder.leaves if v.type.dtype.startswith("float")]
    if not leaves or not output.type.dtype.startswith("float"):
        return []
    try:
        made = grad(output.sum(), random.choice(leaves), disconnected_inputs="ignore")
    except (TypeError, NotImplementedError, ValueError):
        return []
    return [made]


@pytest.mark.parametrize("level", [0, 1], ids=["fast_run", "fast_compile"])
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
def test_values_are_kept(level: int, random: Random) -> None:
    check(random, LEVELS[level], gradients=False)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
def test_gradients_are_kept(random: Random) -> None:
    check(random, LEVELS[0], gradients=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_factors_whose_product_is_no_number_of_the_type_stay_apart(dtype):
    """``(x * 1e200) * 1e200`` is finite for small x; ``x * 1e400`` would not be."""
    large, small = (1e200, 1e-300) if dtype == "float64" else (1e30, 1e-40)
    x = T.vector("x", dtype=dtype)
    for out in ((x * large) * large, (x / large) / large):
        f = theano.function([x], out, mode="FAST_RUN")
        g = theano.function([x], out, mode=theano.Mode(linker="py", optimizer=None))
        for value in (small, 1.0 / small if dtype == "float64" else 1e38, 0.0):
            data = np.array([value], dtype)
            np.testing.assert_allclose(f(data), g(data), rtol=1e-5)
