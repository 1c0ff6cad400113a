"""Canonical forms of branches."""

from __future__ import annotations

from collections.abc import Sequence

from theano import scalar
from theano.graph import clone_replace
from theano.ifelse import IfElse
from theano.rewrite.engine.build import broadcast_to, cast_of, constant, elemwise, number, scalar_name, uniform_value
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor, reaches, same_type
from theano.tensor.masks import is_zero


@rule(IfElse, name="branch_known")
def branch_known(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(True, a, b) -> a``: where the condition is known, or both branches are equal, nothing is chosen."""
    n = node.op.n_outs
    condition, thens, elses = node.inputs[0], node.inputs[1 : 1 + n], node.inputs[1 + n :]
    value = uniform_value(condition)
    if value is not None:
        return list(thens if value else elses)
    if any(a is b for a, b in zip(thens, elses, strict=True)):
        same = [a if a is b else None for a, b in zip(thens, elses, strict=True)]
        live = [s is not None and graph.use_count(o) > 0 for s, o in zip(same, node.outputs, strict=True)]
        return same if any(live) else None
    return None


@rule(IfElse, name="branch_on_negation")
def branch_on_negation(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(not c, a, b) -> ifelse(c, b, a)``, and ``c != 0`` is `c`."""
    n = node.op.n_outs
    thens, elses = node.inputs[1 : 1 + n], node.inputs[1 + n :]
    condition, negated = _truth(node.inputs[0])
    if condition is node.inputs[0]:
        return None
    sides = [*elses, *thens] if negated else [*thens, *elses]
    return list(node.op.make_node(condition, *sides).outputs)


def _truth(condition: Tensor) -> tuple[Tensor, bool]:
    """What a condition is the truth of, and whether it is the negative of that."""
    negated = False
    while True:
        name = scalar_name(condition)
        inputs = condition.owner.inputs if name is not None else []
        if name in ("eq", "neq") and 0 in (zeros := [number(v) for v in inputs]):
            condition = inputs[1 - zeros.index(0)]
            negated ^= name == "eq"
        elif name == "invert" and condition.type.dtype == "bool":
            condition, negated = inputs[0], not negated
        elif (inner := cast_of(condition)) is not None and inner.type.dtype == "bool":
            condition = inner
        else:
            return condition, negated


@rule(IfElse, name="branch_in_branch")
def branch_in_branch(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(c, ifelse(c, a, b), d) -> ifelse(c, a, d)``."""
    n = node.op.n_outs
    condition, sides = node.inputs[0], list(node.inputs[1:])
    changed = False
    for k, v in enumerate(sides):
        inner = v.owner
        if inner is not None and type(inner.op) is type(node.op) and inner.inputs[0] is condition:
            taken = 1 if k < n else 1 + inner.op.n_outs
            sides[k] = inner.inputs[taken + v.index]
            changed = True
    return list(node.op.make_node(condition, *sides).outputs) if changed else None


@rule(IfElse, name="outputs_of_branch")
def outputs_of_branch(graph: RewriteGraph, node: Node) -> Result:
    """What nobody reads is not chosen, and equal pairs of values are chosen once."""
    n = node.op.n_outs
    first: dict[tuple[Tensor, Tensor], int] = {}
    for k, pair in enumerate(zip(node.inputs[1 : 1 + n], node.inputs[1 + n :], strict=True)):
        if graph.use_count(node.outputs[k]):
            first.setdefault(pair, k)
    if len(first) == n or not first:
        return None
    made = _branch(node, node.inputs[0], [a for a, _ in first], [b for _, b in first])
    place = {pair: made[i] for i, pair in enumerate(first)}
    pairs = zip(node.inputs[1 : 1 + n], node.inputs[1 + n :], strict=True)
    return [place.get(pair) for pair in pairs]


def _branch(node: Node, condition: Tensor, thens: Sequence[Tensor], elses: Sequence[Tensor]) -> list[Tensor]:
    """The outputs of a branch with the name of `node`."""
    made: list[Tensor] = IfElse(len(thens), name=node.op.name)(condition, *thens, *elses, return_list=True)
    return made


@rule(IfElse, name="branch_within_branch")
def branch_within_branch(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(c, f(ifelse(c, a, b)), d) -> ifelse(c, f(a), d)``, where `f` is work for this side only."""
    condition = node.inputs[0]
    twins: list[Node] = [u for u in graph.users.get(condition, ()) if type(u.op) is IfElse and u.inputs[0] is condition]
    if len(twins) < 2:
        return None
    n = node.op.n_outs
    sides: list[Tensor] = []
    for k in (0, 1):
        values = list(node.inputs[1 + k * n : 1 + (k + 1) * n])
        found = {
            v: inner.inputs[1 + v.index + (k * inner.op.n_outs)]
            for inner in twins
            if inner is not node
            for v in _read_by(graph, node, values, inner)
        }
        sides += clone_replace(values, found) if found else values
    if all(a is b for a, b in zip(sides, node.inputs[1:], strict=True)):
        return None
    return _branch(node, condition, sides[:n], sides[n:])


def _read_by(graph: RewriteGraph, node: Node, values: Sequence[Tensor], inner: Node) -> list[Tensor]:
    """The outputs of `inner` that are read by work for `values`, which `node` alone reads."""
    own, todo, found = {node}, list(values), []
    while todo:
        v = todo.pop()
        owner = v.owner
        if owner is None or owner in own:
            continue
        if owner is inner:
            found.append(v)
        elif all(u in own for out in owner.outputs for u in graph.users.get(out, ())) and not any(
            graph.is_output(out) for out in owner.outputs
        ):
            own.add(owner)
            todo += owner.inputs
    return found


@rule(IfElse, name="branch_with_zeros")
def branch_with_zeros(graph: RewriteGraph, node: Node) -> Result:
    """``f(ifelse(c, g, 0)) -> ifelse(c, f(g), 0)`` for linear `f`: the gradient of a side is work of that side."""
    n = node.op.n_outs
    for k, out in enumerate(node.outputs):
        values = [node.inputs[1 + k], node.inputs[1 + n + k]]
        zeros = [is_zero(v) for v in values]
        if zeros[0] == zeros[1] or not out.type.dtype.startswith("float"):
            continue
        for user in list(graph.users.get(out, ())):
            made = _taken_in(graph, node, user, out, [None if z else v for z, v in zip(zeros, values, strict=True)])
            if made is not None:
                graph.replace(user.outputs[0], made)
    return None


def _taken_in(graph: RewriteGraph, node: Node, user: Node, out: Tensor, values: list[Tensor | None]) -> Tensor | None:
    """The output of `user`, if it is linear in `out`, as a choice between its values on the two sides (None: zeros)."""
    at, op = user.inputs.index(out), user.op
    if user.inputs.count(out) != 1 or len(user.outputs) != 1 or at not in op.linear_in or op.spreads_first_input:
        return None
    (result,) = user.outputs
    nothing = broadcast_to(graph, constant(0, result.type.dtype), result)
    if nothing is None:
        return None
    sides = [nothing if v is None else user.op(*user.inputs[:at], v, *user.inputs[at + 1 :]) for v in values]
    (made,) = _branch(node, node.inputs[0], sides[:1], sides[1:])
    return made if same_type(result, made) else None


@rule(IfElse, name="sum_of_branches")
def sum_of_branches(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(c, a, b) + ifelse(c, p, q) -> ifelse(c, a + p, b + q)``."""
    condition, n = node.inputs[0], node.op.n_outs
    for out in node.outputs:
        user = graph.only_user(out)
        if user is None or scalar_name(user.outputs[0]) != "add":
            continue
        chosen = [v for v in user.inputs if _chosen_by(graph, v, condition) and graph.only_user(v) is user]
        if len(chosen) < 2 or chosen[0] is not out or len(set(chosen)) != len(chosen):
            continue
        rest = [v for v in user.inputs if v not in chosen]
        sides = [
            elemwise(scalar.add, *(v.owner.inputs[1 + k * v.owner.op.n_outs + v.index] for v in chosen)) for k in (0, 1)
        ]
        made = _branch(node, condition, sides[:1], sides[1:])
        total = elemwise(scalar.add, made[0], *rest) if rest else made[0]
        if n and same_type(user.outputs[0], total):
            graph.replace(user.outputs[0], total)
            return None
    return None


def _chosen_by(graph: RewriteGraph, v: Tensor, condition: Tensor) -> bool:
    owner = v.owner
    return owner is not None and type(owner.op) is IfElse and owner.inputs[0] is condition


@rule(IfElse, phase="specialize", name="branches_on_one_condition")
def branches_on_one_condition(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(c, a, b), ifelse(c, d, e) -> ifelse(c, [a, d], [b, e])`` where neither needs the other.

    They must be made in any case: what belongs to one side of another branch is not computed for its sake.
    """
    condition = node.inputs[0]
    for other in list(graph.users.get(condition, ())):
        if other is node or type(other.op) is not IfElse or other.inputs[0] is not condition:
            continue
        always = _always_needed(graph)
        if node not in always or other not in always or reaches(graph, node, other) or reaches(graph, other, node):
            continue
        n, m = node.op.n_outs, other.op.n_outs
        made = _branch(
            node, condition, [*node.inputs[1 : 1 + n], *other.inputs[1 : 1 + m]],
            [*node.inputs[1 + n :], *other.inputs[1 + m :]],
        )  # fmt: skip
        for old, new in zip(list(other.outputs), made[n:], strict=True):
            graph.replace(old, new)
        return [graph.find(v) for v in made[:n]]
    return None


def _always_needed(graph: RewriteGraph) -> set[Node]:
    """The nodes that the outputs need whatever the conditions are."""
    key, found = graph.memo.get("always needed", (None, set()))
    if key == graph.version:
        return found
    found = set()
    todo = [v.owner for v in graph.outputs if v.owner is not None]
    while todo:
        node = todo.pop()
        if node in found:
            continue
        found.add(node)
        inputs = node.inputs[:1] if type(node.op) is IfElse else node.inputs
        todo += [v.owner for v in inputs if v.owner is not None]
    graph.memo["always needed"] = (graph.version, found)
    return found
