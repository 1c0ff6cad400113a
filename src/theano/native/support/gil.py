"""Letting other Python threads run while a long program works, and what that needs guarded.

A program that runs without the GIL is in the list `active` if it uses storages; so is what copies the value of one
(`get_value`). Whoever wants to use a storage that one in the list uses, and one of the two updates it, waits until the
other is done: a program at its entry, before it looks at its storages. The list changes only while the GIL is held.

Nobody is overtaken: those who wait are in the list, too, and who comes later waits for them. What a thread has in the
list itself never stands in its way, so a signal handler may use what the program that it interrupts uses. Such a
program is in the list as one that *polls*: nothing has been committed, so others may read meanwhile. It goes on when
they are done.

A process that forks waits until no program is between its commit and its end, and none commits until it has forked.

The state is the process's, not this module's, so that provisional and fast code share it (`support`): the first node
of the list, then how often a node left the list, how many threads sleep, and whether a thread is about to fork.

A node of the list is part of a frame, or of the Python object that holds it. The table of a program tells how many
storages it has, and for each its context word, and 1 << 32 if it is updated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from theano.native.ir.builder import BOOL, INT, INT32, PTR, Block, Field, V
from theano.native.ir.machine import Machine
from theano.native.support.code import LIST_ITEMS, Code
from theano.runtime import abi
from theano.runtime.module import intrinsic

__all__ = ["GLOBALS", "functions"]

# Of the process's state, whose start is the address of the first node.
CHANGES, WAITING = Field(abi.ACTIVE_CHANGES, INT32), Field(abi.ACTIVE_WAITING, INT32)
FORKS = Field(abi.ACTIVE_FORKS, INT)
# Of a node: the state of the thread that has let go of the GIL (null while it is held), and when it polled last without
# it (at first, any number).
STATE, NEXT, CTX, TABLE, THREAD = (Field(8 * k, PTR) for k in range(5))
PHASE, COMMITTED, POLLED = Field(40, INT), Field(8 * abi.COMMITTED, INT), Field(8 * abi.POLLED, INT)
# What a program does.
RUNS, WAITS, POLLS = 0, 1, 2
# A table has a word for each storage: the lower half is its context word.
WORD = abi.STORAGE_UPDATED - 1
# Taking the GIL back takes 5 ms where another thread runs Python code: so many cycles between two looks for signals.
BETWEEN_POLLS = 100_000_000

GLOBALS = [intrinsic("llvm.readcyclecounter", INT)]


def functions(machine: Machine, provisional: bool = False) -> list[Code]:
    """All of them; for provisional code any two programs meet."""
    return [
        *([] if provisional else [meet()]), join(), leave(), wake(machine), forget_others(),
        conflict(not provisional), is_inside(), sleep(machine), wait_turn(), enter(), fork_begin(), fork_end(),
        fork_child(), copy_value(), put_value(), settle(), gil_release(), gil_back(), gil_take(), gil_commit(),
        gil_poll(),
    ]  # fmt: skip


# -- the list ----------------------------------------------------------------------------------------------------
class _Entry(NamedTuple):
    """A node, where its address stands, where to go on with the next one, and what that is handed."""

    node: V
    at: V
    on: Block
    state: list[V]


@contextmanager
def _walk(f: Code, *first: V) -> Iterator[_Entry]:
    """Go through the list; values are handed from one round to the next."""
    each, on, end = f.block(PTR, *(v.type for v in first)), f.block(), f.block()
    at, *state = f.begin(each, f.word("active"), *first)
    node = at.load(PTR)
    f.jump(end, when=node.is_null())
    next_at = node.place(NEXT)
    yield _Entry(node, at, on, state)
    f.begin(on)
    f.jump(each, next_at, *state)
    f.begin(end)


def _node(f: Code) -> V:
    """A node in stack memory."""
    node = f.memory(8 * abi.N_GIL_WORDS, 8)
    node.set(COMMITTED, 0)
    return node


def join() -> Code:
    """Get into the list."""
    f = Code("join", "node:p ctx:p table:p phase:i", quick=True)
    active = f.word("active")
    f.node.set(NEXT, active.load(PTR))
    f.node.set(CTX, f.ctx)
    f.node.set(TABLE, f.table)
    f.node.set(THREAD, f.api("this_thread"))
    f.node.set(PHASE, f.phase)
    active.store(f.node)
    return f


def leave() -> Code:
    """Leave it, and wake those who sleep."""
    f = Code("leave", "node:p", exported=True, quick=True)
    with _walk(f) as entry:
        f.jump(entry.on, unless=entry.node.equals(f.node))
        entry.at.store(entry.node.get(NEXT))
        f.call("wake")
        f.leave()
    return f


def wake(machine: Machine) -> Code:
    f = Code("wake", "", quick=True)
    active = f.word("active")
    active.set(CHANGES, active.get(CHANGES) + 1)
    with f.unless(active.get(WAITING).equals(0)):
        machine.rouse(f, active.place(CHANGES))
    return f


def forget_others() -> Code:
    """Keep only what this thread has in the list."""
    f = Code("forget_others", "", quick=True)
    f.word("active").set(WAITING, 0)
    thread = f.api("this_thread")
    each, keep, end = f.block(PTR), f.block(), f.block()
    (at,) = f.begin(each, f.word("active"))
    node = at.load(PTR)
    f.jump(end, when=node.is_null())
    next_at = node.place(NEXT)
    f.jump(keep, when=node.get(THREAD).equals(thread))
    at.store(next_at.load(PTR))
    f.jump(each, at)
    f.begin(keep)
    f.jump(each, next_at)
    f.begin(end)
    return f


def is_inside() -> Code:
    """Whether this thread has anything in the list."""
    f = Code("is_inside", "", BOOL, quick=True)
    thread = f.api("this_thread")
    with _walk(f) as entry:
        f.jump(entry.on, unless=entry.node.get(THREAD).equals(thread))
        f.leave(True)
    f.leave(False)
    return f


# -- who stands in whose way -------------------------------------------------------------------------------------
def meet() -> Code:
    """Whether one of them updates a storage that the other one uses, updates of the second in `mask` only."""
    f = Code("meet", "ctx:p table:p ctx2:p table2:p mask:i", BOOL, quick=True)
    n, n2 = f.table.load(INT), f.table2.load(INT)
    with f.loop(1, n + 1) as i:
        a = f.table.element(INT, i).load(INT)
        storage = f.ctx.element(PTR, a & WORD).load(PTR)
        with f.loop(1, n2 + 1) as k:
            b = f.table2.element(INT, k).load(INT)
            same = storage.equals(f.ctx2.element(PTR, b & WORD).load(PTR))
            with f.when(same & (a | b & f.mask).compare("uge", abi.STORAGE_UPDATED)):
                f.leave(True)
    f.leave(False)
    return f


def conflict(looks: bool) -> Code:
    """Whether another thread's program stands in the way of one.

    Any that runs; if it is to be fair, those that have waited for longer than `node`, too, which may not be in the list
    yet. Unless it `looks`, any two programs are taken to meet.
    """
    f = Code("conflict", "node:p ctx:p table:p fair:i1", BOOL, quick=True)
    thread = f.api("this_thread")
    with _walk(f, f.node.is_null()) as entry:
        node, on, compare = entry.node, entry.on, f.block()
        older = entry.state[0] = entry.state[0] | node.equals(f.node)
        f.jump(on, when=node.get(THREAD).equals(thread))
        phase = node.get(PHASE)
        f.jump(compare, when=phase.equals(RUNS))
        waits = phase.equals(WAITS)
        f.jump(on, unless=older & f.fair & waits | ~waits)
        f.begin(compare)
        if looks:
            mask = f.select(phase.equals(POLLS), WORD, -1)
            bad = f.call("meet", f.ctx, f.table, node.get(CTX), node.get(TABLE), mask, result=BOOL)
            f.jump(on, unless=bad)
        f.leave(True)
    f.leave(False)
    return f


def _conflict(f: Code, node: V, fair: V | bool) -> V:
    return f.call("conflict", node, f.ctx, f.table, fair, result=BOOL)


def sleep(machine: Machine) -> Code:
    """Sleep without the GIL until somebody leaves the list, or for a moment."""
    f = Code("sleep", "", quick=True)
    active = f.word("active")
    active.set(WAITING, active.get(WAITING) + 1)
    seen = active.get(CHANGES)
    state = f.api("save_thread")
    machine.nap(f, active.place(CHANGES), seen)
    f.api("restore_thread", state)
    active.set(WAITING, active.get(WAITING) - 1)
    return f


def wait_turn() -> Code:
    """Wait until nobody stands in the way. With `poll` a signal may end it: -1 then."""
    f = Code("wait_turn", "ctx:p table:p poll:i32", INT32, exported=True, quick=True)
    free, test, raised = f.block(), f.block(), f.block()
    node = _node(f)
    fair = ~f.call("is_inside", result=BOOL)
    f.jump(free, unless=_conflict(f, f.null(), fair))
    f.call("join", node, f.ctx, f.table, WAITS)
    wait = f.here()
    f.call("sleep")
    f.jump(test, unless=f.poll.differs(0))
    f.jump(raised, unless=f.api("poll").equals(0))
    f.begin(test)
    f.jump(wait, when=_conflict(f, node, fair))
    f.call("leave", node)
    f.begin(free)
    f.leave(0)
    f.begin(raised)
    f.call("leave", node)
    f.leave(-1)
    return f


def enter() -> Code:
    """The same, and get into the list."""
    f = Code("enter", "node:p ctx:p table:p poll:i32", INT32, exported=True, quick=True)
    with f.unless(f.word("active").load(PTR).is_null()):
        status = f.call("wait_turn", f.ctx, f.table, f.poll, result=INT32)
        with f.unless(status.equals(0)):
            f.leave(-1)
    f.call("join", f.node, f.ctx, f.table, RUNS)
    f.leave(0)
    return f


# -- processes that fork -----------------------------------------------------------------------------------------
def fork_begin() -> Code:
    """A process is about to fork: wait until no other thread's program has committed and not ended."""
    f = Code("fork_begin", "", exported=True, quick=True)
    f.word("active").place(FORKS).store_atomic(f.constant(1))
    thread = f.api("this_thread")
    again = f.here()
    with _walk(f) as entry:
        owner, committed = entry.node.get(THREAD), entry.node.place(COMMITTED).load_atomic(INT)
        f.jump(entry.on, when=owner.equals(thread) | committed.equals(0))
        f.call("sleep")
        f.jump(again)
    return f


def fork_end() -> Code:
    """It has."""
    f = Code("fork_end", "", exported=True, quick=True)
    f.word("active").place(FORKS).store_atomic(f.constant(0))
    f.call("wake")
    return f


def fork_child() -> Code:
    """In a forked child: only what this thread has in the list lives on."""
    f = Code("fork_child", "", exported=True, quick=True)
    f.word("active").set(FORKS, 0)
    f.call("forget_others")
    return f


# -- values of storages ------------------------------------------------------------------------------------------
def _table(f: Code, row: int) -> V:
    """The table of one storage, which is the first word of a context."""
    table = f.memory(16, 8)
    table.store(f.constant(1))
    table.element(INT, 1).store(f.constant(row))
    return table


def copy_value() -> Code:
    """``copy_value(storage)``: a copy of the array in it, in C order; the storage itself if it holds something else."""
    f = Code("copy_value", "self:p args:p nargsf:i kwnames:p", PTR, exported=True, quick=True)
    node, table, raised = _node(f), _table(f, 0), f.block()
    storage = f.args.load(PTR)
    status = f.call("enter", node, f.args, table, f.constant(1, INT32), result=INT32)
    f.jump(raised, unless=status.equals(0))
    value = storage.get(LIST_ITEMS).load(PTR)
    with f.when(f.is_of(value, "ndarray_type")):
        f.hold(value)
        made = f.api("new_copy", value, f.constant(0, INT32))
        f.call("leave", node)
        f.drop(value)
        f.leave(made)
    f.call("leave", node)
    f.hold(storage)
    f.leave(storage)
    f.begin(raised)
    f.leave(f.null())
    return f


def put_value() -> Code:
    """``put_value(storage, value)``: put an object into a storage, once nobody uses it."""
    f = Code("put_value", "self:p args:p nargsf:i kwnames:p", PTR, exported=True, quick=True)
    status = f.call("wait_turn", f.args, _table(f, abi.STORAGE_UPDATED), f.constant(1, INT32), result=INT32)
    with f.unless(status.equals(0)):
        f.leave(f.null())
    storage, value = f.args.load(PTR), f.args.element(PTR, 1).load(PTR)
    f.hold(value)
    f.api("list_set_item", storage, 0, value)
    none = f.word("none")
    f.hold(none)
    f.leave(none)
    return f


# -- programs that let go of the GIL -----------------------------------------------------------------------------
def settle() -> Code:
    """Run, as soon as nobody who runs stands in the way; the node is in the list."""
    f = Code("settle", "node:p ctx:p table:p", quick=True)
    free = f.block()
    f.node.set(PHASE, WAITS)
    test = f.here()
    f.jump(free, unless=_conflict(f, f.node, False))
    f.call("sleep")
    f.jump(test)
    f.begin(free)
    f.node.set(PHASE, RUNS)
    return f


def gil_release() -> Code:
    """Let go of the GIL; a program with storages gets into the list before."""
    f = Code("gil_release", "ctx:p node:p table:p", exported=True, quick=True)
    enter, go = f.block(), f.block()
    f.jump(enter, unless=f.table.load(INT).equals(0))
    f.node.set(CTX, f.ctx)
    f.node.set(TABLE, f.table)
    f.jump(go)
    f.begin(enter)
    f.call("join", f.node, f.ctx, f.table, WAITS)
    f.call("settle", f.node, f.ctx, f.table)
    f.begin(go)
    _let_go(f)
    return f


def _let_go(f: Code) -> None:
    f.node.set(STATE, f.api("save_thread"))


def gil_back() -> Code:
    f = Code("gil_back", "node:p", quick=True)
    f.api("restore_thread", f.node.get(STATE))
    f.node.set(STATE, f.null())
    return f


def gil_take() -> Code:
    """Take the GIL back, and leave the list."""
    f = Code("gil_take", "node:p", exported=True, quick=True)
    f.call("gil_back", f.node)
    f.call("leave", f.node)
    return f


def gil_commit() -> Code:
    """Before the first write to a storage, by a program that may let go of the GIL: not while the process forks.

    The frame says already that it has committed. Until then the program has read storages, so it stays in the list or
    gets there.
    """
    f = Code("gil_commit", "ctx:p node:p table:p", exported=True, quick=True)
    go, back = f.block(), f.block()
    forks, committed = f.word("active").place(FORKS), f.node.place(COMMITTED)
    attempt = f.here()
    committed.store_atomic(f.constant(1))
    f.jump(go, when=forks.load_atomic(INT).equals(0))
    committed.store_atomic(f.constant(0))
    f.jump(back, unless=f.node.get(STATE).is_null())
    f.call("join", f.node, f.ctx, f.table, RUNS)
    f.call("wake")
    f.call("sleep")
    f.call("leave", f.node)
    f.jump(attempt)
    f.begin(back)
    f.call("gil_back", f.node)
    f.call("wake")
    f.call("sleep")
    _let_go(f)
    f.jump(attempt)
    f.begin(go)
    return f


def gil_poll() -> Code:
    """Serve signals; without the GIL only now and then.

    Python code may run meanwhile, which lets other threads run: the program has read its storages, so it is in the
    list.
    """
    f = Code("gil_poll", "ctx:p node:p table:p", INT32, exported=True, quick=True)
    clock, look, release, done, raised = f.block(), f.block(), f.block(), f.block(), f.block()
    held, none = f.node.get(STATE).is_null(), f.table.load(INT).equals(0)
    f.jump(clock, unless=held)
    f.jump(look, when=none)
    f.call("join", f.node, f.ctx, f.table, POLLS)
    f.jump(look)
    f.begin(clock)
    now = f.call("llvm.readcyclecounter", result=INT)
    f.jump(done, when=(now - f.node.get(POLLED)).compare("ult", BETWEEN_POLLS))
    f.node.set(POLLED, now)
    f.call("gil_back", f.node)
    f.node.set(PHASE, POLLS)
    f.call("wake")
    f.begin(look)
    f.jump(raised, unless=f.api("poll").equals(0))
    with f.unless(none):
        f.call("settle", f.node, f.ctx, f.table)
    f.jump(release, unless=held)
    f.call("leave", f.node)
    f.jump(done)
    f.begin(release)
    _let_go(f)
    f.begin(done)
    f.leave(0)
    f.begin(raised)
    f.call("leave", f.node)
    f.leave(-1)
    return f
