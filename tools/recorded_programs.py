"""The loop programs of all functions that tests compile, to compare two states of the compiler.

Record, in each of two trees (a folder for each)::

    PROGRAMS_TO=/tmp/before python -m pytest -p tools.recorded_programs --hypothesis-seed=1 -n 2 tests

and compare: ``python -m tools.recorded_programs /tmp/before /tmp/after`` names the tests whose programs differ, with
the first differences. `tests/test_benchmarks.py` compiles what the benchmarks do.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

# Longer texts are compared, but cannot be shown.
LONGEST = 100_000


def pytest_configure() -> None:
    """Write down what `lower` gives from now on."""
    folder = Path(os.environ["PROGRAMS_TO"])
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    from theano.compile.native import executor
    from theano.loops.text import program_text

    lower, log = executor.lower, folder / f"{os.getpid()}.log"

    def recording(*args: Any, **kwargs: Any) -> Any:
        lowered = lower(*args, **kwargs)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        if test:
            text = program_text(lowered.program)
            digest = hashlib.sha256(text.encode()).hexdigest()[:20]
            path = folder / "texts" / digest
            if len(text) <= LONGEST and not path.exists():
                path.write_text(text)
            with log.open("a") as out:
                out.write(f"{digest} {test}\n")
        return lowered

    executor.lower = recording


def recorded(folder: Path) -> dict[str, list[str]]:
    """The programs of each test, in order."""
    found: dict[str, list[str]] = {}
    for log in folder.glob("*.log"):
        for line in log.read_text().splitlines():
            digest, _, test = line.partition(" ")
            found.setdefault(test, []).append(digest)
    return found


def difference(before: Path, after: Path, old: list[str], new: list[str]) -> list[str]:
    """The first program that only one of two records has, against its counterpart."""
    gone, come = list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())
    if not gone or not come:
        return [f"{len(old)} programs before, {len(new)} after"]
    paths = [before / "texts" / gone[0], after / "texts" / come[0]]
    if not all(p.exists() for p in paths):
        return ["(too long to be shown)"]
    texts = [p.read_text().splitlines() for p in paths]
    return [*list(difflib.unified_diff(*texts, lineterm="", n=1))[2:14]]


def main(before: Path, after: Path, shown: int = 5) -> int:
    """Compare two records; the exit status."""
    old, new = recorded(before), recorded(after)
    both = sorted(old.keys() & new.keys())
    other = [test for test in both if Counter(old[test]) != Counter(new[test])]
    programs = sum(len(old[test]) for test in both)
    print(f"{len(both)} tests, {programs} programs; {len(other)} tests differ; "
          f"only before: {len(old.keys() - new.keys())}, only after: {len(new.keys() - old.keys())}")  # fmt: skip
    for test in other[:shown]:
        print(f"\n{test}")
        print("\n".join(f"    {line}" for line in difference(before, after, old[test], new[test])))
    print("\n".join(other[shown:]))
    return int(bool(other))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
