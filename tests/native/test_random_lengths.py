"""Random arithmetic of lengths and numbers, used as shapes, bounds and positions: native against NumPy's `perform`."""

from __future__ import annotations

import os
import random
import warnings
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode

# THEANO_NIGHTLY=1 looks for much longer.
PROGRAMS = 2000 if os.environ.get("THEANO_NIGHTLY") else 40
NATIVE = {"FAST_RUN": Mode(linker="cvm", optimizer="fast_run"), "native": Mode(linker="cvm", optimizer=None)}
PERFORM = Mode(linker="py", optimizer=None)

COMPUTED = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * T.clip(b, -3, 4),
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "half": lambda a, b: a // 2,
    "odd": lambda a, b: a % 2,
    "third from behind": lambda a, b: a // -3,
    "less 3": lambda a, b: a - 3,
    "maximum": T.maximum,
    "minimum": T.minimum,
    "not negative": lambda a, b: T.maximum(a, 0),
    "clip": lambda a, b: T.clip(a, 1, b),
    "abs": lambda a, b: abs(a),
    "switch": lambda a, b: T.switch(T.lt(a, b), a, 2 - b),
    "of a range": lambda a, b: T.arange(a, b).shape[0],
    "of a slice": lambda a, b: T.arange(7)[a:b].shape[0],
    "of a slice backwards": lambda a, b: T.arange(7)[a:b:-2].shape[0],
}

USED = {
    "arange": lambda x, y, a, b: T.arange(b),
    "arange from": lambda x, y, a, b: T.arange(a, b),
    "alloc": lambda x, y, a, b: T.alloc(y.sum(), b) + 1,
    "zeros": lambda x, y, a, b: T.exp(T.zeros((a, b))),
    "eye": lambda x, y, a, b: T.eye(a, b),
    "slice": lambda x, y, a, b: y[a:b] * 2,
    "slices": lambda x, y, a, b: x[a:, :b],
    "element": lambda x, y, a, b: y[b] + y[a:].sum(),
    "reshape": lambda x, y, a, b: x.reshape((a, b)),
    "reshape to any": lambda x, y, a, b: x.reshape((b, -1)),
    "join": lambda x, y, a, b: T.join(0, y[a:], T.arange(b).astype("float64")),
    "split": lambda x, y, a, b: T.concatenate(T.split(y, T.stack([a, y.shape[0] - a]), 2)[::-1]),
    "diagonal": lambda x, y, a, b: T.diagonal(x[a:]),
    "set": lambda x, y, a, b: T.set_subtensor(y[a:b], 7.0),
    "repeat": lambda x, y, a, b: T.repeat(y[:3], T.maximum(b, 0)),
    "broadcast": lambda x, y, a, b: y[a:] + T.arange(b),
    "outer": lambda x, y, a, b: (y[:a, None] * T.arange(b)).sum(axis=1),
}


def build(draw: random.Random) -> tuple[list[Any], list[Any]]:
    """The inputs of a program, and its outputs: all numbers, and what is made with them."""
    n, m, x, y = T.lscalar("n"), T.lscalar("m"), T.dmatrix("x"), T.dvector("y")
    leaves = [n, m, x.shape[0], x.shape[1], y.shape[0]]
    numbers = [*leaves]
    constants = [T.constant(k, dtype="int64") for k in (-2, -1, 0, 1, 2, 3, 5)]
    for _ in range(draw.randint(2, 9)):
        a, b = draw.choice(numbers), draw.choice(numbers + constants)
        numbers.append(COMPUTED[draw.choice(list(COMPUTED))](a, b))
    outputs = numbers[len(leaves) :]
    for _ in range(draw.randint(1, 3)):
        a, b = draw.choice(numbers + constants), draw.choice(numbers)
        try:
            made = USED[draw.choice(list(USED))](x, y, a, b)
        except ValueError:  # that a constant is no length is said here
            continue
        outputs += [made, T.exp(made * 0.1).sum()]
        if made.ndim:
            numbers.append(made.shape[0])
    return [n, m, x, y], outputs


def arguments(draw: random.Random) -> list[Any]:
    rows, columns, length = draw.choice((0, 1, 2, 4)), draw.choice((0, 1, 2, 3, 6)), draw.choice((0, 1, 2, 5, 7))
    return [draw.randint(-4, 8), draw.randint(-2, 4), np.arange(1.0 * rows * columns).reshape(rows, columns),
            np.arange(1.0 * length)]  # fmt: skip


def called(f: Any, values: list[Any]) -> list[np.ndarray] | Exception:
    """The results, or the error."""
    try:
        return [np.asarray(v) for v in f(*values)]
    except (ValueError, IndexError, ZeroDivisionError, MemoryError) as error:
        return error


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_lengths(seed: int) -> None:
    """What `perform` computes is computed, and what it refuses is refused by the same graph."""
    draw = random.Random(seed)
    inputs, outputs = build(draw)
    plain, *compiled = (
        theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (PERFORM, *NATIVE.values())
    )
    for _ in range(6):
        values = arguments(draw)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            wanted = called(plain, values)
        for name, f in zip(NATIVE, compiled, strict=True):
            found = called(f, values)
            if isinstance(wanted, Exception):
                assert isinstance(found, Exception) or name == "FAST_RUN", (name, values, wanted)
                continue
            assert not isinstance(found, Exception), (name, values, found)
            for got, want in zip(found, wanted, strict=True):
                assert (got.shape, got.dtype) == (want.shape, want.dtype), (name, values)
                np.testing.assert_allclose(got, want, rtol=1e-12)
