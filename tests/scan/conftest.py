"""Both executors: the reference and the compiled one."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def mode(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.RandomState(42)
