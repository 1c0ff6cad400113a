"""Where in the user's program a node was made.

An origin is a tuple of ``(file, line, function)``, outermost frame first. Nodes made by `grad` or by a
rewrite inherit the origin of the node they stem from.
"""

from __future__ import annotations

import linecache
import os
import sys
import threading
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any, TypeAlias

from theano.base.flag_table import config

Frame: TypeAlias = tuple[str, int, str]
Origin: TypeAlias = tuple[Frame, ...]
# Code objects and positions in them, in turn, innermost frame first: what `capture_origin` takes down.
# Line numbers are looked up when somebody asks: that halves the cost of making a node.
RawOrigin: TypeAlias = list[Any]

# Frames of files under this folder are ours, not the user's.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_is_ours: dict[str, bool] = {}


class GradientOrigin(list[Any]):
    """The raw origin of nodes that a gradient has made: those of the node that it is the gradient of."""


class GradientFrames(tuple[Frame, ...]):
    """The same, resolved."""


class _Inherited(threading.local):
    origin: Origin | RawOrigin | None = None


_inherited = _Inherited()


def is_own_file(file: str) -> bool:
    """Whether code of this file is this package's, not the user's."""
    if file not in _is_ours:
        _is_ours[file] = file.startswith(_PACKAGE)
    return _is_ours[file]


def capture_origin(limit: int | None = None) -> Origin | RawOrigin:
    """The innermost `limit` (default: flag ``traceback.limit``) frames of the user, outside this package, unresolved.

    Frames are walked by hand: the module `traceback` would read source files (a hundred times slower).
    """
    if _inherited.origin is not None:
        return _inherited.origin
    left: int = config.traceback.limit if limit is None else limit
    raw: RawOrigin = []
    if left <= 0:
        return raw
    is_ours = _is_ours
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        if file not in is_ours:
            is_own_file(file)
        if not is_ours[file]:
            raw += (code, frame.f_lasti)
            left -= 1
            if not left or code.co_name == "<module>" and frame.f_globals.get("__name__") == "__main__":
                break  # what runs the program, such as IPython, is not the user's
        frame = frame.f_back  # type: ignore[assignment]
    return raw


def resolve_origin(origin: Origin | RawOrigin) -> Origin:
    """``(file, line, function)`` of each frame, innermost last.

    Examples
    --------
    >>> resolve_origin(capture_origin(1))[-1][2]
    '<module>'
    """
    if isinstance(origin, tuple):
        return origin
    pairs = zip(origin[-2::-2], origin[::-2], strict=True)
    frames = _shared(tuple([(code.co_filename, _line_at(code, position), code.co_name) for code, position in pairs]))
    return GradientFrames(frames) if isinstance(origin, GradientOrigin) else frames


# Equal origins are one object: nodes made in a loop then cost little to keep and to pickle.
@lru_cache(4096)
def _shared(origin: Origin) -> Origin:
    return origin


# Code objects of two files may be equal, as those of copies of a module are: the file is no part of what is kept.
@lru_cache(4096)
def _line_at(code: CodeType, position: int) -> int:
    for start, end, line in code.co_lines():
        if start <= position < end and line is not None:
            return line
    return code.co_firstlineno


def raw_origin_of(thing: Any) -> Origin | RawOrigin:
    """The origin as it was taken down, see `resolve_origin`."""
    owner = getattr(thing, "owner", None)
    return getattr(thing if owner is None else owner, "_origin", ())


def is_of_gradient(thing: Any) -> bool:
    """Whether a gradient has made a node (of a variable: its node), or a rewrite of what a gradient has made.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> x = T.dscalar(); y = T.exp(x)
    >>> is_of_gradient(y), is_of_gradient(theano.grad(y, x))
    (False, True)
    """
    return isinstance(raw_origin_of(thing), GradientOrigin | GradientFrames)


def origin_of(thing: Any) -> Origin:
    """The origin of an `Apply`, or of a variable: its node's, or the line where a leaf was made."""
    return resolve_origin(raw_origin_of(thing))


class inherit_origin:
    """Give nodes made in the ``with`` block the origin of `source` (a node, a variable, or an origin).

    With `gradient` they are marked as made by a gradient (`is_of_gradient`).

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

    def __init__(self, source: Any, gradient: bool = False) -> None:
        origin: Origin | RawOrigin = source if isinstance(source, tuple | list) else raw_origin_of(source)
        if gradient:
            origin = GradientOrigin(origin) if isinstance(origin, list) else GradientFrames(origin)
        self._origin = origin

    def __enter__(self) -> None:
        self._before = _inherited.origin
        _inherited.origin = self._origin

    def __exit__(self, *exc_info: Any) -> None:
        _inherited.origin = self._before


def place_of(thing: Any) -> str:
    """``file:line`` where the user made a variable or node; '' if not known."""
    origin = origin_of(thing)
    return f"{origin[-1][0]}:{origin[-1][1]}" if origin else ""


def made_here(thing: Any) -> str:
    """Lines for the end of an error's text: where the user made a variable or node; '' if not known."""
    where = format_origin(origin_of(thing)).rstrip("\n")
    return f"\n{thing} was made here:\n{where}" if where else ""


def source_lines(file: str) -> list[str]:
    """The lines of a file of a program, of which a module in an archive is a part; [] where they are not at hand."""
    lines = linecache.getlines(file)
    if not lines:
        for module in list(sys.modules.values()):  # what has loaded a module may have its text
            if isinstance(module, ModuleType) and module.__dict__.get("__file__") == file:
                return linecache.getlines(file, module.__dict__)
    return lines


def format_origin(origin: Origin) -> str:
    """`origin` in the form of a Python traceback, with source lines where the files are at hand."""
    lines = []
    for file, line, function in origin:
        lines.append(f'  File "{file}", line {line}, in {function}\n')
        known = source_lines(file)
        text = known[line - 1].strip() if 0 < line <= len(known) else ""
        if text:
            lines.append(f"    {text}\n")
    return "".join(lines)
