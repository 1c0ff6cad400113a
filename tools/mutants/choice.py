"""Which tests run a line, and which of them are tried first."""

from __future__ import annotations

import difflib
import json
import random
from array import array
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any

from tools.mutants.mutate import Mutant

__all__ = ["TestMap", "same_lines"]

# Tests of a file are looked for first in the folder of its name, and in these.
_NEAR = {"lower": ("tests/native",), "loops": ("tests/backend",), "gradient": ("tests/test_gradient",)}
# What these write is compiled once in a process, or found in the cache: tests that use it need not run its lines.
_WRITERS = {
    "native/products/kernels.py": ("tests/native/test_product",),
    "native/products/code.py": ("tests/native/test_product",),
    "native/products/rows.py": ("tests/native/test_product",),
    "native/products/choice.py": ("tests/native/test_product",),
    "native/convolution/kernels.py": ("tests/native/test_convolution",),
    "native/convolution/spread.py": ("tests/native/test_convolution",),
    "native/convolution/code.py": ("tests/native/test_convolution",),
    "native/convolution/blocks.py": ("tests/native/test_convolution",),
    "native/sorting/functions.py": ("tests/native/test_sorting",),
    "native/sorting/code.py": ("tests/native/test_sorting",),
    "native/sorting/keys.py": ("tests/native/test_sorting",),
    "native/sorting/network.py": ("tests/native/test_sorting",),
    "native/sorting/short_rows.py": ("tests/native/test_sorting",),
    "native/support/readers.py": ("tests/runtime/test_entry", "tests/runtime/test_leaks"),
    "runtime/entry.py": ("tests/runtime/test_entry", "tests/runtime/test_leaks"),
    "native/support/functions.py": (
        "tests/runtime/test_entry", "tests/runtime/test_leaks", "tests/runtime/test_recent",
    ),  # fmt: skip
    "native/support/code.py": ("tests/runtime/test_entry", "tests/runtime/test_leaks", "tests/runtime/test_recent"),
    "native/ir/machine.py": ("tests/native/test_threads", "tests/native/test_signals"),
    "native/support/gil.py": ("tests/native/test_threads", "tests/native/test_signals"),
    "native/support/team.py": ("tests/native/test_threads", "tests/native/test_parts", "tests/native/test_signals"),
    "native/support/smallest.py": ("tests/native/test_provisional",),
}
_MAX_FILES = 20  # importing a file of tests takes as long as ten short tests


class TestMap:
    """The rows of `recorder/sitecustomize.py` in `folder`.

    Lines belong to the sources at the time of the map; a file that has changed since is compared with its text then.
    Tests that did not pass are left out.
    """

    __test__ = False  # it is no class of tests

    def __init__(self, folder: Path, tests: Iterable[str] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.known: set[str] = set()  # those that did not pass, too
        self._sources = folder / "sources"
        self._names: list[str] = []
        self._lines: defaultdict[str, defaultdict[int, array[int]]] = defaultdict(lambda: defaultdict(_no_tests))
        self._then: dict[str, dict[int, int]] = {}
        known = None if tests is None else {*tests, ""}
        for path in sorted(folder.glob("*.jsonl")):
            with path.open() as rows:
                for row in map(json.loads, rows):
                    self.known.add(row["test"])
                    if row["passed"] and (known is None or row["test"] in known):
                        self._add(row)

    def _add(self, row: dict[str, Any]) -> None:
        test = row["test"]
        self.seconds[test] = self.seconds.get(test, 0.0) + row["seconds"]
        index = len(self._names)
        self._names.append(test)
        for file, lines in row["lines"].items():
            tests_of = self._lines[file]
            for line in lines:
                tests_of[line].append(index)

    def _line_then(self, file: str, source: str) -> dict[int, int]:
        """For the lines of `source`, where they were when the map was made."""
        if file not in self._then:
            path = self._sources / file
            self._then[file] = same_lines(path.read_text() if path.exists() else "", source)
        return self._then[file]

    def covering(self, mutant: Mutant, source: str) -> set[str]:
        """Tests that run a line of `mutant`; where it is new, those near it."""
        then = self._line_then(mutant.file, source)
        lines = self._lines[mutant.file]
        around = [then[k] for k in range(mutant.first, mutant.last + 1) if k in then]
        if not around:
            around = [then[k] for k in range(mutant.first - 8, mutant.last + 9) if k in then]
        return {self._names[index] for k in around if k in lines for index in lines[k]}

    def choose(self, mutant: Mutant, source: str, budget: float) -> tuple[dict[str, float], int]:
        """Tests and their seconds, `budget` in all, the likeliest to fail first, and how many would run it."""
        found = self.covering(mutant, source)
        users = _WRITERS.get(mutant.file, ())
        tests = {*found, *(t for t in self.seconds if users and t.startswith(users))} - {""}
        if not tests and found:  # runs at import: all tests see it
            tests = {t for t in self.seconds if t and _nearness(t, mutant.file) < 2}
        chance = random.Random("/".join(mutant.key))
        groups = []
        for nearness in range(3):
            group = sorted(t for t in tests if _nearness(t, mutant.file) == nearness)
            chance.shuffle(group)
            groups += _in_turn(group, self.seconds)
        chosen: dict[str, float] = {}
        spent = 0.0
        files: set[str] = set()
        for test in groups:
            file = test.partition("::")[0]
            if spent + self.seconds[test] <= budget and (file in files or len(files) < _MAX_FILES):
                chosen[test] = self.seconds[test]
                files.add(file)
                spent += self.seconds[test]
        return chosen, len(tests)


def same_lines(old: str, new: str) -> dict[int, int]:
    """For the lines of `new`, counted from 1, their places in `old`; without those that are not there."""
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    return {b.b + k + 1: b.a + k + 1 for b in matcher.get_matching_blocks() for k in range(b.size)}


def _no_tests() -> array[int]:
    return array("I")


def _nearness(test: str, file: str) -> int:
    """0 for tests of the file of this name, 1 for those of its folder, 2 for others."""
    path = PurePosixPath(file)
    folder = path.parts[0]
    if test.startswith((f"tests/{folder}/test_{path.stem}", *_WRITERS.get(file, ()))):
        return 0
    return 1 if test.startswith((f"tests/{folder}/", f"tests/test_{folder}", *_NEAR.get(folder, ()))) else 2


def _in_turn(tests: Iterable[str], seconds: dict[str, float]) -> list[str]:
    """`tests`, a quick one of each file, then a second of each; slow ones at the end."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for test in tests:
        files[test.partition("::")[0]].append(test)
    turns = zip_longest(*(sorted(group, key=lambda t: seconds[t] // 0.2) for group in files.values()))
    return sorted((t for turn in turns for t in turn if t is not None), key=lambda t: seconds[t] // 1.0)
