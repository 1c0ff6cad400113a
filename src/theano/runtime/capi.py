"""Addresses and memory layouts of CPython and NumPy, verified once before anything relies on them.

`available()` says whether compiled code may look into objects at all. On an interpreter with other layouts
(PyPy, free-threaded or debug builds, 32 bits) everything runs through Python, after one warning.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.runtime import abi

__all__ = ["TABLE", "available", "capsule_pointer", "function_address", "process_function", "read_word", "write_word"]

# Rows of NumPy's C-API table: fixed since NumPy 1.7, checked below where a mistake would be fatal.
_NUMPY_API = {"ndarray_type": 2, "new_from_descr": 94, "equiv_types": 182, "set_base_object": 282, "new_copy": 85}

_PYTHON_API = {
    "inc_ref": "Py_IncRef",
    "dec_ref": "Py_DecRef",
    "vectorcall": "PyObject_Vectorcall",
    "long_as_longlong": "PyLong_AsLongLongAndOverflow",
    "long_from_longlong": "PyLong_FromLongLong",
    "list_new": "PyList_New",
    "list_set_item": "PyList_SetItem",
    "tuple_new": "PyTuple_New",
    "tuple_set_item": "PyTuple_SetItem",
    "err_occurred": "PyErr_Occurred",
    "err_clear": "PyErr_Clear",
    "err_no_memory": "PyErr_NoMemory",
    "err_set_string": "PyErr_SetString",
    "capsule_new": "PyCapsule_New",
    "capsule_get_pointer": "PyCapsule_GetPointer",
    "raw_malloc": "PyMem_RawMalloc",
    "raw_free": "PyMem_RawFree",
    "save_thread": "PyEval_SaveThread",
    "restore_thread": "PyEval_RestoreThread",
    "poll": "PyErr_CheckSignals",
    "this_thread": "PyThreadState_Get",
}

# What starts threads and lets them sleep (see `team_ir`), and what asks for large pages (`support_ir`); 0 where a
# platform lacks it.
SYSTEM_FUNCTIONS = (
    "pthread_create", "pthread_attr_init", "pthread_attr_setdetachstate", "pthread_attr_setstacksize",
    "pthread_sigmask", "syscall", "madvise", "nanosleep",
    "os_sync_wait_on_address", "os_sync_wait_on_address_with_timeout", "os_sync_wake_by_address_all",  # macOS
    "CreateThread", "CloseHandle", "WaitOnAddress", "WakeByAddressAll",  # Windows
)  # fmt: skip

# The words of the fixed table: those of every context, then those that only the support functions read.
TABLE = (
    *abi.CTX, "new_from_descr", "equiv_types", "set_base_object", "new_copy", "this_thread", "long_from_longlong",
    "tuple_new", "tuple_set_item", "err_occurred", "err_clear", "err_no_memory", "err_set_string", "capsule_new",
    "capsule_get_pointer", "system_error", "unready_type", *SYSTEM_FUNCTIONS,
)  # fmt: skip

_OBJECTS: dict[str, Any] = {
    "float_type": float,
    "float64_type": np.float64,
    "int_type": int,
    "bool_type": bool,
    "list_type": list,
    "tuple_type": tuple,
    "none": None,
    "true": True,
    "system_error": SystemError,
}


def read_word(address: int) -> int:
    """The 64-bit word at `address`."""
    return ctypes.c_uint64.from_address(address).value


def write_word(address: int, value: int) -> None:
    """Store a 64-bit word at `address`."""
    ctypes.c_uint64.from_address(address).value = value


def function_address(function: Any) -> int:
    """Address of a function of a ctypes library."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


# Where Windows keeps what compiled code and the support functions call: the C library, what the compiler adds
# (`__chkstk`), and the functions of the system.
_WINDOWS_LIBRARIES = ("ucrtbase", "ntdll", "kernel32", "api-ms-win-core-synch-l1-2-0")


@functools.cache
def _libraries() -> tuple[Any, ...]:
    if sys.platform == "win32":
        return tuple(ctypes.WinDLL(name) for name in _WINDOWS_LIBRARIES)
    return (ctypes.pythonapi,)  # all that is loaded


def process_function(name: str) -> int:
    """Address of a function of the C library or of the system, 0 if there is none."""
    for library in _libraries():
        function = getattr(library, name, None)
        if function is not None:
            return function_address(function)
    return 0


def capsule_pointer(capsule: object) -> int:
    """The pointer in a capsule of any name."""
    name_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
    get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    return get(capsule, name_of(capsule)) or 0


def _numpy_table() -> int:
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]

    return capsule_pointer(_multiarray_umath._ARRAY_API)


@functools.cache
def addresses() -> dict[str, int]:
    """Every address the fixed words of a context or the support functions need, by name."""
    table = {
        name: function_address(getattr(ctypes.pythonapi, c_name)) for name, c_name in _PYTHON_API.items()
    }
    for name in SYSTEM_FUNCTIONS:
        # the advice about large pages has a number of Linux
        linux = name != "madvise" or sys.platform == "linux"
        table[name] = process_function(name) if linux else 0
    table.update((name, id(value)) for name, value in _OBJECTS.items())
    rows = _numpy_table()
    table.update((name, read_word(rows + 8 * row)) for name, row in _NUMPY_API.items())
    table.update((f"descr_{name}", id(np.dtype(name))) for name in abi.DTYPES)
    return table


def _problem() -> str | None:
    """Why compiled code can't be entered in this interpreter, or None."""
    if sys.implementation.name != "cpython":
        return f"the interpreter is {sys.implementation.name}"
    if ctypes.sizeof(ctypes.c_void_p) != 8 or sys.byteorder != "little":
        return "it needs a 64-bit little-endian machine"
    if "free-threading" in sys.version:  # the documented mark of such builds; `sysconfig` takes 2 ms
        return "the interpreter is a free-threaded build"
    if hasattr(sys, "gettotalrefcount"):
        return "the interpreter is a debug build"
    for check in _CHECKS:
        if not check():
            return f"unexpected memory layout ({check.__name__.strip('_')})"
    return None


def _object_header() -> bool:
    objects: tuple[object, ...] = (1.5, [], (), np.zeros(1), int)
    return all(read_word(id(x) + abi.TYPE) == id(type(x)) for x in objects)


def _float_value() -> bool:
    return all(
        ctypes.c_double.from_address(id(x) + abi.FLOAT_VALUE).value == x
        for x in (1.5, -2.25e300, np.float64(0.125))
    )


def _sequences() -> bool:
    items = [object() for _ in range(3)]
    row = read_word(id(items) + abi.LIST_ITEMS)
    fixed = tuple(items)
    return (
        read_word(id(items) + abi.SIZE) == read_word(id(fixed) + abi.SIZE) == 3
        and all(read_word(row + 8 * k) == id(item) for k, item in enumerate(items))
        and tuple_items() > 0
    )


@functools.cache
def tuple_items() -> int:
    """Offset of a tuple's first item (its cached hash comes before it since 3.14), 0 if unknown."""
    fixed = (object(), object())
    for offset in (24, 32):
        if all(read_word(id(fixed) + offset + 8 * k) == id(item) for k, item in enumerate(fixed)):
            return offset
    return 0


def _arrays() -> bool:
    base = np.arange(24.0).reshape(2, 3, 4)
    for a in (base, base[:, ::2], np.zeros((), "f4"), np.zeros(3, ">i4")):
        at = id(a)
        dims = read_word(at + abi.ARRAY_DIMS)
        flags = ctypes.c_int.from_address(at + abi.ARRAY_FLAGS).value
        good = (
            read_word(at + abi.ARRAY_DATA) == a.__array_interface__["data"][0]
            and ctypes.c_int.from_address(at + abi.ARRAY_NDIM).value == a.ndim
            and all(read_word(dims + 8 * k) == n for k, n in enumerate(a.shape))
            and read_word(at + abi.ARRAY_DESCR) == id(a.dtype)
            and read_word(at + abi.ARRAY_BASE) == (0 if a.base is None else id(a.base))
            and bool(flags & 1) == a.flags.c_contiguous
            and bool(flags & 0x100) == a.flags.aligned
            and bool(flags & abi.WRITEABLE_FLAG) == a.flags.writeable
            and (flags & abi.OWN_FLAGS == abi.OWN_FLAGS) == (a.flags.owndata and a.flags.c_contiguous)
            and read_word(at + abi.ARRAY_WEAK) == 0
        )
        if not good:
            return False
    return True


def _references() -> bool:
    a = np.zeros(1)
    counts = [ctypes.c_int32.from_address(id(a)).value]
    other, watch = a, weakref.ref(a)
    counts.append(ctypes.c_int32.from_address(id(a)).value)
    return counts == [1, 2] and other is a and read_word(id(a) + abi.ARRAY_WEAK) == id(watch)


def _numpy_functions() -> bool:
    table = addresses()
    if table["ndarray_type"] != id(np.ndarray):
        return False
    same = ctypes.PYFUNCTYPE(ctypes.c_ubyte, ctypes.py_object, ctypes.py_object)(table["equiv_types"])
    f8, odd = np.dtype("f8"), np.arange(6).reshape(2, 3).T
    copy = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.c_int)(table["new_copy"])(odd, 0)
    if type(copy) is not np.ndarray or not copy.flags.c_contiguous or not np.array_equal(copy, odd) or copy.base is odd:
        return False
    return bool(same(f8, np.dtype("<f8"))) and not same(f8, np.dtype(">f8")) and not same(f8, np.dtype("f4"))


def _type_flags() -> bool:
    return all(
        read_word(id(t) + abi.TYPE_FLAGS) & 0xFFFFFFFF == t.__flags__ & 0xFFFFFFFF
        for t in (int, dict, _Probe)
    )


class _Probe:
    """A Python class, for the check of type flags."""


_CHECKS: tuple[Callable[[], bool], ...] = (
    _object_header, _float_value, _sequences, _arrays, _references, _numpy_functions, _type_flags,
)  # fmt: skip


@functools.cache
def available() -> bool:
    """Whether compiled functions can be called directly; warns once, with the reason, where they can't."""
    try:
        problem = _problem()
    except Exception as error:  # a missing symbol, a module that moved: same answer, never a failing import
        problem = f"{type(error).__name__}: {error}"
    if problem is not None:
        warnings.warn(f"theano runs without native entry points: {problem}", RuntimeWarning, stacklevel=2)
    return problem is None
