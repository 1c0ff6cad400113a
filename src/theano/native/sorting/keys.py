"""LLVM IR of sorting keys that lie one after the other: few by insertion, more by a network, many by their digits."""

from __future__ import annotations

from theano.native.ir.builder import BOOL, INT, INT32, V
from theano.native.sorting.code import Kernel, Keys
from theano.native.sorting.partition import SAMPLE

__all__ = ["kernels"]

# So many keys, at most, are inserted one after the other, and sorted by a network (a power of two).
FEW = 24
MANY = 1 << 10
MANY_AS_PARTING_IS_SLOW = 1 << 12  # see `loops.sorting.MORE`
# Keys are parted such that networks are about as long in the end: some get longer, but few longer than `MANY`.
PIECE = 890
# A part of what is parted has at least the part ``1 / FAIR`` of it; else keys are sorted by their digits.
FAIR = 16
# From so many keys on those are parted off that are not among the first.
MANY_OTHERS = 256
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
    """The rows of a network for `n` keys: a power of two, or three times one and a multiple of `lanes`."""
    s = f.keys
    least = f.maximum(n, s.least) - 1
    v = f.constant(1) << (f.bits_of(least) - (s.lanes.bit_length() - 1))
    fewer = v - (v >> 2)
    is_enough = (n <= fewer * s.lanes) & (fewer >= max(3 * s.lanes, 3 * s.group // 2))
    return f.select(is_enough, fewer, v)


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
    first = _unsigned(f, f.key_at(f.p))
    with f.fold(0, f.n, (f.key(0),)) as (i, differ):
        differ[0] = differ[0] | f.op("xor", _unsigned(f, f.key_at(f.p, i)), first)
    head, end, following = f.block(), f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=shift.get() < f.high)
    f.jump(following, when=_digit(f, differ[0], shift.get()).equals(0))  # all are the same
    with f.loop(0, BUCKETS) as k:
        counts.element(INT, k).store(f.constant(0))
    here = source.get()
    with f.loop(0, f.n) as i:
        place = counts.element(INT, _digit(f, _unsigned(f, f.key_at(here, i)), shift.get()))
        place.store(place.load(INT) + 1)
    total = f.variable(INT, 0)
    with f.loop(0, BUCKETS) as k:
        place = counts.element(INT, k)
        count = place.load(INT)
        place.store(total.get())
        total.set(total.get() + count)
    there = target.get()
    with f.loop(0, f.n) as i:
        key = f.key_at(here, i)
        place = counts.element(INT, _digit(f, _unsigned(f, key), shift.get()))
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


def _unsigned(f: Kernel, key: V) -> V:
    """A number without sign, in the same order."""
    s = f.keys
    turned = f.key(-1 << (s.bits - 1))
    if s.as_floats:  # of a negative number all bits are turned over
        turned = turned | f.op("ashr", key, f.key(s.bits - 1))
    return f.op("xor", key, turned)


def _digit(f: Kernel, unsigned: V, shift: V) -> V:
    """Its bits from `shift` on."""
    if f.keys.bits == 64:
        return (unsigned >> shift) & (BUCKETS - 1)
    return ((unsigned >> shift.to("trunc", INT32)) & (BUCKETS - 1)).to("zext", INT)


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
    pieces = f.n.over(PIECE) + 1
    part = ((pieces >> 1) * SAMPLE).over(pieces)
    pivot = f.call("pivot", f.p, f.n, part, result=s.type)
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
        pivot = f.call("pivot", f.p, size.get(), SAMPLE // 2, result=s.type)
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
    some = [*([selected(s)] if s.bits == 64 else []), *([] if s.provisional else [padded(s)])]
    return [*always, *some]
