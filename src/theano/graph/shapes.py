"""What an op says of the shapes of its outputs, when it is asked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.configdefaults import config
from theano.graph.errors import ShapeError, TestValueError
from theano.graph.nodes import Apply
from theano.user_warnings import warn_user


def inferred_shapes(node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
    """``node.op.infer_shape(node, input_shapes)``; None for each output where the op does not know.

    An op declines by `ShapeError` or NotImplementedError; lengths whose test values are missing are not known either.
    Any other exception is a mistake in the op, which costs speed but no correctness: it is reported (flag
    ``on_shape_error``), and the shapes count as not known.

    Examples
    --------
    >>> from theano.graph import Apply, Op, generic
    >>> class Nothing(Op):
    ...     def make_node(self, x):
    ...         return Apply(self, [x], [generic()])
    >>> inferred_shapes(Nothing()(generic()).owner, [None])
    [None]
    """
    try:
        shapes: Sequence[Any] = node.op.infer_shape(node, input_shapes)
        return shapes
    except (ShapeError, NotImplementedError, TestValueError):
        pass
    except Exception as error:
        if config.on_shape_error == "raise":
            raise
        warn_user(
            f"Failed to infer_shape from Op {node.op}.\nInput shapes: {input_shapes}\n{type(error).__name__}: {error}"
        )
    return [None] * node.nout
