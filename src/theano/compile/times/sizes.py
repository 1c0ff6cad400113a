"""Lengths of arrays that a compiled function works with, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.evaluate import UNDEFINED, Undefined, evaluate
from theano.loops.expr import Expr
from theano.lower.program import Lowered


class Sizes:
    """Lengths of a function for given arguments.

    Parameters
    ----------
    low
        The lowered function.
    leaves
        The inputs of its graph: explicit ones, then shared variables.
    arrays
        Their values; None for what is no array.

    Attributes
    ----------
    env
        What the names of main stand for: lengths of the arrays, and numbers from which lengths may be computed.
    """

    def __init__(self, low: Lowered, leaves: Sequence[Any], arrays: Sequence[np.ndarray | None]) -> None:
        self.low = low
        self.arrays = arrays
        self.env: dict[str, Any] = {}
        self._given: dict[Any, np.ndarray] = {}  # integers of arguments, by the name of their memory
        n = len(low.inputs)
        for name, (role, k, axis) in low.dim_words.items():
            array = arrays[k if role == "input" else n + k] if arrays else None
            if array is not None and axis < array.ndim:
                self.env[name] = np.int64(array.shape[axis])
        for leaf, array in zip(leaves, arrays, strict=False):
            uniform = low.values[leaf].uniform
            if array is not None and array.size == 1 and uniform is not None:
                self.env[str(uniform.value)] = array.reshape(())[()]
            tensor = low.values[leaf].tensor
            if array is not None and array.dtype.kind in "iu" and tensor is not None:
                self._given[tensor.name] = array
        self._name_more()

    @classmethod
    def of_names(cls, low: Lowered, env: Mapping[str, Any]) -> Sizes:
        """The same for what names of main stand for; lengths of arguments must be among them."""
        sizes = cls(low, [], [])
        sizes.env = dict(env)
        sizes._name_more()
        return sizes

    def _name_more(self) -> None:
        """What main computes of what is known."""
        for stmt in st.walk(self.low.program.main):
            if isinstance(stmt, hs.Slices):  # all together
                self.env[stmt.lo] = np.int64(0)
                name, value = stmt.hi, self.value(stmt.extent)
            elif isinstance(stmt, st.Let):
                name, value = stmt.name, self.value(stmt.value)
            elif isinstance(stmt, st.Load) and stmt.view.base in self._given:  # a length that is an argument's element
                name, value = stmt.name, self._element(self._given[stmt.view.base], stmt)
            else:
                continue
            if value is not None:
                self.env[name] = value

    def _element(self, array: np.ndarray, stmt: st.Load) -> Any:
        steps = zip(stmt.index, stmt.view.strides, strict=True)
        places = [self.value(stmt.view.offset), *(self.value(ex.mul(i, step)) for i, step in steps)]
        return None if None in places or not 0 <= sum(places) < array.size else array.ravel()[sum(places)]

    def value(self, root: Expr) -> Any:
        """What an expression of main stands for, None where that depends on data."""
        return _known(root, self.env)

    def number(self, size: Expr, env: Mapping[str, Any] | None = None) -> int | None:
        """A length as a number, None where it depends on data; with an `env` of its own in a kernel."""
        found = _known(size, self.env if env is None else env)
        return None if found is None else int(found)

    def product(self, dims: Iterable[Expr]) -> int | None:
        """The product of lengths."""
        total = 1
        for d in dims:
            length = self.number(d)
            if length is None:
                return None
            total *= length
        return total


def _known(root: Expr, env: Mapping[str, Any]) -> Any:
    if any(name not in env for name in ex.names(root)):
        return None
    try:
        found = evaluate(root, env)
    except Undefined:
        return None
    return None if found is UNDEFINED else found
