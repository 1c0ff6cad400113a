"""The team: threads of the process that take chunks of a loop off the thread that calls it.

`parallel(fn, args, extent, weight, how, ctx, frame_gil, table)` calls ``fn(args, lo, hi)`` for ranges that `extent` is
cut into by the rule of `loops.host.grain`, each once, by as many threads as there are; the caller works, too, and
returns when all ranges are done. If `how` is `abi.FINISH` it then calls ``fn(args, extent, extent)``; if it is `SLICES`
there are as many ranges as threads, of at least `weight` positions (`loops.host.Slices`). Or, where nobody helps or may
help (`ALONE` is added to `how`), it calls ``fn(args, 0, extent)`` and no more. Workers know nothing of Python. They
look for work for a while after a job, then park (`Machine.doze`). As long as the support functions are provisional
(`native.provisional`), nobody helps.

What takes each thread longer than a part of `abi.STRETCH` is done in stretches, one job after the other, and in between
the caller serves signals (`gil_poll`, which gets the last three arguments). How long a stretch takes sizes tell badly:
memory that the system has to supply first takes 20 to 1000 times as long. So the first one is short, and each that was
over soon, or late, makes the next one longer, or shorter. Nobody works in between and the team is free, so a signal
handler may call functions, fork, or raise. If it has raised, the rest is left undone and the result is -1, else
it is 0. With a null for `frame_gil` there is one stretch: after a program has committed, and for those who can't fail.

A job is described once nobody can see it (`CLOSED` is 1), then `CLOSED` is cleared and `SEQ` counts. A worker that
finds a new number enters (`ACTIVE`), works if the job is still open, and leaves; the caller closes the job when no
range is left and waits until nobody is inside. A worker that comes late finds it closed, or the next job, complete.
`PARKED` is counted before a worker sleeps and `SEQ` before it is read, so that no wake-up is lost. Jobs do not nest:
whoever finds `BUSY` set (another Python thread has the team) does all of its ranges itself.
"""

from __future__ import annotations

from theano.native.ir.builder import BOOL, INT, INT32, PTR, VOID, Field, V
from theano.native.ir.machine import EVERYBODY, Machine
from theano.native.support.code import Code, zeros
from theano.runtime import abi
from theano.runtime.module import intrinsic

__all__ = ["GLOBALS", "first_functions", "functions"]

# The state; what different threads write lies on different pairs of cache lines.
SEQ, PARKED = Field(0, INT32), Field(128, INT32)
FN, ARGS, EXTENT, GRAIN = Field(256, PTR), Field(264, PTR), Field(272, INT), Field(280, INT)
LIMIT, MODE = Field(288, INT32), Field(292, INT32)
NEXT, ACTIVE, CLOSED, BUSY = Field(384, INT), Field(512, INT32), Field(640, INT32), Field(768, INT32)
STARTED, WANTED, SPIN = Field(896, INT32), Field(900, INT32), Field(904, INT32)
STATE_BYTES = 1024
# Cycles: a stretch that takes fewer is followed by one twice as long, one that takes more by half of it.
SOON, LATE = 10_000_000, 50_000_000
# What `CLOSED` says: the job is described, it is over, it is over and the caller sleeps.
OPEN, SHUT, ASLEEP = 0, 1, 2

GLOBALS = [
    zeros("team", f"[{STATE_BYTES} x i8]", align=128),
    intrinsic("llvm.memset.p0.i64", VOID, PTR, "i8", INT, BOOL),
]


def functions(machine: Machine) -> list[Code]:
    """All of them; where no threads are started, there is no team, and the caller does everything."""
    if not machine.has_team:
        return [
            *first_functions(), Code("team_set", "threads:i32 spin:i32", exported=True, quick=True),
            team_started(False), Code("team_reset", "", exported=True, quick=True),
        ]  # fmt: skip
    return [
        rouse(machine), doze(machine), take_ranges(), worker(machine), start_workers(machine), with_team(machine),
        threads(), shared(), team_set(), team_started(True), team_reset(), parallel(),
    ]  # fmt: skip


def first_functions() -> list[Code]:
    """As long as nobody helps."""
    return [threads(False), shared(False), parallel()]


def _team(f: Code) -> V:
    return f.address("team")


# -- the life of a worker ----------------------------------------------------------------------------------------
def rouse(machine: Machine) -> Code:
    f = Code("rouse", "at:p most:i32", quick=True)
    machine.rouse(f, f.at, f.most)
    return f


def doze(machine: Machine) -> Code:
    f = Code("doze", "at:p seen:i32", quick=True)
    machine.doze(f, f.at, f.seen)
    return f


def take_ranges() -> Code:
    """Do ranges of the job until none is left."""
    f = Code("take_ranges", "", quick=True)
    fn, args, extent, grain = (_team(f).get(field) for field in (FN, ARGS, EXTENT, GRAIN))
    following, done = _team(f).place(NEXT), f.block()
    take = f.here()
    lo = following.change("add", grain)
    f.jump(done, unless=lo < extent)
    f.call(fn, args, lo, f.minimum(lo + grain, extent))
    f.jump(take)
    f.begin(done)
    return f


def worker(machine: Machine) -> Code:
    f = Code("worker", "number:p", PTR, quick=True)
    idle, look, enter, park, leave = f.block(INT32), f.block(INT32), f.block(), f.block(), f.block()
    index = f.number.to("ptrtoint", INT).to("trunc", INT32)
    sequence, mode, active = (_team(f).place(field) for field in (SEQ, MODE, ACTIVE))
    closed, parked = (_team(f).place(field) for field in (CLOSED, PARKED))
    one = f.constant(1, INT32)
    (last,) = f.begin(idle, 0)
    spin = _team(f).get(SPIN)
    (k,) = f.begin(look, 0)
    seen = sequence.load_atomic(INT32)
    f.jump(enter, when=seen.differs(last))
    f.jump(park, unless=k < spin)
    machine.pause(f)
    f.jump(look, k + 1)
    f.begin(park)
    parked.change("add", one)
    f.call("doze", sequence, last)
    parked.change("sub", one)
    f.jump(look, 0)
    f.begin(enter)
    active.change("add", one)
    f.jump(leave, unless=closed.load_atomic(INT32).equals(OPEN))
    f.jump(leave, unless=index < _team(f).get(LIMIT))
    machine.set_mode(f, mode)
    f.call("take_ranges")
    f.begin(leave)
    before = active.change("sub", one)
    state = closed.load_atomic(INT32)
    f.jump(idle, seen, unless=before.equals(1) & state.equals(ASLEEP))
    f.call("rouse", active, one)
    f.jump(idle, seen)
    return f


def start_workers(machine: Machine) -> Code:
    """Start workers until there are enough."""
    f = Code("start_workers", "enough:i32", quick=True)
    done = f.block()
    with machine.starting(f) as start:
        test = f.here()
        started = _team(f).get(STARTED)
        f.jump(done, unless=started < f.enough)
        f.jump(done, unless=start(f.null().behind(started.to("zext", INT))))
        _team(f).set(STARTED, started + 1)
        f.jump(test)
        f.begin(done)
    return f


# -- who calls -----------------------------------------------------------------------------------------------------
def with_team(machine: Machine) -> Code:
    """Describe a job, have it done, and wait until nobody is inside."""
    f = Code("with_team", "fn:p args:p lo:i hi:i grain:i workers:i32", quick=True)
    sequence, active, closed, parked = (_team(f).place(field) for field in (SEQ, ACTIVE, CLOSED, PARKED))
    for field, value in ((FN, f.fn), (ARGS, f.args), (EXTENT, f.hi), (GRAIN, f.grain), (LIMIT, f.workers)):
        _team(f).set(field, value)
    machine.get_mode(f, _team(f).place(MODE))
    _team(f).place(NEXT).store_atomic(f.lo)
    closed.store_atomic(f.constant(OPEN, INT32))
    sequence.change("add", f.constant(1, INT32))
    with f.unless(parked.load_atomic(INT32).equals(0)):
        f.call("rouse", sequence, f.constant(EVERYBODY, INT32))
    f.call("take_ranges")
    closed.store_atomic(f.constant(SHUT, INT32))
    spin, look, sleep, done = _team(f).get(SPIN), f.block(INT32), f.block(), f.block()
    (k,) = f.begin(look, 0)
    f.jump(done, when=active.load_atomic(INT32).equals(0))
    f.jump(sleep, unless=k < spin)
    machine.pause(f)
    f.jump(look, k + 1)
    f.begin(sleep)
    closed.store_atomic(f.constant(ASLEEP, INT32))
    still = active.load_atomic(INT32)
    f.jump(done, when=still.equals(0))
    f.call("doze", active, still)
    f.jump(sleep)
    f.begin(done)
    return f


def threads(has_team: bool = True) -> Code:
    """How many work on a loop."""
    f = Code("threads", "allowed:i1", INT32, quick=True)
    if not has_team:
        f.leave(1)
        return f
    wanted = _team(f).get(WANTED)
    f.leave(f.select((wanted > 1) & f.allowed, wanted, 1))
    return f


def shared(has_team: bool = True) -> Code:
    """Have the team do the ranges from `lo` to `hi`, if there are several and it is free: whether that has happened."""
    f = Code("shared", "fn:p args:p lo:i hi:i grain:i threads:i32", BOOL, quick=True)
    if not has_team:
        f.leave(False)
        return f
    no, busy = f.block(), _team(f).place(BUSY)
    several = f.threads > 1
    f.jump(no, unless=several & (f.grain < f.hi - f.lo))
    f.jump(no, unless=busy.replace(INT32, 0, 1))
    workers = f.threads - 1
    with f.unless(_team(f).get(STARTED) >= workers):
        f.call("start_workers", workers)
    f.call("with_team", f.fn, f.args, f.lo, f.hi, f.grain, workers)
    busy.store_atomic(f.constant(0, INT32))
    f.leave(True)
    f.begin(no)
    f.leave(False)
    return f


def team_set() -> Code:
    """How many threads work on a job, the caller included, and how often a worker looks before it parks."""
    f = Code("team_set", "threads:i32 spin:i32", exported=True, quick=True)
    _team(f).set(WANTED, f.threads)
    _team(f).set(SPIN, f.spin)
    return f


def team_started(has_team: bool) -> Code:
    f = Code("team_started", "", INT32, exported=True, quick=True)
    f.leave(_team(f).get(STARTED) if has_team else 0)
    return f


def team_reset() -> Code:
    """In a forked child, where no worker lives on. `WANTED` and `SPIN` are settings and stay."""
    f = Code("team_reset", "", exported=True, quick=True)
    f.call("llvm.memset.p0.i64", _team(f), f.constant(0, "i8"), WANTED.offset, False)
    return f


def parallel() -> Code:
    f = Code(
        "parallel", "fn:p args:p extent:i weight:i how:i32 ctx:p node:p table:p", INT32, exported=True, quick=True
    )
    stretch, reached, ended, done, raised = f.block(INT, INT), f.block(INT), f.block(), f.block(), f.block()
    at_once = f.block()
    weight = f.maximum(f.weight, 1)
    by_size = _grain(f, weight)
    threads = f.call("threads", f.how < abi.ALONE, result=INT32)
    count = threads.to("sext", INT)
    by_threads = f.maximum((f.extent + (count - 1)).signed_over(count), weight)
    grain = f.select(f.how.equals(abi.SLICES), by_threads, by_size)
    job = f.fn, f.args
    f.jump(at_once, when=f.node.is_null())
    # in stretches: of one thread, of all
    most = f.maximum(f.constant(abi.STRETCH).signed_over(weight).signed_over(grain), 1)
    f.jump(at_once, unless=f.maximum(most >> 2, 1) * grain < f.extent)
    lo, pieces = f.begin(stretch, 0, f.maximum(most >> 4, 1))
    own = pieces * grain
    everybodys, begun = own * count, f.call("llvm.readcyclecounter", result=INT)
    room = f.extent - lo
    hi = lo + f.minimum(everybodys, room)
    f.jump(reached, hi, when=f.call("shared", *job, lo, hi, grain, threads, result=BOOL))
    hi = lo + f.minimum(own, room)
    f.call(f.fn, f.args, lo, hi)
    (hi,) = f.begin(reached, hi)
    f.jump(ended, when=hi.equals(f.extent))
    taken = f.call("llvm.readcyclecounter", result=INT) - begun
    calmer = f.select(taken.compare("ugt", LATE), f.maximum(pieces >> 1, 1), pieces)
    following = f.select(taken.compare("ult", SOON), f.minimum(pieces << 1, most), calmer)
    status = f.call("gil_poll", f.ctx, f.node, f.table, result=INT32)
    f.jump(stretch, hi, following, when=status.equals(0), other=raised)
    f.begin(at_once)
    f.jump(ended, when=f.call("shared", *job, 0, f.extent, grain, threads, result=BOOL))
    f.call(f.fn, f.args, 0, f.extent)
    f.jump(done)
    f.begin(ended)
    f.jump(done, unless=(f.how & abi.FINISH).equals(abi.FINISH))
    f.call(f.fn, f.args, f.extent, f.extent)
    f.begin(done)
    f.leave(0)
    f.begin(raised)
    f.leave(-1)
    return f


def _grain(f: Code, weight: V) -> V:
    """Positions in a range, by what one takes: the rule of `loops.host.grain`."""
    most = f.constant(abi.GRAIN).signed_over(weight)
    share = f.maximum(f.extent.signed_over(abi.RANGES), most >> 2)
    least = f.maximum(f.minimum(most, share), 1)
    return f.select(least > 64, least & -64, least)
