"""Runs the programs in Markdown documents and compares what they print with what the documents show.

In one namespace for each document, in order:

- a fenced block ``python`` is a program; a block ``output`` right after it is what it must print;
- a fenced block ``pycon`` is a session with ``>>>``, whose answers and exceptions must be those shown;
- a block that is marked ``file="name"`` is written to that file, for the programs after it;
- one that is marked ``needs="module"`` is left out where that module is not installed.

``...`` in shown text stands for anything, white space counts as one blank (doctest's ELLIPSIS and
NORMALIZE_WHITESPACE). Programs run with their line numbers in the document, so that messages can name them,
and in a folder of their own, into which they write their figures.

    python tools/documents.py docs/tutorial/*.md      # run, and keep the figures beside the documents
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib.util
import io
import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r'(\w+)="([^"]*)"')
_PROMPT = re.compile(r"^(>>>|\.\.\.) ")
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_checker = doctest.OutputChecker()


class DocumentError(AssertionError):
    """A document shows something else than its program does."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line of the document where the text starts."""

    language: str
    text: str
    line: int
    follows: bool
    """Nothing but blank lines stands between the block before and this one."""
    marks: dict[str, str] = field(default_factory=dict)
    """``file``: the program finds the text in a file of this name; ``needs``: it is not run without this module."""


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown text."""
    end = 0
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start(3)) + 1
        yield Block(match[1], match[3], line, not text[end : match.start()].strip(), dict(_MARK.findall(match[2])))
        end = match.end()


def run_document(path: Path, folder: Path) -> dict[str, Any]:
    """Run a document's programs in `folder`; the names they leave.

    Raises
    ------
    DocumentError
        What a program prints is not what the document shows.
    """
    text = path.read_text(encoding="utf-8")
    name = path.name
    # Messages quote the line of the program, not the prompt before it.
    lines = [_PROMPT.sub("", line) for line in text.splitlines(keepends=True)]
    linecache.cache[name] = (len(text), None, lines, name)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": name}
    found = list(blocks(text))
    following = [*found[1:], Block("", "", 0, False)][: len(found)]
    with contextlib.chdir(folder):
        for block, after in zip(found, following, strict=True):
            if "file" in block.marks:
                Path(block.marks["file"]).write_text(block.text, encoding="utf-8")
            if "needs" in block.marks and importlib.util.find_spec(block.marks["needs"]) is None:
                continue
            if block.language == "python":
                shown = after.text if after.language == "output" and after.follows else None
                _run_program(block, shown, names, name)
            elif block.language == "pycon":
                _run_session(block, names, name)
    return names


def _run_program(block: Block, shown: str | None, names: dict[str, Any], name: str) -> None:
    code = compile("\n" * (block.line - 1) + block.text, name, "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    if shown is not None:
        _compare(shown, printed.getvalue(), f"{name}:{block.line}")


def _run_session(block: Block, names: dict[str, Any], name: str) -> None:
    for example in doctest.DocTestParser().get_examples(block.text):
        line = block.line + example.lineno
        printed = io.StringIO()
        raised: BaseException | None = None
        with contextlib.redirect_stdout(printed):
            try:
                tree = ast.parse("\n" * (line - 1) + example.source, name)
                for statement in tree.body:
                    exec(compile(ast.Interactive([statement]), name, "single"), names)
            except Exception as error:
                if example.exc_msg is None:
                    raise
                raised = error
        if example.exc_msg is None:
            _compare(example.want, printed.getvalue(), f"{name}:{line}")
        else:
            said = "".join(traceback.format_exception_only(raised)) if raised else "nothing was raised"
            _compare(example.exc_msg, said, f"{name}:{line}")


def _compare(shown: str, printed: str, where: str) -> None:
    if not _checker.check_output(shown, printed, _FLAGS):
        raise DocumentError(f"{where}: shown\n{shown}\nprinted\n{printed}")


def main(paths: list[str]) -> None:
    """Run documents and keep the figures in the folders ``figures`` beside them."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    for path in map(Path, paths):
        (path.parent / "figures").mkdir(exist_ok=True)
        run_document(path.resolve(), path.parent.resolve())
        print(f"{path}: as shown")


if __name__ == "__main__":
    main(sys.argv[1:])
