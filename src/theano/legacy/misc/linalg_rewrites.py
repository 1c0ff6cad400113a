"""The rewrites of ``theano.sandbox.linalg.ops``, for programs that apply them by name.

Compiled functions need none of them: rewriting does what they do, where it is known to be right, for all modes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.graph import Apply, Variable
from theano.legacy.rewrite.node_rewrites import local_optimizer
from theano.rewrite import Optimizer
from theano.rewrite.hints import hints, is_hint_node, is_psd, is_symmetric
from theano.tensor.checks.static_value import known_scalar
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.linalg.dot import Dot
from theano.tensor.linalg.inverses import Det, MatrixInverse
from theano.tensor.linalg.nlinalg import diag, matrix_inverse
from theano.tensor.linalg.slinalg import cholesky, solve, solve_lower_triangular, solve_upper_triangular
from theano.tensor.linalg.systems import Cholesky, Solve
from theano.tensor.pointwise.math import abs_, log, pow, sqr
from theano.tensor.reductions.reduction import Prod, prod, sum

__all__ = [
    "HintsFeature", "HintsOptimizer", "inv_as_solve", "local_det_chol", "local_log_pow", "local_log_prod_sqr",
    "no_transpose_symmetric", "psd_solve_with_chol", "remove_hint_nodes", "tag_solve_triangular",
    "transinv_to_invtrans",
]  # fmt: skip

Answer = list[Any] | None


def _made_by(v: Any, kind: type) -> Any:
    """The node of `v`, if its op is of a class; None otherwise."""
    return v.owner if v.owner is not None and isinstance(v.owner.op, kind) else None


def _is_transpose(node: Apply) -> bool:
    return isinstance(node.op, DimShuffle) and tuple(node.op.new_order) == (1, 0)


# -- rewrites of nodes ------------------------------------------------------------------------------------------


@local_optimizer([DimShuffle])
def transinv_to_invtrans(node: Apply) -> Answer:
    """``inv(X).T`` becomes ``inv(X.T)``."""
    inverse = _made_by(node.inputs[0], MatrixInverse)
    return [matrix_inverse(inverse.inputs[0].T)] if _is_transpose(node) and inverse is not None else None


@local_optimizer([Dot])
def inv_as_solve(node: Apply) -> Answer:
    """``dot(inv(A), b)`` becomes ``solve(A, b)``, ``dot(b, inv(A))`` the solution with the transpose of `A`."""
    left, right = node.inputs
    if _made_by(left, MatrixInverse) is not None:
        return [solve(left.owner.inputs[0], right)]
    if _made_by(right, MatrixInverse) is not None:
        return [solve(right.owner.inputs[0].T, left.T).T]
    return None


@local_optimizer([Solve])
def tag_solve_triangular(node: Apply) -> Answer:
    """A system with a Cholesky factor, or the transpose of one, is solved as a triangular one."""
    op: Any = node.op
    A, b = node.inputs
    if op.A_structure != "general":
        return None
    factor = _made_by(A, Cholesky)
    lower = factor is not None and factor.op.lower
    if factor is None and A.owner is not None and _is_transpose(A.owner):
        factor = _made_by(A.owner.inputs[0], Cholesky)
        lower = factor is not None and not factor.op.lower
    if factor is None:
        return None
    return [(solve_lower_triangular if lower else solve_upper_triangular)(A, b)]


@local_optimizer([DimShuffle])
def no_transpose_symmetric(node: Apply) -> Answer:
    """The transpose of a matrix that is marked as symmetric is the matrix."""
    x = node.inputs[0]
    return [x] if _is_transpose(node) and is_symmetric(x) else None


@local_optimizer([Solve])
def psd_solve_with_chol(node: Apply) -> Answer:
    """A system with a matrix that is marked as positive semi-definite is solved by its Cholesky factor."""
    op: Any = node.op
    A, b = node.inputs
    if op.A_structure != "general" or not is_psd(A):
        return None
    factor = cholesky(A)
    return [solve_upper_triangular(factor.T, solve_lower_triangular(factor, b))]


@local_optimizer([Det])
def local_det_chol(node: Apply) -> Answer:
    """The determinant of a matrix whose Cholesky factor the graph has is the square of that of the factor."""
    (x,) = node.inputs
    for client, _ in node.fgraph.clients(x):  # type: ignore[attr-defined]
        if client != "output" and isinstance(client.op, Cholesky):
            return [prod(diag(client.outputs[0]) ** 2)]
    return None


@local_optimizer([log])
def local_log_prod_sqr(node: Apply) -> Answer:
    """``log(prod(x ** 2))`` becomes ``sum(2 * log(abs(x)))``, which does not overflow."""
    product = _made_by(node.inputs[0], Prod)
    if product is None:
        return None
    factors = _made_by(product.inputs[0], Elemwise)
    if factors is None:
        return None
    base = factors.inputs[0]
    if factors.op == sqr or (factors.op == pow and _is_even(factors.inputs[1])):
        exponent = 2 if factors.op == sqr else factors.inputs[1]
        return [sum(exponent * log(abs_(base)), axis=product.op.axis)]
    return None


@local_optimizer([log])
def local_log_pow(node: Apply) -> Answer:
    """``log(x ** e)`` becomes ``e * log(x)``; of an even power ``e * log(abs(x))``."""
    power = _made_by(node.inputs[0], Elemwise)
    if power is None or power.op != pow:
        return None
    base, exponent = power.inputs
    return [exponent * log(abs_(base) if _is_even(exponent) else base)]


def _is_even(v: Variable) -> bool:
    known = known_scalar(v)
    return known is not None and known.dtype.kind in "biuf" and float(known) % 2 == 0


@local_optimizer(None)
def remove_hint_nodes(node: Apply) -> Answer:
    """Marks go, when they have been read."""
    return [node.inputs[0]] if is_hint_node(node) else None


# -- marks of a whole graph -------------------------------------------------------------------------------------


class HintsFeature:
    """Knows the marks of each variable of a function graph: ``fgraph.hints_feature.hints[v]``, a dict.

    Examples
    --------
    >>> from theano.sandbox.linalg.ops import HintsFeature, psd
    >>> x = T.dmatrix("x")
    >>> y = psd(x)
    >>> fgraph = theano.FunctionGraph([x], [y], clone=False)
    >>> fgraph.attach_feature(HintsFeature())
    >>> fgraph.hints_feature.hints[y]
    {'psd': True, 'symmetric': True}
    """

    def __init__(self) -> None:
        self.hints: dict[Any, dict[str, Any]] = {}

    def on_attach(self, fgraph: Any) -> None:
        """Look at all variables there are."""
        fgraph.hints_feature = self
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_import(self, fgraph: Any, node: Apply, reason: Any = None) -> None:
        """A node is new: look at its variables."""
        for v in (*node.inputs, *node.outputs):
            self.ensure_init_r(v)

    def ensure_init_r(self, r: Any) -> None:
        """Look at a variable, if that was not done."""
        if r not in self.hints:
            self.hints[r] = dict(hints(r))

    def add_hint(self, r: Any, k: str, v: Any) -> None:
        """Mark a variable."""
        self.ensure_init_r(r)
        self.hints[r][k] = v

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        """One variable takes the place of another: what was known of the old one holds for the new one."""
        self.ensure_init_r(r)
        self.ensure_init_r(new_r)
        self.update_second_from_first(r, new_r)

    def update_second_from_first(self, r0: Any, r1: Any) -> None:
        """What is known of `r0` is known of `r1`, too."""
        self.hints[r1] = {**self.hints[r0], **self.hints[r1]}


class HintsOptimizer(Optimizer):
    """Attaches a `HintsFeature`; changes nothing."""

    def add_requirements(self, fgraph: Any) -> None:
        """Attach the feature."""
        if not hasattr(fgraph, "hints_feature"):
            fgraph.attach_feature(HintsFeature())

    def apply(self, fgraph: Any) -> Callable[..., Any] | None:
        """Nothing."""
        return None
