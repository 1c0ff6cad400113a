"""Texts of values that do not depend on where they are in memory."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from theano.base.digest import blake2b

__all__ = ["hex_digest", "position_independent_str"]


def hex_digest(x: Any) -> str:
    """A digest of an array: of its bytes, strides and shape; of anything else, of its text.

    Parameters
    ----------
    x
        Anything.

    Returns
    -------
    str
        The digest.

    Examples
    --------
    >>> hex_digest(np.arange(3)) == hex_digest(np.arange(3)), hex_digest(np.ones(2)) == hex_digest(np.ones((2, 1)))
    (True, False)
    """
    if not isinstance(x, np.ndarray | np.generic):
        return blake2b(position_independent_str(x).encode()).hexdigest()
    array = np.asarray(x)
    digest = blake2b(array.tobytes()).hexdigest()
    return f"{digest}|strides={list(array.strides)}|shape={list(array.shape)}"


def position_independent_str(obj: Any) -> str:
    """The text of a value without addresses: of a variable, its place in the graph in words; of others, ``str`` without
    ``0x...``.

    Parameters
    ----------
    obj
        Anything.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> position_independent_str(object())
    '<object object at ...>'
    """
    return re.sub(r"0x[0-9a-fA-F]+", "...", str(obj))
