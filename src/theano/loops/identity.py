"""When programs and kernels are the same.

`identity` is a text that is quick to make: equal for equal programs in every process, and for no others. `kernel_key`
is quicker still, but only means something as long as the process keeps the expressions.
"""

from __future__ import annotations

from typing import Any

from theano.loops.expr import FLOATS, Expr, float_bits
from theano.loops.host import HostStmt
from theano.loops.schema import SCHEMA, Described
from theano.loops.stmt import Kernel, Stmt

__all__ = ["identity", "kernel_key"]

_fields: dict[type, tuple[str, ...]] = {}


def _fields_of(cls: type) -> tuple[str, ...]:
    """The fields of a statement, a part of one or a record, in order."""
    found = _fields.get(cls)
    if found is None:
        schema = SCHEMA[cls] if issubclass(cls, Described) else None
        names = getattr(cls, "_fields", None) if schema is None else schema.names
        if names is None:
            raise TypeError(f"{cls.__name__} has no identity")
        found = _fields[cls] = tuple(names)
    return found


def identity(*roots: Any, numbers: list[Expr] | None = None) -> str:
    """The identity of statements, expressions, and lists and records of such.

    Every value is written behind its kind and the number of its parts, shared expressions and kernels once and then
    by number: so the text could be read back, and nothing that could change a printed program is left out.

    Parameters
    ----------
    numbers
        Gets the floating-point constants, each once, in their order; the text then says only that they are there.

    Raises
    ------
    TypeError
        There is something of which this is not known.

    Examples
    --------
    >>> from theano.loops import expr as ex
    >>> x = ex.name("x", "f64")
    >>> identity(x + x) == identity(ex.add(x, x)), identity(x + x) == identity(x + 1)
    (True, False)
    """
    out: list[str] = []
    seen: dict[int, int] = {}  # by ``id``: all are alive as long as the roots are
    stack = list(reversed(roots))
    while stack:
        value = stack.pop()
        cls = type(value)
        if cls is str or cls is int or cls is bool or value is None:
            out.append(repr(value))
        elif cls is Expr:
            number = seen.get(id(value))
            if number is not None:
                out.append(f"#{number}")
                continue
            seen[id(value)] = len(seen)
            held = value.value
            if value.op == "const" and value.type in FLOATS:
                if numbers is None:
                    held = float_bits(held, value.type)
                else:
                    numbers.append(value)
                    held = "?"
            out.append(f"{value.op} {value.type} {len(value.args)} {held!r}")
            stack.extend(reversed(value.args))
        elif cls is list or cls is tuple:
            out.append(f"({len(value)}")
            stack.extend(reversed(value))
        else:
            names = _fields_of(cls)
            number = seen.get(id(value))
            if number is not None:
                out.append(f"#{number}")
                continue
            seen[id(value)] = len(seen)
            out.append(cls.__name__)
            stack.extend([getattr(value, name) for name in reversed(names)])
    return "\n".join(out)


def kernel_key(kernel: Kernel) -> tuple[object, ...]:
    """Equal for kernels that differ in their name only. Valid while expressions stay interned."""
    parts: list[object] = [tuple(kernel.params)]
    _add_block(parts, kernel.body)
    return tuple(parts)


def _add_block(parts: list[object], block: list[Stmt]) -> None:
    parts.append(len(block))
    for stmt in block:
        cls = type(stmt)
        if issubclass(cls, HostStmt):
            raise TypeError(f"{cls.__name__} in a kernel")
        schema = SCHEMA[cls]
        parts += schema.key(stmt)
        for name in schema.parts:
            parts += [SCHEMA[type(part)].key(part) for part in getattr(stmt, name)]
        for name in schema.blocks:
            _add_block(parts, getattr(stmt, name))
