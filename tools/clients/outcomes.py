"""What became of each test of a client, and what is known of those that do not pass."""

from __future__ import annotations

import re
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import ClassVar

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
    made: Counter[str] = field(default_factory=Counter)
    """How many reports of pytest they are from, by the state of our package that made them (`Workplace.state`)."""

    KINDS: ClassVar = ("passed", "failed", "skipped")

    def commits(self) -> Counter[str]:
        """How many reports are from which commit of our package."""
        counted: Counter[str] = Counter()
        for state, number in self.made.items():
            counted[state.partition(" ")[0]] += number
        return counted

    def surprises(self, known: list[Known]) -> list[str]:
        """What is not as known: a line for each."""
        lines = [self.ended] if self.ended else []
        lines += [f"{test} fails" for test in self.failed if not any(row.holds(test) for row in known)]
        for row in known:
            if not self.ended and not row.sometimes and not any(map(row.holds, self.failed)):
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


def suite(place: Workplace, resume: bool = False, last: bool = False, at_once: int = 1) -> Outcomes:
    """Run a client's own tests, a process for each module, or read what became of them `last` time.

    So many modules as `at_once` says run at the same time.

    What became of a module is kept until it is run again, so a run may be stopped at any time. To `resume` runs the
    modules of which nothing is kept that this state of our package made: those first that were tried longest ago, and
    short ones before long ones.
    """
    reports = {name: place.folder / "suite" / f"{name.replace('/', '.')}.xml" for name in place.modules()}
    if not last:
        variables = {"CLIENT_TESTS": " ".join(sorted({Path(name).stem for name in reports} | {"conftest"}))}
        waiting = [name for name, report in reports.items() if not resume or [*read(report).made] != [place.state()]]
        order = lambda name: (_tried(reports[name]), (place.sources / name).stat().st_size)  # noqa: E731

        def run(name: str) -> None:
            arguments = ["-p", "aged_names", *place.client.options, name]
            found = _pytest(place, place.sources, arguments, variables, reports[name])
            print(f"    {name}: {found.ended or f'{len(found.passed)} passed, {len(found.failed)} failed'}", flush=True)

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(run, sorted(waiting, key=order) if resume else waiting))
    kept = {name: read(report) for name, report in reports.items()}
    missing = [name for name, found in kept.items() if found.ended]
    return Outcomes(
        *([test for found in kept.values() for test in tests(found)] for tests in map(attrgetter, Outcomes.KINDS)),
        f"{len(missing)} of {len(kept)} modules are not run to their end: {', '.join(missing)}" if missing else "",
        sum((found.made for found in kept.values()), Counter()),
    )


def _tried(report: Path) -> float:
    shown = report.with_suffix(".txt")
    return shown.stat().st_mtime if shown.exists() else 0


def jobs(place: Workplace, last: bool = False) -> Outcomes:
    """Run our tests of a client, or read what became of them `last` time."""
    report = place.folder / "jobs.xml"
    if last:
        return read(report)
    arguments = [f"tests/clients/{place.client.jobs}", "--import-mode=importlib"]
    return _pytest(place, ROOT, arguments, {"CLIENT_SOURCES": str(place.sources)}, report)


def _pytest(place: Workplace, folder: Path, arguments: list[str], variables: dict[str, str], report: Path) -> Outcomes:
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    options = ["-c", "/dev/null", "-o", f"junit_suite_name={place.state()}",
               "--rootdir", ".", "-p", "no:cacheprovider", "-q", "--tb=native", "--timeout=600",
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
    tree = ElementTree.parse(report)
    for case in tree.iter("testcase"):
        what = {child.tag for child in case}
        test = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        # A test whose fixture fails afterwards has two entries: it does not pass.
        now = "failed" if what & {"failure", "error"} else "skipped" if "skipped" in what else "passed"
        found[test] = "failed" if found.get(test) == "failed" else now
    by_kind = ([test for test, was in found.items() if was == kind] for kind in Outcomes.KINDS)
    return Outcomes(*by_kind, made=Counter(suite.get("name", "") for suite in tree.iter("testsuite")))
