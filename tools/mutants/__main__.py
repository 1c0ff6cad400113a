"""``python -m tools.mutants``: plant mistakes, run tests, print who was found (``docs/mutants.md``)."""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import getpass
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.mutants.choice import TestMap
from tools.mutants.mutate import Key, Mutant, mutants, sample
from tools.mutants.results import Row, judged, load, report, store
from tools.mutants.trial import Outcome, Trials, collect
from tools.mutants.workplace import PACKAGE, ROOT, Workplace

_FOLDERS = ("lower", "rewrite", "gradient", "scan", "native", "runtime", "compile")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument(
        "files",
        nargs="*",
        default=[f"{folder}/*" for folder in _FOLDERS],
        help="patterns of files below src/theano (default: the compiler's folders)",
    )
    parser.add_argument("-n", "--number", type=int, default=450, help="of mutants (450)")
    parser.add_argument("--seed", default="0", help="which mutants are drawn")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--budget", type=float, default=12.0, help="seconds of tests for a mutant at most (12)")
    parser.add_argument("--again", action="store_true", help="try the survivors of the results anew, and no others")
    parser.add_argument("--also", nargs="+", default=[], metavar="TEST", help="tests that every mutant meets first")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "mutants.jsonl", help="rows are added to it")
    parser.add_argument("--new-map", action="store_true", help="run all tests once more to see which lines each runs")
    parser.add_argument("--table", action="store_true", help="only print the table of the results")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / f"theano-mutants-{getpass.getuser()}",
        help="folder of the copy of the tree and of the map of the tests",
    )
    return parser.parse_args()


def _wanted(place: Workplace, patterns: Iterable[str]) -> list[str]:
    package = place.tree / PACKAGE
    names = sorted(str(path.relative_to(package)) for path in package.rglob("*.py"))
    return [name for name in names if any(fnmatch.fnmatch(name, p) or name == f"{p}.py" for p in patterns)]


def _outdated(sources: Iterable[tuple[str, bytes]], reasons: Iterable[Key]) -> list[Key]:
    known = {file: {m.key for m in mutants(file, source)} for file, source in sources}
    return [key for key in reasons if key.file in known and key not in known[key.file]]


def _survivors(sources: Iterable[tuple[str, bytes]], rows: dict[Key, Row], reasons: dict[Key, str]) -> list[Mutant]:
    """The mutants of `rows` that nobody has killed or judged and that are still possible."""
    open_keys = {key for key, row in rows.items() if row.verdict != "killed" and key not in reasons}
    found = {m.key: m for file, source in sources for m in mutants(file, source) if m.key in open_keys}
    return list(found.values())


def _still_possible(rows: dict[Key, Row]) -> dict[Key, Row]:
    """Without the rows of mistakes that the code has no place for any more."""
    paths = {file: ROOT / PACKAGE / file for file in {key.file for key in rows}}
    known = {m.key for file, path in paths.items() if path.exists() for m in mutants(file, path.read_bytes())}
    return {key: row for key, row in rows.items() if key in known}


def _try(options: argparse.Namespace, trials: Trials, tests: TestMap, chosen: list[Mutant]) -> Iterator[Row]:
    """The verdicts on `chosen`, one after the other, until the time is over."""
    end = time.monotonic() + 60 * options.minutes
    for mutant in chosen:
        if time.monotonic() > end:
            return
        source = trials.place.source(mutant.file)
        found, covering = tests.choose(mutant, source.decode(), options.budget)
        names = {**dict.fromkeys(options.also, options.budget), **found}
        outcome = Outcome("uncovered", "", "", 0.0)
        if names:
            outcome = trials.run(names, (mutant.file, mutant.apply(source)))
        yield Row.of(mutant, outcome, len(names), covering)


def _still_fail(trials: Trials, rows: Iterable[Row], seconds: Mapping[str, float]) -> set[str]:
    """Tests that killed something but fail without a mistake too.

    A mistake may change what a test is called; such a test can't be run without it.
    """
    killers = sorted({row.by for row in rows if row.by} & seconds.keys())  # what no test runs has "" there
    bad: set[str] = set()
    while killers:
        outcome = trials.run({test: seconds.get(test, 1.0) for test in killers})
        if outcome.verdict == "survived":
            break
        if outcome.by not in killers:
            raise SystemExit(f"The tests can't be run without a mistake: {outcome.by} {outcome.message}")
        bad.add(outcome.by)
        killers = killers[killers.index(outcome.by) + 1 :]
    return bad


def main() -> int:
    """Run as the command line says; the exit status."""
    options = _arguments()
    reasons = judged()
    rows = load(options.results)
    if options.table:
        print(report(_still_possible(rows).values(), reasons))
        return 0
    if sys.version_info < (3, 12):
        raise SystemExit("Which lines a test runs is found with sys.monitoring, of Python 3.12 or later.")
    place = Workplace(options.work)
    place.copy_tree()
    if options.new_map or not place.map.exists():
        print(f"Running all tests once, to see which lines each runs ({place.map}) ...", flush=True)
        place.make_map()
    names = collect(place)
    if not names:
        raise SystemExit("The tests can't be collected.")
    tests = TestMap(place.map, names)
    new = [name for name in names if name not in tests.known]
    if new:
        print(f"Running {len(new)} tests that are new since then ...", flush=True)
        place.extend_map(new)
        tests = TestMap(place.map, names)
    sources = [(name, place.source(name)) for name in _wanted(place, options.files)]
    for key in _outdated(sources, reasons):
        print(f"judged.toml: this is not in the code any more, judge again: {key}")
    if options.again:
        chosen = _survivors(sources, rows, reasons)
    else:
        chosen = [m for m in sample(sources, options.number, options.seed) if m.key not in rows]
    trials = Trials(place)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is planted is taken back
    with contextlib.suppress(KeyboardInterrupt):
        for row in _try(options, trials, tests, chosen):
            store(options.results, row)
            rows[row.key] = row
            print(f"{row.verdict:9} {row.file}:{row.line} {row.kind}: {row.old} -> {row.new}  [{row.by}]", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        for test in sorted(_still_fail(trials, rows.values(), tests.seconds)):
            print(f"{test} fails without a mistake too: what it killed counts as survived.")
            for row in [row for row in rows.values() if row.by == test]:
                rows[row.key] = Row(*row.key, row.kind, row.line, "survived", ran=row.ran, covering=row.covering)
                store(options.results, rows[row.key])
    trials.close()
    print(report(_still_possible(rows).values(), reasons))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
