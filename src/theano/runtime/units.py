"""Parts a module: functions that only call and branch (`abi.QUICKLY`) from those that compute.

LLVM's code generator takes a tenth of the time at level 0: 0.04 ms for the least function, at level 1 0.26 (a Xeon
with AVX-512). It keeps nothing in registers from one block to the next then, which is no loss where hardly anything
is computed. So the two kinds of functions become two objects, which are loaded side by side.

The text must be as our printers write it: a global or a declaration on one line, a function from a line that begins
with ``define`` to a line ``}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from theano.runtime.abi import QUICKLY

__all__ = ["parted"]

_NAME = re.compile(r"@([\w.]+)")
_VECTOR = re.compile(r"<\d")  # level 0 aborts on masked ones
_VARIABLE = re.compile(r"@[\w.]+ = (internal |hidden )?global\b")


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
    def shown(self) -> str:
        """The same, such that the other module sees it."""
        return self.text.replace(" internal ", " hidden ", 1)

    @property
    def declared(self) -> str:
        """For the other module."""
        if self.is_function:
            return "declare" + self.shown.partition("\n")[0].removeprefix("define").rpartition(")")[0] + ")"
        scope = "hidden " if " hidden " in self.shown else ""
        return f"@{self.name} = external {scope}global i8"  # of no type: loads and stores have theirs


def parted(text: str) -> tuple[str, str]:
    """The module of what is compiled well and that of what is compiled quickly; either may be empty.

    >>> well, quick = parted('''define internal void @f() {
    ... ret void
    ... }
    ... define void @g() noinline optnone {
    ... call void @f()
    ... ret void
    ... }
    ... ''')
    >>> print(well)
    define hidden void @f() {
    ret void
    }
    >>> print(quick)
    declare hidden void @f()
    define void @g() noinline optnone {
    call void @f()
    ret void
    }
    """
    if QUICKLY not in text:
        return text, ""
    items = list(_items(text))
    functions = [item for item in items if item.is_function]
    quick = [f for f in functions if QUICKLY in f.head and not _VECTOR.search(f.text)]
    chosen = {f.name for f in quick}
    well = [f for f in functions if f.name not in chosen]
    others = [item for item in items if not item.is_function]
    halves = [_Half(own, others) for own in (well, quick)]
    return halves[0].text(halves[1], True), halves[1].text(halves[0], False)


def _items(text: str) -> Iterator[_Item]:
    lines = iter(text.split("\n"))
    for line in lines:
        if line.startswith("define"):
            line = "\n".join([line, *iter(lines.__next__, "}"), "}"])
        elif not line or line.startswith(";"):
            continue
        names = _NAME.findall(line)
        yield _Item(names[0] if names else "", line, frozenset(names))


class _Half:
    """One of the two modules."""

    def __init__(self, own: list[_Item], others: list[_Item]) -> None:
        self.own = own
        used = {name for f in own for name in f.uses}
        size = -1
        while size != len(used):
            size = len(used)
            used.update(*(item.uses for item in others if item.name in used))
        self.used = used
        self.others = [item for item in others if item.name in used or not item.name] if own else []

    def text(self, other: _Half, has_variables: bool) -> str:
        """The module; variables that both use are in the one that `has_variables`."""
        if not self.own:
            return ""
        lines = [f.declared for f in other.own if f.name in self.used]
        for item in self.others:
            shared = item.is_variable and item.name in other.used
            lines.append(item.text if not shared else item.shown if has_variables else item.declared)
        lines += [f.shown if f.name in other.used else f.text for f in self.own]
        return "\n".join(lines)
