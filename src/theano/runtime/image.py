"""Object code into memory without LLVM: what a warm start needs, 30 ms and 100 MB less than loading LLVM.

Our objects ask little of a loader: their code reads every address from the context, so that relocations are
distances between their own sections, and a call of `memcpy` or of the math library now and then. `load_image`
does that for ELF objects of x86-64, which LLVM makes for Linux and, asked to, for Windows. It answers None to
whatever else it meets: `theano.runtime.jit` then lets LLVM link the object. (Names and numbers: ELF-64 Object File
Format; System V ABI, AMD64 supplement.)

All sections are in one allocation, so that each is in reach of the others. LLVM's own linker for Windows allocates
each by itself, and ends the process if two that refer to each other are 2 GB apart.
"""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from theano.runtime.capi import process_function
from theano.runtime.pages import EXECUTE, READ, WRITE, Pages

__all__ = ["Image", "load_image"]

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_INT32, _UINT64 = struct.Struct("<i"), struct.Struct("<Q")

_MAGIC = b"\x7fELF\x02\x01\x01"  # 64 bit, little-endian, version 1
_RELOCATABLE, _X86_64 = 1, 62  # e_type, e_machine
_RELA, _NOBITS, _SYMTAB, _UNWIND = 4, 8, 2, 0x70000001  # sh_type
_ALLOC, _TLS = 2, 0x400  # sh_flags, beside `WRITE` and `EXECUTE`
_UNDEFINED = 0  # st_shndx
_LOCAL = 0  # the binding in st_info
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

    __slots__ = ("symbols", "_pages", "__weakref__")

    def __init__(self, symbols: dict[str, int], pages: Pages) -> None:
        self.symbols = symbols
        self._pages = pages

    def keep(self) -> None:
        """Never unmap it: other code may still be running inside."""
        self._pages.keep()


def load_image(objects: Sequence[bytes], exports: tuple[str, ...]) -> Image | None:
    """Load objects that may call each other, or return None where only LLVM can.

    Raises
    ------
    RuntimeError
        An object names a symbol that neither another one nor the process has.
    """
    if sys.platform not in ("linux", "win32") or not all(code.startswith(_MAGIC) for code in objects):
        return None
    try:
        return _Loader([_Object(code) for code in objects]).load(exports)
    except (_Unknown, OSError):
        return None


class _Symbol(NamedTuple):
    name: str
    section: int
    value: int
    is_local: bool


class _Relocation(NamedTuple):
    section: int
    offset: int
    kind: int
    symbol: int
    addend: int


class _Object:
    """One object, read, and where its parts are going to be."""

    def __init__(self, code: bytes) -> None:
        self.code = code
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

    def bytes_of(self, section: _Section) -> bytes:
        return self.code[section.offset : section.offset + section.size]

    def _symbols(self) -> list[_Symbol]:
        table = next(s for s in self.sections if s.kind == _SYMTAB)
        names = self.bytes_of(self.sections[table.link])
        return [
            _Symbol(names[at : names.index(b"\0", at)].decode(), section, value, info >> 4 == _LOCAL)
            for at, info, _, section, value, _ in _SYMBOL.iter_unpack(self.bytes_of(table))
        ]

    def _relocations(self) -> list[_Relocation]:
        return [
            _Relocation(table.info, offset, info & 0xFFFFFFFF, info >> 32, addend)
            for table in self.sections
            if table.kind == _RELA and table.info in self.loaded
            for offset, info, addend in _RELOCATION.iter_unpack(self.bytes_of(table))
        ]


class _Loader:
    def __init__(self, objects: list[_Object]) -> None:
        self.objects = objects
        self.defined = {
            symbol.name: (code, symbol)
            for code in objects
            for symbol in code.symbols
            if symbol.section != _UNDEFINED and not symbol.is_local
        }
        self.base = 0

    def load(self, exports: tuple[str, ...]) -> Image:
        missing = [name for name in exports if name not in self.defined]
        if missing:
            raise RuntimeError(f"the object does not define {', '.join(missing)}")
        segments, size = self._layout()
        pages = Pages(size)
        memory, self.base = pages.memory, pages.address
        for code in self.objects:
            for k, place in code.places.items():
                section = code.sections[k]
                if section.kind != _NOBITS:
                    memory[place : place + section.size] = code.bytes_of(section)
            for number, place in code.stubs.items():
                memory[place : place + _STUB_SIZE] = _STUB + _UINT64.pack(self._address(code, code.symbols[number]))
            for relocation in code.relocations:
                self._relocate(memory, code, relocation)
        for segment in segments:
            pages.protect(*segment)
        return Image({name: self._address(*self.defined[name]) for name in exports}, pages)

    def _layout(self) -> tuple[list[tuple[int, int, int]], int]:
        """Give each section a place: code and stubs, constants, variables, each on pages of their own."""
        segments = []
        at = 0
        for flags in (EXECUTE, READ, WRITE):
            start = at
            for code in self.objects:
                for k in sorted(code.loaded):
                    section = code.sections[k]
                    if section.flags & (EXECUTE | WRITE) == flags:
                        at = code.places[k] = _rounded(at, max(section.alignment, 1))
                        at += section.size
                if flags == EXECUTE:
                    at = self._place_stubs(code, _rounded(at, _STUB_SIZE))
            if at > start:
                at = _rounded(at, mmap.PAGESIZE)
                segments.append((start, at, flags))
        if any(len(code.places) != len(code.loaded) for code in self.objects):
            raise _Unknown  # a section that is code and data at once
        return segments, at

    def _place_stubs(self, code: _Object, at: int) -> int:
        """Give each symbol of an object that is reached indirectly a place from `at` on; where they end."""
        for relocation in code.relocations:
            number = relocation.symbol
            symbol = code.symbols[number]
            is_far = symbol.section == _UNDEFINED and symbol.name not in self.defined
            if (is_far or relocation.kind in _R_GOT) and number not in code.stubs:
                code.stubs[number] = at
                at += _STUB_SIZE
        return at

    def _address(self, code: _Object, symbol: _Symbol) -> int:
        if symbol.section == _UNDEFINED:
            if symbol.name not in self.defined:
                return _process_symbol(symbol.name)
            code, symbol = self.defined[symbol.name]
        if symbol.section not in code.places:
            raise _Unknown  # a common symbol, an absolute one, a section that takes no memory
        return self.base + code.places[symbol.section] + symbol.value

    def _relocate(self, memory: Any, code: _Object, relocation: _Relocation) -> None:
        section, offset, kind, number, addend = relocation
        at = code.places[section] + offset
        if kind in _R_GOT:
            target = self.base + code.stubs[number] + len(_STUB)
        elif kind == _R_PLT32 and number in code.stubs:
            target = self.base + code.stubs[number]
        else:
            target = self._address(code, code.symbols[number])
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
    found = process_function(name)
    if not found:
        raise RuntimeError(f"Symbols not found: {name}")
    return found
