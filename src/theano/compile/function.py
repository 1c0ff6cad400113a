"""`theano.function`: from expressions to a callable."""

from __future__ import annotations

import inspect
import os
import pickle
import sys
from collections.abc import Sequence
from typing import Any

from theano.compile.errors import UnusedInputError
from theano.compile.executable import Function
from theano.compile.io import In, as_input, as_outputs
from theano.compile.maker import orig_function
from theano.compile.rebuild import collect
from theano.compile.shared_variables.variables import SharedVariable
from theano.graph import Variable
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
        Allow ops in the graph that overwrite their inputs. Where that is an input of the function, a call leaves the
        result in the array that is passed, which must be writeable and of the input's dtype.
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

    Returns
    -------
    Function
        Called with a value for each input (by place or by name): the values of the outputs, in the form of `outputs`.

    Raises
    ------
    TypeError
        Inputs are no list of variables, an input is a constant or a shared variable, an output is no variable, an
        update or a replacement is not of the type of what it is for.
    MissingInputError
        An output needs a variable that is neither an input nor shared nor replaced.
    UnusedInputError
        No output needs an input (see `on_unused_input`), or a variable is listed twice.
    InconsistencyError
        Several ops overwrite one input, each by itself (see `accept_inplace`).
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
        inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace,
        line_of_caller() if name is None else name,
        rebuild_strict, allow_input_downcast, profile, on_unused_input,
    )  # fmt: skip


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

    Parameters
    ----------
    params
        The `inputs` of `function`.
    outputs, mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict
        See `function`.
    allow_input_downcast, profile, on_unused_input
        See `function`.
    output_keys : list of str, optional
        Names of the outputs: calls return a dict.

    Returns
    -------
    Function

    Raises
    ------
    TypeError
        `params` is no list; for other errors see `function`.

    Examples
    --------
    >>> from theano.compile import pfunc
    >>> x = T.dscalar("x")
    >>> pfunc([x], [x + 1], output_keys=["next"])(1)
    {'next': array(2.)}
    """
    if not isinstance(params, list | tuple):
        raise TypeError(
            "The inputs of theano.function must be a list or tuple of variables, In instances or (variable, default) "
            f"pairs, not {shown(params)} of type {type(params).__name__}: write function([x], ...), also for one input."
        )
    specs = [as_input(param, allow_input_downcast) for param in params]
    _refuse_duplicates(specs)
    wanted = as_outputs(outputs, output_keys)
    states = [spec for spec in specs if spec.update is not None]
    found = collect(
        [spec.variable for spec in specs],
        [*(out.variable for out in wanted.outs), *(spec.update for spec in states)],
        givens, updates, no_default_updates, rebuild_strict,
    )  # fmt: skip
    for spec, update in zip(states, found.outputs[len(wanted.outs) :], strict=True):
        spec.update = update
    hidden = [_hidden_input(shared, found.updates.get(shared)) for shared in found.shared]
    return orig_function(
        [*specs, *hidden], wanted.of(found.outputs), mode, accept_inplace, name, profile, on_unused_input
    )


def _hidden_input(shared: SharedVariable, update: Any) -> In:
    """The input that stands for a shared variable."""
    return In(shared, value=shared.container, update=update, borrow=True, implicit=True, shared=True)


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

    Parameters
    ----------
    filename : str
        Where to write.
    inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict
        See `function`.
    allow_input_downcast, profile, on_unused_input
        See `function`.
    extra_tag_to_remove
        Accepted for older programs.

    Returns
    -------
    None

    Raises
    ------
    OSError
        The file can't be written.

    Examples
    --------
    >>> import os, pickle, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "function.pkl")
    >>> x = T.dscalar("x")
    >>> theano.function_dump(path, [x], x + 1)
    >>> with open(path, "rb") as file:
    ...     theano.function(**pickle.load(file))(1)
    array(2.)
    """
    given = locals()
    with open(filename, "wb") as file:
        pickle.dump({wanted: given[wanted] for wanted in inspect.signature(function).parameters}, file)
