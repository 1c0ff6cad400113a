"""The support functions: what every compiled function needs, compiled once.

All run with the GIL held; none keeps state but the pool and what `new_array` remembers.
"""

from __future__ import annotations

from theano.native.ir.builder import INT, INT32, PTR, Field, V
from theano.native.support.code import (
    ARRAY_DATA,
    ARRAY_DESCR,
    ARRAY_DIMS,
    ARRAY_FLAGS,
    ARRAY_NDIM,
    ARRAY_WEAK,
    REFERENCES,
    SIZE,
    Code,
    constant,
    text_constant,
    zeros,
)  # fmt: skip
from theano.runtime import abi, capi
from theano.runtime.module import Global, intrinsic

__all__ = ["BASIC_GLOBALS", "GLOBALS", "basic_functions", "functions"]

# The parameters of what programs call.
NEW_ARRAY = "ctx:p slot:p dtype:i ndim:i dims:p"
POOL_TAKE = "ctx:p work:p size:i"
RAISE_CHECK = "ctx:p code:i32 operands:p args:p nargs:i"

# Arrays from this size on take their memory from the pool.
LARGE_BYTES = 1 << 20
POOL_BLOCKS = 16
# Blocks from this size on ask for large pages, as NumPy's arrays do, and the number of that advice.
HUGE_BYTES = 4 << 20
MADV_HUGEPAGE = 14
# Nobody has so many bytes.
INSANE = 1 << 60
# Arrays up to this size are taken again once nobody holds them, two for each of so many pairs of function and slot.
SMALL_BYTES = 1024
RECENT_SETS = 32
NEW_FLAGS = 0x0001 | 0x0100 | 0x0400  # C-contiguous, aligned, writeable
PAIR = "[2 x ptr]"
# 64 bytes before the data of a block of workspace stand its capacity and what malloc gave.
CAPACITY, GIVEN = Field(-64, INT), Field(-56, PTR)

BASIC_GLOBALS = [
    zeros("fixed", f"[{len(capi.TABLE)} x ptr]", linkage="hidden"),
    constant("item_sizes", list(abi.ITEMSIZE.values())),
    Global("nothing", f"@nothing = internal constant [{abi.ARRAY_DESCR} x i8] zeroinitializer"),
]
GLOBALS = [
    *BASIC_GLOBALS,
    zeros("blocks", f"[{POOL_BLOCKS} x ptr]"),
    *(zeros(name, INT) for name in ("count", "bytes", "limit")),
    zeros("recent", f"[{RECENT_SETS} x {PAIR}]", align=16),
    text_constant("capsule_name", "theano.buffer"),
    text_constant("bad_callback", "a call-back of compiled code returned something else than a tuple of its outputs"),
    text_constant("bad_on_error", "a check of compiled code failed, and its handler raised nothing"),
    intrinsic("llvm.umul.with.overflow.i64", "{ i64, i1 }", INT, INT),
]


def basic_functions() -> list[Code]:
    """What provisional code has, too."""
    return [drop(), release()]


def functions() -> list[Code]:
    return [
        *basic_functions(), free_block(), uncache(), take(), pool_give(), pool_take(), pool_limit(), pool_bytes(),
        free_buffer(), large_array(), fresh_array(), replace(), new_array(), callback(), make_tuple(), raise_check(),
    ]  # fmt: skip


def drop() -> Code:
    """CPython's function, but for null."""
    f = Code("drop", "object:p", quick=True)
    with f.unless(f.object.is_null()):
        f.api("dec_ref", f.object)
    return f


def release() -> Code:
    """Drop the references in n words and clear them first: what runs on the way must not see them again."""
    f = Code("release", "words:p n:i", exported=True, quick=True)
    with f.loop(0, f.n) as k:
        at = f.words.element(PTR, k)
        item = at.load(PTR)
        at.store(f.null())
        f.drop(item)
    return f


# -- blocks of workspace, cached between calls: the oldest come first and go first ----------------------------
def free_block() -> Code:
    f = Code("free_block", "data:p", quick=True)
    f.api("raw_free", f.data.get(GIVEN))
    return f


def uncache() -> Code:
    """Take a block out of the pool."""
    f = Code("uncache", "index:i", PTR, quick=True)
    blocks, bytes_, count = f.address("blocks"), f.address("bytes"), f.address("count")
    data = blocks.element(PTR, f.index).load(PTR)
    capacity = data.get(CAPACITY)
    bytes_.store(bytes_.load(INT) - capacity)
    last = count.load(INT) - 1
    count.store(last)
    with f.loop(f.index, last) as k:
        blocks.element(PTR, k).store(blocks.element(PTR, k + 1).load(PTR))
    f.leave(data)
    return f


def take() -> Code:
    """A block: the smallest in the pool that is large enough and not much too large, or a new one."""
    f = Code("take", "size:i", PTR, quick=True)
    no_memory = f.block()
    count = f.address("count").load(INT)
    most = (f.size + 16384) << 2
    f.jump(no_memory, when=f.size.compare("ugt", INSANE))
    with f.fold(0, count, (f.constant(-1), most)) as (k, chosen):
        best, least = chosen
        capacity = f.address("blocks").element(PTR, k).load(PTR).get(CAPACITY)
        better = capacity.compare("uge", f.size) & capacity.compare("ult", least)
        chosen[:] = f.select(better, k, best), f.select(better, capacity, least)
    best = chosen[0]
    with f.when(best >= 0):
        f.leave(f.call("uncache", best, result=PTR))
    rounded = (f.size + 4095) & -4096
    raw = f.api("raw_malloc", rounded + 128)
    f.jump(no_memory, when=raw.is_null())
    new = beyond_head(raw)
    new.set(CAPACITY, rounded)
    new.set(GIVEN, raw)
    advise = f.word("madvise")
    with f.when(f.size.compare("uge", HUGE_BYTES) & advise.is_some()):
        number = raw.to("ptrtoint", INT)
        page = raw.behind(((number + 4095) & -4096) - number)
        f.call(advise, page, rounded, f.constant(MADV_HUGEPAGE, INT32), result=INT32)
    f.leave(new)
    f.begin(no_memory)
    f.api("err_no_memory")
    f.leave(f.null())
    return f


def beyond_head(raw: V) -> V:
    """The first cache line of new memory that has 64 bytes before it."""
    number = raw.to("ptrtoint", INT)
    return raw.behind(((number + 127) & -64) - number)


def pool_give() -> Code:
    f = Code("pool_give", "data:p", exported=True, quick=True)
    capacity, limit = f.data.get(CAPACITY), f.address("limit").load(INT)
    with f.when(capacity.compare("ugt", limit)):
        f.call("free_block", f.data)
        f.leave()
    keep, test = f.block(), f.here()
    count, total = f.address("count").load(INT), f.address("bytes").load(INT) + capacity
    f.jump(keep, unless=count.equals(POOL_BLOCKS) | total.compare("ugt", limit))
    _free_oldest(f)
    f.jump(test)
    f.begin(keep)
    f.address("blocks").element(PTR, count).store(f.data)
    f.address("count").store(count + 1)
    f.address("bytes").store(total)
    return f


def _free_oldest(f: Code) -> None:
    f.call("free_block", f.call("uncache", 0, result=PTR))


def pool_take() -> Code:
    """Memory for the workspace that the two words at `work` describe; what was there is given back."""
    f = Code("pool_take", POOL_TAKE, PTR, exported=True, quick=True)
    old = f.work.load(PTR)
    with f.unless(old.is_null()):
        f.work.store(f.null())
        f.call("pool_give", old)
    data = f.call("take", f.size, result=PTR)
    f.work.store(data)
    f.work.element(INT, 1).store(f.size)
    f.leave(data)
    return f


def pool_limit() -> Code:
    """Keep at most this many bytes from now on."""
    f = Code("pool_limit", "limit:i", exported=True, quick=True)
    f.address("limit").store(f.limit)
    done, test = f.block(), f.here()
    f.jump(done, unless=f.address("bytes").load(INT).compare("ugt", f.limit))
    _free_oldest(f)
    f.jump(test)
    f.begin(done)
    return f


def pool_bytes() -> Code:
    f = Code("pool_bytes", "", INT, exported=True, quick=True)
    f.leave(f.address("bytes").load(INT))
    return f


# -- new arrays: filling fresh pages costs five times as much as filling warm ones, so the memory of large arrays comes
# from the pool; a capsule as their base brings it back (its destructor is here: this code is never unloaded)
def free_buffer() -> Code:
    f = Code("free_buffer", "capsule:p", exported=True, quick=True)
    f.call("pool_give", f.api("capsule_get_pointer", f.capsule, f.address("capsule_name")))
    return f


def large_array() -> Code:
    f = Code("large_array", "like:p ndim:i32 dims:p bytes:i", PTR, quick=True)
    nothing = f.block()
    data = f.call("take", f.bytes, result=PTR)
    f.jump(nothing, when=data.is_null())
    capsule = f.api("capsule_new", data, f.address("capsule_name"), f.address("free_buffer"))
    with f.when(capsule.is_null()):
        f.call("pool_give", data)
        f.jump(nothing)
    array = f.make_array(f.like, f.ndim, f.dims, data, NEW_FLAGS)
    with f.when(array.is_null()):
        f.drop(capsule)
        f.jump(nothing)
    with f.when(f.api("set_base_object", array, capsule) < 0):
        f.drop(array)
        f.jump(nothing)
    f.leave(array)
    f.begin(nothing)
    f.leave(f.null())
    return f


# Results are often dropped before the next call or the one after it: two small arrays for each of some pairs of
# (function, slot) are kept, and taken again while nobody else holds them and they are still what they were made as.
def fresh_array() -> Code:
    """An array that nobody has had yet.

    One of few bytes is remembered in the pair that `at` lies in, in place of the older one there.
    """
    f = Code("fresh_array", "at:p dtype:i ndim:i dims:p slot:p", PTR, quick=True)
    inside = f.at.to("ptrtoint", INT) & 8  # pairs begin at multiples of 16
    pair = f.at.behind(f.constant(0) - inside)
    descr, ndim = f.descr(f.dtype), f.ndim.to("trunc", INT32)
    numpys, done = f.block(INT), f.block()
    with f.fold(0, f.ndim, (f.item_size(f.dtype),)) as (k, product):
        both = f.call(
            "llvm.umul.with.overflow.i64", product[0], f.dims.element(INT, k).load(INT), result="{ i64, i1 }"
        )
        product[0] = f.emit(INT, f"extractvalue {both.type} {both.text}, 0")
        f.jump(numpys, -1, when=f.emit("i1", f"extractvalue {both.type} {both.text}, 1"))
    size = product[0]
    with f.when(size.compare("uge", LARGE_BYTES)):
        from_pool = f.call("large_array", descr, ndim, f.dims, size, result=PTR)
        f.leave(f.put_array(f.slot, from_pool))
    (size,) = f.begin(numpys, size)
    new = f.make_array(descr, ndim, f.dims)
    f.jump(done, when=new.is_null() | size.compare("ugt", SMALL_BYTES))
    f.hold(new)
    second_at = pair.element(PTR, 1)
    first, second = pair.load(PTR), second_at.load(PTR)
    second_at.store(first)
    pair.store(new)
    f.drop(second)
    f.begin(done)
    f.leave(f.put_array(f.slot, new))
    return f


def replace() -> Code:
    f = Code("replace", "slot:p array:p", PTR, quick=True)
    f.leave(f.put_array(f.slot, f.array))
    return f


def new_array() -> Code:
    """A new array for a slot, and where its data are. It leaves by jumps and keeps few values: no registers to save."""
    f = Code("new_array", NEW_ARRAY, PTR, exported=True)
    make, refused, again, attempt = f.block(), f.block(), f.block(), f.block(PTR)
    function, word = f.ctx.to("ptrtoint", INT), f.slot.to("ptrtoint", INT)
    pair = f.address("recent").element(PAIR, ((function >> 5) + (word >> 3)).modulo(RECENT_SETS))
    (at,) = f.begin(attempt, pair)
    array = at.load(PTR)
    f.jump(make, when=array.is_null())
    f.jump(refused, unless=array.get(REFERENCES).equals(1))
    own_ndim, ndim = array.get(ARRAY_NDIM), f.ndim.to("trunc", INT32)
    own_descr, descr = array.get(ARRAY_DESCR), f.descr(f.dtype)
    flags = array.get(ARRAY_FLAGS) & abi.OWN_FLAGS
    weak, own_dims = array.get(ARRAY_WEAK), array.get(ARRAY_DIMS)
    alike = own_ndim.equals(ndim), own_descr.equals(descr), flags.equals(abi.OWN_FLAGS), weak.is_null()
    f.jump(refused, unless=(alike[0] & alike[1]) & (alike[2] & alike[3]))
    compare = f.block(INT)
    (k,) = f.begin(compare, 0)
    f.jump(again, unless=k < f.ndim)
    own, dim = own_dims.element(INT, k).load(INT), f.dims.element(INT, k).load(INT)
    f.jump(compare, k + 1, when=own.equals(dim), other=refused)
    f.begin(refused)
    second = at.element(PTR, 1)
    f.jump(attempt, second, when=(second.to("ptrtoint", INT) & 8).differs(0), other=make)
    f.begin(again)
    array.set(REFERENCES, 2)  # it had one
    with f.when(f.slot.load(PTR).is_null()):
        f.slot.store(array)
        f.leave(array.get(ARRAY_DATA))
    f.leave(f.call("replace", f.slot, array, result=PTR, last=True))
    f.begin(make)
    f.leave(f.call("fresh_array", at, f.dtype, f.ndim, f.dims, f.slot, result=PTR, last=True))
    return f


# -- Python called from programs --------------------------------------------------------------------------------
def callback() -> Code:
    """``callable(*in)`` must return a tuple of `nout` objects (anything for 0); `out` gets new references."""
    f = Code("callback", "callable:p in:p nin:i out:p nout:i", INT32, exported=True, quick=True)
    done, bad, error = f.block(), f.block(), f.block()
    result = f.api("vectorcall", f.callable, f.params["in"], f.nin, f.null())
    f.jump(error, when=result.is_null())
    f.jump(done, when=f.nout.equals(0))
    f.jump(bad, unless=f.is_of(result, "tuple_type"))
    f.jump(bad, unless=result.get(SIZE).equals(f.nout))
    items = result.behind(capi.tuple_items())
    with f.loop(0, f.nout) as k:
        item = items.element(PTR, k).load(PTR)
        f.hold(item)
        f.out.element(PTR, k).store(item)
    f.begin(done)
    f.drop(result)
    f.leave(0)
    f.begin(bad)
    f.complain("system_error", "bad_callback")
    f.drop(result)
    f.begin(error)
    f.leave(-1)
    return f


def make_tuple() -> Code:
    """A tuple of n objects, or of n integers where there are no objects."""
    f = Code("make_tuple", "objects:p numbers:p n:i", PTR, quick=True)
    nothing, broken = f.block(), f.block()
    result = f.api("tuple_new", f.n)
    f.jump(nothing, when=result.is_null())
    with f.loop(0, f.n) as k:
        number, put = f.block(), f.block(PTR)
        f.jump(number, unless=f.objects.is_some())
        item = f.objects.element(PTR, k).load(PTR)
        f.hold(item)
        f.jump(put, item)
        f.begin(number)
        made = f.api("long_from_longlong", f.numbers.element(INT, k).load(INT))
        f.jump(broken, when=made.is_null())
        (entry,) = f.begin(put, made)
        f.api("tuple_set_item", result, k, entry)
    f.leave(result)
    f.begin(broken)
    f.drop(result)
    f.begin(nothing)
    f.leave(f.null())
    return f


def raise_check() -> Code:
    """``on_error(code, operands, args)``; afterwards an exception is set, whatever it did."""
    f = Code("raise_check", RAISE_CHECK, exported=True, quick=True)
    given = f.memory(24, 8)
    f.api("err_clear")  # of an allocation that failed, say: the check tells more
    values = [
        f.api("long_from_longlong", f.code.to("sext", INT)),
        f.call("make_tuple", f.null(), f.operands, abi.N_ERROR_WORDS, result=PTR),
        f.call("make_tuple", f.args, f.null(), f.nargs, result=PTR),
    ]
    for k, value in enumerate(values):
        given.element(PTR, k).store(value)
    first, second, third = (value.is_null() for value in values)
    with f.unless(first | second | third):
        on_error = f.ctx.element(PTR, abi.ON_ERROR).load(PTR)
        f.drop(f.api("vectorcall", on_error, given, 3, f.null()))
    f.call("release", given, 3)
    with f.unless(f.api("err_occurred").is_some()):
        f.complain("system_error", "bad_on_error")
    return f
