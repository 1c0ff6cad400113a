"""Object code into memory without LLVM: what a warm start needs, 30 ms and 100 MB less than loading LLVM.

Our objects ask little of a loader: their code reads every address from the context, so that relocations are
distances between their own sections, and a call of `memcpy` or of the math library now and then. `load_image`
does that for ELF objects of x86-64, and answers None to whatever else it meets: `theano.runtime.jit` then
lets LLVM link the object. (Names and numbers: ELF-64 Object File Format; System V ABI, AMD64 supplement.)
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from typing import NamedTuple

from theano.runtime.capi import function_address

__all__ = ["Image", "load_image"]

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_INT32, _UINT64 = struct.Struct("<i"), struct.Struct("<Q")

_SEVERAL = b"\x7fobjects"
_MAGIC = b"\x7fELF\x02\x01\x01"  # 64 bit, little-endian, version 1
_RELOCATABLE, _X86_64 = 1, 62  # e_type, e_machine
_RELA, _NOBITS, _SYMTAB, _UNWIND = 4, 8, 2, 0x70000001  # sh_type
_WRITE, _ALLOC, _EXECUTE, _TLS = 1, 2, 4, 0x400  # sh_flags
_UNDEFINED, _GLOBAL = 0, 1  # st_shndx, binding in st_info
_R_64, _R_PLT32 = 1, 4
_R_GOT = (9, 41, 42)  # GOTPCREL, GOTPCRELX, REX_GOTPCRELX
_R_RELATIVE = (2, _R_PLT32, *_R_GOT)  # PC32 and those above

# A jump to the address in the eight bytes behind it; those bytes are the symbol's entry in the GOT, too.
_STUB = b"\xff\x25\x02\x00\x00\x00\x00\x00"
_STUB_SIZE = 16


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class _Unknown(Exception):
    """The object holds something that this loader has no rule for."""


class Image:
    """Loaded code; its memory is unmapped with the last reference to this object.

    Attributes
    ----------
    symbols : dict
        Addresses of the exported functions.
    """

    __slots__ = ("symbols", "_memory", "__weakref__")

    def __init__(self, symbols: dict[str, int], memory: list[mmap.mmap]) -> None:
        self.symbols = symbols
        self._memory = memory

    def keep(self) -> None:
        """Never unmap it: other code may still be running inside."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._memory))


def joined(objects: list[bytes]) -> bytes:
    """Several objects as one, of which the later ones may use what the earlier ones define.

    >>> split(joined([b"one", b"two"])), split(joined([b"one"]))
    ([b'one', b'two'], [b'one'])
    """
    if len(objects) == 1:
        return objects[0]
    return b"".join([_SEVERAL, bytes([len(objects)]), *(_UINT64.pack(len(one)) for one in objects), *objects])


def split(code: bytes) -> list[bytes]:
    """The objects that `joined` has put together."""
    if not code.startswith(_SEVERAL):
        return [code]
    at = len(_SEVERAL) + 1
    sizes = [_UINT64.unpack_from(code, at + k * _UINT64.size)[0] for k in range(code[at - 1])]
    at += len(sizes) * _UINT64.size
    objects = []
    for size in sizes:
        objects.append(code[at : at + size])
        at += size
    return objects


def load_image(code: bytes, exports: tuple[str, ...]) -> Image | None:
    """Load an object (or several, see `joined`), or return None where only LLVM can.

    Raises
    ------
    RuntimeError
        The object names a symbol that the process doesn't have.
    """
    objects = split(code)
    if sys.platform != "linux" or not objects[0].startswith(_MAGIC):
        return None
    known: dict[str, int] = {}
    try:
        memories = [_Loader(one, known).load() for one in objects]
    except (_Unknown, OSError):
        return None
    missing = [name for name in exports if name not in known]
    if missing:
        raise RuntimeError(f"the object does not define {', '.join(missing)}")
    return Image({name: known[name] for name in exports}, memories)


class _Symbol(NamedTuple):
    name: str
    is_global: bool
    section: int
    value: int


class _Relocation(NamedTuple):
    section: int
    offset: int
    kind: int
    symbol: int
    addend: int


class _Loader:
    """Loads one object. `known` holds the addresses of what is defined before it, and then also what it defines."""

    def __init__(self, code: bytes, known: dict[str, int]) -> None:
        self.code = code
        self.known = known
        _, kind, machine, _, _, _, at, _, _, _, _, size, n, _ = _HEADER.unpack_from(code)
        if (kind, machine, size) != (_RELOCATABLE, _X86_64, _SECTION.size):
            raise _Unknown
        table = code[at : at + n * size]
        self.sections = [_Section._make(fields) for fields in _SECTION.iter_unpack(table)]
        self.loaded = {k for k, section in enumerate(self.sections) if _takes_memory(section)}
        self.symbols = self._symbols()
        self.relocations = self._relocations()
        self.places: dict[int, int] = {}  # section number -> offset in memory
        self.stubs: dict[int, int] = {}  # symbol number -> offset of its stub
        self.base = 0

    def load(self) -> mmap.mmap:
        segments, size = self._layout()
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for k, place in self.places.items():
            section = self.sections[k]
            if section.kind != _NOBITS:
                memory[place : place + section.size] = self._bytes(section)
        for number, place in self.stubs.items():
            memory[place : place + _STUB_SIZE] = _STUB + _UINT64.pack(self._address(number))
        for relocation in self.relocations:
            self._relocate(memory, relocation)
        for start, end, flags in segments:
            _protect(self.base + start, end - start, flags)
        for number, symbol in enumerate(self.symbols):
            if symbol.is_global and symbol.section in self.places:
                self.known[symbol.name] = self._address(number)
        return memory

    def _bytes(self, section: _Section) -> bytes:
        return self.code[section.offset : section.offset + section.size]

    def _symbols(self) -> list[_Symbol]:
        table = next(s for s in self.sections if s.kind == _SYMTAB)
        names = self._bytes(self.sections[table.link])
        return [
            _Symbol(names[at : names.index(b"\0", at)].decode(), info >> 4 == _GLOBAL, section, value)
            for at, info, _, section, value, _ in _SYMBOL.iter_unpack(self._bytes(table))
        ]

    def _relocations(self) -> list[_Relocation]:
        return [
            _Relocation(table.info, offset, info & 0xFFFFFFFF, info >> 32, addend)
            for table in self.sections
            if table.kind == _RELA and table.info in self.loaded
            for offset, info, addend in _RELOCATION.iter_unpack(self._bytes(table))
        ]

    def _layout(self) -> tuple[list[tuple[int, int, int]], int]:
        """Give each section a place: code and stubs, constants, variables, each on pages of their own."""
        segments = []
        at = 0
        for flags in (_EXECUTE, 0, _WRITE):
            start = at
            for k in sorted(self.loaded):
                section = self.sections[k]
                if section.flags & (_EXECUTE | _WRITE) == flags:
                    at = self.places[k] = _rounded(at, max(section.alignment, 1))
                    at += section.size
            if flags == _EXECUTE:
                at = _rounded(at, _STUB_SIZE)
                for relocation in self.relocations:
                    number = relocation.symbol
                    indirect = relocation.kind in _R_GOT or self.symbols[number].section == _UNDEFINED
                    if indirect and number not in self.stubs:
                        self.stubs[number] = at
                        at += _STUB_SIZE
            if at > start:
                at = _rounded(at, mmap.PAGESIZE)
                segments.append((start, at, flags))
        if len(self.places) != len(self.loaded):
            raise _Unknown  # a section that is code and data at once
        return segments, at

    def _address(self, number: int) -> int:
        name, _, section, value = self.symbols[number]
        if section == _UNDEFINED:
            return self.known[name] if name in self.known else _process_symbol(name)
        if section not in self.places:
            raise _Unknown  # a common symbol, an absolute one, a section that takes no memory
        return self.base + self.places[section] + value

    def _relocate(self, memory: mmap.mmap, relocation: _Relocation) -> None:
        section, offset, kind, number, addend = relocation
        at = self.places[section] + offset
        if kind in _R_GOT:
            target = self.base + self.stubs[number] + len(_STUB)
        elif kind == _R_PLT32 and number in self.stubs:
            target = self.base + self.stubs[number]
        else:
            target = self._address(number)
        if kind == _R_64:
            _UINT64.pack_into(memory, at, target + addend)
        elif kind in _R_RELATIVE:
            distance = target + addend - (self.base + at)
            if not -(2**31) <= distance < 2**31:
                raise _Unknown  # the address of an external as data: we never take one
            _INT32.pack_into(memory, at, distance)
        else:
            raise _Unknown


def _takes_memory(section: _Section) -> bool:
    # Code never unwinds through ours: it calls C only, and no Python error is a C++ exception.
    if not section.flags & _ALLOC or section.kind == _UNWIND or section.size == 0:
        return False
    if section.flags & _TLS or section.alignment > mmap.PAGESIZE:
        raise _Unknown
    return True


def _rounded(at: int, unit: int) -> int:
    return -(-at // unit) * unit


def _process_symbol(name: str) -> int:
    try:
        return function_address(getattr(ctypes.pythonapi, name))
    except AttributeError:
        raise RuntimeError(f"Symbols not found: {name}") from None


def _protect(address: int, size: int, flags: int) -> None:
    """Memory is never writeable and executable at once."""
    if flags == _WRITE:
        return
    access = mmap.PROT_READ | (mmap.PROT_EXEC if flags == _EXECUTE else 0)
    mprotect = ctypes.pythonapi.mprotect
    if mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), access):
        raise OSError("mprotect refused")
