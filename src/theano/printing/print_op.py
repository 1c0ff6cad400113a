"""`Print`: the identity, which shows the value when the function runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.gradient.identity import ViewOp
from theano.graph import Apply, Op, Variable

__all__ = ["Print"]


def _print_fn(op: Print, value: Any) -> None:
    for attr in op.attrs:
        shown = getattr(value, attr)
        print(op.message, attr, "=", shown() if callable(shown) else shown)


class Print(ViewOp):
    """Identity that prints its argument each time the value is computed.

    Parameters
    ----------
    message
        Stands before the value.
    attrs
        Attributes of the value to print; methods are called.
    global_fn
        Called as ``global_fn(op, value)`` instead of printing.

    Examples
    --------
    >>> x = T.dscalar('x')
    >>> f = theano.function([x], Print('x is')(x) * 2)
    >>> f(3.)
    x is __str__ = 3.0
    array(6.)
    """

    # It acts when it runs: it must not be taken for its input.
    decompose = Op.decompose
    __props__ = ("message", "attrs", "global_fn")
    folds_constants = False

    def __init__(
        self,
        message: str = "",
        attrs: Sequence[str] = ("__str__",),
        global_fn: Callable[[Any, Any], None] = _print_fn,
    ) -> None:
        self.message = message
        self.attrs = tuple(attrs)  # a list could not be hashed
        self.global_fn = global_fn

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = inputs[0]
        self.global_fn(self, inputs[0])

    def R_op(
        self, inputs: Sequence[Variable], eval_points: Sequence[Variable | None]
    ) -> list[Variable | None]:
        return list(eval_points)
