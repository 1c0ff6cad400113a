"""Vectors whose lengths follow from numbers: where a mask is true (`positions`), places so many times (`spread`).

Such a vector is made in two steps. An item *counts*: it leaves in memory where each part of the work begins in the
result, and defines main's name for the length of the whole. What has that length gets its memory there, as any array
does whose length is known late. Then an item *fills* it, part by part, each from where it begins: threads may share
both.

    >>> x = T.dvector("x")
    >>> f = theano.function([x], x[x > 0])
    >>> f([3, -1, 2])
    array([3., 2.])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor, Value

__all__ = ["positions", "spread"]

# Picoseconds of an element that is looked at, and of one that is written; no part is shared below so many elements.
LOOK, WRITE = 400, 600
LO, HI = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")


def positions(b: Builder, mask: Value) -> Value:
    """Where the vector `mask` (of type bool) is true: an i64 vector."""
    mask = b.in_rows(mask)
    n, most = mask.dims[0], b.machine.parts
    many = ex.ge(n, length(b.machine.large))
    parts = ex.select(many, length(most), ONE)
    share = ex.select(many, ex.lshr(ex.add(n, length(most - 1)), most.bit_length() - 1), n)
    begins = b.tensor("i64", (length(most + 1),))
    total = _counted(b, [mask], begins, parts, count_kernel("bool"), (n, share), ex.mul(share, length(LOOK)))
    weight = ex.mul(share, length(WRITE))
    return _filled(b, [mask, whole(begins)], total, fill_kernel("bool"), (n, share), parts, weight)


def spread(b: Builder, counts: Value, guards: Sequence[Item | None] = ()) -> Value:
    """Each position of the vector `counts` (i64) as many times as it says: an i64 vector.

    None may be negative, and their sum, as a real number, is less than the length of any array: who calls sees to that,
    with checks that are `guards`.
    """
    counts = b.in_rows(counts)
    n = counts.dims[0]
    begins = b.tensor("i64", (ex.add(n, ONE),))
    total = _counted(b, [counts], begins, n, None, (), ZERO)
    b.items[-1].deps.extend(g for g in guards if g is not None)
    return _filled(b, [whole(begins)], total, spread_kernel(), (), n, length(8 * WRITE))


# -- the two items -----------------------------------------------------------------------------------------
def _counted(
    b: Builder, reads: Sequence[Value], begins: Tensor, parts: Expr, kernel: st.Kernel | None, numbers: Sequence[Expr],
    weight: Expr,
) -> Expr:  # fmt: skip
    """Write to `begins` where the elements of each part begin; main's name for how many there are.

    `kernel` counts those of the parts; without one the first of `reads` tells them.
    """
    found = b.fresh_length()
    name = str(found.value)

    def emit(asm: Emitter) -> None:
        source = reads[0]
        if kernel is not None:
            _call(b, asm, kernel, [*reads, whole(begins)], numbers, parts, weight)
            source = whole(begins)
        if source.tensor is begins:
            asm.call_kernel(sum_kernel(True), [asm.pointer(source), parts])
        else:
            asm.call_kernel(sum_kernel(False), [asm.pointer(source), asm.pointer(whole(begins)), parts])
        base, offset, _ = asm.pointer(whole(begins))
        asm.statement(st.Load(name, st.View(base, "i64", offset, (ONE,)), (parts,)))

    item = Special(
        b.region, b.node, what="count", reads=list(reads), writes=[begins], emit=emit, defines=[name],
        scalars=[parts, *numbers],
    )  # fmt: skip
    b.add(item)
    begins.writers.append(item)
    return found


def _filled(
    b: Builder, reads: Sequence[Value], total: Expr, kernel: st.Kernel, numbers: Sequence[Expr], parts: Expr,
    weight: Expr,
) -> Value:  # fmt: skip
    """A vector of `total` positions, which `kernel` writes."""
    out = b.tensor("i64", (total,))

    def emit(asm: Emitter) -> None:
        _call(b, asm, kernel, [*reads, whole(out)], numbers, parts, weight)

    item = Special(
        b.region, b.node, what="fill", reads=list(reads), writes=[out], emit=emit, scalars=[parts, *numbers, total],
    )  # fmt: skip
    b.add(item)
    out.writers.append(item)
    return whole(out)


def _call(
    b: Builder, asm: Emitter, kernel: st.Kernel, values: Sequence[Value], numbers: Sequence[Expr], parts: Expr,
    weight: Expr,
) -> None:  # fmt: skip
    args: list[Argument] = [*(asm.pointer(v) for v in values), *numbers]
    least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0
    asm.call_kernel(kernel, args, hs.Ranges(parts, ex.maximum(weight, ONE), least))


# -- kernels -----------------------------------------------------------------------------------------------
def _kernel(
    pointers: str, numbers: str, make: Callable[..., list[st.Stmt]], ranged: bool = True
) -> st.Kernel:
    """A kernel with these parameters; `make` gets the numbers and the part, and gives what is done for a part."""
    params = [(p, "ptr") for p in pointers.split()] + [(p, "i64") for p in numbers.split()]
    given = [ex.name(p, "i64") for p in numbers.split()]
    body: list[st.Stmt] = [st.For("part", HI, "serial", make(*given, ex.name("part", "i64")), start=LO)]
    return st.Kernel("", [*params, (st.LO, "i64"), (st.HI, "i64")], body, ranged=True)


def _vector(base: str, type_: str, offset: Expr = ZERO) -> st.View:
    return st.View(base, type_, offset, (ONE,))


def count_kernel(type_: str) -> st.Kernel:
    """How many elements of each part of a mask are true."""

    def of_part(n: Expr, share: Expr, part: Expr) -> list[st.Stmt]:
        start = ex.mul(part, share)
        stop = ex.minimum(ex.add(start, share), n)
        load = st.Load("x", _vector("mask", type_), (ex.name("i", "i64"),))
        one = ex.cast(ex.name("x", type_), "i64")
        carried = st.Carried("c", "add", "i64", ZERO, ex.add(ex.name("c", "i64"), one), "count")
        loop = st.For("i", stop, "vector", [load], [carried], start=ex.minimum(start, stop))
        return [loop, st.Store(_vector("begins", "i64"), (part,), ex.name("count", "i64"))]

    return _kernel("mask begins", "n share", of_part)


def sum_kernel(in_place: bool) -> st.Kernel:
    """The sums of the counts before each part, and of all behind the last one."""
    i, total, count, parts = (ex.name(n, "i64") for n in ("i", "total", "count", "parts"))
    body: list[st.Stmt] = [
        st.Load("count", _vector("begins" if in_place else "counts", "i64"), (i,)),
        st.Store(_vector("begins", "i64"), (i,), total),
    ]
    carried = st.Carried("total", "state", "i64", ZERO, ex.add(total, count), "whole")
    loop = st.For("i", parts, "serial", body, [carried])
    last = st.Store(_vector("begins", "i64"), (parts,), ex.name("whole", "i64"))
    pointers = ["begins"] if in_place else ["counts", "begins"]
    return st.Kernel("", [*((p, "ptr") for p in pointers), ("parts", "i64")], [loop, last])


def fill_kernel(type_: str) -> st.Kernel:
    """The positions of the true elements of each part: each position is written where the next one belongs."""

    def of_part(n: Expr, share: Expr, part: Expr) -> list[st.Stmt]:
        start = ex.mul(part, share)
        stop = ex.minimum(ex.add(start, share), n)
        first, behind, at, i = (ex.name(v, "i64") for v in ("first", "behind", "at", "i"))
        begins = _vector("begins", "i64")
        body: list[st.Stmt] = [
            st.Load("x", _vector("mask", type_), (i,)),
            st.Store(_vector("out", "i64", first), (at,), i),
            st.Let("next", ex.add(at, ex.cast(ex.name("x", type_), "i64"))),
        ]
        following, count = ex.name("next", "i64"), ex.sub(behind, first)
        carried = st.Carried("at", "state", "i64", ZERO, following, "end")
        some = ex.select(ex.eq(count, ZERO), start, stop)
        loop = st.For("i", some, "serial", body, [carried], start=start, until=ex.eq(following, count))
        return [st.Load("first", begins, (part,)), st.Load("behind", begins, (ex.add(part, ONE),)), loop]

    return _kernel("mask begins out", "n share", of_part)


def spread_kernel() -> st.Kernel:
    """The number of each part, from where it begins to where the next one does."""

    def of_part(part: Expr) -> list[st.Stmt]:
        first, behind = ex.name("first", "i64"), ex.name("behind", "i64")
        begins = _vector("begins", "i64")
        store = st.Store(_vector("out", "i64", first), (ex.name("i", "i64"),), part)
        loop = st.For("i", ex.sub(behind, first), "vector", [store])
        return [st.Load("first", begins, (part,)), st.Load("behind", begins, (ex.add(part, ONE),)), loop]

    return _kernel("begins out", "", of_part)
