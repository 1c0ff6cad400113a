"""Helpers of ``theano.gof.utils`` that nothing here needs and extensions of older programs import."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from theano.base.user_warnings import warn_user
from theano.graph.nodes import Node
from theano.graph.origin import capture_origin, format_origin, origin_of
from theano.graph.props import Props

__all__ = [
    "ABORT", "ANY_TYPE", "FAILURE", "FALL_THROUGH", "RETRY", "D", "Keyword", "MetaObject", "add_tag_trace",
    "c_cpp_keywords", "comm_guard", "deprecated", "get_variable_trace_string", "object2", "simple_extract_stack",
    "simple_types", "type_guard", "undef",
]  # fmt: skip


class Keyword:
    """A constant that is known by its name; false where `nonzero` is.

    >>> Keyword("STOP", nonzero=False), bool(Keyword("STOP", nonzero=False))
    (<STOP>, False)
    """

    def __init__(self, name: str, nonzero: bool = True) -> None:
        self.name = name
        self.nonzero = nonzero

    def __bool__(self) -> bool:
        return self.nonzero

    __nonzero__ = __bool__

    def __str__(self) -> str:
        return f"<{self.name}>"

    __repr__ = __str__


ABORT = Keyword("ABORT", False)
RETRY = Keyword("RETRY", False)
FAILURE = Keyword("FAILURE", False)
ANY_TYPE = Keyword("ANY_TYPE")
FALL_THROUGH = Keyword("FALL_THROUGH")

#: What no program passes: the default of a parameter of which None is a value.
undef = object()
simple_types = (int, float, str, bool, type(None), Keyword)

c_cpp_keywords = frozenset(
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const "
    "const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern "
    "false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or "
    "or_eq private protected public register reinterpret_cast restrict return short signed sizeof static "
    "static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union "
    "unsigned using virtual void volatile wchar_t while xor xor_eq".split()
)


class D(dict[str, Any]):
    """A dict whose items are attributes, too.

    >>> D(a=1).a
    1
    """

    def __init__(self, **d: Any) -> None:
        super().__init__(d)
        self.__dict__ = self


class MetaObject(type):
    """Makes classes whose objects are equal if the attributes named in their ``__props__`` are (as those of ops are).

    >>> class Pair(object2):
    ...     __props__ = ("a", "b")
    ...     def __init__(self, a, b):
    ...         self.a, self.b = a, b
    >>> Pair(1, 2) == Pair(1, 2), Pair(1, 2) != Pair(1, 3), Pair(1, 2)
    (True, True, Pair{a=1, b=2})
    """

    def __new__(cls, name: str, bases: tuple[type, ...], dct: dict[str, Any], **kwargs: Any) -> Any:
        if not any(issubclass(base, Props) for base in bases):
            bases = (*(base for base in bases if base is not object), Props)
        return super().__new__(cls, name, bases, dct, **kwargs)


class object2(metaclass=MetaObject):
    """Base of objects that are equal by their ``__props__``; see `MetaObject`.

    Examples
    --------
    >>> class Point(object2):
    ...     __props__ = ("x",)
    ...     def __init__(self, x):
    ...         self.x = x
    >>> Point(1) == Point(1), Point(1) != Point(2)
    (True, True)
    """

    def __ne__(self, other: object) -> bool:
        return not self == other


def deprecated(filename: str, msg: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of functions that warn, the first time they are called, that they are deprecated.

    Parameters
    ----------
    filename
        Where the function is; part of the warning.
    msg
        What to use instead.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        warned: list[bool] = []

        @functools.wraps(function)
        def warning(*args: Any, **kwargs: Any) -> Any:
            if not warned:
                warned.append(True)
                instead = f": {msg}" if msg else ""
                warn_user(f"{filename}: {function.__name__} is deprecated{instead}", DeprecationWarning)
            return function(*args, **kwargs)

        return warning

    return decorate


def type_guard(type1: type | tuple[type, ...] | Keyword) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the function is for first arguments of `type1` (`ANY_TYPE`: of all); else the one before it runs.

    Functions of one name that are defined one after the other in a module are so one function with several cases; the
    last that fits decides, and one that returns `FALL_THROUGH` hands over to the one before.

    >>> @type_guard(int)
    ... def kind(x):
    ...     return "whole" if x > 0 else FALL_THROUGH
    >>> kind(3), kind("a")
    ('whole', NotImplemented)
    """
    return _guard(lambda args: [args] if _fits(args[0], type1) else [])


def comm_guard(type1: Any, type2: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator as `type_guard`, for two first arguments of these types, in either order.

    >>> @comm_guard(int, str)
    ... def repeated(n, text):
    ...     return n * text
    >>> repeated(2, "ab"), repeated("ab", 2)
    ('abab', 'abab')
    """

    def orders(args: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        a, b, *rest = args
        return [(x, y, *rest) for x, y in ((a, b), (b, a)) if _fits(x, type1) and _fits(y, type2)][:1]

    return _guard(orders)


def _fits(value: Any, kind: Any) -> bool:
    return kind is ANY_TYPE or isinstance(value, kind)


def _guard(orders: Callable[[tuple[Any, ...]], Sequence[tuple[Any, ...]]]) -> Any:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        before = function.__globals__.get(function.__name__)

        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            for ordered in orders(args):
                found = function(*ordered, **kwargs)
                if found is not FALL_THROUGH:
                    return found
            return NotImplemented if before is None else before(*args, **kwargs)

        return guarded

    return decorate


def add_tag_trace(thing: Node, user_line: int | None = None) -> Node:
    """Tell a variable or node that the calling line made it; returns it.

    Parameters
    ----------
    thing
        Variable or node.
    user_line
        How many lines to keep (default: flag ``traceback.limit``).
    """
    thing.origin = capture_origin(user_line)
    thing.tag.trace = [list(thing.origin)]
    return thing


def get_variable_trace_string(v: Any) -> str:
    """Where a variable was made, in the form of a traceback; '' if it is not known."""
    return format_origin(origin_of(v))


def simple_extract_stack(
    f: FrameType | None = None, limit: int | None = None, skips: Sequence[str] = ()
) -> list[tuple[str, int, str, str | None]]:
    """The calls that lead here, innermost last: file, line, function and text of each.

    Parameters
    ----------
    f
        The frame to start from; the caller's if not given.
    limit
        At most so many.
    skips
        Innermost frames whose file has one of these in its path are left out.
    """
    found = [(s.filename, s.lineno or 0, s.name, s.line) for s in traceback.extract_stack(f)]
    if f is None:
        found.pop()
    while found and any(skip in found[-1][0] for skip in skips):
        found.pop()
    return found if limit is None else found[max(len(found) - limit, 0) :]


class Left:
    """What pickles of Theano 1.0.5 have of classes for its own use: nothing is made of it."""

    def __new__(cls, *args: Any) -> Left:
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Leave it."""
