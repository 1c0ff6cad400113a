"""`min_informative_str`: as much of a graph as is needed to say it in terms of names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from theano.graph import Variable

__all__ = ["min_informative_str"]


def _tags() -> Iterator[str]:
    """A, B, …, Z, AA, AB, …"""
    number = 0
    while True:
        text, rest = "", number
        while rest >= 0:
            rest, digit = divmod(rest, 26)
            text = chr(ord("A") + digit) + text
            rest -= 1
        yield text
        number += 1


def min_informative_str(
    obj: Any, indent_level: int = 0, _prev_obs: dict[Any, str] | None = None, _tag_generator: Any = None
) -> str:
    """Text that tells what `obj` is: named nodes by name, others by their op and, below it, their inputs.

    Parameters
    ----------
    obj
        A variable.
    indent_level
        Blanks before the first line; inputs get one more.

    Returns
    -------
    Lines ``A. op``; something seen before is ``<A>``.

    Examples
    --------
    >>> a, b = T.dscalar("a"), T.dscalar("b")
    >>> print(min_informative_str((a + b) * (a + b)))
    A. Elemwise{mul,no_inplace}
     B. Elemwise{add,no_inplace}
      C. a
      D. b
     E. Elemwise{add,no_inplace}
      <C>
      <D>
    """
    seen: dict[Any, str] = {} if _prev_obs is None else _prev_obs
    tags = _tags() if _tag_generator is None else _tag_generator
    next_tag = tags.get_tag if hasattr(tags, "get_tag") else lambda: next(tags)
    lines: list[str] = []
    stack: list[tuple[Any, int]] = [(obj, indent_level)]
    while stack:
        x, level = stack.pop()
        if x in seen:
            lines.append(" " * level + f"<{seen[x]}>")
            continue
        tag = next_tag()
        seen[x] = tag
        inputs: list[Variable] = []
        name = getattr(x, "name", None)
        owner = getattr(x, "owner", None)
        if name is not None:
            text = name
        elif owner is not None:
            text = str(owner.op)
            inputs = owner.inputs
        else:
            text = str(x)
        lines.append(" " * level + f"{tag}. {text}")
        stack.extend((i, level + 1) for i in reversed(inputs))
    return "\n".join(lines)
