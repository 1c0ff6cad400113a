"""An op that raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.tensor.variable import as_tensor_variable

__all__ = ["Raise"]


class Raise(Op):
    """Stands for a value of the type of its input, and raises an exception when that value is needed.

    Parameters
    ----------
    msg
        What the exception says.
    exc
        Its class.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], theano.ifelse.ifelse(x > 0, T.log(x), Raise("not positive", ValueError)(x)))
    >>> f(1)
    array(0.)
    >>> f(-1)
    Traceback (most recent call last):
        ...
    ValueError: not positive ...
    """

    __props__ = ("msg", "exc")

    def __init__(self, msg: str = "", exc: type[BaseException] = NotImplementedError) -> None:
        self.msg = msg
        self.exc = exc

    def __str__(self) -> str:
        return f"Raise{{{self.exc.__name__}({self.msg})}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        raise self.exc(self.msg)

    def do_constant_folding(self, node: Apply) -> bool:
        return False  # the error belongs to the call that needs the value
