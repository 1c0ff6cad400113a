"""Functions that return their argument and change the gradient that comes back through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.graph.common_text import fill
from theano.graph.null_type import DisconnectedType, grad_undefined
from theano.tensor.opsupport import zero_gradient
from theano.tensor.pointwise.math import clip
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "GradClip",
    "GradScale",
    "UndefinedGrad",
    "ViewOp",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "grad_clip",
    "grad_scale",
    "undefined_grad",
    "undefined_grad_",
    "zero_grad",
    "zero_grad_",
]

Gradients = Sequence[Any]


class ViewOp(Op):
    """The identity: its output is a view of its input. The gradient passes unchanged.

    <parameters>

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> ViewOp()(T.constant([1, 2])).eval()
    array([1, 2])
    """

    view_map = {0: [0]}
    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, x: Any) -> Apply:
        x = x if isinstance(x, Variable) else as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = inputs[0]

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return list(input_shapes)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        return list(inputs)

    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        return list(gs)

    def R_op(self, inputs: Gradients, eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        return list(eval_points)


class ZeroGrad(ViewOp):
    """Identity whose gradient is zero; the variable stays connected.

    <parameters>

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * ZeroGrad()(x), x).eval({x: 3})
    array(3.)
    """

    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        return [zero_gradient(inputs[0])]

    def R_op(self, inputs: Gradients, eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        return [None if eval_points[0] is None else zero_gradient(inputs[0])]


class ConsiderConstant(ZeroGrad):
    """The older name of `ZeroGrad`.

    <parameters>

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * ConsiderConstant()(x), x).eval({x: 3})
    array(3.)
    """


class DisconnectedGrad(ViewOp):
    """Identity that cuts the graph for differentiation.

    <parameters>

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * DisconnectedGrad()(x), x).eval({x: 3})
    array(3.)
    """

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False]]

    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        return [DisconnectedType()()]

    def R_op(self, inputs: Gradients, eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        return [None]


class UndefinedGrad(ViewOp):
    """Identity through which no gradient may be asked for.

    <parameters>

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> UndefinedGrad()(T.constant(3)).eval()
    array(3, dtype=int8)
    """


    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        return [grad_undefined(self, 0, inputs[0])]

    def R_op(self, inputs: Gradients, eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        return [None]


class GradClip(ViewOp):
    """Identity whose gradient is clipped, element by element.

    Parameters
    ----------
    clip_lower_bound, clip_upper_bound : number
        Between which the gradient lies.

    Returns
    -------
    variable
        Called with a variable, or what becomes a tensor: one of its type.

    Raises
    ------
    ValueError
        The bounds are not in order.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(GradClip(-1, 1)(x) ** 2, x).eval({x: 3})
    array(1.)
    """

    __props__ = ("clip_lower_bound", "clip_upper_bound")

    def __init__(self, clip_lower_bound: float, clip_upper_bound: float) -> None:
        self.clip_lower_bound = clip_lower_bound
        self.clip_upper_bound = clip_upper_bound
        if not clip_upper_bound >= clip_lower_bound:
            raise ValueError(
                f"grad_clip: the bounds {clip_lower_bound} and {clip_upper_bound} are not in order"
            )

    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        (g,) = gs
        if isinstance(g.type, DisconnectedType):
            return [g]
        # Bounds in the gradient's own dtype: clipping must not widen a float32 gradient.
        bounds = [np.asarray(b, dtype=g.type.dtype) for b in (self.clip_lower_bound, self.clip_upper_bound)]
        return [clip(g, *bounds)]


class GradScale(ViewOp):
    """Identity whose gradient is multiplied by a number.

    Parameters
    ----------
    multiplier : number or variable
        What the gradient is multiplied by.

    Returns
    -------
    variable
        Called with a variable, or what becomes a tensor: one of its type.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(GradScale(0.5)(x), x).eval({x: 3})
    array(0.5)
    """

    __props__ = ("multiplier",)

    def __init__(self, multiplier: Any) -> None:
        self.multiplier = multiplier

    def grad(self, inputs: Gradients, gs: Gradients) -> list[Variable]:
        (g,) = gs
        if isinstance(g.type, DisconnectedType):
            return [g]
        k = self.multiplier
        return [(k if isinstance(k, Variable) else np.asarray(k, dtype=g.type.dtype)) * g]


zero_grad_ = ZeroGrad()
consider_constant_ = ConsiderConstant()
disconnected_grad_ = DisconnectedGrad()
undefined_grad_ = UndefinedGrad()


def zero_grad(x: Any) -> Any:
    """`x`, with gradient zero.

    <parameters>

    Raises
    ------
    TypeError
        `x` can't be a tensor.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * zero_grad(x), x).eval({x: 3})        # as if the second x were a constant
    array(3.)
    """
    return zero_grad_(x)


def consider_constant(x: Any) -> Any:
    """`x`, with gradient zero; the older name of `zero_grad`.

    <parameters>

    Raises
    ------
    TypeError
        `x` can't be a tensor.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * consider_constant(x), x).eval({x: 3})
    array(3.)
    """
    return consider_constant_(x)


def disconnected_grad(x: Any) -> Any:
    """`x`, not connected to what it was computed from as far as gradients are concerned.

    <parameters>

    Raises
    ------
    TypeError
        `x` can't be a tensor.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(x * disconnected_grad(x), x).eval({x: 3})
    array(3.)
    >>> T.grad(disconnected_grad(x), x)
    Traceback (most recent call last):
    theano.gradient.errors.DisconnectedInputError: ...
    """
    return disconnected_grad_(x)


def undefined_grad(x: Any) -> Any:
    """`x`, with an undefined gradient: asking for it is an error.

    <parameters>

    Raises
    ------
    TypeError
        `x` can't be a tensor.
    NullTypeGradError
        By `grad`, if it is asked for a gradient through this.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(undefined_grad(x), x)
    Traceback (most recent call last):
    theano.gradient.errors.NullTypeGradError: ...
    """
    return undefined_grad_(x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Any:
    """`x`, whose gradient is clipped to lie between the bounds.

    Parameters
    ----------
    x
        A variable, or what becomes a tensor; of any shape and dtype.
    lower_bound, upper_bound : number
        Between which each element of the gradient lies.

    Returns
    -------
    variable
        Of the type of `x`.

    Raises
    ------
    ValueError
        The bounds are not in order.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(grad_clip(x, -1, 1) ** 2, x).eval({x: 3})
    array(1.)
    """
    return GradClip(lower_bound, upper_bound)(x)


def grad_scale(x: Any, multiplier: Any) -> Any:
    """`x`, whose gradient is multiplied by `multiplier` (-1: gradient reversal).

    Parameters
    ----------
    x
        A variable, or what becomes a tensor; of any shape and dtype.
    multiplier : number or variable
        What the gradient is multiplied by.

    Returns
    -------
    variable
        Of the type of `x`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> T.grad(grad_scale(x, -1) ** 2, x).eval({x: 3})
    array(-6.)
    """
    return GradScale(multiplier)(x)


fill(globals(), {
    "<parameters>": """\
Parameters
----------
x
    A variable, or what becomes a tensor; of any shape and dtype.

Returns
-------
variable
    Of the type of `x`."""
})  # fmt: skip
