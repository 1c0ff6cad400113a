"""`Context`: the read-only table of addresses that one compiled function works with."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

from theano.native.support import loading

__all__ = ["Context", "make_context"]


class Context:
    """The words, and references to whatever they point to.

    Attributes
    ----------
    address : int
        What `@entry` finds behind the callable.
    """

    __slots__ = ("address", "_kept", "_words")

    def __init__(self, words: Sequence[int], keep: Iterable[object]) -> None:
        self._words = (ctypes.c_uint64 * len(words))(*words)
        self._kept = tuple(keep)
        self.address = ctypes.addressof(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, word: int) -> int:
        return self._words[word]


def make_context(function_words: Sequence[int], keep: Iterable[object] = ()) -> Context:
    """A context: the process-wide words, then those of one function.

    Parameters
    ----------
    function_words : addresses for the words from `abi.FIXED` on: `fallback`, `on_error` (`id` of the callables), then
        storages, constants, call-backs and symbols.
    keep : the objects they are the addresses of; they live as long as the context.

    Examples
    --------
    >>> context = make_context([id(print), id(print)], [print])
    >>> from theano.runtime import abi
    >>> context[abi.FALLBACK] == id(print)
    True
    """
    return Context([*loading.fixed_words(), *function_words], keep)
