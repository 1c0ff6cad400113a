"""Operators and methods of sparse variables: a table from names to the functions of this package."""

from __future__ import annotations

from typing import Any

from theano.sparse.arithmetic import add, neg, sub
from theano.sparse.compare import ge, gt, le, lt
from theano.sparse.convert import cast, dense_from_sparse, real, sp_zeros_like, transpose
from theano.sparse.csm import csm_data, csm_indices, csm_indptr, csm_shape
from theano.sparse.multiplication import mul
from theano.sparse.pointwise import structured_monoid
from theano.sparse.products.dot import structured_dot
from theano.sparse.subscripts import part_of
from theano.sparse.sums import sp_sum
from theano.sparse.variable import _sparse_py_operators
from theano.tensor.pointwise.math import true_div
from theano.tensor.reductions.reduction import prod


def _size(self: Any) -> Any:
    """The number of places: the product of the lengths."""
    return prod(csm_shape(self), dtype="int64")


@structured_monoid(true_div)
def divided(x: Any, y: Any) -> Any:
    """Each element over a number; places without one stay empty, as in SciPy."""


METHODS: dict[str, Any] = {
    "__neg__": lambda self: neg(self),
    "__add__": lambda self, other: add(self, other),
    "__radd__": lambda self, other: add(other, self),
    "__sub__": lambda self, other: sub(self, other),
    "__rsub__": lambda self, other: sub(other, self),
    "__mul__": lambda self, other: mul(self, other),
    "__rmul__": lambda self, other: mul(other, self),
    "__lt__": lambda self, other: lt(self, other),
    "__le__": lambda self, other: le(self, other),
    "__gt__": lambda self, other: gt(self, other),
    "__ge__": lambda self, other: ge(self, other),
    "__getitem__": lambda self, index: part_of(self, index),
    "__truediv__": lambda self, number: divided(self, number),
    "__dot__": lambda self, other: structured_dot(self, other),
    "__rdot__": lambda self, other: structured_dot(other, self),
    "__matmul__": lambda self, other: structured_dot(self, other),
    "__rmatmul__": lambda self, other: structured_dot(other, self),
    "dot": lambda self, other: structured_dot(self, other),
    "transpose": lambda self: transpose(self),
    "toarray": lambda self: dense_from_sparse(self),
    "zeros_like": lambda self: sp_zeros_like(self),
    "sum": lambda self, axis=None, sparse_grad=False: sp_sum(self, axis, sparse_grad),
    "astype": lambda self, dtype: cast(self, dtype),
}
PROPERTIES: dict[str, Any] = {
    "real": real,
    "T": lambda self: transpose(self),
    "data": lambda self: csm_data(self),
    "indices": lambda self: csm_indices(self),
    "indptr": lambda self: csm_indptr(self),
    "shape": lambda self: csm_shape(self),
    "size": _size,
}
for _name, _method in METHODS.items():
    _method.__name__ = _name
    _method.__qualname__ = f"_sparse_py_operators.{_name}"
    setattr(_sparse_py_operators, _name, _method)
for _name, _getter in PROPERTIES.items():
    setattr(_sparse_py_operators, _name, property(_getter))
