"""What type checkers know of a program: read by them, and run by `test_checkers`."""

from typing import Any, assert_type

import numpy as np
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.compile import OrderedUpdates, SharedVariable
from theano.compile.executable import Function
from theano.compile.shared_variables.tensors import TensorSharedVariable
from theano.ifelse import ifelse
from theano.sparse.variable import SparseVariable
from theano.tensor import TensorVariable

# variables
x = T.dmatrix("x")
a, b = T.dscalars("a", "b")
assert_type(x, TensorVariable)
assert_type(a, TensorVariable)
assert_type(T.matrix("m"), TensorVariable)
assert_type(T.TensorType("float64", (False, True))("c"), TensorVariable)
assert_type(x.ndim, int)
assert_type(x.dtype, str)
assert_type(x.broadcastable, tuple[bool, ...])

# operators, attributes, methods
assert_type(x + 1, TensorVariable)
assert_type(2.0 * x, TensorVariable)
assert_type(x @ x.T, TensorVariable)
assert_type(-x**2, TensorVariable)
assert_type(x > 0, TensorVariable)
assert_type(np.ones((2, 2)) * x, TensorVariable)
assert_type(x[0, 1:], TensorVariable)
assert_type(x.shape[0], TensorVariable)
assert_type(x.sum(axis=0).mean(), TensorVariable)
assert_type(x.dimshuffle(0, "x", 1), TensorVariable)
assert_type(x.reshape((2, -1)), TensorVariable)
assert_type(divmod(a, b), tuple[TensorVariable, TensorVariable])

# functions
assert_type(T.exp(x), TensorVariable)
assert_type(T.exp(1.0), TensorVariable)
assert_type(T.maximum(x, 0), TensorVariable)
assert_type(T.switch(x > 0, x, 0), TensorVariable)
assert_type(T.dot(x, x), TensorVariable)
assert_type(T.sum(x, axis=[0, 1]), TensorVariable)
assert_type(T.concatenate([x, x], axis=1), TensorVariable)
assert_type(T.expand_dims(x, 0), TensorVariable)
assert_type(T.nnet.softmax(x), TensorVariable)
assert_type(T.nnet.conv2d(T.dtensor4(), T.dtensor4()), TensorVariable)
assert_type(T.nlinalg.det(x), TensorVariable)
assert_type(T.slinalg.cholesky(x), TensorVariable)
assert_type(ifelse(a > b, a, b), Any)

# shared variables, gradients, functions
w = theano.shared(np.zeros(3), "w")
assert_type(w, TensorSharedVariable)
assert_type(T.dot(x, w), TensorVariable)
assert_type(w + 1, TensorVariable)
by_type: SharedVariable = w
as_variable: TensorVariable = w
cost = T.dot(x, w).sum()
assert_type(T.grad(cost, w), TensorVariable)
assert_type(theano.grad(cost, [x, w]), list[TensorVariable])
assert_type(T.hessian(cost, w), TensorVariable)
f = theano.function([x], cost, updates=[(w, w - 0.1 * T.grad(cost, w))])
assert_type(f, Function)
assert_type(RandomStreams(1).normal((2, 2)), TensorVariable)
assert_type(MRG_RandomStreams(1).uniform((2,)), TensorVariable)

# what functions are asked for
timed = theano.function([x], x + 1, profile=True)
timed.profile.summary()
assert_type(theano.explain(timed).html(), str)
assert_type(theano.config.floatX, str)
theano.config.floatX = theano.config.floatX
theano.config.traceback.limit = 8
with theano.config.change_flags(compute_test_value="off"):
    noise = RandomStreams(1).uniform((3,))
noise.rng.set_value(noise.rng.get_value())
noise = 2 * noise


@theano.config.change_flags(floatX="float64")
def doubled(v: TensorVariable) -> TensorVariable:
    return 2 * v


assert_type(doubled(x), TensorVariable)


@theano.as_op([T.dvector], [T.dvector])
def flipped(values: np.ndarray) -> np.ndarray:
    return values[::-1].copy()


flipped(w)

# modules that need no import of their own
assert_type(theano.sandbox.rng_mrg.MRG_RandomStreams(1).normal((2,)), TensorVariable)
theano.gof.graph.inputs([cost])
theano.sparse.basic.as_sparse_variable(theano.sparse.csr_matrix())

# a list of parameters is one of shared variables, where their values are asked for
parameters: list[TensorSharedVariable] = [w]
assert_type(T.grad(cost, parameters), list[TensorVariable])
steps = [(p, p - 0.1 * g * p.get_value().size) for p, g in zip(parameters, T.grad(cost, parameters))]
theano.function([x], cost, updates=steps)

# loops: one initial value is of one output
powers, changes = theano.scan(lambda prior, v: prior * v, outputs_info=T.ones_like(x), non_sequences=x, n_steps=2)
assert_type(powers, TensorVariable)
assert_type(changes, OrderedUpdates)
[sums, products], _ = theano.scan(lambda v: [v + 1, v * 2], sequences=[x])
total, _ = theano.reduce(lambda v, s: s + v, w, T.constant(0.0, dtype="float64"))
assert_type(total, TensorVariable)

# what hangs on variables
x.tag.test_value = np.zeros((2, 3))


# operations of users, whose methods have other names for their arguments than the base, and as many as they need
class Axpy(theano.Op):
    __props__ = ()

    def make_node(self, a: TensorVariable, v: TensorVariable) -> theano.Apply:
        return theano.Apply(self, [a, v], [v.type()])

    def perform(self, node: theano.Apply, given: list[Any], cells: list[list[Any]]) -> None:
        cells[0][0] = given[0] * given[1]

    def infer_shape(self, node: theano.Apply, shapes: list[Any]) -> list[Any]:
        return [shapes[1]]

    def grad(self, given: list[Any], gs: list[TensorVariable]) -> list[TensorVariable]:
        return [(gs[0] * given[1]).sum(), gs[0] * given[0]]


class Plus(theano.scalar.BinaryScalarOp):
    def impl(self, first: float, second: float) -> float:
        return first + second


Axpy()(T.dscalar(), T.dvector())

# sparse matrices
sparse = theano.sparse.csr_matrix("sparse")
assert_type(sparse, SparseVariable)
assert_type(-sparse.T / 2, SparseVariable)
assert_type(theano.sparse.hstack([theano.sparse.tanh(sparse), sparse.astype("float32")]), SparseVariable)
assert_type(sparse.toarray(), TensorVariable)
assert_type(theano.sparse.csm_indices(sparse), TensorVariable)
assert_type(T.dot(sparse, x) + sparse.data.sum(), TensorVariable)
