"""The documentation as HTML: it is built without a warning, and no link in it is broken."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NEEDED = ("sphinx", "myst_nb", "furo")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all pages; what Sphinx warns of is an error."""
    if lacking := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{', '.join(lacking)} not installed (extra docs)")
    try:
        importlib.metadata.version("theano-jit")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed: the documentation shows its version")
    folder = tmp_path_factory.mktemp("documentation")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", folder / "trees"]
    done = subprocess.run([*command, DOCS, folder / "html"], cwd=DOCS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "html"


class Page(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.references: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given.get("id") or "", given.get("name") or ""}
        where = given.get("src") or given.get("href")
        if where:
            (self.references if tag == "a" else self.loaded).append(where)


def broken(site: Path) -> list[str]:
    """The links of all pages that lead nowhere within the site, and what they load from elsewhere."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for where in page.references + page.loaded:
            parts = urlsplit(where)
            if parts.scheme or parts.netloc:
                if where in page.loaded and parts.scheme != "data":
                    found.append(f"{path.name} loads {where}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in pages and unquote(parts.fragment) not in pages[target].anchors):
                found.append(f"{path.name}: {where}")
    return found


def test_no_warning_and_no_broken_link(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 50
    assert broken(site) == []
    assert (site / "searchindex.js").stat().st_size > 100_000


def test_broken_links_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<h1 id="here"></h1><a href="b.html#there"></a><a href="#here"></a>')
    (tmp_path / "b.html").write_text('<a href="a.html#gone"></a><a href="c.html"></a><img src="https://x.org/y.png">')
    assert sorted(broken(tmp_path)) == [
        "a.html: b.html#there", "b.html loads https://x.org/y.png", "b.html: a.html#gone", "b.html: c.html",
    ]  # fmt: skip
