"""Pages and files of graphs: what is in them, and that the script of a page draws it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from theano.d3viz import d3viz, d3write
from theano.d3viz.d3viz import replace_patterns, safe_json

import theano
import theano.tensor as T
from theano.show.graphs.graph_data import graph_data
from theano.show.graphs.packing import packed

BROWSER = Path(__file__).with_name("browser.js")
GRAPH_SCRIPT = Path(theano.__file__).with_name("show") / "graphs" / "graph.js"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node runs the script of a page")


def in_browser(page: Path, steps: str):
    """What `steps`, which return something, give after the script of a page has run."""
    done = subprocess.run(["node", str(BROWSER), str(page), steps], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def trained():
    x = T.dmatrix("x")
    w = theano.shared(np.ones((3, 4)), "w")
    cost = T.nnet.sigmoid(T.dot(x, w)).sum()
    return theano.function([x], cost, updates=[(w, w - 0.1 * T.grad(cost, w))], name="train</script><b>")


def looped():
    x = T.dmatrix("x")
    out, _ = theano.scan(lambda a, b: T.tanh(a + b), sequences=x, outputs_info=T.zeros(3))
    return out[-1].sum()


def labels_of(graph):
    return [node["label"] for node in graph["nodes"]]


def test_boxes_and_edges():
    a, b = T.dvectors("a", "b")
    graph = graph_data([T.exp(a) * b, a + 2])["graphs"][0]
    kinds = {node["label"]: node["kind"] for node in graph["nodes"]}
    assert kinds["a"] == kinds["b"] == "input" and kinds["exp"] == kinds["mul"] == kinds["add"] == "op"
    assert kinds["2"] == "constant" and [n["kind"] for n in graph["nodes"]].count("output") == 2
    labels = labels_of(graph)
    edges = {(labels[e["from"]], labels[e["to"]], e["place"]) for e in graph["edges"]}
    assert {("a", "exp", 0), ("exp", "mul", 0), ("b", "mul", 1), ("a", "add", 0)} <= edges
    for e in graph["edges"]:
        assert graph["nodes"][e["from"]]["layer"] < graph["nodes"][e["to"]]["layer"]
    (exp,) = [node for node in graph["nodes"] if node["label"] == "exp"]
    assert exp["text"] == "float64 (?,)" and exp["line"].startswith(f"{__file__}:")


def test_variables_between_operations():
    a = T.dvector("a")
    middle = T.exp(a)
    middle.name = "middle"
    (short,) = graph_data(middle + 1)["graphs"]
    (long,) = graph_data(middle + 1, compact=False)["graphs"]
    assert not [n for n in short["nodes"] if n["kind"] == "variable"]
    assert "middle" in [n["label"] for n in long["nodes"] if n["kind"] == "variable"]


def test_updates_are_results():
    data = graph_data(trained())
    outputs = [n["label"] for n in data["graphs"][0]["nodes"] if n["kind"] == "output"]
    assert "new w" in outputs and len(outputs) == 2
    assert [n["label"] for n in data["graphs"][0]["nodes"] if n["kind"] == "shared"] == ["w"]


def test_graphs_inside_of_operations():
    x = T.dscalar("x")
    inner = theano.OpFromGraph([x], [x * x + 1])
    data = graph_data(inner(inner(T.dscalar("y"))) + looped())
    calls = [n for n in data["graphs"][0]["nodes"] if "graph" in n]
    numbers = [n["graph"] for n in calls]
    assert len(calls) == 3 and len(set(numbers)) == 2 and max(numbers) == len(data["graphs"]) - 1
    (loop,) = [n for n in calls if n["kindOfOp"] == "Scan"]
    assert "tanh" in labels_of(data["graphs"][loop["graph"]])


def test_times_of_a_profile():
    x = T.dmatrix("x")
    f = theano.function([x], T.tanh(x).sum(), mode=theano.Mode(linker="py"), profile=theano.ProfileStats(False))
    assert not graph_data(f)["timed"]
    f(np.ones((2, 3)))
    data = graph_data(f)
    (tanh,) = [n for n in data["graphs"][0]["nodes"] if n["label"] == "tanh"]
    assert data["timed"] and 0 < tanh["share"] <= 1 and tanh["seconds"] > 0 and tanh["text"] == "float64 (2, 3)"


def test_what_has_no_graph(tmp_path):
    for wrong in (3, "f", [T.dscalar(), 3]):
        with pytest.raises(TypeError, match="a compiled function, a graph or variables are needed, not"):
            d3viz(wrong, tmp_path / "x.html")
        with pytest.raises(TypeError, match="a compiled function, a graph or variables are needed, not"):
            d3write(wrong, tmp_path / "x.dot")
    assert not list(tmp_path.iterdir())


def test_a_page_is_one_file_without_network(tmp_path):
    d3viz(trained(), tmp_path / "page.html", True)
    (path,) = tmp_path.iterdir()
    page = path.read_text(encoding="utf-8")
    assert page.count("<script>") == page.count("</script>") == 3 and "<b>" not in page
    assert "default-src 'none'" in page and not re.search(r"(src|href)=", page)
    assert re.findall(r"https?://[^\"']*", page) == ["http://www.w3.org/2000/svg"]  # the name of a language


def test_json_in_pages():
    text = safe_json({"a": "</script>\u2028<!--"})
    assert "<" not in text and json.loads(text) == {"a": "</script>\u2028<!--"}
    assert replace_patterns("%% a %% b", {"%% a %%": 1, "b": "c"}) == "1 c"


@needs_node
def test_the_script_draws_every_box(tmp_path):
    f = trained()
    d3viz(f, tmp_path / "page.html")
    found = in_browser(tmp_path / "page.html", "return [labels(), document.title, $$('count').textContent]")
    data = graph_data(f)
    assert sorted(found[0]) == sorted(labels_of(data["graphs"][0]))
    assert found[1] == "train</script><b>" and found[2] == f"{len(f.maker.fgraph.apply_nodes)} operations"


@needs_node
def test_data_are_what_they_were(tmp_path):
    """They are written shorter: texts that occur again, and names of fields, once."""
    nasty = ["~", "~0", "~~1", *["a text of some length"] * 2, *["~ and with the mark"] * 2]
    data = {"a": nasty, "b": [{"x": 1, "y": None}, {"x": [], "y": {}}, {"y": True}], "c": {"0:1": [[1, 2.5]], "~x": -1}}
    (tmp_path / "packed.html").write_text(f"<script>{GRAPH_SCRIPT.read_text()}</script>")
    assert in_browser(tmp_path / "packed.html", f"return unpacked({json.dumps(packed(data))})") == data
    f = trained()
    d3viz(f, tmp_path / "page.html")
    assert in_browser(tmp_path / "page.html", "return D") == json.loads(json.dumps(graph_data(f)))
    large = T.dvector("x")
    for k in range(100):
        large = T.tanh(large + k)
    data = graph_data(large)
    assert len(json.dumps(packed(data))) < 0.5 * len(json.dumps(data))


@needs_node
def test_a_click_opens_a_graph_and_tells_about_it(tmp_path):
    y = looped()
    d3viz(y, tmp_path / "page.html")
    steps = """
        const before = labels().length, loop = boxes().find(b => b.attributes["aria-label"].startsWith("for{"));
        loop.fire("click");
        const found = labels(), about = $$("about").textContent;
        boxes().find(b => b.attributes["aria-label"].startsWith("for{")).fire("keydown", { key: "Enter" });
        return [before, found, about, labels().length];
    """
    before, opened, about, after = in_browser(tmp_path / "page.html", steps)
    data = graph_data(y)
    assert before == after == len(data["graphs"][0]["nodes"]) and "tanh" in opened
    assert len(opened) == before + len(data["graphs"][1]["nodes"])
    assert "operationfor{" in about and f"{__file__}:" in about and "a click opens and closes it" in about


@needs_node
def test_searching_and_colours_by_time(tmp_path):
    x = T.dmatrix("x")
    f = theano.function([x], T.tanh(x).sum(), mode=theano.Mode(linker="py"), profile=theano.ProfileStats(False))
    f(np.ones((2, 3)))
    d3viz(f, tmp_path / "page.html")
    steps = """
        const hot = rects().filter(s => s.includes("hsl")).length;
        $$("heat").checked = false; $$("heat").fire("change");
        const cold = rects().filter(s => s.includes("hsl")).length;
        $$("find").value = "TANH"; $$("find").fire("input");
        const dim = boxes().filter(b => b.attributes.class.includes("dim")).map(b => b.attributes["aria-label"]);
        return [$$("times").hidden, hot, cold, dim];
    """
    hidden, hot, cold, dim = in_browser(tmp_path / "page.html", steps)
    assert (hidden, hot, cold) == (False, len(f.maker.fgraph.apply_nodes), 0)
    assert "tanh" not in dim and len(dim) == len(graph_data(f)["graphs"][0]["nodes"]) - 1


def test_a_large_graph_takes_a_moment():
    """Transposes of one matrix stand where they are used; when all stood at the top this took 45 s."""
    x, w = T.dmatrix("x"), theano.shared(np.ones((3, 4)), "w")
    for i in range(150):
        x = T.tanh(T.dot(x, w.T + i)) + x.sum()
    (graph,) = graph_data(x, compact=False)["graphs"]
    assert len(graph["nodes"]) > 1000
    assert sum(len(node["bends"]) for node in graph["nodes"]) < 3000


def test_a_deep_graph_has_each_bend_once():
    """An input that every step uses has one line, not one for each step: 3000 of them were a page of 200 MB."""
    x = y = T.dvector("x")
    for k in range(300):
        y = T.tanh(y + k) * x
    (graph,) = graph_data(y)["graphs"]
    assert sum(len(node["bends"]) for node in graph["nodes"]) < 1000 and not any("bends" in e for e in graph["edges"])


def test_files_for_graphviz(tmp_path):
    d3write(looped(), tmp_path / "graph.dot")
    text = (tmp_path / "graph.dot").read_text(encoding="utf-8")
    assert text.startswith("digraph theano {") and text.count("{\n") == text.count("}\n") == 2
    assert re.search(r"subgraph cluster_n\d+ {", text) and 'label="tanh"' in text
    d3write(T.dscalar('a"b\\') + 1, tmp_path / "quoted.dot")
    assert r'label="a\"b\\"' in (tmp_path / "quoted.dot").read_text(encoding="utf-8")


def test_pydot(tmp_path):
    """With pydot, or with an error that says what is missing; a process of its own, where it is as if not installed."""
    from theano.d3viz.formatting import PyDotFormatter, pydot_imported, pydot_imported_msg

    assert theano.printing.pydot_imported is pydot_imported and (pydot_imported or "pip install" in pydot_imported_msg)
    code = """
import sys; sys.modules["pydot"] = None
import theano.tensor as T
from theano.d3viz.formatting import PyDotFormatter, dict_to_pdnode
for use in (lambda: PyDotFormatter()(T.dscalar() + 1), lambda: dict_to_pdnode({"name": "a"})):
    try: use()
    except ImportError as error: print(error)
"""
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines == [
        "PyDotFormatter needs pydot: `pip install pydot`; d3viz and d3write need neither",
        "dict_to_pdnode needs pydot: `pip install pydot`",
    ]
    if pydot_imported:
        formatter = PyDotFormatter()
        formatter.apply_colors["Elemwise"] = "red"
        text = formatter(looped()).to_string()
        assert "cluster" in text and "tanh" in text and "fillcolor=red" in text.replace('"', "")


def test_labels():
    from theano.d3viz.formatting import (
        apply_label,
        broadcastable_to_str,
        dtype_to_char,
        type_to_str,
        var_label,
        var_tag,
    )

    assert [dtype_to_char(d) for d in ("bool", "int64", "float32", "complex128")] == ["b", "l", "f", "z"]
    assert broadcastable_to_str((False, False, False)) == "tensor3" and broadcastable_to_str(()) == "scalar"
    for name in "dscalar fvector imatrix lrow zcol dtensor4".split():
        assert type_to_str(getattr(T, name)) == name
    assert var_label(T.dvector("v")) == "v" and var_label(T.dvector()) == "dvector"
    assert var_label(T.constant(1.23456), precision=3) == "1.23" and apply_label((T.dvector() * 2).owner) == "mul"
    assert var_tag(T.dvector()).startswith(__file__)


def test_nothing_is_loaded_before_it_is_used():
    there = "'theano.d3viz' in sys.modules"
    code = f"import sys, theano; print({there}, theano.d3viz.d3viz.__name__, {there})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False d3viz True"


def test_times_of_a_native_profile():
    x = T.dmatrix("x")
    f = theano.function([x], T.tanh(x).sum(), profile=theano.ProfileStats(False))
    f(np.ones((200, 300)))
    data = graph_data(f)
    shares = {n["label"]: n["share"] for n in data["graphs"][0]["nodes"] if n["kind"] == "op"}
    assert data["timed"] and shares["tanh"] > shares["Sum"] > 0 and sum(shares.values()) <= 1
