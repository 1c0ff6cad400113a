"""Random programs over sparse matrices that are shared, empty, of any dtype; `tools/random_programs.py` has more."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy.sparse")

from tests.native.random_sparse_updates import compare


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    compare(seed)
