"""The arguments of `scan` in normal form, and the variables that stand for them in a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.record import Record
from theano.graph import Variable, get_test_value
from theano.scan.parts import SequenceArg
from theano.tensor.checks.declared_shapes import unbroadcast
from theano.tensor.opsupport import as_index, new_tensor
from theano.tensor.pointwise.math import minimum
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable, constant


class SequenceInfo(Record):
    """An array to read along its first axis, and the positions relative to the step at which it is read."""

    input: Any
    taps: list[int]

    @property
    def before(self) -> int:
        """How far back it is read."""
        return min(0, *self.taps, 0)

    @property
    def after(self) -> int:
        """How far ahead it is read."""
        return max(0, *self.taps, 0)

    def length(self) -> Any:
        """How many steps it is enough for."""
        n = self.input.shape[0]
        margin = self.after - self.before
        return n - margin if margin else n

    def read(self, backwards: bool) -> SequenceArg:
        """The part of the loop, with new inner variables."""
        x = self.input
        inner = []
        for tap in self.taps:
            v = new_tensor(x.type.dtype, x.type.shape[1:])
            v.name = _tap_name(x, tap)
            _copy_test_value(x, v, lambda a, tap=tap: a[tap - self.before])
            inner.append(v)
        if backwards:
            # Step s stands at the place length - 1 - s; taps keep their direction in the original array.
            return SequenceArg(x[::-1], [self.after - tap for tap in self.taps], inner)
        return SequenceArg(x, [tap - self.before for tap in self.taps], inner)


class StateInfo(Record):
    """The initial rows of an output that steps read again, and at which distances they read it."""

    initial: Any
    taps: list[int]
    rows: Any
    row_type: TensorType

    @property
    def depth(self) -> int:
        """How many initial rows there are."""
        return -min(self.taps)

    def read(self) -> list[Any]:
        """New inner variables for the taps."""
        inner = []
        for tap in self.taps:
            v = new_tensor(self.row_type.dtype, self.row_type.shape)
            v.name = _tap_name(self.initial, tap)
            _copy_test_value(self.rows, v, lambda a, tap=tap: a[self.depth + tap])
            inner.append(v)
        return inner


def _tap_name(x: Variable, tap: int) -> str | None:
    if x.name is None:
        return None
    return f"{x.name}[t{tap:+d}]" if tap else f"{x.name}[t]"


def _copy_test_value(outer: Any, inner: Any, pick: Any) -> None:
    if config.compute_test_value == "off":
        return
    try:
        inner.tag.test_value = np.asarray(pick(get_test_value(outer)))
    except (AttributeError, IndexError):
        pass


def as_list(x: Any) -> list[Any]:
    """None as an empty list, one thing as a list of it.

    Examples
    --------
    >>> as_list(None), as_list((1, 2)), as_list({})
    ([], [1, 2], [{}])
    """
    if x is None:
        return []
    return list(x) if isinstance(x, list | tuple) else [x]


def _checked_keys(what: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = [k for k in given if k not in known]
    if unknown:
        raise ValueError(f"{what} has the unknown key {unknown[0]!r}: known are {', '.join(known)}")


def _as_taps(what: str, taps: Any, default: int) -> list[int]:
    if taps is None:
        return [default]
    listed = taps if isinstance(taps, list | tuple | range | np.ndarray) else [taps]
    if not len(listed) or not all(isinstance(t, int | np.integer) and not isinstance(t, bool) for t in listed):
        raise ValueError(f"the taps of {what} must be a list of integers, not {taps!r}")
    result = [int(t) for t in listed]
    if len(set(result)) != len(result):
        raise ValueError(f"the taps of {what} have repeats: {taps!r}")
    return result


def sequence_info(k: int, given: Any) -> SequenceInfo:
    """Entry `k` of `sequences`: an array, or ``dict(input=…, taps=…)``."""
    what = f"sequence {k}"
    taps = None
    if isinstance(given, Mapping):
        _checked_keys(what, given, ("input", "taps"))
        if given.get("input") is None:
            raise ValueError(f"{what} is a dict without 'input'")
        given, taps = given["input"], given.get("taps")
    x = as_tensor_variable(given)
    if x.type.ndim == 0:
        raise ValueError(
            f"{what} ({x}) has no axis to go along: values that are the same in all steps are non_sequences"
        )
    if x.type.broadcastable[0]:
        x = _named_like(unbroadcast(x, 0), x)
    return SequenceInfo(x, _as_taps(what, taps, 0))


def state_info(k: int, given: Any) -> StateInfo | None:
    """Entry `k` of `outputs_info`: None, an initial value, or ``dict(initial=…, taps=…)``."""
    what = f"output {k}"
    taps = None
    if isinstance(given, Mapping):
        _checked_keys(f"outputs_info of {what}", given, ("initial", "taps", "inplace", "return_steps"))
        taps = given.get("taps")
        given = given.get("initial")
        if given is None and taps is not None:
            raise ValueError(f"outputs_info of {what} has taps but no 'initial': the first steps have nothing to read")
    if given is None:
        return None
    listed = _as_taps(f"outputs_info of {what}", taps, -1)
    if any(tap >= 0 for tap in listed):
        raise ValueError(
            f"outputs_info of {what} has the taps {listed}: a step can only read what steps before it made, "
            f"so taps must be negative"
        )
    # A Python float is floatX here, whatever its value: exact ones such as 0. would be float32.
    initial: Any = constant(np.asarray(given, config.floatX)) if type(given) is float else as_tensor_variable(given)
    if listed == [-1]:
        rows, kind = unbroadcast(shape_padleft(initial), 0), initial.type
    else:
        if initial.type.ndim == 0:
            raise ValueError(
                f"outputs_info of {what} with the taps {listed} needs an initial value for each of the "
                f"{-min(listed)} steps before the first, along its first axis; {initial} has no axis"
            )
        rows = initial[: -min(listed)]
        if rows.type.broadcastable[0]:
            rows = unbroadcast(rows, 0)
        kind = new_tensor(initial.type.dtype, initial.type.shape[1:]).type
    return StateInfo(initial, listed, rows, kind)


def _named_like(new: Any, old: Any) -> Any:
    new.name = old.name
    return new


def number_of_steps(sequences: Sequence[SequenceInfo], n_steps: Any) -> Any:
    """The smallest of what is asked for and what the sequences are enough for."""
    bounds = [s.length() for s in sequences]
    if n_steps is not None:
        bounds.append(as_index(n_steps, "n_steps"))
    if not bounds:
        raise ValueError(
            "No information about the number of steps provided. Either provide a value for n_steps argument "
            "of scan or provide an input sequence"
        )
    n = bounds[0]
    for bound in bounds[1:]:
        n = minimum(n, bound)
    return n
