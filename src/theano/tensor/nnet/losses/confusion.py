"""The confusion matrix of two labelings."""

from __future__ import annotations

from typing import Any

from theano.graph import Variable
from theano.graph.common_text import fill
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.linalg.dot import dot
from theano.tensor.pointwise.math import cast, eq
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.join import concatenate
from theano.tensor.sorting.ordered import Unique
from theano.tensor.variable import as_tensor_variable


def confusion_matrix(actual: Any, pred: Any) -> tuple[Variable, Variable]:
    """How often each label of `actual` (rows) was predicted as each label of `pred` (columns).

    Parameters
    ----------
    actual, pred : tensor_like
        Vectors of equally many labels, of any dtype.

    Returns
    -------
    matrix, labels : the counts, and the sorted labels of rows and columns

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is no vector.

    Examples
    --------
    >>> counts, labels = confusion_matrix(T.constant([0, 1, 1]), T.constant([0, 0, 1]))
    >>> counts.eval()
    array([[1, 0],
           [1, 1]])

    References
    ----------
    ``c[i, j] = how many k with actual[k] == order[i] and pred[k] == order[j]``, as
    `sklearn.metrics.confusion_matrix`.
    """
    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    for what, v in (("actual", actual), ("pred", pred)):
        if v.type.ndim != 1:
            raise ValueError(f"{what} must be 1-d tensor variable, got {v.type}")
    actual = fitting("confusion_matrix", "actual", {"actual": (actual, "n"), "pred": (pred, "n")})
    labels = Unique()(concatenate([actual, pred]))
    of_actual = cast(eq(dimshuffle(actual, (0, "x")), dimshuffle(labels, ("x", 0))), "int64")
    of_pred = cast(eq(dimshuffle(pred, (0, "x")), dimshuffle(labels, ("x", 0))), "int64")
    return dot(dimshuffle(of_actual, (1, 0)), of_pred), labels


fill(globals())
