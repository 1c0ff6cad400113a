"""float16 values inside a loop are what they are in memory: each node rounds, as `perform` does."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.runtime.jit import isa
from tools import ulp_table

half_matrix, half_vector = T.TensorType("float16", (False, False)), T.TensorType("float16", (False,))
half_scalar = T.TensorType("float16", ())
m, v, s = half_matrix("m"), half_vector("v"), half_scalar("s")
d = T.dvector("d")
i = T.lvector("i")

# arithmetic that NumPy rounds correctly, so that native results have the same bits
CHAINS = {
    "sums": ([m, v], lambda m, v: ((m + v) + v) - m),
    "products": ([m, v], lambda m, v: m * v * m / (v + 3)),
    "root": ([v], lambda v: T.sqrt(abs(v)) * T.sqr(v) - v),
    "choice": ([v], lambda v: T.switch(v * v > v + 1, v / 3, v * 3) * v),
    "maximum": ([m, v], lambda m, v: T.maximum(m * v, m / 7) + v),
    "comparison": ([v], lambda v: T.eq((v / 3) * 3, v)),
    "wider": ([v], lambda v: (v / 3).astype("float32") * 3),
    "from double": ([d], lambda d: d.astype("float16") * 3),
    "from integers": ([i], lambda i: i.astype("float16") / 3),
    "scalars": ([s, v], lambda s, v: (s / 3) * 3 + v),
    "one number": ([s], lambda s: (s / 3) * (s / 7) + s * s),
    "sum of rows": ([m], lambda m: m / 3 - (m / 3).sum(axis=1, keepdims=True) * 3),
    "sum of columns": ([m], lambda m: m / 3 - (m / 3).sum(axis=0) * 3),
    "sum of all": ([m], lambda m: (m / 7).sum() * m / 3),
    "mean": ([v], lambda v: v - T.mean(v) * 3),
    "double sum": ([v], lambda v: v.sum(dtype="float16", acc_dtype="float64") * 3),
    "update": ([v], lambda v: T.set_subtensor((v * 3)[1:3], (v / 3)[2:4]) / 3),
    "parts": ([v], lambda v: T.concatenate([v / 3, v * 3]) * 3),
}


def values(variable, rng: np.random.Generator) -> np.ndarray:
    shape = (6, 37)[2 - variable.ndim :] if variable.ndim < 2 else (6, 37)
    if variable.dtype == "int64":
        return rng.integers(-70000, 70000, shape)
    x = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 2, shape)
    return np.asarray(x, variable.dtype)


@pytest.mark.parametrize("name", CHAINS)
def test_native_is_perform(name: str) -> None:
    inputs, make = CHAINS[name]
    outputs = make(*inputs)
    native, oracle = theano.function(inputs, outputs), theano.function(inputs, outputs, mode="FAST_COMPILE")
    rng = np.random.default_rng(0)
    for _ in range(3):
        args = [values(x, rng) for x in inputs]
        np.testing.assert_array_equal(native(*args), oracle(*args))


def test_special_values_and_doubles_are_rounded_once() -> None:
    every = np.arange(1 << 16, dtype="u2").view("f2").astype("f8")
    with np.errstate(all="ignore"):
        between = (every[:-1] + every[1:]) / 2
        x = np.concatenate(
            [every, between, np.nextafter(between, np.inf), np.nextafter(between, -np.inf), between * (1 + 2.0**-30)]
        )
        x = np.concatenate([x, [1e300, -1e300, 65519.999999, 65520.0, 5e-324, -0.0, np.inf, np.nan]])
        wanted = x.astype("f2")
    f = theano.function([d], d.astype("float16"))
    found = f(x)
    assert np.array_equal(found.view("u2")[~np.isnan(x)], wanted.view("u2")[~np.isnan(x)])
    assert np.isnan(found[np.isnan(x)]).all()


@pytest.mark.skipif(not isa().has_f16c, reason="this machine computes float16 by call-backs")
def test_half_in_loops_and_in_the_interpreter() -> None:
    y = ex.name("x", "f32")
    root = ex.half(y * 3.0) * 3.0
    x = np.random.default_rng(0).normal(size=101).astype("f4") * 100
    found = ulp_table.compile_loop(root, ["x"], isa())(x)
    assert [evaluate(root, {"x": p}) for p in x] == found.tolist()
    assert ex.half(ex.half(y)) is ex.half(y)
    assert ex.half(ex.const(1e9, "f64")).value == np.inf
    assert ex.half(ex.const(1 / 3, "f32")).value == float(np.float16(1 / 3))
