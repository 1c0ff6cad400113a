"""What lowering decides, stage by stage: a text for each program of the table, and that all give the right numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import Golden
from tests.lower.programs import PROGRAMS, compiled
from theano.compile.native import executor as native
from theano.lower import program as lowering
from theano.lower.ops import registry
from theano.lower.state.machine import Machine
from theano.printing import items, memory_plan, schedule
from theano.runtime.jit import isa

# From a compiled function and example arguments to the text of a stage.
STAGES: dict[str, Callable[[Any, list[Any]], str]] = {
    "items": lambda f, args: items(f),
    "groups and nest plans": lambda f, args: schedule(f),
    "memory": lambda f, args: str(memory_plan(f, *args)),
}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@pytest.mark.parametrize("name", PROGRAMS)
def test_stages(name: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts are those for processors that have all instructions; this one need not run what is planned."""
    if name == "float16" and not isa().has_f16c:
        pytest.skip("the processor cannot convert float16: such a program can't even be loaded")
    wanted = {"has_f16": True, "has_masks": True, "shares_loops": True}
    monkeypatch.setattr(native.Machine, "of", lambda target: Machine(**wanted))
    program, f = compiled(name)
    args = program.values()
    text = "\n\n".join(f"-- {stage} --\n{printed(f, args)}" for stage, printed in STAGES.items())
    golden(_ADDRESS.sub("", text) + "\n", f"stages/{name}")


def test_no_text_is_left_over(request: pytest.FixtureRequest) -> None:
    assert {file.stem for file in (request.path.parent / "golden" / "stages").iterdir()} == set(PROGRAMS)


def test_the_programs_need_every_lowering(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[Any] = set()

    def find(op: Any) -> Any:
        found = registry.find(op)
        used.add(found)
        return found

    monkeypatch.setattr(lowering, "find", find)
    for name in PROGRAMS:
        compiled(name)
    ours = {f for f in registry._TABLE.values() if f.__module__.startswith("theano.")}
    assert {f.__name__ for f in ours - used} == {"lower_shape"}  # rewriting takes the lengths one by one


@pytest.mark.parametrize("name", PROGRAMS)
def test_results(name: str) -> None:
    """Compiled code gives what the operations' NumPy definitions give, also to shared variables."""
    native, wanted = results(name, "FAST_RUN"), results(name, "FAST_COMPILE")
    assert len(native) == len(wanted)
    for got, value in zip(native, wanted, strict=True):
        assert got.dtype == value.dtype
        np.testing.assert_allclose(got, value, rtol=1e-2 if value.dtype == "float16" else 1e-5, atol=1e-12)


def results(name: str, mode: str) -> list[np.ndarray]:
    """Outputs, and the new values of shared variables."""
    program, f = compiled(name, mode)
    found = f(*program.values())
    outputs = found if isinstance(found, list) else [found]
    return [np.asarray(v) for v in (*outputs, *(s.get_value() for s, _ in program.updates))]
