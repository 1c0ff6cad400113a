"""Every operation's gradients, of real and complex numbers, against finite differences; which are declared zero."""

from __future__ import annotations

import re

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.gradient_examples import EXAMPLES, WHOLE_NUMBERS, V, W
from tests.operations import declared, used
from theano import grad, scalar
from theano.gradient import Rop
from theano.graph import evaluate
from theano.graph.errors import MethodNotDefined
from theano.graph.null_type import DisconnectedType, NullType
from theano.tensor.masks import is_zero
from theano.tensor.opsupport import Unconnected

STEP = 1e-6

# Gradients that are zero, that do not exist, or that nobody has written down: by example, the inputs for each output.
_COMPARED = ("zero", "the result of a comparison changes by jumps", {0: {0, 1}})
_TESTED = ("zero", "whether a number is finite changes by jumps", {0: {0}})
_ROUNDED = ("zero", "rounding is constant between its jumps", {0: {0}})
_UNKNOWN = ("undefined", "no short form is known", {0: {0}})
DECLARED = {
    **dict.fromkeys(("lt", "gt", "le", "ge", "eq", "neq"), [_COMPARED]),
    **dict.fromkeys(scalar.compare.IN_RANGE.values(), [("zero", "ranges have jumps at their ends", {0: {0, 1, 2}})]),
    **dict.fromkeys(("isnan", "isinf"), [_TESTED]),
    **dict.fromkeys(("ceil", "floor", "trunc", "round_half_to_even", "round_half_away_from_zero"), [_ROUNDED]),
    **dict.fromkeys(("polygamma", "gammainc", "gammaincc", "gammal", "gammau", "jv", "iv"), [_UNKNOWN]),
    "chi2sf": [("undefined", "no short form is known", {0: {1}})],
    "ultra_fast_sigmoid": [("undefined", "an approximation by pieces; Theano gave none either", {0: {0}})],
    "switch": [("zero", "a condition changes by jumps", {0: {0}})],
    "second": [("disconnected", "only the shape is read", {0: {0}})],
    "int_div": [("zero", "rounding is constant between its jumps", {0: {0, 1}})],
    "sgn": [("zero", "constant between its jumps", {0: {0}})],
    "imag": [("zero", "real numbers have no imaginary part", {0: {0}})],
    "angle": [("zero", "that of real numbers is constant but for a jump", {0: {0}})],
    "parts": [
        ("zero", "real numbers have no imaginary part", {0: {1}, 1: {0}}),
        ("disconnected", "not read", {1: {1}, 2: {0}}),
    ],
    "casts": [("zero", "whole numbers change by jumps", {2: {0}, 3: {0}})],
    "max": [("zero", "positions change by jumps", {1: {0}, 3: {0}})],
    "max alone": [("zero", "positions change by jumps", {3: {0}})],
    "all, any": [("zero", "truth changes by jumps", {0: {0}, 1: {0}})],
    "nonzero": [("undefined", "positions change by jumps", {0: {0}, 1: {0}})],
    "prod without zeros": [("undefined", "the product jumps where an element becomes zero", {0: {0}})],
    "arange": [("disconnected", "it says how many elements there are", {0: {1}})],
    "shape": [("disconnected", "lengths do not depend on elements", {0: {0}, 1: {0}})],
    "eye": [("disconnected", "lengths do not depend on elements", {0: {0}, 1: {0}})],
    "empty": [("disconnected", "lengths do not depend on elements", {0: {0}})],
    "sort": [("zero", "positions change by jumps", {1: {0}})],
    "topk": [("zero", "positions change by jumps", {1: {0}, 2: {0}})],
    "searchsorted": [("zero", "positions change by jumps", {0: {0, 1}})],
    "unique": [("undefined", "how many elements there are changes by jumps", {0: {0}})],
    "assert": [("disconnected", "a condition changes by jumps", {0: {1}})],
    "lengths that fit": [("disconnected", "only the shape is read", {0: {1}})],
    "cross-entropy": [("disconnected", "positions change by jumps", {2: {0, 1}})],
    "pooling, backwards": [("zero", "only the shape is read", {1: {0}})],
    "pooling, in a direction": [("zero", "places change by jumps", {1: {0}})],
    "ifelse": [("zero", "a condition changes by jumps", {0: {0}})],
    # several outputs, of which not all read all inputs
    "diagonals": [("disconnected", "not read", {0: {1}, 1: {0}, 2: {0}, 3: {0}})],
    "eigvalsh": [("disconnected", "not read", {0: {1}})],
    "slogdet": [("disconnected", "the sign changes by jumps", {0: {0}})],
    "lstsq": [("disconnected", "the rank changes by jumps; singular values of the matrix", {2: {0, 1}, 3: {1}})],
    "stacks of matrices": [("disconnected", "not read", {0: {1}, 3: {1}, 4: {1}})],
    "alloc": [("disconnected", "not read, or only the shape", {0: {1}, 1: {0}, 2: {0}})],
    "fill": [("disconnected", "only the shape is read", {0: {0}})],
    "scan": [("disconnected", "not read", {1: {1}})],
    "batch normalisation": [("disconnected", "not read", {1: {1}, 2: {1}, 8: {1}})],
}  # fmt: skip

# Operations without an example.
EXEMPT = {
    "a base class": {
        "BaseAbstractConv", "CAReduce", "CAReduceDtype", "Composed", "Indexed", "OfMatrix", "Unconnected", "Written",
        "PoolGrad", "_Backward", "_BatchNorm", "_Blas", "_Blocks", "_Extreme", "_General", "_Logical", "_Neibs",
        "_OfFactors", "_OfFirst", "_Pooling", "_Reader", "_ScaledProduct", "_Sorting", "_Transform", "_Stripe",
        "mrg_uniform_base",
    },
    "draws: no gradient, which says so": {
        "Poisson", "Binomial", "Multinomial", "PoissonFromUniform", "BinomialFromUniform", "_Drawn", "_FromUniform",
        "ChoiceFromUniform", "MultinomialFromUniform", "PhiloxUniform", "RandomFunction", "mrg_uniform",
    },
    "the gradient is what the user asks for": {
        "ConsiderConstant", "DisconnectedGrad", "GradClip", "GradScale", "UndefinedGrad", "ZeroGrad",
    },
    "names of expressions, whose gradients are those of the expressions: tests/tensor/test_composed_ops.py": {
        "AllocDiag", "Bartlett", "CrossentropyCategorical1HotGrad", "CrossentropySoftmax1HotWithBiasDx", "CumprodOp",
        "CumsumOp", "DiffOp", "Dot22", "Dot22Scalar", "DotModulo",
        "EighGrad", "EigvalshGrad", "ExpmGrad", "FillDiagonal", "FillDiagonalOffset", "Flatten", "Mean",
        "PermuteRowElements", "Prepend_scalar_constant_to_each_row", "RavelMultiIndex", "ScalarFromTensor",
        "SoftmaxGrad", "TensorFromScalar", "TensorInv",
        "TensorSolve", "Tile", "UnravelIndex",
    },
    "an old name of transforms: tests/tensor/test_old_functions.py": {"Fourier"},
    "what an old pickle has and nobody knows: tests/compat/test_older_functions.py": {"Unread"},
    "an identity that may stop: tests/misc/test_unittest_tools.py": {"PdbBreakpoint"},
    "the op of a page of the documentation: tests/misc/test_collections.py": {"DoubleOp"},
    "messages, disconnected: tests/tensor/test_messages.py": {
        "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "_Message",
    },
    "no gradient: an error": {
        "Eig", "ForeignCall", "ForeignFunctionOp", "FromFunctionOp", "LUDet", "LUFactor", "LUSLogDet",
        "LUSolve", "LostParts", "MergedRows", "Raise", "Schur", "TriangularRoot", "TriangularSylvester",
    },
    "no elements of floating point": {"LoadFromDisk", "ProductPlaces", "StepCount"},
    "lists and slices: no gradient": {
        "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "MakeSlice", "Remove",
        "Reverse", "SliceBounds", "_Finds", "_MakesList",
    },
    "the base of what users define": {"ExternalCOp", "OpenMPOp"},
    "other names of convolutions": {
        "ConvOp", "Corr3dMM", "Corr3dMM_gradInputs", "Corr3dMM_gradWeights", "CorrMM", "CorrMM_gradInputs",
        "CorrMM_gradWeights",
    },
    "the identity, as its base class `ViewOp` is": {"Hint"},
}  # fmt: skip


def outputs_of(name, complex_numbers=False):
    """Inputs and outputs of an example."""
    xs = []
    for k, p in enumerate(EXAMPLES[name].points):
        dtype = "complex128" if complex_numbers and p.dtype.kind == "f" else p.dtype.name
        xs.append(T.TensorType(dtype, [n == 1 for n in p.shape])(f"x{k}"))
    found = EXAMPLES[name].make(*xs)
    return xs, list(found) if isinstance(found, list | tuple) else [found]


def weighted(out, weights):
    """A real number with the given weights of the elements; of complex ones, of both parts."""
    parts = T.real(T.conj(T.constant(weights)) * out) if out.dtype.startswith("complex") else out
    return T.sum(T.cast(parts, "float64") * (1 if out.dtype.startswith("complex") else T.constant(weights.real)))


def differences(cost, xs, points, k):
    """The gradient of `cost` to input k by differences: of a complex one, those of its parts."""
    found = np.zeros_like(points[k])
    for j in np.ndindex(found.shape):
        for unit in (1, 1j) if found.dtype.kind == "c" else (1,):
            values = []
            for sign in (1, -1):
                moved = points[k].copy()
                moved[j] += sign * unit * STEP
                given = {x: moved if i == k else p for i, (x, p) in enumerate(zip(xs, points, strict=True))}
                values.append(evaluate([cost], given)[0])
            found[j] += unit * (values[0] - values[1]) / (2 * STEP)
    return found


def weights_for(out, xs, points):
    shape = evaluate([out], dict(zip(xs, points, strict=True)))[0].shape
    rng = np.random.RandomState(5)
    return rng.uniform(0.5, 1.5, shape) + 1j * rng.uniform(0.5, 1.5, shape)


def kind_of(g):
    if isinstance(g.type, DisconnectedType):
        return "disconnected"
    if isinstance(g.type, NullType):
        return "undefined"
    return "zero" if is_zero(g) else "gradient"


@pytest.mark.parametrize("name", EXAMPLES)
def test_gradients_and_those_declared_zero(name):
    xs, outs = outputs_of(name)
    points = EXAMPLES[name].points
    declared = {
        (o, k): kind for kind, reason, where in DECLARED.get(name, ()) for o, ks in where.items() for k in ks if reason
    }
    for o, out in enumerate(outs):
        cost = weighted(out, weights_for(out, xs, points))
        for k, x in enumerate(xs):
            if points[k].dtype.kind != "f":
                continue
            how = {"return_disconnected": "Disconnected", "null_gradients": "return", "disconnected_inputs": "ignore"}
            g = grad(cost, x, **how)
            assert kind_of(g) == declared.get((o, k), "gradient"), (o, k)
            if kind_of(g) == "undefined":
                continue
            got = 0.0 if kind_of(g) == "disconnected" else evaluate([g], dict(zip(xs, points, strict=True)))[0]
            np.testing.assert_allclose(got + 0 * points[k], differences(cost, xs, points, k), rtol=1e-5, atol=1e-6)


def complex_points(name):
    rng = np.random.RandomState(3)
    points = [
        np.asarray(p + 1j * rng.uniform(0.2, 0.6, p.shape)) if p.dtype.kind == "f" else p for p in EXAMPLES[name].points
    ]
    if name in ("cholesky", "eigvalsh"):  # ask for matrices that are their adjoints
        points = [(p + p.conj().T) / 2 for p in points]
    return points


# What has no meaning for complex numbers, or no derivative there.
REFUSED = re.compile("complex|order|real numbers|of floats|float arguments|undefined")


@pytest.mark.parametrize("name", EXAMPLES)
def test_gradients_of_complex_numbers(name):
    """dC/da + i dC/db for a + ib, or an error with words; and the R-operator."""
    points = complex_points(name)
    try:
        xs, outs = outputs_of(name, complex_numbers=True)
    except (TypeError, ValueError, NotImplementedError) as error:
        assert REFUSED.search(str(error)), error
        return
    given = dict(zip(xs, points, strict=True))
    for out in outs:
        cost = weighted(out, weights_for(out, xs, points))
        for k, x in enumerate(xs):
            if points[k].dtype.kind != "c":
                continue
            try:
                g = grad(cost, x, disconnected_inputs="ignore")
            except (NotImplementedError, TypeError) as error:
                assert REFUSED.search(str(error)), error
                continue
            assert g.dtype == x.dtype
            expected = differences(cost, xs, points, k)
            np.testing.assert_allclose(evaluate([g], given)[0], expected, rtol=1e-5, atol=1e-5)
            check_forward(cost, x, given, expected)


def check_forward(cost, x, given, gradient):
    direction = np.random.RandomState(1).normal(size=gradient.shape + (2,)) @ [1, 1j]
    try:
        change = Rop(cost, x, T.constant(np.asarray(direction)), disconnected_outputs="ignore")
    except (MethodNotDefined, NotImplementedError):
        return
    expected = np.sum(np.real(np.conj(gradient) * direction))
    np.testing.assert_allclose(evaluate([change], given)[0], expected, rtol=1e-5, atol=1e-5)


def test_real_parts_of_complex_work():
    """Real variables in complex expressions have real gradients."""
    a, b = T.dvectors("a", "b")
    c = T.complex(a, b)
    found = grad(T.dot(c, c).real, [a, b])
    values = evaluate(found, {a: np.array([1.0, 2]), b: np.array([3.0, -1])})
    assert [v.tolist() for v in values] == [[2, 4], [-6, 2]]
    x, z = T.dmatrix("x"), T.zvector("z")
    assert grad(abs(T.dot(x, z)).sum(), x).dtype == "float64"
    assert grad(T.join(0, x[0], z).imag.sum(), x).dtype == "float64"


def test_every_operation_has_an_example():
    seen, names = set(), set()
    for name in EXAMPLES:
        classes, scalars = used(outputs_of(name)[1])
        seen |= classes
        names |= scalars
    every = set(scalar.TABLE) - {n for n in scalar.TABLE if n.startswith("Cast")}
    assert every - names == WHOLE_NUMBERS
    exempt = set().union(*EXEMPT.values())
    assert {c.__name__ for c in declared() - seen} - exempt == set(), "give it an example, or a reason why it has none"


@pytest.mark.parametrize("cls", Unconnected.__subclasses__(), ids=lambda c: c.__name__)
def test_disconnected_by_class(cls):
    """What is disconnected as a class reads no elements, only lengths."""
    assert cls.__name__ in {"AllocEmpty", "LoadFromDisk", "Shape", "Shape_i", "StepCount", "_Message"}


# Twice differentiable functions at points where their derivatives are easily wrong: zeros, equal elements, length 1.
Z = np.array([0.0, 2, 3])
SPECIAL = {
    "prod": (lambda v: v.prod(), [Z]),
    "prod of one": (lambda v: v.prod(), [np.array([0.0])]),
    "prod of two zeros": (lambda v: v.prod() + (v**2).prod(), [np.array([0.0, 2, 0])]),
    "prod of columns": (lambda m: (m.prod(axis=0) ** 2).sum(), [np.array([[0.0, 1, 0], [0, 0, 2], [2, 3, 1]])]),
    "prod of axes": (lambda b: b.prod(axis=(0, 2)).sum(), [np.array([[[0.0, 2], [1, 1]], [[1, 3], [0, 0]]])]),
    "prod that is known to have no zeros": (lambda v: T.prod(v, no_zeros_in_input=True), [V]),
    "cumprod": (lambda v: (T.cumprod(v) ** 2).sum(), [Z]),
    "cumprod of a matrix": (lambda m: T.cumprod(m, axis=0).sum() + T.cumprod(m).sum(), [np.array([[0.0, 2], [1, 0]])]),
    "product by hand": (lambda v: v[0] * v[1] * v[2], [Z]),
    "n-ary product": (lambda v: T.mul(v[0], v[1], v[2], v[0]), [np.zeros(3)]),
    "mul": (lambda v, w: (v * w * v).sum(), [Z, np.zeros(3)]),
    "div": (lambda v, w: (v / w).sum(), [np.zeros(3), W[:3]]),
    "powers": (lambda v: sum((v**n).sum() for n in range(5)), [Z]),
    "powers by a variable": (lambda v, n: (v**n).sum(), [np.array([2.0, 1, 1]), np.array([3.0, 0, 1])]),
    "powers by whole numbers": (lambda v: (v.dimshuffle(0, "x") ** T.arange(4)).sum(), [Z]),
    "powers by floats": (lambda v: (v.dimshuffle(0, "x") ** T.constant([0.0, 1, 2, 3])).sum(), [Z]),
    "powers of one": (lambda v: ((1 + v) ** 2.5).sum(), [np.array([0.0, -0.5, 1])]),
    "exponentials": (lambda v: (2**v + T.exp2(v) + T.expm1(v)).sum(), [Z]),
    "logarithms": (lambda v: (T.log1p(v) + T.log(1 + v)).sum(), [Z]),
    "sqr": (lambda v: (T.sqr(v) * v).sum(), [Z]),
    "circular": (lambda v: (T.sin(v) * T.cos(v) + T.tan(v / 9) + T.arctan(v) + T.arcsin(v / 9)).sum(), [Z]),
    "hyperbolic": (lambda v: (T.tanh(v) + T.sinh(v) + T.arcsinh(v) + T.arctanh(v / 9)).sum(), [Z]),
    "angles": (lambda v, w: T.arctan2(v, w).sum(), [np.array([0.0, 1, -1]), np.array([1.0, 0, 0])]),
    "steps": (lambda v: (T.nnet.sigmoid(v) + T.nnet.softplus(v)).sum(), [np.array([0.0, 40, -40])]),
    "errors": (lambda v: (T.erf(v) + T.erfc(v) + T.erfinv(v / 9)).sum(), [Z]),
    "bessel": (lambda v: (T.j0(v) + T.j1(v) + T.i0(v) + T.i1(v)).sum(), [Z]),
    "gamma": (lambda v: (T.gammaln(v) + T.gamma(v)).sum(), [np.array([1.0, 2, 1.5])]),
    "softmax": (lambda v: (T.nnet.softmax(v.dimshuffle("x", 0)) ** 2).sum(), [np.zeros(3)]),
    "logsumexp": (lambda v: T.log(T.exp(v).sum()), [np.zeros(3)]),
    "logsumexp by hand": (lambda v: T.log(T.exp(v - v.max()).sum()) + v.max(), [np.array([1.0, 0, 0])]),
    "cross-entropy": (
        lambda m: T.nnet.categorical_crossentropy(T.nnet.softmax(m), T.constant([1, 0])).sum(), [np.zeros((2, 3))]
    ),
    "mean and var": (lambda v: v.mean() ** 2 + v.var() ** 2 + v.var(), [np.ones(3)]),
    "var of one": (lambda v: v.var() + v.mean(), [np.ones(1)]),
    "norm": (lambda v: v.norm(2) ** 3, [np.array([0.0, 0, 1])]),
    "dot": (lambda v, w: T.dot(v, w) ** 2, [np.zeros(3), Z]),
    "dot of matrices": (lambda m: (T.dot(m, m.T) ** 2).sum(), [np.zeros((2, 2))]),
    "outer": (lambda v: (T.outer(v, v) ** 2).sum(), [Z]),
    "det": (lambda m: T.nlinalg.det(m), [np.array([[0.0, 1], [1, 0]])]),
    "inverse": (lambda m: T.nlinalg.matrix_inverse(m).sum(), [np.eye(2)]),
    "solve": (lambda m, v: T.slinalg.solve(m, v).sum(), [np.eye(2), np.zeros(2)]),
    "cholesky": (lambda m: T.slinalg.cholesky(m).sum(), [2 * np.eye(2)]),
    "expm": (lambda m: T.slinalg.expm(m).sum(), [np.zeros((2, 2))]),
    "elements": (lambda v: v[0] ** 2 * v[-1] + (v[[0, 0, 1]] ** 2).sum(), [Z]),
    "writes": (lambda v: (T.set_subtensor(v[1:], v[:-1] * v[1:]) ** 2).sum(), [Z]),
    "increments": (lambda v: (T.inc_subtensor(v[[0, 0]], v[1:] ** 2) ** 2).sum(), [Z]),
    "joined": (lambda v: (T.concatenate([v, v**2]) ** 2).prod(), [Z]),
    "choice": (lambda v: T.switch(v > 1, v**2, v**3).sum(), [Z]),
    "maximum": (lambda v: (T.maximum(v**2, v - 7) ** 2).sum() + T.clip(v, -9, 9).prod(), [Z]),
    "max": (lambda v: v.max() ** 2 * v.min(), [Z]),
    "sort": (lambda v: (T.sort(v)[:2] ** 3).sum(), [Z]),
    "broadcast": (lambda v, w: (v.dimshuffle(0, "x") * w**2).sum(), [np.zeros(1), Z]),
    "scan": (
        lambda v: theano.scan(lambda x, s: s * x, sequences=v, outputs_info=np.float64(1.0))[0][-1], [Z]
    ),
    "complex": (lambda v: abs(T.complex(v, v**2) ** 2).sum() + T.complex(v, v).prod().real, [np.array([1.0, 2, 0.5])]),
    "complex prod": (lambda v: T.complex(v, 2 * v).prod().imag, [Z]),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIAL)
def test_second_derivatives_at_special_points(name):
    """All second derivatives, in one matrix over all inputs, against differences of the gradient's own values."""
    f, points = SPECIAL[name]
    sizes = np.cumsum([0, *(p.size for p in points)])
    flat = T.dvector("flat")
    xs = [T.reshape(flat[a:b], p.shape) for a, b, p in zip(sizes, sizes[1:], points, strict=False)]
    cost = f(*xs)
    at = np.concatenate([p.ravel() for p in points])
    gradient = grad(cost, flat)
    both = theano.function([flat], [cost, gradient], mode="FAST_COMPILE")
    ends = [(both(at + s), both(at - s)) for s in np.eye(len(at)) * 1e-5]
    expected = [(a[0] - b[0]) / 2e-5 for a, b in ends]
    bent = np.stack([(a[1] - b[1]) / 2e-5 for a, b in ends], axis=1)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = theano.function([flat], [gradient, theano.gradient.hessian(cost, flat)], mode=mode)
        for got, wanted in zip(f(at), (expected, bent), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5, err_msg=mode)


def narrowed(name):
    """The example with one axis of one input of length 1, for each of them for which that makes sense."""
    points = EXAMPLES[name].points
    for k, p in enumerate(points):
        if p.dtype.kind != "f":
            continue
        for axis in range(p.ndim):
            xs = [
                T.TensorType(q.dtype.name, [n == 1 or (j == k and a == axis) for a, n in enumerate(q.shape)])()
                for j, q in enumerate(points)
            ]
            try:
                made = EXAMPLES[name].make(*xs)
            except (TypeError, ValueError, NotImplementedError, IndexError, AssertionError):
                continue  # it has to have more elements
            yield xs[k], list(made) if isinstance(made, list | tuple) else [made]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_gradient_of_a_column_is_a_column(name):
    for x, outs in narrowed(name):
        for out in outs:
            g = grad(T.sum(T.cast(abs(out), "float64")), x, disconnected_inputs="ignore", null_gradients="return")
            if not isinstance(g.type, NullType):  # and no contradiction: an axis known to have another length
                lengths = [1 if n in (None, 1) and one else n for n, one in zip(g.type.shape, x.type.broadcastable)]
                assert g.type.broadcastable == tuple(n == 1 for n in lengths), (x.type, out.owner.op)
