"""Names with an underscore of `theano.sparse.basic` that older programs import."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Variable
from theano.sparse.values import matrix_class
from theano.tensor.type import TensorType

__all__: list[str] = []


def is_dense(x: Any) -> bool:
    """Whether a value is an array of NumPy.

    Examples
    --------
    >>> is_dense(np.eye(2))
    True
    """
    return isinstance(x, np.ndarray)


def is_dense_variable(x: Any) -> bool:
    """Whether `x` is a tensor variable.

    Examples
    --------
    >>> is_dense_variable(T.matrix())
    True
    """
    return isinstance(x, Variable) and isinstance(x.type, TensorType)


def __getattr__(name: str) -> Any:
    """`mtypes`, the classes of SciPy that have variables of all operations, and `mtype_to_str`, their formats."""
    if name not in ("mtypes", "mtype_to_str"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    classes = {matrix_class(format): format for format in ("csc", "csr")}
    return classes if name == "mtype_to_str" else list(classes)
