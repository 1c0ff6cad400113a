"""Cross-entropy over so many classes that only a sample of them is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.scalar.dtypes import FLOAT, INTEGER
from theano.tensor.checks.shape_agreement import Condition, fitting
from theano.tensor.indexing.indexing import take
from theano.tensor.linalg.dot import dot
from theano.tensor.pointwise.math import and_, eq, ge, log, lt, softplus, switch
from theano.tensor.reductions.numeric import logsumexp
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i
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
    ValueError
        Lengths differ, or there are no samples; also when it runs.
    IndexError
        When it runs: there is no such class; negative numbers don't count from the end.

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
    classes = shape_i(checked["W"], 0)
    required: list[Condition] = [
        (all_(and_(ge(v, 0), lt(v, classes))), f"each of {name} must be from 0 to W.shape[0] - 1", IndexError)
        for name, v in checked.items() if name in ("target", "samples")
    ]  # fmt: skip
    required.append((ge(shape_i(checked["samples"], 0), 1), "there must be a sample", ValueError))
    places = ("x", "target", "samples")  # one of which each gradient meets before it reads rows
    checked |= {name: fitting("sampled_softmax_crossentropy", name, sides, required) for name in places}
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
