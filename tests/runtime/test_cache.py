"""The object cache believes nothing it finds on disk."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import warnings

import pytest
from theano.configdefaults import config

from theano.runtime import cache, jit
from theano.runtime.cache import ObjectCache, key_of
from theano.runtime.module import verbatim

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX permissions")
TEXT = "define i64 @entry() {\n  ret i64 4321\n}\n"


@pytest.fixture
def store(tmp_path):
    return ObjectCache(tmp_path / "deep" / "objects", 1 << 20)


def test_what_is_stored_is_found(store):
    assert store.load("a") is None
    for code in (b"", b"x", bytes(range(256)) * 100):
        store.store("a", code)
        assert store.load("a") == code
    assert store.load("b") is None and (store.hits, store.misses) == (3, 2)


@posix
def test_folder_and_files_are_private(store):
    store.store("a", b"code")
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert all(f.stat().st_mode & 0o077 == 0 for f in store.folder.iterdir())
    assert [f.name for f in store.folder.iterdir()] == ["a.obj"]


def test_every_damaged_byte_is_noticed(store):
    code = random.Random(0).randbytes(200)
    store.store("a", code)
    file = store.folder / "a.obj"
    good = file.read_bytes()
    for k in range(len(good)):
        file.write_bytes(good[:k] + bytes([good[k] ^ 0x40]) + good[k + 1 :])
        assert store.load("a") is None, k
        file.write_bytes(good[:k])
        assert store.load("a") is None, k
    for bad in (good + b"\0", b"", good * 2, code, bytes(len(good))):
        file.write_bytes(bad)
        assert store.load("a") is None
    store.store("a", code)
    assert store.load("a") == code


@posix
def test_a_folder_that_others_can_reach_is_refused(tmp_path):
    for mode in (0o755, 0o770, 0o707):
        folder = tmp_path / f"{mode}"
        folder.mkdir()
        folder.chmod(mode)
        store = ObjectCache(folder, 1 << 20)
        with pytest.warns(RuntimeWarning, match="others have access"):
            store.store("a", b"x")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert store.load("a") is None and not list(folder.iterdir())
            store.store("a", b"x")


@posix
def test_links_files_and_strangers_are_refused(tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(real)
    with pytest.warns(RuntimeWarning, match="symbolic link"):
        assert ObjectCache(link, 1).load("a") is None
    file = tmp_path / "file"
    file.write_text("")
    with pytest.warns(RuntimeWarning, match="no folder"):
        ObjectCache(file, 1).store("a", b"")
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    with pytest.warns(RuntimeWarning, match="another user"):
        assert ObjectCache(real, 1).load("a") is None


@posix
def test_warnings_point_to_the_line_of_the_user(tmp_path):
    (tmp_path / "objects").write_text("")
    program = tmp_path / "program.py"
    program.write_text("import theano.tensor as T, theano\nx = T.dvector()\nf = theano.function([x], x + 1)\nf([1])\n")
    env = os.environ | {"THEANO_FLAGS": f"cache.dir={tmp_path}", "THEANORC": os.devnull}
    done = subprocess.run([sys.executable, program], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    (warning,) = [line for line in done.stderr.splitlines() if "RuntimeWarning" in line]
    assert re.match(rf"{re.escape(str(program))}:[34]: RuntimeWarning: compiled programs are not kept", warning)


@posix
def test_entries_that_are_no_plain_files_are_missing(store, tmp_path):
    store.store("a", b"code")
    elsewhere = tmp_path / "elsewhere"
    (store.folder / "a.obj").rename(elsewhere)
    (store.folder / "a.obj").symlink_to(elsewhere)
    os.mkfifo(store.folder / "f.obj")
    (store.folder / "d.obj").mkdir()
    assert store.load("a") is store.load("f") is store.load("d") is None


@posix
def test_a_full_or_lost_disk_is_no_error(store, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    store.store("a", b"x")
    monkeypatch.setattr(os, "replace", full)
    store.store("b", b"x")
    assert store.load("b") is None and [f.name for f in store.folder.iterdir()] == ["a.obj"]


def test_what_was_unused_longest_goes_first(tmp_path):
    store = ObjectCache(tmp_path / "objects", 3000)
    for k in range(5):
        store.store(f"k{k}", bytes(900))
        os.utime(store.folder / f"k{k}.obj", (k + 1, k + 1))
    os.utime(store.folder / "k0.obj", (99, 99))
    stale, fresh = store.folder / "1.tmp", store.folder / "2.tmp"
    stale.write_text("")
    os.utime(stale, (1, 1))
    fresh.write_text("")
    store._evict()
    assert sorted(f.name for f in store.folder.iterdir()) == ["2.tmp", "k0.obj", "k3.obj", "k4.obj"]


def test_writers_in_many_processes(store):
    code = (
        "import sys; from theano.runtime.cache import ObjectCache\nc = ObjectCache(sys.argv[1], 1 << 20)\n"
        "for k in range(300):\n    c.store('a', b'x' * 5000); assert c.load('a') == b'x' * 5000\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(store.folder)]) for _ in range(3)]
    assert [p.wait(60) for p in running] == [0, 0, 0]


def test_keys_separate_their_parts():
    assert len({key_of(p) for p in (["ab"], ["a", "b"], ["", "ab"], ["ab", ""], [])}) == 5


def test_compile_module_rebuilds_damaged_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(config.cache, "dir", str(tmp_path))
    first = jit.compile_module(verbatim(TEXT))
    assert not first.from_cache and jit.compile_module(verbatim(TEXT)).from_cache
    (file,) = (tmp_path / "objects").iterdir()
    data = bytearray(file.read_bytes())
    rng = random.Random(1)
    for _ in range(50):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        assert not jit.compile_module(verbatim(TEXT)).from_cache
        assert jit.compile_module(verbatim(TEXT)).from_cache
    assert file.read_bytes() == data  # compiling is deterministic


def test_options_and_targets_have_keys_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(config.cache, "dir", str(tmp_path))
    jit.compile_module(verbatim(TEXT))
    assert not jit.compile_module(verbatim(TEXT), jit.Options(level=2)).from_cache
    before = jit.isa()
    monkeypatch.setattr(config, "isa", "baseline")
    if jit.isa() != before:
        assert not jit.compile_module(verbatim(TEXT)).from_cache


def test_the_cache_can_be_switched_off(tmp_path, monkeypatch):
    monkeypatch.setattr(config.cache, "dir", str(tmp_path / "none"))
    monkeypatch.setattr(config.cache, "enabled", False)
    assert cache.default_cache() is None
    assert not jit.compile_module(verbatim(TEXT)).from_cache and not (tmp_path / "none").exists()


def test_entries_in_the_place_of_others_are_missing(store):
    store.store("a", b"code")
    store.store("b", b"other")
    os.replace(store.folder / "a.obj", store.folder / "b.obj")
    assert store.load("b") is None and store.load("a") is None


def test_no_cache_without_a_home(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the user has none
    with config.change_flags({"cache.dir": "~/somewhere"}):
        assert cache.default_cache() is None


def test_a_folder_removed_meanwhile_is_made_again(store):
    store.store("a", b"code")
    shutil.rmtree(store.folder.parent)
    assert store.load("a") is None
    store.store("a", b"code")
    store.store("b", b"code")
    assert store.load("b") == b"code"
