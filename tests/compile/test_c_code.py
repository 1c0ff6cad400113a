"""Ops that bring C code of their own: compiled with the machine's compiler, called by programs without Python."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import tempfile
import weakref

import numpy as np
import pytest
from theano.gof import (
    Apply,
    CDataType,
    CEnumType,
    COp,
    EnumList,
    EnumType,
    MethodNotDefined,
    Op,
    Params,
    ParamsType,
    generic,
)
from theano.gof.op import OpenMPOp

import theano
import theano.tensor as T
from theano.legacy.c_code import compiler
from theano.scalar import Scalar

with_compiler = pytest.mark.skipif(not compiler.is_there(), reason="no C++ compiler, or no headers of Python")
A = np.array([1.0, 2.0, 4.0])


class Unary(Op):
    """Of a vector another one; `body` computes ``z[i]`` of ``x[i]``."""

    __props__ = ()
    body = "z[i] = 2 * x[i];"

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,) = inputs, outputs
        return f"""
        npy_intp n = PyArray_DIM({x}, 0);
        Py_XDECREF({z});
        {z} = (PyArrayObject *)PyArray_EMPTY(1, &n, PyArray_TYPE({x}), 0);
        if ({z} == NULL) {sub["fail"]};
        dtype_{x} *x = (dtype_{x} *)PyArray_DATA({x}); dtype_{z} *z = (dtype_{z} *)PyArray_DATA({z});
        for (npy_intp i = 0; i < n; i++) {{ {self.body} }}
        """

    def grad(self, inputs, gs):
        return [2 * gs[0]]

    def infer_shape(self, node, shapes):
        return shapes


x = T.dvector("x")
MODES = ["FAST_RUN", "FAST_COMPILE", "DebugMode"]


@with_compiler
@pytest.mark.parametrize("mode", MODES)
def test_values_and_gradients(mode):
    y = Unary()(x + 1)
    f = theano.function([x], [y * y, T.grad(y.sum(), x), y.shape[0]], mode=mode)
    squares, slopes, length = f(A)
    np.testing.assert_array_equal(squares, (2 * (A + 1)) ** 2)
    np.testing.assert_array_equal(slopes, [2, 2, 2])
    assert length == 3 and f([])[0].shape == (0,)
    i = T.ivector("i")
    np.testing.assert_array_equal(theano.function([i], Unary()(i), mode=mode)([3, 4]), [6, 8])


class OldFields(Unary):
    """Reads arrays as programs for NumPy 1 do."""

    body = "z[i] = x[i * X->strides[0] / X->descr->elsize] + X->dimensions[0] + PyArray_DESCR(X)->elsize;"

    def c_code(self, node, name, inputs, outputs, sub):
        return f"PyArrayObject *X = {inputs[0]};" + super().c_code(node, name, inputs, outputs, sub)


@with_compiler
def test_fields_of_arrays():
    np.testing.assert_array_equal(theano.function([x], OldFields()(x))(A), A + 3 + 8)


class Complex(Unary):
    body = "z[i] = 2 * (x[i] * x[i] - x[i]) + x[i]; z[i].real += (x[i] == z[i]) + x[i].imag;"


@with_compiler
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype):
    c, value = T.TensorType(dtype, (False,))(), np.array([1 + 2j, -3j, 0], dtype)
    wanted = 2 * (value * value - value) + value
    np.testing.assert_array_equal(theano.function([c], Complex()(c))(value), wanted + (wanted == value) + value.imag)


@with_compiler
def test_no_python_is_called_in_a_training_loop():
    w = theano.shared(np.ones(3))
    step = theano.function([x], (Unary()(w) * x).sum(), updates=[(w, w - 0.1 * T.grad((Unary()(w) * x).sum(), w))])
    step(A)
    called = []
    sys.setprofile(lambda frame, event, argument: called.append((event, frame.f_code.co_name)))
    step(A)
    sys.setprofile(None)
    assert not [c for c in called if c[0] == "call" and not c[1].startswith("<")], called
    np.testing.assert_allclose(w.get_value(), 1 - 0.1 * 2 * A * 2)


@with_compiler
def test_steps_of_loops():
    rows, _ = theano.scan(lambda h: Unary()(h), outputs_info=x, n_steps=3)
    np.testing.assert_array_equal(theano.function([x], rows)(A), [2 * A, 4 * A, 8 * A])


class Everything(Unary):
    """Uses every part that C code may have."""

    body = "z[i] = shifted(x[i]) + offset + constant + calls;"

    def c_headers(self):
        return ["<vector>", "limits.h"]

    def c_support_code(self):
        return "static int constant; static double shifted(double v) { return v + 10; }"

    def c_support_code_apply(self, node, name):
        return f"static double {name}_own = 0.5;"

    def c_support_code_struct(self, node, name):
        return "std::vector<double> kept; double offset; int calls;"

    def c_init_code(self):
        return ["constant = CHAR_BIT;"]

    def c_init_code_apply(self, node, name):
        return f"{name}_own = 0.25;"

    def c_init_code_struct(self, node, name, sub):
        return f"offset = {name}_own; calls = 0; kept.push_back(1);"

    def c_cleanup_code_struct(self, node, name):
        return "PySys_WriteStdout(\"dropped\\n\");"

    def c_code_cleanup(self, node, name, inputs, outputs, sub):
        return "calls += 100;"

    def c_compile_args(self):
        return ["-O1"]

    def c_no_compile_args(self):
        return ["-O3"]

    def c_code_cache_version(self):
        return (1,)


@with_compiler
def test_all_parts(capsys):
    f = theano.function([x], Everything()(x))
    np.testing.assert_array_equal(f(A), A + 10 + 8 + 0.25)
    np.testing.assert_array_equal(f(A), A + 10 + 8 + 0.25 + 100)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None and "dropped" in capsys.readouterr().out


class Failing(Unary):
    body = 'if (x[i] > 3) { PyErr_SetString(PyExc_ArithmeticError, "too much"); %s } z[i] = x[i];'

    def c_code(self, node, name, inputs, outputs, sub):
        return super().c_code(node, name, inputs, outputs, sub) % sub["fail"]


class Silent(Failing):
    body = "if (x[i] > 3) %s z[i] = x[i];"


@with_compiler
@pytest.mark.parametrize("mode", MODES)
def test_errors_name_the_line_and_leave_shared_variables(mode):
    s = theano.shared(np.zeros(3))
    f = theano.function([x], [], updates=[(s, s + Failing()(x))], mode=mode)
    with pytest.raises(ArithmeticError, match=r"too much[\s\S]*caused the error: Failing[\s\S]*test_c_code.py"):
        f(A)
    assert not s.get_value().any()
    f([1, 2, 3])
    np.testing.assert_array_equal(s.get_value(), [1, 2, 3])
    with pytest.raises(RuntimeError, match="Unexpected error in an Op's C code. No Python exception was set."):
        theano.function([x], Silent()(x), mode=mode)(A)


class Throwing(Unary):
    body = "if (x[i] < 0) throw std::bad_alloc(); if (x[i] == 0) throw 3; std::vector<int>().at(5);"

    def c_headers(self):
        return ["<vector>"]


PYMC3 = "-Wno-c++11-narrowing -fno-exceptions -fno-unwind-tables -fno-asynchronous-unwind-tables"


@with_compiler
@pytest.mark.parametrize("flags", ["", PYMC3])
@pytest.mark.parametrize(("value", "error", "words"), [
    (-1, MemoryError, "Throwing"), (0, RuntimeError, "C\\+\\+ code has thrown"), (1, RuntimeError, "vector::.*Throwing")
])  # fmt: skip
def test_exceptions_of_c_plus_plus_are_pythons(value, error, words, flags):
    with theano.config.change_flags({"gcc.cxxflags": flags}):
        f = theano.function([x], Throwing()(x))
    given = np.array([float(value)])
    before = sys.getrefcount(given)
    with pytest.raises(error, match=f"(?s){words}"):
        f(given)
    gc.collect()
    assert sys.getrefcount(given) == before


@with_compiler
def test_states_of_classes_with_one_name_do_not_mix():
    def counts_from(start):
        class Counts(Unary):
            body = "static double calls = START; z[i] = (calls += 1) + Kept<int>::value;".replace("START", str(start))

            def c_support_code(self):
                return f"""template <class T> struct Kept {{ static T value; }};
                template <class T> T Kept<T>::value = {start};
                double tgamma(double) {{ return 0; }}"""

        return theano.function([x], Counts()(x))

    one, other = counts_from(0), counts_from(100)
    assert [f([0.0])[0] for f in (one, one, other, one)] == [1, 2, 201, 3]


class Wrong(Unary):
    """What `code` leaves is not what was promised."""

    __props__ = ("code",)

    def __init__(self, code):
        self.code = code

    def c_code(self, node, name, inputs, outputs, sub):
        return self.code.replace("<x>", inputs[0]).replace("<z>", outputs[0])


@with_compiler
@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (";", ValueError, "left no result"),
        ("npy_intp n = 2; <z> = (PyArrayObject *)PyArray_ZEROS(1, &n, NPY_FLOAT32, 0);", TypeError, "type number"),
        ("npy_intp n[] = {2, 2}; <z> = (PyArrayObject *)PyArray_ZEROS(2, n, NPY_INT8, 0);", TypeError, "2 dimensions"),
        ("<z> = (PyArrayObject *)PyList_New(0);", TypeError, "made a list"),
        ('PyErr_SetString(PyExc_KeyError, "left behind");', KeyError, "left behind"),
    ],
)
def test_wrong_results_are_errors(code, error, words):
    with pytest.raises(error, match=words):
        theano.function([x], Wrong(code)(x))(A)


@with_compiler
@pytest.mark.parametrize("mode", MODES[:2])
def test_results_share_no_memory(mode):
    same = Wrong("<z> = <x>; Py_INCREF(<z>);")
    view = Wrong("<z> = (PyArrayObject *)PySequence_GetSlice((PyObject *)<x>, 1, 3);")
    backwards = Wrong(
        "PyObject *s = PySlice_New(NULL, NULL, PyLong_FromLong(-1));"
        "<z> = (PyArrayObject *)PyObject_GetItem((PyObject *)<x>, s); Py_DECREF(s);"
    )
    given = A.copy()
    results = theano.function([x], [same(x), view(x), backwards(x)], mode=mode)(given)
    for got, wanted in zip(results, (A, A[1:], A[::-1]), strict=True):
        np.testing.assert_array_equal(got, wanted)
        assert not np.may_share_memory(got, given)


@with_compiler
def test_inputs_that_are_overwritten():
    op = Wrong("*(double *)PyArray_DATA(<x>) = -1; <z> = <x>; Py_INCREF(<z>);")
    op.destroy_map = {0: [0]}
    given = A.copy()
    got, rest = theano.function([x], [op(x), x + 1], accept_inplace=True)(given)
    np.testing.assert_array_equal(got, [-1, 2, 4])
    np.testing.assert_array_equal(rest, A + 1)
    np.testing.assert_array_equal(given, got)


class TwoOutputs(Op):
    __props__ = ()

    def make_node(self, m, label):
        return Apply(self, [m, label], [T.lscalar(), generic()])

    def c_code(self, node, name, inputs, outputs, sub):
        (m, label), (size, text) = inputs, outputs
        return f"""
        {size} = (PyArrayObject *)PyArray_ZEROS(0, NULL, NPY_INT64, 0);
        *(npy_int64 *)PyArray_DATA({size}) = PyArray_SIZE({m});
        {text} = PyObject_Repr({label});
        """


@with_compiler
def test_objects_and_several_outputs():
    m, label = T.fmatrix("m"), generic("label")
    assert theano.function([m, label], TwoOutputs()(m, label))(np.ones((2, 3), "float32"), [1]) == [6, "[1]"]


@with_compiler
def test_the_compilers_words_and_the_users_line():
    words = r"Compilation failed[\s\S]*unknown_name[\s\S]*test_c_code.py"
    with pytest.raises(compiler.CompilationError, match=words):
        theano.function([x], Wrong("unknown_name(<x>);")(x))


class Both(Unary):
    """C code where there is a compiler, else Python."""

    def perform(self, node, inputs, outputs):
        outputs[0][0] = -inputs[0]


class Declines(Both):
    def c_code(self, node, name, inputs, outputs, sub):
        raise MethodNotDefined("c_code")


def test_without_a_compiler():
    with theano.config.change_flags(cxx=""):
        np.testing.assert_array_equal(theano.function([x], Both()(x))(A), -A)
        for mode in MODES[:2]:
            with pytest.raises(NotImplementedError, match=r"no C\+\+ compiler here[\s\S]*test_c_code.py"):
                theano.function([x], Unary()(x), mode=mode)(A)


@with_compiler
class OfNumbers(Op):
    """Of 0-d tensors, by code that was written for Theano's scalar types: `body` computes Z of X and Y."""

    __props__ = ("body",)

    def __init__(self, body):
        self.body = body

    def make_node(self, *inputs):
        inputs = [theano.scalar.as_scalar(x) for x in inputs]
        return Apply(self, inputs, [inputs[0].type()])

    def c_code(self, node, name, inputs, outputs, sub):
        names = dict(zip("XY", inputs, strict=False)) | {"Z": outputs[0]}
        return "".join(names.get(c, c) for c in self.body)


WRONG = ["a", None, [1, 2], np.ones(3), 3.7, object(), 2**70, 1j, b"x", [[1]]]


@with_compiler
def test_code_over_numbers():
    """What it has are C numbers, as in Theano: pointers to arrays would be counted with, and read anywhere."""
    n = theano.scalar.int32("n")
    a, b = theano.scalar.float64("a"), theano.scalar.float64("b")
    more = OfNumbers("Z = X + 1;")
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        assert theano.function([n], more(n), mode=mode)(7) == 8
        f = theano.function([a, b], OfNumbers("Z = X < Y ? X - Y : X; if (Y == 0) Z = -X;")(a, b), mode=mode)
        assert [f(1, 2), f(2.5, 1), f(2, 0)] == [-1, 2.5, -2]


@with_compiler
@pytest.mark.parametrize("wrong", WRONG, ids=lambda x: type(x).__name__)
def test_test_values_of_code_over_numbers(wrong):
    more = OfNumbers("Z = X + 1;")
    with theano.change_flags(compute_test_value="raise"):
        n = theano.scalar.int32("n")
        n.tag.test_value = 3
        assert more(n).tag.test_value == 4
        twice = 2 * n
        twice.tag.test_value = wrong  # nobody looks at it before the C code does
        with pytest.raises(TypeError):
            more(twice)
        n.tag.test_value = wrong
        with pytest.raises(TypeError):
            more(n)


@with_compiler
def test_code_over_arrays_without_axes():
    """The names of those are what they are for other arrays, but for arithmetic."""
    n = theano.scalar.int32("n")
    body = """
    PyArrayObject *copy = X, **there = &X;
    Z = (PyArrayObject *)PyArray_NewLikeArray(X, NPY_CORDER, NULL, 0);
    if (Z != NULL && X && !(X == NULL) && PyArray_Check((PyObject *)X) && PyArray_NDIM(copy) == 0)
        *(npy_int32 *)PyArray_DATA(Z) = *(npy_int32 *)PyArray_DATA(X) + *((npy_int32 *)PyArray_BYTES(*there));
    """
    assert theano.function([n], OfNumbers(body)(n))(7) == 14


@with_compiler
def test_code_that_counts_with_pointers_is_refused():
    n = theano.scalar.int32("n")
    with pytest.raises(compiler.CompilationError, match="deleted"):
        theano.function([n], OfNumbers("PyArrayObject *p = X; Z = (X + 1)->array;")(n))


def test_c_code_goes_before_perform():
    np.testing.assert_array_equal(theano.function([x], Both()(x))(A), 2 * A)
    np.testing.assert_array_equal(theano.function([x], Both()(x), mode="FAST_COMPILE")(A), -A)
    np.testing.assert_array_equal(theano.function([x], Declines()(x))(A), -A)


@with_compiler
def test_compiled_code_is_kept(tmp_path):
    code = """
import theano, theano.tensor as T, numpy as np, subprocess
from tests.compile.test_c_code import Unary, x
real, runs = subprocess.run, []
subprocess.run = lambda command, **k: runs.append(command) or real(command, **k)
theano.function([x], Unary()(x))(np.ones(2))
print(sum("-o" in c for c in runs))
"""
    flags = {"THEANO_FLAGS": f"cache.dir={tmp_path}"}
    counts = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env(flags)).stdout
        for _ in range(2)
    ]
    assert counts == ["1\n", "0\n"]


class Included(Unary):
    """Takes a number from a header; `version` says which state of it."""

    __props__ = ("folder", "version")
    body = "z[i] = NUMBER;"

    def __init__(self, folder, version):
        self.folder, self.version = folder, version

    def c_headers(self):
        return ["number.h"]

    def c_header_dirs(self):
        return [self.folder]

    def c_code_cache_version(self):
        return (self.version,)


@with_compiler
def test_a_new_version_is_compiled_anew(tmp_path):
    for version, number in ((1, 7), (2, 8)):
        (tmp_path / "number.h").write_text(f"#define NUMBER {number}")
        assert theano.function([x], Included(str(tmp_path), version)(x))([0.0]) == [number]


def _env(more):
    import os

    return {**os.environ, **more}


# -- parameters ------------------------------------------------------------------------------------------------
ROUNDING = EnumList("FLOOR", ("CEIL", "up"), cname="rounding")


class Affine(Op):
    __props__ = ("a", "b", "how", "shift")
    params_type = ParamsType(a=Scalar("float64"), b=Scalar("int32"), how=ROUNDING, shift=T.dvector)

    def __init__(self, a, b, how):
        self.a, self.b, self.how, self.shift = a, b, how, (0.5,)

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs, params):
        rounded = np.ceil if params.how == self.params_type.CEIL else np.floor
        outputs[0][0] = rounded(inputs[0] * params.a + params.b + params.shift[0])

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,), p = inputs, outputs, sub["params"]
        return f"""
        {z} = (PyArrayObject *)PyArray_NewLikeArray({x}, NPY_CORDER, NULL, 0);
        if ({z} == NULL) {sub["fail"]}
        for (npy_intp i = 0; i < PyArray_SIZE({x}); i++) {{
            double v = ((double *)PyArray_DATA({x}))[i] * {p}->a + {p}->b + *(dtype_{x} *)PyArray_DATA({p}->shift);
            ((double *)PyArray_DATA({z}))[i] = {p}->how == CEIL ? ceil(v) : floor(v);
        }}"""


@pytest.mark.parametrize("mode", MODES)
def test_parameters(mode):
    for how, rounded in (("FLOOR", np.floor), ("up", np.ceil)):
        f = theano.function([x], Affine(0.3, 2, how)(x), mode=mode)
        np.testing.assert_array_equal(f(A), rounded(A * 0.3 + 2.5))


def test_params_type():
    kinds = ParamsType(b=Scalar("int8"), a=generic, mode=EnumType(ONE=("one", 1), TWO=2.5))
    assert kinds == ParamsType(a=generic, b=Scalar("int8"), mode=EnumType(ONE=("one", 1), TWO=2.5))
    assert (kinds.fields, kinds.length, kinds.get_field(generic)) == (("a", "b", "mode"), 3, "a")
    assert kinds.has_type(generic) and kinds.get_type("b") == Scalar("int8") and kinds.ONE == kinds.get_enum("ONE") == 1
    assert kinds.enum_from_alias("one") == 1 and kinds.extended(c=generic).length == 4
    made = kinds.get_params(a="x", b=3, mode="one")
    assert (made.a, made["b"], made.mode) == ("x", 3, 1) and isinstance(made, Params)
    assert made == pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) and hash(made) == hash(copy.copy(made))
    assert made != kinds.get_params(a="x", b=4, mode="one") and kinds.filter(made, strict=True) is made
    for wrong in (
        lambda: ParamsType(), lambda: ParamsType(a=3), lambda: kinds.get_params(a=1, b=2),
        lambda: kinds.get_params(a=1, b=2, mode="three"),
        lambda: made.__setattr__("a", 3), lambda: made.c, lambda: kinds.THREE, lambda: kinds.filter({"a": 1}),
        lambda: kinds.filter({"a": 1}, strict=True), lambda: made.__setitem__("a", 3),
    ):  # fmt: skip
        with pytest.raises((TypeError, AttributeError, NotImplementedError)):
            wrong()


def test_enumerations():
    e = EnumType(A=("alpha", 1), B=2.5, C=True, ctype="float")
    assert (e.A, e["B"], e.C, e.fromalias("alpha"), e.get_aliases()) == (1, 2.5, 1, 1, ("alpha",))
    assert e == pickle.loads(pickle.dumps(e)) == copy.deepcopy(e) and e != EnumType(A=1, B=2.5, C=1)
    assert e.filter("alpha") == 1 and e.filter(True) == 1 and e.is_valid_value(2.5) and not e.is_valid_value(7)
    assert str(EnumList("X", ("Y", "y"))) == "EnumList<int>(X:0, Y ('y'):1)"
    assert pickle.loads(pickle.dumps(ROUNDING)) == ROUNDING
    for wrong in (
        lambda: EnumType(lower=1), lambda: EnumType(A="text"), lambda: EnumList("A", "A"), lambda: EnumList(3),
        lambda: e.filter("D"), lambda: e.filter(9), lambda: e.D, lambda: e.__setattr__("A", 2),
        lambda: EnumType(A=("B", 1), B=2),
    ):  # fmt: skip
        with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError)):
            wrong()


class Limits(Op):
    __props__ = ("which",)
    params_type = CEnumType("SCHAR_MAX", ("SHRT_MAX", "short"), ctype="long")

    def __init__(self, which):
        self.which = self.params_type.filter(which)

    def get_params(self, node):
        return self.which

    def make_node(self):
        return Apply(self, [], [T.lscalar()])

    def c_headers(self):
        return ["<limits.h>"]

    def c_code(self, node, name, inputs, outputs, sub):
        return f"""{outputs[0]} = (PyArrayObject *)PyArray_ZEROS(0, NULL, NPY_INT64, 0);
        *(npy_int64 *)PyArray_DATA({outputs[0]}) = {sub["params"]};"""


@with_compiler
def test_constants_of_headers():
    assert theano.function([], [Limits("SCHAR_MAX")(), Limits("short")()])() == [127, 32767]


# -- pointers of C -----------------------------------------------------------------------------------------------
NUMBERS = CDataType("double *", freefunc="free", headers=("<stdlib.h>",))


class MakePointer(Op):
    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [NUMBERS()])

    def c_code(self, node, name, inputs, outputs, sub):
        return f"{outputs[0]} = (double *)malloc(sizeof(double)); *{outputs[0]} = *(double *)PyArray_DATA({inputs[0]});"


class ReadPointer(Op):
    __props__ = ()

    def make_node(self, p):
        return Apply(self, [p], [T.dscalar()])

    def c_code(self, node, name, inputs, outputs, sub):
        return f"""{outputs[0]} = (PyArrayObject *)PyArray_ZEROS(0, NULL, NPY_FLOAT64, 0);
        *(double *)PyArray_DATA({outputs[0]}) = *{inputs[0]};"""


@with_compiler
@pytest.mark.parametrize("mode", MODES[:2])
def test_pointers(mode):
    s = T.dscalar("s")
    assert theano.function([s], ReadPointer()(MakePointer()(s)) + 1, mode=mode)(2.5) == 3.5
    assert CDataType("int *") != NUMBERS and CDataType("int *").is_valid_value(CDataType("int *").make_value(8))
    with pytest.raises(TypeError):
        CDataType(3)
    with pytest.raises(TypeError):
        NUMBERS.filter(3)


# -- code in files -------------------------------------------------------------------------------------------------
class Scaled(COp):
    __props__ = ("factor",)
    params_type = ParamsType(factor=Scalar("float64"))

    def __init__(self, factor):
        self.factor = factor
        super().__init__("c_files/scaled.c", "APPLY_SPECIFIC(scaled)")

    def make_node(self, x):
        return Apply(self, [x], [x.type()])


class Counted(COp):
    __props__ = ()

    def __init__(self):
        super().__init__(["c_files/counted.c"])

    def make_node(self, x):
        return Apply(self, [x], [T.lscalar()])


@with_compiler
def test_code_in_files():
    f = theano.function([x], [Scaled(4.0)(x), Scaled(0.5)(x), Scaled(0.5)(x.astype("float32"))])
    for got, wanted in zip(f(A), (A / 2, 4 * A, 4 * A), strict=True):
        np.testing.assert_array_equal(got, wanted)
    with pytest.raises(ZeroDivisionError, match="the factor is zero"):
        theano.function([x], Scaled(0.0)(x))(A)
    count = theano.function([x], Counted()(x))
    assert [count(A), count(A)] == [8, 16]
    again = pickle.loads(pickle.dumps(Scaled(4.0)))
    assert again == Scaled(4.0)
    np.testing.assert_array_equal(theano.function([x], again(x))(A), A / 2)


def test_files_that_make_no_sense(tmp_path):
    def of(text, name=None):
        path = tmp_path / "code.c"
        path.write_text(text)
        return COp(str(path), name)

    for text, name, words in (
        ("int x;", None, "No valid section"), ("int x;\n#section code\n", None, "Stray code"),
        ("#section codes\n", None, "Unknown section"), ("#section code\n", "f", "specify the func_name"),
        ("#section support_code\n", None, "must be a section"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            of(text, name)


class Parallel(Unary, OpenMPOp):
    def __init__(self):
        OpenMPOp.__init__(self, openmp=True)

    body = "z[i] = x[i] * (omp_get_max_threads() > 0);"


@with_compiler
def test_openmp():
    np.testing.assert_array_equal(theano.function([x], Parallel()(x))(A), A)
    assert OpenMPOp(openmp=False).c_compile_args() == []


# -- operations on numbers -----------------------------------------------------------------------------------------
class Cube(theano.scalar.UnaryScalarOp):
    def impl(self, x):
        return -(x**3)  # so that it can be told which was used

    def c_code(self, node, name, inputs, outputs, sub):
        if node.inputs[0].type in theano.scalar.int_types:
            raise NotImplementedError
        return f"{outputs[0]} = {inputs[0]} * {inputs[0]} * {inputs[0]};"

    def grad(self, inputs, gs):
        return [3 * inputs[0] ** 2 * gs[0]]


class QuotientAndRest(theano.scalar.ScalarOp):
    """Two results; those of `impl` can be told from those of the code."""

    nin, nout = 2, 2

    def output_types(self, types):
        return [theano.scalar.int64, theano.scalar.upcast_out(*types)[0]]

    def impl(self, x, y):
        return -1, x

    def c_headers(self):
        return ["<math.h>"]

    def c_code(self, node, name, inputs, outputs, sub):
        (x, y), (q, r) = inputs, outputs
        return f"{q} = (npy_int64)floor({x} / {y}); {r} = {x} - {q} * {y};"

    def c_code_cache_version(self):
        return (1,)


@with_compiler
def test_two_results_of_numbers():
    y = T.dvector("y")
    f = theano.function([x, y], T.Elemwise(QuotientAndRest())(x, y))
    quotients, rests = f([7.0, -7.0], [2.0, 2.0])
    np.testing.assert_array_equal(quotients, [3, -4])
    np.testing.assert_array_equal(rests, [1, 1])
    assert quotients.dtype == "int64"
    again = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(again([7.0], [2.0])[0], [3])


class Plus(theano.scalar.BinaryScalarOp):
    def impl(self, x, y):
        return x + y

    def c_support_code(self):
        return "static double plus(double a, double b) { return a + b; }"

    def c_code(self, node, name, inputs, outputs, sub):
        return f"if ({inputs[0]} == 99) {sub['fail']} {outputs[0]} = plus({inputs[0]}, {inputs[1]});"


@with_compiler
def test_operations_on_numbers():
    cube = T.Elemwise(Cube(theano.scalar.upgrade_to_float, name="cube"))
    plus = T.Elemwise(Plus(theano.scalar.upcast_out, name="plus"))
    m, n, row, i = T.dmatrix("m"), T.dmatrix("n"), T.drow("row"), T.ivector("i")
    results = [cube(m), plus(m, n), plus(row, m.T), cube(m[::-1, ::2]), T.grad(cube(m).sum(), m)]
    f = theano.function([m, n, row], results)
    a, b, r = np.arange(6.0).reshape(2, 3), np.ones((2, 3)), np.array([[1.0, 2.0]])
    for got, wanted in zip(f(a, b, r), (a**3, a + b, r + a.T, a[::-1, ::2] ** 3, 3 * a**2), strict=True):
        np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(theano.function([i], cube(i))([2]), [-8])
    for shape in ((0, 3), (1, 1)):
        assert f(np.ones(shape), np.ones(shape), np.ones((1, shape[0])))[1].shape == shape
    h, z = T.TensorType("float16", (False,))("h"), T.zvector("z")
    for v, value in ((h, np.float16([1, 2])), (z, np.array([1j, 2]))):  # C can't compute with these
        np.testing.assert_array_equal(theano.function([v], plus(v, v))(value), value + value)
    with pytest.raises(ValueError, match="different lengths along axis 0"):
        f(a, b[:1], r)
    with pytest.raises(RuntimeError, match="No Python exception was set"):
        f(a + 99, b, r)


class Prepared(Unary):
    """Times a number that `prepare_node` finds out: it is asked before the C code is."""

    @property
    def body(self):
        return f"z[i] = {self.factor} * x[i];"

    def prepare_node(self, node, storage_map, compute_map, impl):
        assert impl == "c"
        self.factor = 3
        self.asked = getattr(self, "asked", 0) + 1


@with_compiler
@pytest.mark.parametrize("mode", MODES)
def test_nodes_are_prepared(mode):
    op = Prepared()
    assert theano.function([x], op(x), mode=mode)(A).tolist() == [3, 6, 12]
    executors = 3 if mode == "DebugMode" else 1  # each prepares the nodes that it runs
    assert op.asked == executors


@with_compiler
@pytest.mark.parametrize("impl", [None, "c"])
def test_thunks_prepare_nodes_once(impl):
    op = Prepared()
    y = op(x)
    cells = {x: [A], y: [None]}
    op.make_thunk(y.owner, cells, {v: [False] for v in cells}, [], impl=impl)()
    assert cells[y][0].tolist() == [3, 6, 12] and op.asked == 1


class InPython(Unary):
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * 20


@with_compiler
def test_thunks():
    for op, impl, factor in ((Unary(), None, 2), (Unary(), "c", 2), (InPython(), None, 2), (InPython(), "py", 20)):
        y = op(x)
        cells = {x: [A], y: [None]}
        op.make_thunk(y.owner, cells, {v: [False] for v in cells}, [], impl=impl)()
        assert cells[y][0].tolist() == (factor * A).tolist()


@with_compiler
def test_a_loaded_library_that_cannot_be_deleted(monkeypatch, tmp_path):
    """Windows keeps the file of a library that is loaded."""
    unlink = os.unlink

    def refuse(path, **given):
        if os.fspath(path).endswith("node.so"):
            raise PermissionError(13, "it is in use", path)
        unlink(path, **given)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "unlink", refuse)

    class Other(Unary):
        body = "z[i] = 2.25 * x[i];"

    with theano.config.change_flags(cache__enabled=False):
        np.testing.assert_array_equal(theano.function([x], Other()(x))(A), 2.25 * A)
    assert [file.name for file in tmp_path.rglob("node.so")] == ["node.so"]
