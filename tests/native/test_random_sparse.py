"""Random programs over sparse matrices; `tools/random_programs.py` runs more of them."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy.sparse")

from tests.native.random_sparse import compare


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    compare(seed)
