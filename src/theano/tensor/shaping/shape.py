"""Lengths of tensors: reading them, and vectors of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.scalar.dtypes import DISCRETE, INTEGER, as_dtype
from theano.tensor.checks.static_value import known_int, known_ints, known_scalar
from theano.tensor.masks import parted
from theano.tensor.opsupport import Shapes, Unconnected, as_index, index_constant, single, unknown_if_one, zero_gradient
from theano.tensor.pointwise.math import cast
from theano.tensor.variable import as_tensor_variable, constant


class Shape(Unconnected):
    """The lengths of all axes, as an int64 vector.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.

    Returns
    -------
    vector
        int64, of as many elements as `x` has dimensions.

    Raises
    ------
    TypeError
        `x` can't be a tensor.

    Examples
    --------
    >>> Shape()(T.constant([[1, 2, 3]])).eval()
    array([1, 3])
    """

    __props__ = ()
    costs_nothing = True
    never_fails = True

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return single(self, [x], "int64", [unknown_if_one(x.type.ndim)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.asarray(np.shape(inputs[0]), dtype="int64")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(index_constant(node.inputs[0].type.ndim),)]

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...]:
        return node.inputs[0].type.shape


class Shape_i(Unconnected):
    """The length of one axis, as a 0-d int64.

    Parameters
    ----------
    i : int
        The axis, from 0 on.

    Returns
    -------
    0-d tensor
        Called with a tensor: int64.

    Raises
    ------
    TypeError
        It is called with a tensor that has no such axis.

    Examples
    --------
    >>> Shape_i(1)(T.constant([[1, 2, 3]])).eval()
    array(3)
    """

    __props__ = ("i",)
    costs_nothing = True
    never_fails = True

    def __init__(self, i: int) -> None:
        self.i = int(i)

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if not 0 <= self.i < x.type.ndim:
            raise TypeError(f"{x} has {x.type.ndim} dimensions, there is no axis {self.i}")
        return single(self, [x], "int64", [])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.asarray(np.shape(inputs[0])[self.i], dtype="int64")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [()]

    def known_scalar(self, node: Apply, depth: int) -> np.ndarray | None:
        length = node.inputs[0].type.shape[self.i]
        return None if length is None else np.asarray(length, dtype="int64")


shape = _shape = Shape()


def shape_i(var: Any, i: int, fgraph: Any = None) -> Any:
    """The length of axis `i`: a constant where it is known, else ``Shape_i{i}(var)``.

    `fgraph` is accepted for older programs: no graph here holds shapes of its variables.

    Examples
    --------
    >>> shape_i(T.matrix(), 1)
    Shape_i{1}.0
    """
    length = var.type.shape[i]
    return Shape_i(i)(var) if length is None else index_constant(length)


def shape_tuple(x: Any) -> tuple[Any, ...]:
    """The lengths of all axes, constants where known."""
    return tuple(shape_i(x, i) for i in range(x.type.ndim))


class MakeVector(Op):
    """A vector of 0-d tensors.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> MakeVector("int64")(x.shape[0], 3)
    MakeVector{dtype='int64'}.0
    """

    __props__ = ("dtype",)
    costs_nothing = True
    never_fails = True
    jointly_linear_in = range(sys.maxsize)

    def __init__(self, dtype: Any = "int64") -> None:
        self.dtype = as_dtype(dtype)

    def make_node(self, *elements: Any) -> Apply:
        inputs = [as_tensor_variable(e) for e in elements]
        if any(i.type.ndim for i in inputs):
            raise ValueError(f"MakeVector takes 0-d tensors only, got {inputs}")
        inputs = [i if i.type.dtype == self.dtype else cast(i, self.dtype) for i in inputs]
        return single(self, inputs, self.dtype, [unknown_if_one(len(inputs))])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.array(inputs, dtype=self.dtype).reshape(len(inputs))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(index_constant(len(node.inputs)),)]

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...]:
        return tuple(known_scalar(i, depth) for i in node.inputs)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        if self.dtype in DISCRETE:
            return [zero_gradient(i) for i in inputs]
        return list(parted(gs[0], lambda v: [v[i] for i in range(len(inputs))], inputs))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(e is None for e in eval_points):
            return [None]
        return [self(*(zero_gradient(i) if e is None else e for i, e in zip(inputs, eval_points)))]


def as_shape_vector(lengths: Any, ndim: int | None = None) -> Any:
    """A list, tuple or vector of lengths as an int64 vector.

    Raises
    ------
    TypeError
        For non-integers and for anything that is not 1-d.
    """
    if isinstance(lengths, (list, tuple)):
        known = [known_int(e) for e in lengths if not _is_float(e)]
        if len(known) < len(lengths):
            raise TypeError(f"shapes are integers, got {lengths}")
        if all(isinstance(e, (int, np.integer)) for e in lengths):
            return constant(np.asarray(lengths, dtype="int64"))
        return MakeVector("int64")(*(as_index(e, "a length") for e in lengths))
    vector = as_tensor_variable(lengths)
    if vector.type.ndim != 1:
        raise TypeError(
            f"a shape is a vector or a list of 0-d integers, got {lengths}: write x.reshape((2, 3)), with one tuple"
        )
    if vector.type.dtype not in INTEGER:
        if vector.type.shape == (0,):
            return constant(np.zeros(0, dtype="int64"))
        raise TypeError(f"shapes are integers, got {lengths} of dtype {vector.type.dtype}")
    return vector if vector.type.dtype == "int64" else cast(vector, "int64")


def _is_float(length: Any) -> bool:
    if isinstance(length, Variable):
        return as_tensor_variable(length).type.dtype not in INTEGER
    return np.asarray(length).dtype.kind not in "iu"


def element(vector: Any, i: int) -> Any:
    """Element `i` of a vector, without a node where the vector is made of its elements."""
    node = vector.owner
    if node is not None and isinstance(node.op, MakeVector):
        return node.inputs[i]
    if node is not None and isinstance(node.op, Shape):
        return shape_i(node.inputs[0], i)
    known = known_ints(vector)
    value = None if known is None else known[i]
    return vector[i] if value is None else index_constant(value)


def product(factors: Iterable[Variable]) -> Any:
    """The product of lengths (1 if there is none)."""
    result: Any | None = None
    for factor in factors:
        if known_int(factor) != 1:
            result = factor if result is None else result * factor
    return index_constant(1) if result is None else result
