"""What expressions mean: integers wrap, what has no value is noticed, `fma` rounds once."""

from __future__ import annotations

import numpy as np
import pytest

from theano.loops import expr as ex
from theano.loops.evaluate import Undefined, evaluate, fused

x8, y8 = ex.name("x", "i8"), ex.name("y", "i8")
f32 = ex.name("z", "f32")


@pytest.mark.parametrize(
    "expr, env, expected",
    [
        (ex.add(x8, y8), (100, 100), -56),
        (ex.idiv(x8, y8), (-7, 2), -3),
        (ex.irem(x8, y8), (-7, 2), -1),
        (ex.lshr(x8, y8), (-128, 7), 1),
        (ex.ashr(x8, y8), (-128, 7), -1),
        (ex.shl(x8, y8), (65, 1), -126),
        (ex.abs_(x8), (-128, 0), -128),
        (ex.neg(x8), (-128, 0), -128),
        (ex.cast(x8, "u32"), (-1, 0), 2**32 - 1),
        (ex.cast(ex.cast(x8, "f32"), "u8"), (77, 0), 77),
        (ex.bitcast(ex.cast(x8, "f64"), "i64"), (1, 0), 0x3FF << 52),
    ],
)
def test_integers(expr: ex.Expr, env: tuple[int, int], expected: int) -> None:
    assert int(evaluate(expr, {"x": np.int8(env[0]), "y": np.int8(env[1])})) == expected


def test_what_is_undefined() -> None:
    env = {"x": np.int8(1), "y": np.int8(0), "z": np.float32(1e9)}
    with pytest.raises(Undefined):
        evaluate(ex.idiv(x8, y8), env)
    out_of_range = ex.cast(f32, "i8")
    assert repr(evaluate(ex.add(out_of_range, x8), env)) == "an undefined value"
    assert int(evaluate(ex.select(ex.lt(f32, 100.0), out_of_range, x8), env)) == 1


@pytest.mark.filterwarnings("ignore:.*encountered")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_rounds_once(dtype: type) -> None:
    one = dtype(1)
    eps = np.finfo(dtype).eps
    x = dtype(1 + eps)
    assert fused(x, x, -dtype(1 + 2 * eps)) == dtype(eps) ** 2
    assert np.isnan(fused(dtype(np.inf), dtype(0), one))
    assert np.signbit(fused(dtype(-0.0), one, dtype(-0.0)))
    assert fused(dtype(np.finfo(dtype).max), dtype(2), one) == np.inf
