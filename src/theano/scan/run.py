"""What a scan computes: the loop in Python, one call of the inner graph a step.

This is the reference meaning of the op; compiled programs run loops of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.scan.count import NO_STEP, REFUSAL
from theano.scan.parts import ScanSpec
from theano.scan.rows import GrowingRows
from theano.scan.shapes import empty_row_shapes


def run(op: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of `op` for values of its inputs."""
    spec: ScanSpec = op.spec
    n_seq, n_states = len(spec.sequences), len(spec.states)
    n_steps = int(inputs[0])
    sequences = inputs[1 : 1 + n_seq]
    initials = inputs[1 + n_seq : 1 + n_seq + n_states]
    rest = list(inputs[1 + n_seq + n_states :])
    carried, constant = rest[: spec.n_shared], rest[spec.n_shared :]
    _check(op, n_steps, sequences, initials)
    initials = [x[: s.rows] for x, s in zip(initials, spec.states, strict=True)]
    states = [
        GrowingRows(op.state_label(k), initial, s.rows + n_steps, not spec.as_while, s.keep, s.rows, initial.dtype)
        for k, (s, initial) in enumerate(zip(spec.states, initials, strict=True))
    ]
    outputs = [
        GrowingRows(f"output {n_states + k} of {op}", None, n_steps, not spec.as_while, keep, 0, v.type.numpy_dtype)
        for k, (keep, v) in enumerate(
            zip(spec.outputs, op.inner_outputs[n_states : n_states + len(spec.outputs)], strict=True)
        )
    ]
    # (array, offset) and (rows, offset): where the inner inputs of step t are read, at t + offset
    reads = [(x, o) for x, offsets in zip(sequences, spec.sequences, strict=True) for o in offsets]
    recalls = [(rows, s.rows + tap) for rows, s in zip(states, spec.states, strict=True) for tap in s.taps]
    written = [*states, *outputs]
    n_written = len(written)
    step = op.step_function()
    for t in range(n_steps):
        values = step(
            [
                *[x[t + o, ...] for x, o in reads],
                *[rows.row(t + o) for rows, o in recalls],
                *carried,
                *constant,
            ]
        )
        for rows, value in zip(written, values, strict=False):
            rows.append(value)
        carried = values[n_written : n_written + spec.n_shared]
        if spec.as_while and values[-1]:
            break
    if not n_steps and outputs:
        for rows, shape in zip(outputs, empty_row_shapes(op, inputs), strict=True):
            rows.buffer = np.empty((0, *shape), dtype=rows.dtype)
            rows.ring, rows.capacity = None, 0
    return [*(rows.result() for rows in written), *carried]


def _check(op: Any, n_steps: int, sequences: Sequence[Any], initials: Sequence[Any]) -> None:
    spec: ScanSpec = op.spec
    if n_steps < 0:
        raise IndexError(REFUSAL.format(n_steps))
    if n_steps == 0 and any(s.keep is None for s in spec.states):
        raise NotImplementedError(f"{op} {NO_STEP.format(0)}")
    for k, (x, offsets) in enumerate(zip(sequences, spec.sequences, strict=True)):
        if len(x) < n_steps + max(offsets):
            raise ValueError(f"sequence {k} of {op} has {len(x)} rows; {n_steps} steps read {n_steps + max(offsets)}")
    for k, (initial, s) in enumerate(zip(initials, spec.states, strict=True)):
        if len(initial) < s.rows or not s.buffer and len(initial) > s.rows:
            raise ValueError(
                f"{op.state_label(k)} needs {s.rows} initial rows, for the taps {list(s.taps)}, but has {len(initial)}"
            )
