"""The words and numbers that pictures of graphs show: of variables, types, operations and times."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Constant
from theano.graph.origin import origin_of
from theano.graph.shown import shown, told

_LETTERS = {
    "bool": "b", "int8": "b", "int16": "w", "int32": "i", "int64": "l", "uint8": "B", "uint16": "W", "uint32": "I",
    "uint64": "L", "float16": "e", "float32": "f", "float64": "d", "complex64": "c", "complex128": "z",
}  # fmt: skip
_PATTERNS = {
    (): "scalar", (False,): "vector", (False, True): "col", (True, False): "row", (False, False): "matrix",
}  # fmt: skip


def var_label(var: Any, precision: int = 3) -> str:
    """What a variable is called: its name, the value of a constant, or its type.

    >>> var_label(T.dvector("v")), var_label(T.constant(0.123456))
    ('v', '0.123')
    """
    if var.name is not None:
        return str(var.name)
    if isinstance(var, Constant):
        data = var.data
        if getattr(data, "size", 0) == 1 and getattr(data.dtype, "kind", "") in "fc":
            return f"{data.item():.{precision}g}"
        return str(data.item()) if getattr(data, "size", 0) == 1 else shown(var, str)
    return type_to_str(var.type)


def var_tag(var: Any) -> Any:
    """The line of the program that made a variable, as ``file:line``; None if it is not known.

    >>> var_tag(T.dvector("v")) is not None
    True
    """
    origin = origin_of(var)
    return f"{origin[-1][0]}:{origin[-1][1]}" if origin else None


def apply_label(node: Apply) -> str:
    """What a node is called: its operation, without the words that are the same in most of them.

    >>> apply_label((T.dvector() + 1).owner), apply_label(T.dmatrix().sum(axis=0).owner)
    ('add', 'Sum{axis=[0]}')
    """
    text = told(node.op)
    for common in (",no_inplace", ", acc_dtype=float64", "acc_dtype=float64", "Inplace"):
        text = text.replace(common, "")
    if text.startswith("Elemwise{") and text.endswith("}"):
        text = text[len("Elemwise{") : -1]
    return text.replace("{}", "") or told(node.op)


def apply_profile(node: Apply, profile: Any) -> list[float] | None:
    """Seconds of a node, and of the calls of the function; None where they were not measured."""
    if profile is None or node not in profile.apply_time or not profile.fct_call_time:
        return None
    return [profile.apply_time[node], profile.fct_call_time]


def broadcastable_to_str(b: Any) -> str:
    """The name of a broadcastable pattern.

    >>> broadcastable_to_str((False, True)), broadcastable_to_str((False, False, True))
    ('col', 'tensor3')
    """
    return _PATTERNS.get(tuple(b), f"tensor{len(b)}")


def dtype_to_char(dtype: str) -> str:
    """The letter that names of types of tensors begin with (unsigned integers: capitals).

    >>> dtype_to_char("float32"), dtype_to_char("uint8")
    ('f', 'B')
    """
    return _LETTERS.get(dtype, dtype)


def type_to_str(t: Any) -> str:
    """A short name of a type: that of the function which makes variables of it, where there is one.

    >>> type_to_str(T.fmatrix), type_to_str(theano.gof.generic)
    ('fmatrix', 'Generic')
    """
    if hasattr(t, "dtype") and hasattr(t, "broadcastable"):
        return dtype_to_char(t.dtype) + broadcastable_to_str(t.broadcastable)
    return str(t).removeprefix("<theano.gof.type.").removesuffix(">")


def shape_label(var: Any, profile: Any = None) -> str:
    """The lengths of a tensor, as far as its type tells them, or those that a profile has seen last.

    >>> shape_label(T.drow()), shape_label(T.iscalar())
    ('(1, ?)', '()')
    """
    seen = None if profile is None else profile.variable_shape.get(var)
    shape = getattr(var.type, "shape", None) if seen is None else seen
    if shape is None:
        return ""
    words = ["?" if n is None else str(n) for n in shape]
    return f"({words[0]},)" if len(words) == 1 else f"({', '.join(words)})"
