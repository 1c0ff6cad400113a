"""What the kernels of sorting are written with: keys, which are signed integers, and vectors of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from theano.base.record import Record
from theano.native.ir.builder import BOOL, INT, VOID, FunctionText, V

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["LINE", "Keys", "Kernel", "keys_of"]

# Bytes of a cache line, or a multiple.
LINE = 64


class Keys(Record, frozen=True):
    """Of the integers that are sorted, and of what a kernel holds in registers at once.

    With `as_floats` they are the bits of floats, not NaN, and compared as such, which processors do faster.

    `group` vectors are compared with each other between loads and stores, half of it from each of two runs. What is
    `provisional` has no networks.
    """

    bits: int
    lanes: int
    group: int
    together: str  # how the lanes under a mask are moved together: "compress" (AVX-512), "permute" (AVX2), or not
    provisional: bool = False
    as_floats: bool = False

    @property
    def type(self) -> str:
        return f"i{self.bits}"

    @property
    def size(self) -> int:
        return self.bits // 8

    @property
    def vector(self) -> str:
        return f"<{self.lanes} x {self.type}>"

    @property
    def least(self) -> int:
        """The fewest keys of a network."""
        return self.lanes * self.group

    @property
    def greatest(self) -> int:
        """A key that no other is greater than."""
        largest = (1 << (self.bits - 1)) - 1
        if self.as_floats:  # infinity: all bits of the exponent
            return largest & -1 << {32: 23, 64: 52}[self.bits]
        return largest

    @property
    def float(self) -> str:
        return {32: "float", 64: "double"}[self.bits]


def keys_of(type_: str, isa: Isa, provisional: bool = False) -> Keys:
    """Of a type of `loops.sorting.modules`. Half of the registers hold a group, the others what is made of it."""
    bits, as_floats = int(type_[1:]), type_[0] == "f"
    if provisional:
        return Keys(bits, 2, 8, "", True, as_floats)
    group = 16 if isa.name in ("avx512", "neon") else 8
    together = {"avx512": "compress", "avx2": "permute"}.get(isa.name, "")
    return Keys(bits, max(isa.vector_bytes * 8 // bits, 2), group, together, False, as_floats)


class Kernel(FunctionText):
    """A function on keys; its parameters are a name and i (integer), n (key) or p (pointer)."""

    def __init__(
        self, keys: Keys, name: str, params: str, result: str = VOID, exported: bool = False, quick: bool = False
    ) -> None:
        self.keys = keys
        super().__init__(name, params, result, exported, quick)

    def type_named(self, short: str) -> str:
        return self.keys.type if short == "n" else super().type_named(short)

    # -- keys ---------------------------------------------------------------------------------------------
    def key(self, value: int) -> V:
        return self.constant(value, self.keys.type)

    def at(self, pointer: V, index: V | int) -> V:
        """The address `index` keys behind `pointer`."""
        return pointer.element(self.keys.type, index)

    def key_at(self, pointer: V, index: V | int = 0) -> V:
        return self.at(pointer, index).load(self.keys.type, self.keys.size)

    def put(self, value: V, pointer: V, index: V | int = 0) -> None:
        """Store a key, or a vector of them, from key `index` on."""
        self.at(pointer, index).store(value, self.keys.size)

    def from_line(self, pointer: V) -> V:
        """The first whole cache line: vectors that two lines share take twice as long."""
        return pointer.behind((self.constant(0) - pointer.to("ptrtoint", INT)) & (LINE - 1))

    # -- vectors ------------------------------------------------------------------------------------------
    def vectors(self, pointer: V, index: V | int) -> V:
        """The address `index` vectors behind `pointer`."""
        return pointer.element(self.keys.vector, index)

    def vector_at(self, pointer: V, index: V | int = 0) -> V:
        return self.vectors(pointer, index).load(self.keys.vector, self.keys.size)

    def put_vector(self, value: V, pointer: V, index: V | int = 0) -> None:
        self.vectors(pointer, index).store(value, self.keys.size)

    def op(self, name: str, a: V, b: V) -> V:
        """An operation on integers or vectors of them, by LLVM's name."""
        return self.emit(a.type, f"{name} {a.type} {a.text}, {b.text}")

    def spread(self, key: V) -> V:
        """A vector of one key."""
        t, n = f"<{self.keys.lanes} x {key.type}>", self.keys.lanes
        one = self.emit(t, f"insertelement {t} poison, {key.type} {key.text}, i64 0")
        return self.emit(t, f"shufflevector {t} {one.text}, {t} poison, <{n} x i32> zeroinitializer")

    def shuffled(self, a: V, b: V, picks: Iterable[int]) -> V:
        """Lanes of one vector and of another one, which count on."""
        mask = [f"i32 {k}" for k in picks]
        text = f"shufflevector {a.type} {a.text}, {b.type} {b.text}, <{len(mask)} x i32> <{', '.join(mask)}>"
        return self.emit(f"<{len(mask)} x {self.keys.type}>", text)

    def crossed(self, vector: V, bits: int) -> V:
        """The lane whose number differs in `bits`."""
        return self.shuffled(vector, vector, [k ^ bits for k in range(self.keys.lanes)])

    def mixed(self, a: V, b: V, bit: int) -> V:
        """Lanes of `a` whose numbers lack a bit, and those of `b` that have it."""
        n = self.keys.lanes
        return self.shuffled(a, b, [k + n if k & bit else k for k in range(n)])

    def ordered(self, a: V, b: V) -> tuple[V, V]:
        """The lesser and the greater, lane by lane."""
        if not self.keys.as_floats:
            return self.ordered_integers(a, b)
        floats = f"<{self.keys.lanes} x {self.keys.float}>"
        x, y = (v.to("bitcast", floats) for v in (a, b))
        found = []
        for how, p, q in (("olt", x, y), ("ogt", y, x)):  # a minimum and a maximum, as processors define them
            mask = self.emit(f"<{self.keys.lanes} x i1>", f"fcmp {how} {floats} {p.text}, {q.text}")
            chosen = f"select {mask.type} {mask.text}, {floats} {p.text}, {floats} {q.text}"
            found.append(self.emit(floats, chosen).to("bitcast", a.type))
        return found[0], found[1]

    def compared(self, a: V, how: str, b: V) -> V:
        """Whether keys, or those of vectors, are `gt` or `le` others."""
        kind = BOOL if a.type == self.keys.type else f"<{self.keys.lanes} x i1>"
        if not self.keys.as_floats:
            return self.emit(kind, f"icmp s{how} {a.type} {a.text}, {b.text}")
        floats = self.keys.float if kind == BOOL else f"<{self.keys.lanes} x {self.keys.float}>"
        x, y = (v.to("bitcast", floats) for v in (a, b))
        return self.emit(kind, f"fcmp o{how} {floats} {x.text}, {y.text}")

    def ordered_integers(self, a: V, b: V) -> tuple[V, V]:
        """The same of integers that need not be keys."""
        kind = f"v{self.keys.lanes}{self.keys.type}"
        low, high = (self.call(f"llvm.{op}.{kind}", a, b, result=a.type) for op in ("smin", "smax"))
        return low, high

    # -- others -------------------------------------------------------------------------------------------
    def log2(self, power: V) -> V:
        """Of a power of two."""
        return self.call("llvm.cttz.i64", power, True, result=INT)

    def bits_of(self, value: V) -> V:
        """How many bits a number has; 0 for 0."""
        return self.constant(64) - self.call("llvm.ctlz.i64", value, False, result=INT)
