"""Conversions of numbers that are defined for all of them, and the types in which they are computed."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.scalar.conversion import float_to_int


def compute_type(dtype: str) -> str:
    """The register type in which a dtype is computed."""
    return st.load_type(ex.TYPE_OF[dtype])


def convert(x: Expr, type_: str) -> Expr:
    """A conversion that is defined for every number (see `theano.scalar.conversion`).

    To f16: the nearest float16 number, in f32.
    """
    if type_ == "f16":
        return ex.half(x if x.type in ex.FLOATS else ex.cast(x, "f32"))
    if x.type in ex.FLOATS and type_ in ex.INTS:
        return float_to_int(x, type_)
    return ex.cast(x, type_)
