"""One record says what lowering knows about its target: another machine gets another program."""

from __future__ import annotations

from typing import Any

import pytest

import theano
import theano.tensor as T
from theano.base.record import replace
from theano.loops.text import program_text
from theano.lower import lower
from theano.lower.program import InputForm
from theano.lower.state.machine import Machine
from theano.runtime.target import select_isa

x, y = T.matrix("x"), T.matrix("y")


def program(machine: Machine | None, *outputs: Any) -> str:
    return program_text(lower([x, y], [], list(outputs), [], [InputForm()] * 2, machine).program)


@pytest.mark.parametrize(
    ("change", "outputs"),
    [
        ({"tile": (16, 8)}, [x + y.T]),
        ({"heavy": 1000}, [T.exp(x)]),
        ({"light": 0}, [x.sum(axis=1)]),
        ({"wide_block": 1024}, [x.sum(axis=0)]),
        ({"parts": 16}, [x.sum()]),
        ({"loop_cost": 1}, [T.exp(x) + y]),
        ({"small_cost": 0}, [T.exp(x), x * 2]),
        ({"operation_time": 400}, [x * y]),
        ({"shares_loops": False}, [x * y]),
        ({"recompute": 1000}, [T.nnet.softmax(T.tanh(x))]),
        ({"has_f16": False}, [T.cast(T.cast(x, "float16") * 2, "float64")]),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_another_machine_another_program(change: dict[str, Any], outputs: list[Any]) -> None:
    usual = program(Machine(), *outputs)
    assert usual == program(None, *outputs) == program(Machine(), *outputs)
    assert usual != program(replace(Machine(), **change), *outputs)


def test_a_machine_is_a_value() -> None:
    machine = Machine(heavy=7)
    assert machine == replace(Machine(), heavy=7) != Machine() and len({machine, Machine(heavy=7)}) == 1
    assert "heavy=7, very_heavy=60" in str(machine)
    with pytest.raises(AttributeError, match="stays as it is"):
        machine.heavy = 8


def test_it_follows_from_target_and_flags() -> None:
    target = select_isa("baseline")
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=5):
        assert Machine.of(target) == Machine(has_f16=target.has_f16c, has_masks=target.has_masks, share_from=5)
    with theano.change_flags(openmp=False):
        assert not Machine.of(target).shares_loops


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_steps": 1000}, "batch_steps must be a power of two, not 1000"),
        ({"poll_steps": 0}, "poll_steps must be 1 at least, not 0"),
        ({"parts": 12}, "parts must be a power of two, not 12"),
        ({"first_rows": 1}, "first_rows must be 2 at least, not 1"),
        ({"tile": (64, 0)}, r"tile must be 1 at least, not \(64, 0\)"),
        ({"heavy": -1}, "heavy must be 0 at least, not -1"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_limits(change: dict[str, Any], message: str) -> None:
    for make in (lambda: Machine(**change), lambda: replace(Machine(), **change)):
        with pytest.raises(ValueError, match=message):
            make()
