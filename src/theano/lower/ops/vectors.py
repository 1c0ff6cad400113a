"""Short vectors whose elements are numbers of main: shapes, and what is made of single numbers."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, length
from theano.lower.state.emitter import Emitter
from theano.lower.state.items import Special
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value


def vector_value(b: Builder, type_: str, elements: tuple[Expr, ...]) -> Value:
    """A short vector whose elements are scalar expressions; memory is filled only if somebody reads it."""
    out = b.tensor(type_, (length(len(elements)),))
    if len(elements) > b.machine.short_vector and type_ in ex.TYPES:
        _store_each(b, out, elements)
        value = whole(out)
        value.vector = elements
        return value
    reads = [Value(type_, (), uniform=e) for e in elements]
    body: Expr = ex.const(0, type_)
    for k, x in enumerate(bd.elements(reads)):
        body = ex.select(ex.eq(bd.index(0), k), x, body) if k else x
    b.write(out, None, reads, body)
    value = whole(out)
    value.vector = elements
    return value


def _store_each(b: Builder, out: Tensor, elements: tuple[Expr, ...]) -> None:
    """Write the elements of a vector one after the other: a loop would look for each among all of them."""

    def emit(asm: Emitter) -> None:
        base, offset, type_ = asm.pointer(whole(out))
        view = st.View(base, type_, offset, (ONE,))
        for k, element in enumerate(elements):
            asm.statement(st.Store(view, (length(k),), ex.cast(element, st.load_type(type_))))

    item = Special(b.region, b.node, what="store", scalars=list(elements), writes=[out], emit=emit)
    b.add(item)
    out.writers.append(item)
