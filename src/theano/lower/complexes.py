"""Complex numbers in programs: pairs of real numbers, which are computed with as any.

To look at a part costs nothing. A complex array is written only where somebody needs it as such, as the results of
functions and what LAPACK is given; otherwise its parts are arrays by themselves, which loops make and share like
others. So ``abs(x * y)`` is one loop over two arrays. What operations do with parts: `lower.ops.complexes`.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower import body as bd
from theano.lower.builder import COMPLEX_PART, Builder, as_parts, whole
from theano.lower.dims import ONE
from theano.lower.values import Value, rearranged
from theano.record import replace

__all__ = ["converted", "joined", "parts_of"]


def parts_of(b: Builder, value: Value) -> tuple[Value, Value]:
    """The real and the imaginary parts of numbers."""
    if value.type not in COMPLEX_PART:
        return value, Value(value.type, value.dims, uniform=ex.const(0, st.load_type(value.type)))
    known = b.parts.get(value.tensor) if value.tensor is not None and value.axes is not None else None
    if known is not None and value.axes is not None:
        first, second = (replace(rearranged(part, value.axes), dims=value.dims) for part in known)
        return first, second
    return _window(b, value, 0), _window(b, value, 1)


def _window(b: Builder, value: Value, part: int) -> Value:
    """A look at every other number in memory."""
    both = as_parts(b, value)
    assert both.strides is not None and both.offset is not None
    offset = ex.add(both.offset, ONE) if part else both.offset
    return Value(both.type, value.dims, tensor=both.tensor, offset=offset, strides=both.strides[:-1])


def joined(b: Builder, type_: str, dims: Sequence[Expr], parts: Sequence[Value]) -> Value:
    """The complex numbers of these parts."""
    out, real_type = b.tensor(type_, dims), COMPLEX_PART[type_]
    real, imag = (_of_type(b, part, real_type, dims) for part in parts)
    for k, part in enumerate((real, imag)):
        b.write(out, _window(b, whole(out), k), [part], bd.element(0, part), unordered=True)
    b.parts[out] = real, imag
    return whole(out)


def _of_type(b: Builder, part: Value, type_: str, dims: Sequence[Expr]) -> Value:
    if part.type == type_ and all(map(b.dims.equal, part.dims, dims)):
        return part
    return b.pointwise(type_, dims, [part], bd.converted(bd.element(0, part), type_))


def converted(b: Builder, value: Value, type_: str) -> Value:
    """Numbers as complex ones of a type."""
    return value if value.type == type_ else joined(b, type_, value.dims, parts_of(b, value))
