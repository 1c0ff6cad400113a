"""LLVM IR of support functions in their smallest form: enough for a first call, compiled in a third of the time.

They keep nothing between calls, read arrays only, and leave a check that failed to those who know how to report it
(`support.Unready`). What they have in common with the others is not written twice: `support_text` puts both together.
"""

__all__ = ["TEXT"]

TEXT = r"""
@unready = internal constant [$UNREADY_SIZE x i8] c"$UNREADY\00"

define ptr @new_array(ptr %ctx, ptr %slot, i64 %dtype, i64 %ndim, ptr %dims) {
  %descr_word = add i64 %dtype, $descr_bool
  %descr_at = getelementptr ptr, ptr @fixed, i64 %descr_word
  %descr = load ptr, ptr %descr_at
  %nd = trunc i64 %ndim to i32
  %new = call ptr @make_array(ptr %descr, i32 %nd, ptr %dims, ptr null, i32 0)
  %data = call ptr @put_array(ptr %slot, ptr %new)
  ret ptr %data
}
; Before a block of workspace stands what malloc gave.
define void @pool_give(ptr %data) {
  %raw = call ptr @field(ptr %data, i64 -8)
  %f = call ptr @word(i64 $raw_free)
  call void %f(ptr %raw)
  ret void
}
define ptr @pool_take(ptr %ctx, ptr %work, i64 %size) {
start:
  %old = load ptr, ptr %work
  %none = icmp eq ptr %old, null
  br i1 %none, label %new, label %give
give:
  store ptr null, ptr %work
  call void @pool_give(ptr %old)
  br label %new
new:
  %sum = add i64 %size, 128
  %insane = icmp ugt i64 %size, 1152921504606846976
  %total = select i1 %insane, i64 -1, i64 %sum ; which malloc refuses
  %malloc = call ptr @word(i64 $raw_malloc)
  %raw = call ptr %malloc(i64 %total)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %no_memory, label %made
made:
  %number = ptrtoint ptr %raw to i64
  %above = add i64 %number, 127
  %aligned = and i64 %above, -64
  %distance = sub i64 %aligned, %number
  %data = getelementptr i8, ptr %raw, i64 %distance
  %raw_at = getelementptr i8, ptr %data, i64 -8
  store ptr %raw, ptr %raw_at
  store ptr %data, ptr %work
  %size_at = getelementptr i64, ptr %work, i64 1
  store i64 %size, ptr %size_at
  ret ptr %data
no_memory:
  %raise = call ptr @word(i64 $err_no_memory)
  %ignored = call ptr %raise()
  ret ptr null
}
define i64 @read_input(ptr %ctx, ptr %object, ptr %out, i64 %code, i64 %ones, ptr %buffer) {
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %ndarray_type = call ptr @word(i64 $ndarray_type)
  %is_array = icmp eq ptr %type, %ndarray_type
  br i1 %is_array, label %array, label %no
array:
  %read = call i64 @read_array(ptr %object, ptr %out, i64 %code, i64 %ones)
  ret i64 %read
no:
  ret i64 0
}
define void @raise_check(ptr %ctx, i32 %code, ptr %operands, ptr %args, i64 %nargs) {
  %raise = call ptr @word(i64 $err_set_string)
  %class = call ptr @word(i64 $unready_type)
  call void %raise(ptr %class, ptr @unready)
  ret void
}
; Any two programs are taken to meet.
define internal i1 @meet(ptr %ctx, ptr %table, ptr %ctx2, ptr %table2, i64 %mask) alwaysinline {
  %yes = icmp eq i64 0, 0
  ret i1 %yes
}
"""
