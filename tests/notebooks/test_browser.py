"""Graphs of an executed notebook in a real browser, if there is one: they are drawn, and within their frames."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tools import chromium

MISSING = [name for name in ("nbformat", "nbclient", "ipykernel") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(chromium.find() is None, reason="there is no Chromium"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
CELLS = [
    "import numpy as np, theano, theano.tensor as T\nx = T.dmatrix('x')\ny = T.nnet.softmax(T.tanh(x))",
    "theano.function([x], y)",
    "theano.FunctionGraph([x], [y])",
    "theano.explain(theano.function([x], T.grad(y[0, 0], x)))",
    *["print('line\\n' * 60)", "theano.function([x], y * 2)"] * 3,
]
FRAMES = 6
# How wide and high each graph is, and how far from the sides of its area.
DRAWN = """(() => {
  const areas = [...document.querySelectorAll('.graph')].filter(a => a.getBoundingClientRect().width);
  return areas.map(area => {
    const a = area.getBoundingClientRect(), r = area.querySelector('g').getBoundingClientRect();
    return [r.width, r.height, r.left - a.left, r.top - a.top, a.right - r.right, a.bottom - r.bottom];
  });
})()"""


@pytest.fixture(scope="module")
def notebook() -> Any:
    import nbclient
    from nbformat.v4 import new_code_cell, new_notebook

    made = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(made, timeout=120, kernel_name="python3").execute()
    return made


def frames_of(notebook: Any) -> list[str]:
    data = [o.data for cell in notebook.cells for o in cell.outputs if "data" in o]
    return [d["text/html"] for d in data if "<iframe" in d.get("text/html", "")]


def assert_drawn(page: chromium.Page, count: int = FRAMES) -> None:
    page.until(f"document.querySelectorAll('iframe').length >= {count}")
    for k in range(count):  # what a person does not see yet is not drawn yet
        page.run(f"document.querySelectorAll('iframe')[{k}].scrollIntoView({{block: 'center'}})")
        page.run("new Promise(done => setTimeout(done, 300))")
    for k in range(count):
        with page.frame(k):
            page.until("document.readyState === 'complete'")
            page.until(f"{DRAWN}.length && {DRAWN}.every(a => a[0] > 20 && a[1] > 20)", 10)
            for width, height, *room in page.run(DRAWN):
                assert width > 20 and height > 20 and min(room) > -1, (k, page.run(DRAWN))
    assert page.problems == []


HIDDEN = ["", "display: none", "width: 0; height: 0; overflow: hidden", "content-visibility: hidden"]


@pytest.mark.parametrize("style", HIDDEN)
def test_frames_that_get_their_size_later(notebook: Any, style: str, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    outputs = "".join(f"<div>{frame}</div>" for frame in frames_of(notebook))
    path.write_text(f"<!doctype html><body><main id=main style='{style}'>{outputs}</main></body>", encoding="utf-8")
    with chromium.Page(path.as_uri()) as page:
        page.run("new Promise(done => setTimeout(done, 1500))")
        page.run("document.getElementById('main').style = ''")
        assert_drawn(page)


def test_what_a_person_chose_stays(notebook: Any, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body><main id=main>{frames_of(notebook)[0]}</main></body>", encoding="utf-8")
    with chromium.Page(path.as_uri()) as page:
        assert_drawn(page, 1)
        with page.frame(0):
            wide = page.run("view.view.x")
        page.run("document.getElementById('main').style = 'width: 800px'")
        with page.frame(0):
            page.until(f"view.view.x < {wide} - 100")  # fitted to the new width
            page.run("view.zoom(0.5, 0, 0)")
            chosen = page.run("[view.view.x, view.view.zoom]")
        page.run("document.getElementById('main').style = 'width: 1000px'")
        with page.frame(0):
            page.until("document.documentElement.clientWidth > 900")
            page.run("new Promise(done => setTimeout(done, 300))")
            assert page.run("[view.view.x, view.view.zoom]") == chosen


def test_notebook_as_a_page(notebook: Any, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    path = tmp_path / "notebook.html"
    path.write_text(nbconvert.HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    with chromium.Page(path.as_uri()) as page:
        page.problems.clear()  # MathJax is looked for in the network
        assert_drawn(page)
