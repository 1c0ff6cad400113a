"""Random pooling and neighbourhoods, forward, back and back again, with work around them; native against NumPy."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.tensor.signal.pool import Pool

DTYPES = ["float32", "float64", "float32", "float16", "int32", "int8", "uint8", "int64"]
TOLERANCE = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-12}


class RandomWindows:
    """Draws a pooling from `rng`.

    Attributes
    ----------
    op, parameters
        The operation; the window, the stride and the padding.
    inputs, outputs
        Of the function.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        n = rng.choice([1, 2, 2, 2, 3])
        self.dtype, self.lead = rng.choice(DTYPES), rng.randint(0, 3 - n if n == 3 else 2)
        ignore_border = rng.random() < 0.5
        window = [rng.randint(1, 3 if n == 3 else 5) for _ in range(n)]
        stride = rng.choice([window, [2] * n, [rng.randint(1, 7) for _ in range(n)]])
        pad = [rng.randint(0, w - 1) if ignore_border and rng.random() < 0.6 else 0 for w in window]
        self.op = Pool(ignore_border, rng.choice(["max", "sum", "average_inc_pad", "average_exc_pad"]), n)
        self.parameters = [list(window), list(stride), pad]
        self.symbols = T.lvectors(3) if rng.random() < 0.25 else []
        x, g, h = (T.TensorType(self.dtype, (False,) * (n + self.lead))(name) for name in "xgh")
        given = self.symbols or self.parameters
        y = self.op(self._before(x), *given)
        self.outputs, self.inputs = [self._after(y)], [x]
        if self.dtype.startswith("float"):
            back = T.Lop(y, x, g)
            self.outputs += [self._after(back), T.Lop(back, g, h)]
            self.inputs += [g, h]

    def _before(self, x: Any) -> Any:
        if self.dtype == "float16":
            return x
        scaled = x * T.arange(x.shape[-1]).astype(self.dtype) if self.dtype.startswith("float") else x
        return self.rng.choice([x, x, T.maximum(x, 0), x + 1, T.switch(x > 1, x, 3 - x), scaled + x])

    def _after(self, y: Any) -> Any:
        return self.rng.choice([y, y, T.maximum(y, 0)]) if self.dtype != "float16" else y

    def shape(self) -> list[int]:
        rng, n = self.rng, self.op.ndim
        shape = [rng.randint(0, 3) for _ in range(self.lead)]
        shape += [rng.randint(0 if rng.random() < 0.1 else 1, 9 if n == 3 else 30) for _ in range(n)]
        if rng.random() < 0.2:
            shape[-1] = rng.randint(60, 150)
        return shape

    def numbers(self, shape: list[int]) -> np.ndarray:
        """Many of them equal; some are NaN, some arrays are backwards."""
        rng = np.random.RandomState(self.rng.randrange(1 << 30))
        x = np.asarray(rng.randint(0, 9, shape) if self.dtype == "uint8" else rng.randn(*shape) * 3)
        if self.rng.random() < 0.5:
            x = np.round(x)
        x = x.astype(self.dtype)
        if x.dtype.kind == "f" and x.size and self.rng.random() < 0.2:
            x.flat[rng.randint(x.size)] = np.nan
        return x[..., ::-1] if self.rng.random() < 0.3 else x

    def arguments(self) -> list[np.ndarray]:
        shape = self.shape()
        window, stride, pad = self.parameters
        out = Pool.out_shape(shape, window, self.op.ignore_border, stride, pad, self.op.ndim)
        values = [self.numbers(s) for s in (shape, out, shape)[: len(self.inputs)]]
        return [*values, *(np.array(p) for p in self.parameters[: len(self.symbols)])]


def compare(seed: int) -> None:
    """Compile a random program, run it on some arrays, and compare with what the operations' NumPy forms give."""
    made = RandomWindows(random.Random(seed))
    where = f"seed {seed}: {made.op} {made.parameters} {made.dtype}"
    native, perform = (
        theano.function([*made.inputs, *made.symbols], made.outputs, mode=mode, on_unused_input="ignore")
        for mode in ("FAST_RUN", "FAST_COMPILE")
    )
    if made.dtype != "float16":
        assert "callback" not in theano.printing.loop_program(native), where
    tolerance = TOLERANCE.get(made.dtype, 0)
    for _ in range(3):
        args = made.arguments()
        for k, (got, wanted) in enumerate(zip(native(*args), perform(*args), strict=True)):
            assert got.dtype == wanted.dtype and got.shape == wanted.shape, where
            words = f"{where}, output {k} for {args[0].shape}"
            np.testing.assert_allclose(got, wanted, tolerance, 100 * tolerance, err_msg=words)
