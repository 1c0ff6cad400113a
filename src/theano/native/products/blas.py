"""Addresses of BLAS and LAPACK routines: of the library NumPy has loaded already, else of SciPy's.

Routines are called by their Fortran interface (all arguments by reference, column-major). Nothing is looked up
before it is needed.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from theano.runtime import capi

__all__ = ["WITHOUT", "Symbol", "is_fast", "library", "num_threads", "symbol"]

# Names of the libraries that are fast; others are mostly the reference implementation, or what NumPy brings itself.
_FAST = ("openblas", "mkl", "accelerate", "blis", "armpl", "nvpl", "flexiblas", "atlas", "essl")
WITHOUT = (
    "NumPy was built without a fast BLAS library: large matrix products run on Theano's own kernels, on one core and "
    "about a tenth slower than with OpenBLAS (NumPy's and SciPy's wheels have it)"
)


class Symbol(NamedTuple):
    """Where a routine is and how wide its integers are."""

    address: int
    int_bits: int


# How builds of OpenBLAS decorate the names of Fortran routines, and the width of their integers.
_DECORATIONS = (("scipy_{}_64_", 64), ("{}_64_", 64), ("scipy_{}_", 32), ("{}_", 32))
_THREAD_DECORATIONS = ("scipy_openblas_{}64_", "openblas_{}64_", "scipy_openblas_{}", "openblas_{}")


def _numpy_libraries() -> Iterator[Path]:
    """Files of BLAS libraries shipped inside NumPy's wheel (Linux and Windows, macOS)."""
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        if folder.is_dir():
            yield from sorted(file for file in folder.iterdir() if "openblas" in file.name)


@functools.cache
def library() -> ctypes.CDLL | None:
    """The BLAS library that NumPy has loaded, or None where it can't be told."""
    for file in _numpy_libraries():
        try:
            found = ctypes.CDLL(os.fspath(file))  # the same file: no second copy, no second thread pool
        except OSError:
            continue
        if any(hasattr(found, pattern.format("dgemm")) for pattern, _ in _DECORATIONS):
            return found
    return None


@functools.cache
def is_fast() -> bool:
    """Whether the BLAS library that `symbol` looks into is one of those made for speed."""
    if library() is not None:
        return True
    try:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    except (KeyError, TypeError):
        return False
    return any(name in str(built).lower() for name in _FAST)


@functools.cache
def symbol(name: str) -> Symbol | None:
    """Address of the BLAS or LAPACK routine `name` (``"dgemm"``, ``"spotrf"``), or None if there is none.

    Examples
    --------
    >>> address, int_bits = symbol("dgemm")
    >>> int_bits in (32, 64)
    True
    """
    found = library()
    if found is not None:
        for pattern, bits in _DECORATIONS:
            if hasattr(found, pattern.format(name)):
                return Symbol(capi.function_address(getattr(found, pattern.format(name))), bits)
    for module in ("cython_blas", "cython_lapack"):
        capsules = _scipy_capsules(module)
        if name in capsules:
            return Symbol(capi.capsule_pointer(capsules[name]), 32)
    return None


@functools.cache
def _scipy_capsules(module: str) -> dict[str, Any]:
    """The C functions that ``scipy.linalg.<module>`` exports, without importing `scipy.linalg` (180 ms)."""
    scipy = importlib.util.find_spec("scipy")
    if scipy is None or scipy.origin is None:
        return {}
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        file = Path(scipy.origin).parent / "linalg" / (module + suffix)
        if not file.exists():
            continue
        try:
            spec = importlib.util.spec_from_file_location(f"scipy.linalg.{module}", file)
            assert spec is not None and spec.loader is not None
            loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
        except ImportError:
            loaded = importlib.import_module(f"scipy.linalg.{module}")
        return dict(loaded.__pyx_capi__)
    return {}


def num_threads() -> int | None:
    """How many threads the BLAS library uses, None where it can't be told.

    It is NumPy's library, whose number is set by ``threadpoolctl``, or `OPENBLAS_NUM_THREADS` and its relatives.
    """
    found = library()
    if found is not None:
        for pattern in _THREAD_DECORATIONS:
            function = getattr(found, pattern.format("get_num_threads"), None)
            if function is not None:
                return int(function())
    return None
