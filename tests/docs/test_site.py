"""The pages of the documentation: none is lost, no link is broken, the reference has every name."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from theano.legacy.names import passed_on
from tools.api_names import chosen, described, formulas_as_text, page_of
from tools.public_names import MODULES, all_public, mentioned, public

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))
_TREE = re.compile(r"```\{toctree\}\n(?::[^\n]*\n)*\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
_ANCHOR = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_NAMES = re.compile(r"\.\. names:: (\S+)\n((?:(?: .*)?\n)*)")


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {
        found.resolve()
        for page in PAGES
        for tree in _TREE.findall(page.read_text(encoding="utf-8"))
        for name in tree.split()
        for found in page.parent.glob(f"{name}.*")
        if found.suffix in (".md", ".ipynb")
    }
    assert listed == {page.resolve() for page in [*PAGES, *NOTEBOOKS] if page != DOCS / "index.md"}


def _text_of(page: Path) -> str:
    """The text of a page, of a notebook that of its cells of text."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        return "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
    return text


@pytest.mark.parametrize("page", [DOCS.parent / "README.md", *PAGES, *NOTEBOOKS], ids=lambda p: p.name)
def test_links(page: Path) -> None:
    text = _CODE.sub("", _text_of(page))
    assert [link for link in _LINK.findall(text) if not (page.parent / link).exists()] == []


def _anchors(page: Path) -> set[str]:
    """What headings are called in links, here and where repositories are shown."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```", "", _text_of(page), flags=re.DOTALL | re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [DOCS.parent / "README.md", *PAGES, *NOTEBOOKS], ids=lambda p: p.name)
def test_links_to_headings(page: Path) -> None:
    text = _CODE.sub("", _text_of(page))
    found = _ANCHOR.findall(text)
    assert [(name, to) for name, to in found if to not in _anchors(page.parent / name if name else page)] == []


def test_a_missing_heading_is_noticed() -> None:
    assert "short-errors" in _anchors(DOCS / "notebooks.md") and "nonsense" not in _anchors(DOCS / "notebooks.md")
    assert _ANCHOR.findall("[a](b.md#c-d) [e](#f) [g](h.md) [i](https://j#k)") == [("b.md", "c-d"), ("", "f")]


def _in_the_reference() -> list[str]:
    """The names that all directives of the reference list."""
    found: list[str] = []
    for page in (DOCS / "api").glob("*.md"):
        for package, rest in _NAMES.findall(page.read_text(encoding="utf-8")):
            options = dict(re.findall(r":(\w+):((?:.|\n {6})*)", rest))
            names = re.sub(r" {3}:\w+:(?:.|\n {6})*", "", rest).split()
            homes, left_out = (options.get(option, "").split() for option in ("from", "without"))
            found += [f"{package}.{name}" for name in chosen(package, homes, names, left_out, "classes" in options)]
    return found


def test_the_reference_has_every_public_name() -> None:
    found = _in_the_reference()
    assert [name for name, times in Counter(found).items() if times > 1] == []
    assert sorted({f"{module}.{name}" for module in MODULES for name, _ in public(module)} - set(found)) == []
    assert sorted(set(all_public()) - set(found)) == []  # under the name to which the others refer
    assert sorted(set(mentioned()) - set(found)) == []
    assert len(found) > 1200
    late = {"theano.tensor.nnet.conv2d", "theano.tensor.dmatrices", "theano.dprint", "theano.printing.ccode"}
    assert late <= set(found)


def test_the_reference_has_what_stands_beside_public_names() -> None:
    found, missing = _in_the_reference(), []
    for package in ("theano", "theano.tensor", "theano.tensor.nnet", "theano.sparse", "theano.typed_list"):
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", None) or dir(module):
            thing = getattr(module, name)
            plain = name.startswith("_") or inspect.isclass(thing) or inspect.ismodule(thing) or not callable(thing)
            plain = plain or passed_on.find(package, name) is not None  # it is there once somebody has asked
            ours = getattr(thing, "__module__", "").startswith("theano.")
            if ours and not plain and f"{package}.{name}" not in found:
                missing.append(f"{package}.{name}")
    assert not missing


def test_what_is_shown_of_a_name() -> None:
    assert list(described("theano.tensor", "exp")) == [".. autofunction:: theano.tensor.exp(x)", ""]
    assert list(described("theano.tensor", "sum")) == [".. autofunction:: theano.tensor.sum", ""]
    assert list(described("theano", "predefined_modes")) == [".. py:data:: theano.predefined_modes", ""]
    assert "Variable" in list(described("theano", "Type"))[-2]


def test_what_is_shown_of_another_name() -> None:
    of_another = list(described("theano.tensor.nnet.abstract_conv", "conv3d", once=True))
    assert of_another[2] == "   The same as :py:obj:`theano.tensor.nnet.conv3d`."
    assert list(described("theano.tensor", "exp", once=True)) == list(described("theano.tensor", "exp"))
    lines = list(page_of("theano.tensor", ["bvector", "dvector", "exp", "fvector"], False, "d"))
    assert [line.split()[-1] for line in lines if "::" in line or line[:9].isspace()] == [
        "theano.tensor.dvector(name)", "theano.tensor.bvector", "theano.tensor.fvector", "theano.tensor.exp(x)",
    ]  # fmt: skip


def test_names_that_are_not_there() -> None:
    with pytest.raises(AttributeError, match=r"theano\.tensor has no no_such"):
        chosen("theano.tensor", [], ["no_such", "exp"], [])


def test_formulas() -> None:
    lines = ["A sum.", "", "    |x| + y", "", "Parameters", "----------", "x", "    A number."]
    formulas_as_text(lines)
    assert lines[2:5] == [".. code-block:: text", "", "    |x| + y"]
    assert lines[:2] == ["A sum.", ""] and lines[5:] == ["", "Parameters", "----------", "x", "    A number."]
