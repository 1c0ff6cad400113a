"""Programs that nobody would think of are explained, too: odd sources, arguments and errors; many arguments."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.graph.origin import format_origin, origin_of

SOURCE = """import theano, theano.tensor as T
def make():
    x = T.dvector("x")
    return theano.function([x], T.exp(x) * 2, name="made")
"""


def made_in(file: str) -> theano.compile.Function:
    names: dict = {}
    exec(compile(SOURCE, file, "exec"), names)
    return names["make"]()


def test_two_files_with_the_same_text() -> None:
    """Their code objects are equal, their lines are not: a copy of a module, what is typed in twice."""
    for file in ("first.py", "second.py"):
        f = made_in(file)
        assert {origin_of(node)[-1][0] for node in f.maker.fgraph.apply_nodes} == {file}
        assert [known["path"] for known in theano.explain(f).data["functions"][0]["files"]] == [file]


def test_source_in_an_archive(tmp_path: Path, monkeypatch) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("theano_test_archived.py", SOURCE)
    monkeypatch.syspath_prepend(str(archive))
    f = importlib.import_module("theano_test_archived").make()
    (file_data,) = theano.explain(f).data["functions"][0]["files"]
    assert [text for _, text in file_data["lines"]] == SOURCE.splitlines()
    (node, *_) = f.maker.fgraph.apply_nodes
    assert "T.exp(x) * 2" in format_origin(origin_of(node))
    del sys.modules["theano_test_archived"]


class Untold(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def test_an_error_without_text() -> None:
    @as_op([T.dvector], [T.dvector])
    def fails(x):
        raise Untold

    x = T.dvector("x")
    data = theano.explain(theano.function([x], fails(x)), np.ones(3)).data["functions"][0]
    assert data["error"] == "Untold: (its text can't be told: ValueError)" and data["error_lines"]


def test_arguments_that_nobody_can_copy() -> None:
    """The function refuses them, as it does in a call, by its own name."""
    x = T.dvector("x")
    f = theano.function([x], x * 2, name="twice")
    for given in (threading.Lock(), (k for k in range(3))):
        error = theano.explain(f, given).data["functions"][0]["error"]
        assert error.startswith("TypeError: Bad input argument") and '"twice"' in error


def test_many_arguments_are_told_in_short() -> None:
    xs = [T.dscalar() for _ in range(20)]
    e = theano.explain(theano.function(xs, sum(xs)), *[1.0] * 20)
    assert len(e.data["functions"][0]["arguments"]) == 20
    assert str(e).splitlines()[1].endswith("float64 () and 12 more")


def test_boxes_of_loops_are_of_the_lines_inside() -> None:
    """So a click on a line of a step marks the loop, and the loop around that one."""

    def step(row, total):
        inner, _ = theano.scan(lambda v, s: T.tanh(v + s), [row], [T.zeros(())])
        return total + inner[-1]

    x = T.dmatrix("x")
    sums, _ = theano.scan(step, [x], [T.zeros(())])
    f = theano.function([x], sums[-1], mode="FAST_COMPILE")
    data = theano.explain(f).data["functions"][0]
    texts = {f"0:{number}": text for number, text in data["files"][0]["lines"]}
    for graphs in data["graphs"].values():
        (loop,) = (node for node in graphs["graphs"][0]["nodes"] if node["label"].startswith("for{"))
        lines = [texts[line] for line in loop["lines"]]
        assert any("T.tanh(v + s)" in text for text in lines) and any("total + inner" in text for text in lines)


def test_copies_say_that_they_are_copies() -> None:
    """They hold the graph as it runs: what it was made of, and how, is not known."""
    x = T.dvector("x")
    f = theano.function([x], T.log(1 + T.exp(x)))
    assert theano.explain(f).data["functions"][0]["rewrites_why"] is None
    for made in (f.copy(), pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        e = theano.explain(made)
        why = e.data["functions"][0]["rewrites_why"]
        assert why and not e.data["functions"][0]["rewrites"] and f"Rewrites: {why}" in str(e)


def test_boxes_of_functions_in_graphs_are_of_the_lines_inside() -> None:
    """Also of that of their inputs."""
    a = T.dvector("a")
    inside = T.exp(a)
    function_of_it = theano.OpFromGraph([a], [inside])
    x = T.dvector("x")
    data = theano.explain(theano.function([x], function_of_it(x), mode="FAST_COMPILE")).data["functions"][0]
    shown = {line for node in data["graphs"]["before"]["graphs"][0]["nodes"] for line in node.get("lines", ())}
    texts = {f"0:{number}": text.strip() for number, text in data["files"][0]["lines"]}
    assert {'x = T.dvector("x")', "inside = T.exp(a)"} <= {texts[line] for line in shown}
    assert any("OpFromGraph([a]" in texts[line] for line in shown)
