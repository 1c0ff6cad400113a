"""Modules in two halves, compiled at two levels: the halves find each other, and nothing is lost or done twice."""

from __future__ import annotations

import ctypes
import re

import pytest

from theano.runtime import jit
from theano.runtime.image import load_image
from theano.runtime.quick import parted
from theano.runtime.support_text import support_text

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


@pytest.mark.parametrize("name", PROGRAMS)
def test_halves_find_each_other(name: str) -> None:
    text, expected = PROGRAMS[name]
    objects = jit._objects(text, jit.DEFAULT, jit.isa())
    assert len(objects) == sum(map(bool, parted(text)))
    for loaded in (load_image(objects, ("entry",)), jit._link(objects, ("entry",))):
        if loaded is not None:  # the loader knows one format of objects
            assert answers(loaded.symbols["entry"]) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_halves_come_from_the_cache(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, expected = PROGRAMS[name]
    text += "; with a text of its own\n"
    codes = []
    for _ in range(2):
        codes.append(jit.compile_module(text))
        assert answers(codes[-1].address) == expected
        monkeypatch.setattr(jit, "_objects", None)
    assert codes[-1].from_cache


def test_each_function_is_in_one_half() -> None:
    text = support_text(jit.isa().triple)
    names = [re.findall(r"^define (?:internal |hidden )?\S+(?: \S+)? @(\w+)\(", part, re.MULTILINE)
             for part in (text, *parted(text))]  # fmt: skip
    whole, well, quick = names
    assert sorted(well + quick) == sorted(whole) and len(well) > 3 and len(quick) > 8


def test_text_without_quick_functions_stays_as_it_is() -> None:
    text = PARTS["well"] + "define i64 @entry(i64 %x) {\n%y = call i64 @well(i64 %x)\nret i64 %y\n}\n"
    assert parted(text) == (text, "")


def test_vectors_are_never_compiled_at_level_0() -> None:
    vector = f"define void @v(ptr %p) {Q}{{\nstore <4 x i32> zeroinitializer, ptr %p\nret void\n}}\n"
    well, quick = parted(vector + PARTS["quick"] + PARTS["well"])
    assert "define void @v" in well and "@v" not in quick and "@quick" in quick


def test_assembly_shows_both_halves() -> None:
    text = jit.assembly(PROGRAMS["functions"][0])
    assert all(re.search(rf"^_?{name}:", text, re.MULTILINE) for name in ("entry", "quick", "well"))
