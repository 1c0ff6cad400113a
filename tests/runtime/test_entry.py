"""What a compiled function does with the arguments it gets."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

from tests.runtime.programs import (
    MAIN,
    Program,
    SlowPathError,
    copy,
    identity,
    new_array,
    scalar_product,
    storage_spec,
    word,
)
from theano.runtime import abi
from theano.runtime.abi import ArraySpec, ObjectSpec
from theano.runtime.entry import EntrySpec

FLOATS = ("float32", "float64")
INTS = [d for d in abi.DTYPES if d.startswith(("int", "uint"))]
OTHERS = ("float16", "complex64", "complex128", "bool")


@pytest.mark.parametrize("dtype", abi.DTYPES)
@pytest.mark.parametrize("ndim", range(5))
def test_arrays_of_each_dtype_arrive(dtype, ndim):
    f = identity(ArraySpec(dtype, (False,) * ndim))
    rng = np.random.default_rng(0)
    for shape in [(3, 1, 4, 2)[:ndim], (0, 2, 3, 1)[:ndim]]:
        x = rng.integers(0, 2, shape).astype(dtype)
        y = f(x)
        assert type(y) is np.ndarray and y.dtype is np.dtype(dtype) and y.shape == x.shape
        assert np.array_equal(x, y) and not np.shares_memory(x, y) and y.flags.owndata and y.flags.writeable
    assert f.slow_calls == 0


def odd_arrays():
    base = np.arange(24.0).reshape(4, 6)
    unaligned = np.zeros(8 * 24 + 1, np.uint8)[1:].view("f8").reshape(4, 6)

    class Sub(np.ndarray):
        pass

    yield from (
        base.astype(">f8"), base[:, ::2], base.T, np.asfortranarray(base), unaligned, base.view(Sub),
        np.ma.masked_array(base), base.astype("f4"), base.astype("i8"), base[0], base[None],
        np.zeros((1,) * 64), np.broadcast_to(base[0], (4, 6)), base.astype(object),
    )  # fmt: skip


@pytest.mark.parametrize(
    "x", list(odd_arrays()), ids=lambda x: f"{type(x).__name__}-{x.dtype.str}-{x.strides}"
)
def test_odd_arrays_take_the_slow_path(x):
    f = identity(ArraySpec("float64", (False, False)))
    with pytest.raises(SlowPathError):
        f(x)


def test_plain_but_unusual_arrays_are_native():
    f = identity(ArraySpec("float64", (False, False)))
    x = np.arange(6.0).reshape(2, 3)
    frozen = x.copy()
    frozen.flags.writeable = False
    unpickled = pickle.loads(pickle.dumps(x))
    for y in (
        frozen,
        unpickled,
        x[1:],
        np.arange(12.0).reshape(4, 3)[1:3],
        np.zeros((0, 3)),
        np.zeros((3, 0)),
    ):
        assert np.array_equal(f(y), y)
    assert f.slow_calls == 0


def test_lengths_of_broadcast_axes_are_checked():
    f = identity(ArraySpec("float64", (True, False)))
    assert f(np.ones((1, 3))).shape == (1, 3) and f([[1, 2]]).shape == (1, 2)
    for bad in (np.ones((2, 3)), [[1, 2], [3, 4]]):
        with pytest.raises(SlowPathError):
            f(bad)
    with pytest.raises(SlowPathError):
        identity(ArraySpec("float64", (False, True)))([[1, 2], [3, 4]])
    with pytest.raises(SlowPathError):
        identity(ArraySpec("float64", (True,)))([1, 2])


def holds(dtype, value):
    """Whether `dtype` holds the number exactly, so that the native path may take it."""
    if dtype == "float64":
        return isinstance(value, float) or abs(value) <= 2**53
    if dtype == "float32" and not isinstance(value, float):
        return abs(value) <= 2**24
    if dtype == "float32":
        with np.errstate(over="ignore"):
            return value != value or float(np.float32(value)) == value
    if isinstance(value, float):
        return False
    if dtype == "bool":
        return value in (0, 1)
    return np.iinfo(dtype).min <= value <= min(np.iinfo(dtype).max, 2**63 - 1)


NUMBERS = (
    0, 1, -1, True, False, 127, 128, -128, -129, 255, 256, 2**15, 2**24, 2**31 - 1, 2**31, -(2**31), 2**53, -(2**53),
    2**63 - 1, -(2**63), 0.0, 0.5, -2.5, 0.1, 1e300, 1e-320, float("inf"), float("-inf"), float("nan"), np.float64(0.5),
)  # fmt: skip


@pytest.mark.parametrize("dtype", ("bool", *INTS, *FLOATS))
def test_numbers_are_taken_exactly_or_not_at_all(dtype):
    scalar = identity(ArraySpec(dtype, ()))
    vector = identity(ArraySpec(dtype, (False,)))
    matrix = identity(ArraySpec(dtype, (False, False)))
    for value in NUMBERS:
        for f, given in ((scalar, value), (vector, [value, value]), (matrix, ((value,), [value]))):
            if holds(dtype, value):
                got = f(given)
                assert got.dtype == dtype and np.array_equal(
                    got, np.array(given, dtype), equal_nan=dtype in FLOATS
                )
            else:
                with pytest.raises(SlowPathError):
                    f(given)


@pytest.mark.parametrize("dtype", ("float64", "float32", "int64"))
def test_numbers_beyond_64_bits_are_left_to_the_slow_path(dtype):
    for f in (identity(ArraySpec(dtype, ())), identity(ArraySpec(dtype, (False,)))):
        for value in (2**63, 2**70, -(2**63) - 1, 10**400):
            with pytest.raises(SlowPathError):
                f(value if f.spec.inputs[0].ndim == 0 else [value])


def test_a_float32_may_round_python_floats_only():
    f = identity(ArraySpec("float32", (), rounds=True))
    assert f(0.1) == np.float32(0.1)
    for value in (np.float64(0.1), 2**24 + 1):
        with pytest.raises(SlowPathError):
            f(value)


@pytest.mark.parametrize("dtype", OTHERS[:3])
def test_dtypes_without_native_numbers(dtype):
    with pytest.raises(SlowPathError):
        identity(ArraySpec(dtype, ()))(1)


def test_strict_inputs_take_arrays_only():
    f = scalar_product(numbers=False)
    assert f(np.array(2.0), np.array(3.0)) == 6
    with pytest.raises(SlowPathError):
        f(2.0, np.array(3.0))


class ListSub(list):
    pass


@pytest.mark.parametrize(
    "value",
    [[], [[]], [1, [2]], [[1], [2, 3]], [[1], 2], [["a"]], [[None]], [[1j]], ListSub([[1.0]]), [ListSub([1.0])], "ab",
     None, {1: 2}, range(3), [np.array([1.0])], [[np.array(1.0)]], [[np.int64(1)]], 1.0, np.float64(1)],
    ids=repr,
)  # fmt: skip
def test_odd_sequences_take_the_slow_path(value):
    with pytest.raises(SlowPathError):
        identity(ArraySpec("float64", (False, False)))(value)


@pytest.mark.parametrize("shape", [(1, 1), (1, 64), (64, 1), (1, 65), (8, 8), (13, 5), (100, 100)])
def test_lists_of_any_size(shape):
    for dtype in ("float64", "float32", "int64", "int8"):
        x = (np.arange(shape[0] * shape[1]) % 100).reshape(shape)
        assert np.array_equal(identity(ArraySpec(dtype, (False, False)))(x.tolist()), x)
        assert np.array_equal(identity(ArraySpec(dtype, (False,)))(tuple(x.ravel().tolist())), x.ravel())


def test_many_list_inputs_share_the_stack():
    x = ArraySpec("float64", (False,))
    spec = EntrySpec([x] * 200, [], n_slots=1, n_outputs=1)
    f = Program(spec, copy(spec.layout, x))
    assert np.array_equal(f(*[[1.0, 2.0, 3.0]] * 200), [1, 2, 3])


def test_wrong_counts_and_keywords_take_the_slow_path():
    f = scalar_product()
    for args, kwargs in (
        ((), {}),
        ((1.0,), {}),
        ((1.0,) * 3, {}),
        ((1.0,), {"b": 2.0}),
        ((1.0, 2.0), {"c": 1}),
    ):
        with pytest.raises(SlowPathError, match=f"{len(args)} arguments"):
            f(*args, **kwargs)
    f.convert = True
    assert f("2", np.float32(3)) == 6 and f(*(2.0, 3.0)) == 6 and f(*[2.0, 3.0]) == 6


def test_every_way_to_call():
    from functools import partial

    f = scalar_product()
    assert list(map(f, [1.0, 2.0], [3.0, 4.0])) == [3, 8]
    assert partial(f, 2.0)(5.0) == 10
    assert max([3.0, 2.0], key=partial(f, -1.0)) == 2.0

    class Holder:
        method = f

    assert Holder().method(2.0, 4.0) == 8


def outputs_main(layout, n):
    return (
        MAIN
        + "".join(
            new_array(layout.slot(k), "int64", 0, "null", f"o{k}") + f"store i64 {k}, ptr %o{k}\n"
            for k in range(n)
        )
        + "ret i32 0\n}\n"
    )


@pytest.mark.parametrize("n", (0, 1, 3, 20))
def test_lists_of_results(n):
    spec = EntrySpec([], [], n_slots=n + 2, n_outputs=n, result="list")
    f = Program(spec, outputs_main(spec.layout, n + 1))  # one more slot is filled, and must be released
    got = f()
    assert type(got) is list and got == list(range(n)) and len({id(x) for x in got}) == n
    known = [object()]
    # one more than here: that kept to take a small array again (Python 3.14 counts no reference of the argument)
    assert all(sys.getrefcount(x) == sys.getrefcount(y) + 1 for x in got for y in known)


def test_no_result_is_an_empty_list():
    spec = EntrySpec([], [], n_slots=1, n_outputs=0, result="none")
    assert Program(spec, outputs_main(spec.layout, 1))() == []


def test_wrap_gets_the_result():
    spec = EntrySpec([], [], n_slots=2, n_outputs=2, result="list", wrap=abi.FIRST_FREE)
    f = Program(spec, outputs_main(spec.layout, 2), [lambda out: dict(zip("ab", out))])
    assert f() == {"a": 0, "b": 1}
    g = Program(spec, outputs_main(spec.layout, 2), [lambda out: out.missing])
    with pytest.raises(AttributeError):
        g()


# -- failing checks


def failing(code):
    spec = EntrySpec([ArraySpec("float64", (False,)), ObjectSpec()], [], n_slots=1, n_outputs=1)
    layout = spec.layout
    stores = "".join(
        f"%e{k} = getelementptr i64, ptr %frame, i64 {layout.error_word(k)}\nstore i64 {value}, ptr %e{k}\n"
        for k, value in enumerate((7, -1, 2**40, 0))
    )
    made = new_array(layout.slot(0), "float64", 0, "null")
    return Program(spec, MAIN + made + stores + f"ret i32 {code}\n}}\n")


def test_a_failed_check_reports_code_operands_and_arguments():
    f, x, token = failing(3), [1.0] * 1000, object()
    for given in (x, np.ones(3)):
        with pytest.raises(ArithmeticError) as caught:
            f(given, token)
        code, operands, args = caught.value.args
        assert (code, operands) == (3, (7, -1, 2**40, 0))
        assert args[0] is given and args[1] is token


def test_a_handler_that_does_not_raise():
    f = failing(1)
    spec = f.spec
    from theano.native.support.context import make_context
    from theano.runtime.function_base import FunctionBase, install

    class Silent(FunctionBase):
        pass

    g, kept = Silent(), (print, lambda *a: 5)
    install(g, f.code, make_context([id(x) for x in kept], kept))
    with pytest.raises(SystemError, match="handler raised nothing"):
        g([1.0], spec)


def test_memory_that_can_not_be_had():
    spec = EntrySpec([ObjectSpec()], [], n_slots=1, n_outputs=1)
    for dims, error in (((2**62, 1), MemoryError), ((2**40, 2**40), ValueError), ((-1, 2), ValueError)):
        main = MAIN + "%dims = alloca [2 x i64]\n" + "".join(
            f"%d{k} = getelementptr i64, ptr %dims, i64 {k}\nstore i64 {n}, ptr %d{k}\n" for k, n in enumerate(dims)
        )  # fmt: skip
        f = Program(spec, main + new_array(spec.layout.slot(0), "int8", 2, "%dims") + "ret i32 0\n}\n")
        with pytest.raises((error, MemoryError)):
            f(None)


# -- storages


def add_main(layout, n=1):
    """storage k += 1 for its first element; returns input 0's length... as a 0-d array of the first new value."""
    text = MAIN
    for k in range(n):
        text += word("frame", layout.storage_data(k), f"s{k}")
        text += (
            f"%v{k} = load double, ptr %s{k}\n%w{k} = fadd double %v{k}, 1.0\nstore double %w{k}, ptr %s{k}\n"
        )
    return (
        text + new_array(layout.slot(0), "float64", 0, "null") + "store double %w0, ptr %out\nret i32 0\n}\n"
    )


def updating(*containers, inputs=(), updated=True):
    vector = ArraySpec("float64", (False,), updated=updated)
    spec = storage_spec(inputs, [vector] * len(containers), n_slots=1, n_outputs=1)
    return Program(spec, add_main(spec.layout, len(containers)), containers)


def test_storage_is_read_at_every_call():
    box = [np.zeros(3)]
    f = updating(box)
    assert [float(f()) for _ in range(3)] == [1, 2, 3] and box[0][0] == 3
    box[0] = np.full(2, 10.0)
    before = sys.getrefcount(box[0])
    got = f()
    after = sys.getrefcount(box[0])  # (not within the assert: pytest holds what it looks at)
    assert got == 11 and after == before


@pytest.mark.parametrize(
    "value",
    [
        None,
        3.0,
        [1.0],
        np.zeros(()),
        np.zeros((2, 2)),
        np.zeros(3, "f4"),
        np.zeros(6)[::2],
        np.zeros(3, ">f8"),
    ],
    ids=repr,
)
def test_storage_that_is_not_plain(value):
    f = updating([value])
    with pytest.raises(SlowPathError):
        f()
    with pytest.raises(SlowPathError):
        updating([])()


def test_storage_that_can_not_be_written():
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    with pytest.raises(SlowPathError):
        updating([frozen])()
    x = ArraySpec("float64", (False,))
    spec = storage_spec([], [x], n_slots=1, n_outputs=1)
    assert (
        Program(
            spec, MAIN + new_array(spec.layout.slot(0), "int64", 0, "null") + "ret i32 0\n}\n", [[frozen]]
        )()
        is not None
    )


def test_updated_storage_must_overlap_nothing():
    base = np.zeros(10)
    vector, scalar = ArraySpec("float64", (False,)), ArraySpec("float64", ())
    f = updating([base], inputs=[vector])
    for x in (base, base[2:], base[:0], base[5:5], base[9:]):
        if x.size:
            with pytest.raises(SlowPathError):
                f(x)
        else:
            f(x)
    f(base.copy())
    f([1.0])
    two = updating([base[:5]], [base[5:]])
    two()
    with pytest.raises(SlowPathError):
        updating([base[:6]], [base[5:]])()
    with pytest.raises(SlowPathError):
        updating([base], inputs=[scalar])(base[3:4].reshape(()))


def test_storage_stays_alive_while_a_callback_replaces_it():
    box = [np.zeros(1000)]

    def replace():
        box[0] = np.ones(1000)
        return ()

    vector = ArraySpec("float64", (False,), updated=True)
    spec = storage_spec([], [vector], n_slots=1, n_outputs=1)
    call = word("ctx", abi.CTX["callback"], "cb") + word("ctx", abi.FIRST_FREE + 1, "py")
    call += "%rc = call i32 %cb(ptr %py, ptr null, i64 0, ptr null, i64 0)\n"
    f = Program(spec, add_main(spec.layout).replace(MAIN, MAIN + call), [box, replace])
    assert f() == 1 and box[0][0] == 1


def test_object_inputs_and_storages_are_passed_on():
    spec = storage_spec([ObjectSpec()], [ObjectSpec()], n_slots=2, n_outputs=2, result="list")
    text = MAIN
    for k, at in enumerate((spec.layout.input_data(0), spec.layout.storage_data(0))):
        text += (
            word("frame", at, f"x{k}")
            + word("ctx", abi.CTX["inc_ref"], f"inc{k}")
            + f"call void %inc{k}(ptr %x{k})\n"
        )
        text += (
            f"%s{k} = getelementptr i64, ptr %frame, i64 {spec.layout.slot(k)}\nstore ptr %x{k}, ptr %s{k}\n"
        )
    box = [object()]
    f = Program(spec, text + "ret i32 0\n}\n", [box])
    token = object()
    before = sys.getrefcount(token), sys.getrefcount(box[0])
    got = f(token)
    assert got[0] is token and got[1] is box[0]
    del got
    after = sys.getrefcount(token), sys.getrefcount(box[0])
    assert after[0] == before[0] and after[1] <= before[1] + 1  # pytest holds the item it looked at
