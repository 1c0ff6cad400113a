"""Which lines of the package each test runs, in the process of the tests and in all that they start.

Python imports a module of this name when it starts, if it finds one, so the folder in PYTHONPATH is all that it takes;
pytest loads it as a plugin too (``-p sitecustomize``). Every process appends its rows to a file of its own in the
folder MUTANTS_MAP. A row is ``{"test", "seconds", "passed", "lines": {file: [numbers]}}``; "" as a test stands for
what runs before the first one. It needs `sys.monitoring`, of Python 3.12.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from types import CodeType
from typing import Any

_FOLDER = os.environ.get("MUTANTS_MAP", "")
_PACKAGE = "/src/theano/"
_TOOL = 3

_monitoring: Any = getattr(sys, "monitoring", None)
_seen: set[tuple[str, int]] = set()
_files: dict[str, str] = {}
_owner = os.getpid()
_started = 0.0
_passed = True


def _line(code: CodeType, line: int) -> object:
    name = code.co_filename
    file = _files.get(name)
    if file is None:
        file = _files[name] = name.partition(_PACKAGE)[2]
    if file:
        _seen.add((file, line))
    return _monitoring.DISABLE


def _cpu() -> float:
    return sum(os.times()[:4])


def _write(test: str, seconds: float, passed: bool) -> None:
    lines: dict[str, list[int]] = {}
    for file, line in sorted(_seen):
        lines.setdefault(file, []).append(line)
    row = {"test": test, "seconds": round(seconds, 4), "passed": passed, "lines": lines}
    with open(os.path.join(_FOLDER, f"{os.getpid()}.jsonl"), "a") as out:
        out.write(json.dumps(row) + "\n")
    _forget()


def _forget() -> None:
    _seen.clear()
    _monitoring.restart_events()


def pytest_runtest_logstart(nodeid: str) -> None:
    global _started, _passed
    if not _started:
        _write("", 0.0, True)
    _forget()
    _started, _passed = _cpu(), True


def pytest_runtest_logreport(report: Any) -> None:
    global _passed
    _passed = _passed and report.outcome == "passed"


def pytest_runtest_logfinish(nodeid: str) -> None:
    _write(nodeid, _cpu() - _started, _passed)


def _leave() -> None:
    if os.getpid() == _owner:
        _write(_TEST.rpartition(" (")[0], 0.0, True)


def _start() -> None:
    _monitoring.use_tool_id(_TOOL, "mutants")
    _monitoring.register_callback(_TOOL, _monitoring.events.LINE, _line)
    _monitoring.set_events(_TOOL, _monitoring.events.LINE)


_TEST = os.environ.get("PYTEST_CURRENT_TEST", "")
if _FOLDER:
    _start()
    if _TEST:  # a process that this test has started
        atexit.register(_leave)
