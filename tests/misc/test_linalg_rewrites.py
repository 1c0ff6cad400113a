"""The rewrites of ``theano.sandbox.linalg.ops``: each changes the graph, and no value."""

from __future__ import annotations

import numpy as np
import pytest
from theano.sandbox.linalg import ops
from theano.sandbox.rng_mrg import MRG_RandomStreams, mrg_random_make_inplace, mrg_uniform

import theano
import theano.tensor as T

A = np.array([[4.0, 1.0], [1.0, 3.0]])
B = np.array([[1.0, 2.0], [3.0, 4.0]])


def rewritten(rewrite, make):
    """The graph of ``make(x, y)`` before and after a rewrite."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    before = make(x, y)
    outputs = list(before) if isinstance(before, list) else [before]
    fgraph = theano.FunctionGraph([x, y], outputs, clone=True)
    theano.gof.TopoOptimizer(rewrite).optimize(fgraph)
    f, g = (
        theano.function(i, o, mode=theano.Mode("py", None), on_unused_input="ignore")
        for i, o in (([x, y], outputs), (fgraph.inputs, fgraph.outputs))
    )
    for one, other in zip(f(A, B), g(A, B), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-14)
    return [type(node.op).__name__ for node in fgraph.toposort()], fgraph


@pytest.mark.parametrize(
    ("rewrite", "make", "there", "gone"),
    [
        (ops.transinv_to_invtrans, lambda x, y: ops.matrix_inverse(x).T, "MatrixInverse", None),
        (ops.inv_as_solve, lambda x, y: T.dot(ops.matrix_inverse(x), y), "Solve", "MatrixInverse"),
        (ops.inv_as_solve, lambda x, y: T.dot(y, ops.matrix_inverse(x)), "Solve", "MatrixInverse"),
        (ops.tag_solve_triangular, lambda x, y: ops.solve(ops.cholesky(x), y), "Solve", None),
        (ops.tag_solve_triangular, lambda x, y: ops.solve(ops.cholesky(x).T, y), "Solve", None),
        (ops.no_transpose_symmetric, lambda x, y: ops.psd(x).T, "Hint", "DimShuffle"),
        (ops.psd_solve_with_chol, lambda x, y: ops.solve(ops.psd(x), y), "Cholesky", None),
        (ops.local_det_chol, lambda x, y: [ops.det(x), ops.cholesky(x)], "Prod", "Det"),
        (ops.local_log_prod_sqr, lambda x, y: T.log(T.prod(T.sqr(y - 2.5))), "Sum", "Prod"),
        (ops.local_log_prod_sqr, lambda x, y: T.log(T.prod((y - 2.5) ** 4, axis=0)), "Sum", "Prod"),
        (ops.local_log_pow, lambda x, y: T.log((y - 2.5) ** 2), "Elemwise", None),
        (ops.remove_hint_nodes, lambda x, y: ops.psd(x) + y, "Elemwise", "Hint"),
    ],
)
def test_rewrites(rewrite, make, there, gone):
    kinds, _ = rewritten(rewrite, make)
    assert there in kinds and gone not in kinds


def test_what_they_do_to_structures():
    for make, structure in ((lambda f: f, "lower_triangular"), (lambda f: f.T, "upper_triangular")):
        _, fgraph = rewritten(ops.tag_solve_triangular, lambda x, y, m=make: ops.solve(m(ops.cholesky(x)), y))
        assert fgraph.outputs[0].owner.op.A_structure == structure
    _, fgraph = rewritten(ops.transinv_to_invtrans, lambda x, y: ops.matrix_inverse(x).T)
    assert isinstance(fgraph.outputs[0].owner.op, ops.MatrixInverse)
    kinds, fgraph = rewritten(ops.local_log_pow, lambda x, y: T.log(y**3.0))
    assert fgraph.outputs[0].owner.op == T.mul


def test_what_stays():
    for rewrite, make in (
        (ops.local_det_chol, lambda x, y: ops.det(x)),
        (ops.no_transpose_symmetric, lambda x, y: x.T),
        (ops.psd_solve_with_chol, lambda x, y: ops.solve(x, y)),
        (ops.local_log_prod_sqr, lambda x, y: T.log(T.prod(y))),
    ):
        _, fgraph = rewritten(rewrite, make)
        assert theano.gof.graph.is_same_graph(fgraph.outputs[0], make(*fgraph.inputs))


def test_marks_of_a_graph():
    x, y = T.dmatrix("x"), T.dmatrix("y")
    marked = ops.psd(x)
    fgraph = theano.FunctionGraph([x, y], [T.dot(marked, y)], clone=False)
    opt = ops.HintsOptimizer()
    opt.optimize(fgraph)
    opt.optimize(fgraph)
    feature = fgraph.hints_feature
    assert isinstance(feature, ops.HintsFeature) and feature.hints[marked] == {"psd": True, "symmetric": True}
    assert feature.hints[x] == {}
    feature.add_hint(y, "positive", True)
    fgraph.replace(marked, marked + 0 * marked)
    replaced = fgraph.outputs[0].owner.inputs[0]
    assert feature.hints[replaced] == {"psd": True, "symmetric": True} and feature.hints[y] == {"positive": True}


def test_generators_in_place():
    stream = MRG_RandomStreams(3)
    u = stream.uniform((5,))
    node = u.owner
    while not isinstance(node.op, mrg_uniform):
        node = node.inputs[0].owner
    (new, sample) = mrg_random_make_inplace.transform(node)
    op = sample.owner.op
    assert op.inplace and op.destroy_map == {0: [0]} and mrg_random_make_inplace.transform(sample.owner) is None
    assert (op.ndim, op.otype_is_float32, op.otypenum) == (1, op.output_type.dtype == "float32",
                                                           np.dtype(op.output_type.dtype).num)  # fmt: skip


def test_states_of_numpy_in_place():
    from theano.tensor.raw_random import random_make_inplace, random_state_type, uniform

    state = random_state_type("r")
    new, sample = uniform(state, size=(2,))
    made, _ = random_make_inplace.transform(new.owner)
    assert made.owner.op.inplace and random_make_inplace.transform(made.owner) is None
    kind = state.type
    assert kind.get_shape_info(np.random.RandomState(1)) is None and 2500 <= kind.get_size(None) <= 2520


def test_the_next_number_of_a_generator():
    from theano.sandbox.rng_mrg import MASK2, MASK12, MASK13, MULT2, mrg_next_value

    state, new = np.arange(1, 7, dtype="int32") * 12345, np.zeros(6, "int32")
    numbers = []
    for _ in range(3):
        numbers.append(mrg_next_value(state, new, 2.0**-31, 0, 0))
        state = new.copy()
    kind = T.TensorType("float64", [False])
    _, sample = mrg_uniform(kind)(np.arange(1, 7, dtype="int32")[None] * 12345, [3])
    assert sample.eval().tolist() == numbers
    masked = mrg_next_value(np.arange(1, 7, dtype="int32") * 12345, new, 1, 0x7FFF, 1)
    assert masked == (round(numbers[0] * 2**31) & 0x7FFF) + 1
    assert (MASK12, MASK13, MASK2, MULT2) == (2**9 - 1, 2**24 - 1, 2**16 - 1, 2**31 - 1 - 2147462578)


def test_triangles_and_types():
    grad = theano.tensor.nlinalg.EighGrad
    for op in (grad("L"), theano.tensor.slinalg.EigvalshGrad(lower=True)):
        assert np.array_equal(op.tri0(A) + op.tri1(A), A) and op.tri1(A).tolist() == [[0, 1], [0, 0]]
    for op in (grad("U"), theano.tensor.slinalg.EigvalshGrad(lower=False)):
        assert np.array_equal(op.tri0(A) + op.tri1(A), A) and op.tri1(A).tolist() == [[0, 0], [1, 0]]
    x = T.dmatrix()
    y = T.fft.rfft(x)
    assert T.fft.RFFTOp().output_type(x) == T.dtensor3 == y.type
    assert T.fft.IRFFTOp().output_type(y) == T.dmatrix
