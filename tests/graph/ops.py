"""Small ops on Python objects, for tests of graphs without tensors."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Op, Variable, generic


class Call(Op):
    """Any function of Python objects."""

    __props__ = ("name", "nout")

    def __init__(self, name: str, function: Any = None, nout: int = 1) -> None:
        self.name = name
        self.function = function
        self.nout = nout

    def make_node(self, *inputs: Any) -> Apply:
        variables = [v if isinstance(v, Variable) else generic.make_constant(v) for v in inputs]
        return Apply(self, variables, [generic() for _ in range(self.nout)])

    def perform(self, node: Apply, inputs: Any, output_storage: Any) -> None:
        results = self.function(*inputs)
        for cell, value in zip(output_storage, results if self.nout > 1 else [results], strict=True):
            cell[0] = value

    def __str__(self) -> str:
        return self.name


def _add(*values: Any) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _negate(value: Any) -> Any:
    return -value


add = Call("add", _add)
neg = Call("neg", _negate)
pair = Call("divmod", divmod, 2)


def chain(start: Variable, length: int) -> Any:
    """`length` nodes, each using the one before twice."""
    result = start
    for _ in range(length):
        result = add(result, result)
    return result
