"""`grad`: one sweep over the graph against the direction of computation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.gradient.accumulate import total
from theano.gradient.errors import DisconnectedInputError, NullTypeGradError
from theano.graph import Apply, Constant, Op, Variable, clone_replace
from theano.graph.null_type import DisconnectedType, NullType
from theano.graph.origin import inherit_origin, made_here
from theano.graph.shown import shown
from theano.scalar.dtypes import COMPLEX, DISCRETE
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.linalg.dot import BatchedDot, Dot
from theano.tensor.masks import Mask, fitted, is_source, is_zero, unmasked, within
from theano.tensor.opsupport import zero_gradient
from theano.tensor.pointwise.math import fill
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["as_list", "disconnected_result", "format_as", "grad", "handle_disconnected", "relevant_nodes"]


class _Zero:
    """A gradient that is zero though the variable is connected; no node stands for it until somebody asks."""

    def __repr__(self) -> str:
        return "ZERO"


ZERO: Final = _Zero()

Gradient = Variable | _Zero

_DISCONNECTED: Final = DisconnectedType()


class Spent:
    """What `theano.gradient.grad_time` shows: seconds in all calls of `grad`."""

    seconds: ClassVar[float] = 0.0


def grad(
    cost: Variable | None,
    wrt: Variable | Sequence[Variable],
    consider_constant: Sequence[Variable] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Variable, Variable] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Symbolic gradient of a scalar `cost`.

    Parameters
    ----------
    cost
        0-d variable to differentiate; None if `known_grads` is given.
    wrt
        Variable, or list or tuple of variables. They may stand anywhere in the graph.
    consider_constant
        Expressions not to propagate gradients through.
    disconnected_inputs : {'raise', 'warn', 'ignore'}
        What to do about a `wrt` that `cost` does not depend on.
    add_names
        Name the gradient of a named cost to a named variable ``(dcost/dx)``.
    known_grads
        Gradients that are known already, by variable; the sweep goes on from them.
    return_disconnected : {'zero', 'None', 'Disconnected'}
        What stands for the gradient of a disconnected `wrt`.
    null_gradients : {'raise', 'return'}
        What to do when a gradient is undefined.

    Returns
    -------
    The gradient, in the form of `wrt`: a variable, a list or a tuple.

    Raises
    ------
    TypeError
        If `cost` has dimensions, or `wrt` (or a key or a value of `known_grads`) is no variable.
    ValueError
        If both `cost` and `known_grads` are None, or a keyword has none of its values.
    DisconnectedInputError
        If a `wrt` does not take part in computing `cost`.
    NullTypeGradError
        If a gradient is undefined or not implemented.

    Examples
    --------
    >>> x = T.dscalar('x')
    >>> theano.pp(T.grad(T.exp(x), x))
    '(fill(exp(x), TensorConstant{1.0}) * exp(x))'

    References
    ----------
    ``dc / dx = sum over y of (dc / dy) * (dy / dx)``, for each y that is made of x: A. Griewank, A. Walther,
    "Evaluating derivatives", second edition, 2008, section 3.2.
    """
    _check_choice("disconnected_inputs", disconnected_inputs, ("raise", "warn", "ignore"))
    _check_choice("return_disconnected", return_disconnected, ("zero", "None", "Disconnected"))
    _check_choice("null_gradients", null_gradients, ("raise", "return"))
    wrt_list = _as_wrt(wrt)
    known = _checked_known_grads(known_grads)
    outputs = list(known)
    if cost is not None:
        _check_cost(cost)
        if cost not in known:
            known[cost] = _ones_like(cost)
            outputs.append(cost)
    elif known_grads is None:
        raise ValueError("cost and known_grads can't both be None.")
    stop = _checked_constants(consider_constant)

    names = cost.name if add_names and cost is not None else None
    start = time.perf_counter()
    grads = _sweep(outputs, known, wrt_list, stop, names)
    Spent.seconds += time.perf_counter() - start

    results: list[Variable | None] = []
    for x in wrt_list:
        g = grads.get(x)
        if g is None:
            handle_disconnected(_NOT_CONNECTED.format(x) + _of_expression(x) + made_here(x), disconnected_inputs)
            results.append(disconnected_result(x, return_disconnected))
        elif isinstance(g, _Zero):
            results.append(_name(_zeros_like(x), x, names))
        else:
            if isinstance(g.type, NullType) and null_gradients == "raise":
                raise NullTypeGradError(f"the gradient with respect to {x} is undefined: {g.type.why_null}")
            results.append(g)
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def as_list(x: Any) -> list[Any]:
    """`x` as a list: of its elements if it is a list or tuple, else of itself.

    Parameters
    ----------
    x
        One, or a list or tuple.

    Returns
    -------
    list
        A new one.

    Examples
    --------
    >>> as_list((1, 2)), as_list(1)
    ([1, 2], [1])
    """
    return list(x) if isinstance(x, list | tuple) else [x]


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """`outputs` as a list, a tuple, or (of one element) as that element.

    Parameters
    ----------
    use_list, use_tuple : bool
        What is wanted; neither: the only element.
    outputs
        One, or a list or tuple of them.

    Returns
    -------
    list, tuple, or the element
        `outputs` in this form.

    Raises
    ------
    ValueError
        Both flags are true, or a list that is to be one variable does not have one element.

    Examples
    --------
    >>> format_as(False, False, [3]), format_as(False, True, [3])
    (3, (3,))
    """
    if use_list and use_tuple:
        raise ValueError("both flags cannot be simultaneously True")
    if use_list or use_tuple:
        if isinstance(outputs, list | tuple):
            return list(outputs) if use_list else tuple(outputs)
        return [outputs] if use_list else (outputs,)
    if isinstance(outputs, list | tuple):
        if len(outputs) != 1:
            raise ValueError(f"expected one output, found {len(outputs)}")
        return outputs[0]
    return outputs


# ---------------------------------------------------------------------------- arguments


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(
            f"Invalid value for keyword '{name}': {value!r}, valid values are {', '.join(choices)}"
        )


def _as_wrt(wrt: Any) -> list[Any]:
    # A set is refused: its order, and so the order of the results, would be arbitrary.
    items = as_list(wrt)
    for x in items:
        if not isinstance(x, Variable):
            raise TypeError(
                f"Expected a variable, or a list or tuple of variables to differentiate with respect to, "
                f"found {shown(x)} of type {type(x).__name__}"
            )
    return items


def _check_cost(cost: Any) -> None:
    if not isinstance(cost, Variable):
        raise TypeError(f"cost must be a variable, found {shown(cost)} of type {type(cost).__name__}")
    if isinstance(cost.type, NullType):
        raise ValueError(f"Can't differentiate a NaN cost: {cost.type.why_null}")
    ndim = getattr(cost.type, "ndim", None)
    if ndim != 0:
        raise TypeError(
            f"cost must be a scalar. {cost} has {'no' if ndim is None else ndim} dimensions. For the gradient of a "
            "single number take cost.sum() or cost.mean(); for the derivatives of all elements "
            "theano.gradient.jacobian(cost, wrt)."
            + made_here(cost)
        )


def _checked_known_grads(known_grads: Mapping[Variable, Any] | None) -> dict[Variable, Gradient]:
    known: dict[Variable, Gradient] = {}
    for x, g in (known_grads or {}).items():
        if not isinstance(x, Variable):
            raise TypeError(f"known_grads: {x!r} is not a variable")
        if not isinstance(g, Variable):
            raise TypeError(
                f"known_grads: the gradient of {x} must be a variable, found {shown(g)} of type {type(g).__name__}: "
                "theano.tensor.constant(...) makes one"
            )
        if isinstance(g.type, DisconnectedType):
            continue
        if not isinstance(g.type, NullType):
            g = g if g.type == x.type else as_tensor_variable(g)
            if g.type.dtype in DISCRETE:
                raise TypeError(
                    f"known_grads: a gradient must be of floating point, that of {x} has dtype {g.type.dtype}"
                )
            kind: Any = x.type
            if g.type.ndim != kind.ndim:
                raise ValueError(
                    f"known_grads: the gradient of {x} has {g.type.ndim} dimensions, the variable has "
                    f"{kind.ndim}"
                )
        known[x] = g
    return known


def _checked_constants(consider_constant: Any) -> set[Variable]:
    if consider_constant is None:
        return set()
    if not isinstance(consider_constant, Iterable) or isinstance(consider_constant, Variable):
        raise TypeError(
            f"consider_constant must be an iterable collection, got {type(consider_constant).__name__}: write [x] for "
            "one variable"
        )
    stop = set(consider_constant)
    for x in stop:
        if not isinstance(x, Variable):
            raise TypeError(f"consider_constant: elements must be variables, found {x!r}")
    return stop


# ---------------------------------------------------------------------------- the sweep


def connection_pattern(node: Apply) -> list[list[bool]] | None:
    """``pattern[i][o]``: whether output `o` depends on input `i`; None if all depend on all."""
    if not node.op.defines("connection_pattern"):
        return None
    pattern: list[list[bool]] = node.op.connection_pattern(node)
    if len(pattern) != len(node.inputs):
        raise ValueError(
            f"{node.op}.connection_pattern has {len(pattern)} rows, the node has {len(node.inputs)} inputs"
        )
    for i, row in enumerate(pattern):
        if len(row) != len(node.outputs):
            raise ValueError(
                f"{node.op}.connection_pattern has {len(row)} columns in row {i}, the node has {len(node.outputs)} "
                "outputs"
            )
    return pattern


def relevant_nodes(
    outputs: Iterable[Variable], wrt: Iterable[Variable], stop: set[Variable]
) -> tuple[list[Apply], set[Variable]]:
    """Nodes between `wrt` and `outputs`, in the order of computation, and the variables that depend on `wrt`.

    Nothing that only feeds a variable of `stop` is met.
    """
    connected = set(wrt)
    order: list[Apply] = []
    seen: set[Apply] = set()
    stack: list[tuple[Apply, bool]] = [
        (v.owner, False) for v in outputs if v.owner is not None and v not in stop
    ]
    stack.reverse()
    while stack:
        node, ready = stack.pop()
        if ready:
            pattern = connection_pattern(node)
            live = [i for i, v in enumerate(node.inputs) if v in connected]
            if not live:
                continue
            fed = [
                out
                for o, out in enumerate(node.outputs)
                if out not in stop and (pattern is None or any(pattern[i][o] for i in live))
            ]
            if fed:
                connected.update(fed)
                order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            for v in node.inputs:
                owner = v.owner
                if owner is not None and owner not in seen and v not in stop:
                    stack.append((owner, False))
    return order, connected


def _sweep(
    outputs: Sequence[Variable],
    known: dict[Variable, Gradient],
    wrt: Sequence[Variable],
    stop: set[Variable],
    cost_name: str | None,
) -> dict[Variable, Gradient]:
    """Gradients of all variables between `wrt` and `outputs` that have one."""
    order, connected = relevant_nodes(outputs, wrt, stop)
    grads = dict(known)
    terms: dict[Variable, list[Gradient]] = {}

    def settle(x: Variable) -> Gradient | None:
        """The gradient of `x`, all of whose users have been visited."""
        if x in grads:
            return grads[x]
        met = terms.pop(x, None)
        if met is None:
            return None
        grads[x] = g = _meet(x, [g if isinstance(g, _Zero) else fitted(g, x) for g in met])
        if cost_name is not None and not isinstance(g, _Zero):
            _name(g, x, cost_name)
        return g

    for node in reversed(order):
        # An output in `stop` may be a `wrt` too: it has a gradient, which goes no further.
        out_grads = [None if (g := settle(out)) is None or out in stop else g for out in node.outputs]
        if any(g is not None for g in out_grads):
            with inherit_origin(node, gradient=True):
                contributions = _node_grads(node, out_grads, connected)
            for x, g in zip(node.inputs, contributions, strict=True):
                if g is not None and x not in known:
                    terms.setdefault(x, []).append(g)
    for x in wrt:
        settle(x)
    return grads


def _meet(x: Variable, terms: list[Gradient]) -> Gradient:
    real = [t for t in terms if not isinstance(t, _Zero)]
    for t in real:
        if isinstance(t.type, NullType):
            return t
    if not real:
        return ZERO
    # What the gradients of a sparse matrix add up to, its type knows.
    own: Callable[[Variable, list[Any]], Variable] | None = getattr(x.type, "gradient_sum", None)
    if own is not None:
        return own(x, real)
    return real[0] if len(real) == 1 else fitted(total(real), x)


def _node_grads(
    node: Apply, out_grads: list[Gradient | None], connected: set[Variable]
) -> list[Gradient | None]:
    """One contribution for each input of `node`; None where it is disconnected or nobody asks."""
    pattern = connection_pattern(node)
    live = [o for o, g in enumerate(out_grads) if g is not None]
    reached = [
        x in connected and (pattern is None or any(pattern[i][o] for o in live))
        for i, x in enumerate(node.inputs)
    ]
    if not any(reached):
        return [None] * len(reached)
    for o in live:
        g = out_grads[o]
        if isinstance(g, Variable) and isinstance(g.type, NullType):
            null = NullType(
                f"it passes through output {o} of {node.op}, whose gradient is undefined: {g.type.why_null}"
            )
            return [null() if r else None for r in reached]
    given = [_incoming(out, g) for out, g in zip(node.outputs, out_grads, strict=True)]
    if all(isinstance(out_grads[o], _Zero) or _is_discrete(node.outputs[o]) for o in live):
        return _flat_answer(node, given, reached)
    return _answer(node, given, reached)


def _flat_answer(node: Apply, given: list[Variable], reached: list[bool]) -> list[Gradient | None]:
    """Zeros where nothing but zeros comes in, or the outputs change by jumps: whatever the rule of the op would write.

    What the rule calls undefined or disconnected stays so: a draw compares numbers with its parameter.
    """
    answer: list[Gradient | None] = [ZERO if r else None for r in reached]
    if not (node.op.defines("L_op") or node.op.defines("grad")):
        return answer
    said = _checked_answer(node, node.op.L_op_of(node.inputs, node.outputs, given, reached), reached)
    return [g if g is None or _is_null(g) else zero for g, zero in zip(said, answer, strict=True)]


def _is_null(g: Gradient) -> bool:
    return isinstance(g, Variable) and isinstance(g.type, NullType)


def _answer(node: Apply, given: list[Variable], reached: list[bool]) -> list[Gradient | None]:
    """What the rule of the op says, with the choices before `given` made afterwards."""
    behind, mask = _behind_choice(node, given)
    if mask is None:
        if has_only_expression(node.op):
            return _checked_answer(node, _through_expression(node, given, reached), reached)
        return _checked_answer(node, node.op.L_op_of(node.inputs, node.outputs, given, reached), reached)
    masked: dict[Gradient | None, Gradient | None] = dict(zip(behind, given, strict=True))  # what passes unchanged
    return [
        masked.get(g) or mask.around(g) if isinstance(g, Variable) else g for g in _answer(node, behind, reached)
    ]


def has_only_expression(op: Op) -> bool:
    """Whether an op says by which expression its outputs are made, and nothing of their gradients."""
    kind = type(op)
    return kind.L_op is Op.L_op and kind.grad is Op.grad and kind.decompose is not Op.decompose


def expression_of(node: Apply) -> tuple[list[Any], list[Any]]:
    """Leaves in place of the inputs of a node (constants stay), and the expression of its outputs in terms of them."""
    leaves = [v if isinstance(v, Constant) else v.type() for v in node.inputs]
    made = node.op.decompose(leaves)
    assert made is not None, f"{node.op} says nothing of its gradient"
    return leaves, list(made)


def _through_expression(node: Apply, given: list[Variable], reached: list[bool]) -> list[Variable]:
    """The answer of the rule that an op has by its expression."""
    leaves, outputs = expression_of(node)
    known = {v: g for v, g in zip(outputs, given, strict=True) if not isinstance(g.type, DisconnectedType)}
    wanted = [v for v, r in zip(leaves, reached, strict=True) if r]
    found = grad(None, wanted, disconnected_inputs="ignore", known_grads=known, return_disconnected="Disconnected")
    inputs = dict(zip(leaves, node.inputs, strict=True))
    answers = iter(clone_replace(found, {v: x for v, x in inputs.items() if v is not x}))
    return [next(answers) if r else DisconnectedType()() for r in reached]


def _behind_choice(node: Apply, given: list[Variable]) -> tuple[list[Variable], Mask | None]:
    """What is behind the mask of the gradients of a node, if it is one choice for all their elements; and the mask.

    Gradients are linear, so the choice can be made afterwards: the side that is not taken may be NaN. Left out are
    products of matrices before which there is nothing: a product that is added to a matrix is one step.
    """
    pairs = [unmasked(g) for g in given]
    masks = [mask for _, mask in pairs if mask is not None]
    if not masks or not all(mask.of_all for mask in masks) or len({mask.key() for mask in masks}) > 1:
        return given, None
    if isinstance(node.op, Dot | BatchedDot) and all(is_source(x) for x in node.inputs):
        return given, None
    for g, (_, mask) in zip(given, pairs, strict=True):
        if mask is None and not (isinstance(g.type, DisconnectedType) or is_zero(g)):
            return given, None
    return [value for value, _ in pairs], masks[0]


def _is_discrete(x: Variable) -> bool:
    return getattr(x.type, "dtype", None) in DISCRETE


def _incoming(out: Variable, g: Gradient | None) -> Variable:
    """What an op's `L_op` is given for the gradient `g` of its output `out`."""
    if g is None:
        return _DISCONNECTED()
    if isinstance(g, _Zero) or _is_discrete(out):
        return _zeros_like(out)
    # A float32 part of a float64 cost computes its gradient in float32, as it computes its value.
    return in_dtype(g, getattr(out.type, "dtype", None))


def in_dtype(g: Variable, dtype: str | None) -> Variable:
    """A gradient as that of a variable of `dtype`: of real numbers, the real part."""
    have = getattr(g.type, "dtype", None)
    if dtype is None or have is None or dtype == have:
        return g
    if have in COMPLEX and dtype not in COMPLEX:
        g = within(g, lambda v: v.real)
    return within(g, lambda v: v.astype(dtype))


def _checked_answer(node: Apply, answer: Any, reached: list[bool]) -> list[Gradient | None]:
    op = node.op
    if not isinstance(answer, list | tuple):
        raise TypeError(f"{op}.grad must return a list or tuple, found {type(answer).__name__}")
    if len(answer) != len(node.inputs):
        raise ValueError(
            f"{op} returned the wrong number of gradient terms: {len(answer)} for {len(node.inputs)} inputs"
        )
    checked: list[Gradient | None] = []
    for i, (x, g, wanted) in enumerate(zip(node.inputs, answer, reached, strict=True)):
        if g is None:
            raise TypeError(
                f"{op}.grad returned None for input {i}: return zeros, DisconnectedType()() or "
                f"grad_undefined(...)"
            )
        if not isinstance(g, Variable):
            raise TypeError(f"{op}.grad returned {g!r}, which is no variable, for input {i}")
        if not wanted or isinstance(g.type, DisconnectedType):
            checked.append(None)
            continue
        kind: Any = g.type
        if not isinstance(kind, NullType):
            dtype = getattr(kind, "dtype", None)
            if dtype in COMPLEX and getattr(x.type, "dtype", None) not in COMPLEX:
                g = within(g, lambda v: v.real)
            elif dtype in DISCRETE:
                raise TypeError(
                    f"{op}.grad returned a gradient of dtype {kind.dtype} for input {i}: gradients "
                    f"are of floating point, also those of integers"
                )
            ndim = getattr(x.type, "ndim", None)
            if ndim is not None and getattr(kind, "ndim", ndim) != ndim:
                raise ValueError(
                    f"{op}.grad returned a term with {kind.ndim} dimensions for input {i}, which has {ndim}"
                )
        checked.append(_in_pattern(g, x))
    return checked


def _in_pattern(g: Any, x: Any) -> Any:
    """A gradient of `x` of whose type it can be told that axes have length 1, where it can of `x`'s."""
    if not (isinstance(g.type, TensorType) and isinstance(x.type, TensorType)):
        return g
    known = g.type.broadcastable
    if x.type.broadcastable == known:
        return g
    # An axis that is known to have another length is an error when the function runs.
    sides = zip(x.type.broadcastable, g.type.shape, strict=True)
    pattern = tuple(have == 1 or (one and have is None) for one, have in sides)
    return g if pattern == known else within(g, lambda v: patternbroadcast(v, pattern))


# ---------------------------------------------------------------------------- results


def _float_dtype(x: Variable) -> str:
    dtype = getattr(x.type, "dtype", None)
    if dtype is None:
        raise TypeError(f"{x} of type {x.type} is not a tensor: it has no gradient")
    return config.floatX if dtype in DISCRETE else dtype


def _ones_like(x: Variable) -> Any:
    return fill(x, constant(np.asarray(1, dtype=_float_dtype(x))))


def _zeros_like(x: Variable) -> Any:
    dtype = _float_dtype(x)
    kind: Any = x
    return zero_gradient(x) if isinstance(x.type, TensorType) else kind.zeros_like().astype(dtype)


def _name(g: Variable, x: Variable, cost_name: str | None) -> Variable:
    # A gradient without an owner is somebody's input, one with a name somebody's expression: leave them be.
    if cost_name is not None and x.name is not None and g.name is None and g.owner is not None:
        g.name = f"(d{cost_name}/d{x.name})"
    return g


_NOT_CONNECTED: Final = (
    "grad method was asked to compute the gradient with respect to a variable that is not part of the "
    "computational graph of the cost, or is used only by a non-differentiable operator: {}. Is it the variable "
    "that the cost was made of, not a copy or a new one? disconnected_inputs='ignore' makes its gradient zero."
)


def _of_expression(x: Variable) -> str:
    """What to write for the gradient with respect to an expression, which is a new one each time it is written."""
    if x.owner is None:
        return ""
    return " Of a part x[i] write grad(cost, x)[i]; of an expression y = f(x) make the cost of that same y."


def handle_disconnected(message: str, how: str) -> None:
    """Raise, warn or stay silent, as the user asked."""
    if how == "raise":
        raise DisconnectedInputError(message)
    if how == "warn":
        warn_user(message)


def disconnected_result(x: Variable, how: str) -> Variable | None:
    """What stands for a gradient that does not exist."""
    if how == "None":
        return None
    return _DISCONNECTED() if how == "Disconnected" else _zeros_like(x)
