"""A number that is equal for graphs of equal structure, so that equal scans are found by hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Constant, io_toposort


def structure_hash(inputs: Sequence[Any], outputs: Sequence[Any]) -> int:
    """Hash of the graph between `inputs` and `outputs`, whatever its variables are called.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> structure_hash([x], [x + 1]) == structure_hash([y], [y + 1])
    True
    """
    codes: dict[Any, int] = {v: hash((k, v.type)) for k, v in enumerate(inputs)}

    def code(v: Any) -> int:
        found = codes.get(v)
        if found is None:
            found = codes[v] = hash(v.signature()) if isinstance(v, Constant) else hash(v.type)
        return found

    for node in io_toposort(inputs, outputs):
        made = hash((node.op, *map(code, node.inputs)))
        for k, v in enumerate(node.outputs):
            codes.setdefault(v, hash((made, k)))
    return hash(tuple(map(code, outputs)))
