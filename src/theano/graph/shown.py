"""A value in the text of an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Characters of a value that an error's text shows.
_MOST_SHOWN = 75


def told(value: Any) -> str:
    """``str(value)``, or a text that says that the user's class raises: that must not hide another error.

    Examples
    --------
    >>> told(1.5)
    '1.5'
    """
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__} whose str raises {type(error).__name__}>"


def shown(value: Any, text_of: Callable[[Any], str] = repr) -> str:
    """A short text for `value` in an error: the middle of a long one is left out, one that can't be had is named.

    Examples
    --------
    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ... aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    """
    try:
        text = text_of(value)
    except Exception as error:  # of the user's class: must not hide what the text is for
        return f"<{type(value).__name__} whose {text_of.__name__} raises {type(error).__name__}>"
    half = (_MOST_SHOWN - 5) // 2
    return text if len(text) <= _MOST_SHOWN else f"{text[:half]} ... {text[-half:]}"
