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


lt = _comparison("lt", np.less, expr.lt, dtype=rules.order)
gt = _comparison("gt", np.greater, expr.gt, dtype=rules.order)
le = _comparison("le", np.less_equal, expr.le, dtype=rules.order)
ge = _comparison("ge", np.greater_equal, expr.ge, dtype=rules.order)
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
