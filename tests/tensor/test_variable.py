"""Variables, constants, and what becomes one."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from theano.tensor.var import _tensor_py_operators

import theano
import theano.tensor as T
from tests.tensor.oracle import evaluate
from theano.graph import Apply


@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        (lambda: T.ivector() + 1, "int32"),
        (lambda: T.bvector() + 300, "int16"),
        (lambda: T.ivector() * 1.0, "float64"),
        (lambda: 2 ** T.ivector(), "int32"),
        (lambda: T.fvector() * 0.1, "float64"),
        (lambda: T.fvector() * 0.5, "float32"),
        (lambda: T.lvector() * 1.0, "float64"),
        (lambda: T.fvector() + T.iscalar(), "float64"),
        (lambda: T.cast(T.fvector(), "uint8") - 1, "int16"),
        (lambda: T.ivector() / T.ivector(), "float64"),
        (lambda: T.fvector() / T.fvector().shape[0], "float64"),
    ],
)
def test_dtypes_of_expressions(expression: object, dtype: str) -> None:
    assert expression().dtype == dtype  # type: ignore[operator]


def test_operators() -> None:
    x, i = T.dvector("x"), T.ivector("i")
    values = np.array([1.5, -2.0, 3.0]), np.array([1, 2, 6], dtype="int32")
    for build, wanted in [
        (lambda x, i: x + 1, "add"),
        (lambda x, i: 1 - x, "sub"),
        (lambda x, i: x * x, "mul"),
        (lambda x, i: 1 / x, "true_div"),
        (lambda x, i: x // 2, "int_div"),
        (lambda x, i: x % 2, "mod"),
        (lambda x, i: x**2, "pow"),
        (lambda x, i: -x, "neg"),
        (lambda x, i: abs(x), "abs_"),
        (lambda x, i: ~i, "invert"),
        (lambda x, i: i & 3, "and_"),
        (lambda x, i: 3 | i, "or_"),
        (lambda x, i: i ^ 1, "xor"),
        (lambda x, i: i << 2, "left_shift"),
        (lambda x, i: 9 >> i, "right_shift"),
        (lambda x, i: np.int32(3) << i, "left_shift"),
        (lambda x, i: x < 2, "lt"),
        (lambda x, i: x >= 2, "ge"),
        (lambda x, i: x > 2, "gt"),
        (lambda x, i: x <= 2, "le"),
        (lambda x, i: np.ones(3) * x, "mul"),
        (lambda x, i: np.float64(2) - x, "sub"),
        (lambda x, i: np.exp(x), "exp"),
    ]:
        y = build(x, i)
        assert str(y) == f"Elemwise{{{wanted},no_inplace}}.0"
        (got,) = evaluate([y], {x: values[0], i: values[1]})
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(got, build(*values))
    assert [str(v) for v in divmod(x, 2)] == ["Elemwise{int_div,no_inplace}.0", "Elemwise{mod,no_inplace}.0"]


WHOLE = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("of_y", WHOLE)
@pytest.mark.parametrize("of_x", WHOLE)
def test_shifts(of_x: str, of_y: str) -> None:
    """As NumPy: by less than nothing, or by all bits and more, everything is shifted out."""
    x, y = T.vector(dtype=of_x), T.vector(dtype=of_y)
    if "uint64" in (of_x, of_y) and "i" in (of_x[0], of_y[0]):
        for shift in (T.left_shift, T.right_shift):
            with pytest.raises(TypeError, match="no integer dtype holds"):
                shift(x, y)
        return
    tried = [0, 1, 2, 3, 5, 7, 8, 15, 16, 31, 32, 63, 64, 100, -1, -6, -70, -(2**63), 2**63 - 1]
    made = [np.array(tried).astype(d) for d in (of_x, of_y)]  # whatever bits are left in a smaller dtype
    a, b = (v.ravel() for v in np.meshgrid(*made))
    outputs = [x << y, x >> y, T.left_shift(x, y), np.right_shift(x, y)]
    wanted = [a << b, a >> b] * 2
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        for got, value in zip(theano.function([x, y], outputs, mode=mode)(a, b), wanted, strict=True):
            assert got.dtype == value.dtype
            np.testing.assert_array_equal(got, value)


def test_shifts_need_whole_numbers() -> None:
    i = T.ivector("i")
    for wrong in (lambda: i << 1.5, lambda: T.dvector() >> 1, lambda: 1.0 << i, lambda: T.zvector() << i):
        with pytest.raises(TypeError, match="shifts need integer arguments"):
            wrong()
    assert (T.bvector() << 1).dtype == "int8" and (T.bvector() >> np.int32(1)).dtype == "int32"
    assert (1 << i).dtype == "int32" and (2**40 >> i).dtype == "int64"
    u = T.TensorType("uint64", (False,))("u")
    given = np.array([0, 1, 2**63 + 5], "uint64")
    for build in (lambda u: [u << 3, u >> 3, u & 7, 6 | u, u ^ 2**63], lambda u: [1 << u, 3 & u]):
        for got, wanted in zip(theano.function([u], build(u))(given), build(given), strict=True):
            assert got.dtype == "uint64"
            np.testing.assert_array_equal(got, wanted)
    v = T.dvector("v")
    slope = theano.function([v], T.grad((v * (T.cast(v, "int32") << 1)).sum(), v))
    np.testing.assert_array_equal(slope([1.5, 2.0]), [2, 4])
    assert theano.pp(i << 1) == "left_shift(i, TensorConstant{1})"


def test_truth_and_iteration() -> None:
    x = T.dvector("x")
    assert x
    assert (x == x) is True
    for comparison in (x < 1, x >= x):
        with pytest.raises(TypeError, match="Variables do not support boolean operations."):
            bool(comparison)
    with pytest.raises(TypeError):
        len(x)
    with pytest.raises(ValueError, match="length not known"):
        list(x)
    assert len(list(T.dmatrix().shape)) == 2
    assert len(list(T.constant([1, 2, 3]))) == 3
    with pytest.raises(TypeError, match="set_subtensor"):
        x[0] = 1
    x.anything = 3  # any attribute can be set


def test_constants() -> None:
    array = np.arange(3.0)
    assert T.constant(array).data is array
    assert str(T.constant(2.5, name="half")) == "TensorConstant{2.5}"
    assert str(T.constant(np.ones((1, 1)))) == "TensorConstant{(1, 1) of 1.0}"
    assert T.constant(np.ones((1, 3))).broadcastable == (True, False)
    assert T.constant(np.ones((2, 3))).type.shape == (2, 3)
    assert T.constant(True).dtype == "int8"
    assert T.constant(1, ndim=2).broadcastable == (True, True)
    assert T.constant([]).dtype == "float64"
    assert T.constant([1, 2]).dtype == "int64"
    assert T.constant(1, dtype="floatX").dtype == "float64"
    assert T.constant(np.zeros(2, ">i4")).dtype == "int32"
    assert not T.constant(0.0).equals(T.constant(-0.0))
    assert not T.constant(0).equals(T.constant(0.0))
    assert T.constant(7.0).equals(T.constant(7.0))
    a = T.constant(1)
    a.name = "one"
    assert T.constant(1).name is None
    assert (T.dscalar() + 1).owner.inputs[1].name is None


def test_as_tensor_variable() -> None:
    x = T.dscalar("x")
    assert T.as_tensor_variable(x) is x
    assert T.as_tensor_variable([x, 1]).type == T.dvector
    assert T.as_tensor_variable([[x, 1], [2, x]]).type == T.dmatrix
    assert T.as_tensor_variable(x, ndim=2).broadcastable == (True, True)
    assert T.as_tensor_variable(T.drow(), ndim=1).type == T.dvector
    assert T.as_tensor_variable(Apply(T.exp, [x], [x.type()])).type == T.dscalar
    with pytest.raises(ValueError, match="could not be cast"):
        T.as_tensor_variable(T.dmatrix(), ndim=1)
    for bad in (None, "a", True, {}, object(), [True, None]):
        with pytest.raises(T.AsTensorError):
            T.as_tensor_variable(bad)
    with pytest.raises(TypeError):
        x + True
    with pytest.raises(TypeError):
        T.clip(x, None, 1)


def test_copies() -> None:
    y = T.exp(T.dvector("x")) + 1
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert str(again) == str(y) and again.type == y.type and again is not y
        assert again.owner.op == y.owner.op
    assert pickle.loads(pickle.dumps(T.constant([1.0, 2.0]))).equals(T.constant([1.0, 2.0]))


def test_methods_exist_and_compute() -> None:
    m = T.dmatrix("m")
    value = np.arange(6.0).reshape(2, 3) + 0.5
    for y, wanted in [
        (m.T, value.T),
        (m.transpose(1, 0), value.T),
        (m.dimshuffle(1, "x", 0), value.T[:, None]),
        (m.flatten(), value.ravel()),
        (m.ravel(), value.ravel()),
        (m.size, 6),
        (m.shape, [2, 3]),
        (m.astype("int8"), value.astype("int8")),
        (m.clip(1, 2), value.clip(1, 2)),
        (m.real, value),
        (m.copy(), value),
        (m.fill(2.0), np.full((2, 3), 2.0)),
        (m.dot(m.T), value @ value.T),
        (m @ m.T, value @ value.T),
        (m.sqrt(), np.sqrt(value)),
        (m.round(), np.rint(value)),
        (m.zeros_like(), 0 * value),
        (m.trace(), np.trace(value)),
        (m.reshape((3, 2)), value.reshape(3, 2)),
        (m.norm(1), value.sum()),
        (m.swapaxes(0, 1), value.T),
    ]:
        np.testing.assert_allclose(evaluate([y], {m: value})[0], wanted)


def kinds() -> dict[str, tuple[Any, type, type]]:
    """One variable of each kind, its class in Theano, and the base that says what kind it is."""
    from theano.tensor.sharedvar import ScalarSharedVariable, TensorSharedVariable

    x = T.dvector("x")
    return {
        "input": (x, T.TensorVariable, theano.Variable),
        "result": ((x + 1)[0], T.TensorVariable, theano.Variable),
        "constant": (T.constant([1.0]), T.TensorConstant, theano.Constant),
        "literal": ((x + 1).owner.inputs[1].owner.inputs[0], T.TensorConstant, theano.Constant),
        "shared array": (theano.shared(np.ones(2)), TensorSharedVariable, theano.compile.SharedVariable),
        "shared number": (theano.shared(1.0), ScalarSharedVariable, theano.compile.SharedVariable),
    }


@pytest.mark.parametrize("kind", ["input", "result", "constant", "literal", "shared array", "shared number"])
def test_classes_and_bases(kind):
    variable, cls, base = kinds()[kind]
    assert type(variable) is cls and cls.__bases__ == (_tensor_py_operators, base)
    assert isinstance(variable, T.TensorVariable) == (cls is T.TensorVariable)
    assert not issubclass(_tensor_py_operators, theano.Variable)
    for twin in (copy.copy(variable), copy.deepcopy(variable), pickle.loads(pickle.dumps(variable)), variable.clone()):
        assert type(twin) is cls
    # whatever its class, it is a tensor
    assert T.as_tensor_variable(variable) is variable
    more = T.exp(variable * 2 + np.ones(()))[..., None]
    assert more.ndim == variable.ndim + 1 and (1 < variable).dtype == "bool"
    assert variable.T.dtype == variable.dtype and variable.sum().ndim == 0
    assert isinstance(np.exp(variable), T.TensorVariable) and isinstance(np.ones(2) * variable, T.TensorVariable)


def test_mixin_of_foreign_classes():
    """Classes of users mix the operators in, of tensors and of other things."""

    class Named(_tensor_py_operators, theano.Variable):
        pass

    named = Named(T.dvector, name="v")
    assert T.as_tensor_variable(named) is named and (named + 1).eval({named: [1, 2]}).tolist() == [2, 3]

    class Wrapper(_tensor_py_operators):
        type = None

        def _as_TensorVariable(self):
            return T.constant([1.0, 2.0])

    assert (Wrapper() * 2).eval().tolist() == [2, 4] and (1 - Wrapper()).eval().tolist() == [0, -1]


def test_nothing_has_a_length() -> None:
    """Libraries ask ``hasattr(model.output, "__len__")`` to tell one variable from a list of them."""
    for x in (T.vector("v"), T.constant([1.0, 2.0]), theano.shared([1.0]), theano.sparse.csr_matrix("s")):
        assert not hasattr(x, "__len__")
        with pytest.raises(TypeError, match="has no len"):
            len(x)
