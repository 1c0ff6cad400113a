"""Canonical forms of shapes: lengths without values, useless reshapes and declarations."""

from __future__ import annotations

import numpy as np

from theano.graph import Constant
from theano.rewrite.engine.build import dims, dimshuffle, index, number, same_number, scalar_name
from theano.rewrite.engine.forms import counted, rebroadcast
from theano.rewrite.engine.pattern import parameter, variable
from theano.rewrite.engine.registry import ONLY_BY_NAME, canonicalize, rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.scan.count import StepCount
from theano.tensor.checks.assertion import Assert, AssertEqual
from theano.tensor.checks.declared_shapes import SpecifyShape
from theano.tensor.checks.shape_agreement import Fitting
from theano.tensor.shaping.reshaping import Reshape
from theano.tensor.shaping.shape import MakeVector, Shape, Shape_i

x, n, N = variable("x", "any"), variable("n", "int"), parameter("N")


@rule(Shape_i, name="length_of_expression")
def length_of_expression(graph: RewriteGraph, node: Node) -> Result:
    """``exp(x).shape[0] -> x.shape[0]``: a length follows from those of what the array is made of."""
    x, i = node.inputs[0], node.op.i
    if x.owner is None and x.type.shape[i] is None:
        return None
    length = dims(graph, x)[i]
    owner = length.owner
    if owner is not None and type(owner.op) is Shape_i and owner.op.i == i and graph.find(owner.inputs[0]) is x:
        return None
    return length


@rule(Shape, name="shape_of_expression")
def shape_of_expression(graph: RewriteGraph, node: Node) -> Result:
    """``x.shape -> stack(x.shape[0], x.shape[1])``: a shape is a vector of lengths, which are found one by one."""
    return MakeVector("int64")(*dims(graph, node.inputs[0]))


@rule("maximum", name="length_is_nonnegative")
def length_is_nonnegative(graph: RewriteGraph, node: Node) -> Result:
    """``maximum(n, 0) -> n`` for lengths, which are never negative."""
    if len(node.inputs) != 2 or node.outputs[0].type.ndim:
        return None
    for v, bound in (node.inputs, node.inputs[::-1]):
        if number(bound) in (0, -1) and v.type.dtype == node.outputs[0].type.dtype and nonnegative(v):
            return v
    return None


def nonnegative(var: Tensor, depth: int = 6) -> bool:
    """Whether an integer is known to be at least 0."""
    value = number(var)
    if value is not None:
        return value >= 0
    node = var.owner
    if node is None or depth == 0:
        return False
    if type(node.op) is Shape_i or type(node.op) is StepCount:
        return True
    name = scalar_name(var)
    if name in ("add", "mul", "maximum", "minimum"):
        return (any if name == "maximum" else all)(nonnegative(v, depth - 1) for v in node.inputs)
    return False


# A number of steps that cannot be negative (or, if one is needed, none) needs no look.
canonicalize(
    counted(n, N), n, name="steps_are_nonnegative",
    where=lambda graph, n, N: nonnegative(n) and (not N or (number(n) or 0) > 0),
)  # fmt: skip


@rule(Reshape, name="useless_reshape")
def useless_reshape(graph: RewriteGraph, node: Node) -> Result:
    """``x.reshape(x.shape) -> x``: a reshape that changes nothing, or comes after another one, is left out."""
    x, shape = node.inputs
    out = node.outputs[0]
    if x.type.ndim == 1 and out.type.ndim == 1 and x.type.broadcastable == out.type.broadcastable:
        return x
    if x.owner is not None and type(x.owner.op) is Reshape:
        return node.op(x.owner.inputs[0], shape)
    if all(x.type.broadcastable) and all(out.type.broadcastable):
        flat = dimshuffle(x, ()) if x.type.ndim else x
        return dimshuffle(flat, ("x",) * out.type.ndim)
    if x.type.ndim == out.type.ndim and x.type.broadcastable == out.type.broadcastable:
        lengths = elements_of(shape)
        if lengths is not None:
            have = [graph.intern(n, node) for n in dims(graph, x)]
            known = list(map(same_number, have, lengths))
            # one length may be open: the number of elements fixes it
            if sum(not k for k in known) == 0 or (
                sum(not k for k in known) == 1 and number(lengths[known.index(False)]) == -1
            ):
                return x
    return None


def elements_of(vector: Tensor) -> list[Tensor] | None:
    """The elements of a vector that a shape is given by."""
    owner = getattr(vector, "owner", None)
    if owner is not None and type(owner.op) is MakeVector:
        return list(owner.inputs)
    data = getattr(vector, "data", None)
    if data is not None:
        return [index(int(n)) for n in data]
    return None


@rule(SpecifyShape, name="useless_specify_shape")
def useless_specify_shape(graph: RewriteGraph, node: Node) -> Result:
    """``specify_shape(x, x.shape) -> x``: what is known already need not be declared."""
    x = node.inputs[0]
    if len(node.inputs) != 2 or x.type.broadcastable != node.outputs[0].type.broadcastable:
        return None
    lengths = elements_of(node.inputs[1])
    if lengths is None:
        return None
    have = [graph.intern(n, node) for n in dims(graph, x)]
    return x if all(map(same_number, have, lengths)) else None


@rule(Assert, AssertEqual, name="useless_assert")
def useless_assert(graph: RewriteGraph, node: Node) -> Result:
    """``assert_(x, True) -> x``: a condition that is known to hold is not checked."""
    value, *conditions = node.inputs
    if type(node.op) is AssertEqual:
        return value if same_number(*conditions) else None
    left = [c for c in conditions if not (isinstance(c, Constant) and np.all(c.data))]
    if len(left) == len(conditions):
        return None
    return node.op(value, *left) if left else value


@rule(Assert, AssertEqual, Fitting, tags=ONLY_BY_NAME)
def local_remove_all_assert(graph: RewriteGraph, node: Node) -> Result:
    """``assert_(x, conditions) -> x``, hold they or not: only where a mode includes this rule, or ``"unsafe"``."""
    return node.inputs[0]


canonicalize(rebroadcast(x, N), x, name="useless_rebroadcast")  # where `x` has the pattern that is declared
