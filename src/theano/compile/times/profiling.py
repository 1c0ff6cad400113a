"""Times of functions: `ProfileStats`, and the tables printed of it."""

from __future__ import annotations

import atexit
import copy
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from theano import gradient
from theano.base.flag_table import config
from theano.graph import Apply

if TYPE_CHECKING:
    from theano.compile.times.loop_times import LoopTime

theano_imported_time = time.time()
_printers: list[Callable[..., None]] = []
_to_print_at_exit: list[ProfileStats] = []


def register_profiler_printer(fct: Callable[..., None]) -> Callable[..., None]:
    """Let ``fct(message, compile_time, fct_call_time, apply_time, op_cimpl, message, outputs_size,
    other_time)`` add to printed profiles."""
    _printers.append(fct)
    return fct


class ProfileStats:
    """Counts and seconds of one function.

    A function in native code is compiled with clocks around its loops, products and calls of Python (`loops`). Nodes
    that share a loop share its time, in proportion to what they are estimated to cost. Where Python runs nodes one by
    one (linker "py"), each is measured by itself. A copy or a pickle holds what was measured by then, and can be
    printed.

    Parameters
    ----------
    atexit_print : bool
        Whether the summary is printed when Python ends.
    flag_time_thunks, gpu_checks, **kwargs
        Accepted for older programs; keywords become attributes.

    Attributes
    ----------
    fct_callcount, fct_call_time
        Calls of the function and their time. In native code the time from its first statement to its last; arguments
        that Python must convert first add what that takes.
    vm_call_time
        Part of `fct_call_time` without argument handling.
    apply_time, apply_callcount
        Seconds and calls of each node, by node.
    loops
        What native code has measured: a `LoopTime` for each loop, product and call of other code.
    compile_time, optimizer_time, linker_time, nb_nodes
        About the compilation.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], x ** 2, profile=True)
    >>> f(3.0)
    array(9.)
    >>> f.profile.fct_callcount
    1
    >>> f.profile.summary()     # doctest: +SKIP
    """

    line_width = 80
    compile_time = 0.0
    optimizer_time = 0.0
    validate_time = 0.0
    linker_time = 0.0
    linker_node_make_thunks = 0.0
    linker_make_thunk_time: dict[Any, float] = {}
    import_time = 0.0
    nb_nodes = -1
    optimizer_profile: Any = None
    message: str | None = None
    ignore_first_call = False

    def __init__(
        self,
        atexit_print: bool = True,
        flag_time_thunks: bool | None = None,
        gpu_checks: bool = True,
        **kwargs: Any,
    ) -> None:
        self.flag_time_thunks = True if flag_time_thunks is None else flag_time_thunks
        self.atexit_print = atexit_print
        self.native: list[Any] = []
        self._calls, self._call_time, self._inside = 0, 0.0, 0.0
        self._node_time: dict[Apply, float] = {}
        self._node_calls: dict[Apply, int] = {}
        self._node_native: dict[Apply, bool] = {}
        self.output_size: dict[Any, int] = {}
        self.variable_shape: dict[Any, Any] = {}
        self.variable_strides: dict[Any, Any] = {}
        self.variable_offset: dict[Any, Any] = {}
        for name, value in kwargs.items():
            setattr(self, name, value)
        if atexit_print:
            if not _to_print_at_exit:
                atexit.register(_print_at_exit)
            _to_print_at_exit.append(self)

    def __getstate__(self) -> dict[str, Any]:
        own = {name: dict(value) if isinstance(value, dict) else value for name, value in self.__dict__.items()}
        return {**own, "native": [times.kept() for times in self.native]}

    # ---- collecting ----

    def add_call(self, seconds: float, inside: float) -> None:
        """Count one call of the function."""
        self._calls += 1
        self._call_time += seconds
        self._inside += inside

    def add_overhead(self, seconds: float) -> None:
        """Count the time of a call that native code does not see."""
        self._call_time += seconds

    def add_node(self, node: Apply, seconds: float, cells: Iterable[list[Any]] = ()) -> None:
        """Count one execution of `node`."""
        if not self.flag_time_thunks:
            return
        self._node_time[node] = self._node_time.get(node, 0.0) + seconds
        self._node_calls[node] = self._node_calls.get(node, 0) + 1
        for variable, cell in zip(node.outputs, cells, strict=False):
            if isinstance(cell[0], np.ndarray):
                self.variable_shape[variable] = cell[0].shape
                self.variable_strides[variable] = cell[0].strides
                self.output_size[variable] = cell[0].nbytes

    def reset(self) -> None:
        """Forget all calls."""
        self._calls, self._call_time, self._inside = 0, 0.0, 0.0
        for table in (self._node_time, self._node_calls, self._node_native, self.output_size):
            table.clear()
        for times in self.native:
            times.reset()

    # ---- what was collected (set by older programs: what Python has collected is made to fit) ----

    @property
    def fct_callcount(self) -> int:
        """Calls of the function."""
        return self._calls + sum(times.calls for times in self.native)

    @fct_callcount.setter
    def fct_callcount(self, value: int) -> None:
        self._calls = value - sum(times.calls for times in self.native)

    @property
    def fct_call_time(self) -> float:
        """Their seconds."""
        return self._call_time + sum(times.seconds for times in self.native)

    @fct_call_time.setter
    def fct_call_time(self, value: float) -> None:
        self._call_time = value - sum(times.seconds for times in self.native)

    @property
    def vm_call_time(self) -> float:
        """Their seconds without argument handling."""
        return self._inside + sum(times.seconds for times in self.native)

    @vm_call_time.setter
    def vm_call_time(self, value: float) -> None:
        self._inside = value - sum(times.seconds for times in self.native)

    @property
    def raised_time(self) -> float:
        """Seconds of calls that have raised. They are in no other time of calls, but in those of nodes and loops."""
        return sum(times.raised_seconds for times in self.native)

    @property
    def argument_time(self) -> float:
        """The rest of `fct_call_time`: Python converts arguments for compiled code and hands back its results."""
        return self._call_time - self._inside

    @property
    def loops(self) -> list[LoopTime]:
        """A `LoopTime` for each loop, product, and call of other code in native functions, in their order.

        What stands inside of another one (the loops of a step) follows it; the calls themselves are left out.
        """
        return [loop for times in self.native for loop in times.loops()[1:]]

    @property
    def apply_time(self) -> dict[Apply, float]:
        """Seconds by node."""
        return {**self._node_time, **self._of_nodes()[0]}

    @apply_time.setter
    def apply_time(self, table: dict[Apply, float]) -> None:
        self._node_time = table

    @property
    def apply_callcount(self) -> dict[Apply, int]:
        """Executions by node."""
        return {**self._node_calls, **self._of_nodes()[1]}

    @apply_callcount.setter
    def apply_callcount(self, table: dict[Apply, int]) -> None:
        self._node_calls = table

    @property
    def apply_cimpl(self) -> dict[Apply, bool]:
        """Whether native code ran it, by node."""
        return {**dict.fromkeys(self._node_time, False), **self._node_native, **self._of_nodes()[2]}

    @apply_cimpl.setter
    def apply_cimpl(self, table: dict[Apply, bool]) -> None:
        self._node_native = table

    def _of_nodes(self) -> tuple[dict[Apply, float], dict[Apply, int], dict[Apply, bool]]:
        seconds: dict[Apply, float] = {}
        calls: dict[Apply, int] = {}
        native: dict[Apply, bool] = {}
        for times in self.native:
            for loop in times.loops():
                for node, share in loop.shares:
                    seconds[node] = seconds.get(node, 0.0) + share * loop.own_seconds
                    calls[node] = max(calls.get(node, 0), loop.calls)
                    native[node] = loop.name != "call-back"
        return {n: t for n, t in seconds.items() if calls[n]}, {n: c for n, c in calls.items() if c}, native

    def trace(self, path: str) -> None:
        """Write the last stretches of time that native functions have noted as a Chrome trace.

        Parameters
        ----------
        path
            A JSON file, for ``chrome://tracing`` or https://ui.perfetto.dev. Each thread has a row: calls, in them
            loops and the ranges of loops that threads share, with lines, nodes and bytes. The last 16,384 stretches
            are kept.

        Examples
        --------
        >>> import json, os, tempfile
        >>> x = T.dvector("x")
        >>> f = theano.function([x], T.exp(x), profile=theano.ProfileStats(atexit_print=False))
        >>> _ = f([1.0, 2.0])
        >>> path = os.path.join(tempfile.mkdtemp(), "trace.json")
        >>> f.profile.trace(path)
        >>> sorted({e["name"] for e in json.load(open(path))["traceEvents"] if e["ph"] == "X"})
        ['call', 'loop 1: exp', 'loop 1: exp, a range']
        """
        import json  # few programs write traces

        from theano.compile.times.loop_times import trace_events

        events = [event for times in self.native for event in trace_events(times.loops(), times.events())]
        rows = {thread: k for k, thread in enumerate(dict.fromkeys(event["tid"] for event in events))}
        named: list[tuple[str, int, str]] = [("process_name", 0, self.message or "theano")]
        named += [("thread_name", k, f"thread {k}") for k in rows.values()]
        pid = os.getpid()
        found = [{"name": what, "ph": "M", "pid": pid, "tid": k, "args": {"name": n}} for what, k, n in named]
        found += [{**event, "tid": rows[event["tid"]], "pid": pid} for event in events]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": found, "displayTimeUnit": "ns"}, file)

    # ---- sums ----

    def _sum_by(self, key: Callable[[Apply], Any], table: dict[Apply, Any]) -> dict[Any, Any]:
        sums: dict[Any, Any] = {}
        for node, value in table.items():
            sums[key(node)] = sums.get(key(node), 0) + value
        return sums

    def class_time(self) -> dict[type, float]:
        """Seconds by class of op."""
        return self._sum_by(lambda node: type(node.op), self.apply_time)

    def class_callcount(self) -> dict[type, int]:
        """Executions by class of op."""
        return self._sum_by(lambda node: type(node.op), self.apply_callcount)

    def class_nodes(self) -> dict[type, int]:
        """Nodes by class of op."""
        return self._sum_by(lambda node: type(node.op), dict.fromkeys(self.apply_time, 1))

    def class_impl(self) -> dict[type, str]:
        """ "C" or "Py" by class of op."""
        return {type(node.op): "C" if c else "Py" for node, c in self.apply_cimpl.items()}

    def op_time(self) -> dict[Any, float]:
        """Seconds by op."""
        return self._sum_by(lambda node: node.op, self.apply_time)

    def op_callcount(self) -> dict[Any, int]:
        """Executions by op."""
        return self._sum_by(lambda node: node.op, self.apply_callcount)

    def op_nodes(self) -> dict[Any, int]:
        """Nodes by op."""
        return self._sum_by(lambda node: node.op, dict.fromkeys(self.apply_time, 1))

    def op_impl(self) -> dict[Any, str]:
        """ "C" or "Py" by op."""
        return {node.op: "C" if c else "Py" for node, c in self.apply_cimpl.items()}

    def compute_total_times(self) -> dict[Apply, float]:
        """Seconds of each node with all nodes before it."""
        totals: dict[Apply, float] = {}
        times = self.apply_time
        for node in times:
            totals[node] = sum(times.get(n, 0.0) for n in _nodes_before(node))
        return totals

    def fill_node_total_time(self, node: Apply, total_times: dict[Apply, float]) -> None:
        """Set ``total_times[node]``."""
        times = self.apply_time
        total_times[node] = sum(times.get(n, 0.0) for n in _nodes_before(node))

    # ---- printing ----

    def summary(
        self, file: TextIO | None = None, n_ops_to_print: int = 20, n_apply_to_print: int = 20
    ) -> None:
        """Print everything, as it is now."""
        file = sys.stderr if file is None else file
        # Native functions may be running: all tables are of one moment, for which their loops are looked at once.
        now = copy.copy(self)
        now.summary_function(file)
        now.summary_globals(file)
        if now.fct_callcount and now.apply_time:
            now.summary_class(file, n_ops_to_print)
            now.summary_ops(file, n_ops_to_print)
            now.summary_nodes(file, n_apply_to_print)
            if now.native:
                now.summary_loops(file, n_apply_to_print)
            if now.output_size or config.profile_memory:
                now.summary_memory(file, n_apply_to_print)
            now.print_extra(file)
        now.print_tips(file)

    def summary_function(self, file: TextIO) -> None:
        """Times of the function and of its compilation."""
        rows = [
            "Function profiling",
            "==================",
            f"  Message: {self.message}",
            f"  Time in {self.fct_callcount} calls to Function.__call__: {self.fct_call_time:e}s",
        ]
        if self.fct_call_time > 0:
            whole = self.fct_call_time + self.raised_time
            share = 100 * self.vm_call_time / self.fct_call_time
            rows.append(f"  Time in Function.fn.__call__: {self.vm_call_time:e}s ({share:.3f}%)")
            if self.apply_time:
                local = sum(self.apply_time.values())
                rows.append(f"  Time in thunks: {local:e}s ({100 * local / whole:.3f}%)")
        rows += [
            f"  Total compile time: {self.compile_time:e}s",
            f"    Number of Apply nodes: {self.nb_nodes}",
            f"    Theano Optimizer time: {self.optimizer_time:e}s",
            f"    Theano Linker time (includes C, CUDA code generation/compiling): {self.linker_time:e}s",
        ]
        print("\n".join(rows), file=file)
        print(file=file)

    def summary_globals(self, file: TextIO) -> None:
        """Times of the process."""
        print(f"Time in all call to theano.grad() {_grad_time():e}s", file=file)
        print(f"Time since theano import {time.time() - theano_imported_time:.3f}s", file=file)

    def summary_class(self, file: TextIO | None = None, N: int | None = None) -> None:
        """A table with one line for each class of ops."""
        calls, nodes, impl = self.class_callcount(), self.class_nodes(), self.class_impl()
        rows = [
            (seconds, calls[cls], impl[cls], nodes[cls], f"{cls.__module__}.{cls.__qualname__}")
            for cls, seconds in self.class_time().items()
        ]
        self._table("Class", "<Class name>", rows, N, file)

    def summary_ops(self, file: TextIO | None = None, N: int | None = None) -> None:
        """A table with one line for each op."""
        calls, nodes, impl = self.op_callcount(), self.op_nodes(), self.op_impl()
        rows = [(seconds, calls[op], impl[op], nodes[op], str(op)) for op, seconds in self.op_time().items()]
        self._table("Ops", "<Op name>", rows, N, file)

    def summary_nodes(self, file: TextIO | None = None, N: int | None = None) -> None:
        """A table with one line for each node."""
        calls, native = self.apply_callcount, self.apply_cimpl
        rows = [
            (seconds, calls[node], "C" if native[node] else "Py", k, str(node))
            for k, (node, seconds) in enumerate(self.apply_time.items())
        ]
        self._table("Apply", "<Apply name>", rows, N, file, fourth="<id>")

    def summary_memory(self, file: TextIO | None = None, N: int | None = None) -> None:
        """The memory that native functions are planned to use, and sizes of the values that single nodes made."""
        from theano.compile.times.loop_times import memory_lines  # few programs are profiled

        file = sys.stderr if file is None else file
        for times in self.native:
            print("\n".join(memory_lines(times.memory(), N)), end="\n\n", file=file)
        if not self.output_size:
            return
        print("Memory Profile (the sum of all outputs of nodes)", file=file)
        print(
            f"    {sum(self.output_size.values()) / 1024:.0f} KiB in {len(self.output_size)} variables",
            file=file,
        )
        largest = sorted(self.output_size.items(), key=lambda item: -item[1])[:N]
        for variable, size in largest:
            print(f"    {size:>12}B  {self.variable_shape[variable]}  {variable}", file=file)
        print(file=file)

    def summary_loops(self, file: TextIO | None = None, N: int | None = None) -> None:
        """A table with one line for each loop, product and call of other code: those that took longest first."""
        from theano.compile.times.loop_times import loop_lines  # few programs are profiled

        file = sys.stderr if file is None else file
        total = self.vm_call_time + self.raised_time
        print("\n".join(loop_lines(self.loops, total, N, self.argument_time)), end="\n\n", file=file)

    def print_extra(self, file: TextIO) -> None:
        """What registered printers add."""
        for printer in _printers:
            printer(
                self.message,
                self.compile_time,
                self.fct_call_time,
                self.apply_time,
                self.apply_cimpl,
                self.output_size,
                file=file,
            )

    def print_tips(self, file: TextIO) -> None:
        """Hints for a faster program."""
        print("Here are tips to potentially make your code run faster", file=file)
        print("                 (if you think of new ones, suggest them on the mailing list).", file=file)
        print(
            "                 Test them first, as they are not guaranteed to always provide a speedup.",
            file=file,
        )
        tips = []
        if any(getattr(v.type, "dtype", "") == "float64" for v in self.output_size):
            tips.append("Try the Theano flag floatX=float32")
        if self.native and self.apply_time:
            tips.append(
                "Nodes that share a loop share its time, by estimates of what they cost: what was measured is the "
                "table of loops. theano.printing.schedule(f, *arguments) says why loops are apart"
            )
        if self.apply_time and not any(self.apply_cimpl.values()):
            tips.append("Use the default mode: this function was run node by node in Python")
        for tip in tips or ["Sorry, no tip for today."]:
            print(f"  - {tip}" if tips else f"  {tip}", file=file)

    def _table(
        self,
        title: str,
        last: str,
        rows: list[tuple[float, int, str, int, str]],
        limit: int | None,
        file: TextIO | None,
        fourth: str = "<#apply>",
    ) -> None:
        file = sys.stderr if file is None else file
        total = sum(row[0] for row in rows) or 1.0
        rows.sort(key=lambda row: -row[0])
        print(title, "---", sep="\n", file=file)
        print(f"<% time> <sum %> <apply time> <time per call> <type> <#call> {fourth} {last}", file=file)
        so_far = 0.0
        for seconds, calls, impl, number, text in rows[:limit]:
            so_far += seconds
            print(
                f"  {100 * seconds / total:4.1f}%   {100 * so_far / total:5.1f}%   {seconds:9.3f}s   "
                f"{seconds / max(calls, 1):11.2e}s   {impl:>4}  {calls:6d}  {number:6d}   {text}",
                file=file,
            )
        rest = rows[limit:] if limit is not None else []
        share = 100 * sum(row[0] for row in rest) / total
        print(f"   ... (remaining {len(rest)} {title} account for {share:6.2f}% of the runtime)", file=file)
        print(file=file)


class ScanProfileStats(ProfileStats):
    """Counts and seconds of the inner function of a loop.

    Parameters
    ----------
    atexit_print, flag_time_thunks, gpu_checks, **kwargs
        See `ProfileStats`.

    Examples
    --------
    >>> theano.compile.ScanProfileStats(atexit_print=False).nb_nodes
    -1
    """

    callcount = 0
    nbsteps = 0
    call_time = 0.0

    def __init__(self, atexit_print: bool = True, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(atexit_print, **kwargs)
        self.name = name

    def summary_globals(self, file: TextIO) -> None:
        """Nothing: the outer function prints it."""

    def summary_function(self, file: TextIO) -> None:
        """Times of the loop."""
        print("Scan overhead", "=============", f"  Message: {self.message}", sep="\n", file=file)
        print(
            f"  Time in {self.callcount} calls of the op (for a total of {self.nbsteps} steps) "
            f"{self.call_time:e}s",
            file=file,
        )
        print(file=file)


def profile_for(wanted: Any, name: str | None) -> ProfileStats | None:
    """The `ProfileStats` for the argument `profile` of a function; None if nothing is to be measured."""
    if wanted is None:
        wanted = config.profile
    if isinstance(wanted, ProfileStats):
        return wanted
    if not wanted:
        return None
    return ProfileStats(message=wanted if isinstance(wanted, str) else name)


def _nodes_before(node: Apply) -> set[Apply]:
    """A node with all that it needs."""
    seen = {node}
    stack = [node]
    while stack:
        for variable in stack.pop().inputs:
            if variable.owner is not None and variable.owner not in seen:
                seen.add(variable.owner)
                stack.append(variable.owner)
    return seen


def _grad_time() -> float:
    return float(gradient.grad_time)


def _print_at_exit() -> None:
    for stats in _to_print_at_exit:
        if stats.fct_callcount:
            stats.summary()


def print_global_stats() -> None:
    """Print the time of all functions of the process that are measured."""
    total = sum(stats.fct_call_time for stats in _to_print_at_exit)
    print(
        f"Global stats: Time elapsed since Theano import = {time.time() - theano_imported_time:6.3f}s, "
        f"Time spent in Theano functions = {total:6.3f}s",
        file=sys.stderr,
    )
