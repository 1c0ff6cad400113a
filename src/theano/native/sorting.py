"""Our own functions that sort, which `loops.sorting` declares: where they are.

There is a module for each type of keys (`sorting_ir`), compiled once a machine, when the first program that needs it is
linked.
"""

from __future__ import annotations

import ctypes
import functools
import os

from theano.loops import sorting
from theano.native import provisional
from theano.runtime import abi, cache, jit
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


class _Library:
    """The module for keys of a type; it stays as long as the process.

    Where the cache has nothing, it is provisional at first, without networks: all sort alike.
    """

    def __init__(self, keys: str, isa: Isa) -> None:
        self._keys, self._isa = keys, isa
        self._exports = tuple(name for name, key in sorting.modules().items() if key == keys)
        known_as = self._known_as(False)
        kept = jit.kept_module(known_as, _WELL, self._exports) if known_as else None
        self.is_provisional = kept is None
        self.code = self._held(kept or self._compiled(True))
        if self.is_provisional:
            provisional.later(self._complete)

    def _known_as(self, first: bool) -> str:
        """What the text follows from, or "" where that can't be told."""
        folders = (os.path.dirname(str(m.__file__)) for m in (provisional, abi, sorting))
        sources = cache.sources(tuple(folders))
        return f"{sources}\nsorting by {self._keys}, {self._isa!r}, {first}" if sources else ""

    def _compiled(self, first: bool) -> jit.CodeObject:
        def module() -> Module:
            from theano.native.sorting_ir import library_module  # for what the cache has

            return library_module(self._keys, self._isa, first)

        options = _FIRST if first else _WELL
        return jit.compile_module(module, options, self._exports, known_as=self._known_as(first))

    def _held(self, code: jit.CodeObject) -> jit.CodeObject:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts of functions hold addresses in it
        return code

    def _complete(self) -> None:
        self.code = self._held(self._compiled(False))
        self.is_provisional = False


_library = functools.cache(_Library)
