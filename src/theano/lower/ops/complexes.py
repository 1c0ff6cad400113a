"""What operations on complex numbers are in terms of real and imaginary parts.

Point-wise operations say it in the scalar table (`ScalarOp.parts`), operations on arrays here. `in_parts` gives an
expression that is lowered in the place of a node; `lower.complexes` makes complex numbers of parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.scalar import complexes as scalars
from theano.scalar import convert_to
from theano.scalar.dtypes import COMPLEX
from theano.scalar.rules import real_part
from theano.tensor.advanced_subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
)
from theano.tensor.alloc import Eye, Tri
from theano.tensor.dot import BatchedDot, Dot
from theano.tensor.elemwise import Elemwise
from theano.tensor.join import Join
from theano.tensor.reduction import Sum
from theano.tensor.shape import MakeVector
from theano.tensor.subtensor import IncSubtensor
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = ["in_parts"]

Parts = tuple[Any, Any]


def in_parts(node: Any) -> list[Any] | None:
    """What a node stands for in terms of the parts of its operands; None if nothing is known of that."""
    variables = (*node.inputs, *node.outputs)
    if not any(isinstance(v.type, TensorType) and v.type.dtype in COMPLEX for v in variables):
        return None
    rule = _RULES.get(type(node.op))
    found = None if rule is None else rule(node)
    if found is None:
        return None
    out = node.outputs[0].type
    if not isinstance(found, tuple):
        return [found]
    first, second = (convert_to(real_part(out.dtype))(v) for v in found)
    return [Elemwise(scalars.complex)(first, second)]


def _split(v: Any) -> Parts:
    """Both parts of a variable, as variables."""
    if v.type.dtype in COMPLEX:
        return scalars.real(v), scalars.imag(v)
    return v, scalars.second(v, as_tensor_variable(np.zeros((), v.type.dtype)))


def _pointwise(node: Any) -> Any:
    op = node.op.scalar_op
    if op.parts is None or op in (scalars.real, scalars.imag, scalars.complex):
        return None  # these are lowered
    in_dtypes = tuple(v.type.dtype for v in node.inputs)
    wanted = op.arg_dtypes(in_dtypes, node.outputs[0].type.dtype)
    return op.parts(*(_as(_split(v), real_part(d)) for v, d in zip(node.inputs, wanted, strict=True)))


def _as(parts: Parts, dtype: str) -> Parts:
    first, second = (v if v.type.dtype == dtype else convert_to(dtype)(v) for v in parts)
    return first, second


def _product(node: Any) -> Any:
    """Of a real matrix with a complex one, two products."""
    op, (x, y) = node.op, node.inputs
    dtype = real_part(node.outputs[0].type.dtype)
    (a, b), (c, d) = (_as(_split(v), dtype) for v in (x, y))
    if x.type.dtype not in COMPLEX:
        return op(a, c), op(a, d)
    if y.type.dtype not in COMPLEX:
        return op(a, c), op(b, c)
    return op(a, c) - op(b, d), op(a, d) + op(b, c)


def _each(arrays: slice) -> Callable[[Any], Any]:
    """An operation that does the same with both parts of its operands `arrays`."""

    def rule(node: Any) -> Any:
        op, taken = _real_op(node.op), range(len(node.inputs))[arrays]
        split = [_split(v) if k in taken else (v, v) for k, v in enumerate(node.inputs)]
        return op(*(s[0] for s in split)), op(*(s[1] for s in split))

    return rule


def _real_op(op: Any) -> Any:
    """The operation with the dtypes of the parts."""
    given = {name: getattr(op, name) for name in op.__props__}
    if not any(v in COMPLEX for v in given.values() if isinstance(v, str)):
        return op
    return type(op)(**{k: real_part(v) if isinstance(v, str) and v in COMPLEX else v for k, v in given.items()})


def _real_alone(node: Any) -> Any:
    made = _real_op(node.op)(*node.inputs)
    return made, scalars.second(made, as_tensor_variable(np.zeros((), made.type.dtype)))


_RULES: dict[type, Callable[[Any], Any]] = {
    Elemwise: _pointwise,
    Dot: _product,
    BatchedDot: _product,
    Sum: _each(slice(None)),
    Join: _each(slice(1, None)),
    MakeVector: _each(slice(None)),
    AdvancedSubtensor: _each(slice(1)),
    AdvancedSubtensor1: _each(slice(1)),
    IncSubtensor: _each(slice(2)),
    AdvancedIncSubtensor: _each(slice(2)),
    AdvancedIncSubtensor1: _each(slice(2)),
    Eye: _real_alone,
    Tri: _real_alone,
}
