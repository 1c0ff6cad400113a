"""Theano's linkers as classes: a call gives the `Linker` that stands for it here, and counts as its class."""

from __future__ import annotations

from typing import Any

from theano.compile.mode import Linker, predefined_linkers

__all__ = ["CLinker", "OpWiseCLinker", "PerformLinker", "VM_Linker"]


class _OfNames(type):
    names: tuple[str, ...]

    def __instancecheck__(cls, linker: Any) -> bool:
        return isinstance(linker, Linker) and linker.name.removesuffix("_nogc") in cls.names


class CLinker(metaclass=_OfNames):
    """One native program. `schedule` is accepted for older programs."""

    names = ("c",)

    def __new__(cls, schedule: Any = None) -> Any:
        return predefined_linkers["c"]


class OpWiseCLinker(metaclass=_OfNames):
    """The linker ``c|py``. `allow_gc` gives workspace back after a call; the others are accepted for older programs.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=theano.Mode(linker=theano.gof.OpWiseCLinker()))(1)
    array(2.)
    """

    names = ("c|py",)

    def __new__(
        cls, fallback_on_perform: bool = True, allow_gc: bool | None = None, nice_errors: bool = True,
        schedule: Any = None,
    ) -> Any:  # fmt: skip
        return predefined_linkers["c|py"].clone(allow_gc)


class PerformLinker(metaclass=_OfNames):
    """The linker ``py``: the operations' NumPy definitions, run one by one."""

    names = ("py",)

    def __new__(cls, allow_gc: bool | None = None, schedule: Any = None) -> Any:
        return predefined_linkers["py"].clone(allow_gc)


class VM_Linker(metaclass=_OfNames):
    """The linker ``vm``. A function is one native program, whose nodes can't call back: `callback` is refused."""

    names = ("vm", "cvm")

    def __new__(
        cls, allow_gc: bool | None = None, use_cloop: bool = False, callback: Any = None, callback_input: Any = None,
        lazy: bool | None = None, schedule: Any = None, c_thunks: bool | None = None,
        allow_partial_eval: bool | None = None,
    ) -> Any:  # fmt: skip
        if callback is not None or callback_input is not None:
            raise NotImplementedError("VM_Linker: a function is one native program, whose nodes can't call back")
        return predefined_linkers["cvm" if use_cloop else "vm"].clone(allow_gc)
