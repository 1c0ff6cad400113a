from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import io


@pytest.fixture
def path(tmp_path):
    name = str(tmp_path / "x.npy")
    np.save(name, np.arange(6.0).reshape(2, 3))
    return name


@pytest.mark.parametrize("mode", [None, "c", "r"])
def test_reads_at_each_call(path, mode):
    where = theano.generic("where")
    x = io.load(where, "float64", (False, False), mmap_mode=mode)
    f = theano.function([where], [x, x.sum(axis=0)])
    for _ in range(2):
        got, total = f(path)
        np.testing.assert_array_equal(got, np.load(path))
        np.testing.assert_array_equal(total, [3, 5, 7])
    g = theano.function([], io.load(path, "float64", (False, False)) * 1.0)
    g()
    np.save(path, np.ones((1, 2)))
    np.testing.assert_array_equal(g(), np.ones((1, 2)))


def test_type_is_checked(path):
    with pytest.raises(TypeError, match="Expected dtype float32"):
        io.load(path, "float32", (False, False)).eval()
    with pytest.raises(ValueError, match="shape"):
        io.load(path, "float64", (False,)).eval()
    with pytest.raises(ValueError, match="shape"):
        io.load(path, "float64", (True, False)).eval()
    with pytest.raises(TypeError, match="path"):
        io.load(3, "float64", (False,))
    with pytest.raises(ValueError, match="mmap_mode"):
        io.load(path, "float64", (False,), mmap_mode="w+")


def test_names(path):
    x = io.load(path, "float32", (False, True))
    assert x.type == T.TensorType("float32", (False, True))
    assert x.owner.op == io.LoadFromDisk(np.float32, [0, 1])
    assert str(x.owner.op).startswith("Load{dtype: float32")


def test_names_of_the_package():
    assert T.load is T.io.load and T.LoadFromDisk is T.io.LoadFromDisk
