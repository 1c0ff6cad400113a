"""Makes the pickles of `test_older_functions.py`: run it with Theano 1.0.5 (Python 3.8, NumPy 1.19) in `pickles`,
with ``THEANO_FLAGS=traceback.limit=0,cxx=,floatX=float64``.

Each file has a function, arguments, and what the function returned for them after it was pickled.
"""

import lzma
import pickle

import numpy as np
import scipy.sparse
from theano.misc import pkl_utils
from theano.sandbox.rng_mrg import MRG_RandomStreams

import theano
import theano.sparse
import theano.tensor as T
from theano.ifelse import ifelse
from theano.tensor.signal.pool import pool_2d

numbers = np.random.RandomState(1)
x, v, labels, images = T.dmatrix("x"), T.dvector("v"), T.ivector("labels"), T.dtensor4("images")
W = theano.shared(numbers.randn(3, 4), name="W")
b = theano.shared(np.zeros(4), name="b")
rows = numbers.randn(2, 3)


def without_code(op):
    """The fields of an operation but for its C code, which is Theano's."""
    return {k: v for k, v in op.__dict__.items() if k not in ("func_codes", "code_sections")}


theano.tensor.elemwise.DimShuffle.__getstate__ = without_code


def save(name, inputs, outputs, arguments=(), **options):
    f = theano.function(inputs, outputs, **options)
    f(*arguments)
    text = pickle.dumps(f, protocol=2)
    expected = f(*arguments)
    with lzma.open(f"function_{name}.pkl.xz", "wb") as file:
        pickle.dump((pickle.loads(text), arguments, expected), file, protocol=2)


def cost_of_labels():
    probabilities = T.nnet.softmax(T.dot(x, W) + b)
    return -T.mean(T.log(probabilities)[T.arange(labels.shape[0]), labels]), T.argmax(probabilities, axis=1)


cost, guess = cost_of_labels()
updates = [(p, p - 0.5 * T.grad(cost, p)) for p in (W, b)]
save("regression", [x, labels], [cost, guess], (rows, np.array([1, 0], "int32")), updates=updates)

image = numbers.randn(1, 1, 6, 6)
kernels = theano.shared(numbers.randn(2, 1, 3, 3), name="kernels")
features = pool_2d(T.nnet.relu(T.nnet.conv2d(images, kernels)), (2, 2), ignore_border=True)
save("pictures", [images], features, (image,), updates=[(kernels, kernels - T.grad(features.sum(), kernels))])

weights = theano.shared(numbers.randn(3), name="weights")
states, _ = theano.scan(lambda r, h: T.tanh(r * weights + h), sequences=x, outputs_info=T.zeros_like(x[0]))
last = (states[-1] ** 2).sum()
step = [(weights, weights - 0.1 * T.grad(last, weights))]
save("recurrent", [x], last, (rows,), updates=step, mode="FAST_COMPILE")  # else it has a megabyte

sums, _ = theano.scan(lambda p, q: p + q, outputs_info=[{"initial": T.ones((2,)), "taps": [-2, -1]}], n_steps=5)
save("two_steps_back", [], sums)
doubled, _ = theano.scan(
    lambda h: (h * 2, theano.scan_module.until(h > 20)), outputs_info=[T.constant(np.float64(1))], n_steps=50
)
save("until", [], doubled)

streams = T.shared_randomstreams.RandomStreams(7)
save("draws", [], [streams.normal((3,)), streams.uniform((2, 2))])
save("draws_mrg", [], MRG_RandomStreams(7).uniform((3,)))
walk, steps = theano.scan(lambda h: h + streams.normal(()), outputs_info=[T.constant(np.float64(0))], n_steps=4)
save("walk", [], walk, updates=steps)

save("default", [x, theano.In(v, value=np.ones(3), name="factor")], x * v, (rows,))
save("dictionary", [x], {"twice": x * 2, "sum": x.sum()}, (rows,))
save("given", [v], T.tanh(x).sum(axis=0), (numbers.randn(6),), givens={x: v.reshape((2, 3))})
save("by_hand", [x], T.inc_subtensor(x[1:, ::2], 1.0)[T.arange(2), [0, 1]], (rows,), mode="FAST_COMPILE")
save("branch", [x], ifelse(T.gt(x.sum(), 0), x, -x), (rows,))
save("choice", [x], T.switch(x > 0, T.exp(x), abs(x)) + T.cast(T.eq(x, 0), "float64") + x / 2, (rows,))
scaled = T.nnet.bn.batch_normalization(x, T.ones(3) * 2, T.zeros(3) + 1, x.mean(0), x.std(0) + 1)
save("normalized", [x], scaled, (rows,))
save("inverse", [x], T.nlinalg.matrix_inverse(T.dot(x, x.T)), (rows,))
matrix = theano.sparse.csr_matrix("matrix")
save("sparse", [matrix], theano.sparse.dot(matrix, W), (scipy.sparse.csr_matrix(np.eye(3)),))

with open("zip_of_arrays.zip", "wb") as file:
    pkl_utils.dump((W, [T.tanh(T.dot(x, W))]), file)

totals = theano.shared(np.ones(2), name="totals")
tripled = theano.function([], totals.sum(), updates=[(totals, totals * 3)])
with lzma.open("function_and_shared.pkl.xz", "wb") as file:
    pickle.dump((tripled, totals, {"the same": totals}), file, protocol=2)
with lzma.open("modes.pkl.xz", "wb") as file:
    modes = [theano.compile.get_mode(name) for name in ("FAST_RUN", "FAST_COMPILE")]
    pickle.dump([*modes, theano.Mode("vm", "fast_run").excluding("fusion")], file, protocol=2)
with lzma.open("streams_drawn.pkl.xz", "wb") as file:
    sample = streams.uniform((2,))
    draw = theano.function([], sample)
    draw()
    pickle.dump((pickle.dumps(streams, protocol=2), draw()), file, protocol=2)
with lzma.open("numbers.pkl.xz", "wb") as file:
    kinds = ["bool", "uint8", "int16", "uint32", "uint64", "float16", "complex64", "complex128"]
    pickle.dump([theano.shared((numbers.randn(2, 3) * 3).astype(kind), name=kind) for kind in kinds], file, protocol=2)
