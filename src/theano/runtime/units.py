"""Parts a module into units, each compiled for itself: at two levels, and by as many threads as there are.

LLVM's code generator takes a tenth of the time at level 0: 0.04 ms for the least function, at level 1 0.26 (a Xeon
with AVX-512). It keeps nothing in registers from one block to the next then, which is no loss where hardly anything
is computed. So functions that only call and branch (`abi.QUICKLY`) are a unit of their own. The others are several
where several threads can take them. All become objects that are loaded side by side.

The text must be as our printers write it: a global or a declaration on one line, a function there, too, or from a line
that begins with ``define`` to a line ``}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from theano.runtime.abi import QUICKLY

__all__ = ["Unit", "units"]

# Lines from which on a unit is worth a thread: its target, passes and object cost as much as 50 lines do (2 ms).
LEAST = 100
# How many lines at level 0 take as long as one that is compiled well.
QUICKER = 6

_NAME = re.compile(r"@([\w.]+)")
_VECTOR = re.compile(r"<\d")  # level 0 aborts on masked ones
_VARIABLE = re.compile(r"@[\w.]+ = (internal |hidden )?global\b")


class Unit(NamedTuple):
    """A module of its own.

    Parameters
    ----------
    text : LLVM IR; functions of other units are declared in it.
    is_quick : whether level 0 will do.
    """

    text: str
    is_quick: bool


class _Item(NamedTuple):
    """A function, a global or a declaration; `name` is empty for what is none."""

    name: str
    text: str
    uses: frozenset[str]

    @property
    def is_function(self) -> bool:
        return self.text.startswith("define")

    @property
    def is_variable(self) -> bool:
        return _VARIABLE.match(self.text) is not None

    @property
    def head(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def shown(self) -> str:
        """The same, such that other units see it."""
        return self.text.replace(" internal ", " hidden ", 1)

    @property
    def declared(self) -> str:
        """For other units."""
        if self.is_function:
            return "declare" + self.shown.partition("\n")[0].removeprefix("define").rpartition(")")[0] + ")"
        scope = "hidden " if " hidden " in self.shown else ""
        return f"@{self.name} = external {scope}global i8"  # of no type: loads and stores have theirs


def units(text: str, threads: int = 1) -> list[Unit]:
    """What a module is compiled as; the largest unit comes first, what is quick last.

    Parameters
    ----------
    text : LLVM IR.
    threads : into how many units functions that are compiled well may be parted.

    Examples
    --------
    >>> well, quick = units('''define internal void @f() {
    ... ret void
    ... }
    ... define void @g() noinline optnone {
    ... call void @f()
    ... ret void
    ... }
    ... ''')
    >>> print(well.text)
    define hidden void @f() {
    ret void
    }
    >>> print(quick.text)
    declare hidden void @f()
    define void @g() noinline optnone {
    call void @f()
    ret void
    }
    """
    if QUICKLY not in text and (threads == 1 or text.count("\n") < 2 * LEAST):
        return [Unit(text, False)]
    items = list(_items(text))
    functions = [item for item in items if item.is_function]
    quick = [f for f in functions if QUICKLY in f.head and not _VECTOR.search(f.text)]
    chosen = {f.name for f in quick}
    groups = _shares([f for f in functions if f.name not in chosen], threads, sum(f.lines for f in quick))
    levels = [False] * len(groups) + [True]
    others = [item for item in items if not item.is_function]
    parts = [_Part(own, others) for own in (*groups, quick)]
    return [Unit(part.text(parts), level) for part, level in zip(parts, levels, strict=True) if part.own]


def _items(text: str) -> Iterator[_Item]:
    lines = iter(text.split("\n"))
    for line in lines:
        if line.startswith("define") and not line.endswith("}"):
            line = "\n".join([line, *iter(lines.__next__, "}"), "}"])
        elif not line or line.startswith(";"):
            continue
        names = _NAME.findall(line)
        yield _Item(names[0] if names else "", line, frozenset(names))


def _shares(functions: list[_Item], threads: int, quick: int) -> list[list[_Item]]:
    """Groups of functions for at most `threads` threads of about as much work, each worth a thread.

    The last thread has `quick` lines to compile besides, at level 0.
    """
    own = sum(f.lines for f in functions)
    count = max(min(threads, (own + quick // QUICKER) // LEAST), 1)
    if count == 1:
        return [functions]
    groups: list[list[_Item]] = [[] for _ in range(count)]
    sizes = [0] * (count - 1) + [quick // QUICKER]
    for function in sorted(functions, key=lambda f: -f.lines):
        least = sizes.index(min(sizes))
        groups[least].append(function)
        sizes[least] += function.lines
    if quick and sum(f.lines for f in groups[-1]) < LEAST:  # too little for another unit
        groups[sizes.index(min(sizes[:-1]))] += groups.pop()
    order = sorted(range(count - 1), key=lambda k: -sizes[k])
    return [groups[k] for k in order] + groups[count - 1 :]


class _Part:
    """A unit in the making."""

    def __init__(self, own: list[_Item], others: list[_Item]) -> None:
        self.own = own
        used = {name for f in own for name in f.uses}
        size = -1
        while size != len(used):
            size = len(used)
            used.update(*(item.uses for item in others if item.name in used))
        self.used = used
        self.others = [item for item in others if item.name in used or not item.name] if own else []

    def text(self, parts: Sequence[_Part]) -> str:
        """The module, as one of `parts`; a variable that several of them use is in the first of these."""
        elsewhere = [part for part in parts if part is not self and part.own]
        lines = [f.declared for part in elsewhere for f in part.own if f.name in self.used]
        for item in self.others:
            users = [part for part in parts if part.own and item.name in part.used] if item.is_variable else []
            lines.append(item.text if len(users) < 2 else item.shown if users[0] is self else item.declared)
        used_elsewhere = {name for part in elsewhere for name in part.used}
        lines += [f.shown if f.name in used_elsewhere else f.text for f in self.own]
        return "\n".join(lines)
