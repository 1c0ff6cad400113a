"""The shape of what an operation makes is known without its work: of all, but for those listed with reasons."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.tensor.extra_ops import Unique

import theano
import theano.tensor as T
from tests.gradient_examples import EXAMPLES, H, M, S, V, X
from tests.operations import declared
from theano.graph import FunctionGraph
from theano.legacy.nnet import gradient_ops, prepended
from theano.legacy.tensor import composed_ops
from theano.tensor import nlinalg, slinalg
from theano.tensor.linalg import eigen
from theano.tensor.shaping.shape import Shape, Shape_i

LABELS = np.array([1, 0, 3])

# Names of expressions, which have no example of gradients of their own.
OTHERS: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {
    "AllocDiag": (lambda v: composed_ops.AllocDiag(1)(v), [V]),
    "Bartlett": (lambda n: composed_ops.Bartlett()(n), [np.array(3)]),
    "CumprodOp": (lambda m: composed_ops.CumprodOp(1)(m), [M]),
    "CumsumOp": (lambda m: composed_ops.CumsumOp()(m), [M]),
    "CrossentropyCategorical1HotGrad": (
        lambda g, p, t: gradient_ops.CrossentropyCategorical1HotGrad()(g, p, t), [M[:, 0], M, LABELS]
    ),
    "CrossentropySoftmax1HotWithBiasDx": (
        lambda g, p, t: gradient_ops.CrossentropySoftmax1HotWithBiasDx()(g, p, t), [M[:, 0], M, LABELS]
    ),
    "DiffOp": (lambda m: composed_ops.DiffOp(2, 1)(m), [M]),
    "Dot22": (lambda a, b: composed_ops.Dot22()(a, b), [S, H]),
    "EighGrad": (lambda x, w: eigen.EighGrad()(x, w, x, w, x), [S, V[:3]]),
    "EigvalshGrad": (lambda a, b, g: slinalg.EigvalshGrad()(a, b, g), [S, H, V[:3]]),
    "ExpmGrad": (lambda a, g: slinalg.ExpmGrad()(a, g), [S, H]),
    "FillDiagonal": (lambda m, x: composed_ops.FillDiagonal()(m, x), [S, X]),
    "FillDiagonalOffset": (lambda m, x, k: composed_ops.FillDiagonalOffset()(m, x, k), [S, X, np.array(1)]),
    "Flatten": (lambda b: composed_ops.Flatten(2)(b), [np.ones((2, 3, 4))]),
    "Mean": (lambda m: composed_ops.Mean(0)(m), [M]),
    "PermuteRowElements": (
        lambda m, p: composed_ops.PermuteRowElements()(m, p, np.array(0)), [S, np.array([[2, 0, 1]] * 3)]
    ),
    "Prepend_scalar_constant_to_each_row": (
        lambda m: prepended.Prepend_scalar_constant_to_each_row(1.0)(m), [M]
    ),
    "RavelMultiIndex": (lambda i: composed_ops.RavelMultiIndex()(i, i, np.array([4, 4])), [LABELS]),
    "SoftmaxGrad": (lambda g, p: gradient_ops.SoftmaxGrad()(g, p), [M, M]),
    "TensorInv": (lambda a: nlinalg.TensorInv(1)(a), [np.eye(6).reshape(6, 2, 3)]),
    "TensorSolve": (lambda a, b: nlinalg.TensorSolve()(a, b), [np.eye(6).reshape(2, 3, 6), np.ones((2, 3))]),
    "Tile": (lambda m: composed_ops.Tile(2)(m, [2, 3]), [M]),
    "Unique, which it was": (lambda m: Unique(False, True)(m)[1], [M]),
    "Unique, which row it was": (lambda m: Unique(True, True, axis=0)(m)[2], [M]),
    "UnravelIndex": (lambda i: composed_ops.UnravelIndex(ndim=2)(i, np.array([4, 4])), [LABELS]),
}  # fmt: skip

# What has to be found out: the outputs by example.
UNKNOWN = {
    "lstsq": ("there are residuals if the rank is full", {1}),
    "lstsq of a vector": ("there are residuals if the rank is full", {1}),
    "advanced subtensor": ("a mask has as many elements as are true", {2}),
    "nonzero": ("there are as many positions as elements that are not zero", {0, 1}),
    "unique": ("there are as many as are distinct", {0}),
}

# Where operations are that few programs load.
LOADED_LATE = (
    "theano.random.sparse_draws", "theano.tensor.checks.raise_op", "theano.tensor.foreign",
    "theano.tensor.indexing.slices",
)  # fmt: skip

# Operations without `infer_shape`.
WITHOUT = {
    "a base class": {
        "BaseAbstractConv", "Indexed", "Unconnected", "_General", "_Neibs", "_OfFactors", "_OfFirst", "_Pooling",
        "_Reader", "_Transform", "mrg_uniform_base",
    },
    "the function tells it, if the user says so": {"ForeignFunctionOp", "FromFunctionOp"},
    "there are as many positions as elements that are not zero": {"Nonzero"},
    "no output": {"LostParts"},
    "it makes no tensor": {"MakeSlice", "Raise", "_Drawn"},
    "the lengths are among its inputs": {"ForeignCall"},
}  # fmt: skip


def readers(x: Any, inputs: list[Any]) -> set[str]:
    """The operations on elements of tensors with axes that the shape of `x` needs."""
    graph = FunctionGraph(inputs, [x.shape])
    theano.compile.mode.get_mode("FAST_RUN").rewrite(graph)
    lengths = {v for n in graph.apply_nodes if isinstance(n.op, Shape) for v in n.outputs}
    return {
        str(node.op)
        for node in graph.apply_nodes
        if not isinstance(node.op, Shape | Shape_i)
        and any(getattr(v.type, "ndim", 0) and v not in lengths for v in node.inputs)
    }


def variables(points: list[np.ndarray]) -> list[Any]:
    return [T.TensorType(p.dtype.name, [n == 1 for n in p.shape])(f"x{k}") for k, p in enumerate(points)]


@pytest.mark.parametrize("name", [*EXAMPLES, *OTHERS])
def test_shape_without_the_work(name: str) -> None:
    make, points = EXAMPLES[name] if name in EXAMPLES else OTHERS[name]
    inputs = variables(points)
    made = make(*inputs)
    _, unknown = UNKNOWN.get(name, ("", set()))
    for k, x in enumerate(made if isinstance(made, list | tuple) else [made]):
        if x.type.ndim:
            found = readers(x, inputs)
            # a vector of lengths may be written to
            assert bool(found - {"IncSubtensor{Set;int64}", "Subtensor{int64}"}) == (k in unknown), (k, found)


@pytest.mark.parametrize("name", OTHERS)
def test_shape_is_that_of_the_value(name: str) -> None:
    make, points = OTHERS[name]
    inputs = variables(points)
    made = make(*inputs)
    outputs = list(made) if isinstance(made, list | tuple) else [made]
    f = theano.function(inputs, [*outputs, *(x.shape for x in outputs)], on_unused_input="ignore")
    found = f(*points)
    for value, shape in zip(found[: len(outputs)], found[len(outputs) :], strict=True):
        assert tuple(shape) == value.shape


@pytest.mark.parametrize("shapes", [[(3,), (3,), (1,)], [(1,), (4,), (4,)], [(2, 1), (3,), (1, 3)], [(0,), (1,), (0,)]])
def test_choices_that_are_broadcast_when_it_runs(shapes: list[tuple[int, ...]]) -> None:
    a, *choices = (np.zeros(shape, "int64" if k == 0 else "float64") for k, shape in enumerate(shapes))
    inputs = [T.TensorType(v.dtype.name, [False] * v.ndim)() for v in (a, *choices)]
    out = T.choose(inputs[0], inputs[1:])
    value, shape = theano.function(inputs, [out, out.shape])(a, *choices)
    assert tuple(shape) == value.shape == np.choose(a, choices).shape


def test_every_operation_says_it() -> None:
    """Those of old names may be loaded or not: they are names of expressions, lists, and messages."""
    for module in LOADED_LATE:
        importlib.import_module(module)
    ours = [c for c in declared() if not c.__module__.startswith("theano.legacy.")]
    without = {c.__name__ for c in ours if not c.defines("infer_shape")}
    assert without == set().union(*WITHOUT.values())
