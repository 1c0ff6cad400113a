"""Batch normalisation as operations: like the functions, with the gradients that these have as expressions."""

from __future__ import annotations

import numpy as np
import pytest
from theano.tensor.nnet.bn import AbstractBatchNormInference, AbstractBatchNormTrain, AbstractBatchNormTrainGrad

import theano
import theano.tensor as T
from theano.tensor import nnet

R = np.random.RandomState(0)
MODES = ["FAST_COMPILE", theano.compile.Mode(linker="cvm", optimizer=None), "FAST_RUN"]
AXES = {"per-activation": (0,), "spatial": (0, 2), (1,): (1,)}


def both(axes, dtype="float64"):
    """Variables, values, and for all outputs the functions' expressions and the ops'."""
    over = AXES[axes]
    kept = tuple(1 if i in over else n for i, n in enumerate((5, 2, 3)))
    x = T.tensor3("x", dtype=dtype)
    params = [T.TensorType(dtype, [n == 1 for n in kept])(name) for name in ("scale", "bias", "mean", "var")]
    values = [R.normal(size=(5, 2, 3)), *(R.uniform(0.5, 1.5, kept) for _ in params)]
    scale, bias, mean, var = params
    train = nnet.batch_normalization_train(x, scale, bias, axes, 1e-3, 0.2, mean, var)
    as_op = AbstractBatchNormTrain(over)(x, scale, bias, 1e-3, 0.2, mean, var)
    test = nnet.batch_normalization_test(x, scale, bias, mean, var, axes, 1e-3)
    test_as_op = AbstractBatchNormInference(over)(x, scale, bias, mean, var, 1e-3)
    return [x, *params], [v.astype(dtype) for v in values], [*train, test], [*as_op, test_as_op]


@pytest.mark.parametrize("mode", MODES, ids=["perform", "native", "rewritten"])
@pytest.mark.parametrize("axes", AXES, ids=str)
def test_values_and_gradients_of_two_orders(axes, mode):
    variables, values, expressions, ops = both(axes)
    weights = [T.constant(R.uniform(0.5, 1.5, v.eval(dict(zip(variables, values, strict=True))).shape)) for v in ops]

    def derived(outputs):
        found = []
        for chosen in ([0], [1, 4], [2, 3], [5], [0, 1, 2, 3, 4, 5]):
            cost = sum((outputs[k] ** 2 * weights[k]).sum() for k in chosen)
            first = T.grad(cost, variables, disconnected_inputs="ignore")
            total = sum((g**2).sum() for g in first)
            found += [*first, *T.grad(total, variables, disconnected_inputs="ignore")]
        return [*outputs, *found]

    f = theano.function(variables, [*derived(expressions), *derived(ops)], mode=mode, on_unused_input="ignore")
    got = f(*values)
    for wanted, value in zip(got[: len(got) // 2], got[len(got) // 2 :], strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-8, atol=1e-9)


def test_the_gradient_as_an_op():
    variables, values, expressions, ops = both("spatial")
    x, scale, bias = variables[:3]
    dy = T.constant(R.normal(size=(5, 2, 3)))
    inner = T.constant(R.normal(size=(5, 2, 3)))
    mean, invstd = expressions[1:3]
    given = AbstractBatchNormTrainGrad((0, 2))(x, dy, scale, mean, invstd)
    wanted = T.grad(None, [x, scale, bias], known_grads={expressions[0]: dy})
    second = [T.grad((g[0] * inner).sum() + (g[1] ** 2).sum() + g[2].sum() ** 2, [x, scale]) for g in (wanted, given)]
    f = theano.function(variables, [*wanted, *second[0], *given, *second[1]], on_unused_input="ignore")
    got = f(*values)
    for a, b in zip(got[:5], got[5:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def test_dtypes_and_native_code():
    variables, values, _, ops = both("spatial", "float32")
    f = theano.function(variables, [*ops, *T.grad(ops[0].sum(), variables[:3])])
    assert {a.dtype.name for a in f(*values)} == {"float32"}
    assert not any(kind == "callback" for kind, _ in f.executor.lowered.words)
    assert not any(isinstance(n.op, AbstractBatchNormTrain) for n in f.maker.fgraph.apply_nodes)
    empty = [v[:, :, :0] if v.shape[2] == 3 else v for v in values]
    assert f(*empty)[0].shape == (5, 2, 0)


def test_refusals():
    x, p, v = T.tensor3(), T.tensor3(), T.vector()
    with pytest.raises(ValueError, match="axes must be a list or tuple of numbers, and have one, got 0"):
        AbstractBatchNormTrain(axes=0)
    for dtype in ("complex128", "int64"):
        with pytest.raises(TypeError, match="AbstractBatchNormInference: x must be a tensor of floats"):
            AbstractBatchNormInference()(T.tensor3(dtype=dtype), p, p, p, p)
    with pytest.raises(TypeError, match="has 1 axes and must have the 3 of x"):
        AbstractBatchNormTrain()(x, v, p)
    with pytest.raises(TypeError, match="epsilon must be a number"):
        AbstractBatchNormInference()(x, p, p, p, p, v)
    with pytest.raises(ValueError, match="running_var needs running_mean"):
        AbstractBatchNormTrain()(x, p, p, running_var=p)
