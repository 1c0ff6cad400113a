"""`variable.eval`: compile and run on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theano.compile.function import function, line_of_caller
from theano.graph import Variable
from theano.graph.shown import shown


class _Functions(dict[Any, Any]):
    """The functions a variable was evaluated with. They are no part of copies and pickles of the variable."""

    def __reduce__(self) -> Any:
        return _Functions, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Functions:
        return _Functions()


def evaluate(self: Any, inputs_to_values: Mapping[Any, Any] | None = None) -> Any:
    """The value of the variable for given values of others.

    Parameters
    ----------
    inputs_to_values
        ``{variable: value}`` for the variables it is computed from. The compiled function is kept for the
        next evaluation with the same inputs.

    Raises
    ------
    TypeError
        The values are not given by variable, or one does not fit its variable.
    MissingInputError
        A variable that is needed has no value.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> (x + y).eval({x: 16.3, y: 12.1})
    array(28.4)
    """
    if not isinstance(inputs_to_values, Mapping | None):
        raise TypeError(
            f"eval takes a dict from variables to values, not {shown(inputs_to_values)}: write {{x: value}}."
        )
    given = dict(inputs_to_values or {})
    for key in given:
        if not isinstance(key, Variable):
            raise TypeError(
                f"eval takes a dict from variables to values, not from {shown(key)} of type {type(key).__name__}: "
                "write the variable itself, x.eval({x: value}), not its name."
            )
    cache = self.__dict__.setdefault("_fn_cache", _Functions())
    key = frozenset(given)
    if key not in cache:
        cache[key] = list(given), function(list(given), self, name=line_of_caller())
    inputs, compiled = cache[key]
    return compiled(*(given[v] for v in inputs))


Variable.eval = evaluate
