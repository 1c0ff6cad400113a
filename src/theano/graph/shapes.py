"""What an op says of the shapes of its outputs, when it is asked to."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.graph.errors import ShapeError, TestValueError
from theano.graph.nodes import Apply, Variable


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
        asked: Any = node.op.infer_shape
        graph = (None,) if _wants_graph(getattr(asked, "__func__", asked)) else ()
        shapes: Sequence[Any] = asked(*graph, node, input_shapes)
        if len(shapes) != node.nout or not all(
            _is_shape(s, getattr(v.type, "ndim", None)) for s, v in zip(shapes, node.outputs, strict=True)
        ):
            raise TypeError(
                f"{type(node.op).__name__}.infer_shape must return a list of shapes, one for each output: [shapes[0]] "
                "for that of the first input, [()] for a number, [(n, m)] for a matrix"
            )
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


@functools.lru_cache(1024)
def _wants_graph(infer_shape: Any) -> bool:
    """Whether it has a parameter before the node, as operations for Theano-PyMC 1.1 do: the function graph.

    No operation that is known reads it; it is told None.
    """
    parameters = inspect.signature(infer_shape).parameters.values()
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    return len(places) == 4


def _is_shape(shape: Any, ndim: int | None) -> bool:
    """Whether this may be what `infer_shape` says of an output: None, one length for each axis, or a vector of them.

    What has no axes (a random generator) has no `ndim`.
    """
    if shape is None:
        return True
    if isinstance(shape, Variable):
        lengths = getattr(shape.type, "shape", (None,))
        return len(lengths) == 1 and (ndim is None or lengths[0] in (None, ndim))
    if isinstance(shape, np.ndarray) and shape.ndim != 1:
        return False
    return isinstance(shape, list | tuple | np.ndarray) and ndim in (None, len(shape))
