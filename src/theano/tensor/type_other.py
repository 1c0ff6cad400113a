"""Types of values that are not tensors: that of None."""

from __future__ import annotations

from typing import Any

from theano.graph import Constant, Generic
from theano.graph.common_text import fill

__all__ = ["NoneConst", "NoneTypeT", "none_type_t", "plain_axis"]


class NoneTypeT(Generic):
    """The type whose only value is None: of an optional input of an op that is left out.

    <called type>

    Examples
    --------
    >>> from theano.tensor.type_other import none_type_t
    >>> none_type_t.is_valid_value(None), none_type_t.is_valid_value(0)
    (True, False)
    """

    __props__ = ()

    def filter(self, value: Any, strict: bool = False, allow_downcast: bool | None = None) -> None:
        if value is not None:
            raise TypeError(f"Expected None, found {value!r}")

    def is_valid_value(self, value: Any) -> bool:
        return value is None

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether two values share memory that can be written: nothing of them can."""
        return False

    def __str__(self) -> str:
        return type(self).__name__


none_type_t = NoneTypeT()
NoneConst = Constant(none_type_t, None, name="NoneConst")
"""None as a variable."""


def plain_axis(axis: Any) -> Any:
    """`axis`, as a number or None if it is given as a constant variable.

    Examples
    --------
    >>> plain_axis(NoneConst), plain_axis(T.constant(1)), plain_axis(-1)
    (None, 1, -1)
    """
    if not isinstance(axis, Constant):
        return axis
    data = axis.data
    return data.item() if getattr(data, "ndim", None) == 0 else data


fill(globals())
