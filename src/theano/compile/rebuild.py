"""Preparing the graph of a function: givens, updates and default updates of shared variables.

`collect` answers, for outputs as the user wrote them, which graph is to be computed: givens applied, updates
checked and completed by default updates, shared variables found.

Shared variables with one container, as a variable and its `theano.clone(s, share_inputs=False)`, have one value. So
they are one variable of a function, with one update: that in `updates`, else the default update of the last one found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from theano.base.record import Record
from theano.base.user_warnings import warn_user
from theano.compile.shared_variables.variables import Container, SharedVariable
from theano.graph import Variable, ancestors, rebuild
from theano.graph.origin import made_here
from theano.graph.shown import shown
from theano.tensor.checks.why_this_dtype import explain_widening
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


def iter_over_pairs(pairs: Any) -> Iterable[tuple[Any, Any]]:
    """The (key, value) pairs of a mapping or of a sequence of pairs.

    Parameters
    ----------
    pairs : mapping, or sequence of pairs
        As updates and givens are written.

    Returns
    -------
    iterable of pairs

    Examples
    --------
    >>> list(iter_over_pairs({"a": 1}))
    [('a', 1)]
    """
    return pairs.items() if isinstance(pairs, Mapping) else pairs


def _list_of_pairs(what: str, pairs: Any) -> list[tuple[Any, Any]]:
    """The pairs of a mapping, or of a list that the user wrote."""
    items = list(pairs.items()) if isinstance(pairs, Mapping) else pairs
    if isinstance(items, Variable) or not isinstance(items, Iterable):
        items = [items]
    items = list(items)
    wrong = [item for item in items if not isinstance(item, list | tuple) or len(item) != 2]
    if wrong:
        raise ValueError(
            f"The {what} parameter must be an OrderedDict/dict or a list of lists/tuples with 2 elements, e.g. "
            f"{what}=[(old, new)]. This is no pair: {shown(wrong[0])}"
        )
    return items


class Collected(Record):
    """What `collect` found."""

    outputs: list[Any]
    updates: dict[SharedVariable, Any]
    shared: list[SharedVariable]


def collect(
    inputs: Sequence[Variable],
    outputs: Sequence[Any],
    givens: Any = None,
    updates: Any = None,
    no_default_updates: bool | Sequence[Any] = False,
    rebuild_strict: bool = True,
) -> Collected:
    """The expressions that a function computes, and the shared variables it uses.

    Parameters
    ----------
    inputs
        The explicit inputs: walks stop there.
    outputs
        Expressions; the results stand in the same order in `Collected.outputs`.
    givens, updates, no_default_updates, rebuild_strict
        As for `theano.function`.
    """
    replace = _checked_givens(givens, inputs, rebuild_strict)
    explicit = _checked_updates(updates)
    unwanted = _unwanted_defaults(no_default_updates)
    results: list[Any] = list(outputs)
    new_values: dict[SharedVariable, Any] = {}
    updated = {target.container for target in explicit}
    substitute = _Substitution(replace, inputs, rebuild_strict)
    results = substitute(results)
    for target, value in zip(explicit, substitute(list(explicit.values())), strict=True):
        new_values[target] = value
    shared: dict[SharedVariable, None] = {}
    frontier = [*results, *new_values.values()]
    blockers = set(inputs)
    seen: set[Any] = set()
    while frontier:
        # An update of a variable that nothing reads still needs its storage.
        found = [*_shared_in(frontier, blockers, seen), *new_values]
        frontier = []
        for variable in found:
            if variable in shared:
                continue
            shared[variable] = None
            default = variable.default_update
            if default is None or variable in new_values or unwanted is None or variable in unwanted:
                continue
            if variable.container in updated:
                continue
            value = _update_value(variable, default)
            new_values[variable] = substitute([value])[0]
            frontier.append(new_values[variable])
    return _united(Collected(results, new_values, list(shared)), inputs, rebuild_strict)


def _united(found: Collected, inputs: Sequence[Variable], strict: bool) -> Collected:
    """The same graph with the first variable of each container in place of others that have it, too."""
    kept: dict[Container, SharedVariable] = {}
    for variable in found.shared:
        first = kept.setdefault(variable.container, variable)
        if first.type != variable.type:
            raise TypeError(
                f"the shared variables {first} ({first.type}) and {variable} ({variable.type}) have one container: in "
                f"a function both must be of one type.{made_here(variable)}"
            )
    if len(kept) == len(found.shared):
        return found
    replace: dict[Variable, Any] = {v: kept[v.container] for v in found.shared if v is not kept[v.container]}
    values = _Substitution(replace, inputs, strict)([*found.outputs, *found.updates.values()])
    outputs, new_values = values[: len(found.outputs)], dict[SharedVariable, Any]()
    for target, value in zip(found.updates, values[len(outputs) :], strict=True):
        first = kept[target.container]
        if first in new_values:
            warn_user(
                f"several clones of the shared variable {first} have default updates, for one value: the last one "
                f"found counts. Pass an update of {first} to theano.function to say which is wanted."
            )
        new_values[first] = value
    return Collected(outputs, new_values, list(kept.values()))


def _shared_in(roots: Iterable[Any], blockers: set[Variable], seen: set[Any]) -> list[SharedVariable]:
    """Shared variables that `roots` are made of; `seen` gets the variables and nodes on the way."""
    found = []
    stack = list(reversed(list(roots)))
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        if variable in blockers:
            continue
        if isinstance(variable, SharedVariable):
            found.append(variable)
        elif variable.owner is not None and variable.owner not in seen:
            seen.add(variable.owner)
            stack.extend(reversed(variable.owner.inputs))
    return found


def _unwanted_defaults(no_default_updates: Any) -> set[Any] | None:
    """The variables whose default update is left out; None: all of them."""
    if isinstance(no_default_updates, list):
        return set(no_default_updates)
    if isinstance(no_default_updates, bool):
        return None if no_default_updates else set()
    raise TypeError("no_default_update should be either a boolean or a list")


# ---- updates ----


def _whole(target: Any) -> str:
    """Part of an error of an update's target: what to write for a part of a shared variable, or for its name."""
    if isinstance(target, str):
        return " Write the variable itself, not its name."
    inputs = target.owner.inputs if isinstance(target, Variable) and target.owner is not None else []
    if any(isinstance(v, SharedVariable) for v in inputs):
        return " Of a part write (w, theano.tensor.set_subtensor(w[i], value))."
    return ""


def _checked_updates(updates: Any) -> dict[SharedVariable, Any]:
    """`updates` as a dict of expressions of exactly the types of their targets."""
    checked: dict[SharedVariable, Any] = {}
    owners: dict[Container, SharedVariable] = {}
    if updates is None:
        return checked
    for target, value in _list_of_pairs("updates", updates):
        if not isinstance(target, SharedVariable):
            raise TypeError(
                f"update target must be a SharedVariable, not {shown(target)} of type {type(target).__name__}. A "
                f"value that functions change is made by theano.shared(value).{_whole(target)}"
                + (made_here(target) if isinstance(target, Variable) else "")
            )
        other = owners.setdefault(target.container, target)
        if other in checked:
            shares = "" if other is target else f" It shares its value with the variable {other} that it is a clone of."
            raise ValueError(
                f"this shared variable already has an update expression: {target}, which becomes {checked[other]}."
                f"{shares} Write one expression for both changes.{made_here(target)}"
            )
        checked[target] = _update_value(target, value)
    return checked


def _update_value(target: SharedVariable, value: Any) -> Any:
    try:
        converted = target.type.filter_variable(value, allow_convert=False)
    except TypeError as error:
        kind = getattr(value, "type", type(value))
        text = (
            "An update must have the same type as the original shared variable "
            f"(shared_var={target}, shared_var.type={target.type}, update_val={shown(value, str)}, "
            f"update_val.type={kind})."
        )
        if not isinstance(value, Variable):
            text += f" {error}"
        elif isinstance(kind, TensorType) and isinstance(target.type, TensorType):
            text += _difference(value, kind, target.type)
        raise TypeError(text + made_here(target)) from None
    return converted


def _difference(value: Any, kind: TensorType, wanted: TensorType) -> str:
    """What to do about an update `value` that is not of the type that is wanted."""
    if kind.ndim != wanted.ndim:
        return (
            f" The update has {kind.ndim} dimensions, the variable {wanted.ndim}: sum or index the superfluous ones "
            "away, "
            "or look for a tensor that was broadcast against one of more dimensions."
        )
    if kind.dtype != wanted.dtype:
        return explain_widening(value, wanted.dtype)
    return (
        " If the difference is related to the broadcast pattern, you can call the "
        "tensor.unbroadcast(var, axis_to_unbroadcast[, ...]) function to remove broadcastable dimensions."
    )


# ---- givens ----


def _checked_givens(givens: Any, inputs: Sequence[Variable], strict: bool) -> dict[Variable, Any]:
    if not givens:
        return {}
    replace: dict[Variable, Any] = {}
    given_inputs = set(inputs)
    pairs = _list_of_pairs("givens", givens)
    for key, value in pairs:
        if not isinstance(key, Variable):
            raise TypeError(
                f"givens keys must be Variable: {shown(key)} is of type {type(key).__name__}. Write the variable "
                "itself, not its name or value."
            )
        if key in given_inputs:
            raise RuntimeError(
                f"You are trying to replace variable '{key}' through the `givens` parameter, but this "
                f"variable is "
                "an input to your function. Replacing inputs is currently forbidden because it has no "
                "effect. One "
                "way to modify an input `x` to a function evaluating f(x) is to define a new input `y` "
                "and use "
                "`theano.function([y], f(x), givens={x: g(y)})`. Another solution consists in using "
                "`theano.clone`, "
                "e.g. like this: `theano.function([x], theano.clone(f(x), replace={x: g(x)}))`."
            )
        if key in replace:
            raise AssertionError(f"givens replaces {key} twice, by {replace[key]} and by {value}")
        replace[key] = _replacement(key, value, strict)
    return _in_order(replace, inputs, strict)


def _in_order(replace: dict[Variable, Any], inputs: Sequence[Variable], strict: bool) -> dict[Variable, Any]:
    """`replace` with the replacements before it applied to each new value."""
    later = set(replace)
    done: dict[Variable, Any] = {}
    for key, value in replace.items():
        later.discard(key)
        used = set(ancestors([value])) if len(replace) > 1 else set()
        if not later.isdisjoint(used):
            raise AssertionError(
                "When using 'givens' or 'replace' with several (old_v, new_v) replacement pairs, you can not have a "
                "new_v variable depend on the old_v of a later pair. For instance, givens = {a: b, b: a + 1} is not "
                f"allowed. Here, the old_v {key} is replaced by {value}, which depends on a later old_v."
            )
        done[key] = value if used.isdisjoint(done) else _Substitution(done, inputs, strict)([value])[0]
    return done


def _replacement(key: Any, value: Any, strict: bool) -> Any:
    if isinstance(value, list | tuple):
        raise TypeError(
            f"givens values must be variables, arrays or numbers, not {shown(value)}: write numpy.array(...)"
        )
    try:
        if not isinstance(value, Variable):
            # A number takes its own dtype here (a Python int int64, a float float64), as shared() does.
            value = (
                as_tensor_variable(_own_dtype(value))
                if hasattr(key.type, "dtype")
                else key.type.make_constant(value)
            )
        return key.type.filter_variable(value) if strict else value
    except TypeError as error:
        raise TypeError(
            f"givens can't replace {key} of type {key.type} by {shown(value)}. {error}{made_here(key)}"
        ) from None


def _own_dtype(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, bool | int | float | complex) else value


class _Substitution:
    """Applies givens to expressions, each node being rebuilt once however many expressions need it."""

    def __init__(self, replace: dict[Variable, Any], inputs: Sequence[Variable], strict: bool) -> None:
        self.strict = strict
        self.new: dict[Any, Any] = dict(replace)
        if replace:
            self.new.update((v, v) for v in inputs)

    def __call__(self, outputs: list[Any]) -> list[Any]:
        return rebuild(outputs, self.new, self.strict) if self.new else outputs
