"""The lock that Theano's processes took around compilation: programs take it around work of theirs, or switch it off.

Compilation takes none here: files of the cache are written beside their place and renamed. So `set_lock_status` only
changes whether `get_lock` waits for other processes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from theano.base.flag_table import config

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["force_unlock", "get_lock", "lock_ctx", "release_lock", "set_lock_status"]

_BETWEEN_LOOKS = 0.02  # seconds


class _Held:
    """What this process holds: a file that is locked, and how often it was asked for."""

    file: Any = None
    count = 0
    wanted = True


def get_lock(lock_dir: str | None = None, **kw: Any) -> None:
    """Wait until no other process holds the lock, and take it; a process may take it several times.

    Parameters
    ----------
    lock_dir : str, optional
        The folder of the file that is locked; by default that of the cache.
    **kw
        `timeout`, `min_wait`, `max_wait` are accepted: a process that ends gives its lock back.

    Examples
    --------
    >>> get_lock()
    >>> release_lock()
    """
    if _Held.wanted and _Held.file is None:
        folder = lock_dir or os.path.expanduser(str(config.cache.dir))
        os.makedirs(folder, exist_ok=True)
        file = open(os.path.join(folder, "compile.lock"), "wb")
        try:
            _lock(file)
        except BaseException:  # Ctrl-C ends the waiting
            file.close()
            raise
        _Held.file = file
    _Held.count += 1


def _lock(file: Any) -> None:
    """Wait until the file is locked; who closes it gives the lock back, or ends."""
    if sys.platform == "win32":
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                return
            except PermissionError:  # another process has it
                time.sleep(_BETWEEN_LOOKS)
    else:
        fcntl.flock(file, fcntl.LOCK_EX)


def release_lock() -> None:
    """Give the lock back, once for each time that it was taken.

    Examples
    --------
    >>> release_lock()
    """
    _Held.count = max(_Held.count - 1, 0)
    if not _Held.count and _Held.file is not None:
        _Held.file.close()
        _Held.file = None


@contextmanager
def lock_ctx(lock_dir: str | None = None, keep_lock: bool = False, **kw: Any) -> Iterator[None]:
    """Hold the lock for the time of a ``with`` block.

    Parameters
    ----------
    lock_dir, **kw
        See `get_lock`.
    keep_lock : bool
        Go on holding it after the block.

    Examples
    --------
    >>> with lock_ctx():
    ...     f = theano.function([], T.constant(1))
    """
    get_lock(lock_dir, **kw)
    try:
        yield
    finally:
        if not keep_lock:
            release_lock()


def force_unlock() -> None:
    """Give the lock back, however often it was taken. Those of other processes end with these.

    Examples
    --------
    >>> force_unlock()
    """
    _Held.count = 1
    release_lock()


def set_lock_status(use_lock: bool) -> None:
    """Whether `get_lock` waits for other processes.

    Parameters
    ----------
    use_lock : bool
        False: it does nothing.

    Examples
    --------
    >>> set_lock_status(True)
    """
    _Held.wanted = bool(use_lock)
