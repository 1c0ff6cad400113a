"""Functions and constants that only older programs call."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import subtensor


def test_lists_of_types():
    for kind, dtypes in (
        ("int", "int8 int16 int32 int64"), ("float", "float32 float64"), ("complex", "complex64 complex128")
    ):  # fmt: skip
        for shape, ndim in (("types", 0), ("scalar_types", 0), ("vector_types", 1), ("matrix_types", 2)):
            found = getattr(T, f"{kind}_{shape}")
            assert [t.dtype for t in found] == dtypes.split() and {t.ndim for t in found} == {ndim}
            assert getattr(T.basic, f"{kind}_{shape}") is found
    for dtype in ("float16", "float32", "float64"):
        rtol, atol = getattr(T.basic, f"{dtype}_rtol"), getattr(T.basic, f"{dtype}_atol")
        near, far = (np.array([1.0, 0.0], dtype), np.array([1.0 + 0.5 * rtol, 0.5 * atol], dtype)), 1 + 10 * rtol
        kind = T.TensorType(dtype, [False])
        assert kind.values_eq_approx(*near) and not kind.values_eq_approx(near[0], near[0] * np.dtype(dtype).type(far))


def test_values():
    assert T.numpy_scalar(np.float32(3)) == 3 and T.numpy_scalar(4) == 4
    for wrong in (np.ones(2), "a", None, [1, [2]]):
        with pytest.raises(T.NotScalarConstantError, match="is no number"):
            T.numpy_scalar(wrong)
    assert T.check_equal_numpy(np.ones(2), np.ones(2)) and not T.check_equal_numpy(np.ones(2), np.ones(3))
    assert not T.check_equal_numpy(np.ones(2), np.ones(2) + 1e-9) and T.check_equal_numpy(1, 1.0)
    first, second = np.random.RandomState(3), np.random.RandomState(3)
    assert T.check_equal_numpy(first, second)
    second.uniform()
    assert not T.check_equal_numpy(first, second)
    x = T.dscalar("x")
    assert T.extract_constant(x) is x and T.extract_constant(T.constant(2) * 3) == 6
    assert T.extract_constant(T.constant(2) * 3, elemwise=False).owner.op == T.mul
    assert T.constructor(len) is len
    lengths, ones = T.alloc_validate_shape([T.lscalar(), 1, T.constant(1), 3])
    assert ones == [False, True, True, False] and all(v.dtype == "int64" for v in lengths)
    with pytest.raises(TypeError):
        T.alloc_validate_shape([0.5])


def test_transfers():
    x = T.dvector("x")
    assert T.basic.transfer(x, "cpu") is x
    with pytest.raises(ValueError, match="Can't transfer to target moon"):
        T.basic.transfer(x, "moon")
    T.basic.register_transfer(lambda v, target: v * 1 if target == "moon" else None)
    try:
        assert T.basic.transfer(x, "moon").owner.op == T.mul
    finally:
        theano.legacy.tensor.old_functions._transfers.clear()


def test_indexing_functions():
    a, mask = np.arange(12.0).reshape(3, 4), np.array([True, False, True])
    x = T.dmatrix("x")
    assert np.array_equal(T.advanced_boolean_subtensor(x, mask).eval({x: a}), a[mask])
    assert np.array_equal(subtensor.advanced_subtensor(x, [0, 1], [2, 2]).eval({x: a}), a[[0, 1], [2, 2]])
    expected = a.copy()
    expected[[0, 2], 1] = 7
    assert np.array_equal(T.advanced_set_subtensor(x, 7.0, [0, 2], 1).eval({x: a}), expected)
    expected = a.copy()
    np.add.at(expected, [1, 1], 1)
    assert np.array_equal(T.advanced_inc_subtensor(x, 1.0, [1, 1]).eval({x: a}), expected)
    expected = a.copy()
    expected[mask] += 2
    assert np.array_equal(T.advanced_boolean_inc_subtensor(x, 2.0, mask).eval({x: a}), expected)
    expected[mask] = 0
    assert np.array_equal(T.advanced_boolean_set_subtensor(x, 0.0, mask).eval({x: a}), [[0] * 4, a[1], [0] * 4])
    node = x[[0, 1], [1, 1]].owner
    assert isinstance(node.op, subtensor.BaseAdvancedSubtensor) and isinstance(node.op, T.AdvancedBooleanSubtensor)
    written = T.set_subtensor(x[mask, 1], 0.0).owner
    assert isinstance(written.op, T.AdvancedBooleanIncSubtensor)


def test_parts_of_indices():
    i, x = T.lscalar("i"), T.dmatrix("x")
    node = x[i, 1:].owner
    index = T.get_idx_list(node.inputs, node.op.idx_list)
    assert index[0] is i and index[1].start.data == 1 and index[1].stop is None
    assert T.get_idx_list(node.inputs, node.op.idx_list, get_count=True) == len(node.inputs) == 3
    assert T.as_index_variable(None).type == theano.tensor.type_other.none_type_t
    assert T.as_index_variable(i) is i and T.as_index_variable(np.array([True])).dtype == "bool"
    with pytest.raises(TypeError, match="index must be integers or booleans"):
        T.as_index_variable(T.dvector())
    assert T.adv_index_broadcastable_pattern(x, (slice(None), [0])) == (False, True)
    T.check_and_reject_bool([0, (1, np.array([True]))])
    with pytest.raises(TypeError, match="a bool is no index"):
        T.check_and_reject_bool((0, [False]))


def test_products_without_zeros():
    from theano.tensor.elemwise import MulWithoutZeros, mul_without_zeros

    assert isinstance(mul_without_zeros, MulWithoutZeros) and mul_without_zeros.identity == 0
    assert mul_without_zeros.commutative and mul_without_zeros.associative and mul_without_zeros.impl(0, 3) == 3
    x, y = T.dvector("x"), T.lvector("y")
    for linker in ("cvm", "py"):
        f = theano.function([x, y], T.Elemwise(mul_without_zeros)(x, y), mode=theano.Mode(linker))
        assert f([0, 2, 0, 5], [3, 4, 0, 0]).tolist() == [3, 8, 0, 5]
    assert T.exp(T.dscalar()).owner.op.python_constant_folding(T.exp(T.dscalar()).owner)
    assert not T.exp.python_constant_folding(T.exp(x).owner)


def test_checks_and_constants_of_indices():
    x = T.dmatrix("x")
    T.check_advanced_indexing_dimensions(x, [np.ones((2, 2), bool)])
    T.check_advanced_indexing_dimensions(x, [None, Ellipsis, 0, [1, 2]])
    for wrong in ([0, 0, 0], [np.ones((2, 2), bool), 0], [T.TensorType("bool", [False] * 2)(), 1]):
        with pytest.raises(IndexError, match="too many indices"):
            subtensor.check_advanced_indexing_dimensions(x, wrong)
    made = T.make_constant((3, slice(None, 2), None, x))
    assert made[0].data == 3 and made[1].stop.data == 2 and made[1].start is None and made[2] is None and made[3] is x
    from theano.tensor.var import equal_slices

    assert equal_slices(slice(1, 2), slice(1, 2)) and not equal_slices(slice(1, 2), slice(1, 3))
    assert T.set_subtensor(x[0], 1.0).owner.op.inplace is False
    assert T.blas.res_is_a(T.exp(x), T.exp) and not T.blas.res_is_a(T.tanh(x), T.exp) and T.blas.gemm is not None


@pytest.mark.parametrize("n", [3, 4, 6])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_first_fourier_transform(n, axis):
    from theano.tensor.fourier import Fourier, fft

    a = np.random.default_rng(0).normal(size=(3, 4))
    x = T.dmatrix("x")
    y = fft(x, n, axis)
    for linker in ("cvm", "py"):
        value, shape = theano.function([x], [y, y.shape], mode=theano.Mode(linker))(a)
        np.testing.assert_allclose(value, np.fft.fft(a, n, axis), atol=1e-12)
        assert shape.tolist() == list(value.shape)
    weights = T.constant(np.random.default_rng(1).normal(size=value.shape))
    theano.gradient.verify_grad(
        lambda v: (fft(v, n, axis).real * weights + fft(v, n, axis).imag).sum(), [a], rng=np.random.RandomState(0)
    )
    assert Fourier() == fft and T.fourier.fft is fft
    with pytest.raises(TypeError, match="a tensor with axes is needed"):
        fft(T.dscalar(), 2, 0)
