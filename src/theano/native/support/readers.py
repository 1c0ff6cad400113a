"""The support functions that read arguments: plain arrays, Python numbers and lists of them.

Each returns 0 when the slow path must look at the argument; else, for an array, the address behind its last byte, for
all others 1. None raises, and none runs Python code, so that lists can't change while they are read. A `code` describes
an array in one word: see `abi.ArraySpec.code`. `out` is the data word of the frame, followed by the dims.
"""

from __future__ import annotations

from theano.native.ir.builder import BOOL, INT, INT32, PTR, Block, V
from theano.native.support.code import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMS,
    ARRAY_FLAGS,
    ARRAY_NDIM,
    FLOAT_VALUE,
    LIST_ITEMS,
    REFERENCES,
    SIZE,
    TYPE,
    Code,
    constant,
)  # fmt: skip
from theano.runtime import abi, capi

__all__ = ["GLOBALS", "READ_INPUT", "array_functions", "functions"]

READ_INPUT = "ctx:p object:p out:p code:i ones:i buffer:p"
RANGE = "[2 x i64]"
UPDATED_TO_WRITEABLE = (abi.CODE_UPDATED // abi.WRITEABLE_FLAG).bit_length() - 1
FLOAT32, FLOAT64 = abi.descr_index("float32"), abi.descr_index("float64")
# Lengths from this one on are not read natively, and no list of more numbers.
LONG, MANY = 1 << 31, 1 << 58

_NONE = (1, 0)
GLOBALS = [
    constant("lowest", [abi.INTEGERS.get(name, _NONE)[0] for name in abi.DTYPES]),
    constant("highest", [abi.INTEGERS.get(name, _NONE)[1] for name in abi.DTYPES]),
]


def array_functions() -> list[Code]:
    """What provisional code has, too."""
    return [read_array(), read_foreign(), read_object(), read_storage(), overlap()]


def functions() -> list[Code]:
    return [*array_functions(), put_number(), put_row(), read_list(), read_input()]


# -- what a code says ------------------------------------------------------------------------------------------
def _ndim(code: V) -> V:
    return code & 255


def _dtype(code: V) -> V:
    """The index of its descr."""
    return code >> 8 & 255


def _must_be_one(ones: V, axis: V | int) -> V:
    """Whether an axis has length 1 in all arrays."""
    return (ones >> axis).to("trunc", BOOL)


# -- arrays ----------------------------------------------------------------------------------------------------
def read_array() -> Code:
    f = Code("read_array", "array:p out:p code:i ones:i", INT)
    no, known, each, yes = f.block(), f.block(), f.block(INT, INT), f.block()
    flags = f.array.get(ARRAY_FLAGS)
    must_have = f.code.to("trunc", INT32) >> UPDATED_TO_WRITEABLE & abi.WRITEABLE_FLAG | abi.PLAIN_FLAGS
    plain = (flags & must_have).equals(must_have)
    ndim = f.array.get(ARRAY_NDIM).to("sext", INT)
    f.jump(no, unless=plain & ndim.equals(_ndim(f.code)))
    descr, dtype = f.array.get(ARRAY_DESCR), _dtype(f.code)
    f.jump(known, when=descr.equals(f.descr(dtype)))
    f.jump(known, unless=(f.code & abi.CODE_EQUIVALENT).equals(0))
    # by a jump: nothing here need survive a call
    f.leave(f.call("read_foreign", *f.params.values(), result=INT, last=True))
    f.begin(known)
    shape, data = f.array.get(ARRAY_DIMS), f.array.get(ARRAY_DATA)
    size = f.item_size(dtype)
    f.out.store(data)
    k, size = f.begin(each, 0, size)
    f.jump(yes, unless=k < ndim)
    dim = shape.element(INT, k).load(INT)
    larger, following = size * dim, k + 1
    f.out.element(INT, following).store(dim)
    f.jump(each, following, larger, unless=_must_be_one(f.ones, k) & dim.differs(1), other=no)
    f.begin(yes)
    f.leave(data.to("ptrtoint", INT) + size)
    f.begin(no)
    f.leave(0)
    return f


def read_foreign() -> Code:
    """Unpickled arrays have a descr of their own that means the same (byte order included)."""
    f = Code("read_foreign", "array:p out:p code:i ones:i", INT, quick=True)
    descr = f.array.get(ARRAY_DESCR)
    equal = f.api("equiv_types", descr, f.descr(_dtype(f.code)))
    with f.when(equal.differs(0)):
        f.leave(f.call("read_array", f.array, f.out, f.code | abi.CODE_EQUIVALENT, f.ones, result=INT))
    f.leave(0)
    return f


def read_object() -> Code:
    """Item 0 of a container, with a new reference in `held`: the container may get another value during the call."""
    f = Code("read_object", "list:p out:p held:p", INT, exported=True, quick=True)
    with f.unless(f.list.get(SIZE) < 1):
        item = f.list.get(LIST_ITEMS).load(PTR)
        f.hold(item)
        f.held.store(item)
        f.out.store(item)
        f.leave(1)
    f.leave(0)
    return f


def read_storage() -> Code:
    """The same for an array; one that is updated must be writeable."""
    f = Code("read_storage", "list:p out:p code:i ones:i held:p", INT, exported=True)
    no = f.block()
    f.jump(no, when=f.list.get(SIZE) < 1)
    item = f.list.get(LIST_ITEMS).load(PTR)
    f.jump(no, unless=f.is_of(item, "ndarray_type"))
    count = item.get(REFERENCES)
    more, immortal = count + 1, count < 0
    item.set(REFERENCES, f.select(immortal, count, more))
    f.held.store(item)
    f.leave(f.call("read_array", item, f.out, f.code, f.ones, result=INT, last=True))
    f.begin(no)
    f.leave(0)
    return f


def overlap() -> Code:
    """Whether one of the first `updated` (at least one) of n ranges of memory (start, end) overlaps another one.

    Empty ranges overlap nothing.
    """
    f = Code("overlap", "ranges:p n:i updated:i", INT32, exported=True)
    row, other, following, end, yes = f.block(PTR), f.block(PTR), f.block(), f.block(), f.block()
    last, last_updated = f.ranges.element(RANGE, f.n), f.ranges.element(RANGE, f.updated)
    (a,) = f.begin(row, f.ranges)
    after = a.element(INT, 2)
    start, stop = a.load(INT), a.element(INT, 1).load(INT)
    (b,) = f.begin(other, after)
    f.jump(end, unless=b.differs(last))
    other_stop = b.element(INT, 1).load(INT)
    f.jump(following, unless=start.compare("ult", other_stop))
    other_start = b.load(INT)
    f.jump(following, unless=other_start.compare("ult", stop))
    f.jump(yes, when=start.differs(stop) & other_start.differs(other_stop), other=following)
    f.begin(following)
    f.jump(other, b.element(INT, 2))
    f.begin(end)
    f.jump(row, after, when=after.differs(last_updated))
    f.leave(0)
    f.begin(yes)
    f.leave(1)
    return f


# -- numbers ---------------------------------------------------------------------------------------------------
def put_number() -> Code:
    """Store a Python number as the dtype, if that has exactly this value (or may be rounded to)."""
    f = Code("put_number", "object:p to:p dtype:i rounds:i1", BOOL, quick=True)
    overflow = f.memory(4, 4)
    real, whole, no = f.block(), f.block(INT), f.block()
    int_, bool_ = f.block(), f.block()
    type_ = f.object.get(TYPE)
    is_float = type_.equals(f.word("float_type"))
    f.jump(real, when=is_float)
    f.jump(int_, when=type_.equals(f.word("int_type")))
    f.jump(bool_, when=type_.equals(f.word("bool_type")))
    f.jump(no, unless=type_.equals(f.word("float64_type")))
    f.begin(real)
    _put_real(f, is_float, no)
    f.begin(int_)
    long = f.api("long_as_longlong", f.object, overflow)
    f.jump(no, unless=overflow.load(INT32).equals(0))
    f.jump(whole, long)
    f.begin(bool_)
    (n,) = f.begin(whole, f.object.equals(f.word("true")).to("zext", INT))
    lowest, highest = (f.address(name).element(INT, f.dtype).load(INT) for name in ("lowest", "highest"))
    f.jump(no, unless=(n >= lowest) & (n <= highest))
    _put_whole(f, n, no)
    f.begin(no)
    f.leave(False)
    return f


def _put_real(f: Code, is_float: V, no: Block) -> None:
    value = f.object.get(FLOAT_VALUE)
    double, single = f.block(), f.block()
    f.switch(f.dtype, {FLOAT64: double, FLOAT32: single}, no)
    f.begin(double)
    f.to.store(value)
    f.leave(True)
    f.begin(single)
    number = value.to("fptrunc", "float")
    back = number.to("fpext", "double")
    exact = f.emit(BOOL, f"fcmp ueq double {value.text}, {back.text}")
    is_nan = f.emit(BOOL, f"fcmp uno double {value.text}, {value.text}")
    f.jump(no, unless=exact | is_nan | f.rounds & is_float)
    f.to.store(number)
    f.leave(True)


def _put_whole(f: Code, n: V, no: Block) -> None:
    """Store an integer that the dtype has."""
    floats = {"float32": ("sitofp", "float"), "float64": ("sitofp", "double")}
    ways = {name: floats.get(name, ("trunc", f"i{8 * abi.ITEMSIZE[name]}")) for name in abi.INTEGERS}
    blocks = {way: f.block() for way in ways.values()}
    f.switch(f.dtype, {abi.descr_index(name): blocks[way] for name, way in ways.items()}, no)
    for (how, type_), block in blocks.items():
        f.begin(block)
        f.to.store(n if type_ == INT else n.to(how, type_))
        f.leave(True)


# -- lists -----------------------------------------------------------------------------------------------------
def _items(f: Code, item: V) -> V:
    """The items of a list or a tuple (nothing else, no subclasses), or null."""
    type_ = item.get(TYPE)
    is_list, is_tuple = (type_.equals(f.word(name)) for name in ("list_type", "tuple_type"))
    of_list = item.behind(f.select(is_list, abi.LIST_ITEMS, abi.TYPE)).load(PTR)
    of_tuple = item.behind(capi.tuple_items())
    return f.select(is_list, of_list, f.select(is_tuple, of_tuple, f.null()))


def _native_type(f: Code, dtype: V) -> V:
    """The type whose numbers are copied as they are into arrays of a dtype, or null."""
    return f.select(dtype.equals(FLOAT64), f.word("float_type"), f.null())


def _is_length(n: V, ones: V, axis: V | int) -> V:
    """Whether it is a length that is read: not 0, and 1 where it must be."""
    above = n - 1
    return ~(above.compare("ugt", LONG - 2) | _must_be_one(ones, axis) & above.differs(0))


def put_row() -> Code:
    f = Code("put_row", "items:p n:i to:p dtype:i item:i", BOOL)
    each, convert, yes, no = f.block(INT, PTR), f.block(), f.block(), f.block()
    native = _native_type(f, f.dtype)
    k, at = f.begin(each, 0, f.to)
    f.jump(yes, unless=k < f.n)
    number = f.items.element(PTR, k).load(PTR)
    following = k + 1, at.behind(f.item)
    f.jump(convert, unless=number.get(TYPE).equals(native))
    at.store(number.get(FLOAT_VALUE))
    f.jump(each, *following)
    f.begin(convert)
    f.jump(each, *following, when=f.call("put_number", number, at, f.dtype, False, result=BOOL), other=no)
    f.begin(yes)
    f.leave(True)
    f.begin(no)
    f.leave(False)
    return f


def read_list() -> Code:
    """Lists of numbers, which are a single row, and lists of lists of numbers."""
    f = Code("read_list", "object:p out:p code:i ones:i buffer:p", INT, quick=True)
    first, room, fill, no = f.block(PTR, INT), f.block(PTR), f.block(INT, PTR, PTR), f.block()
    cell = f.memory(8, 8)
    cell.store(f.object)
    dtype = _dtype(f.code)
    item, ndim = f.item_size(dtype), _ndim(f.code)
    last = ndim - 1
    f.jump(first, cell, 1, when=ndim.equals(1))
    lists = _items(f, f.object)
    f.jump(no, when=lists.is_null())
    n = f.object.get(SIZE)
    f.out.element(INT, 1).store(n)
    f.jump(no, unless=_is_length(n, f.ones, 0))
    rows, height = f.begin(first, lists, n)
    row = rows.load(PTR)
    items = _items(f, row)
    f.jump(no, when=items.is_null())
    width = row.get(SIZE)
    f.out.element(INT, ndim).store(width)
    f.jump(no, unless=_is_length(width, f.ones, last))
    f.jump(no, when=(height * width).compare("ugt", MANY))  # the product is below 2^62: both are below 2^31
    row_bytes = width * item
    size = row_bytes * height
    # behind the first two words of the buffer, or from malloc, remembered in its first word
    fits = size.compare("ule", f.code >> 32)
    inside = f.buffer.behind(16)
    f.jump(room, inside, when=fits)
    heap = f.api("raw_malloc", size)
    f.buffer.store(heap)
    (data,) = f.begin(room, heap)
    f.out.store(data)
    f.jump(no, when=data.is_null())
    k, to, items = f.begin(fill, 0, data, items)
    f.jump(no, unless=f.call("put_row", items, width, to, dtype, item, result=BOOL))
    following, to = k + 1, to.behind(row_bytes)
    with f.when(following < height):
        row = rows.element(PTR, following).load(PTR)
        items = _items(f, row)
        f.jump(no, when=items.is_null())
        f.jump(fill, following, to, items, when=row.get(SIZE).equals(width), other=no)
    f.leave(1)
    f.begin(no)
    f.leave(0)
    return f


def read_input() -> Code:
    f = Code("read_input", READ_INPUT, INT, exported=True)
    given = f.object, f.out, f.code, f.ones
    other, number, convert, no = f.block(), f.block(), f.block(), f.block()
    type_ = f.object.get(TYPE)
    f.jump(other, unless=type_.equals(f.word("ndarray_type")))
    f.leave(f.call("read_array", *given, result=INT, last=True))
    f.begin(other)
    f.jump(no, when=(f.code & abi.CODE_NUMBERS).equals(0))
    f.jump(number, when=_ndim(f.code).equals(0))
    f.leave(f.call("read_list", *given, f.buffer, result=INT, last=True))
    f.begin(number)
    f.out.store(f.buffer)
    dtype = _dtype(f.code)
    f.jump(convert, unless=type_.equals(_native_type(f, dtype)))
    f.buffer.store(f.object.get(FLOAT_VALUE))
    f.leave(1)
    f.begin(convert)
    rounds = (f.code & abi.CODE_ROUNDS).differs(0)
    f.leave(f.call("put_number", f.object, f.buffer, dtype, rounds, result=BOOL).to("zext", INT))
    f.begin(no)
    f.leave(0)
    return f
