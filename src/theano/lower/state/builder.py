"""`Builder`: the state of one lowering, and the few ways in which work and checks come into being."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.dims import ONE, ZERO, Dims, is_const, length
from theano.lower.state.items import Pointwise, Reduce, Running, Special
from theano.lower.state.machine import Machine
from theano.lower.state.names import Names
from theano.lower.state.strides import align, c_strides, whole
from theano.lower.state.values import Item, Ragged, Tensor, Value

# Names of kernels begin with these and have numbers of their own, so that equal kernels have equal texts. In main only
# pointers do, which kernels are given as parameters: a value's name would seem to be the kernel's.
OF_KERNELS = frozenset("abistxz")
COMPARISONS = {"eq": ex.eq, "ne": ex.ne, "lt": ex.lt, "le": ex.le, "gt": ex.gt, "ge": ex.ge}
COMPLEX_PART = ex.COMPLEX_PART


class CheckRecord(Record):
    """What check number `code` means: the node, the exception class and a format over the operands."""

    node: Any
    error: type[Exception]
    message: str
    dims: tuple[Expr, ...] | None = None  # of what the check is about, for the places `dims` in the message


class Builder(Record):
    """Collects items, checks and entry statements while the lowering functions run over the graph."""

    dims: Dims = field(default_factory=Dims)
    items: list[Item] = field(default_factory=list)
    records: list[CheckRecord] = field(default_factory=list)
    entry: list[st.Stmt] = field(default_factory=list)  # names for what follows from lengths alone
    entry_checks: list[hs.Check] = field(default_factory=list)
    numbers: dict[Tensor, str] = field(default_factory=dict)  # names of what inputs and storages of one element hold
    definer: dict[str, Item] = field(default_factory=dict)
    values: dict[Any, Value] = field(default_factory=dict)
    clients: dict[Any, int] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)  # what the expressions of a block cost
    checked: set[Any] = field(default_factory=set)  # (index array, length, block) that have been compared
    # (look at an index array, block): lengths that its numbers are within, who checks that, whether none is negative
    within_lengths: dict[Any, list[tuple[Expr, list[Item], bool]]] = field(default_factory=dict)
    guards: dict[Any, list[Item]] = field(default_factory=dict)  # by what they check: the checks
    check_items: dict[tuple[Expr, int], Item] = field(default_factory=dict)  # (condition, block): who checks it
    settled: dict[tuple[int, Expr], Item] = field(default_factory=dict)  # (block, atom): who checks what it is equal to
    # matrices of zeros but for one number of each row, and these numbers
    spikes: dict[Tensor, Value] = field(default_factory=dict)
    parts: dict[Tensor, tuple[Value, Value]] = field(default_factory=dict)  # of complex arrays, if they are known
    consumed: set[Any] = field(default_factory=set)  # tensors that were overwritten by a later value
    # results of call-backs that may be views of what went in: the variables and arrays that these are
    viewed: dict[Tensor, list[tuple[Any, Tensor]]] = field(default_factory=dict)
    updated: dict[Any, Tensor] = field(default_factory=dict)  # variables that a storage gets, and that storage
    sides: dict[Any, tuple[int, ...]] = field(default_factory=dict)  # the blocks that a branch or loop owns
    owners: dict[int, Item] = field(default_factory=dict)  # the item that runs a block
    runs: dict[int, Expr] = field(default_factory=dict)  # whether a loop's block runs at all
    own_names: dict[int, set[str]] = field(default_factory=dict)  # what a loop itself defines in its block
    last_callback: dict[int, Item] = field(default_factory=dict)
    same_work: set[st.Stmt] = field(default_factory=set)  # statements of a branch that do what its other side does
    machine: Machine = field(default_factory=Machine)
    node: Any = None
    n_slots: int = 0
    notes_work: bool = False  # whether the parts of kernels will be asked whose work they are
    leaf_words: list[int] = field(default_factory=list)
    applied: dict[object, Expr] = field(default_factory=dict)  # bodies that are operations of the scalar table
    words: list[tuple[str, Any]] = field(default_factory=list)
    word_of: dict[tuple[str, Any], int] = field(default_factory=dict)
    name_of: dict[tuple[int, Expr], Expr] = field(default_factory=dict)  # (block, expression): its name
    first_word: int = 0
    # lowers nodes into the current block: inputs and outputs of a graph; set by the lowering as a whole
    lower_graph: Callable[[Sequence[Any], Sequence[Any]], list[Value]] | None = None

    # -- blocks ------------------------------------------------------------------------------------------
    @property
    def region(self) -> int:
        """The block that is being filled."""
        return self.dims.region

    @region.setter
    def region(self, region: int) -> None:
        self.dims.region = region

    @property
    def parents(self) -> list[int]:
        """For each block the one around it."""
        return self.dims.parents

    def new_region(self) -> int:
        """A block inside the current one."""
        self.parents.append(self.region)
        return len(self.parents) - 1

    def within(self, region: int, around: int) -> bool:
        """Whether a block is `around` or lies in it."""
        while region >= 0 and region != around:
            region = self.parents[region]
        return region == around

    def outermost(self, item: Item) -> Item:
        """The item of main that runs the block which an item is in; itself if it is in main."""
        while item.region != 0:
            item = self.owners[item.region]
        return item

    def known_outside(self, region: int, *exprs: Expr) -> bool:
        """Whether expressions need nothing that is made in a block."""
        own = {name for r, names in self.own_names.items() if self.within(r, region) for name in names}
        for name in ex.names(*exprs):
            definer = self.definer.get(name)
            if name in own or (definer is not None and self.within(definer.region, region)):
                return False
        return True

    def native(self, type_: str) -> bool:
        """Whether numbers of a storage type can be computed with; others are only moved."""
        return type_ in ex.TYPES or (type_ == "f16" and self.machine.has_f16)

    def has_types_of(self, node: Any) -> bool:
        """Whether numbers of the types of a node are computed with; else it is called back."""
        variables = (*node.inputs, *node.outputs)
        return self.machine.has_f16 or all(getattr(v.type, "dtype", "") != "float16" for v in variables)

    # -- names, words, slots -------------------------------------------------------------------------
    @property
    def names(self) -> Names:
        """The names of main."""
        return self.dims.names

    def fresh(self, prefix: str) -> str:
        """A new name of main; "t" is a tensor's pointer."""
        assert prefix == "t" or prefix not in OF_KERNELS, prefix
        return self.names.fresh(prefix)

    def fresh_length(self) -> Expr:
        """A new name of main for a length."""
        name = self.fresh("d")
        self.names.lengths.add(name)
        return ex.name(name, "i64")

    def word(self, kind: str, key: Any, *payload: Any) -> int:
        """The context word of an outside address, that of `payload` if there is one (otherwise `key` tells all).

        Kinds are ``constant``, ``object``, ``callback``, ``symbol``, ``storage``, ``counter``; a profile adds one.
        """
        found = self.word_of.get((kind, key))
        if found is None:
            found = self.first_word + len(self.words)
            self.words.append((kind, payload[0] if payload else key))
            self.word_of[kind, key] = found
        return found

    def new_slot(self) -> int:
        self.n_slots += 1
        return self.n_slots - 1

    def named(self, root: Expr, fewest: int | None = None) -> Expr:
        """An expression of main, or a name for it if it mentions many names: a minimum or a sum of many lengths.

        What is made of it would else mention them all again: n of those n names each. It is named if it mentions more
        than `fewest`; equal ones have one name.
        """
        if len(list(ex.names(root))) <= (self.machine.many_names if fewest is None else fewest):
            return root
        at_entry = self.known_at_entry(root)
        key = 0 if at_entry else self.region, root
        if key not in self.name_of:
            self.name_of[key] = self._name(root, at_entry)
        return self.name_of[key]

    def _name(self, root: Expr, at_entry: bool) -> Expr:
        if at_entry:
            name = f"de{len(self.entry)}"
            self.entry.append(st.Let(name, root))
            self.names.at_entry.add(name)
        else:
            name = self.fresh("d")
            self.add(
                Special(
                    self.region, self.node, what="name", scalars=[root], defines=[name],
                    emit=lambda asm: asm.statement(st.Let(name, root)),
                )
            )  # fmt: skip
        if self.dims.is_length(root):
            self.names.lengths.add(name)
        return ex.name(name, root.type)

    def in_steps(self, region: int) -> bool:
        """Whether a block is run by each step of a loop."""
        while region and region not in self.runs:
            region = self.parents[region]
        return region != 0

    def known_at_entry(self, *exprs: Expr) -> bool:
        return self.names.at_entry.issuperset(ex.names(*exprs))

    # -- checks ----------------------------------------------------------------------------------------
    def check(
        self, cond: Expr, error: type[Exception], message: str, operands: Sequence[Expr] = (),
        dims: tuple[Expr, ...] | None = None,
    ) -> Item | None:  # fmt: skip
        """Raise `error` unless `cond` holds, in an item of its own (which is returned) or at entry.

        `dims` are lengths for the message that nobody needs to keep: they are found from the arguments of the call.
        """
        cond = self._with_known_lengths(cond)
        if cond.op == "const" and cond.value:
            return None
        if (cond, self.region) in self.checked:
            return self.check_items.get((cond, self.region))
        self.checked.add((cond, self.region))
        runs = self.runs.get(self.region)
        if runs is not None and self.known_outside(self.region, cond, *operands):
            # the same in all steps: once is enough, if there are any
            region, self.region = self.region, self.parents[self.region]
            item = self.check(ex.or_(ex.not_(runs), cond), error, message, operands, dims)
            self.region = region
            if item is not None:
                self.check_items[cond, region] = item
            return item
        self.records.append(CheckRecord(self.node, error, message, dims))
        statement = hs.Check(cond, len(self.records), tuple(operands))
        if self.region == 0 and self.known_at_entry(cond, *operands):
            self.entry_checks.append(statement)
            return None
        item = self.check_items[cond, self.region] = Special(
            self.region, self.node, what="check", scalars=[cond, *operands], fallible=True,
            emit=lambda asm: asm.statement(statement),
        )  # fmt: skip
        self.add(item)
        return item

    def _with_known_lengths(self, cond: Expr) -> Expr:
        """A comparison of lengths under all equalities known so far: most hold by construction."""
        compare = COMPARISONS.get(cond.op)
        if compare is None or cond.args[0].type != "i64":
            return cond
        left, right = (self.dims.normal(a) for a in cond.args)
        if cond.op == "ge" and is_const(right, 0) and self.dims.is_length(left):
            return ex.const(True, "bool")
        return compare(left, right)

    def no_memory(self, node: Any, message: str, dims: tuple[Expr, ...] | None = None) -> int:
        """The number of the error that there is no memory."""
        self.records.append(CheckRecord(node, MemoryError, message, dims))
        return len(self.records)

    def unify(
        self, a: Expr, b: Expr, message: str, error: type[Exception] = ValueError, dims: tuple[Expr, ...] | None = None
    ) -> Expr:
        """The common value of two lengths that must be equal; a check, unless that is known."""
        if self.dims.equal(a, b):
            return b if b.op == "const" else a
        a, b = self.dims.normal(a), self.dims.normal(b)
        if a.op == "const" and b.op == "const":
            self.check(ex.const(False, "bool"), error, message, (a, b), dims)
            return a
        item = self.check(ex.eq(a, b), error, message, (a, b), dims)
        atom = self.dims.unite(a, b)
        if item is not None and atom is not None:
            self.settled[self.region, atom] = item
        return b if b.op == "const" else a

    # -- items -----------------------------------------------------------------------------------------
    def add(self, item: Item) -> None:
        self.items.append(item)
        made = item.made()
        for value in (*item.reads, *item.indirect):
            if value.tensor is not None:
                if value.tensor not in made:  # who adds to a tensor is one of its writers
                    value.tensor.readers.append(item)
                item.deps.extend(value.tensor.latest())
            if value.uniform is not None:
                item.scalars.append(value.uniform)
        if isinstance(item, Pointwise | Reduce) and not self.definer.keys().isdisjoint(ex.names(item.body)):
            item.scalars.append(item.body)  # it names a number that main loads, as the length of a window
        for name in item.defines:
            self.definer[name] = item

    def needed_by(self, item: Item) -> list[Item]:
        """What runs before an item: the items whose work it needs, and those that define its numbers."""
        return [*item.deps, *(self.definer[name] for name in ex.names(*item.scalars) if name in self.definer)]

    def add_length_deps(self) -> None:
        """Let every item come after the work that finds the lengths and offsets it uses (under all equalities).

        And after the checks of these equalities: its loops go over the length that another one is believed to equal.
        """
        makers: dict[tuple[int, Expr], list[Item]] = {}
        for item in self.items:
            self.region = item.region
            exprs: list[Expr] = []
            target = item.target if isinstance(item, Pointwise) else None
            for value in (*item.reads, *item.indirect, target):
                if value is not None:
                    exprs += [*value.dims, *(value.strides or ())]
                    exprs += [value.offset] if value.offset is not None else []
                    exprs += value.tensor.dims if value.tensor is not None else ()
            for tensor in item.made():
                exprs += tensor.dims
            exprs += item.dims
            for e in exprs:
                if e.op == "const":
                    continue
                found = makers.get((item.region, e))
                if found is None:
                    names = ex.names(self.dims.normal(e), e)
                    found = makers[item.region, e] = [self.definer[n] for n in names if n in self.definer]
                for d in found:
                    self._wait(item, d)
                if self.settled:
                    self._wait_for_checks(item, e)
        self.region = 0
        if self.settled:
            self.items = self._checks_first()

    def _wait_for_checks(self, item: Item, length: Expr) -> None:
        for key in self.dims.replaced(length):
            check = self.settled.get(key)
            # what is checked may be a length that the item itself finds
            if check is not None and not set(item.defines).intersection(ex.names(*check.scalars)):
                self._wait(item, check)

    def _wait(self, item: Item, other: Item) -> None:
        """Let `item` come after `other`, which may be one of a block around: then who runs the item's block waits."""
        while item.region != other.region:
            item = self.owners[item.region]
        if item is not other:
            item.deps.append(other)

    def _checks_first(self) -> list[Item]:
        """The items in their order, but checks of equal lengths as soon as these are known."""
        checks = dict.fromkeys(self.settled.values())
        waits = {c: {d for n in ex.names(*c.scalars) if (d := self.definer.get(n)) is not None} for c in checks}
        users: dict[Item, list[Item]] = {}
        for check, definers in waits.items():
            for d in definers:
                users.setdefault(d, []).append(check)
        order = [check for check, definers in waits.items() if not definers]
        for item in self.items:
            if item in checks:
                continue
            order.append(item)
            for check in users.get(item, ()):
                waits[check].remove(item)
                if not waits[check]:
                    order.append(check)
        assert len(order) == len(self.items), "a check of lengths that nobody finds"
        return order

    def tensor(self, type_: str, dims: Sequence[Expr], role: str = "temp") -> Tensor:
        return Tensor(self.fresh("t"), type_, tuple(self.dims.normal(d) for d in dims), role)

    def pointwise(
        self, type_: str, dims: Sequence[Expr], reads: Sequence[Value], body: Expr, cost: int = 0,
        indirect: Sequence[Value] = (),
    ) -> Value:  # fmt: skip
        """A new value ``body`` over the space `dims`; operands are aligned to its last axes.

        Its `cost` is what the operations of the scalar table in it cost, if it is not given.
        """
        cost = cost or bd.facts(body).cost
        dims = tuple(self.dims.normal(d) for d in dims)
        numbers = [r.uniform for r in reads if r.uniform is not None]
        if len(numbers) == len(reads) and not bd.facts(body).placed and self._in_main(type_, cost):
            result = bd.facts(bd.rounded(type_, body)).at(numbers)
            return Value(type_, dims, uniform=self.named(result) if type_ in ex.INTS else result)
        out = self.tensor(type_, dims)
        self._write(out, None, dims, reads, body, cost, indirect)
        return whole(out)

    def _in_main(self, type_: str, cost: int) -> bool:
        """Whether a number is an expression of main, which may hold so much of them, or an item like others."""
        if type_ not in ex.FLOATS:
            return True
        spent = self.spent.get(self.region, 0) + cost
        if spent > self.machine.main_cost:
            return False
        self.spent[self.region] = spent
        return True

    def write(
        self, out: Tensor, target: Value | None, reads: Sequence[Value], body: Expr, cost: int = 1,
        indirect: Sequence[Value] = (), dims: Sequence[Expr] | None = None, scatter: tuple[Expr, ...] | None = None,
        spread: frozenset[int] = frozenset(), unordered: bool = False, parts: Expr | None = None,
    ) -> None:  # fmt: skip
        """Write `body` into a window of `out` (all of it without `target`), or to scattered places (in `parts`).

        Along the axes in `spread` no two of these places are the same.
        `unordered` tells that no other writer writes there, so that the order does not matter.
        """
        target = None if target is None else moving(self, target, [not is_const(d, 1) for d in target.dims])
        space = tuple(dims) if dims is not None else target.dims if target is not None else out.dims
        self._write(out, target, space, reads, body, cost, indirect, scatter, spread, unordered, parts)

    def _write(
        self, out: Tensor, target: Value | None, dims: tuple[Expr, ...], reads: Sequence[Value], body: Expr,
        cost: int, indirect: Sequence[Value], scatter: tuple[Expr, ...] | None = None,
        spread: frozenset[int] = frozenset(), unordered: bool = False, parts: Expr | None = None,
    ) -> None:  # fmt: skip
        body = bd.rounded(out.type if target is None else target.type, body)
        item = Pointwise(
            self.region, self.node, reads=list(reads), indirect=list(indirect), dims=dims,
            maps=[align(r, dims) for r in reads], out=out, target=target, body=body, cost=cost,
            scatter=scatter, spread=spread, parts=parts,
        )  # fmt: skip
        item.deps.extend([] if unordered else out.latest())
        self.add(item)
        if unordered:
            out.unordered_writers.append(item)
        else:
            out.unordered_writers = []
        out.writers.append(item)

    def running(
        self, out: Tensor, target: Value, reads: Sequence[Value], along: int, body: Expr, init: Expr, cost: int,
        handed: Expr | None = None,
    ) -> None:  # fmt: skip
        """Write to a new tensor (looked at as `target`) what goes along an axis: see `items.Running`."""
        item = Running(
            self.region, self.node, reads=list(reads), dims=target.dims, maps=[align(r, target.dims) for r in reads],
            out=out, target=None if target.is_whole() else target, body=bd.rounded(target.type, body), cost=cost,
            along=along, init=init, handed=handed,
        )  # fmt: skip
        self.add(item)
        out.writers.append(item)

    def reduce(
        self, type_: str, dims: Sequence[Expr], reads: Sequence[Value], red: frozenset[int], keep: bool, op: str,
        acc: str, body: Expr, cost: int = 1, maps: Sequence[tuple[int | None, ...]] | None = None,
        ragged: Ragged | None = None,
    ) -> Value:  # fmt: skip
        """Accumulate `body` over the axes `red` of the space `dims`, of which one may be `ragged`."""
        dims = tuple(self.dims.normal(d) for d in dims)
        maps = [align(r, dims) for r in reads] if maps is None else list(maps)
        if ragged is None and all(is_const(dims[k], 1) for k in red):
            return self._reduce_nothing(type_, dims, reads, red, keep, body, cost, maps)
        out_axes: list[int | None] = [k if k not in red else None for k in range(len(dims)) if keep or k not in red]
        out_dims = tuple(ONE if k is None else dims[k] for k in out_axes)
        item = Reduce(
            self.region, self.node, reads=list(reads), dims=dims, red=red, maps=maps,
            out_axes=tuple(out_axes), op=op, acc=acc, body=body, cost=cost, ragged=ragged,
            indirect=[] if ragged is None else [ragged.starts],
        )  # fmt: skip
        if all(is_const(d, 1) for d in out_dims):
            item.out = self.tensor(type_, out_dims, "cell")
            item.scalar_name = self.fresh("r")
            item.defines.append(item.scalar_name)
            self.add(item)
            item.out.writers.append(item)
            return Value(type_, out_dims, uniform=ex.name(item.scalar_name, st.load_type(type_)))
        item.out = self.tensor(type_, out_dims)
        self.add(item)
        item.out.writers.append(item)
        return whole(item.out)

    def _reduce_nothing(
        self, type_: str, dims: tuple[Expr, ...], reads: Sequence[Value], red: frozenset[int], keep: bool, body: Expr,
        cost: int, maps: Sequence[tuple[int | None, ...]],
    ) -> Value:  # fmt: skip
        """A reduction over axes of length 1 is point-wise."""
        kept = [k for k in range(len(dims)) if keep or k not in red]
        place = {k: n for n, k in enumerate(kept)}
        space = tuple(dims[k] for k in kept)
        index_of = {k: n for k, n in place.items() if k not in red}
        inner = bd.rounded(type_, bd.over_fewer_axes(body, index_of))
        numbers = [r.uniform for r in reads if r.uniform is not None]
        if len(numbers) == len(reads):
            return Value(type_, space, uniform=bd.facts(inner).at(numbers))
        item = Pointwise(
            self.region, self.node, reads=list(reads), dims=space, out=self.tensor(type_, space), body=inner, cost=cost,
            maps=[tuple(None if a is None else place.get(a) for a in m) for m in maps],
        )  # fmt: skip
        self.add(item)
        assert item.out is not None
        item.out.writers.append(item)
        return whole(item.out)

    def pick(
        self, x: Value, along: frozenset[int], positions: Sequence[Sequence[Expr]], reads: Sequence[Value] = (),
        made: Callable[..., Expr] | None = None,
    ) -> Value:  # fmt: skip
        """`x` at a position along the axes `along` (inside it, unless the axis is empty), over its other axes.

        Or, at several positions, what is `made` of these elements. A position is the place along each of those axes;
        `reads` are operands of it.
        """
        if x.uniform is not None:
            return Value(x.type, tuple(d for k, d in enumerate(x.dims) if k not in along), uniform=x.uniform)
        dims = tuple(self.dims.normal(d) for k, d in enumerate(x.dims) if k not in along)
        kept = {k: n for n, k in enumerate(k for k in range(x.ndim) if k not in along)}
        places = [dict(zip(sorted(along), position, strict=True)) for position in positions]
        found = [bd.look(0, x, [place.get(k) for k in range(x.ndim)]) for place in places]
        item = Pointwise(
            self.region, self.node, reads=list(reads), indirect=[x], dims=dims, maps=[align(r, dims) for r in reads],
            out=self.tensor(x.type, dims), cost=4 * len(found), body=found[0] if made is None else made(*found),
            picks=[tuple(kept.get(k) for k in range(x.ndim))],
        )  # fmt: skip
        assert item.out is not None
        self.add(item)
        item.out.writers.append(item)
        return whole(item.out)

    # -- conversions between forms -----------------------------------------------------------------------
    def scalar(self, value: Value, type_: str | None = None) -> Expr:
        """The number of a value of one element, as an expression of main."""
        found = value.uniform
        if found is None:
            assert value.tensor is not None
            name = self.fresh("v")
            found = ex.name(name, st.load_type(value.type))
            source = value
            self.add(
                Special(
                    self.region, self.node, what="load", reads=[value], defines=[name],
                    emit=lambda asm: asm.load_scalar(name, source),
                )
            )  # fmt: skip
        return found if type_ is None else ex.cast(found, type_)

    def strided(self, value: Value) -> Value:
        """The same look with explicit offset and strides; uniform values are written out first."""
        if value.strides is not None:
            return value
        if value.tensor is None:
            return self.strided(self.copy(value))
        strides = c_strides(self.dims, value.tensor.dims)
        own = tuple(ZERO if a is None else strides[a] for a in value.axes or ())
        return Value(value.type, value.dims, tensor=value.tensor, offset=ZERO, strides=own)

    def copy(self, value: Value, role: str = "temp") -> Value:
        """A fresh tensor with the numbers of `value`."""
        out = self.tensor(value.type, value.dims, role)
        self.fill(out, value)
        return whole(out)

    def fill(self, out: Tensor, value: Value) -> None:
        """Write the numbers of `value` to the whole of a new tensor."""
        if not self.native(value.type):
            part = as_parts(self, value)
            self.write(out, as_parts(self, whole(out)), [part], bd.element(0, part))
        else:
            self.write(out, None, [value], bd.element(0, value))

    def whole(self, value: Value) -> Value:
        """The value as a complete tensor in C order; copied unless it is one."""
        return value if value.is_whole() else self.copy(value)

    def in_rows(self, value: Value) -> Value:
        """The value with its elements one after the other in memory, in C order; copied unless they are."""
        if value.is_whole():
            return value
        if value.strides is not None and all(map(self.dims.equal, value.strides, c_strides(self.dims, value.dims))):
            return value
        return self.copy(value)


def as_parts(b: Builder, value: Value) -> Value:
    """The same memory as numbers that can be moved: complex ones as pairs along a new last axis, float16 as bits."""
    full = b.strided(value)
    if value.type == "f16":
        return Value("u16", full.dims, tensor=full.tensor, offset=full.offset, strides=full.strides)
    two = length(2)
    strides = tuple(ex.mul(s, two) for s in full.strides or ())
    return Value(
        COMPLEX_PART[value.type], (*full.dims, two), tensor=full.tensor,
        offset=ex.mul(full.offset or ZERO, two), strides=(*strides, ONE),
    )  # fmt: skip


def moving(b: Builder, window: Value, looped: Sequence[bool]) -> Value:
    """The window with strides to write by: none is 0 along the axes over which loops may go (`looped`).

    An axis of a tensor that is 1 long for certain has stride 0. So would a window of ``n`` positions along it, of which
    there is one at most: that of ``x`` in ``join(0, x, alloc(7, 1 - x.shape[0]))``, say.
    """
    full = b.strided(window)
    assert full.tensor is not None and full.strides is not None
    still = [loops and is_const(stride, 0) for loops, stride in zip(looped, full.strides, strict=True)]
    if not any(still):
        return window
    far = b.dims.product(full.tensor.dims)  # no shorter than other strides, so loops along these are inside
    strides = tuple(far if s else stride for s, stride in zip(still, full.strides, strict=True))
    return Value(full.type, full.dims, tensor=full.tensor, offset=full.offset, strides=strides)
