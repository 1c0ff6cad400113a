"""The loader of objects answers like LLVM's linker, or not at all."""

from __future__ import annotations

import ctypes
import math
import subprocess
import sys

import pytest

from theano.runtime import jit
from theano.runtime.image import load_image
from theano.runtime.module import verbatim
from theano.runtime.target import triple_of_code

IS_X86 = jit.isa().triple.startswith("x86_64")
linux_x86 = pytest.mark.skipif(sys.platform != "linux" or not IS_X86, reason="asks Linux about memory")
with_loader = pytest.mark.skipif(
    sys.platform not in ("linux", "win32") or not IS_X86, reason="objects of another format"
)

TEXTS = {
    "constants": """@table = internal constant [3 x i64] [i64 5, i64 7, i64 11], align 64
define i64 @entry(i64 %k) {
  %at = getelementptr i64, ptr @table, i64 %k
  %x = load i64, ptr %at
  ret i64 %x
}""",
    "variables": """@total = internal global i64 40
@zero = internal global [100 x i64] zeroinitializer, align 32
define i64 @entry(i64 %k) {
  %old = load i64, ptr @total
  %new = add i64 %old, %k
  store i64 %new, ptr @total
  %at = getelementptr i64, ptr @zero, i64 99
  %z = load i64, ptr %at
  %sum = add i64 %new, %z
  ret i64 %sum
}""",
    "jump table": "define i64 @entry(i64 %k) {\nswitch i64 %k, label %no [\n"
    + "\n".join(f"i64 {k}, label %b{k}" for k in range(8))
    + "\n]\nno:\nret i64 -1\n"
    + "\n".join(f"b{k}:\nret i64 {k * k * 7 + 3 * (k % 3)}" for k in range(8))
    + "\n}",
    "addresses as data": """@table = internal constant [2 x ptr] [ptr @one, ptr @two]
define internal i64 @one() noinline { ret i64 100 }
define internal i64 @two() noinline { ret i64 200 }
define i64 @entry(i64 %k) {
  %bit = and i64 %k, 1
  %at = getelementptr ptr, ptr @table, i64 %bit
  %f = load ptr, ptr %at
  %x = call i64 %f()
  ret i64 %x
}""",
    "functions of C": """declare i64 @llabs(i64)
declare i64 @imaxabs(i64)
define i64 @entry(i64 %k) {
  %n = sub i64 0, %k
  %x = call i64 @llabs(i64 %n)
  %y = call i64 @imaxabs(i64 %n)
  %z = add i64 %x, %y
  ret i64 %z
}""",
    "address of a function of C": """declare i64 @imaxabs(i64)
define ptr @address() { ret ptr @imaxabs }
define i64 @entry(i64 %k) {
  %n = sub i64 0, %k
  %f = call ptr @address()
  %x = call i64 %f(i64 %n)
  ret i64 %x
}""",
}

# For 0, 1 and 2.
ANSWERS = {
    "constants": [5, 7, 11],
    "variables": [40, 41, 43],
    "jump table": [0, 10, 34],
    "addresses as data": [100, 200, 100],
    "functions of C": [0, 2, 4],
    "address of a function of C": [0, 1, 2],
}


def _objects(text: str) -> list[bytes]:
    return jit._objects(verbatim(text), jit.DEFAULT, jit.isa())


def _call(address: int, k: int) -> int:
    return int(ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(address)(k))


@with_loader
@pytest.mark.parametrize("name", TEXTS)
def test_same_answers_as_llvm(name: str) -> None:
    if name == "address of a function of C" and sys.platform == "win32":
        pytest.skip("there it is wanted as a distance, which may be too large; our modules take no such address")
    code = _objects(TEXTS[name])
    image = load_image(code, ("entry",))
    assert image is not None
    assert [_call(image.symbols["entry"], k) for k in range(3)] == ANSWERS[name]
    if sys.platform != "win32":  # where LLVM's linker ends the process if it finds memory far away
        linked = jit._link(code, ("entry",))
        assert [_call(linked.symbols["entry"], k) for k in range(3)] == ANSWERS[name]


@with_loader
def test_what_follows_the_table_of_sections_is_not_read() -> None:
    """It may be anywhere in the file."""
    (code,) = _objects(TEXTS["variables"])
    image = load_image([code + b"\xff"], ("entry",))
    assert image is not None and _call(image.symbols["entry"], 2) == 42


@with_loader
def test_math_library_is_in_reach() -> None:
    image = load_image(_objects("declare double @exp(double)\ndefine double @entry(double %x) {\n"
                               "%y = call double @exp(double %x)\nret double %y\n}"), ("entry",))  # fmt: skip
    assert image is not None
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(image.symbols["entry"])(1.5) == math.exp(1.5)


@with_loader
def test_missing_symbol_raises() -> None:
    with pytest.raises(RuntimeError, match="no_such_symbol_zz"):
        load_image(
            _objects("declare i64 @no_such_symbol_zz()\ndefine i64 @entry() {\n"
                    "%x = call i64 @no_such_symbol_zz()\nret i64 %x\n}"), ("entry",)
        )  # fmt: skip


# Called from Linux: the attribute says so. LLVM touches large frames by `__chkstk` on Windows, which ntdll has.
FOR_WINDOWS = """@table = internal constant [3 x i64] [i64 5, i64 7, i64 11], align 64
@total = internal global i64 40
define internal i64 @large(i64 %k) noinline {
  %memory = alloca [5000 x i64]
  %at = getelementptr i64, ptr %memory, i64 %k
  store volatile i64 %k, ptr %at
  %x = load volatile i64, ptr %at
  %in_table = getelementptr i64, ptr @table, i64 %x
  %y = load i64, ptr %in_table
  ret i64 %y
}
define x86_64_sysvcc i64 @entry(i64 %k) {
  %x = call i64 @large(i64 %k)
  %old = load i64, ptr @total
  %new = add i64 %old, %x
  store i64 %new, ptr @total
  ret i64 %new
}"""


@linux_x86
def test_objects_for_windows_are_loaded() -> None:
    """They differ in how functions call each other, and in what large frames need."""
    target = jit.isa()._replace(triple=triple_of_code("x86_64-pc-windows-msvc"))
    (code,) = jit._objects(verbatim(FOR_WINDOWS), jit.DEFAULT, target)
    with pytest.raises(RuntimeError, match="__chkstk"):
        load_image([code], ("entry",))
    system = _objects("define void @__chkstk() {\nret void\n}")
    image = load_image([code, *system], ("entry",))
    assert image is not None
    assert [_call(image.symbols["entry"], k) for k in (0, 1, 2)] == [45, 52, 63]


@linux_x86
def test_no_memory_is_writeable_and_executable() -> None:
    image = load_image(_objects(TEXTS["variables"]), ("entry",))
    assert image is not None
    with open("/proc/self/maps") as file:
        rows = [row.split() for row in file]
    for row in rows:
        start, end = (int(part, 16) for part in row[0].split("-"))
        if start <= image.symbols["entry"] < end:
            assert row[1] == "r-xp"
            break
    else:
        pytest.fail("the code is not mapped")


@with_loader
def test_thread_local_variables_are_left_to_llvm() -> None:
    text = "@t = internal thread_local global i64 1\ndefine ptr @entry() {\nret ptr @t\n}"
    assert load_image(_objects(text), ("entry",)) is None


def test_other_formats_are_left_to_llvm() -> None:
    assert load_image([b"\xcf\xfa\xed\xfe" + bytes(100)], ("entry",)) is None


@linux_x86
def test_memory_goes_with_the_last_reference() -> None:
    image = load_image(_objects(TEXTS["constants"]), ("entry",))
    assert image is not None
    entry = image.symbols["entry"]
    assert _is_code(entry)
    del image
    assert not _is_code(entry)


def _is_code(address: int) -> bool:
    with open("/proc/self/maps") as file:
        rows = [row.split() for row in file]  # neighbours of one kind are one row
    spans = [[int(part, 16) for part in row[0].split("-")] for row in rows if row[1] == "r-xp"]
    return any(start <= address < end for start, end in spans)


def test_warm_process_does_not_load_llvm() -> None:
    program = (
        "import sys, theano, theano.tensor as T\nx = T.vector('x')\n"
        "f = theano.function([x], T.exp(x).sum())\n"
        "f([1., 2.])\nprint('llvmlite' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    said = [subprocess.run(command, capture_output=True, text=True).stdout for _ in range(2)]
    if sys.platform in ("linux", "win32") and IS_X86:
        assert said[1].strip() == "False"
