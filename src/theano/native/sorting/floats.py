"""LLVM IR of sorting rows of floats by comparing floats, which processors do faster than comparing integers.

Comparisons know nothing of NaNs, and zeros of both signs are equal. So both are counted before: NaNs become infinities,
the last of which are made NaNs at the end, and as many zeros as there were get their signs back, before the others.
What comes out is what sorting by integers gives.
"""

from __future__ import annotations

from theano.native.ir.builder import BOOL, INT, V, Variable
from theano.native.sorting.code import Kernel, Keys
from theano.native.sorting.short_rows import SHORT, rows_for_columns

__all__ = ["kernels"]


def _sign(s: Keys) -> int:
    return -1 << (s.bits - 1)


def _nan(s: Keys) -> int:
    """A quiet one."""
    return s.greatest | s.greatest >> 1


def numbers_only(s: Keys) -> Kernel:
    """Copy numbers, with infinities for NaNs and zeros without sign: how many NaNs and negative zeros there were."""
    f = Kernel(s, "numbers_only", "x:p n:i out:p counts:p")
    nans, zeros = f.variable(INT, 0), f.variable(INT, 0)
    last = f.n & -s.lanes
    with f.loop(0, last, s.lanes) as i:
        f.put(_plain(f, f.at(f.x, i).load(s.vector, s.size), nans, zeros), f.out, i)
    with f.loop(last, f.n) as i:
        f.put(_plain(f, f.key_at(f.x, i), nans, zeros), f.out, i)
    f.counts.store(nans.get())
    f.counts.element(INT, 1).store(zeros.get())
    return f


def _plain(f: Kernel, bits: V, nans: Variable, zeros: Variable) -> V:
    s, wide = f.keys, bits.type != f.keys.type
    mask, infinity, sign, none = (
        f.spread(f.key(k)) if wide else f.key(k) for k in (~_sign(s), s.greatest, _sign(s), 0)
    )
    kind = f"<{s.lanes} x i1>" if wide else BOOL
    size = f.op("and", bits, mask)
    for how, a, b, instead, counted in (("ugt", size, infinity, infinity, nans), ("eq", bits, sign, none, zeros)):
        found = f.emit(kind, f"icmp {how} {bits.type} {a.text}, {b.text}")
        text = f"select {kind} {found.text}, {bits.type} {instead.text}, {bits.type} {bits.text}"
        bits = f.emit(bits.type, text)
        if wide:
            found = f.emit(f"i{s.lanes}", f"bitcast {kind} {found.text} to i{s.lanes}")
        counted.set(counted.get() + f.call("llvm.ctpop.i64", found.to("zext", INT), result=INT))
    return bits


def others_again(s: Keys) -> Kernel:
    """Make NaNs of the last of sorted numbers and negative zeros of the first zeros."""
    f = Kernel(s, "others_again", "p:p n:i counts:p")
    nans, zeros = f.counts.load(INT), f.counts.element(INT, 1).load(INT)
    with f.loop(f.n - nans, f.n) as i:
        f.put(f.key(_nan(s)), f.p, i)
    with f.when(zeros > 0):
        place, head, end = f.variable(INT, 0), f.block(), f.block()
        f.begin(head)
        f.jump(end, when=f.key_at(f.p, place.get()).equals(0))
        place.set(place.get() + 1)
        f.jump(head)
        f.begin(end)
        with f.loop(place.get(), place.get() + zeros) as i:
            f.put(f.key(_sign(s)), f.p, i)
    return f


def sorted_floats(s: Keys) -> Kernel:
    """Sort rows; short ones, if they are numbers all, as many at once as a vector has lanes."""
    f = Kernel(s, f"sorted{s.bits}", "rows:i n:i x:p out:p scratch:p form:p", quick=True)
    counts, scratch = f.memory(16), f.from_line(f.scratch)
    step, start = f.variable(INT, 1), f.variable(INT, 0)
    if not s.provisional:
        is_short = (f.n <= SHORT) & (f.rows >= s.lanes // 4)
        step.set(f.select(is_short, s.lanes, 1))
    head, end, following, one_by_one = f.block(), f.block(), f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=start.get() < f.rows)
    rows = f.minimum(f.rows - start.get(), step.get())
    x, out = f.at(f.x, start.get() * f.n), f.at(f.out, start.get() * f.n)
    if not s.provisional:
        f.jump(one_by_one, when=step.get().equals(1))
        matrix = f.at(scratch, f.n * s.lanes + s.lanes)
        f.call("numbers_only", x, rows * f.n, scratch, counts)
        f.jump(one_by_one, when=(counts.load(INT) + counts.element(INT, 1).load(INT)) > 0)
        v = rows_for_columns(f, f.n)
        f.call("into_lanes", scratch, f.n, matrix, v)
        f.call("columns", matrix, v)
        f.call("from_lanes", matrix, f.n, scratch)
        f.call("llvm.memcpy.p0.p0.i64", out, scratch, rows * f.n * s.size, False)
        f.jump(following)
    f.begin(one_by_one)
    with f.loop(0, rows) as i:
        row = f.at(out, i * f.n)
        f.call("numbers_only", f.at(x, i * f.n), f.n, row, counts)
        f.call("arranged", row, f.n, scratch, 0, s.bits)
        f.call("others_again", row, f.n, counts)
    f.begin(following)
    start.set(start.get() + step.get())
    f.jump(head)
    f.begin(end)
    return f


def kernels(s: Keys) -> list[Kernel]:
    return [numbers_only(s), others_again(s), sorted_floats(s)]
