"""Every test run has a compile cache of its own and ignores the user's ``.theanorc``."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

Golden = Callable[[str, str], None]
_MARK = "THEANO_TEST_CACHE"
_OWN = _MARK not in os.environ


def _isolate() -> None:
    """Must run before `theano` is imported. A folder given from outside, as to workers of pytest-xdist, is shared."""
    if _OWN:
        os.environ[_MARK] = tempfile.mkdtemp(prefix="theano-test-cache-")
    # Flags given from outside (isa=baseline, quick_start=True) hold.
    own = ["verify_programs=True", "quick_start=False", "on_opt_error=raise", f"cache.dir={os.environ[_MARK]}"]
    own.append("compile_notice=0")  # a shared machine may take long for anything
    flags = [*own, os.environ.get("THEANO_FLAGS", "")]
    os.environ["THEANO_FLAGS"] = ",".join(filter(None, flags))
    os.environ["THEANORC"] = os.devnull
    os.environ.setdefault("MPLBACKEND", "Agg")


_isolate()
# Shared machines stall now and then: an example that takes long is no failure.
settings.register_profile("theano", deadline=None, max_examples=50)
settings.load_profile("theano")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Nothing is provisional: what a test finds does not depend on those that ran before."""
    from theano.native.products import loading
    from theano.native.support import loading as support
    from theano.native.support import provisional

    support.fixed_words()
    for name in loading.NAMES:
        loading.is_provisional(name)  # loads it
    provisional.complete()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _OWN:
        shutil.rmtree(os.environ[_MARK], ignore_errors=True)


@pytest.fixture(scope="session")
def test_cache_dir() -> Path:
    """The folder where this run keeps compiled programs."""
    return Path(os.environ[_MARK])


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with that of a file beside the test; with ``THEANO_UPDATE_GOLDEN=1``, write that anew."""

    def compare(text: str, name: str) -> None:
        file = request.path.parent / "golden" / f"{name}.txt"
        if os.environ.get("THEANO_UPDATE_GOLDEN"):
            file.write_text(text, encoding="utf-8", newline="\n")
        assert text == file.read_text(encoding="utf-8")

    return compare
