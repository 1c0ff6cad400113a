"""`scale`: x * 2**n, rounded once, in the interpreter and on every instruction set."""

from __future__ import annotations

import numpy as np
import pytest

from theano.backend.c.spelling import helper_text, operation
from theano.backend.llvm.spelling import declaration, instruction
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.runtime.target import select_isa
from tools import ulp_table


@pytest.mark.parametrize("type_", ["f32", "f64"])
@pytest.mark.parametrize(("flag", "unroll"), [("auto", 1), ("auto", 2), ("auto", 4), ("baseline", 1), ("baseline", 2)])
def test_rounds_once(flag: str, unroll: int, type_: str) -> None:
    x, t = ex.name("x", type_), ex.name("y", type_)
    dtype = np.dtype(ex.DTYPE_OF[type_])
    info, rng = np.finfo(dtype), np.random.default_rng(0)
    size = 2003
    a = rng.uniform(-2, 2, size).astype(dtype)
    a[:8] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 1 + info.eps, -1 - info.eps]
    n = rng.integers(-2 * info.maxexp + 4, 2 * info.maxexp - 2, size)
    n[4:300] = rng.integers(info.minexp - info.nmant - 3, info.minexp + 2, 296)  # gradual underflow
    packed = (ex.MAGIC[type_] + n).astype(dtype)
    with np.errstate(all="ignore"):
        wanted = np.ldexp(a, n)
    found = ulp_table.compile_loop(ex.scale(x, t), ["x", "y"], select_isa(flag), unroll)(a, packed)
    np.testing.assert_array_equal(found, wanted)
    assert (np.signbit(found) == np.signbit(wanted))[~np.isnan(wanted)].all()
    interpreted = [evaluate(ex.scale(x, t), {"x": p, "y": q}) for p, q in zip(a[:300], packed[:300], strict=True)]
    np.testing.assert_array_equal(np.array(interpreted), wanted[:300])


def test_vectors_of_several_registers_are_scaled_by_the_instruction() -> None:
    target = select_isa("auto")._replace(name="avx512", vector_bytes=64, has_fma=True, has_masks=True)
    texts = instruction("scale", "f32", 64, ["%x", "%t"], target)
    assert sum("@llvm.x86.avx512.mask.scalef.ps.512(" in text for text in texts) == 4
    assert texts[-1].startswith("shufflevector <32 x float>")
    assert "(<16 x float>, <16 x float>, <16 x float>, i16, i32 immarg)" in declaration("scale", "f32", 64).text()


def test_not_a_number_scales_to_one() -> None:
    x, t = ex.name("x", "f64"), ex.name("y", "f64")
    nan = np.array([np.nan, 1.0, np.nan])
    assert np.isnan(ulp_table.compile_loop(ex.scale(x, t), ["x", "y"], select_isa("auto"))(nan, nan)[0])
    assert np.isnan(evaluate(ex.scale(x, t), {"x": np.float64(1), "y": np.float64(np.nan)}))


def test_c() -> None:
    helpers: set[str] = set()
    x, t = ex.name("x", "f32"), ex.name("t", "f32")
    assert operation(ex.scale(x, t), ["x", "t"], helpers, True, False) == "scale_f32(x, t)"
    assert "ldexpf(a, (int)(t - 12582912.0f))" in helper_text(helpers.pop()).replace("0x1.8p+23f", "12582912.0f")
