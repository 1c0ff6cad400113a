"""The classes of scalar operations."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest

import theano
import theano.scalar as s
import theano.tensor as T
from theano.legacy.scalar.classes import CLASSES, _means_the_same
from theano.scalar.op import TABLE


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_has_one_operation(name):
    cls, entry = getattr(s, name), TABLE[CLASSES[name]]
    assert type(entry) is cls and isinstance(entry, s.ScalarOp) and cls() is entry and getattr(s.basic, name) is cls
    assert cls.__name__ == name and isinstance(entry, s.UnaryScalarOp) == (entry.nin == 1)
    assert isinstance(entry, s.BinaryScalarOp) == (entry.nin == 2)
    assert not any(isinstance(entry, getattr(s, other)) for other in CLASSES if other != name)
    for twin in (copy.copy(entry), copy.deepcopy(entry), pickle.loads(pickle.dumps(entry))):
        assert twin is entry and type(twin) is cls


def test_operations_of_graphs():
    from theano.scalar.basic_scipy import GammaLn, Psi
    from theano.tensor.nnet.nnet import ScalarSoftsign
    from theano.tensor.nnet.sigm import ScalarSigmoid, ScalarSoftplus, UltraFastScalarSigmoid, scalar_sigmoid
    from theano.tensor.xlogx import XlogX

    x = T.dvector("x")
    for graph, cls in (
        (x + 1, s.Add), (x - 1, s.Sub), (-x, s.Neg), (T.switch(x, 1, 2), s.Switch), (T.gammaln(x), GammaLn),
        (T.psi(x), Psi), (T.nnet.sigmoid(x), ScalarSigmoid), (T.nnet.softplus(x), ScalarSoftplus),
        (T.nnet.ultra_fast_sigmoid(x), UltraFastScalarSigmoid), (T.tensor_copy(x), s.Identity), (x < 1, s.LT),
        (T.cast(x, "int8"), s.Cast), (x.fill(2), s.Second), (T.clip(x, 0, 1), s.Clip),
        (T.nnet.softsign(x), ScalarSoftsign), (T.xlogx.xlogx(x), XlogX), (T.erf(x), s.Erf),
    ):  # fmt: skip
        assert isinstance(graph.owner.op.scalar_op, cls) and type(graph.owner.op.scalar_op) is cls
    assert isinstance(scalar_sigmoid, ScalarSigmoid)
    f = theano.function([x], T.nnet.sigmoid(x) * 2 + 1)
    assert {type(n.op.scalar_op).__name__ for n in f.maker.fgraph.toposort() if hasattr(n.op, "scalar_op")} == {
        "Add", "Mul", "ScalarSigmoid",
    }  # fmt: skip


def test_instances_with_the_dtypes_of_the_table():
    """``Elemwise(GammaLn(upgrade_to_float))``, as PyMC3 writes, is the operation of the table with all its rewrites."""
    for cls, preference in (
        (s.GammaLn, s.upgrade_to_float), (s.Psi, s.upgrade_to_float), (s.Exp, s.upgrade_to_float),
        (s.Add, s.upcast_out), (s.Mul, s.upcast_out), (s.Identity, s.same_out), (s.Neg, s.same_out),
        (s.Floor, s.upgrade_to_float),
    ):  # fmt: skip
        assert cls(preference, name="another") is cls._entry
    x = T.dvector("x")
    gammaln = T.Elemwise(s.GammaLn(s.upgrade_to_float, name="scalar_gammaln"), name="gammaln")
    assert str(gammaln(x)) == "gammaln.0"
    np.testing.assert_allclose(theano.function([x], T.grad(gammaln(x).sum(), x))([3.0]), 0.9227843350984672)


def test_instances_with_other_dtypes():
    root = s.Sqrt(s.same_out, name="sqrt")
    assert root is not s.sqrt and isinstance(root, s.Sqrt) and root is s.Sqrt(s.same_out, name="sqrt")
    assert pickle.loads(pickle.dumps(root)) is root is copy.deepcopy(root) and root.name not in TABLE
    x, i = T.dvector("x"), T.ivector("i")
    op = T.Elemwise(root)
    assert op(i).dtype == "int32" and op(x).dtype == "float64"
    f = theano.function([x, i], [op(x), op(i), T.grad(op(x).sum(), x), op(x) ** 2])
    for found, wanted in zip(f([4, 9], [4, 10]), ([2, 3], [2, 3], [1 / 4, 1 / 6], [4, 9]), strict=True):
        np.testing.assert_allclose(found, wanted)
    assert not _means_the_same(s.same_out, s.sqrt) and _means_the_same(s.upgrade_to_float, s.sqrt)


def test_conversions():
    for dtype in s.all_dtypes:
        op = getattr(s, f"convert_to_{dtype}")
        assert isinstance(op, s.Cast) and op.o_type == s.Scalar(dtype) == s.get_scalar_type(dtype)
        assert s.Cast(s.Scalar(dtype)) is s.Cast(dtype) is op and pickle.loads(pickle.dumps(op)) is op


def test_classes_of_users_derive_from_others():
    with pytest.raises(TypeError, match="derive from theano.scalar.UnaryScalarOp"):

        class Mine(s.Exp):
            pass

    class Own(s.UnaryScalarOp):
        def impl(self, x):
            return x + 1

    assert isinstance(Own(s.same_out), s.UnaryScalarOp) and not isinstance(s.exp, Own)
    assert s.exp.impl(0.0) == 1.0 and s.add.impl(1, 2, 3) == 6


def test_groups_of_types():
    names = ("int", "uint", "integer", "float", "complex", "continuous", "discrete")
    groups = {name: getattr(s, f"{name}_types") for name in names}
    for (name, found), dtype in itertools.product(groups.items(), s.all_dtypes):
        assert (s.Scalar(dtype) in found) == (dtype in getattr(s, f"{name}_dtypes"))
    assert set(s.all_types) == {s.Scalar(d) for d in s.all_dtypes} and len(s.all_types) == 14
