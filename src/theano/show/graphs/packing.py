"""Data of a page, written shorter: texts and names of fields that occur again are written once.

The script of a page makes of it what it was (`unpacked` in ``graph.js``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

__all__ = ["packed"]

MARK = "~"  # before the number of a text, and before texts that begin so
SHORT = 6  # texts that are no longer are written where they are


def packed(data: Any) -> dict[str, Any]:
    """Plain data as ``texts``, which are used several times, ``names``, lists of names of fields, and ``data``.

    A dict is a list of the number of its names and its values; a list is the same with -1 in front.

    Examples
    --------
    >>> packed([{"name": "a long text"}, {"name": "a long text"}])
    {'texts': ['a long text'], 'names': [['name']], 'data': [-1, [0, '~0'], [0, '~0']]}
    """
    counts = Counter(text for text in _texts(data) if len(text) > SHORT)
    numbers = {text: k for k, text in enumerate(text for text, count in counts.most_common() if count > 1)}
    names: dict[tuple[str, ...], int] = {}

    def pack(value: Any) -> Any:
        if isinstance(value, str):
            number = numbers.get(value)
            return f"{MARK}{number}" if number is not None else MARK + value if value.startswith(MARK) else value
        if isinstance(value, dict):
            return [names.setdefault(tuple(value), len(names)), *map(pack, value.values())]
        return [-1, *map(pack, value)] if isinstance(value, list | tuple) else value

    body = pack(data)
    return {"texts": list(numbers), "names": list(map(list, names)), "data": body}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
