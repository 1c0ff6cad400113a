"""Names that no other test calls, with what they are documented to do. A table's lines are expressions that hold."""

from __future__ import annotations

import copy
import itertools
import os
import sys
import time  # noqa: F401  # used in the tables
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import scipy.special
import theano.gof.unify
import theano.misc.cpucount
import theano.sandbox.linalg
import theano.sandbox.multinomial
import theano.tensor.nnet.corr
import theano.tensor.nnet.corr3d
import theano.tests.unittest_tools
from theano.compile.pfunc import iter_over_pairs  # noqa: F401  # used in the tables, as `ArgSortOp` is
from theano.tensor.sort import ArgSortOp  # noqa: F401

import theano
import theano.sparse
import theano.tensor as T
from theano import scalar

D = np.float64

x, m, n = T.dvector("x"), T.dmatrix("m"), T.lscalar("n")
s = theano.sparse.csr_dmatrix("s")
A = np.array([[1.0, 2.0], [3.0, 4.0]])
SENT = T.send(x, dest=1, tag=11)
CHECK = theano.tests.unittest_tools.TestOptimizationMixin()
STATE = theano.printing.PrinterState(pprinter=theano.printing.pprint)
P = scipy.sparse.csr_matrix(np.array([[0.0, 2.0], [3.0, 0.0]]))


def raises(error, call):
    with pytest.raises(error):
        call()
    return True


def value(outputs, given=None):
    """The values of expressions, of `x`, `m`, `n` and `s`."""
    given = {x: [1.0, 2.0], m: A, n: 3, s: P, **(given or {})}
    many = isinstance(outputs, list | tuple)
    computed = list(outputs) if many else outputs
    f = theano.function(list(given), computed, on_unused_input="ignore", accept_inplace=True)
    found = f(*copy.deepcopy([*given.values()]))
    return [np.asarray(v).tolist() for v in found] if many else np.asarray(found).tolist()


def told(variable):
    """What an observer hears of a variable."""
    seen = []
    observer = seen.append
    T.TensorVariable.append_construction_observer(observer)
    try:
        T.TensorVariable.notify_construction_observers(variable)
    finally:
        T.TensorVariable.remove_construction_observer(observer)
    return seen


def draw(name, *args):
    return getattr(theano.tensor.raw_random, name)(np.random.RandomState(3), *args)


def near(kind, a, b):
    return getattr(T.type, f"values_eq_approx_{kind}")(np.array(a), np.array(b))


TENSORS = """
T.as_int_none_variable(None) is T.NoneConst and value(T.as_int_none_variable(3)) == 3
raises(TypeError, lambda: T.as_int_none_variable(0.5))
value(T.as_tensor([1, 2])) == [1, 2]
value(T.extra_ops.bartlett_(5)) == [0, 0.5, 1, 0.5, 0]
value(T.extra_ops.fill_diagonal_offset_(m, 7.0, 1)) == [[1, 7], [3, 4]]
value([T.isinf_(T.log(x - 1)), T.isnan_(T.log(x - 2) / 0)]) == [[True, False], [True, False]]
value(T.join_(0, x, x)) == value(T.join(0, x, x)) == [1, 2, 1, 2]
value(T.makeKeepDims(m, m.sum(0), 0)) == [[4, 6]] and value(T.makeKeepDims(m, m.sum(1), 1)) == [[3], [7]]
value([T.nlinalg.extract_diag(m), theano.sandbox.linalg.extract_diag(m)]) == [[1, 4], [1, 4]]
T.python_all([1, 0]) is False and T.python_any([1, 0]) is True
T.fmatrix.value_zeros((2, 1)).tolist() == [[0], [0]] and T.fmatrix.value_zeros((2, 1)).dtype == "float32"
value(T.Choose(mode="clip")(T.constant([0, 9]), [x, -x])) == [1, -2]
value(ArgSortOp("quicksort")(m, -1)) == [[0, 1], [0, 1]]
value(T.extra_ops.CpuContiguous()(m.T)) == A.T.tolist()
isinstance(T.make_slice(slice(1, n)).owner.op, T.MakeSlice) and str(T.SliceConstant(T.slicetype, slice(1, 2)))
    == "SliceConstant{1, 2, None}"
np.allclose(value(T.fft.irfft_op(T.fft.rfft_op(m))), 2 * A) and str(T.fft.irfft_op) == "IRFFTOp"
    and T.fft.irfft_op == T.fft.IRFFTOp() != T.fft.rfft_op
T.sharedvar.tensor_constructor(np.ones(2, "int8")).type == T.bvector
    and raises(TypeError, lambda: T.sharedvar.tensor_constructor(3))
T.sharedvar.scalar_constructor(2.0).type == T.dscalar
    and raises(TypeError, lambda: T.sharedvar.scalar_constructor([2.0]))
T.sharedvar.load_shared_variable(np.ones(2)).get_value().tolist() == [1, 1]
T.shared_randomstreams.randomstate_constructor(np.random.RandomState(1)).type == T.raw_random.random_state_type
isinstance(theano.shared(np.random.RandomState(1)), T.shared_randomstreams.RandomStateSharedVariable)
theano.compile.sharedvalue.generic_constructor([1]).get_value() == [1] == theano.shared([1]).get_value()
raises(T.EmptyConstantError, lambda: T.get_scalar_constant_value(T.constant(np.ones(0))))
    and issubclass(T.EmptyConstantError, T.NotScalarConstantError)
raises(T.AdvancedIndexingError, lambda: T.Subtensor(("i",))(m, [0, 1]))
    and raises(T.AdvancedBooleanIndexingError, lambda: T.Subtensor(("i",))(m, np.array([True])))
T.Subtensor.collapse((slice(1, None), 3), lambda e: e is not None) == [1, 3]
raises(T.NotScalarConstantError, lambda: (v := m[n].owner).op.get_constant_idx(v.inputs))
    and m[1:, -1].owner.op.get_constant_idx(m[1:, -1].owner.inputs) == [slice(1, None, None), -1]
T.Alloc().validate_shape([1, n])[1] == [True, False] and raises(TypeError, lambda: T.Alloc.validate_shape([0.5]))
T.BaseAdvancedIncSubtensor is T.AdvancedIncSubtensor
    and value(T.AdvancedIncSubtensor(set_instead_of_inc=True)(m, 0.0, [0, 1], [1, 0])) == [[1, 0], [0, 4]]
value(T.AdvancedIncSubtensor1(True, True)(m, 0.0, [1])) == [[1, 2], [0, 0]]
    and value(T.AdvancedSubtensor()(m, [0, 1], [1, 0])) == [2, 3]
value(T.AdvancedSubtensor()(m, T.make_slice(slice(0, 1)), [1, 0])) == [[2, 1]]
    and value(T.AdvancedSubtensor()(x, None, [1])) == [[2]]
value(T.AdvancedSubtensor()(m, A > 2)) == [3, 4]
T.AdvancedSubtensor1(sparse_grad=True) == theano.sparse_grad(m[[0]]).owner.op != T.AdvancedSubtensor1()
value(T.blas.gemv_no_inplace(x, D(2), m, x, D(1))) == [11, 24] and T.blas.gemv_inplace.inplace
value(T.blas.gemm_no_inplace(m, D(1), m, m, D(0))) == (A @ A).tolist() and T.blas.gemm_inplace.inplace
value(T.blas.ger(m, D(1), x, x)) == (A + np.outer([1, 2], [1, 2])).tolist() and T.blas.ger_destructive.destructive
    and T.blas.Ger(True).destructive
value(T.blas.batched_dot(m[None], m[None])) == [(A @ A).tolist()] and isinstance(T.blas.batched_dot, T.blas.BatchedDot)
T.blas.have_fblas and T.blas.fblas.ddot([1, 2], [3, 4]) == 11
near("remove_inf", [1, np.inf], [1, np.inf]) and not near("remove_inf", [1, np.inf], [2, np.inf])
near("remove_nan", [1, np.nan], [1, np.nan]) and not near("remove_nan", [1, np.nan], [2, np.nan])
near("remove_inf_nan", [np.inf, np.nan], [np.inf, np.nan]) and not near("remove_inf_nan", [1, np.nan], [2, np.nan])
near("always_true", [1], [2])
draw("choice_helper", 5, True, None, (2,)).tolist() == np.random.RandomState(3).choice(5, 2).tolist()
draw("random_integers_helper", 0, 4, (3,)).tolist() == np.random.RandomState(3).randint(0, 5, 3).tolist()
sorted(draw("permutation_helper", 4, (2,))[1]) == [0, 1, 2, 3]
draw("multinomial_helper", 4, np.array([0.5, 0.5]), (2,)).sum(axis=1).tolist() == [4, 4]
theano.sandbox.rng_mrg.MRG_RandomStreams(1).n_streams((3, 4)) > 0
issubclass(theano.sandbox.multinomial.MultinomialWOReplacementFromUniform, theano.sandbox.multinomial.ChoiceFromUniform)
told(x) == [x]
T.constant(1).merge_signature() == T.constant(1).merge_signature() != T.constant(2).merge_signature()
[(T.mpi_tag_key(v.owner), T.mpi_send_wait_key(v.owner)) for v in (T.exp(x), SENT, SENT.owner.inputs[0])]
    == [(0, 0), (11, 1), (11, -1)]
"""

NETWORKS = """
issubclass(theano.tensor.nnet.corr.CorrMM, theano.tensor.nnet.corr.BaseCorrMM)
    and theano.tensor.nnet.corr.CorrMM(subsample=(2, 1)).subsample == (2, 1)
issubclass(theano.tensor.nnet.corr3d.Corr3dMM, theano.tensor.nnet.corr3d.BaseCorr3dMM)
T.nnet.abstract_conv.conv3d_grad_wrt_inputs(T.tensor5(), T.tensor5(), (1, 1, 2, 2, 2)).ndim == 5
T.nnet.abstract_conv.conv3d_grad_wrt_weights(T.tensor5(), T.tensor5(), (1, 1, 2, 2, 2)).ndim == 5
T.nnet.abstract_conv2d(T.tensor4(), T.tensor4()).owner.op == T.nnet.conv2d(T.tensor4(), T.tensor4()).owner.op
T.nnet.ctc.ctc_present() is True
T.nnet.sigm.scalar_softplus is scalar.softplus and T.nnet.sigm.ultra_fast_scalar_sigmoid is scalar.ultra_fast_sigmoid
T.nnet.nnet.scalar_softsign.impl(1.0) == 0.5
np.allclose(value([T.nnet.sigm.sigmoid_inplace(x), T.nnet.sigm.ultra_fast_sigmoid_inplace(x * 1)]),
    value([T.nnet.sigmoid(x), T.nnet.ultra_fast_sigmoid(x)]))
np.allclose(value(T.nnet.SoftmaxWithBias()(m, x)), value(T.nnet.softmax(m + x)))
[v.type.ndim for v in T.nnet.crossentropy_softmax_max_and_argmax_1hot_with_bias(m, x, [0, 1])] == [1, 2, 1, 1]
T.nnet.blocksparse.sparse_block_outer_inplace.inplace is True
T.nnet.ConvOp.has_all_shape((1, 2, 2), (1, 1)) and not T.nnet.ConvOp.has_all_shape((1, None, 2), (1, 1), 1, 2)
T.nnet.ConvOp.getOutputShape((5, None), (3, 2), (2, 1)) == (2, None)
    and T.nnet.ConvOp((1, 5, 5), (3, 3), dx=2, output_mode="full").outshp == (4, 7)
raises(ValueError, lambda: T.nnet.ConvOp(output_mode="same"))
    and raises(NotImplementedError, lambda: T.nnet.ConvOp((1, 5, 5), (3, 3), kshp_logical=(5, 5)))
T.signal.pool.PoolGrad.out_shape((4, 5), (2, 2)) == T.signal.pool.Pool.out_shape((4, 5), (2, 2)) == [2, 3]
T.signal.pool.AveragePoolGrad(True).mode == "average_inc_pad"
raises(ValueError, lambda: T.nnet.corr.CorrMM_gradWeights("half")(T.tensor4(), T.tensor4()))
    and raises(ValueError, lambda: T.nnet.corr.CorrMM_gradInputs(subsample=(2, 2))(T.tensor4(), T.tensor4()))
T.nnet.corr.CorrMM_gradWeights()(np.ones((1, 2, 5, 5)), np.ones((1, 3, 4, 4))).eval().shape == (3, 2, 2, 2)
T.nnet.corr3d.Corr3dMM_gradInputs()(np.ones((3, 2, 2, 2, 2)), np.ones((1, 3, 4, 4, 4))).eval().shape == (1, 2, 5, 5, 5)
T.nnet.corr3d.Corr3dMM_gradWeights("full")(np.ones((1, 2, 5, 5, 5)), np.ones((1, 3, 6, 6, 6))).eval().shape
    == (3, 2, 2, 2, 2)
"""

GRAPHS = """
theano.gof.graph.orphans([x], [x + 1])[0].data == 1
list(iter_over_pairs({1: 2})) == [(1, 2)] == list(iter_over_pairs([(1, 2)]))
theano.compile.orig_function([theano.In(x)], [theano.Out(x + 1)])([1.0])[0].tolist() == [2]
isinstance(theano.compile.SymbolicOutput(x), theano.Out) and theano.compile.SymbolicOutput(x, borrow=True).borrow
(f := theano.function([x], [x, x + 1], updates=[(theano.shared(0.0), x.sum())])).n_returned_outputs == 2
    and f.sync_shared() is None
[theano.compile.debugmode.char_from_number(k) for k in (0, 25, 26)] == ["A", "Z", "BA"]
theano.compile.nanguardmode.contains_nan(np.array([1, np.nan]))
    and not theano.compile.nanguardmode.contains_nan(np.array([np.inf]))
theano.compile.nanguardmode.contains_inf(np.array([1, np.inf]))
    and not theano.compile.nanguardmode.contains_inf(np.array([np.nan]))
issubclass(theano.compile.debugmode.StochasticOrder, theano.compile.debugmode.DebugModeError)
    and issubclass(theano.compile.debugmode.BadOptimization, theano.compile.debugmode.DebugModeError)
issubclass(theano.compile.AliasedMemoryError, Exception) and theano.compile.DebugMode.function_maker is None
value(theano.gradient.consider_constant_(x)) == value(theano.gradient.disconnected_grad_(x))
    == value(theano.gradient.zero_grad_(x)) == value(theano.gradient.undefined_grad_(x)) == [1, 2]
value(T.grad(theano.gradient.zero_grad_(x).sum(), x)) == [0, 0]
    and raises(theano.gradient.NullTypeGradError, lambda: T.grad(theano.gradient.undefined_grad_(x).sum(), x))
raises(theano.gradient.DisconnectedInputError, lambda: T.grad(theano.gradient.disconnected_grad_(x).sum(), x))
[float(e) for e in theano.gradient.numeric_grad.abs_rel_err(np.array(1.0), np.array(3.0))] == [2, 0.5]
theano.gof.type.EnumList("A", ("B", "b")).has_alias("b") and not theano.gof.type.EnumList("A").has_alias("b")
"theano_enum_to_string" in theano.gof.type.EnumList("A", cname="e").c_to_string()
theano.gof.ParamsType(a=T.dvector).generate_struct_name()
    == theano.gof.ParamsType(a=T.dvector).generate_struct_name()
    != theano.gof.ParamsType(b=T.dvector).generate_struct_name()
theano.gof.op.COp.get_path("/a/b.c") == "/a/b.c"
theano.printing.LeafPrinter().process(x, STATE) == "x"
theano.printing.default_printer.process(T.exp(x), STATE)
    == "Elemwise{exp,no_inplace}(x)"
theano.printing.IgnorePrinter().process(T.exp(x), STATE) == "x"
isinstance(theano.printing.pprint, theano.printing.PPrinter)
    and theano.printing.leaf_printer.process(x, STATE) == "x"
isinstance(theano.gof.toolbox.PreserveNames(), theano.gof.toolbox.Feature)
theano.compat.decode_with(b"a", "ascii") == theano.compat.decode_with("a", "ascii") == "a"
    and list(theano.compat.decode_iter([b"a", "b"])) == ["a", "b"]
theano.misc.cpucount.cpuCount() == theano.configdefaults.cpuCount() != 0
raises(ValueError, lambda: theano.gof.link.raise_with_op((x + 1).owner))
list(theano.graph.basic.walk([1, 3], lambda k: [2 * k] if k < 5 else None, hash_fn=lambda k: k)) == [1, 3, 2, 6, 4, 8]
list(theano.graph.basic.walk([1], lambda k: [2, 3] if k == 1 else [9] if k == 3 else None, bfs=False)) == [1, 3, 9, 2]
list(theano.graph.basic.walk([1, 1], lambda k: [2] if k == 1 else None, return_children=True)) == [(1, [2]), (2, None)]
(linker := theano.gof.vm.VM_Linker()).accept_var_updates({x: m}) is None and linker.updated_vars == {x: m}
theano.compile.register_view_op_c_code(T.TensorType, "code") is None
    and theano.compile.register_shape_i_c_code(T.TensorType, "code", "check") is None
theano.compile.register_deep_copy_op_c_code(T.TensorType, "", ())
    is theano.compile.register_rebroadcast_c_code(T.TensorType, "")
    is theano.compile.register_shape_c_code(T.TensorType, "")
    is theano.compile.register_specify_shape_c_code(T.TensorType, "") is None
isinstance(theano.compile.ScanProfileStats(), theano.compile.ProfileStats)
isinstance(theano.typed_list.TypedListType(T.dvector)(), theano.typed_list.TypedListVariable)
    and issubclass(theano.typed_list.TypedListConstant, theano.gof.Constant)
(L := theano.typed_list.make_list([x, -x])) is not None and value(theano.typed_list.index_(L, -x)) == 1
raises(AssertionError, lambda: CHECK.assertFunctionContains(theano.function([x], T.exp(x)), T.exp, min=2))
    and CHECK.assertFunctionContains(theano.function([x], T.exp(x)), T.exp) is None
"""

NUMBERS = """
scalar.floor_div.impl(7, 2) == 3 and scalar.int_div is scalar.floor_div
bool(scalar.inclosedrange.impl(1.0, 0.0, 1.0)) and not scalar.inclosedrange.impl(1.1, 0.0, 1.0)
scalar.round_half_away_from_zero_(2.5) == 3 and scalar.round_half_away_from_zero_(-2.5) == -3
scalar.same_out_nocomplex(scalar.float32) == (scalar.float32,)
    and raises(TypeError, lambda: scalar.same_out_nocomplex(scalar.complex64))
issubclass(scalar.IsNan, scalar.FixedLogicalComparison) and issubclass(scalar.OR, scalar.BinaryBitOp)
    and issubclass(scalar.Invert, scalar.UnaryBitOp)
scalar.builtin_complex is complex and T.blas.bool_t == scalar.bool and T.extra_ops.int_t == scalar.int32
scalar.add.impl(100, 100) == 200 and scalar.exp.impl(2.0) == np.exp(2.0) and scalar.exp.impl(np.float32(2)).dtype
    == "float32"
theano.tensor.xlogx.scalar_xlogx.impl(0.0) == 0 and theano.tensor.xlogx.scalar_xlogy0.impl(0.0, 0.0) == 0
isinstance(theano.tensor.xlogx.scalar_xlogy0, theano.tensor.xlogx.XlogY0)
"""

SPARSE_MATRICES = """
dense(theano.sparse.AddSSData()(s, s)) == [[0, 4], [6, 0]]
    and isinstance(theano.sparse.add_s_s_data, theano.sparse.AddSSData)
dense(theano.sparse.GetItem2d()(s, [slice(0, 1), slice(0, 2)])) == [[0, 2]] == dense(s[0:1, 0:2])
dense(theano.sparse.GetItem2Lists()(s, [0, 1], [1, 0])) == [2, 3] and dense(theano.sparse.GetItemScalar()(s, [0, 1]))
    == 2
dense(theano.sparse.GetItemList()(s, [1])) == [[3, 0]] == dense(s[[1]])
dense(theano.sparse.SquareDiagonal()(x)) == [[1, 0], [0, 2]] and dense(theano.sparse.Diag()(s)) == [0, 0]
dense(theano.sparse.SamplingDot()(m, m, s)) == ((A @ A.T) * P.toarray()).tolist()
[dense(v) for v in theano.sparse.CSMProperties()(s)] == [[2, 3], [1, 0], [0, 1, 2], [2, 2]]
dense(theano.sparse.HStack("csr", "float64")(s, s)) == np.hstack([P.toarray()] * 2).tolist()
dense(theano.sparse.VStack()(s, s)) == np.vstack([P.toarray()] * 2).tolist()
dense(theano.sparse.RowScaleCSC()(theano.sparse.csc_from_dense(theano.sparse.dense_from_sparse(s)), x))
    == [[0, 2], [6, 0]]
isinstance(s, theano.sparse.SparseVariable)
    and isinstance(theano.sparse.construct_sparse_from_list, theano.sparse.ConstructSparseFromList)
theano.sparse.bsr_fmatrix().type.format == "bsr" and theano.sparse.csc_fmatrix().dtype == "float32"
raises(TypeError, lambda: theano.sparse.GetItem2Lists()(s, [0.5], [1]))
dense(theano.sparse.structured_dot_grad(s, m, m)) == [[0, 11], [11, 0]] == ((A @ A.T) * (P.toarray() != 0)).tolist()
dense(theano.sparse.get_item_list_grad(s, [1], s[[1]])) == [[0, 0], [3, 0]]
theano.sparse.sharedvar.sparse_constructor(P).type == s.type
    and raises(TypeError, lambda: theano.sparse.sharedvar.sparse_constructor(A))
T.exp.nfunc_spec == ("exp", 1, 1) and T.exp.nfunc is np.exp and T.erfcinv.nfunc is T.psi.nfunc is None
T.exp.do_constant_folding(T.exp(x).owner) and not T.Alloc().do_constant_folding(T.alloc(x, 2, 2).owner)
T.SubtensorPrinter().process(m[1:, 0], STATE) == "m[int64:, Constant{0}]"
    and T.elemwise.DimShufflePrinter().process(m.T, STATE) == "m.T"
theano.printing.DefaultPrinter().process(T.exp(x), STATE) == theano.printing.default_printer.process(T.exp(x), STATE)
0.02 <= theano.gof.opt.LocalMetaOptimizer().time_call(lambda: time.sleep(0.02)) < 2
(g := theano.gof.FunctionGraph([x], [x + 1], clone=False)).replace_all([(g.outputs[0], x * 2)]) is None
    and g.outputs[0].owner.op == T.mul
theano.gof.unify.unify_walk(1, 2, theano.gof.unify.Unification()) is False
theano.gof.unify.BoundVariable("a", 3).value == 3
theano.gof.unify.var_lookup(theano.gof.unify.FreeVariable, "a")
    is theano.gof.unify.var_lookup(theano.gof.unify.FreeVariable, "a")
issubclass(theano.gof.type.CDataTypeConstant, theano.gof.Constant)
"""


def dense(variable):
    found = theano.function([x, m, s], variable, on_unused_input="ignore")([1.0, 2.0], A, P)
    return (found.toarray() if scipy.sparse.issparse(found) else np.asarray(found)).tolist()


def lines(table):
    """The expressions of a table: a line that begins with spaces belongs to the one before."""
    return table.replace("\n    ", " ").split("\n")[1:-1]


TABLES = (TENSORS, NETWORKS, GRAPHS, NUMBERS, SPARSE_MATRICES)


@pytest.mark.parametrize("line", [line for table in TABLES for line in lines(table)])
def test_line(line):
    assert eval(line, dict(globals()))


_KINDS = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64",
    "z": "complex128", "": theano.config.floatX,
}  # fmt: skip
_SHAPES = {
    "scalar": (), "vector": (0,), "matrix": (0, 0), "row": (1, 0), "col": (0, 1),
    **{f"tensor{k}": (0,) * k for k in range(3, 8)},
}  # fmt: skip


def test_theanorc(monkeypatch):
    monkeypatch.setenv("THEANORC", os.pathsep.join(["/a/b", "", "~/c"]))
    assert theano.configparser.config_files_from_theanorc() == [Path("/a/b"), Path.home() / "c"]
    monkeypatch.delenv("THEANORC")
    assert theano.configparser.config_files_from_theanorc() == [Path.home() / ".theanorc"]


@pytest.mark.parametrize("letter", _KINDS)
def test_constructors(letter):
    for shape, pattern in _SHAPES.items():
        made = getattr(T, letter + shape)("v")
        assert (made.name, made.dtype, made.broadcastable) == ("v", _KINDS[letter], tuple(bool(k) for k in pattern))


@pytest.mark.parametrize("dtype", ["bool", *(f"{u}int{b}" for u in ("", "u") for b in (8, 16, 32, 64)), "float16",
                                   "float32", "float64", "complex64", "complex128"])  # fmt: skip
def test_casts_of_numbers(dtype):
    cast = getattr(scalar, f"convert_to_{dtype}")
    converted, number = cast(scalar.float64("a")), cast.impl(1.7)
    assert converted.dtype == number.dtype == dtype and number == np.array(1.7).astype(dtype)


# class of an operation on numbers -> the operation's name, NumPy's or SciPy's function, numbers
CLASSES = {
    "Angle": ("angle", np.angle, 1 + 1j), "ArcCos": ("arccos", np.arccos, 0.3), "ArcCosh": ("arccosh", np.arccosh, 1.3),
    "ArcSin": ("arcsin", np.arcsin, 0.3), "ArcSinh": ("arcsinh", np.arcsinh, 0.3), "ArcTan": ("arctan", np.arctan, 0.3),
    "ArcTan2": ("arctan2", np.arctan2, 0.3, -0.4), "ArcTanh": ("arctanh", np.arctanh, 0.3),
    "Ceil": ("ceil", np.ceil, 0.3), "Chi2SF": ("chi2sf", lambda x, k: scipy.special.chdtrc(k, x), 0.7, 3.0),
    "ComplexFromPolar": ("complex_from_polar", lambda r, t: r * np.exp(1j * t), 2.0, 0.3),
    "Conj": ("conj", np.conj, 1 + 2j), "Cos": ("cos", np.cos, 0.3), "Cosh": ("cosh", np.cosh, 0.3),
    "Deg2Rad": ("deg2rad", np.deg2rad, 30.0), "EQ": ("eq", np.equal, 1.0, 1.0),
    "Erfc": ("erfc", scipy.special.erfc, 0.3), "Erfcinv": ("erfcinv", scipy.special.erfcinv, 0.3),
    "Erfcx": ("erfcx", scipy.special.erfcx, 0.3), "Erfinv": ("erfinv", scipy.special.erfinv, 0.3),
    "Exp2": ("exp2", np.exp2, 0.3), "Expm1": ("expm1", np.expm1, 0.3), "GE": ("ge", np.greater_equal, 1.0, 2.0),
    "GT": ("gt", np.greater, 2.0, 1.0), "GammaInc": ("gammainc", scipy.special.gammainc, 2.0, 0.3),
    "GammaIncC": ("gammaincc", scipy.special.gammaincc, 2.0, 0.3),
    "GammaL": ("gammal", lambda k, x: scipy.special.gammainc(k, x) * scipy.special.gamma(k), 2.5, 0.3),
    "GammaU": ("gammau", lambda k, x: scipy.special.gammaincc(k, x) * scipy.special.gamma(k), 2.5, 0.3),
    "I1": ("i1", scipy.special.i1, 0.3), "Imag": ("imag", np.imag, 1 + 2j),
    "IntDiv": ("int_div", np.floor_divide, -7, 2),
    "Inv": ("inv", np.reciprocal, 4.0), "Invert": ("invert", np.invert, 5), "IsInf": ("isinf", np.isinf, np.inf),
    "IsNan": ("isnan", np.isnan, np.nan), "Iv": ("iv", scipy.special.iv, 2.0, 0.3), "J0": ("j0", scipy.special.j0, 0.3),
    "J1": ("j1", scipy.special.j1, 0.3), "Jv": ("jv", scipy.special.jv, 2.0, 0.3),
    "LE": ("le", np.less_equal, 1.0, 2.0),
    "Log": ("log", np.log, 0.3), "Log10": ("log10", np.log10, 0.3), "Log1p": ("log1p", np.log1p, 0.3),
    "Log2": ("log2", np.log2, 0.3), "Maximum": ("maximum", np.maximum, 1.0, 2.0),
    "Minimum": ("minimum", np.minimum, 1.0, 2.0), "Mod": ("mod", np.mod, -7, 3), "NEQ": ("neq", np.not_equal, 1.0, 2.0),
    "OR": ("or_", np.bitwise_or, 5, 3), "Pow": ("pow", np.power, 2.0, 3.0), "Rad2Deg": ("rad2deg", np.rad2deg, 0.3),
    "RoundHalfAwayFromZero": ("round_half_away_from_zero", lambda v: 3.0, 2.5),
    "RoundHalfToEven": ("round_half_to_even", np.rint, 2.5), "Sgn": ("sgn", np.sign, -0.3), "Sin": ("sin", np.sin, 0.3),
    "Sinh": ("sinh", np.sinh, 0.3), "Sqr": ("sqr", np.square, 0.3), "Tan": ("tan", np.tan, 0.3),
    "TriGamma": ("tri_gamma", lambda v: scipy.special.polygamma(1, v), 0.3),
    "TrueDiv": ("true_div", np.true_divide, 1, 2), "Trunc": ("trunc", np.trunc, -1.7),
    "XOR": ("xor", np.bitwise_xor, 5, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_operations_on_numbers(name):
    operation, reference, *numbers = CLASSES[name]
    cls, op = getattr(scalar, name), getattr(scalar, operation)
    assert isinstance(op, cls) and getattr(scalar.basic, name) is cls and isinstance(op, scalar.ScalarOp)
    np.testing.assert_allclose(op.impl(*numbers), reference(*numbers), rtol=1e-12)
    variables = [T.as_tensor_variable(v).type() for v in numbers]
    f = theano.function(variables, op(*variables))
    np.testing.assert_allclose(f(*numbers), reference(*numbers), rtol=1e-6)


# name -> what it is called in `Mode(optimizer=...)`, and whether log(1 + exp(x)) is softplus then, finite for large x
OPTIMIZERS = {
    "NONE": (None, False), "MERGE": ("merge", False), "FAST_COMPILE": ("fast_compile", False), "O2": ("o2", False),
    "O3": ("o3", True), "FAST_RUN": ("fast_run", True), "FAST_RUN_STABLE": ("fast_run_stable", False),
    "STABILIZE": ("stabilize", True), "UNSAFE": ("unsafe", True),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_named_optimizers(name):
    string, is_stable = OPTIMIZERS[name]
    query = getattr(theano.compile, f"OPT_{name}")
    assert query is getattr(theano.compile.mode, f"OPT_{name}")
    for optimizer in (query, string):
        f = theano.function([x], T.log(1 + T.exp(x)), mode=theano.Mode(optimizer=optimizer))
        found = f([1.0, 1000.0])
        np.testing.assert_allclose(found, [np.log1p(np.exp(1)), 1000 if is_stable else np.inf])


def test_what_optimizers_leave_out():
    """Stabilizing ends before what only makes programs faster; "unsafe" writes nothing in place, as "o3"."""
    for name, ops in (("stabilize", ["dot", "Elemwise{add,no_inplace}"]), ("fast_run", ["Gemm{no_inplace}"])):
        f = theano.function([m], T.dot(m, m) + m, mode=theano.Mode(optimizer=name))
        assert [str(node.op) for node in f.maker.fgraph.toposort()] == ops
    assert theano.compile.OPT_UNSAFE == theano.compile.OPT_O3.including("unsafe")


_COMPARED = {"equal": np.equal, "not_equal": np.not_equal, "less_than": np.less, "greater_than": np.greater,
             "less_equal": np.less_equal, "greater_equal": np.greater_equal}  # fmt: skip


@pytest.mark.parametrize(("name", "other"), list(itertools.product(_COMPARED, ("s_s", "s_d"))))
def test_comparisons_of_sparse_matrices(name, other):
    op = getattr(theano.sparse, f"{name}_{other}")
    cls = getattr(theano.sparse, name.title().replace("_", "") + other.replace("_", "").upper())
    assert isinstance(op, cls) and getattr(theano.sparse.basic, f"{name}_{other}") is op
    a, b = theano.sparse.csr_dmatrix(), theano.sparse.csr_dmatrix() if other == "s_s" else T.dmatrix()
    p, q = np.array([[0.0, 2.0], [3.0, 0.0]]), np.array([[0.0, 1.0], [3.0, 4.0]])
    given = [scipy.sparse.csr_matrix(p), scipy.sparse.csr_matrix(q) if other == "s_s" else q]
    found = theano.function([a, b], op(a, b))(*given)
    np.testing.assert_array_equal(found.toarray() if scipy.sparse.issparse(found) else found, _COMPARED[name](p, q))


SPARSE = {
    "AddSD": ("x + y", "add_s_d", A), "MulSD": ("x * y", "mul_s_d", A), "MulSV": ("x * y", "mul_s_v", A[0]),
    "StructuredAddSV": ("x + (x != 0) * y", "structured_add_s_v", A[0]), "Diag": ("np.diag(x)", "diag"),
    "TrueDot": ("x @ y", "true_dot", A),
}  # fmt: skip


@pytest.mark.parametrize("name", SPARSE)
def test_classes_of_sparse_operations(name):
    formula, function, *others = SPARSE[name]
    given = [T.as_tensor_variable(v).type() for v in others]
    made = getattr(theano.sparse, function)(s, *given)
    found = theano.function([s, *given], made)(P, *others)
    assert isinstance(getattr(theano.sparse.basic, name), type)
    expected = eval(formula, {"x": P.toarray(), "y": others[0] if others else None, "np": np})
    np.testing.assert_allclose(found.toarray() if scipy.sparse.issparse(found) else found, expected)


def test_derivatives_of_ones_own():
    a, b = T.dscalars("a", "b")
    op = theano.OpFromGraph([a, b], [a * b])
    op.set_lop_overrides([lambda inputs, outputs, gs: gs[0] * 7, "default"])
    op.set_rop_overrides([lambda inputs, points: points[0] * 9])
    y = op(a, b)
    f = theano.function([a, b], [*T.grad(y, [a, b]), T.Rop(y, a, T.constant(1.0))], on_unused_input="ignore")
    assert [float(v) for v in f(2, 3)] == [7, 2, 9]
    other = theano.OpFromGraph([a, b], [a * b])
    other.set_grad_overrides([lambda inputs, gs: gs[0] * 5, "default"])
    assert float(theano.function([a, b], T.grad(other(a, b), a), on_unused_input="ignore")(2, 3)) == 5


def test_profiles_by_class_and_op():
    f = theano.function([m], T.dot(T.exp(m), m), profile=True, mode=theano.Mode(linker="py"))
    f(A)
    stats = f.profile
    assert set(stats.class_callcount().values()) == {1} and set(stats.class_time()) == set(stats.class_callcount())
    assert set(stats.class_nodes()) == set(stats.class_impl()) == set(stats.class_callcount())
    assert set(stats.op_callcount()) == set(stats.op_time()) == set(stats.op_nodes()) == set(stats.op_impl())
    assert {type(op) for op in stats.op_time()} == set(stats.class_time())
    totals = stats.compute_total_times()
    assert len(totals) == 2 and max(totals.values()) >= sum(stats.class_time().values()) * 0.99


def test_what_is_printed_with_profiles(capsys):
    def printer(*given, **named):
        print("seen", len(given), sorted(named), file=sys.stderr)

    assert theano.compile.profiling.register_profiler_printer(printer) is printer
    try:
        f = theano.function([x], x + 1, profile=True)
        f([1.0])
        f.profile.print_extra(sys.stderr)
        assert "seen" in capsys.readouterr().err
    finally:
        theano.compile.profiling._printers.remove(printer)


def test_errors_of_linkers():
    node = (x + 1).owner
    try:
        raise KeyError("odd")
    except KeyError:
        with pytest.raises(KeyError, match="Apply node that caused the error"):
            theano.gof.link.raise_with_op(node, storage_map={v: [None] for v in node.inputs})


@pytest.mark.parametrize("action", ["off", "ignore", "warn", "raise"])
def test_missing_test_values(action):
    from theano.gof.op import missing_test_message

    with theano.change_flags(compute_test_value=action):
        if action == "warn":
            with pytest.warns(UserWarning, match="none here"):
                missing_test_message("none here")
        elif action == "raise":
            with pytest.raises(ValueError, match="none here"):
                missing_test_message("none here")
        else:
            missing_test_message("none here")


def test_texts_with_places():
    from theano.misc.strutil import render_string

    assert render_string("%(a)s%%", {"a": 1}) == "1%"
    for text, error, message in (
        ("fine\n%(b)s", KeyError, "line 2, '%\\(b\\)s': b"), ("x %(a)s %", ValueError, "line 1"),
        ("%d", TypeError, "line 1"),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            render_string(text, {"a": 1})
