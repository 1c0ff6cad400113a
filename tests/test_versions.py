"""What `python -m theano` says and does."""

import io
import subprocess
import sys

import theano
from theano import versions
from theano.__main__ import main
from theano.native.ir.machine import machine_of
from theano.runtime import jit
from theano.runtime.cache import ObjectCache, default_cache
from theano.versions import facts


def test_facts():
    known = facts()
    assert known["Python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}")
    assert known["numpy"] and known["scipy"] and known["llvmlite"]
    assert all(known.values())
    text = io.StringIO()
    theano.show_versions(text)
    assert all(name in text.getvalue() for name in known)


def test_threads(monkeypatch):
    """They are said to share loops only where they are started."""
    assert machine_of("x86_64-unknown-freebsd14").has_team is False
    with theano.config.change_flags(openmp=True):
        for triple, said in (("x86_64-pc-windows-msvc-elf", "shared"), ("riscv64-unknown-linux-gnu", "not used")):
            other = jit.isa()._replace(triple=triple)
            monkeypatch.setattr(versions.jit, "isa", lambda other=other: other)
            assert said in facts()["threads"]
            monkeypatch.undo()
        monkeypatch.setattr(versions.ability, "problem", lambda: "a test")
        assert "NumPy computes" in facts()["threads"]


def test_flags(tmp_path, monkeypatch):
    """What is not as by default, wherever it was set: in the environment, a file, or the program."""
    assert "floatX" not in facts()["flags"]
    with theano.config.change_flags(floatX="float32", cache__enabled=False):
        assert {"floatX=float32", "cache.enabled=False"} <= set(facts()["flags"].split(","))
    (tmp_path / "rc").write_text("[global]\nfloatX = float32\n[traceback]\nlimit = 3\n")
    monkeypatch.setenv("THEANORC", str(tmp_path / "rc"))
    for flags, found in (("", "floatX=float32,traceback.limit=3"), ("floatX=float64", "traceback.limit=3")):
        monkeypatch.setenv("THEANO_FLAGS", flags)
        done = subprocess.run([sys.executable, "-m", "theano"], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1].split() == ["flags", found]
    (tmp_path / "rc").write_text("")
    done = subprocess.run([sys.executable, "-m", "theano"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split(maxsplit=1) == ["flags", "all as by default"]


def test_command():
    done = subprocess.run([sys.executable, "-m", "theano"], capture_output=True, text=True)
    assert done.returncode == 0 and "BLAS" in done.stdout and not done.stderr


def test_cache_is_cleared(tmp_path, capsys):
    with theano.config.change_flags(cache__enabled=True, cache__dir=str(tmp_path)):
        cache = default_cache()
        assert cache is not None and cache.contents() == (0, 0)
        cache.store("one", b"x" * 100)
        cache.store("two", b"x" * 100)
        count, size = cache.contents()
        assert count == 2 and size > 200
        assert main(["cache", "clear"]) == 0
        assert cache.contents() == (0, 0) and cache.load("one") is None
    said = capsys.readouterr().out
    assert f"{tmp_path / 'objects'} has 2 programs, 0.0 MB\n2 programs removed" in said
    assert ObjectCache(tmp_path / "nowhere", 1).clear() == 0


def test_contents_of_a_cache_that_another_process_clears(tmp_path, monkeypatch):
    """An entry that is gone between listing and looking is none."""
    cache = ObjectCache(tmp_path / "objects", 1 << 20)
    for key in ("one", "two"):
        cache.store(key, b"x" * 100)
    listed = cache._files()
    listed[0].unlink()
    monkeypatch.setattr(cache, "_files", lambda: listed)
    assert cache.contents() == (1, listed[1].stat().st_size) and cache.clear() == 1


def test_cache_that_is_off(capsys):
    with theano.config.change_flags(cache__enabled=False):
        assert main(["cache", "clear"]) == 1
    assert "no cache" in capsys.readouterr().out


def test_dprint():
    assert theano.dprint is theano.printing.debugprint
