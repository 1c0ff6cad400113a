"""Convolutions that are loops of the program: numbers of all types, kernels of each place, groups of few channels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import calls_back, is_native
from tests.tensor.test_conv import CASES, op_of, plain
from theano.runtime.jit import isa
from theano.tensor.nnet import abstract_conv as ac

NIGHTLY = bool(os.environ.get("THEANO_NIGHTLY"))
RNG = np.random.default_rng(17)
DTYPES = ("bool", "int8", "uint8", "int16", "uint32", "int64", "float16", "complex64", "complex128")
EXACT = {"float16": 4e-3, "float32": 1e-5, "complex64": 1e-5, "float64": 1e-12, "complex128": 1e-12}
DIRECTIONS = (ac.AbstractConv, ac.AbstractConv_gradWeights, ac.AbstractConv_gradInputs)


def numbers(shape: Any, dtype: str) -> np.ndarray:
    x = RNG.normal(size=shape)
    if dtype.startswith("complex"):
        return (x + 1j * RNG.normal(size=shape)).astype(dtype)
    return x > 0.5 if dtype == "bool" else (x if dtype.startswith("float") else 90 * x).astype(dtype)


def of_type(dtype: str, ndim: int) -> Any:
    return T.TensorType(dtype, (False,) * ndim)()


def same(got: np.ndarray, wanted: np.ndarray) -> None:
    assert got.dtype == wanted.dtype and got.shape == wanted.shape and got.flags.c_contiguous
    exact = EXACT.get(got.dtype.name, 0)
    np.testing.assert_allclose(got, wanted, rtol=exact, atol=exact * np.abs(wanted).max(initial=0) if exact else 0)


def all_directions(case: str, types: tuple[str, str], **known: Any) -> None:
    """Each direction of a case, native, against NumPy."""
    forward, weights, inputs = (op_of(case, cls) for cls in DIRECTIONS)
    images, kernels = CASES[case][:2]
    n = forward.convdim
    results = forward.forward(np.zeros(images), np.zeros(kernels)).shape
    shapes = (images, kernels, results)
    for op, (one, other), lengths, call in (
        (forward, (0, 1), (), lambda a, b: forward.forward(a, b)),
        (weights, (0, 2), (kernels[-n:],), lambda a, b: weights.weights(a, b, kernels[-n:])),
        (inputs, (1, 2), (images[-n:],), lambda a, b: inputs.inputs(a, b, images[-n:])),
    ):
        values = numbers(shapes[one], types[0]), numbers(shapes[other], types[1])
        x, y = (of_type(v.dtype.name, v.ndim) for v in values)
        f = theano.function([x, y], op(x, y, *lengths))
        assert is_native(f)
        same(f(*values), call(*values))


# All types for all cases take minutes: here each case has three of them, and each type a third of the cases.
PAIRS = [(case, dtype) for k, case in enumerate(CASES) for j, dtype in enumerate(DTYPES) if NIGHTLY or (k + j) % 3 == 0]


@pytest.mark.parametrize(("case", "dtype"), PAIRS)
def test_all_types(case: str, dtype: str) -> None:
    all_directions(case, (dtype, dtype))


@pytest.mark.parametrize(
    "types",
    [("int8", "int32"), ("uint8", "int8"), ("bool", "int16"), ("float16", "int8"), ("float32", "float16"),
     ("int64", "float32"), ("complex64", "float32"), ("int32", "complex64"), ("complex128", "complex64"),
     ("bool", "complex64")],
    ids="-".join,
)  # fmt: skip
@pytest.mark.parametrize("case", ["strides", "depthwise", "unshared groups", "volumes"])
def test_mixed_types(case: str, types: tuple[str, str]) -> None:
    all_directions(case, types)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [name for name in CASES if "unshared" in name])
def test_kernels_of_each_place(case: str, dtype: str) -> None:
    all_directions(case, (dtype, dtype))


# images, kernels, groups, stride, dilation, border mode
FEW = {
    "mobilenet": ((2, 6, 13, 18), (6, 1, 3, 3), 6, (1, 1), (1, 1), 1),
    "strided": ((2, 6, 14, 15), (6, 1, 3, 3), 6, (2, 2), (1, 1), 1),
    "two kernels": ((2, 3, 9, 8), (6, 1, 3, 2), 3, (1, 2), (1, 1), "half"),
    "three channels": ((1, 6, 9, 20), (4, 3, 3, 3), 2, (1, 1), (1, 1), "full"),
    "dilated": ((2, 4, 11, 19), (4, 1, 3, 3), 4, (2, 1), (2, 3), "half"),
    "unequal": ((1, 4, 9, 9), (4, 1, 5, 4), 4, (3, 2), (1, 1), ((1, 3), (0, 2))),
    "volume": ((2, 4, 5, 6, 7), (4, 1, 2, 3, 2), 4, (1, 2, 1), (1, 1, 2), 1),
    "sequence": ((3, 5, 40), (5, 1, 4), 5, (1,), (1,), "half"),
    "one pixel": ((2, 3, 1, 1), (3, 1, 3, 3), 3, (1, 1), (1, 1), 1),
    "as large": ((2, 3, 4, 5), (3, 1, 4, 5), 3, (1, 1), (1, 1), "valid"),
    "no images": ((0, 3, 4, 5), (3, 1, 3, 3), 3, (1, 1), (1, 1), "valid"),
    "wide": ((1, 2, 4, 70), (2, 1, 3, 3), 2, (1, 2), (1, 1), 1),
}  # fmt: skip


def few(case: str, cls: Any, hinted: bool) -> Any:
    _, kernels, groups, stride, dilation, mode = FEW[case]
    return cls(len(stride), None, kernels if hinted else None, mode, stride, True, dilation, groups)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
@pytest.mark.parametrize("case", FEW)
def test_few_channels_of_a_group(case: str, dtype: str) -> None:
    """Sums that are written out, as lengths of kernels are promised, are those of NumPy."""
    images, kernels = FEW[case][:2]
    ops = [few(case, cls, True) for cls in DIRECTIONS]
    n = ops[0].convdim
    x, w = numbers(images, dtype), numbers(kernels, dtype)
    if dtype == "int32":
        x, w = x // 9, w // 9
    y = ops[0].forward(x, w)
    a, b, c = (of_type(dtype, 2 + n) for _ in range(3))
    outputs = [ops[0](a, b), ops[1](a, c, kernels[-n:]), ops[2](b, c, images[-n:])]
    f = theano.function([a, b, c], outputs)
    if dtype == "float16" and not isa().has_f16c:
        pytest.skip("the processor cannot convert float16, so Python computes with it")
    assert is_native(f) and "convolve" not in theano.printing.loop_program(f)
    wanted = y, ops[1].weights(x, y, kernels[-n:]), ops[2].inputs(w, y, images[-n:])
    for got, found in zip(f(x, w, y), wanted, strict=True):
        same(got, found)
    views = x.swapaxes(0, 1).copy().swapaxes(0, 1), w[..., ::-1].copy()[..., ::-1], y[::-1].copy()[::-1]
    for got, found in zip(f(*views), wanted, strict=True):
        same(got, found)


def test_depthwise_shares_the_loop_of_what_is_around_it() -> None:
    x, w, s = T.ftensor4("x"), T.ftensor4("w"), T.fvector("s")
    y = T.nnet.conv2d(x, w, border_mode="half", num_groups=8, filter_shape=(8, 1, 3, 3), filter_flip=False)
    f = theano.function([x, w, s], T.nnet.relu(y * s.dimshuffle("x", 0, "x", "x")))
    assert str(theano.printing.schedule(f)).count("loop ") == 1
    a, b, c = (RNG.normal(size=k).astype("float32") for k in ((2, 8, 9, 33), (8, 1, 3, 3), 8))
    made = plain(a, b, (1, 1), (1, 1), ((1, 1), (1, 1)), False, 8) * c[:, None, None]
    np.testing.assert_allclose(f(a, b, c), np.maximum(made, 0), rtol=1e-5, atol=1e-5)


def test_infinities_and_nan() -> None:
    """Padding is zeros, which an infinite kernel makes NaN; gradients of images meet no padding."""
    op, back = few("mobilenet", ac.AbstractConv, True), few("mobilenet", ac.AbstractConv_gradInputs, True)
    a, b = T.dtensor4(), T.dtensor4()
    f = theano.function([a, b], [op(a, b), back(b, a, (13, 18))])
    x, w = numbers((2, 6, 13, 18), "float64"), numbers((6, 1, 3, 3), "float64")
    w[1, 0, 0, 2], w[2, 0, 1, 1], x[0, 3, 5, 6], x[1, 4, 0, 0] = np.inf, np.nan, np.nan, -np.inf
    with np.errstate(invalid="ignore"):
        wanted = op.forward(x, w), back.inputs(w, x, (13, 18))
    for got, found in zip(f(x, w), wanted, strict=True):
        np.testing.assert_allclose(got, found, rtol=1e-12, atol=1e-12)


def variants() -> dict[str, Any]:
    """Functions of images and kernels, with shapes of both."""

    def conv(**options: Any) -> Any:
        return lambda x, w: (T.nnet.conv2d if x.ndim == 4 else T.nnet.conv3d)(x, w, **options)

    point = RNG.normal(size=(5, 6, 1, 1))
    point3 = RNG.normal(size=(3, 4, 1, 1, 1))
    return {
        "valid": (conv(), (2, 3, 6, 5), (4, 3, 3, 2)),
        "unequal": (conv(border_mode=((1, 2), (0, 3))), (2, 3, 6, 5), (4, 3, 3, 2)),
        "dilated": (conv(filter_dilation=(2, 3), subsample=(1, 2)), (2, 3, 7, 8), (4, 3, 3, 2)),
        "groups": (conv(num_groups=3, border_mode="half"), (2, 6, 6, 5), (6, 2, 3, 3)),
        "depthwise": (conv(num_groups=4, border_mode=1, subsample=(2, 2)), (2, 4, 6, 5), (4, 1, 3, 3)),
        "depthwise, promised": (
            conv(num_groups=4, border_mode=1, filter_shape=(4, 1, 3, 3)), (2, 4, 6, 5), (4, 1, 3, 3)
        ),
        "unshared": (conv(unshared=True, subsample=(2, 1)), (2, 2, 5, 4), (3, 2, 3, 2, 3, 2)),
        "separable": (
            lambda x, w: ac.separable_conv2d(x, w, T.constant(point), 3, border_mode="half"), (2, 3, 5, 6), (6, 1, 3, 3)
        ),
        "separable volumes": (
            lambda x, w: ac.separable_conv3d(x, w, T.constant(point3), 2), (1, 2, 4, 4, 3), (4, 1, 2, 2, 2)
        ),
        "causal": (lambda x, w: ac.causal_conv1d(x, w, (4, 3, 3), filter_dilation=2), (2, 3, 8), (4, 3, 3)),
        "transposed": (
            lambda x, w: T.nnet.conv2d_transpose(x, w, (None, None, 9, 8), input_dilation=(2, 2)),
            (2, 3, 4, 4), (3, 2, 3, 2),
        ),
        "volumes": (conv(border_mode="full", num_groups=2), (1, 4, 3, 4, 3), (4, 2, 2, 2, 2)),
        "one pixel": (conv(border_mode="half"), (1, 2, 1, 1), (3, 2, 1, 1)),
        "kernel as large": (conv(), (2, 2, 3, 4), (2, 2, 3, 4)),
        "upsampled": (lambda x, w: ac.bilinear_upsampling(x * w, 3), (1, 2, 3, 4), (1, 2, 3, 4)),
        "pooled": (lambda x, w: T.signal.pool.pool_2d(T.nnet.conv2d(x, w), (2, 2), True), (1, 2, 6, 6), (2, 2, 3, 3)),
    }  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", variants())
def test_no_variant_calls_back(name: str, dtype: str) -> None:
    """Values, gradients, gradients of these, and R-operators are native, and those of NumPy's definitions."""
    make, images, kernels = variants()[name]
    x, w, u, v = (of_type(dtype, len(s)) for s in (images, kernels) * 2)
    y = make(x, w).astype(dtype)
    first = T.grad((y * y).sum(), [x, w])
    second = T.grad(sum((g * g).sum() for g in first), [x, w])
    outputs = [y, *first, *second, T.Rop(y, [x, w], [u, v])]
    f = theano.function([x, w, u, v], outputs)
    assert is_native(f)
    if dtype == "float16":
        return
    values = [RNG.normal(size=s).astype(dtype) for s in (images, kernels) * 2]
    exact = {"float64": 1e-10, "float32": 1e-3}[dtype]
    g = theano.function([x, w, u, v], outputs, mode="FAST_COMPILE")
    for got, wanted in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=exact, atol=exact * np.abs(wanted).max())
    empty = [np.zeros((0, *s[1:]), dtype) if k % 2 == 0 else values[k] for k, s in enumerate((images, kernels) * 2)]
    if name != "upsampled":
        assert all(not made.any() for made in f(*empty))


@pytest.mark.parametrize("case", ["pairs", "depthwise", "unshared groups", "sequences", "strides"])
def test_gradients_of_complex_numbers(case: str) -> None:
    """The gradient of a real cost in a + ib is its derivative in a, and i times that in b."""
    op = op_of(case)
    x, w = (numbers(s, "complex128") for s in CASES[case][:2])
    a, b = of_type("complex128", x.ndim), of_type("complex128", w.ndim)
    y = op(a, b)
    weight = numbers(op.forward(x, w).shape, "complex128")
    cost = (T.real(y) * weight.real + T.imag(y) * T.imag(y) * weight.imag).sum()
    f, g = theano.function([a, b], cost), theano.function([a, b], T.grad(cost, [a, b]))
    for k, found in enumerate(g(x, w)):
        at = tuple(RNG.integers(0, n) for n in found.shape)
        for step in (1e-6, 1e-6j):
            sides = []
            for sign in (1, -1):
                moved = [x.copy(), w.copy()]
                moved[k][at] += sign * step
                sides.append(f(*moved))
            slope = (sides[0] - sides[1]) / 2e-6
            assert np.isclose(slope, found[at].real if step == 1e-6 else found[at].imag, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["int32", "float64", "float32"])
def test_places_that_do_not_fit(dtype: str) -> None:
    """Kernels of each place: the error tells all shapes and the line, in loops too."""
    x, w = of_type(dtype, 4), of_type(dtype, 6)
    f = theano.function([x, w], T.nnet.conv2d(x, w, unshared=True))
    words = r"kernels for the places \(2, 2\): images \(1, 2, 3, 3\), kernels \(4, 2, 3, 2, 2, 2\)"
    with pytest.raises(ValueError, match=rf"{words}[\s\S]*test_convolution_loops.py"):
        f(np.ones((1, 2, 3, 3), dtype), np.ones((4, 2, 3, 2, 2, 2), dtype))
    a, b = of_type(dtype, 4), of_type(dtype, 4)
    for options, shapes, words in (
        ({}, ((1, 3, 5, 5), (2, 4, 3, 3)), "3 channels of images for 4 of kernels"),
        ({"num_groups": 2}, ((1, 4, 5, 5), (3, 2, 3, 3)), "3 kernels can't be in 2 groups"),
        ({"num_groups": 2, "filter_shape": (2, 1, 3, 3)}, ((1, 4, 5, 5), (2, 1, 3, 3)), "4 channels of images for 1"),
        ({"num_groups": 4, "filter_shape": (4, 1, 3, 3)}, ((1, 4, 2, 5), (4, 1, 3, 3)), "larger than the padded"),
        ({"num_groups": 4, "filter_shape": (4, 1, 3, 3)}, ((1, 4, 5, 5), (4, 1, 3, 2)), "that was promised"),
        ({"num_groups": 4, "input_shape": (1, 4, 5, 5)}, ((1, 4, 5, 5), (4, 2, 3, 3)), "4 channels of images for 2"),
    ):  # fmt: skip
        f = theano.function([a, b], T.nnet.conv2d(a, b, **options))
        shown = r"images \({}\)[\s\S]*kernels \({}\)".format(*(", ".join(map(str, s)) for s in shapes))
        with pytest.raises(ValueError, match=rf"{words}[\s\S]*{shown}[\s\S]*test_convolution_loops.py"):
            f(*(np.ones(s, dtype) for s in shapes))


def test_operands_in_any_order() -> None:
    """Integers, channels last and backwards."""
    x, w = T.ltensor4(), T.ltensor4()
    y = T.nnet.conv2d(x.dimshuffle(0, 3, 1, 2)[:, :, ::-1], w.dimshuffle(3, 2, 0, 1)[..., ::-1], border_mode="half")
    f = theano.function([x, w], y.dimshuffle(0, 2, 3, 1))
    assert not calls_back(f)
    a, b = RNG.integers(-9, 9, (2, 6, 7, 4)), RNG.integers(-9, 9, (3, 2, 4, 5))
    made = ac.AbstractConv2d(border_mode="half").forward(
        a.transpose(0, 3, 1, 2)[:, :, ::-1], b.transpose(3, 2, 0, 1)[..., ::-1]
    )
    np.testing.assert_array_equal(f(a, b), made.transpose(0, 2, 3, 1))
