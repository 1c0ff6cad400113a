"""Random point-wise expressions of all scalar operations over all dtypes, with values at the ends of their ranges."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tests import random_program
from theano import scalar
from theano.tensor.elemwise import elemwise

DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64", "complex64", "complex128")  # fmt: skip
LENGTHS = (0, 1, 3, 7, 33)
# By how much, relative to the largest number of a result, functions of the reference and compiled ones may differ
# besides the operands' rounding: functions of SciPy have errors of their own.
LEAST = {"float16": 4e-3, "float32": 2e-5, "complex64": 2e-5}
NAMES = sorted(scalar.TABLE)


class RandomScalars:
    """Operands of any dtype that are broadcast to each other, and expressions of one to three operations.

    Attributes
    ----------
    program
        What is compiled.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.length = rng.choice(LENGTHS)
        self.program = random_program.Program()
        self.pool: list[Any] = [self._operand(k) for k in range(rng.randint(1, 4))]
        given = len(self.pool)
        for _ in range(rng.randint(1, 3)):
            self._step()
        self.program.outputs = self.pool[given:]
        floats = [v.dtype for v in self.pool if v.dtype in LEAST]
        self.program.coarse = min(floats, key=lambda d: -LEAST[d]) if floats else "float64"
        if self.program.coarse == "complex64":
            self.program.coarse = "float32"

    def _operand(self, k: int) -> Any:
        """An array whose axes have `length` elements or one, or a number."""
        rng, dtype = self.rng, self.rng.choice(DTYPES)
        shape = tuple(rng.choice((1, self.length, self.length)) for _ in range(rng.choice((0, 1, 1, 2))))
        value = self._numbers(dtype, shape)
        kind: dict[str, Any] = {"broadcastable": tuple(n == 1 for n in shape)} if shape else {}
        return self.program.add(rng, value, f"x{k}", **kind)

    def _numbers(self, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        numbers = np.random.RandomState(self.rng.randrange(10**6))
        kind = np.dtype(dtype).kind
        if kind == "b":
            return np.asarray(numbers.rand(*shape) < 0.5)
        if kind in "iu":
            ends = np.iinfo(dtype)
            small = np.asarray(numbers.randint(0 if kind == "u" else -9, 10, shape))
            far = numbers.choice(np.array([ends.min, ends.max, ends.max // 2 + 1, 0, 1], dtype), shape)
            return np.asarray(np.where(numbers.rand(*shape) < self.rng.choice((0, 0, 0.3)), far, small.astype(dtype)))
        scale, only = self.rng.choice((1.0, 1.0, 3.0, 20.0)), self.rng.choice((0, 0, 0.2))
        value = scale * numbers.uniform(self.rng.choice((-1, -1, 0)), 1, shape)
        if kind == "c":
            value = value + 1j * scale * numbers.uniform(-1, 1, shape)
            return np.asarray(value, dtype)
        special = numbers.choice(np.array([0.0, -0.0, 1, -1, 0.5, np.inf, -np.inf, np.nan, 2]), shape)
        return np.asarray(np.where(numbers.rand(*shape) < only, special, value)).astype(dtype)

    def _step(self) -> None:
        """One operation more; those that refuse the operands' dtypes are drawn again."""
        for _ in range(30):
            name = self.rng.choice(NAMES)
            op = scalar.TABLE[name]
            nin = self.rng.choice((2, 3)) if op.nin < 0 else op.nin
            operands = [self.rng.choice(self.pool[-4:]) for _ in range(nin)]
            try:
                made = elemwise(op)(*operands)
            except (TypeError, ValueError, NotImplementedError):
                continue
            if made.ndim <= 2:
                self.program.text.append(f"{name}({', '.join(str(v) for v in operands)})"[:200])
                self.pool.append(made)
                return


def compare(seed: int) -> int:
    """Compare the expressions of a seed with the operations' NumPy definitions; how many results told something."""
    return random_program.compare(RandomScalars(random.Random(seed)).program, seed, 1e-10)
