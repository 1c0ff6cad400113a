"""Sphinx: ``make docs``."""

from __future__ import annotations

from importlib.metadata import version as _version

project = "theano-jit"
author = "The theano-jit developers"
copyright = "The theano-jit developers"
release = version = _version("theano-jit")

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["build", "_build"]

html_theme = "alabaster"
html_title = f"theano-jit {release}"
html_theme_options = {
    "description": "Symbolic expressions, gradients, and functions compiled to one native call",
    "fixed_sidebar": True,
    "page_width": "1080px",
}
