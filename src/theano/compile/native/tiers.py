"""Which form of a program's code is at work: one that is made quickly, or the fast one."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from theano.base.flag_table import config
from theano.base.progress import stage
from theano.base.user_warnings import warn_user
from theano.compile.native.code import ProgramCode
from theano.native.support import provisional
from theano.runtime import abi, fork
from theano.runtime.jit import CodeObject
from theano.runtime.workers import Started, compilers

# Who lets fast code take the place of provisional code.
LINKING = threading.RLock()
fork.hold("executors", LINKING.acquire, LINKING.release)


class Linked(NamedTuple):
    """Code by the form of its results, the function's own context words, and what must stay alive for them."""

    code: dict[str, CodeObject]
    words: list[int]
    keep: list[Any]


class Tiers:
    """The form of a program's code that is at work, and when the next one takes its place.

    Attributes
    ----------
    linked
        The code that is at work.
    is_first
        Whether it is the first form, of which a thread makes the fast one meanwhile (`fast`) once it has computed for
        long.
    is_provisional
        Whether functions wait for what they call, which their second call has made well.
    """

    def __init__(self, program: ProgramCode) -> None:
        self.program = program
        self.linked = Linked({}, [], [])
        self.is_first = False
        self.is_provisional = False
        self.fast: Started[dict[str, CodeObject]] | None = None

    def get_ready(self, result: str) -> None:
        """Find or make code, once, and all that it calls."""
        if self.linked.code:
            return
        stage("looking in the cache")
        program = self.program
        known_as = program.known_as(result)
        kept = program.kept(result, known_as)
        has_first = config.quick_start and not program.is_endless() and not program.is_profiled()
        first = self.is_first = kept is None and has_first
        if program.meets_provisional() and (not first or program.needs_all()):
            provisional.complete()
        self.is_provisional = program.meets_provisional()
        code = kept or program.compiled(result, known_as, first)
        self.linked = Linked({result: code}, *program.addresses())

    def at_work(self, result: str) -> tuple[Linked, CodeObject]:
        """What is linked, and of it the code for one form of results."""
        linked = self.linked
        code = linked.code.get(result)
        if code is None:
            code = linked.code[result] = self.program.compiled(result, self.program.known_as(result), self.is_first)
        return linked, code

    def is_used_up(self, at_once: bool = False) -> bool:
        """Whether the first form may go on no longer; `at_once`: not even while a thread makes the fast one."""
        return self._is_worn and (at_once or not self._goes_on())

    @property
    def _is_worn(self) -> bool:
        """Whether the first form has done all that it may."""
        return self.is_first and self.program.spent.value >= abi.ENDLESS

    def _goes_on(self) -> bool:
        """Whether a worn first form may compute once more as much, because a thread is making the fast one."""
        if self.fast is None:
            self.fast = Started(self._make_fast, always=True)
        if self.fast.is_over():
            return False
        self.program.spent.value = 0
        return True

    def _make_fast(self) -> dict[str, CodeObject]:
        """The fast form of what there is; the first one leaves it the next call."""
        program = self.program
        code = {result: program.compiled(result, program.known_as(result), False) for result in list(self.linked.code)}
        program.spent.value = abi.ENDLESS
        return code

    def _made_fast(self) -> dict[str, CodeObject] | None:
        """The fast form; None where it can't be made, so that the first form goes on for good."""
        fast, self.fast = self.fast, None
        try:
            return self._make_fast() if fast is None else fast.result()
        except Exception as error:  # whatever it is, there is code that works
            self.program.spent.value = -abi.ENDLESS
            problem = f"{type(error).__name__}: {error}".rstrip()
            name = f" {self.program.plan.name!r}" if self.program.plan.name else ""
            warn_user(
                f"the fast code of the function{name} could not be made, so it goes on with code that computes one "
                f"element after the other ({problem}). Unless memory was short, please report this.",
                RuntimeWarning,
            )
            return None

    def link(self, callees: bool) -> bool:
        """Go over to the fast form of the code, if it has computed for long, and of all that it calls.

        Without `callees` these may wait for the next call, unless this one is long or threads make both side by side.
        Where the fast form can't be made, the first one goes on for good, and a warning tells so, once.
        False where nothing was left to do. The caller holds `LINKING`.
        """
        worn, code, needed = self._is_worn, self.linked.code, callees
        callees = self.is_provisional and (
            callees or self.program.spent.value > abi.ENDLESS or compilers() > 1
        )
        if not (worn or callees):
            return False
        completed = Started(provisional.complete) if callees else None
        if worn:
            fast = self._made_fast()
            worn, code = fast is not None, fast or code
        if completed is not None:
            try:
                completed.result()
            except Exception:
                if needed:
                    raise
        self.is_provisional = self.program.meets_provisional()  # before: another thread may complete it meanwhile
        self.linked = Linked(code, *self.program.addresses())
        self.is_first = self.is_first and not worn
        return True
