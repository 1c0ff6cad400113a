"""LLVM IR of the functions that programs call to sort: rows of numbers of any type, or where their numbers would go.

Numbers become keys, signed integers in the order that NumPy sorts by: NaNs are the greatest of all (but for those of
float16 in whole rows, which are the least: so NumPy compares structures). What differs between types is in a few
constants (`Form`), so that functions for numbers of the same size are one.

For positions a key and its place in the row become one integer, so equal numbers stay in their order. Where that has
too few bits for both, the lowest bits of keys are left out, and what is equal then is sorted once more, by these.

Whole rows are sorted by their positions, which are merged: two rows are compared as far as they are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from theano.loops.externs.sorting import BITS, CUT_TYPES, KINDS, modules, name_of
from theano.native.ir.builder import BOOL, INT, PTR, VOID, V
from theano.native.sorting.code import LINE, Kernel, Keys, keys_of
from theano.native.sorting.floats import kernels as of_floats
from theano.native.sorting.keys import kernels as of_keys
from theano.native.sorting.network import kernels as of_networks
from theano.native.sorting.partition import AVX2_WORDS, orders, pieces, split, stretches
from theano.native.sorting.partition import kernels as of_parting
from theano.native.sorting.short_rows import MARK, PACKED, SHORT, pack_key, rows_for_columns
from theano.native.sorting.short_rows import kernels as of_short_rows
from theano.runtime.module import Function, Global, Module, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["library_module"]

# The exponent of infinity, of each size of floats.
INFINITY = {16: 0x7C00, 32: 0x7F80_0000, 64: 0x7FF0 << 48}


class Form(NamedTuple):
    """How numbers of a type become keys, after their bits have been extended with the sign.

    Of a negative float all bits but the sign are turned over (`mask`; 0 for integers), and what is beyond `infinity`
    without its sign is NaN, which becomes `nan`. `one` is added to keys of negative floats, where zeros of both signs
    are equal. `flip` turns unsigned numbers into signed ones, or the order round. `bias` makes keys of short numbers
    positive.
    """

    mask: int
    infinity: int
    nan: int
    one: int
    flip: int
    bias: int


def form_of(type_: str, keys: Keys, kind: str) -> Form:
    bits = BITS[type_]
    is_float = type_[0] == "f"
    mask = (1 << (bits - 1)) - 1 if is_float else 0
    flip = -1 - mask_of(bits) if type_[0] == "u" else 0
    bias = 1 << (bits - 1) if bits < keys.bits else 0
    nan = -1 - mask if kind == "lexical" and type_ == "f16" else mask
    one, turn = int(is_float and kind != "sort"), -1 if kind == "top" else 0
    return Form(mask, INFINITY[bits] if is_float else 0, nan, one, flip ^ turn, bias)


def mask_of(bits: int) -> int:
    """The bits but the sign.

    >>> hex(mask_of(8))
    '0x7f'
    """
    return (1 << (bits - 1)) - 1


class Mapping:
    """The constants of a form in a function, and what is computed with them, of a key or of a vector of keys."""

    def __init__(self, f: Kernel, form: V, wide: bool) -> None:
        self.f = f
        s = f.keys
        names = Form._fields
        found = [form.element(s.type, k).load(s.type, s.size) for k in range(len(names))]
        self.form = [f.spread(v) if wide else v for v in found]
        last = f.key(s.bits - 1)
        self.last = f.spread(last) if wide else last

    def key(self, bits: V) -> V:
        """Of a number whose bits have been extended."""
        f, op, (mask, infinity, nan, one, flip, bias) = self.f, self.f.op, self.form
        sign, size = op("ashr", bits, self.last), op("and", bits, mask)
        turned = op("xor", bits, op("and", sign, mask))
        number = op("add", turned, op("and", sign, one))
        kind = "i1" if bits.type == f.keys.type else f"<{f.keys.lanes} x i1>"
        is_nan = f.emit(kind, f"icmp ugt {bits.type} {size.text}, {infinity.text}")
        number = f.emit(bits.type, f"select {kind} {is_nan.text}, {bits.type} {nan.text}, {bits.type} {number.text}")
        return op("add", op("xor", number, flip), bias)

    def bits(self, key: V) -> V:
        """The number again (of a form without `one`)."""
        op, (mask, _, _, _, flip, bias) = self.f.op, self.form
        number = op("xor", op("sub", key, bias), flip)
        return op("xor", number, op("and", op("ashr", number, self.last), mask))


def converted(f: Kernel, value: V, how: str, bits: int) -> V:
    """A key or a vector of keys as integers of so many bits, or the other way round."""
    type_ = f"i{bits}" if value.type[0] == "i" else f"<{f.keys.lanes} x i{bits}>"
    return value if value.type == type_ else value.to(how, type_)


def keys_from(s: Keys, bits: int) -> Kernel:
    """The keys of `n` numbers."""
    f = Kernel(s, f"keys_from{bits}", "x:p n:i form:p out:p")
    if bits == s.bits:
        with f.when(_are_keys(f)):
            f.call("llvm.memcpy.p0.p0.i64", f.out, f.x, f.n * s.size, False)
            f.leave()
    wide, single = Mapping(f, f.form, True), Mapping(f, f.form, False)
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        number = f.x.element(f"i{bits}", i).load(f"<{s.lanes} x i{bits}>", bits // 8)
        f.put(wide.key(converted(f, number, "sext", s.bits)), f.out, i)
    with f.loop(last, f.n) as i:
        f.put(_key_of(f, single, bits, i), f.out, i)
    return f


def _key_of(f: Kernel, single: Mapping, bits: int, i: V) -> V:
    """The key of number `i` of x."""
    number = f.x.element(f"i{bits}", i).load(f"i{bits}", bits // 8)
    return single.key(converted(f, number, "sext", f.keys.bits))


def numbers_to(s: Keys, bits: int) -> Kernel:
    """The numbers of `n` keys."""
    f = Kernel(s, f"numbers_to{bits}", "p:p n:i form:p out:p")
    if bits == s.bits:
        with f.when(f.p.equals(f.out) & _are_keys(f)):
            f.leave()
    wide, single = Mapping(f, f.form, True), Mapping(f, f.form, False)
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        number = wide.bits(f.at(f.p, i).load(s.vector, s.size))
        f.out.element(f"i{bits}", i).store(converted(f, number, "trunc", bits), bits // 8)
    with f.loop(last, f.n) as i:
        number = single.bits(f.key_at(f.p, i))
        f.out.element(f"i{bits}", i).store(converted(f, number, "trunc", bits), bits // 8)
    return f


def _are_keys(f: Kernel) -> V:
    """Whether numbers are the same as their keys."""
    s, any_ = f.keys, f.key(0)
    for k in range(len(Form._fields)):
        any_ = any_ | f.form.element(s.type, k).load(s.type, s.size)
    return any_.equals(0)


def _rooms(f: Kernel) -> tuple[V, V]:
    """Two parts of `scratch`, from whole cache lines on: for the keys of a row, and for as many and a network."""
    keys = f.from_line(f.scratch)
    return keys, f.at(keys, f.n.up_to(LINE // f.keys.size))


def sorted_rows(s: Keys, bits: int) -> Kernel:
    """Sort rows of numbers."""
    f = Kernel(s, f"sorted{bits}", "rows:i n:i x:p out:p scratch:p form:p", quick=True)
    keys, other = _rooms(f)
    if not s.provisional:
        _short_rows(f, bits, keys)
    with f.loop(0, f.rows) as i:
        first = i * f.n
        out = f.out.element(f"i{bits}", first)
        row = out if bits == s.bits else keys
        f.call(f"keys_from{bits}", f.x.element(f"i{bits}", first), f.n, f.form, row)
        f.call("arranged", row, f.n, other, 0, bits)
        f.call(f"numbers_to{bits}", row, f.n, f.form, out)
    return f


def _short_rows(f: Kernel, bits: int, keys: V) -> None:
    """Sort rows, if they are short, as many at once as there are lanes, and leave."""
    s = f.keys
    with f.when((f.n <= SHORT) & (f.rows >= s.lanes // 4)):
        matrix, v = f.at(keys, f.n * s.lanes + s.lanes), rows_for_columns(f, f.n)
        with f.loop(0, f.rows, s.lanes) as i:
            count, first = f.minimum(f.rows - i, s.lanes) * f.n, i * f.n
            f.call(f"keys_from{bits}", f.x.element(f"i{bits}", first), count, f.form, keys)
            f.call("into_lanes", keys, f.n, matrix, v)
            f.call("columns", matrix, v)
            f.call("from_lanes", matrix, f.n, keys)
            f.call(f"numbers_to{bits}", keys, count, f.form, f.out.element(f"i{bits}", first))
        f.leave()


# -- positions ---------------------------------------------------------------------------------------------
def least_and_greatest(s: Keys) -> Kernel:
    """Of one key or more."""
    f = Kernel(s, "ends", "p:p n:i out:p")
    first = f.key_at(f.p)
    wide = f.spread(first)
    last = f.n & -s.lanes
    with f.fold(0, last, (wide, wide), s.lanes) as (i, state):
        keys = f.at(f.p, i).load(s.vector, s.size)
        state[0], state[1] = f.ordered_integers(state[0], keys)[0], f.ordered_integers(state[1], keys)[1]
    rows = [f.memory(s.lanes * s.size) for _ in state]
    for row, value in zip(rows, state, strict=True):
        f.put(value, row)
    with f.fold(0, s.lanes, (first, first)) as (i, ends):
        _towards(f, ends, f.key_at(rows[0], i), f.key_at(rows[1], i))
    with f.fold(last, f.n, ends) as (i, both):
        key = f.key_at(f.p, i)
        _towards(f, both, key, key)
    f.put(both[0], f.out)
    f.put(both[1], f.out, 1)
    return f


def _towards(f: Kernel, ends: list[V], low: V, high: V) -> None:
    ends[0], ends[1] = f.minimum(ends[0], low), f.maximum(ends[1], high)


def packed(s: Keys) -> Kernel:
    """Keys, less `low` and without their last `shift` bits, become one integer with their places, of `places` bits."""
    f = Kernel(s, "pack", "p:p n:i low:i shift:i places:i")
    count = f.variable(s.vector, V(f, s.vector, f"<{', '.join(f'i64 {k}' for k in range(s.lanes))}>"))
    low, shift, places, mark = (f.spread(v) for v in (f.low, f.shift, f.places, f.key(MARK)))
    step = f.spread(f.key(s.lanes))
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        keys = f.at(f.p, i).load(s.vector, s.size)
        f.put(pack_key(f, keys, low, shift, places, count.get(), mark), f.p, i)
        count.set(count.get() + step)
    with f.loop(last, f.n) as i:
        f.put(pack_key(f, f.key_at(f.p, i), f.low, f.shift, f.places, i, f.key(MARK)), f.p, i)
    return f


def unpacked(s: Keys) -> Kernel:
    """The places."""
    f = Kernel(s, "unpack", "p:p n:i places:i out:p")
    mask = (f.constant(1) << f.places) - 1
    wide = f.spread(mask)
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        f.put(f.at(f.p, i).load(s.vector, s.size) & wide, f.out, i)
    with f.loop(last, f.n) as i:
        f.put(f.key_at(f.p, i) & mask, f.out, i)
    return f


def ties(s: Keys, bits: int) -> Kernel:
    """Sort runs of keys that agree so far by the bits that have been left out."""
    f = Kernel(s, f"ties{bits}", "x:p n:i form:p p:p other:p low:i shift:i places:i")
    single = Mapping(f, f.form, False)
    mask, rest = (f.constant(1) << f.places) - 1, (f.constant(1) << f.shift) - 1
    start, stop = f.variable(INT, 0), f.variable(INT)
    head, end, grow, grown = f.block(), f.block(), f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=start.get() < f.n)
    key = f.key_at(f.p, start.get()) >> f.places
    stop.set(start.get() + 1)
    f.begin(grow)
    f.jump(grown, unless=stop.get() < f.n)
    f.jump(grown, when=(f.key_at(f.p, stop.get()) >> f.places).differs(key))
    stop.set(stop.get() + 1)
    f.jump(grow)
    f.begin(grown)
    count = stop.get() - start.get()
    with f.when(count > 1):
        with f.loop(start.get(), stop.get()) as i:
            place = f.key_at(f.p, i) & mask
            left = (_key_of(f, single, bits, place) - f.low) & rest
            f.put((left << f.places) | place | f.key(MARK), f.p, i)
        f.call("sorted", f.at(f.p, start.get()), count, f.other, f.places, f.places + f.shift)
    start.set(stop.get())
    f.jump(head)
    f.begin(end)
    return f


def positions_of_row(s: Keys, bits: int) -> Kernel:
    """The places of the `count` least numbers of a row, in order."""
    f = Kernel(s, f"row{bits}", "n:i count:i x:p out:p scratch:p form:p", quick=True)
    (keys, other), ends = _rooms(f), f.memory(2 * s.size)
    f.call(f"keys_from{bits}", f.x, f.n, f.form, keys)
    f.call("ends", keys, f.n, ends)
    low = f.key_at(ends)
    width, places = f.bits_of(f.key_at(ends, 1) - low), f.bits_of(f.n - 1)
    shift = f.maximum(width + places - PACKED, 0)
    f.call("pack", keys, f.n, low, shift, places)
    high = f.minimum(width + places, PACKED)
    done = f.call("selected", keys, f.n, f.count, other, places, high, result=INT)
    with f.when(shift > 0):
        f.call(f"ties{bits}", f.x, done, f.form, keys, other, low, shift, places)
    f.call("unpack", keys, f.count, places, f.out)
    return f


def positions_of_rows(s: Keys, bits: int) -> Kernel:
    """The same of each row; of many short ones as many at once as a vector has lanes, unless that leaves ties."""
    f = Kernel(s, f"positions{bits}", "rows:i n:i count:i x:p out:p scratch:p form:p", quick=True)
    if s.provisional:
        with f.loop(0, f.rows) as i:
            x, out = f.x.element(f"i{bits}", i * f.n), f.out.element(s.type, i * f.count)
            f.call(f"row{bits}", f.n, f.count, x, out, f.scratch, f.form)
        return f
    keys, _ = _rooms(f)
    matrix, v, places = f.at(keys, f.n * s.lanes + s.lanes), rows_for_columns(f, f.n), f.bits_of(f.n - 1)
    is_short = (f.n <= SHORT) & (f.rows >= s.lanes // 4)
    step, start = f.select(is_short, s.lanes, 1), f.variable(INT, 0)
    head, end, following, one_by_one = f.block(), f.block(), f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=start.get() < f.rows)
    rows = f.minimum(f.rows - start.get(), step)
    x, out = f.x.element(f"i{bits}", start.get() * f.n), f.out.element(s.type, start.get() * f.count)
    f.jump(one_by_one, unless=is_short)
    f.call(f"keys_from{bits}", x, rows * f.n, f.form, keys)
    f.call("into_lanes", keys, f.n, matrix, v)
    cut = f.call("pack_lanes", matrix, f.n, places, result=BOOL)
    f.call("columns", matrix, v)
    tied = f.variable(BOOL, False)
    with f.when(cut):
        tied.set(f.call("tied", matrix, f.n, places, result=BOOL))
    f.jump(one_by_one, when=tied.get())
    f.call("from_lanes", matrix, f.n, keys)
    with f.loop(0, rows) as i:
        f.call("unpack", f.at(keys, i * f.n), f.count, places, f.at(out, i * f.count))
    f.jump(following)
    f.begin(one_by_one)
    with f.loop(0, rows) as i:
        f.call(f"row{bits}", f.n, f.count, x.element(f"i{bits}", i * f.n), f.at(out, i * f.count), f.scratch, f.form)
    f.begin(following)
    start.set(start.get() + step)
    f.jump(head)
    f.begin(end)
    return f


# -- whole rows --------------------------------------------------------------------------------------------
def precedes(s: Keys, bits: int) -> Kernel:
    """Whether row `a` of `n` numbers comes before row `b`: the first numbers that differ decide."""
    f = Kernel(s, f"precedes{bits}", "x:p n:i form:p a:i b:i", BOOL)
    single = Mapping(f, f.form, False)
    left, right = f.a * f.n, f.b * f.n
    with f.loop(0, f.n) as i:
        x, y = _key_of(f, single, bits, left + i), _key_of(f, single, bits, right + i)
        same = f.block()
        f.jump(same, when=x.equals(y))
        f.leave(x < y)
        f.begin(same)
    f.leave(False)
    return f


def merged_runs(s: Keys, bits: int) -> Kernel:
    """Merge the positions of rows from `first` and from `middle` on, both in order, as `target` from `first` on."""
    f = Kernel(s, f"merged{bits}", "x:p n:i form:p source:p target:p first:i middle:i last:i")
    i, j, is_later = f.variable(INT, f.first), f.variable(INT, f.middle), f.variable(BOOL)
    with f.loop(f.first, f.last) as k:
        is_later.set(j.get() < f.last)
        with f.when(is_later.get() & (i.get() < f.middle)):
            rows = f.key_at(f.source, j.get()), f.key_at(f.source, i.get())
            is_later.set(f.call(f"precedes{bits}", f.x, f.n, f.form, *rows, result=BOOL))
        taken = is_later.get()
        f.put(f.key_at(f.source, f.select(taken, j.get(), i.get())), f.target, k)
        i.set(i.get() + f.select(taken, 0, 1))
        j.set(j.get() + f.select(taken, 1, 0))
    return f


def lexical(s: Keys, bits: int) -> Kernel:
    """The positions of rows in order: runs of 1, 2, 4, ... of them are merged, to and fro."""
    f = Kernel(s, f"lexical{bits}", "rows:i n:i x:p out:p scratch:p form:p", quick=True)
    with f.loop(0, f.rows) as i:
        f.put(i, f.out, i)
    source, target, width = f.variable(PTR, f.out), f.variable(PTR, f.scratch), f.variable(INT, 1)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=width.get() < f.rows)
    step = width.get() + width.get()
    with f.loop(0, f.rows, step) as first:
        middle, last = f.minimum(first + width.get(), f.rows), f.minimum(first + step, f.rows)
        f.call(f"merged{bits}", f.x, f.n, f.form, source.get(), target.get(), first, middle, last)
    merged = target.get()
    target.set(source.get())
    source.set(merged)
    width.set(step)
    f.jump(head)
    f.begin(end)
    with f.unless(source.get().equals(f.out)):
        f.call("llvm.memcpy.p0.p0.i64", f.out, source.get(), f.rows * s.size, False)
    return f


# -- the module --------------------------------------------------------------------------------------------
def entry(s: Keys, kind: str, type_: str) -> tuple[Kernel, Global]:
    """What programs call for numbers of a type, and the constants of its form."""
    f = Kernel(s, name_of(kind, type_), KINDS[kind], exported=True, quick=True)
    form = form_of(type_, s, kind)
    values = ", ".join(f"{s.type} {v}" for v in form)
    name = f"form_{f.name}"
    constant = Global(name, f"@{name} = internal constant [{len(form)} x {s.type}] [{values}]")
    callee = {"sort": "sorted", "lexical": "lexical"}.get(kind, "positions")
    f.call(f"{callee}{BITS[type_]}", *f.params.values(), f.address(name), last=True)
    return f, constant


def library_module(keys: str, isa: Isa, provisional: bool = False) -> Module:
    """The functions that compare keys of a type of `loops.sorting.modules`."""
    s, of = keys_of(keys, isa, provisional), modules()
    named = [(kind, type_) for kind in KINDS for type_ in BITS if of[name_of(kind, type_)] == keys]
    entries = [entry(s, kind, type_) for kind, type_ in named]
    functions = [*of_keys(s)]
    if not provisional:
        functions += [*of_networks(s), *of_parting(s), *of_short_rows(s)]
    if s.as_floats:
        functions += of_floats(s)
    if any(kind != "sort" for kind, _ in named):
        functions += [least_and_greatest(s), packed(s), unpacked(s)]
    of_positions = (ties, positions_of_row, positions_of_rows, precedes, merged_runs, lexical)
    own = of_positions if s.as_floats else (numbers_to, sorted_rows)
    for size in sorted({BITS[type_] for kind, type_ in named if kind != "sort" or not s.as_floats}):
        functions += [keys_from(s, size), *(f(s, size) for f in own)]
    functions += [f(s, keys) for f in (split, pieces, stretches) if keys in CUT_TYPES]
    vector = f"v{s.lanes}{s.type}"
    found = [constant for _, constant in entries]
    found += [intrinsic(f"llvm.{op}.{vector}", s.vector, s.vector, s.vector) for op in ("smin", "smax")]
    found += [intrinsic(f"llvm.{op}.i64", INT, INT, "i1") for op in ("cttz", "ctlz")]
    found.append(intrinsic(f"llvm.ctlz.{vector}", s.vector, s.vector, "i1"))
    if s.together == "compress":
        kind = f"<{s.lanes} x i1>"
        found.append(intrinsic(f"llvm.experimental.vector.compress.{vector}", s.vector, s.vector, kind, s.vector))
    if s.together == "permute":
        words = f"<{AVX2_WORDS} x i32>"
        found += [orders(s), intrinsic("llvm.x86.avx2.permd", words, words, words)]
    found.append(intrinsic("llvm.ctpop.i64", INT, INT))
    found += [intrinsic(f"llvm.{op}.p0.p0.i64", VOID, PTR, PTR, INT, "i1") for op in ("memcpy", "memmove")]
    made: list[Function] = [f.function() for f in (*functions, *(f for f, _ in entries))]
    return Module(found, made)
