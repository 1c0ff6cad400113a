from __future__ import annotations

import ctypes
import gc
import math
import sys

import pytest
from theano.configdefaults import config

from theano.native.support.modules import first_module, support_module
from theano.runtime import jit
from theano.runtime.module import Module, verbatim


def number(k: int) -> Module:
    return verbatim(f"define i64 @entry() {{\n  ret i64 {k}\n}}\n")


def call(code: jit.CodeObject) -> int:
    return ctypes.CFUNCTYPE(ctypes.c_int64)(code.address)()


def test_text_becomes_code():
    assert call(jit.compile_module(number(7))) == 7


@pytest.mark.parametrize(
    "text",
    ["define i64 @entry(", "define i64 @other() {\n  ret i64 1\n}\n",
     "declare i64 @no_such_symbol_zz()\n"
     "define i64 @entry() {\n  %x = call i64 @no_such_symbol_zz()\n  ret i64 %x\n}\n"],
)  # fmt: skip
def test_bad_text_raises(text):
    with pytest.raises(RuntimeError):
        jit.compile_module(verbatim(text), use_cache=False)
    assert call(jit.compile_module(number(8))) == 8


def test_constants_and_the_math_library_are_in_reach():
    text = """@table = internal constant [3 x double] [double 1.0, double 2.0, double 4.0]
declare double @exp(double)
define double @entry(i64 %k) {
  %at = getelementptr double, ptr @table, i64 %k
  %x = load double, ptr %at
  %y = fadd double %x, 0.5
  %e = call double @exp(double %y)
  ret double %e
}
"""
    code = jit.compile_module(verbatim(text))  # must live while it is called
    f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(code.address)
    assert [f(k) for k in range(3)] == [math.exp(x + 0.5) for x in (1, 2, 4)]


def test_isa_flags(monkeypatch):
    widths = {}
    for name in ("auto", "baseline", "avx2", "avx512"):
        monkeypatch.setattr(config, "isa", name)
        try:
            isa = jit.isa()
        except ValueError as error:
            assert "config.isa" in str(error)
            continue
        widths[name] = isa.vector_bytes
        assert call(jit.compile_module(number(9))) == 9
        assert isa.has_masks <= (isa.vector_bytes == 64)
    assert widths["baseline"] <= widths["auto"] == max(widths.values())


def test_assembly_can_be_read():
    assert "4242" in jit.assembly(number(4242))


def test_support_text_holds_no_addresses():
    for make in (first_module, support_module):
        text = make(jit.isa().triple).text()
        assert "inttoptr" not in text and make(jit.isa().triple).text() == text


@pytest.mark.slow
def test_ten_thousand_functions_made_and_dropped():
    def maps() -> int:
        with open("/proc/self/maps") as file:
            return sum(1 for _ in file)

    if sys.platform != "linux":
        pytest.skip("counts memory maps of Linux")
    jit.compile_module(number(1))
    gc.collect()
    before = maps()
    for _ in range(10_000):
        code = jit.compile_module(number(1))
    del code
    gc.collect()
    assert maps() - before < 50
