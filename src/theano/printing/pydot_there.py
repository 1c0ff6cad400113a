"""Whether pydot is installed, which makes pictures of graphs by Graphviz."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

__all__ = ["needed_pydot", "pydot_imported", "pydot_imported_msg"]

pydot_imported = importlib.util.find_spec("pydot") is not None
pydot_imported_msg = "" if pydot_imported else "pydot is not installed: `pip install pydot`"


def needed_pydot(who: str, instead: str = "") -> Any:
    """The module pydot; ImportError that says who needs it, and what does not, where it is missing."""
    try:
        return importlib.import_module("pydot")
    except ImportError as error:
        raise ImportError(f"{who} needs pydot: `pip install pydot`{instead and '; '}{instead}") from error
