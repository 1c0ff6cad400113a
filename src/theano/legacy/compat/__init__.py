"""What Theano had to run on Python 2 and 3 alike; older programs import it."""

from __future__ import annotations

import os
from builtins import filter as ifilter
from builtins import map as imap
from builtins import next  # noqa: UP029  # a name of this module
from builtins import zip as izip
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from operator import truediv as operator_div
from typing import Any

__all__ = [
    "PY3", "BytesIO", "DefaultOrderedDict", "OrderedDict", "cmp", "decode", "decode_iter", "decode_with", "defaultdict",
    "exc_message", "get_unbound_function", "ifilter", "imap", "izip", "maybe_add_to_os_environ_pathlist",
    "next", "operator_div", "partial",
]  # fmt: skip

PY3 = True


def exc_message(e: Any) -> str:
    """The message of an exception, also where it was raised with another exception as its argument.

    >>> exc_message(ValueError(TypeError("no number", 3)))
    'no number'
    """
    while isinstance(e, BaseException):
        if not e.args:
            return ""
        e = e.args[0]
    return str(e)


def get_unbound_function(unbound: Any) -> Any:
    """The function of a method, which can be called with any object; a function is its own."""
    return getattr(unbound, "__func__", unbound)


def cmp(x: Any, y: Any) -> int:
    """-1, 0 or 1 as `x` is less than, equal to, or greater than `y`.

    >>> cmp(1, 2)
    -1
    """
    return (x > y) - (x < y)


def decode(x: bytes | str) -> str:
    """Bytes as a text; a text is its own."""
    return decode_with(x, "utf-8")


def decode_with(x: bytes | str, encoding: str) -> str:
    """Bytes as a text in an encoding; a text is its own."""
    return x.decode(encoding) if isinstance(x, bytes) else x


def decode_iter(x: Iterable[bytes | str]) -> Iterable[str]:
    """The texts of bytes, one by one."""
    return (decode(text) for text in x)


def maybe_add_to_os_environ_pathlist(var: str, newpath: str) -> None:
    """Put an absolute path in front of those of an environment variable, if it isn't there."""
    paths = os.environ.get(var, "").split(os.pathsep)
    if os.path.isabs(newpath) and newpath not in paths:
        os.environ[var] = os.pathsep.join([newpath, *(p for p in paths if p)])


class DefaultOrderedDict(OrderedDict[Any, Any]):
    """A dict that makes the value of a missing key with `default_factory`."""

    def __init__(self, default_factory: Callable[[], Any] | None = None, *a: Any, **kw: Any) -> None:
        if default_factory is not None and not callable(default_factory):
            raise TypeError("first argument must be callable")
        super().__init__(*a, **kw)
        self.default_factory = default_factory

    def __missing__(self, key: Any) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        self[key] = value = self.default_factory()
        return value

    def __reduce__(self) -> Any:
        return type(self), (self.default_factory, list(self.items()))

    def copy(self) -> DefaultOrderedDict:
        """A shallow copy."""
        return type(self)(self.default_factory, self)

    __copy__ = copy
