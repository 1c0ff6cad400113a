"""Texts that several docstrings have in common, written once."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

_AXIS = """\
axis : int, sequence of ints or None
    Over which axes, counted from the end if negative; None: over all of them."""
_KEEPDIMS = """\
keepdims : bool
    Whether the axes stay, with length 1."""

#: What stands for a text, on a line of its own, and the text.
TEXTS = {
    "<axis>": _AXIS,
    "<keepdims>": _KEEPDIMS,
    "<axis, keepdims>": f"{_AXIS}\n{_KEEPDIMS}",
    "<axis of an op>": """\
axis : sequence of ints or None
    Over which axes; None: all.""",
    "<any tensor>": "A variable, a number, an array or a list, of any shape and dtype.",
    "<tensor errors>": """\
TypeError
    What should be a tensor can't become one.""",
    "<called type>": """\
Parameters
----------
name : str, optional
    What the type is called with: the name of the variable that it makes.

Returns
-------
Variable
    Of this type.

Raises
------
TypeError
    The name is no text.""",
    "<axis errors>": """\
TypeError
    `axis` is not made of ints.
ValueError
    There is no such axis.""",
}


def filled(doc: str, texts: Mapping[str, str] = TEXTS) -> str:
    """A docstring with texts in the place of what stands for them.

    Parameters
    ----------
    doc
        The docstring, with or without indentation (Python 3.13 has taken it off, older ones have not).
    texts
        What stands for a text, and the text.

    Returns
    -------
    str
        The docstring; the lines of a text are indented as the line is in whose place they are.

    Examples
    --------
    >>> print(filled("A sum.\\n\\n    <axis of an op>"))
    A sum.
    <BLANKLINE>
        axis : sequence of ints or None
            Over which axes; None: all.
    """
    for mark, text in texts.items():
        at = doc.find(mark)
        if at >= 0:
            margin = doc[doc.rfind("\n", 0, at) + 1 : at]
            doc = doc.replace(mark, text.replace("\n", "\n" + margin))
    return doc


def fill(module: Mapping[str, Any], own: Mapping[str, str] | None = None) -> None:
    """Put texts into the docstrings of a module's functions and classes; called at its end.

    Parameters
    ----------
    module
        The names of the module: ``globals()``.
    own
        Texts of the module besides `TEXTS`, and in their place where they have the same mark.

    Examples
    --------
    >>> def total(x, axis):
    ...     '''A sum.
    ...
    ...     <axis of an op>
    ...     '''
    >>> fill({"__name__": total.__module__, "total": total})
    >>> total.__doc__.rstrip().splitlines()[-1].strip()
    'Over which axes; None: all.'
    """
    texts = TEXTS if own is None else {**TEXTS, **own}
    here = module["__name__"]
    for value in list(module.values()):
        if isinstance(value, FunctionType | type) and value.__module__ == here:
            doc = value.__doc__
            if doc and "<" in doc:  # -OO takes docstrings
                value.__doc__ = filled(doc, texts)
