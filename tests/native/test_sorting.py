"""The library that sorts, called directly: against NumPy, in all types, by all instruction sets, inside guard pages."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.native.test_other_targets import TARGETS, isa_of, missing
from theano.loops import expr as ex
from theano.loops.externs.sorting import (
    BITS,
    CUT_TYPES,
    CUTS,
    LONG,
    PIECES,
    in_order,
    key_of,
    modules,
    name_of,
    rows_in_order,
    scratch_of,
    scratch_of_pieces,
)  # fmt: skip
from theano.loops.externs.table import EXTERNS
from theano.native.ir.library import STRUCTURED
from theano.native.sorting import loading
from theano.native.sorting.code import keys_of
from theano.native.sorting.functions import library_module
from theano.native.sorting.keys import FEW, MANY
from theano.native.sorting.network import batcher
from theano.native.sorting.short_rows import SHORT
from theano.native.support import provisional
from theano.runtime import jit
from theano.runtime.target import Isa, select_isa

RNG = np.random.default_rng(4)
SOME = (0, 1, 2, 3, 7, FEW, FEW + 1, 63, 64, 65, SHORT, SHORT + 1, 191, 192, 193, 256, 300, 384, 700)
LENGTHS = (*SOME, MANY, MANY + 1, 2500, 9000)
LEVELS = ("baseline", "avx2", "avx512")
KINDS = ("sort", "places", "top")
KEYS = sorted(set(modules().values()))


def room(n: int) -> int:
    size = scratch_of(ex.const(n, "i64"))
    assert size.op == "const"
    return int(size.value)


def function_of(name: str, symbols: Mapping[str, int] | None = None) -> Any:
    types = {"i64": ctypes.c_int64, "ptr": ctypes.c_void_p}
    address = loading.address(name) if symbols is None else symbols[name]
    return ctypes.CFUNCTYPE(None, *(types[p.type] for p in EXTERNS[name].parameters))(address)


def call(
    kind: str, x: np.ndarray, count: int | None = None, symbols: Mapping[str, int] | None = None, **memory: Any
) -> np.ndarray:
    """What a function makes of rows; `memory` may say where `out` and `scratch` are."""
    type_, (rows, n) = ex.TYPE_OF[x.dtype.name], x.shape
    name = name_of(kind, type_)
    function = function_of(name, symbols)
    scratch = memory.get("scratch", np.full(room(n), 77, ex.DTYPE_OF[key_of(kind, type_)]))
    columns = n if kind == "sort" or count is None else count
    out = memory.get("out", np.empty((rows, columns), x.dtype if kind == "sort" else "int64"))
    sizes = [rows, n] if kind == "sort" else [rows, n, columns]
    function(*sizes, x.ctypes.data, out.ctypes.data, scratch.ctypes.data)
    return out


def lexical(x: np.ndarray, symbols: Mapping[str, int] | None = None) -> np.ndarray:
    """The positions of whole rows, which end where memory has other numbers."""
    out, scratch = np.full((2, len(x) + 1), 77)
    function_of(name_of("lexical", ex.TYPE_OF[x.dtype.name]), symbols)(
        *x.shape, x.ctypes.data, out.ctypes.data, scratch.ctypes.data
    )
    assert out[-1] == scratch[-1] == 77
    return out[:-1]


def expected(kind: str, x: np.ndarray, count: int | None = None) -> np.ndarray:
    # stable: NumPy 2.5's other method leaves rows of float16 with NaNs unsorted on some processors
    return np.sort(x, -1, kind="stable") if kind == "sort" else in_order(x, kind == "top")[:, :count]


def numbers(dtype: Any, rows: int, n: int, how: str) -> np.ndarray:
    """Rows of numbers of some kind."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return RNG.random((rows, n)) < 0.5
    info: Any = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    if how == "any":
        if kind.kind == "f":
            return RNG.normal(size=(rows, n)).astype(kind)
        return RNG.integers(info.min, info.max, (rows, n), kind, endpoint=True)  # type: ignore[arg-type]
    special = [info.min, info.max, 0, 1]
    if kind.kind == "f":
        special += [-0.0, np.nan, -np.nan, np.inf, -np.inf, info.tiny / 4, -1, 1 + info.eps, -1 - info.eps]
    if how == "few":
        special = special[2:4]
    with np.errstate(all="ignore"):
        return RNG.choice(np.array(special, kind), (rows, n))


def check(x: np.ndarray, symbols: Mapping[str, int] | None = None) -> None:
    for kind in KINDS:
        for count in (None,) if kind == "sort" else (None, (x.shape[1] + 9) // 10):
            np.testing.assert_array_equal(call(kind, x, count, symbols), expected(kind, x, count), err_msg=kind)


@pytest.mark.parametrize("type_", BITS)
def test_all_lengths(type_: str) -> None:
    for turn, n in enumerate(LENGTHS):
        for how in ("any", "special", "few"):
            check(numbers(ex.DTYPE_OF[type_], 3 if turn % 2 else 20, n, how)[: 40000 // (n + 1) + 1])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_zeros_and_nans(dtype: str) -> None:
    """Negative zeros come first, NaNs last, whichever way rows are sorted: bit for bit the same."""
    for n in (3, 9, SHORT, SHORT + 1, MANY, 3000):
        for some in ([0.0, -0.0], [0.0, -0.0, np.nan], [1, -0.0, -1, np.nan, np.inf], [np.nan], [-0.0]):
            x = RNG.choice(np.array(some, dtype), (17, n))
            x[5:] = np.sort(x[5:])
            x[9:, : n // 3], x[9:, n // 3 :] = x[9:, n - n // 3 :].copy(), x[9:, : n - n // 3].copy()
            found = call("sort", x)
            np.testing.assert_array_equal(np.isnan(found), np.isnan(np.sort(x)))
            zeros = found == 0
            signs = np.where(zeros, np.signbit(found), False)
            assert not (zeros[:, :-1] & ~signs[:, :-1] & signs[:, 1:]).any()
            assert (np.signbit(found) & zeros).sum() == (np.signbit(x) & (x == 0)).sum()
            assert found.tobytes() == np.concatenate([call("sort", row[None]) for row in x]).tobytes()


@pytest.mark.parametrize("type_", BITS)
def test_whole_rows(type_: str) -> None:
    """Of equal rows, also such with NaNs, the first ones come first; rows of no numbers are all equal."""
    for rows, n in itertools.product((0, 1, 2, 3, 5, 64, 65, 700), (0, 1, 2, 9)):
        for how in ("any", "special", "few"):
            x = numbers(ex.DTYPE_OF[type_], rows, n, how)
            for y in (x, x[x[:, 0].argsort()] if n else x, np.repeat(x[: rows // 3 + 1], 3, axis=0)):
                found = lexical(y)
                np.testing.assert_array_equal(found, rows_in_order(y))
                if y.size and type_ != "f16":
                    np.testing.assert_array_equal(found, np.lexsort(y.T[::-1]))


def patterns(n: int) -> dict[str, np.ndarray]:
    """What is hard for some ways to sort."""
    up = np.arange(n)
    return {
        "up": up, "down": up[::-1], "same": np.zeros(n, int), "one greater": (up == 3).astype(int),
        "organ pipe": np.minimum(up, up[::-1]), "saw": up % 17, "halves": np.roll(up, n // 2),
        "two runs": np.sort(np.append(up[: n // 3] * 2, up[n // 3 :] % 1000)[::-1].reshape(2, -1), 1).ravel(),
        "runs but one": np.append(np.roll(up[:-1], n // 5), 7), "equal ones": np.append(up[: n // 2], up[n // 2 :] * 0),
        "squares": up * up % 97, "powers": up * 0 + (1 << (up % 40)),
    }  # fmt: skip


@pytest.mark.parametrize("dtype", ["int32", "int64", "float64"])
@pytest.mark.parametrize("n", [100, 1000, 5000])
def test_patterns(dtype: str, n: int) -> None:
    for row in patterns(n).values():
        with np.errstate(all="ignore"):
            check(row[None].astype(dtype))


@pytest.mark.parametrize("n", [5, 60, 200, 3000])
def test_ties_of_long_keys(n: int) -> None:
    """Keys that differ in their last bits only, beside others far away: places do not fit behind all of them."""
    near = (1 << 62) + RNG.integers(0, 8, (20, n)) * RNG.integers(0, 2, (20, 1))
    for far in (0.0, 0.02, 0.5):
        x = np.where(RNG.random((20, n)) < far, -(1 << 62), near)
        check(x)
        check((x - (1 << 61)).view("uint64"))
        check(np.abs(x).view("float64"))


@pytest.mark.parametrize("type_", ["f32", "f64"])
def test_rows_do_not_depend_on_each_other(type_: str) -> None:
    """Bit for bit the same, whichever rows one asks for: work is cut by rows."""
    for n in (6, SHORT, 300, 2000):
        x = numbers(ex.DTYPE_OF[type_], 21, n, "special")
        for kind in KINDS:
            whole = call(kind, x)
            for cut in (1, 2, 5, 16):
                parts = [call(kind, x[low : low + cut]) for low in range(0, 21, cut)]
                assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize("type_", ["u8", "f32", "f64"])
def test_nothing_outside_is_touched(type_: str) -> None:
    """Operands that end where memory ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    page = mmap.PAGESIZE
    size = -(-8 * room(3000) // page) * page
    blocks = []
    for _ in range(3):
        memory = mmap.mmap(-1, size + page)
        assert libc.mprotect(ctypes.addressof(ctypes.c_char.from_buffer(memory)) + size, page, 0) == 0
        blocks.append(memory)

    def placed(k: int, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        count = int(np.prod(shape))
        offset = size - count * np.dtype(dtype).itemsize
        return np.frombuffer(blocks[k], dtype, count, offset).reshape(shape)

    for rows, n in ((1, 1), (3, 5), (16, 9), (17, 33), (9, SHORT), (2, 200), (1, MANY - 1), (1, 1500), (1, 3000)):
        x = placed(0, (rows, n), ex.DTYPE_OF[type_])
        x[...] = numbers(x.dtype, rows, n, "any")
        for kind in KINDS:
            key = ex.DTYPE_OF[key_of(kind, type_)]
            out = placed(1, (rows, n), x.dtype if kind == "sort" else "int64")
            np.testing.assert_array_equal(
                call(kind, x, out=out, scratch=placed(2, (room(n),), key)), expected(kind, x)
            )
        out, scratch = (placed(k, (rows,), "int64") for k in (1, 2))
        function_of(name_of("lexical", type_))(rows, n, x.ctypes.data, out.ctypes.data, scratch.ctypes.data)
        np.testing.assert_array_equal(out, rows_in_order(x))


def made(isa: Isa, provisional: bool) -> Mapping[str, int]:
    """The functions, compiled anew."""
    found: dict[str, int] = {}
    for keys in KEYS:
        names = tuple(name for name, key in modules().items() if key == keys)
        options = loading._FIRST if provisional else STRUCTURED
        code = jit.compile_module(library_module(keys, isa, provisional), options, names, use_cache=False)
        found |= code.symbols
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))
    return found


def check_pieces(x: np.ndarray, symbols: Mapping[str, int]) -> None:
    """Pieces, in any order, are what the whole is, bit for bit."""
    type_, (n,) = ex.TYPE_OF[x.dtype.name], x.shape
    size = scratch_of_pieces(ex.const(n, "i64"))
    assert size.op == "const"
    out, bounds = np.empty_like(x), np.full(PIECES + 1, -1)
    scratch = np.empty(int(size.value), x.dtype)
    split, pieces, stretches = (function_of(name_of(kind, type_), symbols) for kind in CUTS)
    split(n, x.ctypes.data, out.ctypes.data, scratch.ctypes.data, bounds.ctypes.data)
    assert bounds[0] == 0 and bounds[-1] == n and (np.diff(bounds) >= 0).all()
    for first, last in ((3, PIECES), (1, 3), (0, 1)):
        pieces(first, last, out.ctypes.data, scratch.ctypes.data, bounds.ctypes.data)
    assert out.tobytes() == call("sort", x[None], symbols=symbols).tobytes()
    ends, out = np.array([0, 0, 1, 40, 40, 700]), x.copy()
    room = scratch_of(ex.const(660, "i64"))
    for first, last in ((3, 5), (0, 3)):
        scratch = np.empty(int(room.value), x.dtype)
        stretches(first, last, out.ctypes.data, scratch.ctypes.data, ends.ctypes.data)
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        assert out[start:end].tobytes() == call("sort", x[None, start:end], symbols=symbols).tobytes()
    assert out[700:].tobytes() == x[700:].tobytes()


@pytest.mark.parametrize("level", [*LEVELS, "provisional"])
def test_every_instruction_set(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of each level that this machine can run, and that which is made first."""
    try:
        isa = jit.isa() if level == "provisional" else select_isa(level)
    except ValueError:
        pytest.skip(f"no {level} here")
    monkeypatch.setattr(jit, "isa", lambda: isa)
    symbols = made(isa, level == "provisional")
    for type_ in ("u8", "i32", "f32", "f64", "u64"):
        for n in (1, 5, 24, 25, SHORT, 200, MANY, 4000):
            check(numbers(ex.DTYPE_OF[type_], 18, n, "any")[: 20000 // n], symbols)
            check(numbers(ex.DTYPE_OF[type_], 3, n, "special"), symbols)
            x = numbers(ex.DTYPE_OF[type_], n, 3, "special")
            np.testing.assert_array_equal(lexical(x, symbols), rows_in_order(x))
    for type_ in CUT_TYPES:
        for how in ("any", "special", "few"):
            check_pieces(numbers(ex.DTYPE_OF[type_], 1, LONG + 5, how)[0], symbols)


def test_made_quickly_and_then_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "kept_module", lambda *args: None)
    library = loading._library.__wrapped__("i64", jit.isa())
    quick = library.code.symbols
    assert library.is_provisional
    provisional.complete()
    assert not library.is_provisional and library.code.symbols["sort_i64"] != quick["sort_i64"]
    x = numbers("int64", 5, 700, "any")
    assert call("sort", x, symbols=quick).tobytes() == call("sort", x, symbols=library.code.symbols).tobytes()


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("target", TARGETS)
def test_code_for(target: str, keys: str) -> None:
    """The code can be made for other machines, and calls nothing that is not there."""
    isa = isa_of(target)
    for quickly in (True, False):
        module = library_module(keys, isa, quickly)
        assert not missing(module, isa)


def test_comparisons_of_a_network_sort() -> None:
    """All sequences of zeros and ones, which is all that need be tried (Knuth, section 5.3.4)."""
    for n in (2, 3, 4, 6, 8, 12, 16):
        rows = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
        for a, b in batcher(n):
            rows[:, [a, b]] = np.sort(rows[:, [a, b]], axis=1)
        assert (np.diff(rows, axis=1) >= 0).all()


def test_a_network_has_room() -> None:
    """Scratch is for the widest vectors, and for the longest rows of a network."""
    for keys, (name, size, most) in itertools.product(KEYS, [("avx512", 64, MANY), ("avx2", 32, 4 * MANY)]):
        s = keys_of(keys, Isa(name, size, True, True, name == "avx512", "", "", ""))
        line = 64 // s.size
        for n in range(1, most + 1):
            matrix = s.lanes * max(1 << (n - 1).bit_length(), s.group)
            network = max(1 << (n - 1).bit_length(), s.least)
            taken = n * s.lanes + s.lanes + matrix if n <= SHORT else -(-n // line) * line + network
            assert taken + line <= room(n), n


def test_declared() -> None:
    """What is written, and that threads may call them at once."""
    for name in modules():
        extern = EXTERNS[name]
        bounds = ["bounds"] if name.startswith("split") else []
        assert [p.name for p in extern.parameters if p.is_written] == ["out", "scratch", *bounds]
        assert not (extern.may_fail or extern.needs_python or extern.shares_threads)


