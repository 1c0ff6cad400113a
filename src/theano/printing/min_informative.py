"""`min_informative_str`: as much of a graph as is needed to say it in terms of names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from theano.base.digest import blake2b
from theano.graph import Constant, Variable

__all__ = ["min_informative_str", "var_descriptor"]


class _TagGenerator:
    """Gives tags, one after the other: A, B, …, Z, AA, AB, …

    >>> tags = _TagGenerator()
    >>> tags.get_tag(), tags.get_tag()
    ('A', 'B')
    """

    def __init__(self) -> None:
        self._left = _tags()

    def get_tag(self) -> str:
        """The next tag."""
        return next(self._left)


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
    tags = _TagGenerator() if _tag_generator is None else _tag_generator
    lines: list[str] = []
    stack: list[tuple[Any, int]] = [(obj, indent_level)]
    while stack:
        x, level = stack.pop()
        if x in seen:
            lines.append(" " * level + f"<{seen[x]}>")
            continue
        tag = tags.get_tag()
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


def var_descriptor(obj: Any, _prev_obs: dict[Any, str] | None = None, _tag_generator: Any = None) -> str:
    """One line that tells how a variable is computed, the same in every process.

    Parameters
    ----------
    obj : Variable
        What is to be told.

    Returns
    -------
    ``tag=op(inputs)``; something seen before is ``<tag>``. A leaf is its name, or its text without addresses; an array
    its strides and a digest of its elements.

    Examples
    --------
    >>> a, b = T.dscalar("a"), T.dscalar("b")
    >>> var_descriptor(a * (a + b))
    'A=Elemwise{mul,no_inplace}(B=a,C=Elemwise{add,no_inplace}(<B>,D=b))'
    """
    seen: dict[Any, str] = {} if _prev_obs is None else _prev_obs
    tags = _TagGenerator() if _tag_generator is None else _tag_generator
    parts: list[str] = []
    stack: list[Any] = [obj]
    while stack:
        x = stack.pop()
        if isinstance(x, _Text):
            parts.append(x)
            continue
        key = id(x) if isinstance(x, np.ndarray) else x
        if key in seen:
            parts.append(f"<{seen[key]}>")
            continue
        seen[key] = tag = tags.get_tag()
        owner = getattr(x, "owner", None)
        if owner is None:
            parts.append(f"{tag}={_leaf_text(x)}")
            continue
        which = f".{x.index}" if len(owner.outputs) > 1 else ""
        parts.append(f"{tag}={_without_addresses(owner.op)}{which}(")
        stack.append(_Text(")"))
        for i, variable in enumerate(reversed(owner.inputs)):
            stack += [_Text(",")] * (i > 0) + [variable]
    return "".join(parts)


class _Text(str):
    """A text among the things that are still to be written."""


def _leaf_text(x: Any) -> str:
    if isinstance(x, np.ndarray):
        digest = blake2b(np.ascontiguousarray(x).tobytes()).hexdigest()
        return f"<ndarray:strides={list(x.strides)},digest={digest}>"
    if isinstance(x, Constant) and isinstance(x.data, np.ndarray):
        return f"{type(x).__name__}{{{_leaf_text(x.data)}}}" if x.data.size > 1 else str(x)
    name = getattr(x, "name", None)
    return _without_addresses(x) if name is None else str(name)


def _without_addresses(x: Any) -> str:
    text, marker = str(x), " at 0x"
    while marker in text:
        before, _, after = text.partition(marker)
        text = before + after.lstrip("0123456789abcdefABCDEF")
    return text.replace("\n", " ")
