"""Classes that are their fields, cheap to define: what `dataclasses` makes at import is made at the first use here.

A dataclass costs 0.3 to 0.6 ms when its module is imported, for methods of which most are never called. A
`Record` writes its `__init__` when that pays: a class of which a program makes many.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform, overload

__all__ = ["Record", "field", "replace"]

R = TypeVar("R", bound="Record")

# Instances from which on `__init__` is written out: that takes as long as so many of them gain (0.1 ms).
MANY = 64


class _Fresh:
    """Default of a field that is made anew for each instance."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class _ByName:
    """Default of a field that is given by its name only."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@overload
def field(*, default_factory: Callable[[], Any]) -> Any: ...
@overload
def field(*, default: Any, kw_only: Literal[True]) -> Any: ...
def field(*, default_factory: Callable[[], Any] | None = None, default: Any = None, kw_only: bool = True) -> Any:
    """A field whose default is a new ``default_factory()`` for each instance; or one that is given by name only."""
    return _ByName(default) if default_factory is None else _Fresh(default_factory)


class _RecordMeta(type):
    """Turns the annotations of a class body into slots; values given in the body are the defaults."""

    _fields: tuple[str, ...]
    _positional: tuple[str, ...]
    _defaults: dict[str, Any]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], *, eq: bool = False, frozen: bool = False
    ) -> _RecordMeta:
        own = tuple(n for n, kind in _annotations(body).items() if "ClassVar" not in str(kind))
        defaults = {n: body.pop(n) for n in own if n in body}
        by_name = {n: default.value for n, default in defaults.items() if isinstance(default, _ByName)}
        body["__slots__"] = own
        base = next((b for b in bases if isinstance(b, _RecordMeta)), None)
        fields, positional, inherited = (base._fields, base._positional, base._defaults) if base else ((), (), {})
        body["_fields"] = (*fields, *own)
        body["_positional"] = (*positional, *(n for n in own if n not in by_name))
        body["_defaults"] = inherited | defaults | by_name
        body["__init__"] = _first
        body["_made"] = [0]
        if eq or frozen:
            body.update(__eq__=_equal, __hash__=_hash)
        if frozen:
            body["__setattr__"] = _set_once
        return super().__new__(mcs, name, bases, body)


def _annotations(body: dict[str, Any]) -> dict[str, Any]:
    """The annotations of a class body.

    Since Python 3.14 a body has what makes them, unless its module has ``from __future__ import annotations``.
    """
    if sys.version_info >= (3, 14) and not {"__annotate__", "__annotate_func__"}.isdisjoint(body):
        import annotationlib  # only here: it takes some milliseconds

        annotate = annotationlib.get_annotate_from_class_namespace(body)
        if annotate is not None:
            return annotationlib.call_annotate_function(annotate, annotationlib.Format.STRING)
    return body.get("__annotations__", {})


def _first(self: Record, *args: Any, **kwargs: Any) -> None:
    """``__init__`` of every record class until it has many instances."""
    cls = type(self)
    made = cls._made
    made[0] += 1  # not an attribute of the class, whose change would make Python forget what it knows of it
    if made[0] > MANY or not _filled(self, args, kwargs):
        cls.__init__ = _initializer(cls)  # type: ignore[method-assign]
        cls.__init__(self, *args, **kwargs)
    elif hasattr(cls, "__post_init__"):
        self.__post_init__()  # type: ignore[attr-defined]


def _filled(record: Record, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Give a record its fields; False where the arguments are not those it needs."""
    fields, positional, defaults = record._fields, record._positional, record._defaults
    count, put = len(args), object.__setattr__  # that of a frozen class asks first whether the field is there
    for name, value in zip(positional, args, strict=False):
        put(record, name, value)
    if len(positional) == len(fields):
        missing: Iterable[str] = fields[count:]
    else:
        missing = [name for name in fields if name not in positional[:count]]
    left = len(kwargs)
    for name in missing:
        if name in kwargs:
            value, left = kwargs[name], left - 1
        elif name in defaults:
            value = defaults[name]
            if type(value) is _Fresh:
                value = value.make()
        else:
            return False
        put(record, name, value)
    return not left and count <= len(positional)


def _values(record: Record) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in record._fields])


def _set_once(self: Record, name: str, value: Any) -> None:
    if hasattr(self, name):
        raise AttributeError(f"a {type(self).__name__} stays as it is; `replace` makes another")
    object.__setattr__(self, name, value)


def _equal(self: Record, other: object) -> bool:
    return self is other or (type(self) is type(other) and _values(self) == _values(other))


def _hash(self: Record) -> int:
    return hash(_values(self))


class Slotted:
    """Base of classes with slots that are pickled: in protocols 0 and 1, too, which want this method."""

    __slots__ = ()

    def __getstate__(self) -> object:
        return object.__getstate__(self)


@dataclass_transform(field_specifiers=(field,), eq_default=False)
class Record(Slotted, metaclass=_RecordMeta):
    """Base of classes that are their annotated fields, in that order, those of the base class first.

    The fields are slots. One that is a ``field(default=..., kw_only=True)`` is given by its name only.
    ``class C(Record, eq=True)`` compares and hashes by value (and its fields must not be changed then: with
    ``frozen=True`` they cannot); other records are compared by identity.

    Examples
    --------
    >>> class Point(Record, eq=True):
    ...     x: int
    ...     y: int = 0
    >>> Point(1), replace(Point(1), y=2), Point(1) == Point(1, y=0)
    (Point(x=1, y=0), Point(x=1, y=2), True)
    """

    _fields: ClassVar[tuple[str, ...]]
    _positional: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]
    _made: ClassVar[list[int]]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self._fields)})"


def _initializer(cls: type[Record]) -> Callable[..., None]:
    """``__init__`` of the fields of `cls`, written out."""
    defaults = cls._defaults
    known: dict[str, Any] = {"_missing": _MISSING}
    header, lines = ["self"], []
    by_name = [name for name in cls._fields if name not in cls._positional]
    for name in [*cls._positional, *by_name]:
        if by_name and name == by_name[0]:
            header.append("*")
        if name not in defaults:
            header.append(name)
        elif isinstance(default := defaults[name], _Fresh):
            known[f"_make_{name}"] = default.make
            header.append(f"{name}=_missing")
            lines.append(f"    self.{name} = _make_{name}() if {name} is _missing else {name}")
            continue
        else:
            known[f"_default_{name}"] = default
            header.append(f"{name}=_default_{name}")
        lines.append(f"    self.{name} = {name}")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    exec(f"def __init__({', '.join(header)}):\n" + "\n".join(lines or ["    pass"]), known)
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


_MISSING = object()


def replace(record: R, **changes: Any) -> R:
    """A copy of `record` with some fields changed."""
    return type(record)(**{n: getattr(record, n) for n in record._fields} | changes)
