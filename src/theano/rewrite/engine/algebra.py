"""Sums and products as collections.

A sum is ``{term: coefficient}``, a product ``{base: exponent}`` times a coefficient; `-x` is coefficient -1,
division exponent -1. Both are *views*, computed at a root by opening inner nodes of the same kind and dtype
that nobody else reads. Coefficients are exact (`int` or `Fraction`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from typing import Any

from theano import scalar
from theano.rewrite.engine.arithmetic import DIV, MAX_POWER, MUL, POW, SQR, build_product, build_sum, plain, ring
from theano.rewrite.engine.build import (
    Maker,
    Number,
    constant,
    dimshuffle,
    elemwise,
    number,
    peel,
    scalar_name,
)
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.elemwise import Elemwise

SUM_OPS = frozenset({"add", "sub", "neg"})
PRODUCT_OPS = frozenset({"mul", "true_div", "inv", "sqr", "pow", "neg"})
# Longer sums and products are looked at in parts: a chain of n factors would take n**2 steps.
MAX_LEAVES = 100


class Product:
    """A product: ``coef * Π base**exponent``.

    Attributes
    ----------
    cost
        What the opened nodes cost.
    wide
        What `opened` made of this product; False as long as nobody asked.
    """

    __slots__ = ("coef", "factors", "cost", "leaves", "makers", "wide")

    def __init__(self) -> None:
        self.makers: frozenset[Maker] | None = None  # of its parts, once somebody asked
        self.wide: Product | None | bool = False
        self.coef: Number = 1
        self.factors: dict[Tensor, int] = {}
        self.cost = 0.0
        self.leaves = 0

    def key(self) -> Hashable:
        """Equal for products that differ by their coefficient only."""
        if len(self.factors) == 1:
            ((base, exponent),) = self.factors.items()
            if exponent == 1:
                return base
        return frozenset(self.factors.items())


class Sum:
    """A sum: ``const + Σ coef * term``; `terms` maps a key to its coefficient and one example of the term."""

    __slots__ = ("const", "terms", "cost", "leaves", "constants", "makers")

    def __init__(self) -> None:
        self.makers: frozenset[Maker] | None = None  # of its parts, once somebody asked
        self.const: Number = 0
        self.terms: dict[Hashable, Term] = {}
        self.cost = 0.0
        self.leaves = 0
        self.constants = 0


class Term:
    """A term of a sum: ``coef * product(factors)``; `var` is ``var_coef * product(factors)``."""

    __slots__ = ("coef", "factors", "var", "var_coef")

    def __init__(self, coef: Number, factors: dict[Tensor, int], var: Tensor, var_coef: Number) -> None:
        self.coef = coef
        self.factors = factors
        self.var = var
        self.var_coef = var_coef

    def pure(self) -> Tensor:
        """The product of the factors alone."""
        built = build_product(1, self.factors, self.var.type.dtype, self.var.type.ndim)
        assert built is not None
        return built

    def times(self, coef: Number) -> tuple[Number, Tensor]:
        """``coef * product(factors)`` as a coefficient and a variable: `var`, where its sign at most differs."""
        if coef == self.var_coef:
            return 1, self.var
        return (-1, self.var) if coef == -self.var_coef else (coef, self.pure())


def is_root(graph: RewriteGraph, node: Node, names: frozenset[str]) -> Node | None:
    """None if `node` is the root of a sum (product); else the node that will open it."""
    out = node.outputs[0]
    user = graph.only_user(out)
    if user is None or type(user.op) is not Elemwise or user.op.scalar_op.name not in names:
        return None
    if user.outputs[0].type.dtype != out.type.dtype or _repeated(user.inputs, out):
        return None
    if user.op.scalar_op.name == "pow" and (user.inputs[0] is not out or _small_power(user) is None):
        return None
    return user


def root_product(graph: RewriteGraph, node: Node) -> Product | None:
    """The product whose root is `node`; None if `node` is no root or its dtype has no algebra.

    Remembered until the graph changes, for all the rules that look at one node. Not to be changed.
    """
    return _remembered(graph, node, "product", PRODUCT_OPS, product_of)


def root_sum(graph: RewriteGraph, node: Node) -> Sum | None:
    """The sum whose root is `node`; None if `node` is no root or its dtype has no algebra."""
    return _remembered(graph, node, "sum", SUM_OPS, sum_of)


def _remembered(
    graph: RewriteGraph,
    node: Node,
    kind: str,
    names: frozenset[str],
    make: Callable[[RewriteGraph, Tensor], Any],
) -> Any:
    known = graph.memo.get(kind)
    if known is not None and known[0] is node and known[1] == graph.version:
        return known[2]
    out = node.outputs[0]
    view = None
    if out.type.dtype != "bool":
        user = is_root(graph, node, names)
        if user is None:
            view = make(graph, out)
        else:  # the root must look again at what changed inside
            graph.queue(user)
    graph.memo[kind] = (node, graph.version, view)
    return view


def _repeated(inputs: Sequence[Tensor], var: Tensor) -> bool:
    return sum(v is var for v in inputs) > 1


def _small_power(node: Node) -> int | None:
    """The exponent of a `pow` by a small integer constant."""
    exponent = number(node.inputs[1])
    if (
        isinstance(exponent, int)
        and abs(exponent) <= MAX_POWER
        and (exponent >= 0 or ring(node.outputs[0].type.dtype) == "field")
    ):
        return exponent
    return None


def product_of(graph: RewriteGraph, root: Tensor) -> Product:
    """The product that `root` is (a single factor, if it isn't one)."""
    dtype = root.type.dtype
    kind = ring(dtype)
    view = Product()
    stack: list[tuple[Tensor, int, bool]] = [(root, 1, True)]
    while stack:
        var, exponent, free = stack.pop()
        node = var.owner
        if node is None:
            value = number(var)
            if value is not None and (value != 0 or exponent > 0):
                if exponent != 1:
                    value = plain(value**exponent if exponent > 0 else Fraction(1) / value**-exponent)
                view.coef = _times(view.coef, value)
                view.leaves += 1
                continue
        elif (
            kind is not None
            and view.leaves + len(stack) < MAX_LEAVES
            and type(node.op) is Elemwise
            and (free and var.type.dtype == dtype and (var is root or graph.only_user(var) is not None))
        ):
            if _open_product(view, node, exponent, kind, stack):
                continue
        view.leaves += 1
        have = view.factors.get(var, 0) + exponent
        view.factors[var] = have
    view.coef = plain(view.coef)
    return view


def open_powers(factors: dict[Tensor, int]) -> dict[Tensor, int] | None:
    """The factors without the powers among them, which others use, too; None if there are none."""
    opened: dict[Tensor, int] = {}
    for var, exponent in factors.items():
        node = var.owner
        if node is not None and type(node.op) is Elemwise and node.inputs[0].type.dtype == var.type.dtype:
            name = node.op.scalar_op.name
            power = _small_power(node) if name == "pow" else {"sqr": 2, "inv": -1}.get(name)
            if power is not None:
                var, exponent = node.inputs[0], power * exponent
        opened[var] = opened.get(var, 0) + exponent
    return None if opened.keys() == factors.keys() else opened


def _open_product(view: Product, node: Node, exponent: int, kind: str, stack: list[tuple[Tensor, int, bool]]) -> bool:
    name = node.op.scalar_op.name
    inputs = node.inputs
    if name == "mul":
        free = len(set(inputs)) == len(inputs)
        stack.extend((v, exponent, free or not _repeated(inputs, v)) for v in reversed(inputs))
        view.cost += MUL * (len(inputs) - 1)
    elif name == "neg":
        view.coef *= -1 if exponent % 2 else 1
        stack.append((inputs[0], exponent, True))
        view.cost += MUL
    elif name == "sqr":
        stack.append((inputs[0], 2 * exponent, True))
        view.cost += SQR
    elif name == "pow":
        power = _small_power(node)
        if power is None:
            return False
        stack.append((inputs[0], power * exponent, inputs[0] is not inputs[1]))
        view.cost += POW
    elif kind != "field":
        return False
    elif name == "true_div":
        if all(ring(v.type.dtype) != "field" for v in inputs):
            return False  # integers divide in float64, whatever the dtype of the product
        free = inputs[0] is not inputs[1]
        stack.append((inputs[1], -exponent, free))
        stack.append((inputs[0], exponent, free))
        view.cost += DIV
    elif name == "inv" and ring(inputs[0].type.dtype) == "field":
        stack.append((inputs[0], -exponent, True))
        view.cost += DIV
    else:
        return False
    return True


def _times(a: Number, b: Number) -> Number:
    """The product, without arithmetic of fractions (which is slow) where there is a 1."""
    if type(a) is int and a == 1:
        return b
    return a if type(b) is int and b == 1 else a * b


def _plus(a: Number, b: Number) -> Number:
    """The sum, without arithmetic of fractions where there is a 0."""
    if type(a) is int and a == 0:
        return b
    return a if type(b) is int and b == 0 else a + b


def sum_of(graph: RewriteGraph, root: Tensor) -> Sum:
    """The sum that `root` is (a single term, if it isn't one)."""
    dtype = root.type.dtype
    kind = ring(dtype)
    view = Sum()
    stack: list[tuple[Tensor, int, bool]] = [(root, 1, True)]
    while stack:
        var, sign, free = stack.pop()
        node = var.owner
        if node is None:
            value = number(var)
            if value is not None:
                view.const = _plus(view.const, _times(sign, value))
                view.constants += 1
                continue
        elif (
            kind is not None
            and view.leaves + len(stack) < MAX_LEAVES
            and type(node.op) is Elemwise
            and var.type.dtype == dtype
            and free
            and (var is root or graph.only_user(var) is not None)
        ):
            name = node.op.scalar_op.name
            inputs = node.inputs
            if name == "add":
                free = len(set(inputs)) == len(inputs)
                stack.extend((v, sign, free or not _repeated(inputs, v)) for v in reversed(inputs))
                view.cost += MUL * (len(inputs) - 1)
                continue
            if name == "sub":
                free = inputs[0] is not inputs[1]
                stack.append((inputs[1], -sign, free))
                stack.append((inputs[0], sign, free))
                view.cost += MUL
                continue
            if name == "neg":
                stack.append((inputs[0], -sign, True))
                view.cost += MUL
                continue
        _add_term(graph, view, var, sign, dtype)
    view.const = plain(view.const)
    return view


def _add_term(graph: RewriteGraph, view: Sum, var: Tensor, sign: int, dtype: str) -> None:
    view.leaves += 1
    node = var.owner
    if (
        node is not None
        and type(node.op) is Elemwise
        and node.op.scalar_op.name in PRODUCT_OPS
        and var.type.dtype == dtype
    ):
        product = product_of(graph, var)
        if not product.factors:  # a product of constants that was not folded
            product.factors, product.coef = {var: 1}, 1
        if product.coef != 1 and var not in view.terms:
            view.cost += MUL
        key, coef, factors = product.key(), product.coef, product.factors
    else:
        key, coef, factors = var, 1, {var: 1}
    known = view.terms.get(key)
    signed = _times(sign, coef)
    if known is None:
        view.terms[key] = Term(signed, factors, var, coef)
    else:
        known.coef += signed
        if known.var_coef not in (1, -1) and coef in (1, -1):
            known.var, known.var_coef = var, coef


def negate(graph: RewriteGraph, var: Tensor) -> Tensor:
    """``-var`` in its simplest form: signs of factors and of all-negative sums cancel."""
    node = var.owner
    if node is not None and type(node.op) is Elemwise and ring(var.type.dtype) is not None:
        name = node.op.scalar_op.name
        if name == "neg":
            inner: Tensor = node.inputs[0]
            if inner.type.dtype == var.type.dtype:
                return inner
        if name == "sub":
            swapped = elemwise(scalar.sub, node.inputs[1], node.inputs[0])
            if scalar_name(node.inputs[0]) != "neg":
                return swapped if swapped.type.dtype == var.type.dtype else elemwise(scalar.neg, var)
            view = sum_of(graph, var)
            made = build_sum(
                -view.const,
                [
                    (-t.coef * t.var_coef, t.var) if t.var_coef in (1, -1) else (-t.coef, t.pure())
                    for t in view.terms.values()
                ],
                var.type.dtype,
                var.type.ndim,
            )
            if made is not None and made.type.dtype == var.type.dtype:
                return made
        if name in ("mul", "true_div"):
            product = product_of(graph, var)
            if product.coef < 0:
                built = build_product(-product.coef, product.factors, var.type.dtype, var.type.ndim)
                if built is not None and built.type.dtype == var.type.dtype:
                    return built
    value = number(var)
    if value is not None and ring(var.type.dtype) is not None:
        return constant(-value, var.type.dtype, var.type.ndim)
    return elemwise(scalar.neg, var)


def opened(graph: RewriteGraph, view: Product, like: Tensor) -> Product | None:
    """`view` with factors opened that are products which others read too, or under a `DimShuffle`.

    Returns None if there are none. Opening costs nothing yet: callers build only what became simpler by it.
    """
    if not isinstance(view.wide, bool):
        return view.wide
    wide: Product | None = None
    for var, exponent in view.factors.items():
        base, axes = peel(var, None)
        if scalar_name(base) not in PRODUCT_OPS or base.type.dtype != like.type.dtype:
            continue
        inner = product_of(graph, base)
        if base in inner.factors or (inner.coef == 0 and exponent < 0):
            continue
        if wide is None:
            wide = Product()
            wide.coef, wide.factors = view.coef, dict(view.factors)
        del wide.factors[var]
        wide.coef *= Fraction(inner.coef) ** exponent
        for b, e in inner.factors.items():
            if axes is not None:
                moved = dimshuffle(b, axes)
                b = graph.known(moved) or moved
            wide.factors[b] = wide.factors.get(b, 0) + e * exponent
    if wide is not None:
        wide.coef = plain(wide.coef)
        wide.factors = {b: e for b, e in wide.factors.items() if e}
    view.wide = wide
    return wide
