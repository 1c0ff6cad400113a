"""Unification: which values variables must have so that two structures are equal.

Structures are nested tuples, lists and dicts with `Variable` objects in them; what else is in them is equal or not.

>>> from theano.gof.unify import Var, unify, unify_build
>>> x, y = Var("x"), Var("y")
>>> merged, found = unify(("add", x, 2), ("add", 1, y))
>>> merged, found[x].value, unify_build([x, y], found)
(('add', 1, 2), 1, [1, 2])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from theano.legacy.graph.old_helpers import ANY_TYPE, FALL_THROUGH, comm_guard

__all__ = [
    "ANY_TYPE", "FALL_THROUGH", "BoundVariable", "FVar", "FreeVariable", "NV", "NotVariable", "OrV", "OrVariable",
    "Unification", "V", "Var", "Variable", "VariableInList", "comm_guard", "unify", "unify_build", "unify_merge",
    "unify_walk", "var_lookup",
]  # fmt: skip


class Variable:
    """Stands for a part of a structure. Variables are equal only to themselves."""

    def __init__(self, name: str = "?") -> None:
        self.name = name

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    __repr__ = __str__

    def allows(self, value: Any) -> bool:
        """Whether it may be this value."""
        return True


class FreeVariable(Variable):
    """May be anything."""


class BoundVariable(Variable):
    """Is a value."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__(name)
        self.value = value

    def allows(self, value: Any) -> bool:
        return bool(self.value == value)


class OrVariable(Variable):
    """Is one of several values."""

    def __init__(self, name: str, options: Sequence[Any]) -> None:
        super().__init__(name)
        self.options = list(options)

    def allows(self, value: Any) -> bool:
        return value in self.options


class NotVariable(Variable):
    """Is none of several values."""

    def __init__(self, name: str, not_options: Sequence[Any]) -> None:
        super().__init__(name)
        self.not_options = list(not_options)

    def allows(self, value: Any) -> bool:
        return value not in self.not_options


class VariableInList:
    """Stands, as the last of a list, for any number of values: ``[1, VariableInList(rest)]``."""

    def __init__(self, variable: Variable) -> None:
        self.variable = variable


class FVar:
    """A value that is computed when all is known: ``fn`` of what the `args` have become.

    >>> x = Var("x")
    >>> unify_build(FVar(max, x, 3), unify(x, 5)[1])
    5
    """

    def __init__(self, fn: Callable[..., Any], *args: Any) -> None:
        self.fn = fn
        self.args = args

    def __call__(self, u: Unification) -> Any:
        return self.fn(*(unify_build(arg, u) for arg in self.args))


class Unification:
    """What variables have become: a mapping from each to the variable that stands for it now.

    Parameters
    ----------
    inplace
        `merge` changes this object; otherwise it makes another.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace
        self.unif: dict[Variable, tuple[Variable, frozenset[Variable]]] = {}

    def merge(self, new_best: Variable, *vars: Variable) -> Unification:
        """Let `new_best` stand for `vars`, and for all that they stood for."""
        found = self
        if not self.inplace:
            found = Unification()
            found.unif = dict(self.unif)
        group = {new_best, *vars}
        for v in (new_best, *vars):
            group |= found.unif.get(v, (v, frozenset()))[1]
        for v in group:
            found.unif[v] = (new_best, frozenset(group))
        return found

    def __getitem__(self, v: Variable) -> Variable:
        """What stands for `v`."""
        return self.unif[v][0] if v in self.unif else v


_known: dict[tuple[Callable[..., Any], str], Any] = {}


def var_lookup(vartype: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
    """The variable of a kind with a name: the same one each time, made the first time with the other arguments."""
    key = (vartype, name)
    if key not in _known:
        _known[key] = vartype(name, *args, **kwargs)
    return _known[key]


Var = partial(var_lookup, FreeVariable)
V = Var
OrV = partial(var_lookup, OrVariable)
NV = partial(var_lookup, NotVariable)


def unify(a: Any, b: Any) -> tuple[Any, Any]:
    """The structure that `a` and `b` become, and what the variables in them must be; or ``(None, False)``.

    Parameters
    ----------
    a, b
        Structures.
    """
    found = unify_walk(a, b, Unification())
    return (None, False) if found is False else (unify_build(a, found), found)


def unify_walk(v: Any, o: Any, U: Any) -> Any:
    """`U` with what makes `v` and `o` equal added; False if nothing does."""
    if isinstance(v, Variable) or isinstance(o, Variable):
        a, b = (v, o) if isinstance(v, Variable) else (o, v)
        return _with_value(U[a], U[b] if isinstance(b, Variable) else b, U)
    if isinstance(v, list | tuple) and isinstance(o, list | tuple):
        return _in_order(list(v), list(o), U)
    if isinstance(v, Mapping) and isinstance(o, Mapping):
        if v.keys() != o.keys():
            return False
        return _in_order([v[k] for k in v], [o[k] for k in v], U)
    return U if type(v) is type(o) and v == o else False


def _in_order(a: list[Any], b: list[Any], U: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if one and isinstance(one[-1], VariableInList) and len(other) >= len(one) - 1:
            rest = other[len(one) - 1 :]
            return _in_order([*one[:-1], one[-1].variable], [*other[: len(one) - 1], rest], U)
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        U = unify_walk(x, y, U)
        if U is False:
            return False
    return U


def _with_value(v: Variable, o: Any, U: Unification) -> Any:
    """`U` in which `v` is `o`: a variable, or a value."""
    if v is o:
        return U
    if not isinstance(o, Variable):
        if isinstance(v, BoundVariable):
            return unify_walk(v.value, o, U)
        return U.merge(BoundVariable(v.name, o), v) if v.allows(o) else False
    if isinstance(v, BoundVariable) and isinstance(o, BoundVariable):
        found = unify_walk(v.value, o.value, U)
        return found if found is False else found.merge(v, o)
    if isinstance(v, BoundVariable) or isinstance(o, BoundVariable):
        bound, other = (v, o) if isinstance(v, BoundVariable) else (o, v)
        return U.merge(bound, other) if other.allows(bound.value) else False  # type: ignore[attr-defined]
    best = _both(v, o)
    return best if best is False else U.merge(best, v, o)


def _both(v: Variable, o: Variable) -> Any:
    """A variable that is what two allow; False if there is none."""
    if isinstance(o, OrVariable) and not isinstance(v, OrVariable):
        v, o = o, v
    if isinstance(v, OrVariable):
        left = [x for x in v.options if o.allows(x)]
        return OrVariable(v.name, left) if len(left) > 1 else BoundVariable(v.name, left[0]) if left else False
    if isinstance(v, NotVariable) and isinstance(o, NotVariable):
        return NotVariable(v.name, [*v.not_options, *(x for x in o.not_options if x not in v.not_options)])
    return v if isinstance(v, NotVariable) else o


def unify_merge(v: Any, o: Any, U: Unification) -> Any:
    """The structure that two, which are equal under `U`, become."""
    return unify_build(v if not isinstance(v, Variable) or isinstance(U[v], BoundVariable) else o, U)


def unify_build(x: Any, U: Unification) -> Any:
    """A structure with what its variables are under `U` in their places."""
    if isinstance(x, Variable):
        found = U[x]
        return unify_build(found.value, U) if isinstance(found, BoundVariable) else found
    if isinstance(x, FVar):
        return x(U)
    if isinstance(x, list | tuple):
        items: list[Any] = []
        for item in x:
            if isinstance(item, VariableInList):
                rest = unify_build(item.variable, U)
                items.extend(rest if isinstance(rest, list) else [VariableInList(rest)])
            else:
                items.append(unify_build(item, U))
        return type(x)(items)
    if isinstance(x, Mapping):
        return {k: unify_build(value, U) for k, value in x.items()}
    return x
