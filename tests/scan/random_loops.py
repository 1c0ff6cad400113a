"""Random loops over small whole numbers, which every executor computes exactly."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.scan_module import until
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.native.random_graphs import laid_out, numbers
from theano.compile import as_op
from theano.ifelse import ifelse

DTYPES = ("float64", "float64", "float32", "float16", "int64", "int32", "int8", "uint8", "uint32", "bool", "complex64",
          "complex128")  # fmt: skip
LENGTHS = (0, 1, 2, 3, 5, 17)


@dataclass
class Program:
    """What a test compiles and calls."""

    inputs: list[Any] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    updates: Any = None
    shared: list[Any] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class RandomLoop:
    """Draws a loop from `rng`: sequences and states of all types and taps, and what a step does with them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.length = rng.choice(LENGTHS)
        self.program = Program()
        self.scope: list[Any] = []
        self.streams: Any = None
        self.state_types: list[Any] = []

    def log(self, *what: Any) -> None:
        self.program.text.append(" ".join(map(str, what)))

    # -- arrays ------------------------------------------------------------------------------------------
    def row_type(self) -> tuple[str, int]:
        """Dtype and number of axes of a row; a vector has `length` elements, a matrix two such rows."""
        return self.rng.choice(DTYPES), self.rng.choice((0, 1, 1, 1, 2))

    def shape(self, ndim: int) -> tuple[int, ...]:
        return ((), (self.length,), (2, self.length))[ndim]

    def array(self, dtype: str, shape: tuple[int, ...], name: str) -> Any:
        """An input of the program, in some layout; sometimes a shared variable."""
        value = laid_out(numbers(self.rng.randrange(1000), dtype, shape), self.rng.randrange(4))
        if self.rng.random() < 0.15:
            v = theano.shared(value.copy(), name)
            self.program.shared.append(v)
        else:
            v = T.TensorType(dtype, (False,) * len(shape))(name)
            self.program.inputs.append(v)
            self.program.values.append(value)
        self.log(name, dtype, shape)
        return v

    # -- a step ------------------------------------------------------------------------------------------
    def pick(self) -> Any:
        return self.rng.choice(self.scope)

    def fit(self, x: Any, dtype: str, ndim: int) -> Any:
        """`x` with another number of axes, small, in another dtype."""
        while x.ndim > ndim:
            x = x.max(axis=0) if x.ndim == 2 and x.dtype not in ("complex64", "complex128") else x.sum(axis=0)
        if x.ndim < ndim:
            x = x + T.zeros(self.shape(ndim), dtype="int8")
        return T.cast(self.small(x, dtype), dtype)

    def small(self, x: Any, dtype: str) -> Any:
        if x.dtype == "bool" or dtype == "bool":
            return T.neq(x, 0)
        if x.dtype.startswith("complex"):
            x = x if dtype.startswith("complex") else x.real
        if not x.dtype.startswith("complex"):
            x = T.clip(x, 0 if dtype.startswith("u") else -4, 4)
        return x

    def work(self) -> Any:
        """One more value of a step."""
        kinds = ("add", "add", "mul", "choose", "reverse", "branch", "call", "scan", "sum", "draw", "row", "tanh")
        kind = self.rng.choice(kinds)
        x = self.pick()
        self.log("  ", kind)
        return getattr(self, f"_{kind}")(x)

    def _other(self, x: Any) -> Any:
        """An operand for `x`."""
        y = self.pick()
        return T.cast(y, "int8") if y.dtype == "bool" or (x.dtype == "bool" and y.dtype[0] != "c") else y

    def _add(self, x: Any) -> Any:
        y = self._other(x)
        return self.fit(x, x.dtype if x.dtype != "bool" else "int8", x.ndim) - self.fit(y, y.dtype, y.ndim)

    def _mul(self, x: Any) -> Any:
        y = self._other(x)
        return self.fit(x, x.dtype, x.ndim) * self.fit(y, y.dtype, y.ndim)

    def _choose(self, x: Any) -> Any:
        y = self.fit(self.pick(), x.dtype, x.ndim)
        test = self.pick()
        test = test.real if test.dtype.startswith("complex") else test
        return T.switch(T.gt(test, 1) if test.dtype != "bool" else test, x, y)

    def _reverse(self, x: Any) -> Any:
        return x[..., ::-1] if x.ndim else -self.fit(x, "int64", 0)

    def _branch(self, x: Any) -> Any:
        test = self.fit(self.pick(), "int64", 0)
        return ifelse(T.gt(test, 0), x + self.fit(x, x.dtype, x.ndim), self.fit(x, x.dtype, x.ndim) * x)

    def _call(self, x: Any) -> Any:
        kind = x.type
        return as_op([kind], [kind], lambda node, shapes: shapes)(_reversed)(x) if kind.ndim else x

    def _scan(self, x: Any) -> Any:
        x = self.fit(x, self.rng.choice(("float64", "int32")), x.ndim)
        start = T.unbroadcast(T.zeros_like(x), *range(x.ndim)) if x.ndim else T.zeros_like(x)
        if self.rng.random() < 0.5:
            n_steps = self.rng.choice((1, 3))
            outs, _ = theano.scan(lambda s, x: x - s, outputs_info=start, non_sequences=x, n_steps=n_steps)
            return outs[-1]
        most = self.rng.choice((2, 4))
        (outs, _), _ = theano.scan(
            lambda i, s, c, x: ([x + s, c + 1], until(c >= 1)), T.arange(most), [start, T.constant(0, dtype="int64")], x
        )
        return outs[-1]

    def _sum(self, x: Any) -> Any:
        return x.sum(axis=-1) if x.ndim else x

    def _draw(self, x: Any) -> Any:
        if self.streams is None:
            kind = self.rng.choice((RandomStreams, MRG_RandomStreams))
            self.streams = kind(seed=self.rng.randrange(1, 1000))
        size = self.shape(x.ndim)
        if isinstance(self.streams, RandomStreams):
            return self.streams.random_integers(size, 0, 3)
        if 0 in size or not size:
            return x
        return T.cast(T.floor(self.streams.uniform(size) * 3), "int32")

    def _row(self, x: Any) -> Any:
        return x[self.rng.choice((0, 1, -1))] if x.ndim == 2 else x

    def _tanh(self, x: Any) -> Any:
        return T.tanh(x) if x.dtype in ("float32", "float64") else x

    def step(self, *reads: Any) -> Any:
        self.scope = list(reads)
        for _ in range(self.rng.randint(1, 6)):
            self.scope.append(self.work())
        states = [self.fit(self.pick(), *kind) for kind in self.state_types]
        outputs = [self.pick() + 0 if self.pick().dtype != "bool" else self.pick() for _ in range(self.n_outputs)]
        updates = {}
        if self.counter is not None:
            updates = {self.counter: self.counter + self.fit(self.pick(), "int64", 0)}
        if not self.ends:
            return [*states, *outputs], updates
        test = self.fit(self.pick(), "int64", 0)
        return [*states, *outputs], updates, until(T.gt(test, 2))

    # -- the loop ----------------------------------------------------------------------------------------
    def taps(self, low: int, high: int) -> list[int]:
        return self.rng.sample(range(low, high), self.rng.choice((1, 1, 2)))

    def build(self) -> Program:
        rng = self.rng
        n_steps = rng.choice((0, 1, 2, 3, 5, 7))
        sequences, infos = [], []
        for k in range(rng.randint(0, 2)):
            taps = self.taps(-2, 3)
            dtype, ndim = self.row_type()
            rows = n_steps + max(0, *taps, 0) - min(0, *taps, 0) + rng.randint(0, 1)
            sequences.append(dict(input=self.array(dtype, (rows, *self.shape(ndim)), f"x{k}"), taps=taps))
        for k in range(rng.randint(0, 3)):
            taps = self.taps(-3, 0) if rng.random() < 0.5 else [-1]
            dtype, ndim = self.row_type()
            shape = self.shape(ndim) if taps == [-1] else (-min(taps), *self.shape(ndim))
            infos.append(dict(initial=self.array(dtype, shape, f"s{k}"), taps=taps))
            self.state_types.append((dtype, ndim))
        self.n_outputs = rng.randint(0 if infos else 1, 2)
        self.ends = rng.random() < 0.25
        self.counter = theano.shared(np.int64(1), "counter") if rng.random() < 0.2 else None
        if self.counter is not None:
            self.program.shared.append(self.counter)
        w = self.array("float64", self.shape(1), "w")
        n = T.lscalar("n")
        self.program.inputs.append(n)
        self.program.values.append(np.int64(n_steps))
        outs, self.program.updates = theano.scan(
            self.step, sequences, infos + [None] * self.n_outputs, w, n, go_backwards=rng.random() < 0.3,
            return_list=True,
        )  # fmt: skip
        for out in outs:
            for _ in range(rng.randint(1, 2)):
                self.program.outputs.append(self.look(out))
        return self.program

    def look(self, out: Any) -> Any:
        """What is read of the rows."""
        kind = self.rng.choice(("all", "all", "last", "few", "steps", "first", "sum"))
        self.log("read", kind)
        return {
            "all": lambda: out, "last": lambda: out[-1], "few": lambda: out[-3:], "steps": lambda: out[::-2],
            "first": lambda: out[0], "sum": lambda: out.sum(axis=0),
        }[kind]()  # fmt: skip


def _reversed(x: np.ndarray) -> np.ndarray:
    return x[::-1].copy()
