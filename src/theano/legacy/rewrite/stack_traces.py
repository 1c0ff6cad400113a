"""Where nodes that rewrites make come from: the place in the user's program, which errors name."""

from __future__ import annotations

from typing import Any

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.graph import Apply, FunctionGraph
from theano.graph.features import AlreadyThere, Feature
from theano.graph.origin import inherit_origin
from theano.rewrite.engine.optimizer import Optimizer


def copy_stack_trace(from_var: Any, to_var: Any) -> Any:
    """Give `to_var` the origin of `from_var` (the engine does so for all nodes that a rewrite of nodes makes).

    Parameters
    ----------
    from_var, to_var
        Variables or lists of them. Of several, the first that has an origin counts.

    Returns
    -------
    to_var
    """
    sources = from_var if isinstance(from_var, (list, tuple)) else [from_var]
    origins = [v.owner.origin for v in sources if getattr(v, "owner", None) is not None]
    origin = next((o for o in origins if o), ())
    for v in to_var if isinstance(to_var, (list, tuple)) else [to_var]:
        if v.owner is not None and not v.owner.origin:
            v.owner.origin = origin
    return to_var


def inherit_stack_trace(from_var: Any) -> inherit_origin:
    """Nodes made in a ``with`` block have the origin of `from_var` (a variable, or a list whose first counts).

    Examples
    --------
    >>> from theano.gof.opt import inherit_stack_trace
    >>> x = T.dscalar("x"); y = T.exp(x)
    >>> with inherit_stack_trace(y):
    ...     z = T.sin(x)
    >>> z.owner.origin == y.owner.origin
    True
    """
    return inherit_origin(from_var[0] if isinstance(from_var, (list, tuple)) else from_var)


def check_stack_trace(f_or_fgraph: Any, ops_to_check: Any = "last", bug_print: str = "raise") -> bool:
    """Whether nodes of a compiled function, or of a graph, know where they come from.

    Parameters
    ----------
    f_or_fgraph
        A function made by `theano.function`, or a `FunctionGraph`.
    ops_to_check
        "last": the nodes that make the outputs; "all"; an op or an op class, or a list of these.
    bug_print
        What happens if one of `ops_to_check` is not in the graph: "raise" a ValueError, "warn", or "ignore".

    Returns
    -------
    bool
        False if a node has no origin.

    Raises
    ------
    ValueError
        `ops_to_check` is none of these; an op is not in the graph.

    Examples
    --------
    >>> from theano.gof.opt import check_stack_trace
    >>> x = T.dvector("x")
    >>> check_stack_trace(theano.function([x], T.log(1 + x)), ops_to_check="all")
    True
    """
    maker = getattr(f_or_fgraph, "maker", None)
    fgraph = f_or_fgraph if maker is None else maker.fgraph
    if not isinstance(fgraph, FunctionGraph):
        raise ValueError(f"check_stack_trace takes a compiled function or a FunctionGraph, not {f_or_fgraph!r}")
    nodes = fgraph.toposort()
    if isinstance(ops_to_check, str):
        if ops_to_check not in ("last", "all"):
            raise ValueError(f"ops_to_check is 'last', 'all', an op, an op class or a list of these: {ops_to_check!r}")
        if ops_to_check == "last":
            nodes = [v.owner for v in fgraph.outputs if v.owner is not None]
        return all(node.origin for node in nodes)
    wanted = ops_to_check if isinstance(ops_to_check, (list, tuple)) else [ops_to_check]
    for op in wanted:
        found = [node for node in nodes if _is(node, op)]
        if not found:
            text = f"check_stack_trace: no node of the graph has the op {op}"
            if bug_print == "raise":
                raise ValueError(text)
            if bug_print == "warn":
                warn_user(text)
        if not all(node.origin for node in found):
            return False
    return True


def _is(node: Apply, op: Any) -> bool:
    return isinstance(node.op, op) if isinstance(op, type) else bool(node.op == op)


class CheckStrackTraceFeature(Feature):
    """Complains, as flag ``check_stack_trace`` says, of nodes that come into the graph from nowhere."""

    def on_attach(self, fgraph: Any) -> None:
        if any(isinstance(feature, CheckStrackTraceFeature) for feature in fgraph._features):
            raise AlreadyThere("the graph has a CheckStrackTraceFeature")

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        if config.check_stack_trace == "off" or reason == "attach" or node.origin:
            return
        text = f"{node}, which the rewrite {reason} made, does not know where it comes from: use copy_stack_trace"
        node.origin = (("", 0, f"rewrite {reason}"),)
        if config.check_stack_trace == "raise":
            raise AssertionError(text)
        if config.check_stack_trace == "warn":
            warn_user(text)
        else:
            import logging  # it takes 3 ms to load

            logging.getLogger("theano.rewrite").warning(text)


class CheckStackTraceOptimization(Optimizer):
    """Lets a `CheckStrackTraceFeature` watch the rewrites after this one."""

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(CheckStrackTraceFeature())

    def apply(self, fgraph: FunctionGraph) -> None:
        """Nothing more."""
