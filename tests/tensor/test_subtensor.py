from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run
from theano.gradient import grad

R = np.random.RandomState(0)
V = R.normal(size=5)
M = R.normal(size=(4, 5))
T3 = R.normal(size=(3, 4, 5))
I = np.int64  # noqa: E741
IV = np.array([2, 0, 2])

READS = {
    "0": (lambda x: x[0], M),
    "-1": (lambda x: x[-1], M),
    "slice": (lambda x: x[1:3], M),
    "steps": (lambda x: x[::2, ::-1], M),
    "back": (lambda x: x[:0:-2], V),
    "beyond": (lambda x: x[2:100], V),
    "empty": (lambda x: x[3:1], V),
    "none": (lambda x: x[:, None, 1], M),
    "new axis": (lambda x: x[None], V),
    "row then none": (lambda x: x[0, None], M),
    "ellipsis": (lambda x: x[..., 1], T3),
    "ellipsis middle": (lambda x: x[1, ..., 2:], T3),
    "all": (lambda x: x[:], M),
    "nothing": (lambda x: x[()], M),
    "scalar": (lambda x: x[1, 2], M),
    "advanced 1": (lambda x: x[[2, 0, 2]], M),
    "advanced list": (lambda x: x[np.array([-1, 0])], V),
    "advanced columns": (lambda x: x[:, [2, 0, 2]], M),
    "advanced pair": (lambda x: x[[0, 1, 0], [2, 3, 2]], M),
    "advanced matrix": (lambda x: x[np.array([[0, 1], [2, 0]])], M),
    "advanced broadcast": (lambda x: x[np.array([[0], [2]]), [1, 2, 3]], M),
    "advanced and 0-d": (lambda x: x[0, :, [1, 2]], T3),
    "advanced middle": (lambda x: x[:, [0, 1], [1, 2]], T3),
    "advanced apart": (lambda x: x[[0, 1], :, [1, 2]], T3),
    "advanced slice": (lambda x: x[1:, [0, 1], ::2], T3),
    "advanced none": (lambda x: x[None, [0, 1]], M),
    "length 1 list": (lambda x: x[[1]], M),
    "empty list": (lambda x: x[[]], M),
    "mask": (lambda x: x[np.array([True, False, True, True])], M),
    "mask 2-d": (lambda x: x[np.arange(12).reshape(3, 4) % 3 == 0], T3),
    "mask and index": (lambda x: x[np.array([True, False, True]), 1:3], T3),
    "mask second": (lambda x: x[:, np.array([True, False, True, True, False])], M),
}


@pytest.mark.parametrize("name", READS)
def test_read_and_write(name: str) -> None:
    read, array = READS[name]
    expected = read(array)
    check(read, array, expect=expected)
    if name in ("new axis",):
        return  # no element is picked: nothing to write into
    y = R.normal(size=expected.shape)
    sets, incs = np.array(array), np.array(array)
    index = _key(read)
    if any(k is None for k in index):
        return  # what is written is the reshaped array
    sets[index] = y
    np.add.at(incs, index, y)
    check(lambda x, v: T.inc_subtensor(read(x), v), array, y, expect=incs)
    repeats = name in ("advanced 1", "advanced columns", "advanced pair", "advanced matrix")
    check(lambda x, v: T.set_subtensor(read(x), v), array, y, expect=sets, smooth=not repeats)


class _Recorder:
    def __getitem__(self, key: object) -> object:
        return key


def _key(read: object) -> tuple[object, ...]:
    key = read(_Recorder())
    return key if isinstance(key, tuple) else (key,)


@pytest.mark.parametrize("value", [np.float64(2), V[:1], V, M[:1], M[1:, :1]], ids=str)
def test_written_values_broadcast(value: np.ndarray) -> None:
    wanted = M.copy()
    wanted[1:, ::2] = value if value.ndim == 0 or value.shape[-1] == 1 else value[..., ::2]
    check(
        lambda x, v: T.set_subtensor(x[1:, ::2], v if v.ndim == 0 or v.broadcastable[-1] else v[..., ::2]),
        M,
        value,
        expect=wanted,
    )


def test_a_run_time_one_broadcasts_when_written() -> None:
    x, y = T.dvector(), T.dvector()
    (got,) = run([T.set_subtensor(x[:], y)], [x, y], [V, V[:1]])
    assert (got == V[0]).all()


bounds = st.none() | st.integers(-7, 7)


@given(bounds, bounds, st.none() | st.integers(-3, 3).filter(bool), st.integers(0, 6))
def test_slices(start: int | None, stop: int | None, step: int | None, n: int) -> None:
    a = np.arange(n + 2.0)[2:]
    x = T.TensorType("float64", (False,))()
    wanted = a[start:stop:step]
    for symbolic in itertools.product((False, True), repeat=3):
        parts = [
            p if p is None or not s else T.lscalar()
            for p, s in zip((start, stop, step), symbolic, strict=True)
        ]
        values = [p for p, s in zip((start, stop, step), symbolic, strict=True) if p is not None and s]
        y = x[slice(*parts)]
        scalars = [p for p in parts if not (p is None or isinstance(p, int))]
        (lengths,) = y.owner.op.infer_shape(y.owner, [(x.shape[0],), *(() for _ in y.owner.inputs[1:])])
        got, length = run([y, *lengths], [x, *scalars], [a, *map(I, values)])
        np.testing.assert_array_equal(got, wanted)
        assert int(length) == len(wanted), (parts, n)


def test_symbolic_indices() -> None:
    check(lambda x, i: x[i], M, I(-2), expect=lambda a, i: a[i])
    check(lambda x, i: x[i:, -1], M, np.int32(1), expect=lambda a, i: a[i:, -1])
    check(lambda x, v: x[v], M, IV, expect=lambda a, v: a[v])
    check(lambda x, v: x[T.arange(v.shape[0]), v], M[:3], IV, expect=lambda a, v: a[np.arange(3), v])
    check(lambda x, i, v: x[i, :, v], T3, I(1), IV, expect=lambda a, i, v: a[i, :, v])
    check(lambda x, m: x[m], M, M > 0, expect=lambda a, m: a[m])
    check(lambda x: x[x > 0], M, expect=lambda a: a[a > 0])
    check(lambda x: x[(x > 0).nonzero()], M, expect=lambda a: a[a > 0])


def test_broadcast_patterns() -> None:
    r, m, i = T.row(), T.matrix(), T.iscalar()
    for kept in (r[:], r[0:5], r[::-1], r[:, 1:]):
        assert kept.broadcastable == (True, False)
    for lost in (m[0:1], r[i:], r[-1:], m[:1]):
        assert lost.broadcastable == (False, False)
    assert m[[0]].broadcastable == (True, False)
    assert T.constant(np.ones((4, 5)))[1:3, ::2].type.shape == (2, 3)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.vector()[0.5], TypeError),
        (lambda: T.vector()[T.dscalar()], TypeError),
        (lambda: T.vector()[T.dvector()], TypeError),
        (lambda: T.vector()[True], TypeError),
        (lambda: T.vector()["a"], TypeError),
        (lambda: T.vector()[[True, False]], TypeError),
        (lambda: T.vector()[0.5:], TypeError),
        (lambda: T.vector()[0, 0], IndexError),
        (lambda: T.vector()[..., 0, ...], IndexError),
        (lambda: T.row()[1], IndexError),
        (lambda: T.constant(np.ones(3))[-4], IndexError),
        (lambda: T.vector()[T.TensorType("bool", (False, False))()], IndexError),
        (lambda: T.constant(np.ones(3))[np.array([True, False])], IndexError),
        (lambda: T.set_subtensor(T.vector(), 1), TypeError),
        (lambda: T.set_subtensor(T.matrix()[0].dimshuffle("x", 0), 1), TypeError),
        (lambda: T.set_subtensor(T.vector()[1:], T.matrix()), TypeError),
        (lambda: T.set_subtensor(T.dvector()[1:], T.zvector()), TypeError),
        (lambda: T.set_subtensor(T.constant(np.ones(3))[1:], np.ones(3)), ValueError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


@pytest.mark.parametrize(
    ("build", "arrays"),
    [
        (lambda x, i: x[i], (V, I(5))),
        (lambda x, i: x[i], (V, I(-6))),
        (lambda x, i: x[i], (V, np.array([0, 5]))),
        (lambda x, i: x[i, i], (M, np.array([0, 4]))),
        (lambda x, i: T.set_subtensor(x[i], 0), (V, I(5))),
        (lambda x, m: x[m], (V, np.array([True, False]))),
        (lambda x, m: x[m], (V, np.array([True] + [False] * 6))),
    ],
)
def test_out_of_range_at_run_time(build: object, arrays: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(IndexError):
        check(build, *arrays, smooth=False)


def test_values_are_cast() -> None:
    i = T.ivector()
    y = T.set_subtensor(i[0], 2.7)
    assert y.dtype == "int32"
    (got,) = run([y], [i], [np.zeros(2, "int32")])
    assert got.tolist() == [2, 0]


def test_write_through_reshape() -> None:
    def wanted(a: np.ndarray, v: np.ndarray) -> np.ndarray:
        b = a.copy()
        b[1:3] = v.reshape(2, 5)
        return b

    check(
        lambda x, v: T.set_subtensor(x[1:3].reshape((5, 2)), v),
        M,
        M.ravel()[:10].reshape(5, 2),
        expect=wanted,
    )
    check(lambda x, v: T.set_subtensor(x[1:3].flatten(), v), M, np.float64(3), expect=wanted_scalar)


def wanted_scalar(a: np.ndarray, v: np.ndarray) -> np.ndarray:
    b = a.copy()
    b[1:3] = v
    return b


def test_take_and_nonzero() -> None:
    check(lambda x, v: x.take(v), M, IV, expect=lambda a, v: a.take(v))
    check(lambda x, v: x.take(v, axis=1), M, IV, expect=lambda a, v: a.take(v, axis=1))
    check(lambda x: x.take(2, axis=-1), M, expect=lambda a: a.take(2, axis=-1))
    for mode in ("clip", "wrap"):
        far = np.array([-7, 3, 99])
        check(lambda x, v, m=mode: T.take(x, v, 0, m), M, far, expect=M.take(far, 0, mode=mode))
    mixed = np.array([[0, 3], [4, 0]])
    check(lambda x: T.nonzero(x, return_matrix=True), mixed, expect=lambda a: np.stack(np.nonzero(a)))
    check(lambda x: x.nonzero_values(), mixed, expect=lambda a: a[a.nonzero()])
    check(lambda x: T.flatnonzero(x), mixed, expect=np.flatnonzero)
    with pytest.raises(ValueError):
        T.nonzero(T.scalar())


def test_gradients_of_reads_are_increments() -> None:
    x = T.dvector("x")
    assert str(grad(x[1:3].sum(), x).owner.op) == "IncSubtensor{Inc;int64:int64:}"
    assert str(grad(x[[0, 1]].sum(), x).owner.op) == "AdvancedIncSubtensor1{no_inplace,inc}"


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda v, m, i: m[0], "Subtensor{int64}"),
        (lambda v, m, i: m[1:3], "Subtensor{int64:int64:}"),
        (lambda v, m, i: m[::2, i], "Subtensor{::int64, int64}"),
        (lambda v, m, i: v[i:], "Subtensor{int64::}"),
        (lambda v, m, i: v[[0, 1]], "AdvancedSubtensor1"),
        (lambda v, m, i: m[[0, 1], [1, 2]], "AdvancedSubtensor"),
        (lambda v, m, i: T.set_subtensor(m[0], 1), "IncSubtensor{Set;int64}"),
        (lambda v, m, i: T.inc_subtensor(v[1:], 1), "IncSubtensor{Inc;int64::}"),
        (lambda v, m, i: T.set_subtensor(v[[0]], 1), "AdvancedIncSubtensor1{no_inplace,set}"),
        (
            lambda v, m, i: T.inc_subtensor(m[[0], [1]], 1),
            "AdvancedIncSubtensor{inplace=False,  set_instead_of_inc=False}",
        ),
    ],
)
def test_texts(build: object, text: str) -> None:
    assert str(build(T.dvector(), T.dmatrix(), T.iscalar()).owner.op) == text


def test_equal_indexing_is_equal() -> None:
    x = T.matrix()
    a, b = x[1:, 0].owner.op, x[2:, 1].owner.op
    assert a == b and hash(a) == hash(b)
    assert a != x[1:].owner.op
    set_, inc = T.set_subtensor(x[1:], 0).owner.op, T.inc_subtensor(x[1:], 0).owner.op
    assert set_ != inc


def test_functions_of_one_axis() -> None:
    x, y, i = T.dmatrix(), T.dmatrix(), T.ivector()
    values = {x: np.zeros((3, 2)), y: np.arange(4.0).reshape(2, 2), i: np.array([2, 2], "int32")}
    assert T.advanced_subtensor1(y, i - 1).eval({y: values[y], i: values[i]}).tolist() == [[2, 3], [2, 3]]
    assert T.advanced_inc_subtensor1(x, y, i).eval(values).tolist() == [[0, 0], [0, 0], [2, 4]]
    assert T.advanced_set_subtensor1(x, y, i).eval(values).tolist() == [[0, 0], [0, 0], [2, 3]]


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_values_repeated_for_each_row_of_indices(dtype: str, mode: str) -> None:
    """`np.add.at` of NumPy 2.5 reads beyond the values here."""
    x, y = T.TensorType(dtype, (False,))("x"), T.TensorType(dtype, (False,))("y")
    index = np.array([[0, -1, 0], [1, 0, 1]])
    f = theano.function([x, y], T.inc_subtensor(x[index], y), mode=mode)
    expected = np.array([1, 2], dtype)
    for position, value in zip(index.ravel(), [5, 7, 9] * 2, strict=True):
        expected[position] += value
    for _ in range(3):
        assert f(np.array([1, 2], dtype), np.array([5, 7, 9], dtype)).tolist() == expected.tolist()
    assert f(np.array([1, 2], dtype), np.array([5], dtype)).tolist() == [16, 17]


# Pattern of x (1: broadcastable), index -> pattern of x[index]. "T": what Theano gave, where NumPy would give more
# axes; "N": NumPy's, where Theano raised ValueError or where both agree.
_, ALL, I0, VEC = None, slice(None), T.lscalar("i"), np.array([0, 0])
NEW_AXES = [
    ("01", (ALL, _), "T", "01"), ("01", (_, ALL), "T", "10"), ("01", (0, _), "T", "1"), ("01", (_, 0), "T", "1"),
    ("01", (ALL, ALL, _), "N", "011"), ("01", (_, ALL, ALL), "N", "101"), ("01", (ALL, _, ALL), "N", "011"),
    ("01", (ALL, 0, _), "N", "01"), ("01", (0, ALL, _), "N", "11"), ("01", (ALL, _, 0), "N", "01"),
    ("01", _, "N", "101"), ("01", (_, _), "N", "1101"), ("01", (..., _), "N", "011"), ("01", (_, ...), "N", "101"),
    ("01", (ALL, ..., _), "N", "011"), ("01", (slice(1, None), _), "T", "01"),
    ("01", (slice(1, None), _, _), "T", "011"),
    ("01", (I0, _), "T", "1"), ("01", (slice(I0, None), _), "T", "01"), ("01", (_, ALL, slice(None, 1)), "N", "101"),
    ("01", (VEC, _), "N", "011"), ("01", (_, VEC), "N", "101"), ("01", (np.array([True, False, True]), _), "N", "011"),
    ("01", (ALL, _, VEC), "N", "010"),
    ("10", (ALL, _), "N", "110"), ("10", (_, ALL), "N", "110"), ("10", (0, _), "N", "10"), ("10", (_, 0), "N", "10"),
    ("10", _, "N", "110"), ("10", (ALL, ALL, _), "N", "101"), ("10", (ALL, 0, _), "N", "11"),
    ("00", (ALL, _), "N", "010"), ("00", (0, _), "N", "10"), ("00", _, "N", "100"), ("00", (_, ALL), "N", "100"),
    ("11", _, "T", "1"), ("11", (ALL, _), "T", "11"), ("11", (_, 0), "T", "1"), ("11", (0, _, ALL), "N", "11"),
    ("", _, "N", "1"), ("", (_, _), "N", "11"), ("", (..., _), "N", "1"),
    ("0", _, "N", "10"), ("0", (ALL, _), "N", "01"), ("0", (0, _), "N", "1"),
    ("1", _, "T", "1"), ("1", (_, ALL), "N", "11"),
    ("011", (ALL, _), "T", "01"), ("011", (ALL, ALL, _), "T", "011"), ("011", (0, _), "T", "1"),
    ("011", (ALL, 0, _), "T", "01"), ("011", (_, ..., 0), "N", "101"), ("011", (ALL, ALL, ALL, _), "N", "0111"),
    ("010", (ALL, _), "N", "0110"), ("001", (ALL, _), "N", "0101"), ("001", (ALL, ALL, _), "T", "001"),
    ("101", (ALL, _), "N", "1101"), ("101", (_, ALL, ALL), "T", "110"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "index", "whose", "wanted"), NEW_AXES)
def test_new_axes_and_axes_behind_the_index(pattern, index, whose, wanted):
    kind = T.TensorType("float64", [c == "1" for c in pattern])
    x = kind("x")
    found = x[index]
    assert "".join("01"[b] for b in found.type.broadcastable) == wanted
    value = R.normal(size=[1 if c == "1" else 3 for c in pattern])
    plain = tuple(
        1 if e is I0 else slice(1, e.stop) if isinstance(e, slice) and e.start is I0 else e
        for e in (index if isinstance(index, tuple) else (index,))
    )
    expect = value[plain]
    got = theano.function([x, I0], found, on_unused_input="ignore")(value, 1)
    np.testing.assert_array_equal(got, expect.reshape(got.shape))
    if whose == "N":
        assert got.shape == expect.shape
    else:
        more = pattern[-(len(pattern) - sum(e is not None for e in plain)) :]
        assert set(more) == {"1"} and got.shape == expect.shape[: expect.ndim - len(more)]


def test_columns_of_ones_as_published_models_index_them():
    n = T.lscalar("n")
    m = T.alloc(1.0, n, 1)
    assert m[:, None].ndim == 2 and m[None, :].ndim == 2 and m[:, :, None].ndim == 3
    assert m[:, None].eval({n: 2}).shape == (2, 1)
    assert T.zeros((n, 1, 1))[:, None].eval({n: 2}).shape == (2, 1)


@pytest.mark.parametrize(
    "key",
    [
        (slice(None, None, -1), slice(None)),
        (slice(1, 3), 2),
        (Ellipsis, 0),
        (None, slice(None), slice(2)),
        (slice(None), [2, 0]),
    ],
    ids=str,
)
def test_a_list_with_slices_is_a_tuple(key):
    x = T.dmatrix("x")
    np.testing.assert_array_equal(theano.function([x], x[list(key)])(M), M[key])
    if None not in key:
        changed = M.copy()
        changed[key] = 7
        np.testing.assert_array_equal(theano.function([x], T.set_subtensor(x[list(key)], 7.0))(M), changed)
    assert x[[2, 0]].eval({x: M}).shape == (2, 5)  # a list of numbers is an array


def test_places_of_index_inputs_are_their_types() -> None:
    """As in Theano, where programs look at `idx_list`; older programs may write any type of integers."""
    x, i = T.dvector(), T.iscalar()
    int64 = theano.scalar.int64
    assert x[1:i].owner.op.idx_list == (slice(int64, int64, None),)
    assert T.dmatrix()[i, ::2].owner.op.idx_list == (int64, slice(None, None, int64))
    assert T.set_subtensor(x[i], 0.0).owner.op.idx_list == (int64,)
    op = T.Subtensor([slice(None, theano.scalar.int32)])
    assert op == x[:i].owner.op and hash(op) == hash(x[:i].owner.op)
    assert op(x, i).eval({x: [1, 2, 3], i: 2}).tolist() == [1, 2]
