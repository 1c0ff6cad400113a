"""A softmax in two levels, for very many outputs."""

from __future__ import annotations

from typing import Any

from theano.graph.common_text import fill
from theano.tensor.axes import dimshuffle
from theano.tensor.dot import batched_dot, dot, tensordot
from theano.tensor.nnet.softmax import softmax
from theano.tensor.ranges import arange
from theano.tensor.reshaping import flatten, reshape
from theano.tensor.variable import as_tensor_variable


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Any:
    """The probability of an output as that of its class times that within the class.

    Output `k` is number ``k % n_outputs_per_class`` of class ``k // n_outputs_per_class``.

    Parameters
    ----------
    x : (batch_size, features)
        Floats: what is classified.
    batch_size, n_outputs, n_classes, n_outputs_per_class : int or 0-d integer tensor
        How many rows, outputs, classes, and outputs of each class; ``n_classes * n_outputs_per_class >= n_outputs``.
    W1, b1 : (features, n_classes), (n_classes,)
        Weights and biases of the classes.
    W2, b2 : (n_classes, features, n_outputs_per_class), (n_classes, n_outputs_per_class)
        Weights and biases of the outputs within each class.
    target : vector of outputs, optional
        Integers (batch_size,): which output of each row is asked for.

    Returns
    -------
    The probabilities of the targets (batch_size,), or without target of all outputs (batch_size, n_outputs).

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> h_softmax(T.matrix(), 2, 6, 2, 3, T.matrix(), T.vector(), T.tensor3(), T.matrix()).ndim
    2

    References
    ----------
    J. Goodman, "Classes for fast maximum entropy training", 2001.
    """
    x, W2, b2 = as_tensor_variable(x), as_tensor_variable(W2), as_tensor_variable(b2)
    of_class = softmax(dot(x, W1) + b1)
    if target is None:
        within = tensordot(x, W2, [[1], [1]]) + dimshuffle(b2, ("x", 0, 1))
        within = reshape(softmax(reshape(within, (-1, n_outputs_per_class))), (batch_size, n_classes, -1))
        return reshape(dimshuffle(of_class, (0, 1, "x")) * within, (batch_size, -1))[:, :n_outputs]
    target = flatten(as_tensor_variable(target))
    c, k = target // n_outputs_per_class, target % n_outputs_per_class
    within = softmax(batched_dot(x, W2[c]) + b2[c])
    rows = arange(batch_size)
    return of_class[rows, c] * within[rows, k]


fill(globals())
