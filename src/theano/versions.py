"""What a report of an error should say about the machine: `show_versions`, and ``python -m theano``."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import TextIO

from theano.base.flag_table import config
from theano.native.ir.machine import machine_of
from theano.native.products import blas
from theano.runtime import ability, capi, jit, threads

__all__ = ["facts", "show_versions"]

_PACKAGES = ("theano-jit", "numpy", "scipy", "llvmlite")
_EXTRAS = ("matplotlib", "mpi4py", "numba", "sympy", "scikit-learn", "rich", "pydot", "opt_einsum")


def facts() -> dict[str, str]:
    """What programs are compiled with and for, by name.

    Returns
    -------
    dict
        Versions of Python, of this package and of those it depends on; the processor and the instructions that are
        used; threads; the BLAS; the C compiler; the cache; flags that differ from their defaults.

    Examples
    --------
    >>> from theano.versions import facts
    >>> sorted(facts())[:3]
    ['BLAS', 'C compiler', 'GPU']
    """
    return dict(_facts())


def _facts() -> Iterator[tuple[str, str]]:
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}"
    yield "system", f"{platform.platform()}, {platform.machine()}"
    for name in _PACKAGES:
        yield name, _version(name) or "not installed"
    yield "also there", ", ".join(f"{n} {v}" for n in _EXTRAS if (v := _version(n))) or "nothing that is used"
    yield "device", str(config.device)
    yield "GPU", "none is used"
    if importlib.util.find_spec("llvmlite") is None:
        yield "instructions", "none: without llvmlite everything is computed by NumPy"
    else:
        isa = jit.isa()
        yield "instructions", f"{isa.name}, vectors of {isa.vector_bytes} bytes (flag isa)"
    yield "threads", f"{threads.num_threads()} of {os.cpu_count()} processors; {_sharing()}"
    found = blas.library()
    name = "that of SciPy, which can't be told" if found is None else os.path.basename(str(found._name))
    yield "BLAS", f"{name}, {blas.num_threads() or 'unknown number of'} threads"
    yield "C compiler", f"{config.cxx or 'none'} (only for operations of users with C code)"
    yield "cache", _cache()
    changed = [f"{name}={value}" for name, value in sorted(config.changed())]
    yield "flags", ",".join(changed) or "all as by default"


def _sharing() -> str:
    """Whether threads share loops, or why not."""
    if ability.problem() is not None or not capi.available():
        return "not used (NumPy computes)"
    if not machine_of(jit.isa().triple).has_team:
        return "not used (loops are not shared on this system)"
    return "large loops are shared by them" if config.openmp else "not used (flag openmp)"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cache() -> str:
    from theano.runtime.cache import default_cache

    cache = default_cache()
    if cache is None:
        return "off (flag cache.enabled)"
    count, size = cache.contents()
    return f"{cache.folder}: {count} programs, {size / 1e6:.1f} of at most {cache.max_bytes / 1e6:.0f} MB"


def show_versions(file: TextIO | None = None) -> None:
    """Print `facts`, a line each.

    Parameters
    ----------
    file
        Where to; standard output by default.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO()
    >>> show_versions(text)
    >>> text.getvalue().splitlines()[0].split()[0]
    'Python'
    """
    known = facts()
    width = max(map(len, known))
    for name, value in known.items():
        print(f"{name:<{width}}  {value}", file=file)
