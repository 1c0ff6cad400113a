"""`verify_grad`: a symbolic gradient against finite differences.

It stands in `compile`, above `gradient`, because it has to compile functions; the alias table shows it as
`theano.gradient.verify_grad` and `theano.tensor.verify_grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from theano.base.flag_table import config
from theano.check.debugmode import DebugMode
from theano.compile.function import function
from theano.compile.mode import FAST_COMPILE, FAST_RUN, get_mode
from theano.gradient import GradientError, grad, numeric_grad
from theano.graph import Variable
from theano.tensor.pointwise.math import cast, mul
from theano.tensor.reductions.reduction import sum as tensor_sum
from theano.tensor.type import TensorType

__all__ = ["mode_not_slow", "verify_grad"]


def mode_not_slow(mode: Any) -> Any:
    """`mode`, or FAST_RUN where it is one for finding mistakes, or compiles little: FAST_COMPILE and DebugMode.

    Parameters
    ----------
    mode : Mode, str or None
        See `theano.function`.

    Returns
    -------
    Mode or str
        A mode.

    Raises
    ------
    ValueError
        There is no mode of this name.

    Examples
    --------
    >>> from theano.gradient import mode_not_slow
    >>> mode_not_slow("FAST_COMPILE") is theano.compile.mode.FAST_RUN
    True
    """
    if mode == "FAST_COMPILE":
        return FAST_RUN
    found = get_mode(mode)
    if found is FAST_COMPILE:
        return FAST_RUN
    if isinstance(found, DebugMode):
        return FAST_RUN.clone(optimizer=found.provided_optimizer)
    return found

_TOLERANCE: Final = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2}


@config.change_flags(compute_test_value="off", conv__winograd="off")  # finite differences magnify what is rounded
def verify_grad(
    fun: Callable[..., Variable],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Test the gradient of a function by finite differences; raise if they differ.

    Parameters
    ----------
    fun
        Takes as many tensor variables as `pt` has entries and returns one; an op will do.
    pt
        Floating point values to differentiate at. Axes of length 1 become broadcastable.
    n_tests
        How many random projections of the output to test.
    rng
        A `numpy.random.RandomState`; required.
    eps
        Step of the finite differences; default by dtype, see `numeric_grad.type_eps`.
    out_type
        dtype of the output, if it is less precise than `pt`.
    abs_tol, rel_tol
        Tolerances; default by dtype. It is an error only if **both** are exceeded.
    mode
        How to compile.
    cast_to_output_type
        Cast the random projection to the output's dtype.
    no_debug_ref
        Accepted for compatibility.

    Returns
    -------
    None

    Raises
    ------
    GradientError
        If the gradients differ.
    TypeError
        `pt` is no list of values of floating point, or `rng` is missing.
    NotImplementedError
        `fun` has several outputs.

    Examples
    --------
    >>> verify_grad(T.tanh, [np.array([1., 2.])], rng=np.random.RandomState(0))
    """
    if not isinstance(pt, list | tuple):
        raise TypeError(f"verify_grad: pt must be a list of values, found {type(pt).__name__}")
    points = [np.array(p, order="C") for p in pt]
    for i, p in enumerate(points):
        if str(p.dtype) not in _TOLERANCE:
            raise TypeError(
                f"verify_grad can work only with floating point inputs, but input {i} has dtype {p.dtype}."
            )
    if rng is None:
        raise TypeError(
            "rng should be a valid instance of numpy.random.RandomState: pass rng=numpy.random.RandomState(0)"
        )
    dtypes = [str(p.dtype) for p in points]
    if out_type is not None and str(out_type) in _TOLERANCE:
        dtypes.append(str(out_type))
    default = max(_TOLERANCE[d] for d in dtypes)
    abs_tol = default if abs_tol is None else abs_tol
    rel_tol = default if rel_tol is None else rel_tol

    inputs = [
        TensorType(str(p.dtype), tuple(n == 1 for n in p.shape))(f"input {i}") for i, p in enumerate(points)
    ]
    output: Any = fun(*inputs)
    if isinstance(output, list | tuple):
        raise NotImplementedError("verify_grad tests functions of one output: let `fun` choose or sum them")

    # One compilation serves all projections: the projection is an input.
    projection_dtype = output.type.dtype if cast_to_output_type else "float64"
    projection = TensorType(projection_dtype, output.type.broadcastable)("random_projection")
    # The product is summed in float64: finite differences lose half the digits there are.
    cost = (
        tensor_sum(mul(cast(projection, "float64"), output)) if output.type.ndim else mul(projection, output)
    )
    symbolic = grad(cost, inputs, disconnected_inputs="ignore")
    compiled: dict[str, Any] = {"mode": mode, "on_unused_input": "ignore"}
    output_f = function(inputs, output, name="gradient.py fct", **compiled)
    cost_f = function([*inputs, projection], cost, name="gradient.py cost", **compiled)
    grad_f = function([*inputs, projection], symbolic, name="gradient.py symbolic grad", **compiled)

    shape = np.shape(output_f(*[p.copy() for p in points]))
    for _ in range(n_tests):
        weights = np.asarray(rng.rand(*shape) + 0.5, dtype=projection_dtype)
        _compare(points, weights, cost_f, grad_f, eps, out_type, abs_tol, rel_tol)


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]  # what it raises, as tests ask for it


def _compare(
    points: Sequence[np.ndarray],
    weights: np.ndarray,
    cost_f: Callable[..., Any],
    grad_f: Callable[..., Any],
    eps: float | None,
    out_type: str | None,
    abs_tol: float,
    rel_tol: float,
) -> None:
    numeric = numeric_grad(lambda *args: cost_f(*args, weights), list(points), eps, out_type)
    symbolic = grad_f(*[p.copy() for p in points], weights)
    arg, pos, abs_err, rel_err = numeric.max_err(symbolic, abs_tol, rel_tol)
    if abs_err > abs_tol and rel_err > rel_tol:
        raise GradientError(
            arg,
            pos,
            points[arg].shape,
            numeric.gf[arg].reshape(-1)[pos],
            np.asarray(symbolic[arg]).reshape(-1)[pos],
            abs_err,
            rel_err,
            abs_tol,
            rel_tol,
        )
