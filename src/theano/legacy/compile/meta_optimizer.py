"""`LocalMetaOptimizer`: of several rewrites of a node the one whose result runs fastest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.base.user_warnings import warn_user
from theano.compile.function import function
from theano.compile.shared_variables.variables import SharedVariable, shared
from theano.graph import Apply, Constant, Variable
from theano.legacy.rewrite.node_rewrites import LocalOptimizer


class LocalMetaOptimizerSkipAssertionError(AssertionError):
    """An op raises it when a function is compiled to tell `LocalMetaOptimizer` that it is not for this node."""


class LocalMetaOptimizer(LocalOptimizer):
    """Compiles what each of several rewrites makes of a node, and takes what runs fastest.

    Derive a class, whose `provide_inputs` gives values to run with, and register rewrites of nodes with it.

    Attributes
    ----------
    verbose
        Whether it prints the times.
    track_dict, tag_dict
        The rewrites by op class, and by tag.

    Examples
    --------
    >>> from theano.gof import OpSub
    >>> from theano.gof.opt import LocalMetaOptimizer
    >>> class Fastest(LocalMetaOptimizer):
    ...     def provide_inputs(self, node, inputs):
    ...         return {v: theano.shared(np.ones((100,) * v.ndim)) for v in inputs}
    >>> fastest = Fastest()
    >>> fastest.register(OpSub(T.tanh, T.sinh), ["mine"])
    >>> fastest.transform(T.tanh(T.dvector("x")).owner)
    [Elemwise{sinh,no_inplace}.0]
    """

    verbose = False
    # How often each candidate is timed; the best time counts.
    repeats = 3

    def __init__(self) -> None:
        self.track_dict: dict[type, list[Any]] = {}
        self.tag_dict: dict[str, list[Any]] = {}
        self.optimizers: list[Any] = []
        self._choosing = False

    def register(self, optimizer: Any, tag_list: Iterable[str]) -> None:
        """Add a rewrite of nodes that says which ops it tracks."""
        tracked = optimizer.tracks()
        if not tracked:
            raise TypeError(f"{optimizer} must say which ops it tracks: @local_optimizer([op])")
        self.optimizers.append(optimizer)
        for op in tracked:
            self.track_dict.setdefault(op if isinstance(op, type) else type(op), []).append(optimizer)
        for tag in tag_list:
            self.tag_dict.setdefault(tag, []).append(optimizer)

    def tracks(self) -> Sequence[Any] | None:
        return list(self.track_dict) or None

    def get_opts(self, node: Apply) -> list[Any]:
        """The rewrites to try for a node: those that track the class of its op."""
        return self.track_dict.get(type(node.op), [])

    def provide_inputs(self, node: Apply, inputs: Iterable[Variable]) -> dict[Variable, SharedVariable]:
        """Shared variables with values to run with, for those of `inputs` for which there can be some."""
        return {}

    def time_call(self, fn: Callable[[], Any]) -> float:
        """The seconds of a call."""
        start = time.perf_counter()
        fn()
        return time.perf_counter() - start

    def transform(self, node: Apply) -> Any:
        if self._choosing or not self.get_opts(node):  # what is tried is rewritten too
            return False
        self._choosing = True
        try:
            return self._fastest(node)
        finally:
            self._choosing = False

    def _fastest(self, node: Apply) -> Any:
        values = self._values(node)
        if values is None:
            return False
        best: tuple[float, Any] = (float("inf"), False)
        for opt in self.get_opts(node):
            outputs = opt.transform(node)
            if not outputs:
                continue
            try:
                fn = function([], outputs, givens=values, on_unused_input="ignore")
                seconds = min(self.time_call(fn) for _ in range(self.repeats))
            except LocalMetaOptimizerSkipAssertionError:
                continue
            except Exception as error:
                warn_user(f"{self}: {opt} was not tried: {type(error).__name__}: {error}")
                continue
            if self.verbose:
                print(f"{self}: {opt} takes {seconds:.3g} s for {node}")
            best = min(best, (seconds, outputs), key=lambda pair: pair[0])
        return best[1]

    def _values(self, node: Apply) -> dict[Variable, Variable] | None:
        """Values for what the node reads: test values, or those of `provide_inputs`; None if one has none."""
        known: dict[Variable, Variable] = {}
        for v in dict.fromkeys(node.inputs):
            if isinstance(v, (SharedVariable, Constant)):
                known[v] = v
            elif hasattr(v.tag, "test_value"):
                known[v] = shared(v.tag.test_value)
        known.update(self.provide_inputs(node, [v for v in dict.fromkeys(node.inputs) if v not in known]))
        missing = [v for v in node.inputs if v not in known]
        if missing:
            if self.verbose:
                print(f"{self}: no values for {', '.join(map(str, missing))} of {node}: provide_inputs gives none")
            return None
        return {v: value for v, value in known.items() if v is not value}
