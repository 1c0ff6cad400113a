"""Methods of tensor variables have Theano's signatures, and mean what the functions mean."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
import scipy.sparse

import theano
import theano.scalar
import theano.tensor as T

REDUCE = "(self, axis=None, keepdims=False)"
TOTAL = "(self, axis=None, dtype=None, keepdims=False, acc_dtype=None)"
SPREAD = "(self, axis=None, ddof=0, keepdims=False, corrected=False)"
SORT = "(self, axis=-1, kind='quicksort', order=None)"
NONE = "(self)"
SIGNATURES = {
    "all": REDUCE, "any": REDUCE, "max": REDUCE, "min": REDUCE, "argmax": REDUCE, "argmin": REDUCE,
    "sum": TOTAL, "prod": TOTAL, "mean": TOTAL, "var": SPREAD, "std": SPREAD, "ptp": "(self, axis=None)",
    "sort": SORT, "argsort": SORT, "astype": "(self, dtype)", "clip": "(self, a_min, a_max)",
    "copy": "(self, name=None)", "diagonal": "(self, offset=0, axis1=0, axis2=1)", "dot": "(self, right)",
    "dimshuffle": "(self, *pattern)", "transpose": "(self, *axes)", "flatten": "(self, ndim=1)",
    "fill": "(self, value)", "nonzero": "(self, return_matrix=False)", "nonzero_values": NONE, "ravel": NONE,
    "repeat": "(self, repeats, axis=None)", "reshape": "(self, shape, ndim=None)",
    "round": "(self, mode=None)", "take": "(self, indices, axis=None, mode='raise')",
    "ones_like": "(self, dtype=None)", "zeros_like": "(self, dtype=None)",
    "swapaxes": "(self, axis1, axis2)", "squeeze": NONE, "trace": NONE, "transfer": "(self, target)",
    "cumsum": "(self, axis=None)", "cumprod": "(self, axis=None)", "compress": "(self, a, axis=None)",
    "searchsorted": "(self, v, side='left', sorter=None)", "exp": NONE, "log1p": NONE, "tanh": NONE,
    "choose": "(self, choices, out=None, mode='raise')",
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name):
    found = inspect.signature(getattr(T.TensorVariable, name))
    plain = found.replace(
        return_annotation=inspect.Signature.empty,
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()],
    )
    assert str(plain) == SIGNATURES[name]
    assert getattr(T.TensorVariable, name).__doc__


M = np.array([[1.5, -2.0, 0.5], [0.25, 3.0, 2.0]])
CALLS = {
    "all": ({"axis": 1}, M.all(1)),
    "any": ({"axis": 0, "keepdims": True}, M.any(0, keepdims=True)),
    "max": ({"axis": 1, "keepdims": True}, M.max(1, keepdims=True)),
    "min": ({"axis": 0}, M.min(0)),
    "argmax": ({"axis": 1}, M.argmax(1)),
    "argmin": ({}, M.argmin()),
    "sum": ({"axis": 0, "dtype": "float64", "keepdims": True, "acc_dtype": "float64"}, M.sum(0, keepdims=True)),
    "prod": ({"axis": 1}, M.prod(1)),
    "mean": ({"axis": 1}, M.mean(1)),
    "var": ({"axis": 1, "ddof": 1}, M.var(1, ddof=1)),
    "std": ({"axis": 0, "keepdims": True}, M.std(0, keepdims=True)),
    "ptp": ({"axis": 0}, np.ptp(M, 0)),
    "sort": ({"axis": 0}, np.sort(M, 0)),
    "argsort": ({"axis": 1}, np.argsort(M, 1)),
    "astype": ({"dtype": "int64"}, M.astype("int64")),
    "clip": ({"a_min": 0.0, "a_max": 1.0}, M.clip(0, 1)),
    "diagonal": ({"offset": 1}, M.diagonal(1)),
    "flatten": ({"ndim": 1}, M.ravel()),
    "ravel": ({}, M.ravel()),
    "repeat": ({"repeats": 2, "axis": 0}, M.repeat(2, 0)),
    "reshape": ({"shape": (3, -1), "ndim": 2}, M.reshape(3, 2)),
    "round": ({"mode": "half_to_even"}, M.round()),
    "take": ({"indices": [2, 0], "axis": 1}, M.take([2, 0], 1)),
    "swapaxes": ({"axis1": 0, "axis2": 1}, M.T),
    "ones_like": ({"dtype": "int8"}, np.ones((2, 3))),
    "zeros_like": ({}, np.zeros((2, 3))),
    "cumsum": ({"axis": 1}, M.cumsum(1)),
    "cumprod": ({"axis": 0}, M.cumprod(0)),
    "nonzero_values": ({}, M[M != 0]),
    "nonzero": ({"return_matrix": True}, np.array(M.nonzero())),
}


@pytest.mark.parametrize("name", CALLS)
def test_keywords(name):
    keywords, expect = CALLS[name]
    x = T.dmatrix()
    np.testing.assert_allclose(theano.function([x], getattr(x, name)(**keywords))(M), expect)


def test_functions_with_theanos_signatures():
    assert [*inspect.signature(T.isnan).parameters] == [*inspect.signature(T.isinf).parameters] == ["a"]
    assert [*inspect.signature(theano.scalar.upcast).parameters] == ["dtype", "dtypes"]
    assert theano.scalar.upcast("int8", "float32", "int32") == "float64"
    x, y = T.dvectors("x", "y")
    assert str(T.stack(x, y)) == str(T.stack([x, y])) == str(T.stack([x, y], axis=0))
    np.testing.assert_array_equal(T.stack(tensors=[T.constant(M), T.constant(M)], axis=2).eval().shape, (2, 3, 2))
    with pytest.raises(TypeError, match="axes"):
        T.stack([x, y], axes=0)


def test_clone_by_its_old_keyword():
    x = T.dscalar("x")
    with pytest.warns(DeprecationWarning):
        copied = theano.clone(x + 1, copy_inputs=False)
    assert copied.owner.inputs[0] is not x
    assert theano.clone(x + 1, share_inputs=True).owner.inputs[0] is x


def test_attributes_of_the_class():
    assert T.TensorVariable.type is T.TensorVariable.owner is T.TensorVariable.index is None
    x = T.dscalar()
    assert x.type == T.dscalar and (-x).owner is not None and (-x).index == 0


class Stranger:
    """An object of a user whose class knows what to do with tensors."""


class Nothing:
    """An object of a user whose class doesn't."""


REFLECTED = {
    "+": "radd", "-": "rsub", "*": "rmul", "/": "rtruediv", "//": "rfloordiv", "%": "rmod", "**": "rpow",
    "@": "rmatmul", "&": "rand", "|": "ror", "^": "rxor", "<<": "rlshift",
    ">>": "rrshift", "<": "gt", "<=": "ge", ">": "lt", ">=": "le",
}  # fmt: skip
for _name in (*REFLECTED.values(), "rdivmod"):
    setattr(Stranger, f"__{_name}__", lambda self, other, name=_name: (name, other))


@pytest.mark.parametrize("x", [T.lvector("x"), T.constant([1]), theano.shared(np.ones(2)), T.lvector()[:2] * 2])
def test_unknown_operands_have_their_turn(x):
    for symbol, name in REFLECTED.items():
        assert eval(f"x {symbol} y", {"x": x, "y": Stranger()}) == (name, x)
        with pytest.raises(TypeError, match="not supported|unsupported operand"):
            eval(f"x {symbol} y", {"x": x, "y": Nothing()})
        with pytest.raises(T.AsTensorError, match="Cannot convert None"):
            eval(f"x {symbol} y", {"x": x, "y": None})
    assert divmod(x, Stranger()) == ("rdivmod", x)
    with pytest.raises(T.AsTensorError, match="True or False"):
        x + True


def test_sparse_matrices_of_scipy_are_no_operands():
    with pytest.raises(TypeError):
        T.dmatrix() * scipy.sparse.csr_matrix(np.eye(2))
    with pytest.raises(TypeError):
        scipy.sparse.csr_matrix(np.eye(2)) * T.dmatrix()


def test_methods_have_the_names_that_users_know() -> None:
    """In errors of Python, in help texts, and in pickles."""
    for name in ("sum", "exp", "dimshuffle", "argmax", "cumsum", "sort", "diagonal", "choose", "reshape"):
        method = getattr(T.TensorVariable, name)
        assert (method.__name__, method.__qualname__) == (name, f"TensorVariable.{name}")
    x = T.dmatrix("x")
    with pytest.raises(TypeError, match=r"^TensorVariable.sum\(\) got an unexpected keyword argument 'dim'"):
        x.sum(dim=1)
    with pytest.raises(TypeError, match=r"^TensorVariable.exp\(\) takes 1 positional argument"):
        x.exp(2)
    assert pickle.loads(pickle.dumps(x.sum))(axis=0).ndim == 1
