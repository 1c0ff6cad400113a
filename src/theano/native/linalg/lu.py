"""LLVM IR of triangular factors that several operations share: ``a = p l u``, and what is computed of them.

Both triangles lie in one matrix, by columns, as LAPACK has them; l has ones on its diagonal.
"""

from __future__ import annotations

from theano.native.ir.builder import INT, V
from theano.native.linalg.code import Caller
from theano.native.linalg.small_matrices import MOST, room
from theano.native.products.code import Shape

__all__ = ["factors_of", "pivot_product_of", "pivot_sizes_of", "substituted_of"]


def factors_of(s: Shape, bits: int) -> Caller:
    """The factors of one matrix, and with which row each was exchanged, from zero. A pivot may be zero."""
    f = Caller(s, "factors_of", "n:i a:p ar:i ac:i lu:p pivots:p", bits)
    with f.when(f.n.equals(0)):
        f.leave()
    if not s.is_complex:
        with f.when(f.n <= MOST):
            w, ld = f.memory(MOST * room(s) * s.size), f.n.up_to(s.lanes)
            f.call("fill", f.n * ld, f.zero_number(), w)
            f.copied(f.n, f.n, f.a, f.ar, f.ac, w, ld)
            f.call("triangles", f.n, w, ld, f.pivots)
            f.copied(f.n, f.n, w, 1, ld, f.lu, f.n)
            f.leave()
    f.copied(f.n, f.n, f.a, f.ac, f.ar, f.lu, f.n)
    f.routine("getrf", f.n, f.n, f.lu, f.n, f.pivots, f.info())
    with f.loop(0, f.n) as turn:  # from the end: the integers of the library may be shorter
        i = f.n - 1 - turn
        f.pivots.element(INT, i).store(f.pivot(i) - 1, 8)
    return f


def _exchange(f: Caller, i: V) -> None:
    """Exchange rows of x as when the matrix was factored."""
    other = f.pivots.element(INT, i).load(INT, 8)
    with f.when(other.differs(i) & (other >= 0) & (other < f.n)):
        f.call("exchange", f.m, f.at(f.x, i * f.m), f.at(f.x, other * f.m))


def substituted_of(s: Shape, bits: int) -> Caller:
    """The x with ``p l u x = b``, or (`turned`) ``(p l u)' x = b``; the code: which pivot is zero, from one."""
    params = "turned:i n:i m:i a:p ar:i ac:i b:p br:i bc:i pivots:p x:p"
    f = Caller(s, "substituted_of", params, bits, INT)
    with f.loop(0, f.n) as i:
        with f.when(f.is_zero(f.number_at(f.a, i * (f.ar + f.ac)))):
            f.leave(i + 1)
    f.copied(f.n, f.m, f.b, f.br, f.bc, f.x, f.m)
    with f.when(f.turned.equals(0)):
        with f.loop(0, f.n) as i:
            _exchange(f, i)
        f.substitute(1, 1, f.n, f.m, f.a, f.ar, f.ac, f.x)
        f.substitute(0, 0, f.n, f.m, f.a, f.ar, f.ac, f.x)
        f.leave(0)
    f.substitute(1, 0, f.n, f.m, f.a, f.ac, f.ar, f.x)
    f.substitute(0, 1, f.n, f.m, f.a, f.ac, f.ar, f.x)
    with f.loop(0, f.n) as turn:
        _exchange(f, f.n - 1 - turn)
    f.leave(0)
    return f


def _swaps(f: Caller) -> V:
    """How many rows were exchanged."""
    with f.fold(0, f.n, [f.constant(0)]) as (i, state):
        state[0] = state[0] + f.pivots.element(INT, i).load(INT, 8).differs(i).to("zext", INT)
    return state[0]


def pivot_product_of(s: Shape, bits: int) -> Caller:
    """The determinant of one matrix of which the factors are given."""
    f = Caller(s, "pivot_product_of", "n:i a:p ar:i ac:i pivots:p d:p", bits)
    f.call("scaled_product", f.n, f.a, f.ar + f.ac, _swaps(f), f.d)
    return f


def pivot_sizes_of(s: Shape, bits: int) -> Caller:
    """The sign of the determinant of one matrix of which the factors are given, and the sizes of its pivots."""
    f = Caller(s, "pivot_sizes_of", "n:i a:p ar:i ac:i pivots:p d:r sign:p", bits)
    f.call("sizes_of", f.n, f.n, f.a, f.ar + f.ac, _swaps(f), f.d, f.sign)
    return f
