"""Time from imported libraries to the first result: cold, from the cache, and again in one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads import mlp
from benchmarks.workloads.neurons import (
    AND,
    INPUTS,
    NEURON,
    forward_neuron,
    jax_function,
    neuron_function,
    numpy_neuron,
)
from benchmarks.workloads.peers import flat, load_jax
from benchmarks.workloads.symbolic import Language, everywhere


# -- the neuron ------------------------------------------------------------------------------------------
def _neuron(lang: Language) -> Case:
    def build() -> Any:
        fn, _ = neuron_function(lang)
        return fn(INPUTS, AND)

    return Case(build, answers=list)


def _jax_neuron() -> Case:
    load_jax()

    def build() -> Any:
        step, params = jax_function(forward_neuron, NEURON)
        return step(params, np.array(INPUTS), np.array(AND))[1:]

    return Case(build, answers=flat, sync=load_jax().block_until_ready)


def _neuron_answers() -> Case:
    case = numpy_neuron(INPUTS, AND)
    return Case(case.fn, case.args, list)


# -- gradient of a deep perceptron -----------------------------------------------------------------------
def _deep_data(width: int, layers: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    sizes = (width,) * layers + (10,)
    x = rng.standard_normal((4, width)).astype(np.float32)
    return x, rng.integers(0, 10, 4), mlp.weights(sizes)


def _deep(lang: Language, x: Any, y: Any, values: list[Any]) -> Case:
    def build() -> Any:
        u, v = lang.T.fmatrix("x"), lang.T.lvector("y")
        params = [lang.shared(value) for value in values]
        cost = mlp.cost_of(lang, u, v, params)
        return lang.function([u, v], [cost, *lang.grad(cost, params)])(x, y)

    return Case(build, answers=list)


def _jax_deep(x: Any, y: Any, values: list[Any]) -> Case:
    jax = load_jax()
    params = [jax.device_put(value) for value in values]

    def build() -> Any:
        cost, grads = jax.jit(jax.value_and_grad(mlp.jax_cost(jax)))(params, x, y)
        return [cost, *grads]

    return Case(build, answers=flat, sync=jax.block_until_ready)


def _deep_answers(x: Any, y: Any, values: list[Any]) -> Case:
    def call() -> Any:
        case = mlp.numpy_step(x, y, values)
        cost, *after = case.answers(case.fn(*case.args))
        return [cost, *((p - q) / mlp.RATE for p, q in zip(values, after))]

    return Case(call, answers=list)


# -- graphs of many nodes --------------------------------------------------------------------------------
def _chain(m: Any, x: Any, w: Any, nodes: int) -> Any:
    """About `nodes` operations that repeat: a product, a bias, tanh, a residual, a normalised row."""
    for _ in range(nodes // 10):
        h = m.tanh(m.dot(x, w) + 0.5)
        x = 0.5 * x + h
        x = x / (1 + m.sum(x**2, axis=1, keepdims=True))
    return x


def _graph(lang: Language, x: Any, w: Any, nodes: int) -> Case:
    def build() -> Any:
        u, v = lang.T.dmatrix("x"), lang.T.dmatrix("w")
        return lang.function([u, v], _chain(lang.T, u, v, nodes))(x, w)

    return Case(build)


def _jax_graph(x: Any, w: Any, nodes: int) -> Case:
    jax = load_jax()
    return Case(
        lambda: jax.jit(lambda u, v: _chain(jax.numpy, u, v, nodes))(x, w),
        answers=flat,
        sync=jax.block_until_ready,
    )


def _graph_data(nodes: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((8, 16)), rng.standard_normal((16, 16)) / 4, nodes


def _graph_row(nodes: int, limit: float, contenders: tuple[str, ...]) -> Workload:
    setups: dict[str, Callable[..., Case]] = {"jax": _jax_graph, **everywhere(_graph)}
    return Workload(
        f"compile-{nodes}",
        f"graph of {nodes:,} nodes, cold",
        Target(limit, of=None),
        data=_graph_data,
        setups={name: setups[name] for name in contenders},
        reference=lambda x, w, nodes: Case(lambda: _chain(np, x, w, nodes)),
        sizes={"nodes": nodes},
        tiny={"nodes": 60},
        fresh="cold",
        group="compile",
    )


_NEURON_SETUPS = {"jax": _jax_neuron, **everywhere(_neuron)}


def _neuron_row(name: str, title: str, limit: float | None, fresh: Any, after: str | None = None) -> Workload:
    return Workload(
        name,
        title,
        None if limit is None else Target(limit, of=None),
        setups=_NEURON_SETUPS,
        reference=_neuron_answers,
        fresh=fresh,
        after=after,
        group="compile",
    )


ROWS = [
    _neuron_row("compile-neuron", "neuron's training function, cold", 0.06, "cold"),
    _neuron_row(
        "compile-neuron-new",
        "neuron's training function, cold, not the machine's first",
        0.06,
        "cold",
        after="scalar",
    ),
    _neuron_row("compile-neuron-warm", "neuron's training function, warm cache", 0.02, "warm"),
    _neuron_row("compile-neuron-again", "neuron's training function, again in one process", None, None),
    Workload(
        "compile-deep",
        "gradient of a 10-layer MLP, cold, CPU seconds",
        Target(0.2, of=None),
        data=_deep_data,
        setups={"jax": _jax_deep, **everywhere(_deep)},
        reference=_deep_answers,
        sizes={"width": 64, "layers": 10},
        tiny={"width": 6, "layers": 3},
        rtol=1e-2,  # the reference's gradients are differences of float32 weights
        clock="cpu",
        fresh="cold",
        group="compile",
    ),
    _graph_row(1_000, 1.5, ("theano", "jax", "pytensor_c", "pytensor_numba")),
    _graph_row(10_000, 10.0, ("theano", "jax")),  # PyTensor needs many minutes
]
