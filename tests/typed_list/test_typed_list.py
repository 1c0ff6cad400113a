"""Lists as values: types, operations, functions, loops, updates."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from theano.typed_list import TypedListType

import theano
import theano.tensor as T
from theano import typed_list

VECTORS = TypedListType(T.dvector)
A, B, C = np.array([1.0, 2.0]), np.array([3.0]), np.array([])


def same(ours, theirs):
    assert type(ours) is list and len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def xs():
    return VECTORS("xs")


def test_type():
    assert str(VECTORS) == "TypedList <TensorType(float64, vector)>"
    assert VECTORS == TypedListType(T.dvector) and hash(VECTORS) == hash(TypedListType(T.dvector))
    assert VECTORS != TypedListType(T.fvector) and VECTORS.get_depth() == 0
    deep = TypedListType(T.dvector, 2)
    assert deep == TypedListType(TypedListType(VECTORS)) and deep.get_depth() == 2
    assert (VECTORS.dtype, VECTORS.ndim) == ("float64", 2)
    same(VECTORS.filter([[1, 2], [3]]), [A, B])
    assert VECTORS.is_valid_value([A]) and not VECTORS.is_valid_value((A,)) and not VECTORS.is_valid_value([[1.0]])
    assert VECTORS.values_eq([A, B], [A, B]) and not VECTORS.values_eq([A, B], [A])
    for wrong in (3, [3.0], [np.zeros((1, 1))], ["a"]):
        with pytest.raises(TypeError):
            VECTORS.filter(wrong)
    with pytest.raises(TypeError, match="element 1 of the list is no"):
        VECTORS.filter([A, 3], strict=True)
    with pytest.raises(TypeError, match="Expected a Theano Type"):
        TypedListType(3)
    with pytest.raises(ValueError):
        TypedListType(T.dvector, -1)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_operations(xs, mode):
    v, k = T.dvector("v"), T.lscalar("k")

    def run(expression, *values, inputs=None):
        return theano.function(inputs or [xs], expression, mode=mode)(*values)

    lists = [A, B, C]
    assert run(typed_list.length(xs), lists) == 3 and run(typed_list.length(xs), []) == 0
    np.testing.assert_array_equal(run(xs[k], lists, -2, inputs=[xs, k]), B)
    same(run(xs[k:], lists, 1, inputs=[xs, k]), [B, C])
    same(run(xs[::-2], lists), [C, A])
    same(run(xs.append(v), lists, B, inputs=[xs, v]), [A, B, C, B])
    same(run(xs.extend(xs.reverse()), lists), [A, B, C, C, B, A])
    same(run(xs.insert(k, v), lists, 1, B, inputs=[xs, k, v]), [A, B, B, C])
    same(run(xs.insert(-1, A), lists), [A, B, A, C])
    same(run(xs.remove(v), [A, B, A], A, inputs=[xs, v]), [B, A])
    assert run(xs.ind(v), lists, C, inputs=[xs, v]) == 2
    assert run(xs.count(v), [A, B, A], A, inputs=[xs, v]) == 2
    same(run(typed_list.make_list([v, v * 2, xs[0]]), [A], B, inputs=[xs, v]), [B, 2 * B, A])
    np.testing.assert_array_equal(run((xs[0] * 2 + xs[0]).sum(), lists), 9)
    inplace = theano.function([xs, v], typed_list.Append(inplace=True)(xs, v), mode=mode, accept_inplace=True)
    same(inplace(lists, B), [A, B, C, B])
    assert len(lists) == 3


def test_errors_at_run_time_name_the_line(xs):
    v = T.dvector("v")
    for expression in (xs.remove(v), xs.ind(v)):
        with pytest.raises(ValueError, match=r"is not in the list[\s\S]*test_typed_list.py"):
            theano.function([xs, v], expression)([A], B)
    with pytest.raises(IndexError, match=r"list index out of range[\s\S]*test_typed_list.py"):
        theano.function([xs], xs[3])([A])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda xs: xs.append(T.dmatrix()), "TensorType.float64, matrix. is no element"),
        (lambda xs: xs.append("text"), "text"),
        (lambda xs: xs.extend(TypedListType(T.fvector)()), "can't be joined"),
        (lambda xs: xs[1.5], "scalar or slice"),
        (lambda xs: xs[T.dvector()], "scalar or slice"),
        (lambda xs: typed_list.length(T.vector()), "Expected a typed list"),
        (lambda xs: typed_list.make_list([T.dvector(), T.dmatrix()]), "same type"),
        (lambda xs: typed_list.make_list([]), "at least one"),
        (lambda xs: typed_list.make_list(xs), "list or tuple"),
        (lambda xs: len(xs), "length of a symbolic list"),
    ],
)
def test_refusals(xs, make, words):
    with pytest.raises(TypeError, match=words):
        make(xs)


def test_elements_are_nobody_elses(xs):
    v = T.dvector("v")
    f = theano.function([xs, v], [xs.append(v), xs[0]])
    lists, value = [A.copy()], B.copy()
    longer, first = f(lists, value)
    value[0] = lists[0][0] = -1
    first[1] = 9
    same(longer, [A, B])
    longer[0][0] = 7
    assert lists[0][0] == -1


def test_scan_over_a_list(xs):
    k = T.arange(typed_list.length(xs))
    sums, _ = theano.scan(lambda k, xs: xs[k].sum(), sequences=k, non_sequences=xs)
    np.testing.assert_array_equal(theano.function([xs], sums)([A, B, C]), [3, 3, 0])


def test_shared_lists_and_updates():
    seen, x = typed_list.shared(T.dvector, [A], name="seen"), T.dvector("x")
    f = theano.function([x], [typed_list.length(seen), seen[-1]], updates=[(seen, seen.append(2 * x))])
    assert f(B)[0] == 1
    count, last = f(C)
    assert count == 2
    np.testing.assert_array_equal(last, 2 * B)
    same(seen.get_value(), [A, 2 * B, C])
    seen.get_value()[0][0] = 99
    last[0] = 99
    same(seen.get_value(), [A, 2 * B, C])
    with pytest.raises(ValueError):
        theano.function([x], [], updates=[(seen, seen.remove(x))])([77.0])
    same(seen.get_value(), [A, 2 * B, C])
    seen.set_value([B])
    same(theano.function([], seen.reverse())(), [B])
    same(pickle.loads(pickle.dumps(seen)).get_value(), [B])
    same(copy.deepcopy(seen).get_value(), [B])


def test_lists_of_lists_and_of_matrices():
    deep = TypedListType(T.dvector, 1)("deep")
    same(theano.function([deep], deep[0].extend(deep[1]))([[A], [B, C]]), [A, B, C])
    matrices = TypedListType(T.dmatrix)("m")
    product = theano.function([matrices], T.dot(matrices[0], matrices[1]))
    np.testing.assert_array_equal(product([np.eye(2), np.ones((2, 3))]), np.ones((2, 3)))


def test_texts_and_graphs(xs):
    assert theano.pp(typed_list.length(xs.append(xs[0]))) == "Length(Append(xs, GetItem(xs, TensorConstant{0})))"
    again = theano.clone(xs[0], replace={xs: xs.reverse()})
    np.testing.assert_array_equal(again.eval({xs: [A, B]}), B)
    assert pickle.loads(pickle.dumps(xs.append(xs[0]))).type == VECTORS
    constant = VECTORS.make_constant([A])
    same(theano.function([], constant.append(B))(), [A, B])
