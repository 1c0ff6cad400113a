"""Linkers around linkers: `WrapLinker`, which runs nodes through a function of the user's, and `DualLinker`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.compile.linkers import KEEP, Linker, LocalLinker, NodeThunk, OpWiseCLinker, PerformLinker
from theano.graph import Apply, FunctionGraph

__all__ = ["DualLinker", "WrapLinker", "WrapLinkerMany"]

Wrapper = Callable[..., Any]
"""``wrapper(i, node, *thunks)``: it calls the thunks."""


class WrapLinker(Linker):
    """Runs each node by a function of the user's.

    Parameters
    ----------
    linkers
        Linkers that can run nodes by themselves (`PerformLinker`, `OpWiseCLinker`).
    wrapper
        Called as ``wrapper(i, node, *thunks)`` for each node: its position, the node, and a thunk by each linker, with
        the values in ``thunk.inputs[k][0]`` and ``thunk.outputs[k][0]``. It calls the thunks; what the first computes
        is handed on to the next nodes.

    Raises
    ------
    TypeError
        A linker can't run nodes by themselves.

    Examples
    --------
    >>> from theano.gof import PerformLinker, WrapLinker
    >>> def show(i, node, thunk):
    ...     thunk()
    ...     print(i, node.op, thunk.outputs[0][0])
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], abs(-x), mode=theano.Mode(WrapLinker([PerformLinker()], show), None))
    >>> _ = f(2)
    0 Elemwise{neg,no_inplace} -2.0
    1 Elemwise{abs_,no_inplace} 2.0
    """

    name, executor = "wrap", "wrapped"

    def __init__(self, linkers: Iterable[Any], wrapper: Wrapper) -> None:
        super().__init__()
        self.linkers = list(linkers)
        self.wrapper = wrapper
        for linker in self.linkers:
            if not isinstance(linker, LocalLinker):
                raise TypeError(f"WrapLinker runs node by node: {linker!r} can't; PerformLinker and OpWiseCLinker can")
        if not self.linkers:
            raise TypeError("WrapLinker needs a linker, such as PerformLinker()")

    def clone(self, allow_gc: Any = KEEP) -> Any:
        twin = super().clone(allow_gc)
        twin.linkers = [linker.clone(allow_gc) for linker in self.linkers]
        return twin

    def __copy__(self) -> WrapLinker:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, linkers=list(self.linkers))
        return twin

    def accept(self, fgraph: FunctionGraph, no_recycling: Iterable[Any] | None = None, profile: Any = None) -> Any:
        """Take a graph, and let the linkers take it."""
        taken = super().accept(fgraph, no_recycling, profile)
        taken.linkers = [linker.accept(fgraph, no_recycling, profile) for linker in taken.linkers]
        return taken

    def pre(self, f: Any, inputs: Sequence[Any], order: Sequence[Apply], thunk_groups: Any) -> None:
        """Called before each call of the function `f` with the values of all inputs, the nodes and their thunks."""


def WrapLinkerMany(linkers: Iterable[Any], wrappers: Iterable[Wrapper]) -> WrapLinker:
    """`WrapLinker` that calls several functions for each node, in turn; one of them calls the thunks.

    Parameters
    ----------
    linkers
        See `WrapLinker`.
    wrappers : iterable of callables
        Called in this order as ``wrapper(i, node, *thunks)``.

    Returns
    -------
    WrapLinker

    Raises
    ------
    TypeError
        A linker can't run nodes by themselves.

    Examples
    --------
    >>> def run(i, node, thunk):
    ...     thunk()
    >>> def show(i, node, thunk):
    ...     print(node.op)
    >>> linker = WrapLinkerMany([PerformLinker()], [run, show])
    >>> x = T.dscalar("x")
    >>> _ = theano.function([x], -x, mode=theano.Mode(linker, None))(2)
    Elemwise{neg,no_inplace}
    """
    wrappers = list(wrappers)

    def wrapper(*args: Any) -> None:
        for function in wrappers:
            function(*args)

    return WrapLinker(linkers, wrapper)


class DualLinker(WrapLinker):
    """Runs each node by its NumPy definition and as a native program, and compares.

    Parameters
    ----------
    checker
        Called with the places (lists of one item) of both values of each output; it raises where they differ. By
        default they must be about equal, as the variable's type says.
    schedule
        Accepted for older programs.

    Raises
    ------
    ValueError
        When a call finds a difference.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], -x, mode=theano.Mode(DualLinker()))(2)
    array(-2.)
    """

    name = "dual"

    def __init__(self, checker: Callable[[list[Any], list[Any]], Any] | None = None, schedule: Any = None) -> None:
        super().__init__([PerformLinker(), OpWiseCLinker()], self._compare)
        self.checker = checker

    def _compare(self, i: int, node: Apply, first: NodeThunk, second: NodeThunk) -> None:
        first()
        second()
        for v, a, b in zip(node.outputs, first.outputs, second.outputs, strict=True):
            if self.checker is not None:
                self.checker(a, b)
            elif not v.type.values_eq_approx(a[0], b[0]):
                raise ValueError(f"Output mismatch: {v} is {a[0]} by its NumPy definition, {b[0]} as native code")
