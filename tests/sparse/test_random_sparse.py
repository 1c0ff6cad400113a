"""Random programs with sparse matrices; ``tools/random_programs.py 600 0 sparse`` goes on with them."""

from __future__ import annotations

import pytest

from tests.sparse.random_sparse import compare


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    compare(seed)
