"""`PhiloxRandomStreams`: counter-based streams, computed where they are used."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.base.other_words import advised
from theano.compile.shared_variables.variables import shared
from theano.graph.shown import shown
from theano.scalar.dtypes import FLOAT, INTEGER
from theano.tensor.checks.assertion import Assert, asserted_equal
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import as_index
from theano.tensor.pointwise.math import and_, cast, cos, floor, ge, gt, le, log, lt, minimum, sqrt, switch
from theano.tensor.random.philox import PhiloxUniform
from theano.tensor.random.size import Size, sample_dtype, sample_size
from theano.tensor.reductions.cumulative import cumsum, diff
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import prod
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.arranging import expand_dims
from theano.tensor.shaping.axes import shape_padright
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.sorting.ordered import searchsorted
from theano.tensor.sorting.sort import argsort
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

    def gumbel(
        self, size: Any = None, loc: Any = 0.0, scale: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Numbers of the Gumbel distribution, by inversion; gradients flow through `loc` and `scale`."""
        loc, scale = as_tensor_variable(loc), as_tensor_variable(scale)
        dtype = _float(sample_dtype(dtype, loc, scale))
        (sample,), tie = self._fractions(size, ndim, dtype, [loc, scale], 1)
        return tie(cast(loc, dtype) - cast(scale, dtype) * log(-log(sample)))

    def permutation(self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Permutations of the numbers below `n`: `size` of them, along a new last axis that `ndim` does not count."""
        found = sample_size(() if size is None else size, ndim)
        (sample,), tie = self._fractions((*_lengths(found), as_index(n, "n")), None, "float64", [], 1)
        return tie(cast(argsort(sample, axis=-1), sample_dtype(dtype)))

    def choice(
        self, size: Any = None, a: Any = 2, replace: bool = True, p: Any = None, ndim: int | None = None,
        dtype: str | None = None,
    ) -> Any:  # fmt: skip
        """Numbers below `a`, or elements of the vector `a`, with probabilities in proportion to `p` (default: equal).

        Without `replace` no number comes twice, and at most as many are drawn as have a probability above 0. The
        dtype is int64 or that of the elements.
        """
        if not isinstance(replace, bool):
            raise TypeError(f"replace must be True or False, got {shown(replace)}")
        pool = as_tensor_variable(a)
        if pool.type.ndim > 1 or (pool.type.ndim == 0 and pool.type.dtype not in INTEGER):
            raise TypeError(f"a must be an integer or a vector, got {pool} of type {pool.type}")
        count = pool.shape[0] if pool.type.ndim else cast(pool, "int64")
        found = sample_size(() if size is None else size, ndim)
        if replace:
            index, tie = self._with_replacement(found, count, p)
        else:
            index, tie = self._without_replacement(found, count, p)
        chosen = pool[index] if pool.type.ndim else index
        return tie(chosen if dtype is None else cast(chosen, sample_dtype(dtype)))

    def _with_replacement(self, size: Size, count: Any, p: Any) -> Any:
        """Independent numbers below `count`."""
        (sample,), tie = self._fractions(_lengths(size), None, "float64", [], 1)
        if p is None:
            count = Assert("choice: a must be above 0", ValueError)(count, gt(count, 0))
            return minimum(cast(floor(sample * count), "int64"), count - 1), tie
        sums = cumsum(_weights("choice: p", p, count))
        index = searchsorted(sums, (sample * sums[-1]).flatten(), side="right")
        return minimum(index, count - 1).reshape(size.vector, ndim=size.ndim), tie

    def _without_replacement(self, size: Size, count: Any, p: Any) -> Any:
        """Different numbers below `count`: those that come first where number k waits for a time of rate ``p[k]``."""
        (sample,), tie = self._fractions((count,), None, "float64", [], 1)
        total, possible, times = prod(size.vector), count, sample
        if p is not None:
            weights = _weights("choice: p", p, count)
            possible = sum_(gt(weights, 0), dtype="int64")
            times = switch(gt(weights, 0), -log(sample) / weights, np.inf)
        total = Assert("choice: without replacement there are not so many to choose", ValueError)(
            total, le(total, possible)
        )
        return argsort(times)[:total].reshape(size.vector, ndim=size.ndim), tie

    def multinomial(
        self, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """How often each outcome happens in `n` trials, along a new last axis that `ndim` does not count.

        The probabilities are in proportion to `pvals` along its last axis; the axes before are those of the sample,
        or are broadcast to `size`.
        """
        weights: Any = as_tensor_variable(list(pvals) if isinstance(pvals, tuple) else pvals)
        if weights.type.ndim < 1:
            raise TypeError("pvals needs at least one dimension")
        trials = as_index(n, "n")
        found = sample_size(size, ndim, [weights[..., 0]])
        lengths = tuple(shape_tuple(weights)[:-1]) if size is None and ndim is None else _lengths(found)
        (sample,), tie = self._fractions((*lengths, trials), None, "float64", [], 1)
        sums = cumsum(_weights("multinomial: pvals", weights), axis=weights.type.ndim - 1)
        drawn = shape_padright(sample * shape_padright(sums[..., -1]))
        # Outcome k happens between the sums before and after it. What rounding leaves above belongs to the last one.
        beyond = sum_(le(expand_dims(sums, -2), drawn), axis=-2, dtype="int64")  # how many trials, for each outcome
        none = zeros_like(beyond[..., :1])
        counts = diff(concatenate([trials + none, beyond[..., :-1], none], axis=-1))
        return tie(cast(-counts, sample_dtype(dtype)))

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


def _lengths(size: Size) -> tuple[Any, ...]:
    """The lengths of a sample, numbers where they are known."""
    return tuple([size.vector[k] if n is None else n for k, n in enumerate(size.static)])


def _weights(what: str, p: Any, count: Any = None) -> Any:
    """Probabilities along the last axis, once they are certain to be some: not negative, with a sum above 0."""
    p = cast(as_tensor_variable(p), "float64")
    if count is not None:
        if p.type.ndim != 1:
            raise TypeError(f"{what} must be a vector, got {p} of type {p.type}")
        p = asserted_equal(f"{what} has {{0}} probabilities for {{1}} outcomes", p, p.shape[0], count)
    sums = sum_(p, axis=-1)
    sound = and_(all_(ge(p, 0)), all_(and_(gt(sums, 0), lt(sums, np.inf))))
    return Assert(f"{what} must be probabilities: none is negative, and one at least is above 0", ValueError)(p, sound)


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
