"""Arrays of exactly the dtype that is asked for."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from theano.base.flag_table import config


def _asarray(a: Any, dtype: Any, order: Literal["C", "F", "A", "K"] | None = None) -> np.ndarray:
    """`a` as an array of `dtype` (``'floatX'`` too), not copied where it is one.

    NumPy may have two dtypes for one kind of number, such as ``longlong`` beside ``int64``, which are equal but not the
    same to compiled code; the result has the very one that `dtype` names.

    Examples
    --------
    >>> _asarray([1, 2], "float32")
    array([1., 2.], dtype=float32)
    """
    wanted = np.dtype(config.floatX if isinstance(dtype, str) and dtype == "floatX" else dtype)
    result = np.asarray(a, dtype=wanted, order=order)
    return result if result.dtype.num == wanted.num else result.view(wanted)
