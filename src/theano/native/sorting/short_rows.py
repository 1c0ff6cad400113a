"""LLVM IR of sorting many short rows: each is a lane of vectors, so that no lanes need to meet."""

from __future__ import annotations

from theano.native.ir.builder import BOOL, V
from theano.native.sorting.code import Kernel, Keys

__all__ = ["MARK", "PACKED", "SHORT", "kernels", "pack_key", "rows_for_columns"]

# Bits of a key with its place, and what makes a positive, normal number of it: see `Keys.as_floats`.
PACKED = 61
MARK = 1 << PACKED

# Keys of a row, at most: as many rows as lanes, and the matrix with a row in each column, are in `scratch` at once.
SHORT = 128


def rows_for_columns(f: Kernel, n: V) -> V:
    """The rows of a matrix with `n` keys in each column: a power of two."""
    return f.constant(1) << f.bits_of(f.maximum(n, f.keys.group) - 1)


def into_lanes(s: Keys) -> Kernel:
    """Rows of `n` keys become the columns of a matrix of `v` rows, the others of which have the greatest keys.

    There are as many rows as lanes, known ones or not, and there is something behind them.
    """
    f = Kernel(s, "into_lanes", "p:p n:i out:p v:i")
    with f.loop(0, f.n, s.lanes) as i:
        f.call("turned", f.at(f.p, i), f.n, f.vectors(f.out, i), s.lanes)
    greatest = f.spread(f.key(s.greatest))
    with f.loop(f.n, f.v) as i:
        f.put_vector(greatest, f.out, i)
    return f


def from_lanes(s: Keys) -> Kernel:
    """The opposite of `into_lanes`. Vectors reach into the next row, which comes later: so the last ones come first."""
    f = Kernel(s, "from_lanes", "p:p n:i out:p", quick=True)
    count = f.n.up_to(s.lanes)
    with f.loop(0, count, s.lanes) as back:
        i = count - s.lanes - back
        f.call("turned", f.vectors(f.p, i), s.lanes, f.at(f.out, i), f.n)
    return f


def pack_key(f: Kernel, key: V, low: V, shift: V, places: V, place: V, mark: V) -> V:
    """What is behind `low`, without its last `shift` bits, and a place of `places` bits: one key, which has `mark`."""
    rank = f.op("lshr", f.op("sub", key, low), shift)
    return f.op("or", f.op("or", f.op("shl", rank, places), place), mark)


def pack_lanes(s: Keys) -> Kernel:
    """`pack_key` for each of `n` rows: whether bits were left out in a lane."""
    f = Kernel(s, "pack_lanes", "p:p n:i places:i", BOOL)
    first = f.vector_at(f.p)
    with f.fold(0, f.n, (first, first)) as (i, ends):
        row = f.vector_at(f.p, i)
        ends[0], ends[1] = f.ordered_integers(ends[0], row)[0], f.ordered_integers(ends[1], row)[1]
    low, high = ends
    kind = f"v{s.lanes}{s.type}"
    free = f.call(f"llvm.ctlz.{kind}", f.op("sub", high, low), False, result=s.vector)
    zero = V(f, s.vector, "zeroinitializer")
    places, mark, one = (f.spread(v) for v in (f.places, f.key(MARK), f.key(1)))
    missing = f.op("sub", f.spread(f.places + (s.bits - PACKED)), free)
    shift = f.call(f"llvm.smax.{kind}", missing, zero, result=s.vector)
    count = f.variable(s.vector, zero)
    with f.loop(0, f.n) as i:
        f.put_vector(pack_key(f, f.vector_at(f.p, i), low, shift, places, count.get(), mark), f.p, i)
        count.set(f.op("add", count.get(), one))
    f.leave(_any(f, "ne", shift, zero))
    return f


def tied(s: Keys) -> Kernel:
    """Whether a key is the same as the one before it in its column, places aside."""
    f = Kernel(s, "tied", "p:p n:i places:i", BOOL)
    places = f.spread(f.places)
    zero, one = V(f, s.vector, "zeroinitializer"), f.spread(f.key(1))
    with f.fold(1, f.n, (zero,)) as (i, found):
        here, before = (f.op("lshr", f.vector_at(f.p, k), places) for k in (i, i - 1))
        same = f.emit(f"<{s.lanes} x i1>", f"icmp eq {s.vector} {here.text}, {before.text}")
        found[0] = f.op("or", found[0], f.emit(s.vector, f"select {same.type} {same.text}, {s.vector} {one.text}, "
                                               f"{s.vector} zeroinitializer"))
    f.leave(_any(f, "ne", found[0], zero))
    return f


def _any(f: Kernel, how: str, a: V, b: V) -> V:
    """Whether a comparison holds in any lane."""
    lanes = f.keys.lanes
    mask = f.emit(f"<{lanes} x i1>", f"icmp {how} {a.type} {a.text}, {b.text}")
    bits = f.emit(f"i{lanes}", f"bitcast {mask.type} {mask.text} to i{lanes}")
    return bits.differs(0)


def kernels(s: Keys) -> list[Kernel]:
    """All of them; positions are sorted by long keys."""
    own = [pack_lanes(s), tied(s)] if s.as_floats and s.bits == 64 else []
    return [into_lanes(s), from_lanes(s), *own]
