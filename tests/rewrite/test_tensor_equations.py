"""Every equation with tensor ops: both sides on random operands, and whether it ever fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from graphs import perform, rewritten
from theano.tensor.subtensor import IncSubtensor

import theano.tensor as T
from theano.graph import FunctionGraph
from theano.rewrite import RULES
from theano.rewrite.engine.as_written import apply_as_written
from theano.rewrite.engine.forms import Kind, entries_of, subtensor
from theano.rewrite.engine.pattern import (
    Application,
    Equation,
    Literal,
    Operation,
    Parameter,
    Pattern,
    Var,
)
from theano.rewrite.engine.phases import fit
from theano.rewrite.engine.table import RewriteGraph
from theano.scan.count import StepCount
from theano.tensor.checks.declared_shapes import Rebroadcast
from theano.tensor.elemwise import DimShuffle
from theano.tensor.opsupport import index_constant
from theano.tensor.shaping.join import Join

EQUATIONS = {
    name: rule.equation for name, rule in RULES.items() if rule.equation is not None and rule.equation.has_operation
}
DRAWS, WANTED = 80, 8


class Drawn:
    """A left side with random operands and parameters."""

    def __init__(self, equation: Equation, seed: int) -> None:
        self.equation = equation
        self.rng = np.random.default_rng(seed)
        self.lengths: dict[str, int] = {}
        self.bound: dict[str, Any] = {}
        self.inputs: list[Any] = []
        self.values: list[np.ndarray] = []
        self.out = self.make(equation.left)

    def make(self, pattern: Pattern, shape: tuple[int, ...] | None = None) -> Any:
        """The expression of a pattern; `shape`, if given, is what a variable must have."""
        if isinstance(pattern, Var):
            if pattern.name not in self.bound:
                self.bound[pattern.name] = self.operand(pattern, shape)
            return self.bound[pattern.name]
        if isinstance(pattern, Literal):
            return T.constant(float(pattern.value))
        if isinstance(pattern, Application):
            return pattern.op(*map(self.make, pattern.args))
        assert isinstance(pattern, Operation)
        return MAKERS[pattern.form.name](self, pattern)

    def operand(self, pattern: Var, shape: tuple[int, ...] | None) -> Any:
        if shape is None:
            names = self.equation.shapes.get(pattern.name)
            if names is None:
                shape = tuple(int(n) for n in self.rng.choice((1, 2, 3, 3), self.rng.integers(1, 5)))
            else:
                drawn = {n: 1 if n == "1" else int(self.rng.integers(2, 4)) for n in names}
                shape = tuple(self.lengths.setdefault(n, drawn[n]) for n in names)
        low, high = self.equation.domain.get(pattern.name, (-2.0, 2.0))
        value = self.rng.uniform(low, high, shape)
        if low == high:
            return T.constant(value)
        variable = T.TensorType("float64", tuple(n == 1 for n in shape))(pattern.name)
        self.inputs.append(variable)
        self.values.append(value)
        return variable

    def given(self, what: Any, draw: Callable[[], Any]) -> Any:
        """The value of a parameter, drawn where it occurs first."""
        if not isinstance(what, Parameter):
            return what
        if what.name not in self.bound:
            self.bound[what.name] = draw()
        return self.bound[what.name]

    def axes(self, x: Any) -> tuple[int, ...]:
        chosen = self.rng.choice(x.type.ndim, self.rng.integers(1, x.type.ndim + 1), replace=False)
        return tuple(sorted(int(a) for a in chosen))

    def order(self, x: Any) -> tuple[Any, ...]:
        axes = [int(a) for a in self.rng.permutation(x.type.ndim)]
        kept: list[Any] = [a for a in axes if not (x.type.broadcastable[a] and self.rng.random() < 0.5)]
        for _ in range(self.rng.integers(0, 2)):
            kept.insert(int(self.rng.integers(0, len(kept) + 1)), "x")
        return tuple(kept)

    def index(self, x: Any, start: int = 0) -> list[Any]:
        """An index for the first axes of `x`; slices begin at `start` at most."""
        entries: list[Any] = []
        for _ in range(self.rng.integers(1, x.type.ndim + 1)):
            if self.rng.random() < 0.5:
                entries.append(index_constant(int(self.rng.integers(-1, 1))))
            else:
                parts = (int(self.rng.integers(0, start + 1)), 3, 1)
                entries.append(slice(*(None if self.rng.random() < 0.6 else index_constant(n) for n in parts)))
        return entries


def reduction(drawn: Drawn, pattern: Operation) -> Any:
    classes = pattern.form.classes
    x = drawn.make(pattern.args[0])
    if x.type.ndim == 0:
        return x
    axes = drawn.given(pattern.given[1], lambda: drawn.axes(x))
    kind = drawn.given(pattern.given[0], lambda: Kind(classes[drawn.rng.integers(len(classes))]()))
    return type(kind.op)(axis=axes)(x)


def reduction_by(drawn: Drawn, pattern: Operation) -> Any:
    x = drawn.make(pattern.args[0])
    axes = drawn.given(pattern.given[0], lambda: drawn.axes(x) if drawn.rng.random() < 0.8 else None)
    return pattern.form.classes[0](axis=axes)(x)


def shuffled(drawn: Drawn, pattern: Operation) -> Any:
    x = drawn.make(pattern.args[0])
    return DimShuffle(x.type.broadcastable, drawn.given(pattern.given[0], lambda: drawn.order(x)))(x)


def picked(drawn: Drawn, pattern: Operation) -> Any:
    x = drawn.make(pattern.args[0])
    if x.type.ndim == 0:
        return x
    return subtensor(x, drawn.given(pattern.given[0], lambda: drawn.index(x, 1)))


def written(drawn: Drawn, pattern: Operation) -> Any:
    of_index, setting = pattern.given
    x = drawn.make(pattern.args[0])
    place = subtensor(x, drawn.given(of_index, lambda: drawn.index(x)))
    if place is x:
        return x
    node = place.owner
    drawn.bound[of_index.name] = entries_of(node)
    y = drawn.make(pattern.args[1], perform(FunctionGraph(drawn.inputs, [place]), drawn.values)[0].shape)
    return IncSubtensor(node.op.idx_list, set_instead_of_inc=setting)(x, y, *node.inputs[1:])


def rebroadcast(drawn: Drawn, pattern: Operation) -> Any:
    x = drawn.make(pattern.args[0])
    return Rebroadcast((0, x.type.broadcastable[0]))(x)


def joined(drawn: Drawn, pattern: Operation) -> Any:
    x = drawn.make(pattern.args[1])
    axis = next((k for k, one in enumerate(x.type.broadcastable) if not one), None)
    return x if axis is None else Join()(index_constant(axis), x)


MAKERS: dict[str, Callable[[Drawn, Operation], Any]] = {
    "reduction": reduction,
    "any_reduction": reduction,
    "summation": reduction,
    "sum_of": reduction_by,
    "prod_of": reduction_by,
    "max_of": reduction_by,
    "min_of": reduction_by,
    "shuffled": shuffled,
    "picked": picked,
    "written": written,
    "rebroadcast": rebroadcast,
    "product": lambda drawn, pattern: T.dot(*map(drawn.make, pattern.args)),
    "joined": joined,
    "inverse": lambda drawn, pattern: T.nlinalg.matrix_inverse(drawn.make(pattern.args[0])),
    "determinant": lambda drawn, pattern: T.nlinalg.det(drawn.make(pattern.args[0])),
    "counted": lambda drawn, pattern: StepCount()(index_constant(int(drawn.rng.integers(0, 4)))),
}


def drawn_from(equation: Equation) -> Iterator[Drawn]:
    """Left sides that have a value."""
    for seed in range(DRAWS):
        try:
            drawn = Drawn(equation, seed)
            perform(FunctionGraph(drawn.inputs, [drawn.out]), drawn.values)
        except (IndexError, np.linalg.LinAlgError):  # an axis is empty, a matrix is not square
            continue
        if drawn.out.owner is not None:
            yield drawn


@pytest.mark.parametrize("name", EQUATIONS)
def test_both_sides_are_equal(name: str) -> None:
    equation = EQUATIONS[name]
    compared = 0
    for drawn in drawn_from(equation):
        graph = RewriteGraph(drawn.inputs, [drawn.out])
        (out,) = graph.outputs
        made = apply_as_written(equation, graph, out.owner)
        if made is None:
            continue
        made = fit(out, made)
        assert made is not None, f"{equation}: the right side for {out} has another pattern"
        left, right = perform(FunctionGraph(drawn.inputs, [out, made]), drawn.values)
        np.testing.assert_allclose(right, left, rtol=1e-12, err_msg=f"{equation} for {out}")
        compared += 1
    assert compared >= WANTED


@pytest.mark.parametrize("name", EQUATIONS)
def test_equation_fires(name: str) -> None:
    """Earlier rules must not rewrite the left side away."""
    assert any(name in rewritten(d.inputs, d.out)[1].counts() for d in drawn_from(EQUATIONS[name]))


def test_equations_are_printed_as_they_are_written() -> None:
    assert repr(EQUATIONS["log_of_product"]) == "stabilize: log(prod_of(z, A)) -> sum_of(log(z), A)"
    assert repr(EQUATIONS["subtensor_of_dot"]) == (
        "canonicalize: picked(product(x, y), J) -> product(picked(x, M), picked(y, Q))"
    )
