"""How an object looks in a notebook: a class that says ``_repr_html_ = notebook_form`` has a form there.

What makes the forms (`theano.notebooks`) draws graphs, so it stands above all that has a form, and is imported when a
notebook asks for the first of them.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["notebook_form"]


def notebook_form(self: Any) -> str:
    """What a notebook shows of the object, as HTML: a table, and its graph where it has one."""
    text: str = importlib.import_module("theano.notebooks.forms").form_of(self)
    return text
