"""What the tests of the runtime share."""

from __future__ import annotations

import gc
import resource
import sys

import pytest


class Growth:
    """Memory and reference counts must not grow with the number of calls."""

    def resident(self) -> int:
        if sys.platform == "linux":
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        return 0

    def __call__(self, run: object, calls: int = 200_000, allowed: int = 1 << 20) -> None:
        for _ in range(2000):
            run()  # type: ignore[operator]
        gc.collect()
        before, objects = self.resident(), len(gc.get_objects())
        for _ in range(calls):
            run()  # type: ignore[operator]
        gc.collect()
        assert self.resident() - before < allowed
        assert len(gc.get_objects()) - objects < 50


@pytest.fixture
def no_growth() -> Growth:
    return Growth()
