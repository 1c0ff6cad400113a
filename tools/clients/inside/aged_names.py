"""A plugin of pytest for the tests of clients, which are as old as the clients: names that are gone are there for both,
and in the processes that they start.

``CLIENT_TESTS`` are the modules, besides the clients, that ask for them.
"""

import os
from typing import Any

import pytest
import theano.compat.clients
import theano.run

_NAMES = [*theano.compat.clients.CLIENTS, *os.environ.get("CLIENT_TESTS", "").split()]
theano.compat.clients.enable(*_NAMES)
theano.run.pass_on(_NAMES)


def pytest_configure(config: pytest.Config) -> None:
    """Deprecations are not what is asked about; tests that count warnings see those that their libraries give."""
    config.addinivalue_line("filterwarnings", "ignore::SyntaxWarning")


_fixture = pytest.fixture


def _fixture_of_that_time(function_or_scope: Any = None, **given: Any) -> Any:
    """Its scope could be said without the word: ``@pytest.fixture("function")``."""
    if isinstance(function_or_scope, str):
        return _fixture(scope=function_or_scope, **given)
    return _fixture(function_or_scope, **given)


pytest.fixture = _fixture_of_that_time  # type: ignore[assignment]
