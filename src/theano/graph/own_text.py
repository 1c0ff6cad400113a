"""Texts of `help` for objects that are functions or names to users, not only things of a class."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["OwnText"]


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
