"""LLVM IR of the product of pivots: a determinant, which neither overflows nor underflows on the way."""

from __future__ import annotations

from theano.native.ir.builder import INT, V
from theano.native.linalg.code import Matrices
from theano.native.products.code import Shape

__all__ = ["scaled_product", "sizes_of"]

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
    if s.is_complex:
        return _of_complex(f)
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


def _of_complex(f: Matrices) -> Matrices:
    """Of the larger part of each product so far the power of 2 is taken out of both."""
    short = f.s.real == "float"
    odd = (f.swaps & 1).differs(0)
    one, zero = V(f, "double", "1.0"), V(f, "double", "0.0")
    first = f.select(odd, V(f, "double", "-1.0"), one)
    with f.fold(0, f.count, [first, zero, f.constant(0)]) as (k, state):
        x, y = f.both_parts(f.number_at(f.a, k * f.step))
        if short:
            x, y = x.to("fpext", "double"), y.to("fpext", "double")
        x, y, power = _without_power(f, x, y)
        a, b = state[:2]
        real = f.minus(f.times(a, x), f.times(b, y))
        imag = f.plus(f.times(a, y), f.times(b, x))
        real, imag, more = _without_power(f, real, imag)
        state[:] = [real, imag, state[2] + power + more]
    power = f.maximum(f.minimum(state[2], f.constant(_FAR)), f.constant(-_FAR))
    quarter, parts = power.signed_over(4), list(state[:2])
    for step in (quarter, quarter, quarter, power - quarter * 3):
        scale = ((step + _ONE) << _BITS).to("bitcast", "double")
        parts = [f.times(part, scale) for part in parts]
    f.put(f.complex_of(*(part.to("fptrunc", "float") if short else part for part in parts)), f.out)
    return f


def _without_power(f: Matrices, x: V, y: V) -> tuple[V, V, V]:
    """Both parts divided by the power of 2 of the larger one, and that; numbers that are not finite stay."""
    sizes = [x.to("bitcast", INT) & ((1 << 63) - 1), y.to("bitcast", INT) & ((1 << 63) - 1)]
    field = f.maximum(*sizes) >> _BITS
    odd = field.equals(0) | field.equals(_ALL)
    power = f.select(odd, 0, f.minimum(field - _ONE, f.constant(_ONE - 1)))
    scale = ((f.constant(_ONE) - power) << _BITS).to("bitcast", "double")
    return f.times(x, scale), f.times(y, scale), power


def sizes_of(s: Shape) -> Matrices:
    """The sizes of `count` numbers that lie `step` apart, ones up to `n`, and the product of their signs.

    A sign is a number of size 1, or 0; it is changed `swaps` times.
    """
    f = Matrices(s, "sizes_of", "n:i count:i a:p step:i swaps:i sizes:p sign:p")
    plus, minus = f.real("1.0"), f.of_real(f.literal("-1.0"))
    first = f.select((f.swaps & 1).equals(0), plus, minus)
    with f.fold(0, f.count, [first]) as (k, state):
        x = f.number_at(f.a, k * f.step)
        size = f.size_of(x)
        f.real_at(f.sizes, k).store(size, s.align)
        if s.is_complex:
            scale = f.select(f.holds("oeq", size, f.literal("0.0")), f.literal("1.0"), size)
            unit = f.complex_of(*(f.quotient(part, scale) for part in f.both_parts(x)))
        else:
            sign = f.select(f.holds("ogt", x, f.zero_number()), plus, minus)
            unit = f.select(f.holds("one", x, f.zero_number()), sign, x)  # zero and NaN stay
        state[0] = f.times(state[0], unit)
    with f.loop(f.count, f.n) as k:
        f.real_at(f.sizes, k).store(f.literal("1.0"), s.align)
    f.put(state[0], f.sign)
    return f
