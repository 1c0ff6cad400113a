"""What a step function returned: outputs, updates, and a condition to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theano.base.record import Record, field
from theano.graph import Variable
from theano.tensor.variable import as_tensor_variable


class until:
    """Returned by a step function, last: stop after the first step for which `condition` is true.

    Parameters
    ----------
    condition : 0-d tensor
        Of any dtype; not 0 is true.

    Raises
    ------
    ValueError
        `condition` is not 0-d.

    Examples
    --------
    >>> def step(previous):
    ...     doubled = previous * 2
    ...     return doubled, theano.scan_module.until(doubled > 1000)
    >>> values, _ = theano.scan(step, outputs_info=T.constant(1.0), n_steps=1024)
    """

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)
        if self.condition.type.ndim != 0:
            raise ValueError(f"the condition of until must be 0-d, not {self.condition.type}")

    def __repr__(self) -> str:
        return f"until({self.condition})"


class Returned(Record):
    """The parts of what a step function returned."""

    outputs: list[Any] = field(default_factory=list)
    updates: list[tuple[Any, Any]] = field(default_factory=list)
    condition: Any = None


_FORM = (
    "Scan cannot parse the return value of your lambda expression, which is: {}. It must be the outputs (a "
    "variable, or a list or tuple of variables), the updates (a dict, or a list of pairs of a shared "
    "variable and an expression), and theano.scan_module.until(condition), each of which may be left out, in "
    "this order."
)


def parse_returned(value: Any) -> Returned:
    """Tell outputs, updates and condition apart; ValueError for anything else."""
    found = Returned()
    if value is None:
        return found
    parts = [value]
    if isinstance(value, tuple | list) and not _are_outputs(value) and not _are_updates(value):
        parts = [part for part in value if not _is_nothing(part)]
    ranks = [_rank(part) for part in parts]
    if any(r is None for r in ranks) or any(a >= b for a, b in zip(ranks, ranks[1:])):  # type: ignore[operator]
        raise ValueError(_FORM.format(value))
    for part, rank in zip(parts, ranks, strict=True):
        if rank == 0:
            found.outputs = [part] if isinstance(part, Variable) else list(part)
        elif rank == 1:
            found.updates = list(part.items() if isinstance(part, Mapping) else part)
        else:
            found.condition = part.condition
    return found


def get_updates_and_outputs(ls: Any) -> tuple[Any, list[Any], dict[Any, Any]]:
    """The parts of what a step function returned: condition (or None), outputs, updates.

    Examples
    --------
    >>> x, count = T.dscalar("x"), theano.shared(0, "count")
    >>> get_updates_and_outputs(([x], {count: count + 1}))
    (None, [x], {count: Elemwise{add,no_inplace}.0})
    """
    found = parse_returned(ls)
    return found.condition, found.outputs, dict(found.updates)


def _is_nothing(part: Any) -> bool:
    """Whether a part is left empty: there are no outputs then, or no updates, wherever it stands."""
    return part is None or (isinstance(part, Mapping | list | tuple) and not part)


def _rank(part: Any) -> int | None:
    """0 for outputs, 1 for updates, 2 for a condition."""
    if isinstance(part, until):
        return 2
    if _are_outputs(part):
        return 0
    return 1 if _are_updates(part) else None


def _are_outputs(part: Any) -> bool:
    if isinstance(part, list | tuple):
        return all(isinstance(v, Variable) for v in part) and not (part and _are_updates(part))
    return isinstance(part, Variable)


def _are_updates(part: Any) -> bool:
    if isinstance(part, Mapping):
        return all(hasattr(k, "container") for k in part)
    return isinstance(part, list | tuple) and all(
        isinstance(p, list | tuple) and len(p) == 2 and hasattr(p[0], "container") for p in part
    )
