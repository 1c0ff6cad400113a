"""Matrix products: one call into the library of products (`native.product`), which chooses the kernel at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.expr import Expr
from theano.lower.builder import Builder, whole
from theano.lower.dims import Dims, is_const, length
from theano.lower.items import Item, Special
from theano.lower.plan.memory import byte_size
from theano.lower.values import Tensor, Value
from theano.native.product import name_of

if TYPE_CHECKING:
    from theano.lower.main import Assembler

TYPES = ("f32", "f64")
# The most columns of a panel, on all machines.
PANEL = 64
Argument = Expr | tuple[str, Expr, str]


class Product(Special):
    """``out = alpha x y``, or ``out = beta z + alpha x y``, for matrices, or stacks of them (without `z`).

    `z` is a whole tensor. Where `out` has got its memory, the product is added in place. With `back`, a tensor, it
    also computes the step back through the matrix, ``back = y z'``: see `share_reads`. `panels` is a copy of `y`: see
    `copied_before`.
    """

    x: Value | None = None
    y: Value | None = None
    out: Tensor | None = None
    alpha: Expr | None = None
    z: Tensor | None = None
    beta: Expr | None = None
    back: Tensor | None = None
    panels: Tensor | None = None
    words: dict[str, int] | None = None

    def __post_init__(self) -> None:
        self.emit = self.call

    def adds_to(self, tensor: Tensor) -> bool:
        """Whether the old numbers of `tensor` are needed where the new ones are written, and nowhere else."""
        return self.z is tensor and not any(v is not None and v.tensor is tensor for v in (self.x, self.y))

    def call(self, asm: Assembler) -> None:
        assert self.out is not None and self.words is not None
        if self.panels is not None:
            self._statement(asm, "packed", self._packed_arguments(asm, self.panels))
        elif self.z is None:
            self._statement(asm, "stack" if len(self.out.dims) == 3 else "product", self._arguments(asm))
        elif self.out.storage() is not self.z.storage():
            if self.back is not None:
                self._statement(asm, "product", self._back_arguments(asm))
            asm.statement(hs.Copy(self.out.storage().name, self.z.storage().name, byte_size(asm.b, self.z)))
            self._statement(asm, "product", self._arguments(asm))
        elif self.back is None:
            self._statement(asm, "product", self._arguments(asm))
        else:
            self._statement(asm, "backward", self._both_arguments(asm))

    def call_slice(self, asm: Assembler, lo: Expr, hi: Expr) -> None:
        """Only the rows from `lo` to `hi`, where there are `panels`."""
        assert self.panels is not None and self.out is not None
        _, columns, inner, a, a_row, *b, panels, c, c_row = self._packed_arguments(asm, self.panels)
        a, c = (_moved(place, lo, row) for place, row in ((a, a_row), (c, c_row)))
        args = [ex.sub(hi, lo), columns, inner, a, a_row, *b, panels, c, c_row]
        symbol = name_of("slice", self.out.type)
        asm.statement(hs.Call(asm.b.word("symbol", symbol), args, symbol))

    def _statement(self, asm: Assembler, kind: str, args: list[Argument]) -> None:
        assert self.out is not None and self.words is not None
        asm.statement(hs.Call(self.words[kind], args, name_of(kind, self.out.type)))

    def _arguments(self, asm: Assembler) -> list[Argument]:
        """Of `product`, or of `stack`, which has how many and how far apart first."""
        assert self.x is not None and self.y is not None and self.out is not None and self.alpha is not None
        rows, columns = self.out.dims[-2:]
        (a, *a_steps), (b, *b_steps), (c, *c_steps) = (place(asm, v) for v in (self.x, self.y, whole(self.out)))
        many: list[Argument] = []
        if len(self.out.dims) == 3:
            many = [self.out.dims[0], a_steps[0], b_steps[0], c_steps[0]]
        beta = self.beta if self.beta is not None else ex.const(0, self.out.type)
        return [
            *many, rows, columns, self.x.dims[-1], self.alpha, a, *a_steps[-2:], b, *b_steps[-2:], beta, c, c_steps[-2]
        ]  # fmt: skip

    def _packed_arguments(self, asm: Assembler, panels: Tensor) -> list[Argument]:
        """Of `packed`."""
        rows, columns, inner, _, a, a_row, _, *b, _, c, c_row = self._arguments(asm)
        return [rows, columns, inner, a, a_row, *b, asm.pointer(whole(panels)), c, c_row]

    def _back_arguments(self, asm: Assembler) -> list[Argument]:
        """Of `product`: back = y z'."""
        assert self.y is not None and self.z is not None and self.back is not None and self.out is not None
        (d, *d_steps), (w, *w_steps), (g, *g_steps) = (place(asm, v) for v in (self.y, whole(self.z), whole(self.back)))
        one, zero = ex.const(1, self.out.type), ex.const(0, self.out.type)
        return [*self.back.dims, self.y.dims[1], one, d, *d_steps, w, *reversed(w_steps), zero, g, g_steps[0]]

    def _both_arguments(self, asm: Assembler) -> list[Argument]:
        """Of `backward`."""
        assert self.x is not None and self.y is not None and self.out is not None and self.back is not None
        assert self.alpha is not None and self.beta is not None
        (w, w_row, _), (d, *d_steps), (x, *x_steps), (g, g_row, _) = (
            place(asm, v) for v in (whole(self.out), self.y, self.x, whole(self.back))
        )
        given = [w, w_row, d, *d_steps, x, *reversed(x_steps)]
        return [self.y.dims[0], *self.out.dims, *given, self.alpha, self.beta, g, g_row]


def _moved(place: Argument, rows: Expr, step: Argument) -> Argument:
    """A pointer some rows further on."""
    assert isinstance(place, tuple) and isinstance(step, Expr)
    base, offset, type_ = place
    return base, ex.add(offset, ex.mul(rows, step)), type_


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


def stack(b: Builder, type_: str, batch: Expr, x: Value, y: Value) -> Value:
    """The products of two stacks of `batch` matrices."""
    rows, inner, columns = x.dims[1], x.dims[2], y.dims[2]
    if not is_ours(type_, x, y) or is_const(x.dims[0], 1) or is_const(y.dims[0], 1):
        return loops(b, type_, (batch, rows, inner, columns), x, y, ((0, 1, 2), (0, 2, 3)), 2)
    return make(b, x, y, (batch, rows, columns))


def added(b: Builder, z: Tensor, beta: Expr, alpha: Expr, x: Value, y: Value) -> Value:
    """``beta z + alpha dot(x, y)`` in one call."""
    return make(b, x, y, z.dims, alpha, z, beta)


def make(
    b: Builder, x: Value, y: Value, dims: Sequence[Expr], alpha: Expr | None = None, z: Tensor | None = None,
    beta: Expr | None = None,
) -> Value:  # fmt: skip
    x, y = operand(b, x), operand(b, y)
    out = b.tensor(x.type, dims)
    kinds = ("stack",) if len(out.dims) == 3 else ("product",) if z is None else ("product", "backward")
    panels = copied_before(b, x, y) if kinds == ("product",) and alpha is None else None
    if panels is not None:
        kinds = ("packed",)
    others = [whole(t) for t in (z, panels) if t is not None]
    item = Product(
        b.region, b.node, reads=[x, y, *others], writes=[out], x=x, y=y, out=out, z=z, panels=panels,
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

    def emit(asm: Assembler) -> None:
        (matrix, *steps), (target, *_) = place(asm, y), place(asm, whole(out))
        args = [rows, columns, inner, matrix, *steps, target]
        asm.statement(hs.Call(word, args, name_of("panels", x.type)))

    item = Special(b.region, b.node, reads=[y], writes=[out], emit=emit)
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
        lambda at: ex.mul(ex.cast(at.read(0), type_), ex.cast(at.read(1), type_)), 2, maps,
    )  # fmt: skip


def operand(b: Builder, value: Value) -> Value:
    """A matrix (or a stack of them) whose numbers are contiguous one way or the other; a copy if need be."""
    full = b.strided(value)
    assert full.strides is not None
    return full if any(is_const(s, 1) for s in full.strides[-2:]) else b.strided(b.copy(value))


def place(asm: Assembler, value: Value) -> list[Argument]:
    """Pointer and strides of a matrix, as the library takes them."""
    full = asm.strided(value)
    assert full.strides is not None
    return [asm.pointer(full), *(asm.b.dims.normal(s) for s in full.strides)]


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
