"""One contender at one workload, in a process of its own: ``python -m benchmarks.child`` (see `runner`).

Speaks lines of JSON on standard output: first ``{"ready": …}`` or ``{"error": …}``, then one
``{"seconds": …}`` for each line read, until standard input closes. What libraries print goes to standard
error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

# Seconds: after a call threads of libraries (BLAS, OpenMP) look for more work for a while; then all is to be quiet.
REST, QUIET, PATIENCE = 0.3, 0.05, 20.0


def _pin(threads: int) -> None:
    """Run on the last `threads` cores: what else a machine does tends to sit on the first."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def settle(call: Callable[[], Any]) -> None:
    """Call until nothing else goes on in the process: a thread of ours makes code better that was made in haste."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        call()
        time.sleep(REST)
        before = time.process_time()
        time.sleep(QUIET)
        if time.process_time() - before < QUIET / 10:
            return


def main(argv: list[str]) -> None:
    """Arguments: workload, contender, threads, seconds of a batch."""
    name, contender, threads, batch = argv[0], argv[1], int(argv[2]), float(argv[3])
    _pin(threads)
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**what: Any) -> None:
        answer_to.write(json.dumps(what) + "\n")
        answer_to.flush()

    from benchmarks.timing import Stopwatch, check, once
    from benchmarks.workload import NotAvailable
    from benchmarks.workloads import WORKLOADS

    workload = WORKLOADS[name]
    try:
        case, reference = workload.case(contender)
        first, result = once(case, workload.clock if workload.fresh else "wall")
        wrong = check(case, result, reference, workload.rtol)
        del reference, result
        if wrong:
            return say(error=wrong)
        if workload.fresh:
            return say(ready=True, seconds=first)
        settle(lambda: once(case, "wall"))
        watch = Stopwatch(case, batch)
    except NotAvailable as reason:
        return say(error=f"not available: {reason}")
    except Exception as error:  # a contender that fails is a line in the report, not the end of the run
        lines = str(error).strip().splitlines() or [""]
        return say(error=f"{type(error).__name__}: {lines[0]}"[:300])
    say(ready=True)
    for _ in sys.stdin:
        say(seconds=watch.batch())


if __name__ == "__main__":
    main(sys.argv[1:])
