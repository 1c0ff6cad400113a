"""The rule language: equations between expressions over pattern variables.

    x = variable("x")
    stabilize(log(1 + x), log1p(x))
    specialize(x ** 2, sqr(x))

Patterns are built by the very names of `theano.scalar` and by Python's operators: a pattern answers
`__apply_scalar__`. They are normalised by the same algebra as graphs: sums to ``{term: coefficient}``,
products to ``{base: exponent}``, so ``1/(1 + exp(-x))`` also matches ``t / (exp(-x) + 1)``.

Tensor ops are named by the forms of `theano.rewrite.engine.forms`; what an op is given beside tensors (axes, an order
of axes, an index) is a parameter. A pattern with a tensor op is matched as it is written, without algebra.

    A = parameter("A")
    stabilize(log(prod_of(x, A)), sum_of(log(x), A))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theano.base.record import Record, field
from theano.rewrite.engine.build import Maker, Number
from theano.scalar.op import ScalarOp
from theano.scalar.operators import ScalarOperators
from theano.tensor.elemwise import DimShuffle

Guard = Callable[..., bool]
Condition = Callable[..., Mapping[str, Any] | bool | None]
Interval = tuple[float, float]


class Pattern(ScalarOperators):
    """An expression over pattern variables."""

    __slots__ = ()

    if TYPE_CHECKING:  # Python's operators are put in place by `define_operators`
        __add__: Callable[..., Pattern]
        __radd__: Callable[..., Pattern]
        __sub__: Callable[..., Pattern]
        __rsub__: Callable[..., Pattern]
        __mul__: Callable[..., Pattern]
        __rmul__: Callable[..., Pattern]
        __truediv__: Callable[..., Pattern]
        __rtruediv__: Callable[..., Pattern]
        __pow__: Callable[..., Pattern]
        __neg__: Callable[..., Pattern]

    def __apply_scalar__(self, op: ScalarOp, args: Sequence[Any]) -> Pattern:
        return Application(op, tuple(a if isinstance(a, Pattern) else Literal(a) for a in args))

    def __repr__(self) -> str:
        return show(self)


# How the dtypes of each kind of variable begin.
KINDS = {"float": ("float",), "int": ("int", "uint"), "bool": ("bool",), "any": ("",)}


class Var(Pattern):
    """A pattern variable: stands for any tensor, the same one wherever it occurs.

    Attributes
    ----------
    kind
        ``'float'`` (the default), ``'int'``, ``'bool'`` or ``'any'``.
    test
        Further condition on the variable bound, or None.
    """

    __slots__ = ("name", "kind", "test")

    def __init__(self, name: str, kind: str = "float", test: Callable[[Any], bool] | None = None) -> None:
        self.name = name
        self.kind = kind
        self.test = test


class Literal(Pattern):
    """A number; matches a constant of any dtype and any rank with this value (infinities and nan never)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: Any = value if isinstance(value, float) and not math.isfinite(value) else exact(value)


class Application(Pattern):
    """A scalar operation applied to patterns."""

    __slots__ = ("op", "args")

    def __init__(self, op: ScalarOp, args: tuple[Pattern, ...]) -> None:
        self.op = op
        self.args = args


class Parameter:
    """What a tensor op is given beside tensors, in a pattern: the same wherever it occurs."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Operation(Pattern):
    """A tensor op applied to patterns; `given` holds parameters and values."""

    __slots__ = ("form", "given", "args")

    def __init__(self, form: Form, given: tuple[Any, ...], args: tuple[Pattern, ...]) -> None:
        self.form = form
        self.given = given
        self.args = args


class Form:
    """A kind of tensor op, to be used in patterns: ``form(x, A)`` with patterns and parameters in any order.

    Attributes
    ----------
    classes
        The classes of its ops.
    read
        From a node to what its op is given beside tensors, and to its operands.
    make
        ``make(*given, *operands)``: the output of a new node; None for forms that occur on left sides only.
    """

    __slots__ = ("name", "classes", "read", "make")

    def __init__(
        self,
        name: str,
        classes: tuple[type, ...],
        read: Callable[[Any], tuple[Sequence[Any], Sequence[Any]]],
        make: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.classes = classes
        self.read = read
        self.make = make

    def __call__(self, *arguments: Any) -> Operation:
        args = tuple([a for a in arguments if isinstance(a, Pattern)])
        return Operation(self, tuple([a for a in arguments if not isinstance(a, Pattern)]), args)


class SumPattern(Pattern):
    """Normal form of a sum: ``const + Σ coefficient * part``."""

    __slots__ = ("const", "parts")

    def __init__(self, const: Number, parts: list[tuple[Pattern, Number]]) -> None:
        self.const = const
        self.parts = parts


class ProductPattern(Pattern):
    """Normal form of a product: ``coef * Π part ** exponent``."""

    __slots__ = ("coef", "parts")

    def __init__(self, coef: Number, parts: list[tuple[Pattern, int]]) -> None:
        self.coef = coef
        self.parts = parts


def variable(name: str, kind: str = "float", test: Callable[[Any], bool] | None = None) -> Var:
    """A pattern variable (see `Var`).

    Parameters
    ----------
    name : str
        How it is printed; a name stands for the same expression wherever it occurs in an equation.
    kind : str, default "float"
        What it stands for, by dtype.
    test : callable, optional
        Asked of what it would stand for; False: no.

    Returns
    -------
    Var
        A pattern, of which operators and the operations of `theano.scalar` make patterns.

    Examples
    --------
    >>> from theano.scalar import log
    >>> log(1 + variable("x"))
    log(1 + x)
    """
    return Var(name, kind, test)


def parameter(name: str) -> Parameter:
    """What a tensor op is given beside tensors (see `Parameter`)."""
    return Parameter(name)


def exact(value: Any) -> Number:
    """`value` as `int` or `Fraction`."""
    if isinstance(value, Fraction):
        return value
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a pattern may hold finite numbers only, not {value!r}")
    return int(number) if number == int(number) else Fraction(number)


# -- normal form ----------------------------------------------------------------------------------

_SPECIFIC = {Literal: 0, Application: 1, ProductPattern: 1, SumPattern: 1, Var: 2}


def normalise(pattern: Pattern) -> Pattern:
    """The normal form of a pattern, parts that are easier to find first."""
    if not isinstance(pattern, Application):
        return pattern
    name = pattern.op.name
    if name in ("add", "sub"):
        const, parts = _sum(pattern, 1)
        return SumPattern(const, sorted(parts, key=lambda p: _SPECIFIC[type(p[0])]))
    if name in ("mul", "true_div", "inv", "sqr", "neg") or _power(pattern) is not None:
        coef, factors = _product(pattern, 1)
        if not factors:
            return Literal(coef)
        return ProductPattern(coef, sorted(factors, key=lambda p: _SPECIFIC[type(p[0])]))
    return Application(pattern.op, tuple(normalise(a) for a in pattern.args))


def _power(pattern: Application) -> int | None:
    if pattern.op.name == "pow" and isinstance(pattern.args[1], Literal) and isinstance(pattern.args[1].value, int):
        return pattern.args[1].value
    return None


def _sum(pattern: Pattern, sign: int) -> tuple[Number, list[tuple[Pattern, Number]]]:
    if isinstance(pattern, Literal):
        return sign * pattern.value, []
    if isinstance(pattern, Application):
        name = pattern.op.name
        if name == "add":
            found = [_sum(a, sign) for a in pattern.args]
        elif name == "sub":
            found = [_sum(pattern.args[0], sign), _sum(pattern.args[1], -sign)]
        elif name == "neg":
            found = [_sum(pattern.args[0], -sign)]
        else:
            inner = normalise(pattern)
            if isinstance(inner, ProductPattern) and inner.coef != 1:
                coef, inner.coef = inner.coef, 1
                if len(inner.parts) == 1 and inner.parts[0][1] == 1:
                    return 0, [(inner.parts[0][0], sign * coef)]
                return 0, [(inner, sign * coef)]
            return 0, [(inner, sign)]
        return sum(f[0] for f in found), [part for f in found for part in f[1]]
    return 0, [(pattern, sign)]


def _product(pattern: Pattern, exponent: int) -> tuple[Number, list[tuple[Pattern, int]]]:
    if isinstance(pattern, Literal):
        value = Fraction(pattern.value) ** exponent
        return (int(value) if value.denominator == 1 else value), []
    if isinstance(pattern, Application):
        name = pattern.op.name
        power = _power(pattern)
        if name == "mul":
            found = [_product(a, exponent) for a in pattern.args]
        elif name == "true_div":
            found = [_product(pattern.args[0], exponent), _product(pattern.args[1], -exponent)]
        elif name == "inv":
            found = [_product(pattern.args[0], -exponent)]
        elif name == "sqr":
            found = [_product(pattern.args[0], 2 * exponent)]
        elif power is not None:
            found = [_product(pattern.args[0], power * exponent)]
        elif name == "neg":
            coef, parts = _product(pattern.args[0], exponent)
            return (-coef if exponent % 2 else coef), parts
        else:
            return 1, [(normalise(pattern), exponent)]
        total: Number = 1
        for f in found:
            total *= f[0]
        return total, [part for f in found for part in f[1]]
    return 1, [(pattern, exponent)]


def roots_of(normal: Pattern, written: Pattern) -> tuple[Maker, ...]:
    """What can stand at the root of a match."""
    if isinstance(normal, SumPattern):
        return ("add", "sub")
    if isinstance(normal, ProductPattern):
        if len(normal.parts) == 1 and normal.parts[0][1] == 1:
            return ("neg", "mul")
        return ("mul", "true_div", "inv", "sqr", "pow", "neg")
    if isinstance(normal, Application):
        return (normal.op.name,)
    if isinstance(normal, Operation):
        return normal.form.classes
    raise ValueError(f"{written} cannot be the left side of a rule: it matches everything")


def needed_children(normal: Pattern) -> frozenset[Maker]:
    """Makers one of which must have made a child of the root; empty if nothing can be said."""
    if not isinstance(normal, Application | Operation):
        return frozenset()
    for child in normal.args:
        if isinstance(child, Operation) and DimShuffle not in child.form.classes:  # it is looked through
            return frozenset(child.form.classes)
        if isinstance(child, Application):
            return frozenset({child.op.name})
        if isinstance(child, SumPattern):
            return frozenset({"add", "sub", "neg"})
        if isinstance(child, ProductPattern):
            return frozenset({"mul", "true_div", "inv", "sqr", "pow", "neg"})
    return frozenset()


def needed_parts(normal: Pattern) -> frozenset[str]:
    """Names of the scalar operations that must be among the parts of a root sum or product."""
    parts: Iterable[tuple[Pattern, Any]] = getattr(normal, "parts", ())
    return frozenset(p.op.name for p, _ in parts if isinstance(p, Application))


def variables_of(pattern: Pattern) -> dict[str, Var]:
    """The pattern variables of an expression, as it is written, by name."""
    if isinstance(pattern, Var):
        return {pattern.name: pattern}
    found: dict[str, Var] = {}
    for child in pattern.args if isinstance(pattern, Application | Operation) else ():
        found.update(variables_of(child))
    return found


def size(pattern: Pattern) -> int:
    """Number of applications."""
    if isinstance(pattern, Application | Operation):
        return 1 + sum(map(size, pattern.args))
    return 0


def has_operation(pattern: Pattern) -> bool:
    """Whether there is a tensor op in a pattern, as it is written."""
    return isinstance(pattern, Operation) or (
        isinstance(pattern, Application) and any(map(has_operation, pattern.args))
    )


_INFIX = {"add": "+", "sub": "-", "mul": "*", "true_div": "/", "pow": "**"}


def show(pattern: Pattern, inner: bool = False, words: Mapping[str, str] | None = None) -> str:
    """The pattern as a person writes it; `words` are how forms of operations are written, where not as calls."""
    if isinstance(pattern, Var):
        return pattern.name
    if isinstance(pattern, Literal):
        return str(pattern.value) if isinstance(pattern.value, int) else str(float(pattern.value))
    if isinstance(pattern, Application):
        name, args = pattern.op.name, pattern.args
        if name in _INFIX:
            text = f" {_INFIX[name]} ".join(show(a, True, words) for a in args)
            return f"({text})" if inner else text
        if name == "neg":
            return f"-{show(args[0], True, words)}"
        return f"{name.rstrip('_')}({', '.join(show(a, False, words) for a in args)})"
    if isinstance(pattern, Operation):
        arguments = [*(show(a, False, words) for a in pattern.args), *map(str, pattern.given)]
        template = (words or {}).get(pattern.form.name)
        return template.format(*arguments) if template else f"{pattern.form.name}({', '.join(arguments)})"
    if isinstance(pattern, SumPattern):
        return " + ".join([str(pattern.const)] + [f"{c}*{show(p, True, words)}" for p, c in pattern.parts])
    assert isinstance(pattern, ProductPattern)
    return " * ".join([str(pattern.coef)] + [f"{show(p, True, words)}**{e}" for p, e in pattern.parts])


# -- equations ------------------------------------------------------------------------------------


class Equation(Record):
    """A rule ``left -> right``.

    Attributes
    ----------
    name, phase, tags
        As in `Rule`.
    when
        Guard ``when(**variables) -> bool`` on the variables bound, or None.
    domain
        For each pattern variable the interval on which the equation holds (default: -10 to 10).
    as_written
        Whether the left side is matched as it is written, without algebra; so it is wherever there is a tensor op.
        All that follows is about such equations.
    shapes
        For pattern variables the names of the lengths of their axes, as ``"nm"``, where the equation asks for certain
        ones (default: any).
    where
        ``where(graph, **bound)`` of all variables and parameters that the left side binds, or None: False or None
        where the equation does not hold, True or a dict of more parameters for the right side where it does.
    alone
        Whether nothing else may read what the outermost operation reads.
    one_dtype
        Whether all that is computed and all variables must have the dtype of the whole.
    special
        Special points of the single variable at which the sides differ on purpose (exactly these).
    accuracy
        Allowed loss of the right side, in units of the last place.
    """

    name: str
    phase: str
    left: Pattern
    right: Pattern
    when: Guard | None = None
    domain: Mapping[str, Interval] = field(default_factory=dict)
    special: tuple[float, ...] = ()
    accuracy: float = 4.0
    tags: frozenset[str] = frozenset()
    as_written: bool = False
    shapes: Mapping[str, str] = field(default_factory=dict)
    where: Condition | None = None
    alone: bool = False
    one_dtype: bool = False
    # What follows is found in the two sides.
    names: tuple[str, ...] = ()  # of the variables
    has_operation: bool = False  # on the left side
    # Of the right side: its patterns, each behind its arguments, with their places; made when first used.
    order: list[tuple[Pattern, tuple[int, ...]]] | None = None
    normal: Pattern = Literal(0)  # the left side, as it is matched
    needed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.names = tuple(variables_of(self.left))
        self.has_operation = has_operation(self.left)
        self.as_written = self.as_written or self.has_operation
        self.normal = self.left if self.as_written else normalise(self.left)
        self.needed = needed_parts(self.normal)
        missing = variables_of(self.right).keys() - set(self.names)
        if missing:
            raise ValueError(f"{self.name}: {sorted(missing)} occur only on the right side")

    def __repr__(self) -> str:
        return f"{self.phase}: {show(self.left)} -> {show(self.right)}"
