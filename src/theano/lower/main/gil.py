"""Where a program lets other Python threads run: around work that takes long, where nothing needs Python."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.main.work import amount
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO, length


def let_others_run(b: Builder, main: list[st.Stmt]) -> list[st.Stmt]:
    """Main, with the GIL released around what may take long."""
    works = [ex.add(a.own, a.products) for a in (amount(b, s) for s in main)]
    total = ZERO
    for work in works:
        total = ex.add(total, work)
    total, least = b.dims.normal(total), b.machine.gil_time
    if total.op == "const" and total.value < least:
        return main
    is_long = ex.ge(total, length(least))
    result: list[st.Stmt] = []
    last = -1  # where the last long statement of the open stretch ends; -1: none is open
    for stmt, work in zip(main, works, strict=True):
        if any(hs.needs_python(s) for s in st.walk([stmt])):
            if last >= 0:
                result.insert(last, hs.TakeGil())
                last = -1
        elif work is not ZERO:
            if last < 0:
                result.append(hs.ReleaseGil(is_long))
            last = len(result) + 1
        result.append(stmt)
    if last >= 0:
        result.insert(last, hs.TakeGil())
    return result
