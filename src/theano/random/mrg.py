"""`MRG_RandomStreams`: streams of MRG31k3p, drawn in compiled code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.other_words import advised
from theano.base.user_warnings import warn_user
from theano.compile.shared_variables.variables import shared
from theano.gradient import undefined_grad
from theano.graph import Constant, Variable
from theano.scalar.dtypes import INTEGER
from theano.tensor.checks.static_value import known_int, known_ints
from theano.tensor.pointwise.math import abs_, cast, cos, log, lt, sin, sqrt
from theano.tensor.random import mrg31k3p
from theano.tensor.random.mrg_uniform import ChoiceFromUniform, MultinomialFromUniform, mrg_uniform
from theano.tensor.random.size import sample_dtype
from theano.tensor.shaping.join import join
from theano.tensor.variable import as_tensor_variable

# More substreams than this gain nothing.
MOST_STREAMS = 60 * 256
# A sample is not cut into substreams of fewer numbers than this.
SHORTEST = 6
# Standard deviation of a standard normal number cut off at +-2.
TRUNCATED_STD = 0.87962566103423978


@advised("streams")
class MRG_RandomStreams:
    """Random variables from streams of the generator MRG31k3p.

    All methods take ``target="cpu"``, the device to draw on, of which there is only that one.

    Each variable owns a stream, cut into substreams that are drawn in parallel; equal seeds and equal sizes give
    equal numbers, on every machine and for every number of threads.

    Parameters
    ----------
    seed
        An integer for all six words of the first state, or six integers.
    use_cuda
        Where to draw, as Theano before 1.0 asked; without effect, for there is only the CPU.

    Attributes
    ----------
    rstate
        The first state of the stream that the next variable gets.
    state_updates
        Tuples (states, expression for the next states, size, number of substreams), one for each variable.

    Examples
    --------
    >>> streams = MRG_RandomStreams(seed=42)
    >>> theano.function([], streams.uniform((4,)))()
    array([0.08075202, 0.92676401, 0.85971985, 0.2507445 ])
    """

    def __init__(self, seed: int | Sequence[int] = 12345, use_cuda: bool | None = None) -> None:
        self.state_updates: list[tuple[Any, Any, Any, Any]] = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    # -- states ------------------------------------------------------------------------------------------

    def set_rstate(self, seed: int | Sequence[int]) -> None:
        """Let the next variable's stream start at `seed`."""
        self.rstate = mrg31k3p.checked_seed(seed)

    def inc_rstate(self) -> None:
        """Go on to the next stream, 2^134 steps away."""
        self.rstate = mrg31k3p.ff_2p134(self.rstate)

    def seed(self, seed: int | Sequence[int] | None = None) -> None:
        """Set the states of all variables as a new object with this seed (the original one without) has them."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for states, new_states, size, nstreams in self.state_updates:
            count = self.n_streams(size) if nstreams is None else nstreams
            dtype = new_states.owner.outputs[1].type.dtype
            states.set_value(self.get_substream_rstates(count, dtype), borrow=True)

    def get_substream_rstates(self, n_streams: int, dtype: str, inc_rstate: bool = True) -> np.ndarray:
        """The first states of substreams of the current stream, one a row; then go on to the next stream."""
        if not (isinstance(n_streams, (int, np.integer)) and n_streams > 0):
            raise ValueError(f"the number of substreams must be a positive integer, got {n_streams!r}")
        states = mrg31k3p.substreams(self.rstate, int(n_streams))
        if inc_rstate:
            self.inc_rstate()
        return states

    def n_streams(self, size: Any) -> int:
        """The number of substreams for a sample of `size`."""
        return guess_n_streams(size)

    def updates(self) -> list[tuple[Any, Any, Any, Any]]:
        """`state_updates`, as a new list."""
        return list(self.state_updates)

    def pretty_return(self, node_rstate: Any, new_rstate: Any, sample: Any, size: Any, nstreams: Any) -> Any:
        """Tie a sample to its states: they advance in every function that uses it."""
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        node_rstate.default_update = new_rstate
        return sample

    # -- distributions -----------------------------------------------------------------------------------

    def uniform(
        self, size: Any, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None, dtype: str | None = None,
        nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Numbers between `low` and `high`, both excluded.

        Parameters
        ----------
        size
            A tuple of integers and 0-d integer variables, or an integer vector.
        low, high
            May be expressions; as in Theano, a gradient with respect to them is not defined.
        ndim
            The length of `size` where it cannot be known.
        dtype
            Default: `floatX`, or what `low` and `high` need beyond it.
        nstreams
            Number of substreams (see `guess_n_streams`); other numbers give other samples.
        """
        _no_more(kwargs)
        low, high = _parameter(low), _parameter(high)
        dtype = sample_dtype(dtype, low, high)
        sample = self._fractions(_checked_size(size), ndim, dtype, nstreams)
        low, high = cast(low, dtype), cast(high, dtype)
        result = sample * (high - low) + low
        if result.type.ndim != sample.type.ndim:
            raise ValueError(f"the bounds have more dimensions than the size {size}")
        return _described(result, sample)

    def _fractions(self, size: Any, ndim: int | None, dtype: str, nstreams: int | None) -> Any:
        """Numbers of (0, 1) from a new stream."""
        count = self.n_streams(size) if nstreams is None else nstreams
        shape = np.zeros(0, dtype="int64") if isinstance(size, tuple) and not size else size
        states = shared(self.get_substream_rstates(count, dtype), borrow=True)
        new_states, sample = mrg_uniform.new(states, ndim, dtype, shape)
        return self.pretty_return(states, new_states, sample, size, count)

    def normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None,
        nstreams: int | None = None, truncate: bool = False, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Normal numbers by the method of Box and Muller; with `truncate` those beyond 2 deviations drawn anew.

        `size` may also be an integer or a list; for the other parameters see `uniform`.
        """
        _no_more(kwargs)
        size = _checked_size(_as_tuple(size))
        avg, std = _parameter(avg), _parameter(std)
        dtype = sample_dtype(dtype, avg, std)
        avg, std = cast(avg, dtype), cast(std, dtype)
        count, total = _total(size)
        used = min(MOST_STREAMS, total) if nstreams is None and total is not None else nstreams
        uniform = self._fractions((count,), 1, dtype, MOST_STREAMS if used is None else used)
        half = count // 2
        radius = sqrt(-2.0 * log(uniform[:half])) if dtype != "float16" else sqrt(log(uniform[:half]) * -2)
        angle = uniform[half:] * np.asarray(2 * math.pi, dtype=dtype)
        first, second = radius * cos(angle), radius * sin(angle)
        if truncate:
            numbers = self._within_two(first, second, angle, dtype, nstreams)
        else:
            numbers = join(0, first, second)
        shape = as_tensor_variable(size)
        length = ndim if ndim is not None else shape.type.shape[0] if isinstance(size, Variable) else len(size)
        wanted = shape.prod() if isinstance(size, Variable) else _product(size)
        standard = numbers[:wanted].reshape(shape, ndim=length)
        return _described(standard * std + avg, uniform)

    def _within_two(self, first: Any, second: Any, angle: Any, dtype: str, nstreams: int | None) -> Any:
        """Two vectors of normal numbers with those beyond 2 replaced, and moved behind the others."""
        outside = [abs_(z) > 2 for z in (first, second)]
        again = [o.nonzero()[0] for o in outside]
        counts = [a.shape[0] for a in again]
        lowest = np.asarray(math.exp(-2.0), dtype=dtype)
        uniform = self._fractions((counts[0] + counts[1],), 1, dtype, MOST_STREAMS if nstreams is None else nstreams)
        radius = sqrt(np.asarray(-2, dtype=dtype) * log(uniform * (np.asarray(1, dtype=dtype) - lowest) + lowest))
        redrawn = [radius[: counts[0]] * cos(angle[again[0]]), radius[counts[0] :] * sin(angle[again[1]])]
        kept = [z[(~o).nonzero()[0]] for z, o in zip((first, second), outside, strict=True)]
        return join(0, kept[0], redrawn[0], kept[1], redrawn[1])

    def truncated_normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None, dtype: str | None = None,
        nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Normal numbers without those beyond 2 deviations, scaled to a standard deviation of about `std`.

        Numbers beyond are drawn anew at their old angle. The original does so, and its numbers are kept; the
        standard deviation comes out 1.2 % above `std`.
        """
        std = as_tensor_variable(std)
        dtype = sample_dtype(dtype, as_tensor_variable(avg), std)
        std = cast(std, dtype) / np.asarray(TRUNCATED_STD, dtype=dtype)
        return self.normal(size, avg, std, ndim, dtype, nstreams, truncate=True, **kwargs)

    def binomial(
        self, size: Any = None, n: int = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64",
        nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """1 with probability `p`, else 0; only for ``n == 1`` trial."""
        if n != 1:
            raise NotImplementedError("MRG_RandomStreams.binomial with n > 1")
        p = _parameter(p)
        uniform = self.uniform(size, ndim=ndim, nstreams=nstreams, **kwargs)
        return _described(cast(lt(uniform, p), sample_dtype(dtype)), uniform)

    def multinomial(
        self, size: Any = None, n: int = 1, pvals: Any = None, ndim: int | None = None, dtype: str = "int64",
        nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """How often each outcome happens in `n` trials, for each row of the matrix of probabilities `pvals`."""
        if size is not None or ndim not in (None, 1):
            raise ValueError("MRG_RandomStreams.multinomial takes its shape from pvals: leave out size and ndim")
        pvals, uniform = self._trials(n, pvals, nstreams, kwargs)
        return _described(MultinomialFromUniform(sample_dtype(dtype))(pvals, uniform, n), uniform)

    def choice(
        self, size: Any = 1, a: Any = None, replace: bool = True, p: Any = None, ndim: int | None = None,
        dtype: str = "int64", nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """`size` different outcomes for each row of the matrix of probabilities `p`; only without replacement."""
        if replace:
            raise NotImplementedError("MRG_RandomStreams.choice draws without replacement only: replace=False")
        if a is not None:
            raise TypeError("MRG_RandomStreams.choice draws numbers of outcomes: leave out a")
        if ndim is not None:
            raise ValueError("MRG_RandomStreams.choice takes its shape from p: leave out ndim")
        if p is None:
            raise TypeError("MRG_RandomStreams.choice needs the probabilities p")
        pvals, uniform = self._trials(size, p, nstreams, kwargs)
        return _described(ChoiceFromUniform(sample_dtype(dtype))(pvals, uniform, size), uniform)

    def multinomial_wo_replacement(
        self, size: Any = None, n: int = 1, pvals: Any = None, ndim: int | None = None, dtype: str = "int64",
        nstreams: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Old name of `choice` without replacement."""
        if size is not None:
            raise ValueError("multinomial_wo_replacement takes its shape from pvals: leave out size")
        return self.choice(n, None, False, pvals, ndim, dtype, nstreams, **kwargs)

    def _trials(self, n: Any, pvals: Any, nstreams: int | None, kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """The probabilities as a matrix, and a uniform number for each row and trial."""
        if pvals is None:
            raise TypeError("You have to specify pvals")
        if isinstance(n, bool) or not (isinstance(n, (int, np.integer)) or _is_integer(n, 0)):
            raise TypeError(f"the number of trials must be an integer, got {n!r}")
        pvals = as_tensor_variable(pvals)
        if pvals.type.ndim != 2:
            raise NotImplementedError(f"the probabilities must be a matrix, got {pvals.type}")
        return pvals, self.uniform((pvals.shape[0] * n,), nstreams=nstreams, **kwargs)


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """The number of substreams for a sample: a sixth of its elements, at most 15360; 15360 if that is unknown.

    Examples
    --------
    >>> guess_n_streams((4,)), guess_n_streams((50, 12)), guess_n_streams((T.iscalar(),))
    (4, 100, 15360)
    """
    if isinstance(size, (tuple, list)) and all(type(n) is int for n in size):
        total = math.prod(size)
        return min(total // SHORTEST if total > SHORTEST else max(total, 1), MOST_STREAMS)
    if warn:
        warn_user(f"the number of substreams is not known for size {size}: {MOST_STREAMS} are used")
    return MOST_STREAMS


def _described(result: Any, sample: Any) -> Any:
    """A result that is made of a sample, with the attributes that tie it to its states."""
    if result is not sample:
        result.rstate, result.update = sample.rstate, sample.update
    return result


def _parameter(value: Any) -> Any:
    """A parameter of a distribution. That a draw follows it is no derivative of the draw, so none is defined."""
    variable: Any = as_tensor_variable(value)
    return variable if isinstance(variable, Constant) else undefined_grad(variable)


def _no_more(kwargs: dict[str, Any]) -> None:
    """Refuse keywords beyond the named ones, but for the device to draw on."""
    if kwargs.pop("target", None) not in (None, "cpu"):
        raise ValueError("random numbers are drawn on the CPU: leave out target")
    if kwargs:
        raise TypeError(f"unexpected keyword argument {next(iter(kwargs))!r}")


def _as_tuple(size: Any) -> Any:
    if isinstance(size, (int, np.integer)) and not isinstance(size, bool):
        return (int(size),)
    if isinstance(size, Variable) and getattr(size.type, "ndim", None) == 0:
        return (size,)
    return tuple(size) if isinstance(size, (list, np.ndarray)) else size


def _checked_size(size: Any) -> Any:
    """`size` if it is a tuple of lengths or an integer vector."""
    if isinstance(size, tuple):
        for n in size:
            known = known_int(n) if isinstance(n, Variable) else n
            if not isinstance(n, (int, np.integer, Variable)) or isinstance(n, bool):
                raise TypeError(f"size must be a tuple of integers and 0-d integer variables, got {size}")
            if isinstance(n, Variable) and not _is_integer(n, 0):
                raise TypeError(f"size must be a tuple of integers and 0-d integer variables, got {size}")
            if known is not None and known <= 0:
                raise ValueError(f"The specified size contains a dimension with value <= 0: {size}")
        return size
    if isinstance(size, Variable) and _is_integer(size, 1):
        if isinstance(size, Constant) and any(n is not None and n <= 0 for n in known_ints(size) or ()):
            raise ValueError(f"The specified size contains a dimension with value <= 0: {size.data}")
        return size
    raise TypeError(f"size must be a tuple of integers or an integer vector, got {size!r}")


def _is_integer(x: Any, ndim: int) -> bool:
    """Whether `x` is a variable of an integer type with `ndim` dimensions."""
    return isinstance(x, Variable) and getattr(x.type, "ndim", None) == ndim and x.type.dtype in INTEGER


def _product(size: tuple[Any, ...]) -> Any:
    if all(isinstance(n, (int, np.integer)) for n in size):
        return math.prod(int(n) for n in size)
    return as_tensor_variable(size).prod()


def _total(size: Any) -> tuple[Any, int | None]:
    """The number of elements rounded up to an even one, as an expression and, if it is known, as an integer."""
    total = as_tensor_variable(size).prod() if isinstance(size, Variable) else _product(size)
    if isinstance(total, int):
        even = total + total % 2
        return even, even
    return total + total % 2, None
