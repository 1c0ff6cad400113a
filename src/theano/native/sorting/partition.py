"""LLVM IR of parting keys: those up to a pivot come before the others, in their own memory.

The keys of both ends are held in registers first, so there is room at either end for what is found in between. What is
read next is at the end with less room; then there is enough at both, so whole vectors are written to both.
"""

from __future__ import annotations

from theano.loops.externs.sorting import CUTS, LONG, MORE, PIECES, name_of
from theano.native.ir.builder import BOOL, INT, V, Variable
from theano.native.sorting.code import Kernel, Keys
from theano.native.sorting.network import batcher
from theano.runtime.module import Global

__all__ = ["AVX2_WORDS", "SAMPLE", "kernels", "orders", "pieces", "split", "stretches"]

AVX2_WORDS = 8
# Vectors that are read at once: so many that stores need not be waited for to know what is read next.
AT_ONCE = 8
# Vectors of the sample that a pivot is found in.
SAMPLE = 16


def pivot(s: Keys) -> Kernel:
    """About the key with ``part / SAMPLE`` of all before it.

    Of `SAMPLE` vectors from all over each lane is sorted; what is found is the median of its row number `part`.
    """
    f = Kernel(s, "pivot", "p:p n:i part:i", s.type)
    step = (f.n - s.lanes).over(SAMPLE - 1)
    rows = [f.at(f.p, step * k).load(s.vector, s.size) for k in range(SAMPLE)]
    for a, b in batcher(SAMPLE):
        rows[a], rows[b] = f.ordered(rows[a], rows[b])
    sample = f.memory(SAMPLE * s.lanes * s.size)
    for k, row in enumerate(rows):
        f.put_vector(row, sample, k)
    row, bit = f.vector_at(sample, f.part), 1
    while bit < s.lanes:
        for distance in (2 * bit - 1, *(bit >> k for k in range(1, bit.bit_length()))):
            low, high = f.ordered(row, f.crossed(row, distance))
            row = f.mixed(low, high, (distance + 1) // 2 if distance == 2 * bit - 1 else distance)
        bit *= 2
    f.leave(f.emit(s.type, f"extractelement {s.vector} {row.text}, i64 {s.lanes // 2 - 1}"))
    return f


def _bits(f: Kernel, mask: V) -> V:
    lanes = f.keys.lanes
    return f.emit(f"i{lanes}", f"bitcast {mask.type} {mask.text} to i{lanes}").to("zext", INT)


def _apart(f: Kernel, row: V, mask: V, others: V) -> V:
    """A vector with the lanes under a mask first, and the others behind them."""
    s = f.keys
    if s.together == "compress":
        name = f"llvm.experimental.vector.compress.v{s.lanes}{s.type}"
        last = f.call(name, row, others, row, result=row.type)
        last = f.shuffled(last, last, reversed(range(s.lanes)))
        return f.call(name, row, mask, last, result=row.type)
    words = f"<{AVX2_WORDS} x i32>"
    places = f.address("orders").element("i32", _bits(f, mask) * AVX2_WORDS).load(words, 4)
    return f.call("llvm.x86.avx2.permd", row.to("bitcast", words), places, result=words).to("bitcast", row.type)


def orders(s: Keys) -> Global:
    """For each mask the words of a vector of AVX2, those of lanes under it first."""
    each = AVX2_WORDS // s.lanes
    table = []
    for mask in range(1 << s.lanes):
        lanes = sorted(range(s.lanes), key=lambda k: not mask >> k & 1)
        table += [f"i32 {each * k + word}" for k in lanes for word in range(each)]
    return Global("orders", f"@orders = internal constant [{len(table)} x i32] [{', '.join(table)}]")


def parted(s: Keys) -> Kernel:
    """Keys up to `pivot` come before the others: how many there are. Both ends are held, so `n` is at
    least ``2 * AT_ONCE`` vectors.
    """
    f = Kernel(s, "parted", "p:p n:i pivot:n other:p", INT)
    wide, ends = f.spread(f.pivot), AT_ONCE * s.lanes
    low, high = f.variable(INT, 0), f.variable(INT, f.n)  # between these is room, and what has not been read
    first, last = f.variable(INT, ends), f.variable(INT, f.n - ends)  # what has not been read
    held = [f.vector_at(f.at(f.p, k), i) for k in (0, last.get()) for i in range(AT_ONCE)]
    for count in (AT_ONCE, 1):
        head, end = f.block(), f.block()
        f.begin(head)
        f.jump(end, unless=last.get() - first.get() >= count * s.lanes)
        is_low = first.get() - low.get() <= high.get() - last.get()
        place = f.select(is_low, first.get(), last.get() - count * s.lanes)
        first.set(f.select(is_low, first.get() + count * s.lanes, first.get()))
        last.set(f.select(is_low, last.get(), place))
        rows = [f.vector_at(f.at(f.p, place), k) for k in range(count)]
        for row in rows:
            _put_apart(f, row, wide, low, high)
        f.jump(head)
        f.begin(end)
    rest, left = f.memory(s.lanes * s.size), last.get() - first.get()
    with f.loop(0, left) as i:
        f.put(f.key_at(f.p, first.get() + i), rest, i)
    with f.loop(0, left) as i:
        key = f.key_at(rest, i)
        f.put(key, f.p, low.get())
        f.put(key, f.p, high.get() - 1)
        up = f.compared(key, "le", f.pivot).to("zext", INT)
        low.set(low.get() + up)
        high.set(high.get() - 1 + up)
    for row in held:
        _put_apart(f, row, wide, low, high)
    f.leave(low.get())
    return f


def _put_apart(f: Kernel, row: V, pivot: V, low: Variable, high: Variable) -> None:
    """Write a vector to both ends of the room, which has a vector at least."""
    mask = f.compared(row, "le", pivot)
    ones = f.emit(mask.type, f"xor {mask.type} {mask.text}, splat (i1 true)")  # NaNs, too
    both = _apart(f, row, mask, ones)
    f.put(both, f.p, low.get())
    f.put(both, f.p, high.get() - f.keys.lanes)
    count = f.call("llvm.ctpop.i64", _bits(f, mask), result=INT)
    low.set(low.get() + count)
    high.set(high.get() + count - f.keys.lanes)


def parted_one_by_one(s: Keys) -> Kernel:
    """The same where lanes can't be moved together. `other` has room for as many keys."""
    f = Kernel(s, "parted", "p:p n:i pivot:n other:p", INT)
    low, high = f.variable(INT, 0), f.variable(INT, 0)
    with f.loop(0, f.n) as i:
        key = f.key_at(f.p, i)
        f.put(key, f.p, low.get())
        f.put(key, f.other, high.get())
        up = f.compared(key, "le", f.pivot).to("zext", INT)
        low.set(low.get() + up)
        high.set(high.get() - up + 1)
    f.call("llvm.memcpy.p0.p0.i64", f.at(f.p, low.get()), f.other, high.get() * s.size, False)
    f.leave(low.get())
    return f


def split(s: Keys, type_: str) -> Kernel:
    """Copy a row and part it into pieces: numbers as they are, also NaNs and zeros of both signs.

    No number is up to a pivot that is NaN. Zeros are all in the same piece, and NaNs all in the last one that has any.
    """
    f = Kernel(s, name_of("split", type_), CUTS["split"].replace(":w", ":p"), exported=True)
    f.call("llvm.memcpy.p0.p0.i64", f.out, f.x, f.n * s.size, False)
    f.bounds.store(f.constant(0))
    f.bounds.element(INT, PIECES).store(f.n)
    with f.when(f.call("merged", f.out, f.n, f.scratch, result=BOOL)):
        for k in range(1, PIECES):
            f.bounds.element(INT, k).store(f.n)
        f.leave()
    wide = PIECES
    while wide > 1:
        for first in range(0, PIECES, wide):
            start, end = (f.bounds.element(INT, k).load(INT) for k in (first, first + wide))
            place, row, n = f.bounds.element(INT, first + wide // 2), f.at(f.out, start), end - start
            place.store(end)
            if not s.provisional:
                with f.when(n >= LONG // PIECES // 2):
                    key = f.call("pivot", row, n, SAMPLE // 2, result=s.type)
                    place.store(start + f.call("parted", row, n, key, f.scratch, result=INT))
        wide //= 2
    return f


def pieces(s: Keys, type_: str, kind: str = "pieces") -> Kernel:
    """Sort what is between some of the bounds. Of `pieces` each has a scratch of its own."""
    f = Kernel(s, name_of(kind, type_), CUTS[kind].replace(":w", ":p"), exported=True, quick=True)
    with f.loop(f.first, f.last) as k:
        start, end = (f.bounds.element(INT, place).load(INT) for place in (k, k + 1))
        row, scratch = f.at(f.out, start), f.scratch
        if kind == "pieces":
            scratch = f.at(scratch, start * 2 + k * MORE)
        f.call(name_of("sort", type_), 1, end - start, row, row, scratch)
    return f


def stretches(s: Keys, type_: str) -> Kernel:
    """The same of stretches that are sorted one after the other."""
    return pieces(s, type_, "stretches")


def kernels(s: Keys) -> list[Kernel]:
    return [pivot(s), parted(s) if s.together else parted_one_by_one(s)]
