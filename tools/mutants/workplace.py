"""The folder where mutants live: a copy of the tree, caches and the map of the tests; the working tree is only read."""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tools.mutants.choice import same_lines

__all__ = ["PACKAGE", "ROOT", "Workplace"]

ROOT = Path(__file__).parents[2]
PACKAGE = Path("src/theano")


def _files_of_tree() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return [name for name in os.fsdecode(listing.stdout).split("\0") if name and (ROOT / name).is_file()]


class Workplace:
    """Paths below `folder`, and what is done to them.

    Attributes
    ----------
    tree : path
        The copy of the working tree. Its place and the times of its files stay the same as long as their text does:
        keys of compiled programs depend on them.
    map : path
        Rows of `recorder/sitecustomize.py`, and the sources that their lines belong to.
    warm : path
        Compiled programs of the tests.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SystemExit(f"{folder} belongs to somebody else; choose a folder with --work.")
        self.tree = folder / "repo"
        self.map = folder / "map"
        self.mapped_sources = folder / "map" / "sources"
        self.warm = folder / "warm"
        self.cache = folder / "cache"
        self.temporary = folder / "tmp"
        self.output = folder / "output"
        self._lock = self._take(folder / "lock")

    @staticmethod
    def _take(path: Path) -> IO[str]:
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{path.parent} is in use by another run; choose another folder with --work.") from None
        return lock

    def copy_tree(self) -> None:
        """Make the copy equal to the working tree."""
        wanted = _files_of_tree()
        for name in wanted:
            source, target = ROOT / name, self.tree / name
            if not target.exists() or not filecmp.cmp(source, target, shallow=False):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        keep = {self.tree / name for name in wanted}
        for path in self.tree.rglob("*.py"):
            if path not in keep:
                path.unlink()

    def source(self, file: str) -> bytes:
        """The text of a file of the package."""
        return (self.tree / PACKAGE / file).read_bytes()

    def environment(self, cache: Path) -> dict[str, str]:
        """For tests in the copy, with compiled programs in `cache`."""
        self.temporary.mkdir(exist_ok=True)
        return {
            **os.environ,
            "PYTHONPATH": str(self.tree / "src"),
            "PYTHONDONTWRITEBYTECODE": "",
            "THEANO_TEST_CACHE": str(cache),
            "TMPDIR": str(self.temporary),
            "COLUMNS": "200",  # of pytest's summary
        }

    def fresh_cache(self) -> Path:
        """A copy of the warm cache: what a mutant compiles wrongly must not meet the next one.

        Entries are never written in place, so links do.
        """
        shutil.rmtree(self.cache, ignore_errors=True)
        if self.warm.exists():
            shutil.copytree(self.warm, self.cache, copy_function=os.link)
        else:
            self.cache.mkdir(mode=0o700)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()
        return self.cache

    def make_map(self) -> None:
        """Run all tests once, in one process, and note which lines each runs; the cache is warm afterwards."""
        for folder in (self.map, self.warm):
            shutil.rmtree(folder, ignore_errors=True)
        self.warm.mkdir(mode=0o700)
        partial = self._record(["tests"], self.warm)
        if not any(partial.glob("*.jsonl")):
            raise SystemExit("The tests could not be run, so there is no map.")
        shutil.copytree(self.tree / PACKAGE, partial / "sources", ignore=shutil.ignore_patterns("__pycache__"))
        partial.rename(self.map)

    def extend_map(self, tests: Sequence[str]) -> None:
        """Add `tests`, which are new, to the map; the lines that they run are written as those of the map's sources."""
        arguments = self.output.with_name("arguments")
        arguments.write_text("\n".join(tests) + "\n")
        partial = self._record([f"@{arguments}"], self.fresh_cache())
        same: dict[str, dict[int, int]] = {}
        with (self.map / f"{time.time_ns()}.jsonl").open("w") as out:
            for path in sorted(partial.glob("*.jsonl")):
                for row in map(json.loads, path.read_text().splitlines()):
                    for file in row["lines"]:
                        if file not in same:
                            then = self.mapped_sources / file
                            old = then.read_text() if then.exists() else ""
                            same[file] = same_lines(old, self.source(file).decode())
                    row["lines"] = {f: [same[f][k] for k in ks if k in same[f]] for f, ks in row["lines"].items()}
                    out.write(json.dumps(row) + "\n")

    def _record(self, arguments: Sequence[str], cache: Path) -> Path:
        """Run tests with the recorder; the folder with its rows."""
        folder = self.map.with_name("map.partial")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        environment = self.environment(cache)
        environment["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent / "recorder")
        environment["MUTANTS_MAP"] = str(folder)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "sitecustomize", "-p", "no:cacheprovider", *arguments]
        subprocess.run(command, cwd=self.tree, env=environment, check=False)
        return folder
