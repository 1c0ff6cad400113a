"""Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (2011).

``block(counter, key)`` scrambles a counter of four 32-bit words under a key of two in ten rounds; every counter
gives four independent words. Nothing is carried from one block to the next, so that any element of a sample can be
computed by itself. Written with the operators ``* & ^ + >>`` only, for anything that holds unsigned 64-bit numbers:
NumPy arrays, and the expressions of compiled loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
WORD = 0xFFFFFFFF

Shift = Callable[[Any, int], Any]


def block(counter: Sequence[Any], key: Sequence[Any], shift_right: Shift) -> tuple[Any, Any, Any, Any]:
    """Four random words from a counter (lowest word first) and a key.

    Examples
    --------
    >>> zero = np.zeros(1, "uint64")
    >>> [hex(int(w[0])) for w in block([zero] * 4, [zero] * 2, lambda x, n: x >> np.uint64(n))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for r in range(ROUNDS):
        if r:
            k0, k1 = (k0 + WEYL[0]) & WORD, (k1 + WEYL[1]) & WORD
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = shift_right(p1, 32) ^ c1 ^ k0, p1 & WORD, shift_right(p0, 32) ^ c3 ^ k1, p0 & WORD
    return c0, c1, c2, c3


def blocks(state: Sequence[int], count: int) -> list[np.ndarray]:
    """The four words of `count` successive blocks after `state` = (key, stream, position)."""
    key, stream, position = (int(w) & (2**64 - 1) for w in state)
    at = np.arange(count, dtype="uint64") + np.uint64(position)
    fixed = [np.uint64(w) for w in (stream & WORD, stream >> 32, key & WORD, key >> 32)]
    counter = [at & np.uint64(WORD), at >> np.uint64(32), *(np.full(count, w) for w in fixed[:2])]
    with np.errstate(over="ignore"):
        found = block(counter, [np.full(count, w) for w in fixed[2:]], lambda x, n: x >> np.uint64(n))
    return list(found)


def fractions(low: np.ndarray, high: np.ndarray, dtype: str) -> np.ndarray:
    """Words as odd multiples of 2^-53 (float64) or 2^-24 (float32) in (0, 1); float32 uses `high` alone."""
    if dtype == "float64":
        bits = (high << np.uint64(20)) | (low >> np.uint64(12)) | np.uint64(0x3FF << 52)
        return bits.view("float64") - (1 - 2.0**-53)
    bits = ((high >> np.uint64(9)) | np.uint64(0x7F << 23)).astype("uint32")
    return bits.view("float32") - np.float32(1 - 2.0**-24)
