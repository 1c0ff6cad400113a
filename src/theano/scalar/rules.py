"""Dtype rules of scalar operations: input dtypes -> output dtype, TypeError where there is none.

And the rules for the dtype in which the arguments are wanted: (input dtypes, output dtype) -> one dtype each.
"""

from __future__ import annotations

from collections.abc import Callable

from theano.base.flag_table import config
from theano.scalar.dtypes import COMPLEX, DISCRETE, FLOAT, real_of, upcast

DtypeRule = Callable[..., str]
ArgRule = Callable[[tuple[str, ...], str], tuple[str, ...]]

_TO_FLOAT = {
    "bool": "float32", "int8": "float32", "int16": "float32", "uint8": "float32", "uint16": "float32",
    "int32": "float64", "int64": "float64", "uint32": "float64", "uint64": "float64",
}  # fmt: skip


class ComplexError(NotImplementedError):
    """The operation has no meaning for complex numbers."""


def same(*dtypes: str) -> str:
    """The upcast of the inputs."""
    return upcast(*dtypes)


def to_float(*dtypes: str) -> str:
    """Upcast after small integers became float32 and large ones float64."""
    return upcast(*(_TO_FLOAT.get(d, d) for d in dtypes))


def to_float_real(*dtypes: str) -> str:
    """`to_float` without complex."""
    return to_float(*no_complex(dtypes))


def to_float64(*dtypes: str) -> str:
    """float64 for any real input."""
    no_complex(dtypes)
    return "float64"


def no_complex(dtypes: tuple[str, ...]) -> tuple[str, ...]:
    """`dtypes`, none of which is complex."""
    if not COMPLEX.isdisjoint(dtypes):
        raise TypeError(f"complex argument not supported (got {', '.join(dtypes)})")
    return dtypes


def same_real(*dtypes: str) -> str:
    """Upcast without complex."""
    return upcast(*no_complex(dtypes))


def same_real_error(*dtypes: str) -> str:
    """Upcast; complex raises `ComplexError` (``%`` and ``//``)."""
    if not COMPLEX.isdisjoint(dtypes):
        raise ComplexError("Theano does not support the mod operator (%) on complex numbers")
    return upcast(*dtypes)


def same_at_least_int8(*dtypes: str) -> str:
    """Upcast; bool becomes int8."""
    result = upcast(*dtypes)
    return "int8" if result == "bool" else result


def no_bool_output(*dtypes: str) -> str:
    """Upcast; TypeError when that is bool."""
    result = upcast(*dtypes)
    if result == "bool":
        raise TypeError("bool output not supported: use xor or and_ with invert instead of '-' on bool")
    return result


def no_bool_input(dtype: str) -> str:
    """The dtype itself, not bool."""
    if dtype == "bool":
        raise TypeError("bool input not supported: use invert, or cast to an integer dtype first")
    return dtype


def signed_real(dtype: str) -> str:
    """The dtype itself, neither bool nor complex."""
    return no_bool_input(no_complex((dtype,))[0])


def float_only(dtype: str) -> str:
    """A float dtype itself."""
    if dtype not in FLOAT:
        raise TypeError(f"only float arguments are supported, got {dtype}")
    return dtype


def real_part(dtype: str) -> str:
    """The dtype of real and imaginary part, and of the absolute value."""
    return real_of(dtype)


def division(x: str, y: str) -> str:
    """True division: two discrete operands give floatX."""
    if x in DISCRETE and y in DISCRETE:
        return str(config.floatX)
    return upcast(x, y)


def to_bool(*dtypes: str) -> str:
    """Comparisons of anything."""
    return "bool"


def order(*dtypes: str) -> str:
    """Comparisons of ordered numbers."""
    no_complex(dtypes)
    return "bool"


def bits(*dtypes: str) -> str:
    """All bool or all integer."""
    if any(d not in DISCRETE for d in dtypes) or ("bool" in dtypes and any(d != "bool" for d in dtypes)):
        raise TypeError(
            f"bit operations need all bool or all integer arguments, got {', '.join(dtypes)}. Comparisons need "
            "parentheses, (x > 0) & (x < 1), as & | ^ bind stronger; a power is x ** 2"
        )
    result = upcast(*dtypes)
    if result not in DISCRETE:
        raise TypeError(f"no integer dtype holds {' and '.join(dtypes)}: cast one of them")
    return result


def shift(*dtypes: str) -> str:
    """All whole numbers; bools count as int8, as in NumPy."""
    if any(d not in DISCRETE for d in dtypes):
        raise TypeError(f"shifts need integer arguments, got {', '.join(dtypes)}: x * 2.0**n scales a float")
    result = upcast(*dtypes)
    if result not in DISCRETE:
        raise TypeError(f"no integer dtype holds {' and '.join(dtypes)}: cast one of them")
    return "int8" if result == "bool" else result


def last(*dtypes: str) -> str:
    """The dtype of the last input."""
    return dtypes[-1]


def branches(cond: str, x: str, y: str) -> str:
    """The upcast of the two values of a selection."""
    no_complex((cond,))
    return upcast(x, y)


def wide(dtype: str) -> str:
    """float16 is a storage format: its arithmetic is done in float32."""
    return "float32" if dtype == "float16" else dtype


def args_as_output(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    """Arguments in the output's dtype."""
    return (wide(output),) * len(inputs)


def args_upcast(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    """Arguments in their common dtype (comparisons)."""
    return (wide(upcast(*inputs)),) * len(inputs)


def args_as_they_are(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    """Each argument in its own dtype."""
    return tuple(wide(d) for d in inputs)


def args_condition(inputs: tuple[str, ...], output: str) -> tuple[str, ...]:
    """First argument in its own dtype (a condition), the others in the output's."""
    return (wide(inputs[0]), *(wide(output) for _ in inputs[1:]))
