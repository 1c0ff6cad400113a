"""Training steps of the tutorial's AND neuron and XNOR network, with Python lists or with arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND = [0.0, 0.0, 0.0, 1.0]
XNOR = [1.0, 0.0, 0.0, 1.0]
RATE = 0.01
# Parameters at the start: the neuron's weights and bias; the network's three weights and two biases.
NEURON = ([0.3, -0.2], 1.0)
NETWORK = ([0.5, -0.4], [-0.3, 0.8], [0.7, 0.2], 1.0, 1.0)


# -- ours and PyTensor -----------------------------------------------------------------------------------
def neuron_function(lang: Language) -> tuple[Any, list[Any]]:
    """The neuron's training function, and its shared parameters."""
    T = lang.T
    x, t = T.dmatrix("x"), T.dvector("t")
    w, b = lang.shared(np.array(NEURON[0]), name="w"), lang.shared(np.array(NEURON[1]), name="b")
    z = T.dot(x, w) + b
    a = 1 / (1 + T.exp(-z))
    cost = -(t * T.log(a) + (1 - t) * T.log(1 - a)).sum()
    dw, db = lang.grad(cost, [w, b])
    return lang.function([x, t], [a, cost], updates=[(w, w - RATE * dw), (b, b - RATE * db)]), [w, b]


def network_function(lang: Language) -> tuple[Any, list[Any]]:
    """The network's training function, and its shared parameters."""
    T = lang.T
    x, t = T.dmatrix("x"), T.dvector("t")
    params = [lang.shared(np.array(value)) for value in NETWORK]
    w1, w2, w3, b1, b2 = params
    a1 = 1 / (1 + T.exp(-T.dot(x, w1) - b1))
    a2 = 1 / (1 + T.exp(-T.dot(x, w2) - b1))
    x2 = T.stack([a1, a2], axis=1)
    a3 = 1 / (1 + T.exp(-T.dot(x2, w3) - b2))
    cost = -(t * T.log(a3) + (1 - t) * T.log(1 - a3)).sum()
    grads = lang.grad(cost, params)
    updates = [(p, p - RATE * g) for p, g in zip(params, grads)]
    return lang.function([x, t], [a3, cost], updates=updates), params


def symbolic_step(make: Callable[[Language], tuple[Any, list[Any]]]) -> Callable[..., Case]:
    """Set-up of one training step."""

    def setup(lang: Language, x: Any, t: Any) -> Case:
        fn, params = make(lang)
        return Case(fn, (x, t), lambda result: [*result, *(p.get_value() for p in params)])

    return setup


# -- NumPy -----------------------------------------------------------------------------------------------
def numpy_neuron(x: Any, t: Any) -> Case:
    """By hand; the gradient of the cross-entropy of a sigmoid is ``a - t``."""
    w, b = np.array(NEURON[0]), np.array(NEURON[1])
    a, d, dw = np.empty(4), np.empty(4), np.empty(2)

    def step(x: Any, t: Any) -> Any:
        x, t = np.asarray(x), np.asarray(t)
        np.dot(x, w, out=a)
        np.add(a, b, out=a)
        np.negative(a, out=a)
        np.exp(a, out=a)
        np.add(a, 1, out=a)
        np.reciprocal(a, out=a)
        np.subtract(a, t, out=d)
        cost = -(t * np.log(a) + (1 - t) * np.log(1 - a)).sum()
        np.dot(d, x, out=dw)
        np.multiply(dw, RATE, out=dw)
        np.subtract(w, dw, out=w)
        np.subtract(b, RATE * d.sum(), out=b)
        return a, cost

    return Case(step, (x, t), lambda result: [result[0].copy(), result[1], w.copy(), b.copy()])


def numpy_network(x: Any, t: Any) -> Case:
    """By hand, too."""
    w1, w2, w3, b1, b2 = (np.array(value) for value in NETWORK)
    x2, a3, d3 = np.empty((4, 2)), np.empty(4), np.empty(4)
    a1, a2 = x2[:, 0], x2[:, 1]

    def logistic(x: Any, w: Any, b: Any, out: Any) -> None:
        np.negative(x @ w, out=out)
        np.subtract(out, b, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        np.reciprocal(out, out=out)

    def step(x: Any, t: Any) -> Any:
        x, t = np.asarray(x), np.asarray(t)
        logistic(x, w1, b1, a1)
        logistic(x, w2, b1, a2)
        logistic(x2, w3, b2, a3)
        cost = -(t * np.log(a3) + (1 - t) * np.log(1 - a3)).sum()
        np.subtract(a3, t, out=d3)
        d1, d2 = d3 * w3[0] * a1 * (1 - a1), d3 * w3[1] * a2 * (1 - a2)
        np.subtract(w1, RATE * (d1 @ x), out=w1)
        np.subtract(w2, RATE * (d2 @ x), out=w2)
        np.subtract(w3, RATE * (d3 @ x2), out=w3)
        np.subtract(b1, RATE * (d1.sum() + d2.sum()), out=b1)
        np.subtract(b2, RATE * d3.sum(), out=b2)
        return a3, cost

    params = (w1, w2, w3, b1, b2)
    return Case(step, (x, t), lambda result: [result[0].copy(), result[1], *(p.copy() for p in params)])


# -- JAX and torch ---------------------------------------------------------------------------------------
def forward_neuron(m: Any, params: Any, x: Any) -> Any:
    """The neuron's answer; `m` is jax.numpy or torch."""
    w, b = params
    return 1 / (1 + m.exp(-(x @ w) - b))


def forward_network(m: Any, params: Any, x: Any) -> Any:
    """The network's answer."""
    w1, w2, w3, b1, b2 = params
    a1, a2 = 1 / (1 + m.exp(-(x @ w1) - b1)), 1 / (1 + m.exp(-(x @ w2) - b1))
    return 1 / (1 + m.exp(-(m.stack([a1, a2], 1) @ w3) - b2))


def jax_function(forward: Callable[..., Any], start: tuple[Any, ...]) -> tuple[Any, Any]:
    """A jitted step ``(params, x, t) -> params, a, cost``, and the parameters."""
    jax = load_jax()
    jnp = jax.numpy

    def loss(params: Any, x: Any, t: Any) -> Any:
        a = forward(jnp, params, x)
        return -(t * jnp.log(a) + (1 - t) * jnp.log(1 - a)).sum(), a

    @jax.jit
    def step(params: Any, x: Any, t: Any) -> Any:
        (cost, a), grads = jax.value_and_grad(loss, has_aux=True)(params, x, t)
        return [p - RATE * g for p, g in zip(params, grads)], a, cost

    return step, [jax.device_put(np.array(value)) for value in start]


def jax_step(forward: Callable[..., Any], start: tuple[Any, ...], lists: bool) -> Callable[..., Case]:
    """Set-up of one training step; lists become arrays of NumPy, the quickest way into a jitted function."""

    def setup(x: Any, t: Any) -> Case:
        jax = load_jax()
        step, first = jax_function(forward, start)
        state = [first]

        def call(x: Any, t: Any) -> Any:
            if lists:
                x, t = np.asarray(x), np.asarray(t)
            state[0], a, cost = step(state[0], x, t)
            return a, cost

        args = (x, t) if lists else (jax.device_put(x), jax.device_put(t))
        return Case(call, args, lambda result: flat([*result, *state[0]]), jax.block_until_ready)

    return setup


def torch_step(
    forward: Callable[..., Any], start: tuple[Any, ...], lists: bool, compiled: bool
) -> Callable[..., Case]:
    """Set-up of one training step with autograd and an update in place."""

    def setup(x: Any, t: Any) -> Case:
        torch = load_torch()
        params = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in start]

        def loss(x: Any, t: Any) -> Any:
            a = forward(torch, params, x)
            return -(t * torch.log(a) + (1 - t) * torch.log(1 - a)).sum(), a

        inner = torch.compile(loss) if compiled else loss

        def call(x: Any, t: Any) -> Any:
            if lists:
                x, t = torch.tensor(x, dtype=torch.float64), torch.tensor(t, dtype=torch.float64)
            cost, a = inner(x, t)
            grads = torch.autograd.grad(cost, params)
            with torch.no_grad():
                for p, g in zip(params, grads):
                    p.sub_(g, alpha=RATE)
            return a, cost

        args = (x, t) if lists else (torch.from_numpy(x), torch.from_numpy(t))
        return Case(call, args, lambda result: flat([*result, *params]))

    return setup


def _all(kind: str, lists: bool) -> dict[str, Any]:
    forward, start, by_hand, symbolic = {
        "and": (forward_neuron, NEURON, numpy_neuron, neuron_function),
        "xnor": (forward_network, NETWORK, numpy_network, network_function),
    }[kind]
    return {
        "numpy": by_hand,
        "jax": jax_step(forward, start, lists),
        "torch": torch_step(forward, start, lists, compiled=False),
        "torch_compile": torch_step(forward, start, lists, compiled=True),
        # PyTensor's functions take lists as ours do
        **everywhere(symbolic_step(symbolic)),
    }


# -- many steps ------------------------------------------------------------------------------------------
def _many(setup: Callable[..., Case]) -> Callable[..., Case]:
    """The case `setup` makes, called `steps` times in a Python loop."""

    def of_steps(x: Any, t: Any, steps: int) -> Case:
        case = setup(x, t)
        fn = case.fn

        def train(x: Any, t: Any) -> Any:
            result = None
            for _ in range(steps):
                result = fn(x, t)
            return result

        return Case(train, case.args, case.answers, case.sync)

    return of_steps


def _lists(target: list[float]) -> Callable[..., tuple[Any, ...]]:
    return lambda **sizes: (INPUTS, target, *sizes.values())


ROWS = [
    Workload(
        "and-lists",
        "AND neuron, one training step, Python lists in",
        Target(0.03),
        data=_lists(AND),
        setups=_all("and", lists=True),
    ),
    Workload(
        "and-arrays",
        "AND neuron, one training step, arrays in",
        Target(0.015),
        data=lambda: (np.array(INPUTS), np.array(AND)),
        setups=_all("and", lists=False),
    ),
    Workload(
        "xnor-lists",
        "XNOR network, one training step, Python lists in",
        Target(0.04),
        data=_lists(XNOR),
        setups=_all("xnor", lists=True),
    ),
    Workload(
        "xnor-30000",
        "XNOR network, 30000 training steps, lists",
        Target(0.05, of=None),
        data=_lists(XNOR),
        setups={
            name: _many(setup)
            for name, setup in _all("xnor", lists=True).items()
            if name in ("theano", "numpy", "jax")
        },
        sizes={"steps": 30000},
        tiny={"steps": 20},
        rtol=1e-8,
    ),
]
