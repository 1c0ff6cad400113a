"""Gradients of sparse matrices where several elements may stand for one place.

Elements of one place are added. So the derivative of a cost with respect to each of them is that with respect to their
sum, the whole of it:

    >>> from theano import sparse
    >>> data = T.dvector("data")
    >>> x = sparse.CSR(data, [1, 1], [0, 2], [1, 3])  # two elements in row 0, column 1
    >>> g = T.grad((x.toarray() ** 2).sum(), data)
    >>> g.eval({data: [2.0, 3.0]})
    array([10., 10.])

A gradient of a sparse variable is of one of two kinds, therefore.

- That of *the matrix*: dense, or sparse, which is a matrix like any other, whose elements at a place are added.
- That of *the elements* (`GradientOfElements`), with the structure of the variable. Functions that take each element
  for itself have different derivatives for elements of one place, which no matrix can tell.

`split` tells them apart. Where both meet they stay side by side (`BothGradients`). Operations are asked for each kind:
those that keep or move elements answer with the gradient of elements. Of results whose elements have places of their
own, both kinds are the same.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant
from theano.graph.null_type import DisconnectedType
from theano.sparse.arithmetic import add
from theano.sparse.convert import of_elements_of
from theano.sparse.csm import CSM, SoundCSM, components_of, csm_data, is_of_elements
from theano.sparse.op import SparseOp, dense_output, sparse_output, upcast
from theano.sparse.type import SparseType
from theano.sparse.values import compressed, is_sparse
from theano.sparse.variable import is_sparse_variable
from theano.tensor.elemwise import Elemwise
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import ones_like, zeros, zeros_like
from theano.tensor.making.ranges import arange
from theano.tensor.masks import Branches
from theano.tensor.opsupport import disconnected
from theano.tensor.sparse_rows import elements_at_places

__all__: list[str] = []

Kinds = tuple[Any, Any]
"""The gradient of the matrix, and a vector of those of its elements; None for one that is zero."""


class BothGradients(SparseOp):
    """The sum of the gradient of a matrix and that of its elements, as the gradient of the matrix.

    Of the elements of one place the mean counts: the derivatives are the same if the cost depends on their sum only.
    """

    __props__ = ()
    jointly_linear_in = (0, 1)

    def make_node(self, whole: Any, elements: Any) -> Apply:
        dtype = upcast(whole, elements)
        if is_sparse_variable(whole):
            return Apply(self, [whole, elements], [sparse_output(whole.type.format, dtype)])
        return Apply(self, [whole, elements], [dense_output(dtype, whole.type.shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        whole, elements = inputs
        along = np.repeat(np.arange(len(elements.indptr) - 1), np.diff(elements.indptr))
        places = along * max(elements.shape) + elements.indices
        _, place, counts = np.unique(places, return_inverse=True, return_counts=True)
        data = elements.data / counts[place.ravel()].astype(elements.dtype)
        shared = compressed(elements.format, data, elements.indices, elements.indptr, elements.shape)
        kind = node.outputs[0].type
        if is_sparse(whole):
            outputs[0][0] = (whole + shared).asformat(kind.format).astype(kind.dtype)
        else:
            outputs[0][0] = np.asarray(whole + shared.toarray(), kind.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        whole, elements = inputs
        data, indices, indptr, shape = components_of(elements)
        width = shape[1] if elements.type.format == "csr" else shape[0]
        counts = elements_at_places(ones_like(data), indices, indptr, indices, indptr, width)
        return [add(whole, SoundCSM(elements.type.format)(data / counts, indices, indptr, shape))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]


_both = BothGradients()


def split(x: Any, g: Any) -> Kinds:
    """The two kinds of which the gradient `g` of a sparse variable `x` consists."""
    node = g.owner
    if node is None:
        return g, None
    op = node.op
    if is_of_elements(g):
        return None, components_of(g)[0]
    if isinstance(op, BothGradients):
        return node.inputs[0], split(x, node.inputs[1])[1]
    if isinstance(op, SparseOp) and op.keeps_elements and not isinstance(op, CSM):
        return _split_through(x, g, op.keeps_structure or 0)
    if isinstance(op, Elemwise) and len(node.inputs) == 1:
        return _split_through(x, g, 0)
    opened = Branches.opened(g)
    return (g, None) if opened is None else _split_branch(x, g, *opened)


def _split_through(x: Any, g: Any, at: int) -> Kinds:
    """The kinds of what a linear operation has made of its input number `at`, a gradient: of a cast, say."""
    node = g.owner
    whole, elements = split(x, node.inputs[at])
    if elements is None:
        return g, None
    made = None if whole is None else node.op(*node.inputs[:at], whole, *node.inputs[at + 1 :])
    if isinstance(node.op, Elemwise):
        return made, node.op(elements)
    of_elements = SoundCSM(node.inputs[at].type.format)(elements, *components_of(node.inputs[at])[1:])
    return made, csm_data(node.op(*node.inputs[:at], of_elements, *node.inputs[at + 1 :]))


def _split_branch(x: Any, g: Any, condition: Any, *sides: Any) -> Kinds:
    kinds = [split(x, side) for side in sides]
    if all(elements is None for _, elements in kinds):
        return g, None
    known = [elements for _, elements in kinds if elements is not None]
    none = zeros_like(csm_data(x), dtype=known[0].type.dtype)
    elements = Branches.made(condition, *(none if v is None else v for _, v in kinds))
    wholes = [None if whole is None or _is_empty(whole) else whole for whole, _ in kinds]
    some = next((whole for whole in wholes if whole is not None), None)
    if some is None:
        return None, elements
    return Branches.made(condition, *(some.zeros_like() if v is None else v for v in wholes)), elements


def _is_empty(g: Any) -> bool:
    """Whether a sparse gradient is written as a matrix without elements."""
    made = g.owner is not None and isinstance(g.owner.op, SoundCSM) and g.owner.inputs[0]
    return isinstance(made, Constant) and not made.data.size


def joined(x: Any, whole: Any, elements: Any) -> Any:
    """A gradient of `x` of the two kinds."""
    if elements is None:
        return whole
    of_elements = of_elements_of(x, elements)
    return of_elements if whole is None else _both(whole, of_elements)


def gradient_sum(x: Any, terms: Sequence[Any]) -> Any:
    """The sum of gradients of a sparse variable `x`."""
    if len(terms) == 1:
        return terms[0]
    kinds = [split(x, g) for g in terms]
    sums = [[v for v in column if v is not None] for column in zip(*kinds, strict=True)]
    return joined(x, *(functools.reduce(operator.add, column) if column else None for column in sums))


def answer(op: SparseOp, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> Sequence[Any]:
    """The gradients of the inputs of an operation, from those of its outputs, of whatever kind."""
    if not is_sparse_variable(outputs[0]) or isinstance(gs[0].type, DisconnectedType):
        return op.L_op(inputs, outputs, gs)
    whole, elements = split(outputs[0], gs[0])
    if elements is None:
        return op.L_op(inputs, outputs, gs)
    answers = [_of_elements(op, inputs, outputs, elements)]
    if whole is not None:
        answers.append(op.L_op(inputs, outputs, [whole]))
    return [_sum(x, [g for g in given if not isinstance(g.type, DisconnectedType)])
            for x, given in zip(inputs, zip(*answers, strict=True), strict=True)]  # fmt: skip


def _sum(x: Any, terms: Sequence[Any]) -> Any:
    if not terms:
        return disconnected()
    return gradient_sum(x, terms) if is_sparse_variable(x) else functools.reduce(operator.add, terms)


def _of_elements(op: SparseOp, inputs: Sequence[Any], outputs: Sequence[Any], elements: Any) -> Sequence[Any]:
    """What an operation answers if the elements of its output have these derivatives."""
    if op.moves_elements:
        return _moved_back(op, inputs, elements)
    g = of_elements_of(outputs[0], elements)
    return op.L_op(inputs, outputs, [g if op.keeps_elements else SoundCSM(g.type.format)(*g.owner.inputs)])


def _moved_back(op: SparseOp, inputs: Sequence[Any], elements: Any) -> list[Any]:
    """The derivatives of the elements of an output, for the elements of the inputs that they are."""
    numbered: list[Any] = []
    starts: list[Any] = [0]
    for x in inputs:
        if not is_sparse_variable(x):
            numbered.append(x)
            continue
        _, *structure = components_of(x)
        end = starts[-1] + structure[0].shape[0]
        numbered.append(SoundCSM(x.type.format)(arange(starts[-1], end), *structure))
        starts.append(end)
    at = op.sources(inputs, numbered)
    found = inc_subtensor(zeros((starts[-1],), elements.type.dtype)[at], elements)
    ranges = iter(zip(starts[:-1], starts[1:], strict=True))
    return [of_elements_of(x, found[slice(*next(ranges))]) if is_sparse_variable(x) else disconnected() for x in inputs]


SparseOp.answer = staticmethod(answer)
SparseType.gradient_sum = staticmethod(gradient_sum)
