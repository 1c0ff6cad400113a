"""What LLVM says about this machine, and which LLVM says it; remembered between processes.

Loading LLVM takes 30 ms. When every object a program needs is in the cache, these few words are all that
LLVM would be asked for, so they are kept beside the objects.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path
from typing import NamedTuple

from theano.runtime import cache

__all__ = ["Host", "host"]


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
    identity = _identity()
    store = None if identity is None else cache.default_cache()
    if store is None or identity is None:
        return _ask_llvm()
    key = cache.key_of(["host", *identity])
    known = store.load(key)
    if known is not None:
        return Host(*known.decode().split("\n"))
    found = _ask_llvm()
    store.store(key, "\n".join(found).encode())
    return found


# The lines of /proc/cpuinfo that say what a processor can do; others change with its temper.
_CPU_LINES = ("vendor_id", "cpu family", "model", "stepping", "flags")


def _identity() -> list[str] | None:
    """All that a `Host` depends on, or None where that can't be told without LLVM."""
    package = importlib.util.find_spec("llvmlite")
    if package is None or package.origin is None:
        return None
    try:
        with open("/proc/cpuinfo") as file:
            first = file.read(1 << 14).partition("\n\n")[0]
        libraries = [
            f"{item.path} {item.stat().st_size} {item.stat().st_mtime_ns}"
            for item in os.scandir(Path(package.origin).parent / "binding")
            if "llvmlite" in item.name
        ]
    except OSError:
        return None
    cpu = [line for line in first.splitlines() if line.partition("\t")[0].strip() in _CPU_LINES]
    return [*cpu, *sorted(libraries)] if len(cpu) == len(_CPU_LINES) and libraries else None


def _ask_llvm() -> Host:
    from theano.runtime import llvm

    return Host(*llvm.describe_host(), llvm.version())
