"""Memory that is filled first and executed then: one allocation, whose parts get their rights once they are written."""

from __future__ import annotations

import ctypes
import mmap
import sys
import weakref
from typing import Any

__all__ = ["EXECUTE", "READ", "WRITE", "Pages"]

# What a part may be used for beside being read; none may be used for both.
READ, WRITE, EXECUTE = 0, 1, 4

if sys.platform == "win32":
    # Of Windows' memoryapi.h and winnt.h.
    _COMMIT_AND_RESERVE, _RELEASE = 0x3000, 0x8000
    _PAGE_READWRITE = 4
    _PROTECTION = {READ: 2, EXECUTE: 0x20}
    _kernel = ctypes.WinDLL("kernel32")
    _kernel.VirtualAlloc.restype = ctypes.c_void_p
    _kernel.VirtualAlloc.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32
    _kernel.VirtualFree.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
    _kernel.VirtualProtect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p

    def _allocated(size: int) -> Any:
        at = _kernel.VirtualAlloc(None, size, _COMMIT_AND_RESERVE, _PAGE_READWRITE)
        if not at:
            raise OSError("VirtualAlloc refused")
        memory = (ctypes.c_char * size).from_address(at)
        # At exit other threads may still be inside.
        weakref.finalize(memory, _kernel.VirtualFree, at, 0, _RELEASE).atexit = False
        return memory

    def _protect(address: int, size: int, use: int) -> None:
        before = ctypes.c_uint32()
        if not _kernel.VirtualProtect(address, size, _PROTECTION[use], ctypes.byref(before)):
            raise OSError("VirtualProtect refused")

else:

    def _allocated(size: int) -> Any:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def _protect(address: int, size: int, use: int) -> None:
        access = mmap.PROT_READ | (mmap.PROT_EXEC if use == EXECUTE else 0)
        if ctypes.pythonapi.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), access):
            raise OSError("mprotect refused")


class Pages:
    """Memory of zeros, for this process to fill; it is unmapped with the last reference to this object.

    Parameters
    ----------
    size : int
        Bytes.

    Attributes
    ----------
    memory : buffer
        What to fill.
    address : int
        Where it starts.

    Raises
    ------
    OSError
        There is not so much.
    """

    __slots__ = ("memory", "address", "__weakref__")

    def __init__(self, size: int) -> None:
        self.memory = _allocated(size)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))

    def protect(self, start: int, end: int, use: int) -> None:
        """Let whole pages be used as `use` says, one of `READ`, `WRITE` and `EXECUTE`; at first they are writeable.

        Raises
        ------
        OSError
            The system refuses that.
        """
        if use != WRITE:
            _protect(self.address + start, end - start, use)

    def keep(self) -> None:
        """Never unmap it: other code may still be running inside."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.memory))
