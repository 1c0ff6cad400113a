"""Branches: only the side that the condition selects is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.tensor.making.alloc import zeros_like
from theano.tensor.masks import Branches
from theano.tensor.opsupport import disconnected, is_disconnected, new_tensor, zero_gradient
from theano.tensor.pointwise.math import switch
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


class IfElse(Op):
    """``then`` values if the condition is true, else ``else`` values; linkers compute only the side taken.

    Inputs are the condition, `n_outs` variables of the one side and as many of the other.

    Parameters
    ----------
    n_outs : int
        The number of values of each side.
    as_view, gpu
        Accepted for older programs.
    name : str, optional
        For printing.

    Returns
    -------
    variable, or list of variables
        Called with the condition and the values: of their types.

    Raises
    ------
    ValueError
        It is called with another number of values.
    TypeError
        The condition is not 0-d, or types differ.

    Examples
    --------
    >>> IfElse(1)(T.lscalar(), T.vector(), T.vector())
    if{}.0
    """

    __props__ = ("n_outs", "name")
    folds_constants = False
    view_map: dict[int, list[int]] = {}

    def __init__(
        self, n_outs: int, as_view: bool = False, gpu: bool = False, name: str | None = None
    ) -> None:
        self.n_outs = int(n_outs)
        self.name = name

    def __str__(self) -> str:
        return f"if{{{self.name or ''}}}"

    def make_node(self, cond: Any, *branches: Any) -> Apply:
        if len(branches) != 2 * self.n_outs:
            raise ValueError(
                f"Wrong number of arguments to make_node: expected {2 * self.n_outs}, got {len(branches)}"
            )
        cond = as_tensor_variable(cond)
        if cond.type.ndim != 0:
            raise TypeError(
                f"the condition of ifelse must be 0-d, got {cond} with {cond.type.ndim} dimensions"
            )
        sides = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in branches]
        thens, elses = list(sides[: self.n_outs]), list(sides[self.n_outs :])
        outputs = []
        for k, (a, b) in enumerate(zip(thens, elses)):
            thens[k], elses[k] = _meet(a, b)
            outputs.append(_result(thens[k], elses[k]))
        return Apply(self, [cond, *thens, *elses], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        taken = inputs[1 : 1 + self.n_outs] if inputs[0] else inputs[1 + self.n_outs :]
        for storage, value in zip(out, taken):
            storage[0] = value.copy() if isinstance(value, np.ndarray) else value

    def decompose(self, inputs: Sequence[Any]) -> list[Any] | None:
        """Between values of several arrays: one between their arrays."""
        cond, sides = inputs[0], inputs[1:]
        parts = [[v] if (own := v.type.parts) is None else own.take(v.type, v) for v in sides]
        if all(len(own) == 1 for own in parts):
            return None
        thens, elses = ([v for own in side for v in own] for side in (parts[: self.n_outs], parts[self.n_outs :]))
        chosen = iter(IfElse(len(thens), name=self.name)(cond, *thens, *elses, return_list=True))
        return [
            next(chosen) if v.type.parts is None else v.type.parts.make(v.type, [next(chosen) for _ in own])
            for v, own in zip(sides, parts[: self.n_outs])
        ]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        cond = node.inputs[0]
        result: list[Any] = []
        for k in range(self.n_outs):
            then, other = shapes[1 + k], shapes[1 + self.n_outs + k]
            if then is None or other is None:
                result.append(None)
                continue
            result.append(tuple(m if m is n else switch(cond, m, n) for m, n in zip(then, other)))
        return result

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        cond, thens, elses = inputs[0], inputs[1 : 1 + self.n_outs], inputs[1 + self.n_outs :]
        wanted = [k for k, g in enumerate(gs) if not is_disconnected(g)]
        grads: list[Any] = [zero_gradient(cond)] + [disconnected() for _ in inputs[1:]]
        if not wanted:
            return grads
        op = IfElse(len(wanted), name=None if self.name is None else f"{self.name}_grad")
        flowing = [gs[k] for k in wanted]
        into_then = op(cond, *flowing, *(_zeros(thens[k], gs[k]) for k in wanted), return_list=True)
        into_else = op(cond, *(_zeros(elses[k], gs[k]) for k in wanted), *flowing, return_list=True)
        for k, a, b in zip(wanted, into_then, into_else):
            grads[1 + k], grads[1 + self.n_outs + k] = a, b
        return grads

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        values, points = inputs[1:], eval_points[1:]
        wanted = [
            k for k in range(self.n_outs) if points[k] is not None or points[k + self.n_outs] is not None
        ]
        if not wanted:
            return [None] * self.n_outs
        sides = [
            points[k + s] if points[k + s] is not None else zero_gradient(values[k + s])
            for s in (0, self.n_outs)
            for k in wanted
        ]
        made = iter(IfElse(len(wanted), name=self.name)(inputs[0], *sides, return_list=True))
        return [next(made) if k in wanted else None for k in range(self.n_outs)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        sides = [[k == i % self.n_outs for k in range(self.n_outs)] for i in range(2 * self.n_outs)]
        return [[True] * self.n_outs, *sides]


def _meet(a: Any, b: Any) -> tuple[Variable, Variable]:
    """Two branches as variables of one type."""
    if a.type == b.type:
        return a, b
    # patterns may differ where one is the more general: (1, n) beside (m, n)
    for x, y in ((a, b), (b, a)):
        try:
            converted = x.type.filter_variable(y)
        except TypeError:
            continue
        return (x, converted) if x is a else (converted, x)
    raise TypeError(
        f"The two branches should have identical types, but they are {a.type} and {b.type} respectively. This error "
        "could be raised if for example you provided a one element list on the `then` branch but a tensor on the "
        "`else` branch. Branches are not converted: write T.cast(x, dtype), or a constant of that dtype, for one of "
        "them."
    )


def _result(a: Any, b: Any) -> Any:
    """A variable for either of two branches of one type: lengths are known where both agree."""
    if not isinstance(a.type, TensorType):
        return a.type.make_variable()
    return new_tensor(a.type.dtype, [m if m == n else None for m, n in zip(a.type.shape, b.type.shape)])


def _zeros(x: Any, g: Any) -> Any:
    """Zeros of the shape of `x` and the type of its gradient `g`."""
    return zeros_like(x, dtype=g.type.dtype) if isinstance(x.type, TensorType) else g.zeros_like()


def _opened(x: Any) -> tuple[Any, Any, Any] | None:
    node = x.owner
    if not isinstance(node.op, IfElse):
        return None
    return node.inputs[0], node.inputs[1 + x.index], node.inputs[1 + node.op.n_outs + x.index]


Branches.opened = _opened
Branches.made = lambda condition, then, other: IfElse(1)(condition, then, other)


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """`then_branch` if `condition` is true, else `else_branch`; only the one taken is computed.

    Parameters
    ----------
    condition : 0-d tensor of any dtype
        True where it is not 0.
    then_branch, else_branch : tensors, or lists of tensors of the same length
        Their types must be identical.
    name : str, optional
        For printing.

    Returns
    -------
    A variable, or a list if `then_branch` is a list.

    Raises
    ------
    TypeError
        If the types of the branches differ.
    ValueError
        If the lists differ in length.

    Examples
    --------
    >>> x = T.scalar("x")
    >>> ifelse(x > 0, x, 0. * x).eval({x: 3.0})
    array(3.)
    """
    then_list = _as_list(then_branch)
    else_list = _as_list(else_branch)
    if len(then_list) != len(else_list):
        raise ValueError(
            f"The number of values on the `then` branch should be that on the `else` branch: "
            f"{len(then_list)} and {len(else_list)}"
        )
    if not then_list:
        raise ValueError("ifelse needs at least one value on each branch")
    outputs = IfElse(len(then_list), name=name)(condition, *then_list, *else_list, return_list=True)
    return list(outputs) if isinstance(then_branch, (list, tuple)) else outputs[0]


def _as_list(branch: Any) -> Sequence[Any]:
    return list(branch) if isinstance(branch, (list, tuple)) else [branch]
