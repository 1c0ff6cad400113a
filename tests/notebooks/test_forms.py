"""What notebooks show of objects."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.show.graphs import graph_data as data_module
from theano.show.graphs.graph_data import graph_data
from theano.show.notebooks.forms import MOST_DRAWN, MOST_ROWS, form_of

NASTY = "</script><b>'\"&"


class Checker(HTMLParser):
    """Tags that are opened and closed in order, and the texts in between."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def checked(thing):
    """The texts of the form of something, which is sound HTML without tags from names."""
    checker = Checker()
    checker.feed(thing._repr_html_())
    checker.close()
    assert not checker.open
    assert checker.tags <= {"b", "table", "tr", "th", "td", "pre", "p", "iframe"}
    return checker.texts


def page(thing):
    """The page in the frame of a form."""
    (found,) = re.findall(r'<iframe sandbox="allow-scripts" [^>]*srcdoc="([^"]*)"></iframe>', thing._repr_html_())
    return unescape(found)


@pytest.fixture
def trained():
    x, w = T.dmatrix(NASTY), theano.shared(np.ones((3, 4)), "w" + NASTY)
    cost = T.nnet.sigmoid(T.dot(x, w)).sum()
    return theano.function([x], cost, updates=[(w, w - 0.1 * T.grad(cost, w))], name="train" + NASTY)


def test_leaves():
    x = T.dmatrix(NASTY)
    assert {f"variable {NASTY}", "TensorType(float64, matrix)"} <= set(checked(x))
    assert any(re.fullmatch(r".*test_forms\.py:\d+", text) for text in checked(x))
    assert "<iframe" not in x._repr_html_()
    shared = theano.shared(np.arange(1000.0), "w")
    shared.default_update = shared * 2
    assert {"shared variable w", "shape (1000,)\n[  0.   1. ... 998. 999.]", "w * 2"} <= set(checked(shared))
    assert "[1 2]" in checked(T.constant([1, 2]))[-1]
    assert "0.5" in checked(theano.shared(0.5))
    assert "None" in checked(theano.graph.Constant(theano.generic, None))
    assert any("RandomState" in text for text in checked(theano.shared(np.random.RandomState(1))))


def test_expressions_are_drawn():
    x = T.dvector("x")
    y = T.exp(x + 1) / 2
    assert {"exp(x + 1) / 2", "x: TensorType(float64, vector)"} <= set(checked(y))
    assert '"exp"' in page(y)
    assert "Content-Security-Policy" in page(y)
    assert "node Elemwise{true_div,no_inplace}" in checked(y.owner)
    assert '"exp"' in page(y.owner)


def test_a_large_graph_is_not_drawn_in_passing():
    y = T.dscalar("x")
    for _ in range(MOST_DRAWN + 1):
        y = T.sin(y)
    form = y._repr_html_()
    assert len(form) < 1500
    assert f"{MOST_DRAWN + 1} operations: theano.d3viz.d3viz(…, 'graph.html') draws them" in checked(y)


def test_shared_parts_are_not_written_again_and_again():
    y = T.dscalar("x")
    for _ in range(60):
        y = T.sin(y) * y
    assert len(y._repr_html_().partition("<iframe")[0]) < 2000


def test_functions_and_graphs(trained):
    texts = checked(trained)
    assert {f"function train{NASTY}", f"{NASTY}: TensorType(float64, matrix)", f"w{NASTY}"} <= set(texts)
    assert '"result"' in page(trained)
    assert "</script><b>" not in page(trained).partition("const DATA = ")[2].partition("</script>")[0]
    assert "function graph" in checked(trained.maker.fgraph)
    assert '"output"' in page(trained.maker.fgraph)


def test_a_trace_has_a_row_for_each_rewrite(trained):
    x = T.dvector("x")
    trace = theano.rewrite.trace(theano.function([x], T.log(1 + T.exp(x))))
    assert {"log1p(exp(x))", "softplus(x)", f"{len(trace)} rewrites"} <= set(checked(trace))
    assert trace._repr_html_().count("<tr>") == len(trace) + 1
    long = theano.rewrite.engine.trace.Trace(trace.steps * MOST_ROWS, places=trace.places * MOST_ROWS)
    assert long._repr_html_().count("<tr>") == MOST_ROWS + 2


def test_plans_and_flags(trained):
    plan = theano.printing.memory_plan(trained, shapes=[(1000, 3)])
    assert f"{plan.peak:,} bytes" in checked(plan)
    plan.unknown = 2
    assert "2 arrays of sizes known only during the call" in checked(plan)
    assert {"compile_notice", "traceback.limit", theano.config.floatX} <= set(checked(theano.config))


def test_what_has_no_form():
    with pytest.raises(TypeError, match="there is no form for notebooks of 3"):
        form_of(3)


def test_printed_forms_stay(trained):
    x = T.dmatrix("x")
    assert repr(x) == str(x) == "x"
    assert repr(trained).startswith("<theano.compile.executable.Function 'train")


def test_nothing_is_loaded_before_a_notebook_asks():
    code = "import sys, theano; print([m for m in sys.modules if m.startswith(('theano.notebooks', 'theano.d3viz'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ipythons_formatter_takes_the_forms(trained):
    formatters = pytest.importorskip("IPython.core.formatters")
    data, _ = formatters.DisplayFormatter().format(trained)
    assert data["text/plain"] == repr(trained)
    assert data["text/html"] == trained._repr_html_()


def test_pictures_are_sound_svg(trained):
    x = T.dmatrix(NASTY)
    for thing in (trained, trained.maker.fgraph, T.exp(x) + 1, (T.exp(x) + 1).owner):
        root = ElementTree.fromstring(thing._repr_svg_())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        left, top, width, height = map(float, root.get("viewBox").split())
        boxes = [{k: float(v) for k, v in e.items() if k != "fill"} for e in root.iter() if e.tag.endswith("}rect")]
        graph = graph_data(thing)["graphs"][0]
        assert len(boxes) == len(graph["nodes"])
        assert len([e for e in root.iter() if e.tag.endswith("}path")]) == len(graph["edges"])
        for b in boxes:
            assert left <= b["x"] and b["x"] + b["width"] <= left + width
            assert top <= b["y"] and b["y"] + b["height"] <= top + height
        ends = [e.get("d").rsplit(" ", 1)[1] for e in root.iter() if e.tag.endswith("}path")]
        assert set(map(float, ends)) <= {b["y"] for b in boxes}  # each line ends at the upper side of a box
        texts = [e.text for e in root.iter() if e.tag.endswith("}text")]
        assert NASTY in texts


def test_pictures_lay_out_one_graph(monkeypatch):
    x, laid_out = T.dvector("x"), []
    arranged = data_module.arranged
    monkeypatch.setattr(data_module, "arranged", lambda *graph: laid_out.append(graph) or arranged(*graph))
    steps = theano.scan(lambda a: T.exp(a) + 1, x)[0]
    assert len(graph_data(steps)["graphs"]) == len(laid_out) == 2
    laid_out.clear()
    assert steps._repr_svg_().count("<rect") == len(arranged(*laid_out[0])["nodes"]) and len(laid_out) == 1


def test_a_constant_has_a_box_where_it_is_used_and_no_other():
    graph = graph_data(T.dvector("x") + 1)["graphs"][0]
    joined = {number for edge in graph["edges"] for number in (edge["from"], edge["to"])}
    assert joined == set(range(len(graph["nodes"])))


def test_no_picture_of_leaves_and_of_large_graphs():
    y = T.dscalar("x")
    assert y._repr_svg_() is None and theano.shared(1.0)._repr_svg_() is None and T.constant(1)._repr_svg_() is None
    for _ in range(MOST_DRAWN):
        y = T.sin(y)
    assert y._repr_svg_() is not None and T.sin(y)._repr_svg_() is None


def test_a_picture_of_a_function_without_operations():
    x = T.dscalar("x")
    assert theano.function([x], x)._repr_svg_() is None
