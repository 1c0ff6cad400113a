"""`disturb_mem`: other addresses in memory from run to run, to find what depends on them."""

from __future__ import annotations

import random
from datetime import datetime

__all__ = ["disturb_mem"]

_KEPT: list[object] = []


def disturb_mem() -> None:
    """Allocate some objects, their number by the clock, so that what is made afterwards is elsewhere than last time."""
    numbers = random.Random(datetime.now().microsecond)
    for _ in range(numbers.randint(1, 1000)):
        _KEPT.append(bytearray(numbers.randint(1, 500)))
    del _KEPT[::2]
