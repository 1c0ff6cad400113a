"""Small constructors for rules: constants of a given dtype and rank, casts, broadcasts, symbolic shapes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from theano.graph import Constant, Variable, inferred_shapes
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.elemwise import dimshuffle as make_dimshuffle
from theano.tensor.elemwise import elemwise as plain_elemwise
from theano.tensor.making.alloc import Alloc
from theano.tensor.shaping.shape import Shape_i
from theano.tensor.type import TensorType, tensor_type
from theano.tensor.variable import TensorConstant

Number = int | Fraction
Axes = tuple[Any, ...] | None
Binding = tuple[Tensor, Axes]

_alloc = Alloc()
_INT64 = TensorType("int64", ())


# Who makes a variable: the name of the scalar operation of an `Elemwise`, else the class of the op.
Maker = str | type | None


def is_tensor(var: Tensor) -> bool:
    """Whether `var` is a (dense) tensor."""
    return isinstance(var.type, TensorType)


def scalar_name(var: Tensor) -> str | None:
    """Name of the scalar operation that makes `var`, if an `Elemwise` does."""
    node = var.owner
    if node is None or type(node.op) is not Elemwise:
        return None
    name: str = node.op.scalar_op.name
    return name


def cast_of(var: Tensor) -> Tensor | None:
    """What `var` is a cast of; None if it is none."""
    node = var.owner
    if node is None or type(node.op) is not Elemwise or node.op.scalar_op.target is None:
        return None
    inner: Tensor = node.inputs[0]
    return inner


def constant(value: Any, dtype: str, ndim: int = 0) -> Tensor:
    """The constant `value` in `dtype`, all axes of length 1; integers wrap.

    Examples
    --------
    >>> constant(2, "float32", 1)                                # doctest: +SKIP
    TensorConstant{(1,) of 2.0}
    """
    if type(value) is int or type(value) is Fraction:
        return _number_constant(value, dtype, ndim)
    return _new_constant(value, dtype, ndim)


@lru_cache(1024)
def _number_constant(value: Number, dtype: str, ndim: int) -> Tensor:
    return _new_constant(float(value) if type(value) is Fraction else value, dtype, ndim)


def _new_constant(value: Any, dtype: str, ndim: int) -> Tensor:
    kind = np.dtype(dtype)
    if kind.kind in "iu" and isinstance(value, int):
        value = wrap(value, kind)
    data = np.full((1,) * ndim, value, dtype=kind)
    return TensorConstant(tensor_type(dtype, (1,) * ndim), data)


def wrap(value: int, kind: np.dtype[Any]) -> int:
    """`value` modulo 2^n, in the range of the integer dtype."""
    bits = kind.itemsize * 8
    value &= (1 << bits) - 1
    if kind.kind == "i" and value >> (bits - 1):
        value -= 1 << bits
    return value


def index(value: int) -> Tensor:
    """A 0-d int64 constant."""
    return TensorConstant(_INT64, np.asarray(value, dtype="int64"))


def number(var: Tensor) -> Number | None:
    """The exact finite value of a constant with one element, by whatever dtype; else None."""
    if not isinstance(var, Constant):
        return None
    data = var.data
    if not isinstance(data, np.ndarray) or data.size != 1:
        return None
    kind = data.dtype.kind
    if kind == "f":
        return _exact(data.item() if data.dtype.itemsize <= 8 else float(data.item()))
    if kind in "iub":
        return int(data.item())
    return None


@lru_cache(1024)
def _exact(value: float) -> Number | None:
    """A finite float as a whole number or, which takes long to make, a fraction."""
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else Fraction(value)


def uniform_value(var: Tensor) -> Any:
    """The one value of all elements of a constant as a NumPy scalar (of any size up to 4096); else None."""
    data = getattr(var, "data", None)
    if not isinstance(data, np.ndarray) or data.dtype.hasobject or not 0 < data.size <= 4096:
        return None
    first = data.flat[0]
    return first if data.size == 1 or (data == first).all() else None


def is_filled_with_zeros(var: Tensor) -> bool:
    """Whether `var` is a constant of zeros, also a repeated one."""
    if var.owner is not None and type(var.owner.op) is Alloc:
        var = var.owner.inputs[0]
    value = uniform_value(var)
    return value is not None and bool(value == 0)


def same_number(a: Tensor, b: Tensor) -> bool:
    """Whether two integers are known to be equal: one variable, or two constants of one value."""
    return a is b or (number(a) is not None and number(a) == number(b))


def fits(value: Number, dtype: str) -> bool:
    """Whether a coefficient neither overflows nor vanishes in `dtype`."""
    if dtype.startswith(("int", "uint", "bool")):
        return isinstance(value, int)
    if type(value) is int and -1000 <= value <= 1000:
        return True
    least, most = _range(dtype)
    try:
        size = abs(float(value))
    except OverflowError:
        return False
    return value == 0 or least <= size <= most


@lru_cache(32)
def _range(dtype: str) -> tuple[float, float]:
    limit = np.finfo(dtype)
    return float(limit.smallest_normal), float(limit.max)


def dims(graph: RewriteGraph, var: Tensor) -> tuple[Tensor, ...]:
    """Lengths of `var` as 0-d int64 variables, computed from shapes of leaves where ops can tell.

    Iterative; memoised in the graph.
    """
    memo = graph.memo.setdefault("shapes", {})
    var = graph.find(var)
    found = memo.get(var)
    if found is not None:
        return tuple(map(graph.find, found))
    stack = [var]
    while stack:
        v = stack[-1]
        if v in memo:
            stack.pop()
            continue
        node = v.owner
        known = static_dims(v)
        if known is not None or node is None or not hasattr(node.op, "infer_shape"):
            memo[v] = known if known is not None else tuple(_length(v, i) for i in range(v.type.ndim))
            stack.pop()
            continue
        missing = [i for i in node.inputs if is_tensor(i) and i not in memo]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        for out, shape in zip(node.outputs, _infer(node, memo), strict=True):
            memo[out] = shape
    return tuple(map(graph.find, memo[var]))


def static_dims(var: Tensor) -> tuple[Tensor, ...] | None:
    """Lengths of `var` if all are known now."""
    shape = var.type.shape
    if any(n is None for n in shape):
        return None
    return tuple(index(n) for n in shape)


def _length(var: Tensor, i: int) -> Tensor:
    n = var.type.shape[i]
    made: Tensor = Shape_i(i)(var) if n is None else index(n)
    return made


def _infer(node: Node, memo: dict[Tensor, Any]) -> list[tuple[Tensor, ...] | None]:
    shapes = [memo.get(i) for i in node.inputs]
    inferred = inferred_shapes(node, shapes)
    result: list[tuple[Tensor, ...] | None] = []
    for out, shape in zip(node.outputs, inferred, strict=True):
        if not is_tensor(out):
            result.append(None)
        elif shape is None:
            result.append(tuple(_length(out, i) for i in range(out.type.ndim)))
        else:
            result.append(
                tuple(s if n is None else index(n) for s, n in zip(map(_as_length, shape), out.type.shape, strict=True))
            )
    return result


def _as_length(value: Any) -> Tensor:
    if isinstance(value, Variable):
        return value
    return index(int(value))


def has_lengths(graph: RewriteGraph, var: Tensor, lengths: Sequence[Tensor]) -> bool:
    """Whether `var` is known to have these lengths. Adds nothing to the graph."""
    memo: dict[Tensor, Any] = {}
    return len(lengths) == var.type.ndim and all(
        b or _length_key(graph, h, memo) == _length_key(graph, n, memo)
        for h, n, b in zip(dims(graph, var), lengths, var.type.broadcastable, strict=True)
    )


_OF_LENGTHS: dict[str | None, Callable[..., int]] = {
    "add": lambda *n: sum(n), "sub": operator.sub, "mul": lambda *n: math.prod(n),
    "minimum": min, "maximum": max,
}  # fmt: skip


def _length_key(graph: RewriteGraph, var: Tensor, memo: dict[Tensor, Any], depth: int = 12) -> Any:
    """The same for equal expressions of lengths: a number where it is known, else a tuple, or a variable."""
    var = graph.find(var)
    if var in memo:
        return memo[var]
    value, node = number(var), var.owner
    key: Any = var if value is None else value
    if node is not None and depth and not node.op.has_effects and all(map(is_tensor, node.inputs)):
        keys = [_length_key(graph, v, memo, depth - 1) for v in node.inputs]
        compute = _OF_LENGTHS.get(scalar_name(var))
        if compute is not None and all(isinstance(k, int) for k in keys):
            key = compute(*keys)
        else:
            key = (graph.token(node.op), var.index, *keys)
    memo[var] = key
    return key


def broadcast_to(graph: RewriteGraph, value: Tensor, like: Tensor) -> Tensor | None:
    """`value`, repeated to the shape of `like` (whose pattern is at most as broadcastable).

    None if that cannot be, or if only `like` itself tells its lengths: it is about to be replaced.
    """
    if value.type.broadcastable == like.type.broadcastable:
        return value
    if value.type.ndim > like.type.ndim:
        return None
    pad = like.type.ndim - value.type.ndim
    have = (True,) * pad + value.type.broadcastable
    if any(b and not h for b, h in zip(like.type.broadcastable, have, strict=True)):
        return None
    lengths = dims(graph, like)
    if any(n.owner is not None and like in n.owner.inputs for n in lengths):
        return None
    return repeated(value, lengths)


def repeated(value: Tensor, lengths: Sequence[Tensor]) -> Tensor | None:
    """`value`, repeated to `lengths`; None where that is refused: the array that has them is an error by itself."""
    try:
        made: Tensor = _alloc(value, *lengths)
    except ValueError:  # a length that is found to be negative, or not that of `value`
        return None
    return made


def dimshuffle(var: Tensor, order: Sequence[int | str]) -> Tensor:
    """`var` with its axes in another order; composes with a `DimShuffle` below."""
    order = tuple(order)
    node = var.owner
    if node is not None and type(node.op) is DimShuffle:
        inner = node.op.new_order
        order = tuple(o if o == "x" else inner[int(o)] for o in order)
        var = node.inputs[0]
    if order == tuple(range(var.type.ndim)):
        return var
    made: Tensor = make_dimshuffle(var, order)
    return made


def peel(var: Tensor, axes: Axes) -> Binding:
    """`var` under `axes` as a variable that no `DimShuffle` makes, and its axes (None: as they are)."""
    node = var.owner
    while node is not None and type(node.op) is DimShuffle:
        order = node.op.new_order
        axes = order if axes is None else tuple(o if o == "x" else order[o] for o in axes)
        var = node.inputs[0]
        node = var.owner
    if axes is not None and axes == tuple(range(var.type.ndim)):
        axes = None
    return var, axes


@lru_cache(64)
def _bare_elemwise(op: ScalarOp) -> Elemwise:
    return Elemwise(op, name=op.name)


def elemwise(op: ScalarOp, *inputs: Tensor) -> Tensor:
    """`op` applied to tensors."""
    made: Tensor = (_bare_elemwise(op) if op.bare else plain_elemwise(op))(*inputs)
    return made
