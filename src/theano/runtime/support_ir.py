"""LLVM IR of the support functions: what every compiled function needs, compiled once.

`$name` is the index of a word of the fixed table (`capi.TABLE`), `$NAME` a number of the layout.
All run with the GIL held; none keeps state but the pool.
"""

# The fixed table; CPython's two reference functions by their usual names. `@word`, `@field`, `@size`, `@capacity` and
# `@hold` are no functions: `support.written_out` puts their few instructions in their places.
_BASICS = r"""
@fixed = hidden global [$N_WORDS x ptr] zeroinitializer
define internal void @drop(ptr %object) $QUICKLY{
  %none = icmp eq ptr %object, null
  br i1 %none, label %done, label %some
some:
  %f = call ptr @word(i64 $dec_ref)
  call void %f(ptr %object)
  br label %done
done:
  ret void
}
; Drop the references in n words and clear them first: what runs on the way must not see them again.
define void @release(ptr %words, i64 %n) $QUICKLY{
start:
  br label %test
test:
  %k = phi i64 [0, %start], [%next, %body]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %body, label %done
body:
  %at = getelementptr ptr, ptr %words, i64 %k
  %object = load ptr, ptr %at
  store ptr null, ptr %at
  call void @drop(ptr %object)
  %next = add i64 %k, 1
  br label %test
done:
  ret void
}
"""

# Array objects.
_OBJECTS = r"""
@item_sizes = internal constant [$N_DTYPES x i64] [$ITEM_SIZES]
@nothing = internal constant [$ARRAY_DESCR x i8] zeroinitializer

define internal ptr @make_array(ptr %descr, i32 %ndim, ptr %dims, ptr %data, i32 %flags) alwaysinline {
  call void @hold(ptr %descr)
  %make = call ptr @word(i64 $new_from_descr)
  %type = call ptr @word(i64 $ndarray_type)
  %array = call ptr %make(ptr %type, ptr %descr, i32 %ndim, ptr %dims, ptr null, ptr %data, i32 %flags, ptr null)
  ret ptr %array
}
; Put a new array, or nothing (null), in a slot, and drop what is there; the array's data.
define internal ptr @put_array(ptr %slot, ptr %array) alwaysinline {
  %failed = icmp eq ptr %array, null
  %old = load ptr, ptr %slot
  %kept = select i1 %failed, ptr %old, ptr %array
  store ptr %kept, ptr %slot
  %dropped = select i1 %failed, ptr null, ptr %old
  call void @drop(ptr %dropped)
  %readable = select i1 %failed, ptr @nothing, ptr %array
  %data = call ptr @field(ptr %readable, i64 $ARRAY_DATA)
  ret ptr %data
}
"""

# Blocks of workspace, cached between calls. 64 bytes before a block's data stand its capacity and what malloc gave.
# The oldest blocks come first and go first.
_POOL = r"""
@blocks = internal global [$POOL_BLOCKS x ptr] zeroinitializer
@count = internal global i64 0
@bytes = internal global i64 0
@limit = internal global i64 0

define internal void @free_block(ptr %data) $QUICKLY{
  %raw = call ptr @field(ptr %data, i64 -56)
  %f = call ptr @word(i64 $raw_free)
  call void %f(ptr %raw)
  ret void
}
define internal ptr @uncache(i64 %index) $QUICKLY{
start:
  %first = getelementptr ptr, ptr @blocks, i64 %index
  %data = load ptr, ptr %first
  %capacity = call i64 @capacity(ptr %data)
  %bytes = load i64, ptr @bytes
  %left = sub i64 %bytes, %capacity
  store i64 %left, ptr @bytes
  %count = load i64, ptr @count
  %last = sub i64 %count, 1
  store i64 %last, ptr @count
  br label %test
test:
  %k = phi i64 [%index, %start], [%next, %body]
  %more = icmp slt i64 %k, %last
  br i1 %more, label %body, label %done
body:
  %next = add i64 %k, 1
  %from = getelementptr ptr, ptr @blocks, i64 %next
  %to = getelementptr ptr, ptr @blocks, i64 %k
  %moved = load ptr, ptr %from
  store ptr %moved, ptr %to
  br label %test
done:
  ret ptr %data
}
define internal ptr @take(i64 %size) $QUICKLY{
start:
  %count = load i64, ptr @count
  %slack = add i64 %size, 16384
  %most = shl i64 %slack, 2
  %insane = icmp ugt i64 %size, 1152921504606846976
  br i1 %insane, label %no_memory, label %test
test:
  %k = phi i64 [0, %start], [%next, %continue]
  %best = phi i64 [-1, %start], [%best2, %continue]
  %least = phi i64 [%most, %start], [%least2, %continue]
  %more = icmp slt i64 %k, %count
  br i1 %more, label %body, label %chosen
body:
  %at = getelementptr ptr, ptr @blocks, i64 %k
  %data = load ptr, ptr %at
  %capacity = call i64 @capacity(ptr %data)
  %enough = icmp uge i64 %capacity, %size
  %less = icmp ult i64 %capacity, %least
  %better = and i1 %enough, %less
  br label %continue
continue:
  %best2 = select i1 %better, i64 %k, i64 %best
  %least2 = select i1 %better, i64 %capacity, i64 %least
  %next = add i64 %k, 1
  br label %test
chosen:
  %found = icmp sge i64 %best, 0
  br i1 %found, label %cached, label %fresh
cached:
  %old = call ptr @uncache(i64 %best)
  ret ptr %old
fresh:
  %up = add i64 %size, 4095
  %rounded = and i64 %up, -4096
  %total = add i64 %rounded, 128
  %malloc = call ptr @word(i64 $raw_malloc)
  %raw = call ptr %malloc(i64 %total)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %no_memory, label %made
made:
  %raw_number = ptrtoint ptr %raw to i64
  %above = add i64 %raw_number, 127
  %aligned = and i64 %above, -64
  %distance = sub i64 %aligned, %raw_number
  %new = getelementptr i8, ptr %raw, i64 %distance
  %size_at = getelementptr i8, ptr %new, i64 -64
  store i64 %rounded, ptr %size_at
  %raw_at = getelementptr i8, ptr %new, i64 -56
  store ptr %raw, ptr %raw_at
  %advise = call ptr @word(i64 $madvise)
  %large = icmp uge i64 %size, $HUGE
  %can = icmp ne ptr %advise, null
  %huge = and i1 %large, %can
  br i1 %huge, label %pages, label %ready
pages:
  %page_number = add i64 %raw_number, 4095
  %first_page = and i64 %page_number, -4096
  %skipped = sub i64 %first_page, %raw_number
  %page = getelementptr i8, ptr %raw, i64 %skipped
  %status = call i32 %advise(ptr %page, i64 %rounded, i32 $MADV_HUGEPAGE)
  br label %ready
ready:
  ret ptr %new
no_memory:
  %raise = call ptr @word(i64 $err_no_memory)
  %ignored = call ptr %raise()
  ret ptr null
}
define void @pool_give(ptr %data) $QUICKLY{
start:
  %capacity = call i64 @capacity(ptr %data)
  %limit = load i64, ptr @limit
  %too_large = icmp ugt i64 %capacity, %limit
  br i1 %too_large, label %free, label %test
test:
  %count = load i64, ptr @count
  %bytes = load i64, ptr @bytes
  %sum = add i64 %bytes, %capacity
  %full = icmp eq i64 %count, $POOL_BLOCKS
  %over = icmp ugt i64 %sum, %limit
  %evict = or i1 %full, %over
  br i1 %evict, label %oldest, label %keep
oldest:
  %old = call ptr @uncache(i64 0)
  call void @free_block(ptr %old)
  br label %test
keep:
  %at = getelementptr ptr, ptr @blocks, i64 %count
  store ptr %data, ptr %at
  %one_more = add i64 %count, 1
  store i64 %one_more, ptr @count
  store i64 %sum, ptr @bytes
  ret void
free:
  call void @free_block(ptr %data)
  ret void
}
define ptr @pool_take(ptr %ctx, ptr %work, i64 %size) $QUICKLY{
  %old = load ptr, ptr %work
  %none = icmp eq ptr %old, null
  br i1 %none, label %new, label %give
give:
  store ptr null, ptr %work
  call void @pool_give(ptr %old)
  br label %new
new:
  %data = call ptr @take(i64 %size)
  store ptr %data, ptr %work
  %size_at = getelementptr i64, ptr %work, i64 1
  store i64 %size, ptr %size_at
  ret ptr %data
}
; Keep at most this many bytes from now on.
define void @pool_limit(i64 %limit) $QUICKLY{
start:
  store i64 %limit, ptr @limit
  br label %test
test:
  %bytes = load i64, ptr @bytes
  %over = icmp ugt i64 %bytes, %limit
  br i1 %over, label %oldest, label %done
oldest:
  %old = call ptr @uncache(i64 0)
  call void @free_block(ptr %old)
  br label %test
done:
  ret void
}
define i64 @pool_bytes() $QUICKLY{
  %bytes = load i64, ptr @bytes
  ret i64 %bytes
}
"""

# New arrays. Filling fresh pages costs five times as much as filling warm ones, so the memory of large arrays comes
# from the pool; a capsule as their base brings it back. (Its destructor is here: this code is never unloaded.)
_ARRAYS = r"""
@capsule_name = internal constant [14 x i8] c"theano.buffer\00"
declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)

define void @free_buffer(ptr %capsule) $QUICKLY{
  %get = call ptr @word(i64 $capsule_get_pointer)
  %data = call ptr %get(ptr %capsule, ptr @capsule_name)
  call void @pool_give(ptr %data)
  ret void
}
define internal ptr @large_array(ptr %descr, i32 %ndim, ptr %dims, i64 %bytes) $QUICKLY{
  %data = call ptr @take(i64 %bytes)
  %failed = icmp eq ptr %data, null
  br i1 %failed, label %nothing, label %taken
taken:
  %make = call ptr @word(i64 $capsule_new)
  %capsule = call ptr %make(ptr %data, ptr @capsule_name, ptr @free_buffer)
  %no_capsule = icmp eq ptr %capsule, null
  br i1 %no_capsule, label %give, label %owned
give:
  call void @pool_give(ptr %data)
  br label %nothing
owned:
  %array = call ptr @make_array(ptr %descr, i32 %ndim, ptr %dims, ptr %data, i32 $NEW_FLAGS)
  %no_array = icmp eq ptr %array, null
  br i1 %no_array, label %forget, label %join
forget:
  call void @drop(ptr %capsule)
  br label %nothing
join:
  %set = call ptr @word(i64 $set_base_object)
  %status = call i32 %set(ptr %array, ptr %capsule)
  %bad = icmp slt i32 %status, 0
  br i1 %bad, label %discard, label %good
discard:
  call void @drop(ptr %array)
  br label %nothing
good:
  ret ptr %array
nothing:
  ret ptr null
}
; Results are often dropped before the next call or the one after it: two small arrays for each of some pairs of
; (function, slot) are kept, and taken again while nobody else holds them and they are still what they were made as.
; `new_array` leaves by jumps only and keeps few values, so that it need not save registers.
@recent = internal global [$RECENT_SETS x [2 x ptr]] zeroinitializer, align 16
; An array that nobody has had yet. One of few bytes is remembered in the pair that %at lies in, in place of the older
; one there.
define internal ptr @fresh_array(ptr %at, i64 %dtype, i64 %ndim, ptr %dims, ptr %slot) $QUICKLY{
start:
  %number = ptrtoint ptr %at to i64
  %inside = and i64 %number, 8 ; pairs begin at multiples of 16
  %back = sub i64 0, %inside
  %pair = getelementptr i8, ptr %at, i64 %back
  %descr_word = add i64 %dtype, $descr_bool
  %descr_at = getelementptr ptr, ptr @fixed, i64 %descr_word
  %descr = load ptr, ptr %descr_at
  %nd = trunc i64 %ndim to i32
  %item_at = getelementptr i64, ptr @item_sizes, i64 %dtype
  %item = load i64, ptr %item_at
  br label %measure
measure:
  %k = phi i64 [0, %start], [%next, %multiply]
  %bytes = phi i64 [%item, %start], [%product, %multiply]
  %more = icmp slt i64 %k, %ndim
  br i1 %more, label %multiply, label %measured
multiply:
  %dim_at = getelementptr i64, ptr %dims, i64 %k
  %dim = load i64, ptr %dim_at
  %both = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %bytes, i64 %dim)
  %product = extractvalue { i64, i1 } %both, 0
  %overflow = extractvalue { i64, i1 } %both, 1
  %next = add i64 %k, 1
  br i1 %overflow, label %numpys, label %measure
measured:
  %is_large = icmp uge i64 %bytes, $LARGE
  br i1 %is_large, label %large, label %numpys
large:
  %from_pool = call ptr @large_array(ptr %descr, i32 %nd, ptr %dims, i64 %bytes)
  %pool_data = call ptr @put_array(ptr %slot, ptr %from_pool)
  ret ptr %pool_data
numpys:
  %size = phi i64 [-1, %multiply], [%bytes, %measured]
  %new = call ptr @make_array(ptr %descr, i32 %nd, ptr %dims, ptr null, i32 0)
  %failed = icmp eq ptr %new, null
  %is_not_small = icmp ugt i64 %size, $SMALL
  %is_done = or i1 %failed, %is_not_small
  br i1 %is_done, label %done, label %keep
keep:
  call void @hold(ptr %new)
  %second_at = getelementptr ptr, ptr %pair, i64 1
  %first = load ptr, ptr %pair
  %second = load ptr, ptr %second_at
  store ptr %first, ptr %second_at
  store ptr %new, ptr %pair
  call void @drop(ptr %second)
  br label %done
done:
  %data = call ptr @put_array(ptr %slot, ptr %new)
  ret ptr %data
}
define internal ptr @replace(ptr %slot, ptr %array) $QUICKLY{
  %data = call ptr @put_array(ptr %slot, ptr %array)
  ret ptr %data
}
define ptr @new_array(ptr %ctx, ptr %slot, i64 %dtype, i64 %ndim, ptr %dims) {
start:
  %function = ptrtoint ptr %ctx to i64
  %word = ptrtoint ptr %slot to i64
  %f = lshr i64 %function, 5
  %w = lshr i64 %word, 3
  %sum = add i64 %f, %w
  %set = urem i64 %sum, $RECENT_SETS
  %pair = getelementptr [2 x ptr], ptr @recent, i64 %set
  br label %try
try:
  %at = phi ptr [%pair, %start], [%at2, %refused]
  %array = load ptr, ptr %at
  %none = icmp eq ptr %array, null
  br i1 %none, label %make, label %held
held:
  %count = load i32, ptr %array
  %alone = icmp eq i32 %count, 1
  br i1 %alone, label %look, label %refused
look:
  %own_nd_at = getelementptr i8, ptr %array, i64 $ARRAY_NDIM
  %own_nd = load i32, ptr %own_nd_at
  %nd = trunc i64 %ndim to i32
  %own_descr = call ptr @field(ptr %array, i64 $ARRAY_DESCR)
  %descr_word = add i64 %dtype, $descr_bool
  %descr_at = getelementptr ptr, ptr @fixed, i64 %descr_word
  %descr = load ptr, ptr %descr_at
  %flags_at = getelementptr i8, ptr %array, i64 $ARRAY_FLAGS
  %flags = load i32, ptr %flags_at
  %plain = and i32 %flags, $OWN_FLAGS
  %weak = call ptr @field(ptr %array, i64 $ARRAY_WEAK)
  %own_dims = call ptr @field(ptr %array, i64 $ARRAY_DIMS)
  %same_nd = icmp eq i32 %own_nd, %nd
  %same_descr = icmp eq ptr %own_descr, %descr
  %same_flags = icmp eq i32 %plain, $OWN_FLAGS
  %unwatched = icmp eq ptr %weak, null
  %good1 = and i1 %same_nd, %same_descr
  %good2 = and i1 %same_flags, %unwatched
  %good = and i1 %good1, %good2
  br i1 %good, label %shape, label %refused
shape:
  %d = phi i64 [0, %look], [%d2, %compare]
  %d_more = icmp slt i64 %d, %ndim
  br i1 %d_more, label %compare, label %again
compare:
  %own_at = getelementptr i64, ptr %own_dims, i64 %d
  %own = load i64, ptr %own_at
  %dim_at = getelementptr i64, ptr %dims, i64 %d
  %dim = load i64, ptr %dim_at
  %d2 = add i64 %d, 1
  %equal = icmp eq i64 %own, %dim
  br i1 %equal, label %shape, label %refused
refused:
  %at2 = getelementptr ptr, ptr %at, i64 1
  %number = ptrtoint ptr %at2 to i64
  %odd = and i64 %number, 8
  %is_second = icmp ne i64 %odd, 0
  br i1 %is_second, label %try, label %make
again: ; it had one reference
  store i32 2, ptr %array
  %old = load ptr, ptr %slot
  %is_free = icmp eq ptr %old, null
  br i1 %is_free, label %store, label %replace
store:
  store ptr %array, ptr %slot
  %data = call ptr @field(ptr %array, i64 $ARRAY_DATA)
  ret ptr %data
replace:
  %replaced = tail call ptr @replace(ptr %slot, ptr %array)
  ret ptr %replaced
make:
  %fresh = tail call ptr @fresh_array(ptr %at, i64 %dtype, i64 %ndim, ptr %dims, ptr %slot)
  ret ptr %fresh
}
"""

_CALLS = r"""
@bad_callback = internal constant [$BAD_CALLBACK_SIZE x i8] c"$BAD_CALLBACK\00"
@bad_on_error = internal constant [$BAD_ON_ERROR_SIZE x i8] c"$BAD_ON_ERROR\00"
; callable(*in) must return a tuple of nout objects (anything for nout = 0); out gets new references.
define i32 @callback(ptr %callable, ptr %in, i64 %nin, ptr %out, i64 %nout) $QUICKLY{
start:
  %call = call ptr @word(i64 $vectorcall)
  %result = call ptr %call(ptr %callable, ptr %in, i64 %nin, ptr null)
  %failed = icmp eq ptr %result, null
  br i1 %failed, label %error, label %returned
returned:
  %nothing = icmp eq i64 %nout, 0
  br i1 %nothing, label %done, label %look
look:
  %type = call ptr @field(ptr %result, i64 $TYPE)
  %tuple_type = call ptr @word(i64 $tuple_type)
  %is_tuple = icmp eq ptr %type, %tuple_type
  br i1 %is_tuple, label %measure, label %bad
measure:
  %n = call i64 @size(ptr %result)
  %same = icmp eq i64 %n, %nout
  br i1 %same, label %copy, label %bad
copy:
  %items = getelementptr i8, ptr %result, i64 $TUPLE_ITEMS
  br label %test
test:
  %k = phi i64 [0, %copy], [%next, %body]
  %more = icmp slt i64 %k, %nout
  br i1 %more, label %body, label %done
body:
  %from = getelementptr ptr, ptr %items, i64 %k
  %item = load ptr, ptr %from
  call void @hold(ptr %item)
  %to = getelementptr ptr, ptr %out, i64 %k
  store ptr %item, ptr %to
  %next = add i64 %k, 1
  br label %test
done:
  call void @drop(ptr %result)
  ret i32 0
bad:
  %raise = call ptr @word(i64 $err_set_string)
  %class = call ptr @word(i64 $system_error)
  call void %raise(ptr %class, ptr @bad_callback)
  call void @drop(ptr %result)
  br label %error
error:
  ret i32 -1
}
; A tuple of n objects, or of n integers where there are no objects.
define internal ptr @make_tuple(ptr %objects, ptr %numbers, i64 %n) $QUICKLY{
start:
  %new = call ptr @word(i64 $tuple_new)
  %tuple = call ptr %new(i64 %n)
  %failed = icmp eq ptr %tuple, null
  br i1 %failed, label %nothing, label %test
test:
  %k = phi i64 [0, %start], [%next, %set]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %body, label %done
body:
  %are_objects = icmp ne ptr %objects, null
  br i1 %are_objects, label %object, label %number
object:
  %object_at = getelementptr ptr, ptr %objects, i64 %k
  %item = load ptr, ptr %object_at
  call void @hold(ptr %item)
  br label %set
number:
  %number_at = getelementptr i64, ptr %numbers, i64 %k
  %value = load i64, ptr %number_at
  %make = call ptr @word(i64 $long_from_longlong)
  %made = call ptr %make(i64 %value)
  %no_int = icmp eq ptr %made, null
  br i1 %no_int, label %broken, label %set
set:
  %entry = phi ptr [%item, %object], [%made, %number]
  %put = call ptr @word(i64 $tuple_set_item)
  %status = call i32 %put(ptr %tuple, i64 %k, ptr %entry)
  %next = add i64 %k, 1
  br label %test
broken:
  call void @drop(ptr %tuple)
  br label %nothing
done:
  ret ptr %tuple
nothing:
  ret ptr null
}
; on_error(code, operands, args); afterwards an exception is set, whatever it did.
define void @raise_check(ptr %ctx, i32 %code, ptr %operands, ptr %args, i64 %nargs) $QUICKLY{
start:
  %call_args = alloca [3 x ptr]
  %clear = call ptr @word(i64 $err_clear) ; of an allocation that failed, say: the check tells more
  call void %clear()
  %number = sext i32 %code to i64
  %make = call ptr @word(i64 $long_from_longlong)
  %first = call ptr %make(i64 %number)
  %second = call ptr @make_tuple(ptr null, ptr %operands, i64 $N_ERROR_WORDS)
  %third = call ptr @make_tuple(ptr %args, ptr null, i64 %nargs)
  store ptr %first, ptr %call_args
  %second_at = getelementptr ptr, ptr %call_args, i64 1
  store ptr %second, ptr %second_at
  %third_at = getelementptr ptr, ptr %call_args, i64 2
  store ptr %third, ptr %third_at
  %no1 = icmp eq ptr %first, null
  %no2 = icmp eq ptr %second, null
  %no3 = icmp eq ptr %third, null
  %no12 = or i1 %no1, %no2
  %no = or i1 %no12, %no3
  br i1 %no, label %done, label %report
report:
  %on_error_at = getelementptr ptr, ptr %ctx, i64 $ON_ERROR
  %on_error = load ptr, ptr %on_error_at
  %call = call ptr @word(i64 $vectorcall)
  %result = call ptr %call(ptr %on_error, ptr %call_args, i64 3, ptr null)
  call void @drop(ptr %result)
  br label %done
done:
  call void @release(ptr %call_args, i64 3)
  %occurred = call ptr @word(i64 $err_occurred)
  %error = call ptr %occurred()
  %is_set = icmp ne ptr %error, null
  br i1 %is_set, label %leave, label %complain
complain:
  %raise = call ptr @word(i64 $err_set_string)
  %class = call ptr @word(i64 $system_error)
  call void %raise(ptr %class, ptr @bad_on_error)
  br label %leave
leave:
  ret void
}
"""

BASICS = _BASICS + _OBJECTS
TEXT = BASICS + _POOL + _ARRAYS + _CALLS
