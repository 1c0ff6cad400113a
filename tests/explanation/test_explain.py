"""`theano.explain`: the data is complete and follows its schema, and the script of the page draws it."""

from __future__ import annotations

import copy
import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from theano.typed_list import TypedListType, length

import theano
import theano.tensor as T
from theano.printing import memory_plan
from theano.rewrite.engine.registry import RULES
from theano.rewrite.engine.trace import snapshot
from theano.show.explanation.explain import Explanation
from theano.show.explanation.grouping import MOST, grouped
from theano.show.explanation.infix import infix
from theano.show.explanation.rewrites import rule_texts
from theano.show.graphs import graph_data
from theano.show.graphs.layout import layout
from tools.explain_pages import PROGRAMS

DOCUMENT = Path(__file__).parents[2] / "docs" / "explain.md"
BROWSER = Path(__file__).parents[1] / "d3viz" / "browser.js"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node runs the script of a page")


@pytest.fixture(scope="module")
def explained() -> dict[str, Explanation]:
    found = {}
    for name, make in PROGRAMS.items():
        f, args = make()
        found[name] = theano.explain(f, *args)
    return found


@pytest.fixture(scope="module", params=list(PROGRAMS))
def one(request, explained):
    return explained[request.param].data["functions"][0]


def schema() -> dict[str, set[str]]:
    """The names in the tables of docs/explain.md, by the heading above."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            heading = line.removeprefix("### ").strip("`")
        elif heading and line.startswith("| `"):
            found.setdefault(heading, set()).update(re.findall(r"`(\w+)`", line.split("|")[1]))
    return found


def test_schema(explained) -> None:
    """What the document says there is, is there, and nothing else."""
    names = schema()
    for explanation in explained.values():
        data = json.loads(json.dumps(explanation.data))  # JSON can say it
        assert data == explanation.data
        assert set(data) == names["data"] and data["schema"] == 1
        for f in data["functions"]:
            assert set(f) == names["function"]
            for key, title in (("files", "file"), ("rewrites", "rewrite"), ("loops", "loop")):
                for entry in f[key]:
                    assert set(entry) == names[title], title
            for texts in f["code"].values():
                assert set(texts) <= names["code"]
            assert set(f["machine"]) == names["machine"]
            if f["memory"] is not None:
                assert set(f["memory"]) == names["memory"]
                assert all(set(array) == names["array"] for array in f["memory"]["arrays"])
            for graphs in f["graphs"].values():
                assert set(graphs) == names["graphs"]
                for graph in graphs["graphs"]:
                    assert set(graph) == names["graph"]
                    assert all(set(node) <= names["node"] for node in graph["nodes"])
                    assert all(set(edge) <= names["edge"] for edge in graph["edges"])


def test_every_loop_and_every_rewrite_has_a_line_or_a_reason(one) -> None:
    known = {f"{k}:{number}" for k, file in enumerate(one["files"]) for number, _ in file["lines"]}
    for entry in [*one["rewrites"], *one["loops"][1:]]:
        assert bool(entry["lines"]) != bool(entry["why"]), entry
        assert set(entry["lines"]) | set(entry["callers"]) <= known
    assert sum(bool(step["lines"]) for step in one["rewrites"]) >= 0.9 * len(one["rewrites"])
    loops = [loop for loop in one["loops"] if loop["inside"] >= 0]
    assert sum(bool(loop["lines"]) for loop in loops) >= 0.9 * len(loops)


def test_every_loop_has_code(one) -> None:
    for loop in one["loops"]:
        if re.fullmatch(r"k\d+", loop["kernel"]):
            texts = one["code"][loop["kernel"]]
            assert set(texts) == {"program", "llvm", "c", "assembly", "marks"}
            assert all(loop["kernel"] in texts[stage] for stage in ("program", "c", "llvm"))
            assert "ret" in texts["assembly"]
    assert one["code"]["main"]["program"].startswith("main")


def test_measured(explained) -> None:
    for name in ("xnor", "lenet", "lstm"):
        f = explained[name].data["functions"][0]
        assert f["calls"] >= 3 and f["error"] is None
        assert {a["kind"] for a in f["memory"]["arrays"]} >= {"input", "shared", "workspace"}
    lstm = explained["lstm"].data["functions"][0]
    assert max(loop["calls"] for loop in lstm["loops"]) >= 25  # the steps of the loop
    assert any("step" in loop["name"] for loop in lstm["loops"])
    branches = explained["branches"].data["functions"][0]
    assert {0.0, 1.0} <= {loop["calls"] for loop in branches["loops"]}  # one of the branches did not run
    assert "call-back" in {loop["name"] for loop in branches["loops"]}
    unknown = [text for loop in branches["loops"] for text in loop["writes"] if "d2 * d3" in text]
    assert unknown and not any(" = " in text for text in unknown)  # only the call knows how many


def test_loops_account_for_the_call(explained) -> None:
    """With what Python does to arguments. Another process may run between two loops: the best of five counts."""

    def share(explanation: Explanation) -> float:
        f = explanation.data["functions"][0]
        whole = sum(loop["own_seconds"] for loop in f["loops"])
        assert whole == pytest.approx(f["call_seconds"], rel=0.01)
        assert sum(loop["share"] for loop in f["loops"]) == pytest.approx(1, abs=0.01)
        return sum(loop["own_seconds"] for loop in f["loops"][1:]) / f["call_seconds"]

    for name in ("xnor", "lenet", "lstm", "branches"):
        shares = [share(explained[name])]
        while shares[-1] <= 0.95 and len(shares) < 5:
            f, args = PROGRAMS[name]()
            shares.append(share(theano.explain(f, *args)))
        assert max(shares) > 0.95 and all(s <= 1.01 for s in shares), shares


def test_calls_of_the_library_say_what_they_do(explained) -> None:
    """Extents, bytes, operations: of convolutions, products, panels; in steps, as often as these ran."""
    loops = explained["lenet"].data["functions"][0]["loops"]
    for loop in loops:
        assert loop["name"] in ("call", "slices") or (loop["extents"] and loop["bytes"] is not None), loop
    forward = next(loop for loop in loops if loop["kernel"] == "convolve_f64")
    assert forward["extents"] == [32, 1, 8, 24, 24, 5, 5]  # images, channels, kernels, positions, elements
    assert forward["operations"] == 2 * 32 * 8 * 24 * 24 * 5 * 5 and forward["speed"] > 0
    assert forward["bytes"] == 8 * (32 * 28 * 28 + 8 * 5 * 5 + 32 * 8 * 24 * 24) and forward["bandwidth"] > 0
    product = next(loop for loop in loops if loop["kernel"] == "dproduct")
    assert product["extents"] == [32, 256, 10] and product["operations"] == 2 * 32 * 256 * 10
    backward = next(loop for loop in loops if loop["kernel"] == "dbackward")
    assert backward["operations"] == 4 * 32 * 256 * 10
    assert backward["bytes"] == 8 * (2 * 256 * 10 + 32 * 10 + 2 * 32 * 256)  # reads weights, writes new ones
    steps = explained["lstm"].data["functions"][0]["loops"]
    assert all(loop["bytes"] is not None for loop in steps if loop["name"] not in ("call", "slices", "steps"))
    for loop in steps:  # slices or not: 25 steps of 16 rows
        if loop["kernel"] in ("dslice", "dpacked") and loop["calls"]:
            assert loop["operations"] == 25 * 2 * 16 * 32 * 128
            assert loop["bytes"] == 25 * 8 * (16 * 32 + 32 * 128 + 16 * 128)


def test_every_loop_says_why_it_is_not_one_with_the_one_before(explained) -> None:
    for explanation in explained.values():
        numbered = [loop for loop in explanation.data["functions"][0]["loops"] if re.match(r"loop \d", loop["name"])]
        for k, loop in enumerate(numbered[1:], 1):
            assert any(reason.startswith(f"apart from loop {k}: ") for reason in loop["apart"]), loop["what"]
    lenet = [loop for loop in explained["lenet"].data["functions"][0]["loops"] if loop["name"] == "loop 2"]
    assert lenet[0]["apart"] == [
        "apart from loop 1: it reads nothing that the other one makes, and it goes over other lengths"
    ]


def test_rules_have_equations_or_words(explained) -> None:
    """Most have both; what is said is for users."""
    steps = [step for e in explained.values() for step in e.data["functions"][0]["rewrites"]]
    assert all(step["equation"] or step["about"] for step in steps)
    without = {step["rule"] for step in steps if not step["equation"]}
    assert all(rule.endswith("_of_scan") or "_of_scan_" in rule or rule == "values_of_earlier_loop" for rule in without)
    assert rule_texts("collect_factors") == (
        "x*y/x -> y, x*x -> x**2", "equal factors of a product are collected, if that makes it cheaper."
    )  # fmt: skip
    assert rule_texts("log(exp(x)) -> x") == ("log(exp(x)) -> x", None) and rule_texts("no such rule") == (None, None)
    assert not any("`" in (text or "") for rule in RULES for text in rule_texts(rule))


def test_arguments_that_python_converts_take_time(explained) -> None:
    """The integer of `branches` is a number of NumPy; what is given as arrays of the right type goes in as it is."""
    loops = explained["branches"].data["functions"][0]["loops"]
    (arguments,) = (loop for loop in loops if loop["name"] == "arguments")
    assert arguments["inside"] == -1 and arguments["seconds"] > 0
    assert "arguments: converted by Python" in str(explained["branches"])
    assert not any(loop["name"] == "arguments" for loop in explained["xnor"].data["functions"][0]["loops"])


def test_lines_of_code_have_lines(explained) -> None:
    """Two lines that share a loop: what each becomes is told apart, in the loop program and in C."""
    f = explained["xnor"].data["functions"][0]
    texts = {f"{k}:{number}": text for k, file in enumerate(f["files"]) for number, text in file["lines"]}
    one, other = (next(line for line, text in texts.items() if text.strip().startswith(f"a{n} = ")) for n in (1, 2))
    stack = next(line for line, text in texts.items() if "T.stack" in text)
    kernel = next(loop["kernel"] for loop in f["loops"] if {one, other, stack} <= set(loop["lines"]))
    code = f["code"][kernel]
    for stage, store in (("program", "] = "), ("c", "] = ")):
        lines, marks = code[stage].splitlines(), code["marks"][stage]
        marked = {line: {n for a, b in marks[line] for n in range(a, b + 1)} for line in (one, other, stack)}
        shared = marked[one] & marked[other]
        assert 10 < len(marked[one]) == len(marked[other]) and all("for " in lines[n] for n in shared)
        assert len([n for n in marked[stack] if store in lines[n]]) == 2 and len(marked[stack]) == 3
    main = f["code"]["main"]
    for stage in ("program", "c", "assembly"):
        calls = [main[stage].splitlines()[n] for a, b in main["marks"][stage][stack] for n in range(a, b + 1)]
        assert any(re.search(rf"\b{kernel}\b", call) for call in calls), stage


def test_assembly_marks_slices(explained) -> None:
    """Convolutions are called in slices, functions of their own."""
    code = explained["lenet"].data["functions"][0]["code"]["main"]
    lines = code["assembly"].splitlines()
    marked = {lines[k] for spans in code["marks"]["assembly"].values() for a, b in spans for k in range(a, b + 1)}
    slices = {line for line in lines if re.search(r"\bslices\d+\b", line)}
    assert slices <= marked and len(slices) >= 10


def test_arrays_have_lines(explained) -> None:
    for name in ("xnor", "lenet", "lstm"):
        f = explained[name].data["functions"][0]
        arrays = f["memory"]["arrays"]
        assert sum(bool(a["lines"]) for a in arrays) >= 0.9 * len(arrays), name


def test_memory_at_most_is_that_of_the_plan(explained) -> None:
    """Workspace is one block: more than what lives at the same time."""
    for name in ("xnor", "lenet", "lstm"):
        f, args = PROGRAMS[name]()
        memory, plan = explained[name].data["functions"][0]["memory"], memory_plan(f, *args)
        assert (memory["peak"], memory["unknown"]) == (plan.peak, plan.unknown)
        before = [a for a in memory["arrays"] if a["kind"] in ("input", "shared")]
        assert 0 < max(memory["living"]) <= memory["peak"] + sum(a["bytes"] for a in before)
        assert f"Memory: {plan.peak:,} bytes at most beside" in str(explained[name])


def test_missing_arguments_have_their_defaults() -> None:
    x, y = T.dvector("x"), T.dvector("y")
    f = theano.function([x, theano.In(y, value=np.ones(3))], T.exp(x) * y)
    e = theano.explain(f, np.ones(3))
    data = e.data["functions"][0]
    assert data["error"] is None and data["calls"] > 0 and data["arguments"] == ["float64 (3,)"]
    assert {a["name"]: a["bytes"] for a in data["memory"]["arrays"]}["y"] == 24
    assert memory_plan(f, np.ones(3)).inputs == memory_plan(f, np.ones(3), np.ones(3)).inputs == 48
    with pytest.raises(TypeError, match="sizes need 2 example arguments or shapes, got 1"):
        memory_plan(theano.function([x, y], x * y), np.ones(3))
    only_defaults = theano.function([theano.In(x, value=np.ones(3))], T.exp(x))
    assert theano.explain(only_defaults).data["functions"][0]["calls"] > 0


def test_errors_say_the_name_of_the_function() -> None:
    x = T.dvector("x")
    f = theano.function([x], x + 1, name="next")
    data = theano.explain(f, [1.0], [2.0]).data["functions"][0]
    assert 'The function "next" takes 1 input: x' in data["error"]


def test_arguments_that_are_no_arrays() -> None:
    lists, m = TypedListType(T.dvector)("lists"), T.dmatrix("m")
    f = theano.function([lists], length(lists))
    for given in ([np.ones(2), np.ones(3)], [np.ones(2), np.ones(2)]):
        data = theano.explain(f, given).data["functions"][0]
        assert data["error"] is None and data["calls"] > 0 and data["arguments"] == ["list of 2"]
    double = theano.function([m], m * 2)
    assert theano.explain(double, [[1], [2]]).data["functions"][0]["arguments"][0].endswith("(2, 1)")
    data = theano.explain(double, [[1.0], [1.0, 2.0]]).data["functions"][0]
    assert data["error"].startswith("ValueError") and data["arguments"] == ["list of 2"]


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "DebugMode"])
def test_what_python_runs_is_measured(mode) -> None:
    x = T.dvector("x")
    e = theano.explain(theano.function([x], T.exp(x), mode=mode), np.ones(3))
    data = e.data["functions"][0]
    assert data["calls"] >= 3 and data["call_seconds"] > 0 and "a call takes" in str(e)


def test_gradients_are_marked(explained) -> None:
    before, after = (explained["xnor"].data["functions"][0]["graphs"][k] for k in ("before", "after"))
    assert 0 < before["gradient"] < before["operations"] and 0 < after["gradient"] < after["operations"]
    titles = [node["label"] for node in before["graphs"][0]["nodes"]]
    assert any(re.match(r"line \d+, gradient · \d+ nodes", title) for title in titles)
    graph = explained["lstm"].data["functions"][0]["graphs"]["before"]["graphs"][0]
    assert any(node["label"].startswith("for{") for node in graph["nodes"])


def test_a_function_that_fails(explained) -> None:
    f = explained["failing"].data["functions"][0]
    assert f["error"].startswith("ValueError: ") and "3" in f["error"] and "4" in f["error"]
    assert f["loops"] and f["calls"] == 0 and all(loop["seconds"] is None for loop in f["loops"])
    assert "a call with these arguments raises ValueError" in str(explained["failing"])
    texts = {f"{k}:{number}": text for k, file in enumerate(f["files"]) for number, text in file["lines"]}
    assert [texts[line].strip() for line in f["error_lines"]] == ["z = T.exp(x) + y"]


def test_shared_variables_and_arguments_stay_as_they_are() -> None:
    s = theano.shared(np.zeros(3), "s")
    x = T.dvector("x")
    f = theano.function([theano.In(x, mutable=True)], [], updates=[(s, s + x)], name="add up")
    given = np.ones(3)
    e = theano.explain(f, given)
    assert e.data["functions"][0]["calls"] > 0
    assert not s.get_value().any() and (given == 1).all()
    f(given)
    assert s.get_value().tolist() == [1, 1, 1]


def test_without_arguments() -> None:
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), name="exp")
    data = theano.explain(f).data["functions"][0]
    assert data["calls"] == 0 and data["memory"]["peak"] is None and data["error"] is None
    assert [loop["name"] for loop in data["loops"]] == ["call", "loop 1"] and data["loops"][1]["over"] == "x.shape[0]"
    constant = theano.function([], T.arange(5), name="five")
    assert theano.explain(constant).data["functions"][0]["calls"] > 0
    slow = theano.function([x], T.exp(x), mode="FAST_COMPILE")
    data = theano.explain(slow, np.ones(3)).data["functions"][0]
    assert not data["native"] and data["loops"] == [] and data["memory"] is None


def test_two_functions() -> None:
    x = T.dvector("x")
    f = theano.function([x], T.log(1 + T.exp(x)), name="f")
    g = theano.function([x], T.log(1 + T.exp(x)).sum() / x.shape[0], name="g")
    e = theano.explain(f, g, np.ones(1000))
    names = schema()
    compared = e.data["difference"]
    assert set(compared) == names["difference"]
    for entries, title in (("operations", "changed"), ("rewrites", "changed"), ("source", "changed line")):
        assert compared[entries] and all(set(entry) == names[title] for entry in compared[entries])
    assert [d["name"] for d in e.data["functions"]] == ["f", "g"]
    (division,) = (entry for entry in compared["operations"] if entry["what"] == "true_div")
    added = next(entry for entry in compared["source"] if entry["text"].startswith("+g = "))
    assert division["counts"] == [0, 1] and not division["places"][0]["lines"]
    assert division["places"][1]["lines"] == added["places"][1]["lines"] and not added["places"][0]["lines"]
    assert not any(what == "rewrites" and a == b for what, a, b in compared["numbers"])
    assert "Difference: f | g" in str(e) and "operation true_div: 0 | 1" in str(e)


def test_what_is_no_function() -> None:
    f = theano.function([], T.constant(1.0))
    with pytest.raises(TypeError, match="explain takes a compiled function, as theano.function returns it, not"):
        theano.explain(T.dscalar())
    with pytest.raises(TypeError, match="explain compares two functions, not 3"):
        theano.explain(f, f, f)


def test_infix() -> None:
    a, b, m = T.dvector("a"), T.dvector("b"), T.dmatrix("m")
    texts = {
        "a - (b - a)": a - (b - a),
        "(a + b) * a": (a + b) * a,
        "a / (b * a)": a / (b * a),
        "a ** 2": a**2,
        "-(a + b)": -(a + b),
        "m.T @ a": T.dot(m.T, a),
        "exp(a) + 1.5": T.exp(a) + 1.5,
        "a < b": a < b,
        "m + a": m + a,
        "Sum{axis=[0]}(m)": m.sum(axis=0),
        "(a²)²": T.sqr(T.sqr(a)),
        "-a²": -T.sqr(a),
        "(a ** b) ** a": (a**b) ** a,
        "a ** b ** a": a ** (b**a),
        "(-2) ** a": T.constant(-2) ** a,
        "a + (b - a)": a + (b - a),
        "a + b + a": a + (b + a),
    }
    for text, expression in texts.items():
        assert infix(snapshot(expression, 5)) == text


def test_infix_is_python() -> None:
    """Read by Python, the text says what the expression says."""
    rng = np.random.default_rng(0)
    values = {name: rng.integers(1, 9, (3, 3)) for name in "ijk"}
    variables = {name: T.lmatrix(name) for name in values}

    def number(env, make):
        i, j, k = (env[name] for name in "ijk")
        dot = T.dot if env is variables else np.dot
        equal = T.eq if env is variables else np.equal
        return make(i, j, k, dot, equal)

    cases = [
        lambda i, j, k, dot, eq: i * dot(j, k),
        lambda i, j, k, dot, eq: dot(i * j, k),
        lambda i, j, k, dot, eq: dot(i, dot(j, k) + i),
        lambda i, j, k, dot, eq: i * (j // k),
        lambda i, j, k, dot, eq: i * (j % k),
        lambda i, j, k, dot, eq: i // (j * k),
        lambda i, j, k, dot, eq: i * (j / k),
        lambda i, j, k, dot, eq: (i | j) & k,
        lambda i, j, k, dot, eq: i | (j & k),
        lambda i, j, k, dot, eq: (i ^ j) & (i | k),
        lambda i, j, k, dot, eq: (i + j) & k,
        lambda i, j, k, dot, eq: i + (j & k),
        lambda i, j, k, dot, eq: (i < j) | (eq(i, k) & (j > k)),
        lambda i, j, k, dot, eq: ((i < j) | eq(i, k)) & (j > k),
        lambda i, j, k, dot, eq: eq(i < j, i > k),
        lambda i, j, k, dot, eq: (i < j) < k,
        lambda i, j, k, dot, eq: (-i) ** 2.0,
        lambda i, j, k, dot, eq: -(i**2.0),
        lambda i, j, k, dot, eq: i - (j - k),
    ]
    operations = [
        np.add, np.subtract, np.multiply, np.floor_divide, np.mod, np.bitwise_and, np.bitwise_or, np.matmul,
        np.left_shift,
    ]  # fmt: skip
    of_tensors = [T.add, T.sub, T.mul, T.int_div, T.mod, T.and_, T.or_, T.dot, T.left_shift]
    texts = [(infix(snapshot(number(variables, case), 9)), number(values, case)) for case in cases]
    for _ in range(200):
        pairs = [(variables[name], values[name]) for name in rng.choice(list("ijk"), 4)]
        while len(pairs) > 1:
            (x, a), (y, b) = (pairs.pop(rng.integers(len(pairs))) for _ in range(2))
            which = rng.integers(len(operations))
            if operations[which] in (np.floor_divide, np.mod) and not b.all():
                which = 0
            if operations[which] is np.left_shift and not (np.abs(b) < 9).all():
                which = 0
            pairs.append((of_tensors[which](x, y), operations[which](a, b)))
        texts.append((infix(snapshot(pairs[0][0], 9)), pairs[0][1]))
    for text, wanted in texts:
        np.testing.assert_array_equal(eval(text, {}, dict(values)), wanted, err_msg=text)


def test_a_repr_is_one_line() -> None:
    x = T.dvector("x")
    f, g = (theano.function([x], T.log(1 + T.exp(x)), name=f"softplus{k}") for k in (1, 2))
    for explanation in (theano.explain(f), theano.explain(f, g), theano.explain(f, np.ones(3))):
        text = repr(explanation)
        assert "softplus1: 4 operations became 1, in 1 loop" in text and "print()" in text
        assert len(text) < 250 and "\n" not in text
    assert "softplus2" in repr(theano.explain(f, g))


def test_groups_make_no_circles() -> None:
    """The second group of a line is another box: the first one leads to it by way of line 2."""

    def node(line):
        return {"kind": "op", "label": f"n{line}", "text": "", "w": 10, "h": 10, "line": line}

    nodes = [node(1), node(1), node(2), node(1), node(1)]
    edges = [{"from": k, "to": k + 1, "text": "", "place": 0} for k in range(4)]
    graphs: list = []
    top = grouped(nodes, edges, lambda n: f"line {n['line']}", graphs)
    assert [n["label"] for n in top["nodes"]] == ["line 1 · 2 nodes", "n2", "line 1 · 2 nodes"]
    assert [(e["from"], e["to"]) for e in top["edges"]] == [(0, 1), (1, 2)] and len(graphs) == 2
    assert [n["kind"] for n in graphs[1]["nodes"]] == ["op", "op", "variable"]  # what line 2 made


def test_large_groups_are_cut() -> None:
    nodes = [{"kind": "op", "label": "n", "text": "", "w": 10, "h": 10} for _ in range(2 * MOST + 1)]
    edges = [{"from": k, "to": k + 1, "text": "", "place": 0} for k in range(2 * MOST)]
    graphs: list = []
    top = grouped(nodes, edges, lambda n: "line 1", graphs)
    assert [n["label"] for n in top["nodes"]] == [f"line 1 · {MOST} nodes"] * 2 + ["n"]


def test_many_groups_are_parts() -> None:
    """A chain that goes through more lines than fit on a page, and two inputs."""
    count = 2 * MOST + 1
    nodes = [{"kind": "input", "label": "x", "text": "", "w": 10, "h": 10} for _ in range(2)]
    nodes += [{"kind": "op", "op": "n", "label": "n", "text": "", "w": 10, "h": 10} for _ in range(count)]
    edges = [{"from": k, "to": k + 1, "text": "", "place": 0} for k in range(1, count + 1)]
    edges += [{"from": 0, "to": k, "text": "", "place": 1} for k in range(2, count + 2)]
    graphs: list = []
    top = grouped(nodes, edges, lambda n: "", graphs)
    parts = [n for n in top["nodes"] if n["kind"] == "op"]
    assert [n["label"] for n in parts] == ["part 1 · 101 nodes", "part 2 · 100 nodes", "part 3 · 100 nodes"]
    assert [n["text"] for n in parts] == ["n"] * 3 and [n["kind"] for n in top["nodes"]][:2] == ["input"] * 2
    assert sum(1 + e.get("more", 0) for e in top["edges"]) == 1 + count + 2  # x, x again, and from part to part
    assert sum(n["kind"] == "op" for g in graphs for n in g["nodes"]) == count


def test_places_of_large_graphs_are_few(monkeypatch) -> None:
    """An unrolled loop: bends are not as many as edges times layers, like groups are placed once."""
    placed = []
    monkeypatch.setattr(graph_data, "layout", lambda *args: placed.append(args) or layout(*args))
    graph_data._placed.cache_clear()
    x, w = T.dvector("x"), T.dscalar("w")
    h = x
    for _ in range(300):
        h = T.tanh(h * w)
        h = h + x
    data = theano.explain(theano.function([x, w], theano.grad(h.sum(), w), mode="FAST_COMPILE")).data["functions"][0]
    graphs = data["graphs"]["before"]
    assert graphs["operations"] > 1500 and len(placed) < len(graphs["graphs"]) / 4
    assert all(sum(n["kind"] == "op" for n in g["nodes"]) <= MOST for g in graphs["graphs"])
    assert sum(len(n["bends"]) for g in graphs["graphs"] for n in g["nodes"]) < 20_000


def test_constants_stand_where_they_are_used() -> None:
    x = y = T.dvector("x")
    for k in range(MOST):
        y = T.tanh(y + k)
    one = theano.explain(theano.function([x], y.sum(), mode="FAST_COMPILE")).data["functions"][0]
    top = one["graphs"]["before"]["graphs"][0]
    assert not any(node["kind"] == "constant" for node in top["nodes"]) and len(top["nodes"]) < 10


def test_page_needs_no_network(explained) -> None:
    page = explained["xnor"].html()
    assert "default-src 'none'" in page and not re.search(r"<[^>]*\b(src|href)=", page.partition("<script>")[0])
    assert re.findall(r"https?://[^\"'\s]*", page.replace("\\u003c", "<")) == ["http://www.w3.org/2000/svg"]
    inside = explained["xnor"]._repr_html_()
    assert inside.startswith('<iframe sandbox="allow-scripts"') and "<script>" not in inside


def in_node(page: Path, steps: str):
    """What `steps`, which return something, give after the script of a page has run."""
    done = subprocess.run(["node", str(BROWSER), str(page), steps], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@needs_node
def test_the_script_in_node(explained, tmp_path) -> None:
    """Every tab is drawn, for all programs; a line filters them."""
    for name, explanation in explained.items():
        f = explanation.data["functions"][0]
        explanation.save(tmp_path / f"{name}.html")
        wanted = next(line for step in [*f["rewrites"], *f["loops"]] for line in step["lines"])
        steps = f"""
            const rows = () => $$("tab-loops").all(e => (e.attributes.class || "").startsWith("loop")).length;
            const isBox = e => (e.attributes.class || "").startsWith("node");
            const boxes = () => ["before-root", "after-root"].map(id => $$(id).all(isBox).length);
            const steps = () => $$("tab-rewrites").all(e => e.attributes.class === "step").length;
            const found = [boxes()];
            show("rewrites"); found.push(steps());
            show("loops"); found.push(rows());
            show("memory"); found.push($$("tab-memory").textContent.length > 20);
            show("rewrites"); select("{wanted}"); found.push(steps());
            return found;
        """
        drawn, all_steps, loops, memory, some = in_node(tmp_path / f"{name}.html", steps)
        assert drawn == [len(f["graphs"][k]["graphs"][0]["nodes"]) for k in ("before", "after")]
        assert all_steps == len(f["rewrites"]) and loops == sum(each["inside"] >= 0 for each in f["loops"]) and memory
        assert some == sum(wanted in step["lines"] + step["callers"] for step in f["rewrites"])


def test_command(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np, theano, theano.tensor as T\n"
        "x = T.dvector('x')\n"
        "f = theano.function([x], T.log(1 + T.exp(x)), name='f')\n"
        "data = np.ones(100)\n"
        "def make():\n    return f\n"
        "def train(steps):\n    pass\n"
        "class net:\n    predict = f\n"
        "if __name__ == '__main__':\n    raise SystemExit('not to be run')\n"
    )

    def run(*args):
        return subprocess.run(
            [sys.executable, "-m", "theano", "explain", *args], capture_output=True, text=True, cwd=tmp_path
        )  # fmt: skip

    (tmp_path / "other.py").write_text("from math import sin\n")
    done = run(f"{script}:f", "--args", "data")
    assert done.returncode == 0 and "log(1 + x) -> log1p(x)" in done.stdout and (tmp_path / "f.html").exists()
    assert "script.py:3" in done.stdout
    assert run(f"{script}:make", "-o", "page.html").returncode == 0 and (tmp_path / "page.html").exists()
    assert run(f"{script}:net.predict").returncode == 0 and (tmp_path / "net.predict.html").exists()
    for given, problem in (
        ("script.py", "is not of the form script.py:function"),
        (f"{script}:net.trai", "net.trai in .* is not there: .*trai"),
        ("none.py:f", "there is no file none.py"),
        (f"{script}:g", "defines no g; it has the compiled function f; make can be called without arguments, and may"),
        (f"{script}:data", "data in .* is no compiled function, and returns none: .*; it has the compiled function f"),
        (f"{script}:train", "train in .* needs arguments; it has the compiled function f"),
        ("other.py:nope", "other.py defines no nope; it has no compiled function, and nothing that makes one"),
    ):
        done = run(given)
        assert done.returncode == 2 and re.search(problem, done.stderr), done.stderr


def test_command_with_arguments_and_scripts_that_fail(tmp_path) -> None:
    def run(text: str, *args: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "s.py").write_text(text)
        command = [sys.executable, "-m", "theano", "explain", "s.py:f", *args]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    text = "import theano, theano.tensor as T\nx, y = T.dvectors('x', 'y')\nf = theano.function([x, y], x + y)\n"
    assert run(text, "--args", "np.ones(3), numpy.ones(3)").returncode == 0
    assert run(text, "--args", "*[np.ones(3)] * 2").returncode == 0
    for given, problem in (
        ("np.ones(3), data", "argument 2, data, can't be evaluated: NameError: name 'data' is not defined"),
        ("np.ones(3), 1 +", "--args 'np.ones(3), 1 +' is no list of expressions"),
        ("np.ones(3), y=2", "--args 'np.ones(3), y=2' is no list of expressions"),
        ("1)(2", "--args '1)(2' is no list of expressions"),
    ):
        done = run(text, "--args", given)
        assert done.returncode == 2 and problem in done.stderr and "Traceback" not in done.stderr, done.stderr
    for script, line in (("a = 1\nb = (2\n", 2), ("a = 1\n\nb = a / 0\n", 3), ("def f():\n    return 1 / 0\n", 2)):
        done = run(script)
        assert done.returncode == 2 and f'File "s.py", line {line}' in done.stderr.replace(str(tmp_path) + "/", "")
        assert "s.py can't be run: " in done.stderr and "command.py" not in done.stderr and "runpy" not in done.stderr


def test_nothing_is_loaded_before_it_is_used() -> None:
    there = "'theano.show.explanation' in sys.modules"
    code = f"import sys, theano; print({there}); theano.explain; print({there})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.skipif(importlib.util.find_spec("rich") is None, reason="rich gives colours")
def test_rich(explained) -> None:
    text = explained["xnor"].__rich__()
    assert str(text) == str(explained["xnor"]) and text.spans


def test_a_copy_of_the_data_is_enough(explained) -> None:
    again = Explanation(copy.deepcopy(explained["xnor"].data))
    assert str(again) == str(explained["xnor"]) and again.html() == explained["xnor"].html()


def test_kernels_that_are_shared_have_marks() -> None:
    """Twelve loops alike are one kernel: it comes from each of their lines."""
    x = y = T.dvector("x")
    for k in range(12):
        y = T.tanh(y * (1.1 + k)).sum() + y
    data = theano.explain(theano.function([x], y)).data["functions"][0]
    kernels = [name for name in data["code"] if name != "main"]
    (line,) = {line for loop in data["loops"] for line in loop["lines"]}
    assert len(kernels) < 12
    for name in kernels:
        marked = data["code"][name]["marks"]["program"][line]
        assert sum(b - a + 1 for a, b in marked) > 0.8 * len(data["code"][name]["program"].splitlines())


def test_sparse_matrices_are_explained() -> None:
    """Constants that are results stand by themselves; checks of what a program is given have the line of the input."""
    x, v = theano.sparse.csr_matrix("x"), T.dvector("v")
    f = theano.function([x, v], [theano.sparse.structured_dot(x, v.dimshuffle(0, "x")), x * 2])
    data = theano.explain(f).data["functions"][0]
    checks = [loop for loop in data["loops"] if "SoundRows" in loop["what"]]
    assert checks and all(loop["lines"] for loop in checks)
    nodes = [{"kind": kind, "label": "", "text": "", "w": 10, "h": 10} for kind in ("constant", "output")]
    top = grouped(nodes, [{"from": 0, "to": 1, "text": "", "place": 0}], lambda n: "", [])
    assert len(top["nodes"]) == 2
