"""The functions of our library of matrix products: their names, and what they take."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ARGUMENTS", "BACKWARD", "KINDS", "LETTER", "NAMES", "OF_LOOPS", "PACKED", "PANELS", "STACK", "Parameter",
    "name_of", "parameters",
]  # fmt: skip

LETTER = {"f32": "s", "f64": "d"}
# Parameters: a name and i (an integer), n (a number) or p (a pointer). Strides count elements; the columns of results
# are contiguous.
ARGUMENTS = "m:i n:i k:i alpha:n a:p ar:i ac:i b:p br:i bc:i beta:n c:p cr:i"
STACK = f"count:i as:i bs:i cs:i {ARGUMENTS}"
# A second operand that stays may be copied into panels before (`panels`), for products that are given both (`packed`).
PANELS = "m:i n:i k:i b:p br:i bc:i panels:p"
PACKED = "m:i n:i k:i a:p ar:i b:p br:i bc:i panels:p c:p cr:i"
BACKWARD = "m:i p:i q:i w:p wr:i d:p dr:i dc:i x:p xr:i xc:i alpha:n beta:n g:p gr:i"
# The parameters of each function, and the pointers that it writes through.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "product": (ARGUMENTS, ("c",)),
    "tiles": (ARGUMENTS, ("c",)),
    "panels": (PANELS, ("panels",)),
    "packed": (PACKED, ("c",)),
    "slice": (PACKED, ("c",)),
    "stack": (STACK, ("c",)),
    "backward": (BACKWARD, ("w", "g")),
}
# What only loops call: provisional code has none of it.
OF_LOOPS = ("panels", "packed", "slice")
NAMES = {f"{letter}{kind}": (type_, kind) for type_, letter in LETTER.items() for kind in KINDS}


class Parameter(NamedTuple):
    """Of a function: its name; ``i64``, ``ptr`` or the type of the numbers; whether a pointer is written through."""

    name: str
    type: str
    written: bool


def name_of(kind: str, type_: str) -> str:
    """The name of a function for numbers of a type."""
    return f"{LETTER[type_]}{kind}"


def parameters(name: str) -> list[Parameter]:
    """What a function takes.

    >>> parameters("sproduct")[3], parameters("sproduct")[11].written
    (Parameter(name='alpha', type='f32', written=False), True)
    """
    type_, kind = NAMES[name]
    text, written = KINDS[kind]
    kinds = {"i": "i64", "n": type_, "p": "ptr"}
    named = [p.split(":") for p in text.split()]
    return [Parameter(n, kinds[k], n in written) for n, k in named]
