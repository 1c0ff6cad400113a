"""Random sparse matrices: Poisson, binomial and multinomial numbers (`theano.sparse.sandbox.sp2`).

Their uniform numbers are those of Philox streams, one for each expression; compiled code draws them. Two calls of a
function draw different numbers. What is drawn follows from the seed: that of NumPy's global generator when the first
expression is made (``numpy.random.seed``), or that of `seed`, which lets all streams begin again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, evaluate
from theano.graph.null_type import grad_undefined
from theano.random.counts import binomial_from_uniform, multinomial_from_uniform, poisson_from_uniform
from theano.random.philox import PhiloxRandomStreams, seed_word
from theano.scalar.dtypes import DISCRETE, INTEGER, as_dtype
from theano.sparse.convert import SparseFromDense
from theano.sparse.csm import csm_data, csm_properties, lengths
from theano.sparse.op import Components, SameShape, SparseOp, requires, sparse_output, wanted_format
from theano.sparse.values import compressed, matrix_class
from theano.sparse.variable import as_sparse_variable
from theano.tensor.checks.assertion import asserted_equal
from theano.tensor.indexing.segments import segment_sum
from theano.tensor.making.alloc import alloc
from theano.tensor.opsupport import disconnected, first_connected
from theano.tensor.pointwise.math import cast, floor, ge, le, lt
from theano.tensor.reductions.reduction import all as all_of
from theano.tensor.sparse_rows import lines
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Binomial",
    "Multinomial",
    "Poisson",
    "csc_dbinomial",
    "csc_fbinomial",
    "csr_dbinomial",
    "csr_fbinomial",
    "multinomial",
    "poisson",
    "seed",
]

_LENGTHS = "this shape has {0} lengths, a sparse matrix {1}"
_MISFIT = "n has {0} elements and p {1} rows"
_DRAWN = "the numbers that are drawn are no smooth function of it"
_STREAMS: list[PhiloxRandomStreams] = []


def _streams() -> PhiloxRandomStreams:
    if not _STREAMS:
        _STREAMS.append(PhiloxRandomStreams(int(np.random.randint(2**31))))
    return _STREAMS[0]


def seed(number: int) -> None:
    """Let the streams of all expressions, and of those that are still to be made, follow from a seed.

    Parameters
    ----------
    number
        An integer of 64 bits.

    Raises
    ------
    TypeError, ValueError
        It is none.

    Examples
    --------
    >>> from theano.sparse.sandbox import sp2
    >>> f = theano.function([], sp2.csr_dbinomial(10, 0.5, [2, 2]))
    >>> sp2.seed(1)
    >>> before = f().toarray()
    >>> sp2.seed(1)
    >>> bool((f().toarray() == before).all())
    True
    """
    streams = _streams()
    streams.seed(number)
    streams.default_instance_seed = seed_word(number)


def _uniform(*lengths: Any) -> Any:
    return _streams().uniform(lengths, dtype="float64")


class _Drawn(SparseOp):
    """What is drawn of parameters, and of uniform numbers, the last input; these are a new stream if left out."""

    __props__: ClassVar[tuple[str, ...]] = ()
    folds_constants = False
    parameters = 1

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), range(self.parameters))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        drawn = [grad_undefined(self, k, v, _DRAWN) for k, v in enumerate(inputs[: self.parameters])]
        return [*drawn, *(disconnected() for _ in inputs[self.parameters :])]


class Poisson(_Drawn, SameShape):
    """Poisson distributed numbers, whose means are the elements of a sparse matrix; its structure is kept.

    A mean below 0 or above 1e10, or NaN, is a ValueError when the function runs.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> from theano.sparse.sandbox import sp2
    >>> x = sparse.csr_matrix("x", dtype="float64")
    >>> theano.function([x], sp2.poisson(x))(scipy.sparse.eye(3, format="csr") * 1e-9).toarray().sum()
    np.float64(0.0)
    """

    def make_node(self, x: Any, u: Any = None) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x, _uniform(csm_data(x).shape[0]) if u is None else u], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, u = inputs
        data = _values(self._numbers, x.data, u)
        outputs[0][0] = compressed(x.format, data.astype(x.dtype), x.indices.copy(), x.indptr.copy(), x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, u = inputs
        data, indices, indptr, shape = csm_properties(x)
        return cast(self._numbers(data, u), x.type.dtype), indices, indptr, shape

    @staticmethod
    def _numbers(data: Any, u: Any) -> Any:
        message = "Poisson: a mean is below 0, infinite, or NaN"
        data = requires(message, data, all_of(ge(data, 0)), all_of(lt(data, np.inf)))
        return poisson_from_uniform(cast(data, "float64"), u)


class Binomial(_Drawn):
    """The number of successes among `n` trials of probability `p`, drawn for each place of a sparse matrix.

    The operation takes ``n, p, shape``; a number, of which a fraction is left out, a number and a vector of two. An `n`
    below 0, a `p` that is no probability, or a variance ``n p (1 - p)`` above 1e10 is a ValueError when the function
    runs.

    Parameters
    ----------
    format : {'csr', 'csc'}
    dtype
        That of the result.
    """

    __props__ = ("format", "dtype")
    parameters = 2

    def __init__(self, format: str, dtype: Any) -> None:
        self.format = format
        self.dtype = as_dtype(dtype)

    def make_node(self, n: Any, p: Any, shape: Any, u: Any = None) -> Apply:
        n, p, shape = as_tensor_variable(n), as_tensor_variable(p), as_tensor_variable(shape)
        if n.type.ndim or p.type.ndim:
            raise TypeError(f"n and p are numbers, not {n} of {n.type} and {p} of {p.type}")
        if shape.type.ndim != 1 or shape.type.dtype not in INTEGER:
            raise TypeError(f"a shape is a vector of integers, not {shape} of {shape.type}")
        shape = asserted_equal(_LENGTHS, shape, shape.shape[0], 2)
        u = _uniform(shape[0], shape[1]) if u is None else u
        return Apply(self, [n, p, shape, u], [sparse_output(self.format, self.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        n, p, _, u = inputs
        outputs[0][0] = matrix_class(self.format)(_values(self._numbers, n, p, u).astype(self.dtype))

    def components(self, inputs: Sequence[Any]) -> Components:
        n, p, _, u = inputs
        drawn = cast(self._numbers(n, p, u), self.dtype)
        data, indices, indptr, shape = csm_properties(SparseFromDense(self.format)(drawn))
        return data, indices, indptr, shape

    @staticmethod
    def _numbers(n: Any, p: Any, u: Any) -> Any:
        n = requires("Binomial: there can't be less than 0 trials, or infinitely many", n, ge(n, 0), lt(n, np.inf))
        p = requires("Binomial: p is no probability", p, ge(p, 0), le(p, 1))
        n = n if n.type.dtype in DISCRETE else floor(n)
        n, p = (alloc(cast(v, "float64"), *u.shape) for v in (n, p))
        return binomial_from_uniform(n, p, u)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(node.inputs[2][0], node.inputs[2][1])]


class Multinomial(_Drawn):
    """For each row of a sparse matrix of probabilities, which add up to 1, how often each of its elements was drawn.

    The operation takes ``n, p``: how often to draw for each row, a number or a vector, and the matrix, in format csr.
    The structure of `p` is kept. Probabilities below 0, or of a row that are more than 1 together, or a variance of a
    number above 1e10 are a ValueError when the function runs.
    """

    parameters = 2

    def make_node(self, n: Any, p: Any, u: Any = None) -> Apply:
        n, p = as_tensor_variable(n), as_sparse_variable(p)
        wanted_format(p, "csr")
        if n.type.ndim > 1 or n.type.dtype not in INTEGER:
            raise TypeError(f"n is a number or a vector of integers, not {n} of {n.type}")
        return Apply(self, [n, p, _uniform(csm_data(p).shape[0]) if u is None else u], [p.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        n, p, u = inputs
        if n.ndim and len(n) != p.shape[0]:
            raise ValueError(_MISFIT.format(len(n), p.shape[0]))
        data = _values(self._numbers, n, p.data, p.indptr, u)
        outputs[0][0] = compressed("csr", data.astype(p.dtype), p.indices.copy(), p.indptr.copy(), p.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        n, p, u = inputs
        data, indices, indptr, shape = csm_properties(p)
        if n.type.ndim:
            n = asserted_equal(_MISFIT, n, n.shape[0], shape[0])
        return cast(self._numbers(n, data, indptr, u), p.type.dtype), indices, indptr, shape

    @staticmethod
    def _numbers(n: Any, data: Any, indptr: Any, u: Any) -> Any:
        p = cast(data, "float64")
        rounded = 1e-12 if data.type.dtype == "float64" else 1e-5
        n = requires("Multinomial: there can't be less than 0 trials", n, all_of(ge(n, 0)))
        message = "Multinomial: the probabilities of a row are negative, or more than 1 together"
        p = requires(message, p, all_of(ge(p, 0)), all_of(le(segment_sum(p, indptr), 1 + rounded)))
        counts = cast(n, "float64") if n.type.ndim else alloc(cast(n, "float64"), indptr.shape[0] - 1)
        return multinomial_from_uniform(counts, p, lines(indptr, p.shape[0]), u)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[1], shapes[1])]


def _values(expression: Any, *arrays: np.ndarray) -> np.ndarray:
    """What an expression is of arrays, by NumPy."""
    variables = [as_tensor_variable(v).type() for v in arrays]
    (found,) = evaluate([expression(*variables)], dict(zip(variables, arrays, strict=True)))
    return found


poisson = Poisson()
csr_fbinomial = Binomial("csr", "float32")
csc_fbinomial = Binomial("csc", "float32")
csr_dbinomial = Binomial("csr", "float64")
csc_dbinomial = Binomial("csc", "float64")
multinomial = Multinomial()
