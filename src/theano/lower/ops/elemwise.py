"""Lowering of point-wise operations and of the axis maps between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.vmath.pow import is_root
from theano.lower.builder import Builder
from theano.lower.convert import compute_type, convert
from theano.lower.dims import ONE, ZERO, is_const
from theano.lower.items import Body, Element
from theano.lower.ops.registry import lowers
from theano.lower.values import Value
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import DimShuffle, Elemwise

# Rough cost of an operation in plain additions; what is not listed is plain.
COSTS = {
    **dict.fromkeys(("exp", "exp2", "log", "log2", "log10", "expm1", "log1p", "sigmoid", "softplus"), 20),
    **dict.fromkeys(("sin", "cos", "tan", "tanh", "sinh", "cosh", "erf"), 30),
    **dict.fromkeys(("arcsin", "arccos", "arctan", "arctan2", "arcsinh", "arccosh", "arctanh"), 30),
    **dict.fromkeys(("true_div", "inv", "sqrt", "mod", "int_div"), 5),
    **dict.fromkeys(("pow", "erfc", "erfinv", "erfcinv", "gamma", "gammaln", "psi", "tri_gamma"), 60),
}  # fmt: skip

# What is one instruction whatever its operands are.
ARITHMETIC = frozenset(("add", "sub", "mul", "true_div"))


def scalar_body(op: ScalarOp, in_dtypes: tuple[str, ...], out_dtype: str) -> Any:
    """A function of operand expressions that computes one element, casts included."""
    wanted = tuple(compute_type(d) for d in op.arg_dtypes(in_dtypes, out_dtype))
    result = ex.TYPE_OF[out_dtype]

    def compute(operands: list[Expr]) -> Expr:
        args = [convert(x, t) for x, t in zip(operands, wanted, strict=True)]
        return convert(ex.expanded(op.expand, *args), result)  # type: ignore[arg-type]

    return compute


@lowers(Elemwise)
def lower_elemwise(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op: ScalarOp = node.op.scalar_op
    out = node.outputs[0].type
    in_dtypes = tuple(v.type.dtype for v in node.inputs)
    if not op.is_native(in_dtypes, out.dtype):
        return None
    dims = broadcast_dims(b, inputs, node.outputs[0].type.broadcastable)
    if op.checks_zero_divisor and out.dtype not in ("float16", "float32", "float64"):
        check_divisor(b, inputs[1])
    if not inputs:
        return None
    reads, negated = _without_negations(b, node, inputs)
    cost = _cost(op, inputs) + len(inputs) - 1
    key = (op, in_dtypes, out.dtype, *negated)
    body = b.bodies.get(key)
    if body is None:
        body = b.bodies[key] = _body(op, in_dtypes, out.dtype, negated)
    # other operations may look at a constant, and be computed otherwise for that
    numbers = [r.uniform for r in reads if op.name not in ARITHMETIC and r.uniform is not None]
    same = (body, *(n if n.op == "const" else None for n in numbers))
    return [b.pointwise(ex.TYPE_OF[out.dtype], dims, reads, body, cost=cost, same=same)]


def _body(op: ScalarOp, in_dtypes: tuple[str, ...], out_dtype: str, negated: list[bool]) -> Body:
    """The body of items that apply an operation to operands, some of them negated."""
    compute = scalar_body(op, in_dtypes, out_dtype)

    def body(at: Element) -> Expr:
        return compute([ex.neg(at.read(k)) if minus else at.read(k) for k, minus in enumerate(negated)])

    return body


def _cost(op: ScalarOp, inputs: list[Value]) -> int:
    exponent = inputs[1].uniform if op.name == "pow" else None
    return COSTS["sqrt" if exponent is not None and is_root(exponent) else op.name] if op.name in COSTS else 1


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


def broadcast_dims(b: Builder, inputs: list[Value], broadcastable: tuple[bool, ...]) -> tuple[Expr, ...]:
    """The lengths of the result; operands must agree on every axis on which they do not broadcast."""
    dims: list[Expr] = []
    for axis in range(len(broadcastable)):
        found: Expr | None = None
        first = 0
        for k, value in enumerate(inputs):
            dim = value.dims[axis]
            if is_const(dim, 1):
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

    def nonzero(at: Element) -> Expr:
        return ex.ne(at.read(0), 0)

    if divisor.uniform is not None:
        ok = ex.ne(divisor.uniform, 0)
    else:
        everything = frozenset(range(divisor.ndim))
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


def rearranged(x: Value, order: Sequence[int | None]) -> Value:
    """The axes of `x` in another order; None makes an axis of length 1."""
    dims = tuple(ONE if k is None else x.dims[k] for k in order)
    if x.uniform is not None:
        return Value(x.type, dims, uniform=x.uniform)
    if x.axes is not None:
        axes = tuple(None if k is None else x.axes[k] for k in order)
        return Value(x.type, dims, tensor=x.tensor, axes=axes)
    assert x.strides is not None
    strides = tuple(ZERO if k is None else x.strides[k] for k in order)
    return Value(x.type, dims, tensor=x.tensor, offset=x.offset, strides=strides)
