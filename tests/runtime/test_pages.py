"""Large results ask for large pages."""

from __future__ import annotations

import os
import re
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T

SMAPS, SETTING = "/proc/self/smaps", "/sys/kernel/mm/transparent_hugepage/enabled"


def flags_of(address: int) -> set[str]:
    """What the system knows about the memory at an address."""
    inside = False
    with open(SMAPS) as file:
        for line in file:
            bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
            if bounds:
                inside = int(bounds[1], 16) <= address < int(bounds[2], 16)
            elif inside and line.startswith("VmFlags:"):
                return set(line.split()[1:])
    raise AssertionError(f"nothing is mapped at {address:x}")


HAS_LARGE_PAGES = sys.platform == "linux" and os.path.exists(SMAPS) and os.path.exists(SETTING)


@pytest.mark.skipif(not HAS_LARGE_PAGES, reason="a Linux with large pages")
def test_large_results_ask_for_large_pages() -> None:
    x = T.dvector("x")
    f = theano.function([x], x + 1)
    data = np.zeros(4_000_000)
    assert "hg" in flags_of(f(data).ctypes.data + (8 << 20))
