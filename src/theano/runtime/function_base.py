"""`FunctionBase`: a class whose instances CPython calls by jumping straight into compiled code.

The base is a heap type made through `PyType_FromSpec` with two words behind the object header: the vectorcall
pointer and the address of the context. Everything else (attributes, weak references, garbage collection) is
ordinary Python of the subclass.
"""

from __future__ import annotations

import ctypes
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from theano.runtime import abi, capi

__all__ = ["FunctionBase", "install"]

# CPython constants (object.h, structmember.h, typeslots.h): part of its stable interface.
_HAVE_VECTORCALL = 1 << 11
_BASETYPE = 1 << 10
_DEFAULT_FLAGS = 1 << 18
_T_PYSSIZET, _READONLY = 19, 1
_SLOT_CALL, _SLOT_MEMBERS = 50, 72


class _Slot(ctypes.Structure):
    _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]


class _Member(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    ]


class _Spec(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("basicsize", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    ]


_KEPT: list[object] = []  # CPython keeps pointers into the spec for the life of the type


def _native_base() -> type:
    members = (_Member * 2)(
        _Member(b"__vectorcalloffset__", _T_PYSSIZET, abi.CALLABLE_VECTORCALL, _READONLY, None), _Member()
    )
    slots = (_Slot * 3)(
        _Slot(_SLOT_MEMBERS, ctypes.addressof(members)),
        _Slot(_SLOT_CALL, capi.function_address(ctypes.pythonapi.PyVectorcall_Call)),
        _Slot(0, None),
    )
    flags = _BASETYPE | _HAVE_VECTORCALL | _DEFAULT_FLAGS
    spec = _Spec(b"theano.runtime.function_base.NativeCallable", abi.CALLABLE_SIZE, 0, flags, slots)
    _KEPT.append((members, slots, spec))
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(("PyType_FromSpec", ctypes.pythonapi))
    base = make(ctypes.addressof(spec))
    if base.__basicsize__ != abi.CALLABLE_SIZE:
        raise TypeError(f"instances have {base.__basicsize__} bytes")
    return base


class _PythonBase:
    """Stands in for the native base where objects have another layout: calls go through `__call__`."""

    __slots__ = ()


def _choose_base() -> tuple[type, bool]:
    if capi.available():
        try:
            return _native_base(), True
        except Exception as error:  # an interpreter that refuses the spec: the Python path still works
            warnings.warn(f"theano runs without native entry points: {error}", RuntimeWarning, stacklevel=2)
    return _PythonBase, False


_base, NATIVE = _choose_base()
if TYPE_CHECKING:  # with a base that is not known, a function would have every attribute that is asked for
    _Base = object
else:
    _Base = _base


def _set_vectorcall_flag(cls: type) -> None:
    """Let `cls` be called through its instances' vectorcall pointer although it defines `__call__`.

    CPython clears the flag for classes with a Python `__call__` (3.11: for all Python classes) because the two
    could disagree. Ours can't: the pointer is null until `install`, and null means `__call__`.
    """
    if NATIVE:
        at = id(cls) + abi.TYPE_FLAGS
        capi.write_word(at, capi.read_word(at) | _HAVE_VECTORCALL)
        if not cls.__flags__ & _HAVE_VECTORCALL:
            raise SystemError("the flags of a type are not where they were found before")


class FunctionBase(_Base):
    """Base of callables that may have compiled code.

    Until `install`, and after the garbage collector has found the object dead, a call runs
    ``self._fallback(*args, **kwargs)``, which subclasses define.

    Examples
    --------
    >>> class Double(FunctionBase):
    ...     def _fallback(self, x):
    ...         return 2 * x
    >>> Double()(3)
    6
    """

    __slots__ = ("__dict__", "__weakref__", "_native")
    _native: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _set_vectorcall_flag(cls)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._fallback(*args, **kwargs)

    def _fallback(self, /, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} object has no code yet")

    def __getstate__(self) -> Mapping[str, Any]:
        # Code and context belong to this process; what subclasses keep in attributes is theirs to restore.
        return dict(self.__dict__)

    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # Runs before the collector clears anything of a dead cycle. Finalizers of other objects of the cycle may
        # still call this one: by then it must no longer lead into code that is about to be released. (At exit no
        # code is released, and the globals of this module may be gone: hence the default.)
        if not _finalizing():
            uninstall(self)

    @property
    def is_native(self) -> bool:
        """Whether calls go straight into compiled code."""
        return NATIVE and capi.read_word(id(self) + abi.CALLABLE_VECTORCALL) != 0


_set_vectorcall_flag(FunctionBase)


def install(function: FunctionBase, code: Any, context: Any) -> bool:
    """Make calls of `function` enter `code` with `context`.

    Both are kept alive as long as `function` is, and so is what it had before: that may be running right now, in this
    thread or in another, and it may meet the new context, which must mean the same to it. Returns False, and leaves
    calls to `_fallback`, where native entry points are not available.

    Parameters
    ----------
    function : FunctionBase
    code : theano.runtime.jit.CodeObject
        Its `address` is that of `@entry`.
    context : theano.native.support.context.Context
    """
    if not NATIVE:
        return False
    if not isinstance(function, FunctionBase):
        raise TypeError(f"{type(function).__name__} is no FunctionBase")
    if not hasattr(function, "_native"):
        function._native = []
    function._native.append((code, context))
    capi.write_word(id(function) + abi.CALLABLE_CONTEXT, context.address)
    capi.write_word(id(function) + abi.CALLABLE_VECTORCALL, code.address)
    return True


def uninstall(function: FunctionBase) -> None:
    """Send calls of `function` through `_fallback` again; its code stays alive as long as the object."""
    if NATIVE:
        capi.write_word(id(function) + abi.CALLABLE_VECTORCALL, 0)
