"""Indexing by integer arrays, and writing through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.late import late
from theano.graph import Apply, Op, Variable
from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, INTEGER
from theano.tensor.checks.static_value import known_int
from theano.tensor.indexing.subtensor import (
    FULL,
    INDEX,
    Indexed,
    Written,
    as_numpy_index,
    as_written,
    fill_in,
    inc_subtensor,
    marks,
    slice_length,
    slice_static,
)
from theano.tensor.opsupport import (
    Shapes,
    StaticShape,
    as_index,
    disconnected,
    first_connected,
    index_constant,
    new_tensor,
    single,
    undefined,
    zero_gradient,
)
from theano.tensor.pointwise.math import eq, neq, switch
from theano.tensor.variable import as_tensor_variable

ARRAY = "a"
"""An entry of `idx_list` that stands for an input holding an integer array."""


def as_index_array(value: Any) -> Any:
    """`value` as a tensor of integers.

    Raises
    ------
    TypeError
        For other dtypes.
    """
    variable = as_tensor_variable(value)
    if variable.type.dtype not in INTEGER:
        raise TypeError(
            f"indices must be integers, got {variable} of dtype {variable.type.dtype}: write T.cast(i, 'int64')"
        )
    return variable


class _Reader(Indexed):
    """What the reading ops share."""

    linear_in = (0,)

    def writer(self, set_instead_of_inc: bool, inplace: bool = False) -> Op:
        """The op that writes where this one reads."""
        raise NotImplementedError

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, *indices = inputs
        rest = [disconnected() for _ in indices]
        if x.type.dtype in DISCRETE:
            return [zero_gradient(x), *rest]
        return [self.writer(False)(zero_gradient(x), gs[0], *indices), *rest]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))


def _rows(x: Any, ilist: Any) -> tuple[Variable, Variable]:
    x, ilist = as_tensor_variable(x), as_index_array(ilist)
    if ilist.type.ndim != 1:
        raise TypeError(f"the index must be a vector, got {ilist} with {ilist.type.ndim} dimensions")
    if x.type.ndim == 0:
        raise IndexError("cannot index into a 0-d tensor")
    return x, ilist


class AdvancedSubtensor1(_Reader):
    """``x[v]``: the rows of `x` numbered by the vector `v`.

    Parameters
    ----------
    sparse_grad : bool
        Whether the gradient of `x` is a sparse matrix.
    x, v : tensor-like
        Called with them: `x` of one axis at least, `v` a vector of integers.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; as many rows as `v` has elements.

    Raises
    ------
    <tensor errors>
    IndexError
        When it runs: there is no such row.

    Examples
    --------
    >>> T.matrix()[T.ivector()]
    AdvancedSubtensor1.0
    """

    __props__ = ()
    idx_list = (ARRAY,)
    #: Whether the gradient is a sparse matrix.
    sparse_grad = False

    def __new__(cls, sparse_grad: bool = False) -> AdvancedSubtensor1:
        if sparse_grad and cls is AdvancedSubtensor1:
            cls = late("part of rows with sparse gradient")
        return super().__new__(cls)

    def __init__(self, sparse_grad: bool = False) -> None:
        pass

    def __str__(self) -> str:
        return "AdvancedSubtensor1"

    def writer(self, set_instead_of_inc: bool, inplace: bool = False) -> Op:
        return AdvancedIncSubtensor1(inplace, set_instead_of_inc)

    def make_node(self, x: Any, ilist: Any) -> Apply:
        x, ilist = _rows(x, ilist)
        return single(self, [x, ilist], x.type.dtype, ilist.type.shape + x.type.shape[1:])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, ilist = inputs
        out[0][0] = x[ilist]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[1] + shapes[0][1:]]


class AdvancedIncSubtensor1(Written):
    """``x`` with its rows numbered by a vector set to, or increased by, `y`; repeats add up.

    Parameters
    ----------
    inplace : bool
        Whether `x` is overwritten: only in functions that accept it (``accept_inplace=True``).
    set_instead_of_inc : bool
        Whether `y` replaces what is there.
    x, y, v : tensor-like
        Called with them: `x` of one axis at least, `y` broadcast to ``x[v]``, `v` a vector of integers.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`, which itself does not change.

    Raises
    ------
    <tensor errors>
    IndexError
        When it runs: there is no such row.

    Examples
    --------
    >>> AdvancedIncSubtensor1()(T.constant([1, 2, 3]), T.constant([10, 10]), T.constant([0, 0])).eval()
    array([21,  2,  3])
    """

    __props__ = ("set_instead_of_inc", "inplace")
    idx_list = (ARRAY,)

    def __init__(self, inplace: bool = False, set_instead_of_inc: bool = False) -> None:
        self.set_instead_of_inc = bool(set_instead_of_inc)
        self._set_inplace(inplace)

    def __str__(self) -> str:
        how = "set" if self.set_instead_of_inc else "inc"
        return f"AdvancedIncSubtensor1{{{'inplace' if self.inplace else 'no_inplace'},{how}}}"

    def out_of_place(self) -> Op:
        return AdvancedIncSubtensor1(set_instead_of_inc=self.set_instead_of_inc)

    def _reader(self) -> Op:
        return AdvancedSubtensor1()

    def make_node(self, x: Any, y: Any, ilist: Any) -> Apply:
        x, ilist = _rows(x, ilist)
        y = as_written(x, y, ilist.type.shape + x.type.shape[1:])
        return single(self, [x, y, ilist], x.type.dtype, x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y, ilist = self._target(inputs[0]), inputs[1], inputs[2]
        if self.set_instead_of_inc:
            x[ilist] = y
        else:
            add_at(x, (ilist,), y)
        out[0][0] = x


def add_at(x: np.ndarray, index: tuple[Any, ...], y: np.ndarray) -> None:
    """Add `y` to ``x[index]``, once for each time that an element is named.

    `np.add.at` of NumPy 2.5 reads beyond the end of `y` where it would have to repeat it.
    """
    shape = np.broadcast_to(np.zeros((), bool), x.shape)[index].shape
    np.add.at(x, index, np.broadcast_to(y, shape))


class _General(Indexed):
    """Indexing by any mixture of arrays, integers and slices, by NumPy's rules."""

    def _inputs(self, indices: Sequence[Any]) -> list[Any]:
        """The index inputs, those of arrays as integer tensors and the others as 0-d int64."""
        kinds: list[Any] = []
        for entry in self.idx_list:
            if isinstance(entry, slice):
                kinds += [INDEX for p in (entry.start, entry.stop, entry.step) if p is not None]
            elif entry is not None:
                kinds.append(entry)
        if len(kinds) != len(indices):
            raise ValueError(f"{self} takes {len(kinds)} indices, {len(indices)} were given")
        return [as_index_array(i) if kind == ARRAY else as_index(i) for kind, i in zip(kinds, indices)]

    def _selected(self, x: Any, inputs: Sequence[Any]) -> StaticShape:
        """The static shape of ``x[...]``; IndexError for too many indices."""
        entries = self._entries(inputs)
        used = sum(e is not None for e in entries)
        if used > x.type.ndim:
            raise IndexError(f"too many indices for {x}: {used} for {x.type.ndim} dimensions")
        arrays = [e for e in entries if e is not None and not isinstance(e, slice)]
        lengths = iter(x.type.shape)
        rest: list[Any] = []
        for e in entries:
            if e is None:
                rest.append(1)
                continue
            length = next(lengths)
            if isinstance(e, slice):
                rest.append(slice_static(e, length))
            else:
                _check_range(e, length, x)
        ndim = max(a.type.ndim for a in arrays)
        common: list[int | None] = []
        for axis in range(-ndim, 0):
            found = [a.type.shape[axis] for a in arrays if -axis <= a.type.ndim]
            known = {n for n in found if n not in (None, 1)}
            if len(known) > 1:
                raise IndexError(f"index arrays of {self} differ in length on axis {axis}: {found}")
            common.append(known.pop() if known else None if None in found else 1)
        return self._placed(rest + list(lengths), common)

    def _placed(self, rest: Sequence[Any], common: Sequence[Any]) -> tuple[Any, ...]:
        """`common`, the axes that index arrays make, put at their place among the other axes."""
        where = [i for i, e in enumerate(self.idx_list) if e in (ARRAY, INDEX)]
        at = where[0] if where[-1] - where[0] == len(where) - 1 else 0
        return (*rest[:at], *common, *rest[at:])


def _check_range(index: Any, length: int | None, x: Any) -> None:
    known = known_int(index) if index.type.ndim == 0 else None
    if known is not None and length is not None and not -length <= known < length:
        raise IndexError(f"index {known} is out of bounds for an axis of {x} with size {length}")


class AdvancedSubtensor(_General, _Reader):
    """``x[...]`` with integer arrays among the indices, by NumPy's rules.

    Parameters
    ----------
    idx_list : sequence
        How indices are made of the inputs after the first.

    Examples
    --------
    >>> T.matrix()[T.arange(3), T.lvector()]
    AdvancedSubtensor.0
    """

    __props__ = ("idx_list",)

    def __init__(self, idx_list: Sequence[Any] = ()) -> None:
        self.idx_list = marks(idx_list)

    def __str__(self) -> str:
        return "AdvancedSubtensor"

    def writer(self, set_instead_of_inc: bool, inplace: bool = False) -> Op:
        return AdvancedIncSubtensor(inplace, set_instead_of_inc, self.idx_list)

    def make_node(self, x: Any, *indices: Any) -> Apply:
        x = as_tensor_variable(x)
        if not self.idx_list:  # it is read off the indices; what they are makes one op or another
            return _node_of(x[tuple(indices)])
        inputs = self._inputs(indices)
        return single(self, [x, *inputs], x.type.dtype, self._selected(x, inputs))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        index = tuple(as_numpy_index(e) for e in fill_in(self.idx_list, inputs[1:]))
        out[0][0] = np.ascontiguousarray(inputs[0][index])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        entries = self._entries(node.inputs[1:])
        position = {id(v): k for k, v in enumerate(node.inputs)}
        lengths = iter(shapes[0])
        rest: list[Any] = []
        arrays: list[tuple[Any, tuple[Any, ...]]] = []
        for e in entries:
            if e is None:
                rest.append(index_constant(1))
                continue
            length = next(lengths)
            if isinstance(e, slice):
                rest.append(length if e == FULL else slice_length(e, length))
            else:
                arrays.append((e, shapes[position[id(e)]]))
        common = _broadcast_lengths(arrays)
        dims = self._placed(rest + list(lengths), common)
        static = node.outputs[0].type.shape
        return [tuple(d if s is None else index_constant(s) for d, s in zip(dims, static))]


def _broadcast_lengths(arrays: list[tuple[Any, tuple[Any, ...]]]) -> list[Any]:
    """The shape to which index arrays broadcast; by NumPy's rule, for lengths that are not declared."""
    result: list[Any] = []
    for axis in range(-max(a.type.ndim for a, _ in arrays), 0):
        here = [(a, s) for a, s in arrays if -axis <= a.type.ndim]
        lengths: dict[Any, Any] = {}
        for a, s in here:
            if not a.type.broadcastable[axis]:
                lengths.setdefault(_of_one_length(a), s[axis])
        wide = list(dict.fromkeys(lengths.values()))
        length = wide[0] if wide else index_constant(1)
        for other in wide[1:]:
            length = switch(eq(length, 1), other, length)
        result.append(length)
    return result


def _of_one_length(array: Any) -> Any:
    """The same for arrays that are known to have one length: the positions that a mask has become."""
    return array.owner if array.owner is not None and isinstance(array.owner.op, Nonzero) else array


class AdvancedIncSubtensor(_General, Written):
    """``x`` with ``x[...]`` set to, or increased by, `y`; repeats add up, the last one set stays.

    Parameters
    ----------
    inplace : bool
        Whether `x` is overwritten: only in functions that accept it (``accept_inplace=True``).
    set_instead_of_inc : bool
        Whether `y` replaces what is there.
    idx_list : sequence
        How indices are made of the inputs after the second.

    Examples
    --------
    >>> x = T.constant([1, 2, 3])
    >>> T.inc_subtensor(x[[0, 0]], 10).eval()
    array([21,  2,  3])
    >>> T.inc_subtensor(x[[0, 0]], 10).owner.op
    AdvancedIncSubtensor1{no_inplace,inc}
    """

    __props__ = ("idx_list", "set_instead_of_inc", "inplace")

    def __init__(
        self, inplace: bool = False, set_instead_of_inc: bool = False, idx_list: Sequence[Any] = ()
    ) -> None:
        self.idx_list = marks(idx_list)
        self.set_instead_of_inc = bool(set_instead_of_inc)
        self._set_inplace(inplace)

    def __str__(self) -> str:
        return f"AdvancedIncSubtensor{{inplace={self.inplace},  set_instead_of_inc={self.set_instead_of_inc}}}"

    def out_of_place(self) -> Op:
        return AdvancedIncSubtensor(set_instead_of_inc=self.set_instead_of_inc, idx_list=self.idx_list)

    def _reader(self) -> Op:
        return AdvancedSubtensor(self.idx_list)

    def make_node(self, x: Any, y: Any, *indices: Any) -> Apply:
        x = as_tensor_variable(x)
        if not self.idx_list:
            part = x[tuple(indices)]
            return _node_of(inc_subtensor(part, y, inplace=self.inplace, set_instead_of_inc=self.set_instead_of_inc))
        inputs = self._inputs(indices)
        y = as_written(x, y, self._selected(x, inputs))
        return single(self, [x, y, *inputs], x.type.dtype, x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y = self._target(inputs[0]), inputs[1]
        index = tuple(as_numpy_index(e) for e in fill_in(self.idx_list, inputs[2:]))
        if self.set_instead_of_inc:
            x[index] = y
        else:
            add_at(x, index, y)
        out[0][0] = x


def _node_of(variable: Any) -> Apply:
    node: Apply = variable.owner
    return node


class Nonzero(Op):
    """The positions of non-zero elements, one int64 vector for each axis.

    With a second input, the shape of the tensor that is to be indexed, it is checked that the mask fits
    (IndexError), so that a mask can become its positions when an expression is built.

    Examples
    --------
    >>> [v.eval().tolist() for v in Nonzero()(T.constant([[0, 3], [4, 0]]))]
    [[0, 1], [1, 0]]
    """

    __props__ = ()

    def make_node(self, x: Any, target: Any = None) -> Apply:
        x = as_tensor_variable(x)
        if x.type.ndim == 0:
            raise ValueError("Nonzero only supports non-scalar arrays.")
        if x.type.dtype in COMPLEX:
            x = neq(x, np.zeros((), x.type.dtype))
        inputs = [x] if target is None else [x, as_tensor_variable(target)]
        return Apply(self, inputs, [new_tensor("int64", (None,)) for _ in range(x.type.ndim)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        mask = inputs[0]
        if len(inputs) > 1 and tuple(int(n) for n in inputs[1]) != mask.shape:
            raise IndexError(
                f"boolean index did not match indexed array: the mask has shape {mask.shape}, not {inputs[1]}"
            )
        for storage, positions in zip(out, np.nonzero(mask)):
            storage[0] = np.ascontiguousarray(positions, dtype="int64")

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        found = undefined(self, inputs, [0], "which elements are zero changes by jumps")
        return [*found, *(disconnected() for _ in inputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None] * inputs[0].type.ndim

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), outputs=len(node.outputs))


# One axis by one vector: the functions that programs call.
advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)


fill(globals())
