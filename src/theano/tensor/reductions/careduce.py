"""`CAReduce`: reduction over axes by a scalar operation, and what `axis` may be."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, ClassVar

import numpy as np

from theano import scalar
from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.graph.null_type import DisconnectedType, NullType
from theano.scalar.conversion import converted
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype, promote
from theano.tensor.elemwise import dimshuffle, zeros_for
from theano.tensor.masks import unmasked, within
from theano.tensor.pointwise.math import conj, eq, mul, second, switch
from theano.tensor.type import tensor_type
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import LATE, TensorVariable, as_tensor_variable

Axis = tuple[int, ...] | None
Shapes = list[tuple[Any, ...]]

_UFUNCS: dict[str, Any] = {
    "add": np.add, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum, "and_": np.bitwise_and,
    "or_": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip

# Input dtype -> output and accumulator dtype of sums and products; others keep theirs.
_OUTPUT = {
    **dict.fromkeys(("bool", "int8", "int16", "int32"), "int64"),
    **dict.fromkeys(("uint8", "uint16", "uint32"), "uint64"),
}
_ACCUMULATOR = {**_OUTPUT, "float16": "float32", "float32": "float64", "complex64": "complex128"}


# -- axes --------------------------------------------------------------------------------------------------


def normalize_axis(axis: Any, ndim: int) -> Axis:
    """`axis` as a sorted tuple of non-negative ints, None for all axes.

    Parameters
    ----------
    axis : int, sequence of ints or None
        Counted from the end if negative.
    ndim : int
        How many axes there are.

    Returns
    -------
    tuple of int, or None
        Sorted, not negative; None stands for all.

    Raises
    ------
    TypeError
        For symbolic axes and anything that is not an integer.
    ValueError
        For an axis that does not exist.

    Examples
    --------
    >>> normalize_axis([-1, 0], 3)
    (0, 2)
    """
    axis = plain_axis(axis)
    if axis is None:
        return None
    if isinstance(axis, np.ndarray) or hasattr(axis, "data") and hasattr(axis, "type"):
        axis = np.asarray(getattr(axis, "data", axis)) if not isinstance(axis, np.ndarray) else axis
        axis = axis.tolist()
    items = list(axis) if isinstance(axis, list | tuple | range | Set) else [axis]
    result = set()
    for a in items:
        a = getattr(a, "data", a) if hasattr(a, "type") else a
        if isinstance(a, bool) or not isinstance(a, int | np.integer | np.ndarray):
            raise TypeError(
                f"axis must be an integer, a sequence of integers or None, got {a!r} of {type(a)}. "
                "Of two tensors, element by element: T.maximum(x, y), T.minimum(x, y), x + y, x * y"
            )
        a = int(a)
        if not -ndim <= a < ndim:
            raise ValueError(
                f"Not enough dimensions on the input: axis {a} does not exist with {ndim} dimensions"
                + (f", the axes are {-ndim} to {ndim - 1}" if ndim else "")
            )
        result.add(a % ndim)
    return tuple(sorted(result))


def different_axes(what: str, axis: Any, ndim: int) -> Axis:
    """`normalize_axis`, where an axis that is named twice is a mistake.

    Parameters
    ----------
    what : str
        The name of the function.
    axis, ndim
        See `normalize_axis`.

    Returns
    -------
    tuple of int, or None
        See `normalize_axis`.

    Raises
    ------
    TypeError
        See `normalize_axis`.
    ValueError
        An axis does not exist, or is named twice.

    Examples
    --------
    >>> different_axes("softmax", (1, -1), 2)
    Traceback (most recent call last):
        ...
    ValueError: softmax: each axis can be named once, got axis=(1, -1) of 2 dimensions
    """
    found = normalize_axis(axis, ndim)
    if found is not None and isinstance(axis, list | tuple | np.ndarray) and len(found) != np.size(axis):
        raise ValueError(f"{what}: each axis can be named once, got axis={axis!r} of {ndim} dimensions")
    return found


def check_and_normalize_axes(x: Any, axis: Any) -> list[int]:
    """The axes meant by `axis`, as a list (empty for None).

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    axis : int, sequence of ints or None
        Counted from the end if negative.

    Returns
    -------
    list of int
        Sorted, not negative.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis.

    Examples
    --------
    >>> check_and_normalize_axes(T.dmatrix(), -1)
    [1]
    """
    return list(normalize_axis(axis, as_tensor_variable(x).type.ndim) or ())


def all_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """`axis` with None spelt out."""
    return tuple(range(ndim)) if axis is None else axis


def keep_dims(reduced: Any, ndim: int, axis: Axis) -> Any:
    """`reduced` with the reduced axes put back as broadcastable ones.

    Parameters
    ----------
    reduced : TensorVariable
        What a reduction has left.
    ndim : int
        How many axes there were.
    axis : sequence of ints or None
        Which of them are gone, not negative; None: all.

    Returns
    -------
    TensorVariable
        Of `ndim` axes.

    Examples
    --------
    >>> keep_dims(T.dvector(), 2, (1,)).type
    TensorType(float64, col)
    """
    gone = set(all_axes(axis, ndim))
    order: list[int | str] = []
    kept = 0
    for i in range(ndim):
        if i in gone:
            order.append("x")
        else:
            order.append(kept)
            kept += 1
    return dimshuffle(reduced, order)


def makeKeepDims(x: Any, y: Any, axis: Any) -> Any:
    """`y`, a reduction of `x` over `axis`, with the reduced axes put back.

    Parameters
    ----------
    x : tensor-like
        What was reduced.
    y : tensor-like
        The result.
    axis : int, sequence of ints or None
        Over which axes.

    Returns
    -------
    TensorVariable
        Of as many axes as `x`.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis.

    Examples
    --------
    >>> x = T.dmatrix()
    >>> makeKeepDims(x, x.sum(axis=0), 0).type
    TensorType(float64, row)
    """
    x = as_tensor_variable(x)
    return keep_dims(as_tensor_variable(y), x.type.ndim, normalize_axis(axis, x.type.ndim))


# -- reductions by a scalar operation ----------------------------------------------------------------------


class CAReduce(Op):
    """Reduction by a commutative and associative scalar operation.

    Parameters
    ----------
    scalar_op
        The operation, of two arguments.
    axis
        Int or ints; None for all axes.

    Examples
    --------
    >>> CAReduce(theano.scalar.maximum, 0)(T.dmatrix()).type
    TensorType(float64, vector)
    """

    __props__: ClassVar[tuple[str, ...]] = ("scalar_op", "axis")

    def __init__(self, scalar_op: scalar.op.ScalarOp, axis: Any = None) -> None:
        self.scalar_op = scalar_op
        axis = plain_axis(axis)
        self.axis: Axis = None if axis is None else tuple(np.atleast_1d(np.asarray(axis, dtype=int)).tolist())
        self.dtype: Any = None
        self.acc_dtype: Any = None

    # what depends on the input's dtype

    def output_dtype(self, input_dtype: str) -> str:
        """The dtype of the output."""
        return self.scalar_op.dtype(input_dtype, input_dtype)

    def resolved(self, input_dtype: str) -> CAReduce:
        """The op with all dtypes filled in."""
        return self

    def prepared(self, x: Any) -> Any:
        """The input converted as the op wants it."""
        return x

    def make_node(self, x: Any) -> Apply:
        x = self.prepared(as_tensor_variable(x))
        kind = x.type
        op = self.resolved(kind.dtype)
        axis = normalize_axis(op.axis, kind.ndim)
        if axis != op.axis:
            op = op._with_axis(axis)
        gone = all_axes(axis, kind.ndim)
        shape = tuple([n for i, n in enumerate(kind.shape) if i not in gone])
        return Apply(op, [x], [TensorVariable(tensor_type(op.output_dtype(kind.dtype), shape))])

    def _with_axis(self, axis: Axis) -> CAReduce:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.axis = axis
        return made

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x = np.asarray(inputs[0])
        op = self.scalar_op
        dtype = node.outputs[0].type.dtype
        axis = all_axes(self.axis, x.ndim)
        for a in axis:
            if op.identity is None and x.shape[a] == 0 and x.size == 0:
                raise ValueError(
                    f"{self}: zero-size array to reduction operation {op}, which has no identity"
                )
        with np.errstate(all="ignore"):
            wanted = self.acc_dtype or dtype
            x = x if x.dtype == wanted else converted(x, wanted)
            ufunc = _UFUNCS.get(op.name)
            if ufunc is None:
                result = _fold_axes(op, x, axis)
            elif op.identity is None:
                result = ufunc.reduce(x, axis=axis)
            else:
                initial = (
                    x.dtype.type(op.identity) if x.dtype.kind != "u" or op.identity >= 0 else ~x.dtype.type(0)
                )
                # sums are in the dtype of the accumulation, where NumPy would take a wider one
                result = ufunc.reduce(
                    x, axis=axis, dtype=x.dtype, initial=bool(op.identity) if x.dtype.kind == "b" else initial
                )
            out[0][0] = converted(np.asarray(result), dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        gone = all_axes(self.axis, node.inputs[0].type.ndim)
        return [tuple([n for i, n in enumerate(shapes[0]) if i not in gone])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, g = inputs[0], gs[0]
        if isinstance(g.type, DisconnectedType | NullType):
            return [g]
        if outputs[0].type.dtype in DISCRETE or self.scalar_op.name in ("and_", "or_", "xor"):
            return [zeros_for(x)]
        value, mask = unmasked(g)
        found = self._adjoint(x, outputs[0], self._keeping(value, x))
        return [found if mask is None else mask.moved(lambda c: self._keeping(c, x)).around(found)]

    def _keeping(self, g: Any, x: Any) -> Any:
        return keep_dims(g, x.type.ndim, self.axis)

    def _adjoint(self, x: Any, out: Any, g: Any) -> Any:
        if g.type.dtype in COMPLEX and self.scalar_op is scalar.mul:
            return conj(self.gradient(x, out, conj(g)))
        return self.gradient(x, out, g)

    def gradient(self, x: Any, out: Any, g: Any) -> Any:
        """The gradient of `x` from that of the output with the reduced axes kept."""
        if self.scalar_op.name not in ("maximum", "minimum"):
            raise NotImplementedError(f"the gradient of a reduction by {self.scalar_op} is not known")
        reached = eq(x, keep_dims(out, x.type.ndim, self.axis))
        return within(g, lambda v: switch(reached, v, 0))  # all of it to each tied element

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (v,) = inputs, eval_points
        if v is None:
            return [None]
        out = self(x)
        if out.type.dtype in DISCRETE:
            return [zeros_for(out)]
        # The derivative is the gradient that an incoming 1 would give, times the direction, summed up.
        one = second(keep_dims(out, x.type.ndim, self.axis), np.asarray(1, dtype=out.type.dtype))
        return [LATE["sum"](mul(self.gradient(x, out, one), v), axis=self.axis)]

    def __str__(self) -> str:
        where = "" if self.axis is None else f"{{{', '.join(map(str, self.axis))}}}"
        return f"Reduce{{{self.scalar_op}}}{where}"


def _fold_axes(op: scalar.op.ScalarOp, x: np.ndarray, axes: tuple[int, ...]) -> Any:
    """Reduce by an operation for which NumPy has no ufunc."""
    for axis in reversed(axes):
        rows = [np.asarray(x[(slice(None),) * axis + (i,)]) for i in range(x.shape[axis])]
        result = rows[0] if rows else np.full(x.shape[:axis] + x.shape[axis + 1 :], op.identity, x.dtype)
        for row in rows[1:]:
            result = op.compute((result, row))
        x = result
    return x


class CAReduceDtype(CAReduce):
    """Reduction with a choice of dtypes.

    Parameters
    ----------
    scalar_op, axis
        See `CAReduce`.
    dtype
        Dtype of the output. Default: int64 and uint64 for (un)signed integers, else the input's.
    acc_dtype
        Dtype of the accumulator. Default: as `dtype`, but wider for float16, float32 and complex64.

    Examples
    --------
    >>> CAReduceDtype(scalar.add, (0,), "float64")(T.constant([[1, 2], [3, 4]])).eval()
    array([4., 6.])
    """

    __props__: ClassVar[tuple[str, ...]] = ("scalar_op", "axis", "dtype", "acc_dtype")

    def __init__(
        self,
        scalar_op: scalar.op.ScalarOp,
        axis: Any = None,
        dtype: Any = None,
        acc_dtype: Any = None,
    ) -> None:
        super().__init__(scalar_op, axis)
        self.dtype = None if dtype is None else as_dtype(dtype)
        self.acc_dtype = None if acc_dtype is None else as_dtype(acc_dtype)

    def output_dtype(self, input_dtype: str) -> str:
        return self.dtype or _OUTPUT.get(input_dtype, input_dtype)

    def resolved(self, input_dtype: str) -> CAReduce:
        dtype = self.dtype or _OUTPUT.get(input_dtype, input_dtype)
        acc = self.acc_dtype or _ACCUMULATOR.get(input_dtype, input_dtype)
        if input_dtype in COMPLEX and not (dtype in COMPLEX and acc in COMPLEX):
            raise TypeError(
                f"{self}: a complex input needs complex dtype and acc_dtype, not {dtype} and {acc}"
            )
        if self.acc_dtype is None:
            if input_dtype in DISCRETE and dtype not in DISCRETE:
                acc = promote(dtype, "float32")  # asked to add up as floats
            elif dtype not in DISCRETE and dtype not in COMPLEX and acc not in COMPLEX:
                acc = promote(acc, dtype)
        elif promote(input_dtype, acc) != acc:
            raise TypeError(
                f"{type(self).__name__} cannot have input dtype {input_dtype} and acc_dtype {acc}: "
                f"that loses precision"
            )
        if acc in COMPLEX and dtype not in COMPLEX:
            raise TypeError(
                f"{type(self).__name__} cannot accumulate in {acc} and give {dtype}: "
                f"take real() or abs() of a complex result"
            )
        if dtype == self.dtype and acc == self.acc_dtype:
            return self
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.dtype, made.acc_dtype = dtype, acc
        return made

    def __str__(self) -> str:
        return f"Reduce{{{self.scalar_op}, axis={self.axis}, dtype={self.dtype}, acc_dtype={self.acc_dtype}}}"


fill(globals())
