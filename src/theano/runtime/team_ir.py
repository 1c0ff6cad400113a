"""LLVM IR of the team: threads of the process that take chunks of a loop off the thread that calls it.

`parallel(fn, args, extent, weight, how, ctx, frame_gil, table)` calls ``fn(args, lo, hi)`` for ranges that `extent` is
cut into by the rule of `loops.host.grain`, each once, by as many threads as there are; the caller works, too, and
returns when all ranges are done. If `how` is `abi.FINISH` it then calls ``fn(args, extent, extent)``; if it is `SLICES`
there are as many ranges as threads, of at least `weight` positions (`loops.host.Slices`). Or, where nobody helps or may
help (`ALONE` is added to `how`), it calls ``fn(args, 0, extent)`` and no more. Workers know nothing of Python. They
look for work for a while after a job, then park on a futex. As long as the support functions are provisional
(`runtime.provisional`), nobody helps.

What takes each thread longer than `abi.STRETCH` is done in stretches, one job after the other, and in between the
caller serves signals (`gil_poll`, which gets the last three arguments). Nobody works then and the team is free, so a
signal handler may call functions, fork, or raise. If it has raised, the rest is left undone and the result is -1, else
it is 0. With a null for `frame_gil` there is one stretch: after a program has committed, and for those who can't fail.

A job is described once nobody can see it (`CLOSED` is 1), then `CLOSED` is cleared and `SEQ` counts. A worker that
finds a new number enters (`ACTIVE`), works if the job is still open, and leaves; the caller closes the job when no
range is left and waits until nobody is inside. A worker that comes late finds it closed, or the next job, complete.
`PARKED` is counted before a worker sleeps and `SEQ` before it is read, so that no wake-up is lost. Jobs do not nest:
whoever finds `BUSY` set (another Python thread has the team) does all of its ranges itself.
"""

from __future__ import annotations

__all__ = ["STATE", "STATE_BYTES", "team_text", "waiting_text"]

# Byte offsets in the state; what different threads write lies on different pairs of cache lines.
STATE = {
    "SEQ": 0, "PARKED": 128,
    "FN": 256, "ARGS": 264, "EXTENT": 272, "GRAIN": 280, "LIMIT": 288, "MODE": 292,
    "NEXT": 384, "ACTIVE": 512, "CLOSED": 640, "BUSY": 768,
    "STARTED": 896, "WANTED": 900, "SPIN": 904,
}  # fmt: skip
STATE_BYTES = 1024

# Instructions that differ: a hint to the core that this is a spin loop, the floating-point mode, the futex call.
_MACHINES = {
    "x86_64": {
        "FUTEX": "202",
        "PAUSE": "call void @llvm.x86.sse2.pause()",
        "GET_MODE": "call void @llvm.x86.sse.stmxcsr(ptr %mode)",
        "SET_MODE": "call void @llvm.x86.sse.ldmxcsr(ptr %mode)",
        "DECLARE": "declare void @llvm.x86.sse2.pause()\ndeclare void @llvm.x86.sse.stmxcsr(ptr)\n"
        "declare void @llvm.x86.sse.ldmxcsr(ptr)",
    },
    "aarch64": {
        "FUTEX": "98",
        "PAUSE": 'call void asm sideeffect "isb", ""()',
        "GET_MODE": '%fpcr = call i64 asm sideeffect "mrs $$0, fpcr", "=r"()\n  %low = trunc i64 %fpcr to i32\n'
        "  store i32 %low, ptr %mode",
        "SET_MODE": "%low = load i32, ptr %mode\n  %fpcr = zext i32 %low to i64\n"
        '  call void asm sideeffect "msr fpcr, $$0", "r"(i64 %fpcr)',
        "DECLARE": "",
    },
}

# Where there are no futexes, there is none.
_NO_FUTEX = r"""
define internal i64 @nap(ptr %at, i32 %seen) alwaysinline {
  %r = add i64 0, 0
  ret i64 %r
}
define internal i64 @rouse_all(ptr %at) alwaysinline {
  %r = add i64 0, 0
  ret i64 %r
}
"""
# Where there is no team, the caller does everything.
_ALONE = r"""
define internal i32 @threads(i1 %allowed) $QUICKLY{
  ret i32 1
}
define internal i1 @shared(ptr %fn, ptr %args, i64 %lo, i64 %hi, i64 %grain, i32 %threads) $QUICKLY{
  ret i1 false
}
"""
_NO_TEAM = r"""
define void @team_set(i32 %threads, i32 %spin) $QUICKLY{
  ret void
}
define i32 @team_started() $QUICKLY{
  ret i32 0
}
define void @team_reset() $QUICKLY{
  ret void
}
"""

# What `gil_ir` waits with: not for ever, for a signal may have come before.
_FUTEX = r"""
@moment = internal constant [2 x i64] [i64 0, i64 50000000]
define internal i64 @nap(ptr %at, i32 %seen) alwaysinline {
  %f = call ptr @word(i64 $syscall)
  %r = call i64 (i64, ...) %f(i64 FUTEX, ptr %at, i32 128, i32 %seen, ptr @moment, ptr null, i32 0)
  ret i64 %r
}
define internal i64 @rouse_all(ptr %at) alwaysinline {
  %f = call ptr @word(i64 $syscall)
  %r = call i64 (i64, ...) %f(i64 FUTEX, ptr %at, i32 129, i32 2147483647, ptr null, ptr null, i32 0)
  ret i64 %r
}
"""

_HEAD = r"""
@team = internal global [$STATE_BYTES x i8] zeroinitializer, align 128
DECLARE
define internal void @rouse(ptr %at, i32 %most) $QUICKLY{
  %f = call ptr @word(i64 $syscall)
  %r = call i64 (i64, ...) %f(i64 FUTEX, ptr %at, i32 129, i32 %most, ptr null, ptr null, i32 0)
  ret void
}
define internal void @doze(ptr %at, i32 %seen) $QUICKLY{
  %f = call ptr @word(i64 $syscall)
  %r = call i64 (i64, ...) %f(i64 FUTEX, ptr %at, i32 128, i32 %seen, ptr null, ptr null, i32 0)
  ret void
}
"""

# Taking ranges, and the life of a worker.
_WORKER = r"""
define internal void @take_ranges() $QUICKLY{
start:
  %fn_at = getelementptr i8, ptr @team, i64 FN
  %fn = load ptr, ptr %fn_at
  %args_at = getelementptr i8, ptr @team, i64 ARGS
  %args = load ptr, ptr %args_at
  %extent_at = getelementptr i8, ptr @team, i64 EXTENT
  %extent = load i64, ptr %extent_at
  %grain_at = getelementptr i8, ptr @team, i64 GRAIN
  %grain = load i64, ptr %grain_at
  %next = getelementptr i8, ptr @team, i64 NEXT
  br label %take
take:
  %lo = atomicrmw add ptr %next, i64 %grain seq_cst
  %more = icmp slt i64 %lo, %extent
  br i1 %more, label %run, label %done
run:
  %end = add i64 %lo, %grain
  %inside = icmp slt i64 %end, %extent
  %hi = select i1 %inside, i64 %end, i64 %extent
  call void %fn(ptr %args, i64 %lo, i64 %hi)
  br label %take
done:
  ret void
}
define internal ptr @worker(ptr %number) $QUICKLY{
start:
  %me = ptrtoint ptr %number to i64
  %index = trunc i64 %me to i32
  %mode = getelementptr i8, ptr @team, i64 MODE
  %limit_at = getelementptr i8, ptr @team, i64 LIMIT
  %active = getelementptr i8, ptr @team, i64 ACTIVE
  %closed = getelementptr i8, ptr @team, i64 CLOSED
  %parked = getelementptr i8, ptr @team, i64 PARKED
  %spin_at = getelementptr i8, ptr @team, i64 SPIN
  br label %idle
idle:
  %last = phi i32 [0, %start], [%seen, %leave], [%seen, %rouse]
  %spin = load i32, ptr %spin_at
  br label %look
look:
  %k = phi i32 [0, %idle], [%k2, %spins], [0, %awake]
  %seen = load atomic i32, ptr @team seq_cst, align 4
  %new = icmp ne i32 %seen, %last
  br i1 %new, label %enter, label %wait
wait:
  %more = icmp slt i32 %k, %spin
  br i1 %more, label %spins, label %park
spins:
  PAUSE
  %k2 = add i32 %k, 1
  br label %look
park:
  %p = atomicrmw add ptr %parked, i32 1 seq_cst
  call void @doze(ptr @team, i32 %last)
  %q = atomicrmw sub ptr %parked, i32 1 seq_cst
  br label %awake
awake:
  br label %look
enter:
  %a = atomicrmw add ptr %active, i32 1 seq_cst
  %shut = load atomic i32, ptr %closed seq_cst, align 4
  %open = icmp eq i32 %shut, 0
  br i1 %open, label %allowed, label %leave_it
allowed:
  %limit = load i32, ptr %limit_at
  %mine = icmp slt i32 %index, %limit
  br i1 %mine, label %work, label %leave_it
work:
  SET_MODE
  call void @take_ranges()
  br label %leave_it
leave_it:
  %b = atomicrmw sub ptr %active, i32 1 seq_cst
  %final = icmp eq i32 %b, 1
  %state = load atomic i32, ptr %closed seq_cst, align 4
  %asleep = icmp eq i32 %state, 2
  %call = and i1 %final, %asleep
  br i1 %call, label %rouse, label %leave
leave:
  br label %idle
rouse:
  call void @rouse(ptr %active, i32 1)
  br label %idle
}
"""

# Starting workers. All signals are blocked in them: Python's handlers belong to Python's threads.
_START = r"""
define internal void @start_workers(i32 %enough) $QUICKLY{
start:
  %thread = alloca i64
  %attributes = alloca [128 x i8], align 16
  %all = alloca [128 x i8], align 16
  %before = alloca [128 x i8], align 16
  call void @llvm.memset.p0.i64(ptr %all, i8 -1, i64 128, i1 false)
  %mask = call ptr @word(i64 $pthread_sigmask)
  %m1 = call i32 %mask(i32 2, ptr %all, ptr %before)
  %init = call ptr @word(i64 $pthread_attr_init)
  %m2 = call i32 %init(ptr %attributes)
  %detach = call ptr @word(i64 $pthread_attr_setdetachstate)
  %m3 = call i32 %detach(ptr %attributes, i32 1)
  %stack = call ptr @word(i64 $pthread_attr_setstacksize)
  %m4 = call i32 %stack(ptr %attributes, i64 2097152)
  %create = call ptr @word(i64 $pthread_create)
  %started_at = getelementptr i8, ptr @team, i64 STARTED
  br label %test
test:
  %n = load i32, ptr %started_at
  %more = icmp slt i32 %n, %enough
  br i1 %more, label %body, label %done
body:
  %number = zext i32 %n to i64
  %argument = getelementptr i8, ptr null, i64 %number
  %status = call i32 %create(ptr %thread, ptr %attributes, ptr @worker, ptr %argument)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %count, label %done
count:
  %n2 = add i32 %n, 1
  store i32 %n2, ptr %started_at
  br label %test
done:
  %m5 = call i32 %mask(i32 2, ptr %before, ptr null)
  ret void
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""

_CALLER = r"""
define internal void @with_team(ptr %fn, ptr %args, i64 %lo, i64 %hi, i64 %grain, i32 %workers) $QUICKLY{
start:
  %active = getelementptr i8, ptr @team, i64 ACTIVE
  %closed = getelementptr i8, ptr @team, i64 CLOSED
  %parked = getelementptr i8, ptr @team, i64 PARKED
  %fn_at = getelementptr i8, ptr @team, i64 FN
  store ptr %fn, ptr %fn_at
  %args_at = getelementptr i8, ptr @team, i64 ARGS
  store ptr %args, ptr %args_at
  %extent_at = getelementptr i8, ptr @team, i64 EXTENT
  store i64 %hi, ptr %extent_at
  %grain_at = getelementptr i8, ptr @team, i64 GRAIN
  store i64 %grain, ptr %grain_at
  %limit_at = getelementptr i8, ptr @team, i64 LIMIT
  store i32 %workers, ptr %limit_at
  %mode = getelementptr i8, ptr @team, i64 MODE
  GET_MODE
  %next = getelementptr i8, ptr @team, i64 NEXT
  store atomic i64 %lo, ptr %next seq_cst, align 8
  store atomic i32 0, ptr %closed seq_cst, align 4
  %seq = atomicrmw add ptr @team, i32 1 seq_cst
  %sleepers = load atomic i32, ptr %parked seq_cst, align 4
  %none = icmp eq i32 %sleepers, 0
  br i1 %none, label %work, label %wake
wake:
  call void @rouse(ptr @team, i32 2147483647)
  br label %work
work:
  call void @take_ranges()
  store atomic i32 1, ptr %closed seq_cst, align 4
  %spin_at = getelementptr i8, ptr @team, i64 SPIN
  %spin = load i32, ptr %spin_at
  br label %look
look:
  %k = phi i32 [0, %work], [%k2, %spins]
  %inside = load atomic i32, ptr %active seq_cst, align 4
  %empty = icmp eq i32 %inside, 0
  br i1 %empty, label %done, label %wait
wait:
  %more = icmp slt i32 %k, %spin
  br i1 %more, label %spins, label %sleep
spins:
  PAUSE
  %k2 = add i32 %k, 1
  br label %look
sleep:
  store atomic i32 2, ptr %closed seq_cst, align 4
  %still = load atomic i32, ptr %active seq_cst, align 4
  %left = icmp eq i32 %still, 0
  br i1 %left, label %done, label %nap
nap:
  call void @doze(ptr %active, i32 %still)
  br label %sleep
done:
  ret void
}
define internal i32 @threads(i1 %allowed) $QUICKLY{
  %wanted_at = getelementptr i8, ptr @team, i64 WANTED
  %wanted = load i32, ptr %wanted_at
  %some = icmp sgt i32 %wanted, 1
  %several = and i1 %some, %allowed
  %threads = select i1 %several, i32 %wanted, i32 1
  ret i32 %threads
}
; Have the team do the ranges from `lo` to `hi`, if there are several and it is free: whether that has happened.
define internal i1 @shared(ptr %fn, ptr %args, i64 %lo, i64 %hi, i64 %grain, i32 %threads) $QUICKLY{
start:
  %several = icmp sgt i32 %threads, 1
  %length = sub i64 %hi, %lo
  %cut = icmp slt i64 %grain, %length
  %worth = and i1 %several, %cut
  br i1 %worth, label %ask, label %no
ask:
  %busy = getelementptr i8, ptr @team, i64 BUSY
  %pair = cmpxchg ptr %busy, i32 0, i32 1 seq_cst seq_cst
  %mine = extractvalue { i32, i1 } %pair, 1
  br i1 %mine, label %mine_now, label %no
mine_now:
  %workers = sub i32 %threads, 1
  %started_at = getelementptr i8, ptr @team, i64 STARTED
  %started = load i32, ptr %started_at
  %enough = icmp sge i32 %started, %workers
  br i1 %enough, label %run, label %first
first:
  call void @start_workers(i32 %workers)
  br label %run
run:
  call void @with_team(ptr %fn, ptr %args, i64 %lo, i64 %hi, i64 %grain, i32 %workers)
  store atomic i32 0, ptr %busy seq_cst, align 4
  ret i1 true
no:
  ret i1 false
}
; How many threads work on a job, the caller included, and how often a worker looks before it parks.
define void @team_set(i32 %threads, i32 %spin) $QUICKLY{
  %wanted_at = getelementptr i8, ptr @team, i64 WANTED
  store i32 %threads, ptr %wanted_at
  %spin_at = getelementptr i8, ptr @team, i64 SPIN
  store i32 %spin, ptr %spin_at
  ret void
}
define i32 @team_started() $QUICKLY{
  %started_at = getelementptr i8, ptr @team, i64 STARTED
  %started = load i32, ptr %started_at
  ret i32 %started
}
; In a forked child, where no worker lives on. `WANTED` and `SPIN` are settings and stay.
define void @team_reset() $QUICKLY{
  call void @llvm.memset.p0.i64(ptr @team, i8 0, i64 WANTED, i1 false)
  ret void
}
"""

_PARALLEL = r"""
define i32 @parallel(ptr %fn, ptr %args, i64 %extent, i64 %weight, i32 %how, ptr %ctx, ptr %node, ptr %table) $QUICKLY{
start:
  %light = icmp slt i64 %weight, 1
  %divisor = select i1 %light, i64 1, i64 %weight
  %most = sdiv i64 $GRAIN, %divisor
  %quarter = lshr i64 %most, 2
  %even_share = sdiv i64 %extent, $RANGES
  %small = icmp slt i64 %even_share, %quarter
  %share = select i1 %small, i64 %quarter, i64 %even_share
  %over = icmp slt i64 %most, %share
  %count = select i1 %over, i64 %most, i64 %share
  %few = icmp slt i64 %count, 1
  %least = select i1 %few, i64 1, i64 %count
  %many = icmp sgt i64 %least, 64
  %even = and i64 %least, -64
  %by_size = select i1 %many, i64 %even, i64 %least
  %allowed = icmp slt i32 %how, $ALONE
  %threads = call i32 @threads(i1 %allowed)
  %threads64 = sext i32 %threads to i64
  %others = sub i64 %threads64, 1
  %padded = add i64 %extent, %others
  %slice = sdiv i64 %padded, %threads64
  %short = icmp slt i64 %slice, %divisor
  %by_threads = select i1 %short, i64 %divisor, i64 %slice
  %slices = icmp eq i32 %how, $SLICES
  %grain = select i1 %slices, i64 %by_threads, i64 %by_size
  %deaf = icmp eq ptr %node, null
  br i1 %deaf, label %at_once, label %measure
measure:
  %in_time = sdiv i64 $STRETCH, %divisor
  %whole = sdiv i64 %in_time, %grain
  %none = icmp slt i64 %whole, 1
  %ranges = select i1 %none, i64 1, i64 %whole
  %near = mul i64 %ranges, %grain
  %far = mul i64 %near, %threads64
  %long = icmp slt i64 %near, %extent
  br i1 %long, label %stretch, label %at_once
stretch:
  %lo = phi i64 [0, %measure], [%hi, %serve]
  %room = sub i64 %extent, %lo
  %far_inside = icmp slt i64 %far, %room
  %all_length = select i1 %far_inside, i64 %far, i64 %room
  %all_end = add i64 %lo, %all_length
  %together = call i1 @shared(ptr %fn, ptr %args, i64 %lo, i64 %all_end, i64 %grain, i32 %threads)
  br i1 %together, label %reached, label %by_one
by_one:
  %near_inside = icmp slt i64 %near, %room
  %own_length = select i1 %near_inside, i64 %near, i64 %room
  %own_end = add i64 %lo, %own_length
  call void %fn(ptr %args, i64 %lo, i64 %own_end)
  br label %reached
reached:
  %hi = phi i64 [%all_end, %stretch], [%own_end, %by_one]
  %complete = icmp eq i64 %hi, %extent
  br i1 %complete, label %ended, label %serve
serve:
  %status = call i32 @gil_poll(ptr %ctx, ptr %node, ptr %table)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %stretch, label %raised
at_once:
  %cut = call i1 @shared(ptr %fn, ptr %args, i64 0, i64 %extent, i64 %grain, i32 %threads)
  br i1 %cut, label %ended, label %alone
alone:
  call void %fn(ptr %args, i64 0, i64 %extent)
  br label %done
ended:
  %kind = and i32 %how, $FINISH
  %open = icmp eq i32 %kind, $FINISH
  br i1 %open, label %end, label %done
end:
  call void %fn(ptr %args, i64 %extent, i64 %extent)
  br label %done
done:
  ret i32 0
raised:
  ret i32 -1
}
"""



def waiting_text(triple: str) -> str:
    """The template, for a machine, of what programs wait with, and of `parallel` as long as nobody helps."""
    machine = _machine(triple)
    return (_NO_FUTEX if machine is None else _written_for(machine, _FUTEX)) + _ALONE + _PARALLEL


def team_text(triple: str) -> str:
    """The template, for a machine, of what programs wait with and of the team (`$` names: see `support`)."""
    machine = _machine(triple)
    if machine is None:
        return _NO_FUTEX + _ALONE + _NO_TEAM + _PARALLEL
    text = _written_for(machine, _FUTEX + _HEAD + _WORKER + _START + _CALLER)
    for name, offset in STATE.items():
        text = text.replace(f"i64 {name}", f"i64 {offset}")
    return text.replace("$STATE_BYTES", str(STATE_BYTES)) + _PARALLEL


def _machine(triple: str) -> dict[str, str] | None:
    """What differs on a machine that has futexes, or None."""
    architecture, _, rest = triple.partition("-")
    machine = _MACHINES.get({"arm64": "aarch64", "amd64": "x86_64"}.get(architecture, architecture))
    return machine if "linux" in rest else None


def _written_for(machine: dict[str, str], text: str) -> str:
    for name, instruction in machine.items():
        text = text.replace(name, instruction)
    return text
