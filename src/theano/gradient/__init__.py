"""Differentiation: reverse sweeps (`grad`, `Lop`), forward sweeps (`Rop`), and ops that bend gradients."""

from __future__ import annotations

from typing import Any

from theano.base.other_words import no_attribute as _no_attribute
from theano.gradient import composites
from theano.gradient.derived import Lop, hessian, hessian_times_vector, jacobian, subgraph_grad
from theano.gradient.errors import DisconnectedInputError, GradientError, NullTypeGradError
from theano.gradient.forward import Rop
from theano.gradient.identity import (
    ConsiderConstant,
    DisconnectedGrad,
    GradClip,
    GradScale,
    UndefinedGrad,
    ViewOp,
    ZeroGrad,
    consider_constant,
    consider_constant_,
    disconnected_grad,
    disconnected_grad_,
    grad_clip,
    grad_scale,
    undefined_grad,
    undefined_grad_,
    zero_grad,
    zero_grad_,
)
from theano.gradient.numeric import numeric_grad
from theano.gradient.reverse import Spent as _Spent
from theano.gradient.reverse import format_as, grad
from theano.graph.null_type import (
    DisconnectedType,
    NullType,
    grad_not_implemented,
    grad_undefined,
)


def __getattr__(name: str) -> Any:
    """`grad_time`: seconds in all calls of `grad` so far."""
    if name == "grad_time":
        return _Spent.seconds
    raise _no_attribute(__name__, name)


disconnected_type = DisconnectedType()
null_type = NullType()

__all__ = [
    "ConsiderConstant",
    "DisconnectedGrad",
    "DisconnectedInputError",
    "DisconnectedType",
    "GradClip",
    "GradScale",
    "GradientError",
    "Lop",
    "NullType",
    "NullTypeGradError",
    "Rop",
    "UndefinedGrad",
    "ViewOp",
    "ZeroGrad",
    "consider_constant",
    "consider_constant_",
    "disconnected_grad",
    "disconnected_grad_",
    "disconnected_type",
    "format_as",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "hessian_times_vector",
    "jacobian",
    "null_type",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "undefined_grad_",
    "zero_grad",
    "zero_grad_",
]
