"""What an executor is told about a function: its graph, and where values come from and go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from theano.base.record import Record, field
from theano.compile.io import In, Outputs
from theano.compile.mode import Mode
from theano.compile.times.profiling import ProfileStats
from theano.graph import FunctionGraph


class FunctionPlan(Record):
    """The graph of a function and the meaning of its inputs and outputs.

    Attributes
    ----------
    fgraph
        Rewritten graph. Inputs: explicit inputs, then shared variables. Outputs: explicit outputs (then new
        values of inputs with an update), then new values of shared variables.
    inputs
        One `In` for each explicit input: `strict`, `allow_downcast`, `mutable`, `implicit`, `value`,
        `update`.
    n_outputs
        How many of the outputs are returned by the executor; the others are stored by it.
    storages
        `container.storage` of each shared variable, in the order of the graph's inputs.
    updates
        ``updates[k]``: index into `storages` that output ``n_outputs + k`` is stored in.
    borrow
        For each returned output: it may share memory with anything.
    original
        The graph before rewriting, if the mode has `keep_original`.
    """

    fgraph: FunctionGraph
    inputs: list[In]
    n_outputs: int
    storages: list[list[Any]] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    borrow: list[bool] = field(default_factory=list)
    name: str | None = None
    original: FunctionGraph | None = None

    @property
    def n_inputs(self) -> int:
        return len(self.inputs)

    @property
    def plain(self) -> bool:
        """Every call can be made without Python: no states, no hidden inputs."""
        return not any(i.update is not None or i.implicit for i in self.inputs)


class Maker(Protocol):
    """What functions and their copies know of the `FunctionMaker` that has made them."""

    mode: Mode
    inputs: list[In]
    returned: Outputs
    fgraph: FunctionGraph
    plan: FunctionPlan
    profile: ProfileStats | None
    function_builder: Callable[..., Any]
    is_copy: bool

    def create(self, input_storage: Sequence[Any] | None = None) -> Any:
        """A function; `input_storage` gives values (or containers) for inputs, overriding their defaults."""


class Executor:
    """Runs a function on values that have passed `Type.filter`.

    A call returns the first `FunctionPlan.n_outputs` outputs and stores the new values of shared variables, either
    all of them or, when it raises, none.
    """

    looks_inside: bool = False
    """Whether it checks itself that the arrays of a value of several arrays fit together."""
    wants_arrays: bool = False
    """Whether graphs are to be written in terms of arrays, see `theano.graph.expansion`."""

    notes_times: bool = False
    """Whether it counts calls, and their time, itself."""

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> Executor:
        """The executor of a mode: one of this class, or another that takes its place."""
        raise NotImplementedError

    @staticmethod
    def begin() -> None:
        """Called while there is no plan yet: before the graph is rewritten."""

    def attach(self, function: Any) -> None:
        """Called once for each `Function`, which may be given an entry of its own."""

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        raise NotImplementedError


EXECUTORS: dict[str, type[Executor]] = {}
"""Executors by name: "perform" and, where it is available, "native"; each registers itself when imported."""


def executors_of(mode: Mode) -> type[Executor]:
    """The executors of a mode, "perform" where its own are not available."""
    return EXECUTORS.get(mode.executor) or EXECUTORS["perform"]
