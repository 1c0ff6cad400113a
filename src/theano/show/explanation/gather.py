"""All that is known of a function, as plain data (docs/explain.md has the schema)."""

from __future__ import annotations

import copy
import functools
import os
import time
from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

import theano.rewrite
from theano.base.record import replace
from theano.compile.executable import Function
from theano.compile.native.code import LOWERING
from theano.compile.native.executor import NativeExecutor
from theano.compile.times.lengths import Spaces
from theano.compile.times.loop_times import LoopTime, lines_text, what_text
from theano.compile.times.noted import NativeProfile
from theano.compile.times.profiling import ProfileStats
from theano.graph import Apply, Variable, ancestors, io_toposort
from theano.graph.origin import Origin, is_of_gradient, origin_of, resolve_origin
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.program import Lowered
from theano.native.ir.machine import machine_of
from theano.runtime.jit import isa
from theano.runtime.threads import num_threads
from theano.show.explanation.code import code_data
from theano.show.explanation.grouping import FEW, grouped
from theano.show.explanation.memory import memory_data, origins_of_memory
from theano.show.explanation.rewrites import rewrites_data
from theano.show.explanation.source import Source
from theano.show.graphs.graph_data import Data, Pages, arranged, graph_of
from theano.show.plans.planned import GroupTexts, example_sizes
from theano.tensor.type import TensorType

# Calls that are measured: as many as fit into so many seconds.
SECONDS, FEWEST, MOST = 0.3, 3, 200
NO_PLACE = "the compiler made it; no line of the program stands for it"
BETWEEN = "between loops: checks, memory, objects"
ARGUMENTS = "arguments: converted by Python, results handed back"
NO_CODE = "it comes before and after compiled code; arrays of the right type, in C order, need no conversion"
COPIED = "this function is a copy, or was read from a pickle: explain the one that it was made of"
NO_LINE = "it moves what was computed to where it is kept; no line of the program asks for that"


def function_data(f: Function, args: Sequence[Any]) -> Data:
    """The data of one function; with example arguments, measured (in a copy: shared variables stay as they are)."""
    twin, stats, error = _measured(f, args if args or _needs_nothing(f) else None)
    source = _source_of(f, twin)
    trace = theano.rewrite.trace(f)
    found: Data = {
        "name": f.name or "function", "error": _error_text(error),
        "error_lines": source.places(*map(origin_of, getattr(error, "theano_nodes", ())))["lines"],
        "arguments": _argument_texts(f, args),
        "graphs": {"before": _before(f, source)}, "rewrites": rewrites_data(trace, source),
        "rewrites_why": COPIED if f.maker.is_copy else None,
        "rewrite_seconds": dict(trace.seconds), "machine": _machine(), "loops": [], "code": {},
        "memory": None, "call_seconds": None, "calls": 0, "native": isinstance(f.executor, NativeExecutor),
    }  # fmt: skip
    if stats is not None:
        found["calls"], found["call_seconds"] = stats.fct_callcount, stats.fct_call_time / stats.fct_callcount
    loop_of: dict[Apply, int] = {}
    if isinstance(twin.executor, NativeExecutor):
        _add_native(found, twin, args, source, loop_of)
        if stats is not None and stats.argument_time > 0:
            found["loops"].append(_arguments_data(found, stats.argument_time / found["calls"]))
    found["graphs"]["after"] = _after(twin, source, loop_of)
    found["files"] = source.data()
    return found


def _needs_nothing(f: Function) -> bool:
    """Whether all inputs have default values."""
    return not any(required for required, _, _ in f.defaults)


def _measured(f: Function, args: Sequence[Any] | None) -> tuple[Function, ProfileStats | None, Exception | None]:
    """A copy with clocks, which knows whose work its code is, and that has been called with the arguments, if any.

    Its profile, if it has been; and the error if it raised one.
    """
    stats = ProfileStats(atexit_print=False)
    twin: Function = f.copy(swap={s: _own(s) for s in f.get_shared()}, name=f.name, profile=stats)
    if args is None:
        return twin, None, None
    args = [_copied(a) for a in args]  # those of mutable inputs may be overwritten
    try:
        twin(*args)
        stats.reset()
        start, calls = time.perf_counter(), 0
        while calls < FEWEST or (calls < MOST and time.perf_counter() - start < SECONDS):
            twin(*args)
            calls += 1
    except Exception as error:  # whatever the program raises is part of what is to be explained
        return twin, None, error
    return twin, stats, None


def _copied(value: Any) -> Any:
    """A copy of an argument; what nobody can copy, such as a file, is shown to the function as it is."""
    try:
        return copy.deepcopy(value)
    except Exception:  # whatever its class raises
        return value


def _error_text(error: Exception | None) -> str | None:
    """Class and text of an error: of a user's class, it may have none."""
    if error is None:
        return None
    try:
        text = str(error)
    except Exception as problem:
        text = f"(its text can't be told: {type(problem).__name__})"
    return f"{type(error).__name__}: {text}"


def _own(shared: Any) -> Any:
    """A shared variable with a copy of the value."""
    own = type(shared)(shared.name, shared.type, shared.get_value(), strict=False)
    own.origin = origin_of(shared)
    return own


# -- lines -------------------------------------------------------------------------------------------------
def _source_of(f: Function, twin: Function) -> Source:
    """The files of the nodes before and after, and of inputs."""
    inputs, outputs = _written(f)
    origins: list[Origin] = [origin_of(node) for node in io_toposort(inputs, outputs)]
    origins += [origin_of(node) for node in twin.maker.fgraph.apply_nodes]
    origins += [origin_of(v) for v in ancestors(outputs) if v.owner is None]
    origins += [resolve_origin(place.origin) for place in theano.rewrite.trace(f).places]
    return Source(origins)


def _written(f: Function) -> tuple[list[Variable], list[Variable]]:
    """Inputs and results as the user wrote them, with new values of shared variables."""
    maker = f.maker
    updates = [spec.update for spec in maker.inputs if isinstance(spec.update, Variable)]
    return [spec.variable for spec in maker.inputs], [*(out.variable for out in maker.returned.outs), *updates]


def _about(source: Source, thing: Any) -> Data:
    about: Data = {**source.places(origin_of(thing))}
    if isinstance(thing, Apply) and is_of_gradient(thing):
        about["gradient"] = True
    return about


# -- graphs ------------------------------------------------------------------------------------------------
def _before(f: Function, source: Source) -> Data:
    """As it was written, with gradients, by line."""
    inputs, outputs = _written(f)
    pages = Pages(True, None, functools.partial(_about, source))
    names = ["" for _ in f.maker.returned.outs]
    names += [f"new {spec.variable}" for spec in f.maker.inputs if isinstance(spec.update, Variable)]
    return _paged(pages, pages.boxes(inputs, outputs, names), lambda node: _by_line(node, source))


def _after(twin: Function, source: Source, loop_of: dict[Apply, int]) -> Data:
    """As it runs, by loop."""

    def about(thing: Any) -> Data:
        number = loop_of.get(thing)
        return _about(source, thing) | ({} if number is None else {"loop": number})

    inputs, outputs, names, _ = graph_of(twin)
    pages = Pages(True, None, about)
    return _paged(pages, pages.boxes(inputs, outputs, names), lambda node: _by_loop(node, source))


def _paged(pages: Pages, boxes: tuple[list[Data], list[Data]], title: Any) -> Data:
    nodes, edges = boxes
    operations = sum(node["kind"] == "op" for node in nodes)
    gradient = sum(bool(node.get("gradient")) for node in nodes)
    pages.graphs.append({})
    pages.add_inner()
    _add_lines_inside(nodes, pages.graphs)
    pages.graphs[0] = grouped(nodes, edges, title, pages.graphs) if operations > FEW else arranged(nodes, edges)
    return {"operations": operations, "gradient": gradient, "graphs": pages.graphs}


def _add_lines_inside(nodes: list[Data], graphs: list[Data]) -> None:
    """Let boxes with a graph inside, such as those of loops, be of the lines of that graph, too."""
    done: set[int] = set()

    def add(boxes: list[Data]) -> None:
        for box in boxes:
            if "graph" not in box:
                continue
            inside = graphs[box["graph"]]["nodes"]
            if box["graph"] not in done:
                done.add(box["graph"])
                add(inside)
            lines = dict.fromkeys([*box["lines"], *(line for inner in inside for line in inner.get("lines", ()))])
            callers = dict.fromkeys([*box["callers"], *(line for inner in inside for line in inner.get("callers", ()))])
            box["lines"], box["callers"] = list(lines), [line for line in callers if line not in lines]

    add(nodes)


def _by_line(node: Data, source: Source) -> str:
    if node["kind"] != "op" or "graph" in node or not node["lines"]:
        return ""
    return f"line {_line_text(node['lines'][0], source)}{', gradient' if node.get('gradient') else ''}"


def _by_loop(node: Data, source: Source) -> str:
    if node["kind"] != "op" or "graph" in node:
        return ""
    return f"loop {node['loop']}" if "loop" in node else _by_line(node, source)


def _line_text(line: str, source: Source) -> str:
    file, _, number = line.partition(":")
    return number if file == "0" else f"{number} of {os.path.basename(source.files[int(file)])}"


# -- loops -------------------------------------------------------------------------------------------------
def _add_native(
    found: Data, twin: Function, args: Sequence[Any], source: Source, loop_of: dict[Apply, int]
) -> None:
    """Loops, their code, and memory."""
    executor = twin.executor
    assert isinstance(executor, NativeExecutor)
    low, leaves = executor.lowered, executor.plan.fgraph.inputs
    times = executor.times
    if times is None:
        with LOWERING:
            times = NativeProfile(low, leaves)
    loops = _that_ran(times.loops(), low)
    sizes = example_sizes(twin, args, None) if found["calls"] else None
    found["machine"]["bandwidth"] = _bandwidth() if found["calls"] else None
    texts, made_at, spaces = GroupTexts(low, leaves, sizes), origins_of_memory(low), Spaces(low, leaves)
    for k, loop in enumerate(loops):
        extents = spaces.of(low.whole_of.get(loop.stmt, loop.stmt), loop.group)
        known = None if sizes is None or extents is None else [sizes.number(d) for d in extents]
        lengths = None if known is None or None in known else known
        found["loops"].append({**_loop_data(loop, found, texts, source, made_at), "extents": lengths})
        for node in loop.nodes:
            loop_of.setdefault(node, k)
    found["code"] = code_data(twin, source)
    found["memory"] = memory_data(low, leaves, loops, sizes, source)


def _that_ran(loops: list[LoopTime], low: Lowered) -> list[LoopTime]:
    """Without what is done for all rows at once where it was done in blocks of rows, or the other way round."""
    ran = {loop.stmt for loop in loops if loop.calls}
    other = low.whole_of | {whole: part for part, whole in low.whole_of.items()}

    def is_left(stmt: Any) -> bool:
        if isinstance(stmt, st.For | hs.Slices):
            return stmt not in ran and any(inner in low.whole_of for inner in st.walk(stmt.body))
        return stmt in other and stmt not in ran and (other[stmt] in ran or stmt in low.whole_of)

    kept = [k for k, loop in enumerate(loops) if not is_left(loop.stmt)]
    numbers = {k: n for n, k in enumerate(kept)} | {-1: -1}
    return [replace(loops[k], inside=numbers[loops[k].inside]) for k in kept]


def _loop_data(
    loop: LoopTime, found: Data, texts: GroupTexts, source: Source, made_at: dict[str, list[Origin]]
) -> Data:
    calls, total, whole = found["calls"], found["call_seconds"], loop.stmt is None
    places, why = source.places(*map(origin_of, loop.nodes)), None
    for names in _memory_of(loop):  # what only moves something is of the line that made it
        if not places["lines"]:
            places = source.places(*(origin for name in names for origin in made_at.get(name, ())))
    if not places["lines"] and not whole:
        why = NO_PLACE if loop.nodes else NO_LINE
    group = loop.group
    moved = [line.strip() for line in texts.moved(group)] if group is not None else []
    return {
        "name": loop.name, "what": BETWEEN if whole else what_text(loop), "kernel": loop.kernel, "over": loop.space,
        "nodes": [str(node) for node in loop.nodes], **places, "why": why,
        "where": lines_text(loop.lines), "calls": loop.calls / calls if calls else None,
        "seconds": loop.seconds / calls if calls else None, "own_seconds": loop.own_seconds / calls if calls else None,
        "share": loop.own_seconds / calls / total if calls and total else None,
        "threads": loop.threads if calls else None,
        "bytes": loop.bytes // calls if calls and loop.bytes is not None else None,
        "operations": loop.operations // calls if calls and loop.operations is not None else None,
        "bandwidth": loop.bandwidth, "speed": loop.speed, "inside": loop.inside,
        "apart": [line.strip() for line in texts.apart(group)] if group is not None else [],
        "form": [line.strip() for line in texts.form(group)] if group is not None and not group.special else [],
        "reads": [line.partition(" ")[2].strip() for line in moved if line.startswith("reads")],
        "writes": [line.partition(" ")[2].strip() for line in moved if line.startswith("writes")],
    }  # fmt: skip


def _arguments_data(found: Data, seconds: float) -> Data:
    """The entry of what Python does before and after compiled code."""
    nothing = dict.fromkeys(("bytes", "operations", "bandwidth", "speed", "extents"))
    return {
        **found["loops"][0], **nothing, "name": "arguments", "what": ARGUMENTS, "kernel": "", "why": NO_CODE,
        "calls": 1.0, "seconds": seconds, "own_seconds": seconds, "share": seconds / found["call_seconds"],
    }  # fmt: skip


def _memory_of(loop: LoopTime) -> tuple[set[str], set[str]]:
    """The names in main of the memory that a loop writes, and of what it reads."""
    if isinstance(loop.stmt, hs.Copy):
        return {loop.stmt.target}, {loop.stmt.source}
    items = loop.group.items if loop.group is not None else ()
    written = {tensor.storage().name for item in items for tensor in item.made()}
    return written, {v.tensor.storage().name for item in items for v in item.reads if v.tensor is not None}


# -- the machine -------------------------------------------------------------------------------------------
def _machine() -> Data:
    machine = isa()
    threads = num_threads() if machine_of(machine.triple).has_team else 1
    return {"isa": machine.name, "threads": threads, "bandwidth": None}


@functools.cache
def _bandwidth() -> float:
    """Bytes a second that a copy of a large array moves: what loops over memory can reach."""
    a, b = np.ones(1 << 22), np.empty(1 << 22)
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        np.copyto(b, a)
        seconds.append(time.perf_counter() - start)
    return 2 * a.nbytes / min(seconds)


def _argument_texts(f: Function, args: Sequence[Any]) -> list[str]:
    """Types and shapes of arguments; of what the function takes no arrays for, and of what is none, the kind."""
    kinds = [spec.variable.type for spec in f.maker.inputs]
    return [_argument_text(a, kinds[k] if k < len(kinds) else None) for k, a in enumerate(args)]


def _argument_text(value: Any, kind: Any) -> str:
    array = value
    if not (hasattr(value, "dtype") and hasattr(value, "shape")):
        try:
            array = np.asarray(value) if isinstance(kind, TensorType) else None
        except ValueError:  # rows of several lengths: the call says so
            array = None
    if array is not None:
        return f"{array.dtype} {tuple(array.shape)}"
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, Sized) else type(value).__name__
