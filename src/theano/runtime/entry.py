"""Prints `@entry`, the function CPython calls: it reads the arguments, runs `@main` and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from theano.runtime.abi import FrameLayout, InputSpec

__all__ = ["EntrySpec", "print_entry"]


@dataclass(frozen=True, slots=True)
class EntrySpec:
    """All that the entry point of one function depends on.

    Parameters
    ----------
    inputs : positional inputs; what is not given positionally takes the slow path.
    storages : shared variables; their `word` is the context word of the Python list whose item 0 is the value.
    n_slots : object slots of the frame, outputs first.
    n_outputs : how many of them are returned.
    result : 'single' (the array itself), 'list' (a list of n), 'none' (an empty list).
    wrap : context word of a Python callable applied to the result (dict results), or None.
    trust_input : skip checks of the values (lengths of broadcast axes, overlap with updated storage) that cannot
        make the process fail. Types, dtypes, ndim, contiguity and alignment are checked always.
    """

    inputs: Sequence[InputSpec]
    storages: Sequence[InputSpec]
    n_slots: int
    n_outputs: int
    result: Literal["single", "list", "none"] = "single"
    wrap: int | None = None
    trust_input: bool = False

    @property
    def layout(self) -> FrameLayout:
        return FrameLayout(self.inputs, self.storages, self.n_slots)


def print_entry(spec: EntrySpec) -> str:
    """LLVM IR text of `@entry` for `spec`; the module must also define `@main`."""
    raise NotImplementedError
