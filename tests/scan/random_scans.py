"""Random loops of every kind, one in another, and their gradients: compiled code against the steps made with NumPy.

`scan` with several taps, backwards, strict, with `truncate_gradient`, with conditions to end, with shared variables
that steps update and branches; `map`, `reduce`, `foldl` and `foldr`; results that are sequences of other loops.
Numbers stay between -1 and 1, so that rounding does not grow.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from theano.gradient import DisconnectedInputError
from theano.ifelse import ifelse
from theano.scan import until

DTYPES = ("float64", "float64", "float64", "float32")


class RandomScans:
    """Loops over sequences of vectors of one length, the later ones over results of the earlier ones.

    Attributes
    ----------
    program
        What is compiled: results of loops, and gradients of a cost of them.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.width, self.length = rng.choice((1, 2, 3, 5)), rng.choice((0, 1, 1, 2, 2, 3, 3, 6))
        self.dtype = rng.choice(DTYPES)
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.program = random_program.Program(coarse=self.dtype, updates=[])
        self.program.text.append(f"{self.dtype} {self.length} of {self.width}")
        self.sequences = [self._input(f"x{k}", self.length, self.width) for k in range(rng.randint(1, 2))]
        self.state, self.matrix = self._input("h", self.width), self._input("W", self.width, self.width)
        self.ends = False
        given = len(self.sequences)
        for _ in range(rng.choice((1, 1, 1, 2))):
            self._loop()
        self._finish(self.sequences[given:])

    def _input(self, name: str, *shape: int) -> Any:
        return self.program.add(self.rng, self.numbers.uniform(-1, 1, shape).astype(self.dtype), name)

    # -- loops -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        """One more sequence, as long as it happens to be."""
        kinds = (self._map, self._fold, self._taps, self._taps, self._until, self._counted, self._nested, self._several)
        kind = self.rng.choice(kinds)
        self.program.text.append(kind.__name__[1:])
        made = kind(self.rng.choice(self.sequences))
        self.sequences.append(T.unbroadcast(made, 0, 1))

    @property
    def _options(self) -> dict[str, Any]:
        rng = self.rng
        options = {"go_backwards": rng.random() < 0.3, "name": rng.choice((None, "loop"))}
        if rng.random() < 0.15:
            options["truncate_gradient"] = rng.choice((1, 2))
        return options

    def _map(self, x: Any) -> Any:
        made, _ = theano.map(lambda r, w: self._step(r, r, w), x, [self.matrix], go_backwards=self.rng.random() < 0.3)
        return made

    def _fold(self, x: Any) -> Any:
        fold = self.rng.choice((theano.reduce, theano.foldl, theano.foldr))
        made, _ = fold(lambda r, s, w: self._step(r, s, w), x, self.state, non_sequences=[self.matrix])
        return T.stack([made, self.state * made])

    def _taps(self, x: Any) -> Any:
        """Several taps of sequences and states; strict or not."""
        rng = self.rng
        of_x, of_h = rng.sample((-1, 0, 1, 2), rng.randint(1, 2)), rng.sample((-1, -2, -3), rng.randint(1, 2))
        start = self.state if of_h == [-1] else T.stack([self.state * (k + 1) / 3 for k in range(-min(of_h))])
        h = start if of_h == [-1] else dict(initial=start, taps=of_h)

        def step(*reads: Any) -> list[Any]:
            *values, w = reads
            total = sum(values[1:], values[0])
            return [self._step(total, values[-1], w), total + self._step(values[0], total, w)]

        (made, others), _ = theano.scan(
            step, dict(input=x, taps=of_x), [h, None], [self.matrix], strict=rng.random() < 0.5, **self._options
        )
        return made if rng.random() < 0.6 else T.tanh(others)

    def _until(self, x: Any) -> Any:
        limit = self.rng.choice((-9, 0.3, 0.8, 9))

        def step(r: Any, s: Any, w: Any) -> Any:
            new = self._step(r, s, w)
            return new, until(new.sum() > limit)

        made, _ = theano.scan(step, x, self.state, self.matrix, **self._options)
        self.ends = True
        return made

    def _counted(self, x: Any) -> Any:
        """A shared variable that steps update."""
        count = theano.shared(np.asarray(0.25, self.dtype), "count")
        self.program.shared.append(count)

        def step(s: Any, w: Any) -> Any:
            return self._step(s * count, s, w), {count: T.cast(1 - count * 0.5, self.dtype)}

        n_steps = self.rng.choice((1, 3, x.shape[0]))
        made, updates = theano.scan(step, None, self.state, self.matrix, n_steps=n_steps)
        self.program.updates += list(updates.items())
        return made

    def _nested(self, x: Any) -> Any:
        """A loop in each step, and perhaps one in that."""
        deep = self.rng.random() < 0.3
        n_steps = self.rng.choice((1, 2, 3))
        take = self.rng.choice((lambda rows: rows[-1], lambda rows: rows.sum(axis=0) / 3))

        def innermost(r: Any, s: Any, w: Any) -> Any:
            return theano.scan(lambda a, b, w: T.tanh(a * b) + w[0], None, T.unbroadcast(r, 0), [s, w], n_steps=2)[0][
                -1
            ]

        def inner(s: Any, r: Any, w: Any) -> Any:
            return T.tanh(innermost(s, r, w) if deep else self._step(r, s, w))

        def step(r: Any, s: Any, w: Any) -> Any:
            return take(theano.scan(inner, None, T.unbroadcast(s, 0), [r, w], n_steps=n_steps)[0])

        made, _ = theano.scan(step, x, self.state, self.matrix, **self._options)
        return made

    def _several(self, x: Any) -> Any:
        """States of several ranks, a sequence of numbers, a result without a state."""
        rng = self.rng

        def step(r: Any, k: Any, s: Any, m: Any, w: Any) -> list[Any]:
            m = T.tanh(m * 0.5 + T.outer(s, r) * T.cast(k, self.dtype) / 9)
            return [T.dot(m, s), m, self._step(r, s, w) - m[0]]

        starts = [self.state, self.matrix, None]
        outs, _ = theano.scan(step, [x, T.arange(x.shape[0])], starts, self.matrix, **self._options)
        return T.tanh(outs[rng.choice((0, 2))] + outs[1][:, 0])

    # -- steps -------------------------------------------------------------------------------------------------

    def _step(self, r: Any, s: Any, w: Any) -> Any:
        kinds: dict[str, Callable[[], Any]] = {
            "product": lambda: T.tanh(T.dot(s, w) + r),
            "transposed product": lambda: T.tanh(T.dot(w, s) - r),
            "gate": lambda: T.nnet.sigmoid(r) * s,
            "branch": lambda: ifelse(T.gt(r.sum(), 0), *(T.unbroadcast(v, 0) for v in (T.sin(s), s * r))),
            "choice": lambda: T.switch(s > 0, s * r, T.tanh(r)),
            "written": lambda: T.set_subtensor(T.tanh(s + r)[:1], r[-1:] * 0.5),
            "softmax": lambda: T.nnet.softmax(T.shape_padleft(s + r))[0] * s,
            "reversed": lambda: (s - r)[::-1] / 2,
            "sums": lambda: T.cumsum(T.tanh(r)) * s / self.width,
            "last": lambda: s,
            "only": lambda: r * r,
            "largest": lambda: T.maximum(s, r * 0.7) - s.max() * 0.1,
            "shared": lambda: T.tanh(s) * self.state + self.matrix[-1] * r,
        }
        name = self.rng.choice(sorted(kinds))
        self.program.text.append(name)
        if name == "shared":  # not among the arguments of the step: strict loops refuse it
            name = "gate" if self.rng.random() < 0.5 else "product"
        return T.cast(T.unbroadcast(kinds[name](), 0), self.dtype)

    # -- results -----------------------------------------------------------------------------------------------

    def _finish(self, results: list[Any]) -> None:
        rng = self.rng
        read: list[Callable[[Any], Any]] = [
            lambda v: v, lambda v: v, lambda v: v[-1:], lambda v: v[::-1], lambda v: v[:2], lambda v: v.sum(axis=0),
        ]  # fmt: skip
        self.program.outputs = [rng.choice(read)(v) for v in results]
        weights = T.arange(1, self.width + 1, dtype=self.dtype)
        cost = sum((T.sqr(v) * weights).sum() + v[-1:].sum() for v in results)
        given = [*self.program.inputs, *(s for s in self.program.shared if s.ndim)]
        if rng.random() < 0.6:
            slopes = T.grad(cost, given, disconnected_inputs="ignore")
            self.program.outputs += slopes
            if rng.random() < 0.15 and not self.ends:
                total = sum((g * (k + 1)).sum() for k, g in enumerate(slopes))
                self.program.outputs += T.grad(total, given[:2], disconnected_inputs="ignore")
        elif not self.ends:
            x = self.program.inputs[0] if self.program.inputs else self.state
            try:
                self.program.outputs.append(T.Rop(results[-1], x, T.ones_like(x) * 0.5))
            except DisconnectedInputError:
                self.program.text.append("no R-operator")


def compare(seed: int) -> int:
    """Compare the loops of a seed with the steps made with NumPy; how many results told something."""
    return random_program.compare(RandomScans(random.Random(seed)).program, seed)
