"""The functions called ``..._inplace``: the values of those without, in the memory of the first argument."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import inplace

BINARY = (
    "add and_ arctan2 chi2sf eq fill ge gt int_div iv jv le lt maximum minimum mod mul neq or_ pow second sub "
    "true_div xor"
).split()
BITS = "and_ or_ xor invert".split()


@pytest.mark.parametrize("name", inplace.__all__[:-1])
def test_values(name):
    base = name.removesuffix("_inplace")
    kind = "int64" if base in BITS else "float64"
    a, b = T.vector("a", dtype=kind), T.vector("b", dtype=kind)
    values = [np.array([1, 2, 3]), np.array([2, 1, 3])] if base in BITS else [np.array([0.3, 1.0, 0.7])] * 2
    args = [a, b] if base in BINARY else [a]
    values = [v.astype(kind) for v in values[: len(args)]]
    outputs = [getattr(inplace, name)(*args), getattr(T, base)(*args)]
    f = theano.function(args, outputs, accept_inplace=True)
    kept = [v.copy() for v in values]
    found, expected = f(*values)
    assert found.dtype == kind and np.array_equal(found, expected.astype(kind), equal_nan=True)
    assert np.array_equal(values[0], found, equal_nan=True) and np.array_equal(values[1:], kept[1:])
    with pytest.raises(TypeError, match="must not contain inplace operations"):
        theano.function(args, outputs)
    assert getattr(inplace, name).__name__ == name and getattr(T.inplace, name) is getattr(inplace, name)


def test_the_type_is_that_of_the_first_argument():
    i, f, m = T.bvector("i"), T.fvector("f"), T.dmatrix("m")
    assert T.inplace.add_inplace(i, f).dtype == "int8" and T.inplace.lt_inplace(f, i).dtype == "float32"
    g = theano.function([i, f], [T.inplace.exp_inplace(i), T.inplace.gt_inplace(f, i)], accept_inplace=True)
    found = g(np.int8([0, 1, 2]), np.float32([1, 1, 1]))
    assert found[0].tolist() == [1, 2, 7] and found[1].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="add_inplace: the result, TensorType.float64, matrix., has no place in"):
        T.inplace.add_inplace(f, m)
    with pytest.raises(TypeError, match="takes 1 arg|missing"):
        T.inplace.exp_inplace()
    with pytest.raises(AttributeError, match="has no attribute 'nothing_inplace'"):
        inplace.nothing_inplace  # noqa: B018
    assert "exp_inplace" in dir(inplace)


def test_transpose_and_gradients():
    m = T.dmatrix("m")
    assert T.inplace.transpose_inplace(m).eval({m: [[1, 2], [3, 4]]}).tolist() == [[1, 3], [2, 4]]
    assert T.inplace.transpose_inplace(T.dtensor3(), axes=(1, 0, 2)).owner.op.new_order == (1, 0, 2)
    g = T.grad(T.inplace.sqr_inplace(m).sum(), m)
    assert theano.function([m], g, accept_inplace=True)([[1, 2]]).tolist() == [[2, 4]]
