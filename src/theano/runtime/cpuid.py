"""What an x86-64 processor says of itself by its instruction `cpuid`, where LLVM looks to tell what it can do."""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys

from theano.runtime.pages import EXECUTE, Pages

__all__ = ["says"]

# void f(uint32_t registers[4]): eax, ebx, ecx and edx before and after `cpuid`. The argument is in rcx or rdi.
_CODE = (
    (b"\x49\x89\xc8" if sys.platform == "win32" else b"\x49\x89\xf8")  # mov r8, rcx | rdi
    + b"\x53"  # push rbx
    + b"\x41\x8b\x00\x41\x8b\x48\x08"  # mov eax, [r8]; mov ecx, [r8+8]
    + b"\x0f\xa2"  # cpuid
    + b"\x41\x89\x00\x41\x89\x58\x04\x41\x89\x48\x08\x41\x89\x50\x0c"  # mov [r8], eax; … ebx; … ecx; … edx
    + b"\x5b\xc3"  # pop rbx; ret
)
_REGISTERS = struct.Struct("<4I")
_EAX, _EBX, _ECX, _EDX = 1, 2, 4, 8
# Leaf and part of it, and which registers say what the processor is: others say on which core this thread is now.
# (Intel 64 and IA-32 Software Developer's Manual, volume 2, "CPUID"; leaf 13: what the system lets programs use.)
_LEAVES = (
    (1, 0, _EAX | _ECX | _EDX), (7, 0, _EBX | _ECX | _EDX), (7, 1, _EAX | _EBX | _ECX | _EDX), (13, 0, _EAX | _EBX),
    (13, 1, _EAX), (20, 0, _EBX), (25, 0, _EBX), (30, 1, _EAX), (36, 0, _EBX),
    (0x80000001, 0, _ECX | _EDX), (0x80000007, 0, _EDX), (0x80000008, 0, _EBX),
)  # fmt: skip


def says() -> list[str]:
    """The processor's maker, model and abilities, as text; the same for all cores, and in all processes.

    Raises
    ------
    OSError
        The system refuses to execute what a program has written.

    Examples
    --------
    >>> import platform
    >>> len(says()) > 5 if platform.machine() in ("x86_64", "AMD64") else True
    True
    """
    pages = Pages(mmap.PAGESIZE)
    pages.memory[0 : len(_CODE)] = _CODE
    pages.protect(0, mmap.PAGESIZE, EXECUTE)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(pages.address)

    def leaf(number: int, part: int = 0) -> tuple[int, ...]:
        registers = ctypes.create_string_buffer(_REGISTERS.pack(number, 0, part, 0), _REGISTERS.size)
        call(ctypes.addressof(registers))
        return _REGISTERS.unpack(registers.raw)

    found = [f"{leaf(0)}"]
    for number, part, wanted in _LEAVES:
        if number <= leaf(number & 0x80000000)[0]:  # beyond the last one there is something else
            values = [value for k, value in enumerate(leaf(number, part)) if wanted >> k & 1]
            found.append(f"{number:x}.{part}: {' '.join(f'{value:08x}' for value in values)}")
    return found
