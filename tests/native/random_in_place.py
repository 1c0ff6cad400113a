"""Random functions that write through views: what they return and leave is what copies would give.

Shared variables and inputs are read and written through transposes, slices, reshapes and branches; two functions share
them. Inputs may be mutable, borrowed or have values of their own; outputs may be borrowed. Numbers are small and whole,
so that all forms of code give the same bits.
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
from tests.native.random_graphs import laid_out
from theano.compile import In, Out, function, shared
from theano.gradient import ViewOp
from theano.graph import evaluate
from theano.ifelse import ifelse

DTYPES = ("float64", "float64", "float32", "int64", "int8", "complex128")
CALLS = 4
LARGEST = 50  # all sums must stay exact


class RandomViews:
    """Shared variables, arguments, and what two functions make of them.

    Attributes
    ----------
    states, before
        The shared variables and what they hold at first.
    given, arguments
        The inputs, as `theano.function` takes them, and arrays for them.
    plans
        The outputs and updates of each function.
    text
        What was drawn, for messages.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n, self.m = rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 4))
        self.dtype = rng.choice(DTYPES)
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.text: list[str] = [f"{self.dtype} {self.n} {self.m}"]
        self.known: dict[Any, np.ndarray] = {}
        self.before = [self._array() for _ in range(rng.randint(1, 3))]
        self.states = [shared(np.array(v), f"s{k}") for k, v in enumerate(self.before)]
        self.arguments = [self._array() for _ in range(rng.randint(0, 2))]
        if len(self.arguments) == 2 and rng.random() < 0.3:  # one array twice
            self.arguments[1] = self.arguments[0]
        inputs = [T.TensorType(self.dtype, (False,) * v.ndim)(f"x{k}") for k, v in enumerate(self.arguments)]
        for v, value in zip((*self.states, *inputs), (*self.before, *self.arguments), strict=True):
            self.known[v] = value
        self.given = [self._given(v) for v in inputs]
        self.pool = list(self.known)
        self.plans = [self._plan(inputs), self._plan(inputs)]

    def _array(self) -> np.ndarray:
        shape = self.rng.choice([(self.n,), (self.n, self.m), (self.n, self.m), (self.m, self.n), (2, self.n, self.m)])
        value = np.asarray(self.numbers.randint(-4, 5, shape)).astype(self.dtype)
        return laid_out(value * 1j if self.dtype[0] == "c" else value, self.rng.randrange(4))

    def _given(self, v: Any) -> Any:
        kind = self.rng.choice(("plain", "plain", "mutable", "borrow"))
        self.text.append(f"{v} {kind}")
        return v if kind == "plain" else In(v, mutable=True) if kind == "mutable" else In(v, borrow=True)

    # -- expressions -------------------------------------------------------------------------------------------

    def _plan(self, inputs: list[Any]) -> tuple[list[Any], list[Any]]:
        self.pool = [*self.states, *inputs]
        for _ in range(self.rng.randint(2, 7)):
            self._grow()
        updates = []
        for s in self.states:
            fits = [v for v in self.pool if v.ndim == s.ndim and v is not s]
            if fits and self.rng.random() < 0.7:
                new = self.rng.choice(fits[-3:])
                updates.append((s, T.unbroadcast(new, *range(new.ndim))))
        chosen = [self.rng.choice(self.pool[-4:] + self.pool) for _ in range(self.rng.randint(0, 3))]
        outputs = [Out(v, borrow=True) if self.rng.random() < 0.15 and v not in self.states else v for v in chosen]
        self.text.append(f"-> {outputs} {updates}")
        return outputs, updates

    def _grow(self) -> None:
        for _ in range(10):
            x = self.rng.choice(self.pool[-3:] + self.pool)
            kinds = self.rng.choice((self._views, self._views, self._writes, self._writes, self._new))(x)
            if not kinds:
                continue
            name = self.rng.choice(sorted(kinds))
            made = kinds[name]()
            if made.ndim > 3:
                continue
            made = T.cast(made, self.dtype) if made.dtype != self.dtype else made
            with np.errstate(all="ignore"):
                value = np.asarray(evaluate([made], self.known)[0])
            if value.size < 200 and made not in self.known:
                self.text.append(f"{name} of {x}")
                self.known[made] = value
                self.pool.append(made)
                return

    def _like(self, shape: tuple[int, ...]) -> Any:
        """Something of that shape, mostly a part of what is there."""
        fits = [v for v in self.pool if self.known[v].shape == shape]
        return self.rng.choice(fits) if fits else T.constant(np.asarray(self.rng.randint(1, 3), self.dtype))

    def _views(self, x: Any) -> dict[str, Callable[[], Any]]:
        value, k = self.known[x], self.rng.choice((0, 1, 2, -1))
        found: dict[str, Callable[[], Any]] = {
            "view": lambda: ViewOp()(x),
            "new axis": lambda: x.dimshuffle("x", *range(x.ndim)),
        }
        if not x.ndim:
            return found
        length = value.shape[0]
        found |= {
            "reversed": lambda: x[::-1],
            "part": lambda: x[k:],
            "every second": lambda: x[::2],
            "last axis": lambda: x[..., : abs(k) + 1],
            "flat": lambda: x.flatten(),
            "reshaped": lambda: x.reshape((-1, length or 1)),
            "front": lambda: T.split(x, [length // 2, length - length // 2], 2)[1],
            "branch": lambda: ifelse(T.gt(T.real(x).sum(), 0), x, self._same(x)),
        }  # fmt: skip
        if length > abs(k):
            found["row"] = lambda: x[k]
        if x.ndim > 1:
            found |= {"transposed": lambda: x.T, "column": lambda: x[..., -1], "diagonal": lambda: T.diagonal(x)}
        return found

    def _same(self, x: Any) -> Any:
        fits = [v for v in self.pool if v.type == x.type]
        return self.rng.choice(fits)

    def _writes(self, x: Any) -> dict[str, Callable[[], Any]]:
        value = self.known[x]
        if not x.ndim or not value.shape[0]:
            return {}
        write = self.rng.choice((T.set_subtensor, T.inc_subtensor))
        k = self.rng.choice((0, 1, -1)) if value.shape[0] > 1 else 0
        length = value.shape[0]
        places = T.constant(self.numbers.randint(0, length, 2))
        found: dict[str, Callable[[], Any]] = {
            "write a row": lambda: write(x[k], self._like(value[k].shape)),
            "write the rest": lambda: write(x[1:], x[:-1]),
            "write back": lambda: write(x[::-1], x),
            "write part": lambda: write(x[:k], self._like(value[:k].shape)),
            "write places": lambda: write(x[places], self._like(value[[0, 0]].shape)),
            "write a number": lambda: write(x[: abs(k)], T.cast(T.real(x).sum() % 5, self.dtype)),
        }
        if x.ndim > 1:
            found |= {
                "write a column": lambda: write(x[:, -1], self._like(value[:, -1].shape)),
                "write the transpose": lambda: write(x.T[0], self._like(value.T[0].shape)),
                "write all": lambda: write(x[:], self._like(value.shape)),
            }
        return found

    def _new(self, x: Any) -> dict[str, Callable[[], Any]]:
        value = self.known[x]
        found: dict[str, Callable[[], Any]] = {
            "add": lambda: x + self._like(value.shape),
            "double": lambda: x * 2,
            "choose": lambda: T.switch(T.gt(T.real(x), 0), x, self._like(value.shape)),
        }
        if x.ndim:
            found |= {
                "sum": lambda: x.sum(axis=0),
                "joined": lambda: T.concatenate([x[1:], x[:1]]),
                "steps": lambda: theano.scan(lambda r, s: r - s, x, T.zeros_like(x[0]))[0] if value.shape[0] else x,
                "turns": lambda: theano.scan(
                    lambda s: T.set_subtensor(s[:1], s[-1:]) - s,
                    outputs_info=T.unbroadcast(x, *range(x.ndim)), n_steps=2,
                )[0][-1],
            }  # fmt: skip
        return found

    # -- calls -------------------------------------------------------------------------------------------------

    def run(self, mode: Any) -> list[list[Any]]:
        """What each call returns and leaves; asserts that it leaves alone what it must."""
        for s, value in zip(self.states, self.before, strict=True):
            s.set_value(np.array(value))
        functions = [
            function(self.given, outputs, updates=updates, mode=mode, on_unused_input="ignore")
            for outputs, updates in self.plans
        ]
        log = []
        for number in range(CALLS):
            f, (outputs, _) = functions[number % 2], self.plans[number % 2]
            values = [np.array(v) if isinstance(i, In) and i.mutable else v
                      for v, i in zip(self.arguments, self.given, strict=True)]  # fmt: skip
            kept = [np.array(v) for v in values]
            try:
                results = f(*values)
            except Exception as error:  # an update has changed a shape
                log.append([error])
                break
            log.append([np.array(r) for r in results] + [s.get_value() for s in self.states])
            self._look_at_memory(results, outputs, values, kept)
            for s in self.states:
                value = s.get_value(borrow=True)
                if np.abs(value).max(initial=0) > LARGEST:
                    s.set_value(np.fmod(value.real, 9).astype(self.dtype))
        return log

    def _look_at_memory(self, results: Any, outputs: Any, values: Any, kept: Any) -> None:
        """Assert who shares memory with whom; writes into results, which nobody must see."""
        for value, old, given in zip(values, kept, self.given, strict=True):
            if not (isinstance(given, In) and given.mutable):
                np.testing.assert_array_equal(value, old, err_msg="an argument that is not mutable was written")
        own = [r for r, o in zip(results, outputs, strict=True) if not isinstance(o, Out)]
        stored = [s.get_value(borrow=True) for s in self.states]
        for k, result in enumerate(own):
            assert result.flags.writeable
            assert not any(np.shares_memory(result, other) for other in (*own[:k], *stored, *values))
        for k, array in enumerate(stored):
            assert not any(np.shares_memory(array, other) for other in (*stored[:k], *values))
        for result in own:
            result[...] = 55


def compare(seed: int) -> int:
    """Run the functions of a seed in all forms; how many calls were compared."""
    program = RandomViews(random.Random(seed))
    about = f"seed {seed}: " + "; ".join(program.text)
    forms: list[tuple[Any, bool]] = [("FAST_RUN", False), (random_program.UNCHANGED, False)]
    if seed % 4 == 0:
        forms.insert(0, ("FAST_RUN", True))  # before: then the cache has no fast form
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = program.run(random_program.AS_WRITTEN)
        for mode, quick in forms:
            with theano.change_flags(quick_start=quick):
                found = program.run(mode)
            for number, (a, b) in enumerate(zip(found, wanted, strict=False)):
                if isinstance(b[0], Exception) and mode == "FAST_RUN":
                    break  # rewriting may remove what fails
                random_program.same(a, b, f"call {number} of {mode}, quick_start={quick}, {about}")
    return len(wanted)
