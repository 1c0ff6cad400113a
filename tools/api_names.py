"""What the Sphinx directive ``names`` of ``docs/conf.py`` shows: public names of a package, each with its docstring.

    .. names:: theano.tensor
       :from: theano.tensor.sort theano.tensor.order_statistics

lists the functions and operations of ``theano.tensor`` that are at home in these modules or below them. Without
``:from:``, everything that ``__all__`` names, and classes, too; with names as its content, these. Autodoc's
``automodule`` knows neither operations, which are functions to a user and objects to Python, nor packages without
``__all__``.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+$|\Z)", re.DOTALL | re.MULTILINE)
_PARAMETER = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :|$)", re.MULTILINE)


def chosen(package: str, homes: list[str], names: list[str], left_out: list[str]) -> list[str]:
    """The names of `package` that a directive is about, sorted.

    Parameters
    ----------
    package : str
        A module.
    homes : list of str
        Where functions and operations must have been defined; if empty, `names`, or ``__all__``.
    names : list of str
        If there are any, these.
    left_out : list of str
        These are not.
    """
    module = importlib.import_module(package)
    if homes:
        names = [name for name in dir(module) if _is_at_home(name, getattr(module, name), homes)]
    found = names or [name for name in module.__all__ if _is_value(getattr(module, name))]
    missing = [name for name in found if not hasattr(module, name)]
    if missing:
        raise AttributeError(f"{package} has no {', '.join(missing)}")
    return sorted(set(found) - set(left_out), key=lambda name: (name.casefold(), name))


def _is_value(thing: Any) -> bool:
    """No module, unless it is a function, too: that `theano.scan` is."""
    return callable(thing) or not inspect.ismodule(thing)


def _is_at_home(name: str, thing: Any, homes: list[str]) -> bool:
    if name.startswith("_") or not callable(thing) or inspect.isclass(thing) or inspect.ismodule(thing):
        return False
    return any(f"{thing.__module__}.".startswith(f"{home}.") for home in homes)


def described(package: str, name: str) -> Iterator[str]:
    """The lines of reStructuredText that describe one name."""
    thing = getattr(importlib.import_module(package), name)
    if inspect.isclass(thing):
        yield f".. autoclass:: {package}.{name}"
        yield "   :members:"
        # Classes that a class refers to are described where they are at home.
        yield f"   :exclude-members: {', '.join(n for n, x in inspect.getmembers(thing) if inspect.isclass(x))}"
    elif inspect.isroutine(thing) or inspect.ismodule(thing):
        yield f".. autofunction:: {package}.{name}"
    elif callable(thing):
        yield f".. autofunction:: {package}.{name}{_signature(thing)}"
    elif type(thing).__module__ == "builtins":  # whose docstring is that of every dict
        yield f".. py:data:: {package}.{name}"
    else:
        yield f".. autodata:: {package}.{name}"
        yield "   :no-value:"
    yield ""


def _signature(operation: Any) -> str:
    """What an operation takes, by its docstring: Python sees only that it can be called."""
    found = _PARAMETERS.search(inspect.getdoc(operation) or "")
    return f"({', '.join(_PARAMETER.findall(found[1]))})" if found else "(*inputs)"


def formulas_as_text(lines: list[str]) -> None:
    """Mark formulas in the lines of a docstring: they stand indented before the first section, and are no prose."""
    end = next((k for k, line in enumerate(lines) if re.fullmatch("-{3,}", line)), len(lines))
    for k in range(end - 1, 1, -1):
        before = lines[k - 2]
        if lines[k].startswith("    ") and not lines[k - 1] and before[:1].isalnum() and not before.endswith("::"):
            lines[k:k] = [".. code-block:: text", ""]
