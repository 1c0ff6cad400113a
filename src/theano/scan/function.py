"""`scan`: loops over steps written as a Python function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from theano.graph import Variable, clone_replace
from theano.graph.expansion import Expansion
from theano.graph.shown import shown
from theano.scalar.dtypes import DISCRETE, promote
from theano.scan import hooks
from theano.scan.arguments import StateInfo, as_list, number_of_steps, sequence_info, state_info
from theano.scan.buffer import StateBuffer
from theano.scan.capture import captured, default_updates, refuse_captured
from theano.scan.parts import Loop, NonSequenceArg, OutputArg, SharedArg, StateArg
from theano.scan.returned import Returned, parse_returned
from theano.tensor.checks.declared_shapes import patternbroadcast, unbroadcast
from theano.tensor.checks.why_this_dtype import explain_widening
from theano.tensor.pointwise.math import cast
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, Any]:
    """A loop: `fn` is called once, to build the graph of one step.

    Parameters
    ----------
    fn
        Takes a variable for each tap of each sequence, for each tap of each state, and the non-sequences, in
        this order. Returns the new values of the outputs, then if need be updates of shared variables (a dict
        or pairs), then if need be `until`.
    sequences
        Arrays to go along the first axis of, or ``dict(input=array, taps=[-1, 0, 2])``: the step gets the
        elements at these places relative to its own. As many steps are made as the shortest allows.
    outputs_info
        For each output: None if no step reads it; else its initial value, or
        ``dict(initial=values, taps=[-2, -1])`` to read it at these distances. With any taps but ``[-1]`` the
        first axis of `initial` counts the values before the first step.
    non_sequences
        Passed to every step. What `fn` uses without being given it is found, too.
    n_steps
        Number of steps; needed if there is no sequence, unless `until` makes an end.
    truncate_gradient
        Let gradients go back through this many steps only; -1 for all.
    go_backwards
        Go along the sequences from their ends.
    mode
        Mode for the inner graph where the loop is run step by step.
    name
        For printing and profiles.
    profile, allow_gc
        As for functions; accepted, loops are profiled as parts of their function.
    strict
        Refuse shared variables that `fn` uses without being given them.
    return_list
        Return a list even of one output.

    Returns
    -------
    outputs
        What the steps made, stacked along a new first axis: a variable, a list if there are several, None if
        there are none.
    updates : OrderedUpdates
        New values of the shared variables that the steps change: give them to `theano.function`.

    Raises
    ------
    ValueError
        If the number of steps is not known, `fn` returns something else than `outputs_info` announces, or a
        state changes its dtype or number of axes.
    TypeError
        If a state's axis of length 1 is widened.
    MissingInputError
        If the step uses a shared variable that it was not given and `strict` is true.

    Examples
    --------
    >>> A, k = T.dvector("A"), T.iscalar("k")
    >>> result, updates = theano.scan(
    ...     fn=lambda prior, A: prior * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)
    >>> theano.function([A, k], result[-1], updates=updates)([1, 2, 3], 2)
    array([1., 4., 9.])
    """
    if not callable(fn):
        raise TypeError(f"the first argument of scan must be a function, not {shown(fn)}")
    seqs = [sequence_info(k, s) for k, s in enumerate(as_list(sequences))]
    infos = [state_info(k, s) for k, s in enumerate(as_list(outputs_info))]
    explicit = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in as_list(non_sequences)]
    loop = Loop(
        number_of_steps(seqs, n_steps), truncate_gradient=int(truncate_gradient), name=name, mode=mode,
        profile=profile, allow_gc=allow_gc,
    )  # fmt: skip
    loop.sequences = [s.read(go_backwards) for s in seqs]
    taps = [info.read() if info is not None else [] for info in infos]
    read = [v for s in loop.sequences for v in s.inner]
    returned = parse_returned(_step(fn, read, [v for tap in taps for v in tap], explicit))
    if not infos:
        infos, taps = [None] * len(returned.outputs), [[] for _ in returned.outputs]
    _check_count(returned, infos)
    for info, inner, value in zip(infos, taps, returned.outputs, strict=True):
        if info is None:
            loop.outputs.append(OutputArg(_as_output(value)))
        else:
            new = _new_value(info, value, name)
            loop.states.append(_state(loop, info.rows, info.taps, inner, new, info.depth))
    loop.condition = returned.condition
    targets = _add_shared(loop, returned, explicit)
    _add_non_sequences(loop, explicit, [*targets], strict)
    return _results(loop, infos, targets, return_list)


def _step(fn: Any, sequences: Sequence[Any], states: Sequence[Any], non_sequences: Sequence[Any]) -> Any:
    """What the step function returns; if it cannot take the arguments, a TypeError that lists them."""
    arguments = [*sequences, *states, *non_sequences]
    try:
        return fn(*arguments)
    except TypeError as error:
        try:
            inspect.signature(fn).bind(*arguments)
        except TypeError:
            kinds = {"sequences": sequences, "earlier outputs": states, "non_sequences": non_sequences}
            listed = "; ".join(f"{kind} {', '.join(map(str, vs))}" for kind, vs in kinds.items() if vs)
            raise TypeError(
                f"{error}. scan calls the step function with {len(arguments)} arguments, in this order: "
                f"{listed or 'none'}. Outputs whose outputs_info is None are not among them."
            ) from error
        except ValueError:  # a builtin without a signature
            pass
        raise


def _state(loop: Loop, initial: Any, taps: list[int], inner: list[Any], value: Any, rows: int) -> StateArg:
    """A state with a buffer for all steps."""
    return StateArg(StateBuffer(rows)(initial, loop.n_steps), taps, inner, value, rows, buffer=True)


def _check_count(returned: Returned, infos: Sequence[Any]) -> None:
    if len(returned.outputs) != len(infos):
        raise ValueError(
            "Please provide None as outputs_info for any output that does not feed back into scan (i.e. it "
            f"behaves like a map): outputs_info has {len(infos)} entries, the step function returned "
            f"{len(returned.outputs)} outputs"
        )


def _as_output(value: Any) -> Any:
    if not isinstance(value.type, TensorType):
        raise ValueError(f"The outputs of a step must be tensors: {value} has the type {value.type}")
    return value


def _new_value(info: StateInfo, value: Any, name: str | None) -> Any:
    """The new value of a state, of the type of its initial value."""
    wanted, kind = info.row_type, _as_output(value).type
    place = f"scan{'' if name is None else f' ({name})'}"
    same = kind.dtype == wanted.dtype
    if kind.ndim == wanted.ndim and not same and promote(kind.dtype, wanted.dtype) == wanted.dtype:
        value, same = cast(value, wanted.dtype), True  # no value is lost
    if not same or kind.ndim != wanted.ndim:
        # To cut fractions off is not what somebody wants who starts with 0.
        narrower = "" if wanted.dtype in DISCRETE else explain_widening(value, wanted.dtype)
        reason = (
            "This can happen if the inner function of scan results in an upcast or downcast: cast the "
            f"initial value, or the result, to the dtype of the other. A number to begin with is "
            f"theano.tensor.constant(0, dtype={kind.dtype!r}), a variable x0.astype({kind.dtype!r}).{narrower}"
            if kind.ndim == wanted.ndim
            else f"The initial value must have the shape of the result of one step: {kind.ndim} dimension(s)"
            + (", with the axis of time before them." if info.taps != [-1] else ", without an axis of time.")
        )
        raise ValueError(
            f"When compiling the inner function of {place} the following error has been encountered: The "
            f"initial state (`outputs_info` in scan nomenclature) of variable {info.initial} has dtype "
            f"{wanted.dtype} and {wanted.ndim} dimension(s), while the result of the inner function "
            f"({value}) has dtype {kind.dtype} and {kind.ndim} dimension(s). {reason}"
        )
    if kind.broadcastable == wanted.broadcastable:
        return value
    for axis, (was, now) in enumerate(zip(wanted.broadcastable, kind.broadcastable, strict=True)):
        if was and not now:
            raise TypeError(
                f"Inconsistency in the inner graph of {place}: the initial value {info.initial} of a state "
                f"is broadcastable (of length 1) along axis {axis} of its values, the result of a step "
                f"({value}, of type {kind}) is not. Make it theano.tensor.unbroadcast(initial, axis)."
            )
    return patternbroadcast(value, wanted.broadcastable)


def _add_shared(loop: Loop, returned: Returned, explicit: Sequence[Any]) -> dict[Any, Any]:
    """Add the shared variables that steps change; the part of the loop for each."""
    updates: dict[Any, Any] = {}
    for target, value in returned.updates:
        if target in updates:
            raise ValueError(f"this shared variable already has an update expression: {target}, {updates[target]}")
        updates[target] = target.type.filter_variable(value)
    plain = [v for v in explicit if not hasattr(v, "container")]
    given = [*loop.inner_inputs(), *plain]
    updates = default_updates(loop.inner_outputs(), given, updates)
    parts: dict[Any, Any] = {}
    for target, value in updates.items():
        if isinstance(target.type, TensorType):
            rows = unbroadcast(shape_padleft(target), 0)
            parts[target] = _state(loop, rows, [-1], [target], value, 1)
            loop.states.append(parts[target])
        else:
            parts[target] = SharedArg(target, target, value)
            loop.shared.append(parts[target])
    return parts


def _add_non_sequences(loop: Loop, explicit: Sequence[Any], targets: Sequence[Any], strict: bool) -> None:
    """Add what is the same in all steps. Inside, an outer variable stands for itself."""
    found = captured(loop.inner_outputs(), loop.inner_inputs(), explicit)
    if strict:
        refuse_captured([*found, *targets], explicit)
    loop.non_sequences = [NonSequenceArg(v, v) for v in _taken_apart(loop, found)]


def _taken_apart(loop: Loop, found: Sequence[Any]) -> list[Any]:
    """What steps read, where a sparse matrix is read as the tensors that it consists of."""
    parts: dict[Any, Any] = {v: v.type.parts.take(v.type, v) for v in found if v.type.parts is not None}
    if not parts:
        return list(found)
    made = {v: v.type.parts.make(v.type, tensors) for v, tensors in parts.items()}
    outside = [*found, *(tensor for tensors in parts.values() for tensor in tensors)]
    values = iter(Expansion({v: v for v in outside}).of(clone_replace(loop.inner_outputs(), made)))
    steps: list[StateArg | OutputArg | SharedArg] = [*loop.states, *loop.outputs, *loop.shared]
    for part in steps:
        part.value = next(values)
    if loop.condition is not None:
        loop.condition = next(values)
    return [tensor for v in found for tensor in parts.get(v, [v])]


def _results(
    loop: Loop, infos: Sequence[StateInfo | None], targets: dict[Any, Any], as_list: bool
) -> tuple[Any, Any]:
    updates = hooks.OrderedUpdates()
    if not loop.inner_outputs():
        return ([] if as_list else None), updates
    made = loop.apply()
    states, outputs = iter(made.states), iter(made.outputs)
    outs = [next(outputs) if info is None else next(states)[info.depth :] for info in infos]
    last = dict(zip(map(id, (*loop.states, *loop.shared)), (*made.states, *made.shared), strict=True))
    for target, part in targets.items():
        value = last[id(part)]
        updates[target] = value[-1] if isinstance(part, StateArg) else value
    if as_list or len(outs) > 1:
        return outs, updates
    return (outs[0] if outs else None), updates
