"""Checks that hold for every expression: value, dtype, static and inferred shapes, gradient, R-operator.

Values come from the ops' NumPy implementations, and compiled code must give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import theano.tensor as T
from theano import graph
from theano.compile import Mode, function
from theano.gradient import Rop, grad
from theano.graph import io_toposort, perform_node
from theano.tensor.shaping.shape import shape_tuple

STEP = 1e-6
NATIVE = Mode(linker="cvm", optimizer=None)
TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "complex64": 2e-5}


def variables(arrays: Sequence[np.ndarray]) -> list[Any]:
    """One symbolic input for each array; axes of length 1 are broadcastable."""
    return [T.TensorType(a.dtype.name, [n == 1 for n in a.shape])() for a in arrays]


def evaluate(outputs: Sequence[Any], given: dict[Any, Any]) -> list[np.ndarray]:
    """What `theano.graph.evaluate` gives, if compiled code gives it, too."""
    values: list[np.ndarray] = graph.evaluate(list(outputs), given)
    natively(outputs, list(given), list(given.values()), values)
    return values


def natively(outputs: Sequence[Any], inputs: Sequence[Any], arrays: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Compiled code, of the expressions as they are, gives the `wanted` values."""
    f = function(list(inputs), list(outputs), mode=NATIVE, on_unused_input="ignore")
    assert f.is_native
    for out, got, value in zip(outputs, f(*arrays), wanted, strict=True):
        assert (got.dtype, got.shape) == (value.dtype, value.shape), (out, got, value)
        if value.dtype.kind not in "fc":
            np.testing.assert_array_equal(got, value, err_msg=str(out))
            continue
        near = TOLERANCE.get(value.dtype.name, 1e-11)
        scale = max(1.0, float(np.abs(value[np.isfinite(value)]).max(initial=0)))
        np.testing.assert_allclose(got, value, rtol=near, atol=near * scale, err_msg=str(out))


def run(outputs: Sequence[Any], inputs: Sequence[Any], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    return evaluate(outputs, dict(zip(inputs, arrays)))


def _performed(outputs: Sequence[Any], inputs: Sequence[Any], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    values: list[np.ndarray] = graph.evaluate(list(outputs), dict(zip(inputs, arrays)))
    return values


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
                if dims is None:
                    continue  # it does not know
                got = tuple(int(d) for d in graph.evaluate(list(dims), dict(values)))
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
    (got,) = _performed([y], inputs, arrays)
    check_nodes(inputs, arrays, [y])
    if expect is not None:
        wanted = np.asarray(expect(*arrays) if callable(expect) else expect)
        assert got.shape == wanted.shape, (got.shape, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if got.dtype.itemsize > 4 else 1e-4, atol=1e-12)
    if wrt is None:
        wrt = [i for i, a in enumerate(arrays) if a.dtype == np.float64]
    if smooth and wrt and got.dtype.kind == "f":
        check_derivatives(y, inputs, arrays, wrt, got)
    else:
        natively([y], inputs, arrays, [got])
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
    slopes = _performed(grads, inputs, arrays)
    points = [T.TensorType("float64", [n == 1 for n in directions[i].shape])() for i in wrt]
    forward = Rop(y, chosen, points)
    given = [*arrays, *(directions[i] for i in wrt)]
    (moved,) = _performed([forward], [*inputs, *points], given)
    natively([y, *grads, forward], [*inputs, *points], given, [got, *slopes, moved])

    def at(step: float) -> np.ndarray:
        shifted = [a + step * directions[i] if i in directions else a for i, a in enumerate(arrays)]
        return _performed([y], inputs, shifted)[0]

    numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
    scale = 1 + np.abs(numeric).max(initial=0)
    np.testing.assert_allclose(moved, numeric, atol=1e-5 * scale, err_msg="Rop")
    reverse = sum(float((s * directions[i]).sum()) for i, s in zip(wrt, slopes))
    np.testing.assert_allclose(
        reverse, float((numeric * weight).sum()), rtol=1e-4, atol=1e-5 * scale, err_msg="grad"
    )
