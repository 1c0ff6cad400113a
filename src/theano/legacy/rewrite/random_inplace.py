"""Rewrites that let generators write over their states, for programs that apply them by name.

Functions need none of them: memory is planned when everything else is known.
"""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.legacy.rewrite.node_rewrites import local_optimizer
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.mrg_uniform import mrg_uniform

__all__ = ["mrg_random_make_inplace", "random_make_inplace"]


@local_optimizer([mrg_uniform], inplace=True)
def mrg_random_make_inplace(node: Apply) -> list[Any] | None:
    """A sample of MRG whose new states take the memory of the old ones."""
    op: Any = node.op
    if op.inplace:
        return None
    made: list[Any] = type(op)(op.output_type, inplace=True).make_node(*node.inputs).outputs
    return made


@local_optimizer([RandomFunction], inplace=True)
def random_make_inplace(node: Apply) -> list[Any] | None:
    """A draw from a ``RandomState`` that changes the state it is given, not a copy."""
    op: Any = node.op
    if op.inplace:
        return None
    made: list[Any] = RandomFunction(op.fn, op.outtype, True, op.ndim_added).make_node(*node.inputs).outputs
    return made
