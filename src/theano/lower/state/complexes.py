"""Complex numbers in programs: pairs of real numbers, which are computed with as any.

To look at a part costs nothing. A complex array is written only where somebody needs it as such, as the results of
functions and what LAPACK is given; otherwise its parts are arrays by themselves, which loops make and share like
others. So ``abs(x * y)`` is one loop over two arrays. What operations do with parts: `lower.ops.complexes`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.builder import COMPLEX_PART, Builder, as_parts
from theano.lower.state.dims import ONE
from theano.lower.state.strides import whole
from theano.lower.state.values import Value, rearranged

__all__ = ["is_real", "joined", "of_type", "parts_of", "zeros"]


def parts_of(b: Builder, value: Value) -> tuple[Value, Value]:
    """The real and the imaginary parts of numbers."""
    if value.type not in COMPLEX_PART:
        return value, zeros(value)
    known = b.parts.get(value.tensor) if value.tensor is not None and value.axes is not None else None
    if known is not None and value.axes is not None:
        first, second = (replace(rearranged(part, value.axes), dims=value.dims) for part in known)
        return first, second
    return _window(b, value, 0), _window(b, value, 1)


def zeros(like: Value) -> Value:
    """As many zeros."""
    return Value(like.type, like.dims, uniform=ex.const(0, st.load_type(like.type)))


def is_real(part: Value) -> bool:
    """Whether numbers with this imaginary part are real: it is a known 0."""
    number = part.uniform
    return number is not None and number.op == "const" and number.value == 0 and not np.signbit(number.value)


def _window(b: Builder, value: Value, part: int) -> Value:
    """A look at every other number in memory."""
    both = as_parts(b, value)
    assert both.strides is not None and both.offset is not None
    offset = ex.add(both.offset, ONE) if part else both.offset
    return Value(both.type, value.dims, tensor=both.tensor, offset=offset, strides=both.strides[:-1])


def joined(b: Builder, type_: str, dims: Sequence[Expr], parts: Sequence[Value]) -> Value:
    """The complex numbers of these parts."""
    out, real_type = b.tensor(type_, dims), COMPLEX_PART[type_]
    real, imag = (of_type(b, part, real_type, dims) for part in parts)
    for k, part in enumerate((real, imag)):
        b.write(out, _window(b, whole(out), k), [part], bd.element(0, part), unordered=True)
    b.parts[out] = real, imag
    return whole(out)


def of_type(b: Builder, value: Value, type_: str, dims: Sequence[Expr] | None = None) -> Value:
    """Numbers as those of a type, along axes of other lengths if `dims` are given; as they are where they fit."""
    wanted = value.dims if dims is None else dims
    if value.type == type_ and all(map(b.dims.equal, value.dims, wanted)):
        return value
    if type_ in COMPLEX_PART:
        return joined(b, type_, wanted, parts_of(b, value))
    return b.pointwise(type_, wanted, [value], bd.converted(bd.element(0, value), type_))
