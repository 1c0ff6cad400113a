"""What ``x[...]`` of a sparse variable is."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Variable
from theano.sparse.indexing import get_item_2d, get_item_list
from theano.sparse.single_elements import get_item_2lists, get_item_scalar


def part_of(x: Any, index: Any) -> Any:
    """``x[index]`` of a sparse variable."""
    entries = index if isinstance(index, tuple) else (index,)
    if len(entries) == 2 and all(_is_single(e) for e in entries):
        return get_item_scalar(x, entries)
    if len(entries) == 2 and all(_is_list(e) for e in entries):
        return get_item_2lists(x, *entries)
    if len(entries) == 1 and _is_list(entries[0]):
        return get_item_list(x, entries[0])
    if len(entries) == 2 and _is_list(entries[0]) and entries[1] == slice(None):
        return get_item_list(x, entries[0])
    return get_item_2d(x, entries)


def _is_single(entry: Any) -> bool:
    if isinstance(entry, Variable):
        return getattr(entry.type, "ndim", None) == 0
    return isinstance(entry, int | np.integer) or (isinstance(entry, np.ndarray) and entry.ndim == 0)


def _is_list(entry: Any) -> bool:
    if isinstance(entry, Variable):
        return getattr(entry.type, "ndim", None) == 1
    return isinstance(entry, list) or (isinstance(entry, np.ndarray) and entry.ndim == 1)
