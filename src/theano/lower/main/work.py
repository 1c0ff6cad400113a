"""How much a call computes, as an expression of the sizes that are known when the program starts.

Two ask: whether other Python threads should run meanwhile (`lower.plan.gil`), and whether it is too much for the first
form of a program (`backend.first_form`).
"""

from __future__ import annotations

from typing import NamedTuple

from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.schema import expressions
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO, length
from theano.runtime import abi


class Amount(NamedTuple):
    """Picoseconds of what the program computes itself, and of what it calls, as far as sizes are known at entry.

    `complete` says whether that is all of `own`.
    """

    own: Expr = ZERO
    products: Expr = ZERO
    complete: bool = True


def amount(b: Builder, stmt: st.Stmt) -> Amount:
    """How much a statement computes, without what it takes to call the program."""
    if stmt in b.same_work:
        return Amount()
    if isinstance(stmt, hs.CallKernel):
        return _known(b, _of_kernel(b, stmt.ranges))
    if isinstance(stmt, hs.Slices):
        work = ex.mul(stmt.extent, stmt.weight)
        if all(isinstance(s, hs.Call) for s in stmt.body):
            return Amount(products=work) if b.known_at_entry(work) else Amount()
        return _known(b, work)
    if isinstance(stmt, hs.Call):
        return _of_extern(b, stmt)
    if isinstance(stmt, st.If):  # both are counted
        return _sum([amount(b, inner) for inner in (*stmt.then, *stmt.orelse)])
    if isinstance(stmt, st.For):
        body = _sum([_of_step(b, inner) for inner in stmt.body])
        if not b.known_at_entry(stmt.extent):
            return Amount(complete=False)
        return Amount(ex.mul(body.own, stmt.extent), ex.mul(body.products, stmt.extent), body.complete)
    return Amount()


def _known(b: Builder, work: Expr) -> Amount:
    return Amount(work) if b.known_at_entry(work) else Amount(complete=False)


def _sum(amounts: list[Amount]) -> Amount:
    own, products = ZERO, ZERO
    for a in amounts:
        own, products = ex.add(own, a.own), ex.add(products, a.products)
    return Amount(own, products, all(a.complete for a in amounts))


def _of_kernel(b: Builder, ranges: hs.Ranges | None) -> Expr:
    call = length(b.machine.call_time)
    return call if ranges is None else ex.add(ex.mul(ranges.extent, ranges.weight), call)


def _of_extern(b: Builder, call: hs.Call) -> Amount:
    """External functions are counted where sizes tell at entry what they take."""
    operations = EXTERNS[call.symbol].operations(call.args)
    work = ZERO if operations is None else b.dims.normal(ex.mul(operations, length(b.machine.operation_time)))
    return Amount(products=work) if b.known_at_entry(work) else Amount()


def _of_step(b: Builder, stmt: st.Stmt) -> Amount:
    """That of a statement in a loop of main, with its own operations."""
    operations = sum(1 for _ in ex.postorder(tuple(expressions(stmt))))
    return _sum([amount(b, stmt), Amount(length(b.machine.step_time * operations))])


def mark_work(b: Builder, body: list[st.Stmt]) -> list[st.Stmt]:
    """The body of main, with marks of what it takes; products do not count, as all forms call the same ones.

    All whose sizes are known is added up in front. A kernel that finds its sizes later is counted where it stands, in a
    side of a branch too, as long as nothing has happened that may not happen again. What nobody can tell is too much.
    """
    counter = b.word("counter", "work")
    found = _marked(b, body, counter)
    if found is None:
        return [hs.Work(counter, length(abi.ENDLESS), ZERO), *body]
    total, marked = found
    calls = ZERO
    for stmt in body:
        calls = ex.add(calls, amount(b, stmt).products)
    return [hs.Work(counter, b.dims.normal(total), b.dims.normal(calls)), *marked]


def _marked(b: Builder, block: list[st.Stmt], counter: int) -> tuple[Expr, list[st.Stmt]] | None:
    """What a block takes, as far as that is known at entry, and the block with marks of the rest.

    None if nobody can tell what that is.
    """
    total: Expr = ZERO
    marked: list[st.Stmt] = []
    may_leave = True
    for stmt in block:
        if any(isinstance(s, st.For) and s.until is not None for s in st.walk([stmt])):
            return None  # how many steps there are is found out by taking them
        may_leave = may_leave and not any(isinstance(s, hs.CallBack | hs.Commit) for s in st.walk([stmt]))
        own, _, complete = amount(b, stmt)
        if not complete and not may_leave:
            return None
        if complete:
            total = ex.add(total, own)
        elif isinstance(stmt, hs.CallKernel) and stmt.ranges is not None:
            marked.append(hs.Work(counter, b.dims.normal(_of_kernel(b, stmt.ranges)), ZERO))
        elif isinstance(stmt, st.If):
            sides = [_marked(b, side, counter) for side in (stmt.then, stmt.orelse)]
            if sides[0] is None or sides[1] is None:
                return None
            total = ex.add(total, ex.add(sides[0][0], sides[1][0]))
            stmt = replace(stmt, then=sides[0][1], orelse=sides[1][1])
        else:
            return None
        marked.append(stmt)
    return total, marked
