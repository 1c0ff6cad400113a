"""What a learner reads after a mistake: what is wrong, where, and what to write instead.

``mistakes.txt`` holds the programs, one a block: a title, the program with ``# here`` at the lines that must be named,
and after ``!`` the error's class (or classes), then phrases that the text must contain. ``a <or> b`` is for either.
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import theano
import theano.tensor as T


class Mistake(NamedTuple):
    title: str
    program: str
    classes: list[str]
    phrases: list[str]


def _read() -> list[Mistake]:
    found = []
    for block in (Path(__file__).parent / "mistakes.txt").read_text().strip().split("\n\n"):
        title, *program, said = block.split("\n")
        classes, _, phrases = said.removeprefix("! ").partition(": ")
        found.append(Mistake(title.removeprefix("# "), "\n".join(program), classes.split("/"), phrases.split(" | ")))
    return found


MISTAKES = _read()
FILE = "learner.py"


def _messages(error: BaseException | None) -> str:
    """What an error says, and what those say that it was raised from: NumPy hides our texts behind its own."""
    said = []
    while error is not None:
        said += [type(error).__name__, str(error), *getattr(error, "__notes__", ())]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(said)


def _lines_named(error: BaseException, said: str) -> set[int]:
    """The lines of the program that its reader is led to: those that failed, and those named in the text."""
    failed = {frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE}
    return failed | {int(a or b) for a, b in re.findall(rf'{re.escape(FILE)}(?:", line (\d+)|:(\d+))', said)}


def test_titles_are_unique() -> None:
    assert len({m.title for m in MISTAKES}) == len(MISTAKES) >= 100


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.title)
def test_mistake(mistake: Mistake) -> None:
    names = {"np": np, "theano": theano, "T": T, "function": theano.function, "shared": theano.shared}
    code = compile(mistake.program, FILE, "exec")
    if mistake.classes == ["nothing"]:
        exec(code, names)
        return
    with pytest.raises(Exception) as caught:
        exec(code, names)
    text = _messages(caught.value)
    assert {c.__name__ for c in type(caught.value).__mro__} & set(mistake.classes), text
    assert type(caught.value) is not Exception
    for phrase in mistake.phrases:
        assert any(choice in text for choice in phrase.split(" <or> ")), (phrase, text)
    lines = mistake.program.split("\n")
    wanted = {k + 1 for k, line in enumerate(lines) if line.endswith("# here")}
    assert wanted <= _lines_named(caught.value, text), (wanted, text)
    assert len(caught.value.args) <= 1, caught.value.args  # Python shows several as a tuple


def test_a_misspelt_flag_warns_on_the_line_that_sets_it() -> None:
    with pytest.warns(UserWarning, match="floatx.*floatX") as caught:
        theano.config.floatx = "float32"
    assert caught[0].filename == __file__
    del theano.config.floatx
