"""The item of a matrix product: one call into the library of products (`native.product`), however it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS, name_of
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Tensor, Value, byte_size


class Product(Special):
    """``out = alpha x y``, or ``out = beta z + alpha x y``, for matrices, or stacks of them (without `z`).

    `levels` are the lengths of the axes that count the matrices of `x` and of `y`, two at most; those of `out` lie one
    after the other, whatever axes count them.
    `z` is a whole tensor. Where `out` has got its memory, the product is added in place. With `back`, a tensor, it
    also computes the step back through the matrix, ``back = y z'``: see `share_reads`. `panels` is a copy of `y`: see
    `copied_before`.
    """

    updates: ClassVar[bool] = True
    x: Value | None = None
    y: Value | None = None
    out: Tensor | None = None
    alpha: Expr | None = None
    z: Tensor | None = None
    beta: Expr | None = None
    back: Tensor | None = None
    panels: Tensor | None = None
    levels: tuple[Expr, ...] = ()
    words: dict[str, int] | None = None

    def __post_init__(self) -> None:
        self.emit = self.call
        self.what = "product"

    def may_overwrite(self, tensor: Tensor) -> bool:
        return self.z is tensor and not any(v is not None and v.tensor is tensor for v in (self.x, self.y))

    def call(self, asm: Emitter) -> None:
        assert self.out is not None and self.words is not None
        if self.panels is not None:
            self._statement(asm, "packed", self._packed_arguments(asm, self.panels))
        elif self.z is None:
            self._statement(asm, "stack" if self.levels else "product", self._arguments(asm))
        elif self.out.storage() is not self.z.storage():
            if self.back is not None:
                self._statement(asm, "product", self._back_arguments(asm))
            asm.statement(hs.Copy(self.out.storage().name, self.z.storage().name, byte_size(asm.dims, self.z)))
            self._statement(asm, "product", self._arguments(asm))
        elif self.back is None:
            self._statement(asm, "product", self._arguments(asm))
        else:
            self._statement(asm, "backward", self._both_arguments(asm))

    def call_slice(self, asm: Emitter, lo: Expr, hi: Expr) -> None:
        """Only the rows from `lo` to `hi`, where there are `panels`."""
        assert self.panels is not None and self.out is not None
        _, columns, inner, a, a_row, *b, panels, c, c_row = self._packed_arguments(asm, self.panels)
        a, c = (_moved(place, lo, row) for place, row in ((a, a_row), (c, c_row)))
        args = [ex.sub(hi, lo), columns, inner, a, a_row, *b, panels, c, c_row]
        symbol = name_of("slice", self.out.type)
        asm.statement(hs.Call(asm.symbol(symbol), args, symbol))

    def some(
        self, asm: Emitter, lo: Expr, hi: Expr, moved: Callable[[Argument], Argument], in_slices: bool
    ) -> hs.Call:  # fmt: skip
        """The call for the matrices from `lo` to `hi` of the first level; `moved` tells where memory is then."""
        assert self.out is not None and self.levels and self.z is None
        kind = "some" if in_slices else "stack"
        symbol = name_of(kind, self.out.type)
        given: dict[str, Argument] = dict(
            zip([p.name for p in EXTERNS[symbol].parameters], self._arguments(asm), strict=True)
        )
        for matrix in "abc":
            given[matrix] = moved(_moved(given[matrix], lo, given[f"{matrix}s"]))
        given["count"] = ex.sub(hi, lo)
        return hs.Call(asm.symbol(symbol), list(given.values()), symbol)

    def _statement(self, asm: Emitter, kind: str, args: list[Argument]) -> None:
        assert self.out is not None and self.words is not None
        asm.statement(hs.Call(self.words[kind], args, name_of(kind, self.out.type)))

    def _arguments(self, asm: Emitter) -> list[Argument]:
        """Of `product`, or of `stack`, which has how many and how far apart first."""
        assert self.x is not None and self.y is not None and self.out is not None and self.alpha is not None
        rows, columns = self.out.dims[-2:]
        (a, *a_steps), (b, *b_steps), (c, *_) = (place(asm, v) for v in (self.x, self.y, whole(self.out)))
        c_steps = c_strides(asm.dims, (*self.levels, rows, columns))
        many: list[Argument] = []
        if self.levels:
            each, none = ([ex.const(n, "i64")] * (2 - len(self.levels)) for n in (1, 0))
            steps = [[*v[:-2], *none] for v in (a_steps, b_steps, c_steps)]
            many = [*self.levels, *each, *(v[0] for v in steps), *(v[1] for v in steps)]
        beta = self.beta if self.beta is not None else ex.const(0, self.out.type)
        return [
            *many, rows, columns, self.x.dims[-1], self.alpha, a, *a_steps[-2:], b, *b_steps[-2:], beta, c, c_steps[-2]
        ]  # fmt: skip

    def _packed_arguments(self, asm: Emitter, panels: Tensor) -> list[Argument]:
        """Of `packed`."""
        rows, columns, inner, _, a, a_row, _, *b, _, c, c_row = self._arguments(asm)
        return [rows, columns, inner, a, a_row, *b, asm.pointer(whole(panels)), c, c_row]

    def _back_arguments(self, asm: Emitter) -> list[Argument]:
        """Of `product`: back = y z'."""
        assert self.y is not None and self.z is not None and self.back is not None and self.out is not None
        (d, *d_steps), (w, *w_steps), (g, *g_steps) = (place(asm, v) for v in (self.y, whole(self.z), whole(self.back)))
        one, zero = ex.const(1, self.out.type), ex.const(0, self.out.type)
        return [*self.back.dims, self.y.dims[1], one, d, *d_steps, w, *reversed(w_steps), zero, g, g_steps[0]]

    def _both_arguments(self, asm: Emitter) -> list[Argument]:
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


def place(asm: Emitter, value: Value) -> list[Argument]:
    """Pointer and strides of a matrix, as the library takes them."""
    full = asm.strided(value)
    assert full.strides is not None
    return [asm.pointer(full), *(asm.dims.normal(s) for s in full.strides)]
