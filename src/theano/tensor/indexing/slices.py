"""Slices as values: their type, and the op that makes one of its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Op, Type, Variable
from theano.graph.common_text import fill
from theano.tensor.opsupport import Shapes, as_index, disconnected, new_tensor
from theano.tensor.type_other import NoneConst

__all__ = ["MakeSlice", "SliceConstant", "SliceType", "as_int_none_variable", "make_slice", "plain_index", "slicetype"]


class SliceConstant(Constant):
    """A slice whose bounds are known.

    Parameters
    ----------
    type : Type
        `slicetype`.
    data : slice
        The slice, of ints and None.
    name : str, optional
        What it is called.

    Examples
    --------
    >>> from theano.tensor.indexing.slices import SliceConstant, slicetype
    >>> print(SliceConstant(slicetype, slice(1, None)))
    SliceConstant{1, None, None}
    """

    def __str__(self) -> str:
        return f"SliceConstant{{{self.data.start}, {self.data.stop}, {self.data.step}}}"


class SliceType(Type):
    """The type of Python's slices.

    <called type>

    Examples
    --------
    >>> slicetype.is_valid_value(slice(1, 2)), slicetype.is_valid_value(3)
    (True, False)
    """

    __props__ = ()
    Constant = SliceConstant

    def filter(self, x: Any, strict: bool = False, allow_downcast: bool | None = None) -> slice:
        if not isinstance(x, slice):
            raise TypeError(f"Expected a slice, found {x!r}")
        return x

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether two values share memory that can be written: nothing of them can."""
        return False

    def __str__(self) -> str:
        return "slice"


slicetype = SliceType()


def as_int_none_variable(x: Any) -> Any:
    """`x` as a variable: None, or a 0-d integer (see `as_index` for errors).

    Parameters
    ----------
    x : None, int or 0-d integer tensor
        A bound of a slice.

    Returns
    -------
    Variable
        `theano.tensor.NoneConst`, or a 0-d int64.

    Raises
    ------
    TypeError
        `x` is no integer.

    Examples
    --------
    >>> T.as_int_none_variable(None), T.as_int_none_variable(3)
    (NoneConst, TensorConstant{3})
    """
    if x is None or x is NoneConst:
        return NoneConst
    return as_index(x, "a bound of a slice")


class MakeSlice(Op):
    """The slice with the given bounds, each None or a 0-d integer.

    Parameters
    ----------
    *bounds : None, int or 0-d integer tensor
        Called with them, as `slice`: start, stop and step.

    Returns
    -------
    Variable
        Of the type of slices.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> make_slice(1, T.lscalar("n")).type
    slice
    """

    __props__ = ()

    def make_node(self, slc: Any, stop: Any = None, step: Any = None) -> Apply:
        bounds = (slc.start, slc.stop, slc.step) if isinstance(slc, slice) else (slc, stop, step)
        return Apply(self, [as_int_none_variable(b) for b in bounds], [slicetype()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = slice(*(None if b is None else int(b) for b in inputs))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [disconnected() for _ in inputs]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] for _ in node.inputs]


make_slice = MakeSlice()


class SliceBounds(Op):
    """The bounds of a slice on an axis: start, stop and step as 0-d integers that mean there what the slice means.

    So a slice that is only known when the program runs indexes as ``x[start:stop:step]``.

    Examples
    --------
    >>> from theano.tensor.indexing.slices import slice_bounds, slicetype
    >>> s = slicetype("s")
    >>> [int(b.eval({s: slice(None, None, -1)})) for b in slice_bounds(s, 3)]
    [2, -4, -1]
    """

    __props__ = ()

    def make_node(self, s: Any, length: Any) -> Apply:
        return Apply(self, [as_slice(s), as_index(length, "a length")], [new_tensor("int64", ()) for _ in range(3)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        s, length = inputs
        *ends, step = s.indices(int(length))
        for cell, bound in zip(out, (*(-1 - length if end < 0 else end for end in ends), step), strict=True):
            cell[0] = np.asarray(bound, "int64")  # in front of the axis, and not counted from its end

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(), (), ()]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [disconnected() for _ in inputs]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * 3 for _ in node.inputs]


slice_bounds = SliceBounds()


def as_slice(value: Any) -> Variable:
    """A slice as a variable: a constant where all its bounds are known."""
    if isinstance(value, Variable):
        return value
    if any(isinstance(b, Variable) for b in (value.start, value.stop, value.step)):
        made: Variable = make_slice(value)
        return made
    return SliceConstant(slicetype, value)


def plain_index(entry: Any) -> Any:
    """An index as Python writes it: what stands for None or a slice becomes one; others stay.

    Examples
    --------
    >>> from theano.tensor.indexing.slices import plain_index
    >>> n = T.lscalar("n")
    >>> plain_index(T.make_slice(1, n)), plain_index(n)
    (slice(TensorConstant{1}, n, None), n)
    """
    if entry is NoneConst:
        return None
    if isinstance(entry, SliceConstant):
        return entry.data
    if isinstance(entry, Variable) and entry.type == slicetype and entry.owner is not None:
        if isinstance(entry.owner.op, MakeSlice):
            return slice(*(plain_index(bound) for bound in entry.owner.inputs))
    return entry


fill(globals())
