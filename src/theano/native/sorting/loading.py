"""Our own functions that sort, which `loops.sorting` declares: where they are.

There is a library for each type of keys (`sorting_ir`).
"""

from __future__ import annotations

import functools

from theano.loops.externs import sorting
from theano.native.ir.library import Form, Library
from theano.runtime import jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["address", "is_provisional"]

_FIRST = jit.Options(level=0, passes=("sroa",))
_WELL = jit.Options(passes=("sroa",))


def address(name: str) -> int:
    """Where the function is."""
    return _library(sorting.modules()[name], jit.isa()).code.symbols[name]


def is_provisional(name: str) -> bool:
    """Whether `provisional.complete` will replace the function."""
    return _library(sorting.modules()[name], jit.isa()).is_provisional


@functools.cache
def _library(keys: str, isa: Isa) -> Library:
    """The module for keys of a type; the first form is without networks: all sort alike."""
    exports = tuple(name for name, key in sorting.modules().items() if key == keys)

    def form(first: bool, options: jit.Options) -> Form:
        def module() -> Module:
            from theano.native.sorting.functions import library_module  # for what the cache has

            return library_module(keys, isa, first)

        return Form(module, exports, options)

    return Library(f"sorting by {keys}, {isa!r}", form(False, _WELL), form(True, _FIRST))
