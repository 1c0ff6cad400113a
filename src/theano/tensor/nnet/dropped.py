"""Dropout: elements that are left out by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Constant
from theano.graph.shown import shown
from theano.scalar.dtypes import FLOAT
from theano.tensor.checks.declared_shapes import addbroadcast
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.pointwise.math import and_, cast, ge, le, switch
from theano.tensor.reductions.careduce import different_axes
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["dropout"]


def dropout(x: Any, p: Any, streams: Any, same_along: int | Sequence[int] = ()) -> Any:
    """`x`, each element of which is 0 with probability `p`, and else divided by ``1 - p``: the expected value is kept.

    After N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014. A network is
    used without it: make the expression once more without `dropout`, or with a variable `p` that is 0 then.

    Parameters
    ----------
    x
        Tensor of floats.
    p
        A number from 0 to 1.
    streams
        `theano.random.PhiloxRandomStreams`, whose samples are computed in the loop that uses them and do not depend on
        threads, or other random streams.
    same_along
        Axes along which all elements share one chance: ``(2, 3)`` leaves out whole channels of images.

    Returns
    -------
    tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not of floats, or `p` is no number.
    ValueError
        `p` is not from 0 to 1, also when it runs; or an axis is named twice.

    Examples
    --------
    >>> streams = theano.random.PhiloxRandomStreams(seed=1)
    >>> f = theano.function([], T.nnet.dropout(T.ones((2, 4)), 0.5, streams))
    >>> f()
    array([[0., 0., 0., 2.],
           [0., 2., 2., 2.]])
    """
    x = as_tensor_variable(x)
    if x.type.dtype not in FLOAT:
        raise TypeError(f"dropout: x must be a tensor of floats, got {x.type}")
    p = as_tensor_variable(p)
    if p.type.ndim != 0:
        raise TypeError(f"dropout: p must be a number, got {p.type}")
    possible = "p is the probability to be left out and must be from 0 to 1"
    if not isinstance(p, Constant):
        within = and_(ge(p, 0), le(p, 1))
        p = fitting("dropout", "p", {"p": (p, ""), "x": (x, [""] * x.type.ndim)}, [(within, possible, ValueError)])
    elif not 0 <= p.data <= 1:
        raise ValueError(f"dropout: {possible}, got {p.data}")
    if not hasattr(streams, "gen") and not hasattr(streams, "state_updates"):
        raise TypeError(
            f"dropout: streams must be random streams, not {shown(streams)}: "
            "write theano.random.PhiloxRandomStreams(seed=1)"
        )
    axes = tuple(same_along) if isinstance(same_along, Sequence) else (same_along,)
    along = different_axes("dropout", axes, x.type.ndim) or ()
    kept_share = constant(np.asarray(1.0)) - cast(p, "float64")
    size = tuple([1 if i in along else shape_i(x, i) for i in range(x.type.ndim)])
    kept = streams.binomial(size=size, n=1, p=kept_share, ndim=x.type.ndim, dtype="int8")
    # What is left out is not multiplied with 0: it may be infinite, and with p = 1 it is divided by 0.
    kept = addbroadcast(kept, *along)
    return switch(kept, x / cast(kept_share, x.type.dtype), constant(np.asarray(0, x.type.dtype)))
