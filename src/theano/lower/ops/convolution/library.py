"""Lowering of convolutions: all directions are one sum of the library that convolves (`loops.convolution`).

Where that has none, or where groups have few channels, they are loops (`lower.ops.convolution_loops`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from theano.base.flag_table import config
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.convolution import (
    AXES,
    CONVOLVE,
    MORE,
    PANELS,
    SUMS,
    TYPES,
    WINOGRAD_TYPE,
    Rooms,
    chunks,
    name_of,
    partial_room,
    rooms,
    suits_winograd,
    winograd_rooms,
)
from theano.lower.ops.convolution.loops import in_loops, suits_loops
from theano.lower.ops.convolution.shapes import Case, Sides, share
from theano.lower.ops.indexing import take
from theano.lower.ops.registry import lowers
from theano.lower.state.builder import COMPLEX_PART, Builder
from theano.lower.state.complexes import of_type
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value
from theano.tensor.nnet.convolution.ops import AbstractConv, AbstractConv_gradInputs, AbstractConv_gradWeights

# Into how many parts the work is cut at most, and multiplications of a part at least. Each part has memory of its own:
# they are fewer where all would have more bytes than that, but not fewer than this. Sizes alone decide, as results
# depend on them.
PARTS, LEAST = 16, 1 << 19
MOST_BYTES, FEWEST = 32 << 20, 8
# As many numbers as begin with a line of the cache.
LINE = 16
# Picoseconds of a multiplication and addition, and of a number that is copied.
TIMES, COPY = {"f32": 20, "f64": 40}, 300


@lowers(AbstractConv, AbstractConv_gradWeights, AbstractConv_gradInputs)
def lower_convolution(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, type_ = node.op, ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ in COMPLEX_PART or not b.has_types_of(node):
        return None  # the parts of complex numbers are convolved: `lower.ops.complexes`
    (first, second), n = inputs[:2], op.convdim
    if isinstance(op, AbstractConv):
        case = Case(b, op, first.dims, second.dims, None)
        sides: Sides = (first, second, None)
        dims: Sequence[Expr] = case.tops
    else:
        told = _elements(b, inputs[2], node.inputs[2].type.shape[0] or n, f"{op}: {n} lengths are needed, not {{0}}")
        if isinstance(op, AbstractConv_gradWeights):
            channels, places = share(first.dims[1], op.num_groups), second.dims[2:] if op.unshared else ()
            kernels = told if len(told) > n else (second.dims[1], *places, channels, *told)
            case = Case(b, op, first.dims, kernels, second.dims)
            sides, dims = (first, None, second), case.kernels
        else:
            channels = ex.mul(first.dims[-n - 1], length(op.num_groups))
            images = told if len(told) > n else (second.dims[0], channels, *told)
            case = Case(b, op, images, first.dims, second.dims)
            sides, dims = (None, first, second), case.images
    if type_ in TYPES and not op.unshared and not suits_loops(case, sides):
        return [_by_library(case, type_, sides, dims)]
    return [in_loops(case, type_, sides)]


def _elements(b: Builder, vector: Value, count: int, message: str) -> Sequence[Expr]:
    """The numbers of a vector that must have so many."""
    if vector.vector is not None and len(vector.vector) == count:
        return [ex.cast(e, "i64") for e in vector.vector]
    b.unify(vector.dims[0], length(count), message.replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}"))
    return [b.scalar(take(b, vector, [length(k)]), "i64") for k in range(count)]


def _by_library(case: Case, type_: str, sides: Sides, dims: Sequence[Expr]) -> Value:
    """The side of shape `dims` that is None of images, kernels and results."""
    b, op = case.b, case.op
    out = b.tensor(type_, dims)
    images, kernels, tops = (b.strided(whole(out) if v is None else of_type(b, v, type_)) for v in sides)
    if op.filter_flip:
        kernels = _turned(kernels, op.convdim)
    k, c = case.of_group, case.channels
    pictures, weights = Side(b, images, case.images[0], c, 1), Side(b, kernels, k, c, 0)
    results = Side(b, tops, case.tops[0], k, 1)
    if sides[2] is None:
        _convolve(case, out, (pictures, weights, results), "forward")
    elif sides[1] is None:
        _convolve(case, out, (pictures.exchanged(), results.exchanged(), weights.exchanged()), "weights")
    else:
        _convolve(case, out, (results, weights.exchanged(), pictures), "inputs")
    return whole(out)


def _turned(kernels: Value, count: int) -> Value:
    """Kernels that are read from their last element to their first one, along the last `count` axes."""
    offset, strides = kernels.offset, list(kernels.strides or ())
    assert offset is not None
    for a in range(-count, 0):
        offset = ex.add(offset, ex.mul(ex.sub(kernels.dims[a], ONE), strides[a]))
        strides[a] = ex.sub(ZERO, strides[a])
    return Value(kernels.type, kernels.dims, tensor=kernels.tensor, offset=offset, strides=tuple(strides))


class Side:
    """Images, kernels or results as the library sees them: groups, two axes of a group, and three along which kernels
    move, with lengths and strides. `parted` is the axis that is in groups.
    """

    def __init__(self, b: Builder, value: Value, first: Expr, second: Expr, parted: int) -> None:
        self.value = value
        self.pairs = [first, second]
        steps = [b.dims.normal(s) for s in value.strides or ()]
        self.steps = steps[:2]
        self.group = ex.mul(self.pairs[parted], steps[parted])
        missing = len(AXES) - len(steps) + 2
        self.lengths = [*[ONE] * missing, *value.dims[2:]]
        self.spatial = [*[ZERO] * missing, *steps[2:]]

    def exchanged(self) -> Side:
        """With the two axes of a group exchanged."""
        other = copy.copy(self)
        other.pairs, other.steps = self.pairs[::-1], self.steps[::-1]
        return other

    def turned(self, count: int) -> Side:
        """Read from the last element to the first one, along the last `count` axes."""
        other = copy.copy(self)
        other.value = _turned(self.value, count)
        other.spatial = [ex.sub(ZERO, s) for s in self.spatial]
        return other


def _geometry(case: Case, sides: tuple[Side, Side, Side], direction: str, turned: bool = False) -> dict[str, Expr]:
    """The arguments that tell lengths and places: see `loops.convolution`.

    `turned`: the gradient of images is told as a convolution with kernels that are turned around, as it is one where
    there are no strides.
    """
    op, missing, (x, w, y) = case.op, len(AXES) - len(case.axes), sides
    every, apart = ([*[ONE] * missing, *map(length, given)] for given in (op.subsample, op.filter_dilation))
    if direction == "weights":
        every, apart = apart, every
    # what a single position is away from the next says nothing, and might be more than memory is long
    of_every = x if direction == "inputs" and not turned else y
    every, apart = (
        [ex.select(ex.gt(n, ONE), step, ONE) for n, step in zip(side.lengths, steps, strict=True)]
        for side, steps in ((of_every, every), (w, apart))
    )
    front = [*[ZERO] * missing, *(case.pads(a)[0] for a in case.axes)]
    if turned:
        front = [ex.sub(ex.mul(ex.sub(n, ONE), d), p) for n, d, p in zip(w.lengths, apart, front, strict=True)]
    found = {
        "back": length(direction == "inputs" and not turned), "deep": length(direction == "weights"),
        "groups": length(op.num_groups), "n": y.pairs[0], "c": x.pairs[1], "k": w.pairs[0],
    }  # fmt: skip
    for letter, of_axes in zip("xrysdp", (x.lengths, w.lengths, y.lengths, every, apart, front), strict=True):
        found |= {f"{letter}{a}": of_axes[a] for a in AXES}
    for side, names in ((x, "x g n c"), (w, "w g k c"), (y, "y g n k")):
        letter, *of_groups = names.split()
        steps = zip([*of_groups, *(f"s{a}" for a in AXES)], [side.group, *side.steps, *side.spatial], strict=True)
        found |= {f"{letter}{name}": step for name, step in steps}
    return found


class Form:
    """One way to compute the sum: the functions, the last of which adds, their arguments, their memory."""

    def __init__(
        self, b: Builder, kinds: tuple[str, ...], sides: tuple[Side, Side, Side], geometry: dict[str, Expr],
        rooms: Rooms,
    ) -> None:  # fmt: skip
        self.kinds, self.sides, self.geometry = kinds, sides, geometry
        self.rows, self.band, self.sums, self.table, self.panels = (
            b.named(size, 0) for size in (rooms.rows, rooms.band, rooms.sums, rooms.table, rooms.panels)
        )


def _plain(case: Case, sides: tuple[Side, Side, Side], direction: str) -> Form:
    geometry = _geometry(case, sides, direction)
    found = rooms(geometry, ex.ITEMSIZE[sides[2].value.type])
    return Form(case.b, ("convolution_panels", "convolve"), sides, geometry, found)


def _winograd(case: Case, sides: tuple[Side, Side, Side], direction: str) -> tuple[Form, Expr] | None:
    """Winograd's way and whether it is to be taken, which sizes tell; None where it is not."""
    op, b, type_ = case.op, case.b, sides[2].value.type
    plain = op.convdim == 2 and op.num_groups == 1 and all(n == 1 for n in (*op.subsample, *op.filter_dilation))
    if config.conv.winograd == "off" or type_ != WINOGRAD_TYPE or not plain:
        return None
    x, w, y = sides
    if direction == "inputs":
        w = w.turned(op.convdim)
    geometry = _geometry(case, (x, w, y), direction, direction == "inputs")
    suits = b.named(suits_winograd(geometry), 0)
    if is_const(suits, False):
        return None
    found = winograd_rooms(geometry, ex.ITEMSIZE[type_], direction == "weights")
    kinds = ("winograd_weights",) if direction == "weights" else ("winograd_panels", "winograd")
    return Form(b, kinds, (x, w, y), geometry, found), suits


class Scratch:
    """Memory for what a convolution makes on the way; all of one program share theirs.

    Panels of kernels come first. Then there are as many bands and sums as parts, of which as many are touched as there
    are threads.

    Attributes
    ----------
    parts : into how many parts the work is cut.
    """

    def __init__(self, b: Builder, type_: str, products: Expr, rooms: dict[str, Expr]) -> None:
        own = {name: ex.and_(ex.add(size, length(LINE - 1)), length(-LINE)) for name, size in rooms.items()}
        self.panels, self.band, sums, self.lines = (b.named(own[k], 0) for k in ("panels", "band", "sums", "table"))
        self.each = ex.add(self.band, sums)
        self.parts = _parts(b, products, ex.mul(self.each, length(ex.ITEMSIZE[type_])))
        self.numbers = b.tensor(type_, (ex.add(self.panels, ex.mul(self.parts, self.each)),))
        self.table = b.tensor("i64", (ex.mul(self.parts, self.lines),))

    def scalars(self) -> tuple[Expr, ...]:
        """The numbers that must be known."""
        return self.panels, self.band, self.each, self.lines

    def given(self, asm: Emitter, lo: Expr, hi: Expr) -> dict[str, Argument]:
        """Where the parts from `lo` to the one before `hi` have theirs.

        Slices are as long as each other, so the n-th has the n-th place; but for the last one, which may be shorter and
        then has a later place, that no other has.
        """
        n = ex.idiv(lo, ex.maximum(ex.sub(hi, lo), ONE))
        base, start, element = asm.pointer(whole(self.numbers))
        table, first, of_table = asm.pointer(whole(self.table))
        band = ex.add(ex.add(start, self.panels), ex.mul(n, self.each))
        return {
            "panels": (base, start, element), "band": (base, band, element),
            "sums": (base, ex.add(band, self.band), element),
            "table": (table, ex.add(first, ex.mul(n, self.lines)), of_table),
        }  # fmt: skip


def _parts(b: Builder, products: Expr, room: Expr) -> Expr:
    """Into how many parts so many multiplications are cut, each of which needs so many bytes."""
    most = ex.maximum(ex.idiv(length(MOST_BYTES), ex.maximum(room, ONE)), length(FEWEST))
    wanted = ex.minimum(ex.idiv(products, length(LEAST)), ex.minimum(length(PARTS), most))
    return b.named(ex.maximum(wanted, ONE), 0)


def _convolve(case: Case, out: Tensor, sides: tuple[Side, Side, Side], direction: str) -> None:
    """Have the library write `out`, which is the last of the sides."""
    b, type_ = case.b, out.type
    products = b.named(b.dims.product((*case.tops, *case.kernels[1:])), 0)
    plain, quick = _plain(case, sides, direction), _winograd(case, sides, direction)
    forms = [plain] if quick is None else [plain, quick[0]]

    def room(name: str) -> Expr:
        """Of the form that is taken."""
        sizes = [getattr(form, name) for form in forms]
        return sizes[0] if quick is None else b.named(ex.select(quick[1], sizes[1], sizes[0]), 0)

    scratch = Scratch(b, type_, products, {name: room(name) for name in ("panels", "band", "sums", "table")})
    parts = scratch.parts
    count = b.named(chunks(plain.geometry, ex.ITEMSIZE[type_], parts), 0) if direction == "weights" else ONE
    partial = None if is_const(count, 1) else b.tensor(type_, (partial_room(plain.geometry, count),))
    least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0

    def call(asm: Emitter, form: Form, kind: str, text: str, weight: Expr) -> hs.Slices:
        first, last = b.fresh("d"), b.fresh("d")
        lo, hi = (ex.name(n, "i64") for n in (first, last))
        given: dict[str, Argument] = {"lo": lo, "hi": hi, "parts": parts, "chunks": count, **scratch.given(asm, lo, hi)}
        given["partial"] = asm.pointer(whole(partial)) if partial else given["sums"]
        given |= {"rows": form.rows, "room": ex.sub(form.band, length(MORE)), **form.geometry}
        given |= {letter: asm.pointer(side.value) for letter, side in zip("xwy", form.sides, strict=True)}
        name = name_of(kind, type_)
        args = [given[p.partition(":")[0]] for p in text.split()]
        return hs.Slices(first, last, parts, weight, 1, least, [hs.Call(asm.symbol(name), args, name)])

    def calls(asm: Emitter, form: Form, time: int) -> list[st.Stmt]:
        *copies, add = form.kinds
        moved, added = (ex.idiv(e, parts) for e in (ex.mul(form.panels, length(COPY)), ex.mul(products, length(time))))
        made: list[st.Stmt] = [call(asm, form, kind, PANELS, moved) for kind in copies]
        made.append(call(asm, form, add, CONVOLVE, added))
        if partial and form is plain:
            found = ex.idiv(ex.mul(partial.dims[0], length(COPY)), parts)
            made.append(call(asm, form, "convolution_sums", SUMS, found))
        return made

    def emit(asm: Emitter) -> None:
        for tensor in item.writes:
            asm.bind(tensor)
        statements = calls(asm, plain, TIMES[type_])
        if quick is not None:
            form, suits = quick
            statements = [st.If(suits, calls(asm, form, TIMES[type_] // 2), statements)]
        for statement in statements:
            asm.statement(statement)

    numbers = [e for form in forms for e in (*form.geometry.values(), form.rows, form.band, form.panels)]
    item = Special(
        b.region, b.node, what="convolution", reads=[side.value for side in sides[:2]],
        writes=[out, scratch.numbers, scratch.table, *([partial] if partial else [])], emit=emit,
        scalars=[*numbers, *scratch.scalars(), products, parts, count, *([] if quick is None else [quick[1]])],
    )  # fmt: skip
    item.deps.extend(case.guards)
    b.add(item)
    for tensor in item.writes:
        tensor.writers.append(item)
