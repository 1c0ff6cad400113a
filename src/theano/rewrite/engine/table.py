"""The graph under rewriting: hash-consed nodes with exact users.

Nodes are the function graph's own `Apply` objects, changed in place. Three facts hold between any two calls:

- no two nodes have equal op and inputs (so common sub-expressions merge as they are made), unless the op has effects;
- `users[v]` is exactly the nodes that read `v`;
- a node that nobody reads is not in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappush
from typing import Any, TypeAlias

import numpy as np

from theano.graph import Apply, Constant
from theano.tensor.type import TensorType

# A variable; nearly always its type is a `TensorType`, whose attributes the static type of `Variable` lacks.
Tensor: TypeAlias = Any
# An `Apply`, whose op has the attributes of its class, which the static type of `Op` lacks.
Node: TypeAlias = Any

# Constants above this many bytes are merged by identity only: comparing them costs more than it saves.
MERGE_BYTES = 65536

# The rank in the work list of what comes after all others.
LATE = 1 << 60

# How many nodes to look at for a path between two nodes before leaving them as they are.
SEARCH = 20_000


class RewriteError(Exception):
    """A rule returned something that cannot stand for what it replaces."""


def constant_key(constant: Constant) -> tuple[Any, ...]:
    """Identity of a constant: dtype, shape and bytes, so `0.0`, `-0.0` and `False` stay apart.

    Examples
    --------
    >>> constant_key(a) == constant_key(b)                       # doctest: +SKIP
    """
    data = constant.data
    pattern = getattr(constant.type, "broadcastable", None)
    if isinstance(data, np.ndarray) and not data.dtype.hasobject and data.nbytes <= MERGE_BYTES:
        return (data.dtype.str, data.shape, pattern, data.tobytes())
    return (type(data), id(data))


class RewriteGraph:
    """A graph that rules change by `replace`.

    Parameters
    ----------
    inputs, outputs
        Variables of a graph whose nodes belong to the caller (they are changed in place).
    """

    __slots__ = (
        "inputs",
        "outputs",
        "users",
        "rank",
        "table",
        "output_uses",
        "_tokens",
        "_token_ops",
        "_constants",
        "_replaced",
        "_kept",
        "heap",
        "queued",
        "serial",
        "memo",
        "version",
        "changed",
        "phase",
    )

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.users: dict[Tensor, dict[Apply, None]] = {}
        self.rank: dict[Apply, int] = {}
        self.table: dict[tuple[Any, ...], Apply] = {}
        self.output_uses: dict[Tensor, int] = {}
        self._tokens: dict[Any, int] = {}
        self._token_ops: dict[int, tuple[int, Any]] = {}
        self._constants: dict[tuple[Any, ...], Tensor] = {}
        self._replaced: dict[Tensor, Tensor] = {}
        self._kept: list[Apply] = []  # keeps nodes alive: keys hold identities
        self.heap: list[tuple[int, int, Apply]] = []
        self.queued: set[Apply] = set()
        self.serial = 0
        self.memo: dict[Any, Any] = {}  # for rules: shapes, constants
        self.changed: set[Apply] = set()  # nodes that are new, or whose inputs or users changed
        self.version = 0  # changes with every replacement
        self.phase: Any = None  # the `PhaseRun` of the engine, while it runs
        fixed = set(self.inputs)
        for index, output in enumerate(self.outputs):
            new = output if output in fixed else self.intern(output, None)
            self.outputs[index] = new
            self.output_uses[new] = self.output_uses.get(new, 0) + 1
        for output in list(self.outputs):  # outputs that merged later
            self.find(output)

    # -- identities -------------------------------------------------------------------------------

    def find(self, var: Tensor) -> Tensor:
        """The variable that stands for `var` now."""
        replaced = self._replaced
        new = replaced.get(var)
        if new is None:
            return var
        path = [var]
        while True:
            further = replaced.get(new)
            if further is None:
                break
            path.append(new)
            new = further
        for old in path:
            replaced[old] = new
        return new

    def token(self, op: Any) -> int:
        """A small number, the same for equal ops; below 0 for those with effects."""
        known = self._token_ops.get(id(op))
        if known is not None:
            return known[0]
        token = self._tokens.setdefault(op, len(self._tokens))
        if op.has_effects:
            token = -1 - token
        self._token_ops[id(op)] = (token, op)
        return token

    def key(self, node: Apply) -> tuple[Any, ...]:
        """The place of a node in the table: the same for nodes that are to be one."""
        token = self.token(node.op)
        return (token, *node.inputs) if token >= 0 else (token, node)

    def leaf(self, var: Tensor) -> Tensor:
        """Merged form of a variable without owner."""
        if isinstance(var, Constant):
            key = constant_key(var)
            known = self._constants.get(key)
            if known is None:
                self._constants[key] = var
                return var
            if known is not var and known.type == var.type:
                self._replaced[var] = known
                return known
        return var

    def count_replaced(self) -> int:
        """How many variables that were given or made here have others standing for them."""
        return len(self._replaced)

    def has_op(self, wanted: Callable[[Any], Any]) -> bool:
        """Whether `wanted` is true of some op that the graph has (or had)."""
        return any(wanted(op) for op in self._tokens)

    def op_classes(self) -> set[type]:
        """The classes of the ops that the graph has (or had)."""
        return {type(op) for op in self._tokens}

    def is_output(self, var: Tensor) -> bool:
        """Whether `var` is an output of the whole graph."""
        return var in self.output_uses

    def use_count(self, var: Tensor) -> int:
        """Number of nodes (and outputs) that read `var`."""
        return len(self.users.get(var, ())) + self.output_uses.get(var, 0)

    def only_user(self, var: Tensor) -> Apply | None:
        """The one node that reads `var`; None if there are others or it is an output."""
        users = self.users.get(var)
        if users is None or len(users) != 1 or var in self.output_uses:
            return None
        return next(iter(users))

    def known(self, var: Tensor) -> Tensor | None:
        """The variable of this graph that is equal to `var`; None if there is none. Adds nothing."""
        var = self.find(var)
        node = var.owner
        if node is None:
            return self.leaf(var)
        if node in self.rank:
            return var
        inputs = []
        for v in node.inputs:
            v = self.find(v)
            if v.owner is None:
                v = self.leaf(v)
            elif v.owner not in self.rank:
                found = self.known(v)  # made by a rule just now: one or two levels deep
                if found is None:
                    return None
                v = found
            inputs.append(v)
        token = self.token(node.op)
        twin = self.table.get((token, *inputs)) if token >= 0 else None
        return None if twin is None else twin.outputs[var.index]

    # -- adding nodes -----------------------------------------------------------------------------

    def intern(self, var: Tensor, like: Apply | None) -> Tensor:
        """Bring `var` and what it is made of into the table; returns the merged variable.

        New nodes inherit origin and rank of `like` and are queued.
        """
        var = self.find(var)
        owner = var.owner
        if owner is None:
            return self.leaf(var)
        if owner in self.rank:
            return var
        rank, find, replaced = self.rank, self.find, self._replaced
        stack: list[Apply] = [owner]
        base = None if like is None else rank.get(like, 0)
        open_nodes: set[Apply] = set()
        while stack:
            node = stack[-1]
            if node in rank or node.outputs[0] in replaced:
                stack.pop()
                continue
            ready = True
            for v in node.inputs:
                if v in replaced:
                    v = find(v)
                o = v.owner
                if o is not None and o not in rank:
                    if o in open_nodes:
                        raise RewriteError(f"the graph below {node.op} contains a cycle")
                    stack.append(o)
                    ready = False
            if ready:
                stack.pop()
                self._insert(node, base, like)
            else:
                open_nodes.add(node)
        return find(var)

    def _insert(self, node: Apply, rank: int | None, like: Apply | None) -> None:
        inputs = node.inputs
        for i, v in enumerate(inputs):
            new = self.find(v)
            if new.owner is None:
                new = self.leaf(new)
            if new is not v:
                inputs[i] = new
        key = self.key(node)
        known = self.table.get(key)
        if known is not None and known in self.rank:  # else it belonged to nothing when a phase began
            for old, new in zip(node.outputs, known.outputs, strict=True):
                self._replaced[old] = new
            return
        self.table[key] = node
        self._kept.append(node)
        self.rank[node] = len(self.rank) if rank is None else rank
        users = self.users
        for v in inputs:
            known_users = users.get(v)
            if known_users is None:
                users[v] = {node: None}
            else:
                known_users[node] = None
        if like is not None and not node.origin:
            node.origin = like.origin
        self.queue(node)

    # -- replacing --------------------------------------------------------------------------------

    def replace(self, old: Tensor, new: Tensor) -> bool:
        """Let `new` (made of variables of this graph) stand for `old` everywhere.

        Returns False if they are the same variable already, or another one stands for `old`.
        """
        if self.find(old) is not old:
            return False
        node = old.owner
        before = len(self._kept)
        new = self.intern(new, node)
        if new is old:
            return False
        for made in self._kept[before:]:
            if old in made.inputs and made in self.rank:
                raise RewriteError(f"the replacement of {node} contains the variable it replaces")
        self._merge(old, new)
        return True

    def _merge(self, old: Tensor, new: Tensor) -> None:
        self.version += 1
        pending = [(old, new)]
        dead: list[Apply] = []
        while pending:
            old, new = pending.pop()
            old, new = self.find(old), self.find(new)
            if old is new:
                continue
            self._replaced[old] = new
            uses = self.output_uses.pop(old, 0)
            if uses:
                self.output_uses[new] = self.output_uses.get(new, 0) + uses
                self.outputs = [new if v is old else v for v in self.outputs]
            for user in self.users.pop(old, {}):
                self._relink(user, old, new, pending, dead)
            if old.owner is not None and old.owner in self.rank:
                dead.append(old.owner)
        self._sweep(dead)

    def _relink(
        self, user: Apply, old: Tensor, new: Tensor, pending: list[tuple[Tensor, Tensor]], dead: list[Apply]
    ) -> None:
        """Make `user` read `new` instead of `old`; it may turn out equal to another node."""
        self.table.pop(self.key(user), None)
        user.inputs[:] = [new if v is old else v for v in user.inputs]
        key = self.key(user)
        known = self.table.get(key)
        self.users.setdefault(new, {})[user] = None
        if known is None:
            self.table[key] = user
            self.queue(user)
            return
        for own, other in zip(user.outputs, known.outputs, strict=True):
            # What stands for an output already may be what the other node is made of: it stands for both then.
            now = self.find(own)
            pending.append((own, other) if now is own else (other, now))
        dead.append(user)

    def _sweep(self, dead: list[Apply]) -> None:
        """Remove nodes that nobody reads."""
        users, output_uses = self.users, self.output_uses
        while dead:
            node = dead.pop()
            # outputs are replaced in their order: who looks from the end sees soon that one is still read
            if node not in self.rank or any(users.get(v) or v in output_uses for v in reversed(node.outputs)):
                continue
            del self.rank[node]
            key = self.key(node)
            if self.table.get(key) is node:
                del self.table[key]
            for v in node.inputs:
                others = users.get(v)
                if others is None or node not in others:
                    continue
                del others[node]
                if not others:
                    if v.owner is not None and v not in output_uses:
                        dead.append(v.owner)
                        # the readers of its other outputs may be about to go, too: it is looked at after them
                        (self.queue if len(v.owner.outputs) == 1 else self.queue_late)(v.owner)
                elif len(others) == 1:  # no longer shared: rules may open it now
                    self.queue(next(iter(others)))

    # -- work list --------------------------------------------------------------------------------

    def queue(self, node: Apply) -> None:
        """Let the rules look at `node` (again): it changed."""
        self.changed.add(node)
        if node not in self.queued:
            self.queued.add(node)
            self.serial += 1
            heappush(self.heap, (self.rank.get(node, 0), self.serial, node))

    def queue_late(self, node: Apply) -> None:
        """Let the rules look at `node` again after all that is waiting now.

        For a node with many readers of which one has changed, as the others are about to: one look is enough then.
        """
        self.changed.add(node)
        if node not in self.queued:
            self.queued.add(node)
            self.serial += 1
            heappush(self.heap, (LATE, self.serial, node))

    def queue_all(self, wanted: Callable[[Any], Any] | None = None) -> None:
        """Let the rules look at every node, inputs first; of these, at those whose op is `wanted`."""
        order = self.toposort()
        self.rank = {node: index for index, node in enumerate(order)}
        if wanted is not None:
            order = [node for node in order if wanted(node.op)]
        self.queued = set(order)
        self.heap = [(self.rank[node], index, node) for index, node in enumerate(order)]  # sorted: a heap
        self.serial = len(order)
        self.changed.clear()

    def toposort(self) -> list[Apply]:
        """All nodes, each after those it reads; deterministic."""
        done: set[Apply] = set()
        order: list[Apply] = []
        path: set[Apply] = set()
        for output in self.outputs:
            if output.owner is None or output.owner in done or output.owner not in self.rank:
                continue
            stack: list[tuple[Apply, int]] = [(output.owner, 0)]
            path.add(output.owner)
            while stack:
                node, at = stack.pop()
                inputs = node.inputs
                while at < len(inputs):
                    owner = inputs[at].owner
                    at += 1
                    if owner is not None and owner not in done and owner in self.rank:
                        if owner in path:
                            raise RewriteError(f"rewriting made a cycle through {owner.op}")
                        path.add(owner)
                        stack.append((node, at))
                        stack.append((owner, 0))
                        break
                else:
                    done.add(node)
                    path.discard(node)
                    order.append(node)
        return order


def reaches(graph: RewriteGraph, source: Node, target: Node) -> bool:
    """Whether `target` needs `source`; also if that is too far to see."""
    todo, seen = [target], {target}
    while todo:
        node = todo.pop()
        if len(seen) > SEARCH:
            return True
        for v in node.inputs:
            owner = graph.find(v).owner
            if owner is source:
                return True
            if owner is not None and owner not in seen:
                seen.add(owner)
                todo.append(owner)
    return False


def same_type(old: Tensor, new: Tensor) -> bool:
    """Whether `new` has the dtype and broadcastable pattern of `old` (static lengths may differ)."""
    a, b = old.type, new.type
    if a is b:
        return True
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return a.dtype == b.dtype and a.broadcastable == b.broadcastable
    return bool(a == b)
