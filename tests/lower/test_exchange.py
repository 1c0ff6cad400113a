"""Steps inside the loop over elements: the results are those of the loop over steps outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.printing import loop_program


def decay(n: Any) -> tuple[list[Any], Any]:
    x, a = T.vector("x"), T.vector("a")
    rows, _ = theano.scan(lambda s, a: s * a + 0.25, outputs_info=x, non_sequences=a, n_steps=n)
    return [x, a], rows


def three_back(n: Any) -> tuple[list[Any], Any]:
    """The steps read one and three rows back."""
    x, a = T.matrix("x"), T.vector("a")
    info = {"initial": x, "taps": [-1, -3]}
    rows, _ = theano.scan(lambda s, r, a: T.tanh(s - a * r), outputs_info=info, non_sequences=a, n_steps=n)
    return [x, a], rows


def driven(n: Any) -> tuple[list[Any], Any]:
    """Two states that read each other and a sequence; an output that nobody reads."""
    u, x, y = T.matrix("u"), T.vector("x"), T.vector("y")

    def step(v: Any, x: Any, y: Any) -> Any:
        return y + v, 0.5 * x, T.exp(-x * x)

    (xs, ys, out), _ = theano.scan(step, sequences=u, outputs_info=[x, y, None], n_steps=n)
    return [u, x, y], T.concatenate([xs, ys, out], axis=1)


def planes(n: Any) -> tuple[list[Any], Any]:
    """States with two axes, one operand broadcast along the first."""
    x, a = T.matrix("x"), T.fvector("a")
    rows, _ = theano.scan(lambda s, a: T.switch(s > 1, s - 1, s + a), outputs_info=x, non_sequences=a, n_steps=n)
    return [x, a], rows


def values(build: Callable[..., Any], inputs: list[Any], steps: int, size: int) -> list[Any]:
    rng = np.random.default_rng(size)
    rows = {"three_back": {"x": (3, size)}, "driven": {"u": (steps, size)}, "planes": {"x": (3, size)}}
    shapes = rows.get(build.__name__, {})
    return [rng.uniform(-1, 1, shapes.get(v.name, (size,))).astype(v.type.dtype) for v in inputs]


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 8, 11, 16, 70, 3000])
@pytest.mark.parametrize("last", [False, True], ids=["all", "last"])
@pytest.mark.parametrize("build", [decay, three_back, driven, planes], ids=lambda f: f.__name__)
def test_values(build: Callable[..., Any], last: bool, size: int) -> None:
    n = T.iscalar("n")
    inputs, rows = build(n)
    outputs = rows[-1] if last else rows
    native = theano.function([*inputs, n], outputs)
    slow = theano.function([*inputs, n], outputs, mode="FAST_COMPILE")
    assert is_exchanged(native)
    for steps in (1, 2, 7):
        given = [*values(build, inputs, steps, size), steps]
        np.testing.assert_allclose(native(*given), slow(*given), rtol=1e-12)


def is_exchanged(f: Any) -> bool:
    """Whether a kernel holds a serial loop in a vector loop."""
    vector = False
    for line in loop_program(f).splitlines():
        if line.strip().startswith("for ") and " vector" in line:
            vector = True
        elif vector and line.strip().startswith("for t"):
            return True
        elif line.startswith(("kernel", "main")):
            vector = False
    return False


def test_many_steps() -> None:
    """More than one batch of steps."""
    n = T.lscalar("n")
    inputs, rows = decay(n)
    f = theano.function([*inputs, n], rows[-1])
    a = np.array([0.5, -0.25, 0.999999])
    got = f(np.ones(3), a, (1 << 17) + 3)
    np.testing.assert_allclose(got, 0.25 / (1 - a) + a ** ((1 << 17) + 3) * (1 - 0.25 / (1 - a)), rtol=1e-9)


def test_what_is_read_elsewhere_keeps_the_steps_outside() -> None:
    """A step that reads another element of the state."""
    x = T.vector("x")
    rows, _ = theano.scan(lambda s: s[::-1] * 2, outputs_info=x, n_steps=5)
    f = theano.function([x], rows[-1])
    assert not is_exchanged(f)
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]) * 32)


def test_steps_that_depend_on_where_they_are() -> None:
    """Positions along two axes: one loop over all elements would not know them."""
    x = T.matrix("x")
    rows, _ = theano.scan(lambda s: T.tanh(s) + T.eye(s.shape[0], s.shape[1]), outputs_info=x, n_steps=5)
    f = theano.function([x], rows[-1])
    assert is_exchanged(f)
    expected = x_value = np.linspace(-1, 1, 12).reshape(4, 3)
    for _ in range(5):
        expected = np.tanh(expected) + np.eye(4, 3)
    np.testing.assert_allclose(f(x_value), expected, rtol=1e-12)
