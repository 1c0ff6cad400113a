"""Our own matrix products, which `loops.externs` declares: where they are.

Each type of numbers has a library (`product_choice_ir`, `product_ir`). It calls BLAS for large
products, where there is a good one.
"""

from __future__ import annotations

import ctypes
import functools

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.loops.externs.table import KINDS, LETTER, name_of
from theano.native.ir.library import Form, Library
from theano.native.products import blas
from theano.native.products.code import OF_LOOPS
from theano.native.support import loading
from theano.runtime import abi, jit
from theano.runtime.module import Module
from theano.runtime.target import Isa

__all__ = ["NAMES", "OF_LOOPS", "address", "is_of_loops", "is_provisional"]

_ROUTINE = {"f32": "sgemm", "f64": "dgemm"}
NAMES = {name_of(kind, type_): (type_, kind) for type_ in LETTER for kind in KINDS}


def address(name: str) -> int:
    """Where the function is (not `OF_LOOPS` in provisional code)."""
    return _library(NAMES[name][0], jit.isa(), config.openmp).code.symbols[name]


def is_provisional(name: str) -> bool:
    """Whether `provisional.complete` will replace the function."""
    return _library(NAMES[name][0], jit.isa(), config.openmp).is_provisional


def is_of_loops(name: str) -> bool:
    """Whether provisional code lacks the function."""
    return NAMES[name][1] in OF_LOOPS


@functools.cache
def _library(type_: str, isa: Isa, shared: bool) -> Library:
    """The module for numbers of a type, whose work is shared by threads or not."""
    routine = blas.symbol(_ROUTINE[type_]) if blas.is_fast() else None
    if routine is None:
        warn_user(blas.WITHOUT, RuntimeWarning)

    def form(first: bool) -> Form:
        def module() -> Module:
            from theano.native.products.choice import library_module  # 3 ms, mostly for what the cache has

            return library_module(type_, isa, routine, first)

        kinds = [kind for kind in KINDS if not (first and kind in OF_LOOPS)]
        return Form(module, ("init", *(name_of(kind, type_) for kind in kinds)))

    def start(code: jit.CodeObject) -> None:
        init = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 4)(code.symbols["init"])
        words = loading.fixed_words()
        parallel = words[abi.CTX["parallel"]] if shared else None
        address = routine.address if routine is not None else None
        init(address, parallel, words[abi.CTX["raw_malloc"]], words[abi.CTX["raw_free"]])

    bits = routine.int_bits if routine is not None else None
    return Library(f"products of {type_}, {isa!r}, {bits}", form(False), form(True), start)
