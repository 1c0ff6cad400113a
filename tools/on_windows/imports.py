"""The C library of Wine lacks the complex functions of C99 that wheels want: a library of ours has them."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

__all__ = ["mend"]

# Names of one length: what wheels name, and what they name after `mend`.
_OLD, _NEW = b"api-ms-win-crt-math-l1-1-0.dll", b"shim-s-win-crt-math-l1-1-0.dll"
_SOURCE = Path(__file__).parent / "complex_shim.c"
COMPILER = "x86_64-w64-mingw32-gcc"


def mend(home: Path) -> None:
    """Make the library beside a Python, and have the packages there load it.

    Its other functions are passed on to Wine's ucrtbase.dll. What has been mended before stays as it is.
    """
    own = set()
    for name in re.findall(r"(?:UNARY|REAL|BINARY)\((c\w+)\)", _SOURCE.read_text(encoding="utf-8")):
        own |= {name, name + "l", name + "f"}
    names: set[str] = set()
    users = []
    for file in sorted((home / "Lib" / "site-packages").rglob("*")):
        data = file.read_bytes() if file.suffix in (".pyd", ".dll") else b""
        if _OLD in data:
            names |= set(_imported(data))
            users.append((file, data))
    if not users:
        return
    definitions = home / "shim.def"
    lines = [f"  {name} = {'shim_' if name in own else 'ucrtbase.'}{name}" for name in sorted(names)]
    definitions.write_text("\n".join(["EXPORTS", *lines, ""]), encoding="utf-8")
    options = ["-O2", "-fno-builtin", "-shared", "-static-libgcc"]
    command = [COMPILER, *options, "-o", str(home / _NEW.decode()), str(_SOURCE), str(definitions)]
    subprocess.run(command, check=True)
    for file, data in users:
        file.write_bytes(data.replace(_OLD, _NEW))


def _imported(data: bytes) -> Iterator[str]:
    """The names that a library imports from the old one, by the import table of a 64-bit PE file."""
    (pe,) = struct.unpack_from("<I", data, 0x3C)
    sections, optional_size = struct.unpack_from("<H12xH", data, pe + 6)
    optional = pe + 24
    table = []
    for k in range(sections):
        size, address, raw_size, raw = struct.unpack_from("<IIII", data, optional + optional_size + 40 * k + 8)
        table.append((address, max(size, raw_size), raw))

    def at(address: int) -> int:
        return next(raw + address - start for start, size, raw in table if start <= address < start + size)

    def text(where: int) -> bytes:
        return data[where : data.index(b"\0", where)]

    (directory,) = struct.unpack_from("<I", data, optional + 112 + 8)
    where = at(directory) if directory else None
    while where is not None:
        names, _, _, library, addresses = struct.unpack_from("<IIIII", data, where)
        if not library:
            return
        if text(at(library)).lower() == _OLD:
            entry = at(names or addresses)
            while number := struct.unpack_from("<Q", data, entry)[0]:
                yield text(at(number) + 2).decode()
                entry += 8
        where += 20
