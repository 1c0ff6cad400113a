"""Cross-entropy over so many classes that only a sample of them is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.scalar.dtypes import FLOAT, INTEGER
from theano.tensor.axes import dimshuffle
from theano.tensor.dot import dot
from theano.tensor.fitting import fitting
from theano.tensor.indexing import take
from theano.tensor.math import eq, log, softplus, switch
from theano.tensor.numeric import logsumexp
from theano.tensor.reduction import sum as sum_
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["sampled_softmax_crossentropy"]


def sampled_softmax_crossentropy(
    x: Any, W: Any, b: Any, target: Any, samples: Any, probabilities: Any = None
) -> Any:
    """The cross-entropy of ``softmax(x @ W.T + b)`` with classes, among each row's class and a sample of the others.

    After S. Jean, K. Cho, R. Memisevic, Y. Bengio, "On using very large target vocabulary for neural machine
    translation", ACL 2015, with the correction of scores by ``log(probability)`` of Y. Bengio, J.-S. Senécal,
    "Adaptive importance sampling", 2008. Only rows of `W` that are classes or samples are read, and the gradient is
    zero elsewhere: a step of descent ``W - rate * gradient`` writes only these rows. With more samples the gradient
    comes closer to that of the whole softmax.

    Parameters
    ----------
    x
        (row, feature), floats.
    W
        (class, feature).
    b
        (class,).
    target
        Vector of integers: the class of each row.
    samples
        Vector of integers: classes, drawn with replacement, that all rows share; one or more. In a row whose class is
        drawn, that draw does not count.
    probabilities
        (class,): how likely a draw gives each class. Default: all alike.

    Returns
    -------
    vector
        The cost of each row.

    Raises
    ------
    TypeError
        `x` or `W` is no matrix of floats, `b` or `probabilities` no vector of floats, `target` or `samples` no vector
        of integers.
    IndexError
        When it runs: there is no such class.

    Examples
    --------
    >>> W, b = T.zeros((1000, 2)), T.zeros(1000)
    >>> np.exp(T.nnet.sampled_softmax_crossentropy(T.ones((1, 2)), W, b, [7], [3, 7, 990]).eval())
    array([3.])
    """
    given = {"x": (x, 2, FLOAT), "W": (W, 2, FLOAT), "b": (b, 1, FLOAT)}
    given |= {"target": (target, 1, INTEGER), "samples": (samples, 1, INTEGER)}
    if probabilities is not None:
        given["probabilities"] = (probabilities, 1, FLOAT)
    checked = {name: _checked(name, *row) for name, row in given.items()}
    letters = {"x": "rf", "W": "cf", "b": "c", "target": "r", "samples": "s", "probabilities": "c"}
    sides = {name: (v, letters[name]) for name, v in checked.items()}
    checked["x"] = fitting("sampled_softmax_crossentropy", "x", sides)
    x, W, b, target, samples, *chances = checked.values()
    own = sum_(x * take(W, target, axis=0), axis=1) + take(b, target)
    others = dot(x, dimshuffle(take(W, samples, axis=0), (1, 0))) + dimshuffle(take(b, samples), ("x", 0))
    for chance in chances:
        own, others = own - log(take(chance, target)), others - dimshuffle(log(take(chance, samples)), ("x", 0))
    hit = eq(dimshuffle(target, (0, "x")), dimshuffle(samples, ("x", 0)))
    ahead = others - dimshuffle(own, (0, "x"))
    ahead = switch(hit, constant(np.asarray(-np.inf, ahead.type.dtype)), ahead)
    # -log(e^own / (e^own + sum(e^others)))
    return softplus(logsumexp(ahead, axis=1))


def _checked(name: str, value: Any, ndim: int, dtypes: Any) -> Any:
    v = as_tensor_variable(value)
    if v.type.ndim != ndim or v.type.dtype not in dtypes:
        wanted = f"a {'matrix' if ndim == 2 else 'vector'} of {'floats' if dtypes is FLOAT else 'integers'}"
        raise TypeError(f"sampled_softmax_crossentropy: {name} must be {wanted}, got {v.type}")
    return v
