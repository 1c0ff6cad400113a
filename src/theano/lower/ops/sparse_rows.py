"""Lowering of products of sparse matrices: loops over rows, each of which is collected in a row of all columns.

Parts of the rows have such a row each, so threads may share them; results do not depend on how many parts there are.
First the places of each row are counted, in *marks* that tell which row a column was met in last; then they are
written, and sorted. The numbers are added up in a row of *sums*, of which only the wanted columns are cleared and read:
others may hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.sorting import name_of, scratch_of
from theano.lower.ops.indexing import within_range
from theano.lower.ops.registry import lowers
from theano.lower.ops.segments import cut_into_rows
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.convert import convert
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor, Value
from theano.tensor.indexing.segments import COUNT, OUTSIDE
from theano.tensor.sparse_rows import APART, TOO_MANY, MergedRows, ProductAt, ProductPlaces

# Picoseconds of an element that is merged; of a product of two numbers, and how many of these an element may have.
MERGED, EACH, MANY = 4000, 2000, 16
# There is a part for so many elements in relation to the columns that it has a row of, but not more than so many parts.
COLUMNS, MOST = 4, 32
LO, HI = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
ROWS = "the operands of a product do not fit: {0} rows of places, {1} of the product"


class _Rows:
    """A structure in memory: places and starts, with the checks that they fit together."""

    def __init__(self, b: Builder, places: Value, starts: Value, width: Expr) -> None:
        count = places.dims[0]
        _, self.rows, guards = cut_into_rows(b, starts, count)
        self.guards = [*guards, *within_range(b, places, width, OUTSIDE)]
        self.places, self.starts, self.count = b.in_rows(b.strided(places)), b.in_rows(b.strided(starts)), count

    @property
    def values(self) -> tuple[Value, Value]:
        return self.places, self.starts


class _Parts:
    """How rows go to parts, each of which has `width` numbers for itself."""

    def __init__(self, b: Builder, rows: Expr, width: Expr, elements: Expr) -> None:
        self.b, self.rows, self.width = b, rows, ex.maximum(width, ONE)
        worth = ex.idiv(ex.mul(elements, length(COLUMNS)), self.width)
        self.number = ex.maximum(ex.minimum(ex.minimum(worth, length(MOST)), rows), ONE)
        self.weight = ex.idiv(ex.mul(ex.maximum(elements, ONE), length(EACH * MANY)), self.number)
        self.least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0

    def memory(self, type_: str) -> Tensor:
        return self.b.tensor(type_, (ex.mul(self.number, self.width),))

    def call(self, asm: Emitter, kernel: st.Kernel, values: Sequence[Value], numbers: Sequence[Expr]) -> None:
        args: list[Argument] = [*(asm.pointer(v) for v in values), self.rows, self.width, self.number, *numbers]
        asm.call_kernel(kernel, args, hs.Ranges(self.number, self.weight, self.least))


def _add(b: Builder, guards: Sequence[Item], **what: Any) -> None:
    item = Special(b.region, b.node, what="product of rows", **what)
    item.deps.extend(guards)
    b.add(item)
    for tensor in item.writes:
        tensor.writers.append(item)


@lowers(ProductPlaces)
def lower_product_places(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    width = b.scalar(inputs[4], "i64")
    _, y_rows, _ = cut_into_rows(b, inputs[3], inputs[2].dims[0])
    x, y = _Rows(b, inputs[0], inputs[1], y_rows), _Rows(b, inputs[2], inputs[3], width)
    parts = _Parts(b, x.rows, width, ex.add(x.count, y.count))
    marks, begins = parts.memory("i32"), b.tensor("i64", (ex.add(x.rows, ONE),))
    reads, numbers = [*x.values, *y.values], [x.count, y.count, y.rows]
    kernels = [structure_kernel([v.type for v in reads], fills) for fills in (False, True)]
    found = b.fresh_length()
    name = str(found.value)

    def count(asm: Emitter) -> None:
        for tensor in (marks, begins):
            asm.bind(tensor)
        parts.call(asm, kernels[0], [*reads, whole(marks), whole(begins)], numbers)
        base, offset, _ = pointer = asm.pointer(whole(begins))
        asm.call_kernel(ends_kernel(), [pointer, x.rows])
        asm.statement(st.Load(name, st.View(base, "i64", offset, (ONE,)), (x.rows,)))

    sizes = [x.rows, width, parts.number, *numbers]
    guards = [*x.guards, *y.guards]
    _add(b, guards, reads=reads, writes=[marks, begins], emit=count, defines=[name], scalars=sizes)
    fits = b.check(ex.lt(found, length(1 << 31)), ValueError, TOO_MANY, (found,))
    room = scratch_of(parts.width)
    places, scratch = b.tensor("i32", (found,)), b.tensor("i32", (ex.mul(parts.number, room),))

    def fill(asm: Emitter) -> None:
        for tensor in (places, scratch):
            asm.bind(tensor)
        parts.call(asm, kernels[1], [*reads, whole(marks), whole(begins), whole(places)], numbers)
        asm.statement(_sorted(b, asm, parts, (places, begins, scratch), room))

    guards += [] if fits is None else [fits]
    found_before = [*reads, whole(begins), whole(marks)]
    _add(b, guards, reads=found_before, writes=[places, scratch], emit=fill, scalars=sizes)
    starts = ex.cast(bd.element(0, whole(begins)), "i32")
    return [whole(places), b.pointwise("i32", begins.dims, [whole(begins)], starts)]


def _sorted(b: Builder, asm: Emitter, parts: _Parts, memory: Sequence[Tensor], room: Expr) -> hs.Slices:
    """Sort the places of each row; each part has a scratch of its own."""
    lo, hi = b.fresh("d"), b.fresh("d")
    ends = [ex.idiv(ex.mul(ex.name(k, "i64"), parts.rows), parts.number) for k in (lo, hi)]
    (row, begins, scratch), name = (asm.pointer(whole(t)) for t in memory), name_of("stretches", "i32")
    base, offset, type_ = scratch
    own = (base, ex.add(offset, ex.mul(ex.name(lo, "i64"), room)), type_)
    call = hs.Call(asm.symbol(name), [*ends, row, own, begins], name)
    return hs.Slices(lo, hi, parts.number, parts.weight, 1, parts.least, [call])


@lowers(ProductAt)
def lower_product_at(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, y, width = inputs[0], inputs[3], b.scalar(inputs[8], "i64")
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    if type_ not in ex.TYPES or not (b.native(x.type) and b.native(y.type)):
        return None
    for v, places in ((x, inputs[1]), (y, inputs[4])):
        b.unify(v.dims[0], places.dims[0], COUNT)
    _, y_rows, _ = cut_into_rows(b, inputs[5], inputs[4].dims[0])
    left, right = _Rows(b, inputs[1], inputs[2], y_rows), _Rows(b, inputs[4], inputs[5], width)
    wanted = _Rows(b, inputs[6], inputs[7], width)
    fits = b.check(ex.eq(left.rows, wanted.rows), ValueError, ROWS, (left.rows, wanted.rows))
    if is_const(wanted.count, 0):
        return [Value(type_, (wanted.count,), uniform=ex.const(0, type_))]
    parts = _Parts(b, left.rows, width, ex.add(ex.add(left.count, right.count), wanted.count))
    sums, out = parts.memory(type_), b.tensor(type_, (wanted.count,))
    x, y = b.in_rows(b.strided(x)), b.in_rows(b.strided(y))
    reads = [*left.values, *right.values, *wanted.values, x, y]
    kernel = sums_kernel([v.type for v in reads], type_)
    numbers = [left.count, right.count, right.rows, wanted.count]

    def emit(asm: Emitter) -> None:
        for tensor in (sums, out):
            asm.bind(tensor)
        parts.call(asm, kernel, [*reads, whole(sums), whole(out)], numbers)

    guards = [*left.guards, *right.guards, *wanted.guards, *([] if fits is None else [fits])]
    sizes = [left.rows, width, parts.number, *numbers]
    _add(b, guards, reads=reads, writes=[sums, out], emit=emit, scalars=sizes)
    return [whole(out)]


@lowers(MergedRows)
def lower_merged_rows(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    type_ = ex.TYPE_OF[node.outputs[0].type.dtype]
    numbers = inputs[0], inputs[3]
    if type_ not in ex.TYPES or not all(b.native(v.type) for v in numbers):
        return None
    structures, guards = [], []
    for v, places, starts in (inputs[:3], inputs[3:]):
        b.unify(v.dims[0], places.dims[0], COUNT)
        _, rows, found = cut_into_rows(b, starts, places.dims[0])
        guards += found
        structures.append((rows, [b.in_rows(b.strided(x)) for x in (places, starts, v)]))
    rows, other = structures[0][0], structures[1][0]
    fits = b.check(ex.eq(rows, other), ValueError, APART, (rows, other))
    counts = [v.dims[0] for v in numbers]
    slots = ex.add(*counts)
    made = [b.tensor(t, (slots,)) for t in (type_, type_, "i32")]
    sound = b.tensor("bool", (rows,))
    reads = [v for _, values in structures for v in values]
    kernel = merge_kernel([v.type for v in reads], type_)
    weight = ex.idiv(ex.mul(slots, length(MERGED)), ex.maximum(rows, ONE))
    least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0

    def emit(asm: Emitter) -> None:
        for tensor in (*made, sound):
            asm.bind(tensor)
        args: list[Argument] = [asm.pointer(v) for v in (*reads, *map(whole, (*made, sound)))]
        asm.call_kernel(kernel, [*args, *counts], hs.Ranges(rows, ex.add(weight, length(MERGED)), least))

    sizes = [rows, *counts]
    _add(b, [*guards, *([] if fits is None else [fits])], reads=reads, writes=[*made, sound], emit=emit, scalars=sizes)
    return [whole(t) for t in (*made, sound)]


# -- kernels -----------------------------------------------------------------------------------------------
def _name(name: str, type_: str = "i64") -> Expr:
    return ex.name(name, type_)


def _view(base: str, type_: str, offset: Expr = ZERO) -> st.View:
    return st.View(base, type_, offset, (ONE,))


def _inside(x: Expr, most: Expr) -> Expr:
    return ex.maximum(ex.minimum(ex.cast(x, "i64"), most), ZERO)


def _row(letter: str, type_: str, row: Expr, count: Expr, then: Callable[[Expr, Expr], list[st.Stmt]]) -> list[st.Stmt]:
    """What is done with a row: where it begins, and where it ends, in memory that may change meanwhile."""
    names = [f"{letter}{end}" for end in ("first", "last")]
    first, last = (_inside(_name(n, type_), count) for n in names)
    view = _view(f"{letter}starts", type_)
    loads: list[st.Stmt] = [st.Load(n, view, (ex.add(row, length(k)),)) for k, n in enumerate(names)]
    return [*loads, *then(first, ex.maximum(last, first))]


def _place(name: str, base: str, type_: str, at: Expr, count: Expr) -> tuple[st.Stmt, Expr]:
    """The statement that loads a place, and the place, inside of `count` others."""
    return st.Load(name, _view(base, type_), (at,)), _inside(_name(name, type_), ex.sub(count, ONE))


def _kernel(
    pointers: str, numbers: str, before: Sequence[st.Stmt], of_row: Callable[[Expr], list[st.Stmt]]
) -> st.Kernel:
    """A kernel over parts, each of some rows; `base` is where what a part has for itself begins."""
    part, rows, parts, width = (_name(n) for n in ("part", "rows", "parts", "width"))
    ends = [ex.idiv(ex.mul(p, rows), parts) for p in (part, ex.add(part, ONE))]
    body: list[st.Stmt] = [
        st.Let("base", ex.mul(part, width)), *before, st.For("r", ends[1], "serial", of_row(_name("r")), start=ends[0]),
    ]  # fmt: skip
    params = [(p, "ptr") for p in pointers.split()]
    params += [(p, "i64") for p in (*"rows width parts".split(), *numbers.split(), st.LO, st.HI)]
    return st.Kernel("", params, [st.For("part", HI, "serial", body, start=LO)], ranged=True)


def _products(
    types: Sequence[str], row: Expr, statements: Callable[[Expr, Expr, Expr], list[st.Stmt]],
    total: Callable[[Expr], Expr] | None = None, before: Callable[[Expr], list[st.Stmt]] | None = None,
) -> list[st.Stmt]:  # fmt: skip
    """All pairs of an element of a row of x and one of the row of y that its place names.

    `statements` gets the numbers of both, and the column. `total` is what follows on a number that goes along from 0
    on: inside it is ``inner``, behind all pairs ``total``. `before` is done for each element of x.
    """
    columns, y_rows = _name("width"), _name("yrows")

    def carried(init: Expr, name: str, following: Expr, result: str) -> list[st.Carried]:
        return [] if total is None else [st.Carried(name, "state", "i64", init, following, result)]

    def of_x(start: Expr, stop: Expr) -> list[st.Stmt]:
        k, e = _name("k"), _name("e")
        load, line = _place("line", "xplaces", types[0], k, y_rows)

        def of_y(begin: Expr, end: Expr) -> list[st.Stmt]:
            load, column = _place("place", "yplaces", types[2], e, columns)
            following = _name("inner") if total is None else total(_name("inner"))
            body = [load, *statements(k, e, column)]
            return [st.For("e", end, "serial", body, carried(_name("outer"), "inner", following, "sofar"), start=begin)]

        body = [load, *(before(k) if before else []), *_row("y", types[3], line, _name("ny"), of_y)]
        return [st.For("k", stop, "serial", body, carried(ZERO, "outer", _name("sofar"), "total"), start=start)]

    return _row("x", types[1], row, _name("nx"), of_x)


def structure_kernel(types: Sequence[str], fills: bool) -> st.Kernel:
    """How many places each row has, or these, in the order in which they are met.

    The first marks columns with the number of the row. The second, which finds these marks, with another one.
    """

    def of_row(r: Expr) -> list[st.Stmt]:
        mark = ex.cast(ex.sub(length(-2), r) if fills else r, "i32")

        def met(k: Expr, e: Expr, column: Expr) -> list[st.Stmt]:
            marks = _view("marks", "i32", _name("base"))
            found: list[st.Stmt] = [
                st.Load("mark", marks, (column,)), st.Let("isnew", ex.ne(_name("mark", "i32"), mark)),
                st.Store(marks, (column,), mark),
            ]  # fmt: skip
            if fills:
                some = ex.and_(_name("isnew", "bool"), ex.lt(_name("inner"), ex.sub(_name("end"), _name("begin"))))
                store = st.Store(_view("out", "i32", _name("begin")), (_name("inner"),), ex.cast(column, "i32"))
                found.append(st.If(some, [store], []))
            return found

        def more(x: Expr) -> Expr:
            return ex.add(x, ex.cast(_name("isnew", "bool"), "i64"))

        begins = _view("begins", "i64")
        if fills:
            ends: list[st.Stmt] = [st.Load(n, begins, (ex.add(r, length(k)),)) for k, n in enumerate(("begin", "end"))]
            return [*ends, *_products(types, r, met, more)]
        return [*_products(types, r, met, more), st.Store(begins, (r,), _name("total"))]

    if fills:
        return _kernel("xplaces xstarts yplaces ystarts marks begins out", "nx ny yrows", [], of_row)
    clear = st.Store(_view("marks", "i32", _name("base")), (_name("j"),), ex.const(-1, "i32"))
    before = [st.For("j", _name("width"), "vector", [clear])]
    return _kernel("xplaces xstarts yplaces ystarts marks begins", "nx ny yrows", before, of_row)


def ends_kernel() -> st.Kernel:
    """The sums of the counts before each row, and of all behind the last one."""
    i, total = _name("i"), _name("total")
    begins = _view("begins", "i64")
    body: list[st.Stmt] = [st.Load("count", begins, (i,)), st.Store(begins, (i,), total)]
    carried = st.Carried("total", "state", "i64", ZERO, ex.add(total, _name("count")), "whole")
    loop = st.For("i", _name("rows"), "serial", body, [carried])
    last = st.Store(begins, (_name("rows"),), _name("whole"))
    return st.Kernel("", [("begins", "ptr"), ("rows", "i64")], [loop, last])


def sums_kernel(types: Sequence[str], type_: str) -> st.Kernel:
    """The numbers at the wanted places of each row."""
    sums = _view("sums", type_, _name("base"))

    def of_row(r: Expr) -> list[st.Stmt]:
        def over(start: Expr, stop: Expr, statements: Callable[[Expr, Expr], list[st.Stmt]], kind: str) -> st.For:
            p = _name("p")
            load, column = _place("place", "places", types[4], p, _name("width"))
            return st.For("p", stop, kind, [load, *statements(p, column)], start=start)

        def cleared(p: Expr, column: Expr) -> list[st.Stmt]:
            return [st.Store(sums, (column,), ex.const(0, type_))]

        def read(p: Expr, column: Expr) -> list[st.Stmt]:
            return [st.Load("sum", sums, (column,)), st.Store(_view("out", type_), (p,), _name("sum", type_))]

        def factor(k: Expr) -> list[st.Stmt]:
            value = convert(_name("given", st.load_type(types[6])), type_)
            return [st.Load("given", _view("x", types[6]), (k,)), st.Let("factor", value)]

        def added(k: Expr, e: Expr, column: Expr) -> list[st.Stmt]:
            value = convert(_name("other", st.load_type(types[7])), type_)
            product = st.combine("mul", _name("factor", type_), value)
            return [
                st.Load("other", _view("y", types[7]), (e,)), st.Load("sum", sums, (column,)),
                st.Store(sums, (column,), st.combine("add", _name("sum", type_), product)),
            ]  # fmt: skip

        def of_wanted(start: Expr, stop: Expr) -> list[st.Stmt]:
            return [
                over(start, stop, cleared, "serial"), *_products(types, r, added, before=factor),
                over(start, stop, read, "vector"),
            ]  # fmt: skip

        return _row("", types[5], r, _name("nz"), of_wanted)

    pointers = "xplaces xstarts yplaces ystarts places starts x y sums out"
    return _kernel(pointers, "nx ny yrows nz", [], of_row)


def merge_kernel(types: Sequence[str], type_: str) -> st.Kernel:
    """The elements of rows of x and of y, those of one place side by side: see `MergedRows`.

    There is no branch for each element: which is next is computed. A row that is empty is not looked at.
    """
    end, r = ex.const((1 << 62) - 1, "i64"), _name("r")

    def of_side(side: str, at: Expr, first: Expr, stop: Expr) -> tuple[list[st.Stmt], Expr]:
        """Load what is next of one side; its place."""
        k = 0 if side == "x" else 3
        inside = ex.minimum(at, ex.sub(stop, ONE))
        loads: list[st.Stmt] = [
            st.Load(f"{side}place", _view(f"{side}places", types[k]), (inside,)),
            st.Load(f"{side}number", _view(side, types[k + 2]), (inside,)),
        ]  # fmt: skip
        place = ex.maximum(ex.cast(_name(f"{side}place", types[k]), "i64"), ZERO)
        return loads, ex.select(ex.lt(at, stop), place, end)

    def merged(firsts: Sequence[Expr], stops: Sequence[Expr], sides: str, slots: Expr, base: Expr) -> list[st.Stmt]:
        loads: list[st.Stmt] = []
        nexts: dict[str, Expr] = {}
        for side in sides:
            k = "xy".index(side)
            more, nexts[side] = of_side(side, _name(side + "at"), firsts[k], stops[k])
            loads += more
        place = ex.minimum(*nexts.values()) if len(sides) == 2 else nexts[sides]
        loads.append(st.Let("next", place))
        here, carried = _name("next"), []
        some = ex.lt(here, end)
        for k, side in enumerate("xy"):
            number: Expr = ex.const(0, type_)
            if side in sides:
                is_here = ex.and_(ex.eq(nexts[side], here), some)
                given = convert(_name(f"{side}number", st.load_type(types[3 * k + 2])), type_)
                number = ex.select(is_here, given, number)
                following = ex.add(_name(side + "at"), ex.cast(is_here, "i64"))
                carried.append(st.Carried(side + "at", "state", "i64", firsts[k], following, f"{side}end"))
            loads.append(st.Store(_view(f"from{side}", type_, base), (_name("s"),), number))
        loads.append(st.Store(_view("out", "i32", base), (_name("s"),), ex.cast(ex.select(some, here, ZERO), "i32")))
        falls = ex.or_(_name("fell", "bool"), ex.and_(some, ex.le(here, _name("last"))))
        carried.append(st.Carried("last", "state", "i64", length(-1), here, "ended"))
        carried.append(st.Carried("fell", "state", "bool", ex.const(False, "bool"), falls, "falls"))
        store = st.Store(_view("sound", "bool"), (r,), ex.not_(_name("falls", "bool")))
        return [st.For("s", slots, "serial", loads, carried), store]

    def of_row(first: Expr, last: Expr) -> list[st.Stmt]:
        def with_other(begin: Expr, stop: Expr) -> list[st.Stmt]:
            x, y = ex.sub(last, first), ex.sub(stop, begin)
            base, slots = ex.add(first, begin), ex.add(x, y)
            ways = [merged((first, begin), (last, stop), sides, slots, base) for sides in ("y", "x", "xy")]
            return [st.If(ex.eq(x, ZERO), ways[0], [st.If(ex.eq(y, ZERO), *ways[1:])])]

        return _row("y", types[4], r, _name("ny"), with_other)

    body = _row("x", types[1], r, _name("nx"), of_row)
    pointers = "xplaces xstarts x yplaces ystarts y fromx fromy out sound"
    params = [(p, "ptr") for p in pointers.split()] + [(p, "i64") for p in ("nx", "ny", st.LO, st.HI)]
    return st.Kernel("", params, [st.For("r", HI, "serial", body, start=LO)], ranged=True)
