"""What the tests of the runtime share."""

from __future__ import annotations

import gc
import mmap
import sys
from collections.abc import Callable

import pytest


class Growth:
    """Memory and reference counts must not grow with the number of calls."""

    def resident(self) -> int:
        if sys.platform == "linux":
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * mmap.PAGESIZE
        return 0

    def __call__(self, run: Callable[[], object], calls: int = 200_000, allowed: int = 1 << 20) -> None:
        for _ in range(2000):
            run()
        for rounds_left in reversed(range(4)):
            gc.collect()
            before, objects = self.resident(), len(gc.get_objects())
            for _ in range(calls):
                run()
            gc.collect()
            if self.resident() - before < allowed and len(gc.get_objects()) - objects < 50:
                return
            # A leak shows in every round; what other threads and the allocator do does not.
            assert rounds_left, (self.resident() - before, len(gc.get_objects()) - objects)


@pytest.fixture
def no_growth() -> Growth:
    return Growth()
