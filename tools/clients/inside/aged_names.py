"""A plugin of pytest for the tests of clients, which are as old as the clients: names that are gone are there for both,
and in the processes that they start.

``CLIENT_TESTS`` are the modules, besides the clients, that ask for them.
"""

import os

import pytest

import theano.compat.clients
import theano.run

_NAMES = [*theano.compat.clients.CLIENTS, *os.environ.get("CLIENT_TESTS", "").split()]
theano.compat.clients.enable(*_NAMES)
theano.run.pass_on(_NAMES)


def pytest_configure(config: pytest.Config) -> None:
    """Deprecations are not what is asked about; tests that count warnings see those that their libraries give."""
    config.addinivalue_line("filterwarnings", "ignore::SyntaxWarning")
