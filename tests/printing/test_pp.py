"""`pp`: the forms that texts about Theano print."""

from __future__ import annotations

import pytest

import theano
import theano.tensor as T
from theano.printing import FunctionPrinter, OperatorPrinter, PatternPrinter, min_informative_str, pp, pprint

x, y, z = T.dscalar("x"), T.dscalar("y"), T.dscalar("z")
i, j = T.iscalar("i"), T.iscalar("j")
v, w = T.dvector("v"), T.dvector("w")
a = T.dmatrix("a")
t3 = T.dtensor3("T3")

FORMS = [
    (lambda: x**3, "(x ** TensorConstant{3})"),
    (
        lambda: T.grad(x**3, x),
        "((fill((x ** TensorConstant{3}), TensorConstant{1.0}) * TensorConstant{3}) * "
        "(x ** (TensorConstant{3} - TensorConstant{1})))",
    ),
    (
        lambda: T.exp(a) / T.exp(a).sum(axis=1, keepdims=True),
        "(exp(a) / DimShuffle{0, x}(Sum{axis=[1], acc_dtype=float64}(exp(a))))",
    ),
    (lambda: 1 / (1 + T.exp(-x)), "(TensorConstant{1} / (TensorConstant{1} + exp((-x))))"),
    (lambda: x + y - z, "((x + y) - z)"),
    (lambda: x * y / z, "((x * y) / z)"),
    (lambda: T.add(x, y, z), "(x + y + z)"),
    (lambda: i // j, "(i // j)"),
    (lambda: x % y, "mod(x, y)"),
    (lambda: -x, "(-x)"),
    (lambda: abs(x), "|x|"),
    (lambda: x > y, "gt(x, y)"),
    (lambda: i & i, "and_(i, i)"),
    (lambda: T.switch(x > 0, x, y), "switch(gt(x, TensorConstant{0}), x, y)"),
    (lambda: T.fill(v, x), "fill(v, x)"),
    (lambda: x.astype("int32"), "int32(x)"),
    (lambda: T.dot(a, v), "(a \\dot v)"),
    (lambda: a.T, "a.T"),
    (lambda: v.dimshuffle("x", 0), "v"),
    (lambda: t3.dimshuffle(2, 0, 1), "DimShuffle{2, 0, 1}(T3)"),
    (lambda: v[0], "v[Constant{0}]"),
    (lambda: v[1:3], "v[int64:int64]"),
    (lambda: v[i.astype("int64")], "v[int64(i)]"),
    (lambda: T.stack([x, y]), "[x, y]"),
    (lambda: T.concatenate([v, w]), "join(TensorConstant{0}, v, w)"),
    (lambda: T.nnet.sigmoid(x), "sigmoid(x)"),
    (lambda: T.dscalar(), "<TensorType(float64, scalar)>"),
]


@pytest.mark.parametrize(("build", "text"), FORMS, ids=[text for _, text in FORMS])
def test_form(build, text):
    assert pp(build()) == text


def test_names_of_intermediates_are_ignored():
    s = x + y
    s.name = "s"
    assert pp(s * 2) == "((x + y) * TensorConstant{2})"


def test_deep_graph():
    s = x
    for _ in range(10_000):
        s = s + 1
    text = pp(s)
    assert text.startswith("((((")
    assert text.count("+") == 10_000


def test_own_printers():
    own = pprint.clone_assign(T.exp, FunctionPrinter("e"))
    assert own(T.exp(x)) == "e(x)"
    assert pp(T.exp(x)) == "exp(x)"
    own.assign(T.add, OperatorPrinter("plus", 0))
    assert own(x + y) == "(x plus y)"
    own.assign(T.sqr, PatternPrinter("%(0)s squared"))
    assert own(T.sqr(x + y)) == "(x plus y) squared"

    class Loud:
        def process(self, output, pstate):
            return pstate.pprinter.process(output.owner.inputs[0], pstate).upper()

    own.assign(lambda pstate, r: r.owner is not None and str(r.owner.op).startswith("Elemwise{sub"), Loud())
    assert own(T.exp(x - y)) == "e(X)"


def test_arguments():
    with pytest.raises(TypeError):
        pp(3)
    assert pp.process_graph([x], [x + 1, x], display_inputs=True) == "inputs: x\n(x + TensorConstant{1})\nx"


def test_min_informative_str():
    s = x + y
    assert min_informative_str(s * s).splitlines() == [
        f"A. {(s * s).owner.op}",
        f" B. {s.owner.op}",
        "  C. x",
        "  D. y",
        " <B>",
    ]
    assert theano.printing.min_informative_str(x) == "A. x"
