"""Whether native code can be made and run here; where not, NumPy computes, after one warning that says why."""

from __future__ import annotations

import functools
import importlib.util
import mmap
import sys

from theano.base.user_warnings import warn_user
from theano.runtime.pages import EXECUTE, Pages

__all__ = ["NoCompiler", "has_llvmlite", "problem", "refuse"]

NO_LLVMLITE = (
    "llvmlite, which has the compiler in it, is not installed. It has wheels for Linux (glibc), Windows and macOS on "
    "ARM: there `pip install llvmlite` is all that is needed, elsewhere (Alpine, Macs with Intel processors, "
    "free-threaded Python) another Python or building llvmlite from source"
)

WINDOWS_ON_ARM = (
    "LLVM makes no code for this package on Windows with an ARM processor: Python for x86-64 runs there, too, "
    "and has native code"
)


class NoCompiler(Exception):
    """LLVM cannot be loaded; the text says why."""


_refused: list[str] = []


@functools.cache
def has_llvmlite() -> bool:
    """Whether llvmlite is there, whether or not it can be loaded."""
    return importlib.util.find_spec("llvmlite") is not None


def problem() -> str | None:
    """Why no native code can be made or run, as far as that is known; None if nothing stands in the way."""
    return _refused[0] if _refused else _found()


@functools.cache
def _found() -> str | None:
    if not has_llvmlite():
        return NO_LLVMLITE
    if sys.platform == "win32" and "ARM64" in sys.version:
        return WINDOWS_ON_ARM
    if not _may_execute():
        return (
            "the system refuses memory that a program has written and then executes (prctl PR_SET_MDWE, SELinux's "
            "execmem, systemd's MemoryDenyWriteExecute, Windows' Arbitrary Code Guard)"
        )
    return None


def refuse(reason: str) -> None:
    """Note why native code can't be made or run, and tell, once."""
    if reason not in _refused:
        _refused.insert(0, reason)
        warn_user(f"theano runs without native code, at NumPy's speed: {reason}.", RuntimeWarning)


def _may_execute() -> bool:
    """Whether a page that was written may become executable: to ask is the only way to find out."""
    if sys.platform not in ("linux", "win32"):  # LLVM asks for such memory in its own way there
        return True
    try:
        page = Pages(mmap.PAGESIZE)
        page.memory[0:1] = b"\xc3"
        page.protect(0, mmap.PAGESIZE, EXECUTE)
    except OSError:
        return False
    return True
