"""What support functions are written with: the builder, the fixed table, the fields of objects, and common idioms."""

from __future__ import annotations

from theano.native.ir.builder import INT, INT32, PTR, VOID, Field, FunctionText, V
from theano.runtime import abi, capi
from theano.runtime.module import Global

__all__ = ["Code", "constant", "text_constant", "zeros"]

# Of Python's objects and NumPy's.
REFERENCES = Field(0, INT32)
TYPE = Field(abi.TYPE, PTR)
SIZE = Field(abi.SIZE, INT)
LIST_ITEMS = Field(abi.LIST_ITEMS, PTR)
FLOAT_VALUE = Field(abi.FLOAT_VALUE, "double")
ARRAY_DATA = Field(abi.ARRAY_DATA, PTR)
ARRAY_NDIM = Field(abi.ARRAY_NDIM, INT32)
ARRAY_DIMS = Field(abi.ARRAY_DIMS, PTR)
ARRAY_DESCR = Field(abi.ARRAY_DESCR, PTR)
ARRAY_FLAGS = Field(abi.ARRAY_FLAGS, INT32)
ARRAY_WEAK = Field(abi.ARRAY_WEAK, PTR)

_WORDS = {name: k for k, name in enumerate(capi.TABLE)}
# What functions of the table return that do not return a pointer.
_RESULTS = {
    **dict.fromkeys(("inc_ref", "dec_ref", "raw_free", "err_clear", "err_set_string", "restore_thread"), VOID),
    **dict.fromkeys(("list_set_item", "tuple_set_item", "set_base_object", "poll"), INT32),
    **dict.fromkeys((name for name in capi.SYSTEM_FUNCTIONS if name not in ("syscall", "CreateThread")), INT32),
    "syscall": "i64 (i64, ...)", "long_as_longlong": INT, "equiv_types": "i8",
}  # fmt: skip


class Code(FunctionText):
    """A support function; it reads every address from the fixed table."""

    def word(self, name: str) -> V:
        """What the table holds."""
        table = self.address("fixed").text
        return self.emit(PTR, f"load ptr, ptr getelementptr (ptr, ptr {table}, i64 {_WORDS[name]})")

    def api(self, name: str, *args: V | int) -> V:
        """Call a function of the table."""
        return self.call(self.word(name), *args, result=_RESULTS.get(name, PTR))

    # -- objects -----------------------------------------------------------------------------------------
    def hold(self, item: V) -> None:
        self.api("inc_ref", item)

    def drop(self, item: V) -> None:
        """Give up a reference, which may be null."""
        self.call("drop", item)

    def is_of(self, item: V, type_: str) -> V:
        """Whether it has exactly a type of the table."""
        return item.get(TYPE).equals(self.word(type_))

    def complain(self, kind: str, message: str) -> None:
        """Set an exception: a class of the table and a constant of the module."""
        self.api("err_set_string", self.word(kind), self.address(message))

    # -- arrays ------------------------------------------------------------------------------------------
    def descr(self, dtype: V) -> V:
        """NumPy's descr of a dtype, given by its index."""
        return self.address("fixed").element(PTR, dtype + _WORDS["descr_bool"]).load(PTR)

    def item_size(self, dtype: V) -> V:
        return self.address("item_sizes").element(INT, dtype).load(INT)

    def make_array(self, descr: V, ndim: V, dims: V, data: V | None = None, flags: int = 0) -> V:
        self.hold(descr)
        null = self.null()
        return self.api(
            "new_from_descr", self.word("ndarray_type"), descr, ndim, dims, null, data or null,
            self.constant(flags, INT32), null,
        )  # fmt: skip

    def put_array(self, slot: V, array: V) -> V:
        """Put a new array, or nothing (null), in a slot, and drop what is there; the array's data."""
        failed = array.is_null()
        old = slot.load(PTR)
        slot.store(self.select(failed, old, array))
        self.drop(self.select(failed, self.null(), old))
        return self.select(failed, self.address("nothing"), array).get(ARRAY_DATA)


def constant(name: str, values: list[int]) -> Global:
    """A table of integers."""
    return Global(name, f"@{name} = internal constant [{len(values)} x i64] [{', '.join(f'i64 {x}' for x in values)}]")


def text_constant(name: str, text: str) -> Global:
    return Global(name, f'@{name} = internal constant [{len(text) + 1} x i8] c"{text}\\00"')


def zeros(name: str, type_: str, align: int = 0, linkage: str = "internal") -> Global:
    """A variable."""
    aligned = f", align {align}" if align else ""
    return Global(name, f"global {type_} zeroinitializer{aligned}", linkage=linkage)
