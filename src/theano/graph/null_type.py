"""Types of gradients that have no value: undefined ones, and those along paths that do not exist."""

from __future__ import annotations

from typing import Any, NoReturn

from theano.graph.type import Type


class NullType(Type):
    """The type of an undefined gradient; `why_null` says why it is undefined.

    Examples
    --------
    >>> str(NullType("argmax is not smooth"))
    'NullType'
    """

    # Equality disregards the reason: all undefined gradients are alike.
    __props__ = ()

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> NoReturn:
        raise ValueError(f"NullType has no values: {self.why_null}")

    def filter_variable(self, other: Any, allow_convert: bool = True) -> NoReturn:
        raise ValueError(f"nothing can be converted to NullType: {self.why_null}")

    def values_eq(self, a: Any, b: Any) -> NoReturn:
        raise ValueError("NullType has no values to compare")


class DisconnectedType(Type):
    """The type of the gradient with respect to an input that the output does not depend on.

    Examples
    --------
    >>> str(DisconnectedType()())
    '<DisconnectedType>'
    """

    __props__ = ()

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> NoReturn:
        raise AssertionError("a disconnected gradient has no value: ops must test for DisconnectedType")

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        if getattr(other, "type", None) == self:
            return other
        raise TypeError(f"{other} cannot become a disconnected gradient")


null_type = NullType()
disconnected_type = DisconnectedType()
