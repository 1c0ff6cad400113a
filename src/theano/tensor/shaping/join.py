"""Joining tensors along an axis and cutting them apart again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.scalar.dtypes import DISCRETE, INTEGER, upcast
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.static_value import known_int, known_ints, known_vector
from theano.tensor.making.alloc import alloc
from theano.tensor.masks import parted
from theano.tensor.opsupport import (
    Shapes,
    as_index,
    checked_axis,
    index_constant,
    is_disconnected,
    new_tensor,
    single,
    undefined,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.pointwise.math import eq, maximum, switch
from theano.tensor.shaping.axes import dimshuffle, shape_padaxis, shape_padleft
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import MakeVector, as_shape_vector, element, shape, shape_i
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable


def _dimensionalities(variables: Sequence[Any]) -> str:
    """What is wrong with variables that do not have the same number of axes."""
    named = ", ".join(f"{v} has {v.type.ndim}" for v in variables)
    return (
        f"tensors of different dimensionality: {[v.type.ndim for v in variables]} ({named}). All must have the same "
        "number of axes: x.dimshuffle('x', 0) makes a row of a vector, x.dimshuffle(0, 'x') a column."
    )


class Join(Op):
    """Tensors put one after the other along one axis.

    Parameters
    ----------
    view : int
        Has no meaning here: the compiler plans memory.
    axis, *tensors : int or 0-d integer tensor, and tensor-like
        What the op is called with. The tensors are equal in number of axes and in all lengths but that along `axis`.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all tensors.

    Raises
    ------
    ValueError
        There are no tensors, or they differ in number of axes, or the axis is none of theirs.

    Examples
    --------
    >>> Join()(0, T.constant([1, 2]), T.constant([3])).eval()
    array([1, 2, 3])
    """

    __props__ = ()
    never_fails = True
    jointly_linear_in = range(1, sys.maxsize)

    def __init__(self, view: int = -1) -> None:
        """`view`, of which tensor the result may be a view, has no effect: the compiler plans memory."""

    def make_node(self, axis: Any, *tensors: Any) -> Apply:
        if not tensors:
            raise ValueError("Cannot join an empty list of tensors")
        axis = as_index(axis, "the axis of join")
        inputs = [as_tensor_variable(t) for t in tensors]
        ndim = inputs[0].type.ndim
        if any(t.type.ndim == 0 for t in inputs):
            raise TypeError("Join cannot handle 0-d tensors; use stack")
        if any(t.type.ndim != ndim for t in inputs):
            raise TypeError(f"Join: {_dimensionalities(inputs)}")
        known = known_int(axis)
        if known is None:
            result: list[int | None] = [None] * ndim
        else:
            if checked_axis(known, ndim, "Join") != known:
                known += ndim
                axis = index_constant(known)
            result = _joined_shape(inputs, known)
        return single(self, [axis, *inputs], upcast(*(t.type.dtype for t in inputs)), result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        axis, ndim, dtype = int(inputs[0]), inputs[1].ndim, node.outputs[0].type.dtype
        if not -ndim <= axis < ndim:
            raise IndexError(f"Join axis {axis} out of bounds [0, {ndim})")
        out[0][0] = np.concatenate([t.astype(dtype, copy=False) for t in inputs[1:]], axis=axis)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        axis, known, static = node.inputs[0], known_int(node.inputs[0]), node.outputs[0].type.shape
        dims: list[Any] = []
        for i, length in enumerate(static):
            if length is not None:
                dims.append(index_constant(length))
                continue
            total = shapes[1][i]
            if known is None or known == i:
                for s in shapes[2:]:
                    total = total + s[i]
            dims.append(total if known is not None else switch(_is_axis(axis, i, len(static)), total, shapes[1][i]))
        return [tuple(dims)]

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...] | None:
        parts = [known_vector(t, depth) for t in node.inputs[1:]]
        return None if any(p is None for p in parts) else tuple(e for p in parts for e in p or ())

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        axis, tensors, g = inputs[0], inputs[1:], gs[0]
        if outputs[0].type.dtype in DISCRETE:
            return [*undefined(self, inputs, [0], "an axis is a whole number"), *(zero_gradient(t) for t in tensors)]
        known = known_int(axis)
        lengths = [shape_i(t, known) if known is not None else shape(t)[axis] for t in tensors]
        sizes = MakeVector("int64")(*lengths)

        def part(v: Any) -> list[Any]:
            pieces = Split(len(tensors))(v, axis, sizes, return_list=True)
            return [patternbroadcast(p, t.type.broadcastable) for p, t in zip(pieces, tensors)]

        return [*undefined(self, inputs, [0], "an axis is a whole number"), *parted(g, part, tensors)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(e is None for e in eval_points[1:]):
            return [None]
        parts = [zero_gradient(t) if e is None else e for t, e in zip(inputs[1:], eval_points[1:])]
        return [self(inputs[0], *parts)]

def _is_axis(axis: Any, i: int, ndim: int) -> Any:
    return eq(switch(axis < 0, axis + ndim, axis), i)


def _joined_shape(tensors: list[Any], axis: int) -> list[int | None]:
    """The static shape of a join; raises ValueError if shapes known now do not fit."""
    shapes = [t.type.shape for t in tensors]
    result: list[int | None] = []
    for i, lengths in enumerate(zip(*shapes)):
        if i == axis:
            result.append(None if None in lengths else unknown_if_one(sum(lengths)))
            continue
        known = {n for n in lengths if n is not None}
        if len(known) > 1:
            raise ValueError(f"Join: the tensors differ in the length of axis {i}: {list(lengths)}")
        result.append(known.pop() if known else None)
    return result


join_ = Join()


def join(axis: Any, *tensors_list: Any) -> Any:
    """Tensors joined along `axis`; one tensor is returned as it is.

    Parameters
    ----------
    axis : int or 0-d integer tensor
        The axis; it may be an expression.
    *tensors_list : tensor-like
        Of as many axes, one at least, and of equal lengths along the others than `axis`.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all tensors; its length along `axis` is the sum of theirs.

    Raises
    ------
    TypeError
        The tensors are 0-d, or do not have the same number of axes.
    ValueError
        There is no tensor, no such axis, or other lengths differ (when it runs, if they are not known before).
    IndexError
        A negative `axis` counts too far, or, when it runs, there is no such axis.

    Examples
    --------
    >>> T.join(1, T.constant([[1, 2]]), T.constant([[3]])).eval()
    array([[1, 2, 3]])
    """
    if len(tensors_list) == 1:
        return as_tensor_variable(tensors_list[0])
    return join_(axis, *tensors_list)


def concatenate(tensor_list: Any, axis: Any = 0) -> Any:
    """A list or tuple of tensors joined along `axis`.

    Parameters
    ----------
    tensor_list : list or tuple of tensor-like
        Of as many axes, one at least, and of equal lengths along the others than `axis`.
    axis : int or 0-d integer tensor
        The axis; it may be an expression.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all tensors; its length along `axis` is the sum of theirs.

    Raises
    ------
    TypeError
        `tensor_list` is no list or tuple, or holds 0-d tensors or different numbers of axes.
    ValueError
        It is empty, there is no such axis, or other lengths differ (when it runs, if they are not known
        before).

    Examples
    --------
    >>> T.concatenate([T.constant([[1, 2]]), T.constant([[3, 4]])], axis=0).eval()
    array([[1, 2],
           [3, 4]])
    """
    if not isinstance(tensor_list, (list, tuple)):
        raise TypeError(f"concatenate takes a list or tuple of tensors, got {tensor_list!r}")
    return join(axis, *tensor_list)


def stack(*tensors: Any, **kwargs: Any) -> Any:
    """Tensors of one shape put side by side along a new axis.

    Takes a list (and `axis`, 0 by default), or, as older programs write, the tensors one by one.

    Parameters
    ----------
    *tensors : a list of tensor-like, or tensor-like one by one
        Of one shape.
    **kwargs
        ``axis``: an int, where the new axis is in the result, 0 by default. ``tensors``: the list, for who
        names it.

    Returns
    -------
    TensorVariable
        One axis more than the tensors have, of the dtype that holds those of all.

    Raises
    ------
    TypeError
        The tensors do not have the same number of dimensions.
    ValueError
        There is none.
    IndexError
        The result has no such axis.

    Examples
    --------
    >>> T.stack([T.constant([1, 2]), T.constant([3, 4])], axis=1).eval()
    array([[1, 3],
           [2, 4]])
    """
    axis = kwargs.pop("axis", 0)
    if not tensors and "tensors" in kwargs:
        tensors = (kwargs.pop("tensors"),)
    if kwargs:
        raise TypeError(f"stack got an unexpected keyword argument {next(iter(kwargs))!r}")
    if not tensors:
        raise ValueError("stack needs at least one tensor")
    if isinstance(tensors[0], (list, tuple)):
        if len(tensors) == 2 and isinstance(tensors[1], (int, np.integer)):
            axis = int(tensors[1])
        elif len(tensors) > 1:
            raise TypeError("stack takes one list of tensors, or tensors one by one")
        tensors = tuple(tensors[0])
        if not tensors:
            raise ValueError("Cannot stack an empty list of tensors")
    variables = [as_tensor_variable(t) for t in tensors]
    if all(v.type.ndim == 0 for v in variables):
        return MakeVector(upcast(*(v.type.dtype for v in variables)))(*variables)
    ndim = variables[0].type.ndim
    if any(v.type.ndim != ndim for v in variables):
        raise TypeError(f"stack: {_dimensionalities(variables)}")
    axis = checked_axis(axis, ndim + 1, "stack")
    return join(axis, *(shape_padaxis(v, axis) for v in variables))


def stacklists(arg: Any) -> Any:
    """Nested lists of tensors as one tensor, each level of nesting an axis.

    Parameters
    ----------
    arg : nested lists or tuples of tensor-like
        The tensors, of one shape.

    Returns
    -------
    TensorVariable
        The axes are the levels of nesting, then those of the tensors; of the dtype that holds those of all.

    Raises
    ------
    TypeError
        The lists are not nested equally deep, or the tensors do not have the same number of axes.
    ValueError
        A list is empty.

    Examples
    --------
    >>> a, b, c, d = T.dscalars("a", "b", "c", "d")
    >>> stacklists([[a, b], [c, d]]).ndim   # of scalars
    2
    """
    return stack([stacklists(a) for a in arg]) if isinstance(arg, (list, tuple)) else as_tensor_variable(arg)


def horizontal_stack(*args: Any) -> Any:
    """Matrices side by side.

    Parameters
    ----------
    *args : tensor-like
        Two matrices or more, with equal numbers of rows.

    Returns
    -------
    TensorVariable
        A matrix, of the dtype that holds those of all.

    Raises
    ------
    <tensor errors>
    ValueError
        There are not two matrices at least, or the numbers of rows differ.

    Examples
    --------
    >>> T.horizontal_stack(T.constant([[1], [2]]), T.constant([[3], [4]])).eval()
    array([[1, 3],
           [2, 4]])
    """
    return _stack_matrices(1, args)


def vertical_stack(*args: Any) -> Any:
    """Matrices above each other.

    Parameters
    ----------
    *args : tensor-like
        Two matrices or more, with equal numbers of columns.

    Returns
    -------
    TensorVariable
        A matrix, of the dtype that holds those of all.

    Raises
    ------
    <tensor errors>
    ValueError
        There are not two matrices at least, or the numbers of columns differ.

    Examples
    --------
    >>> T.vertical_stack(T.constant([[1, 2]]), T.constant([[3, 4]])).eval()
    array([[1, 2],
           [3, 4]])
    """
    return _stack_matrices(0, args)


def _stack_matrices(axis: int, args: tuple[Any, ...]) -> Any:
    matrices = [as_tensor_variable(a) for a in args]
    if len(matrices) < 2 or any(m.type.ndim != 2 for m in matrices):
        raise ValueError("expected two or more matrices")
    return concatenate(matrices, axis=axis)


class Split(Op):
    """A tensor cut along an axis into `len_splits` parts of given lengths.

    Parameters
    ----------
    len_splits : int
        How many parts.

    Examples
    --------
    >>> [part.eval().tolist() for part in Split(2)(T.constant([1, 2, 3]), 0, [1, 2])]
    [[1], [2, 3]]
    """

    __props__ = ("len_splits",)
    linear_in = (0,)

    def __init__(self, len_splits: int) -> None:
        self.len_splits = int(len_splits)

    def __str__(self) -> str:
        return f"Split{{{self.len_splits}}}"

    def make_node(self, x: Any, axis: Any, splits: Any) -> Apply:
        x, axis, splits = as_tensor_variable(x), as_index(axis, "the axis of split"), as_shape_vector(splits)
        known, ndim = known_int(axis), x.type.ndim
        if ndim == 0 or known is not None and checked_axis(known, ndim, "Split") != known:
            known = checked_axis(known or 0, ndim, "Split")
            axis = index_constant(known)
        lengths = known_ints(splits)
        if lengths is not None:
            self._check(lengths, None if known is None else x.type.shape[known])
        outputs = []
        for k in range(self.len_splits):
            result: list[int | None] = [None] * ndim if known is None else list(x.type.shape)
            if known is not None:
                result[known] = unknown_if_one(lengths[k]) if lengths is not None else None
            outputs.append(new_tensor(x.type.dtype, result))
        return Apply(self, [x, axis, splits], outputs)

    def _check(self, lengths: tuple[int | None, ...], total: int | None) -> None:
        if len(lengths) != self.len_splits:
            raise ValueError(f"Split into {self.len_splits} parts, but {len(lengths)} lengths were given")
        if any(n is not None and n < 0 for n in lengths):
            raise ValueError(f"Split sizes cannot be negative, got {list(lengths)}")
        known = [n for n in lengths if n is not None]
        if total is not None and len(known) == len(lengths) and sum(known) != total:
            raise ValueError(f"The splits sum to {sum(known)}, expected {total}")

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, axis, splits = inputs
        axis = int(axis)
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(f"Split axis {axis} out of bounds [0, {x.ndim})")
        lengths = tuple(int(n) for n in splits)
        self._check(lengths, x.shape[axis])
        parts = np.split(x, np.cumsum(lengths)[:-1], axis=axis)
        for storage, part in zip(out, parts):
            storage[0] = part.copy()

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        x, axis, splits = node.inputs
        known = known_int(axis)
        result = []
        for k in range(self.len_splits):
            length = element(splits, k)
            result.append(
                tuple(
                    (length if i == known else s)
                    if known is not None
                    else switch(_is_axis(axis, i, x.type.ndim), length, s)
                    for i, s in enumerate(shapes[0])
                )
            )
        return result

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, axis, _ = inputs
        parts = [zero_gradient(o) if is_disconnected(g) else g for o, g in zip(outputs, gs)]
        of_numbers = undefined(self, inputs, [1, 2], "an axis and lengths are whole numbers")
        return [patternbroadcast(join(axis, *parts), x.type.broadcastable), *of_numbers]


def split(x: Any, splits_size: Any, n_splits: int, axis: Any = 0) -> Any | list[Any]:
    """`x` cut along `axis` into `n_splits` parts of lengths `splits_size`: a list, or the one part.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    splits_size : tensor-like
        A vector of `n_splits` integers, whose sum is the length of `axis`.
    n_splits : int
        How many parts.
    axis : int or 0-d integer tensor
        The axis that is cut.

    Returns
    -------
    list of TensorVariable, or TensorVariable
        The parts, of the dtype and number of axes of `x`; with ``n_splits=1`` the one.

    Raises
    ------
    ValueError
        There is no such axis, or the lengths are not `n_splits` whose sum is that of the axis (when it runs, if
        they are not known before).

    Examples
    --------
    >>> a, b = T.split(T.constant([1, 2, 3]), [1, 2], n_splits=2)
    >>> b.eval()
    array([2, 3])
    """
    return Split(n_splits)(x, axis, splits_size)


def roll(x: Any, shift: Any, axis: int | None = None) -> Any:
    """`x` with its elements moved by `shift` places along `axis`, around the end (default: flattened).

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    shift : int or 0-d integer tensor
        How many places; to the front if negative.
    axis : int or None
        None: `x` is flattened, moved, and gets its shape back.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.roll(T.arange(4), 1).eval()
    array([3, 0, 1, 2])
    """
    x, axis = as_tensor_variable(x), plain_axis(axis)
    if axis is None:
        if x.type.ndim == 1:
            return roll(x, shift, 0)
        return reshape(roll(flatten(x), shift, 0), shape(x), ndim=x.type.ndim)
    axis = checked_axis(axis, x.type.ndim, "roll")
    length = shape_i(x, axis)
    cut = length - as_index(shift, "shift") % maximum(length, 1)
    before: tuple[Any, ...] = (slice(None),) * axis
    result = join(axis, x[(*before, slice(cut, None))], x[(*before, slice(None, cut))])
    return patternbroadcast(result, x.type.broadcastable)


def _repetition(value: Any) -> Any:
    """A number of repetitions as an index; anything but a 0-d integer is a ValueError, as in Theano."""
    variable: Any = as_tensor_variable(value)
    if variable.type.ndim or variable.type.dtype not in INTEGER:
        raise ValueError(f"tile: a repetition must be a 0-d integer, got {variable} of type {variable.type}")
    return as_index(value, "a repetition")


def tile(x: Any, reps: Any, ndim: int | None = None) -> Any:
    """`x` repeated `reps` times along each axis.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    reps : int, 0-d integer, list of those, or integer vector
        How often along each axis, the last one being that of the last axis; of a vector the length must be
        known or given as `ndim`.
    ndim : int, optional
        How many axes the result has at least.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; each length is that of `x` times its repetitions.

    Raises
    ------
    <tensor errors>
    ValueError
        There are more `reps` than `ndim`, their number is not known, or they are no integers.

    Examples
    --------
    >>> T.tile(T.constant([1, 2]), 2).eval()
    array([1, 2, 1, 2])
    """
    x = as_tensor_variable(x)
    if not isinstance(reps, (list, tuple)):
        reps = as_tensor_variable(reps)
        if reps.type.ndim > 1:
            raise ValueError(f"tile: reps must be a number or a vector, got {reps} with {reps.type.ndim} dimensions")
        if reps.type.ndim == 1:
            known = known_ints(reps)
            count = len(known) if known is not None else ndim
            if count is None:
                raise ValueError("the length of reps is not known; give ndim")
            reps = [reps[i] for i in range(count)]
        else:
            reps = [reps]
    times = [_repetition(r) for r in reps]
    if ndim is not None and len(times) > ndim:
        raise ValueError(f"tile: {len(times)} repetitions for ndim={ndim}")
    result_ndim = max(ndim or 0, x.type.ndim, len(times))
    times = [index_constant(1)] * (result_ndim - len(times)) + times
    if x.type.ndim < result_ndim:
        x = shape_padleft(x, result_ndim - x.type.ndim)
    lengths = [shape_i(x, i) for i in range(result_ndim)]
    spread = dimshuffle(x, [o for i in range(result_ndim) for o in ("x", i)])
    repeated = alloc(spread, *(s for pair in zip(times, lengths) for s in pair))
    return reshape(repeated, [t * n for t, n in zip(times, lengths)])


fill(globals())
