"""Addition, multiplication, division and what belongs to them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.bits import and_, invert, or_
from theano.scalar.choice import switch
from theano.scalar.compare import ge, le
from theano.scalar.op import binary, fold, unary, variadic

Term = Any  # what gradients are written over: anything with the operators of `ScalarOperators`


# -- sums and products -----------------------------------------------------------------------------------


def _products_of_others(*terms: Term) -> tuple[Term, ...]:
    *factors, _, g = terms
    if len(factors) == 2:
        return g * factors[1], g * factors[0]
    return tuple(fold(mul)(g, *factors[:i], *factors[i + 1 :]) for i in range(len(factors)))


add = variadic(
    "add",
    numpy=fold(np.add),
    dtype=rules.same,
    grad=lambda *terms: (terms[-1],) * (len(terms) - 2),
    expand=fold(lambda x, y: expr.or_(x, y) if x.type == "bool" else x + y),
    identity=0,
)
mul = variadic(
    "mul",
    numpy=fold(np.multiply),
    dtype=rules.same,
    grad=_products_of_others,
    expand=fold(lambda x, y: expr.and_(x, y) if x.type == "bool" else x * y),
    identity=1,
    linear_in=range(sys.maxsize),
)
sub = binary(
    "sub",
    numpy=np.subtract,
    dtype=rules.no_bool_output,
    grad=lambda x, y, z, g: (g, -g),
    expand=lambda x, y: x - y,
)
neg = unary(
    "neg",
    numpy=np.negative,
    dtype=rules.no_bool_input,
    grad=lambda x, z, g: -g,
    expand=lambda x: -x,
    linear_in=range(1),
)
true_div = binary(
    "true_div",
    numpy=np.true_divide,
    dtype=rules.division,
    grad=lambda x, y, z, g: (g / y, -(g * x) / (y * y)),
    expand=lambda x, y: x / y,
    linear_in=range(1),
    cost=5,
)
inv = unary(
    "inv",
    numpy=lambda x: 1 / x,
    dtype=rules.to_float,
    grad=lambda x, z, g: -g / (x * x),
    expand=lambda x: 1 / x,
    cost=5,
)
identity = unary("identity", numpy=np.copy, dtype=rules.same, grad=lambda x, z, g: g, expand=lambda x: x)


# -- division with remainder -------------------------------------------------------------------------------


def _check_divisor(y: np.ndarray) -> None:
    if y.dtype.kind in "iub" and not np.all(y):
        raise ZeroDivisionError("integer division or modulo by zero")


def _floor_divide(x: np.ndarray, y: np.ndarray) -> Any:
    _check_divisor(y)
    return np.floor_divide(x, y)


def _remainder(x: np.ndarray, y: np.ndarray) -> Any:
    _check_divisor(y)
    return np.remainder(x, y)


def _int_divmod(x: Expr, y: Expr) -> tuple[Expr, Expr]:
    """Floor division and its remainder; (0, 0) for y = 0, and the smallest integer // -1 is itself."""
    type_ = x.type
    unsafe = expr.eq(y, 0)
    if type_ in expr.SIGNED:
        smallest = expr.const(-(1 << (8 * expr.ITEMSIZE[type_] - 1)), type_)
        overflow = expr.and_(expr.eq(x, smallest), expr.eq(y, -1))
        safe = expr.select(expr.or_(unsafe, overflow), 1, y)
    else:
        safe = expr.select(unsafe, 1, y)
    q, r = expr.idiv(x, safe), expr.irem(x, safe)
    if type_ in expr.SIGNED:
        adjust = expr.and_(expr.ne(r, 0), expr.xor(expr.lt(r, 0), expr.lt(y, 0)))
        q, r = expr.select(adjust, q - 1, q), expr.select(adjust, r + y, r)
    return expr.select(unsafe, 0, q), r


def _expand_mod(x: Expr, y: Expr) -> Expr:
    if x.type == "bool":
        return expr.const(False, "bool")
    if x.type in expr.INTS:
        return _int_divmod(x, y)[1]
    r = expr.frem(x, y)
    adjust = expr.and_(expr.ne(r, 0), expr.xor(expr.lt(r, 0), expr.lt(y, 0)))
    return expr.select(expr.eq(r, 0), expr.copysign(0.0, y), expr.select(adjust, r + y, r))


def _expand_int_div(x: Expr, y: Expr) -> Expr:
    """Floats as NumPy does: the quotient of what the remainder leaves, so that it fits to ``%``."""
    if x.type == "bool":
        return expr.and_(x, y)
    if x.type in expr.INTS:
        return _int_divmod(x, y)[0]
    r = expr.frem(x, y)
    q = (x - r) / y
    adjust = expr.and_(expr.ne(r, 0), expr.xor(expr.lt(r, 0), expr.lt(y, 0)))
    q = expr.select(adjust, q - 1, q)
    down = expr.floor(q)
    whole = expr.select(expr.gt(q - down, 0.5), down + 1, down)
    whole = expr.select(expr.eq(q, 0), expr.copysign(0.0, x / y), whole)
    return expr.select(expr.eq(y, 0), x / y, whole)


int_div = binary(
    "int_div",
    numpy=_floor_divide,
    dtype=rules.same_real_error,
    grad=None,
    expand=_expand_int_div,
    cost=5,
    checks_zero_divisor=True,
)
mod = binary(
    "mod",
    numpy=_remainder,
    dtype=rules.same_real_error,
    grad=lambda x, y, z, g: (g, -int_div(x, y) * g),
    expand=_expand_mod,
    cost=5,
    checks_zero_divisor=True,
)


# -- sign, extremes ------------------------------------------------------------------------------------------


def _expand_sgn(x: Expr) -> Expr:
    one = expr.const(1, x.type)
    if x.type in expr.UNSIGNED:
        return expr.select(expr.ne(x, 0), one, 0)
    rest = expr.const(0, x.type) if x.type in expr.INTS else expr.select(expr.eq(x, 0), 0.0, x)
    return expr.select(expr.gt(x, 0), one, expr.select(expr.lt(x, 0), -1, rest))


def _grad_abs(x: Term, z: Term, g: Term) -> Term:
    if x.dtype.startswith("complex"):
        return g * x / maximum(z, np.asarray(np.finfo(z.dtype).tiny, z.dtype))  # 0 at 0
    return g * sgn(x)


abs_ = unary(
    "abs_",
    numpy=np.abs,
    dtype=rules.real_part,
    grad=_grad_abs,
    expand=lambda x: x if x.type == "bool" else expr.abs_(x),
    args=rules.args_as_they_are,
    holomorphic=False,
    nonnegative=True,
)
sgn = unary("sgn", numpy=np.sign, dtype=rules.signed_real, grad=None, expand=_expand_sgn)


def _grad_extreme(reaches: Any, extreme: Any) -> Any:
    """All of the gradient goes to the first argument that is the result.

    Arguments are compared with each other, not with the result: that may come from a loop that NumPy has run, whose
    functions differ in the last bit.
    """

    def grad(*terms: Term) -> tuple[Term, ...]:
        *inputs, z, g = terms
        taken: Term | None = None
        grads = []
        for k, x in enumerate(inputs[:-1]):
            here = reaches(x, fold(extreme)(*inputs[:k], *inputs[k + 1 :]))
            if taken is not None:
                here = and_(here, invert(taken))
            grads.append(switch(here, g, 0))
            taken = here if taken is None else or_(taken, here)
        return (*grads, g if taken is None else switch(taken, 0, g))

    return grad


def _extreme(name: str, numpy: Any, expand: Any, of_bools: Any, reaches: Any) -> Any:
    def combined(x: Term, y: Term) -> Term:
        return made(x, y)

    made = variadic(
        name,
        numpy=fold(numpy),
        dtype=rules.same,
        grad=_grad_extreme(reaches, combined),
        expand=fold(lambda x, y: of_bools(x, y) if x.type == "bool" else expand(x, y)),
    )
    return made


maximum = _extreme("maximum", np.maximum, expr.maximum, expr.or_, ge)
minimum = _extreme("minimum", np.minimum, expr.minimum, expr.and_, le)
