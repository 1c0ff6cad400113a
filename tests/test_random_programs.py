"""Some programs of each generator pass, and each generator sees a mistake; ``tools/random_programs.py`` has more."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.compile import random_user_ops
from tests.grid import user_ops
from tests.native import random_in_place, random_shapes
from tests.random import random_draws
from tests.rewrite import random_precision
from tests.scalar import random_scalars
from tests.scan import random_scans
from tests.tensor import random_complex, random_linalg
from theano.scan.op import Scan
from theano.tensor import subtensor
from theano.tensor.elemwise import Elemwise
from theano.tensor.linalg.systems import Solve
from theano.tensor.random import mrg_uniform
from theano.tensor.shaping.join import Join

GENERATORS: dict[str, Callable[[int], int]] = {
    "linear algebra": random_linalg.compare,
    "draws": random_draws.compare,
    "complex": random_complex.compare,
    "in place": random_in_place.compare,
    "scans": random_scans.compare,
    "user ops": random_user_ops.compare,
    "scalars": random_scalars.compare,
    "shapes": random_shapes.compare,
    "precision": random_precision.compare,
}
SEEDS = 200 if os.environ.get("THEANO_NIGHTLY") else 4


@pytest.mark.parametrize("name", GENERATORS)
def test_random_programs(name: str) -> None:
    """Each seed passes, and its results tell something."""
    assert sum(GENERATORS[name](seed) for seed in range(SEEDS)) > SEEDS


def _slightly(value: Any) -> Any:
    """Another number in the last element."""
    value = np.array(value)
    if value.size and value.dtype.kind in "fciu":
        last = (-1,) * value.ndim
        value[last] = value[last] * 1.01 if value.dtype.kind in "fc" else value[last] ^ 1
    return value


def _off(op: type, k: int = 0) -> tuple[type, str, Any]:
    """The `perform` of an operation with a mistake in output `k`: where, which name, and what it becomes."""
    perform = op.perform  # type: ignore[attr-defined]

    def wrong(self: Any, node: Any, inputs: Any, outputs: Any) -> None:
        perform(self, node, inputs, outputs)
        outputs[k][0] = _slightly(outputs[k][0])

    return op, "perform", wrong


def _in_less_precision() -> tuple[type, str, Any]:
    """Point-wise work on float64 that passes through float32."""

    def wrong(self: Any, node: Any, inputs: Any, outputs: Any) -> None:
        perform(self, node, inputs, outputs)
        if outputs[0][0].dtype == "float64":
            outputs[0][0] = outputs[0][0].astype("float32").astype("float64")

    perform = Elemwise.perform
    return Elemwise, "perform", wrong


def _forgets_what_is_read_later() -> tuple[type, str, Any]:
    """Writes into its first input, whoever reads that later."""

    def wrong(self: Any, node: Any, inputs: Any, outputs: Any) -> None:
        x = np.asarray(inputs[0])
        perform(self, node, [x, *inputs[1:]], outputs)
        if x.flags.writeable and x.shape == outputs[0][0].shape:
            x[...] = outputs[0][0]

    perform = subtensor.IncSubtensor.perform
    return subtensor.IncSubtensor, "perform", wrong


def _refuses_by_another_error() -> tuple[type, str, Any]:
    """A `join` of arrays that do not fit is a KeyError."""
    perform = Join.perform

    def wrong(self: Any, node: Any, inputs: Any, outputs: Any) -> None:
        try:
            perform(self, node, inputs, outputs)
        except ValueError as error:
            raise KeyError from error

    return Join, "perform", wrong


# What the NumPy definition of an operation gets wrong, and by which seeds that is seen.
MISTAKES: dict[str, tuple[str, Callable[[], tuple[Any, str, Any]], range]] = {
    "solutions of equations": ("linear algebra", lambda: _off(Solve), range(40)),
    "uniform numbers": ("draws", lambda: _off(mrg_uniform.mrg_uniform, 1), range(40)),
    "states of streams": ("draws", lambda: _off(mrg_uniform.mrg_uniform, 0), range(40)),
    "point-wise work on complex numbers": ("complex", lambda: _off(Elemwise), range(3)),
    "written, and read later": ("in place", _forgets_what_is_read_later, range(40)),
    "loops": ("scans", lambda: _off(Scan), range(3)),
    "of users": ("user ops", lambda: _off(user_ops.Thrice), range(40)),
    "point-wise work": ("scalars", lambda: _off(Elemwise), range(10)),
    "joined arrays": ("shapes", lambda: _off(Join), range(40)),
    "float32 for float64": ("precision", _in_less_precision, range(10)),
    "kinds of errors": ("shapes", _refuses_by_another_error, range(95, 140)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator, plant, seeds = MISTAKES[name]
    monkeypatch.setattr(*plant())
    for seed in seeds:
        try:
            GENERATORS[generator](seed)
        except AssertionError:
            print(f"seen by seed {seed}")
            return
    raise AssertionError(f"{len(seeds)} programs did not see it")
