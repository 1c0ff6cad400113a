"""Values of C types in graphs: pointers in capsules, which C code makes and reads."""

from __future__ import annotations

import ctypes
from typing import Any

from theano.graph.nodes import Constant
from theano.graph.type import Type

__all__ = ["CDataType", "CDataTypeConstant"]


class CDataTypeConstant(Constant):
    """A pointer that is known."""


class CDataType(Type):
    """The type of a pointer of C code, which Python code hands on only.

    Parameters
    ----------
    ctype : str
        The C type, a pointer.
    freefunc : str, optional
        The C function that is called with the pointer when nobody needs it any more.
    headers, header_dirs, libraries, lib_dirs, compile_args, extra_support_code, version
        What C code with this type needs.

    Raises
    ------
    TypeError
        `ctype` is no text.

    Examples
    --------
    >>> from theano.gof import CDataType
    >>> str(CDataType("FILE *", freefunc="fclose", headers=("<stdio.h>",)))
    'CDataType{FILE *}'
    """

    __props__ = (
        "ctype", "freefunc", "headers", "header_dirs", "libraries", "lib_dirs", "compile_args", "extra_support_code",
        "version",
    )  # fmt: skip
    Constant = CDataTypeConstant

    def __init__(
        self, ctype: str, freefunc: str | None = None, headers: Any = (), header_dirs: Any = (), libraries: Any = (),
        lib_dirs: Any = (), compile_args: Any = (), extra_support_code: str = "", version: Any = None,
    ) -> None:  # fmt: skip
        if not isinstance(ctype, str):
            raise TypeError(f"CDataType takes the text of a C type, not {ctype!r}")
        self.ctype, self.freefunc = ctype, freefunc
        self.headers, self.header_dirs, self.libraries = tuple(headers), tuple(header_dirs), tuple(libraries)
        self.lib_dirs, self.compile_args = tuple(lib_dirs), tuple(compile_args)
        self.extra_support_code, self.version = extra_support_code, version

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.ctype}}}"

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        if data is not None and type(data).__name__ != "PyCapsule":
            raise TypeError(f"Expected None or a PyCapsule, found {data!r}")
        return data

    def values_eq(self, a: Any, b: Any) -> bool:
        return a is b

    def make_value(self, ptr: int) -> Any:
        """A value of this type from an address."""
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ptr, None, None)

    # -- C code --------------------------------------------------------------------------------------------
    def c_headers(self) -> tuple[str, ...]:
        return self.headers

    def c_header_dirs(self) -> tuple[str, ...]:
        return self.header_dirs

    def c_libraries(self) -> tuple[str, ...]:
        return self.libraries

    def c_lib_dirs(self) -> tuple[str, ...]:
        return self.lib_dirs

    def c_compile_args(self) -> tuple[str, ...]:
        return self.compile_args

    def c_support_code(self) -> str:
        return self.extra_support_code

    def c_declare(self, name: str, sub: dict[str, str], check_input: bool = True) -> str:
        return f"{self.ctype} {name};"

    def c_init(self, name: str, sub: dict[str, str]) -> str:
        return f"{name} = NULL;"

    def c_extract(self, name: str, sub: dict[str, str], check_input: bool = True) -> str:
        return f"""{name} = py_{name} == Py_None ? NULL : ({self.ctype})PyCapsule_GetPointer(py_{name}, NULL);
        if (PyErr_Occurred()) {sub["fail"]}"""

    def c_sync(self, name: str, sub: dict[str, str]) -> str:
        free = "NULL"
        if self.freefunc is not None:
            free = f"[](PyObject *c) {{ {self.freefunc}(({self.ctype})PyCapsule_GetPointer(c, NULL)); }}"
        return f"""Py_XDECREF(py_{name});
        if ({name} == NULL) {{ py_{name} = Py_None; Py_INCREF(Py_None); }}
        else py_{name} = PyCapsule_New((void *){name}, NULL, {free});"""

    def c_cleanup(self, name: str, sub: dict[str, str]) -> str:
        return ""
