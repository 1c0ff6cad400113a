"""How much a call computes: whether it is too much for the first form of a program (`backend.first_form`)."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.sharing import roots
from theano.lower.builder import Builder
from theano.lower.dims import ZERO, length
from theano.runtime import abi

# Picoseconds of a call of a kernel, and of an operation in a loop of main, which goes step by step.
CALL = 5_000
STEP = 300


def mark_work(b: Builder, body: list[st.Stmt]) -> list[st.Stmt]:
    """The body of main, with marks of what it takes; products do not count, as all forms call the same ones.

    All whose sizes are known is added up in front. A kernel that finds its sizes later is counted where it stands,
    as long as nothing has happened that may not happen again. What nobody can tell is too much.
    """
    total, counter = ZERO, b.word("counter", "work")
    marked: list[st.Stmt] = []
    may_leave = True
    for stmt in body:
        may_leave = may_leave and not any(isinstance(s, st.CallBack | st.Commit) for s in st.walk([stmt]))
        work = _work(b, stmt)
        if work is not None:
            total = ex.add(total, work)
        elif may_leave and isinstance(stmt, st.CallKernel) and stmt.ranges is not None:
            marked.append(st.Work(counter, b.dims.normal(_of_kernel(stmt.ranges))))
        else:
            return [st.Work(counter, length(abi.ENDLESS)), *body]
        marked.append(stmt)
    return [st.Work(counter, b.dims.normal(total)), *marked]


def _of_kernel(ranges: st.Ranges) -> Expr:
    return ex.add(ex.mul(ranges.extent, ranges.weight), length(CALL))


def _sum(x: Expr | None, y: Expr | None) -> Expr | None:
    return None if x is None or y is None else ex.add(x, y)


def _work(b: Builder, stmt: st.Stmt) -> Expr | None:
    """Picoseconds that a statement takes at most; None if that is not known when the program starts."""
    work: Expr | None = ZERO
    if isinstance(stmt, st.CallKernel):
        work = length(CALL) if stmt.ranges is None else _of_kernel(stmt.ranges)
    elif isinstance(stmt, st.For):
        for inner in stmt.body:
            own = length(STEP * sum(1 for _ in ex.postorder(tuple(roots(inner)))))
            work = _sum(work, _sum(own, _work(b, inner)))
        work = work and ex.mul(work, stmt.extent)
    elif isinstance(stmt, st.Slices):
        work = ex.mul(stmt.extent, stmt.weight)
    elif isinstance(stmt, st.If):
        for inner in (*stmt.then, *stmt.orelse):
            work = _sum(work, _work(b, inner))
    return work if work is not None and b.known_at_entry(work) else None
