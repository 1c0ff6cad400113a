"""Texts that several functions have in common, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def with_text(common: str) -> Callable[[Any], Any]:
    """A decorator: `common` takes the place of the line ``<parameters>`` in the docstring of a function.

    Parameters
    ----------
    common
        Lines of a docstring.

    Returns
    -------
    callable
        The decorator; it returns the function.

    Examples
    --------
    >>> @with_text("Parameters: x.")
    ... def f(x):
    ...     '''A function.
    ...
    ...     <parameters>
    ...     '''
    >>> f.__doc__.splitlines()[-1]
    'Parameters: x.'
    """

    def decorate(function: Any) -> Any:
        # Python 3.13 takes the indentation from docstrings, older ones leave it there; -OO takes them altogether.
        text = inspect.cleandoc(function.__doc__ or "")
        function.__doc__ = text.replace("<parameters>", inspect.cleandoc(common))
        return function

    return decorate
