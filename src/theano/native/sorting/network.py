"""LLVM IR of sorting networks: comparisons that do not depend on what is found, so a vector makes many at once.

Keys lie in memory as a matrix of `v` rows, a power of two or three times one; a row is a vector, so a lane is a column.
First all columns are sorted, runs of twice as many rows in each turn (bitonic merges, Batcher 1968): the least of all
comparisons, as lanes do not meet. Then columns are merged, twice as many in each turn. In the end key ``[i, lane]`` is
in place ``lane * v + i``: see `out_of_lanes`.

A merge of two sorted runs compares the first key of one with the last of the other, and so on; after that either half
is bitonic and is sorted by comparing keys that are half as far apart in each step, or the last three with each other
(Nakatani et al., "K-way bitonic sort", 1989). A kernel makes as many of these steps at once as it has registers for.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.native.ir.builder import INT, V
from theano.native.sorting.code import Kernel, Keys

__all__ = ["kernels"]


def batcher(n: int) -> list[tuple[int, int]]:
    """The comparisons of Batcher's odd-even merge sort of `n` values.

    >>> batcher(4)
    [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)]
    """
    found = []
    p = 1
    while p < n:
        k = p
        while k:
            for j in range(k % p, n - k, 2 * k):
                for i in range(min(k, n - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        found.append((i + j, i + j + k))
            k //= 2
        p *= 2
    return found


def _groups(s: Keys, name: str, count: int, comparisons: list[tuple[int, int]]) -> Kernel:
    """Compare rows of each group of so many."""
    f = Kernel(s, name, "p:p v:i")
    with f.loop(0, f.v, count) as i:
        base = f.vectors(f.p, i)
        rows = [f.vector_at(base, k) for k in range(count)]
        for a, b in comparisons:
            rows[a], rows[b] = f.ordered(rows[a], rows[b])
        _store(f, rows, base, range(count))
    return f


def sorted_groups(s: Keys, count: int) -> Kernel:
    """Sort the columns of each `count` rows."""
    return _groups(s, f"groups{count}", count, batcher(count))


def sorted_threes(s: Keys) -> Kernel:
    """Sort the columns of each three rows."""
    count = 3 * s.group // 4
    return _groups(s, "threes", count, [(k + a, k + b) for a, b in batcher(3) for k in range(0, count, 3)])


def _store(f: Kernel, rows: Sequence[V], base: V, places: Sequence[V | int]) -> None:
    for row, place in zip(rows, places, strict=True):
        f.put_vector(row, base, place)


def _steps(f: Kernel, rows: list[V], first: int) -> None:
    """Compare rows that are `first` apart, half as far, …, neighbours."""
    distance = first
    while distance:
        for k in range(len(rows)):
            if not k & distance:
                rows[k], rows[k + distance] = f.ordered(rows[k], rows[k + distance])
        distance //= 2


def steps_of_rows(s: Keys, count: int) -> Kernel:
    """Compare rows that are ``2**(count - 1) * t`` apart, half as far, …, `t` apart."""
    f = Kernel(s, f"steps{count}", "p:p v:i t:i")
    wide = f.t << count
    start = f.variable(INT, 0)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=start.get() < f.v)
    with f.loop(0, f.t) as i:
        base = f.vectors(f.p, start.get() + i)
        places = [f.t * k for k in range(1 << count)]
        rows = [f.vector_at(base, place) for place in places]
        _steps(f, rows, 1 << (count - 1))
        _store(f, rows, base, places)
    start.set(start.get() + wide)
    f.jump(head)
    f.begin(end)
    return f


def steps_left(s: Keys) -> Kernel:
    """Compare rows that are ``t / 2`` apart, half as far, …, neighbours, or three that are."""
    f = Kernel(s, "steps", "p:p v:i t:i", quick=True)
    distance = f.variable(INT, f.t)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=(distance.get() & 1).equals(0))
    count = f.minimum(f.log2(distance.get()), s.group.bit_length() - 1)
    distance.set(distance.get() >> count)
    kinds = [f.address(f"steps{k}") for k in range(1, s.group.bit_length())]
    chosen = kinds[0]
    for k, kind in enumerate(kinds[1:], 2):
        chosen = f.select(count.equals(k), kind, chosen)
    f.call(chosen, f.p, f.v, distance.get())
    f.jump(head)
    f.begin(end)
    with f.when(distance.get() > 1):
        f.call("threes", f.p, f.v)
    return f


def _both_runs(f: Kernel, rows: V, i: V) -> tuple[V, list[V]]:
    """Places of half a group of rows of `rows` in all, `apart` from each other, and those that they are compared with.

    The row at place k of the one half meets that at place -1 - k of the other. Where `apart` is odd, both halves are
    the same rows once, and the same is made of them twice.
    """
    half = f.keys.group // 2
    apart = rows >> (half.bit_length() - 1)
    first = [i + apart * k for k in range(half)]
    other = f.constant(-1) - i + apart
    return apart, [*first, *(other + apart * k for k in range(half))]


def merged_rows(s: Keys) -> Kernel:
    """Merge sorted runs of ``rows / 2`` rows, in each column, up to the steps that `steps` makes."""
    f = Kernel(s, "merge", "p:p v:i rows:i")
    half = s.group // 2
    apart = f.rows >> (half.bit_length() - 1)
    start = f.variable(INT, 0)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=start.get() < f.v)
    with f.loop(0, (apart + 1) >> 1) as i:
        base = f.vectors(f.p, start.get())
        _, places = _both_runs(f, f.rows, i)
        rows = [f.vector_at(base, place) for place in places]
        for k in range(half):
            # of the pair the one in the lower half of the run of `rows` rows gets the lesser
            low, high = f.ordered(rows[k], rows[-1 - k])
            rows[k], rows[-1 - k] = (low, high) if k < half // 2 else (high, low)
        for part in (slice(0, half), slice(half, 2 * half)):
            own = rows[part]
            _steps(f, own, half // 4)
            rows[part] = own
        _store(f, rows, base, places)
    start.set(start.get() + f.rows)
    f.jump(head)
    f.begin(end)
    return f


def merged_lanes(s: Keys, bit: int) -> Kernel:
    """Merge the columns of `bit` lanes with those of the next ones, up to the steps that `steps` makes."""
    f = Kernel(s, f"lanes{bit}", "p:p v:i")
    half = s.group // 2
    apart = f.v >> (half.bit_length() - 1)
    with f.loop(0, (apart + 1) >> 1) as i:
        _, places = _both_runs(f, f.v, i)
        rows = [f.vector_at(f.p, place) for place in places]
        for k in range(half):
            across = f.crossed(rows[-1 - k], 2 * bit - 1)
            low, high = f.ordered(rows[k], across)
            rows[k] = f.mixed(low, high, bit)
            rows[-1 - k] = f.crossed(f.mixed(high, low, bit), 2 * bit - 1)
        distance = bit // 2
        while distance:
            for k, row in enumerate(rows):
                low, high = f.ordered(row, f.crossed(row, distance))
                rows[k] = f.mixed(low, high, distance)
            distance //= 2
        for part in (slice(0, half), slice(half, 2 * half)):
            own = rows[part]
            _steps(f, own, half // 2)
            rows[part] = own
        _store(f, rows, f.p, places)
    return f


def columns(s: Keys) -> Kernel:
    """Sort each column; `v` is a power of two, not below `group`, or three times one, not below ``3 * group / 2``."""
    f = Kernel(s, "columns", "p:p v:i", quick=True)
    other = 3 * s.group // 4
    is_power = (f.v & (f.v - 1)).equals(0)
    f.call(f.select(is_power, *(f.address(f"groups{k}") for k in (s.group, other))), f.p, f.v)
    rows = f.variable(INT, f.select(is_power, 2 * s.group, 2 * other))
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=rows.get() <= f.v)
    f.call("merge", f.p, f.v, rows.get())
    f.call("steps", f.p, f.v, rows.get().over(s.group // 2))
    rows.set(rows.get() << 1)
    f.jump(head)
    f.begin(end)
    return f


def network(s: Keys) -> Kernel:
    """Sort all keys, which are in place ``lane * v + i`` then."""
    f = Kernel(s, "network", "p:p v:i", quick=True)
    f.call("columns", f.p, f.v)
    bit = 1
    while bit < s.lanes:
        f.call(f"lanes{bit}", f.p, f.v)
        f.call("steps", f.p, f.v, f.v.over(s.group // 2))
        bit *= 2
    return f


def turned(s: Keys) -> Kernel:
    """As many rows as lanes, `step` keys apart, become columns, `wide` keys apart: 7 ms for LLVM, so this is called."""
    f = Kernel(s, "turned", "p:p step:i out:p wide:i")
    rows = [f.at(f.p, f.step * k).load(s.vector, s.size) for k in range(s.lanes)]
    n, bit = s.lanes, 1
    while bit < n:  # exchange the upper right and the lower left of squares of 2 * bit
        for k in range(n):
            if not k & bit:
                a, b = rows[k], rows[k | bit]
                rows[k] = f.shuffled(a, b, [n + (j ^ bit) if j & bit else j for j in range(n)])
                rows[k | bit] = f.shuffled(a, b, [n + j if j & bit else j ^ bit for j in range(n)])
        bit *= 2
    for k, row in enumerate(rows):
        f.put(row, f.out, f.wide * k)
    return f


def out_of_lanes(s: Keys) -> Kernel:
    """The first `n` keys of a sorted matrix, one after the other."""
    f = Kernel(s, "out_of_lanes", "p:p v:i n:i out:p")
    square = f.memory(s.lanes * s.lanes * s.size)
    with f.loop(0, f.v, s.lanes) as i:
        ends, following = f.block(), f.block()
        f.jump(ends, unless=f.v * (s.lanes - 1) + i + s.lanes <= f.n)
        f.call("turned", f.vectors(f.p, i), s.lanes, f.at(f.out, i), f.v)
        f.jump(following)
        f.begin(ends)
        f.call("turned", f.vectors(f.p, i), s.lanes, square, s.lanes)
        with f.loop(0, s.lanes) as lane:
            place = f.v * lane + i
            whole, rest, row = f.block(), f.block(), f.vectors(square, lane)
            f.jump(whole, when=place + s.lanes <= f.n)
            with f.loop(place, f.n) as k:
                f.put(f.key_at(row, k - place), f.out, k)
            f.jump(rest)
            f.begin(whole)
            f.put(row.load(s.vector, s.size), f.out, place)
            f.begin(rest)
        f.begin(following)
    return f


def kernels(s: Keys) -> list[Kernel]:
    bits = [1 << k for k in range(s.lanes.bit_length() - 1)]
    return [
        *(sorted_groups(s, count) for count in (s.group, 3 * s.group // 4)), sorted_threes(s),
        *(steps_of_rows(s, k) for k in range(1, s.group.bit_length())), steps_left(s),
        merged_rows(s), *(merged_lanes(s, bit) for bit in bits), columns(s), network(s), turned(s), out_of_lanes(s),
    ]  # fmt: skip
