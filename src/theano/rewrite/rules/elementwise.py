"""Canonical forms of point-wise nodes: algebra, constants, useless operations, fills, axis permutations."""

from __future__ import annotations

from functools import cache

import numpy as np

from theano import scalar
from theano.graph import Constant
from theano.graph.op import perform_node
from theano.rewrite.engine import algebra
from theano.rewrite.engine.arithmetic import is_exact
from theano.rewrite.engine.build import (
    broadcast_to,
    cast_of,
    constant,
    dims,
    dimshuffle,
    elemwise,
    has_lengths,
    is_tensor,
    number,
    repeated,
    scalar_name,
    uniform_value,
)
from theano.rewrite.engine.pattern import variable
from theano.rewrite.engine.registry import canonicalize, equation, rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules import collect
from theano.scalar import abs_, identity, pow
from theano.scalar.dtypes import COMPLEX, DISCRETE
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.making.alloc import Alloc

x = variable("x", "any")

# Folding makes arrays; larger ones stay symbolic (they would have to be stored with the program).
FOLD_LIMIT = 1 << 16

rule("add", "sub", "neg", name="collect_terms")(collect.collect_terms)
rule("mul", "true_div", "inv", "sqr", "pow", "neg", name="collect_factors")(collect.collect_factors)
rule("mul", "true_div", "neg", name="distribute", phase="stabilize", view="product", some=frozenset({"add", "sub"}))(
    collect.distribute
)
rule("mul", "true_div", "neg", name="cancel_shared", phase="stabilize", view="product", some=algebra.PRODUCT_OPS)(
    collect.cancel_shared
)
rule("mul", "true_div", "neg", name="sign_of_quotient", view="product", some=frozenset({"abs_"}))(
    collect.sign_of_quotient
)
rule("abs_", name="size_of_multiple", children=frozenset({"mul", "true_div"}))(collect.size_of_multiple)


@rule()
def constant_folding(graph: RewriteGraph, node: Node) -> Result:
    """``2 * 3 -> 6``: what is made of constants alone is computed now, not at each call."""
    inputs = node.inputs
    for v in inputs:
        if not isinstance(v, Constant):
            return None
    op = node.op
    if not inputs or not all(map(is_tensor, node.outputs)) or not op.do_constant_folding(node):
        return None
    try:
        with np.errstate(all="ignore"):
            values = perform_node(node, [v.data for v in inputs])
    except Exception:  # whatever is wrong with these values must show when the program runs, not now
        return None
    results: list[Tensor | None] = []
    for out, value in zip(node.outputs, values, strict=True):
        value = np.asarray(value)
        if value.nbytes > FOLD_LIMIT and value.nbytes > sum(np.asarray(v.data).nbytes for v in inputs):
            return None
        results.append(_as_constant(out, value))
    return results


def _as_constant(out: Tensor, value: np.ndarray) -> Tensor:
    from theano.tensor.variable import TensorConstant

    value = np.array(value, dtype=out.type.dtype)  # a copy: perform may return a view of its input
    value.flags.writeable = False
    return TensorConstant(out.type, value)


# -- useless operations ---------------------------------------------------------------------------


equation("useless", identity(x), x, name="useless_identity", as_written=True)


@rule("second", phase="useless", name="second_is_fill")
def second_is_fill(graph: RewriteGraph, node: Node) -> Result:
    """``second(a, b) -> alloc(b, *a.shape)``: only the shape of `a` is needed, not its values."""
    out = node.outputs[0]
    shape, value = node.inputs
    if value.type.broadcastable != out.type.broadcastable:
        return broadcast_to(graph, value, out)
    each = zip(dims(graph, shape), dims(graph, value), shape.type.broadcastable, strict=True)
    lengths = [own if repeated else n for n, own, repeated in each]
    if has_lengths(graph, value, lengths):
        return value
    return repeated(value, lengths)


@rule("cast", phase="useless", name="useless_cast")
def useless_cast(graph: RewriteGraph, node: Node) -> Result:
    """``cast(x, x.dtype) -> x``: a cast that changes nothing is left out, and one after a cast that loses nothing."""
    x, dtype = node.inputs[0], node.outputs[0].type.dtype
    if x.type.dtype == dtype:
        return x
    source = cast_of(x)
    if source is None or not _is_exact_cast(source.type.dtype, x.type.dtype):
        return None
    return source if source.type.dtype == dtype else elemwise(scalar.convert_to(dtype), source)


@cache
def _is_exact_cast(source: str, target: str) -> bool:
    """Whether a cast between real dtypes loses nothing. (NumPy calls that of 64 bit integers to floats safe, too.)"""
    whole = source in DISCRETE and target not in DISCRETE and np.dtype(source).itemsize == 8
    return np.can_cast(source, target) and not whole and target not in COMPLEX


@rule("switch", name="switch_known")
def switch_known(graph: RewriteGraph, node: Node) -> Result:
    """``switch(True, a, b) -> a``: where the condition is known, or both values are equal, nothing is chosen."""
    condition, yes, no = node.inputs
    out = node.outputs[0]
    if yes is no:
        return _whole(graph, yes, out)
    value = uniform_value(condition)
    if value is None:
        return None
    return _whole(graph, yes if value else no, out)


def _whole(graph: RewriteGraph, value: Tensor, out: Tensor) -> Tensor | None:
    if value.type.dtype != out.type.dtype:
        value = elemwise(scalar.convert_to(out.type.dtype), value)
    return broadcast_to(graph, value, out)


# name -> value of op(x, x); only what also holds for nan.
_OF_EQUALS = {"lt": False, "gt": False, "xor": 0}
_IDEMPOTENT = frozenset({"maximum", "minimum", "and_", "or_"})


@rule("lt", "gt", "xor", "maximum", "minimum", "and_", "or_", "le", "ge", "eq", "neq", name="of_equals")
def of_equals(graph: RewriteGraph, node: Node) -> Result:
    """``maximum(x, x) -> x``, ``x < x -> False`` and such."""
    first = node.inputs[0]
    if any(v is not first for v in node.inputs):
        return None
    name, out = node.op.scalar_op.name, node.outputs[0]
    if name in _IDEMPOTENT:
        return first
    if name == "xor" and len(node.inputs) != 2:
        return None
    value = _OF_EQUALS.get(name)
    if value is None:
        if "int" not in first.type.dtype and first.type.dtype != "bool":
            return None  # nan == nan is False
        value = name != "neq"
    return broadcast_to(graph, constant(value, out.type.dtype, out.type.ndim), out)


@rule("abs_", name="abs_of_nonnegative")
def abs_of_nonnegative(graph: RewriteGraph, node: Node) -> Result:
    """``abs(exp(x)) -> exp(x)``: of what is never negative."""
    x = node.inputs[0]
    if x.type.dtype.startswith(("uint", "bool")):
        return x if x.type.dtype == node.outputs[0].type.dtype else None
    if not x.type.dtype.startswith("float") or scalar_name(x) is None:
        return None
    return x if x.owner.op.scalar_op.nonnegative else None


canonicalize(abs_(-variable("x")), abs_(variable("x")), name="abs_of_negative", as_written=True)


@rule("and_", "or_", name="logic_with_constants")
def logic_with_constants(graph: RewriteGraph, node: Node) -> Result:
    """``x & True -> x``, ``x | True -> True``; bools only."""
    out = node.outputs[0]
    if out.type.dtype != "bool":
        return None
    absorbing = node.op.scalar_op.name == "or_"
    rest = []
    for v in node.inputs:
        value = number(v)
        if value is None:
            rest.append(v)
        elif bool(value) is absorbing:
            return broadcast_to(graph, constant(absorbing, "bool", out.type.ndim), out)
    if len(rest) == len(node.inputs) or not rest:
        return None
    made = rest[0] if len(rest) == 1 else elemwise(node.op.scalar_op, *rest)
    return broadcast_to(graph, made, out)


canonicalize(pow(1, x), 1, name="pow_of_one", as_written=True)

# Factors that collecting removes.
_UNITS = (1, -1)
_PRODUCTS = ("mul", "true_div")


@rule("add", "sub", "maximum", "minimum", "switch", name="term_in_dtype", phase="specialize")
@rule("mul", "true_div", name="constant_in_dtype")
def constant_in_dtype(graph: RewriteGraph, node: Node) -> Result:
    """``2 * x -> 2.0 * x``: one constant for one value, so that equal expressions are seen to be equal."""
    dtype = node.outputs[0].type.dtype
    if not dtype.startswith("float"):
        return None
    inputs, name = node.inputs, node.op.scalar_op.name
    start = 1 if name == "switch" else 0
    changed = None
    for k in range(start, len(inputs)):
        v = inputs[k]
        if v.owner is None and v.type.dtype != dtype:
            value = number(v)
            if value is not None and (value not in _UNITS or name not in _PRODUCTS) and is_exact(value, dtype):
                changed = changed or list(inputs)
                changed[k] = constant(value, dtype, v.type.ndim)
    if changed is None or all(v.type.dtype != dtype for v in inputs[start:]):
        return None
    return node.op(*changed)


# -- fills and axes -------------------------------------------------------------------------------


@rule(Elemwise, name="fill_sinks")
def fill_sinks(graph: RewriteGraph, node: Node) -> Result:
    """``f(alloc(v, …), y) -> f(v, y)``: broadcasting does it, or the result is repeated instead."""
    inputs = node.inputs
    if not any(v.owner is not None and type(v.owner.op) is Alloc for v in inputs):
        return None
    out = node.outputs[0]
    if node.op.scalar_op is scalar.second:
        return None
    changed = False
    new = []
    for v in inputs:
        if v.owner is not None and type(v.owner.op) is Alloc:
            value = v.owner.inputs[0]
            pad = v.type.ndim - value.type.ndim
            pattern = (True,) * pad + value.type.broadcastable
            if pattern != v.type.broadcastable:
                changed = True
                v = dimshuffle(value, ("x",) * pad + tuple(range(value.type.ndim))) if pad else value
        new.append(v)
    if not changed:
        return None
    return broadcast_to(graph, node.op(*new), out)


@rule(DimShuffle, name="dimshuffle_simplified")
def dimshuffle_simplified(graph: RewriteGraph, node: Node) -> Result:
    """``x.T.T -> x``: axes that are moved twice are moved once or not at all, those of repeated values never."""
    x = node.inputs[0]
    order = node.op.new_order
    if order == tuple(range(x.type.ndim)):
        return x
    owner = x.owner
    if owner is None:
        return None
    if type(owner.op) is DimShuffle:
        return dimshuffle(x, order)
    if type(owner.op) is Alloc and all(owner.inputs[0].type.broadcastable):
        value = owner.inputs[0]
        if value.type.ndim:
            value = dimshuffle(value, ())
        if not node.outputs[0].type.ndim:
            return value
        return (
            broadcast_to(graph, value, node.outputs[0])
            if not all(node.outputs[0].type.broadcastable)
            else dimshuffle(value, ("x",) * node.outputs[0].type.ndim)
        )
    return None


_ALGEBRA = algebra.SUM_OPS | algebra.PRODUCT_OPS


@rule(*sorted(_ALGEBRA), name="dimshuffle_lifted")
def dimshuffle_lifted(graph: RewriteGraph, node: Node) -> Result:
    """``(x / y).T * z -> (x.T / y.T) * z``: algebra that nobody else reads moves to where more of it is."""
    for v in node.inputs:
        shuffle = v.owner
        if shuffle is None or type(shuffle.op) is not DimShuffle:
            continue
        x = shuffle.inputs[0]
        if scalar_name(x) not in _ALGEBRA or graph.only_user(x) is None or graph.only_user(v) is None:
            continue
        order, owner = shuffle.op.new_order, x.owner
        moved = [dimshuffle(i, order) if not _all_ones(i) else _reranked(i, len(order)) for i in owner.inputs]
        lifted = owner.op(*moved)
        if lifted.type.broadcastable != v.type.broadcastable:
            continue
        return node.op(*[lifted if i is v else i for i in node.inputs])
    return None


def _all_ones(var: Tensor) -> bool:
    return number(var) is not None


def _reranked(var: Tensor, ndim: int) -> Tensor:
    """A constant with one element in another rank."""
    from theano.tensor.type import TensorType
    from theano.tensor.variable import TensorConstant

    return TensorConstant(TensorType(var.type.dtype, (True,) * ndim), var.data.reshape((1,) * ndim))


@rule(Alloc, name="useless_alloc")
def useless_alloc(graph: RewriteGraph, node: Node) -> Result:
    """``alloc(x, *x.shape) -> x``, ``alloc(alloc(v, …), …) -> alloc(v, …)``."""
    value, *sizes = node.inputs
    out = node.outputs[0]
    if value.type.broadcastable == out.type.broadcastable:
        if all(value.type.broadcastable) or has_lengths(graph, value, sizes):
            return value
    if value.owner is not None and type(value.owner.op) is Alloc:
        inner = value.owner.inputs[0]
        if all(inner.type.broadcastable) and has_lengths(graph, value, sizes[len(sizes) - value.type.ndim :]):
            return node.op(inner, *sizes)
    return None
