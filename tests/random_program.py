"""Compare a random program in compiled code with the same program by the operations' NumPy definitions.

A generator makes a `Program`; `compare` calls it in several forms: as written with NumPy (`Mode(linker="py",
optimizer=None)`, the reference), rewritten with the fast code, and, by seed, rewritten with the code that is made
quickly, compiled as written, or with loops that threads share. The quick and the fast code must give the same
bits, for any number of threads. The reference's numbers are met within what rounding may change: as much as the
reference itself changes where the inputs are moved by a few units in the last place, times `ROOM`.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests.native.random_graphs import laid_out
from theano.compile import Mode
from theano.runtime import threads

AS_WRITTEN = Mode(linker="py", optimizer=None)
UNCHANGED = Mode(linker="cvm", optimizer=None)
# Other orders of sums and other expressions of equal value round elsewhere: inputs that are moved by a few units in
# the last place show how much that may matter, on average. `ROOM` is for what they miss.
ROOM = 200.0
LEAST = {"float16": 4e-3, "float32": 2e-5, "complex64": 2e-5}  # relative to the largest number of a result; else 1e-11
DULL = 1e-3  # a result that rounding may change by more, relative to its largest number, tells nothing
CALLS = 2
Step = Callable[[], Any]


@dataclass
class Program:
    """What is compiled and called.

    Attributes
    ----------
    inputs, values
        Variables, and an argument for each.
    outputs, updates, shared
        As `theano.function` takes them; the shared variables whose values are compared, too.
    coarse
        The dtype of the least precision that numbers pass through.
    text
        What was drawn, for messages.
    accept_inplace
        As `theano.function` takes it.
    """

    inputs: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    updates: Any = None
    shared: list[Any] = field(default_factory=list)
    coarse: str = "float64"
    text: list[str] = field(default_factory=list)
    accept_inplace: bool = False

    def add(self, rng: random.Random, value: np.ndarray, name: str, **kind: Any) -> Any:
        """A variable for the array: an input in some layout, or a shared variable; `kind` goes to `TensorType`."""
        self.text.append(f"{name}: {value.dtype} {value.shape}")
        if rng.random() < 0.15 and not kind:
            self.shared.append(theano.shared(value.copy(), name))
            return self.shared[-1]
        v = T.TensorType(str(value.dtype), **(kind or {"broadcastable": (False,) * value.ndim}))(name)
        self.inputs.append(v)
        self.values.append(laid_out(value, rng.randrange(4)))
        return v

    def run(self, f: Any, values: list[Any], calls: int = CALLS) -> list[Any]:
        """For each call the results, or the error's class for each; and the shared values after it, which are reset."""
        before = [s.get_value() for s in self.shared]
        found: list[Any] = []
        try:
            for _ in range(calls):
                try:
                    found += [np.array(r) for r in f(*values)]
                except Exception as error:
                    found += [error] * len(self.outputs)
                found += [np.array(s.get_value()) for s in self.shared]
        finally:
            for s, value in zip(self.shared, before, strict=True):
                s.set_value(value)
        return found

    def function(self, mode: Any, **flags: Any) -> Any:
        with theano.change_flags(**flags):
            return theano.function(
                self.inputs, self.outputs, updates=self.updates, mode=mode, on_unused_input="ignore",
                accept_inplace=self.accept_inplace,
            )  # fmt: skip


def moved(values: list[Any], coarse: str, seed: int) -> list[Any]:
    """The same arguments; floats differ by a few units in the last place of the coarsest dtype."""
    rng = np.random.RandomState(seed)
    found = []
    for v in values:
        v = np.asarray(v)
        if v.dtype.kind in "fc":
            eps = 4 * max(np.finfo(coarse).eps, np.finfo(v.dtype).eps)
            v = (v * (1 + eps * rng.uniform(-1, 1, v.shape))).astype(v.dtype)
        found.append(v)
    return found


def allowed(wanted: list[Any], others: list[list[Any]], coarse: str) -> list[float]:
    """For each result how far compiled code may be off; infinite where rounding decides."""
    found = []
    for k, value in enumerate(wanted):
        if any(isinstance(other[k], Exception) != isinstance(value, Exception) for other in others):
            found.append(np.inf)  # an error that rounding decides
            continue
        if isinstance(value, Exception) or value.dtype.kind not in "fc":
            found.append(0.0)
            continue
        largest, change = float(np.abs(value[np.isfinite(value)]).max(initial=0)), 0.0
        for other in others:
            if other[k].shape != value.shape:
                change = np.inf
                break
            both = np.isfinite(value) & np.isfinite(other[k])
            change = max(change, float(np.abs(np.where(both, other[k], 0) - np.where(both, value, 0)).max(initial=0)))
            if not np.array_equal(np.isfinite(value), np.isfinite(other[k])):
                change = np.inf
        least = max(LEAST.get(value.dtype.name, 1e-11), LEAST.get(coarse, 0.0))
        off = ROOM * change + least * max(largest, 1e-3)
        found.append(off if ROOM * change <= DULL * max(largest, 1e-6) else np.inf)
    return found


def check(got: list[Any], wanted: list[Any], off: list[float], about: str, unchanged: bool = False) -> int:
    """Assert that results agree, infinite ones and NaN also where the graph is `unchanged`; how many told something."""
    told = 0
    failed, should_fail = (any(isinstance(v, Exception) for v in values) for values in (got, wanted))
    for k, (a, b, near) in enumerate(zip(got, wanted, off, strict=True)):
        where = f"{about}, result {k}"
        if near == np.inf:
            continue
        if isinstance(b, Exception):
            # Rewriting may remove what fails, and leave a loop of no steps, or the other way round.
            if isinstance(a, Exception) and (unchanged or not {NotImplementedError} & {type(a), type(b)}):
                assert type(a) is type(b), f"{where}: {a!r}\nwanted {b!r}"
            told += 1
            continue
        if isinstance(a, Exception):
            raise AssertionError(f"{where}: {a!r}\nwanted {b}") from a
        if should_fail and not failed:
            continue  # a shared variable: the call that failed changed nothing
        assert a.dtype == b.dtype and a.shape == b.shape, f"{where}: {a.dtype} {a.shape} != {b.dtype} {b.shape}"
        if b.dtype.kind not in "fc":
            assert np.array_equal(a, b), f"{where}:\n{a}\n{b}"
        else:
            known = np.isfinite(b)  # what overflowed or was no number, rewriting may make one
            wrong = known & ~(np.abs(np.where(known, a, 0) - np.where(known, b, 0)) <= near)
            assert not wrong.any(), f"{where}, by more than {near}:\n{a}\n{b}"
            assert not unchanged or np.array_equal(known, np.isfinite(a)), f"{where}:\n{a}\n{b}"
        told += 1
    return told


def same(a: list[Any], b: list[Any], about: str) -> None:
    """Assert that two compiled forms give the same bits."""
    for k, (x, y) in enumerate(zip(a, b, strict=True)):
        if isinstance(x, Exception) or isinstance(y, Exception):
            assert type(x) is type(y), f"{about}, result {k}: {x!r}, {y!r}"
            continue
        assert x.dtype == y.dtype and x.shape == y.shape, f"{about}, result {k}"
        assert np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"), f"{about}, result {k}:\n{x}\n{y}"


def compare(program: Program, seed: int, least: float = 0.0) -> int:
    """Assert that all forms of the program agree; how many results told something.

    `least` is an error, relative to the largest number of a result, that its operations may have besides rounding.
    """
    about = f"seed {seed}: " + "; ".join(program.text)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = program.function(AS_WRITTEN)
        wanted = program.run(reference, program.values)
        others = [program.run(reference, moved(program.values, program.coarse, k)) for k in range(2)]
        off = allowed(wanted, others, program.coarse)
        if least:
            off = [
                near
                if isinstance(v, Exception) or v.dtype.kind not in "fc"
                else near + least * float(np.abs(v[np.isfinite(v)]).max(initial=0))
                for near, v in zip(off, wanted, strict=True)
            ]
        # before the fast one: then the cache has no fast form
        quick = seed % 4 == 0 and program.run(program.function("FAST_RUN", quick_start=True), program.values)
        shares = seed % 4 == 1
        flags = {"openmp": True, "openmp_elemwise_minsize": 1} if shares else {}
        f = program.function("FAST_RUN", quick_start=False, **flags)
        fast = program.run(f, program.values)
        told = check(fast, wanted, off, f"fast form of {about}")
        if quick:
            same(quick, fast, f"quick and fast form of {about}")
        if shares:
            before = threads.num_threads()
            try:
                for number in (1, 3):
                    threads.set_num_threads(number)
                    same(program.run(f, program.values), fast, f"{number} threads, {about}")
            finally:
                threads.set_num_threads(before)
        if seed % 4 == 2 or any(isinstance(v, Exception) for v in wanted):
            plain = program.run(program.function(UNCHANGED, quick_start=False), program.values)
            check(plain, wanted, off, f"unchanged form of {about}", unchanged=True)
            for a, b, near in zip(plain, wanted, off, strict=True):
                both = isinstance(a, Exception) == isinstance(b, Exception)
                assert both or near == np.inf, f"errors of the unchanged form of {about}: {a!r}, wanted {b!r}"
    return told
