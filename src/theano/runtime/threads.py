"""How many threads share large loops (see `native.team_ir`), and what a forked child has to forget.

Results do not depend on the number: work is cut by size.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from theano.base.flag_table import MOST_THREADS, threads_wanted

__all__ = ["num_threads", "set_num_threads", "started"]

# How often a thread of the team looks for work before it parks: some 20 µs.
_SPIN = 2000


class Team:
    """The settings of the team of threads, and the functions that hand them to it.

    Attributes
    ----------
    threads
        How many may work on one loop.
    """

    _set: Callable[[int, int], object] | None = None
    _started: Callable[[], int] | None = None

    def __init__(self) -> None:
        self.threads = 0  # not asked for yet

    def join(
        self, set_threads: Callable[[int, int], object], reset: Callable[[], object], started: Callable[[], int]
    ) -> None:
        """Have threads from now on."""
        self._started, self._set = started, set_threads
        self.apply()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=reset)

    def wanted(self) -> int:
        self.threads = self.threads or threads_wanted()
        return self.threads

    def apply(self) -> None:
        """Make `threads` the number."""
        if self._set is not None:
            self._set(self.wanted(), _SPIN)

    def started(self) -> int:
        """How many threads there are beside the callers'."""
        return self._started() if self._started is not None else 0


team = Team()


def num_threads() -> int:
    """How many threads may share a loop, the one that calls included.

    At first ``OMP_NUM_THREADS``, or the number of cores that this process may use.

    >>> num_threads() >= 1
    True
    """
    return team.wanted()


def set_num_threads(n: int) -> int:
    """Let `n` threads share loops from now on, 256 at most.

    Functions that were compiled while ``config.openmp`` was false run on one thread.

    Parameters
    ----------
    n : int
        How many, with the one that calls.

    Returns
    -------
    int
        How many there were before.

    Raises
    ------
    ValueError
        `n` is not positive.

    Examples
    --------
    >>> from theano.runtime.threads import set_num_threads
    >>> before = set_num_threads(1)
    >>> set_num_threads(before)
    1
    """
    if n < 1:
        raise ValueError(f"a number of threads must be positive, not {n}")
    before, team.threads = team.wanted(), min(n, MOST_THREADS)
    team.apply()
    return before


def started() -> int:
    """How many threads have been started; none before the first loop that is worth it."""
    return team.started()
