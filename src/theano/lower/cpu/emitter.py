"""What loop nests ask of whoever writes main."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.state.builder import Builder
from theano.lower.state.emitter import Emitter
from theano.lower.state.values import Tensor


class NestEmitter(Emitter, Protocol):
    """Writes main, where whole groups are emitted."""

    b: Builder
    groups: dict[int, list[Group]]
    bound: set[Tensor]
    plans: dict[Group, list[NestPlan]]
    whole_of: dict[st.Stmt, st.Stmt]  # of a call for a block of rows the one for all rows

    def prepare(self, group: Group) -> list[Tensor]:
        """See to the memory of a loop nest; what it leaves there."""

    def making(self, group: Group) -> AbstractContextManager[None]:
        """Statements that are made meanwhile are those of a group."""

    def stored_of(self, group: Group) -> list[Tensor]:
        """What a loop nest leaves in memory."""

    def row_buffer(self, type_: str, dims: tuple[Expr, ...]) -> Tensor:
        """Workspace for values that are kept between sweeps."""

    def touch(self, tensor: Tensor) -> None:
        """Record that the current step uses a tensor."""
