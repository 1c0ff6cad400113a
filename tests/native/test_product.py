"""The library of products, called directly: against NumPy, at all edges, inside guard pages."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.native.test_other_targets import TARGETS, isa_of, missing
from theano.loops.externs.table import EXTERNS, LETTER, name_of
from theano.native.ir.library import STRUCTURED
from theano.native.products import blas, choice, loading
from theano.runtime import jit, threads
from theano.runtime.target import select_isa

DTYPE = {"f32": np.dtype("float32"), "f64": np.dtype("float64")}
EDGES = (0, 1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 23, 24, 31, 32, 33, 48, 69, 70)
INNER = (0, 1, 2, 3, 7, 8, 9, 16, 17, 70, 330)
RNG = np.random.default_rng(3)
LEVELS = ("baseline", "avx2", "avx512")


def function(name: str, symbols: dict[str, int] | None = None) -> Callable[..., None]:
    """A function of the library; arrays stand for their pointers."""
    types = {"i64": ctypes.c_int64, "ptr": ctypes.c_void_p, "f32": ctypes.c_float, "f64": ctypes.c_double}
    address = loading.address(name) if symbols is None else symbols[name]
    return ctypes.CFUNCTYPE(None, *(types[p.type] for p in EXTERNS[name].parameters))(address)


def steps(a: np.ndarray) -> list[int]:
    return [s // a.itemsize for s in a.strides]


def multiply(name: str, a: Any, b: Any, c: Any, alpha: float = 1.0, beta: float = 0.0, symbols: Any = None) -> None:
    call = function(name, symbols)
    pa, pb, pc = (x.ctypes.data for x in (a, b, c))
    call(*c.shape, a.shape[1], alpha, pa, *steps(a), pb, *steps(b), beta, pc, steps(c)[0])


def matrix(rows: int, columns: int, form: str, dtype: Any) -> np.ndarray:
    """A matrix of numbers that lie in memory in some way."""
    full = RNG.normal(size=(2 * rows + 1, 3 * columns + 4)).astype(dtype)
    if form == "transposed":
        return np.ascontiguousarray(full[:rows, :columns].T).T
    if form == "broadcast":
        return np.broadcast_to(full[0, :columns], (rows, columns))
    views = {
        "plain": np.ascontiguousarray(full[:rows, :columns]), "wide": full[:rows, 1 : columns + 1],
        "every other": full[::2, ::3][:rows, :columns], "backward": full[:rows, :columns][::-1],
        "mirrored": full[:rows, :columns][:, ::-1],
    }  # fmt: skip
    return views[form]


FORMS = ("plain", "transposed", "wide", "every other", "backward", "mirrored", "broadcast")


def check(found: np.ndarray, a: Any, b: Any, alpha: float, beta: float, before: Any, about: Any) -> None:
    """Compare ``alpha a b + beta before`` with exact products, within what rounding may do (Higham, section 3.5)."""
    a, b = a.astype("f8"), b.astype("f8")
    exact, size = alpha * (a @ b), abs(alpha) * (abs(a) @ abs(b))
    if beta:
        exact, size = exact + beta * before, size + abs(beta * before)
    limit = (a.shape[-1] + 4) * np.finfo(found.dtype).eps * size
    assert (abs(found - exact) <= limit).all(), about


@pytest.mark.parametrize("type_", DTYPE)
@pytest.mark.parametrize("kind", ["product", "tiles"])
def test_all_sizes_and_strides(type_: str, kind: str) -> None:
    dtype, name = DTYPE[type_], name_of(kind, type_)
    cases = list(itertools.product(EDGES, EDGES, INNER))
    picks = RNG.choice(len(cases), 900, replace=False)
    for turn, (m, n, k) in enumerate(cases[p] for p in picks):
        forms = FORMS[turn % 7], FORMS[turn // 7 % 7]
        a, b = matrix(m, k, forms[0], dtype), matrix(k, n, forms[1], dtype)
        alpha, beta = ((1, 0), (1, 1), (-0.5, 1), (2, 0.5), (0, 0))[turn % 5]
        space = RNG.normal(size=(m, n + turn % 3)).astype(dtype)
        if not beta:
            space[:, :n] = np.nan  # not read
        before, c = space.copy(), space[:, :n]
        multiply(name, a, b, c, alpha, beta)
        check(c, a, b, alpha, beta, before[:, :n], (m, n, k, forms, alpha, beta))
        assert np.array_equal(space[:, n:], before[:, n:])


def from_panels(type_: str, a: Any, b: Any, c: Any) -> None:
    """``c = a b`` with the second matrix copied before; nothing lies behind the copy."""
    (m, n), k = c.shape, a.shape[1]
    panels = np.full((n + 64) * k + 16, np.nan, c.dtype)
    panels[-16:] = 7
    pa, pb, pc, copy = (x.ctypes.data for x in (a, b, c, panels))
    function(name_of("panels", type_))(m, n, k, pb, *steps(b), copy)
    function(name_of("packed", type_))(m, n, k, pa, steps(a)[0], pb, *steps(b), copy, pc, steps(c)[0])
    assert (panels[-16:] == 7).all()


@pytest.mark.parametrize("type_", DTYPE)
def test_a_matrix_copied_before(type_: str) -> None:
    dtype = DTYPE[type_]
    cases = list(itertools.product(EDGES, EDGES, INNER))
    large = [(100, 1100, 700), (7, 900, 700), (40, 33, 1100), (900, 64, 70)]
    for turn, (m, n, k) in enumerate([*large, *(cases[p] for p in RNG.choice(len(cases), 300, replace=False))]):
        forms = ("plain", "wide", "backward", "broadcast")[turn % 4], FORMS[turn // 4 % 7]
        a, b = matrix(m, k, forms[0], dtype), matrix(k, n, forms[1], dtype)
        space = np.full((m, n + turn % 3), np.nan, dtype)
        from_panels(type_, a, b, space[:, :n])
        check(space[:, :n], a, b, 1, 0, None, (m, n, k, forms))
        assert np.isnan(space[:, n:]).all()


@pytest.mark.parametrize("type_", DTYPE)
@pytest.mark.parametrize("sizes", [(32, 512, 128), (33, 100, 600), (13, 2, 9), (40, 33, 1100)])
def test_slices_of_rows(type_: str, sizes: tuple[int, int, int]) -> None:
    """Whatever rows are asked for, they are those of the whole product, bit for bit."""
    m, n, k = sizes
    a, b = matrix(m, k, "wide", DTYPE[type_]), matrix(k, n, "transposed", DTYPE[type_])
    panels, whole, found = (np.full(s, np.nan, DTYPE[type_]) for s in ((n + 64) * k, (m, n), (m, n)))
    pb, copy = b.ctypes.data, panels.ctypes.data
    function(name_of("panels", type_))(m, n, k, pb, *steps(b), copy)
    slices, before = function(name_of("slice", type_)), steps(a)[0]
    slices(m, n, k, a.ctypes.data, before, pb, *steps(b), copy, whole.ctypes.data, n)
    check(whole, a, b, 1, 0, None, sizes)
    for cuts in ((0, 1, 2, 5, m), (0, 4, 9, 11, m), (0, 7, m)):
        for lo, hi in itertools.pairwise(cuts):
            own = a[lo:hi], found[lo:hi]
            slices(hi - lo, n, k, own[0].ctypes.data, before, pb, *steps(b), copy, own[1].ctypes.data, n)
        assert found.tobytes() == whole.tobytes()


@pytest.mark.parametrize("type_", DTYPE)
@pytest.mark.parametrize("sizes", [(100, 1100, 700), (7, 900, 700), (1, 900, 300), (300, 2, 5000), (260, 200, 400)])
def test_large(type_: str, sizes: tuple[int, int, int]) -> None:
    m, n, k = sizes
    for form in ("plain", "transposed", "backward"):
        a, b, c = matrix(m, k, form, DTYPE[type_]), matrix(k, n, form, DTYPE[type_]), np.ones((m, n), DTYPE[type_])
        multiply(name_of("product", type_), a, b, c, 0.5, 2)
        check(c, a, b, 0.5, 2, np.ones((m, n)), (sizes, form))


@pytest.mark.parametrize("type_", DTYPE)
def test_special_values(type_: str) -> None:
    """NaN and infinities spread as in NumPy; padding of panels adds nothing."""
    for m, n, k in ((1, 9, 5), (9, 1, 5), (7, 17, 3), (20, 40, 20), (3, 3, 1), (13, 10, 9)):
        a, b = matrix(m, k, "plain", DTYPE[type_]), matrix(k, n, "plain", DTYPE[type_])
        a[-1, -1], b[0, 0] = np.inf, np.nan
        c = np.empty((m, n), DTYPE[type_])
        multiply(name_of("product", type_), a, b, c)
        with np.errstate(all="ignore"):
            expected = a @ b
        assert np.array_equal(np.isnan(c), np.isnan(expected)) and np.array_equal(np.isinf(c), np.isinf(expected))
        finite = np.isfinite(expected)
        assert np.allclose(c[finite], expected[finite], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("type_", DTYPE)
def test_rows_do_not_depend_on_each_other(type_: str) -> None:
    """Bit for bit the same, whichever rows one asks for: work may be cut by rows."""
    name = name_of("tiles", type_)
    for m, n, k, form in ((29, 37, 700, "plain"), (40, 16, 65, "transposed"), (13, 70, 3, "mirrored")):
        a, b = matrix(m, k, form, DTYPE[type_]), matrix(k, n, form, DTYPE[type_])
        whole, parts = np.empty((m, n), DTYPE[type_]), np.empty((m, n), DTYPE[type_])
        multiply(name, a, b, whole)
        for cut in (1, 5, 6, 12):
            for low in range(0, m, cut):
                multiply(name, a[low : low + cut], b, parts[low : low + cut])
            assert np.array_equal(whole, parts)


@pytest.mark.parametrize("type_", DTYPE)
def test_the_number_of_threads_changes_nothing(type_: str) -> None:
    """Work that is large enough to be shared, along rows and columns, by one, two and three threads."""
    name = name_of("product", type_)
    sizes = [(64, 500, 300), (900, 20, 200), (1, 3001, 1500), (3001, 1, 1500), (2001, 1203, 1), (129, 130, 131)]
    before = threads.num_threads()
    try:
        for m, n, k in sizes:
            for form in ("plain", "transposed"):
                a, b = matrix(m, k, form, DTYPE[type_]), matrix(k, n, form, DTYPE[type_])
                results = []
                for count in (1, 2, 3):
                    threads.set_num_threads(count)
                    results.append(np.ones((m, n), DTYPE[type_]))
                    multiply(name, a, b, results[-1], 0.5, 2)
                check(results[0], a, b, 0.5, 2, np.ones((m, n)), (m, n, k, form))
                assert all(np.array_equal(results[0], other) for other in results[1:])
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize("type_", DTYPE)
def test_stack(type_: str) -> None:
    for count, m, n, k in ((0, 3, 4, 5), (1, 3, 4, 5), (5, 2, 3, 4), (3, 17, 20, 9), (4, 1, 9, 9)):
        a, b = RNG.normal(size=(count, m, k)).astype(DTYPE[type_]), RNG.normal(size=(count, k, n)).astype(DTYPE[type_])
        c = np.full((count, m, n), np.nan, DTYPE[type_])
        (sa, *ra), (sb, *rb), (sc, rc, _) = steps(a), steps(b), steps(c)
        data = (x.ctypes.data for x in (a, b, c))
        pa, pb, pc = data
        call = function(name_of("stack", type_))
        call(count, 1, sa, sb, sc, 0, 0, 0, m, n, k, 1, pa, *ra, pb, *rb, 0, pc, rc)
        check(c, a, b, 1, 0, None, (count, m, n, k))


@pytest.mark.parametrize("type_", DTYPE)
def test_stack_of_two_counts(type_: str) -> None:
    """Matrices that lie anywhere in a grid of two axes."""
    call = function(name_of("stack", type_))
    for count, each, m, n, k in ((0, 2, 3, 4, 5), (2, 0, 3, 4, 5), (2, 3, 3, 4, 5), (5, 1, 2, 3, 4), (3, 6, 17, 20, 9)):
        a = RNG.normal(size=(each, m, count, k)).astype(DTYPE[type_]).transpose(2, 0, 1, 3)
        b = RNG.normal(size=(count, k, each, n)).astype(DTYPE[type_]).transpose(0, 2, 1, 3)
        c = np.full((each, count, m, n), np.nan, DTYPE[type_]).swapaxes(0, 1)
        (sa, ta, *ra), (sb, tb, *rb), (sc, tc, rc, _) = steps(a), steps(b), steps(c)
        pa, pb, pc = (x.ctypes.data for x in (a, b, c))
        call(count, each, sa, sb, sc, ta, tb, tc, m, n, k, 1, pa, *ra, pb, *rb, 0, pc, rc)
        check(c, a, b, 1, 0, None, (count, each, m, n, k))


@pytest.mark.parametrize("type_", DTYPE)
def test_backward(type_: str) -> None:
    call = function(name_of("backward", type_))
    for m, p, q in itertools.product((0, 1, 2, 9), (1, 2, 7, 20), (1, 3, 8, 16, 17, 40)):
        for order in "CF":
            w, x, d, g = (
                np.asarray(RNG.normal(size=s).astype(DTYPE[type_]), order=o)  # type: ignore[call-overload]
                for s, o in (((p, q), "C"), ((m, p), order), ((m, q), order), ((m, p), "C"))
            )
            old = w.astype("f8")
            call(
                m, p, q, w.ctypes.data, q, d.ctypes.data, *steps(d), x.ctypes.data, *steps(x), -0.25, 0.5,
                g.ctypes.data, p,
            )  # fmt: skip
            check(g, d, old.T, 1, 0, None, (m, p, q))
            check(w, x.T, d, -0.25, 0.5, old, (m, p, q))


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize("type_", DTYPE)
def test_nothing_outside_is_touched(type_: str) -> None:
    """Operands that end (or start) where memory ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    page, size = mmap.PAGESIZE, DTYPE[type_].itemsize
    room = 8 * page
    blocks = []
    for _ in range(3):
        memory = mmap.mmap(-1, room + 2 * page)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for edge in (start, start + page + room):
            assert libc.mprotect(edge, page, 0) == 0
        blocks.append(memory)

    def placed(k: int, array: np.ndarray, at_end: bool) -> np.ndarray:
        offset = page + (room - array.nbytes if at_end else 0)
        view = np.frombuffer(blocks[k], array.dtype, array.size, offset).reshape(array.shape)
        view[...] = array
        return view

    name = name_of("product", type_)
    sizes = list(itertools.product((1, 2, 6, 7, 13), (1, 3, 8, 15, 16, 17, 33), (1, 2, 9, 33)))
    for (m, n, k), at_end, turned in itertools.product(sizes, (True, False), (0, 1, 2, 3)):
        assert m * k * size <= room and k * n * size <= room
        a = placed(0, matrix(*((k, m) if turned & 1 else (m, k)), "plain", DTYPE[type_]), at_end)
        b = placed(1, matrix(*((n, k) if turned & 2 else (k, n)), "plain", DTYPE[type_]), at_end)
        c = placed(2, np.ones((m, n), DTYPE[type_]), at_end)
        a, b = a.T if turned & 1 else a, b.T if turned & 2 else b
        multiply(name, a, b, c, 1, -1)
        check(c, a, b, 1, -1, np.ones((m, n)), (m, n, k, turned))


@pytest.mark.parametrize("level", LEVELS)
def test_every_instruction_set(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of each level that this machine can run; that of the others can be made."""
    try:
        isa = select_isa(level)
    except ValueError:
        pytest.skip(f"no {level} here")
    monkeypatch.setattr(jit, "isa", lambda: isa)
    module = choice.library_module("f32", isa, blas.symbol("sgemm"))
    code = jit.compile_module(module, STRUCTURED, ("sproduct", "stiles"), use_cache=False)
    for name in code.symbols:
        for m, n, k in ((1, 70, 9), (70, 1, 9), (5, 5, 5), (29, 37, 40), (14, 64, 65), (13, 31, 1)):
            for form in FORMS:
                a, b = matrix(m, k, form, "f4"), matrix(k, n, form, "f4")
                c = np.ones((m, n), "f4")
                multiply(name, a, b, c, 1, 1, code.symbols)
                check(c, a, b, 1, 1, np.ones((m, n)), (name, m, n, k, form))


@pytest.mark.parametrize("type_", DTYPE)
@pytest.mark.parametrize("target", TARGETS)
def test_code_for(target: str, type_: str) -> None:
    """The code can be made for other machines, and calls nothing that is not there."""
    isa = isa_of(target)
    module = choice.library_module(type_, isa, blas.Symbol(0, 32))
    assert not missing(module, isa)


def test_without_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no fast library ours does all, and says once that it is slower."""
    monkeypatch.setattr(blas, "is_fast", lambda: False)
    loading._library.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="without a fast BLAS"):
            address = loading.address("dproduct")
        assert address
        a, b, c = matrix(40, 900, "plain", "f8"), matrix(900, 700, "transposed", "f8"), np.empty((40, 700))
        multiply("dproduct", a, b, c)
        check(c, a, b, 1, 0, None, "large")
    finally:
        loading._library.cache_clear()


@pytest.mark.parametrize("type_", DTYPE)
def test_threads_of_blas_and_of_the_team_never_work_at_once(type_: str) -> None:
    routine = blas.symbol({"f32": "sgemm", "f64": "dgemm"}[type_])
    if routine is None:
        pytest.skip("no BLAS here")
    module = choice.library_module(type_, jit.isa(), routine)
    uses = {f.name: f.uses for f in module.functions}
    calls_blas = set()
    for part in (name for name in uses if name.endswith("_part")):
        reached, stack = {part}, [part]
        while stack:
            found = uses[stack.pop()] - reached
            reached |= found
            stack += found & uses.keys()
        if "blas" in reached:
            calls_blas.add(part)
    assert calls_blas == {"stack_part"}  # by its text: whether it does depends on sizes, which come next

    letter = LETTER[type_]
    asked_blas: list[int] = []
    names = ("init", f"{letter}stack")
    code = jit.compile_module(module, STRUCTURED, names)
    gemm = ctypes.CFUNCTYPE(None)(lambda: asked_blas.append(1))
    shares = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 2, ctypes.c_int32)
    shared: list[int] = []
    parallel = shares(lambda fn, args, extent, weight, finish: shared.append(extent))
    init = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(code.symbols["init"])
    init(ctypes.cast(gemm, ctypes.c_void_p), ctypes.cast(parallel, ctypes.c_void_p), None, None)
    stack_of = function(f"{letter}stack", code.symbols)
    rows, columns, largest = 256, 64, choice.OWN_MATRIX
    for inner, is_for_blas in ((largest // columns, False), (2 * largest // columns, True)):
        shapes = (5, rows, inner), (5, inner, columns), (5, rows, columns)
        a, b, c = (np.zeros(shape, DTYPE[type_]) for shape in shapes)
        pa, pb, pc = (x.ctypes.data for x in (a, b, c))
        sizes = [x[0].size for x in (a, b, c)]
        stack_of(5, 1, *sizes, 0, 0, 0, rows, columns, inner, 1.0, pa, inner, 1, pb, columns, 1, 0.0, pc, columns)
        assert bool(asked_blas) == is_for_blas and bool(shared) != is_for_blas
        shared.clear()


@pytest.mark.parametrize("type_", DTYPE)
def test_words_for_the_team_have_room_on_the_stack(type_: str) -> None:
    routine = blas.symbol({"f32": "sgemm", "f64": "dgemm"}[type_])
    checked = 0
    for body in (f.body for f in choice.library_module(type_, jit.isa(), routine).functions):
        for name, size in re.findall(r"(%\S+) = alloca \[(\d+) x i8\]", body):
            words = re.findall(rf"getelementptr i64, ptr {re.escape(name)}, i64 (\d+)$", body, re.M)
            assert all(8 * (int(k) + 1) <= int(size) for k in words)
            checked += len(words)
    assert checked > 20
