"""Every error that gradients document is raised once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano.gradient import (
    DisconnectedInputError,
    NullTypeGradError,
    disconnected_type,
    format_as,
    grad_undefined,
    numeric_grad,
    subgraph_grad,
)
from theano.graph import Apply, NullType, Op, generic

x, y, v, w, m = T.dscalar("x"), T.dscalar("y"), T.dvector("v"), T.dvector("w"), T.dmatrix("m")
i, g = T.ivector("i"), generic("g")


class Gives(Op):
    """An op of one number whose gradient, direction and pattern are what a test wants."""

    __props__ = ()

    def __init__(self, gradient: Any = None, direction: Any = None, pattern: Any = None) -> None:
        self.gradient, self.direction, self.pattern = gradient, direction, pattern

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [a.type()])

    def grad(self, inputs: Any, gradients: Any) -> Any:
        return self.gradient

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        return self.direction

    def connection_pattern(self, node: Apply) -> Any:
        return [[True]] if self.pattern is None else self.pattern


undefined = grad_undefined(Gives(), 0, x, "it is not smooth")

ARGUMENTS: list[Refusal] = [
    (lambda: T.grad(v, v), TypeError, "cost must be a scalar. v has 1 dimensions. For the gradient of a single number"),
    (lambda: T.grad(g, v), TypeError, "cost must be a scalar. g has no dimensions"),
    (lambda: T.grad(3, v), TypeError, "cost must be a variable, found 3 of type int"),
    (lambda: T.grad(NullType("lost")(), v), ValueError, "Can't differentiate a NaN cost: lost"),
    (lambda: T.grad(x, {x}), TypeError, "a list or tuple of variables to differentiate with respect to, found {x}"),
    (lambda: T.grad(None, x), ValueError, "cost and known_grads can't both be None"),
    (lambda: T.grad(x, x, disconnected_inputs="no"), ValueError, "Invalid value for keyword 'disconnected_inputs'"),
    (lambda: T.grad(x, x, return_disconnected="no"), ValueError, "Invalid value for keyword 'return_disconnected'"),
    (lambda: T.grad(x, x, null_gradients="no"), ValueError, "Invalid value for keyword 'null_gradients'"),
    (lambda: T.grad(None, x, known_grads={3: x}), TypeError, "known_grads: 3 is not a variable"),
    (lambda: T.grad(None, x, known_grads={x: 1}), TypeError, "the gradient of x must be a variable, found 1 of type"),
    (lambda: T.grad(None, v, known_grads={v: [1.0, 2]}), TypeError, "the gradient of v must be a variable, found .1.0"),
    (lambda: T.grad(None, x, known_grads={x: y * i[0] // 1 > 0}), TypeError, "a gradient must be of floating point"),
    (lambda: T.grad(None, x, known_grads={}), DisconnectedInputError, "not part of the computational graph"),
    (
        lambda: T.grad(None, x, known_grads={x * 2: disconnected_type()}),
        DisconnectedInputError,
        "not part of the computational graph",
    ),
    (lambda: T.grad(None, x, known_grads={x: v}), ValueError, "known_grads: the gradient of x has 1 dimensions"),
    (lambda: T.grad(x, x, consider_constant=x), TypeError, "must be an iterable collection, got TensorVariable"),
    (lambda: T.grad(x, x, consider_constant=[3]), TypeError, "elements must be variables, found 3"),
    (lambda: T.grad(x, y), DisconnectedInputError, "not part of the computational graph of the cost, .*: y"),
    (lambda: T.grad(x, g, disconnected_inputs="ignore"), TypeError, "g of type .* is not a tensor: it has no gradient"),
]

OPS: list[Refusal] = [
    (lambda: T.grad(Gives([undefined])(x), x), NullTypeGradError, "gradient with respect to x is undefined: .*smooth"),
    (lambda: T.grad(Gives(x)(x), x), TypeError, "grad must return a list or tuple, found TensorVariable"),
    (lambda: T.grad(Gives([x, x])(x), x), ValueError, "wrong number of gradient terms: 2 for 1 inputs"),
    (lambda: T.grad(Gives([None])(x), x), TypeError, "grad returned None for input 0: return zeros"),
    (lambda: T.grad(Gives([3])(x), x), TypeError, "grad returned 3, which is no variable, for input 0"),
    (lambda: T.grad(Gives([i[0]])(x), x), TypeError, "returned a gradient of dtype int32 for input 0"),
    (lambda: T.grad(Gives([v])(x), x), ValueError, "returned a term with 1 dimensions for input 0, which has 0"),
    (lambda: T.grad(Gives([x], pattern=[])(x), x), ValueError, "connection_pattern has 0 rows, the node has 1 inputs"),
    (lambda: T.grad(Gives([x], pattern=[[True] * 2])(x), x), ValueError, "has 2 columns in row 0, the node has 1 out"),
    (lambda: T.Rop(Gives(direction=[])(x), x, x), ValueError, "R_op returned 0 terms for 1 outputs"),
    (lambda: T.Rop(Gives(direction=[undefined])(x), x, x), NullTypeGradError, "the derivative of .* is undefined"),
]

DERIVED: list[Refusal] = [
    (lambda: T.Rop(x, x, v), ValueError, "Element 0 of wrt/eval_points have mismatched dimensionality: 0 versus 1"),
    (lambda: T.Rop(x, [x, y], [x]), ValueError, "Rop: 2 variables to differentiate with respect to, 1 directions"),
    (lambda: T.Rop(x, y, y), DisconnectedInputError, "Rop: x does not depend on the variables"),
    (lambda: T.Lop([x, y], [x], [x]), ValueError, "Lop: 2 expressions, 1 gradients"),
    (lambda: subgraph_grad([x], [x]), ValueError, "`cost` or `start` must be specified"),
    (lambda: subgraph_grad([x], x, cost=x), TypeError, "`end` must be a list, found TensorVariable"),
    (lambda: subgraph_grad(x, [x], cost=x), TypeError, "`wrt` must be a list, found TensorVariable"),
    (lambda: T.jacobian(m, m), AssertionError, "1-d|dimension"),
    (lambda: T.hessian(v, v), AssertionError, "scalar|0-d|dimension"),
    (lambda: T.hessian(x, x), AssertionError, "1-d|vector|dimension"),
    (lambda: format_as(True, True, [x]), ValueError, "both flags cannot be simultaneously True"),
    (lambda: format_as(False, False, [x, y]), ValueError, "expected one output, found 2"),
]

measured = numeric_grad(lambda a: (a**2).sum(), [np.ones(2)])
NUMERIC: list[Refusal] = [
    (
        lambda: measured.abs_rel_errors([np.ones(2), np.ones(2)]),
        ValueError,
        "wrong number of elements: 2 gradients for 1",
    ),
    (lambda: measured.abs_rel_errors([np.ones(3)]), ValueError, "element 0 has wrong shape .3,.: the point has .2,."),
    (lambda: measured.max_err([np.full(2, np.nan)], 1, 1), ValueError, "abs_err or rel_err not finite in gradient 0"),
    (lambda: numeric_grad(lambda a: a.sum(), [np.ones(2, "int64")]), TypeError, "float"),
    (lambda: theano.gradient.grads, AttributeError, "module 'theano.gradient' has no attribute 'grads'"),
]

TABLES = {"arguments": ARGUMENTS, "ops": OPS, "derived": DERIVED, "numeric": NUMERIC}


@pytest.mark.parametrize(("call", "classes", "text"), cases(TABLES))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)
