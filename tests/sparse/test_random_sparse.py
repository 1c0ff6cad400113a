"""Random programs with sparse matrices; ``tools/random_programs.py 600 0 sparse`` goes on with them.

Those of kind ``duplicates`` have several elements in one place.
"""

from __future__ import annotations

import pytest

from tests.sparse import random_duplicates
from tests.sparse.random_sparse import compare


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int) -> None:
    compare(seed)


@pytest.mark.parametrize("seed", [*range(16), 1069])
def test_random_programs_with_several_elements_in_one_place(seed: int) -> None:
    random_duplicates.compare(seed)
