"""LLVM IR of the exponential of a matrix: a quotient of polynomials of a fraction of it, squared again and again."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from theano.loops.externs.lapack import EXPONENTIAL_WORK, PADE, PADE_NORM
from theano.native.ir.builder import INT, V
from theano.native.linalg.code import Caller
from theano.native.products.code import Shape

__all__ = ["exponential_of"]

_NAN = "0x7FF8000000000000"


def _number(f: Caller, value: float) -> V:
    """A real number; LLVM takes for floats what a double exactly is."""
    if f.s.real == "float":
        (value,) = struct.unpack("f", struct.pack("f", value))
    return f.literal(f"0x{struct.unpack('Q', struct.pack('d', value))[0]:016X}")


def exponential_of(s: Shape, bits: int) -> Caller:
    """The exponential c of one matrix, or NaN.

    All matrices here are polynomials of one: their order in products plays no part.
    """
    f = Caller(s, "exponential_of", "n:i a:p ar:i ac:i c:p work:p pivots:p", bits)
    size = f.n * f.n
    x, second, fourth, sixth, t, u = (f.at(f.work, size * k) for k in range(EXPONENTIAL_WORK))
    with f.when(f.n.equals(0)):
        f.leave()
    with f.unless(f.is_finite(f.n, f.n, f.a, f.ar, f.ac)):
        f.call("fill", size, f.real(_NAN), f.c)
        f.leave()
    f.copied(f.n, f.n, f.a, f.ar, f.ac, x, f.n)
    count = _scaled(f, x)
    for left, right, out in ((x, x, second), (second, second, fourth), (second, fourth, sixth)):
        _product(f, left, right, out)
    powers = (second, fourth, sixth)
    for odd, out in ((1, u), (0, f.c)):  # of x, to begin with
        high, low = (tuple(PADE[k + odd] for k in ks) for ks in ((8, 10, 12), (2, 4, 6)))
        _sum(f, t, powers, high)
        _product(f, sixth, t, out)
        _sum(f, out, powers, low, PADE[odd])
        if odd:
            _product(f, x, out, t)
            f.copied(f.n, f.n, t, f.n, 1, u, f.n)
    with f.loop(0, size) as k:
        even, odd_part = f.number_at(f.c, k), f.number_at(u, k)
        f.put(f.minus(even, odd_part), t, k)
        f.put(f.plus(even, odd_part), f.c, k)
    with f.when(f.call("eliminate_large", f.n, f.n, t, f.pivots, f.c, result=INT).differs(0)):
        f.call("fill", size, f.real(_NAN), f.c)
    with f.loop(0, count):
        _product(f, f.c, f.c, t)
        f.copied(f.n, f.n, t, f.n, 1, f.c, f.n)
    return f


def _scaled(f: Caller, x: V) -> V:
    """Halve a matrix until its norm is small; how many times. A sum that overflows is halved once more, too often."""
    largest = f.variable(f.s.real, f.literal("0.0"))
    with f.loop(0, f.n) as i:
        with f.fold(0, f.n, [f.literal("0.0")]) as (j, state):
            state[0] = f.plus(state[0], f.size_of(f.number_at(x, i * f.n + j)))
        largest.set(f.select(f.holds("ogt", state[0], largest.get()), state[0], largest.get()))
    half, limit = f.literal("0.5"), _number(f, PADE_NORM)
    greatest = _number(f, 2.0**127 if f.s.real == "float" else 2.0**1023)
    norm = largest.get()
    largest.set(f.select(f.holds("ogt", norm, greatest), greatest, norm))
    scale, count = f.variable(f.s.real, f.literal("1.0")), f.variable(INT, 0)
    head, end = f.block(), f.block()
    f.begin(head)
    f.jump(end, unless=f.holds("ogt", f.times(largest.get(), scale.get()), limit))
    scale.set(f.times(scale.get(), half))
    count.set(count.get() + 1)
    f.jump(head)
    f.begin(end)
    with f.loop(0, f.n * f.n) as k:
        f.put(f.scaled(f.number_at(x, k), scale.get()), x, k)
    return count.get()


def _product(f: Caller, left: V, right: V, out: V) -> None:
    plain, one = f.flag("N"), f.real("1.0")
    f.routine("gemm", plain, plain, f.n, f.n, f.n, one, left, f.n, right, f.n, f.zero_number(), out, f.n)


def _sum(f: Caller, out: V, matrices: Sequence[V], factors: Sequence[float], unit: float | None = None) -> None:
    """A sum of multiples of matrices; with `unit` that of the identity, and what is there, belong to it."""
    with f.loop(0, f.n * f.n) as k:
        total = f.zero_number() if unit is None else f.number_at(out, k)
        for matrix, factor in zip(matrices, factors, strict=True):
            total = f.plus(total, f.scaled(f.number_at(matrix, k), _number(f, factor)))
        f.put(total, out, k)
    if unit is not None:
        with f.loop(0, f.n) as i:
            f.put(f.plus(f.number_at(out, i * (f.n + 1)), f.of_real(_number(f, unit))), out, i * (f.n + 1))
