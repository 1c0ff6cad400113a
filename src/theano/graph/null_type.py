"""Types of gradients that have no value: undefined ones, and those along paths that do not exist."""

from __future__ import annotations

from typing import Any, NoReturn

from theano.graph.type import Type


class NullType(Type):
    """The type of an undefined gradient; `why_null` says why it is undefined.

    Parameters
    ----------
    why_null : str
        Why there is none.

    Returns
    -------
    Variable
        Called without arguments: one of this type.

    Raises
    ------
    TypeError
        Called: the name is no text.

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

    @staticmethod
    def may_share_memory(a: Any, b: Any = None) -> bool:
        """Whether two values share memory: there are none."""
        return False


class DisconnectedType(Type):
    """The type of the gradient with respect to an input that the output does not depend on.

    Parameters
    ----------
    name : str, optional
        What it is called with: the name of the variable.

    Returns
    -------
    Variable
        Called without arguments: one of this type.

    Raises
    ------
    TypeError
        The name is no text.

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

    fiter_variable = filter_variable  # as Theano spells it

    @staticmethod
    def may_share_memory(a: Any, b: Any = None) -> bool:
        """Whether two values share memory: there are none."""
        return False

    def value_eq(self, a: Any, b: Any = None, force_same_dtype: bool = True) -> NoReturn:
        raise AssertionError("a disconnected gradient has no value: ops must test for DisconnectedType")


null_type = NullType()
disconnected_type = DisconnectedType()


def grad_undefined(op: Any, x_pos: int, x: Any, comment: str = "") -> Any:
    """An undefined gradient: what an op's `grad` returns for input `x_pos` if there is mathematically none.

    Parameters
    ----------
    op
        The op, for the message.
    x_pos : int
        Which input.
    x : Variable
        This input.
    comment : str
        Why, for the message.

    Returns
    -------
    Variable
        Of type `NullType`; who asks for it gets a `NullTypeGradError`.

    Examples
    --------
    >>> grad_undefined("argmax", 0, None).type
    NullType
    """
    return NullType(_why("is undefined", op, x_pos, x, comment))()


def grad_not_implemented(op: Any, x_pos: int, x: Any, comment: str = "") -> Any:
    """A gradient that exists but that the op cannot compute for input `x_pos`.

    Parameters
    ----------
    op
        The op, for the message.
    x_pos : int
        Which input.
    x : Variable
        This input.
    comment : str
        Why, for the message.

    Returns
    -------
    Variable
        Of type `NullType`; who asks for it gets a `NullTypeGradError`.

    Examples
    --------
    >>> grad_not_implemented("bessel", 0, None).type
    NullType
    """
    return NullType(_why("is not implemented", op, x_pos, x, comment))()


def _why(what: str, op: Any, x_pos: int, x: Any, comment: str) -> str:
    return f"the gradient of {op} with respect to input {x_pos} ({x}) {what}" + (
        f": {comment}" if comment else ""
    )
