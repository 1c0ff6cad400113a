"""`Rop`: one sweep in the direction of computation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.gradient.errors import NullTypeGradError
from theano.gradient.reverse import (
    as_list,
    disconnected_result,
    expression_of,
    format_as,
    handle_disconnected,
    has_only_expression,
    relevant_nodes,
)
from theano.graph import Apply, Constant, Op, Variable, ancestors, clone_replace, graph_inputs
from theano.graph.common_text import fill
from theano.graph.null_type import DisconnectedType, NullType
from theano.graph.origin import inherit_origin
from theano.tensor.opsupport import zero_gradient
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = ["Rop"]


def Rop(
    f: Variable | Sequence[Variable],
    wrt: Variable | Sequence[Variable],
    eval_points: Variable | Sequence[Variable | None],
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Directional derivative: the Jacobian of `f` to `wrt`, times `eval_points`.

    Parameters
    ----------
    f
        Variable, or list or tuple of variables.
    wrt, eval_points
        Where the direction starts, and the direction; equally many, of equal numbers of dimensions.
    disconnected_outputs : {'raise', 'warn', 'ignore'}
        What to do about an `f` that is not computed from `wrt`. (Zero is the derivative of one that reads nothing but
        shapes, as the gradient of a linear cost does.)
    return_disconnected : {'zero', 'None', 'Disconnected'}
        What stands for the derivative of a disconnected `f`.

    Returns
    -------
    Variables of the types of `f`, in the form of `f`.

    Raises
    ------
    <tensor errors>
    ValueError
        `wrt` and `eval_points` are not equally many, or not of equal numbers of dimensions.
    DisconnectedInputError
        An `f` does not depend on `wrt`.
    NullTypeGradError
        A derivative is undefined.

    Examples
    --------
    >>> x, v = T.dvector("x"), T.dvector("v")
    >>> Rop(x ** 2, x, v).eval({x: [1, 2], v: [1, 10]})
    array([ 2., 40.])

    References
    ----------
    ``y[i] = sum over j of df[i] / dx[j] * v[j]``: A. Griewank, A. Walther, "Evaluating derivatives", second
    edition, 2008, section 3.1.
    """
    fs = as_list(f)
    xs = as_list(wrt)
    points = as_list(eval_points)
    tangents = _checked_directions(xs, points)

    order, connected = relevant_nodes(fs, xs, set())
    for node in order:
        incoming = [tangents.get(x) for x in node.inputs]
        if all(t is None for t in incoming):
            continue
        with inherit_origin(node, gradient=True):
            through = _is_expressed(node.op)
            answer = _through_expression(node, incoming) if through else node.op.R_op(node.inputs, incoming)
        if len(answer) != len(node.outputs):
            raise ValueError(f"{node.op}.R_op returned {len(answer)} terms for {len(node.outputs)} outputs")
        for out, t in zip(node.outputs, answer, strict=True):
            if t is not None and not isinstance(t.type, DisconnectedType):
                tangents.setdefault(out, t)

    # What reads only shapes or positions of `wrt` does not move: its derivative is zero.
    for x in fs:
        if x not in connected and isinstance(x.type, TensorType) and not set(xs).isdisjoint(ancestors([x])):
            tangents[x] = zero_gradient(x)
    results = [_result(x, tangents.get(x), disconnected_outputs, return_disconnected) for x in fs]
    for x, t in zip(fs, results, strict=True):
        if t is not None and not any(t is p for p in points):
            _remember_inputs(x, t)
    return format_as(isinstance(f, list), isinstance(f, tuple), results)


def _remember_inputs(x: Variable, t: Variable) -> None:
    """Note in ``t.tag.named`` of which inputs `x` is made, and `t`, its derivative, is not.

    A function of them is no mistake: `theano.function` takes them for used. The derivative of a product with `W` does
    without it.
    """
    read = set(graph_inputs([t]))
    gone = [v for v in graph_inputs([x]) if v not in read and not isinstance(v, Constant)]
    if gone:
        t.tag.named = gone


def _is_expressed(op: Op) -> bool:
    return has_only_expression(op) and type(op).R_op is Op.R_op


def _through_expression(node: Apply, incoming: list[Variable | None]) -> list[Variable | None]:
    """The answer of an `R_op` that an op has by its expression."""
    leaves, outputs = expression_of(node)
    moved = [(v, t) for v, t in zip(leaves, incoming, strict=True) if t is not None]
    found = Rop(
        outputs, [v for v, _ in moved], [t for _, t in moved], disconnected_outputs="ignore", return_disconnected="None"
    )
    inputs = {v: x for v, x in zip(leaves, node.inputs, strict=True) if v is not x}
    return [None if t is None else clone_replace(t, inputs) for t in found]


def _checked_directions(xs: Sequence[Any], points: Sequence[Variable | None]) -> dict[Variable, Variable]:
    if len(xs) != len(points):
        raise ValueError(
            f"Rop: {len(xs)} variables to differentiate with respect to, {len(points)} directions"
        )
    tangents: dict[Variable, Variable] = {}
    for i, (x, t) in enumerate(zip(xs, points, strict=True)):
        if t is None:
            continue
        t = t if isinstance(t, Variable) and t.type == x.type else as_tensor_variable(t)
        if x.type.ndim != t.type.ndim:
            raise ValueError(
                f"Element {i} of wrt/eval_points have mismatched dimensionality: "
                f"{x.type.ndim} versus {t.type.ndim}"
            )
        tangents[x] = t
    return tangents


def _result(x: Variable, t: Variable | None, disconnected: str, form: str) -> Variable | None:
    if t is not None:
        if isinstance(t.type, NullType):
            raise NullTypeGradError(f"the derivative of {x} is undefined: {t.type.why_null}")
        return t
    handle_disconnected(
        f"Rop: {x} does not depend on the variables to differentiate with respect to", disconnected
    )
    return disconnected_result(x, form)


fill(globals())
