"""Gradients by finite differences: the measure that `verify_grad` compares with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

__all__ = ["numeric_grad"]


class numeric_grad:
    """Forward-difference gradient of a scalar function of arrays.

    Parameters
    ----------
    f
        Called with as many arrays as `pt` has; returns a number.
    pt
        One array, or a list of arrays: where to differentiate.
    eps
        Step; by default the one that suits the least precise dtype met (`type_eps`).
    out_type
        dtype of `f`'s result, if it is less precise than the points.

    Attributes
    ----------
    gf
        The gradient: an array, or a list of arrays if `pt` was a list.

    Examples
    --------
    >>> numeric_grad(lambda x: (x ** 2).sum(), np.array([1., 2.])).gf.round(3)
    array([2., 4.])
    """

    type_eps: ClassVar[dict[str, float]] = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1}

    def __init__(
        self,
        f: Callable[..., Any],
        pt: Any,
        eps: float | None = None,
        out_type: str | None = None,
    ) -> None:
        packed = isinstance(pt, list | tuple)
        # In C order, so that flat views are views.
        points = [np.array(p, order="C") for p in pt] if packed else [np.array(pt, order="C")]
        for i, p in enumerate(points):
            if str(p.dtype) not in self.type_eps:
                raise TypeError(f"numeric_grad needs floating point values, argument {i} has dtype {p.dtype}")
        if eps is None:
            dtypes = [str(p.dtype) for p in points]
            if out_type is not None and str(out_type) in self.type_eps:
                dtypes.append(str(out_type))
            eps = max((self.type_eps[d] for d in dtypes), default=self.type_eps["float64"])
        f_x = np.array(f(*[p.copy() for p in points]))
        grads = [np.zeros_like(p) for p in points]
        for i, (p, g) in enumerate(zip(points, grads, strict=True)):
            flat_g = g.reshape(-1)
            for k in range(p.size):
                moved = p.copy()
                flat = moved.reshape(-1)
                flat[k] += eps
                # The step that rounding really took, not the one that was asked for.
                step = flat[k] - p.reshape(-1)[k]
                args = [q.copy() for q in points]
                args[i] = moved
                flat_g[k] = (np.array(f(*args)) - f_x) / step
        self.gf: Any = grads if packed else grads[0]

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """Absolute and relative error between `a` and `b`, element by element."""
        abs_err = abs(a - b)
        # 1e-8 keeps two values that are both nearly 0 from having a large relative error.
        rel_err = abs_err / np.maximum(abs(a) + abs(b), np.asarray(1e-8, dtype=np.result_type(a, b)))
        return np.asarray(abs_err), np.asarray(rel_err)

    def abs_rel_errors(self, g_pt: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Errors of the gradients `g_pt`, one pair `(absolute, relative)` an argument."""
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        given = g_pt if isinstance(g_pt, list | tuple) else [g_pt]
        if len(given) != len(own):
            raise ValueError(f"argument has wrong number of elements: {len(given)} gradients for {len(own)} points")
        errors = []
        for i, (a, b) in enumerate(zip(given, own, strict=True)):
            if np.shape(a) != b.shape:
                raise ValueError(f"argument element {i} has wrong shape {np.shape(a)}: the point has {b.shape}")
            errors.append(self.abs_rel_err(np.asarray(a), b))
        return errors

    def max_err(self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float) -> tuple[int, int, Any, Any]:
        """The worst element of `g_pt`: argument, flat position, absolute error, relative error.

        Worst is where the *smaller* of the two errors, each in units of its tolerance, is largest: an element
        is wrong only if both are exceeded.
        """
        worst: tuple[int, int, Any, Any] | None = None
        worst_score = -1.0
        for i, (abs_err, rel_err) in enumerate(self.abs_rel_errors(g_pt)):
            if not np.isfinite(abs_err).all() or not np.isfinite(rel_err).all():
                raise ValueError(f"abs_err or rel_err not finite in gradient {i}: {abs_err!r}, {rel_err!r}")
            if not abs_err.size:
                continue
            score = np.minimum(abs_err / abs_tol, rel_err / rel_tol).reshape(-1)
            pos = int(score.argmax())
            if score[pos] > worst_score:
                worst_score = float(score[pos])
                worst = (i, pos, abs_err.reshape(-1)[pos], rel_err.reshape(-1)[pos])
        return (0, 0, 0.0, 0.0) if worst is None else worst
