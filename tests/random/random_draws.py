"""Random functions that draw random numbers, several in a row: compiled code against NumPy's definitions.

The numbers, and the states that are left after each call, must be those of the reference.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from theano.ifelse import ifelse
from theano.random import MRG_RandomStreams, PhiloxRandomStreams, RandomStreams

STREAMS = (RandomStreams, MRG_RandomStreams, PhiloxRandomStreams)
CALLS = 4
# Transcendental functions of uniform numbers: those that normal numbers are made of have slopes up to about 1e3.
NEAR = 1e-9
NEAR_OF_FLOAT32 = 3e-4


class RandomDraws:
    """Two functions of a mode, which share streams; the same each time but for the mode.

    Attributes
    ----------
    functions
        The functions, and the arguments of each.
    states
        The shared variables that they change.
    text
        What was drawn by lot.
    """

    def __init__(self, seed: int, mode: Any) -> None:
        self.rng = rng = random.Random(seed)
        self.streams = [rng.choice(STREAMS)(seed=rng.randrange(1, 10**6)) for _ in range(rng.choice((1, 1, 2)))]
        self.total = theano.shared(np.zeros(3), "total")
        self.text: list[str] = []
        self.near = NEAR
        self.n, self.x, self.p = T.lscalar("n"), T.dvector("x"), T.dmatrix("p")
        numbers = np.random.RandomState(seed % 2**31)
        rows = numbers.uniform(0.1, 1, (rng.choice((1, 2, 4)), 3))
        self.values = [np.int64(rng.choice((0, 1, 2, 5))), numbers.uniform(0.2, 0.8, 3), rows / rows.sum(1)[:, None]]
        first = [self._draw() for _ in range(rng.randint(1, 2))]
        second = [self._draw() for _ in range(rng.randint(0, 1))] + [first[-1]]
        self.functions = [self._function(outputs, mode) for outputs in (first, second)]

    def _function(self, outputs: list[Any], mode: Any) -> Any:
        updates = [(self.total, self.total + outputs[0].sum())] if self.rng.random() < 0.3 else []
        read = [self.rng.choice((lambda v: v, lambda v: v + v, lambda v: v[..., ::-1] if v.ndim else v))(v)
                for v in outputs]  # fmt: skip
        return theano.function([self.n, self.x, self.p], read, updates=updates, mode=mode, on_unused_input="ignore")

    @property
    def states(self) -> list[Any]:
        found = {self.total: None}
        for streams in self.streams:
            found |= {(u[0] if isinstance(u, tuple) else u): None for u in streams.updates()}
        return list(found)

    # -- draws -------------------------------------------------------------------------------------------------

    def _draw(self) -> Any:
        streams = self.rng.choice(self.streams)
        kinds = self._kinds(streams)
        name = self.rng.choice(sorted(kinds))
        self.text.append(f"{type(streams).__name__}.{name}")
        made = kinds[name]()
        around = self.rng.choice(("no", "no", "no", "scan", "branch", "step", "few", "last"))
        self.text[-1] += f" ({around})"
        if around == "branch":
            return ifelse(T.gt(self.n, 1), *(T.unbroadcast(v, *range(v.ndim)) for v in (made, made * 2)))
        if around == "scan":  # what was drawn once, at each step
            return theano.scan(lambda k: made * k, T.arange(3))[0]
        if around == "few":
            return made[:2] if made.ndim else made
        if around == "last":
            return made.flatten()[-1:]
        return self._in_steps(streams) if around == "step" else made

    def _in_steps(self, streams: Any) -> Any:
        """Drawn at each step, with the updates of the streams; the states are read after the loop."""
        steps = self.rng.choice((0, 1, 3))

        def step(s: Any) -> Any:
            u = streams.uniform((3,), dtype="float64")
            return T.switch(T.gt(u, 0.5), s + u, streams.random_integers((3,), 0, 4) + 0.0 * s) if integers else s + u

        integers = isinstance(streams, RandomStreams)
        outs, updates = theano.scan(step, outputs_info=self.x, n_steps=steps)
        for state, new in updates.items():
            state.default_update = new
        return outs

    def _size(self, streams: Any) -> Any:
        sizes = [(3,), (2, 3), (self.x.shape[0],), (self.n, 3), (1, 3), (5, 1, 3)]
        return self.rng.choice(sizes if isinstance(streams, MRG_RandomStreams) else [*sizes, (0, 3)])

    def _kinds(self, streams: Any) -> dict[str, Callable[[], Any]]:
        x, p, size, rng = self.x, self.p, self._size(streams), self.rng
        dtype = rng.choice(("float64", "float32", "float64"))
        if dtype == "float32":
            self.near = NEAR_OF_FLOAT32
        common: dict[str, Callable[[], Any]] = {
            "uniform": lambda: streams.uniform(size, dtype=dtype),
            "uniform between": lambda: streams.uniform(size, x, x + 2, ndim=len(size), dtype="float64"),
            "normal": lambda: streams.normal(size, dtype=dtype),
            "normal of a vector": lambda: streams.normal(size, x, 2, ndim=len(size), dtype="float64"),
            "binomial": lambda: streams.binomial(size, 1, 0.4),
            "binomial of a vector": lambda: streams.binomial(size, p=x, ndim=len(size)),
        }
        if isinstance(streams, PhiloxRandomStreams):
            return common | {"random_integers": lambda: streams.random_integers(size, -3, 9)}
        common["multinomial"] = lambda: streams.multinomial(n=1, pvals=p)
        common["multinomial of several"] = lambda: streams.multinomial(n=5, pvals=p)
        if isinstance(streams, MRG_RandomStreams):
            return common | {
                "truncated_normal": lambda: streams.truncated_normal(size, dtype=dtype),
                "choice": lambda: streams.choice(size=2, replace=False, p=p),
                "streams": lambda: streams.uniform((7, 3), nstreams=rng.choice((1, 4, 40)), dtype=dtype),
            }
        return common | {
            "random_integers": lambda: streams.random_integers(size, 0, rng.choice((0, 4, 100))),
            "choice": lambda: streams.choice(size, 5),
            "choice of numbers": lambda: streams.choice((2,), x.shape[0], replace=False),
            "poisson": lambda: streams.poisson(size, x * 4, ndim=len(size)),
            "many": lambda: streams.binomial(size, 20, x, ndim=len(size)),
            "permutation": lambda: streams.permutation((2,), 4),
            "shuffle": lambda: streams.shuffle_row_elements(p),
        }

    # -- calls -------------------------------------------------------------------------------------------------

    def run(self) -> list[list[Any]]:
        """Results of each call and the states after it."""
        order = random.Random(self.text[0])
        return [self._call(order.choice(self.functions)) + [_numbers(s) for s in self.states] for _ in range(CALLS)]

    def _call(self, f: Any) -> list[Any]:
        try:
            return [np.array(v) for v in f(*self.values)]
        except Exception as error:
            return [error]


def _numbers(s: Any) -> np.ndarray:
    value = s.get_value()
    if isinstance(value, np.random.RandomState):
        _, key, position, *rest = value.get_state(legacy=True)
        return np.concatenate([key, [position, *rest]])
    return np.array(value)


def compare(seed: int) -> int:
    """Compare the functions of a seed in all forms of code; how many results told something."""
    told = 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = RandomDraws(seed, random_program.AS_WRITTEN)
        about, wanted = f"seed {seed}: {first.text} n={first.values[0]}", first.run()
        forms: list[tuple[str, Any, bool]] = [("fast", "FAST_RUN", False)]
        if seed % 4 in (0, 2):
            forms.append([("quick", "FAST_RUN", True), ("unchanged", random_program.UNCHANGED, False)][seed % 4 // 2])
        for name, mode, quick in reversed(forms):  # the quick one first: then the cache has no fast form
            with theano.change_flags(quick_start=quick):
                found = RandomDraws(seed, mode).run()
            for number, (a, b) in enumerate(zip(found, wanted, strict=True)):
                where = f"call {number} of the {name} form of {about}"
                assert len(a) == len(b), f"{where}: {a}\nwanted {b}"
                off = [0.0 if isinstance(v, Exception) else first.near * max(1.0, np.abs(v).max(initial=0)) for v in b]
                told += random_program.check(a, b, off, where)
                failed = [isinstance(v, Exception) for v in a]
                assert failed == [isinstance(v, Exception) for v in b], f"{where}: {a}\nwanted {b}"
    return told
