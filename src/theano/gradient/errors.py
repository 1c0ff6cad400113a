"""Exceptions of differentiation."""

from __future__ import annotations

from typing import Any

__all__ = ["DisconnectedInputError", "GradientError", "NullTypeGradError"]


class DisconnectedInputError(ValueError):
    """Raised when a gradient is asked for a variable that the cost does not depend on."""


class NullTypeGradError(TypeError):
    """Raised when a requested gradient is undefined or not implemented."""


class GradientError(Exception):
    """Raised by `verify_grad` when the symbolic and the numeric gradient differ.

    Attributes
    ----------
    arg
        Index of the input whose gradient is wrong.
    err_pos, shape
        Flat position of the worst element, and the shape of that gradient.
    val1, val2
        The numeric and the symbolic value there.
    abs_err, rel_err, abs_tol, rel_tol
        The errors, and the tolerances that **both** have been exceeded.
    """

    def __init__(
        self,
        arg: int,
        err_pos: int,
        shape: tuple[int, ...],
        val1: Any,
        val2: Any,
        abs_err: Any,
        rel_err: Any,
        abs_tol: float,
        rel_tol: float,
    ) -> None:
        super().__init__(arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol)
        self.arg = arg
        self.err_pos = err_pos
        self.shape = shape
        self.val1 = val1
        self.val2 = val2
        self.abs_err = abs_err
        self.rel_err = rel_err
        self.abs_tol = abs_tol
        self.rel_tol = rel_tol

    def __str__(self) -> str:
        return (
            f"numeric and symbolic gradient differ for argument {self.arg}, "
            f"at flat position {self.err_pos} of shape {self.shape}:\n"
            f"    numeric {self.val1}, symbolic {self.val2}\n"
            f"    absolute error {self.abs_err} (tolerance {self.abs_tol})\n"
            f"    relative error {self.rel_err} (tolerance {self.rel_tol})"
        )
