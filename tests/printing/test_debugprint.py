"""`debugprint`: the listing and its options."""

from __future__ import annotations

import ast
import io
import sys
from types import SimpleNamespace

import pytest

import theano
import theano.tensor as T
from theano.printing import debugprint, pydotprint
from theano.printing.pydotprint import dot_source

x, y = T.dscalar("x"), T.dscalar("y")

# As Theano 1.0.5 prints it; every line of a node ends in blanks.
GRADIENT_OF_CUBE = """\
Elemwise{mul} [id A] ''   
 |Elemwise{mul} [id B] ''   
 | |Elemwise{second,no_inplace} [id C] ''   
 | | |Elemwise{pow,no_inplace} [id D] ''   
 | | | |x [id E]
 | | | |TensorConstant{3} [id F]
 | | |TensorConstant{1.0} [id G]
 | |TensorConstant{3} [id F]
 |Elemwise{pow} [id H] ''   
   |x [id E]
   |Elemwise{sub} [id I] ''   
     |TensorConstant{3} [id F]
     |InplaceDimShuffle{} [id J] ''   
       |TensorConstant{1} [id K]
"""  # noqa: W291


def text(obj, **options):
    return debugprint(obj, file="str", **options)


def test_gradient_of_cube():
    assert text(T.grad(x**3, x)) == GRADIENT_OF_CUBE


def test_shared_parts_are_listed_once():
    s = x + y
    assert [line.rstrip() for line in text(s * s).splitlines()] == [
        "Elemwise{mul,no_inplace} [id A] ''",
        " |Elemwise{add,no_inplace} [id B] ''",
        " | |x [id C]",
        " | |y [id D]",
        " |Elemwise{add,no_inplace} [id B] ''",
    ]


def test_options():
    s = x + y
    s.name = "s"
    e = T.exp(s)
    assert text(e, depth=1) == "Elemwise{exp,no_inplace} [id A] ''   \n"
    assert text(e, stop_on_name=True).splitlines()[1:] == [" |Elemwise{add,no_inplace} [id B] 's'   "]
    assert text(e, ids="int").splitlines()[2] == "   |x [id 2]"
    assert text(e, ids="").splitlines()[2] == "   |x"
    assert text(e, print_type=True).splitlines()[2] == "   |x [id C] <TensorType(float64, scalar)>"
    assert text(e, print_type=True).splitlines()[0] == (
        "Elemwise{exp,no_inplace} [id A] <TensorType(float64, scalar)> ''   "
    )
    with pytest.raises(TypeError):
        text(e, depth="3")
    with pytest.raises(ValueError, match="ids"):
        text(e, ids="x")
    with pytest.raises(TypeError):
        text(3)


def test_several_outputs_and_roots():
    m, arg = T.max_and_argmax(T.dvector("v"), axis=0)
    lines = text([m, arg]).splitlines()
    assert ".0 [id A]" in lines[0]
    assert lines[-1].split("'")[0] == lines[0].split("'")[0].replace(".0 [", ".1 [")


def test_clients_of_what_is_used_several_times():
    s = T.exp(x) + y
    f = theano.function([x, y], [T.sin(s) * s, s], mode="FAST_COMPILE")
    lines = text(f, print_clients=True).splitlines()
    order = {str(node.op): i for i, node in enumerate(f.maker.fgraph.toposort())}
    sin, mul = "Elemwise{sin,no_inplace}", "Elemwise{mul,no_inplace}"
    (found,) = [line for line in lines if " clients:" in line]
    node, _, clients = found.partition(" clients:")
    assert "Elemwise{add" in node
    assert sorted(ast.literal_eval(clients)) == sorted([(sin, order[sin]), (mul, order[mul]), ("output", 1)])
    assert lines == text(f.maker.fgraph, print_clients=True).splitlines()
    assert " clients:" not in text(f) + text(s * s, print_clients=True)


def test_storage_of_inputs():
    w = theano.shared(2.0, name="w")
    f = theano.function([x], x * w)
    lines = {line.strip(" |") for line in text(f, print_storage=True).splitlines()}
    assert {"x [id B] [None]", "w [id C] [array(2.)]"} <= lines


def test_identifiers_beyond_z():
    used: dict = {}
    text([T.dscalar() for _ in range(30)], used_ids=used)
    names = list(used.values())
    assert names[0] == "A"
    assert names[25:28] == ["Z", "BA", "BB"]


def test_where_it_goes(capsys):
    out = io.StringIO()
    assert debugprint(x, file=out) is out
    assert out.getvalue() == "x [id A]\n"
    assert debugprint(x) is None
    assert capsys.readouterr().out == "x [id A]\n"


def test_compiled_function_shows_order():
    f = theano.function([x, y], T.exp(x) + y, mode="FAST_COMPILE")
    numbers = sorted(int(line.split()[-1]) for line in text(f).splitlines() if line.split()[-1].isdigit())
    assert numbers == list(range(len(f.maker.fgraph.toposort())))


def test_deep_graph():
    s = x
    for _ in range(10_000):
        s = s + 1
    assert len(text(s, depth=3).splitlines()) == 5
    shallow = x
    for _ in range(1200):
        shallow = T.exp(shallow)
    assert len(text(shallow).splitlines()) == 1201


@pytest.mark.parametrize(("lost", "names"), [(None, "program dot of Graphviz"), ("folder/f.png", "folder/f.png")])
def test_pydotprint_tells_which_program_is_missing(monkeypatch, lost, names):
    """A stand-in for pydot: what it raises where there is no `dot`, or no folder for the picture."""

    class Picture:
        def write(self, outfile, prog, format):
            raise FileNotFoundError(2, "not found", lost)

        def create(self, prog, format):
            raise FileNotFoundError(2, '"dot" not found in path.')

    pydot = SimpleNamespace(graph_from_dot_data=lambda source: [Picture()])
    monkeypatch.setitem(sys.modules, "pydot", pydot)
    with pytest.raises(FileNotFoundError if lost else RuntimeError, match=names):
        pydotprint(x + y)
    with pytest.raises(RuntimeError, match="apt install graphviz"):
        pydotprint(x + y, return_image=True)


def test_texts_of_graphviz_are_quoted():
    v = (x * y).copy(name='a "b"\n\\')
    assert r'[label="a \"b\"\n\\", shape="box", color="dodgerblue"];' in dot_source(v)


def test_pydotprint():
    source = dot_source((x + y) * x)
    assert source.startswith("digraph")
    assert source.count("->") == 5
    try:
        import pydot  # noqa: F401
    except ImportError:
        with pytest.raises(RuntimeError, match="pydot"):
            pydotprint(x + y)
