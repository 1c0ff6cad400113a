"""The arithmetic of kernels, counted: additions, multiplications and the like of floating-point numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from theano.compile.times.sizes import Sizes
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.schema import expressions

__all__ = ["float_operations", "is_sized"]

_COUNTED = {"add": 1, "sub": 1, "mul": 1, "div": 1, "sqrt": 1, "fma": 2}


def is_sized(sizes: Sizes, call: hs.CallKernel, env: Mapping[str, Any]) -> bool:
    """Whether all lengths of the loops of a kernel are known: by its arguments, and by where the loops around are."""
    if call.ranges is not None and sizes.number(call.ranges.extent) is None:
        return False
    loops = [s for s in st.walk(call.kernel.body) if isinstance(s, st.For)]
    known = {*env, *(loop.index for loop in loops)}
    return all(known.issuperset(ex.names(loop.start, loop.extent)) and loop.until is None for loop in loops)


def float_operations(sizes: Sizes, call: hs.CallKernel, env: Mapping[str, Any]) -> int:
    """So many the call of a kernel makes; what functions such as `exp` expand to counts."""
    return _of_block(sizes, call.kernel.body, dict(env), set())


def _of_block(sizes: Sizes, block: list[st.Stmt], env: dict[str, Any], seen: set[ex.Expr]) -> int:
    total = 0
    for stmt in block:
        if isinstance(stmt, st.For):
            total += _of_loop(sizes, stmt, env, seen)
        elif isinstance(stmt, st.If):  # the longer side
            total += max(_of_block(sizes, side, env, set(seen)) for side in (stmt.then, stmt.orelse))
        elif not isinstance(stmt, st.Prefetch):
            total += _of_expressions(expressions(stmt), seen)
    return total


def _of_loop(sizes: Sizes, loop: st.For, env: dict[str, Any], seen: set[ex.Expr]) -> int:
    start, extent = sizes.number(loop.start, env) or 0, sizes.number(loop.extent, env) or 0
    if extent <= start:
        return 0
    inner = [e for s in st.walk(loop.body) if isinstance(s, st.For) for e in (s.start, s.extent)]
    ends = [c.next for c in loop.carried]  # of a sum: what there was, plus the next term

    def once(k: int) -> int:
        own = set(seen)
        body = _of_block(sizes, loop.body, {**env, loop.index: np.int64(k)}, own)
        return body + _of_expressions(ends, own)

    if loop.index in ex.names(*inner):
        return sum(once(k) for k in range(start, extent))
    return (extent - start) * once(start)


def _of_expressions(roots: list[ex.Expr], seen: set[ex.Expr]) -> int:
    """What is computed once counts once."""
    total, stack = 0, list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        total += _COUNTED.get(node.op, 0) if node.type in ex.FLOATS else 0
        stack += node.args
    return total
