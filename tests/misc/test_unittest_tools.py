"""Helpers of tests that client libraries import, and `theano.test`."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import unittest
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from theano.tests import breakpoint as breakpoints
from theano.tests import disturb_mem, record
from theano.tests import unittest_tools as utt

import theano
import theano.tensor as T


def test_seeds():
    state = np.random.get_state()
    try:
        assert utt.seed_rng() == 666
        first = np.random.rand(3)
        assert utt.seed_rng(3) == 3
        assert utt.seed_rng() == 666 and np.array_equal(np.random.rand(3), first)
        with theano.change_flags({"unittests.rseed": "12"}):
            assert utt.fetch_seed() == 12
        with theano.change_flags({"unittests.rseed": "random"}):
            assert utt.fetch_seed() is None and utt.seed_rng() is None
        with theano.change_flags({"unittests.rseed": "many"}):
            with pytest.raises(ValueError, match="unittests.rseed must be"):
                utt.fetch_seed()
    finally:
        np.random.set_state(state)
    mock = utt.MockRandomState(2)
    assert mock.rand(2, 1).tolist() == [[2.0], [2.0]] and mock.randint(0, 9, 3).tolist() == [2, 2, 2]


def test_gradients():
    utt.verify_grad(T.tanh, [np.array([0.3, -1.0])])

    class Wrong(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, out):
            out[0][0] = inputs[0] ** 2

        def grad(self, inputs, gs):
            return [gs[0]]

    with pytest.raises(theano.gradient.GradientError):
        utt.verify_grad(Wrong(), [np.array([0.3, -1.0])])


def test_the_error_of_gradients_is_known():
    """Tests derive ``verify_grad.E_grad`` of one of these functions from that of another."""
    found = (utt.verify_grad, theano.gradient.verify_grad, T.verify_grad, theano.sparse.verify_grad_sparse)
    assert {f.E_grad for f in found} == {theano.gradient.GradientError}


def test_classes_of_tests_are_collected(tmp_path: Path) -> None:
    """pytest dropped every class that derives from the mix-in, and said nothing."""
    (tmp_path / "test_mine.py").write_text(
        "from theano.tests.unittest_tools import T_OpContractMixin, TestOptimizationMixin\n"
        "class TestMine(TestOptimizationMixin):\n"
        "    def test_nothing(self): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_parameterized_is_found_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "parameterized", SimpleNamespace(parameterized=3))
    assert utt.parameterized == 3
    monkeypatch.setitem(sys.modules, "parameterized", None)
    with pytest.raises(ImportError, match="parameterized"):
        utt.parameterized  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        utt.nothing  # noqa: B018


def test_comparing_arrays():
    utt.assert_allclose(np.ones(2), [1, 1 + 1e-9])
    utt.assert_allclose(np.ones(2, "float32"), np.ones(2) + 5e-6)
    utt.assert_allclose(np.ones(2), np.ones(2) + 0.1, rtol=0.2)
    for value in (np.ones(2) + 1e-4, np.ones(3), np.array([1, np.nan])):
        with pytest.raises(utt.WrongValue) as caught:
            utt.assert_allclose(np.ones(2), value)
        assert caught.value.val2 is value and "value:" in str(caught.value)
    utt.assert_allclose(1.0, np.ones((2, 3)))  # shapes that broadcast are compared
    utt.assert_allclose(np.ones((3, 1)), np.ones((2, 3, 1)))
    text = utt.str_diagnostic(np.zeros(2), np.array([0.0, 2.0]), 1e-3, None)
    assert "largest absolute difference: 2.0, largest relative difference: 1.0" in text and "rtol=0.001" in text


def test_decorators():
    calls = []

    @utt.AttemptManyTimes(n_attempts=4, n_req_successes=2)
    def sometimes(results):
        calls.append(1)
        assert results.pop(0)

    sometimes([False, True, False, True])
    assert len(calls) == 4
    sometimes([True, True])
    assert len(calls) == 6
    with pytest.raises(AssertionError):
        sometimes([False, False, False])
    assert len(calls) == 9
    with pytest.raises(ValueError, match="that can't be"):
        utt.AttemptManyTimes(1, 2)

    @utt.assertFailure_fast
    def fails():
        raise AssertionError

    with pytest.raises(AssertionError):
        fails()
    with theano.change_flags(cycle_detection="fast"):
        fails()
        with pytest.raises(AssertionError, match="was expected to fail"):
            utt.assertFailure_fast(len)([])
    assert utt.attr("slow")(fails).slow is True
    assert utt.custom_name_func(len, 1, SimpleNamespace(args=[(1, 2), "x"])) == "len__1__2__x"


class Contract(utt.T_OpContractMixin, unittest.TestCase):
    ops = [T.nlinalg.TensorInv(1), T.nlinalg.TensorInv(2)]

    def clone(self, op):
        return type(op)(op.ind)


class WrongContract(Contract):
    __test__ = False
    ops = [T.nlinalg.TensorInv(1), T.nlinalg.TensorInv(1)]


def test_contracts():
    for name in ("test_eq", "test_hash"):
        with pytest.raises(AssertionError):
            getattr(WrongContract(name), name)()


class ShapesOfOps(utt.InferShapeTester):
    def test_right(self):
        x = T.dmatrix("x")
        self._compile_and_check([x], [T.cumsum(x, axis=0), x.T], [np.ones((2, 3))], T.extra_ops.CumOp)

    def test_square(self):
        x = T.dmatrix("x")
        with pytest.warns(UserWarning, match="have equal lengths"):
            self._compile_and_check([x], [T.cumsum(x, axis=0)], [np.ones((3, 3))], T.extra_ops.CumOp)

    def test_wrong(self):
        class Rows(theano.Op):
            __props__ = ()

            def make_node(self, x):
                return theano.Apply(self, [x], [x.type()])

            def perform(self, node, inputs, out):
                out[0][0] = inputs[0][:2].copy()

            def infer_shape(self, node, shapes):
                return shapes

        x = T.dmatrix("x")
        with pytest.raises(AssertionError, match="infer_shape says"):
            self._compile_and_check([x], [Rows()(x)], [np.ones((3, 4))], Rows)

    def test_unknown(self):
        @theano.compile.as_op([T.dmatrix], [T.dmatrix])
        def twice(x):
            return np.concatenate([x, x])

        x = T.dmatrix("x")
        with pytest.raises(AssertionError, match="the shapes are computed by"):
            self._compile_and_check([x], [twice(x)], [np.ones((3, 4))], type(twice))


def test_what_functions_consist_of():
    x = T.dvector("x")
    f = theano.function([x], T.dot(x, x) + T.sort(x).sum())
    check = utt.TestOptimizationMixin()
    check.assertFunctionContains1(f, f.maker.fgraph.outputs[0].owner.op)
    check.assertFunctionContains0(f, T.exp)
    check.assertFunctionContainsClass(f, T.sort(x).owner.op.__class__)
    check.assertFunctionContainsClassN(f, T.elemwise.Sum, 1)
    check.assertFunctionContainsN(f, T.exp, 0)
    with pytest.raises(AssertionError, match="from 2 to 2 nodes expected, 1 found among"):
        check.assertFunctionContainsClassN(f, T.elemwise.Sum, 2)
    with pytest.raises(unittest.SkipTest, match="Skip this test"):
        check.SkipTest()


def test_breakpoints(monkeypatch, capsys):
    stops = []
    monkeypatch.setattr(breakpoints.pdb, "set_trace", lambda: stops.append(1))
    a, b = T.dvectors("a", "b")
    x, y = breakpoints.PdbBreakpoint("far")(a.sum() > 3, a, b)
    f = theano.function([a, b], [x * 2, y + 1, T.grad((x * y).sum(), a)])
    assert [v.tolist() for v in f([1, 1], [3, 4])] == [[2, 2], [4, 5], [3, 4]] and not stops
    f([3, 1], [3, 4])
    assert stops == [1] and "Theano breakpoint: far" in capsys.readouterr().out
    assert theano.function([a, b], x.shape)([1, 2], [1]).tolist() == [2]
    op = breakpoints.PdbBreakpoint("far")
    assert op == x.owner.op and isinstance(op(a.sum() > 3, a), T.TensorVariable)
    np.testing.assert_allclose(T.Rop(x * 3, a, b).eval({b: [5.0]}), [15.0])
    with pytest.raises(ValueError, match="watches at least one variable"):
        op(a.sum() > 3)
    with pytest.raises(TypeError, match="the condition of a breakpoint is a number"):
        op(a > 3, a)


def test_records(tmp_path):
    x = T.dvector("x")

    def run(values, **where):
        mode = record.RecordMode(**where)
        theano.function([x], T.exp(x) + 1, mode=mode)(values)
        mode.record.f.close()

    run([1.0, 2.0], file_path=tmp_path / "run")
    assert "output" in (tmp_path / "run").read_text()
    run([1.0, 2.0], file_path=tmp_path / "run", replay=True)
    with pytest.raises(record.MismatchError, match="of the record is"):
        run([1.0, 2.5], file_path=tmp_path / "run", replay=True)
    with pytest.raises(ValueError, match="give file_object or file_path, and not both"):
        record.Record()
    file = io.StringIO()
    mode = record.RecordMode(record.Record(file_object=file))
    mode.set_record(record.Record(file_object=file))
    theano.function([x], x * 2, mode=mode)([1.0])
    assert "node 0: " in file.getvalue()


def test_records_of_functions_without_nodes(tmp_path):
    """Their arguments are recorded."""
    x = T.dvector("x")
    for values, where in (([1.0], {}), ([1.0], {"replay": True})):
        mode = record.RecordMode(file_path=tmp_path / "run", **where).excluding("fusion")
        f = theano.function([x], x, mode=mode)
        assert f(values).tolist() == values
        mode.record.f.close()
    mode = record.RecordMode(file_path=tmp_path / "run", replay=True)
    with pytest.raises(record.MismatchError, match="line 2 of the record is"):
        theano.function([x], x, mode=mode)([2.0])
    mode.record.f.close()


def test_digests():
    a = np.arange(6.0)
    digest = theano.printing.hex_digest
    assert digest(a) == digest(a.copy()) != digest(a + 1) and digest(a) != digest(a.reshape(2, 3))
    assert digest(a[::2]) != digest(a[::2].copy())  # other strides
    assert "0x" not in theano.printing.position_independent_str(object())
    assert theano.printing.hex_digest is record.hex_digest


def test_other_memory():
    state = random.getstate()
    disturb_mem.disturb_mem()
    assert random.getstate() == state


def test_examples_of_the_documentation():
    result = theano.test("theano.tensor.making.filled")
    assert result.wasSuccessful() and result.testsRun > 3
    with pytest.raises(ImportError):
        theano.test("theano.nowhere")


def test_tests_of_a_module():
    module = ModuleType("some_tests")
    module.Contract = Contract
    sys.modules["some_tests"] = module
    try:
        assert theano.tests.main("some_tests").testsRun == 3
    finally:
        del sys.modules["some_tests"]
