"""What became of each test of a client, and what is known of those that do not pass."""

from __future__ import annotations

import re
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tools.clients.workplace import ROOT, Workplace

__all__ = ["Known", "Outcomes", "jobs", "known", "suite"]

_KNOWN = Path(__file__).parent / "known"


@dataclass(frozen=True)
class Known:
    """Tests that do not pass, and why."""

    tests: tuple[str, ...]
    """Names, with ``*`` for anything."""
    reason: str
    sometimes: bool = False
    """Whether they pass now and then."""

    def holds(self, test: str) -> bool:
        """Whether it tells of a test."""
        return any(re.fullmatch(".*".join(map(re.escape, name.split("*"))), test) for name in self.tests)


@dataclass(frozen=True)
class Outcomes:
    """The names of tests, by what became of them."""

    passed: list[str]
    failed: list[str]
    skipped: list[str]
    ended: str = ""
    """Why there are no outcomes of other tests."""

    def surprises(self, known: list[Known]) -> list[str]:
        """What is not as known: a line for each."""
        if self.ended:
            return [self.ended]
        lines = [f"{test} fails" for test in self.failed if not any(row.holds(test) for row in known)]
        for row in known:
            if not row.sometimes and not any(map(row.holds, self.failed)):
                lines.append(f"{', '.join(row.tests)}: no longer fails ({row.reason})")
        return lines

    def reasons(self, known: list[Known]) -> Counter[str]:
        """How many tests do not pass for which reason."""
        return Counter(
            next((row.reason for row in known if row.holds(test)), "not known") for test in self.failed
        )  # fmt: skip


def known(key: str) -> list[Known]:
    """What is known of a client: ``known/KEY.toml``."""
    path = _KNOWN / f"{key}.toml"
    if not path.exists():
        return []
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["fails"]
    return [Known(tuple(row["tests"]), row["reason"], row.get("sometimes", False)) for row in rows]


def suite(place: Workplace, last: bool = False) -> Outcomes:
    """Run a client's own tests, or read what became of them `last` time."""
    report = place.folder / "suite.xml"
    if last:
        return read(report)
    folder = place.sources
    modules = {path.stem for pattern in ("test*.py", "*_test.py", "conftest.py") for path in folder.rglob(pattern)}
    variables = {"CLIENT_TESTS": " ".join(sorted(modules))}
    return _pytest(place, folder, ["-p", "aged_names", *place.client.suite], variables, report)


def jobs(place: Workplace, last: bool = False) -> Outcomes:
    """Run our tests of a client, or read what became of them `last` time."""
    report = place.folder / "jobs.xml"
    if last:
        return read(report)
    arguments = [f"tests/clients/{place.client.jobs}", "--import-mode=importlib"]
    return _pytest(place, ROOT, arguments, {"CLIENT_SOURCES": str(place.sources)}, report)


def _pytest(
    place: Workplace, folder: Path, arguments: list[str], variables: dict[str, str], report: Path
) -> Outcomes:
    report.unlink(missing_ok=True)
    options = ["-c", "/dev/null", "--rootdir", ".", "-p", "no:cacheprovider", "-q", "--tb=short", "--timeout=150",
               "--continue-on-collection-errors",
               f"--junitxml={report}"]  # fmt: skip
    shown = report.with_suffix(".txt")
    try:
        with shown.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [place.python, "-m", "pytest", *options, *arguments],
                cwd=folder, env=place.environment() | variables, timeout=place.client.minutes * 60,
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcomes([], [], [], f"{place.client.key} takes more than {place.client.minutes} minutes: see {shown}")
    if not report.exists():
        return Outcomes([], [], [], f"{place.client.key}: pytest ended with {done.returncode}: see {shown}")
    return read(report)


def read(report: Path) -> Outcomes:
    """The outcomes that pytest wrote."""
    if not report.exists():
        return Outcomes([], [], [], f"there is no {report}: the tests have not been run to their end")
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        what = {child.tag for child in case}
        test = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        # A test whose fixture fails afterwards has two entries: it does not pass.
        now = "failed" if what & {"failure", "error"} else "skipped" if "skipped" in what else "passed"
        found[test] = "failed" if found.get(test) == "failed" else now
    return Outcomes(*([test for test, was in found.items() if was == kind] for kind in ("passed", "failed", "skipped")))
