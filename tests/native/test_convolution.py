"""The library of convolutions, called directly: any geometry, strides and instruction set, against the plain sum."""

from __future__ import annotations

import ctypes
import math
import mmap
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.native.test_other_targets import TARGETS, isa_of, missing
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.loops.externs import convolution as loops
from theano.loops.externs.convolution import AXES, TYPES, functions_of, name_of, rooms, winograd_rooms
from theano.loops.externs.table import EXTERNS
from theano.native.convolution import loading
from theano.native.convolution.blocks import library_module
from theano.native.ir.library import STRUCTURED
from theano.native.support import provisional
from theano.runtime import jit
from theano.runtime.target import Isa, select_isa

LEVELS = ("baseline", "avx2", "avx512")
GUARD = 7777.0
LIBC: Any = None if sys.platform == "win32" else ctypes.CDLL(None)
if LIBC is not None:
    LIBC.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def placed(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Memory behind which nothing can be read."""
    count, page = math.prod(shape), mmap.PAGESIZE
    size = -(-(count * np.dtype(dtype).itemsize) // page) * page
    memory = mmap.mmap(-1, size + page)
    if LIBC is not None:
        assert LIBC.mprotect(ctypes.addressof(ctypes.c_char.from_buffer(memory)) + size, page, 0) == 0
    return np.frombuffer(memory, dtype, count, size - count * np.dtype(dtype).itemsize).reshape(shape)


class Side:
    """An array of a convolution somewhere in memory, with axes in any order and direction."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, how: str) -> None:
        order = list(range(len(shape)))
        if how == "any":
            rng.shuffle(order)
        elif how == "last":  # channels-last
            order = [0, 1, 3, 4, 5, 2]
        steps = rng.integers(1, 3, len(shape)) if how == "any" else np.ones(len(shape), int)
        back = rng.integers(0, 2, len(shape)) if how == "any" else np.zeros(len(shape), int)
        memory = placed(tuple(int(shape[a] * steps[a]) for a in order), dtype)
        memory[...] = GUARD
        view = memory[tuple(slice(None, None, steps[a]) for a in order)]
        view = view[tuple(slice(None, None, -1 if back[a] else 1) for a in order)]
        self.array = view.transpose(np.argsort(order))
        self.memory, self.shape = memory, shape

    def steps(self) -> list[int]:
        return [s // self.array.itemsize for s in self.array.strides]

    def element(self, type_: str, index: int) -> tuple[np.ndarray, int]:
        """As the interpreter's pointers have it."""
        first = (self.array.__array_interface__["data"][0] - self.memory.ctypes.data) // self.array.itemsize
        return self.memory.ravel(), (first if self.array.size else 0) + index


def geometry_of(
    x: Side, w: Side, y: Side, stride: Any, dilation: Any, pad: Any, back: bool, deep: bool
) -> dict[str, int]:  # fmt: skip
    g = {"back": int(back), "deep": int(deep), "groups": x.shape[0], "n": x.shape[1], "c": x.shape[2], "k": w.shape[1]}
    for letter, values in zip(
        "xrysdp", (x.shape[3:], w.shape[3:], y.shape[3:], stride, dilation, pad), strict=True
    ):
        g |= {f"{letter}{a}": int(values[a]) for a in AXES}
    for side, names in ((x, "x g n c"), (w, "w g k c"), (y, "y g n k")):
        letter, *axes = names.split()
        g |= {f"{letter}{name}": s for name, s in zip([*axes, *(f"s{a}" for a in AXES)], side.steps(), strict=True)}
    return g


def constants(g: dict[str, int]) -> dict[str, ex.Expr]:
    return {k: ex.const(v, "i64") for k, v in g.items()}


def room_of(g: dict[str, int], size: int, kind: str) -> dict[str, int]:
    sizes, is_deep = constants(g), kind == "winograd_weights"
    found = rooms(sizes, size) if kind == "convolve" else winograd_rooms(sizes, size, is_deep)
    return {k: int(evaluate(getattr(found, k), {})) for k in ("rows", "band", "sums", "table", "panels")}


def function_of(name: str, symbols: Mapping[str, int] | None) -> Any:
    types = {"i64": ctypes.c_int64, "ptr": ctypes.c_void_p}
    address = loading.address(name) if symbols is None else symbols[name]
    return ctypes.CFUNCTYPE(None, *(types[p.type] for p in EXTERNS[name].parameters))(address)


def call(
    type_: str, g: dict[str, int], x: Side, w: Side, y: Side, cuts: list[int], symbols: Mapping[str, int] | None = None,
    kinds: tuple[str, ...] = ("convolution_panels", "convolve", "convolution_sums"), chunks: int = 1,
) -> np.ndarray:  # fmt: skip
    """All functions, for the parts between `cuts` one after the other, each in memory of the size that it asks for.

    Returns the panels of kernels.
    """
    dtype = np.dtype(ex.DTYPE_OF[type_])
    room = room_of(g, dtype.itemsize, kinds[1] if len(kinds) > 1 else kinds[0])
    room["partial"] = int(evaluate(loops.partial_room(constants(g), ex.const(chunks, "i64")), {}))
    memory = {k: placed((room[k],), dtype) for k in ("band", "sums", "panels", "partial")}
    memory["table"] = placed((room["table"],), np.int64)
    given = {
        "parts": cuts[-1], "chunks": chunks, "rows": room["rows"], "room": room["band"] - 64, **g,
        **{k: v.array.__array_interface__["data"][0] for k, v in (("x", x), ("w", w), ("y", y))},
        **{k: v.ctypes.data for k, v in memory.items()},
    }  # fmt: skip
    for kind in kinds:
        name = name_of(kind, type_)
        function, names = function_of(name, symbols), [p.name for p in EXTERNS[name].parameters]
        for lo, hi in zip(cuts, cuts[1:]):
            function(*(({"lo": lo, "hi": hi} | given)[n] for n in names))
    return memory["panels"]


def random_case(rng: np.random.Generator, largest: int) -> dict[str, Any]:
    """A convolution of any shape: forward, or one of its gradients."""
    dims = rng.integers(1, 4)
    groups, n, c, k = (int(rng.integers(*ends)) for ends in ((1, 3), (0, 4), (1, 7), (1, 40)))
    r, s, d, p, x, y = ([1] * 3 for _ in range(6))
    p = [0, 0, 0]
    for a in range(3 - dims, 3):
        r[a], s[a], d[a] = int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
        p[a] = int(rng.integers(0, r[a] * d[a] + 1))
        behind = int(rng.integers(0, r[a] * d[a] + 1))
        least = max((r[a] - 1) * d[a] + 1 - p[a] - behind, 1)
        x[a] = least + int(rng.integers(0, largest))
        y[a] = (x[a] + p[a] + behind - (r[a] - 1) * d[a] - 1) // s[a] + 1
    return {"groups": groups, "n": n, "c": c, "k": k, "r": r, "s": s, "d": d, "p": p, "x": x, "y": y}


def sides_of(rng: np.random.Generator, case: dict[str, Any], dtype: Any, how: str) -> tuple[Any, Any, Any]:
    g, n, c, k, r, x, y = (case[name] for name in ("groups", "n", "c", "k", "r", "x", "y"))
    shapes = ((g, n, c, *x), (g, k, c, *r), (g, n, k, *y))
    return tuple(Side(rng, shape, dtype, how) for shape in shapes)  # type: ignore[return-value]


def directed(direction: str, case: dict[str, Any], images: Side, kernels: Side, tops: Side) -> tuple[Any, ...]:
    """The sides of the sum that is each direction, its geometry, and which side is the result."""

    def exchanged(side: Side) -> Side:
        other = Side.__new__(Side)
        other.memory, other.array = side.memory, side.array.swapaxes(1, 2)
        other.shape = other.array.shape
        return other

    s, d, p = case["s"], case["d"], case["p"]
    if direction == "forward":
        x, w, y = images, kernels, tops
        return x, w, y, geometry_of(x, w, y, s, d, p, False, False), tops
    if direction == "weights":
        x, w, y = exchanged(images), exchanged(tops), exchanged(kernels)
        return x, w, y, geometry_of(x, w, y, d, s, p, False, True), kernels
    x, w, y = tops, exchanged(kernels), images
    return x, w, y, geometry_of(x, w, y, s, d, p, True, False), images


def check(
    rng: np.random.Generator, direction: str, case: dict[str, Any], type_: str, how: str,
    symbols: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    dtype = np.dtype(ex.DTYPE_OF[type_])
    sides = sides_of(rng, case, dtype, how)
    x, w, y, g, result = directed(direction, case, *sides)
    for side in sides:
        if side is not result:
            side.array[...] = rng.normal(size=side.shape)
    parts, chunks = int(rng.integers(1, 9)), 1
    if direction == "weights" and g["c"] > 1:  # none is empty
        chunks = -(-g["c"] // int(rng.integers(1, g["c"] + 1)))
    meaning = EXTERNS[name_of("convolve", type_)].meaning
    call(type_, g, x, w, y, [0, parts], symbols, chunks=chunks)
    got = result.array.copy()
    result.array[...] = GUARD
    middle = sorted(int(v) for v in rng.integers(0, parts + 1, 2))
    call(type_, g, x, w, y, [0, *middle, parts], symbols, chunks=chunks)
    assert result.array.tobytes() == got.tobytes(), (direction, case, "results depend on how parts are called")
    meaning({"lo": 0, "hi": 1, "parts": 1, "chunks": 1, **g, "x": x, "w": w, "y": y})
    inner = math.prod(w.shape[2:])
    exact = 1e-12 if type_ == "f64" else 1e-5
    np.testing.assert_allclose(
        got, result.array, rtol=exact, atol=exact * max(inner, 1), err_msg=f"{direction} {case} {how}"
    )
    # what lies between the elements of the result is as it was
    untouched = result.memory.size - result.array.size
    result.array[...] = 0
    assert (result.memory == GUARD).sum() == untouched


DIRECTIONS = ("forward", "weights", "inputs")


@pytest.mark.parametrize(
    ("images", "channels", "kernels", "parts", "most"),
    [
        *((128, 1, 20, 16, 16), (7, 1, 20, 16, 7), (9, 1, 20, 8, 5), (128, 20, 50, 16, 4), (8, 64, 64, 16, 1)),
        *((1, 1, 20, 16, 1), (0, 1, 20, 1, 1)),
    ],
)
def test_few_sums_are_made_in_chunks(images: int, channels: int, kernels: int, parts: int, most: int) -> None:
    """Of images, none of which is empty; what they are is what the definition of both functions says, too."""
    case = {"groups": 1, "n": images, "c": channels, "k": kernels, "x": [1, 28, 28], "y": [1, 24, 24], "r": [1, 5, 5]}
    case |= {"s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    rng = np.random.default_rng(1)
    images_, kernels_, tops = sides_of(rng, case, np.float64, "rows")
    for side in (images_, tops):
        side.array[...] = rng.normal(size=side.shape)
    x, w, y, g, _ = directed("weights", case, images_, kernels_, tops)
    count = int(evaluate(loops.chunks(constants(g), 4, ex.const(parts, "i64")), {}))
    assert count == most and (count - 1) * -(-images // count) < max(images, 1)
    kernels_.array[...] = GUARD
    call("f64", g, x, w, y, [0, 1, 16], chunks=count)
    got = kernels_.array.copy()
    room = int(evaluate(loops.partial_room(constants(g), ex.const(count, "i64")), {}))
    partial = Side(rng, (room,), np.float64, "rows")
    kernels_.array[...] = GUARD
    for kind in ("convolve", "convolution_sums"):
        given = {"lo": 0, "hi": 1, "parts": 1, "chunks": count, **g, "x": x, "w": w, "y": y, "partial": partial}
        EXTERNS[name_of(kind, "f64")].meaning(given)
    np.testing.assert_allclose(got, kernels_.array, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_any_geometry(direction: str, type_: str) -> None:
    rng = np.random.default_rng(3)
    for turn in range(60):
        check(rng, direction, random_case(rng, 9), type_, ("rows", "any", "last")[turn % 3])


def test_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in blocks and pieces of all sizes, as large convolutions have."""
    for name, value in (("BAND_BYTES", 600), ("SUMS_BYTES", 900), ("DEEP_SUMS_BYTES", 1500), ("FEWEST_ROWS", 7)):
        monkeypatch.setattr(loops, name, value)
    rng = np.random.default_rng(5)
    for turn in range(90):
        check(rng, DIRECTIONS[turn % 3], random_case(rng, 12), TYPES[turn % 2], ("rows", "any", "last")[turn % 3])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_long_axes(direction: str) -> None:
    """Longer than what is taken at once: lines of positions, lines of kernels, and many channels."""
    one = {"groups": 1, "n": 1, "c": 1, "k": 2, "r": [1] * 3, "s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    rng = np.random.default_rng(6)
    for case in (
        {"x": [1, 1, 1500], "r": [1, 1, 3], "y": [1, 1, 1500], "p": [0, 0, 1]},
        {"x": [1, 1, 1500], "r": [1, 1, 700], "y": [1, 1, 801]},
        {"x": [1, 40, 40], "r": [1, 33, 34], "y": [1, 8, 7]},
        {"x": [40, 40, 3], "r": [38, 36, 2], "y": [3, 5, 2], "c": 2},
        {"x": [1, 5, 5], "r": [1, 1, 1], "y": [1, 5, 5], "c": 1300, "n": 3},
        {"x": [1, 3, 3], "r": [1, 3, 3], "y": [1, 1, 1], "c": 300, "k": 70, "n": 9},
    ):
        check(rng, direction, one | case, "f64", "rows")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_single_elements(direction: str) -> None:
    """Kernels of one element, positions side by side: in all panels and parts, and with padding behind only."""
    one = {"groups": 1, "n": 2, "c": 5, "k": 3, "r": [1] * 3, "s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    rng = np.random.default_rng(11)
    for case in (
        {"x": [1, 20, 20], "y": [1, 20, 20], "c": 600, "k": 70},
        {"x": [3, 10, 11], "y": [3, 10, 11], "groups": 2},
        {"x": [1, 1, 300], "y": [1, 1, 300], "c": 1, "k": 1},
        {"x": [1, 7, 9], "y": [1, 8, 9]},
        {"x": [1, 7, 9], "y": [1, 7, 10], "n": 1},
        {"x": [1, 8, 8], "y": [1, 8, 8], "n": 0}, {"x": [1, 8, 8], "y": [1, 8, 8], "c": 0},
        # few positions: kernels are shared
        {"x": [1, 12, 13], "y": [1, 12, 13], "n": 1, "c": 50, "k": 300},
        {"x": [1, 12, 13], "y": [1, 12, 13], "n": 1, "c": 700, "k": 260},
        {"x": [1, 20, 16], "y": [1, 20, 16], "n": 1, "c": 20, "k": 130},
    ):  # fmt: skip
        for type_ in TYPES:
            for _ in range(1 + 3 * (case.get("k", 0) > 100)):  # parts are cut at random
                check(rng, direction, one | case, type_, "rows")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_few_kernels(direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"groups": 1, "n": 2, "c": 3, "k": 5, "r": [1, 3, 5], "s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    rng = np.random.default_rng(12)
    cases = (
        {"x": [1, 28, 28], "y": [1, 26, 24], "c": 1, "k": 20},
        {"x": [1, 20, 33], "y": [1, 20, 33], "p": [0, 1, 2], "groups": 2},
        {"x": [6, 9, 40], "y": [5, 9, 38], "r": [3, 3, 5], "p": [1, 2, 3], "d": [1, 2, 2], "k": 7},
        {"x": [1, 1, 90], "y": [1, 1, 86], "r": [1, 1, 5], "c": 40, "k": 1},
    )
    for sums in (loops.SUMS_BYTES, 20 << 10):  # all lines of an image at once, and few
        monkeypatch.setattr(loops, "SUMS_BYTES", sums)
        for case in cases:
            for type_ in TYPES:
                check(rng, direction, one | case, type_, ("rows", "any")[int(rng.integers(2))])


def test_images_of_few_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What each element of a kernel makes is added up: all of an image at once, and in blocks of lines and channels."""
    one = {"groups": 1, "n": 2, "k": 40, "s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    rng = np.random.default_rng(13)
    cases = (
        {"x": [1, 12, 12], "y": [1, 8, 8], "c": 20, "r": [1, 5, 5]},
        {"x": [1, 30, 41], "y": [1, 30, 41], "c": 3, "r": [1, 3, 5], "p": [0, 1, 2]},
        {"x": [1, 23, 40], "y": [1, 19, 34], "c": 5, "r": [1, 3, 4], "d": [1, 2, 2]},
        {"x": [7, 9, 24], "y": [7, 9, 24], "c": 9, "r": [3, 3, 5], "p": [1, 1, 2], "groups": 2},
        {"x": [6, 8, 20], "y": [3, 7, 20], "c": 2, "r": [2, 2, 1], "d": [3, 1, 1]},
        {"x": [1, 9, 50], "y": [1, 9, 24], "c": 3, "r": [1, 1, 3], "s": [1, 1, 2]},
        {"x": [1, 9, 33], "y": [1, 5, 31], "c": 3, "r": [1, 2, 3], "s": [1, 2, 1]},
        {"x": [1, 1, 700], "y": [1, 1, 698], "c": 1, "r": [1, 1, 3]},
    )
    for sums in (loops.SUMS_BYTES, 30 << 10):
        monkeypatch.setattr(loops, "SUMS_BYTES", sums)
        for case in cases:
            for type_ in TYPES:
                check(rng, "inputs", one | case, type_, ("rows", "any")[int(rng.integers(2))])


@pytest.mark.parametrize("images", (1, 2, 128))
def test_the_gradient_of_an_image_has_room_to_be_spread(images: int) -> None:
    """However few there are of LeNet's second layer; kernels are read where they are then, and not copied."""
    case = {"n": images, "k": 50, "x": [1, 12, 12], "y": [1, 8, 8], "c": 20, "r": [1, 5, 5]}
    case |= {"groups": 1, "s": [1] * 3, "d": [1] * 3, "p": [0] * 3}
    sides = sides_of(np.random.default_rng(0), case, np.float32, "rows")
    x, w, y, g, _ = directed("inputs", case, *sides)
    assert not call("f32", g, x, w, y, [0, 3]).any()
    x, w, y, g, _ = directed("forward", case, *sides)
    assert call("f32", g, x, w, y, [0, 3]).any() == (images == 128)  # few positions: kernels are no columns


def check_winograd(rng: np.random.Generator, case: dict[str, Any], how: str, symbols: Any = None) -> None:
    """The same sums, to 3e-5 of the rms of the results; bit for bit the same for all cuts."""
    for direction in ("forward", "weights"):
        sides = sides_of(rng, case, np.float32, how)
        x, w, y, g, result = directed(direction, case, *sides)
        x.array[...], w.array[...] = rng.normal(size=x.shape), rng.normal(size=w.shape)
        kinds = ("winograd_weights",) if direction == "weights" else ("winograd_panels", "winograd")
        found = []
        for cuts in ([0, 5], [0, 2, 3, 5]):
            result.memory[...] = GUARD
            call("f32", g, x, w, y, cuts, symbols, kinds)
            found.append(result.array.copy())
        assert found[0].tobytes() == found[1].tobytes()
        result.array[...] = GUARD
        assert (result.memory == GUARD).all()
        EXTERNS["winograd_f32"].meaning({"lo": 0, "hi": 1, "parts": 1, "chunks": 1, **g, "x": x, "w": w, "y": y})
        wanted = result.array.astype("f8")
        size = np.sqrt((wanted**2).sum() / max(wanted.size, 1))
        assert np.abs(found[0] - wanted).max(initial=0) <= 3e-5 * size, (direction, case, how)


def winograd_case(n: int, c: int, k: int, image: tuple[int, int], p: tuple[int, int] = (1, 1)) -> dict[str, Any]:
    y = [a + 2 * b - 2 for a, b in zip(image, p, strict=True)]
    return {
        "groups": 1, "n": n, "c": c, "k": k, "r": [1, 3, 3], "s": [1] * 3, "d": [1] * 3, "p": [0, *p],
        "x": [1, *image], "y": [1, *y],
    }  # fmt: skip


def test_winograd(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    cases = [
        winograd_case(2, 32, 32, (8, 8)), winograd_case(1, 33, 50, (14, 13)), winograd_case(2, 5, 3, (7, 5), (2, 0)),
        winograd_case(3, 64, 40, (11, 30), (0, 2)), winograd_case(0, 32, 32, (8, 8)), winograd_case(9, 40, 65, (9, 9)),
        winograd_case(1, 100, 33, (3, 150)), winograd_case(1, 40, 150, (12, 12)),
    ]  # fmt: skip
    for turn, case in enumerate(cases):
        for how in ("rows", "any", "last"):
            check_winograd(rng, case, how)
            if turn == 3:
                monkeypatch.setattr(loops, "WINOGRAD_TILES", 4)
                monkeypatch.setattr(loops, "WINOGRAD_BYTES", 1)


@pytest.mark.parametrize("channels", [512, 2048])
def test_winograd_of_many_channels(channels: int) -> None:
    """Errors do not grow with their number: the largest of 4,096 results, against sums in float64."""
    rng = np.random.default_rng(channels)
    for far in (0, 3):
        case = winograd_case(1, channels, 32, (12, 12))
        x, w, y, g, result = directed("forward", case, *sides_of(rng, case, np.float32, "rows"))
        x.array[...], w.array[...] = rng.normal(far, size=x.shape), rng.normal(size=w.shape)
        call("f32", g, x, w, y, [0, 5], None, ("winograd_panels", "winograd"))
        images = np.pad(x.array.astype("f8").reshape(channels, 12, 12), [(0, 0), (1, 1), (1, 1)])
        kernels = w.array.astype("f8").reshape(32, channels, 3, 3)
        wanted = sum(
            np.einsum("cxy,kc->kxy", images[:, i : i + 12, j : j + 12], kernels[:, :, i, j])
            for i in range(3) for j in range(3)
        )  # fmt: skip
        error = np.abs(result.array.reshape(wanted.shape) - wanted).max()
        assert error <= 2e-5 * np.sqrt((wanted**2).mean())


def made(isa: Isa, type_: str, first: bool) -> Mapping[str, int]:
    module = library_module(type_, isa, first)
    code = jit.compile_module(module, STRUCTURED, functions_of(type_), use_cache=False)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))
    return code.symbols


@pytest.mark.parametrize("level", [*LEVELS, "provisional"])
def test_every_instruction_set(level: str) -> None:
    """The code of each level that this machine can run, and that which is made first."""
    try:
        isa = jit.isa() if level == "provisional" else select_isa(level)
    except ValueError:
        pytest.skip(f"no {level} here")
    for type_ in TYPES:
        symbols, rng = made(isa, type_, level == "provisional"), np.random.default_rng(4)
        for turn in range(20):
            check(rng, DIRECTIONS[turn % 3], random_case(rng, 7), type_, ("rows", "any")[turn % 2], symbols)
        if type_ == "f32":
            check_winograd(rng, winograd_case(2, 33, 35, (9, 11)), "rows", symbols)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("target", TARGETS)
def test_code_for(target: str, type_: str) -> None:
    """Other machines' code calls nothing but what is there."""
    isa = isa_of(target)
    module = library_module(type_, isa)
    assert not missing(module, isa)


def test_made_quickly_and_then_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are the same, bit for bit."""
    monkeypatch.setattr(jit, "kept_module", lambda *args: None)
    library = loading._library.__wrapped__("f32", jit.isa())
    quick = library.code.symbols
    assert library.is_provisional
    provisional.complete()
    assert not library.is_provisional and library.code.symbols["convolve_f32"] != quick["convolve_f32"]
    case = {"groups": 1, "n": 3, "c": 5, "k": 37, "r": [1, 3, 3], "s": [1, 1, 2], "d": [1] * 3, "p": [0, 1, 1]}
    case |= {"x": [1, 9, 12], "y": [1, 9, 6]}
    found = []
    for symbols in (quick, library.code.symbols):
        rng = np.random.default_rng(7)
        sides = sides_of(rng, case, np.float32, "rows")
        x, w, y, g, result = directed("forward", case, *sides)
        x.array[...], w.array[...] = rng.normal(size=x.shape), rng.normal(size=w.shape)
        call("f32", g, x, w, y, [0, 3], symbols)
        found.append(result.array.tobytes())
    assert found[0] == found[1]
