"""Patterns of expressions that rewrites of ``theano.tensor.nnet.sigm`` look for, and products as trees.

A tree of a product is ``[negative, leaf]`` or ``[negative, [tree, tree, ...]]``: whether it is negated, and what it is,
a variable or factors. A leaf may be None, which stands for 1.
"""

from __future__ import annotations

from typing import Any

from theano.tensor.checks.static_value import NotScalarConstantError, get_scalar_constant_value
from theano.tensor.pointwise.math import add, exp, mul, neg

__all__ = ["compute_mul", "is_1pexp", "is_exp", "is_mul", "is_neg", "parse_mul_tree", "simplify_mul"]


def _is(var: Any, op: Any) -> bool:
    return var.owner is not None and var.owner.op == op


def _is_number(var: Any, number: int, only_process_constants: bool = True) -> bool:
    try:
        return bool(get_scalar_constant_value(var, only_process_constants=only_process_constants) == number)
    except NotScalarConstantError:
        return False


def is_neg(var: Any) -> Any:
    """x, if `var` is ``-x`` or ``-1 * x``; else None.

    Parameters
    ----------
    var : Variable

    Returns
    -------
    Variable or None

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import is_neg
    >>> x = T.dscalar("x")
    >>> is_neg(-x), is_neg(-1 * x), is_neg(x)
    (x, x, None)
    """
    if _is(var, neg):
        return var.owner.inputs[0]
    if _is(var, mul):
        inputs = var.owner.inputs
        for k, factor in enumerate(inputs):
            if _is_number(factor, -1):
                rest = [*inputs[:k], *inputs[k + 1 :]]
                return rest[0] if len(rest) == 1 else mul(*rest)
    return None


def is_exp(var: Any) -> tuple[bool, Any] | None:
    """``(negative, x)``, if `var` is ``exp(x)`` or ``-exp(x)``; else None.

    Parameters
    ----------
    var : Variable

    Returns
    -------
    tuple of bool and Variable, or None

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import is_exp
    >>> x = T.dscalar("x")
    >>> is_exp(-T.exp(x)), is_exp(T.exp(x)), is_exp(x)
    ((True, x), (False, x), None)
    """
    inner = is_neg(var)
    of = var if inner is None else inner
    return (inner is not None, of.owner.inputs[0]) if _is(of, exp) else None


def is_mul(var: Any) -> list[Any] | None:
    """The factors, if `var` is a product; else None.

    Parameters
    ----------
    var : Variable

    Returns
    -------
    list of Variable, or None

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import is_mul
    >>> x, y = T.dscalars("x", "y")
    >>> is_mul(x * y), is_mul(x + y)
    ([x, y], None)
    """
    return list(var.owner.inputs) if _is(var, mul) else None


def is_1pexp(t: Any, only_process_constants: bool = True) -> tuple[bool, Any] | None:
    """``(negative, x)``, if `t` is ``1 + exp(x)``, or ``1 - exp(x)``; else None.

    With `only_process_constants` the 1 must be a constant; else it may be an expression of constants.

    Parameters
    ----------
    t : Variable
    only_process_constants : bool
        See above.

    Returns
    -------
    tuple of bool and Variable, or None

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import is_1pexp
    >>> x = T.dscalar("x")
    >>> is_1pexp(1 + T.exp(x)), is_1pexp(2 + T.exp(x))
    ((False, x), None)
    """
    if not _is(t, add) or len(t.owner.inputs) != 2:
        return None
    for one, other in (t.owner.inputs, t.owner.inputs[::-1]):
        if _is_number(one, 1, only_process_constants):
            return is_exp(other)
    return None


def parse_mul_tree(root: Any) -> list[Any]:
    """The tree of a product.

    Parameters
    ----------
    root : Variable

    Returns
    -------
    list
        ``[negative, leaf]``, or ``[negative, trees of factors]``.

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import parse_mul_tree
    >>> x, y, z = T.dscalars("x", "y", "z")
    >>> parse_mul_tree(-x * y)
    [False, [[True, x], [False, y]]]
    >>> parse_mul_tree((x * y) * -z)
    [False, [[False, [[False, x], [False, y]]], [True, z]]]
    >>> parse_mul_tree(x)
    [False, x]
    """
    factors = is_mul(root)
    if factors is not None:
        return [False, [parse_mul_tree(factor) for factor in factors]]
    inner = is_neg(root)
    if inner is None:
        return [False, root]
    negative, what = parse_mul_tree(inner)
    return [not negative, what]


def simplify_mul(tree: Any) -> list[Any]:
    """The same product without factors 1 (leaves ``[False, None]``) and -1, and without products of less than two.

    Parameters
    ----------
    tree : list
        See `parse_mul_tree`.

    Returns
    -------
    list
        Another tree.

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import simplify_mul
    >>> simplify_mul([False, [[True, None], [False, [[False, "x"]]]]])
    [True, 'x']
    """
    negative, what = tree
    if not isinstance(what, list):
        return [negative, what]
    factors = []
    for factor in what:
        simple = simplify_mul(factor)
        if simple[1] is None:
            negative = negative != simple[0]
        else:
            factors.append(simple)
    if not factors:
        return [negative, None]
    if len(factors) == 1:
        return [negative != factors[0][0], factors[0][1]]
    return [negative, factors]


def compute_mul(tree: Any) -> Any:
    """The product that a tree stands for: ``compute_mul(parse_mul_tree(x))`` is `x` again.

    Parameters
    ----------
    tree : list
        See `parse_mul_tree`.

    Returns
    -------
    Variable
        The product.

    Raises
    ------
    ValueError
        A leaf is None: apply `simplify_mul` before.

    Examples
    --------
    >>> from theano.tensor.nnet.sigm import compute_mul
    >>> x, y = T.dscalars("x", "y")
    >>> theano.pp(compute_mul([True, [[False, x], [True, y]]]))
    '(-(x * (-y)))'
    """
    negative, what = tree
    if what is None:
        raise ValueError("compute_mul: a leaf is None, which stands for 1: apply simplify_mul before")
    made = mul(*map(compute_mul, what)) if isinstance(what, list) else what
    return neg(made) if negative else made
