"""`typed_list_inplace_opt`, for programs that apply it by name: nothing here is computed in place (see the package)."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.legacy.rewrite.node_rewrites import local_optimizer
from theano.legacy.typed_list.basic import Append, Extend, Insert, Remove, Reverse

__all__ = ["typed_list_inplace_opt"]


@local_optimizer([Append, Extend, Insert, Remove, Reverse], inplace=True)
def typed_list_inplace_opt(node: Apply) -> list[Any] | None:
    """An operation that changes a list becomes the one that may change it where it is."""
    op: Any = node.op
    if op.inplace:
        return None
    return [type(op)(inplace=True)(*node.inputs)]
