"""Training steps of recurrent networks: one layer of LSTM or GRU, the error of all its outputs, float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

RATE = np.float32(0.1)
_OF_TABLE = {"steps": 100, "batch": 32, "hidden": 128, "inputs": 64}
_TINY = {"steps": 5, "batch": 3, "hidden": 4, "inputs": 2}


# -- data ------------------------------------------------------------------------------------------------
def _data(gates: int, steps: int, batch: int, hidden: int, inputs: int) -> tuple[Any, ...]:
    """Inputs, wanted outputs, and parameters: of the input, of the recurrence, and one or two biases."""
    rng = np.random.default_rng(0)

    def normal(*shape: int, scale: float = 1.0) -> Any:
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    x, y = normal(steps, batch, inputs), normal(steps, batch, hidden, scale=0.3)
    w = normal(inputs, gates * hidden, scale=inputs**-0.5)
    u = normal(hidden, gates * hidden, scale=hidden**-0.5)
    biases = [normal(gates * hidden, scale=0.1) for _ in range(1 if gates == 4 else 2)]
    return x, y, [w, u, *biases]


# -- ours and PyTensor -----------------------------------------------------------------------------------
def _gate(z: Any, k: int, n: int) -> Any:
    """The part of `z` that belongs to gate `k`."""
    return z[:, k * n : (k + 1) * n]


def _lstm_graph(T: Any, sigmoid: Any, n: int) -> Callable[..., Any]:
    def step(x: Any, h: Any, c: Any, w: Any, u: Any, b: Any) -> Any:
        z = T.dot(x, w) + T.dot(h, u) + b
        i, f, o = (sigmoid(_gate(z, k, n)) for k in (0, 1, 3))
        c = f * c + i * T.tanh(_gate(z, 2, n))
        return o * T.tanh(c), c

    return step


def _gru_graph(T: Any, sigmoid: Any, n: int) -> Callable[..., Any]:
    def step(x: Any, h: Any, w: Any, u: Any, b: Any, d: Any) -> Any:
        p, q = T.dot(x, w) + b, T.dot(h, u) + d
        r, z = (sigmoid(_gate(p, k, n) + _gate(q, k, n)) for k in (0, 1))
        new = T.tanh(_gate(p, 2, n) + r * _gate(q, 2, n))
        return (1 - z) * new + z * h

    return step


def training_function(lang: Language, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The training function ``(x, y) -> cost``, and its shared parameters; LSTM if there is one bias."""
    T, n = lang.T, values[1].shape[0]
    x, y = T.ftensor3("x"), T.ftensor3("y")
    params = [lang.shared(value.copy()) for value in values]
    is_lstm = len(values) == 3
    zeros = T.zeros((x.shape[1], n), dtype="float32")
    make = _lstm_graph if is_lstm else _gru_graph
    outs = lang.scan(make(T, lang.sigmoid, n), x, [zeros, zeros] if is_lstm else zeros, params)
    cost = T.mean(((outs[0] if is_lstm else outs) - y) ** 2)
    grads = lang.grad(cost, params)
    return lang.function([x, y], cost, updates=[(p, p - RATE * g) for p, g in zip(params, grads)]), params


def _symbolic(lang: Language, x: Any, y: Any, values: list[Any]) -> Case:
    fn, params = training_function(lang, values)
    return Case(fn, (x, y), lambda cost: [cost, *(p.get_value() for p in params)])


# -- NumPy: gradients by hand, into arrays made beforehand -------------------------------------------------
def _sigmoid_into(a: Any) -> None:
    np.negative(a, out=a)
    np.exp(a, out=a)
    np.add(a, 1, out=a)
    np.reciprocal(a, out=a)


def _projected(x: Any, w: Any, b: Any, out: Any) -> None:
    """Rows of all steps at once."""
    np.dot(x.reshape(-1, x.shape[2]), w, out=out.reshape(-1, out.shape[2]))
    np.add(out, b, out=out)


def _weights_down(params: Sequence[Any], grads: Sequence[Any]) -> None:
    for p, g in zip(params, grads):
        np.multiply(g, RATE, out=g)
        np.subtract(p, g, out=p)


def _rows(a: Any) -> Any:
    return a.reshape(-1, a.shape[2])


def numpy_lstm(x: Any, y: Any, values: list[Any]) -> Case:
    """By hand."""
    w, u, b = params = [value.copy() for value in values]
    (steps, batch, _), n = x.shape, u.shape[0]
    z, dz = (np.empty((steps, batch, 4 * n), np.float32) for _ in range(2))
    hs, cs = (np.zeros((steps + 1, batch, n), np.float32) for _ in range(2))
    tc, dy = (np.empty((steps, batch, n), np.float32) for _ in range(2))
    grads = [np.empty_like(p) for p in params]
    hu, new = np.empty((batch, 4 * n), np.float32), np.empty((batch, n), np.float32)

    def forward(x: Any) -> None:
        _projected(x, w, b, z)
        for t in range(steps):
            np.dot(hs[t], u, out=hu)
            np.add(z[t], hu, out=z[t])
            i, f, g, o = (_gate(z[t], k, n) for k in range(4))
            _sigmoid_into(z[t][:, : 2 * n])
            np.tanh(g, out=g)
            _sigmoid_into(o)
            np.multiply(f, cs[t], out=cs[t + 1])
            np.multiply(i, g, out=new)
            np.add(cs[t + 1], new, out=cs[t + 1])
            np.tanh(cs[t + 1], out=tc[t])
            np.multiply(o, tc[t], out=hs[t + 1])

    def backward() -> None:
        dh, dc, ut = np.zeros((batch, n), np.float32), np.zeros((batch, n), np.float32), u.T.copy()
        for t in range(steps - 1, -1, -1):
            i, f, g, o = (_gate(z[t], k, n) for k in range(4))
            di, df, dg, do = (_gate(dz[t], k, n) for k in range(4))
            np.add(dh, dy[t], out=dh)
            np.multiply(dh * tc[t], o * (1 - o), out=do)
            dc += dh * o * (1 - tc[t] * tc[t])
            np.multiply(dc * g, i * (1 - i), out=di)
            np.multiply(dc * cs[t], f * (1 - f), out=df)
            np.multiply(dc * i, 1 - g * g, out=dg)
            np.multiply(dc, f, out=dc)
            np.dot(dz[t], ut, out=dh)

    def step(x: Any, y: Any) -> Any:
        forward(x)
        np.subtract(hs[1:], y, out=dy)
        cost = np.mean(np.square(dy))
        np.multiply(dy, np.float32(2 / dy.size), out=dy)
        backward()
        np.dot(_rows(x).T, _rows(dz), out=grads[0])
        np.dot(_rows(hs[:-1]).T, _rows(dz), out=grads[1])
        np.sum(_rows(dz), axis=0, out=grads[2])
        _weights_down(params, grads)
        return cost

    return Case(step, (x, y), lambda cost: [cost, *(p.copy() for p in params)])


def numpy_gru(x: Any, y: Any, values: list[Any]) -> Case:
    """By hand, too."""
    w, u, b, d = params = [value.copy() for value in values]
    (steps, batch, _), n = x.shape, u.shape[0]
    z, q, dz, dq = (np.empty((steps, batch, 3 * n), np.float32) for _ in range(4))
    hs, dy = np.zeros((steps + 1, batch, n), np.float32), np.empty((steps, batch, n), np.float32)
    grads = [np.empty_like(p) for p in params]

    def forward(x: Any) -> None:
        _projected(x, w, b, z)
        for t in range(steps):
            np.dot(hs[t], u, out=q[t])
            np.add(q[t], d, out=q[t])
            gates, new = z[t][:, : 2 * n], z[t][:, 2 * n :]
            np.add(gates, q[t][:, : 2 * n], out=gates)
            _sigmoid_into(gates)
            np.add(new, gates[:, :n] * q[t][:, 2 * n :], out=new)
            np.tanh(new, out=new)
            np.subtract(hs[t], new, out=hs[t + 1])
            np.multiply(gates[:, n:], hs[t + 1], out=hs[t + 1])
            np.add(hs[t + 1], new, out=hs[t + 1])

    def backward() -> None:
        dh, ut = np.zeros((batch, n), np.float32), u.T.copy()
        for t in range(steps - 1, -1, -1):
            r, s, new = (_gate(z[t], k, n) for k in range(3))
            dr, ds, dn = (_gate(dz[t], k, n) for k in range(3))
            np.add(dh, dy[t], out=dh)
            np.multiply(dh * (hs[t] - new), s * (1 - s), out=ds)
            np.multiply(dh * (1 - s), 1 - new * new, out=dn)
            np.multiply(dn * q[t][:, 2 * n :], r * (1 - r), out=dr)
            dq[t][:, : 2 * n] = dz[t][:, : 2 * n]
            np.multiply(dn, r, out=dq[t][:, 2 * n :])
            np.multiply(dh, s, out=dh)
            dh += dq[t] @ ut

    def step(x: Any, y: Any) -> Any:
        forward(x)
        np.subtract(hs[1:], y, out=dy)
        cost = np.mean(np.square(dy))
        np.multiply(dy, np.float32(2 / dy.size), out=dy)
        backward()
        np.dot(_rows(x).T, _rows(dz), out=grads[0])
        np.dot(_rows(hs[:-1]).T, _rows(dq), out=grads[1])
        np.sum(_rows(dz), axis=0, out=grads[2])
        np.sum(_rows(dq), axis=0, out=grads[3])
        _weights_down(params, grads)
        return cost

    return Case(step, (x, y), lambda cost: [cost, *(p.copy() for p in params)])


# -- JAX -------------------------------------------------------------------------------------------------
def jax_function(values: Sequence[Any]) -> Any:
    """A jitted step ``(params, x, y) -> params, cost``; the products of the input are taken out of the loop by hand."""
    jax = load_jax()
    jnp, sigmoid = jax.numpy, jax.nn.sigmoid
    n = values[1].shape[0]

    def lstm(params: Any, x: Any) -> Any:
        w, u, b = params

        def step(carry: Any, p: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(p + h @ u, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
            h = sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((x.shape[1], n), x.dtype)
        return jax.lax.scan(step, (zeros, zeros), x @ w + b)[1]

    def gru(params: Any, x: Any) -> Any:
        w, u, b, d = params

        def step(h: Any, p: Any) -> Any:
            q = h @ u + d
            r, z = jnp.split(sigmoid(p[:, : 2 * n] + q[:, : 2 * n]), 2, axis=1)
            new = jnp.tanh(p[:, 2 * n :] + r * q[:, 2 * n :])
            h = (1 - z) * new + z * h
            return h, h

        return jax.lax.scan(step, jnp.zeros((x.shape[1], n), x.dtype), x @ w + b)[1]

    forward = lstm if len(values) == 3 else gru

    def update(params: Any, x: Any, y: Any) -> Any:
        cost, grads = jax.value_and_grad(lambda p: jnp.mean((forward(p, x) - y) ** 2))(params)
        return [p - RATE * g for p, g in zip(params, grads)], cost

    return jax.jit(update, donate_argnums=0)


def _jax(x: Any, y: Any, values: list[Any]) -> Case:
    jax = load_jax()
    step = jax_function(values)
    state = [[jax.device_put(value.copy()) for value in values]]

    def call(x: Any, y: Any) -> Any:
        state[0], cost = step(state[0], x, y)
        return cost

    args = (jax.device_put(x), jax.device_put(y))
    return Case(call, args, lambda cost: flat([cost, *state[0]]), lambda _: jax.block_until_ready(state[0]))


# -- torch -----------------------------------------------------------------------------------------------
def _torch(x: Any, y: Any, values: list[Any], compiled: bool = False) -> Case:
    """``torch.nn.LSTM`` or ``torch.nn.GRU``."""
    torch = load_torch()
    (inputs, _), (n, _) = values[0].shape, values[1].shape
    layer = torch.nn.LSTM(inputs, n) if len(values) == 3 else torch.nn.GRU(inputs, n)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
        for name, value in zip(names, values):
            getattr(layer, name).copy_(torch.from_numpy(value.T))
    if len(values) == 3:  # a second bias of an LSTM is superfluous
        layer.bias_hh_l0.requires_grad_(False)
    params = [getattr(layer, name) for name in names[: len(values)]]
    inner = torch.compile(layer) if compiled else layer

    def call(x: Any, y: Any) -> Any:
        cost = torch.nn.functional.mse_loss(inner(x)[0], y)
        grads = torch.autograd.grad(cost, params)
        with torch.no_grad():
            torch._foreach_add_(params, grads, alpha=-float(RATE))
        return cost

    args = (torch.from_numpy(x), torch.from_numpy(y))
    return Case(call, args, lambda cost: [np.transpose(a) for a in flat([cost, *params])])


# -- compiling -------------------------------------------------------------------------------------------
def _compile(lang: Language, x: Any, y: Any, values: list[Any]) -> Case:
    def build() -> Any:
        return training_function(lang, values)[0](x, y)

    return Case(build)


def _jax_compile(x: Any, y: Any, values: list[Any]) -> Case:
    jax = load_jax()
    params = [jax.device_put(value) for value in values]
    return Case(lambda: jax_function(values)(params, x, y)[1], answers=flat, sync=jax.block_until_ready)


def _row(name: str, title: str, gates: int, numpy: Any, limit: float) -> Workload:
    return Workload(
        name,
        title,
        Target(limit),
        data=_data,
        setups={
            "numpy": numpy,
            "jax": _jax,
            "torch": _torch,
            "torch_compile": lambda x, y, values: _torch(x, y, values, compiled=True),
            **everywhere(_symbolic),
        },
        sizes={"gates": gates, **_OF_TABLE},
        tiny={"gates": gates, **_TINY},
        rtol=1e-4,
    )


_SIZES = "T=100, batch 32, hidden 128, input 64 f32"

ROWS = [
    _row("lstm", f"LSTM {_SIZES}, training step", 4, numpy_lstm, 0.87),
    _row("gru", f"GRU {_SIZES}, training step", 3, numpy_gru, 0.87),
    Workload(
        "compile-lstm",
        "LSTM training function through scan, cold, CPU seconds",
        Target(0.5, of=None),
        data=_data,
        setups={"jax": _jax_compile, **everywhere(_compile)},
        reference=lambda x, y, values: Case(numpy_lstm(x, y, values).fn, (x, y)),
        sizes={"gates": 4, **_OF_TABLE},
        tiny={"gates": 4, **_TINY},
        rtol=1e-4,
        clock="cpu",
        fresh="cold",
        group="compile",
    ),
]
