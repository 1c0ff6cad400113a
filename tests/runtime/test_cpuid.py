"""What the processor says is one thing for all cores, and what the system says."""

from __future__ import annotations

import os
import platform
import threading

import pytest

from theano.runtime.cpuid import says

pytestmark = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="another processor")


def test_all_cores_say_the_same() -> None:
    if not hasattr(os, "sched_setaffinity"):
        assert says() == says()
        return
    found = []

    def on_each_core() -> None:
        for core in os.sched_getaffinity(0):
            os.sched_setaffinity(0, {core})  # of this thread only
            found.append(says())

    thread = threading.Thread(target=on_each_core)
    thread.start()
    thread.join()
    assert found and all(each == found[0] for each in found)


def test_it_is_what_linux_says() -> None:
    if not os.path.exists("/proc/cpuinfo"):
        pytest.skip("another system")
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = next(line for line in file if line.startswith("flags")).split()
    leaves = dict(line.split(": ") for line in says()[1:])
    _, ecx, _ = (int(word, 16) for word in leaves["1.0"].split())
    ebx, *_ = (int(word, 16) for word in leaves["7.0"].split())
    for name, register, bit in (("fma", ecx, 12), ("f16c", ecx, 29), ("bmi2", ebx, 8)):
        assert (name in flags) == bool(register >> bit & 1)
