"""Equality, hash and text of ops and types, from the attribute names in ``__props__``."""

from __future__ import annotations

from typing import Any, ClassVar


class Props:
    """Base of objects that are equal when their class and the attributes named in ``__props__`` are.

    A class whose ``__props__`` is None compares by identity.

    Examples
    --------
    >>> class Power(Props):
    ...     __props__ = ("k",)
    ...     def __init__(self, k):
    ...         self.k = k
    >>> Power(3) == Power(3), str(Power(3))
    (True, 'Power{k=3}')
    """

    __props__: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        if isinstance(own.get("__props__"), str):
            cls.__props__ = (own["__props__"],)
        # Python removes the hash of a class that defines only __eq__.
        if "__eq__" in own and own.get("__hash__") is None and cls.__props__ is not None:
            cls.__hash__ = Props.__hash__  # type: ignore[method-assign]

    def _props(self) -> tuple[Any, ...]:
        """The values of ``__props__``."""
        return tuple([getattr(self, name) for name in self.__props__ or ()])

    def __eq__(self, other: object) -> Any:
        if self is other:
            return True
        if self.__props__ is None or type(self) is not type(other):
            return False
        return self._props() == other._props()

    def __hash__(self) -> int:
        if self.__props__ is None:
            return object.__hash__(self)
        return hash((type(self), self._props()))

    def __str__(self) -> str:
        if self.__props__ is None:
            return object.__repr__(self)
        if not self.__props__:
            return type(self).__name__
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__props__)
        return f"{type(self).__name__}{{{values}}}"

    def __repr__(self) -> str:
        return str(self)
