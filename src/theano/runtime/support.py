"""The support functions of compiled code, and the fixed words of every context.

The functions are LLVM IR (`support_ir`, `readers_ir`), compiled once a machine and kept like any program; they
live as long as the process.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import re
import string
import threading
from collections.abc import Callable, Mapping

from theano.configdefaults import threads_wanted
from theano.runtime import abi, capi, gil_ir, jit, provisional, readers_ir, support_ir, team_ir
from theano.runtime.quick import Sequel, sequel

__all__ = ["fixed_words", "is_provisional", "pool_bytes", "set_pool_limit"]

# Words of the fixed table that only the support functions read, after those of `abi.CTX`.
EXTRA = (
    "new_from_descr", "equiv_types", "set_base_object", "long_from_longlong", "list_set_item", "tuple_new",
    "tuple_set_item", "err_occurred", "err_clear", "err_no_memory", "err_set_string", "capsule_new",
    "capsule_get_pointer",
    "system_error", *capi.SYSTEM_FUNCTIONS, "put_row",
)  # fmt: skip

# What the pool keeps between calls while `config.allow_gc` is true.
POOL_LIMIT = 256 << 20
# Arrays from this size on take their memory from the pool.
LARGE_BYTES = 1 << 20
_POOL_BLOCKS = 16
# Blocks from this size on ask for large pages, as NumPy's arrays do, and the number of that advice.
_HUGE_BYTES = 4 << 20
_MADV_HUGEPAGE = 14
# How often a thread of the team looks for work before it parks: some 20 µs.
_SPIN = 2000
# Arrays up to this size are taken again once nobody holds them, two for each of so many pairs of function and slot.
_SMALL_BYTES = 1024
_RECENT_SETS = 32
_NEW_FLAGS = 0x0001 | 0x0100 | 0x0400  # C-contiguous, aligned, writeable

_EXPORTS = (*abi.SUPPORT, "fixed_table", "pool_limit", "pool_bytes", "gil_reset")
_TEAM = ("parallel", "team_set", "team_started", "team_reset")

# Integers that a dtype holds exactly and that fit 64 signed bits; none where numbers take the slow path.
_RANGES: dict[str, tuple[int, int]] = {
    "bool": (0, 1), "int8": (-(2**7), 2**7 - 1), "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1), "uint8": (0, 2**8 - 1), "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**63 - 1), "float32": (-(2**24), 2**24), "float64": (-(2**53), 2**53),
}  # fmt: skip
_MESSAGES = {
    "BAD_CALLBACK": "a call-back of compiled code returned something else than a tuple of its outputs",
    "BAD_ON_ERROR": "a check of compiled code failed, and its handler raised nothing",
}


def takes_numbers(dtype: str) -> bool:
    """Whether Python numbers are read natively into arrays of `dtype`."""
    return dtype in _RANGES


def _numbers() -> Mapping[str, object]:
    """What the names of the IR templates stand for."""
    empty = (1, 0)
    puts = {"float32": "put_float", "float64": "put_double"}
    cases = [
        f"i64 {abi.descr_index(name)}, label %{puts.get(name, f'put{abi.ITEMSIZE[name]}')}"
        for name in _RANGES
    ]
    table: dict[str, object] = {name: len(abi.CTX) + k for k, name in enumerate(EXTRA)}
    table.update(abi.CTX)
    table.update(
        {name: value for name, value in vars(abi).items() if name.isupper() and isinstance(value, int)}
    )
    table.update(
        QUICKLY=abi.QUICKLY,
        N_WORDS=len(abi.CTX) + len(EXTRA),
        TUPLE_ITEMS=capi.tuple_items(),
        POOL_BLOCKS=_POOL_BLOCKS,
        HUGE=_HUGE_BYTES,
        MADV_HUGEPAGE=_MADV_HUGEPAGE,
        LARGE=LARGE_BYTES,
        SMALL=_SMALL_BYTES,
        RECENT_SETS=_RECENT_SETS,
        NEW_FLAGS=_NEW_FLAGS,
        NUMBERS=abi.CODE_NUMBERS,
        ROUNDS=abi.CODE_ROUNDS,
        EQUIVALENT=abi.CODE_EQUIVALENT,
        UPDATED_TO_WRITEABLE=(abi.CODE_UPDATED // abi.WRITEABLE_FLAG).bit_length() - 1,
        FLOAT32=abi.descr_index("float32"),
        FLOAT64=abi.descr_index("float64"),
        N_DTYPES=len(abi.DTYPES),
        ITEM_SIZES=", ".join(f"i64 {size}" for size in abi.ITEMSIZE.values()),
        LOWEST=", ".join(f"i64 {_RANGES.get(name, empty)[0]}" for name in abi.DTYPES),
        HIGHEST=", ".join(f"i64 {_RANGES.get(name, empty)[1]}" for name in abi.DTYPES),
        PUT_CASES="\n    ".join(cases),
    )
    for name, message in _MESSAGES.items():
        table[name] = message
        table[f"{name}_SIZE"] = len(message) + 1
    return table


def support_text() -> Sequel:
    """The IR of all support functions: of those that are there at once, and of what follows."""
    numbers, (waits, team) = _numbers(), team_ir.team_text(jit.isa().triple)
    texts = support_ir.TEXT + readers_ir.TEXT + gil_ir.TEXT + waits, team
    return sequel(*(written_out(inlined(string.Template(text).substitute(numbers))) for text in texts))


_STRAIGHT = re.compile(
    r"^define internal \S+ @(\w+)\((.*)\) alwaysinline {\n((?:  .*\n)+)  ret \S+ (%\w+)\n}\n", re.M
)
_NAME = re.compile(r"%\w+")


def inlined(text: str) -> str:
    """`text` with straight functions that are ``alwaysinline`` where they are called: LLVM loads its inliner first.

    >>> print(inlined('''define internal i64 @twice(i64 %x) alwaysinline {
    ...   %y = add i64 %x, %x
    ...   ret i64 %y
    ... }
    ...   %a = call i64 @twice(i64 3)''').rstrip())
      %a = add i64 3, 3
    """
    bodies = {name: (params, body, result) for name, params, body, result in _STRAIGHT.findall(text)}

    def body_of(found: re.Match[str]) -> str:
        params, body, result = bodies[found[2]]
        names = {p.split()[1]: a.split()[1] for p, a in zip(params.split(", "), found[3].split(", "), strict=True)}
        names[result] = found[1]
        return _NAME.sub(lambda name: names.get(name[0]) or f"{found[1]}.{name[0][1:]}", body)

    call = re.compile(rf"^  (%\w+) = call \S+ @({'|'.join(bodies) or '$'})\((.*)\)\n?", re.M)
    return call.sub(body_of, _STRAIGHT.sub("", text))


_SHORT = re.compile(
    r"^  (?:(%[\w.]+) = )?call \w+ @(word|field|size|capacity|hold)\((?:ptr (%[\w.]+))?(?:, )?(?:i64 (-?\d+))?\)", re.M
)


def written_out(text: str) -> str:
    """`text` with what stands for a few instructions replaced by these: LLVM's inliner takes 10 µs for each.

    >>> print(written_out("  %a = call ptr @word(i64 3)\\n  %b = call ptr @field(ptr %a, i64 16)"))
      %a = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 3)
      %b.at = getelementptr i8, ptr %a, i64 16
      %b = load ptr, ptr %b.at
    """
    count = itertools.count()

    def instructions(found: re.Match[str]) -> str:
        result, name, pointer, number = found.groups()
        if name == "word":
            return f"  {result} = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 {number})"
        if name == "hold":
            hold = f"%hold.{next(count)}"
            load = f"{hold} = load ptr, ptr getelementptr (ptr, ptr @fixed, i64 {abi.CTX['inc_ref']})"
            return f"  {load}\n  call void {hold}(ptr {pointer})"
        offset = {"field": number, "size": abi.SIZE, "capacity": -64}[name]
        type_ = "ptr" if name == "field" else "i64"
        at = f"{result}.at"
        return f"  {at} = getelementptr i8, ptr {pointer}, i64 {offset}\n  {result} = load {type_}, ptr {at}"

    return _SHORT.sub(instructions, text)


class Team:
    """The settings of the team of threads, and the functions that hand them to it.

    Attributes
    ----------
    threads
        How many may work on one loop.
    """

    def __init__(self) -> None:
        self.threads = threads_wanted()
        self._code: _Support | None = None

    def join(self, support: _Support) -> None:
        """Have threads from now on."""
        self._set = support.function("team_set", None, ctypes.c_int32, ctypes.c_int32)
        self._reset = support.function("team_reset", None)
        self._started = support.function("team_started", ctypes.c_int32)
        self._code = support
        self.apply()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def apply(self) -> None:
        """Make `threads` the number."""
        if self._code is not None:
            self._set(self.threads, _SPIN)

    def started(self) -> int:
        """How many threads there are beside the callers'."""
        return int(self._started()) if self._code is not None else 0


class _Support:
    """The loaded functions and the table they and all contexts share.

    Some are met by every call. These are there twice, in `code` compiled quickly, and in `fast` well.
    """

    def __init__(self) -> None:
        self._parts = support_text()
        self.team = Team()
        exports = dict.fromkeys((*_EXPORTS, *self._parts.shared, *self._parts.functions))
        self.code = jit.compile_module(self._parts.first, exports=tuple(exports))
        self.symbols = self.code.symbols
        self.words: list[int] = []
        self._put_words()
        self.fast: jit.CodeObject | None = None
        self._load_fast(jit.kept_module)
        if self.fast is None:
            provisional.later(self._load_fast)
        self.pool_limit = self.function("pool_limit", None, ctypes.c_uint64)
        self.pool_bytes = self.function("pool_bytes", ctypes.c_uint64)
        self.pool_limit(POOL_LIMIT)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.function("gil_reset", None))
        self.active = ctypes.c_uint64.from_address(self.code.symbols["active"])
        self.wait_turn = self.function("wait_turn", ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
        # Arrays whose memory came from the pool may be freed after everything in this module is gone.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))

    def _put_words(self) -> None:
        """Write the table; words in use are replaced one by one."""
        addresses = capi.addresses() | self.symbols
        self.words = [addresses[name] for name in (*abi.CTX, *EXTRA)]
        table = (ctypes.c_uint64 * len(self.words)).from_address(self.function("fixed_table", ctypes.c_void_p)())
        for k, word in enumerate(self.words):
            if table[k] != word:
                table[k] = word

    def _load_fast(self, load: Callable[..., jit.CodeObject | None] = jit.compile_module) -> None:
        parts = self._parts
        known = {name: self.code.symbols[name] for name in parts.shared}
        self.fast = load(parts.second, exports=(*parts.functions, *_TEAM), known=known)
        if self.fast is not None:
            self.symbols = self.symbols | self.fast.symbols
            self._put_words()
            self.team.join(self)

    def function(self, name: str, result: type | None, *arguments: type) -> ctypes._FuncPointer:
        # PYFUNCTYPE: it is called with the GIL held, which is what guards the pool.
        return ctypes.PYFUNCTYPE(result, *arguments)(self.symbols[name])


_lock = threading.Lock()
_loaded: _Support | None = None
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def _support() -> _Support:
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _Support()
    return _loaded


def is_provisional() -> bool:
    """Whether `provisional.complete` will replace some of the functions."""
    return _support().fast is None


def fixed_words() -> list[int]:
    """The process-wide words of a context, in the order of `abi.CTX`."""
    return _support().words[: abi.FIXED]


def wait_for(storage: list[object], update: bool) -> None:
    """Wait until no program in another thread updates `storage` (or, if it is about to be updated, uses it)."""
    if _loaded is not None and _loaded.active.value:
        words = (ctypes.c_uint64 * 1)(id(storage))
        table = (ctypes.c_uint64 * 2)(1, abi.STORAGE_UPDATED if update else 0)
        _loaded.wait_turn(ctypes.addressof(words), ctypes.addressof(table), 1)


def team() -> Team:
    """The team of threads of this process."""
    return _support().team


def set_pool_limit(limit: int | None) -> None:
    """Let the workspace pool keep at most `limit` bytes between calls; None for all (``allow_gc=False``)."""
    _support().pool_limit(2**63 - 1 if limit is None else limit)


def pool_bytes() -> int:
    """Bytes the workspace pool keeps now."""
    return int(_support().pool_bytes())
