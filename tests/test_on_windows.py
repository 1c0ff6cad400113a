"""The tool behind ``make test-windows``: what it installs is pinned, and what it tells of outcomes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.clients.outcomes import Known, Outcomes
from tools.on_windows import __main__ as tool
from tools.on_windows.place import ROOT, Place, of_windows


@pytest.mark.parametrize("name", ["packages.txt", "python.txt"])
def test_all_is_pinned(name: str) -> None:
    lines = (ROOT / "tools" / "on_windows" / name).read_text(encoding="utf-8").splitlines()
    assert lines and all(re.fullmatch(r"#.*|[\w-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_known_tests_are_there_and_have_a_reason() -> None:
    for row in tool.known():
        assert row.tests and len(row.reason) > 10
        for test in row.tests:
            module = re.match(r"tests(\.\w+)*?\.test_\w+", test)
            assert module is not None, test
            file = ROOT / (module[0].replace(".", "/") + ".py")
            assert file.exists(), test
            function = test.partition("::")[2].partition("[")[0].rstrip("*")
            assert function in file.read_text(encoding="utf-8"), test


def test_what_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Known(("tests.a.test_one::test_x",), "no such thing there"), Known(("tests.b.test_two::test_y",), "other")]
    monkeypatch.setattr(tool, "known", lambda: rows)
    good = {"tests/a/test_one.py": Outcomes(["tests.a.test_one::test_z"], ["tests.a.test_one::test_x"], [])}
    assert tool.tell(good) == 0  # the other row is about a file that has not been run
    assert "1 of 1 files run to their end: 1 passed, 1 failed" in capsys.readouterr().out
    assert tool.tell(good | {"tests/b/test_two.py": Outcomes(["tests.b.test_two::test_y"], [], [])}) == 1
    assert "no longer fails" in capsys.readouterr().out
    assert tool.tell(good | {"tests/b/test_two.py": Outcomes([], [], [], "pytest ended with 3")}) == 1
    assert "NOT AS KNOWN: tests/b/test_two.py: not run to its end" in capsys.readouterr().out


def test_paths(tmp_path: Path) -> None:
    assert of_windows(Path("/work/a b/c")) == "Z:\\work\\a b\\c"
    assert "tests/test_on_windows.py" in tool.test_files(["tests"])
    assert tool.test_files(["tests/test_names.py"]) == ["tests/test_names.py"]
    place = Place(tmp_path)
    assert tool.report_of(place, "tests/a/test_b.py") == tmp_path / "reports" / "tests.a.test_b.xml"
    assert place.command("-c", "1")[0] == "wine" and place.environment()["WINEPREFIX"] == str(tmp_path / "prefix")
