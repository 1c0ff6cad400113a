"""NumPy's distributions as functions ``(random state, size, parameters) -> (next state, sample)``.

The sample of a state is what `numpy.random.RandomState` in that state would draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from theano.graph.common_text import fill
from theano.scalar.dtypes import FLOAT, INTEGER
from theano.tensor.pointwise.math import cast
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.size import Size, sample_dtype, sample_size
from theano.tensor.type import StaticShape, tensor_type
from theano.tensor.variable import as_tensor_variable

if TYPE_CHECKING:
    from numpy.random import RandomState


def _draw(
    fn: str | Callable[..., Any], state: Any, size: Size, params: list[Any], dtype: str, own: StaticShape = ()
) -> list[Any]:
    """The node: draws of shape `size`, each of shape `own`."""
    kind = tensor_type(dtype, (*size.static, *own))
    made: list[Any] = RandomFunction(fn, kind, ndim_added=len(own))(state, size.vector, *params)
    return made


def _integers(x: Any, what: str) -> Any:
    found: Any = as_tensor_variable(x)
    if found.type.dtype not in INTEGER:
        raise TypeError(f"{what} must be integer, got {found} of dtype {found.type.dtype}")
    return found


def _whole(x: Any, what: str) -> Any:
    # Lengths come as floats, from x.shape[0] / 2 or where a library casts all to floatX.
    found: Any = as_tensor_variable(x)
    return _integers(cast(found, "int64") if found.type.dtype in FLOAT else found, what)


def uniform(
    random_state: Any, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None,
    dtype: str | None = None,
) -> list[Any]:  # fmt: skip
    """Uniformly distributed between `low` and `high`.

    Parameters
    ----------
    <state, size>
    low, high : tensor-like
        The bounds, of which the upper one is never drawn.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = uniform(r, (2,))
    >>> bool((sample.eval() == np.random.RandomState(3).uniform(size=2)).all())
    True
    """
    params = [as_tensor_variable(low), as_tensor_variable(high)]
    return _draw("uniform", random_state, sample_size(size, ndim, params), params, sample_dtype(dtype, *params))


def normal(
    random_state: Any, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
    dtype: str | None = None,
) -> list[Any]:  # fmt: skip
    """Normally distributed with mean `avg` and standard deviation `std`.

    Parameters
    ----------
    <state, size>
    avg, std : tensor-like
        Mean and standard deviation.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = normal(r, (2,))
    >>> bool((sample.eval() == np.random.RandomState(3).normal(size=2)).all())
    True
    """
    params = [as_tensor_variable(avg), as_tensor_variable(std)]
    return _draw("normal", random_state, sample_size(size, ndim, params), params, sample_dtype(dtype, *params))


def binomial(
    random_state: Any, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None, dtype: str = "int64",
    prob: Any = None,
) -> list[Any]:  # fmt: skip
    """The number of successes among `n` trials of probability `p` (`prob` is an old name of it).

    Parameters
    ----------
    <state, size>
    n : tensor-like of integers
        How many trials.
    p, prob : tensor-like
        The probability of success; one name or the other.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = binomial(r, (2,), n=9)
    >>> bool((sample.eval() == np.random.RandomState(3).binomial(9, 0.5, size=2)).all())
    True
    """
    params = [_integers(n, "n"), as_tensor_variable(p if prob is None else prob)]
    return _draw("binomial", random_state, sample_size(size, ndim, params), params, sample_dtype(dtype))


def poisson(
    random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: str = "int64"
) -> list[Any]:
    """Poisson distributed with mean `lam`.

    Parameters
    ----------
    <state, size>
    lam : tensor-like
        The mean.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = poisson(r, (2,))
    >>> bool((sample.eval() == np.random.RandomState(3).poisson(1.0, size=2)).all())
    True
    """
    params = [as_tensor_variable(lam)]
    return _draw("poisson", random_state, sample_size(size, ndim, params), params, sample_dtype(dtype))


def random_integers(
    random_state: Any, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:  # fmt: skip
    """Integers from `low` to `high`, both included; of bounds that are floats, the part before the point.

    Parameters
    ----------
    <state, size>
    low, high : tensor-like
        The least and the largest number.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = random_integers(r, (2,), 1, 6)
    >>> bool((sample.eval() == np.random.RandomState(3).randint(1, 7, size=2)).all())
    True
    """
    params = [_whole(low, "low"), _whole(high, "high")]
    found = sample_size(size, ndim, params)
    return _draw(random_integers_helper, random_state, found, params, sample_dtype(dtype))


def choice(
    random_state: Any, size: Any = None, a: Any = 2, replace: bool = True, p: Any = None,
    ndim: int | None = None, dtype: str = "int64",
) -> list[Any]:  # fmt: skip
    """Numbers below `a` (or elements of the vector `a`), with probabilities `p` (equal ones by default).

    Parameters
    ----------
    <state, size>
    a : int, or tensor-like with at most one axis
        How many numbers, or the elements.
    replace : bool
        Whether a number may come more than once.
    p : tensor-like, optional
        The probability of each.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = choice(r, (2,), 5)
    >>> bool((sample.eval() == np.random.RandomState(3).choice(5, size=2)).all())
    True
    """
    params = [as_tensor_variable(a), as_tensor_variable(int(bool(replace)) if isinstance(replace, bool) else replace)]
    if params[0].type.ndim > 1:
        raise TypeError(f"a must be a number or a vector, got {params[0]} of type {params[0].type}")
    if p is not None:
        params.append(as_tensor_variable(p))
    return _draw(choice_helper, random_state, sample_size(size, ndim), params, sample_dtype(dtype))


def permutation(
    random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: str = "int64"
) -> list[Any]:
    """Permutations of the numbers below `n`: `size` of them, along a new last axis.

    `ndim` does not count that axis, except that one permutation (no `size`) may also be said to have one.

    Parameters
    ----------
    <state, size>
    n : 0-d integer
        How many numbers.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = permutation(r, n=5)
    >>> bool((sample.eval() == np.random.RandomState(3).permutation(5)).all())
    True
    """
    if size is None or (isinstance(size, (tuple, list)) and not size):
        if ndim not in (None, 0, 1):
            raise TypeError(f"one permutation has one dimension, not {ndim}: give a size to have more of them")
        size, ndim = (), 0
    count: Any = _integers(n, "n")
    if count.type.ndim:
        raise TypeError(f"n must be a single number, got {count} of type {count.type}")
    found = sample_size(size, ndim)
    return _draw(permutation_helper, random_state, found, [count], sample_dtype(dtype), (None,))


def multinomial(
    random_state: Any, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: int | None = None,
    dtype: str = "int64",
) -> list[Any]:  # fmt: skip
    """How often each outcome happens in `n` trials; `pvals` holds the probabilities along its last axis.

    Parameters
    ----------
    <state, size>
    n : tensor-like of integers
        How many trials.
    pvals : tensor-like of floats
        The probabilities, with at least one axis.
    <ndim, dtype>

    <returns>

    Examples
    --------
    >>> r = theano.shared(np.random.RandomState(3))
    >>> new, sample = multinomial(r, n=9)
    >>> bool((sample.eval() == np.random.RandomState(3).multinomial(9, [0.5, 0.5])).all())
    True
    """
    trials: Any = _integers(n, "n")
    probabilities: Any = as_tensor_variable(list(pvals) if isinstance(pvals, tuple) else pvals)
    if probabilities.type.ndim < 1:
        raise TypeError("pvals needs at least one dimension")
    found = sample_size(size, ndim, [trials, probabilities[..., 0]] if probabilities.type.ndim > 1 else [trials])
    outcomes = probabilities.type.shape[-1]
    return _draw(multinomial_helper, random_state, found, [trials, probabilities], sample_dtype(dtype), (outcomes,))


# -- draws that NumPy makes one at a time -------------------------------------------------------------------


def random_integers_helper(random_state: RandomState, low: Any, high: Any, size: Any) -> np.ndarray:
    """Integers from `low` to `high`, included, element by element in C order.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        What is drawn from.
    low, high : integers
        The least and the largest number.
    size : tuple of int, or None
        The shape; None: that of the parameters.

    Returns
    -------
    numpy.ndarray
        Of int64.

    Examples
    --------
    >>> random_integers_helper(np.random.RandomState(3), 5, 5, (2,))
    array([5, 5])
    """
    low, high = np.asarray(low), np.asarray(high)
    if low.ndim == high.ndim == 0:
        return np.asarray(random_state.randint(int(low), int(high) + 1, size=size, dtype="int64"))
    shape = np.broadcast_shapes(low.shape, high.shape) if size is None else size
    pairs = np.broadcast(np.broadcast_to(low, shape), np.broadcast_to(high, shape))
    drawn = [random_state.randint(int(a), int(b) + 1, dtype="int64") for a, b in pairs]
    return np.asarray(drawn, dtype="int64").reshape(shape)


def choice_helper(random_state: RandomState, a: Any, replace: Any, *rest: Any) -> np.ndarray:
    """NumPy's choice; `rest` is ``([p,] size)``.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        What is drawn from.
    a : int or array
        How many numbers, or the elements.
    replace : bool
        Whether a number may come more than once.
    *rest : array, and tuple of int or None
        The probabilities, if they are not equal; the shape.

    Returns
    -------
    numpy.ndarray
        Of the dtype of the elements.

    Examples
    --------
    >>> sorted(choice_helper(np.random.RandomState(3), 3, False, (3,)).tolist())
    [0, 1, 2]
    """
    *p, size = rest
    pool = int(a) if np.ndim(a) == 0 else a
    return np.asarray(random_state.choice(pool, size=size, replace=bool(replace), p=p[0] if p else None))


def permutation_helper(random_state: RandomState, n: Any, shape: Any) -> np.ndarray:
    """One permutation of ``range(n)`` for each element of `shape`, along a new last axis.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        What is drawn from.
    n : int
        How many numbers.
    shape : tuple of int, or None
        How many permutations; None: one.

    Returns
    -------
    numpy.ndarray
        ``(*shape, n)``, of int64.

    Examples
    --------
    >>> sorted(permutation_helper(np.random.RandomState(3), 3, None).tolist())
    [0, 1, 2]
    """
    shape = () if shape is None else shape
    drawn = np.empty((*shape, int(n)), dtype="int64")
    for place in np.ndindex(*shape):
        drawn[place] = random_state.permutation(int(n))
    return drawn


def multinomial_helper(random_state: RandomState, n: Any, pvals: Any, size: Any) -> np.ndarray:
    """A draw for each element of `size`, with the `n` and the row of `pvals` that belong to it.

    Parameters
    ----------
    random_state : numpy.random.RandomState
        What is drawn from.
    n : integers
        How many trials.
    pvals : array of floats
        The probabilities, along the last axis.
    size : tuple of int, or None
        The shape; None: that of the parameters.

    Returns
    -------
    numpy.ndarray
        The counts, of int64.

    Examples
    --------
    >>> multinomial_helper(np.random.RandomState(3), 7, np.array([0.0, 1.0]), None)
    array([0, 7])
    """
    # sums of float32 probabilities may exceed 1 by their rounding
    rounded = pvals.dtype != np.float64
    n, pvals = np.asarray(n), np.asarray(pvals, dtype="float64")
    shape = np.broadcast_shapes(n.shape, pvals.shape[:-1]) if size is None else size
    n, pvals = np.broadcast_to(n, shape), np.broadcast_to(pvals, (*shape, pvals.shape[-1]))
    drawn = np.empty((*shape, pvals.shape[-1]), dtype="int64")
    for place in np.ndindex(*shape):
        row = pvals[place]
        drawn[place] = random_state.multinomial(int(n[place]), row / max(row.sum(), 1.0) if rounded else row)
    return drawn


fill(globals(), {
    "<state, size>": """\
random_state : variable
    Of the type `random_state_type`: a shared `numpy.random.RandomState`.
size : sequence of integers or 0-d integer tensors, integer vector, or None
    The shape of the sample; None: that of the parameters.""",
    "<ndim, dtype>": """\
ndim : int, optional
    The length of `size`, where it is a vector of unknown length.
dtype : str, optional
    Of the sample.""",
    "<returns>": """\
Returns
-------
list of Variable
    The state after the draw, and the sample.

Raises
------
TypeError
    `size` is not made of integers, or a parameter is of a type that it can't have.
ValueError
    The number of axes is not known, or too small for the parameters.""",
})  # fmt: skip
