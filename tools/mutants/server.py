"""A process that has imported everything heavy but the package, and forks itself for each run of tests.

It reads one job in JSON a line, writes the process id of the run and then its exit status, as `subprocess` gives it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import tempfile
import time
from typing import Any

_HEAVY = """numpy numpy.testing scipy scipy.linalg scipy.special scipy.signal scipy.stats llvmlite.binding pytest
 _pytest.assertion.rewrite _pytest.python _pytest.doctest hypothesis hypothesis.strategies hypothesis.extra.numpy mpmath
 xdist subprocess multiprocessing concurrent.futures shutil ctypes pickle difflib inspect asyncio unittest unittest.mock
 """.split()


def _run(job: dict[str, Any]) -> int:
    """In the child: the tests of `job`, in a session of their own, so that all that they start can be ended."""
    os.setsid()
    out = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, out)):
        os.dup2(source, target)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.path.insert(0, os.environ["PYTHONPATH"])
    tempfile.tempdir = None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    sys.argv = ["pytest"]
    return int(importlib.import_module("pytest").main(job["arguments"], plugins=[_Limits(job["tests"])]))


class _Limits:
    """A plugin of pytest: a test may take some times the seconds of processor that it takes without a mistake.

    The system ends the process where it takes more.
    """

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self._allow(30)

    def _allow(self, seconds: float) -> None:
        limit = int(time.process_time() + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._allow(5 + 4 * self.seconds.get(nodeid, 1.0))


def main() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            status = 3
            try:
                status = _run(job)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
