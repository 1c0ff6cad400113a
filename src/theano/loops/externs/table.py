"""Functions outside of a program that it may call (`host.Call`): what each takes and means, and what it asks for.

One entry in `EXTERNS` is all that another one needs, be it a convolution, a collective or a function of a device's
library: the verifier, the interpreter, the printers, the estimates of work and the linker read it there. Who knows the
addresses is a `source`, which `native.linking` knows by its name.

Functions follow the C convention and return nothing, or, where they may fail, an ``i32``: 0, or anything else once a
Python exception is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops.expr import Expr

__all__ = ["EXTERNS", "Amounts", "Extern", "Parameter", "array_at", "declare", "name_of", "signature"]


class Parameter(NamedTuple):
    """Of a function: its name and type; a pointer is to elements of a type, and is read or written through."""

    name: str
    type: str
    element: str = ""
    is_read: bool = False
    is_written: bool = False


class Amounts(NamedTuple):
    """What a call does, all its slices or parts together, for those who read a profile.

    The lengths that it goes over, the bytes that it moves if it reads each operand and writes each result once, and the
    operations of floating-point numbers (None: nobody counts them).
    """

    extents: tuple[Expr, ...]
    bytes: Expr
    operations: Expr | None = None


class Extern(Record):
    """What is known about a function.

    Parameters
    ----------
    source : who knows its address, a key of `native.linking.SOURCES`.
    meaning : what it does, for the interpreter, given all arguments by name; pointers are `interpreter.Pointer`.
    cost : plain operations as an expression of the arguments that are numbers, of a function without `amounts`.
    may_fail : so it is not called after the commit point, nor by several threads at once.
    needs_python : so it is called by who holds the GIL.
    shares_threads : the team of threads may work in it, so no thread of the team calls it.
    amounts : what it does for its arguments, which says its operations, too; None: that is not told.
    own_rows : its first two arguments are rows from and to, and it writes only what belongs to these.
    """

    name: str
    parameters: tuple[Parameter, ...]
    source: str
    meaning: Callable[[dict[str, Any]], None]
    cost: Callable[[Mapping[str, Expr]], Expr] | None = None
    may_fail: bool = False
    needs_python: bool = False
    shares_threads: bool = False
    own_rows: bool = False
    amounts: Callable[[Mapping[str, Expr]], Amounts] | None = None

    def run(self, values: Sequence[Any]) -> None:
        """Call the meaning."""
        pairs = zip(self.parameters, values, strict=True)
        with np.errstate(all="ignore"):
            self.meaning({p.name: int(v) if p.type == "i64" else v for p, v in pairs})

    def operations(self, args: Sequence[object]) -> Expr | None:
        """How many plain operations a call makes; None where they are not counted."""
        if self.amounts is not None:
            return self.amounts(self._given(args)).operations
        return None if self.cost is None else self.cost(self._given(args))

    def amounts_of(self, args: Sequence[object]) -> Amounts | None:
        """What a call with these arguments does; None where that is not told."""
        return None if self.amounts is None else self.amounts(self._given(args))

    def _given(self, args: Sequence[object]) -> dict[str, Expr]:
        """The arguments that are numbers."""
        return {p.name: a for p, a in zip(self.parameters, args, strict=True) if isinstance(a, Expr)}


EXTERNS: dict[str, Extern] = {}


def declare(extern: Extern) -> None:
    """Enter a function into the table."""
    assert extern.name not in EXTERNS
    assert extern.cost is None or extern.amounts is None, "operations are told once"
    EXTERNS[extern.name] = extern


def signature(text: str, numbers: str, reads: str, writes: str) -> tuple[Parameter, ...]:
    """Parameters as text: each a name and i (an integer), n (a number) or what it points to.

    That is p (numbers), r (real numbers, of the precision of the numbers) or w (integers).

    >>> signature("n:i a:p", "f32", "a", "")
    (Parameter(name='n', type='i64', element='', is_read=False, is_written=False), \
Parameter(name='a', type='ptr', element='f32', is_read=True, is_written=False))
    """
    real = ex.COMPLEX_PART.get(numbers, numbers)
    types = {
        "i": ("i64", ""), "n": (numbers, ""), "p": ("ptr", numbers), "r": ("ptr", real), "w": ("ptr", "i64")
    }  # fmt: skip
    read, written = reads.split(), writes.split()
    named = [p.split(":") for p in text.split()]
    return tuple([Parameter(n, *types[kind], n in read, n in written) for n, kind in named])


# -- products ----------------------------------------------------------------------------------------------
LETTER = {"f32": "s", "f64": "d"}
# Strides count elements; the columns of results are contiguous.
ARGUMENTS = "m:i n:i k:i alpha:n a:p ar:i ac:i b:p br:i bc:i beta:n c:p cr:i"
# `count` times `each` products; matrices of the former are `as`, …, those of the latter `at`, … apart (`stack`; `some`
# for who is one of many threads).
STACK = f"count:i each:i as:i bs:i cs:i at:i bt:i ct:i {ARGUMENTS}"
# A second operand that stays may be copied into panels before (`panels`), for products that are given both (`packed`).
PANELS = "m:i n:i k:i b:p br:i bc:i panels:p"
PACKED = "m:i n:i k:i a:p ar:i b:p br:i bc:i panels:p c:p cr:i"
BACKWARD = "m:i p:i q:i w:p wr:i d:p dr:i dc:i x:p xr:i xc:i alpha:n beta:n g:p gr:i"


def array_at(pointer: Any, type_: str, shape: tuple[int, ...], steps: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """An array in memory: strides count elements, and nothing lies outside."""
    if 0 in shape:
        return np.empty(shape, ex.DTYPE_OF[type_])
    data, start = pointer.element(type_, 0)
    reach = [(n - 1) * s for n, s in zip(shape, steps, strict=True)]
    low, high = (start + sum(f(r, 0) for r in reach) for f in (min, max))
    if low < 0 or high >= data.size:
        raise IndexError("an array beyond the end of memory")
    size = data.itemsize
    return np.lib.stride_tricks.as_strided(data[start:], shape, tuple(s * size for s in steps))


def _product(t: str, a: dict[str, Any]) -> None:
    """c = beta c + alpha a b; c is not read where beta is 0."""
    x = array_at(a["a"], t, (a["m"], a["k"]), (a["ar"], a["ac"]))
    y = array_at(a["b"], t, (a["k"], a["n"]), (a["br"], a["bc"]))
    out = array_at(a["c"], t, (a["m"], a["n"]), (a["cr"], 1))
    product = a["alpha"] * (x @ y)
    out[...] = product if a["beta"] == 0 else product + a["beta"] * out


def _stack(t: str, a: dict[str, Any]) -> None:
    """Products of matrices that lie `as`, `bs`, `cs` and `at`, `bt`, `ct` elements apart."""
    size = ex.ITEMSIZE[t]
    for k in range(a["count"]):
        for j in range(a["each"]):
            moved = {n: a[n].moved((k * a[f"{n}s"] + j * a[f"{n}t"]) * size) for n in "abc"}
            _product(t, {**a, **moved})


def _backward(t: str, a: dict[str, Any]) -> None:
    """g = d w' and w = beta w + alpha x' d."""
    x = array_at(a["x"], t, (a["m"], a["p"]), (a["xr"], a["xc"]))
    d = array_at(a["d"], t, (a["m"], a["q"]), (a["dr"], a["dc"]))
    w = array_at(a["w"], t, (a["p"], a["q"]), (a["wr"], 1))
    g = array_at(a["g"], t, (a["m"], a["p"]), (a["gr"], 1))
    g[...] = d @ w.T
    w[...] = (a["beta"] * w if a["beta"] else 0) + a["alpha"] * (x.T @ d)


def _panels(t: str, a: dict[str, Any]) -> None:
    """Nothing: `packed` reads the matrix itself."""


def _packed(t: str, a: dict[str, Any]) -> None:
    """c = a b."""
    _product(t, {**a, "alpha": 1, "beta": 0, "ac": 1})


def product_of(factors: Sequence[Expr], times: int = 1) -> Expr:
    """The product of lengths, so many times."""
    first, *others = factors
    for factor in others:
        first = ex.mul(first, factor)
    return first if times == 1 else ex.mul(first, ex.const(times, "i64"))


# Of each kind the lengths that it goes over, the products that it makes of them, the matrices that it reads and writes,
# each of two of the lengths, and the one that it also reads if it adds to it.
SIDES: dict[str, tuple[str, int, str, str]] = {
    "product": ("m k n", 1, "mk kn mn", "mn"),
    "tiles": ("m k n", 1, "mk kn mn", "mn"),
    "panels": ("k n", 0, "kn kn", ""),
    "packed": ("m k n", 1, "mk kn mn", ""),
    "slice": ("m k n", 1, "mk kn mn", ""),
    "stack": ("count each m k n", 1, "mk kn mn", "mn"),
    "some": ("count each m k n", 1, "mk kn mn", "mn"),
    "backward": ("m p q", 2, "pq mq mp mp pq", ""),
}


def _amounts(kind: str, type_: str, given: Mapping[str, Expr]) -> Amounts:
    """Those of a function for products, which adds to what there is if `beta` is not 0."""
    names, products, matrices, sum_ = SIDES[kind]
    beta = given.get("beta")
    if beta is not None and not (beta.op == "const" and beta.value == 0):
        matrices = f"{matrices} {sum_}"
    extents = tuple([given[name] for name in names.split()])
    count = product_of(extents[:2]) if kind in ("stack", "some") else ex.const(1, "i64")
    elements = ex.const(0, "i64")
    for matrix in matrices.split():
        elements = ex.add(elements, product_of([count, *(given[name] for name in matrix)]))
    moved = ex.mul(elements, ex.const(ex.ITEMSIZE[type_], "i64"))
    return Amounts(extents, moved, product_of(extents, 2 * products) if products else ex.const(0, "i64"))


# Parameters, what is read and written through, meaning, whether threads share them.
KINDS: dict[str, tuple[str, str, str, Callable[[str, dict[str, Any]], None], bool]] = {
    "product": (ARGUMENTS, "a b c", "c", _product, True),
    "tiles": (ARGUMENTS, "a b c", "c", _product, False),
    "panels": (PANELS, "b", "panels", _panels, False),
    "packed": (PACKED, "a b panels", "c", _packed, True),
    "slice": (PACKED, "a b panels", "c", _packed, False),
    "stack": (STACK, "a b c", "c", _stack, True),
    "some": (STACK, "a b c", "c", _stack, False),
    "backward": (BACKWARD, "w d x", "w g", _backward, True),
}


def name_of(kind: str, type_: str) -> str:
    """The name of a function of the library of products, for numbers of a type."""
    return f"{LETTER[type_]}{kind}"


for _type in LETTER:
    for _kind, (_parameters, _reads, _writes, _meaning, _shared) in KINDS.items():
        declare(
            Extern(
                name_of(_kind, _type), signature(_parameters, _type, _reads, _writes), "products",
                partial(_meaning, _type), shares_threads=_shared, amounts=partial(_amounts, _kind, _type),
            )  # fmt: skip
        )
