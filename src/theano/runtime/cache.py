"""Object code kept on disk between processes: looked up by content, verified before LLVM sees a byte of it.

An entry is ``magic, length, digest of its key and the object, object``. Files are written beside their place and
renamed, so that readers need no lock; whatever looks wrong counts as missing and is written again.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import stat
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from theano.base.digest import blake2b
from theano.base.user_warnings import warn_user

__all__ = ["ObjectCache", "default_cache", "key_of"]

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_DIGEST_BYTES = 32
_HEADER = struct.Struct(f"<8sQ{_DIGEST_BYTES}s")
_MAGIC = b"THJITO3\n"
_SUFFIX = ".obj"
_TEMPORARY = ".tmp"
_STALE_SECONDS = 3600
_STORES_BETWEEN_SCANS = 64


def key_of(parts: Iterable[str]) -> str:
    """Hexadecimal BLAKE2 digest of `parts`, each preceded by its length so that none runs into the next.

    >>> key_of(["ab", "c"]) == key_of(["a", "bc"])
    False
    """
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        data = part.encode()
        digest.update(struct.pack("<Q", len(data)))
        digest.update(data)
    return digest.hexdigest()


def _digest(key: str, code: bytes) -> bytes:
    """Of an entry: that of another key is not sound in this one's place."""
    digest = blake2b(key.encode(), digest_size=_DIGEST_BYTES)
    digest.update(code)
    return digest.digest()


@functools.cache
def sources(rooms: tuple[str, ...]) -> str:
    """Names, sizes and times of the Python files below top packages, ``("loops",)`` for those of `theano.loops`.

    "" if a folder is not there, as of a package in an archive.
    """
    try:
        return "\n".join(sorted(line for room in rooms for line in _files_below(os.path.join(_ROOT, room))))
    except OSError:
        return ""


def _files_below(folder: str) -> Iterator[str]:
    with os.scandir(folder) as items:
        for item in items:
            if item.name.endswith(".py"):
                found = item.stat()
                yield f"{item.path} {found.st_size} {found.st_mtime_ns}"
            elif item.is_dir() and item.name != "__pycache__":
                yield from _files_below(item.path)


class ObjectCache:
    """A folder of object code that only its owner can write or read.

    Parameters
    ----------
    folder : path
        Made on the first store. Refused, with one warning, where others could have put files into it.
    max_bytes : int
        Above it the entries unused for longest are removed.

    Examples
    --------
    >>> import tempfile
    >>> cache = ObjectCache(tempfile.mkdtemp() + "/objects", 1 << 20)
    >>> cache.store("k", b"code"); cache.load("k")
    b'code'
    """

    def __init__(self, folder: str | os.PathLike[str], max_bytes: int) -> None:
        self.folder = Path(folder)
        self.max_bytes = max_bytes
        self.hits = 0
        self.misses = 0
        self._numbers = itertools.count()
        self._stores = 0
        self._usable: bool | None = None

    def load(self, key: str) -> bytes | None:
        """The object stored under `key`, or None where there is none or not a sound one."""
        data = self._read(self._path(key)) if self._ready(make=False) else None
        found = None if data is None else _unpack(key, data)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found

    def store(self, key: str, code: bytes) -> None:
        """Keep `code` under `key`; what can't be written is silently not kept."""
        if not self._ready(make=True):
            return
        temporary = self.folder / f"{os.getpid()}-{next(self._numbers)}-{time.time_ns()}{_TEMPORARY}"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(_HEADER.pack(_MAGIC, len(code), _digest(key, code)))
                file.write(code)
            os.replace(temporary, self._path(key))
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            if not self.folder.is_dir():
                self._usable = None  # somebody has removed it: the next one makes it again
            return
        if self._stores % _STORES_BETWEEN_SCANS == 0:
            self._evict()
        self._stores += 1

    def contents(self) -> tuple[int, int]:
        """How many objects there are, and their bytes."""
        sizes = []
        for file in self._files():
            with contextlib.suppress(OSError):  # another process may remove it meanwhile
                sizes.append(file.stat().st_size)
        return len(sizes), sum(sizes)

    def clear(self) -> int:
        """Remove all objects; how many there were. Programs that are loaded stay."""
        count = 0
        for file in self._files():
            with contextlib.suppress(OSError):
                file.unlink()
                count += 1
        return count

    def _files(self) -> list[Path]:
        return list(self.folder.glob(f"*{_SUFFIX}")) if self._ready(make=False) else []

    def _path(self, key: str) -> Path:
        return self.folder / (key + _SUFFIX)

    def _ready(self, make: bool) -> bool:
        if self._usable is None:
            try:
                if make:
                    self.folder.parent.mkdir(parents=True, exist_ok=True)
                    with contextlib.suppress(FileExistsError):
                        self.folder.mkdir(mode=0o700)
                problem = _folder_problem(os.lstat(self.folder))
            except FileNotFoundError:
                return False
            except OSError as error:
                problem = str(error)
            self._usable = problem is None
            if problem is not None:
                warn_user(f"compiled programs are not kept in {self.folder}: {problem}", RuntimeWarning)
        return self._usable

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            flags |= getattr(os, "O_NONBLOCK", 0)  # a fifo of that name must not hang us
            with os.fdopen(os.open(path, flags), "rb") as file:
                state = os.fstat(file.fileno())
                if not stat.S_ISREG(state.st_mode) or not _is_mine(state):
                    return None
                data = file.read()
            os.utime(path)  # eviction goes by it
        except OSError:
            return None
        return data

    def _evict(self) -> None:
        """Remove the entries used longest ago until the rest fits, and what crashed writers left."""
        now = time.time()
        entries: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.folder) as listing:
                for item in listing:
                    with contextlib.suppress(OSError):
                        state = item.stat(follow_symlinks=False)
                        if item.name.endswith(_SUFFIX):
                            entries.append((state.st_mtime, state.st_size, item.path))
                        elif item.name.endswith(_TEMPORARY) and now - state.st_mtime > _STALE_SECONDS:
                            os.unlink(item.path)
        except OSError:
            return
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.max_bytes:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size


def _unpack(key: str, data: bytes) -> bytes | None:
    if len(data) < _HEADER.size:
        return None
    magic, length, digest = _HEADER.unpack_from(data)
    code = data[_HEADER.size :]
    if magic != _MAGIC or length != len(code) or _digest(key, code) != digest:
        return None
    return code


def _is_mine(state: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or state.st_uid == os.getuid()


def _folder_problem(state: os.stat_result) -> str | None:
    """Why a folder with this `lstat` can't be trusted, or None. (Windows keeps such folders private itself.)"""
    if stat.S_ISLNK(state.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISDIR(state.st_mode):
        return "it is no folder"
    if not _is_mine(state):
        return "it belongs to another user"
    if hasattr(os, "getuid") and state.st_mode & 0o077:
        return "others have access to it"
    return None


_caches: dict[tuple[str, int], ObjectCache] = {}


def default_cache() -> ObjectCache | None:
    """The cache that the flags `cache.enabled`, `cache.dir` and `cache.max_mb` describe."""
    from theano.base.flag_table import config

    if not config.cache.enabled:
        return None
    folder = os.path.expanduser(config.cache.dir)
    if folder.startswith("~"):  # a user without a home, as in some containers
        return None
    at = (os.path.join(folder, "objects"), config.cache.max_mb << 20)
    if at not in _caches:
        _caches[at] = ObjectCache(*at)
    return _caches[at]
