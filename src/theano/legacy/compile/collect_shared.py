"""`rebuild_collect_shared`: copies of expressions, and which shared variables they use and update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.io import In, Out
from theano.compile.rebuild import collect, iter_over_pairs
from theano.graph import Variable, rebuild

__all__ = ["rebuild_collect_shared"]


def rebuild_collect_shared(
    outputs: Any,
    inputs: Sequence[Any] | None = None,
    replace: Any = None,
    updates: Any = None,
    rebuild_strict: bool = True,
    copy_inputs_over: bool = True,
    no_default_updates: bool | Sequence[Any] = False,
) -> tuple[list[Variable], Any, list[Any]]:
    """Copies of expressions, for a function of them.

    Parameters
    ----------
    outputs
        A variable or `Out`, a list of them, or None.
    inputs
        Variables or `In` objects.
    replace, updates, rebuild_strict, no_default_updates
        The `givens`, `updates`, … of `theano.function`.
    copy_inputs_over
        Whether the copies use the inputs themselves; else copies of them.

    Returns
    -------
    The inputs; the copies of the outputs, in the form of `outputs`; and a list of four: a dict from variables and nodes
    to their copies, the new values of shared variables as a dict, the same as a list of pairs, and the list of shared
    variables that are used.

    Raises
    ------
    TypeError
        An input or output is no variable.

    Examples
    --------
    >>> from theano.compile.pfunc import rebuild_collect_shared
    >>> x, w = T.dscalar("x"), theano.shared(2.0, name="w")
    >>> inputs, y, (copies, updates, pairs, shared) = rebuild_collect_shared(x * w, [x], updates=[(w, w + x)])
    >>> inputs, y.owner.inputs, copies[x], shared, list(updates)
    ([x], [x, w], x, [w], [w])
    """
    wanted = [] if outputs is None else list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    variables = [v.variable if isinstance(v, Out) else v for v in wanted]
    given = [v.variable if isinstance(v, In) else v for v in inputs or ()]
    for v in (*variables, *given):
        if not isinstance(v, Variable):
            raise TypeError(f"inputs and outputs must be variables, In or Out objects, not {v!r} ({type(v).__name__})")
    keys = [key for key, _ in iter_over_pairs(replace or {})]
    # What stands for the keys is found with the outputs.
    found = collect(given, [*variables, *keys], replace, updates, no_default_updates, rebuild_strict)
    copies: dict[Any, Any] = dict(zip(keys, found.outputs[len(variables) :], strict=True))
    copies.update((v, v if copy_inputs_over else v.clone()) for v in given)
    explicit = dict(iter_over_pairs(updates or {}))
    values = [explicit.get(target, target.default_update) for target in found.updates]
    values = [new if not isinstance(v, Variable) else v for v, new in zip(values, found.updates.values(), strict=True)]
    made = rebuild([*variables, *values], copies, rebuild_strict)
    results = [
        Out(new, borrow=old.borrow) if isinstance(old, Out) else new for old, new in zip(wanted, made, strict=False)
    ]
    new_values = dict(zip(found.updates, made[len(wanted) :], strict=True))
    form = results if outputs is None or isinstance(outputs, list | tuple) else results[0]
    return [copies[v] for v in given], form, [copies, new_values, list(new_values.items()), found.shared]
