"""What an expression is in terms of one name: a multiple of it, and the rest."""

from __future__ import annotations

from theano.loops.expr import Expr, add, const, mul, sub


def linear_part(expr: Expr, name: str) -> tuple[Expr, Expr]:
    """(c, r) with expr = c * name + r, where r does not depend on the name; (0, expr) if it is not linear in it."""
    zero = const(0, "i64")
    if expr.op == "name":
        return (const(1, "i64"), zero) if expr.value == name else (zero, expr)
    if expr.op in ("add", "sub", "mul"):
        (c0, r0), (c1, r1) = (linear_part(a, name) for a in expr.args)
        if c0 is zero and c1 is zero:
            return zero, expr
        if expr.op == "add":
            return add(c0, c1), add(r0, r1)
        if expr.op == "sub":
            return sub(c0, c1), sub(r0, r1)
        if c0 is zero or c1 is zero:
            return (mul(c0, r1) if c1 is zero else mul(r0, c1)), mul(r0, r1)
    return zero, expr
