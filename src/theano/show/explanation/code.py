"""The code of each loop at every stage: loop program, C, LLVM IR, assembly; and which lines of it come from which of
the user's."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from theano.backend.c.main import c_parts
from theano.base.record import replace
from theano.compile.times.loop_times import items_of
from theano.graph import Apply
from theano.graph.origin import origin_of
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.text import program_lines
from theano.lower.cpu.provenance import Work
from theano.lower.program import Lowered
from theano.runtime.jit import assembly
from theano.runtime.module import Module
from theano.show.explanation.source import Source
from theano.show.plans.inspect import c_unit, executor_of

_ASSEMBLY_LABEL = re.compile(r'^"?([A-Za-z_][\w.]*)"?:', re.MULTILINE)
# Directives of the assembler that tell a reader nothing.
_NOISE = re.compile(
    r"^\s*\.(cfi_|p2align|size|type|section|globl|hidden|file|text|intel|att)|^\.Lfunc_|^\s*(#|//)(?! calls )"
)
# Calls of libraries in LLVM IR, whose addresses come from memory: the printer names them behind. And what the assembly
# has in front of the arguments of each.
_CALL = re.compile(r"^(.*\bcall .* ; (\w+))$", re.MULTILINE)
_NAMED = re.compile(r"^\s*# calls (\w+)$")

Nodes = Callable[[object], Iterable[Apply]]


def code_data(f: Any, source: Source) -> dict[str, dict[str, Any]]:
    """By the name of a kernel its texts at the stages; "main" is the program that calls them.

    ``marks`` are, by stage and line of the user, the lines of the text that come from it.
    """
    low = executor_of(f).lowered
    work = {kernel.name: low.work.get(kernel, {}) for kernel in low.program.kernels}
    found: dict[str, dict[str, Any]] = {name: {"marks": {}} for name in (*work, "main")}
    for stage, functions in (("program", program_lines(low.program)), ("c", c_parts(c_unit(f))[1])):
        for name, lines in functions.items():
            found[name][stage] = "\n".join(lines)
            about = [getattr(line, "about", None) for line in lines]
            nodes = _nodes_of_kernel(work[name], about) if name in work else _nodes_of_main(low)
            found[name]["marks"][stage] = _marks(map(nodes, about), source)
    module = executor_of(f).module()
    for function in module.functions:
        if function.name in found:
            found[function.name]["llvm"] = function.text()
    for name, lines in _assembly(assembly(_naming_calls(module))):
        if name in found:
            found[name]["assembly"] = "\n".join(lines)
    if "assembly" in found["main"]:
        found["main"]["marks"]["assembly"] = _marks(_nodes_of_assembly(found["main"]["assembly"], low), source)
    return found


def _naming_calls(module: Module) -> Module:
    """The module whose assembly names the functions of libraries that main calls: comments, no instructions."""
    named = r'call void asm sideeffect "# calls \2", ""()\n\1'
    functions = [replace(f, body=_CALL.sub(named, f.body)) if f.name == "main" else f for f in module.functions]
    return Module(module.globals, functions)


def _marks(about: Iterable[Iterable[Apply]], source: Source) -> dict[str, list[list[int]]]:
    """By line of the user the stretches of lines, from 0 on, that were written for nodes which were made there."""
    found: dict[str, list[list[int]]] = {}
    known: dict[Apply, list[str]] = {}  # a large program has many lines for few nodes
    for number, nodes in enumerate(about):
        lines: dict[str, None] = {}
        for node in dict.fromkeys(nodes):
            if node not in known:
                places = source.places(origin_of(node))
                known[node] = [*places["lines"], *places["callers"]]
            lines.update(dict.fromkeys(known[node]))
        for line in lines:
            stretches = found.setdefault(line, [])
            if stretches and stretches[-1][1] == number - 1:
                stretches[-1][1] = number
            else:
                stretches.append([number, number])
    return found


def _nodes_of_kernel(work: Work, named: Iterable[object]) -> Nodes:
    """What tells the nodes that a line of a kernel was written for; some of its expressions have lines of their own."""
    apart = {id(about) for about in named if isinstance(about, Expr)}
    names = {str(key.value): nodes for key, nodes in work.items() if isinstance(key, Expr) and key.op == "name"}

    def nodes(about: object) -> Iterator[Apply]:
        if isinstance(about, Expr):
            yield from work.get(about, ())
            for part in about.args:
                if part.op != "name" and id(part) not in apart:
                    yield from nodes(part)
        elif isinstance(about, st.Carried):
            yield from nodes(about.next)
        elif isinstance(about, st.Store):
            yield from work.get(about, ())
            if about.value.op != "name" and id(about.value) not in apart:
                yield from nodes(about.value)
        elif isinstance(about, st.Load | st.Let):
            yield from names.get(about.name, ())
        elif isinstance(about, st.For | st.If):  # for all that stands inside
            for stmt in about.body if isinstance(about, st.For) else (*about.then, *about.orelse):
                yield from nodes(stmt)
            for carried in about.carried if isinstance(about, st.For) else ():
                yield from nodes(carried)

    return nodes


def _nodes_of_main(low: Lowered) -> Nodes:
    """What tells the nodes that a line of main was written for."""

    def nodes(about: object) -> Iterator[Apply]:
        group = low.made_by.get(about) if isinstance(about, st.Stmt) else None
        yield from (node for node, _ in items_of(group))

    return nodes


def _nodes_of_assembly(text: str, low: Lowered) -> Iterator[list[Apply]]:
    """The nodes that each line of main's assembly is for: calls of kernels and slices, and of libraries from where
    their arguments are put in place."""
    called, named = _nodes_of_calls(low)
    waiting: list[Apply] = []
    for line in text.splitlines():
        name = _NAMED.match(line)
        if name is not None:
            symbol, nodes = next(named, ("", []))
            waiting = nodes if symbol == name[1] else []
        yield waiting or [node for word in re.findall(r"\b(?:k|slices)\d+\b", line) for node in called.get(word, [])]
        if re.search(r"^\s*(call|bl)", line):
            waiting = []


def _nodes_of_calls(low: Lowered) -> tuple[dict[str, list[Apply]], Iterator[tuple[str, list[Apply]]]]:
    """The nodes that each kernel is called for, and each function that does slices, which has the number of these; and
    name and nodes of each call of a library, in order."""
    found: dict[str, list[Apply]] = {}
    slices, named = itertools.count(), []
    inside: set[st.Stmt] = set()  # other functions than main
    for stmt in st.walk(low.program.main):
        nodes = [node for node, _ in items_of(low.made_by.get(stmt))]
        if isinstance(stmt, hs.Slices):
            found[f"slices{next(slices)}"] = nodes
            inside |= {*st.walk(stmt.body)}
        elif isinstance(stmt, hs.CallKernel):
            found.setdefault(stmt.kernel.name, []).extend(nodes)
        elif isinstance(stmt, hs.Call) and stmt not in inside:
            named.append((stmt.symbol, nodes))
    return found, iter(named)


def _assembly(text: str) -> Iterator[tuple[str, list[str]]]:
    labels = list(_ASSEMBLY_LABEL.finditer(text))
    for k, label in enumerate(labels):
        end = labels[k + 1].start() if k + 1 < len(labels) else len(text)
        yield label[1], [line for line in text[label.start() : end].splitlines() if not _NOISE.match(line)]
