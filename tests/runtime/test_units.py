"""Modules in units, compiled apart: the units find each other, and nothing is lost or done twice."""

from __future__ import annotations

import ctypes
import re

import pytest

from tests.runtime.programs import module_of
from theano.native.support.modules import support_module
from theano.runtime import jit
from theano.runtime import units as units_module
from theano.runtime.image import load_image
from theano.runtime.module import Function, Module, verbatim
from theano.runtime.units import units

Q = "noinline optnone "
PARTS = {
    "well": "define internal i64 @well(i64 %x) {\n%y = mul i64 %x, 3\nret i64 %y\n}\n",
    "quick": f"define internal i64 @quick(i64 %x) {Q}{{\n%y = call i64 @well(i64 %x)\n%z = add i64 %y, 1\n"
    "ret i64 %z\n}\n",
    "entry": "define i64 @entry(i64 %x) {\n%y = call i64 @quick(i64 %x)\nret i64 %y\n}\n",
    "variable": "@total = internal global i64 5\n"
    f"define internal void @count(i64 %x) {Q}{{\n%a = load i64, ptr @total\n%b = add i64 %a, %x\n"
    "store i64 %b, ptr @total\nret void\n}\n"
    "define i64 @entry(i64 %x) {\ncall void @count(i64 %x)\n%y = load i64, ptr @total\nret i64 %y\n}\n",
    "exported variable": "@total = global i64 5\n"
    f"define internal void @count(i64 %x) {Q}{{\n%a = load i64, ptr @total\n%b = add i64 %a, %x\n"
    "store i64 %b, ptr @total\nret void\n}\n"
    "define i64 @entry(i64 %x) {\ncall void @count(i64 %x)\n%y = load i64, ptr @total\nret i64 %y\n}\n",
    "table": "; a comment with @nothing\n@numbers = internal constant [3 x i64] [i64 7, i64 8, i64 9]\n"
    "@functions = internal constant [2 x ptr] [ptr @one, ptr @two]\n"
    "define internal i64 @one(i64 %x) {\nret i64 %x\n}\n"
    f"define internal i64 @two(i64 %x) {Q}{{\n%at = getelementptr i64, ptr @numbers, i64 %x\n"
    "%y = load i64, ptr %at\nret i64 %y\n}\n"
    "define internal ptr @pick(i64 %k) {\n%at = getelementptr ptr, ptr @functions, i64 %k\n"
    "%f = load ptr, ptr %at\nret ptr %f\n}\n"
    f"define internal i64 @by_quick(i64 %x) {Q}{{\n%f = call ptr @pick(i64 1)\n%y = call i64 %f(i64 %x)\n"
    "ret i64 %y\n}\n"
    "define i64 @entry(i64 %x) {\n%k = and i64 %x, 1\n%f = call ptr @pick(i64 %k)\n%y = call i64 %f(i64 %x)\n"
    "%z = call i64 @by_quick(i64 %x)\n%n = load i64, ptr @numbers\n%s = add i64 %y, %z\n%t = add i64 %s, %n\n"
    "ret i64 %t\n}\n",
}  # fmt: skip
PROGRAMS = {
    "functions": (PARTS["well"] + PARTS["quick"] + PARTS["entry"], [1, 4, 7]),
    "only quick": (PARTS["well"].replace("{", Q + "{", 1) + PARTS["quick"] + PARTS["entry"].replace("{", Q + "{", 1),
                   [1, 4, 7]),
    "variable": (PARTS["variable"], [5, 6, 8]),
    "exported variable": (PARTS["exported variable"], [5, 6, 8]),
    "table": (PARTS["table"], [0 + 7 + 7, 8 + 8 + 7, 2 + 9 + 7]),
}  # fmt: skip


def answers(address: int) -> list[int]:
    return [ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(address)(k) for k in range(3)]


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few lines are worth a thread."""
    monkeypatch.setattr(units_module, "LEAST", 1)


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
@pytest.mark.parametrize("name", PROGRAMS)
def test_units_find_each_other(name: str, threads: int, small_units: None) -> None:
    text, expected = PROGRAMS[name]
    module = module_of(text)
    objects = jit._objects(module, jit.DEFAULT, jit.isa(), threads=threads)
    assert len(objects) == len(units(module, threads))
    for loaded in (load_image(objects, ("entry",)), jit._link(objects, ("entry",))):
        if loaded is not None:  # the loader knows one format of objects
            assert answers(loaded.symbols["entry"]) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_units_come_from_the_cache(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, expected = PROGRAMS[name]
    module = module_of(text + "@own = internal constant i64 17\n")
    codes = []
    for _ in range(2):
        codes.append(jit.compile_module(module))
        assert answers(codes[-1].address) == expected
        monkeypatch.setattr(jit, "_objects", None)
    assert codes[-1].from_cache


def defined(text: str) -> list[str]:
    return re.findall(r"^define (?:internal |hidden )?\S+(?: \S+)? @(\w+)\(", text, re.MULTILINE)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_function_is_in_one_unit(threads: int) -> None:
    module = support_module(jit.isa().triple)
    parts = units(module, threads)
    assert sorted(name for part in parts for name in defined(part.text)) == sorted(f.name for f in module.functions)
    assert [part.is_quick for part in parts] == [False] * (len(parts) - 1) + [True]
    assert 2 <= len(parts) <= threads + 1 and len(defined(parts[-1].text)) > 8


def function(name: str, lines: int, is_quick: bool = False) -> Function:
    body = "store i32 0, ptr null\n" * lines + "ret void"
    return Function(name, f"void @{name}()", body, frozenset(), Q if is_quick else "", True, is_quick)


def test_the_largest_unit_comes_first(small_units: None) -> None:
    sizes = (3, 9, 5, 2)
    module = Module([], [function(f"f{size}", size) for size in sizes])
    assert [defined(part.text) for part in units(module, 4)] == [["f9"], ["f5"], ["f3"], ["f2"]]
    assert [defined(part.text) for part in units(module, 2)] == [["f9", "f2"], ["f5", "f3"]]
    assert [defined(part.text) for part in units(module, 1)] == [["f3", "f9", "f5", "f2"]]


def test_small_modules_are_one_unit() -> None:
    text = PARTS["well"] + "define i64 @entry(i64 %x) {\n%y = call i64 @well(i64 %x)\nret i64 %y\n}\n"
    assert len(units(module_of(text), 4)) == 1


def test_a_module_without_quick_functions_stays_as_it_is() -> None:
    module = module_of(PARTS["well"] + "define i64 @entry(i64 %x) {\n%y = call i64 @well(i64 %x)\nret i64 %y\n}\n")
    assert units(module) == [(module.text(), False)]
    assert units(verbatim("; text"), 4) == [("; text\n", False)]


def test_vectors_are_never_compiled_at_level_0() -> None:
    vector = f"define void @v(ptr %p) {Q}{{\nstore <4 x i32> zeroinitializer, ptr %p\nret void\n}}\n"
    well, quick = units(module_of(vector + PARTS["quick"] + PARTS["well"]))
    assert "define void @v" in well.text and "@v" not in quick.text and "@quick" in quick.text


def test_assembly_shows_all_units() -> None:
    text = jit.assembly(module_of(PROGRAMS["functions"][0]))
    assert all(re.search(rf"^_?{name}:", text, re.MULTILINE) for name in ("entry", "quick", "well"))


def test_what_fails_in_another_thread_is_told(small_units: None) -> None:
    good = "define void @good() {\n" + "store i32 0, ptr null\n" * 9 + "ret void\n}\n"
    bad = "define void @bad() {\n%a = load i32, i64 0\nret void\n}\n"
    with pytest.raises(RuntimeError, match="load operand"):
        jit._objects(module_of(good + bad), jit.DEFAULT, jit.isa(), threads=2)


@pytest.mark.parametrize("quick, expected", [(0, [["f9", "f2"], ["f5", "f3"]]), (30, [["f9", "f3"], ["f5", "f2"]]),
                                             (120, [["f9", "f5", "f3", "f2"]])])  # fmt: skip
def test_what_is_quick_takes_time_of_the_last_thread(
    quick: int, expected: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units_module, "LEAST", 6)

    functions = [function(f"f{size}", size) for size in (9, 5, 3, 2)]
    if quick:
        functions.append(function("q", quick, True))
    parts = units(Module([], functions), 2)
    assert [sorted(defined(p.text)) for p in parts if not p.is_quick] == [sorted(group) for group in expected]
    assert [p.is_quick for p in parts] == [False] * len(expected) + [True] * bool(quick)
