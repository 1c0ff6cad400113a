"""Whether two graphs compute the same by the same steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from theano.graph.clone import clone_replace
from theano.graph.nodes import Constant, Variable


def equal_computations(
    xs: Sequence[Any],
    ys: Sequence[Any],
    in_xs: Sequence[Variable] | None = None,
    in_ys: Sequence[Variable] | None = None,
) -> bool:
    """Whether `xs` and `ys` are computed by equal ops from the same leaves.

    Parameters
    ----------
    in_xs, in_ys
        Variables to be taken for each other, pair by pair.

    Raises
    ------
    ValueError
        The lists are not of equal lengths.
    TypeError
        Two values are compared, neither of which is a variable.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> equal_computations([x + 1], [x + 1]), equal_computations([x + 1], [y + 1])
    (True, False)
    >>> equal_computations([x + 1], [y + 1], [x], [y])
    True
    """
    if len(xs) != len(ys):
        raise ValueError("the two lists of variables differ in length")
    if len(in_xs or ()) != len(in_ys or ()):
        raise ValueError("the two lists of inputs differ in length")
    matched = set(zip(in_xs or (), in_ys or (), strict=True))
    if any(x.type != y.type for x, y in matched):
        return False
    bound_xs, bound_ys = frozenset(in_xs or ()), frozenset(in_ys or ())
    todo = list(zip(xs, ys, strict=True))
    while todo:
        pair = todo.pop()
        if pair in matched:
            continue
        x, y = pair
        if not isinstance(x, Variable) or not isinstance(y, Variable):
            x, y = _as_constants(x, y)
        if x is y and not in_xs:
            continue
        if x in bound_xs or y in bound_ys:
            return False
        if x.owner is None or y.owner is None:
            if not _equal_leaves(x, y):
                return False
        else:
            if x.index != y.index or len(x.owner.inputs) != len(y.owner.inputs) or x.owner.op != y.owner.op:
                return False
            if x.type != y.type:
                return False
            todo.extend(zip(x.owner.inputs, y.owner.inputs, strict=True))
        matched.add(pair)
    return True


def _as_constants(x: Any, y: Any) -> tuple[Any, Any]:
    """Values beside variables become constants of the variable's type."""
    if isinstance(x, Variable):
        return x, x.type.make_constant(y)
    if isinstance(y, Variable):
        return y.type.make_constant(x), y
    raise TypeError(f"neither {x!r} nor {y!r} is a Theano variable")


def _equal_leaves(x: Any, y: Any) -> bool:
    if x is y:
        return True
    return isinstance(x, Constant) and isinstance(y, Constant) and x.equals(y)


def is_same_graph(
    var1: Variable,
    var2: Variable,
    givens: Mapping[Any, Any] | Sequence[Any] | None = None,
    debug: bool = False,
) -> bool:
    """Whether two variables are computed alike (`debug` is accepted for old programs).

    Parameters
    ----------
    givens
        Replacements to make in both graphs before they are compared.

    Raises
    ------
    TypeError
        One of the two is no variable.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> is_same_graph(x + y, x + y), is_same_graph(x + y, y + x), is_same_graph(x, y, givens={x: y})
    (True, False, True)
    """
    if not isinstance(var1, Variable) or not isinstance(var2, Variable):
        raise TypeError("is_same_graph compares Theano variables")
    if givens:
        var1, var2 = clone_replace([var1, var2], dict(givens))
    return equal_computations([var1], [var2])
