"""Complaints about test values, as operations make them while a graph is built."""

from __future__ import annotations

import warnings
from typing import Any

from theano.base.flag_table import config


def debug_error_message(msg: str) -> None:
    """Say that test values are wrong: ValueError, or a warning if flag ``compute_test_value`` is ``warn``."""
    _complain(ValueError, msg, 3)


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """AssertionError if a condition on test values does not hold; a warning if ``compute_test_value`` is ``warn``.

    Parameters
    ----------
    condition
        What should be true.
    msg : str, optional
        The text of the error.

    Raises
    ------
    AssertionError
        It is not, and the flag is not ``warn``.

    Examples
    --------
    >>> debug_assert(1 + 1 == 2, "no arithmetic")
    """
    if not condition:
        _complain(AssertionError, "debug_assert failed" if msg is None else msg, 3)


def _complain(error: type[Exception], message: str, level: int) -> None:
    if config.compute_test_value != "warn":
        raise error(message)
    warnings.warn(message, stacklevel=level)
