"""LLVM IR of letting other Python threads run while a long program works, and of what that needs guarded.

A program that runs without the GIL is in the list `active` if it uses storages; so is what copies the value of one
(`get_value`). Whoever wants to use a storage that one in the list uses, and one of the two updates it, waits until the
other is done: a program at its entry, before it looks at its storages. The list changes only while the GIL is held.

Nobody is overtaken: those who wait are in the list, too, and who comes later waits for them. What a thread has in the
list itself never stands in its way, so a signal handler may use what the program that it interrupts uses. Such a
program is in the list as one that *polls*: nothing has been committed, so others may read meanwhile. It goes on when
they are done.

A process that forks waits until no program is between its commit and its end, and none commits until it has forked.

The state is the process's, not this module's, so that provisional and fast code share it (`support`): the first node
of the list, then the words at the offsets in `STATE`: how often a node left the list, how many threads sleep, and
whether a thread is about to fork.

A node of the list is part of a frame, or of the Python object that holds it: thread state of a program that has let go
of the GIL (null while it is held), next node, context, table, the thread, what it does (`PHASES`), whether it has
committed, and when it polled last without the GIL (at first, any number). The table of a program tells how many
storages it has, and for each its context word, and 1 << 32 if it is updated.
"""

from __future__ import annotations

__all__ = ["CONFLICT", "STATE", "STATE_BYTES", "TEXT"]

STATE = {"CHANGES": 8, "WAITING": 12, "FORKS": 16}
STATE_BYTES = 24
PHASES = {"RUNS": 0, "WAITS": 1, "POLLS": 2}

# Whether two programs meet.
CONFLICT = r"""
; Whether one of them updates a storage that the other one uses, updates of the second in `mask` only.
define internal i1 @meet(ptr %ctx, ptr %table, ptr %ctx2, ptr %table2, i64 %mask) $QUICKLY{
start:
  %n = load i64, ptr %table
  %n2 = load i64, ptr %table2
  br label %outer
outer:
  %i = phi i64 [0, %start], [%i2, %next]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %first, label %no
first:
  %i2 = add i64 %i, 1
  %at = getelementptr i64, ptr %table, i64 %i2
  %a = load i64, ptr %at
  %word = and i64 %a, 4294967295
  %list_at = getelementptr ptr, ptr %ctx, i64 %word
  %list = load ptr, ptr %list_at
  br label %inner
inner:
  %k = phi i64 [0, %first], [%k2, %second]
  %more2 = icmp slt i64 %k, %n2
  br i1 %more2, label %second, label %next
second:
  %k2 = add i64 %k, 1
  %at2 = getelementptr i64, ptr %table2, i64 %k2
  %b = load i64, ptr %at2
  %word2 = and i64 %b, 4294967295
  %list2_at = getelementptr ptr, ptr %ctx2, i64 %word2
  %list2 = load ptr, ptr %list2_at
  %same = icmp eq ptr %list, %list2
  %b_masked = and i64 %b, %mask
  %either = or i64 %a, %b_masked
  %updated = icmp uge i64 %either, 4294967296
  %bad = and i1 %same, %updated
  br i1 %bad, label %yes, label %inner
next:
  br label %outer
yes:
  ret i1 true
no:
  ret i1 false
}
"""

_LIST = r"""
declare i64 @llvm.readcyclecounter()

; Get into the list.
define internal void @join(ptr %node, ptr %ctx, ptr %table, i64 %phase) $QUICKLY{
  %active = call ptr @word(i64 $active)
  %head = load ptr, ptr %active
  %next_at = getelementptr ptr, ptr %node, i64 1
  store ptr %head, ptr %next_at
  %ctx_at = getelementptr ptr, ptr %node, i64 2
  store ptr %ctx, ptr %ctx_at
  %table_at = getelementptr ptr, ptr %node, i64 3
  store ptr %table, ptr %table_at
  %me = call ptr @word(i64 $this_thread)
  %thread = call ptr %me()
  %thread_at = getelementptr ptr, ptr %node, i64 4
  store ptr %thread, ptr %thread_at
  %phase_at = getelementptr i64, ptr %node, i64 5
  store i64 %phase, ptr %phase_at
  store ptr %node, ptr %active
  ret void
}
; Leave it, and wake those who sleep.
define void @leave(ptr %node) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  br label %find
find:
  %at = phi ptr [%active, %start], [%next_at, %on]
  %entry = load ptr, ptr %at
  %next_at = getelementptr ptr, ptr %entry, i64 1
  %mine = icmp eq ptr %entry, %node
  br i1 %mine, label %found, label %on
on:
  %end = icmp eq ptr %entry, null
  br i1 %end, label %done, label %find
found:
  %next = load ptr, ptr %next_at
  store ptr %next, ptr %at
  call void @wake()
  br label %done
done:
  ret void
}
define internal void @wake() $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %changes = getelementptr i8, ptr %active, i64 $CHANGES
  %count = load i32, ptr %changes
  %changed = add i32 %count, 1
  store i32 %changed, ptr %changes
  %waiting_at = getelementptr i8, ptr %active, i64 $WAITING
  %waiting = load i32, ptr %waiting_at
  %nobody = icmp eq i32 %waiting, 0
  br i1 %nobody, label %done, label %call
call:
  %roused = call i64 @rouse_all(ptr %changes)
  br label %done
done:
  ret void
}
define internal void @forget_others() $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %waiting_at = getelementptr i8, ptr %active, i64 $WAITING
  store i32 0, ptr %waiting_at
  %me = call ptr @word(i64 $this_thread)
  %thread = call ptr %me()
  br label %test
test:
  %at = phi ptr [%active, %start], [%at, %drop], [%next_at, %keep]
  %node = load ptr, ptr %at
  %none = icmp eq ptr %node, null
  br i1 %none, label %done, label %look
look:
  %next_at = getelementptr ptr, ptr %node, i64 1
  %owner_at = getelementptr ptr, ptr %node, i64 4
  %owner = load ptr, ptr %owner_at
  %own = icmp eq ptr %owner, %thread
  br i1 %own, label %keep, label %drop
drop:
  %next = load ptr, ptr %next_at
  store ptr %next, ptr %at
  br label %test
keep:
  br label %test
done:
  ret void
}
; Whether another thread's program stands in the way of one: any that runs; if it is to be fair, those that have waited
; for longer than `node`, too, which may not be in the list yet.
define internal i1 @conflict(ptr %node, ptr %ctx, ptr %table, i1 %fair) $QUICKLY{
start:
  %me = call ptr @word(i64 $this_thread)
  %thread = call ptr %me()
  %active = call ptr @word(i64 $active)
  %is_new = icmp eq ptr %node, null
  br label %test
test:
  %at = phi ptr [%active, %start], [%next_at, %go_on]
  %older = phi i1 [%is_new, %start], [%older2, %go_on]
  %entry = load ptr, ptr %at
  %none = icmp eq ptr %entry, null
  br i1 %none, label %no, label %look
look:
  %next_at = getelementptr ptr, ptr %entry, i64 1
  %is_node = icmp eq ptr %entry, %node
  %older2 = or i1 %older, %is_node
  %thread_at = getelementptr ptr, ptr %entry, i64 4
  %owner = load ptr, ptr %thread_at
  %own = icmp eq ptr %owner, %thread
  br i1 %own, label %go_on, label %others
others:
  %phase_at = getelementptr i64, ptr %entry, i64 5
  %phase = load i64, ptr %phase_at
  %runs = icmp eq i64 %phase, $RUNS
  br i1 %runs, label %compare, label %rests
rests:
  %waits = icmp eq i64 %phase, $WAITS
  %first = and i1 %older2, %fair
  %before = and i1 %first, %waits
  %polls = xor i1 %waits, true
  %counts = or i1 %before, %polls
  br i1 %counts, label %compare, label %go_on
compare:
  %is_poll = icmp eq i64 %phase, $POLLS
  %mask = select i1 %is_poll, i64 4294967295, i64 -1
  %ctx2_at = getelementptr ptr, ptr %entry, i64 2
  %ctx2 = load ptr, ptr %ctx2_at
  %table2_at = getelementptr ptr, ptr %entry, i64 3
  %table2 = load ptr, ptr %table2_at
  %bad = call i1 @meet(ptr %ctx, ptr %table, ptr %ctx2, ptr %table2, i64 %mask)
  br i1 %bad, label %yes, label %go_on
go_on:
  br label %test
yes:
  ret i1 true
no:
  ret i1 false
}
; Whether this thread has anything in the list.
define internal i1 @is_inside() $QUICKLY{
start:
  %me = call ptr @word(i64 $this_thread)
  %thread = call ptr %me()
  %active = call ptr @word(i64 $active)
  br label %test
test:
  %at = phi ptr [%active, %start], [%next_at, %look]
  %entry = load ptr, ptr %at
  %none = icmp eq ptr %entry, null
  br i1 %none, label %no, label %look
look:
  %next_at = getelementptr ptr, ptr %entry, i64 1
  %thread_at = getelementptr ptr, ptr %entry, i64 4
  %owner = load ptr, ptr %thread_at
  %own = icmp eq ptr %owner, %thread
  br i1 %own, label %yes, label %test
yes:
  ret i1 true
no:
  ret i1 false
}
; Sleep without the GIL until somebody leaves the list, or for a moment.
define internal void @sleep() $QUICKLY{
  %active = call ptr @word(i64 $active)
  %changes = getelementptr i8, ptr %active, i64 $CHANGES
  %waiting = getelementptr i8, ptr %active, i64 $WAITING
  %before = load i32, ptr %waiting
  %one_more = add i32 %before, 1
  store i32 %one_more, ptr %waiting
  %seen = load i32, ptr %changes
  %save = call ptr @word(i64 $save_thread)
  %state = call ptr %save()
  %napped = call i64 @nap(ptr %changes, i32 %seen)
  %restore = call ptr @word(i64 $restore_thread)
  call void %restore(ptr %state)
  %now = load i32, ptr %waiting
  %one_less = sub i32 %now, 1
  store i32 %one_less, ptr %waiting
  ret void
}
"""

_WAIT = r"""
; Wait until nobody stands in the way. With `poll` a signal may end it: -1 then.
define i32 @wait_turn(ptr %ctx, ptr %table, i32 %poll) $QUICKLY{
start:
  %node = alloca [$N_GIL_WORDS x i64], align 8
  %committed = getelementptr i64, ptr %node, i64 $COMMITTED
  store i64 0, ptr %committed
  %inside = call i1 @is_inside()
  %fair = xor i1 %inside, true
  %bad = call i1 @conflict(ptr null, ptr %ctx, ptr %table, i1 %fair)
  br i1 %bad, label %queue, label %free
queue:
  call void @join(ptr %node, ptr %ctx, ptr %table, i64 $WAITS)
  br label %wait
wait:
  call void @sleep()
  %wanted = icmp ne i32 %poll, 0
  br i1 %wanted, label %signals, label %test
signals:
  %check = call ptr @word(i64 $poll)
  %status = call i32 %check()
  %good = icmp eq i32 %status, 0
  br i1 %good, label %test, label %raised
test:
  %still = call i1 @conflict(ptr %node, ptr %ctx, ptr %table, i1 %fair)
  br i1 %still, label %wait, label %ready
ready:
  call void @leave(ptr %node)
  br label %free
free:
  ret i32 0
raised:
  call void @leave(ptr %node)
  ret i32 -1
}
; The same, and get into the list.
define i32 @enter(ptr %node, ptr %ctx, ptr %table, i32 %poll) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %head = load ptr, ptr %active
  %free = icmp eq ptr %head, null
  br i1 %free, label %go, label %wait
wait:
  %status = call i32 @wait_turn(ptr %ctx, ptr %table, i32 %poll)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %go, label %raised
go:
  call void @join(ptr %node, ptr %ctx, ptr %table, i64 $RUNS)
  ret i32 0
raised:
  ret i32 -1
}
; A process is about to fork: wait until no other thread's program has committed and not ended.
define void @fork_begin() $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %forks = getelementptr i8, ptr %active, i64 $FORKS
  store atomic i64 1, ptr %forks seq_cst, align 8
  %me = call ptr @word(i64 $this_thread)
  %thread = call ptr %me()
  br label %all
all:
  br label %test
test:
  %at = phi ptr [%active, %all], [%next_at, %go_on]
  %entry = load ptr, ptr %at
  %none = icmp eq ptr %entry, null
  br i1 %none, label %free, label %look
look:
  %next_at = getelementptr ptr, ptr %entry, i64 1
  %thread_at = getelementptr ptr, ptr %entry, i64 4
  %owner = load ptr, ptr %thread_at
  %committed_at = getelementptr i64, ptr %entry, i64 $COMMITTED
  %committed = load atomic i64, ptr %committed_at seq_cst, align 8
  %not_yet = icmp eq i64 %committed, 0
  %own = icmp eq ptr %owner, %thread
  %fine = or i1 %own, %not_yet
  br i1 %fine, label %go_on, label %wait
go_on:
  br label %test
wait:
  call void @sleep()
  br label %all
free:
  ret void
}
; It has.
define void @fork_end() $QUICKLY{
  %active = call ptr @word(i64 $active)
  %forks = getelementptr i8, ptr %active, i64 $FORKS
  store atomic i64 0, ptr %forks seq_cst, align 8
  call void @wake()
  ret void
}
; In a forked child: only what this thread has in the list lives on.
define void @fork_child() $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %forks = getelementptr i8, ptr %active, i64 $FORKS
  store i64 0, ptr %forks
  call void @forget_others()
  ret void
}
; `copy_value(storage)`: a copy of the array in a storage, in C order; the storage itself if it holds something else.
define ptr @copy_value(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) $QUICKLY{
start:
  %node = alloca [$N_GIL_WORDS x i64], align 8
  %committed = getelementptr i64, ptr %node, i64 $COMMITTED
  store i64 0, ptr %committed
  %table = alloca [2 x i64], align 8
  %list = load ptr, ptr %args
  store i64 1, ptr %table
  %row = getelementptr i64, ptr %table, i64 1
  store i64 0, ptr %row
  %status = call i32 @enter(ptr %node, ptr %args, ptr %table, i32 1)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %look, label %raised
look:
  %items = call ptr @field(ptr %list, i64 $LIST_ITEMS)
  %value = load ptr, ptr %items
  %type = call ptr @field(ptr %value, i64 $TYPE)
  %array_type = call ptr @word(i64 $ndarray_type)
  %is_array = icmp eq ptr %type, %array_type
  br i1 %is_array, label %array, label %other
array:
  call void @hold(ptr %value)
  %copy = call ptr @word(i64 $new_copy)
  %made = call ptr %copy(ptr %value, i32 0)
  call void @leave(ptr %node)
  call void @drop(ptr %value)
  ret ptr %made
other:
  call void @leave(ptr %node)
  call void @hold(ptr %list)
  ret ptr %list
raised:
  ret ptr null
}
; `put_value(storage, value)`: put an object into a storage, once nobody uses it.
define ptr @put_value(ptr %self, ptr %args, i64 %nargsf, ptr %kwnames) $QUICKLY{
start:
  %table = alloca [2 x i64], align 8
  store i64 1, ptr %table
  %row = getelementptr i64, ptr %table, i64 1
  store i64 $STORAGE_UPDATED, ptr %row
  %status = call i32 @wait_turn(ptr %args, ptr %table, i32 1)
  %good = icmp eq i32 %status, 0
  br i1 %good, label %put, label %raised
put:
  %list = load ptr, ptr %args
  %value_at = getelementptr ptr, ptr %args, i64 1
  %value = load ptr, ptr %value_at
  call void @hold(ptr %value)
  %set = call ptr @word(i64 $list_set_item)
  %ignored = call i32 %set(ptr %list, i64 0, ptr %value)
  %none = call ptr @word(i64 $none)
  call void @hold(ptr %none)
  ret ptr %none
raised:
  ret ptr null
}
"""

_GIL = r"""
; Run, as soon as nobody who runs stands in the way; the node is in the list.
define internal void @settle(ptr %node, ptr %ctx, ptr %table) $QUICKLY{
start:
  %phase_at = getelementptr i64, ptr %node, i64 5
  store i64 $WAITS, ptr %phase_at
  br label %test
test:
  %bad = call i1 @conflict(ptr %node, ptr %ctx, ptr %table, i1 false)
  br i1 %bad, label %wait, label %free
wait:
  call void @sleep()
  br label %test
free:
  store i64 $RUNS, ptr %phase_at
  ret void
}
; Let go of the GIL; a program with storages gets into the list before.
define void @gil_release(ptr %ctx, ptr %node, ptr %table) $QUICKLY{
start:
  %n = load i64, ptr %table
  %none = icmp eq i64 %n, 0
  br i1 %none, label %alone, label %enter
alone:
  %ctx_at = getelementptr ptr, ptr %node, i64 2
  store ptr %ctx, ptr %ctx_at
  %table_at = getelementptr ptr, ptr %node, i64 3
  store ptr %table, ptr %table_at
  br label %go
enter:
  call void @join(ptr %node, ptr %ctx, ptr %table, i64 $WAITS)
  call void @settle(ptr %node, ptr %ctx, ptr %table)
  br label %go
go:
  %save = call ptr @word(i64 $save_thread)
  %state = call ptr %save()
  store ptr %state, ptr %node
  ret void
}
define internal void @gil_back(ptr %node) $QUICKLY{
  %state = load ptr, ptr %node
  %restore = call ptr @word(i64 $restore_thread)
  call void %restore(ptr %state)
  store ptr null, ptr %node
  ret void
}
; Take the GIL back, and leave the list.
define void @gil_take(ptr %node) $QUICKLY{
  call void @gil_back(ptr %node)
  call void @leave(ptr %node)
  ret void
}
; Before the first write to a storage, by a program that may let go of the GIL: not while the process forks. The frame
; says already that it has committed. Until then the program has read storages, so it stays in the list or gets there.
define void @gil_commit(ptr %ctx, ptr %node, ptr %table) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %forks = getelementptr i8, ptr %active, i64 $FORKS
  %committed = getelementptr i64, ptr %node, i64 $COMMITTED
  br label %try
try:
  store atomic i64 1, ptr %committed seq_cst, align 8
  %some = load atomic i64, ptr %forks seq_cst, align 8
  %free = icmp eq i64 %some, 0
  br i1 %free, label %go, label %give_way
give_way:
  store atomic i64 0, ptr %committed seq_cst, align 8
  %state = load ptr, ptr %node
  %held = icmp eq ptr %state, null
  br i1 %held, label %here, label %back
here:
  call void @join(ptr %node, ptr %ctx, ptr %table, i64 $RUNS)
  call void @wake()
  call void @sleep()
  call void @leave(ptr %node)
  br label %try
back:
  call void @gil_back(ptr %node)
  call void @wake()
  call void @sleep()
  %save = call ptr @word(i64 $save_thread)
  %saved = call ptr %save()
  store ptr %saved, ptr %node
  br label %try
go:
  ret void
}
; Serve signals. Without the GIL: every 100 million cycles only, for taking it back takes 5 ms where another thread
; runs Python code. Python code may run meanwhile, which lets other threads run: the program has read its storages, so
; it is in the list.
define i32 @gil_poll(ptr %ctx, ptr %node, ptr %table) $QUICKLY{
start:
  %check = call ptr @word(i64 $poll)
  %state = load ptr, ptr %node
  %held = icmp eq ptr %state, null
  %n = load i64, ptr %table
  %none = icmp eq i64 %n, 0
  br i1 %held, label %here, label %clock
here:
  br i1 %none, label %take, label %enter
enter:
  call void @join(ptr %node, ptr %ctx, ptr %table, i64 $POLLS)
  br label %take
clock:
  %now = call i64 @llvm.readcyclecounter()
  %polled = getelementptr i64, ptr %node, i64 $POLLED
  %last = load i64, ptr %polled
  %passed = sub i64 %now, %last
  %soon = icmp ult i64 %passed, 100000000
  br i1 %soon, label %done, label %back
back:
  store i64 %now, ptr %polled
  call void @gil_back(ptr %node)
  %phase_at = getelementptr i64, ptr %node, i64 5
  store i64 $POLLS, ptr %phase_at
  call void @wake()
  br label %take
take:
  %status = call i32 %check()
  %good = icmp eq i32 %status, 0
  br i1 %good, label %go_on, label %raised
go_on:
  br i1 %none, label %ready, label %in_list
in_list:
  call void @settle(ptr %node, ptr %ctx, ptr %table)
  br label %ready
ready:
  br i1 %held, label %out, label %release
out:
  call void @leave(ptr %node)
  br label %done
release:
  %save = call ptr @word(i64 $save_thread)
  %saved = call ptr %save()
  store ptr %saved, ptr %node
  br label %done
done:
  ret i32 0
raised:
  call void @leave(ptr %node)
  ret i32 -1
}
"""

TEXT = _LIST + _WAIT + _GIL
