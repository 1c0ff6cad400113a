"""Packages that are released: where the links of their README lead."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

from tools import release_check
from tools.release_check import interpreter, verdict, with_address

ROOT = Path(__file__).parents[1]


def test_links_of_the_readme_lead_to_files_of_the_repository() -> None:
    address = "https://example.org/us/theano"
    text = with_address((ROOT / "README.md").read_text(), address)
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert all(target.startswith(("https://", "#")) for target in targets)
    files = [t.removeprefix(f"{address}/").split("/", 2)[2].partition("#")[0] for t in targets if address in t]
    # the reference is made from the source
    assert len(files) > 15 and [f for f in files if not (ROOT / f).exists() and f != "docs/api/index.md"] == []


def test_what_is_not_checked_is_said_and_fails(capsys) -> None:
    assert doctest.testmod(release_check).failed == 0
    assert verdict(["Python 3.99"], skip_missing=True) == 0
    assert "NOT CHECKED, as asked for:\n  Python 3.99\n" in capsys.readouterr().out


def test_interpreters_that_do_not_run_are_missing(monkeypatch, tmp_path) -> None:
    shim = tmp_path / "python3.98"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    (tmp_path / "python3.97").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter("3.99") is None and interpreter("3.98") is None
    assert interpreter("3.97") == str(tmp_path / "python3.97")
