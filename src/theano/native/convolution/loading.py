"""Our own functions that convolve, which `loops.convolution` declares: where they are.

There is a library for each type of numbers (`convolution_blocks_ir`).
"""

from __future__ import annotations

import functools

from theano.loops.externs import convolution
from theano.native.ir.library import Form, Library
from theano.runtime import jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["address", "is_provisional"]

_TYPE_OF = {name: type_ for type_ in convolution.TYPES for name in convolution.functions_of(type_)}


def address(name: str) -> int:
    """Where the function is."""
    return _library(_TYPE_OF[name], jit.isa()).code.symbols[name]


def is_provisional(name: str) -> bool:
    """Whether `provisional.complete` will replace the function."""
    return _library(_TYPE_OF[name], jit.isa()).is_provisional


@functools.cache
def _library(type_: str, isa: Isa) -> Library:
    """The module for numbers of a type; the first form has tiles of two heights, which add in the same order."""
    exports = convolution.functions_of(type_)

    def form(first: bool) -> Form:
        def module() -> Module:
            from theano.native.convolution.blocks import library_module  # for what the cache has

            return library_module(type_, isa, first)

        return Form(module, exports)

    return Library(f"convolution of {type_}, {isa!r}", form(False), form(True))
