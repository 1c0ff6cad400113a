"""How many threads share large loops (see `team_ir`), and what a forked child has to forget.

Results do not depend on the number: work is cut by size.
"""

from __future__ import annotations

from theano.configdefaults import MOST_THREADS
from theano.runtime import support

__all__ = ["num_threads", "set_num_threads", "started"]


def num_threads() -> int:
    """How many threads may share a loop, the one that calls included.

    At first ``OMP_NUM_THREADS``, or the number of cores that this process may use.

    >>> num_threads() >= 1
    True
    """
    return support.team().threads


def set_num_threads(n: int) -> int:
    """Let `n` threads share loops from now on, 256 at most; returns the number before.

    Functions that were compiled while ``config.openmp`` was false run on one thread.
    """
    if n < 1:
        raise ValueError(f"a number of threads must be positive, not {n}")
    team = support.team()
    before, team.threads = team.threads, min(n, MOST_THREADS)
    team.apply()
    return before


def started() -> int:
    """How many threads have been started; none before the first loop that is worth it."""
    return support.team().started()
