"""What the Sphinx directive ``names`` of ``docs/conf.py`` shows: public names of a package, each with its docstring.

    .. names:: theano.tensor
       :from: theano.tensor.sort theano.tensor.order_statistics

lists the functions and operations of ``theano.tensor`` that are at home in these modules or below them; with
``:classes:``, the classes that are public there; with names as its content, these. With nothing of it, it lists what is
public there (`tools.public_names`), and what has another first name only refers to that. Autodoc's ``automodule`` knows
neither operations, which are functions to a user and objects to Python, nor packages without ``__all__``. With
``:of: d``, ``dmatrix`` stands for ``bmatrix``, ``fmatrix``, and so on.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from tools.public_names import first_name, late, public

_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+$|\Z)", re.DOTALL | re.MULTILINE)
_PARAMETER = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :|$)", re.MULTILINE)


def chosen(
    package: str, homes: list[str], names: list[str], left_out: list[str], only_classes: bool = False
) -> list[str]:
    """The names of `package` that a directive is about, sorted.

    Parameters
    ----------
    package : str
        A module.
    homes : list of str
        Where functions and operations must have been defined.
    names : list of str
        If there are any, these.
    left_out : list of str
        These are not.
    only_classes : bool, default False
        The public classes of the module.
    """
    module = importlib.import_module(package)
    if homes:
        names = [name for name in {*dir(module), *late(package)} if _is_at_home(name, getattr(module, name), homes)]
    elif only_classes:
        names = [name for name, thing in public(package) if inspect.isclass(thing)]
    found = names or [name for name, _ in public(package)]
    missing = [name for name in [*found, *left_out] if not hasattr(module, name)]
    if missing:
        raise AttributeError(f"{package} has no {', '.join(missing)}")
    return sorted(set(found) - set(left_out), key=lambda name: (name.casefold(), name))


def _is_at_home(name: str, thing: Any, homes: list[str]) -> bool:
    if name.startswith("_") or not callable(thing) or inspect.isclass(thing) or inspect.ismodule(thing):
        return False
    return any(f"{thing.__module__}.".startswith(f"{home}.") for home in homes)


def described(package: str, name: str, once: bool = False) -> Iterator[str]:
    """The lines of reStructuredText that describe one name.

    Parameters
    ----------
    package : str
        A module.
    name : str
        A name of it.
    once : bool, default False
        Whether a thing is described under its first name only, and others refer to it.
    """
    thing = getattr(importlib.import_module(package), name)
    first = first_name(thing) if once else None
    if first not in (None, f"{package}.{name}"):
        yield f".. py:data:: {package}.{name}"
        yield ""
        yield f"   The same as :py:obj:`{first}`."
    elif inspect.isclass(thing):
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


def page_of(package: str, names: list[str], once: bool, letter: str = "") -> Iterator[str]:
    """The lines that describe several names.

    Parameters
    ----------
    package : str
        A module.
    names : list of str
        Names of it.
    once : bool
        See `described`.
    letter : str, default ""
        A first letter. Names that differ in theirs only from one that begins with this refer to it, all together.
    """
    for name in names:
        alike = [other for other in names if letter and other[1:] == name[1:]]
        if f"{letter}{name[1:]}" in alike and name[0] != letter:
            continue
        yield from described(package, name, once)
        if others := [other for other in alike if other != name]:
            yield f".. py:data:: {package}.{others[0]}"
            yield from (f"             {package}.{other}" for other in others[1:])
            yield ""
            yield f"   As :py:obj:`{package}.{name}`, of other dtypes."
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
