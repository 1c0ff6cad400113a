"""What is known of matrices: triangles of zeros, symmetry, positive definiteness. The one place where it is inferred.

Facts follow from the ops that make a matrix: ``T.tril(x)`` is lower triangular, so is a Cholesky factor, whose diagonal
is positive; ``dot(x, x.T)`` is symmetric, and so is ``exp(-(x[:, None] - x[None, :]) ** 2) + T.eye(n)``, because the
same expression comes out if the matrices in it are transposed. That a matrix is positive definite is never guessed:
the program says so, by `psd` or by taking its Cholesky factor.

All is about the matrices in the last two axes.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Flag, auto
from typing import Any

import numpy as np

from theano.graph import Constant
from theano.ifelse import IfElse
from theano.rewrite.engine.build import Axes, dims, is_filled_with_zeros, number, peel, same_number, scalar_name
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.checks.assertion import Assert, AssertEqual
from theano.tensor.checks.shape_agreement import Fitting
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor
from theano.tensor.linalg.dot import BatchedDot, Dot
from theano.tensor.linalg.inverses import MatrixInverse
from theano.tensor.linalg.matrices import adjoint
from theano.tensor.linalg.nlinalg import AllocDiag
from theano.tensor.linalg.systems import Cholesky, Solve
from theano.tensor.making.alloc import Alloc
from theano.tensor.making.ranges import ARange
from theano.tensor.making.triangles import Eye, Tri


class Fact(Flag):
    """What is known of a matrix."""

    NONE = 0
    LOWER = auto()  # zeros above the diagonal
    UPPER = auto()  # zeros below the diagonal
    SYMMETRIC = auto()  # equal to its adjoint
    POSITIVE = auto()  # positive definite, as the program says
    POSITIVE_DIAGONAL = auto()  # triangular, with a positive diagonal


NONE, LOWER, UPPER, SYMMETRIC, POSITIVE, POSITIVE_DIAGONAL = (
    Fact.NONE, Fact.LOWER, Fact.UPPER, Fact.SYMMETRIC, Fact.POSITIVE, Fact.POSITIVE_DIAGONAL,
)  # fmt: skip
TRIANGULAR = LOWER | UPPER

# How deep an expression is looked into for zeros, how deep for a symmetry, how many pairs of its parts are compared.
DEPTH, DEEPEST, PAIRS = 12, 60, 400

# Larger constants are not searched for zeros.
CONSTANT = 1 << 20


def facts_of(graph: RewriteGraph, x: Tensor) -> Fact:
    """What is known of the matrices of `x`."""
    if x.type.ndim < 2:
        return NONE
    found = _triangles(graph, x, DEPTH)
    if _is_symmetric(graph, x):
        found |= SYMMETRIC
    return found


def is_transposed(x: Tensor) -> bool:
    """Whether `x` is made by transposing matrices."""
    node = x.owner
    if node is None or type(node.op) is not DimShuffle:
        return False
    n, order = x.type.ndim, node.op.new_order
    return bool(order == (*range(n - 2), n - 1, n - 2))


def is_square(graph: RewriteGraph, x: Tensor) -> bool:
    """Whether matrices are known to have as many rows as columns."""
    while is_transposed(x):
        x = x.owner.inputs[0]
    if x.owner is not None and type(x.owner.op) in (Cholesky, MatrixInverse):
        return True
    rows, columns = dims(graph, x)[-2:]
    return same_number(graph.known(rows) or rows, graph.known(columns) or columns)


def _swapped(found: Fact) -> Fact:
    """What is known of the transposed matrix."""
    swapped = found & ~TRIANGULAR
    if LOWER in found:
        swapped |= UPPER
    if UPPER in found:
        swapped |= LOWER
    return swapped


#: What ops say by which programs mark matrices: filled by `theano.rewrite.hints`, which stands above.
MARKS: dict[type, Callable[[Any], Fact]] = {}


def _marks(node: Node) -> Fact:
    mark = MARKS.get(type(node.op))
    return NONE if mark is None else mark(node.op)


# -- triangles --------------------------------------------------------------------------------------------


def _triangles(graph: RewriteGraph, x: Tensor, depth: int) -> Fact:
    """What is known but for symmetry."""
    memo: dict[Tensor, Fact] = graph.memo.setdefault("triangles of zeros", {})
    found = memo.get(x)
    if found is None:
        found = NONE
        node = x.owner
        if node is None:
            found = _of_constant(x)
        elif depth:
            infer = _INFERRED.get(type(node.op))
            found = _marks(node) if infer is None else infer(graph, node, depth - 1)
        if depth == DEPTH or found:  # looked at from further away, less is seen
            memo[x] = found
    return found


def _of_constant(x: Tensor) -> Fact:
    data = getattr(x, "data", None)
    if not isinstance(x, Constant) or not isinstance(data, np.ndarray) or not 0 < data.size <= CONSTANT:
        return NONE
    found = NONE
    if not np.triu(data, 1).any():
        found |= LOWER
    if not np.tril(data, -1).any():
        found |= UPPER
    return found


def _of_factor(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    return (LOWER if node.op.lower else UPPER) | POSITIVE_DIAGONAL


def _of_first(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    """An inverse, or a matrix that is checked: as the first input."""
    return _triangles(graph, node.inputs[0], depth)


def _of_solution(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    """A triangular system keeps zeros: ``inv(L) @ M`` for lower triangular L and M."""
    wanted = {"lower_triangular": LOWER, "upper_triangular": UPPER}.get(node.op.A_structure, NONE)
    return wanted & _triangles(graph, node.inputs[1], depth) if node.inputs[1].type.ndim > 1 else NONE


def _of_shuffled(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    x, order = node.inputs[0], node.op.new_order
    last = x.type.ndim - 1
    if last < 1 or order[-2:] not in ((last - 1, last), (last, last - 1)):
        return NONE
    found = _triangles(graph, x, depth)
    return found if order[-1] == last else _swapped(found)


def _of_ones(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    """``eye(n, m, k)``: on the diagonal for k = 0. ``tri(n, m, k)``: also below, so lower triangular for k <= 0."""
    k = number(node.inputs[2])
    if type(node.op) is Tri:
        return LOWER if k is not None and k <= 0 else NONE
    found = TRIANGULAR if k == 0 else NONE
    if found and same_number(*node.inputs[:2]):
        found |= POSITIVE | POSITIVE_DIAGONAL
    return found


def _of_product(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    """Products of lower triangular matrices are, as those of upper ones; ``dot(L, L.T)`` is positive definite."""
    x, y = node.inputs
    if x.type.ndim < 2 or y.type.ndim < 2:
        return NONE
    left, right = _triangles(graph, x, depth), _triangles(graph, y, depth)
    found = left & right & (TRIANGULAR | POSITIVE_DIAGONAL)
    found = found if found & TRIANGULAR else NONE
    if POSITIVE_DIAGONAL in left and left & TRIANGULAR and y.type.dtype.startswith("float") and _mirrored(graph, x, y):
        found |= POSITIVE
    return found


def _of_point_wise(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    op = node.op.scalar_op
    if op.target is not None or op.name in ("neg", "sqr", "sqrt", "abs_", "sgn", "sin", "tanh", "identity"):
        kept = TRIANGULAR  # zero stays zero
    elif op.name in ("add", "sub", "switch"):
        ones = ones_in_triangle(node.outputs[0]) if op.name == "sub" else None
        if ones is not None:
            return UPPER if ones[1] >= 0 else NONE
        kept = TRIANGULAR
    elif op.name in ("mul", "true_div"):
        return _of_multiplied(graph, node, depth)
    else:
        return NONE
    pattern = node.outputs[0].type.broadcastable[-2:]
    for v in node.inputs[1 if op.name == "switch" else 0 :]:
        kept &= _triangles(graph, v, depth) if v.type.broadcastable[-2:] == pattern else NONE
    return kept


def _of_multiplied(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    """A product has the zeros of each of its factors, a quotient those of its numerator."""
    pattern = node.outputs[0].type.broadcastable[-2:]
    found = NONE
    for v in node.inputs if node.op.scalar_op.name == "mul" else node.inputs[:1]:
        if v.type.broadcastable[-2:] == pattern:
            found |= _triangles(graph, v, depth) & TRIANGULAR
    return found


def _is_one(x: Tensor) -> bool:
    if x.owner is not None and type(x.owner.op) in (DimShuffle, Alloc):
        x = x.owner.inputs[0]
    return number(x) == 1


def ones_in_triangle(x: Tensor) -> tuple[bool, int] | None:
    """Whether `x` has ones below or above, and up to which diagonal: (True, k) for ``tri(n, m, k)``.

    ``1 - tri(n, m, k - 1)``, which `T.triu` multiplies with, is (False, k): its zeros are those below diagonal k.
    """
    below = True
    if scalar_name(x) == "sub" and _is_one(x.owner.inputs[0]):
        below, x = False, x.owner.inputs[1]
    x, order = peel(x, None)
    n = x.type.ndim
    if n != 2 or (order is not None and order[-2:] != (0, 1)) or x.owner is None or type(x.owner.op) is not Tri:
        return None
    k = number(x.owner.inputs[2])
    return None if k is None else (below, int(k) + (not below))


def diagonal_vector(graph: RewriteGraph, x: Tensor) -> Tensor | None:
    """The vector on the diagonal of a square matrix of zeros, as `T.diag` makes it."""
    node = x.owner
    if node is None:
        return None
    if type(node.op) is AllocDiag:
        made: Tensor = node.inputs[0]
        return made
    if type(node.op) is not AdvancedIncSubtensor or not node.op.set_instead_of_inc or len(node.inputs) != 4:
        return None
    zeros, vector, rows, columns = node.inputs
    if rows is not columns or rows.owner is None or type(rows.owner.op) is not ARange or vector.type.ndim != 1:
        return None
    start, stop, step = rows.owner.inputs
    if zeros.type.ndim != 2 or not is_filled_with_zeros(zeros) or (number(start), number(step)) != (0, 1):
        return None
    lengths = [graph.known(n) or n for n in (*dims(graph, zeros), *dims(graph, vector))]
    return vector if all(same_number(n, stop) for n in lengths) else None


def _of_written(graph: RewriteGraph, node: Node, depth: int) -> Fact:
    return NONE if diagonal_vector(graph, node.outputs[0]) is None else TRIANGULAR


_Infer = Callable[[RewriteGraph, Node, int], Fact]
_INFERRED: dict[type, _Infer] = {
    Cholesky: _of_factor,
    MatrixInverse: _of_first,
    Solve: _of_solution,
    DimShuffle: _of_shuffled,
    Eye: _of_ones,
    Tri: _of_ones,
    AllocDiag: _of_written,
    AdvancedIncSubtensor: _of_written,
    **dict.fromkeys((Assert, AssertEqual, Fitting), _of_first),
    Dot: _of_product,
    BatchedDot: _of_product,
    Elemwise: _of_point_wise,
}


# -- symmetry ---------------------------------------------------------------------------------------------


def _is_symmetric(graph: RewriteGraph, x: Tensor) -> bool:
    if not x.type.dtype.startswith("float"):
        return False
    memo: dict[Tensor, bool] = graph.memo.setdefault("symmetric", {})
    if x not in memo:
        memo[x] = _mirrored(graph, x, x)
    return memo[x]


def _mirrored(graph: RewriteGraph, x: Tensor, y: Tensor) -> bool:
    """Whether each matrix of `x` is that of `y`, transposed."""
    return _Mirror(graph).sign(x, y) == 1


_Signed = list[tuple[int, Tensor]]


class _Mirror:
    """Compares an expression with another one in which all matrices are transposed.

    The answer is 1 if the value of one is the transposed value of the other, -1 if it is its negative (as those of
    ``x[:, None] - x[None, :]`` and of itself), and 0 if neither is known.
    """

    __slots__ = ("graph", "known", "left", "depth")

    def __init__(self, graph: RewriteGraph) -> None:
        self.graph = graph
        self.known: dict[tuple[Tensor, Tensor], int] = {}
        self.left = PAIRS
        self.depth = 0

    def sign(self, x: Tensor, y: Tensor) -> int:
        """How ``x.T`` and `y` compare."""
        key = (x, y)
        found = self.known.get(key)
        if found is None:
            self.left -= 1
            self.depth += 1
            found = self.known[key] = self._sign(x, y) if self.left > 0 and self.depth < DEEPEST else 0
            self.depth -= 1
        return found

    def _sign(self, x: Tensor, y: Tensor) -> int:
        n = x.type.ndim
        if n != y.type.ndim or n < 2:
            return 0
        if x is y and all(x.type.broadcastable[-2:]):
            return 1
        turned: Axes = (*range(n - 2), n - 1, n - 2)
        if _same_axes(peel(x, turned), peel(y, None)):
            return 1
        a, b = x.owner, y.owner
        if a is None or b is None:
            return int(x is y and _is_mirrored_constant(x))
        if type(a.op) is DimShuffle or type(b.op) is DimShuffle:
            return self._shuffled(x, y)
        if type(a.op) in (Dot, BatchedDot) and type(b.op) is type(a.op):
            return self._product(x, y)
        if type(a.op) is Elemwise and type(b.op) is Elemwise:
            return self._point_wise(x, y)
        if type(a.op) is MatrixInverse and type(b.op) is MatrixInverse:
            return self.sign(a.inputs[0], b.inputs[0])
        if a is not b:
            return 0
        if type(a.op) is Eye:
            return int(number(a.inputs[2]) == 0 and same_number(*a.inputs[:2]))
        if type(a.op) is Alloc:
            value, *lengths = a.inputs
            return int(all(value.type.broadcastable[-2:]) and same_number(*lengths[-2:]))
        return int(SYMMETRIC in _marks(a) or diagonal_vector(self.graph, x) is not None)

    def _shuffled(self, x: Tensor, y: Tensor) -> int:
        """Matrices that are transposed in both or symmetric, or new axes before those of matrices."""
        inner, other = (v.owner.inputs[0] if type(v.owner.op) is DimShuffle else v for v in (x, y))
        of_x, of_y = is_transposed(x), is_transposed(y)
        if of_x and of_y:
            return self.sign(inner, other)
        if of_x:
            return self.sign(inner, y) if self.sign(inner, inner) == 1 else 0
        if of_y:
            return self.sign(x, other) if self.sign(other, other) == 1 else 0
        if inner is x or other is y or x.owner.op.new_order != y.owner.op.new_order:
            return 0
        n = inner.type.ndim
        return self.sign(inner, other) if x.owner.op.new_order[-2:] == (n - 2, n - 1) else 0

    def _product(self, x: Tensor, y: Tensor) -> int:
        """The factors of one from left to right, those of the other from right to left."""
        left, right = _factors(x), _factors(y)
        if len(left) != len(right):
            return 0
        found = 1
        for u, v in zip(left, reversed(right), strict=True):
            found *= self.sign(u, v)
        return found

    def _point_wise(self, x: Tensor, y: Tensor) -> int:
        name = x.owner.op.scalar_op.name
        for names, parts in ((("add", "sub", "neg"), _terms), (("mul",), _multiplied)):
            if name in names and scalar_name(y) in names:
                return self._in_any_order(parts(x), parts(y), name == "mul")
        if x.owner.op != y.owner.op:
            return 0
        signs = [self.sign(u, v) for u, v in zip(x.owner.inputs, y.owner.inputs, strict=True)]
        if name == "true_div":
            return signs[0] * signs[1]
        if name in ("sin", "sinh", "tanh", "arctan", "erf", "sgn"):
            return signs[0]
        if name in ("sqr", "abs_", "cos", "cosh"):
            return abs(signs[0])
        if name in ("maximum", "minimum") and 0 in signs:
            signs = [self.sign(u, v) for u, v in zip(x.owner.inputs, reversed(y.owner.inputs), strict=True)]
        return int(all(s == 1 for s in signs))

    def _in_any_order(self, xs: _Signed, ys: _Signed, factors: bool) -> int:
        """Whether terms can be paired, all with one sign, or factors."""
        if len(xs) != len(ys):
            return 0
        found = 0
        for sign_x, x in xs:
            for k, (sign_y, y) in enumerate(ys):
                s = self.sign(x, y) * sign_x * sign_y
                if s and (factors or s == found or not found):
                    found = s * found if factors and found else s
                    del ys[k]
                    break
            else:
                return 0
        return found


def _terms(x: Tensor) -> _Signed:
    """What is added up in `x`, with signs."""
    found: _Signed = []
    todo = [(1, x)]
    while todo:
        sign, v = todo.pop()
        name = scalar_name(v)
        if name not in ("add", "sub", "neg"):
            found.append((sign, v))
            continue
        last = sign if name == "add" else -sign
        todo += [(last if k else -sign if name == "neg" else sign, i) for k, i in enumerate(v.owner.inputs)]
    return found


def _multiplied(x: Tensor) -> _Signed:
    """The factors of a point-wise product."""
    found: _Signed = []
    todo = [x]
    while todo:
        v = todo.pop()
        if scalar_name(v) == "mul":
            todo += v.owner.inputs
        else:
            found.append((1, v))
    return found


def _same_axes(a: tuple[Tensor, Axes], b: tuple[Tensor, Axes]) -> bool:
    return a[0] is b[0] and a[1] == b[1]


def _is_mirrored_constant(x: Tensor) -> bool:
    data = getattr(x, "data", None)
    if not isinstance(x, Constant) or not isinstance(data, np.ndarray) or data.size > CONSTANT:
        return False
    return data.shape[-1] == data.shape[-2] and bool((data == np.swapaxes(data, -1, -2)).all())


def _factors(x: Tensor) -> list[Tensor]:
    """What a product of matrices is made of, from left to right."""
    found: list[Tensor] = []
    todo = [x]
    kind = type(x.owner.op)
    while todo:
        v = todo.pop()
        if v.owner is not None and type(v.owner.op) is kind and all(i.type.ndim == v.type.ndim for i in v.owner.inputs):
            todo += reversed(v.owner.inputs)
        else:
            found.append(v)
    return found


# -- factors that the program has ------------------------------------------------------------------------


def factor_of(graph: RewriteGraph, x: Tensor, besides: Node | None = None) -> tuple[Tensor, bool] | None:
    """A triangular matrix F that is computed anyhow with ``F @ F.T == x``, and whether it is lower triangular.

    Of what is marked as positive definite the Cholesky factor is made. What the node `besides` makes is not looked at.
    """
    node = x.owner
    if node is not None and type(node.op) in (Dot, BatchedDot) and all(v.type.ndim > 1 for v in node.inputs):
        left, right = node.inputs
        found = _triangles(graph, left, DEPTH)
        real = left.type.dtype.startswith("float")
        if found & TRIANGULAR and real and is_square(graph, left) and _mirrored(graph, left, right):
            return left, LOWER in found
    if SYMMETRIC not in facts_of(graph, x):
        return None
    for factor in _factors_there(graph):
        of = factor.inputs[0]
        if factor is besides:
            continue
        if of is x or _mirrored(graph, x, of):
            made = factor.outputs[0]
            return (made if factor.op.lower else adjoint(made)), True
    if node is not None and POSITIVE in _marks(node):
        return Cholesky()(x), True
    return None


def _factors_there(graph: RewriteGraph) -> list[Node]:
    """The Cholesky factors that are computed whatever happens, and fail where there are none."""
    if not graph.has_op(lambda op: type(op) is Cholesky) or graph.has_op(lambda op: type(op) is IfElse):
        return []
    version, found = graph.memo.get("factors that are there", (None, []))
    if version != graph.version:
        found = [n for n in graph.rank if type(n.op) is Cholesky and n.op.on_error == "raise"]
        graph.memo["factors that are there"] = graph.version, found
    return found
