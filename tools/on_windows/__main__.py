"""``python -m tools.on_windows``: the tests, by Windows' own Python under Wine, and whether they do as is known."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.clients.outcomes import Known, Outcomes, read
from tools.on_windows.place import ROOT, Place

_KNOWN = Path(__file__).parent / "known.toml"
# Wine starts programs slowly, and a test may start many.
_MINUTES = 60
_OPTIONS = (
    "-q", "-p", "no:cacheprovider", "--tb=short", "--continue-on-collection-errors", "-o", "faulthandler_timeout=900",
)  # fmt: skip


def main() -> int:
    """Run what is asked for; whether anything is not as known."""
    parser = argparse.ArgumentParser(prog="python -m tools.on_windows", description=__doc__)
    parser.add_argument("tests", nargs="*", default=["tests"], help="files and folders (default: tests)")
    parser.add_argument("--resume", action="store_true", help="only files that have not been run to their end")
    parser.add_argument("--last", action="store_true", help="say what the last run found, run nothing")
    parser.add_argument("--python", nargs=argparse.REMAINDER, help="run Python with these arguments instead")
    given = parser.parse_args()
    place = Place()
    if not given.last:
        place.prepare()
    if given.python is not None:
        return subprocess.run(place.command(*given.python), env=place.environment(), check=False).returncode
    files = test_files(given.tests)
    for file in files:
        report = report_of(place, file)
        if not given.last and not (given.resume and report.exists()):
            found = run(place, file)
            print(f"    {file}: {found.ended or _counted(found)}", flush=True)
    return tell({file: read(report_of(place, file)) for file in files})


def test_files(chosen: list[str]) -> list[str]:
    """The files of tests below what is chosen, as paths in the repository."""
    found: set[Path] = set()
    for name in chosen:
        path = (ROOT / name).resolve()
        found |= {path} if path.is_file() else set(path.rglob("test_*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in found)


def report_of(place: Place, file: str) -> Path:
    """Where pytest writes what became of the tests of a file."""
    return place.reports / f"{file.removesuffix('.py').replace('/', '.')}.xml"


def run(place: Place, file: str) -> Outcomes:
    """Run the tests of a file in a process of their own."""
    report = report_of(place, file)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    shown = report.with_suffix(".txt")
    command = place.command("-m", "pytest", *_OPTIONS, f"--junitxml={report}", file)
    try:
        with shown.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                command, cwd=ROOT, env=place.environment(), timeout=_MINUTES * 60, stdout=output,
                stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcomes([], [], [], f"takes more than {_MINUTES} minutes: see {shown}")
    if not report.exists():
        return Outcomes([], [], [], f"pytest ended with {done.returncode}: see {shown}")
    return read(report)


def known() -> list[Known]:
    """What is known not to pass there: ``known.toml``."""
    rows = tomllib.loads(_KNOWN.read_text(encoding="utf-8"))["fails"]
    return [Known(tuple(row["tests"]), row["reason"], row.get("sometimes", False)) for row in rows]


def tell(found: dict[str, Outcomes]) -> int:
    """Print what became of all files, and what is not as known; 1 if there is anything, else 0."""
    finished = {file: each for file, each in found.items() if not each.ended}
    modules = [file.removesuffix(".py").replace("/", ".") for file in finished]
    # Rows about files that have not been run say nothing.
    rows = [row for row in known() if any(test.startswith(tuple(modules)) for test in row.tests)]
    lists = ([test for each in finished.values() for test in getattr(each, kind)] for kind in Outcomes.KINDS)
    whole = Outcomes(*lists)
    print(f"{len(finished)} of {len(found)} files run to their end: {_counted(whole)}")
    for reason, number in whole.reasons(rows).most_common():
        print(f"    {number} fail: {reason}")
    surprises = whole.surprises(rows)
    surprises += [f"{file}: not run to its end" for file in found.keys() - finished.keys()]
    for line in sorted(surprises):
        print(f"    NOT AS KNOWN: {line}")
    return int(bool(surprises))


def _counted(found: Outcomes) -> str:
    return f"{len(found.passed)} passed, {len(found.failed)} failed, {len(found.skipped)} skipped"


if __name__ == "__main__":
    sys.exit(main())
