"""`mul_without_zeros`: the scalar operation that products without zeros consist of in Theano."""

from __future__ import annotations

from typing import Any

from theano.scalar import BinaryScalarOp, upcast_out

__all__ = ["MulWithoutZeros", "mul_without_zeros"]


class MulWithoutZeros(BinaryScalarOp):
    """The product of two numbers; if one is zero, the other.

    Examples
    --------
    >>> from theano.tensor.elemwise import mul_without_zeros
    >>> T.Elemwise(mul_without_zeros)(T.constant([0.0, 2.0]), T.constant([3.0, 4.0])).eval()
    array([3., 8.])
    """

    identity = 0.0
    commutative = True
    associative = True

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        super().__init__(output_types_preference, name)
        self.identity = MulWithoutZeros.identity
        self.commutative = self.associative = True

    def impl(self, x: Any, y: Any) -> Any:
        """The operation on numbers."""
        return y if x == 0 else x if y == 0 else x * y


mul_without_zeros = MulWithoutZeros(upcast_out, name="mul_without_zeros")
