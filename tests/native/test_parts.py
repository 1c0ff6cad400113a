"""Heavy loops whose last vector may be a part of one (AVX2): every length, beside memory that must not matter."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.llvm.main import print_module
from theano.runtime.target import select_isa

LENGTHS = range(71)
# what stands behind the elements in question, and must not be seen
BEHIND = np.array([np.nan, np.inf, -np.inf, 2.0**99, 2.0**-140, 0.0, -(2.0**99), np.nan] * 3)


def beside(values: np.ndarray) -> np.ndarray:
    """The same numbers with others right behind them."""
    return np.concatenate([values, BEHIND.astype(values.dtype)])[: len(values)]


def numbers(n: int, dtype: str, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n).astype(dtype)


def swish(x: Any, y: Any, exp: Any = T.exp) -> Any:
    return x / (1 + exp(-x)) + y


@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("float32", "float32"), ("float32", "float64")], ids=str)
def test_every_length(dtypes: tuple[str, str]) -> None:
    """Values, sums of them and comparisons; carried values keep clear of the lanes that are not there."""
    x, y = (T.vector(dtype=d) for d in dtypes)
    e = swish(x, y)
    f = theano.function([x, y], [e, e.sum(), e.max(), e.min(), (e / 4 + 1).prod(), T.exp(x), T.log(abs(e))])
    close = 1e-5 if "float32" in dtypes else 1e-12
    for n in LENGTHS[1:]:
        a, b = (beside(numbers(n, d, n + k)) for k, d in enumerate(dtypes))
        w = swish(a, b, np.exp)
        found = f(a, b)
        wanted = [w, w.sum(), w.max(), w.min(), (w / 4 + 1).prod(), np.exp(a), np.log(abs(w))]
        for k, (got, want) in enumerate(zip(found, wanted, strict=True)):
            np.testing.assert_allclose(got, want, rtol=5 * close, atol=5 * close, err_msg=f"{n} {k}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_narrow_results_and_whole_numbers(dtype: str) -> None:
    x, i, c, small = T.vector(dtype=dtype), T.ivector(), T.ivector(), T.bvector()
    e = swish(x, 0)
    scaled = [T.exp(x) * y for y in (i, small, c // i)]
    f = theano.function([x, i, c, small], [T.gt(e, 0.1), T.cast(e * 10, "int8"), *scaled])
    for n in LENGTHS:
        a, k = beside(numbers(n, dtype, n)), np.arange(1, n + 1, dtype="int32")
        # a quotient must not be that of the zeros in lanes that are not there
        divided = np.concatenate([k, np.zeros(16, "int32")])[:n]
        w = swish(a, a.dtype.type(0), np.exp)
        bits, bytes_, products, others, quotients = f(a, divided, k * 7 - 3, k.astype("int8"))
        sure = abs(w - 0.1) > 1e-5, abs(w * 10 - np.rint(w * 10)) > 1e-4
        np.testing.assert_array_equal(bits[sure[0]], (w > 0.1)[sure[0]])
        np.testing.assert_array_equal(bytes_[sure[1]], (w * 10).astype("int8")[sure[1]])
        for got in (products, others):
            np.testing.assert_allclose(got, np.exp(a) * k, rtol=1e-5)
        np.testing.assert_allclose(quotients, np.exp(a) * ((k * 7 - 3) // k), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_in_place(dtype: str) -> None:
    """An update over the old values, and an input that may be overwritten; what lies behind is left alone."""
    x = T.vector(dtype=dtype)
    s = theano.shared(np.zeros(1, dtype))
    update = theano.function([x], [s * 2, T.exp(s)], updates=[(s, swish(s, x))])
    over = theano.function([theano.In(x, mutable=True)], T.exp(x) + 1)
    for n in LENGTHS:
        a, b = numbers(n, dtype, n), numbers(n, dtype, n + 1)
        s.set_value(a)
        twice, e = update(b)
        np.testing.assert_array_equal(twice, a * 2)
        np.testing.assert_allclose(e, np.exp(a), rtol=1e-5)
        np.testing.assert_allclose(s.get_value(), swish(a, b, np.exp), rtol=1e-5, atol=1e-5)
        memory = np.concatenate([a, BEHIND.astype(dtype)])
        np.testing.assert_allclose(over(memory[:n]), np.exp(a) + 1, rtol=1e-5)
        np.testing.assert_array_equal(memory[n:], BEHIND.astype(dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_same_bits_in_whole_vectors_and_parts(dtype: str) -> None:
    """Where an element stands has no influence on its value."""
    x = T.vector(dtype=dtype)
    f = theano.function([x], [T.exp(x), T.log(x), T.tanh(x), T.gammaln(x), T.nnet.softplus(x)])
    a = np.random.default_rng(3).uniform(0.1, 5, 64).astype(dtype)
    whole = f(a)
    for n in LENGTHS[:64]:
        for got, want in zip(f(a[:n]), whole, strict=True):
            np.testing.assert_array_equal(got, want[:n])


def test_rows() -> None:
    """Sums along short rows, each ending with a part of a vector."""
    x = T.matrix(dtype="float64")
    f = theano.function([x], [T.nnet.softmax(x), T.exp(x).sum(axis=1), T.tanh(x[:, 1:])])
    for n in LENGTHS[1:]:
        a = numbers(5 * n, "float64", n).reshape(5, n)
        e = np.exp(a)
        for got, want in zip(f(a), [e / e.sum(1, keepdims=True), e.sum(1), np.tanh(a[:, 1:])], strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)


def printed(inputs: list[Any], outputs: Any, **changes: Any) -> str:
    low = theano.function(inputs, outputs).executor.lowered
    fields = {"name": "avx2", "vector_bytes": 32, "has_fma": True, "has_f16c": True, "has_masks": False}
    isa = select_isa("auto")._replace(**{**fields, "masks_words": True, **changes})
    return print_module(low.program, low.layout, isa).text()


def test_what_is_printed() -> None:
    """No loop over single elements where all that is read and written can be masked."""
    x, v, b = T.dvector(), T.fvector(), T.bvector()
    text = printed([x], T.exp(x))
    assert "<8 x double> @llvm.fma" in text and "<4 x double> @llvm.fma" in text
    assert not re.search(r"double @llvm.fma.f64", text)
    assert text.count("call <4 x double> @llvm.masked.load") == text.count("call void @llvm.masked.store.v4f64") == 1
    others = [
        printed([x], T.exp(x), masks_words=False),
        printed([x], x + 1),  # too little to do
        printed([x, b], T.exp(x) * b),  # no masks for bytes
        printed([x], T.gt(T.exp(x), 1)),
        printed([x], T.exp(x[::2])),  # not side by side
        printed([x], (x * x + x).sum()),  # vectors apart
    ]
    assert not any("masked" in other for other in others)
    mask = re.search(r"icmp ugt <8 x (\w+)>", printed([v], T.exp(v)))
    assert mask and mask[1] == "i32"  # as wide as the elements
