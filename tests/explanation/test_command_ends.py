"""`python -m theano explain` ends with words whatever a script, a file or a reader of its text does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from theano.__main__ import main

PROGRAM = "import theano, theano.tensor as T\nx = T.dvector('x')\nf = theano.function([x], T.exp(x))\n"


@pytest.mark.parametrize(
    "text, args, problem",
    [
        (f"{PROGRAM}import sys; sys.exit(0)\n", ["s.py:f"], "s.py can't be run: SystemExit: 0"),
        (f"{PROGRAM}def g():\n    raise SystemExit('no')\n", ["s.py:g"], "s.py can't be run: SystemExit: no"),
        (PROGRAM, ["s.py:f", "--args", "exit()"], "argument 1, exit(), can't be evaluated: SystemExit"),
        (PROGRAM, ["s.py:f", "-o", "no/f.html"], "the page can't be written: [Errno 2]"),
        (PROGRAM, ["s.py:f", "-o", "."], "the page can't be written: [Errno"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path: Path, monkeypatch, capsys, text: str, args: list[str], problem: str) -> None:
    (tmp_path / "s.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    status, said = main(["explain", *args]), capsys.readouterr().err
    assert status == 2 and f"python -m theano explain: {problem}" in said
    assert "runpy" not in said and "command.py" not in said


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    """As `head` has."""
    (tmp_path / "s.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "theano", "explain", "s.py:f"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert started.stdout is not None and started.stderr is not None
    started.stdout.close()
    errors = started.stderr.read()
    assert started.wait() == 0 and errors == b"" and (tmp_path / "f.html").exists()
