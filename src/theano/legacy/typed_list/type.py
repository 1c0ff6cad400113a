"""The type of lists all of whose elements have one type."""

from __future__ import annotations

from typing import Any

from theano.graph import Type

__all__ = ["TypedListType"]


class TypedListType(Type):
    """Lists of values of one type.

    Parameters
    ----------
    ttype : Type
        The type of the elements.
    depth : int
        0 for a list of such elements, 1 for a list of lists of them, and so on.

    Raises
    ------
    TypeError
        `ttype` is no type.
    ValueError
        `depth` is negative.

    Examples
    --------
    >>> from theano.typed_list import TypedListType
    >>> lists = TypedListType(T.dvector)
    >>> lists
    TypedList <TensorType(float64, vector)>
    >>> lists.filter([[1, 2], [3]])
    [array([1., 2.]), array([3.])]
    """

    __props__ = ("ttype",)

    def __init__(self, ttype: Type, depth: int = 0) -> None:
        if not isinstance(ttype, Type):
            raise TypeError(f"Expected a Theano Type, got {ttype!r}: T.dvector, for example, is one")
        if depth < 0:
            raise ValueError("Please specify a depth superior or equal to 0")
        self.ttype = ttype if depth == 0 else TypedListType(ttype, depth - 1)

    def filter(self, x: Any, strict: bool = False, allow_downcast: bool | None = None) -> list[Any]:
        if not isinstance(x, list if strict else list | tuple):
            raise TypeError(f"Expected a python list, found {x!r}")
        if strict and isinstance(x, list):
            wrong = [k for k, value in enumerate(x) if not self.ttype.is_valid_value(value)]
            if wrong:
                raise TypeError(f"element {wrong[0]} of the list is no {self.ttype}: {x[wrong[0]]!r}")
            return x
        return [self.ttype.filter(value, False, allow_downcast) for value in x]

    def __str__(self) -> str:
        return f"TypedList <{self.ttype}>"

    def get_depth(self) -> int:
        """How many lists are around this one's elements: 0 where these are no lists."""
        return self.ttype.get_depth() + 1 if isinstance(self.ttype, TypedListType) else 0

    def values_eq(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(map(self.ttype.values_eq, a, b))

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        return len(a) == len(b) and all(map(self.ttype.values_eq_approx, a, b))

    def may_share_memory(self, a: Any, b: Any) -> bool:
        """Whether two lists are one: elements are never written."""
        return a is b

    @property
    def dtype(self) -> Any:
        """The dtype of the elements, of tensors."""
        return self.ttype.dtype  # type: ignore[attr-defined]

    @property
    def ndim(self) -> int:
        """The number of axes that the list and its elements have together."""
        return self.ttype.ndim + 1  # type: ignore[attr-defined]
