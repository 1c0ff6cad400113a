"""LLVM IR as printers hand it over: functions, and what stands around them."""

from __future__ import annotations

from collections.abc import Sequence

from theano.base.record import Record, replace

__all__ = ["Function", "Global", "Module", "intrinsic", "verbatim"]


class Function(Record):
    """A function, and what a module that has it must have, too.

    Parameters
    ----------
    name : without the ``@``.
    head : what it returns, its name and its parameters, as in ``i32 @main(ptr %ctx, ptr %frame)``.
    body : its lines.
    uses : names of the functions and globals in it.
    attributes : LLVM's.
    is_exported : whether other modules may call it.
    is_quick : whether the code generator's level 0 will do (see `units`): it has no vectors.
    """

    name: str
    head: str
    body: str
    uses: frozenset[str]
    attributes: str = "noinline nounwind"
    is_exported: bool = False
    is_quick: bool = False

    @property
    def lines(self) -> int:
        return self.body.count("\n") + 2

    def text(self, shown: bool = False) -> str:
        """LLVM IR; `shown`: other units see it."""
        linkage = "" if self.is_exported else "hidden " if shown else "internal "
        return f"define {linkage}{self.head} {self.attributes} {{\n{self.body}\n}}"

    def declaration(self) -> str:
        """What other units know of it."""
        return f"declare {'' if self.is_exported else 'hidden '}{self.head}"


class Global(Record):
    """What stands in one line: a variable, a constant, the declaration of an intrinsic, metadata.

    Parameters
    ----------
    name : without the ``@``.
    content : the line; of a variable, what follows its linkage.
    uses : names in it.
    linkage : of a variable, ``internal``, ``hidden`` or nothing; None for all others.
    """

    name: str
    content: str
    uses: frozenset[str] = frozenset()
    linkage: str | None = None

    def text(self, shown: bool = False) -> str:
        """LLVM IR; `shown`: other units see it."""
        if self.linkage is None:
            return self.content
        linkage = "hidden" if shown and self.linkage else self.linkage
        return f"@{self.name} = {linkage} {self.content}"

    def declaration(self) -> str:
        """What other units know of a variable: no type, loads and stores have theirs."""
        return f"@{self.name} = external {'hidden ' if self.linkage else ''}global i8"


def intrinsic(name: str, result: str, *params: str) -> Global:
    """The declaration of a function that LLVM or the C library has.

    >>> intrinsic("llvm.fma.f64", "double", "double", "double", "double").text()
    'declare double @llvm.fma.f64(double, double, double)'
    """
    return Global(name, f"declare {result} @{name}({', '.join(params)})")


class Module(Record):
    """Functions, and the globals that they use."""

    globals: Sequence[Global]
    functions: Sequence[Function]

    def __add__(self, other: Module) -> Module:
        return Module([*self.globals, *other.globals], [*self.functions, *other.functions])

    def text(self) -> str:
        return "\n".join([*(g.text() for g in self.globals), *(f.text() for f in self.functions), ""])

    @property
    def lines(self) -> int:
        return len(self.globals) + sum(f.lines + 1 for f in self.functions)

    def with_attribute(self, attribute: str) -> Module:
        """The same, all of whose functions have an attribute."""
        functions = [replace(f, attributes=f"{f.attributes} {attribute}") for f in self.functions]
        return Module(self.globals, functions)


def verbatim(text: str) -> Module:
    """A module that is compiled as it is written."""
    return Module([Global("", text)], [])
