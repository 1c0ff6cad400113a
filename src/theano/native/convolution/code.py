"""What the kernels of convolutions are written with: the geometry, as integers in memory by their names.

They are in the order of `loops.convolution.GEOMETRY`; what follows from them comes behind.
"""

from __future__ import annotations

from theano.loops.externs.convolution import GEOMETRY
from theano.native.ir.builder import INT, V
from theano.native.products.code import Kernel
from theano.native.products.kernels import quotient

__all__ = ["GIVEN", "Words", "all_of", "counted_columns", "even", "geometry_of", "magnitude", "memory_of"]

GIVEN = [p.partition(":")[0] for p in GEOMETRY.split()]
# What `phase` finds: where its elements of w and y begin; and `plan`: elements of a kernel, kernels rounded up to whole
# panels, whether x is read where it is, the sizes of blocks and pieces and the number of blocks along each axis, how
# many kernels a block has and in how many parts they are, blocks of all groups.
FOUND = "w y inner whole direct bn b0 b1 b2 cn c0 c1 c2 nn n0 n1 n2 some shares blocks".split()
PLACES = {name: k for k, name in enumerate([*GIVEN, *(f"the_{name}" for name in FOUND)])}


class Words:
    """Integers in memory, by their names."""

    def __init__(self, f: Kernel, memory: V) -> None:
        self.f, self.memory = f, memory

    def place(self, name: str) -> V:
        return self.memory.element(INT, PLACES[name if name in PLACES else f"the_{name}"])

    def __getitem__(self, name: str) -> V:
        return self.place(name).load(INT, 8)

    def __setitem__(self, name: str, value: V | int) -> None:
        self.place(name).store(self.f.typed(value, INT), 8)


def memory_of(f: Kernel) -> Words:
    return Words(f, f.memory(8 * len(PLACES)))


def geometry_of(f: Kernel) -> Words:
    """The geometry that a function has been given."""
    words = memory_of(f)
    for name in GIVEN:
        words[name] = f.params[name]
    return words


def all_of(f: Kernel, *factors: V | int) -> V:
    found = f.constant(1)
    for factor in factors:
        found = found * factor
    return found


def magnitude(f: Kernel, step: V) -> V:
    return f.maximum(step, f.constant(0) - step)


def even(f: Kernel, count: V, most: V) -> V:
    """The length of parts of `count` positions, as equal as can be; no more than `most`, or 1."""
    whole = f.maximum(count, 1)
    return quotient(f, whole, quotient(f, whole, f.maximum(most, 1)))


def counted_columns(f: Kernel, k: V) -> V:
    """Columns of `k` kernels in an estimate of time: those of whole panels.

    A tile of one vector takes three quarters of the time of one of two, as measured with AVX-512.
    """
    s = f.s
    return f.select(k <= s.lanes, s.lanes * 3 // 2, k.up_to(s.columns))
