"""What a caller says about the inputs and outputs of a function, `In`, `Out`, `Param`, and its normal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from theano.base.record import Record, replace
from theano.compile.shared_variables.variables import Container, SharedVariable
from theano.graph import Constant, Variable
from theano.graph.shown import shown


class SymbolicInput:
    """One input of a function.

    Parameters
    ----------
    variable
        The variable that a call gives a value.
    name
        Keyword of the input; the variable's name unless `autoname` is false.
    update
        Expression for the input's value at the next call; makes the input a state.
    mutable
        The function may overwrite the caller's array; only operations in place do (see ``accept_inplace`` of
        `theano.function`). Default: there is an update.
    strict, allow_downcast
        How values are filtered, see `Type.filter`.
    implicit
        The input can't be given in a call; needs a value.

    Examples
    --------
    >>> from theano.compile import SymbolicInput
    >>> x = T.dscalar("x")
    >>> SymbolicInput(x, update=x + 1)
    In(x -> Elemwise{add,no_inplace}.0)
    """

    #: Whether `update` is what the caller's array holds after a call, see `theano.compile.overwritten`.
    overwritten = False

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool = False,
    ) -> None:
        if not isinstance(variable, Variable):
            raise TypeError(f"Unknown parameter type: {type(variable)}")
        if implicit is None:
            raise TypeError("implicit must be True or False")
        self.variable: Any = variable
        self.name = variable.name if autoname and name is None else name
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string! (got: {self.name})")
        if update is not None:
            update = _checked_update(variable, update)
        self.update: Any = update
        self.mutable = (update is not None) if mutable is None else mutable
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.implicit = implicit

    def __str__(self) -> str:
        if self.update is not None:
            return f"In({self.variable} -> {self.update})"
        return f"In({self.variable})"

    def __repr__(self) -> str:
        return str(self)


def _checked_update(variable: Any, update: Any) -> Any:
    try:
        converted = variable.type.filter_variable(update, allow_convert=False)
    except TypeError as error:
        kind = getattr(update, "type", type(update))
        raise TypeError(
            f"Variable '{variable}' has type {variable.type} but its update expression {update} has type {kind}: an "
            "update must have the same type as the input"
        ) from error
    return converted


class In(SymbolicInput):
    """One input of a function, with its default value.

    Parameters
    ----------
    variable, name, update, mutable, strict, allow_downcast, autoname, implicit
        See `SymbolicInput`. `implicit` defaults to whether `value` is a container or shared variable.
    value
        Default value; a call may leave the input out.
    borrow
        The function may keep a reference to the caller's array. Default: `mutable`.
    shared
        The input stands for a shared variable (made by `theano.function` itself).

    Raises
    ------
    TypeError
        `variable` is none, `name` no str, `update` is not of the type of `variable`, or an implicit input has no value.
    AssertionError
        The input is mutable, but not to be borrowed.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> f = theano.function([x, theano.In(y, value=1)], x + y)
    >>> f(3)
    array(4.)
    """

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        if implicit is None:
            implicit = isinstance(value, Container | SharedVariable)
        super().__init__(variable, name, update, mutable, strict, allow_downcast, autoname, implicit)
        self.borrow = self.mutable if borrow is None else borrow
        if self.mutable and not self.borrow:
            raise AssertionError(
                f"Symbolic input for variable {variable} (name={self.name}) has flags mutable=True, borrow=False. "
                "This combination is incompatible since mutable=True implies that the input variable may be both "
                "aliased (borrow=True) and overwritten."
            )
        if isinstance(value, SharedVariable):
            value = value.container
        if implicit and value is None:
            raise TypeError("An implicit input must be given a default value")
        self.value = value
        self.shared = shared


class Param(In):
    """Older name of `In`, with its arguments in another order.

    Parameters
    ----------
    variable, name, mutable, strict, allow_downcast, implicit, borrow
        See `In`.
    default
        The `value` of `In`.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([theano.Param(x, default=2.0)], x + 1)()
    array(3.)
    """

    def __init__(
        self,
        variable: Variable,
        default: Any = None,
        name: str | None = None,
        mutable: bool = False,
        strict: bool = False,
        allow_downcast: bool | None = None,
        implicit: bool | None = None,
        borrow: bool | None = None,
    ) -> None:
        super().__init__(
            variable,
            name=name,
            value=default,
            mutable=mutable,
            strict=strict,
            allow_downcast=allow_downcast,
            implicit=implicit,
            borrow=borrow,
        )


# ---- inputs in normal form ----
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
        made = copy_input(made)
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


def _input_of_tuple(param: Sequence[Any]) -> In:
    """The `In` for ``(variable, default)``, ``((variable, update), default)`` and the like, after a name or without."""
    name = None
    rest = list(param)
    if rest and isinstance(rest[0], str):
        name = rest.pop(0)
    if len(rest) == 2 and _is_pair(rest[1]):  # (variable, (update, default))
        rest = [(rest[0], rest[1][0]), rest[1][1]]
    update = None
    if rest and _is_pair(rest[0]):
        rest[0], update = rest[0]
    alone = len(rest) == 1 and update is None  # a state needs a value to begin with
    if not rest or not isinstance(rest[0], Variable) or not (alone or len(rest) == 2):
        raise TypeError(
            "Unknown parameter type: an input given as a tuple is (variable, default), or ((variable, update), "
            f"default), not {shown(param)}"
        )
    value = rest[1] if len(rest) == 2 else None
    if isinstance(value, Variable) and not isinstance(value, SharedVariable):
        raise TypeError(
            f"The default value of the input {rest[0]} is a number or an array, not the variable {value}. "
            "For one that follows from others write givens={variable: expression}."
        )
    return In(rest[0], name=name, value=value, update=update)


def _is_pair(given: Any) -> bool:
    """Whether `given` is a tuple of an update and a value, or of a variable and its update."""
    return isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], Variable)


def convert_function_input(input: Any) -> In:
    """An `In` for a variable or an `In`.

    Parameters
    ----------
    input : Variable or In
        As in the list of inputs of `theano.function`.

    Returns
    -------
    In

    Raises
    ------
    TypeError
        It is neither.

    Examples
    --------
    >>> from theano.compile import convert_function_input
    >>> convert_function_input(T.dscalar("x"))
    In(x)
    """
    if isinstance(input, In):
        return input
    if isinstance(input, Variable):
        return In(input)
    raise TypeError(f"Unknown input type: {type(input)}, expected Variable instance")


def copy_input(spec: In) -> In:
    """An equal `In`, which may be changed."""
    twin = spec.__class__.__new__(spec.__class__)
    twin.__dict__.update(spec.__dict__)
    return twin


# ---- outputs ----
class SymbolicOutput:
    """One output of a function.

    Parameters
    ----------
    variable
        What is computed.
    borrow
        The returned array may be shared with an input, a shared variable or another output.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> f = theano.function([x], theano.Out(x[1:], borrow=True))
    >>> f([1, 2])
    array([2.])
    """

    def __init__(self, variable: Variable, borrow: bool = False) -> None:
        self.variable = variable
        self.borrow = borrow

    def __str__(self) -> str:
        return f"Out({self.variable},{self.borrow})"

    def __repr__(self) -> str:
        return str(self)


Out = SymbolicOutput


class Outputs(Record):
    """The outputs of a function in normal form.

    Attributes
    ----------
    outs
        One `Out` for each.
    single
        A call returns the value of the only one, not a list.
    absent
        The caller asked for none, with None.
    keys
        Names of the outputs, if a call returns a dict.
    """

    outs: list[SymbolicOutput]
    single: bool = False
    absent: bool = False
    keys: list[str] | None = None

    def of(self, variables: Sequence[Any]) -> Outputs:
        """The same for the first of other variables."""
        return replace(self, outs=[SymbolicOutput(v, o.borrow) for v, o in zip(variables, self.outs, strict=False)])


def as_outputs(outputs: Any, keys: list[str] | None = None) -> Outputs:
    """The outputs that a caller asks for: a variable or `Out`, a list or a dict of them, or None."""
    if isinstance(outputs, Outputs):
        return outputs
    if outputs is None:
        return Outputs([], absent=True, keys=keys)
    if isinstance(outputs, Mapping):
        keys, outputs = _sorted_dict(outputs)
    single = not isinstance(outputs, list | tuple)
    return Outputs([_as_output(out) for out in ([outputs] if single else outputs)], single, keys=keys)


def _sorted_dict(outputs: Mapping[Any, Any]) -> tuple[list[str], list[Any]]:
    for key in outputs:
        if not isinstance(key, str):
            raise AssertionError(f"The keys of a dict of outputs must be strings, not {key!r}")
    keys = sorted(outputs)
    return keys, [outputs[key] for key in keys]


def _as_output(out: Any) -> SymbolicOutput:
    if isinstance(out, SymbolicOutput):
        return SymbolicOutput(out.variable, out.borrow)
    if isinstance(out, Variable):
        return SymbolicOutput(out)
    hint = ". scan returns two things: its outputs, and updates for updates=" if isinstance(out, Mapping) else ""
    raise TypeError(
        f"Outputs must be theano Variable or Out instances. Received {shown(out)} of type {type(out)}{hint}"
    )
