"""Databases of rewrites, queries, and where registered rewrites run in `theano.function`."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

import theano
import theano.tensor as T
from theano.compile import get_mode, optdb
from theano.compile.mode import AddFeatureOptimizer, PrintCurrentFunctionGraph, local_useless
from theano.graph import Apply, FunctionGraph
from theano.graph.features import NodeFinder
from theano.rewrite import (
    DB,
    RULES,
    EquilibriumDB,
    EquilibriumOptimizer,
    LocalGroupDB,
    LocalOptGroup,
    OpSub,
    Optimizer,
    ProxyDB,
    Query,
    SeqOptimizer,
    SequenceDB,
    TopoDB,
    TopoOptimizer,
    in2out,
    local_optimizer,
    register_canonicalize,
    register_specialize,
    register_specialize_device,
    register_stabilize,
    register_uncanonicalize,
    register_useless,
)
from theano.rewrite.engine.named import NAMED
from theano.rewrite.engine.registry import remove_rule
from theano.tensor.checks.assertion import AssertEqual
from theano.tensor.checks.shape_feature import ShapeFeature

x = T.dvector("x")
s = T.dscalar("s")
FAST_RUN = get_mode("FAST_RUN")


class Step(Optimizer):
    """Notes that it ran, and on which ops."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def apply(self, fgraph: FunctionGraph) -> None:
        self.log.append((self.name, sorted({str(node.op)[9:].strip("}").split(",")[0] for node in fgraph.apply_nodes})))


def ops_of(f: Any) -> set[Any]:
    return {node.op for node in f.maker.fgraph.apply_nodes}


def after(rewrite: Any, *outputs: Any) -> set[Any]:
    fgraph = FunctionGraph([x, s], list(outputs))
    rewrite.optimize(fgraph)
    return {node.op for node in fgraph.apply_nodes}


# -- databases ------------------------------------------------------------------------------------


def test_tags() -> None:
    db = DB()
    db.name = "mine"
    first, second = OpSub(T.exp, T.log), OpSub(T.sin, T.cos)
    db.register("first", first, "fast_run", "a")
    db.register("second", second, "a", use_db_name_as_tag=False)
    assert db["first"] is first and "first" in db and "fast_run" in db and "third" not in db
    assert db["fast_run"] is first and first.name == "first"  # the only one with that tag
    assert [e.name for e in db.selected(Query(["mine"]))] == ["first"]
    assert [e.name for e in db.selected(Query(["a"]))] == ["first", "second"]
    assert [e.name for e in db.selected(Query(["OpSub"], exclude=["first"]))] == ["second"]
    db.add_tags("second", "fast_run")
    db.remove_tags("first", "a")
    assert [e.name for e in db.selected(Query(["a", "fast_run"], require=["fast_run", "a"]))] == ["second"]
    for call, error, message in (
        (lambda: db.register("first", first), ValueError, "already taken"),
        (lambda: db.register("third", first, 5), TypeError, "tags are texts"),
        (lambda: db.register("third", first, speed=1), TypeError, "no parameter speed"),
        (lambda: db["third"], KeyError, "nothing is registered as 'third'"),
        (lambda: db.add_tags("third", "a"), KeyError, "there is first, second"),
        (lambda: db.query("a"), NotImplementedError, "does not say"),
    ):
        with pytest.raises(error, match=message):
            call()
    db.remove("first")
    assert "first" not in db
    out = io.StringIO()
    db.print_summary(out)
    assert out.getvalue() == "DB mine\n  second: OpSub a fast_run second\n"


def test_sequences() -> None:
    log: list[Any] = []
    db = SequenceDB()
    for name, at in (("c", 3), ("a", 1.5), ("b", 2), ("end", "last")):
        db.register(name, Step(log), at, "fast_run", *(["slow"] if name == "b" else []))
    made = db.query("+fast_run")
    assert isinstance(made, SeqOptimizer) and made.failure_callback is SeqOptimizer.warn
    made.optimize(FunctionGraph([x], [T.exp(x)]))
    assert [name for name, _ in log] == ["a", "b", "c", "end"]
    assert [str(opt) for opt in db.query("fast_run", "-slow", position_cutoff=3)] == ["a"]
    assert [str(opt) for opt in db.query(Query(["slow"], position_cutoff=3))] == ["b"]
    with theano.change_flags(**{"optdb.position_cutoff": 1.7}):
        assert [str(opt) for opt in db.query("fast_run")] == ["a"]
    extra = in2out(OpSub(T.exp, T.log), name="extra")
    assert [str(o) for o in db.query(Query(["slow"]).register((extra, 2.5)))] == ["b", "extra"]
    out = io.StringIO()
    db.print_summary(out)
    assert [line.split()[1] for line in out.getvalue().splitlines()[1:]] == ["a:", "b:", "c:", "end:"]
    with pytest.raises(TypeError, match="position must be a number or 'last'"):
        db.register("wrong", Step(log), "first")
    with pytest.raises(TypeError, match="runs in no sequence"):
        db.register("wrong", OpSub(T.exp, T.log), 1)


def test_equilibria() -> None:
    log: list[Any] = []
    db = EquilibriumDB(tracks_on_change_inputs=True)
    db.register("exp_to_sin", OpSub(T.exp, T.sin), "fast_run")
    db.register("sin_to_cos", OpSub(T.sin, T.cos), "slow")
    db.register("end", Step(log), "fast_run", final_opt=True)
    db.register("clean", Step(log), "fast_run", cleanup=True)
    made = db.query("+fast_run")
    assert isinstance(made, EquilibriumOptimizer) and made.tracks_on_change_inputs and made.ignore_newtrees
    assert list(made.get_local_optimizers()) == made.local_optimizers_all == [db["exp_to_sin"]]
    assert made.local_optimizers_map == {T.exp: [db["exp_to_sin"]]}
    assert (made.final_optimizers, made.cleanup_optimizers) == ([db["end"]], [db["clean"]])
    assert after(made, T.exp(x)) == {T.sin} and [name for name, _ in log[:2]] == ["clean", "end"]
    assert after(db.query("fast_run", "slow"), T.exp(x)) == {T.cos}
    with pytest.raises(ValueError, match="not both"):
        db.register("wrong", Step(log), final_opt=True, cleanup=True)


def test_groups() -> None:
    db = LocalGroupDB(apply_all_opts=True, profile=True)
    db.register("later", OpSub(T.exp, T.cos), "a", position=2)
    db.register("earlier", OpSub(T.exp, T.sin), "a", position=1)
    db.register("last", OpSub(T.exp, T.tan), "b", position="last")
    made = db.query("a")
    assert isinstance(made, LocalOptGroup) and made.apply_all_opts and made.profile
    assert [opt.name for opt in db.query("a", "b").opts] == ["earlier", "later", "last"]
    assert after(TopoOptimizer(db.query("a")), T.exp(x)) == {T.sin}
    with pytest.raises(TypeError, match="position must be a number"):
        db.register("wrong", OpSub(T.exp, T.sin), position="first")
    topo = TopoDB(db, order="out_to_in", ignore_newtrees=True).query("b")
    assert isinstance(topo, TopoOptimizer) and (topo.order, topo.ignore_newtrees) == ("out_to_in", True)
    assert after(topo, T.exp(x)) == {T.tan}
    assert [opt.name for opt in ProxyDB(db).query("b").opts] == ["last"]
    with pytest.raises(TypeError, match="stands for a database"):
        ProxyDB(topo)


def test_databases_in_databases() -> None:
    inner = EquilibriumDB()
    inner.register("exp_to_sin", OpSub(T.exp, T.sin), "fast_run")
    inner.register("sin_to_cos", OpSub(T.sin, T.cos), "slow")
    db = SequenceDB()
    db.register("inner", inner, 1, "fast_run")
    assert after(db.query("fast_run"), T.exp(x)) == {T.sin}
    assert after(db.query(Query(["fast_run"], subquery={"inner": Query(["fast_run", "slow"])})), T.exp(x)) == {T.cos}
    assert after(db.query("fast_run", inner=Query(["slow"])), T.sin(x)) == {T.cos}
    assert str(db.query("fast_run")[0]) == "inner"


def test_queries() -> None:
    query = Query(["fast_run"], exclude=["a"], subquery={"canonicalize": Query(["b"])}, position_cutoff=3)
    query = query.register((Query, 1.5))
    again = pickle.loads(pickle.dumps(query))
    assert again == query != query.excluding("c") and hash(again) == hash(query)
    assert again.including("x").requiring("y").excluding("z").subquery == query.subquery
    assert again.extra_optimizations == ((Query, 1.5),)
    with pytest.raises(TypeError, match="write \\['fast_run'\\]"):
        Query("fast_run")
    with pytest.raises(TypeError, match="pairs of a rewrite and its position"):
        query.register(OpSub(T.exp, T.log))
    for tags, kwtags, message in (((5,), {}, "not 5"), ((query,), {"inner": query}, "subquery")):
        with pytest.raises(TypeError, match=message):
            optdb.query(*tags, **kwtags)


# -- in theano.function ---------------------------------------------------------------------------


@pytest.fixture
def steps() -> Iterator[list[Any]]:
    """Rewrites of whole graphs before, between and behind the phases."""
    log: list[Any] = []
    places = {"before": 0.5, "between": 1.6, "behind": 2.7, "end": "last"}
    for name, at in places.items():
        optdb.register(name, Step(log), at, "fast_run")
    yield log
    for name in places:
        optdb.remove(name)


def test_rewrites_of_graphs_run_at_their_places(steps: list[Any]) -> None:
    """Before all: the graph as written; between: stable, but not specialised; behind: specialised."""
    f = theano.function([x], T.log(1 + x) + x ** 2 + T.exp(x) * T.exp(x), mode="FAST_RUN")
    assert [name for name, _ in steps] == ["before", "between", "behind", "end"]
    seen = dict(steps)
    assert {"log", "pow"} <= set(seen["before"]) and "log1p" not in seen["before"]
    assert "log1p" in seen["between"] and "log" not in seen["between"]
    assert "sqr" in seen["behind"] and seen["end"] == seen["behind"]
    assert f.maker.fgraph.check_integrity() is None
    steps.clear()
    theano.function([x], T.exp(x), mode="FAST_COMPILE")
    theano.function([x], T.exp(x), mode=theano.Mode(optimizer=None))
    theano.function([x], T.exp(x), mode=FAST_RUN.excluding("before", "between", "behind", "end"))
    assert steps == []
    theano.function([x], T.exp(x), mode=theano.Mode(optimizer=Query(["fast_run"], position_cutoff=2)))
    assert [name for name, _ in steps] == ["before", "between"]
    steps.clear()
    with theano.change_flags(**{"optdb.position_cutoff": 1.5}):
        theano.function([x], T.exp(x), mode="FAST_RUN")
    assert [name for name, _ in steps] == ["before"]


REGISTRARS = {
    "canonicalize": register_canonicalize,
    "stabilize": register_stabilize,
    "specialize": register_specialize,
    "specialize_device": register_specialize_device,
    "useless": register_useless,
}


@pytest.mark.parametrize("phase", REGISTRARS)
@pytest.mark.parametrize("linker", ["py", "cvm"])
def test_rewrites_of_nodes_run_in_their_phases(phase: str, linker: str) -> None:
    @local_optimizer([T.tan])
    def mine(node: Apply) -> Any:
        return [T.sinh(node.inputs[0])]

    REGISTRARS[phase](mine, "my_tag", name="mine")
    try:
        mode = theano.Mode(linker, "fast_run")
        f = theano.function([s], T.tan(s), mode=mode)
        assert ops_of(f) == {T.sinh} and f(0.0) == 0 and optdb[phase]["mine"] is mine
        for without in ("mine", "my_tag", phase):
            assert T.tan in ops_of(theano.function([s], T.tan(s), mode=mode.excluding(without)))
        assert ops_of(theano.function([s], T.tan(s), mode=mode.requiring("my_tag"))) == {T.sinh}
        quick = ops_of(theano.function([s], T.tan(s), mode=theano.Mode(linker, "fast_compile")))
        assert quick == ({T.sinh} if phase in ("canonicalize", "useless") else {T.tan})
    finally:
        remove_rule("mine")
    assert T.tan in ops_of(theano.function([s], T.tan(s), mode=mode))


def test_results_are_rewritten_further() -> None:
    """What a rewrite of a user's makes, the compiler's rules simplify; and the other way round."""

    @register_canonicalize
    @local_optimizer([T.tan])
    def tan_to_log_of_exp(node: Apply) -> Any:
        return [T.log(T.exp(node.inputs[0])) * 2]

    try:
        f = theano.function([s], T.tan(s), mode="FAST_RUN")
        assert not ops_of(f) & {T.tan, T.log, T.exp} and f(3.0) == 6
    finally:
        remove_rule("tan_to_log_of_exp")


def test_rewrites_know_shapes() -> None:
    """As Theano's programs ask for them: through the `ShapeFeature` of the graph, in a phase or in a whole graph."""
    found = []

    @local_optimizer([T.tan])
    def mine(node: Apply) -> Any:
        shapes = node.fgraph.shape_feature
        (v,) = node.inputs
        a, b = node.fgraph.inputs
        found.append((shapes.same_shape(v, a), shapes.same_shape(v, b), len(shapes.shape_of[v])))
        found.append(str(shapes.get_shape(v, 0)))

    register_canonicalize(mine, name="mine")
    try:
        theano.function([x, s], [T.tan(T.exp(x) * s), s], mode="FAST_RUN")
    finally:
        remove_rule("mine")
    assert found[:2] == [(True, False, 1), "Shape_i{0}.0"]
    mode = FAST_RUN.register((AddFeatureOptimizer(ShapeFeature()), 2.6), (in2out(mine), 2.7))
    found.clear()
    theano.function([x, s], [T.tan(T.exp(x) * s), s], mode=mode)
    assert found[0] == (True, False, 1)


def test_positions() -> None:
    places = optdb.__position__
    assert places["canonicalize"] == 1 and places["specialize"] == 2 and places.get("add_destroy_handler") == 49.5
    db = SequenceDB()
    db.register("first", Step([]), 3)
    assert db.__position__ == {"first": 3}


def test_uncanonicalize_is_for_who_asks() -> None:
    @local_optimizer([T.sqr])
    def mine(node: Apply) -> Any:
        return [T.tan(node.inputs[0])]

    register_uncanonicalize(mine, name="mine")
    try:
        assert T.tan in ops_of(theano.function([s], s ** 2, mode="FAST_RUN"))
        assert T.tan not in ops_of(theano.function([s], s ** 2, mode=FAST_RUN.excluding("uncanonicalize")))
    finally:
        remove_rule("mine")


def test_registration_refuses() -> None:
    with pytest.raises(TypeError, match="no parameter speed"):
        register_specialize(OpSub(T.exp, T.log), speed=1)
    with pytest.raises(TypeError, match="is no rewrite of nodes"):
        register_specialize(Step([]))
    with pytest.raises(TypeError, match="is a rewrite of nodes"):
        optdb.register("mine", OpSub(T.exp, T.log), 1.0)
    for name in ("constant_folding", "add_destroy_handler"):
        with pytest.raises(ValueError, match="already taken"):
            optdb.register(name, Step([]), 1.0)


def test_phases_are_databases() -> None:
    phase = optdb["specialize"]
    assert "specialize" in optdb and "nothing" not in optdb
    phase.register("mine", OpSub(T.tan, T.sinh), "only_mine")
    try:
        assert "mine" in phase and "mine" not in optdb["canonicalize"] and phase["mine"].op2 == T.sinh
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.tan}
        phase.add_tags("mine", "fast_run")
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.sinh}
        phase.remove_tags("mine", "fast_run")
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.tan}
        assert after(phase.query("+only_mine"), T.tan(x), T.log(1 + x)) >= {T.sinh, T.log}
        out = io.StringIO()
        optdb.print_summary(out)
        assert "  mine: mine only_mine specialize" in out.getvalue() and "add_destroy_handler" in out.getvalue()
    finally:
        phase.remove("mine")
    with pytest.raises(KeyError, match="has no rewrite 'mine'"):
        phase.remove("mine")
    assert local_useless.name == "useless"


def test_whole_graphs_in_a_phase() -> None:
    """It runs when the rules of the phase are done, and they after it."""

    class TanToLog(Optimizer):
        def apply(self, fgraph: Any) -> None:
            for node in fgraph.toposort():
                if node.op == T.tan:
                    fgraph.replace_validate(node.outputs[0], T.log(1 + node.inputs[0]))

    optdb["canonicalize"].register("tan_to_log", TanToLog(), "fast_run")
    try:
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.log1p}
    finally:
        optdb.remove("tan_to_log")


def test_databases_of_users_in_optdb() -> None:
    db = EquilibriumDB()
    db.register("tan_to_sinh", OpSub(T.tan, T.sinh), "fast_run")
    optdb.register("my_db", db, 2.2, "fast_run")
    try:
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.sinh}
        assert ops_of(theano.function([s], T.tan(s), mode=FAST_RUN.excluding("tan_to_sinh"))) == {T.tan}
        assert ops_of(theano.function([s], T.tan(s), mode=FAST_RUN.excluding("my_db"))) == {T.tan}
        db.register("sinh_to_cosh", OpSub(T.sinh, T.cosh), "fast_run")  # functions compiled from now on
        assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.cosh}
    finally:
        optdb.remove("my_db")


def test_modes_bring_rewrites(capsys: Any) -> None:
    mode = FAST_RUN.register((in2out(OpSub(T.tan, T.sinh)), 2.2), (AddFeatureOptimizer(NodeFinder()), 100))
    f = theano.function([s], T.tan(s), mode=mode)
    assert ops_of(f) == {T.sinh} and len(f.maker.fgraph.get_nodes(T.sinh)) == 1
    assert ops_of(theano.function([s], T.tan(s), mode="FAST_RUN")) == {T.tan}
    theano.function([s], T.tan(s), mode=FAST_RUN.register((PrintCurrentFunctionGraph("now"), 2.2)))
    assert capsys.readouterr().out.startswith("PrintCurrentFunctionGraph: now\nElemwise{tan,no_inplace} [id A]")
    assert theano.function([s], T.tan(s), mode=theano.Mode(optimizer=in2out(OpSub(T.tan, T.sinh))))(0) == 0
    assert theano.Mode.get_linker_optimizer("py", "fast_run")[1] == Query(["fast_run"])


def test_debug_mode_sees_what_rewrites_of_users_do_wrong() -> None:
    register_specialize(OpSub(T.tan, T.sinh), name="mine")
    try:
        f = theano.function([s], T.tan(s), mode="DebugMode")
        assert f(0.0) == 0
        with pytest.raises(theano.compile.debugmode.BadOptimization, match="value as written"):
            f(1.0)
    finally:
        remove_rule("mine")


def test_failing_rewrites_of_users() -> None:
    @local_optimizer([T.tan])
    def mine(node: Apply) -> Any:
        raise KeyError("mine")

    optdb.register("whole", in2out(mine), 2.2, "fast_run")
    register_specialize(mine)
    try:
        with theano.change_flags(on_opt_error="warn"):
            with pytest.warns(UserWarning) as told:
                f = theano.function([s], T.tan(s), mode="FAST_RUN")
            assert f(0.0) == 0 and {str(w.message).split(" failed")[0] for w in told} == {
                "rewrite rule mine", "the rewrite mine"
            }  # fmt: skip
        with theano.change_flags(on_opt_error="raise"), pytest.raises(KeyError):
            theano.function([s], T.tan(s), mode="FAST_RUN")
    finally:
        remove_rule("mine")
        optdb.remove("whole")


# -- names ----------------------------------------------------------------------------------------


def test_names_of_theano_stand_for_rules_that_are_there() -> None:
    assert set(NAMED) <= set(RULES)
    for names in NAMED.values():
        assert not names & set(RULES)


CASES = {
    "local_log1p": (lambda: T.log(1 + s), T.log1p),
    "local_expm1": (lambda: T.exp(s) - 1, T.expm1),
    "log1pexp_to_softplus": (lambda: T.log1p(T.exp(s)), T.nnet.softplus),
    "local_pow_specialize": (lambda: s ** 2, T.sqr),
    "local_mul_to_sqr": (lambda: s * s, T.sqr),
    "local_one_minus_erf": (lambda: 1 - T.erf(s), T.erfc),
}


@pytest.mark.parametrize("name", CASES)
def test_rules_are_left_out_by_the_names_of_theano(name: str) -> None:
    make, op = CASES[name]
    assert op in ops_of(theano.function([s], make(), mode="FAST_RUN"))
    assert op not in ops_of(theano.function([s], make(), mode=FAST_RUN.excluding(name)))


def test_rules_that_must_be_asked_for() -> None:
    checked = T.opt.Assert("no")(s, T.gt(s, 0))
    for mode, there in ((FAST_RUN, True), (FAST_RUN.including("local_remove_all_assert"), False)):
        f = theano.function([s], checked * 2, mode=mode)
        if there:
            with pytest.raises(AssertionError):
                f(-1)
        else:
            assert f(-1) == -2
    assert theano.function([s], checked * 2, mode=theano.Mode(optimizer="unsafe"))(-1) == -2


def test_checks_of_lengths_go_where_they_hold_or_are_not_wanted() -> None:
    v, n = T.dvector("v"), T.lscalar("n")
    checked = AssertEqual("{0} numbers, {1} wanted")(v, v.shape[0], n) * 2
    unsafe = theano.function([v, n], checked, mode=FAST_RUN.including("local_remove_all_assert"))
    assert unsafe([1, 2], 3).tolist() == [2, 4]
    with pytest.raises(ValueError, match="2 numbers, 3 wanted"):
        theano.function([v, n], checked)([1, 2], 3)
    holds = AssertEqual("{0} {1}")(v, v.shape[0], (v * 2).shape[0])
    assert not any(isinstance(op, AssertEqual) for op in ops_of(theano.function([v], T.exp(holds))))


def test_names_that_nobody_knows() -> None:
    mode = FAST_RUN.excluding("local_nothing", "fusion", "inplace").including("local_everything")
    assert theano.function([s], T.exp(s) * 2, mode=mode)(0) == 2
