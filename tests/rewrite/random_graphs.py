"""Random graphs together with values for which all they compute is well conditioned.

Every step is evaluated as it is made, and taken back if its value leaves the safe domain: rewriting keeps
values there, and at special points only as its rules declare.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

import theano.tensor as T
from theano.graph import evaluate
from theano.ifelse import ifelse

DTYPES = ("float64", "float64", "float32", "int8", "int32", "int64", "uint8", "uint16", "bool", "complex128")
LIMIT = 1e3
MARGIN = 0.02  # distance from where a function jumps or has a pole


class Unsafe(Exception):
    """A step that would leave the safe domain."""


class Builder:
    """A growing pool of variables with their values."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pool: list[Any] = []
        self.values: dict[Any, np.ndarray] = {}
        self.leaves: list[Any] = []
        sizes = {"a": random.choice([0, 1, 3, 3]), "b": random.choice([1, 2, 2, 4])}
        for k in range(random.randint(1, 4)):
            self._leaf(f"v{k}", random.choice(DTYPES), sizes)
        self._leaf("i", "int64", None)

    def _leaf(self, name: str, dtype: str, sizes: dict[str, int] | None) -> None:
        r = self.random
        axes = [r.choice(["a", "b", 1]) for _ in range(r.choice([0, 1, 1, 2, 2, 3]))] if sizes else []
        pattern = [a == 1 for a in axes]
        variable = T.TensorType(dtype, pattern)(name)
        rng = np.random.default_rng(r.randrange(1 << 16))
        shape = tuple(1 if a == 1 else (sizes or {})[a] for a in axes)
        value = rng.integers(0, 2 if dtype == "bool" or not sizes else 5, shape).astype(dtype)
        if np.dtype(dtype).kind in "fc":
            value = rng.uniform(0.3, 2, shape).astype(dtype)
            if r.random() < 0.3:
                value = (value * rng.choice([-1, 1], shape)).astype(dtype)
        self.leaves.append(variable)
        self.add(variable, value)

    def add(self, variable: Any, value: np.ndarray) -> None:
        self.pool.append(variable)
        self.values[variable] = value

    def pick(self, kinds: str = "", least: int = 0, most: int = 9) -> Any:
        """A variable of the pool, the later ones more often; Unsafe if there is none."""
        found = [
            v for v in self.pool if (not kinds or np.dtype(v.type.dtype).kind in kinds) and least <= v.type.ndim <= most
        ]
        if not found:
            raise Unsafe
        return found[max(self.random.randrange(len(found)), self.random.randrange(len(found)))]

    def value(self, variable: Any) -> np.ndarray:
        return self.values[variable]

    def away(self, variable: Any, points: Callable[[np.ndarray], Any]) -> None:
        """Unsafe if a float value of `variable` is near one of `points(value)`."""
        value = self.value(variable)
        if value.dtype.kind in "fc" and value.size and np.min(np.abs(value - points(value))) < MARGIN:
            raise Unsafe

    def step(self) -> None:
        """Try one random operation."""
        r = self.random
        try:
            made = r.choice(STEPS)(self, r)
            with np.errstate(all="ignore"):
                results = evaluate(made if isinstance(made, list) else [made], dict(self.values))
        except (Unsafe, TypeError, ValueError, IndexError, NotImplementedError, ZeroDivisionError, AssertionError):
            return
        for v, value in zip(made if isinstance(made, list) else [made], results, strict=True):
            value = np.asarray(value)
            large = value.size and value.dtype.kind in "fc" and not np.all(np.abs(value) < LIMIT)
            if not large and value.size < 2000 and v.type.ndim <= 4 and v not in self.values:
                self.add(v, value)


# -- steps ----------------------------------------------------------------------------------------


def unary(b: Builder, r: Random) -> Any:
    name = r.choice(["neg", "neg", "abs_", "sqr", "exp", "log", "sqrt", "tanh", "log1p", "expm1", "inv", "sgn"])
    x = b.pick("f") if r.random() < 0.8 else b.pick("iufc" if name in ("neg", "sqr") else "iuf")
    v = b.value(x)
    if name in ("log", "sqrt", "inv") and v.size and np.abs(v).min() < 0.1:
        raise Unsafe
    if name == "exp" and (v.size == 0 or v.max() > 5):  # of nothing there is no maximum to shift by
        raise Unsafe
    if name in ("log", "sqrt") and v.size and v.min() <= 0 or name == "log1p" and v.size and v.min() < -0.9:
        raise Unsafe
    if name in ("sgn", "abs_"):
        b.away(x, lambda v: 0)
    return getattr(T, name)(x)


def operand(b: Builder, r: Random, x: Any) -> Any:
    """A second operand: a variable, or a number."""
    if r.random() < 0.25:
        return r.choice([0, 1, 2, -1, 3, 1, 0])
    return b.pick("fiub" if x.type.dtype != "complex128" else "fc")


def binary(b: Builder, r: Random) -> Any:
    op = r.choice(["add", "add", "sub", "mul", "mul", "div", "div", "maximum", "minimum"])
    x = b.pick()
    y = operand(b, r, x)
    if op == "div":
        low = np.abs(b.value(y) if y in b.values else np.asarray(y))
        if low.size and low.min() < 0.1:
            raise Unsafe
        return x / y
    if r.random() < 0.3:
        x, y = y, x
    return getattr(T, op)(x, y)


def integer_binary(b: Builder, r: Random) -> Any:
    x, y = b.pick("iu"), b.pick("iu")
    op = r.choice(["and_", "or_", "xor", "add", "sub", "mul", "mod", "int_div"])
    if op in ("mod", "int_div") and (b.value(y) == 0).any():
        raise Unsafe
    return getattr(T, op)(x, y)


def power(b: Builder, r: Random) -> Any:
    x = b.pick("f")
    if b.value(x).size and np.abs(b.value(x)).min() < 0.2:
        raise Unsafe
    e = r.choice([0, 1, 2, 3, -1, -2, 0.5, 5])
    if e == 0.5 and b.value(x).size and b.value(x).min() < 0:
        raise Unsafe
    return x**e


def compare(b: Builder, r: Random) -> Any:
    x, y = b.pick("fiub"), b.pick("fiub")
    difference = b.value(x).astype("float64") - b.value(y)
    if difference.size and np.abs(difference).min() < MARGIN and x is not y and "f" in (x.dtype[0], y.dtype[0]):
        raise Unsafe
    return getattr(T, r.choice(["lt", "gt", "le", "ge", "eq", "neq"]))(x, y)


def logic(b: Builder, r: Random) -> Any:
    x = b.pick("b")
    if r.random() < 0.3:
        return T.invert(x)
    return getattr(T, r.choice(["and_", "or_", "xor"]))(x, r.choice([b.pick("b"), T.constant(True), T.constant(False)]))


def choose(b: Builder, r: Random) -> Any:
    condition = r.choice([b.pick("biu"), T.constant(r.randint(0, 1))])
    return T.switch(condition, b.pick("fiub"), operand(b, r, b.pick("f")))


def cast(b: Builder, r: Random) -> Any:
    x = b.pick("fiub")
    dtype = r.choice(["float64", "float32", "int64", "int32", "int8", "bool"])
    if x.dtype.startswith("float") and not dtype.startswith("float"):
        b.away(x, np.round)
        if b.value(x).size and np.abs(b.value(x)).max() > 100:
            raise Unsafe
    return T.cast(x, dtype)


def rounding(b: Builder, r: Random) -> Any:
    x = b.pick("f")
    b.away(x, np.round)
    return getattr(T, r.choice(["floor", "ceil"]))(x)


def reduction(b: Builder, r: Random) -> Any:
    x = b.pick("fiub", 1)
    name = r.choice(["sum", "sum", "sum", "mean", "prod", "max", "min", "any", "all"])
    if name in ("any", "all"):
        x = b.pick("b", 1)
    if name == "prod" and b.value(x).size and b.value(x).min() <= 0:
        raise Unsafe
    axis = r.choice([None, *range(x.ndim), tuple(range(x.ndim))[-2:]])
    return getattr(T, name)(x, axis=axis, keepdims=r.random() < 0.4)


def normalised(b: Builder, r: Random) -> Any:
    x = b.pick("f", 1)
    axis = r.randrange(x.ndim)
    if x.broadcastable[axis] or b.value(x).size == 0 or b.value(x).max() > 5:
        raise Unsafe
    e = T.exp(x)
    return r.choice([e / e.sum(axis=axis, keepdims=True), T.log(e.sum(axis=axis)), e.sum(axis=axis)])


def shuffled(b: Builder, r: Random) -> Any:
    x = b.pick(most=3)
    order: list[Any] = list(range(x.ndim))
    r.shuffle(order)
    if r.random() < 0.3:
        order = [a for a in order if not x.broadcastable[a]]
    if r.random() < 0.4:
        order.insert(r.randint(0, len(order)), "x")
    return x.dimshuffle(*order)


def entry(b: Builder, r: Random) -> Any:
    bounds = [None, 0, 1, 2, -1, -2, 5]
    return r.choice(
        [
            r.choice([0, 1, -1, 2]),
            b.leaves[-1],
            slice(r.choice(bounds), r.choice(bounds), r.choice([None, None, 1, 2, -1])),
            slice(None),
        ]
    )


def indexed(b: Builder, r: Random) -> Any:
    x = b.pick("", 1)
    return x[tuple(entry(b, r) for _ in range(r.randint(1, x.ndim)))]


def gathered(b: Builder, r: Random) -> Any:
    x = b.pick("", 1)
    indices = T.constant(np.array([r.choice([0, 1, -1, 0]) for _ in range(r.randint(0, 3))], "int64"))
    return r.choice([lambda: x[indices], lambda: x[..., indices], lambda: x[indices, indices]])()


def written(b: Builder, r: Random) -> Any:
    x = b.pick("fi", 1)
    x = r.choice([x, T.zeros_like(x)])
    part = x[tuple(entry(b, r) for _ in range(r.randint(1, x.ndim)))]
    made = r.choice([T.set_subtensor, T.inc_subtensor])(part, r.choice([b.pick(x.dtype[0]), 0]))
    return r.choice([made, made[part.owner.inputs[1:] and tuple(entry(b, r) for _ in range(1))]])


def joined(b: Builder, r: Random) -> Any:
    x = b.pick("", 1)
    parts = [v for v in b.pool if v.ndim == x.ndim]
    parts = [r.choice(parts) for _ in range(r.randint(1, 3))]
    axis = r.randrange(x.ndim)
    made = r.choice([T.concatenate, T.stack])(parts, axis=axis)
    return r.choice([made, made[entry(b, r)], T.concatenate([made, made], axis=axis)])


def split(b: Builder, r: Random) -> Any:
    x = b.pick("", 1)
    axis = r.randrange(x.ndim)
    n = b.value(x).shape[axis]
    at = r.randint(0, n)
    parts = T.split(x, [at, n - at], 2, axis=axis)
    return r.choice([list(parts), T.concatenate(parts, axis=axis)])


def dot(b: Builder, r: Random) -> Any:
    x, y = b.pick("fi", 1, 2), b.pick("fi", 1, 2)
    made = T.dot(x, r.choice([y, y.T]))
    return r.choice([made, made[entry(b, r)], made.T, made + b.pick("f", 1, 2)])


def shapes(b: Builder, r: Random) -> Any:
    x = b.pick("", 1)
    return r.choice([lambda: x.shape, lambda: x.shape[r.randrange(x.ndim)], lambda: x.size, lambda: x.shape[:1]])()


def reshaped(b: Builder, r: Random) -> Any:
    x = b.pick()
    return r.choice(
        [
            lambda: x.flatten(),
            lambda: x.reshape((x.size,)),
            lambda: x.reshape(x.shape, ndim=x.ndim),
            lambda: x.reshape((x.shape[0], -1)),
            lambda: x.reshape((1, x.size)),
            lambda: x.flatten(2),
        ]
    )()


def filled(b: Builder, r: Random) -> Any:
    x, y = b.pick(), b.pick("fiub")
    return r.choice(
        [
            lambda: T.fill(x, y),
            lambda: T.zeros_like(x),
            lambda: T.ones_like(x),
            lambda: T.alloc(y, *(x.shape[k] for k in range(x.ndim))),
            lambda: T.zeros_like(x) + y,
            lambda: T.ones_like(x) * y,
            lambda: T.arange(x.shape[0]),
            lambda: T.eye(x.shape[0]),
            lambda: T.fill(x, y)[entry(b, r)],
        ]
    )()


def branch(b: Builder, r: Random) -> Any:
    x = b.pick()
    same = [v for v in b.pool if v.type == x.type]
    c = b.pick("biu", 0, 0)
    condition = r.choice([c, T.eq(c, 0), T.constant(r.randint(0, 1))])
    return ifelse(condition, x, r.choice(same))


STEPS: list[Callable[[Builder, Random], Any]] = [
    *[unary, binary, binary, binary] * 3,
    *[integer_binary, power, compare, logic, choose, cast, rounding, reduction, reduction, normalised],
    *[shuffled, indexed, indexed, gathered, written, joined, split, dot, shapes, reshaped, filled, filled, branch],
]
