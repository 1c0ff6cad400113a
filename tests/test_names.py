"""Names that published programs import or ask for: what they do, one test for each."""

from __future__ import annotations

import builtins
import copy
import io
import itertools
import operator
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import FunctionGraph


def test_the_package_in_itself():
    from theano import theano as inner

    assert theano.theano is inner is theano
    assert T.hashtype is theano.gof.utils.hashtype is theano.gof.hashtype
    assert T.hashtype(T.dvector) == T.hashtype(T.lmatrix) != T.hashtype(1)


def test_messages_about_test_values():
    from theano.gof.op import debug_assert, debug_error_message

    debug_assert(True, "no")
    with theano.change_flags(compute_test_value="raise"):
        with pytest.raises(ValueError, match="wrong shape"):
            debug_error_message("wrong shape")
        with pytest.raises(AssertionError, match="must be positive"):
            debug_assert(0, "must be positive")
        with pytest.raises(AssertionError, match="debug_assert failed"):
            debug_assert(False)
    with theano.change_flags(compute_test_value="warn"):
        for complain, text in ((lambda: debug_error_message("wrong"), "wrong"), (lambda: debug_assert(0), "failed")):
            with pytest.warns(UserWarning, match=text) as said:
                complain()
            assert said[0].filename == __file__


def test_pure_ops():
    from theano.gof.op import PureOp

    class Twice(PureOp):
        __props__ = ()

        def make_node(self, x):
            return theano.gof.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] * 2

    x = T.dvector("x")
    assert theano.function([x], Twice()(x))([1, 2]).tolist() == [2, 4]
    assert isinstance(T.exp, PureOp) and issubclass(theano.Op, PureOp) and theano.gof.PureOp is PureOp


def test_descriptions_of_variables():
    from theano.printing import Node, _TagGenerator, min_informative_str, var_descriptor

    a, b = T.dscalars("a", "b")
    assert isinstance(a, Node) and isinstance((a + b).owner, Node)
    text = var_descriptor((a + b) * (a + b) + T.dscalar())
    assert text == (
        "A=Elemwise{add,no_inplace}(B=Elemwise{mul,no_inplace}(C=Elemwise{add,no_inplace}(D=a,E=b),"
        "F=Elemwise{add,no_inplace}(<D>,<E>)),G=<TensorType(float64, scalar)>)"
    )
    tags = _TagGenerator()
    assert [tags.get_tag() for _ in range(28)][::9] == ["A", "J", "S", "AB"]
    assert var_descriptor(a, {}, tags) == "AC=a" and min_informative_str(b, 0, {}, tags) == "AD. b"

    array = np.arange(6.0).reshape(2, 3)
    assert var_descriptor(array) != var_descriptor(array.T) and var_descriptor(array) == var_descriptor(array.copy())
    same, other = var_descriptor(T.constant(array)), var_descriptor(T.constant(array + 1))
    assert var_descriptor(T.constant(array)) == same != other
    largest, where = T.max_and_argmax(T.dvector("v"), axis=0)
    assert var_descriptor(largest) == "A=MaxAndArgmax{axis=(0,)}.0(B=v)" != var_descriptor(where)

    class Odd(theano.Op):
        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

    assert " at 0x" in str(Odd()) and " at 0x" not in var_descriptor(Odd()(a)) and "\n" not in var_descriptor(Odd()(a))


def test_compatibility():
    from theano.compat import PY3, DefaultOrderedDict, cmp, decode, exc_message, get_unbound_function, operator_div

    from theano import compat

    assert PY3 is True and operator_div is operator.truediv and compat.izip is zip
    for error, text in (
        (ValueError("one", 2), "one"), (ValueError(TypeError(KeyError("inner"))), "inner"), (ValueError(), ""),
        (ValueError(3), "3"),
    ):  # fmt: skip
        assert exc_message(error) == text

    class Thing:
        def method(self):
            return self

    assert get_unbound_function(Thing().method) is Thing.method is get_unbound_function(Thing.method)
    assert (cmp(1, 2), cmp(2, 2), cmp("b", "a")) == (-1, 0, 1) and decode(b"x") == decode("x") == "x"
    made = DefaultOrderedDict(list, [(3, [1])])
    made["a"].append(2)
    for twin in (copy.copy(made), pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert list(twin.items()) == [(3, [1]), ("a", [2])] and twin["new"] == []
    with pytest.raises(KeyError):
        DefaultOrderedDict()[1]
    with pytest.raises(TypeError):
        DefaultOrderedDict(3)


def test_the_version_is_one_for_packages_and_for_semver():
    import packaging.version  # comes with pytest

    found = packaging.version.Version(theano.__version__)
    assert re.fullmatch(r"\d+(\.\d+){2}(-\w+)?", theano.__version__)
    assert str(found) in (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")


def test_sparse_variables_are_known():
    from theano.sparse.basic import _is_sparse_variable, csr_matrix

    assert _is_sparse_variable(csr_matrix("x")) and not _is_sparse_variable(T.dmatrix())


def test_a_list_of_paths(monkeypatch):
    first, second = os.path.abspath("first"), os.path.abspath("second")
    monkeypatch.setenv("SOME_PATHS", second)
    for path in (first, first, "relative"):
        theano.compat.maybe_add_to_os_environ_pathlist("SOME_PATHS", path)
    assert os.environ["SOME_PATHS"] == first + os.pathsep + second


def test_functions_named_like_scalar_operations():
    from theano.tensor.basic import _scal_elemwise

    @_scal_elemwise
    def gammaln(a):
        """The logarithm."""

    @_scal_elemwise
    def exp_inplace(a):
        """In place."""

    x = T.dvector("x")
    assert gammaln(x).owner.op == T.gammaln and gammaln.__doc__ == "The logarithm."
    assert theano.function([x], exp_inplace(x))([0]).tolist() == [1]
    with pytest.raises(AttributeError, match="no operation called 'nothing'"):

        @_scal_elemwise
        def nothing(a): ...


def test_shared_tensors_only():
    value = T._shared(np.ones(2, "float32"), borrow=True)
    assert isinstance(value, theano.tensor.sharedvar.TensorSharedVariable) and value.dtype == "float32"
    with pytest.raises(TypeError):
        T._shared([1.0, 2.0])


def test_names_of_the_rewriting_module():
    from theano.tensor.opt import MakeVector, Shape_i, ShapeFeature, get_scalar_constant_value

    x, y = T.dmatrix("x"), T.dvector("y")
    assert get_scalar_constant_value(T.constant(3)) == 3
    assert isinstance(T.stack([x.shape[0], x.shape[1]]).owner.op, MakeVector)
    outputs = [T.dot(x.T, x) + y, x[1:3, ::2], x.sum(axis=0)]
    fgraph = FunctionGraph([x, y], outputs, clone=False, features=[ShapeFeature()])
    feature = fgraph.shape_feature
    out, part, total = fgraph.outputs
    assert isinstance(feature.shape_of[x][0].owner.op, Shape_i) and len(feature.shape_of[out]) == 2
    assert feature.same_shape(total, out, 0, 1) and not feature.same_shape(x, out) and feature.same_shape(x, x)
    assert feature.get_shape(part, 1).eval({x: np.ones((5, 7))}) == 4
    rows = feature.get_shape(part, 0)
    assert [int(rows.eval({x: np.ones((n, 1))})) for n in (0, 1, 2, 9)] == [0, 0, 1, 2]
    other = ShapeFeature()
    fgraph.attach_feature(other)  # there is one already
    assert fgraph.shape_feature is feature and not other.shape_of
    fgraph.replace(part, x[0:2])
    assert feature.get_shape(fgraph.outputs[1], 1) is feature.shape_of[x][1]
    fgraph.remove_feature(feature)
    assert not hasattr(fgraph, "shape_feature")


def test_shapes_of_all_variables():
    from theano.tensor.utils import shape_of_variables

    x, w = T.dmatrix("x"), T.dmatrix("w")
    h = T.dot(x, w)
    graph = FunctionGraph([x, w], [h.sum(axis=0), T.concatenate([h[2:], h])], clone=False)
    shapes = shape_of_variables(graph, {x: (10, 3), w: (3, 4)})
    assert [shapes[v] for v in (x, w, h, *graph.outputs)] == [(10, 3), (3, 4), (10, 4), (4,), (18, 4)]
    with pytest.raises(ValueError, match="shape of the input w is missing"):
        shape_of_variables(graph, {x: (10, 3)})
    with pytest.raises(ValueError, match="do not follow"):
        shape_of_variables(FunctionGraph([x], [x[x[0] > 0]], clone=False), {x: (2, 2)})


BOUNDS = (None, -7, -5, -1, 0, 1, 4, 5, 6, 9)
STEPS = (None, -9, -2, -1, 1, 2, 9)


def test_slices_that_go_forward():
    from theano.tensor.subtensor import get_canonical_form_slice

    start, stop, step, n = T.lscalars("start", "stop", "step", "n")
    symbolic, turn = get_canonical_form_slice(slice(start, stop, step), n)
    f = theano.function([start, stop, step, n], [symbolic.start, symbolic.stop, symbolic.step, turn])
    half, once = get_canonical_form_slice(slice(None, stop, -2), n)
    g = theano.function([stop, n], [half.start, half.stop])
    assert once == -1 and half.step == 2
    for length, i, j, k in itertools.product((0, 1, 5), BOUNDS, BOUNDS, STEPS):
        elements = np.arange(length)
        found, direction = get_canonical_form_slice(slice(i, j, k), length)
        answers = [(found, direction)]
        if None not in (i, j, k):
            a, b, c, d = (int(v) for v in f(i, j, k, length))
            answers.append((slice(a, b, c), d))
        if i is None and j is not None and k == -2:
            a, b = (int(v) for v in g(j, length))
            answers.append((slice(a, b, 2), -1))
        for s, d in answers:
            assert 0 <= s.start <= s.stop <= length and s.step > 0
            assert elements[s][::d].tolist() == elements[i:j:k].tolist()
    for i in range(-5, 5):
        index, one = get_canonical_form_slice(i, 5)
        assert (index, one) == (i % 5, 1) and get_canonical_form_slice(start, n)[0].eval({start: i, n: 5}) == i % 5
    with pytest.raises(ValueError, match="zero"):
        get_canonical_form_slice(slice(0, 1, 0), 5)


def test_types_that_get_further_axes():
    from theano.compile.ops import expandable_types

    assert isinstance(T.dvector, expandable_types) and not isinstance(theano.generic, expandable_types)


def test_copies_of_expressions_and_their_shared_variables():
    from theano.compile.pfunc import rebuild_collect_shared

    x, y = T.dscalars("x", "y")
    w, n = theano.shared(2.0, name="w"), theano.shared(0, name="n")
    n.default_update = n + 1
    product = x * w
    out = product + n
    inputs, (copied, guarded), (copies, updates, pairs, shared) = rebuild_collect_shared(
        [out, theano.Out(product, borrow=True)], [theano.In(x), y], replace={w: w * y}, updates={w: w + 1}
    )
    assert inputs == [x, y] and copied is copies[out] is not out
    assert guarded.borrow and guarded.variable is copies[product]
    assert set(shared) == {w, n} and dict(pairs) == updates and set(updates) == {w, n}
    f = theano.function(inputs, copied)
    assert f(3, 5) == 30
    assert updates[w].eval({y: 3}) == 7 and theano.gof.graph.is_same_graph(updates[n], n + 1)

    inputs, copied, (copies, updates, pairs, shared) = rebuild_collect_shared(
        product, [x], copy_inputs_over=False, no_default_updates=True
    )
    assert inputs[0] is not x and inputs[0].name == "x" and copied.owner.inputs == [inputs[0], w]
    assert copies[x] is inputs[0] and not updates and not pairs and shared == [w]
    assert rebuild_collect_shared(None)[:2] == ([], []) and rebuild_collect_shared([])[1] == []
    assert theano.compile.rebuild_collect_shared is rebuild_collect_shared
    with pytest.raises(TypeError, match="must have the same type"):
        rebuild_collect_shared(out, [x], updates={w: T.dvector()})
    with pytest.raises(TypeError, match="must be variables"):
        rebuild_collect_shared([3])


def test_marked_matrices():
    from theano.sandbox.linalg import psd as also
    from theano.sandbox.linalg.ops import Hint, hints, is_hint_node, is_positive, is_psd, is_symmetric, psd

    m = T.dmatrix("m")
    marked = psd(m)
    assert is_psd(marked) and is_symmetric(marked) and not is_positive(marked) and not is_psd(m) and also is psd
    assert is_hint_node(marked.owner) and not is_hint_node(None)
    assert str(marked.owner.op) == "Hint{hints=(('psd', True), ('symmetric', True))}"
    assert hints(Hint(positive=True, psd=False)(marked)) == {"positive": True, "psd": False, "symmetric": True}
    cost = T.nlinalg.trace(T.nlinalg.matrix_inverse(marked))
    value = np.array([[2.0, 0.5], [0.5, 1.0]])
    plain = T.grad(T.nlinalg.trace(T.nlinalg.matrix_inverse(m)), m)
    found, wanted = theano.function([m], [T.grad(cost, m), plain])(value)
    np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("name", ["CLinker", "DualLinker", "OpWiseCLinker", "PerformLinker", "VM_Linker", "WrapLinker"])
def test_linkers(name):
    cls = getattr(theano.gof, name)
    assert cls is getattr(theano, name) is getattr(theano.compile, name)


def test_names_cost_nothing_until_they_are_used():
    code = """
import sys, theano, theano.tensor as T
late = ["scalar.classes", "compat", "misc.hints", "compile.wrap_linkers", "compile.monitormode",
        "compile.collect_shared", "tensor.canonical_slice", "tensor.shape_feature", "graph.debug"]
print([m for m in late if "theano." + m in sys.modules], [m for m in sys.modules if "theano.sparse" in m])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[] []", "")


def test_no_module_takes_the_place_of_a_name():
    """Whoever imports a module sets its name in the package: there ``T.rows`` was a module after ``theano.sparse``."""
    code = """
import importlib, inspect, pkgutil, theano
from theano.legacy.names.places import ALIASES, ON_DEMAND
packages = ("theano", "theano.tensor", "theano.tensor.nnet", "theano.sparse", "theano.compile", "theano.graph")
ours = [f"{p}.{m.name}" for p in packages for m in pkgutil.iter_modules(importlib.import_module(p).__path__)]
for name in [*ours, *ALIASES, *ON_DEMAND]:
    package, _, leaf = name.rpartition(".")
    parent = importlib.import_module(package)
    before = getattr(parent, leaf, None)
    importlib.import_module(name)
    assert before is None or inspect.ismodule(before) or getattr(parent, leaf) is before, name
assert len(ours) > 100 and callable(theano.tensor.rows)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_names_that_begin_with_an_underscore():
    """Tests and programs for Theano take them from these modules."""
    from theano.gof.sched import _toposort
    from theano.tensor.basic import _allclose, _convert_to_complex64, _convert_to_int8, _dot
    from theano.tensor.blas import _as_scalar, _dot22, _dot22scalar, _is_real_matrix

    x, m, n = T.dvector("x"), T.dmatrix("m"), T.dscalar("n")
    assert _convert_to_int8(x).dtype == "int8" and _convert_to_complex64(x).dtype == "complex64"
    assert _convert_to_int8 == T.cast(x, "int8").owner.op
    assert _allclose(1.0, np.ones(2) + 1e-9) and not _allclose(1.0, np.ones(2) + 1e-3)
    assert _allclose(np.float32(1.0), 1.000005) and not _allclose(np.float32(1.0), 1.000005, rtol=1e-8, atol=0)
    products = theano.function([m, n], [_dot(m, m), _dot22(m, m), _dot22scalar(m, m, n) / n])
    for product in products([[1, 2], [3, 4]], 2):
        assert product.tolist() == [[7, 10], [15, 22]]
    assert _as_scalar(n.dimshuffle("x", "x")) is n and _as_scalar(x) is None
    assert _as_scalar(T.constant(np.ones((1, 1), "float32")), "float64").type == T.dscalar
    assert _is_real_matrix(m.T) and _is_real_matrix(T.zmatrix())
    assert not any(map(_is_real_matrix, (T.drow(), T.imatrix(), x)))
    edges = {1: {4, 6, 7}, 2: {4, 6, 7}, 3: {5, 7}, 4: {6, 7}, 5: {7}}
    order = _toposort(edges)
    assert sorted(order) == [1, 2, 3, 4, 5, 6, 7]
    assert all(order.index(a) < order.index(b) for a, after in edges.items() for b in after)
    with pytest.raises(ValueError):
        _toposort({1: {2}, 2: {1}})


def test_products_of_other_modules():
    """They are one operation here, whoever computes it."""
    from theano.tensor import blas, blas_c, blas_scipy

    assert blas_c.CGemv is blas.Gemv and blas_c.CGer is blas_scipy.ScipyGer is blas.Ger
    assert blas_scipy.have_fblas is True
    assert blas_c.cgemv_inplace == blas.Gemv(True) and blas_c.cger_no_inplace == blas.Ger(False)
    assert blas_scipy.scipy_ger_inplace == blas.Ger(True) and blas_c.check_force_gemv_init() is False
    y, z = T.dvectors("y", "z")  # what is multiplied by 0 is not read
    f = theano.function([y, z], blas.gemv_no_inplace(y, np.float64(1), T.eye(2), z, np.float64(0)))
    assert f([np.nan, np.inf], [1, 2]).tolist() == [1, 2]


def test_other_names_of_older_tests():
    from theano.compat import BytesIO, next
    from theano.gof.opt import logging
    from theano.gof.opt import theano as also
    from theano.gof.optdb import opt
    from theano.tensor.opt import assert_, make_vector

    assert BytesIO is io.BytesIO and next is builtins.next and also is theano and opt is theano.gof.opt
    assert logging.getLogger is not None
    assert make_vector(1, 2).eval().tolist() == [1, 2] and make_vector(1, 2).dtype == "int64"
    with pytest.raises(AssertionError):
        assert_(T.constant(1.0), T.eq(1, 2)).eval()


def test_automatic_names_are_counted():
    number = next(theano.Variable.__count__)
    theano.Variable.__count__ = itertools.count(number)
    first, second = T.dvector(), T.dvector().clone()
    assert [first.auto_name, second.auto_name, first.auto_name] == [f"auto_{number + k}" for k in (0, 1, 0)]


def test_which_dtypes_floats_have():
    from theano.scalar import autocast_float, autocast_float_as

    before, x = autocast_float.dtypes, T.fvector()
    with autocast_float_as("float32"):
        assert autocast_float.dtypes == ("float32",) and (x + 1.1).dtype == "float32"
        with autocast_float_as("float64"):
            assert autocast_float.dtypes == ("float64",) and (x + 1.5).dtype == "float64"
        assert autocast_float.dtypes == ("float32",)
    assert autocast_float.dtypes is before
    try:
        autocast_float.dtypes = ("float32", "float64")
        assert (x + 1.1).dtype == "float64" and (x + 1.5).dtype == "float32"
    finally:
        autocast_float.dtypes = before
