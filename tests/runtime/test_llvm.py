"""The compiler: the same through llvmlite's declarations; errors told; nothing of llvmlite's Python modules loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from theano.native.support.modules import support_module
from theano.runtime import jit, llvm

ISA = jit.isa()
TARGET = (ISA.triple, ISA.cpu, ISA.features)


def test_llvmlites_own_declarations_give_the_same(monkeypatch):
    ours = llvm.emit(support_module(ISA.triple).text(), 1, *TARGET)
    host, version = llvm.describe_host(), llvm.version()
    other = llvm._Library(declared=False)
    monkeypatch.setattr(llvm, "_library", lambda: other)
    assert llvm.emit(support_module(ISA.triple).text(), 1, *TARGET) == ours
    assert (llvm.describe_host(), llvm.version()) == (host, version)


def test_host_is_what_llvmlite_says():
    import llvmlite.binding as binding

    triple, cpu, features = llvm.describe_host()
    assert (triple, cpu) == (binding.get_process_triple(), binding.get_host_cpu_name())
    assert features == binding.get_host_cpu_features().flatten()
    assert llvm.version().endswith(".".join(map(str, binding.llvm_version_info)))


def test_versions():
    assert llvm._compared("0.46.0") and llvm._compared("0.50.0rc3")
    assert not llvm._compared("0.45.1") and not llvm._compared("0.51.0") and not llvm._compared("1.46.0")
    assert not llvm._compared("unknown")


def test_errors_are_told():
    with pytest.raises(RuntimeError, match="expected type"):
        llvm.emit("define i32 @f( {", 1, *TARGET)
    with pytest.raises(RuntimeError, match="nowhere"):
        llvm.emit("define void @f() { ret void }", 1, "nowhere", "", "")


def test_compiling_does_not_load_llvmlites_modules(tmp_path):
    code = (
        "import sys\n"
        "from theano.runtime import jit\n"
        "from theano.runtime.module import verbatim\n"
        "jit.compile_module(verbatim('define i64 @entry() { ret i64 1 }'))\n"
        "print('theano.runtime.llvm' in sys.modules, 'llvmlite.binding' in sys.modules)\n"
    )
    env = {"THEANO_FLAGS": f"cache.dir={tmp_path}"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **env})
    expected = "False" if sys.platform in ("linux", "win32") and ISA.triple.startswith("x86_64") else "True"
    assert run.stdout.split() == ["True", expected], run.stderr
