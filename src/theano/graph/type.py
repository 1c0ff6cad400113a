"""Types of variables: which values they accept, and which variables stand for them."""

from __future__ import annotations

from typing import Any, ClassVar

from theano.graph.common_text import fill
from theano.graph.nodes import Constant, Variable
from theano.graph.origin import capture_origin
from theano.graph.props import Props
from theano.graph.shown import shown

# Theano's names of the two class attributes, and ours.
_TWINS = {
    "Variable": "variable_type",
    "variable_type": "Variable",
    "Constant": "constant_type",
    "constant_type": "Constant",
}


class _MirrorTwins(type):
    """Keeps ``Type.Variable`` and ``Type.variable_type`` the same, whichever of them a class defines."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        for attribute, twin in _TWINS.items():
            if attribute in namespace and twin not in namespace:
                type.__setattr__(cls, twin, namespace[attribute])

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in _TWINS:
            super().__setattr__(_TWINS[name], value)


class Parts:
    """How values of a type consist of several arrays, which compiled functions work with; methods get the type first.

    Attributes
    ----------
    spans
        For each part of a value which of its arrays it consists of: the first, and how many.
    """

    spans: tuple[tuple[int, int], ...]

    def take(self, type: Any, variable: Any) -> list[Any]:
        """Variables for the parts of a variable, by an operation (see `is_taken`)."""
        raise NotImplementedError

    def is_taken(self, op: Any) -> bool:
        """Whether an operation is that which takes a value apart."""
        raise NotImplementedError

    def make(self, type: Any, parts: list[Any]) -> Any:
        """A variable of the type made of variables for its arrays."""
        raise NotImplementedError

    def made_of(self, variable: Any) -> list[Any] | None:
        """What `make` has made a variable of; None if something else has made it."""
        raise NotImplementedError

    def expressed(self, op: Any, inputs: list[Any]) -> list[Any] | None:
        """The parts of an operation's result as expressions; None if it does not say."""
        raise NotImplementedError

    def of_constant(self, type: Any, value: Any) -> list[Any]:
        """The parts of a constant."""
        raise NotImplementedError

    def leaves(self, type: Any, name: str | None) -> list[Any]:
        """Leaves for the arrays that `arrays` gives."""
        raise NotImplementedError

    def of_leaves(self, type: Any, leaves: list[Any]) -> list[Any]:
        """The parts that are made of such leaves, once it is certain that they fit together."""
        raise NotImplementedError

    def arrays(self, type: Any, value: Any) -> list[Any]:
        """The arrays of a value as compiled functions are given them, which share its memory where that is possible."""
        raise NotImplementedError

    def value(self, type: Any, parts: list[Any]) -> Any:
        """The value that consists of arrays, one for each part."""
        raise NotImplementedError


class Type(Props, metaclass=_MirrorTwins):
    """Base of all types. A subclass defines `filter`, and equality (through ``__props__``).

    Examples
    --------
    >>> from theano.graph import Type
    >>> class Text(Type):
    ...     __props__ = ()
    ...     def filter(self, value, strict=False, allow_downcast=None):
    ...         if not isinstance(value, str):
    ...             raise TypeError(f"not a text: {value!r}")
    ...         return value
    >>> Text()("t").type == Text(), Text().is_valid_value(3)
    (True, False)
    """

    variable_type: ClassVar[Any] = Variable
    constant_type: ClassVar[Any] = Constant
    Variable: ClassVar[Any] = Variable
    Constant: ClassVar[Any] = Constant
    parts: Parts | None = None
    """What the arrays of a value are; None for values that are one thing."""

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """`value` as a value of this type; TypeError if it is none (or, if `strict`, must be converted)."""
        raise NotImplementedError(f"{type(self).__name__} defines no filter")

    def filter_outside(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """Like `filter`, for a function that looks inside of the arrays of a value itself."""
        return self.filter(value, strict=strict, allow_downcast=allow_downcast)

    def filter_variable(self, other: Any, allow_convert: bool = True) -> Any:
        """`other` (a variable or a value) as a variable of this type; TypeError if that is impossible."""
        if not hasattr(other, "type") or not hasattr(other, "owner"):
            return self.make_constant(other)
        if other.type == self:
            return other
        if allow_convert:
            converted = self.convert_variable(other)
            if converted is not None:
                return converted
        raise TypeError(
            f"Cannot convert Type {other.type} (of Variable {other}) into Type {self}. "
            f"You can try to manually convert {other} into a {self}{self.how_to_convert(other)}."
        )

    def how_to_convert(self, other: Any) -> str:
        """What makes the variable `other` one of this type, for an error: '' or ``: write ...``."""
        return ""

    def convert_variable(self, var: Any) -> Any:
        """`var` converted to this type without loss, or None if that is impossible."""
        return var if var.type == self else None

    def is_valid_value(self, value: Any) -> bool:
        """Whether `value` is a value of this type as it stands."""
        try:
            self.filter(value, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, value: Any) -> str:
        """Why `value` is not valid; empty if unknown."""
        try:
            self.filter(value, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    def values_eq(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal."""
        return bool(a == b)

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        """Whether two values of this type are equal but for rounding."""
        return self.values_eq(a, b)

    def make_variable(self, name: str | None = None) -> Any:
        """A new leaf of this type."""
        return self.variable_type(self, name=name)

    def make_constant(self, value: Any, name: str | None = None) -> Any:
        """A constant of this type."""
        return self.constant_type(type=self, data=value, name=name)

    def __call__(self, name: str | None = None, *others: Any, **unknown: Any) -> Any:
        """A new leaf of this type, which remembers the user's line."""
        if others or unknown:
            raise TypeError(
                f"a variable of {self} takes a name and nothing else, not {[*map(shown, others), *unknown]}: its "
                "shape and value are known only when a function runs"
            )
        made = self.make_variable(name)
        made._origin = capture_origin(1)
        return made

    def __str__(self) -> str:
        return type(self).__name__ if self.__props__ is None else super().__str__()


class Generic(Type):
    """The type of any Python object.

    <called type>

    Examples
    --------
    >>> from theano.graph import generic
    >>> generic.filter([1, "a"])
    [1, 'a']
    """

    __props__ = ()

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        return value

    def is_valid_value(self, value: Any) -> bool:
        return True

    def __str__(self) -> str:
        return "<theano.gof.type.Generic>"


generic = Generic()


class SingletonType(Type):
    """Base of types of which there is one: each call of such a class gives the same object.

    Examples
    --------
    >>> from theano.gof.type import SingletonType
    >>> class Clock(SingletonType):
    ...     def filter(self, value, strict=False, allow_downcast=None):
    ...         return value
    >>> Clock() is Clock(), str(Clock())
    (True, 'Clock')
    """

    _one: Any = None

    def __new__(cls) -> Any:
        if "_one" not in cls.__dict__:
            cls._one = super().__new__(cls)
        return cls._one

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash(type(self))

    def __str__(self) -> str:
        return type(self).__name__


fill(globals())
