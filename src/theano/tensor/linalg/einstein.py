"""Sums of products written with labels of axes, as `numpy.einsum`."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.scalar.dtypes import upcast
from theano.tensor.checks.assertion import Assert
from theano.tensor.elemwise import dimshuffle
from theano.tensor.linalg.dot import batched_tensordot, tensordot
from theano.tensor.pointwise.math import cast, eq, neq
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.diagonal import diagonal
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import product, shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["einsum"]

Labels = tuple[str, ...]
# A length that is not known before the function runs, when the order of products is chosen.
_USUAL_LENGTH = 32
_OF_NUMPY = ("greedy", "optimal")
# From so many tensors on NumPy's search for the best order takes long (of 5: 0.3 ms, 6: 12 ms, 8: up to 27 s), and its
# 'greedy' order is bad: of 30 random products of 6 it took 2.4 times the operations of the best in the median and 32
# times at worst, of 12 1.5 and 867 times. What opt_einsum finds in 0.5 ms (of 12: 8 ms) was never worse.
_MANY = 6


class _Term:
    """A tensor and the label of each of its axes."""

    def __init__(self, tensor: Any, labels: Labels) -> None:
        self.tensor, self.labels = tensor, labels

    def summed(self, kept: frozenset[str]) -> _Term:
        """Summed over the axes whose labels are not `kept`."""
        gone = [k for k, label in enumerate(self.labels) if label not in kept]
        if not gone:
            return self
        return _Term(sum_(self.tensor, axis=gone), tuple(label for label in self.labels if label in kept))

    def without_repetition(self) -> _Term:
        """The diagonal of axes that have one label."""
        for label in self.labels:
            if self.labels.count(label) > 1:
                first = self.labels.index(label)
                second = self.labels.index(label, first + 1)
                rest = tuple(other for k, other in enumerate(self.labels) if k not in (first, second))
                tensor = diagonal(self._equally_long(first, second), 0, first, second)
                return _Term(tensor, (*rest, label)).without_repetition()
        return self

    def _equally_long(self, first: int, second: int) -> Any:
        """The tensor, where two of its axes have one length."""
        lengths = [self.tensor.type.shape[k] for k in (first, second)]
        if None not in lengths and lengths[0] == lengths[1]:
            return self.tensor
        same = eq(shape_i(self.tensor, first), shape_i(self.tensor, second))
        return Assert("einsum: axes with one letter have different lengths", ValueError)(self.tensor, same)

    def ordered(self, labels: Sequence[str]) -> Any:
        """The tensor with axes in the order of `labels`; those that it lacks have length 1."""
        return dimshuffle(self.tensor, [self.labels.index(n) if n in self.labels else "x" for n in labels])

    def without(self, labels: frozenset[str]) -> _Term:
        """Axes of length 1 dropped."""
        kept = [k for k, label in enumerate(self.labels) if label not in labels]
        return _Term(dimshuffle(self.tensor, kept), tuple(self.labels[k] for k in kept))


def _split(subscripts: str, count: int) -> tuple[list[str], str | None]:
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != count:
        raise ValueError(f"einsum: {len(terms)} terms in {subscripts!r} for {count} tensors")
    for term in [*terms, right]:
        letters = term.replace("...", "", 1)
        if letters and not (letters.isascii() and letters.isalpha()):
            raise ValueError(f"einsum: {term!r} in {subscripts!r} is not made of letters and at most one '...'")
    return terms, right if arrow else None


def _labelled(term: str, ndim: int, subscripts: str) -> Labels:
    """A label for each axis; those that '...' stands for are numbered from the last."""
    before, dots, behind = term.partition("...")
    unnamed = ndim - len(before) - len(behind)
    if unnamed < 0 or (unnamed and not dots):
        raise ValueError(f"einsum: {term!r} in {subscripts!r} is for a tensor of {ndim} dimensions")
    return (*before, *(f"...{k}" for k in reversed(range(unnamed))), *behind)


def _parse(subscripts: str, operands: Sequence[Any]) -> tuple[list[Labels], Labels]:
    terms, result = _split(subscripts, len(operands))
    labels = [_labelled(term, x.type.ndim, subscripts) for term, x in zip(terms, operands)]
    flat = [label for part in labels for label in part]
    unnamed = sorted({label for label in flat if label.startswith("...")}, key=lambda label: -int(label[3:]))
    if result is None:
        once = sorted(label for label in set(flat) if flat.count(label) == 1 and label not in unnamed)
        return labels, (*unnamed, *once)
    before, dots, behind = result.partition("...")
    if unnamed and not dots:
        raise ValueError(f"einsum: the result of {subscripts!r} must have '...', too")
    wanted = (*before, *unnamed, *behind)
    if len(set(wanted)) < len(wanted) or set(wanted) - set(flat):
        raise ValueError(f"einsum: a label of the result is there twice or in no term: {subscripts!r}")
    return labels, wanted


def _without_ones(terms: list[_Term]) -> list[_Term]:
    """Axes known to have length 1 dropped where another term has that label with a length of its own."""
    longer = {
        label for t in terms for label, one in zip(t.labels, t.tensor.type.broadcastable, strict=True) if not one
    }
    ones = [
        frozenset(label for label, one in zip(t.labels, t.tensor.type.broadcastable, strict=True) if one) for t in terms
    ]
    return [t.without(labels & longer) for t, labels in zip(terms, ones)]


def _path(terms: Sequence[_Term], result: Labels, optimize: Any) -> list[tuple[int, ...]]:
    """Which terms are multiplied after each other: places of two in the list, to whose end their product goes."""
    if len(terms) < 3 or optimize is False:
        return [(0, 1)] * (len(terms) - 1)
    labels = {label: chr(ord("A") + k if k < 26 else ord("a") + k - 26)
              for k, label in enumerate(dict.fromkeys(label for t in terms for label in t.labels))}  # fmt: skip
    text = ",".join("".join(labels[n] for n in t.labels) for t in terms) + "->" + "".join(labels[n] for n in result)
    lengths: dict[str, int] = {}
    for t in terms:
        for label, length in zip(t.labels, t.tensor.type.shape, strict=True):
            lengths.setdefault(label, _USUAL_LENGTH)
            if length is not None:
                lengths[label] = length
    shapes = [[lengths[n] for n in t.labels] for t in terms]
    installed = importlib.util.find_spec("opt_einsum") is not None
    if optimize is True:
        optimize = "optimal" if len(terms) < _MANY else "auto-hq" if installed else "greedy"
    if isinstance(optimize, str) and optimize not in _OF_NUMPY:
        if not installed:
            raise ValueError(
                f"einsum: the order {optimize!r} is one of opt_einsum: pip install opt_einsum, or write 'greedy'"
            )
        return _path_of_opt_einsum(text, shapes, optimize)
    models = [np.broadcast_to(np.float64(0), shape) for shape in shapes]
    return [tuple(step) for step in np.einsum_path(text, *models, optimize=optimize)[0][1:]]


def _path_of_opt_einsum(text: str, shapes: Sequence[Sequence[int]], optimize: str) -> list[tuple[int, ...]]:
    """What opt_einsum finds; it is loaded (30 ms) when the first such product is written."""
    library = importlib.import_module("opt_einsum")
    try:
        found = library.contract_path(text, *map(tuple, shapes), shapes=True, optimize=optimize)[0]
    except KeyError:
        raise ValueError(
            f"einsum: there is no order {optimize!r}: it is True, False, 'greedy', 'optimal', 'auto', 'auto-hq', 'dp' "
            "or another of opt_einsum, or a path"
        ) from None
    return [tuple(step) for step in found]


def _joined(x: Any, groups: Sequence[int]) -> Any:
    """Neighbouring axes joined: `groups` says how many make each axis of the result."""
    if all(n == 1 for n in groups):
        return x
    lengths, at = [], 0
    for n in groups:
        lengths.append(product([shape_i(x, k) for k in range(at, at + n)]))
        at += n
    return reshape(x, lengths, ndim=len(groups))


def _product(a: _Term, b: _Term, kept: frozenset[str]) -> _Term:
    """The product of two terms, summed over the labels that are not `kept`."""
    a = a.summed(kept | frozenset(b.labels))
    b = b.summed(kept | frozenset(a.labels))
    both = [n for n in a.labels if n in b.labels]
    batch, inner = [n for n in both if n in kept], [n for n in both if n not in kept]
    rows, columns = [n for n in a.labels if n not in both], [n for n in b.labels if n not in both]
    labels = (*batch, *rows, *columns)
    if not inner:
        return _Term(a.ordered(labels) * b.ordered(labels), labels)
    left, right = a.ordered([*batch, *rows, *inner]), b.ordered([*batch, *inner, *columns])
    if not batch:
        axes = [list(range(len(rows), len(rows) + len(inner))), list(range(len(inner)))]
        return _Term(tensordot(left, right, axes), labels)
    if not rows and not columns:
        return _Term(sum_(left * right, axis=list(range(len(batch), len(batch) + len(inner)))), labels)
    lengths = [shape_i(left, k) for k in range(len(batch) + len(rows))]
    lengths += [shape_i(right, k) for k in range(len(batch) + len(inner), right.type.ndim)]
    left = _joined(left, [len(batch), *[1] * len(rows), *[1] * len(inner)])
    right = _joined(right, [len(batch), *[1] * len(inner), *[1] * len(columns)])
    axes = [list(range(1 + len(rows), 1 + len(rows) + len(inner))), list(range(1, 1 + len(inner)))]
    result = batched_tensordot(left, right, axes)
    return _Term(reshape(result, lengths, ndim=len(labels)) if len(batch) > 1 else result, labels)


def einsum(subscripts: str, *operands: Any, optimize: Any = True) -> Any:
    """Sums of products, with a letter for each axis: equal letters go together, those not in the result are summed.

    Products of matrices are found, so ``einsum("bij,bjk->bik", x, y)`` is a `batched_dot`. The order of the products
    of more than two tensors is chosen from lengths that are known: by `numpy.einsum_path`, and of six and more by
    opt_einsum, where that is installed (``pip install theano-jit[einsum]``); else NumPy's quick guess has to do.

    Parameters
    ----------
    subscripts : str
        Letters for the axes of each tensor, with commas between; after ``->`` those of the result. Without
        ``->`` these are the letters that occur once, in the order of the alphabet. ``...`` are axes without
        names.
    *operands : tensor-like
        As many as there are terms.
    optimize : bool, str or list
        True, False (from left to right), what `numpy.einsum_path` takes: 'greedy', 'optimal', a path; or with
        opt_einsum one of its orders: 'auto', 'auto-hq', 'dp' and others.

    Returns
    -------
    TensorVariable
        An axis for each letter of the result; of the dtype that holds those of all tensors, so sums of small
        integers may overflow.

    Raises
    ------
    ValueError
        `subscripts` do not fit the tensors, or make no sense; there is no such order. When it runs: axes with one
        letter have different lengths.

    Examples
    --------
    >>> x, y = T.constant([[1, 2], [3, 4]]), T.constant([[0, 1], [1, 0]])
    >>> T.einsum("ij,jk->ik", x, y).eval()
    array([[2, 1],
           [4, 3]])
    >>> T.einsum("ii", x).eval()
    array(5)

    Notes
    -----
    As `numpy.einsum`, but for its form with lists of numbers in place of letters.
    """
    if not isinstance(subscripts, str):
        raise ValueError(f"einsum: the first argument is a text like 'ij,jk->ik', not {subscripts!r}")
    tensors = [as_tensor_variable(x) for x in operands]
    if not tensors:
        raise ValueError("einsum: there are no tensors")
    labels, result = _parse(subscripts, tensors)
    terms = _without_ones([_Term(x, n).without_repetition() for x, n in zip(tensors, labels)])
    for step in _path(terms, result, optimize):
        taken = [terms[k] for k in step]
        terms = [t for k, t in enumerate(terms) if k not in step]
        product_ = taken[0]
        for k, other in enumerate(taken[1:]):
            left = [*terms, *taken[k + 2 :]]
            product_ = _product(product_, other, frozenset(result).union(*(t.labels for t in left)))
        terms.append(product_)
    (last,) = terms
    # Sums are wider than what they add; NumPy's are not, and those of truth values are truth values.
    found, dtype = last.summed(frozenset(result)).ordered(result), upcast(*(x.type.dtype for x in tensors))
    if found.type.dtype == dtype:
        return found
    return neq(found, 0) if dtype == "bool" else cast(found, dtype)
