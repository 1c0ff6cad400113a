"""Arrays as compiled code takes them: plain, of the declared type, apart from what a call writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.native.support import loading
from theano.runtime import abi


def is_plain(value: Any, spec: abi.ArraySpec | None = None) -> bool:
    """Whether compiled code takes a value as it is."""
    return (
        type(value) is np.ndarray and value.flags.c_contiguous and value.flags.aligned and value.dtype.isnative
        and (spec is None or (value.dtype.name == spec.dtype and value.ndim == spec.ndim and _fits(value, spec)))
    )  # fmt: skip


def clean(value: Any, spec: Any, updated: Sequence[np.ndarray]) -> Any:
    """A plain array with the same numbers, apart from the memory that is about to be written."""
    if not isinstance(spec, abi.ArraySpec):
        return value
    if is_plain(value, spec) and not any(np.may_share_memory(value, a) for a in updated):
        return value
    return _copied(value, spec)


def _copied(value: Any, spec: abi.ArraySpec) -> np.ndarray:
    array = np.array(value, dtype=spec.dtype, order="C", copy=True, subok=False)
    if array.ndim != spec.ndim:
        raise TypeError(f"Wrong number of dimensions: expected {spec.ndim}, got {array.ndim}")
    if not _fits(array, spec):
        raise TypeError(
            "Non-unit value on shape on a broadcastable dimension. "
            f"The shape is {array.shape}, declared is {spec.broadcastable}"
        )
    return array


def _fits(array: np.ndarray, spec: abi.ArraySpec) -> bool:
    """Whether all axes that are declared broadcastable have length 1."""
    return all(n == 1 or not one for one, n in zip(spec.broadcastable, array.shape, strict=True))


def clean_storages(storages: Sequence[list[Any]], specs: Sequence[Any]) -> list[np.ndarray]:
    """Make the content of every storage one that the entry takes; the arrays that will be written to."""
    arrays: list[np.ndarray] = []
    updated: list[np.ndarray] = []
    for storage, spec in zip(storages, specs, strict=True):
        if isinstance(spec, abi.ArraySpec):
            value = storage[0]
            shared = any(np.may_share_memory(value, a) for a in (arrays if spec.updated else updated))
            if not is_plain(value, spec) or shared or (spec.updated and not value.flags.writeable):
                with loading.Using(storage, update=True):  # in the middle of no other program's updates
                    value = storage[0] = _copied(storage[0], spec)
            arrays.append(value)
            if spec.updated:
                updated.append(value)
    return updated
