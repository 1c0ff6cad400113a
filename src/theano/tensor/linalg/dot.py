"""Products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.graph.common_text import fill
from theano.scalar.dtypes import upcast
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.making.alloc import alloc
from theano.tensor.opsupport import Shapes, holomorphic, single
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import product as length_product
from theano.tensor.shaping.shape import shape_i
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


def _check_inner(what: str, x: Any, x_axis: int, y: Any, y_axis: int) -> None:
    m, n = x.type.shape[x_axis], y.type.shape[y_axis]
    if m is not None and n is not None and m != n:
        raise ValueError(
            f"{what}: shape mismatch, x.shape[{x_axis}] = {m} but y.shape[{y_axis}] = {n} ({x}, {y})"
        )


class Dot(Op):
    """The product of vectors or matrices.

    Parameters
    ----------
    x, y : tensor-like
        Called with them: vectors or matrices.

    Examples
    --------
    >>> Dot()(T.constant([[1, 2], [3, 4]]), T.constant([1, 1])).eval()
    array([3, 7])
    """

    __props__ = ()
    never_fails = True
    linear_in = (0, 1)

    def __str__(self) -> str:
        return "dot"

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        if x.type.ndim not in (1, 2) or y.type.ndim not in (1, 2):
            raise TypeError(f"Dot takes vectors and matrices, got {x.type.ndim} and {y.type.ndim} dimensions")
        _check_inner("dot", x, x.type.ndim - 1, y, 0)
        return single(self, [x, y], upcast(x.type.dtype, y.type.dtype), x.type.shape[:-1] + y.type.shape[1:])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y = inputs
        dtype = node.outputs[0].type.dtype
        out[0][0] = np.asarray(np.dot(x.astype(dtype, copy=False), y.astype(dtype, copy=False)), dtype=dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-1] + shapes[1][1:]]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return self.transposed(inputs, gs[0])

    def transposed(self, inputs: Sequence[Any], g: Any) -> list[Any]:
        """The gradients of both factors; of complex ones, from the conjugate of `g` and to be conjugated."""
        x, y = inputs
        if g.type.ndim == 0:
            gx, gy = g * y, g * x
        elif x.type.ndim == 1:
            gx, gy = self(g, y.T), outer(x, g)
        elif y.type.ndim == 1:
            gx, gy = outer(g, y), self(x.T, g)
        else:
            gx, gy = self(g, y.T), self(x.T, g)
        return [patternbroadcast(gx, x.type.broadcastable), patternbroadcast(gy, y.type.broadcastable)]


dot_op = Dot()


def _product_of_their_own(a: Any, b: Any) -> Any:
    """The product of `a` and `b` as the type of one defines it, which is no tensor: a sparse matrix; else None."""
    for operand, name, other in ((a, "__dot__", b), (b, "__rdot__", a)):
        if isinstance(operand, Variable) and not isinstance(operand.type, TensorType) and hasattr(operand, name):
            return getattr(operand, name)(other)
    return None


def dot(a: Any, b: Any) -> Any:
    """The product of `a` and `b`: multiplication for 0-d, inner and matrix products for 1-d and 2-d, else the
    last axis of `a` with the second-last of `b`.

    Parameters
    ----------
    a, b : tensor-like
        Of any number of axes and any dtype. The lengths that are summed over are equal.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of `a` and `b`; the axes of `a` without the last, then those of `b`
        without the second-last (of a vector, its only one).

    Raises
    ------
    <tensor errors>
    ValueError
        The two lengths differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.dot(T.constant([[1, 2], [3, 4]]), T.constant([1, 1])).eval()
    array([3, 7])

    Notes
    -----
    The formula is ``result[i, k] = sum over j of a[i, j] * b[j, k]``. As `numpy.dot`. The operator ``@`` is `matmul`,
    which takes stacks of matrices pair by pair.
    """
    own = _product_of_their_own(a, b)
    if own is not None:
        return own
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        return a * b
    if a.type.ndim > 2 or b.type.ndim > 2:
        return tensordot(a, b, [[a.type.ndim - 1], [max(0, b.type.ndim - 2)]])
    return dot_op(a, b)


def outer(x: Any, y: Any) -> Any:
    """The outer product of `x` and `y`, flattened to vectors first.

    Parameters
    ----------
    x, y : tensor-like
        Of any shape and dtype; read in C order.

    Returns
    -------
    TensorVariable
        A matrix with ``x.size`` rows and ``y.size`` columns, of the dtype that holds those of `x` and `y`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.outer(T.constant([1, 2]), T.constant([3, 4, 5])).eval()
    array([[ 3,  4,  5],
           [ 6,  8, 10]])

    Notes
    -----
    The formula is ``result[i, k] = x[i] * y[k]``.

    References
    ----------
    ``z[i, j] = x[i] * y[j]``, as `numpy.outer`.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    x = x if x.type.ndim == 1 else flatten(x)
    y = y if y.type.ndim == 1 else flatten(y)
    return dot_op(dimshuffle(x, (0, "x")), dimshuffle(y, ("x", 0)))


def inner(x: Any, y: Any) -> Any:
    """The product of the last axes of `x` and `y`; multiplication if one is 0-d."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if x.type.ndim == 0 or y.type.ndim == 0:
        return x * y
    return tensordot(x, y, [[x.type.ndim - 1], [y.type.ndim - 1]])


class BatchedDot(Op):
    """The matrix products of two stacks of matrices: tensors of three axes, or of more, before which are equally long.

    Parameters
    ----------
    x, y : tensor-like
        Called with them: of shapes ``(…, i, j)`` and ``(…, j, k)``, where ``…`` are one axis or more.

    Examples
    --------
    >>> BatchedDot()(T.constant([[[1, 2]], [[3, 4]]]), T.constant([[[1], [1]], [[1], [0]]])).eval().tolist()
    [[[3]], [[3]]]
    """

    __props__ = ()
    never_fails = True
    linear_in = (0, 1)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        n = x.type.ndim
        if n < 3 or y.type.ndim != n:
            raise TypeError(
                "BatchedDot takes two tensors of equally many dimensions, three or more, "
                f"got {n} and {y.type.ndim} dimensions"
            )
        _check_inner("batched_dot", x, n - 1, y, n - 2)
        for axis in range(n - 2):
            _check_inner("batched_dot", x, axis, y, axis)
        front = [a if a is not None else b for a, b in zip(x.type.shape[:-2], y.type.shape[:-2], strict=True)]
        return single(self, [x, y], upcast(x.type.dtype, y.type.dtype), (*front, x.type.shape[-2], y.type.shape[-1]))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y = inputs
        for axis, (n, m) in enumerate(zip(x.shape[:-2], y.shape[:-2], strict=True)):
            if n != m:
                raise ValueError(f"batched_dot: shape mismatch, x.shape[{axis}] = {n} but y.shape[{axis}] = {m}")
        dtype = node.outputs[0].type.dtype
        out[0][0] = np.matmul(x.astype(dtype, copy=False), y.astype(dtype, copy=False))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(*shapes[0][:-1], shapes[1][-1])]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x, y), (g,) = inputs, gs
        n = g.type.ndim
        turned = (*range(n - 2), n - 1, n - 2)
        gx, gy = self(g, dimshuffle(y, turned)), self(dimshuffle(x, turned), g)
        return [patternbroadcast(gx, x.type.broadcastable), patternbroadcast(gy, y.type.broadcastable)]


batched_dot_op = BatchedDot()


def batched_dot(a: Any, b: Any) -> Any:
    """``dot(a[i], b[i])`` for every `i`, stacked.

    Parameters
    ----------
    a, b : tensor-like
        One axis at least, the first of which counts; both have as many.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of `a` and `b`. For shapes ``(n, i, j)`` and ``(n, j, k)`` it is ``(n, i,
        k)``; without `i` or `k` that axis is not there.

    Raises
    ------
    TypeError
        An argument is 0-d.
    ValueError
        Lengths do not fit (when it runs, if they are not known before).

    Examples
    --------
    >>> x, y = T.constant([[[1, 2]], [[3, 4]]]), T.constant([[1, 1], [1, 0]])
    >>> T.batched_dot(x, y).eval()
    array([[3],
           [3]])

    Notes
    -----
    The formula is ``result[n, i, k] = sum over j of a[n, i, j] * b[n, j, k]``.

    References
    ----------
    ``y[i] = dot(a[i], b[i])``, as `numpy.matmul` of matrices.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise TypeError("batched_dot takes tensors of at least one dimension")
    if a.type.ndim == 1:
        return dimshuffle(a, (0, *["x"] * (b.type.ndim - 1))) * b
    if b.type.ndim == 1:
        return a * dimshuffle(b, (0, *["x"] * (a.type.ndim - 1)))
    if a.type.ndim > 3 or b.type.ndim > 3:
        return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])
    rows = dimshuffle(a, (0, "x", 1)) if a.type.ndim == 2 else a
    columns = dimshuffle(b, (0, 1, "x")) if b.type.ndim == 2 else b
    result = batched_dot_op(rows, columns)
    kept = [0] + [1] * (a.type.ndim == 3) + [2] * (b.type.ndim == 3)
    return dimshuffle(result, kept) if len(kept) < 3 else result


def matmul(a: Any, b: Any) -> Any:
    """The matrix product ``a @ b``; of stacks of matrices, the products of the matrices at equal places.

    Parameters
    ----------
    a, b : tensor-like
        One axis at least, any dtype. The last two axes are those of the matrices; a vector is one row as `a`, one
        column as `b`. The axes before are broadcast.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of `a` and `b`. For shapes ``(…, i, j)`` and ``(…, j, k)`` it is ``(…, i, k)``;
        where an argument is a vector, its axis `i` or `k` is not there.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is 0-d, or lengths do not fit (when it runs, if they are not known before).

    Examples
    --------
    >>> heads, weights = T.ones((2, 5, 3, 4)), T.ones((5, 4, 2))
    >>> (heads @ weights).eval().shape
    (2, 5, 3, 2)

    Notes
    -----
    The formula is ``result[…, i, k] = sum over j of a[…, i, j] * b[…, j, k]``. For vectors and matrices it is `dot`.

    As everywhere, an axis is broadcast if its type says that it has length 1, not by its length in a call.

    References
    ----------
    ``y[i] = a[i] @ b[i]``, as `numpy.matmul`.
    """
    own = _product_of_their_own(a, b)
    if own is not None:
        return own
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise ValueError(f"matmul takes tensors of one dimension at least, not {a} and {b}: a number multiplies by *")
    if a.type.ndim <= 2 and b.type.ndim <= 2:
        return dot_op(a, b)
    if b.type.ndim == 1:
        return tensordot(a, b, 1)
    n = max(a.type.ndim, b.type.ndim)
    x = dimshuffle(a, ["x"] * (n - max(a.type.ndim, 2)) + ["x"] * (a.type.ndim == 1) + list(range(a.type.ndim)))
    y = dimshuffle(b, ["x"] * (n - b.type.ndim) + list(range(b.type.ndim)))
    _check_inner("matmul", a, a.type.ndim - 1, b, b.type.ndim - 2)
    if all(y.type.broadcastable[:-2]):  # all rows times one matrix: one product
        result = tensordot(x, dimshuffle(y, (n - 2, n - 1)), 1)
    else:
        result = batched_dot_op(*_repeated(x, y))
    return dimshuffle(result, [k for k in range(n) if k != n - 2]) if a.type.ndim == 1 else result


def _repeated(x: Any, y: Any) -> tuple[Any, Any]:
    """Two stacks of equally many axes, each repeated along the axes before the last two that are broadcast."""
    front = list(zip(x.type.broadcastable[:-2], y.type.broadcastable[:-2], strict=True))
    lengths = [shape_i(y if p else x, axis) for axis, (p, _) in enumerate(front)]
    if any(p and not q for p, q in front):
        x = alloc(x, *lengths, *_lengths(x, range(x.type.ndim - 2, x.type.ndim)))
    if any(q and not p for p, q in front):
        y = alloc(y, *lengths, *_lengths(y, range(y.type.ndim - 2, y.type.ndim)))
    return x, y


def _contracted(a: Any, b: Any, axes: Any, batched: int) -> tuple[list[int], list[int]]:
    """The axes of `a` and of `b` that a tensordot sums over, in order."""
    if isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        n = int(axes)
        if n < 0 or n > min(a.type.ndim, b.type.ndim) - batched:
            raise ValueError(f"tensordot: axes={n} for {a.type.ndim} and {b.type.ndim} dimensions")
        return list(range(a.type.ndim - n, a.type.ndim)), list(range(batched, batched + n))
    try:
        pairs = [[int(i) for i in (part if np.ndim(part) else [part])] for part in axes]
    except TypeError:
        raise ValueError(f"tensordot: axes must be an int or two lists of ints, got {axes!r}") from None
    if len(pairs) != 2 or len(pairs[0]) != len(pairs[1]):
        raise ValueError(f"tensordot: axes must be two lists of equal length, got {axes!r}")
    result = []
    for x, part in zip((a, b), pairs):
        part = [i + x.type.ndim if i < 0 else i for i in part]
        if len(set(part)) < len(part) or any(not batched <= i < x.type.ndim for i in part):
            raise ValueError(f"tensordot: axes {part} for {x} with {x.type.ndim} dimensions")
        result.append(part)
    return result[0], result[1]


def _lengths(x: Any, axes: Sequence[int]) -> list[Any]:
    return [shape_i(x, i) for i in axes]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over some axes of `a` and of `b`.

    Parameters
    ----------
    a, b : tensor-like
        Of any dtype. The lengths of the axes that are summed over are equal.
    axes : int or pair of lists
        The last `axes` axes of `a` and the first of `b`, or the axes of each.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of `a` and `b`: the axes of `a` that are left, then those of `b`.

    Raises
    ------
    <tensor errors>
    ValueError
        `axes` do not fit, or lengths differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.tensordot(T.ones((2, 3, 4)), T.ones((3, 4, 5)), axes=[[1, 2], [0, 1]]).eval()
    array([[12., 12., 12., 12., 12.],
           [12., 12., 12., 12., 12.]])

    References
    ----------
    ``y[i, k] = sum over j of a[i, j] * b[j, k]``, as `numpy.tensordot`; i, j, k stand for several axes.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    a_axes, b_axes = _contracted(a, b, axes, 0)
    for i, j in zip(a_axes, b_axes):
        _check_inner("tensordot", a, i, b, j)
    a_free = [i for i in range(a.type.ndim) if i not in a_axes]
    b_free = [i for i in range(b.type.ndim) if i not in b_axes]
    pattern = [x.type.broadcastable[i] for x, free in ((a, a_free), (b, b_free)) for i in free]
    inner_a, inner_b = length_product(_lengths(a, a_axes)), length_product(_lengths(b, b_axes))
    rows = reshape(dimshuffle(a, a_free + a_axes), (length_product(_lengths(a, a_free)), inner_a))
    columns = reshape(dimshuffle(b, b_axes + b_free), (inner_b, length_product(_lengths(b, b_free))))
    result = reshape(dot_op(rows, columns), _lengths(a, a_free) + _lengths(b, b_free))
    return patternbroadcast(result, pattern)


def batched_tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """``tensordot(x[i], y[i])`` for every `i`; `axes` count the batch axis as axis 0.

    Parameters
    ----------
    x, y : tensor-like
        Of one length along the first axis.
    axes : int or pair of lists
        The last `axes` axes of `x` and the first of `y` behind the batch axis, or the axes of each.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of `x` and `y`: the batch axis, then the axes of `x` that are left, then
        those of `y`.

    Raises
    ------
    TypeError
        An argument is 0-d.
    ValueError
        `axes` do not fit.

    Examples
    --------
    >>> T.batched_tensordot(T.ones((2, 3, 4)), T.ones((2, 4, 3)), axes=[[2], [1]]).eval().shape
    (2, 3, 3)

    References
    ----------
    ``y[i] = tensordot(x[i], y[i])``, with `numpy.tensordot`.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if x.type.ndim == 0 or y.type.ndim == 0:
        raise TypeError("batched_tensordot takes tensors of at least one dimension")
    x_axes, y_axes = _contracted(x, y, axes, 1)
    x_free = [i for i in range(1, x.type.ndim) if i not in x_axes]
    y_free = [i for i in range(1, y.type.ndim) if i not in y_axes]
    inner_x, inner_y = length_product(_lengths(x, x_axes)), length_product(_lengths(y, y_axes))
    batch = shape_i(x, 0)
    rows = reshape(
        dimshuffle(x, [0, *x_free, *x_axes]), (batch, length_product(_lengths(x, x_free)), inner_x)
    )
    columns = reshape(
        dimshuffle(y, [0, *y_axes, *y_free]), (shape_i(y, 0), inner_y, length_product(_lengths(y, y_free)))
    )
    result = reshape(batched_dot_op(rows, columns), [batch, *_lengths(x, x_free), *_lengths(y, y_free)])
    pattern = [a or b for a, b in [(x.type.broadcastable[0], y.type.broadcastable[0])]]
    pattern += [v.type.broadcastable[i] for v, free in ((x, x_free), (y, y_free)) for i in free]
    return patternbroadcast(result, pattern)


fill(globals())
