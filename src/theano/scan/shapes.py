"""Shapes of the outputs of a scan, from those of its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Constant, ancestors, clone_replace, evaluate, graph_inputs, inferred_shapes, io_toposort
from theano.scan.parts import Loop
from theano.tensor.elemwise import Elemwise
from theano.tensor.linalg.dot import Dot
from theano.tensor.opsupport import index_constant
from theano.tensor.pointwise.math import minimum
from theano.tensor.shaping.join import Join
from theano.tensor.shaping.shape import Shape_i
from theano.tensor.type import TensorType

Shape = tuple[Any, ...]


def row_shapes(loop: Loop, inner: dict[Any, Shape | None]) -> list[Shape]:
    """Shapes of the outputs' rows, from those of the inner inputs; None stands for a length that no op tells.

    A length that an op does not tell may still be known: what is added to a row of 5 elements has 5 elements.
    """
    known = dict(inner)
    unknown: set[Any] = set()
    equal: list[tuple[Any, Any]] = []

    def shape_of(v: Any) -> Shape | None:
        if v not in known:
            known[v] = _with_static(v, _constant_shape(v))
        shape = known[v]
        if shape is None and isinstance(v.type, TensorType):
            shape = known[v] = tuple(
                Shape_i(k)(v) if n is None else index_constant(n) for k, n in enumerate(v.type.shape)
            )
            unknown.update(d for d in shape if d.owner is not None)
        return shape

    def visit(node: Any) -> None:
        shapes = [shape_of(v) for v in node.inputs]
        for out, shape in zip(node.outputs, inferred_shapes(node, shapes), strict=True):
            shape = known.setdefault(out, _with_static(out, shape))
            unknown.update(d for d in shape or () if d.owner is not None and d.owner.inputs == [out])
        if unknown:
            equal.extend((shapes[i][a], shapes[j][c]) for (i, a), (j, c) in _agreeing_axes(node))  # type: ignore[index]

    values = [o.value for o in loop.outputs]
    for node in io_toposort(list(inner), values):
        visit(node)
    found = [shape_of(v) or () for v in values]
    if not unknown:
        return found
    for node in io_toposort(list(inner), loop.inner_outputs()):
        if node.outputs[0] not in known:
            visit(node)
    for s in loop.states:
        if s.inner:
            equal.extend(zip(shape_of(s.value) or (), shape_of(s.inner[0]) or (), strict=True))
    return _without_unknown(found, unknown, equal)


def _constant_shape(v: Any) -> Shape | None:
    return tuple(v.data.shape) if isinstance(v, Constant) and isinstance(v.type, TensorType) else None


def _agreeing_axes(node: Any) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of axes, each as (input, axis), that must have the same length for `node` to have a value."""
    op, kinds = node.op, [v.type for v in node.inputs]
    pairs = []
    if isinstance(op, Elemwise):
        for axis in range(node.outputs[0].type.ndim):
            open_at = [(k, axis) for k, kind in enumerate(kinds) if not kind.broadcastable[axis]]
            pairs += [(open_at[0], other) for other in open_at[1:]]
    elif isinstance(op, Dot):
        pairs = [((0, kinds[0].ndim - 1), (1, 0))]
    elif isinstance(op, Join) and isinstance(node.inputs[0], Constant):
        ndim = kinds[1].ndim
        axes = [a for a in range(ndim) if a != int(node.inputs[0].data) % ndim]
        pairs = [((1, a), (k, a)) for a in axes for k in range(2, len(kinds))]
    return pairs


def _without_unknown(shapes: list[Shape], unknown: set[Any], equal: list[tuple[Any, Any]]) -> list[Shape]:
    """`shapes` with unknown lengths replaced by equal ones that are known, or by None."""
    solved: dict[Any, Any] = {}

    def known(length: Any) -> Any:
        needed = unknown.intersection(ancestors([length], unknown))
        if not needed <= solved.keys():
            return None
        return clone_replace([length], solved)[0] if needed else length

    pairs = [(a, b) for pair in equal for a, b in (pair, pair[::-1]) if a in unknown]
    while True:
        more = {a: length for a, b in pairs if a not in solved and (length := known(b)) is not None}
        if not more:
            return [tuple(map(known, shape)) for shape in shapes]
        solved.update(more)


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
    """Shapes of the outputs of `node`; lengths of outputs themselves where only running it tells."""
    loop = Loop.of(op, node.inputs)
    shapes = dict(zip(node.inputs, input_shapes, strict=True))
    n = node.inputs[0]
    ends = loop.condition is not None
    result: list[Any] = []
    for s, row in zip(loop.states, node.outputs, strict=False):
        initial = shapes[s.initial]
        # The initial rows are there whatever happens; a state never has fewer rows than it is asked to keep
        # if that is no more than these.
        if s.keep is not None and s.keep <= s.rows:
            length: Any = s.keep
        elif ends:
            length = Shape_i(0)(row)
        else:
            length = n + s.rows if s.keep is None else minimum(n + s.rows, s.keep)
        result.append(None if initial is None else (length, *initial[1:]))
    rows = node.outputs[len(loop.states) :]
    for out, shape, row in zip(loop.outputs, _outer_row_shapes(loop, shapes), rows, strict=False):
        length = Shape_i(0)(row) if ends else n if out.keep is None else minimum(n, out.keep)
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
    found = _with_outer_lengths(row_shapes(loop, inner), inner)
    constant = {s.inner: s.outer for s in loop.non_sequences}
    varying = set(inner) - set(constant)
    # Lengths of outer variables are taken as they are: what they are computed from is not looked at.
    given = {d: d for shape in inner.values() if shape is not None for d in shape if hasattr(d, "type")}
    result: list[Shape | None] = []
    for shape in found:
        if None in shape or varying.intersection(graph_inputs(shape, given)):
            result.append(None)
        else:
            result.append(tuple(clone_replace(list(shape), {**constant, **given})))
    return result


def _with_outer_lengths(shapes: list[Shape], inner: dict[Any, Any]) -> list[Shape]:
    """`shapes` with lengths of inner variables in terms of what these are rows of."""
    lengths = [d for shape in shapes for d in shape if d is not None]
    known: dict[Any, Any] = {}
    for node in io_toposort(list(inner), lengths):
        if type(node.op) is Shape_i:
            shape = inner.get(node.inputs[0])
            if shape is not None and hasattr(shape[node.op.i], "type"):
                known[node.outputs[0]] = shape[node.op.i]
    if not known:
        return shapes
    moved = iter(clone_replace(lengths, known))
    return [tuple(None if d is None else next(moved) for d in shape) for shape in shapes]


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
    symbolic = {
        v: tuple(Shape_i(k)(v) for k in range(v.type.ndim)) if isinstance(v.type, TensorType) else None for v in dummies
    }
    result = []
    for out, shape in zip(loop.outputs, row_shapes(loop, symbolic), strict=True):
        lengths = []
        for length, static in zip(shape, out.value.type.shape, strict=True):
            found = static or 0
            if length is not None:
                try:
                    found = int(evaluate([length], dummies)[0])
                except Exception:  # a length that depends on values which no step has made
                    pass
            lengths.append(found)
        result.append(tuple(lengths))
    return result
