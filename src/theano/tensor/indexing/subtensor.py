"""Basic indexing (integers and slices), and writing through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Op
from theano.scalar.dtypes import DISCRETE
from theano.scalar.user import Scalar
from theano.tensor.checks.declared_shapes import addbroadcast
from theano.tensor.checks.static_value import (
    NotScalarConstantError,
    get_scalar_constant_value,
    known_int,
    known_vector,
)
from theano.tensor.making.alloc import alloc, sum_to
from theano.tensor.opsupport import (
    LONGEST,
    Shapes,
    StaticShape,
    as_index,
    disconnected,
    first_connected,
    index_constant,
    single,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.pointwise.math import cast, lt, maximum, minimum, second, switch
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.reshaping import Reshape, reshape
from theano.tensor.shaping.shape import shape, shape_tuple
from theano.tensor.variable import as_tensor_variable

INDEX = Scalar("int64")
"""An entry of `idx_list` that stands for the next index input: its type, as in Theano."""

FULL = slice(None)

_PARTS = frozenset((None, INDEX))


def marks(idx_list: Sequence[Any]) -> tuple[Any, ...]:
    """`idx_list` with `INDEX` for types of integers, which older programs write: all index inputs are int64."""
    return tuple([_mark(e) for e in idx_list])


def _mark(entry: Any) -> Any:
    if isinstance(entry, slice):
        parts = entry.start, entry.stop, entry.step
        if _PARTS.issuperset(parts):
            return entry
        return slice(*(None if p is None else INDEX for p in parts))
    return entry if entry is None or isinstance(entry, str) else INDEX


def fill_in(idx_list: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """`idx_list` with its place-holders replaced by `inputs`, in order."""
    left = iter(inputs)
    return [_filled(entry, left) for entry in idx_list]


def _filled(entry: Any, left: Iterator[Any]) -> Any:
    if isinstance(entry, slice):
        parts = (entry.start, entry.stop, entry.step)
        return slice(*(None if p is None else next(left) for p in parts))
    return None if entry is None else next(left)


def take_apart(entries: Sequence[Any]) -> tuple[tuple[Any, ...], list[Any]]:
    """The `idx_list` and the index inputs of basic indices (0-d integers, slices of such)."""
    idx_list: list[Any] = []
    inputs: list[Any] = []
    for entry in entries:
        if isinstance(entry, slice):
            parts = [
                None if p is None else as_index(p, "a slice's part", clamp=True)
                for p in (entry.start, entry.stop, entry.step)
            ]
            inputs.extend(p for p in parts if p is not None)
            idx_list.append(slice(*(None if p is None else INDEX for p in parts)))
        else:
            inputs.append(as_index(entry))
            idx_list.append(INDEX)
    return tuple(idx_list), inputs


def as_numpy_index(entry: Any) -> Any:
    """An index made of arrays as NumPy takes it: slices with Python integers."""
    if isinstance(entry, slice):
        return slice(*(None if p is None else int(p) for p in (entry.start, entry.stop, entry.step)))
    return entry


def slice_static(entry: slice, length: int | None) -> int | None:
    """The static length of a sliced axis; 1 only where the axis stays broadcastable.

    A broadcastable axis stays so under ``[:b:s]`` and ``[0:b:s]`` with ``b`` absent, or positive as ``s`` is then.
    """
    parts = (entry.start, entry.stop, entry.step)
    known = [None if p is None else known_int(p) for p in parts]
    if any(p is not None and k is None for p, k in zip(parts, known)):
        return None
    if known[2] == 0:
        raise ValueError("slice step cannot be zero")
    if length is None:
        return None
    forward = known[2] is None or known[2] > 0
    if length == 1 and known[0] in (None, 0) and (known[1] is None or (known[1] > 0 and forward)):
        return 1
    return unknown_if_one(len(range(*slice(*known).indices(length))))


def slice_length(entry: slice, length: Any) -> Any:
    """The length of a sliced axis as an expression of the axis's length.

    Nothing in it goes beyond the length of the axis, so nothing wraps around (see `theano.lower.ops.indexing`).
    """
    step = 1 if entry.step is None else known_int(entry.step)
    if step is None:
        longest = maximum(length, 1)
        forward = _slice_length(entry, minimum(entry.step, longest), length, True)
        backward = _slice_length(entry, -maximum(entry.step, -longest), length, False)
        return switch(lt(entry.step, 0), backward, forward)
    return _slice_length(entry, min(abs(step), LONGEST), length, step > 0)


def _slice_length(entry: slice, size: Any, length: Any, forward: bool) -> Any:
    """The same for one of the directions, and a step of `size` in it."""
    low, high = (0, length) if forward else (-1, length - 1)
    first, last = (low, high) if forward else (high, low)
    start = first if entry.start is None else _clamped(entry.start, length, low, high)
    stop = last if entry.stop is None else _clamped(entry.stop, length, low, high)
    if entry.start is None and entry.stop is None:
        span = length
    elif forward:
        span = stop if isinstance(start, int) and start == 0 else stop - start
    else:
        span = start - stop
    if isinstance(span, int):
        span = index_constant(span)
    count = span if isinstance(size, int) and size == 1 else (span + (size - 1)) // size
    # clamped bounds can cross only if both were given
    return count if entry.start is None or entry.stop is None else maximum(count, 0)


def _clamped(bound: Any, length: Any, low: Any, high: Any) -> Any:
    """A slice bound counted from the front, within [low, high]."""
    known = known_int(bound)
    if known is None:
        return minimum(maximum(switch(lt(bound, 0), bound + length, bound), low), high)
    if known < 0:
        return maximum(length + known, low)
    return 0 if known == 0 and low == 0 else minimum(known, high)


def index_text(idx_list: Sequence[Any]) -> str:
    """`idx_list` as it is printed: ``int64``, ``int64:int64:``, ``::int64``."""
    return ", ".join(_entry_text(e) for e in idx_list)


def _entry_text(entry: Any) -> str:
    if not isinstance(entry, slice):
        return {INDEX: "int64", None: "newaxis"}.get(entry, "array")
    start, stop, step = ("" if p is None else "int64" for p in (entry.start, entry.stop, entry.step))
    return f"{start}:{stop}:{step}"


class AdvancedIndexingError(TypeError):
    """Raised by `Subtensor` for an index that is an array: `AdvancedSubtensor` takes these."""


class AdvancedBooleanIndexingError(TypeError):
    """Raised by `Subtensor` for an index that is a mask."""


class Indexed(Op):
    """What reading and writing through `idx_list` have in common."""

    idx_list: tuple[Any, ...]

    def _props(self) -> tuple[Any, ...]:
        """`__props__` in a hashable form (before Python 3.12 slices are not)."""
        entries = [(e.start, e.stop, e.step) if isinstance(e, slice) else e for e in self.idx_list]
        return (tuple(entries), getattr(self, "set_instead_of_inc", None))

    def _entries(self, inputs: Sequence[Any]) -> list[Any]:
        return fill_in(self.idx_list, inputs)

    def _basic_shape(self, x: Any, entries: Sequence[Any]) -> StaticShape:
        """The static shape of basic indexing; IndexError for an index known to be out of range."""
        if len(entries) > x.type.ndim:
            raise IndexError(f"too many indices for {x}: {len(entries)} for {x.type.ndim} dimensions")
        result: list[int | None] = []
        for axis, (entry, length) in enumerate(zip(entries, x.type.shape)):
            if isinstance(entry, slice):
                result.append(slice_static(entry, length))
                continue
            known = known_int(entry)
            if known is not None and length is not None and not -length <= known < length:
                raise IndexError(f"index {known} is out of bounds for axis {axis} of {x} with size {length}")
        return (*result, *x.type.shape[len(entries) :])

    def _check_count(self, inputs: Sequence[Any]) -> None:
        slots = sum(
            sum(p is not None for p in (e.start, e.stop, e.step)) if isinstance(e, slice) else e is not None
            for e in self.idx_list
        )
        if slots != len(inputs):
            raise ValueError(f"{self} takes {slots} indices, {len(inputs)} were given")


def _basic_index(value: Any) -> Any:
    """`value` as a 0-d integer."""
    variable = as_tensor_variable(value)
    if variable.type.ndim:
        error = AdvancedBooleanIndexingError if variable.type.dtype == "bool" else AdvancedIndexingError
        raise error(f"Subtensor takes numbers as indices, got {variable} of type {variable.type}: write x[...]")
    return as_index(variable)


class Subtensor(Indexed):
    """``x[...]`` with integers and slices.

    Parameters
    ----------
    idx_list : sequence
        The index, with a place-holder for each number that is an input.

    Examples
    --------
    >>> T.matrix()[1:3]
    Subtensor{int64:int64:}.0
    """

    __props__ = ("idx_list",)
    view_map = {0: [0]}
    linear_in = (0,)

    def __init__(self, idx_list: Sequence[Any]) -> None:
        self.idx_list = marks(idx_list)

    def __str__(self) -> str:
        return f"Subtensor{{{index_text(self.idx_list)}}}"

    def make_node(self, x: Any, *indices: Any) -> Apply:
        x = as_tensor_variable(x)
        inputs = [_basic_index(i) for i in indices]
        self._check_count(inputs)
        return single(self, [x, *inputs], x.type.dtype, self._basic_shape(x, self._entries(inputs)))

    @staticmethod
    def collapse(idxs: Sequence[Any], cond: Callable[[Any], bool]) -> list[Any]:
        """The entries of an index, and the parts of its slices, for which `cond` holds, in one list.

        Examples
        --------
        >>> T.Subtensor.collapse((slice(1, None), 3), lambda e: e is not None)
        [1, 3]
        """
        parts = [p for e in idxs for p in ((e.start, e.stop, e.step) if isinstance(e, slice) else (e,))]
        return [p for p in parts if cond(p)]

    def get_constant_idx(
        self, inputs: Sequence[Any], allow_partial: bool = False, only_process_constants: bool = False,
        elemwise: bool = True,
    ) -> list[Any]:  # fmt: skip
        """The index of a node, with numbers where they are known.

        Parameters
        ----------
        inputs
            Those of the node: the tensor, then indices.
        allow_partial
            What is not known stays a variable; else it is an error.
        only_process_constants, elemwise
            See `get_scalar_constant_value`.

        Raises
        ------
        NotScalarConstantError
            Something is not known.

        Examples
        --------
        >>> v = T.lscalar("v")
        >>> node = T.dmatrix()[v, 1:3].owner
        >>> node.op.get_constant_idx(node.inputs, allow_partial=True)
        [v, slice(1, 3, None)]
        """

        def known(variable: Any) -> Any:
            try:
                return int(get_scalar_constant_value(variable, elemwise, only_process_constants))
            except NotScalarConstantError:
                if allow_partial:
                    return variable
                raise

        return self._entries([known(i) for i in inputs[1:]])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        index = fill_in(self.idx_list, [int(i) for i in inputs[1:]])
        out[0][0] = np.asarray(inputs[0][tuple(index)])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        static = iter(node.outputs[0].type.shape)
        entries = self._entries(node.inputs[1:])
        dims: list[Any] = []
        for i, length in enumerate(shapes[0]):
            entry = entries[i] if i < len(entries) else FULL
            if isinstance(entry, slice):
                known = next(static)
                dims.append(slice_length(entry, length) if known is None else index_constant(known))
        return [tuple(dims)]

    def known_scalar(self, node: Apply, depth: int) -> np.ndarray | None:
        if isinstance(node.inputs[0], Constant):
            return self._of_constant(node, depth)
        if self.idx_list != (INDEX,):
            return None
        elements, i = known_vector(node.inputs[0], depth), known_int(node.inputs[1], depth)
        if elements is None or i is None or not -len(elements) <= i < len(elements) or elements[i] is None:
            return None
        return np.asarray(elements[i])

    def _of_constant(self, node: Apply, depth: int) -> np.ndarray | None:
        """The one element that the indices, if they are known, pick of a constant."""
        x, *indices = node.inputs
        known = [known_int(i, depth) for i in indices]
        if any(i is None for i in known):
            return None
        try:
            picked = x.data[tuple(fill_in(self.idx_list, known))]
        except (IndexError, ValueError):  # it will be raised by those who need the value
            return None
        return np.array(picked).reshape(()) if np.size(picked) == 1 else None

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...] | None:
        elements = known_vector(node.inputs[0], depth)
        if elements is None or len(self.idx_list) > 1:
            return None
        entry = self._entries([known_int(i, depth) for i in node.inputs[1:]])[0] if self.idx_list else FULL
        wanted = self.idx_list[0] if self.idx_list else FULL
        pairs = zip((wanted.start, wanted.stop, wanted.step), (entry.start, entry.stop, entry.step))
        return None if any(w is not None and e is None for w, e in pairs) else elements[entry]

    def written_back(self, node: Apply, new: Any) -> Any:
        """The input, of which the output is a view, once that holds `new`."""
        x, *indices = node.inputs
        return IncSubtensor(self.idx_list, set_instead_of_inc=True)(x, new, *indices)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, *indices = inputs
        rest = [disconnected() for _ in indices]
        if x.type.dtype in DISCRETE:
            return [zero_gradient(x), *rest]
        return [IncSubtensor(self.idx_list)(zero_gradient(x), gs[0], *indices), *rest]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))


class Written(Indexed):
    """``x`` with ``x[...]`` replaced by, or increased by, `y`: the base of the writing ops."""

    set_instead_of_inc: bool
    #: Whether it overwrites `x`: a function that accepts this leaves the result in the caller's array.
    inplace: bool = False
    jointly_linear_in = (0, 1)

    def _set_inplace(self, inplace: bool) -> None:
        self.inplace = bool(inplace)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def out_of_place(self) -> Any:
        raise NotImplementedError

    def _twin(self) -> Any:
        return self.out_of_place() if self.inplace else self

    def _target(self, x: np.ndarray) -> np.ndarray:
        """Return the array that `perform` writes into: `x` itself if the op is in place, else a copy."""
        return x if self.inplace else np.array(x)

    def _reader(self) -> Op:
        raise NotImplementedError

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x, y, *indices), g = inputs, gs[0]
        rest = [disconnected() for _ in indices]
        if outputs[0].type.dtype in DISCRETE:
            return [zero_gradient(x), zero_gradient(y), *rest]
        gx = g
        if self.set_instead_of_inc:
            gx = self._twin()(g, np.asarray(0, dtype=g.type.dtype), *indices)
        return [gx, _gradient_of_written(self._reader()(g, *indices), y), *rest]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None and eval_points[1] is None:
            return [None]
        x, y = (zero_gradient(i) if e is None else e for i, e in zip(inputs, eval_points[:2]))
        return [self._twin()(x, y, *inputs[2:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), (0, 1))


def _gradient_of_written(g: Any, y: Any) -> Any:
    """The gradient of `y` from that of the part it is written to, along which it may be repeated.

    That is known where an axis is declared to be broadcastable. Where a length turns out to be 1 only at run time, the
    result of `second` is an error, not numbers for another shape.
    """
    gy = sum_to(g, y)
    known = all(n is not None and n == m for n, m in zip(y.type.shape, gy.type.shape))
    return gy if known else second(y, gy)


def as_written(x: Any, y: Any, target: StaticShape) -> Any:
    """`y` as the value to write over a part of `x` of static shape `target`."""
    y = as_tensor_variable(y)
    if y.type.ndim > len(target):
        raise TypeError(
            f"Trying to write {y} of {y.type.ndim} dimensions into {len(target)} dimensions of {x}"
        )
    offset = len(target) - y.type.ndim
    for axis, length in enumerate(y.type.shape):
        room = target[axis + offset]
        if room is not None and length not in (None, 1, room):
            raise ValueError(
                f"cannot write axis {axis} of {y} with length {length} where there is room for {room}"
            )
    y = addbroadcast(y, *(i for i in range(y.type.ndim) if target[i + offset] == 1))
    return y if y.type.dtype == x.type.dtype else cast(y, x.type.dtype)


class IncSubtensor(Written):
    """``x`` with ``x[...]`` set to, or increased by, `y`; integers and slices.

    Parameters
    ----------
    idx_list : sequence
        The index, with a place-holder for each number that is an input.
    inplace : bool
        Whether `x` is overwritten: only in functions that accept it (``accept_inplace=True``).
    set_instead_of_inc : bool
        Whether `y` replaces what is there.
    destroyhandler_tolerate_aliased : sequence
        Has no meaning here.

    Examples
    --------
    >>> T.set_subtensor(T.vector()[0], 1.)
    IncSubtensor{Set;int64}.0
    """

    __props__ = ("idx_list", "set_instead_of_inc", "inplace")

    def __init__(
        self, idx_list: Sequence[Any], inplace: bool = False, set_instead_of_inc: bool = False,
        destroyhandler_tolerate_aliased: Any = None,
    ) -> None:  # fmt: skip
        self.idx_list = marks(idx_list)
        self.set_instead_of_inc = bool(set_instead_of_inc)
        self._set_inplace(inplace)

    def __str__(self) -> str:
        how = ("Inplace" if self.inplace else "") + ("Set" if self.set_instead_of_inc else "Inc")
        return f"IncSubtensor{{{how};{index_text(self.idx_list)}}}"

    def out_of_place(self) -> Op:
        return IncSubtensor(self.idx_list, set_instead_of_inc=self.set_instead_of_inc)

    def _reader(self) -> Op:
        return Subtensor(self.idx_list)

    def make_node(self, x: Any, y: Any, *indices: Any) -> Apply:
        x = as_tensor_variable(x)
        inputs = [as_index(i) for i in indices]
        self._check_count(inputs)
        y = as_written(x, y, self._basic_shape(x, self._entries(inputs)))
        return single(self, [x, y, *inputs], x.type.dtype, x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y = self._target(inputs[0]), inputs[1]
        index = tuple(fill_in(self.idx_list, [int(i) for i in inputs[2:]]))
        if self.set_instead_of_inc:
            x[index] = y
        else:
            x[index] += y
        out[0][0] = x


def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Any:
    """The tensor that `x` is a part of, with that part increased by `y`.

    Parameters
    ----------
    x : TensorVariable
        An indexed tensor, possibly reshaped: ``a[...]``.
    y : tensor-like
        The increment, broadcast to ``a[...]`` and cast to its dtype.
    inplace : bool
        Whether `a` is overwritten: only in functions that accept it (``accept_inplace=True``).
    tolerate_inplace_aliasing : bool
        Has no meaning here.
    set_instead_of_inc : bool
        Whether to replace the part: `set_subtensor`.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `a`, which itself does not change. Places that an index names twice are
        increased twice.

    Raises
    ------
    TypeError
        `x` is not ``a[...]``, or `y` has more axes than it.
    ValueError
        `y` does not have the shape of that part (when it runs, if that is not known before).

    Examples
    --------
    >>> T.inc_subtensor(T.zeros(3)[1:], 1.).eval()
    array([0., 1., 1.])
    """
    part = as_tensor_variable(x)
    node = part.owner
    if node is not None and isinstance(node.op, Reshape):
        return _through_reshape(part, as_tensor_variable(y), inplace, set_instead_of_inc)
    write = None if node is None else getattr(node.op, "writer", None)
    if node is not None and isinstance(node.op, Subtensor):
        write = IncSubtensor(node.op.idx_list, inplace, set_instead_of_inc)
    elif write is not None:
        write = write(set_instead_of_inc, inplace)
    if write is None or node is None:
        raise TypeError(f"x must be the result of a subtensor operation (a[...]), got {part}")
    return write(node.inputs[0], y, *node.inputs[1:])


def _through_reshape(part: Any, y: Any, inplace: bool, set_instead_of_inc: bool) -> Any:
    """Write into ``reshape(a[...])`` by reshaping the value instead."""
    inner = part.owner.inputs[0]
    if y.type.ndim > part.type.ndim:
        raise TypeError(f"Trying to write {y} of {y.type.ndim} dimensions into {part.type.ndim} dimensions")
    if y.type.ndim:
        y = shape_padleft(y, part.type.ndim - y.type.ndim) if y.type.ndim < part.type.ndim else y
        if any(y.type.broadcastable):
            y = alloc(y, *shape_tuple(part))
        y = reshape(y, shape(inner), ndim=inner.type.ndim)
    return inc_subtensor(inner, y, inplace, set_instead_of_inc)


def set_subtensor(x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Any:
    """The tensor that `x` is a part of, with that part replaced by `y`; see `inc_subtensor`.

    Parameters
    ----------
    x : TensorVariable
        An indexed tensor, possibly reshaped: ``a[...]``.
    y : tensor-like
        What is written, broadcast to ``a[...]`` and cast to its dtype.
    inplace : bool
        Whether `a` is overwritten: only in functions that accept it (``accept_inplace=True``).
    tolerate_inplace_aliasing : bool
        Has no meaning here.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `a`, which itself does not change.

    Raises
    ------
    TypeError
        `x` is not ``a[...]``, or `y` has more axes than it.
    ValueError
        `y` does not have the shape of that part (when it runs, if that is not known before).

    Examples
    --------
    >>> T.set_subtensor(T.zeros(3)[1:], 1.).eval()
    array([0., 1., 1.])
    """
    return inc_subtensor(x, y, inplace, set_instead_of_inc=True)
