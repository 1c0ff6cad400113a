"""`DebugMode`: run everything in several ways and complain where they differ.

Each call runs the graph as it was written, the rewritten graph, and, where available, the compiled program.
Every node of the rewritten graph is checked on the way: its outputs must be valid values of their types,
finite, and it may write or return only such memory of its inputs as its op declares.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.check.nanguardmode import contains_inf, contains_nan, is_inexact
from theano.compile.mode import Linker, Mode, special_modes
from theano.compile.perform_vm import PerformExecutor
from theano.compile.plan import EXECUTORS, Executor, FunctionPlan
from theano.compile.shared_variables.variables import detached_copy
from theano.compile.times.profiling import ProfileStats
from theano.graph import Apply, Op, Variable, io_toposort
from theano.graph.op import evaluate, overwritten_by
from theano.rewrite.engine.registry import RULES
from theano.rewrite.engine.trace import WATCHERS
from theano.tensor.elemwise import Elemwise


class DebugModeError(Exception):
    """Something `DebugMode` found."""


class InvalidValueError(DebugModeError):
    """A node computed a value that is not of its type, or not finite."""

    def __init__(
        self,
        r: Variable,
        v: Any = None,
        client_node: Any = None,
        hint: Any = "none",
        specific_hint: Any = "none",
    ) -> None:
        super().__init__(r, v, client_node, hint, specific_hint)
        self.r, self.v, self.client_node, self.hint, self.specific_hint = (
            r,
            v,
            client_node,
            hint,
            specific_hint,
        )

    @property
    def full_err(self) -> str:
        """The text of the error."""
        return str(self)

    def __str__(self) -> str:
        dtype, shape = getattr(self.v, "dtype", None), getattr(self.v, "shape", None)
        return (
            f"InvalidValueError\n        type(variable) = {self.r.type}\n        variable       = {self.r}\n"
            f"        type(value)    = {type(self.v)}\n        dtype(value)   = {dtype}\n"
            f"        shape(value)   = {shape}\n        hint           = {self.hint}\n"
            f"        specific_hint  = {self.specific_hint}\n        node           = {self.r.owner}"
        )


class BadDestroyMap(DebugModeError):
    """A node changed an input that its op does not declare in `destroy_map`."""

    def __init__(self, node: Apply, idx: int, old_val: Any, new_val: Any, perform: str) -> None:
        super().__init__(node, idx, old_val, new_val, perform)
        self.node, self.idx, self.old_val, self.new_val, self.perform = node, idx, old_val, new_val, perform

    def __str__(self) -> str:
        return (
            f"BadDestroyMap: {self.node} changed its input {self.idx} ({self.node.inputs[self.idx]}), "
            f"which the "
            f"destroy_map {self.node.op.destroy_map} of its op does not allow.\n  value before: "
            f"{self.old_val}\n"
            f"  value after:  {self.new_val}\n  by: {self.perform}"
        )


class BadViewMap(DebugModeError):
    """An output of a node shares memory that its op does not declare in `view_map`."""

    def __init__(
        self,
        node: Apply,
        output_idx: int,
        out_storage: Any,
        in_alias_idx: Any = None,
        out_alias_idx: Any = None,
    ) -> None:
        super().__init__(node, output_idx, out_storage, in_alias_idx, out_alias_idx)
        self.node, self.output_idx, self.out_storage = node, output_idx, out_storage
        self.in_alias_idx, self.out_alias_idx = in_alias_idx, out_alias_idx

    def __str__(self) -> str:
        return (
            f"BadViewMap: output {self.output_idx} of {self.node} shares memory with inputs "
            f"{self.in_alias_idx} and "
            f"outputs {self.out_alias_idx}; its op has view_map {self.node.op.view_map} and destroy_map "
            f"{self.node.op.destroy_map}"
        )


class BadOptimization(DebugModeError):
    """The rewritten graph computes another value than the graph as written.

    Parameters
    ----------
    old_r, new_r
        The variable as written, and what took its place.
    old_r_val, new_r_val
        Their values.
    reason
        The rewrite, if it is known.
    old_graph, new_graph
        Texts of both graphs.
    """

    old_r: Any = None
    new_r: Any = None
    old_r_val: Any = None
    new_r_val: Any = None
    reason: Any = None
    old_graph = ""
    new_graph = ""

    def __init__(
        self,
        old_r: Any,
        new_r: Any = None,
        old_r_val: Any = None,
        new_r_val: Any = None,
        reason: Any = None,
        old_graph: str | None = None,
        new_graph: str | None = None,
    ) -> None:
        super().__init__(old_r, new_r, old_r_val, new_r_val, reason)
        self.old_r, self.new_r = old_r, new_r
        self.old_r_val, self.new_r_val, self.reason = old_r_val, new_r_val, reason
        self.old_graph, self.new_graph = old_graph or "", new_graph or ""

    def str_diagnostic(self) -> str:
        """What differs, in several lines."""
        reason = "rewriting" if self.reason is None else self.reason
        text = (
            f"BadOptimization Error\n  Variable: {self.old_r}, rewritten to {self.new_r} ({reason})\n"
            f"  value as written: {self.old_r_val}\n  value rewritten:  {self.new_r_val}"
        )
        for title, graph in (("as written", self.old_graph), ("rewritten", self.new_graph)):
            text += f"\n  graph {title}:\n{graph}" if graph else ""
        return text

    @property
    def full_err(self) -> str:
        """The same."""
        return self.str_diagnostic()

    def __str__(self) -> str:
        return self.str_diagnostic()


class BadThunkOutput(DebugModeError):
    """Two ways of running the same graph give different values."""

    r: Any = None
    thunk1 = ""
    val1: Any = None
    thunk2 = ""
    val2: Any = None

    def __init__(
        self, r: Variable, thunk1: str, val1: Any, thunk2: str, val2: Any, inputs_val: Any = ()
    ) -> None:
        super().__init__(r, thunk1, val1, thunk2, val2, inputs_val)
        self.r, self.thunk1, self.val1, self.thunk2, self.val2 = r, thunk1, val1, thunk2, val2
        self.inputs_val = inputs_val

    def offending_op(self) -> Any:
        """The op that made the value."""
        return self.r.owner.op if self.r.owner is not None else None

    def str_diagnostic(self) -> str:
        """What differs, in several lines."""
        return (
            f"BadThunkOutput\n  variable: {self.r} of type {self.r.type}, made by {self.r.owner}\n"
            f"  {self.thunk1}: {self.val1}\n  {self.thunk2}: {self.val2}"
        )

    def __str__(self) -> str:
        return self.str_diagnostic()


class StochasticOrder(DebugModeError):
    """Rewriting the same graph twice gives different graphs."""


class DebugMode(Mode):
    """Check all computations in several ways; very slow.

    Parameters
    ----------
    optimizer
        As for `Mode`.
    stability_patience
        Accepted for older programs.
    check_c_code, check_py_code
        Run the compiled program; check every node run by Python.
    check_isfinite
        Complain of NaN and infinities.
    check_preallocated_output, require_matching_strides, linker
        Accepted for older programs.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=theano.compile.DebugMode())(1)
    array(2.)
    """

    keep_original = True
    stability_patience = 10
    check_c_code = True
    check_py_code = True
    check_isfinite = True
    check_preallocated_output: Any = None
    require_matching_strides: Any = None

    def __init__(
        self,
        optimizer: Any = "fast_run",
        stability_patience: int | None = None,
        check_c_code: bool | None = None,
        check_py_code: bool | None = None,
        check_isfinite: bool | None = None,
        check_preallocated_output: Any = None,
        require_matching_strides: Any = None,
        linker: Any = None,
    ) -> None:
        super().__init__(Linker("debug", "debug"), optimizer)
        flags = config.DebugMode
        self.stability_patience = flags.patience if stability_patience is None else stability_patience
        self.check_c_code = flags.check_c if check_c_code is None else check_c_code
        self.check_py_code = flags.check_py if check_py_code is None else check_py_code
        self.check_isfinite = flags.check_finite if check_isfinite is None else check_isfinite
        self.check_preallocated_output = check_preallocated_output
        self.require_matching_strides = require_matching_strides
        if not (self.check_c_code or self.check_py_code):
            raise ValueError("DebugMode has to check at least one of c and py code")

    def __str__(self) -> str:
        return f"DebugMode(linker={self.provided_linker}, optimizer={self.provided_optimizer})"


def check_eq(var: Variable, val1: Any, val2: Any) -> bool:
    """Whether two values of a variable are about equal, as ``var.tag.values_eq_approx`` says, or else its type."""
    compare = getattr(var.tag, "values_eq_approx", None) or var.type.values_eq_approx
    return bool(compare(val1, val2))


class _NodeCheck:
    """Observes one executor: compares each node's inputs before and after, and looks at its outputs."""

    def __init__(self, check_isfinite: bool) -> None:
        self.check_isfinite = check_isfinite
        self._before: list[Any] = []

    def before(self, i: int, node: Apply, inputs: list[Any], cells: list[list[Any]]) -> None:
        self._before = [detached_copy(v) if isinstance(v, np.ndarray) else None for v in inputs]

    def after(self, i: int, node: Apply, inputs: list[Any], cells: list[list[Any]]) -> None:
        self._check_outputs(node, cells)
        self._check_inputs(node, inputs)
        self._check_views(node, inputs, cells)

    def _check_outputs(self, node: Apply, cells: list[list[Any]]) -> None:
        for variable, (value,) in zip(node.outputs, cells, strict=True):
            if not variable.type.is_valid_value(value):
                raise InvalidValueError(
                    variable,
                    value,
                    hint="perform output",
                    specific_hint=variable.type.value_validity_msg(value),
                )
            if self.check_isfinite and (contains_nan(value) or contains_inf(value)):
                raise InvalidValueError(variable, value, hint="perform output", specific_hint="not finite")

    def _check_inputs(self, node: Apply, inputs: list[Any]) -> None:
        allowed = overwritten_by(node.op)
        for k, (old, new) in enumerate(zip(self._before, inputs, strict=True)):
            if old is not None and k not in allowed and not np.array_equal(_bytes(old), _bytes(new)):
                raise BadDestroyMap(node, k, old, new, "perform")

    def _check_views(self, node: Apply, inputs: list[Any], cells: list[list[Any]]) -> None:
        for k, (value,) in enumerate(cells):
            if not isinstance(value, np.ndarray):
                continue
            allowed = _sources(node.op, k)
            wrong = [i for i, v in enumerate(inputs) if i not in allowed and _overlap(v, value)]
            apart = [i for i in range(k) if not allowed & _sources(node.op, i)]
            others = [i for i in apart if _overlap(cells[i][0], value)]
            if wrong or others:
                raise BadViewMap(node, k, value, in_alias_idx=wrong, out_alias_idx=others)


def _sources(op: Op, output: int) -> set[int]:
    """The inputs whose memory `output` may have."""
    return {*op.view_map.get(output, ()), *op.destroy_map.get(output, ())}


def _overlap(a: Any, b: np.ndarray) -> bool:
    return isinstance(a, np.ndarray) and np.may_share_memory(a, b)


def _bytes(array: np.ndarray) -> np.ndarray:
    return np.frombuffer(array.tobytes(), dtype="uint8")


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc"


class _Losses:
    """Observes the graph as written: which nodes lose the number that is meant, `nodes`.

    They make an infinity or a zero of finite numbers none of which is zero: ``exp(1000)`` overflows, ``exp(-1000)``
    underflows, ``1 - sigmoid(40)`` is rounded to nothing. ``log(0)`` and ``sqrt(-1)`` are what they are. Of operations
    that are not point-wise each number may come of all, and they may have steps inside that lose one:
    ``softmax([1000, 0])`` is [1, 0]. But ``v[::-1]`` loses nothing, and where operations are linear, as
    ``concatenate([v, w])`` and ``v.sum()``, a zero may come of a zero.
    """

    def __init__(self) -> None:
        self.nodes: set[Apply] = set()

    def after(self, i: int, node: Apply, inputs: list[Any], cells: list[list[Any]]) -> None:
        op = node.op
        if op.costs_nothing or op.view_map:  # what it makes are numbers that were given, in other places
            return
        given = [x for x in inputs if _is_numeric(x)]
        made = [value for (value,) in cells if is_inexact(value)]
        if isinstance(op, Elemwise):
            sound: Any = functools.reduce(np.logical_and, [np.isfinite(x) & (x != 0) for x in given], True)
            lost = [sound & (np.isinf(value) | (value == 0)) for value in made]
        else:
            linear = [x for k, x in enumerate(inputs) if k in op.linear_in or k in op.jointly_linear_in]
            zeros = any((x == 0).any() for x in linear if _is_numeric(x))
            sound = all(np.isfinite(x).all() for x in given)
            lost = [sound & (~np.isfinite(value) | (not zeros) & (value == 0)) for value in made]
        if any(places.any() for places in lost):
            self.nodes.add(node)


class DebugExecutor(Executor):
    """Runs a plan in all ways and compares the results."""

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> DebugExecutor:
        assert isinstance(mode, DebugMode)
        return cls(plan, mode, profile)

    def __init__(self, plan: FunctionPlan, mode: DebugMode, profile: ProfileStats | None) -> None:
        self.plan, self.mode = plan, mode
        check = _NodeCheck(mode.check_isfinite)
        observers = (check.before, check.after) if mode.check_py_code else (None, None)
        self.checked = PerformExecutor(plan, profile, *observers)
        self.original: Any = None
        if plan.original is not None:
            self._losses = _Losses()
            self.original = PerformExecutor(_with_graph(plan, plan.original), None, None, self._losses.after)
        native = EXECUTORS.get("native")
        self.native = native.make(plan, mode, None) if native is not None and mode.check_c_code else None

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        before = self._stored()
        results = self.checked(values)  # first: what its nodes do wrong has errors of its own
        after = self._stored()
        self._store(before)
        self._compare([*results, *(after[k] for k in self.plan.updates)], values)
        self._store(after)
        return results

    def _compare(self, results: list[Any], values: Sequence[Any]) -> None:
        """All results of the checked graph with those of the graph as written, and of the compiled program."""
        outputs = self.plan.fgraph.outputs
        if self.original is not None:
            written = self.original.plan.fgraph.outputs
            self._losses.nodes.clear()
            for k, (value, expected) in enumerate(zip(results, self._results(self.original, values), strict=True)):
                if not check_eq(outputs[k], expected, value) and not self._saved(written[k], expected, value):
                    raise BadOptimization(written[k], outputs[k], expected, value, self._culprit(values))
        if self.native is not None:
            for k, (value, compiled) in enumerate(zip(results, self._results(self.native, values), strict=True)):
                if not check_eq(outputs[k], compiled, value):
                    raise BadThunkOutput(outputs[k], "perform", value, "compiled", compiled, values)

    def _culprit(self, values: Sequence[Any]) -> str | None:
        """The name of the first rule that changes a value, None if there is none: the graph is rewritten once more."""
        graph = self.original.plan.fgraph.clone()
        given = dict(zip(graph.inputs, [*values, *self._stored()], strict=True))
        found: list[str] = []

        def watch(rule: str, old: Variable, new: Variable) -> None:
            if not found:
                before, after = evaluate([old, new], given)
                if not check_eq(old, before, after):
                    found.append(rule)

        WATCHERS.append(watch)
        try:
            self.mode.rewrite(graph)
        except Exception:  # the error that is at hand must be raised, with or without a name
            return found[0] if found else None
        finally:
            WATCHERS.remove(watch)
        return found[0] if found else None

    def _saved(self, written: Variable, expected: Any, value: Any) -> bool:
        """Whether values differ only where that of the graph as written is not finite, since a number was lost on the
        way to it (see `_Losses`), that of the rewritten graph is, and a rule that prevents such losses has fired."""
        trace: Any = getattr(self.plan.fgraph, "rewrite_trace", ())
        if not any("stabilize" in RULES[step.rule].tags for step in trace if step.rule in RULES):
            return False
        if not is_inexact(expected) or not is_inexact(value) or expected.shape != value.shape:
            return False
        saved = ~np.isfinite(expected) & np.isfinite(value)
        if not saved.any() or self._losses.nodes.isdisjoint(io_toposort([], [written])):
            return False
        return check_eq(written, np.where(saved, value, expected), value)

    def _stored(self) -> list[Any]:
        return [storage[0] for storage in self.plan.storages]

    def _store(self, values: list[Any]) -> None:
        for storage, value in zip(self.plan.storages, values, strict=True):
            storage[0] = value

    def _results(self, executor: Any, values: Sequence[Any]) -> list[Any]:
        """All outputs of the graph, new values of shared variables included; the old values are put back."""
        before = self._stored()
        self._store([detached_copy(value) for value in before])
        try:
            returned = executor([detached_copy(value) for value in values])
            return [*returned, *(self.plan.storages[k][0] for k in self.plan.updates)]
        finally:
            self._store(before)


def _with_graph(plan: FunctionPlan, fgraph: Any) -> FunctionPlan:
    return FunctionPlan(fgraph, plan.inputs, plan.n_outputs, plan.storages, plan.updates, plan.borrow, plan.name)


EXECUTORS["debug"] = DebugExecutor
special_modes["DebugMode"] = special_modes["DEBUG_MODE"] = DebugMode
