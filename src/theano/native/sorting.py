"""Our own functions that sort, which `loops.sorting` declares: where they are.

There are two modules, for keys of 32 and of 64 bits (`sorting_ir`), compiled once a machine, when the first program
that needs one is linked.
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

__all__ = ["address"]

_OPTIONS = jit.Options(passes=("sroa",))


def address(name: str) -> int:
    """Where the function is."""
    return _library(sorting.modules()[name], jit.isa()).symbols[name]


@functools.cache
def _library(bits: int, isa: Isa) -> jit.CodeObject:
    """The module for keys of so many bits; it stays as long as the process."""
    folders = tuple(os.path.dirname(str(m.__file__)) for m in (provisional, abi, sorting))
    sources = cache.sources(folders)
    known_as = f"{sources}\nsorting by {bits} bits, {isa!r}" if sources else ""

    def module() -> Module:
        from theano.native.sorting_ir import library_module  # for what the cache has

        return library_module(bits, isa)

    names = tuple(name for name, key in sorting.modules().items() if key == bits)
    code = jit.compile_module(module, _OPTIONS, names, known_as=known_as)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts of functions hold addresses in it
    return code
