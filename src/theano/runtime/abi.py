"""The numbers that compiled code and the Python side agree on; nobody else owns any of them.

But for three that are part of what a program means, which the language owns (`loops.host`).

A compiled function reads every address from its *context*, an array of 64-bit words, and keeps everything
that a call changes in its *frame*, an array of 64-bit words on the stack (see docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.base.record import Record
from theano.loops.host import GRAIN, RANGES
from theano.loops.host import OPERANDS as N_ERROR_WORDS

__all__ = [
    "ABI_VERSION", "CTX", "DTYPES", "FALLBACK", "FIRST_FREE", "FIXED", "GRAIN", "ITEMSIZE", "N_ERROR_WORDS", "ON_ERROR",
    "RANGES", "ArraySpec", "INTEGERS", "FrameLayout", "InputSpec", "ObjectSpec", "ProfileLayout", "descr_index",
    "descr_word", "takes_numbers",
]  # fmt: skip

# Raise it whenever a number, a signature or the meaning of one below changes: it is part of the cache's key.
ABI_VERSION = 9

# dtype name -> size in bytes, in the order of the descr table.
ITEMSIZE: dict[str, int] = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "float16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
DTYPES: tuple[str, ...] = tuple(ITEMSIZE)

_TYPES = ("ndarray_type", "float_type", "float64_type", "int_type", "bool_type", "list_type", "tuple_type")
_OBJECTS = ("none", "true")
_CAPI = (
    "inc_ref", "dec_ref", "vectorcall", "long_as_longlong", "list_new", "list_set_item", "raw_malloc", "raw_free",
    "save_thread", "restore_thread",
)  # fmt: skip
# Addresses of the functions of support.py; `poll` is CPython's own.
SUPPORT = (
    "new_array", "callback", "pool_take", "pool_give", "read_input", "read_object",
    "read_storage", "overlap", "raise_check", "release", "parallel",
    "wait_turn", "gil_release", "gil_take", "gil_poll", "gil_commit",
)  # fmt: skip
# `active` is the list of `gil_ir`.
_NAMES = _TYPES + _OBJECTS + _CAPI + SUPPORT + ("active", "poll")

# Process-wide words of a context: name -> index of the word. `descr_float64` is the address of NumPy's descr.
CTX: dict[str, int] = {name: k for k, name in enumerate(_NAMES + tuple(f"descr_{d}" for d in DTYPES))}
# Words from here on belong to one function.
FIXED = len(CTX)
FALLBACK = FIXED  # Python callable: fallback(*args, **kwargs)
ON_ERROR = FIXED + 1  # Python callable: on_error(code, operands, args)
FIRST_FREE = FIXED + 2  # storages (Python lists), constants, call-backs, symbols, as programs need them

# What main returns: 0, the number of a check that failed, or one of these.
RAISED = -1  # an exception is set
DEFERRED = -2  # nothing has been done: this call is for the fast form
# What the first form's counter says when it has left for good, and how long work takes of which nobody can tell.
# One more where the call takes so many picoseconds that it waits for all that is provisional, too.
ENDLESS = 1 << 62
LONG = 10**11
# See `gil_ir`; only the first must be zero at first, and that which says that a program has committed.
N_GIL_WORDS = 8
COMMITTED, POLLED = 6, 7
STORAGE_UPDATED = 1 << 32
# Byte offsets in the state at the word `active`, behind the first node of the list, and its size (see `gil_ir`).
ACTIVE_CHANGES, ACTIVE_WAITING, ACTIVE_FORKS = 8, 12, 16
ACTIVE_BYTES = 24

# Picoseconds that a loop goes on without a look for signals, as its sizes tell. New memory makes that 20 times as long.
STRETCH = 10_000_000_000
# How `parallel` goes through a loop: as one of the first two or neither, and perhaps as the third (see `team_ir`).
FINISH, SLICES, ALONE = 1, 2, 4

# Byte offsets of the fields that compiled code reads: those of all 64-bit CPythons and of NumPy 2.
# `capi` verifies each of them before anything is entered.
TYPE = 8  # PyObject.ob_type; before it, in the first four bytes, the number of references
FLOAT_VALUE = 16  # PyFloatObject.ob_fval
SIZE = 16  # PyVarObject.ob_size
LIST_ITEMS = 24  # PyListObject.ob_item, a pointer
ARRAY_DATA = 16  # PyArrayObject ...
ARRAY_NDIM = 24
ARRAY_DIMS = 32
ARRAY_BASE = 48
ARRAY_DESCR = 56
ARRAY_FLAGS = 64
ARRAY_WEAK = 72
TYPE_FLAGS = 168  # PyTypeObject.tp_flags
# Bits of PyArrayObject.flags: C-contiguous and aligned; writeable.
PLAIN_FLAGS = 0x0001 | 0x0100
WRITEABLE_FLAG = 0x0400
# Plain, writeable, with memory of its own.
OWN_FLAGS = PLAIN_FLAGS | WRITEABLE_FLAG | 0x0004

# Byte offsets in a callable (function_base.py).
CALLABLE_VECTORCALL = 16
CALLABLE_CONTEXT = 24
CALLABLE_SIZE = 32

# A `code` describes an array to the readers in one word: ndim, dtype index << 8, and these; the bytes of the stack
# buffer for lists << 32.
CODE_NUMBERS = 1 << 16
CODE_ROUNDS = 1 << 17
CODE_UPDATED = 1 << 18
CODE_EQUIVALENT = 1 << 19  # set by the readers: the dtype was compared and is the same in another guise

# Attributes of a function that only calls and branches: it runs as fast when it was compiled in a tenth of the time
# (see `quick`).
QUICKLY = "noinline optnone "


# Integers that a dtype holds exactly and that fit 64 signed bits; none where Python numbers take the slow path.
INTEGERS: dict[str, tuple[int, int]] = {
    "bool": (0, 1), "int8": (-(2**7), 2**7 - 1), "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1), "uint8": (0, 2**8 - 1), "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**63 - 1), "float32": (-(2**24), 2**24), "float64": (-(2**53), 2**53),
}  # fmt: skip


def takes_numbers(dtype: str) -> bool:
    """Whether Python numbers are read natively into arrays of `dtype`."""
    return dtype in INTEGERS


def descr_index(dtype: str) -> int:
    """Index of `dtype` in the descr table, the third argument of `new_array`.

    >>> descr_index("int8")
    1
    """
    return DTYPES.index(dtype)


def descr_word(dtype: str) -> int:
    """Context word that holds the address of NumPy's descr of `dtype` (native byte order)."""
    return CTX["descr_bool"] + DTYPES.index(dtype)


class ArraySpec(Record, eq=True):
    """What compiled code is promised about an array: an input's or a storage's.

    Parameters
    ----------
    dtype : str
    broadcastable : tuple of bool
        One entry an axis; True where the length must be 1.
    numbers : bool
        Input: Python numbers and lists of them that the dtype holds exactly are taken natively.
        False for `strict`, and for what only the slow path can decide.
    rounds : bool
        Input: a Python float may be rounded to a 0-d float32 (`allow_downcast=None` and floatX is float32, or
        `allow_downcast=True`).
    word : int
        Storage: context word of its Python list.
    updated : bool
        Storage: the program writes into the array; it must be writeable and overlap no other argument.
    """

    dtype: str
    broadcastable: tuple[bool, ...]
    numbers: bool = True
    rounds: bool = False
    word: int = -1
    updated: bool = False

    @property
    def ndim(self) -> int:
        return len(self.broadcastable)

    @property
    def ones(self) -> int:
        """The axes of length 1, a bit each."""
        return sum(1 << axis for axis, one in enumerate(self.broadcastable) if one)

    def code(self, buffer_bytes: int = 0) -> int:
        """The word that describes this array to the readers."""
        flags = (
            (self.numbers and CODE_NUMBERS) | (self.rounds and CODE_ROUNDS) | (self.updated and CODE_UPDATED)
        )
        return self.ndim | descr_index(self.dtype) << 8 | flags | buffer_bytes << 32


class ObjectSpec(Record, eq=True):
    """An input or a storage that is no array: one frame word holding the (borrowed) `PyObject*`."""

    word: int = -1


InputSpec = ArraySpec | ObjectSpec


class FrameLayout:
    """Word offsets of a call's frame.

    Parameters
    ----------
    inputs, storages : sequence of ArraySpec or ObjectSpec
    n_slots : int
        Number of object slots: outputs first, then new values of storages, then call-backs' values.

    Examples
    --------
    >>> layout = FrameLayout([ArraySpec("float64", (False, False))], [], 1)
    >>> layout.input_data(0), layout.input_dim(0, 1), layout.slot(0)
    (0, 2, 3)
    """

    __slots__ = ("_inputs", "_storages", "n_slots", "slots", "work", "work_size", "error", "gil", "words")

    def __init__(self, inputs: Sequence[InputSpec], storages: Sequence[InputSpec], n_slots: int) -> None:
        word = 0
        self._inputs: list[int] = []
        self._storages: list[int] = []
        for starts, specs in ((self._inputs, inputs), (self._storages, storages)):
            for spec in specs:
                starts.append(word)
                word += 1 + (spec.ndim if isinstance(spec, ArraySpec) else 0)
        self.n_slots = n_slots
        self.slots = word  # first object slot
        self.work = word + n_slots  # workspace: pointer, then size in bytes
        self.work_size = self.work + 1
        self.error = self.work + 2  # first of N_ERROR_WORDS operands
        self.gil = self.error + N_ERROR_WORDS  # thread state while the GIL is let go, and what goes with it
        self.words = self.gil + N_GIL_WORDS

    @property
    def n_inputs(self) -> int:
        return len(self._inputs)

    @property
    def n_storages(self) -> int:
        return len(self._storages)

    def input_data(self, k: int) -> int:
        """Word of the data pointer of input `k` (of the `PyObject*` where it is no array)."""
        return self._inputs[k]

    def input_dim(self, k: int, axis: int) -> int:
        """Word of the length of `axis` of input `k`."""
        return self._inputs[k] + 1 + axis

    def storage_data(self, k: int) -> int:
        """Word of the data pointer of storage `k` (of the `PyObject*` where it is no array)."""
        return self._storages[k]

    def storage_dim(self, k: int, axis: int) -> int:
        """Word of the length of `axis` of storage `k`."""
        return self._storages[k] + 1 + axis

    def slot(self, k: int) -> int:
        """Word of object slot `k`."""
        return self.slots + k

    def error_word(self, k: int) -> int:
        """Word of operand `k` of the failed check."""
        return self.error + k


# Words of the buffer in which a profiled program notes its times (see `backend.profiled_form`): how many events it has
# noted, how often the sizes of its arguments have changed, how many calls have raised, and their ticks; then the last
# events, each its record, the ticks of its begin and end, and the thread.
PROFILE_EVENTS, PROFILE_CHANGES, PROFILE_RAISED, PROFILE_RAISED_TICKS = 0, 1, 2, 3
PROFILE_FIRST_EVENT, PROFILE_EVENT_WORDS, PROFILE_KEPT_EVENTS = 4, 4, 1 << 14
# A record: calls and ticks of something, then ranges and ticks of the parts that threads did of it.
PROFILE_RECORD_WORDS, PROFILE_RANGES = 4, 2
PROFILE_KEPT_CHANGES = 64


class ProfileLayout:
    """Word offsets of the buffer of a profiled program.

    Behind the events comes what is noted `now`: sizes, and a record for each thing that is measured. When sizes change,
    all of that is copied to one of the `PROFILE_KEPT_CHANGES` rows at `before`, in turn.

    Examples
    --------
    >>> layout = ProfileLayout(n_sizes=2, n_records=3)
    >>> layout.record(1) - layout.record(0), layout.row
    (4, 14)
    """

    __slots__ = ("before", "n_records", "n_sizes", "now", "row", "words")

    def __init__(self, n_sizes: int, n_records: int) -> None:
        self.n_sizes, self.n_records = n_sizes, n_records
        self.now = PROFILE_FIRST_EVENT + PROFILE_EVENT_WORDS * PROFILE_KEPT_EVENTS
        self.row = n_sizes + PROFILE_RECORD_WORDS * n_records
        self.before = self.now + self.row
        self.words = self.before + self.row * PROFILE_KEPT_CHANGES

    def record(self, k: int) -> int:
        """Word of record `k`, in what is noted now."""
        return self.now + self.n_sizes + PROFILE_RECORD_WORDS * k
