"""Hand-written `@main` texts for the tests, and callables made of them."""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.record import replace
from theano.native.support.context import make_context
from theano.runtime import abi, jit
from theano.runtime.abi import ArraySpec, InputSpec
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.function_base import FunctionBase, install
from theano.runtime.module import Function, Global, Module


def module_of(text: str) -> Module:
    """The parts of a text: globals and declarations on a line each, functions from ``define`` to a line ``}``."""
    functions = []
    for linkage, head, name, how, body in re.findall(
        r"^define (internal )?([^@\n]*@([\w.]+)\([^\n]*\)) ?([^{)]*){\n(.*?)\n}$", text, re.M | re.S
    ):
        quick = abi.QUICKLY.strip() in how and not re.search(r"<\d", body)
        uses = frozenset(re.findall(r"@([\w.]+)", body))
        functions.append(Function(name, head, body, uses, how.strip(), not linkage, quick))
    found = []
    for line in re.findall(r"^(?:@|declare ).*", text, re.M):
        name, *uses = re.findall(r"@([\w.]+)", line)
        variable = re.match(r"@[\w.]+ = (internal|hidden|) ?(global .*)", line)
        linkage = variable[1] if variable else None
        found.append(Global(name, variable[2] if variable else line, frozenset(uses), linkage))
    return Module(found, functions)


MAIN = "define internal i32 @main(ptr %ctx, ptr %frame) {\n"


def word(base: str, k: int, name: str) -> str:
    """IR: `name` is the pointer in word k of `base`."""
    return f"%{name}_at = getelementptr i64, ptr %{base}, i64 {k}\n%{name} = load ptr, ptr %{name}_at\n"


def new_array(slot: int, dtype: str, ndim: int, dims: str, name: str = "out") -> str:
    """IR: a new array in frame word `slot`, its data in `name`; returns -1 where that fails."""
    return f"""{word("ctx", abi.CTX["new_array"], name + "_new")}
%{name}_slot = getelementptr i64, ptr %frame, i64 {slot}
%{name} = call ptr %{name}_new(ptr %ctx, ptr %{name}_slot, i64 {abi.descr_index(dtype)}, i64 {ndim}, ptr {dims})
%{name}_none = icmp eq ptr %{name}, null
br i1 %{name}_none, label %{name}_bad, label %{name}_good
{name}_bad:
  ret i32 -1
{name}_good:
"""


def multiply(layout: abi.FrameLayout) -> str:
    """Two 0-d float64 inputs, their product."""
    return (
        MAIN
        + word("frame", layout.input_data(0), "a")
        + word("frame", layout.input_data(1), "b")
        + new_array(layout.slot(0), "float64", 0, "null")
        + """%x = load double, ptr %a
%y = load double, ptr %b
%z = fmul double %x, %y
store double %z, ptr %out
ret i32 0
}
"""
    )


def copy(layout: abi.FrameLayout, x: ArraySpec) -> str:
    """A copy of input 0, byte by byte."""
    size = abi.ITEMSIZE[x.dtype]
    counts = f"%n0 = add i64 0, {size}\n"
    for k in range(x.ndim):
        counts += f"%d{k}_at = getelementptr i64, ptr %dims, i64 {k}\n%d{k} = load i64, ptr %d{k}_at\n"
        counts += f"%n{k + 1} = mul i64 %n{k}, %d{k}\n"
    return (
        MAIN
        + word("frame", layout.input_data(0), "a")
        + f"%dims = getelementptr i64, ptr %frame, i64 {layout.input_data(0) + 1}\n"
        + counts
        + new_array(layout.slot(0), x.dtype, x.ndim, "%dims")
        + f"""br label %test
test:
  %i = phi i64 [0, %out_good], [%j, %body]
  %more = icmp slt i64 %i, %n{x.ndim}
  br i1 %more, label %body, label %done
body:
  %from = getelementptr i8, ptr %a, i64 %i
  %to = getelementptr i8, ptr %out, i64 %i
  %byte = load i8, ptr %from
  store i8 %byte, ptr %to
  %j = add i64 %i, 1
  br label %test
done:
  ret i32 0
}}
"""
    )


class SlowPathError(TypeError):
    """The slow path was taken, and told not to help."""


class Program(FunctionBase):
    """A callable whose slow path converts with NumPy when `convert` is set, and else complains."""

    convert = False

    def __init__(self, spec: EntrySpec, main: str, words: Sequence[Any] = (), **options: Any) -> None:
        self.spec = spec
        self.slow_calls = 0
        self.code = jit.compile_module(print_entry(spec) + module_of(main), **options)
        kept = (Fallback(self), OnError(), *words)
        install(self, self.code, make_context([id(x) for x in kept], kept))

    def _fallback(self, *args: Any, **kwargs: Any) -> Any:
        self.slow_calls += 1
        if kwargs or len(args) != len(self.spec.inputs) or not self.convert:
            raise SlowPathError(f"{len(args)} arguments, keywords {sorted(kwargs)}")
        return self(
            *[np.ascontiguousarray(a, x.dtype).reshape(np.shape(a)) for a, x in zip(args, self.spec.inputs)]
        )


class Fallback:
    """Refers to its function weakly: contexts keep it."""

    def __init__(self, function: Program) -> None:
        self.function = weakref.ref(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function()._fallback(*args, **kwargs)


class OnError:
    def __call__(self, code: int, operands: tuple[int, ...], args: tuple[Any, ...]) -> None:
        raise ArithmeticError(code, operands, args)


def scalar_product(**fields: Any) -> Program:
    x = ArraySpec("float64", (), **fields)
    spec = EntrySpec([x, x], [], n_slots=1, n_outputs=1)
    return Program(spec, multiply(spec.layout))


def identity(x: ArraySpec) -> Program:
    spec = EntrySpec([x], [], n_slots=1, n_outputs=1)
    return Program(spec, copy(spec.layout, x))


def storage_spec(inputs: Sequence[InputSpec], storages: Sequence[InputSpec], **fields: Any) -> EntrySpec:
    """Storages get the words after the fixed ones, in order."""
    placed = [replace(x, word=abi.FIRST_FREE + k) for k, x in enumerate(storages)]
    return EntrySpec(inputs, placed, **fields)
