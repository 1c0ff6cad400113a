"""``--profile NAME``: where the time goes while the function of a row is made."""

from __future__ import annotations

import contextlib
import functools
import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.contenders import environment

# Stage → where its function is looked up: (module, attribute, possibly of a class). Time of a stage that runs
# inside another one is the inner one's. What no stage covers is "graph": the user's expressions and calls.
STAGES: tuple[tuple[str, str, str], ...] = (
    ("gradient", "theano", "grad"),
    ("function", "theano", "function"),
    ("rewrite", "theano.compile.mode", "Mode.rewrite"),
    ("lower", "theano.compile.native", "lower"),
    ("print", "theano.compile.native_code", "print_module"),
    ("print", "theano.compile.native_code", "print_entry"),
    ("jit", "theano.compile.native_code", "compile_module"),
    ("llvm", "theano.compile.native", "isa"),  # the first time: llvmlite is loaded
    ("support", "theano.compile.native", "make_context"),  # the first time: support functions are compiled
    ("call", "theano.compile.executable", "Function.__call__"),
)


class Stages:
    """Exclusive times of nested stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._stack = ["graph"]
        self._since = time.perf_counter()

    def switch(self) -> None:
        """Book the time since the last switch to the stage that is running."""
        now = time.perf_counter()
        stage = self._stack[-1]
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now

    def wrap(self, stage: str, fn: Callable[..., Any]) -> Callable[..., Any]:
        """`fn`, its time booked to `stage`."""

        @functools.wraps(fn)
        def measured(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self._stack.append(stage)
            self.calls[stage] = self.calls.get(stage, 0) + 1
            try:
                return fn(*args, **kwargs)
            finally:
                self.switch()
                self._stack.pop()

        return measured

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Wrappers where the functions are looked up, while the context lasts."""
        replaced = []
        for stage, module, path in STAGES:
            holder: Any = importlib.import_module(module)
            *outer, name = path.split(".")
            for part in outer:
                holder = getattr(holder, part)
            if name in vars(holder):  # calls that go straight into native code have no Python function
                replaced.append((holder, name, vars(holder)[name]))
                setattr(holder, name, self.wrap(stage, vars(holder)[name]))
        self._since = time.perf_counter()
        try:
            yield
        finally:
            self.switch()
            for holder, name, value in replaced:
                setattr(holder, name, value)


def run(name: str) -> int:
    """Profile a row in two processes, with an empty cache and with the one that was left; twice in each."""
    from benchmarks.workloads import WORKLOADS

    if "theano" not in getattr(WORKLOADS.get(name), "setups", {}):
        raise SystemExit(f"{name}: no such row, or none that builds a function of ours")
    with tempfile.TemporaryDirectory(prefix="theano-bench-", ignore_cleanup_errors=True) as folder:
        env = environment("theano", Path(folder), 1)
        command = [sys.executable, "-m", "benchmarks.profile", name]
        root = Path(__file__).resolve().parents[1]
        return max(
            subprocess.run([*command, title], env=env, cwd=root).returncode
            for title in ("empty cache", "warm cache")
        )


def _report(title: str, stages: Stages) -> None:
    total = sum(stages.seconds.values())
    print(f"{title}: {total * 1e3:.1f} ms")
    order = ["graph", *dict.fromkeys(stage for stage, _, _ in STAGES)]
    for stage in sorted(stages.seconds, key=order.index):
        share = stages.seconds[stage] / total if total else 0.0
        calls = stages.calls.get(stage, 1)
        print(f"  {stage:10} {stages.seconds[stage] * 1e3:9.2f} ms {share:6.1%}  {calls} calls")


def _child(name: str, title: str) -> None:
    from benchmarks.workloads import WORKLOADS

    workload = WORKLOADS[name]
    setup, data = workload.setups["theano"], workload.data(**workload.sizes)
    import theano  # before the clock runs

    assert theano.config is not None
    for when in (title, f"{title}, again in the same process"):
        stages = Stages()
        with stages.installed():
            case = setup(*data)
            case.fn(*case.args)
        _report(when, stages)


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2])
