"""Shapes of the outputs of a scan, from those of its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Constant, clone_replace, evaluate, graph_inputs, io_toposort
from theano.scan.parts import Loop
from theano.tensor.math import minimum
from theano.tensor.opsupport import index_constant
from theano.tensor.shape import Shape_i
from theano.tensor.type import TensorType

Shape = tuple[Any, ...]


def row_shapes(
    inner_inputs: Sequence[Any], input_shapes: Sequence[Shape | None], values: Sequence[Any]
) -> list[Shape | None]:
    """Shapes of inner variables, from shapes of the inner inputs; None where an op cannot tell."""
    known: dict[Any, Shape | None] = dict(zip(inner_inputs, input_shapes, strict=True))

    def shape_of(v: Any) -> Shape | None:
        if v in known:
            return known[v]
        if not isinstance(v.type, TensorType):
            return None
        if isinstance(v, Constant):
            return tuple(index_constant(n) for n in v.data.shape)
        return None

    for node in io_toposort(inner_inputs, values):
        shapes = [shape_of(v) for v in node.inputs]
        inferred: Sequence[Any] = [None] * len(node.outputs)
        if node.op.defines("infer_shape") and all(
            s is not None for s, v in zip(shapes, node.inputs, strict=True) if isinstance(v.type, TensorType)
        ):
            try:
                inferred = node.op.infer_shape(node, shapes)
            except Exception:  # an op may decline in any way
                pass
        for out, shape in zip(node.outputs, inferred, strict=True):
            known.setdefault(out, _with_static(out, shape))
    return [shape_of(v) for v in values]


def _with_static(out: Any, shape: Any) -> Shape | None:
    if not isinstance(out.type, TensorType):
        return None
    static = out.type.shape
    if shape is None:
        known = [n for n in static if n is not None]
        return tuple(map(index_constant, known)) if len(known) == len(static) else None
    return tuple(
        index_constant(n) if n is not None else (index_constant(int(s)) if not hasattr(s, "type") else s)
        for n, s in zip(static, shape, strict=True)
    )


def infer_shape(op: Any, node: Any, input_shapes: Sequence[Any]) -> list[Any]:
    """Shapes of the outputs of `node`; None where only running it tells."""
    loop = Loop.of(op, node.inputs)
    if loop.condition is not None:
        return [None] * len(node.outputs)
    shapes = dict(zip(node.inputs, input_shapes, strict=True))
    n = node.inputs[0]
    result: list[Any] = []
    for s in loop.states:
        initial = shapes[s.initial]
        total = n + s.rows
        # The initial rows are there whatever happens; a state never has fewer rows than it is asked to keep
        # if that is no more than these.
        length = total if s.keep is None else s.keep if s.keep <= s.rows else minimum(total, s.keep)
        result.append(None if initial is None else (length, *initial[1:]))
    rows = node.outputs[len(loop.states) :]
    for out, shape, row in zip(loop.outputs, _outer_row_shapes(loop, shapes), rows, strict=False):
        length = n if out.keep is None else minimum(n, out.keep)
        if shape is None:  # the number of rows is known all the same
            shape = tuple(Shape_i(k)(row) for k in range(1, row.type.ndim))
        result.append((length, *shape))
    return [*result, *([None] * len(loop.shared))]


def _outer_row_shapes(loop: Loop, shapes: dict[Any, Any]) -> list[Shape | None]:
    """The shapes of the outputs' rows in terms of outer variables."""
    if not loop.outputs:
        return []
    inner: dict[Any, Any] = {}
    for s in loop.sequences:
        inner.update(dict.fromkeys(s.inner, _rest(shapes[s.outer])))
    for st in loop.states:
        inner.update(dict.fromkeys(st.inner, _rest(shapes[st.initial])))
    inner.update((s.inner, None) for s in loop.shared)
    inner.update((s.inner, shapes[s.outer]) for s in loop.non_sequences)
    found = row_shapes(list(inner), list(inner.values()), [o.value for o in loop.outputs])
    found = _with_outer_lengths(found, inner)
    constant = {s.inner: s.outer for s in loop.non_sequences}
    varying = set(inner) - set(constant)
    # Lengths of outer variables are taken as they are: what they are computed from is not looked at.
    given = {d: d for shape in inner.values() if shape is not None for d in shape if hasattr(d, "type")}
    result: list[Shape | None] = []
    for shape in found:
        if shape is None or varying.intersection(graph_inputs(shape, given)):
            result.append(None)
        else:
            result.append(tuple(clone_replace(list(shape), {**constant, **given})))
    return result


def _with_outer_lengths(shapes: list[Shape | None], inner: dict[Any, Any]) -> list[Shape | None]:
    """`shapes` with lengths of inner variables in terms of what these are rows of."""
    lengths = [d for shape in shapes if shape is not None for d in shape]
    known: dict[Any, Any] = {}
    for node in io_toposort(list(inner), lengths):
        if type(node.op) is Shape_i:
            shape = inner.get(node.inputs[0])
            if shape is not None and hasattr(shape[node.op.i], "type"):
                known[node.outputs[0]] = shape[node.op.i]
    if not known:
        return shapes
    moved = iter(clone_replace(lengths, known))
    return [None if shape is None else tuple(next(moved) for _ in shape) for shape in shapes]


def _rest(shape: Shape | None) -> Shape | None:
    return None if shape is None else tuple(shape[1:])


def empty_row_shapes(op: Any, inputs: Sequence[Any]) -> list[tuple[int, ...]]:
    """Shapes that the rows of the outputs would have, for a loop of no steps."""
    loop = Loop.of(op, inputs)
    dummies: dict[Any, Any] = {}
    for s in loop.sequences:
        dummies.update((v, np.zeros(s.outer.shape[1:], s.outer.dtype)) for v in s.inner)
    for st in loop.states:
        dummies.update((v, np.zeros(st.initial.shape[1:], st.initial.dtype)) for v in st.inner)
    dummies.update((sh.inner, sh.outer) for sh in loop.shared)
    dummies.update((n.inner, n.outer) for n in loop.non_sequences)
    values = [o.value for o in loop.outputs]
    symbolic = [
        tuple(Shape_i(k)(v) for k in range(v.type.ndim)) if isinstance(v.type, TensorType) else None for v in dummies
    ]
    result = []
    for value, shape in zip(values, row_shapes(list(dummies), symbolic, values), strict=True):
        static = tuple(n or 0 for n in value.type.shape)
        if shape is not None:
            try:
                static = tuple(int(n) for n in evaluate(list(shape), dummies))
            except Exception:  # a shape that depends on values which no step has made
                pass
        result.append(static)
    return result
