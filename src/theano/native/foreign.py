"""Functions of users that programs call directly: compiled by Numba, or of C libraries, by ctypes.

The convention of C functions: for each input a pointer to its numbers in C order, then its lengths, each an
``int64_t``; for each output the same, a pointer to memory for its numbers and its lengths; at last a pointer to an
``int64_t`` that is 0, where anything else says that something has failed. It returns nothing, and is called without
the GIL.

A function of Numba takes and returns arrays (numbers where there are no axes); one of that convention is compiled
around it.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops.externs.table import EXTERNS, Extern, Parameter, declare

__all__ = [
    "OTHER_SHAPE", "RAISED", "Foreign", "Kind", "address", "find", "identity", "is_foreign", "is_numba",
]  # fmt: skip

# What the functions around those of Numba say.
OTHER_SHAPE, RAISED = 1, 2
_CTYPES = ctypes.CFUNCTYPE(None).__mro__[1]


class Kind(NamedTuple):
    """Of an array: its dtype and number of axes."""

    dtype: str
    ndim: int


class Foreign(Record):
    """A function by which programs compute.

    Parameters
    ----------
    symbol : its name in `EXTERNS`.
    at : its address.
    inputs, outputs : what it takes and gives.
    keeps : what must live as long as it is called.
    """

    symbol: str
    at: int
    inputs: tuple[Kind, ...]
    outputs: tuple[Kind, ...]
    keeps: Any

    def run(self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> int:
        """Call it for arrays in C order; what it says: 0 if all is well."""
        status = ctypes.c_int64(0)
        given: list[Any] = []
        for array in (*inputs, *outputs):
            given += [array.ctypes.data, *array.shape]
        types = [t for kind in (*self.inputs, *self.outputs) for t in (ctypes.c_void_p, *[ctypes.c_int64] * kind.ndim)]
        ctypes.CFUNCTYPE(None, *types, ctypes.c_void_p)(self.at)(*given, ctypes.addressof(status))
        return status.value


def is_numba(function: object) -> bool:
    """Whether a function was made by ``numba.njit``."""
    return type(function).__module__.startswith("numba.") and hasattr(function, "py_func")


def is_foreign(function: object) -> bool:
    """Whether a function can be called by programs directly."""
    return isinstance(function, _CTYPES) or is_numba(function)


def identity(function: Any) -> Any:
    """What is equal for equal functions, and can be hashed: the address of one of ctypes."""
    return function if is_numba(function) else ctypes.cast(function, ctypes.c_void_p).value


_known: dict[tuple[Any, ...], Foreign | None] = {}
_by_symbol: dict[str, Foreign] = {}


def find(function: Any, inputs: Sequence[Kind], outputs: Sequence[Kind]) -> Foreign | None:
    """How programs call a function of these arrays.

    None where Numba can't compile it for them, or it returns others.
    """
    key = (identity(function), tuple(inputs), tuple(outputs))
    if key not in _known:
        if is_numba(function):
            around = _around_numba(function, inputs, outputs)
            found = None if around is None else _entered(function, around.address, around, inputs, outputs)
        else:
            found = _entered(function, identity(function), function, inputs, outputs)
        _known[key] = found
    return _known[key]


def address(name: str) -> int:
    """Where the function is."""
    return _by_symbol[name].at


def _entered(function: Any, at: int, keeps: Any, inputs: Sequence[Kind], outputs: Sequence[Kind]) -> Foreign:
    """An entry of the table of external functions."""
    # The same name in each process, or the cache would not know programs again.
    plain = "".join(c if c.isalnum() else "_" for c in getattr(function, "__name__", "function"))
    kinds = "_".join(f"{ex.TYPE_OF[k.dtype]}{k.ndim}" for k in (*inputs, *outputs))
    name = base = f"user_{plain}_{kinds}"
    count = 1
    while name in EXTERNS:
        count += 1
        name = f"{base}_{count}"
    found = Foreign(name, at, tuple(inputs), tuple(outputs), keeps)
    parameters: list[Parameter] = []
    for k, kind in enumerate((*inputs, *outputs)):
        written = k >= len(inputs)
        parameters.append(Parameter(f"a{k}", "ptr", ex.TYPE_OF[kind.dtype], not written, written))
        parameters += [Parameter(f"a{k}_{axis}", "i64") for axis in range(kind.ndim)]
    parameters.append(Parameter("status", "ptr", "i64", True, True))
    meaning = functools.partial(_meaning, found)
    declare(Extern(name, tuple(parameters), "functions of users", meaning, shares_threads=True))
    _by_symbol[name] = found
    return found


def _meaning(foreign: Foreign, given: dict[str, Any]) -> None:
    arrays = []
    for k, kind in enumerate((*foreign.inputs, *foreign.outputs)):
        shape = tuple(given[f"a{k}_{axis}"] for axis in range(kind.ndim))
        if 0 in shape:
            arrays.append(np.empty(shape, kind.dtype))
            continue
        data, start = given[f"a{k}"].element(ex.TYPE_OF[kind.dtype], 0)
        arrays.append(data[start : start + int(np.prod(shape, dtype=int))].reshape(shape))
    n = len(foreign.inputs)
    status, start = given["status"].element("i64", 0)
    status[start] = foreign.run(arrays[:n], arrays[n:])


# -- Numba -----------------------------------------------------------------------------------------------------
def _around_numba(function: Any, inputs: Sequence[Kind], outputs: Sequence[Kind]) -> Any:
    """A function of the C convention around one of Numba; None where there is none."""
    numba: Any = importlib.import_module("numba")
    errors: Any = importlib.import_module("numba.core.errors")
    pointers, values = [], []
    try:
        for kind in (*inputs, *outputs):
            number = numba.from_dtype(np.dtype(kind.dtype))
            pointers += [numba.types.voidptr, *[numba.int64] * kind.ndim]
            values.append(numba.types.Array(number, kind.ndim, "C") if kind.ndim else number)
        taken, wanted = tuple(values[: len(inputs)]), values[len(inputs) :]
        function.compile(taken)
        made = function.overloads[taken].signature.return_type
        results = list(made) if isinstance(made, numba.types.BaseTuple) else [made]
        if len(results) != len(wanted) or not all(map(_is_like, results, wanted)):
            return None
        scope = {"function": function, "carray": numba.carray}
        scope.update({f"dtype{k}": np.dtype(kind.dtype).type for k, kind in enumerate((*inputs, *outputs))})
        several = isinstance(made, numba.types.BaseTuple)
        exec(_source(inputs, outputs, several), scope)
        pointers.append(numba.types.CPointer(numba.int64))
        return numba.cfunc(numba.void(*pointers))(scope["around"])
    except (errors.NumbaError, NotImplementedError):
        return None


def _is_like(made: Any, wanted: Any) -> bool:
    """Whether a function's result has the dtype and number of axes that are wanted."""
    if not hasattr(wanted, "ndim"):
        return bool(made == wanted)
    return getattr(made, "ndim", None) == wanted.ndim and made.dtype == wanted.dtype


def _source(inputs: Sequence[Kind], outputs: Sequence[Kind], several: bool) -> str:
    """The text of a function around `function`."""
    parameters, taken, checks, stores = [], [], [], []
    for k, kind in enumerate((*inputs, *outputs)):
        lengths = [f"a{k}_{axis}" for axis in range(kind.ndim)]
        parameters += [f"a{k}", *lengths]
        shape = f"({', '.join(lengths or ['1'])},)"
        array = f"carray(a{k}, {shape}, dtype{k})" + ("" if kind.ndim else "[0]")
        if k < len(inputs):
            taken.append(array)
            continue
        result = f"made[{k - len(inputs)}]" if several else "made"
        checks += [f"{result}.shape[{axis}] != {n}" for axis, n in enumerate(lengths)]
        stores.append(f"{array}[...] = {result}" if kind.ndim else f"{array} = {result}")
    store = "\n            ".join(stores)
    if checks:
        store = f"""if {" or ".join(checks)}:
                status[0] = {OTHER_SHAPE}
                return
            {store}"""
    return f"""
def around({", ".join(parameters)}, status):
        try:
            made = function({", ".join(taken)})
            {store}
        except Exception:
            status[0] = {RAISED}
"""
