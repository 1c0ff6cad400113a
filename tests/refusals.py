"""Tables of calls that are refused: each with the class of its error and what its first line says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

Classes = type[Exception] | tuple[type[Exception], ...]
Refusal = tuple[Callable[[], Any], Classes, str]


def cases(tables: Mapping[str, Sequence[Refusal]]) -> list[Any]:
    """The rows of tables as parameters of a test, named after what they say."""
    return [pytest.param(*row, id=f"{name}: {row[2]}") for name, rows in tables.items() for row in rows]


def first_line(caught: pytest.ExceptionInfo[Exception], text: str) -> str:
    """Checks what an error says in its first line (the rest may quote the test itself); returns the rest."""
    said, _, rest = str(caught.value).partition("\n")
    assert re.search(text, said), said
    return rest


def check(call: Callable[[], Any], classes: Classes, text: str) -> None:
    """Calls, and checks the error."""
    with pytest.raises(classes) as caught:
        call()
    first_line(caught, text)
    assert len(caught.value.args) <= 1, caught.value.args  # Python shows several as a tuple
    assert type(caught.value) is not Exception
