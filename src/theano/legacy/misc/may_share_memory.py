"""`may_share_memory`: whether two values of any of our types may be in the same memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.sparse.type import SparseType
from theano.sparse.values import is_sparse
from theano.tensor.random.state import RandomStateType

__all__ = ["may_share_memory"]


def may_share_memory(a: Any, b: Any, raise_other_type: bool = True) -> bool:
    """Whether two values may be in the same memory.

    Parameters
    ----------
    a, b
        Arrays, sparse matrices of SciPy, or random states.
    raise_other_type
        Refuse other values; with False the answer is no.

    Raises
    ------
    TypeError
        A value of another type.

    Examples
    --------
    >>> from theano.misc.may_share_memory import may_share_memory
    >>> x = np.zeros((2, 3))
    >>> may_share_memory(x, x.T), may_share_memory(x, x.copy())
    (True, False)
    """
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.may_share_memory(a, b)
    if isinstance(a, np.random.RandomState) and isinstance(b, np.random.RandomState):
        return RandomStateType.may_share_memory(a, b)
    known = [isinstance(x, np.ndarray | np.random.RandomState) or is_sparse(x) for x in (a, b)]
    if raise_other_type and not all(known):
        raise TypeError(f"may_share_memory: arrays, sparse matrices or random states, got {type(a)} and {type(b)}")
    if is_sparse(a) or is_sparse(b):
        return SparseType.may_share_memory(a, b)
    return False
