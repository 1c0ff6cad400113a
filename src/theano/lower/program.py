"""Lowering of a whole function: graph in, loop program out."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from theano.base.flag_table import config
from theano.base.progress import stage, still_here
from theano.base.record import Record, field, replace
from theano.graph import Constant, Op, Variable
from theano.graph.walk import in_turns, io_toposort
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.provenance import Work
from theano.lower.fusion.groups import Group, live_items
from theano.lower.fusion.rematerialize import recompute
from theano.lower.fusion.scheduler import Scheduler
from theano.lower.main.assembler import Assembler
from theano.lower.memory.row_tiles import Stretch
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.ops import (  # noqa: F401  (register)
    branch,
    callback,
    elemwise,
    indexing,
    join,
    random,
    reduction,
    running,
    scan,
    segments,
    selecting,
    shapes,
    sorting,
)
from theano.lower.ops.linalg import factors  # noqa: F401
from theano.lower.ops.products import dot  # noqa: F401
from theano.lower.ops.products.product import share_reads
from theano.lower.ops.registry import find
from theano.lower.state.builder import Builder, CheckRecord
from theano.lower.state.dims import ONE, is_const, length
from theano.lower.state.items import Special
from theano.lower.state.machine import Machine
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor, Update, Value
from theano.runtime import abi
from theano.scalar.dtypes import COMPLEX
from theano.tensor.type import TensorType


class Lowered(Record):
    """A loop program and what the caller needs to link and call it."""

    program: hs.Program
    layout: abi.FrameLayout
    inputs: list[abi.InputSpec]
    storages: list[abi.InputSpec]
    n_slots: int
    n_outputs: int
    words: list[tuple[str, Any]]
    records: list[CheckRecord]
    values: dict[Any, Value]
    dim_words: dict[str, tuple[str, int, int]]
    schedule: list[Group] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    plans: dict[Group, list[NestPlan]] = field(default_factory=dict)
    alike: dict[Group, Group] = field(default_factory=dict)  # groups that use the kernel of an earlier one
    machine: Machine = field(default_factory=Machine)
    blocks: dict[int, list[Group]] = field(default_factory=dict)  # the groups of main and of blocks in it
    made_by: dict[st.Stmt, Group] = field(default_factory=dict)  # for which group a statement of main stands there
    work: dict[st.Kernel, Work] = field(default_factory=dict)  # whose work its expressions are, if asked for
    whole_of: dict[st.Stmt, st.Stmt] = field(default_factory=dict)  # of a call for a block of rows that for all rows
    stretch_of: dict[Group, Stretch] = field(default_factory=dict)  # of the groups that may go by in blocks of rows

    def verify(self, program: hs.Program | None = None) -> None:
        """Raise `VerifyError` unless the program follows the rules of its language (see `loops.verify`).

        Another `program` may be one that was made of it.
        """
        from theano.loops.verify import Facts, verify  # loaded by those who ask for it: 6 ms of every import

        updated = (k for k, s in enumerate(self.storages) if isinstance(s, abi.ArraySpec) and s.updated)
        facts = Facts(
            [kind for kind, _ in self.words], abi.FIRST_FREE, n_checks=len(self.records), n_outputs=self.n_outputs,
            updated=frozenset(updated),
        )  # fmt: skip
        verify(program or self.program, self.layout, facts)


def _is_complex(v: Any) -> bool:
    return getattr(v.type, "dtype", "") in COMPLEX


class InputForm(Record):
    """How an input may be given: see `abi.ArraySpec`."""

    numbers: bool = True
    rounds: bool = False


def lower(
    inputs: Sequence[Variable], shared: Sequence[Variable], outputs: Sequence[Variable],
    updates: Sequence[tuple[int, Variable]], forms: Sequence[InputForm], machine: Machine | None = None,
    notes_work: bool = False,
) -> Lowered:  # fmt: skip
    """The loop program of a function.

    Parameters
    ----------
    inputs, shared
        Explicit inputs and shared variables of the (rewritten) graph.
    outputs
        What a call returns.
    updates
        (index into `shared`, new value).
    forms
        One for each explicit input.
    machine
        What the program is for; without one, `Machine()`.
    notes_work
        Whether `Lowered.work` is wanted.
    """
    stage("lowering: operations")
    ex.clear()
    lowering = _Lowering(inputs, shared, forms, machine or Machine())
    b = lowering.b
    b.n_slots, b.notes_work = len(outputs), notes_work
    b.updated.update((v, t) for k, v in updates if (t := lowering.storage_tensors[k]) is not None)
    lowering.run([*outputs, *(v for _, v in updates)])
    b.region, b.node = 0, None
    made = [lowering.output(k, v) for k, v in enumerate(outputs)]
    stored = [lowering.update(k, v) for k, v in updates]
    stage("lowering: loops")
    b.add_length_deps()
    roots: list[Item] = [item for item in b.items if isinstance(item, Special) and item.fallible]
    for tensor in made:
        roots += tensor.writers
    for update in stored:
        if update.value.tensor is not None:
            roots += update.value.tensor.writers
        if update.value.uniform is not None:
            roots += [b.definer[name] for name in ex.names(update.value.uniform) if name in b.definer]
    scheduler = Scheduler(b)
    groups = scheduler.run(share_reads(b, live_items(b, roots)))
    recompute(b, groups, {u.value.tensor for u in stored})
    stage("lowering: kernels")
    asm = Assembler(b, groups, made, stored, lowering.input_tensors, lowering.storage_tensors, lowering.layout)
    program = asm.run()
    storages = [
        replace(s, updated=k in asm.in_place) if isinstance(s, abi.ArraySpec) else s
        for k, s in enumerate(lowering.storage_specs)
    ]
    layout = abi.FrameLayout(lowering.input_specs, storages, b.n_slots)
    lowered = Lowered(
        program, layout, lowering.input_specs, storages, b.n_slots, len(outputs), b.words, b.records, b.values,
        lowering.dim_words, asm.order, list(scheduler.home), asm.plans, asm.alike, b.machine, groups,
        asm.made_by, asm.work, asm.whole_of, asm.stretch_of,
    )  # fmt: skip
    if config.verify_programs:
        lowered.verify()
    return lowered


class _Lowering:
    """Runs the lowering functions over the graph, once, in topological order."""

    def __init__(
        self, inputs: Sequence[Variable], shared: Sequence[Variable], forms: Sequence[InputForm], machine: Machine
    ) -> None:
        self.b = Builder(first_word=abi.FIRST_FREE, machine=machine, lower_graph=self.lower_graph)
        self.input_specs: list[abi.InputSpec] = []
        self.storage_specs: list[abi.InputSpec] = []
        self.input_tensors: list[Tensor | None] = []
        self.storage_tensors: list[Tensor | None] = []
        self.dim_words: dict[str, tuple[str, int, int]] = {}
        self.kept: dict[Tensor, bool] = {}  # new values of storages, and whether one will have it as its array
        self.has_complex = False  # whether there are complex numbers, which loops compute with as pairs of real ones
        self.outer: Any = None  # the node of the user's graph whose decomposition is being lowered
        self.done: dict[Any, Any] = {}  # (op, block, inputs) -> the node that computes it
        self.same: dict[Variable, Variable] = {}
        self.inputs = list(inputs)
        self.shared = list(shared)
        for k, (v, form) in enumerate(zip(inputs, forms, strict=True)):
            if isinstance(v.type, TensorType):
                self.input_specs.append(
                    abi.ArraySpec(v.type.dtype, tuple(v.type.broadcastable), form.numbers, form.rounds)
                )
            else:
                self.input_specs.append(abi.ObjectSpec())
            self.input_tensors.append(self._leaf(v, "input", k))
        for k, v in enumerate(shared):
            word = self.b.word("storage", k)
            if isinstance(v.type, TensorType):
                self.storage_specs.append(abi.ArraySpec(v.type.dtype, tuple(v.type.broadcastable), word=word))
            else:
                self.storage_specs.append(abi.ObjectSpec(word=word))
            self.storage_tensors.append(self._leaf(v, "storage", k))
        # where inputs and storages lie in the frame does not depend on the object slots behind them
        self.layout = layout = abi.FrameLayout(self.input_specs, self.storage_specs, 0)
        self.b.leaf_words = [layout.input_data(k) for k in range(len(inputs))]
        self.b.leaf_words += [layout.storage_data(k) for k in range(len(shared))]

    # -- leaves ------------------------------------------------------------------------------------------
    def _leaf(self, v: Variable, role: str, k: int) -> Tensor | None:
        b = self.b
        if not isinstance(v.type, TensorType):
            b.values[v] = Value("object", (), handle=-2 - k if role == "input" else -2 - k - len(self.inputs))
            return None
        prefix = "x" if role == "input" else "s"
        dims: list[Expr] = []
        for axis, (broadcasts, static) in enumerate(zip(v.type.broadcastable, v.type.shape, strict=True)):
            if broadcasts:
                dims.append(ONE)
                continue
            name = f"d{prefix}{k}_{axis}"
            self.dim_words[name] = (role, k, axis)
            b.names.at_entry.add(name)
            b.names.lengths.add(name)
            dim = ex.name(name, "i64")
            if static is not None:
                b.check(
                    ex.eq(dim, length(static)), ValueError,
                    f"axis {axis} of {v} is declared to have length {static}, got {{0}}", (dim,),
                )  # fmt: skip
                b.dims.unite(dim, length(static))
            dims.append(dim)
        type_ = ex.TYPE_OF[v.type.dtype]
        tensor = Tensor(f"{prefix}{k}", type_, tuple(dims), role, index=k)
        value = whole(tensor)
        if all(is_const(d, 1) for d in dims) and b.native(type_):
            name = b.numbers[tensor] = f"v{prefix}{k}"
            b.names.at_entry.add(name)
            value = Value(type_, tuple(dims), uniform=ex.name(name, st.load_type(type_)))
        b.values[v] = value
        return tensor

    def value(self, v: Variable) -> Value:
        found = self.b.values.get(v)
        if found is None:
            if not isinstance(v, Constant):
                raise AssertionError(f"{v} has not been lowered")
            found = self.b.values[v] = callback.constant_value(self.b, v)
        return found

    # -- nodes -------------------------------------------------------------------------------------------
    def run(self, roots: Sequence[Variable]) -> None:
        self.lower_graph([*self.inputs, *self.shared], roots)

    def lower_graph(self, leaves: Sequence[Variable], roots: Sequence[Variable]) -> list[Value]:
        """The values of `roots`, their nodes lowered into the current block and blocks in it."""
        base, outer, self.outer = self.b.region, self.outer, None
        order = in_turns(io_toposort(list(leaves), list(roots)), leaves)
        regions = branch.assign_regions(self.b, order, roots)
        self._count_clients(order, roots)
        for node in order:
            self.b.region = regions.get(node, base)
            self._node(node)
        self.b.region, self.outer = base, outer
        return [self.value(v) for v in roots]

    def _count_clients(self, order: Sequence[Any], roots: Sequence[Variable]) -> None:
        clients = self.b.clients
        self.has_complex = self.has_complex or any(_is_complex(v) for v in roots)
        for node in order:
            self.has_complex = self.has_complex or any(map(_is_complex, node.inputs))
            for v in node.inputs:
                clients[v] = clients.get(v, 0) + 1
        for v in roots:
            clients[v] = clients.get(v, 0) + 2

    def _node(self, node: Any) -> None:
        still_here()
        b = self.b
        b.node = node if self.outer is None else self.outer
        function = find(node.op)
        if function is None and self._decompose(node):
            return
        op = node if node.op.has_effects else node.op
        key = (op, b.region, *(self._identity(v) for v in node.inputs)) if function is not None else None
        same = self.done.get(key)
        if same is not None and not any(b.values[v].tensor in b.consumed for v in same.outputs):
            for v, other in zip(node.outputs, same.outputs, strict=True):
                b.values[v] = b.values[other]
                self.same[v] = other
                # both are seen by the users of either: neither may be overwritten for one of them
                b.clients[other] = b.clients[v] = b.clients.get(other, 0) + b.clients.get(v, 1)
            return
        values = [self.value(v) for v in node.inputs]
        results = None
        if self.has_complex:
            results = self._in_parts(node, first=True)
            if results is not None and key is not None:
                self.done[key] = node
        if results is None and function is not None and b.has_types_of(node):
            results = function(b, node, values)
            if results is None and self.has_complex:
                results = self._in_parts(node)
            if results is not None:
                self.done[key] = node
            elif self._decompose(node):
                return
        if results is None:
            results = callback.run_perform(b, node, values)
        for v, value in zip(node.outputs, results, strict=True):
            b.values[v] = value

    def _in_parts(self, node: Any, first: bool = False) -> list[Value] | None:
        """The values of a node that computes with complex numbers; if it is asked `first`, only where that is best."""
        complexes = import_module("theano.lower.ops.complexes")  # which few programs need
        if first and not complexes.in_parts(self.b, node):
            return None
        outermost = self.outer is None
        if outermost:
            self.outer = node
        results = complexes.lower_complex(self.b, node, self._node)
        if outermost:
            self.outer = None
        return results

    def _identity(self, v: Variable) -> Any:
        """Equal for variables that are known to hold the same (decompositions often repeat work)."""
        return v.signature() if isinstance(v, Constant) else self.same.get(v, v)

    def _decompose(self, node: Any) -> bool:
        """Lower what the op stands for, in its place; false if it says nothing for such inputs."""
        if type(node.op).decompose is Op.decompose:
            return False
        results = node.op.decompose(node.inputs)
        if results is None:
            return False
        region, outermost = self.b.region, self.outer is None
        if outermost:
            self.outer = node
        for inner in io_toposort(list(node.inputs), list(results)):
            if any(v not in self.b.values for v in inner.outputs):
                self.b.region = region
                self._node(inner)
        if outermost:
            self.outer = None
        self.b.node = node
        for v, result in zip(node.outputs, results, strict=True):
            self.b.values[v] = self.value(result)
        return True

    # -- results -----------------------------------------------------------------------------------------
    def output(self, k: int, v: Variable) -> Tensor:
        """The tensor of returned output `k`; its memory is the returned array."""
        b = self.b
        b.node = v.owner
        return callback.into_slot(b, self.value(v), k)

    def update(self, k: int, v: Variable) -> Update:
        b = self.b
        b.node = v.owner
        value, tensor = self.value(v), self.storage_tensors[k]
        own_word = b.word_of["storage", k]
        if tensor is None or not b.native(value.type):
            out = callback.into_slot(b, value, b.new_slot())
            out.role = "object"
            return Update(k, own_word, tensor, whole(out), v)
        if value.uniform is not None and all(is_const(d, 1) for d in tensor.dims) and not b.last_callback:
            return Update(k, own_word, tensor, value, v)
        if not value.is_whole() or value.tensor is None or not self._may_keep(value.tensor, tensor):
            value = b.copy(value)
        assert value.tensor is not None
        self.kept[value.tensor] = not self._may_copy(value.tensor, tensor)
        return Update(k, own_word, tensor, value, v)

    def _may_keep(self, new: Tensor, old: Tensor) -> bool:
        """Whether the storage can get its new value out of `new`: as its array, unless somebody has that, or copied."""
        if new.role == "temp" and new.alias is None and new not in self.kept:
            return True
        return new.role in ("temp", "output") and not self.kept.get(new) and self._may_copy(new, old)

    def _may_copy(self, new: Tensor, old: Tensor) -> bool:
        """Whether the numbers of `new` can be written where those of a storage are."""
        return not self.b.last_callback and all(
            self.b.dims.equal(a, c) for a, c in zip(new.dims, old.dims, strict=True)
        )
