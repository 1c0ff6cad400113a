"""Checks that hold for every expression: value, dtype, static and inferred shapes, gradient, R-operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import theano.tensor as T
from theano.gradient import Rop, grad
from theano.graph import evaluate, io_toposort, perform_node
from theano.tensor.shape import shape_tuple

STEP = 1e-6


def variables(arrays: Sequence[np.ndarray]) -> list[Any]:
    """One symbolic input for each array; axes of length 1 are broadcastable."""
    return [T.TensorType(a.dtype.name, [n == 1 for n in a.shape])() for a in arrays]


def run(outputs: Sequence[Any], inputs: Sequence[Any], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    return evaluate(list(outputs), dict(zip(inputs, arrays)))


def check_nodes(inputs: Sequence[Any], arrays: Sequence[np.ndarray], outputs: Sequence[Any]) -> None:
    """Every node's values have the dtype and shape its outputs and `infer_shape` promise."""
    values: dict[Any, Any] = dict(zip(inputs, arrays))

    def value(v: Any) -> Any:
        return values[v] if v in values else v.data

    for node in io_toposort(list(inputs), list(outputs)):
        for out, got in zip(node.outputs, perform_node(node, [value(v) for v in node.inputs])):
            assert isinstance(got, np.ndarray), (node, type(got))
            assert got.dtype == out.type.dtype, (node, got.dtype, out.type)
            assert got.ndim == out.type.ndim, (node, got.shape, out.type)
            static = out.type.shape
            assert all(n is None or n == m for n, m in zip(static, got.shape)), (node, static, got.shape)
            values[out] = got
        if type(node.op).defines("infer_shape"):
            shapes = node.op.infer_shape(node, [shape_tuple(v) for v in node.inputs])
            for out, dims in zip(node.outputs, shapes):
                got = tuple(int(d) for d in evaluate(list(dims), dict(values)))
                assert got == values[out].shape, (node, got, values[out].shape)
        pattern = node.op.connection_pattern(node)
        assert [len(p) for p in pattern] == [len(node.outputs)] * len(node.inputs), node


def check(
    build: Callable[..., Any],
    *arrays: Any,
    expect: Any = None,
    wrt: Sequence[int] | None = None,
    smooth: bool = True,
) -> np.ndarray:
    """Compare ``build(*variables)`` with `expect` (array or function of arrays); check derivatives."""
    arrays = tuple(np.asarray(a) for a in arrays)
    inputs = variables(arrays)
    y = build(*inputs)
    (got,) = run([y], inputs, arrays)
    check_nodes(inputs, arrays, [y])
    if expect is not None:
        wanted = np.asarray(expect(*arrays) if callable(expect) else expect)
        assert got.shape == wanted.shape, (got.shape, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if got.dtype.itemsize > 4 else 1e-4, atol=1e-12)
    if wrt is None:
        wrt = [i for i, a in enumerate(arrays) if a.dtype == np.float64]
    if smooth and wrt and got.dtype.kind == "f":
        check_derivatives(y, inputs, arrays, wrt, got)
    return got


def check_derivatives(
    y: Any, inputs: Sequence[Any], arrays: Sequence[np.ndarray], wrt: Sequence[int], got: np.ndarray
) -> None:
    rng = np.random.RandomState(3)
    weight = rng.uniform(0.5, 1.5, got.shape)
    directions = {i: rng.uniform(-1, 1, arrays[i].shape) for i in wrt}
    chosen = [inputs[i] for i in wrt]
    grads = grad((y * T.constant(weight)).sum(), chosen)
    check_nodes(inputs, arrays, grads)
    for v, g in zip(chosen, grads):
        assert g.type.broadcastable == v.type.broadcastable, (g.type, v.type)
    slopes = run(grads, inputs, arrays)
    points = [T.TensorType("float64", [n == 1 for n in directions[i].shape])() for i in wrt]
    forward = Rop(y, chosen, points)
    (moved,) = run([forward], [*inputs, *points], [*arrays, *(directions[i] for i in wrt)])

    def at(step: float) -> np.ndarray:
        shifted = [a + step * directions[i] if i in directions else a for i, a in enumerate(arrays)]
        return run([y], inputs, shifted)[0]

    numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
    scale = 1 + np.abs(numeric).max(initial=0)
    np.testing.assert_allclose(moved, numeric, atol=1e-5 * scale, err_msg="Rop")
    reverse = sum(float((s * directions[i]).sum()) for i, s in zip(wrt, slopes))
    np.testing.assert_allclose(
        reverse, float((numeric * weight).sum()), rtol=1e-4, atol=1e-5 * scale, err_msg="grad"
    )
