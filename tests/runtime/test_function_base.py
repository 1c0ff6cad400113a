"""Life and death of native callables."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

from tests.runtime.programs import MAIN, Program, new_array, scalar_product, word
from theano.native.support.context import make_context
from theano.runtime import abi, jit
from theano.runtime.abi import ObjectSpec
from theano.runtime.entry import EntrySpec
from theano.runtime.function_base import NATIVE, FunctionBase, install, uninstall
from theano.runtime.module import verbatim


class Plain(FunctionBase):
    def __init__(self, k=2):
        self.k = k

    def _fallback(self, x):
        return self.k * x


def calling_back(*words, **fields):
    """A program of one object input that calls context word FIRST_FREE with it and returns what came back."""
    spec = EntrySpec([ObjectSpec()], [], n_slots=1, n_outputs=1, **fields)
    layout = spec.layout
    text = MAIN + word("ctx", abi.CTX["callback"], "cb") + word("ctx", abi.FIRST_FREE, "py")
    text += f"%in = getelementptr i64, ptr %frame, i64 {layout.input_data(0)}\n"
    text += f"%slot = getelementptr i64, ptr %frame, i64 {layout.slot(0)}\n"
    text += "%rc = call i32 %cb(ptr %py, ptr %in, i64 1, ptr %slot, i64 1)\nret i32 %rc\n}\n"
    return Program(spec, text, words)


def test_native_entry_points_exist_here():
    assert NATIVE and scalar_product().is_native and not Plain().is_native


def test_without_code_calls_run_the_fallback():
    f = Plain()
    assert f(4) == 8 and f(x=4) == 8
    with pytest.raises(TypeError):
        f()
    with pytest.raises(TypeError, match="no code"):
        FunctionBase()()


def test_subclasses_are_ordinary_classes():
    class Sub(Plain):
        """Doc."""

        def method(self):
            return self(1)

    f = Sub(5)
    f.anything = 1
    assert f.method() == 5 and f.anything == 1 and Sub.__doc__ == "Doc." and isinstance(f, FunctionBase)
    assert weakref.ref(f)() is f and hash(f) == hash(f) and f == f and f != Sub(5)


def test_copies_and_pickles_start_without_code():
    f = Plain(3)
    for g in (copy.copy(f), copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        assert g(2) == 6 and not g.is_native


def test_code_may_be_replaced():
    f, g = scalar_product(), scalar_product()
    assert f(2.0, 3.0) == 6
    kept = [print, ResourceWarning, object()]
    context = make_context([id(x) for x in kept], kept)
    old = f.code
    references = sys.getrefcount(old)
    install(f, g.code, context)
    assert f(2.0, 3.0) == 6 and sys.getrefcount(old) == references  # somebody may be inside it
    del f
    gc.collect()
    assert sys.getrefcount(old) < references
    with pytest.raises(TypeError):
        install(object(), g.code, make_context([0, 0]))


def test_code_and_context_live_as_long_as_the_object():
    f = scalar_product()
    code = f.code
    del f.code
    address = code.address
    del code
    gc.collect()
    assert address and f(2.0, 3.0) == 6


def test_cycles_are_collected():
    class Token:
        pass

    f = calling_back(lambda x: (x,))
    f.me, f.token = f, Token()
    gone = weakref.ref(f.token)
    del f
    gc.collect()
    assert gone() is None


def test_a_call_from_a_finalizer_of_a_dead_cycle():
    seen = []

    class Last:
        def __del__(self):
            seen.append(float(self.f(np.array(2.0), np.array(4.0))) if self.f.is_native else "python")

    for swap in (False, True):
        f, last = scalar_product(), Last()
        last.f, f.last = f, last
        if swap:
            f, last = last, f
        del f, last
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Program, "_fallback", lambda self, *a: 8.0)
            gc.collect()
    assert seen and all(x in (8.0, "python") for x in seen)


def test_deleted_during_its_own_call():
    box = {}

    def callback(x):
        del box["f"]
        gc.collect()
        jit.compile_module(verbatim("define i64 @entry() {\n  ret i64 1\n}\n"))  # drains what was released
        return (x,)

    box["f"] = calling_back(callback)
    token = object()
    assert box.pop("f", None) is not None and not box
    box["f"] = calling_back(callback)
    assert box["f"](token) is token and not box


def test_uninstalled_during_its_own_call():
    f = calling_back(lambda x: (uninstall(x), x)[1:])
    assert f(f) is f and not f.is_native


def test_recursion():
    f = calling_back(lambda n: (np.array(0) if n == 0 else f(n - 1) + 1,))
    assert f(100) == 100
    with pytest.raises(RecursionError):
        f(10**9)
    assert f(50) == 50


def test_exceptions_of_callbacks_pass_through():
    def bad(x):
        raise KeyError(x)

    with pytest.raises(KeyError, match="7"):
        calling_back(bad)(7)


@pytest.mark.parametrize("answer", [None, 3, [1], (), (1, 2)], ids=repr)
def test_callbacks_must_return_a_tuple_of_the_outputs(answer):
    with pytest.raises(SystemError, match="call-back"):
        calling_back(lambda x: answer)(1)


def test_threads_share_a_function():
    f, wrong = scalar_product(), []
    g = calling_back(lambda x: (f(x, 2.0),))

    def work(k):
        for n in range(20_000):
            if f(float(n), k) != n * k:
                wrong.append((n, k))
        for n in range(2000):
            if g(n) != 2 * n:
                wrong.append(n)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(float(k),)) for k in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong


def test_a_pool_block_in_use_is_nobody_elses(no_growth):
    spec = EntrySpec([ObjectSpec()], [], n_slots=1, n_outputs=1)
    layout = spec.layout
    text = MAIN + word("ctx", abi.CTX["pool_take"], "take") + word("ctx", abi.CTX["callback"], "cb")
    text += word("ctx", abi.FIRST_FREE, "py")
    text += f"%work = getelementptr i64, ptr %frame, i64 {layout.work}\n"
    text += "%block = call ptr %take(ptr %ctx, ptr %work, i64 100000)\n"
    text += f"%in = getelementptr i64, ptr %frame, i64 {layout.input_data(0)}\n"
    text += "%x = load i64, ptr %in\nstore i64 %x, ptr %block\n"
    text += f"%slot = getelementptr i64, ptr %frame, i64 {layout.slot(0)}\n"
    text += "%rc = call i32 %cb(ptr %py, ptr %in, i64 1, ptr %slot, i64 1)\n"
    text += "%y = load i64, ptr %block\n%same = icmp eq i64 %x, %y\n"
    text += "%low = ptrtoint ptr %block to i64\n%odd = and i64 %low, 63\n"
    text += "%aligned = icmp eq i64 %odd, 0\n%fine = and i1 %same, %aligned\n"
    text += "%code = select i1 %fine, i32 %rc, i32 9\nret i32 %code\n}\n"
    f = Program(spec, text, [lambda n: (n if n == 0 else f(n - 1),)])
    assert f(30) == 0
    no_growth(lambda: f(3), calls=20_000)


def test_pool_limit():
    from theano.native.support import loading

    spec = EntrySpec([], [], n_slots=1, n_outputs=0, result="none")
    text = MAIN + word("ctx", abi.CTX["pool_take"], "take")
    text += f"%work = getelementptr i64, ptr %frame, i64 {spec.layout.work}\n"
    text += "%b = call ptr %take(ptr %ctx, ptr %work, i64 1000000)\n"
    text += "%c = call ptr %take(ptr %ctx, ptr %work, i64 9000000)\nret i32 0\n}\n"
    f = Program(spec, text)
    try:
        loading.set_pool_limit(0)
        f()
        assert loading.pool_bytes() == 0
        loading.set_pool_limit(2_000_000)
        f()
        assert 1_000_000 <= loading.pool_bytes() <= 2_000_000
        loading.set_pool_limit(None)
        f()
        assert loading.pool_bytes() >= 10_000_000
        loading.set_pool_limit(0)
        assert loading.pool_bytes() == 0
    finally:
        loading.set_pool_limit(loading.POOL_LIMIT)


def test_new_arrays_in_a_slot_replace_the_old_ones(no_growth):
    spec = EntrySpec([], [], n_slots=1, n_outputs=1)
    slot = spec.layout.slot(0)
    text = MAIN + new_array(slot, "float64", 0, "null", "one") + new_array(slot, "float64", 0, "null", "two")
    f = Program(spec, text + "store double 3.0, ptr %two\nret i32 0\n}\n")
    assert f() == 3
    no_growth(f)


SCRIPT = """
import os, sys, threading
from tests.runtime.programs import scalar_product
import tests.runtime.test_function_base as t
f = scalar_product()
assert f(2.0, 3.0) == 6
{body}
"""

AT_EXIT = {
    "plain": "",
    "global cycle": "f.me = f; g = t.calling_back(lambda x: (f,)); f.g = g",
    "daemon thread": "threading.Thread(target=lambda: [f(2.0, 3.0) for _ in iter(int, 1)], daemon=True).start()",
    "atexit": "import atexit; atexit.register(lambda: sys.exit(1) if f(2.0, 3.0) != 6 else None)",
    "finalizer": "class L:\n    def __del__(self, f=f): f(2.0, 3.0)\nl = L(); sys.modules['kept'] = l",
    "large array": "import numpy as np; from theano.runtime.abi import ArraySpec\n"
    "from tests.runtime.programs import identity\n"
    "keep = identity(ArraySpec('float64', (False,)))(np.zeros(1000000)); sys.modules['kept2'] = keep",
}


@pytest.mark.parametrize("name", AT_EXIT)
def test_exit(name):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(body=AT_EXIT[name])], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and "Error" not in done.stderr, done.stderr


FORKS = """
from theano.runtime import jit
from theano.runtime.module import verbatim
stop = []
def churn():
    k = 0
    while not stop:
        jit.compile_module(verbatim("define i64 @entry() {{ ret i64 " + str(k) + " }}"), use_cache=False); k += 1
threads = [threading.Thread(target=churn) for _ in range(2)]
for thread in threads: thread.start()
for k in range(20):
    child = os.fork()
    if child == 0:
        ok = f(2.0, 3.0) == 6 and scalar_product()(2.0, 4.0) == 8
        jit.compile_module(verbatim("define i64 @entry() {{ ret i64 12345 }}"), use_cache=False)
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.append(1)
for thread in threads: thread.join()
"""


@pytest.mark.skipif(
    not hasattr(sys, "getdlopenflags") or sys.platform == "darwin", reason="forking is for Linux"
)
def test_fork_while_others_compile():
    code = SCRIPT.format(body=FORKS.replace("{{", "{").replace("}}", "}"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
