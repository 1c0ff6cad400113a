"""When the cyclic garbage collector rests, and what it looks through afterwards."""

import gc

import pytest

from theano.base.garbage import LARGE, collector_rests


@pytest.mark.parametrize(("count", "all_stays", "rounds"), [
    (LARGE // 10, False, 1), (LARGE // 10, True, 0), (2 * LARGE, False, 0),
])  # fmt: skip
def test_what_a_large_function_leaves_is_old(count, all_stays, rounds):
    started = []

    def see(phase, info):
        if phase == "start":
            started.append(info)

    if gc.get_freeze_count():  # Python 3.12 keeps objects of its own apart, which must stay so
        rounds = 1
    gc.collect()
    gc.callbacks.append(see)
    try:
        with collector_rests(all_stays):
            kept = [[] for _ in range(count)]
        more = [[] for _ in range(100)]
    finally:
        gc.callbacks.remove(see)
    assert len(started) == rounds
    assert len(kept) + len(more) == count + 100
    assert gc.isenabled()
