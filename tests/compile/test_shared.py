"""Shared variables: types by value, copies, containers, pickling."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from theano.compile.sharedvalue import Container

import theano
import theano.tensor as T
from theano.compile import SharedVariable, shared, shared_constructor
from theano.graph import generic


@pytest.mark.parametrize(
    ("value", "dtype", "ndim"),
    [
        (True, "bool", 0),
        (np.bool_(True), "bool", 0),
        (3, "int64", 0),
        (0.5, "float64", 0),
        (1j, "complex128", 0),
        (2**63, "uint64", 0),
        (np.float32(2), "float32", 0),
        (np.int8(2), "int8", 0),
        (np.zeros((2, 1), "float32"), "float32", 2),
        (np.array(3, "int16"), "int16", 0),
    ],
)
def test_the_value_gives_the_type(value: object, dtype: str, ndim: int) -> None:
    s = shared(value, "s")
    assert (s.type.dtype, s.type.ndim, s.type.broadcastable, s.name) == (dtype, ndim, (False,) * ndim, "s")
    assert isinstance(s.get_value(), np.ndarray)
    assert s.get_value() == pytest.approx(value)


@pytest.mark.parametrize("value", [2**70, [1, 2], (1,), {"a": 1}, "text", None, np.array([None]), np.array(["a"])])
def test_other_values_are_generic(value: object) -> None:
    s = shared(value)
    assert s.type == generic
    assert s.get_value() == value


def test_no_constructor_fits() -> None:
    with pytest.raises(TypeError, match="No suitable SharedVariable constructor"):
        shared(1.0, nonsense=3)
    with pytest.raises(TypeError, match="symbolic"):
        shared(T.dscalar())


def test_broadcastable() -> None:
    assert shared(np.zeros((1, 3)), broadcastable=(True, False)).type.broadcastable == (True, False)
    with pytest.raises(TypeError):
        shared(np.zeros((2, 3)), broadcastable=(True, False)).get_value()


def test_borrow() -> None:
    array = np.zeros(3)
    assert shared(array, borrow=True).get_value(borrow=True) is array
    s = shared(array)
    assert not np.shares_memory(s.get_value(borrow=True), array)
    assert not np.shares_memory(s.get_value(), s.get_value(borrow=True))
    s.set_value(array, borrow=True)
    assert s.get_value(borrow=True) is array
    s.set_value(array)
    assert not np.shares_memory(s.get_value(borrow=True), array)


def test_set_value_filters_but_lets_the_shape_change() -> None:
    s = shared(np.zeros(3), "w")
    s.set_value(np.ones(5))
    assert s.get_value().shape == (5,)
    with pytest.raises(TypeError) as caught:
        s.set_value(np.ones((2, 2)))
    assert 'Container name "w"' in str(caught.value)
    s.zero()
    assert (s.get_value() == 0).all()
    s.set_value(None)
    assert s.get_value() is None


def test_float32_keeps_float32() -> None:
    s = shared(np.float32(0))
    with pytest.raises(TypeError):
        s.set_value(np.array(0.1))
    s.set_value(0.5)
    assert s.get_value().dtype == "float32"


def test_value_attribute_is_gone() -> None:
    s = shared(1.0)
    with pytest.raises(Exception, match="get_value"):
        s.value  # noqa: B018
    with pytest.raises(Exception, match="get_value"):
        s.value = 3


def test_clone_and_copy_share_and_deepcopy_and_pickle_do_not() -> None:
    s = shared(np.zeros(2), "s")
    s.default_update = s + 1
    for twin in (s.clone(), copy.copy(s)):
        assert twin.container is s.container
        assert type(twin) is type(s)
    for twin in (copy.deepcopy(s), pickle.loads(pickle.dumps(s))):
        twin.set_value(np.ones(2))
        assert (s.get_value() == 0).all()
        assert twin.name == "s"
        assert twin.default_update.owner.inputs[0] is twin


def test_operators() -> None:
    s = shared(np.arange(3.0))
    assert (s[1] + 2 * s.sum()).eval() == 7
    with pytest.raises(TypeError, match="not subscriptable"):
        shared([1, 2])[0]


def test_constructors_are_asked_latest_first() -> None:
    class Special:
        pass

    @shared_constructor
    def special(
        value: object, name: str | None = None, strict: bool = False, allow_downcast: object = None
    ) -> object:
        if not isinstance(value, Special):
            raise TypeError
        return SharedVariable(name, generic, "special", False)

    try:
        assert shared(Special()).get_value() == "special"
    finally:
        shared_constructor(special, remove=True)
    assert isinstance(shared(Special()).get_value(), Special)


def test_a_container_brings_its_value() -> None:
    s = shared(1.5)
    assert SharedVariable("other", s.type, None, None, container=s.container).get_value() == 1.5
    for value, strict in ((2.0, None), (None, True), (2.0, False)):
        with pytest.raises(TypeError, match="value and strict are ignored if you pass a container"):
            SharedVariable("other", s.type, value, strict, container=s.container)


def test_container() -> None:
    storage = [None]
    c = Container(T.dscalar("c"), storage)
    c.value = 3
    assert c.storage is storage and storage[0] == 3 and c.data == 3
    with pytest.raises(Exception, match="readonly"):
        Container(T.dscalar("c"), [None], readonly=True).value = 3
    assert theano.shared is shared


def odd_numbers() -> list[Any]:
    """Arrays and numbers of dtypes that tensors don't have."""
    found: list[Any] = [np.longdouble(1), np.ones(2, np.longdouble), np.ones((2, 2), np.clongdouble)]
    if np.dtype(np.longdouble) == np.float64:  # on Windows
        found = []
    try:
        import ml_dtypes
    except ImportError:
        return found
    return [*found, np.ones(2, ml_dtypes.bfloat16), ml_dtypes.bfloat16(2), np.ones((1, 2), ml_dtypes.float8_e5m2)]


def test_numbers_of_foreign_dtypes_are_refused() -> None:
    for value in odd_numbers():
        assert value.dtype.name not in theano.scalar.all_dtypes
        with pytest.raises(TypeError, match=rf"can't hold numbers of dtype {value.dtype}.*astype") as caught:
            shared(value)
        assert caught.type is TypeError
        assert shared(value.astype("complex64")).type.dtype == "complex64"
        for use in (T.constant, T.as_tensor_variable, lambda v: T.dvector() * v, lambda v: v * T.dvector()):
            with pytest.raises(TypeError, match=rf"numbers of dtype {value.dtype}.*value\.astype"):
                use(value)


def test_bfloat16_is_refused_by_its_name() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = T.fvector("x")
    for dtype in ("bfloat16", ml_dtypes.bfloat16):
        for use in (lambda d: T.vector(dtype=d), x.astype, lambda d: T.zeros(2, d)):
            with pytest.raises(TypeError, match="bfloat16 is not supported: float16 takes as little memory"):
                use(dtype)
    value = np.ones(2, ml_dtypes.bfloat16)
    for use in (theano.function([x], x), shared(np.ones(2, "float32")).set_value):
        with pytest.raises(TypeError, match=r"numbers of dtype bfloat16.*value\.astype"):
            use(value)


def test_sparse_matrices_become_sparse_variables() -> None:
    """More in tests/sparse/test_shared.py."""
    value = scipy.sparse.csr_matrix(np.eye(2))
    assert shared(value).type.format == "csr"
    assert shared(value.toarray()).ndim == 2


@pytest.mark.skipif(np.dtype(np.longdouble) == np.float64, reason="longdouble is a dtype of tensors on Windows")
def test_constructors_of_users_come_before_refusals() -> None:
    def of_longdouble(value: Any, **kwargs: Any) -> SharedVariable:
        if value.dtype != np.longdouble:
            raise TypeError
        return shared(value.astype("float64"), **kwargs)

    shared_constructor(of_longdouble)
    try:
        assert shared(np.ones(2, np.longdouble)).type.dtype == "float64"
    finally:
        shared_constructor(of_longdouble, remove=True)


@pytest.mark.parametrize(
    "compute",
    [
        lambda s, x: s + 1, lambda s, x: 1 - s, lambda s, x: x * s, lambda s, x: s / x, lambda s, x: -s,
        lambda s, x: s < 2, lambda s, x: x >= s, lambda s, x: abs(s), lambda s, x: s**2, lambda s, x: np.ones(2) % s,
    ],
)  # fmt: skip
def test_arithmetic_of_shared_objects_says_what_to_pass(compute: Any) -> None:
    with pytest.raises(TypeError, match=r"the shared variable w holds an object of type list, .*numpy\.asarray"):
        compute(shared([1.0, 2.0], name="w"), T.dvector())


def test_zero_is_a_new_array_unless_borrowed() -> None:
    s = shared(np.ones(3))
    held = s.get_value(borrow=True)
    s.zero()
    assert held.tolist() == [1, 1, 1] and s.get_value().tolist() == [0, 0, 0]
    s.set_value(held, borrow=True)
    s.zero(borrow=True)
    assert held.tolist() == [0, 0, 0] and s.get_value(borrow=True) is held


def test_numbers_may_be_told_that_they_have_no_axes():
    """PyMC3 passes the axes of a variable on, which for a number are none."""
    made = shared(np.float64(1.5), "number", broadcastable=())
    assert made.type.ndim == 0 and made.get_value() == 1.5
    with pytest.raises(TypeError, match="No suitable SharedVariable constructor"):
        shared(1.5, broadcastable=(False,))


# ---- clones with one container --------------------------------------------------------------------------------------
def twins() -> tuple[Any, Any]:
    s = theano.shared(np.ones(3), name="s")
    return s, theano.clone(s, share_inputs=False)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_clone_with_a_default_update_is_read_beside_its_original(mode: str) -> None:
    """As in batch normalisation that uses the averages which it updates."""
    s, clone = twins()
    clone.default_update = 2 * clone
    f = theano.function([], [s + 1, clone + 1], mode=mode)
    for k in (1, 2, 4):
        assert all(np.array_equal(found, np.full(3, k + 1.0)) for found in f())
    assert np.array_equal(s.get_value(), np.full(3, 8.0)) and f.get_shared() == [s]


@pytest.mark.parametrize("updated", [0, 1])
def test_an_update_of_one_is_the_update_of_both(updated: int) -> None:
    both = twins()
    both[1].default_update = 100 * both[1]
    target = both[updated]
    f = theano.function([], [both[0] + 1, both[1] + 2], updates=[(target, target + both[1 - updated])])
    assert [found.tolist() for found in f()] == [[2.0] * 3, [3.0] * 3]
    assert [v.get_value().tolist() for v in both] == [[2.0] * 3] * 2


def test_two_updates_of_one_value_are_refused() -> None:
    s, clone = twins()
    with pytest.raises(ValueError, match=r"already has an update expression: s.* shares its value with the variable s"):
        theano.function([], s, updates=[(s, s + 1), (clone, clone * 2)])


def test_of_two_default_updates_of_one_value_the_last_counts() -> None:
    s, first = twins()
    last = theano.clone(s, share_inputs=False)
    first.default_update, last.default_update = first + 1, last * 5
    with pytest.warns(UserWarning, match="several clones of the shared variable s have default updates") as told:
        f = theano.function([], [first, last])
    assert len(told) == 1 and told[0].filename == __file__
    assert [found.tolist() for found in f()] == [[1.0] * 3] * 2 and s.get_value().tolist() == [5.0] * 3


def test_clones_of_other_types_are_refused() -> None:
    s = theano.shared(np.ones((1, 3)))
    row = type(s)(type=T.drow, value=None, strict=None, name="row", container=s.container)
    with pytest.raises(TypeError, match=r"row \(TensorType\(float64, row\)\) have one container"):
        theano.function([], [s + 1, row + 1])
