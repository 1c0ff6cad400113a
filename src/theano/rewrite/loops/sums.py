"""Scans: sums over the steps, and products of what steps have made, are computed at once after the loop.

The gradient of a matrix that all steps use is such a sum, ``a = a + dot(x.T, d)``: with the rows ``x`` and ``d`` of
all steps at hand it is one product of matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano import scalar
from theano.base.record import Record, field, replace
from theano.gradient.accumulate import total as added
from theano.rewrite.engine.build import constant, dimshuffle, elemwise, index, number, peel, scalar_name
from theano.rewrite.engine.forms import axes_of, subtensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.loops.batching import Batch, Rows
from theano.rewrite.loops.maps import last_rows, splittable
from theano.rewrite.loops.step import Kind, StepGraph, may_run
from theano.scan.op import Scan
from theano.scan.parts import Loop, OutputArg, Results, StateArg
from theano.tensor.checks.declared_shapes import unbroadcast
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor1
from theano.tensor.indexing.subtensor import INDEX, IncSubtensor
from theano.tensor.linalg.dot import Dot
from theano.tensor.making.alloc import Alloc
from theano.tensor.reductions.reduction import Sum
from theano.tensor.shaping.reshaping import Reshape
from theano.tensor.shaping.shape import MakeVector, Shape_i

_dot = Dot()
# From the values of all steps to their sum over the steps.
Total = Callable[[Batch], Tensor]

# What is made of a value for nothing.
_VIEWS = (Alloc, DimShuffle)


class SplitPlan(Record):
    """A loop that is to be split: what its steps shall put out for work after it."""

    step: StepGraph
    factors: dict[Tensor, None] = field(default_factory=dict)
    state_of: dict[Tensor, StateArg] = field(default_factory=dict)  # the sum that a term belongs to

    def at_hand(self, v: Tensor) -> bool:
        """Whether the values of `v` in all steps are there without more memory."""
        loop = self.step.loop
        if self.step.kind(v) == Kind.FIXED or v in self.factors or any(v in s.inner for s in loop.sequences):
            return True
        if any(v is o.value for o in loop.outputs if o.keep is None):
            return True
        kept = [s for s in loop.states if s.keep is None]
        if any(v is s.value or v in s.inner for s in kept):
            return True
        if v.owner is None:
            return False
        if type(v.owner.op) in _VIEWS:
            return self.at_hand(v.owner.inputs[0])
        varying = [i for i in v.owner.inputs if self.step.kind(i) != Kind.FIXED]
        return type(v.owner.op) is Elemwise and len(varying) == 1 and self.at_hand(varying[0])

    def affordable(self, v: Tensor) -> bool:
        """Whether the values of `v` in all steps may be kept: not what a loop inside of the step has made.

        That may be much for each step, and is computed a second time just to keep less (`scan_checkpoints`).
        """
        return self.at_hand(v) or not any(type(n.op) is Scan for n in self.step.needed_for([v]))

    def ask_for(self, v: Tensor) -> None:
        """Let the loop put out `v`."""
        while v.owner is not None and type(v.owner.op) in _VIEWS:
            v = v.owner.inputs[0]
        if not self.at_hand(v):
            self.factors[v] = None

    def split(self, graph: RewriteGraph, loop: Loop) -> tuple[Results, Batch]:
        """The node of `loop` with the factors as outputs (its results without them), and all its values."""
        whole = replace(loop, outputs=[*loop.outputs, *(OutputArg(v) for v in self.factors)])
        made = whole.apply()
        return replace(made, outputs=made.outputs[: len(loop.outputs)]), Batch(graph, whole, made)


@rule(Scan, phase="loops", name="sums_after_loop")
def sums_after_loop(graph: RewriteGraph, node: Node) -> Result:
    """``Σ dot(x[t].T, d[t]) -> dot(x.T, d)``: a sum of products over all steps is one product after the loop."""
    loop = Loop.of(node.op, node.inputs)
    if not loop.states or not splittable(loop):
        return None
    step = StepGraph(loop)
    plan = SplitPlan(step)
    found: dict[int, tuple[list[Total], list[Tensor]]] = {}
    terms = {k: parts for k, s in enumerate(loop.states) if (parts := _summed(step, s)) is not None}
    for k, parts in terms.items():
        plan.state_of.update(dict.fromkeys(parts, loop.states[k]))
    for products in (True, False):  # what products ask for is at hand for other sums
        for k, parts in terms.items():
            totals, left = found.setdefault(k, ([], list(parts)))
            for v in list(left):
                total = _total(plan, v, products)
                if total is not None:
                    totals.append(total)
                    left.remove(v)
    found = {k: parts for k, parts in found.items() if parts[0]}
    return _without_sums(graph, plan, found) if found else None


def _without_sums(
    graph: RewriteGraph, plan: SplitPlan, found: dict[int, tuple[list[Total], list[Tensor]]]
) -> list[Tensor]:
    """The outputs, with `found` sums computed after the loop."""
    loop = plan.step.loop
    states: list[StateArg] = []
    for k, s in enumerate(loop.states):
        left = found[k][1] if k in found else None
        if left is None:
            states.append(s)
        elif left:
            states.append(replace(s, value=added([s.inner[0], *left])))
    made, batch = plan.split(graph, replace(loop, states=states))
    rest = iter(made.states)
    outputs = []
    for k, s in enumerate(loop.states):
        if k not in found:
            outputs.append(next(rest))
            continue
        totals, left = found[k]
        rows = next(rest) if left else s.initial
        row = added([subtensor(rows, [index(0)]), *(total(batch) for total in totals)])
        outputs.append(unbroadcast(dimshuffle(row, ("x", *range(row.type.ndim))), 0))
    return [*outputs, *made.outputs, *made.shared]


def _summed(step: StepGraph, s: StateArg) -> list[Tensor] | None:
    """The terms of a state that is only a sum of which nobody but the end reads the value."""
    if s.taps != [-1] or s.rows != 1 or s.keep != 1 or not s.value.type.dtype.startswith("float"):
        return None
    before = s.inner[0]
    terms = _terms(step, s.value)
    if step.readers.get(s.value) or sum(v is before for v in terms) != 1:
        return None
    outputs = step.loop.inner_outputs()
    if before in outputs or outputs.count(s.value) != 1 or len(step.readers.get(before, ())) != 1:
        return None
    terms = [v for v in terms if v is not before]
    pattern = s.value.type.broadcastable
    return terms if all(t.type.broadcastable == pattern and t.type.dtype == s.value.type.dtype for t in terms) else None


def _terms(step: StepGraph, total: Tensor) -> list[Tensor]:
    """What a value is the sum of, through additions that nothing else reads."""
    found: list[Tensor] = []
    stack = [(total, False)]
    while stack:
        v, negative = stack.pop()
        node = v.owner
        name = scalar_name(v)
        if _increments(node) and (v is total or len(step.readers.get(v, ())) == 1) and not negative:
            stack.append((node.inputs[0], False))
            found.append(node.op(_zeros(total), *node.inputs[1:]))
            step.kinds[found[-1]] = step.kind(v)
        elif name in ("add", "sub") and (v is total or len(step.readers.get(v, ())) == 1):
            flips = [False] * len(node.inputs) if name == "add" else [False, True]
            stack += [(i, negative ^ flip) for i, flip in zip(node.inputs, flips, strict=True)][::-1]
        elif negative:
            found.append(elemwise(scalar.neg, v))
            step.kinds[found[-1]] = step.kind(v)
        else:
            found.append(v)
    return found


def _increments(node: Node | None) -> bool:
    """Whether a node adds rows to rows of what it reads, at one place or at a vector of places."""
    if node is None or type(node.op) not in (IncSubtensor, AdvancedIncSubtensor1) or node.op.set_instead_of_inc:
        return False
    return type(node.op) is AdvancedIncSubtensor1 or node.op.idx_list == (INDEX,)


def _zeros(like: Tensor) -> Tensor:
    made: Tensor = Alloc()(constant(0, like.type.dtype), *(Shape_i(k)(like) for k in range(like.type.ndim)))
    return made


def _total_of_increment(plan: SplitPlan, node: Node) -> Total | None:
    """Of rows added to zeros at places: all rows are added to zeros at all places, after the loop."""
    zeros, rows, places = node.inputs
    step, state = plan.step, plan.state_of.get(node.outputs[0])
    if state is None:
        return None
    several = type(node.op) is AdvancedIncSubtensor1
    pattern = (*([places.type.broadcastable[0]] if several else []), *zeros.type.broadcastable[1:])
    if rows.type.broadcastable != pattern or step.kind(rows) == Kind.FIXED or step.kind(places) != Kind.SEQUENCE:
        return None
    if not (plan.at_hand(places) or _cheap(step, places)) or not (_cheap(step, rows) or plan.affordable(rows)):
        return None
    if not _cheap(step, rows):
        plan.ask_for(rows)

    def total(batch: Batch) -> Tensor:
        y, at = _stacked(batch, rows), _stacked(batch, places)
        if several:
            n, m, *rest = batch.lengths(Rows(y, False))
            count = elemwise(scalar.mul, n, m)
            y = Reshape(y.type.ndim - 1)(y, MakeVector("int64")(count, *rest))
            at = Reshape(1)(at, MakeVector("int64")(count))
        empty = Alloc()(constant(0, zeros.type.dtype), *batch.lengths(Rows(state.initial, True)))
        made: Tensor = AdvancedIncSubtensor1()(empty, y, at)
        return made

    return total


def _total(plan: SplitPlan, v: Tensor, products: bool) -> Total | None:
    """How to sum `v` over the steps at once; None if that would not pay.

    With `products`, only what is a product.
    """
    node = v.owner
    step = plan.step
    if step.kind(v) == Kind.FIXED or not step.may_leave(v):
        return None
    if _increments(node):
        return _total_of_increment(plan, node) if products else None
    if node is not None and type(node.op) is Dot:
        return _total_of_product(plan, node) if products else None
    if node is not None and type(node.op) is DimShuffle:
        inner = _total(plan, node.inputs[0], products)
        order = node.op.new_order
        return None if inner is None else lambda batch: dimshuffle(inner(batch), order)
    if node is not None and type(node.op) is Elemwise and node.op.scalar_op.name in ("mul", "neg", "true_div"):
        scaled = _total_of_scaled(plan, node, products)
        if scaled is not None:
            return scaled
    if products:
        return None
    if node is not None and type(node.op) is Sum and plan.at_hand(node.inputs[0]):
        axes = (0, *(a + 1 for a in axes_of(node)))
        return _sum_of(node.inputs[0], axes, v.type.dtype)
    if plan.at_hand(v) or _cheap(step, v):
        return _sum_of(v, (0,), v.type.dtype)
    return None


def _sum_of(v: Tensor, axes: tuple[int, ...], dtype: str) -> Total:
    def total(batch: Batch) -> Tensor:
        made: Tensor = Sum(axis=axes, dtype=dtype)(_stacked(batch, v))
        return made

    return total


def _cheap(step: StepGraph, v: Tensor) -> bool:
    """Whether `v` is point-wise work (and sums) of sequences only: its rows are quickly made, its sum needs none."""
    if step.kind(v) != Kind.SEQUENCE:
        return False
    return all(type(n.op) in (Elemwise, DimShuffle, Sum) for n in step.needed_for([v]))


def _total_of_scaled(plan: SplitPlan, node: Node, products: bool) -> Total | None:
    """Of a term times (divided by) what is the same in all steps: that times the sum, or 0 if there is no step."""
    out = node.outputs[0]
    varying = [v for v in node.inputs if plan.step.kind(v) != Kind.FIXED]
    if out.type.dtype == "float16":  # whose sums overflow soon
        return None
    if len(varying) != 1 or node.op.scalar_op.name == "true_div" and varying[0] is not node.inputs[0]:
        return None
    term = varying[0]
    if term.type.broadcastable != out.type.broadcastable:
        return None
    finite = all(v is term or number(peel(v, None)[0]) not in (None, 0) for v in node.inputs)
    inner = _total(plan, term, products)
    if inner is None:
        return None
    op = node.op

    def total(batch: Batch) -> Tensor:
        arguments = []
        for v in node.inputs:
            rows = None if v is term else batch.of(v)
            arguments.append(inner(batch) if rows is None else rows.rows)
        made: Tensor = op(*arguments)
        if finite or batch.certain:
            return made
        some = elemwise(scalar.gt, batch.n, constant(0, batch.n.type.dtype))  # 0 / 0 and 0 * inf are no 0
        pattern = ("x",) * made.type.ndim
        zero = constant(0, made.type.dtype, made.type.ndim)
        return elemwise(scalar.switch, dimshuffle(some, pattern), made, zero)

    return total


def _total_of_product(plan: SplitPlan, node: Node) -> Total | None:
    a, b = node.inputs
    fixed = [plan.step.kind(v) == Kind.FIXED for v in (a, b)]
    if any(fixed):
        term = b if fixed[0] else a
        if not plan.at_hand(term):
            return None
        summed = _sum_of(term, (0,), term.type.dtype)

        def scaled(batch: Batch) -> Tensor:
            other: Any = batch.of(a if fixed[0] else b)
            made: Tensor = _dot(other.rows, summed(batch)) if fixed[0] else _dot(summed(batch), other.rows)
            return made

        return scaled
    # The memory for one of them is there; the other may take as much.
    if not (plan.at_hand(a) or plan.at_hand(b) or _cheap(plan.step, a) or _cheap(plan.step, b)):
        return None
    asked = [v for v in (a, b) if not _cheap(plan.step, v)]
    if not all(map(plan.affordable, asked)):
        return None
    for v in asked:
        plan.ask_for(v)
    return lambda batch: _product_of_rows(batch, a, b)


def _product_of_rows(batch: Batch, a: Tensor, b: Tensor) -> Tensor:
    """The sum over the steps of ``dot(a, b)``: one product along the steps and the axis that they sum over."""
    x, y = _stacked(batch, a), _stacked(batch, b)
    left = _flat(batch, x, x.type.ndim - 1)
    right = _flat(batch, y, 1)
    left = dimshuffle(left, (1, 0)) if left.type.ndim == 2 else left
    made: Tensor = _dot(left, right)
    return made


def _flat(batch: Batch, x: Tensor, axis: int) -> Tensor:
    """`x` with its first axis and `axis` joined to one, first; the other axis, if any, behind it."""
    rest = [k for k in range(1, x.type.ndim) if k != axis]
    if x.type.broadcastable[axis]:
        return dimshuffle(x, (0, *rest))
    x = dimshuffle(x, (0, axis, *rest))
    n, m, *more = batch.lengths(Rows(x, False))
    made: Tensor = Reshape(1 + len(rest))(x, MakeVector("int64")(elemwise(scalar.mul, n, m), *more))
    return made


@rule(Scan, phase="loops", name="products_after_loop")
def products_after_loop(graph: RewriteGraph, node: Node) -> Result:
    """Outputs that no step reads, and that are products with one matrix, are one product after the loop."""
    loop = Loop.of(node.op, node.inputs)
    if not loop.outputs or not splittable(loop):
        return None
    step = StepGraph(loop)
    recurrent = step.recurrent()
    plan = SplitPlan(step)
    later = [o for o in loop.outputs if o.keep is None and _later(plan, recurrent, o.value)]
    if not later:
        return None
    ids = {id(o) for o in later}
    for o in later:
        for v in _frontier(recurrent, step, o.value):
            plan.ask_for(v)
    kept = [o for o in loop.outputs if id(o) not in ids]
    made, batch = plan.split(graph, replace(loop, outputs=kept))
    rest = iter(made.outputs)
    outputs = [last_rows(_stacked(batch, o.value), o.keep) if id(o) in ids else next(rest) for o in loop.outputs]
    return [*made.states, *outputs, *made.shared]


def _stacked(batch: Batch, v: Tensor) -> Tensor:
    rows = batch.stacked(v)
    if rows is None:
        raise NotImplementedError(f"{v.owner} has no form for all steps")
    return rows


def _later(plan: SplitPlan, recurrent: dict[Node, None], value: Tensor) -> bool:
    """Whether `value` is better computed after the loop: there is a product in it that nothing else needs."""
    step = plan.step
    if step.kind(value) != Kind.STATE:
        return False
    own = [n for n in step.needed_for([value]) if n not in recurrent]
    if not all(_has_form(step, n) for n in own) or not all(map(plan.affordable, _frontier(recurrent, step, value))):
        return False
    return any(
        type(n.op) is Dot and {step.kind(v) == Kind.FIXED for v in n.inputs} == {True, False}
        and not n.inputs[0].type.broadcastable[-1]
        for n in own
    )  # fmt: skip


def _has_form(step: StepGraph, node: Node) -> bool:
    """Whether a node of an output is surely one that has a form for all steps."""
    if all(step.kind(v) == Kind.FIXED for v in node.inputs):
        return may_run(node, step.certain)
    return type(node.op) in (Elemwise, DimShuffle, Dot, Sum)


def _frontier(recurrent: dict[Node, None], step: StepGraph, value: Tensor) -> list[Tensor]:
    """What the work for `value` that nothing else needs reads of the rest of the step."""
    own = [n for n in step.needed_for([value]) if n not in recurrent]
    made = {v for n in own for v in n.outputs}
    read = dict.fromkeys(v for n in own for v in n.inputs)
    return [v for v in read if v not in made and step.kind(v) != Kind.FIXED]
