"""A softmax in two levels, for very many outputs."""

from __future__ import annotations

from typing import Any

from theano.graph.common_text import fill
from theano.tensor.checks.shape_agreement import Condition, fitting
from theano.tensor.linalg.dot import batched_dot, dot, tensordot
from theano.tensor.making.ranges import arange
from theano.tensor.nnet.softmax import softmax
from theano.tensor.pointwise.math import and_, cast, eq, ge, lt
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import shape_i
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
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        When it runs: lengths don't fit, or are not `batch_size`, `n_classes` and `n_outputs_per_class`; or there are
        fewer than `n_outputs` in these classes.
    IndexError
        When it runs: there is no such output.

    Examples
    --------
    >>> h_softmax(T.matrix(), 2, 6, 2, 3, T.matrix(), T.vector(), T.tensor3(), T.matrix()).ndim
    2

    References
    ----------
    J. Goodman, "Classes for fast maximum entropy training", 2001.
    """
    given = {"x": (x, "rf"), "W1": (W1, "fc"), "b1": (b1, "c"), "W2": (W2, "cfo"), "b2": (b2, "co")}
    if target is not None:
        given["target"] = (flatten(as_tensor_variable(target)), "r")
    sides = {name: (as_tensor_variable(v), letters) for name, (v, letters) in given.items()}
    lengths = {"batch_size": (batch_size, "x", 0), "n_classes": (n_classes, "b2", 0),
               "n_outputs_per_class": (n_outputs_per_class, "b2", 1)}  # fmt: skip
    required: list[Condition] = [
        (eq(shape_i(sides[name][0], axis), n), f"{what} must be {name}.shape[{axis}]", ValueError)
        for what, (n, name, axis) in lengths.items()
    ]
    enough = ge(cast(n_classes, "int64") * n_outputs_per_class, n_outputs)  # 20 is int8, and 20 * 15 is not
    required.append((enough, "n_classes * n_outputs_per_class must be n_outputs at least", ValueError))
    if target is not None:
        asked = sides["target"][0]
        known = all_(and_(ge(asked, 0), lt(asked, n_outputs)))
        required.append((known, "each of target must be from 0 to n_outputs - 1", IndexError))
    x = fitting("h_softmax", "x", sides, required)
    W1, W2, b2 = (sides[name][0] for name in ("W1", "W2", "b2"))
    b1 = fitting("h_softmax", "b1", sides)
    of_class = softmax(dot(x, W1) + b1)
    if target is None:
        within = tensordot(x, W2, [[1], [1]]) + dimshuffle(b2, ("x", 0, 1))
        within = reshape(softmax(reshape(within, (-1, n_outputs_per_class))), (batch_size, n_classes, -1))
        return reshape(dimshuffle(of_class, (0, 1, "x")) * within, (batch_size, -1))[:, :n_outputs]
    target = sides["target"][0]
    c, k = target // n_outputs_per_class, target % n_outputs_per_class
    within = softmax(batched_dot(x, W2[c]) + b2[c])
    rows = arange(batch_size)
    return of_class[rows, c] * within[rows, k]


fill(globals())
