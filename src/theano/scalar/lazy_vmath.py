"""Stand-in for `theano.loops.vmath` until that module exists: looks its functions up when called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("__"):
        raise AttributeError(name)

    def call(*args: Any) -> Any:
        import importlib

        return getattr(importlib.import_module("theano.loops.vmath"), name)(*args)

    return call
