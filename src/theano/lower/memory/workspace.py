"""Where temporaries live: one workspace a call, shared by values whose lives do not overlap."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state.builder import Builder, CheckRecord
from theano.lower.state.dims import LIMIT, ZERO, is_const, length, real_product, shape_text
from theano.lower.state.values import Tensor, byte_size

ALIGN = 64
# How many pieces of other sizes are asked whether one fits into their gaps.
CANDIDATES = 64
# A piece with so many lives is not compared with others any more.
MANY_LIVES = 256


def rounded(size: Expr) -> Expr:
    """Up to a multiple of the alignment."""
    if size.op == "const":
        return length(max(-(-int(size.value) // ALIGN), 1) * ALIGN)
    return ex.and_(ex.add(size, length(ALIGN - 1)), length(-ALIGN))


class Lives:
    """The first and the last step of main in which each memory is used.

    Of memory that has room for blocks of rows only these are steps of one block; `in_blocks` tells in which steps of
    main all the blocks go by.
    """

    def __init__(self) -> None:
        self.of: dict[Tensor, tuple[int, int]] = {}
        self.in_blocks: dict[Tensor, tuple[int, int]] = {}

    def touch(self, memory: Tensor, step: int) -> None:
        first, last = self.of.get(memory, (step, step))
        self.of[memory] = (min(first, step), max(last, step))

    def go_by_in_blocks(self, first: int, last: int, inside: Collection[Tensor]) -> None:
        """Some steps, the last so far, go by in blocks, for which some memory has room."""
        self.in_blocks.update(dict.fromkeys(inside, (first, last)))
        for memory, (begins, ends) in self.of.items():
            if ends >= first and memory not in inside:  # the next block needs it, too, or has it already
                self.of[memory] = min(begins, first), max(ends, last)


class _Piece(Record):
    """A piece of the workspace: its size, who lives there, and from which step to which, in order."""

    size: Expr
    tensors: list[Tensor]
    lives: list[tuple[int, int]]

    def join(self, other: _Piece) -> bool:
        """Take in another one, if their lives do not overlap."""
        lives = sorted([*self.lives, *other.lives])
        if any(last >= first for (_, last), (first, _) in pairwise(lives)):
            return False
        self.size, self.lives = ex.maximum(self.size, other.size), lives
        self.tensors += other.tensors
        return True


def carve_workspace(
    b: Builder, temps: Sequence[Tensor], lives: Lives, arguments: Sequence[Tensor], outputs: Sequence[Tensor],
    head: list[st.Stmt],
) -> None:  # fmt: skip
    """Assign an offset in the workspace to every temporary; the statements go to `head`."""
    pieces = _pieces(b, temps, lives)
    given = {b.dims.product(t.dims) for t in arguments}
    for tensor in _largest(b, [*temps, *(t for t in outputs if t.role == "output")]):
        check_size(b, tensor, given, head)
    if not pieces:
        return
    total: Expr = ZERO
    carved: list[st.Stmt] = []
    work = b.fresh("w")
    for piece in pieces:
        carved += [hs.Carve(t.name, work, total) for t in piece.tensors]
        total = ex.add(total, rounded(piece.size))
    largest = max(temps, key=lambda t: len(t.dims))
    node = largest.writers[0].node if largest.writers else None
    head.append(hs.Workspace(work, total, b.no_memory(node, "no memory for what is computed on the way")))
    head += carved


def _pieces(b: Builder, temps: Sequence[Tensor], lives: Lives) -> list[_Piece]:
    """Pieces for all temporaries: those of one size share one, then those whose sizes follow from the same lengths.

    Then any others of as many axes: the results of one layer of a network and of another; and what their convolutions
    need on the way, for one step each, apart from what is needed for longer (unless equal lengths have put these
    together before). Which of these is larger only a call tells; the sum of both is never needed.

    What holds blocks of rows shares a piece with what has rows of that size, as all blocks begin at the same places
    then. With others it does not while blocks go by: they would begin elsewhere, and threads are at several blocks.
    """
    pieces: dict[frozenset[str], list[_Piece]] = {}
    for size, equal in _of_one_size(b, temps, lives).items():
        for piece in equal:
            if not lives.in_blocks.keys().isdisjoint(piece.tensors):
                piece.lives = sorted({lives.in_blocks[t] for t in piece.tensors})
        alike = pieces.setdefault(frozenset(ex.names(size)), [])
        others = list(alike)  # pieces of one size never fit each other
        for piece in equal:
            host = next((p for p in others[:CANDIDATES] if p.join(piece)), None)
            if host is None:
                alike.append(piece)
            else:
                others.remove(host)
    hosts: dict[tuple[str, int, bool], list[_Piece]] = {}
    for piece in [p for alike in pieces.values() for p in alike]:
        tensor = piece.tensors[0]
        others = hosts.setdefault((tensor.type, len(tensor.dims), all(a == z for a, z in piece.lives)), [])
        if not any(p.join(piece) for p in others[:CANDIDATES] if len(p.lives) + len(piece.lives) <= MANY_LIVES):
            others.append(piece)
    return [p for others in hosts.values() for p in others]


def _of_one_size(b: Builder, temps: Sequence[Tensor], lives: Lives) -> dict[Expr, list[_Piece]]:
    """For each size the pieces for its temporaries, as few as live at once; each goes to the first that is free."""
    pieces: dict[Expr, list[_Piece]] = {}
    free: dict[Expr, list[int]] = {}  # numbers of pieces: a heap
    busy: dict[Expr, list[tuple[int, int]]] = {}  # until which step, and which: a heap
    for tensor in sorted(temps, key=lambda t: lives.of.get(t, (0, 0))[0]):
        size = b.dims.normal(byte_size(b.dims, tensor))
        life = lives.of.get(tensor, (0, 1 << 30))
        own, own_free, own_busy = pieces.setdefault(size, []), free.setdefault(size, []), busy.setdefault(size, [])
        while own_busy and own_busy[0][0] < life[0]:
            heappush(own_free, heappop(own_busy)[1])
        at = heappop(own_free) if own_free else len(own)
        if at == len(own):
            own.append(_Piece(size, [], []))
        own[at].tensors.append(tensor)
        own[at].lives.append(life)
        heappush(own_busy, (life[1], at))
    return pieces


def _largest(b: Builder, tensors: list[Tensor]) -> list[Tensor]:
    """For each number of elements the tensor with the largest ones: if that fits, so do the others."""
    found: dict[Expr, Tensor] = {}
    for tensor in tensors:
        count = b.dims.product(tensor.dims)
        known = found.get(count)
        if known is None or ex.ITEMSIZE[known.type] < ex.ITEMSIZE[tensor.type]:
            found[count] = tensor
    return list(found.values())


def check_size(b: Builder, tensor: Tensor, given: set[Expr], head: list[st.Stmt]) -> None:
    """MemoryError where the size would not fit into the address space.

    Lengths of arrays that exist cannot multiply beyond it unless they come from different arrays; `given` are the
    numbers of elements of those that come from outside.
    """
    count = b.dims.product(tensor.dims)
    if all(is_const(d) for d in tensor.dims):  # the product of constants may have wrapped around
        if math.prod(int(d.value) for d in tensor.dims) * ex.ITEMSIZE[tensor.type] < LIMIT:
            return
    elif count in given or not b.known_at_entry(*tensor.dims):
        return
    real = real_product(tensor.dims, float(ex.ITEMSIZE[tensor.type]))
    shown, shape = shape_text(tensor.dims)
    node = tensor.writers[0].node if tensor.writers else None
    message = f"an array of shape {shape} does not fit into memory"
    b.records.append(CheckRecord(node, MemoryError, message))
    # in front of everything that allocates
    at = next((k for k, s in enumerate(head) if isinstance(s, hs.NewArray)), len(head))
    head.insert(at, hs.Check(ex.lt(real, LIMIT), len(b.records), shown))
