"""Our functions of linear algebra, which `loops.lapack` declares: where they are.

Each type of numbers has a module of its own (`lapack_ir`), compiled once a machine, when the first program that needs
it is linked. It calls the LAPACK that NumPy or SciPy has.
"""

from __future__ import annotations

import ctypes
import functools
import os

from theano.configdefaults import config
from theano.loops import externs
from theano.loops.lapack import KINDS, LETTER, is_declared, name_of
from theano.native import blas, provisional, support
from theano.native.lapack_code import ROUTINES, routine_name
from theano.runtime import abi, cache, jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["NAMES", "address", "is_provisional", "is_there"]

_OPTIONS = jit.Options(passes=("sroa",))
NAMES = {name_of(kind, type_): type_ for type_ in LETTER for kind in KINDS if is_declared(kind, type_)}


def is_there() -> bool:
    """Whether NumPy or SciPy has a LAPACK that can be called."""
    found = {blas.symbol(routine_name(name, type_)) for type_ in LETTER for name in ROUTINES}
    return None not in found and len({s.int_bits for s in found if s is not None}) == 1


def address(name: str) -> int:
    """Where a function is."""
    return _library(NAMES[name], jit.isa(), config.openmp).code.symbols[name]


def is_provisional(name: str) -> bool:
    """Whether its work will be shared once there is a team of threads."""
    return _library(NAMES[name], jit.isa(), config.openmp).is_provisional


class _Library:
    """The module for numbers of a type, whose work is shared by threads or not; it stays as long as the process."""

    def __init__(self, type_: str, isa: Isa, shared: bool) -> None:
        self._shared = shared
        found = [blas.symbol(routine_name(name, type_)) for name in ROUTINES]
        routines = [s for s in found if s is not None]
        assert len(routines) == len(found)
        self._routines = [s.address for s in routines]
        bits = routines[0].int_bits
        exports = ("init", *(name for name, t in NAMES.items() if t == type_))

        def module() -> Module:
            from theano.native.lapack_ir import library_module  # for what the cache has

            return library_module(type_, isa, bits)

        folders = (os.path.dirname(str(m.__file__)) for m in (provisional, abi, externs))
        sources = cache.sources(tuple(folders))
        known_as = "\n".join([sources, "linear algebra", type_, repr(isa), str(bits)]) if sources else ""
        self.code = jit.compile_module(module, _OPTIONS, exports, known_as=known_as)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.code))  # contexts of functions hold addresses in it
        self.is_provisional = support.is_provisional()
        if self.is_provisional:
            provisional.later(self._complete)
        self._start()

    def _start(self) -> None:
        init = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * (1 + len(self._routines)))(self.code.symbols["init"])
        init(support.fixed_words()[abi.CTX["parallel"]] if self._shared else None, *self._routines)

    def _complete(self) -> None:
        self._start()
        self.is_provisional = False


_library = functools.cache(_Library)
