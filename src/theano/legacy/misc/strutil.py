"""Texts with places to fill in, as C code of operations is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["render_string"]


def render_string(string: str, sub: Mapping[str, Any]) -> str:
    """``string % sub``, whose errors tell the line.

    Parameters
    ----------
    string
        Text with places like ``%(name)s``; ``%%`` stands for ``%``.
    sub
        What is put there, by name.

    Raises
    ------
    KeyError
        A name is missing.
    ValueError, TypeError
        A place is written wrongly, as a single ``%`` is.

    Examples
    --------
    >>> from theano.misc.strutil import render_string
    >>> render_string("%(x)s = %(n)d;", {"x": "y", "n": 3})
    'y = 3;'
    """
    try:
        return string % sub
    except (KeyError, ValueError, TypeError) as error:
        for number, line in enumerate(string.splitlines(), start=1):
            try:
                line % sub
            except (KeyError, ValueError, TypeError) as found:
                why = found.args[0] if found.args else found
                raise type(found)(f"line {number}, {line.strip()!r}: {why}") from error
        raise
