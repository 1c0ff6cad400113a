"""The one list of rules, and the words by which rules are declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph import Apply
from theano.rewrite.engine.algebra import SUM_OPS
from theano.rewrite.engine.as_written import apply_as_written
from theano.rewrite.engine.build import Maker
from theano.rewrite.engine.match import apply_equation
from theano.rewrite.engine.pattern import (
    Equation,
    Literal,
    Pattern,
    ProductPattern,
    SumPattern,
    needed_children,
    roots_of,
    show,
)
from theano.rewrite.engine.rule import Result, Rule, RuleFunction
from theano.rewrite.engine.table import RewriteGraph

RULES: dict[str, Rule] = {}
"""All rules by name, in the order of declaration."""

# Phases whose rules belong to the quick set of FAST_COMPILE.
FAST_PHASES = frozenset({"useless", "canonicalize"})


class Registrations:
    """Counts changes of `RULES`, so that compiled indices know when they are stale."""

    version = 0


def add_rule(rule: Rule) -> Rule:
    """Put a rule into the list."""
    if rule.name in RULES:
        raise ValueError(f"a rule named {rule.name!r} exists already")
    RULES[rule.name] = rule
    Registrations.version += 1
    return rule


def remove_rule(name: str) -> None:
    """Take a rule out of the list: functions that are compiled from now on do without it.

    Parameters
    ----------
    name : str
        Its name: that of its function, or the equation as it is printed.

    Raises
    ------
    KeyError
        There is no rule of this name.

    Examples
    --------
    >>> from theano.rewrite import rule
    >>> @rule(T.exp)
    ... def keep_exp(graph, node):
    ...     return None
    >>> remove_rule("keep_exp")
    """
    if name not in RULES:
        raise KeyError(f"no rule is named {name!r}")
    del RULES[name]
    Registrations.version += 1


# The tags of a rule that no mode has by itself: with these it runs only where it is included.
ONLY_BY_NAME = ("unsafe",)


def tags_of(phase: str, tags: tuple[str, ...]) -> frozenset[str]:
    """The tags of a rule of `phase`: those of its kind of compilation too."""
    if tags == ONLY_BY_NAME:
        return frozenset({phase, *tags})
    standard = {"fast_run", "fast_compile"} if phase in FAST_PHASES else {"fast_run"}
    return frozenset({phase, *tags} | standard)


def rule(
    *roots: Any,
    phase: str = "canonicalize",
    name: str | None = None,
    tags: tuple[str, ...] = (),
    view: str | None = None,
    parts: frozenset[Maker] = frozenset(),
    some: frozenset[Maker] = frozenset(),
    beside: frozenset[type] = frozenset(),
    children: frozenset[Maker] = frozenset(),
) -> Callable[[RuleFunction], RuleFunction]:
    """Declare a rule that is a function ``f(graph, node)``.

    Parameters
    ----------
    *roots : Op, class or str
        What the nodes apply that the function is asked about; a text is the name of an operation of `theano.scalar`
        in an `Elemwise`. Without any: all nodes.
    phase : str, default "canonicalize"
        When it runs: see ``theano.rewrite.PHASES``.
    name : str, optional
        What it is called; by default as the function.
    tags : tuple of str, optional
        More tags by which modes include and exclude it.
    view, parts, some, beside, children
        When the function need not be asked: see `Rule`.

    Returns
    -------
    callable
        Decorates the function, which returns None, or the variables that the outputs become.

    Raises
    ------
    ValueError
        The name is taken.

    Examples
    --------
    >>> from theano.rewrite import rule
    >>> from theano.rewrite.engine.registry import remove_rule
    >>> @rule(T.exp, phase="specialize")
    ... def keep_exp(graph, node):
    ...     return None
    >>> remove_rule("keep_exp")
    """

    def declare(function: RuleFunction) -> RuleFunction:
        add_rule(
            Rule(
                name or function.__name__,
                roots,
                function,
                tags_of(phase, tags),
                children=children,
                view=view,
                parts=parts,
                some=some,
                beside=beside,
                doc=function.__doc__ or "",
            )
        )
        return function

    return declare


def equation(
    phase: str, left: Pattern, right: Any, name: str | None = None, tags: tuple[str, ...] = (), **options: Any
) -> Rule:
    """Declare the rule ``left -> right``; `options` are attributes of `Equation`."""
    right = right if isinstance(right, Pattern) else Literal(right)
    label = name or f"{show(left)} -> {show(right)}"
    eq = Equation(label, phase, left, right, tags=tags_of(phase, tags), **options)
    apply = apply_as_written if eq.as_written else apply_equation

    def function(graph: RewriteGraph, node: Apply) -> Result:
        return apply(eq, graph, node)

    view = "sum" if isinstance(eq.normal, SumPattern) else "product" if isinstance(eq.normal, ProductPattern) else None
    opens_sums = any(isinstance(p, SumPattern) for p, _ in getattr(eq.normal, "parts", ()))
    return add_rule(
        Rule(
            label,
            roots_of(eq.normal, left),
            function,
            eq.tags,
            eq,
            needed_children(eq.normal),
            view,
            eq.needed,
            SUM_OPS if opens_sums else frozenset(),
        )
    )


def canonicalize(left: Pattern, right: Any, **options: Any) -> Rule:
    """An equation that brings graphs into the form other rules expect.

    >>> canonicalize(log(exp(x)), x)                             # doctest: +SKIP
    """
    return equation("canonicalize", left, right, **options)


def stabilize(left: Pattern, right: Any, **options: Any) -> Rule:
    """An equation whose right side is more accurate; applies whatever it costs.

    >>> stabilize(log(1 + x), log1p(x))                          # doctest: +SKIP
    """
    return equation("stabilize", left, right, **options)


def specialize(left: Pattern, right: Any, **options: Any) -> Rule:
    """An equation whose right side is cheaper: nodes that fit the left side are replaced.

    Parameters
    ----------
    left : Pattern
        What is looked for: an expression of `variable`, written with operations of `theano.scalar` or tensors.
    right : Pattern or number
        What takes its place, of the same variables.
    **options
        ``name`` and ``tags``, by which modes include and exclude it, and attributes of `Equation`, such as conditions.

    Returns
    -------
    Rule
        Functions that are compiled from now on use it.

    Raises
    ------
    ValueError
        The name is taken: an equation without one is called as it is printed.

    Examples
    --------
    >>> from theano.rewrite import specialize, variable
    >>> from theano.rewrite.engine.registry import remove_rule
    >>> from theano.scalar import cos, sin, sqr
    >>> x = variable("x")
    >>> print(specialize(sqr(sin(x)) + sqr(cos(x)), 1, name="pythagoras").name)
    pythagoras
    >>> remove_rule("pythagoras")
    """
    return equation("specialize", left, right, **options)
