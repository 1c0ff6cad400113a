"""`Workload`: one row of the table, as data; `Case`: one contender's way to do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Sizes = Mapping[str, Any]


class NotAvailable(Exception):
    """Raised by a set-up: this contender cannot do this workload here."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is timed: ``fn(*args)``.

    Attributes
    ----------
    fn, args
        The call, as a user of the contender writes it.
    answers
        ``answers(result of the first call)``: all numbers that the call gave or changed, to be compared with
        NumPy's.
    sync
        ``sync(result)`` waits for a result that is computed asynchronously.
    """

    fn: Callable[..., Any]
    args: tuple[Any, ...] = ()
    answers: Callable[[Any], Any] = lambda result: [result]
    sync: Callable[[Any], Any] | None = None


Setup = Callable[..., Case]


@dataclass(frozen=True, slots=True)
class Target:
    """At most `limit`: times the best of the peers `of` ("best": of all), or in units of the clock (None)."""

    limit: float
    of: str | None = "best"

    def text(self, show: Callable[[float], str]) -> str:
        """For the table; `show` formats a figure of the row's clock."""
        return f"≤ {show(self.limit)}" if self.of is None else f"≤ {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Workload:
    """One row.

    Attributes
    ----------
    name, title
        For the command line; for people.
    target
        What is wanted, or None.
    data
        ``data(**sizes)`` makes the inputs, a tuple that is handed to every set-up.
    setups
        Contender → ``setup(*inputs) -> Case``.
    reference
        The set-up whose answers are right; by default that of "numpy".
    sizes, tiny
        Of the table; of the tests.
    rtol
        Allowed relative difference (also absolute, in units of the largest number).
    clock
        "wall" and "cpu" in seconds, "memory" in bytes, "ratio" of two times (of `scripts`).
    fresh
        None: many calls in one process. "cold": one call a process, with empty caches. "warm": the same with
        the caches that an earlier process left.
    after
        Row whose function was compiled before into the otherwise empty caches of a "cold" process.
    scripts
        Instead of `setups`: a program a contender, run by a fresh interpreter with empty caches, that prints
        the figure.
    group
        Rows of one group stand under one heading.
    asked
        Measured only where its name is asked for.
    """

    name: str
    title: str
    target: Target | None = None
    data: Callable[..., tuple[Any, ...]] = lambda: ()
    setups: Mapping[str, Setup] = field(default_factory=dict)
    reference: Setup | None = None
    sizes: Sizes = field(default_factory=dict)
    tiny: Sizes | None = None
    rtol: float = 1e-10
    clock: Literal["wall", "cpu", "memory", "ratio"] = "wall"
    fresh: Literal["cold", "warm"] | None = None
    after: str | None = None
    scripts: Mapping[str, str] = field(default_factory=dict)
    group: Literal["run", "compile"] = "run"
    asked: bool = False

    @property
    def contenders(self) -> list[str]:
        """Names of those that can take part."""
        return list(self.setups or self.scripts)

    def case(self, contender: str, sizes: Sizes | None = None) -> tuple[Case, Case | None]:
        """A contender's case and, made of inputs of its own, the one that gives the right answers."""
        chosen = self.sizes if sizes is None else sizes
        reference = self.reference or self.setups.get("numpy")
        case = self.setups[contender](*self.data(**chosen))
        return case, None if reference is None else reference(*self.data(**chosen))
