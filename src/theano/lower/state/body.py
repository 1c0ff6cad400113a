"""What an item computes for one element: an expression of the loop language with a few forms of its own.

- ``element``: the element of operand `value` at this point of the space;
- ``index``: the position along axis `value` of the space, an i64;
- ``part``: the number of the part that the point is in, where positions are cut into parts;
- ``look``: the element of an indirect operand at positions that are computed (along some axes at those of this point),
  or 0 where these are not ``inside``;
- ``quotient``, ``remainder``: a place divided by a number; where that is a constant and a loop goes by as many
  positions at once, no division is left of it;
- ``within``: whether a place is among the first so many, of which it may miss the low end, the high end or both: most
  points of a loop need not ask;
- ``before``: what a `Running` item got from the position before;
- ``apply``: an operation of the scalar table, which is expanded when its operands are known;
- ``convert``: a conversion that is defined for all numbers.

`facts(body).at` makes an expression of the loop language of it, at one point of a loop nest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state.convert import compute_type, convert
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.values import Value
from theano.scalar.op import ScalarOp


class Application:
    """An operation of the scalar table for given dtypes, casts included."""

    __slots__ = ("op", "result", "wanted")

    def __init__(self, op: ScalarOp, in_dtypes: tuple[str, ...], out_dtype: str) -> None:
        self.op = op
        self.wanted = tuple(compute_type(d) for d in op.arg_dtypes(in_dtypes, out_dtype))
        self.result = ex.TYPE_OF[out_dtype]

    def __call__(self, operands: Sequence[Expr]) -> Expr:
        args = [convert(x, t) for x, t in zip(operands, self.wanted, strict=True)]
        return convert(ex.once(self.op.expand, *args), self.result)  # type: ignore[arg-type]

    def cost(self, args: Sequence[Expr]) -> int:
        own = self.op.cost
        return (own if isinstance(own, int) else own(*args)) + len(args) - 1


class Point(Protocol):
    """A point of a loop nest, where a body is evaluated."""

    def index(self, axis: int) -> Expr:
        """The position along an axis of the item's space."""

    def part(self) -> Expr:
        """The number of the part that this point is in."""

    def look(self, k: int, at: list[Expr | None], inside: Expr | None) -> Expr:
        """The element of indirect operand `k` at given positions along some axes (None: at this point's).

        Where it is not `inside` it is 0.
        """

    def within(self, place: Expr, count: Expr, low: bool, high: bool) -> Expr:
        """Whether a place is one of `count`."""

    def in_vectors(self, x: Expr) -> bool:
        """Whether a number moves with the innermost loop."""

    def before(self) -> Expr:
        """What the item got from the position before."""


TRUE = ex.const(True, "bool")


# -- forms -----------------------------------------------------------------------------------------------------
def element(k: int, value: Value) -> Expr:
    """The element of operand `k`, which is `value`."""
    return ex.form("element", st.load_type(value.type), (), k)


def elements(reads: Sequence[Value]) -> list[Expr]:
    """The elements of all operands."""
    return [element(k, v) for k, v in enumerate(reads)]


def index(axis: int) -> Expr:
    return ex.form("index", "i64", (), axis)


def part() -> Expr:
    return ex.form("part", "i64", ())


def before(type_: str) -> Expr:
    """What the item got from the position before, as a number that is computed with for results of this type."""
    return ex.form("before", st.load_type(type_), ())


def look(k: int, value: Value, at: Sequence[Expr | None], inside: Expr | None = None) -> Expr:
    """The element of indirect operand `k`, which is `value`, at positions (None: that of this point) inside it.

    They may be anywhere where the condition `inside` does not hold: there the element is 0.
    """
    given = tuple(i is not None for i in at)
    args = [i for i in at if i is not None]
    if inside is not None and inside is not TRUE:
        args.append(inside)
    return ex.form("look", st.load_type(value.type), tuple(args), (k, given))


def quotient(x: Expr, size: Expr) -> Expr:
    """``x // size`` for places, which are not negative and below 2^48, and a `size` that is positive."""
    return x if size is ONE else ex.form("quotient", "i64", (x, size))


def remainder(x: Expr, size: Expr) -> Expr:
    """``x % size`` for such numbers."""
    return ZERO if size is ONE else ex.form("remainder", "i64", (x, size))


def within(place: Expr, count: Expr, low: bool, high: bool) -> Expr:
    """Whether ``0 <= place < count``: `low`, `high` tell which of the two may not hold."""
    if place.op == count.op == "const":
        return ex.const(0 <= place.value < count.value, "bool")
    return ex.form("within", "bool", (place, count), (low, high)) if low or high else TRUE


def applied(application: Application, args: Sequence[Expr]) -> Expr:
    return ex.form("apply", st.load_type(application.result), tuple(args), application)


def converted(x: Expr, type_: str) -> Expr:
    """`convert`, done when it is known what `x` is."""
    if x.op == "const":
        return convert(x, type_)
    return x if x.type == type_ else ex.form("convert", st.load_type(type_), (x,), type_)


def rounded(type_: str, body: Expr) -> Expr:
    """`body`, whose results are numbers of a storage type even where they never go through memory."""
    return converted(body, "f16") if type_ == "f16" else body


# -- readings --------------------------------------------------------------------------------------------------
class Facts:
    """What a body is asked for; `at` evaluates it at one point.

    Attributes
    ----------
    order
        All its expressions, operands first.
    cost
        What one element takes, roughly, in plain additions: what the operations of the scalar table do.
    divides
        Whether it divides places by constants.
    placed
        Whether it depends on where in the space it is.
    mixed
        Whether it may come to expressions of which main can compute a part.
    """

    __slots__ = ("cost", "divides", "mixed", "order", "placed")

    def __init__(self, body: Expr) -> None:
        self.order = tuple(ex.postorder((body,)))
        kinds = {node.op for node in self.order}
        self.cost = max(sum(node.value.cost(node.args) for node in self.order if node.op == "apply"), 1)
        divisions = [node for node in self.order if node.op in ("quotient", "remainder")]
        self.placed = not kinds.isdisjoint(("index", "look", "part", "within")) or bool(divisions)
        self.divides = any(node.args[1].op == "const" for node in divisions)
        self.mixed = self.placed or "name" in kinds

    def at(self, operands: Sequence[Expr], point: Point | None = None) -> Expr:
        """The body as an expression of the loop language."""
        done: dict[Expr, Expr] = {}
        found: Expr = ZERO
        for node in self.order:
            op, args = node.op, node.args
            if op == "element":
                found = operands[node.value]
            elif op == "apply":
                found = node.value([done[a] for a in args])
            elif op == "convert":
                found = convert(done[args[0]], node.value)
            elif op == "index":
                assert point is not None, "numbers have no position"
                found = point.index(node.value)
            elif op == "part":
                assert point is not None, "numbers are in no part"
                found = point.part()
            elif op == "before":
                assert point is not None, "there is nothing before a number"
                found = point.before()
            elif op in ("quotient", "remainder"):
                x, size = done[args[0]], done[args[1]]
                found = divided(x, size, point is not None and point.in_vectors(x))[op == "remainder"]
            elif op == "within":
                assert point is not None, "numbers have no place"
                found = point.within(done[args[0]], done[args[1]], *node.value)
            elif op == "look":
                assert point is not None, "numbers have no memory"
                k, given = node.value
                places = iter(args)
                at = [done[next(places)] if g else None for g in given]
                guard = next(places, None)
                found = point.look(k, at, None if guard is None else done[guard])
            else:
                new = tuple([done[a] for a in args])
                found = node if new == args else ex.rebuilt(node, new)
            done[node] = found
        return found


def divided(x: Expr, size: Expr, in_vectors: bool = True) -> tuple[Expr, Expr]:
    """Quotient and remainder of a place: of ``i*4 + 3`` by 2 these are ``i*2 + 1`` and 1.

    No processor divides integers in vectors. Floats do it as well: of a number below 2^48 and a half the quotient is
    off by less than ``2^-4 / size``, and by ``2^-1 / size`` at least away from the next whole number.
    """
    if size.op == "const":
        found = _known_parts(x, int(size.value))
        if found is not None:
            return found
    if not in_vectors:
        return ex.idiv(x, size), ex.irem(x, size)
    real = ex.add(ex.cast(x, "f64"), ex.const(0.5, "f64"))
    if size.op == "const":
        real = ex.mul(real, ex.const(1 / size.value, "f64"))
    else:
        real = ex.div(real, ex.cast(size, "f64"))
    whole = ex.cast(real, "i64")
    return whole, ex.sub(x, ex.mul(whole, size))


def _known_parts(x: Expr, size: int) -> tuple[Expr, Expr] | None:
    """Quotient and remainder of a sum of multiples of `size` and numbers; None for others."""
    whole, rest = ZERO, 0
    terms = [x]
    while terms:
        term = terms.pop()
        if term.op == "add":
            terms += term.args
        elif term.op == "const":
            rest += term.value
        elif term.op == "mul" and term.args[1].op == "const" and term.args[1].value % size == 0:
            whole = ex.add(whole, ex.mul(term.args[0], length(term.args[1].value // size)))
        else:
            return None
    return ex.add(whole, length(rest // size)), length(rest % size)


def is_within(place: Expr, count: Expr, low: bool, high: bool) -> Expr:
    """The condition of ``within`` as an expression of the loop language."""
    if low and high:
        return ex.lt(ex.bitcast(place, "u64"), ex.bitcast(count, "u64"))  # a negative place is a very large one
    return ex.lt(place, count) if high else ex.ge(place, ZERO)


def facts(body: Expr) -> Facts:
    return ex.once(Facts, body)


def dividing_in_place(body: Expr) -> Expr:
    """A body with plain divisions, for loops of any form."""
    done: dict[Expr, Expr] = {}
    for node in facts(body).order:
        args = tuple([done[a] for a in node.args])
        if node.op in ("quotient", "remainder"):
            done[node] = divided(args[0], args[1])[node.op == "remainder"]
        else:
            done[node] = node if args == node.args else ex.rebuilt(node, args)
    return done[body]


def only_applies(body: Expr) -> bool:
    """Whether a body is one operation of the scalar table, so that it tells all about what is computed."""
    return body.op == "apply" or (body.op == "convert" and body.value == "f16" and body.args[0].op == "apply")


def over_fewer_axes(body: Expr, place: dict[int, int]) -> Expr:
    """A body for the axes that have a `place` among those of a smaller space; the others have length 1."""
    done: dict[Expr, Expr] = {}
    for node in facts(body).order:
        if node.op == "index":
            done[node] = index(place[node.value]) if node.value in place else ZERO
        else:
            args = tuple([done[a] for a in node.args])
            done[node] = node if args == node.args else ex.rebuilt(node, args)
    return done[body]
