"""Lengths of a function's arguments that must agree: errors name the function and show all its arguments."""

from __future__ import annotations

import re

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import function
from theano.legacy.nnet import volumes
from theano.tensor.checks.shape_agreement import Fitting, fitting
from theano.tensor.signal import conv as signal_conv
from theano.tensor.signal.pool import pool_2d

N = T.nnet
MODES = pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])


def ones(*shape):
    return np.ones(shape)


def scaled(x, scale):
    return x * fitting("scaled", "scale", {"x": (x, "rc"), "scale": (scale, "c")})


@MODES
def test_lengths(mode):
    x, scale = T.dmatrix("x"), T.dvector("scale")
    made = scaled(x, scale)
    assert isinstance(made.owner.inputs[1].owner.inputs[0].owner.op, Fitting)
    outs = [made, made.shape, *T.grad((made**2).sum(), [x, scale]), T.Rop(made, [x, scale], [x, scale])]
    f = function([x, scale], outs, mode=mode)
    a, b = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    got = f(a, b)
    for found, wanted in zip(got, [a * b, (2, 3), 2 * a * b**2, (2 * a**2 * b).sum(0), 2 * a * b], strict=True):
        np.testing.assert_allclose(found, wanted)
    words = r"scaled: scale has length 4 along axis 0, x 3 along axis 1: scale \(4,\), x \(2, 3\)\n[\s\S]*test_fitting"
    with pytest.raises(ValueError, match=words):
        f(a, ones(4))
    assert function([x, scale], made.shape, mode=mode, on_unused_input="ignore")(a, ones(4)).tolist() == [2, 3]


@MODES
@pytest.mark.parametrize("of", ["x", "scale"])
def test_gradients_that_do_not_need_the_argument(of, mode):
    x, shift = T.dmatrix("x"), T.dvector("shift")
    made = x + fitting("moved", "shift", {"x": (x, "rc"), "shift": (shift, "c")})
    f = function([x, shift], T.grad(made.sum(), {"x": x, "scale": shift}[of]), mode=mode, on_unused_input="ignore")
    assert f(ones(2, 3), ones(3)).shape == {"x": (2, 3), "scale": (3,)}[of]
    if of == "scale":
        with pytest.raises(ValueError, match=r"the gradient of shift has length 3 along axis 0, shift 4 along axis 0"):
            f(ones(2, 3), ones(4))


def test_lengths_that_are_known():
    x, b = T.TensorType("float64", shape=(None, 3))("x"), T.TensorType("float64", shape=(3,))("b")
    assert fitting("scaled", "scale", {"x": (x, "rc"), "scale": (b, "c")}) is b
    with pytest.raises(ValueError, match=r"scaled: scale has length 4 along axis 0, x 3 along axis 1: scale \(4,\)"):
        fitting("scaled", "scale", {"x": (x, "rc"), "scale": (T.constant(ones(4)), "c")})
    with pytest.raises(TypeError, match="scaled: scale must have 1 dimensions, m has 2"):
        fitting("scaled", "scale", {"x": (x, "rc"), "scale": (T.matrix("m"), "c")})
    row = T.TensorType("float64", (True, False))()  # is repeated
    f = function([x, row], x * fitting("f", "row", {"row": (row, "rc"), "x": (x, "rc")}))
    assert f(ones(2, 3), ones(1, 3)).all()


@MODES
def test_conditions(mode):
    v, n = T.ivector("v"), T.lscalar("n")
    required = [(T.all(v < n), "each {of} v must be small", IndexError), (n > 0, "n must be positive", ValueError)]
    f = function([v, n], 2 * fitting("f", "v", {"v": (v, [""])}, required), mode=mode)
    assert f(np.array([1, 2], "int32"), 3).tolist() == [2, 4]
    with pytest.raises(IndexError, match=r"f: each \{of\} v must be small: v \(2,\)"):
        f(np.array([1, 3], "int32"), 3)
    with pytest.raises(ValueError, match=r"f: n must be positive: v \(0,\)"):
        f(np.array([], "int32"), 0)


def test_in_steps_of_loops():
    """All steps are computed at once, where that goes."""
    xs, scale = T.dtensor3("xs"), T.dvector("scale")
    made = theano.scan(lambda x: scaled(x, scale), sequences=xs)[0]
    f = function([xs, scale], made)
    assert not any(isinstance(node.op, theano.scan_module.scan_op.Scan) for node in f.maker.fgraph.apply_nodes)
    np.testing.assert_allclose(f(ones(4, 2, 3), np.arange(3.0)), np.broadcast_to(np.arange(3.0), (4, 2, 3)))
    with pytest.raises(ValueError, match=r"scaled: scale has length 4 along axis 0, x 3 along axis 2: scale \(4,\)"):
        f(ones(4, 2, 3), ones(4))
    state = theano.scan(lambda x, s: scaled(x, scale) + s.sum(), sequences=xs, outputs_info=T.zeros((2, 3)))[0]
    with pytest.raises(ValueError, match="scaled: scale has length 4"):
        function([xs, scale], state)(ones(4, 2, 3), ones(4))


m, m2, v, u = T.dmatrix(), T.dmatrix(), T.dvector(), T.dvector()
t3, key, value = T.dtensor3(), T.dtensor3(), T.dtensor3()
x4, w4, p4, x5, w5 = T.tensor4(), T.tensor4(), T.tensor4(), T.tensor5(), T.tensor5()
ints, more, labels = T.ivector(), T.ivector(), T.imatrix()


def integers(*numbers):
    return np.array(numbers, "int32")


def spelled():
    return N.ctc.ctc(t3, labels, ints)


OF_LEVELS = (ones(2, 5), ones(5, 2), ones(2), ones(2, 5, 3), ones(2, 3))
SAMPLED = (ones(2, 3), ones(9, 3), ones(9), integers(1, 2), integers(3, 4))


def changed(given, place, array):
    return [*given[:place], array, *given[place + 1 :]]


MISTAKES = {
    "rows of labels": (
        [t3, labels, ints], spelled, [ones(5, 2, 4), integers([1, 2], [1, 2], [1, 2]), integers(5, 5)],
        r"ctc: labels has length 3 along axis 0, activations 2 along axis 1: labels \(3, 2\), activations",
    ),
    "input lengths": (
        [t3, labels, ints], spelled, [ones(5, 2, 4), integers([1, 2], [1, 2]), integers(5, 5, 5)],
        r"ctc: labels has length 2 along axis 0, input_lengths 3 along axis 0",
    ),
    "time": (
        [t3, labels, ints], spelled, [ones(5, 2, 4), integers([1, 2], [1, 2]), integers(5, 9)],
        r"ctc: each of input_lengths must be from 0 to activations.shape\[0\]: labels \(2, 2\), activations",
    ),
    "gradient of ctc": (
        [t3, labels, ints], lambda: T.grad(spelled().sum(), t3),
        [ones(5, 2, 4), integers([1, 2], [1, 2], [1, 2]), integers(5, 5)], r"ctc: labels has length 3 along axis 0",
    ),
    "features": (
        [t3, key, value], lambda: N.attention(t3, key, value), [ones(2, 3, 4), ones(2, 5, 6), ones(2, 5, 4)],
        r"attention: query has length 4 along axis 2, key 6 along axis 2: query \(2, 3, 4\), key \(2, 5, 6\), value",
    ),
    "mask": (
        [t3, key, value, m], lambda: N.attention(t3, key, value, T.gt(m, 0)),
        [ones(2, 3, 4), ones(2, 5, 4), ones(2, 5, 4), ones(3, 6)],
        r"attention: (key has length 5 along axis 1, mask 6|mask has length 6 along axis 1, key 5) .*mask \(3, 6\)",
    ),
    "trained": (
        [m, v, u], lambda: N.batch_normalization_train(m, v, u)[0], [ones(2, 3), ones(3), ones(4)],
        r"batch_normalization_train: .*gamma \(3,\).*beta \(4,\)",
    ),
    "gradient of a shift": (
        [m, v, u], lambda: T.grad(N.batch_normalization_train(m, v, u)[0].sum(), u), [ones(2, 3), ones(3), ones(4)],
        r"batch_normalization_train: the gradient of beta has length 3 along axis 0, beta 4",
    ),
    "gradient of a scale": (
        [m, v, u], lambda: T.grad((N.batch_normalization_train(m, v, u)[0] ** 2).sum(), v),
        [ones(2, 3), ones(4), ones(3)], r"batch_normalization_train: .*gamma has length 4 along axis 0, x 3 along",
    ),
    "tested": (
        [m, v, u], lambda: N.batch_normalization_test(m, v, u, v, v), [ones(2, 3), ones(3), ones(4)],
        r"batch_normalization_test: .*x \(2, 3\).*",
    ),
    "layer": (
        [m, v, u], lambda: N.layer_norm(m, v, u), [ones(2, 3), ones(4), ones(3)],
        r"layer_norm: gamma has length 4 along axis 0, x 3 along axis 1: gamma \(4,\), x \(2, 3\), beta",
    ),
    "mean square": (
        [m, v], lambda: N.rms_norm(m, v), [ones(2, 3), ones(4)], r"rms_norm: gamma has length 4 along axis 0, x 3",
    ),
    "sampled": (
        [m, m2, v, ints, more], lambda: N.sampled_softmax_crossentropy(m, m2, v, ints, more),
        changed(SAMPLED, 2, ones(8)), r"sampled_softmax_crossentropy: W has length 9 along axis 0, b 8 along axis 0",
    ),
    "distributions": (
        [m, m2], lambda: N.categorical_crossentropy(m, m2), [ones(2, 3), ones(2, 4)],
        r"categorical_crossentropy: true_dist has length 4 along axis 1, coding_dist 3 along axis 1: true",
    ),
    "classes": (
        [m, ints], lambda: N.categorical_crossentropy(m, ints), [ones(2, 3), integers(1, 2, 0)],
        r"(categorical_crossentropy: true_one_of_n has length 3 along axis 0, coding_dist 2|2 rows of .*, 3 targets)",
    ),
    "bias": (
        [m, v, ints], lambda: N.crossentropy_softmax_1hot_with_bias(m, v, ints)[0],
        [ones(2, 3), ones(4), integers(1, 2)], r"(1hot_with_bias: b has length 4 along axis 0, x 3|3 columns, 4 b)",
    ),
    "running": (
        [m, v, u], lambda: N.batch_normalization_train(m, v, v, running_mean=u, running_var=u)[3],
        [ones(2, 3), ones(3), ones(4)], r"batch_normalization_train: .*running_mean \(4,\).*, running_var \(4,\)",
    ),
    "parameters with all axes": (
        [x4, w4], lambda: N.batch_normalization_train(x4, w4, w4, axes="spatial")[0],
        [ones(2, 3, 4, 4), ones(1, 3, 2, 1)], r"batch_normalization_train: gamma.shape\[2\] must be 1: gamma \(1, 3",
    ),
    "batch norm as an op": (
        [m, m2], lambda: N.bn.AbstractBatchNormTrain((0,))(m, m2, m2)[0], [ones(2, 3), ones(1, 4)],
        r"AbstractBatchNormTrain: scale has length 4 along axis 1, x 3 along axis 1",
    ),
    "softmax with bias": (
        [m, v], lambda: N.softmax_with_bias(m, v), [ones(2, 3), ones(4)],
        r"(softmax_with_bias: b has length 4 along axis 0, x 3 along|dimension)",
    ),
    "gradient of softmax": (
        [m, m2], lambda: N.softmax_grad(m, m2), [ones(2, 3), ones(2, 4)],
        r"softmax_grad: dy has length 3 along axis 1, sm 4",
    ),
    "gradient of classes": (
        [v, m, ints], lambda: N.crossentropy_categorical_1hot_grad(v, m, ints), [ones(3), ones(2, 4), integers(1, 2)],
        r"crossentropy_categorical_1hot_grad: .*g_y \(3,\)",
    ),
    "gradient of rows": (
        [v, m, ints], lambda: N.crossentropy_softmax_1hot_with_bias_dx(v, m, ints),
        [ones(2), ones(2, 4), integers(1, 2, 3)], r"1hot_with_bias_dx: .*y_idx \(3,\)",
    ),
    "predictions": (
        [ints, more], lambda: N.confusion_matrix(ints, more)[0], [integers(1, 2), integers(1, 2, 3)],
        r"confusion_matrix: actual has length 2 along axis 0, pred 3",
    ),
    "blocks": (
        [w4, t3, m], lambda: N.blocksparse.sparse_block_dot(w4, t3, [[0, 1]], m, [[0, 1, 1]]),
        [ones(3, 2, 4, 5), ones(1, 2, 4), ones(3, 5)], r"sparse_block_dot: b has length 3 along axis 0, W 2",
    ),
    "elements of blocks": (
        [w4, t3, m], lambda: N.blocksparse.sparse_block_dot(w4, t3, [[0, 1]], m, [[0, 1, 1]]),
        [ones(3, 2, 4, 5), ones(1, 2, 3), ones(2, 5)],
        r"sparse_block_dot: W has length 4 along axis 2, h 3 .*: b \(2, 5\), W",
    ),
    "filters of several elements": (
        [x4, w4, p4], lambda: N.abstract_conv.separable_conv2d(x4, w4, p4, 2),
        [ones(1, 2, 5, 5), ones(2, 1, 3, 3), ones(4, 2, 2, 1)],
        r"separable_conv2d: pointwise_filters have one element for each channel: .*pointwise_filters \(4, 2, 2, 1\)",
    ),
    "channels": (
        [x4, w4, p4], lambda: N.abstract_conv.separable_conv2d(x4, w4, p4, 3),
        [ones(1, 2, 5, 5), ones(3, 1, 3, 3), ones(4, 3, 1, 1)], r"separable_conv2d: num_channels must be input",
    ),
    "one image": (
        [m, t3], lambda: signal_conv.conv2d(m, t3), [ones(2, 2), ones(3, 5, 5)],
        r"signal.conv.conv2d: kernels are larger than the padded images: input \(2, 2\), filters \(3, 5, 5\)",
    ),
    "promised": (
        [m, t3], lambda: signal_conv.conv2d(m, t3, (3, 3)), [ones(2, 2), ones(3, 1, 1)],
        r"signal.conv.conv2d: image_shape \(3, 3\) was promised: input \(2, 2\), filters \(3, 1, 1\)",
    ),
    "films": (
        [x5, w5], lambda: N.conv3d2d.conv3d(x5, w5), [ones(1, 3, 2, 5, 5), ones(4, 2, 3, 3, 3)],
        r"conv3d2d.conv3d: signals has length 2 along axis 2, filters 3 along axis 2: signals \(1, 3, 2, 5, 5\)",
    ),
    "volumes": (
        [x5, w5, v], lambda: volumes.conv3D(x5, w5, v, (1, 1, 1)), [ones(1, 3, 2, 5, 5), ones(4, 2, 2, 3, 5), ones(3)],
        r"conv3D: W has length 4 along axis 0, b 3 along axis 0: V \(1, 3, 2, 5, 5\)",
    ),
}  # fmt: skip

@MODES
@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case, mode):
    inputs, make, given, words = MISTAKES[case]
    f = function(inputs, make(), mode=mode, on_unused_input="ignore")
    with pytest.raises(ValueError, match=rf"{words}[\s\S]*test_fitting.py"):
        f(*given)


@MODES
def test_ratios_and_lengths_that_are_negative(mode):
    n = T.lscalar("n")
    f = function([x4, n], N.abstract_conv.bilinear_upsampling(x4, n), mode=mode)
    with pytest.raises(ValueError, match=r"bilinear_upsampling: ratio must be 1 at least: input \(1, 1, 2, 2\)"):
        f(ones(1, 1, 2, 2), 0)
    gradient = N.abstract_conv.conv2d_grad_wrt_inputs(x4, w4, (1, 2, n, n), border_mode=2)
    with pytest.raises(ValueError, match=r"can't have negative lengths: images \(1, 2, -1, -1\), kernels \(4"):
        function([x4, w4, n], gradient, mode=mode)(ones(1, 4, 1, 1), ones(4, 2, 3, 3), -1)
    wide = function([x4, w4], N.conv2d(x4, w4, filter_dilation=(3, 3)), mode=mode)
    with pytest.raises(ValueError, match=r"images with border_mode='valid' and filter_dilation=\(3, 3\): images"):
        wide(ones(1, 2, 5, 5), ones(4, 2, 3, 3))


@MODES
def test_labels_that_are_no_symbols(mode):
    f = function([t3, labels, ints], spelled(), mode=mode)
    with pytest.raises(IndexError, match=r"ctc: each of labels must be less than activations.shape\[2\]: labels"):
        f(ones(5, 1, 4), integers([1, 9]), integers(5))


LEVELS = {
    "W1": (1, ones(4, 2), "h_softmax: x has length 5 along axis 1, W1 4 along axis 0"),
    "b1": (2, ones(3), "h_softmax: b1 has length 3 along axis 0, W1 2 along axis 1|W1 has length 2 along axis 1, b1 3"),
    "W2": (3, ones(2, 4, 3), "h_softmax: x has length 5 along axis 1, W2 4 along axis 1"),
    "b2": (4, ones(2, 4), "h_softmax: W2 has length 3 along axis 2, b2 4 along axis 1"),
    "batch": (0, ones(3, 5), r"h_softmax: batch_size must be x.shape\[0\]: x \(3, 5\)"),
}


@MODES
@pytest.mark.parametrize("case", LEVELS)
def test_levels(case, mode):
    place, array, words = LEVELS[case]
    given = [m, m2, v, t3, T.dmatrix()]
    f = function(given, N.h_softmax(m, 2, 6, 2, 3, *given[1:]), mode=mode)
    assert f(*OF_LEVELS).shape == (2, 6)
    with pytest.raises(ValueError, match=words):
        f(*changed(OF_LEVELS, place, array))
    of_targets = function([*given, ints], N.h_softmax(m, 2, 6, 2, 3, *given[1:], ints), mode=mode)
    assert of_targets(*OF_LEVELS, integers(0, 5)).shape == (2,)
    with pytest.raises(IndexError, match="h_softmax: each of target must be from 0 to n_outputs - 1"):
        of_targets(*OF_LEVELS, integers(0, 6))
    with pytest.raises(IndexError, match="h_softmax: each of target must be from 0 to n_outputs - 1"):
        of_targets(*OF_LEVELS, integers(-1, 5))
    many = (ones(2, 5), ones(5, 20), ones(20), ones(20, 5, 15), ones(20, 15))  # 20 * 15 is beyond int8
    assert function(given, N.h_softmax(m, 2, 300, 20, 15, *given[1:]), mode=mode)(*many).shape == (2, 300)
    with pytest.raises(ValueError, match="h_softmax: n_classes . n_outputs_per_class must be n_outputs at least"):
        function(given, N.h_softmax(m, 2, 7, 2, 3, *given[1:]), mode=mode)(*OF_LEVELS)
    with pytest.raises(ValueError, match="h_softmax: x has length 2 along axis 0, target 3 along axis 0"):
        of_targets(*OF_LEVELS, integers(0, 5, 1))


FILMS = (ones(2, 5, 3, 6, 7), ones(4, 2, 3, 2, 2))
OF_CHANNELS = (ones(2, 3, 6, 6), ones(6, 1, 3, 3), ones(5, 6, 1, 1))
OF_BLOCKS = (ones(3, 4, 5, 6), ones(2, 2, 5), integers([0, 1], [2, 0]), ones(4, 6), integers([0, 1], [2, 3]))
OF_PLACES = (ones(2, 2, 6), ones(3, 4, 5, 7), ones(2, 2, 5), integers([0, 1], [2, 0]), integers([0, 1], [2, 3]))
OF_PAIRS = (ones(3, 4, 5, 6), ones(2, 2, 4), ones(2, 2, 6), integers([0, 1], [2, 0]), integers([0, 1], [2, 3]))
SEEN = (ones(2, 3, 4), ones(2, 5, 4), ones(2, 5, 7))


def films(**hints):
    return lambda x, w: N.conv3d2d.conv3d(x, w, **hints)


def separable(**more):
    return lambda x, d, p: N.abstract_conv.separable_conv2d(x, d, p, 3, **more)


def causal(q, k, v, mask):
    return N.attention(q, k, v, mask, causal=True)


def older(x, gamma, beta, mean, std):
    return N.batch_normalization(x, gamma, beta, mean, std, mode="high_mem")


def of_classes(p):
    return N.categorical_crossentropy(p, integers(0, 1))


def trained(x, scale, bias):
    return N.bn.AbstractBatchNormTrain((0,))(x, scale, bias)[0]


def of_dy(x, dy, scale, mean, invstd):
    return N.bn.AbstractBatchNormTrainGrad((0,))(x, dy, scale, mean, invstd)[0]


def kernels(V, g):
    return N.convGrad3D(V, (1, 1, 1), (5, 2, 2, 2, 3), g)


def volumes_of(W, b, H):
    return N.convTransp3D(W, b, (1, 1, 1), H, (5, 4, 4))


def larger(**hints):
    return lambda x: N.abstract_conv.bilinear_upsampling(x, **hints)


# What is called, its arguments, and words; all of its gradients are asked for one by one, too.
OPERANDS = {
    "columns of a causal mask": (causal, [*SEEN, ones(2, 3, 6) > 0], "attention: .* has length"),
    "rows of a causal mask": (causal, [*SEEN, ones(4, 5) > 0], "attention: .* has length"),
    "batch of a causal mask": (causal, [*SEEN, ones(3, 3, 5) > 0], "attention: .* has length"),
    "features of keys": (N.attention, changed(SEEN, 1, ones(2, 5, 3)), "attention: .* has length"),
    "batch of keys and values": (N.attention, [SEEN[0], ones(3, 5, 4), ones(3, 5, 7)], "attention: .* has length"),
    "values": (N.attention, changed(SEEN, 2, ones(2, 6, 7)), "attention: .* has length"),
    "classes": (of_classes, [ones(3, 4)], "categorical_crossentropy: .*(has length|targets)"),
    "rows of scale": (trained, [ones(3, 4), ones(2, 4), ones(1, 4)], r"AbstractBatchNormTrain: scale.shape\[0\] must"),
    "gamma": (older, [ones(5, 3), ones(4), *[ones(3)] * 3], "batch_normalization: .* has length"),
    "beta": (older, [ones(5, 3), ones(3), ones(4), *[ones(3)] * 2], "batch_normalization: .* has length"),
    "mean": (older, [ones(5, 3), *[ones(3)] * 2, ones(4), ones(3)], "batch_normalization: .* has length"),
    "std": (older, [ones(5, 3), *[ones(3)] * 3, ones(4)], "batch_normalization: .* has length"),
    "dy": (of_dy, [ones(5, 3), ones(4, 3), *[ones(1, 3)] * 3], "AbstractBatchNormTrainGrad: .* has length"),
    "pointwise of two": (separable(), changed(OF_CHANNELS, 2, ones(5, 6, 2, 1)), "pointwise_filters have one element"),
    "depthwise of two": (separable(), changed(OF_CHANNELS, 1, ones(6, 2, 3, 3)), "depthwise_filters are of one"),
    "uneven": (separable(), [ones(2, 3, 6, 6), ones(7, 1, 3, 3), ones(5, 7, 1, 1)], "equally many depthwise_filters"),
    "too large": (separable(), changed(OF_CHANNELS, 1, ones(6, 1, 7, 3)), "kernels are larger than the padded images"),
    "too far apart": (separable(filter_dilation=(3, 3)), OF_CHANNELS, "kernels are larger than the padded images"),
    "input promised": (separable(input_shape=(2, 3, 6, 5)), OF_CHANNELS, r"input_shape \(2, 3, 6, 5\) was promised"),
    "depth promised": (
        separable(depthwise_filter_shape=(6, 1, 3, 2)), OF_CHANNELS, r"depthwise_filter_shape \(6, 1, 3, 2\) was",
    ),
    "points promised": (
        separable(pointwise_filter_shape=(4, 6, 1, 1)), OF_CHANNELS, r"pointwise_filter_shape \(4, 6, 1, 1\) was",
    ),
    "three axes": (
        lambda x, d, p: N.abstract_conv.separable_conv3d(x, d, p, 3),
        [ones(2, 3, 6, 6, 6), ones(6, 1, 3, 3, 3), ones(5, 6, 1, 2, 1)], "separable_conv3d: pointwise_filters have",
    ),
    "films promised": (films(signals_shape=(2, 5, 3, 6, 6)), FILMS, r"signals_shape \(2, 5, 3, 6, 6\) was promised"),
    "kernels promised": (films(filters_shape=(4, 2, 3, 2, 3)), FILMS, r"filters_shape \(4, 2, 3, 2, 3\) was promised"),
    "empty": (films(border_mode="full"), changed(FILMS, 1, ones(4, 0, 3, 2, 2)), "kernels have no elements"),
    "channels of films": (films(), changed(FILMS, 1, ones(4, 2, 4, 2, 2)), "conv3d2d.conv3d: .* has length"),
    "large": (films(), changed(FILMS, 1, ones(4, 2, 3, 7, 2)), "kernels are larger than the padded images"),
    "volumes": (
        lambda V, W, b: N.conv3D(V, W, b, (1, 1, 1)), [ones(2, 5, 6, 7, 3), ones(4, 2, 2, 8, 3), ones(4)],
        "conv3D: kernels are larger",
    ),
    "rows of dCdH": (kernels, [ones(2, 4, 4, 4, 3), ones(2, 3, 3, 2, 5)], "convGrad3D: dCdH has not the lengths"),
    "channels of dCdH": (kernels, [ones(2, 4, 4, 4, 3), ones(2, 3, 3, 3, 6)], "convGrad3D: dCdH has a channel for"),
    "channels of V": (kernels, [ones(2, 4, 4, 4, 4), ones(2, 3, 3, 3, 5)], "convGrad3D: V has WShape"),
    "volumes of dCdH": (kernels, [ones(2, 4, 4, 4, 3), ones(1, 3, 3, 3, 5)], "convGrad3D: .* has length"),
    "H": (volumes_of, [ones(5, 2, 2, 2, 3), ones(3), ones(2, 3, 3, 3, 5)], "convTransp3D: H has not the lengths"),
    "images": (lambda x, w: signal_conv.conv2d(x, w), [ones(3, 3), ones(2, 4, 2)], "signal.conv.conv2d: kernels are"),
    "image promised": (
        lambda x, w: signal_conv.conv2d(x, w, (5, 4, 4)), [ones(5, 3, 3), ones(2, 2, 2)],
        r"signal.conv.conv2d: image_shape \(5, 4, 4\) was",
    ),
    "batch": (larger(ratio=2, batch_size=3), [ones(1, 2, 3, 3)], "bilinear_upsampling: batch_size 3 was promised"),
    "channels": (
        larger(frac_ratio=(3, 2), num_input_channels=3), [ones(1, 2, 3, 3)],
        "bilinear_upsampling: num_input_channels 3 was promised",
    ),
    "W of blocks": (N.blocksparse.sparse_block_gemv, OF_PLACES, "SparseBlockGemv: .* has length"),
    "x of blocks": (N.blocksparse.sparse_block_outer, OF_PAIRS, "SparseBlockOuter: .* has length"),
    "h": (N.blocksparse.sparse_block_dot, changed(OF_BLOCKS, 1, ones(2, 2, 4)), "sparse_block_dot: .* has length"),
    "b": (N.blocksparse.sparse_block_dot, changed(OF_BLOCKS, 3, ones(4, 5)), "sparse_block_dot: .* has length"),
    "inputIdx": (
        N.blocksparse.sparse_block_dot, changed(OF_BLOCKS, 2, integers([0, 1, 1], [2, 0, 1])),
        "sparse_block_dot: .* has length",
    ),
    "outputIdx": (
        N.blocksparse.sparse_block_dot, changed(OF_BLOCKS, 4, integers([0, 1], [2, 3], [1, 1])),
        "sparse_block_dot: .* has length",
    ),
}  # fmt: skip


@MODES
@pytest.mark.parametrize("case", OPERANDS)
def test_all_operands_also_in_each_gradient(case, mode):
    call, given, words = OPERANDS[case]
    inputs = [T.TensorType(x.dtype, (False,) * x.ndim)() for x in given]
    made = call(*inputs)
    wrt = [v for v in inputs if v.dtype == "float64"]
    shapes = "".join(rf"(?=[\s\S]* {re.escape(str(x.shape))})" for x in given)
    # The gradient of what is itself of a wrong shape may be found to have the right one.
    words = rf"^(?=.*{words}|.*the gradient of \w+ has length){shapes}[\s\S]*test_fitting"
    for result in [made, *(T.grad(made.sum(), v) for v in wrt)]:
        f = function(inputs, result, mode=mode, on_unused_input="ignore")
        with pytest.raises(ValueError, match=words):
            f(*given)


@MODES
def test_what_only_a_gradient_meets(mode):
    n, p, shape = T.lscalar("n"), T.dscalar("p"), T.lvector("shape")
    slope = T.grad(N.abstract_conv.bilinear_upsampling(x4, n).sum(), x4)
    with pytest.raises(ValueError, match=r"bilinear_upsampling: ratio must be 1 at least: .*input \(1, 1, 3, 3\)"):
        function([x4, n], slope, mode=mode)(ones(1, 1, 3, 3), -1)
    slope = T.grad(N.neighbours.neibs2images(m, (2, 2), shape).sum(), m)
    f = function([m, shape], slope, mode=mode)
    assert f(ones(4, 4), [1, 1, 4, 4]).shape == (4, 4)
    with pytest.raises(ValueError, match="SumOfNeibs: the gradient of neibs has length 8 along axis 0, neibs 4"):
        f(ones(4, 4), [1, 2, 4, 4])
    with pytest.raises(ValueError, match="SumOfNeibs: the gradient of neibs has length 4 along axis 1, neibs 6"):
        f(ones(4, 6), [1, 1, 4, 4])
    made = N.dropout(m, p, theano.random.PhiloxRandomStreams(seed=1))
    for result in (made, T.grad(made.sum(), m)):
        f = function([m, p], result, mode=mode)
        assert f(ones(2, 3), 0.0).tolist() == ones(2, 3).tolist()
        assert not f(ones(2, 3), 1.0).any()
        for wrong in (1.5, -0.5, np.nan):
            with pytest.raises(ValueError, match=r"dropout: p is .* must be from 0 to 1: p \(\), x \(2, 3\)"):
                f(ones(2, 3), wrong)
    f = function([t3, labels, ints], spelled(), mode=mode)
    with pytest.raises(ValueError, match=r"ctc: activations need symbols along axis 2, .*activations \(3, 2, 0\)"):
        f(ones(3, 2, 0), integers([-1], [-1]), integers(2, 2))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: N.conv2d(m, w4), TypeError, "img 4 and kern 4 dimensions are needed; img .* has 2, kern .* has 4"),
        (lambda: N.conv3d(x5, w4), TypeError, "img 5 and kern 5 dimensions are needed; img .* has 5, kern .* has 4"),
        (
            lambda: N.conv2d(x4, w4, (1, 3, 5, 5), (2, 4, 3, 3)), ValueError,
            r"3 channels of images for 4 of kernels and 1 groups were promised: images \(1, 3, 5, 5\), kernels",
        ),
        (lambda: N.conv2d(x4, w4, (1, 3, 5, 5), num_groups=2), ValueError, "3 channels can't be in 2 groups"),
        (lambda: N.conv2d(x4, w4, None, (3, 1, 5, 5), num_groups=2), ValueError, "3 kernels can't be in 2 groups"),
        (lambda: N.conv2d(x4, w4, (1, -3, 5, 5)), ValueError, "input_shape can't have negative lengths"),
        (lambda: signal_conv.conv2d(m, x4), ValueError, "input .* has 2, filters .* has 4"),
        (lambda: signal_conv.conv2d(m, m, (1, 2, 3)), ValueError, "image_shape must have 2 lengths"),
        (lambda: N.conv3d2d.conv3d(x4, x5), TypeError, "must have 5 dimensions, .* has 4, .* has 5"),
        (lambda: volumes.conv3D(x4, x5, v, (1, 1, 1)), TypeError, "V 5, W 5, b 1; V has 4, W has 5, b has 1"),
        (lambda: N.abstract_conv.separable_conv2d(x4, w4, m, 2), TypeError, "input .* has 4, .*pointwise.* has 2"),
        (lambda: N.conv2d(x4, w4, filter_flip="no"), TypeError, "filter_flip must be True or False"),
        (lambda: N.conv2d(x4, w4, 5), TypeError, "input_shape must be 4 numbers that are known, or None, not 5"),
        (lambda: N.conv2d_transpose(x4, w4, None), TypeError, "input_shape must be 4 lengths, not None"),
        (lambda: N.abstract_conv.bilinear_upsampling(x4, 0), ValueError, "ratio must be 1 at least"),
        (lambda: N.abstract_conv.bilinear_upsampling(x4, 1.5), TypeError, "ratio must be an integer"),
        (lambda: N.abstract_conv.bilinear_upsampling(m, 2), TypeError, "images must have 4 dimensions, .* has 2"),
        (lambda: N.batch_normalization_train(T.imatrix(), v, v), TypeError, "inputs must be a tensor of floats"),
        (lambda: N.layer_norm(m, m), ValueError, "layer_norm: gamma must have 1 axes"),
        (lambda: N.batch_normalization_train(t3, v, t3), ValueError, "train: gamma must have 3 or 2 dimensions"),
        (lambda: N.attention(t3, key, value, scale=v), TypeError, "attention: scale must be a number, got .*vector"),
        (lambda: N.layer_norm(m, axis=(1, 1)), ValueError, r"layer_norm: each axis can be named once, got axis=\(1, 1"),
        (lambda: N.softmax(m, axis=(1, -1)), ValueError, r"softmax: each axis can be named once, got axis=\(1, -1\)"),
        (
            lambda: N.dropout(m, T.constant(1.5), theano.random.PhiloxRandomStreams(seed=1)), ValueError,
            "dropout: p is the probability to be left out and must be from 0 to 1, got 1.5",
        ),
        (
            lambda: N.dropout(m, 0.5, theano.random.PhiloxRandomStreams(seed=1), same_along=(0, 0)), ValueError,
            "dropout: each axis can be named once",
        ),
        (
            lambda: N.abstract_conv.get_conv_output_shape((1, 1, 2, 2), (1, 1, 3), "valid", (1, 1)), ValueError,
            r"must have 4 lengths, two more than subsample; got \(1, 1, 2, 2\) and \(1, 1, 3\)",
        ),
        (lambda: N.abstract_conv.bilinear_upsampling(x4, 2, batch_size=-1), ValueError, "can't have negative lengths"),
        (lambda: N.abstract_conv.separable_conv2d(x4, w4, p4, 0), ValueError, "num_channels must be 1 at least"),
        (lambda: N.convGrad3D(x4, (1, 1, 1), (5, 2, 2, 2, 3), x5), TypeError, "convGrad3D: .*; V has 4, dCdH has 5"),
        (lambda: N.categorical_crossentropy(t3, ints), TypeError, "categorical_crossentropy: rank mismatch .* has 3"),
    ],
)  # fmt: skip
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def longer(x):
    """Numbers of the lengths of `x`, but one more along the last axis."""
    return np.ones((*np.shape(x)[:-1], np.shape(x)[-1] + 1))


IMAGES, KERNELS = np.ones((2, 3, 6, 5)), np.ones((4, 3, 2, 2))
LINEAR = {
    "images": (lambda x, w: N.conv2d(x, w, subsample=(2, 2)), 0),
    "kernels": (lambda x, w: N.conv2d(x, w, border_mode="half"), 1),
    "kernels of a gradient": (lambda x, w: T.grad((N.conv2d(x, w) ** 2).sum(), x), 1),
    "images of a gradient": (lambda x, w: T.grad((N.conv2d(x, w) ** 2).sum(), w), 0),
    "means": (lambda x, w: pool_2d(x, (2, 2), ignore_border=True, mode="average_exc_pad"), 0),
    "sums, back": (lambda x, w: T.grad((pool_2d(x, (2, 2), ignore_border=True, mode="sum") ** 2).sum(), x), 0),
    "largest, back": (lambda x, w: T.grad((pool_2d(x, (2, 2), ignore_border=True) ** 2).sum(), x), 0),
    "neighbourhoods": (lambda x, w: N.neighbours.images2neibs(x, (2, 2), mode="ignore_borders"), 0),
}


@pytest.mark.parametrize("name", LINEAR)
def test_directions_have_the_lengths_of_what_they_are_of(name):
    """What is linear doesn't read where the direction starts: it must be asked for its lengths."""
    made, k = LINEAR[name]
    x, w, v = T.dtensor4("x"), T.dtensor4("w"), T.dtensor4("v")
    f = theano.function([x, w, v], T.Rop(made(x, w), (x, w)[k], v), on_unused_input="ignore")
    given = (IMAGES, KERNELS)[k]
    f(IMAGES, KERNELS, given)
    with pytest.raises(ValueError, match=r"direction of input \d has length . along axis 3"):
        f(IMAGES, KERNELS, longer(given))
