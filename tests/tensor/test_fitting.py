"""Lengths of a function's arguments that must agree: errors name the function and show all its arguments."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import function
from theano.tensor.fitting import Fitting, fitting
from theano.tensor.nnet import volumes
from theano.tensor.signal import conv as signal_conv

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
        [t3, key, value, m], lambda: N.attention(t3, key, value, m),
        [ones(2, 3, 4), ones(2, 5, 4), ones(2, 5, 4), ones(3, 6)],
        r"attention: key has length 5 along axis 1, mask 6 along axis 1: .*mask \(3, 6\)",
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
        [ones(3, 2, 4, 5), ones(1, 2, 3), ones(2, 5)], r"SparseBlockGemv: W has length 4 along axis 2, h 3",
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
    with pytest.raises(IndexError, match=r"h_softmax: each of target must be less than n_classes \* n_out"):
        of_targets(*OF_LEVELS, integers(0, 6))
    with pytest.raises(ValueError, match="h_softmax: x has length 2 along axis 0, target 3 along axis 0"):
        of_targets(*OF_LEVELS, integers(0, 5, 1))


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
        (lambda: N.categorical_crossentropy(t3, ints), TypeError, "categorical_crossentropy: rank mismatch .* has 3"),
    ],
)  # fmt: skip
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()
