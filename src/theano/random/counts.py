"""Poisson and binomial numbers by inversion: the first count whose cumulative probability is at least a uniform number.

Counts that are further than twelve standard deviations (and twenty more) from the mean are left out: they have less
probability than a uniform number can tell. The probability of the least of the others is known in closed form, each
following one is a multiple of the one before. So a loop goes through as many counts for all elements, each step of
which is point-wise work. The counts that come out follow from the parameters and the uniform numbers alone.

The closed form is that of C. Loader, "Fast and accurate computation of binomial probabilities" (2000): factorials by
Stirling's formula, whose large terms are taken off those of the powers before anything is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.null_type import grad_undefined
from theano.scan import scan
from theano.tensor.checks.assertion import Assert
from theano.tensor.opsupport import Shapes, disconnected, first_connected, single
from theano.tensor.pointwise.math import (
    and_,
    cast,
    ceil,
    exp,
    floor,
    gammaln,
    gt,
    le,
    log,
    log1p,
    lt,
    maximum,
    minimum,
    neq,
    or_,
    sqrt,
    switch,
    xlogy0,
)
from theano.tensor.reductions.extremes import max as greatest
from theano.tensor.reductions.reduction import all as all_of
from theano.tensor.shaping.join import concatenate
from theano.tensor.variable import as_tensor_variable

__all__ = ["BinomialFromUniform", "PoissonFromUniform", "binomial_from_uniform", "poisson_from_uniform"]

#: What has less probability than this, beyond the mean, is not drawn.
_LEAST = 1e-18
_TINY = np.finfo("float64").tiny
#: A loop of 2.4 million steps: seconds for a few elements.
_GREATEST_VARIANCE = 1e10
_TOO_WIDE = (
    "Poisson and binomial numbers whose variance is above 1e10 are not drawn, for their counts are gone through one by "
    "one: a normal number times the root of the variance, plus the mean, is as good"
)


def _window(mean: Any, variance: Any) -> tuple[Any, Any]:
    """The least and the greatest count that may be drawn."""
    variance = Assert(_TOO_WIDE, ValueError)(variance, all_of(le(variance, _GREATEST_VARIANCE)))
    far = 12.0 * sqrt(variance) + 20.0
    return maximum(floor(mean - far), 0.0), ceil(mean + far)


def _beside_power(k: Any) -> Any:
    """``log(k! (e / k)**k)`` of counts, from 1000 on by Stirling's formula."""
    large = maximum(k, 1000.0)
    by_formula = 0.5 * log(2.0 * np.pi * large) + 1.0 / (12.0 * large) - 1.0 / (360.0 * large**3)
    small = minimum(k, 1000.0)
    return switch(gt(k, 1000.0), by_formula, gammaln(small + 1.0) - xlogy0(small, small) + small)


def _deviance(k: Any, mean: Any) -> Any:
    """``k log(k / mean) - k + mean``, by the difference of both: their logarithms have lost its digits."""
    apart = k - mean
    return switch(gt(k, 0.0), k * log1p(apart / maximum(mean, _TINY)), 0.0) - apart


def _counted(
    u: Any, mean: Any, first: Any, last: Any, probability: Any, limit: Any, factor: Any, parameters: Sequence[Any]
) -> Any:
    """The first counts at which sums of probabilities reach `u`.

    ``factor(k, *parameters)`` is by how much ``k + 1`` is more probable than `k`; no count exceeds its `limit`.
    """
    wide = (last - first).flatten()
    steps = cast(greatest(concatenate([wide, np.zeros(1)])), "int64") + 1

    def step(k: Any, p: Any, total: Any, count: Any, u: Any, mean: Any, limit: Any, *parameters: Any) -> list[Any]:
        total = total + p
        more = and_(and_(gt(u, total), lt(k, limit)), or_(lt(k, mean), gt(p, _LEAST)))
        return [k + 1.0, p * factor(k, *parameters), total, count + more]

    given = [u, mean, limit, *parameters]
    made, _ = scan(step, outputs_info=[first, probability, 0.0 * u, first], non_sequences=given, n_steps=steps)
    return made[3][-1]


class _FromUniform(Op):
    """Counts in float64, of parameters and uniform numbers of one shape."""

    __props__ = ()
    expands = True

    def make_node(self, *inputs: Any) -> Apply:
        made = [as_tensor_variable(v) for v in inputs]
        if any(v.type.dtype != "float64" or v.type.ndim != made[-1].type.ndim for v in made):
            raise TypeError(f"{self} takes float64 of one shape, not {', '.join(str(v.type) for v in made)}")
        return single(self, made, "float64", made[-1].type.shape)

    def __str__(self) -> str:
        return type(self).__name__

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[-1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), range(len(node.inputs) - 1))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        why = "the numbers that are drawn are no smooth function of it"
        return [*(grad_undefined(self, k, v, why) for k, v in enumerate(inputs[:-1])), disconnected()]


class PoissonFromUniform(_FromUniform):
    """Poisson distributed numbers: of their means and of uniform numbers.

    Examples
    --------
    >>> PoissonFromUniform()(T.constant([0.0, 3.0, 1e6]), T.constant([0.9, 0.5, 0.5])).eval()
    array([0.e+00, 3.e+00, 1.e+06])
    """

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        mean, u = inputs
        first, last = _window(mean, mean)
        least = exp(-_deviance(first, mean) - _beside_power(first))
        return [_counted(u, mean, first, last, least, last, lambda k, mean: mean / (k + 1.0), [mean])]


class BinomialFromUniform(_FromUniform):
    """Numbers of successes: of the numbers of trials, of probabilities, and of uniform numbers.

    Examples
    --------
    >>> n, p = T.constant([10.0, 10.0, 1000.0]), T.constant([0.0, 1.0, 0.3])
    >>> BinomialFromUniform()(n, p, T.constant([0.5, 0.5, 0.5])).eval()
    array([  0.,  10., 300.])
    """

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        n, p, u = inputs
        often = gt(p, 0.5)  # then failures are counted
        q, v = switch(often, 1.0 - p, p), switch(often, 1.0 - u, u)
        mean = n * q
        first, last = _window(mean, mean * (1.0 - q))
        first, last = minimum(first, n), minimum(last, n)
        chosen = _beside_power(n) - _beside_power(first) - _beside_power(n - first)
        least = exp(chosen - _deviance(first, mean) - _deviance(n - first, n * (1.0 - q)))
        ratio = q / (1.0 - q)
        found = _counted(v, mean, first, last, least, n, lambda k, n, r: (n - k) / (k + 1.0) * r, [n, ratio])
        return [switch(often, n - found, found)]


poisson_from_uniform = PoissonFromUniform()
binomial_from_uniform = BinomialFromUniform()


def multinomial_from_uniform(n: Any, p: Any, along: Any, u: Any) -> Any:
    """How often each of several outcomes is drawn, row by row.

    Parameters
    ----------
    n : float64 vector
        How often to draw for each row.
    p, along, u : float64 vector, vector of integers, float64 vector
        For each outcome its probability, its row (in ascending order), and a uniform number.

    Returns
    -------
    A float64 vector. Each outcome gets a binomial share of the draws that those before it have left, the last of a row
    gets them all.
    """
    one, others, count = np.ones(1, "bool"), neq(along[1:], along[:-1]), along.shape[0]
    begins, ends = concatenate([one, others])[:count], concatenate([others, one])[:count]

    def step(p: Any, u: Any, begins: Any, ends: Any, count: Any, left: Any, rest: Any) -> list[Any]:
        left, rest = switch(begins, count, left), switch(begins, 1.0, rest)
        share = switch(or_(ends, rest <= p), 1.0, p / rest)
        drawn = binomial_from_uniform(left, share, u)
        return [drawn, left - drawn, rest - p]

    nothing = np.zeros(())
    made, _ = scan(step, sequences=[p, u, begins, ends, n[along]], outputs_info=[None, nothing, nothing])
    return made[0]
