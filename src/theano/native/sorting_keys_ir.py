"""LLVM IR of sorting keys that lie one after the other: few by insertion, more by a network, many by their digits."""

from __future__ import annotations

from theano.native.ir_text import BOOL, INT, INT32, V
from theano.native.sorting_code import Kernel, Keys
from theano.runtime.module import Global

__all__ = ["AVX2_WORDS", "kernels", "orders"]

# So many keys, at most, are inserted one after the other, and sorted by a network (a power of two).
FEW = 24
MANY = 1 << 10
MANY_AS_PARTING_IS_SLOW = 1 << 12  # see `loops.sorting.MORE`
# A part of what is parted has at least the part ``1 / FAIR`` of it; else keys are sorted by their digits.
FAIR = 16
# From so many keys on those are parted off that are not among the first.
MANY_OTHERS = 256
AVX2_WORDS = 8
DIGIT = 8
BUCKETS = 1 << DIGIT


def inserted(s: Keys) -> Kernel:
    """Sort a few keys."""
    f = Kernel(s, "inserted", "p:p n:i")
    with f.loop(1, f.n) as i:
        key = f.key_at(f.p, i)
        place = f.variable(INT, i)
        head, end = f.block(), f.block()
        f.begin(head)
        f.jump(end, unless=place.get() > 0)
        before = f.key_at(f.p, place.get() - 1)
        f.jump(end, unless=f.compared(before, "gt", key))
        f.put(before, f.p, place.get())
        place.set(place.get() - 1)
        f.jump(head)
        f.begin(end)
        f.put(key, f.p, place.get())
    return f


def rows_for(f: Kernel, n: V) -> V:
    """The rows of a network for `n` keys: a power of two."""
    s = f.keys
    least = f.maximum(n, s.least) - 1
    return f.constant(1) << (f.bits_of(least) - (s.lanes.bit_length() - 1))


def padded(s: Keys) -> Kernel:
    """The keys of a network of `v` rows: the `n` of p, and greatest ones."""
    f = Kernel(s, "padded", "p:p n:i out:p v:i")
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        f.put(f.at(f.p, i).load(s.vector, s.size), f.out, i)
    with f.loop(last, f.n) as i:
        f.put(f.key_at(f.p, i), f.out, i)
    end, greatest = f.v * s.lanes, f.key(s.greatest)
    whole = f.n.up_to(s.lanes)
    with f.loop(f.n, whole) as i:
        f.put(greatest, f.out, i)
    many = f.spread(greatest)
    with f.loop(whole, end, s.lanes) as i:
        f.put(many, f.out, i)
    return f


def by_digits(s: Keys) -> Kernel:
    """Sort many keys by their bits from `low` to `high`, least digit first; keys that agree there keep their order.

    `other` has room for as many. What lies behind the bits decides nothing.
    """
    f = Kernel(s, "by_digits", "p:p n:i other:p low:i high:i")
    counts = f.memory(8 * BUCKETS)
    source, target = f.variable("ptr", f.p), f.variable("ptr", f.other)
    shift = f.variable(INT, f.low)
    head, end, following = f.block(), f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=shift.get() < f.high)
    with f.loop(0, BUCKETS) as k:
        counts.element(INT, k).store(f.constant(0))
    here = source.get()
    with f.loop(0, f.n) as i:
        place = counts.element(INT, _digit(f, f.key_at(here, i), shift.get()))
        place.store(place.load(INT) + 1)
    first = counts.element(INT, _digit(f, f.key_at(here), shift.get())).load(INT)
    f.jump(following, when=first.equals(f.n))  # all are the same
    total = f.variable(INT, 0)
    with f.loop(0, BUCKETS) as k:
        place = counts.element(INT, k)
        count = place.load(INT)
        place.store(total.get())
        total.set(total.get() + count)
    there = target.get()
    with f.loop(0, f.n) as i:
        key = f.key_at(here, i)
        place = counts.element(INT, _digit(f, key, shift.get()))
        at = place.load(INT)
        place.store(at + 1)
        f.put(key, there, at)
    source.set(there)
    target.set(here)
    f.begin(following)
    shift.set(shift.get() + DIGIT)
    f.jump(head)
    f.begin(end)
    with f.unless(source.get().equals(f.p)):
        f.call("llvm.memcpy.p0.p0.i64", f.p, f.other, f.n * s.size, False)
    return f


def _digit(f: Kernel, key: V, shift: V) -> V:
    """The bits of a key from `shift` on, as of a number that is not negative."""
    s = f.keys
    turned = f.key(-1 << (s.bits - 1))
    if s.as_floats:  # of a negative number all bits are turned over
        turned = turned | f.op("ashr", key, f.key(s.bits - 1))
    unsigned = f.op("xor", key, turned)
    amount = shift if s.bits == 64 else shift.to("trunc", INT32)
    digit = (unsigned >> amount) & (BUCKETS - 1)
    return digit if s.bits == 64 else digit.to("zext", INT)


def median(s: Keys) -> Kernel:
    """About the median: that of as many keys as a vector has."""
    f = Kernel(s, "median", "p:p n:i", s.type)
    step, few = f.n.over(s.lanes), f.memory(s.lanes * s.size)
    for k in range(s.lanes):
        f.put(f.key_at(f.p, step * k), few, k)
    row, bit = f.vector_at(few), 1
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


def _together(f: Kernel, row: V, mask: V) -> V:
    """A vector with the lanes under a mask first, in their order."""
    s = f.keys
    if s.together == "compress":
        name = f"llvm.experimental.vector.compress.v{s.lanes}{s.type}"
        return f.call(name, row, mask, row, result=row.type)
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
    """Keys up to `pivot` come before the others: how many there are. `other` has room for as many keys and a vector."""
    f = Kernel(s, "parted", "p:p n:i pivot:n other:p", INT)
    start, low, high = f.variable(INT, 0), f.variable(INT, 0), f.variable(INT, 0)
    if s.together:
        last = f.n & -s.lanes
        wide = f.spread(f.pivot)
        with f.loop(0, last, s.lanes) as i:
            row = f.at(f.p, i).load(s.vector, s.size)
            masks = [f.compared(row, how, wide) for how in ("le", "gt")]
            for mask, out, place in zip(masks, (f.p, f.other), (low, high), strict=True):
                f.put(_together(f, row, mask), out, place.get())
            count = f.call("llvm.ctpop.i64", _bits(f, masks[0]), result=INT)
            low.set(low.get() + count)
            high.set(high.get() - count + s.lanes)
        start.set(last)
    with f.loop(start.get(), f.n) as i:
        key = f.key_at(f.p, i)
        f.put(key, f.p, low.get())
        f.put(key, f.other, high.get())
        up = f.compared(key, "le", f.pivot).to("zext", INT)
        low.set(low.get() + up)
        high.set(high.get() - up + 1)
    f.call("llvm.memcpy.p0.p0.i64", f.at(f.p, low.get()), f.other, high.get() * s.size, False)
    f.leave(low.get())
    return f


def merged(s: Keys) -> Kernel:
    """Whether many keys lie in order but for one place at most; then they are sorted. Else they are left as they are.

    So do those of two matrices or tables that each are in order, one after the other. `other` has room for as many.
    """
    f = Kernel(s, "merged", "p:p n:i other:p", BOOL)
    with f.when(f.n <= MANY):
        f.leave(False)
    middle = _end_of_run(f, f.constant(0))
    with f.when(middle.equals(f.n)):
        f.leave(True)
    with f.when(_end_of_run(f, middle) < f.n):
        f.leave(False)
    left, right, place = f.variable(INT, 0), f.variable(INT, middle), f.variable(INT, 0)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=left.get() < middle)
    f.jump(end, unless=right.get() < f.n)
    one, other = f.key_at(f.p, left.get()), f.key_at(f.p, right.get())
    takes_other = f.compared(one, "gt", other)
    # Not a choice: which run is next can't be foretold, and processors would try.
    differing = f.op("xor", one, other) & takes_other.to("sext", s.type)
    f.put(f.op("xor", one, differing), f.other, place.get())
    step = takes_other.to("zext", INT)
    right.set(right.get() + step)
    left.set(left.get() - step + 1)
    place.set(place.get() + 1)
    f.jump(head)
    f.begin(end)
    # What is left of the second run is where it belongs.
    rest = middle - left.get()
    f.call("llvm.memmove.p0.p0.i64", f.at(f.p, f.n - rest), f.at(f.p, left.get()), rest * s.size, False)
    f.call("llvm.memcpy.p0.p0.i64", f.p, f.other, place.get() * s.size, False)
    f.leave(True)
    return f


def _end_of_run(f: Kernel, start: V) -> V:
    """Behind the keys from `start` on that lie in order."""
    stop = f.variable(INT, start + 1)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=stop.get() < f.n)
    f.jump(end, when=f.compared(f.key_at(f.p, stop.get() - 1), "gt", f.key_at(f.p, stop.get())))
    stop.set(stop.get() + 1)
    f.jump(head)
    f.begin(end)
    return stop.get()


def sorted_keys(s: Keys) -> Kernel:
    """Sort keys, which differ in their bits from `low` to `high` only, or lie in the order of the bits below.

    `other` has room for as many and a vector, and for a network.
    """
    f = Kernel(s, "sorted", "p:p n:i other:p low:i high:i", quick=True)
    with f.when(f.n <= FEW):
        f.call("inserted", f.p, f.n)
        f.leave()
    if s.provisional:
        f.call("by_digits", f.p, f.n, f.other, f.low, f.high)
        return f
    with f.when(f.n <= (MANY if s.together else MANY_AS_PARTING_IS_SLOW)):
        v = rows_for(f, f.n)
        f.call("padded", f.p, f.n, f.other, v)
        f.call("network", f.other, v)
        f.call("out_of_lanes", f.other, v, f.n, f.p)
        f.leave()
    pivot = f.call("median", f.p, f.n, result=s.type)
    count = f.call("parted", f.p, f.n, pivot, f.other, result=INT)
    left, least = f.n - count, f.n.over(FAIR)
    with f.when(f.minimum(count, left) < least):
        f.call("by_digits", f.p, f.n, f.other, f.low, f.high)
        f.leave()
    f.call("sorted", f.p, count, f.other, f.low, f.high)
    f.call("sorted", f.at(f.p, count), left, f.other, f.low, f.high)
    return f


def arranged(s: Keys) -> Kernel:
    """Sort keys, see `sorted`; quickly where they lie in order but for one place at most."""
    f = Kernel(s, "arranged", "p:p n:i other:p low:i high:i", quick=True)
    with f.unless(f.call("merged", f.p, f.n, f.other, result=BOOL)):
        f.call("sorted", f.p, f.n, f.other, f.low, f.high)
    return f


def selected(s: Keys) -> Kernel:
    """The `count` least keys in order at the front, see `sorted`: how many are in order, at least.

    As long as there are many others, they are parted off: not from those that differ in their lowest bits only.
    """
    f = Kernel(s, "selected", "p:p n:i count:i other:p low:i high:i", INT, quick=True)
    size = f.variable(INT, f.n)
    if not s.provisional:
        head, end = f.block(), f.block()
        f.begin(head)
        f.jump(end, when=size.get() < MANY_OTHERS)
        f.jump(end, when=size.get() < f.count * 4)
        pivot = f.call("median", f.p, size.get(), result=s.type)
        pivot = pivot | ((f.constant(1) << f.low) - 1)
        left = f.call("parted", f.p, size.get(), pivot, f.other, result=INT)
        f.jump(end, when=left < f.count)
        f.jump(end, when=left > size.get() - size.get().over(FAIR))
        size.set(left)
        f.jump(head)
        f.begin(end)
    f.call("arranged", f.p, size.get(), f.other, f.low, f.high)
    f.leave(size.get())
    return f


def kernels(s: Keys) -> list[Kernel]:
    always = [inserted(s), by_digits(s), merged(s), sorted_keys(s), arranged(s)]
    some = [*([selected(s)] if s.bits == 64 else []), *([] if s.provisional else [padded(s), median(s), parted(s)])]
    return [*always, *some]
