"""Whether compiled code calls Python."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.runtime.jit import isa


def calls_back(f: Any) -> bool:
    """Whether a function calls Python in the middle."""
    return any(isinstance(s, hs.CallBack) for s in st.walk(f.executor.lowered.program.main))


def is_native(f: Any) -> bool:
    """Whether a function calls Python for nothing, or only for float16 where the processor cannot convert that."""
    called = [thing for kind, thing in f.executor.lowered.words if kind == "callback"]
    return not called or (not isa().has_f16c and all(_has_half(thing) for thing in called))


def _has_half(thing: Any) -> bool:
    return isinstance(thing, Apply) and any(v.dtype == "float16" for v in (*thing.inputs, *thing.outputs))
