"""Rewrites that programs write themselves, with the names of Theano 1.0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graphs import FAST_RUN, form, perform, rewritten

import theano
import theano.tensor as T
from theano.graph import Apply, Constant, FunctionGraph, Op, Variable
from theano.rewrite import (
    EquilibriumOptimizer,
    FromFunctionLocalOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    MergeOptimizer,
    OpRemove,
    OpSub,
    Optimizer,
    PatternSub,
    Query,
    RewriteCycle,
    SeqOptimizer,
    TopoOptimizer,
    copy_stack_trace,
    local_optimizer,
    optdb,
    out2in,
    pre_constant_merge,
    pre_greedy_local_optimizer,
    register_specialize,
)
from theano.rewrite.engine.registry import remove_rule
from theano.rewrite.engine.trace import describe

x, y = T.dvectors("x", "y")
s = T.dscalar("s")


def after(rewrite: Any, output: Any, *more: Any) -> str:
    """What a rewrite of nodes or of whole graphs makes of `output` in a graph that has the outputs `more` too."""
    fgraph = FunctionGraph([x, y, s], [output, *more])
    MergeOptimizer().optimize(fgraph)
    optimizer = TopoOptimizer(rewrite) if isinstance(rewrite, LocalOptimizer) else rewrite
    optimizer.optimize(fgraph)
    fgraph.check_integrity()
    return describe(fgraph.outputs[0], 30)


# -- PatternSub -----------------------------------------------------------------------------------


def is_matrix(variable: Variable) -> bool:
    return variable.ndim == 2


MATCHES = {
    "a variable twice": ((T.sub, "a", "a"), "a", x - x, "x"),
    "two variables where one is wanted": ((T.sub, "a", "a"), "a", x - y, None),
    "nested": ((T.sin, (T.exp, (T.neg, "a"))), (T.cos, "a"), T.sin(T.exp(-x)), "cos(x)"),
    "nested, other op inside": ((T.sin, (T.exp, (T.neg, "a"))), (T.cos, "a"), T.sin(T.exp(abs(x))), None),
    "nested, nothing inside": ((T.sin, (T.exp, "a")), "a", T.sin(x), None),
    "number": ((T.pow, "a", 3), (T.mul, "a", (T.sqr, "a")), s**3, "mul(s, sqr(s))"),
    "number of another dtype": ((T.pow, "a", 3.0), "a", s ** np.float32(3), "s"),
    "another number": ((T.pow, "a", 3), "a", s**4, None),
    "variable for a number": ((T.pow, "a", 3), "a", s**s, None),
    "constant": ((T.add, "a", T.constant(2.5)), "a", s + T.constant(2.5), "s"),
    "another constant": ((T.add, "a", T.constant(2.5)), "a", s + T.constant(2.0), None),
    "other number of inputs": ((T.add, "a", "b"), "a", T.add(s, s, s), None),
    "new number": ((T.exp, "a"), (T.add, "a", 2), T.exp(s), "add(s, 2)"),
    "new constant": ((T.exp, "a"), (T.add, "a", T.constant(2.5)), T.exp(s), "add(s, 2.5)"),
    "constraint kept": (
        (T.exp, {"pattern": "a", "constraint": lambda v: v.ndim == 1}),
        (T.sin, "a"),
        T.exp(x),
        "sin(x)",
    ),
    "constraint broken": ((T.exp, {"pattern": "a", "constraint": is_matrix}), (T.sin, "a"), T.exp(x), None),
    "constraint of an inner node": (
        (T.exp, {"pattern": (T.sin, "a"), "constraint": lambda v: v.owner.op == T.sin}),
        "a",
        T.exp(T.sin(x)),
        "x",
    ),
    "constraint of an inner node broken": (
        (T.exp, {"pattern": (T.sin, "a"), "constraint": is_matrix}),
        "a",
        T.exp(T.sin(x)),
        None,
    ),
    "constraint of the root": ({"pattern": (T.exp, "a"), "constraint": lambda v: v.ndim == 1}, "a", T.exp(x), "x"),
    "constraint of the root broken": ({"pattern": (T.exp, "a"), "constraint": is_matrix}, "a", T.exp(x), None),
    "constraint without a condition": ((T.exp, {"pattern": "a"}), {"pattern": "a"}, T.exp(x), "x"),
}


@pytest.mark.parametrize("case", MATCHES)
def test_patterns(case: str) -> None:
    before, then, expression, wanted = MATCHES[case]
    assert after(PatternSub(before, then), expression) == (wanted or describe(expression, 30))


def test_a_pattern_leaves_what_others_read() -> None:
    """The inner node would have to be computed anyway, unless the user allows that."""
    before, then = (T.sin, (T.exp, "a")), (T.cos, "a")
    inner = T.exp(x)
    assert after(PatternSub(before, then), T.sin(inner), inner * 2) == "sin(exp(x))"
    assert after(PatternSub(before, then), T.sin(inner), inner) == "sin(exp(x))"
    assert after(PatternSub(before, then, allow_multiple_clients=True), T.sin(inner), inner * 2) == "cos(x)"
    assert after(PatternSub(before, then), T.sin(inner), T.sin(inner) * 2) == "cos(x)"  # the root may be


def test_a_pattern_looks_through_identities() -> None:
    def through(variable: Variable) -> Any:
        return variable.owner.inputs[0] if variable.owner is not None and variable.owner.op == T.neg else False

    before = (T.sin, (T.exp, "a"))
    assert after(PatternSub(before, "a", skip_identities_fn=through), T.sin(-T.exp(x))) == "x"
    assert after(PatternSub(before, "a", skip_identities_fn=through), T.sin(abs(T.exp(x)))) == "sin(abs_(exp(x)))"
    assert after(PatternSub(before, "a"), T.sin(-T.exp(x))) == "sin(neg(exp(x)))"


def test_a_pattern_starts_from_other_nodes() -> None:
    """Where the op of the root is everywhere, one looks at a rarer op inside, and goes to the root from there."""
    looked = []

    def users(node: Apply) -> Any:
        looked.append(node.op)
        return [user for user, _ in node.outputs[0].clients if user != "output"] + [None]

    rewrite = PatternSub((T.add, "a", (T.exp, "b")), (T.mul, "a", "b"), tracks=[T.exp], get_nodes=users)
    assert rewrite.tracks() == [T.exp]
    assert after(rewrite, T.sin(x + T.exp(y))) == "sin(mul(x, y))"
    assert set(looked) == {T.exp}
    assert after(rewrite, T.sin(x * T.exp(y))) == "sin(mul(x, exp(y)))"


def test_texts_of_patterns() -> None:
    inner = {"pattern": (T.exp, "a"), "constraint": is_matrix}
    assert str(PatternSub((T.sin, inner), (T.add, "a", 1))).count("(a)") == 1
    assert str(PatternSub((T.sin, "a"), "a", name="mine")) == "mine"
    with pytest.raises(TypeError, match="must start with an op, got 'a'"):
        PatternSub("a", "a")


# -- one node -------------------------------------------------------------------------------------


@local_optimizer([T.exp])
def exp_to_sin(node: Apply) -> Any:
    return [T.sin(*node.inputs)]


@local_optimizer([T.sin])
def sin_to_cos(node: Apply) -> Any:
    return [T.cos(*node.inputs)]


@local_optimizer(None)
def any_to_tan(node: Apply) -> Any:
    return [T.tan(*node.inputs)] if node.op == T.log else None


def test_functions_as_rewrites() -> None:
    assert isinstance(exp_to_sin, FromFunctionLocalOptimizer)
    assert str(exp_to_sin) == exp_to_sin.__name__ == "exp_to_sin" and exp_to_sin.tracks() == [T.exp]
    node = T.exp(x).owner
    assert exp_to_sin(node)[0].owner.op == exp_to_sin.transform(node)[0].owner.op == T.sin
    for tracks in ([], T.exp, "exp"):
        with pytest.raises(ValueError, match="tracks must be None or a list"):
            local_optimizer(tracks)


def test_a_group_is_the_first_that_fires_of_those_that_track_the_op() -> None:
    group = LocalOptGroup(exp_to_sin, sin_to_cos, name="mine")
    assert str(group) == "mine" and set(group.tracks()) == {T.exp, T.sin}
    assert LocalOptGroup(exp_to_sin, any_to_tan).tracks() is None
    assert after(group, T.exp(abs(x))) == "cos(abs_(x))"  # neither sees abs_
    assert not group.transform(abs(x).owner)
    assert group.transform(T.exp(x).owner)[0].owner.op == T.sin
    assert after(LocalOptGroup(OpSub(T.exp, T.cos), exp_to_sin), T.exp(x)) == "cos(x)"
    assert after(out2in(any_to_tan, exp_to_sin), T.log(T.exp(x))) == "tan(sin(x))"
    assert after(out2in(exp_to_sin), T.log(T.exp(x))) == "log(sin(x))"
    assert after(LocalOptGroup(LocalOptGroup(any_to_tan), exp_to_sin), T.log(T.exp(x))) == "tan(sin(x))"


def test_results_that_say_what_stands_for_what() -> None:
    """A dict may replace variables that other nodes make."""

    @local_optimizer([T.sin])
    def inside(node: Apply) -> Any:
        inner = node.inputs[0]
        return {inner: T.cos(*inner.owner.inputs)} if inner.owner is not None and inner.owner.op == T.exp else {}

    assert after(inside, T.sin(T.exp(x)), T.exp(x) + 1) == "sin(cos(x))"
    inner = T.exp(x)
    fgraph = FunctionGraph([x, y], [T.sin(inner), inner + 1])
    TopoOptimizer(inside).optimize(fgraph)
    assert "exp" not in describe(fgraph.outputs[1], 5)  # everywhere


def test_ops_that_fit_and_those_that_do_not() -> None:
    op = OpSub(T.exp, T.cos)
    assert op.op_key() == T.exp and op.tracks() == [T.exp] and " -> " in str(op)
    assert op.transform(T.sin(x).owner) is False
    remove = OpRemove(T.exp)
    assert remove.tracks() == [T.exp] and str(remove).endswith("(x) -> x")
    assert remove.transform(T.sin(x).owner) is False
    assert OpRemove(T.add).transform((x + y).owner) is False  # two inputs for one output


def test_where_things_come_from() -> None:
    made = T.exp(x)
    new = T.sin(x)
    new.owner.origin = ()
    assert copy_stack_trace(made, new) is new and new.owner.origin == made.owner.origin != ()
    several = [T.cos(x), T.tan(x)]
    several[0].owner.origin = ()
    own = several[1].owner.origin
    assert copy_stack_trace([x, made], several) is several
    assert several[0].owner.origin == made.owner.origin
    assert several[1].owner.origin is own != made.owner.origin  # it has one
    assert copy_stack_trace(x, x) is x  # inputs come from nowhere


# -- whole graphs ---------------------------------------------------------------------------------


class Swap(Optimizer):
    """Every node of one op becomes one of another."""

    def __init__(self, old: Op, new: Op) -> None:
        self.old, self.new = old, new
        self.prepared = 0

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.prepared += 1

    def apply(self, fgraph: FunctionGraph) -> None:
        for node in fgraph.toposort():
            if node.op == self.old:
                assert node.fgraph is fgraph and node.inputs[0].clients
                made = self.new(*node.inputs)
                assert made.clients == []  # nobody in the graph reads it yet
                fgraph.replace(node.outputs[0], made)


class Wishes(LocalOptimizer):
    """Asks for what it needs, and does nothing."""

    def __init__(self) -> None:
        self.graphs: list[FunctionGraph] = []

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        self.graphs.append(fgraph)

    def transform(self, node: Apply) -> Any:
        return False


def test_a_sequence_runs_in_its_order() -> None:
    first, second = Swap(T.exp, T.sin), Swap(T.sin, T.cos)
    assert after(SeqOptimizer(first, second), T.exp(x)) == "cos(x)"
    assert after(SeqOptimizer([second, first], name="mine"), T.exp(x)) == "sin(x)"
    assert str(SeqOptimizer([first], name="mine")) == "mine" and str(SeqOptimizer(first)) == "SeqOptimizer"
    assert first.prepared == second.prepared == 2
    assert after(SeqOptimizer(), T.exp(x)) == "exp(x)"
    assert after(SeqOptimizer(SeqOptimizer(first), TopoOptimizer(sin_to_cos)), T.exp(x)) == "cos(x)"


def test_an_equilibrium_goes_on_until_nothing_changes() -> None:
    """One of whole graphs, one of nodes and a final one, each of which makes what the next of them looks for."""
    turns = [Swap(T.exp, T.sin), sin_to_cos]
    assert after(EquilibriumOptimizer(turns), T.exp(x)) == "cos(x)"
    assert after(EquilibriumOptimizer(turns[::-1]), T.exp(x)) == "cos(x)"
    # needs a second round: rewrites of whole graphs run before those of nodes
    assert after(EquilibriumOptimizer([Swap(T.sin, T.cos), exp_to_sin]), T.exp(x)) == "cos(x)"
    final = EquilibriumOptimizer([Swap(T.sin, T.tan)], final_optimizers=[Swap(T.exp, T.sin)])
    assert after(final, T.exp(x)) == "tan(x)"
    cleanup = EquilibriumOptimizer([Swap(T.sin, T.tan)], cleanup_optimizers=[Swap(T.exp, T.sin)])
    assert after(cleanup, T.exp(x)) == "tan(x)"
    assert after(EquilibriumOptimizer([]), T.exp(x)) == "exp(x)"


def test_an_equilibrium_that_has_none_is_stopped() -> None:
    fights = [Swap(T.sin, T.cos), TopoOptimizer(OpSub(T.cos, T.sin))]
    rounds = EquilibriumOptimizer([Swap(T.exp, T.sin)], final_optimizers=[OnceMore()])
    with theano.change_flags(on_opt_error="warn"), pytest.warns(UserWarning, match="EquilibriumOptimizer was stopped"):
        assert after(rounds, abs(x)).startswith("exp")
    with pytest.raises(RewriteCycle, match="no end was found with Swap, TopoOptimizer"):
        after(EquilibriumOptimizer(fights), T.sin(x))


class OnceMore(Optimizer):
    """Never content."""

    def apply(self, fgraph: FunctionGraph) -> None:
        fgraph.replace(fgraph.outputs[0], T.exp(fgraph.outputs[0]))


def test_rewrites_say_what_they_need() -> None:
    wishes = Wishes()
    for rewrite in (
        TopoOptimizer(wishes),
        EquilibriumOptimizer([wishes]),
        out2in(wishes, exp_to_sin),
        SeqOptimizer(TopoOptimizer(wishes)),
    ):
        fgraph = FunctionGraph([x], [T.exp(x)])
        rewrite(fgraph)
        assert [graph is fgraph for graph in wishes.graphs] == [True]
        wishes.graphs.clear()


def test_what_must_be_overridden() -> None:
    with pytest.raises(NotImplementedError):
        Optimizer().optimize(FunctionGraph([x], [T.exp(x)]))
    with pytest.raises(NotImplementedError):
        LocalOptimizer().transform(T.exp(x).owner)
    assert LocalOptimizer().tracks() is None and str(LocalOptimizer()) == "LocalOptimizer"


def test_merging() -> None:
    fgraph = FunctionGraph([x], [T.exp(x + 2) * T.exp(x + 2)])
    before = len(fgraph.toposort())
    MergeOptimizer().optimize(fgraph)
    assert len(fgraph.toposort()) == before - 3  # an exp, a sum, and the number's DimShuffle
    assert perform(fgraph, [np.zeros(1)])[0] == pytest.approx(np.exp(4))
    a, b = T.constant([1.0, 2.0]), T.constant([1.0, 2.0])
    total = T.add(x, a) * T.add(x, b)
    assert pre_constant_merge([total]) == [total]
    (first, second) = (v.owner.inputs[1] for v in total.owner.inputs)
    assert first is second and isinstance(first, Constant)


def test_rewriting_an_expression() -> None:
    out = pre_greedy_local_optimizer([exp_to_sin, sin_to_cos], T.log(T.exp(x)))
    assert describe(out, 5) == "log(cos(x))"


# -- registration ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form_of_decorator", ["plain", "tags", "name"])
def test_registration(form_of_decorator: str) -> None:
    @local_optimizer([T.tan])
    def mine(node: Apply) -> Any:
        return [T.sin(*node.inputs)]

    name = "mine"
    if form_of_decorator == "plain":
        assert register_specialize(mine) is mine
    elif form_of_decorator == "tags":
        assert register_specialize("my_tag")(mine) is mine
    else:
        name = "my_name"
        assert register_specialize(mine, "my_tag", name=name) is mine
    try:
        assert form([x], T.tan(x)) == "sin(x)"
        assert form([x], T.tan(x), FAST_RUN.excluding(name)) == "tan(x)"
        assert form([x], T.tan(x), FAST_RUN.excluding("specialize")) == "tan(x)"
        without = form([x], T.tan(x), FAST_RUN.excluding("my_tag"))
        assert without == ("sin(x)" if form_of_decorator == "plain" else "tan(x)")
    finally:
        remove_rule(name)


def test_phases_hold_rewrites_by_name() -> None:
    phase = optdb["specialize"]
    phase.register("my_pattern", PatternSub((T.tan, "a"), (T.sin, "a")), "fast_run")
    try:
        assert "my_pattern" in phase and "my_pattern" not in optdb["canonicalize"] and "other" not in phase
        assert form([x], T.tan(x)) == "sin(x)"
    finally:
        phase.remove("my_pattern")
    assert "my_pattern" not in phase and form([x], T.tan(x)) == "tan(x)"
    with pytest.raises(KeyError, match="no phase and no rewrite has the name 'nothing'"):
        optdb["nothing"]


def test_queries_choose_by_position_and_tags() -> None:
    optdb.register("first", Swap(T.exp, T.sin), 2.71, "mine")
    optdb.register("second", Swap(T.sin, T.cos), 2.72, "mine")
    try:
        assert describe(rewritten([x], T.exp(x), Query(["mine"]))[0].outputs[0]) == "cos(x)"
        assert form([x], T.exp(x), Query(["mine"], position_cutoff=2.715)) == "sin(x)"
        assert form([x], T.exp(x), Query(["mine"], exclude=["second"])) == "sin(x)"
        assert form([x], T.exp(x), Query(["mine"], require=["second"])) == "exp(x)"
        fgraph = FunctionGraph([x], [T.exp(x)])
        optdb.query("+mine", "-second").optimize(fgraph)
        assert describe(fgraph.outputs[0]) == "sin(x)"
        optdb.query(Query(["second"])).optimize(fgraph)
        assert describe(fgraph.outputs[0]) == "cos(x)"
        fgraph = FunctionGraph([x], [T.exp(x)])
        optdb.query("mine", "&second").optimize(fgraph)
        assert describe(fgraph.outputs[0]) == "exp(x)"
        assert optdb["first"].old == T.exp
    finally:
        optdb.remove("first")
        optdb.remove("second")
