"""`MonitorMode`: call functions of the user around every node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.compile.mode import Mode, Observer, predefined_linkers
from theano.compile.nanguardmode import contains_nan
from theano.graph import Apply


class RunningNode:
    """What a monitor sees of a node: ``fn.inputs`` and ``fn.outputs``, lists of one-item lists."""

    __slots__ = ("inputs", "outputs")

    def __init__(self, inputs: list[Any], outputs: list[list[Any]]) -> None:
        self.inputs = [[value] for value in inputs]
        self.outputs = outputs


Monitor = Callable[[int, Apply, RunningNode], Any]


class MonitorMode(Mode):
    """Call functions before and after each node.

    Parameters
    ----------
    pre_func, post_func
        Called as ``func(i, node, fn)``; `fn` has the values as ``fn.inputs[k][0]`` and ``fn.outputs[k][0]``.
    optimizer
        As for `Mode`.
    linker
        Nodes are always run one by one by Python.

    Examples
    --------
    >>> def show(i, node, fn):
    ...     print(i, node.op, [out[0] for out in fn.outputs])
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], abs(x), mode=theano.compile.MonitorMode(post_func=show))
    """

    def __init__(
        self,
        pre_func: Monitor | None = None,
        post_func: Monitor | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(predefined_linkers["py"], optimizer)
        self.pre_func = pre_func
        self.post_func = post_func

    def observers(self) -> tuple[Observer | None, Observer | None]:
        """What an executor calls before and after each node."""
        return _observer(self.pre_func), _observer(self.post_func)


def _observer(monitor: Monitor | None) -> Observer | None:
    if monitor is None:
        return None
    return lambda i, node, inputs, cells: monitor(i, node, RunningNode(inputs, cells))


def detect_nan(i: int, node: Apply, fn: RunningNode) -> None:
    """A `post_func` that prints nodes with NaN among their outputs."""
    for output in fn.outputs:
        if contains_nan(output[0]):
            print("*** NaN detected ***")
            print(node)
            print(f"Inputs : {[value[0] for value in fn.inputs]}")
            print(f"Outputs: {[value[0] for value in fn.outputs]}")
            break
