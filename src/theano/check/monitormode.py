"""`MonitorMode`: call functions of the user around every node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.check.nanguardmode import contains_nan
from theano.compile.linkers import LocalLinker, NodeThunk, OpWiseCLinker, PerformLinker
from theano.compile.mode import Mode, predefined_linkers
from theano.compile.wrap_linkers import WrapLinker
from theano.graph import Apply

Monitor = Callable[[int, Apply, NodeThunk], Any]


class MonitorMode(Mode):
    """Call functions before and after each node.

    Parameters
    ----------
    pre_func, post_func
        Called as ``func(i, node, fn)``; `fn` has the values as ``fn.inputs[k][0]`` and ``fn.outputs[k][0]``.
    optimizer
        As for `Mode`.
    linker
        Nodes are always run one by one by Python: by their NumPy definitions, or with ``"c|py"`` each by a native
        program of its own.

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
        self.pre_func, self.post_func = pre_func, post_func
        runs_nodes = _local(linker)
        super().__init__(WrapLinker([runs_nodes], self.eval), optimizer)
        self.provided_linker = runs_nodes

    def eval(self, i: int, node: Apply, fn: NodeThunk) -> None:
        """Run one node, `fn()`, between the functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)

    def clone(self, link_kwargs: dict[str, Any] | None = None, optimizer: Any = "", **kwargs: Any) -> MonitorMode:
        """A copy with the same functions, with another optimizer if one is given."""
        twin = super().clone(link_kwargs, optimizer, **kwargs)
        assert isinstance(twin, MonitorMode)
        return twin

    def _with(self, optimizer: Any) -> Mode:
        twin = super()._with(optimizer)
        twin.linker = WrapLinker(twin.linker.linkers, twin.eval)  # type: ignore[attr-defined]
        return twin


def _local(linker: Any) -> LocalLinker:
    """What runs single nodes for the linker that is asked for."""
    if isinstance(linker, str):
        if linker not in predefined_linkers:
            raise ValueError(f"No predefined linker exists for string: {linker}")
        linker = predefined_linkers[linker]
    return linker if isinstance(linker, OpWiseCLinker) else PerformLinker()


def detect_nan(i: int, node: Apply, fn: NodeThunk) -> None:
    """A `post_func` that prints nodes with NaN among their outputs."""
    for output in fn.outputs:
        if contains_nan(output[0]):
            print("*** NaN detected ***")
            print(node)
            print(f"Inputs : {[value[0] for value in fn.inputs]}")
            print(f"Outputs: {[value[0] for value in fn.outputs]}")
            break
