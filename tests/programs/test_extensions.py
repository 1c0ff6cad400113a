"""Types, operations and rewrites as programs for Theano define them, with the habits of its documentation."""

from __future__ import annotations

import os
import unittest
from typing import Any

import numpy as np
import pytest
from theano.tensor.opt import register_specialize
from theano.tests import unittest_tools as utt

import theano
import theano.tensor as T
from theano import gof, scalar
from theano.compile import optdb
from theano.legacy.c_code import compiler
from theano.rewrite.engine.registry import remove_rule

needs_compiler = pytest.mark.skipif(not compiler.is_there(), reason="needs a C++ compiler")
MODES = ["FAST_RUN", "FAST_COMPILE", "DebugMode", theano.Mode(linker="vm"), theano.Mode(linker="c|py")]


class Number(gof.Type):
    """A float of Python."""

    def filter(self, x, strict=False, allow_downcast=None):
        if strict and not isinstance(x, float):
            raise TypeError("Expected a float!")
        if not strict and not allow_downcast and float(x) != x:
            raise TypeError(f"{x} is no float")
        return float(x)

    def values_eq_approx(self, x, y, tolerance=1e-4):
        return abs(x - y) <= tolerance * (abs(x) + abs(y))

    def __str__(self):
        return "number"

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))

    def c_declare(self, name, sub, check_input=True):
        return f"double {name};"

    def c_init(self, name, sub):
        return f"{name} = 0.0;"

    def c_extract(self, name, sub, check_input=True):
        return f"""
        if (!PyFloat_Check(py_{name})) {{ PyErr_SetString(PyExc_TypeError, "expected a float"); {sub["fail"]} }}
        {name} = PyFloat_AsDouble(py_{name});
        """

    def c_sync(self, name, sub):
        return f"""
        Py_XDECREF(py_{name});
        py_{name} = PyFloat_FromDouble({name});
        if (!py_{name}) {{ Py_XINCREF(Py_None); py_{name} = Py_None; }}
        """

    def c_cleanup(self, name, sub):
        return ""


number = Number()


class Arithmetic(gof.Op):
    """An operation on two such numbers."""

    __props__ = ("name",)

    def __init__(self, name, fn, sign):
        self.name, self.fn, self.sign = name, fn, sign

    def make_node(self, x, y):
        x, y = (gof.Constant(number, v) if isinstance(v, int | float) else v for v in (x, y))
        if x.type != number or y.type != number:
            raise TypeError(f"{self.name} works on numbers only")
        return gof.Apply(self, [x, y], [number()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = self.fn(*inputs)

    def __str__(self):
        return self.name

    def c_code(self, node, name, inputs, outputs, sub):
        return f"{outputs[0]} = {inputs[0]} {self.sign} {inputs[1]};"


add = Arithmetic("plus", lambda x, y: x + y, "+")
sub = Arithmetic("minus", lambda x, y: x - y, "-")
mul = Arithmetic("times", lambda x, y: x * y, "*")
div = Arithmetic("over", lambda x, y: x / y, "/")
x, y, z = number("x"), number("y"), number("z")


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_type_of_numbers(mode):
    f = theano.function([x, y], mul(add(x, y), 2), mode=mode)
    assert f(5.0, 6.0) == 22.0 and type(f(5.0, 6.0)) is float
    with pytest.raises((TypeError, ValueError)):
        f("a", 1.0)
    assert theano.function([x, y, z], add(sub(x, y), div(z, 4.0)), mode=mode)(1.0, 2.0, 8.0) == 1.0


class WholeGraph(gof.Optimizer):
    """``(a * b) / a`` is b."""

    def add_requirements(self, fgraph):
        fgraph.attach_feature(gof.toolbox.ReplaceValidate())

    def apply(self, fgraph):
        for node in fgraph.toposort():
            if node.op == div and node.inputs[0].owner and node.inputs[0].owner.op == mul:
                a, b = node.inputs[0].owner.inputs
                if node.inputs[1] in (a, b):
                    fgraph.replace_validate(node.outputs[0], b if node.inputs[1] == a else a)


class OneNode(gof.LocalOptimizer):
    """The same, node by node."""

    def tracks(self):
        return [div]

    def transform(self, node):
        if node.op == div and node.inputs[0].owner and node.inputs[0].owner.op == mul:
            a, b = node.inputs[0].owner.inputs
            if node.inputs[1] in (a, b):
                return [b if node.inputs[1] == a else a]
        return False


@pytest.mark.parametrize(
    "rewrite",
    [WholeGraph(), gof.TopoOptimizer(OneNode()), gof.opt.in2out(OneNode()), gof.opt.out2in(OneNode()),
     gof.TopoOptimizer(gof.opt.PatternSub((div, (mul, "a", "b"), "a"), "b"))],
    ids=lambda r: type(r).__name__,
)  # fmt: skip
def test_rewrites_of_graphs_of_one_s_own(rewrite):
    fgraph = gof.FunctionGraph([x, y, z], [add(z, mul(div(mul(y, x), y), div(z, x)))])
    rewrite.optimize(fgraph)
    assert [str(n.op) for n in fgraph.toposort()].count("over") == 1
    assert str(fgraph) == "[plus(z, times(x, over(z, x)))]"


def test_rewrites_in_a_database():
    db = gof.EquilibriumDB()
    db.register("one_node", OneNode(), "fast_run")
    optdb.register("numbers", db, 1.7, "fast_run")
    try:
        mode = theano.compile.get_mode("FAST_RUN")
        f, g = (theano.function([x, y, z], add(z, div(mul(x, y), y)), mode=m, on_unused_input="ignore")
                for m in (mode, mode.excluding("numbers")))  # fmt: skip
        assert f(1.0, 2.0, 3.0) == g(1.0, 2.0, 3.0) == 4.0
        assert [sum(n.op == div for n in h.maker.fgraph.apply_nodes) for h in (f, g)] == [0, 1]
    finally:
        optdb.remove("numbers")


class Doubled(theano.Op):
    __props__ = ()

    def make_node(self, x):
        x = theano.tensor.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node, i0_shapes):
        return i0_shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]

    def R_op(self, inputs, eval_points):
        return eval_points if eval_points[0] is None else self.grad(inputs, eval_points)


def test_the_tools_for_tests():
    class Checks(utt.InferShapeTester):
        def setUp(self):
            super().setUp()
            self.op_class, self.op = Doubled, Doubled()
            self.value = np.random.rand(5, 4).astype(theano.config.floatX)

        def test_values(self):
            v = T.matrix()
            utt.assert_allclose(theano.function([v], self.op(v))(self.value), self.value * 2)

        def test_shapes(self):
            v = T.matrix()
            self._compile_and_check([v], [self.op(v)], [self.value], self.op_class)

        def test_gradient(self):
            utt.verify_grad(self.op, [np.random.rand(5, 7, 2)])

    done = unittest.defaultTestLoader.loadTestsFromTestCase(Checks).run(unittest.TestResult())
    assert done.testsRun == 3 and done.wasSuccessful(), (done.errors, done.failures)


class TimesNumber(gof.Op):
    """A vector times a number, in C only."""

    __props__ = ()

    def make_node(self, x, y):
        return gof.Apply(self, [x, y], [T.vector(dtype=scalar.upcast(x.dtype, y.dtype))])

    def c_code_cache_version(self):
        return (1, 0)

    def c_support_code(self):
        return "bool same_length(PyArrayObject *a, PyArrayObject *b) { return PyArray_DIM(a, 0) == PyArray_DIM(b, 0); }"

    def c_support_code_apply(self, node, name):
        dtype_x, dtype_y, dtype_z = (v.dtype for v in (*node.inputs, *node.outputs))
        return (
            """
        void times_{name}(npy_{dtype_x} *x, npy_{dtype_z} *z, npy_intp n, npy_{dtype_y} y) {{
            for (npy_intp m = 0; m < n; m++) z[m] = x[m] * y;
        }}""".format(**locals())
        )

    def c_code(self, node, name, inp, out, sub):
        x, y = inp
        (z,) = out
        typenum_z, fail = node.outputs[0].type.dtype_specs()[2], sub["fail"]
        return (
            """
        if (NULL == {z} || !same_length({x}, {z})) {{
            Py_XDECREF({z});
            {z} = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS({x}), {typenum_z}, 0);
            if (!{z}) {{ {fail}; }}
        }}
        times_{name}((dtype_{x} *)PyArray_DATA({x}), (dtype_{z} *)PyArray_DATA({z}),
                       PyArray_DIMS({x})[0], ((dtype_{y} *)PyArray_DATA({y}))[0]);
        """.format(**locals())
        )


FILE = """
#section support_code_apply
int APPLY_SPECIFIC(times)(PyArrayObject *x, PyArrayObject *y, PyArrayObject **z) {
    if (*z == NULL || PyArray_DIMS(x)[0] != PyArray_DIMS(*z)[0]) {
        Py_XDECREF(*z);
        *z = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS(x), TYPENUM_OUTPUT_0, 0);
        if (!*z) { PyErr_Format(PyExc_ValueError, "no memory"); return 1; }
    }
    int x_step = PyArray_STRIDES(x)[0] / ITEMSIZE_INPUT_0, z_step = PyArray_STRIDES(*z)[0] / ITEMSIZE_OUTPUT_0;
    for (npy_intp i = 0; i < PyArray_DIMS(x)[0]; i++)
        ((DTYPE_OUTPUT_0 *)PyArray_DATA(*z))[i * z_step] =
            ((DTYPE_INPUT_0 *)PyArray_DATA(x))[i * x_step] * ((DTYPE_INPUT_1 *)PyArray_DATA(y))[0];
    return 0;
}
"""


@needs_compiler
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_operations_in_c(mode, tmp_path):
    path = os.path.join(tmp_path, "times.c")
    with open(path, "w") as file:
        file.write(FILE)

    class InFile(gof.COp):
        __props__ = ()

        def __init__(self):
            super().__init__(path, "APPLY_SPECIFIC(times)")

        def make_node(self, x, y):
            return gof.Apply(self, [x, y], [x.type()])

    v = T.dvector()
    for op in (TimesNumber(), InFile()):
        for s in (T.dscalar(), T.fscalar()):
            assert theano.function([v, s], op(v, s), mode=mode)([1.0, 2.0], 3.0).tolist() == [3, 6]


class XLogY(scalar.BinaryScalarOp):
    """``x * log(y)``, which is 0 for an x of 0."""

    @staticmethod
    def st_impl(x, y):
        return x * np.log(y) if x else 0.0

    def impl(self, x, y):
        return XLogY.st_impl(x, y)

    def grad(self, inputs, grads):
        (x, y), (gz,) = inputs, grads
        return [gz * scalar.log(y), gz * x / y]

    def c_code(self, node, name, inp, out, sub):
        (x, y), (z,) = inp, out
        if node.inputs[0].type not in [scalar.float32, scalar.float64]:
            raise NotImplementedError()
        cast = node.outputs[0].type.dtype_specs()[1]
        return f"{z} = ({x} == 0.0) ? ({cast})0.0 : {x} * log({y});"

    def c_code_cache_version(self):
        return (1,)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_a_function_of_numbers(mode):
    op, v, w = T.Elemwise(XLogY(scalar.upgrade_to_float, name="xlogy")), *T.dvectors("v", "w")
    value, slope = theano.function([v, w], [op(v, w), T.grad(op(v, w).sum(), w)], mode=mode)([0.0, 2.0], [1.0, np.e])
    np.testing.assert_allclose(value, [0, 2])
    np.testing.assert_allclose(slope, [0, 2 / np.e])
    n = T.lvector()
    assert theano.function([n], op(n, n), mode=mode)([0, 1]).tolist() == [0, 0]


class Recurrence(gof.Op):
    __props__ = ("inplace",)

    def __init__(self, inplace=False):
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, inputs=[x], outputs=[x.type()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        if not self.inplace:
            x = x.copy()
        for i in range(2, len(x)):
            x[i] = x[i - 1] * x[i - 2] + x[i]
        output_storage[0][0] = x


@pytest.fixture
def recurrence_rewrites() -> Any:
    @gof.local_optimizer([Recurrence], inplace=True)
    def recurrence_inplace(node):
        return [Recurrence(inplace=True)(*node.inputs)] if node.op == Recurrence() else False

    @register_specialize
    @gof.local_optimizer([Recurrence])
    def recurrence_of_zeros(node):
        try:
            if T.get_scalar_constant_value(node.inputs[0]) == 0:
                return [node.inputs[0]]
        except T.NotScalarConstantError:
            pass

    warn = gof.TopoOptimizer.warn_inplace
    optdb.register("recurrence_inplace", gof.TopoOptimizer(recurrence_inplace, failure_callback=warn), 60, "fast_run",
                   "inplace")  # fmt: skip
    yield
    optdb.remove("recurrence_inplace")
    remove_rule("recurrence_of_zeros")


@pytest.mark.parametrize("mode", ["FAST_RUN", "DebugMode"])
@pytest.mark.usefixtures("recurrence_rewrites")
def test_operations_in_place_and_their_rewrites(mode):
    v, value = T.dvector(), np.arange(1.0, 5.0)

    def kinds(f):
        return [n.op.inplace for n in f.maker.fgraph.toposort() if isinstance(n.op, Recurrence)]

    f = theano.function([v], Recurrence()(v * 2), mode=mode)
    assert kinds(f) == [True] and f(value).tolist() == [2, 4, 14, 64]
    f = theano.function([v], Recurrence()(v), mode=mode)
    assert kinds(f) == [False] and f(value).tolist() == [1, 2, 5, 14] and value.tolist() == [1, 2, 3, 4]
    f = theano.function([], Recurrence()(T.zeros((3,))), mode=mode)
    assert kinds(f) == [] and f().tolist() == [0, 0, 0]
