"""Lowering of matrix products: into calls of the library, or into loops where one side is a row or a column."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.expr import Expr
from theano.loops.externs.table import name_of
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import Dims, is_const, length
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Pointwise, Special
from theano.lower.state.products import Product, place
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor, Value

TYPES = ("f32", "f64")
# The most columns of a panel, on all machines.
PANEL = 64


def is_ours(type_: str, x: Value, y: Value) -> bool:
    """Whether the library multiplies these: matrices of one float type, none of them a row or a column for sure.

    The others are loops, which may be fused with the work around them.
    """
    long_axes = not any(is_const(d, 1) for v in (x, y) for d in v.dims[-2:])
    return x.type == y.type == type_ and type_ in TYPES and long_axes


def product(b: Builder, type_: str, x: Value, y: Value) -> Value:
    """dot(x, y) of two matrices whose inner lengths are known to agree."""
    rows, inner, columns = x.dims[0], x.dims[1], y.dims[1]
    if not is_ours(type_, x, y):
        return loops(b, type_, (rows, inner, columns), x, y, ((0, 1), (1, 2)), 1)
    return make(b, x, y, (rows, columns))


def without_factor(value: Value) -> tuple[Value, Expr | None]:
    """What a view of an array is a multiple of, and the number it is multiplied with; the view itself if none is seen.

    A product takes such a number along, where the multiple would be a pass over memory of its own.
    """
    tensor, axes = value.tensor, value.axes
    item = tensor.writers[0] if tensor is not None and len(tensor.writers) == 1 else None
    if axes is None or not isinstance(item, Pointwise) or item.is_window() or len(item.reads) != 2:
        return value, None
    body, numbers = item.body, [v.uniform for v in item.reads]
    if body.op != "apply" or body.value.op.name != "mul" or [a.op for a in body.args] != ["element", "element"]:
        return value, None
    k = 0 if numbers[0] is None else 1
    x, number = item.reads[k], numbers[1 - k]
    same = x.tensor is not None and x.type == value.type and item.maps[k] == tuple(range(len(item.dims)))
    if x.tensor is not None and len(x.tensor.writers) > 1:
        return value, None  # some of it might be written in between
    if number is None or number.type != value.type or not same or None in axes:
        return value, None
    if x.axes is not None:
        return Value(value.type, value.dims, tensor=x.tensor, axes=tuple([x.axes[a] for a in axes])), number  # type: ignore[index]
    strides = tuple([x.strides[a] for a in axes])  # type: ignore[index]
    return Value(value.type, value.dims, tensor=x.tensor, offset=x.offset, strides=strides), number


def added(b: Builder, z: Tensor, beta: Expr, alpha: Expr, x: Value, y: Value) -> Value:
    """``beta z + alpha dot(x, y)`` in one call."""
    return make(b, x, y, z.dims, alpha, z, beta)


def make(
    b: Builder, x: Value, y: Value, dims: Sequence[Expr], alpha: Expr | None = None, z: Tensor | None = None,
    beta: Expr | None = None, levels: tuple[Expr, ...] = (),
) -> Value:  # fmt: skip
    x, y = operand(b, x), operand(b, y)
    out = b.tensor(x.type, dims)
    kinds = ("stack",) if levels else ("product",) if z is None else ("product", "backward")
    panels = copied_before(b, x, y) if kinds == ("product",) and alpha is None else None
    if panels is not None:
        kinds = ("packed",)
    others = [whole(t) for t in (z, panels) if t is not None]
    item = Product(
        b.region, b.node, reads=[x, y, *others], writes=[out], x=x, y=y, out=out, z=z, panels=panels, levels=levels,
        alpha=ex.const(1, x.type) if alpha is None else alpha, beta=beta,
        words={kind: b.word("symbol", name_of(kind, x.type)) for kind in kinds},
    )  # fmt: skip
    item.scalars += [e for e in (alpha, beta) if e is not None]
    b.add(item)
    out.writers.append(item)
    return whole(out)


def copied_before(b: Builder, x: Value, y: Value) -> Tensor | None:
    """A copy of a second operand that no step of the loops around changes, made before them as the tiles read it."""
    assert x.strides is not None and y.strides is not None and y.offset is not None and y.tensor is not None
    needed, makers = (y.offset, *y.strides, *y.dims, x.dims[0]), y.tensor.writers
    around = [
        steps for steps in b.own_names
        if b.within(b.region, steps) and b.known_outside(steps, *needed)
        and not any(b.within(w.region, steps) for w in makers)
    ]  # fmt: skip
    if not around or not is_const(x.strides[1], 1):
        return None
    inside, b.region = b.region, b.parents[min(around)]  # blocks have higher numbers than those around them
    rows, (inner, columns) = x.dims[0], y.dims
    out = b.tensor(x.type, (ex.mul(ex.add(columns, length(PANEL)), inner),))
    word = b.word("symbol", name_of("panels", x.type))

    def emit(asm: Emitter) -> None:
        (matrix, *steps), (target, *_) = place(asm, y), place(asm, whole(out))
        args = [rows, columns, inner, matrix, *steps, target]
        asm.statement(hs.Call(word, args, name_of("panels", x.type)))

    item = Special(b.region, b.node, what="panels", reads=[y], writes=[out], emit=emit)
    b.add(item)
    out.writers.append(item)
    b.region = inside
    return out


def loops(
    b: Builder, type_: str, dims: tuple[Expr, ...], x: Value, y: Value, axes: Sequence[tuple[int, ...]], red: int
) -> Value:
    """The product as a reduction; `axes` are those of the space `dims` that the operands have."""
    maps = [
        tuple(None if is_const(d, 1) and not is_const(dims[a], 1) else a for d, a in zip(v.dims, m, strict=True))
        for v, m in zip((x, y), axes, strict=True)
    ]
    return b.reduce(
        type_, dims, [x, y], frozenset({red}), False, "add", type_,
        ex.mul(ex.cast(bd.element(0, x), type_), ex.cast(bd.element(1, y), type_)), 2, maps,
    )  # fmt: skip


def operand(b: Builder, value: Value) -> Value:
    """A matrix (or a stack of them) whose numbers are contiguous one way or the other; a copy if need be."""
    full = b.strided(value)
    assert full.strides is not None
    return full if any(is_const(s, 1) for s in full.strides[-2:]) else b.strided(b.copy(value))


# -- one read for two ----------------------------------------------------------------------------------------
def share_reads(b: Builder, items: list[Item]) -> list[Item]:
    """Join a product with the transpose of a matrix, ``g = d w'``, and the matrix's update ``w + alpha x d``.

    For one row of d the library then reads the matrix once for both; that is half of what such a step reads.
    """
    updates: dict[Tensor, list[Product]] = {}
    for item in items:
        if isinstance(item, Product) and item.z is not None and item.region == 0:
            updates.setdefault(item.z, []).append(item)
    if not updates:
        return items
    index = {item: k for k, item in enumerate(items)}
    joined: dict[Item, Product] = {}
    for item in items:
        if not isinstance(item, Product) or item.z is not None or item.region != 0 or item.y is None:
            continue
        users = updates.get(item.y.tensor, ()) if item.y.tensor is not None else ()
        for update in users:
            if update.back is None and _is_step_back(b.dims, item, update):
                if all(index[d] < index[item] for d in update.deps if d in index and d is not item):
                    _join(item, update)
                    joined[item] = update
                    break
    if not joined:
        return items
    for item in items:
        item.deps = [joined.get(d, d) for d in item.deps]
    moved = set(joined.values())
    return [joined.get(item, item) for item in items if item not in moved]


def _join(first: Product, update: Product) -> None:
    """Let `update` do the work of `first`, too, at its place."""
    assert first.out is not None
    update.back = first.out
    update.writes.append(first.out)
    update.deps += first.deps
    update.reads += first.reads
    first.out.writers[:] = [update]


def _is_step_back(dims: Dims, step: Product, update: Product) -> bool:
    """Whether `step` multiplies what `update` multiplies with the transpose of what it adds to."""
    assert step.x is not None and step.y is not None and update.y is not None and update.z is not None
    return step.x.ndim == 2 and _same(dims, step.x, update.y) and _is_transposed(dims, step.y, update.z)


def _same(dims: Dims, a: Value, c: Value) -> bool:
    """Whether two windows are one."""
    if a.tensor is not c.tensor or a.strides is None or c.strides is None or a.offset is None or c.offset is None:
        return False
    pairs = zip((a.offset, *a.strides, *a.dims), (c.offset, *c.strides, *c.dims), strict=True)
    return all(dims.equal(p, q) for p, q in pairs)


def _is_transposed(dims: Dims, value: Value, tensor: Tensor) -> bool:
    """Whether a window is the whole tensor with its axes exchanged."""
    assert value.strides is not None and value.offset is not None
    first, second = value.strides
    sizes = all(dims.equal(a, c) for a, c in zip(value.dims, tensor.dims[::-1], strict=True))
    return sizes and is_const(value.offset, 0) and is_const(first, 1) and dims.equal(second, tensor.dims[1])
