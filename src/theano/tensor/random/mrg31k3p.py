"""MRG31k3p, the combined multiple recursive generator of L'Ecuyer and Touzin (2000).

A state is ``[a1 a2 a3 b1 b2 b3]``, newest first. A step makes

    a = (2^22 a2 + 129 a3) mod M1,    b = (2^15 b1 + 32769 b3) mod M2,    M1 = 2^31 - 1, M2 = 2^31 - 21069,

and gives the integer ``a - b``, plus M1 where that is not positive: 1 … M1. Times 2^-31 it lies in (0, 1). Both
recurrences are linear, so jumping k steps is a product with the k-th power of a 3 x 3 matrix. The sequence is cut
into streams of 2^134 steps, these into substreams of 2^72 steps.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

M1 = np.int32(2147483647)
M2 = np.int32(2147462579)
_A1 = ((0, 2**22, 129), (1, 0, 0), (0, 1, 0))
_A2 = ((2**15, 0, 2**15 + 1), (1, 0, 0), (0, 1, 0))
NORM = 4.656612873077393e-10  # 2**-31
NORM32 = np.float32(4.6566126e-10)  # below 2**-31, so that the largest integer stays below 1
NORM16 = np.float32(3.0458e-5)
# How the authors' code takes remainders by shifts; here numbers of 64 bits do it.
MASK12, MASK13, MASK2, MULT2 = np.int32(511), np.int32(16777215), np.int32(65535), np.int32(21069)
SUBSTREAM, STREAM = 72, 134  # log2 of their lengths


@functools.cache
def jump(log2_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The matrices (mod M1 and mod M2) that advance a state by ``2**log2_steps`` steps."""
    found = []
    for matrix, modulus in ((_A1, int(M1)), (_A2, int(M2))):
        power: Any = matrix
        for _ in range(log2_steps):
            power = [
                [sum(row[k] * power[k][j] for k in range(3)) % modulus for j in range(3)] for row in power
            ]
        found.append(np.array(power, dtype="uint64"))
    return found[0], found[1]


# Names of the matrices in older programs: (log2 of the steps, which half).
_MATRICES = {"A1p72": (SUBSTREAM, 0), "A2p72": (SUBSTREAM, 1), "A1p134": (STREAM, 0), "A2p134": (STREAM, 1)}


def __getattr__(name: str) -> Any:
    """The jump matrices, computed when asked for."""
    if name in _MATRICES:
        log2_steps, half = _MATRICES[name]
        return jump(log2_steps)[half].astype("int64")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def matVecModM(A: Any, s: Any, m: Any) -> np.ndarray:
    """``A s mod m`` for numbers below 2**31."""
    return _product(np.asarray(A).astype("uint64"), np.asarray(s)[None].astype("uint64"), int(m))[0].astype("int32")


def multMatVect(v: Any, A: Any, m1: Any, B: Any, m2: Any) -> np.ndarray:
    """Both halves of a state `v` of six words, each times its matrix."""
    return np.concatenate([matVecModM(A, v[:3], m1), matVecModM(B, v[3:], m2)])


def _product(matrix: np.ndarray, vectors: np.ndarray, modulus: int) -> np.ndarray:
    """``matrix @ v mod modulus`` for each row of `vectors`; three products below 2**62 fit into 64 bits."""
    terms = vectors[:, None, :] * matrix[None]
    return (terms[..., 0] + terms[..., 1] + terms[..., 2]) % np.uint64(modulus)


def advanced(states: np.ndarray, log2_steps: int) -> np.ndarray:
    """States (rows of six words) ``2**log2_steps`` steps later."""
    a, b = jump(log2_steps)
    wide = states.astype("uint64")
    halves = [_product(a, wide[:, :3], int(M1)), _product(b, wide[:, 3:], int(M2))]
    return np.concatenate(halves, axis=1).astype("int32")


def ff_2p72(rstate: Any) -> np.ndarray:
    """The first state of the next substream.

    >>> ff_2p72([42] * 6).tolist()
    [567017964, 200952035, 1378892327, 2088072599, 2059876158, 1631359562]
    """
    return advanced(np.asarray(rstate)[None], SUBSTREAM)[0]


def ff_2p134(rstate: Any) -> np.ndarray:
    """The first state of the next stream.

    >>> ff_2p134([42] * 6).tolist()
    [1880389375, 174769481, 1230626336, 212165870, 1957720154, 961091436]
    """
    return advanced(np.asarray(rstate)[None], STREAM)[0]


def substreams(rstate: Any, count: int) -> np.ndarray:
    """The first states of the first `count` substreams of the stream that starts at `rstate`, one a row."""
    states = np.asarray(rstate, dtype="int32")[None]
    doubling = SUBSTREAM
    while len(states) < count:  # as many again, all of them jumped at once
        states = np.concatenate([states, advanced(states, doubling)])
        doubling += 1
    return np.ascontiguousarray(states[:count])


def checked_seed(seed: int | Sequence[int]) -> np.ndarray:
    """The state that a seed stands for: an integer for all six words, or six integers.

    Raises
    ------
    ValueError
        A word is negative or not below its modulus, or three words of a half are all zero.
    TypeError
        Neither an integer nor six of them.
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        words = [int(seed)] * 6
        if seed == 0:
            raise ValueError("seed should not be 0")
        if seed >= M2:
            raise ValueError(f"seed should be less than {M2}, got {seed}")
    else:
        try:
            words = [int(w) for w in seed]  # type: ignore[union-attr]
        except (TypeError, ValueError):
            raise TypeError(f"seed should be 1 integer or 6 integers, got {seed!r}") from None
        if len(words) != 6:
            raise TypeError(f"seed should be 1 integer or 6 integers, got {len(words)}")
    for half, modulus in ((words[:3], M1), (words[3:], M2)):
        if not any(half):
            raise ValueError(f"the three words {half} of the seed must not all be 0")
        if any(w < 0 or w >= modulus for w in half):
            raise ValueError(f"the words {half} of the seed must be from 0 to {modulus - 1}")
    return np.array(words, dtype="int32")


def integers(states: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """``(next states, numbers)``: `count` numbers in turn from each row of `states`, as int64.

    >>> int(integers(np.full((1, 6), 42, "int32"), 1)[1][0])
    173413632
    """
    state = [states[:, k].astype("int64") for k in range(6)]
    lanes = len(states)
    numbers = np.empty(count, dtype="int64")
    for start in range(0, count, lanes):
        n = min(lanes, count - start)
        a1, a2, a3, b1, _, b3 = (w[:n] for w in state)
        a = ((a2 << 22) + 129 * a3) % int(M1)
        b = ((b1 << 15) + 32769 * b3) % int(M2)
        numbers[start : start + n] = np.where(a > b, a - b, a - b + int(M1))
        for k, new in enumerate((a, a1, a2, b, b1, state[4][:n])):
            state[k] = np.concatenate([new, state[k][n:]]) if n < lanes else new
    return np.stack(state, axis=1).astype("int32"), numbers


def mrg_next_value(rstate: Any, new_rstate: Any, NORM: float, mask: int, offset: int) -> float:
    """The next number of a state, as a fraction; the state after it goes to `new_rstate`.

    Parameters
    ----------
    rstate, new_rstate
        Six numbers each: before, and an array for those after.
    NORM, mask, offset
        The number is ``((n & mask) + offset) * NORM``, without a mask if that is 0.

    Examples
    --------
    >>> state = np.full(6, 42, "int32")
    >>> float(mrg_next_value(state, state, 2.0**-31, 0, 0))
    0.08075201...
    """
    states, (number,) = integers(np.asarray(rstate, dtype="int32")[None], 1)
    new_rstate[...] = states[0]
    return ((int(number) & mask if mask else int(number)) + offset) * NORM


def fractions(numbers: np.ndarray, dtype: str) -> np.ndarray:
    """Integers of the generator as numbers of (0, 1)."""
    if dtype == "float64":
        return numbers * NORM
    if dtype == "float32":
        return numbers.astype("float32") * NORM32
    return (((numbers & 0x7FFF) + 1).astype("float32") * NORM16).astype("float16")
