"""Attention: averages of values by how well keys fit queries."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.scalar.dtypes import DISCRETE, FLOAT
from theano.tensor.checks.shape_agreement import Argument, all_fitting
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.matrices import transposed
from theano.tensor.making.ranges import arange
from theano.tensor.nnet.softmax import softmax
from theano.tensor.pointwise.math import cast, ge, neq, sqrt, switch
from theano.tensor.reductions.reduction import any as any_
from theano.tensor.shaping.axes import dimshuffle, shape_padleft
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["attention"]


def attention(
    query: Any, key: Any, value: Any, mask: Any = None, causal: bool = False, scale: Any = None
) -> Any:
    """``softmax(scale * query @ key') @ value``, for each matrix of a stack: an average of values for each query.

    After A. Vaswani et al., "Attention is all you need", NeurIPS 2017. The products read transposed operands where they
    lie; scale, mask and softmax are one loop over the rows of scores.

    Parameters
    ----------
    query
        (…, query, feature), floats. Any number of axes may stand for ``…``: rows of a batch, heads.
    key
        (…, key, feature). The axes before the last two have the lengths of those of `query`.
    value
        (…, key, element).
    mask
        (…, query, key), of booleans or integers: a query sees a key where it is true, not zero. It broadcasts where its
        type has length 1, and axes in front may be missing.
    causal
        Whether a query sees only keys up to its own place, counted from the end: the last query sees all keys.
    scale
        A number; default: 1 over the square root of the number of features.

    Returns
    -------
    tensor
        (…, query, element). Where a query sees no key: zeros, with gradients that are zero.

    Raises
    ------
    TypeError
        One of the three is not of floats, `mask` not of booleans or integers, or `scale` is no number.
    ValueError
        They have different numbers of axes or less than two, or `mask` has more.

    Examples
    --------
    >>> q = k = T.constant(np.eye(3)[None])
    >>> T.nnet.attention(q, k, T.constant([[[1.0], [2.0], [4.0]]]), causal=True, scale=0.0).eval()[0]
    array([[1.        ],
           [1.5       ],
           [2.33333333]])
    """
    names = ("query", "key", "value")
    parts = [as_tensor_variable(v) for v in (query, key, value)]
    for name, v in zip(names, parts, strict=True):
        if v.type.dtype not in FLOAT:
            raise TypeError(f"attention: {name} must be a tensor of floats, got {v.type}")
    ndim = parts[0].type.ndim
    if ndim < 2 or any(v.type.ndim != ndim for v in parts):
        kinds = ", ".join(str(v.type) for v in parts)
        raise ValueError(f"attention: query, key and value must have equally many axes, two or more; got {kinds}")
    scale = None if scale is None else as_tensor_variable(scale)
    if scale is not None and any(n != 1 for n in scale.type.shape):
        raise TypeError(f"attention: scale must be a number, got {scale.type}: multiply query by other factors")
    if mask is not None:
        mask = as_tensor_variable(mask)
        if mask.type.dtype not in DISCRETE:
            raise TypeError(
                f"attention: mask must be of booleans or integers, not zero where a query sees a key, got {mask.type}. "
                "Of one that others add to scores, 0 and -inf, that is T.ge(mask, 0); of ones and zeros T.neq(mask, 0)"
            )
        if mask.type.ndim > ndim:
            raise ValueError(f"attention: mask has {mask.type.ndim} axes, more than the {ndim} of the scores")
    front = [str(a) for a in range(ndim - 2)]
    letters = {"query": (*front, "q", "f"), "key": (*front, "k", "f"), "value": (*front, "k", "e")}
    sides: dict[str, Argument] = {name: (v, letters[name]) for name, v in zip(names, parts, strict=True)}
    if mask is not None:
        sides["mask"] = (mask, (*front, "q", "k")[ndim - mask.type.ndim :])
    # Gradients meet some of them only; what is made of a mask alone, and of lengths, is computed before the scores.
    q, k, v, *masks = all_fitting("attention", sides)
    mask = masks[0] if masks else None
    if scale is None:
        scale = 1 / sqrt(cast(shape_i(q, ndim - 1), q.type.dtype))
    scores = matmul(q, transposed(k)) * cast(as_tensor_variable(scale), q.type.dtype)
    seen, some = _seen(mask, causal, scores), None
    if seen is not None:
        # A row without any key has no softmax: it gets that of all keys, which is thrown away behind the product.
        some = any_(seen, axis=-1, keepdims=True)
        scores = switch(seen | ~some, scores, constant(np.asarray(-np.inf, scores.type.dtype)))
    found = matmul(softmax(scores, axis=-1), v)
    return found if some is None else switch(some, found, constant(np.asarray(0, found.type.dtype)))


def _seen(mask: Any, causal: bool, scores: Any) -> Any:
    """Where queries see keys, broadcasting against `scores`; None if they see all."""
    found = None
    ndim = scores.type.ndim
    if mask is not None:
        found = neq(shape_padleft(mask, ndim - mask.type.ndim), 0)
    if causal:
        queries, keys = (shape_i(scores, ndim - k) for k in (2, 1))
        last = dimshuffle(arange(queries) + (keys - queries), (0, "x"))
        early = ge(last, dimshuffle(arange(keys), ("x", 0)))
        early = shape_padleft(early, ndim - 2) if ndim > 2 else early
        found = early if found is None else found & early
    return found
