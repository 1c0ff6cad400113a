"""Random functions that update shared variables with expressions of small whole numbers, in place where they can."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.compile import In, Out, function, shared
from theano.ifelse import ifelse

AS_WRITTEN = theano.Mode(linker="py", optimizer=None)
DTYPES = ("float64", "float64", "float32", "int64", "int32")
CALLS = 4


class RandomUpdates:
    """Some shared variables and inputs of up to 2 dimensions, expressions of them, and who gets which.

    All axes have `n` elements, but for those of shared variables that are only written, which may have others at first.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.seed = seed
        self.n = rng.choice((1, 2, 3, 5, 17))
        self.dtype = rng.choice(DTYPES)
        self.states = [self._array(rng, rng.choice((0, 1, 1, 2, 2))) for _ in range(rng.randint(1, 4))]
        self.written = [rng.random() < 0.25 for _ in self.states]  # never read
        for k, value in enumerate(self.states):
            if self.written[k] and value.ndim and rng.random() < 0.5:
                self.states[k] = np.concatenate([value, value])
        arguments = [rng.choice((0, 1, 1, 2, 2)) for _ in range(rng.randint(0, 3))]
        self.arguments = [[self._array(rng, ndim) for ndim in arguments] for _ in range(2)]
        if rng.random() < 0.3:  # one array for all arguments of its rank
            for values in self.arguments:
                values[:] = [next(v for v in values if v.ndim == own.ndim) for own in values]

    def _array(self, rng: random.Random, ndim: int) -> np.ndarray:
        numbers = np.array([rng.randint(-4, 4) for _ in range(self.n**ndim)], self.dtype).reshape((self.n,) * ndim)
        layout = rng.choice(("plain", "plain", "strided", "reversed", "fortran")) if ndim else "plain"
        if layout == "strided":
            numbers = np.repeat(numbers, 2, axis=-1)[..., ::2]
        elif layout == "reversed":
            numbers = numbers[::-1]
        return np.asfortranarray(numbers) if layout == "fortran" else numbers

    # -- the function --------------------------------------------------------------------------------------
    def build(self, mode: Any) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """A new function with its shared variables, inputs and outputs; the same each time but for the mode."""
        rng = random.Random(self.seed + 1)
        states = [shared(np.array(value), f"s{k}") for k, value in enumerate(self.states)]
        inputs = [T.TensorType(self.dtype, (False,) * v.ndim)(f"x{k}") for k, v in enumerate(self.arguments[0])]
        pool: dict[int, list[Any]] = {0: [], 1: [], 2: []}
        for v in (*[s for s, written in zip(states, self.written, strict=True) if not written], *inputs):
            pool[v.ndim].append(v)
        for _ in range(rng.randint(1, 9)):
            made = self._expression(rng, pool, rng.choice((0, 1, 1, 2, 2)))
            pool[made.ndim].append(T.patternbroadcast(T.cast(made, self.dtype), (False,) * made.ndim))
        updates = [
            (s, self._one(rng, pool, s.ndim))
            for s, written in zip(states, self.written, strict=True)
            if written or rng.random() < 0.75
        ]
        chosen = [self._one(rng, pool, rng.choice((0, 1, 2))) for _ in range(rng.randint(0, 4))]
        outputs = [Out(v, borrow=True) if rng.random() < 0.15 and v not in states else v for v in chosen]
        given = [
            In(v, mutable=True) if rng.random() < 0.25 else In(v, borrow=True) if rng.random() < 0.2 else v
            for v in inputs
        ]
        f = function(given, outputs, updates=updates, mode=mode, on_unused_input="ignore")
        return f, states, given, outputs

    def _one(self, rng: random.Random, pool: dict[int, list[Any]], ndim: int) -> Any:
        """A value of that rank: mostly one of the last, so that several get the same."""
        if not pool[ndim]:
            if ndim == 0:
                return T.constant(1, dtype=self.dtype)
            scalar = pool[0][-1] if pool[0] else T.constant(2, dtype=self.dtype)
            pool[ndim].append(T.patternbroadcast(T.alloc(scalar, *[self.n] * ndim), (False,) * ndim))
        return rng.choice(pool[ndim][-3:] + pool[ndim])

    def _expression(self, rng: random.Random, pool: dict[int, list[Any]], ndim: int) -> Any:
        a, b = self._one(rng, pool, ndim), self._one(rng, pool, ndim)
        k = rng.randrange(self.n)
        plain = [
            lambda: a + b,
            lambda: a - 2 * b,
            lambda: T.maximum(a, b),
            lambda: T.switch(a > b, a, T.minimum(b, 5)),
            lambda: ifelse(T.gt(self._one(rng, pool, 0), 0), a, b),
            lambda: T.dot(T.clip(a, -4, 4), T.clip(b, -4, 4)),
        ]
        if not ndim:
            return rng.choice(plain)()
        picked = T.constant(np.array([(k + 3 * j) % self.n for j in range(self.n)]))
        repeated = T.constant(np.array([(k + j * j) % self.n for j in range(self.n)]))
        parts = [
            lambda: a[::-1],
            lambda: T.set_subtensor(a[k:], b[: self.n - k]),
            lambda: T.inc_subtensor(a[::-1], b),
            lambda: T.inc_subtensor(a[k], b[0]),
            lambda: T.concatenate([a[k:], b[:k]]),
            lambda: a[picked],
            lambda: T.inc_subtensor(a[repeated], b),
            lambda: a.sum(axis=rng.randrange(ndim)),
            lambda: a.max(axis=0),
            lambda: theano.scan(T.maximum, sequences=a, outputs_info=b[0])[0],
            lambda: theano.scan(lambda p: T.minimum(p, T.cast(5, self.dtype)), outputs_info=a, n_steps=3)[0][-1],
        ]
        row = self._one(rng, pool, 1)
        matrices = [
            lambda: a.T,
            lambda: a + row,
            lambda: T.inc_subtensor(a[:, k], row),
            lambda: a + T.outer(T.clip(row, -4, 4), T.clip(b[k], -4, 4)),
            lambda: T.dot(T.clip(a, -4, 4), T.clip(row, -4, 4)) * 2 + row,
        ]
        return rng.choice(plain + 2 * parts + (2 * matrices if ndim == 2 else []))()

    # -- calls ---------------------------------------------------------------------------------------------
    def run(self, mode: Any) -> list[list[np.ndarray]]:
        """What each call returns and leaves; asserts that nobody holds memory of another one."""
        f, states, inputs, outputs = self.build(mode)
        log = []
        for number in range(CALLS):
            values = [
                np.array(v) if isinstance(i, In) and i.mutable else v
                for v, i in zip(self.arguments[number % 2], inputs, strict=True)
            ]
            with_storage = number == CALLS - 1  # the function is given what it updates
            if with_storage:
                values = [self._stored(states, v, i) for v, i in zip(values, inputs, strict=True)]
            results = f(*values)
            log.append([np.array(r) for r in results] + [s.get_value() for s in states])
            own = [r for r, o in zip(results, outputs, strict=True) if not isinstance(o, Out)]
            stored = [s.get_value(borrow=True) for s in states]
            for k, result in enumerate(own):
                assert result.flags.writeable
                assert not any(np.shares_memory(result, other) for other in (*own[:k], *stored, *values))
            for k, array in enumerate(stored):
                others = stored[:k] if with_storage else (*stored[:k], *values)
                assert not any(np.shares_memory(array, other) for other in others)
            for result in own:
                result[...] = 55  # which nobody must see
            for s, array in zip(states, stored, strict=True):
                if np.abs(array).max(initial=0) > 50:  # all sums must stay exact
                    s.set_value(array % 9)
        return log

    @staticmethod
    def _stored(states: list[Any], value: np.ndarray, given: Any) -> np.ndarray:
        if isinstance(given, In) and given.mutable:
            return value
        return next((s.get_value(borrow=True) for s in states if s.get_value(borrow=True).shape == value.shape), value)


def compare(seed: int) -> None:
    """The function of a seed does the same in all modes, and in both forms of its code."""
    program = RandomUpdates(seed)
    expected = program.run(AS_WRITTEN)
    for quick in (True, False):
        for mode in ("FAST_RUN", "FAST_COMPILE") if quick else ("FAST_RUN",):
            with theano.change_flags(quick_start=quick):
                found = program.run(mode)
            for number, (a, b) in enumerate(zip(expected, found, strict=True)):
                for k, (x, y) in enumerate(zip(a, b, strict=True)):
                    where = f"seed {seed}, {mode}, quick_start={quick}: call {number}, array {k}"
                    assert x.dtype == y.dtype and x.shape == y.shape, where
                    assert np.array_equal(x, y, equal_nan=True), f"{where}\n{x}\n{y}"
