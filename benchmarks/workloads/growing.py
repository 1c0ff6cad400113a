"""How compiling grows with a program: kinds that grow fast in some compilers, in two sizes each, and the memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax
from benchmarks.workloads.symbolic import PYTENSOR, Language, everywhere

STEPS = 5


# -- a loop with many states that need each other ----------------------------------------------------------
def _step(*s: Any) -> list[Any]:
    return [a * 0.9 + b for a, b in zip(s, s[1:] + s[:1], strict=True)]


def _coupled(lang: Language, values: list[float]) -> Case:
    def build() -> Any:
        xs = [lang.T.dscalar(f"x{k}") for k in range(len(values))]
        rows = lang.scan(_step, None, xs, None, STEPS)
        return lang.function(xs, [r[-1] for r in rows])(*values)

    return Case(build, answers=list)


def _jax_coupled(values: list[float]) -> Case:
    jax = load_jax()

    def run(*xs: Any) -> Any:
        return jax.lax.scan(lambda s, _: (tuple(_step(*s)), None), xs, None, length=STEPS)[0]

    return Case(lambda: jax.jit(run)(*values), answers=flat, sync=jax.block_until_ready)


def _coupled_answers(values: list[float]) -> Case:
    def call() -> Any:
        states: Any = tuple(values)
        for _ in range(STEPS):
            states = tuple(_step(*states))
        return states

    return Case(call, answers=list)


_COUPLED_SETUPS = {"jax": _jax_coupled, **everywhere(_coupled)}


def _coupled_row(states: int, limit: float, *without: str) -> Workload:
    return Workload(
        f"compile-states-{states}",
        f"scan with {states} coupled states, cold, CPU seconds",
        Target(limit, of=None),
        data=lambda states: ([1 / (k + 1) for k in range(states)],),
        setups={name: setup for name, setup in _COUPLED_SETUPS.items() if name not in without},
        reference=_coupled_answers,
        sizes={"states": states},
        tiny={"states": 6},
        clock="cpu",
        fresh="cold",
        group="compile",
    )


_COUPLED_PROGRAMS = {
    "theano": """
import theano, theano.tensor as T
xs = [T.dscalar() for _ in range(N)]
rows, _ = theano.scan(step, outputs_info=xs, n_steps=5)
f = theano.function(xs, [r[-1] for r in rows])
""",
    "jax": """
import jax
jax.config.update("jax_enable_x64", True)
f = jax.jit(lambda *xs: jax.lax.scan(lambda s, _: (tuple(step(*s)), None), xs, None, length=5)[0])
""",
    "pytensor_c": """
import pytensor, pytensor.tensor as T
xs = [T.dscalar() for _ in range(N)]
rows = pytensor.scan(step, outputs_info=xs, n_steps=5, return_updates=False)
f = pytensor.function(xs, [r[-1] for r in rows], mode="CVM")
""",
}
_BEFORE = """
N = {states}
def step(*s):
    return [a * 0.9 + b for a, b in zip(s, s[1:] + s[:1])]
"""
_AFTER = """
from benchmarks.timing import peak_memory
assert abs(float(f(*[1.0] * N)[0]) - 1.9**5) < 1e-6
print(peak_memory())
"""


def _memory_row(states: int, limit: float, *without: str) -> Workload:
    before = _BEFORE.format(states=states)
    programs = {name: text for name, text in _COUPLED_PROGRAMS.items() if name not in without}
    return Workload(
        f"memory-states-{states}",
        f"scan with {states} coupled states, peak memory",
        Target(limit, of=None),
        scripts={name: before + text + _AFTER for name, text in programs.items()},
        clock="memory",
        group="compile",
    )


# -- the gradient of a long chain --------------------------------------------------------------------------
def _links(tanh: Any, x: Any, links: int) -> Any:
    for k in range(links):
        x = tanh(x * 1.1 + k)
    return x


def _chain(lang: Language, x: Any, links: int) -> Case:
    def build() -> Any:
        v = lang.T.dvector("x")
        cost = lang.T.sum(_links(lang.T.tanh, v, links))
        return lang.function([v], [cost, lang.grad(cost, v)])(x)

    return Case(build, answers=list)


def _jax_chain(x: Any, links: int) -> Case:
    jax = load_jax()

    def build() -> Any:
        return jax.jit(jax.value_and_grad(lambda v: jax.numpy.sum(_links(jax.numpy.tanh, v, links))))(x)

    return Case(build, answers=flat, sync=jax.block_until_ready)


def _chain_answers(x: Any, links: int) -> Case:
    def call() -> Any:
        e, slope = x, np.ones_like(x)
        for k in range(links):
            e = np.tanh(e * 1.1 + k)
            slope = slope * 1.1 * (1 - e**2)
        return [e.sum(), slope]

    return Case(call, answers=list)


_CHAIN_SETUPS = {"jax": _jax_chain, **everywhere(_chain)}


def _chain_row(links: int, limit: float, *without: str) -> Workload:
    return Workload(
        f"compile-chain-{links}",
        f"gradient of a chain of {links:,} tanh(e*1.1 + k), cold, CPU seconds",
        Target(limit, of=None),
        data=lambda links: (np.linspace(-1, 1, 7), links),
        setups={name: setup for name, setup in _CHAIN_SETUPS.items() if name not in without},
        reference=_chain_answers,
        sizes={"links": links},
        tiny={"links": 5},
        rtol=1e-9,
        clock="cpu",
        fresh="cold",
        group="compile",
    )


# -- many numbers become a vector --------------------------------------------------------------------------
def _entries(sin: Any, x: Any, count: int) -> list[Any]:
    return [x * k + sin(x + k) for k in range(count)]


def _stack(lang: Language, x: float, count: int) -> Case:
    def build() -> Any:
        v = lang.T.dscalar("x")
        return lang.function([v], lang.T.stack(_entries(lang.T.sin, v, count)))(x)

    return Case(build)


def _jax_stack(x: float, count: int) -> Case:
    jax = load_jax()

    def build() -> Any:
        return jax.jit(lambda v: jax.numpy.stack(_entries(jax.numpy.sin, v, count)))(x)

    return Case(build, answers=flat, sync=jax.block_until_ready)


_STACK_SETUPS = {"jax": _jax_stack, **everywhere(_stack)}


def _stack_row(count: int, limit: float, *without: str) -> Workload:
    return Workload(
        f"compile-stack-{count}",
        f"stack of {count} x*k + sin(x + k), cold, CPU seconds",
        Target(limit, of=None),
        data=lambda count: (0.5, count),
        setups={name: setup for name, setup in _STACK_SETUPS.items() if name not in without},
        reference=lambda x, count: Case(lambda: np.array(_entries(math.sin, x, count))),
        sizes={"count": count},
        tiny={"count": 5},
        clock="cpu",
        fresh="cold",
        group="compile",
    )


ROWS = [
    _coupled_row(50, 0.8),
    _coupled_row(200, 3.0, *PYTENSOR),  # PyTensor needs minutes
    _memory_row(50, 150e6),
    _memory_row(200, 300e6, "pytensor_c"),
    _chain_row(300, 0.5),
    _chain_row(3_000, 6.0, *PYTENSOR),
    _stack_row(100, 0.3),
    _stack_row(500, 1.3, *PYTENSOR),
]
