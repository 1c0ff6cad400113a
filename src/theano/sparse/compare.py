"""Comparisons of matrices of which one at least is sparse."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply
from theano.graph.common_text import fill
from theano.graph.origin import made_here
from theano.sparse.arithmetic import OfTwo
from theano.sparse.convert import SparseFromDense, dense_from_sparse, sp_zeros_like
from theano.sparse.csm import csm_properties, lengths, places
from theano.sparse.elements import met
from theano.sparse.op import Components, SparseOp, dense_output, wanted_format
from theano.sparse.values import matrix_class
from theano.sparse.variable import as_sparse_variable, is_sparse_variable, one_at_least
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import alloc
from theano.tensor.opsupport import zero_gradient
from theano.tensor.pointwise import math
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "EqualSD",
    "EqualSS",
    "GreaterEqualSD",
    "GreaterEqualSS",
    "GreaterThanSD",
    "GreaterThanSS",
    "LessEqualSD",
    "LessEqualSS",
    "LessThanSD",
    "LessThanSS",
    "NotEqualSD",
    "NotEqualSS",
    "eq",
    "equal_s_d",
    "equal_s_s",
    "ge",
    "greater_equal_s_d",
    "greater_equal_s_s",
    "greater_than_s_d",
    "greater_than_s_s",
    "gt",
    "le",
    "less_equal_s_d",
    "less_equal_s_s",
    "less_than_s_d",
    "less_than_s_s",
    "lt",
    "neq",
    "not_equal_s_d",
    "not_equal_s_s",
]


class _ComparisonSS(OfTwo):
    """A comparison of two sparse matrices: a sparse matrix of bools. Places without an element count as 0."""

    dense: ClassVar[Callable[..., Any]]

    def comparison(self, x: Any, y: Any) -> Any:
        """The values compared."""
        raise NotImplementedError

    def dtype(self, x: Any, y: Any) -> str:
        return "bool"

    @property
    def nearly_everywhere(self) -> bool:
        """Whether it holds at places where neither matrix has an element; then a dense matrix of bools is made."""
        return bool(self.comparison(0, 0))

    def combined(self, x: Any, y: Any) -> Any:
        if self.nearly_everywhere:
            return matrix_class(x.format)(self.comparison(x.toarray(), y.toarray()))
        return self.comparison(x, y)

    def of_elements(self, x: Any, y: Any) -> Any:
        return type(self).dense(x, y)

    def components(self, inputs: Sequence[Any]) -> Components:
        if not self.nearly_everywhere:
            return super().components(inputs)
        x, y = inputs
        _, indices, indptr, shape = met(lambda a, b: math.invert(self.of_elements(a, b)), x, y)
        everywhere = alloc(np.bool_(True), shape[0], shape[1])
        holds = set_subtensor(everywhere[places(x.type.format, indices, indptr)], np.bool_(False))
        data, indices, indptr, shape = csm_properties(SparseFromDense(x.type.format)(holds))
        return data, indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [sp_zeros_like(v) for v in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


class _ComparisonSD(SparseOp):
    """A comparison of a sparse and a dense matrix: a dense one of bools."""

    __props__ = ()
    dense: ClassVar[Callable[..., Any]]

    def comparison(self, x: Any, y: Any) -> Any:
        """The values compared."""
        raise NotImplementedError

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim > 2:
            raise TypeError(f"matrices are compared with matrices, {y} has {y.type.ndim} dimensions{made_here(y)}")
        return Apply(self, [x, y], [dense_output("bool", (None, None))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        own = x.shape[2 - y.ndim :]
        if any(m != n and not one for m, n, one in zip(own, y.shape, node.inputs[1].type.broadcastable, strict=True)):
            raise ValueError(f"shapes {x.shape} and {y.shape} differ: sparse matrices are not broadcast")
        outputs[0][0] = np.asarray(self.comparison(x.toarray(), y), bool)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [type(self).dense(dense_from_sparse(inputs[0]), inputs[1])]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[0], shapes[0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        return [sp_zeros_like(x), zero_gradient(y)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def _classes(name: str, compare: Callable[[Any, Any], Any], dense: Callable[..., Any]) -> tuple[Any, Any]:
    """The two operations of a comparison: of two sparse matrices, and of a sparse and a dense one."""

    def comparison(self: Any, x: Any, y: Any) -> Any:
        return compare(x, y)

    namespace = {"__module__": __name__, "comparison": comparison, "dense": staticmethod(dense)}
    sign = _SIGNS[name.removesuffix("Than").lower()]
    both = type(f"{name}SS", (_ComparisonSS,), namespace | {"__doc__": _TWO_SPARSE.format(name=name, sign=sign)})
    one = type(f"{name}SD", (_ComparisonSD,), namespace | {"__doc__": _ONE_SPARSE.format(name=name, sign=sign)})
    return both, one


_TWO_SPARSE = """``x {sign} y`` of sparse matrices, element by element.

Parameters
----------
x, y : sparse matrices
    (m, n), in format csr or csc; real ones, where their order counts.

Returns
-------
sparse matrix of bool
    (m, n), in the format of `x`.

Raises
------
TypeError
    One is not sparse.
ValueError
    When it runs: the shapes differ.

Examples
--------
>>> from theano import sparse
>>> {name}SS()(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[0.0, 3.0]])).type
Sparse[bool, csr]
"""

_ONE_SPARSE = """``x {sign} y`` of a sparse matrix and a dense one, element by element.

Parameters
----------
x : sparse matrix
    (m, n), in format csr or csc.
y : tensor_like
    (m, n), or broadcastable.

Returns
-------
matrix of bool
    (m, n), dense.

Raises
------
TypeError
    `x` is not sparse, or `y` has more than two dimensions.
ValueError
    When it runs: the shapes differ.

Examples
--------
>>> from theano import sparse
>>> {name}SD()(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[0.0, 3.0]])).type
TensorType(bool, matrix)
"""

_SIGNS = {"equal": "==", "notequal": "!=", "less": "<", "greater": ">", "lessequal": "<=", "greaterequal": ">="}

EqualSS, EqualSD = _classes("Equal", operator.eq, math.eq)
NotEqualSS, NotEqualSD = _classes("NotEqual", operator.ne, math.neq)
LessThanSS, LessThanSD = _classes("LessThan", operator.lt, math.lt)
GreaterThanSS, GreaterThanSD = _classes("GreaterThan", operator.gt, math.gt)
LessEqualSS, LessEqualSD = _classes("LessEqual", operator.le, math.le)
GreaterEqualSS, GreaterEqualSD = _classes("GreaterEqual", operator.ge, math.ge)

equal_s_s, equal_s_d = EqualSS(), EqualSD()
not_equal_s_s, not_equal_s_d = NotEqualSS(), NotEqualSD()
less_than_s_s, less_than_s_d = LessThanSS(), LessThanSD()
greater_than_s_s, greater_than_s_d = GreaterThanSS(), GreaterThanSD()
less_equal_s_s, less_equal_s_d = LessEqualSS(), LessEqualSD()
greater_equal_s_s, greater_equal_s_d = GreaterEqualSS(), GreaterEqualSD()


def _compared(name: str, both: Any, one: Any, other_way: Any, x: Any, y: Any) -> Any:
    x, y = one_at_least(name, x, y)
    if not is_sparse_variable(x):
        return other_way(y, x)
    return both(x, y) if is_sparse_variable(y) else one(x, y)


def eq(x: Any, y: Any) -> Any:
    """``x == y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.eq(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[ True, False]])

    References
    ----------
    `numpy.equal`.
    """
    return _compared("eq", equal_s_s, equal_s_d, equal_s_d, x, y)


def neq(x: Any, y: Any) -> Any:
    """``x != y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.neq(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[False,  True]])

    References
    ----------
    `numpy.not_equal`.
    """
    return _compared("neq", not_equal_s_s, not_equal_s_d, not_equal_s_d, x, y)


def lt(x: Any, y: Any) -> Any:
    """``x < y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters of an order>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.lt(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[False,  True]])

    References
    ----------
    `numpy.less`.
    """
    return _compared("lt", less_than_s_s, less_than_s_d, greater_than_s_d, x, y)


def gt(x: Any, y: Any) -> Any:
    """``x > y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters of an order>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.gt(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[False, False]])

    References
    ----------
    `numpy.greater`.
    """
    return _compared("gt", greater_than_s_s, greater_than_s_d, less_than_s_d, x, y)


def le(x: Any, y: Any) -> Any:
    """``x <= y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters of an order>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.le(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[ True,  True]])

    References
    ----------
    `numpy.less_equal`.
    """
    return _compared("le", less_equal_s_s, less_equal_s_d, greater_equal_s_d, x, y)


def ge(x: Any, y: Any) -> Any:
    """``x >= y``, element by element, of matrices one of which is sparse: sparse bools if both are, else dense.

    <parameters of an order>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.ge(sparse.csr_from_dense([[0.0, 2.0]]), T.constant([[0.0, 3.0]])).eval()
    array([[ True, False]])

    References
    ----------
    `numpy.greater_equal`.
    """
    return _compared("ge", greater_equal_s_s, greater_equal_s_d, less_equal_s_d, x, y)


_COMMON = """\
Parameters
----------
x, y : matrices
    (m, n), one at least sparse, in format csr or csc; a dense one may be broadcastable. Of any dtype{of}.

Returns
-------
matrix of bool
    (m, n); sparse, in the format of `x`, if both are, else dense.

Raises
------
TypeError
    None is sparse{unless}.
ValueError
    When it runs: the shapes differ."""
fill(globals(), {
    "<parameters>": _COMMON.format(of="", unless=""),
    "<parameters of an order>": _COMMON.format(
        of=", but for an\n    order of real ones", unless=", or numbers are complex"
    ),
})  # fmt: skip
