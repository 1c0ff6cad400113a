"""Lowering of point-wise operations and of the axis maps between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, is_const
from theano.lower.state.values import Value, rearranged
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import DimShuffle, Elemwise

# What is one instruction whatever its operands are.
ARITHMETIC = frozenset(("add", "sub", "mul", "true_div"))


@lowers(Elemwise)
def lower_elemwise(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op: ScalarOp = node.op.scalar_op
    out = node.outputs[0].type
    in_dtypes = tuple(v.type.dtype for v in node.inputs)
    if not op.is_native(in_dtypes, out.dtype):
        return None
    dims = broadcast_dims(b, inputs, node)
    if op.checks_zero_divisor and out.dtype not in ("float16", "float32", "float64"):
        check_divisor(b, inputs[1])
    if not inputs:
        return None
    number = _of_lengths(b, op.name, inputs) if out.dtype == "int64" and not dims else None
    if number is not None:
        return [Value("i64", (), uniform=b.named(number))]
    reads, negated = _without_negations(b, node, inputs)
    looks = op.name not in ARITHMETIC  # at constants, for which it may be computed otherwise
    known = [r.uniform if looks and r.uniform is not None and r.uniform.op == "const" else None for r in reads]
    key = (op, in_dtypes, out.dtype, *negated, *known)
    body = b.applied.get(key)
    if body is None:
        pairs = zip(bd.elements(reads), known, strict=True)
        args = [x if number is None else number for x, number in pairs]
        args = [ex.neg(x) if minus else x for x, minus in zip(args, negated, strict=True)]
        body = b.applied[key] = _body(op, in_dtypes, out.dtype, args)
    return [b.pointwise(ex.TYPE_OF[out.dtype], dims, reads, body)]


def _of_lengths(b: Builder, name: str, inputs: list[Value]) -> Expr | None:
    """What is computed of lengths, in the form in which lengths are compared; without the cases that they can't be."""
    if name not in ("int_div", "mod", "maximum", "minimum") or any(v.uniform is None for v in inputs):
        return None
    if len(inputs) != 2 or any(v.type not in ex.SIGNED for v in inputs):
        return None
    x, y = (b.scalar(v, "i64") for v in inputs)
    if name == "int_div":
        return b.dims.quotient(x, y)
    if name == "mod":
        return ex.irem(x, y) if b.dims.is_length(x) and b.dims.is_positive(y) else None
    if not b.dims.names.lengths.issuperset(ex.names(x, y)):
        return None  # of other numbers n + 1 may be less than n
    return (b.dims.maximum if name == "maximum" else b.dims.minimum)(x, y)


def _body(op: Any, in_dtypes: tuple[str, ...], out_dtype: str, args: list[Expr]) -> Expr:
    """The value for one element: of an operation that is made of others, theirs one after the other."""
    if op.steps is None:
        return bd.applied(bd.Application(op, in_dtypes, out_dtype), args)
    dtypes = op.dtypes(in_dtypes)
    types = [ex.TYPE_OF[c.dtype.name] for c in op.constants]
    values = [*args, *(ex.const(c.item(), st.load_type(t)) for c, t in zip(op.constants, types, strict=True))]
    for step in op.steps:
        out = dtypes[len(values)]
        application = bd.Application(step.op, tuple(dtypes[a] for a in step.args), out)
        values.append(bd.rounded(ex.TYPE_OF[out], bd.applied(application, [values[a] for a in step.args])))
    return values[op.results[0]]


def element_of(op: Any, in_dtypes: tuple[str, ...], out_dtype: str, args: Sequence[Expr]) -> Expr:
    """The value for one element in terms of primitives; `args` are the operands, in their own types."""
    return bd.Facts(_body(op, in_dtypes, out_dtype, list(args))).at(())


def _without_negations(b: Builder, node: Any, inputs: list[Value]) -> tuple[list[Value], list[bool]]:
    """The operands, or what they are the negatives of.

    A negation costs nothing where it is used, and what functions of x and of -x have in common is computed once.
    """
    reads, negated = list(inputs), [False] * len(inputs)
    for k, v in enumerate(node.inputs):
        made_by = v.owner
        if made_by is None or not isinstance(made_by.op, Elemwise) or made_by.op.scalar_op.name != "neg":
            continue
        value = b.values.get(made_by.inputs[0])
        if value is None or value.type not in ("f32", "f64") or value.type != inputs[k].type:
            continue
        if value.tensor is None or value.tensor not in b.consumed:
            reads[k], negated[k] = value, True
    return reads, negated


def broadcast_dims(b: Builder, inputs: list[Value], node: Any) -> tuple[Expr, ...]:
    """The lengths of the result; operands must agree on every axis on which they do not broadcast.

    Types say where they do: a length that was promised to be 1 is one like any other.
    """
    dims: list[Expr] = []
    for axis in range(node.outputs[0].type.ndim):
        found: Expr | None = None
        first = 0
        for k, (value, variable) in enumerate(zip(inputs, node.inputs, strict=True)):
            dim = value.dims[axis]
            if variable.type.broadcastable[axis]:
                continue
            if found is None:
                found, first = dim, k
            else:
                message = (
                    f"Input dimension mis-match. (input[{first}].shape[{axis}] = {{0}}, "
                    f"input[{k}].shape[{axis}] = {{1}})"
                )
                found = b.unify(found, dim, message)
        dims.append(ONE if found is None else found)
    return tuple(dims)


def check_divisor(b: Builder, divisor: Value) -> None:
    """Integer division by zero is an error, as in Python."""

    if divisor.uniform is not None:
        ok = ex.ne(divisor.uniform, 0)
    else:
        everything, nonzero = frozenset(range(divisor.ndim)), ex.ne(bd.element(0, divisor), 0)
        ok_value = b.reduce("bool", divisor.dims, [divisor], everything, False, "and", "bool", nonzero)
        ok = b.scalar(ok_value)
    b.check(ok, ZeroDivisionError, "integer division or modulo by zero")


@lowers(DimShuffle)
def lower_dimshuffle(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    order = node.op.new_order
    return [shuffled(b, inputs[0], order)]


def shuffled(b: Builder, x: Value, order: tuple[Any, ...]) -> Value:
    """Axes in another order, with new axes of length 1 where `order` says ``'x'``."""
    kept = {k for k in order if k != "x"}
    for axis, dim in enumerate(x.dims):
        if axis not in kept and not is_const(dim, 1):
            b.unify(dim, ONE, f"dropped axis {axis} has length {{0}}, not 1")
    return rearranged(x, [None if k == "x" else k for k in order])
