"""`theano.function`: from expressions to a callable."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from theano.compile.errors import UnusedInputError
from theano.compile.executable import Function
from theano.compile.io import In, SymbolicInput, SymbolicOutput, as_outputs
from theano.compile.maker import orig_function
from theano.compile.rebuild import collect
from theano.compile.sharedvalue import SharedVariable
from theano.graph import Constant, Variable
from theano.graph.shown import shown


def line_of_caller() -> str:
    """``file.py:line`` where the function that asks was called."""
    frame = sys._getframe(2)
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | list[Any] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile expressions into a callable.

    Parameters
    ----------
    inputs
        Variables, `In` objects, or ``(variable, default)`` pairs.
    outputs
        One variable (the call returns its value), a list (a list of values), a dict with string keys (a
        dict), or None; `Out` objects may stand for variables.
    mode
        A `Mode` or the name of one; `config.mode` by default.
    updates
        ``{shared: expression}`` or pairs: new values of shared variables, all computed from the old ones and
        stored together at the end of a call. A call that fails stores nothing.
    givens
        ``{variable: replacement}`` or pairs, applied to outputs and updates; each replacement sees those before it.
    no_default_updates
        True, or a list of the shared variables, to leave out their `default_update`.
    accept_inplace
        Allow ops in the graph that overwrite their inputs.
    name
        For messages and profiles; the caller's ``file.py:line`` by default.
    rebuild_strict
        Demand that a replacement by `givens` has the type of what it replaces.
    allow_input_downcast
        True: any value is cast to the input's dtype. False: only exact conversions. None: as False, but a
        Python float may be given to a `floatX` input.
    profile
        True, a message, or a `ProfileStats`: measure the calls.
    on_unused_input
        "raise", "warn" or "ignore" inputs that no output needs.

    Raises
    ------
    TypeError
        Inputs are no list of variables, an input is a constant or a shared variable, an output is no variable, an
        update or a replacement is not of the type of what it is for.
    MissingInputError
        An output needs a variable that is neither an input nor shared nor replaced.
    UnusedInputError
        No output needs an input (see `on_unused_input`), or a variable is listed twice.
    ValueError
        There is no mode of this name, `updates` is no dict or list of pairs, or has one variable twice.
    RuntimeError
        `givens` replaces an input.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], x ** 2)
    >>> f(3)
    array(9.)
    """
    return pfunc(
        params=inputs,
        outputs=outputs,
        mode=mode,
        updates=updates,
        givens=givens,
        no_default_updates=no_default_updates,
        accept_inplace=accept_inplace,
        name=line_of_caller() if name is None else name,
        rebuild_strict=rebuild_strict,
        allow_input_downcast=allow_input_downcast,
        profile=profile,
        on_unused_input=on_unused_input,
    )


def pfunc(
    params: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | list[Any] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    output_keys: list[str] | None = None,
) -> Function:
    """`function` under its older name; `output_keys` names the outputs of a list.

    Raises
    ------
    TypeError
        `params` is no list; for other errors see `function`.
    """
    if not isinstance(params, list | tuple):
        raise TypeError(
            "The inputs of theano.function must be a list or tuple of variables, In instances or (variable, default) "
            f"pairs, not {shown(params)} of type {type(params).__name__}: write function([x], ...), also for one input."
        )
    specs = [as_input(param, allow_input_downcast) for param in params]
    _refuse_duplicates(specs)
    if isinstance(outputs, Mapping):
        output_keys, outputs = _sorted_dict(outputs)
    outs, unpack_single, return_none = as_outputs(outputs)
    states = [spec for spec in specs if spec.update is not None]
    found = collect(
        [spec.variable for spec in specs],
        [*(out.variable for out in outs), *(spec.update for spec in states)],
        givens=givens,
        updates=updates,
        no_default_updates=no_default_updates,
        rebuild_strict=rebuild_strict,
    )
    n = len(outs)
    outs = [SymbolicOutput(v, borrow=out.borrow) for v, out in zip(found.outputs[:n], outs, strict=True)]
    for spec, update in zip(states, found.outputs[n:], strict=True):
        spec.update = update
    hidden = [
        In(
            variable=shared,
            value=shared.container,
            update=found.updates.get(shared),
            mutable=shared in found.updates,
            borrow=True,
            implicit=True,
            shared=True,
        )
        for shared in found.shared
    ]
    return orig_function(
        [*specs, *hidden],
        outs[0] if unpack_single else (None if return_none else outs),
        mode=mode,
        accept_inplace=accept_inplace,
        name=name,
        profile=profile,
        on_unused_input=on_unused_input,
        output_keys=output_keys,
    )


def as_input(param: Any, allow_downcast: bool | None = None) -> In:
    """An `In` for one entry of a function's inputs.

    Raises
    ------
    TypeError
        For shared variables, constants and what is no variable.
    """
    if isinstance(param, list | tuple):
        param = _input_of_tuple(param)
    if isinstance(param, SymbolicInput):
        made = param if isinstance(param, In) else In(**vars(param))
        made = _copy_input(made)
    elif isinstance(param, Variable):
        made = In(param)
    else:
        raise TypeError(
            f"Unknown parameter type: {type(param)}. An input of theano.function is a variable (or In, or a pair of a "
            f"variable and its default value), not {shown(param)}."
        )
    if isinstance(made.variable, Constant):
        raise TypeError(f"Constants not allowed in param list: {made.variable}")
    if isinstance(made.variable, SharedVariable):
        raise TypeError(
            f"Cannot use a shared variable ({made.variable}) as explicit input. Leave it out of the inputs: functions "
            "read shared variables without being given them. To pass another value in calls, consider substituting a "
            "non-shared variable via the `givens` parameter"
        )
    if made.allow_downcast is None:
        made.allow_downcast = allow_downcast
    return made


def _copy_input(spec: In) -> In:
    twin = spec.__class__.__new__(spec.__class__)
    twin.__dict__.update(spec.__dict__)
    return twin


def _input_of_tuple(param: Sequence[Any]) -> In:
    """`(variable,)`, `(variable, default)`, `(variable, (update, default))`, or one of them after a name."""
    name = None
    rest = list(param)
    if rest and isinstance(rest[0], str):
        name = rest.pop(0)
    if not rest or not isinstance(rest[0], Variable) or len(rest) > 2:
        raise TypeError(
            f"Unknown parameter type: an input given as a tuple is (variable, default), not {shown(param)}"
        )
    variable = rest[0]
    if len(rest) == 1:
        return In(variable, name=name)
    value = rest[1]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Variable):
        return In(variable, name=name, value=value[1], update=value[0])
    return In(variable, name=name, value=value)


def _refuse_duplicates(specs: list[In]) -> None:
    seen: dict[Variable, int] = {}
    for i, spec in enumerate(specs):
        first = seen.setdefault(spec.variable, i)
        if first != i:
            raise UnusedInputError(
                f"Variable {spec.variable} is used twice in inputs to theano.function, at indices {first} and {i}. "
                "This would result in values provided for it being ignored. Please do not duplicate variables in the "
                "inputs list."
            )


def _sorted_dict(outputs: Mapping[Any, Any]) -> tuple[list[str], list[Any]]:
    for key in outputs:
        if not isinstance(key, str):
            raise AssertionError(f"The keys of a dict of outputs must be strings, not {key!r}")
    keys = sorted(outputs)
    return keys, [outputs[key] for key in keys]


def function_dump(
    filename: str,
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool | list[Any] = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    extra_tag_to_remove: Any = None,
) -> None:
    """Write the arguments of a `function` call to a file, to reproduce a compilation elsewhere.

    Load them with `pickle` and pass them on: ``theano.function(**pickle.load(open(filename, "rb")))``.
    """
    arguments = {
        "inputs": inputs,
        "outputs": outputs,
        "mode": mode,
        "updates": updates,
        "givens": givens,
        "no_default_updates": no_default_updates,
        "accept_inplace": accept_inplace,
        "name": name,
        "rebuild_strict": rebuild_strict,
        "allow_input_downcast": allow_input_downcast,
        "profile": profile,
        "on_unused_input": on_unused_input,
    }
    with open(filename, "wb") as file:
        pickle.dump(arguments, file)
