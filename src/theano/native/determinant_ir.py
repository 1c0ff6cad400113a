"""LLVM IR of the product of pivots: a determinant, which neither overflows nor underflows on the way."""

from __future__ import annotations

from theano.native.ir_text import INT, V
from theano.native.lapack_code import Matrices
from theano.native.product_code import Shape

__all__ = ["scaled_product"]

# Of a double: the position of its exponent, what belongs to it, the exponent of 1.
_BITS, _ALL, _ONE = 52, 0x7FF, 1023
# Powers of 2 beyond which results are infinite or zero anyway, whatever the fraction is.
_FAR = 4 * 725


def _parts(f: Matrices, x: V) -> tuple[V, V]:
    """A double as a number from 1 to 2 and a power of 2; what is no normal number stays as it is."""
    bits = x.to("bitcast", INT)
    field = (bits >> _BITS) & _ALL
    odd = field.equals(0) | field.equals(_ALL)
    clean = (bits & ~(_ALL << _BITS)) | (_ONE << _BITS)
    return f.select(odd, x, clean.to("bitcast", "double")), f.select(odd, 0, field - _ONE)


def scaled_product(s: Shape) -> Matrices:
    """The product of `count` numbers that lie `step` apart, its sign changed `swaps` times."""
    f = Matrices(s, "scaled_product", "count:i a:p step:i swaps:i out:p")
    odd = (f.swaps & 1).differs(0)
    first = f.select(odd, f.emit("double", "fadd double -1.0, 0.0"), f.emit("double", "fadd double 1.0, 0.0"))
    with f.fold(0, f.count, [first, f.constant(0)]) as (k, state):
        number = f.number_at(f.a, k * f.step)
        if s.type == "float":
            number = number.to("fpext", "double")
        fraction, power = _parts(f, number)
        product = f.times(state[0], fraction)
        rest, more = _parts(f, product)
        state[:] = [rest, state[1] + power + more]
    value, power = state
    power = f.maximum(f.minimum(power, f.constant(_FAR)), f.constant(-_FAR))
    quarter = power.signed_over(4)
    for step in (quarter, quarter, quarter, power - quarter * 3):
        value = f.times(value, ((step + _ONE) << _BITS).to("bitcast", "double"))
    f.put(value.to("fptrunc", "float") if s.type == "float" else value, f.out)
    return f
