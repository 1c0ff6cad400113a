"""The support functions of compiled code, and the fixed words of every context.

The functions are LLVM IR (`support_modules`), compiled once a machine and kept like any program; they live as long as
the process.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theano.native.support import provisional
from theano.runtime import abi, cache, capi, fork, jit, threads
from theano.runtime.function_base import FunctionBase, install
from theano.runtime.module import Module
from theano.runtime.workers import compilers

__all__ = [
    "Unready", "Using", "begin", "begin_all", "copy_value", "fixed_words", "is_provisional", "pool_bytes", "put_value",
    "set_pool_limit", "wait_for",
]  # fmt: skip

# What the pool keeps between calls while `config.allow_gc` is true.
POOL_LIMIT = 256 << 20

_LIST = ("enter", "leave", "fork_begin", "fork_end", "fork_child", "copy_value", "put_value")
_FIRST = (*(name for name in abi.SUPPORT if name != "callback"), *_LIST, "fixed")
_ALL = (*abi.SUPPORT, *_LIST, "fixed", "pool_limit", "pool_bytes", "team_set", "team_started", "team_reset")
_AT_ONCE = jit.Options(level=0)


class Unready(Exception):
    """A check failed in provisional code: nothing has changed, and the call is to be made again with all functions."""


class _Support:
    """The loaded functions and the words that all contexts share.

    Where the cache has nothing, `code` is provisional: few functions (`first_ir`, no call-backs), compiled quickly. Who
    holds words of theirs may go on, but is better off with those that come after `provisional.complete`. The list of
    programs that work without the GIL is that of the process: both kinds of code know each other's.
    """

    def __init__(self) -> None:
        self.gil = (ctypes.c_uint64 * (abi.ACTIVE_BYTES // 8))()
        self.most_pool_bytes = POOL_LIMIT
        self.is_provisional = True
        self._first: jit.Begun | None = None
        self._all: jit.Begun | None = None
        self.is_loaded = False
        kept = jit.kept_module(_known_as() or _module().text(), exports=_ALL)
        if kept is None:
            self._first = jit.begin_module(_first_module, _AT_ONCE, _FIRST, _known_as("first"))
            provisional.later(self._complete)
        else:
            self._use_all(kept)
        # Arrays whose memory came from the pool may be freed after everything in this module is gone.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def begin_all(self) -> None:
        """Begin with the fast form, if another thread can and this machine has just got the other one."""
        first = self._first
        if first is not None and first.objects is not None and self._all is None and compilers() > 1:
            self._all = jit.begin_module(_module, jit.DEFAULT, _ALL, _known_as(), after=first)

    def _complete(self) -> None:
        if self._all is not None:
            self._use_all(self._all.code())
        else:
            self._use_all(jit.compile_module(_module, exports=_ALL, known_as=_known_as()))
        self._first = self._all = None

    @property
    def words(self) -> list[int]:
        """The process-wide words of a context, in the order of `abi.CTX`."""
        first = self._first
        if not self.is_loaded and first is not None:
            self._use(first.code(), True)  # several threads may come here: whose functions come last does not matter
        return self._words

    def _use(self, code: jit.CodeObject, is_provisional: bool) -> None:
        """Fill the table of loaded functions, and give new contexts their addresses."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # contexts hold addresses in it
        own = {"active": ctypes.addressof(self.gil), "unready_type": id(Unready), "callback": 0}
        addresses = capi.addresses() | own | code.symbols
        words = [addresses[name] for name in capi.TABLE]
        table = (ctypes.c_uint64 * len(words))(*words)
        ctypes.memmove(code.symbols["fixed"], table, ctypes.sizeof(table))
        with _using:
            if is_provisional and not self.is_provisional:
                return
            self.code, self._words = code, words[: abi.FIXED]
            self.is_provisional = is_provisional  # after the words: who is told that they are final takes these
            self.enter = self.function("enter", ctypes.c_int32, *[ctypes.c_void_p] * 3, ctypes.c_int32)
            self.leave = self.function("leave", None, ctypes.c_void_p)
            self.forks = [self.function(name, None) for name in ("fork_begin", "fork_end", "fork_child")]
            for function in (copy_value, put_value):
                install(function, _Code(code.symbols[function.symbol]), _Code(0))
            self.is_loaded = True  # last: from now on others take the words as they are

    def _use_all(self, code: jit.CodeObject) -> None:
        self._use(code, False)
        self.limit_pool(self.most_pool_bytes)
        threads.team.join(
            self.function("team_set", None, ctypes.c_int32, ctypes.c_int32),
            self.function("team_reset", None),
            self.function("team_started", ctypes.c_int32),
        )

    def limit_pool(self, limit: int) -> None:
        """Let the pool keep at most `limit` bytes; provisional code has none."""
        self.most_pool_bytes = limit
        if not self.is_provisional:
            self.function("pool_limit", None, ctypes.c_uint64)(limit)

    def function(self, name: str, result: type | None, *arguments: type) -> ctypes._FuncPointer:
        # PYFUNCTYPE: it is called with the GIL held, which is what guards the pool.
        return ctypes.PYFUNCTYPE(result, *arguments)(self.code.symbols[name])


def _first_module() -> Module:
    from theano.native.support.modules import first_module  # 3 ms, for what the cache has

    return first_module(jit.isa().triple)


def _module() -> Module:
    from theano.native.support.modules import support_module

    return support_module(jit.isa().triple)


def _known_as(which: str = "all") -> str:
    """What the text follows from, or "" where that can't be told."""
    sources = cache.sources(("native", "runtime", "loops"))
    return f"{sources}\nsupport functions: {which}, {capi.tuple_items()}" if sources else ""


_lock = threading.RLock()
_using = threading.RLock()  # who holds it waits for nobody
_loaded: _Support | None = None
fork.hold("support", _lock.acquire, _lock.release)
fork.hold("words", _using.acquire, _using.release)


def _support() -> _Support:
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _Support()
    return _loaded


def begin() -> None:
    """Begin with what the first function is going to need."""
    _support()


def begin_all() -> None:
    """Begin with what the second call is going to need."""
    _support().begin_all()


def is_provisional() -> bool:
    """Whether `provisional.complete` will replace the functions."""
    return _support().is_provisional


def fixed_words() -> list[int]:
    """The process-wide words of a context, in the order of `abi.CTX`."""
    return _support().words


class _Code(NamedTuple):
    """What `install` asks for; the functions stay as long as the process."""

    address: int


class _OfStorage(FunctionBase):
    """A function of storages that is native as soon as there are programs.

    Attributes
    ----------
    symbol
        Its name among the support functions.
    """

    symbol: str


class _CopyValue(_OfStorage):
    """``copy_value(storage)``: the value of a storage that no program updates meanwhile.

    That is a copy in C order if it is an array and nothing more special, else the storage itself.
    """

    symbol = "copy_value"

    def _fallback(self, storage: list[Any]) -> Any:
        value = storage[0]
        return value.copy(order="C") if type(value) is np.ndarray else storage


class _PutValue(_OfStorage):
    """``put_value(storage, value)``: store a value as soon as no program uses what is there."""

    symbol = "put_value"

    def _fallback(self, storage: list[Any], value: Any) -> None:
        storage[0] = value


copy_value = _CopyValue()
put_value = _PutValue()


class Using:
    """Be among the programs that run, as one that uses a storage.

    Examples
    --------
    >>> storage = [1.0]
    >>> with Using(storage, update=True):
    ...     storage[0] += 1
    """

    _leave: Callable[[int], None] | None = None

    def __init__(self, storage: list[Any], update: bool) -> None:
        self._storage = storage
        self._words = (ctypes.c_uint64 * 1)(id(storage))
        self._table = (ctypes.c_uint64 * 2)(1, abi.STORAGE_UPDATED if update else 0)
        self._node = (ctypes.c_uint64 * abi.N_GIL_WORDS)()

    def __enter__(self) -> None:
        found = _loaded
        if found is not None and found.is_loaded:
            self._leave = found.leave  # before: an exception may come any time
            found.enter(*map(ctypes.addressof, (self._node, self._words, self._table)), 1)

    def __exit__(self, *_: object) -> None:
        if self._leave is not None:
            self._leave(ctypes.addressof(self._node))

    __del__ = __exit__  # if it has not left, the list holds the address of a node that is about to go


def wait_for(storage: list[Any], update: bool) -> None:
    """Wait until no program in another thread updates `storage` (or, if it is about to be updated, uses it)."""
    if _loaded is not None and _loaded.gil[0]:
        with Using(storage, update):
            pass


def _at_fork(which: int) -> None:
    if _loaded is not None and _loaded.is_loaded:
        _loaded.forks[which]()


# No program is in the middle of its updates then. Ctrl-C does not end the waiting, which is short: a child would have
# half an update for good.
fork.hold("programs", lambda: _at_fork(0), lambda: _at_fork(1), lambda: _at_fork(2))


def set_pool_limit(limit: int | None) -> None:
    """Let the workspace pool keep at most `limit` bytes between calls; None for all (``allow_gc=False``)."""
    _support().limit_pool(2**63 - 1 if limit is None else limit)


def pool_bytes() -> int:
    """Bytes the workspace pool keeps now."""
    found = _support()
    return 0 if found.is_provisional else int(found.function("pool_bytes", ctypes.c_uint64)())
