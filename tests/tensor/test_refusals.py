"""Every error that functions and ops of `theano.tensor` document is raised once: its class and what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.exceptions import AxisError
from numpy.linalg import LinAlgError
from theano.tensor.io import load
from theano.tensor.subtensor import Subtensor

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check, first_line
from theano.graph import Apply
from theano.tensor import blas, extra_ops, nlinalg, slinalg
from theano.tensor.checks.declared_shapes import Rebroadcast
from theano.tensor.indexing import advanced_subtensor
from theano.tensor.linalg import factors
from theano.tensor.reductions import reduction
from theano.tensor.reductions.careduce import CAReduce
from theano.tensor.shaping.shape import MakeVector, Shape_i

s, v, m, t3, t4 = T.dscalar("s"), T.dvector("v"), T.dmatrix("m"), T.dtensor3("t3"), T.dtensor4("t4")
n, i, im, r, z = T.iscalar("n"), T.ivector("i"), T.imatrix("im"), T.drow("r"), T.zvector("z")
three = T.TensorType("float64", shape=(3,))("three")
ones = np.ones

VARIABLES: list[Refusal] = [
    (lambda: T.TensorType("float64"), TypeError, "needs broadcastable or shape"),
    (lambda: T.TensorType("float64", shape=(-1,)), ValueError, "negative length in static shape"),
    (lambda: T.TensorType("float64", (False,), shape=(2, 3)), ValueError, "differ in length"),
    (lambda: T.TensorType("float64", (True,), shape=(2,)), ValueError, "contradicts shape"),
    (lambda: T.TensorType("flot32", (False,)), TypeError, "Unsupported dtype for TensorType: 'flot32'"),
    (lambda: T.constant(v), TypeError, "constant needs a number, array or list, not the variable v"),
    (lambda: T.constant([1, 2], ndim=0), ValueError, "ndim=0, but the value has 1 dimensions"),
    (lambda: T.constant([[1], [2, 3]]), TypeError, "Could not convert .* to a tensor constant: .*inhomogeneous"),
    (lambda: T.constant(["a"]), TypeError, "Could not convert .* of <class 'list'> to a tensor constant"),
    (lambda: T.constant(10**30, dtype="int64"), TypeError, "Could not convert"),
    (lambda: T.as_tensor_variable(T.max_and_argmax(v)[0].owner), ValueError, "ambiguous which output"),
    (lambda: T.as_tensor_variable(theano.gof.generic("g")), T.AsTensorError, "must be a TensorType, not .*of g"),
    (lambda: T.as_tensor_variable(True), T.AsTensorError, "Cannot cast True or False"),
    (lambda: T.as_tensor_variable(m, ndim=1), ValueError, "could not be cast to have 1 dimensions: m is"),
    (lambda: T.as_tensor_variable({}), T.AsTensorError, "Cannot convert {} of type dict to TensorType"),
    (lambda: T.get_vector_length(v), ValueError, "length not known: v"),
    (lambda: T.get_vector_length(s), ValueError, "s has no axis"),
    (lambda: T.get_scalar_constant_value(None), T.NotScalarConstantError, "None is not known before a function runs"),
    (lambda: T.get_scalar_constant_value(s), T.NotScalarConstantError, "s is not known before a function runs"),
    (lambda: v.transfer("gpu"), ValueError, "Can't transfer to target gpu"),
    (lambda: T.cast(z, "float64"), TypeError, "Casting from complex to real is ambiguous"),
    (lambda: T.round(s, "up"), NotImplementedError, "round mode 'up' is not implemented: take 'half_to_even'"),
    (lambda: v.type.filter_variable(m), TypeError, "Cannot convert Type"),
]

SHAPES: list[Refusal] = [
    (lambda: m.reshape((-1, -1)), ValueError, "only one length may be -1"),
    (lambda: m.reshape((-2, 3)), ValueError, "lengths must be at least -1"),
    (lambda: m.reshape(i), ValueError, "the length of the new shape i is not known; give ndim"),
    (lambda: m.reshape(i, ndim=-1), ValueError, "ndim must be an int >= 0, got -1"),
    (lambda: m.reshape(i, ndim=1.5), ValueError, "ndim must be an int >= 0, got 1.5"),
    (lambda: m.reshape((2.5, 2)), TypeError, "shapes are integers"),
    (lambda: T.constant(np.ones(4)).reshape((3,)), ValueError, r"Cannot reshape .* of shape \(4,\) to shape \(3,\)"),
    (lambda: T.flatten(m, ndim=1, outdim=1), ValueError, "give ndim or outdim, not both"),
    (lambda: T.flatten(m, 3), ValueError, r"ndim 3 out of bound \[1, 2\]"),
    (lambda: m.dimshuffle(0, "y"), TypeError, "must be Python ints or 'x', got 'y'"),
    (lambda: (m.dimshuffle(0, 1), m.dimshuffle(0, 1.0)), TypeError, "must be Python ints or 'x', got 1.0 of type"),
    (lambda: (m.dimshuffle(0, 1), m.dimshuffle(0, True)), TypeError, "must be Python ints or 'x', got True"),
    (lambda: m.dimshuffle(0, 2), ValueError, "axis 2 does not exist, the input has 2 dimensions"),
    (lambda: m.dimshuffle(0, 0), ValueError, "may not appear twice"),
    (lambda: m.dimshuffle(0), ValueError, "cannot drop a non-broadcastable dimension"),
    (lambda: m.T.owner.op(v), TypeError, "number of dimensions of the input is incorrect"),
    (lambda: r.dimshuffle(1).owner.op(m), TypeError, "broadcastable pattern of the input is incorrect"),
    (lambda: Shape_i(2)(m), TypeError, "m has 2 dimensions, there is no axis 2"),
    (lambda: MakeVector("int64")(v), ValueError, "MakeVector takes 0-d tensors only"),
    (lambda: Rebroadcast((2, True))(v), ValueError, "rebroadcast non-existent dimension"),
    (lambda: T.zeros(i), ValueError, "the length of the shape i is not known"),
    (lambda: T.zeros((2.5,)), TypeError, "a length must be an integer, got"),
    (lambda: T.alloc(1.0, True), TypeError, "must be an integer, not a bool"),
    (lambda: T.alloc(1.0, i), TypeError, "must be 0-d, got i with 1 dimensions"),
    (lambda: T.alloc(m, 3), TypeError, "has more dimensions .2. than the specified shape .1."),
    (lambda: T.arange(v), TypeError, "arange takes 0-d arguments"),
    (lambda: T.mgrid[0:3, 2], TypeError, "a grid is written with slices that have an end"),
    (lambda: T.ogrid[0:3:2j], NotImplementedError, "complex step"),
    (lambda: T.specify_shape(m, (2,)), AssertionError, "m has 2 dimensions, the shape .* 1"),
    (lambda: T.unbroadcast(v, 2), ValueError, "change the broadcastability of a non-existent dimension"),
    (lambda: T.addbroadcast(three, 0), ValueError, "axis 0 of three has length 3"),
    (lambda: T.shape_padaxis(v, 3), AxisError, "axis 3 is out of bounds"),
    (lambda: T.swapaxes(m, 0, 2), AxisError, "swapaxes: axis 2 is out of bounds for a tensor of 2 dimensions"),
    (lambda: T.swapaxes(m, -3, 0), AxisError, "swapaxes: axis -3 is out of bounds"),
    (lambda: T.roll(m, 1, axis=2), AxisError, "roll: axis 2 is out of bounds for a tensor of 2 dimensions"),
    (lambda: T.tile(v, i), ValueError, "the length of reps is not known; give ndim"),
    (lambda: T.tile(v, (2, 2), ndim=1), ValueError, "tile: 2 repetitions for ndim=1"),
    (lambda: T.tile(v, 2.0), ValueError, "tile: a repetition must be a 0-d integer, got TensorConstant{2.0}"),
    (lambda: T.tile(m, [s, 2]), ValueError, "tile: a repetition must be a 0-d integer, got s of type"),
    (lambda: T.tile(v, [[1, 2]]), ValueError, "tile: a repetition must be a 0-d integer"),
    (lambda: T.tile(v, T.imatrix("two")), ValueError, "tile: reps must be a number or a vector, got two with 2"),
    (lambda: T.unravel_index(i, (2, 2), order="A"), ValueError, "order must be 'C' or 'F', not 'A'"),
    (lambda: T.ravel_multi_index((i, i), (2, 2), order="A"), ValueError, "order must be 'C' or 'F', not 'A'"),
    (lambda: T.repeat(v, 2.0), TypeError, "repeats must be integers"),
    (lambda: T.repeat(v, T.cast(n, "uint64")), TypeError, "at most int64, got .* of dtype uint64"),
    (lambda: extra_ops.RepeatOp()(v, T.cast(i, "uint64")), TypeError, "at most int64, got .* of dtype uint64"),
    (lambda: extra_ops.RepeatOp(axis=0)(v, T.imatrix()), TypeError, "repeats must be a number or a vector here"),
    (lambda: T.extra_ops.bartlett(v), TypeError, "M must be an integer, got v of dtype float64"),
    (lambda: T.extra_ops.bartlett(i), TypeError, "M must be 0-d, got i with 1 dimensions"),
]

JOINS: list[Refusal] = [
    (lambda: T.concatenate([]), ValueError, "Cannot join an empty list"),
    (lambda: T.concatenate([s, s]), TypeError, "cannot handle 0-d tensors; use stack"),
    (lambda: T.concatenate([m, v]), TypeError, r"different dimensionality: \[2, 1\] \(m has 2, v has 1\)"),
    (lambda: T.concatenate([v, v], axis=1), AxisError, "axis 1 is out of bounds"),
    (lambda: T.join(-3, m, m), AxisError, "axis -3 is out of bounds"),
    (lambda: T.join(1.0, m, m), TypeError, "the axis of join must be an integer"),
    (lambda: T.concatenate(v), TypeError, "concatenate takes a list or tuple of tensors, got v"),
    (lambda: T.stack(), ValueError, "stack needs at least one tensor"),
    (lambda: T.stack([]), ValueError, "Cannot stack an empty list"),
    (lambda: T.stack([v], [v]), TypeError, "stack takes one list of tensors, or tensors one by one"),
    (lambda: T.stack([v, v], axis=2), AxisError, "axis 2 is out of bounds"),
    (lambda: T.stack([v, m]), TypeError, "stack: tensors of different dimensionality"),
    (lambda: T.stack([v], ax=0), TypeError, "unexpected keyword argument 'ax'"),
    (lambda: T.horizontal_stack(m), ValueError, "expected two or more matrices"),
    (lambda: T.vertical_stack(v, v), ValueError, "expected two or more matrices"),
    (lambda: T.split(v, [1, 2], 3), ValueError, "Split into 3 parts, but 2 lengths were given"),
    (lambda: T.Split(2)(v, n, T.constant([1, 2, 3])), ValueError, "into 2 parts, but 3 lengths were given"),
]

REDUCTIONS: list[Refusal] = [
    (lambda: m.sum(axis=2), ValueError, "axis 2 does not exist with 2 dimensions, the axes are -2 to 1"),
    (lambda: s.sum(axis=0), ValueError, "axis 0 does not exist with 0 dimensions$"),
    (lambda: m.sum(axis="rows"), TypeError, "axis must be an integer, a sequence of integers or None, got 'rows'"),
    (lambda: m.sum(axis=1.0), TypeError, "axis must be an integer"),
    (lambda: m.sum(dtype="flot32"), TypeError, "There is no dtype 'flot32'"),
    (lambda: reduction.Argmax((2,))(m), ValueError, "Not enough dimensions on the input"),
    (lambda: m.var(ddof=1.5), ValueError, "Parameter ddof must be an int, got 1.5"),
    (lambda: m.var(ddof=True), ValueError, "Parameter ddof must be an int, got True"),
    (lambda: s.norm(2), NotImplementedError, "norm of a 0-d tensor"),
    (
        lambda: T.grad(CAReduce(theano.scalar.arctan2)(v), v),
        NotImplementedError,
        "the gradient of a reduction by .* is not known",
    ),
]

INDICES: list[Refusal] = [
    (lambda: v[1.5], TypeError, "1.5 is no index"),
    (lambda: v[0, 0], IndexError, "too many indices for v: 2 for 1 dimensions"),
    (lambda: v[i, i], IndexError, "too many indices for v: 2 for 1 dimensions"),
    (lambda: three[5], IndexError, "index 5 is out of bounds"),
    (lambda: T.TensorType("float64", shape=(None, 3))()[[0, 1], -4], IndexError, "index -4 is out of bounds"),
    (lambda: v[::0], ValueError, "slice step cannot be zero"),
    (lambda: m[T.constant([1.5])], TypeError, "indices must be integers"),
    (lambda: m[T.constant([0, 1]), T.constant([0, 1, 2])], IndexError, "differ in length on axis"),
    (lambda: advanced_subtensor.advanced_subtensor1(v, im), TypeError, "the index must be a vector, got im"),
    (
        lambda: advanced_subtensor.advanced_subtensor1(v, v),
        TypeError,
        "indices must be integers, got v of dtype float64",
    ),
    (lambda: advanced_subtensor.advanced_subtensor1(s, i), IndexError, "cannot index into a 0-d tensor"),
    (lambda: advanced_subtensor.AdvancedSubtensor(("a", "a"))(m, i), ValueError, "takes 2 indices, 1 were given"),
    (lambda: advanced_subtensor.AdvancedSubtensor(("a", "a"))(v, i, i), IndexError, "too many indices for v: 2 for 1"),
    (lambda: Subtensor(("i", "i"))(m, n), ValueError, "takes 2 indices, 1 were given"),
    (lambda: Subtensor(("i", "i"))(v, n, n), IndexError, "too many indices for v: 2 for 1"),
    (lambda: T.nonzero(s), ValueError, "nonzero only supports non-scalar arrays"),
    (lambda: advanced_subtensor.Nonzero()(s), ValueError, "Nonzero only supports non-scalar arrays"),
    (lambda: T.flatnonzero(s), ValueError, "flatnonzero only supports non-scalar arrays"),
    (lambda: T.nonzero_values(s), ValueError, "only supports non-scalar arrays"),
    (lambda: T.take(v, 0, axis=1), AxisError, "take: axis 1 is out of bounds for a tensor of 1 dimensions"),
    (lambda: T.take(v, 0, mode="round"), ValueError, "take: mode must be 'raise', 'wrap' or 'clip', not 'round'"),
    (lambda: T.set_subtensor(v, 1.0), TypeError, "x must be the result of a subtensor operation"),
    (lambda: T.set_subtensor(v[:2], m), TypeError, "Trying to write m of 2 dimensions into 1"),
    (lambda: T.set_subtensor(m[0].reshape((2, 2)), t3), TypeError, "Trying to write t3 of 3 dimensions into 2"),
    (lambda: T.fill_diagonal(v, 1), TypeError, "first parameter must have at least two dimensions"),
    (lambda: T.fill_diagonal(m, v), TypeError, "second parameter must be a scalar"),
    (lambda: T.fill_diagonal_offset(t3, 1, 0), TypeError, "first parameter must have two dimensions, got 3"),
    (lambda: T.fill_diagonal_offset(m, v, 0), TypeError, "second parameter must be a scalar"),
    (lambda: T.diagonal(m, axis1=1, axis2=-1), ValueError, "axis1=1 and axis2=-1 are the same axis of m"),
    (lambda: T.diagonal(m, axis1=0, axis2=2), ValueError, "axis 2 is out of bounds for a tensor of 2 dimensions"),
    (lambda: T.diagonal(m, axis1=-3), ValueError, "axis -3 is out of bounds for a tensor of 2 dimensions"),
    (lambda: v.norm("fro"), ValueError, "Invalid norm order 'fro' for vectors: it must be None or a number"),
    (lambda: m.norm([1]), ValueError, r"Invalid norm order \[1\] for vectors"),
    (lambda: T.extra_ops.unravel_index(v, (2, 3)), TypeError, "indices must be integers"),
    (lambda: T.extra_ops.unravel_index(n, i), ValueError, "the number of dimensions is not known; give ndim"),
    (lambda: T.choose(v, [v, v]), TypeError, "the numbers of the choices must be integers"),
]

PRODUCTS: list[Refusal] = [
    (lambda: T.dot(T.zeros((2, 3)), T.zeros((4, 5))), ValueError, "x.shape.1. = 3 but y.shape.0. = 4"),
    (lambda: T.Dot()(t3, m), TypeError, "Dot takes vectors and matrices, got 3 and 2"),
    (lambda: T.BatchedDot()(m, t3), TypeError, "equally many dimensions, three or more, got 2 and 3"),
    (lambda: T.batched_tensordot(s, t3), TypeError, "tensors of at least one dimension"),
    (lambda: T.tensordot(m, m, axes=3), ValueError, "tensordot: axes=3 for 2 and 2 dimensions"),
    (lambda: T.tensordot(m, m, axes=None), ValueError, "axes must be an int or two lists of ints, got None"),
    (lambda: T.tensordot(m, m, axes=[[0], [0, 1]]), ValueError, "axes must be two lists of equal length"),
    (lambda: nlinalg.matrix_dot(), ValueError, "matrix_dot takes at least one matrix"),
]

ALGEBRA: list[Refusal] = [
    (lambda: nlinalg.AllocDiag()(m), TypeError, "AllocDiag takes a vector, got m with 2 dimensions"),
    (lambda: nlinalg.diag(t3), TypeError, "diag requires vector or matrix argument, got t3 with 3 dimensions"),
    (lambda: nlinalg.tensorinv(t4, ind=0), ValueError, "ind=0 must be from 1 to the number of dimensions, 4"),
    (lambda: nlinalg.lstsq()(m, t3), LinAlgError, "lstsq takes a vector or matrix of results, got 3 dimensions"),
    (lambda: nlinalg.lstsq()(v, v), LinAlgError, "lstsq takes matrices, got v with 1 dimensions"),
    (lambda: nlinalg.lstsq()(m, v, v), LinAlgError, "rcond of lstsq must be a number, got one of 1 dimensions"),
    (lambda: nlinalg.matrix_inverse(v), TypeError, "MatrixInverse takes matrices, got v with 1 dimensions"),
    (lambda: factors.Eigh("X"), ValueError, "UPLO must be 'L' or 'U', not 'X'"),
    (lambda: nlinalg.qr(m, mode="fast"), ValueError, "qr: mode must be 'reduced', 'complete', 'r' or 'raw'"),
    (lambda: factors.QRIncomplete("full"), ValueError, "QRIncomplete: mode must be 'r', not 'full'"),
    (
        lambda: T.grad(nlinalg.qr(m, mode="raw")[0].sum(), m),
        NotImplementedError,
        "the gradient of qr with mode='raw': use mode='reduced'",
    ),
    (lambda: slinalg.solve(m, T.dscalar()), TypeError, "a vector or matrices as right side, got 0 dimensions"),
    (lambda: slinalg.eigvalsh(m, t3), TypeError, "different numbers of dimensions"),
    (lambda: nlinalg.slogdet(v), TypeError, "slogdet takes matrices, got v with 1 dimensions"),
    (lambda: T.tril(v), ValueError, "tril and triu take matrices, got v with 1 dimensions"),
    (lambda: slinalg.Eigvalsh(lower=3), ValueError, "lower must be True or False, not 3"),
    (lambda: slinalg.Cholesky(on_error="pass"), ValueError, "on_error must be 'raise' or 'nan', not 'pass'"),
]

NETWORKS: list[Refusal] = [
    (lambda: T.nnet.softmax(t3), ValueError, "x must be 1-d or 2-d tensor of floats"),
    (lambda: T.nnet.softmax_with_bias(m, m), ValueError, "b must be 1-d tensor of floats"),
    (lambda: T.nnet.crossentropy_categorical_1hot(v, i), TypeError, "coding_dist must be a matrix of floats"),
    (lambda: T.nnet.crossentropy_categorical_1hot(m, v), TypeError, "true_one_of_n must be a vector of integers"),
    (lambda: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, m, i), ValueError, "b must be 1-d tensor of floats"),
    (lambda: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, v, v), ValueError, "y_idx must be 1-d tensor"),
    (lambda: T.nnet.categorical_crossentropy(m, t3), TypeError, "rank mismatch between coding and true"),
    (lambda: T.nnet.bn.batch_normalization_train(m, v, v, epsilon=1e-9), ValueError, "epsilon must be at least 1e-5"),
    (
        lambda: T.nnet.bn.batch_normalization_train(m, v, v, axes="rows"),
        ValueError,
        "invalid axes: 'rows'; expected 'per-activation'",
    ),
]

OTHERS: list[Refusal] = [
    (lambda: T.switch(v > 0, v), TypeError, "switch takes 3 arguments, got 2"),
    (lambda: T.exp(v, v), TypeError, "exp takes 1 arguments, got 2"),
    (lambda: T.add(), TypeError, "add takes one or more arguments, got 0"),
    (lambda: T.TensorType("float64", shape=(2,))() + three, ValueError, "the lengths of axis 0 differ"),
    (lambda: v & 1, TypeError, "bit operations need all bool or all integer arguments"),
    (lambda: T.clip(z, 0, 1), TypeError, "complex argument not supported"),
    (lambda: T.clip(v, None, 1), T.AsTensorError, "Cannot convert None"),
    (lambda: extra_ops.bincount(m), TypeError, "Inputs must be of dimension 1"),
    (lambda: extra_ops.bincount(v), TypeError, "integer|discrete"),
    (lambda: T.extra_ops.searchsorted(m, v), ValueError, "searchsorted takes a sorted vector"),
    (lambda: T.extra_ops.searchsorted(v, v, sorter=m), ValueError, "sorter must be a vector, got TensorType"),
    (lambda: T.extra_ops.searchsorted(v, v, sorter=v), TypeError, "sorter must be an integer vector, got TensorType"),
    (
        lambda: T.extra_ops.searchsorted(v, v, sorter=T.cast(i, "uint64")), TypeError,
        "sorter must be an integer vector, got TensorType.uint64",
    ),
    (lambda: T.diff(v, -1), ValueError, "diff: n must be 0 at least, not -1"),
    (lambda: T.extra_ops.searchsorted(v, v, side="up"), ValueError, "'up' is an invalid value for keyword 'side'"),
    (lambda: T.extra_ops.cumsum(v, axis=1), ValueError, "axis 1 is out of bounds"),
    (lambda: T.extra_ops.diff(v, axis=1), ValueError, "diff: axis 1 is out of bounds"),
    (lambda: T.extra_ops.to_one_hot(v, 3), TypeError, "to_one_hot takes a vector of integers"),
    (lambda: T.sort(v, axis=2), ValueError, "axis 2 is out of bounds for a tensor of 1"),
    (lambda: load("file", "float64", (False,), mmap_mode="w+"), ValueError, "mmap_mode must be one of"),
    (lambda: blas.Gemm(False)(v, 1.0, m, m, 1.0), TypeError, "operands must have .2, 0, 2, 2, 0. dimensions"),
]


def perform(node: Apply, *values: Any) -> None:
    """Runs an op on values that its types would not let through."""
    node.op.perform(node, list(values), [[None]])


PERFORMS: list[Refusal] = [
    (
        lambda: perform(blas.Gemm(False).make_node(m, s, m, m, s), *map(np.ones, [(2, 2), (), (2, 3), (3, 3), ()])),
        ValueError,
        r"the product has shape \(2, 3\), what it is added to \(2, 2\)",
    ),
    (
        lambda: perform(r.dimshuffle(1).owner, ones((2, 2))),
        ValueError,
        "cannot drop axis 0, which has length 2",
    ),
]
TABLES = {
    "performs": PERFORMS,
    "variables": VARIABLES,
    "shapes": SHAPES,
    "joins": JOINS,
    "reductions": REDUCTIONS,
    "indices": INDICES,
    "products": PRODUCTS,
    "algebra": ALGEBRA,
    "networks": NETWORKS,
    "others": OTHERS,
}


@pytest.mark.parametrize(("call", "classes", "text"), cases(TABLES))
def test_refused_while_the_expression_is_written(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)


RUNS: list[tuple[Any, Any, list[Any], type[Exception], str]] = [
    ([n, m], lambda: T.join(n, m, m), [5, ones((2, 2))], IndexError, "Join axis 5 out of bounds"),
    ([n, m], lambda: T.join(n, m, m), [-3, ones((2, 2))], IndexError, "Join axis -3 out of bounds"),
    ([m, v], lambda: nlinalg.lstsq()(m, v)[0], [ones((2, 2)), ones(3)], LinAlgError, "equally many rows|Incompat"),
    (
        [m],
        lambda: T.join(1, m, m.T),
        [ones((2, 3))],
        ValueError,
        "dimensions except for the concatenation axis must match",
    ),
    ([n, m], lambda: T.split(m, [1, 1], 2, axis=n)[0], [2, ones((2, 2))], ValueError, "Split axis 2 out of bounds"),
    ([v, i], lambda: T.split(v, i, 2)[0], [ones(3), [1, 1]], ValueError, "The splits sum to 2, expected 3"),
    ([v, i], lambda: T.split(v, i, 2)[0], [ones(3), [-1, 4]], ValueError, "Split sizes cannot be negative.*-1"),
    ([m, i], lambda: m.reshape(i, ndim=2), [ones((2, 2)), [2, 2, 1]], ValueError, "has 3 elements, expected 2"),
    (
        [m, i],
        lambda: m.reshape(i, ndim=2),
        [ones((2, 2)), [3, 1]],
        ValueError,
        r"Cannot reshape input of shape \(2, 2\) to shape \(3, 1\)",
    ),
    (
        [v],
        lambda: T.addbroadcast(v, 0),
        [ones(3)],
        ValueError,
        "Dimension 0 in Rebroadcast's input was supposed to be 1 .got 3",
    ),
    ([v], lambda: T.specify_shape(v, (2,)), [ones(3)], AssertionError, "SpecifyShape: .*3.*, expected .*2"),
    ([v], lambda: CAReduce(theano.scalar.maximum)(v), [[]], ValueError, "zero-size array to reduction operation"),
    ([v], lambda: v.max(), [[]], ValueError, "zero-size array to reduction operation|empty sequence"),
    ([v], lambda: T.argmax(v), [[]], ValueError, "attempt to get .*max.* of an empty sequence"),
    (
        [m, v, s],
        lambda: blas.Ger(False)(m, s, v, v),
        [ones((2, 3)), ones(2), 1],
        ValueError,
        r"A.shape\[1\] = 3 but y.shape\[0\] = 2|a matrix of shape .2, 3., vectors of lengths 2 and 2",
    ),
    (
        [m, v, i],
        lambda: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, v, i)[0],
        [ones((2, 3)), ones(3), [0]],
        ValueError,
        "2 rows, 1 targets|x has length 2 along axis 0, y_idx 1 along axis 0",
    ),
    (
        [m, v],
        lambda: T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, v, T.constant([0, 1]))[0],
        [ones((2, 3)), ones(2)],
        ValueError,
        "3 columns, 2 biases|b has length 2 along axis 0, x 3 along axis 1",
    ),
    ([v, i], lambda: v[i], [ones(2), [2]], IndexError, "index 2 is out of bounds for axis 0 with size 2"),
    ([m, i], lambda: m[i, i + 1], [ones((2, 2)), [1]], IndexError, "index 2 is out of bounds for axis 1 with size 2"),
    ([v, n], lambda: v[::n], [ones(2), 0], ValueError, "slice step cannot be zero"),
    ([n], lambda: T.arange(0, 3, n), [0], ZeroDivisionError, "arange: step is zero"),
    ([n], lambda: T.zeros((n,)), [-1], ValueError, "negative dimensions are not allowed: -1"),
    ([v, i], lambda: T.repeat(v, i), [ones(2), [1, -1]], ValueError, "repeats may not contain negative values"),
    ([v, i], lambda: T.repeat(v, i), [ones(2), [1, 1, 1]], ValueError, "3|broadcast"),
    (
        [i],
        lambda: extra_ops.bincount(i, assert_nonneg=True),
        [[-1]],
        AssertionError,
        "Input to bincount has negative values!",
    ),
    (
        [n, v],
        lambda: T.choose(T.stack([n, n]), [v, v]),
        [2, ones(2)],
        ValueError,
        "has numbers that are not those of 2 choices",
    ),
    ([m], lambda: nlinalg.matrix_inverse(m), [ones((2, 2))], np.linalg.LinAlgError, "Singular matrix"),
    ([m], lambda: nlinalg.matrix_inverse(m), [ones((2, 3))], np.linalg.LinAlgError, "square"),
    ([m], lambda: slinalg.cholesky(m), [-ones((2, 2))], np.linalg.LinAlgError, "positive definite"),
]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(("inputs", "make", "args", "error", "text"), RUNS)
def test_refused_when_it_runs(
    inputs: Any, make: Any, args: list[Any], error: type[Exception], text: str, mode: str
) -> None:
    f = theano.function(inputs, make(), mode=mode, on_unused_input="ignore")
    with pytest.raises(error) as caught:
        f(*args)
    where = first_line(caught, text)
    assert "Apply node that caused the error" in where and "test_refusals.py" in where
