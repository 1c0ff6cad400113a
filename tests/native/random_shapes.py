"""Random programs over arrays whose lengths are found by arithmetic: often one or none, sometimes for certain.

What NumPy computes is computed, what it refuses is refused with the same error, and the lengths that are known before
an array is there are those it gets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from tests.native.test_random_lengths import COMPUTED
from theano.ifelse import ifelse

Kinds = dict[str, Callable[[], Any]]


class RandomShapes:
    """Arrays of floats with up to three axes, and the lengths that they are made of.

    Attributes
    ----------
    program
        What is compiled: arrays, sums of them, and their shapes.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.program = random_program.Program()
        numbers = np.random.RandomState(rng.randrange(10**6))
        self.n = T.lscalar("n")
        self.program.inputs.append(self.n)
        self.program.values.append(np.int64(rng.choice((0, 1, 1, 2, 3))))
        self.program.text.append(f"n = {self.program.values[0]}")
        lengths = [rng.choice((0, 1, 1, 2, 3, 17)) for _ in range(3)]
        shapes = [tuple(lengths[:1]), tuple(lengths[1:]), (1, lengths[0]), (lengths[2], 1, lengths[0])]
        self.arrays: list[Any] = []
        for k, shape in enumerate(rng.sample(shapes, rng.randint(1, 3))):
            value = np.asarray(numbers.uniform(-1, 1, shape))
            known = {"broadcastable": tuple(m == 1 and rng.random() < 0.5 for m in shape)}
            self.arrays.append(self.program.add(rng, value, f"x{k}", **(known if rng.random() < 0.7 else {})))
        self.lengths = [self.n, *(v.shape[k] for v in self.arrays for k in range(v.ndim))]
        given = len(self.arrays)
        for _ in range(rng.randint(2, 6)):
            self._step()
        self._finish(self.arrays[given:])

    def _finish(self, made: list[Any]) -> None:
        rng = self.rng
        chosen = [v for v in made if rng.random() < 0.5] or made[-1:] or self.arrays[-1:]
        self.program.outputs = list(chosen)
        self.program.outputs += [T.exp(v * 0.1).sum() for v in chosen if rng.random() < 0.5]
        self.program.outputs += [v.shape for v in chosen if v.ndim and rng.random() < 0.5]
        floats = [v for v in self.program.inputs if v.dtype == "float64"]
        if floats and rng.random() < 0.35:
            cost = sum(T.sqr(v).sum() for v in chosen)
            self.program.outputs += T.grad(cost, floats, disconnected_inputs="ignore")

    # -- lengths -----------------------------------------------------------------------------------------------

    def _length(self) -> Any:
        """A length by arithmetic: often one that is 0 or 1, whatever the arguments are."""
        rng, a, b = self.rng, self.rng.choice(self.lengths), self.rng.choice(self.lengths)
        made = rng.choice(
            [
                lambda: a, lambda: a, lambda: 1 - a, lambda: a - a + 1, lambda: a - a, lambda: T.minimum(a, 1),
                lambda: T.maximum(1 - a, 0), lambda: a // T.maximum(a, 1), lambda: T.cast(T.gt(a, 1), "int64"),
                lambda: 2 - b, lambda: T.constant(rng.choice((0, 1, 1, 2)), dtype="int64"), lambda: T.clip(a, 1, 1),
                lambda: COMPUTED[rng.choice(sorted(COMPUTED))](a, b), lambda: (a + 1) % 2, lambda: abs(a - b),
            ]
        )()  # fmt: skip
        self.lengths.append(made)
        return made

    # -- steps -------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        rng = self.rng
        x = rng.choice(self.arrays[-3:])
        kinds = rng.choice(
            (self._made, self._parts, self._parts, self._joined, self._joined, self._shaped, self._pairs)
        )
        choices = kinds(x)
        if not choices:
            return
        name = rng.choice(sorted(choices))
        try:
            made = choices[name]()
        except (ValueError, TypeError, IndexError, NotImplementedError, AssertionError):
            return  # a constant is no length, a broadcastable axis cannot be joined: refused where it is said
        self.program.text.append(f"{name} of {x}")
        if made.ndim <= 3:
            self.arrays.append(made)

    def _made(self, x: Any) -> Kinds:
        return {
            "alloc": lambda: T.alloc(x.sum() * 0.1, self._length()),
            "alloc of two": lambda: T.alloc(7.0, self._length(), self._length()),
            "alloc of a row": lambda: T.alloc(x.flatten(), self._length(), x.size),
            "zeros": lambda: T.exp(T.zeros((self._length(), self._length()))),
            "range": lambda: T.arange(self._length()) * 0.5,
            "eye": lambda: T.eye(self._length(), self._length()) + 1,
            "like": lambda: T.ones_like(x) * 0.5,
        }

    def _bound(self) -> Any:
        return self.rng.choice((lambda: None, self._length, lambda: self.rng.choice((0, 1, -1, 2)), self._length))()

    def _parts(self, x: Any) -> Kinds:
        if not x.ndim:
            return {}
        axis = self.rng.randrange(x.ndim)
        before = (slice(None),) * axis
        part = slice(self._bound(), self._bound(), self.rng.choice((None, None, -1, 2)))
        return {
            "slice": lambda: x[(*before, part)],
            "element": lambda: x[(*before, self.rng.choice((0, -1, self.n)))],
            "split": lambda: self._split(x, axis),
            "gather": lambda: x[(*before, T.arange(self._length()))],
            "set": lambda: T.set_subtensor(x[(*before, part)], self.rng.choice((2.5, self.rng.choice(self.arrays)))),
            "inc": lambda: T.inc_subtensor(x[(*before, part)], self.rng.choice((0.5, x[(*before, part)]))),
            "largest": lambda: x.max(axis=axis),
            "sum": lambda: x.sum(axis=axis, keepdims=self.rng.random() < 0.5),
            "mean": lambda: T.exp(x).mean(axis=axis, keepdims=True),
            "running": lambda: T.cumsum(x, axis=axis),
            "sorted": lambda: T.sort(x, axis=axis),
            "repeated": lambda: T.repeat(x, T.maximum(self._length(), 0), axis=axis),
        }

    def _split(self, x: Any, axis: int) -> Any:
        first = T.clip(self._length(), 0, x.shape[axis])
        parts = T.split(T.exp(x), T.stack([first, x.shape[axis] - first]), 2, axis=axis)
        return self.rng.choice((parts[0], parts[1], T.concatenate(parts[::-1], axis=axis)))

    def _joined(self, x: Any) -> Kinds:
        if not x.ndim:
            return {"stack": lambda: T.stack([x, x + 1])}
        axis = self.rng.randrange(x.ndim)
        fits = [v for v in self.arrays if v.ndim == x.ndim]
        rest = [self._length() if k == axis else x.shape[k] for k in range(x.ndim)]
        y = self.rng.choice(fits)
        return {
            "join": lambda: T.join(axis, T.exp(x), y),
            "join with alloc": lambda: T.join(axis, T.exp(x), T.alloc(7.0, *rest)),
            "alloc joined": lambda: T.join(axis, T.alloc(2.0, *rest), x * 2, T.zeros(rest)) * 0.5,
            "to one": lambda: T.join(axis, T.exp(x), T.alloc(7.0, *[1 - v if k == axis else v
                                     for k, v in ((k, x.shape[k]) for k in range(x.ndim))])),
            "stacked": lambda: T.stack([x, T.exp(y)], axis=axis),
            "with part": lambda: T.concatenate([x, x[(*[slice(None)] * axis, slice(self._bound(), None))]], axis=axis),
        }  # fmt: skip

    def _shaped(self, x: Any) -> Kinds:
        order: list[Any] = list(range(x.ndim))
        self.rng.shuffle(order)
        found: Kinds = {
            "flat": lambda: x.flatten(),
            "reshaped": lambda: x.reshape((-1, 1)),
            "by lengths": lambda: x.reshape((self._length(), -1)),
            "to row": lambda: T.exp(x).reshape((1, x.size)),
            "turned": lambda: x.dimshuffle(*order),
            "new axis": lambda: x.dimshuffle("x", *order),
            "all": lambda: T.specify_shape(x, [self.rng.choice((1, v)) for v in (x.shape[k] for k in range(x.ndim))]),
        }
        if x.ndim:
            found |= {
                "as broadcastable": lambda: T.patternbroadcast(x, (True,) + (False,) * (x.ndim - 1)) + 0.5,
                "of steps": lambda: theano.scan(
                    lambda r, s: r + s * 0.5, x, T.unbroadcast(T.zeros_like(x[0]), *range(x.ndim - 1))
                )[0],
                "of map": lambda: theano.map(lambda r: T.exp(r).sum() * r, x)[0],
            }  # fmt: skip
        return found

    def _pairs(self, x: Any) -> Kinds:
        y = self.rng.choice(self.arrays)
        alike = self.rng.choice([v for v in self.arrays if v.ndim == x.ndim])
        return {
            "add": lambda: x + y,
            "mul": lambda: T.exp(x * 0.3) * T.tanh(alike),
            "choice": lambda: T.switch(T.gt(x, 0), y, x * 0.5),
            "dot": lambda: T.dot(x, y) if 0 < min(x.ndim, y.ndim) and max(x.ndim, y.ndim) < 3 else x - y,
            "outer": lambda: T.outer(x.flatten(), y.flatten()[:3]),
            "branch": lambda: ifelse(
                T.gt(self._length(), 0), *(T.unbroadcast(v, *range(v.ndim)) for v in (x, alike * 2))
            ),
            "softmax": lambda: T.nnet.softmax(x) if x.ndim == 2 else x * y,
        }


def compare(seed: int) -> int:
    """Compare the program of a seed with the operations' NumPy definitions; how many results told something."""
    return random_program.compare(RandomShapes(random.Random(seed)).program, seed)
