"""What the user says of shapes: lengths (`specify_shape`), and which axes are broadcastable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.tensor.checks.static_value import known_as_input, known_ints
from theano.tensor.masks import moved
from theano.tensor.opsupport import Shapes, disconnected, first_connected, index_constant, single, unknown_if_one
from theano.tensor.shaping.shape import as_shape_vector
from theano.tensor.variable import as_tensor_variable


class SpecifyShape(Op):
    """`x`, whose shape is asserted to be the given one.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.
    shape : sequence or vector of integers
        The lengths of all axes.

    Returns
    -------
    tensor
        `x`, with what is known of its shape.

    Raises
    ------
    <tensor errors>
    AssertionError
        `x` has another number of dimensions; or when it runs: another shape.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> T.specify_shape(x, (1, 2)).eval({x: [[3, 4]]})
    array([[3., 4.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    linear_in = (0,)

    def make_node(self, x: Any, lengths: Any) -> Apply:
        x = as_tensor_variable(x)
        lengths = as_shape_vector(lengths)
        known = known_ints(lengths)
        if known is not None and len(known) != x.type.ndim:
            raise AssertionError(
                f"SpecifyShape: {x} has {x.type.ndim} dimensions, the shape {lengths} {len(known)}"
            )
        result = []
        for axis, (have, given) in enumerate(zip(x.type.shape, known or (None,) * x.type.ndim)):
            if have is not None and given is not None and have != given:
                raise AssertionError(f"SpecifyShape: axis {axis} of {x} has length {have}, not {given}")
            result.append(given if have is None else have)
        return single(self, [x, lengths], x.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, lengths = inputs
        if x.shape != tuple(int(n) for n in lengths):
            raise AssertionError(
                f"SpecifyShape: got shape {x.shape}, expected {tuple(int(n) for n in lengths)}"
            )
        out[0][0] = x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        lengths = node.inputs[1]
        known = known_ints(lengths)
        if known is None:
            return [shapes[0]]
        return [tuple(s if k is None else index_constant(k) for s, k in zip(shapes[0], known))]

    def written_back(self, node: Apply, new: Any) -> Any:
        """The input, of which the output is a view, once that holds `new`."""
        return patternbroadcast(new, node.inputs[0].type.broadcastable)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, lengths = inputs
        g = moved(gs[0], lambda v: patternbroadcast(self(v, lengths), x.type.broadcastable), x)
        return [g, disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


specify_shape = SpecifyShape()


class Rebroadcast(Op):
    """`x` with the broadcast pattern of some axes changed.

    Parameters
    ----------
    *axis
        Pairs of an axis and whether it is broadcastable.

    Examples
    --------
    >>> Rebroadcast((0, True))(T.matrix()).type
    TensorType(float64, row)
    """

    __props__ = ("items",)
    view_map = {0: [0]}
    costs_nothing = True
    never_fails = True
    linear_in = (0,)
    known_scalar = known_as_input

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = {int(a): bool(b) for a, b in axis}
        self.items = tuple(sorted(self.axis.items()))

    def __str__(self) -> str:
        pattern = ["?"] * (1 + max(self.axis, default=-1))
        for a, b in self.items:
            pattern[a] = str(int(b))
        return f"Rebroadcast{{{','.join(pattern)}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis and not 0 <= min(self.axis) <= max(self.axis) < x.type.ndim:
            raise ValueError(f"Trying to rebroadcast non-existent dimension: {self} of {x}")
        result = list(x.type.shape)
        for a, b in self.items:
            if b and result[a] not in (None, 1):
                raise ValueError(f"axis {a} of {x} has length {result[a]}, it cannot be broadcastable")
            result[a] = 1 if b else unknown_if_one(result[a])
        return single(self, [x], x.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        for a, b in self.items:
            if b and inputs[0].shape[a] != 1:
                raise ValueError(
                    f"Dimension {a} in Rebroadcast's input was supposed to be 1 (got {inputs[0].shape[a]})"
                )
        out[0][0] = inputs[0]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        one = index_constant(1)
        return [tuple(one if self.axis.get(i) else s for i, s in enumerate(shapes[0]))]

    def written_back(self, node: Apply, new: Any) -> Any:
        """The input, of which the output is a view, once that holds `new`."""
        return patternbroadcast(new, node.inputs[0].type.broadcastable)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x = inputs[0]
        return [moved(gs[0], lambda v: patternbroadcast(v, x.type.broadcastable), x)]


def _rebroadcast(x: Any, wanted: dict[int, bool]) -> Any:
    x = as_tensor_variable(x)
    pattern = x.type.broadcastable
    if wanted and max(wanted) >= x.type.ndim:
        raise ValueError("Trying to change the broadcastability of a non-existent dimension")
    changes = [(a, b) for a, b in sorted(wanted.items()) if pattern[a] != b]
    return Rebroadcast(*changes)(x) if changes else x


def addbroadcast(x: Any, *axes: int) -> Any:
    """`x` with `axes` broadcastable; at run time their lengths must be 1.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    *axes : int
        Which axes.

    Returns
    -------
    TensorVariable
        `x`, whose type says that these lengths are 1.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis, or its length is not 1 (when it runs, if it is not known before).

    Examples
    --------
    >>> T.addbroadcast(T.matrix(), 0).broadcastable
    (True, False)
    """
    return _rebroadcast(x, dict.fromkeys(axes, True))


def unbroadcast(x: Any, *axes: int) -> Any:
    """`x` with `axes` not broadcastable.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    *axes : int
        Which axes.

    Returns
    -------
    TensorVariable
        `x`, whose type does not say that these lengths are 1: they are not stretched to other lengths.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.unbroadcast(T.row(), 0).broadcastable
    (False, False)
    """
    return _rebroadcast(x, dict.fromkeys(axes, False))


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """`x` with exactly this broadcast pattern.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    broadcastable : sequence of bool
        For each axis whether its length is 1.

    Returns
    -------
    TensorVariable
        `x`, whose type says so.

    Raises
    ------
    ValueError
        The length of an axis that shall be broadcastable is not 1 (when it runs, if it is not known before).

    Examples
    --------
    >>> T.patternbroadcast(T.matrix(), (True, False)).type.broadcastable
    (True, False)
    """
    return _rebroadcast(x, {i: bool(b) for i, b in enumerate(broadcastable)})


fill(globals())
