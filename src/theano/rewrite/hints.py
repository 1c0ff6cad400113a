"""What a program knows of a matrix: ``psd(x)`` is `x`, marked as symmetric and positive semi-definite.

A mark changes no number. Systems of equations, determinants and inverses of marked matrices are computed by their
Cholesky factors. Programs and rewrites of users read a mark with `is_psd` and its relatives.
"""

from __future__ import annotations

from typing import Any

from theano.gradient.identity import ViewOp
from theano.rewrite.rules.linalg.facts import MARKS, NONE, POSITIVE, SYMMETRIC, Fact

__all__ = ["Hint", "hints", "is_hint_node", "is_positive", "is_psd", "is_symmetric", "psd"]


class Hint(ViewOp):
    """The identity, with what is known of its argument: ``Hint(psd=True)(x)``."""

    __props__ = ("hints",)

    def __init__(self, **kwargs: Any) -> None:
        self.hints = tuple(sorted(kwargs.items()))


def _fact(op: Any) -> Fact:
    given = dict(op.hints)
    return (POSITIVE | SYMMETRIC if given.get("psd") else NONE) | (SYMMETRIC if given.get("symmetric") else NONE)


MARKS[Hint] = _fact


def is_hint_node(node: Any) -> bool:
    """Whether a node is a mark."""
    return node is not None and isinstance(node.op, Hint)


def hints(variable: Any) -> dict[str, Any]:
    """What is known of a variable: the marks that it was given.

    >>> hints(psd(T.dmatrix()))
    {'psd': True, 'symmetric': True}
    """
    found: dict[str, Any] = {}
    while is_hint_node(variable.owner):
        found = {**dict(variable.owner.op.hints), **found}
        variable = variable.owner.inputs[0]
    return found


def psd(v: Any) -> Any:
    """`v`, marked as symmetric and positive semi-definite.

    Parameters
    ----------
    v : tensor-like
        A square matrix.

    Returns
    -------
    TensorVariable
        The same numbers. That they are as marked is not checked.

    Raises
    ------
    AsTensorError
        `v` is nothing of which a tensor can be made.

    Examples
    --------
    >>> from theano.sandbox.linalg import psd
    >>> x = T.dmatrix("x")
    >>> float(theano.function([x], T.nlinalg.det(psd(x)))([[2, 1], [1, 2]]).round(9))
    3.0
    """
    return Hint(psd=True, symmetric=True)(v)


def is_psd(v: Any) -> bool:
    """Whether a variable is marked as positive semi-definite."""
    return bool(hints(v).get("psd", False))


def is_symmetric(v: Any) -> bool:
    """Whether a variable is marked as symmetric."""
    return bool(hints(v).get("symmetric", False))


def is_positive(v: Any) -> bool:
    """Whether a variable is marked as positive: each of its elements is."""
    return bool(hints(v).get("positive", False))
