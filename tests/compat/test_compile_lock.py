"""`theano.gof.compilelock`: the lock that programs take or switch off."""

from __future__ import annotations

import subprocess
import sys
import time

import theano

WAITS = """
import sys, theano.gof.compilelock as lock
print("begun", flush=True)
lock.get_lock(sys.argv[1])
print("taken", flush=True)
"""


def test_another_process_waits(tmp_path):
    lock = theano.gof.compilelock
    with lock.lock_ctx(str(tmp_path)):
        lock.get_lock(str(tmp_path))  # once more by the same process
        lock.release_lock()
        other = subprocess.Popen([sys.executable, "-c", WAITS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout.readline() == "begun\n"
        time.sleep(0.2)
        assert other.poll() is None
    assert other.stdout.readline() == "taken\n"
    assert other.wait() == 0


def test_a_lock_that_is_kept_and_one_that_is_switched_off(tmp_path):
    from theano.gof.compilelock import force_unlock, get_lock, lock_ctx, release_lock, set_lock_status

    with lock_ctx(str(tmp_path), keep_lock=True):
        assert (tmp_path / "compile.lock").exists()
    force_unlock()
    release_lock()  # of nothing
    set_lock_status(False)
    try:
        get_lock(str(tmp_path / "other"))
        assert not (tmp_path / "other").exists()
    finally:
        release_lock()
        set_lock_status(True)
