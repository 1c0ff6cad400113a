"""A program in the cache is loaded without printing it; a change of the printing code makes it again."""

from __future__ import annotations

import pytest

import theano
import theano.tensor as T
from theano.compile.native import code as native_code
from theano.runtime import cache


@pytest.fixture
def fresh(tmp_path):
    with theano.config.change_flags({"cache.dir": str(tmp_path), "cache.enabled": True}):
        yield


def product():
    a, b = T.dscalars("a", "b")
    return theano.function([a, b], a * b + 1)


def fail(*args):
    raise AssertionError("printed again")


def test_a_known_program_is_not_printed(fresh, monkeypatch):
    assert product()(2.0, 3.0) == 7
    monkeypatch.setattr(native_code, "print_module", fail)
    f = product()
    assert f(2.0, 3.0) == 7 and f.is_native
    with pytest.raises(AssertionError, match="printed again"):
        a = T.dscalar("a")
        theano.function([a], a * 3 + 1)


def test_other_printing_code_makes_it_again(fresh, monkeypatch):
    product()
    monkeypatch.setattr(cache, "sources", lambda folders: "another version")
    monkeypatch.setattr(native_code, "print_module", fail)
    with pytest.raises(AssertionError, match="printed again"):
        product()


def test_without_sources_the_text_decides(fresh, monkeypatch):
    monkeypatch.setattr(cache, "sources", lambda folders: "")
    assert product()(2.0, 3.0) == 7
    assert all(code.from_cache for code in product().executor.tiers.linked.code.values())


def test_sources(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = cache.sources.__wrapped__((str(tmp_path),))
    (tmp_path / "a.py").write_text("12")
    second = cache.sources.__wrapped__((str(tmp_path),))
    assert first != second and "a.py" in first
    assert cache.sources.__wrapped__((str(tmp_path / "none"),)) == ""
    assert all(folder.endswith(("runtime", "loops", "backend")) for folder in native_code.PRINTERS)
