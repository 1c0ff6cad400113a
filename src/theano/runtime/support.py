"""The support functions of compiled code, and the fixed words of every context.

The functions are LLVM IR (`support_text`), compiled once a machine and kept like any program; they live as long as
the process.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading

from theano.configdefaults import threads_wanted
from theano.runtime import abi, cache, capi, fork, gil_ir, jit, provisional
from theano.runtime.workers import compilers

__all__ = ["Unready", "begin", "begin_all", "fixed_words", "is_provisional", "pool_bytes", "set_pool_limit"]

# What the pool keeps between calls while `config.allow_gc` is true.
POOL_LIMIT = 256 << 20
# How often a thread of the team looks for work before it parks: some 20 µs.
_SPIN = 2000

_FIRST = (*(name for name in abi.SUPPORT if name != "callback"), "fixed")
_ALL = (*abi.SUPPORT, "fixed", "pool_limit", "pool_bytes", "team_set", "team_started", "team_reset")
_AT_ONCE = jit.Options(level=0)


class Unready(Exception):
    """A check failed in provisional code: nothing has changed, and the call is to be made again with all functions."""


class Team:
    """The settings of the team of threads, and the functions that hand them to it.

    Attributes
    ----------
    threads
        How many may work on one loop.
    """

    def __init__(self) -> None:
        self.threads = threads_wanted()
        self._code: _Support | None = None

    def join(self, support: _Support) -> None:
        """Have threads from now on."""
        self._set = support.function("team_set", None, ctypes.c_int32, ctypes.c_int32)
        self._reset = support.function("team_reset", None)
        self._started = support.function("team_started", ctypes.c_int32)
        self._code = support
        self.apply()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def apply(self) -> None:
        """Make `threads` the number."""
        if self._code is not None:
            self._set(self.threads, _SPIN)

    def started(self) -> int:
        """How many threads there are beside the callers'."""
        return int(self._started()) if self._code is not None else 0


class _Support:
    """The loaded functions and the words that all contexts share.

    Where the cache has nothing, `code` is provisional: few functions (`first_ir`, no call-backs), compiled quickly. Who
    holds words of theirs may go on, but is better off with those that come after `provisional.complete`. The list of
    programs that work without the GIL is that of the process: both kinds of code know each other's.
    """

    def __init__(self) -> None:
        self.team = Team()
        self.gil = (ctypes.c_uint64 * (gil_ir.STATE_BYTES // 8))()
        self.most_pool_bytes = POOL_LIMIT
        self.is_provisional = True
        self._first: jit.Begun | None = None
        self._all: jit.Begun | None = None
        self._is_loaded = False
        kept = jit.kept_module(_known_as() or _text("support_text"), exports=_ALL)
        if kept is None:
            self._first = jit.begin_module(lambda: _text("first_text"), _AT_ONCE, _FIRST, _known_as("first"))
            provisional.later(self._complete)
        else:
            self._use_all(kept)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset_gil)
        # Arrays whose memory came from the pool may be freed after everything in this module is gone.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def begin_all(self) -> None:
        """Begin with the fast form, if another thread can and this machine has just got the other one."""
        first = self._first
        if first is not None and first.objects is not None and self._all is None and compilers() > 1:
            text = functools.partial(_text, "support_text")
            self._all = jit.begin_module(text, jit.DEFAULT, _ALL, _known_as(), after=first)

    def _complete(self) -> None:
        if self._all is not None:
            self._use_all(self._all.code())
        else:
            self._use_all(jit.compile_module(lambda: _text("support_text"), exports=_ALL, known_as=_known_as()))
        self._first = self._all = None

    @property
    def words(self) -> list[int]:
        """The process-wide words of a context, in the order of `abi.CTX`."""
        first = self._first
        if not self._is_loaded and first is not None:
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
            self.code, self.is_provisional = code, is_provisional
            self._words = words[: abi.FIXED]
            self.wait_turn = self.function("wait_turn", ctypes.c_int32, *[ctypes.c_void_p] * 2, ctypes.c_int32)
            self._is_loaded = True  # last: from now on others take the words as they are

    def _use_all(self, code: jit.CodeObject) -> None:
        self._use(code, False)
        self.limit_pool(self.most_pool_bytes)
        self.team.join(self)

    def limit_pool(self, limit: int) -> None:
        """Let the pool keep at most `limit` bytes; provisional code has none."""
        self.most_pool_bytes = limit
        if not self.is_provisional:
            self.function("pool_limit", None, ctypes.c_uint64)(limit)

    def _reset_gil(self) -> None:
        """In a forked child, where the threads of active programs do not live on."""
        ctypes.memset(self.gil, 0, gil_ir.STATE_BYTES)

    def function(self, name: str, result: type | None, *arguments: type) -> ctypes._FuncPointer:
        # PYFUNCTYPE: it is called with the GIL held, which is what guards the pool.
        return ctypes.PYFUNCTYPE(result, *arguments)(self.code.symbols[name])


def _text(name: str) -> str:
    from theano.runtime import support_text  # 3 ms, for what the cache has

    return str(getattr(support_text, name)(jit.isa().triple))


def _known_as(which: str = "all") -> str:
    """What the text follows from, or "" where that can't be told."""
    sources = cache.sources((os.path.dirname(__file__),))
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


def wait_for(storage: list[object], update: bool) -> None:
    """Wait until no program in another thread updates `storage` (or, if it is about to be updated, uses it)."""
    if _loaded is not None and _loaded.gil[0]:
        words = (ctypes.c_uint64 * 1)(id(storage))
        table = (ctypes.c_uint64 * 2)(1, abi.STORAGE_UPDATED if update else 0)
        _loaded.wait_turn(ctypes.addressof(words), ctypes.addressof(table), 1)


def team() -> Team:
    """The team of threads of this process."""
    return _support().team


def set_pool_limit(limit: int | None) -> None:
    """Let the workspace pool keep at most `limit` bytes between calls; None for all (``allow_gc=False``)."""
    _support().limit_pool(2**63 - 1 if limit is None else limit)


def pool_bytes() -> int:
    """Bytes the workspace pool keeps now."""
    found = _support()
    return 0 if found.is_provisional else int(found.function("pool_bytes", ctypes.c_uint64)())
