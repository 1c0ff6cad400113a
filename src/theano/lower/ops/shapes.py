"""Lowering of shapes, and of what is only another look at the same memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.indexing import take
from theano.lower.ops.registry import lowers
from theano.lower.ops.vectors import vector_value
from theano.lower.state import body as bd
from theano.lower.state.builder import COMPLEX_PART, Builder
from theano.lower.state.dims import LIMIT, ONE, escaped, is_const, length, real_product, shape_text
from theano.lower.state.strides import c_strides
from theano.lower.state.values import Value
from theano.tensor.checks.assertion import Assert, AssertEqual
from theano.tensor.checks.declared_shapes import Rebroadcast, SpecifyShape
from theano.tensor.checks.shape_agreement import Fitting
from theano.tensor.making.alloc import Alloc, AllocEmpty
from theano.tensor.making.ranges import ARange, integer_range_dtype
from theano.tensor.making.triangles import Eye, Tri
from theano.tensor.opsupport import INT64
from theano.tensor.shaping.diagonal import ExtractDiag
from theano.tensor.shaping.reshaping import Reshape
from theano.tensor.shaping.shape import MakeVector, Shape, Shape_i


@lowers(Shape)
def lower_shape(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    return [vector_value(b, "i64", inputs[0].dims)]


@lowers(Shape_i)
def lower_shape_i(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    return [Value("i64", (), uniform=inputs[0].dims[node.op.i])]


@lowers(ExtractDiag)
def lower_diagonal(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    """Another look, one row and one column further at each step."""
    (x,), op = inputs, node.op
    first, second = op.axis1, op.axis2
    others = [k for k in range(x.ndim) if k not in (first, second)]
    down, right = length(max(-op.offset, 0)), length(max(op.offset, 0))
    rows, columns = (b.dims.normal(ex.sub(x.dims[k], n)) for k, n in ((first, down), (second, right)))
    size = rows
    if not b.dims.equal(rows, columns) or not b.dims.is_length(rows):
        size = b.named(ex.maximum(ex.minimum(rows, columns), length(0)))
    dims = (*(x.dims[k] for k in others), size)
    if x.uniform is not None:
        return [Value(x.type, dims, uniform=x.uniform)]
    full = b.strided(x)
    assert full.strides is not None and full.offset is not None
    steps, start = full.strides, full.offset
    start = ex.add(start, ex.add(ex.mul(down, steps[first]), ex.mul(right, steps[second])))
    along = (*(steps[k] for k in others), ex.add(steps[first], steps[second]))
    return [Value(x.type, dims, tensor=full.tensor, offset=start, strides=along)]


@lowers(MakeVector)
def lower_make_vector(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.op.dtype]
    if type_ not in ex.TYPES:  # halves and complex numbers
        return None
    return [vector_value(b, type_, tuple(b.scalar(v, type_) for v in inputs))]


def elements_of(b: Builder, value: Value) -> tuple[Expr, ...] | None:
    """The elements of an integer vector of constant length as i64 expressions."""
    if value.vector is not None:
        return tuple(ex.cast(e, "i64") for e in value.vector)
    if not is_const(value.dims[0]):
        return None
    return tuple(b.scalar(take(b, value, [length(k)]), "i64") for k in range(value.dims[0].value))


@lowers(Reshape)
def lower_reshape(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, shape = inputs
    wanted = elements_of(b, shape) if node.op.ndim else ()
    if wanted is None:
        return None
    wanted = tuple(map(b.dims.normal, wanted))
    old = b.dims.product(x.dims)
    dims = list(wanted)
    free = [k for k, d in enumerate(wanted) if is_const(d, -1)]
    computed = [d for d in wanted if d.op != "const" and not b.dims.is_length(d)]
    if computed and not free:  # a length computed from data may turn out to be -1
        open_, *others_open = (ex.cast(ex.eq(d, length(-1)), "i64") for d in computed)
        if others_open:
            b.check(ex.le(sum(others_open, open_), ONE), ValueError, "cannot reshape to several unknown lengths")
        dims = [_resolve_free(b, k, wanted, old) for k in range(len(wanted))]
    elif free:
        others = b.dims.product(tuple(d for k, d in enumerate(wanted) if k != free[0]))
        message = "cannot reshape an array of size {0}: with other lengths whose product is 0, -1 could be any length"
        b.check(ex.ne(others, length(0)), ValueError, message, (old,))
        dims[free[0]] = _quotient(b, old, others)
    dims = [ONE if p else d for d, p in zip(dims, node.outputs[0].type.broadcastable, strict=True)]
    for d in dims:
        if d.op != "const":
            b.check(ex.ge(d, length(0)), ValueError, "cannot reshape to negative length {0}", (d,))
    check_size(b, tuple(dims), ValueError, "cannot reshape an array into so many elements")
    new = b.dims.product(tuple(dims))
    if not b.dims.equal(old, new):
        message = "cannot reshape array of size {0} into a shape of {1} elements"
        b.check(ex.eq(old, new), ValueError, message, (old, new))
    return [reshaped(b, x, tuple(dims))]


def _quotient(b: Builder, total: Expr, part: Expr) -> Expr:
    """total / part where it is exact; a reshape with an unknown axis."""
    if is_const(part, 1):
        return total
    exact = _divide(b, total, part)
    if exact is not None:
        return exact
    return ex.idiv(total, ex.select(ex.eq(part, length(0)), ONE, part))


def _divide(b: Builder, total: Expr, part: Expr) -> Expr | None:
    """The quotient of two products of lengths, if every factor of one is in the other."""
    factors = _factors(b.dims.normal(total))
    for factor in _factors(b.dims.normal(part)):
        if factor not in factors:
            return None
        factors.remove(factor)
    return b.dims.product(tuple(factors))


def _factors(dim: Expr) -> list[Expr]:
    return [*_factors(dim.args[0]), *_factors(dim.args[1])] if dim.op == "mul" else [dim]


def _resolve_free(b: Builder, k: int, wanted: tuple[Expr, ...], old: Expr) -> Expr:
    if wanted[k].op == "const":
        return wanted[k]
    others = b.dims.product(tuple(d for j, d in enumerate(wanted) if j != k))
    exists = ex.ne(others, length(0))  # otherwise it could be any length, and the -1 stays
    free = ex.select(exists, ex.idiv(old, ex.select(exists, others, ONE)), length(-1))
    return ex.select(ex.eq(wanted[k], length(-1)), free, wanted[k])


def reshaped(b: Builder, x: Value, dims: tuple[Expr, ...]) -> Value:
    """The same numbers in C order under other lengths; no copy where `x` is a complete tensor."""
    if x.uniform is not None:
        return Value(x.type, dims, uniform=x.uniform)
    long_old = [(k, d) for k, d in enumerate(x.dims) if not is_const(d, 1)]
    long_new = [d for d in dims if not is_const(d, 1)]
    same = len(long_old) == len(long_new) and all(
        b.dims.equal(o, n) for (_, o), n in zip(long_old, long_new, strict=True)
    )
    if same and x.axes is not None:
        source = iter(k for k, _ in long_old)
        axes = tuple(None if is_const(d, 1) else x.axes[next(source)] for d in dims)
        return Value(x.type, dims, tensor=x.tensor, axes=axes)
    full = b.strided(b.whole(x))
    return Value(x.type, dims, tensor=full.tensor, offset=full.offset, strides=c_strides(b.dims, dims))


@lowers(SpecifyShape)
def lower_specify_shape(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, shape = inputs
    wanted = elements_of(b, shape)
    if wanted is None:
        return None
    dims = []
    for axis, (d, w) in enumerate(zip(x.dims, wanted, strict=True)):
        if not b.dims.equal(d, w):
            message = f"SpecifyShape: dim {axis} of input has shape {{0}}, expected {{1}}."
            b.check(ex.eq(d, w), AssertionError, message, (d, w))
            if b.region == 0 and b.known_at_entry(d, w):
                b.dims.unite(d, w)
        dims.append(w if w.op == "const" else d)
    return [with_dims(x, tuple(dims))]


@lowers(Assert)
def lower_assert(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    value, *conditions = inputs
    message = escaped(node.op.msg)
    for c in conditions:
        b.check(ex.ne(b.scalar(c), ex.const(0, st.load_type(c.type))), node.op.exc, message)
    return [value]


@lowers(AssertEqual)
def lower_assert_equal(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    value, *integers = inputs
    one, other = (b.scalar(n, "i64") for n in integers)
    b.check(ex.eq(one, other), node.op.exc, node.op.msg, (one, other))
    return [value]


@lowers(Fitting)
def lower_fitting(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    op, sides = node.op, inputs[: len(node.op.sides)]
    dims = [d for v in sides for d in v.dims]
    places = iter(range(len(dims)))
    shown = [[f"{{dims[{next(places)}]}}" for _ in v.dims] for v in sides]
    for i, a, j, k in op.pairs(node):
        b.unify(sides[i].dims[a], sides[j].dims[k], op.message(op.lengths(i, a, j, k), shown), dims=tuple(dims))
    for (text, error), c in zip(op.required, inputs[len(sides) :], strict=True):
        holds = ex.ne(b.scalar(c), ex.const(0, st.load_type(c.type)))
        b.check(holds, error, op.message(escaped(text), shown), dims=tuple(dims))
    return inputs[:1]


@lowers(Rebroadcast)
def lower_rebroadcast(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    x = inputs[0]
    dims = list(x.dims)
    for axis, broadcasts in node.op.axis.items():
        if broadcasts and not is_const(dims[axis], 1):
            message = f"Dimension {axis} in Rebroadcast's input was supposed to be 1 (got {{0}} instead)"
            b.check(ex.eq(dims[axis], ONE), ValueError, message, (dims[axis],))
            dims[axis] = ONE
    return [with_dims(x, tuple(dims))]


def with_dims(x: Value, dims: tuple[Expr, ...]) -> Value:
    """The same look under lengths known to be equal."""
    return Value(x.type, dims, x.uniform, x.tensor, x.axes, x.offset, x.strides)


CANNOT_FILL = (
    "cannot broadcast axis {axis} of length {{0}} to {{1}} (a length of 1 that the type does not declare to be "
    "broadcastable is not repeated: see T.addbroadcast)"
)


@lowers(Alloc)
def lower_alloc(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    x, dims = inputs[0], allocated(b, node, inputs[1:])
    shift = len(dims) - x.ndim
    for k, d in enumerate(x.dims):
        if not is_const(d, 1):
            b.unify(d, dims[k + shift], CANNOT_FILL.format(axis=k))
    if x.uniform is not None:
        return [Value(x.type, dims, uniform=x.uniform)]
    return [broadcast_to(b, x, dims)]


def broadcast_to(b: Builder, x: Value, dims: tuple[Expr, ...]) -> Value:
    """The look at `x` under longer lengths; nothing is copied."""
    shift = len(dims) - x.ndim
    if x.axes is not None:
        axes = (None,) * shift + tuple(None if is_const(d, 1) else a for d, a in zip(x.dims, x.axes, strict=True))
        if all(not is_const(d, 1) or a is None for d, a in zip(dims, axes, strict=True)):
            return Value(x.type, dims, tensor=x.tensor, axes=axes)
    full = b.strided(x)
    strides = (length(0),) * shift + tuple(
        length(0) if is_const(d, 1) else s
        for d, s in zip(full.dims, full.strides or (), strict=True)
    )
    return Value(x.type, dims, tensor=full.tensor, offset=full.offset, strides=strides)


def allocated(b: Builder, node: Any, sizes: list[Value]) -> tuple[Expr, ...]:
    """Lengths of the output given as numbers (see `lengths_of`)."""
    return lengths_of(b, sizes, node.outputs[0].type.broadcastable)


def lengths_of(b: Builder, sizes: list[Value], broadcastable: Sequence[bool]) -> tuple[Expr, ...]:
    """Lengths given as numbers: not negative, and 1 where the type says so."""
    dims = []
    for size, broadcasts in zip(sizes, broadcastable, strict=True):
        dim = b.dims.normal(b.scalar(size, "i64"))
        if broadcasts and not is_const(dim, 1):
            b.check(ex.eq(dim, ONE), ValueError, "the length of a broadcastable axis must be 1, got {0}", (dim,))
            dim = ONE
        if not b.dims.is_length(dim):
            b.check(ex.ge(dim, length(0)), ValueError, "negative dimensions are not allowed: {0}", (dim,))
        dims.append(dim)
    shown, shape = shape_text(dims)
    check_size(b, tuple(dims), MemoryError, f"no memory for an array of shape {shape}", shown)
    return tuple(dims)


def check_size(
    b: Builder, dims: tuple[Expr, ...], error: type[Exception], message: str, operands: tuple[Expr, ...] = ()
) -> None:
    """Raise `error` where numbers that were given as lengths multiply to more than any array has.

    Nothing need be there: sums and products of such lengths would wrap around.
    """
    unknown = tuple(d for d in dims if d.op != "const" and not b.dims.is_length(d))
    if not unknown:
        return
    b.check(ex.lt(real_product(dims), LIMIT), error, message, operands)
    for d in unknown if len(dims) > 1 else ():  # beside a length of 0
        b.check(ex.lt(ex.cast(d, "f64"), LIMIT), error, message, operands)


@lowers(AllocEmpty)
def lower_alloc_empty(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.op.dtype]
    if type_ in COMPLEX_PART:
        return None
    if type_ == "f16":
        return [Value(type_, allocated(b, node, inputs), uniform=ex.const(0, "f32"))]
    return [Value(type_, allocated(b, node, inputs), uniform=ex.const(0, type_))]


@lowers(ARange)
def lower_arange(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.op.dtype]
    if any(v.type not in (*ex.INTS, "bool", *ex.FLOATS) for v in inputs) or type_ not in (*ex.INTS, *ex.FLOATS):
        return None
    kinds = [v.type for v in inputs]
    if any(k in ex.FLOATS for k in kinds):
        start, stop, step = (b.scalar(v, "f64") for v in inputs)
        b.check(ex.ne(step, 0.0), ZeroDivisionError, "arange: step is zero")
        steps = ex.ceil(ex.div(ex.sub(stop, start), step))
        fits = ex.lt(ex.abs_(steps), 2.0**53)
        b.check(fits, ValueError, "arange: cannot compute length")
        count = ex.cast(ex.select(fits, ex.select(ex.gt(steps, 0.0), steps, 0.0), 0.0), "i64")
    else:
        dtype = integer_range_dtype(node.inputs)
        if dtype is None:
            return None
        start, stop, step = (b.scalar(v, ex.TYPE_OF[dtype]) for v in inputs)
        b.check(ex.ne(step, 0), ZeroDivisionError, "arange: step is zero")
        count = _integer_count(b, start, stop, step)
    first = b.scalar(inputs[0])
    second_wide = ex.add(start, step)
    static = node.outputs[0].type.shape[0]
    dims = (b.dims.normal(count) if static is None else length(static),)
    check_size(b, dims, MemoryError, "no memory for a range of {0} numbers", dims)
    reads = [Value(first.type, (), uniform=first), Value(start.type, (), uniform=second_wide)]
    # NumPy adds multiples of the difference of the first two elements, in the result's type
    begin, following = (bd.converted(x, type_) for x in bd.elements(reads))
    position = bd.converted(ex.cast(bd.index(0), start.type), type_)
    result = b.pointwise(type_, dims, reads, ex.add(begin, ex.mul(position, ex.sub(following, begin))))
    result.counts = type_ == "i64" and is_const(start, 0) and is_const(step, 1)
    return [result]


def _integer_count(b: Builder, start: Expr, stop: Expr, step: Expr) -> Expr:
    """max(0, ceil((stop - start) / step)), or the largest i64 if it is more, as `tensor.making.ranges` infers it.

    No difference wraps around: where it may be more than any i64 it is unsigned.
    """
    one, zero = ex.const(1, step.type), ex.const(0, step.type)
    if step is one and start.op == "const" and start.value >= 0 and step.type == "i64":
        if start.value == 0 and b.dims.is_length(stop):
            return stop
        return ex.sub(ex.maximum(stop, start), start)
    up = ex.gt(step, zero)
    low, high = ex.select(up, start, stop), ex.select(up, stop, start)
    size = ex.cast(ex.select(up, step, ex.sub(zero, step)), "u64")
    span = ex.sub(ex.cast(ex.maximum(low, high), "u64"), ex.cast(low, "u64"))
    if size.op == "const" and size.value == 1:
        count = span
    else:
        safe = ex.select(ex.eq(size, 0), ex.const(1, "u64"), size)
        whole_steps = ex.idiv(span, safe)
        count = ex.add(whole_steps, ex.cast(ex.ne(ex.mul(whole_steps, safe), span), "u64"))
    return ex.cast(ex.minimum(count, ex.const(INT64.max, "u64")), "i64")


@lowers(Eye)
def lower_eye(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.op.dtype]
    if type_ not in ex.TYPES or type(node.op) not in (Eye, Tri):
        return None
    dims = allocated(b, node, inputs[:2])
    shift = b.scalar(inputs[2], "i64")
    diagonal = Value("i64", (), uniform=shift)
    compare = ex.eq if type(node.op) is Eye else ex.le
    on = compare(ex.sub(bd.index(1), bd.index(0)), bd.element(0, diagonal))
    body = on if type_ == "bool" else ex.select(on, ex.const(1, type_), ex.const(0, type_))
    return [b.pointwise(type_, dims, [diagonal], body)]
