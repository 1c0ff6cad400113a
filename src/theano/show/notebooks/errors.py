"""Errors without the frames of this package: in notebooks, and in IPython after ``%load_ext theano``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from theano.base.flag_table import config
from theano.base.record import Record
from theano.graph.origin import is_own_file

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


class _Before(Record):
    """What a shell did with exceptions before: the classes, and the method that shows them; and our method."""

    classes: tuple[type[BaseException], ...]
    method: Any
    ours: Any = None


_before: dict[int, _Before] = {}


def load_ipython_extension(shell: Any) -> None:
    """Show errors without the frames of this package; in IPython for ``%load_ext theano``.

    In a notebook `import theano` does it.

    ``%tb`` shows all frames of the last error; so does every error with the flag ``traceback.package_frames``.

    Parameters
    ----------
    shell
        IPython's ``InteractiveShell``.

    Examples
    --------
    >>> get_ipython().run_line_magic("load_ext", "theano")       # doctest: +SKIP
    """
    if id(shell) not in _before:
        _before[id(shell)] = before = _Before(shell.custom_exceptions, shell.CustomTB)
        shell.set_custom_exc((Exception,), _show)
        before.ours = shell.CustomTB


def unload_ipython_extension(shell: Any) -> None:
    """Show errors as before; IPython calls it for ``%unload_ext theano``.

    Parameters
    ----------
    shell
        IPython's ``InteractiveShell``.

    Examples
    --------
    >>> get_ipython().run_line_magic("unload_ext", "theano")     # doctest: +SKIP
    """
    before = _before.pop(id(shell), None)
    if before is not None and shell.CustomTB is before.ours:  # else somebody has taken over since
        shell.custom_exceptions, shell.CustomTB = before.classes, before.method


def _show(shell: Any, etype: Any, value: Any, tb: TracebackType | None, tb_offset: int | None = None) -> Any:
    """Show an exception: by who did before us if it is one of his, else as IPython does, of fewer frames."""
    before = _before.get(id(shell))
    if before is not None and before.classes and isinstance(value, before.classes):
        return before.method(etype, value, tb, tb_offset=tb_offset)
    chain = [] if config.traceback.package_frames else list(_chain(value))
    whole = [(error, error.__traceback__) for error in chain]
    for error, its in whole:
        error.__traceback__ = _without_own(its)
    try:
        shown = (etype, value, value.__traceback__ if chain else tb)
        shell.showtraceback(shown, tb_offset=tb_offset, running_compiled_code=True)
    finally:
        for error, its in whole:
            error.__traceback__ = its
        sys.last_traceback = tb  # for %tb and %debug
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and those that it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _without_own(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package; as it is where no others are left."""
    frames: list[TracebackType] = []
    rest = tb
    while rest is not None:
        if not is_own_file(rest.tb_frame.f_code.co_filename):
            frames.append(rest)
        rest = rest.tb_next
    made: TracebackType | None = None
    for each in reversed(frames):
        made = TracebackType(made, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return tb if made is None else made
