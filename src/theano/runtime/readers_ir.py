"""LLVM IR of the support functions that read arguments: plain arrays, Python numbers and lists of them.

Each returns 0 when the slow path must look at the argument; else, for an array, the address behind its last byte, for
all others 1. None raises, and none runs Python code, so that lists can't change while they are read. A `code` describes
an array in one word: see `abi.ArraySpec.code`. `out` is the data word of the frame, followed by the dims.
"""

READ_INPUT = "ctx:p object:p out:p code:i ones:i buffer:p"

ARRAYS = r"""
define internal i64 @read_array(ptr %array, ptr %out, i64 %code, i64 %ones) {
start:
  %flags_at = getelementptr i8, ptr %array, i64 $ARRAY_FLAGS
  %flags = load i32, ptr %flags_at
  %short = trunc i64 %code to i32
  %updated = lshr i32 %short, $UPDATED_TO_WRITEABLE
  %writeable = and i32 %updated, $WRITEABLE_FLAG
  %must_have = or i32 %writeable, $PLAIN_FLAGS
  %have = and i32 %flags, %must_have
  %plain = icmp eq i32 %have, %must_have
  %ndim_at = getelementptr i8, ptr %array, i64 $ARRAY_NDIM
  %ndim32 = load i32, ptr %ndim_at
  %ndim = sext i32 %ndim32 to i64
  %wanted = and i64 %code, 255
  %same_ndim = icmp eq i64 %ndim, %wanted
  %good = and i1 %plain, %same_ndim
  br i1 %good, label %dtype, label %no
dtype:
  %descr = call ptr @field(ptr %array, i64 $ARRAY_DESCR)
  %shifted = lshr i64 %code, 8
  %index = and i64 %shifted, 255
  %descr_word = add i64 %index, $descr_bool
  %ours_at = getelementptr ptr, ptr @fixed, i64 %descr_word
  %ours = load ptr, ptr %ours_at
  %same = icmp eq ptr %descr, %ours
  br i1 %same, label %dims, label %other
other:
  %equivalent_bit = and i64 %code, $EQUIVALENT
  %unknown = icmp eq i64 %equivalent_bit, 0
  br i1 %unknown, label %compare, label %dims
compare: ; by a jump: nothing here need survive a call
  %compared = tail call i64 @read_foreign(ptr %array, ptr %out, i64 %code, i64 %ones)
  ret i64 %compared
dims:
  %shape = call ptr @field(ptr %array, i64 $ARRAY_DIMS)
  %data = call ptr @field(ptr %array, i64 $ARRAY_DATA)
  %item_at = getelementptr i64, ptr @item_sizes, i64 %index
  %item = load i64, ptr %item_at
  store ptr %data, ptr %out
  br label %test
test:
  %k = phi i64 [0, %dims], [%next, %body]
  %bytes = phi i64 [%item, %dims], [%product, %body]
  %more = icmp slt i64 %k, %ndim
  br i1 %more, label %body, label %yes
body:
  %from = getelementptr i64, ptr %shape, i64 %k
  %dim = load i64, ptr %from
  %product = mul i64 %bytes, %dim
  %next = add i64 %k, 1
  %to = getelementptr i64, ptr %out, i64 %next
  store i64 %dim, ptr %to
  %bit = lshr i64 %ones, %k
  %must = trunc i64 %bit to i1
  %not_one = icmp ne i64 %dim, 1
  %refused = and i1 %must, %not_one
  br i1 %refused, label %no, label %test
yes:
  %first = ptrtoint ptr %data to i64
  %end = add i64 %first, %bytes
  ret i64 %end
no:
  ret i64 0
}
; Unpickled arrays have a descr of their own that means the same (byte order included).
define internal i64 @read_foreign(ptr %array, ptr %out, i64 %code, i64 %ones) $QUICKLY{
  %descr = call ptr @field(ptr %array, i64 $ARRAY_DESCR)
  %shifted = lshr i64 %code, 8
  %index = and i64 %shifted, 255
  %descr_word = add i64 %index, $descr_bool
  %ours_at = getelementptr ptr, ptr @fixed, i64 %descr_word
  %ours = load ptr, ptr %ours_at
  %equivalent = call ptr @word(i64 $equiv_types)
  %answer = call i8 %equivalent(ptr %descr, ptr %ours)
  %equal = icmp ne i8 %answer, 0
  br i1 %equal, label %read, label %no
read:
  %known = or i64 %code, $EQUIVALENT
  %result = call i64 @read_array(ptr %array, ptr %out, i64 %known, i64 %ones)
  ret i64 %result
no:
  ret i64 0
}

; Item 0 of a container, with a new reference in *%held: the container may get another value during the call.
define i64 @read_object(ptr %list, ptr %out, ptr %held) $QUICKLY{
  %n = call i64 @size(ptr %list)
  %empty = icmp slt i64 %n, 1
  br i1 %empty, label %no, label %some
some:
  %items = call ptr @field(ptr %list, i64 $LIST_ITEMS)
  %object = load ptr, ptr %items
  call void @hold(ptr %object)
  store ptr %object, ptr %held
  store ptr %object, ptr %out
  ret i64 1
no:
  ret i64 0
}
; The same for an array; one that is updated must be writeable.
define i64 @read_storage(ptr %list, ptr %out, i64 %code, i64 %ones, ptr %held) {
  %n = call i64 @size(ptr %list)
  %empty = icmp slt i64 %n, 1
  br i1 %empty, label %no, label %some
some:
  %items = call ptr @field(ptr %list, i64 $LIST_ITEMS)
  %object = load ptr, ptr %items
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %ndarray_type = call ptr @word(i64 $ndarray_type)
  %is_array = icmp eq ptr %type, %ndarray_type
  br i1 %is_array, label %array, label %no
array:
  %count = load i32, ptr %object
  %one_more = add i32 %count, 1
  %immortal = icmp slt i32 %count, 0
  %kept = select i1 %immortal, i32 %count, i32 %one_more
  store i32 %kept, ptr %object
  store ptr %object, ptr %held
  %status = tail call i64 @read_array(ptr %object, ptr %out, i64 %code, i64 %ones)
  ret i64 %status
no:
  ret i64 0
}
; Whether one of the first %updated (at least one) of n ranges of memory (start, end) overlaps another one. Empty
; ranges overlap nothing.
define i32 @overlap(ptr %ranges, i64 %n, i64 %updated) {
start:
  %last = getelementptr [2 x i64], ptr %ranges, i64 %n
  %last_updated = getelementptr [2 x i64], ptr %ranges, i64 %updated
  br label %row
row:
  %i = phi ptr [%ranges, %start], [%i2, %outer]
  %i2 = getelementptr i64, ptr %i, i64 2
  %i_start = load i64, ptr %i
  %i_end_at = getelementptr i64, ptr %i, i64 1
  %i_end = load i64, ptr %i_end_at
  br label %inner
inner:
  %j = phi ptr [%i2, %row], [%j2, %next]
  %j_more = icmp ne ptr %j, %last
  br i1 %j_more, label %pair, label %outer
pair:
  %j_end_at = getelementptr i64, ptr %j, i64 1
  %j_end = load i64, ptr %j_end_at
  %before = icmp ult i64 %i_start, %j_end
  br i1 %before, label %behind, label %next
behind:
  %j_start = load i64, ptr %j
  %within = icmp ult i64 %j_start, %i_end
  br i1 %within, label %both, label %next
both:
  %some_i = icmp ne i64 %i_start, %i_end
  %some_j = icmp ne i64 %j_start, %j_end
  %some = and i1 %some_i, %some_j
  br i1 %some, label %yes, label %next
next:
  %j2 = getelementptr i64, ptr %j, i64 2
  br label %inner
outer:
  %more = icmp ne ptr %i2, %last_updated
  br i1 %more, label %row, label %no
yes:
  ret i32 1
no:
  ret i32 0
}
"""

_NUMBERS = r"""
@lowest = internal constant [$N_DTYPES x i64] [$LOWEST]
@highest = internal constant [$N_DTYPES x i64] [$HIGHEST]
; Store a Python number at %to as the dtype, if that has exactly this value (or may be rounded to).
define internal i1 @put_number(ptr %object, ptr %to, i64 %dtype, i1 %rounds) $QUICKLY{
start:
  %overflow = alloca i32
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %float_type = call ptr @word(i64 $float_type)
  %is_float = icmp eq ptr %type, %float_type
  br i1 %is_float, label %float, label %try_int
try_int:
  %int_type = call ptr @word(i64 $int_type)
  %is_int = icmp eq ptr %type, %int_type
  br i1 %is_int, label %int, label %try_bool
try_bool:
  %bool_type = call ptr @word(i64 $bool_type)
  %is_bool = icmp eq ptr %type, %bool_type
  br i1 %is_bool, label %bool, label %try_float64
try_float64:
  %float64_type = call ptr @word(i64 $float64_type)
  %is_float64 = icmp eq ptr %type, %float64_type
  br i1 %is_float64, label %float, label %no
float:
  %value_at = getelementptr i8, ptr %object, i64 $FLOAT_VALUE
  %value = load double, ptr %value_at
  switch i64 %dtype, label %no [i64 $FLOAT64, label %float_double
                                i64 $FLOAT32, label %float_single]
float_double:
  store double %value, ptr %to
  ret i1 true
float_single:
  %single = fptrunc double %value to float
  %back = fpext float %single to double
  %exact = fcmp ueq double %value, %back
  %nan = fcmp uno double %value, %value
  %same = or i1 %exact, %nan
  %may_round = and i1 %rounds, %is_float
  %allowed = or i1 %same, %may_round
  br i1 %allowed, label %put_single, label %no
put_single:
  store float %single, ptr %to
  ret i1 true
int:
  %convert = call ptr @word(i64 $long_as_longlong)
  %long = call i64 %convert(ptr %object, ptr %overflow)
  %overflowed = load i32, ptr %overflow
  %fits = icmp eq i32 %overflowed, 0
  br i1 %fits, label %whole, label %no
bool:
  %true = call ptr @word(i64 $true)
  %is_true = icmp eq ptr %object, %true
  %bit = zext i1 %is_true to i64
  br label %whole
whole:
  %n = phi i64 [%long, %int], [%bit, %bool]
  %lowest_at = getelementptr i64, ptr @lowest, i64 %dtype
  %lowest = load i64, ptr %lowest_at
  %highest_at = getelementptr i64, ptr @highest, i64 %dtype
  %highest = load i64, ptr %highest_at
  %not_below = icmp sge i64 %n, %lowest
  %not_above = icmp sle i64 %n, %highest
  %inside = and i1 %not_below, %not_above
  br i1 %inside, label %put, label %no
put:
  switch i64 %dtype, label %no [
    $PUT_CASES
  ]
put1:
  %n1 = trunc i64 %n to i8
  store i8 %n1, ptr %to
  ret i1 true
put2:
  %n2 = trunc i64 %n to i16
  store i16 %n2, ptr %to
  ret i1 true
put4:
  %n4 = trunc i64 %n to i32
  store i32 %n4, ptr %to
  ret i1 true
put8:
  store i64 %n, ptr %to
  ret i1 true
put_float:
  %f4 = sitofp i64 %n to float
  store float %f4, ptr %to
  ret i1 true
put_double:
  %f8 = sitofp i64 %n to double
  store double %f8, ptr %to
  ret i1 true
no:
  ret i1 false
}

; The items of a list or a tuple (nothing else, no subclasses), or null.
define internal ptr @items(ptr %object) alwaysinline {
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %list_type = call ptr @word(i64 $list_type)
  %is_list = icmp eq ptr %type, %list_type
  %tuple_type = call ptr @word(i64 $tuple_type)
  %is_tuple = icmp eq ptr %type, %tuple_type
  %place = select i1 %is_list, i64 $LIST_ITEMS, i64 $TYPE
  %list_at = getelementptr i8, ptr %object, i64 %place
  %of_list = load ptr, ptr %list_at
  %of_tuple = getelementptr i8, ptr %object, i64 $TUPLE_ITEMS
  %other = select i1 %is_tuple, ptr %of_tuple, ptr null
  %found = select i1 %is_list, ptr %of_list, ptr %other
  ret ptr %found
}
; The type whose numbers are copied as they are into arrays of a dtype, or null.
define internal ptr @native_type(i64 %dtype) alwaysinline {
  %float_type = call ptr @word(i64 $float_type)
  %is_double = icmp eq i64 %dtype, $FLOAT64
  %type = select i1 %is_double, ptr %float_type, ptr null
  ret ptr %type
}
define internal i1 @put_row(ptr %items, i64 %n, ptr %to, i64 %dtype, i64 %item) {
start:
  %native = call ptr @native_type(i64 %dtype)
  br label %test
test:
  %k = phi i64 [0, %start], [%next, %copy], [%next, %convert]
  %at = phi ptr [%to, %start], [%at2, %copy], [%at2, %convert]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %body, label %yes
body:
  %from = getelementptr ptr, ptr %items, i64 %k
  %object = load ptr, ptr %from
  %next = add i64 %k, 1
  %at2 = getelementptr i8, ptr %at, i64 %item
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %easy = icmp eq ptr %type, %native
  br i1 %easy, label %copy, label %convert
copy:
  %value_at = getelementptr i8, ptr %object, i64 $FLOAT_VALUE
  %value = load double, ptr %value_at
  store double %value, ptr %at
  br label %test
convert:
  %good = call i1 @put_number(ptr %object, ptr %at, i64 %dtype, i1 false)
  br i1 %good, label %test, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
; A length: 1 to 2^31 - 1, and 1 where the bit of its axis is set in %ones.
define internal i1 @is_length(i64 %n, i64 %ones, i64 %axis) alwaysinline {
  %above = sub i64 %n, 1
  %odd = icmp ugt i64 %above, 2147483646
  %bit = lshr i64 %ones, %axis
  %must = trunc i64 %bit to i1
  %several = icmp ne i64 %above, 0
  %refused = and i1 %must, %several
  %bad = or i1 %odd, %refused
  %good = xor i1 %bad, true
  ret i1 %good
}
; Lists of numbers, which are a single row, and lists of lists of numbers.
define internal i64 @read_list(ptr %object, ptr %out, i64 %code, i64 %ones, ptr %buffer) $QUICKLY{
start:
  %cell = alloca ptr
  store ptr %object, ptr %cell
  %shifted = lshr i64 %code, 8
  %dtype = and i64 %shifted, 255
  %item_at = getelementptr i64, ptr @item_sizes, i64 %dtype
  %item = load i64, ptr %item_at
  %ndim = and i64 %code, 255
  %last = sub i64 %ndim, 1
  %flat = icmp eq i64 %ndim, 1
  br i1 %flat, label %first, label %outer
outer:
  %lists = call ptr @items(ptr %object)
  %no_list = icmp eq ptr %lists, null
  br i1 %no_list, label %no, label %count
count:
  %n = call i64 @size(ptr %object)
  %n_at = getelementptr i64, ptr %out, i64 1
  store i64 %n, ptr %n_at
  %n_good = call i1 @is_length(i64 %n, i64 %ones, i64 0)
  br i1 %n_good, label %first, label %no
first:
  %rows = phi ptr [%cell, %start], [%lists, %count]
  %height = phi i64 [1, %start], [%n, %count]
  %row1 = load ptr, ptr %rows
  %items1 = call ptr @items(ptr %row1)
  %no_row = icmp eq ptr %items1, null
  br i1 %no_row, label %no, label %width
width:
  %m = call i64 @size(ptr %row1)
  %m_at = getelementptr i64, ptr %out, i64 %ndim
  store i64 %m, ptr %m_at
  %m_good = call i1 @is_length(i64 %m, i64 %ones, i64 %last)
  br i1 %m_good, label %measure, label %no
measure:
  %numbers = mul i64 %height, %m
  ; below 2^62: both are below 2^31
  %huge = icmp ugt i64 %numbers, 288230376151711744
  br i1 %huge, label %no, label %allocate
allocate:
  %row_bytes = mul i64 %m, %item
  %bytes = mul i64 %row_bytes, %height
  ; behind the first two words of %buffer, or from malloc, remembered in its first word
  %capacity = lshr i64 %code, 32
  %fits = icmp ule i64 %bytes, %capacity
  %inside = getelementptr i8, ptr %buffer, i64 16
  br i1 %fits, label %room, label %far
far:
  %malloc = call ptr @word(i64 $raw_malloc)
  %heap = call ptr %malloc(i64 %bytes)
  store ptr %heap, ptr %buffer
  br label %room
room:
  %data = phi ptr [%inside, %allocate], [%heap, %far]
  store ptr %data, ptr %out
  %none = icmp eq ptr %data, null
  br i1 %none, label %no, label %fill
fill:
  %i = phi i64 [0, %room], [%i2, %next]
  %to = phi ptr [%data, %room], [%to2, %next]
  %items = phi ptr [%items1, %room], [%next_items, %next]
  %put = call i1 @put_row(ptr %items, i64 %m, ptr %to, i64 %dtype, i64 %item)
  br i1 %put, label %filled, label %no
filled:
  %i2 = add i64 %i, 1
  %to2 = getelementptr i8, ptr %to, i64 %row_bytes
  %more = icmp slt i64 %i2, %height
  br i1 %more, label %row, label %yes
row:
  %row_at = getelementptr ptr, ptr %rows, i64 %i2
  %list = load ptr, ptr %row_at
  %next_items = call ptr @items(ptr %list)
  %is_number = icmp eq ptr %next_items, null
  br i1 %is_number, label %no, label %next
next:
  %length = call i64 @size(ptr %list)
  %equal = icmp eq i64 %length, %m
  br i1 %equal, label %fill, label %no
yes:
  ret i64 1
no:
  ret i64 0
}

define i64 @read_input(ptr %ctx, ptr %object, ptr %out, i64 %code, i64 %ones, ptr %buffer) {
start:
  %type = call ptr @field(ptr %object, i64 $TYPE)
  %ndarray_type = call ptr @word(i64 $ndarray_type)
  %is_array = icmp eq ptr %type, %ndarray_type
  br i1 %is_array, label %array, label %other
array:
  %array_read = tail call i64 @read_array(ptr %object, ptr %out, i64 %code, i64 %ones)
  ret i64 %array_read
other:
  %numbers = and i64 %code, $NUMBERS
  %arrays_only = icmp eq i64 %numbers, 0
  br i1 %arrays_only, label %no, label %python
python:
  %ndim = and i64 %code, 255
  %scalar = icmp eq i64 %ndim, 0
  br i1 %scalar, label %number, label %list
number:
  store ptr %buffer, ptr %out
  %shifted = lshr i64 %code, 8
  %dtype = and i64 %shifted, 255
  %native = call ptr @native_type(i64 %dtype)
  %easy = icmp eq ptr %type, %native
  br i1 %easy, label %copy, label %convert
copy:
  %value_at = getelementptr i8, ptr %object, i64 $FLOAT_VALUE
  %value = load double, ptr %value_at
  store double %value, ptr %buffer
  ret i64 1
convert:
  %rounds_bit = and i64 %code, $ROUNDS
  %rounds = icmp ne i64 %rounds_bit, 0
  %good = call i1 @put_number(ptr %object, ptr %buffer, i64 %dtype, i1 %rounds)
  %number_read = zext i1 %good to i64
  ret i64 %number_read
list:
  %list_read = tail call i64 @read_list(ptr %object, ptr %out, i64 %code, i64 %ones, ptr %buffer)
  ret i64 %list_read
no:
  ret i64 0
}
"""

TEXT = ARRAYS + _NUMBERS
