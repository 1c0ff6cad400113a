"""Whose work the parts of a kernel are: the nodes that its expressions and stores compute, for who reads its text."""

from __future__ import annotations

from typing import Any

from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import expressions

__all__ = ["Work", "add_work"]

Work = dict[Expr | st.Stmt, list[Any]]


def add_work(work: Work, more: Work, made: st.Kernel, kernel: st.Kernel) -> None:
    """Add to the work of a kernel that of another one, `made`, in whose place it stands: they differ in numbers only.

    Of some expressions several nodes may be known then, one for each loop that uses the kernel.
    """
    same: dict[Expr | st.Stmt, Expr | st.Stmt] = {}  # what of the kernel stands for what is another object there
    for own, other in zip(st.walk(made.body), st.walk(kernel.body), strict=True):
        if own is other:
            continue
        same[own] = other
        pairs = list(zip(expressions(own), expressions(other), strict=True))
        while pairs:
            a, b = pairs.pop()
            if a is not b and a not in same:
                same[a] = b
                pairs += zip(a.args, b.args, strict=False)  # a number may have become a name
    for what, nodes in more.items():
        place = same.get(what, what)
        known = work.get(place)
        work[place] = nodes if known is None else list(dict.fromkeys([*known, *nodes]))
