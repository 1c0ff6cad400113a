"""Temporaries share memory where their lives do not meet, and sizes are bounded before they could wrap around."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.memory.workspace import ALIGN, _Piece, rounded

N = ex.name("n", "i64")
SIDE = 1 << 22


@pytest.mark.parametrize(
    ("dtype", "rows", "columns", "fits"),
    [
        # 2**47 bytes are the first that do not fit
        ("float64", SIDE, SIDE, False),
        ("float64", SIDE, SIDE - 1, True),
        ("float64", SIDE - 1, SIDE, True),
        ("float32", SIDE, SIDE, True),
        ("float32", SIDE, 2 * SIDE, False),
        ("float32", SIDE, 2 * SIDE - 1, True),
        ("int16", 2 * SIDE, 2 * SIDE, False),
    ],
)
def test_sizes_of_results(dtype: str, rows: int, columns: int, fits: bool) -> None:
    """What fits into the address space is asked for; nobody has so much, so both are errors, with other words."""
    x, y = T.bvector("x"), T.bvector("y")
    f = theano.function([x, y], T.cast(x, dtype).dimshuffle(0, "x") + T.cast(y, dtype))
    message = rf"no memory for an array of {dtype}" if fits else rf"shape \({rows}, {columns}\) does not fit"
    with pytest.raises(MemoryError, match=message):
        f(np.zeros(rows, "int8"), np.zeros(columns, "int8"))
    assert f([1], [2, 3]).tolist() == [[3, 4]]


def test_sizes_that_wrap_around_to_nothing() -> None:
    """2**64 elements are 0 in 64 bits: not a result without elements."""
    x = T.bvector("x")
    wide = x.dimshuffle(0, "x", "x") + x.dimshuffle("x", 0, "x") + x.dimshuffle("x", "x", 0)
    f = theano.function([x], wide)
    with pytest.raises(MemoryError, match=rf"shape \({SIDE}, {SIDE}, {SIDE}\) does not fit"):
        f(np.zeros(SIDE, "int8"))


CONSTANTS = [((2**32, 2**32), False), ((2**24, 2**20), False), ((2**24, 2**20 - 1), True)]


@pytest.mark.parametrize(("shape", "fits"), CONSTANTS)
def test_sizes_that_are_constants(shape: tuple[int, int], fits: bool) -> None:
    x = T.dscalar("x")
    f = theano.function([x], T.alloc(x, *shape) + 1)
    with pytest.raises(MemoryError, match="no memory for" if fits else "does not fit|so many elements"):
        f(1.0)


def test_rounding() -> None:
    for size, wanted in ((0, 64), (1, 64), (63, 64), (64, 64), (65, 128), (128, 128), (129, 192)):
        assert rounded(ex.const(size, "i64")).value == wanted
    assert rounded(N) is ex.and_(ex.add(N, ex.const(ALIGN - 1, "i64")), ex.const(-ALIGN, "i64"))


def piece(size: int, *lives: tuple[int, int]) -> _Piece:
    return _Piece(ex.const(size, "i64"), [], list(lives))


def test_pieces_share_memory_if_no_step_needs_both() -> None:
    mine = piece(8, (2, 3), (7, 9))
    for other in ((3, 4), (1, 2), (8, 8), (5, 7), (0, 20), (9, 9)):
        assert not mine.join(piece(64, other)) and mine.lives == [(2, 3), (7, 9)] and mine.size.value == 8
    assert mine.join(piece(64, (4, 6))) and mine.lives == [(2, 3), (4, 6), (7, 9)] and mine.size.value == 64
    assert mine.join(piece(16, (0, 1), (10, 12))) and mine.size.value == 64
    assert not mine.join(piece(8, (1, 1)))


def pieces(f: theano.compile.Function) -> list[object]:
    """The places of the temporaries of a compiled function in its workspace."""
    return [s.offset for s in st.walk(f.executor.lowered.program.main) if isinstance(s, hs.Carve)]


def test_a_chain_needs_two_pieces() -> None:
    """Each product is read by the next only, so the third one has the place of the first."""
    x = T.dmatrix("x")
    out = x
    for _ in range(6):
        out = T.dot(out, x)
    f = theano.function([x], out, mode=theano.Mode(optimizer="fast_run"))
    places = pieces(f)
    assert len(places) == 5 and len(set(map(id, places))) == 2
    data = np.eye(3) * 2
    assert f(data).tolist() == (np.eye(3) * 2**7).tolist()


def test_all_that_is_read_at_the_end_stays() -> None:
    x = T.dmatrix("x")
    powers = [T.dot(x, x)]
    for _ in range(4):
        powers.append(T.dot(powers[-1], x))
    total = powers[-1]
    for power in reversed(powers[:-1]):  # each is needed after all have been made
        total = T.dot(total, power)
    f = theano.function([x], total)
    data = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert f(data).tolist() == np.linalg.matrix_power(data, 2 + 3 + 4 + 5 + 6).tolist()
    assert len(set(map(id, pieces(f)))) >= 5
