"""Parts a module into units, each compiled for itself: at two levels, and by as many threads as there are.

LLVM's code generator takes a tenth of the time at level 0: 0.04 ms for the least function, at level 1 0.26 (a Xeon
with AVX-512). It keeps nothing in registers from one block to the next then, which is no loss where hardly anything
is computed. So functions that only call and branch (`abi.QUICKLY`) are a unit of their own. The others are several
where several threads can take them. All become objects that are loaded side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from theano.runtime.module import Function, Global, Module

__all__ = ["Unit", "units"]

# Lines from which on a unit is worth a thread: its target, passes and object cost as much as 50 lines do (2 ms).
LEAST = 100
# How many lines at level 0 take as long as one that is compiled well.
QUICKER = 6


class Unit(NamedTuple):
    """A module of its own.

    Parameters
    ----------
    text : LLVM IR; functions of other units are declared in it.
    is_quick : whether level 0 will do.
    """

    text: str
    is_quick: bool


def units(module: Module, threads: int = 1) -> list[Unit]:
    """What a module is compiled as; the largest unit comes first, what is quick last.

    Parameters
    ----------
    module : LLVM IR in parts.
    threads : into how many units functions that are compiled well may be parted.

    Examples
    --------
    >>> f = Function("f", "void @f()", "ret void", frozenset())
    >>> g = Function("g", "void @g()", "call void @f()\\nret void", frozenset("f"), "optnone", True, is_quick=True)
    >>> well, quick = units(Module([], [f, g]))
    >>> print(well.text)
    define hidden void @f() noinline nounwind {
    ret void
    }
    >>> print(quick.text)
    declare hidden void @f()
    define void @g() optnone {
    call void @f()
    ret void
    }
    """
    quick = [f for f in module.functions if f.is_quick]
    well = [f for f in module.functions if not f.is_quick]
    lines = sum(f.lines for f in well)
    if not quick and (threads == 1 or lines < 2 * LEAST):
        return [Unit(module.text(), False)]
    groups = _shares(well, threads, sum(f.lines for f in quick))
    levels = [False] * len(groups) + [True]
    parts = [_Part(own, module.globals) for own in (*groups, quick)]
    return [Unit(part.text(parts), level) for part, level in zip(parts, levels, strict=True) if part.own]


def _shares(functions: list[Function], threads: int, quick: int) -> list[list[Function]]:
    """Groups of functions for at most `threads` threads of about as much work, each worth a thread.

    The last thread has `quick` lines to compile besides, at level 0.
    """
    own = sum(f.lines for f in functions)
    count = max(min(threads, (own + quick // QUICKER) // LEAST), 1)
    if count == 1:
        return [functions]
    groups: list[list[Function]] = [[] for _ in range(count)]
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

    def __init__(self, own: list[Function], others: Sequence[Global]) -> None:
        self.own = own
        used = {name for f in own for name in f.uses}
        size = -1
        while size != len(used):
            size = len(used)
            used.update(*(item.uses for item in others if item.name in used))
        self.used = used
        self.others = [item for item in others if item.name in used] if own else []

    def text(self, parts: Sequence[_Part]) -> str:
        """The module, as one of `parts`; a variable that several of them use is in the first of these."""
        elsewhere = [part for part in parts if part is not self and part.own]
        lines = [f.declaration() for part in elsewhere for f in part.own if f.name in self.used]
        for item in self.others:
            users = [part for part in parts if part.own and item.name in part.used]
            is_ours = item.linkage is None or users[0] is self
            lines.append(item.text(shown=len(users) > 1) if is_ours else item.declaration())
        used_elsewhere = {name for part in elsewhere for name in part.used}
        lines += [f.text(shown=f.name in used_elsewhere) for f in self.own]
        return "\n".join(lines)
