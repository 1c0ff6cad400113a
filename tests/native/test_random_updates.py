"""Random functions with updates do the same in all modes and hand out no memory that somebody else has."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.native.random_updates import compare

SEEDS = 2000 if os.environ.get("THEANO_NIGHTLY") else 40


@pytest.mark.parametrize("part", range(4))
def test_random_updates(part: int) -> None:
    with np.errstate(all="ignore"):
        for seed in range(part, SEEDS, 4):
            compare(seed)
