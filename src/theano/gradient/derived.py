"""What is built from `grad`: `Lop`, parts of graphs, Jacobians and Hessians."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from theano.gradient.reverse import as_list, format_as, grad
from theano.graph import Variable
from theano.graph.common_text import fill
from theano.tensor.pointwise.math import add
from theano.tensor.shaping.join import stack
from theano.tensor.shaping.shape import MakeVector

__all__ = ["Lop", "hessian", "hessian_times_vector", "jacobian", "subgraph_grad"]

# Vectors of a known length up to this are differentiated element by element, longer ones by a loop.
_UNROLLED = 8
# By a loop, too, if all rows together take more nodes than this. Hessians of 2 to 8 elements, rows of 30 to 350 nodes,
# one core: unrolled, a call takes 0.34 us (loop: 0.43) at 630 nodes, 0.48 (0.62) at 1,200, the same from 1,800 on;
# compiling takes 104 ms (64), 199 (105) and 336 (146). Three Jacobians in each other, unrolled, have 60,000 nodes.
_UNROLLED_NODES = 1300


class Loops:
    """Filled by `theano.scan.derivatives`, which stands above."""

    #: ``stack_over(vector, row)``: what ``row(element)``, a list, gives for each element, stacked; a loop.
    stack_over: ClassVar[Callable[[Any, Callable[[Any], list[Any]]], list[Any]]]
    #: ``count_nodes(outputs, known)``: the number of nodes that make `outputs`, not `known`; those in loops included.
    count_nodes: ClassVar[Callable[[Sequence[Any], Sequence[Any]], int]]


def Lop(
    f: Variable | Sequence[Variable],
    wrt: Variable | Sequence[Variable],
    eval_points: Variable | Sequence[Variable],
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """`eval_points` times the Jacobian of `f` to `wrt`: a reverse sweep that starts from `eval_points`.

    Parameters
    ----------
    f, eval_points
        Variables, and the gradient of something with respect to each of them.
    wrt
        Variable, or list or tuple of variables.
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    Variables of the types of `wrt`, in the form of `wrt`.

    Raises
    ------
    TypeError
        `wrt` is neither a variable nor a list or tuple of variables.
    ValueError
        There are not as many `eval_points` as expressions.

    Examples
    --------
    >>> x, v = T.dvector("x"), T.dvector("v")
    >>> Lop(x ** 2, x, v).eval({x: [1, 2], v: [1, 10]})
    array([ 2., 40.])

    References
    ----------
    ``y[j] = sum over i of v[i] * df[i] / dx[j]``: A. Griewank, A. Walther, "Evaluating derivatives", second
    edition, 2008, section 3.2.
    """
    fs = as_list(f)
    points = as_list(eval_points)
    if len(fs) != len(points):
        raise ValueError(f"Lop: {len(fs)} expressions, {len(points)} gradients")
    known: dict[Any, Any] = {}
    for x, g in zip(fs, points, strict=True):
        known[x] = add(known[x], g) if x in known else g
    return grad(
        None,
        wrt,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        known_grads=known,
    )


def subgraph_grad(
    wrt: Sequence[Variable],
    end: Sequence[Variable],
    start: Mapping[Variable, Variable] | None = None,
    cost: Variable | None = None,
    details: bool = False,
) -> Any:
    """Gradients within a part of a graph, so that a long sweep can be taken in pieces.

    Parameters
    ----------
    wrt
        Variables wanted, between `end` and the start.
    end
        Variables at which the sweep stops: theirs are the gradients to `start` the next piece with.
    start
        Known gradients, from the piece before.
    cost
        A cost that is added here.
    details
        Also return the contributions of `start` and of `cost` to the gradients of `end`.

    Returns
    -------
    Lists of the gradients with respect to `wrt` and to `end` (with `details`, two lists more).

    Raises
    ------
    ValueError
        Neither `cost` nor `start` is given.
    TypeError
        `wrt` or `end` is no list.

    Examples
    --------
    >>> x, w1, w2 = T.dscalar("x"), T.dscalar("w1"), T.dscalar("w2")
    >>> hidden = T.tanh(w1 * x)
    >>> [g_w2], [g_hidden] = subgraph_grad([w2], [hidden], cost=(w2 * hidden) ** 2)
    >>> [g_w1], [g_x] = subgraph_grad([w1], [x], start={hidden: g_hidden})

    References
    ----------
    ``dc / dx = sum over y of (dc / dy) * (dy / dx)``, for each y that is made of x: A. Griewank, A. Walther,
    "Evaluating derivatives", second edition, 2008, section 3.2.
    """
    if cost is None and start is None:
        raise ValueError("`cost` or `start` must be specified.")
    for name, given in (("end", end), ("wrt", wrt)):
        if not isinstance(given, list | tuple):
            raise TypeError(f"subgraph_grad: `{name}` must be a list, found {type(given).__name__}")
    params = list(end) + [x for x in wrt if x not in end]

    def gradients(cost: Variable | None, known: Mapping[Variable, Variable] | None) -> list[Variable]:
        return list(
            grad(
                cost,
                params,
                known_grads=known,
                consider_constant=list(end),
                disconnected_inputs="ignore",
            )
        )

    start_grads = gradients(None, start) if start is not None else None
    cost_grads = gradients(cost, None) if cost is not None else None
    if start_grads is not None and cost_grads is not None:
        sums = [add(a, b) for a, b in zip(start_grads, cost_grads, strict=True)]
    else:
        sums = start_grads if start_grads is not None else cost_grads or []
    by_param = dict(zip(params, sums, strict=True))
    wrt_grads, end_grads = [by_param[x] for x in wrt], [by_param[x] for x in end]
    return (wrt_grads, end_grads, start_grads, cost_grads) if details else (wrt_grads, end_grads)


def jacobian(
    expression: Any,
    wrt: Variable | Sequence[Variable],
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Jacobian of a 0-d or 1-d `expression`: its axis first, then those of `wrt`.

    Parameters
    ----------
    expression
        0-d variable or vector.
    wrt
        Variable, or list or tuple of variables.
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    variable, or list or tuple of variables
        In the form of `wrt`: for an `expression` (n,) and a variable of shape s the shape ``(n, *s)``, else s; of the
        dtype of the gradient. Element ``[i, ...]`` is the derivative of ``expression[i]``.

    Raises
    ------
    AssertionError
        `expression` has more than one dimension.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> jacobian(T.stack([x.sum(), (x ** 2).sum()]), x).eval({x: [1, 2]})
    array([[1., 1.],
           [2., 4.]])

    References
    ----------
    ``J[i, j] = dy[i] / dx[j]``: A. Griewank, A. Walther, "Evaluating derivatives", second edition, 2008, section
    3.2.
    """
    if _ndim(expression) not in (0, 1):
        raise AssertionError(
            f"jacobian: expected a 0-d or 1-d variable as `expression`, got one of {_ndim(expression)} dimensions: "
            "write jacobian(expression.flatten(), x)"
        )
    items = as_list(wrt)
    options: dict[str, Any] = {
        "consider_constant": consider_constant,
        "disconnected_inputs": disconnected_inputs,
    }
    if _ndim(expression) == 0:
        columns = grad(expression, items, **options)
    else:
        columns = _rows(expression, lambda element: grad(element, items, **options))
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), columns)


def hessian(
    cost: Any,
    wrt: Variable | Sequence[Variable],
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Hessian of a 0-d `cost`: for each vector in `wrt`, the Jacobian of its gradient.

    Parameters
    ----------
    cost
        0-d variable.
    wrt
        1-d variable, or list or tuple of such.
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    matrix, or list or tuple of matrices
        In the form of `wrt`: (n, n) for a vector (n,).

    Raises
    ------
    AssertionError
        `cost` is not 0-d, or one of `wrt` is no vector.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> hessian((x ** 3).sum(), x).eval({x: [1, 2]})
    array([[ 6.,  0.],
           [ 0., 12.]])

    References
    ----------
    ``H[i, j] = d(dc / dx[i]) / dx[j]``: A. Griewank, A. Walther, "Evaluating derivatives", second edition, 2008,
    chapter 5.
    """
    if _ndim(cost) != 0:
        raise AssertionError(
            f"hessian: expected a 0-d variable as `cost`, got one of {_ndim(cost)} dimensions: write cost.sum(), or "
            "hessian(y[i], x) for one of several"
        )
    items = as_list(wrt)
    matrices: list[Any] = []
    for x in items:
        if _ndim(x) != 1:
            raise AssertionError(
                f"hessian: expected 1-d variables as `wrt`, got one of {_ndim(x)} dimensions: write the cost in terms "
                "of a vector v, and v.reshape(shape) where it was used; or jacobian(grad(cost, x).flatten(), x)"
            )
        g = grad(cost, x, consider_constant=consider_constant, disconnected_inputs=disconnected_inputs)
        # A gradient that is linear in x has constant elements: a zero row, not a mistake.
        matrices += _rows(
            g, partial(grad, wrt=[x], consider_constant=consider_constant, disconnected_inputs="ignore")
        )
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), matrices)


def hessian_times_vector(
    gradient: Variable | Sequence[Variable],
    parameter: Variable | Sequence[Variable],
    vector: Variable | Sequence[Variable],
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The Hessian times a vector, without the Hessian: one sweep more over the gradient's graph.

    Parameters
    ----------
    gradient, parameter, vector
        Gradients of a cost, what they were taken with respect to, and what to multiply with; equally many.
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    variable, or list or tuple of variables
        In the form of `parameter`, of the types of its variables.

    Raises
    ------
    TypeError
        `wrt` is neither a variable nor a list or tuple of variables.
    ValueError
        There are not as many vectors as gradients.

    Examples
    --------
    >>> x, v = T.dvector("x"), T.dvector("v")
    >>> hessian_times_vector(T.grad((x ** 3).sum(), x), x, v).eval({x: [1, 2], v: [1, -1]})
    array([  6., -12.])

    References
    ----------
    ``y[i] = sum over j of H[i, j] * v[j] = d(sum over j of dc / dx[j] * v[j]) / dx[i]``: B. Pearlmutter, "Fast
    exact multiplication by the Hessian", 1994.
    """
    return Lop(gradient, parameter, vector, consider_constant, disconnected_inputs)


def _ndim(x: Any) -> int | None:
    return getattr(x.type, "ndim", None) if isinstance(x, Variable) else None


def _rows(vector: Any, row: Callable[[Any], list[Any]]) -> list[Any]:
    """What ``row(element)`` gives for each element of `vector`, stacked."""
    length = _known_length(vector)
    if length is None or not 0 < length <= _UNROLLED:
        return Loops.stack_over(vector, row)
    rows = [row(vector[0])]
    if length > 1 and length * Loops.count_nodes(rows[0], [vector]) > _UNROLLED_NODES:
        return Loops.stack_over(vector, row)
    rows += [row(vector[i]) for i in range(1, length)]
    return [stack(list(column)) for column in zip(*rows, strict=True)]


def _known_length(x: Any) -> int | None:
    """The length of a vector, if its type or the way it is made tells it."""
    shape = getattr(x.type, "shape", None)
    length = shape[0] if shape is not None else (1 if x.type.broadcastable[0] else None)
    if length is None and x.owner is not None and isinstance(x.owner.op, MakeVector):
        length = len(x.owner.inputs)
    return length


fill(globals())
