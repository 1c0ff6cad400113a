"""Support functions in their smallest form: enough for a first call, compiled in a third of the time.

They keep nothing between calls, read arrays only, and leave a check that failed to those who know how to report it
(`support.Unready`). What they have in common with the others is not written twice: `support_modules` puts both
together.
"""

from __future__ import annotations

from theano.native.ir.builder import INT, INT32, PTR, Field
from theano.native.support.code import Code, text_constant
from theano.native.support.functions import INSANE, NEW_ARRAY, POOL_TAKE, RAISE_CHECK, beyond_head
from theano.native.support.readers import READ_INPUT

__all__ = ["GLOBALS", "functions"]

GLOBALS = [text_constant("unready", "a check of compiled code failed before there was anything to report it with")]
# Before a block of workspace stands what malloc gave.
GIVEN = Field(-8, PTR)


def functions() -> list[Code]:
    return [new_array(), pool_give(), pool_take(), read_input(), raise_check()]


def new_array() -> Code:
    f = Code("new_array", NEW_ARRAY, PTR, exported=True)
    array = f.make_array(f.descr(f.dtype), f.ndim.to("trunc", INT32), f.dims)
    f.leave(f.put_array(f.slot, array))
    return f


def pool_give() -> Code:
    f = Code("pool_give", "data:p", exported=True)
    f.api("raw_free", f.data.get(GIVEN))
    return f


def pool_take() -> Code:
    f = Code("pool_take", POOL_TAKE, PTR, exported=True)
    old = f.work.load(PTR)
    with f.unless(old.is_null()):
        f.work.store(f.null())
        f.call("pool_give", old)
    total = f.size + 128
    raw = f.api("raw_malloc", f.select(f.size.compare("ugt", INSANE), -1, total))  # -1: which malloc refuses
    with f.when(raw.is_null()):
        f.api("err_no_memory")
        f.leave(f.null())
    data = beyond_head(raw)
    data.set(GIVEN, raw)
    f.work.store(data)
    f.work.element(INT, 1).store(f.size)
    f.leave(data)
    return f


def read_input() -> Code:
    f = Code("read_input", READ_INPUT, INT, exported=True)
    with f.when(f.is_of(f.object, "ndarray_type")):
        f.leave(f.call("read_array", f.object, f.out, f.code, f.ones, result=INT))
    f.leave(0)
    return f


def raise_check() -> Code:
    f = Code("raise_check", RAISE_CHECK, exported=True)
    f.complain("unready_type", "unready")
    return f
