"""Matching patterns against graphs, and building their right sides.

A binding is ``(variable, axes)``: what a `DimShuffle` with `axes` makes of `variable`; matching looks through
`DimShuffle`, so ``log(1 + x)`` is found when the `1 + x` is transposed or broadcast before the `log`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

from theano import scalar
from theano.graph import Apply
from theano.rewrite.engine import algebra
from theano.rewrite.engine.algebra import Product, Sum, Term, negate, product_of, sum_of
from theano.rewrite.engine.arithmetic import build_product, build_sum, plain, times
from theano.rewrite.engine.build import (
    Axes,
    Binding,
    Maker,
    Number,
    broadcast_to,
    constant,
    dimshuffle,
    elemwise,
    number,
    peel,
)
from theano.rewrite.engine.pattern import (
    KINDS,
    Application,
    Equation,
    Literal,
    Pattern,
    ProductPattern,
    SumPattern,
    Var,
    size,
)
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.elemwise import DimShuffle, Elemwise

Bindings = dict[str, Binding]


def same(a: Binding, b: Binding) -> bool:
    """Whether two bindings are the same value."""
    if a[0] is b[0]:
        return a[1] == b[1]
    value = number(a[0])
    return value is not None and value == number(b[0])


def place(binding: Binding) -> Tensor:
    """The variable that a binding stands for."""
    var, axes = binding
    return var if axes is None else dimshuffle(var, axes)


class Matcher:
    """One attempt to match an equation at a node; collects the inner nodes it went through.

    Powers are looked into though others use them only where `others_too` says so: for accuracy, not to save work.
    """

    __slots__ = ("graph", "inner", "others_too")

    def __init__(self, graph: RewriteGraph, others_too: bool) -> None:
        self.graph = graph
        self.others_too = others_too
        self.inner: list[Apply] = []

    def match(self, pattern: Pattern, var: Tensor, axes: Axes, bound: Bindings) -> Bindings | None:
        """Extended bindings under which `pattern` is `var`; None if there are none."""
        var, axes = peel(var, axes)
        kind = type(pattern)
        if kind is Var:
            return self._bind(pattern, var, axes, bound)  # type: ignore[arg-type]
        if kind is Literal:
            return bound if number(var) == pattern.value else None  # type: ignore[attr-defined]
        if kind is ProductPattern and pattern.coef == -1 and _is_variable(pattern):  # type: ignore[attr-defined, arg-type]
            return self._negated(pattern.parts[0][0], var, axes, bound)  # type: ignore[attr-defined]
        node = var.owner
        if node is None or type(node.op) is not Elemwise:
            return None
        if kind is Application:
            return self._application(pattern, node, axes, bound)  # type: ignore[arg-type]
        self.inner.append(node)
        if kind is SumPattern:
            if node.op.scalar_op.name not in algebra.SUM_OPS:
                return None
            found = self.sum(pattern, sum_of(self.graph, var), axes, bound, 1, False)  # type: ignore[arg-type]
        else:
            if node.op.scalar_op.name not in algebra.PRODUCT_OPS:
                return None
            found = self.product(pattern, product_of(self.graph, var), axes, bound, 1, False, var)  # type: ignore
        return None if found is None else found[0]

    def _bind(self, pattern: Var, var: Tensor, axes: Axes, bound: Bindings) -> Bindings | None:
        known = bound.get(pattern.name)
        if known is not None:
            return bound if same(known, (var, axes)) else None
        if not var.type.dtype.startswith(KINDS[pattern.kind]):
            return None
        if pattern.test is not None and not pattern.test(var):
            return None
        return {**bound, pattern.name: (var, axes)}

    def _negated(self, pattern: Var, var: Tensor, axes: Axes, bound: Bindings) -> Bindings | None:
        """Match ``-x``: everything is the negative of something."""
        known = bound.get(pattern.name)
        if known is None:
            return self._bind(pattern, *peel(negate(self.graph, var), axes), bound)
        opposite = self.graph.known(negate(self.graph, known[0]))
        if opposite is not None and same((opposite, known[1]), (var, axes)):
            return bound
        return (
            bound
            if same(known, (self.graph.known(negate(self.graph, var)) or var, axes)) and var is not known[0]
            else None
        )

    def _application(self, pattern: Application, node: Node, axes: Axes, bound: Bindings) -> Bindings | None:
        op = node.op.scalar_op
        if op is not pattern.op or len(node.inputs) != len(pattern.args):
            return None
        self.inner.append(node)
        if len(pattern.args) == 1:
            return self.match(pattern.args[0], node.inputs[0], axes, bound)
        orders = permutations(node.inputs) if op.commutative else (tuple(node.inputs),)
        for inputs in orders:
            trial: Bindings | None = bound
            for child, var in zip(pattern.args, inputs, strict=True):
                trial = self.match(child, var, axes, trial)  # type: ignore[arg-type]
                if trial is None:
                    break
            if trial is not None:
                return trial
        return None

    # -- sums -------------------------------------------------------------------------------------

    def sum(
        self, pattern: SumPattern, view: Sum, axes: Axes, bound: Bindings, sign: int, partial: bool
    ) -> tuple[Bindings, list[Term], Number] | None:
        """Match terms; returns bindings, left terms and left constant (only if `partial`)."""
        if pattern.const != 0:
            if view.const != sign * pattern.const:
                return None
            const: Number = 0
        else:
            const = view.const
        return self._terms(pattern.parts, 0, list(view.terms.values()), const, axes, bound, sign, partial)

    def _terms(
        self,
        parts: list[tuple[Pattern, Number]],
        at: int,
        terms: list[Term],
        const: Number,
        axes: Axes,
        bound: Bindings,
        sign: int,
        partial: bool,
    ) -> tuple[Bindings, list[Term], Number] | None:
        if at == len(parts):
            return (bound, terms, const) if partial or not (terms or const) else None
        part, weight = parts[at]
        weight *= sign
        if at == len(parts) - 1 and not partial and type(part) is Var and part.name not in bound:
            rest = self._rest(terms, const, weight)
            if rest is None:
                return None
            trial = self.match(part, rest, axes, bound)
            return None if trial is None else (trial, [], 0)
        for k, term in enumerate(terms):
            if term.coef == weight:
                var = term.var if term.var_coef == 1 else term.pure()
            elif type(part) is Var and part.name not in bound:
                made = self._rest([term], 0, weight)
                if made is None:
                    continue
                var = made
            else:
                continue
            trial = self.match(part, var, axes, bound)
            if trial is not None:
                found = self._terms(parts, at + 1, terms[:k] + terms[k + 1 :], const, axes, trial, sign, partial)
                if found is not None:
                    return found
        return None

    def _rest(self, terms: list[Term], const: Number, weight: Number) -> Tensor | None:
        """``(const + Σ terms) / weight`` as one variable."""
        if not terms:
            return None
        if len(terms) == 1 and const == 0:
            term = terms[0]
            if term.coef == weight * term.var_coef:
                return term.var
            if term.coef == -weight * term.var_coef:
                return negate(self.graph, term.var)
        return scaled_sum(terms, const, Fraction(1) / weight)

    # -- products ---------------------------------------------------------------------------------

    def product(
        self,
        pattern: ProductPattern,
        view: Product,
        axes: Axes,
        bound: Bindings,
        power: int,
        partial: bool,
        root: Tensor,
    ) -> tuple[Bindings, dict[Tensor, int], Number] | None:
        """Match factors; returns bindings, left factors and left coefficient (only if `partial`)."""
        coef = view.coef if pattern.coef == 1 else view.coef * Fraction(pattern.coef) ** -power
        found = self._factors(pattern.parts, 0, view.factors, coef, axes, bound, power, partial, root)
        opened = algebra.open_powers(view.factors) if found is None and self.others_too else None
        if opened is not None:
            found = self._factors(pattern.parts, 0, opened, coef, axes, bound, power, partial, root)
        return found

    def _factors(
        self,
        parts: list[tuple[Pattern, int]],
        at: int,
        factors: dict[Tensor, int],
        coef: Number,
        axes: Axes,
        bound: Bindings,
        power: int,
        partial: bool,
        root: Tensor,
    ) -> tuple[Bindings, dict[Tensor, int], Number] | None:
        if at == len(parts):
            return (bound, factors, coef) if partial or not (factors or coef != 1) else None
        part, exponent = parts[at]
        exponent *= power
        if at == len(parts) - 1 and not partial and type(part) is Var and part.name not in bound:
            rest = self._quotient(factors, coef, exponent, root)
            if rest is None:
                return None
            trial = self.match(part, rest, axes, bound)
            return None if trial is None else (trial, {}, 1)
        for base, have in factors.items():
            if have * exponent < 0 or abs(have) < abs(exponent):
                continue
            trial = self.match(part, base, axes, bound)
            if trial is None:
                continue
            left = dict(factors)
            if have == exponent:
                del left[base]
            else:
                left[base] = have - exponent
            found = self._factors(parts, at + 1, left, coef, axes, trial, power, partial, root)
            if found is not None:
                return found
        return None

    def _quotient(self, factors: dict[Tensor, int], coef: Number, exponent: int, root: Tensor) -> Tensor | None:
        """The one variable whose power `exponent` is ``coef * Π factors``."""
        if not factors or (abs(exponent) != 1 and coef != 1):
            return None
        if coef == 1 and len(factors) == 1:
            ((base, have),) = factors.items()
            if have == exponent:
                return base
        if any(e % exponent for e in factors.values()):
            return None
        scaled = {v: e // exponent for v, e in factors.items()}
        return build_product(
            coef if exponent == 1 else Fraction(1) / coef if exponent == -1 else 1,
            scaled,
            root.type.dtype,
            root.type.ndim,
        )


def _is_variable(pattern: ProductPattern) -> bool:
    return len(pattern.parts) == 1 and pattern.parts[0][1] == 1 and type(pattern.parts[0][0]) is Var


def scaled_sum(terms: list[Term], const: Number, scale: Number) -> Tensor | None:
    """``scale * (const + Σ terms)``."""
    like = terms[0].var
    pairs = [t.times(plain(t.coef * scale)) for t in terms]
    return build_sum(plain(const * scale), pairs, like.type.dtype, like.type.ndim)


# -- right sides ----------------------------------------------------------------------------------


def build(graph: RewriteGraph, pattern: Pattern, bound: dict[str, Tensor], dtype: str, ndim: int) -> Tensor:
    """The graph of a right side."""
    if isinstance(pattern, Var):
        return bound[pattern.name]
    if isinstance(pattern, Literal):
        return constant(pattern.value, dtype, ndim)
    assert isinstance(pattern, Application)
    args = [build(graph, a, bound, dtype, ndim) for a in pattern.args]
    if pattern.op is scalar.neg:
        return negate(graph, args[0])
    return elemwise(pattern.op, *args)


def apply_equation(equation: Equation, graph: RewriteGraph, node: Node) -> Tensor | None:
    """The replacement for the output of `node` by `equation`; None if it does not apply."""
    out = node.outputs[0]
    matcher = Matcher(graph, equation.phase == "stabilize")
    normal = equation.normal
    if isinstance(normal, SumPattern):
        return _apply_to_sum(equation, normal, matcher, node)
    if isinstance(normal, ProductPattern):
        return _apply_to_product(equation, normal, matcher, node)
    bound = matcher._application(normal, node, None, {})  # type: ignore[arg-type]
    if bound is None:
        return None
    made = _right_side(equation, matcher, bound, out)
    return None if made is None else broadcast_to(graph, made, out)


def _right_side(equation: Equation, matcher: Matcher, bound: Bindings, out: Tensor) -> Tensor | None:
    values = {name: place(b) for name, b in bound.items()}
    if equation.when is not None and not equation.when(**values):
        return None
    graph = matcher.graph
    if equation.phase != "stabilize" and size(equation.right) > 1:
        dying = 1 + sum(graph.only_user(n.outputs[0]) is not None for n in matcher.inner if n is not out.owner)
        if size(equation.right) > dying and dying < size(equation.left):
            return None
    return build(graph, equation.right, values, out.type.dtype, out.type.ndim)


def makers(view: Any) -> frozenset[Maker]:
    """What makes the parts of a sum or product; None for leaves."""
    found: frozenset[Maker] | None = view.makers
    if found is None:
        if isinstance(view, Sum):  # -sigmoid(x) is a term sigmoid(x)
            parts = [b for t in view.terms.values() for b in t.factors]
        else:
            parts = list(view.factors)
        found = view.makers = frozenset(map(maker_below, parts))
    return found


def maker_below(var: Tensor) -> Maker:
    """What makes `var`, looking through `DimShuffle`; None for a leaf."""
    node = var.owner
    while node is not None and type(node.op) is DimShuffle:
        node = node.inputs[0].owner
    if node is None:
        return None
    op = node.op
    cls = type(op)
    name: str | type = op.scalar_op.name if cls is Elemwise else cls
    return name


def _apply_to_sum(equation: Equation, normal: SumPattern, matcher: Matcher, node: Node) -> Tensor | None:
    graph, out = matcher.graph, node.outputs[0]
    view = algebra.root_sum(graph, node)
    if view is None or not equation.needed <= makers(view):
        return None
    for sign in (1, -1):
        found = matcher.sum(normal, view, None, {}, sign, True)
        if found is None:
            continue
        bound, terms, const = found
        made = _right_side(equation, matcher, bound, out)
        if made is None:
            continue
        if terms or const:
            pairs = [(sign, made), *(t.times(t.coef) for t in terms)]
            made_sum = build_sum(const, pairs, out.type.dtype, out.type.ndim)
        else:
            made_sum = made if sign == 1 else negate(graph, made)
        if made_sum is not None:
            return broadcast_to(graph, made_sum, out)
    return None


def _apply_to_product(equation: Equation, normal: ProductPattern, matcher: Matcher, node: Node) -> Tensor | None:
    graph, out = matcher.graph, node.outputs[0]
    view = algebra.root_product(graph, node)
    if view is None:
        return None
    made = _apply_to_view(equation, normal, matcher, view, out)
    if made is None and equation.phase == "stabilize":  # what others read too may be computed again
        wide = algebra.opened(graph, view, out)
        made = None if wide is None else _apply_to_view(equation, normal, matcher, wide, out)
    return None if made is None else broadcast_to(graph, made, out)


def _apply_to_view(
    equation: Equation, normal: ProductPattern, matcher: Matcher, view: Product, out: Tensor
) -> Tensor | None:
    if not equation.needed <= makers(view):
        return None
    both = len(normal.parts) > 1 and all(e > 0 for _, e in normal.parts)
    for power in (1, -1) if both else (1,):
        found = matcher.product(normal, view, None, {}, power, True, out)
        if found is None:
            continue
        bound, factors, coef = found
        made = _right_side(equation, matcher, bound, out)
        if made is None:
            continue
        coef = plain(coef)
        if factors or coef != 1 or power != 1:
            built = build_product(coef, times(factors, (made, power)), out.type.dtype, out.type.ndim)
        else:
            built = made
        if built is not None:
            return built
    return None
