"""Convolutions in compiled functions: native, whatever their operands are, checked before anything is updated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import Compiled
from tests.call_backs import calls_back, is_native
from tests.tensor.random_convolutions import compare
from theano.backend.interpreter import Interpreter
from theano.runtime import threads
from theano.tensor.nnet import abstract_conv as ac

RNG = np.random.default_rng(8)
MODES = ("valid", "full", "half", 2, (1, 0), ((0, 2), (1, 3)))


def three(x: Any, w: Any, **options: Any) -> list[Any]:
    """A convolution and both of its gradients, of a cost that needs all numbers of the results."""
    y = T.nnet.conv2d(x, w, **options) if x.ndim == 4 else T.nnet.conv3d(x, w, **options)
    cost = (y * T.cos(T.arange(y.size).reshape(y.shape).astype(y.dtype))).sum()
    return [y, *T.grad(cost, [x, w])]


def agrees(inputs: list[Any], outputs: list[Any], values: list[Any], dtype: str) -> None:
    """The same numbers as NumPy finds."""
    f = theano.function(inputs, outputs)
    assert is_native(f)
    exact = {"float32": 1e-4, "float64": 1e-12}[dtype]
    for got, wanted in zip(f(*values), theano.function(inputs, outputs, mode="FAST_COMPILE")(*values), strict=True):
        assert got.dtype == wanted.dtype and got.flags.c_contiguous
        np.testing.assert_allclose(got, wanted, rtol=exact, atol=exact * (1 + np.abs(wanted).max(initial=0)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_all_directions(mode: Any, dtype: str) -> None:
    """One function serves images, batches and channels of any size."""
    x, w = T.TensorType(dtype, (False,) * 4)(), T.TensorType(dtype, (False,) * 4)()
    options = {"border_mode": mode, "subsample": (2, 1), "filter_dilation": (1, 2), "filter_flip": mode != "half"}
    outputs = three(x, w, **options)
    f, g = theano.function([x, w], outputs), theano.function([x, w], outputs, mode="FAST_COMPILE")
    assert not calls_back(f)
    exact = {"float32": 1e-4, "float64": 1e-12}[dtype]
    for n, c, k, image, kernel in (
        (2, 3, 5, (9, 8), (3, 2)), (0, 2, 3, (7, 7), (2, 2)), (3, 1, 1, (5, 9), (5, 5)), (1, 40, 36, (6, 17), (1, 1)),
        (5, 2, 70, (30, 21), (3, 3)), (1, 1, 1, (1, 3), (1, 2)),
    ):  # fmt: skip
        values = RNG.normal(size=(n, c, *image)).astype(dtype), RNG.normal(size=(k, c, *kernel)).astype(dtype)
        for got, wanted in zip(f(*values), g(*values), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=exact, atol=exact * (1 + np.abs(wanted).max(initial=0)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_views(dtype: str) -> None:
    """Operands are read where they lie: channels-last, turned around, every other one, the same one again."""
    x, w = T.TensorType(dtype, (False,) * 4)("x"), T.TensorType(dtype, (False,) * 4)("w")
    one = T.TensorType(dtype, (True, False, False, True))("one")
    images, kernels = RNG.normal(size=(3, 8, 9, 4)).astype(dtype), RNG.normal(size=(3, 2, 4, 5)).astype(dtype)
    for a, b in (
        (x.dimshuffle(0, 3, 1, 2), w.dimshuffle(3, 2, 0, 1)), (x.dimshuffle(0, 3, 1, 2)[::-1, :, ::-2, 1:], w.T),
        (x.dimshuffle(2, 3, 1, 0)[:, ::2], w.dimshuffle(3, 1, 0, 2)[:, :, ::-1, ::-1]),
        (x.dimshuffle(0, 3, 1, 2), T.ones_like(w.T)), (T.zeros((2, 4, 5, 6), dtype), w.T),
    ):  # fmt: skip
        y = T.nnet.conv2d(a, b, border_mode="half")
        outputs = [y, y.dimshuffle(0, 2, 3, 1) * 2, *T.grad((y * y).sum(), [x, w], disconnected_inputs="ignore")]
        agrees([x, w], [T.as_tensor_variable(v) for v in outputs], [images, kernels], dtype)
    outputs = three(one, w.dimshuffle(3, 0, 2, 1)[:, :1], border_mode="full")
    agrees([one, w], outputs, [images[:1, :1, :, :1], kernels], dtype)


def test_groups_volumes_and_sequences() -> None:
    x, w = T.ftensor4(), T.ftensor4()
    values = [RNG.normal(size=s).astype("float32") for s in ((3, 6, 7, 8), (12, 2, 3, 2))]
    agrees([x, w], three(x, w, num_groups=3, border_mode=1, subsample=(2, 2)), values, "float32")
    x, w = T.TensorType("float64", (False,) * 5)(), T.TensorType("float64", (False,) * 5)()
    values = [RNG.normal(size=s) for s in ((2, 4, 5, 6, 7), (6, 2, 2, 3, 2))]
    options = {"num_groups": 2, "border_mode": "half", "subsample": (1, 2, 1), "filter_dilation": (2, 1, 1)}
    agrees([x, w], three(x, w, **options), values, "float64")
    x, w = T.dtensor3(), T.dtensor3()
    y = ac.AbstractConv(1, None, None, ((2, 1),), 2, True, 3)(x, w)
    values = [RNG.normal(size=s) for s in ((2, 4, 19), (6, 4, 3))]
    agrees([x, w], [y, *T.grad((y**2).sum(), [x, w])], values, "float64")


@pytest.mark.parametrize(
    ("images", "kernels", "dtype"),
    [("float32", "float64", "float64"), ("int8", "float32", "float32"), ("float16", "float32", "float32")],
)
def test_mixed_types(images: str, kernels: str, dtype: str) -> None:
    x, w = T.TensorType(images, (False,) * 4)(), T.TensorType(kernels, (False,) * 4)()
    values = [(10 * RNG.normal(size=s)).astype(t) for s, t in (((2, 3, 6, 5), images), ((4, 3, 2, 3), kernels))]
    agrees([x, w], [T.nnet.conv2d(x, w, border_mode="half")], values, dtype)


def test_lengths_that_are_numbers() -> None:
    """Lengths of gradients that only the call knows."""
    g, w, x, n = T.dtensor4(), T.dtensor4(), T.dtensor4(), T.lvector()
    f = theano.function([g, w, n], ac.AbstractConv2d_gradInputs(subsample=(3, 2))(w, g, n))
    h = theano.function([x, g, n], ac.AbstractConv2d_gradWeights(subsample=(3, 2))(x, g, n))
    assert not calls_back(f) and not calls_back(h)
    tops, kernels, images = (RNG.normal(size=s) for s in ((2, 4, 3, 3), (4, 2, 3, 2), (2, 2, 10, 7)))
    op = ac.AbstractConv2d(subsample=(3, 2))
    for shape in ((9, 6), (10, 7), (11, 6)):
        np.testing.assert_allclose(f(tops, kernels, shape), op.inputs(kernels, tops, shape), rtol=1e-12, atol=1e-12)
    for shape in ((3, 2), (4, 3), (2, 3)):
        np.testing.assert_allclose(h(images, tops, shape), op.weights(images, tops, shape), rtol=1e-12, atol=1e-12)
    for wrong in ((9,), (9, 6, 1)):
        with pytest.raises(ValueError, match="2 lengths"):
            f(tops, kernels, wrong)
    for wrong in ((12, 6), (-1, 7), (1 << 40, 7)):
        with pytest.raises(ValueError, match="results should have the shape|larger than the padded|negative lengths"):
            f(tops, kernels, wrong)
    for wrong in ((0, 2), (-1, 2), (9, 2)):
        with pytest.raises(ValueError, match="results should have|no elements"):
            h(images, tops, wrong)


def test_nothing_is_updated_where_shapes_do_not_fit() -> None:
    x, w, count = T.dtensor4("x"), theano.shared(np.ones((2, 3, 2, 2)), "w"), theano.shared(0.0, "count")
    y = T.nnet.conv2d(x, w)
    f = theano.function([x], y.sum(), updates={w: w - T.grad(y.sum(), w), count: count + 1})
    with pytest.raises(ValueError, match=r"images \(1, 4, 5, 5\), kernels \(2, 3, 2, 2\)[\s\S]*test_convolution.py"):
        f(np.ones((1, 4, 5, 5)))
    assert count.get_value() == 0 and (w.get_value() == 1).all()
    f(np.ones((1, 3, 5, 5)))
    assert count.get_value() == 1 and (w.get_value() == 1 - 16).all()


@pytest.fixture
def small_work_is_shared() -> Iterator[None]:
    before = threads.num_threads()
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        yield
    threads.set_num_threads(before)


@pytest.mark.usefixtures("small_work_is_shared")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_for_all_threads(dtype: str) -> None:
    x, w = T.TensorType(dtype, (False,) * 4)(), T.TensorType(dtype, (False,) * 4)()
    f = theano.function([x, w], three(x, w, border_mode=1, subsample=(1, 2), num_groups=2))
    for n, c, k, image in ((9, 12, 40, (30, 28)), (2, 70, 130, (9, 15)), (20, 4, 6, (40, 31)), (67, 2, 20, (30, 30))):
        values = RNG.normal(size=(n, c, *image)).astype(dtype), RNG.normal(size=(k, c // 2, 3, 3)).astype(dtype)
        found = []
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.append([v.tobytes() for v in f(*values)])
        assert found[0] == found[1] == found[2]
    with theano.change_flags(openmp=False):
        alone = theano.function([x, w], three(x, w, border_mode=1, subsample=(1, 2), num_groups=2))
    assert [v.tobytes() for v in alone(*values)] == found[0]


def test_in_a_loop() -> None:
    """A convolution of each step, whose kernels are those of all."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    steps, _ = theano.scan(lambda h: T.tanh(T.nnet.conv2d(h, w, border_mode="half")), outputs_info=[x], n_steps=3)
    outputs = [steps[-1], *T.grad(steps[-1].sum(), [x, w])]
    agrees([x, w], outputs, [RNG.normal(size=(2, 3, 6, 5)), RNG.normal(size=(3, 3, 3, 3))], "float64")


def test_winograd() -> None:
    """Where it is taken, what it may cost in accuracy, and that a flag turns it off."""
    x, w = T.ftensor4("x"), T.ftensor4("w")
    y = T.nnet.conv2d(x, w, border_mode="half")
    outputs = [y, *T.grad((y * y).sum(), [x, w])]
    f = theano.function([x, w], outputs)
    assert "winograd_f32" in theano.printing.loop_program(f)
    with theano.change_flags(conv__winograd="off"):
        plain = theano.function([x, w], outputs)
    assert "winograd_f32" not in theano.printing.loop_program(plain)
    for n, c, k, image in ((2, 40, 64, (17, 30)), (1, 32, 33, (24, 21)), (1, 31, 64, (30, 30)), (1, 64, 32, (6, 80))):
        values = [RNG.normal(size=s).astype("float32") for s in ((n, c, *image), (k, c, 3, 3))]
        exact = theano.function([x, w], outputs, mode="FAST_COMPILE")(*(v.astype("float32") for v in values))
        is_suited = min(c, k) >= 32 and min(image) >= 7
        for got, direct, wanted in zip(f(*values), plain(*values), exact, strict=True):
            rms = np.sqrt((wanted.astype("f8") ** 2).mean())
            assert np.abs(got - wanted).max() < 3e-5 * rms
            assert (got.tobytes() == direct.tobytes()) != is_suited
    for kind in ("float64", "strides", "dilation", "groups"):
        a, b = (T.TensorType("float64" if kind == "float64" else "float32", (False,) * 4)() for _ in range(2))
        options = {
            "float64": {}, "strides": {"subsample": (1, 2)}, "dilation": {"filter_dilation": (2, 1)},
            "groups": {"num_groups": 2},
        }[kind]  # fmt: skip
        g = theano.function([a, b], T.nnet.conv2d(a, b, **options))
        assert "winograd" not in theano.printing.loop_program(g)


@pytest.mark.parametrize(("c", "k", "image"), [(3000, 24, 8), (3000, 64, 6), (3, 3000, 8), (300, 40, 40)])
def test_long_sums_of_float32_round_little(c: int, k: int, image: int) -> None:
    """Thousands of numbers are not added one after the other: 2e-5 times the rms of the results where they were."""
    x, w = (RNG.normal(size=s).astype("float32") for s in ((1, c, image, image), (k, c, 3, 3)))
    found = []
    for dtype in ("float32", "float64"):
        a, b = T.tensor4(dtype=dtype), T.tensor4(dtype=dtype)
        y = T.nnet.conv2d(a, b, border_mode="half")
        with theano.change_flags(conv__winograd="off"):
            f = theano.function([a, b], [y, *T.grad((y**2).sum() / 2, [a, b])])
        found.append(f(x.astype(dtype), w.astype(dtype)))
    for got, wanted in zip(*found, strict=True):
        assert np.abs(got - wanted).max() < 6e-6 * np.sqrt((wanted**2).mean())


def test_memory_does_not_grow_with_batches() -> None:
    """No copy of a batch, in no direction: what is needed beside operands and results is the same for large ones."""
    x, w, g, n = T.ftensor4(), T.ftensor4(), T.ftensor4(), T.lvector()
    options: Any = {"border_mode": (1, 1), "subsample": (2, 2)}
    forward = theano.function([x, w], T.nnet.conv2d(x, w, **options))
    weights = theano.function([x, g, n], ac.AbstractConv2d_gradWeights(**options)(x, g, n))
    inputs = theano.function([w, g, n], ac.AbstractConv2d_gradInputs(**options)(w, g, n))
    quick = theano.function([x, w], T.nnet.conv2d(x, w))
    taken = []
    for images in (200, 400):
        a, b = np.zeros((images, 32, 32, 32), "f"), np.zeros((64, 32, 3, 3), "f")
        c = np.zeros((images, 64, 16, 16), "f")
        calls = ((forward, (a, b)), (weights, (a, c, (3, 3))), (inputs, (b, c, (32, 32))), (quick, (a, b)))
        taken.append([theano.printing.memory_plan(f, *args).workspace for f, args in calls])
    assert taken[0] == taken[1] and max(taken[0]) < 40 << 20


def test_layers_share_what_they_need_on_the_way() -> None:
    """Memory of bands and sums follows from other lengths in each layer, and no two layers need it at once."""

    def workspace(layers: int) -> int:
        x = T.ftensor4("x")
        kernels = [theano.shared(np.ones((8, 8, 3, 3), "f")) for _ in range(layers)]
        y = x
        for w in kernels:
            y = T.tanh(T.nnet.conv2d(y, w, border_mode="half"))
        f = theano.function([x], y)
        return theano.printing.memory_plan(f, np.ones((2, 8, 30, 30), "f")).workspace

    few, many = workspace(2), workspace(6)
    assert many <= few + 4 * 2 * (2 * 8 * 30 * 30) * 4  # not more than what is between the layers


def test_in_the_interpreter() -> None:
    """The meanings of the functions, within the bounds of their memory."""
    x, w, g = T.ftensor4("x"), T.ftensor4("w"), T.ftensor4("g")
    strided: Any = {"border_mode": ((0, 2), (1, 0)), "subsample": (2, 1), "num_groups": 2}
    for options, *shapes in (
        (strided, (2, 4, 6, 5), (6, 2, 3, 2), (2, 6, 3, 5)),
        ({"border_mode": "half"}, (1, 32, 24, 24), (32, 32, 3, 3), (1, 32, 24, 24)),  # Winograd's
    ):
        to_kernels = ac.conv2d_grad_wrt_weights(x, g, w.shape, **options)
        outputs = [T.nnet.conv2d(x, w, **options), ac.conv2d_grad_wrt_inputs(g, w, x.shape, **options), to_kernels]
        f = theano.function([x, w, g], outputs)
        values = [RNG.normal(size=s).astype("float32") for s in shapes]
        compiled = Compiled(f, f.executor)
        run = Interpreter(compiled.lowered.program, compiled.lowered.layout, compiled.words([]))
        run.run(values, [])
        for found, wanted in zip(run.slots, f(*values), strict=False):
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("seed", [9520004, 9520011, 9520023, 9520037, 9520041, 9520058])
def test_random_convolutions(seed: int) -> None:
    compare(seed)
