"""Rules for the dtypes of results that operations of users can be given (see also `theano.scalar.user`).

Each is called with the types of the inputs, and gives a tuple with those of the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theano.scalar import rules
from theano.scalar.user import Scalar, preference, upcast_out

__all__ = [
    "float_out", "float_out_nocomplex", "int_out", "int_out_nocomplex", "real_out", "same_out_float_only",
    "same_out_min8", "same_out_nobool", "specific_out", "transfer_type", "unary_out_lookup", "upcast_out_min8",
    "upcast_out_no_complex", "upcast_out_nobool",
]  # fmt: skip


def _int64(*dtypes: str) -> str:
    rules.no_complex(dtypes)
    return "int64"


real_out = preference("real_out", rules.real_part, "The dtype of the parts of a complex input, of others their own.")
same_out_float_only = preference(
    "same_out_float_only", rules.float_only, "The dtype of the input; TypeError for other than floats."
)
same_out_min8 = preference("same_out_min8", rules.same_at_least_int8, "The dtype of the input; of bool int8.")
same_out_nobool = preference("same_out_nobool", rules.no_bool_input, "The dtype of the input; TypeError for bool.")
upcast_out_min8 = preference("upcast_out_min8", rules.same_at_least_int8, "What holds all inputs; int8 for bools.")
upcast_out_nobool = preference("upcast_out_nobool", rules.no_bool_output, "What holds all inputs; TypeError for bools.")
upcast_out_no_complex = preference(
    "upcast_out_no_complex", rules.same_real, "The dtype that holds all inputs; complex is a TypeError."
)
float_out = preference("float_out", lambda *dtypes: "float64", "float64, whatever the inputs are.")
float_out_nocomplex = preference("float_out_nocomplex", rules.to_float64, "float64; complex is a TypeError.")
int_out = preference("int_out", lambda *dtypes: "int64", "int64, whatever the inputs are.")
int_out_nocomplex = preference("int_out_nocomplex", _int64, "int64; complex is a TypeError.")


class _Equal:
    """Rules that are equal if what they are made of is."""

    __props__: ClassVar[tuple[str, ...]]

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, p) for p in self.__props__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{', '.join(str(v) for values in self._values() for v in values)}}}"


class specific_out(_Equal):
    """These types, whatever the inputs are.

    Examples
    --------
    >>> import theano.scalar as s
    >>> s.specific_out(s.float32, s.int8)(s.int64)
    (Scalar(float32), Scalar(int8))
    """

    __props__ = ("spec",)

    def __init__(self, *spec: Scalar) -> None:
        self.spec = spec

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return self.spec


class transfer_type(_Equal):
    """For each output the type of an input, by its number; None: that which holds all inputs.

    Examples
    --------
    >>> import theano.scalar as s
    >>> s.transfer_type(1, None)(s.int8, s.float32)
    (Scalar(float32), Scalar(float32))

    Raises
    ------
    TypeError
        An entry is neither a number nor None.
    """

    __props__ = ("transfer",)

    def __init__(self, *transfer: int | None) -> None:
        if not all(i is None or type(i) is int for i in transfer):
            raise TypeError(f"transfer_type: numbers of inputs, or None, are wanted, not {transfer}")
        self.transfer = transfer

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        return tuple(upcast_out(*types)[0] if i is None else types[i] for i in self.transfer)


class unary_out_lookup(_Equal):
    """The type that a table has for that of the input.

    Examples
    --------
    >>> import theano.scalar as s
    >>> s.unary_out_lookup({s.int8: s.float32})(s.int8)
    (Scalar(float32),)
    """

    __props__ = ("tbl",)

    def __init__(self, type_table: Mapping[Scalar, Scalar]) -> None:
        self.tbl = dict(type_table)

    def __call__(self, *types: Scalar) -> tuple[Scalar, ...]:
        (found,) = types
        if found not in self.tbl:
            raise TypeError(f"there is no output type for {found}, only for {', '.join(map(str, self.tbl))}")
        return (self.tbl[found],)

    def _values(self) -> tuple[Any, ...]:
        return (frozenset(self.tbl.items()),)
