"""Helpers for tests of programs and extensions, and `theano.test`, which runs the examples of this package.

(The tests of the package itself are not installed with it.)
"""

from __future__ import annotations

from theano.legacy.tests.main import main, test

__all__ = ["main", "test"]
