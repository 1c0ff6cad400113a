"""The tool that plants mistakes (``docs/mutants.md``): which ones, which tests it chooses, and its verdicts."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.mutants import trial
from tools.mutants.choice import TestMap, same_lines
from tools.mutants.mutate import Mutant, mutants, sample
from tools.mutants.results import Row, judged, load, report, store
from tools.mutants.trial import Outcome, Trials
from tools.mutants.workplace import PACKAGE, Workplace

SOURCE = '''"""A module; 1 + 1."""
LIMIT = 3


class Thing:
    """A class."""

    def grow(self, by: int = 2) -> int:
        """A method; 1 < 2."""
        if by < 0 or not by:
            raise ValueError(f"{by + 1} is too small")
        self.size += by
        self.note(by, self.size)
        return -self.size if by == 1 else self.rows[by:9]
'''


def found(source: str) -> dict[str, set[tuple[str, str]]]:
    kinds: dict[str, set[tuple[str, str]]] = {}
    for m in mutants("thing.py", source.encode()):
        kinds.setdefault(m.kind, set()).add((m.old, m.new))
    return kinds


def test_where_mistakes_are_planted() -> None:
    assert found(SOURCE) == {
        "comparison": {("by < 0", "(by <= 0)"), ("by == 1", "(by != 1)")},
        "and/or": {("by < 0 or not by", "((by < 0) and (not by))")},
        "drop operand": {("by < 0 or not by", "(by < 0)"), ("by < 0 or not by", "(not by)")},
        "not": {("not by", "(by)")},
        "condition": {(c, v) for c in ("by < 0 or not by", "by == 1") for v in ("True", "False")},
        "delete raise": {('raise ValueError(f"{by + 1} is too small")', "pass")},
        "delete": {("self.size += by", "pass"), ("self.note(by, self.size)", "pass")},
        "exchange arguments": {("by, self.size", "self.size, by")},
        "sign": {("-self.size", "(self.size)")},
        "slice": {("by:9", "by:"), ("by:9", ":9")},
        "constant": {("0", "(1)"), ("1", "(2)"), ("9", "(10)"), ("2", "(3)")},
    }


def test_a_mutant_changes_its_place_only() -> None:
    source = SOURCE.replace("note", "nöte").encode()  # bytes are not characters
    for m in mutants("thing.py", source):
        text = m.apply(source)
        ast.parse(text)
        assert text != source and len(text) == len(source) + len(m.new.encode()) - len(m.old.encode())
        assert m.function == "Thing.grow" and source[m.start : m.end].decode() == m.old
        where = m.old if m.old != "2" else "if by < 0"  # a default matters where the function runs
        assert where.splitlines()[0] in source.decode().splitlines()[m.first - 1]


def test_a_key_does_not_depend_on_lines() -> None:
    moved = "# a comment\n\n" + SOURCE.replace("by < 0 or not by", "(by < 0\n            or not by)")
    assert {m.key for m in mutants("a", SOURCE.encode())} == {m.key for m in mutants("a", moved.encode())}


def test_samples_are_spread_and_repeatable() -> None:
    sources = [(f"{name}.py", SOURCE.encode()) for name in "abcd"]
    chosen = sample(sources, 8, "seed")
    assert sorted(m.file for m in chosen[:4]) == sorted(m.file for m in chosen[4:]) == [f"{n}.py" for n in "abcd"]
    assert chosen == sample(sources, 8, "seed") != sample(sources, 8, "other")
    everything = sample(sources, 1000, "seed")
    assert len({(m.file, m.first) for m in everything}) == len(everything) == 20  # one for a line


# -- which tests ----------------------------------------------------------------------------------


def row(test: str, seconds: float, passed: bool = True, **lines: list[int]) -> str:
    return json.dumps({"test": test, "seconds": seconds, "passed": passed, "lines": {"lower/a.py": lines["a"]}})


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    (tmp_path / "sources" / "lower").mkdir(parents=True)
    (tmp_path / "sources" / "lower" / "a.py").write_text("one\ntwo\nthree\nfour\n")
    rows = [
        row("", 0, a=[1]),
        row("tests/scan/test_b.py::far", 0.1, a=[2]),
        row("tests/lower/test_a.py::slow", 9, a=[2, 3]),
        row("tests/lower/test_a.py::near", 0.1, a=[2]),
        row("tests/lower/test_c.py::folder", 0.1, a=[2]),
        row("tests/lower/test_c.py::failed", 0.1, passed=False, a=[2]),
    ]
    (tmp_path / "1.jsonl").write_text("\n".join(rows))
    return tmp_path


def at(line: int) -> Mutant:
    return Mutant("lower/a.py", "f", "constant", "1", "2", 0, 0, line, line)


def test_the_likeliest_to_fail_come_first(mapped: Path) -> None:
    source = "one\ntwo\nthree\nfour\n"
    names, covering = TestMap(mapped).choose(at(2), source, 5.0)
    assert list(names) == ["tests/lower/test_a.py::near", "tests/lower/test_c.py::folder", "tests/scan/test_b.py::far"]
    assert covering == 4
    assert set(TestMap(mapped).choose(at(3), source, 10.0)[0]) == {"tests/lower/test_a.py::slow"}
    assert TestMap(mapped).choose(at(4), source, 10.0) == ({}, 0)
    only = TestMap(mapped, ["tests/lower/test_a.py::near"])
    assert list(only.choose(at(2), source, 5.0)[0]) == ["tests/lower/test_a.py::near"]


def test_what_runs_at_import_is_seen_by_the_tests_near(mapped: Path) -> None:
    names, _ = TestMap(mapped).choose(at(1), "one\ntwo\n", 20.0)
    assert set(names) == {f"tests/lower/{t}" for t in ("test_a.py::slow", "test_a.py::near", "test_c.py::folder")}


def test_lines_that_have_moved_are_found(mapped: Path) -> None:
    now = "new\none\nnewer\ntwo\nthree\n"
    assert TestMap(mapped).covering(at(4), now) == TestMap(mapped).covering(at(2), "one\ntwo\n")
    assert "tests/lower/test_a.py::near" in TestMap(mapped).covering(at(3), now)  # a new line: as those around it


def test_lines_by_their_text() -> None:
    assert same_lines("a\nb\nc\n", "x\na\nc\nd\n") == {2: 1, 3: 3}


def test_new_tests_are_added_to_the_map(mapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Workplace(tmp_path / "work")
    mapped.joinpath("1.jsonl").rename(tmp_path / "rows")
    place.map.mkdir()
    (tmp_path / "sources").rename(place.mapped_sources)
    (place.map / "1.jsonl").write_text((tmp_path / "rows").read_text())
    (place.tree / PACKAGE / "lower").mkdir(parents=True)
    (place.tree / PACKAGE / "lower" / "a.py").write_text("new\none\ntwo\n")
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "1.jsonl").write_text(row("tests/lower/test_a.py::newer", 0.1, a=[1, 3]))
    monkeypatch.setattr(Workplace, "_record", lambda self, arguments, cache: recorded)
    place.extend_map(["tests/lower/test_a.py::newer"])
    tests = TestMap(place.map)
    assert "tests/lower/test_a.py::newer" in tests.known & tests.covering(at(2), "one\ntwo\n")
    assert TestMap(place.map).covering(at(3), "new\none\ntwo\n") == tests.covering(at(2), "one\ntwo\n")


# -- verdicts -------------------------------------------------------------------------------------

THING = "def double(x):\n    return 2 * x\n"
TESTS = """
import importlib.util, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("thing", Path(__file__).parents[1] / "src/theano/thing.py")
thing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(thing)

def test_zero():
    assert thing.double(0) == 0

def test_two():
    assert thing.double(3) == 6

def test_waits():
    if thing.double(1) != 2:
        time.sleep(600)
"""


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    if sys.platform != "linux":
        pytest.skip("forks, and looks into /proc")
    place = Workplace(tmp_path_factory.mktemp("mutants") / "work")
    (place.tree / PACKAGE).mkdir(parents=True)
    (place.tree / "tests").mkdir()
    (place.tree / PACKAGE / "thing.py").write_text(THING)
    (place.tree / "tests" / "test_thing.py").write_text(TESTS)
    running = Trials(place)
    yield running
    running.close()


ZERO, TWO, WAITS = (f"tests/test_thing.py::test_{name}" for name in ("zero", "two", "waits"))


def test_verdicts(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ("thing.py", THING.replace("2 *", "3 *").encode())
    before = os.stat(trials.place.tree / PACKAGE / "thing.py").st_mtime_ns
    assert trials.run({ZERO: 0.1, TWO: 0.1, WAITS: 0.1}).verdict == "survived"
    assert trials.run({ZERO: 0.1}, wrong).verdict == "survived"
    killed = trials.run({ZERO: 0.1, TWO: 0.1}, wrong)
    assert (killed.verdict, killed.by) == ("killed", TWO) and "9 == 6" in killed.message
    monkeypatch.setattr(trial, "_TICK", 0.1)
    monkeypatch.setattr(trial, "_IDLE", 1.0)
    assert trials.run({WAITS: 0.1}, wrong).by == "time"  # nothing happens any more
    assert trials.run({TWO: 0.1}, ("thing.py", b"no Python")).verdict == "killed"
    assert trials.place.source("thing.py").decode() == THING
    assert os.stat(trials.place.tree / PACKAGE / "thing.py").st_mtime_ns == before
    assert trials.run({TWO: 0.1}).verdict == "survived"


def test_one_run_at_a_time(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "work")
    with pytest.raises(SystemExit, match="in use by another run; choose another folder with --work"):
        Workplace(tmp_path / "work")
    assert place.tree.parent == tmp_path / "work"


# -- results --------------------------------------------------------------------------------------


def test_rows_are_kept_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "build" / "rows.jsonl"
    assert load(file) == {}
    m, other = mutants("lower/a.py", SOURCE.encode())[:2]
    lost = Row.of(m, Outcome("survived", "", "", 1.0), 3, 7)
    found_ = Row.of(other, Outcome("killed", "tests/test_a.py::b", "no", 1.0), 3, 7)
    for r in (lost, found_):
        store(file, r)
    assert load(file) == {lost.key: lost, found_.key: found_}
    table = report([lost, found_], {})
    assert "50.0 %" in table and f"lower/a.py:{lost.line} in Thing.grow" in table and "3 of 7 tests" in table
    assert "100.0 %" in report([lost, found_], {lost.key: "only faster"})
    assert "only faster" in report([lost, found_], {lost.key: "only faster"})
    store(file, Row.of(m, Outcome("killed", "time", "", 1.0), 3, 7))
    assert load(file)[lost.key].verdict == "killed"  # the later row counts


def test_judgements_have_reasons(tmp_path: Path) -> None:
    file = tmp_path / "judged.toml"
    file.write_text('[[survivor]]\nfile = "a.py"\nfunction = "f"\nold = "1"\nnew = "2"\nreason = " "\n')
    with pytest.raises(ValueError, match="has no reason"):
        judged(file)
