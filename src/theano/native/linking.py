"""Where the external functions of programs are, by the sources that `loops.externs` names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from theano.base.record import Record
from theano.loops.externs.table import EXTERNS
from theano.native.linalg import loading
from theano.native.products import blas
from theano.native.products import loading as product
from theano.native.sorting import loading as sorting

__all__ = ["SOURCES", "Source", "address", "is_missing_at_first", "is_provisional"]


def _never(name: str) -> bool:
    return False


class Source(Record):
    """Who knows functions by their names.

    Parameters
    ----------
    address : where a function is.
    is_provisional : whether `provisional.complete` will replace it.
    is_missing_at_first : whether provisional code lacks it.
    """

    address: Callable[[str], int]
    is_provisional: Callable[[str], bool] = _never
    is_missing_at_first: Callable[[str], bool] = _never


def _routine(name: str) -> int:
    """A routine of BLAS or LAPACK."""
    found = blas.symbol(name)
    if found is None:
        raise LookupError(f"no library of this process has the routine {name}")
    return found.address


def _later(module: str, function: str) -> Callable[[str], Any]:
    """A function of a module that is loaded when it is asked."""

    def ask(name: str) -> Any:
        return getattr(import_module(f"theano.native.{module}"), function)(name)

    return ask


SOURCES = {
    "products": Source(product.address, product.is_provisional, product.is_of_loops),
    "lapack": Source(loading.address, loading.is_provisional),
    "blas": Source(_routine),
    "sorting": Source(sorting.address, sorting.is_provisional),
    "convolution": Source(_later("convolution.loading", "address"), _later("convolution.loading", "is_provisional")),
    "functions of users": Source(_later("foreign", "address")),
}


def _source(name: str) -> Source:
    return SOURCES[EXTERNS[name].source]


def address(name: str) -> int:
    """Where a function is now (not `is_missing_at_first` in provisional code)."""
    return _source(name).address(name)


def is_provisional(name: str) -> bool:
    """Whether `provisional.complete` will replace a function."""
    return _source(name).is_provisional(name)


def is_missing_at_first(name: str) -> bool:
    """Whether provisional code lacks a function."""
    return _source(name).is_missing_at_first(name)
