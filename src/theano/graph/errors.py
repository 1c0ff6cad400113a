"""Errors about graphs."""

from __future__ import annotations

from typing import Any


class MethodNotDefined(AttributeError, NotImplementedError):
    """An op or type lacks an optional method that is needed now (also an AttributeError, as in Theano)."""


class NoLengthError(AttributeError, TypeError):
    """A variable has no length (also an AttributeError, so that ``hasattr(x, "__len__")`` is False, as in Theano)."""


class InconsistencyError(Exception):
    """A function graph does not hold together, or a change would make it so."""


class MissingInputError(Exception):
    """A leaf that has no value is needed; `variable` is that leaf."""

    def __init__(self, *args: Any, variable: Any = None) -> None:
        super().__init__(*args)
        self.variable = variable


class ShapeError(Exception):
    """Raised by an op's `infer_shape` that cannot tell the shapes of the outputs from those of the inputs."""


class TestValueError(ValueError):
    """A test value is missing or does not fit."""

    __test__ = False  # pytest: not a test class


class MissingTestValueError(TestValueError, AttributeError):
    """There is no test value: what Theano raises as an AttributeError, and Theano-PyMC as a TestValueError."""
