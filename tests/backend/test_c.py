"""The C of a function, compiled by the system's compiler, gives what the native code gives."""

from __future__ import annotations

import copy
import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import CASES, Case, Compiled, assert_as_native, compiled
from theano.backend.c.main import Unit
from theano.backend.c.spelling import float_literal, helper_text, literal, tight
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.runtime import abi
from theano.runtime.jit import isa
from theano.show.plans.inspect import c_unit, ccode

CC = shutil.which("cc")
FLAGS = [
    "-O1",
    "-std=c11",
    "-ffp-contract=off",
    "-Wall",
    "-Wno-unused",
    "-Wno-tautological-compare",
    "-Werror",
    "-shared",
    "-fPIC",
]

# what the library of products does, by its definition
PRODUCTS = """#include <stdint.h>
typedef int64_t I;
void {s}product_(I m, I n, I k, T alpha, const T *a, I ar, I ac, const T *b, I br, I bc, T beta, T *c, I cr)
{{
    for (I i = 0; i < m; i++)
        for (I j = 0; j < n; j++) {{
            T sum = 0;
            for (I l = 0; l < k; l++)
                sum += a[i * ar + l * ac] * b[l * br + j * bc];
            c[i * cr + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * cr + j]);
        }}
}}
void {s}stack_(I count, I as, I bs, I cs, I m, I n, I k, T alpha, const T *a, I ar, I ac, const T *b, I br, I bc,
               T beta, T *c, I cr)
{{
    for (I i = 0; i < count; i++)
        {s}product_(m, n, k, alpha, a + i * as, ar, ac, b + i * bs, br, bc, beta, c + i * cs, cr);
}}
void {s}panels_(I m, I n, I k, const T *b, I br, I bc, T *panels)
{{
}}
void {s}packed_(I m, I n, I k, const T *a, I ar, const T *b, I br, I bc, const T *panels, T *c, I cr)
{{
    {s}product_(m, n, k, 1, a, ar, 1, b, br, bc, 0, c, cr);
}}
void {s}slice_(I m, I n, I k, const T *a, I ar, const T *b, I br, I bc, const T *panels, T *c, I cr)
{{
    {s}product_(m, n, k, 1, a, ar, 1, b, br, bc, 0, c, cr);
}}
void {s}backward_(I m, I p, I q, T *w, I wr, const T *d, I dr, I dc, const T *x, I xr, I xc, T alpha, T beta,
                  T *g, I gr)
{{
    {s}product_(m, p, q, 1, d, dr, dc, w, 1, wr, 0, g, gr);
    {s}product_(p, q, m, alpha, x, xc, xr, d, dr, dc, beta, w, wr);
}}
"""


class Array(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("object", ctypes.c_void_p), ("dims", ctypes.c_int64 * 32)]

    def numpy(self, dtype: str, ndim: int) -> np.ndarray:
        shape = tuple(self.dims[:ndim])
        raw = ctypes.string_at(self.data, int(np.prod(shape)) * np.dtype(dtype).itemsize)
        return np.frombuffer(raw, dtype).reshape(shape)


CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Array)), ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(Array)), ctypes.c_int,
)  # fmt: skip


def built(source: str, folder: Path) -> Any:
    for letter, type_ in (("d", "double"), ("s", "float")):
        text = PRODUCTS.format(s=letter).replace("T ", f"{type_} ")
        (folder / f"{letter}products.c").write_text(text)
    (folder / "f.c").write_text(source)
    assert CC is not None
    sources = [str(p) for p in folder.glob("*.c")]
    done = subprocess.run(
        [CC, *FLAGS, *sources, "-o", str(folder / "f.so"), "-lm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / "f.so")).theano_function


def call(
    function: Any, unit: Unit, f: Compiled, args: list[np.ndarray], storages: list[list[Any]]
) -> tuple[int, list[Any]]:
    """Call the C function as its head documents; the status, and the outputs or the error's operands."""
    passed: list[Any] = []
    swapped = {s.word for s in st.walk(unit.program.main) if isinstance(s, hs.SetStorage)}
    words = [w for w, (kind, _) in enumerate(unit.words, abi.FIRST_FREE) if kind == "storage"]
    new: dict[int, Array] = {}
    for k, array in enumerate([*args, *(s[0] for s in storages)]):
        passed += [ctypes.c_void_p(array.ctypes.data), *(ctypes.c_int64(n) for n in array.shape)]
        if k >= len(args) and words[k - len(args)] in swapped:
            new[k - len(args)] = Array()
            passed.append(ctypes.byref(new[k - len(args)]))
    outputs = (Array * max(unit.n_outputs, 1))()
    if unit.n_outputs:
        passed.append(outputs)
    nodes = f.words(storages)
    callables = [nodes[w] for w, (kind, _) in enumerate(unit.words, abi.FIRST_FREE) if kind == "callback"]
    if callables:
        passed.append(CALLBACK(lambda *a: run_node(callables, *a)))
    error = (ctypes.c_int64 * 4)()
    status = function(*passed, error)
    if status:
        return status, list(error)
    for k, array in new.items():
        storages[k][0] = array.numpy(unit.storages[k][1].dtype, unit.storages[k][1].ndim)
    fgraph = f.executor.plan.fgraph
    types = [v.type for v in fgraph.outputs[: unit.n_outputs]]
    return 0, [a.numpy(t.dtype, t.ndim) for a, t in zip(outputs, types, strict=False)]


def run_node(callables: list[Any], k: int, inputs: Any, n: int, outputs: Any, m: int) -> int:
    node = callables[k].node
    values = [inputs[i].contents.numpy(v.type.dtype, v.type.ndim) for i, v in enumerate(node.inputs)]
    malloc = ctypes.CDLL(None).malloc
    malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    for i, result in enumerate(callables[k](*values)):
        out = outputs[i].contents
        out.data = malloc(max(result.nbytes, 1))
        ctypes.memmove(out.data, result.ctypes.data, result.nbytes)
        out.dims[: result.ndim] = result.shape
    return 0


@pytest.mark.skipif(CC is None, reason="there is no C compiler")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_native(case: Case, tmp_path: Path) -> None:
    f = compiled(case)
    args = [np.asarray(a) for a in case.args]
    storages = copy.deepcopy(f.storages)
    unit = c_unit(f.function)
    function = built(ccode(f.function, fma=isa().has_fma), tmp_path)
    status, found = call(function, unit, f, args, storages)
    assert status == 0
    assert_as_native(f, case, found, storages)


@pytest.mark.skipif(CC is None, reason="there is no C compiler")
def test_a_failing_check_is_returned(tmp_path: Path) -> None:
    x, y = T.vectors("x", "y")
    f = compiled(Case("", lambda: ([x, y], x + y), []))
    function = built(ccode(f.function), tmp_path)
    status, error = call(function, c_unit(f.function), f, [np.zeros(3), np.zeros(4)], [])
    assert status == 1 and set(error[:2]) == {3, 4}


def test_names_of_the_graph_are_used() -> None:
    x, y = T.matrix("image"), T.scalar("double")
    z = x * y
    z.name = "scaled"
    text = ccode(theano.function([x, y], [z.sum(axis=0), z], mode="FAST_RUN"), name="scale")
    assert "int32_t scale(\n    const double *image,\n    int64_t image_dim0," in text
    assert "const double *double_" in text  # a keyword
    assert "*/" in text and "Elemwise{mul" in text


def test_only_compiled_functions_have_c() -> None:
    x = T.vector("x")
    with pytest.raises(TypeError, match="not compiled to native code"):
        ccode(theano.function([x], x + 1, mode="FAST_COMPILE"))


@pytest.mark.parametrize("value", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5, 1e22, 123456789.125])
def test_literals_are_exact(value: float) -> None:
    text = float_literal(value, "f64")
    assert (float.fromhex(text) if "0x" in text else float(text)) == value


def test_literals() -> None:
    assert float_literal(-0.0, "f64") == "-0.0" and float_literal(0.5, "f32") == "0.5f"
    assert float_literal(float("-inf"), "f64") == "-INFINITY"
    assert (
        literal(ex.const(-(2**63), "i64")) == "INT64_MIN"
        and literal(ex.const(2**63, "u64")) == f"UINT64_C({2**63})"
    )


@pytest.mark.parametrize(
    "text, expected",
    [("a", "a"), ("a + b", "(a + b)"), ("f(a, b)", "f(a, b)"), ("f(a) + g(b)", "(f(a) + g(b))"), ("-x", "-x"),
     ("(double)x", "(double)x"), ("0x1.8p+52", "0x1.8p+52"), ("x[i]", "x[i]")],
)  # fmt: skip
def test_operands(text: str, expected: str) -> None:
    assert tight(text) == expected


def test_helpers_define_what_c_leaves_open() -> None:
    assert "(uint64_t)a + (uint64_t)b" in helper_text("add_i32")
    assert helper_text("to_i32").endswith("{ return a > -0x1p31 - 1.0 && a < 0x1p31 ? (int32_t)a : 0; }")
