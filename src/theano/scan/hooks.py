"""What scan needs of `theano.compile`, a layer above: set by the alias table once all layers are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

#: ``compile_step(inputs, outputs, mode)``: a function from the values of the inputs to those of the outputs.
compile_step: Callable[[Sequence[Any], Sequence[Any], Any], Callable[[Sequence[Any]], list[Any]]]

#: The dict of updates that `scan` returns.
OrderedUpdates: Callable[..., Any]
