"""Our own functions that convolve, which `loops.convolution` declares: where they are.

There is a module for each type of numbers (`convolution_blocks_ir`), compiled once a machine, when the first program
that needs it is linked.
"""

from __future__ import annotations

import ctypes
import functools
import os

from theano.loops import convolution
from theano.native import provisional
from theano.runtime import abi, cache, jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["address", "is_provisional"]

_OPTIONS = jit.Options(passes=("sroa",))
_TYPE_OF = {name: type_ for type_ in convolution.TYPES for name in convolution.functions_of(type_)}


def address(name: str) -> int:
    """Where the function is."""
    return _library(_TYPE_OF[name], jit.isa()).code.symbols[name]


def is_provisional(name: str) -> bool:
    """Whether `provisional.complete` will replace the function."""
    return _library(_TYPE_OF[name], jit.isa()).is_provisional


class _Library:
    """The module for numbers of a type; it stays as long as the process.

    Where the cache has nothing, it is provisional at first: tiles of two heights, which add in the same order.
    """

    def __init__(self, type_: str, isa: Isa) -> None:
        self._type, self._isa = type_, isa
        self._exports = convolution.functions_of(type_)
        known_as = self._known_as(False)
        kept = jit.kept_module(known_as, _OPTIONS, self._exports) if known_as else None
        self.is_provisional = kept is None
        self.code = self._held(kept or self._compiled(True))
        if self.is_provisional:
            provisional.later(self._complete)

    def _known_as(self, first: bool) -> str:
        """What the text follows from, or "" where that can't be told."""
        folders = (os.path.dirname(str(m.__file__)) for m in (provisional, abi, convolution))
        sources = cache.sources(tuple(folders))
        return f"{sources}\nconvolution of {self._type}, {self._isa!r}, {first}" if sources else ""

    def _compiled(self, first: bool) -> jit.CodeObject:
        def module() -> Module:
            from theano.native.convolution_blocks_ir import library_module  # for what the cache has

            return library_module(self._type, self._isa, first)

        return jit.compile_module(module, _OPTIONS, self._exports, known_as=self._known_as(first))

    def _held(self, code: jit.CodeObject) -> jit.CodeObject:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts of functions hold addresses in it
        return code

    def _complete(self) -> None:
        self.code = self._held(self._compiled(False))
        self.is_provisional = False


_library = functools.cache(_Library)
