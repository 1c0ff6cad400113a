"""Rewrites of whole graphs made of rewrites of nodes: order, new nodes, failures, features that object."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from theano.gof import toolbox
from theano.gof.opt import (
    ChangeTracker,
    CheckStackTraceOptimization,
    FromFunctionOptimizer,
    MergeFeature,
    Updater,
    check_chain,
    check_stack_trace,
    inherit_stack_trace,
    is_same_graph_with_merge,
    merge_dict,
    optimizer,
)

import theano
import theano.tensor as T
from theano.graph import Apply, FunctionGraph, InconsistencyError
from theano.graph.features import Feature
from theano.rewrite import (
    EquilibriumOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    MergeOptimizer,
    NavigatorOptimizer,
    OpKeyOptimizer,
    OpRemove,
    OpSub,
    PatternSub,
    SeqOptimizer,
    TopoOptimizer,
    in2out,
    local_optimizer,
    out2in,
)
from theano.rewrite.engine.trace import describe

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
SEEN: list[str] = []


@local_optimizer(None)
def looking(node: Apply) -> Any:
    SEEN.append(str(node.op)[9:12])


@local_optimizer([T.exp])
def exp_to_two_sines(node: Apply) -> Any:
    SEEN.append("exp")
    return [T.sin(T.sin(node.inputs[0]))]


@local_optimizer([T.sin])
def sin_to_cos(node: Apply) -> Any:
    SEEN.append("sin")
    return [T.cos(node.inputs[0])]


@local_optimizer([T.exp])
def failing(node: Apply) -> Any:
    raise KeyError("mine")


class Refuse(Feature):
    def __init__(self, op: Any) -> None:
        self.op = op

    def validate(self, fgraph: Any) -> None:
        if any(node.op == self.op for node in fgraph.apply_nodes):
            raise InconsistencyError(f"no {self.op}, please")


def graph(*outputs: Any, features: Any = ()) -> FunctionGraph:
    return FunctionGraph([x, y, s], list(outputs), clone=False, features=features)


def shown(fgraph: FunctionGraph) -> str:
    fgraph.check_integrity()
    return ", ".join(describe(v, 30) for v in fgraph.outputs)


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()


def test_orders() -> None:
    expression = T.exp(T.log(T.tan(x)))
    TopoOptimizer(looking).optimize(graph(expression))
    assert SEEN == ["tan", "log", "exp"]
    SEEN.clear()
    TopoOptimizer(looking, order="out_to_in").optimize(graph(expression))
    assert SEEN == ["exp", "log", "tan"]
    assert (in2out(looking).order, out2in(looking).order) == ("in_to_out", "out_to_in")
    with pytest.raises(ValueError, match="order is 'in_to_out' or 'out_to_in'"):
        TopoOptimizer(looking, order="sideways")


def test_new_nodes_are_looked_at_unless_they_are_ignored() -> None:
    group = LocalOptGroup(exp_to_two_sines, sin_to_cos)
    fgraph = graph(T.exp(x))
    TopoOptimizer(group).optimize(fgraph)
    assert shown(fgraph) == "cos(cos(x))" and SEEN == ["exp", "sin", "sin"]
    fgraph = graph(T.exp(x))
    TopoOptimizer(group, ignore_newtrees=True).optimize(fgraph)
    assert shown(fgraph) == "sin(sin(x))"
    auto = NavigatorOptimizer(OpSub(T.exp, T.sin))
    assert auto.ignore_newtrees and not NavigatorOptimizer(group).ignore_newtrees  # an OpSub has nothing to do there


def test_part_of_a_graph() -> None:
    fgraph = graph(T.sin(x), T.sin(y))
    TopoOptimizer(sin_to_cos).apply(fgraph, start_from=[fgraph.outputs[1]])
    assert shown(fgraph) == "sin(x), cos(y)"
    EquilibriumOptimizer([sin_to_cos]).apply(fgraph, start_from=[fgraph.outputs[0]])
    assert shown(fgraph) == "cos(x), cos(y)"


def test_one_node() -> None:
    fgraph = graph(T.sin(T.exp(x)))
    navigator = NavigatorOptimizer(sin_to_cos)
    navigator.add_requirements(fgraph)
    outer, inner = fgraph.outputs[0].owner, fgraph.outputs[0].owner.inputs[0].owner
    assert not navigator.process_node(fgraph, inner) and navigator.process_node(fgraph, outer)
    assert shown(fgraph) == "cos(exp(x))"
    assert navigator.process_node(fgraph, inner, OpSub(T.exp, T.log)) and shown(fgraph) == "cos(log(x))"
    with pytest.raises(NotImplementedError, match="without `apply`"):
        navigator.apply(fgraph)


def test_updaters() -> None:
    came, went, changed = [], [], []
    navigator = NavigatorOptimizer(None, ignore_newtrees=False)
    fgraph = graph(T.sin(T.exp(x)))
    u = navigator.attach_updater(fgraph, came.append, went.append, lambda *args: changed.append(args), "mine")
    assert str(u) == "Updater{mine}" and isinstance(u, Updater)
    inner = fgraph.outputs[0].owner.inputs[0]
    new = T.log(x)
    fgraph.replace(inner, new, "why not")
    assert came == [new.owner] and went == [inner.owner]
    assert changed == [(fgraph.outputs[0].owner, 0, inner, new, "why not")]
    navigator.detach_updater(fgraph, u)
    fgraph.replace(new, x)
    assert len(came) == len(went) == 1
    deaf = NavigatorOptimizer(None, ignore_newtrees=True)
    assert deaf.attach_updater(fgraph, came.append, None) is None
    deaf.detach_updater(fgraph, None)


# -- failures -------------------------------------------------------------------------------------


def test_failures_are_raised_or_told() -> None:
    fgraph = graph(T.sin(T.exp(x)))
    with pytest.raises(KeyError, match="mine"):
        TopoOptimizer(failing).optimize(fgraph)
    told = []

    def callback(exc: Exception, nav: Any, pairs: Any, local_opt: Any, node: Apply) -> None:
        told.append((type(exc), nav, pairs, local_opt, node.op))

    rewrite = TopoOptimizer(LocalOptGroup(failing, sin_to_cos), failure_callback=callback)
    rewrite.optimize(fgraph)
    (inner,) = (n for n in fgraph.apply_nodes if n.op == T.exp)
    assert told == [(KeyError, rewrite, [(inner.outputs[0], None)], rewrite.local_opt, T.exp)]
    assert shown(fgraph) == "cos(exp(x))"
    with theano.change_flags(on_opt_error="warn"), pytest.warns(UserWarning, match="failing failed on .*KeyError"):
        in2out(failing).optimize(fgraph)
    with theano.change_flags(on_opt_error="raise"), pytest.raises(KeyError):
        out2in(failing).optimize(fgraph)
    TopoOptimizer(failing, failure_callback=TopoOptimizer.warn_ignore).optimize(fgraph)


def test_features_object() -> None:
    """Nothing of a replacement is made then, and the node is not tried again and again."""
    fgraph = graph(T.sin(T.exp(x)), T.sin(y), features=[Refuse(T.cos)])
    with pytest.raises(InconsistencyError, match="please"):
        TopoOptimizer(sin_to_cos).optimize(fgraph)
    told = []
    TopoOptimizer(sin_to_cos, failure_callback=lambda *args: told.append(args)).optimize(fgraph)
    assert len(told) == 2 and [new.owner.op for _, new in told[0][2]] == [T.cos]
    for rewrite in (in2out(sin_to_cos), EquilibriumOptimizer([sin_to_cos], TopoOptimizer.warn_inplace)):
        rewrite.optimize(fgraph)
        assert shown(fgraph) == "sin(exp(x)), sin(y)"
    SEEN.clear()
    EquilibriumOptimizer([sin_to_cos], TopoOptimizer.warn_inplace, tracks_on_change_inputs=True).optimize(fgraph)
    assert SEEN == ["sin", "sin"]


def test_nodes_that_must_go() -> None:
    @local_optimizer([T.sin])
    def over(node: Apply) -> Any:
        inner = node.inputs[0].owner
        return {node.outputs[0]: T.cos(x), "remove": [inner]} if inner is not None else False

    fgraph = graph(T.sin(T.exp(x)))
    in2out(over).optimize(fgraph)
    assert shown(fgraph) == "cos(x)"
    inner = T.exp(x)
    fgraph = graph(T.sin(inner), inner)
    with pytest.warns(UserWarning, match="was to remove"):
        in2out(over).optimize(fgraph)
    assert shown(fgraph) == "sin(exp(x)), exp(x)"


@pytest.mark.parametrize("result", ["text", [], [1], {"a": 1}])
def test_results_that_say_nothing(result: Any) -> None:
    @local_optimizer([T.exp])
    def wrong(node: Apply) -> Any:
        return result

    fgraph = graph(T.exp(x))
    if isinstance(result, dict):
        TopoOptimizer(wrong).optimize(fgraph)
    else:
        with pytest.raises(TypeError, match="the rewrite wrong returned"):
            TopoOptimizer(wrong).optimize(fgraph)
    assert shown(fgraph) == "exp(x)"


def test_results_of_another_type() -> None:
    fgraph = graph(T.exp(x))
    with pytest.raises(TypeError, match="has its type"):
        TopoOptimizer(PatternSub((T.exp, "a"), (T.sum, "a"))).optimize(fgraph)


# -- of one op, groups ----------------------------------------------------------------------------


def test_nodes_of_one_op() -> None:
    fgraph = graph(T.exp(T.sin(T.exp(x))))
    OpKeyOptimizer(OpSub(T.exp, T.log)).optimize(fgraph)
    assert shown(fgraph) == "log(sin(log(x)))" and len(fgraph.get_nodes(T.log)) == 2
    OpKeyOptimizer(OpRemove(T.sin)).optimize(fgraph)
    assert shown(fgraph) == "log(log(x))"

    class Both(LocalOptimizer):
        def op_key(self) -> Any:
            return [T.log, T.exp]

        def transform(self, node: Apply) -> Any:
            SEEN.append(str(node.op)[9:12])

    OpKeyOptimizer(Both()).optimize(graph(T.exp(T.sin(T.log(x)))))
    assert SEEN == ["log", "exp"]
    with pytest.raises(TypeError, match="needs its method op_key"):
        OpKeyOptimizer(sin_to_cos)


def test_groups_apply_all() -> None:
    group = LocalOptGroup(OpSub(T.exp, T.sin), OpSub(T.sin, T.cos), apply_all_opts=True, profile=True)
    (result,) = group.transform(T.exp(x).owner)
    assert result.owner.op == T.cos
    assert group.applied_true == dict.fromkeys(group.opts, 1) == group.node_created
    assert not group.transform(T.tan(x).owner) and group.retains_inputs and not group.reentrant
    with pytest.raises(TypeError, match="by name, not speed"):
        LocalOptGroup(sin_to_cos, speed=1)


def test_tags_go_along() -> None:
    out = T.exp(x)
    out.tag.mine = out.owner.tag.mine = 5
    (new,) = OpSub(T.exp, T.sin).transform(out.owner)
    assert new.tag.mine == new.owner.tag.mine == 5
    (new,) = OpSub(T.exp, T.sin, transfer_tags=False).transform(out.owner)
    assert not hasattr(new.tag, "mine")


def test_values_that_are_about_equal() -> None:
    """What DebugMode may find different: a rewrite says how much."""
    loose = PatternSub((T.exp, "a"), (T.add, "a", 1), values_eq_approx=lambda a, b: np.allclose(a, b, atol=0.5))
    strict = PatternSub((T.exp, "a"), (T.add, "a", 1))
    for rewrite, error in ((loose, None), (strict, theano.compile.debugmode.BadOptimization)):
        mode = theano.compile.DebugMode(optimizer=in2out(rewrite), check_c_code=False)
        f = theano.function([s], T.exp(s), mode=mode)
        if error is None:
            assert f(0.5) == 1.5
        else:
            with pytest.raises(error):
                f(0.5)


def test_summaries() -> None:
    out = io.StringIO()
    rewrite = SeqOptimizer(in2out(sin_to_cos, name="mine"), EquilibriumOptimizer([OpSub(T.exp, T.log)]), name="all")
    rewrite.print_summary(out)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == [
        "SeqOptimizer", "TopoOptimizer", "FromFunctionLocalOptimizer", "EquilibriumOptimizer", "OpSub"
    ]  # fmt: skip
    out = io.StringIO()
    rewrite.print_summary(out, level=2, depth=1)
    assert len(out.getvalue().splitlines()) == 3 and out.getvalue().startswith("  SeqOptimizer all")
    out = io.StringIO()
    sin_to_cos.print_summary(out)
    assert out.getvalue() == "FromFunctionLocalOptimizer sin_to_cos\n"


def test_sequences_are_lists() -> None:
    first, second = TopoOptimizer(OpSub(T.exp, T.log)), TopoOptimizer(OpSub(T.log, T.sin))
    rewrite = SeqOptimizer(first)
    rewrite.append(second)
    assert list(rewrite.opts) == [first, second] and rewrite[1] is second and len(rewrite) == 2
    told = []
    patient = SeqOptimizer(TopoOptimizer(failing), first, failure_callback=lambda *args: told.append(args))
    fgraph = graph(T.exp(x))
    patient.optimize(fgraph)
    assert shown(fgraph) == "log(x)" and isinstance(told[0][0], KeyError) and told[0][1:] == (patient, patient[0])
    with pytest.raises(KeyError):
        SeqOptimizer(TopoOptimizer(failing)).optimize(graph(T.exp(x)))
    with theano.change_flags(on_opt_error="warn"), pytest.warns(UserWarning, match="the rewrite TopoOptimizer failed"):
        SeqOptimizer(TopoOptimizer(failing), failure_callback=SeqOptimizer.warn).optimize(graph(T.exp(x)))


def test_profiles() -> None:
    """What `apply` returns: of a sequence that of its parts."""
    rewrite = SeqOptimizer(in2out(exp_to_two_sines), MergeOptimizer(), EquilibriumOptimizer([sin_to_cos]))
    trace = rewrite.optimize(graph(T.exp(x)))
    assert trace.counts() == {"exp_to_two_sines": 1, "sin_to_cos": 2}
    assert list(trace.seconds) == ["exp_to_two_sines", "EquilibriumOptimizer"] and min(trace.seconds.values()) > 0
    out = io.StringIO()
    rewrite.print_profile(out, trace, level=2)
    assert out.getvalue().startswith("  exp_to_two_sines: ") and "    sin_to_cos: 2 times\n" in out.getvalue()
    both = TopoOptimizer.merge_profile(trace, trace)
    assert both.counts() == {"exp_to_two_sines": 2, "sin_to_cos": 4}
    assert both.seconds == {name: 2 * seconds for name, seconds in trace.seconds.items()}
    rewrite.print_profile(out, None)
    assert len(rewrite.merge_profile(None, None)) == 0


# -- merging --------------------------------------------------------------------------------------


def test_merging_asks_features() -> None:
    class Apart(Feature):
        """Wants two nodes with sin."""

        def validate(self, fgraph: Any) -> None:
            if sum(node.op == T.sin for node in fgraph.apply_nodes) < 2:
                raise InconsistencyError("two, please")

    fgraph = graph(T.sin(T.exp(x)), T.sin(T.exp(x)), features=[Apart()])
    MergeOptimizer().optimize(fgraph)
    assert len(fgraph.apply_nodes) == 3
    assert shown(fgraph) == "sin(exp(x)), sin(exp(x))"


def test_merging_looks_at_what_is_new() -> None:
    fgraph = graph(T.exp(x) + 1, T.tan(y))
    fgraph.attach_feature(MergeFeature())
    MergeOptimizer().optimize(fgraph)
    assert fgraph.merge_feature.scheduled == []
    fgraph.replace(fgraph.outputs[1], T.exp(x) + 1)
    assert fgraph.merge_feature.scheduled
    MergeOptimizer().optimize(fgraph)
    assert fgraph.outputs[0] is fgraph.outputs[1]
    a, b = T.constant([1.0, 2.0]), T.constant([1.0, 2.0])
    fgraph = graph(x + a, y * b)
    MergeOptimizer().optimize(fgraph)
    assert fgraph.outputs[0].owner.inputs[1] is fgraph.outputs[1].owner.inputs[1]


def test_functions_of_graphs() -> None:
    @optimizer
    def no_exp(fgraph: Any) -> None:
        """Mine."""
        for node in fgraph.toposort():
            if node.op == T.exp:
                fgraph.replace_validate(node.outputs[0], node.inputs[0])

    assert isinstance(no_exp, FromFunctionOptimizer) and str(no_exp) == "no_exp" and no_exp.__doc__ == "Mine."
    fgraph = graph(T.sin(T.exp(x)))
    no_exp.optimize(fgraph)
    assert shown(fgraph) == "sin(x)"
    asked = []
    FromFunctionOptimizer(lambda fgraph: None, [asked.append]).optimize(fgraph)
    assert asked == [fgraph]


def test_small_helpers() -> None:
    assert check_chain(T.exp(T.log(x)).owner, T.exp, None) and not check_chain(x, T.exp)
    assert check_chain(T.exp(T.dot(x, y)), T.exp, type(T.dot(x, y).owner.op)) and not check_chain(T.exp(x), T.exp, None)
    assert merge_dict({"a": [1]}, {"a": [2], "b": [3]}) == {"a": [1, 2], "b": [3]}
    assert is_same_graph_with_merge(T.exp(x), T.exp(x)) and not is_same_graph_with_merge(T.exp(x), T.exp(y))
    assert is_same_graph_with_merge(T.exp(x), T.exp(y), {x: y})
    tracker = ChangeTracker()
    fgraph = graph(T.exp(x), features=[tracker])
    assert not fgraph.change_tracker.changed
    fgraph.replace(fgraph.outputs[0], T.sin(T.tan(x)))
    assert tracker.changed and tracker.nb_imported == 2
    tracker.reset()
    assert not tracker.changed
    fgraph.remove_feature(tracker)
    assert not hasattr(fgraph, "change_tracker")


def test_names_and_marks_are_kept() -> None:
    inner = T.exp(x)
    inner.name, inner.tag.nan_guard_mode_check = "mine", False
    fgraph = graph(T.sin(inner), features=[toolbox.PreserveVariableAttributes()])
    TopoOptimizer(OpSub(T.exp, T.log, transfer_tags=False)).optimize(fgraph)
    new = fgraph.outputs[0].owner.inputs[0]
    assert (new.name, new.tag.nan_guard_mode_check, new.owner.op) == ("mine", False, T.log)


def test_what_is_printed_of_replacements(capsys: Any) -> None:
    fgraph = graph(T.exp(x))
    with theano.change_flags(optimizer_verbose=True):
        TopoOptimizer(OpSub(T.exp, T.log)).optimize(fgraph)
    assert "optimizer: rewrite" in capsys.readouterr().out


# -- where nodes come from ------------------------------------------------------------------------


def test_origins() -> None:
    f = theano.function([x], T.log(1 + T.exp(x)))
    assert check_stack_trace(f, "all") and check_stack_trace(f)
    (op,) = {node.op for node in f.maker.fgraph.apply_nodes}
    assert check_stack_trace(f, op) and check_stack_trace(f, [type(op)])
    with pytest.raises(ValueError, match="no node of the graph has the op"):
        check_stack_trace(f, T.tan)
    assert check_stack_trace(f, T.tan, bug_print="ignore")
    with pytest.warns(UserWarning, match="no node of the graph"):
        check_stack_trace(f, T.tan, bug_print="warn")
    with pytest.raises(ValueError, match="ops_to_check is"):
        check_stack_trace(f, "first")
    with pytest.raises(ValueError, match="takes a compiled function"):
        check_stack_trace(5)
    bare = graph(T.exp(x))
    bare.outputs[0].owner.origin = ()
    assert not check_stack_trace(bare, "last") and not check_stack_trace(bare, T.exp)


def test_rewrites_of_nodes_hand_on_the_origin() -> None:
    out = T.exp(x)
    fgraph = graph(out)
    TopoOptimizer(exp_to_two_sines).optimize(fgraph)
    assert all(node.origin == out.owner.origin for node in fgraph.apply_nodes) and out.owner.origin
    with inherit_stack_trace([out]):
        made = T.sin(x)
    assert made.owner.origin == out.owner.origin


@pytest.mark.parametrize("policy", ["off", "warn", "raise", "log"])
def test_origins_are_watched(policy: str, caplog: Any) -> None:
    @optimizer
    def careless(fgraph: Any) -> None:
        new = T.sin(x)
        new.owner.origin = ()
        fgraph.replace(fgraph.outputs[0], new, "careless")

    fgraph = graph(T.exp(x))
    CheckStackTraceOptimization().optimize(fgraph)
    CheckStackTraceOptimization().optimize(fgraph)
    with theano.change_flags(check_stack_trace=policy):
        if policy == "raise":
            with pytest.raises(AssertionError, match="careless made, does not know where it comes from"):
                careless.optimize(fgraph)
        elif policy == "warn":
            with pytest.warns(UserWarning, match="copy_stack_trace"):
                careless.optimize(fgraph)
        else:
            careless.optimize(fgraph)
            assert len(caplog.records) == (policy == "log")
