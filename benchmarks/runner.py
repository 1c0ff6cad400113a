"""Runs rows: a process for each contender, their turns interleaved."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, ROOT, environment
from benchmarks.workload import Workload

PATIENCE = 600.0  # seconds until a child that says nothing counts as failed


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    rounds, batch
        Turns of each contender, and seconds a turn.
    samples, patience
        Fresh processes of each contender; after so many seconds one that is slow gets no more of them.
    """

    rounds: int
    batch: float
    samples: int
    patience: float


FULL = Effort(rounds=25, batch=0.05, samples=7, patience=60.0)
QUICK = Effort(rounds=4, batch=0.01, samples=2, patience=10.0)


@dataclass(slots=True)
class Row:
    """Figures of one workload: minimum by contender, and why others have none."""

    workload: Workload
    best: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def add(self, contender: str, figure: float) -> None:
        """Keep the minimum."""
        self.best[contender] = min(figure, self.best.get(contender, figure))


class _Child:
    """A process of `benchmarks.child`, spoken to by lines.

    It stands still while it isn't asked: threads of BLAS and of OpenMP look for work for some time (OpenBLAS's for 30
    ms, and halved what torch did after NumPy on two cores).
    """

    def __init__(
        self, workload: str, contender: str, threads: int, batch: float, cache: Path, avx2: bool
    ) -> None:  # fmt: skip
        self.contender = contender
        self._process = subprocess.Popen(
            [CONTENDERS[contender].python, "-m", "benchmarks.child", workload, contender, str(threads), str(batch)],
            cwd=ROOT,
            env=environment(contender, cache, threads, avx2),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )

    def read(self) -> dict[str, Any]:
        """The next answer; ``{"error": …}`` if there is none."""
        stream = self._process.stdout
        assert stream is not None
        if not select.select([stream], [], [], PATIENCE)[0]:
            return {"error": f"no answer in {PATIENCE:.0f} s"}
        line = stream.readline()
        if not line:
            return {"error": f"died (exit status {self._process.wait()})"}
        self._signal("SIGSTOP")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self) -> dict[str, Any]:
        """Have one batch run."""
        assert self._process.stdin is not None
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        return self.read()

    def _signal(self, name: str) -> None:
        """Systems that cannot stop a process do without."""
        if hasattr(signal, name):
            self._process.send_signal(getattr(signal, name))

    def end(self) -> None:
        """Close its input, at which it leaves; if it does not, end it."""
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        if self._process.poll() is None:
            self._process.kill()


@dataclass(frozen=True, slots=True)
class Runner:
    """Measures rows with the given effort."""

    effort: Effort
    threads: int
    caches: Path
    avx2: bool = False

    def run(self, workload: Workload, contenders: Sequence[str]) -> Row:
        """Measure those of `contenders` that can take part."""
        names = [name for name in contenders if name in workload.contenders]
        row = Row(workload)
        if workload.scripts:
            self._scripts(row, names)
        elif workload.fresh:
            self._fresh(row, names)
        else:
            self._interleaved(row, names)
        return row

    def _interleaved(self, row: Row, names: list[str]) -> None:
        children: list[_Child] = []
        try:
            # one after the other: nobody sets up while another one is measured
            for name in names:
                child = _Child(row.workload.name, name, self.threads, self.effort.batch, self.caches / name, self.avx2)
                children.append(child)
                answer = child.read()
                if "error" in answer:
                    row.errors[name] = answer["error"]
                    children.pop().end()
            for _ in range(self.effort.rounds):
                for child in list(children):
                    answer = child.ask()
                    if "error" in answer:
                        row.errors[child.contender] = answer["error"]
                        children.remove(child)
                        child.end()
                    else:
                        row.add(child.contender, answer["seconds"])
        finally:
            for child in children:
                child.end()

    def _fresh(self, row: Row, names: list[str]) -> None:
        with contextlib.ExitStack() as stack:
            warm = {name: stack.enter_context(_folder()) for name in names}
            if row.workload.fresh == "warm":
                for name in names:
                    self._one_process(row, row.workload.name, name, warm[name], count=False)
            spent = dict.fromkeys(names, 0.0)
            for _ in range(self.effort.samples):
                for name in names:
                    if name in row.errors or spent[name] > self.effort.patience:
                        continue
                    start = time.perf_counter()
                    with _folder() as empty:
                        cache = warm[name] if row.workload.fresh == "warm" else empty
                        if row.workload.after:
                            self._one_process(row, row.workload.after, name, cache, count=False)
                        self._one_process(row, row.workload.name, name, cache, count=True)
                    spent[name] += time.perf_counter() - start

    def _one_process(self, row: Row, workload: str, name: str, cache: Path, count: bool) -> None:
        child = _Child(workload, name, self.threads, self.effort.batch, cache, self.avx2)
        try:
            answer = child.read()
        finally:
            child.end()
        if "error" in answer:
            row.errors[name] = answer["error"]
        elif count:
            row.add(name, answer["seconds"])

    def _scripts(self, row: Row, names: list[str]) -> None:
        for _ in range(self.effort.samples):
            for name in names:
                with _folder() as empty:
                    done = subprocess.run(
                        [CONTENDERS[name].python, "-c", row.workload.scripts[name]],
                        cwd=ROOT,
                        env=environment(name, empty, self.threads, self.avx2),
                        capture_output=True,
                        text=True,
                        timeout=PATIENCE,
                    )
                if done.returncode:
                    row.errors[name] = (done.stderr.strip().splitlines() or ["died"])[-1][:300]
                else:
                    row.add(name, float(done.stdout.split()[-1]))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="theano-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)
