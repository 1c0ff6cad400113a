"""Where in the user's program a node was made.

An origin is a tuple of ``(file, line, function)``, outermost frame first. Nodes made by `grad` or by a
rewrite inherit the origin of the node they stem from.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
from typing import Any, TypeAlias

from theano.configdefaults import config

Frame: TypeAlias = tuple[str, int, str]
Origin: TypeAlias = tuple[Frame, ...]

# Frames of files under this folder are ours, not the user's.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _Inherited(threading.local):
    origin: Origin | None = None


_inherited = _Inherited()


def capture_origin(limit: int | None = None) -> Origin:
    """The innermost `limit` (default: flag ``traceback.limit``) frames outside this package.

    Frames are walked by hand: the module `traceback` would read source files (a hundred times slower).
    """
    if _inherited.origin is not None:
        return _inherited.origin
    left: int = config.traceback.limit if limit is None else limit
    frames: list[Frame] = []
    frame = sys._getframe(1)
    while frame is not None and left > 0:
        code = frame.f_code
        file = code.co_filename
        if not file.startswith(_PACKAGE):
            frames.append((file, frame.f_lineno, code.co_name))
            left -= 1
        frame = frame.f_back  # type: ignore[assignment]
    frames.reverse()
    return tuple(frames)


def origin_of(thing: Any) -> Origin:
    """The origin of an `Apply`, or of a variable: its node's, or the line where a leaf was made."""
    owner = getattr(thing, "owner", None)
    return getattr(thing if owner is None else owner, "origin", ())


class inherit_origin:
    """Give nodes made in the ``with`` block the origin of `source` (a node, a variable, or an origin).

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar(); y = x + 1
    >>> with inherit_origin(y.owner):
    ...     z = y * 2
    >>> z.owner.origin == y.owner.origin
    True
    """

    __slots__ = ("_before", "_origin")

    def __init__(self, source: Any) -> None:
        self._origin: Origin = source if isinstance(source, tuple) else origin_of(source)

    def __enter__(self) -> None:
        self._before = _inherited.origin
        _inherited.origin = self._origin

    def __exit__(self, *exc_info: Any) -> None:
        _inherited.origin = self._before


def format_origin(origin: Origin) -> str:
    """`origin` in the form of a Python traceback, with source lines where the files are at hand."""
    lines = []
    for file, line, function in origin:
        lines.append(f'  File "{file}", line {line}, in {function}\n')
        text = linecache.getline(file, line).strip()
        if text:
            lines.append(f"    {text}\n")
    return "".join(lines)
