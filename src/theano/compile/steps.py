"""The step of a scan as a function: what `Scan.perform` calls in its loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.compile.io import In
from theano.compile.mode import compiler_test_values, get_mode
from theano.compile.plan import FunctionPlan, executors_of
from theano.graph import FunctionGraph


def compile_step(
    inputs: Sequence[Any], outputs: Sequence[Any], mode: Any = None
) -> Callable[[Sequence[Any]], list[Any]]:
    """A function from a list of values of `inputs` to a list of values of `outputs`.

    The results may share memory with the arguments. The mode is FAST_COMPILE if none is given: `Scan.perform`
    is what compiled loops are compared with.
    """
    mode = get_mode("FAST_COMPILE" if mode is None else mode)
    fgraph = FunctionGraph(inputs, outputs, clone=True)
    original = fgraph.clone(check_integrity=False) if mode.keep_original else None
    with compiler_test_values():
        mode.rewrite(fgraph)
    plan = FunctionPlan(
        fgraph=fgraph,
        inputs=[In(v, borrow=True) for v in fgraph.inputs],
        n_outputs=len(fgraph.outputs),
        borrow=[True] * len(fgraph.outputs),
        original=original,
    )
    with compiler_test_values():
        return executors_of(mode).make(plan, mode, None)
