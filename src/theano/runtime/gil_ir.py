"""LLVM IR of letting other Python threads run while a long program works, and of what that needs guarded.

A program that runs without the GIL is in the list `active` if it uses storages. Whoever wants to use one of these
storages, and one of the two updates it, waits until the other program is done: at its entry, before it looks at its
storages. The list changes only while the GIL is held, nobody waits while he holds it, and no Python code runs in a
program while it is in the list: so nothing more is needed to make this safe, and no program can wait for itself.

The state is the process's, not this module's, so that provisional and fast code share it (`support`): the first node
of the list, then the words at the offsets in `STATE`: how often a program left the list, how many threads wait, and the
time of the last poll.

A node of the list is part of the frame: thread state (null while the GIL is held), next node, context, and table. The
table of a program tells how many storages it has, and for each its context word, and 1 << 32 if it is updated.
"""

from __future__ import annotations

__all__ = ["CONFLICT", "STATE", "STATE_BYTES", "TEXT"]

STATE = {"CHANGES": 8, "WAITING": 12, "POLLED": 16}
STATE_BYTES = 24

# Whether a program has to wait.
CONFLICT = r"""
; Whether two programs use one storage, and one of them updates it.
define internal i1 @meet(ptr %ctx, ptr %table, ptr %ctx2, ptr %table2) $QUICKLY{
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
  %either = or i64 %a, %b
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
define internal i1 @conflict(ptr %ctx, ptr %table) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %head = load ptr, ptr %active
  br label %test
test:
  %node = phi ptr [%head, %start], [%next, %go_on]
  %none = icmp eq ptr %node, null
  br i1 %none, label %no, label %look
look:
  %ctx2_at = getelementptr ptr, ptr %node, i64 2
  %ctx2 = load ptr, ptr %ctx2_at
  %table2_at = getelementptr ptr, ptr %node, i64 3
  %table2 = load ptr, ptr %table2_at
  %bad = call i1 @meet(ptr %ctx, ptr %table, ptr %ctx2, ptr %table2)
  br i1 %bad, label %yes, label %go_on
go_on:
  %next_at = getelementptr ptr, ptr %node, i64 1
  %next = load ptr, ptr %next_at
  br label %test
yes:
  ret i1 true
no:
  ret i1 false
}
"""

_WAIT = r"""
declare i64 @llvm.readcyclecounter()

; Wait, without the GIL, until no active program stands in the way. With `poll` a signal may end it: -1 then.
define i32 @wait_turn(ptr %ctx, ptr %table, i32 %poll) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %changes = getelementptr i8, ptr %active, i64 $CHANGES
  %waiting = getelementptr i8, ptr %active, i64 $WAITING
  br label %test
test:
  %bad = call i1 @conflict(ptr %ctx, ptr %table)
  br i1 %bad, label %wait, label %free
wait:
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
  %wanted = icmp ne i32 %poll, 0
  br i1 %wanted, label %signals, label %test
signals:
  %check = call ptr @word(i64 $poll)
  %status = call i32 %check()
  %good = icmp eq i32 %status, 0
  br i1 %good, label %test, label %raised
free:
  ret i32 0
raised:
  ret i32 -1
}
"""

_GIL = r"""
; Let go of the GIL; a program with storages gets into the list before.
define void @gil_release(ptr %ctx, ptr %node, ptr %table) $QUICKLY{
start:
  %n = load i64, ptr %table
  %none = icmp eq i64 %n, 0
  br i1 %none, label %go, label %enter
enter:
  %ignored = call i32 @wait_turn(ptr %ctx, ptr %table, i32 0)
  %active = call ptr @word(i64 $active)
  %head = load ptr, ptr %active
  %next_at = getelementptr ptr, ptr %node, i64 1
  store ptr %head, ptr %next_at
  store ptr %node, ptr %active
  br label %go
go:
  %ctx_at = getelementptr ptr, ptr %node, i64 2
  store ptr %ctx, ptr %ctx_at
  %table_at = getelementptr ptr, ptr %node, i64 3
  store ptr %table, ptr %table_at
  %save = call ptr @word(i64 $save_thread)
  %state = call ptr %save()
  store ptr %state, ptr %node
  ret void
}
; Take the GIL back, and leave the list.
define void @gil_take(ptr %node) $QUICKLY{
start:
  %active = call ptr @word(i64 $active)
  %state = load ptr, ptr %node
  %restore = call ptr @word(i64 $restore_thread)
  call void %restore(ptr %state)
  store ptr null, ptr %node
  %table_at = getelementptr ptr, ptr %node, i64 3
  %table = load ptr, ptr %table_at
  %n = load i64, ptr %table
  %none = icmp eq i64 %n, 0
  br i1 %none, label %done, label %find
find:
  %at = phi ptr [%active, %start], [%next_at, %on]
  %entry = load ptr, ptr %at
  %next_at = getelementptr ptr, ptr %entry, i64 1
  %mine = icmp eq ptr %entry, %node
  br i1 %mine, label %found, label %on
on:
  br label %find
found:
  %next = load ptr, ptr %next_at
  store ptr %next, ptr %at
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
; Serve signals. Without the GIL: now and then only, for taking it back may take long.
define i32 @gil_poll(ptr %node) $QUICKLY{
start:
  %check = call ptr @word(i64 $poll)
  %state = load ptr, ptr %node
  %held = icmp eq ptr %state, null
  br i1 %held, label %here, label %clock
here:
  %status = call i32 %check()
  ret i32 %status
clock:
  %now = call i64 @llvm.readcyclecounter()
  %active = call ptr @word(i64 $active)
  %polled = getelementptr i8, ptr %active, i64 $POLLED
  %last = load atomic i64, ptr %polled monotonic, align 8
  %passed = sub i64 %now, %last
  %soon = icmp ult i64 %passed, 50000000
  br i1 %soon, label %skip, label %take
take:
  store atomic i64 %now, ptr %polled monotonic, align 8
  %ctx_at = getelementptr ptr, ptr %node, i64 2
  %ctx = load ptr, ptr %ctx_at
  %table_at = getelementptr ptr, ptr %node, i64 3
  %table = load ptr, ptr %table_at
  call void @gil_take(ptr %node)
  %found = call i32 %check()
  %good = icmp eq i32 %found, 0
  br i1 %good, label %release, label %raised
release:
  call void @gil_release(ptr %ctx, ptr %node, ptr %table)
  br label %skip
skip:
  ret i32 0
raised:
  ret i32 -1
}
"""

TEXT = _WAIT + _GIL
