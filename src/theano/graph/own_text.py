"""Texts of `help` for objects that are functions or names to users, not only things of a class."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

__all__ = ["CalledText", "OwnText"]

_PARAMETERS = re.compile(r"(?<=^Parameters\n----------\n).*?(?=\n\n[A-Z]\w+\n---)", re.DOTALL | re.MULTILINE)


class OwnText:
    """The `__doc__` of a class whose objects have texts of their own.

    Parameters
    ----------
    of_class
        What the class itself says, and objects about which nothing else is known.
    module, function
        What makes the text of an object, called with it and with `of_class`; loaded when somebody asks.
    """

    __slots__ = ("of_class", "module", "function")

    def __init__(self, of_class: str | None, module: str, function: str) -> None:
        self.of_class, self.module, self.function = of_class or "", module, function

    def __get__(self, thing: Any, owner: type) -> str:
        if thing is None:
            return self.of_class
        return str(getattr(import_module(self.module), self.function)(thing, self.of_class))


class CalledText(OwnText):
    """The `__doc__` of a class whose parameters are not those with which its objects are called.

    Parameters
    ----------
    of_class
        What the class itself says.
    parameters
        What its objects are called with: the lines of their section "Parameters".

    Examples
    --------
    >>> from theano.sparse import csc_from_dense
    >>> print(csc_from_dense.__doc__.partition("Returns")[0].strip())
    A dense matrix as a sparse one, without its zeros.
    <BLANKLINE>
    This is ``SparseFromDense(format='csc')``.
    <BLANKLINE>
    Parameters
    ----------
    x : tensor-like
        A matrix (m, n), or a vector as one row.
    """

    __slots__ = ("parameters",)

    def __init__(self, of_class: str | None, parameters: str) -> None:
        super().__init__(of_class, "", "")
        self.parameters = parameters

    def __get__(self, thing: Any, owner: type) -> str:
        if thing is None or not self.of_class:
            return self.of_class
        given = ", ".join(f"{name}={getattr(thing, name)!r}" for name in getattr(thing, "__props__", ()))
        summary, _, rest = inspect.cleandoc(self.of_class).partition("\n\n")
        made = f"This is ``{f'{owner.__name__}({given})' if given else thing}``."
        return f"{summary}\n\n{made}\n\n{_PARAMETERS.sub(lambda _: self.parameters, rest, count=1)}"
