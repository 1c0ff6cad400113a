"""Functions of Numba and of ctypes as ops: called by programs without Python."""

from __future__ import annotations

import ctypes
import pickle
import subprocess

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.interpreter import Interpreter
from theano.compile import as_op
from theano.legacy.c_code import compiler

MODES = ["FAST_RUN", "FAST_COMPILE", "DebugMode"]
x, y = T.dvectors("x", "y")
A = np.array([3.0, 1.0, 2.0])


def same(node, shapes):
    return [shapes[0]]


def calls_python(f):
    return "callback" in theano.printing.loop_program(f)


@pytest.fixture(scope="module")
def numba():
    return pytest.importorskip("numba")


@pytest.mark.parametrize("mode", MODES)
def test_numba(numba, mode):
    @as_op([T.dvector, T.dvector], [T.dvector, T.dscalar], infer_shape=lambda node, shapes: [shapes[0], ()])
    @numba.njit
    def running(a, b):
        out, total = np.empty_like(a), 0.0
        for k in range(a.size):
            total += a[k] * b[k % b.size]
            out[k] = total
        return out, total

    both, total = running(x * 2, y[::-1])
    f = theano.function([x, y], [both + 1, total, both.shape[0]], mode=mode)
    one, last, n = f(A, [1.0, 10.0])
    np.testing.assert_array_equal(one, [61, 63, 103])
    assert last == 102 and n == 3
    assert f([], [1.0])[0].shape == (0,)
    assert str(both.owner.op) == "FromFunctionOp{running}"
    if mode == "FAST_RUN":
        assert not calls_python(f)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex128", "float16"])
@pytest.mark.parametrize("mode", MODES[:2])
def test_dtypes_and_layouts(numba, dtype, mode):
    kind = T.TensorType(dtype, (False, False))

    @as_op([kind, T.TensorType(dtype, ())], [kind], infer_shape=lambda node, shapes: [shapes[0][::-1]])
    @numba.njit
    def turned(m, fill):
        out = np.empty((m.shape[1], m.shape[0]), m.dtype)
        for i in range(m.shape[0]):
            for j in range(m.shape[1]):
                out[j, i] = fill if i == j else m[i, j]
        return out

    m, s = kind("m"), T.TensorType(dtype, ())("s")
    f = theano.function([m, s], [turned(m, s), turned(m[::-1, ::2].T, s)], mode=mode)
    for shape in ((3, 4), (0, 4), (1, 1)):
        value = np.random.RandomState(0).randint(0, 2, shape).astype(dtype)
        if dtype == "float16":  # Numba has none on processors
            with pytest.raises(NotImplementedError, match="float16"):
                f(value, np.zeros((), dtype))
            return
        first, second = f(value, np.ones((), dtype))
        for got, given in ((first, value), (second, value[::-1, ::2].T)):
            wanted = given.T.copy()
            np.fill_diagonal(wanted, 1)
            np.testing.assert_array_equal(got, wanted)
            assert got.dtype == dtype
    if mode == "FAST_RUN":
        assert not calls_python(f)


@pytest.mark.parametrize("mode", MODES[:2])
def test_what_functions_of_numba_do_wrong(numba, mode):
    def op(body, infer_shape=same):
        return as_op([T.dvector], [T.dvector], infer_shape=infer_shape)(numba.njit(body))

    def raises(a):
        if a[0] > 2:
            raise KeyError("too large")
        return a.copy()

    def longer(a):
        return np.zeros(a.size + 1)

    def narrow(a):
        return a.astype(np.float32)

    def untyped(a):
        return a.no_such_attribute

    f = theano.function([x], op(raises)(x), mode=mode)
    np.testing.assert_array_equal(f([1.0]), [1.0])
    with pytest.raises((KeyError, RuntimeError), match="too large|raises has raised an exception"):
        f([3.0])
    with pytest.raises(ValueError, match=r"longer has made an array of another shape[\s\S]*test_foreign.py"):
        theano.function([x], op(longer)(x), mode=mode)(A)
    with pytest.raises(TypeError, match="float32"):
        theano.function([x], op(narrow)(x), mode=mode)(A)
    with pytest.raises(Exception, match="no_such_attribute"):
        theano.function([x], op(untyped)(x), mode=mode)(A)


def test_without_shapes_the_function_is_called_back(numba):
    @as_op([T.dvector], [T.dvector])
    @numba.njit
    def positive(a):
        return a[a > 0]

    f = theano.function([x], positive(x) * 2)
    np.testing.assert_array_equal(f([1, -1, 2]), [2, 4])
    assert calls_python(f)


def test_in_a_loop_and_an_update(numba):
    @as_op([T.dscalar], [T.dscalar])
    @numba.njit
    def step(a):
        return np.floor(a / 2) if a % 2 == 0 else 3 * a + 1

    s = T.dscalar("s")
    states, _ = theano.scan(lambda v: step(v), outputs_info=[s], n_steps=7)
    f = theano.function([s], states)
    np.testing.assert_array_equal(f(3.0), [10, 5, 16, 8, 4, 2, 1])
    assert not calls_python(f)
    held = theano.shared(3.0)
    again = theano.function([], held, updates=[(held, step(held))])
    assert [float(again()) for _ in range(4)] == [3, 10, 5, 16]


# -- C ---------------------------------------------------------------------------------------------------------------
CODE = """
#include <stdint.h>
void sums(const double *x, int64_t n, const float *scale, double *out, int64_t m, int64_t *total, int64_t *status) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) { sum += x[i] * *scale; out[i] = sum; }
    *total = (int64_t)sum;
    if (sum < 0) *status = 7;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not compiler.is_there():
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("library")
    (folder / "sums.cpp").write_text('extern "C" {' + CODE.replace("#include <stdint.h>", "") + "}")
    text = "#include <stdint.h>\n" + (folder / "sums.cpp").read_text()
    (folder / "sums.cpp").write_text(text)
    command = [str(theano.config.cxx), "-shared", "-fPIC", "-o", str(folder / "sums.so"), str(folder / "sums.cpp")]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(folder / "sums.so"))


@pytest.mark.parametrize("mode", MODES)
def test_ctypes(library, mode):
    types = [T.dvector, T.fscalar], [T.dvector, T.lscalar]
    op = as_op(*types, infer_shape=lambda node, shapes: [shapes[0], ()])(library.sums)
    scale = T.fscalar("scale")
    out, total = op(x[::-1], scale)
    f = theano.function([x, scale], [out * 2, total], mode=mode)
    rows, last = f(A, 0.5)
    np.testing.assert_array_equal(rows, [2, 3, 6])
    assert last == 3 and f([], 1.0)[1] == 0
    with pytest.raises(RuntimeError, match="sums has failed, with status 7"):
        f([-1.0], 1.0)
    if mode == "FAST_RUN":
        assert not calls_python(f)
        lowered = f.executor.lowered
        run = Interpreter(lowered.program, lowered.layout, words={})
        run.run([A, np.array(0.5, "float32")], [])
        np.testing.assert_array_equal(run.slots[0], [2, 3, 6])
    assert op == as_op(*types, infer_shape=op.infer_shape)(library.sums)
    with pytest.raises(ValueError, match="pointers cannot be pickled"):
        pickle.dumps(op)
    with pytest.raises(TypeError, match="sums of ctypes needs"):
        as_op(*types)(library.sums)


def test_a_call_back_of_python_by_ctypes():
    """The function is called without the GIL; ctypes takes it for its own."""

    @ctypes.CFUNCTYPE(None, *[ctypes.c_void_p, ctypes.c_int64] * 2, ctypes.POINTER(ctypes.c_int64))
    def twice(source, n, target, m, status):
        given, made = (np.ctypeslib.as_array((ctypes.c_double * n).from_address(a)) for a in (source, target))
        made[:] = 2 * given

    op = as_op([T.dvector], [T.dvector], infer_shape=same)(twice)
    np.testing.assert_array_equal(theano.function([x], op(x + 1))(A), 2 * (A + 1))
