"""Operations in place of the user's graph overwrite what a caller passes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from theano.tensor.inplace import add_inplace, exp_inplace, log_inplace, sqr_inplace

import theano
import theano.tensor as T
from tests.compile.test_in_place import IN, MODES, ops
from theano.graph.errors import InconsistencyError
from theano.tensor.elemwise import Elemwise

x, y, m, k = T.dvector("x"), T.dvector("y"), T.dmatrix("m"), T.lvector("k")
ONE = np.float64(1)


def function(inputs: Any, outputs: Any, **kwargs: Any) -> Any:
    return theano.function(inputs, outputs, accept_inplace=True, **kwargs)


# The input, what is computed, what it returns for 2, and what the argument holds then.
CASES = {
    "a function": (x, sqr_inplace(x), 4, 4),
    "with another": (x, add_inplace(x, x), 4, 4),
    "in a larger expression": (x, sqr_inplace(x) + x, 6, 4),
    "one after the other": (x, sqr_inplace(sqr_inplace(x)) + 1, 17, 16),
    "an Elemwise": (x, Elemwise(theano.scalar.sqr, {0: 0})(x), 4, 4),
    "of integers": (k, exp_inplace(k), 7, 7),
    "of a transposed matrix": (m, sqr_inplace(m.T).sum(), 24, 4),
    "of a reshaped matrix": (m, sqr_inplace(m.flatten()).sum(), 24, 4),
    "through promises": (x, sqr_inplace(T.unbroadcast(T.specify_shape(x, (3,)), 0)), 4, 4),
    "a product": (m, T.blas.gemm_inplace(m, ONE, m, T.eye(2), ONE), 4, 4),
    "a vector product": (x, T.blas.gemv_inplace(x, ONE, T.ones((3, 3)), x, ONE), 8, 8),
    "an outer product": (m, T.blas.ger_destructive(m, ONE, T.ones(3), T.ones(2)), 3, 3),
    "set": (x, T.set_subtensor(x[:], 5, inplace=True) * 2, 10, 5),
    "increased": (x, T.inc_subtensor(x[[0, 1, 2]], 5, inplace=True), 7, 7),
    "increased at arrays": (m, T.inc_subtensor(m[T.arange(3)[:, None], [0, 1]], 5, inplace=True), 7, 7),
    "set through reshape": (m, T.set_subtensor(m[:].flatten(), T.ones(6), inplace=True), 1, 1),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_arguments_are_overwritten(case: str, mode: str) -> None:
    """Whatever their strides."""
    variable, expression, wanted, left = CASES[case]
    f = function([variable], expression, mode=MODES[mode])
    for strided in (False, True):
        shape = (3, 2)[: variable.ndim]
        whole = np.full([2 * n for n in shape], 2, variable.dtype)
        given = whole[(slice(None, None, 2),) * variable.ndim] if strided else whole[: shape[0], ...][..., : shape[-1]]
        given = given.copy() if not strided else given
        result = f(given)
        assert np.all(result == wanted) and np.all(given == left)
        if strided:
            assert np.all(whole.reshape(-1)[1::2] == 2)


@pytest.mark.parametrize("mode", MODES)
def test_a_part(mode: str) -> None:
    """Of a view of an argument; the rest stays."""
    f = function([m], sqr_inplace(m[1:].T[0]), mode=MODES[mode])
    given = np.full((3, 2), 3.0)
    assert f(given).tolist() == [9, 9] and given.tolist() == [[3, 3], [9, 3], [9, 3]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", IN)
def test_operations_of_users(where: str, mode: str) -> None:
    o, given = ops(where), np.array([1.0, 2.0])
    assert function([x], o["inplace"](o["inplace"](x)), mode=MODES[mode])(given).tolist() == [4, 8] == given.tolist()
    with pytest.raises(InconsistencyError, match="written_back"):
        function([x], o["inplace"](o["end"](x)), mode=MODES[mode])


def test_only_declared_ones_do() -> None:
    given = np.ones(3)
    assert theano.function([theano.In(x, mutable=True)], x + 1)(given).tolist() == [2, 2, 2]
    assert function([theano.In(x, mutable=True)], T.sqr(x + 1))(given).tolist() == [4, 4, 4]
    assert function([theano.In(x, borrow=True)], sqr_inplace(x + 1))(given).tolist() == [4, 4, 4]
    assert given.tolist() == [1, 1, 1]
    assert function([theano.In(x, mutable=True)], add_inplace(x, x))(given).tolist() == [2, 2, 2] == given.tolist()
    with pytest.raises(TypeError, match="must not contain inplace operations"):
        theano.function([theano.In(x, mutable=True)], exp_inplace(x))


def test_what_can_not_be_overwritten() -> None:
    f = function([x, y], add_inplace(x, y))
    for wrong, error, words in (
        (np.ones(3, "float32"), TypeError, "argument 0 .x. is overwritten .* dtype float64 is needed, not of float32"),
        (np.ones(3, ">f8"), TypeError, "not of >f8"),
        (np.broadcast_to(np.ones(1), 3), ValueError, "read-only"),
    ):
        with pytest.raises(error, match=words):
            f(wrong, np.ones(3))
        assert f(np.ones(3), wrong).tolist() == [2, 2, 2]  # the other is only read
    given = np.ones(3)
    assert f([1, 2, 3], given).tolist() == [2, 3, 4]  # a list is converted, and nobody looks at the array
    f.trust_input = True
    assert f(given, given).tolist() == [2, 2, 2] == given.tolist()


def test_two_that_overwrite_one() -> None:
    with pytest.raises(InconsistencyError, match="another operation in place overwrites it, too"):
        function([x], [exp_inplace(x), log_inplace(x)])
    with pytest.raises(InconsistencyError, match="another operation"):
        function([x], [exp_inplace(x[1:]), log_inplace(x[:1])])
    with pytest.raises(InconsistencyError, match="another operation"):
        once = exp_inplace(x)
        function([x], [exp_inplace(once), log_inplace(once)])
    double = x * 2  # an array of the function's own is copied
    assert [v.tolist() for v in function([x], [sqr_inplace(double), log_inplace(double)])([0.5])] == [[1], [0]]


def test_a_call_that_fails_overwrites_nothing() -> None:
    f, given = function([x, y], [exp_inplace(x), T.opt.Assert("no")(y, T.all(y > 0))]), np.zeros(2)
    with pytest.raises(AssertionError, match="no"):
        f(given, [-1])
    assert given.tolist() == [0, 0]


def test_names_defaults_states_and_copies() -> None:
    s = theano.shared(np.zeros(2))
    f = function([theano.In(x, name="given", value=np.ones(2)), y], add_inplace(x, y), updates=[(s, s + x)])
    assert f(y=[1, 2]).tolist() == [2, 3] == f(y=[1, 2]).tolist() and f["given"].tolist() == [1, 1]
    for g in (f, copy.copy(f), copy.deepcopy(f), pickle.loads(pickle.dumps(f)), f.copy(share_memory=True)):
        given = np.ones(2)
        assert g(y=[1, 2], given=given).tolist() == [2, 3] == given.tolist()
    assert s.get_value().tolist() == [5, 5]  # of f, and of copies that share it
    state = function([theano.In(x, value=np.ones(2), update=exp_inplace(x) * 0 + 3)], x + 0)
    assert state().tolist() == [1, 1] and state().tolist() == [3, 3]
    profiled, given = function([x], exp_inplace(x), profile=theano.ProfileStats(atexit_print=False)), np.zeros(1)
    assert profiled(given).tolist() == [1] == given.tolist()


@pytest.mark.parametrize("mode", MODES)
def test_shared_variables_are_updated(mode: str) -> None:
    s, n = theano.shared(np.zeros(2)), theano.shared(np.ones((2, 2)))
    f = function([], [exp_inplace(s), add_inplace(n.T[0], s).sum()], mode=MODES[mode])
    assert [v.tolist() for v in f()] == [[1, 1], 2] and s.get_value().tolist() == [1, 1]
    assert f()[1] == 4 and n.get_value().tolist() == [[2, 1], [2, 1]]
    g = function([], exp_inplace(s), updates=[(s, s * 0)], mode=MODES[mode])  # what is written down has the say
    assert np.allclose(g(), np.exp(np.e)) and s.get_value().tolist() == [0, 0]
    h = function([], [], updates=[(s, exp_inplace(s))], mode=MODES[mode])
    h()
    assert s.get_value().tolist() == [1, 1]


def test_results_that_may_be_borrowed() -> None:
    """A view of the argument would show what it holds after the call."""
    for mode in MODES.values():
        f, given = function([x], [theano.Out(x[1:], borrow=True), exp_inplace(x)], mode=mode), np.zeros(2)
        assert [v.tolist() for v in f(given)] == [[0], [1, 1]] and given.tolist() == [1, 1]


def test_types_of_results_in_place() -> None:
    with pytest.raises(TypeError, match="can't be computed in place"):
        Elemwise(theano.scalar.exp, {0: 0})(k)
    with pytest.raises(ValueError, match="Operation cannot be done inplace on an input with broadcasted dimensions"):
        Elemwise(theano.scalar.add, {0: 0})(T.drow(), m)
    op = Elemwise(theano.scalar.exp, {0: 0})
    assert op != T.exp and op == Elemwise(theano.scalar.exp, {0: 0}) and str(op) == "Elemwise{exp}[(0, 0)]"
    assert str(exp_inplace(x)) == "Elemwise{exp,inplace}.0"
    assert function([x], T.grad(exp_inplace(x).sum(), x))([0]).tolist() == [1]


def test_programs_without_them_are_the_same() -> None:
    texts = [theano.printing.loop_program(theano.function([x], T.exp(x) + 1, accept_inplace=a)) for a in (False, True)]
    assert texts[0] == texts[1]
    assert not any(s.overwritten for s in function([x], T.exp(x)).maker.inputs)


@pytest.mark.parametrize("linker", [theano.gof.PerformLinker(), theano.gof.CLinker(), theano.gof.OpWiseCLinker()])
def test_linkers(linker: Any) -> None:
    """A graph that is given to a linker overwrites its inputs, too."""
    graph = theano.FunctionGraph([x, y], [add_inplace(x, sqr_inplace(y)) + 1])
    f, one, two = linker.accept(graph).make_function(), np.ones(2), np.full(2, 2.0)
    assert f(one, two).tolist() == [6, 6] and one.tolist() == [5, 5] and two.tolist() == [4, 4]
    with pytest.raises(ValueError, match="read-only"):
        f(np.broadcast_to(np.ones(1), 2), two)
