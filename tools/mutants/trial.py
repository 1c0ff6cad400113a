"""One mutant after the other in the copy of the tree, against the tests that run its lines."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.workplace import PACKAGE, ROOT, Workplace

__all__ = ["Outcome", "Trials"]

_TICK = 2.0  # seconds between two looks at the processes
_IDLE = 16.0  # tests that sleep do so for less
_SIGXCPU = -int(signal.SIGXCPU)


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a text: `verdict` is "killed" or "survived", `by` the test that failed or "time"."""

    verdict: str
    by: str
    message: str
    seconds: float


class Trials:
    """Runs tests in `place`, one process at a time.

    Processes are forked from a server that has everything imported but the package (`server.py`).
    """

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tools.mutants.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the server."""
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait()

    def run(self, tests: Mapping[str, float], source: tuple[str, bytes] | None = None) -> Outcome:
        """Of `tests` and the seconds that each should take, with `source` (file, text) in the place of that file."""
        place = self.place
        arguments = place.output.with_name("arguments")
        arguments.write_text("\n".join(tests) + "\n")
        job: dict[str, object] = {
            "output": str(place.output),
            "folder": str(place.tree),
            "environment": place.environment(place.fresh_cache()),
            "tests": dict(tests),
            "arguments": ["-x", "-q", "-p", "no:cacheprovider", "--tb=line", "-rfE", f"@{arguments}"],
        }
        begin = time.monotonic()
        with self._planted(source) if source else contextlib.nullcontext():
            status = self._run(job, wall=60 + 8 * sum(tests.values()))
        seconds = round(time.monotonic() - begin, 1)
        if status == 0:
            return Outcome("survived", "", "", seconds)
        by, message = _first_failure(place.output.read_text(errors="replace"))
        if status in (_SIGXCPU, -int(signal.SIGKILL)):
            by, message = "time", f"ended after {seconds:.0f} s"
        return Outcome("killed", by or f"exit status {status}", message, seconds)

    @contextlib.contextmanager
    def _planted(self, source: tuple[str, bytes]) -> Iterator[None]:
        path = self.place.tree / PACKAGE / source[0]
        before, text = path.stat(), path.read_bytes()
        try:
            path.write_bytes(source[1])
            yield
        finally:
            path.write_bytes(text)
            # Compiled files and programs belong to this time.
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _run(self, job: dict[str, object], wall: float) -> int:
        server = self._server
        assert server.stdin and server.stdout
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        child = int(server.stdout.readline())
        finished = threading.Event()
        watcher = threading.Thread(target=_watch, args=(child, wall, finished))
        watcher.start()
        try:
            return int(server.stdout.readline())
        finally:
            finished.set()
            watcher.join()
            _end(child)  # what the tests have started and left


def _watch(session: int, wall: float, finished: threading.Event) -> None:
    """End the processes of `session` after `wall` seconds, or when they have waited for each other for too long."""
    last, idle, end = -1, 0, time.monotonic() + wall
    while not finished.wait(_TICK):
        now = _processor_time(session)
        idle = idle + 1 if now == last else 0
        last = now
        if idle * _TICK >= _IDLE or time.monotonic() > end:
            _end(session)
            return


def _processor_time(session: int) -> int:
    """In ticks, of all processes of `session`; always another number where the system does not tell."""
    total = 0
    if not os.path.isdir("/proc/self"):
        return time.monotonic_ns()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                fields = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    total += sum(map(int, fields[11:15]))
    return total


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _first_failure(output: str) -> tuple[str, str]:
    """The test that failed, and its message."""
    for line in output.splitlines():
        for word in ("FAILED ", "ERROR "):
            if line.startswith(word):
                test, _, message = line.removeprefix(word).partition(" - ")
                return test.strip(), message[:200]
    return "", " ".join(output.splitlines()[-2:])[:200]


def collect(place: Workplace) -> list[str]:
    """The tests that are there now."""
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=place.tree,
        env=place.environment(place.fresh_cache()),
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listing.stdout.splitlines() if "::" in line]
