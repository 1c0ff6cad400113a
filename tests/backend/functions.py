"""A table of functions that use every part of the loop program, and how to run one in other ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.compile.native.callback import NodeCall
from theano.ifelse import ifelse
from theano.runtime import abi
from theano.tensor.signal.pool import pool_2d

RNG = np.random.default_rng(7)


def normal(*shape: int, dtype: str = "float64") -> np.ndarray:
    return RNG.normal(size=shape).astype(dtype)


def integers(low: int, high: int, *shape: int, dtype: str = "int64") -> np.ndarray:
    return RNG.integers(low, high, shape).astype(dtype)


@dataclass
class Case:
    """A function, arguments, and how far its results may differ from the native ones (in units of eps)."""

    name: str
    build: Callable[[], tuple[Any, ...]]  # inputs, outputs[, updates]
    args: list[Any]
    ulps: int = 0
    shared: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


def unary(op: Callable[[Any], Any], dtype: str = "float64", ndim: int = 1) -> Callable[[], tuple[Any, ...]]:
    def build() -> tuple[Any, ...]:
        x = T.TensorType(dtype, (False,) * ndim)("x")
        return [x], op(x)

    return build


def binary(op: Callable[[Any, Any], Any], *dtypes: str, ndim: int = 1) -> Callable[[], tuple[Any, ...]]:
    def build() -> tuple[Any, ...]:
        x, y = (T.TensorType(d, (False,) * ndim)(n) for d, n in zip(dtypes, "xy", strict=True))
        return [x, y], op(x, y)

    return build


def updating(
    op: Callable[[Any, Any], Any], start: Any, outputs: Callable[[Any, Any], Any] = lambda s, x: []
) -> Any:
    def build() -> tuple[Any, ...]:
        s, x = (
            theano.shared(np.array(start), name="s"),
            T.TensorType("float64", (False,) * np.ndim(start))("x"),
        )
        return [x], outputs(s, x), [(s, op(s, x))]

    return build


def dense() -> tuple[Any, ...]:
    x, b = T.matrices("x"), T.vector("b")
    w = theano.shared(np.linspace(-1, 1, 12).reshape(4, 3), name="w")
    return [x, b], T.nnet.sigmoid(T.dot(x, w) + b)


def training() -> tuple[Any, ...]:
    x, y = T.matrix("x"), T.ivector("y")
    w = theano.shared(np.linspace(-1, 1, 12).reshape(4, 3), name="w")
    b = theano.shared(np.zeros(3), name="b")
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, w) + b), y).mean()
    gw, gb = T.grad(loss, [w, b])
    return [x, y], loss, [(w, w - 0.1 * gw), (b, b - 0.1 * gb)]


def branching() -> tuple[Any, ...]:
    x, y = T.matrix("x"), T.vector("y")
    return [x, y], ifelse(y.sum() > 0, x * 2, T.exp(x))


def scalar_branching() -> tuple[Any, ...]:
    c, x = T.iscalar("c"), T.scalar("x")
    return [c, x], ifelse(T.gt(c, 0), x + 1, x * x)


@theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
def reversed_sums(x: np.ndarray) -> np.ndarray:
    return np.cumsum(x[::-1])


def calling_back() -> tuple[Any, ...]:
    x = T.vector("x")
    return [x], [reversed_sums(x * 2) + 1, x.sum()]


def running() -> tuple[Any, ...]:
    """Along both axes, more rows and columns than are taken at once, and along one row."""
    x, v = T.matrix("x"), T.vector("v")
    rows = T.grad((T.cumprod(x, axis=1) ** 2).sum(), x)
    return [x, v], [T.cumsum(x, axis=0) * 2, T.cumsum(x + 1, axis=1), rows, T.cumsum(v)]


def batch_of_sequences() -> tuple[Any, ...]:
    """The rows of a batch need each other nowhere."""
    x, h = T.tensor3("x"), T.matrix("h")
    w = theano.shared(np.linspace(-1, 1, 18).reshape(3, 6), name="w")

    def step(x: Any, h: Any) -> Any:
        z = T.dot(h, w)
        return T.nnet.softmax(z[:, :3] + x) * z[:, 3:]

    rows, _ = theano.scan(step, x, h)
    return [x, h], rows


def images(*shape: int, dtype: str = "float64") -> np.ndarray:
    """Numbers of which some are equal."""
    return np.round(normal(*shape, dtype=dtype) * 2)


def pooled(
    mode: str, window: Any, ignore_border: bool = True, dtype: str = "float64", **how: Any
) -> Callable[[], tuple[Any, ...]]:
    """Windows along two axes, and back."""

    def build() -> tuple[Any, ...]:
        x, g = (T.tensor3(name, dtype=dtype) for name in "xg")
        y = pool_2d(x, window, ignore_border, mode=mode, **how)
        return [x, g], [y, T.Lop(y, x, g)]

    return build


def pooled_in_unknown_windows() -> tuple[Any, ...]:
    x, window = T.tensor3("x"), T.lvector("window")
    return [x, window], pool_2d(x, window, True, stride=window - 1, mode="max")


def several() -> tuple[Any, ...]:
    x = T.matrix("x")
    m = x.mean(axis=1, keepdims=True)
    return [x], [x - m, T.sqrt(T.sqr(x - m).mean(axis=1)), x.max(axis=0), T.argmax(x, axis=1)]


FLOATS = normal(19)
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, 709.9, -745.2, 0.5, -2.5, 3.5])
MATRIX = normal(5, 4)
BYTES = integers(-128, 128, 23, dtype="int8")

CASES = [
    Case("mul", binary(lambda x, y: x * y, "float64", "float64", ndim=2), [MATRIX, normal(5, 4)]),
    Case("add_f32", binary(lambda x, y: x + y, "float32", "float32"), [normal(9, dtype="float32")] * 2),
    Case("mixed_types", binary(lambda x, y: x + y, "float32", "int64"),
         [normal(9, dtype="float32"), np.arange(9)]),
    Case("bytes", binary(lambda x, y: x * y + x, "int8", "int8"), [BYTES, BYTES[::-1].copy()]),
    Case("floor_divide", binary(lambda x, y: x // y, "int8", "int8"),
         [BYTES, np.resize(np.array([-2, -1, 3], "int8"), 23)]),
    Case("modulo", binary(lambda x, y: x % y, "int32", "int32"),
         [integers(-9, 9, 30, dtype="int32"), np.resize(np.array([-3, 3, 2], "int32"), 30)]),
    Case("float_modulo", binary(lambda x, y: x % y, "float64", "float64"), [normal(9), normal(9)]),
    *[
        Case(f"shifts of {dtype}", unary(lambda x: [(x << 3) + (x >> 2), x << x, x >> x], dtype),
             [integers(*((0, 200) if dtype[0] == "u" else (-100, 100)), 40, dtype=dtype)])
        for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    ],
    Case("shift", unary(lambda x: T.bitwise_xor(x, 5) | ~x, "uint8"), [integers(0, 256, 9, dtype="uint8")]),
    Case("casts", unary(lambda x: [T.cast(x, "int8"), T.cast(x, "uint16"), T.cast(x, "float32")]),
         [FLOATS * 9]),
    Case("bools", binary(lambda x, y: T.eq(x, y) | (x < y), "float64", "float64"),
         [FLOATS, FLOATS[::-1].copy()]),
    Case("half", unary(lambda x: x * 1.5, "float16"), [normal(9, dtype="float16")]),
    Case("switch", binary(lambda x, y: T.switch(x > 0, y, x), "float64", "float64"), [normal(9), normal(9)]),
    Case("sigmoid", unary(T.nnet.sigmoid, ndim=2), [MATRIX]),
    Case("exp", unary(T.exp), [SPECIAL]),
    Case("exp_f32", unary(T.exp, "float32"), [SPECIAL.astype("float32")]),
    Case("log", unary(T.log), [np.abs(SPECIAL)]),
    Case("tanh", unary(T.tanh), [SPECIAL]),
    Case("sin", unary(T.sin), [np.array([0.0, 1.0, -2.5, 100.0, 1e6])]),
    Case("erf", unary(T.erf), [SPECIAL]),
    Case("pow", binary(lambda x, y: x**y, "float64", "float64"), [np.abs(normal(9)), normal(9)]),
    Case("round", unary(lambda x: [T.floor(x), T.ceil(x), T.round(x), abs(x), T.sgn(x), T.sqrt(abs(x))]),
         [SPECIAL]),
    Case("softplus", unary(T.nnet.softplus), [SPECIAL]),
    Case("row_sum", unary(lambda x: x.sum(axis=1), ndim=2), [MATRIX], 8),
    Case("column_sum", unary(lambda x: x.sum(axis=0), ndim=2), [MATRIX], 8),
    Case("crossed_sums", unary(lambda x: x.sum(axis=(0, 2)), ndim=3), [normal(33, 5, 7)], 8),
    Case("sum_all", unary(lambda x: x.sum(), ndim=3), [1 + normal(3, 4, 17)], 16),  # not near 0: ulps are of the sum
    Case("product_int", unary(lambda x: x.prod(), "int32"), [integers(-4, 5, 6, dtype="int32")]),
    Case("any", unary(lambda x: [T.any(x > 2, axis=0), T.all(x > -2, axis=1)], ndim=2), [MATRIX]),
    Case("maximum", unary(lambda x: [x.max(), x.min(axis=0)], ndim=2), [MATRIX]),
    Case("empty_sum", unary(lambda x: x.sum(axis=0), ndim=2), [np.zeros((0, 4))]),
    Case("softmax", unary(T.nnet.softmax, ndim=2), [MATRIX], 4),
    Case("several", several, [MATRIX], 32),
    Case("dot", binary(T.dot, "float64", "float64", ndim=2), [normal(5, 4), normal(4, 3)], 32),
    Case("dot_large", binary(T.dot, "float64", "float64", ndim=2), [normal(20, 18), normal(18, 21)], 512),
    Case("dot_transposed", binary(lambda x, y: T.dot(x.T, y), "float32", "float32", ndim=2),
         [normal(18, 20, dtype="float32"), normal(18, 21, dtype="float32")], 512),
    Case("dense", dense, [normal(6, 4), normal(3)], 32),
    Case("outer", binary(T.outer, "float64", "float64"), [normal(4), normal(3)]),
    Case("transposed", unary(lambda x: x.T + 1, ndim=2), [MATRIX]),
    Case("reshaped", unary(lambda x: x.reshape((-1, 2)) * x.shape[0], ndim=2), [MATRIX]),
    Case("joined", binary(lambda x, y: T.concatenate([x, 2 * y, x], axis=1), "float64", "float64", ndim=2),
         [normal(3, 2), normal(3, 4)]),
    Case("slices", unary(lambda x: [x[1:, ::-1] * 2, x[-1], x[:, 1]], ndim=2), [MATRIX]),
    Case("set_part", unary(lambda x: T.set_subtensor(x[1:3], 7.0), ndim=2), [MATRIX]),
    Case("add_part", unary(lambda x: T.inc_subtensor(x[:, 1], x[:, 0]), ndim=2), [MATRIX]),
    Case("rows_by_index", binary(lambda x, i: x[T.cast(i, "int64")[:, 0]], "float64", "int64", ndim=2),
         [MATRIX, np.array([[4], [0], [-1]])]),
    Case("added_to_rows", binary(lambda x, i: T.inc_subtensor(x[i[:, 0]], 2.0), "float64", "int64", ndim=2),
         [normal(5, 40), np.array([[4], [0], [-1], [0]])]),
    Case("set_in_columns", binary(lambda x, i: T.set_subtensor(x[:, i[:, 0]], 2.0), "float64", "int64", ndim=2),
         [MATRIX, np.array([[2], [0], [-1], [0]])]),
    Case("arange", unary(lambda x: T.arange(x.shape[0]) * x), [FLOATS]),
    Case("branch_then", branching, [MATRIX, np.ones(3)]),
    Case("branch_else", branching, [MATRIX, -np.ones(3)]),
    Case("scalar_branch", scalar_branching, [np.int32(1), np.float64(2.5)]),
    Case("call_back", calling_back, [FLOATS], 16),
    Case("running", running, [normal(7, 21), FLOATS]),
    Case("pooled", pooled("max", (2, 2)), [images(3, 7, 41), images(3, 3, 20)]),
    Case("pooled_f32", pooled("max", (2, 2), dtype="float32"),
         [images(3, 4, 80, dtype="float32"), images(3, 2, 40, dtype="float32")]),
    Case("pooled_over_the_border", pooled("max", (3, 2), stride=(2, 3), ignore_border=False),
         [images(2, 5, 50), images(2, 2, 17)]),
    Case("pooled_with_padding", pooled("max", (3, 3), stride=(2, 2), pad=(1, 1)), [images(2, 6, 37), images(2, 3, 19)]),
    Case("pooled_far_apart", pooled("sum", (2, 2), stride=(3, 5)), [images(2, 9, 43), images(2, 3, 9)]),
    Case("averaged", pooled("average_exc_pad", (3, 3), stride=(1, 1), pad=(1, 1)),
         [images(2, 5, 33), images(2, 5, 33)], 16),
    Case("averaged_in_large_windows", pooled("average_inc_pad", (7, 6), stride=(4, 4), pad=(2, 2)),
         [images(2, 14, 30), images(2, 3, 8)], 64),
    Case("pooled_integers", unary(lambda x: pool_2d(x, (2, 3), False, mode="average_exc_pad"), "int8", 3),
         [integers(-128, 128, 2, 5, 50, dtype="int8")]),
    Case("pooled_in_unknown_windows", pooled_in_unknown_windows, [images(2, 7, 40), np.array([3, 2])]),
    Case("update_in_place", updating(lambda s, x: s + x, np.ones((5, 4))), [MATRIX]),
    Case("update_number", updating(lambda s, x: s + x, 3.0), [np.array(2.0)]),
    Case("update_with_old", updating(lambda s, x: s * x, np.ones(19), lambda s, x: s - x), [FLOATS]),
    Case("update_transposed", updating(lambda s, x: s.T + x, np.eye(4)), [normal(4, 4)]),
    Case("update_longer", updating(lambda s, x: T.concatenate([s, x]), np.ones(3)), [FLOATS]),
    Case("batch_of_sequences", batch_of_sequences, [normal(4, 19, 3), normal(19, 3)], 256),
    Case("training", training, [normal(6, 4), np.array([0, 2, 1, 1, 0, 2], "int32")], 64),
]  # fmt: skip


@dataclass
class Compiled:
    """A compiled case: the function, what was lowered, and its storages."""

    function: Any
    executor: Any

    @property
    def lowered(self) -> Any:
        return self.executor.lowered

    @property
    def storages(self) -> list[list[Any]]:
        return self.executor.plan.storages

    def words(self, storages: list[list[Any]]) -> dict[int, Any]:
        """The function's context words as Python objects."""
        found = {}
        for word, (kind, payload) in enumerate(self.lowered.words, abi.FIRST_FREE):
            if kind == "storage":
                payload = storages[payload]
            elif kind == "callback":
                payload = NodeCall(payload, self.executor.plan.fgraph)
            found[word] = payload
        return found


def compiled(case: Case) -> Compiled:
    inputs, outputs, *updates = case.build()
    function = theano.function(inputs, outputs, updates=updates[0] if updates else None, mode="FAST_RUN")
    return Compiled(function, function.executor if hasattr(function, "executor") else function.maker.executor)


def assert_as_native(f: Compiled, case: Case, found: list[Any], storages: list[Any]) -> None:
    """What another executor of a program found, and left in the storages, is what native code finds and leaves."""
    expected = f.function(*case.args)
    expected = expected if isinstance(expected, list) else [] if expected is None else [expected]
    for a, b in zip(found, expected, strict=True):
        assert_equal(a, b, case.ulps)
    for mine, native in zip(storages, f.storages, strict=True):
        assert_equal(mine[0], native[0], case.ulps)


def assert_equal(found: Any, expected: Any, ulps: int) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    if not ulps or expected.dtype.kind not in "fc":
        if found.dtype.kind == "f":
            assert np.array_equal(np.isnan(found), np.isnan(expected))
            found, expected = np.nan_to_num(found, nan=0.0), np.nan_to_num(expected, nan=0.0)
            assert np.array_equal(np.signbit(found), np.signbit(expected))
        np.testing.assert_array_equal(found, expected)
        return
    eps = ulps * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=eps, atol=eps)
