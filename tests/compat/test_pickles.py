"""Pickles that Theano 1.0.5 wrote (Python 3.8, NumPy 1.19, protocol 2), in `pickles`; `MADE` says of what."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from theano.gof import generic
from theano.typed_list import TypedListType

import theano
import theano.sparse
import theano.tensor as T

pytestmark = pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # SciPy's modules of that time

# what each file has: the expression that it was made of
MADE = {
    "shared": "theano.shared(np.arange(6.0).reshape(2, 3), name='w')",
    "shared_float32": "theano.shared(np.float32(2.5), 'b')",
    "shared_int64": "theano.shared(np.int64(3))",
    "shared_row": "theano.shared(np.ones((1, 3)), broadcastable=(True, False))",
    "shared_list": "{'layers': [theano.shared(np.full(3, i, 'float32'), name='b%d' % i) for i in range(2)]}",
    "shared_random": "theano.shared(np.random.RandomState(3))",
    "shared_sparse": "theano.shared(scipy.sparse.csr_matrix(np.eye(3)))",
    "shared_generic": "theano.shared({'a': 1})",
    "types": "[dmatrix, iscalar, TensorType('float32', (True, False), name='named'), generic, TypedListType(dvector)]",
    "variables": "[T.dmatrix('x'), T.constant(np.arange(3)), T.ivector()]",
    "random_streams": "T.shared_randomstreams.RandomStreams(234)",
    "mrg_streams": "MRG_RandomStreams(5)",
    "expression": "x = T.dmatrix('x'); (x, T.tanh(x))",
}


def load(name):
    assert name in MADE
    return pickle.loads((Path(__file__).parent / "pickles" / f"{name}.pkl").read_bytes())


@pytest.mark.parametrize(
    "name, called, dtype, broadcastable, value",
    [
        ("shared", "w", "float64", (False, False), np.arange(6.0).reshape(2, 3)),
        ("shared_float32", "b", "float32", (), np.float32(2.5)),
        ("shared_int64", None, "int64", (), np.int64(3)),
        ("shared_row", None, "float64", (True, False), np.ones((1, 3))),
    ],
)
def test_shared_variables(name, called, dtype, broadcastable, value):
    found = load(name)
    assert (found.name, found.dtype, found.broadcastable) == (called, dtype, broadcastable)
    kind = T.TensorType(dtype, broadcastable)
    assert found.type == kind and hash(found.type) == hash(kind)
    np.testing.assert_array_equal(found.get_value(), value)
    total = theano.function([], found.sum(), updates=[(found, found + 1)])()
    assert total == value.sum()
    np.testing.assert_array_equal(found.get_value(), value + 1)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(found)).get_value(), value + 1)
    with pytest.raises(TypeError):
        found.set_value(np.ones((2, 2, 2)))


def test_other_shared_variables():
    layers = load("shared_list")["layers"]
    assert [(b.name, b.get_value().tolist()) for b in layers] == [("b0", [0] * 3), ("b1", [1] * 3)]
    assert load("shared_generic").get_value() == {"a": 1}
    assert load("shared_random").get_value().uniform() == np.random.RandomState(3).uniform()
    sparse = load("shared_sparse")
    assert sparse.type.format == "csr" and sparse.dtype == "float64"
    product = theano.function([], theano.sparse.dot(sparse, np.ones((3, 2))))()
    np.testing.assert_array_equal(product, np.ones((3, 2)))


def test_types_and_variables():
    matrix, scalar, row, anything, listed = load("types")
    assert matrix == T.dmatrix and scalar == T.iscalar and anything == generic
    assert row == T.TensorType("float32", (True, False)) and row.name == "named" and row.ndim == 2
    assert listed == TypedListType(T.dvector)
    x, constant, _ = load("variables")
    assert x.name == "x" and constant.eval().tolist() == [0, 1, 2]
    np.testing.assert_array_equal(theano.function([x], 2 * x)([[1.0]]), [[2.0]])
    x, y = load("expression")
    np.testing.assert_allclose(theano.function([x], y)([[1.0]]), np.tanh([[1.0]]))


def test_streams_draw_what_the_original_drew():
    drawn = theano.function([], load("random_streams").normal((2,)))()
    np.testing.assert_allclose(drawn, [-0.26708242, -1.99332322], atol=1e-8)
    drawn = theano.function([], load("mrg_streams").uniform((3,)))()
    np.testing.assert_allclose(drawn, [0.00961334, 0.68175926, 0.76902268], atol=1e-8)


def test_operations_with_types_of_their_own_are_refused():
    """A pickle says ``output_types_preference``; the table's operations have one meaning each."""
    op = theano.scalar.basic.Add()
    op.__setstate__({"name": "add"})
    with pytest.raises(TypeError, match="whose outputs have types of its own"):
        op.__setstate__({"name": "add", "output_types_preference": theano.scalar.float_out})
