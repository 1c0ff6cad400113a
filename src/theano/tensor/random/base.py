"""`RandomStreamsBase`: the methods that classes of random streams have in common."""

from __future__ import annotations

from typing import Any

from theano.base.other_words import advised
from theano.tensor.making.ranges import arange
from theano.tensor.random import draws
from theano.tensor.reductions.reduction import prod
from theano.tensor.shaping.join import stack
from theano.tensor.variable import as_tensor_variable


@advised("streams")
class RandomStreamsBase:
    """NumPy's distributions as methods; a subclass defines `gen`, which supplies the random state.

    In all of them `size` is None (the shape of the parameters), a tuple of integers or 0-d integer variables, or
    an integer vector; `ndim` says how long that vector is where it cannot be known.
    """

    def gen(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """The sample of ``op(state, *args, **kwargs)`` for a new state."""
        raise NotImplementedError(f"{type(self).__name__} defines no gen")

    def uniform(
        self, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Numbers from `low` to `high`, of type `floatX` unless `dtype` is given."""
        return self.gen(draws.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(
        self, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None
    ) -> Any:
        """Normal numbers of mean `avg` and standard deviation `std`, of type `floatX` unless `dtype` is given."""
        return self.gen(draws.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def binomial(
        self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64",
        prob: Any = None,
    ) -> Any:  # fmt: skip
        """Successes among `n` trials of probability `p`."""
        return self.gen(draws.binomial, size, n, p, ndim=ndim, dtype=dtype, prob=prob)

    def multinomial(
        self, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """How often each outcome happens in `n` trials; the outcomes are a new last axis."""
        return self.gen(draws.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def choice(
        self, size: Any = None, a: Any = 2, replace: bool = True, p: Any = None, ndim: int | None = None,
        dtype: str = "int64",
    ) -> Any:  # fmt: skip
        """Numbers below `a`, with or without putting them back, with probabilities `p`."""
        return self.gen(draws.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(self, size: Any = None, lam: Any = None, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Poisson numbers of mean `lam` (1 by default)."""
        return self.gen(draws.poisson, size, 1.0 if lam is None else lam, ndim=ndim, dtype=dtype)

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None, dtype: str = "int64"
    ) -> Any:
        """Integers from `low` to `high`, both included."""
        return self.gen(draws.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def permutation(self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64") -> Any:
        """Permutations of the numbers below `n`, along a new last axis."""
        return self.gen(draws.permutation, size, n, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input: Any) -> Any:
        """`input` with each row (last axis) in an order of its own."""
        x: Any = as_tensor_variable(input)
        n = x.shape[-1]
        lengths = [x.shape[k] for k in range(x.type.ndim - 1)]
        order = self.permutation(size=lengths, n=n, ndim=x.type.ndim - 1)
        if x.type.ndim == 1:
            return x[order]
        count = prod(stack(lengths))
        rows = arange(count).dimshuffle(0, "x")
        return x.reshape((count, n))[rows, order.reshape((count, n))].reshape(x.shape, ndim=x.type.ndim)
