"""Where native code can't be made or run NumPy computes, after one warning that says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, warnings
BEFORE
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as seen:
    import numpy as np, theano, theano.tensor as T
    BETWEEN
    x, count = T.matrix("x"), theano.shared(0.0)
    f = theano.function([x], [T.tanh(T.dot(x, x.T)).sum(), x + 1], updates=[(count, count + 1)])
    g = theano.function([x], x.sum(), mode=theano.Mode(linker="cvm"))
    data = np.ones((2, 3))
    for _ in range(3):
        total, more = f(data)
        assert abs(total - 4 * np.tanh(3)) < 1e-9 and (more == 2).all() and g(data) == 6
    assert count.get_value() == 3 and (x * 2).eval({x: data}).sum() == 12
    try:
        f([[1, 2], [3]])
    except (TypeError, ValueError):
        pass
    assert not f.is_native
ours = [w for w in seen if "native" in str(w.message)]
print(len(ours), ours[0].filename == "<string>", ours[0].message if ours else "")
"""
MDWE = "import ctypes; assert not ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)"
LIMIT = """import resource
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (60 << 20), resource.RLIM_INFINITY))"""


def run(tmp_path: Path, before: str = "", between: str = "pass", **environment: str) -> str:
    text = PROGRAM.replace("BEFORE", before).replace("BETWEEN", between)
    flags = f"cache.dir={tmp_path}"
    env = {**os.environ, "THEANO_FLAGS": flags, "OPENBLAS_NUM_THREADS": "1", **environment}
    done = subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr[-1500:])
    return done.stdout


def refuses_to_execute() -> bool:
    """Whether this system has the setting."""
    code = "import ctypes, sys; sys.exit(ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0)"
    return sys.platform == "linux" and subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("warm", [False, True])
def test_where_written_memory_may_not_be_executed(warm: bool, tmp_path: Path) -> None:
    if not refuses_to_execute():
        pytest.skip("no such setting here")
    if warm:
        text = PROGRAM.replace("BEFORE", "").replace("BETWEEN", "pass").partition("    assert not f.is_native")[0]
        env = {**os.environ, "THEANO_FLAGS": f"cache.dir={tmp_path}"}
        subprocess.run([sys.executable, "-c", text], env=env, check=True)
    out = run(tmp_path, before=MDWE)
    assert out.startswith("1 True") and "MemoryDenyWriteExecute" in out


def test_what_is_found_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from theano.runtime import ability, pages

    assert ability._may_execute() and ability._found.__wrapped__() is None
    if sys.platform == "linux":
        monkeypatch.setattr(pages.ctypes, "pythonapi", type("Refusing", (), {"mprotect": lambda *arguments: -1}))
        assert not ability._may_execute() and "refuses memory" in str(ability._found.__wrapped__())


def test_without_llvmlite(tmp_path: Path) -> None:
    """Said when theano is imported, with the choice that one has."""
    out = run(tmp_path, before="sys.modules['llvmlite'] = None")
    assert out.startswith("1 True") and "pip install llvmlite" in out


def test_a_library_that_is_damaged(tmp_path: Path) -> None:
    between = """from theano.runtime import llvm
    llvm._declared = lambda: ctypes.CDLL("/nowhere/libllvmlite.so")
    llvm._declared_by_llvmlite = llvm._declared"""
    out = run(tmp_path, before="import ctypes", between=between)
    assert out.startswith("1 True") and "cannot be loaded" in out and "nowhere" in out


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_too_little_memory_for_the_compiler(tmp_path: Path) -> None:
    out = run(tmp_path, between=LIMIT, OMP_NUM_THREADS="1")
    assert out.startswith("1 True") and "cannot be loaded" in out


def test_a_compiler_that_is_gone_when_something_must_be_compiled(tmp_path: Path) -> None:
    """What this machine is like is known, and support functions are in the cache: only then the compiler is missed."""
    code = "import theano, theano.tensor as T; f = theano.function([], T.zeros(3)); f(), f(), f()"
    env = {**os.environ, "THEANO_FLAGS": f"cache.dir={tmp_path}"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    between = """from theano.runtime import llvm
    llvm._declared = lambda: ctypes.CDLL("/nowhere/libllvmlite.so")
    llvm._declared_by_llvmlite = llvm._declared"""
    assert run(tmp_path, before="import ctypes", between=between).startswith("1 True")


def test_windows_on_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLVM ends the process there."""
    from theano.runtime import ability

    monkeypatch.setattr(ability.sys, "platform", "win32")
    monkeypatch.setattr(ability.sys, "version", "3.13.2 (main) [MSC v.1942 64 bit (ARM64)]")
    monkeypatch.setattr(ability, "has_llvmlite", lambda: True)
    assert ability._found.__wrapped__() == ability.WINDOWS_ON_ARM
