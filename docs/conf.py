"""Sphinx: ``make docs``."""

from __future__ import annotations

import sys
import urllib.request
from importlib.metadata import version as _version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

project = "theano-jit"
author = "The theano-jit developers"
copyright = "The theano-jit developers"
release = version = _version("theano-jit")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.intersphinx", "tools.api_names"]
myst_heading_anchors = 3
exclude_patterns = ["build", "_build"]

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_typehints = "none"  # signatures are Theano's; what arguments are, docstrings say
suppress_warnings = ["ref.python"]  # attributes in docstrings are links, and `value` is one of several classes
default_role = "literal"

html_theme = "furo"  # light and dark, by what the reader's system prefers; loads nothing from elsewhere
html_title = f"theano-jit {release}"
toc_object_entries_show_parents = "hide"


def _inventories(**sites: str) -> dict[str, tuple[str, str]]:
    """Where names of other projects are documented, for links to them.

    Their lists of names are kept in ``build/``. Without network and without a kept list there are no links, and no
    warnings: intersphinx itself would give one, and warnings are errors here.
    """
    kept = ROOT / "build" / "inventories"
    kept.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, site in sites.items():
        file = kept / f"{name}.inv"
        if not file.exists():
            try:
                with urllib.request.urlopen(f"{site}objects.inv", timeout=5) as answer:
                    file.write_bytes(answer.read())
            except OSError:
                print(f"no links to {name}: {site} can't be reached")
                continue
        found[name] = (site, str(file))
    return found


intersphinx_mapping = _inventories(
    python="https://docs.python.org/3/",
    numpy="https://numpy.org/doc/stable/",
    scipy="https://docs.scipy.org/doc/scipy/",
)
