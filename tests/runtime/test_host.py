"""The description of the machine is LLVM's, whoever gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from theano.runtime import cache, target
from theano.runtime import host as host_module
from theano.runtime.host import Host, host


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cache.ObjectCache:
    made = cache.ObjectCache(tmp_path / "objects", 1 << 20)
    monkeypatch.setattr(cache, "default_cache", lambda: made)
    return made


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "kept_host", host_module.kept_host.__wrapped__)


def _fresh() -> Host:
    return host.__wrapped__()


def test_remembered_is_what_llvm_says(store: cache.ObjectCache) -> None:
    if host_module._identity() is None:
        pytest.skip("only LLVM can tell here")
    asked = host_module._ask_llvm()
    assert [_fresh(), _fresh()] == [asked, asked]
    assert store.hits == 1


def test_other_processor_or_library_is_asked_again(store: cache.ObjectCache, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [Host("t", "one", "+a", "1"), Host("t", "two", "+b", "1")]
    monkeypatch.setattr(host_module, "_ask_llvm", lambda: answers.pop(0))
    monkeypatch.setattr(host_module, "_identity", lambda: ["flags: a"])
    assert _fresh().cpu == _fresh().cpu == "one"
    monkeypatch.setattr(host_module, "_identity", lambda: ["flags: b"])
    assert _fresh().cpu == "two"


def test_works_without_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "default_cache", lambda: None)
    assert _fresh() == host_module._ask_llvm()


def test_features() -> None:
    machine = Host("x86_64-unknown-linux-gnu", "znver3", "+avx2,-avx512f,+fma", "")
    assert machine.has("avx2", "fma") and machine.has()
    assert not machine.has("avx512f") and not machine.has("avx2", "f16c")


@pytest.mark.parametrize(
    ("architecture", "name", "vector_bytes"),
    [("aarch64", "neon", 16), ("arm64", "neon", 16), ("riscv64", "generic", 8), ("ppc64le", "generic", 8)],
)
def test_other_processors(
    architecture: str, name: str, vector_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ARM's vectors are known; for others code is scalar: a register holds one f64."""
    machine = Host(f"{architecture}-unknown-linux-gnu", "some-cpu", "+a", "")
    monkeypatch.setattr(target, "host", lambda: machine)
    isa = target.select_isa.__wrapped__("auto")
    assert (isa.name, isa.vector_bytes, isa.cpu, isa.features) == (name, vector_bytes, "some-cpu", "+a")
    assert isa.has_fma == isa.has_f16c == (name == "neon") and not isa.has_masks and isa.triple == machine.triple
    baseline = target.select_isa.__wrapped__("baseline")
    assert (baseline.name, baseline.cpu, baseline.features) == (name, "generic", "")
    with pytest.raises(ValueError, match=f"config.isa is 'avx2', but this machine is {architecture}"):
        target.select_isa.__wrapped__("avx2")


def test_processors_without_an_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Host("x86_64-unknown-linux-gnu", "old", "+sse4.2,+popcnt", "")
    monkeypatch.setattr(target, "host", lambda: machine)
    isa = target.select_isa.__wrapped__("auto")
    assert (isa.name, isa.vector_bytes, isa.has_fma, isa.foresees) == ("baseline", 16, False, False)
    with pytest.raises(ValueError, match="'avx2', but this machine has no avx2, fma, f16c, bmi2"):
        target.select_isa.__wrapped__("avx2")


def test_works_where_the_machine_cannot_be_told_without_llvm(
    store: cache.ObjectCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "_identity", lambda: None)
    assert _fresh() == host_module._ask_llvm() and not store.hits
