"""Every program in the documents runs and prints what the document shows."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import theano
from tools.documents import Block, DocumentError, blocks, run_document

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FIGURE = re.compile(r"!\[[^]]*\]\((figures/[^)]+)\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_document(path, tmp_path):
    (tmp_path / "figures").mkdir()
    try:
        with theano.change_flags(floatX="float64", mode="Mode"):
            run_document(path, tmp_path)
    finally:
        plt.close("all")
    for figure in _FIGURE.findall(path.read_text(encoding="utf-8")):
        drawn = (tmp_path / figure).read_bytes()
        assert drawn.startswith(b"\x89PNG")
        assert (path.parent / figure).exists(), "kept with: python tools/documents.py " + path.name


@pytest.mark.parametrize("name", ["extending.md", "c_code.md"])
def test_extensions_without_a_compiler(name, tmp_path):
    """Where there is no C compiler, what the documents about extensions show is shown by `perform`."""
    with theano.change_flags(floatX="float64", mode="Mode", cxx=""):
        run_document(ROOT / "docs" / name, tmp_path)


class TestRunner:
    """The runner itself notices what is wrong."""

    def run(self, tmp_path, text):
        path = tmp_path / "doc.md"
        path.write_text(text)
        return run_document(path, tmp_path)

    def test_blocks_know_their_line_and_neighbour(self):
        text = "a\n```python\nx\n```\n\n```output\ny\n```\ntext\n```text\nz\n```\n"
        assert list(blocks(text)) == [
            Block("python", "x\n", 3, False),
            Block("output", "y\n", 7, True),
            Block("text", "z\n", 11, False),
        ]

    def test_marks(self, tmp_path):
        text = '```c file="a.c"\nint x;\n```\n```python needs="no_such_module"\n1 / 0\n```\n'
        self.run(tmp_path, text)
        assert (tmp_path / "a.c").read_text() == "int x;\n"

    def test_one_namespace(self, tmp_path):
        names = self.run(tmp_path, "```python\nx = 1\n```\n```pycon\n>>> x + 1\n2\n>>> y = x\n```\n")
        assert names["y"] == 1

    @pytest.mark.parametrize(
        "text",
        [
            "```python\nprint(1)\n```\n```output\n2\n```\n",
            "```pycon\n>>> 1 + 1\n3\n```\n",
            "```pycon\n>>> 1\nTraceback (most recent call last):\n    ...\nValueError: no\n```\n",
        ],
    )
    def test_differences_are_found(self, tmp_path, text):
        with pytest.raises(DocumentError, match="shown"):
            self.run(tmp_path, text)

    def test_exceptions_not_shown_pass_through(self, tmp_path):
        with pytest.raises(ZeroDivisionError):
            self.run(tmp_path, "```pycon\n>>> 1 / 0\n```\n")

    def test_exceptions_shown_are_compared(self, tmp_path):
        shown = "Traceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n"
        self.run(tmp_path, f"```pycon\n>>> 1 / 0\n{shown}```\n")
