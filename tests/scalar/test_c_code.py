"""C code of the operations of the scalar table: put together by an op of a user, against what they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.scalar
import theano.tensor as T
from theano.graph import Apply, MethodNotDefined, Op
from theano.legacy.c_code import compiler
from theano.scalar import Composite, get_scalar_type
from theano.scalar.dtypes import DISCRETE
from theano.scalar.op import TABLE

needs_compiler = pytest.mark.skipif(not compiler.is_there(), reason="needs a C++ compiler")


def node_of(op: Any, *dtypes: str) -> Any:
    return op.make_node(*(get_scalar_type(d)(f"a{k}") for k, d in enumerate(dtypes)))


class All(Op):
    """Each of some operations on the same numbers; a row for each."""

    def __init__(self, ops: list[Any]) -> None:
        self.ops = ops

    def make_node(self, *inputs: Any) -> Apply:
        inputs = tuple(map(T.as_tensor_variable, inputs))
        dtypes = [v.type.dtype for v in inputs]
        self.nodes = [node_of(op, *dtypes) for op in self.ops]
        return Apply(self, list(inputs), [T.vector(dtype=n.outputs[0].type.dtype) for n in self.nodes])

    def c_compile_args(self) -> list[str]:
        return ["-O0"]  # the compiler's time is all that counts here

    def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        first = inputs[0]
        made = []
        for k, (op, one, z) in enumerate(zip(self.ops, self.nodes, outputs, strict=True)):
            given = [f"((dtype_{v} *)PyArray_DATA({v}))[i]" for v in inputs]
            code = op.c_code(one, f"{name}_{k}", given, [f"((dtype_{z} *)PyArray_DATA({z}))[i]"], sub)
            typenum = f"NPY_{one.outputs[0].type.dtype.upper()}"
            made.append(f"""
            {z} = (PyArrayObject *)PyArray_EMPTY(1, PyArray_DIMS({first}), {typenum}, 0);
            if ({z} == NULL) {sub["fail"]};
            for (npy_intp i = 0; i < PyArray_DIM({first}, 0); i++) {code}""")
        return "\n".join(made)


FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.3, 1e-9, 2.7, -3.5, 20.25, 700.0, -745.5, 1e30, np.inf, -np.inf, np.nan]
POINTS = {
    "float64": FLOATS, "float32": FLOATS, "int8": [0, 1, -1, 5, -128, 127], "int64": [0, 1, -1, 7, -(2**63), 2**63 - 1],
    "uint8": [0, 1, 7, 255], "bool": [False, True],
}  # fmt: skip
PAIRS = [(d, d) for d in POINTS] + [("int8", "float32"), ("uint8", "int8")]


def grid(dtypes: tuple[str, ...], nin: int) -> list[np.ndarray]:
    points = np.meshgrid(*(np.array(POINTS[d], dtype=d) for d in dtypes[:nin]), indexing="ij")
    return [p.ravel() for p in points]


def with_code(dtypes: tuple[str, ...], nin: int) -> list[Any]:
    """The operations that have C code for such numbers, but for divisions of integers."""
    found = []
    for op in TABLE.values():
        if op.nin not in (nin, -1 if nin == 2 else nin):
            continue
        try:
            node = node_of(op, *dtypes[:nin])
            op.c_code(node, "n", ["a", "b", "c"][:nin], ["z"], {"fail": "return 1;"})
        except (TypeError, MethodNotDefined):
            continue
        if not (op.checks_zero_divisor and node.outputs[0].type.dtype in DISCRETE):
            found.append(op)
    return found


def compare(ops: list[Any], values: list[np.ndarray]) -> None:
    vectors = [T.vector(dtype=str(v.dtype)) for v in values]
    results = theano.function(vectors, All(ops)(*vectors, return_list=True))(*values)
    for op, got in zip(ops, results, strict=True):
        wanted = op.compute(tuple(values))
        assert got.dtype == wanted.dtype, op
        if got.dtype.kind == "f":
            tiny = 1e-12 if got.dtype == "float64" else 2e-6
            np.testing.assert_allclose(got, wanted, rtol=tiny, atol=np.finfo(got.dtype).tiny, err_msg=str(op))
            zeros = wanted == 0
            assert (np.signbit(got) == np.signbit(wanted))[zeros].all() or op.name in WITHOUT_SIGNS, op
        else:
            np.testing.assert_array_equal(got, wanted, err_msg=str(op))


WITHOUT_SIGNS = {"maximum", "minimum"}  # of two zeros


@needs_compiler
@pytest.mark.parametrize("dtypes", PAIRS, ids="-".join)
def test_all_operations(dtypes: tuple[str, ...]) -> None:
    for nin in (1, 2):
        if nin == 1 and dtypes[0] != dtypes[1]:
            continue
        ops = with_code(dtypes, nin)
        assert len(ops) > (4 if dtypes[0] == "bool" else 10)
        compare(ops, grid(dtypes, nin))


@needs_compiler
def test_operations_of_three_numbers() -> None:
    ops = with_code(("float64",) * 3, 3)
    assert "clip" in {op.name for op in ops}
    compare([op for op in ops if op.name == "clip"], [np.array([0.5, 3, -2]), np.zeros(3), np.ones(3)])
    b, x = T.vector(dtype="bool"), T.dvector()
    chosen = theano.function([b, x], All([TABLE["switch"]])(b, x, -x))
    assert chosen([True, False], [1.0, 2.0]).tolist() == [1, -2]


def test_which_operations_have_none() -> None:
    without = {op.name for op in TABLE.values() if op.nin == 1} - {op.name for op in with_code(("float64",), 1)}
    without -= {"invert", "Cast{float16}", "Cast{complex64}", "Cast{complex128}"}
    assert without == {op.name for op in TABLE.values() if op.nin == 1 and op.expand is None}
    for name, dtypes, message in (
        ("erfcx", ["float64"], "it has no native form"), ("add", ["complex64"] * 2, "no arithmetic of such numbers"),
        ("exp", ["float16"], "no arithmetic of such numbers"),
    ):  # fmt: skip
        op = TABLE[name]
        with pytest.raises(MethodNotDefined, match=message):
            op.c_code(node_of(op, *dtypes), "n", ["a", "b"], ["z"], {"fail": ""})


@needs_compiler
@pytest.mark.parametrize("name", ["int_div", "mod"])
@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8"])
def test_division_of_integers(name: str, dtype: str) -> None:
    op, v, w = TABLE[name], T.vector(dtype=dtype), T.vector(dtype=dtype)
    f = theano.function([v, w], All([op])(v, w))
    pairs = [[7, 7, 100, 0], [2, 3, 7, 5]]
    if dtype != "uint8":
        pairs = [[*pairs[0], -7, 7, -7, -128], [*pairs[1], 2, -2, -2, 3]]
    a, b = (np.array(p, dtype=dtype) for p in pairs)
    assert f(a, b).tolist() == op.compute((a, b)).tolist()
    with pytest.raises(ZeroDivisionError, match="by zero"):
        f(a, np.zeros(len(a), dtype))


@needs_compiler
def test_composed_operations() -> None:
    """The C code of a `Composite`, and names that come twice."""
    a, b = theano.scalar.float64("a"), theano.scalar.float64("b")
    op = Composite([a, b], [theano.scalar.sqrt(a * a + b * b)])
    v = T.dvector()
    got = theano.function([v], All([op, op])(v, v * 4 / 3))([0, 3])
    assert [r.tolist() for r in got] == [[0, 5], [0, 5]]


@needs_compiler
def test_native_forms_of_users() -> None:
    """An op of a user with `expand` has C code; one with neither has none, and its parts neither."""

    class Halved(theano.scalar.UnaryScalarOp):
        def impl(self, x: Any) -> Any:
            return x / 2

        def expand(self, x: Any) -> Any:
            return x * 0.5

    class Two(theano.scalar.ScalarOp):
        nin, nout = 1, 2

        def impl(self, x: Any) -> Any:
            return x + 1, x - 1

    v = T.dvector()
    half = Halved(theano.scalar.upgrade_to_float, name="halved")
    assert theano.function([v], All([half])(v))([3]).tolist() == [1.5]
    two = Two(lambda t: (t, t))
    assert [r.tolist() for r in theano.function([v], T.Elemwise(two)(v))([3])] == [[4], [2]]
    with pytest.raises(MethodNotDefined, match="it has no native form"):
        two.c_code(T.Elemwise(two.part(0))(v).owner, "n", ["a"], ["z", "w"], {"fail": ""})


def test_only_code_of_users_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations of the table that compiled programs call Python for do not begin to run a compiler."""
    monkeypatch.setattr(compiler, "callable_of", lambda *args: pytest.fail("compiled"))
    x = T.dvector()
    assert theano.function([x], T.erfcx(x))([0]).tolist() == [1]
    assert theano.function([x], T.erfcx(x), mode="FAST_COMPILE")([0]).tolist() == [1]
