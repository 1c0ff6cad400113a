"""When the first form of a program (`backend.first_form`) is not worth running: it would compute for long."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.sharing import roots
from theano.lower.builder import Builder
from theano.lower.dims import ZERO, length

# Picoseconds of the fast form. The first one takes up to thirty times as long, and saves some 30 ms.
LONG = 1_000_000_000
# What an operation takes in a loop of main, which goes step by step.
STEP = 300


def leave_long_work(b: Builder, body: list[st.Stmt]) -> list[st.Stmt]:
    """The body of main, with marks before what is too long; products do not count, as all forms call the same ones.

    All whose sizes are known is added up in front. A kernel that finds its sizes later is looked at where it stands,
    as long as nothing has happened that may not happen again.
    """
    total = ZERO
    marked: list[st.Stmt] = []
    may_leave = True
    for stmt in body:
        may_leave = may_leave and not any(isinstance(s, st.CallBack | st.Commit) for s in st.walk([stmt]))
        work = _own_work(b, stmt)
        if work is not None:
            total = ex.add(total, work)
        elif may_leave and isinstance(stmt, st.CallKernel) and stmt.ranges is not None:
            marked.append(st.Defer(_is_long(b, ex.mul(stmt.ranges.extent, stmt.ranges.weight))))
        else:
            return [st.Defer(ex.const(True, "bool")), *body]
        marked.append(stmt)
    is_long = _is_long(b, total)
    return marked if is_long.op == "const" and not is_long.value else [st.Defer(is_long), *marked]


def _is_long(b: Builder, work: Expr) -> Expr:
    return ex.ge(b.dims.normal(work), length(LONG))


def _sum(x: Expr | None, y: Expr | None) -> Expr | None:
    return None if x is None or y is None else ex.add(x, y)


def _own_work(b: Builder, stmt: st.Stmt) -> Expr | None:
    """Picoseconds that a statement takes at most; None if that is not known when the program starts."""
    work: Expr | None = ZERO
    if isinstance(stmt, st.CallKernel) and stmt.ranges is not None:
        work = ex.mul(stmt.ranges.extent, stmt.ranges.weight)
    elif isinstance(stmt, st.For):
        for inner in stmt.body:
            own = length(STEP * sum(1 for _ in ex.postorder(tuple(roots(inner)))))
            work = _sum(work, _sum(own, _own_work(b, inner)))
        work = work and ex.mul(work, stmt.extent)
    elif isinstance(stmt, st.Slices):
        work = ex.mul(stmt.extent, stmt.weight)
    elif isinstance(stmt, st.If):
        for inner in (*stmt.then, *stmt.orelse):
            work = _sum(work, _own_work(b, inner))
    return work if work is not None and b.known_at_entry(work) else None
