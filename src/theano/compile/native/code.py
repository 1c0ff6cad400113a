"""The code of a lowered program: its text, what the cache knows it by, and what it works with."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

from theano.backend.baseline_form import first_form
from theano.backend.llvm.main import print_module
from theano.base.flag_table import config
from theano.base.garbage import collector_rests
from theano.base.progress import stage
from theano.compile.native.callback import call_of
from theano.compile.plan import FunctionPlan
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops.identity import identity
from theano.loops.schema import expressions, walk
from theano.lower.program import Lowered
from theano.native import linking
from theano.native.support import loading
from theano.runtime import abi, cache, fork
from theano.runtime.entry import EntrySpec, print_entry
from theano.runtime.jit import DEFAULT, CodeObject, Isa, Options, compile_module, kept_module
from theano.runtime.module import Module

# All that a program's text is made by.
PRINTERS = ("runtime", "loops", "backend")

# Expressions are shared within one program by a table of the process: one thread at a time works with it.
LOWERING = threading.RLock()
fork.hold("lowering", LOWERING.acquire, LOWERING.release)


class ProgramCode:
    """Prints a program, compiles it, and finds the addresses that its context holds.

    The module has an entry, of which there is one for each form of what a call returns (`result`).

    Attributes
    ----------
    spent
        Ticks of the clock for which the first form has computed.
    """

    def __init__(self, plan: FunctionPlan, lowered: Lowered, target: Isa) -> None:
        self.plan = plan
        self.lowered = lowered
        self.target = target
        self.spent = ctypes.c_int64()
        self._round = ex.rounds()

    def module(self, result: str, first: bool = False) -> Module:
        """What is compiled, see `NativeExecutor.module`."""
        stage("printing")
        low = self.lowered
        with LOWERING:
            self._share_expressions()
            program = first_form(low.program, self.target) if first else low.program
            if first and config.verify_programs:
                low.verify(program)
            return print_module(program, low.layout, self.target) + print_entry(self._entry(result))

    def _share_expressions(self) -> None:
        """Have what is made now share the program's expressions: the text is the same however late it is asked for."""
        if self._round != ex.rounds():
            program = self.lowered.program
            blocks = [program.main, *(kernel.body for kernel in program.kernels)]
            ex.renew(tuple(e for block in blocks for stmt in walk(block) for e in expressions(stmt)))
            self._round = ex.rounds()

    def _entry(self, result: str) -> EntrySpec:
        low = self.lowered
        releases = any(isinstance(s, hs.ReleaseGil) for s in low.program.main)
        return EntrySpec(
            low.inputs, low.storages, low.n_slots, low.n_outputs, result,  # type: ignore[arg-type]
            updates=self.plan.updates, releases=releases,
        )  # fmt: skip

    def known_as(self, result: str) -> str:
        """What the text follows from, or "" if that can't be told: the program, and the code that prints it."""
        sources = cache.sources(PRINTERS)
        if not sources:
            return ""
        try:
            with LOWERING:
                return "\n".join([sources, repr(self.target), identity(self.lowered.program, self._entry(result))])
        except TypeError:
            return ""

    def kept(self, result: str, known_as: str) -> CodeObject | None:
        """What the cache has."""
        return kept_module(known_as or self.module(result).text())

    def compiled(self, result: str, known_as: str, first: bool) -> CodeObject:
        """The code, by the compiler unless the cache has it; with `first` that of the first form."""

        def module() -> Module:
            made = self.module(result, first)
            if first:
                loading.begin_all()  # its Python runs while LLVM needs no GIL
            return made

        with collector_rests():
            return compile_module(module, Options(level=0) if first else DEFAULT, known_as=known_as)

    def addresses(self) -> tuple[list[int], list[Any]]:
        """The function's own context words, and what must stay alive for them."""
        words: list[int] = []
        keep: list[Any] = []
        for kind, payload in self.lowered.words:
            if kind == "storage":
                words.append(id(self.plan.storages[payload]))
            elif kind == "constant":
                keep.append(payload)
                words.append(payload.ctypes.data)
            elif kind == "object":
                keep.append(payload)
                words.append(id(payload))
            elif kind == "profile":
                keep.append(payload)
                words.append(payload.ctypes.data)
            elif kind == "counter":
                words.append(ctypes.addressof(self.spent))
            elif kind == "callback":
                call = call_of(payload, self.plan.fgraph)
                keep.append(call)
                words.append(id(call))
            else:
                words.append(linking.address(payload))
        return words, keep

    # -- what is known of a program before it runs ---------------------------------------------------------
    def meets_provisional(self) -> bool:
        """Whether anything that the program calls is provisional now; all of it is loaded then."""
        return any([loading.is_provisional(), *map(linking.is_provisional, self._routines())])

    def needs_all(self) -> bool:
        """Whether the program calls what provisional code lacks."""
        calls_back = any(kind == "callback" for kind, _ in self.lowered.words)
        return calls_back or any(map(linking.is_missing_at_first, self._routines()))

    def _routines(self) -> list[str]:
        return [payload for kind, payload in self.lowered.words if kind == "symbol"]

    def is_profiled(self) -> bool:
        """Whether it notes times: those of the code that long programs use are wanted."""
        return any(kind == "profile" for kind, _ in self.lowered.words)

    def is_endless(self) -> bool:
        """Whether nobody can tell how much a call computes."""
        marks = [s.picoseconds for s in self.lowered.program.main if isinstance(s, hs.Work)]
        return any(m.op == "const" and m.value >= abi.ENDLESS for m in marks)
