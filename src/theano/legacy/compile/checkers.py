"""Small questions that ``theano.compile.function_module`` answers for older programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.legacy.tensor.old_functions import check_equal_numpy

__all__ = ["check_equal", "get_info_on_inputs", "register_checker"]

_checkers: list[Callable[[Any, Any], bool]] = []


def register_checker(checker: Callable[[Any, Any], bool]) -> None:
    """Let `check_equal` ask ``checker(x, y)`` first, which raises TypeError for values that it does not know."""
    _checkers.insert(0, checker)


def check_equal(x: Any, y: Any) -> bool:
    """Whether two values are equal: by what `register_checker` was given, or as `theano.tensor.check_equal_numpy`.

    >>> from theano.compile.function_module import check_equal
    >>> check_equal([1, 2], [1, 2]), check_equal(1, 2)
    (True, False)
    """
    for checker in _checkers:
        try:
            return checker(x, y)
        except TypeError:
            continue
    return check_equal_numpy(x, y)


def get_info_on_inputs(named_inputs: Sequence[str], n_unnamed_inputs: int) -> str:
    """How many inputs a function has, and their names, in words.

    >>> from theano.compile.function_module import get_info_on_inputs
    >>> get_info_on_inputs(["x"], 2)
    'The function has a named input (x), and 2 unnamed inputs, which take no keywords.'
    """
    words = []
    if named_inputs:
        one = len(named_inputs) == 1
        words.append(f"{'a' if one else len(named_inputs)} named input{'' if one else 's'} ({', '.join(named_inputs)})")
    if n_unnamed_inputs:
        one = n_unnamed_inputs == 1
        count = "an unnamed input, which takes" if one else f"{n_unnamed_inputs} unnamed inputs, which take"
        words.append(f"{count} no keywords")
    return f"The function has {', and '.join(words) or 'no inputs'}."
