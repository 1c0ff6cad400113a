"""Numbers at equal distances: `arange`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.errors import ShapeError
from theano.scalar.conversion import converted
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype, uint_dtypes, upcast
from theano.tensor.checks.static_value import known_int, known_scalar
from theano.tensor.making.alloc import dtype_or_float_x
from theano.tensor.opsupport import (
    INT64,
    Shapes,
    disconnected,
    index_constant,
    is_disconnected,
    single,
    unknown_if_one,
)
from theano.tensor.pointwise.math import cast, ceil, lt, maximum, minimum, neq, second, switch
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant


class ARange(Op):
    """Equally spaced numbers from `start` up to, not including, `stop`.

    Parameters
    ----------
    dtype : str
        Dtype of the result.

    Examples
    --------
    >>> T.ARange("int64")(0, 6, 2).eval()
    array([0, 2, 4])
    """

    __props__ = ("dtype",)
    folds_constants = False
    costs_nothing = True
    never_fails = True

    def __init__(self, dtype: Any) -> None:
        self.dtype = as_dtype(dtype)

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (start, stop, step)]
        if any(v.type.ndim for v in inputs):
            raise TypeError(f"arange takes 0-d arguments, got {inputs}")
        values = [known_scalar(v) for v in inputs]
        length = None
        if all(v is not None for v in values) and values[2] != 0:
            length = unknown_or_length(values)
        return single(self, inputs, self.dtype, [length])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        start, stop, step = (v.item() for v in inputs)
        if step == 0:
            raise ZeroDivisionError("arange: step is zero")
        if self.dtype == "bool" or "c" in (np.dtype(self.dtype).kind, *(v.dtype.kind for v in inputs)):
            out[0][0] = np.arange(start, stop, step, dtype=self.dtype)
        else:
            out[0][0] = _counted(arange_length(start, stop, step), start, step, self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        static = node.outputs[0].type.shape[0]
        if static is not None:
            return [(index_constant(static),)]
        if all(v.type.dtype in DISCRETE for v in node.inputs):
            return [(_integer_length(node.inputs),)]
        if any(v.type.dtype in COMPLEX for v in node.inputs):
            raise ShapeError("how many numbers NumPy makes between complex ones is known when it has made them")
        start, stop, step = (cast(v, "float64") for v in node.inputs)
        return [(cast(maximum(ceil((stop - start) / step), 0), "int64"),)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        g, pattern = gs[0], self._connected(inputs)
        if is_disconnected(g) or not any(pattern):
            return [disconnected() for _ in inputs]
        # The numbers move with `start` and `step`; `stop` says how many there are.
        found = [sum_(g), disconnected(), sum_(g * _places(outputs[0]))]
        return [v if connected else disconnected() for v, connected in zip(found, pattern, strict=True)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        pattern = self._connected(inputs)
        start, _, step = (v if connected else None for v, connected in zip(eval_points, pattern, strict=True))
        numbers = self(*inputs)
        terms = [] if start is None else [second(numbers, start)]
        if step is not None:
            terms.append(step * _places(numbers))
        if not terms:
            return [None]
        return [terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[connected] for connected in self._connected(node.inputs)]

    def _connected(self, inputs: Sequence[Any]) -> list[bool]:
        """Which inputs may be any number, and are read for more than a length."""
        return [k != 1 and self.dtype not in DISCRETE and v.type.dtype not in DISCRETE for k, v in enumerate(inputs)]


def arange_length(start: float, stop: float, step: float) -> int:
    """How many numbers there are from `start` to `stop` in steps of `step`, as Python numbers; exact for integers.

    >>> arange_length(0, -(2**63), -(2**62))
    2
    """
    if all(isinstance(v, int) for v in (start, stop, step)):
        return max(int(-((start - stop) // step)), 0)
    length = (float(stop) - float(start)) / float(step)
    if not abs(length) < 2.0**53:
        raise ValueError("arange: cannot compute length")
    return max(math.ceil(length), 0)


def _counted(length: int, start: float, step: float, dtype: str) -> np.ndarray:
    """``start + k * step`` as `np.arange` computes it: with the difference of the first two numbers, in the dtype."""
    positions = np.arange(length)
    if length < 2:  # there is no second one, which might be beyond all integers
        step = 0
    with np.errstate(all="ignore"):
        wide = "float32" if dtype == "float16" else dtype
        first, second = (converted(converted(np.asarray(v), dtype), wide) for v in (start, start + step))
        values = np.add(first, np.multiply(positions.astype(wide), np.subtract(second, first)), dtype=wide)
        values[1:2] = second
        return values.astype(dtype, copy=False)


def integer_range_dtype(inputs: Sequence[Any]) -> str | None:
    """The dtype that holds the arguments of an integer range: int64, or uint64 if some may be larger and none negative.

    None if neither does.
    """
    known = [known_int(v) for v in inputs]
    if all(v.type.dtype != "uint64" if k is None else k <= INT64.max for v, k in zip(inputs, known)):
        return "int64"
    fine = all(v.type.dtype in (*uint_dtypes, "bool") if k is None else k >= 0 for v, k in zip(inputs, known))
    return "uint64" if fine else None


def _integer_length(inputs: Sequence[Any]) -> Any:
    """`arange_length` as an expression, which does not wrap around: differences are unsigned.

    More numbers than any array has are as many as an int64 says. (`theano.lower.ops.shapes` has the same formula.)
    """
    dtype = integer_range_dtype(inputs)
    if dtype is None:
        raise ShapeError("a range between a negative number and one beyond int64")
    start, stop, step = (cast(v, dtype) for v in inputs)
    known_start, known_step = known_int(inputs[0]), known_int(inputs[2])
    if dtype == "int64" and known_step == 1 and known_start is not None and known_start >= 0:
        return maximum(stop, known_start) - known_start if known_start else maximum(stop, 0)
    zero = constant(np.asarray(0, dtype=dtype))
    up = lt(zero, step)
    low, high, size = switch(up, start, stop), switch(up, stop, start), switch(up, step, -step)
    if known_step is not None or dtype == "uint64":
        forward = dtype == "uint64" or (known_step or 0) > 0
        low, high, size = (start, stop, step) if forward else (stop, start, -step)
    span, size = cast(maximum(low, high), "uint64") - cast(low, "uint64"), cast(size, "uint64")
    count = span // size
    count += cast(neq(count * size, span), "uint64")
    return cast(minimum(count, np.uint64(INT64.max)), "int64")


def _places(numbers: Any) -> Any:
    """0, 1, 2, … of the dtype and length of `numbers`."""
    return cast(arange(shape_i(numbers, 0)), numbers.type.dtype)


def unknown_or_length(values: list[Any]) -> int | None:
    """The length of ``arange(*values)``; ``None`` for 1, which must not make a broadcastable axis."""
    start, stop, step = (v.item() for v in values)
    if any(isinstance(v, complex) for v in (start, stop, step)):
        return unknown_if_one(len(np.arange(start, stop, step)))
    length = arange_length(start, stop, step)
    if length > INT64.max:
        raise ValueError(f"arange: {length} numbers are more than an array can hold")
    return unknown_if_one(length)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Numbers from `start` (default 0) below `stop` in steps of `step`; int64 for integer arguments.

    Parameters
    ----------
    start, stop, step : tensor-like, 0-d
        Numbers; with one argument it is `stop`.
    dtype : str, optional
        Dtype of the result.

    Returns
    -------
    TensorVariable
        A vector of ``ceil((stop - start) / step)`` numbers; of int64 for integers, of `dtype` if that is given,
        else of the dtype that holds `start`, `stop` and `step`. That of a Python float is the smallest that
        holds it, so ``arange(0, 1, 0.25)`` is of float32 (NumPy's is of float64).

    Raises
    ------
    TypeError
        An argument is not 0-d.
    ZeroDivisionError
        When it runs: `step` is 0.

    Examples
    --------
    >>> T.arange(3).eval()
    array([0, 1, 2])

    Notes
    -----
    As `numpy.arange`: the numbers are ``start + k * step``, where `step` is the difference of the first two in the
    dtype of the result.
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (as_tensor_variable(v) for v in (start, stop, step))
    if dtype is None:
        dtype = upcast(start.type.dtype, stop.type.dtype, step.type.dtype)
        if dtype in DISCRETE:
            dtype = upcast(dtype, "int64")
    return ARange(dtype_or_float_x(dtype))(start, stop, step)
