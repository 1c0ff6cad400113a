"""Compiled code on arrays that end where memory ends: nothing outside is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from theano.runtime.target import select_isa

PROGRAM = r"""
import ctypes, mmap, sys
import numpy as np
import theano.tensor as T
from theano.compile import function

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
DTYPE = sys.argv[1]
ITEM = np.dtype(DTYPE).itemsize
kept = []

def guarded(at_end):
    "A function that places arrays at the end (or the start) of two pages between two forbidden ones."
    memory = mmap.mmap(-1, 4 * PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, 3):
        if libc.mprotect(address + page * PAGE, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    kept.append(memory)

    def place(array):
        size = array.nbytes
        offset = 3 * PAGE - size if at_end else PAGE
        view = np.frombuffer(memory, dtype=DTYPE, count=array.size, offset=offset).reshape(array.shape)
        view[...] = array
        return view
    return place

rng = np.random.RandomState(1)
def numbers(*shape):
    return rng.randint(-3, 4, shape).astype(DTYPE)

v, w = T.vector("v", dtype=DTYPE), T.vector("w", dtype=DTYPE)
m = T.matrix("m", dtype=DTYPE)
row = T.row("r", dtype=DTYPE)
zero = T.constant(np.zeros((), DTYPE))
def much(a, b):
    "A loop with much to do: every operation is exact for small whole numbers."
    c = a * b + a
    for _ in range(6):
        c = abs(c - b) - abs(a) * b
    return c
one_d = function([v, w], [v * w + v, abs(v) - w, v.sum(), T.concatenate([v, w]).max(), v[::-1], v[::3], T.dot(v, w),
                          T.set_subtensor(v[1:], zero), T.inc_subtensor(v[::2], w[::2]), T.neq(v, 0),
                          much(v, w), T.neq(much(v, w), v), much(v, w).sum(), T.cumsum(v)])
two = [m * row, m.sum(axis=0), m.sum(axis=1), m.T + m.T, m[:, ::2], m[-1], T.dot(m, m.T), m.max(axis=1),
       T.set_subtensor(m[:, 1:], zero), m.flatten(), T.cumsum(m, axis=0), T.cumsum(m, axis=1),
       m[[0, -1, 0]], T.inc_subtensor(m[[0, -1, 0]], row), T.inc_subtensor(m[:, [0, -1, 0]], zero + 1)]
if DTYPE.startswith("float"):
    two += [T.nnet.softmax(m), T.exp(m), T.tanh(m).sum(axis=0), m.var(axis=0), m.var(axis=1), (2 * m).var()]
two_d = function([m, row], two)
for f, arguments in ((one_d, (numbers(3), numbers(3))), (two_d, (numbers(2, 3), numbers(1, 3)))):
    f(*arguments), f(*arguments)  # what is provisional is not by the second call
assert one_d.is_native and two_d.is_native

def expected_1d(a, b):
    set_, inc = a.copy(), a.copy()
    set_[1:] = 0
    inc[::2] += b[::2]
    acc = {"i": np.int64, "f": a.dtype}[a.dtype.kind]
    done = much(a, b)
    return [a * b + a, abs(a) - b, a.sum(dtype=acc), np.concatenate([a, b]).max(), a[::-1], a[::3],
            np.dot(a, b), set_, inc, a != 0, done, done != a, done.sum(dtype=acc),
            a.cumsum(dtype=a.dtype)]

def expected_2d(a, r):
    acc = {"i": np.int64, "f": a.dtype}[a.dtype.kind]
    set_ = a.copy()
    set_[:, 1:] = 0
    found = [a * r, a.sum(axis=0, dtype=acc), a.sum(axis=1, dtype=acc), a.T + a.T, a[:, ::2], a[-1], np.dot(a, a.T),
             a.max(axis=1), set_, a.ravel(), a.cumsum(axis=0, dtype=a.dtype), a.cumsum(axis=1, dtype=a.dtype),
             a[[0, -1, 0]], a.copy(), a.copy()]
    np.add.at(found[-2], [0, -1, 0], r)
    np.add.at(found[-1], (slice(None), [0, -1, 0]), np.ones((), DTYPE))
    if DTYPE.startswith("float"):
        e = np.exp(a - a.max(axis=1, keepdims=True))
        found += [e / e.sum(axis=1, keepdims=True), np.exp(a), np.tanh(a).sum(axis=0)]
        wide = a.astype(np.float64)
        found += [v.astype(a.dtype) for v in (wide.var(axis=0), wide.var(axis=1), (2 * wide).var())]
    return found

def check(got, wanted, about):
    assert len(got) == len(wanted)
    for k, (g, x) in enumerate(zip(got, wanted)):
        x = np.asarray(x)
        assert g.shape == x.shape, (about, k, g.shape, x.shape)
        if g.dtype.kind == "f":
            rtol, atol = {"f2": (4e-3, 0.02), "f4": (3e-5, 1e-5), "f8": (1e-12, 1e-5)}[g.dtype.str[1:]]
            np.testing.assert_allclose(g, x, rtol=rtol, atol=atol, err_msg=str((about, k)))
        else:
            np.testing.assert_array_equal(g, x, err_msg=str((about, k)))

for at_end in (True, False):
    first, second = guarded(at_end), guarded(at_end)
    for n in range(71):
        a, b = numbers(n), numbers(n)
        if n:
            check(one_d(first(a), second(b)), expected_1d(a, b), (at_end, n))
    for rows in (1, 2, 3, 5):
        for columns in (*range(1, 36), 64, 70):
            a, r = numbers(rows, columns), numbers(1, columns)
            check(two_d(first(a), second(r)), expected_2d(a, r), (at_end, rows, columns))
empty = function([v, w], [v * w, v.sum(), v[::-1], T.dot(v, w)])
place = guarded(True)
check(empty(place(numbers(0)), place(numbers(0))), [numbers(0), 0, numbers(0), 0], "empty")
print("fine")
"""


# The rows of a sparse matrix: whatever its structure is, loads through it stay inside of arrays.
ROWS = PROGRAM[: PROGRAM.index("rng =")].replace("DTYPE = sys.argv[1]", 'DTYPE = "float64"') + r"""
import theano
from theano.tensor.sparse_rows import merged_rows, product_at, product_places, transposed_rows
from theano.tensor.indexing.segments import SoundRows, scatter_sum, segment_spread, segment_sum

def placed(array, at_end):
    "The array in memory of its own type."
    global DTYPE
    DTYPE = array.dtype.name
    return guarded(at_end)(array)

theano.config.on_unused_input = "ignore"
given = d, i, p, w, W = T.dvector(), T.ivector(), T.ivector(), T.dvector(), T.dmatrix()
i, p, x = SoundRows()(i, p, w.shape[0], d)
z = segment_sum(x * w[i], p)
spread = segment_spread(z, p, x.shape[0])
products = [z, scatter_sum(x * spread, i, w.shape[0]), segment_sum(x.dimshuffle(0, "x") * W[i], p), x * spread]
f = function(given, products)
raw = function(given, [segment_sum(d, given[2]), scatter_sum(d, given[1], w.shape[0])])
t, n_rows = transposed_rows(d, i, p, w.shape[0]), p.shape[0] - 1
square = product_places(i, p, *t[1:], n_rows)
two = function(given, [product_at(x, i, p, *t, *square, n_rows), *square, *merged_rows(x, i, p, x, i, p)])
rng = np.random.RandomState(1)
for at_end in (True, False):
    for n, m in ((0, 3), (1, 1), (3, 7), (9, 40), (30, 3)):
        lengths = rng.randint(0, 40, n) * rng.randint(0, 2, n)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype("int32")
        count = int(starts[-1])
        data, columns = rng.randint(-3, 4, count) * 1.0, rng.randint(0, m, count).astype("int32")
        vector, matrix = rng.randint(-3, 4, m) * 1.0, rng.randint(-3, 4, (m, 9)) * 1.0
        lines = np.repeat(np.arange(n), lengths)
        dense = np.zeros((n, m))
        np.add.at(dense, (lines, columns), data)
        found = f(*(placed(a, at_end) for a in (data, columns, starts, vector, matrix)))
        sums = dense @ vector
        elements, places, ends = two(*(placed(a, at_end) for a in (data, columns, starts, vector, matrix)))[:3]
        made = np.zeros((n, n))
        np.add.at(made, (np.repeat(np.arange(n), np.diff(ends)), places), elements)
        np.testing.assert_array_equal(made, dense @ dense.T)
        for got, wanted in zip(found, [sums, dense.T @ sums, dense @ matrix, data * sums[lines]], strict=True):
            np.testing.assert_array_equal(got, wanted)
        raw(*(placed(a, at_end) for a in (data, columns, starts, vector, matrix)))
        for wrong in (-1, m, 2**31 - 1, -(2**31), 10**6):
            for which, at in (("columns", 0), ("columns", -1), ("starts", 0), ("starts", n // 2), ("starts", -1)):
                bad = {"columns": columns.copy(), "starts": starts.copy()}
                if not bad[which].size or bad[which][at] == wrong:
                    continue
                bad[which][at] = wrong
                for g in (f, raw):
                    try:
                        g(*(placed(a, at_end) for a in (data, bad["columns"], bad["starts"], vector, matrix)))
                    except (ValueError, IndexError):
                        continue
                    inside = 0 <= wrong < m if which == "columns" else (np.diff(bad["starts"]) >= 0).all()
                    assert inside and bad["starts"][0] == 0 and bad["starts"][-1] == count, (n, m, wrong, which, at)
print("fine")
"""


# Windows that reach beyond the ends of images, and what is read and written in vectors with shuffles.
WINDOWS = PROGRAM[: PROGRAM.index("v, w =")] + r"""
from theano.tensor.nnet.neighbours import Images2Neibs, SumOfNeibs
from theano.tensor.signal.pool import AveragePoolGrad, MaxPoolGrad, Pool

x, z, g = (T.TensorType(DTYPE, (False,) * 4)(name) for name in "xzg")
r = T.TensorType(DTYPE, (False,) * 2)("r")
for border, window, stride, pad in (
    (True, (2, 2), (2, 2), (0, 0)), (True, (3, 3), (2, 2), (1, 1)), (False, (3, 3), (2, 2), (0, 0)),
    (True, (3, 3), (3, 3), (2, 0)), (True, (2, 3), (1, 4), (1, 2)), (False, (2, 2), (3, 5), (0, 0)),
    (True, (5, 4), (1, 1), (4, 3)), (True, (7, 6), (2, 3), (3, 3)),
):
    how = (window, stride, pad)
    forward = function([x], [Pool(border, mode)(x, *how) for mode in ("max", "average_exc_pad")])
    back = function([x, z, g], [MaxPoolGrad(border)(x, z, g, *how), AveragePoolGrad(border, "sum")(x, g, *how)])
    around = function([x], Images2Neibs("ignore_borders")(x, window, stride))
    inwards = function([r, x], SumOfNeibs("ignore_borders")(r, x.shape, window, stride))
    for at_end in (True, False):
        places = [guarded(at_end) for _ in range(3)]
        for rows in (1, 2, 3, 6):
            for columns in (*range(1, 10), 15, 16, 17, 33, 40):
                a = numbers(1, 2, rows, columns)
                out = Pool.out_shape(a.shape, window, border, stride, pad)
                a, top, d = places[0](a), numbers(*out), numbers(*out)
                largest, mean = forward(a)
                wanted = [np.array(v) for v in forward(np.array(a))]
                np.testing.assert_equal([largest, mean], wanted)
                wanted = [np.array(v) for v in back(np.array(a), top, d)]
                np.testing.assert_equal(back(a, places[1](top), places[2](d)), wanted)
                lines = around(a)
                if lines.nbytes <= 2 * PAGE:
                    inwards(places[1](np.array(lines)), np.array(a))
print("fine")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize(
    ("dtype", "isa"), [("float32", "auto"), ("float64", "avx2"), ("int8", "auto"), ("float32", "baseline")]
)
def test_windows_do_not_look_outside(dtype: str, isa: str, tmp_path: Path) -> None:
    _run(WINDOWS, isa, tmp_path, dtype)


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize("isa", ["auto", "avx2"])
def test_a_structure_leads_nowhere_outside(isa: str, tmp_path: Path) -> None:
    _run(ROWS, isa, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
@pytest.mark.parametrize(
    ("dtype", "isa"),
    [*((d, "auto") for d in ("float32", "float64", "int8", "float16")), ("float32", "avx2"), ("float64", "avx2")],
)
def test_nothing_outside_is_touched(dtype: str, isa: str, tmp_path: Path) -> None:
    _run(PROGRAM, isa, tmp_path, dtype)


def _run(text: str, isa: str, tmp_path: Path, *args: str) -> None:
    """The program in a process of its own."""
    try:
        select_isa(isa)
    except ValueError as missing:
        pytest.skip(str(missing))
    flags = f"{os.environ.get('THEANO_FLAGS', '')},isa={isa}".strip(",")
    program = tmp_path / "guarded.py"
    program.write_text(text)
    command = [sys.executable, "-X", "faulthandler", str(program), *args]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "THEANO_FLAGS": flags})
    assert done.returncode == 0 and done.stdout == "fine\n", done.stderr[-3000:]
