"""What LLVM says about this machine, and which LLVM says it; remembered between processes.

Loading LLVM takes 30 ms. When every object a program needs is in the cache, these few words are all that
LLVM would be asked for, so they are kept beside the objects.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from theano.runtime import cache
from theano.runtime.ability import NoCompiler
from theano.runtime.gate import inside
from theano.runtime.workers import Started

if sys.platform == "win32":
    from theano.runtime import cpuid

__all__ = ["Host", "begin_compiler", "compiler", "host", "kept_host"]


class Host(NamedTuple):
    """The machine as LLVM names it.

    Parameters
    ----------
    triple, cpu : such as ``x86_64-unknown-linux-gnu`` and ``znver3``.
    features : ``+avx2,-avx512f,…``
    llvm : versions of llvmlite and LLVM.
    """

    triple: str
    cpu: str
    features: str
    llvm: str

    def has(self, *features: str) -> bool:
        """Whether the processor has all of `features`."""
        return {f"+{name}" for name in features} <= set(self.features.split(","))


@functools.cache
def host() -> Host:
    """This machine, from the cache or from LLVM."""
    found = kept_host()
    if found is None:
        found = _ask_llvm()
        store = _store()
        if store is not None:
            store.store(_key(), "\n".join(found).encode())
    return found


@functools.cache
def kept_host() -> Host | None:
    """This machine, if the cache knows it."""
    store = _store()
    known = None if store is None else store.load(_key())
    return None if known is None else Host(*known.decode().split("\n"))


def _ask_llvm() -> Host:
    llvm = compiler()
    with inside():
        triple, cpu, features = llvm.describe_host()
        return Host(triple, cpu, features, llvm.version())


def begin_compiler() -> None:
    """Load LLVM, in another thread: the 7 ms are not part of whatever goes on meanwhile."""
    if "theano.runtime.llvm" not in sys.modules:
        compiler()  # an import reads files, which is not for `Started`
        Started(_load)


def compiler() -> ModuleType:
    """The module that compiles; callers are `inside`. NoCompiler where llvmlite cannot be imported."""
    with inside():  # a forked child must not find a module half made
        try:
            from theano.runtime import llvm
        except ImportError as error:
            raise NoCompiler(f"llvmlite cannot be imported ({error})") from error

        return llvm


def _load() -> None:
    llvm = compiler()
    with inside():
        llvm.load()


def _store() -> cache.ObjectCache | None:
    return None if _identity() is None else cache.default_cache()


def _key() -> str:
    return cache.key_of(["host", *(_identity() or ())])


# The lines of /proc/cpuinfo that say what a processor can do; others change with its temper.
_CPU_LINES = ("vendor_id", "cpu family", "model", "stepping", "flags")


@functools.cache
def _identity() -> list[str] | None:
    """All that a `Host` depends on, or None where that can't be told without LLVM."""
    package = importlib.util.find_spec("llvmlite")
    if package is None or package.origin is None:
        return None
    try:
        cpu = _processor()
        libraries = [
            f"{item.path} {item.stat().st_size} {item.stat().st_mtime_ns}"
            for item in os.scandir(Path(package.origin).parent / "binding")
            if "llvmlite" in item.name
        ]
    except OSError:
        return None
    return [*cpu, *sorted(libraries)] if cpu and libraries else None


def _processor() -> list[str]:
    """What the processor can do; nothing where that can't be told."""
    if sys.platform == "win32":
        return cpuid.says() if "AMD64" in sys.version else []
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        first = file.read(1 << 14).partition("\n\n")[0]
    lines = [line for line in first.splitlines() if line.partition("\t")[0].strip() in _CPU_LINES]
    return lines if len(lines) == len(_CPU_LINES) else []
