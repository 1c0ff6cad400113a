"""Where a program lets other Python threads run: around work that takes long, where nothing needs Python."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder
from theano.lower.dims import ZERO, length
from theano.lower.ranges import OPERATION

# Picoseconds from which on it is worth it: releasing and taking costs some 30 ns, waking another thread more.
LONG = 50_000_000
# The arguments of the functions of products that tell how many multiplications there are.
PRODUCTS = {"product": (0, 1, 2), "stack": (0, 4, 5, 6), "backward": (0, 1, 2), "packed": (0, 1, 2)}


def let_others_run(b: Builder, main: list[st.Stmt]) -> list[st.Stmt]:
    """Main, with the GIL released around what may take long."""
    works = [_work(b, s) for s in main]
    total = ZERO
    for work in works:
        total = ex.add(total, work)
    total = b.dims.normal(total)
    if total.op == "const" and total.value < LONG:
        return main
    is_long = ex.ge(total, length(LONG))
    result: list[st.Stmt] = []
    last = -1  # where the last long statement of the open stretch ends; -1: none is open
    for stmt, work in zip(main, works, strict=True):
        if any(isinstance(s, st.NEEDS_PYTHON) for s in st.walk([stmt])):
            if last >= 0:
                result.insert(last, st.TakeGil())
                last = -1
        elif work is not ZERO:
            if last < 0:
                result.append(st.ReleaseGil(is_long))
            last = len(result) + 1
        result.append(stmt)
    if last >= 0:
        result.insert(last, st.TakeGil())
    return result


def _work(b: Builder, stmt: st.Stmt) -> Expr:
    """Picoseconds that a statement takes, as far as they are known when the program starts."""
    work = ZERO
    if isinstance(stmt, st.CallKernel) and stmt.ranges is not None:
        work = ex.mul(stmt.ranges.extent, stmt.ranges.weight)
    elif isinstance(stmt, st.Call):
        numbers = PRODUCTS.get(stmt.symbol[1:], ())
        sizes = [a for a in (stmt.args[k] for k in numbers) if isinstance(a, Expr)]
        if sizes:
            work = b.dims.product((*sizes, length(2 * OPERATION)))
    elif isinstance(stmt, st.For):
        for inner in stmt.body:
            work = ex.add(work, _work(b, inner))
        work = ex.mul(work, stmt.extent)
    elif isinstance(stmt, st.Slices):
        work = ex.mul(stmt.extent, stmt.weight)
    elif isinstance(stmt, st.If):
        for inner in (*stmt.then, *stmt.orelse):
            work = ex.add(work, _work(b, inner))
    return work if b.known_at_entry(work) else ZERO
