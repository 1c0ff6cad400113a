"""Libraries of functions while threads link programs: nobody gets the address of what can't be called yet."""

from __future__ import annotations

from typing import Any

import pytest

from theano.native.ir.library import Form, Library
from theano.native.products.code import shape_of
from theano.native.support import loading, provisional
from theano.runtime import jit
from theano.runtime.target import Isa


class Code:
    """Stands for a loaded module."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture
def pending(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What waits for `provisional.complete`; modules are neither in the cache nor compiled."""
    waiting: list[Any] = []
    monkeypatch.setattr(provisional, "_pending", waiting)
    monkeypatch.setattr(jit, "kept_module", lambda *args: None)
    monkeypatch.setattr(jit, "compile_module", lambda module, *args, **kw: Code(module()))
    return waiting


def _form(name: str) -> Form:
    return Form(lambda: name, ())  # type: ignore[arg-type, return-value]


def test_code_is_started_before_others_find_it(pending: list[Any]) -> None:
    seen = []

    def start(code: Any) -> None:
        if made:  # another thread may look at any moment
            seen.append((made[0].code.name, made[0].is_provisional, code.name))

    made: list[Library] = []
    made.append(Library("test", _form("fast"), _form("quick"), start))
    assert made[0].code.name == "quick" and len(pending) == 1  # type: ignore[attr-defined]
    provisional.complete()
    assert seen == [("quick", True, "fast")]
    assert made[0].code.name == "fast" and not made[0].is_provisional and not pending  # type: ignore[attr-defined]


def test_support_functions_that_become_final_while_a_library_starts(
    pending: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`start` has seen the provisional ones, so it has to be called again."""
    final, started = [False], []
    monkeypatch.setattr(loading, "is_provisional", lambda: not final[0])

    def start(code: Any) -> None:
        started.append(final[0])
        final[0] = True  # as another thread does

    library = Library("test", _form("only"), start=start)
    assert library.is_provisional and len(pending) == 1
    provisional.complete()
    assert started == [False, True] and not library.is_provisional


def test_a_start_that_is_interrupted_is_made_again(pending: list[Any]) -> None:
    stops = [False]

    def start(code: Any) -> None:
        if stops[0]:
            raise KeyboardInterrupt

    library = Library("test", _form("fast"), _form("quick"), start)
    stops[0] = True
    with pytest.raises(KeyboardInterrupt):
        provisional.complete()
    assert library.is_provisional and library.code.name == "quick"  # type: ignore[attr-defined]
    stops[0] = False
    provisional.complete()
    assert not library.is_provisional and library.code.name == "fast"  # type: ignore[attr-defined]


def test_words_of_support_functions_are_there_before_these_count_as_final() -> None:
    order = []

    class Watched(loading._Support):
        def __setattr__(self, name: str, value: Any) -> None:
            order.append(name)
            super().__setattr__(name, value)

    real = loading._support()
    real.words  # noqa: B018, loads them
    watched = object.__new__(Watched)
    watched.__dict__.update(real.__dict__)
    watched._use(real.code, real.is_provisional)
    assert order.index("code") < order.index("is_provisional") > order.index("_words")


@pytest.mark.parametrize("type_", ["f32", "f64", "c64", "c128"])
def test_only_what_is_asked_for_quickly_is_provisional(type_: str) -> None:
    isa = Isa("baseline", 16, has_fma=False, has_f16c=False, has_masks=False, cpu="x86-64", features="", triple="")
    assert [shape_of(type_, isa, quick).is_provisional for quick in (False, True)] == [False, True]
