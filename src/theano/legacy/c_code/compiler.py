"""The machine's C++ compiler, for ops that bring C code: makes functions of sources, kept in the object cache."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.legacy.c_code.source import CSource
from theano.runtime import cache

__all__ = ["CompilationError", "callable_of", "is_there"]

# What is visible outside of a library, other libraries of this process use instead of their own of the same name:
# static variables of inline functions and templates, too.
# Rounding errors that the native forms of operations take into account are those of products and sums as written.
_FLAGS = ("-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-math-errno", "-ffp-contract=off", "-w")
_PREFIX = "theano-c-"  # of the names of folders that a library is made in
_STALE_SECONDS = 3600  # nobody compiles for so long


class CompilationError(Exception):
    """The compiler has refused the C code of an op; the text is what it said.

    Examples
    --------
    >>> from theano.legacy.c_code.compiler import CompilationError
    >>> issubclass(CompilationError, Exception)
    True
    """


def is_there() -> bool:
    """Whether there is a compiler, and what it needs to know of Python."""
    return bool(config.cxx) and _headers() is not None


@functools.cache
def _headers() -> tuple[str, str] | None:
    """The folders of Python's and NumPy's headers; None where Python's are not installed."""
    python = sysconfig.get_path("include")
    return (python, np.get_include()) if os.path.exists(os.path.join(python, "Python.h")) else None


def callable_of(source: CSource, failed: Callable[[BaseException, tuple[Any, ...]], None]) -> Callable[..., Any]:
    """The function that the source says: values of inputs in, a tuple of those of the outputs out.

    Parameters
    ----------
    source
        What is compiled.
    failed
        Called with an exception and the inputs; it raises what callers see.

    Raises
    ------
    CompilationError
        The compiler refuses it.
    """
    library = _library(*_command(source), source.text)
    make = library.theano_callable
    make.restype, make.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.py_object]
    found: Callable[..., Any] = make(source.params, failed)
    return found


def _command(source: CSource) -> tuple[str, tuple[str, ...]]:
    """The compiler, and its arguments but the names of files."""
    headers = _headers()
    assert headers is not None  # see `is_there`
    flags = [*_FLAGS, *(f"-I{folder}" for folder in headers)]
    if sys.platform == "darwin":
        flags += ["-undefined", "dynamic_lookup"]
    if sys.platform == "win32":
        flags += _windows_flags()
    flags = [f for f in flags if f not in source.without]
    # What C code throws becomes Python's, whatever the user's flags say: PyMC3 turns exceptions off.
    return config.cxx, (*flags, *shlex.split(config.gcc.cxxflags), *source.options, "-fexceptions")


def _windows_flags() -> list[str]:
    """What GCC needs there: all names are to be found when it links, and a library is loaded without the PATH."""
    name = ctypes.create_unicode_buffer(1 << 15)
    ctypes.CDLL("kernel32").GetModuleFileNameW(ctypes.c_void_p(ctypes.pythonapi._handle), name, len(name))
    python = Path(name.value)
    return ["-DMS_WIN64", "-static", f"-L{python.parent}", f"-l:{python.name}"]


@functools.cache
def _identity(compiler: str) -> str:
    """The version of a compiler: another one makes other code."""
    try:
        done = subprocess.run([compiler, "--version"], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return _text(done.stdout)


def _text(said: bytes) -> str:
    """What a compiler has said; paths may be in any encoding."""
    return said.decode(errors="replace").replace("\r\n", "\n")


def _remove_left() -> None:
    """Remove libraries that processes which have ended could not (Windows); those that are in use stay."""
    if sys.platform != "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


_loaded: dict[str, ctypes.PyDLL] = {}
_refused: dict[str, str] = {}  # what the compiler said


def _library(compiler: str, flags: tuple[str, ...], text: str) -> ctypes.PyDLL:
    """The loaded library of a source, one for all nodes that have it."""
    key = cache.key_of(["C code", sys.version, np.__version__, compiler, _identity(compiler), *flags, text])
    if key in _loaded:
        return _loaded[key]
    if key in _refused:
        raise CompilationError(_refused[key])
    kept = cache.default_cache()
    code = kept.load(key) if kept is not None else None
    _remove_left()
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    try:
        path = Path(folder, "node.so")
        if code is None:
            try:
                _compile(compiler, flags, text, path)
            except CompilationError as error:
                if error.__cause__ is None:  # it was run
                    _refused[key] = str(error)
                raise
            if kept is not None:
                kept.store(key, path.read_bytes())
        else:
            path.write_bytes(code)
        library = ctypes.PyDLL(os.fspath(path))
    finally:
        # it stays in memory; Windows keeps the file as long as it does
        shutil.rmtree(folder, ignore_errors=True)
    library.theano_prepare.restype = ctypes.c_int
    library.theano_prepare()  # PyDLL raises the exception that it leaves
    return _loaded.setdefault(key, library)


def _compile(compiler: str, flags: tuple[str, ...], text: str, path: Path) -> None:
    source = path.with_suffix(".cpp")
    source.write_text(text, encoding="utf-8")
    # Libraries come behind what needs them.
    libraries = [f for f in flags if f.startswith("-l")]
    others = [f for f in flags if not f.startswith("-l")]
    command = [compiler, *others, os.fspath(source), "-o", os.fspath(path), *libraries]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise CompilationError(f"the C++ compiler {compiler!r} (flag cxx) can't be run: {error}") from error
    if done.returncode:
        said = _text(done.stderr).replace(os.fspath(source), "node.cpp")
        numbered = "".join(f"{k:4} {line}\n" for k, line in enumerate(text.splitlines(), 1))
        raise CompilationError(
            f"Compilation failed (return status={done.returncode}), by: {shlex.join(command)}\n{said}\n"
            f"{numbered if config.exception_verbosity == 'high' else ''}"
        )

