"""Sphinx: ``make docs``."""

from __future__ import annotations

import sys
import urllib.request
from importlib.metadata import version as _version
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.statemachine import StringList

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tools.api_names import chosen, formulas_as_text, page_of  # noqa: E402

project = "theano-jit"
author = "The theano-jit developers"
copyright = "The theano-jit developers"
release = version = _version("theano-jit")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.intersphinx"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are kept with what they show: python -m tools.notebooks
exclude_patterns = ["build", "_build"]

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_typehints = "none"  # signatures are Theano's; what arguments are, docstrings say
suppress_warnings = ["ref.python"]  # attributes in docstrings are links, and `value` is one of several classes
default_role = "literal"

html_theme = "furo"  # light and dark, by what the reader's system prefers; loads nothing from elsewhere
pygments_dark_style = "monokai"  # furo's own underlines what is imported, as if it were a link
html_favicon = "pictures/icon.svg"
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
                    inventory = answer.read()
            except OSError:
                inventory = b""
            if not inventory.startswith(b"# Sphinx inventory"):  # some networks answer with a page of their own
                print(f"no links to {name}: {site} can't be reached")
                continue
            file.write_bytes(inventory)
        found[name] = (site, str(file))
    return found


intersphinx_mapping = _inventories(
    python="https://docs.python.org/3/",
    numpy="https://numpy.org/doc/stable/",
    scipy="https://docs.scipy.org/doc/scipy/",
)


class Names(Directive):
    """See `tools.api_names`."""

    required_arguments = 1
    has_content = True
    option_spec = {
        "from": directives.unchanged_required,
        "without": directives.unchanged_required,
        "classes": directives.flag,
        "of": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Parse what `described` gives for each name."""
        package, names = self.arguments[0], " ".join(self.content).split()
        homes, left_out = (self.options.get(option, "").split() for option in ("from", "without"))
        only_classes = "classes" in self.options
        found = chosen(package, homes, names, left_out, only_classes)
        once = not (homes or names or only_classes)
        lines = list(page_of(package, found, once, self.options.get("of", "")))
        section = nodes.container()
        self.state.nested_parse(StringList(lines, source=f"names of {package}"), self.content_offset, section)
        return section.children


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.add_directive("names", Names)
    # Before napoleon, whose priority is 500.
    app.connect("autodoc-process-docstring", lambda *given: formulas_as_text(given[-1]), priority=400)
