"""Operations of users that overwrite an input, or give a view of one, in compiled programs: what is copied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from theano.graph import Apply, Op
from theano.legacy.c_code import compiler

x, m = T.dvector("x"), T.dmatrix("m")
GIVEN = np.array([1.0, 2.0])
needs_compiler = pytest.mark.skipif(not compiler.is_there(), reason="needs a C++ compiler")
CONSTANT = T.constant(np.arange(1.0, 3.0))
IN = ["python", pytest.param("C", marks=needs_compiler)]


class Twice(Op):
    """Twice the first input: a new array, or in its place; or that input itself, as a view of all or of the end."""

    __props__ = ("how",)

    def __init__(self, how: str) -> None:
        self.how = how
        self.destroy_map = {0: [0]} if how == "inplace" else {}
        self.view_map = {0: [0]} if how in ("view", "end") else {}
        self.at: list[int] = []

    def make_node(self, *inputs: Any) -> Apply:
        inputs = tuple(map(T.as_tensor_variable, inputs))
        return Apply(self, list(inputs), [inputs[0].type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        first = inputs[0]
        if self.how == "inplace":
            first *= 2
        made = {"copy": first * 2, "end": first[1:]}.get(self.how, first)
        outputs[0][0] = made
        self.at += [a.__array_interface__["data"][0] for a in (first, made)]


class TwiceInC(Twice):
    def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        x, z = inputs[0], outputs[0]
        made = {
            "copy": f"(PyArrayObject *)PyArray_NewCopy({x}, NPY_CORDER)",
            "end": f"(PyArrayObject *)PySequence_GetSlice((PyObject *){x}, 1, PyArray_DIM({x}, 0))",
        }.get(self.how, x)
        double = f"for (npy_intp k = 0; k < PyArray_SIZE({z}); k++) ((dtype_{z} *)PyArray_DATA({z}))[k] *= 2;"
        return f"""
        {z} = {made};
        if ({z} == NULL) {sub["fail"]};
        {f"Py_INCREF({z});" if made == x else ""}
        {double if self.how in ("copy", "inplace") else ""}
        """


CLASSES = {"python": Twice, "C": TwiceInC}


def ops(where: str) -> dict[str, Any]:
    return {how: CLASSES[where](how) for how in ("copy", "inplace", "view", "end")}


def made_arrays(outputs: list[Any]) -> int:
    """How many arrays a compiled program makes for them, results among them; its values must be right."""
    f = theano.function([x], outputs, accept_inplace=True)
    plain = theano.function([x], outputs, accept_inplace=True, mode=theano.Mode("py", None))
    for _ in range(2):  # the second call finds constants as the first did
        for got, wanted in zip(f(GIVEN.copy()), plain(GIVEN.copy()), strict=True):
            np.testing.assert_array_equal(got, wanted)
    return theano.printing.loop_program(f).count("= new ")


# Of v, an array of the program's own; and how many copies are made.
CASES = {
    "in place": (lambda o, v: [o["inplace"](v)], 0),
    "three times": (lambda o, v: [o["inplace"](o["inplace"](o["inplace"](v)))], 0),
    "of a result": (lambda o, v: [o["inplace"](o["copy"](v))], 0),
    "an argument": (lambda o, v: [o["inplace"](x)], 1),  # what is left in the caller's array
    "needed later": (lambda o, v: [o["inplace"](v), T.exp(v)], 1),
    "a result itself": (lambda o, v: [o["inplace"](v), v], 1),
    "read by the same": (lambda o, v: [o["inplace"](v, v)], 1),
    "read by its reader": (lambda o, v: [o["copy"](o["inplace"](v), v)], 1),
    "twice": (lambda o, v: [o["inplace"](v), o["inplace"](o["inplace"](v))], 1),
    "a view": (lambda o, v: [o["view"](v).sum()], 0),
    "views of views": (lambda o, v: [o["end"](o["view"](o["end"](v))).sum() + o["view"](v).sum()], 0),
    "a view in place": (lambda o, v: [o["inplace"](o["end"](v))], 0),
    "a view in place, needed": (lambda o, v: [o["inplace"](o["end"](v)), v.sum()], 1),
    "a view in place, and another": (lambda o, v: [o["inplace"](o["end"](v)), o["view"](v)], 1),
    "in place, of which there is a view": (lambda o, v: [o["inplace"](v), o["view"](v)], 1),
    "in place, then a view": (lambda o, v: [o["view"](o["inplace"](v)).sum()], 0),
    "a constant": (lambda o, v: [o["inplace"](CONSTANT, v)], 1),
    "a constant of equal numbers": (lambda o, v: [o["inplace"](T.constant(np.ones(2)), v)], 1),
    "a constant, twice": (lambda o, v: [o["inplace"](CONSTANT, v), o["inplace"](CONSTANT, v, v)], 2),
    "a view of a constant": (lambda o, v: [o["inplace"](o["view"](CONSTANT), v)], 1),
    "a reshaped one": (lambda o, v: [o["inplace"](v.reshape((2, 1)).reshape((2,))), v.sum()], 1),
}


@pytest.mark.parametrize("where", IN)
@pytest.mark.parametrize("case", CASES)
def test_copies(case: str, where: str) -> None:
    make, copies = CASES[case]
    outputs = make(ops(where), ops(where)["copy"](x + 1))
    given = 1  # x + 1, or a copy of x
    assert made_arrays(outputs) == given + len(outputs) + copies


def test_places() -> None:
    """The array that is made first is that of all results."""
    o = ops("python")
    f = theano.function([x], o["inplace"](o["end"](o["inplace"](o["view"](T.exp(x) * 0 + 1)))), accept_inplace=True)
    assert f([1, 2, 3]).tolist() == [4, 4]
    assert len(set(o["inplace"].at + o["view"].at)) == 2 and max(o["end"].at) - min(o["end"].at) == 8


@pytest.mark.parametrize("where", IN)
def test_in_loops(where: str) -> None:
    o = ops(where)
    rows, _ = theano.scan(lambda s: o["inplace"](s + 1) + o["view"](s), outputs_info=x, n_steps=4)
    modes = [None, theano.Mode("py", None)]
    first, second = (theano.function([x], rows, mode=mode, accept_inplace=True)(GIVEN) for mode in modes)
    np.testing.assert_array_equal(first, second)


MODES = {
    "FAST_RUN": "FAST_RUN", "FAST_COMPILE": "FAST_COMPILE", "DebugMode": "DebugMode",
    "not optimized": theano.Mode("cvm", None), "py": theano.Mode("py", None),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", IN)
def test_constants(where: str, mode: str) -> None:
    """They are overwritten in copies: the second call had another result, and a folded one could not be written to."""
    o, c = ops(where), T.constant(np.arange(4.0))
    outputs = [o["inplace"](v, x) for v in (c, o["view"](c), c[::2], c[::-1], c.dimshuffle("x", 0)[0], c[:1], c * 0)]
    outputs.append(o["inplace"](c, c))  # computed at compile time
    f = theano.function([x], outputs, mode=MODES[mode], accept_inplace=True)
    doubled = [0, 2, 4, 6]
    for _ in range(2):
        found = [v.tolist() for v in f(GIVEN)]
        assert found == [doubled, doubled, [0, 4], [6, 4, 2, 0], doubled, [0], [0, 0, 0, 0], doubled]
    assert c.data.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("mode", MODES)
def test_objects(mode: str) -> None:
    """What is no array is copied, too: constants, and what others look at."""

    class Twice(Op):
        __props__ = ()
        destroy_map = {0: [0]}

        def make_node(self, v: Any) -> Apply:
            return Apply(self, [v], [v.type()])

        def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
            outputs[0][0] = inputs[0]
            inputs[0].data[...] *= 2

    dense, s = theano.sparse.dense_from_sparse, theano.sparse.csr_matrix("s")
    eye = sp.csr_matrix(np.eye(2))
    constant = theano.sparse.as_sparse_variable(eye)
    outputs = [Twice()(constant), Twice()(s), Twice()(s * 2.0), s * 2.0, s]
    f = theano.function([s], [dense(v)[0, 0] for v in outputs], mode=MODES[mode], accept_inplace=True)
    for _ in range(2):
        assert [float(v) for v in f(eye)] == [2, 2, 4, 2, 1]


@pytest.mark.parametrize("where", IN)
def test_shared_variables(where: str) -> None:
    """Of a call that fails the old value stays."""
    o, w = ops(where), theano.shared(GIVEN.copy())
    f = theano.function([x], T.opt.Assert("no")(x.sum(), T.all(x > 0)), updates=[(w, o["inplace"](w))],
                        accept_inplace=True)  # fmt: skip
    f([1])
    assert w.get_value().tolist() == [2, 4]
    with pytest.raises(AssertionError, match="no"):
        f([-1])
    assert w.get_value().tolist() == [2, 4]


class Both(Op):
    """The input twice: two results that are one array."""

    __props__ = ()
    view_map = {0: [0], 1: [0]}

    def make_node(self, v: Any) -> Apply:
        return Apply(self, [v], [v.type(), v.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = outputs[1][0] = inputs[0]


class BothInC(Both):
    def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        a, b, x = *outputs, *inputs
        return f"{a} = {b} = {x}; Py_INCREF({x}); Py_INCREF({x});"


@pytest.mark.parametrize("where", IN)
def test_two_results_in_one_memory(where: str) -> None:
    o, both = ops(where), {"python": Both, "C": BothInC}[where]()
    a, b = both(x + 1)
    f = theano.function([x], [o["inplace"](a), o["inplace"](b)], accept_inplace=True)
    assert [v.tolist() for v in f(GIVEN)] == [[4, 6], [4, 6]]


@pytest.mark.parametrize("where", IN)
@pytest.mark.parametrize("seed", range(20))
def test_programs_by_lot(seed: int, where: str) -> None:
    rng, o = np.random.RandomState(seed), ops(where)
    known = [x * 2, x * x + 1, CONSTANT, T.constant(np.arange(4.0))[::-2]]
    for _ in range(12):
        v, w = (known[rng.randint(len(known))] for _ in range(2))
        kind = ["inplace", "view", "copy", "sum", "loop"][rng.randint(5)]
        if kind == "sum":
            known.append(v / 2 + w)
        elif kind == "loop":
            known.append(theano.scan(lambda s, v=v: o["inplace"](s / 4) + v, outputs_info=w, n_steps=2)[0][-1])
        else:
            known.append(o[kind](v, w) if rng.randint(2) else o[kind](v))
    made_arrays([known[k] for k in rng.permutation(len(known))[:5]] + [known[-1]])


@needs_compiler
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_c_code_gets_plain_arrays(mode: str) -> None:
    """Whoever calls it: a transposed matrix was read as if it were not, by FAST_COMPILE."""

    class Same(Op):
        __props__ = ()

        def make_node(self, v: Any) -> Apply:
            return Apply(self, [v], [v.type()])

        def c_code(self, node: Any, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
            (x,), (z,) = inputs, outputs
            return f"""
            {z} = (PyArrayObject *)PyArray_NewLikeArray({x}, NPY_CORDER, NULL, 0);
            if ({z} == NULL) {sub["fail"]};
            memcpy(PyArray_DATA({z}), PyArray_DATA({x}), PyArray_NBYTES({z}));
            """

    assert theano.function([m], Same()(m.T), mode=mode)([[1, 2], [3, 4]]).tolist() == [[1, 3], [2, 4]]
    assert theano.function([x], Same()(x[::-1]), mode=mode)([1, 2]).tolist() == [2, 1]


def test_long_chains_of_views() -> None:
    """Deeper than Python's stack, then written to; and of operations in place, each of which looks at the last only."""
    o, v = ops("python"), x + 1
    for _ in range(1200):
        v = o["view"](v)
    assert theano.function([x], o["inplace"](v), accept_inplace=True)(GIVEN).tolist() == [4, 6]
    for _ in range(10):
        v = o["inplace"](v)
    assert theano.function([x], v, accept_inplace=True)(GIVEN).tolist() == [2048, 3072]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode(linker="py", optimizer=None)])
def test_diagonals_can_be_written(mode: Any) -> None:
    """NumPy's are read-only views."""
    outputs = [Twice("inplace")(T.diagonal(m + 1)), T.diagonal(m)]
    twice, kept = theano.function([m], outputs, mode=mode, accept_inplace=True)(np.eye(2))
    assert twice.tolist() == [4, 4]
    assert kept.flags.writeable
