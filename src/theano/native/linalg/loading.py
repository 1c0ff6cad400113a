"""Our functions of linear algebra, which `loops.lapack` declares: where they are.

Each type of numbers has a library (`lapack_ir`). It calls the LAPACK that NumPy or SciPy has.
"""

from __future__ import annotations

import ctypes
import functools

from theano.base.flag_table import config
from theano.loops.externs.lapack import KINDS, LETTER, is_declared, name_of
from theano.native.ir.library import Form, Library
from theano.native.linalg.code import ROUTINES, routine_name
from theano.native.products import blas
from theano.native.support import loading
from theano.runtime import abi, jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["NAMES", "address", "is_provisional", "is_there"]

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


@functools.cache
def _library(type_: str, isa: Isa, shared: bool) -> Library:
    """The module for numbers of a type, whose work is shared by threads or not."""
    found = [blas.symbol(routine_name(name, type_)) for name in ROUTINES]
    routines = [s for s in found if s is not None]
    assert len(routines) == len(found)
    bits = routines[0].int_bits

    def module() -> Module:
        from theano.native.linalg.functions import library_module  # for what the cache has

        return library_module(type_, isa, bits)

    def start(code: jit.CodeObject) -> None:
        init = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * (1 + len(routines)))(code.symbols["init"])
        init(loading.fixed_words()[abi.CTX["parallel"]] if shared else None, *(s.address for s in routines))

    exports = ("init", *(name for name, t in NAMES.items() if t == type_))
    return Library(f"linear algebra of {type_}, {isa!r}, {bits}", Form(module, exports), start=start)
