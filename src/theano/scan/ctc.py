"""Connectionist temporal classification: how likely a network's frames spell a sequence of labels.

After A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, "Connectionist temporal classification", ICML 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.gradient import Rop, disconnected_grad, grad
from theano.graph import Apply, Op
from theano.scalar.dtypes import FLOAT, INTEGER
from theano.scan.function import scan
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import Condition, fitting
from theano.tensor.indexing.subtensor import inc_subtensor, set_subtensor
from theano.tensor.making.alloc import zeros
from theano.tensor.making.filled import full
from theano.tensor.making.ranges import arange
from theano.tensor.nnet.softmax import logsoftmax_op, softmax_op
from theano.tensor.opsupport import Shapes, disconnected, is_disconnected, new_tensor
from theano.tensor.pointwise.math import and_, cast, exp, ge, gt, isinf, le, log, lt, maximum, neq, switch
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.sorting.sort import argsort
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["ConnectionistTemporalClassification", "ctc", "ctc_available", "ctc_present"]

BLANK_LABEL = "label 0 is the blank, which stands for no label: number labels from 1, and pad rows with negatives"
LENGTHS = "each of input_lengths must be from 0 to activations.shape[0]"
NO_SYMBOLS = "activations need symbols along axis 2, of which the first is the blank"
SYMBOLS = "each of labels must be less than activations.shape[2]"


class _Paths:
    """The ways through a labelling, with a blank before, between and behind the labels.

    Of the labels ``[3, 5]``, padded to three, the places are ``0 3 0 5 0 0 0`` and paths end at the places 3 or 4. A
    frame stays at the place of the last one, goes on to the next, or past a blank between different labels. All numbers
    are logarithms of probabilities; what cannot be is minus infinity.
    """

    def __init__(self, scores: Any, labels: Any, lengths: Any) -> None:
        self.dtype = scores.type.dtype
        frames, rows, symbols = shape_tuple(scores)
        self.least = constant(np.asarray(-np.inf, self.dtype))
        labels, lengths = cast(labels, "int64"), cast(lengths, "int64")
        required: list[Condition] = [
            (gt(symbols, 0), NO_SYMBOLS, ValueError),
            (all_(and_(ge(lengths, 0), le(lengths, frames))), LENGTHS, ValueError),
            (all_(neq(labels, 0)), BLANK_LABEL, ValueError),
            (all_(lt(labels, symbols)), SYMBOLS, IndexError),
        ]
        sides = {"activations": (scores, "frs"), "labels": (labels, "rp"), "input_lengths": (lengths, "r")}
        labels = fitting("ctc", "labels", sides, required)
        # Padding may stand between labels; behind them it is out of the way.
        order = argsort(cast(lt(labels, 0), "int8"), axis=1, kind="stable")
        each_row = dimshuffle(arange(rows), (0, "x"))
        labels = maximum(labels[each_row, order], 0)
        self.places = set_subtensor(zeros((rows, 2 * shape_i(labels, 1) + 1), "int64")[:, 1::2], labels)
        self.each_row = each_row
        self.count = sum_(cast(gt(labels, 0), "int64"), axis=1)
        # Whether a path may go from two places before to this one: a label other than the last one.
        before = concatenate([zeros((rows, 2), "int64"), self.places], axis=1)[:, :-2]
        self.past = and_(neq(self.places, 0), neq(self.places, before))
        self.rows, self.frames, self.symbols = rows, frames, symbols
        flat = logsoftmax_op(reshape(scores, (frames * rows, symbols), ndim=2))
        self.says = reshape(flat, (frames, rows, symbols), ndim=3)[:, each_row, self.places]
        self.heard = lt(dimshuffle(arange(frames), (0, "x")), dimshuffle(lengths, ("x", 0)))

    def ends(self) -> Any:
        """Zero where paths end, minus infinity elsewhere."""
        at = dimshuffle(arange(shape_i(self.places, 1)), ("x", 0))
        last = dimshuffle(2 * self.count, (0, "x"))
        return switch(and_(le(at, last), ge(at, last - 1)), constant(np.asarray(0, self.dtype)), self.least)

    def moved(self, x: Any, by: int) -> Any:
        """The numbers of the places `by` before; behind the first, or of the last, minus infinity."""
        edge = full((self.rows, abs(by)), self.least)
        return concatenate([edge, x], axis=1)[:, :-by] if by > 0 else concatenate([x, edge], axis=1)[:, -by:]

    def forwards(self) -> tuple[Any, Any]:
        """(row, place): how likely all frames lead here; (frame, row, place): how likely those up to this one do."""
        start = set_subtensor(full((self.rows, shape_i(self.places, 1)), self.least)[:, 0], 0)

        def step(says: Any, heard: Any, known: Any) -> Any:
            past = switch(self.past, self.moved(known, 2), self.least)
            new = _log_sum(known, self.moved(known, 1), past) + says
            kept = _open(switch(dimshuffle(heard, (0, "x")), new, known))
            return kept, kept  # of the first only the last is read, which there is for no frames, too

        (states, each), _ = scan(step, [self.says, self.heard], [_open(start), None], name="ctc forwards")
        return states[-1], each

    def backwards(self, forwards: Any, total: Any) -> Any:
        """(frame, row, place): the probability that a path that spells the labels is at this place."""
        possible = dimshuffle(neq(total, self.least), (0, "x"))
        column = dimshuffle(switch(neq(total, self.least), total, constant(np.asarray(0, self.dtype))), (0, "x"))

        def step(says: Any, heard: Any, known: Any, rest: Any) -> Any:
            heard = dimshuffle(heard, (0, "x"))
            share = switch(and_(possible, heard), exp(known + rest - column), 0)
            through = rest + says
            past = self.moved(switch(self.past, through, self.least), -2)
            left = switch(heard, _log_sum(through, self.moved(through, -1), past), rest)
            return _open(left), cast(share, self.dtype)

        (_, shares), _ = scan(
            step, [self.says, self.heard, forwards], [_open(self.ends()), None], go_backwards=True, name="ctc backwards"
        )
        return shares[::-1]

    def total(self, last: Any) -> Any:
        """For each row, the logarithm of the probability of its labels."""
        ends = last + self.ends()
        at = maximum(2 * self.count - 1, 0)
        rows = self.each_row[:, 0]
        first = switch(gt(self.count, 0), ends[rows, at], self.least)
        return _log_sum(ends[rows, 2 * self.count], first)


def _open(x: Any) -> Any:
    """A matrix of which no length is known to be 1: states of loops must agree in that."""
    return patternbroadcast(x, (False, False))


def _log_sum(*terms: Any) -> Any:
    """The logarithm of a sum of exponentials, with a derivative of zero where all of them are."""
    largest = disconnected_grad(terms[0])
    for term in terms[1:]:
        largest = maximum(largest, disconnected_grad(term))
    none = and_(isinf(largest), lt(largest, 0))
    shift = switch(none, 0, largest)
    total = sum((exp(term - shift) for term in terms[1:]), exp(terms[0] - shift))
    return switch(none, largest, log(total) + shift)


class ConnectionistTemporalClassification(Op):
    """``(activations, labels, input_lengths) -> costs, their gradient``: the op of `ctc`.

    Its computation is two loops over the frames, in one direction for the costs and in the other for the gradient. It
    is replaced by them before a function is rewritten.

    Parameters
    ----------
    compute_grad
        Whether the gradient is an output, too. A function that doesn't use it doesn't compute it.
    openmp
        Without effect.

    Examples
    --------
    >>> cost = ConnectionistTemporalClassification()(np.zeros((2, 1, 4)), [[3]], [2])
    >>> np.exp(-cost.eval())              # of 16 equal sequences 03, 30 and 33 spell 3
    array([0.1875])
    """

    __props__ = ("compute_grad",)
    is_inline = True
    default_output = 0

    def __init__(self, compute_grad: bool = True, openmp: bool | None = None) -> None:
        self.compute_grad = bool(compute_grad)

    def make_node(self, activations: Any, labels: Any, input_lengths: Any) -> Apply:
        scores, labels, lengths = (as_tensor_variable(v) for v in (activations, labels, input_lengths))
        if scores.type.ndim != 3 or scores.type.dtype not in FLOAT:
            raise TypeError(f"ctc: activations must be a 3-d tensor of floats (frame, row, symbol), got {scores.type}")
        if labels.type.ndim != 2 or labels.type.dtype not in INTEGER:
            raise TypeError(f"ctc: labels must be a matrix of integers (row, place), got {labels.type}")
        if lengths.type.ndim != 1 or lengths.type.dtype not in INTEGER:
            raise TypeError(f"ctc: input_lengths must be a vector of integers, got {lengths.type}")
        outputs = [new_tensor(scores.type.dtype, scores.type.shape[1:2])]
        if self.compute_grad:
            outputs.append(scores.type())
        return Apply(self, [scores, labels, lengths], outputs)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        scores = inputs[0]
        paths = _Paths(*inputs)
        last, forwards = paths.forwards()
        total = paths.total(last)
        node = self.make_node(*inputs)
        outputs = [-total]
        if self.compute_grad:
            shares = paths.backwards(forwards, total)
            flat = softmax_op(reshape(scores, (paths.frames * paths.rows, paths.symbols), ndim=2))
            counts = paths.heard & neq(dimshuffle(total, ("x", 0)), paths.least)
            slope = switch(dimshuffle(counts, (0, 1, "x")), reshape(flat, shape_tuple(scores), ndim=3), 0)
            frame = dimshuffle(arange(paths.frames), (0, "x", "x"))
            place = slope[frame, dimshuffle(paths.each_row, ("x", 0, 1)), dimshuffle(paths.places, ("x", 0, 1))]
            outputs.append(cast(inc_subtensor(place, -shares), paths.dtype))
        pairs = zip(node.outputs, outputs, strict=True)
        return [patternbroadcast(made, v.type.broadcastable) for v, made in pairs]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][1:2], *([shapes[0]] if self.compute_grad else [])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[i == 0] * len(node.outputs) for i in range(3)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        parts = []
        if not is_disconnected(gs[0]):
            slope = outputs[1] if self.compute_grad else type(self)()(*inputs, return_list=True)[0].owner.outputs[1]
            parts.append(dimshuffle(gs[0], ("x", 0, "x")) * slope)
        if self.compute_grad and not is_disconnected(gs[1]):
            slope = self.decompose(inputs)[1]
            parts.append(grad(None, inputs[0], known_grads={slope: gs[1]}))
        return [sum(parts[1:], parts[0]), disconnected(), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None] * (1 + self.compute_grad)
        return list(Rop(self.decompose(inputs), [inputs[0]], [eval_points[0]]))


def ctc(activations: Any, labels: Any, input_lengths: Any) -> Any:
    """The cost ``-log p`` of each sequence of labels, where `p` is the probability that the frames spell it.

    Each frame draws a symbol from the softmax of its activations. What the frames spell is found by writing repeated
    symbols once, and then leaving out the blank, which is symbol 0: ``1 1 0 1 2 2`` spells ``1 1 2``.

    Parameters
    ----------
    activations
        3-d tensor of floats, (frame, row of the batch, symbol).
    labels
        Matrix of integers, (row, place). Negative ones are padding, wherever they stand; a row may have no labels.
    input_lengths
        Vector of integers: how many frames of each row count.

    Returns
    -------
    vector
        Infinite for labels that so few frames cannot spell; the gradient of such a row is zero.

    Raises
    ------
    TypeError
        Dimensions or dtypes are others.
    ValueError
        When it runs: a label is 0, there are no symbols, or a length is greater than the number of frames.
    IndexError
        When it runs: there is no such symbol.

    Examples
    --------
    >>> x = T.tensor3("x", dtype="float64")
    >>> cost = T.nnet.ctc.ctc(x, [[1, 2], [1, -1]], [3, 2])
    >>> f = theano.function([x], [cost, T.grad(cost.sum(), x)])
    >>> np.exp(-f(np.zeros((3, 2, 4)))[0])
    array([0.078125, 0.1875  ])
    """
    return ConnectionistTemporalClassification()(activations, labels, input_lengths)


def ctc_available() -> bool:
    """Whether `ctc` can be used: it needs no library here.

    Returns
    -------
    bool
        True.

    Examples
    --------
    >>> ctc_available()
    True
    """
    return True


ctc_present = ctc_available
