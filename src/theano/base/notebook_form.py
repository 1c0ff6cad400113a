"""How an object looks in a notebook: a class that says ``_repr_html_ = notebook_form`` has a form there, and
one that says ``_repr_svg_ = notebook_picture`` a picture without scripts: for documents, and what shows no HTML.

What makes the forms (`theano.notebooks`) draws graphs, so it stands above all that has a form, and is imported when a
notebook asks for the first of them.
"""

from __future__ import annotations

import sys
from typing import Any

from theano.base.late import late

__all__ = ["notebook_form", "notebook_picture", "notebook_shell"]


def notebook_form(self: Any) -> str:
    """What a notebook shows of the object, as HTML: a table, and its graph where it has one."""
    text: str = late("form in notebooks")(self)
    return text


def notebook_picture(self: Any) -> str | None:
    """The graph of the object as SVG; None where it has none, or one too large to be drawn in passing."""
    text: str | None = late("picture in notebooks")(self)
    return text


def notebook_shell() -> Any:
    """IPython's shell, if this process is the kernel of a notebook; None elsewhere. It loads nothing."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if get_ipython is None else get_ipython()
    return shell if hasattr(shell, "kernel") else None
