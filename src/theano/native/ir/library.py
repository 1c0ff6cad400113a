"""Functions of our own that all programs share: a module of them, compiled once a machine.

It is compiled, or loaded from the cache, when the first program that needs it is linked.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import NamedTuple

from theano.native.support import loading, provisional
from theano.runtime import cache, jit
from theano.runtime.module import Module

__all__ = ["STRUCTURED", "Form", "Library"]

# For functions whose registers are written as stack memory (`ir_text`).
STRUCTURED = jit.Options(passes=("sroa",))


class Form(NamedTuple):
    """A way to make the module of a library.

    Parameters
    ----------
    module : its text.
    exports : the functions it has.
    options : how it is compiled.
    """

    module: Callable[[], Module]
    exports: tuple[str, ...]
    options: jit.Options = STRUCTURED


class Library:
    """A module of shared functions; it stays as long as the process.

    Where the cache has nothing, the code is provisional, if there is a `first` form. So it is while threads are yet to
    come for what `start` hands over.

    Parameters
    ----------
    about : what the text follows from, besides the sources of this package.
    full : the form that is fast.
    first : the form that is made quickly.
    start : called with the code before anybody calls its functions.
    """

    def __init__(
        self,
        about: str,
        full: Form,
        first: Form | None = None,
        start: Callable[[jit.CodeObject], None] | None = None,
    ) -> None:
        self._about, self._full, self._first, self._start = about, full, first, start
        known_as = self._known_as(full)
        kept = jit.kept_module(known_as, full.options, full.exports) if known_as else None
        self._is_first = kept is None and first is not None
        # Asked before `start` looks at the support functions: another thread may complete them meanwhile.
        self.is_provisional = self._is_first or (start is not None and loading.is_provisional())
        self.code = self._started(kept or self._compiled(first or full))
        if self.is_provisional:
            provisional.later(self._complete)

    def _known_as(self, form: Form) -> str:
        """What the text follows from, or "" where that can't be told."""
        sources = cache.sources(("native", "runtime", "loops"))
        return f"{sources}\n{self._about}, {form is self._first}" if sources else ""

    def _compiled(self, form: Form) -> jit.CodeObject:
        return jit.compile_module(form.module, form.options, form.exports, known_as=self._known_as(form))

    def _started(self, code: jit.CodeObject) -> jit.CodeObject:
        """The code, which may be called from now on."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts of functions hold addresses in it
        if self._start is not None:
            self._start(code)
        return code

    def _complete(self) -> None:
        """Make the fast form (`provisional.complete`, one thread at a time), while others link programs.

        They ask `is_provisional` and then for addresses. So `code` can be called at each moment, and who is told that
        it is final gets what is. A fork waits until this has ended; if it is interrupted, nothing has changed.
        """
        self.code = self._started(self._compiled(self._full) if self._is_first else self.code)
        self.is_provisional = self._is_first = False
