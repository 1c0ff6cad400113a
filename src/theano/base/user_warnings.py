"""Warnings that point to the user's program."""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType

__all__ = ["warn_user"]

# Code in these files is ours, or Python's own import of us.
_NOT_OF_USER = (os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep, "<frozen importlib")


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """A warning that points to the line of the user's program that led here, however deep in this package we are.

    No such line leads to a thread of ours: there it points to where it was found.
    """
    here = sys._getframe(1)
    frame: FrameType | None = here
    while frame is not None and frame.f_code.co_filename.startswith(_NOT_OF_USER):
        frame = frame.f_back
    place = here if frame is None else frame
    names = place.f_globals
    registry = names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, place.f_code.co_filename, place.f_lineno, names.get("__name__"), registry)
