"""Programs are compiled for machines that this one is not: code can be made, and calls nothing that is not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.llvm.main import print_module
from theano.native.ir.machine import machine_of
from theano.native.support.modules import first_module, support_module
from theano.runtime import capi, jit
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.image import load_image
from theano.runtime.module import Module
from theano.runtime.target import Isa, triple_of_code
from theano.runtime.units import units

TARGETS = {
    "linux-arm": ("aarch64-unknown-linux-gnu", "neon", 16, "generic"),
    "mac-arm": ("arm64-apple-darwin23.4.0", "neon", 16, "apple-m1"),
    "mac-arm-13": ("arm64-apple-darwin22.6.0", "neon", 16, "apple-m1"),
    "mac-intel": ("x86_64-apple-darwin23.4.0", "avx2", 32, "x86-64-v3"),
    "windows": (triple_of_code("x86_64-pc-windows-msvc"), "avx2", 32, "x86-64-v3"),
    "windows-baseline": (triple_of_code("x86_64-pc-windows-msvc"), "baseline", 16, "x86-64-v2"),
    "power": ("powerpc64le-unknown-linux-gnu", "generic", 8, "ppc64le"),
}
# What every C library has. (`fmod` is the one elementary function that is no expansion of ours.)
# Windows touches large stack frames page by page with `__chkstk`, which ntdll exports.
# LLVM fills memory with zeros by `bzero` on macOS.
C_LIBRARY = {"memcpy", "memset", "memmove", "fmod", "fmodf", "__chkstk", "bzero"}


def elementary() -> tuple[list[Any], Any]:
    x, y = T.matrix("x"), T.fvector("y")
    ops = (T.exp, T.log1p, T.sin, T.tanh, T.erf, T.nnet.sigmoid, T.sqrt, T.floor, T.round)
    return [x, y], [op(v) for op in ops for v in (x, y)] + [x % 3, y // 2, x**y]


def half() -> tuple[list[Any], Any]:
    x = T.TensorType("float16", (False, False))("x")
    return [x], [T.tanh(x), x.sum(), x.astype("float64")]


def rows_and_columns() -> tuple[list[Any], Any]:
    x = T.fmatrix("x")
    return [x], [T.nnet.softmax(x), x.sum(0), x.var(1), x.T + 1, x.argmax(1), T.dot(x, x.T)]


def integers() -> tuple[list[Any], Any]:
    x, y = T.lvector("x"), T.bvector("y")
    return [x, y], [x // 3, x % (y + 1), x & y, T.cast(x, "float32"), y.max()]


def update() -> tuple[Any, ...]:
    s, x = theano.shared(np.zeros((3, 4)), name="s"), T.matrix("x")
    cost = T.sqr(T.dot(x, s)).mean()
    return [x], cost, [(s, s - 0.1 * T.grad(cost, s))]


def loop() -> tuple[list[Any], Any]:
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    powers, _ = theano.scan(lambda p, a: p * a, outputs_info=T.ones_like(h), non_sequences=h, n_steps=x.shape[0])
    return [x, w, h], [rows[-1], powers]


BUILDS = [elementary, half, rows_and_columns, integers, update, loop]


@pytest.mark.parametrize("build", BUILDS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("target", TARGETS)
def test_code_for(target: str, build: Callable[[], tuple[Any, ...]]) -> None:
    isa = isa_of(target)
    inputs, outputs, *updates = build()
    with theano.config.change_flags(isa=theano.config.isa if isa.has_fma or jit.isa().name == "neon" else "baseline"):
        low = theano.function(inputs, outputs, updates=updates[0] if updates else None).executor.lowered
    spec = EntrySpec(low.inputs, low.storages, low.n_slots, low.n_outputs, "list")
    module = print_module(low.program, low.layout, isa) + print_entry(spec)
    assert not missing(module, isa)
    assert ("fmod" in called(module, isa)) == (build is elementary)  # calls are seen at all


def isa_of(target: str) -> Isa:
    """What a machine of `TARGETS` can do; LLVM makes code for it from now on."""
    triple, name, size, cpu = TARGETS[target]
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    wide = name not in ("baseline", "generic")
    return Isa(name, size, has_fma=wide, has_f16c=wide, has_masks=False, cpu=cpu, features="", triple=triple)


def missing(printed: Module, isa: Isa) -> set[str]:
    """The functions that the code of a module calls and that are nowhere."""
    return called(printed, isa) - {f.name for f in printed.functions} - C_LIBRARY


def called(printed: Module, isa: Isa) -> set[str]:
    """The functions that the code of a module calls by name; it is compiled as `jit` does it."""
    triple, cpu = isa.triple, isa.cpu
    names: list[str] = []
    objects: list[bytes] = []
    for part, is_quick in units(jit.probed(printed, triple)):
        machine = llvm.Target.from_triple(triple).create_target_machine(
            cpu=cpu, opt=0 if is_quick else 1, reloc="pic", codemodel="small"
        )
        module = llvm.parse_assembly(f'target triple = "{triple}"\n{part}')
        module.verify()
        objects.append(machine.emit_object(module))
        names += re.findall(r"^\s+(?:bl|callq?)\s+([A-Za-z_]\w*)", machine.emit_assembly(module), re.M)
    if triple.partition("-")[0] == jit.host().triple.partition("-")[0] and "apple" not in triple:
        link(triple, cpu, objects)
    return {n.removeprefix("_") if "apple" in triple else n for n in names}


def compiled(text: str, triple: str, cpu: str) -> list[bytes]:
    """The object of a module."""
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, opt=1, reloc="pic", codemodel="small")
    return [machine.emit_object(llvm.parse_assembly(f'target triple = "{triple}"\n{text}'))]


LINK = """
import sys, llvmlite.binding as llvm
llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
triple, cpu, entry, *files = sys.argv[1:]
machine = llvm.Target.from_triple(triple).create_target_machine(
    cpu=cpu, opt=1, reloc="pic", codemodel="small", jit=True
)
engine = llvm.create_lljit_compiler(machine, use_jit_link=True)
builder = llvm.JITLibraryBuilder().add_current_process()
for file in files:
    builder.add_object_img(open(file, "rb").read())
builder.export_symbol(entry)
print(builder.link(engine, "linked")[entry] != 0)
"""
ENTRIES = "entry", "new_array", "init", "sort_f32", "sort_f64", "sort_i32", "sort_i64", "convolve_f32", "convolve_f64"
TOUCHES_PAGES = "define void @__chkstk() {\nret void\n}"  # ntdll has it on Windows


def link(triple: str, cpu: str, objects: list[bytes]) -> None:
    """Link as `jit` does it."""
    entry = next(name for name in ENTRIES if name.encode() in b"".join(objects))
    if "windows" in triple:
        image = load_image([*objects, *compiled(TOUCHES_PAGES, triple, cpu)], (entry,))
        assert image is not None and image.symbols[entry]
        return
    if sys.platform != "linux":
        return  # LLVM ends the process where it cannot
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, f"{k}.o") for k in range(len(objects))]
        for file, code in zip(files, objects, strict=True):
            Path(file).write_bytes(code)
        command = [sys.executable, "-c", LINK, triple, cpu, entry, *files]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.stdout == "True\n", (done.returncode, done.stderr[-1000:])


@pytest.mark.parametrize("target", TARGETS)
def test_support_functions_for(target: str) -> None:
    isa = isa_of(target)
    for module in (first_module(isa.triple), support_module(isa.triple)):
        assert not missing(module, isa)


# What threads start and wait with, by target: all of it is called, and nothing of other systems.
SYSTEM = {
    "linux-arm": {"syscall", "pthread_create"},
    "mac-arm": {"os_sync_wait_on_address", "os_sync_wait_on_address_with_timeout", "os_sync_wake_by_address_all",
                "pthread_create"},
    "mac-arm-13": {"nanosleep"},
    "windows": {"WaitOnAddress", "WakeByAddressAll", "CreateThread", "CloseHandle"},
    "power": {"nanosleep"},
}  # fmt: skip


@pytest.mark.parametrize("target", SYSTEM)
def test_functions_of_the_system_for(target: str) -> None:
    text = support_module(TARGETS[target][0]).text()
    words = {int(k) for k in re.findall(r"@fixed, i64 (\d+)\)", text)}
    called_there = {name for name in capi.SYSTEM_FUNCTIONS if capi.TABLE.index(name) in words}
    shared = {"madvise", *(name for name in called_there if name.startswith("pthread_"))}
    assert called_there - shared == SYSTEM[target] - shared
    assert ("pthread_create" in called_there) == ("pthread_create" in SYSTEM[target])
    assert machine_of(TARGETS[target][0]).has_team == ("nanosleep" not in SYSTEM[target])


def test_machines_of_triples() -> None:
    def kind(triple: str) -> str:
        return type(machine_of(triple)).__name__

    assert kind("x86_64-unknown-linux-gnu") == "_LinuxX86" and kind("aarch64-unknown-linux-gnu") == "_LinuxArm"
    assert kind("x86_64-pc-windows-msvc-elf") == kind("x86_64-pc-windows-msvc") == "_WindowsX86"
    # Darwin 23.4 is macOS 14.4
    assert [kind(f"arm64-apple-darwin{v}") for v in ("", "22.6.0", "23.3.0")] == ["Machine"] * 3
    assert [kind(f"arm64-apple-darwin{v}") for v in ("23.4.0", "24.0", "30.1.2")] == ["_MacArm"] * 3
    assert kind("x86_64-unknown-freebsd14.1") == "Machine"


def test_host_target_is_one_of_those() -> None:
    assert jit.isa().name in {name for _, name, *_ in TARGETS.values()} | {"avx512", "generic"}
