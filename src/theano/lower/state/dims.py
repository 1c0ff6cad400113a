"""Symbolic lengths: integer expressions in a normal form, and what is known to be equal.

A length is an ``i64`` loop expression. `Dims.normal` writes it as a sum of products of *atoms* (names and whatever
is not a sum, difference or product) in a fixed order, so that equal polynomials are the same object. A union-find
over atoms holds the equalities that a check has established; what a check in a branch or a loop has established
holds there only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.names import Names
from theano.runtime.abi import N_ERROR_WORDS
from theano.tensor.opsupport import LONGEST

Monomial = tuple[int, ...]
ONE = ex.const(1, "i64")
ZERO = ex.const(0, "i64")
# Beyond it products of lengths might wrap around.
LIMIT = float(LONGEST)


def length(value: int) -> Expr:
    return ex.const(value, "i64")


def real_product(dims: Iterable[Expr], first: float = 1.0) -> Expr:
    """The product of lengths (and of `first`) as an f64, which does not wrap around."""
    total: Expr = ex.const(first, "f64")
    for d in dims:
        total = ex.mul(total, ex.cast(d, "f64"))
    return total


def shape_text(dims: Sequence[Expr]) -> tuple[tuple[Expr, ...], str]:
    """A shape in the message of a check: its operands, and their places in the text."""
    shown = tuple(dims[:N_ERROR_WORDS])
    places = ", ".join(f"{{{k}}}" for k in range(len(shown)))
    return shown, f"({places}, ...)" if len(shown) < len(dims) else f"({places},)" if len(dims) == 1 else f"({places})"


def escaped(text: str) -> str:
    """Text for a message with places for operands."""
    return text.replace("{", "{{").replace("}", "}}")


def is_const(dim: Expr, value: int | None = None) -> bool:
    return dim.op == "const" and (value is None or dim.value == value)


def is_extreme(e: Expr) -> bool:
    """Whether an expression is the smaller (``select(a < b, a, b)``) or the larger one of two."""
    return e.op == "select" and e.args[0].op in ("lt", "gt") and e.args[0].args == e.args[1:]


class Dims:
    """Normal forms and equalities of lengths of one lowering, as seen in the block `region`.

    `parents` tells for each block the one around it (-1 for none), `names` what is known of each name.
    """

    def __init__(self) -> None:
        self.names = Names()
        self.region = 0
        self.parents: list[int] = [-1]
        self._number: dict[Expr, int] = {}
        self._atoms: list[Expr] = []
        self._same: dict[int, dict[Expr, Expr]] = {}
        self._memo: dict[int, dict[Expr, Expr]] = {}
        self._bounds: dict[Expr, tuple[bool, bool]] = {}  # see `is_length`; of names never, which may become lengths
        self._polynomials: dict[int, dict[Expr, dict[Monomial, int]]] = {}  # never changed once they are here
        self.strides: dict[tuple[int, tuple[Expr, ...]], tuple[Expr, ...]] = {}  # of arrays: see `c_strides`

    def normal(self, dim: Expr) -> Expr:
        """The canonical form of a length under the equalities known so far."""
        if dim.op == "const":
            return dim
        memo = self._memo.get(self.region)
        if memo is None:
            memo = self._memo[self.region] = {}
        found = memo.get(dim)
        if found is None:
            found = memo[dim] = self._build(self._polynomial(dim))
            memo[found] = found
        return found

    def equal(self, a: Expr, b: Expr) -> bool:
        return a is b or self.normal(a) is self.normal(b)

    def is_length(self, dim: Expr) -> bool:
        """Whether an expression is built of lengths of arrays: never negative, and no more than those multiply to.

        Both is needed: a number that is not negative but has no bound may be any number when it is added to another.
        """
        stack = [dim]
        while stack:
            e = stack.pop()
            if e not in self._bounds:
                missing = [a for a in e.args if a.args and a not in self._bounds]
                if missing:
                    stack += (e, *missing)
                elif e.args:
                    self._bounds[e] = self._bounds_of(e)
        return all(self._bounds.get(dim) or self._bounds_of(dim))

    def _bounds_of(self, e: Expr) -> tuple[bool, bool]:
        """Whether there are bounds above, and below (0)."""
        if e.op == "name":
            is_length = e.value in self.names.lengths
            return is_length, is_length
        if e.op == "const":
            return e.type == "i64", e.type == "i64" and e.value >= 0
        if not e.args:
            return False, False
        args = e.args[1:] if is_extreme(e) else e.args
        above, below = zip(*(self._bounds.get(a) or self._bounds_of(a) for a in args), strict=True)
        if is_extreme(e):
            smaller = e.args[0].op == "lt"
            return all(above) or (smaller and all(below) and any(above)), (all if smaller else any)(below)
        if e.op in ("idiv", "irem"):
            return (above[0], below[0]) if self.is_positive(e.args[1]) else (False, False)
        return e.op in ("mul", "add", "sub") and all(above), e.op in ("mul", "add") and all(above) and all(below)

    def is_positive(self, dim: Expr) -> bool:
        """Whether a length is visibly 1 at least: a number, or the larger one of a number and something else."""
        numbers = dim.args[1:] if is_extreme(dim) and dim.args[0].op == "gt" else (dim,)
        return any(n.op == "const" and n.value > 0 for n in numbers)

    def maximum(self, a: Expr, b: Expr) -> Expr:
        """The larger one; nothing is compared where it is known which one that is."""
        if self._is_least(b, a):
            return a
        return b if self._is_least(a, b) else ex.maximum(a, b)

    def minimum(self, a: Expr, b: Expr) -> Expr:
        """The smaller one; nothing is compared where it is known which one that is."""
        if self._is_least(b, a):
            return b
        return a if self._is_least(a, b) else ex.minimum(a, b)

    def _is_least(self, a: Expr, b: Expr) -> bool:
        """Whether `b` is `a` and a length more; lengths in which something is taken away are not looked into."""
        more = ex.sub(b, a)
        return all(n > 0 for n in self._polynomial(more).values()) and self.is_length(self.normal(more))

    def quotient(self, a: Expr, b: Expr) -> Expr | None:
        """The rounded-down quotient of an expression of lengths and a positive number, unless it may be negative."""
        if b.op != "const":
            return ex.idiv(a, b) if self.is_positive(b) and self.is_length(a) else None
        if b.value <= 0:
            return None
        constant = self._polynomial(a).get((), 0)
        whole, rest = divmod(constant, b.value)
        rounded = self.normal(ex.sub(a, length(constant - rest)))
        return self.normal(ex.add(ex.idiv(rounded, b), length(whole))) if self.is_length(rounded) else None

    def ratio(self, a: Expr, b: Expr) -> Expr | None:
        """How many times `b` is `a`, if `b` is one product whose factors are in all those that `a` is the sum of."""
        whole, part = self._polynomial(a), self._polynomial(b)
        if len(part) != 1:
            return None
        ((factors, number),) = part.items()
        found: dict[Monomial, int] = {}
        for monomial, coefficient in whole.items():
            left = list(monomial)
            for factor in factors:
                if factor not in left:
                    return None
                left.remove(factor)
            if coefficient % number:
                return None
            found[tuple(left)] = coefficient // number
        return self.normal(self._build(found))

    def product(self, dims: tuple[Expr, ...]) -> Expr:
        total = ONE
        for dim in dims:
            total = ex.mul(total, dim)
        return self.normal(total)

    def unite(self, a: Expr, b: Expr) -> Expr | None:
        """Record that two lengths are equal (a check or a type says so); the atom that the other replaces, if one does.

        Only an atom can be replaced, and only by what is known no later: work that has been planned with the one
        length must not come to depend on something computed after it.
        """
        a, b = self.normal(a), self.normal(b)
        if a is b:
            return None
        same = self._same.setdefault(self.region, {})
        if self._may_become(a, b) and not (self._may_become(b, a) and self._rank(b) > self._rank(a)):
            atom, other = a, b
        elif self._may_become(b, a):
            atom, other = b, a
        else:
            return None
        same[atom] = other
        self._memo.clear()
        self._polynomials.clear()
        self.strides.clear()
        return atom

    def equalities(self) -> dict[int, dict[Expr, Expr]]:
        """What is known to be equal now, for `restore`."""
        return {region: dict(same) for region, same in self._same.items()}

    def restore(self, equalities: dict[int, dict[Expr, Expr]]) -> None:
        """Forget what has become known since."""
        self._same = equalities
        self._memo.clear()
        self._polynomials.clear()
        self.strides.clear()

    def replaced(self, dim: Expr) -> list[tuple[int, Expr]]:
        """The atoms of a length that equalities replace, there and in what they become; with the equalities' blocks."""
        found: dict[tuple[int, Expr], None] = {}
        stack = list(ex.postorder((dim,)))
        while stack:
            atom = stack.pop()
            region = self.region
            while region >= 0:
                other = self._same.get(region, {}).get(atom)
                if other is not None:
                    if (region, atom) not in found:
                        found[region, atom] = None
                        stack += ex.postorder((other,))
                    break
                region = self.parents[region]
        return list(found)

    def _may_become(self, atom: Expr, other: Expr) -> bool:
        return self._is_atom(atom) and self._age(other) <= self._age(atom) and not self._leads_to(other, atom)

    def _leads_to(self, dim: Expr, atom: Expr) -> bool:
        """Whether `atom` is in a length or in what some block knows its atoms to be: neither may become the other."""
        seen = {dim}
        stack = [dim]
        while stack:
            for node in ex.postorder((stack.pop(),)):
                if node is atom:
                    return True
                found = {same[node] for same in self._same.values() if node in same} - seen
                seen |= found
                stack += found
        return False

    def _age(self, dim: Expr) -> int:
        """Number of the last name in a length: 0 where all are known at entry, otherwise in order of definition."""
        return max(map(self.names.age, ex.names(dim)), default=0)

    def _rank(self, dim: Expr) -> int:
        return self._number.get(dim, -1)

    def _is_atom(self, dim: Expr) -> bool:
        return dim.op not in ("const", "add", "sub", "mul")

    def _find(self, atom: Expr) -> Expr:
        region = self.region
        while region >= 0:
            same = self._same.get(region)
            if same is not None and atom in same:
                atom, region = same[atom], self.region  # from the start: another block may know more of it
            else:
                region = self.parents[region]
        return atom

    def _polynomial(self, dim: Expr) -> dict[Monomial, int]:
        done = self._polynomials.setdefault(self.region, {})
        stack = [dim]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
            elif node.op in ("add", "sub", "mul"):
                missing = [a for a in node.args if a not in done]
                if missing:
                    stack += reversed(missing)
                else:
                    a, b = done[node.args[0]], done[node.args[1]]
                    done[node] = _product(a, b) if node.op == "mul" else _sum(a, b, 1 if node.op == "add" else -1)
                    stack.pop()
            else:
                done[node] = self._of_atom(node)
                stack.pop()
        return done[dim]

    def _of_atom(self, node: Expr) -> dict[Monomial, int]:
        if node.op == "const":
            return {(): node.value} if node.value else {}
        other = self._find(node)
        if other is not node and not self._is_atom(other):
            return self._polynomial(other)
        if other not in self._number:
            self._number[other] = len(self._atoms)
            self._atoms.append(other)
        return {(self._number[other],): 1}

    def _build(self, polynomial: dict[Monomial, int]) -> Expr:
        total = ZERO
        for monomial in sorted(polynomial, key=lambda m: (-len(m), m)):
            coefficient = polynomial[monomial]
            term = ONE
            for number in monomial:
                term = ex.mul(term, self._atoms[number])
            total = ex.add(total, ex.mul(term, length(coefficient)))
        return total


def _sum(a: dict[Monomial, int], b: dict[Monomial, int], sign: int) -> dict[Monomial, int]:
    total = dict(a)
    for monomial, coefficient in b.items():
        value = total.get(monomial, 0) + sign * coefficient
        if value:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return total


def _product(a: dict[Monomial, int], b: dict[Monomial, int]) -> dict[Monomial, int]:
    total: dict[Monomial, int] = {}
    for m, c in a.items():
        for n, d in b.items():
            key = tuple(sorted(m + n))
            value = total.get(key, 0) + c * d
            if value:
                total[key] = value
            else:
                total.pop(key, None)
    return total
