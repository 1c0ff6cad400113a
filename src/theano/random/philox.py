"""`PhiloxRandomStreams`: counter-based streams, computed where they are used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.compile.sharedvalue import shared
from theano.other_words import advised
from theano.scalar.dtypes import FLOAT
from theano.tensor.math import cast, cos, floor, log, lt, sqrt
from theano.tensor.random.philox import PhiloxUniform
from theano.tensor.random.size import sample_dtype, sample_size
from theano.tensor.variable import as_tensor_variable


@advised("streams")
class PhiloxRandomStreams:
    """Random variables whose elements are functions of (seed, stream, position), by Philox4x32-10.

    There is no generator to step: each element is computed by itself, inside the loop that uses it, so a sample
    need not even be stored. Variable k of an object reads stream k of its seed; its state, three integers (seed,
    stream, position), lives in a shared variable and moves on by the number of elements at each call. Samples do
    not depend on the number of threads or on how a function is compiled, and no two streams of a seed overlap.

    Parameters
    ----------
    seed
        An integer of 64 bits.

    Attributes
    ----------
    state_updates
        Pairs (state, expression for the next state), one for each variable.

    Examples
    --------
    >>> streams = PhiloxRandomStreams(seed=0)
    >>> f = theano.function([], streams.uniform((2,)))
    >>> f(), f()
    (array([0.8805202 , 0.36209112]), array([0.31944577, 0.41510705]))
    """

    def __init__(self, seed: int = 12345) -> None:
        self.state_updates: list[tuple[Any, Any]] = []
        self.default_instance_seed = seed_word(seed)

    def seed(self, seed: int | None = None) -> None:
        """Start every stream again, with this seed or the original one."""
        word = self.default_instance_seed if seed is None else seed_word(seed)
        for k, (state, _) in enumerate(self.state_updates):
            state.set_value(np.array([word, k, 0], dtype="int64"), borrow=True)

    def updates(self) -> list[tuple[Any, Any]]:
        """`state_updates`, as a new list."""
        return list(self.state_updates)

    def uniform(
        self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Numbers between `low` and `high`, both excluded; gradients flow through `low` and `high`."""
        low, high = as_tensor_variable(low), as_tensor_variable(high)
        dtype = _float(sample_dtype(dtype, low, high))
        (sample,), tie = self._fractions(size, ndim, dtype, [low, high], 1)
        low, high = cast(low, dtype), cast(high, dtype)
        return tie(sample * (high - low) + low)

    def normal(
        self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Normal numbers by the method of Box and Muller; gradients flow through `avg` and `std`."""
        avg, std = as_tensor_variable(avg), as_tensor_variable(std)
        dtype = _float(sample_dtype(dtype, avg, std))
        (first, second), tie = self._fractions(size, ndim, dtype, [avg, std], 2)
        two, turn = np.asarray(-2, dtype=dtype), np.asarray(2 * math.pi, dtype=dtype)
        standard = sqrt(two * log(first)) * cos(turn * second)
        return tie(standard * cast(std, dtype) + cast(avg, dtype))

    def binomial(
        self, size: Any = None, n: int = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """1 with probability `p`, else 0; only for ``n == 1`` trial."""
        if n != 1:
            raise NotImplementedError("PhiloxRandomStreams.binomial with n > 1")
        p = as_tensor_variable(p)
        (sample,), tie = self._fractions(size, ndim, _float(sample_dtype(None)), [p], 1)
        return tie(cast(lt(sample, p), sample_dtype(dtype)))

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """Integers from `low` to `high`, both included; ranges beyond 2^53 are not filled."""
        low, high = as_tensor_variable(low), as_tensor_variable(high)
        (sample,), tie = self._fractions(size, ndim, "float64", [low, high], 1)
        count = cast(high, "float64") - cast(low, "float64") + np.asarray(1.0)
        return tie(cast(floor(sample * count) + cast(low, "float64"), sample_dtype(dtype)))

    def _fractions(self, size: Any, ndim: int | None, dtype: str, params: list[Any], draws: int) -> Any:
        """Samples of (0, 1) of a new stream, and a function that ties a result to the stream's state."""
        shape = sample_size(size, ndim, params)
        vector = shape.vector
        if size is None and shape.ndim == max(p.type.ndim for p in params):
            widest = max(params, key=lambda p: p.type.ndim)
            vector = sum(params[1:], params[0]).shape if widest.type.ndim else vector
        word = np.array([self.default_instance_seed, len(self.state_updates), 0], dtype="int64")
        state: Any = shared(word, borrow=True)
        new_state, *samples = PhiloxUniform(dtype, shape.static, draws)(state, vector)
        self.state_updates.append((state, new_state))
        state.default_update = new_state

        def tie(result: Any) -> Any:
            result.rstate, result.update = state, (state, new_state)
            return result

        return samples, tie


def _float(dtype: str) -> str:
    if dtype not in FLOAT:
        raise TypeError(f"a sample of {dtype}: Philox streams make floats")
    return "float32" if dtype == "float16" else dtype


def seed_word(seed: int) -> int:
    """A seed as a signed 64-bit integer."""
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
        raise TypeError(f"the seed must be an integer, got {seed!r}")
    if not -(2**63) <= seed < 2**64:
        raise ValueError(f"the seed must fit into 64 bits, got {seed}")
    return int(seed) - 2**64 if seed >= 2**63 else int(seed)
