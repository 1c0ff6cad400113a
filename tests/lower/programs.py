"""Small programs, one for each kind of work: what the tests of lowering's stages look at."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.printing import Print
from theano.random import MRG_RandomStreams, PhiloxRandomStreams
from theano.scan import until
from theano.tensor import nlinalg, slinalg
from theano.tensor.checks.assertion import Assert
from theano.tensor.indexing.segments import OfLength, SoundRows, scatter_sum, segment_spread, segment_sum
from theano.tensor.nnet import relu
from theano.tensor.nnet.neighbours import images2neibs
from theano.tensor.signal.pool import pool_2d
from theano.tensor.sparse_rows import merged_rows, product_at, product_places


class Program(NamedTuple):
    """What `theano.function` takes, and example arguments for it: values, or the shape of an array of floats."""

    inputs: Sequence[Any]
    outputs: Any
    args: Sequence[Any]
    updates: Sequence[tuple[Any, Any]] = ()

    def values(self) -> list[Any]:
        """The example arguments as arrays; those given by a shape hold different numbers between 0 and 1."""
        found = []
        for v, arg in zip(self.inputs, self.args, strict=True):
            if isinstance(arg, tuple):
                size = int(np.prod(arg))
                arg = ((np.arange(size) * 7 % 31 + 1) / 32).reshape(arg)
            found.append(np.asarray(arg, v.dtype))
        return found


Maker = Callable[[], Program]
PROGRAMS: dict[str, Maker] = {}


def program(make: Maker) -> Maker:
    """Enter into the table."""
    PROGRAMS[make.__name__] = make
    return make


def compiled(name: str, mode: str = "FAST_RUN") -> tuple[Program, Any]:
    """A program of the table, made anew, and the function, as a machine with several cores has it."""
    made = PROGRAMS[name]()
    with theano.change_flags(openmp=True):
        return made, theano.function(made.inputs, made.outputs, updates=made.updates, mode=mode)


def shared(name: str, *shape: int, dtype: str = "float64") -> Any:
    size = int(np.prod(shape))
    return theano.shared(np.linspace(-1, 1, size).reshape(shape).astype(dtype), name=name)


# -- point-wise work ---------------------------------------------------------------------------------------
@program
def pointwise() -> Program:
    x, y = T.vectors("x", "y")
    return Program([x, y], T.exp(x) * y + 1, [(50,), (50,)])


@program
def broadcasting() -> Program:
    """A row and a column, spread over a matrix."""
    x, r, c = T.matrix("x"), T.vector("r"), T.vector("c")
    return Program([x, r, c], (x + r) * c.dimshuffle(0, "x"), [(20, 30), (30,), (20,)])


@program
def mixed_dtypes() -> Program:
    """Conversions happen in the loop."""
    i, x, y = T.bvector("i"), T.fvector("x"), T.vector("y")
    return Program([i, x, y], [i * x, i + y, T.eq(i, 2)], [np.arange(9), (9,), (9,)])


@program
def complex_numbers() -> Program:
    z, w = T.zvector("z"), T.zvector("w")
    return Program([z, w], abs(z * T.conj(w)), [np.arange(9) + 1j, np.ones(9)])


@program
def float16() -> Program:
    x, y = T.TensorType("float16", (False,))("x"), T.TensorType("float16", (False,))("y")
    return Program([x, y], T.tanh(x) + x * y, [(40,), (40,)])


@program
def negated() -> Program:
    """A negation is no item: who reads it reads the number and negates it."""
    x = T.vector("x")
    return Program([x], T.exp(-x) ** 0.5, [(50,)])


@program
def choices() -> Program:
    """Conditions for each element."""
    x = T.matrix("x")
    return Program([x], T.switch(x > 0.5, T.clip(x, 0, 0.75), -x), [(20, 30)])


@program
def integer_division() -> Program:
    i, j = T.ivector("i"), T.ivector("j")
    return Program([i, j], [i // j, i % j], [np.arange(-4, 5), np.full(9, 3)])


@program
def numbers_only() -> Program:
    """No array, no loop."""
    a, b = T.scalars("a", "b")
    return Program([a, b], [a * b + 1, T.sqrt(a)], [2.0, 3.0])


@program
def shared_work() -> Program:
    """Three outputs need the same exponential: one loop."""
    x = T.vector("x")
    e = T.exp(x)
    return Program([x], [e, e * e, 1 / (1 + e)], [(50,)])


@program
def neighbours() -> Program:
    """Two loops over one space that need nothing from each other are one."""
    x, y = T.vectors("x", "y")
    return Program([x, y], [x * x + y, T.log(y)], [(50,), (50,)])


@program
def too_much_for_one_loop() -> Program:
    x = T.vector("x")
    y = x
    for _ in range(7):
        y = T.gammaln(y + 2)
    return Program([x], y, [(50,)])


@program
def too_many_arrays_for_one_loop() -> Program:
    vectors = [T.vector(f"x{k}") for k in range(18)]
    first, second = (T.add(*part) for part in (vectors[:9], vectors[9:]))
    return Program(vectors, first * second, [(50,)] * 18)


@program
def repeated_loops() -> Program:
    """Loop nests that differ in arrays and numbers only: one kernel."""
    vectors = [T.vector(f"x{k}") for k in range(8)]
    return Program(vectors, [T.sqrt(x) + k / 2 for k, x in enumerate(vectors, 1)], [(50 + k,) for k in range(8)])


# -- shapes --------------------------------------------------------------------------------------------------
@program
def shapes_only() -> Program:
    """Nothing of the arrays is read."""
    x, y = T.matrix("x"), T.vector("y")
    return Program([x, y], T.exp(x).shape[0] * (y + y).shape[0], [(20, 30), (7,)])


@program
def shapes_as_arrays() -> Program:
    """Lengths that are declared are checked, and known from then on."""
    x, y = T.matrix("x"), T.vector("y")
    return Program([x, y], [x.shape, T.specify_shape(y, (50,)) + 1], [(20, 30), (50,)])


@program
def transposed_sum() -> Program:
    """Contiguous along different axes: tiles."""
    x, y = T.matrix("x"), T.matrix("y")
    return Program([x, y], x + y.T, [(20, 30), (30, 20)])


@program
def short_tiles() -> Program:
    """All of one operand is in the cache anyway."""
    x, y = T.TensorType("float64", (False, False), shape=(None, 8))("x"), T.matrix("y")
    return Program([x, y], x + y.T, [(20, 8), (8, 20)])


@program
def tiles_in_loops() -> Program:
    c = T.tensor3("c")
    return Program([c], c.dimshuffle(0, 2, 1) + 1 + c, [(4, 5, 5)])


@program
def transposed_alone() -> Program:
    """One memory only: the loops go through it in its own order."""
    x = T.matrix("x")
    return Program([x], T.sqr(x.T), [(20, 30)])


@program
def transposed_copy() -> Program:
    x = T.tensor3("x")
    return Program([x], x.transpose(2, 0, 1), [(4, 5, 6)])


@program
def reshaped() -> Program:
    """A product in one shape, a sum in another."""
    x, n = T.matrix("x"), T.iscalar("n")
    return Program([x, n], (2 * x).reshape((n, -1)).sum(axis=1), [(20, 30), 12])


@program
def made_arrays() -> Program:
    n, v = T.iscalar("n"), T.scalar("v")
    return Program([n, v], [T.alloc(v, n, 3), T.arange(n) * 2, T.eye(n)], [5, 1.5])


@program
def positions() -> Program:
    """Numbers that depend on where the loops are keep these apart."""
    x = T.matrix("x")
    return Program([x], x * T.eye(x.shape[0], x.shape[1]), [(20, 30)])


@program
def memory_filled() -> Program:
    """Memory that holds anything, and gets all its numbers from elsewhere."""
    x = T.vector("x")
    return Program([x], T.set_subtensor(T.AllocEmpty("float64")(x.shape[0])[:], x), [(50,)])


# -- parts -----------------------------------------------------------------------------------------------------
@program
def slices() -> Program:
    """Windows are read where they lie."""
    x = T.vector("x")
    return Program([x], x[1:-1:2] - x[::2][:-1], [(51,)])


@program
def slices_backwards() -> Program:
    x, k = T.matrix("x"), T.iscalar("k")
    return Program([x, k], x[::-1, :k] + x[:, -1 : -1 - k : -1], [(20, 30), 7])


@program
def rows_taken() -> Program:
    x, i = T.matrix("x"), T.lvector("i")
    return Program([x, i], T.tanh(x[i]), [(20, 30), [3, 0, -1, 3]])


@program
def elements_taken() -> Program:
    """One element for each row, as labels pick them."""
    x, i = T.matrix("x"), T.lvector("i")
    return Program([x, i], T.log(x)[T.arange(i.shape[0]), i], [(20, 30), np.arange(20)])


@program
def masked() -> Program:
    """How many there are is known during the call only."""
    x = T.vector("x")
    return Program([x], x[x > 0.5] * 2, [(50,)])


@program
def part_set() -> Program:
    x, v = T.matrix("x"), T.vector("v")
    return Program([x, v], T.set_subtensor(x[2:5], v), [(20, 30), (30,)])


@program
def parts_increased() -> Program:
    x, v = T.matrix("x"), T.vector("v")
    return Program([x, v], T.inc_subtensor(T.inc_subtensor(x[:, 0], v)[1:], 1), [(20, 30), (20,)])


@program
def rows_scattered() -> Program:
    """Rows that are named more than once: in order."""
    x, i, v = T.matrix("x"), T.lvector("i"), T.matrix("v")
    return Program([x, i, v], T.inc_subtensor(x[i], v * v), [(20, 30), [1, 5, 1], (3, 30)])


@program
def joined() -> Program:
    x, y = T.matrices("x", "y")
    return Program([x, y], T.concatenate([T.exp(x), y[1:], x], axis=0), [(4, 30), (3, 30)])


@program
def split_and_stacked() -> Program:
    x = T.vector("x")
    a, b, c = T.split(x, [10, 20, 20], n_splits=3)
    return Program([x], T.stack([b + a[0], b * c]), [(50,)])


# -- reductions ------------------------------------------------------------------------------------------------
@program
def sum_of_rows() -> Program:
    x = T.matrix("x")
    return Program([x], (x * x).sum(axis=1), [(20, 30)])


@program
def blocks_of_rows() -> Program:
    """Two stacks of products, a softmax between them, and a sum over all rows."""
    q, k, v = T.ftensor3("q"), T.ftensor3("k"), T.ftensor3("v")
    score = T.batched_dot(q, k.transpose(0, 2, 1))
    weight = T.nnet.softmax(score.reshape((-1, score.shape[2]))).reshape(score.shape)
    seen = T.batched_dot(weight, v)
    return Program([q, k, v], [seen, seen.sum()], [(3, 4, 2), (3, 5, 2), (3, 5, 6)])


@program
def sum_of_strided_rows() -> Program:
    """Elements that are not side by side: loading them takes the time."""
    x = T.matrix("x")
    return Program([x], x[:, ::2].sum(axis=1), [(20, 30)])


@program
def rows_stored_and_read() -> Program:
    """What a later sweep reads is a result as well."""
    x = T.matrix("x")
    y = T.tanh(x)
    return Program([x], [y, y - y.mean(axis=1, keepdims=True)], [(20, 30)])


@program
def sum_inside_a_cube() -> Program:
    c = T.tensor3("c")
    return Program([c], T.tanh(c).sum(axis=1), [(4, 5, 6)])


@program
def sum_of_columns() -> Program:
    x = T.matrix("x")
    return Program([x], (x * x).sum(axis=0), [(20, 30)])


@program
def sum_of_all() -> Program:
    x = T.fmatrix("x")
    return Program([x], (x * x).sum(), [(20, 30)])


@program
def sums_of_a_cube() -> Program:
    """Every choice of axes that is not all of them."""
    x = T.tensor3("x")
    axes: list[Any] = [0, 1, 2, (0, 1), (0, 2), (1, 2)]
    return Program([x], [x.sum(axis=a) for a in axes], [(4, 5, 6)])


@program
def crossed_sums() -> Program:
    """The axis that stays lies between those that are reduced: its rows go by in blocks."""
    x, v = T.ftensor3("x"), T.fvector("v")
    return Program([x, v], [(x * v.dimshuffle("x", 0, "x")).sum(axis=(0, 2)) + v], [(40, 5, 6), (5,)])


@program
def normalised_channels() -> Program:
    """One loop over channels, in which the axes of the pixels are one; the sum of all is that of the channels."""
    x = T.ftensor4("x")
    y = T.nnet.relu((x - x.mean(axis=(0, 2, 3), keepdims=True)) / x.std(axis=(0, 2, 3), keepdims=True))
    return Program([x], [y, (y**2).sum()], [(3, 4, 5, 6)])


@program
def sums_of_sums() -> Program:
    """The loop of the first sum and that of the second go along other axes."""
    x = T.matrix("x")
    return Program([x], (x - x.sum(axis=0)).sum(axis=1), [(20, 30)])


@program
def other_reductions() -> Program:
    x, i = T.matrix("x"), T.bmatrix("i")
    return Program([x, i], [x.max(axis=1), x.prod(axis=0), i.sum(), i.any(axis=1)], [(20, 30), np.eye(20)])


@program
def sums_of_one_array() -> Program:
    """One pass for three results, a second one for what needs them."""
    x = T.matrix("x")
    return Program([x], [x.sum(axis=1), (x * x).sum(axis=1), x.max(axis=1) - x.min(axis=1)], [(20, 30)])


@program
def largest() -> Program:
    x = T.matrix("x")
    return Program([x], T.max_and_argmax(x, axis=1), [(20, 30)])


@program
def softmax() -> Program:
    """Three sweeps over each row."""
    x = T.matrix("x")
    return Program([x], T.nnet.softmax(x), [(20, 30)])


@program
def log_sum_exp() -> Program:
    x = T.matrix("x")
    return Program([x], T.log(T.sum(T.exp(x), axis=1)), [(20, 30)])


@program
def cross_entropy() -> Program:
    """No row of probabilities is ever in memory."""
    x, labels = T.matrix("x"), T.ivector("labels")
    p = T.nnet.softmax(x)
    return Program([x, labels], T.nnet.categorical_crossentropy(p, labels).mean(), [(20, 30), np.arange(20)])


@program
def variance() -> Program:
    x = T.matrix("x")
    return Program([x], [x.var(axis=0), x.var(axis=1)], [(20, 30)])


@program
def normalized_rows() -> Program:
    x = T.matrix("x")
    mean = x.mean(axis=1, keepdims=True)
    return Program([x], (x - mean) / T.sqrt(x.var(axis=1, keepdims=True) + 1e-6), [(20, 30)])


@program
def running_sum() -> Program:
    x = T.matrix("x")
    return Program([x], [T.cumsum(x, axis=0), T.cumsum(2 * x, axis=1)], [(20, 30)])


@program
def running_product() -> Program:
    """What is computed before and after shares its loop; its gradient is a recurrence."""
    x, w = T.matrices("x", "w")
    return Program([x, w], T.grad((T.cumprod(x + 1, axis=0) * w).sum(), x), [(9, 30), (9, 30)])


# -- order and places ----------------------------------------------------------------------------------------------
@program
def sorted_rows_and_columns() -> Program:
    """Rows go to the library as they are, columns are copied."""
    x = T.fmatrix("x")
    return Program([x], [T.sort(2 * x), T.argsort(x, 0, kind="stable")], [(20, 30)])


@program
def three_largest() -> Program:
    x = T.matrix("x")
    return Program([x], T.topk_and_argtopk(x, 3), [(20, 30)])


@program
def distinct_numbers() -> Program:
    """Sorted, compared with the neighbour, and as many as differ."""
    x = T.vector("x")
    return Program([x], T.extra_ops.Unique(True, True, True)(T.floor(x * 9)), [(50,)])


@program
def under_a_mask() -> Program:
    """Counted, then made, then filled; what follows has that length."""
    x = T.matrix("x")
    return Program([x], [x[x > 0.5] * 2, *T.nonzero(x > 0.9)], [(20, 30)])


@program
def repeated_rows() -> Program:
    x, times = T.matrix("x"), T.lvector("times")
    return Program([x, times], T.extra_ops.RepeatOp(0)(x, times) + 1, [(20, 30), np.arange(20) % 4])


@program
def searched() -> Program:
    x, v = T.vector("x"), T.matrix("v")
    return Program([x, v], T.extra_ops.searchsorted(T.sort(x), v), [(50,), (20, 30)])


# -- products ----------------------------------------------------------------------------------------------------
@program
def dot_of_vectors() -> Program:
    x, y = T.vectors("x", "y")
    return Program([x, y], T.dot(x, T.exp(y)), [(50,), (50,)])


@program
def dot_with_a_vector() -> Program:
    a, x, y = T.matrix("a"), T.vector("x"), T.vector("y")
    return Program([a, x, y], [T.dot(a, x), T.dot(y, a)], [(20, 30), (30,), (20,)])


@program
def outer_product_added() -> Program:
    a, x, y = T.matrix("a"), T.vector("x"), T.vector("y")
    return Program([a, x, y], a + 2 * T.outer(x, y), [(20, 30), (20,), (30,)])


@program
def dot_of_matrices() -> Program:
    x, y = T.fmatrices("x", "y")
    return Program([x, y], T.dot(x, y.T), [(20, 30), (10, 30)])


@program
def dot_of_cubes() -> Program:
    x, y = T.tensor3("x"), T.tensor3("y")
    return Program([x, y], T.tensordot(x, y, axes=[[1, 2], [0, 1]]), [(4, 5, 6), (5, 6, 7)])


@program
def batched_dot() -> Program:
    x, y = T.tensor3("x"), T.tensor3("y")
    return Program([x, y], T.batched_dot(x, y), [(4, 5, 6), (4, 6, 7)])


@program
def dense_layer() -> Program:
    x, w, b = T.matrix("x"), T.matrix("w"), T.vector("b")
    return Program([x, w, b], T.tanh(T.dot(x, w) + b), [(20, 30), (30, 10), (10,)])


@program
def chain_of_products() -> Program:
    """What has been used leaves its place in the workspace."""
    x, w = T.matrix("x"), T.matrix("w")
    y = x
    for _ in range(4):
        y = T.nnet.sigmoid(T.dot(y, w))
    return Program([x, w], y, [(20, 30), (30, 30)])


@program
def convolution_with_gradients() -> Program:
    """Three sums of one kind; images and results are padded and cut into parts inside of them."""
    x, w, b = T.ftensor4("x"), shared("w", 6, 2, 3, 3, dtype="float32"), shared("b", 6, dtype="float32")
    y = T.tanh(T.nnet.conv2d(x, w, border_mode="half", subsample=(2, 2)) + b.dimshuffle("x", 0, "x", "x"))
    cost = (y * y).sum()
    steps = [(p, p - np.float32(0.01) * g) for p, g in zip((w, b), T.grad(cost, [w, b]), strict=True)]
    return Program([x], [cost, T.grad(cost, x)], [(3, 2, 9, 8)], steps)


@program
def product_updates_weights() -> Program:
    """``w - rate * dot(x.T, d)`` is added to the weights where they lie."""
    x, d, w = T.matrix("x"), T.matrix("d"), shared("w", 30, 10)
    return Program([x, d], [], [(20, 30), (20, 10)], [(w, w - 0.1 * T.dot(x.T, d))])


@program
def network_gradient() -> Program:
    """A step of training of a network with one hidden layer."""
    x, t, w, v = T.matrix("x"), T.ivector("t"), shared("w", 30, 10), shared("v", 10, 5)
    p = T.nnet.softmax(T.dot(T.tanh(T.dot(x, w)), v))
    cost = T.nnet.categorical_crossentropy(p, t).mean()
    updates = [(s, s - 0.1 * g) for s, g in zip([w, v], T.grad(cost, [w, v]), strict=True)]
    return Program([x, t], cost, [(20, 30), np.arange(20) % 5], updates)


# -- shared variables ----------------------------------------------------------------------------------------------
@program
def update_in_place() -> Program:
    """The result is the new value's old self: both come before and after the store."""
    x, s = T.vector("x"), shared("s", 50)
    return Program([x], [x * s], [(50,)], [(s, s + x)])


@program
def updates_exchanged() -> Program:
    """Each needs the old value of the other: one goes through memory of its own."""
    a, b = shared("a", 50), shared("b", 50)
    return Program([], [], [], [(a, b), (b, a + b)])


@program
def update_of_a_part() -> Program:
    v, s = T.scalar("v"), shared("s", 20, 30)
    return Program([v], [], [2.0], [(s, T.set_subtensor(s[3], v))])


@program
def update_of_another_shape() -> Program:
    """The array of a shared variable is replaced."""
    x, s = T.vector("x"), shared("s", 5)
    return Program([x], s.sum(), [(7,)], [(s, T.concatenate([s, x]))])


# -- branches ----------------------------------------------------------------------------------------------------
@program
def branch() -> Program:
    c, x = T.iscalar("c"), T.vector("x")
    return Program([c, x], ifelse(c, T.exp(x), x + 1), [1, (50,)])


@program
def branch_of_numbers() -> Program:
    c, x = T.iscalar("c"), T.vector("x")
    return Program([c, x], ifelse(c, x.sum(), x[0]), [0, (50,)])


@program
def branch_with_two_outputs() -> Program:
    """What only one side needs is computed on that side."""
    c, x, w = T.iscalar("c"), T.matrix("x"), T.matrix("w")
    y = T.dot(x, w)
    a, b = ifelse(c, (y, y.sum(axis=1)), (x, x[:, 0]))
    return Program([c, x, w], [a, b], [0, (20, 30), (30, 30)])


# -- loops over steps ----------------------------------------------------------------------------------------------
@program
def scan_map() -> Program:
    """Steps that need no other step are work on whole arrays."""
    x = T.matrix("x")
    rows, _ = theano.scan(lambda v: T.exp(v) / v.sum(), sequences=x)
    return Program([x], rows, [(20, 30)])


@program
def scan_one_tap() -> Program:
    """A number as state."""
    x = T.vector("x")
    rows, _ = theano.scan(lambda v, s: 0.5 * s + v, sequences=x, outputs_info=np.float64(0))
    return Program([x], rows, [(50,)])


@program
def scan_two_taps() -> Program:
    n, x = T.iscalar("n"), T.vector("x")
    taps = {"initial": x, "taps": [-1, -2]}
    rows, _ = theano.scan(lambda a, b: a + b, outputs_info=taps, n_steps=n)
    return Program([n, x], rows, [10, (2,)])


@program
def scan_recurrent() -> Program:
    """A product in each step, of which the last result is wanted."""
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return Program([x, w, h], rows[-1], [(8, 30), (30, 30), (30,)])


@program
def scan_of_batches() -> Program:
    """Rows that need each other nowhere: slices of rows run through all steps."""
    x, w, h = T.tensor3("x"), T.matrix("w"), T.matrix("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return Program([x, w, h], rows[-1], [(8, 20, 30), (30, 30), (20, 30)])


@program
def scan_exchanged() -> Program:
    """All steps of an element run one after the other."""
    a, k = T.vector("a"), T.iscalar("k")
    rows, _ = theano.scan(lambda p, a: p * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
    return Program([a, k], rows[-1], [(50,), 6])


@program
def scan_until() -> Program:
    """Rows that are made room for as they come."""
    top = T.scalar("top")
    rows, _ = theano.scan(
        lambda p, top: (p * 2, until(p * 2 > top)), outputs_info=np.float64(1), non_sequences=top, n_steps=64
    )
    return Program([top], rows, [100.0])


@program
def scan_gradient() -> Program:
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return Program([x, w, h], T.grad((rows[-1] ** 2).sum(), w), [(8, 30), (30, 30), (30,)])


# -- random numbers, Python code, checks -----------------------------------------------------------------------------
@program
def random_uniform() -> Program:
    """A draw is a step of its own: blocks of substreams, one number of each after the other."""
    x = T.matrix("x")
    return Program([x], T.switch(MRG_RandomStreams(seed=3).uniform(x.shape) < 0.5, x, 0), [(20, 30)])


@program
def random_normal() -> Program:
    n = T.iscalar("n")
    return Program([n], MRG_RandomStreams(seed=3).normal((n,)), [50])


@program
def random_in_the_loop() -> Program:
    """Numbers that follow from a counter are computed where they are used."""
    x = T.vector("x")
    return Program([x], x + PhiloxRandomStreams(seed=3).uniform(x.shape), [(50,)])


# -- linear algebra ------------------------------------------------------------------------------------------
@program
def gaussian_process() -> Program:
    """A factor, a system and their gradients; what is around them is one loop."""
    p, y, noise = T.vector("p"), T.vector("y"), shared("noise")
    factor = slinalg.cholesky(T.exp(-((p[:, None] - p[None, :]) ** 2)) + noise**2 * T.eye(p.shape[0]))
    z = slinalg.solve_lower_triangular(factor, y)
    cost = T.dot(z, z) / 2 + T.log(T.diag(factor)).sum()
    return Program([p, y], cost, [(9,), (9,)], [(noise, noise - 0.1 * T.grad(cost, noise))])


@program
def inverses() -> Program:
    """Of the matrices of a stack; both determinants."""
    x = T.tensor3("x")
    outs = [nlinalg.matrix_inverse(x), nlinalg.det(x), *nlinalg.slogdet(x[::-1]), slinalg.solve(2 * x, x[:, :, :2])]
    return Program([x], outs, [np.arange(12.0).reshape(3, 2, 2) ** 2])


@program
def schur_forms() -> Program:
    """A square root, and an equation whose matrices are brought to such a form first."""
    x = T.matrix("x")
    square = T.dot(x, x.T)
    outs = [slinalg.sqrtm(square), slinalg.solve_sylvester(square, square, x), abs(slinalg.schur(square)[0])]
    return Program([x], outs, [np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3)])


@program
def shared_triangles() -> Program:
    """One factorization for all that is asked of a matrix."""
    x = T.matrix("x")
    outs = [nlinalg.matrix_inverse(x), slinalg.solve(x, x[:, 0]), nlinalg.det(x), *nlinalg.slogdet(x)]
    return Program([x], outs, [np.arange(9.0).reshape(3, 3) ** 2])


@program
def factors() -> Program:
    """What LAPACK gives by columns is looked at the other way round."""
    x = T.matrix("x")
    square = T.dot(x, x.T)
    values, vectors = nlinalg.eigh(square)
    u, s, v = nlinalg.svd(x, full_matrices=False)
    q, r = nlinalg.qr(x.T)
    outs = [slinalg.eigvalsh(square + 1, None), values, T.dot(vectors, vectors.T), abs(u) + s, abs(v), T.dot(q, r)]
    return Program([x], outs, [(3, 4)])


@program
def general_eigenvalues() -> Program:
    """In double; Python is called for a warning only."""
    x = T.fmatrix("x")
    return Program([x], nlinalg.eig(T.tril(x)), [(3, 3)])


@theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
def sorted_backwards(x: Any) -> Any:
    return -np.sort(-x)


@program
def python_code() -> Program:
    """An operation that has NumPy's meaning only is called back."""
    x = T.vector("x")
    return Program([x], sorted_backwards(2 * x) + 1, [(50,)])


@program
def checked() -> Program:
    x, n = T.vector("x"), T.iscalar("n")
    return Program([x, n], Assert("too many")(2 * x, n < 10) + n, [(50,), 3])


@program
def printed() -> Program:
    x = T.vector("x")
    return Program([x], Print("sum")(x.sum()) + x, [(50,)])


# -- rows of a sparse matrix -----------------------------------------------------------------------------------------
COLUMNS, STARTS = np.arange(60, dtype="int32") * 11 % 30, np.array([0, 7, 7, 20, 21, 60], "int32")


# -- windows -----------------------------------------------------------------------------------------------
@program
def pooled() -> Program:
    """What comes before and after: a bias, and what is negative cut off."""
    x, b = T.tensor4("x"), T.vector("b")
    return Program([x, b], relu(pool_2d(x + b.dimshuffle("x", 0, "x", "x"), (2, 2), True)), [(2, 3, 6, 9), (3,)])


@program
def pooled_with_padding() -> Program:
    x = T.tensor3("x")
    windows = {"ws": (3, 3), "stride": (2, 2), "pad": (1, 1), "ignore_border": True}
    return Program([x], [pool_2d(x, **windows), pool_2d(x, mode="average_exc_pad", **windows)], [(2, 6, 37)])


@program
def pooled_and_back() -> Program:
    """The gradient of a largest element, of a mean; that of a gradient."""
    x, g, h = T.tensor3s("x", "g", "h")
    back = T.Lop(pool_2d(x, (2, 2), True), x, g)
    means = T.Lop(pool_2d(x, (3, 3), True, stride=(2, 2), mode="average_inc_pad"), x, h)
    return Program([x, g, h], [back * (x > 0.5), T.grad((back**2).sum(), g), means], [(2, 6, 9), (2, 3, 4), (2, 2, 4)])


@program
def pixels_as_rows() -> Program:
    """Neighbourhoods, and back."""
    x = T.tensor4("x")
    rows = images2neibs(x, (2, 3), (1, 2), "ignore_borders")
    return Program([x], [rows, T.grad((rows**2).sum(), x)], [(2, 2, 5, 9)])


@program
def summed_in_large_windows() -> Program:
    """They are reduced."""
    x = T.tensor3("x")
    return Program([x], pool_2d(x, (8, 8), True, mode="sum"), [(2, 17, 40)])


def _matrix() -> tuple[list[Any], Any, Any, Any]:
    """A sparse matrix of 5 rows and 30 columns as three vectors; that these fit together is found out on the way."""
    given = d, i, p = T.vector("d"), T.ivector("i"), T.ivector("p")
    i, p, x = SoundRows()(i, p, 30, d)
    return [*given], x, i, p


@program
def rows_summed() -> Program:
    """A sum along an axis whose extent is loaded, with the product that is summed: CSR times a vector."""
    given, d, i, p = _matrix()
    w = T.vector("w")
    return Program([*given, w], T.tanh(segment_sum(d * OfLength()(w, 30)[i], p)), [(60,), COLUMNS, STARTS, (30,)])


@program
def rows_times_matrix() -> Program:
    given, d, i, p = _matrix()
    w = T.matrix("w")
    return Program([*given, w], segment_sum(d.dimshuffle(0, "x") * w[i], p), [(60,), COLUMNS, STARTS, (30, 8)])


@program
def rows_there_and_back() -> Program:
    """The gradient of a sum of squares: each row is summed, and then scattered while it is in the cache."""
    given, d, i, p = _matrix()
    w, y = shared("w", 30), T.vector("y")
    errors = segment_sum(d * w[i], p) - y
    step = scatter_sum(d * segment_spread(errors, p, d.shape[0]), i, 30)
    return Program([*given, y], (errors**2).sum(), [(60,), COLUMNS, STARTS, (5,)], [(w, w - 0.1 * step)])


@program
def rows_sampled() -> Program:
    """Products at the places of a matrix's elements only."""
    given, d, i, p = _matrix()
    u, w = T.matrix("u"), T.matrix("w")
    found = d * (segment_spread(u, p, d.shape[0]) * w[i]).sum(axis=1)
    return Program([*given, u, w], found, [(60,), COLUMNS, STARTS, (5, 8), (30, 8)])


@program
def rows_times_rows() -> Program:
    """Two sparse matrices: where their product has elements, and the elements."""
    (d, i, p), w, y = (T.vector("d"), T.ivector("i"), T.ivector("p")), T.vector("w"), T.ivector("y")
    starts = np.array([0, 2, 2, 3], "int32")
    places = product_places(i, p, y, starts, 4)
    found = product_at(d, i, p, w, y, starts, *places, 4)
    return Program([d, i, p, w, y], [found, *places], [(4,), [0, 2, 2, 0], [0, 2, 4], (3,), [3, 1, 0]])


@program
def rows_side_by_side() -> Program:
    """A sum of two sparse matrices, before zeros are left out."""
    x, y = T.vectors("x", "y")
    starts = np.array([0, 2, 4], "int32")
    one, other, place, _ = merged_rows(x, [0, 1, 1, 2], starts, y, [0, 2, 0, 1], starts)
    return Program([x, y], [one + other, place], [(4,), (4,)])


@program
def exponential_of_matrix() -> Program:
    m = T.matrix("m")
    return Program([m], slinalg.expm(m), [(4, 4)])


@ctypes.CFUNCTYPE(None, *[ctypes.c_void_p, ctypes.c_int64] * 2, ctypes.POINTER(ctypes.c_int64))
def _halves(x: int, n: int, out: int, m: int, status: Any) -> None:
    given, made = (np.ctypeslib.as_array((ctypes.c_double * n).from_address(a)) for a in (x, out))
    made[:] = given / 2


@program
def call_of_a_library() -> Program:
    """A function that `ctypes` gives the address of."""
    x = T.vector("x")
    halves = theano.as_op([T.dvector], [T.dvector], infer_shape=lambda node, shapes: [shapes[0]])(_halves)
    return Program([x], halves(x + 1) * 3, [(50,)])
