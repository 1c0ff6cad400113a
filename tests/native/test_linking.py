"""Addresses of external functions."""

from __future__ import annotations

import pytest

from theano.loops.externs.table import EXTERNS, Extern, signature
from theano.native import linking
from theano.native.products import blas, loading


def nothing(given: dict[str, object]) -> None:
    """Means nothing."""


def test_all_sources_are_known() -> None:
    assert {e.source for e in EXTERNS.values()} <= linking.SOURCES.keys()
    assert linking.address("dproduct") == loading.address("dproduct")


def test_routines_of_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dscal", "no_such_routine"):
        entry = Extern(name, signature("n:p a:p x:p inc:p", "f64", "n a x inc", "x"), "blas", nothing)
        monkeypatch.setitem(EXTERNS, name, entry)
    assert linking.address("dscal") == blas.symbol("dscal").address  # type: ignore[union-attr]
    assert not linking.is_provisional("dscal") and not linking.is_missing_at_first("dscal")
    with pytest.raises(LookupError, match="no_such_routine"):
        linking.address("no_such_routine")
