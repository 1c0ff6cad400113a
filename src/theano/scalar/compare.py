"""Comparisons and tests of floats. All have gradient zero and give bool."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.op import ScalarOp, binary, unary


def _comparison(name: str, numpy: Any, expand: Callable[[Expr, Expr], Expr], **fields: Any) -> ScalarOp:
    return binary(name, numpy=numpy, grad=None, expand=expand, args=rules.args_upcast, **fields)


# Complex numbers are in NumPy's order: that of the real parts, then of the imaginary ones.
lt = _comparison("lt", np.less, expr.lt, dtype=rules.to_bool)
gt = _comparison("gt", np.greater, expr.gt, dtype=rules.to_bool)
le = _comparison("le", np.less_equal, expr.le, dtype=rules.to_bool)
ge = _comparison("ge", np.greater_equal, expr.ge, dtype=rules.to_bool)
eq = _comparison("eq", np.equal, expr.eq, dtype=rules.to_bool, commutative=True)
neq = _comparison("neq", np.not_equal, expr.ne, dtype=rules.to_bool, commutative=True)


def _float_test(name: str, numpy: Any, expand: Callable[[Expr], Expr]) -> ScalarOp:
    return unary(
        name,
        numpy=numpy,
        dtype=rules.to_bool,
        grad=None,
        expand=lambda x: expand(x) if x.type in expr.FLOATS else expr.const(False, "bool"),
        args=rules.args_as_they_are,
    )


isnan = _float_test("isnan", np.isnan, expr.isnan)
isinf = _float_test("isinf", np.isinf, lambda x: expr.eq(expr.abs_(x), math.inf))


def _in_range(open_low: bool, open_high: bool) -> ScalarOp:
    """Whether a number lies between two others, which an open range does not hold."""
    above, below = expr.gt if open_low else expr.ge, expr.lt if open_high else expr.le
    over, under = np.greater if open_low else np.greater_equal, np.less if open_high else np.less_equal
    return ScalarOp(
        IN_RANGE[open_low, open_high],
        3,
        numpy=lambda x, low, high: over(x, low) & under(x, high),
        dtype=rules.order,
        grad=None,
        expand=lambda x, low, high: expr.and_(above(x, low), below(x, high)),
        args=rules.args_upcast,
    )


IN_RANGE = {
    (True, True): "inopenrange",
    (False, False): "inclosedrange",
    (True, False): "in_range_open_below",
    (False, True): "in_range_open_above",
}
inopenrange, inclosedrange = _in_range(True, True), _in_range(False, False)
in_range_open_below, in_range_open_above = _in_range(True, False), _in_range(False, True)
