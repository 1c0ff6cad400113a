"""What an item that is no loop nest asks of whoever writes main."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state.dims import Dims
from theano.lower.state.values import Tensor, Value

# An argument of a kernel or a function: a number, or a pointer (base, offset in elements, type).
Argument = Expr | tuple[str, Expr, str]


class Emitter(Protocol):
    """Writes main, statement by statement."""

    @property
    def dims(self) -> Dims:
        """What is known of lengths."""

    def statement(self, stmt: st.Stmt) -> None:
        """The next statement."""

    def block(self, fill: Callable[[], None]) -> list[st.Stmt]:
        """The statements that `fill` emits, for a statement that holds them."""

    def region_block(self, region: int) -> list[st.Stmt]:
        """The statements of a block of a branch or of the steps of a loop."""

    def call_kernel(self, kernel: st.Kernel, args: list[Argument], ranges: hs.Ranges | None = None) -> None:
        """A call of a kernel; one that equals an earlier kernel is printed once."""

    def symbol(self, name: str) -> int:
        """The context word of an outside function."""

    def bind(self, tensor: Tensor) -> None:
        """Make sure that main has a pointer for a tensor that is about to be written."""

    def pointer(self, value: Value) -> tuple[str, Expr, str]:
        """Where the first element of a value lies."""

    def strided(self, value: Value) -> Value:
        """The same look with explicit offset and strides."""

    def load_scalar(self, name: str, value: Value) -> None:
        """Main's name for a value of one element."""

    def stack_memory(self, name: str, size: int) -> None:
        """Some bytes on the stack, from the beginning of main on."""

    def receive(self, tensor: Tensor, value: Value) -> None:
        """Name data, lengths and (0-d) content of the array that a call-back or a branch has put into a slot."""

    def located(self, tensor: Tensor) -> None:
        """A statement gives a tensor its pointer: no memory is to be made for it."""
