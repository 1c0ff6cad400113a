"""Derivatives of `Elemwise` of composites: those of the expressions that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.flag_table import config
from theano.gradient.forward import Rop
from theano.gradient.reverse import grad
from theano.graph import clone_replace
from theano.scalar import second
from theano.tensor.elemwise import elemwise
from theano.tensor.variable import LATE, as_tensor_variable


def _gradients(op: Any, inputs: Sequence[Any], out: Any, g: Any) -> list[Any]:
    """The gradients of the inputs, given that of the output."""
    # Variables of our own: the inputs may depend on each other.
    own, towards = [x.type() for x in inputs], g.type()
    with config.change_flags(compute_test_value="off"):
        value = _spread(op, own)
        if value in own:  # nothing but an input, which is handed on
            value = value.copy()
        found = grad(
            None, own, known_grads={value: towards}, disconnected_inputs="ignore", return_disconnected="Disconnected",
            null_gradients="return",
        )  # fmt: skip
    replace = {**dict(zip(own, inputs, strict=True)), towards: g, value: out}
    return list(clone_replace(list(found), replace, strict=False))


def _changes(op: Any, inputs: Sequence[Any], directions: Sequence[Any]) -> list[Any]:
    """The change of the output if the inputs change in these directions (None: not at all)."""
    own = [x.type() for x in inputs]
    known = [(v, d) for v, d in zip(own, directions, strict=True) if d is not None]
    with config.change_flags(compute_test_value="off"):
        change = Rop(
            _spread(op, own), [v for v, _ in known], [d for _, d in known], disconnected_outputs="ignore",
            return_disconnected="None",
        )  # fmt: skip
    if change is None:
        return [None]
    return list(clone_replace([change], dict(zip(own, inputs, strict=True)), strict=False))


def _spread(op: Any, inputs: Sequence[Any]) -> Any:
    """The output as an expression of tensors, as large as all of them together."""
    value = as_tensor_variable(op.applied(inputs)[0])
    pattern = tuple(map(all, zip(*(x.type.broadcastable for x in inputs), strict=True)))
    for x in inputs:
        if value.type.broadcastable != pattern:  # it depends on a part of the inputs only
            value = elemwise(second)(x, value)
    return value


LATE["composite_gradients"] = _gradients
LATE["composite_changes"] = _changes
