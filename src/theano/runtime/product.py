"""Our own matrix products, which `loops.externs` declares: where they are.

Each type of numbers has a module of its own (`product_choice_ir`, `product_ir`), compiled once a machine, when the
first program that needs it is linked. It calls BLAS for large products, where there is a good one.
"""

from __future__ import annotations

import ctypes
import functools
import os

from theano.configdefaults import config
from theano.loops import externs
from theano.loops.externs import KINDS, LETTER, name_of
from theano.runtime import abi, blas, cache, jit, provisional, support
from theano.runtime.target import Isa
from theano.user_warnings import warn_user

__all__ = ["NAMES", "OF_LOOPS", "address", "is_of_loops", "is_provisional"]

# What only loops call: provisional code has none of it.
OF_LOOPS = ("panels", "packed", "slice")
_OPTIONS = jit.Options(passes=("sroa",))
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


class _Library:
    """The module for numbers of a type, whose work is shared by threads or not; it stays as long as the process.

    Where the cache has nothing, it is provisional at first.
    """

    def __init__(self, type_: str, isa: Isa, shared: bool) -> None:
        self._type, self._isa, self._shared = type_, isa, shared
        self._routine = blas.symbol(_ROUTINE[type_]) if blas.is_fast() else None
        if self._routine is None:
            warn_user(blas.WITHOUT, RuntimeWarning)
        known_as = self._known_as(False)
        kept = jit.kept_module(known_as, _OPTIONS, self._exports(False)) if known_as else None
        self.code = self._started(kept or self._compiled(True))
        # until there is a team, nobody shares the work
        self.is_provisional = kept is None or support.is_provisional()
        if self.is_provisional:
            provisional.later(self._complete)

    def _exports(self, first: bool) -> tuple[str, ...]:
        kinds = [kind for kind in KINDS if not (first and kind in OF_LOOPS)]
        return ("init", *(name_of(kind, self._type) for kind in kinds))

    def _known_as(self, first: bool) -> str:
        """What the text follows from, or "" where that can't be told."""
        sources = cache.sources((os.path.dirname(__file__), os.path.dirname(externs.__file__)))
        bits = self._routine and self._routine.int_bits
        return "\n".join([sources, self._type, repr(self._isa), f"{bits} {first}"]) if sources else ""

    def _compiled(self, first: bool) -> jit.CodeObject:
        def text() -> str:
            from theano.runtime.product_choice_ir import library_text  # 3 ms, mostly for what the cache has

            return library_text(self._type, self._isa, self._routine, first)

        return jit.compile_module(text, _OPTIONS, self._exports(first), known_as=self._known_as(first))

    def _started(self, code: jit.CodeObject) -> jit.CodeObject:
        init = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 4)(code.symbols["init"])
        words = support.fixed_words()
        parallel = words[abi.CTX["parallel"]] if self._shared else None
        routine = self._routine.address if self._routine is not None else None
        init(routine, parallel, words[abi.CTX["raw_malloc"]], words[abi.CTX["raw_free"]])
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts of functions hold addresses in it
        return code

    def _complete(self) -> None:
        self.code = self._started(self._compiled(False))
        self.is_provisional = False


_library = functools.cache(_Library)
