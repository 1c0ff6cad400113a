"""Random expressions whose derivatives are easily wrong, compared with differences in both executors.

What is on the side of a choice that is taken is smooth; what is not has infinite slopes or is NaN. The numbers are
special: zeros, ones, equal ones. Some programs go through complex numbers, loops and branches.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.graph import evaluate
from theano.ifelse import ifelse

NUMBERS = [0.0, 0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0]
STEP = 1e-5


class RandomGradient:
    """A cost of one or two inputs, and the point at which it is differentiated."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.inputs: list[Any] = []
        self.point: list[np.ndarray] = []
        for name in "xy"[: rng.randint(1, 2)]:
            shape = rng.choice([(), (1,), (2,), (3,), (2, 2), (1, 3), (2, 1)])
            self.inputs.append(T.TensorType("float64", [n == 1 for n in shape])(name))
            self.point.append(np.array([rng.choice(NUMBERS) for _ in range(int(np.prod(shape)))]).reshape(shape))
        self.pool: list[Any] = list(self.inputs)
        self.made = 0
        for _ in range(rng.randint(2, 7)):
            self.grow()
        last = self.pool[-rng.randint(1, 2) :]
        self.cost = sum(
            (T.constant(np.round(np.linspace(0.5, 1.7, 7)[k : k + 1], 2)[0]) * v).sum() for k, v in enumerate(last)
        )

    def value(self, v: Any) -> np.ndarray:
        """The value of a variable at the point."""
        found: np.ndarray = np.asarray(evaluate([v], dict(zip(self.inputs, self.point, strict=True)))[0])
        return found

    def grow(self) -> None:
        """One expression more, of what is there; as long as its numbers stay moderate."""
        kinds = [self.smooth] * 4 + [self.choice] * 4 + [self.whole] * 3
        kinds += [self.untaken, self.extreme, self.parts, self.loop, self.branch]
        for _ in range(20):
            made = self.rng.choice(kinds)(self.rng.choice(self.pool))
            if made is None:
                continue
            value = self.value(made)
            if np.isfinite(value).all() and (np.abs(value) < 50).all() and value.size <= 12:
                self.pool.append(made)
                return

    # -- kinds of expressions ----------------------------------------------------------------------------------

    def partner(self, v: Any) -> Any:
        """Something that goes with `v` point by point."""
        fits = [w for w in self.pool if w.type.ndim == 0 or w.type.broadcastable == v.type.broadcastable]
        fits = [w for w in fits if w.type.ndim == 0 or self.value(w).shape == self.value(v).shape]
        return self.rng.choice([*fits, T.constant(self.rng.choice(NUMBERS))])

    def smooth(self, v: Any) -> Any:
        w = self.partner(v)
        return self.rng.choice(
            [
                lambda: v * w, lambda: v * v * w, lambda: T.mul(v, w, v), lambda: v + w, lambda: v - 2 * w,
                lambda: T.sqr(v), lambda: v ** self.rng.randint(0, 4), lambda: T.sin(v) * w, lambda: T.tanh(v),
                lambda: T.exp(-T.sqr(v)), lambda: T.nnet.sigmoid(v) * v, lambda: v / (1 + T.sqr(w)),
                lambda: T.sqrt(1 + T.sqr(v)), lambda: T.log1p(T.sqr(v)), lambda: T.arctan(v), lambda: -v,
                lambda: T.nnet.softplus(v), lambda: abs(v) ** 3, lambda: v ** T.constant(2.0), lambda: T.erf(v),
            ]
        )()  # fmt: skip

    def whole(self, v: Any) -> Any:
        """Of whole arrays."""
        if v.type.ndim == 0:
            return T.stack([v, v * v, self.partner(v)])
        axis = self.rng.randrange(v.type.ndim)
        flat = T.flatten(v)
        return self.rng.choice(
            [
                lambda: v.prod(), lambda: v.prod(axis=axis), lambda: v.prod(axis=axis, keepdims=True) * v,
                lambda: v.sum(axis=axis), lambda: v.mean(), lambda: T.cumprod(v, axis=axis),
                lambda: T.cumsum(v, axis=axis), lambda: T.dot(flat, flat), lambda: T.outer(flat, flat[:2]),
                lambda: flat[::-1] * flat, lambda: T.concatenate([flat, flat[:1]]), lambda: v.T, lambda: v.var(),
                lambda: T.set_subtensor(flat[:1], flat[-1:] ** 2), lambda: T.inc_subtensor(flat[:1], flat[-1:] ** 2),
                lambda: T.sort(flat)[-1] if len(set(self.value(flat))) == len(self.value(flat)) else None,
                lambda: T.nnet.softmax(T.shape_padleft(flat)) * flat, lambda: flat[[0, 0]] ** 2,
                lambda: T.log(T.exp(v).sum()), lambda: T.alloc(flat[0], 2, 2),
                lambda: v.dimshuffle("x", *range(v.ndim)),
            ]
        )()  # fmt: skip

    def singular(self, e: Any) -> Any:
        """A function that is smooth for positive `e`, and infinite, NaN or steep elsewhere."""
        return self.rng.choice(
            [
                lambda: T.sqrt(e), lambda: T.log(e), lambda: e**0.42, lambda: 1 / T.sqrt(e), lambda: e * T.log(e),
                lambda: T.arccosh(1 + e), lambda: T.log(T.sqrt(e)) * e, lambda: T.sqrt(e) / (e + 1),
                lambda: T.log2(e), lambda: T.gammaln(e), lambda: (e + 1e-300) ** -0.5, lambda: T.exp(T.log(e) * 0.3),
            ]
        )()  # fmt: skip

    def threshold(self, v: Any) -> float | None:
        """A number that is equal to no element of `v`, and not close to one."""
        value = self.value(v)
        for t in (0.25, 0.75, -0.25, 1.25, -0.75, 2.25):
            if value.size and (np.abs(value - t) > 0.1).all() and self.rng.random() < 0.6:
                return t
        return None

    def choice(self, v: Any) -> Any:
        """Elements above a number through a steep function, the others through a smooth one."""
        t = self.threshold(v)
        if t is None:
            return None
        steep, calm = self.singular(v - t), self.smooth(v)
        if calm.type.broadcastable != v.type.broadcastable:
            return None
        made: Any = T.switch(v > t, steep, calm) if self.rng.random() < 0.7 else T.switch(v <= t, calm, steep)
        return made * self.partner(v) if self.rng.random() < 0.3 else made

    def untaken(self, v: Any) -> Any:
        """A side that no element takes: what it is made of has no value or no derivative."""
        w = self.partner(v)
        steep = self.singular(self.rng.choice([v * 0, v - T.constant(self.value(v)), -T.sqr(v) - 1, w - 9]))
        condition = self.rng.choice([v > 1e3, v.sum() > 1e3, v > 1e3])
        if self.rng.random() < 0.4 and steep.type.ndim:
            # What is no work on each element can be behind one condition for all of them.
            condition = v.sum() > 1e3
            steep = self.rng.choice([T.sum, T.prod, T.cumprod, lambda s: T.dot(T.flatten(s), T.flatten(s))])(steep)
            if steep.type.ndim == 1 and v.type.ndim != 1:
                return None
        made = T.switch(condition, steep, v)
        return made if self.value(made).shape == self.value(v).shape else None

    def extreme(self, v: Any) -> Any:
        """The other argument has an infinite slope at the point."""
        steep = abs(v - T.constant(self.value(v))) ** self.rng.choice([0.42, 0.5])
        far = T.sqr(v) + 1
        return self.rng.choice(
            [
                lambda: T.maximum(far, steep), lambda: T.minimum(-far, steep), lambda: T.clip(steep, 0.5, 1e3) * v,
                lambda: T.clip(v, -100 - steep, 100 + steep), lambda: T.stack([steep, far]).max(axis=0),
            ]
        )()  # fmt: skip

    def parts(self, v: Any) -> Any:
        """Through complex numbers."""
        w = self.partner(v)
        z = T.complex(v, w + T.zeros_like(v))
        flat = T.flatten(z)
        made = self.rng.choice(
            [
                lambda: z * z, lambda: T.exp(z * 0.5), lambda: T.conj(z) * z * z, lambda: T.dot(flat, flat),
                lambda: z.prod(), lambda: T.cumprod(flat), lambda: T.outer(flat, flat[:2]), lambda: z**2 / (z * z + 30),
                lambda: T.dot(flat, T.conj(flat)), lambda: T.sin(z) + 1, lambda: T.tensordot(flat, flat, axes=1),
                lambda: T.concatenate([flat, T.cast(T.flatten(v), "complex128")]), lambda: z.sum(), lambda: flat[::-1],
            ]
        )()  # fmt: skip
        return self.rng.choice([T.real, T.imag, lambda z: T.real(z * T.conj(z))])(made)

    def loop(self, v: Any) -> Any:
        if v.type.ndim == 0 or self.value(v).shape[0] == 0:
            return None
        t = self.threshold(v)
        t = 9.0 if t is None else t
        kind = self.rng.randrange(3)
        rows = v if v.type.ndim == 1 else v.sum(axis=tuple(range(1, v.type.ndim)))
        if kind == 0:
            return theano.map(lambda r: T.switch(r > t, self.singular(r - t), r * r), v)[0]
        if kind == 1:
            return theano.scan(lambda r, s: s * r + 1, sequences=rows, outputs_info=np.float64(0.5))[0]
        return theano.scan(
            lambda r, s: T.switch(r > 50, s * T.sqrt(r - 50), s * r), sequences=rows, outputs_info=np.float64(2.0)
        )[0]

    def branch(self, v: Any) -> Any:
        steep = T.switch(v > 1e3, v, self.singular(-T.sqr(v)))
        return ifelse(v.sum() > 1e3, steep, self.smooth(v) * 0 + v * v)


def differences(f: Any, point: list[np.ndarray], step: float) -> np.ndarray:
    """Central differences of `f`, which gives an array, by all elements of the point."""
    found = []
    for k, p in enumerate(point):
        for j in np.ndindex(p.shape):
            ends = []
            for sign in (1, -1):
                moved = [q.copy() for q in point]
                moved[k][j] += sign * step
                ends.append(np.asarray(f(*moved)))
            found.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(found)


def compare(seed: int) -> int:
    """Check one program; how many derivatives were compared."""
    program = RandomGradient(seed)
    xs, cost, point = program.inputs, program.cost, program.point
    options: dict[str, Any] = {"on_unused_input": "ignore"}
    gradients = theano.grad(cost, xs, disconnected_inputs="ignore")
    rng = np.random.RandomState(seed % 2**31)
    along = sum((T.constant(rng.uniform(0.5, 1.5, p.shape)) * g).sum() for g, p in zip(gradients, point, strict=True))
    seconds = theano.grad(along, xs, disconnected_inputs="ignore")
    value = theano.function(xs, cost, mode="FAST_COMPILE", **options)
    slope = theano.function(xs, along, mode="FAST_COMPILE", **options)
    both = [theano.function(xs, [*gradients, *seconds], mode=m, **options) for m in ("FAST_COMPILE", "FAST_RUN")]
    results = [f(*point) for f in both]
    compared, n = 0, len(xs)
    for f, part in ((value, slice(0, n)), (slope, slice(n, None))):
        expected, check = (differences(f, point, STEP * k) for k in (1, 3))
        scale = 1 + np.abs(expected).max(initial=0)
        # Functions that are not smooth there, by chance: differences of two lengths tell.
        smooth = np.isfinite(expected) & (np.abs(expected - check) < 1e-5 * scale)
        for found in results:
            got = np.concatenate([np.ravel(g) for g in found[part]])
            np.testing.assert_allclose(got[smooth], expected[smooth], rtol=1e-4, atol=1e-4 * scale)
            compared += int(smooth.sum())
    return compared
