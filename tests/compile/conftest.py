"""Every test of functions runs with both executors."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["FAST_COMPILE", "FAST_RUN"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)
