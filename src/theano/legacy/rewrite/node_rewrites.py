"""Rewrites of single nodes: `LocalOptimizer`, the decorator `local_optimizer`, and those made of ops or of others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, TextIO

from theano.graph import Apply, FunctionGraph, Op, Variable
from theano.graph.destroyhandler import DestroyHandler
from theano.rewrite.engine.optimizer import summarize
from theano.rewrite.engine.rule import RuleIndex
from theano.rewrite.engine.user_rule import as_rule


class LocalOptimizer:
    """A rewrite of single nodes: override `transform`.

    Examples
    --------
    >>> from theano.gof import LocalOptimizer, TopoOptimizer
    >>> class NoDoubleNegation(LocalOptimizer):
    ...     def tracks(self):
    ...         return [T.neg]
    ...     def transform(self, node):
    ...         inner = node.inputs[0].owner
    ...         return [inner.inputs[0]] if inner is not None and inner.op == T.neg else False
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [-(-x)], clone=False)
    >>> _ = TopoOptimizer(NoDoubleNegation()).optimize(fgraph)
    >>> fgraph.outputs
    [x]
    """

    name: str | None = None

    def tracks(self) -> Sequence[Any] | None:
        """Ops and op classes of interest; None for all."""
        return None

    def transform(self, node: Apply) -> Any:
        """False or None for no change, a list of replacements of the outputs, or a dict of variables.

        The dict tells for any variables of the graph what is put in their place. Under the key ``"remove"`` it may
        list nodes that must be gone afterwards: else nothing is replaced (in rewrites that watch the features of a
        graph, such as `TopoOptimizer`).
        """
        raise NotImplementedError(
            f"{type(self).__name__} is a rewrite of nodes without `transform`: define transform(self, node)"
        )

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach what `transform` needs."""

    def parts(self) -> Iterable[Any]:
        """The rewrites that this one is made of."""
        return ()

    def print_summary(self, stream: TextIO | None = None, level: int = 0, depth: int = -1) -> None:
        """Print the names of this rewrite and of those that it is made of, `depth` levels deep (-1: all)."""
        summarize(self, stream or sys.stdout, level, depth)

    def __str__(self) -> str:
        return self.name or type(self).__name__


class FromFunctionLocalOptimizer(LocalOptimizer):
    """What `local_optimizer` makes of a function.

    Parameters
    ----------
    fn
        ``fn(node)``, as `LocalOptimizer.transform`.
    tracks
        Ops and op classes of interest; None for all.
    requirements
        Functions that attach to a function graph what `fn` needs.
    """

    def __init__(
        self,
        fn: Callable[[Apply], Any],
        tracks: Sequence[Any] | None = None,
        requirements: Iterable[Callable[[FunctionGraph], Any]] = (),
    ) -> None:
        self.fn, self._tracks, self.requirements = fn, tracks, tuple(requirements)
        self.name = self.__name__ = fn.__name__
        self.__doc__ = fn.__doc__

    def transform(self, node: Apply) -> Any:
        return self.fn(node)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for requirement in self.requirements:
            requirement(fgraph)

    def tracks(self) -> Sequence[Any] | None:
        return self._tracks

    def __call__(self, node: Apply) -> Any:
        return self.transform(node)


def attach_destroy_handler(fgraph: FunctionGraph) -> None:
    """A requirement of rewrites that put in operations in place."""
    fgraph.attach_feature(DestroyHandler())


def local_optimizer(
    tracks: Sequence[Any] | None, inplace: bool = False, requirements: Iterable[Callable[[FunctionGraph], Any]] = ()
) -> Callable[[Callable[[Apply], Any]], FromFunctionLocalOptimizer]:
    """Decorator: a function of a node as a rewrite.

    Parameters
    ----------
    tracks
        Ops and op classes whose nodes the function wants to see; None for all.
    inplace
        Whether it puts in operations in place: the graph gets a `DestroyHandler`.
    requirements
        Functions that attach to a function graph what the rewrite needs.

    Returns
    -------
    callable
        Takes the function, which gets a node and returns False, or what its outputs become: a list of variables, or a
        dictionary; gives the `LocalOptimizer`.

    Raises
    ------
    ValueError
        `tracks` is empty, or no list.

    Examples
    --------
    >>> @local_optimizer([T.log])                                # doctest: +SKIP
    ... def log_of_exp(node):
    ...     inner = node.inputs[0].owner
    ...     if inner and inner.op == T.exp:
    ...         return [inner.inputs[0]]
    """
    if tracks is not None and (not tracks or not isinstance(tracks, (list, tuple))):
        raise ValueError(f"tracks must be None or a list with at least one op or op class, not {tracks!r}")
    needs = (*requirements, attach_destroy_handler) if inplace else tuple(requirements)

    def decorate(function: Callable[[Apply], Any]) -> FromFunctionLocalOptimizer:
        return FromFunctionLocalOptimizer(function, tracks, needs)

    return decorate


class OpSub(LocalOptimizer):
    """Replaces an op by another on the same inputs.

    Parameters
    ----------
    op1, op2
        The op that goes and the one that comes; the outputs have the same types.
    transfer_tags
        Whether the new node and its outputs get the tags of the old ones.
    """

    reentrant = False  # nothing is to be done where it was applied
    retains_inputs = True

    def __init__(self, op1: Op, op2: Op, transfer_tags: bool = True) -> None:
        self.op1, self.op2, self.transfer_tags = op1, op2, transfer_tags

    def op_key(self) -> Op:
        """The op replaced."""
        return self.op1

    def tracks(self) -> list[Any]:
        return [self.op1]

    def transform(self, node: Apply) -> Any:
        if node.op != self.op1:
            return False
        made = self.op2.make_node(*node.inputs)
        if self.transfer_tags:
            made.tag = copy(node.tag)
            for old, new in zip(node.outputs, made.outputs, strict=True):
                new.tag = copy(old.tag)
        return list(made.outputs)

    def __str__(self) -> str:
        return f"{self.op1} -> {self.op2}"


class OpRemove(LocalOptimizer):
    """Replaces the outputs of an op by its inputs."""

    reentrant = False

    def __init__(self, op: Op) -> None:
        self.op = op

    def op_key(self) -> Op:
        """The op that goes."""
        return self.op

    def tracks(self) -> list[Any]:
        return [self.op]

    def transform(self, node: Apply) -> Any:
        return list(node.inputs) if node.op == self.op and len(node.inputs) == len(node.outputs) else False

    def __str__(self) -> str:
        return f"{self.op}(x) -> x"


class LocalOptGroup(LocalOptimizer):
    """Several rewrites of nodes as one: the first that fires counts. Each sees the ops that it tracks.

    Parameters
    ----------
    optimizers
        The rewrites.
    name, apply_all_opts, profile
        By their names. With `apply_all_opts` the others look at the new node too, until none of them fires (for nodes
        with one output). With `profile` it counts, by rewrite, the nodes that each looked at (`process_count`), those
        where it fired (`applied_true`) and the nodes that it made (`node_created`).
    """

    def __init__(self, *optimizers: Any, **kwargs: Any) -> None:
        single = len(optimizers) == 1 and isinstance(optimizers[0], (list, tuple))
        self.opts = list(optimizers[0] if single else optimizers)
        self.name = kwargs.pop("name", None)
        self.apply_all_opts: bool = kwargs.pop("apply_all_opts", False)
        self.profile: bool = kwargs.pop("profile", False)
        if kwargs:
            raise TypeError(f"LocalOptGroup takes name, apply_all_opts and profile by name, not {', '.join(kwargs)}")
        self.reentrant = any(getattr(opt, "reentrant", True) for opt in self.opts)
        self.retains_inputs = all(getattr(opt, "retains_inputs", False) for opt in self.opts)
        self.process_count: dict[Any, int] = dict.fromkeys(self.opts, 0)
        self.applied_true: dict[Any, int] = dict.fromkeys(self.opts, 0)
        self.node_created: dict[Any, int] = dict.fromkeys(self.opts, 0)
        # for which of them look at an op; their names are their places
        self._index = RuleIndex(as_rule(opt, frozenset(), str(k)) for k, opt in enumerate(self.opts))

    def parts(self) -> Iterable[Any]:
        return self.opts

    def tracks(self) -> list[Any] | None:
        roots = [tuple(opt.tracks() or ()) if hasattr(opt, "tracks") else () for opt in self.opts]
        return [root for some in roots for root in some] if all(roots) else None

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for opt in self.opts:
            if hasattr(opt, "add_requirements"):
                opt.add_requirements(fgraph)

    def transform(self, node: Apply) -> Any:
        found: Any = False
        while True:
            result = self._first(node)
            if not result:
                return found
            found = result
            if not self.apply_all_opts or isinstance(found, dict) or len(node.outputs) != 1 or found[0].owner is None:
                return found
            node = found[0].owner

    def _first(self, node: Apply) -> Any:
        """What the first of the rewrites that fires makes of `node`."""
        for rule in self._index.lookup(node.op):
            opt = self.opts[int(rule.name)]
            result = opt.transform(node) if hasattr(opt, "transform") else opt(node)
            fired = result is not None and result is not False
            if self.profile:
                self.process_count[opt] += 1
                self.applied_true[opt] += fired
                self.node_created[opt] += _made(node, result) if fired else 0
            if fired:
                return [result] if isinstance(result, Variable) else result
        return False

    def __str__(self) -> str:
        return self.name or f"LocalOptGroup({','.join(map(str, self.opts))})"


def _made(node: Apply, result: Any) -> int:
    """How many nodes a result of a rewrite of `node` brings."""
    known = {v.owner for v in node.inputs} | {node, None}
    todo = [result] if isinstance(result, Variable) else list(result.values() if isinstance(result, dict) else result)
    owners: list[Any] = [v.owner for v in todo if isinstance(v, Variable)]
    count = 0
    while owners:
        owner = owners.pop()
        if owner not in known:
            known.add(owner)
            count += 1
            owners += [v.owner for v in owner.inputs]
    return count


def check_chain(r: Any, *chain: Any) -> bool:
    """Whether a variable, or node, is made by a chain of ops: ``check_chain(r, T.exp, T.log)`` for ``exp(log(x))``.

    Parameters
    ----------
    r
        A variable or an `Apply`.
    chain
        Ops, op classes, or None for any op. Each must have made the first input of the one before.

    Examples
    --------
    >>> from theano.gof.opt import check_chain
    >>> x = T.dscalar("x")
    >>> check_chain(T.exp(T.log(x)), T.exp, T.log), check_chain(T.exp(x), T.exp, T.log)
    (True, False)
    """
    node = r if isinstance(r, Apply) else r.owner
    for op in chain:
        if node is None:
            return False
        if op is not None and not (isinstance(node.op, op) if isinstance(op, type) else node.op == op):
            return False
        node = node.inputs[0].owner if node.inputs else None
    return True
