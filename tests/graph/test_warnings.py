"""Warnings point to the line of the user's program, however deep in the package they are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import theano
import theano.tensor as T
from theano.gradient import Lop
from theano.graph import Apply, Op
from theano.random.mrg import guess_n_streams

x, y, v, n = T.dscalar("x"), T.dscalar("y"), T.dvector("v"), T.iscalar("n")


class Unsure(Op):
    """Can't tell its shape, by a mistake."""

    __props__ = ()

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [a.type()])

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        raise ZeroDivisionError("a mistake")

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0]


def _float64() -> None:
    with theano.change_flags(warn_float64="warn"):
        T.dscalar()


CALLS: dict[str, Callable[[], Any]] = {
    "not part of the computational graph": lambda: T.grad(x, y, disconnected_inputs="warn"),
    "not part of .*: y": lambda: Lop([x], [y], [x], disconnected_inputs="warn"),
    "input variable at index 1": lambda: theano.function([x, y], x, on_unused_input="warn"),
    "a variable of dtype float64 is made": _float64,
    "number of substreams is not known": lambda: guess_n_streams((n,), warn=True),
    "Failed to infer_shape from Op": lambda: theano.function([v], Unsure()(v).shape),
}


@pytest.mark.parametrize("text", CALLS)
def test_the_line_of_the_user(text: str) -> None:
    with pytest.warns(UserWarning, match=text) as caught:
        CALLS[text]()
    assert {warning.filename for warning in caught} == {__file__}
