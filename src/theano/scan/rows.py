"""Rows that a loop appends one by one: grown on demand, or a ring of the last few."""

from __future__ import annotations

from typing import Any

import numpy as np

# Rows to start with when the number of steps is only an upper bound.
_FIRST_GUESS = 16


class GrowingRows:
    """The rows of one output.

    Parameters
    ----------
    label
        For messages.
    initial
        Rows that are there before the first step; None if there are none, and then the first row appended
        decides the shape.
    expected
        How many rows there will be, at most.
    certain
        Whether there will be exactly that many; else room for them is made as they come.
    keep, reach
        Keep only the last `keep` rows (None: all); steps read rows up to `reach` back.
    dtype
        Of the rows.
    """

    def __init__(
        self,
        label: str,
        initial: Any,
        expected: int,
        certain: bool,
        keep: int | None,
        reach: int,
        dtype: Any,
    ) -> None:
        self.label = label
        self.keep = keep
        self.dtype = dtype
        self.count = 0 if initial is None else len(initial)
        # One row more than are read: the row appended must not overwrite what the step still looks at.
        self.ring = None if keep is None else max(keep, reach) + 1
        self.capacity = expected if certain else min(expected, self.count + _FIRST_GUESS)
        if self.ring is not None:
            self.capacity = self.ring
        self.buffer: Any = None
        if initial is not None:
            self._allocate(initial.shape[1:])
            self._fill(initial)

    def _allocate(self, shape: tuple[int, ...]) -> None:
        self.buffer = np.empty((self.capacity, *shape), dtype=self.dtype)

    def _fill(self, initial: Any) -> None:
        self.buffer[: self.count] = initial

    def row(self, number: int) -> Any:
        """Row `number`, counted from the first."""
        return self.buffer[number if self.ring is None else number % self.ring, ...]

    def append(self, value: Any) -> None:
        """Copy `value` to the end."""
        shape = np.shape(value)
        if self.buffer is None:
            self._allocate(shape)
        elif shape != self.buffer.shape[1:]:
            raise ValueError(
                f"{self.label} must have the same shape in all steps: a step gave {shape}, before it was "
                f"{self.buffer.shape[1:]}"
            )
        at = self.count
        if self.ring is not None:
            at %= self.ring
        elif at >= self.capacity:
            self.capacity = 2 * at
            grown = np.empty((self.capacity, *shape), dtype=self.dtype)
            grown[:at] = self.buffer
            self.buffer = grown
        self.buffer[at] = value
        self.count += 1

    def result(self) -> Any:
        """The rows kept, as an array."""
        if self.ring is None:
            whole = self.buffer[: self.count]
            return whole if self.count == self.capacity else whole.copy()
        assert self.keep is not None
        first = max(0, self.count - self.keep)
        return self.buffer[[number % self.ring for number in range(first, self.count)]]
